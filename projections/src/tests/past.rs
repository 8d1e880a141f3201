//! Looks at the past of long histories: from snapshots or not, the rows are the same.

use std::sync::Arc;

use domain::{envelope::Position, ids::InterviewId, interview::events::InterviewEvent};
use store::{
    codec::Codec,
    snapshots::{BLOCK, Fold, Origin, Others, Snapshot, Snapshots, memory::MemorySnapshots},
    vault::{Vault, master_key::MasterKey, memory::MemoryKeys},
};

use crate::{
    as_of::Past,
    ground::Ground,
    interviews::{Interview, Interviews, Status},
    model::{Key, ReadModel, Stored},
    projections::of,
    testing::{
        Running, TestDb, ground,
        history::{Dice, History, booking, id, tenant},
        on_both,
    },
};

const NUMBER: u128 = 0x5000;
/// Events of the interview: three whole blocks and a piece.
const EVENTS: u64 = 3 * BLOCK + 300;

fn interview() -> InterviewId {
    id(NUMBER)
}

fn origin() -> Origin {
    Origin {
        tenant: tenant(0),
        fold: Fold::ReadModel(Interviews::NAME),
        id: interview().uuid(),
    }
}

/// An interview that is confirmed again and again, with others' events between.
async fn long() -> History {
    let mut history = History::empty();
    for number in [NUMBER, NUMBER + 1] {
        let booking = booking(number, 0);
        history
            .add::<InterviewEvent, _>(tenant(0), id::<domain::ids::kind::Interview>(number), booking)
            .await;
    }
    for revision in 1..u32::try_from(EVENTS).unwrap() {
        history.confirm(interview(), revision).await;
    }
    history
}

async fn vault(key: u8) -> Arc<Vault> {
    let vault = Vault::unlock(Arc::new(MemoryKeys::default()), MasterKey::new([key; 32])).await;
    Arc::new(vault.unwrap())
}

struct World {
    history: History,
    place: Arc<MemorySnapshots>,
    vault: Arc<Vault>,
}

impl World {
    async fn new() -> Self {
        Self {
            history: long().await,
            place: Arc::new(MemorySnapshots::default()),
            vault: vault(3).await,
        }
    }

    fn plain(&self) -> Past {
        Past::of(self.history.log.clone(), Codec::current())
    }

    fn kept(&self) -> Past {
        self.plain()
            .with_snapshots(self.place.clone(), self.vault.clone())
    }

    /// Looks once, and waits until what the look has missed is there.
    async fn filled(&self) -> Past {
        let past = self.kept();
        look(&past, Position(u64::MAX)).await;
        while self.place.all(origin()).len() < 3 {
            tokio::task::yield_now().await;
        }
        past
    }

    /// The last snapshot, changed in some way.
    fn last(&self) -> Snapshot {
        self.place.all(origin()).pop().unwrap()
    }

    /// Puts a snapshot in the place of the last one that says that the interview was never confirmed.
    async fn put_lie(&self, change: impl FnOnce(Snapshot) -> Snapshot) {
        let last = self.last();
        let state = String::from_utf8(last.state.clone()).unwrap();
        let lie = state.replace("\"status\":\"confirmed\"", "\"status\":\"requested\"");
        assert_ne!(lie, state);
        let lie = change(Snapshot {
            state: lie.into_bytes(),
            ..last
        });
        self.place.keep(&lie, Others::Thinned).await.unwrap();
    }
}

async fn look(past: &Past, position: Position) -> Option<Stored<Interview>> {
    let row = past
        .row::<Interviews>(tenant(0), Key::of(interview()), position)
        .await;
    row.unwrap()
}

/// A moment just behind the last snapshot.
fn end() -> Position {
    Position(EVENTS + 1)
}

