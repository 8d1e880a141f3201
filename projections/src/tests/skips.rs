//! Poison of every kind makes one row wait; a decision to leave it out is followed by every fold there is.

use std::marker::PhantomData;

use domain::{
    envelope::Position,
    ids::InterviewId,
    interview::events::{InterviewConfirmed, InterviewEvent},
    payment::events::{PaymentEvent, PaymentExpired},
};
use store::{
    codec::Codec,
    log::{MAX_PAYLOAD_BYTES, NewEvent},
};

use crate::{
    as_of::Past,
    doctor::Difference,
    fault::Fault,
    ground::Share,
    interviews::{Interview, Interviews, Status},
    model::{Key, ReadModel, Stored},
    poison::RetryError,
    projections::{Of, Which, examine, rebuild},
    testing::{
        Running, TestDb, dump, ground,
        history::{History, booking, id, tenant},
        on_both,
    },
};

const FIRST: u128 = 0x5000;
const SECOND: u128 = 0x5001;

fn interview(number: u128) -> InterviewId {
    id(number)
}

fn confirmed(number: u128) -> InterviewConfirmed {
    InterviewConfirmed {
        interview: interview(number),
        revision: 1,
    }
}

async fn booked() -> History {
    let mut history = History::empty();
    for number in [FIRST, SECOND] {
        let booking = booking(number, 0);
        history
            .add::<InterviewEvent, _>(tenant(0), interview(number), booking)
            .await;
    }
    history
}

async fn spoilt(history: &mut History, number: u128, spoil: impl FnOnce(&mut NewEvent)) -> Position {
    let event = confirmed(number);
    history
        .add_spoilt::<InterviewEvent, _>(tenant(0), interview(number), event, spoil)
        .await
}

async fn confirm(history: &mut History, number: u128) {
    let event = confirmed(number);
    history
        .add::<InterviewEvent, _>(tenant(0), interview(number), event)
        .await;
}

async fn start(db: &TestDb, history: &History) -> Running {
    let running = Running::start(
        vec![Box::new(Of::<Interviews>(PhantomData))],
        ground(db, &history.log),
    )
    .await;
    running.caught_up().await;
    running
}

async fn as_of(history: &History, number: u128, position: Position) -> Option<Stored<Interview>> {
    let key = Key::of(interview(number));
    let row = Past::of(history.log.clone(), Codec::current())
        .row::<Interviews>(tenant(0), key, position)
        .await;
    row.unwrap()
}

async fn head(history: &History) -> Position {
    use store::log::Log;
    history.log.head().await.unwrap()
}

async fn differences(db: &TestDb, history: &History) -> Vec<Difference> {
    let (folder, which) = (tempfile::tempdir().unwrap(), Which::Named(Interviews::NAME));
    let log = history.log.clone();
    let examined = examine(log, Codec::current(), db.db.clone(), folder.path(), which).await;
    examined.unwrap().remove(0).differences
}

/// The status of both interviews now.
async fn statuses(db: &TestDb) -> [Status; 2] {
    use crate::interviews::{Scope, by_id};
    let status = async |number| {
        let row = by_id(&db.db, tenant(0), Scope::Organisation, interview(number)).await;
        row.unwrap().unwrap().row.status
    };
    [status(FIRST).await, status(SECOND).await]
}

async fn only_the_first_waits(db: &TestDb, fault: Fault, spoil: fn(&mut NewEvent)) {
    let mut history = booked().await;
    let poison = spoilt(&mut history, FIRST, spoil).await;
    confirm(&mut history, FIRST).await;
    confirm(&mut history, SECOND).await;

    let running = start(db, &history).await;

    let parked = running.projections.parked(Some(tenant(0))).await.unwrap();
    assert_eq!(parked.len(), 1);
    let event = &parked[0];
    assert_eq!((event.model, event.envelope.position), (Interviews::NAME, poison));
    assert_eq!((event.fault, event.rows), (fault, 1));
    assert_eq!(event.waiting.len(), 1);
    assert_eq!(event.waiting[0].to_string(), interview(FIRST).to_string());
    assert_eq!(statuses(db).await, [Status::Requested, Status::Confirmed]);
    assert_eq!(running.projections.parked(Some(tenant(1))).await.unwrap(), []);
    running.stop().await;
}

on_both! {
    async fn an_event_of_an_unknown_type_parks_only_its_row(db) {
        only_the_first_waits(db, Fault::UnknownType, |event| event.event_type = "interview.enchanted".to_owned()).await;
    }
}

on_both! {
    async fn an_event_of_a_future_version_parks_only_its_row(db) {
        only_the_first_waits(db, Fault::UnknownVersion, |event| event.schema_version = 2).await;
    }
}

on_both! {
    async fn an_event_that_is_not_json_parks_only_its_row(db) {
        only_the_first_waits(db, Fault::NotJson, |event| event.payload.truncate(10)).await;
    }
}

