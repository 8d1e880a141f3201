//! The busy times of a calendar file.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, Duration, NaiveDateTime, NaiveTime};

use super::{
    CalendarError, MAX_FILE_BYTES, MOST_TIMES,
    lines::{Line, lines},
    zones::Zones,
};
use crate::{
    ids::InterviewId,
    recurrence::{Rule, Series, Work, date, local_time},
    time::{Instant, Span, Zone},
};

/// Most occurrences of a whole file before they are put together.
const MOST_OCCURRENCES: usize = 50_000;

/// Steps that following all rules of a file may cost: some ten thousand entries that recur daily for a year.
const STEPS: u32 = 10_000_000;

/// When somebody is busy by a calendar file, as far as it touches the window; in order, what overlaps or touches put together.
/// Times without a zone, and days, are meant in `home`.
///
/// # Errors
/// Those of [`CalendarError`] that tell of the file.
pub fn busy(text: &str, home: Zone, window: Span) -> Result<Vec<Span>, CalendarError> {
    if text.len() > MAX_FILE_BYTES {
        return Err(CalendarError::TooLarge);
    }
    let lines = lines(text)?;
    let mut work = Work::steps(STEPS);
    let zones = Zones::read(&lines, window, &mut work);
    let entries = entries(&lines).into_iter();
    let read = entries.map(|entry| Entry::read(&entry, home, &zones));
    let entries: Vec<Entry> = read.filter_map(Result::transpose).collect::<Result<_, _>>()?;

    let mut spans = Vec::new();
    let changed = changed(&entries);
    for entry in entries.iter().filter(|entry| entry.is_busy) {
        let mut series = entry.series.clone();
        if entry.recurrence.is_none()
            && let Some(moments) = changed.get(entry.uid.as_str())
        {
            series.removed.extend(moments);
        }
        // What begins before the window may last into it.
        let longest = entry.length.longest();
        let wider = Span {
            start: window.start.checked_sub_signed(longest).unwrap_or(window.start),
            end: window.end,
        };
        let left = MOST_OCCURRENCES - spans.len();
        for occurrence in series.occurrences(wider, left, &mut work)? {
            let span = Span {
                start: occurrence.at,
                end: entry.length.end(occurrence.local, occurrence.at, series.zone),
            };
            if span.start < span.end && window.start < span.end {
                spans.push(span);
            }
        }
    }
    let merged = merged(spans);
    if merged.len() > MOST_TIMES {
        return Err(CalendarError::TooManyTimes);
    }
    Ok(merged)
}

/// In order; what overlaps or touches is one.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| span.start);
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            Some(_) | None => merged.push(span),
        }
    }
    merged
}

/// The occurrences that were changed by themselves, and so are none of their series any more.
fn changed(entries: &[Entry]) -> BTreeMap<&str, BTreeSet<Instant>> {
    let mut changed: BTreeMap<&str, BTreeSet<Instant>> = BTreeMap::new();
    for entry in entries {
        if let Some(moment) = entry.recurrence {
            changed.entry(&entry.uid).or_default().insert(moment);
        }
    }
    changed
}

/// The lines of each entry, without those of what is inside it, such as alarms.
fn entries(lines: &[Line]) -> Vec<Vec<&Line>> {
    let mut entries: Vec<Vec<&Line>> = Vec::new();
    let mut inside: Vec<String> = Vec::new();
    for line in lines {
        let name = line.value.trim().to_ascii_uppercase();
        match line.name.as_str() {
            "BEGIN" => {
                if name == "VEVENT" && inside.is_empty() {
                    entries.push(Vec::new());
                }
                inside.push(name);
            }
            "END" => {
                // An end that does not fit ends what it can.
                if let Some(begun) = inside.iter().rposition(|begun| *begun == name) {
                    inside.truncate(begun);
                }
            }
            _ => {
                if inside.len() == 1
                    && inside[0] == "VEVENT"
                    && let Some(entry) = entries.last_mut()
                {
                    entry.push(line);
                }
            }
        }
    }
    entries
}

/// What an entry says about time.
struct Entry {
    uid: String,
    is_busy: bool,
    /// The occurrence of its series that this one is instead of.
    recurrence: Option<Instant>,
    series: Series,
    length: Length,
}

/// How long an occurrence lasts.
#[derive(Clone, Copy)]
struct Length {
    /// By the calendar.
    days: u64,
    /// And by the clock.
    exact: Duration,
}

impl Length {
    /// No occurrence is longer.
    fn longest(self) -> Duration {
        let days = i64::try_from(self.days).unwrap_or(0);
        Duration::days(days) + Duration::days(1) + self.exact
    }

    fn end(self, local: NaiveDateTime, at: Instant, zone: Zone) -> Instant {
        let day = match self.days {
            0 => Some(at),
            days => local
                .checked_add_days(Days::new(days))
                .map(|local| zone.instant(local)),
        };
        day.and_then(|day| day.checked_add_signed(self.exact))
            .unwrap_or(at)
    }
}

/// A time as it is written, with what it is.
struct Written {
    local: NaiveDateTime,
    zone: Zone,
    is_date: bool,
}

impl Written {
    fn at(&self) -> Instant {
        self.zone.instant(self.local)
    }
}

