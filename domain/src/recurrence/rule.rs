//! The text of a rule.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::{MAX_RULE_BYTES, RecurrenceError};
use crate::time::{Instant, Zone};

/// A rule of RFC 5545: how often something recurs, and on which of the days and times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    pub(super) frequency: Frequency,
    pub(super) interval: u32,
    pub(super) end: End,
    pub(super) week_start: Weekday,
    pub(super) months: Vec<u32>,
    pub(super) weeks: Vec<i32>,
    pub(super) year_days: Vec<i32>,
    pub(super) month_days: Vec<i32>,
    pub(super) days: Vec<Day>,
    pub(super) hours: Vec<u32>,
    pub(super) minutes: Vec<u32>,
    pub(super) seconds: Vec<u32>,
    pub(super) positions: Vec<i32>,
}

/// The period that a rule counts in; the shortest last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Frequency {
    Yearly,
    Monthly,
    Weekly,
    Daily,
    Hourly,
    Minutely,
    Secondly,
}

/// Where a series ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Never,
    After(u32),
    AtLocal(NaiveDateTime),
    At(Instant),
}

impl End {
    /// True for what lies after a UNTIL.
    pub(super) fn is_before(self, local: NaiveDateTime, zone: Zone) -> bool {
        match self {
            Self::Never | Self::After(_) => false,
            Self::AtLocal(until) => until < local,
            Self::At(until) => until < zone.instant(local),
        }
    }
}

/// A day of the week, or the nth of them in a month or year, from the end when negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Day {
    pub(super) nth: Option<i32>,
    pub(super) weekday: Weekday,
}

impl FromStr for Rule {
    type Err = RecurrenceError;

    fn from_str(text: &str) -> Result<Self, RecurrenceError> {
        Self::parse(text)
    }
}

impl Rule {
    /// Reads the value of an RRULE, such as `FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10`.
    ///
    /// # Errors
    /// Everything but `TooMany` and `TooMuchWork`.
    pub fn parse(text: &str) -> Result<Self, RecurrenceError> {
        if text.len() > MAX_RULE_BYTES {
            return Err(RecurrenceError::TooLong);
        }
        let parts = Parts::split(text)?;
        let frequency = parts.get("FREQ").ok_or(RecurrenceError::NoFrequency)?;
        let interval = parts.one("INTERVAL", 1, u32::MAX)?;
        let week_start = parts
            .get("WKST")
            .map_or(Ok(Weekday::Mon), |text| weekday(text, "WKST"));
        let rule = Self {
            frequency: self::frequency(frequency)?,
            interval: interval.unwrap_or(1),
            end: end(&parts)?,
            week_start: week_start?,
            months: parts.list("BYMONTH", 1..=12, false)?,
            weeks: parts.list("BYWEEKNO", 1..=53, true)?,
            year_days: parts.list("BYYEARDAY", 1..=366, true)?,
            month_days: parts.list("BYMONTHDAY", 1..=31, true)?,
            days: days(&parts)?,
            hours: parts.list("BYHOUR", 0..=23, false)?,
            minutes: parts.list("BYMINUTE", 0..=59, false)?,
            seconds: seconds(parts.list("BYSECOND", 0..=60, false)?),
            positions: parts.list("BYSETPOS", 1..=366, true)?,
        };
        rule.contradicts_nothing()?;
        Ok(rule)
    }

    /// True when the rule ends by itself: it has a COUNT or an UNTIL.
    pub fn ends(&self) -> bool {
        self.end != End::Never
    }

