//! A client of `graphql-transport-ws`.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};
use url::Url;

/// How long something may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A socket on which operations run.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects and signs in.
    pub(crate) async fn open(base: &Url, token: &str) -> Self {
        let mut url = base.join("graphql/ws").unwrap();
        url.set_scheme("ws").unwrap();
        let mut request = url.as_str().into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (stream, _) = connect_async(request).await.unwrap();
        let mut socket = Self(stream);
        let payload = json!({ "authorization": format!("Bearer {token}") });
        socket
            .send(&json!({ "type": "connection_init", "payload": payload }))
            .await;
        let answer = socket.hear().await;
        assert_eq!(answer["type"], "connection_ack", "{answer}");
        socket
    }

    /// Starts an operation, and returns once the server has heard of it.
    pub(crate) async fn subscribe(&mut self, query: &str, variables: &Value) {
        self.ask(query, variables).await;
        self.ping().await;
    }

    /// Starts an operation of which something may come at once.
    pub(crate) async fn ask(&mut self, query: &str, variables: &Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(&json!({ "type": "subscribe", "id": "1", "payload": payload }))
            .await;
    }

    /// Makes sure that everything that was there before has been heard; nothing may come instead of the answer.
    pub(crate) async fn ping(&mut self) {
        self.send(&json!({ "type": "ping" })).await;
        let answer = self.hear().await;
        assert_eq!(answer["type"], "pong", "{answer}");
    }

    /// The next item.
    pub(crate) async fn next(&mut self) -> Value {
        let message = self.hear().await;
        assert_eq!(message["type"], "next", "{message}");
        message["payload"]["data"].clone()
    }

    /// How the server closes it.
    pub(crate) async fn closed(mut self) -> Option<CloseFrame> {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("it stays open");
            if let Message::Close(frame) = message.expect("it breaks without a reason").unwrap() {
                return frame;
            }
        }
    }

    async fn send(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("nothing comes");
            match message.expect("the socket is closed").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }
}
