//! `greenroom status`: how far everything is, in a table.

use std::{io::IsTerminal, time::Duration};

use adapters::clock::system::SystemClock;
use anyhow::{Context, Result};
use domain::{envelope::Position, ports::clock::Clock, time::Instant};
use projections::{
    projections::overview,
    status::{Overview, Rates, Status},
};
use store::log::Log;

use super::say;
use crate::{assembly::is_simulated, beside::Beside, config::Config, proof};

/// How long to look for rates, when anything is under way.
const LOOK: Duration = Duration::from_secs(1);

/// Prints it.
pub(super) async fn run(config: &Config) -> Result<()> {
    let beside = Beside::open(config).await?;
    let told = tell(config, &beside).await;
    beside.close().await;
    told
}

async fn tell(config: &Config, beside: &Beside) -> Result<()> {
    let (log, read) = (&*beside.log, &beside.read);
    let rates = Rates::default();
    let mut seen = overview(log, read, &rates)
        .await
        .context("there are no read models yet: start the server once")?;
    if seen.models.iter().any(is_under_way) {
        rates.look(read).await?;
        tokio::time::sleep(LOOK).await;
        rates.look(read).await?;
        seen = overview(log, read, &rates).await?;
    }
    let now = now(config, log).await?;
    say(log_line(config, log, seen.head).await?)?;
    say("")?;
    for line in table(&seen, now, std::io::stdout().is_terminal()) {
        say(line)?;
    }
    say("")?;
    let (checkpoint, counts) = (
        beside.effects.checkpoint().await?,
        beside.effects.counts(now).await?,
    );
    let lag = seen.head.0.saturating_sub(checkpoint.position.0);
    say(format!(
        "effects: position {}, lag {lag}, {} open of which {} due, {} done",
        checkpoint.position, counts.open, counts.due, counts.done
    ))?;
    say(format!("dead letters: {}", counts.dead))
}

/// Business time, as far as a tool knows it: simulated time is at the last event or later.
pub(super) async fn now(config: &Config, log: &dyn Log) -> Result<Instant> {
    let machine = SystemClock::default().now();
    if !is_simulated(&config.data_dir) {
        return Ok(machine);
    }
    Ok(log.last_recorded_at().await?.unwrap_or(machine))
}

fn is_under_way(status: &Status) -> bool {
    status.lag > 0 || status.build.is_some()
}

async fn log_line(config: &Config, log: &dyn Log, head: Position) -> Result<String> {
    let recorded = match log.last_recorded_at().await? {
        Some(at) => format!("last event recorded {}", at.format("%Y-%m-%d %H:%M:%S UTC")),
        None => "empty".to_owned(),
    };
    let signed = if config.log.url.is_some() {
        "heads are not signed here".to_owned()
    } else {
        match proof::heads(config)?.last() {
            Some(signed) => format!(
                "head signed up to {} at {}",
                signed.size,
                signed.at.format("%Y-%m-%d %H:%M:%S UTC")
            ),
            None => "no head is signed yet".to_owned(),
        }
    };
    Ok(format!("log: position {head}, {recorded}, {signed}"))
}

/// Names of the columns.
const HEADINGS: [&str; 7] = [
    "READ MODEL",
    "POSITION",
    "LAG",
    "BEHIND",
    "EVENTS/S",
    "PARKED",
    "STATE",
];

/// The table of read models, line by line; the heading stands out on a terminal.
fn table(overview: &Overview, now: Instant, on_terminal: bool) -> Vec<String> {
    let rows: Vec<_> = overview
        .models
        .iter()
        .map(|status| cells(status, overview.head, now))
        .collect();
    let headings = HEADINGS.map(str::to_owned);
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| {
            let cells = rows.iter().chain([&headings]).map(|row| row[column].len());
            cells.max().unwrap_or(0)
        })
        .collect();
    let line = |row: &[String; 7]| {
        let aligned: Vec<_> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| match column {
                // Words stand to the left, numbers to the right.
                0 | 6 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        aligned.join("  ").trim_end().to_owned()
    };
    let heading = line(&headings);
    let heading = if on_terminal {
        format!("\x1b[1m{heading}\x1b[0m")
    } else {
        heading
    };
    [heading].into_iter().chain(rows.iter().map(line)).collect()
}

fn cells(status: &Status, head: Position, now: Instant) -> [String; 7] {
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}"));
    let behind = status.behind_since.map_or_else(
        || "-".to_owned(),
        |since| {
            // The first event may have been recorded by a clock that is ahead of this machine's.
            let waits = (now - since).to_std().unwrap_or_default();
            format!("{:.1} s", waits.as_secs_f64())
        },
    );
    [
        status.model.to_owned(),
        status.position.to_string(),
        status.lag.to_string(),
        behind,
        rate(status.rate),
        status.parked.len().to_string(),
        state(status, head),
    ]
}

fn state(status: &Status, head: Position) -> String {
    let left = |position: Position, rate: Option<f64>| {
        let left = head.0.saturating_sub(position.0) as f64;
        let seconds = rate.filter(|rate| *rate > 0.0).map(|rate| left / rate);
        seconds.map_or_else(String::new, |seconds| format!(", {seconds:.0} s left"))
    };
    match (&status.build, status.rebuilding) {
        (Some(build), _) => format!(
            "building {} of {head}{}",
            build.position,
            left(build.position, build.rate)
        ),
        (None, true) => "of another version".to_owned(),
        (None, false) if status.lag > 0 => "behind".to_owned(),
        (None, false) => "current".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use projections::status::Build;

    use super::*;

    fn moment(second: u32) -> Instant {
        format!("2026-03-09T09:00:{second:02}Z").parse().unwrap()
    }

    fn current(model: &'static str) -> Status {
        Status {
            model,
            position: Position(1_000),
            lag: 0,
            behind_since: None,
            rate: Some(0.0),
            rebuilding: false,
            build: None,
            parked: Vec::new(),
        }
    }

    #[test]
    fn the_table_is_aligned_and_plain_when_piped() {
        let overview = Overview {
            head: Position(1_000),
            models: vec![
                current("accounts"),
                Status {
                    position: Position(400),
                    lag: 600,
                    behind_since: Some(moment(1)),
                    rate: Some(120.4),
                    rebuilding: true,
                    build: Some(Build {
                        position: Position(900),
                        rate: Some(50.0),
                    }),
                    ..current("interviews")
                },
            ],
        };

        let lines = table(&overview, moment(4), false);

        assert_eq!(
            lines,
            [
                "READ MODEL  POSITION  LAG  BEHIND  EVENTS/S  PARKED  STATE",
                "accounts        1000    0       -         0       0  current",
                "interviews       400  600   3.0 s       120       0  building 900 of 1000, 2 s left",
            ]
        );
    }
}
