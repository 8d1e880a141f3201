//! `greenroom rebuild`: read models and effects anew from the log.

use std::{io::IsTerminal, sync::Mutex, time::Duration};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use projections::{
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

/// Which.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// A read model, or `effects`; all when absent.
    name: Option<String>,
}

/// Builds them. Servers on PostgreSQL go on meanwhile.
pub(super) async fn run(config: &Config, args: &Args) -> Result<()> {
    let mut all = names();
    all.push(EFFECTS);
    let chosen = match &args.name {
        None => all,
        Some(name) => vec![
            *all.iter()
                .find(|known| *known == name)
                .ok_or_else(|| misused(format!("{name} is none of {}", all.join(", "))))?,
        ],
    };
    let stores = Stores::open(config, Purpose::Tool).await?;
    for name in chosen {
        if name == EFFECTS {
            let dispatcher = Dispatcher::new(stores.log.clone(), Codec::current(), stores.effects.clone());
            workers::effects::rebuild(&dispatcher, &stores.effects).await?;
            say("effects: found again, nothing was done meanwhile")?;
        } else {
            read_model(&stores, name).await?;
        }
    }
    stores.close().await;
    Ok(())
}

async fn read_model(stores: &Stores, name: &'static str) -> Result<()> {
    let shown = Shown::new(name);
    let report = |progress: Progress| shown.show(progress);
    let (log, read) = (stores.log.clone(), stores.read.clone());
    rebuild(log, Codec::current(), read, Which::Named(name), &report).await?;
    shown.end()
}

/// A bar on a terminal, lines elsewhere.
struct Shown {
    name: &'static str,
    bar: Option<ProgressBar>,
    last: Mutex<Option<Progress>>,
}

impl Shown {
    fn new(name: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0).with_message(name);
            let style = ProgressStyle::with_template("{msg:18} {bar:40} {pos}/{len} {per_sec} {eta}");
            // The template is the constant above; a bar without it would still count.
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self {
            name,
            bar,
            last: Mutex::new(None),
        }
    }

    fn show(&self, progress: Progress) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(progress.total);
                bar.set_position(progress.done);
            }
            None => {
                // A reader that is gone hears of it at the end.
                let _ = say(format!(
                    "{}: {} of {} events",
                    self.name, progress.done, progress.total
                ));
            }
        }
        *self.last() = Some(progress);
    }

    fn end(&self) -> Result<()> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        match *self.last() {
            Some(progress) => say(format!(
                "{}: rebuilt from {} events, {:.0} in a second",
                self.name, progress.done, progress.rate
            )),
            None => say(format!("{}: rebuilt, the log is empty", self.name)),
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Progress>> {
        self.last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
