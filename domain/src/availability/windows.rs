//! The rules that every list of windows of one day keeps.

use chrono::{NaiveTime, Timelike};

use super::events::LocalWindow;
use crate::refusal::Refusal;

/// More windows than this on one day help nobody, and every search for a slot looks at them all.
const MOST_IN_A_DAY: usize = 24;

/// Minutes of a whole day, the value of 24:00.
const DAY: u32 = 24 * 60;

/// Refuses windows of one day that end before they start, share a minute, or are not given in whole minutes.
pub(super) fn check_day(field: &'static str, windows: &[LocalWindow]) -> Result<(), Refusal> {
    if windows.len() > MOST_IN_A_DAY {
        return Err(Refusal::invalid(field, "a day has at most 24 windows"));
    }
    let mut minutes = windows
        .iter()
        .map(|window| minutes(field, *window))
        .collect::<Result<Vec<_>, _>>()?;
    minutes.sort_unstable();
    let overlap = minutes.windows(2).any(|pair| pair[1].0 < pair[0].1);
    if overlap {
        return Err(Refusal::invalid(field, "the windows of a day must not overlap"));
    }
    Ok(())
}

/// A window as minutes since the start of the day.
fn minutes(field: &'static str, window: LocalWindow) -> Result<(u32, u32), Refusal> {
    let from = whole_minutes(field, window.from)?;
    let to = window.to.map_or(Ok(DAY), |to| whole_minutes(field, to))?;
    if to <= from {
        return Err(Refusal::invalid(
            field,
            "a window ends after it starts; one across midnight is given as two",
        ));
    }
    Ok((from, to))
}

fn whole_minutes(field: &'static str, time: NaiveTime) -> Result<u32, Refusal> {
    if time.second() != 0 || time.nanosecond() != 0 {
        return Err(Refusal::invalid(field, "windows are given in whole minutes"));
    }
    Ok(time.hour() * 60 + time.minute())
}
