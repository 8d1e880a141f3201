//! One leader for each table; what was not committed did not happen.

use std::marker::PhantomData;
use store::codec::Codec;

use domain::envelope::Position;
use tokio_util::sync::CancellationToken;

use crate::{
    fold::{OnPoison, Page, fold_page, fold_page_in, steps},
    ground::Share,
    interviews::Interviews,
    model::ReadModel,
    projections::{Of, Projections, Which, models, names, rebuild},
    rebuild::begin,
    runner::{StartError, claim_target, prepare},
    skips::{Hearing, Skips},
    table::{Claim, Table, begin_alone, set_up},
    testing::{LONG, Running, TestDb, dump, ground, history::History, on_both},
};

async fn ready(db: &TestDb, history: &History) -> (Table<Interviews>, Claim) {
    set_up(&db.db).await.unwrap();
    prepare::<Interviews>(&ground(db, &history.log)).await.unwrap();
    let table = Table::<Interviews>::of_this_code();
    let claim = table.claim(&db.db).await.unwrap().unwrap();
    (table, claim)
}

on_both! {
    async fn a_page_cannot_be_folded_twice(db) {
        let history = History::of(1, 3).await;
        let (table, claim) = ready(db, &history).await;
        let events = history.events().await;
        let to = events.last().unwrap().envelope.position;
        let (codec, skips) = (Codec::current(), Skips::default());
        let hearing = Hearing { codec: &codec, skips: &skips };

        let first = fold_page(&db.db, &table, claim, steps(hearing, &events), to, OnPoison::Park).await.unwrap();
        let once = dump(&db.db, &[Interviews::NAME]).await;
        let second = fold_page(&db.db, &table, claim, steps(hearing, &events), to, OnPoison::Park).await.unwrap();

        let written = Claim { position: to, fence: claim.fence };
        assert!(matches!(first, Page::Written(claim, _) if claim == written), "{first:?}");
        assert_eq!(second, Page::Fenced);
        assert_eq!(dump(&db.db, &[Interviews::NAME]).await, once);
    }
}

on_both! {
    async fn a_leader_that_was_fenced_off_writes_nothing(db) {
        let history = History::of(2, 3).await;
        let (table, former) = ready(db, &history).await;
        let events = history.events().await;
        let to = events.last().unwrap().envelope.position;
        let (codec, skips) = (Codec::current(), Skips::default());
        let hearing = Hearing { codec: &codec, skips: &skips };

        let present = table.claim(&db.db).await.unwrap().unwrap();
        let page = fold_page(&db.db, &table, former, steps(hearing, &events), to, OnPoison::Park).await.unwrap();

        assert!(present.fence > former.fence);
        assert_eq!(page, Page::Fenced);
        assert_eq!(dump(&db.db, &[Interviews::NAME]).await[Interviews::NAME], Vec::<Vec<_>>::new());
    }
}

/// Waits until somebody waits for a lock; on SQLite there is one writer, so that whoever comes later waits.
async fn somebody_waits(db: &TestDb) {
    const WAITING: &str = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    if let Some(pool) = db.pool() {
        while sqlx::query_scalar::<_, i64>(WAITING)
            .fetch_one(pool)
            .await
            .unwrap()
            == 0
        {
            tokio::task::yield_now().await;
        }
    }
}

on_both! {
    async fn whoever_is_about_to_lead_a_table_does_not_once_another_one_is_shown(db) {
        let history = History::of(5, 3).await;
        let (old, _) = ready(db, &history).await;
        let ground = ground(db, &history.log);
        let new = begin::<Interviews>(&ground).await.unwrap().table;
        let mut showing = begin_alone(&db.db).await.unwrap();
        new.show(&mut showing).await.unwrap();
        let raised = old.claim_in(&mut showing).await.unwrap().unwrap();

        let read = db.db.clone();
        let claiming = tokio::spawn(async move { claim_target::<Interviews>(&read).await });
        somebody_waits(db).await;
        showing.commit().await.unwrap();
        let claimed = claiming.await.unwrap().unwrap();

        assert!(claimed.is_none_or(|claimed| claimed.table.name == new.name));
        let now = old.claim(&db.db).await.unwrap().unwrap();
        assert_eq!(now.fence, raised.fence + 1, "somebody has claimed the former table");
        assert_eq!(claim_target::<Interviews>(&db.db).await.unwrap().unwrap().table.name, new.name);
    }
}

on_both! {
    async fn a_crash_before_the_commit_leaves_rows_and_checkpoint_as_they_were(db) {
        let history = History::of(3, 3).await;
        let (table, claim) = ready(db, &history).await;
        let events = history.events().await;
        let to = events.last().unwrap().envelope.position;
        let (codec, skips) = (Codec::current(), Skips::default());
        let hearing = Hearing { codec: &codec, skips: &skips };

        let mut tx = db.db.begin().await.unwrap();
        let page =
            fold_page_in(&mut tx, &table, claim, steps(hearing, &events), to, OnPoison::Park).await.unwrap();
        drop(tx);

        assert!(matches!(page, Page::Written(..)));
        assert_eq!(table.position(&db.db).await.unwrap(), Some(Position::START));
        assert_eq!(dump(&db.db, &[Interviews::NAME]).await[Interviews::NAME], Vec::<Vec<_>>::new());
    }
}

on_both! {
    async fn a_table_ahead_of_the_log_is_refused_with_a_sentence_until_it_is_rebuilt(db) {
        let history = History::of(4, 1).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        running.stop().await;

        let shorter = History::empty();
        let refused =
            Projections::start_these(models(), ground(db, &shorter.log), &CancellationToken::new()).await;

        let Err(error @ StartError::AheadOfLog { .. }) = refused else {
            panic!("started");
        };
        assert!(error.to_string().contains("but the log ends at 0"), "{error}");
        rebuild(shorter.log.clone(), Codec::current(), db.db.clone(), Which::All, Share::ALL, &|_| {}).await.unwrap();
        let running = Running::start(models(), ground(db, &shorter.log)).await;
        assert!(dump(&db.db, &names()).await.values().all(Vec::is_empty));
        running.stop().await;
    }
}

on_both! {
    async fn a_node_that_stands_by_knows_how_far_the_tables_are_and_takes_over(db) {
        let mut history = History::of(5, 2).await;
        let first = Running::start(models(), ground(db, &history.log)).await;
        first.caught_up().await;
        let second = Running::start(models(), ground(db, &history.log)).await;
        second.caught_up().await;

        history.erase(0xC000).await;
        first.caught_up().await;
        second.caught_up().await;
        second.stop().await;
        history.erase(0xC001).await;
        first.caught_up().await;

        let statuses = first.projections.overview().await.unwrap().models;
        assert_eq!(statuses.len(), names().len());
        first.stop().await;
    }
}

on_both! {
    async fn waiting_for_a_position_that_is_not_reached_says_who_is_behind(db) {
        let history = History::of(6, 1).await;
        let model = Box::new(Of::<Interviews>(PhantomData));
        let running = Running::start(vec![model], ground(db, &history.log)).await;
        let head = running.caught_up().await;

        let soon = std::time::Duration::from_millis(1);
        let behind = running.projections.wait_for(head.next(), soon).await.unwrap_err();

        assert_eq!(behind.models, [Interviews::NAME]);
        assert!(running.projections.wait_for(head, LONG).await.is_ok());
        running.stop().await;
    }
}
