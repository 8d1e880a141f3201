//! What stands in the `errors` of an answer: a code from a closed set, a sentence, and for faults an id to ask about.
//!
//! A refusal that a client should expect is not here: it is part of a mutation's payload. A resolver returns an
//! [`ApiError`]; everything else that fails inside is a fault, and a client learns only the id of its request.

use std::{borrow::Cow, error::Error as StdError, fmt};

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use http::StatusCode;

use crate::tries::{TOO_MANY_TRIES, TooMany};

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal $status:ident;)*) => {
        /// Every value of `extensions.code`. Codes are part of the public contract: none changes its meaning, new
        /// ones may be added.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum ErrorCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as clients read it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The HTTP status of an answer that consists of this error alone, for clients that accept
            /// `application/graphql-response+json`.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// What the code means, in a sentence or two; the text of its documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii(),)* }
            }

            /// The code with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    /// The document is not GraphQL.
    ParseFailed = "GRAPHQL_PARSE_FAILED" BAD_REQUEST;
    /// The document asks for something that the schema does not have, or in a wrong way.
    ValidationFailed = "GRAPHQL_VALIDATION_FAILED" BAD_REQUEST;
    /// The document has no operation of that name, or several and none was named.
    OperationNotFound = "OPERATION_RESOLUTION_FAILURE" BAD_REQUEST;
    /// The operation is larger than the limits allow; the message says which limit.
    OperationTooLarge = "OPERATION_TOO_LARGE" BAD_REQUEST;
    /// The request is not a GraphQL request over HTTP: no JSON, a missing or mistyped member, a batch.
    BadRequest = "BAD_REQUEST" BAD_REQUEST;
    /// An argument or a variable has a value that cannot be accepted.
    BadUserInput = "BAD_USER_INPUT" BAD_REQUEST;
    /// A cursor that this server did not make.
    BadCursor = "BAD_CURSOR" BAD_REQUEST;
    /// The token is missing where one is needed, expired, or not to be trusted.
    Unauthenticated = "UNAUTHENTICATED" UNAUTHORIZED;
    /// The operation is closed to the roles of the asker, or the page's origin is not known.
    Forbidden = "FORBIDDEN" FORBIDDEN;
    /// There is no such thing, or the asker may not know that there is.
    NotFound = "NOT_FOUND" NOT_FOUND;
    /// A mutation or subscription over a method that is for queries only.
    MethodNotAllowed = "METHOD_NOT_ALLOWED" METHOD_NOT_ALLOWED;
    /// None of the media types that the client accepts can be given.
    NotAcceptable = "NOT_ACCEPTABLE" NOT_ACCEPTABLE;
    /// The body took too long to arrive.
    RequestTimeout = "REQUEST_TIMEOUT" REQUEST_TIMEOUT;
    /// The body is larger than allowed.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE" PAYLOAD_TOO_LARGE;
    /// The body is not `application/json`.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE" UNSUPPORTED_MEDIA_TYPE;
    /// Too much at once; try again later.
    TooManyRequests = "TOO_MANY_REQUESTS" TOO_MANY_REQUESTS;
    /// Too many codes or passwords were wrong; `extensions.retryAfterSeconds` tells when to come back.
    RateLimited = "RATE_LIMITED" TOO_MANY_REQUESTS;
    /// The read models did not reach the position that was asked for in time.
    StaleRead = "STALE_READ" SERVICE_UNAVAILABLE;
    /// Something that is needed is not reachable at present; try again later.
    Unavailable = "UNAVAILABLE" SERVICE_UNAVAILABLE;
    /// Our own fault. `extensions.requestId` finds it in the log.
    Internal = "INTERNAL_SERVER_ERROR" INTERNAL_SERVER_ERROR;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An error that a resolver may return and a client may read.
