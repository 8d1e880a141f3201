//! From events to stored bytes and back.
//!
//! Writing seals every open value on the way. Reading lifts old versions through a chain of steps until every piece is
//! current; stored bytes never change.

use std::{collections::HashMap, sync::Arc};

use domain::{
    envelope::{Position, Recorded},
    event::{DecodeError, Event},
    fact::Fact,
    sealed::with_sealer,
    time::Instant,
};
use serde_json::{Value, json};

use crate::{
    log::NewEvent,
    vault::{Vault, VaultError, VaultSealer},
};

/// A step of the upcasting chain: one old payload becomes any number of newer ones, each with name and version.
pub type Upcast = fn(Value) -> Result<Vec<Lifted>, UpcastError>;

/// What a step makes.
#[derive(Clone, PartialEq, Debug)]
pub struct Lifted {
    /// Wire name.
    pub name: String,
    /// Version; must be newer under the same name, so that the chain ends.
    pub version: u16,
    /// The payload.
    pub payload: Value,
}

/// A step met a payload that it does not understand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payload cannot be lifted: {0}")]
pub struct UpcastError(pub String);

/// A stored event that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the event at {position}, {event_type} version {schema_version}, cannot be read")]
pub struct CodecError {
    /// Where.
    pub position: Position,
    /// Its wire name.
    pub event_type: String,
    /// Its version.
    pub schema_version: u16,
    /// Why.
    #[source]
    pub source: CodecErrorKind,
}

impl CodecError {
    /// True when this program does not know the event, or not in this version, as when a newer one wrote it. The event
    /// is kept as it is, and a program that knows it reads it.
    pub const fn is_unknown(&self) -> bool {
        matches!(self.source, CodecErrorKind::Decode(DecodeError::Unknown { .. }))
    }
}

/// Why a stored event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CodecErrorKind {
    /// No event of this program has that name, version and shape.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A step of the chain failed; which one, since an event may have been lifted by others before.
    #[error("the step from {event_type} version {schema_version} failed")]
    Upcast {
        /// Wire name that the step is from.
        event_type: String,
        /// Version that the step is from.
        schema_version: u16,
        /// What it did not understand.
        #[source]
        source: UpcastError,
    },
    /// The payload is not JSON.
    #[error("the payload is not JSON")]
    Json(#[from] serde_json::Error),
    /// The chain did not end.
    #[error("the upcasting chain does not end")]
    Endless,
}

/// An event could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A value could not be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The payload does not serialise.
    #[error("the payload does not serialise")]
    Json(#[from] serde_json::Error),
}

/// Reads and writes events, with the chain of steps from old versions.
#[derive(Clone, Debug, Default)]
pub struct Codec {
    /// By name and then version, so that looking up what is not old copies nothing.
    steps: Arc<HashMap<String, HashMap<u16, Upcast>>>,
}

