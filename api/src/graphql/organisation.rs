//! An organisation.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use domain::ids::OrganisationId;
use projections::organisations::{self, Organisations};

use super::{
    as_of::{Past, then},
    scalars::TimeZone,
    services::services,
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
