//! Addresses at which one's own interviews can be read by a calendar.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::accounts::{
    create_calendar_feed::CreateCalendarFeed, revoke_calendar_feed::RevokeCalendarFeed,
};

use super::{
    super::{policy::Operation, scalars::Url},
    call::{Call, Outcome, id},
};
use crate::{error::ApiError, http::calendars::FeedOf};

/// Addresses at which one's own interviews can be read by a calendar.
#[derive(Default, Clone, Copy, Debug)]
pub struct CalendarFeedMutation;

/// An address to be made.
#[derive(InputObject, Debug)]
pub struct CreateCalendarFeedInput {
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The address that was made.
#[derive(SimpleObject, Debug)]
pub struct CreateCalendarFeedPayload {
    /// The feed's id, by which it can be revoked.
    feed_id: Option<ID>,
    /// Where a calendar reads one's own interviews. Whoever knows the address can read them: it is a secret, and only told
    /// here.
    url: Option<Url>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// An address that is to answer no longer.
#[derive(InputObject, Debug)]
pub struct RevokeCalendarFeedInput {
    /// Which of one's own feeds.
    feed_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The address that answers no longer.
#[derive(SimpleObject, Debug)]
pub struct RevokeCalendarFeedPayload {
    /// The feed's id.
    feed_id: Option<ID>,
    #[graphql(flatten)]
    outcome: Outcome,
}

#[Object]
impl CalendarFeedMutation {
    /// Makes an address at which a calendar can read one's own interviews, for as long as it is not revoked.
    async fn create_calendar_feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: CreateCalendarFeedInput,
    ) -> Result<CreateCalendarFeedPayload> {
        let call = Call::begin(ctx, Operation::CreateCalendarFeed)?;
        let (tenant, account) = (call.viewer.tenant, call.viewer.account);
        let use_case = Ok(CreateCalendarFeed { account });
        let (made, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let url = made.map(|made| {
            let of = FeedOf {
                tenant,
                account,
                feed: made.feed,
            };
            call.services.public_url.join(&of.path(&call.services.vault))
        });
        Ok(CreateCalendarFeedPayload {
            feed_id: made.map(|made| made.feed.into()),
            url: url.transpose().map_err(ApiError::unavailable)?.map(Url),
            outcome,
        })
    }

    /// Lets an address answer no longer. Calendars that read it find nothing there from now on.
    async fn revoke_calendar_feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RevokeCalendarFeedInput,
    ) -> Result<RevokeCalendarFeedPayload> {
        let call = Call::begin(ctx, Operation::RevokeCalendarFeed)?;
        let account = call.viewer.account;
        let use_case = id(&input.feed_id, "calendar feed").map(|feed| RevokeCalendarFeed { account, feed });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(RevokeCalendarFeedPayload {
            feed_id: done.map(|()| input.feed_id),
            outcome,
        })
    }
}
