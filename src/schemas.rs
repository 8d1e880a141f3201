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
use domain::fact::Fact;
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
        let title = format!("{} version {}", event.wire.name, event.wire.version);
        let schema = standalone(payload.as_value(), generator.take_definitions(true), &title);
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

/// Writes the generated files; golden samples are left alone.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path) -> Result<()> {
    for (path, content) in files()? {
        let path = folder.join(path);
        let parent = path.parent().context("every generated file is in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        fs::write(&path, content).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().into_generator()
}

/// A payload's schema with the definitions it refers to, in one document.
fn standalone(payload: &Value, definitions: Map<String, Value>, title: &str) -> Value {
    let mut document = payload.as_object().cloned().unwrap_or_default();
    document.insert(
        "$schema".to_owned(),
        "https://json-schema.org/draft/2020-12/schema".into(),
    );
    document.insert("title".to_owned(), title.into());
    document.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(document)
}

fn text(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
