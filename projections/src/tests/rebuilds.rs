//! Tables that are filled in bulk: stopped and gone on with, under load, beside the table that serves, and switched back.

use std::{
    env,
    marker::PhantomData,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::fact::Category;
use futures::TryStreamExt;
use store::log::{Filter, Log, Query};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::code_change::Former;
use crate::{
    accounts::Accounts,
    build::{Builder, fill},
    ground::{Ground, Pace, Share},
    model::{Heard, ReadModel},
    projections::{Model, Of, Projections, models, names},
    rebuild::{Progress, RebuildError, drop_others, fill_and_show, switch_back},
    recent::Recent,
    table::{self, fingerprint},
    testing::{
        BRISK, LONG, Running, TestDb, assert_same, dump, gate::GatedLog, ground, history::History, on_both,
    },
};

/// Every part of the log is written at once.
const EAGER: Pace = Pace {
    build_every: Duration::ZERO,
    ..BRISK
};

/// Next to no row is kept in memory.
const FORGETFUL: Pace = Pace {
    build_bytes: 1_000,
    ..BRISK
};

fn at(pace: Pace, log: Arc<dyn Log>, db: &TestDb) -> Ground {
    let codec = store::codec::Codec::current();
    let db = db.db.clone();
    let past = None;
    Ground {
        log,
        codec,
        db,
        pace,
        past,
        recent: Recent::default(),
    }
}

async fn begun(models: &[Box<dyn Model>], ground: &Ground) -> Vec<Box<dyn Builder>> {
    table::set_up(&ground.db).await.unwrap();
    let mut builders = Vec::new();
    for model in models {
        builders.push(model.go_on(ground).await.unwrap());
    }
    builders
}

async fn rebuilt(ground: &Ground, report: &(dyn Fn(Progress) + Send + Sync)) {
    let builders = begun(&models(), ground).await;
    fill_and_show(ground, builders, report).await.unwrap();
}

/// What a fold page by page makes of the log, as a live table is made.
async fn folded_live(history: &History) -> std::collections::BTreeMap<&'static str, Vec<crate::sql::Cells>> {
    let db = TestDb::sqlite().await;
    let running = Running::start(models(), ground(&db, &history.log)).await;
    running.caught_up().await;
    running.stop().await;
    let dumped = dump(&db.db, &names()).await;
    db.drop().await;
    dumped
}

/// Waits until a condition holds.
async fn until(condition: impl AsyncFn() -> bool) {
    let looking = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, looking).await.unwrap();
}

/// Where the so-many-th event stands that is in one of the categories, or a decision about read models. Tables are filled
/// a thousand of them at a time.
async fn heard(history: &History, categories: &[Category], number: usize) -> u64 {
    let categories = [categories, &[Category::ReadModel]].concat();
    let query = Query::forward(Filter::Categories(categories));
    let events: Vec<_> = history.log.read(query).try_collect().await.unwrap();
    assert!(events.len() > number, "only {} events", events.len());
    events[number - 1].envelope.position.0
}

async fn built_up_to(projections: &Projections, model: &str) -> Option<u64> {
    let overview = projections.overview().await.unwrap();
    let status = overview.models.iter().find(|status| status.model == model)?;
    status.build.map(|build| build.position.0)
}

on_both! {
    async fn rows_that_were_let_go_are_read_again(db) {
        let history = History::of(11, 120).await;
        let models = models();
        let all: u64 = history.log.head().await.unwrap().0;

        let plain = at(BRISK, history.log.clone(), db);
        let held = fill(&plain, begun(&models, &plain).await, &|_| {}, &CancellationToken::new()).await.unwrap();
        let held: usize = held.iter().map(|builder| builder.bytes()).sum();
        let other = TestDb::sqlite().await;
        let forgetful = at(FORGETFUL, history.log.clone(), &other);
        let kept = fill(&forgetful, begun(&models, &forgetful).await, &|_| {}, &CancellationToken::new()).await.unwrap();
        let kept: usize = kept.iter().map(|builder| builder.bytes()).sum();
        other.drop().await;
        let forgetful = at(FORGETFUL, history.log.clone(), db);
        rebuilt(&forgetful, &|_| {}).await;

        assert!(all > 2_000 && kept < held / 2, "{kept} of {held} bytes of {all} events");
        assert_same(&dump(&db.db, &names()).await, &folded_live(&history).await);
    }
}

