//! The folder `schemas/` is what the code says, and what was stored before is still understood.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use domain::{
    actor::Actor,
    envelope::{Envelope, Position, Recorded, StreamId},
    event::EventType,
    fact::{Category, Fact},
    ids::{CommandId, CorrelationId, EventId, OrganisationId},
};
use greenroom::{
    event_file::{event_id, event_path},
    event_lock::{Lock, LockError, shape},
    fold_lock::{FoldError, FoldLock, folds},
    schemas::{FOLD_LOCK, LOCK, events, files, write},
};
use serde_json::{Value, json};
use store::codec::Codec;
use uuid::Uuid;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn read(path: &Path) -> String {
    fs::read_to_string(folder().join(path))
        .unwrap_or_else(|error| panic!("schemas/{}: {error}", path.display()))
}

fn sample(event: &EventType) -> Value {
    serde_json::from_str(&read(&event_path(event.wire.name, event.wire.version, "sample"))).unwrap()
}

fn schema(event: &EventType) -> Value {
    serde_json::from_str(&read(&event_path(event.wire.name, event.wire.version, "schema"))).unwrap()
}

#[test]
fn the_generated_files_are_up_to_date() {
    for (path, content) in files().unwrap() {
        assert!(
            read(&path) == content,
            "schemas/{} is old: run `cargo run -- export-schemas`",
            path.display()
        );
    }
}

#[test]
fn every_event_version_has_a_schema_and_a_sample_and_nothing_else_is_there() {
    let lock = lock();
    let expected: BTreeSet<PathBuf> = lock
        .versions()
        .flat_map(|(name, version)| ["schema", "sample"].map(|what| event_path(name, *version, what)))
        .collect();

    let present = fs::read_dir(folder().join("events")).unwrap();
    let present: BTreeSet<PathBuf> = present
        .map(|file| Path::new("events").join(file.unwrap().file_name()))
        .collect();

    assert_eq!(present, expected);
    assert!(present.len() > 100, "only {} files", present.len());
}

fn lock() -> Lock {
    Lock::parse(&read(Path::new(LOCK))).unwrap()
}

#[test]
fn every_event_is_written_in_the_shape_that_its_version_is_locked_to() {
    let lock = lock();
    for ((name, version), schema) in events() {
        if let Err(error) = lock.check(&name, version, &schema) {
            panic!("{error}");
        }
    }
}

#[test]
fn the_schemas_of_old_versions_are_kept_as_they_were() {
    let lock = lock();
    for (name, version) in lock.versions() {
        let schema: Value = serde_json::from_str(&read(&event_path(name, *version, "schema"))).unwrap();
        assert_eq!(lock.check(name, *version, &schema), Ok(()));
    }
}

/// A stored event with this payload, in a stream of the category that its name begins with.
fn stored(name: &str, version: u16, payload: &Value) -> Recorded {
    let category = name.split('.').next().unwrap();
    let category = Category::from_name(category).unwrap_or(Category::ProviderInbox);
    let moment = "2026-03-01T10:00:00Z".parse().unwrap();
    Recorded {
        envelope: Envelope {
            position: Position(1),
            stream: StreamId {
                tenant: OrganisationId::new(Uuid::from_u128(1)),
                category,
                id: Uuid::from_u128(2),
            },
            version: 1,
            event_id: EventId::new(Uuid::from_u128(3)),
            event_type: name.to_owned(),
            schema_version: version,
            occurred_at: moment,
            recorded_at: moment,
            actor: Actor::system("schemas"),
            command_id: CommandId::new(Uuid::from_u128(4)),
            correlation_id: CorrelationId::new(Uuid::from_u128(5)),
            causation_id: None,
            subjects: Vec::new(),
            links: Vec::new(),
            trace: None,
            hash: [0; 32],
        },
        payload: payload.to_string().into_bytes().into(),
    }
}

#[test]
fn the_samples_of_every_version_ever_written_are_read_by_todays_codec() {
    let lock = lock();
    for (name, version) in lock.versions() {
        let sample: Value = serde_json::from_str(&read(&event_path(name, *version, "sample"))).unwrap();
        let read = Codec::current().decode(&stored(name, *version, &sample));
        assert!(read.is_ok(), "{name} version {version}: {read:?}");
    }
}

// The lock itself must notice what it is there for.

const CLAIMED: &str = "interview.slot_claimed";