on_both! {
    async fn the_largest_event_there_can_be_parks_only_its_row(db) {
        only_the_first_waits(db, Fault::WrongShape, |event| {
            let filling = "x".repeat(MAX_PAYLOAD_BYTES - r#"{"interview":""}"#.len());
            event.payload = format!(r#"{{"interview":"{filling}"}}"#).into_bytes();
        }).await;
    }
}

on_both! {
    async fn rows_go_on_without_an_event_that_is_skipped(db) {
        let mut history = booked().await;
        let poison = spoilt(&mut history, FIRST, |event| event.payload.truncate(10)).await;
        confirm(&mut history, FIRST).await;
        let running = start(db, &history).await;
        assert_eq!(statuses(db).await, [Status::Requested; 2]);

        history.skip(tenant(0), Interviews::NAME, poison).await;
        confirm(&mut history, SECOND).await;
        running.caught_up().await;

        assert_eq!(statuses(db).await, [Status::Confirmed; 2]);
        assert_eq!(running.projections.parked(None).await.unwrap(), []);
        running.stop().await;
    }
}

on_both! {
    async fn a_skip_is_honoured_by_rebuild_doctor_and_time_travel(db) {
        let mut history = booked().await;
        let poison = spoilt(&mut history, FIRST, |event| event.payload.truncate(10)).await;
        confirm(&mut history, FIRST).await;
        let running = start(db, &history).await;
        let skip = history.skip(tenant(0), Interviews::NAME, poison).await;
        running.caught_up().await;
        running.stop().await;
        let live = dump(&db.db, &[Interviews::NAME]).await;

        let (which, log) = (Which::Named(Interviews::NAME), history.log.clone());
        let found = differences(db, &history).await;
        rebuild(log, Codec::current(), db.db.clone(), which, Share::ALL, &|_| {}).await.unwrap();

        assert_eq!(found, []);
        assert_eq!(dump(&db.db, &[Interviews::NAME]).await, live);
        assert_eq!(statuses(db).await[0], Status::Confirmed);
        let then = as_of(&history, FIRST, Position(skip.0 - 1)).await.unwrap();
        assert_eq!(then.row.status, Status::Confirmed);
        assert_eq!(as_of(&history, FIRST, poison).await.unwrap().row.status, Status::Requested);
    }
}

on_both! {
    async fn a_skip_that_was_decided_while_nobody_followed_is_carried_out_later(db) {
        let mut history = booked().await;
        let poison = spoilt(&mut history, FIRST, |event| event.schema_version = 9).await;
        confirm(&mut history, FIRST).await;
        start(db, &history).await.stop().await;
        history.skip(tenant(0), Interviews::NAME, poison).await;

        let running = start(db, &history).await;

        assert_eq!(statuses(db).await, [Status::Confirmed, Status::Requested]);
        running.stop().await;
    }
}

on_both! {
    async fn what_one_read_model_or_organisation_leaves_out_others_do_not(db) {
        let mut history = booked().await;
        let poison = spoilt(&mut history, FIRST, |event| event.schema_version = 9).await;
        history.skip(tenant(0), "accounts", poison).await;
        history.skip(tenant(1), Interviews::NAME, poison).await;

        let running = start(db, &history).await;

        assert_eq!(running.projections.parked(None).await.unwrap().len(), 1);
        running.stop().await;
    }
}

on_both! {
    async fn a_row_with_two_bad_events_waits_for_the_second_when_the_first_is_skipped(db) {
        let mut history = booked().await;
        let first = spoilt(&mut history, FIRST, |event| event.schema_version = 9).await;
        confirm(&mut history, FIRST).await;
        let second = spoilt(&mut history, FIRST, |event| event.schema_version = 8).await;
        let running = start(db, &history).await;

        history.skip(tenant(0), Interviews::NAME, first).await;
        running.caught_up().await;

        assert_eq!(statuses(db).await[0], Status::Confirmed);
        let parked = running.projections.parked(None).await.unwrap();
        assert_eq!(parked.iter().map(|event| event.envelope.position).collect::<Vec<_>>(), [second]);
        running.stop().await;
        assert_eq!(differences(db, &history).await, []);
    }
}

on_both! {
    async fn rows_that_missed_events_of_a_stream_that_waited_get_them(db) {
        let mut history = booked().await;
        let payment = id::<domain::ids::kind::Payment>(9);
        let expired = PaymentExpired { payment, interview: interview(FIRST) };
        let poison =
            history.add_unreadable::<PaymentEvent, domain::ids::kind::Payment>(tenant(0), payment, expired.clone()).await;
        history.add::<PaymentEvent, _>(tenant(0), payment, expired).await;
        let running = start(db, &history).await;
        assert_eq!(running.projections.parked(None).await.unwrap()[0].waiting.len(), 2);

        history.skip(tenant(0), Interviews::NAME, poison).await;
        running.caught_up().await;

        assert_eq!(running.projections.parked(None).await.unwrap(), []);
        running.stop().await;
        let whole = as_of(&history, FIRST, head(&history).await).await.unwrap();
        let mut tx = db.db.begin().await.unwrap();
        let table = crate::table::Table::<Interviews>::of_this_code();
        let key = (tenant(0), Key::of(interview(FIRST)));
        let row = table.load(&mut tx, &[key]).await.unwrap().remove(0);
        assert_eq!(row.read::<Interviews>().unwrap(), whole);
    }
}

on_both! {
    async fn what_does_not_wait_is_not_tried_again(db) {
        let mut history = booked().await;
        let poison = spoilt(&mut history, FIRST, |event| event.schema_version = 9).await;
        let running = start(db, &history).await;
        let retry = async |model, organisation, position| {
            running.projections.retry_parked(model, tenant(organisation), position).await
        };

        let outcomes = [
            retry("nothing", 0, poison).await,
            retry(Interviews::NAME, 0, Position(1)).await,
            retry(Interviews::NAME, 1, poison).await,
            retry(Interviews::NAME, 0, poison).await,
        ];

        assert!(matches!(outcomes[0], Err(RetryError::Unknown(_))));
        assert!(matches!(outcomes[1], Err(RetryError::NotParked { .. })));
        assert!(matches!(outcomes[2], Err(RetryError::NotParked { .. })));
        assert!(matches!(
            outcomes[3],
            Err(RetryError::StillPoisoned { position, fault: Fault::UnknownVersion }) if position == poison
        ));
        running.stop().await;
    }
}
