//! What is generated into the folder `schemas/`: the contract with clients, and with the past.
//!
//! A JSON schema stands beside the golden sample of every event version. The sample is written once and never
//! generated again; the tests read it with today's code. The lock beside them only gains lines, see
//! [`crate::event_lock`]; what folds make of the samples is in another, see [`crate::fold_lock`].

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use domain::{event::Wire, fact::Fact};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use crate::{
    config::Config,
    event_file::{event_id, event_path},
    event_lock::{Lock, Version},
    fold_lock::{FoldLock, folds},
};

/// The lock on event versions, in the folder.
pub const LOCK: &str = "events.lock";
/// The lock on folds, in the folder.
pub const FOLD_LOCK: &str = "folds.lock";

/// Every generated file, by its path in the folder; the locks are not among them, because they also say what was.
///
/// # Errors
/// When a schema does not serialise, which none of ours does.
pub fn files() -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    for ((name, version), schema) in events() {
        files.insert(event_path(&name, version, "schema"), text(&schema)?);
    }
    let config = generator().into_root_schema_for::<Config>();
    files.insert("config.schema.json".into(), text(config.as_value())?);
    files.insert("schema.graphql".into(), api::graphql::schema().sdl());
    Ok(files)
}

/// The JSON schema of every event that is written today, by name and version.
pub fn events() -> BTreeMap<Version, Value> {
    let schemas = Fact::types().into_iter().map(|event| {
        let mut generator = generator();
        let payload = (event.schema)(&mut generator);
        let schema = standalone(payload.as_value(), generator.take_definitions(true), event.wire);
        ((event.wire.name.to_owned(), event.wire.version), schema)
    });
    schemas.collect()
}

/// Writes the generated files and the lines of new event versions into the lock, and removes schemas of event versions
/// that are neither written today nor in the lock. Whatever else is in the folder is left alone, also golden samples:
/// what was once stored stays a contract.
///
/// # Errors
/// When an event was stored in another shape before, a fold has changed under its old revision, or a file cannot be
/// written, read or removed.
pub fn write(folder: &Path) -> Result<()> {
    let lock = extended_lock(folder)?;
    for (path, content) in files()? {
        let path = folder.join(path);
        let parent = path.parent().context("every generated file is in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        fs::write(&path, content).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let locked: BTreeSet<_> = lock
        .versions()
        .map(|(name, version)| event_path(name, *version, "schema"))
        .collect();
    for path in event_schemas(folder)? {
        if !locked.contains(&path) {
            let path = folder.join(path);
            fs::remove_file(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
        }
    }
    let path = folder.join(LOCK);
    fs::write(&path, lock.text()).with_context(|| format!("{} cannot be written", path.display()))?;
    write_fold_lock(folder, &lock)
}

/// A category of which a sample is missing keeps its line: without the sample nothing can be said of its fold.
fn write_fold_lock(folder: &Path, lock: &Lock) -> Result<()> {
    let path = folder.join(FOLD_LOCK);
    let mut written = FoldLock::parse(&read_or_empty(&path)?)?;
    for (category, fold) in folds(folder, lock)? {
        written.set(category, fold)?;
    }
    fs::write(&path, written.text()).with_context(|| format!("{} cannot be written", path.display()))
}

fn read_or_empty(path: &Path) -> Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read.with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// The lock of a folder, with a line for every event that is new. A folder without one gets a lock of its own.
fn extended_lock(folder: &Path) -> Result<Lock> {
    let mut lock = Lock::parse(&read_or_empty(&folder.join(LOCK))?)?;
    for ((name, version), schema) in events() {
        lock.add(&name, version, &schema)?;
    }
    Ok(lock)
}

/// The schemas of events that were ever written into a folder. They are known by the id inside, which has to be the one
/// of the file's name, so that nobody else's file is taken for one.
fn event_schemas(folder: &Path) -> Result<Vec<PathBuf>> {
    let events = folder.join("events");
    let mut ours = Vec::new();
    for entry in fs::read_dir(&events).with_context(|| format!("{} cannot be read", events.display()))? {
        let name = entry?.file_name();
        let Some((event, version)) = name.to_str().and_then(named_event) else {
            continue;
        };
        let path = event_path(event, version, "schema");
        let text =
            fs::read(folder.join(&path)).with_context(|| format!("{} cannot be read", path.display()))?;
        let id = serde_json::from_slice(&text).map(|schema: Value| schema["$id"].clone());
        if id.is_ok_and(|id| id == event_id(event, version)) {
            ours.push(path);
        }
    }
    Ok(ours)
}

/// The event and version that a schema's file is named after.
fn named_event(file: &str) -> Option<(&str, u16)> {
    let (event, version) = file.strip_suffix(".schema.json")?.rsplit_once(".v")?;
    Some((event, version.parse().ok()?))
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().into_generator()
}

/// A payload's schema with the definitions it refers to, in one document.
fn standalone(payload: &Value, definitions: Map<String, Value>, wire: Wire) -> Value {
    let mut document = payload.as_object().cloned().unwrap_or_default();
    document.insert(
        "$schema".to_owned(),
        "https://json-schema.org/draft/2020-12/schema".into(),
    );
    document.insert("$id".to_owned(), event_id(wire.name, wire.version).into());
    document.insert(
        "title".to_owned(),
        format!("{} version {}", wire.name, wire.version).into(),
    );
    document.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(document)
}

fn text(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
