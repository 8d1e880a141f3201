//! `graphql-transport-ws`, the protocol of GraphQL over WebSocket, and only that one.
//!
//! One task owns a socket and everything that runs on it, so that the order of messages is the order of this file and
//! an operation that was completed sends nothing any more. While a message is being written nothing else runs: a
//! reader that is slow slows only its own operations, and is cut off when it does not read at all. Every operation
//! is measured as over HTTP.
//!
//! Close codes: 4400 a message that is none, 4401 an operation before the acknowledgement, 4403 a token that was
//! refused or has expired, 4408 no `connection_init` in time, 4409 an id that is in use, 4429 a second
//! `connection_init`, 1001 shutdown.

use std::{panic::AssertUnwindSafe, pin::Pin, sync::Arc, time::Duration};

use async_graphql::{Executor, Response as Answer, parser::types::OperationType};
use axum::{
    Extension,
    extract::{
        FromRequestParts, Request, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt, stream};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_stream::StreamMap;
use tracing::Instrument;

use crate::{
    error::{self, ApiError, ErrorCode},
    http::{
        Caller, RequestId, Shell, bearer_token,
        graphql::{self, Asked, Prepared, Written, WrittenCost},
        server::ConnectionPermit,
    },
};

const PROTOCOL: &str = "graphql-transport-ws";

/// How WebSockets behave.
#[derive(Clone, Debug)]
pub struct WebSocketSettings {
    /// How long a client may take to send `connection_init`.
    pub init_time: Duration,
    /// Operations that may run at once on one socket.
    pub operations: usize,
    /// Sockets that may be open at once.
    pub sockets: usize,
    /// The longest message of a client, in bytes.
    pub message_bytes: usize,
    /// How long writing one message may take before the client counts as gone.
    pub write_time: Duration,
    /// How often a ping is sent; a client from which nothing came for twice that time counts as gone.
    pub ping_every: Duration,
    /// How often it is looked whether the token has expired. The business clock may jump, so no timer can tell.
    pub look_every: Duration,
}

impl Default for WebSocketSettings {
    fn default() -> Self {
        Self {
            init_time: Duration::from_secs(3),
            operations: 50,
            sockets: 2048,
            message_bytes: 1024 * 1024,
            write_time: Duration::from_secs(10),
            ping_every: Duration::from_secs(25),
            look_every: Duration::from_secs(1),
        }
    }
}

/// `GET /graphql/ws`.
pub(crate) async fn upgrade<E: Executor>(
    State(shell): State<Arc<Shell<E>>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if !shell.settings.knows_origin(&parts.headers) {
        return (
            StatusCode::FORBIDDEN,
            "pages of this origin may not use the API\n",
        )
            .into_response();
    }
    if shell.shutdown.is_begun() || shell.shutdown.sockets() >= shell.settings.websocket.sockets {
        return (StatusCode::SERVICE_UNAVAILABLE, "no more WebSockets at present\n").into_response();
    }
    let permit = parts.extensions.get::<ConnectionPermit>().cloned();
    let header = parts
        .headers
        .get(http::header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.protocols([PROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        return (
            StatusCode::BAD_REQUEST,
            "the subprotocol must be graphql-transport-ws\n",
        )
            .into_response();
    }
    let settings = &shell.settings.websocket;
    upgrade
        .max_message_size(settings.message_bytes)
        .max_frame_size(settings.message_bytes)
        .on_upgrade(move |socket| {
            let shutdown = shell.shutdown.clone();
            let span = tracing::info_span!("websocket", request.id = id.as_str());
            let connection = Connection {
                socket,
                shell,
                id,
                header,
                stage: Stage::Opened,
                operations: StreamMap::new(),
                heard: Instant::now(),
            };
            let served = async move {
                connection.serve().await;
                drop(permit);
            };
            shutdown.track(served.instrument(span))
        })
}

/// What a client may send.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Incoming {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Json>,
    },
    Ping {
        #[serde(default)]
        payload: Option<Json>,
    },
    Pong {},
    Subscribe {
        id: String,
        payload: Json,
    },
    Complete {
        id: String,
    },
}

/// What we send. Written straight from its parts: a JSON value in between would forget the order of an answer's fields.
#[derive(Serialize)]
struct Outgoing<'a, P> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<P>,
}