impl Entry {
    /// Reads an entry; `None` for our own.
    fn read(lines: &[&Line], home: Zone, known: &Zones) -> Result<Option<Self>, CalendarError> {
        let find = |name: &str| lines.iter().copied().find(|line| line.name == name);
        let uid = find("UID").map_or("", |line| line.value.trim());
        let is_own = uid
            .split_once('@')
            .is_some_and(|(name, _)| name.parse::<InterviewId>().is_ok());
        if is_own {
            return Ok(None);
        }
        let says = |name: &str, value: &str| {
            find(name).is_some_and(|line| line.value.trim().eq_ignore_ascii_case(value))
        };
        let times = |line: &Line| times(line, home, known);
        let one = |line: &Line| {
            let mut found = times(line)?;
            found.pop().ok_or(CalendarError::BadEntry("time"))
        };
        let start = one(find("DTSTART").ok_or(CalendarError::BadEntry("start"))?)?;
        let length = match (find("DTEND"), find("DURATION")) {
            (Some(end), _) => between(&start, &one(end)?)?,
            (None, Some(lasts)) => duration(&lasts.value).ok_or(CalendarError::BadEntry("duration"))?,
            (None, None) => Length {
                days: u64::from(start.is_date),
                exact: Duration::zero(),
            },
        };
        let recurrence = find("RECURRENCE-ID");
        if recurrence.is_some_and(|line| line.parameter("RANGE").is_some()) {
            return Err(CalendarError::BadEntry("range of changed occurrences"));
        }
        let all = |name: &str| -> Result<BTreeSet<Instant>, CalendarError> {
            let mut moments = BTreeSet::new();
            for line in lines.iter().filter(|line| line.name == name) {
                moments.extend(times(line)?.iter().map(Written::at));
            }
            Ok(moments)
        };
        let rules = lines.iter().filter(|line| line.name == "RRULE");
        Ok(Some(Self {
            uid: uid.to_owned(),
            is_busy: !says("TRANSP", "TRANSPARENT") && !says("STATUS", "CANCELLED"),
            recurrence: recurrence.map(one).transpose()?.map(|written| written.at()),
            length,
            series: Series {
                start: start.local,
                zone: start.zone,
                rules: rules
                    .map(|line| Rule::parse(&line.value))
                    .collect::<Result<_, _>>()?,
                added: all("RDATE")?,
                removed: all("EXDATE")?,
            },
        }))
    }
}

/// The times of a line: dates, local times, or moments; of a period its beginning.
fn times(line: &Line, home: Zone, known: &Zones) -> Result<Vec<Written>, CalendarError> {
    let stated = line.parameter("TZID").map(|name| known.find(name)).transpose()?;
    let one = |text: &str| {
        let text = text.split('/').next().unwrap_or(text).trim();
        if let Some(date) = date(text) {
            return Some(Written {
                local: date.and_time(NaiveTime::MIN),
                zone: stated.unwrap_or(home),
                is_date: true,
            });
        }
        let (local, zone) = match text.strip_suffix(['Z', 'z']) {
            Some(local) => (local, Zone::UTC),
            None => (text, stated.unwrap_or(home)),
        };
        let local = local_time(local)?;
        Some(Written {
            local,
            zone,
            is_date: false,
        })
    };
    let times = line.value.split(',').map(one).collect::<Option<_>>();
    times.ok_or(CalendarError::BadEntry("time"))
}

/// How long it is from a start to an end; nothing when the end is before it, as some programs write.
fn between(start: &Written, end: &Written) -> Result<Length, CalendarError> {
    if start.is_date != end.is_date {
        return Err(CalendarError::BadEntry("end"));
    }
    if start.is_date {
        let days = (end.local - start.local).num_days();
        return Ok(Length {
            days: u64::try_from(days).unwrap_or(0),
            exact: Duration::zero(),
        });
    }
    Ok(Length {
        days: 0,
        exact: (end.at() - start.at()).max(Duration::zero()),
    })
}

/// `P1W`, `P1DT2H`, `PT30M`. Days and weeks are by the calendar.
fn duration(text: &str) -> Option<Length> {
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_prefix('+').unwrap_or(&text).strip_prefix('P')?;
    let (days, clock) = text.split_once('T').unwrap_or((text, ""));
    if days.is_empty() && clock.is_empty() {
        return None;
    }
    let mut length = Length {
        days: 0,
        exact: Duration::zero(),
    };
    for (amount, unit) in amounts(days)? {
        length.days += match unit {
            'W' => u64::from(amount) * 7,
            'D' => u64::from(amount),
            _ => return None,
        };
    }
    for (amount, unit) in amounts(clock)? {
        let amount = i64::from(amount);
        length.exact += match unit {
            'H' => Duration::hours(amount),
            'M' => Duration::minutes(amount),
            'S' => Duration::seconds(amount),
            _ => return None,
        };
    }
    Some(length)
}

/// Numbers of at most five digits, each with its unit.
fn amounts(text: &str) -> Option<Vec<(u32, char)>> {
    let mut found = Vec::new();
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() && number.len() < 5 {
            number.push(c);
        } else {
            found.push((number.parse().ok()?, c));
            number.clear();
        }
    }
    number.is_empty().then_some(found)
}
