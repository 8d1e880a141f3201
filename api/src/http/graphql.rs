//! GraphQL over HTTP, after the specification of that name.
//!
//! Mutations run only from a JSON body sent by `POST`, from no page or from a page of a known origin: a form on
//! another site can send neither. `GET` is for queries. Batches are refused. A document is measured before the
//! library sees it. Faults before the GraphQL request is understood have their HTTP status; a GraphQL request that is
//! refused as a whole has 400 for clients that accept `application/graphql-response+json`, and 200 with
//! `application/json`, as the specification asks.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{
    Executor, Response as Answer, ServerError, Value, Variables, parser::types::OperationType,
};
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use domain::envelope::Position;
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use tracing::Instrument;

use crate::{
    error::{self, ApiError, ErrorCode},
    http::{Caller, MinPosition, RequestId, Shell, bearer, completion::Plan, documents::Known, server},
    limits,
};

static MIN_POSITION: HeaderName = HeaderName::from_static("greenroom-min-position");

/// A GraphQL request as it came in, its members checked for their types and nothing else.
pub(crate) struct Asked {
    pub(crate) query: String,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Variables,
}

impl Asked {
    /// Reads the members of a request. Others than the four of the specification are ignored.
    pub(crate) fn from_json(body: Json) -> Result<Self, ApiError> {
        let Json::Object(mut members) = body else {
            return Err(match body {
                Json::Array(_) => bad_request("batches are not supported: send one request at a time"),
                _ => bad_request("a GraphQL request is a JSON object"),
            });
        };
        let query = match members.remove("query") {
            Some(Json::String(query)) => query,
            Some(_) => return Err(bad_request("the member query must be a string")),
            None => return Err(bad_request("the member query is missing")),
        };
        let operation_name = match members.remove("operationName") {
            None | Some(Json::Null) => None,
            Some(Json::String(name)) => Some(name),
            Some(_) => return Err(bad_request("the member operationName must be a string or null")),
        };
        object_or_null(
            members.remove("extensions"),
            "the member extensions must be an object or null",
        )?;
        let variables = object_or_null(
            members.remove("variables"),
            "the member variables must be an object or null",
        )?;
        Ok(Self {
            query,
            operation_name,
            variables: Variables::from_json(Json::Object(variables)),
        })
    }

    fn from_query_string(text: &str) -> Result<Self, ApiError> {
        let mut members = Map::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let value = match &*name {
                "query" | "operationName" => Json::String(value.into_owned()),
                "variables" | "extensions" if value.is_empty() => Json::Null,
                "variables" | "extensions" => serde_json::from_str(&value)
                    .map_err(|_| bad_request("the parameters variables and extensions must be JSON"))?,
                _ => continue,
            };
            if members.insert(name.into_owned(), value).is_some() {
                return Err(bad_request("a parameter was given twice"));
            }
        }
        Self::from_json(Json::Object(members))
    }
}

fn object_or_null(member: Option<Json>, otherwise: &'static str) -> Result<Map<String, Json>, ApiError> {
    match member {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(Json::Object(members)) => Ok(members),
        Some(_) => Err(bad_request(otherwise)),
    }
}

