//! Scorecards: one interviewer's rating of one interview, with every version of it.
//!
//! Who may read them is part of every question: raters see those of others once they have said their own, nobody sees
//! one about themselves.

use domain::{
    envelope::Envelope,
    ids::{AccountId, InterviewId, OrganisationId, ScorecardId},
    rubric::events::{Criterion, RubricPin},
    scorecard::events::{ScorecardContent, ScorecardEvent},
    text::Paragraph,
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition, Direction, Elsewhere, Listed, Slice},
    model::{Column, Index, Key, ReadModel, Stored, id, instant, word},
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Scorecards {}

/// One scorecard.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Scorecard {
    /// Which.
    pub scorecard: ScorecardId,
    /// Of which interview.
    pub interview: InterviewId,
    /// Who rates.
    pub account: AccountId,
    /// Who is rated.
    pub candidate: AccountId,
    /// Which rubric and version.
    pub rubric: Option<RubricPin>,
    /// Its criteria, as they were.
    pub criteria: Vec<Criterion>,
    /// When it was assigned.
    pub assigned_at: Instant,
    /// Until when it is expected.
    pub due_at: Instant,
    /// How far it is.
    pub status: ScorecardStatus,
    /// What it says, oldest first; empty until it was submitted.
    pub versions: Vec<ScorecardVersion>,
    /// Why the interviewer will not rate.
    pub declined: Option<Paragraph>,
    /// How many events its stream holds.
    pub version: u64,
}

/// How far a scorecard is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScorecardStatus {
    /// Waiting to be filled in.
    Assigned,
    /// Said.
    Submitted,
    /// The interviewer will not rate.
    Declined,
}

/// One version of what a scorecard says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScorecardVersion {
    /// Which, from 1.
    pub version: u32,
    /// What it says.
    pub content: ScorecardContent,
    /// When it was said.
    pub at: Instant,
    /// True when the first version came after it was due.
    pub late: bool,
    /// Why it was changed; `None` for the first.
    pub reason: Option<Paragraph>,
    /// True when the rater could see another's rating before this change.
    pub others_visible_before: bool,
}

/// Who reads what is not for everybody: scorecards, decisions, reports. Part of every question, never added later.
/// Candidates are not among them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// Recruiters, admins, and analysts behind a pseudonym: everything that was said.
    Organisation,
    /// A panel member: what is their own, and what others said once their own was submitted or declined.
    Rater(AccountId),
}

hears! {
    /// What it is told by.
    pub enum Heard { Scorecard(ScorecardEvent) }
}

const INTERVIEW: Column = Column::required("interview", Kind::Id);
const ACCOUNT: Column = Column::required("account", Kind::Id);
const CANDIDATE: Column = Column::required("candidate", Kind::Id);
const STATUS: Column = Column::required("status", Kind::Text);
const DUE: Column = Column::required("due", Kind::Instant);

impl Reader {
    /// For tables with a column `interview`: those interviews of which the reader may see what others said.
    pub(crate) fn may_see_others(self) -> Condition {
        match self {
            Self::Organisation => Condition::All(Vec::new()),
            Self::Rater(account) => Condition::Exists(
                Elsewhere {
                    view: Scorecards::NAME,
                    there: INTERVIEW,
                    here: "interview",
                },
                vec![
                    (ACCOUNT, vec![id(account)]),
                    (
                        STATUS,
                        [ScorecardStatus::Submitted, ScorecardStatus::Declined]
                            .iter()
                            .map(word)
                            .collect(),
                    ),
                ],
            ),
        }
    }

    /// The scorecards that the reader may see.
    fn readable(self) -> Condition {
        match self {
            Self::Organisation => Condition::All(Vec::new()),
            Self::Rater(account) => Condition::Any(vec![
                Condition::In(ACCOUNT, vec![id(account)]),
                Condition::All(vec![
                    Condition::Not(Box::new(Condition::In(CANDIDATE, vec![id(account)]))),
                    self.may_see_others(),
                ]),
            ]),
        }
    }
}

