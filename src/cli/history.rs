//! `greenroom history`: an interview as it was, folded from its events.

use anyhow::{Context, Result, bail};
use domain::{
    ids::InterviewId,
    time::{Instant, Slot},
};
use projections::{
    as_of::Past,
    doctor::differing_fields,
    interviews::{Interview, Interviews},
    model::{Key, Stored},
};
use serde_json::Value;
use store::codec::Codec;

use super::{misused, say, serve::moment};
use crate::{
    config::Config,
    replay,
    stores::{Purpose, Stores},
};

/// Which interview, and when.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The interview, `int_...`.
    id: String,
    /// As the log knew it at this moment, in recorded time; now when absent.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    as_of: Option<Instant>,
    /// Everything, as JSON.
    #[arg(long)]
    json: bool,
    /// Only what has changed since this moment, field by field.
    #[arg(long, value_name = "MOMENT", value_parser = moment, conflicts_with = "json")]
    since: Option<Instant>,
}

/// Prints it. Personal data stays sealed.
pub(super) async fn run(config: &Config, args: &Args) -> Result<()> {
    let id: InterviewId = args
        .id
        .parse()
        .map_err(|error| misused(format!("{}: {error}", args.id)))?;
    let stores = Stores::open(config, Purpose::Tool).await?;
    let subject = replay::find(&*stores.log, &args.id).await?;
    let position = replay::position(&*stores.log, args.as_of).await?;
    let past = Past::of(stores.log.clone(), Codec::current());
    let at = async |position| {
        past.row::<Interviews>(subject.tenant, Key::of(id), position)
            .await
    };
    let found = at(position).await?;
    let before = match args.since {
        Some(since) => Some(at(replay::position(&*stores.log, Some(since)).await?).await?),
        None => None,
    };
    stores.close().await;
    let Some(found) = found else {
        bail!("there was no {id} at that moment");
    };
    if let Some(before) = before {
        return show_changes(before.as_ref(), &found);
    }
    if args.json {
        let mut row = serde_json::to_value(&*found.row).context("the interview cannot be written as JSON")?;
        hide_sealed(&mut row);
        return say(serde_json::to_string_pretty(&row)?);
    }
    show(&found)
}

/// What has become of an interview: each field that differs, before and after.
fn show_changes(before: Option<&Stored<Interview>>, after: &Stored<Interview>) -> Result<()> {
    let json = |stored: Option<&Stored<Interview>>| match stored {
        Some(stored) => serde_json::to_value(&*stored.row),
        None => Ok(Value::Object(serde_json::Map::new())),
    };
    let (mut before, mut after) = (json(before)?, json(Some(after))?);
    let mut fields = differing_fields(&before, &after);
    hide_sealed(&mut before);
    hide_sealed(&mut after);
    for field in &mut fields {
        // That something sealed is another one may be told, but no part of it.
        if let Some(sealed) = field.find("/sealed") {
            field.truncate(sealed);
        }
    }
    fields.dedup();
    if fields.is_empty() {
        return say("nothing has changed");
    }
    for field in fields {
        say(format!(
            "{field}: {} -> {}",
            shown(&before, &field),
            shown(&after, &field)
        ))?;
    }
    Ok(())
}

/// The value of a field as JSON, or a dash when there is none.
fn shown(row: &Value, field: &str) -> String {
    row.pointer(field)
        .map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn show(found: &Stored<Interview>) -> Result<()> {
    let row = &found.row;
    let slot = &row.slot;
    let line = |name: &str, value: String| say(format!("{name:<12}{value}"));
    line("interview", row.interview.to_string())?;
    line("title", row.title.to_string())?;
    line("status", word(&row.status)?)?;
    line("revision", row.revision.to_string())?;
    line("start", local(slot))?;
    line(
        "span",
        format!("{} to {}", rfc3339(slot.span.start), rfc3339(slot.span.end)),
    )?;
    for former in &row.former_slots {
        line("formerly", local(&former.slot))?;
    }
    if let Some(candidate) = row.candidate {
        line("candidate", candidate.to_string())?;
    }
    for member in &row.panel {
        line("interviewer", member.account.to_string())?;
    }
    if let Some(payment) = &row.payment {
        line(
            "payment",
            format!("{} {}", payment.payment, word(&payment.status)?),
        )?;
    }
    if let Some(room) = &row.room {
        line("room", format!("{} {}", room.room, word(&room.status)?))?;
    }
    for (name, moment) in [("started", row.started_at), ("ended", row.ended_at)] {
        if let Some(moment) = moment {
            line(name, rfc3339(moment))?;
        }
    }
    line("requested", rfc3339(row.created_at))?;
    line("position", found.position.to_string())
}

/// A start as the candidate's wall clock shows it.
fn local(slot: &Slot) -> String {
    format!("{} ({})", slot.local_start.format("%Y-%m-%d %H:%M"), slot.zone)
}

fn rfc3339(moment: Instant) -> String {
    moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// The word of an enum as it is stored.
fn word(value: &impl serde::Serialize) -> Result<String> {
    let value = serde_json::to_value(value)?;
    Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Ciphertexts say nothing to a reader.
fn hide_sealed(value: &mut Value) {
    match value {
        Value::Object(fields) if fields.contains_key("sealed") => *value = "[sealed]".into(),
        Value::Object(fields) => fields.values_mut().for_each(hide_sealed),
        Value::Array(items) => items.iter_mut().for_each(hide_sealed),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
