//! Somebody opens an instant session: the interview and the claim on their own calendar come into being in one append,
//! or nothing does.

use async_trait::async_trait;
use chrono::Duration;
use domain::{
    account::Account,
    ids::{AccountId, InterviewId, SubjectId},
    interview::{
        Interview,
        host_session::{HostSession as Host, span, terms},
        schedule::named,
    },
    interview_type::events::{Difficulty, InterviewKind},
    refusal::Refusal,
    sealed::Sealed,
    text::Line,
    time::Zone,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::{
    join_codes::{code_of, digest_of},
    password::Password,
};
use crate::booking::request_booking::{Hold, confirm};

/// What is opened.
#[derive(Clone, Debug, Serialize)]
pub struct HostSession {
    /// Who opens it.
    pub by: AccountId,
    /// What it is called.
    pub title: Line,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// How many minutes it takes of the host's time.
    pub minutes: u32,
    /// The zone that its time is told in; the host's own when absent.
    pub zone: Option<Zone>,
    /// Language of the session.
    pub locale: String,
    /// What guests must know beside the code.
    pub password: Option<Password>,
}

/// What was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hosted {
    /// The interview.
    pub interview: InterviewId,
}

#[async_trait]
impl UseCase for HostSession {
    const OPERATION: &'static str = "hostSession";
    type Output = Hosted;

    /// Nobody's hours, notice or limits are asked, as the host is here now; other interviews and what is busy elsewhere
    /// are.
    async fn run(&self, unit: &mut Unit<'_>) -> Result<Hosted, CommandError> {
        let host: Account = unit.load(self.by.uuid()).await?;
        if !host.is_registered() {
            return Err(Refusal::Forbidden.into());
        }
        let span = span(unit.now(), self.minutes)?;
        let interview: InterviewId = unit.mint();
        let code = code_of(unit.vault(), unit.tenant(), interview);
        let join_code = digest_of(unit.vault(), unit.tenant(), code);
        let hold = Hold {
            interview,
            interview_type: None,
            seat: None,
            revision: 1,
            span,
            // Made firm in the same append; the moment only has to lie ahead.
            expires_at: unit.now() + Duration::minutes(1),
        };
        let claims = hold.place(unit, &named(&[self.by]), &terms(self.minutes)).await?;
        confirm(unit, &claims).await?;
        let password_hash = match &self.password {
            Some(password) => Some(Sealed::open(
                SubjectId::of(self.by),
                password.hash(interview).await?,
            )),
            None => None,
        };
        let host = Host {
            interview,
            by: self.by,
            title: self.title.clone(),
            kind: self.kind,
            difficulty: self.difficulty,
            minutes: self.minutes,
            zone: self.zone.or(host.zone()).unwrap_or(Zone::UTC),
            locale: self.locale.clone(),
            join_code,
            password_hash,
            claims,
            hold_expires_at: hold.expires_at,
        };
        unit.decide::<Interview>(interview.uuid(), host.into()).await?;
        Ok(Hosted { interview })
    }
}