on_both! {
    async fn a_build_that_broke_off_is_gone_on_with_by_the_next(db) {
        let history = History::of(12, 120).await;
        let models = models();
        let begun_on = at(EAGER, history.log.clone(), db);
        let builders = begun(&models, &begun_on).await;
        let categories: Vec<_> = builders.iter().flat_map(|builder| builder.categories()).copied().collect();
        let two_chunks = heard(&history, &categories, 2_000).await;
        let gated = GatedLog::new(&history.log, heard(&history, &categories, 2_200).await);
        let first = at(EAGER, gated.clone(), db);

        let nobody = CancellationToken::new();
        let broken_off = async {
            tokio::select! {
                filled = fill(&first, builders, &|_| {}, &nobody) => drop(filled.unwrap()),
                () = until(async || {
                    let tables = table::checkpoints(&db.db).await.unwrap();
                    tables.iter().all(|table| table.position.0 == two_chunks)
                }) => {}
            }
        };
        broken_off.await;
        let reports = Mutex::new(Vec::new());
        rebuilt(&at(BRISK, history.log.clone(), db), &|progress| reports.lock().unwrap().push(progress)).await;
        // What was broken off wakes up, and finds that somebody else has taken over.
        gated.open();

        let reports = reports.into_inner().unwrap();
        assert!(reports[0].done > two_chunks && reports[0].total > reports[0].done, "{reports:?}");
        assert_same(&dump(&db.db, &names()).await, &folded_live(&history).await);
    }
}

on_both! {
    async fn a_table_of_changed_code_is_filled_in_the_background_while_the_old_one_serves(db) {
        let history = History::of(13, 120).await;
        let former = Running::start(vec![Box::new(Of::<Former>(PhantomData))], ground(db, &history.log)).await;
        former.caught_up().await;
        former.stop().await;
        let before = dump(&db.db, &[Accounts::NAME]).await;

        let categories = <Accounts as ReadModel>::Heard::CATEGORIES;
        let gated = GatedLog::new(&history.log, heard(&history, categories, 50).await);
        let ground = at(Pace { far: 100, ..EAGER }, gated.clone(), db);
        let present = Running::start(vec![Box::new(Of::<Accounts>(PhantomData))], ground).await;
        until(async || built_up_to(&present.projections, Accounts::NAME).await == Some(0)).await;
        let meanwhile = dump(&db.db, &[Accounts::NAME]).await;
        let status = present.projections.overview().await.unwrap().models.remove(0);
        gated.open();
        until(async || {
            let live = table::live(&db.db, Accounts::NAME).await.unwrap().unwrap();
            live.fingerprint == fingerprint::<Accounts>()
        }).await;
        present.caught_up().await;

        assert_eq!(meanwhile, before);
        assert!(status.rebuilding && status.lag == 0, "{status:?}");
        let after = dump(&db.db, &[Accounts::NAME]).await;
        assert_ne!(after, before);
        assert_eq!(after[Accounts::NAME], folded_live(&history).await[Accounts::NAME]);
        present.stop().await;
    }
}

