//! What people should look at is listed until it is settled, and only in its organisation.

use domain::{
    ids::{InboxId, InterviewId, PaymentId},
    interview::events::{
        Absent, Attendance, InterviewEvent, NoShowMarked, PanelMember, PanelRole, PanelSeatVacated,
        SeatReason, TimeZoneRuleDriftDetected, TimeZoneRuleDriftEnded, VacancyReason,
    },
    payment::events::{PaymentEvent, RefundFailed, RefundProcessed},
    provider_inbox::events::{ProviderEventParked, ProviderFact, ProviderInboxEvent},
    time::{Drift, Zone},
};

use crate::{
    attention::{self, Matter, MatterKind, Where},
    list::{Direction, Slice},
    projections::models,
    testing::{
        Running, TestDb, ground,
        history::{History, id, moment, rupees, tenant},
        on_both,
    },
};

fn everything() -> Where {
    Where::All(vec![])
}

async fn matters(db: &TestDb, organisation: u128) -> Vec<Matter> {
    let listed = attention::list(
        &db.db,
        tenant(organisation),
        &everything(),
        Direction::Ascending,
        &Slice::first(100),
    )
    .await;
    let rows = listed.unwrap().rows.into_iter();
    rows.map(|(_, stored)| stored.row.matter.clone()).collect()
}

on_both! {
    async fn a_message_without_a_place_waits_for_people_of_its_organisation(db) {
        let mut history = History::empty();
        let (inbox, payment): (InboxId, PaymentId) = (id(1), id(2));
        let fact = ProviderFact::PaymentCaptured { payment, attempt: "a".to_owned(), amount: rupees(100), at: moment(0) };
        let parked = ProviderEventParked {
            inbox,
            provider: "bank".to_owned(),
            endpoint: "default".to_owned(),
            provider_event: "evt_1".to_owned(),
            fact: fact.clone(),
            code: "NOT_FOUND".to_owned(),
        };
        history.add::<ProviderInboxEvent, _>(tenant(0), inbox, parked).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;

        let waiting = Matter::Unplaced {
            provider: "bank".to_owned(),
            provider_event: "evt_1".to_owned(),
            fact,
            code: "NOT_FOUND".to_owned(),
        };
        assert_eq!(matters(db, 0).await, [waiting]);
        assert_eq!(matters(db, 1).await, []);
        assert_eq!(attention::count(&db.db, tenant(0), &everything()).await.unwrap(), 1);
        running.stop().await;
    }
}

on_both! {
    async fn a_refund_that_failed_and_went_through_after_all_is_no_longer_listed(db) {
        let mut history = History::empty();
        let payment: PaymentId = id(2);
        let failed = RefundFailed { payment, interview: id(3), refund: id(4), code: "closed".to_owned() };
        let processed = RefundProcessed { payment, interview: id(3), refund: id(4), provider_refund: "r".to_owned() };
        history.add::<PaymentEvent, _>(tenant(0), payment, failed).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let before = matters(db, 0).await;

        history.add::<PaymentEvent, _>(tenant(0), payment, processed).await;
        running.caught_up().await;

        assert!(matches!(&before[..], [Matter::RefundFailed { .. }]), "{before:?}");
        assert_eq!(matters(db, 0).await, []);
        running.stop().await;
    }
}

fn drifted(interview: InterviewId) -> TimeZoneRuleDriftDetected {
    TimeZoneRuleDriftDetected {
        interview,
        revision: 1,
        drift: Drift {
            zone: Zone::UTC,
            promised_local_start: moment(0).naive_utc(),
            promised_tzdb: "2024a".to_owned(),
            local_start: moment(60).naive_utc(),
            tzdb: "2025b".to_owned(),
            promised_start: moment(60),
        },
    }
}

on_both! {
    async fn a_promise_that_the_rules_have_left_is_listed_until_they_keep_it_again(db) {
        let mut history = History::empty();
        let interview: InterviewId = id(3);
        let ended = TimeZoneRuleDriftEnded { interview, revision: 1, tzdb: "2025c".to_owned() };
        history.add::<InterviewEvent, _>(tenant(0), interview, drifted(interview)).await;
        history.add::<InterviewEvent, _>(tenant(0), interview, seat_given_up(interview)).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let before = matters(db, 0).await;

        history.add::<InterviewEvent, _>(tenant(0), interview, ended).await;
        running.caught_up().await;

        let drift = drifted(interview).drift;
        assert_eq!(before[0], Matter::TimeDrifted { interview, drift });
        assert_eq!(before.len(), 2);
        assert!(matches!(&matters(db, 0).await[..], [Matter::SeatsVacant { .. }]));
        running.stop().await;
    }
}

fn seat_given_up(interview: InterviewId) -> PanelSeatVacated {
    PanelSeatVacated {
        interview,
        revision: 1,
        member: PanelMember {
            account: id(7),
            role: PanelRole::Lead,
            reason: SeatReason::Collective,
        },
        reason: VacancyReason::Declined,
        change: 1,
    }
}

on_both! {
    async fn a_vacant_seat_is_no_longer_listed_once_somebody_did_not_come(db) {
        let mut history = History::empty();
        let interview: InterviewId = id(3);
        let marked = NoShowMarked {
            interview,
            absent: Absent::Candidate,
            attendance: Attendance { candidate_seconds: 0, interviewer_seconds: 60, overlap_seconds: 0 },
        };
        history.add::<InterviewEvent, _>(tenant(0), interview, seat_given_up(interview)).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let before = matters(db, 0).await;

        history.add::<InterviewEvent, _>(tenant(0), interview, marked).await;
        running.caught_up().await;

        assert!(matches!(&before[..], [Matter::SeatsVacant { .. }]), "{before:?}");
        assert_eq!(matters(db, 0).await, []);
        running.stop().await;
    }
}

on_both! {
    async fn what_waits_is_found_by_its_kind(db) {
        let mut history = History::empty();
        let failed = RefundFailed { payment: id(2), interview: id(3), refund: id(4), code: "closed".to_owned() };
        history.add::<PaymentEvent, _>(tenant(0), failed.payment, failed).await;
        let seat = seat_given_up(id(3));
        history.add::<InterviewEvent, _>(tenant(0), seat.interview, seat).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;

        let seats = || Where::Kind(vec![MatterKind::SeatsVacant]);
        for (filter, many) in [(everything(), 2), (seats(), 1), (Where::Not(Box::new(seats())), 1), (Where::Kind(vec![]), 0)] {
            assert_eq!(attention::count(&db.db, tenant(0), &filter).await.unwrap(), many, "{filter:?}");
        }
        running.stop().await;
    }
}
