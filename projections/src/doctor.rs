//! Comparing a read model with a fresh fold of the log.
//!
//! The fold goes into a database of its own, by the code of this build, and the live table is only read, in one snapshot:
//! nothing waits, and a table of another build can be compared too, which is what a dry run is. Ranges of rows are
//! compared by their digests first, which PostgreSQL takes by itself; only where they differ, row by row.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fmt,
    path::Path,
};

use domain::{
    envelope::{Envelope, Position},
    fact::Category,
    ids::OrganisationId,
};
use futures::StreamExt;
use serde_json::Value as Json;
use store::log::{Filter, Query};
use uuid::Uuid;

use crate::{
    fold::touched_keys,
    ground::{Ground, RunError},
    model::{Column, Key, ReadModel},
    raw_row::{self, RawRow},
    rebuild::{RebuildError, begin, discard},
    runner::{Leader, Step},
    skips::{Hearing, Skips},
    sql::{Db, Tx, Value},
    subject::Subject,
    table::{self, Table, fingerprint},
};

/// Rows of a range.
const ROWS: i64 = 1_000;
/// Most rows whose differences are listed: whoever finds more of them knows enough.
const MOST_ROWS: usize = 1_000;
/// Most events that are named for a row: the last ones.
const MOST_EVENTS: usize = 20;

/// What came of comparing a read model with the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Examination {
    /// Which read model.
    pub model: &'static str,
    /// The table that is live; `None` when none was ever made.
    pub table: Option<String>,
    /// True when the table was made by other code than this: what differs is what this code would change.
    pub other_code: bool,
    /// How many rows the log makes.
    pub rows: u64,
    /// What differs, in the order of the rows.
    pub differences: Vec<Difference>,
    /// How many more rows differ than are listed.
    pub more: u64,
}

impl Examination {
    /// True when the table is what the log says.
    pub const fn is_whole(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Where a live row is not what the log says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Whose row.
    pub tenant: OrganisationId,
    /// Which row.
    pub key: Key,
    /// What the row is about.
    pub subject: Subject,
    /// What is wrong. Values are not told: they may be about people.
    pub finding: Finding,
    /// Where the events are that the row is made from; the last twenty, when there are more.
    pub events: Vec<Position>,
}

/// What is wrong with a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Finding {
    /// The log makes a row that the table does not have.
    Missing,
    /// The table has a row that the log does not make.
    Surplus,
    /// The row says that another event changed it last.
    Position,
    /// The field of the row at this JSON pointer holds something else; the whole row when it is empty.
    Field(String),
    /// A column beside the row, which lists are filtered and sorted by, is not what the row says.
    Column(&'static str),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Surplus => f.write_str("is too much"),
            Self::Position => f.write_str("differs in its position"),
            Self::Field(pointer) if pointer.is_empty() => f.write_str("differs as a whole"),
            Self::Field(pointer) => write!(f, "differs at {pointer}"),
            Self::Column(name) => write!(f, "differs in column {name}"),
        }
    }
}

/// Folds the log again in a database of its own in `folder`, as far as the live table is, and compares the two.
pub(crate) async fn examine<M: ReadModel>(
    ground: &Ground,
    folder: &Path,
) -> Result<Examination, RebuildError> {
    let scratch = Db::open_scratch(&folder.join(format!("{}.db", M::NAME))).await?;
    table::set_up(&scratch).await?;
    let beside = Ground {
        db: scratch.clone(),
        ..ground.clone()
    };
    let mut fresh = begin::<M>(&beside).await?;
    let examined = fold_and_compare(ground, &mut fresh).await;
    // The next read model needs the room.
    discard(&beside, &fresh.table).await?;
    scratch.close().await;
    examined
}

