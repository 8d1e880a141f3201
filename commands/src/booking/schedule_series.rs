//! Somebody who runs interviews sets up several that recur: all of them come into being in one append, or nothing does.

use async_trait::async_trait;
use domain::{
    ids::{InterviewId, SeriesId},
    interview::{
        events::SeriesPlace,
        series::{check_seats, starts},
    },
    refusal::Refusal,
    time::Instant,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::schedule_interview::{ScheduleInterview, Time};

/// What is set up.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduleSeries {
    /// The first of them, and what holds for each.
    pub first: ScheduleInterview,
    /// How they recur: the value of an RRULE of RFC 5545, followed by the clock on the wall of their zone.
    pub rule: String,
    /// Starts that the rule names and that are left out.
    pub except: Vec<Instant>,
}

/// What was set up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScheduledSeries {
    /// The series.
    pub series: SeriesId,
    /// Its interviews, by time.
    pub interviews: Vec<InterviewId>,
}

#[async_trait]
impl UseCase for ScheduleSeries {
    const OPERATION: &'static str = "scheduleSeries";
    type Output = ScheduledSeries;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<ScheduledSeries, CommandError> {
        let agreed = self.first.agreed(unit).await?;
        let starts = starts(self.first.start, agreed.zone, &self.rule, &self.except)?;
        check_seats(starts.len(), self.first.interviewers.len())?;

        let series: SeriesId = unit.mint();
        let of = u32::try_from(starts.len()).unwrap_or(u32::MAX);
        let (mut interviews, mut refused) = (Vec::new(), Vec::new());
        for (number, start) in (1..).zip(starts) {
            match self.first.check(unit, &agreed, start.at).await {
                Ok(share) => {
                    let place = SeriesPlace {
                        series,
                        number,
                        of,
                        rule: self.rule.clone(),
                    };
                    let time = Time {
                        start: start.at,
                        share,
                        series: Some(place),
                    };
                    interviews.push(self.first.place(unit, &agreed, time).await?);
                }
                Err(CommandError::Refused(refusal)) => refused.push((start.at, refusal)),
                Err(error) => return Err(error),
            }
        }
        if !refused.is_empty() {
            return Err(Refusal::OccurrencesRefused { occurrences: refused }.into());
        }
        self.first.settle(unit, &agreed).await?;
        Ok(ScheduledSeries { series, interviews })
    }
}
