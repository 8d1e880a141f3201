//! The databases as a tool reads them: by itself when nobody else is at work, and otherwise beside the server that owns
//! the data folder, without writing anything into it.

use std::{collections::HashSet, sync::Arc};

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use domain::{
    envelope::{Position, StreamId},
    ids::CommandId,
    time::Instant,
};
use futures::{StreamExt, TryFutureExt, TryStreamExt, stream};
use store::{
    data_folder::{DataFolder, DataFolderError},
    history::{self, History},
    log::{
        Append, AppendError, Capabilities, Direction, Events, Log, Query, ReadError, Receipt, event_matches,
    },
};
use tokio::sync::{Mutex, watch};

use crate::{
    config::Config,
    proof,
    stores::{Purpose, Stores},
};

/// The databases that can be read beside a server.
pub struct Beside {
    /// Everything that happened.
    pub log: Arc<dyn Log>,
    /// Read tables.
    pub read: projections::sql::Db,
    /// What is to be done outside.
    pub effects: workers::db::Db,
    /// `None` beside a server on SQLite, where nothing may be written.
    stores: Option<Stores>,
}

impl std::fmt::Debug for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Beside")
    }
}

impl Beside {
    /// Opens them.
    ///
    /// # Errors
    /// When they cannot be reached, or are of another version.
    pub async fn open(config: &Config) -> Result<Self> {
        if config.database_url.is_none() && is_owned(config)? {
            return Self::read_only(config).await;
        }
        let stores = Stores::open(config, Purpose::Tool).await?;
        Ok(Self {
            log: stores.log.clone(),
            read: stores.read.clone(),
            effects: stores.effects.clone(),
            stores: Some(stores),
        })
    }

    async fn read_only(config: &Config) -> Result<Self> {
        let history = history::open(&proof::place(config)?)
            .await
            .context("log.db cannot be read beside its server")?;
        Ok(Self {
            log: Arc::new(Passing {
                history,
                accepted: Mutex::default(),
                tail: watch::Sender::default(),
            }),
            read: projections::sql::Db::look_at_sqlite(&config.in_data_dir("read.db"))
                .await
                .context("read.db cannot be read beside its server")?,
            effects: workers::db::Db::look_at_sqlite(&config.in_data_dir("effects.db"))
                .await
                .context("effects.db cannot be read beside its server")?,
            stores: None,
        })
    }

    /// False: only a server may write.
    pub const fn may_write(&self) -> bool {
        self.stores.is_some()
    }

    /// Closes everything.
    pub async fn close(&self) {
        match &self.stores {
            Some(stores) => stores.close().await,
            None => {
                self.read.close().await;
                self.effects.close().await;
            }
        }
    }
}

/// True while a server, or another tool, owns the data folder.
fn is_owned(config: &Config) -> Result<bool> {
    if !config.data_dir.is_dir() {
        bail!("there is no data folder {}", config.data_dir.display());
    }
    match DataFolder::open(&config.data_dir) {
        Ok(_) => Ok(false),
        Err(DataFolderError::InUse { .. }) => Ok(true),
        Err(error @ DataFolderError::Io { .. }) => Err(error.into()),
    }
}

/// A log that somebody else appends to, read as it passes by: everything that is asked is found by reading from the
/// first position that it may be at, because the index beside the log belongs to its owner.
struct Passing {
    history: Arc<dyn History>,
    /// Commands with receipts, as far as the log was when they were read.
    accepted: Mutex<(Option<Position>, HashSet<CommandId>)>,
    tail: watch::Sender<Position>,
}

/// Nothing is appended past the owner of a log.
#[derive(Debug, thiserror::Error)]
#[error("the log belongs to a server that is running")]
struct Owned;

impl Passing {
    /// Whether a command has a receipt. Who asks usually asks for many, most of which have none.
    async fn accepted(&self, command: CommandId) -> Result<bool, ReadError> {
        let last = self.last().await?;
        let mut accepted = self.accepted.lock().await;
        if accepted.0 != Some(last) {
            let receipts = self.history.receipts(last);
            let commands = receipts
                .map_ok(|receipt| receipt.command_id)
                .try_collect()
                .await?;
            *accepted = (Some(last), commands);
        }
        Ok(accepted.1.contains(&command))
    }

    async fn last(&self) -> Result<Position, ReadError> {
        Ok(self.history.end().await?.position)
    }
}

#[async_trait]
impl Log for Passing {
    fn capabilities(&self) -> Capabilities {
        Capabilities::ALL
    }

    async fn append(&self, _: Append) -> Result<Receipt, AppendError> {
        Err(AppendError::Unavailable {
            outcome_unknown: false,
            source: Owned.into(),
        })
    }

    fn read(&self, query: Query) -> Events<'_> {
        let limit = query
            .limit
            .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let (after, until) = match (query.direction, query.after) {
            (Direction::Forward, after) => (after.unwrap_or(Position::START), query.until),
            (Direction::Backward, None) => (Position::START, query.until),
            (Direction::Backward, Some(Position(after))) => {
                let before = Position(after.saturating_sub(1));
                let until = query.until.map_or(before, |until| until.min(before));
                (Position::START, Some(until))
            }
        };
        let filter = query.filter;
        let matching = async move {
            let last = self.last().await?;
            let until = until.map_or(last, |until| until.min(last));
            let events = self.history.events(after, until);
            Ok::<_, ReadError>(
                events.try_filter(move |event| std::future::ready(event_matches(&filter, &event.envelope))),
            )
        };
        let matching = matching.try_flatten_stream();
        match query.direction {
            Direction::Forward => matching.take(limit).boxed(),
            Direction::Backward => {
                let reversed = matching.try_collect::<Vec<_>>().map_ok(|mut events| {
                    events.reverse();
                    stream::iter(events.into_iter().map(Ok))
                });
                reversed.try_flatten_stream().take(limit).boxed()
            }
        }
    }

    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError> {
        let mut versions = vec![0; streams.len()];
        let mut events = self.history.events(Position::START, self.last().await?);
        while let Some(event) = events.try_next().await? {
            for (stream, version) in streams.iter().zip(&mut versions) {
                if *stream == event.envelope.stream {
                    *version = event.envelope.version;
                }
            }
        }
        Ok(versions)
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.last().await
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        let mut found = Position::START;
        let mut events = self.history.events(Position::START, self.last().await?);
        while let Some(event) = events.try_next().await? {
            if event.envelope.recorded_at > moment {
                break;
            }
            found = event.envelope.position;
        }
        Ok(found)
    }

    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError> {
        let last = self.last().await?;
        let before = Position(last.0.saturating_sub(1));
        let event = self.history.events(before, last).try_next().await?;
        Ok(event.map(|event| event.envelope.recorded_at))
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        if !self.accepted(command).await? {
            return Ok(None);
        }
        let mut receipts = self.history.receipts(self.last().await?);
        while let Some(receipt) = receipts.try_next().await? {
            if receipt.command_id == command {
                return Ok(Some(receipt));
            }
        }
        Ok(None)
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.tail.subscribe()
    }
}