fn bad_request(message: &'static str) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

/// An operation that was parsed and found to be within the limits.
pub(crate) struct Prepared {
    pub(crate) request: async_graphql::Request,
    pub(crate) kind: OperationType,
    pub(crate) plan: Arc<Plan>,
    cost: u64,
}

/// Parses and measures what was asked, and puts into its data what resolvers may know of the request.
pub(crate) fn prepare<E>(
    shell: &Shell<E>,
    asked: Asked,
    caller: &Caller,
    request_id: &RequestId,
) -> Result<Prepared, ServerError> {
    let refused = |error: ApiError| error.into_server_error(request_id.as_str());
    let limits = &shell.settings.limits;
    let name = asked.operation_name.as_deref();
    let kept = shell.documents.get(&asked.query, name);
    let is_new = kept.is_none();
    let known = match kept {
        Some(known) => known,
        None => Arc::new(Known::read(&asked.query, limits)?),
    };
    let operation = limits::chosen(&known.document, name).map_err(refused)?;
    let measured = limits::measure(&known.document, operation, &asked.variables, &shell.costs, limits)
        .map_err(limits::TooLarge::into_server_error)?;
    let kind = operation.node.ty;
    let plan = known.plan(&operation.node, &shell.costs);
    if is_new && kind == OperationType::Query {
        shell.documents.keep(&asked.query, name, &known);
    }
    let document = match Arc::try_unwrap(known) {
        Ok(known) => known.document,
        Err(kept) => kept.document.clone(),
    };
    let mut request = async_graphql::Request::new(asked.query).variables(asked.variables);
    request.operation_name = asked.operation_name;
    request.set_parsed_query(document);
    request.data.insert(request_id.clone());
    (caller.fill)(&mut request.data);
    Ok(Prepared {
        request,
        kind,
        plan,
        cost: measured.cost,
    })
}

/// How many broken rules of validation one answer tells of.
const MOST_ERRORS: usize = 50;

/// Runs a query or a mutation to its answer. A mutation runs to its end even when nobody waits for it any more: a
/// client that hangs up must not leave half of what it asked for.
pub(crate) async fn execute<E: Executor>(
    executor: &E,
    prepared: Prepared,
    most: Duration,
    request_id: &RequestId,
) -> Answer {
    let Prepared {
        request,
        kind,
        plan,
        cost: _,
    } = prepared;
    let executor = executor.clone();
    let execution = AssertUnwindSafe(async move { executor.execute(request).await })
        .catch_unwind()
        .in_current_span();
    let finished = match kind {
        OperationType::Mutation => {
            let running = tokio::spawn(execution);
            tokio::time::timeout(most, async {
                running.await.unwrap_or_else(|died| Err(Box::new(died)))
            })
            .await
        }
        OperationType::Query | OperationType::Subscription => tokio::time::timeout(most, execution).await,
    };
    match finished {
        Ok(Ok(mut answer)) => {
            if is_request_error(&answer) {
                answer.errors.truncate(MOST_ERRORS);
            }
            plan.complete(&mut answer);
            error::settle(answer, request_id.as_str())
        }
        Ok(Err(_)) => failed(ApiError::fault("a resolver panicked"), request_id),
        Err(_) => failed(
            ApiError::new(
                ErrorCode::Unavailable,
                match kind {
                    OperationType::Mutation => {
                        "this takes too long; it may still happen: repeat it with the same idempotencyKey to learn how it ended"
                    }
                    OperationType::Query | OperationType::Subscription => "this takes too long",
                },
            ),
            request_id,
        ),
    }
}

fn failed(error: ApiError, request_id: &RequestId) -> Answer {
    Answer::from_errors(vec![error.into_server_error(request_id.as_str())])
}

/// Whether nothing was executed: such an answer has errors and no `data` at all.
pub(crate) fn is_request_error(answer: &Answer) -> bool {
    answer.data == Value::Null
        && !answer.errors.is_empty()
        && answer.errors.iter().all(|error| error.path.is_empty())
}

/// An answer as it is written: without `data` when nothing was executed, with the cost when it was measured.
#[derive(Serialize)]
pub(crate) struct Written<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<WrittenExtensions<'a>>,
}

#[derive(Serialize)]
struct WrittenExtensions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<WrittenCost>,
    #[serde(flatten)]
    others: &'a std::collections::BTreeMap<String, Value>,
}

/// What an operation may cost at most, and what the most is that any may.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct WrittenCost {
    requested: u64,
    limit: u64,
}

impl Prepared {
    pub(crate) fn written_cost<E>(&self, shell: &Shell<E>) -> WrittenCost {
        WrittenCost {
            requested: self.cost,
            limit: shell.settings.limits.cost,
        }
    }
}

impl<'a> Written<'a> {
    pub(crate) fn of(answer: &'a Answer, cost: Option<WrittenCost>) -> Self {
        Self {
            errors: &answer.errors,
            data: (!is_request_error(answer)).then_some(&answer.data),
            extensions: (cost.is_some() || !answer.extensions.is_empty()).then_some(WrittenExtensions {
                cost,
                others: &answer.extensions,
            }),
        }
    }
}

