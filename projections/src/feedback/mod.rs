//! What was released of scorecards to candidates.

use domain::{
    envelope::Envelope,
    feedback::events::FeedbackEvent,
    ids::{AccountId, FeedbackId, InterviewId, OrganisationId, ScorecardId},
    scorecard::events::CandidateFeedback,
    sealed::Sealed,
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    interviews::Scope,
    list::{self, Condition, Elsewhere},
    model::{Column, Index, Key, ReadModel, Stored, id},
    participations::{self, Participations},
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Feedbacks {}

/// What was released of one scorecard.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    /// Which.
    pub feedback: FeedbackId,
    /// On which interview.
    pub interview: InterviewId,
    /// From which scorecard.
    pub scorecard: ScorecardId,
    /// Version of the scorecard.
    pub scorecard_version: u32,
    /// To whom.
    pub candidate: AccountId,
    /// What it says.
    pub content: Sealed<CandidateFeedback>,
    /// When it was released.
    pub released_at: Instant,
    /// Who released it; nobody when the rules of a mock interview did.
    pub by: Option<AccountId>,
}

hears! {
    /// What it is told by.
    pub enum Heard { Feedback(FeedbackEvent) }
}

const INTERVIEW: Column = Column::required("interview", Kind::Id);

impl ReadModel for Feedbacks {
    const NAME: &'static str = "feedback";
    const COLUMNS: &'static [Column] = &[INTERVIEW];
    const INDEXES: &'static [Index] = &[
        // The feedback on an interview.
        Index {
            name: "interview",
            columns: &["interview"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Feedback;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Feedback(FeedbackEvent::FeedbackReleased(event)) = event;
        vec![Key::of(event.feedback)]
    }

    fn apply(_: Key, _: Option<Feedback>, event: &Heard, envelope: &Envelope) -> Option<Feedback> {
        let Heard::Feedback(FeedbackEvent::FeedbackReleased(event)) = event;
        Some(Feedback {
            feedback: event.feedback,
            interview: event.interview,
            scorecard: event.scorecard,
            scorecard_version: event.version,
            candidate: event.candidate,
            content: event.content.clone(),
            released_at: envelope.occurred_at,
            by: event.by,
        })
    }

    fn columns(row: &Feedback) -> Vec<Value> {
        vec![id(row.interview)]
    }
}

/// The feedback on several interviews, by one statement: of those that are in the viewer's scope.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn of_interviews(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    interviews: &[InterviewId],
) -> Result<Vec<Stored<Feedback>>, DbError> {
    let chosen = Condition::In(INTERVIEW, interviews.iter().copied().map(id).collect());
    list::all::<Feedbacks>(db, tenant, &Condition::All(vec![in_scope(scope), chosen])).await
}

/// The feedback with an id, if it is in the viewer's scope.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_id(
    db: &Db,
    tenant: OrganisationId,
    scope: Scope,
    feedback: FeedbackId,
) -> Result<Option<Stored<Feedback>>, DbError> {
    let chosen = Condition::In(list::KEY, vec![id(feedback)]);
    let found = list::all::<Feedbacks>(db, tenant, &Condition::All(vec![in_scope(scope), chosen])).await?;
    Ok(found.into_iter().next())
}

fn in_scope(scope: Scope) -> Condition {
    match scope {
        Scope::Organisation => Condition::All(Vec::new()),
        Scope::Participant(account) => Condition::Exists(
            Elsewhere {
                view: Participations::NAME,
                there: participations::INTERVIEW,
                here: "interview",
            },
            vec![(participations::ACCOUNT, vec![id(account)])],
        ),
    }
}