/// The steps from every version that was ever stored and is no longer written.
const STEPS: [((&str, u16), Upcast); 36] = [
    // Declining became a reason for giving time back.
    (("interviewer_calendar.claim_released", 1), |payload| {
        same_as("interviewer_calendar.claim_released", 2, payload)
    }),
    // A cancellation became a reason for closing, and a thing to tell.
    (("room.closed", 1), |payload| same_as("room.closed", 2, payload)),
    (("notification.suppressed", 1), |payload| {
        same_as("notification.suppressed", 2, payload)
    }),
    (("notification.delivery_accepted", 1), |payload| {
        same_as("notification.delivery_accepted", 2, payload)
    }),
    (("notification.delivery_failed", 1), |payload| {
        same_as("notification.delivery_failed", 2, payload)
    }),
    // More reasons to sit on a panel.
    (("interview.booking_requested", 1), |payload| {
        same_as("interview.booking_requested", 2, payload)
    }),
    (("interview.scheduled", 1), |payload| {
        same_as("interview.scheduled", 2, payload)
    }),
    (("interview.panel_seat_vacated", 1), |payload| {
        same_as("interview.panel_seat_vacated", 2, payload)
    }),
    (("interview.interviewer_replaced", 1), |payload| {
        same_as("interview.interviewer_replaced", 2, payload)
    }),
    // Horizons of other kinds, aligned starts, panels with roles and preferences.
    (("interview_type.defined", 1), |payload| {
        with_fuller_spec("interview_type.defined", payload)
    }),
    (("interview_type.revised", 1), |payload| {
        with_fuller_spec("interview_type.revised", payload)
    }),
    // Bookings that somebody has to agree to: nobody was asked before.
    (("interview_type.defined", 2), |payload| {
        same_as("interview_type.defined", 3, payload)
    }),
    (("interview_type.revised", 2), |payload| {
        same_as("interview_type.revised", 3, payload)
    }),
    (("interview.booking_expired", 1), |payload| {
        same_as("interview.booking_expired", 2, payload)
    }),
    (("notification.suppressed", 2), |payload| {
        same_as("notification.suppressed", 3, payload)
    }),
    (("notification.delivery_accepted", 2), |payload| {
        same_as("notification.delivery_accepted", 3, payload)
    }),
    (("notification.delivery_failed", 2), |payload| {
        same_as("notification.delivery_failed", 3, payload)
    }),
    // Proposals are a thing to tell.
    (("notification.suppressed", 3), |payload| {
        same_as("notification.suppressed", 4, payload)
    }),
    (("notification.delivery_accepted", 3), |payload| {
        same_as("notification.delivery_accepted", 4, payload)
    }),
    (("notification.delivery_failed", 3), |payload| {
        same_as("notification.delivery_failed", 4, payload)
    }),
    // Products with limits: there were none before, and what was held did not say of which product it is.
    (("interview_type.defined", 3), |payload| {
        with_no_limits("interview_type.defined", payload)
    }),
    (("interview_type.revised", 3), |payload| {
        with_no_limits("interview_type.revised", payload)
    }),
    // Products with conditions of their own for calling an interview off: the organisation's held for all before.
    (("interview_type.defined", 4), |payload| {
        same_as("interview_type.defined", 5, payload)
    }),
    (("interview_type.revised", 4), |payload| {
        same_as("interview_type.revised", 5, payload)
    }),
    (("interviewer_calendar.hold_placed", 1), |payload| {
        same_as("interviewer_calendar.hold_placed", 2, payload)
    }),
    // Groups: everybody had a time alone before.
    (("interview_type.defined", 5), |payload| {
        with_one_candidate("interview_type.defined", payload)
    }),
    (("interview_type.revised", 5), |payload| {
        with_one_candidate("interview_type.revised", payload)
    }),
    (("interviewer_calendar.hold_placed", 2), |payload| {
        same_as("interviewer_calendar.hold_placed", 3, payload)
    }),
    // Offers to those who wait are a thing to tell.
    (("notification.suppressed", 4), |payload| {
        same_as("notification.suppressed", 5, payload)
    }),
    (("notification.delivery_accepted", 4), |payload| {
        same_as("notification.delivery_accepted", 5, payload)
    }),
    (("notification.delivery_failed", 4), |payload| {
        same_as("notification.delivery_failed", 5, payload)
    }),
    // Invitations to sessions are a thing to tell.
    (("notification.suppressed", 5), |payload| {
        same_as("notification.suppressed", 6, payload)
    }),
    (("notification.delivery_accepted", 5), |payload| {
        same_as("notification.delivery_accepted", 6, payload)
    }),
    (("notification.delivery_failed", 5), |payload| {
        same_as("notification.delivery_failed", 6, payload)
    }),
    // Kits: no product had one before.
    (("interview_type.defined", 6), |payload| {
        same_as("interview_type.defined", 7, payload)
    }),
    (("interview_type.revised", 6), |payload| {
        same_as("interview_type.revised", 7, payload)
    }),
];

/// A product as it was described when its horizon was a number of days and everybody of a pool was alike.
fn with_fuller_spec(name: &str, mut payload: Value) -> Result<Vec<Lifted>, UpcastError> {
    let missing = |what: &str| UpcastError(format!("{name} 1 has no {what}"));
    let spec = payload.get_mut("spec").and_then(Value::as_object_mut);
    let spec = spec.ok_or_else(|| missing("spec"))?;
    let days = spec
        .remove("horizon_days")
        .ok_or_else(|| missing("horizon_days"))?;
    spec.insert("horizon".to_owned(), json!({ "days": days }));
    spec.insert("slot_offset_minutes".to_owned(), json!(0));
    let panel = spec.get_mut("panel").and_then(Value::as_object_mut);
    let panel = panel.ok_or_else(|| missing("panel"))?;
    panel.insert("roles".to_owned(), json!([]));
    panel.insert("preferences".to_owned(), json!([]));
    same_as(name, 2, payload)
}

/// A product as it was described when as much of it was taken on as there was time.
fn with_no_limits(name: &str, mut payload: Value) -> Result<Vec<Lifted>, UpcastError> {
    let spec = payload.get_mut("spec").and_then(Value::as_object_mut);
    let spec = spec.ok_or_else(|| UpcastError(format!("{name} 3 has no spec")))?;
    let none = json!({ "day": null, "week": null, "month": null });
    spec.insert(
        "limits".to_owned(),
        json!({ "interviews": none, "minutes": none }),
    );
    same_as(name, 4, payload)
}

/// A product as it was described when each candidate had a time alone.
fn with_one_candidate(name: &str, mut payload: Value) -> Result<Vec<Lifted>, UpcastError> {
    let spec = payload.get_mut("spec").and_then(Value::as_object_mut);
    let spec = spec.ok_or_else(|| UpcastError(format!("{name} 5 has no spec")))?;
    spec.insert("candidate_seats".to_owned(), json!(1));
    same_as(name, 6, payload)
}

/// A version whose payloads mean the same in the next one, which only allows more of them.
fn same_as(name: &str, version: u16, payload: Value) -> Result<Vec<Lifted>, UpcastError> {
    Ok(vec![Lifted {
        name: name.to_owned(),
        version,
        payload,
    }])
}

/// More steps than any chain of sane length has.
const MOST_STEPS: usize = 1_000;

