//! The same events give the same rows, however they are cut into pages, and however often they are folded.

use crate::{
    ground::Pace,
    projections::{Which, models, names},
    testing::{
        BRISK, Running, TestDb, assert_same, dump, ground,
        history::{History, id, moment, tenant},
        on_both,
    },
};
use std::sync::Arc;

use domain::{
    account::events::{AccountEvent, AccountRegistered},
    envelope::StreamId,
    fact::Category,
    ids::{AccountId, SubjectId},
    sealed::Sealed,
};
use store::{
    codec::Codec,
    vault::{Vault, master_key::MasterKey, memory::MemoryKeys},
};

async fn folded(
    db: &TestDb,
    history: &History,
    page: u64,
) -> std::collections::BTreeMap<&'static str, usize> {
    let mut ground = ground(db, &history.log);
    ground.pace = Pace { page, ..BRISK };
    let running = Running::start(models(), ground).await;
    running.caught_up().await;
    let statuses = running.projections.overview().await.unwrap().models;
    assert!(
        statuses.iter().all(|status| status.parked.is_empty()),
        "{statuses:?}"
    );
    running.stop().await;
    dump(&db.db, &names())
        .await
        .into_iter()
        .map(|(name, rows)| (name, rows.len()))
        .collect()
}

on_both! {
    async fn every_read_model_is_the_same_at_once_and_event_by_event(db) {
        let history = History::of(1, 12).await;

        let sizes = folded(db, &history, 500).await;
        let again = TestDb::sqlite().await;
        folded(&again, &history, 1).await;

        assert_same(&dump(&db.db, &names()).await, &dump(&again.db, &names()).await);
        assert!(sizes.values().all(|rows| *rows > 0), "a read model heard nothing: {sizes:?}");
        again.drop().await;
    }
}

on_both! {
    async fn every_read_model_is_the_same_when_it_follows_in_two_batches(db) {
        let mut history = History::of(2, 6).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;

        history.erase(0xC001).await;
        running.caught_up().await;
        running.stop().await;

        let at_once = TestDb::sqlite().await;
        folded(&at_once, &history, 500).await;
        assert_same(&dump(&db.db, &names()).await, &dump(&at_once.db, &names()).await);
        at_once.drop().await;
    }
}

on_both! {
    async fn a_rebuild_gives_what_live_folding_gave_also_after_an_erasure(db) {
        let mut history = History::of(3, 10).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        history.erase(0xC000).await;
        let head = running.caught_up().await;
        let live = dump(&db.db, &names()).await;

        let reports = std::sync::Mutex::new(Vec::new());
        let report = |progress| reports.lock().unwrap().push(progress);
        running.projections.rebuild(Which::All, &report).await.unwrap();

        assert_same(&dump(&db.db, &names()).await, &live);
        let reports = reports.into_inner().unwrap();
        assert!(reports.iter().all(|progress| progress.done <= progress.total && progress.rate > 0.0));
        assert_eq!(reports.last().unwrap().done, head.0);
        running.stop().await;
    }
}

on_both! {
    async fn after_a_rebuild_the_live_runner_follows_the_new_tables(db) {
        let mut history = History::of(4, 2).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        running.projections.rebuild(Which::Named("accounts"), &|_| {}).await.unwrap();

        history.erase(0xC000).await;
        running.caught_up().await;

        let live = dump(&db.db, &names()).await;
        running.stop().await;
        let at_once = TestDb::sqlite().await;
        folded(&at_once, &history, 500).await;
        assert_same(&live, &dump(&at_once.db, &names()).await);
        at_once.drop().await;
    }
}

on_both! {
    async fn a_row_holds_no_plain_name_and_is_the_same_after_its_key_is_destroyed(db) {
        let vault = Vault::unlock(Arc::new(MemoryKeys::default()), MasterKey::new([7; 32])).await.unwrap();
        let account: AccountId = id(0xC000);
        let subject = SubjectId::of(account);
        let registered = AccountEvent::from(AccountRegistered {
            account,
            issuer: "https://issuer.example".to_owned(),
            identity: Sealed::open(subject, "asha-1".to_owned()),
            email: None,
            name: Some(Sealed::open(subject, "Asha Canary".to_owned())),
        });
        let mut history = History::empty();
        let event = Codec::current().encode(&vault, &registered, moment(0)).await.unwrap();
        let stream = StreamId { tenant: tenant(0), category: Category::Account, id: account.uuid() };
        history.add_written(stream, event).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let before = dump(&db.db, &names()).await;

        assert_eq!(vault.destroy(subject).await.unwrap(), 1);
        running.projections.rebuild(Which::All, &|_| {}).await.unwrap();

        assert_same(&dump(&db.db, &names()).await, &before);
        assert!(!format!("{before:?}").contains("Canary"));
        assert_eq!(before["accounts"].len(), 1);
        running.stop().await;
    }
}

#[tokio::test]
async fn every_key_begins_with_an_id_that_the_event_is_linked_to() {
    let mut history = History::of(5, 12).await;
    history.erase(0xC000).await;

    let mut checked = 0;
    for recorded in history.events().await {
        let envelope = &recorded.envelope;
        for model in models() {
            for key in model.touched_keys(&recorded) {
                let known = key.link() == envelope.stream.id || envelope.links.contains(&key.link());
                assert!(known, "{}: {key} by {}", model.name(), envelope.event_type);
                checked += 1;
            }
        }
    }

    assert!(checked > 400, "only {checked} keys were met");
}
