//! What every read model stands on: the log, its tables, and how fast things go.

use std::{sync::Arc, time::Duration};

use store::{
    codec::Codec,
    log::{Log, ReadError},
};

use crate::{
    as_of::Past,
    recent::Recent,
    sql::{Db, DbError},
};

/// How fast things go. Wall-clock, not business time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Events of a page of the live table.
    pub(crate) page: u64,
    /// Events of a page of a table that catches up.
    pub(crate) build_page: u64,
    /// A table that is further behind than so many events is filled in bulk first.
    pub(crate) far: u64,
    /// Rows that are changed before a table that is filled in bulk is written: how long others wait for it.
    pub(crate) build_rows: usize,
    /// About how many bytes of rows are held by all tables that are filled together, and half as many again while rows are
    /// written to make room.
    pub(crate) build_bytes: usize,
    /// After how long it is written at the latest: how much is lost when the process dies. Less than `patience`, or
    /// nodes that stand by would take over.
    pub(crate) build_every: Duration,
    /// Which part of the time tables are filled in bulk; the rest is for others.
    pub(crate) build_share: Share,
    /// How often a node that stands by looks.
    pub(crate) look: Duration,
    /// How long a checkpoint of the live table may lag behind what its leader has looked at and not heard, where nobody else looks
    /// at it.
    pub(crate) unheard: Duration,
    /// How long the checkpoint may stand still before a node that stands by takes over.
    pub(crate) patience: Duration,
    /// How long to wait after a failure, at first.
    pub(crate) pause: Duration,
    /// How long to wait after a failure, at most.
    pub(crate) longest_pause: Duration,
}

impl Pace {
    /// Beside requests that are served.
    pub(crate) const NORMAL: Self = Self {
        page: 500,
        build_page: 5_000,
        far: 20_000,
        build_rows: 2_000,
        build_bytes: 96 * 1024 * 1024,
        build_every: Duration::from_secs(1),
        build_share: Share(50),
        look: Duration::from_millis(100),
        unheard: Duration::from_millis(200),
        patience: Duration::from_secs(2),
        pause: Duration::from_millis(50),
        longest_pause: Duration::from_secs(5),
    };

    /// For a command whose only work it is.
    pub(crate) const fn of_tool(share: Share) -> Self {
        Self {
            build_rows: 10_000,
            build_share: share,
            ..Self::NORMAL
        }
    }
}

/// A part of the time, in percent from 1 to 100.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share(u8);

impl Share {
    /// All of it.
    pub const ALL: Self = Self(100);

    /// So many percent, if it is from 1 to 100.
    pub const fn percent(percent: u8) -> Option<Self> {
        match percent {
            1..=100 => Some(Self(percent)),
            0 | 101.. => None,
        }
    }

    /// How long to rest after so much work.
    pub(crate) fn rest_after(self, work: Duration) -> Duration {
        work * u32::from(100 - self.0) / u32::from(self.0)
    }
}

/// What every read model stands on.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) codec: Codec,
    pub(crate) db: Db,
    pub(crate) pace: Pace,
    /// The past whose snapshots are made as histories grow; `None` for tools, which leave that to the server.
    pub(crate) past: Option<Past>,
    /// What was read of the log last, for all that follow it.
    pub(crate) recent: Recent,
}

/// A read model cannot go on just now.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The log cannot be read.
    #[error("the log cannot be read for the read models")]
    Log(#[from] ReadError),
    /// The read tables cannot be read or written.
    #[error("the read models cannot reach their tables")]
    Db(#[from] DbError),
    /// What reads or what folds stopped before it was through.
    #[error("the fold of the log did not come to its end")]
    Stopped(#[from] tokio::task::JoinError),
}
