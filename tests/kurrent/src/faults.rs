//! What goes wrong on demand.

use std::{collections::VecDeque, sync::Mutex};

/// What happens to a call about streams instead of its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The node is not the leader any more, and names itself as the new one; nothing is done.
    NotLeader,
    /// The time that the client gave was not enough; nothing is done.
    DeadlineBefore,
    /// The time that the client gave was not enough to answer; it was done.
    DeadlineAfter,
    /// The node cannot work just now; nothing is done.
    Unavailable,
    /// The node ends its answer in good order without having said anything; it was done.
    CloseCleanly,
    /// The connection is cut before the answer; it was done.
    CutAfter,
    /// No answer ever comes; nothing is done.
    Hang,
}

/// Which calls a fault meets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    /// Reads.
    Read,
    /// Appends.
    Append,
}

/// The faults that wait for their calls, in order.
#[derive(Default, Debug)]
pub(crate) struct Faults(Mutex<VecDeque<(On, Option<Fault>)>>);

impl Faults {
    /// Lets `passing` calls of a kind through, and then meets one.
    pub(crate) fn push(&self, on: On, passing: usize, fault: Fault) {
        let mut waiting = self.0.lock().expect("no test panics with this lock");
        waiting.extend(std::iter::repeat_n((on, None), passing));
        waiting.push_back((on, Some(fault)));
    }

    /// The fault of the next call of a kind.
    pub(crate) fn next(&self, on: On) -> Option<Fault> {
        let mut waiting = self.0.lock().expect("no test panics with this lock");
        let index = waiting.iter().position(|(meets, _)| *meets == on)?;
        waiting.remove(index)?.1
    }

    pub(crate) fn clear(&self) {
        self.0.lock().expect("no test panics with this lock").clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().expect("no test panics with this lock").is_empty()
    }
}
