//! One socket of the relay, from the ticket to the end.
//!
//! One task owns a socket, so that the order of messages is the order of this file. The first message shows the ticket;
//! it is used up then, and its holder is recorded as present. However the socket ends, they are recorded as gone, save
//! when the room was closed: then they left at that moment.
//!
//! Close codes: 1000 the client left, 1001 shutdown, 1009 a message that is too large, 1013 something that is needed
//! cannot be reached or the client reads too slowly, 4400 a message that is none, 4401 a message before the ticket,
//! 4403 a ticket that lets nobody in (the reason says why), 4408 no ticket in time, 4409 all seats are taken, 4410 the
//! room is closed, 4429 too many messages.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{
        FromRequestParts, Path, Request, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse, Response},
};
use domain::room::events::LeaveReason;
use http::StatusCode;
use tokio::{
    sync::mpsc::Receiver,
    time::{Instant, MissedTickBehavior, interval_at},
};
use tracing::Instrument;

use super::{
    Relay,
    doors::{Guest, Refused},
    messages::{Helper, Incoming, Outgoing, WayBack},
    seats::Seat,
};
use crate::http::{RequestId, knows_origin, server::ConnectionPermit};

/// How long the client has to answer a close.
const FAREWELL: Duration = Duration::from_secs(1);

/// `GET /rooms/{room}/signal`.
pub(super) async fn upgrade(
    State(relay): State<Arc<Relay>>,
    Path(room_ref): Path<String>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if !knows_origin(&relay.origins, &parts.headers) {
        return (
            StatusCode::FORBIDDEN,
            "pages of this origin may not use the relay\n",
        )
            .into_response();
    }
    if relay.shutdown.is_begun() || relay.shutdown.sockets() >= relay.settings.sockets {
        return (StatusCode::SERVICE_UNAVAILABLE, "no more WebSockets at present\n").into_response();
    }
    let permit = parts.extensions.get::<ConnectionPermit>().cloned();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    // Twice the bound, so that a message which is only somewhat too large is answered with its close code.
    let most = relay.settings.message_bytes * 2;
    upgrade
        .max_message_size(most)
        .max_frame_size(most)
        .on_upgrade(move |socket| {
            let shutdown = relay.shutdown.clone();
            let span = tracing::info_span!("room", request.id = id.as_str());
            let connection = Connection {
                socket,
                allowance: Allowance::new(relay.settings.burst, relay.settings.per_second),
                relay,
                room_ref,
                heard: Instant::now(),
            };
            let served = async move {
                connection.serve().await;
                drop(permit);
            };
            shutdown.track(served.instrument(span))
        })
}

/// The reasons for which we close a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Close {
    Left,
    GoingAway,
    TooLarge,
    TooSlow,
    Unavailable,
    BadMessage,
    NoTicketYet,
    Refused(&'static str),
    NoTicketInTime,
    Full,
    RoomClosed,
    TooMany,
}

impl Close {
    const fn frame(self) -> (u16, &'static str) {
        match self {
            Self::Left => (1000, "Bye"),
            Self::GoingAway => (1001, "Going away"),
            Self::TooLarge => (1009, "Message too large"),
            Self::TooSlow => (1013, "Reading too slowly"),
            Self::Unavailable => (1013, "Try again later"),
            Self::BadMessage => (4400, "Invalid message"),
            Self::NoTicketYet => (4401, "The ticket comes first"),
            Self::Refused(why) => (4403, why),
            Self::NoTicketInTime => (4408, "No ticket in time"),
            Self::Full => (4409, "Room full"),
            Self::RoomClosed => (4410, "Room closed"),
            Self::TooMany => (4429, "Too many messages"),
        }
    }

    /// What is recorded of somebody whose socket ends so; nothing when they left with the closing of the room.
    const fn departure(self) -> Option<LeaveReason> {
        match self {
            Self::Left => Some(LeaveReason::Left),
            Self::RoomClosed => None,
            Self::GoingAway
            | Self::TooLarge
            | Self::TooSlow
            | Self::Unavailable
            | Self::BadMessage
            | Self::NoTicketYet
            | Self::Refused(_)
            | Self::NoTicketInTime
            | Self::Full
            | Self::TooMany => Some(LeaveReason::Dropped),
        }
    }
}

impl From<Refused> for Close {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Ticket => Self::Refused("Ticket refused"),
            Refused::Used => Self::Refused("Ticket used"),
            Refused::TooEarly => Self::Refused("Too early"),
            Refused::Expired => Self::Refused("Ticket expired"),
            Refused::Closed => Self::RoomClosed,
            Refused::Later => Self::Unavailable,
        }
    }
}

/// Why a socket ends: we close, or the client is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Close(Close),
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

/// How many messages a client may still send at present.
struct Allowance {
    left: f64,
    most: f64,
    per_second: f64,
    counted: Instant,
}

impl Allowance {
    fn new(burst: u32, per_second: u32) -> Self {
        Self {
            left: f64::from(burst),
            most: f64::from(burst),
            per_second: f64::from(per_second),
            counted: Instant::now(),
        }
    }

    /// Takes one message off; false when none is left.
    fn take(&mut self) -> bool {
        let now = Instant::now();
        let gained = (now - self.counted).as_secs_f64() * self.per_second;
        self.counted = now;
        self.left = (self.left + gained).min(self.most) - 1.0;
        self.left >= 0.0
    }
}

/// A member's part of a connection.
struct Inside {
    guest: Guest,
    seat: Seat,
    inbox: Receiver<Outgoing>,
}

struct Connection {
    socket: WebSocket,
    relay: Arc<Relay>,
    room_ref: String,
    allowance: Allowance,
    heard: Instant,
}

