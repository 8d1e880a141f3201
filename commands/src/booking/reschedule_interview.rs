//! An interview moves to another time: the new time is claimed and the old released in one append.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Interview, reschedule::Reschedule},
    refusal::Refusal,
    sealed::Sealed,
    text::Paragraph,
    time::{Instant, Slot, Span, Zone},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::repair::Taken;

/// A move.
#[derive(Clone, Debug, Serialize)]
pub struct RescheduleInterview {
    /// Which interview.
    pub interview: InterviewId,
    /// Who moves it.
    pub by: AccountId,
    /// Whether a role lets this person move every interview; the candidate moves the own one.
    pub is_staff: bool,
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// The new start.
    pub start: Instant,
    /// The zone the new time is promised in; the former one when absent.
    pub zone: Option<Zone>,
    /// Why, in the asker's words.
    pub reason: Option<Paragraph>,
}

#[async_trait]
impl UseCase for RescheduleInterview {
    const OPERATION: &'static str = "rescheduleInterview";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        if !self.is_staff && !booking.is_candidate(self.by) {
            return Err(Refusal::NotFound { what: "interview" }.into());
        }
        let span = Span::minutes(self.start, booking.terms.duration_minutes);
        let to = Slot::promised(span, self.zone.unwrap_or(booking.slot.zone));
        let moves = booking.slot.span != span
            && booking.revision == self.expected_revision
            && booking.phase.was_confirmed();
        // Whether the new time is free matters only to a move that is possible at all.
        let Taken { group, claims, seats } = if moves {
            Taken::of(unit, booking, None, span).await?
        } else {
            Taken::nothing_new(booking)
        };
        let subject = booking.subject(self.by);
        let reschedule = Reschedule {
            expected_revision: self.expected_revision,
            to,
            group,
            claims,
            by: self.by,
            reason: self
                .reason
                .as_ref()
                .map(|reason| Sealed::open(subject, reason.to_string())),
        };
        let after: Interview = unit
            .decide::<Interview>(self.interview.uuid(), reschedule.into())
            .await?;
        seats.fill(unit, after.booked()?).await
    }
}
