//! Somebody does not wait any more. What was offered to them is free in the same append.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, EntryId, InterviewTypeId},
    interviewer_calendar::events::ReleaseReason,
    refusal::Refusal,
    waitlist::{Waitlist, leave::Leave},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use crate::booking::seats;

/// Whose place is given up.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LeaveWaitlist {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// Who says so.
    pub by: AccountId,
    /// Whether a role lets this person take others off the list.
    pub is_staff: bool,
}

#[async_trait]
impl UseCase for LeaveWaitlist {
    const OPERATION: &'static str = "leaveWaitlist";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let list: Waitlist = unit.load(self.interview_type.uuid()).await?;
        if list.owner(self.entry) != Some(self.by) && !self.is_staff {
            return Err(Refusal::NotFound {
                what: "waitlist entry",
            }
            .into());
        }
        leave(unit, &list, self.interview_type, self.entry, Some(self.by)).await
    }
}

/// Gives a place up, and the time that was offered to it.
pub(crate) async fn leave(
    unit: &mut Unit<'_>,
    list: &Waitlist,
    interview_type: InterviewTypeId,
    entry: EntryId,
    by: Option<AccountId>,
) -> Result<(), CommandError> {
    let leave = Leave {
        interview_type,
        entry,
        by,
    };
    unit.decide::<Waitlist>(interview_type.uuid(), leave.into())
        .await?;
    let offer = list.entry(entry).ok().and_then(|entry| entry.offer.as_ref());
    for claim in offer.into_iter().flat_map(|offer| offer.claims.iter().copied()) {
        seats::release(unit, Some(claim), ReleaseReason::Cancelled).await?;
    }
    Ok(())
}
