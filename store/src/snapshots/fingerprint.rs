//! What a fold depends on beside the events, so that nobody has to remember that old snapshots are worthless.

use domain::{aggregate::Aggregate, event::Event};
use schemars::{SchemaGenerator, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{codec::Codec, hex};

/// Raised when a snapshot is made in another way.
const FORM: &str = "greenroom snapshot 1";

/// The digest of everything in the code that a kept state follows from: the form of a snapshot; the aggregate's
/// category, its `FOLD` and the JSON schema of its state; name, version and JSON schema of each of its events; and the
/// versions that the codec lifts. Wording is none of it.
///
/// What a digest cannot see is what `evolve` and the steps of the codec do. That is held against golden samples, in
/// `schemas/folds.lock`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of an aggregate whose events are read by this codec.
    pub fn of<A: Aggregate>(codec: &Codec) -> Self {
        let mut parts = vec![
            FORM.to_owned(),
            A::CATEGORY.name().to_owned(),
            A::FOLD.to_string(),
            sorted(&generator().into_root_schema_for::<A>().to_value()).to_string(),
        ];
        for event in A::Event::types() {
            let mut generator = generator();
            let payload = (event.schema)(&mut generator).to_value();
            let definitions = generator.take_definitions(true);
            parts.push(format!("{} {}", event.wire.name, event.wire.version));
            parts.push(sorted(&payload).to_string());
            parts.push(sorted(&Value::Object(definitions)).to_string());
        }
        parts.extend(
            codec
                .lifted()
                .into_iter()
                .map(|(name, version)| format!("{name} {version}")),
        );
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// A generator of schemas without their wording.
fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(|schema: &mut schemars::Schema| {
            schema.remove("description");
            schema.remove("title");
        }))
        .into_generator()
}

/// With members by name, whatever order a map of the library keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            let members = members
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)));
            Value::Object(members.collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