/// The two media types of answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Media {
    GraphqlResponse,
    Json,
}

impl Media {
    const fn content_type(self) -> HeaderValue {
        match self {
            Self::GraphqlResponse => {
                HeaderValue::from_static("application/graphql-response+json; charset=utf-8")
            }
            Self::Json => HeaderValue::from_static("application/json; charset=utf-8"),
        }
    }

    /// The one that the client likes best; `application/json` for those who do not say. RFC 9110, 12.5.1.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        let mut said = false;
        for value in headers.get_all(header::ACCEPT) {
            for range in value
                .to_str()
                .unwrap_or_default()
                .split(',')
                .filter(|range| !range.trim().is_empty())
            {
                said = true;
                let mut parts = range.split(';').map(str::trim);
                let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "application/graphql-response+json" => Self::GraphqlResponse,
                    "application/json" | "application/*" | "*/*" => Self::Json,
                    _ => continue,
                };
                let weight = parts
                    .find_map(|part| part.strip_prefix("q="))
                    .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
                if weight > 0.0 && best.is_none_or(|(best, _)| weight > best) {
                    best = Some((weight, media));
                }
            }
        }
        match best {
            Some((_, media)) => Some(media),
            None if said => None,
            None => Some(Self::Json),
        }
    }
}

/// `POST /graphql`.
pub(crate) async fn post<E: Executor>(
    State(shell): State<Arc<Shell<E>>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let response = match post_inner(&shell, &id, &parts.headers, body).await {
        Ok(response) => response,
        Err(error) => refuse(error, &parts.headers, &id),
    };
    with_cors(&shell, &parts.headers, response)
}

async fn post_inner<E: Executor>(
    shell: &Shell<E>,
    id: &RequestId,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if !shell.settings.knows_origin(headers) {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            "pages of this origin may not use the API",
        ));
    }
    let media = negotiate(headers)?;
    require_json(headers)?;
    let caller = authenticate(shell, headers).await?;
    let body = read(body, shell.settings.body_bytes).await?;
    let body = serde_json::from_slice(&body).map_err(|_| bad_request("the body is not JSON"))?;
    let asked = Asked::from_json(body)?;
    answer(shell, id, headers, media, &caller, asked, Method::Post).await
}

/// `GET /graphql`, for queries.
pub(crate) async fn get<E: Executor>(
    State(shell): State<Arc<Shell<E>>>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let response = match get_inner(&shell, &id, &headers, query.as_deref().unwrap_or_default()).await {
        Ok(response) => response,
        Err(error) => refuse(error, &headers, &id),
    };
    with_cors(&shell, &headers, response)
}

async fn get_inner<E: Executor>(
    shell: &Shell<E>,
    id: &RequestId,
    headers: &HeaderMap,
    query: &str,
) -> Result<Response, ApiError> {
    let media = negotiate(headers)?;
    let caller = authenticate(shell, headers).await?;
    let asked = Asked::from_query_string(query)?;
    answer(shell, id, headers, media, &caller, asked, Method::Get).await
}

