//! A seat was given up: whoever of the product's pool is free and has the fewest recent interviews takes it. When nobody
//! can, it stays vacant, and those who run interviews see it.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Booking, Interview, events::SeatReason, phase::Phase},
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
        let is_vacant = booking.vacant.iter().any(|seat| seat.account == self.former);
        let is_needed = booking.phase == Phase::Confirmed && booking.slot.span.start > unit.now();
        if !is_vacant || !is_needed {
            return Ok(Seated::NotVacant);
        }
        let pool = self.pool(unit, booking).await?;
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

impl FillSeat {
    /// Those who may be asked: the pool of the product at present, without the panel, the candidate, and whoever left
    /// or declined.
    async fn pool(&self, unit: &mut Unit<'_>, booking: &Booking) -> Result<Vec<AccountId>, CommandError> {
        let Some(pin) = booking.product else {
            return Ok(Vec::new());
        };
        let product: InterviewType = unit.load(pin.interview_type.uuid()).await?;
        let pool = product.spec().map(|spec| spec.panel.pool.clone());
        let mut pool = pool.unwrap_or_default();
        pool.retain(|person| {
            *person != self.former
                && *person != booking.candidate
                && !booking.is_panel_member(*person)
                && !booking.declined.contains(person)
                && booking.vacant.iter().all(|seat| seat.account != *person)
        });
        Ok(pool)
    }
}
