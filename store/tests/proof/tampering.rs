//! Somebody changes the log in its database: it is found, with the first position that does not fit.

use std::collections::BTreeMap;

use domain::envelope::{Position, Recorded};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions,
};
use store::{
    audit::{Fault, FaultKind},
    hash,
    heads::Head,
    history::{
        self, Place,
        examine::{self, ExamineError},
    },
};

use crate::support::{
    DatabaseCopy, Random, Signed, Sqlite, exported, signed_postgres, signed_sqlite, with_postgres,
};

/// How often the log in a file is tampered with.
const TIMES: usize = 500;
/// How often the log in PostgreSQL is.
const TIMES_ON_POSTGRES: usize = 60;

/// Where the first fault must be found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    /// There.
    At(u64),
    /// Said to be somewhere in a range that includes this position.
    Around(u64),
}

impl Expected {
    fn is(self, fault: &Fault) -> bool {
        let first = fault.position.0;
        match self {
            Self::At(position) => first == position,
            Self::Around(position) => match fault.kind {
                FaultKind::Rewritten { until } | FaultKind::ReceiptsRewritten { until } => {
                    (first..=until.0).contains(&position)
                }
                _ => false,
            },
        }
    }
}

async fn fault(place: &Place, heads: &[Head]) -> Option<Fault> {
    let history = history::open(place).await.unwrap();
    let examined = examine::database(&*history, heads, &|_, _| {}).await;
    history.close().await;
    match examined {
        Ok(_) => None,
        Err(ExamineError::Fault(fault)) => Some(fault),
        Err(error) => panic!("{error:?}"),
    }
}

/// The last position of the append that an event belongs to.
fn last_of_append(events: &[Recorded], position: u64) -> u64 {
    let command = events[index(position)].envelope.command_id;
    let last = events.iter().rfind(|event| event.envelope.command_id == command);
    last.unwrap().envelope.position.0
}

fn first_of_append(events: &[Recorded], position: u64) -> u64 {
    let command = events[index(position)].envelope.command_id;
    let first = events.iter().find(|event| event.envelope.command_id == command);
    first.unwrap().envelope.position.0
}

fn index(position: u64) -> usize {
    usize::try_from(position - 1).unwrap()
}

/// Hashes of all events when one payload is another one.
fn rewritten(events: &[Recorded], position: u64, payload: &[u8]) -> Vec<(u64, [u8; 32])> {
    let mut previous = hash::BEFORE_THE_FIRST;
    let mut hashes = Vec::new();
    for event in events {
        let at = event.envelope.position.0;
        let payload = if at == position { payload } else { &*event.payload };
        previous = hash::hash(&previous, &event.envelope, payload);
        hashes.push((at, previous));
    }
    hashes.split_off(index(position))
}

const BLOBS: &[&str] = &[
    "tenant",
    "stream_id",
    "event_id",
    "command_id",
    "correlation_id",
    "causation_id",
    "subjects",
    "links",
    "hash",
    "payload",
];
const NUMBERS: &[&str] = &[
    "position",
    "version",
    "schema_version",
    "occurred_at",
    "recorded_at",
];
const TEXTS: &[&str] = &["category", "type", "actor", "trace"];

/// Somebody with the file.
struct Tamperer<'a> {
    connection: SqliteConnection,
    random: &'a mut Random,
    events: &'a [Recorded],
}

