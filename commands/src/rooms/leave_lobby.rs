//! Somebody waits no longer.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, JoinCodeDigest, RoomId},
    interview::Interview,
    room::{Room, leave_lobby::LeaveLobby as Leave},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::enter_lobby::found_by;

/// Somebody goes. It takes no password: who does not wait changes nothing.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LeaveLobby {
    /// Who.
    pub account: AccountId,
    /// The session that the code was found to be of.
    pub interview: InterviewId,
    /// What the code was found by.
    pub join_code: JoinCodeDigest,
}

#[async_trait]
impl UseCase for LeaveLobby {
    const OPERATION: &'static str = "leaveLobby";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let (booking, _) = found_by(&interview, self.join_code, unit.now())?;
        let room = RoomId::of(self.interview, booking.revision);
        let leave = Leave {
            account: self.account,
            at: unit.now(),
        };
        unit.decide::<Room>(room.uuid(), leave.into()).await?;
        Ok(())
    }
}
