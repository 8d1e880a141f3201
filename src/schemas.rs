//! What is generated into the folder `schemas/`: the contract with clients, and with the past.
//!
//! A JSON schema stands beside the golden sample of every event version. The sample is written once and never
//! generated again; the tests read it with today's code.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use domain::{event::Wire, fact::Fact};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use crate::config::Config;

/// Every generated file, by its path in the folder.
///
/// # Errors
/// When a schema does not serialise, which none of ours does.
pub fn files() -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    for event in Fact::types() {
        let mut generator = generator();
        let payload = (event.schema)(&mut generator);
        let schema = standalone(payload.as_value(), generator.take_definitions(true), event.wire);
        files.insert(
            event_path(event.wire.name, event.wire.version, "schema"),
            text(&schema)?,
        );
    }
    let config = generator().into_root_schema_for::<Config>();
    files.insert("config.schema.json".into(), text(config.as_value())?);
    files.insert("schema.graphql".into(), api::graphql::schema().sdl());
    Ok(files)
}

/// Where the schema or the sample of an event version is.
pub fn event_path(name: &str, version: u16, what: &str) -> PathBuf {
    Path::new("events").join(format!("{name}.v{version}.{what}.json"))
}

/// Name of an event version's schema, the same wherever the file is.
pub fn event_id(name: &str, version: u16) -> String {
    format!("urn:greenroom:event:{name}:{version}")
}

/// Writes the generated files, and removes schemas of event versions that no longer exist. Whatever else is in the
/// folder is left alone, also golden samples: what was once stored stays a contract until a person drops it.
///
/// # Errors
/// When a file cannot be written, read or removed.
pub fn write(folder: &Path) -> Result<()> {
    let files = files()?;
    for (path, content) in &files {
        let path = folder.join(path);
        let parent = path.parent().context("every generated file is in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        fs::write(&path, content).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    for path in event_schemas(folder)? {
        if !files.contains_key(&path) {
            let path = folder.join(path);
            fs::remove_file(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
        }
    }
    Ok(())
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
