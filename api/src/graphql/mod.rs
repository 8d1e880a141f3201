//! The schema: types written for clients, resolvers that are thin.
//!
//! `policy` says who may use an operation at all; `standing` what somebody is to an interview and may know because of
//! it; `services` what resolvers work with. `mutation` and `query` hold the operations; a file in the plural is a list of
//! what its singular is one of (`interviews`, `interview`); `entities` finds one by its id, `node` anything; the other
//! files hold one type each.

pub mod agenda;
pub mod as_of;
pub mod attention;
pub mod authenticate;
pub mod availability;
pub mod catalogue;
pub mod connection;
pub mod dashboard;
pub mod decision;
pub mod diff;
pub mod effects_overview;
pub mod entities;
pub mod enums;
pub mod feedback;
pub mod filters;
pub mod in_order;
pub mod interview;
pub mod interview_type;
pub mod interview_types;
pub mod interviews;
pub mod keyed_ids;
pub mod kits;
pub mod mail_address;
pub mod mutation;
pub mod node;
pub mod notification;
pub mod organisation;
pub mod parked;
pub mod person;
pub mod policy;
pub mod products;
pub mod query;
pub mod report;
pub mod scalars;
pub mod scorecard;
pub mod services;
pub mod session;
pub mod shelf;
pub mod siblings;
pub mod slots;
pub mod standing;
pub mod subscription;
pub mod system;
pub mod timeline;
pub mod user_error;
pub mod viewer;
pub mod waitlist;

use self::{mutation::Mutation, query::Query, subscription::Subscription};

/// The schema of the API.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Builds the schema. What resolvers work with comes with each request.
pub fn schema() -> Schema {
    async_graphql::Schema::build(Query, Mutation::default(), Subscription)
        .register_output_type::<node::Node>()
        .disable_suggestions()
        .finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use async_graphql::Response;
    use serde_json::Value;

    use super::{policy::Operation, *};

    const TYPES: &str = "{ __schema { types { name description fields(includeDeprecated: true) { name description \
        args { name description } } inputFields { name description } enumValues { name description } } } }";

    async fn types() -> Vec<Value> {
        let response: Response = schema().execute(TYPES).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        let data = response.data.into_json().unwrap();
        data["__schema"]["types"].as_array().unwrap().clone()
    }

    fn is_built_in(name: &Value) -> bool {
        let name = name.as_str().unwrap();
        name.starts_with("__") || name == "ID"
    }

    fn children<'a>(of: &'a Value, list: &str) -> Vec<&'a Value> {
        of[list]
            .as_array()
            .map(|items| items.iter().collect())
            .unwrap_or_default()
    }

    #[tokio::test]
    async fn everything_in_the_schema_is_described() {
        let mut bare = Vec::new();
        for kind in types().await.iter().filter(|kind| !is_built_in(&kind["name"])) {
            let name = &kind["name"];
            let mut check = |what: &Value, path: String| {
                if what["description"].as_str().unwrap_or_default().is_empty() {
                    bare.push(path);
                }
            };
            check(kind, name.to_string());
            for list in ["fields", "inputFields", "enumValues"] {
                for child in children(kind, list) {
                    check(child, format!("{name}.{}", child["name"]));
                    for argument in children(child, "args") {
                        check(
                            argument,
                            format!("{name}.{}({})", child["name"], argument["name"]),
                        );
                    }
                }
            }
        }
        assert!(bare.is_empty(), "without a description: {bare:#?}");
    }

    #[tokio::test]
    async fn every_operation_has_a_row_in_the_role_matrix() {
        // These decide by themselves: who is asked about is the asker, or the answer is null for strangers.
        let open = [
            "node",
            "nodes",
            "viewer",
            "createOrganisation",
            "chooseRole",
            "interviewUpdated",
        ];
        let matrix: BTreeSet<_> = Operation::ALL.iter().map(|operation| operation.name()).collect();
        let types = types().await;
        let roots = types.iter().filter(|kind| {
            ["Query", "Mutation", "Subscription"]
                .iter()
                .any(|root| kind["name"] == *root)
        });
        let fields: BTreeSet<_> = roots
            .flat_map(|root| children(root, "fields"))
            .map(|field| field["name"].as_str().unwrap())
            .collect();

        let without_row: Vec<_> = fields
            .iter()
            .filter(|field| !matrix.contains(*field) && !open.contains(field))
            .collect();
        let without_field: Vec<_> = matrix.iter().filter(|row| !fields.contains(*row)).collect();

        assert!(without_row.is_empty(), "not in the matrix: {without_row:?}");
        assert!(without_field.is_empty(), "not in the schema: {without_field:?}");
        assert!(fields.len() > 30, "only {} operations were seen", fields.len());
    }
}
