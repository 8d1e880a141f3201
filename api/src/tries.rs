//! How often somebody may try a secret in vain.
//!
//! A try counts from the moment at which it begins, so that a hundred at once are a hundred; one that turns out to be
//! right is given back. It is counted by account on this node: an installation of several nodes allows as many times
//! the tries, which is still nothing against seven million million codes.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::ids::AccountId;

/// Tries in vain at most.
const MOST: usize = 10;
/// Within this time.
const WITHIN: Duration = Duration::from_secs(10 * 60);
/// How many accounts are remembered before those are forgotten whose tries are long past.
const MANY: usize = 1_000;

/// What whoever has tried too often is told.
pub const TOO_MANY_TRIES: &str = "too many codes or passwords were wrong, come back later";

/// The tries of everybody.
#[derive(Debug, Default)]
pub struct Tries {
    made: Mutex<HashMap<AccountId, VecDeque<Instant>>>,
}

/// A try under way. It counts as one in vain unless it is given back.
#[derive(Debug)]
#[must_use = "a try that is not given back counts"]
pub struct Try<'t> {
    tries: &'t Tries,
    account: AccountId,
    at: Instant,
}

/// Nothing more may be tried for now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany {
    /// How long to wait until one more try may be made.
    pub retry_after: Duration,
}

impl TooMany {
    /// The same in whole seconds, never too few.
    pub fn seconds(self) -> u64 {
        self.retry_after.as_secs() + u64::from(self.retry_after.subsec_nanos() > 0)
    }
}

impl Tries {
    /// Begins a try.
    ///
    /// # Errors
    /// [`TooMany`], when as many were made in vain lately as may be; this one does not count.
    pub fn begin(&self, account: AccountId) -> Result<Try<'_>, TooMany> {
        self.begin_at(account, Instant::now())
    }

    fn begin_at(&self, account: AccountId, at: Instant) -> Result<Try<'_>, TooMany> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= MANY {
            made.retain(|_, tries| tries.back().is_some_and(|last| at < *last + WITHIN));
        }
        let tries = made.entry(account).or_default();
        while tries.front().is_some_and(|first| *first + WITHIN <= at) {
            tries.pop_front();
        }
        if tries.len() >= MOST
            && let Some(first) = tries.front()
        {
            return Err(TooMany {
                retry_after: (*first + WITHIN).duration_since(at),
            });
        }
        tries.push_back(at);
        Ok(Try {
            tries: self,
            account,
            at,
        })
    }
}

impl Try<'_> {
    /// It was not in vain, or it was not the asker's fault: it does not count.
    pub fn give_back(self) {
        let mut made = self.tries.made.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(tries) = made.get_mut(&self.account) else {
            return;
        };
        if let Some(index) = tries.iter().position(|at| *at == self.at) {
            tries.remove(index);
        }
        if tries.is_empty() {
            made.remove(&self.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(number))
    }

    fn in_vain(tries: &Tries, at: Instant, times: usize) {
        for _ in 0..times {
            let _ = tries.begin_at(account(1), at).unwrap();
        }
    }

    fn wait(tries: &Tries, at: Instant) -> u64 {
        tries.begin_at(account(1), at).unwrap_err().seconds()
    }

    #[test]
    fn whoever_tried_ten_times_in_vain_waits_until_the_first_is_ten_minutes_old() {
        let (tries, begin) = (Tries::default(), Instant::now());
        let after = |seconds| begin + Duration::from_secs(seconds);
        in_vain(&tries, begin, 4);
        in_vain(&tries, after(60), 6);

        assert_eq!(wait(&tries, after(60)), 540);
        assert_eq!(wait(&tries, after(600) - Duration::from_millis(1)), 1);
        in_vain(&tries, after(600), 4);
        assert_eq!(wait(&tries, after(600)), 60);
    }

    #[test]
    fn what_was_right_does_not_count_and_others_are_not_kept_out() {
        let tries = Tries::default();
        for _ in 0..100 {
            tries.begin(account(1)).unwrap().give_back();
        }
        in_vain(&tries, Instant::now(), 10);

        assert!(tries.begin(account(1)).is_err());
        assert!(tries.begin(account(2)).is_ok());
    }

    #[test]
    fn tries_at_the_same_time_count_before_anybody_knows_what_they_are() {
        let tries = Tries::default();
        let under_way: Vec<_> = (0..10).map(|_| tries.begin(account(1)).unwrap()).collect();

        assert!(tries.begin(account(1)).is_err());
        under_way.into_iter().for_each(Try::give_back);
        assert!(tries.begin(account(1)).is_ok());
    }

    #[test]
    fn who_tried_long_ago_is_forgotten() {
        let (tries, begin) = (Tries::default(), Instant::now());
        for number in 0..MANY {
            let _ = tries.begin_at(account(number as u128), begin).unwrap();
        }

        let _ = tries.begin_at(account(1), begin + WITHIN).unwrap();

        assert_eq!(tries.made.lock().unwrap().len(), 1);
    }
}