impl Connection {
    async fn serve(mut self) {
        let end = match self.admit().await {
            Ok(inside) => self.meet(inside).await,
            Err(end) => end,
        };
        if let End::Close(close) = end {
            self.close(close).await;
        }
    }

    /// From the first message to the moment at which the member is recorded as present.
    async fn admit(&mut self) -> Result<Inside, End> {
        let ticket = self.ticket().await?;
        let relay = Arc::clone(&self.relay);
        let admission = relay.doors.read(&ticket, &self.room_ref).map_err(Close::from)?;
        // The seat first: in a room that is full no ticket is used up.
        let (seat, inbox) = relay
            .seats
            .take(&self.room_ref, admission.role)
            .ok_or(Close::Full)?;
        let guest = relay.doors.enter(admission).await.map_err(Close::from)?;
        tracing::debug!(room.id = %admission.room, "somebody is in a room");
        Ok(Inside { guest, seat, inbox })
    }

    async fn ticket(&mut self) -> Result<String, End> {
        let shutdown = self.relay.shutdown.clone();
        let until = Instant::now() + self.relay.settings.hello_time;
        loop {
            let message = tokio::select! {
                biased;
                () = shutdown.begun() => return Err(Close::GoingAway.into()),
                () = tokio::time::sleep_until(until) => return Err(Close::NoTicketInTime.into()),
                message = self.socket.recv() => message,
            };
            match self.read(message)? {
                Some(Incoming::Hello { ticket }) => return Ok(ticket),
                Some(Incoming::Say { .. } | Incoming::Bye) => return Err(Close::NoTicketYet.into()),
                None => {}
            }
        }
    }

    /// From the moment at which the member is recorded as present to the one at which they are recorded as gone.
    async fn meet(&mut self, mut inside: Inside) -> End {
        let end = match self.talk(&mut inside).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        // The others are told before the log is.
        drop(inside.seat);
        let departure = match end {
            End::Close(close) => close.departure(),
            End::Gone => Some(LeaveReason::Dropped),
        };
        if let Some(reason) = departure {
            self.relay.doors.depart(&inside.guest, reason).await;
        }
        end
    }

    async fn talk(&mut self, inside: &mut Inside) -> Result<std::convert::Infallible, End> {
        let relay = Arc::clone(&self.relay);
        self.welcome(inside).await?;
        let mut look = ticks(relay.settings.look_every);
        let mut ping = ticks(relay.settings.ping_every);
        loop {
            tokio::select! {
                biased;
                () = relay.shutdown.begun() => return Err(Close::GoingAway.into()),
                _ = look.tick() => if !relay.doors.is_open(&mut inside.guest).await {
                    return Err(Close::RoomClosed.into());
                },
                _ = ping.tick() => self.ping().await?,
                message = inside.inbox.recv() => match message {
                    Some(message) => self.send(&message).await?,
                    None => return Err(Close::TooSlow.into()),
                },
                message = self.socket.recv() => match self.read(message)? {
                    Some(Incoming::Say { to, said }) => inside.seat.say(to, said),
                    Some(Incoming::Bye) => return Err(Close::Left.into()),
                    Some(Incoming::Hello { .. }) => return Err(Close::BadMessage.into()),
                    None => {}
                },
            }
        }
    }

    async fn welcome(&mut self, inside: &Inside) -> Result<(), End> {
        let ticket = self.relay.doors.way_back(&inside.guest, &self.room_ref).await;
        let welcome = Outgoing::Welcome {
            you: inside.seat.peer,
            role: inside.guest.admission.role,
            present: inside.seat.appear(),
            ice_servers: self.relay.ice_servers.iter().map(Helper::from).collect(),
            back: ticket.map(|ticket| WayBack {
                room: self.room_ref.clone(),
                ticket,
            }),
        };
        self.send(&welcome).await
    }

    /// What a frame says; nothing for those that only keep the connection.
    fn read(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<Option<Incoming>, End> {
        let Some(Ok(message)) = message else {
            return Err(End::Gone);
        };
        self.heard = Instant::now();
        if !self.allowance.take() {
            return Err(Close::TooMany.into());
        }
        match message {
            Message::Text(text) if text.len() > self.relay.settings.message_bytes => {
                Err(Close::TooLarge.into())
            }
            Message::Text(text) => match Incoming::read(text.as_str()) {
                Ok(message) => Ok(Some(message)),
                Err(_) => Err(Close::BadMessage.into()),
            },
            Message::Binary(_) => Err(Close::BadMessage.into()),
            // The library answers pings and closes itself.
            Message::Ping(_) | Message::Pong(_) => Ok(None),
            Message::Close(_) => Err(End::Gone),
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.heard.elapsed() > self.relay.settings.ping_every * 2 {
            return Err(End::Gone);
        }
        self.write(Message::Ping(bytes::Bytes::new())).await
    }

    async fn send(&mut self, message: &Outgoing) -> Result<(), End> {
        // Only a map with keys that are no strings could fail, and these messages have none.
        let text = serde_json::to_string(message).map_err(|_| End::Gone)?;
        self.write(Message::Text(text.into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        let most = self.relay.settings.write_time;
        match tokio::time::timeout(most, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Says why, and waits until the client has answered, so that it reads the code before the connection goes.
    async fn close(&mut self, close: Close) {
        let (code, reason) = close.frame();
        tracing::debug!(websocket.code = code, "a socket of a room is closed");
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        if self.write(Message::Close(Some(frame))).await.is_ok() {
            let closed = async { while let Some(Ok(_)) = self.socket.recv().await {} };
            let _ = tokio::time::timeout(FAREWELL, closed).await;
        }
    }
}

/// Ticks of which the first comes after one period, and which do not pile up.
fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
