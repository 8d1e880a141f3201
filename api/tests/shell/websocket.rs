use std::{sync::atomic::Ordering, time::Duration};

use futures::{SinkExt, StreamExt};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

use crate::support::{Served, eventually, served, shell};

const PATIENCE: Duration = Duration::from_secs(10);

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

type Headers<'a> = &'a [(&'static str, &'a str)];

async fn dial(served: &Served, headers: Headers<'_>) -> Result<Client, tungstenite::Error> {
    let mut request = format!("ws://{}/graphql/ws", served.address).into_client_request()?;
    for (name, value) in headers {
        request
            .headers_mut()
            .insert(*name, HeaderValue::from_str(value).expect("a header"));
    }
    connect_async(request).await.map(|(socket, _)| Client(socket))
}

async fn opened(served: &Served) -> Client {
    dial(served, &[("sec-websocket-protocol", "graphql-transport-ws")])
        .await
        .expect("opened")
}

/// A client that sent `connection_init` with this token and was acknowledged.
async fn acknowledged(served: &Served, token: &str) -> Client {
    let mut client = opened(served).await;
    client
        .say(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } }))
        .await;
    assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
    client
}

async fn refused(served: &Served, headers: Headers<'_>) -> StatusCode {
    match dial(served, headers).await {
        Err(tungstenite::Error::Http(response)) => response.status(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was opened"),
    }
}

impl Client {
    async fn say(&mut self, message: Value) {
        self.say_raw(Message::text(message.to_string())).await;
    }

    async fn say_raw(&mut self, message: Message) {
        self.0.send(message).await.expect("sent");
    }

    async fn next(&mut self) -> Message {
        loop {
            match timeout(PATIENCE, self.0.next())
                .await
                .expect("in time")
                .expect("open")
                .expect("readable")
            {
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

    async fn close_code(&mut self) -> u16 {
        match self.next().await {
            Message::Close(Some(frame)) => frame.code.into(),
            other => panic!("not closed: {other:?}"),
        }
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query } }))
            .await;
    }
}

#[tokio::test]
async fn only_the_present_protocol_is_spoken() {
    let served = served(shell(|_| {}), |_| {}).await;

    let old = refused(&served, &[("sec-websocket-protocol", "graphql-ws")]).await;
    let none = refused(&served, &[]).await;
    let both = dial(
        &served,
        &[("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")],
    )
    .await;

    assert_eq!((old, none), (StatusCode::BAD_REQUEST, StatusCode::BAD_REQUEST));
    assert!(both.is_ok());
}

#[tokio::test]
async fn pages_of_unknown_origins_cannot_open_a_socket() {
    let served = served(shell(|_| {}), |_| {}).await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");

    let foreign = refused(&served, &[protocol, ("origin", "https://evil.example")]).await;
    let own = dial(
        &served,
        &[protocol, ("origin", &format!("http://{}", served.address))],
    )
    .await;

    assert_eq!(foreign, StatusCode::FORBIDDEN);
    assert!(own.is_ok());
}

#[tokio::test]
async fn a_client_that_never_initialises_is_closed_with_4408() {
    let served = served(
        shell(|settings| settings.websocket.init_time = Duration::from_millis(50)),
        |_| {},
    )
    .await;

    assert_eq!(opened(&served).await.close_code().await, 4408);
}

#[tokio::test]
async fn an_operation_before_the_acknowledgement_is_closed_with_4401() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = opened(&served).await;

    client.subscribe("1", "{ hello }").await;

    assert_eq!(client.close_code().await, 4401);
}

#[tokio::test]
async fn a_bad_token_is_closed_with_4403() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = opened(&served).await;

    client
        .say(json!({ "type": "connection_init", "payload": { "authorization": "Bearer bad" } }))
        .await;

    assert_eq!(client.close_code().await, 4403);
}

#[tokio::test]
async fn a_second_initialisation_is_closed_with_4429() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;

    client.say(json!({ "type": "connection_init" })).await;

    assert_eq!(client.close_code().await, 4429);
}

