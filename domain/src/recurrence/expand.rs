//! The occurrences of a rule, by the clock on the wall.
//!
//! Every period of a series can be worked out from its number alone, so following a rule may begin at any of them.

use chrono::{Datelike, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

use super::{
    Occurrence, RecurrenceError, Work,
    rule::{Day, End, Frequency, Rule},
};
use crate::time::{Span, Zone};

/// No zone is farther from UTC, and no gap is longer: what lies in a window lies in this much more of local time.
const MARGIN: Duration = Duration::days(2);

impl Rule {
    /// As [`Rule::occurrences`], with steps that may be shared with other rules.
    ///
    /// # Errors
    /// `TooMany` when there are more than `limit`, `TooMuchWork`.
    pub fn occurrences_within(
        &self,
        start: NaiveDateTime,
        zone: Zone,
        window: Span,
        limit: usize,
        work: &mut Work,
    ) -> Result<Vec<Occurrence>, RecurrenceError> {
        let edge = |moment: NaiveDateTime, by: Duration| moment.checked_add_signed(by).unwrap_or(moment);
        let from = edge(window.start.naive_utc(), -MARGIN);
        let to = edge(window.end.naive_utc(), MARGIN);
        let mut found = Vec::new();
        self.follow(start, zone, from, to, work, &mut |local| {
            let at = zone.instant(local);
            if window.start <= at && at < window.end {
                found.push(Occurrence { at, local });
            }
            if found.len() > limit {
                return Err(RecurrenceError::TooMany(limit));
            }
            Ok(())
        })?;
        found.sort_unstable();
        found.dedup_by_key(|occurrence| occurrence.at);
        Ok(found)
    }

    /// Tells of each local time in `[from, to)`, and of some before.
    fn follow(
        &self,
        start: NaiveDateTime,
        zone: Zone,
        from: NaiveDateTime,
        to: NaiveDateTime,
        work: &mut Work,
        tell: &mut impl FnMut(NaiveDateTime) -> Result<(), RecurrenceError>,
    ) -> Result<(), RecurrenceError> {
        let start = start.with_nanosecond(0).unwrap_or(start);
        let rule = self.with_defaults(start);
        let mut left = match rule.end {
            End::After(count) => count,
            End::Never | End::AtLocal(_) | End::At(_) => u32::MAX,
        };
        let mut number = match rule.end {
            End::After(_) => 0,
            End::Never | End::AtLocal(_) | End::At(_) => rule.period_before(start, from),
        };
        while left > 0 {
            work.take(1)?;
            let Some(begins) = rule.period(start, number) else {
                return Ok(());
            };
            if begins >= to || rule.end.is_before(begins - MARGIN, zone) {
                return Ok(());
            }
            if let Some(later) = rule.next_worth_a_look(begins) {
                number = rule.period_before(start, later).max(number + 1);
                continue;
            }
            number += 1;
            let mut step = |local: NaiveDateTime| {
                if local < start || left == 0 || rule.end.is_before(local, zone) {
                    return Ok(());
                }
                left -= 1;
                tell(local)
            };
            rule.times_of(begins, work, &mut step)?;
        }
        Ok(())
    }

    /// The rule with what it leaves open taken from the start of the series.
    fn with_defaults(&self, start: NaiveDateTime) -> Self {
        let mut rule = self.clone();
        let day = i32::try_from(start.day()).unwrap_or(1);
        let weekday = Day {
            nth: None,
            weekday: start.weekday(),
        };
        if rule.says_no_days() {
            match rule.frequency {
                Frequency::Yearly => {
                    if rule.months.is_empty() {
                        rule.months = vec![start.month()];
                    }
                    rule.month_days = vec![day];
                }
                Frequency::Monthly => rule.month_days = vec![day],
                Frequency::Weekly => rule.days = vec![weekday],
                Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => {}
            }
        }
        if !rule.weeks.is_empty()
            && rule.days.is_empty()
            && rule.month_days.is_empty()
            && rule.year_days.is_empty()
        {
            rule.days = vec![weekday];
        }
        let fill = |list: &mut Vec<u32>, below, value| {
            if list.is_empty() && rule.frequency < below {
                list.push(value);
            }
        };
        fill(&mut rule.hours, Frequency::Hourly, start.hour());
        fill(&mut rule.minutes, Frequency::Minutely, start.minute());
        fill(&mut rule.seconds, Frequency::Secondly, start.second());
        rule
    }

    /// Seconds of a period that is shorter than a day.
    fn seconds(&self) -> Option<i64> {
        match self.frequency {
            Frequency::Hourly => Some(3_600),
            Frequency::Minutely => Some(60),
            Frequency::Secondly => Some(1),
            Frequency::Yearly | Frequency::Monthly | Frequency::Weekly | Frequency::Daily => None,
        }
    }

    /// Where the period in which the series starts begins.
    fn first_period(&self, start: NaiveDateTime) -> NaiveDateTime {
        let midnight = start.date().and_time(NaiveTime::MIN);
        match self.frequency {
            Frequency::Yearly => midnight.with_ordinal0(0).unwrap_or(midnight),
            Frequency::Monthly => midnight.with_day0(0).unwrap_or(midnight),
            Frequency::Weekly => {
                let since = start.weekday().days_since(self.week_start);
                midnight - Duration::days(i64::from(since))
            }
            Frequency::Daily => midnight,
            Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => {
                let into = i64::from(start.num_seconds_from_midnight()) % self.seconds().unwrap_or(1);
                start - Duration::seconds(into)
            }
        }
    }

    /// Where a period begins; `None` beyond the calendar.
    fn period(&self, start: NaiveDateTime, number: i64) -> Option<NaiveDateTime> {
        let first = self.first_period(start);
        let steps = number.checked_mul(i64::from(self.interval))?;
        let months = |months: i64| first.checked_add_months(Months::new(u32::try_from(months).ok()?));
        let seconds = |seconds: i64| first.checked_add_signed(Duration::try_seconds(seconds)?);
        match self.frequency {
            Frequency::Yearly => months(steps.checked_mul(12)?),
            Frequency::Monthly => months(steps),
            Frequency::Weekly => seconds(steps.checked_mul(7 * 86_400)?),
            Frequency::Daily => seconds(steps.checked_mul(86_400)?),
            Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => {
                seconds(steps.checked_mul(self.seconds()?)?)
            }
        }
    }

    /// The number of the last period that begins at or before a local time; the first for times before the series.
    fn period_before(&self, start: NaiveDateTime, moment: NaiveDateTime) -> i64 {
        let first = self.first_period(start);
        if moment <= first {
            return 0;
        }
        let years = i64::from(moment.year()) - i64::from(first.year());
        let months = years * 12 + i64::from(moment.month()) - i64::from(first.month());
        let seconds = (moment - first).num_seconds();
        let steps = match self.frequency {
            Frequency::Yearly => years,
            Frequency::Monthly => months,
            Frequency::Weekly => seconds / (7 * 86_400),
            Frequency::Daily => seconds / 86_400,
            Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => {
                seconds / self.seconds().unwrap_or(1)
            }
        };
        steps / i64::from(self.interval)
    }

    /// Where the next day, hour or minute begins, for a period in one that the rule leaves out. No period in between is worth
    /// a look either.
    fn next_worth_a_look(&self, begins: NaiveDateTime) -> Option<NaiveDateTime> {
        let seconds = self.seconds()?;
        let into = i64::from(begins.num_seconds_from_midnight());
        let after = |length: i64| begins + Duration::seconds(length - into % length);
        let next = if !self.has_day(begins.date()) {
            after(86_400)
        } else if !says(&self.hours, begins.hour()) {
            after(3_600)
        } else if seconds < 3_600 && !says(&self.minutes, begins.minute()) {
            after(60)
        } else if seconds < 60 && !says(&self.seconds, begins.second()) {
            after(1)
        } else {
            return None;
        };
        Some(next)
    }

    /// Tells the local times of a period, in order.
    fn times_of(
        &self,
        begins: NaiveDateTime,
        work: &mut Work,
        tell: &mut impl FnMut(NaiveDateTime) -> Result<(), RecurrenceError>,
    ) -> Result<(), RecurrenceError> {
        if self.positions.is_empty() {
            return self.every_time_of(begins, work, tell);
        }
        let mut all = Vec::new();
        self.every_time_of(begins, work, &mut |local| {
            all.push(local);
            Ok(())
        })?;
        let place = |position: &i32| {
            let from_end = usize::try_from(-position).ok();
            let from_start = usize::try_from(position - 1).ok();
            from_start.or_else(|| all.len().checked_sub(from_end?))
        };
        let mut places: Vec<_> = self.positions.iter().filter_map(place).collect();
        places.sort_unstable();
        places.dedup();
        let mut chosen = places.into_iter().filter_map(|place| all.get(place));
        chosen.try_for_each(|local| tell(*local))
    }

    fn every_time_of(
        &self,
        begins: NaiveDateTime,
        work: &mut Work,
        tell: &mut impl FnMut(NaiveDateTime) -> Result<(), RecurrenceError>,
    ) -> Result<(), RecurrenceError> {
        let (days, hours, minutes, seconds);
        let own = |unit| vec![unit];
        match self.frequency {
            Frequency::Yearly | Frequency::Monthly | Frequency::Weekly | Frequency::Daily => {
                days = self.days_of(begins.date());
                (hours, minutes, seconds) = (self.hours.clone(), self.minutes.clone(), self.seconds.clone());
            }
            Frequency::Hourly => {
                days = 1;
                (hours, minutes, seconds) = (own(begins.hour()), self.minutes.clone(), self.seconds.clone());
            }
            Frequency::Minutely => {
                days = 1;
                (hours, minutes, seconds) = (own(begins.hour()), own(begins.minute()), self.seconds.clone());
            }
            Frequency::Secondly => {
                days = 1;
                (hours, minutes, seconds) = (own(begins.hour()), own(begins.minute()), own(begins.second()));
            }
        }
        for date in begins.date().iter_days().take(days) {
            work.take(1)?;
            if !self.has_day(date) {
                continue;
            }
            for (hour, minute) in hours
                .iter()
                .flat_map(|hour| minutes.iter().map(move |minute| (hour, minute)))
            {
                for second in &seconds {
                    work.take(1)?;
                    if let Some(local) = date.and_hms_opt(*hour, *minute, *second) {
                        tell(local)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// How many days a period has that begins on a date.
    fn days_of(&self, begins: NaiveDate) -> usize {
        match self.frequency {
            Frequency::Yearly => days_in_year(begins.year()) as usize,
            Frequency::Monthly => days_in_month(begins) as usize,
            Frequency::Weekly => 7,
            Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => 1,
        }
    }

    /// True when every part that speaks of days has this one.
    fn has_day(&self, date: NaiveDate) -> bool {
        says(&self.months, date.month())
            && says_either(&self.month_days, date.day(), days_in_month(date))
            && says_either(&self.year_days, date.ordinal(), days_in_year(date.year()))
            && self.has_week(date)
            && (self.days.is_empty() || self.days.iter().any(|day| self.is_nth(*day, date)))
    }

    fn has_week(&self, date: NaiveDate) -> bool {
        if self.weeks.is_empty() {
            return true;
        }
        let (year, week) = week_of(date, self.week_start);
        // The 28th of December is always in the last week of its year, as the 4th of January is in the first.
        let last = NaiveDate::from_ymd_opt(year, 12, 28).map_or(52, |date| week_of(date, self.week_start).1);
        says_either(&self.weeks, week, last)
    }

    /// Whether a date is the day of the week, and the nth one of its month or year.
    fn is_nth(&self, day: Day, date: NaiveDate) -> bool {
        if day.weekday != date.weekday() {
            return false;
        }
        let Some(nth) = day.nth else {
            return true;
        };
        let is_of_month = self.frequency == Frequency::Monthly || !self.months.is_empty();
        let (place, length) = if is_of_month {
            (date.day0(), days_in_month(date))
        } else {
            (date.ordinal0(), days_in_year(date.year()))
        };
        let (from_start, from_end) = (place / 7 + 1, (length - 1 - place) / 7 + 1);
        u32::try_from(nth).is_ok_and(|nth| nth == from_start)
            || u32::try_from(-nth).is_ok_and(|nth| nth == from_end)
    }
}

/// True when a part says this value, or nothing.
fn says(values: &[u32], value: u32) -> bool {
    values.is_empty() || values.contains(&value)
}

/// True when a part says this place of a whole, from the start or from the end, or says nothing.
fn says_either(values: &[i32], place: u32, length: u32) -> bool {
    let (place, length) = (i64::from(place), i64::from(length));
    let is_it = |value: &i32| i64::from(*value) == place || i64::from(*value) == place - length - 1;
    values.is_empty() || values.iter().any(is_it)
}

fn days_in_year(year: i32) -> u32 {
    NaiveDate::from_ymd_opt(year, 12, 31).map_or(365, |last| last.ordinal())
}

fn days_in_month(date: NaiveDate) -> u32 {
    u32::from(date.num_days_in_month())
}

/// The year that a week is counted in and its number there: the first week is the first with four days of the year.
fn week_of(date: NaiveDate, week_start: Weekday) -> (i32, u32) {
    let since = i64::from(date.weekday().days_since(week_start));
    let fourth = date.checked_add_signed(Duration::days(3 - since)).unwrap_or(date);
    (fourth.year(), fourth.ordinal0() / 7 + 1)
}
