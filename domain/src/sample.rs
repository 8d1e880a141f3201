//! An example of every event, made from the schema of its payload: whoever adds an event adds its example.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use crate::{event::EventType, fact::Fact};

/// One of each event type: optional fields are absent, sealed values erased, enums their first variant.
pub(crate) fn every_fact() -> Vec<Fact> {
    Fact::types().iter().map(fact).collect()
}

fn fact(event: &EventType) -> Fact {
    let mut generator = SchemaGenerator::default();
    let schema = (event.schema)(&mut generator).to_value();
    let payload = Sampler(generator.definitions().clone()).sample(&schema);
    let wire = event.wire;
    Fact::decode(
        event.category,
        wire.name,
        wire.version,
        payload.to_string().as_bytes(),
    )
    .unwrap_or_else(|error| panic!("{}: {error:?} in {payload}", wire.name))
}

/// Makes a value that a schema allows, with the definitions it refers to.
struct Sampler(Map<String, Value>);

impl Sampler {
    fn sample(&self, schema: &Value) -> Value {
        if let Some(target) = schema["$ref"].as_str() {
            return self.named(target.trim_start_matches("#/$defs/"));
        }
        let choices = ["enum", "oneOf", "anyOf", "allOf"].map(|keyword| schema[keyword].get(0));
        match choices {
            [Some(value), ..] => return value.clone(),
            [_, Some(first), ..] | [_, _, Some(first), _] | [_, _, _, Some(first)] => {
                return self.sample(first);
            }
            [None, None, None, None] => {}
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        match schema["type"].as_str().or(schema["type"][0].as_str()) {
            Some("object") => self.object(schema),
            Some("array") => self.array(schema),
            Some("string") => json!(string(schema)),
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
            Some("boolean") => json!(false),
            Some(_) | None => panic!("no example for {schema}"),
        }
    }

    fn named(&self, name: &str) -> Value {
        match name {
            "TimeZone" => json!("Asia/Kolkata"),
            name => self.sample(&self.0[name]),
        }
    }

    fn object(&self, schema: &Value) -> Value {
        let required = schema["required"].as_array().into_iter().flatten();
        required
            .filter_map(Value::as_str)
            .map(|name| (name.to_owned(), self.sample(&schema["properties"][name])))
            .collect()
    }

    fn array(&self, schema: &Value) -> Value {
        match schema["prefixItems"].as_array() {
            Some(items) => items.iter().map(|item| self.sample(item)).collect(),
            None => json!([self.sample(&schema["items"])]),
        }
    }
}

fn string(schema: &Value) -> String {
    match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("uuid"), _) => uuid::Uuid::nil().to_string(),
        (Some("date"), _) => "2026-05-05".to_owned(),
        (Some("date-time"), _) => "2026-05-05T10:00:00Z".to_owned(),
        (Some("partial-date-time"), _) => "2026-05-05T10:00:00".to_owned(),
        (Some("partial-time"), _) => "10:00:00".to_owned(),
        (_, Some("^[A-Z]{3}$")) => "INR".to_owned(),
        (_, Some(pattern)) => {
            let (prefix, _) = pattern.split_once('_').expect("only ids have other patterns");
            format!("{}_{}", prefix.trim_start_matches('^'), "0".repeat(26))
        }
        (_, None) => "words".to_owned(),
    }
}
