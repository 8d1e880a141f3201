//! The folder `schemas/` is what the code says, and what was stored before is still understood.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use domain::{event::EventType, fact::Fact};
use greenroom::schemas::{event_id, event_path, files, write};
use serde_json::Value;

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
    let expected: BTreeSet<PathBuf> = Fact::types()
        .iter()
        .flat_map(|event| {
            ["schema", "sample"].map(|what| event_path(event.wire.name, event.wire.version, what))
        })
        .collect();

    let present = fs::read_dir(folder().join("events")).unwrap();
    let present: BTreeSet<PathBuf> = present
        .map(|file| Path::new("events").join(file.unwrap().file_name()))
        .collect();

    assert_eq!(present, expected);
    assert!(present.len() > 100, "only {} files", present.len());
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
