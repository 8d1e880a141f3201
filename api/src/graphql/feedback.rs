//! What a candidate reads of a scorecard, once it was released.

use async_graphql::{Context, ID, Object, Result};
use domain::scorecard::events::CandidateFeedback;
use projections::feedback;

use super::{scalars::DateTime, services::services};
use crate::error::ApiError;

/// The released part of a scorecard.
#[derive(Clone, Debug)]
pub struct Feedback(feedback::Feedback);

impl Feedback {
    /// What was released.
    pub const fn new(row: feedback::Feedback) -> Self {
        Self(row)
    }

    async fn content(&self, ctx: &Context<'_>) -> Result<Option<CandidateFeedback>> {
        Ok(services(ctx)
            .vault
            .open(&self.0.content)
            .await
            .map_err(ApiError::unavailable)?)
    }
}

/// The released part of a scorecard.
#[Object]
impl Feedback {
    /// The feedback's id.
    async fn id(&self) -> ID {
        self.0.feedback.to_string().into()
    }

    /// 1 to 5 stars; null when none were given or it was erased.
    async fn rating(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(self
            .content(ctx)
            .await?
            .and_then(|content| content.rating)
            .map(i32::from))
    }

    /// What went how.
    async fn comment(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.content(ctx).await?.and_then(|content| content.comment))
    }

    /// What to work on.
    async fn advice(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.content(ctx).await?.and_then(|content| content.advice))
    }

    /// When it was released.
    async fn released_at(&self) -> DateTime {
        self.0.released_at.into()
    }
}
