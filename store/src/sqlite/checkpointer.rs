//! Moves pages from the write-ahead log into the file, on a thread of its own, so that few appends wait for it.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    thread::{self, JoinHandle},
};

use rusqlite::Connection;
use tracing::warn;

use super::LOCK_WAIT;

/// Events between two checkpoints: a few megabytes of the write-ahead log.
const EVENTS: usize = 500;

/// Frames after which the writer helps, because only a writer that finds everything moved starts the write-ahead log
/// anew: 16 MiB, which bounds the file as long as no reader stays in it. Writing over what is there is cheaper than making
/// the file longer.
const MOST_FRAMES: u64 = 4_096;

/// The thread, and what its last checkpoint found.
pub(super) struct Checkpointer {
    asked: Option<SyncSender<()>>,
    frames: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
    events: usize,
}

impl Checkpointer {
    /// Starts the thread.
    pub(super) fn start(path: PathBuf) -> std::io::Result<Self> {
        let (asked, asks) = mpsc::sync_channel(1);
        let frames = Arc::new(AtomicU64::new(0));
        let thread = thread::Builder::new()
            .name("log-checkpointer".to_owned())
            .spawn({
                let frames = frames.clone();
                move || run(&path, &asks, &frames)
            })?;
        Ok(Self {
            asked: Some(asked),
            frames,
            thread: Some(thread),
            events: 0,
        })
    }

    /// Hears that so many events were committed.
    pub(super) fn committed(&mut self, events: usize, writer: &Connection) {
        self.events += events;
        if self.events < EVENTS {
            return;
        }
        self.events = 0;
        if self.frames.load(Ordering::Relaxed) >= MOST_FRAMES {
            // Tried again with the next events when it does not succeed: whoever reads is in the way, or the thread.
            let rest = checkpoint(writer).map_or(MOST_FRAMES, Found::rest);
            self.frames.store(rest, Ordering::Relaxed);
        }
        if let Some(asked) = &self.asked {
            // When it was asked already, it will see these too.
            asked.try_send(()).unwrap_or_default();
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.asked = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            warn!("the thread that moves pages of the log ended early");
        }
    }
}

fn run(path: &PathBuf, asks: &Receiver<()>, frames: &AtomicU64) {
    let mut connection = None;
    while asks.recv().is_ok() {
        let found = open(path, &mut connection).and_then(checkpoint);
        match found {
            // Even if all were moved, the writer has added some since: it goes on behind them until it has helped.
            Ok(found) => frames.store(found.frames, Ordering::Relaxed),
            Err(error) => {
                connection = None;
                warn!(error = %error, "pages of the log were not moved, will retry");
            }
        }
    }
}

fn open<'c>(path: &PathBuf, connection: &'c mut Option<Connection>) -> rusqlite::Result<&'c Connection> {
    if connection.is_none() {
        let opened = Connection::open(path)?;
        opened.busy_timeout(LOCK_WAIT)?;
        opened.pragma_update(None, "synchronous", "full")?;
        *connection = Some(opened);
    }
    Ok(connection.as_ref().expect("it was opened the line before"))
}

/// What a checkpoint found.
struct Found {
    /// Frames of the write-ahead log.
    frames: u64,
    /// Those that are in the file now.
    moved: u64,
}

impl Found {
    /// The frames of the write-ahead log, or 0 when all were moved, so that the next append starts it anew.
    const fn rest(self) -> u64 {
        if self.moved >= self.frames { 0 } else { self.frames }
    }
}

/// Moves what no reader needs any more.
fn checkpoint(connection: &Connection) -> rusqlite::Result<Found> {
    connection.query_row("pragma wal_checkpoint(passive)", [], |row| {
        let (busy, frames, moved): (bool, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Found {
            // Somebody else is at it: nobody knows how many there are.
            frames: if busy { MOST_FRAMES } else { frames.cast_unsigned() },
            moved: if busy { 0 } else { moved.cast_unsigned() },
        })
    })
}
