//! An interviewer is in another zone for a while.

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{
    availability::{Availability, plan_travel::PlanTravel as Plan},
    ids::{AccountId, JourneyId},
    time::Zone,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::set_availability::must_be_interviewer;

/// A journey.
#[derive(Clone, Debug, Serialize)]
pub struct PlanTravel {
    /// Who travels.
    pub account: AccountId,
    /// The zone meanwhile.
    pub zone: Zone,
    /// First date there.
    pub from: NaiveDate,
    /// First date back; none when it is for good.
    pub until: Option<NaiveDate>,
}

/// The journey that was planned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Planned {
    /// The journey.
    pub journey: JourneyId,
}

#[async_trait]
impl UseCase for PlanTravel {
    const OPERATION: &'static str = "planTravel";
    type Output = Planned;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Planned, CommandError> {
        must_be_interviewer(unit, self.account).await?;
        let journey = unit.mint();
        let plan = Plan {
            account: self.account,
            journey,
            zone: self.zone,
            from: self.from,
            until: self.until,
        };
        unit.decide::<Availability>(self.account.uuid(), plan.into())
            .await?;
        Ok(Planned { journey })
    }
}
