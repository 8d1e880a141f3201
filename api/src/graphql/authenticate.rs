//! From a bearer token to a viewer: which organisation, which account, which roles.

use async_trait::async_trait;
use commands::accounts::{
    particulars::Particulars, remember_address::RememberAddress, sign_in::SignIn,
    take_up_invitation::TakeUpInvitation,
};
use domain::{
    actor::{Actor, Role},
    ids::{AccountId, CommandId, MailAddressId, OrganisationId},
};
use projections::{accounts, identities, mail_addresses, organisations, sql::DbError};
use quick_cache::sync::Cache;
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use store::{
    executor::{CommandError, Invocation, UseCase, command_id, mint},
    vault::Vault,
};
use tracing::warn;

use super::{
    keyed_ids::{account_of, address_of},
    mail_address::email,
    services::Services,
    viewer::{Asker, Viewer},
};
use crate::{
    auth::tokens::{Identity, Verifier},
    http::{AuthError, Authenticator, Caller},
};

/// How long a first sign-in waits for the read models to show the new account.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why it cannot be found out at present who somebody is.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many members are known to have had their address looked at; others than those seen least.
const MOST_LOOKED_AT: usize = 10_000;

/// Resolves tokens to viewers.
#[derive(Debug)]
pub struct TokenAuthenticator {
    verifier: Verifier,
    services: Services,
    /// Members whose address was looked at.
    looked_at: Cache<(AccountId, MailAddressId), ()>,
}

/// What the issuer says about an identity, for its registration in an organisation.
pub fn particulars(vault: &Vault, tenant: OrganisationId, identity: &Identity) -> Particulars {
    let expose = |secret: &secrecy::SecretString| secret.expose_secret().to_owned();
    Particulars {
        issuer: identity.issuer.clone(),
        identity: identity.subject.clone(),
        email: identity.email.as_ref().map(expose),
        address: proven_address(vault, tenant, identity),
        name: identity.name.as_ref().map(expose),
    }
}

/// The address that the issuer vouches for, if it is one.
fn proven_address(vault: &Vault, tenant: OrganisationId, identity: &Identity) -> Option<MailAddressId> {
    let said = identity.email.as_ref()?.expose_secret();
    let address = email(said, "email").ok()?;
    Some(address_of(vault, tenant, &address))
}

/// Who somebody is in an organisation.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which account they have, or would have.
    pub account: AccountId,
    row: Option<Arc<accounts::Account>>,
}

impl Known {
    /// Who an identity is: its own account, or the one that waited for whoever signs in with its address. That one is
    /// taken up at first sight.
    ///
    /// # Errors
    /// When the read models or the log cannot be reached.
    pub async fn of(
        services: &Services,
        tenant: OrganisationId,
        identity: &Identity,
    ) -> Result<Self, Failure> {
        let own = account_of(&services.vault, tenant, identity);
        let own = Self::look_up(services, tenant, own).await?;
        if own.is_here() {
            return Ok(own);
        }
        let joined = match identities::by_id(services.db(), tenant, own.account).await? {
            Some(joined) => Self::look_up(services, tenant, joined.row.account).await?,
            None => own.clone(),
        };
        if joined.is_here() {
            return Ok(joined);
        }
        match take_up(services, tenant, own.account, identity).await? {
            Some(account) => Ok(Self::look_up(services, tenant, account).await?),
            None => Ok(joined),
        }
    }

    async fn look_up(
        services: &Services,
        tenant: OrganisationId,
        account: AccountId,
    ) -> Result<Self, DbError> {
        let found = accounts::by_ids(services.db(), tenant, &[account]).await?;
        Ok(Self {
            account,
            row: found.into_iter().flatten().next().map(|stored| stored.row),
        })
    }

    fn is_here(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.erased_at.is_none())
    }

    fn has(&self, role: Role) -> bool {
        self.row.as_ref().is_some_and(|row| row.roles.contains(&role))
    }
}

