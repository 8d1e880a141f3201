//! A second, small server on this machine alone that moves the simulated clock. It exists only with that clock.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use adapters::clock::simulated::{ClockError, SimulatedClock};
use anyhow::{Context, Result, ensure};
use api::http::server::{ServerSettings, Shutdown, serve};
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{ports::clock::Clock, time::Instant};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::assembly::Background;

/// How long `POST /settle` waits at most.
const SETTLE_WAIT: Duration = Duration::from_secs(30);

/// What the routes work with.
#[derive(Clone)]
struct Control {
    clock: Arc<SimulatedClock>,
    background: Arc<Background>,
}

/// The second server, at work.
#[derive(Debug)]
pub struct ClockControl {
    /// Where it listens.
    pub address: SocketAddr,
    shutdown: Shutdown,
    served: JoinHandle<std::io::Result<()>>,
}

impl ClockControl {
    /// Begins to serve `GET /clock`, `POST /clock` and `POST /settle`.
    ///
    /// # Errors
    /// When the address is not one of this machine alone, or is in use.
    pub async fn start(
        address: SocketAddr,
        clock: Arc<SimulatedClock>,
        background: Arc<Background>,
    ) -> Result<Self> {
        ensure!(
            address.ip().is_loopback(),
            "the clock is moved from this machine alone: give --clock-listen a loopback address such as 127.0.0.1:0"
        );
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("the clock cannot be moved through {address}: choose another --clock-listen")
        })?;
        let address = listener.local_addr()?;
        let routes = Router::new()
            .route("/clock", get(show).post(advance))
            .route("/settle", post(settle))
            .with_state(Control { clock, background });
        let shutdown = Shutdown::default();
        let settings = ServerSettings {
            connections: 64,
            drain_time: Duration::ZERO,
            ..ServerSettings::default()
        };
        Ok(Self {
            address,
            served: tokio::spawn(serve(listener, routes, settings, shutdown.clone())),
            shutdown,
        })
    }

    /// Ends it; calls that wait are cut.
    pub async fn stop(self) {
        self.shutdown.begin();
        // A listener that failed has nothing left to end.
        let _ = self.served.await;
    }
}

#[derive(Serialize)]
struct Shown {
    now: Instant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    to: Instant,
}

async fn show(State(control): State<Control>) -> Json<Shown> {
    Json(Shown {
        now: control.clock.now(),
    })
}

async fn advance(State(control): State<Control>, Json(Advance { to }): Json<Advance>) -> Response {
    // It waits for the disk.
    let moved = tokio::task::spawn_blocking(move || control.clock.advance_to(to)).await;
    match moved {
        Ok(Ok(now)) => Json(Shown { now }).into_response(),
        Ok(Err(error @ (ClockError::Backwards { .. } | ClockError::OutOfRange))) => {
            refused(StatusCode::CONFLICT, &error.to_string())
        }
        Ok(Err(error @ (ClockError::Unreadable | ClockError::File(_)))) => {
            refused(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
        }
        Err(_) => refused(StatusCode::SERVICE_UNAVAILABLE, "the clock was not moved"),
    }
}

async fn settle(State(control): State<Control>) -> Response {
    match control.background.settle(SETTLE_WAIT).await {
        Ok(position) => Json(json!({ "now": control.clock.now(), "position": position })).into_response(),
        Err(error) => refused(StatusCode::SERVICE_UNAVAILABLE, &format!("{error:#}")),
    }
}

fn refused(status: StatusCode, sentence: &str) -> Response {
    (status, Json(json!({ "error": sentence }))).into_response()
}
