//! Nobody can take a seat at the time that an interview has, and without it the panel is too small: other times, at which
//! somebody can, are proposed to the candidate.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{
        Booking, Interview,
        events::{PanelMember, Side},
        phase::Phase,
        propose_times::ProposeTimes as Propose,
    },
    interview_type::InterviewType,
    refusal::Refusal,
    time::{Slot, Span},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use crate::booking::repair;

/// A seat that nobody can take.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ProposeForSeat {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who sat there.
    pub former: AccountId,
}

/// There is nothing to propose. Nothing is kept of it, so that the same can be asked again.
const NOTHING: Refusal = Refusal::SlotTaken;

#[async_trait]
impl UseCase for ProposeForSeat {
    const OPERATION: &'static str = "proposeForSeat";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let lacking = self.lacking(unit, booking).await?;
        if lacking.is_empty() {
            return Err(NOTHING.into());
        }
        let vacated_by = lacking.iter().map(|seat| seat.account).collect();
        let starts = repair::starts(unit, booking, &lacking).await?;
        if starts.is_empty() {
            return Err(NOTHING.into());
        }
        let slot = |start| {
            let span = Span::minutes(start, booking.terms.duration_minutes);
            Slot::promised(span, booking.slot.zone)
        };
        let propose = Propose {
            expected_revision: booking.revision,
            proposal: unit.mint(),
            by: None,
            vacated_by,
            side: Side::Hosts,
            options: starts.into_iter().map(slot).collect(),
            message: None,
        };
        unit.decide::<Interview>(self.interview.uuid(), propose.into())
            .await?;
        Ok(())
    }
}

impl ProposeForSeat {
    /// The seats that other times are to be proposed for, this one among them; none where its panel can do without it, where nobody
    /// knows of a pool, and where times were proposed before. The seats of a group go together, so its time is for people to move.
    async fn lacking(
        &self,
        unit: &mut Unit<'_>,
        booking: &Booking,
    ) -> Result<Vec<PanelMember>, CommandError> {
        let is_ahead = booking.phase == Phase::Confirmed && booking.slot.span.start > unit.now();
        let pin = booking.product.filter(|_| is_ahead && booking.group.is_none());
        let Some(pin) = pin else {
            return Ok(Vec::new());
        };
        let product: InterviewType = unit.load(pin.interview_type.uuid()).await?;
        let lacking = product.spec().map(|spec| booking.lacks(&spec.panel));
        let lacking = lacking.unwrap_or_default();
        let is_lacking = lacking.iter().any(|seat| seat.account == self.former);
        if is_lacking && booking.awaits_times(&lacking) {
            return Ok(lacking);
        }
        Ok(Vec::new())
    }
}
