//! The time that somebody waited for is over.

use async_trait::async_trait;
use domain::{
    ids::{EntryId, InterviewTypeId},
    waitlist::Waitlist,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use crate::waitlist::leave::leave;

/// Whose wait is over.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EndWait {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
}

#[async_trait]
impl UseCase for EndWait {
    const OPERATION: &'static str = "endWait";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let list: Waitlist = unit.load(self.interview_type.uuid()).await?;
        leave(unit, &list, self.interview_type, self.entry, None).await
    }
}
