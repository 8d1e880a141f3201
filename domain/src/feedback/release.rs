//! Releasing the candidate's part of a scorecard.

use super::{
    Feedback,
    events::{FeedbackEvent, FeedbackReleased},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, FeedbackId, InterviewId, ScorecardId},
    refusal::Refusal,
    scorecard::events::CandidateFeedback,
    sealed::Sealed,
};

/// The candidate may read this from now on (rule F2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// Which feedback.
    pub feedback: FeedbackId,
    /// On which interview.
    pub interview: InterviewId,
    /// From which scorecard.
    pub scorecard: ScorecardId,
    /// Version of the scorecard.
    pub version: u32,
    /// To whom.
    pub candidate: AccountId,
    /// What it says.
    pub content: Sealed<CandidateFeedback>,
    /// Who releases it; nobody when the rules of a mock interview do.
    pub by: Option<AccountId>,
}

/// Nothing when this version of the scorecard was released.
///
/// # Errors
/// `StaleVersion` when a newer version was.
pub fn decide(feedback: &Feedback, command: &Release) -> Decision<FeedbackEvent> {
    match feedback.released(command.scorecard) {
        Some(version) if version == command.version => return nothing(),
        Some(version) if version > command.version => {
            return Err(Refusal::StaleVersion {
                current: u64::from(version),
            });
        }
        Some(_) | None => {}
    }
    one(FeedbackReleased {
        feedback: command.feedback,
        interview: command.interview,
        scorecard: command.scorecard,
        version: command.version,
        candidate: command.candidate,
        content: command.content.clone(),
        by: command.by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{given::id, testing::given};

    fn content(comment: &str) -> Sealed<CandidateFeedback> {
        let feedback = CandidateFeedback {
            comment: Some(comment.to_owned()),
            ..CandidateFeedback::default()
        };
        Sealed::open(id(9), feedback)
    }

    fn release(scorecard: u128, version: u32) -> Release {
        Release {
            feedback: id(1),
            interview: id(2),
            scorecard: id(scorecard),
            version,
            candidate: id(4),
            content: content("Clear thinking"),
            by: Some(id(5)),
        }
    }

    fn released(scorecard: u128, version: u32) -> FeedbackReleased {
        FeedbackReleased {
            feedback: id(1),
            interview: id(2),
            scorecard: id(scorecard),
            version,
            candidate: id(4),
            content: content("Clear thinking"),
            by: Some(id(5)),
        }
    }

    #[test]
    fn the_candidate_may_read_a_version_of_a_scorecard_once_it_is_released() {
        given::<Feedback>([])
            .when(release(3, 1))
            .then_once(released(3, 1));
    }

    #[test]
    fn an_amended_scorecard_is_released_anew() {
        given::<Feedback>([released(3, 1).into()])
            .when(release(3, 2))
            .then_once(released(3, 2));
    }

    #[test]
    fn a_former_version_is_not_released_after_a_newer_one() {
        given::<Feedback>([released(3, 2).into()])
            .when(release(3, 1))
            .then_refused(Refusal::StaleVersion { current: 2 });
    }

    #[test]
    fn scorecards_are_released_one_by_one() {
        given::<Feedback>([released(3, 2).into()])
            .when(release(6, 1))
            .then_once(released(6, 1));
    }
}
