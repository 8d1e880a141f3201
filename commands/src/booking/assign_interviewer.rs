//! Somebody who runs interviews names an interviewer for a vacant seat.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Booking, Interview, events::SeatReason},
    refusal::Refusal,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::seats;
use crate::catalogue::set_availability::must_be_interviewer;

/// Who gets which seat.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AssignInterviewer {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who sat there before; the seat that has been vacant longest when absent.
    pub former: Option<AccountId>,
    /// Who sits there from now on.
    pub interviewer: AccountId,
    /// Who says so.
    pub by: AccountId,
}

#[async_trait]
impl UseCase for AssignInterviewer {
    const OPERATION: &'static str = "assignInterviewer";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let longest = || booking.vacant.first().map(|seat| seat.account);
        let former = self.former.or_else(longest).ok_or(Refusal::WrongState {
            state: "no seat is vacant",
        })?;
        let member = booking.panel.first().map(|member| member.account);
        let others = match member {
            Some(member) => seats::open_others(unit, booking, member).await?,
            None => Vec::new(),
        };
        name(unit, booking, former, self.interviewer, self.by).await?;
        // A group is one meeting: the seat is vacant in all of it, or was never that person's.
        for other in others {
            let interview: Interview = unit.load(other.uuid()).await?;
            let booking = interview.booked()?;
            if booking.vacant.iter().any(|seat| seat.account == former) {
                name(unit, booking, former, self.interviewer, self.by).await?;
            }
        }
        Ok(())
    }
}

/// Gives the vacant seat of `former` to an interviewer whom a person names, if that one is free.
pub(super) async fn name(
    unit: &mut Unit<'_>,
    booking: &Booking,
    former: AccountId,
    interviewer: AccountId,
    by: AccountId,
) -> Result<(), CommandError> {
    must_be_interviewer(unit, interviewer).await?;
    let asked = booking.vacant.iter().any(|seat| seat.account == former)
        && !booking.is_panel_member(interviewer)
        && !booking.is_candidate(interviewer);
    if asked {
        // Whether that person is free matters only where the seat can be theirs at all.
        seats::free(unit, booking, &[interviewer]).await??;
    }
    seats::fill(unit, booking, former, interviewer, SeatReason::Named, Some(by)).await
}
