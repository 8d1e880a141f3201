//! All routes in front of a GraphQL executor, and what every request goes through: an id, a span, safe headers.
//!
//! Nothing here knows the schema. [`router`] takes any [`Executor`] and an [`Authenticator`], and gives an
//! [`axum::Router`] to which the composition root adds its own routes (webhooks, files, sandbox pages).

pub mod graphql;
pub mod health;
pub mod rooms;
pub mod server;
pub mod webhooks;
pub mod websocket;

pub mod calendars;
mod completion;
mod documents;
mod explorer;
mod page;

use std::{fmt, sync::Arc, time::Duration};

use async_graphql::{Data, Executor};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{envelope::Position, ports::clock::Clock, time::Instant};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jsonwebtoken::jwk::JwkSet;
use tokio::sync::watch;
use tracing::Instrument;

use crate::{
    error::{ApiError, ErrorCode},
    http::{documents::Documents, health::Readiness, server::Shutdown, websocket::WebSocketSettings},
    limits::{CostModel, Limits},
};

/// Turns a bearer token into what resolvers learn about the asker.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Called once for a request over HTTP and once for a WebSocket, before anything is parsed. `None`: there was no
    /// token; anonymous callers are welcome unless this refuses them.
    async fn authenticate(&self, bearer: Option<&str>) -> Result<Caller, AuthError>;
}

/// Who asks, as far as the HTTP layer needs to know: what to hand to resolvers, and until when it holds.
#[derive(Clone)]
pub struct Caller {
    fill: Arc<dyn Fn(&mut Data) + Send + Sync>,
    expires_at: Option<Instant>,
}

impl Caller {
    /// A caller for whose operations `fill` puts the viewer into the request's data. Called once for each operation.
    pub fn new(fill: impl Fn(&mut Data) + Send + Sync + 'static) -> Self {
        Self {
            fill: Arc::new(fill),
            expires_at: None,
        }
    }

    /// A caller of whom nothing is known.
    pub fn anonymous() -> Self {
        Self::new(|_| {})
    }

    /// With the end of the token's time; a WebSocket is closed then.
    #[must_use]
    pub const fn until(mut self, expires_at: Instant) -> Self {
        self.expires_at = Some(expires_at);
        self
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why a caller is turned away.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The token is not to be trusted; the reason goes to the log, the caller hears only that it was refused.
    #[error("the token was refused")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It cannot be found out at present.
    #[error("the caller cannot be told at present")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AuthError {
    /// The token is not to be trusted, and why.
    pub fn refused(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Refused(reason.into())
    }

    fn into_api_error(self) -> ApiError {
        match self {
            Self::Refused(reason) => {
                tracing::debug!(reason = %reason, "a token was refused");
                ApiError::new(
                    ErrorCode::Unauthenticated,
                    "the token was refused: it is malformed, expired, or not from a trusted issuer",
                )
            }
            Self::Unavailable(source) => ApiError::unavailable(source),
        }
    }
}

/// The position from the header `Greenroom-Min-Position`: read models must have passed it before a query is answered.
/// In the request's data when the header was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MinPosition(pub Position);

/// The id of the request that an operation belongs to, as faults show it. In every request's data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn mint() -> Self {
        let mut bytes = [0; 12];
        // An id that repeats is a nuisance in the log, no more; a request is not refused for want of randomness.
        let _ = getrandom::fill(&mut bytes);
        let digits = bytes.map(|byte| format!("{byte:02x}"));
        Self(format!("req_{}", digits.concat()).into())
    }
}

/// How the routes behave; the defaults are those of production.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bounds of one operation.
    pub limits: Limits,
    /// The longest body of a GraphQL request, in bytes.
    pub body_bytes: usize,
    /// How long one operation over HTTP may take.
    pub operation_time: Duration,
    /// Pages of other origins that may use the API, as `https://app.example.com`. The server's own is always known.
    pub origins: Vec<String>,
    /// Whether `GET /` and `GET /interviews/{interview}` show the explorer.
    pub explorer: bool,
    /// How WebSockets behave.
    pub websocket: WebSocketSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            body_bytes: 1024 * 1024,
            operation_time: Duration::from_secs(30),
            origins: Vec::new(),
            explorer: true,
            websocket: WebSocketSettings::default(),
        }
    }
}

impl Settings {
    fn knows_origin(&self, headers: &HeaderMap) -> bool {
        knows_origin(&self.origins, headers)
    }
}

/// Whether a request may come from a page of this origin: none, the server's own, or one that is configured.
fn knows_origin(origins: &[String], headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = origin.split_once("://").map(|(_, rest)| rest);
    (own.is_some() && own == host) || origins.iter().any(|known| known == origin)
}

/// What the routes share.
pub(crate) struct Shell<E> {
    pub(crate) executor: E,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) costs: CostModel,
    pub(crate) shutdown: Shutdown,
    pub(crate) documents: Documents,
    readiness: watch::Receiver<Readiness>,
    jwks: Option<JwkSet>,
}

