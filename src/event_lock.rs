//! The lock on what was stored once: a digest of the shape of every event version, in `schemas/events.lock`.
//!
//! An event that was written in one shape is read in it for ever. So lines are only ever added: a changed shape is a
//! new version, with a step in the codec's upcasting chain from the old one. Wording is no shape: descriptions, titles
//! and names of Rust types may change.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

const HEADER: &str = "\
# The shape of every event version that was ever written: name, version, SHA-256.
# Lines are added by `cargo run -- export-schemas` and never change; see docs/TESTING.md.
";

/// Name and version of an event.
pub type Version = (String, u16);

/// A digest of every event version that was ever written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lock(BTreeMap<Version, String>);

/// Why an event must not be written in its shape, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LockError {
    /// The version was written in another shape before.
    #[error(
        "{name} version {version} was stored in another shape. Leave that version as it was, and give the new shape \
         version {next}: a payload type of its own under the same name with `v {next}` in `events!`; a step from version \
         {version} in `Codec::current`; the golden sample schemas/events/{name}.v{next}.sample.json, while the schema and \
         the sample of version {version} stay; then `cargo run -- export-schemas`"
    )]
    Changed {
        /// Wire name.
        name: String,
        /// The version that was stored.
        version: u16,
        /// The first version that is free.
        next: u16,
    },
    /// The version is not in the lock yet.
    #[error(
        "{name} version {version} is not in schemas/events.lock: write its golden sample \
         schemas/events/{name}.v{version}.sample.json and run `cargo run -- export-schemas`"
    )]
    Missing {
        /// Wire name.
        name: String,
        /// Its version.
        version: u16,
    },
    /// A line is not one of the lock.
    #[error(
        "line {line} of schemas/events.lock is not a name, a version and a digest, or names a version again"
    )]
    Line {
        /// Counted from 1.
        line: usize,
    },
}

