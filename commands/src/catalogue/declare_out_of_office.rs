//! An interviewer is away. What was settled before stays, unless its seats are given up in the same append.

use async_trait::async_trait;
use domain::{
    account::Account,
    actor::Role,
    availability::{Availability, declare_out_of_office::DeclareOutOfOffice as Declare},
    ids::{AbsenceId, AccountId, InterviewId},
    interview::{Interview, events::Answer, respond_to_invite::RespondToInvite},
    interviewer_calendar::InterviewerCalendar,
    refusal::Refusal,
    time::Span,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::set_availability::must_be_interviewer;
use crate::booking::respond_to_invite::answer;

/// An absence.
#[derive(Clone, Debug, Serialize)]
pub struct DeclareOutOfOffice {
    /// Who is away.
    pub account: AccountId,
    /// From the first moment away to the first moment back.
    pub span: Span,
    /// Whom to turn to meanwhile: somebody who meets candidates or runs interviews.
    pub delegate: Option<AccountId>,
    /// What becomes of the interviews that lie in it.
    pub seats: Seats,
}

/// What becomes of the interviews that lie in an absence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Seats {
    /// They stay.
    Kept,
    /// The seats are given up as if every invitation were declined.
    GivenUp,
}

/// Most seats that are given up at once.
const MOST_SEATS: usize = 100;

/// The absence that was declared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Declared {
    /// The absence.
    pub absence: AbsenceId,
    /// The interviews that lie in it and stay, in order of time.
    #[serde(default)]
    pub stay: Vec<InterviewId>,
}

#[async_trait]
impl UseCase for DeclareOutOfOffice {
    const OPERATION: &'static str = "declareOutOfOffice";
    type Output = Declared;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Declared, CommandError> {
        must_be_interviewer(unit, self.account).await?;
        if let Some(delegate) = self.delegate {
            must_be_able_to_stand_in(unit, delegate).await?;
        }
        let absence = unit.mint();
        let declare = Declare {
            account: self.account,
            absence,
            span: self.span,
            delegate: self.delegate,
        };
        unit.decide::<Availability>(self.account.uuid(), declare.into())
            .await?;
        let calendar: InterviewerCalendar = unit.load(self.account.uuid()).await?;
        let touched = calendar.ahead_within(self.span, unit.now());
        let stay = match self.seats {
            Seats::Kept => touched,
            Seats::GivenUp => self.give_up(unit, touched).await?,
        };
        Ok(Declared { absence, stay })
    }
}

impl DeclareOutOfOffice {
    /// Declines every invitation that can be declined, and tells which cannot: of interviews that are held and not confirmed yet, or
    /// whose room is open already.
    async fn give_up(
        &self,
        unit: &mut Unit<'_>,
        touched: Vec<InterviewId>,
    ) -> Result<Vec<InterviewId>, CommandError> {
        if touched.len() > MOST_SEATS {
            return Err(
                Refusal::invalid("giveUpSeats", "at most 100 interviews may lie in the absence").into(),
            );
        }
        let mut stay = Vec::new();
        for interview in touched {
            let before: Interview = unit.load(interview.uuid()).await?;
            let Interview::Booked(booking) = before else {
                // Held for somebody who waits and was offered it.
                continue;
            };
            if booking.may_change_panel(unit.now()).is_err() {
                stay.push(interview);
                continue;
            }
            let decline = RespondToInvite {
                account: self.account,
                answer: Answer::Declined,
                expected_revision: None,
            };
            answer(unit, interview, decline).await?;
        }
        Ok(stay)
    }
}

/// Candidates stand in for nobody, and who they are is nobody's business here: they are answered like strangers.
async fn must_be_able_to_stand_in(unit: &mut Unit<'_>, delegate: AccountId) -> Result<(), CommandError> {
    let delegate: Account = unit.load(delegate.uuid()).await?;
    let roles = [Role::Interviewer, Role::Recruiter, Role::Admin];
    if !roles.into_iter().any(|role| delegate.has(role)) {
        return Err(Refusal::NotFound { what: "delegate" }.into());
    }
    Ok(())
}
