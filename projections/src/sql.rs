//! Two databases, one dialect: statements are put together from literals, checked names and bound values.
//!
//! Nothing that comes from outside becomes text of a statement: [`Sql::push`] takes literals only, names come from
//! constants of read models, and every value is bound. Both databases read the same text; PostgreSQL keeps the tables
//! in the schema `read`, SQLite in a file of their own.

use std::{path::Path, time::Duration};

use serde::{Deserialize, Serialize};
use sqlx::{
    Arguments, AssertSqlSafe, PgPool, Postgres, Row, Sqlite, SqlitePool, Transaction,
    postgres::{PgArguments, PgPoolOptions, PgRow},
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};

use crate::{memo::Memo, turns::Turns};

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// The bytes of one id, or of two.
    Id,
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A moment, in microseconds since 1970.
    Instant,
    /// True or false.
    Bool,
}

/// A value that is bound to a statement, or read by one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Value {
    /// Nothing, of a kind.
    Null(Kind),
    /// Bytes of ids.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A whole number, or a moment.
    Integer(i64),
    /// True or false.
    Bool(bool),
}

impl Value {
    /// True when the value may stand in a column of this kind.
    pub const fn fits(&self, kind: Kind) -> bool {
        match (self, kind) {
            (Self::Null(_), _)
            | (Self::Bytes(_), Kind::Id)
            | (Self::Text(_), Kind::Text)
            | (Self::Integer(_), Kind::Integer | Kind::Instant)
            | (Self::Bool(_), Kind::Bool) => true,
            (Self::Bytes(_) | Self::Text(_) | Self::Integer(_) | Self::Bool(_), _) => false,
        }
    }
}

/// The read tables could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The database cannot be reached, or failed.
    #[error("the read tables are unavailable")]
    Unavailable(#[from] sqlx::Error),
    /// What is stored is not what was written; a rebuild mends it.
    #[error("the read table {table} holds something unreadable")]
    Unreadable {
        /// Where.
        table: String,
    },
    /// A place in a list does not belong to this list's order.
    #[error("the place in the list belongs to another order")]
    ForeignPlace,
}

/// A name in SQL: lower-case letters, digits and underscores, at most 63.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name(String);

impl Name {
    /// The name, if it has the form of one.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        (plain && !text.is_empty() && text.len() <= 63).then_some(Self(text))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A statement under construction.
#[derive(Clone, Debug)]
pub struct Sql {
    text: String,
    values: Vec<Bound>,
    dialect: Dialect,
    /// Values that are not in a list of [`Sql::is_among`].
    single: usize,
}

/// What a parameter stands for.
#[derive(Clone, Debug)]
enum Bound {
    One(Value),
    /// Several of a kind, as one array; only PostgreSQL has them.
    Many(Kind, Vec<Value>),
}

/// Which database a statement is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dialect {
    Sqlite,
    Postgres,
}

/// Statements with more single values than this come in so many lengths that keeping them prepared would push out the
/// others.
const CACHED_VALUES: usize = 16;

/// How much of SQLite's file is looked at where the system keeps it, while that is asked for.
const MAPPED: i64 = 1024 * 1024 * 1024;

/// Bytes of a page of a new SQLite file. Rows take two to four thousand, so SQLite's own choice of 4,096 would give most of
/// them a page each.
const PAGE_BYTES: u32 = 16 * 1024;
/// After how many pages SQLite's log is carried over into the file: 4 MiB with pages of that size, as is usual.
const CHECKPOINT_PAGES: &str = "256";

/// Connections for queries: as many as keep two cores busy. More only take turns on them.
const READERS: u32 = 4;
/// Connections beside those, for whoever takes longer than a query, so that no query waits for them.
const SPARE: u32 = 2;

/// How PostgreSQL plans queries: once for a connection, by the shape of the statement and not by how large the tables
/// happened to be then. A plan that is kept would otherwise walk, years later, what was a page of rows when it was made;
/// and making it anew takes longer than most of our queries. Every query has an index, so that a table is walked or
/// sorted into a bitmap only where there is no other way.
const LASTING_PLANS: [(&str, &str); 4] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("jit", "off"),
];