async fn fold_and_compare<M: ReadModel>(
    ground: &Ground,
    fresh: &mut Leader<'_, M>,
) -> Result<Examination, RebuildError> {
    let mut examined = Examination {
        model: M::NAME,
        table: None,
        other_code: false,
        rows: 0,
        differences: Vec::new(),
        more: 0,
    };
    let Some(live) = table::live(&ground.db, M::NAME).await? else {
        return Ok(examined);
    };
    // So that little is left to be folded while the snapshot is held.
    fold_until(ground, fresh, live.position).await?;
    let mut tx = ground.db.snapshot().await?;
    let Some(live) = table::live_in(&mut tx, M::NAME).await? else {
        return Ok(examined);
    };
    fold_until(ground, fresh, live.position).await?;
    if fresh.claim.position != live.position {
        return Err(RebuildError::AheadOfLog {
            model: M::NAME,
            checkpoint: live.position,
            end: fresh.claim.position,
        });
    }
    examined.table = Some(live.table.as_str().to_owned());
    examined.other_code = live.fingerprint != fingerprint::<M>();
    let columns = if examined.other_code { &[] } else { M::COLUMNS };
    let mut comparison = Comparison {
        live: (tx, Table::<M>::named(live.table)),
        fresh: (fresh.db().snapshot().await?, fresh.table.clone()),
        columns,
    };
    let found = comparison.all(&mut examined).await?;
    drop(comparison);
    name_events::<M>(ground, live.position, found, &mut examined).await?;
    Ok(examined)
}

async fn fold_until<M: ReadModel>(
    ground: &Ground,
    fresh: &mut Leader<'_, M>,
    until: Position,
) -> Result<(), RebuildError> {
    loop {
        match fresh.step(ground.pace.build_page, Some(until)).await? {
            Step::Folded(_) => {}
            Step::TryAgain => tokio::time::sleep(ground.pace.pause).await,
            Step::CaughtUp => return Ok(()),
            Step::Fenced => return Err(RebuildError::Overtaken(M::NAME)),
        }
    }
}

type RowKey = (OrganisationId, Key);
type Found = Vec<(RowKey, Vec<Finding>)>;
type Full = (RawRow, Vec<Value>);

/// The two tables, each as it was at one moment.
struct Comparison<M> {
    live: (Tx, Table<M>),
    fresh: (Tx, Table<M>),
    columns: &'static [Column],
}

impl<M: ReadModel> Comparison<M> {
    /// What differs; rows beyond the most that are listed are only counted.
    async fn all(&mut self, examined: &mut Examination) -> Result<Found, RebuildError> {
        let (mut found, mut after) = (Found::new(), None);
        loop {
            let (tx, table) = &mut self.fresh;
            let page = table.scan(tx, after, None, ROWS, self.columns).await?;
            examined.rows += page.len() as u64;
            // The last range goes to the end, so that what the live table has behind it is seen.
            let until = match page.last() {
                Some((row, _)) if page.len() as i64 == ROWS => Some((row.tenant, row.key)),
                Some(_) | None => None,
            };
            let (tx, table) = &mut self.live;
            if table.digest(tx, after, until, self.columns).await? != raw_row::digest_of(&page) {
                let live = table.scan(tx, after, until, i64::MAX, self.columns).await?;
                for row in self.compare(live, page) {
                    if found.len() < MOST_ROWS {
                        found.push(row);
                    } else {
                        examined.more += 1;
                    }
                }
            }
            match until {
                Some(last) => after = Some(last),
                None => return Ok(found),
            }
        }
    }

    /// The rows of a range that differ.
    fn compare(&self, live: Vec<Full>, fresh: Vec<Full>) -> Found {
        let key = |full: &Full| (full.0.tenant, full.0.key);
        let (mut live, mut fresh) = (live.into_iter().peekable(), fresh.into_iter().peekable());
        let mut found = Found::new();
        loop {
            let next = [live.peek().map(key), fresh.peek().map(key)];
            let Some(least) = next.iter().flatten().min().copied() else {
                return found;
            };
            let findings = match (
                live.next_if(|row| key(row) == least),
                fresh.next_if(|row| key(row) == least),
            ) {
                (Some(live), Some(fresh)) => self.findings(&live, &fresh),
                (Some(_), None) => vec![Finding::Surplus],
                (None, Some(_)) => vec![Finding::Missing],
                (None, None) => Vec::new(),
            };
            if !findings.is_empty() {
                found.push((least, findings));
            }
        }
    }

