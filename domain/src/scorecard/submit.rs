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
    use crate::{
        scorecard::given::{
            assigned, content, declined, due, given_in_time, good, no_scorecard, rater, stranger, submitted,
        },
        testing::{Then, given},
    };

    fn submit(content: ScorecardContent) -> Submit {
        Submit {
            account: rater(),
            content,
            interview_started: true,
        }
    }

    fn submitting(ratings: &[(&str, Option<u8>)]) -> Then<Scorecard> {
        given::<Scorecard>(assigned()).when_at(due(), submit(content("first", ratings)))
    }

    fn submitting_stars(overall: u8) -> Then<Scorecard> {
        let content = ScorecardContent {
            overall,
            ..good("first")
        };
        given::<Scorecard>(assigned()).when_at(due(), submit(content))
    }

    #[test]
    fn a_rating_is_given_once() {
        given::<Scorecard>(assigned())
            .when_at(due(), submit(good("first")))
            .then_once(given_in_time(good("first")));
    }

    #[test]
    fn a_rating_after_it_was_due_is_kept_and_flagged() {
        given::<Scorecard>(assigned())
            .when_at(due() + Duration::seconds(1), submit(good("first")))
            .then_once(ScorecardSubmitted {
                late: true,
                ..given_in_time(good("first"))
            });
    }

    #[test]
    fn another_rating_after_the_first_is_refused() {
        given::<Scorecard>(submitted())
            .when_at(due(), submit(good("second")))
            .then_refused(Refusal::AlreadySubmitted);
    }

    #[test]
    fn a_stranger_hears_that_there_is_no_scorecard() {
        let by_stranger = Submit {
            account: stranger(),
            ..submit(good("first"))
        };

        given::<Scorecard>(assigned())
            .when_at(due(), by_stranger)
            .then_refused(no_scorecard());
        given::<Scorecard>([])
            .when_at(due(), submit(good("first")))
            .then_refused(no_scorecard());
    }

    #[test]
    fn nobody_rates_before_the_interview_started() {
        let early = Submit {
            interview_started: false,
            ..submit(good("first"))
        };

        given::<Scorecard>(assigned())
            .when_at(due(), early)
            .then_refused(Refusal::WrongState {
                state: "the interview has not started",
            });
    }

    #[test]
    fn nobody_rates_after_declining() {
        given::<Scorecard>(declined())
            .when_at(due(), submit(good("first")))
            .then_refused(Refusal::WrongState {
                state: "the scorecard is declined",
            });
    }

    #[test]
    fn a_criterion_may_stay_unrated() {
        submitting(&[]).then_once(given_in_time(content("first", &[])));
        submitting(&[("depth", None)]).then_once(given_in_time(content("first", &[("depth", None)])));
    }

    #[test]
    fn ratings_are_of_known_criteria_once_and_from_1_to_5() {
        let unknown = Refusal::invalid("ratings", "no such criterion");
        let twice = Refusal::invalid("ratings", "a criterion is rated twice");
        let range = Refusal::invalid("ratings", "a rating goes from 1 to 5");

        submitting(&[("width", Some(3))]).then_refused(unknown);
        submitting(&[("depth", None), ("depth", None)]).then_refused(twice);
        submitting(&[("depth", Some(0))]).then_refused(range.clone());
        submitting(&[("depth", Some(6))]).then_refused(range);
    }

    #[test]
    fn stars_go_from_1_to_5() {
        let range = Refusal::invalid("overall", "must be from 1 to 5");

        submitting_stars(0).then_refused(range.clone());
        submitting_stars(6).then_refused(range);
    }
}