impl Sql {
    const fn new(dialect: Dialect) -> Self {
        Self {
            text: String::new(),
            values: Vec::new(),
            dialect,
            single: 0,
        }
    }

    const fn stays_prepared(&self) -> bool {
        self.single <= CACHED_VALUES
    }

    /// The statement's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a literal.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds the name of a table or view, with its schema.
    pub fn table(&mut self, name: &Name) -> &mut Self {
        self.text.push_str(match self.dialect {
            Dialect::Sqlite => "",
            Dialect::Postgres => "read.",
        });
        self.text.push_str(&name.0);
        self
    }

    /// Adds a name without a schema: of a column or an index.
    pub fn name(&mut self, name: &Name) -> &mut Self {
        self.text.push_str(&name.0);
        self
    }

    /// Adds a parameter with its value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.single += 1;
        self.bind_any(Bound::One(value.into()))
    }

    fn bind_any(&mut self, bound: Bound) -> &mut Self {
        self.values.push(bound);
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// Adds a comparison of what stands before with values of a kind: it is one of them. The text is the same for
    /// many numbers of values, so that it can stay prepared.
    pub fn is_among(&mut self, kind: Kind, values: impl IntoIterator<Item = Value>) -> &mut Self {
        let mut values: Vec<_> = values.into_iter().collect();
        match (values.as_slice(), self.dialect) {
            // A comparison with null is not true.
            ([], _) => self.push(" = ").bind(Value::Null(kind)),
            ([only], _) => {
                let only = only.clone();
                self.push(" = ").bind(only)
            }
            (_, Dialect::Postgres) => {
                self.push(" = any(").bind_any(Bound::Many(kind, values));
                self.push(")")
            }
            ([first, ..], Dialect::Sqlite) => {
                let first = first.clone();
                values.resize(values.len().next_power_of_two(), first);
                self.push(" in (").list(values, |sql, value| {
                    sql.bind_any(Bound::One(value));
                });
                self.push(")")
            }
        }
    }

    /// Adds a comparison: a column of text holds this text, letter for letter. Nothing in the text has a meaning of its
    /// own, as it would have in a pattern.
    pub(crate) fn contains(&mut self, alias: &'static str, column: &'static str, text: &str) -> &mut Self {
        self.push(match self.dialect {
            Dialect::Sqlite => "instr(",
            Dialect::Postgres => "strpos(",
        });
        self.push(alias).push(column).push(", ").bind(text).push(") > 0")
    }

    /// Ends a subquery that is to be asked for each row: PostgreSQL would otherwise make a join of it, and sort what it
    /// joins.
    pub(crate) fn asked_for_each_row(&mut self) -> &mut Self {
        self.push(match self.dialect {
            Dialect::Sqlite => ")",
            Dialect::Postgres => " offset 0)",
        })
    }

    /// Adds `count` items with a comma between them.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut add: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            add(self, item);
        }
        self
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<domain::envelope::Position> for Value {
    /// Positions count events, of which there are fewer than 2^63.
    fn from(position: domain::envelope::Position) -> Self {
        Self::Integer(i64::try_from(position.0).unwrap_or(i64::MAX))
    }
}

impl From<domain::ids::OrganisationId> for Value {
    fn from(tenant: domain::ids::OrganisationId) -> Self {
        Self::Bytes(tenant.uuid().as_bytes().to_vec())
    }
}

/// One row of an answer, in the kinds asked for.
pub type Cells = Vec<Value>;

/// One row of an answer, where it was received.
#[derive(Clone, Copy)]
pub(crate) enum Received<'r> {
    Sqlite(&'r SqliteRow),
    Postgres(&'r PgRow),
}

impl<'r> Received<'r> {
    /// A column of bytes that is not null.
    pub(crate) fn bytes(self, index: usize) -> Result<&'r [u8], sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(index),
            Self::Postgres(row) => row.try_get(index),
        }
    }

    /// A column of text that is not null.
    pub(crate) fn text(self, index: usize) -> Result<&'r str, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(index),
            Self::Postgres(row) => row.try_get(index),
        }
    }

    /// A column of a kind.
    pub(crate) fn value(self, index: usize, kind: Kind) -> Result<Value, sqlx::Error> {
        match self {
            Self::Sqlite(row) => sqlite_cell(row, index, kind),
            Self::Postgres(row) => postgres_cell(row, index, kind),
        }
    }

    /// A column of whole numbers that is not null.
    pub(crate) fn integer(self, index: usize) -> Result<i64, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(index),
            Self::Postgres(row) => row.try_get(index),
        }
    }
}

