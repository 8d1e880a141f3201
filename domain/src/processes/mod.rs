//! What must happen outside once something has happened: pure rules from events to wanted deeds.
//!
//! A rule hears an event, knows the folded state of the interview's process, and says which deeds follow. It never
//! calls anything. The id of a wanted deed is derived from the event that causes it, so that the same event heard
//! again, also in a rebuild years later, wants the same deed and not another one. That is why the names of deeds and
//! their targets are part of the contract: another name would be another effect, done a second time.

pub mod booking;
mod calendars;
pub mod deed;
pub mod erasure;
pub mod feedback;
pub mod messages;
pub mod reports;
pub mod rooms;
pub mod state;
pub mod waitlists;

use crate::{
    effect::events::EffectEvent,
    envelope::{Envelope, Position},
    fact::Fact,
    ids::{self, CommandId, EffectId, EventId, InterviewId},
    processes::{deed::Deed, state::InterviewProcess},
    system::events::SystemEvent,
    time::Instant,
};

/// A deed that an event wants done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Id of the effect, and of the command that will record its outcome.
    pub id: EffectId,
    /// What is to be done.
    pub deed: Deed,
    /// Earliest business time at which it is to be done.
    pub due: Instant,
}

impl Wanted {
    /// A deed wanted by the event `cause`.
    pub fn new(cause: EventId, deed: Deed, due: Instant) -> Self {
        let id = ids::derive(&[
            cause.uuid().as_bytes(),
            deed.name().as_bytes(),
            deed.target().as_bytes(),
            &deed.occurrence().to_be_bytes(),
        ]);
        Self { id, deed, due }
    }
}

/// The command under which the outcome of an effect is recorded: the same bits.
pub const fn outcome_command(effect: EffectId) -> CommandId {
    CommandId::new(effect.uuid())
}

/// The command of a step on the way to an outcome, such as the third attempt.
pub fn step_command(effect: EffectId, step: &str, number: u32) -> CommandId {
    ids::derive(&[effect.uuid().as_bytes(), step.as_bytes(), &number.to_be_bytes()])
}

/// What an event says about an effect that was wanted before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Its outcome was recorded: there is nothing left to do.
    Done(EffectId),
    /// An attempt is being made; whether it reached anybody is not known before the outcome.
    Attempted {
        /// Which effect.
        effect: EffectId,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// All attempts failed.
    GaveUp {
        /// Which effect.
        effect: EffectId,
        /// How often it was tried.
        attempts: u32,
        /// Short code of the last failure.
        code: String,
    },
    /// A person wants it tried again.
    Retried(EffectId),
    /// The log was restored from a backup: every effect that was wanted before this position and due at this moment may
    /// have been done, if it has no outcome.
    Restored {
        /// Where in the log.
        position: Position,
        /// When, in business time.
        at: Instant,
    },
}

/// What an event says about an effect. Any event decided under an effect's id is its outcome; there is no list of
/// kinds to keep. Most commands are no effects: whoever asks looks whether such an effect is known.
pub fn progress(fact: &Fact, envelope: &Envelope) -> Progress {
    if let Fact::System(SystemEvent::LogRestored(restored)) = fact {
        return Progress::Restored {
            position: envelope.position,
            at: restored.at,
        };
    }
    let Fact::Effect(event) = fact else {
        return Progress::Done(EffectId::new(envelope.command_id.uuid()));
    };
    match event {
        EffectEvent::EffectAttempted(attempted) => Progress::Attempted {
            effect: attempted.effect,
            attempt: attempted.attempt,
        },
        EffectEvent::EffectGaveUp(gave_up) => Progress::GaveUp {
            effect: gave_up.effect,
            attempts: gave_up.attempts,
            code: gave_up.code.clone(),
        },
        EffectEvent::EffectRetried(retried) => Progress::Retried(retried.effect),
    }
}

