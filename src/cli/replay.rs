//! `greenroom replay`: the story of an interview in the terminal, on the interview's own clock.

use std::io::IsTerminal;

use anyhow::Result;
use store::codec::Codec;

use super::say;
use crate::{
    config::Config,
    replay::{self, Pace},
    stores::{Purpose, Stores},
};

/// A terminal gets two minutes in a second.
const TERMINAL_SPEED: f64 = 120.0;

/// What is told, and how fast.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// An interview, or anything else that has a story: a payment, a room, a report.
    id: String,
    /// So many times as fast as it happened; 0 is at once. Without it: 120 on a terminal, at once otherwise.
    #[arg(long, value_parser = speed)]
    speed: Option<f64>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text
        .parse()
        .ok()
        .filter(|speed: &f64| speed.is_finite() && *speed >= 0.0);
    speed.ok_or_else(|| "not a number from 0 on".to_owned())
}

/// Tells it.
pub(super) async fn run(config: &Config, args: &Args) -> Result<()> {
    let usual = if std::io::stdout().is_terminal() {
        TERMINAL_SPEED
    } else {
        0.0
    };
    let speed = args.speed.unwrap_or(usual);
    let pace = if speed > 0.0 {
        Pace::Times(speed)
    } else {
        Pace::Instant
    };
    let stores = Stores::open(config, Purpose::Tool).await?;
    let subject = replay::find(&*stores.log, &args.id).await?;
    replay::tell(&*stores.log, &Codec::current(), subject, pace, |line| say(line)).await?;
    stores.close().await;
    Ok(())
}
