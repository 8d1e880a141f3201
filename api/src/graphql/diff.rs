//! What has changed in something between two moments, as far as the viewer may know it.
//!
//! Both sides are answers of this API: one question, `diff.graphql`, is put to its own resolvers as of both moments, in
//! the name of whoever asks. So nothing can be told here that time travel itself would not tell, and whatever is masked
//! there is masked here: verdicts, what others rated, what is not released or published, and what was erased.

use std::sync::LazyLock;

use async_graphql::{
    Context, Error, ID, Name, Request, Result, SimpleObject, Value, Variables, indexmap::IndexMap, value,
};
use domain::ids::AccountId;
use futures::future::BoxFuture;

use super::{
    Schema,
    as_of::{AsOf, Past},
    node::load_node,
    policy::Operation,
    scalars::{Json, Position},
    schema,
    services::{asker, services},
    viewer::Viewer,
};
use crate::error::ApiError;

/// What is asked as of both moments.
const QUESTION: &str = include_str!("diff.graphql");

/// Answers the question. A resolver has no hold of the schema that it is a part of, so this is another of the same.
static SCHEMA: LazyLock<Schema> = LazyLock::new(schema);

/// The fields of an object of the API.
type Fields = IndexMap<Name, Value>;

/// What has changed in something between two moments.
#[derive(SimpleObject, Clone, Debug)]
pub struct Diff {
    /// The id of what was compared.
    subject_id: ID,
    /// Where the log ended at the earlier moment.
    from: Position,
    /// Where the log ended at the later moment.
    to: Position,
    /// What differs, in the order of the fields; empty when nothing does. Of something that did not exist at the
    /// earlier moment, every field that has a value at the later one.
    changes: Vec<FieldChange>,
}

/// One value that differs.
#[derive(SimpleObject, Clone, PartialEq, Eq, Debug)]
pub struct FieldChange {
    /// Where it stands in what was compared, as a JSON pointer (RFC 6901) over the names of the API's fields. Items of a
    /// list are named by their `id` where they have one, such as `/scorecards/sco_.../status`, and by their index
    /// otherwise; lists of plain values are one value.
    path: String,
    /// What stood there at the earlier moment; null when nothing did.
    before: Option<Json>,
    /// What stood there at the later moment; null when nothing did.
    after: Option<Json>,
}

impl Diff {
    /// What has changed in something that the viewer may see now; `None` for what is not there and for what they may
    /// not see.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when the moments are in the wrong order or beyond the log; `UNAVAILABLE` when the tables or the
    /// log cannot be read.
    pub async fn between(
        ctx: &Context<'_>,
        viewer: &Viewer,
        subject: ID,
        from: AsOf,
        to: AsOf,
    ) -> Result<Option<Self>> {
        let (from, to) = moments(ctx, from, to).await?;
        if load_node(ctx, viewer, &subject, None).await?.is_none() {
            return Ok(None);
        }
        let (before, after) = answers(ctx, &subject, from, to).await?;
        let mut changes = Vec::new();
        compare_fields("", &before, &after, &mut changes);
        Ok(Some(Self {
            subject_id: subject,
            from: from.position(),
            to: to.position(),
            changes,
        }))
    }
}

/// The two moments, the earlier one first.
async fn moments(ctx: &Context<'_>, from: AsOf, to: AsOf) -> Result<(Past, Past)> {
    let wrong_order = || ApiError::bad_user_input("from lies after to");
    // Two times in the wrong order may be the same place in the log.
    if let (AsOf::At(from), AsOf::At(to)) = (from, to)
        && from > to
    {
        return Err(wrong_order().into());
    }
    let (from, to) = (from.of(ctx).await?, to.of(ctx).await?);
    if from > to {
        return Err(wrong_order().into());
    }
    Ok((from, to))
}

