//! How fast a log is exported, imported, verified and compared with raw inserts of the same rows, on SQLite.
//!
//! `cargo run --release -p store --example history_speed -- 1000000` in an empty folder of a disk, not of memory.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that measures stops when it cannot go on, and prints"
)]

use std::{
    env,
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
    time::Instant,
};

use domain::{
    actor::Actor,
    envelope::{Envelope, Position, Recorded, StreamId},
    fact::Category,
    ids::{AccountId, CommandId, CorrelationId, OrganisationId, SubjectId, derive},
};
use store::{
    hash,
    history::{
        self, Place, examine, export,
        import::{self, Target, import},
        sqlite::SqliteTarget,
    },
    lines::{self, Header, Item},
    log::{Receipt, event_id},
};
use uuid::Uuid;

/// Events of one stream, and of one command.
const STREAM: u64 = 10;
const APPEND: u64 = 2;
/// Rows of one raw insert.
const ROWS: usize = 1_000;

/// The log that is measured: positions, streams, receipts and payloads of about 370 bytes.
struct Made {
    position: u64,
    events: u64,
    previous: [u8; 32],
    receipt: Option<Receipt>,
}

impl Made {
    const fn new(events: u64) -> Self {
        Self {
            position: 0,
            events,
            previous: hash::BEFORE_THE_FIRST,
            receipt: None,
        }
    }

    fn event(&mut self) -> Recorded {
        self.position += 1;
        let at = self.position;
        let of = |what: &[u8], number: u64| derive::<CommandKind>(&[what, &number.to_be_bytes()]).uuid();
        let number = at - 1;
        let command = CommandId::new(of(b"command", number / APPEND));
        let moment = chrono::DateTime::from_timestamp_micros(
            1_800_000_000_000_000 + (number / APPEND * 100).cast_signed(),
        );
        let moment = moment.unwrap();
        let stream = of(b"stream", number / STREAM);
        let payload = format!(
            r#"{{"slot":{{"start":"2026-03-09T09:00:00Z","end":"2026-03-09T10:00:00Z"}},"by":"{stream}","note":"{:0>240}"}}"#,
            at
        );
        let mut envelope = Envelope {
            position: Position(at),
            stream: StreamId {
                tenant: OrganisationId::new(Uuid::from_u128(1)),
                category: Category::Interview,
                id: stream,
            },
            version: number % STREAM + 1,
            event_id: event_id(command, number % APPEND),
            event_type: "interview.rescheduled".to_owned(),
            schema_version: 1,
            occurred_at: moment,
            recorded_at: moment,
            actor: Actor::account(AccountId::new(of(b"account", number % 100))),
            command_id: command,
            correlation_id: CorrelationId::new(of(b"request", number / APPEND)),
            causation_id: None,
            subjects: vec![SubjectId::new(of(b"subject", number / STREAM))],
            links: vec![of(b"candidate", number / STREAM), of(b"panel", number % 100)],
            trace: None,
            hash: self.previous,
        };
        envelope.hash = hash::hash(&self.previous, &envelope, payload.as_bytes());
        self.previous = envelope.hash;
        if at.is_multiple_of(APPEND) {
            self.receipt = Some(Receipt {
                command_id: command,
                tenant: envelope.stream.tenant,
                input_hash: [7; 32],
                first: Some(Position(at - APPEND + 1)),
                position: Position(at),
                result: format!(r#"{{"interview":"{stream}"}}"#).into_bytes(),
                recorded_at: moment,
            });
        }
        Recorded {
            envelope,
            payload: payload.into_bytes().into(),
        }
    }
}

impl Iterator for Made {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if let Some(receipt) = self.receipt.take() {
            return Some(Item::Receipt(receipt));
        }
        (self.position < self.events).then(|| Item::Event(self.event()))
    }
}

/// Any kind of id: only its bits are used.
type CommandKind = domain::ids::kind::Command;

fn made(path: &Path, events: u64) {
    let mut made = Made::new(events);
    made.by_ref().for_each(drop);
    let header = Header {
        events,
        hash: made.previous,
    };
    let mut out = BufWriter::new(File::create(path).unwrap());
    writeln!(out, "{}", lines::write_header(&header)).unwrap();
    for item in Made::new(events) {
        writeln!(out, "{}", lines::write(&item)).unwrap();
    }
    out.flush().unwrap();
}

fn tell(what: &str, events: u64, begun: Instant) -> f64 {
    let seconds = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts of events are far below 2^52")]
    let rate = events as f64 / seconds;
    println!("{what:<24}{seconds:>8.2} s {rate:>12.0} events/s");
    rate
}

/// The same rows in the same statements, nothing read, parsed or proven.
async fn raw(folder: &Path, events: u64) -> f64 {
    let mut target = SqliteTarget::open(&folder.join("raw.db")).await.unwrap();
    let (mut written, mut chunk, mut receipts) = (0.0, Vec::new(), Vec::new());
    assert!(target.begin().await.unwrap());
    let mut last = None;
    let mut items = Made::new(events).peekable();
    while let Some(item) = items.next() {
        match item {
            Item::Event(event) => chunk.push(event),
            Item::Receipt(receipt) => receipts.push(receipt),
        }
        if chunk.len() >= ROWS || items.peek().is_none() {
            let begun = Instant::now();
            target.write(&chunk, &receipts).await.unwrap();
            written += begun.elapsed().as_secs_f64();
            last = chunk.pop().or(last);
            (chunk, receipts) = (Vec::new(), Vec::new());
        }
    }
    let begun = Instant::now();
    Box::new(target).commit(last.as_ref()).await.unwrap();
    written += begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts of events are far below 2^52")]
    let rate = events as f64 / written;
    println!("{:<24}{written:>8.2} s {rate:>12.0} events/s", "raw inserts");
    rate
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let events = env::args()
        .nth(1)
        .map_or(100_000, |events| events.parse().unwrap());
    let folder = env::current_dir().unwrap();
    let (file, again) = (folder.join("made.jsonl"), folder.join("again.jsonl"));
    made(&file, events);

    let raw = raw(&folder, events).await;
    let place = Place::Sqlite(folder.join("log.db"));
    let reader = || BufReader::with_capacity(1024 * 1024, File::open(&file).unwrap());
    let begun = Instant::now();
    import(
        import::open(&place).await.unwrap(),
        reader(),
        Vec::new(),
        &|_, _| {},
    )
    .await
    .unwrap();
    let imported = tell("import", events, begun);
    println!("{:<24}{:>8.2} of raw inserts", "", imported / raw);

    let history = history::open(&place).await.unwrap();
    let begun = Instant::now();
    let verified = examine::database(&*history, &[], &|_, _| {}).await.unwrap();
    assert_eq!(verified.events, events);
    tell("verify the database", events, begun);

    let begun = Instant::now();
    let mut out = BufWriter::new(File::create(&again).unwrap());
    export::export(&*history, &mut out, &|_, _| {}).await.unwrap();
    drop(out);
    tell("export", events, begun);

    let begun = Instant::now();
    examine::export(reader(), &[], &|_, _| {}).unwrap();
    tell("verify the export", events, begun);
    history.close().await;
}
