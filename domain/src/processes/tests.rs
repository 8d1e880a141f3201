use uuid::Uuid;

use super::{deed::Deed, *};
use crate::{
    actor::Actor,
    effect::events::{About, EffectAttempted},
    envelope::StreamId,
    fact::Category,
    feedback::events::FeedbackReleased,
    ids::{AccountId, CorrelationId, Id, Kind, OrganisationId, SubjectId},
    interview::events::{
        Absent, ApprovalRequired, Attendance, BookingApproved, BookingDeclined, BookingExpired,
        BookingRequested, CandidateJoined, DriftedTimeKept, EndReason, ExpiryReason, GuestsInvited,
        InterviewCancelled, InterviewConfirmed, InterviewEnded, InterviewEvent, InterviewRescheduled,
        InterviewerReplaced, NoShowMarked, PanelMember, PanelRole, PanelSeatVacated, Party, PaymentRequired,
        PolicyOutcome, RescheduleDeclined, RescheduleProposed, SeatReason, SessionHosted, Side, SlotClaimed,
        Terms, TimeZoneRuleDriftDetected, TimeZoneRuleDriftEnded, VacancyReason,
    },
    interview::host_session,
    interview_type::events::{Difficulty, InterviewKind, JoinWindow, Mode, Purpose},
    notification::events::Template,
    payment::events::{PaymentCaptured, PaymentEvent, RefundReason, RefundRequested},
    report::events::{
        Engine, ReportEvent, ReportGenerated, ReportKind, ReportRequested, TokenUsage, TranscriptPin,
    },
    scorecard::events::{Recommendation, ScorecardContent, ScorecardEvent, ScorecardSubmitted},
    sealed::Sealed,
    text::Line,
    time::{Drift, Slot, Span, Zone},
    waitlist::events::{WaitlistEvent, WaitlistJoined, WaitlistOffered},
};

fn id<K: Kind>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn now() -> Instant {
    at("2026-03-02T09:00:00Z")
}

fn slot(start: &str) -> Slot {
    Slot::promised(Span::minutes(at(start), 60), Zone::UTC)
}

const CANDIDATE: u128 = 1;
const LEAD: u128 = 2;
const SECOND: u128 = 3;

fn booked(purpose: Purpose) -> Fact {
    let seat = |account| PanelMember {
        account: id(account),
        role: PanelRole::Panel,
        reason: SeatReason::Collective,
    };
    InterviewEvent::from(BookingRequested {
        interview: id(100),
        candidate: id(CANDIDATE),
        interview_type: id(4),
        type_version: 1,
        title: Line::new("System design").unwrap(),
        kind: InterviewKind::SystemDesign,
        difficulty: Difficulty::Hard,
        mode: Mode::Human,
        purpose,
        slot: slot("2026-03-03T10:00:00Z"),
        panel: vec![seat(LEAD), seat(SECOND)],
        brief: None,
        quote: None,
        terms: Terms {
            duration_minutes: 60,
            buffer_before_minutes: 0,
            buffer_after_minutes: 0,
            notice_minutes: 0,
            join_window: JoinWindow {
                opens_before_minutes: 10,
                grace_minutes: 15,
                closes_after_minutes: 30,
            },
            refunds: Vec::new(),
            rubric: None,
        },
        locale: "en".to_owned(),
    })
    .into()
}

fn claimed() -> Fact {
    InterviewEvent::from(SlotClaimed {
        interview: id(100),
        revision: 1,
        claims: Vec::new(),
        hold_expires_at: at("2026-03-02T09:15:00Z"),
    })
    .into()
}

fn confirmed() -> Fact {
    InterviewEvent::from(InterviewConfirmed {
        interview: id(100),
        revision: 1,
    })
    .into()
}

