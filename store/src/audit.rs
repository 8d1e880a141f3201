//! Whether a log is as it was written: finds the first position that is not.
//!
//! Everything passes by once, in the order of an export: each event, then the receipts that end at its position. Memory
//! does not grow with the log. What is held against what:
//!
//! - positions have no gaps, and every event's hash follows from the event before it and its own content ([`crate::hash`]);
//! - every event belongs to the receipt of its command, and every receipt to events that are there;
//! - signed heads ([`crate::heads`]) vouch for the hash, the Merkle root and the receipts up to their size.
//!
//! Without heads a log cannot show that its end was cut off, nor that it was written anew from some position on with
//! hashes that fit; nor that a receipt's tenant, input hash or result was changed. Receipts of commands that changed
//! nothing are covered by nothing: they may be added, changed or removed. What was appended after the last signed head
//! can be replaced by whoever can write into the database, until the next head.

use std::{collections::VecDeque, fmt};

use domain::{
    envelope::{Position, Recorded},
    ids::CommandId,
    time::Instant,
};
use sha2::{Digest, Sha256};

use crate::{
    hash::{self, BEFORE_THE_FIRST},
    heads::{Head, HeadKind},
    log::Receipt,
    merkle::{Hash, Tree},
};

/// What is wrong with a log, and where first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The first position that does not fit.
    pub position: Position,
    /// What is wrong there.
    pub kind: FaultKind,
    /// Everything up to here is vouched for by a signed head.
    pub vouched: Option<Position>,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// There is no event, although there are later ones.
    Missing,
    /// The event's hash does not follow from its content and the event before it.
    Altered,
    /// What is stored is not an event.
    Unreadable(String),
    /// No receipt says which command wrote the event.
    NoReceipt,
    /// A receipt is not of the events it names.
    Receipt,
    /// What the event belongs to is not what the index of links says.
    Links,
    /// There is something behind the end of the log.
    BehindTheEnd,
    /// The end of the log is not noted as it is.
    End,
    /// The log ends before the position, although a head was signed for this size.
    Truncated {
        /// The size of the largest head.
        until: Position,
    },
    /// The chain fits, but it is not the one that was signed: somewhere from the position up to this one.
    Rewritten {
        /// The size of the head that does not fit.
        until: Position,
    },
    /// The receipts are not those that were signed: one of those from the position up to this one.
    ReceiptsRewritten {
        /// The size of the head that does not fit.
        until: Position,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = self.position;
        match &self.kind {
            FaultKind::Missing => write!(f, "the event at {position} is missing")?,
            FaultKind::Altered => write!(
                f,
                "the event at {position} is not the one that was written there: its hash does not follow"
            )?,
            FaultKind::Unreadable(what) => write!(f, "the event at {position} is unreadable: {what}")?,
            FaultKind::NoReceipt => write!(f, "the event at {position} has no receipt of its command")?,
            FaultKind::Receipt => write!(f, "a receipt at {position} is not of the events it names")?,
            FaultKind::Links => write!(
                f,
                "what the event at {position} belongs to is not what the index of links says"
            )?,
            FaultKind::BehindTheEnd => {
                write!(f, "there is something at {position}, behind the end of the log")?;
            }
            FaultKind::End => write!(f, "the end of the log is not noted as what is at {position}")?,
            FaultKind::Truncated { until } => write!(
                f,
                "events are cut off from {position} on: a head was signed for {until}"
            )?,
            FaultKind::Rewritten { until } => write!(
                f,
                "the log was written anew somewhere from {position} to {until}: it is not the one that was signed"
            )?,
            FaultKind::ReceiptsRewritten { until } => write!(
                f,
                "receipts were changed somewhere from {position} to {until}: they are not those that were signed"
            )?,
        }
        match self.vouched {
            Some(vouched) => write!(f, "; a signed head vouches for everything up to {vouched}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

/// What was held together and fits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// How many events, which is the last position.
    pub events: u64,
    /// How many receipts.
    pub receipts: u64,
    /// The hash of the last event.
    pub hash: Hash,
    /// How many signed heads fit.
    pub heads: u64,
    /// Everything up to here is vouched for by one of them.
    pub vouched: Option<Position>,
}

/// The digest of no receipts.
pub const NO_RECEIPTS: Hash = [0; 32];

/// The digest of receipts that wrote events, in the order of their positions, when one more comes.
///
/// It is SHA-256 over the digest before, command id, tenant, input hash, first and last position, the moment in
/// microseconds since 1970, and the result's bytes; numbers are 8 bytes, big-endian.
fn digest(before: &Hash, receipt: &Receipt, first: Position) -> Hash {
    let mut sha = Sha256::new();
    sha.update(before);
    sha.update(receipt.command_id.uuid().as_bytes());
    sha.update(receipt.tenant.uuid().as_bytes());
    sha.update(receipt.input_hash);
    sha.update(first.0.to_be_bytes());
    sha.update(receipt.position.0.to_be_bytes());
    sha.update(receipt.recorded_at.timestamp_micros().to_be_bytes());
    sha.update(&receipt.result);
    sha.finalize().into()
}

/// Events whose receipt has not come yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    first: Position,
    command: CommandId,
    recorded_at: Instant,
}

/// Holds a log together while it passes by.
#[derive(Debug)]
pub struct Verifier {
    previous: Hash,
    tree: Tree,
    digest: Hash,
    open: Option<Open>,
    heads: VecDeque<Head>,
    fitting: u64,
    vouched: Option<Position>,
    receipts: u64,
}

impl Verifier {
    /// Begins before the first event. The heads are those of [`crate::heads::in_force`].
    pub fn new(heads: impl IntoIterator<Item = Head>) -> Self {
        Self {
            previous: BEFORE_THE_FIRST,
            tree: Tree::default(),
            digest: NO_RECEIPTS,
            open: None,
            heads: heads.into_iter().collect(),
            fitting: 0,
            vouched: None,
            receipts: 0,
        }
    }

    /// Goes on behind a head that is believed, of a tree that has its root.
    pub fn behind(head: &Head, tree: Tree) -> Self {
        Self {
            previous: head.hash,
            tree,
            digest: head.receipts,
            vouched: Some(Position(head.size)),
            ..Self::new([])
        }
    }

    /// The last position that has passed by.
    pub const fn position(&self) -> Position {
        Position(self.tree.size())
    }

    /// Something is wrong here.
    pub const fn fault(&self, position: Position, kind: FaultKind) -> Fault {
        Fault {
            position,
            kind,
            vouched: self.vouched,
        }
    }

    /// The next event.
    ///
    /// # Errors
    /// The fault, when it is not the one that follows.
    pub fn event(&mut self, event: &Recorded) -> Result<(), Fault> {
        self.compare_heads()?;
        let envelope = &event.envelope;
        let expected = self.position().next();
        if envelope.position != expected {
            return Err(self.fault(expected, FaultKind::Missing));
        }
        let hash = hash::hash(&self.previous, envelope, &event.payload);
        if hash != envelope.hash {
            return Err(self.fault(expected, FaultKind::Altered));
        }
        match self.open {
            None => {
                self.open = Some(Open {
                    first: expected,
                    command: envelope.command_id,
                    recorded_at: envelope.recorded_at,
                });
            }
            Some(open) if open.command == envelope.command_id => {}
            Some(_) => return Err(self.fault(self.position(), FaultKind::NoReceipt)),
        }
        self.previous = hash;
        self.tree.push(&hash);
        Ok(())
    }

    /// The next receipt.
    ///
    /// # Errors
    /// The fault, when it is not of the events that have passed by.
    pub fn receipt(&mut self, receipt: &Receipt) -> Result<(), Fault> {
        let wrong = self.fault(receipt.position, FaultKind::Receipt);
        if receipt.position != self.position() {
            return Err(wrong);
        }
        if let Some(first) = receipt.first {
            let Some(open) = self.open.take() else {
                return Err(wrong);
            };
            let fits = open.first == first
                && open.command == receipt.command_id
                && open.recorded_at == receipt.recorded_at;
            if !fits {
                return Err(wrong);
            }
            self.digest = digest(&self.digest, receipt, first);
        }
        self.receipts += 1;
        Ok(())
    }

    /// The end of the log.
    ///
    /// # Errors
    /// The fault, when the last receipt is missing, or a signed head says that there was more or something else.
    pub fn end(mut self) -> Result<Verified, Fault> {
        self.settle()?;
        if let Some(head) = self.heads.back() {
            let until = Position(head.size);
            return Err(self.fault(self.position().next(), FaultKind::Truncated { until }));
        }
        Ok(Verified {
            events: self.tree.size(),
            receipts: self.receipts,
            hash: self.previous,
            heads: self.fitting,
            vouched: self.vouched,
        })
    }

    /// Makes sure that nothing is open here.
    fn settle(&mut self) -> Result<(), Fault> {
        if self.open.is_some() {
            return Err(self.fault(self.position(), FaultKind::NoReceipt));
        }
        self.compare_heads()
    }

    /// What can be signed here, together with the tree.
    ///
    /// # Errors
    /// The fault, when the last receipt is missing.
    pub fn head(&mut self, kind: HeadKind, at: Instant) -> Result<(Head, &Tree), Fault> {
        self.settle()?;
        let head = Head {
            kind,
            size: self.tree.size(),
            hash: self.previous,
            root: self.tree.root(),
            receipts: self.digest,
            at,
        };
        Ok((head, &self.tree))
    }

    fn compare_heads(&mut self) -> Result<(), Fault> {
        while let Some(head) = self.heads.front().filter(|head| head.size <= self.tree.size()) {
            let until = Position(head.size);
            let first = self.vouched.unwrap_or(Position::START).next().min(until);
            if head.size < self.tree.size() || head.hash != self.previous || head.root != self.tree.root() {
                return Err(self.fault(first, FaultKind::Rewritten { until }));
            }
            if self.open.is_some() {
                // Heads are signed where an append ends.
                return Err(self.fault(self.position(), FaultKind::NoReceipt));
            }
            if head.receipts != self.digest {
                return Err(self.fault(first, FaultKind::ReceiptsRewritten { until }));
            }
            self.vouched = Some(until);
            self.fitting += 1;
            self.heads.pop_front();
        }
        Ok(())
    }
}