    /// Which parts exclude each other, by the table of section 3.3.10.
    fn contradicts_nothing(&self) -> Result<(), RecurrenceError> {
        use Frequency::{Daily, Monthly, Weekly, Yearly};
        let contradiction = |first, second| Err(RecurrenceError::Contradiction(first, second));
        let is_ordinal = self.days.iter().any(|day| day.nth.is_some());
        if is_ordinal && !matches!(self.frequency, Yearly | Monthly) {
            return contradiction("BYDAY with numbers", "this FREQ");
        }
        if is_ordinal && !self.weeks.is_empty() {
            return contradiction("BYDAY with numbers", "BYWEEKNO");
        }
        if !self.weeks.is_empty() && self.frequency != Yearly {
            return contradiction("BYWEEKNO", "this FREQ");
        }
        if !self.year_days.is_empty() && matches!(self.frequency, Daily | Weekly | Monthly) {
            return contradiction("BYYEARDAY", "this FREQ");
        }
        if !self.month_days.is_empty() && self.frequency == Weekly {
            return contradiction("BYMONTHDAY", "this FREQ");
        }
        if !self.positions.is_empty() && self.has_no_other() {
            return Err(RecurrenceError::BadValue("BYSETPOS"));
        }
        Ok(())
    }

    /// True when nothing but a position is stated.
    fn has_no_other(&self) -> bool {
        self.says_no_days()
            && self.months.is_empty()
            && self.hours.is_empty()
            && self.minutes.is_empty()
            && self.seconds.is_empty()
    }

    /// True when the days come from the start of the series.
    pub(super) fn says_no_days(&self) -> bool {
        self.weeks.is_empty()
            && self.year_days.is_empty()
            && self.month_days.is_empty()
            && self.days.is_empty()
    }
}

/// The parts of a rule, each known and there once.
struct Parts<'a>(Vec<(&'static str, &'a str)>);

const NAMES: [&str; 14] = [
    "FREQ",
    "UNTIL",
    "COUNT",
    "INTERVAL",
    "BYSECOND",
    "BYMINUTE",
    "BYHOUR",
    "BYDAY",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYMONTH",
    "BYSETPOS",
    "WKST",
];

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, RecurrenceError> {
        let mut parts = Self(Vec::new());
        // Some write a semicolon at the end, too.
        for part in text.trim().trim_end_matches(';').split(';') {
            let (name, value) = part.split_once('=').ok_or(RecurrenceError::UnknownPart)?;
            let known = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name));
            let name = known.ok_or(RecurrenceError::UnknownPart)?;
            if parts.get(name).is_some() {
                return Err(RecurrenceError::Repeated(name));
            }
            parts.0.push((name, value));
        }
        Ok(parts)
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    /// A number.
    fn one(&self, name: &'static str, least: u32, most: u32) -> Result<Option<u32>, RecurrenceError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let number = digits(text).filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or(RecurrenceError::BadValue(name))
    }

    /// Numbers in order, each once; counted from the end where that is allowed.
    fn list<T: TryFrom<i32> + Ord>(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<u32>,
        may_be_negative: bool,
    ) -> Result<Vec<T>, RecurrenceError> {
        let Some(text) = self.get(name) else {
            return Ok(Vec::new());
        };
        let number = |text: &str| {
            let (sign, amount) = signed(text)?;
            let number = i32::try_from(digits(amount).filter(|number| range.contains(number))?).ok()?;
            let is_allowed = sign > 0 || may_be_negative;
            is_allowed.then(|| T::try_from(sign * number).ok()).flatten()
        };
        let numbers: Option<Vec<T>> = text.split(',').map(number).collect();
        let mut numbers = numbers.ok_or(RecurrenceError::BadValue(name))?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }
}

/// A sign, plus unless said otherwise, and what follows.
fn signed(text: &str) -> Option<(i32, &str)> {
    if let Some(amount) = text.strip_prefix('-') {
        return Some((-1, amount));
    }
    Some((1, text.strip_prefix('+').unwrap_or(text)))
}

