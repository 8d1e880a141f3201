//! An event that cannot be folded makes its own rows wait, and no others.

use std::{cell::Cell, marker::PhantomData};

use domain::{
    account::events::{AccountEvent, TimeZoneSet},
    actor::Role,
    envelope::{Envelope, Position},
    ids::{AccountId, InterviewId},
    interview::events::{InterviewConfirmed, InterviewEvent},
    payment::events::{PaymentEvent, PaymentExpired},
    time::Zone,
};

use store::codec::{Codec, Lifted, Upcast, UpcastError};

use crate::{
    accounts::{self, Account, Accounts},
    fault::Fault,
    interviews::{self, Interviews, Scope, Status},
    model::{Column, Index, Key, ReadModel},
    projections::{Of, models},
    sql::Value,
    testing::{
        Running, TestDb, ground,
        history::{History, booking, id, tenant},
        on_both,
    },
};

const VICTIM: u128 = 0xC000;
const OTHER: u128 = 0xC001;

/// The accounts, with a fold that cannot stand UTC.
enum Brittle {}

impl ReadModel for Brittle {
    const NAME: &'static str = Accounts::NAME;
    const COLUMNS: &'static [Column] = Accounts::COLUMNS;
    const INDEXES: &'static [Index] = Accounts::INDEXES;
    const SOURCE: &'static str = Accounts::SOURCE;
    type Row = Account;
    type Heard = accounts::Heard;

    fn keys(event: &accounts::Heard, envelope: &Envelope) -> Vec<Key> {
        Accounts::keys(event, envelope)
    }

    fn apply(
        key: Key,
        row: Option<Account>,
        event: &accounts::Heard,
        envelope: &Envelope,
    ) -> Option<Account> {
        if let accounts::Heard::Account(AccountEvent::TimeZoneSet(set)) = event {
            assert!(set.zone != Zone::UTC, "cannot stand UTC");
        }
        Accounts::apply(key, row, event, envelope)
    }

    fn columns(row: &Account) -> Vec<Value> {
        Accounts::columns(row)
    }
}

async fn zone_of(running: &Running, account: u128) -> Option<Zone> {
    let found = accounts::by_ids(running.projections.db(), tenant(0), &[id(account)])
        .await
        .unwrap();
    found[0].as_ref().unwrap().row.zone
}

async fn set_zone(history: &mut History, account: u128, zone: &str) -> Position {
    let account: AccountId = id(account);
    let set = TimeZoneSet {
        account,
        zone: zone.parse().unwrap(),
    };
    history.add::<AccountEvent, _>(tenant(0), account, set).await
}

on_both! {
    async fn a_row_waits_from_the_event_on_that_cannot_be_folded_and_others_go_on(db) {
        let mut history = History::of(1, 1).await;
        let poison = set_zone(&mut history, VICTIM, "UTC").await;
        set_zone(&mut history, VICTIM, "Asia/Tokyo").await;
        set_zone(&mut history, OTHER, "Asia/Tokyo").await;

        let running = Running::start(vec![Box::new(Of::<Brittle>(PhantomData))], ground(db, &history.log)).await;
        running.caught_up().await;

        let parked = running.projections.overview().await.unwrap().models.remove(0).parked;
        assert_eq!(parked.len(), 1);
        assert_eq!((parked[0].link, parked[0].position), (id::<domain::ids::kind::Account>(VICTIM).uuid(), poison));
        assert_eq!(parked[0].fault, Fault::FoldFailed);
        assert_eq!(zone_of(&running, VICTIM).await.unwrap().name(), "Europe/Berlin");
        assert_eq!(zone_of(&running, OTHER).await.unwrap().name(), "Asia/Tokyo");
        running.stop().await;
    }
}

on_both! {
    async fn rows_that_waited_are_whole_after_a_retry_with_mended_code(db) {
        let mut history = History::of(1, 1).await;
        let poison = set_zone(&mut history, VICTIM, "UTC").await;
        set_zone(&mut history, VICTIM, "Asia/Tokyo").await;
        let brittle = Running::start(vec![Box::new(Of::<Brittle>(PhantomData))], ground(db, &history.log)).await;
        brittle.caught_up().await;
        assert!(brittle.projections.retry_parked(Accounts::NAME, tenant(0), poison).await.is_err());
        brittle.stop().await;

        let mended = Running::start(models(), ground(db, &history.log)).await;
        mended.caught_up().await;
        mended.projections.retry_parked(Accounts::NAME, tenant(0), poison).await.unwrap();
        set_zone(&mut history, OTHER, "Asia/Seoul").await;
        mended.caught_up().await;

        assert_eq!(zone_of(&mended, VICTIM).await.unwrap().name(), "Asia/Tokyo");
        assert_eq!(zone_of(&mended, OTHER).await.unwrap().name(), "Asia/Seoul");
        let statuses = mended.projections.overview().await.unwrap().models;
        assert!(statuses.iter().all(|status| status.parked.is_empty()));
        let roles = accounts::by_ids(&db.db, tenant(0), &[id(VICTIM)]).await.unwrap();
        assert_eq!(roles[0].as_ref().unwrap().row.roles, [Role::Candidate]);
        mended.stop().await;
    }
}

