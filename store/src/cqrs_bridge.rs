//! `cqrs_es::EventStore` on top of the log: loads by folding, commits with an expectation.
//!
//! Not used from cqrs-es 0.5.0: its own `new_snapshot_store` and `new_aggregate_store`, which apply events twice (the
//! tests below keep the proof), its query dispatch and its replay.

use std::{collections::HashMap, error::Error as StdError, sync::Arc};

use cqrs_es::{AggregateContext, AggregateError, EventEnvelope, EventStore};
use domain::{
    aggregate::{Aggregate, Context},
    envelope::{Position, Recorded, StreamId},
    ids::OrganisationId,
    refusal::Refusal,
};
use futures::TryStreamExt;
use uuid::Uuid;

use crate::{
    codec::{Codec, CodecError, EncodeError},
    log::{Append, AppendError, CommandMeta, Filter, Log, Query, ReadError, StreamWrite},
    vault::Vault,
};

/// An aggregate that both sides understand: ours, forwarded to `cqrs_es`.
pub trait Folded:
    Aggregate
    + cqrs_es::Aggregate<
        Command = (<Self as Aggregate>::Command, Context),
        Event = <Self as Aggregate>::Event,
        Error = Refusal,
        Services = (),
    >
{
}

impl<A> Folded for A where
    A: Aggregate
        + cqrs_es::Aggregate<
            Command = (<A as Aggregate>::Command, Context),
            Event = <A as Aggregate>::Event,
            Error = Refusal,
            Services = (),
        >
{
}

/// A loaded aggregate and where its stream was.
#[derive(Clone, Debug)]
pub struct Loaded<A> {
    /// Its stream.
    pub stream: StreamId,
    /// How many events the stream held.
    pub version: u64,
    /// Where the last of them stands; the start when there is none.
    pub position: Position,
    /// Bytes of what was read, which the size of the state follows: payloads, and the snapshot where one was used.
    pub bytes: usize,
    /// The fold of them.
    pub state: A,
}

impl<A: Folded> Loaded<A> {
    /// Before the first event.
    pub(crate) fn empty(stream: StreamId) -> Self {
        Self {
            stream,
            version: 0,
            position: Position::START,
            bytes: 0,
            state: A::default(),
        }
    }

    /// Folds the next event of the stream.
    pub(crate) fn fold(&mut self, codec: &Codec, recorded: &Recorded) -> Result<(), CodecError> {
        for event in codec.decode_as::<<A as Aggregate>::Event>(recorded)? {
            cqrs_es::Aggregate::apply(&mut self.state, event);
        }
        self.version = recorded.envelope.version;
        self.position = recorded.envelope.position;
        self.bytes += recorded.payload.len();
        Ok(())
    }
}

impl<A: Folded> AggregateContext<A> for Loaded<A> {
    fn aggregate(&mut self) -> &mut A {
        &mut self.state
    }
}

/// A stream could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An event could not be understood.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// Loads and folds one stream, event by event.
///
/// # Errors
/// When the log cannot be read or an event cannot be understood.
pub async fn load<A: Folded>(log: &dyn Log, codec: &Codec, stream: StreamId) -> Result<Loaded<A>, LoadError> {
    let mut loaded = Loaded::empty(stream);
    let mut events = log.read(Query::forward(Filter::Stream(stream)));
    while let Some(recorded) = events.try_next().await? {
        loaded.fold(codec, &recorded)?;
    }
    Ok(loaded)
}

/// The event store of one tenant, for one command.
pub struct TenantStore {
    log: Arc<dyn Log>,
    vault: Arc<Vault>,
    codec: Codec,
    tenant: OrganisationId,
    meta: CommandMeta,
    now: domain::time::Instant,
}

impl std::fmt::Debug for TenantStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantStore")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// The aggregate's id was no UUID.
#[derive(Debug, thiserror::Error)]
#[error("an aggregate's id is a UUID")]
struct NoUuid;

fn unexpected(error: impl StdError + Send + Sync + 'static) -> AggregateError<Refusal> {
    AggregateError::UnexpectedError(Box::new(error))
}

