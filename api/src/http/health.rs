//! Whether the server lives, and whether it should be sent requests.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tokio::sync::watch;

/// Whether requests can be served well at present.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// All that is needed is at hand.
    Ready,
    /// Not yet, or not any more; the words say why, without internals.
    NotReady(&'static str),
}

/// `GET /health/live`: the process answers. Says nothing about what it needs.
pub(crate) async fn live() -> Response {
    answer(StatusCode::OK, &json!({ "status": "live" }))
}

/// `GET /health/ready`: 200 when requests can be served, else 503 with the reason.
pub(crate) fn ready(readiness: &watch::Receiver<Readiness>, shutting_down: bool) -> Response {
    if shutting_down {
        return not_ready("shutting down");
    }
    match *readiness.borrow() {
        Readiness::Ready => answer(StatusCode::OK, &json!({ "status": "ready" })),
        Readiness::NotReady(reason) => not_ready(reason),
    }
}

fn not_ready(reason: &str) -> Response {
    answer(
        StatusCode::SERVICE_UNAVAILABLE,
        &json!({ "status": "not ready", "reason": reason }),
    )
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
