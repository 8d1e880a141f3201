//! The public face: GraphQL over HTTP and WebSocket, tokens, limits, health, and the explorer.
//!
//! `http` holds what stands in front of the GraphQL executor and knows nothing of any schema; `auth` says who asks;
//! `limits` says how large an operation may be, `tries` how often a secret may be guessed; `error` is the closed set of
//! codes in answers. Nothing here decides about interviews.

pub mod auth;
pub mod error;
pub mod graphql;
pub mod http;
pub mod limits;
pub mod tries;
