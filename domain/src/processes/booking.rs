//! From a booking that must be paid to an interview, to nothing, or to the money going back.

use crate::{
    ids::InterviewId,
    interview::events::{Absent, InterviewEvent},
    payment::events::PaymentEvent,
    processes::{Due, deed::Deed, state::InterviewProcess},
    time::Instant,
};

/// What is wanted of an interview that somebody has to agree to: the end of the hold. Of one that must be paid: an order
/// to pay, the end of the hold, and the money back when no
/// interviewer came (rule M5). It goes back only when none can come any more: until its room is closed for good, a mark
/// of absence may turn out to be wrong (rule R5). Of every other: somebody for a seat that was given up.
pub fn of_interview(state: Option<&InterviewProcess>, event: &InterviewEvent, now: Instant) -> Vec<Due> {
    match event {
        InterviewEvent::PaymentRequired(event) => {
            let (payment, interview) = (event.payment, event.interview);
            let expires_at = state
                .and_then(|state| state.hold_expires_at)
                .unwrap_or(event.due_at);
            vec![
                (Deed::CreatePaymentOrder { payment, interview }, now),
                (
                    Deed::ExpireHold {
                        interview,
                        payment: Some(payment),
                    },
                    expires_at,
                ),
            ]
        }
        InterviewEvent::ApprovalRequired(event) => vec![(
            Deed::ExpireHold {
                interview: event.interview,
                payment: None,
            },
            event.due_at,
        )],
        InterviewEvent::PanelSeatVacated(event) => vec![(
            Deed::FillSeat {
                interview: event.interview,
                former: event.member.account,
                change: event.change,
            },
            now,
        )],
        InterviewEvent::NoShowMarked(event) => match event.absent {
            Absent::Interviewers | Absent::Everybody => {
                let due =
                    |state: &InterviewProcess| (absence(event.interview, state), state.room_closes_at());
                state.map(due).into_iter().collect()
            }
            Absent::Candidate => Vec::new(),
        },
        InterviewEvent::InterviewEnded(event) if event.attendance.interviewer_seconds == 0 => {
            let due = |state| (absence(event.interview, state), now);
            // Where there is no candidate nobody has paid.
            let state = state.filter(|state| state.candidate.is_some());
            state.map(due).into_iter().collect()
        }
        InterviewEvent::BookingRequested(_)
        | InterviewEvent::InterviewScheduled(_)
        | InterviewEvent::SlotClaimed(_)
        | InterviewEvent::InterviewConfirmed(_)
        | InterviewEvent::BookingApproved(_)
        | InterviewEvent::BookingDeclined(_)
        | InterviewEvent::PlacedInSeries(_)
        | InterviewEvent::PlacedInGroup(_)
        | InterviewEvent::BookingExpired(_)
        | InterviewEvent::SlotReclaimed(_)
        | InterviewEvent::InterviewRescheduled(_)
        | InterviewEvent::InterviewOpened(_)
        | InterviewEvent::InterviewStarted(_)
        | InterviewEvent::InterviewEnded(_)
        | InterviewEvent::InterviewCompleted(_)
        | InterviewEvent::InterviewAbandoned(_)
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
        | InterviewEvent::DriftedTimeKept(_)
        | InterviewEvent::RescheduleProposed(_)
        | InterviewEvent::RescheduleAccepted(_)
        | InterviewEvent::RescheduleDeclined(_)
        | InterviewEvent::InviteResponded(_)
        | InterviewEvent::InterviewerReplaced(_) => Vec::new(),
    }
}

const fn absence(interview: InterviewId, state: &InterviewProcess) -> Deed {
    Deed::RefundAbsence {
        interview,
        revision: state.revision,
    }
}

/// What is wanted of a payment: what was paid for, once it is paid, and money back where that was promised.
pub fn of_payment(event: &PaymentEvent, now: Instant) -> Vec<Due> {
    match event {
        PaymentEvent::PaymentCaptured(event) => vec![(
            Deed::ConfirmPaid {
                payment: event.payment,
                interview: event.interview,
            },
            now,
        )],
        PaymentEvent::RefundRequested(event) => vec![(
            Deed::PayRefund {
                payment: event.payment,
                refund: event.refund,
                interview: event.interview,
            },
            now,
        )],
        PaymentEvent::PaymentOpened(_)
        | PaymentEvent::PaymentOrderCreated(_)
        | PaymentEvent::PaymentAttemptFailed(_)
        | PaymentEvent::PaymentAuthorized(_)
        | PaymentEvent::DuplicateCaptureDetected(_)
        | PaymentEvent::PaymentMismatchDetected(_)
        | PaymentEvent::PaymentExpired(_)
        | PaymentEvent::PaymentCancelled(_)
        | PaymentEvent::RefundProcessed(_)
        | PaymentEvent::RefundFailed(_) => Vec::new(),
    }
}

/// The interview a payment's event belongs to, for those events that a process hears.
pub(crate) const fn interview_of(event: &PaymentEvent) -> Option<InterviewId> {
    match event {
        PaymentEvent::PaymentCaptured(event) => Some(event.interview),
        PaymentEvent::RefundRequested(event) => Some(event.interview),
        PaymentEvent::PaymentOpened(_)
        | PaymentEvent::PaymentOrderCreated(_)
        | PaymentEvent::PaymentAttemptFailed(_)
        | PaymentEvent::PaymentAuthorized(_)
        | PaymentEvent::DuplicateCaptureDetected(_)
        | PaymentEvent::PaymentMismatchDetected(_)
        | PaymentEvent::PaymentExpired(_)
        | PaymentEvent::PaymentCancelled(_)
        | PaymentEvent::RefundProcessed(_)
        | PaymentEvent::RefundFailed(_) => None,
    }
}
