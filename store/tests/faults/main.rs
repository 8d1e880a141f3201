//! The log under faults: killed processes, failing disks, and sessions that hold and roll back.
//!
//! Each test has a quick form, and a long one that `GREENROOM_TEST_LONG=1` asks for, see `docs/TESTING.md`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests, and a test says what it did"
)]

mod disk;
mod helper;
mod kill;
mod ledger;
mod load;
mod rollbacks;
mod slots;
#[path = "../support/mod.rs"]
mod support;

use std::{collections::hash_map::RandomState, env, hash::BuildHasher};

/// The quick number, or the long one where the long form is asked for.
fn quick_or_long<T>(quick: T, long: T) -> T {
    if env::var("GREENROOM_TEST_LONG").is_ok_and(|asked| asked == "1") {
        long
    } else {
        quick
    }
}

/// Numbers that look random and are the same for the same seed: splitmix64.
struct Numbers(u64);

impl Numbers {
    /// From `GREENROOM_TEST_SEED`, to see a failure again, or another one each time. Says which.
    fn new() -> Self {
        let given = env::var("GREENROOM_TEST_SEED").ok();
        let seed = given.map_or_else(|| RandomState::new().hash_one(0), |seed| seed.parse().unwrap());
        eprintln!("GREENROOM_TEST_SEED={seed}");
        Self(seed)
    }

    /// Others, for one of several tasks.
    const fn fork(&mut self) -> Self {
        Self(self.next())
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