/// What the viewer is told of the subject as of both moments; without fields where there was none.
///
/// The answer is boxed because the question is answered by the schema that this is a resolver of.
fn answers<'a>(
    ctx: &'a Context<'_>,
    subject: &'a ID,
    from: Past,
    to: Past,
) -> BoxFuture<'a, Result<(Fields, Fields)>> {
    Box::pin(async move {
        // Whoever may not ask for availability is told of the person alone.
        let is_person = subject.parse::<AccountId>().is_ok();
        let with_availability = is_person && asker(ctx).may(Operation::Availability).is_ok();
        let variables = value!({
            "id": subject.as_str(),
            "from": { "position": from.position().0.to_string() },
            "to": { "position": to.position().0.to_string() },
            "withAvailability": with_availability,
        });
        let question = Request::new(QUESTION)
            .variables(Variables::from_value(variables))
            .data(services(ctx).clone())
            .data(asker(ctx).clone());
        let mut response = SCHEMA.execute(question).await;
        if !response.errors.is_empty() {
            return Err(passed_on(response.errors.swap_remove(0)));
        }
        let mut told = fields(response.data);
        Ok((
            subject_of(&mut told, "from", "availabilityFrom"),
            subject_of(&mut told, "to", "availabilityTo"),
        ))
    })
}

/// A failure of the question is one of this operation, with the same code.
fn passed_on(error: async_graphql::ServerError) -> Error {
    Error {
        message: error.message,
        source: error.source,
        extensions: error.extensions,
    }
}

/// One side of the comparison: the subject, without the id that names it, and its availability beside its own fields.
fn subject_of(told: &mut Fields, subject: &str, availability: &str) -> Fields {
    let mut subject = told.swap_remove(subject).map(fields).unwrap_or_default();
    subject.shift_remove("id");
    if let Some(availability) = told.swap_remove(availability) {
        subject.insert(Name::new("availability"), availability);
    }
    subject
}

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_)
        | Value::List(_) => Fields::new(),
    }
}

fn compare_fields(path: &str, before: &Fields, after: &Fields, changes: &mut Vec<FieldChange>) {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    for name in after.keys().chain(gone) {
        compare(&below(path, name), before.get(name), after.get(name), changes);
    }
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
    match (before, after) {
        (before, after) if before == after => {}
        (Value::Object(before), Value::Object(after)) => compare_fields(path, before, after, changes),
        (Value::List(before), Value::List(after)) if holds_objects(before) || holds_objects(after) => {
            compare_fields(
                path,
                &named_items(before, after),
                &named_items(after, before),
                changes,
            );
        }
        (before, after) => {
            let shown = |value: &Value| Some(Json(value.clone())).filter(|json| json.0 != Value::Null);
            changes.push(FieldChange {
                path: path.to_owned(),
                before: shown(before),
                after: shown(after),
            });
        }
    }
}

