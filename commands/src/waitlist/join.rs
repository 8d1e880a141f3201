//! A candidate waits for a time of a product.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, EntryId, InterviewTypeId},
    interview_type::InterviewType,
    refusal::Refusal,
    time::{Span, Zone},
    waitlist::{Waitlist, join::Join},
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// Who waits for what.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct JoinWaitlist {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Who waits.
    pub candidate: AccountId,
    /// Within which time an interview is to start.
    pub wanted: Span,
    /// The zone the candidate reads times in.
    pub zone: Zone,
}

/// The place on the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// Which.
    pub entry: EntryId,
}

#[async_trait]
impl UseCase for JoinWaitlist {
    const OPERATION: &'static str = "joinWaitlist";
    type Output = Waiting;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Waiting, CommandError> {
        let product: InterviewType = unit.load(self.interview_type.uuid()).await?;
        product.bookable().ok_or(Refusal::NotFound {
            what: "interview type",
        })?;
        let entry: EntryId = unit.mint();
        let join = Join {
            interview_type: self.interview_type,
            entry,
            candidate: self.candidate,
            wanted: self.wanted,
            zone: self.zone,
        };
        unit.decide::<Waitlist>(self.interview_type.uuid(), join.into())
            .await?;
        Ok(Waiting { entry })
    }
}