impl Tamperer<'_> {
    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.random.below(of.len() as u64)).unwrap()]
    }

    fn position(&mut self) -> u64 {
        self.random.up_to(self.events.len() as u64)
    }

    async fn execute(&mut self, sql: String) -> bool {
        let done = sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut self.connection)
            .await;
        // A constraint that refuses is no tampering.
        done.is_ok_and(|done| done.rows_affected() > 0)
    }

    async fn blob(&mut self, sql: String) -> Option<Vec<u8>> {
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut self.connection)
            .await
            .unwrap()
    }

    async fn number(&mut self, sql: String) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut self.connection)
            .await
            .unwrap()
    }

    /// Flips one bit of a value in a row, or makes a value where there is none.
    async fn flip_blob(&mut self, table: &str, column: &str, row: &str) -> bool {
        let stored = self
            .blob(format!("select {column} from {table} where {row}"))
            .await;
        let mut bytes = stored.unwrap_or_default();
        if bytes.is_empty() {
            bytes = vec![7; 16];
        } else {
            let bit = self.random.below(bytes.len() as u64 * 8);
            bytes[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
        }
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.execute(format!("update {table} set {column} = x'{hex}' where {row}"))
            .await
    }

    /// Flips one bit of a number in a row; says what it is afterwards.
    async fn flip_number(&mut self, table: &str, column: &str, row: &str) -> Option<i64> {
        let stored = self
            .number(format!("select {column} from {table} where {row}"))
            .await;
        let number = stored ^ (1 << self.random.below(16));
        self.execute(format!("update {table} set {column} = {number} where {row}"))
            .await
            .then_some(number)
    }

    async fn flip(&mut self) -> Option<Expected> {
        let position = self.position();
        let row = format!("position = {position}");
        let done = match self.random.below(3) {
            0 => {
                let column = self.one_of(BLOBS);
                self.flip_blob("events", column, &row).await
            }
            1 => {
                let column = self.one_of(NUMBERS);
                self.flip_number("events", column, &row).await.is_some()
            }
            _ => {
                let column = self.one_of(TEXTS);
                let text = self.one_of(&["'x' || coalesce({}, '')", "coalesce({}, '') || ' '"]);
                let text = text.replace("{}", column);
                self.execute(format!("update events set {column} = {text} where {row}"))
                    .await
            }
        };
        done.then_some(Expected::At(position))
    }

    async fn drop_event(&mut self) -> Option<Expected> {
        let position = self.position();
        self.execute(format!("delete from events where position = {position}"))
            .await
            .then_some(Expected::At(self.torn_by_dropping(position)))
    }

    /// Where a dropped event is missed first: the receipt goes with the last event of a command, so when nothing follows,
    /// what is left of the command has none.
    fn torn_by_dropping(&self, position: u64) -> u64 {
        let is_last = position == self.events.len() as u64;
        let is_alone = first_of_append(self.events, position) == position;
        if is_last && !is_alone {
            position - 1
        } else {
            position
        }
    }

    /// Makes room, and puts a copy of another event there.
    async fn insert_event(&mut self) -> Option<Expected> {
        let (position, copied) = (self.position(), self.position());
        let copied = if copied >= position { copied + 1 } else { copied };
        self.execute(format!(
            "update events set position = position + 1000000 where position >= {position};
            update events set position = position - 999999 where position > 1000000;
            insert into events
            select {position}, tenant, category, stream_id, version + 1000000, randomblob(16), type, schema_version,
                occurred_at, recorded_at, actor, command_id, correlation_id, causation_id, subjects, links, trace,
                hash, payload, receipt_first, receipt_input_hash, receipt_result
            from events
            where position = {copied}"
        ))
        .await
        .then_some(Expected::At(position))
    }

    async fn swap_events(&mut self) -> Option<Expected> {
        let (one, other) = (self.position(), self.position());
        if one == other {
            return None;
        }
        self.execute(format!(
            "update events set position = 1000000 where position = {one};
            update events set position = {one} where position = {other};
            update events set position = {other} where position = 1000000"
        ))
        .await
        .then_some(Expected::At(one.min(other)))
    }

    /// Cuts everything off from an append on, and leaves nothing of it.
    async fn truncate(&mut self) -> Option<Expected> {
        let position = self.position();
        let position = first_of_append(self.events, position);
        self.execute(format!(
            "delete from log_index.links where position >= {position};
            delete from receipts_apart where position >= {position};
            delete from events where position >= {position}"
        ))
        .await
        .then_some(Expected::At(position))
    }

    /// Writes another payload, and makes all hashes fit.
    async fn rewrite(&mut self) -> Option<Expected> {
        let position = self.position();
        let mut sql = format!("update events set payload = x'00' where position = {position};");
        for (at, hash) in rewritten(self.events, position, b"\0") {
            let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            sql += &format!("update events set hash = x'{hash}' where position = {at};");
        }
        self.execute(sql).await.then_some(Expected::Around(position))
    }

    async fn change_receipt(&mut self) -> Option<Expected> {
        let position = self.position();
        let last = last_of_append(self.events, position);
        let row = format!("position = {last}");
        match self.random.below(6) {
            0 => {
                let column = self.one_of(&["receipt_input_hash", "receipt_result"]);
                let done = self.flip_blob("events", column, &row).await;
                done.then_some(Expected::Around(last))
            }
            1 => {
                let done = self.flip_number("events", "receipt_first", &row).await.is_some();
                done.then_some(Expected::At(last))
            }
            2 => {
                let done = self
                    .execute(format!(
                        "update events
                        set receipt_first = null, receipt_input_hash = null, receipt_result = null
                        where {row}"
                    ))
                    .await;
                done.then_some(Expected::At(last))
            }
            3 => {
                let done = self
                    .execute(format!(
                        "update events as e
                        set receipt_first = r.receipt_first, receipt_input_hash = r.receipt_input_hash,
                            receipt_result = r.receipt_result
                        from events r
                        where r.position = {last} and e.position = {last} + 1 and e.receipt_first is null"
                    ))
                    .await;
                done.then_some(Expected::At(last + 1))
            }
            4 => {
                let column = self.one_of(&["tenant", "input_hash", "result", "command_id"]);
                self.receipt_apart("first_position", &format!("{last}")).await?;
                self.flip_blob("receipts_apart", column, &row).await;
                Some(Expected::At(last))
            }
            _ => {
                let end = self.events.len() + 5;
                self.receipt_apart("null", &format!("{end}")).await?;
                Some(Expected::At(end as u64))
            }
        }
    }

    /// Forges a receipt from that of some command.
    async fn receipt_apart(&mut self, first: &str, position: &str) -> Option<()> {
        self.execute(format!(
            "insert into receipts_apart
            select randomblob(16), tenant, input_hash, {first}, {position}, result, recorded_at
            from receipts
            where first_position is not null
            limit 1"
        ))
        .await
        .then_some(())
    }

    async fn change_links(&mut self) -> Option<Expected> {
        let position = self.position();
        let insert = format!("insert into log_index.links values (randomblob(16), 1, {position})");
        let count = format!("select count(*) from log_index.links where position = {position} and kind < 3");
        if self.number(count).await == 0 || self.random.below(4) == 0 {
            return self.execute(insert).await.then_some(Expected::At(position));
        }
        let id = self
            .blob(format!(
                "select id from log_index.links where position = {position} and kind < 3 limit 1"
            ))
            .await;
        let id: String = id.unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        let row = format!("position = {position} and kind < 3 and id = x'{id}'");
        match self.random.below(3) {
            0 => {
                let done = self
                    .execute(format!("delete from log_index.links where {row}"))
                    .await;
                done.then_some(Expected::At(position))
            }
            1 => {
                let done = self.flip_blob("log_index.links", "id", &row).await;
                done.then_some(Expected::At(position))
            }
            _ => {
                let moved = self.flip_number("log_index.links", "position", &row).await?;
                // A link may have moved to before the first event: it is found with the first.
                let moved = u64::try_from(moved).unwrap().max(1);
                Some(Expected::At(position.min(moved)))
            }
        }
    }

    async fn tamper(&mut self, kind: &str) -> Option<Expected> {
        match kind {
            "flip" => self.flip().await,
            "drop" => self.drop_event().await,
            "insert" => self.insert_event().await,
            "swap" => self.swap_events().await,
            "truncate" => self.truncate().await,
            "rewrite" => self.rewrite().await,
            "receipt" => self.change_receipt().await,
            _ => self.change_links().await,
        }
    }
}

