//! Calendars that are kept elsewhere are fetched again and again, and the log hears of what is new.

use domain::{
    availability::events::{
        AvailabilityEvent, CalendarSource, ExternalCalendarLinked, ExternalCalendarUnlinked,
    },
    external_calendar::CalendarError,
    ids::SubjectId,
    ports::calendar_feed::{Fetched, NotFetched, Validators},
    sealed::Sealed,
};

use super::{
    bench::id,
    stage::{CALENDAR, Stage},
};
use crate::feeds::FeedState;

/// Somebody who interviews.
const LENA: u128 = 0x1e4a;
const IMPORTED: &str = "interviewer_calendar.external_busy_imported";

async fn linked() -> Stage {
    let stage = Stage::new().await;
    let linked = ExternalCalendarLinked {
        account: id(LENA),
        calendar: id(5),
        source: CalendarSource::Feed {
            address: Sealed::open(SubjectId::of(id(LENA)), CALENDAR.to_owned()),
            masked_host: "***.example.org".to_owned(),
        },
    };
    stage.given::<AvailabilityEvent>(LENA, linked).await;
    stage
}

fn etag(name: &str) -> Validators {
    Validators {
        etag: Some(name.to_owned()),
        last_modified: None,
    }
}

/// Every Tuesday at this hour.
fn tuesdays(hour: u32) -> Fetched {
    let entry = format!(
        "BEGIN:VEVENT\nUID:1\nDTSTART:20260303T{hour:02}0000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nEND:VEVENT"
    );
    Fetched::File {
        text: format!("BEGIN:VCALENDAR\n{entry}\nEND:VCALENDAR\n"),
        validators: etag(&hour.to_string()),
    }
}

fn answers(stage: &Stage, answer: Result<Fetched, NotFetched>) {
    *stage.world.calendar.lock().unwrap() = Some(answer);
}

fn asked(stage: &Stage) -> Vec<Validators> {
    stage.world.calendar_asked.lock().unwrap().clone()
}

async fn state(stage: &Stage) -> Option<FeedState> {
    stage.feeds(&[id(5)]).await.pop()
}

#[tokio::test]
async fn what_a_calendar_says_is_taken_over_and_asked_for_again_by_its_validators() {
    let stage = linked().await;
    answers(&stage, Ok(tuesdays(9)));
    assert_eq!(stage.settled().await, 0);
    assert_eq!(stage.count(IMPORTED).await, 1);

    stage.at("2026-03-02T09:29:59Z");
    stage.settled().await;
    assert_eq!(asked(&stage).len(), 1);
    answers(&stage, Ok(Fetched::Unchanged));
    stage.at("2026-03-02T09:30:00Z");
    stage.settled().await;
    answers(&stage, Ok(tuesdays(10)));
    stage.at("2026-03-02T10:00:00Z");
    assert_eq!(stage.settled().await, 0);

    assert_eq!(asked(&stage), [Validators::default(), etag("9"), etag("9")]);
    assert_eq!(stage.count(IMPORTED).await, 2);
    let state = state(&stage).await.unwrap();
    assert_eq!((state.code, state.validators), (None, etag("10")));
    assert_eq!(
        state.next_at,
        "2026-03-02T10:30:00Z".parse::<domain::time::Instant>().unwrap()
    );
}

#[tokio::test]
async fn the_same_calendar_again_writes_nothing_until_another_week_comes_into_sight() {
    let stage = linked().await;
    answers(&stage, Ok(tuesdays(9)));
    stage.settled().await;
    stage.at("2026-03-08T23:00:00Z");
    stage.settled().await;
    let same_week = stage.count(IMPORTED).await;

    stage.at("2026-03-09T00:00:00Z");
    stage.settled().await;

    assert_eq!(same_week, 1);
    assert_eq!(stage.count(IMPORTED).await, 2);
    // Unchanged or not, another stretch of time wants the file.
    assert_eq!(
        asked(&stage),
        [Validators::default(), etag("9"), Validators::default()]
    );
}

#[tokio::test]
async fn what_was_taken_over_stays_while_a_calendar_fails_and_it_is_asked_later_and_later() {
    let stage = linked().await;
    answers(&stage, Ok(tuesdays(9)));
    stage.settled().await;
    let refused = NotFetched::from(CalendarError::Refused);
    answers(&stage, Err(refused));

    stage.at("2026-03-02T09:30:00Z");
    stage.settled().await;
    let first = state(&stage).await.unwrap();
    stage.at("2026-03-02T09:35:00Z");
    assert_eq!(stage.settled().await, 0);
    let second = state(&stage).await.unwrap();

    assert_eq!(first.code.as_deref(), Some("CALENDAR_REFUSED"));
    assert_eq!(
        first.next_at - "2026-03-02T09:30:00Z".parse::<domain::time::Instant>().unwrap(),
        chrono::Duration::minutes(5)
    );
    assert_eq!(second.next_at - first.next_at, chrono::Duration::minutes(10));
    assert_eq!(second.fetched_at, first.fetched_at);
    assert_eq!((second.failures, stage.count(IMPORTED).await), (2, 1));
    answers(&stage, Ok(Fetched::Unchanged));
    stage.at("2026-03-02T09:45:00Z");
    stage.settled().await;
    let mended = state(&stage).await.unwrap();
    assert_eq!((mended.code, mended.failures), (None, 0));
}

#[tokio::test]
async fn a_calendar_that_cannot_be_read_is_told_by_its_reason() {
    let stage = linked().await;
    answers(
        &stage,
        Ok(Fetched::File {
            text: "<html>".to_owned(),
            validators: etag("x"),
        }),
    );

    assert_eq!(stage.settled().await, 0);

    let state = state(&stage).await.unwrap();
    assert_eq!(state.code.as_deref(), Some("CALENDAR_UNREADABLE"));
    assert_eq!((state.fetched_at, state.read), (None, None));
    assert_eq!(stage.count(IMPORTED).await, 0);
}

#[tokio::test]
async fn a_calendar_that_was_unlinked_is_asked_no_more() {
    let stage = linked().await;
    answers(&stage, Ok(tuesdays(9)));
    stage.settled().await;
    let unlinked = ExternalCalendarUnlinked {
        account: id(LENA),
        calendar: id(5),
    };
    stage.given::<AvailabilityEvent>(LENA, unlinked).await;

    stage.at("2026-03-02T12:00:00Z");
    assert_eq!(stage.settled().await, 0);
    stage.at("2026-03-05T12:00:00Z");
    stage.settled().await;

    assert_eq!(asked(&stage).len(), 1);
    assert_eq!(state(&stage).await, None);
}
