//! Reading rows: by key, by several keys at once, and as keyset-paged lists with filters over closed sets of fields.

use std::collections::HashMap;

use domain::{
    envelope::Position,
    ids::{Id, OrganisationId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    memo::Memo,
    model::{Column, Key, ReadModel, Stored},
    sql::{Db, DbError, Kind, Name, Received, Sql, Value},
};

/// The column that every table has.
pub(crate) const KEY: Column = Column::required("key", Kind::Id);

/// A filter over the columns of a read model. Read models offer filters in words of their own; this is what those
/// become.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// All of them hold; none is no restriction.
    All(Vec<Self>),
    /// At least one holds; none is nothing.
    Any(Vec<Self>),
    /// It does not hold, or the column is null.
    Not(Box<Self>),
    /// The column is one of the values.
    In(Column, Vec<Value>),
    /// The column is this or more.
    AtLeast(Column, Value),
    /// The column is less than this.
    Below(Column, Value),
    /// The column is null.
    Null(Column),
    /// The column holds this text somewhere. No index leads there: rows that fit otherwise are looked at one by one.
    Contains(Column, String),
    /// Another read model of the same tenant has a row that points here, in which each column is one of its values.
    /// It is looked for row by row, for what many rows fit.
    Exists(Elsewhere, Vec<(Column, Vec<Value>)>),
    /// The same, for what few rows fit: the other read model's rows are found first, and lead here.
    Among(Elsewhere, Vec<(Column, Vec<Value>)>),
}

/// How a row of another read model points to a row of this one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elsewhere {
    /// The other read model.
    pub(crate) view: &'static str,
    /// Its column that points.
    pub(crate) there: Column,
    /// The column here that it points to, or `key`.
    pub(crate) here: &'static str,
}

/// The direction of an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Direction {
    /// Least first.
    Ascending,
    /// Greatest first.
    Descending,
}

impl Direction {
    const fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// A place between two rows of a list: the values that the list is ordered by, and the key. It belongs to one order
/// only; who hands it out as a cursor binds it to order and filter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    values: Vec<Value>,
    key: Vec<u8>,
}

impl Place {
    /// What ascending lists are ordered by.
    fn ascending(&self) -> (Vec<Option<i64>>, &[u8]) {
        let numbers = self.values.iter().map(|value| match value {
            Value::Integer(number) => Some(*number),
            Value::Null(_) | Value::Bytes(_) | Value::Text(_) | Value::Bool(_) => None,
        });
        (numbers.collect(), &self.key)
    }

    fn is_behind(&self, other: &Self) -> bool {
        self.ascending() > other.ascending()
    }

    /// The place of a row with these values of the columns that its list is ordered by.
    pub(crate) fn new(values: Vec<Value>, key: Key) -> Self {
        Self {
            values,
            key: key.bytes(),
        }
    }
}

#[cfg(test)]
impl Place {
    /// A place in a list that is ordered by one moment.
    pub(crate) fn of_test(moment: i64) -> Self {
        Self {
            values: vec![Value::Integer(moment)],
            key: vec![7; 16],
        }
    }
}

/// Which part of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice {
    /// From its beginning or from its end.
    pub take: Take,
    /// At most so many rows.
    pub most: u16,
    /// Only rows behind this place.
    pub after: Option<Place>,
    /// Only rows before this place.
    pub before: Option<Place>,
}

/// From which end a part of a list is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Take {
    /// The first rows.
    First,
    /// The last rows, still in the list's order.
    Last,
}

impl Slice {
    /// The first rows of a list.
    pub const fn first(most: u16) -> Self {
        Self {
            take: Take::First,
            most,
            after: None,
            before: None,
        }
    }

    /// The last rows of a list.
    pub const fn last(most: u16) -> Self {
        Self {
            take: Take::Last,
            most,
            after: None,
            before: None,
        }
    }

    /// The same, behind a place.
    #[must_use]
    pub fn after(mut self, place: Place) -> Self {
        self.after = Some(place);
        self
    }

    /// The same, before a place.
    #[must_use]
    pub fn before(mut self, place: Place) -> Self {
        self.before = Some(place);
        self
    }
}

/// A part of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Listed<R> {
    /// The rows in the list's order, each with its place.
    pub rows: Vec<(Place, Stored<R>)>,
    /// Whether the list goes on behind the last one.
    pub has_next: bool,
    /// Whether there is something before the first one.
    pub has_previous: bool,
}

