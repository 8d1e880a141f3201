//! Rooms of our own: the page, and the relay with real tickets over a log in memory.

use std::{sync::Arc, time::Duration};

use adapters::video::builtin::BuiltinVideo;
use api::http::rooms::{RelaySettings, Tools, routes};
use axum::{body::Body, response::Response};
use domain::{
    actor::Actor,
    envelope::{Position, StreamId},
    event::Event,
    ids::{self, AccountId, CorrelationId, Id, InterviewId, Kind, OrganisationId, RoomId},
    interview::events::{BookingRequested, InterviewConfirmed, InterviewEvent},
    ports::{
        clock::Clock,
        video::{IceServer, TicketRequest, VideoProvider},
    },
    room::events::{CloseReason, LeaveReason, RoomClosed, RoomEvent, RoomMember, RoomProvisioned, RoomRole},
};
use futures::{SinkExt, StreamExt, TryStreamExt};
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use store::{
    codec::Codec,
    executor::Executor,
    log::{Append, CommandMeta, Filter, Log, Query, StreamWrite},
    memory::MemoryLog,
    vault::{Vault, master_key::MasterKey, memory::MemoryKeys},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};
use tower::ServiceExt;
use uuid::Uuid;

use crate::support::{Served, SetClock, moment, served, shell, shell_with};

const PATIENCE: Duration = Duration::from_secs(10);
/// The provider's name for the room.
const ROOM: &str = "red";
const CANDIDATE: &str = "acc_01kk8x67m0f29vkpv0x0rybpma";
const INTERVIEWER: &str = "acc_01kk8x67m0f79v90x1w9jd0wdg";
const STRANGER: u128 = 77;

fn id<K: Kind>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

fn account(text: &str) -> AccountId {
    text.parse().expect("an account")
}

/// A confirmed interview with a room that is open from second 0 to second 3600, and a server in front of it.
struct House {
    served: Served,
    log: Arc<MemoryLog>,
    vault: Arc<Vault>,
    video: Arc<BuiltinVideo>,
    interview: InterviewId,
}

async fn house(change: impl FnOnce(&mut RelaySettings)) -> House {
    let log = Arc::new(MemoryLog::new());
    let keys = Arc::new(MemoryKeys::default());
    let vault = Vault::unlock(keys, MasterKey::new([5; 32])).await.expect("keys");
    let vault = Arc::new(vault);
    let video = Arc::new(BuiltinVideo::new("builtin", &[7; 32]));
    let mut settings = RelaySettings {
        look_every: Duration::from_millis(5),
        ..RelaySettings::default()
    };
    change(&mut settings);
    let shell = shell_with(
        |_| {},
        |clock, shutdown| {
            let tools = Tools {
                executor: Arc::new(Executor::new(log.clone(), vault.clone(), Codec::current())),
                log: log.clone(),
                clock: Arc::clone(clock) as Arc<dyn Clock>,
                doorkeeper: video.clone(),
                video: video.clone(),
                ice_servers: vec![IceServer {
                    urls: vec!["stun:stun.example.com".to_owned()],
                    username: None,
                    credential: None,
                }],
                origins: vec!["https://app.example.com".to_owned()],
                shutdown: shutdown.clone(),
            };
            routes(tools, settings)
        },
    );
    let house = House {
        served: served(shell, |_| {}).await,
        log,
        vault,
        video,
        interview: booking().interview,
    };
    house.furnish().await;
    house
}

/// The golden sample, for nobody's money and without a brief.
fn booking() -> BookingRequested {
    let sample = include_str!("../../../schemas/events/interview.booking_requested.v1.sample.json");
    let mut sample: Value = serde_json::from_str(sample).expect("the sample");
    sample["brief"] = Value::Null;
    sample["quote"] = Value::Null;
    serde_json::from_value(sample).expect("a booking")
}

impl House {
    fn room(&self) -> RoomId {
        RoomId::of(self.interview, 1)
    }

    fn clock(&self) -> &SetClock {
        &self.served.shell.clock
    }

    async fn furnish(&self) {
        let member = |text, role| RoomMember {
            account: account(text),
            role,
        };
        let interview = self.interview;
        let confirmed = InterviewConfirmed {
            interview,
            revision: 1,
        };
        self.given::<InterviewEvent>(interview.uuid(), booking()).await;
        self.given::<InterviewEvent>(interview.uuid(), confirmed).await;
        let provisioned = RoomProvisioned {
            room: self.room(),
            interview,
            revision: 1,
            provider: "builtin".to_owned(),
            room_ref: ROOM.to_owned(),
            opens_at: moment(0),
            closes_at: moment(3600),
            starts_at: moment(600),
            members: vec![
                member(CANDIDATE, RoomRole::Candidate),
                member(INTERVIEWER, RoomRole::Interviewer),
            ],
        };
        self.given::<RoomEvent>(self.room().uuid(), provisioned).await;
    }