/// The schema of one event, after a change to its payload type.
fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut schema = events().remove(&(CLAIMED.to_owned(), 1)).unwrap();
    let pointer = schema["$ref"]
        .as_str()
        .unwrap()
        .trim_start_matches('#')
        .to_owned();
    change(schema.pointer_mut(&pointer).unwrap());
    schema
}

#[track_caller]
fn assert_refused(schema: &Value) {
    let refused = lock().check(CLAIMED, 1, schema).unwrap_err();
    assert_eq!(
        refused,
        LockError::Changed {
            name: CLAIMED.to_owned(),
            version: 1,
            next: 2
        }
    );
}

#[test]
fn a_changed_shape_under_the_same_version_is_refused_and_says_what_to_do() {
    let schema = changed(|schema| schema["properties"]["added"] = json!({ "type": "string" }));

    let refused = lock().check(CLAIMED, 1, &schema).unwrap_err().to_string();

    assert!(refused.contains("interview.slot_claimed version 1 was stored in another shape"));
    assert!(refused.contains("give the new shape version 2"));
    assert!(refused.contains("schemas/events/interview.slot_claimed.v2.sample.json"));
    assert!(refused.contains("Codec::current"));
}

#[test]
fn every_kind_of_change_is_another_shape() {
    assert_refused(&changed(|schema| {
        schema["properties"]["revision"] = json!({ "type": "string" });
    }));
    assert_refused(&changed(|schema| {
        drop(schema["properties"].as_object_mut().unwrap().remove("revision"));
    }));
    assert_refused(&changed(|schema| {
        drop(schema["required"].as_array_mut().unwrap().pop());
    }));
    assert_refused(&changed(|schema| {
        let properties = schema["properties"].as_object_mut().unwrap();
        let revision = properties.remove("revision").unwrap();
        properties.insert("description".to_owned(), revision);
    }));
}

#[test]
fn a_change_deep_inside_is_another_shape() {
    let mut schema = events().remove(&(CLAIMED.to_owned(), 1)).unwrap();
    let definitions = schema["$defs"].as_object_mut().unwrap();
    let before = definitions.insert("PanelClaim".to_owned(), json!({ "type": "integer" }));
    assert!(before.is_some());

    assert_refused(&schema);
}

#[test]
fn another_name_of_a_rust_type_is_the_same_shape() {
    let schema = events().remove(&(CLAIMED.to_owned(), 1)).unwrap();
    let renamed = schema.to_string().replace("\"PanelClaim\"", "\"Seat\"");
    let renamed = renamed.replace("$defs/PanelClaim\"", "$defs/Seat\"");

    let renamed: Value = serde_json::from_str(&renamed).unwrap();

    assert_ne!(renamed, schema);
    assert_eq!(lock().check(CLAIMED, 1, &renamed), Ok(()));
}

#[test]
fn another_wording_and_another_order_are_the_same_shape() {
    let schema = changed(|schema| {
        schema["description"] = "Said in other words.".into();
        schema["title"] = "Another title".into();
        schema["properties"]["revision"]["description"] = "Said in other words.".into();
        schema["required"].as_array_mut().unwrap().reverse();
    });

    assert_eq!(lock().check(CLAIMED, 1, &schema), Ok(()));
}

#[test]
fn a_comment_on_a_choice_is_not_another_shape() {
    let plain = json!({ "type": "string", "enum": ["a", "b"] });
    let told = json!({ "oneOf": [
        { "const": "b", "type": "string", "description": "The second." },
        { "const": "a", "type": "string" },
    ] });
    let partly = json!({ "oneOf": [
        { "enum": ["a"], "type": "string" },
        { "const": "b", "type": "string", "description": "The second." },
    ] });
    let another = json!({ "type": "string", "enum": ["a", "b", "c"] });

    assert_eq!([shape(&told), shape(&partly)], [shape(&plain), shape(&plain)]);
    assert_ne!(shape(&another), shape(&plain));
}

#[test]
fn a_new_version_is_asked_for_its_sample_and_then_added() {
    let schema = changed(|schema| schema["properties"]["added"] = json!({ "type": "string" }));
    let mut lock = lock();

    let missing = lock.check(CLAIMED, 2, &schema).unwrap_err();
    assert!(missing.to_string().contains("export-schemas"));
    lock.add(CLAIMED, 2, &schema).unwrap();

    assert_eq!(lock.check(CLAIMED, 2, &schema), Ok(()));
    assert_eq!(Lock::parse(&lock.text()), Ok(lock));
}