impl<R> Listed<R> {
    /// The same part of a list that has other rows besides, given in any order: an ascending one by whole numbers.
    pub(crate) fn with(
        mut self,
        others: impl IntoIterator<Item = (Place, Stored<R>)>,
        slice: &Slice,
    ) -> Self {
        let behind = |place: &Place| slice.after.as_ref().is_none_or(|after| place.is_behind(after));
        let before = |place: &Place| slice.before.as_ref().is_none_or(|before| before.is_behind(place));
        let others = others.into_iter();
        self.rows
            .extend(others.filter(|(place, _)| behind(place) && before(place)));
        self.rows
            .sort_by(|(a, _), (b, _)| a.ascending().cmp(&b.ascending()));
        let many = self.rows.len().saturating_sub(usize::from(slice.most));
        match slice.take {
            Take::First => {
                self.rows.truncate(usize::from(slice.most));
                self.has_next |= many > 0;
            }
            Take::Last => {
                self.rows.drain(..many);
                self.has_previous |= many > 0;
            }
        }
        self
    }
}

/// The row with a key.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_key<M: ReadModel>(
    db: &Db,
    tenant: OrganisationId,
    key: Key,
) -> Result<Option<Stored<M::Row>>, DbError> {
    let found = by_keys::<M>(db, tenant, &[key]).await?;
    Ok(found.into_iter().flatten().next())
}

/// The rows with these keys, in the order asked, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_keys<M: ReadModel>(
    db: &Db,
    tenant: OrganisationId,
    keys: &[Key],
) -> Result<Vec<Option<Stored<M::Row>>>, DbError> {
    let found = with_keys::<M>(db, tenant, keys).await?.into_iter();
    let found: HashMap<Key, Stored<M::Row>> = found.map(|stored| (stored.key, stored)).collect();
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

/// The rows with these keys, in any order and each once, by one statement.
pub(crate) async fn with_keys<M: ReadModel>(
    db: &Db,
    tenant: OrganisationId,
    keys: &[Key],
) -> Result<Vec<Stored<M::Row>>, DbError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = select::<M>(db, tenant, &[]);
    sql.push(" and t.key")
        .is_among(KEY.kind, keys.iter().map(|key| Value::Bytes(key.bytes())));
    rows::<M>(db, sql).await
}

/// Every row that fits, ordered by key. For sets that one entity bounds, such as the scorecards of an interview: they
/// are put in order here, so that a database never walks all keys to find them in order.
pub(crate) async fn all<M: ReadModel>(
    db: &Db,
    tenant: OrganisationId,
    condition: &Condition,
) -> Result<Vec<Stored<M::Row>>, DbError> {
    let mut found = rows::<M>(db, statement_of_all::<M>(db, tenant, condition)).await?;
    found.sort_unstable_by_key(|stored| stored.key);
    Ok(found)
}

/// The statement that reads every row that fits.
pub(crate) fn statement_of_all<M: ReadModel>(db: &Db, tenant: OrganisationId, condition: &Condition) -> Sql {
    let mut sql = select::<M>(db, tenant, &[]);
    sql.push(" and ");
    add_condition(&mut sql, tenant, condition);
    sql
}

/// How many rows fit.
pub(crate) async fn count<M: ReadModel>(
    db: &Db,
    tenant: OrganisationId,
    condition: &Condition,
) -> Result<u64, DbError> {
    let mut sql = db.sql();
    sql.push("select count(*) from ")
        .table(&view::<M>())
        .push(" t where t.tenant = ")
        .bind(tenant)
        .push(" and ");
    add_condition(&mut sql, tenant, condition);
    let rows = db.fetch(sql, &[Kind::Integer]).await?;
    match rows.first().and_then(|cells| cells.first()) {
        Some(Value::Integer(count)) => Ok(u64::try_from(*count).unwrap_or(0)),
        Some(Value::Null(_) | Value::Bytes(_) | Value::Text(_) | Value::Bool(_)) | None => {
            Err(DbError::Unreadable {
                table: M::NAME.to_owned(),
            })
        }
    }
}

