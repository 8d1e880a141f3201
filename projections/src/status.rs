//! How far every read model is: for admins, for whatever watches the system, and for the command line.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant as Tick},
};

use domain::{envelope::Position, time::Instant};
use futures::StreamExt;
use store::log::{Filter, Log, Query, ReadError};

use crate::{
    ground::RunError,
    sql::Db,
    table::{self, Checkpoint, Parked},
};

/// How far back rates look.
const WINDOW: Duration = Duration::from_secs(10);

/// How a read model is.
#[derive(Clone, PartialEq, Debug)]
pub struct Status {
    /// Which.
    pub model: &'static str,
    /// The last event that its table has folded in.
    pub position: Position,
    /// Events of the log that are not folded in; where positions have gaps, at most so many.
    pub lag: u64,
    /// When the first event was recorded that is not folded in; `None` when there is none.
    pub behind_since: Option<Instant>,
    /// Events a second, over the last ten seconds; `None` before it was looked at twice.
    pub rate: Option<f64>,
    /// True while the table was made by other code, and one for this code is being built.
    pub rebuilding: bool,
    /// The table that is being built beside the live one, if any is.
    pub build: Option<Build>,
    /// Rows that wait for a person.
    pub parked: Vec<Parked>,
}

/// A table that is being built.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Build {
    /// The last event that it has folded in.
    pub position: Position,
    /// Events a second, over the last ten seconds; `None` before it was looked at twice.
    pub rate: Option<f64>,
}

/// All read models, and the log that they follow.
#[derive(Clone, PartialEq, Debug)]
pub struct Overview {
    /// Where the log ends.
    pub head: Position,
    /// Each of them.
    pub models: Vec<Status>,
}

/// How fast tables move, from looking at their checkpoints now and then.
#[derive(Debug, Default)]
pub struct Rates(Mutex<HashMap<String, Looks>>);

type Looks = VecDeque<(Tick, Position)>;

impl Rates {
    /// Looks at all checkpoints.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn look(&self, db: &Db) -> Result<(), RunError> {
        self.note(Tick::now(), &table::checkpoints(db).await?);
        Ok(())
    }

    fn note(&self, now: Tick, checkpoints: &[Checkpoint]) {
        let mut known = self.known();
        known.retain(|name, _| checkpoints.iter().any(|table| table.name.as_str() == name));
        for table in checkpoints {
            let looks = known.entry(table.name.as_str().to_owned()).or_default();
            looks.push_back((now, table.position));
            // The oldest one that is kept is as old as the window, so that the rate is over all of it.
            while looks
                .get(1)
                .is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW)
            {
                looks.pop_front();
            }
        }
    }

    fn of(&self, table: &Checkpoint) -> Option<f64> {
        let known = self.known();
        let looks = known.get(table.name.as_str())?;
        let ((began, from), (ended, to)) = (looks.front()?, looks.back()?);
        let seconds = ended.duration_since(*began).as_secs_f64();
        (seconds > 0.0).then(|| to.0.saturating_sub(from.0) as f64 / seconds)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Looks>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How these read models are, each with the fingerprint of this code.
pub(crate) async fn overview(
    log: &dyn Log,
    db: &Db,
    rates: &Rates,
    models: &[(&'static str, String)],
) -> Result<Overview, RunError> {
    let checkpoints = table::checkpoints(db).await?;
    let mut parked = table::all_parked(db).await?;
    // Last, so that no table is ahead of it.
    let head = log.head().await?;
    let mut first_after = BTreeMap::new();
    let mut statuses = Vec::with_capacity(models.len());
    for (model, ours) in models {
        let (live, beside): (Vec<_>, Vec<_>) = checkpoints
            .iter()
            .filter(|table| table.model == *model)
            .partition(|table| table.live);
        let live = live.first();
        let position = live.map_or(Position::START, |table| table.position);
        let behind_since = match first_after.get(&position) {
            Some(known) => *known,
            None => {
                let first = recorded_after(log, position, head).await?;
                first_after.insert(position, first);
                first
            }
        };
        statuses.push(Status {
            model,
            position,
            lag: head.0.saturating_sub(position.0),
            behind_since,
            rate: live.and_then(|table| rates.of(table)),
            rebuilding: live.is_none_or(|table| table.fingerprint != *ours),
            // A build that was given up and one that goes on may both be there: the furthest is the one that will be live.
            build: beside
                .into_iter()
                .max_by_key(|table| table.position)
                .map(|table| Build {
                    position: table.position,
                    rate: rates.of(table),
                }),
            parked: parked.remove(*model).unwrap_or_default(),
        });
    }
    Ok(Overview {
        head,
        models: statuses,
    })
}

async fn recorded_after(
    log: &dyn Log,
    position: Position,
    head: Position,
) -> Result<Option<Instant>, ReadError> {
    if position >= head {
        return Ok(None);
    }
    let mut events = log.read(Query::forward(Filter::All).after(position).limit(1));
    let first = events.next().await.transpose()?;
    Ok(first.map(|event| event.envelope.recorded_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Name;

    fn table(position: u64) -> Checkpoint {
        Checkpoint {
            name: Name::new("interviews_1").unwrap(),
            model: "interviews".to_owned(),
            fingerprint: "1".to_owned(),
            position: Position(position),
            live: true,
        }
    }

    #[test]
    fn a_rate_is_over_the_last_ten_seconds() {
        let (rates, start) = (Rates::default(), Tick::now());
        let seconds = |seconds| start + Duration::from_secs(seconds);

        rates.note(start, &[table(0)]);
        let unknown = rates.of(&table(0));
        rates.note(seconds(2), &[table(2_000)]);
        let early = rates.of(&table(2_000));
        rates.note(seconds(20), &[table(2_000)]);
        rates.note(seconds(30), &[table(2_500)]);
        let late = rates.of(&table(2_500));

        assert_eq!((unknown, early, late), (None, Some(1_000.0), Some(50.0)));
    }

    #[test]
    fn a_table_that_is_gone_has_no_rate() {
        let (rates, start) = (Rates::default(), Tick::now());

        rates.note(start, &[table(0)]);
        rates.note(start + Duration::from_secs(1), &[]);

        assert_eq!(rates.of(&table(0)), None);
    }
}
