//! Many callers race for one slot.

use std::sync::Arc;

use futures::{TryStreamExt, future::join_all};
use store::{
    contract::{append, event, write},
    log::{Append, AppendError, Filter, Log, Query},
    sqlite::SqliteLog,
};

use crate::{
    quick_or_long,
    support::{Sqlite, with_postgres},
};

const CALLERS: u64 = 64;

/// A booking as the system makes it: the interview's own stream, and a claim on the calendar that must not have moved.
fn booking(round: u64, caller: u64) -> Append {
    let number = round * 1_000 + caller;
    Append {
        writes: vec![
            write(
                1_000_000 + number,
                0,
                vec![event("interview"), event("slot_claimed")],
            ),
            write(round, 0, vec![event("hold_placed")]),
        ],
        ..append(number)
    }
}

async fn race(log: Arc<dyn Log>, rounds: u64) {
    let mut losers = 0;
    for round in 1..=rounds {
        let callers = (1..=CALLERS).map(|caller| {
            let log = log.clone();
            tokio::spawn(async move { log.append(booking(round, caller)).await })
        });
        let answers: Vec<_> = join_all(callers).await.into_iter().map(Result::unwrap).collect();

        let won: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        losers += answers
            .iter()
            .filter(|answer| matches!(answer, Err(AppendError::Conflict { actual: 1, .. })))
            .count() as u64;
        assert_eq!((won.len() as u64, losers), (1, round * (CALLERS - 1)));
        let slot = Query::forward(Filter::Stream(write(round, 0, vec![]).stream));
        let claims: Vec<_> = log.read(slot).try_collect().await.unwrap();
        assert_eq!(claims.len(), 1);
        assert_eq!(claims[0].envelope.command_id, won[0].command_id);
    }
    assert_eq!(
        log.head().await.unwrap().0,
        rounds * 3,
        "a loser left something behind"
    );
    eprintln!("{rounds} slots, {CALLERS} callers each: one winner each, {losers} losers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_sixty_four_callers_gets_a_slot_on_sqlite() {
    let database = Sqlite::new();
    let log = SqliteLog::open(&database.file()).await.unwrap();
    race(Arc::new(log), quick_or_long(20, 1_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_sixty_four_callers_gets_a_slot_on_postgres() {
    with_postgres(async |database| {
        race(Arc::new(database.connect().await), quick_or_long(20, 1_000)).await;
    })
    .await;
}
