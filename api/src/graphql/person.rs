//! A person, as others may see them.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, Object, Result};
use domain::{
    actor,
    ids::{AccountId, SubjectId},
    sealed::Sealed,
};
use projections::accounts::{self, Accounts};
use tokio::sync::OnceCell;

use super::{
    as_of::{Past, then},
    enums::Role,
    scalars::TimeZone,
    services::{asker, services},
    viewer::{Asker, Viewer},
};
use crate::error::ApiError;

/// People who are answered together. The first question about one of them loads them all by one statement, and the
/// first value of theirs that is opened loads all their keys by another, however many they are.
#[derive(Clone, Debug, Default)]
pub struct People(Arc<Batch>);

#[derive(Debug, Default)]
struct Batch {
    accounts: Vec<AccountId>,
    past: Option<Past>,
    rows: OnceCell<HashMap<AccountId, accounts::Account>>,
    keys: OnceCell<()>,
}

/// Somebody with an account in the organisation.
#[derive(Clone, Debug)]
pub struct Person {
    account: AccountId,
    people: People,
}

impl People {
    /// These people, now or as they were, each named any number of times.
    pub fn new(accounts: impl IntoIterator<Item = AccountId>, past: Option<Past>) -> Self {
        let mut accounts: Vec<_> = accounts.into_iter().collect();
        accounts.sort_unstable();
        accounts.dedup();
        Self(Arc::new(Batch {
            accounts,
            past,
            ..Batch::default()
        }))
    }

    /// One of them; whoever is not among them is answered apart.
    pub fn person(&self, account: AccountId) -> Person {
        if self.0.accounts.binary_search(&account).is_err() {
            return Person::then(account, self.0.past);
        }
        Person {
            account,
            people: self.clone(),
        }
    }

    async fn rows(
        &self,
        ctx: &Context<'_>,
        viewer: &Viewer,
    ) -> Result<&HashMap<AccountId, accounts::Account>> {
        let Batch {
            accounts, past, rows, ..
        } = &*self.0;
        let load = async || {
            let found = accounts::among(services(ctx).db(), viewer.tenant, accounts).await;
            let mut rows = HashMap::with_capacity(accounts.len());
            for now in found.map_err(ApiError::unavailable)? {
                // Whoever is erased now is erased in the past too.
                let erased_at = now.row.erased_at;
                if let Some(stored) = then::<Accounts>(ctx, *past, now).await? {
                    let account = stored.row.account;
                    rows.insert(
                        account,
                        accounts::Account {
                            erased_at,
                            ..stored.row
                        },
                    );
                }
            }
            Ok(rows)
        };
        rows.get_or_try_init(load).await
    }

    /// A value of one of them, whose rows were loaded before, unless it was erased.
    async fn open(&self, ctx: &Context<'_>, sealed: &Sealed<String>) -> Result<Option<String>> {
        let vault = &services(ctx).vault;
        let load = async || {
            let rows = self.0.rows.get().into_iter().flat_map(HashMap::values);
            let subjects: Vec<_> = rows.flat_map(subjects).collect();
            vault.load_keys(&subjects).await
        };
        self.0
            .keys
            .get_or_try_init(load)
            .await
            .map_err(ApiError::unavailable)?;
        Ok(vault.open(sealed).await.map_err(ApiError::unavailable)?)
    }
}

/// Whose keys open what is known of somebody; nobody's once the erasure was asked for.
fn subjects(row: &accounts::Account) -> impl Iterator<Item = SubjectId> {
    let values = [row.name.as_ref(), row.email.as_ref()];
    let known = values.into_iter().flatten().filter(|_| row.erased_at.is_none());
    known.filter_map(Sealed::subject)
}

impl Person {
    /// The person behind an account, answered apart from all others.
    pub fn new(account: AccountId) -> Self {
        Self::then(account, None)
    }

    /// The same, now or as it was.
    pub fn then(account: AccountId, past: Option<Past>) -> Self {
        Self {
            account,
            people: People::new([account], past),
        }
    }

    /// True when the account exists, and existed then.
    ///
    /// # Errors
    /// When the table or the log cannot be read.
    pub async fn is_known(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.row(ctx).await?.is_some())
    }

    async fn row(&self, ctx: &Context<'_>) -> Result<Option<&accounts::Account>> {
        let Asker::Member(viewer) = asker(ctx) else {
            return Ok(None);
        };
        Ok(self.people.rows(ctx, viewer).await?.get(&self.account))
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
        if knows_pseudonyms_only(viewer) && self.account != viewer.account {
            let token = services(ctx)
                .vault
                .token("pseudonym", self.account.uuid().as_bytes());
            return Ok(Some(format!(
                "Person {:02X}{:02X}{:02X}",
                token[0], token[1], token[2]
            )));
        }
        let Some(name) = self
            .row(ctx)
            .await?
            .filter(|row| row.erased_at.is_none())
            .and_then(|row| row.name.as_ref())
        else {
            return Ok(None);
        };
        self.people.open(ctx, name).await
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
            .and_then(|row| row.email.as_ref())
        else {
            return Ok(None);
        };
        self.people.open(ctx, email).await
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
            .map(|row| row.roles.iter().copied().map(Role::from).collect()))
    }

    /// The zone that times are told in to this person.
    async fn time_zone(&self, ctx: &Context<'_>) -> Result<Option<TimeZone>> {
        Ok(self.row(ctx).await?.and_then(|row| row.zone).map(TimeZone))
    }
}
