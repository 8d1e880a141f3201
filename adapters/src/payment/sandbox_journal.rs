//! What the sandbox remembers: orders, attempts, refunds and messages not yet taken, in one file of the data folder.
//!
//! One line of JSON for each change, on the disk before anybody is told. A line that a crash cut short is dropped at
//! the next start, when the file is also written anew without what is over.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use domain::{
    ids::{InterviewId, OrganisationId, PaymentId, RefundId},
    money::Money,
};
use serde::{Deserialize, Serialize};

use crate::durable;

/// Name of the file in the data folder.
pub(super) const FILE: &str = "sandbox_payments.jsonl";

/// One change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "entry", deny_unknown_fields)]
pub(super) enum Entry {
    Order(OrderMade),
    Attempt(AttemptMade),
    Refund(RefundMade),
    Taken { message: String },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OrderMade {
    pub(super) order: String,
    pub(super) tenant: OrganisationId,
    pub(super) payment: PaymentId,
    pub(super) interview: InterviewId,
    pub(super) amount: Money,
    pub(super) title: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AttemptMade {
    pub(super) order: String,
    pub(super) attempt: String,
    /// What was taken; nothing when the attempt failed or only reserved the money.
    pub(super) captured: Option<Money>,
    /// How many times each message about it is repeated, those about its refunds too.
    #[serde(default)]
    pub(super) copies: u8,
    pub(super) messages: Vec<Message>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RefundMade {
    pub(super) order: String,
    pub(super) attempt: String,
    pub(super) refund: RefundId,
    pub(super) amount: Money,
    pub(super) provider_refund: String,
    pub(super) messages: Vec<Message>,
}

/// A message to our own endpoint that has to be sent until it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    /// Name of this sending; a repetition of the same event has another.
    pub(super) id: String,
    /// Whole seconds of real time to wait first; after a restart the wait begins anew.
    pub(super) delay_seconds: u64,
    /// The body, byte for byte.
    pub(super) body: String,
}

/// One order and everything that happened to it.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) made: OrderMade,
    pub(super) attempts: Vec<AttemptMade>,
    pub(super) refunds: Vec<RefundMade>,
}

impl Held {
    /// What attempts have taken so far.
    pub(super) fn is_paid(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.captured.is_some())
    }
}

/// The file, and what it says.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    orders: BTreeMap<String, Held>,
    waiting: BTreeMap<String, Message>,
}

impl Journal {
    /// Reads the file of a data folder, drops what is over, and goes on behind it.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let (orders, waiting) = replay(&read(&path)?);
        durable::write(&path, &compacted(&orders, &waiting)?)?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok(Self {
            file,
            orders,
            waiting,
        })
    }

    /// Makes a change durable, then lets it count. After an error nothing has changed that counts.
    pub(super) fn record(&mut self, entry: Entry) -> io::Result<()> {
        let before = self.file.metadata()?.len();
        let written = line(&entry).and_then(|line| {
            self.file.write_all(&line)?;
            self.file.sync_data()
        });
        if let Err(error) = written {
            // A half-written line must not be joined to the next one.
            self.file.set_len(before)?;
            return Err(error);
        }
        apply(&mut self.orders, &mut self.waiting, entry);
        Ok(())
    }

    pub(super) fn order(&self, order: &str) -> Option<&Held> {
        self.orders.get(order)
    }

    pub(super) fn orders(&self) -> impl Iterator<Item = &Held> {
        self.orders.values()
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &Message> {
        self.waiting.values()
    }
}

type Orders = BTreeMap<String, Held>;
type Waiting = BTreeMap<String, Message>;

fn read(path: &Path) -> io::Result<Vec<Entry>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| serde_json::from_str(line).map_err(io::Error::other))
        .collect()
}

fn replay(entries: &[Entry]) -> (Orders, Waiting) {
    let (mut orders, mut waiting) = (Orders::new(), Waiting::new());
    for entry in entries {
        apply(&mut orders, &mut waiting, entry.clone());
    }
    (orders, waiting)
}

fn apply(orders: &mut Orders, waiting: &mut Waiting, entry: Entry) {
    match entry {
        Entry::Order(made) => {
            orders.entry(made.order.clone()).or_insert(Held {
                made,
                attempts: Vec::new(),
                refunds: Vec::new(),
            });
        }
        Entry::Attempt(mut made) => {
            wait_for(waiting, &mut made.messages);
            if let Some(held) = orders.get_mut(&made.order) {
                held.attempts.push(made);
            }
        }
        Entry::Refund(mut made) => {
            wait_for(waiting, &mut made.messages);
            if let Some(held) = orders.get_mut(&made.order) {
                held.refunds.push(made);
            }
        }
        Entry::Taken { message } => {
            waiting.remove(&message);
        }
    }
}

fn wait_for(waiting: &mut Waiting, messages: &mut Vec<Message>) {
    for message in messages.drain(..) {
        waiting.insert(message.id.clone(), message);
    }
}

/// The same state in as few lines as it takes. Messages that still wait are hung on the first attempt or refund they
/// can be hung on: to whom they belong does not matter any more.
fn compacted(orders: &Orders, waiting: &Waiting) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut left: Vec<Message> = waiting.values().cloned().collect();
    for held in orders.values() {
        bytes.extend(line(&Entry::Order(held.made.clone()))?);
        for attempt in &held.attempts {
            let mut attempt = attempt.clone();
            attempt.messages = std::mem::take(&mut left);
            bytes.extend(line(&Entry::Attempt(attempt))?);
        }
        for refund in &held.refunds {
            bytes.extend(line(&Entry::Refund(refund.clone()))?);
        }
    }
    Ok(bytes)
}

fn line(entry: &Entry) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(entry).map_err(io::Error::other)?;
    line.push(b'\n');
    Ok(line)
}