#[tokio::test]
async fn a_row_of_any_moment_is_the_same_from_a_snapshot_as_from_all_events() {
    let world = World::new().await;
    let (plain, kept) = (world.plain(), world.filled().await);
    let versions: Vec<u64> = world.place.all(origin()).iter().map(|it| it.version).collect();
    assert_eq!(versions, [BLOCK, 2 * BLOCK, 3 * BLOCK]);

    let mut dice = Dice::new(7);
    let mut moments: Vec<u64> = (0..60).map(|_| dice.below(EVENTS + 5)).collect();
    moments.extend((1..=3).flat_map(|block| block * BLOCK - 2..block * BLOCK + 4));
    for moment in moments {
        let position = Position(moment);
        assert!(
            look(&kept, position).await == look(&plain, position).await,
            "{moment}"
        );
    }
}

#[tokio::test]
async fn a_snapshot_is_used_when_these_keys_made_it_of_this_log() {
    let world = World::new().await;
    let past = world.filled().await;

    world.put_lie(|lie| lie.signed(&world.vault)).await;

    // Nobody but us can do that: it shows that the look began there.
    let believed = look(&past, Position(3 * BLOCK + 1)).await.unwrap();
    assert_eq!(believed.row.status, Status::Requested);
}

#[tokio::test]
async fn a_snapshot_of_other_keys_or_of_another_log_is_passed_over() {
    let world = World::new().await;
    let past = world.filled().await;
    let (other_keys, true_last) = (vault(4).await, world.last());

    let lies: [Box<dyn FnOnce(Snapshot) -> Snapshot>; 3] = [
        Box::new(|lie| lie),
        Box::new(|lie| lie.signed(&other_keys)),
        Box::new(|lie| Snapshot { hash: [7; 32], ..lie }.signed(&world.vault)),
    ];
    for lie in lies {
        world.put_lie(lie).await;
        let row = look(&past, end()).await.unwrap();
        assert_eq!(row.row.status, Status::Confirmed);
        world.place.keep(&true_last, Others::Thinned).await.unwrap();
    }
}

#[tokio::test]
async fn no_snapshot_is_made_from_one_of_another_log() {
    let mut world = World::new().await;
    let past = world.filled().await;
    let last = world.last();
    let state = String::from_utf8(last.state.clone()).unwrap();
    let other = state.replace("System design", "Another system");
    assert_ne!(other, state);
    let other = Snapshot {
        state: other.into_bytes(),
        hash: [7; 32],
        ..last
    };
    let other = other.signed(&world.vault);
    world.place.keep(&other, Others::Thinned).await.unwrap();
    for revision in 0..1_000 {
        world.history.confirm(interview(), revision).await;
    }

    look(&past, Position(u64::MAX)).await;
    while world.last().version < 4 * BLOCK {
        tokio::task::yield_now().await;
    }

    for position in [3 * BLOCK + 10, 4 * BLOCK + 10].map(Position) {
        assert!(
            look(&past, position).await == look(&world.plain(), position).await,
            "{position}"
        );
    }
}

#[tokio::test]
async fn what_is_left_out_later_is_left_out_of_the_past_that_was_kept() {
    let mut world = World::new().await;
    let before = look(&world.filled().await, Position(BLOCK + 1)).await.unwrap();
    let left_out = Position(BLOCK + 1);
    world.history.skip(tenant(0), Interviews::NAME, left_out).await;

    let after = look(&world.kept(), left_out).await.unwrap();

    assert_eq!(before.position, left_out);
    assert_eq!(after.position, Position(left_out.0 - 1));
    assert!(Some(after) == look(&world.plain(), left_out).await);
}

on_both! {
    async fn snapshots_are_there_before_anybody_looks_when_a_history_grew_while_it_was_followed(db) {
        let world = World::new().await;
        let past = world.kept();
        let followed = Ground { past: Some(past.clone()), ..ground(db, &world.history.log) };

        let running = Running::start(vec![Box::new(of::<Interviews>())], followed).await;
        running.caught_up().await;
        while world.place.all(origin()).len() < 3 {
            tokio::task::yield_now().await;
        }

        // Nobody but us can do that: it shows that the first look begins there.
        world.put_lie(|lie| lie.signed(&world.vault)).await;
        let believed = look(&past, Position(3 * BLOCK + 1)).await.unwrap();
        assert_eq!(believed.row.status, Status::Requested);
        running.stop().await;
    }
}