impl ReadModel for Scorecards {
    const NAME: &'static str = "scorecards";
    const COLUMNS: &'static [Column] = &[INTERVIEW, ACCOUNT, CANDIDATE, STATUS, DUE];
    const INDEXES: &'static [Index] = &[
        // The cards of an interview, and whether somebody has said their own.
        Index {
            name: "interview",
            columns: &["interview", "account", "status"],
        },
        // What an interviewer still owes.
        Index {
            name: "account",
            columns: &["account", "status", "due", "key"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Scorecard;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Scorecard(event) = event;
        vec![Key::of(match event {
            ScorecardEvent::ScorecardAssigned(event) => event.scorecard,
            ScorecardEvent::ScorecardSubmitted(event) => event.scorecard,
            ScorecardEvent::ScorecardAmended(event) => event.scorecard,
            ScorecardEvent::ScorecardDeclined(event) => event.scorecard,
        })]
    }

    fn apply(_: Key, row: Option<Scorecard>, event: &Heard, envelope: &Envelope) -> Option<Scorecard> {
        let Heard::Scorecard(event) = event;
        if let (None, ScorecardEvent::ScorecardAssigned(event)) = (&row, event) {
            return Some(Scorecard {
                scorecard: event.scorecard,
                interview: event.interview,
                account: event.account,
                candidate: event.candidate,
                rubric: event.rubric,
                criteria: event.criteria.clone(),
                assigned_at: envelope.occurred_at,
                due_at: event.due_at,
                status: ScorecardStatus::Assigned,
                versions: Vec::new(),
                declined: None,
                version: envelope.version,
            });
        }
        let mut row = row?;
        row.version = envelope.version;
        match event {
            ScorecardEvent::ScorecardAssigned(_) => {}
            ScorecardEvent::ScorecardSubmitted(event) => {
                row.status = ScorecardStatus::Submitted;
                row.declined = None;
                row.versions.push(ScorecardVersion {
                    version: 1,
                    content: event.content.clone(),
                    at: envelope.occurred_at,
                    late: event.late,
                    reason: None,
                    others_visible_before: false,
                });
            }
            ScorecardEvent::ScorecardAmended(event) => row.versions.push(ScorecardVersion {
                version: event.version,
                content: event.content.clone(),
                at: envelope.occurred_at,
                late: false,
                reason: Some(event.reason.clone()),
                others_visible_before: event.others_visible_before,
            }),
            ScorecardEvent::ScorecardDeclined(event) => {
                row.status = ScorecardStatus::Declined;
                row.declined = Some(event.reason.clone());
            }
        }
        Some(row)
    }

    fn columns(row: &Scorecard) -> Vec<Value> {
        vec![
            id(row.interview),
            id(row.account),
            id(row.candidate),
            word(&row.status),
            instant(row.due_at),
        ]
    }
}

/// Several scorecards in the order asked, by one statement; `None` also for what the reader may not see.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_ids(
    db: &Db,
    tenant: OrganisationId,
    reader: Reader,
    scorecards: &[ScorecardId],
) -> Result<Vec<Option<Stored<Scorecard>>>, DbError> {
    let keys = scorecards.iter().copied().map(id).collect();
    let condition = Condition::All(vec![reader.readable(), Condition::In(list::KEY, keys)]);
    let found = list::all::<Scorecards>(db, tenant, &condition).await?;
    let of = |scorecard: &ScorecardId| {
        found
            .iter()
            .find(|stored| stored.row.scorecard == *scorecard)
            .cloned()
    };
    Ok(scorecards.iter().map(of).collect())
}

/// The scorecards of several interviews that the reader may see, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn of_interviews(
    db: &Db,
    tenant: OrganisationId,
    reader: Reader,
    interviews: &[InterviewId],
) -> Result<Vec<Stored<Scorecard>>, DbError> {
    let chosen = Condition::In(INTERVIEW, interviews.iter().copied().map(id).collect());
    list::all::<Scorecards>(db, tenant, &Condition::All(vec![reader.readable(), chosen])).await
}

/// A part of the scorecards that one interviewer has to fill in or has filled in, by when they are due.
/// Only those in one of the statuses are listed.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn of_rater(
    db: &Db,
    tenant: OrganisationId,
    rater: AccountId,
    statuses: &[ScorecardStatus],
    slice: &Slice,
) -> Result<Listed<Scorecard>, DbError> {
    let order = [(DUE, Direction::Ascending)];
    list::list::<Scorecards>(db, tenant, &rated_by(rater, statuses), &order, slice).await
}

/// How many there are of them.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count_of_rater(
    db: &Db,
    tenant: OrganisationId,
    rater: AccountId,
    statuses: &[ScorecardStatus],
) -> Result<u64, DbError> {
    list::count::<Scorecards>(db, tenant, &rated_by(rater, statuses)).await
}

fn rated_by(rater: AccountId, statuses: &[ScorecardStatus]) -> Condition {
    Condition::All(vec![
        Condition::In(ACCOUNT, vec![id(rater)]),
        Condition::In(STATUS, statuses.iter().map(word).collect()),
    ])
}
