//! Completes answers as the specification wants them: fields in the order in which they were asked for, and `null`
//! where a field failed.
//!
//! async-graphql puts fields into an object as they finish, leaves out a field that failed, and makes an object `null`
//! when all its fields failed. Typed clients rely on the specification (6.4.4): a failed field is `null`, or the
//! nearest parent that may be. Where nothing failed only the order is looked at.

use std::{cmp::Ordering, collections::HashMap};

use async_graphql::{
    Name, PathSegment, Response as Answer, Value,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

use crate::limits::{CostModel, Shape};

/// Which fields an operation asks for, by response key and in order, with fragments written out. As large as the
/// expanded operation, which the limits bound.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    order: Vec<Name>,
    fields: Vec<Planned>,
    places: HashMap<Name, usize>,
}

#[derive(Debug, Default)]
struct Planned {
    shape: Option<Shape>,
    inner: Plan,
}

/// What became of a place in the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Stands,
    /// It would have to be `null` and may not: the parent has to be.
    Fails,
}

impl Plan {
    /// The plan of an operation that was measured, so that its fragments have no cycles.
    pub(crate) fn of(
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        model: &CostModel,
    ) -> Self {
        let mut plan = Self::default();
        plan.add(
            document,
            &operation.selection_set.node,
            model.root(operation.ty),
            model,
        );
        plan
    }

    fn add(&mut self, document: &ExecutableDocument, set: &SelectionSet, on: &str, model: &CostModel) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let key = field.response_key().node.clone();
                    let known = model.shape(on, &field.name.node);
                    let planned = self.field(key);
                    planned.shape = match (planned.shape.take(), known) {
                        (Some(one), Some((other, _))) => Some(one.or_looser(other)),
                        (one, other) => one.or(other.map(|(shape, _)| shape.clone())),
                    };
                    let returns = known.map_or("", |(_, returns)| returns);
                    planned
                        .inner
                        .add(document, &field.selection_set.node, returns, model);
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map_or(on, |condition| condition.node.on.node.as_str());
                    self.add(document, &inline.node.selection_set.node, on, model);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        let on = &fragment.node.type_condition.node.on.node;
                        self.add(document, &fragment.node.selection_set.node, on, model);
                    }
                }
            }
        }
    }

    fn field(&mut self, key: Name) -> &mut Planned {
        let place = *self.places.entry(key).or_insert_with_key(|key| {
            self.order.push(key.clone());
            self.fields.push(Planned::default());
            self.order.len() - 1
        });
        &mut self.fields[place]
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.places.get(key).copied()
    }

    fn planned(&self, key: &str) -> Option<&Planned> {
        self.fields.get(self.place(key)?)
    }

    /// Puts `null` where a field failed, then moves it up to where it may stand, then puts everything in order. First
    /// every failure is written down, so that an object that becomes `null` is not filled again by the next one.
    pub(crate) fn complete(&self, answer: &mut Answer) {
        let failed = || {
            answer
                .errors
                .iter()
                .map(|error| error.path.as_slice())
                .filter(|path| !path.is_empty())
        };
        for path in failed() {
            self.fill(&mut answer.data, path);
        }
        for path in failed() {
            if self.lift(&mut answer.data, path) == Place::Fails {
                answer.data = Value::Null;
            }
        }
        self.put_in_order(&mut answer.data);
    }

    /// Writes `null` for the fields on a path that are missing.
    fn fill(&self, value: &mut Value, path: &[PathSegment]) {
        let Some((PathSegment::Field(key), rest)) = path.split_first() else {
            return;
        };
        if *value == Value::Null {
            *value = Value::Object(Default::default());
        }
        if let (Value::Object(object), Some(planned)) = (value, self.planned(key)) {
            planned.fill(object.entry(Name::new(key)).or_insert(Value::Null), rest);
        }
    }

    fn lift(&self, value: &mut Value, path: &[PathSegment]) -> Place {
        let Some((PathSegment::Field(key), rest)) = path.split_first() else {
            return Place::Stands;
        };
        match (value, self.planned(key)) {
            (Value::Object(object), Some(planned)) => {
                object.get_mut(key.as_str()).map_or(Place::Stands, |inside| {
                    planned.lift(inside, planned.shape.as_ref(), rest)
                })
            }
            _ => Place::Stands,
        }
    }

    fn put_in_order(&self, value: &mut Value) {
        match value {
            Value::Object(object) => {
                let place = |key: &Name| self.place(key).unwrap_or(usize::MAX);
                if !object.keys().eq(&self.order) && !object.keys().is_sorted_by_key(place) {
                    object.sort_by(|one, _, other, _| -> Ordering { place(one).cmp(&place(other)) });
                }
                for (place, (key, inside)) in object.iter_mut().enumerate() {
                    // Where nothing failed, the fields stand where they belong.
                    let is_here = self.order.get(place) == Some(key);
                    let place = if is_here { Some(place) } else { self.place(key) };
                    if let Some(planned) = place.and_then(|place| self.fields.get(place)) {
                        planned.inner.put_in_order(inside);
                    }
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.put_in_order(item)),
            _ => {}
        }
    }
}

