//! An offer to somebody who waits was not answered in time: list and calendars record it in one append. Comes it too early, or
//! after the answer, there is nothing to record (rule C6).

use async_trait::async_trait;
use domain::{
    ids::{EntryId, InterviewId, InterviewTypeId},
    interview::events::PanelClaim,
    interviewer_calendar::{InterviewerCalendar, expire_hold::ExpireHold},
    waitlist::{Waitlist, lapse::Lapse},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// What may have lapsed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LapseOffer {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// The interview that was offered.
    pub interview: InterviewId,
}

#[async_trait]
impl UseCase for LapseOffer {
    const OPERATION: &'static str = "lapseOffer";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let list: Waitlist = unit.load(self.interview_type.uuid()).await?;
        let lapse = Lapse {
            interview_type: self.interview_type,
            entry: self.entry,
            interview: self.interview,
        };
        unit.decide::<Waitlist>(self.interview_type.uuid(), lapse.into())
            .await?;
        let offer = list.entry(self.entry).ok().and_then(|entry| entry.offer.as_ref());
        let offer = offer.filter(|offer| offer.interview == self.interview);
        let claims = offer.into_iter().flat_map(|offer| offer.claims.iter().copied());
        for PanelClaim { account, claim } in claims {
            unit.decide::<InterviewerCalendar>(account.uuid(), ExpireHold { account, claim }.into())
                .await?;
        }
        Ok(())
    }
}
