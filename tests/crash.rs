//! Power cuts: the server is killed again and again in the middle of the journey.

use std::{
    collections::hash_map::RandomState,
    env,
    hash::BuildHasher,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use anyhow::Result;
use greenroom::demo::{
    journey::{Cast, Clockwork, Journey, Stage, prepare},
    story::Story,
};

use crate::{
    journey::absence,
    support::{
        ending,
        server::{ClockPort, Place, Server},
    },
};

/// How many times the server on the data folder is killed.
const KILLS: usize = 20;
/// How many times the server on PostgreSQL is killed.
const KILLS_ON_POSTGRES: usize = 10;
/// How many times it is killed on the way to a refund.
const KILLS_BEFORE_REFUND: usize = 5;
/// The longest life of a server that is going to be killed, in milliseconds.
const LONGEST_LIFE: u64 = 250;

/// Counts what has been acknowledged.
#[derive(Default)]
pub(crate) struct Progress(AtomicUsize);

impl Story for Progress {
    fn chapter(&self, _: &str) {}
    fn step(&self, _: &str) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The random instants: splitmix64.
struct Instants(u64);

impl Instants {
    fn next(&mut self) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Duration::from_millis((bits ^ (bits >> 31)) % LONGEST_LIFE)
    }
}

/// `GREENROOM_TEST_SEED`, to see a failure again, or another one each time.
fn seed() -> u64 {
    let given = env::var("GREENROOM_TEST_SEED").ok();
    given.map_or_else(|| RandomState::new().hash_one(0), |seed| seed.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journey_ends_the_same_way_although_the_server_is_killed_twenty_times() {
    ends_the_same_way(KILLS, embedded, whole, ending::holds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journey_on_postgres_ends_the_same_way_although_the_server_is_killed_ten_times() {
    ends_the_same_way(KILLS_ON_POSTGRES, Place::postgres, whole, ending::holds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_money_for_an_interview_nobody_came_to_goes_back_once_although_the_server_is_killed() {
    ends_the_same_way(KILLS_BEFORE_REFUND, embedded, absence::play, absence::holds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_money_goes_back_once_on_postgres_although_the_server_is_killed() {
    ends_the_same_way(
        KILLS_BEFORE_REFUND,
        Place::postgres,
        absence::play,
        absence::holds,
    )
    .await;
}

async fn embedded() -> Option<Place> {
    Some(Place::embedded())
}

async fn whole(cast: &Cast, stage: &Stage, clock: &ClockPort, progress: &Progress) -> Result<Journey> {
    Journey::run(cast, stage, clock, progress).await
}

/// Journeys, each in a place of its own, until there were so many kills.
async fn ends_the_same_way<T>(
    most: usize,
    place: impl AsyncFn() -> Option<Place>,
    play: impl AsyncFn(&Cast, &Stage, &ClockPort, &Progress) -> Result<T>,
    holds: impl AsyncFn(&Server, &Cast, &T),
) {
    let seed = seed();
    eprintln!("GREENROOM_TEST_SEED={seed}");
    let mut instants = Instants(seed);
    let mut kills = 0;

    while kills < most {
        let Some(place) = place().await else {
            return;
        };
        let hit = interrupted(place, &mut instants, most - kills, &play, &holds).await;
        assert!(
            hit.iter().all(|steps| *steps > 0),
            "nothing was acknowledged before"
        );
        eprintln!("killed {} times, after {hit:?} acknowledged steps", hit.len());
        kills += hit.len();
    }
}

/// One journey with at most so many kills on the way; says after how many acknowledged steps each hit.
async fn interrupted<T>(
    place: Place,
    instants: &mut Instants,
    most: usize,
    play: &impl AsyncFn(&Cast, &Stage, &ClockPort, &Progress) -> Result<T>,
    holds: &impl AsyncFn(&Server, &Cast, &T),
) -> Vec<usize> {
    let mut server = place.start().await.unwrap();
    let (cast, clock) = (server.cast().unwrap(), server.clock.clone());
    let progress = Progress::default();
    let stage = prepare(&cast, &progress).await.unwrap();
    let mut hit = Vec::new();

    let journey = {
        let journey = play(&cast, &stage, &clock, &progress);
        tokio::pin!(journey);
        loop {
            let life = instants.next();
            tokio::select! {
                ended = &mut journey => break ended,
                () = tokio::time::sleep(life), if hit.len() < most => {}
            }
            hit.push(progress.0.load(Ordering::SeqCst));
            // The journey goes on meanwhile, against nobody.
            let reborn = async { server.kill().await.start().await.unwrap() };
            tokio::pin!(reborn);
            let ended;
            (server, ended) = tokio::select! {
                reborn = &mut reborn => (reborn, None),
                ended = &mut journey => (reborn.await, Some(ended)),
            };
            if let Some(ended) = ended {
                break ended;
            }
        }
    };

    let journey = journey.unwrap_or_else(|error| panic!("{error:#}\n{}", server.log()));
    clock.settle().await.unwrap();
    holds(&server, &cast, &journey).await;
    hit
}
