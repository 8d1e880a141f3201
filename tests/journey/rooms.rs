//! Meeting in a room of our own: from the ticket to the end, on a server as it is.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use greenroom::demo::{
    journey::{Clockwork, Journey, moment, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use url::Url;

use crate::support::server::Server;

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

#[tokio::test]
async fn people_meet_where_their_tickets_lead_until_the_interview_is_ended() {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let (interview, _, start) = Journey::book_and_pay(&cast, &stage, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    server.clock.advance_to(moment(&start).unwrap()).await.unwrap();
    let join = json!({ "interviewId": interview });
    let lena = cast.lena.carry_out(op::JOIN_ROOM, &join).await.unwrap();
    let ada = cast.candidate.carry_out(op::JOIN_ROOM, &join).await.unwrap();
    let address = |joined: &Value| Url::parse(joined["ticket"]["url"].as_str().unwrap()).unwrap();

    let page = reqwest::Client::new().get(address(&ada)).send().await.unwrap();
    let mut interviewer = Member::enter(&address(&lena)).await;
    let first = interviewer.hear().await;
    let mut candidate = Member::enter(&address(&ada)).await;
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
    let minutes = |minutes| moment(&start).unwrap() + chrono::Duration::minutes(minutes);
    server.clock.advance_to(minutes(5)).await.unwrap();
    drop(candidate);
    assert_eq!(interviewer.hear().await["type"], "bye");
    departed(&server, &interview).await;
    server.clock.advance_to(minutes(8)).await.unwrap();
    let ended = cast.lena.carry_out(op::END_INTERVIEW, &join).await.unwrap();

    assert_eq!(interviewer.close_code().await, 4410);
    let attendance = &ended["interview"]["attendance"];
    assert_eq!(attendance["candidateSeconds"], 300, "{ended}");
    assert_eq!(attendance["interviewerSeconds"], 480, "{ended}");
    let mut late = Member::enter(&address(&ada)).await;
    assert_eq!(late.close_code().await, 4410);
    let tickets = [address(&lena), address(&ada)].map(|url| url.fragment().unwrap().to_owned());
    let log = server.log();
    assert!(log.contains("serving"), "nothing was logged");
    assert!(
        !tickets
            .iter()
            .any(|ticket| log.contains(ticket.trim_start_matches("ticket=")))
    );
}

/// Returns once the log says that somebody left.
async fn departed(server: &Server, interview: &str) {
    let cast = server.cast().unwrap();
    let left = |events: &[Value]| {
        events
            .iter()
            .any(|event| event["type"] == "room.participant_left")
    };
    let told = async {
        while !left(
            &greenroom::demo::journey::timeline(&cast.recruiter, interview)
                .await
                .unwrap(),
        ) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, told)
        .await
        .expect("nobody was recorded as gone");
}