///
/// `?` turns it into an [`async_graphql::Error`]; its code is put into the answer when the answer is written. The
/// source is for the log and never leaves the server.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    code: ErrorCode,
    message: Cow<'static, str>,
    retry_after_seconds: Option<u64>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl ApiError {
    /// An error with a sentence that clients may read. It must name no person and no internals.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            retry_after_seconds: None,
            source: None,
        }
    }

    /// A token is needed and there is none.
    pub fn unauthenticated() -> Self {
        Self::new(ErrorCode::Unauthenticated, "sign in first")
    }

    /// The operation is closed to the asker's roles. Only for what is decided before anything is loaded.
    pub fn forbidden() -> Self {
        Self::new(ErrorCode::Forbidden, "your roles do not allow this")
    }

    /// An argument that cannot be accepted, and why.
    pub fn bad_user_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::BadUserInput, message)
    }

    /// A failure inside. The client is told the id of the request and nothing else.
    pub fn fault(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            code: ErrorCode::Internal,
            message: INTERNAL_MESSAGE.into(),
            retry_after_seconds: None,
            source: Some(source.into()),
        }
    }

    /// Something that is needed is not reachable; the source goes to the log.
    pub fn unavailable(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            code: ErrorCode::Unavailable,
            message: "not available at present, try again later".into(),
            retry_after_seconds: None,
            source: Some(source.into()),
        }
    }

    /// Too many secrets were tried in vain.
    pub fn rate_limited(too_many: TooMany) -> Self {
        Self {
            retry_after_seconds: Some(too_many.seconds()),
            ..Self::new(ErrorCode::RateLimited, TOO_MANY_TRIES)
        }
    }

    /// The code.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The same as an entry of `errors`, without a place in the document.
    pub(crate) fn into_server_error(self, request_id: &str) -> ServerError {
        let mut error = ServerError::new(self.message.clone(), None);
        write_code(&mut error, self.code, request_id);
        write_wait(&mut error, self.retry_after_seconds);
        if self.code.status().is_server_error() {
            log_fault(request_id, self.code, &self);
        }
        error
    }
}

const INTERNAL_MESSAGE: &str = "something went wrong on our side";

/// Gives every error of an answer its code, and hides what is not for clients.
pub(crate) fn settle(mut response: Response, request_id: &str) -> Response {
    for error in &mut response.errors {
        settle_error(error, request_id);
    }
    response
}

fn settle_error(error: &mut ServerError, request_id: &str) {
    if let Some(known) = error.source::<ApiError>() {
        let (code, wait) = (known.code, known.retry_after_seconds);
        if code.status().is_server_error() {
            log_fault(request_id, code, known);
        }
        write_code(error, code, request_id);
        write_wait(error, wait);
    } else if let Some(code) = written_code(error) {
        write_code(error, code, request_id);
    } else if error.path.is_empty() {
        // Nothing was executed: the document was parsed before, so it broke a rule of validation.
        write_code(error, ErrorCode::ValidationFailed, request_id);
    } else if is_input_error(error) {
        write_code(error, ErrorCode::BadUserInput, request_id);
    } else {
        tracing::error!(request.id = request_id, error = %error.message, "a resolver failed");
        error.message = INTERNAL_MESSAGE.to_owned();
        error.extensions = None;
        write_code(error, ErrorCode::Internal, request_id);
    }
    error.source = None;
}

/// The code that a resolver wrote itself, if it is one of ours.
fn written_code(error: &ServerError) -> Option<ErrorCode> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(name) => ErrorCode::from_name(name),
        _ => None,
    }
}

/// Whether async-graphql itself refused an argument's value while executing. The crate gives such errors no type and
/// no source, only these beginnings; a test of this file breaks when a new version words them differently.
fn is_input_error(error: &ServerError) -> bool {
    const BEGINNINGS: [&str; 5] = [
        "Failed to parse \"",
        "Expected input type \"",
        "Invalid value for argument \"",
        "Variable ",
        "Oneof input objects requires",
    ];
    error.source.is_none()
        && BEGINNINGS
            .iter()
            .any(|beginning| error.message.starts_with(beginning))
}

fn write_code(error: &mut ServerError, code: ErrorCode, request_id: &str) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", code.name());
    if code.status().is_server_error() {
        extensions.set("requestId", request_id);
    }
}

