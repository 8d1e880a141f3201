//! The hash chain that ties every event to all events before it.
//!
//! An event's hash is SHA-256 over the hash of the event before it in the log (32 zero bytes before the first), the
//! canonical bytes of its envelope and the bytes of its payload. Who holds one hash can later tell whether anything
//! at or before that position was changed, left out or moved.
//!
//! Canonical bytes, version 1. Numbers are big-endian; `bytes` means a length in 8 bytes and then the bytes; `maybe`
//! means one byte, 0 for nothing or 1 followed by the value; `list` means a count in 8 bytes and then the values.
//!
//! | field | form |
//! |---|---|
//! | version of this form | 1 byte: 1 |
//! | position | 8 bytes |
//! | tenant | 16 bytes |
//! | category | bytes |
//! | stream id | 16 bytes |
//! | version in the stream | 8 bytes |
//! | event id | 16 bytes |
//! | type | bytes |
//! | schema version | 2 bytes |
//! | occurred at, recorded at | 8 bytes each: microseconds since 1970, signed |
//! | actor | bytes of the kind's name; then for `account` 16 bytes and maybe 16 bytes, else bytes of the name |
//! | command id, correlation id | 16 bytes each |
//! | causation id | maybe 16 bytes |
//! | subjects, links | list of 16 bytes, each |
//! | trace | maybe bytes |
//! | payload | bytes |
//!
//! A later form takes another version byte; stored hashes are never computed again with another form.

use domain::{
    actor::Actor,
    envelope::{Envelope, Position, Recorded},
    time::Instant,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What stands in for the hash of the event before the first.
pub const BEFORE_THE_FIRST: [u8; 32] = [0; 32];

const FORM: u8 = 1;

/// An event's hash is not the one that its content and its predecessor give.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the hash chain is broken at {position}")]
pub struct Broken {
    /// The first event whose hash does not fit.
    pub position: Position,
}

/// The hash of an event whose predecessor has the hash `previous`. The envelope's own `hash` is not read.
pub fn hash(previous: &[u8; 32], envelope: &Envelope, payload: &[u8]) -> [u8; 32] {
    let mut canonical = Canonical(Sha256::new());
    canonical.raw(previous);
    canonical.envelope(envelope);
    canonical.bytes(payload);
    canonical.0.finalize().into()
}

/// Checks events that follow each other in the log, and returns the hash of the last, or `previous` without any.
///
/// `previous` is the hash of the event before them, [`BEFORE_THE_FIRST`] at the start of the log.
pub fn verify<'a>(
    previous: [u8; 32],
    events: impl IntoIterator<Item = &'a Recorded>,
) -> Result<[u8; 32], Broken> {
    events.into_iter().try_fold(previous, |previous, event| {
        let expected = hash(&previous, &event.envelope, &event.payload);
        if expected == event.envelope.hash {
            Ok(expected)
        } else {
            Err(Broken {
                position: event.envelope.position,
            })
        }
    })
}

/// Writes canonical bytes straight into the hash.
struct Canonical(Sha256);

impl Canonical {
    fn envelope(&mut self, envelope: &Envelope) {
        self.raw(&[FORM]);
        self.number(envelope.position.0);
        self.id(envelope.stream.tenant.uuid());
        self.bytes(envelope.stream.category.name().as_bytes());
        self.id(envelope.stream.id);
        self.number(envelope.version);
        self.id(envelope.event_id.uuid());
        self.bytes(envelope.event_type.as_bytes());
        self.raw(&envelope.schema_version.to_be_bytes());
        self.moment(envelope.occurred_at);
        self.moment(envelope.recorded_at);
        self.actor(&envelope.actor);
        self.id(envelope.command_id.uuid());
        self.id(envelope.correlation_id.uuid());
        self.maybe(envelope.causation_id, |canonical, id| canonical.id(id.uuid()));
        self.list(envelope.subjects.iter().map(|subject| subject.uuid()));
        self.list(envelope.links.iter().copied());
        self.maybe(envelope.trace.as_deref(), |canonical, trace| {
            canonical.bytes(trace.as_bytes());
        });
    }

    fn actor(&mut self, actor: &Actor) {
        match actor {
            Actor::Account {
                account,
                on_behalf_of,
            } => {
                self.bytes(b"account");
                self.id(account.uuid());
                self.maybe(*on_behalf_of, |canonical, id| canonical.id(id.uuid()));
            }
            Actor::System { name } => {
                self.bytes(b"system");
                self.bytes(name.as_bytes());
            }
            Actor::Provider { name } => {
                self.bytes(b"provider");
                self.bytes(name.as_bytes());
            }
        }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn number(&mut self, number: u64) {
        self.raw(&number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.raw(bytes);
    }

    fn id(&mut self, id: Uuid) {
        self.raw(id.as_bytes());
    }

    fn moment(&mut self, moment: Instant) {
        self.raw(&moment.timestamp_micros().to_be_bytes());
    }

    fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.raw(&[0]),
            Some(value) => {
                self.raw(&[1]);
                write(self, value);
            }
        }
    }

    fn list(&mut self, ids: impl ExactSizeIterator<Item = Uuid>) {
        self.number(ids.len() as u64);
        ids.for_each(|id| self.id(id));
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        envelope::StreamId,
        fact::Category,
        ids::{AccountId, CommandId, CorrelationId, EventId, OrganisationId, SubjectId},
    };

    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn full() -> Envelope {
        Envelope {
            position: Position(7),
            stream: StreamId {
                tenant: OrganisationId::new(id(1)),
                category: Category::Interview,
                id: id(2),
            },
            version: 3,
            event_id: EventId::new(id(4)),
            event_type: "interview.held".to_owned(),
            schema_version: 5,
            occurred_at: Instant::from_timestamp_micros(-6).unwrap(),
            recorded_at: Instant::from_timestamp_micros(1_800_000_000_000_001).unwrap(),
            actor: Actor::Account {
                account: AccountId::new(id(8)),
                on_behalf_of: Some(AccountId::new(id(9))),
            },
            command_id: CommandId::new(id(10)),
            correlation_id: CorrelationId::new(id(11)),
            causation_id: Some(EventId::new(id(12))),
            subjects: vec![SubjectId::new(id(13))],
            links: vec![id(14), id(15)],
            trace: Some("träce".to_owned()),
            hash: [1; 32],
        }
    }

    fn sparse() -> Envelope {
        Envelope {
            actor: Actor::system("clock"),
            causation_id: None,
            subjects: Vec::new(),
            links: Vec::new(),
            trace: None,
            ..full()
        }
    }

    fn hex(hash: [u8; 32]) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    // The expected values were computed by another program from the table above: stored hashes depend on them.

    #[test]
    fn the_hash_of_a_full_envelope_is_the_documented_one() {
        assert_eq!(
            hex(hash(&BEFORE_THE_FIRST, &full(), b"{}")),
            "c041f88f0c64ca00762cab0422ec0062852c9d0376a1d9e1bd2a352f5e9a28c6"
        );
    }

    #[test]
    fn the_hash_of_a_sparse_envelope_is_the_documented_one() {
        assert_eq!(
            hex(hash(&[255; 32], &sparse(), b"")),
            "fe52a24e027e343f3c56584fc9e7be39cec8daec8b95b562f0abb97e41e21967"
        );
    }
}
