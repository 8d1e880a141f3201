//! Proofs that stand without the log.

use domain::envelope::Position;
use store::{
    heads::{SignedHead, SigningKey},
    history::{
        self,
        prove::{self, CheckError, ProveError, Shown, check},
    },
};

use crate::support::{Signed, Sqlite, heads_file, now, signed_sqlite, signing_key, trusted};

/// A log with its heads, signed anew into a file of the test.
async fn heads(sqlite: &Sqlite, signed: &Signed) -> Vec<SignedHead> {
    let history = history::open(&sqlite.place()).await.unwrap();
    let mut tree = store::merkle::Tree::default();
    let (mut heads, mut from) = (Vec::new(), 0);
    for head in &signed.heads {
        for event in &signed.events[from..usize::try_from(head.size).unwrap()] {
            tree.push(&event.envelope.hash);
        }
        from = usize::try_from(head.size).unwrap();
        heads.push(signing_key().sign(*head, &tree));
    }
    drop(history);
    heads
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_shown_to_be_in_the_log_of_a_head() {
    let (sqlite, signed) = signed_sqlite().await;
    let history = history::open(&sqlite.place()).await.unwrap();
    let heads = heads(&sqlite, &signed).await;

    for event in &signed.events {
        let position = event.envelope.position;
        let head = heads.iter().find(|head| head.head.size >= position.0).unwrap();
        let proof = prove::inclusion(&*history, position, head).await.unwrap();
        let text = serde_json::to_string_pretty(&proof).unwrap();

        let Shown::Inclusion { event: shown, .. } = check(&text, &trusted()).unwrap() else {
            panic!("it shows something else");
        };
        assert_eq!(*shown, *event);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_with_another_event_another_head_or_a_strangers_key_shows_nothing() {
    let (sqlite, signed) = signed_sqlite().await;
    let history = history::open(&sqlite.place()).await.unwrap();
    let heads = heads(&sqlite, &signed).await;
    let proof = prove::inclusion(&*history, Position(2), &heads[1]).await.unwrap();
    let text = serde_json::to_string(&proof).unwrap();

    let another_event = check(&text.replace("interview.held", "interview.helt"), &trusted());
    let another_head = check(
        &text.replace(&heads[1].to_string(), &heads[2].to_string()),
        &trusted(),
    );
    let stranger = check(&text, &[SigningKey::from_seed(&[9; 32]).public()]);

    assert!(matches!(another_event, Err(CheckError::Wrong)));
    assert!(matches!(another_head, Err(CheckError::Wrong)));
    assert!(matches!(stranger, Err(CheckError::Head(_))));
    assert!(check(&text, &trusted()).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_shown_to_begin_with_each_earlier_one() {
    let (sqlite, signed) = signed_sqlite().await;
    let history = history::open(&sqlite.place()).await.unwrap();
    let heads = heads(&sqlite, &signed).await;
    let last = heads.last().unwrap();

    for head in &heads {
        let proof = prove::consistency(&*history, head, last).await.unwrap();
        let text = serde_json::to_string(&proof).unwrap();

        let shown = check(&text, &trusted()).unwrap();
        assert_eq!(
            shown,
            Shown::Consistency {
                from: head.head,
                to: last.head
            }
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_proven_behind_a_head_or_for_a_log_that_it_is_not_of() {
    let (sqlite, signed) = signed_sqlite().await;
    let history = history::open(&sqlite.place()).await.unwrap();
    let heads = heads(&sqlite, &signed).await;
    let size = heads[0].head.size;
    let (other, others) = {
        let other = Sqlite::new();
        let log = store::sqlite::SqliteLog::open(&other.file()).await.unwrap();
        crate::support::fill(&log, 500, 60, |_| async {}).await;
        log.close().await;
        let history = history::open(&other.place()).await.unwrap();
        let file = heads_file(other.0.path());
        let mut signer = history::signer::Signer::new(history, signing_key(), file);
        let head = signer.sign(now()).await.unwrap().unwrap();
        (other, head)
    };

    let behind = prove::inclusion(&*history, Position(size + 1), &heads[0]).await;
    let before = prove::inclusion(&*history, Position::START, &heads[0]).await;
    let another = prove::inclusion(&*history, Position(1), &others).await;

    assert!(matches!(behind, Err(ProveError::Beyond { .. })));
    assert!(matches!(before, Err(ProveError::Beyond { .. })));
    assert!(matches!(another, Err(ProveError::AnotherLog { .. })));
    drop(other);
}