/// The interview whose process hears an event, if any does.
pub fn interview_of(fact: &Fact) -> Option<InterviewId> {
    match fact {
        Fact::Interview(event) => Some(event.interview()),
        Fact::Payment(event) => booking::interview_of(event),
        Fact::Scorecard(event) => feedback::interview_of(event),
        Fact::Feedback(event) => Some(messages::feedback_interview(event)),
        Fact::Report(event) => Some(reports::interview_of(event)),
        Fact::Organisation(_)
        | Fact::Account(_)
        | Fact::MailAddress(_)
        | Fact::Availability(_)
        | Fact::InterviewerCalendar(_)
        | Fact::InterviewType(_)
        | Fact::Waitlist(_)
        | Fact::PriceList(_)
        | Fact::Rubric(_)
        | Fact::InterviewKit(_)
        | Fact::ProviderInbox(_)
        | Fact::Room(_)
        | Fact::Transcript(_)
        | Fact::Decision(_)
        | Fact::Notification(_)
        | Fact::Effect(_)
        | Fact::DataSubject(_)
        | Fact::ReadModel(_)
        | Fact::System(_) => None,
    }
}

/// The state of the process after an event, and what the event wants done. `before` is the state kept under
/// [`interview_of`] the event; an event of no interview has none and leaves none.
pub fn react(
    before: Option<InterviewProcess>,
    fact: &Fact,
    envelope: &Envelope,
) -> (Option<InterviewProcess>, Vec<Wanted>) {
    let after = match fact {
        Fact::Interview(event) => state::after_interview(before, event),
        Fact::Report(event) => state::after_report(before, event),
        Fact::Payment(_)
        | Fact::Scorecard(_)
        | Fact::Feedback(_)
        | Fact::DataSubject(_)
        | Fact::Organisation(_)
        | Fact::Account(_)
        | Fact::MailAddress(_)
        | Fact::Availability(_)
        | Fact::InterviewerCalendar(_)
        | Fact::InterviewType(_)
        | Fact::Waitlist(_)
        | Fact::PriceList(_)
        | Fact::Rubric(_)
        | Fact::InterviewKit(_)
        | Fact::ProviderInbox(_)
        | Fact::Room(_)
        | Fact::Transcript(_)
        | Fact::Decision(_)
        | Fact::Notification(_)
        | Fact::Effect(_)
        | Fact::ReadModel(_)
        | Fact::System(_) => before,
    };
    let wanted = deeds(after.as_ref(), fact, envelope.recorded_at)
        .into_iter()
        .map(|(deed, due)| Wanted::new(envelope.event_id, deed, due))
        .collect();
    (after, wanted)
}

fn deeds(state: Option<&InterviewProcess>, fact: &Fact, now: Instant) -> Vec<Due> {
    let with_state = |rule: &dyn Fn(&InterviewProcess) -> Vec<Due>| state.map(rule).unwrap_or_default();
    match fact {
        Fact::Interview(event) => [
            booking::of_interview(state, event, now),
            with_state(&|state| rooms::of_interview(state, event, now)),
            with_state(&|state| messages::of_interview(state, event, now)),
            waitlists::of_interview(event, now),
        ]
        .concat(),
        Fact::Payment(event) => [
            booking::of_payment(event, now),
            with_state(&|state| messages::of_payment(state, event, now)),
        ]
        .concat(),
        Fact::Scorecard(event) => with_state(&|state| feedback::of_scorecard(state, event, now)),
        Fact::Feedback(event) => with_state(&|state| messages::of_feedback(state, event, now)),
        Fact::Report(event) => [
            reports::of_report(event, now),
            with_state(&|state| messages::of_report(state, event, now)),
        ]
        .concat(),
        Fact::Waitlist(event) => waitlists::of_waitlist(event, now),
        Fact::DataSubject(event) => erasure::of_data_subject(event, now),
        Fact::Availability(event) => calendars::of_availability(event, now),
        Fact::Organisation(_)
        | Fact::Account(_)
        | Fact::MailAddress(_)
        | Fact::InterviewerCalendar(_)
        | Fact::InterviewType(_)
        | Fact::PriceList(_)
        | Fact::Rubric(_)
        | Fact::InterviewKit(_)
        | Fact::ProviderInbox(_)
        | Fact::Room(_)
        | Fact::Transcript(_)
        | Fact::Decision(_)
        | Fact::Notification(_)
        | Fact::Effect(_)
        | Fact::ReadModel(_)
        | Fact::System(_) => Vec::new(),
    }
}

/// Something to do and the earliest moment for it.
pub type Due = (Deed, Instant);

#[cfg(test)]
mod tests;
