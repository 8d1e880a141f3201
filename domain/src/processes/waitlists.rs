//! Those who wait for a product are offered what becomes free.

use chrono::Duration;

use crate::{
    interview::events::InterviewEvent,
    processes::{Due, deed::Deed, messages::told_of_offer},
    time::Instant,
    waitlist::events::WaitlistEvent,
};

/// What an interview has left free is offered to those who wait for its product.
pub fn of_interview(event: &InterviewEvent, now: Instant) -> Vec<Due> {
    let interview = match event {
        InterviewEvent::InterviewCancelled(event) => event.interview,
        InterviewEvent::InterviewRescheduled(event) => event.interview,
        InterviewEvent::BookingDeclined(event) => event.interview,
        InterviewEvent::BookingExpired(event) => event.interview,
        InterviewEvent::BookingRequested(_)
        | InterviewEvent::InterviewScheduled(_)
        | InterviewEvent::PlacedInSeries(_)
        | InterviewEvent::PlacedInGroup(_)
        | InterviewEvent::SlotClaimed(_)
        | InterviewEvent::ApprovalRequired(_)
        | InterviewEvent::BookingApproved(_)
        | InterviewEvent::PaymentRequired(_)
        | InterviewEvent::InterviewConfirmed(_)
        | InterviewEvent::SlotReclaimed(_)
        | InterviewEvent::RescheduleProposed(_)
        | InterviewEvent::RescheduleAccepted(_)
        | InterviewEvent::RescheduleDeclined(_)
        | InterviewEvent::InterviewOpened(_)
        | InterviewEvent::InterviewStarted(_)
        | InterviewEvent::InterviewEnded(_)
        | InterviewEvent::InterviewCompleted(_)
        | InterviewEvent::InterviewAbandoned(_)
        | InterviewEvent::NoShowMarked(_)
        | InterviewEvent::NoShowRetracted(_)
        | InterviewEvent::RefundLimited(_)
        | InterviewEvent::SessionHosted(_)
        | InterviewEvent::GuestsInvited(_)
        | InterviewEvent::CandidateJoined(_)
        | InterviewEvent::DetailsChanged(_)
        | InterviewEvent::KitAttached(_)
        | InterviewEvent::TimeZoneRuleDriftDetected(_)
        | InterviewEvent::TimeZoneRuleDriftEnded(_)
        | InterviewEvent::DriftedTimeKept(_)
        | InterviewEvent::InviteResponded(_)
        | InterviewEvent::PanelSeatVacated(_)
        | InterviewEvent::InterviewerReplaced(_) => return Vec::new(),
    };
    vec![(Deed::OfferFreed { interview }, now)]
}

/// The pause before those who wait are looked at again: time becomes free in many ways, such as new hours or another product's
/// interview that is called off.
pub const LOOK_AGAIN: Duration = Duration::minutes(30);

/// Whoever comes is offered what is free at once; what one does not take goes to the next, and after each offer the next
/// in line are looked at. Each wait and each offer has an end.
pub fn of_waitlist(event: &WaitlistEvent, now: Instant) -> Vec<Due> {
    let again = |interview_type| (Deed::OfferWaiting { interview_type }, now);
    match event {
        WaitlistEvent::WaitlistJoined(event) => {
            let (interview_type, entry) = (event.interview_type, event.entry);
            vec![
                again(interview_type),
                (
                    Deed::KeepOffering {
                        interview_type,
                        entry,
                    },
                    now + LOOK_AGAIN,
                ),
                (
                    Deed::EndWait {
                        interview_type,
                        entry,
                    },
                    event.wanted.end,
                ),
            ]
        }
        WaitlistEvent::WaitlistOffered(event) => {
            let lapse = Deed::LapseOffer {
                interview_type: event.interview_type,
                entry: event.entry,
                interview: event.interview,
            };
            vec![
                (told_of_offer(event), now),
                (lapse, event.expires_at),
                again(event.interview_type),
            ]
        }
        WaitlistEvent::WaitlistDeclined(event) => vec![again(event.interview_type)],
        WaitlistEvent::WaitlistLapsed(event) => vec![again(event.interview_type)],
        WaitlistEvent::WaitlistLeft(event) => vec![again(event.interview_type)],
        WaitlistEvent::WaitlistAccepted(_) => Vec::new(),
    }
}
