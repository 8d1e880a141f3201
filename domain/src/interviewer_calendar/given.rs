//! Builders for tests of a calendar's decisions.

use super::{
    InterviewerCalendar, InterviewerCalendarCommand,
    confirm_hold::ConfirmHold,
    events::{InterviewerCalendarEvent, ReleaseReason},
    expire_hold::ExpireHold,
    place_hold::PlaceHold,
    release_claim::ReleaseClaim,
};
use crate::{
    given::{decide, id, utc},
    time::{Instant, Span},
};

pub(super) fn now() -> Instant {
    utc("2026-05-04T10:00:00Z")
}

pub(super) fn dies_at() -> Instant {
    utc("2026-05-04T10:15:00Z")
}

/// An hour with a quarter of an hour before and after.
pub(super) fn hold(claim: u128, start: &str) -> PlaceHold {
    PlaceHold {
        account: id(1),
        claim: id(claim),
        interview: id(claim),
        interview_type: None,
        group: None,
        revision: 1,
        span: Span::minutes(utc(start), 60),
        before: 15,
        after: 15,
        expires_at: dies_at(),
        moving: None,
    }
}

pub(super) fn confirm() -> ConfirmHold {
    ConfirmHold {
        account: id(1),
        claim: id(7),
    }
}

pub(super) fn expire() -> ExpireHold {
    ExpireHold {
        account: id(1),
        claim: id(7),
    }
}

pub(super) fn release() -> ReleaseClaim {
    ReleaseClaim {
        account: id(1),
        claim: id(7),
        reason: ReleaseReason::Rescheduled,
    }
}

pub(super) fn then(
    mut history: Vec<InterviewerCalendarEvent>,
    command: impl Into<InterviewerCalendarCommand>,
    now: Instant,
) -> Vec<InterviewerCalendarEvent> {
    history.extend(decide::<InterviewerCalendar>(&history, command, now).unwrap());
    history
}

/// Claim 7 holds ten to eleven.
pub(super) fn held() -> Vec<InterviewerCalendarEvent> {
    then(Vec::new(), hold(7, "2026-05-05T10:00:00Z"), now())
}

pub(super) fn confirmed() -> Vec<InterviewerCalendarEvent> {
    then(held(), confirm(), now())
}
