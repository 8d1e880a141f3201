//! A candidate does not take what is offered, and goes on waiting. The time is free in the same append.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, EntryId, InterviewTypeId},
    interviewer_calendar::events::ReleaseReason,
    waitlist::{Waitlist, decline::Decline},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::own;
use crate::booking::seats;

/// Whose offer is not taken.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DeclineWaitlistOffer {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// Who declines.
    pub by: AccountId,
}

#[async_trait]
impl UseCase for DeclineWaitlistOffer {
    const OPERATION: &'static str = "declineWaitlistOffer";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let list: Waitlist = unit.load(self.interview_type.uuid()).await?;
        let entry = own(&list, self.entry, self.by)?;
        let decline = Decline {
            interview_type: self.interview_type,
            entry: self.entry,
        };
        unit.decide::<Waitlist>(self.interview_type.uuid(), decline.into())
            .await?;
        let claims = entry.offer.iter().flat_map(|offer| offer.claims.iter().copied());
        for claim in claims {
            seats::release(unit, Some(claim), ReleaseReason::Cancelled).await?;
        }
        Ok(())
    }
}
