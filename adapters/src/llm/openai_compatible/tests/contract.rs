//! Against the vendor's own description, where `GREENROOM_CONTRACTS` names the folder that holds it: what we send fits
//! it, and replies that are made from it are understood.

use std::{env, fs, path::PathBuf};

use serde_json::Map;

use super::*;
use crate::skip::skip;

/// The vendor's description, if it is here.
struct Description(Value);

impl Description {
    fn open() -> Option<Self> {
        let Ok(folder) = env::var("GREENROOM_CONTRACTS") else {
            skip("vendors' descriptions: GREENROOM_CONTRACTS names no folder");
            return None;
        };
        let file = PathBuf::from(folder).join("openai/openapi.trimmed.json");
        Some(Self(serde_json::from_slice(&fs::read(file).unwrap()).unwrap()))
    }

    fn schema(&self, name: &str) -> &Value {
        let schema = &self.0["components"]["schemas"][name];
        assert!(schema.is_object(), "{name} is not described");
        schema
    }

    fn validator(&self, name: &str) -> jsonschema::Validator {
        let root = json!({
            "$ref": format!("#/components/schemas/{name}"),
            "components": self.0["components"],
        });
        jsonschema::validator_for(&root).unwrap()
    }

    /// The whole answers among the examples of the call; one is a stream, which is never asked for here.
    fn examples(&self) -> Vec<Value> {
        let examples = &self.0["paths"]["/chat/completions"]["post"]["x-oaiMeta"]["examples"];
        let texts = examples.as_array().unwrap().iter();
        texts
            .filter_map(|example| serde_json::from_str(example["response"].as_str()?).ok())
            .collect()
    }

    /// A value that fits a schema: with what is required alone, or with all that is described. Where there is a
    /// choice it takes the first way.
    fn value(&self, schema: &Value, extent: Extent) -> Value {
        if let Some(path) = schema["$ref"].as_str() {
            return self.value(self.schema(path.rsplit('/').next().unwrap()), extent);
        }
        for choice in ["anyOf", "oneOf", "enum"] {
            match schema[choice].as_array() {
                Some(values) if choice == "enum" => return values[0].clone(),
                Some(ways) => return self.value(&ways[0], extent),
                None => {}
            }
        }
        match schema["type"].as_str().unwrap() {
            "object" => self.object(schema, extent),
            "array" => json!([self.value(&schema["items"], extent)]),
            "string" if schema["format"] == "uri" => json!("https://example.org/"),
            "string" => json!("words"),
            "integer" => json!(7),
            "number" => json!(0.5),
            "boolean" => json!(false),
            other => panic!("no value of type {other}"),
        }
    }

    fn object(&self, schema: &Value, extent: Extent) -> Value {
        let required: Vec<&str> = schema["required"]
            .as_array()
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let described = schema["properties"].as_object().into_iter().flatten();
        let wanted =
            described.filter(|(name, _)| extent == Extent::Everything || required.contains(&name.as_str()));
        let properties: Map<String, Value> = wanted
            .map(|(name, schema)| (name.clone(), self.value(schema, extent)))
            .collect();
        properties.into()
    }