/// A part of the rows that fit, in an order that the key completes: its direction is that of the last column.
pub(crate) async fn list<M: ReadModel>(
    db: &Db,
    tenant: OrganisationId,
    condition: &Condition,
    order: &[(Column, Direction)],
    slice: &Slice,
) -> Result<Listed<M::Row>, DbError> {
    let columns: Vec<Column> = order.iter().map(|(column, _)| *column).collect();
    for place in [&slice.after, &slice.before].into_iter().flatten() {
        let fits = place.values.len() == columns.len()
            && place
                .values
                .iter()
                .zip(&columns)
                .all(|(value, column)| value.fits(column.kind) && !matches!(value, Value::Null(_)))
            && Key::from_bytes(&place.key).is_some();
        if !fits {
            return Err(DbError::ForeignPlace);
        }
    }
    let most = usize::from(slice.most);
    let sql = statement::<M>(db, tenant, condition, order, slice);
    let placed = |row: Received<'_>| {
        let values = columns.iter().zip(ROW_COLUMNS..);
        let values = values.map(|(column, index)| row.value(index, column.kind));
        let place = Place {
            values: values.collect::<Result<_, _>>()?,
            key: row.bytes(1)?.to_vec(),
        };
        Ok((place, stored::<M>(db.memo(), row)?))
    };
    let mut found = db.read(sql, placed).await?;
    let more = found.len() > most;
    found.truncate(most);
    let (has_next, has_previous) = match slice.take {
        Take::First => (more, slice.after.is_some()),
        Take::Last => (slice.before.is_some(), more),
    };
    if slice.take == Take::Last {
        found.reverse();
    }
    Ok(Listed {
        rows: found,
        has_next,
        has_previous,
    })
}

/// The statement that reads a part of a list, and one row more.
pub(crate) fn statement<M: ReadModel>(
    db: &Db,
    tenant: OrganisationId,
    condition: &Condition,
    order: &[(Column, Direction)],
    slice: &Slice,
) -> Sql {
    let forward = with_key(order);
    let backward: Vec<_> = forward
        .iter()
        .map(|(name, direction)| (*name, direction.reversed()))
        .collect();
    let reading = match slice.take {
        Take::First => &forward,
        Take::Last => &backward,
    };

    let columns: Vec<Column> = order.iter().map(|(column, _)| *column).collect();
    let mut sql = select::<M>(db, tenant, &columns);
    sql.push(" and ");
    add_condition(&mut sql, tenant, condition);
    if let Some(place) = &slice.after {
        sql.push(" and ");
        add_behind(&mut sql, &forward, place);
    }
    if let Some(place) = &slice.before {
        sql.push(" and ");
        add_behind(&mut sql, &backward, place);
    }
    sql.push(" order by ").list(reading, |sql, (column, direction)| {
        sql.push("t.").push(column).push(match direction {
            Direction::Ascending => "",
            Direction::Descending => " desc",
        });
    });
    sql.push(" limit ").bind(i64::from(slice.most) + 1);
    sql
}

fn with_key(order: &[(Column, Direction)]) -> Vec<(&'static str, Direction)> {
    let last = order
        .last()
        .map_or(Direction::Ascending, |(_, direction)| *direction);
    let columns = order.iter().map(|(column, direction)| (column.name, *direction));
    columns.chain([("key", last)]).collect()
}