on_both! {
    async fn the_table_before_a_rebuild_can_be_shown_again_and_the_new_one_after_it(db) {
        let mut history = History::of(14, 3).await;
        let ground = ground(db, &history.log);
        let running = Running::start(models(), ground.clone()).await;
        running.caught_up().await;
        let no_way = switch_back::<Accounts>(&ground, &|_| {}).await;
        let shown = async || table::live(&db.db, Accounts::NAME).await.unwrap().unwrap().table;

        let first = shown().await;
        running.projections.rebuild(crate::projections::Which::Named(Accounts::NAME), &|_| {}).await.unwrap();
        let second = shown().await;
        history.erase(0xC000).await;
        running.caught_up().await;
        switch_back::<Accounts>(&ground, &|_| {}).await.unwrap();
        let back = (shown().await, dump(&db.db, &[Accounts::NAME]).await);
        let then = folded_live(&history).await;
        history.erase(0xC001).await;
        running.caught_up().await;
        switch_back::<Accounts>(&ground, &|_| {}).await.unwrap();
        let forth = (shown().await, dump(&db.db, &[Accounts::NAME]).await);
        let dropped = drop_others::<Accounts>(&ground).await.unwrap();
        let gone = switch_back::<Accounts>(&ground, &|_| {}).await;

        assert!(matches!(no_way, Err(RebuildError::NoWayBack("accounts"))));
        assert_ne!(first, second);
        assert_eq!(back.0, first);
        assert_eq!(back.1[Accounts::NAME], then[Accounts::NAME]);
        assert_eq!(forth.0, second);
        assert_eq!(forth.1[Accounts::NAME], folded_live(&history).await[Accounts::NAME]);
        assert!(dropped && matches!(gone, Err(RebuildError::NoWayBack("accounts"))));
        running.stop().await;
    }
}

on_both! {
    async fn a_table_that_other_code_made_is_no_way_back(db) {
        let history = History::of(15, 1).await;
        let former = Running::start(vec![Box::new(Of::<Former>(PhantomData))], ground(db, &history.log)).await;
        former.caught_up().await;
        former.stop().await;
        let present = Running::start(vec![Box::new(Of::<Accounts>(PhantomData))], ground(db, &history.log)).await;
        present.caught_up().await;
        until(async || built_up_to(&present.projections, Accounts::NAME).await.is_none()).await;
        present.stop().await;

        let refused = switch_back::<Accounts>(&ground(db, &history.log), &|_| {}).await;
        let former = Running::start(vec![Box::new(Of::<Former>(PhantomData))], ground(db, &history.log)).await;
        let live = async || table::live(&db.db, Accounts::NAME).await.unwrap().unwrap().fingerprint;
        until(async || live().await == fingerprint::<Former>()).await;

        assert!(matches!(refused, Err(RebuildError::OtherCode("accounts"))));
        former.caught_up().await;
        former.stop().await;
    }
}

/// Events of the history before the rebuild, and how many are appended a second while it goes on.
fn load() -> (u64, NonZeroU32) {
    let long = env::var("GREENROOM_TEST_LONG").is_ok_and(|asked| asked == "1");
    let (events, rate) = if long { (100_000, 500) } else { (4_000, 500) };
    (events, NonZeroU32::new(rate).unwrap())
}

on_both! {
    async fn a_rebuild_under_load_ends_and_loses_nothing(db) {
        let (events, rate) = load();
        let (mut history, mut appends) = History::beginning(16, u128::from(events), events).await;
        let ground = Ground {
            pace: Pace { build_share: Share::percent(30).unwrap(), ..BRISK },
            ..ground(db, &history.log)
        };
        let running = Running::start(models(), ground).await;
        running.caught_up().await;

        let before = history.log.head().await.unwrap();
        let ended = CancellationToken::new();
        let rebuilding = async {
            running.projections.rebuild(crate::projections::Which::All, &|_| {}).await.unwrap();
            ended.cancel();
        };
        let growing = async {
            let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate.get());
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            while !ended.is_cancelled() {
                let writes = appends.next().unwrap();
                for _ in writes.iter().flat_map(|write| &write.events) {
                    ticks.tick().await;
                }
                history.append_writes(writes).await;
            }
        };
        let ((), ()) = tokio::join!(rebuilding, growing);
        let grown = running.caught_up().await.0 - before.0;

        let live = dump(&db.db, &names()).await;
        running.stop().await;
        eprintln!("{grown} events came while {} were rebuilt", before.0);
        assert!(grown > 50, "only {grown} events came meanwhile");
        assert_same(&live, &folded_live(&history).await);
    }
}
