//! An interviewer's weekly availability and dates with hours of their own are set.

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{
    account::Account,
    actor::Role,
    availability::{
        Availability, define_weekly::DefineWeekly, events::LocalWindow, events::WeeklyRule,
        set_date_override::SetDateOverride,
    },
    ids::AccountId,
    refusal::Refusal,
    time::Zone,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// A date with hours of its own.
#[derive(Clone, Debug, Serialize)]
pub struct DateHours {
    /// Which local date.
    pub date: NaiveDate,
    /// Its windows; none is a day off.
    pub windows: Vec<LocalWindow>,
}

/// When an interviewer can be met.
#[derive(Clone, Debug, Serialize)]
pub struct SetAvailability {
    /// Whose.
    pub account: AccountId,
    /// The zone in which the windows are meant.
    pub zone: Zone,
    /// The weekly rules, in place of those before.
    pub rules: Vec<WeeklyRule>,
    /// Dates with hours of their own, beside those set before.
    pub overrides: Vec<DateHours>,
}

#[async_trait]
impl UseCase for SetAvailability {
    const OPERATION: &'static str = "setAvailability";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        must_be_interviewer(unit, self.account).await?;
        let define = DefineWeekly {
            account: self.account,
            zone: self.zone,
            rules: self.rules.clone(),
        };
        unit.decide::<Availability>(self.account.uuid(), define.into())
            .await?;
        for day in &self.overrides {
            let set = SetDateOverride {
                account: self.account,
                date: day.date,
                windows: day.windows.clone(),
            };
            unit.decide::<Availability>(self.account.uuid(), set.into())
                .await?;
        }
        Ok(())
    }
}

/// Refuses to state anything about when somebody can be met who meets nobody.
pub(crate) async fn must_be_interviewer(unit: &mut Unit<'_>, account: AccountId) -> Result<(), CommandError> {
    let account: Account = unit.load(account.uuid()).await?;
    if !account.has(Role::Interviewer) {
        return Err(Refusal::NotFound { what: "interviewer" }.into());
    }
    Ok(())
}
