//! Rating, deciding, releasing.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::assessment::{
    amend_scorecard::AmendScorecard,
    content::{ContentSaid, RatingSaid},
    decline_scorecard::DeclineScorecard,
    record_decision::RecordDecision,
    release_feedback::ReleaseFeedback,
    reverse_decision::ReverseDecision,
    submit_scorecard::{Rated, SubmitScorecard},
};
use domain::{
    ids::{InterviewId, ScorecardId},
    refusal::Refusal,
    scorecard::events::CandidateFeedback,
    text::Paragraph,
};
use projections::{feedback, scorecards};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    super::{
        decision::Decision,
        entities::load_interview,
        enums::{Recommendation, Verdict},
        feedback::Feedback,
        interview::Interview,
        person::People,
        policy::Operation,
        scorecard::Scorecard,
        standing::Standing,
    },
    call::{Call, Outcome, count, id},
    rooms::shown,
};
use crate::error::ApiError;

/// Rating, deciding, releasing.
#[derive(Default, Clone, Copy, Debug)]
pub struct AssessmentMutation;

/// The rating of one criterion.
#[derive(InputObject, Debug, Serialize)]
pub struct RatingInput {
    /// Which criterion.
    criterion: String,
    /// 1 to 5; absent or null is not rated, which is not zero.
    value: Option<i32>,
    /// What it rests on.
    note: Option<String>,
}

/// What may be released to the candidate.
#[derive(InputObject, Debug, Serialize)]
pub struct FeedbackInput {
    /// 1 to 5 stars.
    rating: Option<i32>,
    /// What went how.
    comment: Option<String>,
    /// What to work on.
    advice: Option<String>,
}

/// A rating.
#[derive(InputObject, Debug)]
pub struct SubmitScorecardInput {
    /// Of which interview.
    interview_id: ID,
    /// One rating for each criterion.
    #[graphql(default)]
    ratings: Vec<RatingInput>,
    /// Overall, 1 to 5 stars.
    overall: i32,
    /// What to do.
    recommendation: Recommendation,
    /// Never shown to the candidate.
    private_note: Option<String>,
    /// May be released to the candidate.
    feedback: Option<FeedbackInput>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A changed rating.
#[derive(InputObject, Debug)]
pub struct AmendScorecardInput {
    /// Of which interview.
    interview_id: ID,
    /// The version you changed.
    expected_version: i32,
    /// Why.
    reason: String,
    /// One rating for each criterion.
    #[graphql(default)]
    ratings: Vec<RatingInput>,
    /// Overall, 1 to 5 stars.
    overall: i32,
    /// What to do.
    recommendation: Recommendation,
    /// Never shown to the candidate.
    private_note: Option<String>,
    /// May be released to the candidate.
    feedback: Option<FeedbackInput>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A rating that will not come.
#[derive(InputObject, Debug)]
pub struct DeclineScorecardInput {
    /// Of which interview.
    interview_id: ID,
    /// Why.
    reason: String,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

macro_rules! scorecard_payloads {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(SimpleObject, Debug)]
            pub struct $name {
                /// One's own scorecard as it is now.
                scorecard: Option<Scorecard>,
                #[graphql(flatten)]
                outcome: Outcome,
            }
        )*
    };
}

scorecard_payloads! {
    /// The rating that was given.
    SubmitScorecardPayload,
    /// The rating that was changed.
    AmendScorecardPayload,
    /// The scorecard that was declined.
    DeclineScorecardPayload,
}

