//! The groups of the dashboard at a moment of the past.
//!
//! Most interviews had come to where they stand now before the moment, or began after it: columns tell. Those that were
//! on their way then are read and looked at one by one; there are as many as an organisation has open at a time.

use domain::{
    decision::events::Verdict,
    envelope::Position,
    ids::{AccountId, OrganisationId},
};

use super::{BEGUN, CANDIDATE, PHASE, Phases, SETTLED, STARTS, Stand, VERDICT, Way, position};
use crate::{
    interviews::{Phase, Scope, in_scope},
    list::{self, Condition, Direction, Listed, Slice},
    model::{Stored, id, instant, word},
    sql::{Db, DbError},
};

/// A group of the dashboard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Not yet begun.
    Upcoming,
    /// Going on.
    Live,
    /// Over, and neither passed nor failed as far as the asker may know.
    Completed,
    /// Passed.
    Succeeded,
    /// Not passed.
    Failed,
}

impl Group {
    const fn phase(self) -> Phase {
        match self {
            Self::Upcoming => Phase::Upcoming,
            Self::Live => Phase::Live,
            Self::Completed | Self::Succeeded | Self::Failed => Phase::Completed,
        }
    }
}

/// Who asks: what they may see, by their permissions of today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asker {
    /// Which interviews.
    pub scope: Scope,
    /// Who it is: nobody learns the verdict on oneself from the group an interview stood in, whatever one's role.
    pub account: AccountId,
}

impl Asker {
    /// Whether the verdict on a candidate may be known.
    fn knows_verdict_on(self, candidate: Option<AccountId>) -> bool {
        match self.scope {
            Scope::Organisation => candidate != Some(self.account),
            Scope::Participant(_) => false,
        }
    }

    fn sees(self, group: Group, way: &Way, stand: Stand) -> bool {
        let verdict = stand.verdict.filter(|_| self.knows_verdict_on(way.candidate));
        stand.phase == group.phase()
            && match group {
                Group::Upcoming | Group::Live => true,
                Group::Completed => !matches!(verdict, Some(Verdict::Pass | Verdict::Fail)),
                Group::Succeeded => verdict == Some(Verdict::Pass),
                Group::Failed => verdict == Some(Verdict::Fail),
            }
    }

    /// The same for rows that stand where they stood.
    fn condition(self, group: Group) -> Condition {
        let known = |verdicts: &[Verdict]| match self.scope {
            Scope::Organisation => Condition::All(vec![
                Condition::In(VERDICT, verdicts.iter().map(word).collect()),
                Condition::Not(Box::new(Condition::In(CANDIDATE, vec![id(self.account)]))),
            ]),
            Scope::Participant(_) => Condition::Any(Vec::new()),
        };
        let by_verdict = match group {
            Group::Upcoming | Group::Live => Condition::All(Vec::new()),
            Group::Completed => Condition::Not(Box::new(known(&[Verdict::Pass, Verdict::Fail]))),
            Group::Succeeded => known(&[Verdict::Pass]),
            Group::Failed => known(&[Verdict::Fail]),
        };
        Condition::All(vec![
            in_scope(self.scope),
            Condition::In(PHASE, vec![word(&group.phase())]),
            by_verdict,
        ])
    }
}

/// A part of the interviews that stood in a group when the log ended at a position, in the order of when they started or
/// were to start, as was said then.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn list(
    db: &Db,
    tenant: OrganisationId,
    asker: Asker,
    group: Group,
    then: Position,
    slice: &Slice,
) -> Result<Listed<Way>, DbError> {
    let order = [(STARTS, Direction::Ascending)];
    let stood = settled(asker, group, then);
    let stood = list::list::<Phases>(db, tenant, &stood, &order, slice).await?;
    let on_their_way = on_their_way(db, tenant, asker, group, then).await?;
    let placed = on_their_way
        .into_iter()
        .map(|(starts, way)| (list::Place::new(vec![instant(starts.starts)], way.key), way));
    Ok(stood.with(placed, slice))
}

/// How many interviews stood in a group when the log ended at a position.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count(
    db: &Db,
    tenant: OrganisationId,
    asker: Asker,
    group: Group,
    then: Position,
) -> Result<u64, DbError> {
    let stood = list::count::<Phases>(db, tenant, &settled(asker, group, then)).await?;
    let on_their_way = on_their_way(db, tenant, asker, group, then).await?;
    Ok(stood + on_their_way.len() as u64)
}

/// Those that stand where they stood then.
fn settled(asker: Asker, group: Group, then: Position) -> Condition {
    Condition::All(vec![
        asker.condition(group),
        Condition::Below(SETTLED, position(after(then))),
    ])
}

/// Those that stand elsewhere now.
async fn on_their_way(
    db: &Db,
    tenant: OrganisationId,
    asker: Asker,
    group: Group,
    then: Position,
) -> Result<Vec<(Stand, Stored<Way>)>, DbError> {
    let condition = Condition::All(vec![
        in_scope(asker.scope),
        Condition::AtLeast(SETTLED, position(after(then))),
        Condition::Below(BEGUN, position(after(then))),
    ]);
    let found = list::all::<Phases>(db, tenant, &condition).await?;
    let stood = found.into_iter().filter_map(|way| {
        let place = way.row.at(then)?;
        asker.sees(group, &way.row, place).then_some((place, way))
    });
    Ok(stood.collect())
}

const fn after(position: Position) -> Position {
    Position(position.0 + 1)
}
