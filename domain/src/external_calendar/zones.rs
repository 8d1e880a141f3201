//! The zones of a calendar file: those of the database by their names, and those that only the file describes
//! (VTIMEZONE, RFC 5545 section 3.6.5), such as the names that Outlook gives them.
//!
//! A described zone is one of the database when their clocks show the same at every moment of the stretch that matters. Nothing is
//! guessed from its name.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, NaiveDateTime, NaiveTime};

use super::{CalendarError, lines::Line};
use crate::{
    recurrence::{Rule, Series, Work, local_time},
    time::{Instant, Span, Zone},
};

/// Most changes of the clock in one description. The oldest ones are told from the year 1601 on.
const MOST_CHANGES: usize = 2_000;

/// How long before the window entries that last into it may begin.
const BEFORE: Duration = Duration::weeks(53);

/// The zones that a file describes, by the names it gives them.
pub(super) struct Zones(BTreeMap<String, Zone>);

impl Zones {
    /// Reads what a file says of its zones. What cannot be understood, or is no zone of the database, is not among them.
    pub(super) fn read(lines: &[Line], window: Span, work: &mut Work) -> Self {
        let start = window.start.checked_sub_signed(BEFORE);
        let stretch = Span {
            start: start.unwrap_or(window.start),
            end: window.end,
        };
        let mut zones = BTreeMap::new();
        for block in blocks(lines, "VTIMEZONE") {
            let find = |name: &str| block.iter().find(|line| line.name == name);
            let Some(name) = find("TZID").map(|line| line.value.trim()) else {
                continue;
            };
            let named = find("X-LIC-LOCATION").and_then(|line| line.value.trim().parse().ok());
            let found = match named {
                None if of_database(name).is_none() => Clock::described(block, stretch.end, work)
                    .and_then(|clock| Zone::all().find(|zone| clock.agrees(*zone, stretch))),
                named => named,
            };
            if let Some(zone) = found {
                zones.insert(name.to_owned(), zone);
            }
        }
        Self(zones)
    }

    /// A zone by its name: of the database, of the database behind a prefix as some programs write it, or described by the file.
    pub(super) fn find(&self, name: &str) -> Result<Zone, CalendarError> {
        let behind_prefix = || {
            let slashes = name.match_indices('/').map(|(at, _)| at);
            slashes
                .rev()
                .find_map(|at| of_database(&name[at + 1..]).filter(|zone| zone.name().contains('/')))
        };
        let found = of_database(name)
            .or_else(|| self.0.get(name.trim()).copied())
            .or_else(behind_prefix);
        found.ok_or(CalendarError::UnknownZone)
    }
}

fn of_database(name: &str) -> Option<Zone> {
    name.parse().ok()
}

/// The lines between each BEGIN and END of a component.
fn blocks<'a>(lines: &'a [Line], component: &str) -> Vec<&'a [Line]> {
    let mut blocks = Vec::new();
    let mut begun = None;
    for (number, line) in lines.iter().enumerate() {
        if !line.value.trim().eq_ignore_ascii_case(component) {
            continue;
        }
        match (line.name.as_str(), begun) {
            ("BEGIN", _) => begun = Some(number + 1),
            ("END", Some(first)) => {
                blocks.push(&lines[first..number]);
                begun = None;
            }
            _ => {}
        }
    }
    blocks
}

/// What the clocks of a zone show by its description.
struct Clock {
    /// The offset before the first change, in seconds, east positive.
    first: i64,
    /// Since when which offset holds, in order.
    changes: Vec<(Instant, i64)>,
}

impl Clock {
    /// The clock of a VTIMEZONE; none when it cannot be understood.
    fn described(block: &[Line], until: Instant, work: &mut Work) -> Option<Self> {
        let mut changes = Vec::new();
        let observances = blocks(block, "STANDARD")
            .into_iter()
            .chain(blocks(block, "DAYLIGHT"));
        for observance in observances {
            changes.extend(observed(observance, until, work)?);
        }
        changes.sort_unstable();
        let (_, first, _) = *changes.first()?;
        let changes = changes.into_iter().map(|(at, _, after)| (at, after)).collect();
        Some(Self { first, changes })
    }

    fn offset(&self, at: Instant) -> i64 {
        let passed = self.changes.partition_point(|(since, _)| *since <= at);
        let last = passed.checked_sub(1).map(|last| self.changes[last].1);
        last.unwrap_or(self.first)
    }

    /// Whether the clocks of a zone show the same in a stretch of time: around each change that is described, and every day,
    /// because no zone changes its clocks for less than one.
    fn agrees(&self, zone: Zone, stretch: Span) -> bool {
        let same = |at: Instant| i64::from(zone.offset_seconds(at)) == self.offset(at);
        let is_inside = |at: &Instant| stretch.start <= *at && *at < stretch.end;
        let mut changes = self.changes.iter().map(|(at, _)| *at).filter(is_inside);
        let mut days = std::iter::successors(Some(stretch.start), |day| {
            day.checked_add_signed(Duration::days(1))
                .filter(|next| *next < stretch.end)
        });
        changes.all(|at| same(at) && same(at - Duration::seconds(1))) && days.all(same)
    }
}

/// The changes that one part of a description tells of: when, from which offset to which.
fn observed(observance: &[Line], until: Instant, work: &mut Work) -> Option<Vec<(Instant, i64, i64)>> {
    let find = |name: &str| observance.iter().find(|line| line.name == name);
    let before = offset(&find("TZOFFSETFROM")?.value)?;
    let after = offset(&find("TZOFFSETTO")?.value)?;
    let start = local_time(find("DTSTART")?.value.trim())?;
    // Its times are by the clock that is changed, so they are followed as if that were the only one.
    let mut added = BTreeSet::new();
    for line in observance.iter().filter(|line| line.name == "RDATE") {
        for text in line.value.split(',') {
            added.insert(local_time(text.trim())?.and_utc());
        }
    }
    let rules = observance.iter().filter(|line| line.name == "RRULE");
    let series = Series {
        start,
        zone: Zone::UTC,
        rules: rules
            .map(|line| Rule::parse(&line.value).ok())
            .collect::<Option<_>>()?,
        added,
        removed: BTreeSet::new(),
    };
    let all = Span {
        start: start.and_utc(),
        end: until,
    };
    let occurrences = series.occurrences(all, MOST_CHANGES, work).ok()?;
    let change = |local: NaiveDateTime| (local.and_utc() - Duration::seconds(before), before, after);
    Some(occurrences.into_iter().map(|found| change(found.local)).collect())
}

/// `+0530`, `-0800`, `+001730`: seconds, east positive.
fn offset(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let format = match digits.len() {
        4 => "%H%M",
        6 => "%H%M%S",
        _ => return None,
    };
    let time = NaiveTime::parse_from_str(digits, format).ok()?;
    Some(sign * (time - NaiveTime::MIN).num_seconds())
}
