//! How far an interview is, and what its events make of that.

use domain::interview::events::InterviewEvent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far an interview is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Asked for; its time is not yet taken.
    Requested,
    /// Its time is held until it is confirmed.
    Held,
    /// Its time is held until somebody agrees.
    AwaitingApproval,
    /// Its time is held, and there is an order by which it can be paid.
    AwaitingPayment,
    /// It will take place.
    Confirmed,
    /// Somebody is in the room.
    Open,
    /// Candidate and interviewer have met.
    Live,
    /// It is over; it is not yet said whether it took place.
    Ended,
    /// It took place.
    Completed,
    /// It came to nothing before it was confirmed.
    Expired,
    /// It was called off.
    Cancelled,
    /// Somebody did not come.
    NoShow,
    /// It ended although the parties had not met.
    Abandoned,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 13] = [
        Self::Requested,
        Self::Held,
        Self::AwaitingApproval,
        Self::AwaitingPayment,
        Self::Confirmed,
        Self::Open,
        Self::Live,
        Self::Ended,
        Self::Completed,
        Self::Expired,
        Self::Cancelled,
        Self::NoShow,
        Self::Abandoned,
    ];

    /// The group it is shown in.
    pub const fn phase(self) -> Phase {
        match self {
            Self::Requested
            | Self::Held
            | Self::AwaitingApproval
            | Self::AwaitingPayment
            | Self::Confirmed => Phase::Upcoming,
            Self::Open | Self::Live => Phase::Live,
            Self::Ended | Self::Completed => Phase::Completed,
            Self::Expired | Self::Cancelled | Self::NoShow | Self::Abandoned => Phase::Closed,
        }
    }
}

/// The group an interview is shown in; whether it succeeded is a decision, and not known here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It is still to come.
    Upcoming,
    /// It goes on.
    Live,
    /// It is over.
    Completed,
    /// It did not take place.
    Closed,
}

/// How far an interview is, and how far it was before somebody was marked as absent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Course {
    pub(crate) status: Status,
    pub(crate) before_no_show: Option<Status>,
}

impl Course {
    /// After an event of the interview's own stream.
    pub(crate) fn after(self, event: &InterviewEvent) -> Self {
        let on = |status| Self { status, ..self };
        match event {
            InterviewEvent::BookingRequested(_)
            | InterviewEvent::InterviewScheduled(_)
            | InterviewEvent::InviteResponded(_)
            | InterviewEvent::PanelSeatVacated(_)
            | InterviewEvent::InterviewerReplaced(_)
            | InterviewEvent::PlacedInSeries(_)
            | InterviewEvent::PlacedInGroup(_)
            | InterviewEvent::PaymentRequired(_)
            | InterviewEvent::SlotReclaimed(_)
            | InterviewEvent::InterviewRescheduled(_)
            | InterviewEvent::RescheduleProposed(_)
            | InterviewEvent::RescheduleAccepted(_)
            | InterviewEvent::RescheduleDeclined(_)
            | InterviewEvent::TimeZoneRuleDriftDetected(_)
            | InterviewEvent::TimeZoneRuleDriftEnded(_)
            | InterviewEvent::DriftedTimeKept(_)
            | InterviewEvent::SessionHosted(_)
            | InterviewEvent::GuestsInvited(_)
            | InterviewEvent::CandidateJoined(_)
            | InterviewEvent::DetailsChanged(_)
            | InterviewEvent::KitAttached(_)
            | InterviewEvent::RefundLimited(_) => self,
            InterviewEvent::SlotClaimed(_) | InterviewEvent::BookingApproved(_) => on(Status::Held),
            InterviewEvent::ApprovalRequired(_) => on(Status::AwaitingApproval),
            InterviewEvent::BookingDeclined(_) => on(Status::Cancelled),
            InterviewEvent::InterviewConfirmed(_) => on(Status::Confirmed),
            InterviewEvent::BookingExpired(_) => on(Status::Expired),
            InterviewEvent::InterviewOpened(_) => on(Status::Open),
            InterviewEvent::InterviewStarted(_) => on(Status::Live),
            InterviewEvent::InterviewEnded(_) => on(Status::Ended),
            InterviewEvent::InterviewCompleted(_) => on(Status::Completed),
            InterviewEvent::InterviewAbandoned(_) => on(Status::Abandoned),
            InterviewEvent::InterviewCancelled(_) => on(Status::Cancelled),
            InterviewEvent::NoShowMarked(_) => Self {
                status: Status::NoShow,
                before_no_show: Some(self.status),
            },
            InterviewEvent::NoShowRetracted(_) => Self {
                status: self.before_no_show.unwrap_or(Status::Confirmed),
                before_no_show: None,
            },
        }
    }
}
