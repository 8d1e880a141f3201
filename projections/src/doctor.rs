//! Comparing a read model with a fresh fold of the log.

use std::cmp::Ordering;

use domain::{envelope::Position, ids::OrganisationId};
use serde_json::Value as Json;

use crate::{
    model::{Key, ReadModel},
    rebuild::{RebuildError, begin, discard},
    runner::{Ground, Leader, Step},
    sql::{DbError, Tx},
    table::{self, RawRow, Table},
};

/// Rows that are compared at a time.
const ROWS: i64 = 500;

/// Where a live row is not what the log says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Which read model.
    pub model: &'static str,
    /// Which table.
    pub table: String,
    /// Whose row.
    pub tenant: OrganisationId,
    /// Which row.
    pub key: Key,
    /// JSON pointer to the field; empty when a whole row is missing or too much; `position` for the row's position.
    pub field: String,
    /// What is wrong.
    pub kind: DifferenceKind,
}

/// What is wrong with a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DifferenceKind {
    /// The log makes a row that the table does not have.
    Missing,
    /// The table has a row that the log does not make.
    Surplus,
    /// The field holds something else. Values are not told: they may be about people.
    Other,
}

/// Folds the log again into a table of its own, as far as the live table is, compares the two and drops it. While the
/// rows are compared, the read model waits.
pub(crate) async fn examine<M: ReadModel>(ground: &Ground) -> Result<Vec<Difference>, RebuildError> {
    let mut fresh = begin::<M>(ground).await?;
    let compared = fold_and_compare(ground, &mut fresh).await;
    discard(ground, &fresh.table).await?;
    compared
}

async fn fold_and_compare<M: ReadModel>(
    ground: &Ground,
    fresh: &mut Leader<'_, M>,
) -> Result<Vec<Difference>, RebuildError> {
    loop {
        let Some(live) = table::live(&ground.db, M::NAME).await? else {
            return Ok(Vec::new());
        };
        fold_until(ground, fresh, live.position).await?;
        let mut tx = ground.db.begin().await?;
        let live = Table::<M>::named(live.table);
        match live.lock(&mut tx).await? {
            Some(position) if position == fresh.claim.position => {
                return Ok(compare(&mut tx, &live, &fresh.table).await?);
            }
            // It went on, or was switched: catch up.
            Some(_) | None => {}
        }
    }
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

async fn compare<M: ReadModel>(
    tx: &mut Tx,
    live: &Table<M>,
    fresh: &Table<M>,
) -> Result<Vec<Difference>, DbError> {
    let mut found = Vec::new();
    let (mut ours, mut theirs) = (Scan::new(live), Scan::new(fresh));
    loop {
        let order = match (ours.peek(tx).await?, theirs.peek(tx).await?) {
            (None, None) => return Ok(found),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(ours), Some(theirs)) => (ours.tenant, ours.key).cmp(&(theirs.tenant, theirs.key)),
        };
        let (our, their) = match order {
            Ordering::Less => (ours.take(), None),
            Ordering::Greater => (None, theirs.take()),
            Ordering::Equal => (ours.take(), theirs.take()),
        };
        let difference = |row: &RawRow, field: String, kind| Difference {
            model: M::NAME,
            table: live.name.as_str().to_owned(),
            tenant: row.tenant,
            key: row.key,
            field,
            kind,
        };
        match (our, their) {
            (Some(our), Some(their)) => {
                let mut fields = Vec::new();
                if our.position != their.position {
                    fields.push("position".to_owned());
                }
                match (serde_json::from_str(&our.json), serde_json::from_str(&their.json)) {
                    (Ok(our), Ok(their)) => differing_fields("", &our, &their, &mut fields),
                    _ => fields.push(String::new()),
                }
                found.extend(
                    fields
                        .into_iter()
                        .map(|field| difference(&our, field, DifferenceKind::Other)),
                );
            }
            (Some(our), None) => found.push(difference(&our, String::new(), DifferenceKind::Surplus)),
            (None, Some(their)) => found.push(difference(&their, String::new(), DifferenceKind::Missing)),
            (None, None) => return Ok(found),
        }
    }
}

fn differing_fields(path: &str, ours: &Json, theirs: &Json, fields: &mut Vec<String>) {
    match (ours, theirs) {
        (Json::Object(ours), Json::Object(theirs)) => {
            let names: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
            for name in names {
                let below = format!("{path}/{name}");
                match (ours.get(name), theirs.get(name)) {
                    (Some(ours), Some(theirs)) => differing_fields(&below, ours, theirs, fields),
                    (Some(_), None) | (None, Some(_)) => fields.push(below),
                    (None, None) => {}
                }
            }
        }
        (Json::Array(ours), Json::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                differing_fields(&format!("{path}/{index}"), ours, theirs, fields);
            }
        }
        (ours, theirs) if ours == theirs => {}
        _ => fields.push(path.to_owned()),
    }
}

/// The rows of a table in order, a page at a time.
struct Scan<'t, M> {
    table: &'t Table<M>,
    page: std::vec::IntoIter<RawRow>,
    next: Option<RawRow>,
    last: Option<(OrganisationId, Key)>,
}

impl<'t, M: ReadModel> Scan<'t, M> {
    fn new(table: &'t Table<M>) -> Self {
        Self {
            table,
            page: Vec::new().into_iter(),
            next: None,
            last: None,
        }
    }

    async fn peek(&mut self, tx: &mut Tx) -> Result<Option<RawRow>, DbError> {
        if self.next.is_none() {
            if self.page.len() == 0 {
                self.page = self.table.scan(tx, self.last, ROWS).await?.into_iter();
            }
            self.next = self.page.next();
            self.last = self.next.as_ref().map(|row| (row.tenant, row.key)).or(self.last);
        }
        Ok(self.next.clone())
    }

    const fn take(&mut self) -> Option<RawRow> {
        self.next.take()
    }
}
