//! A room for every settled time: made at once, looked into when the grace is over, closed for good at its end.

use chrono::Duration;

use crate::{
    interview::events::InterviewEvent,
    processes::{Due, deed::Deed, state::InterviewProcess},
    time::Instant,
};

/// What is wanted when an interview is confirmed, moves, or is kept at its moment by a new promise. Timers of the time before find at their moment that the
/// revision has passed, and do nothing; the former room is closed together with the provision of the new one.
pub fn of_interview(state: &InterviewProcess, event: &InterviewEvent, now: Instant) -> Vec<Due> {
    let (interview, revision) = match event {
        InterviewEvent::InterviewConfirmed(event) => (event.interview, event.revision),
        InterviewEvent::InterviewRescheduled(event) => (event.interview, event.revision),
        InterviewEvent::DriftedTimeKept(event) => (event.interview, event.revision),
        InterviewEvent::BookingRequested(_)
        | InterviewEvent::InterviewScheduled(_)
        | InterviewEvent::SlotClaimed(_)
        | InterviewEvent::PlacedInSeries(_)
        | InterviewEvent::PlacedInGroup(_)
        | InterviewEvent::PaymentRequired(_)
        | InterviewEvent::BookingExpired(_)
        | InterviewEvent::SlotReclaimed(_)
        | InterviewEvent::InterviewOpened(_)
        | InterviewEvent::InterviewStarted(_)
        | InterviewEvent::InterviewEnded(_)
        | InterviewEvent::InterviewCompleted(_)
        | InterviewEvent::InterviewAbandoned(_)
        | InterviewEvent::NoShowMarked(_)
        | InterviewEvent::NoShowRetracted(_)
        | InterviewEvent::InterviewCancelled(_)
        | InterviewEvent::RefundLimited(_)
        | InterviewEvent::SessionHosted(_)
        | InterviewEvent::GuestsInvited(_)
        | InterviewEvent::CandidateJoined(_)
        | InterviewEvent::DetailsChanged(_)
        | InterviewEvent::KitAttached(_)
        | InterviewEvent::TimeZoneRuleDriftDetected(_)
        | InterviewEvent::TimeZoneRuleDriftEnded(_)
        | InterviewEvent::RescheduleProposed(_)
        | InterviewEvent::RescheduleAccepted(_)
        | InterviewEvent::RescheduleDeclined(_)
        | InterviewEvent::ApprovalRequired(_)
        | InterviewEvent::BookingApproved(_)
        | InterviewEvent::BookingDeclined(_)
        | InterviewEvent::InviteResponded(_)
        | InterviewEvent::PanelSeatVacated(_)
        | InterviewEvent::InterviewerReplaced(_) => return Vec::new(),
    };
    let window = state.join_window;
    let absent_from = state.span.start + Duration::minutes(i64::from(window.grace_minutes));
    let mut wanted = vec![
        (Deed::ProvisionRoom { interview, revision }, now),
        (Deed::CloseRoom { interview, revision }, state.room_closes_at()),
    ];
    // Nobody is missed at a session that nobody in particular was to come to.
    if state.candidate.is_some() {
        wanted.insert(1, (Deed::MarkNoShow { interview, revision }, absent_from));
    }
    wanted
}