const FIRST: u128 = 0x5000;
const SECOND: u128 = 0x5001;

async fn two_interviews() -> History {
    let mut history = History::empty();
    for number in [FIRST, SECOND] {
        let interview: InterviewId = id(number);
        history
            .add::<InterviewEvent, _>(tenant(0), interview, booking(number, 0))
            .await;
    }
    history
}

async fn confirm(history: &mut History, number: u128) {
    let interview: InterviewId = id(number);
    let confirmed = InterviewConfirmed {
        interview,
        revision: 1,
    };
    history
        .add::<InterviewEvent, _>(tenant(0), interview, confirmed)
        .await;
}

async fn status_of(running: &Running, number: u128) -> Status {
    let db = running.projections.db();
    let found = interviews::by_id(db, tenant(0), Scope::Organisation, id(number))
        .await
        .unwrap();
    found.unwrap().row.status
}

on_both! {
    async fn an_unreadable_event_of_another_stream_makes_the_row_it_is_linked_to_wait(db) {
        let mut history = two_interviews().await;
        let expired = PaymentExpired {
            payment: id(1),
            interview: id(FIRST),
        };
        history.add_unreadable::<PaymentEvent, domain::ids::kind::Payment>(tenant(0), id(1), expired).await;
        confirm(&mut history, FIRST).await;
        confirm(&mut history, SECOND).await;

        let running = Running::start(vec![Box::new(Of::<Interviews>(PhantomData))], ground(db, &history.log)).await;
        running.caught_up().await;

        let parked = running.projections.overview().await.unwrap().models.remove(0).parked;
        assert!(parked.iter().all(|parked| parked.fault == Fault::UnknownVersion));
        assert_eq!(parked.len(), 2, "the payment's stream and the interview");
        assert_eq!(status_of(&running, FIRST).await, Status::Requested);
        assert_eq!(status_of(&running, SECOND).await, Status::Confirmed);
        running.stop().await;
    }
}

on_both! {
    async fn an_unreadable_first_event_parks_its_stream(db) {
        let mut history = History::empty();
        let interview: InterviewId = id(FIRST);
        history.add_unreadable::<InterviewEvent, _>(tenant(0), interview, booking(FIRST, 0)).await;
        confirm(&mut history, FIRST).await;
        history.add::<InterviewEvent, _>(tenant(0), id::<domain::ids::kind::Interview>(SECOND), booking(SECOND, 0)).await;

        let running = Running::start(vec![Box::new(Of::<Interviews>(PhantomData))], ground(db, &history.log)).await;
        running.caught_up().await;

        let parked = running.projections.overview().await.unwrap().models.remove(0).parked;
        assert_eq!(parked.iter().map(|parked| parked.link).collect::<Vec<_>>(), [interview.uuid()]);
        assert_eq!(status_of(&running, SECOND).await, Status::Requested);
        running.stop().await;
    }
}

thread_local! {
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

/// Lifts version 99 to version 1, but not at the first try.
fn lift_at_second_try(payload: serde_json::Value) -> Result<Vec<Lifted>, UpcastError> {
    if !FAILED.replace(true) {
        return Err(UpcastError("not just now".to_owned()));
    }
    Ok(vec![Lifted {
        name: "interview.confirmed".to_owned(),
        version: 1,
        payload,
    }])
}

on_both! {
    async fn what_fails_once_is_tried_again_and_nothing_waits(db) {
        let mut history = two_interviews().await;
        let interview: InterviewId = id(FIRST);
        let confirmed = InterviewConfirmed { interview, revision: 1 };
        history.add_unreadable::<InterviewEvent, _>(tenant(0), interview, confirmed).await;
        let mut ground = ground(db, &history.log);
        ground.codec = Codec::with_steps([(("interview.confirmed", 99), lift_at_second_try as Upcast)]);

        let running = Running::start(vec![Box::new(Of::<Interviews>(PhantomData))], ground).await;
        running.caught_up().await;

        assert!(FAILED.get());
        assert_eq!(status_of(&running, FIRST).await, Status::Confirmed);
        assert!(running.projections.overview().await.unwrap().models[0].parked.is_empty());
        running.stop().await;
    }
}