    fn findings(&self, (live, ours): &Full, (fresh, theirs): &Full) -> Vec<Finding> {
        let mut findings = Vec::new();
        if live.position != fresh.position {
            findings.push(Finding::Position);
        }
        if live.json != fresh.json {
            let rows = (
                serde_json::from_str(&live.json),
                serde_json::from_str(&fresh.json),
            );
            let mut fields = match rows {
                (Ok(live), Ok(fresh)) => differing_fields(&live, &fresh),
                (Ok(_), Err(_)) | (Err(_), _) => Vec::new(),
            };
            if fields.is_empty() {
                // Not JSON at all, or the same in other characters.
                fields.push(String::new());
            }
            findings.extend(fields.into_iter().map(Finding::Field));
        }
        let columns = self.columns.iter().zip(ours.iter().zip(theirs));
        let differing = columns.filter(|(_, (ours, theirs))| ours != theirs);
        findings.extend(differing.map(|(column, _)| Finding::Column(column.name)));
        findings
    }
}

/// JSON pointers to the fields in which two rows differ, as deep as both have them; empty for the whole row.
pub fn differing_fields(ours: &Json, theirs: &Json) -> Vec<String> {
    let mut fields = Vec::new();
    compare_fields("", ours, theirs, &mut fields);
    fields
}

fn compare_fields(path: &str, ours: &Json, theirs: &Json, fields: &mut Vec<String>) {
    match (ours, theirs) {
        (Json::Object(ours), Json::Object(theirs)) => {
            let names: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
            for name in names {
                let below = format!("{path}/{name}");
                match (ours.get(name), theirs.get(name)) {
                    (Some(ours), Some(theirs)) => compare_fields(&below, ours, theirs, fields),
                    (Some(_), None) | (None, Some(_)) => fields.push(below),
                    (None, None) => {}
                }
            }
        }
        (Json::Array(ours), Json::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                compare_fields(&format!("{path}/{index}"), ours, theirs, fields);
            }
        }
        (ours, theirs) if ours == theirs => {}
        _ => fields.push(path.to_owned()),
    }
}

/// Adds what differs, each with what it is about and the events that make the row. They are found in one pass over the
/// log, which the fold was too.
async fn name_events<M: ReadModel>(
    ground: &Ground,
    until: Position,
    found: Found,
    examined: &mut Examination,
) -> Result<(), RunError> {
    if found.is_empty() {
        return Ok(());
    }
    let hearing = Hearing {
        codec: &ground.codec,
        skips: Skips::NONE,
    };
    let mut behind: HashMap<RowKey, VecDeque<Position>> =
        found.iter().map(|(key, _)| (*key, VecDeque::new())).collect();
    let mut subjects: HashMap<(OrganisationId, Uuid), Option<Category>> = found
        .iter()
        .map(|((tenant, key), _)| ((*tenant, key.link()), None))
        .collect();
    let mut events = ground.log.read(Query::forward(Filter::All).until(until));
    while let Some(event) = events.next().await {
        let event = event?;
        let Envelope { stream, position, .. } = event.envelope;
        // Of streams that share an id, the first category names it, as everywhere.
        if let Some(known) = subjects.get_mut(&(stream.tenant, stream.id)) {
            *known = Some(known.map_or(stream.category, |known| known.min(stream.category)));
        }
        for key in touched_keys::<M>(hearing, &event) {
            if let Some(positions) = behind.get_mut(&(stream.tenant, key)) {
                if positions.len() == MOST_EVENTS {
                    positions.pop_front();
                }
                positions.push_back(position);
            }
        }
    }
    for (row @ (tenant, key), findings) in found {
        let events: Vec<_> = behind.remove(&row).into_iter().flatten().collect();
        let category = subjects.get(&(tenant, key.link())).copied().flatten();
        let subject = Subject {
            id: key.link(),
            category,
        };
        examined
            .differences
            .extend(findings.into_iter().map(|finding| Difference {
                tenant,
                key,
                subject,
                finding,
                events: events.clone(),
            }));
    }
    Ok(())
}
