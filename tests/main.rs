//! Tests of the whole: journeys through the public API, architecture, schemas, dependencies.

mod architecture;
mod dependencies;
mod support;
