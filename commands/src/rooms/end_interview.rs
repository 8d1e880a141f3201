//! An interviewer ends the interview for everyone: the room closes, the attendance is counted, and every member of the
//! panel is asked for a scorecard, in one append.

use async_trait::async_trait;
use chrono::Duration;
use domain::{
    ids::{AccountId, InterviewId, RoomId, ScorecardId},
    interview::{Booking, Interview, end::End, events::EndReason, phase::Phase},
    refusal::Refusal,
    room::{Room, RoomCommand, close::Close, events::CloseReason},
    rubric::Rubric,
    scorecard::{Scorecard, ScorecardCommand, assign::Assign},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::group;

/// How long after the end a scorecard is expected.
const DUE_HOURS: i64 = 24;

/// The end of an interview.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EndInterview {
    /// Which.
    pub interview: InterviewId,
    /// Who ends it.
    pub by: AccountId,
}

#[async_trait]
impl UseCase for EndInterview {
    const OPERATION: &'static str = "endInterview";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        if !booking.is_panel_member(self.by) {
            return Err(Refusal::NotFound { what: "interview" }.into());
        }
        group::end_all(unit, booking, self.by).await?;
        end(unit, self.interview, EndReason::Ended).await
    }
}

/// Ends an interview, whoever or whatever wants it; the room's timer does too.
///
/// # Errors
/// When the interview is not going on, or the log cannot be used.
pub async fn end(unit: &mut Unit<'_>, id: InterviewId, reason: EndReason) -> Result<(), CommandError> {
    let now = unit.now();
    let interview: Interview = unit.load(id.uuid()).await?;
    let room = RoomId::of(id, interview.booked()?.revision);
    let closed = match reason {
        EndReason::Ended => CloseReason::Ended,
        EndReason::TimeOver => CloseReason::Expired,
    };
    let state = unit
        .decide::<Room>(
            room.uuid(),
            RoomCommand::Close(Close {
                at: now,
                reason: closed,
            }),
        )
        .await?;
    let end = End {
        at: now,
        reason,
        attendance: state.attendance(now),
    };
    let ended = unit.decide::<Interview>(id.uuid(), end.into()).await?;
    let booking = ended.booked()?;
    if booking.phase == Phase::Completed {
        assign_scorecards(unit, id, booking).await?;
    }
    Ok(())
}

async fn assign_scorecards(
    unit: &mut Unit<'_>,
    id: InterviewId,
    booking: &Booking,
) -> Result<(), CommandError> {
    let pin = booking.terms.rubric;
    let criteria = match pin {
        None => Vec::new(),
        Some(pin) => {
            let rubric: Rubric = unit.load(pin.rubric.uuid()).await?;
            rubric
                .criteria(pin.version)
                .map(<[_]>::to_vec)
                .unwrap_or_default()
        }
    };
    for member in &booking.panel {
        let scorecard = ScorecardId::of(id, member.account);
        let assign = Assign {
            scorecard,
            interview: id,
            account: member.account,
            candidate: booking.candidate,
            rubric: pin,
            criteria: criteria.clone(),
            due_at: unit.now() + Duration::hours(DUE_HOURS),
        };
        unit.decide::<Scorecard>(scorecard.uuid(), ScorecardCommand::Assign(assign))
            .await?;
    }
    Ok(())
}
