//! The verdict on an interview. Apart from the interview itself, so that who may not see it cannot infer it.

use domain::{
    decision::events::{DecisionEvent, Verdict},
    envelope::{Envelope, Position},
    ids::{AccountId, DecisionId, InterviewId, OrganisationId},
    sealed::Sealed,
    text::Paragraph,
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition, Elsewhere},
    model::{Column, Index, Key, ReadModel, Stored, id, word},
    scorecards::Reader,
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Decisions {}

/// What was decided on one interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Which decision.
    pub decision: DecisionId,
    /// On which interview.
    pub interview: InterviewId,
    /// What holds now; `None` after it was taken back.
    pub current: Option<Recorded>,
    /// What was decided before and taken back, oldest first.
    pub reversed: Vec<Reversed>,
}

/// A verdict as it was given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// What.
    pub verdict: Verdict,
    /// Who decided.
    pub by: AccountId,
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: Option<Sealed<String>>,
    /// The last position of the log that the person could have seen.
    pub basis: Position,
    /// Whose scorecards were not in.
    pub missing: Vec<AccountId>,
}

/// A verdict that was taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reversed {
    /// The verdict.
    pub was: Option<Recorded>,
    /// Who took it back.
    pub by: AccountId,
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: Paragraph,
}

hears! {
    /// What it is told by.
    pub enum Heard { Decision(DecisionEvent) }
}

const INTERVIEW: Column = Column::required("interview", Kind::Id);
const DECISION: Column = Column::required("decision", Kind::Id);
pub(crate) const VERDICT: Column = Column::optional("verdict", Kind::Text);

/// From an interview to its present verdict.
pub(crate) const OF_INTERVIEW: Elsewhere = Elsewhere {
    view: Decisions::NAME,
    there: INTERVIEW,
    here: "key",
};

impl ReadModel for Decisions {
    const NAME: &'static str = "decisions";
    const COLUMNS: &'static [Column] = &[INTERVIEW, DECISION, VERDICT];
    const INDEXES: &'static [Index] = &[
        // Nodes of decisions.
        Index {
            name: "decision",
            columns: &["decision"],
        },
        // The groups of the dashboard.
        Index {
            name: "verdict",
            columns: &["verdict", "interview"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Decision;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Decision(event) = event;
        vec![match event {
            DecisionEvent::DecisionRecorded(event) => Key::of(event.interview),
            DecisionEvent::DecisionReversed(event) => Key::of(event.interview),
        }]
    }

    fn apply(_: Key, row: Option<Decision>, event: &Heard, envelope: &Envelope) -> Option<Decision> {
        let Heard::Decision(event) = event;
        match event {
            DecisionEvent::DecisionRecorded(event) => Some(Decision {
                decision: event.decision,
                interview: event.interview,
                current: Some(Recorded {
                    verdict: event.verdict,
                    by: event.by,
                    at: envelope.occurred_at,
                    reason: event.reason.clone(),
                    basis: event.basis,
                    missing: event.missing.clone(),
                }),
                reversed: row.map(|row| row.reversed).unwrap_or_default(),
            }),
            DecisionEvent::DecisionReversed(event) => {
                let mut row = row?;
                row.reversed.push(Reversed {
                    was: row.current.take(),
                    by: event.by,
                    at: envelope.occurred_at,
                    reason: event.reason.clone(),
                });
                Some(row)
            }
        }
    }

    fn columns(row: &Decision) -> Vec<Value> {
        let verdict = row.current.as_ref().map(|current| word(&current.verdict));
        vec![
            id(row.interview),
            id(row.decision),
            verdict.unwrap_or(Value::Null(Kind::Text)),
        ]
    }
}

/// What was decided on each of these interviews, in the order asked, by one statement; `None` also for what the
/// reader may not see.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn of_interviews(
    db: &Db,
    tenant: OrganisationId,
    reader: Reader,
    interviews: &[InterviewId],
) -> Result<Vec<Option<Stored<Decision>>>, DbError> {
    let chosen = Condition::In(INTERVIEW, interviews.iter().copied().map(id).collect());
    let condition = Condition::All(vec![reader.may_see_others(), chosen]);
    let found = list::all::<Decisions>(db, tenant, &condition).await?;
    let of = |interview: &InterviewId| {
        found
            .iter()
            .find(|stored| stored.row.interview == *interview)
            .cloned()
    };
    Ok(interviews.iter().map(of).collect())
}

/// The decision with an id, if the reader may see it.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_id(
    db: &Db,
    tenant: OrganisationId,
    reader: Reader,
    decision: DecisionId,
) -> Result<Option<Stored<Decision>>, DbError> {
    let chosen = Condition::In(DECISION, vec![id(decision)]);
    let condition = Condition::All(vec![reader.may_see_others(), chosen]);
    Ok(list::all::<Decisions>(db, tenant, &condition)
        .await?
        .into_iter()
        .next())
}
