//! A product is added to what can be booked.

use async_trait::async_trait;
use domain::{
    account::Account,
    actor::Role,
    ids::InterviewTypeId,
    interview_type::{InterviewType, define::Define, events::TypeSpec},
    price_list::PriceList,
    refusal::Refusal,
    rubric::Rubric,
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

/// Refuses a product whose prices or criteria do not exist, or whose interviewers are none.
pub(super) async fn check_references(unit: &mut Unit<'_>, spec: &TypeSpec) -> Result<(), CommandError> {
    if let Some(list) = spec.price_list {
        let prices: PriceList = unit.load(list.uuid()).await?;
        if prices.quote(spec.difficulty).is_none() {
            return Err(Refusal::invalid("priceListId", "has no price for this difficulty").into());
        }
    }
    if let Some(pin) = spec.rubric {
        let rubric: Rubric = unit.load(pin.rubric.uuid()).await?;
        if rubric.criteria(pin.version).is_none() {
            return Err(Refusal::invalid("rubric", "there is no such version").into());
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
