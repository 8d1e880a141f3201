//! A host lets somebody in who waits: they become the candidate and may enter the room, in one append. Of two who are
//! admitted at the same time one is the candidate; the other goes on waiting.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, RoomId},
    interview::{Interview, join_candidate::JoinCandidate},
    room::{Room, admit_participant::AdmitParticipant as Admit},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// Whom a host lets in.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AdmitParticipant {
    /// To which session.
    pub interview: InterviewId,
    /// Whom.
    pub account: AccountId,
    /// Which host.
    pub by: AccountId,
}

#[async_trait]
impl UseCase for AdmitParticipant {
    const OPERATION: &'static str = "admitParticipant";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let join = JoinCandidate {
            candidate: self.account,
            by: self.by,
        };
        let interview: Interview = unit.decide(self.interview.uuid(), join.into()).await?;
        let room = RoomId::of(self.interview, interview.booked()?.revision);
        let admit = Admit {
            account: self.account,
            by: self.by,
        };
        unit.decide::<Room>(room.uuid(), admit.into()).await?;
        Ok(())
    }
}