fn envelope(position: u64) -> Envelope {
    Envelope {
        position: Position(position),
        stream: StreamId {
            tenant: OrganisationId::new(Uuid::from_u128(9)),
            category: Category::Interview,
            id: Uuid::from_u128(100),
        },
        version: position,
        event_id: id(1_000 + u128::from(position)),
        event_type: String::new(),
        schema_version: 1,
        occurred_at: now(),
        recorded_at: now(),
        actor: Actor::system("test"),
        command_id: id(2_000 + u128::from(position)),
        correlation_id: CorrelationId::new(Uuid::from_u128(8)),
        causation_id: None,
        subjects: Vec::new(),
        links: Vec::new(),
        trace: None,
        hash: [0; 32],
    }
}

/// What the last of these facts wants.
fn wanted_after(facts: &[Fact]) -> Vec<Wanted> {
    let mut state = None;
    let mut wanted = Vec::new();
    for (position, fact) in (1..).zip(facts) {
        (state, wanted) = react(state, fact, &envelope(position));
    }
    wanted
}

fn deeds_after(facts: &[Fact]) -> Vec<(&'static str, Instant)> {
    let wanted = wanted_after(facts);
    wanted
        .iter()
        .map(|wanted| (wanted.deed.name(), wanted.due))
        .collect()
}

