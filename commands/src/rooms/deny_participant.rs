//! A host does not let somebody in who waits. They may not come again.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, RoomId, SubjectId},
    interview::Interview,
    refusal::Refusal,
    room::{Room, deny_participant::DenyParticipant as Deny},
    sealed::Sealed,
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// Whom a host does not let in.
#[derive(Clone, Debug, Serialize)]
pub struct DenyParticipant {
    /// To which session.
    pub interview: InterviewId,
    /// Whom.
    pub account: AccountId,
    /// Which host.
    pub by: AccountId,
    /// Why, in the host's words.
    pub reason: Option<Paragraph>,
}

#[async_trait]
impl UseCase for DenyParticipant {
    const OPERATION: &'static str = "denyParticipant";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        if !booking.is_panel_member(self.by) {
            return Err(Refusal::NotFound { what: "interview" }.into());
        }
        booking.session()?;
        let room = RoomId::of(self.interview, booking.revision);
        let reason = self.reason.as_ref();
        let deny = Deny {
            account: self.account,
            by: self.by,
            // It is said about the one who is denied.
            reason: reason.map(|reason| Sealed::open(SubjectId::of(self.account), reason.to_string())),
        };
        unit.decide::<Room>(room.uuid(), deny.into()).await?;
        Ok(())
    }
}
