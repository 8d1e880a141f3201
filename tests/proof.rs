//! Proof of history, backups and erasure, by the command line of a whole installation.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use greenroom::demo::{
    journey::{CANDIDATE, Clockwork, Journey, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

use crate::support::{
    mails::sent,
    server::{Place, Server},
};

/// How long something may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

async fn run(data_dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenroom"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREENROOM_")) {
        command.env_remove(name);
    }
    command
        .kill_on_drop(true)
        .arg("--data-dir")
        .arg(data_dir)
        .args(arguments);
    // A server that is not refused would run for ever.
    let ended = timeout(PATIENCE, command.output()).await;
    ended.expect("it does not end").unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Asserts that a command ended with code 1 and a sentence.
fn assert_refused(output: &Output, sentence: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    assert!(said(output).contains(sentence), "{}", said(output));
}

/// Changes a database of a folder that nobody has.
async fn change(file: &Path, sql: &str) {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false);
    let mut db: SqliteConnection = options.connect().await.unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut db)
        .await;
    assert!(done.unwrap().rows_affected() > 0, "{sql}");
    db.close().await.unwrap();
}

/// A folder with a small history, whose server has ended in good order.
async fn small() -> Place {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    server.stop().await.0
}

/// A copy of a data folder.
fn copy(folder: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    copy
}

const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0", "--simulated-clock"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_refuses_to_start_on_what_does_not_belong_together() {
    let place = small().await;
    let (newer, wrong, shorter) = (copy(place.folder()), copy(place.folder()), copy(place.folder()));

    change(
        &newer.path().join("log.db"),
        "insert into schema_migrations (name, sha256) values ('9999_from_the_future', 'x')",
    )
    .await;
    let newer = run(newer.path(), SERVE).await;
    fs::write(wrong.path().join("master.key"), STANDARD.encode([7; 32])).unwrap();
    let wrong = run(wrong.path(), SERVE).await;
    change(
        &shorter.path().join("log.db"),
        "delete from receipts_apart where position > 3;
        delete from events where position > 3",
    )
    .await;
    let cut = run(shorter.path(), SERVE).await;
    fs::remove_file(shorter.path().join("effects.db")).unwrap();
    let of_read_models = run(shorter.path(), SERVE).await;

    assert_refused(&newer, "belongs to a newer version of Greenroom");
    assert_refused(&newer, "start that version");
    assert_refused(
        &wrong,
        "the master key is not the one these keys were wrapped with",
    );
    assert_refused(&cut, "events are missing. Put the right log back");
    assert_refused(&of_read_models, "but the log ends at 3");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_verifies_a_log_and_names_the_first_position_that_does_not_fit() {
    let place = small().await;
    let folder = place.folder();
    let export = folder.join("log.jsonl");
    let (heads, export_text) = (folder.join("heads.jsonl"), export.to_str().unwrap());

    let whole = run(folder, &["audit", "verify"]).await;
    let key = told(&run(folder, &["audit", "key"]).await);
    let exported = run(folder, &["log", "export", export_text]).await;
    let over = run(folder, &["log", "export", export_text]).await;
    let elsewhere = TempDir::new().unwrap();
    let offline = run(
        elsewhere.path(),
        &[
            "audit",
            "verify",
            "--file",
            export_text,
            "--heads",
            heads.to_str().unwrap(),
            "--public-key",
            key.trim(),
        ],
    )
    .await;
    let proof = run(folder, &["audit", "prove", "5"]).await;
    fs::write(folder.join("proof.json"), &proof.stdout).unwrap();
    let proof_text = folder.join("proof.json");
    let check = [
        "audit",
        "check",
        proof_text.to_str().unwrap(),
        "--public-key",
        key.trim(),
    ];
    let checked = run(elsewhere.path(), &check).await;
    change(
        &folder.join("log.db"),
        "update events set payload = x'7b7d' where position = 5",
    )
    .await;
    let changed = run(folder, &["audit", "verify"]).await;

    assert!(whole.status.success(), "{}", said(&whole));
    assert!(
        told(&whole).contains("vouch for everything up to"),
        "{}",
        told(&whole)
    );
    assert!(exported.status.success(), "{}", said(&exported));
    assert_refused(&over, "is there already");
    assert!(offline.status.success(), "{}", said(&offline));
    assert_eq!(told(&offline), told(&whole));
    assert!(
        told(&checked).contains(" at 5, recorded at "),
        "{}",
        said(&checked)
    );
    assert_refused(&changed, "the event at 5 is");
}