#[tokio::test]
async fn what_is_no_message_is_closed_with_4400() {
    let served = served(shell(|_| {}), |_| {}).await;
    let messages = [
        Message::text("hello"),
        Message::text(r#"{"type":"start"}"#),
        Message::text(r#"{"type":"subscribe","payload":{"query":"{ hello }"}}"#),
        Message::text(r#"{"type":"subscribe","id":"1","payload":{"query":7}}"#),
        Message::binary(b"{}".as_slice()),
    ];

    for message in messages {
        let mut client = acknowledged(&served, "ada").await;
        client.say_raw(message.clone()).await;
        assert_eq!(client.close_code().await, 4400, "{message:?}");
    }
}

#[tokio::test]
async fn an_id_in_use_is_closed_with_4409() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;
    client.subscribe("1", "subscription { endless }").await;

    client.subscribe("1", "{ hello }").await;

    assert_eq!(client.close_code().await, 4409);
}

#[tokio::test]
async fn queries_and_mutations_are_answered_and_completed() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;

    client.subscribe("0", "{ position me hello }").await;
    let in_order = client.next().await.into_text().expect("text");
    client.hear().await;
    client.subscribe("1", "{ me }").await;
    let (next, complete) = (client.hear().await, client.hear().await);
    client.subscribe("1", "mutation { increment }").await;
    let again = client.hear().await;

    assert!(
        in_order.contains(r#""data":{"position":null,"me":"ada","hello":"world"}"#),
        "{in_order}"
    );
    assert_eq!(next["payload"]["data"], json!({ "me": "ada" }));
    assert_eq!(complete, json!({ "type": "complete", "id": "1" }));
    assert_eq!(again["payload"]["data"], json!({ "increment": 1 }));
}

#[tokio::test]
async fn a_subscription_sends_every_item_in_order_and_then_completes() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;

    client.subscribe("s", "subscription { count(to: 3) }").await;

    for number in 1..=3 {
        let message = client.hear().await;
        assert_eq!(
            (&message["type"], &message["payload"]["data"]["count"]),
            (&json!("next"), &json!(number))
        );
    }
    assert_eq!(client.hear().await, json!({ "type": "complete", "id": "s" }));
}

#[tokio::test]
async fn what_never_began_is_an_error_and_what_failed_while_running_is_an_item() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;
    let cases = [
        ("{", "error", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "error", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { closed }", "error", "FORBIDDEN"),
        ("{ items(first: 1000000) { id } }", "error", "OPERATION_TOO_LARGE"),
    ];

    for (text, kind, code) in cases {
        client.subscribe("1", text).await;
        let message = client.hear().await;
        assert_eq!(
            (
                message["type"].as_str(),
                message["payload"][0]["extensions"]["code"].as_str()
            ),
            (Some(kind), Some(code)),
            "{message}"
        );
    }
    client.subscribe("2", "{ secret }").await;
    let failed = client.hear().await;

    assert_eq!(failed["type"], "next");
    assert_eq!(failed["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn doubling_fragments_are_refused_here_too() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;
    let fragments: String = (0..30)
        .map(|n| format!("fragment f{n} on Query {{ ...f{m} ...f{m} }} ", m = n + 1))
        .collect();

    client
        .subscribe(
            "1",
            &format!("{{ ...f0 }} {fragments} fragment f30 on Query {{ hello }}"),
        )
        .await;

    assert_eq!(
        client.hear().await["payload"][0]["extensions"]["code"],
        "OPERATION_TOO_LARGE"
    );
}

#[tokio::test]
async fn completing_ends_the_operation_and_frees_its_id() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;
    client.subscribe("1", "subscription { endless }").await;
    client.subscribe("sync", "{ hello }").await;
    client.hear().await;
    client.hear().await;

    client.say(json!({ "type": "complete", "id": "1" })).await;

    eventually("the stream was dropped", || {
        served.shell.world.dropped.load(Ordering::SeqCst) == 1
    })
    .await;
    client.subscribe("1", "{ hello }").await;
    assert_eq!(
        client.hear().await["payload"]["data"],
        json!({ "hello": "world" })
    );
}

#[tokio::test]
async fn a_client_that_goes_ends_its_operations() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;
    client.subscribe("1", "subscription { endless }").await;
    client.subscribe("sync", "{ hello }").await;
    client.hear().await;

    drop(client);

    eventually("the stream was dropped", || {
        served.shell.world.dropped.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn more_operations_than_allowed_are_refused_one_by_one() {
    let served = served(shell(|settings| settings.websocket.operations = 1), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;
    client.subscribe("1", "subscription { endless }").await;

    client.subscribe("2", "{ hello }").await;

    let message = client.hear().await;
    assert_eq!(
        (&message["id"], &message["payload"][0]["extensions"]["code"]),
        (&json!("2"), &json!("TOO_MANY_REQUESTS"))
    );
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = opened(&served).await;

    client.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    client.say(json!({ "type": "pong" })).await;

    assert_eq!(
        client.hear().await,
        json!({ "type": "pong", "payload": { "n": 1 } })
    );
}

#[tokio::test]
async fn a_token_that_expires_ends_the_socket() {
    let served = served(
        shell(|settings| settings.websocket.look_every = Duration::from_millis(10)),
        |_| {},
    )
    .await;
    let mut client = acknowledged(&served, "short").await;
    client.subscribe("1", "subscription { endless }").await;

    served.shell.clock.set(60);

    assert_eq!(client.close_code().await, 4403);
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off() {
    let served = served(
        shell(|settings| settings.websocket.write_time = Duration::from_millis(200)),
        |_| {},
    )
    .await;
    let mut client = acknowledged(&served, "ada").await;

    client.subscribe("1", "subscription { flood }").await;
    // Nothing is read until the server has let go of the stream.
    eventually("the flood was stopped", || {
        served.shell.world.dropped.load(Ordering::SeqCst) == 1
    })
    .await;
    let rest = async { while let Some(Ok(_)) = client.0.next().await {} };

    timeout(PATIENCE, rest).await.expect("cut off");
}

#[tokio::test]
async fn at_shutdown_sockets_are_closed_with_1001() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut client = acknowledged(&served, "ada").await;
    client.subscribe("1", "subscription { endless }").await;

    served.shell.shutdown.begin();

    assert_eq!(client.close_code().await, 1001);
    drop(client);
    timeout(PATIENCE, served.ended)
        .await
        .expect("ended in time")
        .expect("no panic")
        .expect("no failure");
}
