//! `GET /metrics`: what a machine that watches the server reads, in the text format of Prometheus.
//!
//! Numbers only. The labels are names of read models and states of effects: closed sets that are in the code, so that no
//! series is ever made by data, and nothing is told of an organisation or a person.

use std::{fmt::Write as _, sync::Arc};

use anyhow::Result;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{ports::clock::Clock, time::Instant};
use projections::{
    projections::Projections,
    status::{Overview, Status},
};
use tracing::warn;
use workers::db::{Checkpoint, Counts};

/// What is told of.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) projections: Arc<Projections>,
    pub(crate) effects: workers::db::Db,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The route.
pub(crate) fn routes(sources: Sources) -> Router {
    Router::new().route("/metrics", get(answer)).with_state(sources)
}

const TEXT: [(axum::http::HeaderName, &str); 2] = [
    (
        axum::http::header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    ),
    (axum::http::header::CACHE_CONTROL, "no-store"),
];

async fn answer(State(sources): State<Sources>) -> Response {
    match read(&sources).await {
        Ok(text) => (TEXT, text).into_response(),
        Err(error) => {
            warn!(error = %format!("{error:#}"), "the metrics cannot be read");
            axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn read(sources: &Sources) -> Result<String> {
    let now = sources.clock.now();
    let overview = sources.projections.overview().await?;
    let checkpoint = sources.effects.checkpoint().await?;
    let counts = sources.effects.counts(now).await?;
    Ok(text(&overview, checkpoint, counts, now))
}

fn text(overview: &Overview, checkpoint: Checkpoint, effects: Counts, now: Instant) -> String {
    let mut out = String::new();
    let head = overview.head.0;
    family(
        &mut out,
        "greenroom_log_position",
        "Last position of the log.",
        [(String::new(), head as f64)],
    );
    let mut of_each = |name, help, value: &dyn Fn(&Status) -> f64| {
        let samples = overview
            .models
            .iter()
            .map(|status| (format!("{{read_model=\"{}\"}}", status.model), value(status)));
        family(&mut out, name, help, samples);
    };
    of_each(
        "greenroom_read_model_position",
        "Last position that the live table has folded in.",
        &|status| status.position.0 as f64,
    );
    of_each(
        "greenroom_read_model_lag_events",
        "Events of the log that the live table has not folded in.",
        &|status| status.lag as f64,
    );
    of_each(
        "greenroom_read_model_lag_seconds",
        "How long the first event waits that the live table has not folded in.",
        &|status| status.behind_since.map_or(0.0, |since| waits(since, now)),
    );
    of_each(
        "greenroom_read_model_events_per_second",
        "Events folded in a second, over the last ten.",
        &|status| status.rate.unwrap_or(0.0),
    );
    of_each(
        "greenroom_read_model_parked",
        "Keys that wait because of an event that could not be folded.",
        &|status| status.parked.len() as f64,
    );
    of_each(
        "greenroom_read_model_building",
        "1 while a table is built beside the live one.",
        &|status| f64::from(u8::from(status.build.is_some())),
    );
    of_each(
        "greenroom_read_model_build_position",
        "Last position that the table has folded in which is being built; 0 when none is.",
        &|status| status.build.map_or(0.0, |build| build.position.0 as f64),
    );
    family(
        &mut out,
        "greenroom_effects_lag_events",
        "Events of the log that effects were not yet looked for in.",
        [(String::new(), head.saturating_sub(checkpoint.position.0) as f64)],
    );
    let states = [
        ("open", effects.open),
        ("due", effects.due),
        ("done", effects.done),
        ("dead", effects.dead),
    ];
    family(
        &mut out,
        "greenroom_effects",
        "Deeds in the outside world by state; due ones are open too, dead ones wait for a person.",
        states.map(|(state, count)| (format!("{{state=\"{state}\"}}"), count as f64)),
    );
    out
}

fn waits(since: Instant, now: Instant) -> f64 {
    (now - since).to_std().unwrap_or_default().as_secs_f64()
}

/// One gauge with its samples, each with its labels.
fn family(out: &mut String, name: &str, help: &str, samples: impl IntoIterator<Item = (String, f64)>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in samples {
        let _ = writeln!(out, "{name}{labels} {value}");
    }
}

#[cfg(test)]
mod tests {
    use domain::envelope::Position;

    use super::*;

    #[test]
    fn every_sample_has_a_family_and_only_closed_labels() {
        let since: Instant = "2026-03-09T09:00:00Z".parse().unwrap();
        let now: Instant = "2026-03-09T09:00:02.5Z".parse().unwrap();
        let overview = Overview {
            head: Position(10),
            models: vec![Status {
                model: "interviews",
                position: Position(7),
                lag: 3,
                behind_since: Some(since),
                rate: Some(1.5),
                rebuilding: false,
                build: None,
                parked: Vec::new(),
            }],
        };
        let checkpoint = Checkpoint {
            position: Position(9),
            epoch: 1,
            ready: true,
        };

        let text = text(&overview, checkpoint, Counts::default(), now);

        for expected in [
            "greenroom_log_position 10",
            "greenroom_read_model_lag_events{read_model=\"interviews\"} 3",
            "greenroom_read_model_lag_seconds{read_model=\"interviews\"} 2.5",
            "greenroom_effects_lag_events 1",
            "greenroom_effects{state=\"dead\"} 0",
        ] {
            assert!(text.lines().any(|line| line == expected), "{expected}\n{text}");
        }
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            assert!(text.contains(&format!("# TYPE {name} gauge\n")), "{line}");
            let label = line
                .split_once('{')
                .map(|(_, rest)| rest.split('=').next().unwrap());
            assert!(matches!(label, None | Some("read_model" | "state")), "{line}");
        }
    }
}
