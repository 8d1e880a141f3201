//! One account: who it is, with everything about the person sealed, and what it may be.

use domain::{
    account::events::AccountEvent,
    actor::Role,
    data_subject::events::DataSubjectEvent,
    envelope::Envelope,
    ids::{AccountId, CalendarFeedId, OrganisationId},
    sealed::Sealed,
    time::{Instant, Zone},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition, Direction, Listed, Slice},
    model::{Column, Index, Key, ReadModel, Stored, instant},
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Accounts {}

/// One account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Which.
    pub account: AccountId,
    /// Issuer of the identity.
    pub issuer: String,
    /// The identity's name at its issuer.
    pub identity: Sealed<String>,
    /// What the person is called.
    pub name: Option<Sealed<String>>,
    /// Where mail goes.
    pub email: Option<Sealed<String>>,
    /// What the account may be, in the order of [`Role::ALL`].
    pub roles: Vec<Role>,
    /// The role that the person chose, once and for good.
    pub chosen: Option<Role>,
    /// The zone that times are told in.
    pub zone: Option<Zone>,
    /// Addresses at which a calendar may read its interviews, oldest first.
    pub feeds: Vec<Feed>,
    /// When it was first seen.
    pub registered_at: Instant,
    /// When the person's erasure was asked for. From then on nothing of the person is to be shown, whether the key
    /// still exists or not.
    pub erased_at: Option<Instant>,
}

/// An address at which a calendar may read an account's interviews.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Feed {
    /// Which.
    pub feed: CalendarFeedId,
    /// When it was made.
    pub created_at: Instant,
}

hears! {
    /// What it is told by.
    pub enum Heard {
        Account(AccountEvent),
        DataSubject(DataSubjectEvent),
    }
}

const REGISTERED: Column = Column::required("registered", Kind::Instant);
const CANDIDATE: Column = Column::required("candidate", Kind::Bool);
const INTERVIEWER: Column = Column::required("interviewer", Kind::Bool);
const RECRUITER: Column = Column::required("recruiter", Kind::Bool);
const ANALYST: Column = Column::required("analyst", Kind::Bool);
const ADMIN: Column = Column::required("admin", Kind::Bool);

const fn column_of(role: Role) -> Column {
    match role {
        Role::Candidate => CANDIDATE,
        Role::Interviewer => INTERVIEWER,
        Role::Recruiter => RECRUITER,
        Role::Analyst => ANALYST,
        Role::Admin => ADMIN,
    }
}

