//! Somebody is asked to a session at a mail address, whether they have been here before or not. By those who may schedule, since
//! mail goes to whatever address they name.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId},
    interview::{Interview, invite_guests::InviteGuests},
    refusal::Refusal,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::invite_to_session::must_host;
use crate::{accounts::invite::Invitee, booking::schedule_interview::may_schedule};

/// Who is asked.
#[derive(Clone, Debug, Serialize)]
pub struct InviteCandidate {
    /// To which session.
    pub interview: InterviewId,
    /// Who asks them.
    pub by: AccountId,
    /// Whether a role lets this person ask to every session; others ask to their own.
    pub is_staff: bool,
    /// Whom.
    pub invitee: Invitee,
}

#[async_trait]
impl UseCase for InviteCandidate {
    const OPERATION: &'static str = "inviteCandidate";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        may_schedule(unit, self.is_staff).await?;
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        must_host(booking, self.by, self.is_staff)?;
        let whose = self.invitee.find(unit).await?;
        if booking.is_panel_member(whose.account()) {
            return Err(Refusal::invalid("email", "must not be of who hosts the session").into());
        }
        let invite = InviteGuests {
            accounts: vec![whose.account()],
            by: self.by,
        };
        unit.decide::<Interview>(self.interview.uuid(), invite.into())
            .await?;
        self.invitee.settle(unit, whose, self.by).await
    }
}
