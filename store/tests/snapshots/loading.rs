//! Snapshots as commands meet them.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use domain::{actor::Role, envelope::Position, ids::SubjectId};
use proptest::prelude::*;
use store::{
    executor::CommandError,
    log::BoxError,
    snapshots::{
        Origin, Others, Pace, Snapshot, Snapshots, fingerprint::Fingerprint, memory::MemorySnapshots,
        sqlite::SqliteSnapshots,
    },
};
use tokio::sync::Semaphore;

use crate::node::{Deed, NAME, PACE, World, account, fingerprint, stream, vault};

#[tokio::test]
async fn a_restarted_node_goes_on_from_the_snapshot_instead_of_the_first_event() {
    let world = World::new().await;
    let kept = world.left_behind().await;
    assert_eq!((kept.version, kept.fingerprint), (100, fingerprint()));

    let (loaded, read) = world.load(&world.node()).await;

    // The first ten show that the stream is long; the one the snapshot ends with; the five behind it.
    assert_eq!(read, 10 + 1 + 5);
    let full = world.full_fold().await;
    assert_eq!((loaded.version, loaded.position), (full.version, full.position));
    assert_eq!(loaded.state, full.state);
}

#[tokio::test]
async fn without_snapshots_every_event_is_read() {
    let world = World::new().await;
    world.left_behind().await;

    let (loaded, read) = world.load(&world.node_without()).await;

    assert_eq!((loaded.version, read), (105, 105));
}

#[tokio::test]
async fn snapshots_that_are_gone_cost_time_and_nothing_else() {
    let world = World::new().await;
    world.left_behind().await;
    let empty = Arc::new(MemorySnapshots::default());

    let node = world.node_with(empty.clone(), PACE);
    let (loaded, read) = world.load(&node).await;
    world.nothing_to_do(&node).await;
    node.close().await;

    assert_eq!((loaded.version, read), (105, 105));
    assert_eq!(empty.all(stream(1)).len(), 1);
}

/// A place that counts who asks.
#[derive(Default)]
struct Asked {
    below: MemorySnapshots,
    times: AtomicU64,
}