const KINDS: &[&str] = &[
    "flip", "flip", "flip", "flip", "drop", "insert", "swap", "truncate", "rewrite", "receipt", "links",
];

async fn tampered(
    original: &Sqlite,
    signed: &Signed,
    random: &mut Random,
    kind: &str,
) -> Option<(Sqlite, Expected)> {
    let copy = original.copy();
    let mut connection = SqliteConnectOptions::new()
        .filename(copy.file())
        .connect()
        .await
        .unwrap();
    sqlx::query("attach database ? as log_index")
        .bind(copy.index().to_str())
        .execute(&mut connection)
        .await
        .unwrap();
    let mut tamperer = Tamperer {
        connection,
        random,
        events: &signed.events,
    };
    let expected = tamperer.tamper(kind).await;
    tamperer.connection.close().await.unwrap();
    expected.map(|expected| (copy, expected))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_tamperings_with_the_file_are_found_at_their_first_position() {
    let (original, signed) = signed_sqlite().await;
    let (mut random, mut done) = (Random::seeded(), BTreeMap::<&str, usize>::new());
    assert!(signed.events.len() > 50 && signed.heads.len() > 4);
    assert_eq!(fault(&original.place(), &signed.heads).await, None);

    while done.values().sum::<usize>() < TIMES {
        let kind = KINDS[usize::try_from(random.below(KINDS.len() as u64)).unwrap()];
        let Some((copy, expected)) = tampered(&original, &signed, &mut random, kind).await else {
            continue;
        };
        let found = fault(&copy.place(), &signed.heads).await;
        let is_found = found.as_ref().is_some_and(|found| expected.is(found));
        assert!(is_found, "{kind} number {done:?}: {expected:?}, but {found:?}");
        *done.entry(kind).or_default() += 1;
    }

    assert_eq!(done.len(), 8, "{done:?}");
    assert_eq!(fault(&original.place(), &signed.heads).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_heads_only_what_the_chain_shows_is_found() {
    let (original, signed) = signed_sqlite().await;
    let mut random = Random(3);

    let (cut, _) = tampered(&original, &signed, &mut random, "truncate")
        .await
        .unwrap();
    let (rewritten, _) = tampered(&original, &signed, &mut random, "rewrite")
        .await
        .unwrap();
    let (flipped, at) = tampered(&original, &signed, &mut random, "flip").await.unwrap();

    assert_eq!(fault(&cut.place(), &[]).await, None);
    assert_eq!(fault(&rewritten.place(), &[]).await, None);
    assert!(at.is(&fault(&flipped.place(), &[]).await.unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_examined_without_a_database() {
    let (original, signed) = signed_sqlite().await;
    let history = history::open(&original.place()).await.unwrap();
    let export = String::from_utf8(exported(&*history).await).unwrap();
    let lines: Vec<_> = export.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.starts_with(r#"{"event":{"position":30,"#))
        .unwrap();
    let examine = |lines: &[&str]| {
        let text = lines.join("\n") + "\n";
        examine::export(text.as_bytes(), &signed.heads, &|_, _| {})
    };

    let whole = examine(&lines).unwrap();
    let changed = lines[at].replace("interview.held", "interview.helt");
    let changed = examine(&[&lines[..at], &[changed.as_str()], &lines[at + 1..]].concat());
    let dropped = examine(&[&lines[..at], &lines[at + 1..]].concat());
    let swapped = examine(&[&lines[..at], &[lines[at + 1], lines[at]], &lines[at + 2..]].concat());
    let cut = examine(&lines[..at]);

    assert_eq!(whole.events, signed.events.len() as u64);
    assert_eq!(whole.vouched, Some(Position(whole.events)));
    for (refused, position) in [(changed, 30), (dropped, 30), (swapped, 30), (cut, 30)] {
        let Err(ExamineError::Fault(fault)) = refused else {
            panic!("no fault: {refused:?}");
        };
        let near = fault.position.0;
        assert!((position - 1..=position).contains(&near), "{fault}");
    }
}

/// Statements that tamper with the log at `{p}`; `{last}` is where its append ends.
const STATEMENTS: &[(&str, bool)] = &[
    (
        "update log.events set payload = payload || '\\x00' where position = {p}",
        false,
    ),
    (
        "update log.events set hash = set_byte(hash, 3, get_byte(hash, 3) # 8) where position = {p}",
        false,
    ),
    (
        "update log.events set tenant = gen_random_uuid() where position = {p}",
        false,
    ),
    (
        "update log.events set category = 'payment' where position = {p}",
        false,
    ),
    (
        "update log.events set category = 'nothing' where position = {p}",
        false,
    ),
    (
        "update log.events set stream_id = gen_random_uuid() where position = {p}",
        false,
    ),
    (
        "update log.events set version = version + 1000 where position = {p}",
        false,
    ),
    (
        "update log.events set event_id = gen_random_uuid() where position = {p}",
        false,
    ),
    (
        "update log.events set type = type || 'x' where position = {p}",
        false,
    ),
    (
        "update log.events set schema_version = schema_version + 1 where position = {p}",
        false,
    ),
    (
        "update log.events set schema_version = 70000 where position = {p}",
        false,
    ),
    (
        "update log.events set occurred_at = occurred_at + 1 where position = {p}",
        false,
    ),
    (
        "update log.events set recorded_at = recorded_at - 1 where position = {p}",
        false,
    ),
    (
        "update log.events set actor = ' ' || actor where position = {p}",
        false,
    ),
    (
        "update log.events set command_id = gen_random_uuid() where position = {p}",
        false,
    ),
    (
        "update log.events set correlation_id = gen_random_uuid() where position = {p}",
        false,
    ),
    (
        "update log.events set causation_id = gen_random_uuid() where position = {p}",
        false,
    ),
    (
        "update log.events set subjects = subjects || '\\x00' where position = {p}",
        false,
    ),
    (
        "update log.events set links = links || decode(repeat('00', 16), 'hex') where position = {p}",
        false,
    ),
    (
        "update log.events set trace = coalesce(trace, '') || 'x' where position = {p}",
        false,
    ),
    ("delete from log.events where position = {p}", false),
    (
        "insert into log.event_links values (gen_random_uuid(), 1, {p})",
        false,
    ),
    (
        "update log.receipts set command_id = gen_random_uuid() where position = {last} and first_position is not null",
        true,
    ),
    (
        "delete from log.receipts where position = {last} and first_position is not null",
        true,
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_tamperings_with_postgres_are_found_at_their_first_position() {
    with_postgres(|url| async move {
        let signed = signed_postgres(&url).await;
        let mut random = Random::seeded();
        assert_eq!(fault(&Place::Postgres(url.clone()), &signed.heads).await, None);

        for time in 0..TIMES_ON_POSTGRES {
            let (sql, of_append) = STATEMENTS[time % STATEMENTS.len()];
            let position = random.up_to(signed.events.len() as u64 - 1);
            let last = last_of_append(&signed.events, position);
            let sql = sql
                .replace("{p}", &position.to_string())
                .replace("{last}", &last.to_string());
            let expected = if of_append { last } else { position };

            let copy = DatabaseCopy::of(&url).await;
            change(&copy.url, &sql).await;
            let found = fault(&Place::Postgres(copy.url.clone()), &signed.heads).await;
            copy.end().await;

            let is_found = found
                .as_ref()
                .is_some_and(|found| Expected::At(expected).is(found));
            assert!(is_found, "{sql}: not {expected}, but {found:?}");
        }
    })
    .await;
}

async fn change(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let changed = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
    assert!(changed.rows_affected() > 0, "{sql}");
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncation_of_postgres_is_found_with_and_without_its_noted_end() {
    with_postgres(|url| async move {
        let signed = signed_postgres(&url).await;
        let from = first_of_append(&signed.events, 30);
        let last = &signed.events[index(from - 1)].envelope;
        let hash: String = last.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let cut = format!(
            "delete from log.event_links where position >= {from};
            delete from log.receipts where position >= {from};
            delete from log.events where position >= {from};"
        );
        let noted = format!(
            "update log.head set position = {}, recorded_at = {}, hash = '\\x{hash}'",
            last.position.0,
            last.recorded_at.timestamp_micros()
        );
        let place = Place::Postgres(url.clone());

        change(&url, &cut).await;
        let with_the_old_end = fault(&place, &[]).await.unwrap();
        change(&url, &noted).await;
        let without_heads = fault(&place, &[]).await;
        let with_heads = fault(&place, &signed.heads).await.unwrap();

        assert_eq!(with_the_old_end.position, Position(from));
        assert_eq!(without_heads, None);
        assert_eq!(with_heads.position, Position(from));
    })
    .await;
}