impl Planned {
    fn fill(&self, value: &mut Value, path: &[PathSegment]) {
        match (path.first(), value) {
            (Some(PathSegment::Field(_)), value) => self.inner.fill(value, path),
            (Some(PathSegment::Index(index)), Value::List(items)) => {
                if let Some(item) = items.get_mut(*index) {
                    self.fill(item, &path[1..]);
                }
            }
            (Some(PathSegment::Index(_)) | None, _) => {}
        }
    }

    /// Of a field whose shape is not known it is taken that it may be `null`.
    fn lift(&self, value: &mut Value, shape: Option<&Shape>, path: &[PathSegment]) -> Place {
        let below = match (path.first(), &mut *value) {
            (_, Value::Null) => Place::Fails,
            (Some(PathSegment::Field(_)), value) => self.inner.lift(value, path),
            (Some(PathSegment::Index(index)), Value::List(items)) => match items.get_mut(*index) {
                Some(item) => self.lift(item, shape.and_then(Shape::item), &path[1..]),
                None => Place::Stands,
            },
            (Some(PathSegment::Index(_)) | None, _) => Place::Stands,
        };
        if below == Place::Stands {
            return Place::Stands;
        }
        *value = Value::Null;
        if shape.is_none_or(Shape::is_nullable) {
            Place::Stands
        } else {
            Place::Fails
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{ServerError, parser::parse_query};
    use serde_json::json;

    use super::*;

    const SDL: &str = "
        type Query { a: A, must: Int!, may: Int, list: [A!], holes: [A]!, node: Node }
        interface Node { id: ID! }
        type A implements Node { id: ID!, must: Int!, may: Int, a: A, deep: A! }
    ";

    fn completed(query: &str, data: serde_json::Value, paths: &[serde_json::Value]) -> String {
        let document = parse_query(query).expect("a document");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        let model = CostModel::from_sdl(SDL).expect("a schema");
        let mut answer = Answer::new(Value::from_json(data).expect("a value"));
        answer.errors = paths
            .iter()
            .map(|path| {
                let path = serde_json::from_value(path.clone()).expect("a path");
                ServerError::new("failed", None).with_path(path)
            })
            .collect();
        Plan::of(&document, &operation.node, &model).complete(&mut answer);
        serde_json::to_string(&answer.data).expect("json")
    }

    #[test]
    fn fields_come_in_the_order_in_which_they_were_asked_for() {
        let query = "{ may ...f x: must } fragment f on Query { list { may id } a { may must } }";
        let data =
            json!({ "x": 1, "a": { "must": 2, "may": 3 }, "list": [{ "id": "i", "may": 4 }], "may": 5 });

        assert_eq!(
            completed(query, data, &[]),
            r#"{"may":5,"list":[{"may":4,"id":"i"}],"a":{"may":3,"must":2},"x":1}"#
        );
    }

    #[test]
    fn a_field_that_failed_is_null_and_not_left_out() {
        let data = json!({ "a": { "must": 1 } });

        assert_eq!(
            completed("{ a { may must } }", data, &[json!(["a", "may"])]),
            r#"{"a":{"may":null,"must":1}}"#
        );
    }

    #[test]
    fn an_object_of_which_every_field_failed_is_an_object() {
        assert_eq!(
            completed("{ may }", json!(null), &[json!(["may"])]),
            r#"{"may":null}"#
        );
        assert_eq!(
            completed("{ a { may } }", json!({ "a": null }), &[json!(["a", "may"])]),
            r#"{"a":{"may":null}}"#
        );
    }

    #[test]
    fn what_must_not_be_null_takes_the_nearest_parent_that_may_be() {
        let deep = json!({ "a": { "deep": { "deep": {} } }, "may": 1 });

        assert_eq!(
            completed(
                "{ a { deep { deep { must } } } may }",
                deep,
                &[json!(["a", "deep", "deep", "must"])]
            ),
            r#"{"a":null,"may":1}"#
        );
        assert_eq!(
            completed("{ may must }", json!({ "may": 1 }), &[json!(["must"])]),
            "null"
        );
    }

    #[test]
    fn an_item_that_failed_is_a_hole_or_takes_the_list() {
        let items = json!([{ "must": 1 }, {}]);

        assert_eq!(
            completed(
                "{ holes { must } }",
                json!({ "holes": items }),
                &[json!(["holes", 1, "must"])]
            ),
            r#"{"holes":[{"must":1},null]}"#
        );
        assert_eq!(
            completed(
                "{ list { must } }",
                json!({ "list": items }),
                &[json!(["list", 1, "must"])]
            ),
            r#"{"list":null}"#
        );
    }

    #[test]
    fn an_object_that_became_null_is_not_filled_by_another_failure() {
        let paths = [json!(["a", "must"]), json!(["a", "may"])];

        assert_eq!(
            completed("{ a { must may } }", json!({ "a": null }), &paths),
            r#"{"a":null}"#
        );
        assert_eq!(
            completed("{ list { must } }", json!({}), &[json!(["list", 1, "must"])]),
            r#"{"list":null}"#
        );
    }
}