/// Assembles the routes; see [`router`].
pub struct RouterBuilder<E> {
    shell: Shell<E>,
    extra: Router,
}

impl<E> fmt::Debug for RouterBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterBuilder")
            .field("settings", &self.shell.settings)
            .finish_non_exhaustive()
    }
}

/// Begins the routes in front of an executor: `POST|GET /graphql`, `GET /graphql/ws`, `GET /`,
/// `GET /interviews/{interview}`, `GET /health/live`, `GET /health/ready` and, with a development issuer, `GET /.well-known/jwks.json`.
pub fn router<E: Executor>(
    executor: E,
    authenticator: Arc<dyn Authenticator>,
    clock: Arc<dyn Clock>,
) -> RouterBuilder<E> {
    let (_, readiness) = watch::channel(Readiness::Ready);
    RouterBuilder {
        shell: Shell {
            executor,
            authenticator,
            clock,
            settings: Settings::default(),
            costs: CostModel::default(),
            shutdown: Shutdown::default(),
            documents: Documents::default(),
            readiness,
            jwks: None,
        },
        extra: Router::new(),
    }
}

impl<E: Executor> RouterBuilder<E> {
    /// With other settings than the defaults.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.shell.settings = settings;
        self
    }

    /// With what is known of the schema. Without it only `first` and `last` count, and every field that failed is taken
    /// to be one that may be `null`.
    #[must_use]
    pub fn costs(mut self, costs: CostModel) -> Self {
        self.shell.costs = costs;
        self
    }

    /// With what `GET /health/ready` answers.
    #[must_use]
    pub fn readiness(mut self, readiness: watch::Receiver<Readiness>) -> Self {
        self.shell.readiness = readiness;
        self
    }

    /// With the public keys of the development issuer.
    #[must_use]
    pub fn jwks(mut self, jwks: JwkSet) -> Self {
        self.shell.jwks = Some(jwks);
        self
    }

    /// With the signal that ends WebSockets; the same that is given to [`server::serve`].
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shell.shutdown = shutdown;
        self
    }

    /// With further routes, which get the same request ids, spans and headers. A path that exists already panics here,
    /// at start.
    #[must_use]
    pub fn routes(mut self, routes: Router) -> Self {
        self.extra = self.extra.merge(routes);
        self
    }

    /// The router.
    pub fn build(self) -> Router {
        let explorer = self.shell.settings.explorer;
        let shell = Arc::new(self.shell);
        let mut routes = Router::new()
            .route(
                "/graphql",
                get(graphql::get::<E>)
                    .post(graphql::post::<E>)
                    .options(graphql::options::<E>)
                    .fallback(graphql::other_method),
            )
            .route("/graphql/ws", get(websocket::upgrade::<E>))
            .route("/health/live", get(health::live))
            .route("/health/ready", get(ready::<E>));
        if shell.jwks.is_some() {
            routes = routes.route("/.well-known/jwks.json", get(jwks::<E>));
        }
        if explorer {
            routes = routes.merge(explorer::routes());
        }
        routes
            .with_state(shell)
            .merge(self.extra)
            .fallback(async || (StatusCode::NOT_FOUND, "not found\n"))
            .layer(middleware::from_fn(surround))
    }
}

async fn ready<E: Executor>(State(shell): State<Arc<Shell<E>>>) -> Response {
    health::ready(&shell.readiness, shell.shutdown.is_begun())
}

async fn jwks<E: Executor>(State(shell): State<Arc<Shell<E>>>) -> Response {
    let cache = [(header::CACHE_CONTROL, "public, max-age=300")];
    (cache, Json(shell.jwks.clone())).into_response()
}

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives every request an id and a span, and every answer the headers that browsers need to be told. Paths stay out
/// of the log: some carry tokens. The route's pattern does not.
async fn surround(mut request: Request, next: Next) -> Response {
    let id = RequestId::mint();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!(
        "request",
        request.id = id.as_str(),
        http.method = request.method().as_str(),
        http.route = route.as_ref().map_or("none", MatchedPath::as_str),
    );
    request.extensions_mut().insert(id.clone());
    let begun = std::time::Instant::now();
    let answered = async move {
        let response = next.run(request).await;
        let duration_ms = begun.elapsed().as_millis() as u64;
        tracing::debug!(
            http.status = response.status().as_u16(),
            duration_ms,
            "request answered"
        );
        response
    };
    let mut response = answered.instrument(span).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    for (name, value) in SAFE_HEADERS {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// A page that needs more, such as the explorer, sets its own policy before these are added.
const SAFE_HEADERS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
];

/// The bearer token of a request, if it has one. Another scheme, or two headers, is not a token.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let token = value
        .to_str()
        .ok()
        .and_then(bearer_token)
        .filter(|_| values.next().is_none());
    token.map(Some).ok_or_else(|| {
        ApiError::new(
            ErrorCode::Unauthenticated,
            "the header Authorization must be: Bearer, a space, and one token",
        )
    })
}

fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