/// The database that holds the read tables.
#[derive(Clone, Debug)]
pub enum Db {
    /// A file of its own, with one writer.
    Sqlite {
        /// For queries.
        reader: Turns<Sqlite>,
        /// One connection: read models take turns instead of failing as busy.
        writer: SqlitePool,
        /// Rows that queries have read before.
        memo: Memo,
    },
    /// The schema `read` of a database.
    Postgres {
        /// For queries, with plans that last.
        reader: Turns<Postgres>,
        /// For read models, which change tables and look over all of them.
        writer: PgPool,
        /// Rows that queries have read before.
        memo: Memo,
    },
}

impl Db {
    /// Opens `read.db`, and makes it when it is not there.
    ///
    /// `synchronous` is `normal`: after a power cut the last transactions may be missing, rows and checkpoint
    /// together, because they were one transaction; the log still has the events, and they are folded again.
    ///
    /// # Errors
    /// [`DbError::Unavailable`], when the file cannot be opened.
    pub async fn open_sqlite(file: &Path) -> Result<Self, DbError> {
        Self::open(file, SqliteSynchronous::Normal).await
    }

    /// A file that nobody needs after a crash.
    ///
    /// # Errors
    /// [`DbError::Unavailable`], when the file cannot be opened.
    pub async fn open_scratch(file: &Path) -> Result<Self, DbError> {
        Self::open(file, SqliteSynchronous::Off).await
    }

    /// Opens `read.db` to look at it beside the server that owns it: whatever writes fails.
    ///
    /// # Errors
    /// [`DbError::Unavailable`], when the file is not there or cannot be opened.
    pub async fn look_at_sqlite(file: &Path) -> Result<Self, DbError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .read_only(true)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new()
            .max_connections(READERS + SPARE)
            .connect_with(options)
            .await?;
        Ok(Self::Sqlite {
            writer: pool.clone(),
            reader: Turns::on(pool, READERS),
            memo: Memo::default(),
        })
    }

    async fn open(file: &Path, synchronous: SqliteSynchronous) -> Result<Self, DbError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .page_size(PAGE_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .synchronous(synchronous)
            .busy_timeout(Duration::from_secs(10));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS + SPARE)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self::Sqlite {
            reader: Turns::on(reader, READERS),
            writer,
            memo: Memo::default(),
        })
    }

    /// The schema `read` of a PostgreSQL database: the pool is for read models, queries get connections of their own.
    pub fn postgres(writer: PgPool) -> Self {
        let options = writer.connect_options().as_ref().clone();
        let reader = PgPoolOptions::new()
            .max_connections(READERS + SPARE)
            .acquire_timeout(writer.options().get_acquire_timeout())
            .connect_lazy_with(options.options(LASTING_PLANS));
        Self::Postgres {
            reader: Turns::on(reader, READERS),
            writer,
            memo: Memo::default(),
        }
    }

    pub(crate) const fn memo(&self) -> &Memo {
        match self {
            Self::Sqlite { memo, .. } | Self::Postgres { memo, .. } => memo,
        }
    }

    /// A statement to fill.
    pub const fn sql(&self) -> Sql {
        Sql::new(match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres { .. } => Dialect::Postgres,
        })
    }

    /// The rows that a query finds.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn fetch(&self, sql: Sql, kinds: &[Kind]) -> Result<Vec<Cells>, DbError> {
        match self {
            Self::Sqlite { reader, .. } => {
                let rows = reader.ask(sqlite_query(sql)?).await?;
                rows.iter().map(|row| sqlite_cells(row, kinds)).collect()
            }
            Self::Postgres { reader, .. } => {
                let rows = reader.ask(postgres_query(sql)?).await?;
                rows.iter().map(|row| postgres_cells(row, kinds)).collect()
            }
        }
    }

    /// What is read of the rows that a query finds, without a copy in between.
    pub(crate) async fn read<T>(
        &self,
        sql: Sql,
        read: impl Fn(Received<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        match self {
            Self::Sqlite { reader, .. } => {
                let rows = reader.ask(sqlite_query(sql)?).await?;
                rows.iter().map(|row| read(Received::Sqlite(row))).collect()
            }
            Self::Postgres { reader, .. } => {
                let rows = reader.ask(postgres_query(sql)?).await?;
                rows.iter().map(|row| read(Received::Postgres(row))).collect()
            }
        }
    }

    /// True where no other process writes the tables.
    pub(crate) const fn is_exclusive(&self) -> bool {
        match self {
            Self::Sqlite { .. } => true,
            Self::Postgres { .. } => false,
        }
    }

    /// A transaction that writes.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn begin(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("begin immediate").await?),
            // As on SQLite: what a crash of the server takes away is folded again from the log. A node that stands still in
            // the middle loses its session, or the lock on the checkpoint would keep everybody from taking over.
            Self::Postgres { writer, .. } => Tx::Postgres(
                writer
                    .begin_with(
                        "begin; set local synchronous_commit = off; \
                     set local idle_in_transaction_session_timeout = '10s'",
                    )
                    .await?,
            ),
        })
    }

    /// A transaction that only reads, and sees everything as it is at its first statement. Nobody waits for it.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn snapshot(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Self::Sqlite { reader, .. } => Tx::Sqlite(reader.pool().begin().await?),
            Self::Postgres { writer, .. } => Tx::Postgres(
                writer
                    .begin_with("begin isolation level repeatable read, read only")
                    .await?,
            ),
        })
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { reader, writer, .. } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres { reader, writer, .. } => {
                reader.close().await;
                writer.close().await;
            }
        }
    }
}

