//! Loading a stream: the first events, which are all of most streams; then a snapshot and what came after it, or else
//! the rest.

use domain::envelope::{Position, Recorded, StreamId};
use futures::TryStreamExt;
use tracing::debug;

use super::{Others, Snapshot, find, keeper::Keeper};
use crate::{
    codec::Codec,
    cqrs_bridge::{Folded, LoadError, Loaded},
    log::{Filter, Log, Query, ReadError},
    vault::Vault,
};

/// What a stream is loaded from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'s> {
    pub(crate) log: &'s dyn Log,
    pub(crate) codec: &'s Codec,
    pub(crate) vault: &'s Vault,
    /// Where snapshots are, if anywhere.
    pub(crate) keeper: Option<&'s Keeper>,
}

/// The version that is held by the snapshot a fold was made from; 0 when it was made from the first event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Base(pub(crate) u64);

impl Base {
    /// The stream was folded from its first event.
    pub(crate) const FIRST_EVENT: Self = Self(0);

    /// What a new snapshot means for the others.
    pub(crate) const fn others(self) -> Others {
        match self.0 {
            0 => Others::Dropped,
            _ => Others::Thinned,
        }
    }
}

impl Sources<'_> {
    /// Loads a stream as it is now.
    pub(crate) async fn load<A: Folded>(&self, stream: StreamId) -> Result<(Loaded<A>, Base), LoadError> {
        let mut loaded = Loaded::empty(stream);
        let all = Query::forward(Filter::Stream(stream));
        let Some(keeper) = self.keeper else {
            self.fold(&mut loaded, all).await?;
            return Ok((loaded, Base::FIRST_EVENT));
        };
        // A stream that ends here has no snapshot, so nobody pays for looking.
        let first = keeper.pace().every;
        self.fold(&mut loaded, all.clone().limit(first)).await?;
        if loaded.version < first {
            return Ok((loaded, Base::FIRST_EVENT));
        }
        let fingerprint = keeper.fingerprint::<A>(self.codec);
        let found = find(
            keeper.snapshots(),
            self.vault,
            stream.into(),
            Position(u64::MAX),
            fingerprint,
        )
        .await;
        if let Some(snapshot) = found
            && snapshot.version > loaded.version
        {
            let base = Base(snapshot.version);
            if let Some(resumed) = self.resume(stream, snapshot).await? {
                return Ok((resumed, base));
            }
            debug!(stream = %stream, version = base.0, "a snapshot does not belong to this log or these keys");
        }
        let rest = all.after(loaded.position);
        self.fold(&mut loaded, rest).await?;
        Ok((loaded, Base::FIRST_EVENT))
    }

    async fn fold<A: Folded>(&self, loaded: &mut Loaded<A>, query: Query) -> Result<(), LoadError> {
        let mut events = self.log.read(query);
        while let Some(recorded) = events.try_next().await? {
            loaded.fold(self.codec, &recorded)?;
        }
        Ok(())
    }

    /// Goes on from a snapshot, if it can be believed: one read, of the event it ends with and those behind.
    async fn resume<A: Folded>(
        &self,
        stream: StreamId,
        snapshot: Snapshot,
    ) -> Result<Option<Loaded<A>>, LoadError> {
        let Ok(state) = serde_json::from_slice(&snapshot.state) else {
            return Ok(None);
        };
        let before = Position(snapshot.position.0 - 1);
        let mut events = self
            .log
            .read(Query::forward(Filter::Stream(stream)).after(before));
        if !events
            .try_next()
            .await?
            .is_some_and(|event| ends_with(&snapshot, &event))
        {
            return Ok(None);
        }
        let mut loaded = Loaded {
            stream,
            version: snapshot.version,
            position: snapshot.position,
            bytes: snapshot.state.len(),
            state,
        };
        while let Some(recorded) = events.try_next().await? {
            loaded.fold(self.codec, &recorded)?;
        }
        Ok(Some(loaded))
    }
}

fn ends_with(snapshot: &Snapshot, event: &Recorded) -> bool {
    let event = &event.envelope;
    (event.version, event.position, event.hash) == (snapshot.version, snapshot.position, snapshot.hash)
}

/// Place and hash of the event of this version, unless the stream has grown by `most` since.
pub(crate) async fn place(
    log: &dyn Log,
    stream: StreamId,
    version: u64,
    most: u64,
) -> Result<Option<(Position, [u8; 32])>, ReadError> {
    let mut events = log.read(Query::backward(Filter::Stream(stream)).limit(most));
    while let Some(recorded) = events.try_next().await? {
        let event = recorded.envelope;
        if event.version <= version {
            return Ok((event.version == version).then_some((event.position, event.hash)));
        }
    }
    Ok(None)
}