#[test]
fn a_line_that_was_changed_or_left_out_is_lost() {
    let before = lock();
    let line = |lock: &Lock| {
        lock.text()
            .lines()
            .find(|line| line.starts_with(CLAIMED))
            .unwrap()
            .to_owned()
    };
    let text = before.text();
    let without = text.replace(&format!("{}\n", line(&before)), "");
    let other = text.replace(&line(&before), &format!("{CLAIMED} 1 {}", "0".repeat(64)));

    for later in [without, other] {
        let later = Lock::parse(&later).unwrap();
        assert_eq!(later.lost_since(&before), [(CLAIMED.to_owned(), 1)]);
    }
    assert_eq!(before.lost_since(&before), []);
    assert_eq!(
        Lock::parse("one line of something else"),
        Err(LockError::Line { line: 1 })
    );
}

fn git(arguments: &[&str]) -> Option<String> {
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new("git")
        .args(["-c", "safe.directory=*", "-C", folder])
        .args(arguments)
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).unwrap())
}

/// Whoever changes a line together with the code is seen against every commit before, as far as they are here.
#[test]
fn no_line_of_any_commit_was_lost() {
    let Some(commits) = git(&["log", "--format=%H", "--", "schemas/events.lock"]) else {
        return eprintln!("skipped: no git history here");
    };
    let now = lock();
    for commit in commits.lines() {
        let Some(text) = git(&["show", &format!("{commit}:schemas/events.lock")]) else {
            continue;
        };
        let lost = now.lost_since(&Lock::parse(&text).unwrap());
        assert!(
            lost.is_empty(),
            "schemas/events.lock lost lines that {commit} had: {lost:?}"
        );
    }
}

#[test]
fn golden_samples_keep_their_schemas_and_read_back_as_they_were_written() {
    for event in Fact::types() {
        let sample = sample(&event);
        let validator = jsonschema::validator_for(&schema(&event)).unwrap();
        let faults: Vec<_> = validator
            .iter_errors(&sample)
            .map(|error| error.to_string())
            .collect();
        assert!(faults.is_empty(), "{}: {faults:?}", event.wire.name);

        let bytes = serde_json::to_vec(&sample).unwrap();
        let fact = Fact::decode(event.category, event.wire.name, event.wire.version, &bytes).unwrap();
        assert_eq!(fact.wire(), event.wire);
        let written: Value = serde_json::from_slice(&fact.payload().unwrap()).unwrap();
        assert_eq!(written, sample, "{}", event.wire.name);
    }
}

#[test]
fn a_sample_of_another_shape_is_noticed() {
    let event = Fact::types()
        .into_iter()
        .find(|event| event.wire.name == "interview.slot_claimed")
        .unwrap();
    let mut sample = sample(&event);
    sample["revision"] = "two".into();

    assert!(
        !jsonschema::validator_for(&schema(&event))
            .unwrap()
            .is_valid(&sample)
    );
    let bytes = serde_json::to_vec(&sample).unwrap();
    assert!(Fact::decode(event.category, event.wire.name, event.wire.version, &bytes).is_err());
}

#[test]
fn every_event_version_has_a_name_of_its_own_wherever_its_schema_is() {
    let ids: BTreeSet<_> = Fact::types()
        .iter()
        .map(|event| schema(event)["$id"].as_str().unwrap().to_owned())
        .collect();

    assert_eq!(ids.len(), Fact::types().len());
    assert!(ids.contains("urn:greenroom:event:interview.slot_claimed:1"));
}

#[test]
fn schemas_of_events_that_are_gone_are_removed_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path()).unwrap();
    let place = |name: &str| folder.path().join("events").join(name);
    let gone = format!(r#"{{ "$id": "{}" }}"#, event_id("interview.forgotten", 2));
    fs::write(place("interview.forgotten.v2.schema.json"), &gone).unwrap();
    let others = [
        "interview.forgotten.v2.sample.json",
        "interview.forgotten.v3.schema.json",
        "interview.forgotten.vtwo.schema.json",
        "notes.schema.json",
    ];
    for name in others {
        fs::write(place(name), &gone).unwrap();
    }
    fs::write(place("somebody.elses.v1.schema.json"), "no JSON").unwrap();

    write(folder.path()).unwrap();

    assert!(!place("interview.forgotten.v2.schema.json").exists());
    assert!(others.iter().all(|name| place(name).exists()));
    assert!(place("somebody.elses.v1.schema.json").exists());
    assert!(
        files()
            .unwrap()
            .keys()
            .all(|path| folder.path().join(path).exists())
    );
}

