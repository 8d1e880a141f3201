//! Who is asking, as far as the organisation knows.

use async_graphql::{ID, SimpleObject};
use domain::{
    actor::{Actor, Role},
    ids::{AccountId, OrganisationId},
};

use super::{
    enums,
    organisation::Organisation,
    person::Person,
    policy::Operation,
    scalars::{DateTime, TimeZone},
};
use crate::{
    auth::tokens::Identity,
    error::{ApiError, ErrorCode},
};

/// Whoever sent the request.
#[derive(Clone, Debug)]
pub enum Asker {
    /// Nobody in particular: no token.
    Anonymous,
    /// Somebody with a valid token who has no account in an organisation yet.
    Stranger(Identity),
    /// Somebody with an account.
    Member(Viewer),
}

/// An account, at the moment of the request.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Which account.
    pub account: AccountId,
    /// In which organisation.
    pub tenant: OrganisationId,
    /// What it may be there.
    pub roles: Vec<Role>,
    /// The identity behind it.
    pub identity: Identity,
}

/// Whoever is signed in.
#[derive(SimpleObject, Debug)]
#[graphql(name = "Viewer")]
pub struct ViewerInfo {
    /// Oneself; null before a role was chosen or granted.
    pub account: Option<Person>,
    /// The organisation one acts for.
    pub organisation: Option<Organisation>,
    /// What one may be there.
    pub roles: Vec<enums::Role>,
    /// True when a role is to be chosen first.
    pub needs_role: bool,
    /// The zone that times are told in to oneself.
    pub time_zone: Option<TimeZone>,
    /// Addresses at which calendars can read one's own interviews, oldest first.
    pub calendar_feeds: Vec<CalendarFeed>,
}

/// An address at which a calendar can read somebody's own interviews. The address itself is told once, when it is made.
#[derive(SimpleObject, Debug)]
pub struct CalendarFeed {
    /// The feed's id, by which it can be revoked.
    pub id: ID,
    /// When it was made.
    pub created_at: DateTime,
}

impl Viewer {
    /// The actor that its commands are recorded with.
    pub const fn actor(&self) -> Actor {
        Actor::account(self.account)
    }

    /// True when the account has the role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// True for those who run interviews for the organisation.
    pub fn is_staff(&self) -> bool {
        self.is(Role::Recruiter) || self.is(Role::Admin)
    }

    /// True for those who may read what interviewers are to do: never for candidates, whatever else they may be,
    /// unless they run interviews and so write it.
    pub fn reads_kits(&self) -> bool {
        let is_inside = self.is(Role::Interviewer) || self.is(Role::Analyst);
        self.is_staff() || (is_inside && !self.is(Role::Candidate))
    }
}

impl Asker {
    /// The account, if the operation is open to one of its roles. Asked before anything is loaded.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a token, `FORBIDDEN` when the operation is closed to all its roles.
    pub fn may(&self, operation: Operation) -> Result<&Viewer, ApiError> {
        let closed = || {
            ApiError::new(
                ErrorCode::Forbidden,
                format!("{} is closed to your roles", operation.name()),
            )
        };
        match self {
            Self::Anonymous => Err(ApiError::new(ErrorCode::Unauthenticated, "sign in first")),
            Self::Stranger(_) => Err(closed()),
            Self::Member(viewer) if operation.is_open_to(&viewer.roles) => Ok(viewer),
            Self::Member(_) => Err(closed()),
        }
    }
}
