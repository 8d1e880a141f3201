//! How an interview goes on by what happens in its room: somebody comes, and it ends.

use chrono::Duration;
use domain::{
    ids::{InterviewId, RoomId, ScorecardId},
    interview::{
        Booking, Interview,
        end::End,
        events::{Absent, EndReason, PanelClaim},
        phase::Phase,
        record_opened::RecordOpened,
        record_started::RecordStarted,
        retract_no_show::RetractNoShow,
    },
    interviewer_calendar::{InterviewerCalendar, shorten_claim::ShortenClaim},
    room::{
        Room, RoomCommand,
        close::Close,
        events::{CloseReason, RoomRole},
    },
    rubric::Rubric,
    scorecard::{Scorecard, ScorecardCommand, assign::Assign},
};
use store::executor::{CommandError, Unit};

/// How long after the end a scorecard is expected.
const DUE_HOURS: i64 = 24;

const fn was_missed(absent: Absent, role: RoomRole) -> bool {
    match (absent, role) {
        (Absent::Everybody, _)
        | (Absent::Candidate, RoomRole::Candidate)
        | (Absent::Interviewers, RoomRole::Interviewer) => true,
        (Absent::Candidate, RoomRole::Interviewer) | (Absent::Interviewers, RoomRole::Candidate) => false,
    }
}

/// The interview hears that somebody is in: it is open, and it runs once both parties are there. Whoever was missed and comes late takes
/// that mark back; whoever was there and comes again does not.
///
/// # Errors
/// When the interview is in no state for it, or the log cannot be read.
pub(super) async fn tell_interview(
    unit: &mut Unit<'_>,
    id: InterviewId,
    room: &Room,
    room_id: RoomId,
    role: RoomRole,
) -> Result<(), CommandError> {
    let now = unit.now();
    let interview: Interview = unit.load(id.uuid()).await?;
    if let Phase::NoShow { absent, .. } = interview.booked()?.phase
        && !was_missed(absent, role)
    {
        return Ok(());
    }
    let retract = RetractNoShow {
        by: None,
        reason: None,
    };
    unit.decide::<Interview>(id.uuid(), retract.into()).await?;
    let opened = RecordOpened {
        room: room_id,
        at: now,
    };
    unit.decide::<Interview>(id.uuid(), opened.into()).await?;
    if room.parties_are_together() {
        unit.decide::<Interview>(id.uuid(), RecordStarted { at: now }.into())
            .await?;
    }
    Ok(())
}

/// Ends an interview for everyone.
///
/// # Errors
/// When the interview is not going on, or the log cannot be used.
pub(super) async fn end(unit: &mut Unit<'_>, id: InterviewId, reason: EndReason) -> Result<(), CommandError> {
    let now = unit.now();
    let interview: Interview = unit.load(id.uuid()).await?;
    let room = RoomId::of(id, interview.booked()?.revision);
    let closed = match reason {
        EndReason::Ended => CloseReason::Ended,
        EndReason::TimeOver => CloseReason::Expired,
    };
    let mut state: Room = unit.load(room.uuid()).await?;
    // Whoever ends what has just been opened may be faster than the room is made; then none is.
    if state.inside().is_some() {
        let close = Close {
            at: now,
            reason: closed,
        };
        state = unit.decide(room.uuid(), RoomCommand::Close(close)).await?;
    }
    let end = End {
        at: now,
        reason,
        attendance: state.attendance(now),
    };
    let ended = unit.decide::<Interview>(id.uuid(), end.into()).await?;
    let booking = ended.booked()?;
    if booking.session.is_some() {
        give_rest_back(unit, booking).await?;
    }
    if booking.phase == Phase::Completed {
        assign_scorecards(unit, id, booking).await?;
    }
    Ok(())
}

/// Whoever ends a session early has time again: for the next one, or for whoever wants to book them.
async fn give_rest_back(unit: &mut Unit<'_>, booking: &Booking) -> Result<(), CommandError> {
    let until = unit.now();
    for PanelClaim { account, claim } in booking.claims.iter().copied() {
        let shorten = ShortenClaim {
            account,
            claim,
            until,
        };
        unit.decide::<InterviewerCalendar>(account.uuid(), shorten.into())
            .await?;
    }
    Ok(())
}

/// Asks every member of the panel for a scorecard.
pub(crate) async fn assign_scorecards(
    unit: &mut Unit<'_>,
    id: InterviewId,
    booking: &Booking,
) -> Result<(), CommandError> {
    // Who met was two parties, so there is one.
    let candidate = booking.joined_candidate()?;
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
            candidate,
            rubric: pin,
            criteria: criteria.clone(),
            due_at: unit.now() + Duration::hours(DUE_HOURS),
        };
        unit.decide::<Scorecard>(scorecard.uuid(), ScorecardCommand::Assign(assign))
            .await?;
    }
    Ok(())
}