impl ReadModel for Accounts {
    const NAME: &'static str = "accounts";
    const COLUMNS: &'static [Column] = &[REGISTERED, CANDIDATE, INTERVIEWER, RECRUITER, ANALYST, ADMIN];
    const INDEXES: &'static [Index] = &[
        // Lists of people.
        Index {
            name: "registered",
            columns: &["registered", "key"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Account;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let account = match event {
            Heard::Account(event) => match event {
                AccountEvent::AccountRegistered(event) => event.account,
                AccountEvent::RoleChosen(event) => event.account,
                AccountEvent::RoleGranted(event) => event.account,
                AccountEvent::RoleRevoked(event) => event.account,
                AccountEvent::ProfileUpdated(event) => event.account,
                AccountEvent::TimeZoneSet(event) => event.account,
                AccountEvent::CalendarFeedCreated(event) => event.account,
                AccountEvent::CalendarFeedRevoked(event) => event.account,
                AccountEvent::IdentityJoined(event) => event.account,
            },
            Heard::DataSubject(event) => match event {
                DataSubjectEvent::ErasureRequested(event) => event.account,
                DataSubjectEvent::ErasureCompleted(event) => event.account,
            },
        };
        vec![Key::of(account)]
    }

    fn apply(_: Key, row: Option<Account>, event: &Heard, envelope: &Envelope) -> Option<Account> {
        if let (None, Heard::Account(AccountEvent::AccountRegistered(event))) = (&row, event) {
            return Some(Account {
                account: event.account,
                issuer: event.issuer.clone(),
                identity: event.identity.clone(),
                name: event.name.clone(),
                email: event.email.clone(),
                roles: Vec::new(),
                chosen: None,
                zone: None,
                feeds: Vec::new(),
                registered_at: envelope.occurred_at,
                erased_at: None,
            });
        }
        let mut row = row?;
        match event {
            Heard::Account(event) => match event {
                AccountEvent::AccountRegistered(_) => {}
                AccountEvent::RoleChosen(event) => {
                    row.chosen = Some(event.role);
                    gain(&mut row.roles, event.role);
                }
                AccountEvent::RoleGranted(event) => gain(&mut row.roles, event.role),
                AccountEvent::RoleRevoked(event) => row.roles.retain(|role| *role != event.role),
                AccountEvent::ProfileUpdated(event) => {
                    row.name = event.name.clone().or(row.name);
                    row.email = event.email.clone().or(row.email);
                }
                AccountEvent::TimeZoneSet(event) => row.zone = Some(event.zone),
                AccountEvent::CalendarFeedCreated(event) => row.feeds.push(Feed {
                    feed: event.feed,
                    created_at: envelope.occurred_at,
                }),
                AccountEvent::CalendarFeedRevoked(event) => {
                    row.feeds.retain(|known| known.feed != event.feed);
                }
                AccountEvent::IdentityJoined(_) => {}
            },
            Heard::DataSubject(event) => match event {
                DataSubjectEvent::ErasureRequested(_) => {
                    row.erased_at = row.erased_at.or(Some(envelope.occurred_at));
                }
                DataSubjectEvent::ErasureCompleted(_) => {}
            },
        }
        Some(row)
    }

    fn columns(row: &Account) -> Vec<Value> {
        let roles = Role::ALL
            .into_iter()
            .map(|role| Value::Bool(row.roles.contains(&role)));
        [instant(row.registered_at)].into_iter().chain(roles).collect()
    }
}

fn gain(roles: &mut Vec<Role>, role: Role) {
    if !roles.contains(&role) {
        roles.push(role);
        roles.sort_unstable();
    }
}

/// Several accounts in the order asked, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_ids(
    db: &Db,
    tenant: OrganisationId,
    accounts: &[AccountId],
) -> Result<Vec<Option<Stored<Account>>>, DbError> {
    let keys: Vec<Key> = accounts.iter().copied().map(Key::of).collect();
    list::by_keys::<Accounts>(db, tenant, &keys).await
}

/// Several accounts in any order, each once, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn among(
    db: &Db,
    tenant: OrganisationId,
    accounts: &[AccountId],
) -> Result<Vec<Stored<Account>>, DbError> {
    let keys: Vec<Key> = accounts.iter().copied().map(Key::of).collect();
    list::with_keys::<Accounts>(db, tenant, &keys).await
}

/// A part of the accounts, of all or of those with a role, in the order in which they were first seen.
///
/// # Errors
/// [`DbError`], when the table cannot be read, or a place belongs to another order.
pub async fn list(
    db: &Db,
    tenant: OrganisationId,
    role: Option<Role>,
    slice: &Slice,
) -> Result<Listed<Account>, DbError> {
    let order = [(REGISTERED, Direction::Ascending)];
    list::list::<Accounts>(db, tenant, &with_role(role), &order, slice).await
}

/// How many accounts there are, of all or of those with a role.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn count(db: &Db, tenant: OrganisationId, role: Option<Role>) -> Result<u64, DbError> {
    list::count::<Accounts>(db, tenant, &with_role(role)).await
}

fn with_role(role: Option<Role>) -> Condition {
    let roles = role.into_iter();
    Condition::All(
        roles
            .map(|role| Condition::In(column_of(role), vec![Value::Bool(true)]))
            .collect(),
    )
}
