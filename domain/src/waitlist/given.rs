//! Builders for tests of a waitlist's decisions.

use chrono::Duration;

use super::{Waitlist, WaitlistCommand, events::WaitlistEvent, join::Join, offer::MakeOffer};
use crate::{
    given::{decide, id, utc},
    interview::events::{PanelClaim, PanelMember, PanelRole, SeatReason},
    time::{Instant, Slot, Span, Zone},
};

pub(super) fn now() -> Instant {
    utc("2026-05-04T10:00:00Z")
}

/// The day after.
pub(super) fn wanted() -> Span {
    Span {
        start: utc("2026-05-05T00:00:00Z"),
        end: utc("2026-05-06T00:00:00Z"),
    }
}

pub(super) fn start() -> Instant {
    utc("2026-05-05T10:00:00Z")
}

pub(super) fn expires_at() -> Instant {
    now() + Duration::hours(1)
}

pub(super) fn join(candidate: u128) -> Join {
    Join {
        interview_type: id(11),
        entry: id(10_000 + candidate),
        candidate: id(candidate),
        wanted: wanted(),
        zone: Zone::UTC,
    }
}

pub(super) fn then(
    mut history: Vec<WaitlistEvent>,
    command: impl Into<WaitlistCommand>,
    now: Instant,
) -> Vec<WaitlistEvent> {
    history.extend(decide::<Waitlist>(&history, command, now).unwrap());
    history
}

/// These candidates wait, in this order.
pub(super) fn joined(candidates: &[u128]) -> Vec<WaitlistEvent> {
    let join = |candidate: &u128| {
        crate::waitlist::events::WaitlistJoined {
            interview_type: id(11),
            entry: id(10_000 + candidate),
            candidate: id(*candidate),
            wanted: wanted(),
            zone: Zone::UTC,
        }
        .into()
    };
    candidates.iter().map(join).collect()
}

/// Ten o'clock, offered to a candidate for an hour from now on.
pub(super) fn offer(candidate: u128) -> MakeOffer {
    MakeOffer {
        interview_type: id(11),
        entry: id(10_000 + candidate),
        interview: id(20_000 + candidate),
        slot: Slot::promised(Span::minutes(start(), 60), Zone::UTC),
        panel: vec![PanelMember {
            account: id(900),
            role: PanelRole::Lead,
            reason: SeatReason::FewestRecent,
        }],
        claims: vec![PanelClaim {
            account: id(900),
            claim: id(901),
        }],
        expires_at: expires_at(),
    }
}

/// Two wait, and the first was offered ten o'clock.
pub(super) fn offered() -> Vec<WaitlistEvent> {
    then(joined(&[1, 2]), offer(1), now())
}
