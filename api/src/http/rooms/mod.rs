//! Rooms of our own: `GET /rooms/{room}`, the page in which people see and hear each other, and
//! `GET /rooms/{room}/signal`, the relay over which their browsers find each other.
//!
//! Sound and picture go from browser to browser and never through this server. The relay passes small typed messages
//! between the members of one room and stores none of them; that somebody is there, and that they are gone, is recorded
//! through the same use cases as everywhere. [`doors`] asks and tells the log, [`seats`] knows who is connected here,
//! [`messages`] is what may be said, [`relay`] is the task that owns one socket.
//!
//! The relay lives in one process: members of one room must reach the same node.
//!
//! The page looks nothing up, so that it is the same for every room, and for none. Opened by the link of a mail, which
//! names the interview, it asks for a token and fetches the ticket itself, whoever gives the rooms.

mod doors;
mod messages;
mod relay;
mod seats;

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{Router, response::Response, routing::get};
use domain::ports::{
    clock::Clock,
    video::{Doorkeeper, IceServer, VideoProvider},
};
use http::{HeaderName, HeaderValue};
use store::{executor::Executor, log::Log};

use self::{doors::Doors, seats::Seats};
use super::{
    page::{Page, Parts},
    server::Shutdown,
};

const PARTS: Parts = Parts {
    html: include_str!("../../room/index.html"),
    style: include_str!("../../room/room.css"),
    script: include_str!("../../room/room.js"),
};

/// How the relay behaves.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// Connections that may be in one room at once. Each sends to every other, so that browsers set the bound.
    pub members: usize,
    /// How long a client may take to show its ticket.
    pub hello_time: Duration,
    /// The longest message of a client, in bytes.
    pub message_bytes: usize,
    /// Messages that a client may send at once, beyond what it may send each second.
    pub burst: u32,
    /// Messages that a client may send each second, for long.
    pub per_second: u32,
    /// Messages that may wait for a client that reads slowly.
    pub waiting: usize,
    /// How long writing one message may take before the client counts as gone.
    pub write_time: Duration,
    /// How often a ping is sent; a client from which nothing came for twice that time counts as gone.
    pub ping_every: Duration,
    /// How often it is looked whether the room is still open.
    pub look_every: Duration,
    /// Sockets that may be open at once, those of the API included.
    pub sockets: usize,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            members: 6,
            hello_time: Duration::from_secs(10),
            message_bytes: 32 * 1024,
            burst: 240,
            per_second: 20,
            waiting: 256,
            write_time: Duration::from_secs(10),
            ping_every: Duration::from_secs(10),
            look_every: Duration::from_secs(1),
            sockets: 2048,
        }
    }
}

/// What the relay works with.
#[derive(Clone)]
pub struct Tools {
    /// Runs use cases.
    pub executor: Arc<Executor>,
    /// Tells when something happened.
    pub log: Arc<dyn Log>,
    /// Business time.
    pub clock: Arc<dyn Clock>,
    /// Reads tickets.
    pub doorkeeper: Arc<dyn Doorkeeper>,
    /// Writes the ticket for the way back in.
    pub video: Arc<dyn VideoProvider>,
    /// What browsers are told to find each other with.
    pub ice_servers: Vec<IceServer>,
    /// Pages of other origins that may use the relay.
    pub origins: Vec<String>,
    /// The signal that ends sockets.
    pub shutdown: Shutdown,
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tools")
    }
}

/// What the sockets of the relay share.
struct Relay {
    doors: Doors,
    seats: Arc<Seats>,
    ice_servers: Vec<IceServer>,
    origins: Vec<String>,
    shutdown: Shutdown,
    settings: RelaySettings,
}

/// The page alone, for rooms that others give: the link of a mail leads on from there.
pub fn page_routes() -> Router {
    Router::new().route("/rooms/{room}", get(page))
}

/// The page and the relay, for rooms of our own.
pub fn routes(tools: Tools, settings: RelaySettings) -> Router {
    let relay = Relay {
        doors: Doors {
            executor: tools.executor,
            log: tools.log,
            clock: tools.clock,
            doorkeeper: tools.doorkeeper,
            video: tools.video,
        },
        seats: Arc::new(Seats::new(settings.members, settings.waiting)),
        ice_servers: tools.ice_servers,
        origins: tools.origins,
        shutdown: tools.shutdown,
        settings,
    };
    let signal = Router::new()
        .route("/rooms/{room}/signal", get(relay::upgrade))
        .with_state(Arc::new(relay));
    page_routes().merge(signal)
}

async fn page() -> Response {
    static ROOM: OnceLock<Page> = OnceLock::new();
    let mut response = ROOM.get_or_init(|| Page::assemble(&PARTS)).answer("no-store");
    response.headers_mut().insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(self), microphone=(self), autoplay=(self), display-capture=(), geolocation=()",
        ),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::{super::page, *};

    #[test]
    fn the_page_needs_nothing_from_elsewhere_and_nothing_that_its_policy_forbids() {
        page::holds(&PARTS);
    }
}