impl Lock {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LockError::Line`] for the first line that is no comment and not one of the lock.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let mut lines = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            let (version, digest) = parse_line(line).ok_or(LockError::Line { line: index + 1 })?;
            if lines.insert(version, digest).is_some() {
                return Err(LockError::Line { line: index + 1 });
            }
        }
        Ok(Self(lines))
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        for ((name, version), digest) in &self.0 {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name} {version} {digest}");
        }
        text
    }

    /// Every version that was ever written.
    pub fn versions(&self) -> impl Iterator<Item = &Version> {
        self.0.keys()
    }

    /// Holds the JSON schema of an event against its line.
    ///
    /// # Errors
    /// [`LockError::Changed`] or [`LockError::Missing`], which say what to do.
    pub fn check(&self, name: &str, version: u16, schema: &Value) -> Result<(), LockError> {
        match self.0.get(&(name.to_owned(), version)) {
            Some(digest) if *digest == shape(schema) => Ok(()),
            Some(_) => Err(LockError::Changed {
                name: name.to_owned(),
                version,
                next: self.next_version(name),
            }),
            None => Err(LockError::Missing {
                name: name.to_owned(),
                version,
            }),
        }
    }

    /// Adds a version that is new, and holds every other one against its line.
    ///
    /// # Errors
    /// [`LockError::Changed`], when the version was written in another shape before.
    pub fn add(&mut self, name: &str, version: u16, schema: &Value) -> Result<(), LockError> {
        match self.check(name, version, schema) {
            Err(LockError::Missing { .. }) => {
                self.0.insert((name.to_owned(), version), shape(schema));
                Ok(())
            }
            checked => checked,
        }
    }

    /// What an earlier lock says and this one does not, which must be nothing.
    pub fn lost_since(&self, earlier: &Self) -> Vec<Version> {
        let is_lost = |(version, digest): &(&Version, &String)| self.0.get(*version) != Some(digest);
        let lost = earlier.0.iter().filter(is_lost);
        lost.map(|(version, _)| version.clone()).collect()
    }

    fn next_version(&self, name: &str) -> u16 {
        let versions = self.0.keys().filter(|(other, _)| other == name);
        versions.map(|(_, version)| *version).max().unwrap_or(0) + 1
    }
}

fn parse_line(line: &str) -> Option<(Version, String)> {
    let mut parts = line.split(' ');
    let (name, version, digest) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_digest && parts.next().is_none()).then(|| ((name.to_owned(), version), digest.to_owned()))
}

/// The digest of a JSON schema's shape: the same for another wording, another order and other names of Rust types, and
/// another for everything else.
pub fn shape(schema: &Value) -> String {
    let bare = Bare {
        definitions: schema.get("$defs").and_then(Value::as_object),
        within: Vec::new(),
    };
    let mut digest = String::with_capacity(64);
    for byte in Sha256::digest(bare.schema(schema).to_string()) {
        // Writing to a string does not fail.
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}

/// What says nothing about which values are accepted; definitions are written where they are referred to.
const WORDING: [&str; 7] = [
    "$defs",
    "$id",
    "$schema",
    "$comment",
    "description",
    "examples",
    "title",
];

/// Keywords whose members have names of our own.
const NAMED: [&str; 2] = ["properties", "patternProperties"];

/// Takes from a schema what is no shape.
struct Bare<'s> {
    definitions: Option<&'s Map<String, Value>>,
    /// The definitions that are being written.
    within: Vec<&'s str>,
}

impl<'s> Bare<'s> {
    /// A schema in one order, without its wording, with its definitions in their places.
    fn schema(&self, schema: &'s Value) -> Value {
        match schema {
            Value::Object(members) => self.choice(members).unwrap_or_else(|| self.object(members)),
            Value::Array(members) => Value::Array(members.iter().map(|member| self.schema(member)).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
        }
    }

    fn object(&self, members: &'s Map<String, Value>) -> Value {
        let members: BTreeMap<_, _> = members
            .iter()
            .filter(|(keyword, _)| !WORDING.contains(&keyword.as_str()))
            .map(|(keyword, value)| (keyword.clone(), self.keyword(keyword, value)))
            .collect();
        match members.get("$ref") {
            // A reference alone is what it refers to.
            Some(referred) if members.len() == 1 => referred.clone(),
            Some(_) | None => sorted(members),
        }
    }

    fn keyword(&self, keyword: &str, value: &'s Value) -> Value {
        match value {
            Value::Object(members) if NAMED.contains(&keyword) => sorted(
                members
                    .iter()
                    .map(|(name, schema)| (name.clone(), self.schema(schema))),
            ),
            Value::Array(values) if ["required", "enum", "type"].contains(&keyword) => set(values),
            Value::String(name) if keyword == "$ref" => self.definition(name),
            other if ["const", "default", "enum"].contains(&keyword) => other.clone(),
            other => self.schema(other),
        }
    }

    /// What a reference refers to; within itself, how far out that is.
    fn definition(&self, reference: &'s str) -> Value {
        let name = reference.strip_prefix("#/$defs/").unwrap_or(reference);
        if let Some(outwards) = self.within.iter().rev().position(|within| *within == name) {
            return Value::from(outwards);
        }
        let Some(definition) = self.definitions.and_then(|definitions| definitions.get(name)) else {
            return Value::from(reference);
        };
        let within = self.within.iter().copied().chain([name]).collect();
        let inner = Bare {
            definitions: self.definitions,
            within,
        };
        inner.schema(definition)
    }

    /// A choice of constants is the same as an enumeration; which of the two is generated depends on comments alone.
    fn choice(&self, members: &'s Map<String, Value>) -> Option<Value> {
        let choices = members.get("oneOf")?.as_array()?;
        let mut values = Vec::new();
        let mut types = BTreeSet::new();
        for choice in choices {
            let choice = self.object(choice.as_object()?);
            let choice = choice.as_object()?;
            if choice
                .keys()
                .any(|keyword| !["const", "enum", "type"].contains(&keyword.as_str()))
            {
                return None;
            }
            match (choice.get("const"), choice.get("enum").and_then(Value::as_array)) {
                (Some(value), None) => values.push(value.clone()),
                (None, Some(several)) => values.extend(several.iter().cloned()),
                (Some(_), Some(_)) | (None, None) => return None,
            }
            types.insert(choice.get("type")?.as_str()?.to_owned());
        }
        let (Some(only), true) = (types.pop_first(), types.is_empty()) else {
            return None;
        };
        let rest = members
            .iter()
            .filter(|(keyword, _)| keyword.as_str() != "oneOf" && !WORDING.contains(&keyword.as_str()));
        let rest = rest.map(|(keyword, value)| (keyword.clone(), self.keyword(keyword, value)));
        let own = [
            ("enum".to_owned(), set(&values)),
            ("type".to_owned(), only.into()),
        ];
        Some(sorted(rest.chain(own)))
    }
}

/// Members by name, whatever order a map of the library keeps.
fn sorted(members: impl IntoIterator<Item = (String, Value)>) -> Value {
    let members: BTreeMap<_, _> = members.into_iter().collect();
    Value::Object(members.into_iter().collect())
}

fn set(values: &[Value]) -> Value {
    let mut values = values.to_vec();
    values.sort_by_key(Value::to_string);
    Value::Array(values)
}