/// A transaction; dropped without [`Tx::commit`], nothing of it happened.
#[derive(Debug)]
pub enum Tx {
    /// On the one writing connection.
    Sqlite(Transaction<'static, Sqlite>),
    /// On a connection of the pool.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// A statement to fill.
    pub const fn sql(&self) -> Sql {
        Sql::new(match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        })
    }

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn execute(&mut self, sql: Sql) -> Result<u64, DbError> {
        Ok(match self {
            Self::Sqlite(tx) => sqlite_query(sql)?.execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(tx) => postgres_query(sql)?.execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// Whether SQLite reads the file where the system keeps it, for a statement that walks through all of a large table.
    pub(crate) async fn map_file(&mut self, mapped: bool) -> Result<(), DbError> {
        if let Self::Sqlite(tx) = self {
            let bytes = if mapped { MAPPED } else { 0 };
            let pragma = format!("pragma mmap_size = {bytes}");
            sqlx::query(AssertSqlSafe(pragma)).execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// The rows that a statement finds.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn fetch(&mut self, sql: Sql, kinds: &[Kind]) -> Result<Vec<Cells>, DbError> {
        match self {
            Self::Sqlite(tx) => {
                let rows = sqlite_query(sql)?.fetch_all(&mut **tx).await?;
                rows.iter().map(|row| sqlite_cells(row, kinds)).collect()
            }
            Self::Postgres(tx) => {
                let rows = postgres_query(sql)?.fetch_all(&mut **tx).await?;
                rows.iter().map(|row| postgres_cells(row, kinds)).collect()
            }
        }
    }

    /// Makes it so.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// How a kind of column is declared in each database.
pub(crate) const fn type_of(tx: &Tx, kind: Kind) -> &'static str {
    match (tx, kind) {
        (Tx::Sqlite(_), Kind::Id) => "blob",
        (Tx::Postgres(_), Kind::Id) => "bytea",
        (Tx::Sqlite(_) | Tx::Postgres(_), Kind::Text) => "text",
        (Tx::Sqlite(_) | Tx::Postgres(_), Kind::Integer | Kind::Instant) => "bigint",
        (Tx::Sqlite(_) | Tx::Postgres(_), Kind::Bool) => "boolean",
    }
}

/// How a table of rows is kept. PostgreSQL compresses what is longer than 2 kB or puts it elsewhere, unless it is told that
/// more may stand in one place; rows are about as long as that, and a list would spend a quarter of its time on
/// gathering them.
pub(crate) const fn storage_of(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => "",
        Tx::Postgres(_) => " with (toast_tuple_target = 8160)",
    }
}

fn bind<'q, A: Arguments>(arguments: &mut A, value: Value) -> Result<(), sqlx::error::BoxDynError>
where
    Option<Vec<u8>>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Option<String>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Option<i64>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Option<bool>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
{
    match value {
        Value::Null(Kind::Id) => arguments.add(None::<Vec<u8>>),
        Value::Null(Kind::Text) => arguments.add(None::<String>),
        Value::Null(Kind::Integer | Kind::Instant) => arguments.add(None::<i64>),
        Value::Null(Kind::Bool) => arguments.add(None::<bool>),
        Value::Bytes(bytes) => arguments.add(Some(bytes)),
        Value::Text(text) => arguments.add(Some(text)),
        Value::Integer(number) => arguments.add(Some(number)),
        Value::Bool(truth) => arguments.add(Some(truth)),
    }
}

fn bind_array(
    arguments: &mut PgArguments,
    kind: Kind,
    values: Vec<Value>,
) -> Result<(), sqlx::error::BoxDynError> {
    macro_rules! array {
        ($of:ty, $variant:ident) => {{
            let only = |value| match value {
                Value::$variant(inside) => Some(inside),
                _ => None,
            };
            arguments.add(values.into_iter().map(only).collect::<Vec<Option<$of>>>())
        }};
    }
    match kind {
        Kind::Id => array!(Vec<u8>, Bytes),
        Kind::Text => array!(String, Text),
        Kind::Integer | Kind::Instant => array!(i64, Integer),
        Kind::Bool => array!(bool, Bool),
    }
}

fn sqlite_query(sql: Sql) -> Result<sqlx::query::Query<'static, Sqlite, SqliteArguments>, sqlx::Error> {
    let prepared = sql.stays_prepared();
    let mut arguments = SqliteArguments::default();
    for bound in sql.values {
        match bound {
            Bound::One(value) => bind(&mut arguments, value).map_err(sqlx::Error::Encode)?,
            Bound::Many(..) => return Err(sqlx::Error::Encode("SQLite has no arrays".into())),
        }
    }
    Ok(sqlx::query_with(AssertSqlSafe(sql.text), arguments).persistent(prepared))
}

fn postgres_query(sql: Sql) -> Result<sqlx::query::Query<'static, Postgres, PgArguments>, sqlx::Error> {
    let prepared = sql.stays_prepared();
    let mut arguments = PgArguments::default();
    for bound in sql.values {
        let bound = match bound {
            Bound::One(value) => bind(&mut arguments, value),
            Bound::Many(kind, values) => bind_array(&mut arguments, kind, values),
        };
        bound.map_err(sqlx::Error::Encode)?;
    }
    Ok(sqlx::query_with(AssertSqlSafe(sql.text), arguments).persistent(prepared))
}

macro_rules! cells {
    ($cells:ident, $cell:ident, $row:ty) => {
        fn $cell(row: &$row, index: usize, kind: Kind) -> Result<Value, sqlx::Error> {
            let value = match kind {
                Kind::Id => row.try_get::<Option<Vec<u8>>, _>(index)?.map(Value::Bytes),
                Kind::Text => row.try_get::<Option<String>, _>(index)?.map(Value::Text),
                Kind::Integer | Kind::Instant => row.try_get::<Option<i64>, _>(index)?.map(Value::Integer),
                Kind::Bool => row.try_get::<Option<bool>, _>(index)?.map(Value::Bool),
            };
            Ok(value.unwrap_or(Value::Null(kind)))
        }

        fn $cells(row: &$row, kinds: &[Kind]) -> Result<Cells, DbError> {
            let cells = kinds.iter().enumerate();
            let cells = cells.map(|(index, kind)| $cell(row, index, *kind));
            Ok(cells.collect::<Result<_, _>>()?)
        }
    };
}

cells!(sqlite_cells, sqlite_cell, SqliteRow);
cells!(postgres_cells, postgres_cell, PgRow);
