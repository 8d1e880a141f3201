//! Power cuts: a process that appends with many callers is killed at random instants, again and again.

use std::time::Duration;

use crate::{
    Numbers,
    helper::{Helper, Place},
    ledger::Ledger,
    quick_or_long,
    support::{Sqlite, with_postgres},
};

/// The longest life of a helper after its first acknowledgement, in milliseconds.
const LONGEST_LIFE: u64 = 60;

/// Kills so many helpers, each after at least one acknowledgement, and checks the log after each.
async fn kill_again_and_again(place: &Place, kills: usize) {
    let mut instants = Numbers::new();
    let mut ledger = Ledger::new();
    let mut resent = 0;
    for cycle in 1..=kills {
        let before = ledger.acknowledged();
        let mut helper = Helper::start(place, ledger.from()).await;
        ledger.hear(helper.next().await.expect("the helper ended by itself"));
        let life = tokio::time::sleep(Duration::from_millis(instants.below(LONGEST_LIFE)));
        tokio::pin!(life);
        loop {
            tokio::select! {
                () = &mut life => break,
                said = helper.next() => ledger.hear(said.expect("the helper ended by itself")),
            }
        }
        helper.kill().await.into_iter().for_each(|said| ledger.hear(said));
        assert!(ledger.acknowledged() > before, "cycle {cycle} tested nothing");

        let log = place.open().await;
        resent += ledger.check(&*log).await;
    }
    eprintln!(
        "killed {kills} times: {} appends acknowledged, {} events stored, {resent} stored before their caller heard it",
        ledger.acknowledged(),
        ledger.events(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_log_loses_nothing_when_its_process_is_killed() {
    let database = Sqlite::new();
    kill_again_and_again(&Place::File(database.file()), quick_or_long(20, 200)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_log_loses_nothing_when_its_process_is_killed() {
    with_postgres(async |database| {
        kill_again_and_again(&Place::Address(database.0), quick_or_long(10, 100)).await;
    })
    .await;
}
