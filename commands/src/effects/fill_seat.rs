//! A seat was given up: whoever of the product's pool may have its part, is free, and has the fewest recent interviews takes it. When nobody
//! can, it stays vacant, and those who run interviews see it.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{
        Booking, Interview,
        events::{PanelMember, SeatReason},
        phase::Phase,
    },
    interview_type::InterviewType,
};
use serde::{Deserialize, Serialize};
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

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seated {
    /// Somebody took it.
    Filled,
    /// Nobody of the pool can.
    NobodyFree,
    /// It was filled before, or is not needed any more.
    NotVacant,
}

#[async_trait]
impl UseCase for FillSeat {
    const OPERATION: &'static str = "fillSeat";
    type Output = Seated;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Seated, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let mut vacant = booking.vacant.iter();
        let seat = vacant.find(|seat| seat.account == self.former);
        let is_needed = booking.phase == Phase::Confirmed && booking.slot.span.start > unit.now();
        let Some(seat) = seat.filter(|_| is_needed) else {
            return Ok(Seated::NotVacant);
        };
        let pool = pool(unit, booking, seat).await?;
        if pool.is_empty() {
            return Ok(Seated::NobodyFree);
        }
        let Ok(Some(chosen)) = seats::free(unit, booking, &pool).await? else {
            return Ok(Seated::NobodyFree);
        };
        let (account, reason) = (chosen.account, SeatReason::FewestRecent);
        seats::fill(unit, booking, self.former, account, reason, None).await?;
        Ok(Seated::Filled)
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
