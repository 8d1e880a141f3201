//! Writing many rows, in the way that each database takes them fastest.
//!
//! SQLite gets statements of a few fixed lengths, which stay prepared, with parameters that it numbers itself: named ones
//! are compared with all before them. PostgreSQL gets one array for each column, so that one statement fits any number
//! of rows.

use sqlx::{
    Arguments, AssertSqlSafe, PgConnection, Postgres, Sqlite, SqliteConnection, postgres::PgArguments,
    sqlite::SqliteArguments,
};

use crate::{
    model::Column,
    raw_row::FullRow,
    sql::{DbError, Kind, Name, Tx, Value},
};

/// Lengths of SQLite's statements, longest first.
const LENGTHS: [usize; 3] = [64, 8, 1];
/// Most rows of one of PostgreSQL's, and about how many bytes of text.
const MOST_ROWS: usize = 2_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Writes rows, whether they were there or not; no key twice.
pub(crate) async fn upsert(
    tx: &mut Tx,
    table: &Name,
    columns: &[Column],
    rows: Vec<FullRow>,
) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(tx) => to_sqlite(tx, table, columns, rows).await?,
        Tx::Postgres(tx) => to_postgres(tx, table, columns, &rows).await?,
    }
    Ok(())
}

async fn to_sqlite(
    connection: &mut SqliteConnection,
    table: &Name,
    columns: &[Column],
    rows: Vec<FullRow>,
) -> Result<(), sqlx::Error> {
    let mut rows = rows.into_iter();
    let one = format!("({})", vec!["?"; 4 + columns.len()].join(", "));
    for length in LENGTHS {
        let values = vec![one.as_str(); length].join(", ");
        let text = statement(table.as_str(), columns, &format!("values {values}"));
        while rows.len() >= length {
            let mut arguments = SqliteArguments::default();
            for row in rows.by_ref().take(length) {
                bind(&mut arguments, row).map_err(sqlx::Error::Encode)?;
            }
            // All of the text is from constants of read models and our own names.
            sqlx::query_with::<Sqlite, _>(AssertSqlSafe(text.as_str()), arguments)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

fn bind(arguments: &mut SqliteArguments, (row, columns): FullRow) -> Result<(), sqlx::error::BoxDynError> {
    arguments.add(row.tenant.uuid().as_bytes().to_vec())?;
    arguments.add(row.key.bytes())?;
    arguments.add(row.position.0.cast_signed())?;
    arguments.add(row.json)?;
    for value in columns {
        match value {
            Value::Null(_) => arguments.add(None::<i64>)?,
            Value::Bytes(bytes) => arguments.add(bytes)?,
            Value::Text(text) => arguments.add(text)?,
            Value::Integer(number) => arguments.add(number)?,
            Value::Bool(truth) => arguments.add(truth)?,
        }
    }
    Ok(())
}

async fn to_postgres(
    connection: &mut PgConnection,
    table: &Name,
    columns: &[Column],
    mut rows: &[FullRow],
) -> Result<(), sqlx::Error> {
    let kinds = [Kind::Id, Kind::Id, Kind::Integer, Kind::Text].into_iter();
    let kinds = kinds.chain(columns.iter().map(|column| column.kind));
    let arrays: Vec<_> = kinds
        .enumerate()
        .map(|(index, kind)| format!("${}::{}[]", index + 1, array_of(kind)))
        .collect();
    let table = format!("read.{}", table.as_str());
    let text = statement(
        &table,
        columns,
        &format!("select * from unnest({})", arrays.join(", ")),
    );
    while !rows.is_empty() {
        let (now, later) = rows.split_at(together(rows));
        let arguments = arrays_of(now, columns).map_err(sqlx::Error::Encode)?;
        sqlx::query_with::<Postgres, _>(AssertSqlSafe(text.as_str()), arguments)
            .execute(&mut *connection)
            .await?;
        rows = later;
    }
    Ok(())
}

/// How many of the first rows fit into one statement; at least one.
fn together(rows: &[FullRow]) -> usize {
    let mut bytes = 0;
    let fitting = rows.iter().take(MOST_ROWS).take_while(|(row, _)| {
        bytes += row.json.len();
        bytes <= MOST_BYTES
    });
    fitting.count().max(1)
}

const fn array_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "bytea",
        Kind::Text => "text",
        Kind::Integer | Kind::Instant => "bigint",
        Kind::Bool => "boolean",
    }
}

fn arrays_of(rows: &[FullRow], columns: &[Column]) -> Result<PgArguments, sqlx::error::BoxDynError> {
    let mut arguments = PgArguments::default();
    let all = || rows.iter().map(|(row, _)| row);
    arguments.add(
        all()
            .map(|row| row.tenant.uuid().as_bytes().to_vec())
            .collect::<Vec<_>>(),
    )?;
    arguments.add(all().map(|row| row.key.bytes()).collect::<Vec<_>>())?;
    arguments.add(all().map(|row| row.position.0.cast_signed()).collect::<Vec<_>>())?;
    arguments.add(all().map(|row| row.json.as_str()).collect::<Vec<_>>())?;
    for (index, column) in columns.iter().enumerate() {
        let values = rows.iter().map(|(_, values)| values.get(index));
        match column.kind {
            Kind::Id => arguments.add(values.map(|value| value.and_then(as_bytes)).collect::<Vec<_>>())?,
            Kind::Text => arguments.add(values.map(|value| value.and_then(as_text)).collect::<Vec<_>>())?,
            Kind::Integer | Kind::Instant => {
                arguments.add(values.map(|value| value.and_then(as_number)).collect::<Vec<_>>())?;
            }
            Kind::Bool => arguments.add(values.map(|value| value.and_then(as_truth)).collect::<Vec<_>>())?,
        }
    }
    Ok(arguments)
}

fn as_bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        Value::Null(_) | Value::Text(_) | Value::Integer(_) | Value::Bool(_) => None,
    }
}

fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Null(_) | Value::Bytes(_) | Value::Integer(_) | Value::Bool(_) => None,
    }
}

const fn as_number(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Null(_) | Value::Bytes(_) | Value::Text(_) | Value::Bool(_) => None,
    }
}

const fn as_truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Null(_) | Value::Bytes(_) | Value::Text(_) | Value::Integer(_) => None,
    }
}

fn statement(table: &str, columns: &[Column], source: &str) -> String {
    let names = |before: &str, after: fn(&str) -> String| -> String {
        let names = columns
            .iter()
            .map(|column| format!("{before}{}{}", column.name, after(column.name)));
        names.collect()
    };
    format!(
        "insert into {table} (tenant, key, position, row{}) {source} on conflict (tenant, key) do update set \
         position = excluded.position, row = excluded.row{}",
        names(", ", |_| String::new()),
        names(", ", |column| format!(" = excluded.{column}")),
    )
}
