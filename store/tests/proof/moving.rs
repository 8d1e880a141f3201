//! A log moves between back ends, and nothing of it changes.

use std::{io::Cursor, sync::Mutex};

use sqlx::{Connection, SqliteConnection};
use store::{
    contract::{append, event, write},
    history::{
        self, Place,
        import::{self, ImportError, Imported, import},
    },
    log::{AppendError, Log},
    postgres::PostgresLog,
    sqlite::SqliteLog,
};

use crate::support::{Sqlite, exported, fill, signed_sqlite, with_postgres};

async fn export(place: &Place) -> Vec<u8> {
    let history = history::open(place).await.unwrap();
    let bytes = exported(&*history).await;
    history.close().await;
    bytes
}

async fn take_in(place: &Place, bytes: &[u8]) -> Result<Imported, ImportError> {
    let target = import::open(place).await.unwrap();
    import(target, Cursor::new(bytes.to_vec()), Vec::new(), &|_, _| {}).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_went_to_postgres_and_back_is_the_same_to_the_byte() {
    with_postgres(|url| async move {
        let (from, signed) = signed_sqlite().await;
        let (there, back) = (Place::Postgres(url), Sqlite::new());

        let first = export(&from.place()).await;
        take_in(&there, &first).await.unwrap();
        let second = export(&there).await;
        let imported = take_in(&back.place(), &second).await.unwrap();
        let third = export(&back.place()).await;

        assert!(first == second && second == third);
        assert_eq!(imported.events, signed.events.len() as u64);
        assert_eq!(
            first.iter().filter(|byte| **byte == b'\n').count() as u64,
            1 + imported.events + imported.receipts
        );
    })
    .await;
}

/// After an import a log goes on as if it had always been there.
async fn goes_on(log: &dyn Log, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap();
    let events = text
        .lines()
        .filter(|line| line.starts_with(r#"{"event""#))
        .count() as u64;
    assert_eq!(log.head().await.unwrap().0, events);

    let mut repeated = append(1);
    repeated.writes = vec![write(900, 0, vec![event("interview.held")])];
    let mut stale = append(9_001);
    let first: serde_json::Value = text
        .lines()
        .find(|line| line.starts_with(r#"{"event""#))
        .map(|line| serde_json::from_str(line).unwrap())
        .unwrap();
    let mut to_first = write(1, 0, vec![event("interview.held")]);
    to_first.stream.id = first["event"]["stream"].as_str().unwrap().parse().unwrap();
    stale.writes = vec![to_first.clone()];
    let mut next = append(9_002);
    let version = log.versions(&[to_first.stream]).await.unwrap()[0];
    next.writes = vec![store::log::StreamWrite {
        expected: version,
        ..to_first
    }];

    assert!(matches!(
        log.append(repeated).await,
        Err(AppendError::Duplicate(_))
    ));
    assert!(matches!(
        log.append(stale).await,
        Err(AppendError::Conflict { .. })
    ));
    assert!(version > 0);
    assert_eq!(log.append(next).await.unwrap().position.0, events + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_log_goes_on_in_a_file() {
    let (from, to) = (signed_sqlite().await.0, Sqlite::new());
    let bytes = export(&from.place()).await;
    take_in(&to.place(), &bytes).await.unwrap();

    let log = SqliteLog::open(&to.file()).await.unwrap();

    goes_on(&log, &bytes).await;
    log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_file_is_left_in_the_mode_in_which_readers_wait_for_nobody() {
    let (from, to) = (signed_sqlite().await.0, Sqlite::new());

    take_in(&to.place(), &export(&from.place()).await).await.unwrap();

    let mut connection = SqliteConnection::connect(&to.file().display().to_string())
        .await
        .unwrap();
    let mode: String = sqlx::query_scalar("pragma journal_mode")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_log_goes_on_in_postgres() {
    with_postgres(|url| async move {
        let from = signed_sqlite().await.0;
        let bytes = export(&from.place()).await;
        take_in(&Place::Postgres(url.clone()), &bytes).await.unwrap();

        let log = PostgresLog::connect(&url).await.unwrap();

        goes_on(&log, &bytes).await;
        log.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_log_moves_too() {
    let (from, to) = (Sqlite::new(), Sqlite::new());
    SqliteLog::open(&from.file()).await.unwrap().close().await;

    let bytes = export(&from.place()).await;
    take_in(&to.place(), &bytes).await.unwrap();

    assert_eq!(export(&to.place()).await, bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_imported_into_a_log_that_is_not_empty() {
    let (from, to) = (signed_sqlite().await.0, Sqlite::new());
    let log = SqliteLog::open(&to.file()).await.unwrap();
    fill(&log, 700, 3, |_| async {}).await;
    log.close().await;
    let before = export(&to.place()).await;

    let refused = take_in(&to.place(), &export(&from.place()).await).await;

    assert!(matches!(refused, Err(ImportError::NotEmpty)));
    assert_eq!(export(&to.place()).await, before);
}

/// A log of some thousand events, so that chunks were written before the bad line is met.
async fn long() -> String {
    let sqlite = Sqlite::new();
    let log = SqliteLog::open(&sqlite.file()).await.unwrap();
    for number in 1..=30 {
        let mut append = append(number);
        append.writes = vec![write(number, 0, vec![event("interview.held"); 100])];
        log.append(append).await.unwrap();
    }
    log.close().await;
    String::from_utf8(export(&sqlite.place()).await).unwrap()
}

/// The sentence with which an import is refused, after which nothing is there.
async fn refusal(place: &Place, text: &str) -> String {
    let refused = take_in(place, text.as_bytes()).await.unwrap_err();
    let kept = export(place).await;
    assert_eq!(
        kept.iter().filter(|byte| **byte == b'\n').count(),
        1,
        "something was left"
    );
    refused.to_string()
}

async fn bad_lines_are_refused(place: &Place) {
    let text = long().await;
    let lines: Vec<_> = text.lines().collect();
    let with = |at: usize, line: &str| {
        let mut changed = lines.clone();
        changed[at] = line;
        changed.join("\n") + "\n"
    };
    let of = |at: usize| lines[at].to_owned();
    let at = 2_900;
    assert!(lines[at].starts_with(r#"{"event""#));

    let garbage = refusal(place, &with(at, "{\"event\":")).await;
    let unknown = refusal(
        place,
        &with(
            at,
            &of(at)
                .replace(r#""trace""#, r#""surprise""#)
                .replace(r#"{"event":{"#, r#"{"event":{"surprise":1,"#),
        ),
    )
    .await;
    let category = refusal(
        place,
        &with(
            at,
            &of(at).replace(r#""category":"interview""#, r#""category":"dinner""#),
        ),
    )
    .await;
    let payload = refusal(
        place,
        &with(at, &of(at).replace(r#""payload":{"#, r#""payload":{"x":1"#)),
    )
    .await;
    let changed = refusal(
        place,
        &with(at, &of(at).replace("interview.held", "interview.helt")),
    )
    .await;
    let dropped = refusal(place, &with(at, lines[at + 1])).await;
    let torn = refusal(place, &text[..text.len() - 2]).await;
    let cut = refusal(place, &(lines[..lines.len() - 101].join("\n") + "\n")).await;

    for refused in [&garbage, &unknown, &category, &changed, &dropped] {
        assert!(refused.starts_with(&format!("line {}: ", at + 1)), "{refused}");
    }
    assert!(garbage.contains("ends too early"), "{garbage}");
    assert!(category.contains("category"), "{category}");
    assert!(payload.starts_with(&format!("line {}: ", at + 1)), "{payload}");
    assert!(changed.contains("its hash does not follow"), "{changed}");
    assert!(dropped.contains("is missing"), "{dropped}");
    assert!(torn.contains("cut off"), "{torn}");
    assert!(cut.contains("first line says"), "{cut}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_is_named_and_leaves_nothing_behind_in_a_file() {
    bad_lines_are_refused(&Sqlite::new().place()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_is_named_and_leaves_nothing_behind_in_postgres() {
    with_postgres(|url| async move { bad_lines_are_refused(&Place::Postgres(url)).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_tells_how_far_it_is() {
    let (text, to) = (long().await, Sqlite::new());
    let told = Mutex::new(Vec::new());
    let target = import::open(&to.place()).await.unwrap();

    let report = |done, total| told.lock().unwrap().push((done, total));
    import(target, Cursor::new(text.into_bytes()), Vec::new(), &report)
        .await
        .unwrap();

    let mut told = told.into_inner().unwrap();
    told.dedup();
    assert_eq!(told, [(1_000, 3_000), (2_000, 3_000), (3_000, 3_000)]);
}
