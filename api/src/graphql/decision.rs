//! A verdict, for those who may know it.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use projections::decisions;

use super::{
    enums::Outcome,
    person::{People, Person},
    scalars::{DateTime, Position},
    services::services,
};
use crate::error::ApiError;

/// A person's verdict on an interview.
#[derive(Clone, Debug)]
pub struct Decision {
    row: Arc<decisions::Decision>,
    current: decisions::Recorded,
    people: People,
}

impl Decision {
    /// The verdict that stands, if one does, with those who are answered together with it.
    pub fn of(row: Arc<decisions::Decision>, people: &People) -> Option<Self> {
        row.current.clone().map(|current| Self {
            row,
            current,
            people: people.clone(),
        })
    }
}

/// A person's verdict on an interview.
#[Object]
impl Decision {
    /// The decision's id.
    async fn id(&self) -> ID {
        self.row.decision.to_string().into()
    }

    /// What was decided.
    async fn outcome(&self) -> Outcome {
        self.current.verdict.into()
    }

    /// Who decided.
    async fn by(&self) -> Person {
        self.people.person(self.current.by)
    }

    /// When.
    async fn at(&self) -> DateTime {
        self.current.at.into()
    }

    /// Why; null when no reason was given or it was erased.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(reason) = &self.current.reason else {
            return Ok(None);
        };
        Ok(services(ctx)
            .vault
            .open(reason)
            .await
            .map_err(ApiError::unavailable)?)
    }

    /// The last position of the log that the person could have seen.
    async fn basis(&self) -> Position {
        Position(self.current.basis)
    }

    /// Whose scorecards were not in.
    async fn missing_scorecards(&self) -> Vec<Person> {
        let missing = self.current.missing.iter().copied();
        missing.map(|account| self.people.person(account)).collect()
    }
}
