//! A person, as others may see them.

use async_graphql::{Context, ID, Object, Result};
use domain::{actor, ids::AccountId};
use projections::accounts;

use super::{
    enums::Role,
    scalars::TimeZone,
    services::{asker, services},
    viewer::{Asker, Viewer},
};
use crate::error::ApiError;

/// Somebody with an account in the organisation.
#[derive(Clone, Debug)]
pub struct Person {
    account: AccountId,
}

impl Person {
    /// The person behind an account.
    pub fn new(account: AccountId) -> Self {
        Self { account }
    }

    async fn row(&self, ctx: &Context<'_>) -> Result<Option<accounts::Account>> {
        let Asker::Member(viewer) = asker(ctx) else {
            return Ok(None);
        };
        let found = accounts::by_ids(services(ctx).db(), viewer.tenant, &[self.account]).await;
        Ok(found
            .map_err(ApiError::unavailable)?
            .into_iter()
            .flatten()
            .next()
            .map(|stored| stored.row))
    }
}

/// True when the viewer knows people by pseudonyms only.
fn knows_pseudonyms_only(viewer: &Viewer) -> bool {
    viewer.roles == [actor::Role::Analyst]
}

/// Somebody with an account in the organisation.
#[Object]
impl Person {
    /// The account's id.
    pub async fn id(&self) -> ID {
        self.account.to_string().into()
    }

    /// What the person is called; null when it is not known, or was erased. Analysts read a pseudonym that is always
    /// the same for the same person.
    async fn display_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Asker::Member(viewer) = asker(ctx) else {
            return Ok(None);
        };
        let vault = &services(ctx).vault;
        if knows_pseudonyms_only(viewer) && self.account != viewer.account {
            let token = vault.token("pseudonym", self.account.uuid().as_bytes());
            return Ok(Some(format!(
                "Person {:02X}{:02X}{:02X}",
                token[0], token[1], token[2]
            )));
        }
        let Some(name) = self
            .row(ctx)
            .await?
            .filter(|row| row.erased_at.is_none())
            .and_then(|row| row.name)
        else {
            return Ok(None);
        };
        Ok(vault.open(&name).await.map_err(ApiError::unavailable)?)
    }

    /// Where mail goes; only for oneself and for those who run interviews.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Asker::Member(viewer) = asker(ctx) else {
            return Ok(None);
        };
        if self.account != viewer.account && !viewer.is_staff() {
            return Ok(None);
        }
        let Some(email) = self
            .row(ctx)
            .await?
            .filter(|row| row.erased_at.is_none())
            .and_then(|row| row.email)
        else {
            return Ok(None);
        };
        Ok(services(ctx)
            .vault
            .open(&email)
            .await
            .map_err(ApiError::unavailable)?)
    }

    /// What the person may be in the organisation; only for oneself and for those who run interviews.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Option<Vec<Role>>> {
        let Asker::Member(viewer) = asker(ctx) else {
            return Ok(None);
        };
        if self.account != viewer.account && !viewer.is_staff() {
            return Ok(None);
        }
        Ok(self
            .row(ctx)
            .await?
            .map(|row| row.roles.into_iter().map(Role::from).collect()))
    }

    /// The zone that times are told in to this person.
    async fn time_zone(&self, ctx: &Context<'_>) -> Result<Option<TimeZone>> {
        Ok(self.row(ctx).await?.and_then(|row| row.zone).map(TimeZone))
    }
}
