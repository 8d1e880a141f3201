//! A product is added to what can be booked.

use async_trait::async_trait;
use domain::{
    account::Account,
    actor::Role,
    ids::{InterviewKitId, InterviewTypeId},
    interview_kit::{InterviewKit, Plan},
    interview_type::{InterviewType, define::Define, events::TypeSpec},
    price_list::PriceList,
    refusal::Refusal,
    rubric::{Rubric, events::RubricPin},
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// The product.
#[derive(Clone, Debug, Serialize)]
pub struct DefineInterviewType {
    /// What it is.
    pub spec: TypeSpec,
}

/// Which product it became.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InterviewTypeMade {
    /// Its id.
    pub interview_type: InterviewTypeId,
}

#[async_trait]
impl UseCase for DefineInterviewType {
    const OPERATION: &'static str = "defineInterviewType";
    type Output = InterviewTypeMade;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<InterviewTypeMade, CommandError> {
        check_references(unit, &self.spec).await?;
        let interview_type: InterviewTypeId = unit.mint();
        let define = Define {
            interview_type,
            spec: self.spec.clone(),
        };
        unit.decide::<InterviewType>(interview_type.uuid(), define.into())
            .await?;
        Ok(InterviewTypeMade { interview_type })
    }
}

/// Refuses a product whose prices, criteria or kit do not exist, whose kit takes longer than it does, or whose
/// interviewers are none.
pub(super) async fn check_references(unit: &mut Unit<'_>, spec: &TypeSpec) -> Result<(), CommandError> {
    if let Some(list) = spec.price_list {
        let prices: PriceList = unit.load(list.uuid()).await?;
        if prices.quote(spec.difficulty).is_none() {
            return Err(Refusal::invalid("priceListId", "has no price for this difficulty").into());
        }
    }
    check_rubric(unit, spec.rubric).await?;
    if let Some(kit) = spec.kit {
        let plan = newest_kit(unit, kit).await?;
        if plan.minutes > spec.duration_minutes {
            return Err(Refusal::invalid("kitId", "takes longer than the interview").into());
        }
    }
    for account in &spec.panel.pool {
        let interviewer: Account = unit.load(account.uuid()).await?;
        if !interviewer.has(Role::Interviewer) {
            return Err(Refusal::invalid("interviewerIds", "not an interviewer of this organisation").into());
        }
    }
    Ok(())
}

/// Refuses criteria that do not exist.
pub(super) async fn check_rubric(unit: &mut Unit<'_>, pin: Option<RubricPin>) -> Result<(), CommandError> {
    let Some(pin) = pin else {
        return Ok(());
    };
    let rubric: Rubric = unit.load(pin.rubric.uuid()).await?;
    if rubric.criteria(pin.version).is_none() {
        return Err(Refusal::invalid("rubric", "there is no such version").into());
    }
    Ok(())
}

/// The kit with an id as it is now.
pub(crate) async fn newest_kit(unit: &mut Unit<'_>, kit: InterviewKitId) -> Result<Plan, CommandError> {
    let kit: InterviewKit = unit.load(kit.uuid()).await?;
    Ok(kit.plan().ok_or(Refusal::NotFound { what: "kit" })?)
}