impl Codec {
    /// The codec of this program: every version that was ever stored.
    pub fn current() -> Self {
        Self::with_steps(STEPS)
    }

    /// A codec with steps of its own, from a name and version each.
    pub fn with_steps(steps: impl IntoIterator<Item = ((&'static str, u16), Upcast)>) -> Self {
        let mut by_name: HashMap<String, HashMap<u16, Upcast>> = HashMap::new();
        for ((name, version), step) in steps {
            by_name.entry(name.to_owned()).or_default().insert(version, step);
        }
        Self {
            steps: Arc::new(by_name),
        }
    }

    /// Reads a stored event; more than one when a step has split it, none when a step dropped it.
    ///
    /// # Errors
    /// [`CodecError`] with the position, for an unknown type or version, another shape, or a step that failed.
    pub fn decode(&self, recorded: &Recorded) -> Result<Vec<Fact>, CodecError> {
        let category = recorded.envelope.stream.category;
        self.lift(recorded, |name, version, payload| {
            Fact::decode(category, name, version, payload)
        })
    }

    /// Reads a stored event as one of an aggregate.
    ///
    /// # Errors
    /// As [`Codec::decode`].
    pub fn decode_as<E: Event>(&self, recorded: &Recorded) -> Result<Vec<E>, CodecError> {
        self.lift(recorded, E::decode)
    }

    fn lift<T>(
        &self,
        recorded: &Recorded,
        decode: impl Fn(&str, u16, &[u8]) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, CodecError> {
        let envelope = &recorded.envelope;
        let failed = |source: CodecErrorKind| CodecError {
            position: envelope.position,
            event_type: envelope.event_type.clone(),
            schema_version: envelope.schema_version,
            source,
        };
        if !self.is_old(&envelope.event_type, envelope.schema_version) {
            let event = decode(&envelope.event_type, envelope.schema_version, &recorded.payload);
            return Ok(vec![event.map_err(|error| failed(error.into()))?]);
        }
        let pieces = self.lift_pieces(recorded).map_err(failed)?;
        let decoded = pieces.into_iter().map(|piece| {
            let bytes = serde_json::to_vec(&piece.payload).map_err(CodecErrorKind::from)?;
            decode(&piece.name, piece.version, &bytes).map_err(CodecErrorKind::from)
        });
        decoded.collect::<Result<_, _>>().map_err(failed)
    }

    /// Names and versions that are lifted, in order.
    pub fn lifted(&self) -> Vec<(String, u16)> {
        let of_name = |(name, steps): (&String, &HashMap<u16, Upcast>)| {
            let versions: Vec<_> = steps.keys().map(|version| (name.clone(), *version)).collect();
            versions
        };
        let mut versions: Vec<_> = self.steps.iter().flat_map(of_name).collect();
        versions.sort_unstable();
        versions
    }

    fn is_old(&self, name: &str, version: u16) -> bool {
        self.step(name, version).is_some()
    }

    fn step(&self, name: &str, version: u16) -> Option<&Upcast> {
        self.steps.get(name)?.get(&version)
    }

    /// Lifts until nothing is old, keeping the order.
    fn lift_pieces(&self, recorded: &Recorded) -> Result<Vec<Lifted>, CodecErrorKind> {
        let stored = Lifted {
            name: recorded.envelope.event_type.clone(),
            version: recorded.envelope.schema_version,
            payload: serde_json::from_slice(&recorded.payload)?,
        };
        let (mut waiting, mut current) = (vec![stored], Vec::new());
        for _ in 0..MOST_STEPS {
            let Some(piece) = waiting.pop() else {
                return Ok(current);
            };
            match self.step(&piece.name, piece.version) {
                None => current.push(piece),
                Some(step) => {
                    let lifted = step(piece.payload).map_err(|source| CodecErrorKind::Upcast {
                        event_type: piece.name,
                        schema_version: piece.version,
                        source,
                    })?;
                    waiting.extend(lifted.into_iter().rev());
                }
            }
        }
        Err(CodecErrorKind::Endless)
    }

    /// Writes an event, sealing its open values. Makes the keys of people who have none yet, and commits them first.
    ///
    /// # Errors
    /// [`EncodeError`] when a person was erased or the keys cannot be reached.
    pub async fn encode<E: Event>(
        &self,
        vault: &Vault,
        event: &E,
        occurred_at: Instant,
    ) -> Result<NewEvent, EncodeError> {
        let wire = event.wire();
        let (payload, subjects) = loop {
            let sealer = Arc::new(VaultSealer::new(vault));
            match with_sealer(sealer.clone(), || event.payload()) {
                Ok(payload) => break (payload, sealer.subjects()),
                Err(error) => match sealer.missing() {
                    Some(subject) => vault.ensure_key(subject).await?,
                    None => return Err(error.into()),
                },
            }
        };
        Ok(NewEvent {
            event_type: wire.name.to_owned(),
            schema_version: wire.version,
            payload,
            occurred_at,
            links: event.links(),
            subjects,
        })
    }
}

#[cfg(test)]
mod tests;
