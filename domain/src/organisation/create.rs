//! Bringing an organisation into being.

use super::{
    Organisation,
    events::{OrganisationCreated, OrganisationEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, OrganisationId},
    refusal::Refusal,
    text::Line,
    time::Zone,
};

/// Somebody makes an organisation. That person becomes its first admin by a command of the account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Create {
    /// The new id.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: Line,
    /// The zone its own calendar days are counted in.
    pub zone: Zone,
    /// Whether interviewers may schedule, list candidates and decide.
    pub interviewers_decide: bool,
    /// Who makes it.
    pub by: AccountId,
}

/// Nothing when the same person made it before.
///
/// # Errors
/// `WrongState` when somebody else made an organisation of this id.
pub fn decide(organisation: &Organisation, command: &Create) -> Decision<OrganisationEvent> {
    match organisation {
        Organisation::Existing { by, .. } if *by == command.by => nothing(),
        Organisation::Existing { .. } => Err(Refusal::WrongState {
            state: "the organisation exists already",
        }),
        Organisation::Absent => one(OrganisationCreated {
            organisation: command.organisation,
            name: command.name.clone(),
            zone: command.zone,
            interviewers_decide: command.interviewers_decide,
            by: command.by,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{fold, id},
        testing::given,
    };

    fn create(by: u128) -> Create {
        Create {
            organisation: id(1),
            name: Line::new("Rivertown Robotics").unwrap(),
            zone: "Asia/Kolkata".parse().unwrap(),
            interviewers_decide: true,
            by: id(by),
        }
    }

    fn created() -> OrganisationCreated {
        OrganisationCreated {
            organisation: id(1),
            name: Line::new("Rivertown Robotics").unwrap(),
            zone: "Asia/Kolkata".parse().unwrap(),
            interviewers_decide: true,
            by: id(2),
        }
    }

    #[test]
    fn an_organisation_is_made_once() {
        given::<Organisation>([]).when(create(2)).then_once(created());
    }

    #[test]
    fn nobody_else_makes_an_organisation_that_exists() {
        given::<Organisation>([created().into()])
            .when(create(3))
            .then_refused(Refusal::WrongState {
                state: "the organisation exists already",
            });
    }

    #[test]
    fn interviewers_decide_only_where_the_organisation_says_so() {
        let strict = OrganisationCreated {
            interviewers_decide: false,
            ..created()
        };

        assert!(fold::<Organisation>(&[created().into()]).interviewers_decide());
        assert!(!fold::<Organisation>(&[strict.into()]).interviewers_decide());
        assert!(!Organisation::Absent.interviewers_decide());
    }
}
