//! `POST /webhooks/{provider}` and `POST /webhooks/{provider}/{endpoint}`: what providers tell us.
//!
//! The signature is checked over the raw bytes before anything of them is believed, and a message that is forged, too
//! old or unreadable leaves no trace in the log. A message that was taken in is acknowledged, also when it was taken
//! in before or when nothing follows from it any more: a provider that is refused would send it for ever.

use std::{collections::HashMap, fmt, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use commands::payments::receive_provider_event::ReceiveProviderEvent;
use domain::{
    actor::Actor,
    ids::{self, CommandId},
    ports::{
        clock::Clock,
        payment::{ProviderMessage, WebhookError, WebhookVerifier},
    },
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use store::executor::{CommandError, Executor, Invocation, mint};

use super::graphql;

/// The longest message, in bytes.
const LONGEST_MESSAGE: usize = 1024 * 1024;
/// The endpoint of a provider's only account.
pub const DEFAULT_ENDPOINT: &str = "default";

/// Takes in the messages of providers.
#[derive(Clone)]
pub struct Webhooks {
    executor: Arc<Executor>,
    clock: Arc<dyn Clock>,
    verifiers: HashMap<(String, String), Arc<dyn WebhookVerifier>>,
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("accounts", &self.verifiers.keys())
            .finish_non_exhaustive()
    }
}

impl Webhooks {
    /// Knows no provider yet. Signatures are dated, and compared with `clock`.
    pub fn new(executor: Arc<Executor>, clock: Arc<dyn Clock>) -> Self {
        Self {
            executor,
            clock,
            verifiers: HashMap::new(),
        }
    }

    /// Takes messages for one of a provider's accounts from now on; most have only [`DEFAULT_ENDPOINT`].
    #[must_use]
    pub fn accept(mut self, provider: &str, endpoint: &str, verifier: Arc<dyn WebhookVerifier>) -> Self {
        let account = (provider.to_owned(), endpoint.to_owned());
        self.verifiers.insert(account, verifier);
        self
    }

    /// The routes.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/webhooks/{provider}", post(receive_default))
            .route("/webhooks/{provider}/{endpoint}", post(receive))
            .with_state(Arc::new(self))
    }

    async fn take_in(
        &self,
        provider: String,
        endpoint: String,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Accepted, Rejected> {
        let account = (provider, endpoint);
        let verifier = self.verifiers.get(&account).ok_or(Rejected::Unknown)?;
        let body = graphql::read(body, LONGEST_MESSAGE)
            .await
            .map_err(|error| Rejected::Body(error.code().status()))?;
        let message = verifier
            .verify(&readable(headers), &body, self.clock.now())
            .map_err(Rejected::Message)?;
        let (provider, endpoint) = account;
        let receive = ReceiveProviderEvent {
            provider,
            endpoint,
            provider_event: message.provider_event.clone(),
            digest: hex(&Sha256::digest(&body)),
            facts: message.facts.clone(),
        };
        self.execute(&receive, &message).await
    }

    async fn execute(
        &self,
        receive: &ReceiveProviderEvent,
        message: &ProviderMessage,
    ) -> Result<Accepted, Rejected> {
        let now = self.clock.now();
        let invocation = Invocation {
            tenant: message.tenant,
            actor: Actor::Provider {
                name: receive.provider.clone(),
            },
            command_id: command_id(receive),
            correlation_id: mint(now),
            causation_id: None,
            trace: None,
            now,
        };
        match self.executor.run(&invocation, receive).await {
            Ok(outcome) if outcome.repeated => Ok(Accepted::Known),
            Ok(_) => Ok(Accepted::Stored),
            Err(CommandError::Refused(refusal)) => {
                tracing::warn!(
                    provider = receive.provider,
                    endpoint = receive.endpoint,
                    code = refusal.code(),
                    "a provider's message has no place here, acknowledged without effect"
                );
                Ok(Accepted::WithoutEffect)
            }
            Err(error @ (CommandError::Busy { .. } | CommandError::Unavailable { .. })) => {
                tracing::warn!(
                    provider = receive.provider,
                    error = &error as &dyn std::error::Error,
                    "a provider's message not stored, the provider will send it again"
                );
                Err(Rejected::Later)
            }
            Err(
                error @ (CommandError::TooLarge { .. }
                | CommandError::Corrupt(_)
                | CommandError::OtherTenant { .. }),
            ) => {
                tracing::error!(
                    provider = receive.provider,
                    error = &error as &dyn std::error::Error,
                    "a provider's message cannot be stored"
                );
                Err(Rejected::Fault)
            }
        }
    }
}

/// The same message is the same command, however often and wherever it arrives.
fn command_id(receive: &ReceiveProviderEvent) -> CommandId {
    ids::derive(&[
        b"webhook",
        receive.provider.as_bytes(),
        receive.endpoint.as_bytes(),
        receive.provider_event.as_bytes(),
    ])
}

/// What came of a message that need not be sent again.
enum Accepted {
    Stored,
    Known,
    WithoutEffect,
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        let said = match self {
            Self::Stored => "stored\n",
            Self::Known => "known already\n",
            Self::WithoutEffect => "without effect\n",
        };
        said.into_response()
    }
}