fn load_error(error: LoadError) -> AggregateError<Refusal> {
    match error {
        LoadError::Read(error) => AggregateError::DatabaseConnectionError(Box::new(error)),
        LoadError::Codec(error) => AggregateError::DeserializationError(Box::new(error)),
    }
}

fn append_error(error: AppendError) -> AggregateError<Refusal> {
    match error {
        AppendError::Conflict { .. } => AggregateError::AggregateConflict,
        error @ (AppendError::Busy { .. } | AppendError::Unavailable { .. }) => {
            AggregateError::DatabaseConnectionError(Box::new(error))
        }
        error @ (AppendError::Duplicate(_) | AppendError::TooLarge { .. }) => unexpected(error),
    }
}

fn encode_error(error: EncodeError) -> AggregateError<Refusal> {
    match error {
        EncodeError::Vault(crate::vault::VaultError::Erased) => AggregateError::UserError(Refusal::Erased),
        other => unexpected(other),
    }
}

impl TenantStore {
    /// A store that commits under one command.
    pub fn new(
        log: Arc<dyn Log>,
        vault: Arc<Vault>,
        codec: Codec,
        meta: CommandMeta,
        now: domain::time::Instant,
    ) -> Self {
        Self {
            log,
            vault,
            codec,
            tenant: meta.tenant,
            meta,
            now,
        }
    }

    fn stream<A: Folded>(&self, id: &str) -> Result<StreamId, AggregateError<Refusal>> {
        let id = Uuid::parse_str(id).map_err(|_| unexpected(NoUuid))?;
        Ok(StreamId {
            tenant: self.tenant,
            category: A::CATEGORY,
            id,
        })
    }
}

fn envelopes<A: Folded>(
    stream: StreamId,
    version: u64,
    events: Vec<<A as Aggregate>::Event>,
) -> Vec<EventEnvelope<A>> {
    let numbered = events.into_iter().zip(version + 1..);
    let envelope = |(payload, sequence)| EventEnvelope {
        aggregate_id: stream.id.to_string(),
        sequence: usize::try_from(sequence).unwrap_or(usize::MAX),
        payload,
        metadata: HashMap::new(),
    };
    numbered.map(envelope).collect()
}

impl<A: Folded> EventStore<A> for TenantStore {
    type AC = Loaded<A>;

    async fn load_events(&self, id: &str) -> Result<Vec<EventEnvelope<A>>, AggregateError<Refusal>> {
        let stream = self.stream::<A>(id)?;
        let mut found = Vec::new();
        let mut stored = self.log.read(Query::forward(Filter::Stream(stream)));
        while let Some(recorded) = stored
            .try_next()
            .await
            .map_err(|error| load_error(error.into()))?
        {
            let events = self.codec.decode_as::<<A as Aggregate>::Event>(&recorded);
            let events = events.map_err(|error| load_error(error.into()))?;
            // What a step has split keeps the version of the stored event.
            let version = recorded.envelope.version - 1;
            let split = events
                .into_iter()
                .map(|event| envelopes::<A>(stream, version, vec![event]));
            found.extend(split.flatten());
        }
        Ok(found)
    }

    async fn load_aggregate(&self, id: &str) -> Result<Loaded<A>, AggregateError<Refusal>> {
        load(&*self.log, &self.codec, self.stream::<A>(id)?)
            .await
            .map_err(load_error)
    }

    async fn commit(
        &self,
        events: Vec<<A as Aggregate>::Event>,
        context: Loaded<A>,
        _: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<Refusal>> {
        let mut encoded = Vec::with_capacity(events.len());
        for event in &events {
            encoded.push(
                self.codec
                    .encode(&self.vault, event, self.now)
                    .await
                    .map_err(encode_error)?,
            );
        }
        let write = StreamWrite {
            stream: context.stream,
            expected: context.version,
            events: encoded,
        };
        let append = Append {
            command: self.meta.clone(),
            now: self.now,
            writes: vec![write],
            result: b"null".to_vec(),
        };
        self.log.append(append).await.map_err(append_error)?;
        Ok(envelopes(context.stream, context.version, events))
    }
}

#[cfg(test)]
mod tests;
