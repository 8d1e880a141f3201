//! Meeting in a room of our own: from the ticket to the end, on a server as it is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::{SinkExt, StreamExt};
use greenroom::demo::{
    client::Client,
    journey::{CANDIDATE, Cast, Clockwork, Journey, Tokens, moment, prepare, timeline},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use url::Url;

use crate::support::{
    browser::{self, Browser},
    ending::count,
    server::{Place, Server},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// A member's connection to the relay.
struct Member(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Member {
    /// Opens the door as the page does: the ticket stands behind the `#` of its address.
    async fn enter(address: &Url) -> Self {
        let ticket = address.fragment().unwrap().strip_prefix("ticket=").unwrap();
        let mut signal = address.clone();
        signal.set_fragment(None);
        signal.set_path(&format!("{}/signal", address.path()));
        signal.set_scheme("ws").unwrap();
        let (socket, _) = connect_async(signal.as_str()).await.unwrap();
        let mut member = Self(socket);
        member.say(&json!({ "type": "hello", "ticket": ticket })).await;
        member
    }

    async fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Message {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("nothing comes");
            match message.expect("the socket is closed").unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    async fn hear(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    async fn close_code(&mut self) -> u16 {
        match self.next().await {
            Message::Close(frame) => frame.unwrap().code.into(),
            other => panic!("{other:?}"),
        }
    }
}

/// An interview whose time has come, and the server on which it is.
async fn due(place: Place) -> (Server, Cast, String, DateTime<Utc>) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let (interview, _, start) = Journey::book_and_pay(&cast, &stage, &Silent).await.unwrap();
    let start = moment(&start).unwrap();
    server.clock.settle().await.unwrap();
    server.clock.advance_to(start).await.unwrap();
    (server, cast, interview, start)
}

/// Where a ticket leads.
async fn address(client: &Client, interview: &str) -> Url {
    let join = json!({ "interviewId": interview });
    let joined = client.carry_out(op::JOIN_ROOM, &join).await.unwrap();
    joined["ticket"]["url"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn people_meet_where_their_tickets_lead_until_the_interview_is_ended() {
    let (server, cast, interview, start) = due(Place::embedded().talkative()).await;
    let lena = address(&cast.lena, &interview).await;
    let ada = address(&cast.candidate, &interview).await;

    let page = reqwest::Client::new().get(ada.clone()).send().await.unwrap();
    let mut interviewer = Member::enter(&lena).await;
    let first = interviewer.hear().await;
    let mut candidate = Member::enter(&ada).await;
    let second = candidate.hear().await;

    assert_eq!(page.status(), 200);
    assert_eq!(first["role"], "interviewer", "{first}");
    assert_eq!(
        second["present"],
        json!([{ "peer": first["you"], "role": "interviewer" }])
    );
    assert_eq!(interviewer.hear().await["type"], "hello");
    candidate
        .say(&json!({ "type": "offer", "to": first["you"], "sdp": "v=0\r\n" }))
        .await;
    assert_eq!(interviewer.hear().await["said"]["type"], "offer");

    // The candidate's tab is closed after five minutes and nobody says anything; it ends after eight.
    let minutes = |minutes| start + chrono::Duration::minutes(minutes);
    server.clock.advance_to(minutes(5)).await.unwrap();
    drop(candidate);
    assert_eq!(interviewer.hear().await["type"], "bye");
    departed(&cast, &interview).await;
    server.clock.advance_to(minutes(8)).await.unwrap();
    let end = json!({ "interviewId": interview });
    let ended = cast.lena.carry_out(op::END_INTERVIEW, &end).await.unwrap();

    assert_eq!(interviewer.close_code().await, 4410);
    let attendance = &ended["interview"]["attendance"];
    assert_eq!(attendance["candidateSeconds"], 300, "{ended}");
    assert_eq!(attendance["interviewerSeconds"], 480, "{ended}");
    let mut late = Member::enter(&ada).await;
    assert_eq!(late.close_code().await, 4410);
    let tickets = [lena, ada].map(|url| url.fragment().unwrap().to_owned());
    let log = server.log();
    assert!(log.contains("TRACE"), "nothing was logged");
    assert!(
        !tickets
            .iter()
            .any(|ticket| log.contains(ticket.trim_start_matches("ticket=")))
    );
}

/// Returns once the story says that somebody left.
async fn departed(cast: &Cast, interview: &str) {
    let is_departure = |event: &Value| event["type"] == "room.participant_left";
    let told = async {
        while !timeline(&cast.recruiter, interview)
            .await
            .unwrap()
            .iter()
            .any(is_departure)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, told)
        .await
        .expect("nobody was recorded as gone");
}

/// In the page: the other's picture moves, and a sound track of theirs is there.
const MEETS: &str = "(() => { const other = document.querySelector('figure.other[data-state=connected] video'); \
     return Boolean(other) && !other.hidden && !other.paused && other.videoWidth > 0 && other.currentTime > 0.2 \
     && other.getVideoPlaybackQuality().totalVideoFrames > 2 \
     && other.srcObject.getAudioTracks().some((track) => track.readyState === 'live' && !track.muted); })()";
/// In the page: it can be joined.
const READY: &str = "!document.querySelector('#controls').hidden";

/// In the page: the relay is gone, and the page knows.
const BROKEN: &str = "document.querySelector('#status').textContent.startsWith('The connection broke')";
/// In the page: the relay told of one other.
const TOGETHER: &str =
    "document.querySelector('#status').textContent === 'You are in, with one other person.'";

#[tokio::test]
async fn two_browsers_see_and_hear_each_other_and_come_back_when_the_server_was_killed() {
    let Some(path) = browser::installed() else {
        return;
    };
    let (server, cast, interview, _) = due(Place::embedded()).await;
    let (mut interviewer, mut candidate) = tokio::join!(Browser::start(&path), Browser::start(&path));
    interviewer.open(&address(&cast.lena, &interview).await).await;
    candidate
        .open(&server.base.join(&format!("rooms/{interview}")).unwrap())
        .await;
    let token = json!(server.token(&CANDIDATE).unwrap());

    // One comes by the address of a ticket, the other by the link of a mail and a token.
    interviewer.until(READY).await;
    assert_eq!(interviewer.value("location.hash").await, "");
    interviewer.click("#join").await;
    candidate.until("!document.querySelector('#door').hidden").await;
    candidate
        .value(&format!("document.querySelector('#token').value = {token}"))
        .await;
    candidate.click("#door button").await;
    candidate.until(READY).await;
    candidate.click("#join").await;

    interviewer.until(MEETS).await;
    candidate.until(MEETS).await;
    let caption = "document.querySelector('figure.other figcaption').textContent";
    assert_eq!(interviewer.value(caption).await, "Candidate");
    assert_eq!(candidate.value(caption).await, "Interviewer");
    candidate.click("#microphone").await;
    interviewer
        .until(&format!("{caption} === 'Candidate, muted'"))
        .await;
    candidate.click("#camera").await;
    interviewer
        .until("document.querySelector('figure.other video').hidden")
        .await;
    let server = server.kill().await.start().await.unwrap();
    for browser in [&mut interviewer, &mut candidate] {
        browser.until(BROKEN).await;
    }
    for browser in [&mut interviewer, &mut candidate] {
        browser.until(TOGETHER).await;
        browser
            .until("document.querySelector('figure.other')?.dataset.state === 'connected'")
            .await;
    }
    candidate.click("#leave").await;
    interviewer.until("!document.querySelector('figure.other')").await;
    let end = json!({ "interviewId": interview });
    let cast = server.cast().unwrap();
    cast.lena.carry_out(op::END_INTERVIEW, &end).await.unwrap();
    interviewer
        .until("document.querySelector('#status').textContent.startsWith('The room is closed')")
        .await;
    assert_eq!((interviewer.complaints, candidate.complaints), (vec![], vec![]));
}

#[tokio::test]
async fn the_link_of_a_mail_opens_the_explorer_with_a_query_for_its_interview() {
    let Some(path) = browser::installed() else {
        return;
    };
    let (server, _, interview, _) = due(Place::embedded()).await;
    let token = json!(server.token(&CANDIDATE).unwrap());
    let mut browser = Browser::start(&path).await;

    let link = server.base.join(&format!("interviews/{interview}")).unwrap();
    browser.open(&link).await;
    browser
        .until("document.querySelector('#connection')?.classList.contains('good') === true")
        .await;
    browser
        .value(&format!("document.querySelector('#token').value = {token}"))
        .await;
    browser.click("#run").await;

    let shown = json!(format!("\"id\": \"{interview}\""));
    browser
        .until(&format!(
            "document.querySelector('#result').textContent.includes({shown})"
        ))
        .await;
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

#[tokio::test]
async fn an_interview_that_nobody_ends_is_over_with_its_room_and_asks_for_scorecards() {
    let (server, cast, interview, start) = due(Place::embedded()).await;
    address(&cast.lena, &interview).await;
    address(&cast.candidate, &interview).await;

    let hours = start + chrono::Duration::hours(3);
    server.clock.advance_to(hours).await.unwrap();
    server.clock.settle().await.unwrap();

    let asked = json!({ "id": interview });
    let data = cast.recruiter.data(op::INTERVIEW, &asked).await.unwrap();
    let panel = data["interview"]["panel"].as_array().unwrap().len();
    assert_eq!(data["interview"]["status"], "COMPLETED", "{data}");
    let told = timeline(&cast.recruiter, &interview).await.unwrap();
    assert_eq!(count(&told, "scorecard.assigned"), panel);
}
