//! Heads are signed from where the last one left off, and never for another log.

use std::sync::Arc;

use store::{
    heads::{HeadKind, in_force},
    history::{
        self, Place, examine,
        import::{self, import},
        signer::{SignError, Signer},
    },
    postgres::PostgresLog,
    sqlite::SqliteLog,
};

use crate::support::{Sqlite, exported, fill, heads_file, now, signing_key, trusted, with_postgres};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signer_goes_on_where_the_one_before_left_off() {
    let sqlite = Sqlite::new();
    let log = SqliteLog::open(&sqlite.file()).await.unwrap();
    let history = history::open(&sqlite.place()).await.unwrap();
    let file = heads_file(sqlite.0.path());
    let signer = || Signer::new(Arc::clone(&history), signing_key(), file.clone());

    let nothing = signer().sign(now()).await.unwrap();
    fill(&log, 1, 20, |_| async {}).await;
    let mut first = signer();
    let one = first.sign(now()).await.unwrap();
    let again = first.sign(now()).await.unwrap();
    let unchanged = signer().sign(now()).await.unwrap();
    fill(&log, 100, 20, |_| async {}).await;
    let two = first.sign(now()).await.unwrap();
    fill(&log, 200, 20, |_| async {}).await;
    let three = signer().sign(now()).await.unwrap();

    assert_eq!((nothing, again, unchanged), (None, None, None));
    let heads = file.trusted(&trusted()).unwrap();
    let signed: Vec<_> = [one, two, three]
        .into_iter()
        .map(|head| head.unwrap().head)
        .collect();
    assert_eq!(heads, signed);
    let verified = examine::database(&*history, &heads, &|_, _| {}).await.unwrap();
    assert_eq!(verified.heads, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_not_the_signed_one_is_not_signed() {
    let (one, other) = (Sqlite::new(), Sqlite::new());
    let file = heads_file(one.0.path());
    let log = SqliteLog::open(&one.file()).await.unwrap();
    fill(&log, 1, 20, |_| async {}).await;
    let history = history::open(&one.place()).await.unwrap();
    Signer::new(history, signing_key(), file.clone())
        .sign(now())
        .await
        .unwrap();
    let log = SqliteLog::open(&other.file()).await.unwrap();
    fill(&log, 300, 40, |_| async {}).await;

    let history = history::open(&other.place()).await.unwrap();
    let refused = Signer::new(history, signing_key(), file.clone())
        .sign(now())
        .await;

    assert!(
        matches!(refused, Err(SignError::AnotherLog { .. })),
        "{refused:?}"
    );
    assert_eq!(file.read().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_goes_on_from_a_head_that_says_so() {
    let (old, new) = (Sqlite::new(), Sqlite::new());
    let file = heads_file(old.0.path());
    let log = SqliteLog::open(&old.file()).await.unwrap();
    let history = history::open(&old.place()).await.unwrap();
    let mut signer = Signer::new(Arc::clone(&history), signing_key(), file.clone());
    fill(&log, 1, 20, |_| async {}).await;
    signer.sign(now()).await.unwrap();
    let backup = exported(&*history).await;
    fill(&log, 100, 20, |_| async {}).await;
    signer.sign(now()).await.unwrap();
    let heads = file.trusted(&trusted()).unwrap();
    let target = import::open(&new.place()).await.unwrap();
    import(target, std::io::Cursor::new(backup), heads, &|_, _| {})
        .await
        .unwrap();

    let history = history::open(&new.place()).await.unwrap();
    let mut signer = Signer::new(Arc::clone(&history), signing_key(), file.clone());
    let refused = signer.sign(now()).await;
    let restored = signer.sign_restored(now()).await.unwrap().unwrap();
    let again = signer.sign_restored(now()).await.unwrap();
    let log = SqliteLog::open(&new.file()).await.unwrap();
    fill(&log, 200, 20, |_| async {}).await;
    signer.sign(now()).await.unwrap().unwrap();

    assert!(matches!(refused, Err(SignError::AnotherLog { .. })));
    assert_eq!((restored.head.kind, again), (HeadKind::Restored, None));
    let heads = in_force(&file.trusted(&trusted()).unwrap());
    let verified = examine::database(&*history, &heads, &|_, _| {}).await.unwrap();
    assert_eq!(verified.heads, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_on_postgres_one_signs_until_it_is_gone() {
    with_postgres(|url| async move {
        PostgresLog::connect(&url).await.unwrap().close().await;
        let place = Place::Postgres(url);
        let (one, other) = (
            history::open(&place).await.unwrap(),
            history::open(&place).await.unwrap(),
        );

        let first = (one.leads().await.unwrap(), other.leads().await.unwrap());
        let again = (one.leads().await.unwrap(), other.leads().await.unwrap());
        one.close().await;
        while !other.leads().await.unwrap() {
            tokio::task::yield_now().await;
        }

        assert_eq!((first, again), ((true, false), (true, false)));
        other.close().await;
    })
    .await;
}