/// The account that waits at an identity's address, if there is one and nobody else was faster.
async fn take_up(
    services: &Services,
    tenant: OrganisationId,
    own: AccountId,
    identity: &Identity,
) -> Result<Option<AccountId>, Failure> {
    let Some(address) = proven_address(&services.vault, tenant, identity) else {
        return Ok(None);
    };
    let found = mail_addresses::by_id(services.db(), tenant, address).await?;
    let Some(invited) = found.and_then(|stored| stored.row.invited()) else {
        return Ok(None);
    };
    let waiting = Known::look_up(services, tenant, invited).await?;
    if waiting.row.is_some_and(|row| row.erased_at.is_some()) {
        return Ok(None);
    }
    let use_case = TakeUpInvitation {
        own,
        particulars: particulars(&services.vault, tenant, identity),
    };
    let command = command_id(tenant, own, TakeUpInvitation::OPERATION, &invited.to_string());
    let invocation = invocation(services, tenant, invited, command);
    match services.executor.run(&invocation, &use_case).await {
        Ok(outcome) => {
            // Whoever is not shown yet is asked to choose a role, and found by the next request.
            let _ = services.projections.wait_for(outcome.position, PATIENCE).await;
            Ok(Some(outcome.value))
        }
        Err(CommandError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn invocation(
    services: &Services,
    tenant: OrganisationId,
    account: AccountId,
    command_id: CommandId,
) -> Invocation {
    let now = services.clock.now();
    Invocation {
        tenant,
        actor: Actor::account(account),
        command_id,
        correlation_id: mint(now),
        causation_id: None,
        trace: None,
        now,
    }
}

impl TokenAuthenticator {
    /// Trusts what the verifier trusts.
    pub fn new(verifier: Verifier, services: Services) -> Self {
        Self {
            verifier,
            services,
            looked_at: Cache::new(MOST_LOOKED_AT),
        }
    }

    async fn asker(&self, identity: Identity) -> Result<Asker, AuthError> {
        let unavailable = |error: DbError| AuthError::Unavailable(error.into());
        let tenant = match identity.organisation {
            Some(organisation) => Some(organisation),
            None => organisations::only_one(self.services.db())
                .await
                .map_err(unavailable)?,
        };
        let Some(tenant) = tenant else {
            return Ok(Asker::Stranger(identity));
        };
        let known = Known::of(&self.services, tenant, &identity).await;
        let mut known = known.map_err(AuthError::Unavailable)?;
        if let Some(role) = identity.role
            && !known.has(role)
            && self.exists(tenant).await?
        {
            let account = self.sign_in(tenant, known.account, &identity, role).await?;
            known = Known::look_up(&self.services, tenant, account)
                .await
                .map_err(unavailable)?;
        }
        let Known { account, row } = known;
        let Some(row) = row.filter(|row| row.erased_at.is_none() && !row.roles.is_empty()) else {
            return Ok(Asker::Stranger(identity));
        };
        self.remember_address(tenant, account, &identity).await;
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

    /// Learns by which address a member signs in, if nobody is known by it: whoever had an account before addresses were
    /// kept, or has another address by now, is found by it from then on. This is looked at once for each member and
    /// address, and changes nothing for whoever asks: what fails is learned by the next node, or after the next start.
    async fn remember_address(&self, tenant: OrganisationId, account: AccountId, identity: &Identity) {
        let services = &self.services;
        let Some(address) = proven_address(&services.vault, tenant, identity) else {
            return;
        };
        if self.looked_at.get(&(account, address)).is_some() {
            return;
        }
        self.looked_at.insert((account, address), ());
        let known = mail_addresses::by_id(services.db(), tenant, address).await;
        if !known.is_ok_and(|known| known.is_none()) {
            return;
        }
        let use_case = RememberAddress { account, address };
        let command = command_id(tenant, account, RememberAddress::OPERATION, &address.to_string());
        let invocation = invocation(services, tenant, account, command);
        if let Err(error) = services.executor.run(&invocation, &use_case).await {
            warn!(%error, "the address of somebody who signed in was not remembered");
        }
    }

    /// The development issuer names a role: the account is registered and the role granted, at first sight. Gives the
    /// account, which is another one when an invitation was waiting that the read models did not show yet.
    async fn sign_in(
        &self,
        tenant: OrganisationId,
        account: AccountId,
        identity: &Identity,
        role: Role,
    ) -> Result<AccountId, AuthError> {
        let services = &self.services;
        let use_case = SignIn {
            account,
            particulars: particulars(&services.vault, tenant, identity),
            role,
        };
        let invocation = invocation(services, tenant, account, mint(services.clock.now()));
        match services.executor.run(&invocation, &use_case).await {
            Ok(outcome) => {
                let _ = services.projections.wait_for(outcome.position, PATIENCE).await;
                Ok(outcome.value)
            }
            Err(CommandError::Refused(_)) => Ok(account),
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