impl<'a, P: Serialize> Outgoing<'a, P> {
    const fn of(kind: &'static str, id: &'a str, payload: P) -> Self {
        Self {
            kind,
            id: Some(id),
            payload: Some(payload),
        }
    }
}

impl<'a> Outgoing<'a, ()> {
    const fn bare(kind: &'static str, id: Option<&'a str>) -> Self {
        Self {
            kind,
            id,
            payload: None,
        }
    }
}

/// The reasons for which we close a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Close {
    GoingAway,
    BadMessage,
    Unauthorised,
    Forbidden,
    Expired,
    Unavailable,
    InitTimeout,
    DuplicateId,
    SecondInit,
}

impl Close {
    const fn frame(self) -> (u16, &'static str) {
        match self {
            Self::GoingAway => (1001, "Going away"),
            Self::Unavailable => (1013, "Try again later"),
            Self::BadMessage => (4400, "Invalid message"),
            Self::Unauthorised => (4401, "Unauthorized"),
            Self::Forbidden => (4403, "Forbidden"),
            Self::Expired => (4403, "Token expired"),
            Self::InitTimeout => (4408, "Connection initialisation timeout"),
            Self::DuplicateId => (4409, "Subscriber already exists"),
            Self::SecondInit => (4429, "Too many initialisation requests"),
        }
    }
}

/// Why the loop ends: we close, or the client is gone.
enum End {
    Close(Close),
    Gone,
}

enum Stage {
    Opened,
    Acknowledged(Caller),
}

/// One step of an operation.
enum Step {
    Next(Box<Answer>),
    Finished,
}

type Steps = Pin<Box<dyn Stream<Item = Step> + Send>>;

/// An operation that runs, with what its answers need.
struct Running {
    steps: Steps,
    streams: bool,
    sent: bool,
    cost: WrittenCost,
    request_id: RequestId,
}

impl Stream for Running {
    type Item = (Step, Facts);

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.steps.as_mut().poll_next(context).map(|step| {
            step.map(|step| {
                let facts = Facts {
                    first: !std::mem::replace(&mut self.sent, true),
                    streams: self.streams,
                    cost: self.cost,
                    request_id: self.request_id.clone(),
                };
                (step, facts)
            })
        })
    }
}

struct Facts {
    first: bool,
    streams: bool,
    cost: WrittenCost,
    request_id: RequestId,
}

struct Connection<E> {
    socket: WebSocket,
    shell: Arc<Shell<E>>,
    id: RequestId,
    header: Option<String>,
    stage: Stage,
    operations: StreamMap<String, Running>,
    heard: Instant,
}

impl<E: Executor> Connection<E> {
    async fn serve(mut self) {
        match self.run().await {
            End::Gone => {}
            End::Close(close) => {
                self.operations.clear();
                let (code, reason) = close.frame();
                tracing::debug!(websocket.code = code, "a socket is closed");
                let frame = CloseFrame {
                    code,
                    reason: reason.into(),
                };
                if self.write(Message::Close(Some(frame))).await.is_ok() {
                    self.until_closed().await;
                }
            }
        }
    }

    /// Waits until the client has answered the close, so that it reads the code before the connection goes.
    async fn until_closed(&mut self) {
        let closed = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        let _ = tokio::time::timeout(Duration::from_secs(1), closed).await;
    }

