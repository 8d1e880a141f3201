//! The schema: types written for clients, resolvers that are thin.
//!
//! `policy` says who may use an operation at all; `standing` what somebody is to an interview and may know because of
//! it; `services` what resolvers work with. `mutation` and `query` hold the operations, the other files one type each.

pub mod as_of;
pub mod authenticate;
pub mod availability;
pub mod catalogue;
pub mod connection;
pub mod decision;
pub mod enums;
pub mod feedback;
pub mod interview;
pub mod interview_type;
pub mod mutation;
pub mod notification;
pub mod organisation;
pub mod person;
pub mod policy;
pub mod query;
pub mod report;
pub mod scalars;
pub mod scorecard;
pub mod services;
pub mod standing;
pub mod subscription;
pub mod system;
pub mod timeline;
pub mod user_error;
pub mod viewer;

use self::{mutation::Mutation, query::Query, subscription::Subscription};

/// The schema of the API.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Builds the schema. What resolvers work with comes with each request.
pub fn schema() -> Schema {
    async_graphql::Schema::build(Query, Mutation::default(), Subscription)
        .register_output_type::<query::Node>()
        .disable_suggestions()
        .finish()
}
