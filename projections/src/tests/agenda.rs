//! What takes the time of interviewers, as their calendars tell it.

use domain::{
    ids::{AccountId, ClaimId, ExternalCalendarId, Id, kind},
    interviewer_calendar::events::{
        ClaimReleased, ExternalBusyImported, ExternalBusyRemoved, HoldConfirmed, HoldExtended, HoldPlaced,
        InterviewerCalendarEvent, ReleaseReason,
    },
    time::Span,
};

use crate::{
    agenda::{Engagement, Seat, of_people},
    projections::models,
    testing::{
        Running, TestDb, ground,
        history::{History, id, moment, tenant},
        on_both,
    },
};

const SOMEBODY: AccountId = id(7);
const CLAIM: ClaimId = id(21);
const CALENDAR: ExternalCalendarId = id(31);

fn span(from: i64, to: i64) -> Span {
    Span {
        start: moment(from),
        end: moment(to),
    }
}

fn held() -> HoldPlaced {
    HoldPlaced {
        account: SOMEBODY,
        claim: CLAIM,
        interview: id(3),
        interview_type: None,
        group: None,
        revision: 1,
        span: span(60, 90),
        before: 5,
        after: 10,
        expires_at: moment(15),
    }
}

async fn add(history: &mut History, event: impl Into<InterviewerCalendarEvent>) {
    let stream: Id<kind::Account> = SOMEBODY;
    history
        .add::<InterviewerCalendarEvent, _>(tenant(0), stream, event)
        .await;
}

async fn told(db: &TestDb, organisation: u128, within: Span) -> Vec<Engagement> {
    let found = of_people(&db.db, tenant(organisation), &[SOMEBODY, id(8)], within).await;
    found
        .unwrap()
        .iter()
        .map(|stored| (*stored.row).clone())
        .collect()
}

fn seat(engagements: &[Engagement]) -> Seat {
    match engagements {
        [Engagement::Seat(seat)] => *seat,
        other => panic!("not one seat: {other:?}"),
    }
}

on_both! {
    async fn a_seat_is_there_where_it_overlaps_and_dies_by_comparison_until_it_is_firm(db) {
        let mut history = History::empty();
        add(&mut history, held()).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let placed = seat(&told(db, 0, span(89, 120)).await);
        let extended = HoldExtended { account: SOMEBODY, claim: CLAIM, interview: id(3), expires_at: moment(45) };
        add(&mut history, extended).await;
        running.caught_up().await;
        let longer = seat(&told(db, 0, span(89, 120)).await);

        add(&mut history, HoldConfirmed { account: SOMEBODY, claim: CLAIM, interview: id(3) }).await;
        running.caught_up().await;

        assert_eq!((placed.is_live(moment(14)), placed.is_live(moment(15))), (true, false));
        assert!(longer.is_live(moment(44)));
        let firm = seat(&told(db, 0, span(89, 120)).await);
        assert!(firm.is_live(moment(10_000)));
        assert_eq!(firm.protected(), span(55, 100));
        for elsewhen in [span(0, 60), span(90, 120)] {
            assert_eq!(told(db, 0, elsewhen).await, []);
        }
        assert_eq!(told(db, 1, span(0, 120)).await, []);
        running.stop().await;
    }
}

on_both! {
    async fn a_seat_that_is_given_back_is_gone(db) {
        let mut history = History::empty();
        add(&mut history, held()).await;
        let released = ClaimReleased { account: SOMEBODY, claim: CLAIM, interview: id(3), reason: ReleaseReason::Cancelled };
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let before = told(db, 0, span(0, 120)).await.len();

        add(&mut history, released).await;
        running.caught_up().await;

        assert_eq!((before, told(db, 0, span(0, 120)).await.len()), (1, 0));
        running.stop().await;
    }
}

fn imported(added: &[Span], removed: &[Span]) -> ExternalBusyImported {
    ExternalBusyImported {
        account: SOMEBODY,
        calendar: CALENDAR,
        from: moment(0),
        until: moment(10_000),
        added: added.to_vec(),
        removed: removed.to_vec(),
    }
}

on_both! {
    async fn a_calendar_that_is_kept_elsewhere_is_there_until_it_is_unlinked(db) {
        let mut history = History::empty();
        let (early, late, other) = (span(10, 20), span(500, 520), span(300, 310));
        add(&mut history, imported(&[late, early], &[])).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let first = told(db, 0, span(0, 1_000)).await;
        add(&mut history, imported(&[other], &[late])).await;
        running.caught_up().await;
        let second = told(db, 0, span(0, 1_000)).await;

        add(&mut history, ExternalBusyRemoved { account: SOMEBODY, calendar: CALENDAR }).await;
        running.caught_up().await;

        let spans = |engagements: &[Engagement]| match engagements {
            [Engagement::Elsewhere(elsewhere)] => elsewhere.spans.clone(),
            other => panic!("not one calendar: {other:?}"),
        };
        assert_eq!(spans(&first), [early, late]);
        assert_eq!(spans(&second), [early, other]);
        assert_eq!(told(db, 0, span(0, 1_000)).await, []);
        running.stop().await;
    }
}
