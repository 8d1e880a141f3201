//! Somebody who knows a session's code, and its password if it has one, waits to be admitted.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, JoinCodeDigest, RoomId},
    interview::{Booking, Interview, NO_SESSION, Session},
    refusal::Refusal,
    room::{Room, enter_lobby::EnterLobby as Enter},
    time::Instant,
};
use serde::Serialize;
use store::{
    executor::{CommandError, Unit, UseCase},
    vault::Vault,
};

use super::password::Password;

/// Somebody at the door.
#[derive(Clone, Debug, Serialize)]
pub struct EnterLobby {
    /// Who.
    pub account: AccountId,
    /// The session that the code was found to be of.
    pub interview: InterviewId,
    /// What the code was found by.
    pub join_code: JoinCodeDigest,
    /// What they typed.
    pub password: Option<Password>,
}

#[async_trait]
impl UseCase for EnterLobby {
    const OPERATION: &'static str = "enterLobby";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let (booking, session) = found_by(&interview, self.join_code, unit.now())?;
        if booking.is_panel_member(self.account) {
            return Err(Refusal::WrongState {
                state: "you host this session",
            }
            .into());
        }
        self.check_password(unit.vault(), session).await?;
        // The room is loaded only now, so that nobody is kept waiting for whoever comes while a password is checked.
        let room = RoomId::of(self.interview, booking.revision);
        let enter = Enter {
            account: self.account,
            at: unit.now(),
        };
        unit.decide::<Room>(room.uuid(), enter.into()).await?;
        Ok(())
    }
}

impl EnterLobby {
    async fn check_password(&self, vault: &Vault, session: &Session) -> Result<(), CommandError> {
        let Some(sealed) = &session.password_hash else {
            return Ok(());
        };
        // Whose data was erased admits nobody any more, so that nobody need be let wait.
        let hash = vault.open(sealed).await?.ok_or(NO_SESSION)?;
        let typed = self.password.as_ref().ok_or(Refusal::WrongPassword)?;
        if typed.is(hash).await? {
            return Ok(());
        }
        Err(Refusal::WrongPassword.into())
    }
}

/// The session that a code is of, while it lasts. The tables that found it may be behind.
pub(super) fn found_by(
    interview: &Interview,
    join_code: JoinCodeDigest,
    now: Instant,
) -> Result<(&Booking, &Session), Refusal> {
    let booking = interview.booked().map_err(|_| NO_SESSION)?;
    let session = booking.open_session(now)?;
    if session.join_code == join_code {
        return Ok((booking, session));
    }
    Err(NO_SESSION)
}
