//! Who acts, and as what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

/// What an account may be in its organisation. An account can hold several roles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Books, pays, joins and reads what was released.
    Candidate,
    /// Gets invited, meets candidates and rates them.
    Interviewer,
    /// Plans interviews, reads ratings and decides.
    Recruiter,
    /// Replays and measures, on pseudonymised data.
    Analyst,
    /// Runs the organisation.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Candidate,
        Self::Interviewer,
        Self::Recruiter,
        Self::Analyst,
        Self::Admin,
    ];

    /// The role's name in tokens and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Interviewer => "interviewer",
            Self::Recruiter => "recruiter",
            Self::Analyst => "analyst",
            Self::Admin => "admin",
        }
    }

    /// The role with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// True for the roles that a person may choose without being granted them.
    pub const fn is_self_service(self) -> bool {
        match self {
            Self::Candidate | Self::Interviewer => true,
            Self::Recruiter | Self::Analyst | Self::Admin => false,
        }
    }
}

/// Who caused an event. Stored in its envelope, together with whom they acted for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Actor {
    /// A person with an account.
    Account {
        /// The account that was signed in.
        account: AccountId,
        /// The account in whose name it was done, when that is another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<AccountId>,
    },
    /// A rule of the system itself, by name: a worker, a timer, a tool on the command line.
    System {
        /// Which rule or tool.
        name: String,
    },
    /// A provider that told us something.
    Provider {
        /// The configured name of the provider.
        name: String,
    },
}

impl Actor {
    /// An account that acts for itself.
    pub const fn account(account: AccountId) -> Self {
        Self::Account {
            account,
            on_behalf_of: None,
        }
    }

    /// A rule of the system.
    pub fn system(name: &str) -> Self {
        Self::System {
            name: name.to_owned(),
        }
    }

    /// The account in whose name it is done, if any.
    pub const fn principal(&self) -> Option<AccountId> {
        match self {
            Self::Account {
                account,
                on_behalf_of: None,
            } => Some(*account),
            Self::Account { on_behalf_of, .. } => *on_behalf_of,
            Self::System { .. } | Self::Provider { .. } => None,
        }
    }
}