/// Why a message was not taken in.
enum Rejected {
    /// There is no such provider, or not this account of it.
    Unknown,
    /// Its body is too long, or did not arrive.
    Body(StatusCode),
    /// It is not a message of the provider.
    Message(WebhookError),
    /// The log cannot be written at present.
    Later,
    /// It could be stored at no time.
    Fault,
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "there is no such endpoint\n").into_response(),
            Self::Body(status) => (status, "the body is too long or did not arrive\n").into_response(),
            Self::Message(error) => {
                let status = match error {
                    WebhookError::Forged | WebhookError::Stale => StatusCode::UNAUTHORIZED,
                    WebhookError::Malformed => StatusCode::BAD_REQUEST,
                };
                (status, format!("{error}\n")).into_response()
            }
            Self::Later => {
                let retry = [(header::RETRY_AFTER, HeaderValue::from_static("1"))];
                (StatusCode::SERVICE_UNAVAILABLE, retry, "try again later\n").into_response()
            }
            Self::Fault => (StatusCode::INTERNAL_SERVER_ERROR, "not stored\n").into_response(),
        }
    }
}

async fn receive_default(
    State(webhooks): State<Arc<Webhooks>>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Accepted, Rejected> {
    webhooks
        .take_in(provider, DEFAULT_ENDPOINT.to_owned(), &headers, body)
        .await
}

async fn receive(
    State(webhooks): State<Arc<Webhooks>>,
    Path((provider, endpoint)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Accepted, Rejected> {
    webhooks.take_in(provider, endpoint, &headers, body).await
}

/// Headers as verifiers read them; one that is no text cannot carry a signature.
fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |(name, value): (&http::HeaderName, &HeaderValue)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    headers.iter().filter_map(text).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::{
        envelope::Position, ids::OrganisationId, provider_inbox::events::ProviderFact, time::Instant,
    };
    use futures::TryStreamExt;
    use http::Request;
    use store::{
        codec::Codec,
        log::{Filter, Log, Query},
        memory::MemoryLog,
        vault::{Vault, master_key::MasterKey, memory::MemoryKeys},
    };
    use tower::ServiceExt;
    use uuid::Uuid;

    use super::*;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Instant {
            DateTime::from_timestamp(1_773_144_000, 0).unwrap()
        }
    }

    /// Believes the header `said`: `forged`, `stale`, `malformed`, `paid` for a payment nobody opened, or any other
    /// word for a message that says nothing.
    struct Credulous;

    impl WebhookVerifier for Credulous {
        fn verify(
            &self,
            headers: &[(String, String)],
            _: &[u8],
            _: Instant,
        ) -> Result<ProviderMessage, WebhookError> {
            let said = headers.iter().find(|(name, _)| name == "said");
            let fact = match said.map(|(_, value)| value.as_str()) {
                None | Some("forged") => return Err(WebhookError::Forged),
                Some("stale") => return Err(WebhookError::Stale),
                Some("malformed") => return Err(WebhookError::Malformed),
                Some("paid") => Some(ProviderFact::PaymentAuthorized {
                    payment: ids::PaymentId::new(Uuid::from_u128(7)),
                    attempt: "attempt".to_owned(),
                }),
                Some(_) => None,
            };
            Ok(ProviderMessage {
                provider_event: "evt_1".to_owned(),
                tenant: OrganisationId::new(Uuid::from_u128(1)),
                facts: fact.into_iter().collect(),
            })
        }
    }

    struct Bench {
        routes: Router,
        log: Arc<MemoryLog>,
    }

    async fn bench() -> Bench {
        let log = Arc::new(MemoryLog::new());
        let keys = Arc::new(MemoryKeys::default());
        let vault = Vault::unlock(keys, MasterKey::new([5; 32])).await.unwrap();
        let executor = Executor::new(log.clone(), Arc::new(vault), Codec::current());
        let webhooks = Webhooks::new(Arc::new(executor), Arc::new(Noon));
        Bench {
            routes: webhooks
                .accept("fake", DEFAULT_ENDPOINT, Arc::new(Credulous))
                .routes(),
            log,
        }
    }

    impl Bench {
        async fn types(&self) -> Vec<String> {
            let events: Vec<_> = self
                .log
                .read(Query::forward(Filter::All))
                .try_collect()
                .await
                .unwrap();
            let types = events.into_iter().map(|event| event.envelope.event_type);
            types.collect()
        }

        async fn post(&self, path: &str, said: &str, body: Vec<u8>) -> StatusCode {
            let request = Request::post(path).header("said", said);
            let request = request.body(Body::from(body)).unwrap();
            self.routes.clone().oneshot(request).await.unwrap().status()
        }

        async fn head(&self) -> Position {
            self.log.head().await.unwrap()
        }
    }

    #[tokio::test]
    async fn a_message_is_stored_once_however_often_it_comes() {
        let bench = bench().await;

        let first = bench.post("/webhooks/fake", "hello", b"{}".to_vec()).await;
        let again = bench.post("/webhooks/fake", "hello", b"{}".to_vec()).await;

        assert_eq!((first, again), (StatusCode::OK, StatusCode::OK));
        assert_eq!(bench.head().await, Position(1));
    }

    #[tokio::test]
    async fn the_provider_alone_is_its_default_endpoint() {
        let bench = bench().await;
        bench.post("/webhooks/fake", "hello", b"{}".to_vec()).await;

        let named = bench
            .post("/webhooks/fake/default", "hello", b"{}".to_vec())
            .await;

        assert_eq!(named, StatusCode::OK);
        assert_eq!(bench.head().await, Position(1));
    }

    #[tokio::test]
    async fn forged_and_stale_messages_leave_no_trace() {
        let bench = bench().await;

        let forged = bench.post("/webhooks/fake", "forged", b"{}".to_vec()).await;
        let stale = bench.post("/webhooks/fake", "stale", b"{}".to_vec()).await;

        assert_eq!(
            (forged, stale),
            (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
        );
        assert_eq!(bench.head().await, Position::START);
    }

    #[tokio::test]
    async fn an_unreadable_message_is_a_bad_request() {
        let bench = bench().await;

        let answer = bench.post("/webhooks/fake", "malformed", b"{}".to_vec()).await;

        assert_eq!(answer, StatusCode::BAD_REQUEST);
        assert_eq!(bench.head().await, Position::START);
    }

    #[tokio::test]
    async fn unknown_providers_and_endpoints_are_not_found() {
        let bench = bench().await;

        let provider = bench.post("/webhooks/other", "hello", b"{}".to_vec()).await;
        let endpoint = bench.post("/webhooks/fake/other", "hello", b"{}".to_vec()).await;

        assert_eq!(
            (provider, endpoint),
            (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
        );
    }

    #[tokio::test]
    async fn a_message_beyond_a_mebibyte_is_refused_unread() {
        let bench = bench().await;

        let answer = bench
            .post("/webhooks/fake", "hello", vec![b' '; LONGEST_MESSAGE + 1])
            .await;

        assert_eq!(answer, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(bench.head().await, Position::START);
    }

    #[tokio::test]
    async fn a_message_about_nothing_of_ours_is_kept_once_and_set_aside_for_people() {
        let bench = bench().await;

        let answer = bench.post("/webhooks/fake", "paid", b"{}".to_vec()).await;
        let again = bench.post("/webhooks/fake", "paid", b"{}".to_vec()).await;

        assert_eq!((answer, again), (StatusCode::OK, StatusCode::OK));
        assert_eq!(
            bench.types().await,
            ["provider_inbox.received", "provider_inbox.parked"]
        );
    }
}
