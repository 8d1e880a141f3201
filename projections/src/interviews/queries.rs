//! The questions that the table of interviews answers.

use domain::{
    decision::events::Verdict,
    ids::{
        AccountId, GroupId, InterviewId, InterviewTypeId, JoinCodeDigest, OrganisationId, PaymentId, RoomId,
        SeriesId,
    },
    interview_type::events::{Mode, Purpose},
    time::Instant,
};
use serde::{Deserialize, Serialize};

use super::{
    CANDIDATE, CREATED, GROUP, Interview, Interviews, JOIN_CODE, MODE, PAYMENT, PHASE, PURPOSE, Phase, ROOM,
    SERIES, STARTS, STATUS, Status, TITLE, TYPE,
};
use crate::{
    decisions,
    list::{self, Condition, Direction, Listed, Slice},
    model::{Column, Key, Stored, caseless, id, instant, word},
    participations,
    sql::{Db, DbError, Value},
};

/// Whose interviews a viewer may see at all. Part of every question, never added later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// All of the organisation, verdicts included.
    Organisation,
    /// Those in which the account is the candidate or on the panel. Verdicts are not seen: a filter by verdict finds
    /// nothing, and its opposite everything.
    Participant(AccountId),
}

/// A filter over interviews.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// All of them hold; none is no restriction.
    All(Vec<Self>),
    /// At least one holds; none is nothing.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// The interview is one of these.
    Id(Vec<InterviewId>),
    /// The candidate is one of these.
    Candidate(Vec<AccountId>),
    /// One of these takes part, as candidate or on the panel.
    Participant(Vec<AccountId>),
    /// The product is one of these.
    Type(Vec<InterviewTypeId>),
    /// It follows no product.
    NoType,
    /// It is of one of these series.
    Series(Vec<SeriesId>),
    /// It is a seat of one of these groups.
    Group(Vec<GroupId>),
    /// The status is one of these.
    Status(Vec<Status>),
    /// The group is one of these.
    Phase(Vec<Phase>),
    /// The purpose is one of these.
    Purpose(Vec<Purpose>),
    /// The mode is one of these.
    Mode(Vec<Mode>),
    /// The current slot starts then or later.
    StartsFrom(Instant),
    /// The current slot starts before.
    StartsBefore(Instant),
    /// It was asked for then or later.
    CreatedFrom(Instant),
    /// It was asked for before.
    CreatedBefore(Instant),
    /// The title is one of these, whatever the case of letters.
    Title(Vec<String>),
    /// The title has this somewhere, whatever the case of letters.
    TitleContains(String),
    /// The present verdict on it is one of these.
    Verdict(Vec<Verdict>),
}

/// What interviews can be ordered by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum OrderField {
    /// Start of the current slot.
    Start,
    /// When it was asked for.
    Created,
}

/// An order of interviews; ties are broken by id in the same direction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct InterviewOrder {
    /// By what.
    pub field: OrderField,
    /// Which way.
    pub direction: Direction,
}

/// One interview; `None` also when it is out of scope.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_id(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    interview: InterviewId,
) -> Result<Option<Stored<Interview>>, DbError> {
    Ok(by_ids(db, tenant, scope, &[interview])
        .await?
        .into_iter()
        .flatten()
        .next())
}

/// Several interviews in the order asked, by one statement; `None` for one that is absent or out of scope.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_ids(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    interviews: &[InterviewId],
) -> Result<Vec<Option<Stored<Interview>>>, DbError> {
    if interviews.is_empty() {
        return Ok(Vec::new());
    }
    let found =
        list::all::<Interviews>(db, tenant, &restricted(scope, &Where::Id(interviews.to_vec()))).await?;
    let of = |interview: &InterviewId| {
        let key = Key::of(*interview);
        found.iter().find(|stored| stored.key == key).cloned()
    };
    Ok(interviews.iter().map(of).collect())
}

/// The interview that a payment is for.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_payment(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    payment: PaymentId,
) -> Result<Option<Stored<Interview>>, DbError> {
    by_column(db, tenant, scope, Condition::In(PAYMENT, vec![id(payment)])).await
}

/// The interview whose present room this is.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_room(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    room: RoomId,
) -> Result<Option<Stored<Interview>>, DbError> {
    by_column(db, tenant, scope, Condition::In(ROOM, vec![id(room)])).await
}

/// The session that a code is of, over or not. It is in nobody's scope: whoever knows the code may know what the
/// session says of itself to those who knock.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_join_code(
    db: &Db,
    tenant: OrganisationId,
    join_code: JoinCodeDigest,
) -> Result<Option<Stored<Interview>>, DbError> {
    by_column(db, tenant, Scope::Organisation, of_code(join_code)).await
}

async fn by_column(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    condition: Condition,
) -> Result<Option<Stored<Interview>>, DbError> {
    let condition = Condition::All(vec![in_scope(scope), condition]);
    Ok(list::all::<Interviews>(db, tenant, &condition)
        .await?
        .into_iter()
        .next())
}

/// A part of the interviews that fit, in an order.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn list(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    filter: &Where,
    order: &[InterviewOrder],
    slice: &Slice,
) -> Result<Listed<Interview>, DbError> {
    list::list::<Interviews>(db, tenant, &restricted(scope, filter), &columns_of(order), slice).await
}