/// A scorecard whose feedback is to be released.
#[derive(InputObject, Debug)]
pub struct ReleaseFeedbackInput {
    /// Which scorecard.
    scorecard_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// What the candidate now reads.
#[derive(SimpleObject, Debug)]
pub struct ReleaseFeedbackPayload {
    /// What was released.
    feedback: Option<Feedback>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A verdict.
#[derive(InputObject, Debug)]
pub struct RecordDecisionInput {
    /// On which interview.
    interview_id: ID,
    /// What.
    outcome: Verdict,
    /// Why.
    reason: Option<String>,
    /// Decide although scorecards are missing; who was missing is recorded.
    #[graphql(default)]
    override_missing: bool,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A verdict to be taken back.
#[derive(InputObject, Debug)]
pub struct ReverseDecisionInput {
    /// On which interview.
    interview_id: ID,
    /// Why.
    reason: String,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The verdict that was given.
#[derive(SimpleObject, Debug)]
pub struct RecordDecisionPayload {
    /// The verdict.
    decision: Option<Decision>,
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// The verdict that was taken back.
#[derive(SimpleObject, Debug)]
pub struct ReverseDecisionPayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    #[graphql(flatten)]
    outcome: Outcome,
}

fn stars(value: i32, field: &'static str) -> Result<u8, Refusal> {
    let stars = u8::try_from(value).ok().filter(|stars| (1..=5).contains(stars));
    stars.ok_or(Refusal::invalid(field, "must be 1 to 5"))
}

fn paragraph(text: Option<String>, field: &'static str) -> Result<Option<String>, Refusal> {
    let text = text
        .map(|text| Paragraph::new(&text))
        .transpose()
        .map_err(Refusal::text(field))?;
    Ok(text.map(|text| text.to_string()))
}

/// What both kinds of submission say.
struct Said {
    ratings: Vec<RatingInput>,
    overall: i32,
    recommendation: Recommendation,
    private_note: Option<String>,
    feedback: Option<FeedbackInput>,
}

impl Said {
    fn parse(self, call: &Call<'_>) -> Result<ContentSaid, Refusal> {
        let rating = |rating: RatingInput| {
            Ok(RatingSaid {
                criterion: rating.criterion,
                value: rating
                    .value
                    .map(|value| stars(value, "ratings.value"))
                    .transpose()?,
                note: paragraph(rating.note, "ratings.note")?,
            })
        };
        let feedback = |feedback: FeedbackInput| {
            Ok(CandidateFeedback {
                rating: feedback
                    .rating
                    .map(|rating| stars(rating, "feedback.rating"))
                    .transpose()?,
                comment: paragraph(feedback.comment, "feedback.comment")?,
                advice: paragraph(feedback.advice, "feedback.advice")?,
            })
        };
        let mut content = ContentSaid {
            ratings: self
                .ratings
                .into_iter()
                .map(rating)
                .collect::<Result<_, Refusal>>()?,
            overall: stars(self.overall, "overall")?,
            recommendation: self.recommendation.into(),
            private_note: paragraph(self.private_note, "privateNote")?,
            feedback: self.feedback.map(feedback).transpose()?,
            fingerprint: String::new(),
        };
        // Keyed, because the fingerprint is stored in the open beside what is sealed.
        let plain =
            serde_json::to_vec(&content).map_err(|_| Refusal::invalid("ratings", "cannot be read"))?;
        let token = call.services.vault.token("scorecard", &Sha256::digest(plain));
        content.fingerprint = token.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(content)
    }
}

/// One's own scorecard after it was changed.
async fn own_card(call: &Call<'_>, rated: Option<Rated>) -> Result<Option<Scorecard>> {
    let Some(rated) = rated else { return Ok(None) };
    let reader = scorecards::Reader::Rater(call.viewer.account);
    let found = scorecards::by_ids(call.services.db(), call.viewer.tenant, reader, &[rated.scorecard]).await;
    let row = found.map_err(ApiError::unavailable)?.into_iter().flatten().next();
    Ok(row.map(|stored| {
        Scorecard::new(
            Arc::unwrap_or_clone(stored.row),
            Standing::Panel,
            &People::default(),
        )
    }))
}

#[Object]
impl AssessmentMutation {
    /// Rates an interview, once. The same submission again changes nothing; another one is refused, amend it instead.
    async fn submit_scorecard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: SubmitScorecardInput,
    ) -> Result<SubmitScorecardPayload> {
        let call = Call::begin(ctx, Operation::SubmitScorecard)?;
        let SubmitScorecardInput {
            ratings,
            overall,
            recommendation,
            private_note,
            feedback,
            ..
        } = input;
        let said = Said {
            ratings,
            overall,
            recommendation,
            private_note,
            feedback,
        };
        let use_case = id(&input.interview_id, "interview").and_then(|interview: InterviewId| {
            Ok(SubmitScorecard {
                interview,
                account: call.viewer.account,
                content: said.parse(&call)?,
            })
        });
        let (rated, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(SubmitScorecardPayload {
            scorecard: own_card(&call, rated).await?,
            outcome,
        })
    }

    /// Changes a rating that was given, with a reason; the former one stays in the history.
    async fn amend_scorecard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: AmendScorecardInput,
    ) -> Result<AmendScorecardPayload> {
        let call = Call::begin(ctx, Operation::AmendScorecard)?;
        let AmendScorecardInput {
            ratings,
            overall,
            recommendation,
            private_note,
            feedback,
            ..
        } = input;
        let said = Said {
            ratings,
            overall,
            recommendation,
            private_note,
            feedback,
        };
        let use_case = id(&input.interview_id, "interview").and_then(|interview: InterviewId| {
            Ok(AmendScorecard {
                interview,
                account: call.viewer.account,
                expected_version: count(input.expected_version, "expectedVersion")?,
                content: said.parse(&call)?,
                reason: Paragraph::new(&input.reason).map_err(Refusal::text("reason"))?,
            })
        });
        let (rated, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(AmendScorecardPayload {
            scorecard: own_card(&call, rated).await?,
            outcome,
        })
    }

    /// Refuses to rate, with a reason.
    async fn decline_scorecard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: DeclineScorecardInput,
    ) -> Result<DeclineScorecardPayload> {
        let call = Call::begin(ctx, Operation::DeclineScorecard)?;
        let use_case = id(&input.interview_id, "interview").and_then(|interview: InterviewId| {
            let reason = Paragraph::new(&input.reason).map_err(Refusal::text("reason"))?;
            Ok(DeclineScorecard {
                interview,
                account: call.viewer.account,
                reason,
            })
        });
        let (rated, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(DeclineScorecardPayload {
            scorecard: own_card(&call, rated).await?,
            outcome,
        })
    }

    /// Lets the candidate read the candidate's part of a scorecard.
    async fn release_feedback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: ReleaseFeedbackInput,
    ) -> Result<ReleaseFeedbackPayload> {
        let call = Call::begin(ctx, Operation::ReleaseFeedback)?;
        let use_case = id(&input.scorecard_id, "scorecard").map(|scorecard: ScorecardId| ReleaseFeedback {
            scorecard,
            by: Some(call.viewer.account),
        });
        let (released, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let feedback = match released {
            None => None,
            Some(released) => {
                let scope = call.viewer.scope();
                let found =
                    feedback::by_id(call.services.db(), call.viewer.tenant, scope, released.feedback).await;
                found
                    .map_err(ApiError::unavailable)?
                    .map(|stored| Feedback::new(Arc::unwrap_or_clone(stored.row)))
            }
        };
        Ok(ReleaseFeedbackPayload { feedback, outcome })
    }

    /// Decides on an interview. All scorecards must be in, or the decision says that it was made without them.
    async fn record_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RecordDecisionInput,
    ) -> Result<RecordDecisionPayload> {
        let call = Call::begin(ctx, Operation::RecordDecision)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let reason = input
                .reason
                .as_deref()
                .map(Paragraph::new)
                .transpose()
                .map_err(Refusal::text("reason"))?;
            Ok(RecordDecision {
                interview,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                verdict: input.outcome.into(),
                reason,
                override_missing: input.override_missing,
            })
        });
        let (decided, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let (interview, decision) = match (decided, interview) {
            (Some(_), Ok(interview)) => {
                let shown = load_interview(ctx, call.viewer, interview, None).await?;
                let decision = match &shown {
                    Some(shown) => shown.present_decision(ctx).await?,
                    None => None,
                };
                (shown, decision)
            }
            (Some(_) | None, Ok(_) | Err(_)) => (None, None),
        };
        Ok(RecordDecisionPayload {
            decision,
            interview,
            outcome,
        })
    }

    /// Takes a verdict back, with a reason; both stay in the history.
    async fn reverse_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: ReverseDecisionInput,
    ) -> Result<ReverseDecisionPayload> {
        let call = Call::begin(ctx, Operation::ReverseDecision)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let reason = Paragraph::new(&input.reason).map_err(Refusal::text("reason"))?;
            Ok(ReverseDecision {
                interview,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                reason,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = if done.is_some() {
            shown(ctx, &call, interview).await?
        } else {
            None
        };
        Ok(ReverseDecisionPayload { interview, outcome })
    }
}