fn told_after(facts: &[Fact]) -> Vec<(AccountId, Template, u32)> {
    wanted_after(facts)
        .into_iter()
        .filter_map(|wanted| match wanted.deed {
            Deed::SendMail { message, .. } => Some((message.recipient, message.template, message.revision)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_booking_to_be_paid_wants_an_order_now_and_the_end_of_its_hold() {
    let required = InterviewEvent::from(PaymentRequired {
        interview: id(100),
        payment: id(5),
        amount: crate::money::Money {
            minor: 100,
            currency: "EUR".parse().unwrap(),
        },
        due_at: at("2026-03-02T09:20:00Z"),
    });

    let deeds = deeds_after(&[booked(Purpose::Mock), claimed(), required.into()]);

    assert_eq!(
        deeds,
        [
            ("create_payment_order", now()),
            ("expire_hold", at("2026-03-02T09:15:00Z"))
        ]
    );
}

#[test]
fn a_captured_payment_wants_what_was_paid_for() {
    let captured = PaymentEvent::from(PaymentCaptured {
        payment: id(5),
        interview: id(100),
        attempt: "a".to_owned(),
        amount: crate::money::Money {
            minor: 100,
            currency: "EUR".parse().unwrap(),
        },
        captured_at: now(),
        late: true,
    });

    let deeds = deeds_after(&[booked(Purpose::Mock), captured.into()]);

    assert_eq!(deeds, [("confirm_paid", now())]);
}

#[test]
fn a_lost_slot_wants_the_money_back_and_the_candidate_told() {
    let refund = PaymentEvent::from(RefundRequested {
        payment: id(5),
        interview: id(100),
        refund: id(6),
        amount: crate::money::Money {
            minor: 100,
            currency: "EUR".parse().unwrap(),
        },
        reason: RefundReason::SlotLost,
        attempt: None,
    });
    let facts = [booked(Purpose::Mock), refund.into()];

    assert_eq!(deeds_after(&facts), [("pay_refund", now()), ("send_mail", now())]);
    assert_eq!(told_after(&facts), [(id(CANDIDATE), Template::SlotLost, 1)]);
}

fn missing(absent: Absent) -> Fact {
    InterviewEvent::from(NoShowMarked {
        interview: id(100),
        absent,
        attendance: Attendance::default(),
    })
    .into()
}

fn ended(interviewer_seconds: u64) -> Fact {
    InterviewEvent::from(InterviewEnded {
        interview: id(100),
        at: now(),
        reason: EndReason::TimeOver,
        attendance: Attendance {
            interviewer_seconds,
            ..Attendance::default()
        },
    })
    .into()
}

#[test]
fn interviewers_who_do_not_come_want_the_money_back_when_none_can_come_any_more() {
    let marked = |absent| deeds_after(&[booked(Purpose::Mock), confirmed(), missing(absent)]);
    let at_closing = [("refund_absence", at("2026-03-03T11:30:00Z"))];

    assert_eq!(marked(Absent::Interviewers), at_closing);
    assert_eq!(marked(Absent::Everybody), at_closing);
    assert_eq!(marked(Absent::Candidate), []);
}

#[test]
fn an_end_without_an_interviewer_wants_the_money_back() {
    let after = |seconds| deeds_after(&[booked(Purpose::Mock), confirmed(), ended(seconds)]);

    assert_eq!(after(0), [("refund_absence", now())]);
    assert_eq!(after(1), []);
}

#[test]
fn a_refund_for_absent_interviewers_is_told_to_the_candidate_alone() {
    let refund = PaymentEvent::from(RefundRequested {
        payment: id(5),
        interview: id(100),
        refund: id(6),
        amount: crate::money::Money {
            minor: 100,
            currency: "EUR".parse().unwrap(),
        },
        reason: RefundReason::InterviewerAbsent,
        attempt: None,
    });

    let told = told_after(&[booked(Purpose::Mock), refund.into()]);

    assert_eq!(told, [(id(CANDIDATE), Template::InterviewersAbsent, 1)]);
}

#[test]
fn a_confirmed_interview_wants_a_room_its_timers_and_everybody_told() {
    let facts = [booked(Purpose::Mock), claimed(), confirmed()];

    assert_eq!(
        deeds_after(&facts)[..3],
        [
            ("provision_room", now()),
            ("mark_no_show", at("2026-03-03T10:15:00Z")),
            ("close_room", at("2026-03-03T11:30:00Z")),
        ]
    );
    assert_eq!(
        told_after(&facts),
        [
            (id(CANDIDATE), Template::InterviewConfirmed, 1),
            (id(LEAD), Template::InterviewAssigned, 1),
            (id(SECOND), Template::InterviewAssigned, 1),
        ]
    );
}

#[test]
fn a_moved_interview_wants_room_and_timers_at_the_new_time_and_everybody_told() {
    let moved = InterviewEvent::from(InterviewRescheduled {
        interview: id(100),
        revision: 2,
        from: slot("2026-03-03T10:00:00Z"),
        to: slot("2026-03-04T12:00:00Z"),
        claims: Vec::new(),
        by: id(CANDIDATE),
        reason: None,
    });
    let facts = [booked(Purpose::Mock), claimed(), confirmed(), moved.into()];

    assert_eq!(
        deeds_after(&facts)[..3],
        [
            ("provision_room", now()),
            ("mark_no_show", at("2026-03-04T12:15:00Z")),
            ("close_room", at("2026-03-04T13:30:00Z")),
        ]
    );
    assert_eq!(
        told_after(&facts),
        [
            (id(CANDIDATE), Template::InterviewRescheduled, 2),
            (id(LEAD), Template::InterviewRescheduled, 2),
            (id(SECOND), Template::InterviewRescheduled, 2),
        ]
    );
}

fn cancelled(was_confirmed: bool) -> Fact {
    InterviewEvent::from(InterviewCancelled {
        interview: id(100),
        revision: 1,
        was_confirmed,
        by: id(CANDIDATE),
        party: Party::Candidate,
        reason: None,
        outcome: PolicyOutcome {
            notice_minutes: 1_500,
            percent: 100,
            refund: None,
        },
    })
    .into()
}

#[test]
fn of_a_cancellation_everybody_is_told_who_knew_of_the_interview() {
    let merely_held = [booked(Purpose::Mock), claimed(), cancelled(false)];
    let confirmed = [booked(Purpose::Mock), claimed(), confirmed(), cancelled(true)];

    assert_eq!(
        told_after(&merely_held),
        [(id(CANDIDATE), Template::InterviewCancelled, 1)]
    );
    assert_eq!(
        told_after(&confirmed),
        [
            (id(CANDIDATE), Template::InterviewCancelled, 1),
            (id(LEAD), Template::InterviewCancelled, 1),
            (id(SECOND), Template::InterviewCancelled, 1),
        ]
    );
}

fn seat(account: u128) -> PanelMember {
    PanelMember {
        account: id(account),
        role: PanelRole::Panel,
        reason: SeatReason::FewestRecent,
    }
}

fn vacated(account: u128, change: u32) -> Fact {
    InterviewEvent::from(PanelSeatVacated {
        interview: id(100),
        revision: 1,
        member: seat(account),
        reason: VacancyReason::Declined,
        change,
    })
    .into()
}

fn replaced(former: u128, account: u128, change: u32) -> Fact {
    InterviewEvent::from(InterviewerReplaced {
        interview: id(100),
        revision: 1,
        former: id(former),
        member: seat(account),
        claim: id(40),
        by: None,
        change,
    })
    .into()
}

#[test]
fn a_vacant_seat_wants_somebody_for_it_and_the_former_interviewer_told() {
    let facts = [booked(Purpose::Mock), confirmed(), vacated(LEAD, 1)];

    assert_eq!(deeds_after(&facts), [("fill_seat", now()), ("send_mail", now())]);
    assert_eq!(told_after(&facts), [(id(LEAD), Template::InterviewCancelled, 1)]);
}

#[test]
fn whoever_takes_a_seat_is_invited_and_told_of_what_becomes_of_the_interview() {
    let mut facts = vec![
        booked(Purpose::Mock),
        confirmed(),
        vacated(LEAD, 1),
        replaced(LEAD, 7, 2),
    ];
    let invited = told_after(&facts);
    facts.push(cancelled(true));

    assert_eq!(invited, [(id(7), Template::InterviewAssigned, 1)]);
    assert_eq!(
        told_after(&facts),
        [
            (id(CANDIDATE), Template::InterviewCancelled, 1),
            (id(SECOND), Template::InterviewCancelled, 1),
            (id(7), Template::InterviewCancelled, 1),
        ]
    );
}

#[test]
fn whoever_leaves_a_second_time_is_told_a_second_time() {
    let once = [booked(Purpose::Mock), confirmed(), vacated(LEAD, 1)];
    let twice = [
        booked(Purpose::Mock),
        confirmed(),
        vacated(LEAD, 1),
        replaced(LEAD, 7, 2),
        vacated(7, 3),
        replaced(7, LEAD, 4),
        vacated(LEAD, 5),
    ];
    let notification = |facts: &[Fact]| {
        let mut deeds = wanted_after(facts).into_iter().map(|wanted| wanted.deed);
        deeds.find_map(|deed| match deed {
            Deed::SendMail { notification, .. } => Some(notification),
            _ => None,
        })
    };

    assert!(notification(&once).is_some());
    assert_ne!(notification(&once), notification(&twice));
}

fn submitted(feedback: bool) -> Fact {
    ScorecardEvent::from(ScorecardSubmitted {
        scorecard: id(7),
        interview: id(100),
        account: id(LEAD),
        content: ScorecardContent {
            ratings: Vec::new(),
            overall: 4,
            recommendation: Recommendation::Yes,
            private_note: None,
            feedback: feedback.then_some(Sealed::Erased),
            fingerprint: String::new(),
        },
        late: false,
    })
    .into()
}

#[test]
fn a_mock_releases_what_was_written_for_the_candidate_by_itself() {
    assert_eq!(
        deeds_after(&[booked(Purpose::Mock), submitted(true)]),
        [("release_feedback", now())]
    );
    assert_eq!(deeds_after(&[booked(Purpose::Mock), submitted(false)]), []);
}

#[test]
fn in_recruiting_nothing_is_released_by_itself() {
    assert_eq!(deeds_after(&[booked(Purpose::Recruiting), submitted(true)]), []);
}

#[test]
fn released_feedback_is_told_to_the_candidate() {
    let released = crate::feedback::events::FeedbackEvent::from(FeedbackReleased {
        feedback: id(70),
        interview: id(100),
        scorecard: id(7),
        version: 1,
        candidate: id(CANDIDATE),
        content: Sealed::Erased,
        by: None,
    });

    let told = told_after(&[booked(Purpose::Mock), released.into()]);

    assert_eq!(told, [(id(CANDIDATE), Template::FeedbackReleased, 1)]);
}

#[test]
fn a_report_is_written_when_asked_for_and_told_to_whoever_asked() {
    let requested = Fact::from(ReportEvent::from(ReportRequested {
        report: id(80),
        interview: id(100),
        candidate: id(CANDIDATE),
        kind: ReportKind::Performance,
        revision: 1,
        transcript: TranscriptPin {
            transcript: id(81),
            version: 1,
            digest: String::new(),
        },
        prompt_version: "1".to_owned(),
        by: id(LEAD),
    }));
    let generated = Fact::from(ReportEvent::from(ReportGenerated {
        report: id(80),
        interview: id(100),
        revision: 1,
        run: id(82),
        engine: Engine {
            provider: "built-in".to_owned(),
            model: "rules".to_owned(),
            is_language_model: false,
        },
        overall: 70,
        breakdown: Vec::new(),
        body: Sealed::Erased,
        usage: TokenUsage::default(),
    }));

    let asked = [booked(Purpose::Mock), requested.clone()];
    let written = [booked(Purpose::Mock), requested, generated];

    assert_eq!(deeds_after(&asked), [("write_report", now())]);
    assert_eq!(told_after(&written), [(id(LEAD), Template::ReportReady, 1)]);
}

#[test]
fn a_request_to_be_forgotten_is_carried_out() {
    let requested =
        crate::data_subject::events::DataSubjectEvent::from(crate::data_subject::events::ErasureRequested {
            account: id(CANDIDATE),
            subject: SubjectId::of(id(CANDIDATE)),
            by: id(CANDIDATE),
        });

    assert_eq!(deeds_after(&[requested.into()]), [("erase_subject", now())]);
}

#[test]
fn the_same_event_heard_twice_wants_the_same_effects() {
    let facts = [booked(Purpose::Mock), claimed(), confirmed()];

    let (first, second) = (wanted_after(&facts), wanted_after(&facts));

    assert_eq!(first, second);
}

#[test]
fn no_two_deeds_of_an_event_share_an_id() {
    let mut ids: Vec<_> = wanted_after(&[booked(Purpose::Mock), claimed(), confirmed()])
        .into_iter()
        .map(|wanted| wanted.id)
        .collect();
    let deeds = ids.len();

    ids.sort_unstable();
    ids.dedup();

    assert_eq!(ids.len(), deeds);
}

#[test]
fn an_event_decided_under_an_effects_id_is_its_outcome() {
    let wanted = Wanted::new(
        id(1),
        Deed::ExpireHold {
            interview: id(100),
            payment: Some(id(5)),
        },
        now(),
    );
    let outcome = Envelope {
        command_id: outcome_command(wanted.id),
        ..envelope(1)
    };

    assert_eq!(progress(&confirmed(), &outcome), Progress::Done(wanted.id));
}

#[test]
fn an_attempt_is_no_outcome() {
    let attempted = EffectEvent::from(EffectAttempted {
        effect: id(50),
        about: About(Uuid::from_u128(100)),
        deed: "send_mail".to_owned(),
        attempt: 2,
    });
    let under_its_id = Envelope {
        command_id: outcome_command(id(50)),
        ..envelope(1)
    };

    assert_eq!(
        progress(&attempted.into(), &under_its_id),
        Progress::Attempted {
            effect: id(50),
            attempt: 2
        }
    );
}

#[test]
fn the_id_of_an_effect_never_changes() {
    let deed = Deed::ProvisionRoom {
        interview: id(100),
        revision: 2,
    };

    let wanted = Wanted::new(id(1), deed, now());

    assert_eq!(wanted.id.to_string(), "eff_71j3pty3njb9gspfrwc0cz25ma");
}

fn asked_to_agree() -> Fact {
    InterviewEvent::from(ApprovalRequired {
        interview: id(100),
        due_at: at("2026-03-02T12:00:00Z"),
        pay_within_minutes: Some(15),
    })
    .into()
}

#[test]
fn a_booking_to_be_agreed_to_wants_the_panel_asked_and_the_end_of_its_hold_and_no_order() {
    let facts = [booked(Purpose::Mock), claimed(), asked_to_agree()];

    assert_eq!(
        deeds_after(&facts),
        [
            ("expire_hold", at("2026-03-02T12:00:00Z")),
            ("send_mail", now()),
            ("send_mail", now()),
        ]
    );
    assert_eq!(
        told_after(&facts),
        [
            (id(LEAD), Template::ApprovalRequested, 1),
            (id(SECOND), Template::ApprovalRequested, 1),
        ]
    );
}

fn approved(hold_expires_at: Option<&str>) -> Fact {
    InterviewEvent::from(BookingApproved {
        interview: id(100),
        revision: 1,
        by: id(LEAD),
        hold_expires_at: hold_expires_at.map(at),
    })
    .into()
}

#[test]
fn an_agreement_is_told_where_something_is_to_be_paid_and_the_hold_ends_later() {
    let required = InterviewEvent::from(PaymentRequired {
        interview: id(100),
        payment: id(5),
        amount: crate::money::Money {
            minor: 100,
            currency: "EUR".parse().unwrap(),
        },
        due_at: at("2026-03-02T12:10:00Z"),
    });
    let mut facts = vec![booked(Purpose::Mock), claimed(), asked_to_agree()];
    facts.push(approved(Some("2026-03-02T12:10:00Z")));
    let told = told_after(&facts);
    facts.push(required.into());

    assert_eq!(told, [(id(CANDIDATE), Template::BookingApproved, 1)]);
    assert_eq!(
        deeds_after(&facts),
        [
            ("create_payment_order", now()),
            ("expire_hold", at("2026-03-02T12:10:00Z"))
        ]
    );
    let free = [booked(Purpose::Mock), claimed(), asked_to_agree(), approved(None)];
    assert_eq!(told_after(&free), []);
}

#[test]
fn the_candidate_is_told_when_nobody_agrees_by_word_or_in_time() {
    let declined = InterviewEvent::from(BookingDeclined {
        interview: id(100),
        revision: 1,
        by: id(LEAD),
        party: Party::Interviewer,
        reason: None,
    });
    let expired = |reason| {
        InterviewEvent::from(BookingExpired {
            interview: id(100),
            reason,
        })
    };
    let told = |event: InterviewEvent| {
        told_after(&[booked(Purpose::Mock), claimed(), asked_to_agree(), event.into()])
    };

    let sorry = [(id(CANDIDATE), Template::BookingDeclined, 1)];
    assert_eq!(told(declined), sorry);
    assert_eq!(told(expired(ExpiryReason::NotApproved)), sorry);
    assert_eq!(told(expired(ExpiryReason::HoldExpired)), []);
}

#[test]
fn whoever_was_asked_to_agree_is_told_that_it_is_called_off() {
    let facts = [
        booked(Purpose::Mock),
        claimed(),
        asked_to_agree(),
        cancelled(false),
    ];

    assert_eq!(
        told_after(&facts),
        [
            (id(CANDIDATE), Template::InterviewCancelled, 1),
            (id(LEAD), Template::InterviewCancelled, 1),
            (id(SECOND), Template::InterviewCancelled, 1),
        ]
    );
}

fn kept() -> Fact {
    InterviewEvent::from(DriftedTimeKept {
        interview: id(100),
        revision: 2,
        from: slot("2026-03-03T10:00:00Z"),
        to: slot("2026-03-03T10:00:00Z"),
        by: id(SECOND),
        reason: None,
    })
    .into()
}

#[test]
fn a_time_that_is_kept_is_told_to_everybody_and_gets_a_room_like_any_other_that_is_settled() {
    let facts = [booked(Purpose::Mock), claimed(), confirmed(), kept()];

    let told = [
        (id(CANDIDATE), Template::InterviewRescheduled, 2),
        (id(LEAD), Template::InterviewRescheduled, 2),
        (id(SECOND), Template::InterviewRescheduled, 2),
    ];
    assert_eq!(told_after(&facts), told);
    let settled = [booked(Purpose::Mock), claimed(), confirmed()];
    let of_rooms = |facts: &[Fact]| -> Vec<_> {
        let deeds = deeds_after(facts).into_iter();
        deeds.filter(|(name, _)| *name != "send_mail").collect()
    };
    assert_eq!(of_rooms(&facts), of_rooms(&settled));
    assert!(!of_rooms(&facts).is_empty());
}

#[test]
fn a_drift_by_itself_tells_nobody_and_does_nothing() {
    let detected = InterviewEvent::from(TimeZoneRuleDriftDetected {
        interview: id(100),
        revision: 1,
        drift: Drift {
            zone: Zone::UTC,
            promised_local_start: now().naive_utc(),
            promised_tzdb: "2024a".to_owned(),
            local_start: now().naive_utc(),
            tzdb: "2025b".to_owned(),
            promised_start: now(),
        },
    });
    let ended = InterviewEvent::from(TimeZoneRuleDriftEnded {
        interview: id(100),
        revision: 1,
        tzdb: "2025c".to_owned(),
    });
    let after = |fact: InterviewEvent| deeds_after(&[booked(Purpose::Mock), confirmed(), fact.into()]);

    assert_eq!((after(detected), after(ended)), (Vec::new(), Vec::new()));
}

fn proposed_by(side: Side) -> Fact {
    InterviewEvent::from(RescheduleProposed {
        interview: id(100),
        revision: 1,
        proposal: id(60),
        by: Some(id(LEAD)),
        vacated_by: Vec::new(),
        side,
        options: vec![slot("2026-03-04T10:00:00Z")],
        message: None,
        at: now(),
    })
    .into()
}

#[test]
fn other_times_are_told_to_the_other_side_and_a_refusal_to_whoever_proposed() {
    let declined = |proposed_by| {
        InterviewEvent::from(RescheduleDeclined {
            interview: id(100),
            revision: 1,
            proposal: id(60),
            proposed_by,
            by: id(CANDIDATE),
            reason: None,
        })
    };
    let told = |fact: Fact| told_after(&[booked(Purpose::Mock), claimed(), confirmed(), fact]);

    let to_panel = [
        (id(LEAD), Template::TimesProposed, 1),
        (id(SECOND), Template::TimesProposed, 1),
    ];
    assert_eq!(told(proposed_by(Side::Candidate)), to_panel);
    let to_candidate = [(id(CANDIDATE), Template::TimesProposed, 1)];
    assert_eq!(told(proposed_by(Side::Hosts)), to_candidate);
    let to_lead = [(id(LEAD), Template::ProposalDeclined, 1)];
    assert_eq!(told(declined(Some(id(LEAD))).into()), to_lead);
    assert_eq!(told(declined(None).into()), []);
}

#[test]
fn what_an_interview_leaves_free_is_offered_to_those_who_wait() {
    let deeds = deeds_after(&[booked(Purpose::Mock), claimed(), cancelled(false)]);

    assert!(deeds.contains(&("offer_freed", now())), "{deeds:?}");
}

#[test]
fn an_offer_is_told_has_an_end_and_lets_the_next_in_line_be_looked_at() {
    let offered = WaitlistEvent::from(WaitlistOffered {
        interview_type: id(4),
        entry: id(70),
        candidate: id(CANDIDATE),
        offer: 1,
        interview: id(101),
        slot: slot("2026-03-03T10:00:00Z"),
        panel: Vec::new(),
        claims: Vec::new(),
        expires_at: at("2026-03-02T10:00:00Z"),
    });

    assert_eq!(
        deeds_after(&[offered.into()]),
        [
            ("mail_offer", now()),
            ("lapse_offer", at("2026-03-02T10:00:00Z")),
            ("offer_waiting", now()),
        ]
    );
}

#[test]
fn a_wait_is_looked_at_when_it_begins_and_again_and_has_an_end() {
    let joined = WaitlistEvent::from(WaitlistJoined {
        interview_type: id(4),
        entry: id(70),
        candidate: id(CANDIDATE),
        wanted: slot("2026-03-03T10:00:00Z").span,
        zone: Zone::UTC,
    });

    assert_eq!(
        deeds_after(&[joined.into()]),
        [
            ("offer_waiting", now()),
            ("keep_offering", at("2026-03-02T09:30:00Z")),
            ("end_wait", at("2026-03-03T11:00:00Z")),
        ]
    );
}

fn hosted() -> Fact {
    let seat = PanelMember {
        account: id(LEAD),
        role: PanelRole::Lead,
        reason: SeatReason::Named,
    };
    InterviewEvent::from(SessionHosted {
        interview: id(100),
        by: id(LEAD),
        title: Line::new("Graphs").unwrap(),
        kind: InterviewKind::General,
        difficulty: Difficulty::Medium,
        mode: Mode::Peer,
        purpose: Purpose::Mock,
        slot: slot("2026-03-02T09:00:00Z"),
        panel: vec![seat],
        terms: host_session::terms(60),
        locale: "en".to_owned(),
        join_code: id(71),
        password_hash: None,
    })
    .into()
}

fn joined() -> Fact {
    InterviewEvent::from(CandidateJoined {
        interview: id(100),
        candidate: id(CANDIDATE),
        by: id(LEAD),
    })
    .into()
}

#[test]
fn a_session_wants_a_room_at_once_and_its_end_a_day_later_and_misses_and_tells_nobody() {
    let deeds = deeds_after(&[hosted(), claimed(), confirmed()]);

    assert_eq!(
        deeds,
        [
            ("provision_room", now()),
            ("close_room", at("2026-03-03T09:00:00Z")),
        ]
    );
}

#[test]
fn guests_who_are_asked_are_told_and_nobody_else() {
    let invited = InterviewEvent::from(GuestsInvited {
        interview: id(100),
        accounts: vec![id(7), id(8)],
        by: id(LEAD),
    });

    let told = told_after(&[hosted(), claimed(), confirmed(), invited.into()]);

    assert_eq!(
        told,
        [
            (id(7), Template::SessionInvitation, 1),
            (id(8), Template::SessionInvitation, 1),
        ]
    );
}

#[test]
fn a_session_that_nobody_came_to_ends_without_a_word() {
    let abandoned = deeds_after(&[hosted(), claimed(), confirmed(), ended(0)]);
    let admitted = deeds_after(&[hosted(), claimed(), confirmed(), joined()]);

    assert_eq!((abandoned, admitted), (Vec::new(), Vec::new()));
}

#[test]
fn the_candidate_who_joined_is_told_like_any_other() {
    let facts = [hosted(), claimed(), confirmed(), joined(), cancelled(true)];

    let told = told_after(&facts);

    assert!(
        told.contains(&(id(CANDIDATE), Template::InterviewCancelled, 1)),
        "{told:?}"
    );
}
