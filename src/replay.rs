//! The story of an interview, told from the log.

use std::{fmt::Write as _, time::Duration};

use anyhow::{Context, Result, bail};
use domain::{
    envelope::{Position, Recorded},
    fact::Category,
    ids,
    ids::OrganisationId,
    story,
    time::Instant,
};
use futures::TryStreamExt;
use store::{
    codec::Codec,
    log::{Filter, Log, Query},
};
use uuid::Uuid;

/// The longest pause between two sentences, however long nothing happened.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What a story is about, and whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subject {
    /// Whose.
    pub tenant: OrganisationId,
    /// Which interview, payment, room or other thing.
    pub id: Uuid,
}

/// How fast a story is told.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pace {
    /// At once.
    Instant,
    /// So many times as fast as it happened; no pause is longer than a second.
    Times(f64),
}

/// Finds whose an id is.
///
/// # Errors
/// When it is no id, no organisation has anything of that id, or the log cannot be read.
pub async fn find(log: &dyn Log, id: &str) -> Result<Subject> {
    let Some((_, id)) = ids::parse_any(id) else {
        bail!("{id} is no id: ids look like int_01jqx4e3c5f7wb8k2m9n6p0r4t");
    };
    let organisations = Filter::Category {
        category: Category::Organisation,
        tenant: None,
    };
    let mut organisations = log.read(Query::forward(organisations));
    while let Some(event) = organisations.try_next().await? {
        let tenant = event.envelope.stream.tenant;
        let link = Filter::Link { tenant, link: id };
        let first = log.read(Query::forward(link).limit(1)).try_next().await?;
        if first.is_some() {
            return Ok(Subject { tenant, id });
        }
    }
    bail!("nothing in this log has that id: is it the right data folder?")
}

/// Tells everything that happened to a subject, in order, with the time since its beginning. No name is told.
///
/// # Errors
/// When the log cannot be read, or `say` fails.
pub async fn tell(
    log: &dyn Log,
    codec: &Codec,
    subject: Subject,
    pace: Pace,
    mut say: impl FnMut(&str) -> Result<()>,
) -> Result<u64> {
    let link = Filter::Link {
        tenant: subject.tenant,
        link: subject.id,
    };
    let mut events = log.read(Query::forward(link));
    let (mut beginning, mut before, mut told) = (None, None, 0);
    while let Some(event) = events.try_next().await? {
        let moment = event.envelope.occurred_at;
        let begun = *beginning.get_or_insert(moment);
        for sentence in sentences(codec, &event)? {
            pause(pace, before, moment).await;
            before = Some(moment);
            say(&format!("{:>14}  {sentence}", offset(begun, moment)))?;
            told += 1;
        }
    }
    Ok(told)
}

/// What an event says. One that only a newer version of this program knows is told by its name.
fn sentences(codec: &Codec, event: &Recorded) -> Result<Vec<String>> {
    match codec.decode(event) {
        Ok(facts) => Ok(facts.iter().map(story::sentence).collect()),
        Err(error) if error.is_unknown() => Ok(vec![format!(
            "something that this version does not know ({} version {})",
            event.envelope.event_type, event.envelope.schema_version
        )]),
        Err(error) => Err(error).context("an event cannot be read"),
    }
}

async fn pause(pace: Pace, before: Option<Instant>, moment: Instant) {
    let (Pace::Times(speed), Some(before)) = (pace, before) else {
        return;
    };
    let gap = (moment - before).to_std().unwrap_or_default();
    let gap = Duration::try_from_secs_f64(gap.as_secs_f64() / speed).unwrap_or(LONGEST_PAUSE);
    tokio::time::sleep(gap.min(LONGEST_PAUSE)).await;
}

/// The time since the beginning: `+04:05`, with hours and days in front when there are any. What happened before the
/// beginning, as an outcome that was heard of late, counts from it.
fn offset(beginning: Instant, moment: Instant) -> String {
    let seconds = (moment - beginning).num_seconds().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let mut text = "+".to_owned();
    if days > 0 {
        let _ = write!(text, "{days}d ");
    }
    if seconds >= 3_600 {
        let _ = write!(text, "{hours:02}:");
    }
    let _ = write!(text, "{minutes:02}:{:02}", seconds % 60);
    text
}

/// Where the log ended at a moment, or ends now.
///
/// # Errors
/// When the log cannot be read.
pub async fn position(log: &dyn Log, moment: Option<Instant>) -> Result<Position> {
    Ok(match moment {
        Some(moment) => log.position_at(moment).await?,
        None => log.head().await?,
    })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use domain::{
        actor::Actor,
        envelope::{Envelope, StreamId},
    };

    use super::*;

    fn after(seconds: i64) -> String {
        let beginning = DateTime::UNIX_EPOCH;
        offset(beginning, beginning + TimeDelta::seconds(seconds))
    }

    #[test]
    fn offsets_grow_in_front() {
        assert_eq!(after(245), "+04:05");
        assert_eq!(after(3_600), "+01:00:00");
        assert_eq!(after(2 * 86_400 + 61), "+2d 00:01:01");
    }

    #[test]
    fn nothing_is_told_before_the_beginning() {
        assert_eq!(after(-5), "+00:00");
    }

    #[test]
    fn an_event_of_a_newer_version_is_told_by_its_name_and_a_damaged_one_is_an_error() {
        let told = |event_type: &str, version| {
            let event = stored(event_type, version);
            sentences(&Codec::current(), &event)
        };

        let unknown = "something that this version does not know (interview.teleported version 3)";
        assert_eq!(told("interview.teleported", 3).unwrap(), [unknown]);
        assert!(told("interview.confirmed", 1).is_err());
    }

    fn stored(event_type: &str, schema_version: u16) -> Recorded {
        Recorded {
            envelope: Envelope {
                position: Position(1),
                stream: StreamId {
                    tenant: OrganisationId::new(Uuid::nil()),
                    category: Category::Interview,
                    id: Uuid::nil(),
                },
                version: 1,
                event_id: ids::EventId::new(Uuid::nil()),
                event_type: event_type.to_owned(),
                schema_version,
                occurred_at: DateTime::UNIX_EPOCH,
                recorded_at: DateTime::UNIX_EPOCH,
                actor: Actor::system("test"),
                command_id: ids::CommandId::new(Uuid::nil()),
                correlation_id: ids::CorrelationId::new(Uuid::nil()),
                causation_id: None,
                subjects: Vec::new(),
                links: Vec::new(),
                trace: None,
                hash: [0; 32],
            },
            payload: br#"{"not":"its shape"}"#.as_slice().into(),
        }
    }
}
