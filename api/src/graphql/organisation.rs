//! An organisation.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use domain::{ids::OrganisationId, organisation::CancellationPolicy as Policy};
use projections::organisations::{self, Organisations};

use super::{
    as_of::{Past, then},
    interview::RefundTier,
    scalars::TimeZone,
    services::services,
    user_error::int,
};
use crate::error::ApiError;

/// The tenant that owns data.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct Organisation {
    #[graphql(skip)]
    organisation: OrganisationId,
    /// Its name.
    name: String,
    /// The zone its calendar days are counted in.
    time_zone: TimeZone,
    /// Whether interviewers may schedule, list candidates and decide.
    interviewers_decide: bool,
    /// What comes back when a candidate calls off an interview that is booked now.
    cancellation_policy: CancellationPolicy,
}

/// What comes back when a candidate calls an interview off. Everything comes back when it is anybody else's wish.
#[derive(SimpleObject, Clone, Debug)]
pub struct CancellationPolicy {
    /// Which version, from 1; 0 for what holds before the organisation published any.
    version: i32,
    /// What comes back, most notice first.
    tiers: Vec<RefundTier>,
}

impl CancellationPolicy {
    fn of(published: Option<&organisations::CancellationPolicy>) -> Self {
        let until_published = Policy::until_published();
        let (version, tiers) = match published {
            Some(policy) => (policy.version, &policy.tiers),
            None => (until_published.version, &until_published.tiers),
        };
        Self {
            version: int(version),
            tiers: tiers.iter().map(RefundTier::from).collect(),
        }
    }
}

impl Organisation {
    /// The organisation with an id, now or as it was.
    ///
    /// # Errors
    /// When the table or the log cannot be read.
    pub async fn load(ctx: &Context<'_>, id: OrganisationId, past: Option<Past>) -> Result<Option<Self>> {
        let found = organisations::by_id(services(ctx).db(), id).await;
        let Some(now) = found.map_err(ApiError::unavailable)? else {
            return Ok(None);
        };
        let row = then::<Organisations>(ctx, past, now).await?;
        Ok(row.map(|stored| Self {
            organisation: stored.row.organisation,
            name: stored.row.name.to_string(),
            time_zone: TimeZone(stored.row.zone),
            interviewers_decide: stored.row.interviewers_decide,
            cancellation_policy: CancellationPolicy::of(stored.row.cancellation.as_ref()),
        }))
    }
}

#[ComplexObject]
impl Organisation {
    /// The organisation's id.
    pub async fn id(&self) -> ID {
        self.organisation.to_string().into()
    }
}