/// Behind a place in an order: later in the first column, or equal there and later in the next, and so on.
fn add_behind(sql: &mut Sql, order: &[(&'static str, Direction)], place: &Place) {
    let value = |index: usize| match place.values.get(index) {
        Some(value) => value.clone(),
        None => Value::Bytes(place.key.clone()),
    };
    let later = |direction: Direction| match direction {
        Direction::Ascending => " > ",
        Direction::Descending => " < ",
    };
    let first = order
        .first()
        .map_or(Direction::Ascending, |(_, direction)| *direction);
    if order.iter().all(|(_, direction)| *direction == first) {
        // One direction: a comparison of row values, which an index serves.
        sql.push("(").list(order, |sql, (column, _)| {
            sql.push("t.").push(column);
        });
        sql.push(")")
            .push(later(first))
            .push("(")
            .list(0..order.len(), |sql, index| {
                sql.bind(value(index));
            });
        sql.push(")");
        return;
    }
    // Said once more of the first column alone, so that an index leads to the place.
    if let Some((column, direction)) = order.first() {
        sql.push("t.").push(column);
        sql.push(match direction {
            Direction::Ascending => " >= ",
            Direction::Descending => " <= ",
        });
        sql.bind(value(0)).push(" and ");
    }
    sql.push("(");
    for (index, (column, direction)) in order.iter().enumerate() {
        sql.push(if index == 0 { "(" } else { " or (" });
        for (earlier, (column, _)) in order.iter().enumerate().take(index) {
            sql.push("t.")
                .push(column)
                .push(" = ")
                .bind(value(earlier))
                .push(" and ");
        }
        sql.push("t.")
            .push(column)
            .push(later(*direction))
            .bind(value(index))
            .push(")");
    }
    sql.push(")");
}

fn add_condition(sql: &mut Sql, tenant: OrganisationId, condition: &Condition) {
    match condition {
        Condition::All(parts) => add_joined(sql, tenant, parts, " and ", "1 = 1"),
        Condition::Any(parts) => add_joined(sql, tenant, parts, " or ", "1 = 0"),
        Condition::Not(part) => {
            // A comparison with null is neither true nor false; `not` is to be the opposite of what is listed. Said as a
            // truth and not as a number, of which PostgreSQL would think that hardly any row has it.
            sql.push("(case when ");
            add_condition(sql, tenant, part);
            sql.push(" then false else true end)");
        }
        Condition::In(column, values) => add_in(sql, "t.", *column, values),
        Condition::AtLeast(column, value) => {
            sql.push("t.").push(column.name).push(" >= ").bind(value.clone());
        }
        Condition::Below(column, value) => {
            sql.push("t.").push(column.name).push(" < ").bind(value.clone());
        }
        Condition::Null(column) => {
            sql.push("t.").push(column.name).push(" is null");
        }
        Condition::Contains(column, text) => {
            sql.contains("t.", column.name, text);
        }
        Condition::Exists(elsewhere, restrictions) => {
            let view = Name::new(elsewhere.view).expect("names of read models are plain lower case");
            sql.push("exists (select 1 from ")
                .table(&view)
                .push(" e where e.tenant = t.tenant and e.");
            sql.push(elsewhere.there.name).push(" = t.").push(elsewhere.here);
            add_restrictions(sql, restrictions);
            sql.asked_for_each_row();
        }
        Condition::Among(elsewhere, restrictions) => {
            let view = Name::new(elsewhere.view).expect("names of read models are plain lower case");
            sql.push("t.").push(elsewhere.here).push(" in (select e.");
            sql.push(elsewhere.there.name)
                .push(" from ")
                .table(&view)
                .push(" e where e.tenant = ")
                .bind(tenant);
            add_restrictions(sql, restrictions);
            sql.push(")");
        }
    }
}

fn add_restrictions(sql: &mut Sql, restrictions: &[(Column, Vec<Value>)]) {
    for (column, values) in restrictions {
        sql.push(" and ");
        add_in(sql, "e.", *column, values);
    }
}

fn add_in(sql: &mut Sql, alias: &'static str, column: Column, values: &[Value]) {
    if values.is_empty() {
        sql.push("1 = 0");
        return;
    }
    sql.push(alias)
        .push(column.name)
        .is_among(column.kind, values.iter().cloned());
}

fn add_joined(
    sql: &mut Sql,
    tenant: OrganisationId,
    parts: &[Condition],
    between: &'static str,
    none: &'static str,
) {
    if parts.is_empty() {
        sql.push(none);
        return;
    }
    sql.push("(");
    for (index, part) in parts.iter().enumerate() {
        sql.push(if index == 0 { "" } else { between });
        add_condition(sql, tenant, part);
    }
    sql.push(")");
}

fn view<M: ReadModel>() -> Name {
    Name::new(M::NAME).expect("names of read models are plain lower case")
}

/// Columns that [`stored`] reads.
const ROW_COLUMNS: usize = 4;

/// The rows of a tenant, with some columns beside them.
fn select<M: ReadModel>(db: &Db, tenant: OrganisationId, beside: &[Column]) -> Sql {
    let mut sql = db.sql();
    sql.push("select t.tenant, t.key, t.position, t.row");
    for column in beside {
        sql.push(", t.").push(column.name);
    }
    sql.push(" from ")
        .table(&view::<M>())
        .push(" t where t.tenant = ")
        .bind(tenant);
    sql
}

fn stored<M: ReadModel>(memo: &Memo, row: Received<'_>) -> Result<Stored<M::Row>, DbError> {
    let unreadable = || DbError::Unreadable {
        table: M::NAME.to_owned(),
    };
    let position = u64::try_from(row.integer(2)?).map_err(|_| unreadable())?;
    Ok(Stored {
        tenant: Id::new(Uuid::from_slice(row.bytes(0)?).map_err(|_| unreadable())?),
        key: Key::from_bytes(row.bytes(1)?).ok_or_else(unreadable)?,
        position: Position(position),
        row: memo.row(row.text(3)?).map_err(|_| unreadable())?,
    })
}

async fn rows<M: ReadModel>(db: &Db, sql: Sql) -> Result<Vec<Stored<M::Row>>, DbError> {
    db.read(sql, |row| stored::<M>(db.memo(), row)).await
}
