//! Whoever waits for the position of a write reads what they wrote.

use std::env;

use domain::{ids::InterviewId, interview::events::InterviewEvent};

use crate::{
    interviews::{Interviews, Scope, by_id},
    list::by_keys,
    model::Key,
    projections::models,
    testing::{
        LONG, Running, TestDb, ground,
        history::{History, booking, id, tenant},
        on_both,
    },
};

const NUMBER: u128 = 0x5000;

fn writes() -> u32 {
    match env::var("GREENROOM_TEST_LONG") {
        Ok(asked) if asked == "1" => 10_000,
        Ok(_) | Err(_) => 300,
    }
}

fn interview() -> InterviewId {
    id(NUMBER)
}

on_both! {
    async fn no_read_after_a_write_is_stale(db) {
        let mut history = History::empty();
        let booked = booking(NUMBER, 0);
        history.add::<InterviewEvent, _>(tenant(0), interview(), booked).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let mut stale = Vec::new();

        for revision in 1..=writes() {
            let written = history.confirm(interview(), revision).await;
            running.projections.wait_for(written, LONG).await.unwrap();
            let read = by_id(&db.db, tenant(0), Scope::Organisation, interview()).await.unwrap();
            let again = by_keys::<Interviews>(&db.db, tenant(0), &[Key::of(interview())]).await.unwrap();
            for row in [read, again.into_iter().flatten().next()] {
                if row.is_none_or(|row| row.position != written) {
                    stale.push(written);
                }
            }
        }

        assert!(stale.is_empty(), "{} of {} reads: {stale:?}", stale.len(), 2 * writes());
        running.stop().await;
    }
}
