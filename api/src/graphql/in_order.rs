//! Objects and lists whose fields and items are resolved one after the other.
//!
//! The library starts all fields of an object at once, each as a task of its own on the heap. Where what is answered is
//! already there, or is loaded for a whole list by whoever asks first, nothing is won by that, and the tasks are most
//! of the work. An object behind [`InOrder`] resolves its fields in the order in which they were asked for, by the very
//! resolvers that it has otherwise. Fragments, directives and fields that are asked for twice are left to the library.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
};

/// An object that is resolved field by field.
#[derive(Clone, Debug)]
pub struct InOrder<T>(pub T);

/// A list that is resolved item by item.
#[derive(Clone, Debug)]
pub struct ListInOrder<T>(pub Vec<T>);

impl<T> FromIterator<T> for ListInOrder<InOrder<T>> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().map(InOrder).collect())
    }
}

/// The fields of a selection that is nothing but fields, each under a name of its own.
fn plain_fields(set: &SelectionSet) -> Option<Vec<&Positioned<Field>>> {
    let mut fields: Vec<&Positioned<Field>> = Vec::with_capacity(set.items.len());
    for item in &set.items {
        let Selection::Field(field) = &item.node else {
            return None;
        };
        let key = &field.node.response_key().node;
        let is_taken = |known: &&Positioned<Field>| known.node.response_key().node == *key;
        if !field.node.directives.is_empty() || fields.iter().any(is_taken) {
            return None;
        }
        fields.push(field);
    }
    Some(fields)
}

impl<T: ContainerType> OutputType for InOrder<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let Some(fields) = plain_fields(&ctx.item.node) else {
            return self.0.resolve(ctx, field).await;
        };
        let mut object = IndexMap::with_capacity(fields.len());
        for field in fields {
            let key = field.node.response_key().node.clone();
            if field.node.name.node == "__typename" {
                let name = self.introspection_type_name().into_owned();
                object.insert(key, Value::String(name));
                continue;
            }
            match self.0.resolve_field(&ctx.with_field(field)).await {
                Ok(value) => {
                    object.insert(key, value.unwrap_or_default());
                }
                Err(error) => ctx.add_error(error),
            }
        }
        // As the library does it; whoever completes the answer knows which fields have failed.
        if object.is_empty() {
            return Ok(Value::Null);
        }
        Ok(Value::Object(object))
    }
}

impl<T: OutputType> OutputType for ListInOrder<T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<T> as OutputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<T> as OutputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let mut values = Vec::with_capacity(self.0.len());
        for (index, item) in self.0.iter().enumerate() {
            let ctx = ctx.with_index(index);
            let value = item.resolve(&ctx, field).await;
            values.push(value.map_err(|error| ctx.set_error_path(error))?);
        }
        Ok(Value::List(values))
    }
}
