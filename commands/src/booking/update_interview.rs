//! What an interview is called or about is changed, or a kit is attached: for this interview alone.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, InterviewKitId},
    interview::{Booking, Interview, events::Side, update::Update},
    refusal::Refusal,
    sealed::Sealed,
    text::{Line, Paragraph},
};
use serde::Serialize;
use store::{
    executor::{CommandError, Unit, UseCase},
    vault::Vault,
};

use super::{propose_times::side_of, schedule_interview::may_schedule};
use crate::catalogue::define_interview_type::newest_kit;

/// What is to be otherwise; what is absent stays.
#[derive(Clone, Debug, Serialize)]
pub struct UpdateInterview {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who changes it.
    pub by: AccountId,
    /// Whether a role lets this person schedule; otherwise the organisation says whether its interviewers may.
    pub is_staff: bool,
    /// The revision that the asker saw, if they said which.
    pub expected_revision: Option<u32>,
    /// What it is called from now on.
    pub title: Option<Line>,
    /// What it is about from now on.
    pub description: Option<Paragraph>,
    /// The kit that it follows from now on, in its newest version.
    pub kit: Option<InterviewKitId>,
}

#[async_trait]
impl UseCase for UpdateInterview {
    const OPERATION: &'static str = "updateInterview";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        self.check_asker(unit, booking).await?;
        if self.title.is_none() && self.description.is_none() && self.kit.is_none() {
            return Err(
                Refusal::invalid("title", "is needed where neither description nor kit is named").into(),
            );
        }
        let kit = match self.kit {
            Some(kit) => Some(newest_kit(unit, kit).await?),
            None => None,
        };
        let update = Update {
            expected_revision: self.expected_revision,
            by: self.by,
            title: self.title.clone(),
            description: self.description_of(unit.vault(), booking).await?,
            kit,
        };
        unit.decide::<Interview>(self.interview.uuid(), update.into())
            .await?;
        Ok(())
    }
}

impl UpdateInterview {
    /// By the rule of setting interviews up: those who run interviews may, and of the panel whoever the organisation
    /// lets. A candidate may not, whatever else they may be in the organisation.
    async fn check_asker(&self, unit: &mut Unit<'_>, booking: &Booking) -> Result<(), CommandError> {
        if side_of(booking, self.by, self.is_staff)? == Side::Candidate {
            return Err(Refusal::Forbidden.into());
        }
        may_schedule(unit, self.is_staff).await
    }

    /// What it is to be about. Words that are there already are those that are there: sealed anew they would look
    /// like others.
    async fn description_of(
        &self,
        vault: &Vault,
        booking: &Booking,
    ) -> Result<Option<Sealed<String>>, CommandError> {
        let Some(words) = self.description.as_ref().map(Paragraph::as_str) else {
            return Ok(None);
        };
        if let Some(present) = &booking.description
            && vault.open(present).await?.as_deref() == Some(words)
        {
            return Ok(booking.description.clone());
        }
        Ok(Some(Sealed::open(booking.subject(self.by), words.to_owned())))
    }
}
