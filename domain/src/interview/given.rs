//! Builders for tests of an interview's decisions.

use super::{
    Interview,
    confirm::Confirm,
    events::{Attendance, InterviewEvent, PanelClaim, PanelMember, PanelRole, SeatReason, Side, Terms},
    expire::Expire,
    host_session::HostSession,
    join_candidate::JoinCandidate,
    propose_times::ProposeTimes,
    record_opened::RecordOpened,
    record_started::RecordStarted,
    request_booking::{Charge, Next, RequestBooking},
};
use crate::{
    given::{decide, id, rupees, utc},
    interview_type::{events::TypeSpec, given::spec},
    price_list::events::Quote,
    time::{Drift, Instant, Slot, Span, TZDB_VERSION, Zone},
};

/// When the booking is asked for: a day before it starts.
pub(crate) fn asked_at() -> Instant {
    utc("2026-05-04T10:00:00Z")
}

/// When the hold of the booking dies.
pub(super) fn due() -> Instant {
    utc("2026-05-04T10:15:00Z")
}

pub(super) fn start() -> Instant {
    utc("2026-05-05T10:00:00Z")
}

pub(super) fn slot(start: Instant) -> Slot {
    Slot::promised(Span::minutes(start, 60), Zone::UTC)
}

pub(super) fn claims(number: u128) -> Vec<PanelClaim> {
    vec![PanelClaim {
        account: id(1),
        claim: id(number),
    }]
}

pub(crate) fn terms(spec: &TypeSpec) -> Terms {
    Terms {
        duration_minutes: spec.duration_minutes,
        buffer_before_minutes: spec.buffer_before_minutes,
        buffer_after_minutes: spec.buffer_after_minutes,
        notice_minutes: spec.notice_minutes,
        join_window: spec.join_window,
        refunds: Vec::new(),
        rubric: spec.rubric,
    }
}

pub(super) fn charge() -> Charge {
    Charge {
        payment: id(50),
        quote: Quote {
            price_list: id(51),
            version: 1,
            price: rupees(149),
            cost: rupees(50),
        },
    }
}

/// A booking that must be paid, with interviewer 1 and candidate 2.
pub(super) fn request() -> RequestBooking {
    let spec = spec();
    RequestBooking {
        interview: id(10),
        candidate: id(2),
        interview_type: id(11),
        type_version: 1,
        title: spec.title.clone(),
        kind: spec.kind,
        difficulty: spec.difficulty,
        mode: spec.mode,
        purpose: spec.purpose,
        slot: slot(start()),
        panel: vec![PanelMember {
            account: id(1),
            role: PanelRole::Lead,
            reason: SeatReason::FewestRecent,
        }],
        brief: None,
        next: Next::Payment(charge()),
        terms: terms(&spec),
        locale: spec.locale,
        group: None,
        kit: None,
        claims: claims(20),
        hold_expires_at: due(),
    }
}

fn then(
    mut history: Vec<InterviewEvent>,
    command: impl Into<super::InterviewCommand>,
    now: Instant,
) -> Vec<InterviewEvent> {
    history.extend(decide::<Interview>(&history, command, now).unwrap());
    history
}

pub(super) fn awaiting_payment() -> Vec<InterviewEvent> {
    then(Vec::new(), request(), asked_at())
}

/// A booking that somebody has to agree to, and that is then to be paid within so many minutes.
pub(super) fn awaiting_approval(pay_within_minutes: Option<u32>) -> Vec<InterviewEvent> {
    let then = pay_within_minutes.map(|minutes| (charge().quote, minutes));
    let request = RequestBooking {
        next: Next::Approval { then },
        ..request()
    };
    self::then(Vec::new(), request, asked_at())
}

pub(super) fn expired() -> Vec<InterviewEvent> {
    then(awaiting_payment(), Expire, due())
}

pub(super) fn confirmed() -> Vec<InterviewEvent> {
    then(awaiting_payment(), Confirm, asked_at())
}

/// A booking in Asunción that was promised by the rules of 2024a, by which it would be winter there.
pub(super) fn drifted() -> Vec<InterviewEvent> {
    let found = found();
    let request = RequestBooking {
        slot: Slot {
            span: Span::minutes(start(), 60),
            zone: found.zone,
            local_start: found.promised_local_start,
            tzdb: found.promised_tzdb,
        },
        ..request()
    };
    then(then(Vec::new(), request, asked_at()), Confirm, asked_at())
}

/// What the present rules say to that: there is no winter time any more (2024b).
pub(super) fn found() -> Drift {
    Drift {
        zone: "America/Asuncion".parse().unwrap(),
        promised_local_start: utc("2026-05-05T06:00:00Z").naive_utc(),
        promised_tzdb: "2024a".to_owned(),
        local_start: utc("2026-05-05T07:00:00Z").naive_utc(),
        tzdb: TZDB_VERSION.to_owned(),
        promised_start: utc("2026-05-05T09:00:00Z"),
    }
}

pub(super) fn tomorrow() -> Instant {
    start() + chrono::Duration::days(1)
}

/// A day later, proposed by this side.
pub(super) fn propose(side: Side) -> ProposeTimes {
    ProposeTimes {
        expected_revision: 1,
        proposal: id(60),
        by: match side {
            Side::Candidate => id(2),
            Side::Hosts => id(1),
        },
        side,
        options: vec![slot(tomorrow())],
        message: None,
    }
}

pub(super) fn proposed(side: Side) -> Vec<InterviewEvent> {
    then(confirmed(), propose(side), asked_at())
}

pub(super) fn open() -> Vec<InterviewEvent> {
    let opened = RecordOpened {
        room: id(30),
        at: start(),
    };
    then(confirmed(), opened, start())
}

pub(super) fn live() -> Vec<InterviewEvent> {
    then(open(), RecordStarted { at: start() }, start())
}

pub(super) fn completed() -> Vec<InterviewEvent> {
    let end = super::end::End {
        at: start(),
        reason: super::events::EndReason::Ended,
        attendance: both(),
    };
    then(live(), end, start())
}

pub(super) fn both() -> Attendance {
    Attendance {
        candidate_seconds: 60,
        interviewer_seconds: 60,
        overlap_seconds: 60,
    }
}

/// When a session is opened, by the host 1.
pub(super) fn opened_at() -> Instant {
    utc("2026-05-05T10:00:00.75Z")
}

/// A moment while the session lasts.
pub(super) fn now() -> Instant {
    utc("2026-05-05T10:05:00Z")
}

pub(super) fn host() -> HostSession {
    let spec = spec();
    HostSession {
        interview: id(10),
        by: id(1),
        title: spec.title,
        kind: spec.kind,
        difficulty: spec.difficulty,
        minutes: 45,
        zone: Zone::UTC,
        locale: spec.locale,
        join_code: id(70),
        password_hash: None,
        claims: claims(20),
        hold_expires_at: opened_at() + chrono::Duration::minutes(1),
    }
}

/// A session that nobody has joined.
pub(super) fn hosted() -> Vec<InterviewEvent> {
    then(Vec::new(), host(), opened_at())
}

/// A session that was ended before anybody came.
pub(super) fn abandoned_session() -> Vec<InterviewEvent> {
    let end = super::end::End {
        at: opened_at(),
        reason: super::events::EndReason::Ended,
        attendance: Attendance::default(),
    };
    then(hosted(), end, opened_at())
}

/// A session whose candidate is 2.
pub(super) fn joined() -> Vec<InterviewEvent> {
    let join = JoinCandidate {
        candidate: id(2),
        by: id(1),
    };
    then(hosted(), join, now())
}