    /// This has happened.
    async fn given<E: Event>(&self, stream: Uuid, event: impl Into<E>) {
        let stream = StreamId {
            tenant: tenant(),
            category: E::CATEGORY,
            id: stream,
        };
        let now = moment(0);
        let event = event.into();
        let event = Codec::current().encode(&self.vault, &event, now).await;
        let head = self.head().await;
        let expected = self.log.versions(&[stream]).await.expect("versions")[0];
        let append = Append {
            command: CommandMeta {
                tenant: tenant(),
                command_id: ids::derive(&[b"given", &head.0.to_be_bytes()]),
                input_hash: [0; 32],
                correlation_id: CorrelationId::new(Uuid::from_u128(8)),
                causation_id: None,
                actor: Actor::system("test"),
                trace: None,
            },
            now,
            writes: vec![StreamWrite {
                stream,
                expected,
                events: vec![event.expect("encoded")],
            }],
            result: b"null".to_vec(),
        };
        self.log.append(append).await.expect("appended");
    }

    async fn close_room(&self) {
        let closed = RoomClosed {
            room: self.room(),
            interview: self.interview,
            at: moment(1),
            reason: CloseReason::Ended,
        };
        self.given::<RoomEvent>(self.room().uuid(), closed).await;
    }

    async fn head(&self) -> Position {
        self.log.head().await.expect("a head")
    }

    /// What happened to the room, as wire names.
    async fn happened(&self) -> Vec<String> {
        let stream = StreamId {
            tenant: tenant(),
            category: RoomEvent::CATEGORY,
            id: self.room().uuid(),
        };
        let events = self.log.read(Query::forward(Filter::Stream(stream)));
        let events: Vec<_> = events.try_collect().await.expect("read");
        events
            .into_iter()
            .map(|event| event.envelope.event_type)
            .collect()
    }

    /// Who left why, as soon as somebody did.
    async fn departure(&self) -> LeaveReason {
        let mut tail = self.log.tail();
        let all = Query::forward(Filter::Type("room.participant_left".to_owned()));
        let departed = async {
            loop {
                let events: Vec<_> = self.log.read(all.clone()).try_collect().await.expect("read");
                if let Some(event) = events.first() {
                    let payload: Value = serde_json::from_slice(&event.payload).expect("json");
                    return serde_json::from_value(payload["reason"].clone()).expect("a reason");
                }
                tail.changed().await.expect("a log");
            }
        };
        timeout(PATIENCE, departed).await.expect("nobody left")
    }

    fn request(&self, account: AccountId, role: RoomRole, connection: u128) -> TicketRequest {
        TicketRequest {
            room_ref: ROOM.to_owned(),
            tenant: tenant(),
            interview: self.interview,
            room: self.room(),
            account,
            connection: id(connection),
            role,
            display_name: String::new(),
            not_before: moment(0),
            expires_at: moment(600),
        }
    }

    async fn written(&self, request: &TicketRequest) -> String {
        self.video.ticket(request).await.expect("a ticket").token
    }

    async fn candidate(&self, connection: u128) -> String {
        let request = self.request(account(CANDIDATE), RoomRole::Candidate, connection);
        self.written(&request).await
    }

    async fn interviewer(&self, connection: u128) -> String {
        let request = self.request(account(INTERVIEWER), RoomRole::Interviewer, connection);
        self.written(&request).await
    }

    async fn dial(&self, room: &str, origin: Option<&str>) -> Result<Client, tungstenite::Error> {
        let address = format!("ws://{}/rooms/{room}/signal", self.served.address);
        let mut request = address.into_client_request()?;
        if let Some(origin) = origin {
            let origin = HeaderValue::from_str(origin).expect("a header");
            request.headers_mut().insert(header::ORIGIN, origin);
        }
        connect_async(request).await.map(|(socket, _)| Client(socket))
    }

    async fn open(&self) -> Client {
        self.dial(ROOM, None).await.expect("opened")
    }

    /// A client that has shown a ticket.
    async fn shown(&self, ticket: &str) -> Client {
        let mut client = self.open().await;
        client.say(json!({ "type": "hello", "ticket": ticket })).await;
        client
    }

