//! Giving the rating.

use super::{
    Scorecard,
    events::{ScorecardContent, ScorecardEvent, ScorecardSubmitted},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// The rating is given, once (rule F1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Submit {
    /// Who rates.
    pub account: AccountId,
    /// What it says.
    pub content: ScorecardContent,
    /// Whether the interview had started, from its stream.
    pub interview_started: bool,
}

/// Nothing when the same was submitted before.
///
/// # Errors
/// `NotFound` for everybody but the assignee, `WrongState` before the interview started and after declining,
/// `AlreadySubmitted` with other content, `Invalid` for ratings out of range or of unknown criteria.
pub fn decide(scorecard: &Scorecard, command: &Submit, context: &Context) -> Decision<ScorecardEvent> {
    let assignment = scorecard.of(command.account)?;
    match scorecard {
        Scorecard::Submitted { fingerprint, .. } if *fingerprint == command.content.fingerprint => {
            return nothing();
        }
        Scorecard::Submitted { .. } => return Err(Refusal::AlreadySubmitted),
        Scorecard::Declined(_) => {
            return Err(Refusal::WrongState {
                state: "the scorecard is declined",
            });
        }
        Scorecard::Absent | Scorecard::Assigned(_) => {}
    }
    if !command.interview_started {
        return Err(Refusal::WrongState {
            state: "the interview has not started",
        });
    }
    assignment.check(&command.content)?;
    one(ScorecardSubmitted {
        scorecard: assignment.scorecard,
        interview: assignment.interview,
        account: assignment.account,
        content: command.content.clone(),
        late: context.now > assignment.due_at,
    })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::scorecard::given::{assigned, at, content, declined, due, rater, stranger, submitted};

    fn submit(fingerprint: &str, ratings: &[(&str, Option<u8>)]) -> Submit {
        Submit {
            account: rater(),
            content: content(fingerprint, ratings),
            interview_started: true,
        }
    }

    fn refused(scorecard: &Scorecard, command: &Submit) -> &'static str {
        decide(scorecard, command, &at(due())).unwrap_err().code()
    }

    #[test]
    fn a_rating_after_it_was_due_is_kept_and_flagged() {
        let command = submit("first", &[("depth", None)]);
        let decided = decide(&assigned(), &command, &at(due() + Duration::seconds(1))).unwrap();
        assert!(matches!(&decided[..], [ScorecardEvent::ScorecardSubmitted(event)] if event.late));
    }

    #[test]
    fn the_same_rating_again_is_nothing_and_another_is_refused() {
        let again = decide(&submitted(), &submit("first", &[]), &at(due()));
        assert_eq!(again, nothing());
        assert_eq!(refused(&submitted(), &submit("second", &[])), "ALREADY_SUBMITTED");
    }

    #[test]
    fn a_stranger_hears_that_there_is_no_scorecard() {
        let command = Submit {
            account: stranger(),
            ..submit("first", &[])
        };
        assert_eq!(refused(&assigned(), &command), "NOT_FOUND");
        assert_eq!(refused(&Scorecard::Absent, &submit("first", &[])), "NOT_FOUND");
    }

    #[test]
    fn nobody_rates_before_the_interview_started_or_after_declining() {
        let early = Submit {
            interview_started: false,
            ..submit("first", &[])
        };
        assert_eq!(refused(&assigned(), &early), "WRONG_STATE");
        assert_eq!(refused(&declined(), &submit("first", &[])), "WRONG_STATE");
    }

    #[test]
    fn ratings_are_of_known_criteria_once_and_from_1_to_5() {
        assert_eq!(
            refused(&assigned(), &submit("a", &[("width", Some(3))])),
            "INVALID"
        );
        assert_eq!(
            refused(&assigned(), &submit("a", &[("depth", Some(0))])),
            "INVALID"
        );
        assert_eq!(
            refused(&assigned(), &submit("a", &[("depth", Some(6))])),
            "INVALID"
        );
        assert_eq!(
            refused(&assigned(), &submit("a", &[("depth", None), ("depth", None)])),
            "INVALID"
        );
    }
}
