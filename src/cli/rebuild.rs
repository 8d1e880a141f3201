//! `greenroom rebuild`: read models and effects anew from the log.

use std::{
    io::IsTerminal,
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use projections::{
    ground::Share,
    projections::{Which, names, rebuild},
    rebuild::Progress,
};
use store::codec::Codec;
use workers::dispatcher::Dispatcher;

use super::{misused, say};
use crate::{
    config::Config,
    stores::{Purpose, Stores},
};

/// The effects, beside the names of read models.
const EFFECTS: &str = "effects";

/// Which, and how fast.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// A read model, or `effects`; all when absent. A build that was broken off is gone on with.
    name: Option<String>,
    /// Percent of the time that may be worked on read models; the rest is left to others.
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=100))]
    share: u8,
}

/// What is built.
enum Chosen<'n> {
    Everything,
    ReadModel(&'n str),
    Effects,
}

/// Builds them. Servers on PostgreSQL go on meanwhile.
pub(super) async fn run(config: &Config, args: &Args) -> Result<()> {
    let chosen = match args.name.as_deref() {
        None => Chosen::Everything,
        Some(EFFECTS) => Chosen::Effects,
        Some(name) if names().contains(&name) => Chosen::ReadModel(name),
        Some(name) => {
            let known = names().join(", ");
            return Err(misused(format!("{name} is none of {known}, {EFFECTS}")));
        }
    };
    let share = Share::percent(args.share).ok_or_else(|| misused("--share is from 1 to 100"))?;
    let stores = Stores::open(config, Purpose::Tool).await?;
    match chosen {
        Chosen::Everything => {
            read_models(&stores, Which::All, share).await?;
            effects(&stores).await?;
        }
        Chosen::ReadModel(name) => read_models(&stores, Which::Named(name), share).await?,
        Chosen::Effects => effects(&stores).await?,
    }
    stores.close().await;
    Ok(())
}

async fn effects(stores: &Stores) -> Result<()> {
    let dispatcher = Dispatcher::new(stores.log.clone(), Codec::current(), stores.effects.clone());
    workers::effects::rebuild(&dispatcher, &stores.effects).await?;
    say("effects: found again, nothing was done meanwhile")
}

async fn read_models(stores: &Stores, which: Which<'_>, share: Share) -> Result<()> {
    let shown = Shown::new(match which {
        Which::All => "read models",
        Which::Named(name) => name,
    });
    let report = |progress: Progress| shown.show(progress);
    let (log, read) = (stores.log.clone(), stores.read.clone());
    rebuild(log, Codec::current(), read, which, share, &report).await?;
    shown.end()
}

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// A bar on a terminal, lines elsewhere.
struct Shown {
    name: String,
    bar: Option<ProgressBar>,
    last: Mutex<Last>,
}

/// What was shown last.
#[derive(Default)]
struct Last {
    progress: Option<Progress>,
    line_at: Option<Instant>,
}

impl Shown {
    fn new(name: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0).with_message(name.to_owned());
            let style = ProgressStyle::with_template("{msg:18} {bar:40} {pos}/{len} {per_sec} {eta}");
            // The template is the constant above; a bar without it would still count.
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self {
            name: name.to_owned(),
            bar,
            last: Mutex::default(),
        }
    }

    fn show(&self, progress: Progress) {
        let mut last = self.last();
        match &self.bar {
            Some(bar) => {
                bar.set_length(progress.total);
                if last.progress.is_none() {
                    // What an earlier build has done tells nothing about the rate of this one.
                    bar.set_position(progress.done);
                    bar.reset_eta();
                }
                bar.set_position(progress.done);
            }
            None if last.line_at.is_none_or(|at| at.elapsed() >= LINE_EVERY) => {
                last.line_at = Some(Instant::now());
                // A reader that is gone hears of it at the end.
                let _ = say(format!(
                    "{}: {} of {} events, {:.0} a second, {} s left",
                    self.name,
                    progress.done,
                    progress.total,
                    progress.rate,
                    progress.left.as_secs()
                ));
            }
            None => {}
        }
        last.progress = Some(progress);
    }

    fn end(&self) -> Result<()> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        match self.last().progress {
            Some(progress) => say(format!(
                "{}: built up to event {}, {:.0} a second",
                self.name, progress.done, progress.rate
            )),
            None => say(format!("{}: built, the log is empty", self.name)),
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Last> {
        self.last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
