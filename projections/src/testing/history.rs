//! A log of plausible events in memory, and what tests add to it.

use std::{collections::HashMap, sync::Arc};

use domain::{
    envelope::{Position, Recorded, StreamId},
    event::Event,
    ids::{Id, InterviewId, Kind, OrganisationId},
    interview::events::{InterviewConfirmed, InterviewEvent},
};
use histories::{
    cast,
    history::Scale,
    stored::append,
    values::{Write, write},
};
pub(crate) use histories::{
    cast::{candidate, kit, spec},
    dice::Dice,
    life::booking,
    values::{id, moment, rupees, sealed, tenant},
};
use store::{
    log::{Log, NewEvent, StreamWrite},
    memory::MemoryLog,
};

/// A log that is written by the append.
pub(crate) struct History {
    pub(crate) log: Arc<MemoryLog>,
    versions: HashMap<StreamId, u64>,
    appends: i64,
}

impl History {
    pub(crate) fn empty() -> Self {
        Self {
            log: Arc::new(MemoryLog::new()),
            versions: HashMap::new(),
            appends: 0,
        }
    }

    /// So many interviews in two organisations, beside each other, with everything around them.
    pub(crate) async fn of(seed: u64, interviews: u128) -> Self {
        let mut history = Self::empty();
        for writes in histories::history::History::new(Scale::small(interviews), seed) {
            history.append_writes(writes).await;
        }
        history
    }

    /// The beginning of such a history, of about so many events, and the appends that come then.
    pub(crate) async fn beginning(
        seed: u64,
        interviews: u128,
        events: u64,
    ) -> (Self, histories::history::History) {
        let mut history = Self::empty();
        let mut appends = histories::history::History::new(Scale::small(interviews), seed);
        while history.log.head().await.unwrap().0 < events {
            history.append_writes(appends.next().unwrap()).await;
        }
        (history, appends)
    }

    /// Erases candidates of the first organisation.
    pub(crate) async fn erase(&mut self, candidate: u128) {
        let tenant = tenant(0);
        for append in cast::erased(tenant, candidate) {
            self.append(append).await;
        }
    }

    /// One event of one stream.
    pub(crate) async fn add<E: Event, K: Kind>(
        &mut self,
        tenant: OrganisationId,
        stream: Id<K>,
        event: impl Into<E>,
    ) -> Position {
        self.append(vec![write::<E, K>(tenant, stream, event)]).await
    }

    /// An interview of the first organisation is confirmed.
    pub(crate) async fn confirm(&mut self, interview: InterviewId, revision: u32) -> Position {
        let event = InterviewConfirmed { interview, revision };
        self.add::<InterviewEvent, _>(tenant(0), interview, event).await
    }

    /// One event that no code can read.
    pub(crate) async fn add_unreadable<E: Event, K: Kind>(
        &mut self,
        tenant: OrganisationId,
        stream: Id<K>,
        event: impl Into<E>,
    ) -> Position {
        self.add_spoilt::<E, K>(tenant, stream, event, |event| event.schema_version = 99)
            .await
    }

    /// One event that something happened to before it was stored.
    pub(crate) async fn add_spoilt<E: Event, K: Kind>(
        &mut self,
        tenant: OrganisationId,
        stream: Id<K>,
        event: impl Into<E>,
        spoil: impl FnOnce(&mut NewEvent),
    ) -> Position {
        let (stream, mut event) = write::<E, K>(tenant, stream, event);
        spoil(&mut event);
        self.append(vec![(stream, event)]).await
    }

    /// The decision to leave an event out of a read model.
    pub(crate) async fn skip(&mut self, tenant: OrganisationId, model: &str, position: Position) -> Position {
        self.append(vec![cast::skipped(tenant, model, position)]).await
    }

    /// One event as the codec wrote it.
    pub(crate) async fn add_written(&mut self, stream: StreamId, event: NewEvent) -> Position {
        self.append(vec![(stream, event)]).await
    }

    async fn append(&mut self, events: Vec<Write>) -> Position {
        let mut writes: Vec<StreamWrite> = Vec::new();
        for (stream, mut event) in events {
            event.occurred_at = moment(self.appends + 1);
            match writes.iter_mut().find(|write| write.stream == stream) {
                Some(write) => write.events.push(event),
                None => writes.push(StreamWrite {
                    stream,
                    expected: self.versions.get(&stream).copied().unwrap_or(0),
                    events: vec![event],
                }),
            }
        }
        self.append_writes(writes).await
    }

    pub(crate) async fn append_writes(&mut self, writes: Vec<StreamWrite>) -> Position {
        self.appends += 1;
        for write in &writes {
            *self.versions.entry(write.stream).or_default() += write.events.len() as u64;
        }
        self.log
            .append(append(self.appends, writes))
            .await
            .unwrap()
            .position
    }

    pub(crate) async fn events(&self) -> Vec<Recorded> {
        use futures::TryStreamExt;
        let query = store::log::Query::forward(store::log::Filter::All);
        self.log.read(query).try_collect().await.unwrap()
    }
}