/// The statement behind [`list`].
#[cfg(test)]
pub(crate) fn statement(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    filter: &Where,
    order: &[InterviewOrder],
    slice: &Slice,
) -> crate::sql::Sql {
    list::statement::<Interviews>(db, tenant, &restricted(scope, filter), &columns_of(order), slice)
}

/// The statement behind [`by_join_code`].
#[cfg(test)]
pub(crate) fn statement_of_code(
    db: &Db,
    tenant: OrganisationId,
    join_code: JoinCodeDigest,
) -> crate::sql::Sql {
    list::statement_of_all::<Interviews>(db, tenant, &of_code(join_code))
}

fn of_code(join_code: JoinCodeDigest) -> Condition {
    Condition::In(JOIN_CODE, vec![id(join_code)])
}

fn columns_of(order: &[InterviewOrder]) -> Vec<(Column, Direction)> {
    match order {
        [] => vec![(STARTS, Direction::Ascending)],
        order => order
            .iter()
            .map(|term| (column_of(term.field), term.direction))
            .collect(),
    }
}

/// Each word once.
fn words_of(all: impl Iterator<Item = Phase>) -> Vec<Value> {
    let mut words: Vec<_> = all.map(|phase| word(&phase)).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// How many interviews fit.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count(db: &Db, tenant: OrganisationId, scope: Scope, filter: &Where) -> Result<u64, DbError> {
    list::count::<Interviews>(db, tenant, &restricted(scope, filter)).await
}

/// Whether an interview is in somebody's scope, told from the row: for rows of the past, which no query restricts. It
/// says who was in it then; who may see it at all is a question to the present row.
pub fn visible(scope: Scope, interview: &Interview) -> bool {
    match scope {
        Scope::Organisation => true,
        Scope::Participant(account) => {
            interview.candidate == Some(account)
                || interview.panel.iter().any(|member| member.account == account)
        }
    }
}

const fn column_of(field: OrderField) -> Column {
    match field {
        OrderField::Start => STARTS,
        OrderField::Created => CREATED,
    }
}

fn restricted(scope: Scope, filter: &Where) -> Condition {
    Condition::All(vec![in_scope(scope), condition(scope, filter)])
}

/// The interviews that somebody may see; for every table whose keys are interviews.
pub(crate) fn in_scope(scope: Scope) -> Condition {
    match scope {
        Scope::Organisation => Condition::All(Vec::new()),
        Scope::Participant(account) => taken_part_in_by(&[account]),
    }
}

fn taken_part_in_by(accounts: &[AccountId]) -> Condition {
    let accounts = accounts.iter().copied().map(id).collect();
    Condition::Among(
        participations::OF_INTERVIEW,
        vec![(participations::ACCOUNT, accounts)],
    )
}

fn condition(scope: Scope, filter: &Where) -> Condition {
    match filter {
        Where::All(parts) => Condition::All(parts.iter().map(|part| condition(scope, part)).collect()),
        Where::Any(parts) => Condition::Any(parts.iter().map(|part| condition(scope, part)).collect()),
        Where::Not(part) => Condition::Not(Box::new(condition(scope, part))),
        Where::Id(ids) => Condition::In(list::KEY, ids.iter().copied().map(id).collect()),
        Where::Candidate(accounts) => Condition::In(CANDIDATE, accounts.iter().copied().map(id).collect()),
        Where::Participant(accounts) => taken_part_in_by(accounts),
        Where::Type(types) => Condition::In(TYPE, types.iter().copied().map(id).collect()),
        Where::NoType => Condition::Null(TYPE),
        Where::Group(groups) => Condition::In(GROUP, groups.iter().copied().map(id).collect()),
        Where::Series(series) => Condition::In(SERIES, series.iter().copied().map(id).collect()),
        // The index is that of the groups.
        Where::Status(all) => Condition::All(vec![
            Condition::In(PHASE, words_of(all.iter().map(|status| status.phase()))),
            Condition::In(STATUS, all.iter().map(word).collect()),
        ]),
        Where::Phase(all) => Condition::In(PHASE, all.iter().map(word).collect()),
        Where::Purpose(all) => Condition::In(PURPOSE, all.iter().map(word).collect()),
        Where::Mode(all) => Condition::In(MODE, all.iter().map(word).collect()),
        Where::StartsFrom(moment) => Condition::AtLeast(STARTS, instant(*moment)),
        Where::StartsBefore(moment) => Condition::Below(STARTS, instant(*moment)),
        Where::CreatedFrom(moment) => Condition::AtLeast(CREATED, instant(*moment)),
        Where::CreatedBefore(moment) => Condition::Below(CREATED, instant(*moment)),
        Where::Title(titles) => Condition::In(TITLE, titles.iter().map(|title| caseless(title)).collect()),
        Where::TitleContains(text) => Condition::Contains(TITLE, text.to_lowercase()),
        Where::Verdict(verdicts) => match scope {
            Scope::Organisation => Condition::Exists(
                decisions::OF_INTERVIEW,
                vec![(decisions::VERDICT, verdicts.iter().map(word).collect())],
            ),
            Scope::Participant(_) => Condition::Any(Vec::new()),
        },
    }
}