/// Every file below a folder but those that are meant for people or providers outside.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "mails" {
                found.extend(files(&path));
            }
        } else if !["sandbox_payments.jsonl", "token.log"].contains(&name.as_str()) {
            found.push(path);
        }
    }
    found
}

fn holds(file: &Path, bytes: &[u8]) -> bool {
    let content = fs::read(file).unwrap_or_default();
    content.windows(bytes.len()).any(|window| window == bytes)
}

/// The wrapped keys of people in a file of exported keys, by subject; none for a tombstone.
fn wrapped_keys(file: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| line["key"].is_object())
        .map(|line| {
            let wrapped = line["key"]["wrapped"].as_str();
            let subject = line["key"]["subject"].as_str().unwrap().to_owned();
            (subject, wrapped.map(|wrapped| STANDARD.decode(wrapped).unwrap()))
        })
        .collect()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A person is erased after a backup of everything was made; then everything is brought back into another place.
async fn a_restored_backup_does_not_revive(place: Place, other: Place) {
    let is_embedded = place.database_url().is_none();
    let server = place.start().await.unwrap();
    let (cast, clock) = (server.cast().unwrap(), server.clock.clone());
    let stage = prepare(&cast, &Silent).await.unwrap();
    let journey = Journey::run(&cast, &stage, &clock, &Silent).await.unwrap();
    clock.settle().await.unwrap();

    // Beside the running server.
    let away = TempDir::new().unwrap();
    let (backup, keys) = (away.path().join("backup"), away.path().join("keys.jsonl"));
    let tool = async |name, arguments: &[&str]| server.place.tool(name, arguments).await.unwrap();
    tool("backup", &[backup.to_str().unwrap()]).await;
    tool("keys", &["export", keys.to_str().unwrap()]).await;
    let master = fs::read(server.place.folder().join("master.key")).unwrap();
    let wrapped = wrapped_keys(&keys);
    let keys_files = [
        server.place.folder().join("keys.db"),
        server.place.folder().join("keys.db-wal"),
    ];
    let is_kept = |wrapped: &[u8]| keys_files.iter().any(|file| holds(file, wrapped));
    assert!(wrapped.len() > 3);
    if is_embedded {
        assert!(wrapped.iter().all(|(_, key)| is_kept(key.as_ref().unwrap())));
    }

    journey.erase(&cast, &stage, &clock, &Silent).await.unwrap();
    let rotated = server.place.folder().join("master.key");
    until("a rotation", || fs::read(&rotated).is_ok_and(|key| key != master)).await;
    if is_embedded {
        assert!(!wrapped.iter().any(|(_, key)| is_kept(key.as_ref().unwrap())));
    }
    let mails = sent(server.place.folder());
    assert!(mails.iter().any(|mail| mail.to == CANDIDATE.email));
    let (place, _) = server.stop().await;
    let verified = place.tool("audit", &["verify"]).await.unwrap();
    assert!(verified.contains("vouch for everything"), "{verified}");
    let after = away.path().join("after.jsonl");
    place
        .tool("keys", &["export", after.to_str().unwrap()])
        .await
        .unwrap();
    let after = wrapped_keys(&after);
    assert!(after.iter().all(|key| key.1.is_none() || !wrapped.contains(key)));
    let export = away.path().join("log.jsonl");
    place
        .tool("log", &["export", export.to_str().unwrap()])
        .await
        .unwrap();
    let mut everywhere = files(place.folder());
    everywhere.extend(files(away.path()));
    assert!(everywhere.len() > 5, "{everywhere:?}");
    for canary in [CANDIDATE.name, CANDIDATE.email, "Whitfield"] {
        let held: Vec<_> = everywhere
            .iter()
            .filter(|file| holds(file, canary.as_bytes()))
            .collect();
        assert!(held.is_empty(), "{canary} is in {held:?}");
    }

    // Elsewhere, with old keys, and the present record of erased people.
    fs::write(other.folder().join("master.key"), &master).unwrap();
    for name in ["heads.jsonl", "heads.pub", "erasures.jsonl"] {
        fs::copy(place.folder().join(name), other.folder().join(name)).unwrap();
    }
    let without = other
        .tool("restore", &[backup.to_str().unwrap()])
        .await
        .unwrap_err();
    assert!(
        format!("{without:#}").contains("there are no keys here"),
        "{without:#}"
    );
    other
        .tool("keys", &["import", keys.to_str().unwrap()])
        .await
        .unwrap();
    let at = ["--at", "2026-01-01T00:00:00Z"];
    let restored = other
        .tool("restore", &[backup.to_str().unwrap(), at[0], at[1]])
        .await
        .unwrap();
    assert!(restored.contains("are lost"), "{restored}");
    let verified = other.tool("audit", &["verify"]).await.unwrap();
    assert!(verified.contains("vouch for everything"), "{verified}");
    let again = other
        .tool("restore", &[backup.to_str().unwrap()])
        .await
        .unwrap_err();
    assert!(format!("{again:#}").contains("not empty"), "{again:#}");
    let kept = away.path().join("kept.jsonl");
    other
        .tool("keys", &["export", kept.to_str().unwrap()])
        .await
        .unwrap();
    let kept = wrapped_keys(&kept);
    let gone: Vec<_> = kept.iter().filter(|(_, key)| key.is_none()).collect();
    assert_eq!((kept.len(), gone.len()), (wrapped.len(), 1));

    let server = other.start().await.unwrap();
    let cast = server.cast().unwrap();
    let is_there = |data: &Value| data["interview"]["status"] == "COMPLETED";
    let data = cast
        .recruiter
        .until(op::INTERVIEW, &json!({ "id": journey.interview }), is_there)
        .await
        .unwrap();
    assert_eq!(
        data["interview"]["candidate"]["displayName"],
        Value::Null,
        "{data}"
    );
    server.clock.settle().await.unwrap();
    assert_eq!(sent(server.place.folder()).len(), 0, "mails were sent again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_does_not_revive_whom_was_erased_since() {
    a_restored_backup_does_not_revive(Place::embedded(), Place::embedded()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_of_postgres_does_not_revive_whom_was_erased_since() {
    let (Some(place), Some(other)) = (Place::postgres().await, Place::postgres().await) else {
        return;
    };
    a_restored_backup_does_not_revive(place, other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_moves_to_postgres_and_back_by_the_command_line() {
    let (place, back) = (small().await, Place::embedded());
    let Some(there) = Place::postgres().await else {
        return;
    };
    let away = TempDir::new().unwrap();
    let path = |name: &str| away.path().join(name).to_str().unwrap().to_owned();

    place.tool("log", &["export", &path("1")]).await.unwrap();
    there.tool("log", &["import", &path("1")]).await.unwrap();
    there.tool("log", &["export", &path("2")]).await.unwrap();
    back.tool("log", &["import", &path("2")]).await.unwrap();
    back.tool("log", &["export", &path("3")]).await.unwrap();

    let [first, second, third] = ["1", "2", "3"].map(|name| fs::read(path(name)).unwrap());
    assert!(first.len() > 5_000);
    assert!(first == second && second == third);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_key_is_replaced_and_the_old_one_is_refused() {
    let place = small().await;
    let folder = place.folder();
    let old = fs::read(folder.join("master.key")).unwrap();

    let rotated = run(folder, &["keys", "rotate"]).await;
    let new = fs::read(folder.join("master.key")).unwrap();
    let misused = run(folder, &["keys", "rotate", "--new-key-file", "/dev/null"]).await;
    let doctor = run(folder, &["doctor"]).await;
    fs::write(folder.join("master.key"), &old).unwrap();
    let refused = run(folder, SERVE).await;

    assert!(rotated.status.success(), "{}", said(&rotated));
    assert!(told(&rotated).contains("keys are wrapped by a new master.key"));
    assert_ne!(old, new);
    assert_eq!(misused.status.code(), Some(2), "{}", said(&misused));
    assert!(doctor.status.success(), "{}{}", said(&doctor), told(&doctor));
    assert_refused(
        &refused,
        "the master key is not the one these keys were wrapped with",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configured_master_key_is_replaced_by_the_one_in_a_file() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, byte) in [("old", 1_u8), ("new", 2)] {
        let key = STANDARD.encode([byte; 32]);
        fs::write(path(name), &key).unwrap();
        fs::write(path(&format!("{name}.toml")), format!("master_key = \"{key}\"")).unwrap();
    }
    let data = folder.path().join("data");
    let (old, new) = (path("old.toml"), path("new.toml"));

    let made = run(&data, &["--config", &old, "migrate"]).await;
    let rotate = ["--config", &old, "keys", "rotate", "--new-key-file", &path("new")];
    let rotated = run(&data, &rotate).await;
    let refused = run(&data, &["--config", &old, "migrate"]).await;
    let accepted = run(&data, &["--config", &new, "migrate"]).await;

    assert!(made.status.success(), "{}", said(&made));
    assert!(rotated.status.success(), "{}", said(&rotated));
    assert_refused(
        &refused,
        "the master key is not the one these keys were wrapped with",
    );
    assert!(accepted.status.success(), "{}", said(&accepted));
    assert!(!data.join("master.key").exists());
}
