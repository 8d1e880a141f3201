//! `greenroom time-zones`: what was promised for interviews to come, against the time-zone rules that are built in.
//!
//! What was promised is read from the log and not from a read model, so that nothing is missed whatever the read models are
//! like after an update.

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::NaiveDateTime;
use commands::booking::record_drift::RecordDrift;
use domain::{
    actor::Actor,
    aggregate::{Aggregate, Context},
    envelope::StreamId,
    fact::Category,
    ids::InterviewId,
    interview::{Interview, events::InterviewEvent, record_drift},
    time::{Drift, Instant, TZDB_VERSION},
};
use futures::TryStreamExt;
use store::{
    codec::Codec,
    executor::{CommandError, Executor, Invocation, mint},
    log::{Filter, Log, Query},
};

use super::{say, status::now};
use crate::{
    beside::Beside,
    config::Config,
    stores::{Purpose, Stores},
};

/// What to do.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Records nothing. A server may run meanwhile.
    #[arg(long)]
    dry_run: bool,
}

/// Compares, tells what has drifted, and records it.
pub(super) async fn run(config: &Config, args: &Args) -> Result<()> {
    if args.dry_run {
        let beside = Beside::open(config).await?;
        let compared = compare(config, &*beside.log, None).await;
        beside.close().await;
        return compared;
    }
    let stores = Stores::open(config, Purpose::Tool).await?;
    let executor = Executor::new(stores.log.clone(), stores.vault.clone(), Codec::current());
    let compared = compare(config, &*stores.log, Some(&executor)).await;
    stores.close().await;
    compared
}

/// Goes through the events of interviews, page by page; only what has drifted is kept in mind. Without an executor nothing
/// is recorded.
async fn compare(config: &Config, log: &dyn Log, executor: Option<&Executor>) -> Result<()> {
    let (codec, now) = (Codec::current(), now(config, log).await?);
    let (mut looked_at, mut counts) = (BTreeSet::new(), Counts::default());
    let mut events = log.read(Query::forward(Filter::Categories(vec![Category::Interview])));
    while let Some(recorded) = events.try_next().await? {
        for event in codec.decode_as::<InterviewEvent>(&recorded)? {
            let stream = recorded.envelope.stream;
            counts.compared += u64::from(is_ahead(&event, now));
            if may_have_drifted(&event, now) && looked_at.insert((stream.tenant, stream.id)) {
                let finding = Finding::of(&state(log, &codec, stream).await?, now);
                let recorded = match (&finding, executor) {
                    (Some(finding), Some(executor)) if finding.is_news => {
                        record(executor, stream, now).await?
                    }
                    (Some(_) | None, Some(_) | None) => false,
                };
                if let Some(finding) = finding {
                    counts.tell(&finding, recorded)?;
                }
            }
        }
    }
    say(format!(
        "compared {} promised times that lie ahead with the rules of {TZDB_VERSION}: {} have drifted; {} findings are new, {} were recorded",
        counts.compared, counts.drifted, counts.news, counts.recorded
    ))
}

fn is_ahead(event: &InterviewEvent, now: Instant) -> bool {
    event.promise().is_some_and(|slot| slot.span.start > now)
}

/// Whether it is worth to look at what the interview has come to since.
fn may_have_drifted(event: &InterviewEvent, now: Instant) -> bool {
    let drifts = event.promise().is_some_and(|slot| slot.drift().is_some());
    (drifts && is_ahead(event, now)) || matches!(event, InterviewEvent::TimeZoneRuleDriftDetected(_))
}

async fn state(log: &dyn Log, codec: &Codec, stream: StreamId) -> Result<Interview> {
    let mut interview = Interview::default();
    let mut events = log.read(Query::forward(Filter::Stream(stream)));
    while let Some(recorded) = events.try_next().await? {
        let events = codec.decode_as::<InterviewEvent>(&recorded)?;
        interview = events.iter().fold(interview, Aggregate::evolve);
    }
    Ok(interview)
}

/// What there is to say about an interview to come.
struct Finding {
    interview: InterviewId,
    /// Nothing when the rules fit again what they had left.
    drift: Option<Drift>,
    /// Whether it is not recorded yet.
    is_news: bool,
}

impl Finding {
    /// What the decision would record, and what was recorded before; nothing about what does not lie ahead.
    fn of(interview: &Interview, now: Instant) -> Option<Self> {
        let context = Context { now, actor: actor() };
        let decided = interview
            .decide(&record_drift::RecordDrift.into(), &context)
            .ok()?;
        let booking = interview.booked().ok()?;
        let is_news = !decided.is_empty();
        (is_news || booking.drift.is_some()).then(|| Self {
            interview: booking.interview,
            drift: booking.slot.drift(),
            is_news,
        })
    }
}

fn actor() -> Actor {
    Actor::system("time zones")
}

/// False when the interview does not lie ahead any more.
async fn record(executor: &Executor, stream: StreamId, now: Instant) -> Result<bool> {
    let invocation = Invocation {
        tenant: stream.tenant,
        actor: actor(),
        command_id: mint(now),
        correlation_id: mint(now),
        causation_id: None,
        trace: None,
        now,
    };
    let interview = InterviewId::new(stream.id);
    match executor.run(&invocation, &RecordDrift { interview }).await {
        Ok(_) => Ok(true),
        Err(CommandError::Refused(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What was found, counted.
#[derive(Default)]
struct Counts {
    compared: u64,
    told: u64,
    drifted: u64,
    news: u64,
    recorded: u64,
}

impl Counts {
    fn tell(&mut self, finding: &Finding, recorded: bool) -> Result<()> {
        if self.told == 0 {
            say(row(&HEADINGS.map(str::to_owned)))?;
        }
        self.told += 1;
        self.drifted += u64::from(finding.drift.is_some());
        self.news += u64::from(finding.is_news);
        self.recorded += u64::from(recorded);
        say(row(&cells(finding, recorded)))
    }
}

const HEADINGS: [&str; 6] = ["INTERVIEW", "ZONE", "PROMISED", "NOW", "RULES", "FINDING"];

/// Wide enough for ids, the longest names of zones, minutes and versions.
fn row(cells: &[String; 6]) -> String {
    let [interview, zone, promised, now, rules, finding] = cells;
    format!("{interview:<30}  {zone:<32}  {promised:<16}  {now:<16}  {rules:<14}  {finding}")
}

fn cells(finding: &Finding, recorded: bool) -> [String; 6] {
    let dash = || "-".to_owned();
    let word = match (finding.is_news, recorded) {
        (false, _) => "known",
        (true, true) => "recorded",
        (true, false) => "not recorded",
    };
    match &finding.drift {
        Some(drift) => [
            finding.interview.to_string(),
            drift.zone.to_string(),
            minute(drift.promised_local_start),
            minute(drift.local_start),
            format!("{} {}", drift.promised_tzdb, drift.tzdb),
            word.to_owned(),
        ],
        None => [
            finding.interview.to_string(),
            dash(),
            dash(),
            dash(),
            TZDB_VERSION.to_owned(),
            format!("as promised again, {word}"),
        ],
    }
}

fn minute(local: NaiveDateTime) -> String {
    local.format("%Y-%m-%d %H:%M").to_string()
}