#[test]
fn the_schema_of_an_old_version_stays_because_the_lock_names_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path()).unwrap();
    let old = folder.path().join(event_path("interview.forgotten", 2, "schema"));
    let schema = json!({ "$id": event_id("interview.forgotten", 2), "type": "object" });
    fs::write(&old, schema.to_string()).unwrap();
    let mut lock = Lock::parse(&fs::read_to_string(folder.path().join(LOCK)).unwrap()).unwrap();
    lock.add("interview.forgotten", 2, &schema).unwrap();
    fs::write(folder.path().join(LOCK), lock.text()).unwrap();

    write(folder.path()).unwrap();

    assert!(old.exists());
    assert_eq!(
        Lock::parse(&fs::read_to_string(folder.path().join(LOCK)).unwrap()),
        Ok(lock)
    );
}

// Folds, of which snapshots are kept.

fn fold_lock() -> FoldLock {
    FoldLock::parse(&read(Path::new(FOLD_LOCK))).unwrap()
}

#[test]
fn no_fold_makes_other_states_under_the_fingerprint_that_its_snapshots_carry() {
    let folds = folds(&folder(), &lock()).unwrap();
    assert_eq!(folds.len(), Category::ALL.len(), "a golden sample is missing");

    let lock = fold_lock();
    let faults: Vec<_> = folds
        .iter()
        .filter_map(|(category, fold)| lock.check(category, fold).err())
        .map(|error| error.to_string())
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_line_of_any_commit_says_otherwise_of_a_fold() {
    let Some(commits) = git(&["log", "--format=%H", "--", "schemas/folds.lock"]) else {
        return eprintln!("skipped: no git history here");
    };
    let now = fold_lock();
    for commit in commits.lines() {
        let Some(text) = git(&["show", &format!("{commit}:schemas/folds.lock")]) else {
            continue;
        };
        let contradicting = now.contradicting(&FoldLock::parse(&text).unwrap());
        assert!(
            contradicting.is_empty(),
            "schemas/folds.lock has another outcome than {commit} under the same fingerprint: {contradicting:?}"
        );
    }
}

#[test]
fn a_fold_that_was_changed_without_a_new_revision_is_refused_and_says_what_to_do() {
    let mut changed = folds(&folder(), &lock()).unwrap().remove("room").unwrap();
    changed.outcome = "0".repeat(64);
    let mut lock = fold_lock();

    let refused = lock.check("room", &changed).unwrap_err();

    assert_eq!(
        refused,
        FoldError::Changed {
            category: "room".to_owned(),
            next: changed.revision + 1
        }
    );
    assert!(refused.to_string().contains("`const FOLD: u32 = 2`"));
    assert_eq!(lock.set("room", changed), Err(refused));
    assert_eq!(lock, fold_lock());
}

#[test]
fn a_fold_with_another_fingerprint_gets_another_line() {
    let mut raised = folds(&folder(), &lock()).unwrap().remove("room").unwrap();
    raised.revision += 1;
    raised.fingerprint = "1".repeat(64);
    raised.outcome = "0".repeat(64);
    let mut lock = fold_lock();

    let old = lock.check("room", &raised).unwrap_err();
    lock.set("room", raised.clone()).unwrap();

    assert!(old.to_string().contains("export-schemas"));
    assert_eq!(lock.check("room", &raised), Ok(()));
    assert_eq!(lock.contradicting(&fold_lock()), Vec::<String>::new());
    assert_eq!(FoldLock::parse(&lock.text()), Ok(lock));
}

#[test]
fn another_outcome_under_the_same_fingerprint_contradicts_an_earlier_lock() {
    let text = fold_lock().text();
    let line = text.lines().find(|line| line.starts_with("room ")).unwrap();
    let (before, _) = line.rsplit_once(' ').unwrap();
    let edited = text.replace(line, &format!("{before} {}", "0".repeat(64)));

    let edited = FoldLock::parse(&edited).unwrap();

    assert_eq!(edited.contradicting(&fold_lock()), ["room"]);
    assert_eq!(fold_lock().contradicting(&fold_lock()), Vec::<String>::new());
    assert_eq!(
        FoldLock::parse("room 1 something else"),
        Err(FoldError::Line { line: 1 })
    );
}
