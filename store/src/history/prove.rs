//! Proofs for people who have neither the log nor its database: an event is in it, and it only ever grew.

use domain::envelope::{Position, Recorded};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::History;
use crate::{
    hash::{self, BEFORE_THE_FIRST},
    heads::{Head, HeadError, PublicKey, SignedHead},
    hex,
    lines::{self, Item},
    log::ReadError,
    merkle::{self, Hash},
};

/// A proof, as it is handed over: JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// That an event is in the log.
    Inclusion(Box<Inclusion>),
    /// That a log begins with an earlier one.
    Consistency(Box<Consistency>),
}

/// That an event is in the log whose head was signed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// The event, as in an export.
    line: Box<RawValue>,
    /// The hash of the event before it.
    #[serde(with = "hex")]
    previous: Hash,
    #[serde(with = "hex::list")]
    path: Vec<Hash>,
    head: Box<RawValue>,
}

/// That the log of one signed head begins with the log of another.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    from: Box<RawValue>,
    to: Box<RawValue>,
    #[serde(with = "hex::list")]
    path: Vec<Hash>,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The head is of fewer events.
    #[error("the head is of {size} events, {position} is not among them")]
    Beyond {
        /// What was asked for.
        position: u64,
        /// The size of the head.
        size: u64,
    },
    /// The log is not the one that was signed.
    #[error("the log is not the one whose head was signed at {size}: run `greenroom audit verify`")]
    AnotherLog {
        /// The size that was signed.
        size: u64,
    },
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
}

/// Proves that the event at a position is in the log of a head.
///
/// # Errors
/// When it is behind the head, or the log is not the one that was signed.
pub async fn inclusion(
    history: &dyn History,
    position: Position,
    head: &SignedHead,
) -> Result<Proof, ProveError> {
    let size = head.head.size;
    let beyond = ProveError::Beyond {
        position: position.0,
        size,
    };
    let Some(index) = position.0.checked_sub(1) else {
        return Err(beyond);
    };
    let proof = merkle::inclusion(index, size).ok_or(beyond)?;
    let (path, previous) = passing(history, proof, head, index).await?;
    let event = history.events(Position(index), position).try_next().await?;
    let event = event.ok_or(ProveError::AnotherLog { size })?;
    Ok(Proof::Inclusion(Box::new(Inclusion {
        line: raw(&lines::write(&Item::Event(event))),
        previous,
        path,
        head: raw(&head.to_string()),
    })))
}

/// Proves that the log of a head begins with the log of an earlier one.
///
/// # Errors
/// When the earlier one is of no events or of more, or the log is not the one that was signed.
pub async fn consistency(
    history: &dyn History,
    from: &SignedHead,
    to: &SignedHead,
) -> Result<Proof, ProveError> {
    let (old, size) = (from.head.size, to.head.size);
    let proof = merkle::consistency(old, size).ok_or(ProveError::Beyond { position: old, size })?;
    let (path, _) = passing(history, proof, to, 0).await?;
    Ok(Proof::Consistency(Box::new(Consistency {
        from: raw(&from.to_string()),
        to: raw(&to.to_string()),
        path,
    })))
}

/// Lets all hashes pass by: the path, and the hash before leaf `index`.
async fn passing(
    history: &dyn History,
    mut proof: merkle::Proof,
    head: &SignedHead,
    index: u64,
) -> Result<(Vec<Hash>, Hash), ProveError> {
    let size = head.head.size;
    let (mut seen, mut last, mut previous) = (0, BEFORE_THE_FIRST, BEFORE_THE_FIRST);
    let mut hashes = history.hashes(Position(size));
    while let Some(hash) = hashes.try_next().await? {
        if seen == index {
            previous = last;
        }
        proof.push(&hash);
        (seen, last) = (seen + 1, hash);
    }
    if seen != size || last != head.head.hash {
        return Err(ProveError::AnotherLog { size });
    }
    Ok((proof.path(), previous))
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("a line is JSON")
}

/// Why a proof shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It is not a proof of this format.
    #[error("this is not a proof")]
    Malformed,
    /// A head in it is not believed.
    #[error("a head in it is not believed")]
    Head(#[from] HeadError),
    /// It does not show what it should.
    #[error("the proof does not show what it claims")]
    Wrong,
}

/// What a proof shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shown {
    /// The event is in the log of the head.
    Inclusion {
        /// Which event, exactly as it is stored.
        event: Box<Recorded>,
        /// The head.
        head: Head,
    },
    /// The log of the second head begins with the log of the first.
    Consistency {
        /// The earlier head.
        from: Head,
        /// The later head.
        to: Head,
    },
}

/// Checks a proof with nothing but the keys of those who are trusted.
///
/// # Errors
/// [`CheckError`], when it shows nothing.
pub fn check(proof: &str, trusted: &[PublicKey]) -> Result<Shown, CheckError> {
    match serde_json::from_str(proof).map_err(|_| CheckError::Malformed)? {
        Proof::Inclusion(proof) => check_inclusion(&proof, trusted),
        Proof::Consistency(proof) => check_consistency(&proof, trusted),
    }
}

fn believed(head: &RawValue, trusted: &[PublicKey]) -> Result<Head, CheckError> {
    let head: SignedHead = head.get().parse()?;
    Ok(head.verify(trusted)?)
}

fn check_inclusion(proof: &Inclusion, trusted: &[PublicKey]) -> Result<Shown, CheckError> {
    let head = believed(&proof.head, trusted)?;
    let Ok(Item::Event(event)) = lines::parse(proof.line.get().as_bytes()) else {
        return Err(CheckError::Malformed);
    };
    let hash = hash::hash(&proof.previous, &event.envelope, &event.payload);
    let index = event
        .envelope
        .position
        .0
        .checked_sub(1)
        .ok_or(CheckError::Wrong)?;
    let is_shown =
        hash == event.envelope.hash && merkle::includes(&hash, index, head.size, &head.root, &proof.path);
    if !is_shown {
        return Err(CheckError::Wrong);
    }
    Ok(Shown::Inclusion {
        event: Box::new(event),
        head,
    })
}

fn check_consistency(proof: &Consistency, trusted: &[PublicKey]) -> Result<Shown, CheckError> {
    let (from, to) = (believed(&proof.from, trusted)?, believed(&proof.to, trusted)?);
    if !merkle::extends(from.size, &from.root, to.size, &to.root, &proof.path) {
        return Err(CheckError::Wrong);
    }
    Ok(Shown::Consistency { from, to })
}
