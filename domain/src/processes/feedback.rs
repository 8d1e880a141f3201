//! When a candidate practises, what each interviewer wrote for the candidate is released as soon as it is submitted. When an
//! organisation hires, people release it, or nobody does.

use crate::{
    ids::InterviewId,
    interview_type::events::Purpose,
    processes::{Due, deed::Deed, state::InterviewProcess},
    scorecard::events::ScorecardEvent,
    time::Instant,
};

/// The release that a submitted scorecard wants, if it has something for the candidate. An amendment is released by
/// hand: the candidate has read the first by then.
pub fn of_scorecard(state: &InterviewProcess, event: &ScorecardEvent, now: Instant) -> Vec<Due> {
    match event {
        ScorecardEvent::ScorecardSubmitted(event) => {
            let deed = Deed::ReleaseFeedback {
                scorecard: event.scorecard,
                interview: event.interview,
            };
            let by_itself = match state.purpose {
                Purpose::Mock => event.content.feedback.is_some(),
                Purpose::Recruiting => false,
            };
            by_itself.then_some((deed, now)).into_iter().collect()
        }
        ScorecardEvent::ScorecardAssigned(_)
        | ScorecardEvent::ScorecardAmended(_)
        | ScorecardEvent::ScorecardDeclined(_) => Vec::new(),
    }
}

/// The interview a scorecard's event belongs to, for those events that a process hears.
pub(crate) const fn interview_of(event: &ScorecardEvent) -> Option<InterviewId> {
    match event {
        ScorecardEvent::ScorecardSubmitted(event) => Some(event.interview),
        ScorecardEvent::ScorecardAssigned(_)
        | ScorecardEvent::ScorecardAmended(_)
        | ScorecardEvent::ScorecardDeclined(_) => None,
    }
}
