//! A seat was given up: whoever of the product's pool may have its part, is free, and has the fewest recent interviews
//! takes it; before all others whoever stands in for somebody who is away. When nobody can, it stays vacant, those who
//! run interviews see it, and it is looked at again.

use async_trait::async_trait;
use domain::{
    availability::Availability,
    ids::{AccountId, InterviewId},
    interview::{
        Booking, Interview,
        events::{PanelMember, SeatReason},
        phase::Phase,
    },
    interview_type::InterviewType,
    refusal::Refusal,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use crate::booking::seats;

/// A seat that was given up.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FillSeat {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who sat there.
    pub former: AccountId,
}

#[async_trait]
impl UseCase for FillSeat {
    const OPERATION: &'static str = "fillSeat";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let mut vacant = booking.vacant.iter();
        let seat = vacant.find(|seat| seat.account == self.former);
        let is_needed = booking.phase == Phase::Confirmed && booking.slot.span.start > unit.now();
        let Some(seat) = seat.filter(|_| is_needed) else {
            // It was filled before, or is not needed any more.
            return Ok(());
        };
        let pool = pool(unit, booking, seat).await?;
        let delegate = self.delegate(unit, booking).await?;
        let delegate = delegate.filter(|delegate| pool.contains(delegate));
        let in_turn = [
            (delegate.into_iter().collect(), SeatReason::Named),
            (pool, SeatReason::FewestRecent),
        ];
        for (people, reason) in in_turn {
            if let Ok(Some(chosen)) = seats::free(unit, booking, &people).await? {
                seats::fill(unit, booking, self.former, chosen.account, reason, None).await?;
                return Ok(());
            }
        }
        // Nothing is kept of it, so that the same can be asked again.
        Err(Refusal::SlotTaken.into())
    }
}

impl FillSeat {
    /// Whoever was named to stand in, if the one who sat there is away at that time.
    async fn delegate(
        &self,
        unit: &mut Unit<'_>,
        booking: &Booking,
    ) -> Result<Option<AccountId>, CommandError> {
        let availability: Availability = unit.load(self.former.uuid()).await?;
        Ok(availability.delegate_for(booking.slot.span))
    }
}

/// Those who may be asked, of the product at present.
async fn pool(
    unit: &mut Unit<'_>,
    booking: &Booking,
    seat: &PanelMember,
) -> Result<Vec<AccountId>, CommandError> {
    let Some(pin) = booking.product else {
        return Ok(Vec::new());
    };
    let product: InterviewType = unit.load(pin.interview_type.uuid()).await?;
    let spec = product.spec();
    Ok(spec.map_or_else(Vec::new, |spec| booking.may_fill(seat, &spec.panel)))
}
