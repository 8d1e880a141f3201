//! What can happen to an interviewer's calendar.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, ClaimId, ExternalCalendarId, InterviewId, InterviewTypeId},
    interview::events::{GroupPlace, PanelRole, SeatReason},
    time::{Instant, Span},
};

/// Time was taken for an interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HoldPlaced {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// For which interview.
    pub interview: InterviewId,
    /// The product it follows, against whose limits it counts; none when it follows none, and where it was not told.
    pub interview_type: Option<InterviewTypeId>,
    /// The seat in a group that it is for; none when the time is for one candidate alone.
    pub group: Option<GroupSeat>,
    /// For which settling of its time.
    pub revision: u32,
    /// The bare interview.
    pub span: Span,
    /// Minutes kept free before it.
    pub before: u32,
    /// Minutes kept free after it.
    pub after: u32,
    /// When the hold dies by itself unless confirmed before; the comparison of times decides, not the timer.
    pub expires_at: Instant,
}

/// What the calendar of an interviewer knows of a seat in a group: claims of one group do not stand in each other's way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GroupSeat {
    /// Which group, and how many candidates it takes.
    pub place: GroupPlace,
    /// Whose seat it is; nobody has two.
    pub candidate: AccountId,
    /// The part that the interviewer has.
    pub role: PanelRole,
    /// Why this interviewer was chosen.
    pub reason: SeatReason,
}

/// A hold became a firm claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HoldConfirmed {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// For which interview.
    pub interview: InterviewId,
}

/// A hold lasts until another moment than before: somebody agreed to the interview, and it is to be paid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HoldExtended {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// For which interview.
    pub interview: InterviewId,
    /// When the hold dies now unless confirmed before.
    pub expires_at: Instant,
}

/// A hold's time had come; recorded by a timer after the fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HoldExpired {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// For which interview.
    pub interview: InterviewId,
    /// When it died.
    pub expired_at: Instant,
}

/// Why claimed time was given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    /// The interview moved to another time.
    Rescheduled,
    /// The interview was called off.
    Cancelled,
    /// Another interviewer took the seat.
    Replaced,
    /// The interviewer declined the invitation.
    Declined,
}

/// A claim, held or firm, was given back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClaimReleased {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// For which interview.
    pub interview: InterviewId,
    /// Why.
    pub reason: ReleaseReason,
}

/// What the time was claimed for ended early: the rest of it is free.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClaimShortened {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// For which interview.
    pub interview: InterviewId,
    /// When it ends now.
    pub until: Instant,
}

/// A calendar that is kept elsewhere says other times than before. One event tells the whole difference, and times that were over
/// when it was read are forgotten by it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExternalBusyImported {
    /// Whose.
    pub account: AccountId,
    /// The calendar.
    pub calendar: ExternalCalendarId,
    /// What ended before is forgotten.
    pub from: Instant,
    /// What begins later was not looked at.
    pub until: Instant,
    /// Busy times that were not known, in order.
    pub added: Vec<Span>,
    /// Busy times that were known and are none any more, in order.
    pub removed: Vec<Span>,
}

/// A calendar that is kept elsewhere was unlinked: its times block nothing any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExternalBusyRemoved {
    /// Whose.
    pub account: AccountId,
    /// The calendar.
    pub calendar: ExternalCalendarId,
}

/// The interviewer turned out to be busy elsewhere during an interview. The claim stands; somebody decides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClaimClashed {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// For which interview.
    pub interview: InterviewId,
    /// When they are busy elsewhere: the first such time.
    pub busy: Span,
}

/// The interviewer is not busy elsewhere any more during an interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClashEnded {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
    /// For which interview.
    pub interview: InterviewId,
}

events! {
    /// What can happen to an interviewer's calendar.
    pub enum InterviewerCalendarEvent in Category::InterviewerCalendar {
        HoldPlaced = "interviewer_calendar.hold_placed" v 3 links(interview),
        HoldConfirmed = "interviewer_calendar.hold_confirmed" v 1 links(interview),
        HoldExtended = "interviewer_calendar.hold_extended" v 1 links(interview),
        HoldExpired = "interviewer_calendar.hold_expired" v 1 links(interview),
        ClaimReleased = "interviewer_calendar.claim_released" v 2 links(interview),
        ExternalBusyImported = "interviewer_calendar.external_busy_imported" v 1,
        ExternalBusyRemoved = "interviewer_calendar.external_busy_removed" v 1,
        ClaimClashed = "interviewer_calendar.claim_clashed" v 1 links(interview),
        ClashEnded = "interviewer_calendar.clash_ended" v 1 links(interview),
        ClaimShortened = "interviewer_calendar.claim_shortened" v 1 links(interview),
    }
}
