//! Somebody makes an organisation and becomes its first admin.

use async_trait::async_trait;
use domain::{
    account::{Account, AccountCommand, grant_role::GrantRole},
    actor::Role,
    ids::{AccountId, OrganisationId},
    organisation::{Organisation, OrganisationCommand, create::Create},
    text::Line,
    time::Zone,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::{enter::register, particulars::Particulars};

/// An organisation to be made. The command acts for the new organisation's own tenant.
#[derive(Clone, Debug, Serialize)]
pub struct CreateOrganisation {
    /// Its name.
    pub name: Line,
    /// The zone its calendar days are counted in.
    pub zone: Zone,
    /// Whether interviewers may schedule, list candidates and decide.
    pub interviewers_decide: bool,
    /// The account its maker will have in it.
    pub account: AccountId,
    /// What the issuer says about the maker.
    pub maker: Particulars,
}

/// What came into being.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrganisationMade {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its first admin.
    pub admin: AccountId,
}

#[async_trait]
impl UseCase for CreateOrganisation {
    const OPERATION: &'static str = "createOrganisation";
    type Output = OrganisationMade;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<OrganisationMade, CommandError> {
        let organisation = unit.tenant();
        let create = Create {
            organisation,
            name: self.name.clone(),
            zone: self.zone,
            interviewers_decide: self.interviewers_decide,
            by: self.account,
        };
        unit.decide::<Organisation>(organisation.uuid(), OrganisationCommand::Create(create))
            .await?;
        register(unit, self.account, &self.maker).await?;
        let grant = GrantRole {
            account: self.account,
            role: Role::Admin,
            by: None,
        };
        unit.decide::<Account>(self.account.uuid(), AccountCommand::GrantRole(grant))
            .await?;
        Ok(OrganisationMade {
            organisation,
            admin: self.account,
        })
    }
}