#[async_trait]
impl Snapshots for Asked {
    async fn latest_at_or_below(
        &self,
        origin: Origin,
        position: Position,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, BoxError> {
        self.times.fetch_add(1, Ordering::SeqCst);
        self.below.latest_at_or_below(origin, position, fingerprint).await
    }

    async fn keep(&self, snapshot: &Snapshot, others: Others) -> Result<(), BoxError> {
        self.below.keep(snapshot, others).await
    }
}

#[tokio::test]
async fn a_short_stream_gets_no_snapshot_and_none_is_looked_for() {
    let world = World::new().await;
    let place = Arc::new(Asked::default());
    let node = world.node_with(place.clone(), PACE);
    world.grow(&node, 1, 9).await;
    node.close().await;

    world.load(&world.node_with(place.clone(), PACE)).await;

    assert_eq!(place.below.all(stream(1)), []);
    assert_eq!(place.times.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_stream_gets_a_snapshot_each_time_it_has_grown_by_so_many_events() {
    let world = World::new().await;
    let node = world.node();

    world.grow(&node, 1, 19).await;
    node.close().await;

    let versions: Vec<_> = world
        .snapshots
        .all(stream(1))
        .iter()
        .map(|kept| kept.version)
        .collect();
    assert_eq!(versions, [10]);
}

#[tokio::test]
async fn a_long_stream_that_is_only_read_gets_one_too() {
    let world = World::new().await;
    world.grow(&world.node_without(), 1, 25).await;
    let node = world.node();

    world.nothing_to_do(&node).await;
    node.close().await;

    let versions: Vec<_> = world
        .snapshots
        .all(stream(1))
        .iter()
        .map(|kept| kept.version)
        .collect();
    assert_eq!(versions, [25]);
}

/// A node that finds this instead of its snapshot reads everything, and puts a good one in its place.
async fn passed_over_and_replaced(world: &World, spoilt: Snapshot) {
    world.snapshots.keep(&spoilt, Others::Dropped).await.unwrap();
    let node = world.node();

    let (loaded, read) = world.load(&node).await;
    world.nothing_to_do(&node).await;
    node.close().await;

    assert!(read >= 105, "only {read} events were read");
    assert_eq!(loaded.version, 105);
    assert!(loaded.state.is_registered() && !loaded.state.has(Role::Analyst));
    let kept = world.snapshots.all(stream(1));
    assert_eq!(kept.len(), 1);
    assert!(kept[0].is_genuine(&world.vault) && kept[0].fingerprint == fingerprint());
    let (again, read) = world.load(&world.node()).await;
    assert_eq!(again.state, world.full_fold().await.state);
    assert!(read < 20, "{read} events were read");
}

#[tokio::test]
async fn a_snapshot_with_an_old_fingerprint_is_passed_over_and_replaced() {
    let world = World::new().await;
    let kept = world.left_behind().await;
    let old = Snapshot {
        fingerprint: Fingerprint([7; 32]),
        ..kept
    };

    passed_over_and_replaced(&world, old.signed(&world.vault)).await;
}

#[tokio::test]
async fn a_snapshot_of_another_log_is_passed_over_and_replaced() {
    let world = World::new().await;
    let kept = world.left_behind().await;
    let foreign = Snapshot {
        hash: [7; 32],
        ..kept
    };

    passed_over_and_replaced(&world, foreign.signed(&world.vault)).await;
}

#[tokio::test]
async fn a_snapshot_of_more_events_than_the_log_holds_is_passed_over_and_replaced() {
    let world = World::new().await;
    let kept = world.left_behind().await;
    let ahead = Snapshot {
        version: 300,
        position: Position(300),
        ..kept
    };

    passed_over_and_replaced(&world, ahead.signed(&world.vault)).await;
}

#[tokio::test]
async fn a_snapshot_at_an_event_of_another_version_is_passed_over_and_replaced() {
    let world = World::new().await;
    let kept = world.left_behind().await;
    let shifted = Snapshot {
        version: kept.version + 1,
        ..kept
    };

    passed_over_and_replaced(&world, shifted.signed(&world.vault)).await;
}

#[tokio::test]
async fn a_state_that_is_no_state_is_passed_over_and_replaced() {
    let world = World::new().await;
    let kept = world.left_behind().await;
    let torn = Snapshot {
        state: kept.state[..kept.state.len() / 2].to_vec(),
        ..kept
    };

    passed_over_and_replaced(&world, torn.signed(&world.vault)).await;
}

#[tokio::test]
async fn a_state_that_somebody_has_changed_is_passed_over_and_replaced() {
    let world = World::new().await;
    let kept = world.left_behind().await;
    let text = String::from_utf8(kept.state.clone()).unwrap();
    let changed = Snapshot {
        state: text.replace("[\"analyst\"]", "[\"admin\"]").into_bytes(),
        ..kept.clone()
    };
    assert_ne!(changed.state, kept.state);

    passed_over_and_replaced(&world, changed).await;
}

#[tokio::test]
async fn a_snapshot_of_an_installation_with_other_keys_is_passed_over_and_replaced() {
    let world = World::new().await;
    let kept = world.left_behind().await;

    passed_over_and_replaced(&world, kept.signed(&*vault(4).await)).await;
}

#[tokio::test]
async fn the_snapshot_of_another_stream_is_never_taken() {
    let world = World::new().await;
    let kept = world.left_behind().await;
    let swapped = Snapshot {
        origin: stream(1).into(),
        ..Snapshot {
            origin: stream(2).into(),
            ..kept
        }
        .signed(&world.vault)
    };

    passed_over_and_replaced(&world, swapped).await;
}

#[tokio::test]
async fn a_person_is_as_unreadable_in_a_snapshot_as_in_the_log() {
    let world = World::new().await;
    let kept = world.left_behind().await;
    assert!(!String::from_utf8_lossy(&kept.state).contains(NAME));
    let (before, _) = world.load(&world.node()).await;
    let readable = world.vault.open(before.state.name().unwrap()).await.unwrap();
    assert_eq!(readable.as_deref(), Some(NAME));

    world.vault.destroy(SubjectId::of(account(1))).await.unwrap();

    let (after, read) = world.load(&world.node()).await;
    assert!(read < 20, "the snapshot was not used: {read} events");
    assert!(after.state.is_registered());
    assert_eq!(world.vault.open(after.state.name().unwrap()).await.unwrap(), None);
}

/// A place that fails whoever asks.
struct Broken;

#[async_trait]
impl Snapshots for Broken {
    async fn latest_at_or_below(
        &self,
        _: Origin,
        _: Position,
        _: Fingerprint,
    ) -> Result<Option<Snapshot>, BoxError> {
        Err("out of order".into())
    }

    async fn keep(&self, _: &Snapshot, _: Others) -> Result<(), BoxError> {
        Err("out of order".into())
    }
}

#[tokio::test]
async fn a_place_that_fails_is_not_noticed_by_commands() {
    let world = World::new().await;
    let node = world.node_with(Arc::new(Broken), PACE);

    world.grow(&node, 1, 35).await;
    node.close().await;

    let (loaded, read) = world.load(&world.node_with(Arc::new(Broken), PACE)).await;
    assert_eq!((loaded.version, read), (35, 35));
}

/// A place that never answers, but lets through what is kept when there is a permit for it.
struct Slow {
    permits: Semaphore,
    kept: AtomicU64,
}

#[async_trait]
impl Snapshots for Slow {
    async fn latest_at_or_below(
        &self,
        _: Origin,
        _: Position,
        _: Fingerprint,
    ) -> Result<Option<Snapshot>, BoxError> {
        pending().await
    }

    async fn keep(&self, _: &Snapshot, _: Others) -> Result<(), BoxError> {
        self.permits.acquire().await?.forget();
        self.kept.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn slow() -> Arc<Slow> {
    Arc::new(Slow {
        permits: Semaphore::new(0),
        kept: AtomicU64::new(0),
    })
}

#[tokio::test(start_paused = true)]
async fn a_place_that_does_not_answer_is_not_waited_for() {
    let world = World::new().await;
    world.grow(&world.node_without(), 1, 35).await;

    let (loaded, read) = world.load(&world.node_with(slow(), PACE)).await;

    assert_eq!((loaded.version, read), (35, 35));
}

#[tokio::test]
async fn no_command_waits_for_a_snapshot_and_what_finds_no_room_is_dropped() {
    let world = World::new().await;
    let place = slow();
    let node = world.node_with(place.clone(), Pace { every: 10, queue: 1 });

    // Every tenth event offers one, and nothing is kept meanwhile: one is being made, one waits.
    world.grow(&node, 1, 500).await;
    assert_eq!(place.kept.load(Ordering::SeqCst), 0);
    place.permits.add_permits(1_000);
    node.close().await;

    let kept = place.kept.load(Ordering::SeqCst);
    assert!((1..=2).contains(&kept), "{kept} were kept");
}

#[tokio::test]
async fn what_was_dropped_is_offered_again() {
    let world = World::new().await;
    let place = slow();
    let node = world.node_with(place.clone(), Pace { every: 10, queue: 1 });
    world.grow(&node, 1, 500).await;
    let before = place.kept.load(Ordering::SeqCst);

    place.permits.add_permits(1_000);
    while place.kept.load(Ordering::SeqCst) <= before + 1 {
        world.run(&node, 1, Deed::Rename).await.unwrap();
        tokio::task::yield_now().await;
    }
    node.close().await;

    assert!(place.kept.load(Ordering::SeqCst) >= 2);
}

#[tokio::test]
async fn a_closed_node_still_carries_out_commands_and_makes_no_snapshots() {
    let world = World::new().await;
    let node = world.node();
    node.close().await;

    world.grow(&node, 1, 25).await;
    node.close().await;

    assert_eq!(world.snapshots.all(stream(1)), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_a_restarted_node_goes_on_from_the_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let file = folder.path().join("snapshots.db");
    let place = Arc::new(SqliteSnapshots::open(&file).await.unwrap());
    let node = world.node_with(place.clone(), PACE);
    world.grow(&world.node_without(), 1, 105).await;
    world.nothing_to_do(&node).await;
    node.close().await;
    place.close().await;

    let place = Arc::new(SqliteSnapshots::open(&file).await.unwrap());
    let (loaded, read) = world.load(&world.node_with(place, PACE)).await;

    assert_eq!(loaded.state, world.full_fold().await.state);
    assert_eq!(read, 10 + 1);
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let role = prop::sample::select(vec![Role::Admin, Role::Analyst, Role::Recruiter]);
    let deed = prop_oneof![
        1 => Just(Deed::Register),
        2 => Just(Deed::Rename),
        4 => role.clone().prop_map(Deed::Grant),
        4 => role.prop_map(Deed::Revoke),
    ];
    prop::collection::vec(deed, 1..40)
}

/// Refused with this code, or carried out.
fn answer(result: Result<(), CommandError>) -> Result<(), &'static str> {
    match result {
        Ok(()) => Ok(()),
        Err(CommandError::Refused(refusal)) => Err(refusal.code()),
        Err(other) => panic!("{other:?}"),
    }
}

/// Each command on a node of its own, so that every one of them is decided on a snapshot as soon as there is any.
async fn answers(deeds: &[Deed], world: &World, with_snapshots: bool) -> Vec<Result<(), &'static str>> {
    let mut answers = Vec::new();
    for deed in deeds {
        let node = if with_snapshots {
            world.node_with(world.snapshots.clone(), Pace { every: 1, queue: 8 })
        } else {
            world.node_without()
        };
        answers.push(answer(world.run(&node, 1, *deed).await));
        node.close().await;
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn commands_decided_on_snapshots_are_decided_as_on_the_full_fold(deeds in deeds()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (with, without) = (World::new().await, World::new().await);

            let decided = answers(&deeds, &with, true).await;
            let expected = answers(&deeds, &without, false).await;

            assert_eq!(decided, expected);
            assert_eq!(with.told().await, without.told().await);
            let version = with.full_fold().await.version;
            let kept = with.snapshots.all(stream(1)).last().map_or(0, |kept| kept.version);
            assert_eq!(kept, version, "the last event has its snapshot");
        });
    }
}