fn write_wait(error: &mut ServerError, retry_after_seconds: Option<u64>) {
    if let (Some(extensions), Some(seconds)) = (&mut error.extensions, retry_after_seconds) {
        extensions.set("retryAfterSeconds", seconds);
    }
}

fn log_fault(request_id: &str, code: ErrorCode, error: &ApiError) {
    let mut chain = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        if !chain.is_empty() {
            chain.push_str(": ");
        }
        chain.push_str(&error.to_string());
        cause = error.source();
    }
    tracing::error!(
        request.id = request_id,
        error.code = code.name(),
        error = chain,
        "a request failed"
    );
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};

    use super::*;

    struct Query;

    #[Object]
    impl Query {
        async fn forbidden(&self) -> async_graphql::Result<Option<i32>> {
            Err(ApiError::forbidden())?
        }

        async fn broken(&self) -> async_graphql::Result<Option<i32>> {
            Err(std::io::Error::other("disk /dev/sda is on fire"))?
        }

        async fn positive(&self, #[graphql(validator(minimum = 1))] number: i32) -> Option<i32> {
            Some(number)
        }

        async fn url(
            &self,
            url: async_graphql::ID,
            #[graphql(default)] when: Option<chrono::NaiveDate>,
        ) -> String {
            format!("{}{when:?}", *url)
        }
    }

    async fn only_error(query: &str) -> ServerError {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let response = settle(schema.execute(query).await, "req_1");
        response.errors.into_iter().next().expect("an error")
    }

    fn extension(error: &ServerError, name: &str) -> Option<Value> {
        error.extensions.as_ref().and_then(|all| all.get(name)).cloned()
    }

    #[tokio::test]
    async fn an_error_of_ours_keeps_its_code_and_sentence() {
        let error = only_error("{ forbidden }").await;

        assert_eq!(extension(&error, "code"), Some(Value::from("FORBIDDEN")));
        assert_eq!(extension(&error, "requestId"), None);
        assert_eq!(error.message, "your roles do not allow this");
    }

    #[tokio::test]
    async fn a_fault_shows_its_request_and_nothing_of_the_inside() {
        let error = only_error("{ broken }").await;

        assert_eq!(
            extension(&error, "code"),
            Some(Value::from("INTERNAL_SERVER_ERROR"))
        );
        assert_eq!(extension(&error, "requestId"), Some(Value::from("req_1")));
        assert_eq!(error.message, INTERNAL_MESSAGE);
        assert!(error.source.is_none());
    }

    #[tokio::test]
    async fn a_value_that_a_scalar_or_a_validator_refuses_is_bad_input() {
        let refused = only_error("{ positive(number: 0) }").await;
        let unreadable = only_error(r#"{ url(url: "x", when: "tomorrow") }"#).await;

        assert_eq!(extension(&refused, "code"), Some(Value::from("BAD_USER_INPUT")));
        assert_eq!(
            extension(&unreadable, "code"),
            Some(Value::from("BAD_USER_INPUT"))
        );
    }

    #[tokio::test]
    async fn an_unknown_field_fails_validation() {
        let error = only_error("{ nothing }").await;

        assert_eq!(
            extension(&error, "code"),
            Some(Value::from("GRAPHQL_VALIDATION_FAILED"))
        );
    }

    #[test]
    fn every_code_reads_back_from_its_name() {
        assert!(
            ErrorCode::ALL
                .iter()
                .all(|code| ErrorCode::from_name(code.name()) == Some(*code))
        );
    }

    #[test]
    fn the_documented_codes_are_the_codes() {
        let lines: String = ErrorCode::ALL
            .iter()
            .map(|code| format!("| `{code}` | {} | {} |\n", code.status().as_u16(), code.meaning()))
            .collect();

        assert!(
            include_str!("../../docs/errors.md").ends_with(&format!("|---|---|---|\n{lines}")),
            "docs/errors.md has to end with:\n{lines}"
        );
    }
}
