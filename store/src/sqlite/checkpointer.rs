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
            self.frames
                .store(checkpoint(writer).unwrap_or(0), Ordering::Relaxed);
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
            Ok(found) => frames.store(found, Ordering::Relaxed),
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

/// Moves what no reader needs any more; gives the frames of the write-ahead log, or 0 when all were moved, so that the
/// next append starts it anew.
fn checkpoint(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("pragma wal_checkpoint(passive)", [], |row| {
        let (frames, moved): (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok(if moved >= frames {
            0
        } else {
            frames.cast_unsigned()
        })
    })
}
