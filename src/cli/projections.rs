//! `greenroom projections`: events that read models could not fold and what is to become of them, and the tables before the
//! last rebuild.

use anyhow::{Result, bail};
use commands::operations::skip_event::SkipEvent;
use domain::{actor::Actor, envelope::Position, text::Paragraph};
use projections::{
    poison::ParkedEvent,
    projections::{Which as Tables, drop_others, parked, retry_parked, switch_back},
};
use store::{
    codec::Codec,
    executor::{Executor, Invocation, mint},
};

use super::{misused, say, status::now};
use crate::{
    beside::Beside,
    config::Config,
    stores::{Purpose, Stores},
};

/// What to do.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Lists events that could not be folded, with the rows that wait for them. A server may run meanwhile.
    Parked {
        /// Only those of this read model.
        name: Option<String>,
    },
    /// Tells everything about one of them, but not what is in it. A server may run meanwhile.
    Inspect(Which),
    /// Folds the rows that wait for an event again, after a version was installed that can.
    Retry(Which),
    /// Has a read model go on without an event, for ever; the reason is recorded in the log.
    Skip {
        #[command(flatten)]
        which: Which,
        /// Why the read model may go on without it; nothing about a person.
        #[arg(long)]
        reason: String,
    },
    /// Shows the table again that was live before the last rebuild, brought up to date; the present one is kept.
    SwitchBack {
        /// The read model.
        name: String,
    },
    /// Drops the tables that were live before the last rebuild, and those of rebuilds that were broken off.
    DropPrevious {
        /// The read model; all when absent.
        name: Option<String>,
    },
}

/// An event that a read model could not fold.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Which {
    /// The read model.
    name: String,
    /// The event's position.
    position: u64,
}

/// Does it.
pub(super) async fn run(config: &Config, command: &Command) -> Result<()> {
    match command {
        Command::Parked { name } => list(config, name.as_deref()).await,
        Command::Inspect(which) => inspect(config, which).await,
        Command::Retry(which) => retry(config, which).await,
        Command::Skip { which, reason } => skip(config, which, reason).await,
        Command::SwitchBack { name } => back(config, name).await,
        Command::DropPrevious { name } => drop_previous(config, name.as_deref()).await,
    }
}

async fn list(config: &Config, name: Option<&str>) -> Result<()> {
    known(name)?;
    let mut events = all(config).await?;
    events.retain(|event| name.is_none_or(|name| event.model == name));
    if events.is_empty() {
        return say("nothing waits");
    }
    for event in &events {
        say(format!(
            "{} {} {} version {}: {}, {} waiting rows",
            event.model,
            event.envelope.position,
            event.envelope.event_type,
            event.envelope.schema_version,
            event.fault.code(),
            event.rows
        ))?;
    }
    Ok(())
}

async fn inspect(config: &Config, which: &Which) -> Result<()> {
    known(Some(&which.name))?;
    let event = find(all(config).await?, which)?;
    let envelope = &event.envelope;
    let line = |name: &str, value: String| say(format!("{name:<14}{value}"));
    line("read model", event.model.to_owned())?;
    line("position", envelope.position.to_string())?;
    line("event", envelope.event_id.to_string())?;
    line(
        "type",
        format!("{} version {}", envelope.event_type, envelope.schema_version),
    )?;
    line("stream", envelope.stream.to_string())?;
    line("organisation", envelope.stream.tenant.to_string())?;
    line(
        "recorded",
        envelope.recorded_at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )?;
    line("bytes", event.bytes.to_string())?;
    line("code", event.fault.code().to_owned())?;
    line("wrong", event.fault.sentence().to_owned())?;
    for waiting in &event.waiting {
        line("waiting", waiting.to_string())?;
    }
    line("rows", event.rows.to_string())
}

async fn retry(config: &Config, which: &Which) -> Result<()> {
    known(Some(&which.name))?;
    let stores = Stores::open(config, Purpose::Tool).await?;
    let event = find(parked(&*stores.log, &stores.read, None).await?, which)?;
    let (log, read) = (stores.log.clone(), stores.read.clone());
    let (tenant, position) = (event.envelope.stream.tenant, event.envelope.position);
    let retried = retry_parked(log, Codec::current(), read, &which.name, tenant, position).await;
    stores.close().await;
    retried?;
    say(format!(
        "the rows that waited for {position} in {} are whole",
        which.name
    ))
}

async fn skip(config: &Config, which: &Which, reason: &str) -> Result<()> {
    known(Some(&which.name))?;
    let reason = Paragraph::new(reason).map_err(|error| misused(format!("--reason {error}")))?;
    let stores = Stores::open(config, Purpose::Tool).await?;
    let event = find(parked(&*stores.log, &stores.read, None).await?, which)?;
    let now = now(config, &*stores.log).await?;
    let invocation = Invocation {
        tenant: event.envelope.stream.tenant,
        actor: Actor::system("command line"),
        command_id: mint(now),
        correlation_id: mint(now),
        causation_id: None,
        trace: None,
        now,
    };
    let use_case = SkipEvent {
        name: which.name.clone(),
        position: event.envelope.position,
        waited_for: Some(event.envelope),
        by: None,
        reason,
    };
    let executor = Executor::new(stores.log.clone(), stores.vault.clone(), Codec::current());
    let recorded = executor.run(&invocation, &use_case).await;
    stores.close().await;
    say(format!(
        "recorded at {}: {} leaves out {}; its rows go on as soon as a server follows the log",
        recorded?.position, which.name, which.position
    ))
}

async fn back(config: &Config, name: &str) -> Result<()> {
    known(Some(name))?;
    let stores = Stores::open(config, Purpose::Tool).await?;
    let (log, read) = (stores.log.clone(), stores.read.clone());
    let switched = switch_back(log, Codec::current(), read, Tables::Named(name), &|_| {}).await;
    stores.close().await;
    switched?;
    say(format!("{name}: the table before the last rebuild is live again"))
}

async fn drop_previous(config: &Config, name: Option<&str>) -> Result<()> {
    known(name)?;
    let stores = Stores::open(config, Purpose::Tool).await?;
    let (log, read) = (stores.log.clone(), stores.read.clone());
    let which = name.map_or(Tables::All, Tables::Named);
    let dropped = drop_others(log, Codec::current(), read, which).await;
    stores.close().await;
    match dropped?.as_slice() {
        [] => say("there was nothing to drop"),
        dropped => say(format!("dropped: {}", dropped.join(", "))),
    }
}

fn known(name: Option<&str>) -> Result<()> {
    let all = projections::projections::names();
    match name {
        Some(name) if !all.contains(&name) => Err(misused(format!("{name} is none of {}", all.join(", ")))),
        Some(_) | None => Ok(()),
    }
}

async fn all(config: &Config) -> Result<Vec<ParkedEvent>> {
    let beside = Beside::open(config).await?;
    let found = parked(&*beside.log, &beside.read, None).await;
    beside.close().await;
    Ok(found?)
}

fn find(events: Vec<ParkedEvent>, which: &Which) -> Result<ParkedEvent> {
    let found = events
        .into_iter()
        .find(|event| event.model == which.name && event.envelope.position == Position(which.position));
    match found {
        Some(event) => Ok(event),
        None => bail!(
            "no row of {} waits for an event at {}",
            which.name,
            which.position
        ),
    }
}
