//! From a bearer token to a viewer: which organisation, which account, which roles.

use async_trait::async_trait;
use commands::accounts::sign_in::{Particulars, SignIn};
use domain::{
    actor::Actor,
    ids::{AccountId, OrganisationId},
};
use projections::{accounts, organisations};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use store::{
    executor::{CommandError, Invocation, mint},
    vault::Vault,
};

use super::{
    services::Services,
    viewer::{Asker, Viewer},
};
use crate::{
    auth::tokens::{Identity, Verifier},
    http::{AuthError, Authenticator, Caller},
};

/// How long a first sign-in waits for the read models to show the new account.
const PATIENCE: Duration = Duration::from_secs(5);

/// Resolves tokens to viewers.
#[derive(Debug)]
pub struct TokenAuthenticator {
    verifier: Verifier,
    services: Services,
}

/// The account that an identity has in an organisation: the same for ever, and telling nothing about the identity to
/// whoever lacks the installation's key.
pub fn account_of(vault: &Vault, tenant: OrganisationId, identity: &Identity) -> AccountId {
    let mut name = tenant.uuid().as_bytes().to_vec();
    name.extend_from_slice(&(identity.issuer.len() as u64).to_be_bytes());
    name.extend_from_slice(identity.issuer.as_bytes());
    name.extend_from_slice(identity.subject.as_bytes());
    let token = vault.token("account", &name);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&token[..16]);
    AccountId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// What the issuer says about an identity, for its registration.
pub fn particulars(identity: &Identity) -> Particulars {
    let expose = |secret: &secrecy::SecretString| secret.expose_secret().to_owned();
    Particulars {
        issuer: identity.issuer.clone(),
        identity: identity.subject.clone(),
        email: identity.email.as_ref().map(expose),
        name: identity.name.as_ref().map(expose),
    }
}

impl TokenAuthenticator {
    /// Trusts what the verifier trusts.
    pub const fn new(verifier: Verifier, services: Services) -> Self {
        Self { verifier, services }
    }

    async fn asker(&self, identity: Identity) -> Result<Asker, AuthError> {
        let unavailable = |error: projections::sql::DbError| AuthError::Unavailable(error.into());
        let tenant = match identity.organisation {
            Some(organisation) => Some(organisation),
            None => organisations::only_one(self.services.db())
                .await
                .map_err(unavailable)?,
        };
        let Some(tenant) = tenant else {
            return Ok(Asker::Stranger(identity));
        };
        let account = account_of(&self.services.vault, tenant, &identity);
        let mut row = self.account(tenant, account).await?;
        if let Some(role) = identity.role
            && !row.as_ref().is_some_and(|row| row.roles.contains(&role))
            && self.exists(tenant).await?
        {
            self.sign_in(tenant, account, &identity, role).await?;
            row = self.account(tenant, account).await?;
        }
        let Some(row) = row.filter(|row| row.erased_at.is_none() && !row.roles.is_empty()) else {
            return Ok(Asker::Stranger(identity));
        };
        Ok(Asker::Member(Viewer {
            account,
            tenant,
            roles: row.roles.clone(),
            identity,
        }))
    }

    async fn exists(&self, tenant: OrganisationId) -> Result<bool, AuthError> {
        let found = organisations::by_id(self.services.db(), tenant).await;
        Ok(found
            .map_err(|error| AuthError::Unavailable(error.into()))?
            .is_some())
    }

    async fn account(
        &self,
        tenant: OrganisationId,
        account: AccountId,
    ) -> Result<Option<Arc<accounts::Account>>, AuthError> {
        let found = accounts::by_ids(self.services.db(), tenant, &[account]).await;
        let found = found.map_err(|error| AuthError::Unavailable(error.into()))?;
        Ok(found.into_iter().flatten().next().map(|stored| stored.row))
    }

    /// The development issuer names a role: the account is registered and the role granted, at first sight.
    async fn sign_in(
        &self,
        tenant: OrganisationId,
        account: AccountId,
        identity: &Identity,
        role: domain::actor::Role,
    ) -> Result<(), AuthError> {
        let use_case = SignIn {
            account,
            particulars: particulars(identity),
            role,
        };
        let now = self.services.clock.now();
        let invocation = Invocation {
            tenant,
            actor: Actor::account(account),
            command_id: mint(now),
            correlation_id: mint(now),
            causation_id: None,
            trace: None,
            now,
        };
        match self.services.executor.run(&invocation, &use_case).await {
            Ok(outcome) => {
                let _ = self
                    .services
                    .projections
                    .wait_for(outcome.position, PATIENCE)
                    .await;
                Ok(())
            }
            Err(CommandError::Refused(_)) => Ok(()),
            Err(error) => Err(AuthError::Unavailable(error.into())),
        }
    }
}

#[async_trait]
impl Authenticator for TokenAuthenticator {
    async fn authenticate(&self, bearer: Option<&str>) -> Result<Caller, AuthError> {
        let services = self.services.clone();
        let Some(token) = bearer else {
            return Ok(Caller::new(move |data| {
                data.insert(services.clone());
                data.insert(Asker::Anonymous);
            }));
        };
        let identity = self.verifier.verify(token).map_err(AuthError::refused)?;
        let expires_at = identity.expires_at;
        let asker = self.asker(identity).await?;
        let caller = Caller::new(move |data| {
            data.insert(services.clone());
            data.insert(asker.clone());
        });
        Ok(caller.until(expires_at))
    }
}