/// `OPTIONS /graphql`: tells pages of known origins that they may ask.
pub(crate) async fn options<E: Executor>(State(shell): State<Arc<Shell<E>>>, headers: HeaderMap) -> Response {
    let allowed = [
        (header::ALLOW, "GET, POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, greenroom-min-position",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    with_cors(
        &shell,
        &headers,
        (StatusCode::NO_CONTENT, allowed).into_response(),
    )
}

/// Any other method on `/graphql`.
pub(crate) async fn other_method(Extension(id): Extension<RequestId>, headers: HeaderMap) -> Response {
    refuse(
        ApiError::new(ErrorCode::MethodNotAllowed, "use POST, or GET for queries"),
        &headers,
        &id,
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

async fn answer<E: Executor>(
    shell: &Shell<E>,
    id: &RequestId,
    headers: &HeaderMap,
    media: Media,
    caller: &Caller,
    asked: Asked,
    method: Method,
) -> Result<Response, ApiError> {
    let min_position = min_position(headers)?;
    let mut prepared = match prepare(shell, asked, caller, id) {
        Ok(prepared) => prepared,
        Err(error) => return Ok(write(media, Answer::from_errors(vec![error]), None)),
    };
    if let Some(position) = min_position {
        prepared.request.data.insert(position);
    }
    match (prepared.kind, method) {
        (OperationType::Query, _) | (OperationType::Mutation, Method::Post) => {}
        (OperationType::Mutation, Method::Get) => {
            return Err(ApiError::new(ErrorCode::MethodNotAllowed, "mutations need POST"));
        }
        (OperationType::Subscription, _) => {
            return Err(bad_request(
                "subscriptions are served over WebSocket, at /graphql/ws",
            ));
        }
    }
    let cost = prepared.written_cost(shell);
    let answer = execute(&shell.executor, prepared, shell.settings.operation_time, id).await;
    Ok(write(media, answer, Some(cost)))
}

fn negotiate(headers: &HeaderMap) -> Result<Media, ApiError> {
    Media::accepted(headers).ok_or_else(|| {
        ApiError::new(
            ErrorCode::NotAcceptable,
            "answers are application/graphql-response+json or application/json",
        )
    })
}

fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let mut parts = content_type.unwrap_or_default().split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|part| match part.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        Some(_) | None => true,
    });
    if json && utf8 {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::UnsupportedMediaType,
        "the body must be application/json in UTF-8",
    ))
}

async fn authenticate<E>(shell: &Shell<E>, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let token = bearer(headers)?;
    shell
        .authenticator
        .authenticate(token)
        .await
        .map_err(super::AuthError::into_api_error)
}

pub(super) async fn read(body: Body, most: usize) -> Result<Bytes, ApiError> {
    axum::body::to_bytes(body, most).await.map_err(|error| {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if error.is::<http_body_util::LengthLimitError>() {
                return ApiError::new(ErrorCode::PayloadTooLarge, "the body is too large");
            }
            if error.is::<server::BodyTooSlow>() {
                return ApiError::new(ErrorCode::RequestTimeout, "the body took too long to arrive");
            }
            cause = error.source();
        }
        bad_request("the body did not arrive")
    })
}

fn min_position(headers: &HeaderMap) -> Result<Option<MinPosition>, ApiError> {
    let Some(value) = headers.get(&MIN_POSITION) else {
        return Ok(None);
    };
    let position = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse::<Position>().ok());
    position
        .map(|position| Some(MinPosition(position)))
        .ok_or_else(|| bad_request("the header Greenroom-Min-Position must be a position: digits alone"))
}

/// The answer to a request that is wrong before it is a GraphQL request.
fn refuse(error: ApiError, headers: &HeaderMap, id: &RequestId) -> Response {
    let code = error.code();
    let answer = failed(error, id);
    let mut response = write(Media::accepted(headers).unwrap_or(Media::Json), answer, None);
    *response.status_mut() = code.status();
    let headers = response.headers_mut();
    if code == ErrorCode::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if code == ErrorCode::MethodNotAllowed {
        headers.insert(header::ALLOW, HeaderValue::from_static("POST, GET, OPTIONS"));
    }
    response
}

fn write(media: Media, mut answer: Answer, cost: Option<WrittenCost>) -> Response {
    let status = match media {
        Media::GraphqlResponse if is_request_error(&answer) => status_of(&answer),
        Media::GraphqlResponse | Media::Json => StatusCode::OK,
    };
    let resolver_headers = std::mem::take(&mut answer.http_headers);
    let Ok(body) = serde_json::to_vec(&Written::of(&answer, cost)) else {
        // Only a map with keys that are no strings could get here, and GraphQL has none.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.extend(resolver_headers);
    headers.insert(header::CONTENT_TYPE, media.content_type());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    response
}

fn status_of(answer: &Answer) -> StatusCode {
    answer
        .errors
        .iter()
        .find_map(|error| match error.extensions.as_ref()?.get("code")? {
            Value::String(name) => ErrorCode::from_name(name),
            _ => None,
        })
        .map_or(StatusCode::BAD_REQUEST, ErrorCode::status)
}

fn with_cors<E>(shell: &Shell<E>, asked: &HeaderMap, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = asked.get(header::ORIGIN)
        && shell.settings.knows_origin(asked)
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-request-id"),
        );
    }
    response
}
