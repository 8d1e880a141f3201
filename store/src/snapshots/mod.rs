//! Snapshots: folds of long streams, kept so that nobody folds them from their first event again.
//!
//! They are a cache and nothing else: whoever loses, deletes or spoils all of them gets the same answers, later. So a
//! snapshot is believed only when the same code would fold the same ([`Fingerprint`]), when the log's event at its
//! place is the one that was folded last (its hash, which covers everything before it), and when this installation's
//! keys made it (its token): whoever can write the table but lacks the keys cannot change what is decided. Every other
//! one is passed over and replaced. Personal data is in it as in the events, sealed.
//!
//! Commands read snapshots and never write them: that is done by a task of its own, which takes what it has room for.

pub mod fingerprint;
pub(crate) mod keeper;
pub(crate) mod loading;
pub mod memory;
pub mod postgres;
pub mod sqlite;

use std::{borrow::Cow, time::Duration};

use async_trait::async_trait;
use domain::{
    envelope::{Position, StreamId},
    fact::Category,
    ids::OrganisationId,
};
use tracing::{debug, warn};
use uuid::Uuid;

use self::fingerprint::Fingerprint;
use crate::{log::BoxError, vault::Vault};

/// Most bytes of a state that is kept.
pub const MOST_STATE_BYTES: usize = 4 * 1024 * 1024;

/// Of so many versions of a stream one snapshot is kept, the last one, so that a look at the past begins near.
pub const BLOCK: u64 = 1_000;

/// A look-up that takes longer than this is no help.
const LOOK_UP: Duration = Duration::from_millis(250);

/// What a token is for, so that it is no other token.
const PURPOSE: &str = "snapshot";

/// When snapshots are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// A stream gets one when it has so many events more than the last one holds; a shorter stream never has any, so
    /// none is looked for. At least 1.
    pub every: u64,
    /// So many may wait to be made; one more is dropped. At least 1.
    pub queue: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            every: 100,
            queue: 32,
        }
    }
}

/// What folds events.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fold {
    /// The aggregate of a category folds a stream.
    Aggregate(Category),
    /// A read model, by its name, folds what belongs to an id.
    ReadModel(&'static str),
}

impl Fold {
    /// How it is stored.
    fn name(self) -> Cow<'static, str> {
        match self {
            Self::Aggregate(category) => category.name().into(),
            Self::ReadModel(name) => format!("read_model.{name}").into(),
        }
    }
}

/// The events that were folded, and what folded them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Origin {
    /// Whose they are.
    pub tenant: OrganisationId,
    /// What folded them.
    pub fold: Fold,
    /// The stream, or what the events belong to.
    pub id: Uuid,
}

impl From<StreamId> for Origin {
    fn from(stream: StreamId) -> Self {
        Self {
            tenant: stream.tenant,
            fold: Fold::Aggregate(stream.category),
            id: stream.id,
        }
    }
}

/// The fold of some events up to one of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Of which events.
    pub origin: Origin,
    /// How many events were folded.
    pub version: u64,
    /// Where the last of them stands.
    pub position: Position,
    /// Its hash.
    pub hash: [u8; 32],
    /// What the fold depends on beside the events.
    pub fingerprint: Fingerprint,
    /// The state in JSON, with personal data sealed.
    pub state: Vec<u8>,
    /// Keyed hash of all of it.
    pub token: [u8; 32],
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("origin", &self.origin)
            .field("version", &self.version)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The same with the token that makes it believed.
    #[must_use]
    pub fn signed(mut self, vault: &Vault) -> Self {
        self.token = self.expected_token(vault);
        self
    }

    /// True when the keys of this installation have signed exactly this.
    pub fn is_genuine(&self, vault: &Vault) -> bool {
        self.token == self.expected_token(vault)
    }

    /// The parts before the last two have one length each, so that no two snapshots are the same bytes.
    fn expected_token(&self, vault: &Vault) -> [u8; 32] {
        let fold = self.origin.fold.name();
        let mut bytes = Vec::with_capacity(160 + self.state.len());
        bytes.extend_from_slice(self.origin.tenant.uuid().as_bytes());
        bytes.extend_from_slice(self.origin.id.as_bytes());
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&self.position.0.to_be_bytes());
        bytes.extend_from_slice(&self.hash);
        bytes.extend_from_slice(&self.fingerprint.0);
        bytes.extend_from_slice(&(fold.len() as u64).to_be_bytes());
        bytes.extend_from_slice(fold.as_bytes());
        bytes.extend_from_slice(&self.state);
        vault.token(PURPOSE, &bytes)
    }
}

/// What becomes of the other snapshots of an origin when one is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Others {
    /// Those with the same fingerprint stay, one in each [`BLOCK`] of versions: the last.
    Thinned,
    /// They go: the origin was folded from its first event, so none of them was of use.
    Dropped,
}

/// Where snapshots are kept. Nothing in it is trusted, and nothing is lost with it.
#[async_trait]
pub trait Snapshots: Send + Sync + 'static {
    /// The latest snapshot of an origin with this fingerprint, of an event at or below a position.
    ///
    /// Asked by position, because that is what a moment of the past is resolved to; positions are in the order of
    /// versions.
    async fn latest_at_or_below(
        &self,
        origin: Origin,
        position: Position,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, BoxError>;

    /// Keeps a snapshot in place of the one at its position, if there is one. Others of its origin with another
    /// fingerprint go.
    async fn keep(&self, snapshot: &Snapshot, others: Others) -> Result<(), BoxError>;
}

/// The latest snapshot of an origin at or below a position that these keys made. A failure is no more than a slow answer.
///
/// Whoever uses it still has to see that the log has the event it ends with.
pub async fn find(
    place: &dyn Snapshots,
    vault: &Vault,
    origin: Origin,
    position: Position,
    fingerprint: Fingerprint,
) -> Option<Snapshot> {
    let found = place.latest_at_or_below(origin, position, fingerprint);
    let found = match tokio::time::timeout(LOOK_UP, found).await {
        Ok(Ok(found)) => found?,
        Ok(Err(error)) => {
            warn!(fold = %origin.fold.name(), id = %origin.id, error = &*error, "snapshots cannot be read, all events are");
            return None;
        }
        Err(_) => {
            warn!(fold = %origin.fold.name(), id = %origin.id, "snapshots do not answer, all events are read");
            return None;
        }
    };
    // A place for snapshots is not trusted, also not to answer what it was asked.
    let is_asked = found.origin == origin && found.fingerprint == fingerprint && found.position <= position;
    let is_ours = found.position > Position::START && found.is_genuine(vault);
    if is_asked && !is_ours {
        debug!(fold = %origin.fold.name(), id = %origin.id, version = found.version, "a snapshot is not of these keys");
    }
    (is_asked && is_ours).then_some(found)
}

/// A snapshot as a row: position, version, hash, fingerprint, state, token.
type Row = (i64, i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);

/// What a row says of a origin; `None` when it is no snapshot of ours.
fn of_row(origin: Origin, (position, version, hash, fingerprint, state, token): Row) -> Option<Snapshot> {
    Some(Snapshot {
        origin,
        version: u64::try_from(version).ok()?,
        position: Position(u64::try_from(position).ok()?),
        hash: hash.try_into().ok()?,
        fingerprint: Fingerprint(fingerprint.try_into().ok()?),
        state,
        token: token.try_into().ok()?,
    })
}

/// As a database counts: what lies beyond is beyond everything that is stored.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
