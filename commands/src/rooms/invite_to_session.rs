//! People are asked to a session by mail.

use async_trait::async_trait;
use domain::{
    account::Account,
    ids::{AccountId, InterviewId},
    interview::{Booking, Interview, invite_guests::InviteGuests},
    refusal::Refusal,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// Who is asked.
#[derive(Clone, Debug, Serialize)]
pub struct InviteToSession {
    /// To which session.
    pub interview: InterviewId,
    /// Who asks them.
    pub by: AccountId,
    /// Whether a role lets this person ask to every session; others ask to their own.
    pub is_staff: bool,
    /// Whom.
    pub accounts: Vec<AccountId>,
}

#[async_trait]
impl UseCase for InviteToSession {
    const OPERATION: &'static str = "inviteToSession";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        must_host(booking, self.by, self.is_staff)?;
        let invite = InviteGuests {
            accounts: self.accounts.clone(),
            by: self.by,
        };
        unit.decide::<Interview>(self.interview.uuid(), invite.into())
            .await?;
        // No more than may be asked at once, as the decision has found.
        for account in &self.accounts {
            let guest: Account = unit.load(account.uuid()).await?;
            if !guest.is_registered() {
                return Err(Refusal::NotFound { what: "account" }.into());
            }
        }
        Ok(())
    }
}

/// Refuses to ask anybody to a session to whoever neither hosts it nor runs interviews.
pub(super) fn must_host(booking: &Booking, by: AccountId, is_staff: bool) -> Result<(), Refusal> {
    let is_host = booking.is_panel_member(by);
    if !is_host && (!is_staff || booking.is_candidate(by)) {
        return Err(Refusal::NotFound { what: "interview" });
    }
    Ok(())
}