fn below(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn holds_objects(items: &[Value]) -> bool {
    items.iter().any(|item| matches!(item, Value::Object(_)))
}

/// The items of a list under their ids when all of this list and of the other have one, under their indexes otherwise.
fn named_items(items: &[Value], others: &[Value]) -> Fields {
    let has_id = |item: &Value| id_of(item).is_some();
    let by_id = items.iter().chain(others).all(has_id);
    let named = items.iter().enumerate().map(|(index, item)| {
        let name = id_of(item).filter(|_| by_id);
        let name = name.map_or_else(|| index.to_string(), str::to_owned);
        (Name::new(name), item.clone())
    });
    named.collect()
}

fn id_of(item: &Value) -> Option<&str> {
    let Value::Object(fields) = item else { return None };
    match fields.get("id")? {
        Value::String(id) => Some(id),
        Value::Null
        | Value::Number(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_)
        | Value::List(_)
        | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use async_graphql::parser::{
        parse_query,
        types::{ExecutableDocument, Field, Selection, SelectionSet},
    };
    use serde_json::{Value as Json, json};

    use super::*;

    /// What is not compared, and why.
    const LEFT_OUT: &[(&str, &str, &str)] = &[
        (
            "Interview",
            "version",
            "counts events, and says nothing of what they are about",
        ),
        (
            "Interview",
            "position",
            "is where the last event is; `Diff` tells the two positions",
        ),
        (
            "Interview",
            "availabilityWhenBooked",
            "is what people have stated, which is a question of its own",
        ),
        (
            "Slot",
            "seatsLeft",
            "is told of what can be booked, never of an interview",
        ),
        (
            "Room",
            "joinCode",
            "is a secret that stays the same, and nothing happens to it",
        ),
        ("Availability", "person", "is the subject itself"),
        (
            "ExternalCalendar",
            "fetchedAt",
            "is how it goes at present, not an event",
        ),
        (
            "ExternalCalendar",
            "nextFetchAt",
            "is how it goes at present, not an event",
        ),
        (
            "ExternalCalendar",
            "errorCode",
            "is how it goes at present, not an event",
        ),
    ];

    #[derive(Default)]
    struct Type {
        /// Its fields, each with the name of its type.
        fields: BTreeMap<String, String>,
        /// Whether it can be asked about by its id.
        is_subject: bool,
    }

    async fn types() -> BTreeMap<String, Type> {
        const ASK: &str = "{ __schema { types { name interfaces { name } fields(includeDeprecated: true) { name \
            type { name ofType { name ofType { name ofType { name } } } } } } } }";
        let response = schema().execute(ASK).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        let data = response.data.into_json().unwrap();
        let listed = |of: &Json| of.as_array().cloned().unwrap_or_default();
        let text = |of: &Json| of.as_str().unwrap().to_owned();
        let types = listed(&data["__schema"]["types"]).into_iter().map(|kind| {
            let fields = listed(&kind["fields"]).into_iter().map(|field| {
                let mut of = &field["type"];
                while of["name"].is_null() {
                    of = &of["ofType"];
                }
                (text(&field["name"]), text(&of["name"]))
            });
            let fields = fields.collect();
            let is_subject = listed(&kind["interfaces"])
                .iter()
                .any(|interface| interface["name"] == "Node");
            (text(&kind["name"]), Type { fields, is_subject })
        });
        types.collect()
    }

    /// The fields of a selection, with fragments written out.
    fn expand<'d>(document: &'d ExecutableDocument, set: &'d SelectionSet) -> Vec<&'d Field> {
        let fields = set.items.iter().flat_map(|item| match &item.node {
            Selection::Field(field) => vec![&field.node],
            Selection::InlineFragment(part) => expand(document, &part.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                let fragment = &document.fragments[&spread.node.fragment_name.node];
                expand(document, &fragment.node.selection_set.node)
            }
        });
        fields.collect()
    }

    /// What is asked for, and what could be but is not, each as type and field.
    #[derive(Default)]
    struct Coverage {
        asked: BTreeSet<(String, String)>,
        missing: BTreeSet<(String, String)>,
    }

    impl Coverage {
        /// Looks at a selection on a type. What can be asked about by itself may be named by its id when it stands in
        /// something else.
        fn add(
            &mut self,
            types: &BTreeMap<String, Type>,
            document: &ExecutableDocument,
            on: &str,
            set: &SelectionSet,
            is_nested: bool,
        ) {
            let selected = expand(document, set);
            let names: BTreeSet<_> = selected.iter().map(|field| field.name.node.as_str()).collect();
            let kind = &types[on];
            if !(is_nested && kind.is_subject && names == BTreeSet::from(["id"])) {
                let missing = kind.fields.keys().filter(|field| !names.contains(field.as_str()));
                self.missing
                    .extend(missing.map(|field| (on.to_owned(), field.clone())));
            }
            for field in selected {
                let name = field.name.node.to_string();
                let of = &kind.fields[&name];
                self.asked.insert((on.to_owned(), name));
                if !types[of].fields.is_empty() {
                    self.add(types, document, of, &field.selection_set.node, true);
                }
            }
        }
    }

    #[tokio::test]
    async fn every_field_of_every_subject_is_compared_or_left_out_for_a_reason() {
        let types = types().await;
        let document = parse_query(QUESTION).unwrap();
        let subject = &document.fragments["subject"].node.selection_set.node;
        let mut subjects: BTreeMap<String, &SelectionSet> = BTreeMap::new();
        for item in &subject.items {
            let Selection::InlineFragment(part) = &item.node else {
                panic!("the fragment on Node has parts for its types and nothing else");
            };
            let on = part.node.type_condition.as_ref().unwrap();
            subjects.insert(on.node.on.node.to_string(), &part.node.selection_set.node);
        }
        let nodes: BTreeSet<_> = types
            .iter()
            .filter(|(_, of)| of.is_subject)
            .map(|(name, _)| name)
            .collect();
        let availability = &document.fragments["availability"].node.selection_set.node;

        let mut found = Coverage::default();
        for (on, set) in subjects
            .iter()
            .map(|(on, set)| (on.as_str(), *set))
            .chain([("Availability", availability)])
        {
            found.add(&types, &document, on, set, false);
        }

        assert_eq!(subjects.keys().collect::<BTreeSet<_>>(), nodes);
        let left_out: BTreeSet<_> = LEFT_OUT
            .iter()
            .map(|(on, field, _)| ((*on).to_owned(), (*field).to_owned()))
            .collect();
        let forgotten: Vec<_> = found.missing.difference(&left_out).collect();
        let outdated: Vec<_> = left_out.difference(&found.missing).collect();
        assert!(
            forgotten.is_empty(),
            "neither in diff.graphql nor in LEFT_OUT: {forgotten:?}"
        );
        assert!(outdated.is_empty(), "in LEFT_OUT for nothing: {outdated:?}");
        assert!(LEFT_OUT.iter().all(|(_, _, reason)| !reason.is_empty()));
        assert!(
            found.asked.len() > 120,
            "only {} fields were seen",
            found.asked.len()
        );
    }

    fn compared(before: Value, after: Value) -> Vec<(String, Json, Json)> {
        let mut changes = Vec::new();
        compare_fields("", &fields(before), &fields(after), &mut changes);
        let json = |value: Option<super::Json>| value.map_or(Json::Null, |json| json.0.into_json().unwrap());
        let shown = changes
            .into_iter()
            .map(|change| (change.path, json(change.before), json(change.after)));
        shown.collect()
    }

    #[test]
    fn a_field_within_a_field_is_told_by_its_pointer() {
        let before = value!({ "title": "A", "slot": { "start": "9", "zone": "x" }, "a/b~c": 1 });
        let after = value!({ "title": "A", "slot": { "start": "10", "zone": "x" }, "a/b~c": 2 });

        assert_eq!(
            compared(before, after),
            [
                ("/slot/start".to_owned(), json!("9"), json!("10")),
                ("/a~1b~0c".to_owned(), json!(1), json!(2)),
            ]
        );
    }

    #[test]
    fn things_with_an_id_are_told_by_it_wherever_they_stand_in_their_list() {
        let before = value!({ "cards": [{ "id": "b", "stars": 3 }, { "id": "c", "stars": 1 }] });
        let after = value!({ "cards": [{ "id": "a", "stars": 5 }, { "id": "b", "stars": 4 }] });

        assert_eq!(
            compared(before, after),
            [
                (
                    "/cards/a".to_owned(),
                    Json::Null,
                    json!({ "id": "a", "stars": 5 })
                ),
                ("/cards/b/stars".to_owned(), json!(3), json!(4)),
                (
                    "/cards/c".to_owned(),
                    json!({ "id": "c", "stars": 1 }),
                    Json::Null
                ),
            ]
        );
    }

    #[test]
    fn things_without_an_id_are_told_by_their_index_and_plain_lists_as_a_whole() {
        let before = value!({ "panel": [{ "role": "LEAD" }], "areas": ["a", "b"], "rules": [] });
        let after =
            value!({ "panel": [{ "role": "SHADOW" }], "areas": ["b"], "rules": [{ "days": ["MON"] }] });

        assert_eq!(
            compared(before, after),
            [
                ("/panel/0/role".to_owned(), json!("LEAD"), json!("SHADOW")),
                ("/areas".to_owned(), json!(["a", "b"]), json!(["b"])),
                ("/rules/0".to_owned(), Json::Null, json!({ "days": ["MON"] })),
            ]
        );
    }

    #[test]
    fn of_what_was_not_there_every_value_is_told_and_no_null() {
        let after = value!({ "title": "A", "outcome": null });

        assert_eq!(
            compared(Value::Null, after),
            [("/title".to_owned(), Json::Null, json!("A"))]
        );
    }
}