/// A number of nothing but digits.
fn digits(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn frequency(text: &str) -> Result<Frequency, RecurrenceError> {
    match text.to_ascii_uppercase().as_str() {
        "YEARLY" => Ok(Frequency::Yearly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "WEEKLY" => Ok(Frequency::Weekly),
        "DAILY" => Ok(Frequency::Daily),
        "HOURLY" => Ok(Frequency::Hourly),
        "MINUTELY" => Ok(Frequency::Minutely),
        "SECONDLY" => Ok(Frequency::Secondly),
        _ => Err(RecurrenceError::BadValue("FREQ")),
    }
}

fn weekday(text: &str, name: &'static str) -> Result<Weekday, RecurrenceError> {
    match text.to_ascii_uppercase().as_str() {
        "MO" => Ok(Weekday::Mon),
        "TU" => Ok(Weekday::Tue),
        "WE" => Ok(Weekday::Wed),
        "TH" => Ok(Weekday::Thu),
        "FR" => Ok(Weekday::Fri),
        "SA" => Ok(Weekday::Sat),
        "SU" => Ok(Weekday::Sun),
        _ => Err(RecurrenceError::BadValue(name)),
    }
}

/// `MO`, `2TU`, `-1FR`.
fn days(parts: &Parts<'_>) -> Result<Vec<Day>, RecurrenceError> {
    let Some(text) = parts.get("BYDAY") else {
        return Ok(Vec::new());
    };
    let bad = RecurrenceError::BadValue("BYDAY");
    let mut days: Vec<Day> = Vec::new();
    for text in text.split(',') {
        let at = text.len().checked_sub(2).ok_or(bad)?;
        let (nth, name) = text.split_at_checked(at).ok_or(bad)?;
        let weekday = weekday(name, "BYDAY")?;
        let nth = match nth {
            "" => None,
            nth => {
                let (sign, amount) = signed(nth).ok_or(bad)?;
                let amount = digits(amount).filter(|amount| (1..=53).contains(amount));
                Some(sign * i32::try_from(amount.ok_or(bad)?).map_err(|_| bad)?)
            }
        };
        let day = Day { nth, weekday };
        if !days.contains(&day) {
            days.push(day);
        }
    }
    Ok(days)
}

/// A minute of 61 seconds is one of 60 for us, as section 3.3.12 advises.
fn seconds(mut seconds: Vec<u32>) -> Vec<u32> {
    for second in &mut seconds {
        *second = (*second).min(59);
    }
    seconds.dedup();
    seconds
}

fn end(parts: &Parts<'_>) -> Result<End, RecurrenceError> {
    let count = parts.one("COUNT", 1, u32::MAX)?;
    match (count, parts.get("UNTIL")) {
        (Some(_), Some(_)) => Err(RecurrenceError::Contradiction("COUNT", "UNTIL")),
        (Some(count), None) => Ok(End::After(count)),
        (None, Some(until)) => self::until(until).ok_or(RecurrenceError::BadValue("UNTIL")),
        (None, None) => Ok(End::Never),
    }
}

/// A date, a local time or a moment.
fn until(text: &str) -> Option<End> {
    if let Some(local) = text.strip_suffix(['Z', 'z']) {
        return local_time(local).map(|local| End::At(local.and_utc()));
    }
    if text.len() == 8 {
        let last = NaiveTime::from_hms_opt(23, 59, 59)?;
        return date(text).map(|date| End::AtLocal(date.and_time(last)));
    }
    local_time(text).map(End::AtLocal)
}

/// A date as RFC 5545 writes it, such as `20260302`.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from, to| digits(&text[from..to]);
    let year = i32::try_from(part(0, 4)?).ok()?;
    NaiveDate::from_ymd_opt(year, part(4, 6)?, part(6, 8)?)
}

/// A local time as RFC 5545 writes it, such as `20260302T090000`.
pub(crate) fn local_time(text: &str) -> Option<NaiveDateTime> {
    let (day, time) = text.split_once(['T', 't'])?;
    if time.len() != 6 || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from, to| digits(&time[from..to]);
    date(day)?.and_hms_opt(part(0, 2)?, part(2, 4)?, part(4, 6)?.min(59))
}