    /// A completion made from the description, with what a model would say about our transcript.
    fn completion(&self, extent: Extent, finish_reason: &str) -> Value {
        let mut completion = self.value(self.schema("CreateChatCompletionResponse"), extent);
        let choice = &mut completion["choices"][0];
        choice["finish_reason"] = finish_reason.into();
        choice["message"]["content"] = said();
        choice["message"]["refusal"] = Value::Null;
        assert_fits(&self.validator("CreateChatCompletionResponse"), &completion);
        completion
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Extent {
    Required,
    Everything,
}

/// The content of our own fixture.
fn said() -> Value {
    serde_json::from_str::<Value>(COMPLETION).unwrap()["choices"][0]["message"]["content"].clone()
}

fn assert_fits(contract: &jsonschema::Validator, value: &Value) {
    let faults: Vec<_> = contract
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?} in {value:#}");
}

async fn answered(completion: &Value) -> Result<Assessment, ProviderError> {
    assessed(reply(200, &completion.to_string())).await
}

/// What is sent over the wire.
async fn sent() -> Value {
    let (url, mut heard) = stand_in(reply(200, COMPLETION)).await;
    let model = OpenAiCompatible::new(settings(url)).unwrap();
    model.assess(&request(&transcript())).await.unwrap();
    let (_, body) = heard.recv().await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn what_is_sent_is_what_the_vendor_describes_and_a_wrong_request_is_not() {
    let Some(description) = Description::open() else {
        return;
    };
    let contract = description.validator("CreateChatCompletionRequest");
    let ours = sent().await;
    let changed = |pointer: &str, value: Value| {
        let mut changed = ours.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };

    assert_fits(&contract, &ours);
    assert!(!contract.is_valid(&json!({ "messages": 5 })));
    assert!(!contract.is_valid(&changed("/messages", json!(5))));
    assert!(!contract.is_valid(&changed("/messages", json!([]))));
    assert!(!contract.is_valid(&changed("/messages/0/role", json!("boss"))));
    assert!(!contract.is_valid(&changed("/messages/1/content", json!(1))));
    assert!(!contract.is_valid(&changed("/max_completion_tokens", json!("many"))));
    assert!(!contract.is_valid(&changed("/response_format/type", json!("yaml"))));
    assert!(!contract.is_valid(&changed("/response_format/json_schema/name", json!(null))));
    assert!(!contract.is_valid(&changed("/response_format/json_schema/strict", json!("yes"))));
}

#[test]
fn our_fixtures_are_what_the_vendor_describes() {
    let Some(description) = Description::open() else {
        return;
    };
    let completion = description.validator("CreateChatCompletionResponse");
    let error = description.validator("ErrorResponse");
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();

    for text in [COMPLETION, REFUSAL, LENGTH, CONTENT_FILTER] {
        assert_fits(&completion, &read(text));
    }
    for text in [CONTEXT_LENGTH, QUOTA, RATE_LIMIT] {
        assert_fits(&error, &read(text));
    }
    assert!(!completion.is_valid(&json!({ "choices": [] })));
    assert!(!error.is_valid(&json!({ "error": "no" })));
}

#[tokio::test]
async fn the_vendors_own_examples_are_read_once_a_model_says_what_was_agreed() {
    let Some(description) = Description::open() else {
        return;
    };
    let examples = description.examples();
    assert!(examples.len() >= 4, "only {} examples", examples.len());

    for mut example in examples {
        let as_it_is = answered(&example).await.unwrap_err();
        example["choices"][0]["message"]["content"] = said();
        let agreed = answered(&example).await.unwrap();

        assert_eq!(as_it_is.code(), "bad_answer");
        assert_eq!(agreed.overall, 72);
        assert_eq!(
            Some(agreed.usage.input),
            example["usage"]["prompt_tokens"].as_u64()
        );
        assert_eq!(
            Some(agreed.usage.output),
            example["usage"]["completion_tokens"].as_u64()
        );
    }
}

#[tokio::test]
async fn a_reply_with_all_or_with_only_the_least_that_is_described_is_read() {
    let Some(description) = Description::open() else {
        return;
    };

    let most = answered(&description.completion(Extent::Everything, "stop")).await;
    let least = answered(&description.completion(Extent::Required, "stop")).await;

    let (most, least) = (most.unwrap(), least.unwrap());
    assert_eq!((most.overall, least.overall), (72, 72));
    assert_eq!(most.usage, TokenUsage { input: 7, output: 7 });
    assert_eq!(least.usage, TokenUsage::default());
}

#[tokio::test]
async fn every_reason_to_finish_that_is_described_has_a_meaning() {
    let Some(description) = Description::open() else {
        return;
    };
    let reasons = &description.schema("CreateChatCompletionResponse")["properties"]["choices"]["items"]["properties"]
        ["finish_reason"]["enum"];

    let mut meanings = Vec::new();
    for reason in reasons.as_array().unwrap().iter().filter_map(Value::as_str) {
        let answer = answered(&description.completion(Extent::Everything, reason)).await;
        let meaning = answer.map_or_else(|error| error.code().to_owned(), |_| "read".to_owned());
        meanings.push(format!("{reason}: {meaning}"));
    }

    assert_eq!(
        meanings,
        [
            "stop: read",
            "length: too_long",
            "tool_calls: read",
            "content_filter: content_filtered",
            "function_call: read",
        ]
    );
}

#[tokio::test]
async fn a_refusal_that_is_made_from_the_description_is_a_refusal() {
    let Some(description) = Description::open() else {
        return;
    };
    let mut refusal = description.completion(Extent::Everything, "stop");
    refusal["choices"][0]["message"]["content"] = Value::Null;
    refusal["choices"][0]["message"]["refusal"] = json!("I will not.");
    assert_fits(&description.validator("CreateChatCompletionResponse"), &refusal);

    assert_eq!(answered(&refusal).await.unwrap_err().code(), "refused");
}

#[tokio::test]
async fn an_error_that_is_made_from_the_description_is_named_by_its_code_and_never_by_its_message() {
    let Some(description) = Description::open() else {
        return;
    };
    let mut error = description.value(description.schema("ErrorResponse"), Extent::Everything);
    error["error"]["code"] = json!("invalid_value");
    error["error"]["message"] = json!("Asha said something");
    assert_fits(&description.validator("ErrorResponse"), &error);

    let refused = assessed(reply(400, &error.to_string())).await.unwrap_err();

    assert_eq!(refused.code(), "invalid_value");
    assert!(!format!("{refused:?}").contains("Asha"));
}
