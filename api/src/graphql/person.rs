//! A person, as others may see them.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

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
    known: OnceCell<HashMap<AccountId, Known>>,
    keys: OnceCell<()>,
}

/// What is known of somebody, and what was opened of it.
#[derive(Debug)]
struct Known {
    row: Arc<accounts::Account>,
    /// Now, whatever the moment is that the row is of.
    is_erased: bool,
    name: OnceCell<Option<String>>,
    email: OnceCell<Option<String>>,
}

impl Known {
    fn of(row: Arc<accounts::Account>, is_erased: bool) -> Self {
        Self {
            row,
            is_erased,
            name: OnceCell::new(),
            email: OnceCell::new(),
        }
    }
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

    async fn known(&self, ctx: &Context<'_>, viewer: &Viewer) -> Result<&HashMap<AccountId, Known>> {
        let Batch {
            accounts,
            past,
            known,
            ..
        } = &*self.0;
        let load = async || {
            let found = accounts::among(services(ctx).db(), viewer.tenant, accounts).await;
            let mut all = HashMap::with_capacity(accounts.len());
            for now in found.map_err(ApiError::unavailable)? {
                // Whoever is erased now is erased in the past too.
                let is_erased = now.row.erased_at.is_some();
                if let Some(stored) = then::<Accounts>(ctx, *past, now).await? {
                    all.insert(stored.row.account, Known::of(stored.row, is_erased));
                }
            }
            Ok(all)
        };
        // On the heap, as it happens once: otherwise every person's future has room for it.
        known.get_or_try_init(|| Box::pin(load())).await
    }

    /// A value of one of them, who was loaded before, unless it was erased; opened once for all who ask.
    async fn open<'p>(
        &'p self,
        ctx: &Context<'_>,
        opened: &'p OnceCell<Option<String>>,
        sealed: &Sealed<String>,
    ) -> Result<Option<&'p str>> {
        let vault = &services(ctx).vault;
        if opened.get().is_none()
            && let Some(value) = vault.at_hand(sealed)
        {
            // Whoever opens the same one at this moment comes to the same.
            let _ = opened.set(Some(value));
        }
        if let Some(opened) = opened.get() {
            return Ok(opened.as_deref());
        }
        let load = async || {
            let known = self.0.known.get().into_iter().flat_map(HashMap::values);
            let subjects: Vec<_> = known.flat_map(subjects).collect();
            vault.load_keys(&subjects).await
        };
        let open = async || {
            self.0.keys.get_or_try_init(load).await?;
            vault.open(sealed).await
        };
        let opened = opened.get_or_try_init(|| Box::pin(open())).await;
        Ok(opened.map_err(ApiError::unavailable)?.as_deref())
    }
}

/// Whose keys open what is known of somebody; nobody's once the erasure was asked for.
fn subjects(of: &Known) -> impl Iterator<Item = SubjectId> {
    let values = [of.row.name.as_ref(), of.row.email.as_ref()];
    let known = values.into_iter().flatten().filter(|_| !of.is_erased);
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
        Ok(self.known(ctx).await?.is_some())
    }

    async fn known(&self, ctx: &Context<'_>) -> Result<Option<&Known>> {
        let Asker::Member(viewer) = asker(ctx) else {
            return Ok(None);
        };
        Ok(self.people.known(ctx, viewer).await?.get(&self.account))
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
    pub async fn display_name(&self, ctx: &Context<'_>) -> Result<Option<Cow<'_, str>>> {
        let Asker::Member(viewer) = asker(ctx) else {
            return Ok(None);
        };
        if knows_pseudonyms_only(viewer) && self.account != viewer.account {
            let token = services(ctx)
                .vault
                .token("pseudonym", self.account.uuid().as_bytes());
            let pseudonym = format!("Person {:02X}{:02X}{:02X}", token[0], token[1], token[2]);
            return Ok(Some(pseudonym.into()));
        }
        let Some(known) = self.known(ctx).await? else {
            return Ok(None);
        };
        let name = known.row.name.as_ref().filter(|_| !known.is_erased);
        let Some(name) = name else {
            return Ok(None);
        };
        let name = self.people.open(ctx, &known.name, name).await?;
        Ok(name.map(Cow::Borrowed))
    }

    /// Where mail goes; only for oneself and for those who run interviews.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let Asker::Member(viewer) = asker(ctx) else {
            return Ok(None);
        };
        if self.account != viewer.account && !viewer.is_staff() {
            return Ok(None);
        }
        let Some(known) = self.known(ctx).await? else {
            return Ok(None);
        };
        let email = known.row.email.as_ref().filter(|_| !known.is_erased);
        let Some(email) = email else {
            return Ok(None);
        };
        self.people.open(ctx, &known.email, email).await
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
            .known(ctx)
            .await?
            .map(|known| known.row.roles.iter().copied().map(Role::from).collect()))
    }

    /// The zone that times are told in to this person.
    async fn time_zone(&self, ctx: &Context<'_>) -> Result<Option<TimeZone>> {
        Ok(self
            .known(ctx)
            .await?
            .and_then(|known| known.row.zone)
            .map(TimeZone))
    }
}