    async fn run(&mut self) -> End {
        let shell = Arc::clone(&self.shell);
        let settings = &shell.settings.websocket;
        let init_until = Instant::now() + settings.init_time;
        let mut look = tokio::time::interval(settings.look_every);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ping = tokio::time::interval_at(Instant::now() + settings.ping_every, settings.ping_every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let waiting = matches!(self.stage, Stage::Opened);
            let outcome = tokio::select! {
                biased;
                () = shell.shutdown.begun() => Err(End::Close(Close::GoingAway)),
                () = tokio::time::sleep_until(init_until), if waiting => Err(End::Close(Close::InitTimeout)),
                _ = look.tick() => self.check_token(),
                _ = ping.tick() => self.ping().await,
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(_)) | None => Err(End::Gone),
                },
                Some((id, (step, facts))) = self.operations.next() => self.step(id, step, facts).await,
            };
            if let Err(end) = outcome {
                return end;
            }
        }
    }

    fn check_token(&self) -> Result<(), End> {
        let Stage::Acknowledged(caller) = &self.stage else {
            return Ok(());
        };
        match caller.expires_at {
            Some(end) if self.shell.clock.now() >= end => Err(End::Close(Close::Expired)),
            Some(_) | None => Ok(()),
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.heard.elapsed() > self.shell.settings.websocket.ping_every * 2 {
            return Err(End::Gone);
        }
        self.write(Message::Ping(bytes::Bytes::new())).await
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        self.heard = Instant::now();
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(End::Close(Close::BadMessage)),
            // The library answers pings and closes itself.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
        };
        match serde_json::from_str(text.as_str()) {
            Ok(Incoming::ConnectionInit { payload }) => self.init(payload).await,
            Ok(Incoming::Ping { payload }) => {
                self.send(&Outgoing {
                    kind: "pong",
                    id: None,
                    payload,
                })
                .await
            }
            Ok(Incoming::Pong {}) => Ok(()),
            Ok(Incoming::Subscribe { id, payload }) => self.subscribe(id, payload).await,
            Ok(Incoming::Complete { id }) => {
                self.operations.remove(&id);
                Ok(())
            }
            Err(_) => Err(End::Close(Close::BadMessage)),
        }
    }

    async fn init(&mut self, payload: Option<Json>) -> Result<(), End> {
        if matches!(self.stage, Stage::Acknowledged(_)) {
            return Err(End::Close(Close::SecondInit));
        }
        let token = self.token(payload.as_ref())?;
        let caller = match self.shell.authenticator.authenticate(token.as_deref()).await {
            Ok(caller) => caller,
            Err(error) => {
                let refused = match error.into_api_error() {
                    error if error.code() == ErrorCode::Unauthenticated => Close::Forbidden,
                    error => {
                        error.into_server_error(self.id.as_str());
                        Close::Unavailable
                    }
                };
                return Err(End::Close(refused));
            }
        };
        self.stage = Stage::Acknowledged(caller);
        self.check_token()?;
        self.send(&Outgoing::bare("connection_ack", None)).await
    }

    /// The token of `connection_init {authorization}`, or else of the upgrade's own header, which clients other than
    /// browsers can send.
    fn token(&self, payload: Option<&Json>) -> Result<Option<String>, End> {
        let refused = || End::Close(Close::Forbidden);
        let said = match payload {
            None | Some(Json::Null) => None,
            Some(Json::Object(members)) => members
                .get("authorization")
                .or_else(|| members.get("Authorization")),
            Some(_) => return Err(End::Close(Close::BadMessage)),
        };
        let value = match said {
            None | Some(Json::Null) => self.header.as_deref(),
            Some(Json::String(value)) if value.is_empty() => None,
            Some(Json::String(value)) => Some(value.as_str()),
            Some(_) => return Err(refused()),
        };
        value
            .map(|value| bearer_token(value).map(str::to_owned).ok_or_else(refused))
            .transpose()
    }

    async fn subscribe(&mut self, id: String, payload: Json) -> Result<(), End> {
        let Stage::Acknowledged(caller) = &self.stage else {
            return Err(End::Close(Close::Unauthorised));
        };
        self.check_token()?;
        if id.is_empty() {
            return Err(End::Close(Close::BadMessage));
        }
        if self.operations.contains_key(&id) {
            return Err(End::Close(Close::DuplicateId));
        }
        let request_id = RequestId::mint();
        let full = self.operations.len() >= self.shell.settings.websocket.operations;
        let prepared = if full {
            let error = ApiError::new(
                ErrorCode::TooManyRequests,
                "too many operations run on this socket",
            );
            Err(error.into_server_error(request_id.as_str()))
        } else {
            let asked = Asked::from_json(payload).map_err(|_| End::Close(Close::BadMessage))?;
            graphql::prepare(&self.shell, asked, caller, &request_id)
        };
        match prepared {
            Ok(prepared) => {
                let running = self.start(prepared, request_id);
                self.operations.insert(id, running);
                Ok(())
            }
            Err(error) => self.send(&Outgoing::of("error", &id, [error])).await,
        }
    }

    fn start(&self, prepared: Prepared, request_id: RequestId) -> Running {
        let cost = prepared.written_cost(&self.shell);
        let streams = prepared.kind == OperationType::Subscription;
        let steps: Steps = if streams {
            let plan = prepared.plan;
            let answers = self.shell.executor.execute_stream(prepared.request, None);
            let id = request_id.clone();
            // After a panic the stream is not polled any more; nobody sees it half done.
            let answers = AssertUnwindSafe(answers)
                .catch_unwind()
                .map(move |answer| match answer {
                    Ok(mut answer) => {
                        plan.complete(&mut answer);
                        error::settle(answer, id.as_str())
                    }
                    Err(_) => {
                        let error = ApiError::fault("a resolver panicked").into_server_error(id.as_str());
                        Answer::from_errors(vec![error])
                    }
                });
            Box::pin(
                answers
                    .map(|answer| Step::Next(Box::new(answer)))
                    .chain(stream::iter([Step::Finished])),
            )
        } else {
            let (shell, id) = (Arc::clone(&self.shell), request_id.clone());
            let answer = async move {
                graphql::execute(&shell.executor, prepared, shell.settings.operation_time, &id).await
            };
            Box::pin(
                stream::once(answer)
                    .map(|answer| Step::Next(Box::new(answer)))
                    .chain(stream::iter([Step::Finished])),
            )
        };
        Running {
            steps,
            streams,
            sent: false,
            cost,
            request_id,
        }
    }

    async fn step(&mut self, id: String, step: Step, facts: Facts) -> Result<(), End> {
        self.check_token()?;
        match step {
            Step::Next(answer) if is_refused(&answer, &facts) => {
                self.operations.remove(&id);
                tracing::debug!(
                    operation.id = facts.request_id.as_str(),
                    "an operation was refused"
                );
                self.send(&Outgoing::of("error", &id, answer.errors)).await
            }
            Step::Next(answer) => {
                let payload = Written::of(&answer, facts.first.then_some(facts.cost));
                self.send(&Outgoing::of("next", &id, payload)).await
            }
            Step::Finished => {
                // Free before the client hears of it: it may use the id again at once.
                self.operations.remove(&id);
                self.send(&Outgoing::bare("complete", Some(&id))).await
            }
        }
    }

    async fn send<P: Serialize>(&mut self, message: &Outgoing<'_, P>) -> Result<(), End> {
        // Only a map with keys that are no strings could fail, and GraphQL has none.
        let text = serde_json::to_string(message).map_err(|_| End::Gone)?;
        self.write(Message::Text(text.into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        let most = self.shell.settings.websocket.write_time;
        match tokio::time::timeout(most, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => {
                tracing::debug!("a socket does not read and is cut off");
                Err(End::Gone)
            }
        }
    }
}

/// Whether the operation never began, so that `error` is due and not `next`. A subscription whose first answer is
/// errors alone could not be subscribed.
fn is_refused(answer: &Answer, facts: &Facts) -> bool {
    let nothing = answer.data == async_graphql::Value::Null && !answer.errors.is_empty();
    facts.first && (graphql::is_request_error(answer) || (facts.streams && nothing))
}