    /// A client that is in, and its welcome.
    async fn inside(&self, ticket: &str) -> (Client, Value) {
        let mut client = self.shown(ticket).await;
        let welcome = client.hear().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        (client, welcome)
    }

    /// How a client with this ticket is sent away.
    async fn refused(&self, ticket: &str) -> (u16, String) {
        self.shown(ticket).await.closed().await
    }
}

fn tenant() -> OrganisationId {
    id(9)
}

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn say(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .expect("sent");
    }

    async fn next(&mut self) -> Message {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("in time");
            match message.expect("open").expect("readable") {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    async fn hear(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(&text).expect("json"),
            other => panic!("not a message: {other:?}"),
        }
    }

    /// The close code and its reason; what comes before is not of interest.
    async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.next().await {
                let frame = frame.expect("a code");
                return (frame.code.into(), frame.reason.as_str().to_owned());
            }
        }
    }
}

fn offer(to: &Value) -> Value {
    json!({ "type": "offer", "to": to, "sdp": "v=0\r\n" })
}

#[tokio::test]
async fn two_members_hear_what_each_says_to_the_other_and_none_of_it_is_stored() {
    let house = house(|_| {}).await;
    let (mut candidate, first) = house.inside(&house.candidate(1).await).await;
    let (mut interviewer, second) = house.inside(&house.interviewer(2).await).await;
    let before = house.head().await;

    assert_eq!(first["role"], "candidate");
    assert_eq!(
        first["iceServers"],
        json!([{ "urls": ["stun:stun.example.com"] }])
    );
    assert_eq!(first["present"], json!([]));
    assert_eq!(
        second["present"],
        json!([{ "peer": first["you"], "role": "candidate" }])
    );
    assert_eq!(
        candidate.hear().await,
        json!({ "type": "hello", "peer": second["you"], "role": "interviewer" })
    );
    interviewer.say(offer(&first["you"])).await;
    assert_eq!(
        candidate.hear().await,
        json!({ "type": "said", "from": second["you"], "said": { "type": "offer", "sdp": "v=0\r\n" } })
    );
    let place =
        json!({ "candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "u" });
    candidate
        .say(json!({ "type": "candidate", "to": second["you"], "candidate": place }))
        .await;
    assert_eq!(interviewer.hear().await["said"]["candidate"], place);
    assert_eq!(house.head().await, before);
}

#[tokio::test]
async fn a_ticket_opens_the_door_once_however_often_it_is_written() {
    let house = house(|_| {}).await;
    let _in = house.inside(&house.candidate(1).await).await;
    let before = house.head().await;

    let again = house.refused(&house.candidate(1).await).await;

    assert_eq!(again, (4403, "Ticket used".to_owned()));
    assert_eq!(house.head().await, before);
}

#[tokio::test]
async fn one_of_two_who_come_with_the_same_ticket_at_once_gets_in() {
    let house = house(|_| {}).await;
    let ticket = house.candidate(1).await;
    let (mut one, mut two) = tokio::join!(house.shown(&ticket), house.shown(&ticket));

    let heard = tokio::join!(one.next(), two.next());

    let admitted = [&heard.0, &heard.1]
        .into_iter()
        .filter(|message| message.is_text())
        .count();
    assert_eq!(admitted, 1, "{heard:?}");
}

#[tokio::test]
async fn tickets_that_are_forged_for_another_room_or_for_a_stranger_let_nobody_in() {
    let house = house(|_| {}).await;
    let request = house.request(account(CANDIDATE), RoomRole::Candidate, 1);
    let forger = BuiltinVideo::new("builtin", &[8; 32]);
    let forged = forger.ticket(&request).await.expect("a ticket").token;
    let blue = TicketRequest {
        room_ref: "blue".to_owned(),
        ..request.clone()
    };
    let stranger = TicketRequest {
        account: id(STRANGER),
        ..request
    };
    let before = house.head().await;

    let refused = (4403, "Ticket refused".to_owned());
    assert_eq!(house.refused(&forged).await, refused);
    assert_eq!(house.refused(&house.written(&blue).await).await, refused);
    assert_eq!(house.refused(&house.written(&stranger).await).await, refused);
    assert_eq!(house.refused("nonsense").await, refused);
    assert_eq!(house.head().await, before);
}

#[tokio::test]
async fn a_ticket_lets_in_during_its_span_only() {
    let house = house(|_| {}).await;
    let early = TicketRequest {
        not_before: moment(60),
        ..house.request(account(CANDIDATE), RoomRole::Candidate, 1)
    };
    let early = house.written(&early).await;
    let good = house.candidate(2).await;

    assert_eq!(house.refused(&early).await, (4403, "Too early".to_owned()));
    house.clock().set(600);
    assert_eq!(house.refused(&good).await, (4403, "Ticket expired".to_owned()));
}

#[tokio::test]
async fn the_ticket_comes_first_and_in_time() {
    let eager = house(|_| {}).await;
    let mut client = eager.open().await;
    client.say(offer(&json!("p1"))).await;
    assert_eq!(client.closed().await.0, 4401);

    let slow = house(|settings| settings.hello_time = Duration::from_millis(20)).await;
    assert_eq!(slow.open().await.closed().await.0, 4408);
}

#[tokio::test]
async fn what_is_no_message_or_too_large_ends_the_connection() {
    let house = house(|_| {}).await;
    let (mut talker, _) = house.inside(&house.candidate(1).await).await;
    let (mut shouter, _) = house.inside(&house.candidate(2).await).await;

    talker.say(json!({ "type": "chat", "text": "hello" })).await;
    let long = "x".repeat(40 * 1024);
    shouter
        .say(json!({ "type": "offer", "to": "p1", "sdp": format!("v=0\r\n{long}") }))
        .await;

    assert_eq!(talker.closed().await.0, 4400);
    assert_eq!(shouter.closed().await.0, 1009);
}

#[tokio::test]
async fn what_is_far_too_large_is_cut_off_unread() {
    let house = house(|_| {}).await;
    let (mut giant, _) = house.inside(&house.candidate(1).await).await;

    // It is cut off while it is still sending.
    let _ = giant.0.send(Message::text("x".repeat(1024 * 1024))).await;

    assert_eq!(house.departure().await, LeaveReason::Dropped);
}

#[tokio::test]
async fn a_flood_is_cut_off_and_nobody_else() {
    let house = house(|settings| {
        settings.burst = 5;
        settings.per_second = 0;
    })
    .await;
    let (mut candidate, first) = house.inside(&house.candidate(1).await).await;
    let (mut flooder, second) = house.inside(&house.interviewer(2).await).await;

    for _ in 0..5 {
        flooder.say(offer(&first["you"])).await;
    }

    assert_eq!(flooder.closed().await.0, 4429);
    let mut heard = Vec::new();
    while heard.last() != Some(&json!("bye")) {
        heard.push(candidate.hear().await["type"].clone());
    }
    assert_eq!(heard, ["hello", "said", "said", "said", "said", "bye"]);
    let (_, third) = house.inside(&house.interviewer(3).await).await;
    assert_eq!(third["present"][0]["peer"], first["you"]);
    assert_ne!(third["you"], second["you"]);
}

#[tokio::test]
async fn a_room_that_is_full_uses_no_ticket_up() {
    let house = house(|settings| settings.members = 1).await;
    let (mut first, _) = house.inside(&house.candidate(1).await).await;
    let ticket = house.interviewer(2).await;

    assert_eq!(house.refused(&ticket).await.0, 4409);
    first.say(json!({ "type": "bye" })).await;
    assert_eq!(first.closed().await.0, 1000);
    house.departure().await;
    let (_second, welcome) = house.inside(&ticket).await;
    assert_eq!(welcome["role"], "interviewer");
}

#[tokio::test]
async fn when_the_room_is_closed_everybody_is_sent_out_and_nobody_comes_in() {
    let house = house(|_| {}).await;
    let (mut candidate, _) = house.inside(&house.candidate(1).await).await;
    let (mut interviewer, welcome) = house.inside(&house.interviewer(2).await).await;
    let ticket = house.candidate(3).await;

    house.close_room().await;

    assert_eq!(candidate.closed().await.0, 4410);
    assert_eq!(interviewer.closed().await.0, 4410);
    let back = welcome["back"]["ticket"].as_str().expect("a way back");
    assert_eq!(house.refused(back).await.0, 4410);
    assert_eq!(house.refused(&ticket).await.0, 4410);
    // They left with the closing, which the log has told already.
    assert_eq!(house.happened().await.last().expect("events"), "room.closed");
}

#[tokio::test]
async fn when_the_time_of_the_room_is_over_everybody_is_sent_out() {
    let house = house(|_| {}).await;
    let (mut candidate, _) = house.inside(&house.candidate(1).await).await;

    house.clock().set(3600);

    assert_eq!(candidate.closed().await.0, 4410);
}

#[tokio::test]
async fn whoever_opens_the_door_is_present_and_whoever_says_bye_has_left() {
    let house = house(|_| {}).await;
    let (mut candidate, _) = house.inside(&house.candidate(1).await).await;
    assert_eq!(
        house.happened().await[1..],
        [
            "room.join_token_used",
            "room.participant_joined",
            "room.join_token_issued"
        ]
    );

    candidate.say(json!({ "type": "bye" })).await;

    assert_eq!(candidate.closed().await.0, 1000);
    assert_eq!(house.departure().await, LeaveReason::Left);
}

#[tokio::test]
async fn a_tab_that_is_closed_is_recorded_and_told_to_the_others() {
    let house = house(|_| {}).await;
    let (candidate, first) = house.inside(&house.candidate(1).await).await;
    let (mut interviewer, _) = house.inside(&house.interviewer(2).await).await;

    drop(candidate);

    assert_eq!(
        interviewer.hear().await,
        json!({ "type": "bye", "from": first["you"] })
    );
    assert_eq!(house.departure().await, LeaveReason::Dropped);
}

#[tokio::test]
async fn a_broken_connection_comes_back_once_on_the_way_that_it_was_given() {
    let house = house(|_| {}).await;
    let (broken, welcome) = house.inside(&house.candidate(1).await).await;
    assert_eq!(welcome["back"]["room"], ROOM);
    let back = welcome["back"]["ticket"].as_str().expect("a way back");
    drop(broken);
    house.departure().await;

    // Long after the first ticket has expired.
    house.clock().set(3000);
    let (_again, _) = house.inside(back).await;

    assert_eq!(house.refused(back).await, (4403, "Ticket used".to_owned()));
    let joined = "room.participant_joined";
    let visits = house.happened().await;
    assert_eq!(visits.iter().filter(|name| *name == joined).count(), 2);
}

#[tokio::test]
async fn at_shutdown_members_are_told_and_their_leaving_is_stored_before_the_end() {
    let house = house(|_| {}).await;
    let (mut candidate, _) = house.inside(&house.candidate(1).await).await;

    house.served.shell.shutdown.begin();

    assert_eq!(candidate.closed().await.0, 1001);
    drop(candidate);
    let log = Arc::clone(&house.log);
    let stream = house.room().uuid();
    timeout(PATIENCE, house.served.ended)
        .await
        .expect("ended in time")
        .expect("no panic")
        .expect("no failure");
    let events = log.read(Query::forward(Filter::All));
    let events: Vec<_> = events.try_collect().await.expect("read");
    let last = &events.last().expect("events").envelope;
    assert_eq!(
        (last.event_type.as_str(), last.stream.id),
        ("room.participant_left", stream)
    );
}

#[tokio::test]
async fn pages_of_unknown_origins_cannot_open_the_relay() {
    let house = house(|_| {}).await;
    let own = format!("http://{}", house.served.address);

    let foreign = house.dial(ROOM, Some("https://evil.example")).await;

    assert!(
        matches!(foreign, Err(tungstenite::Error::Http(answer)) if answer.status() == StatusCode::FORBIDDEN)
    );
    assert!(house.dial(ROOM, Some(&own)).await.is_ok());
    assert!(house.dial(ROOM, Some("https://app.example.com")).await.is_ok());
}

async fn get(router: &axum::Router, path: &str) -> (Response, Vec<u8>) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes().to_vec();
    (Response::from_parts(parts, Body::empty()), body)
}

#[tokio::test]
async fn the_page_of_a_room_is_the_same_for_every_room_and_tells_browsers_to_be_careful() {
    let house = house(|_| {}).await;
    let router = &house.served.shell.router;

    let (page, body) = get(router, "/rooms/red").await;
    let (absent, other) = get(router, "/rooms/nowhere").await;

    let header = |name: &str| page.headers()[name].to_str().expect("text");
    assert_eq!((page.status(), absent.status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(body, other);
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-frame-options"), "DENY");
    assert!(header("permissions-policy").starts_with("camera=(self), microphone=(self)"));
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"));
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn the_link_to_an_interview_is_the_explorer_whichever_interview_it_names() {
    let shell = shell(|_| {});

    let (explorer, body) = get(&shell.router, "/").await;
    let (known, one) = get(&shell.router, "/interviews/int_01kk8x67m0ftfsv9hda892a4za").await;
    let (unknown, two) = get(&shell.router, "/interviews/nonsense").await;

    assert_eq!(known.status(), StatusCode::OK);
    assert_eq!(unknown.status(), StatusCode::OK);
    assert!(body == one && body == two);
    let (guest, three) = get(&shell.router, "/sessions").await;
    assert_eq!(guest.status(), StatusCode::OK);
    assert!(body == three);
    assert_eq!(
        known.headers()["content-security-policy"],
        explorer.headers()["content-security-policy"]
    );
}
