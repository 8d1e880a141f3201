//! The rules that every definition of an interview type keeps.

use std::ops::RangeInclusive;

use super::events::{Mode, PanelSpec, PanelStrategy, TypeSpec};
use crate::{ids::AccountId, refusal::Refusal};

/// Longest notice: 60 days.
const MOST_NOTICE_MINUTES: u32 = 60 * 24 * 60;
/// Longest that a room is open before, waits after the start, or stays open after the planned end: a day.
const MOST_JOIN_MINUTES: u32 = 24 * 60;

/// Refuses a definition that breaks a rule, naming the field.
pub(super) fn check(spec: &TypeSpec) -> Result<(), Refusal> {
    within("durationMinutes", spec.duration_minutes, 5..=480)?;
    within("bufferBeforeMinutes", spec.buffer_before_minutes, 0..=240)?;
    within("bufferAfterMinutes", spec.buffer_after_minutes, 0..=240)?;
    within("noticeMinutes", spec.notice_minutes, 0..=MOST_NOTICE_MINUTES)?;
    within("horizonDays", spec.horizon_days, 1..=365)?;
    within("slotStepMinutes", spec.slot_step_minutes, 5..=240)?;
    within("holdMinutes", spec.hold_minutes, 1..=120)?;
    check_join_window(spec)?;
    check_panel(spec.mode, &spec.panel)?;
    check_locale(&spec.locale)
}

fn within(field: &'static str, value: u32, range: RangeInclusive<u32>) -> Result<(), Refusal> {
    if range.contains(&value) {
        return Ok(());
    }
    let reason = format!("must be between {} and {}", range.start(), range.end());
    Err(Refusal::invalid(field, reason))
}

fn check_join_window(spec: &TypeSpec) -> Result<(), Refusal> {
    let window = spec.join_window;
    within(
        "joinWindow.opensBeforeMinutes",
        window.opens_before_minutes,
        0..=MOST_JOIN_MINUTES,
    )?;
    within(
        "joinWindow.closesAfterMinutes",
        window.closes_after_minutes,
        0..=MOST_JOIN_MINUTES,
    )?;
    // A no-show is decided while the room is still open, or nobody could come late.
    within(
        "joinWindow.graceMinutes",
        window.grace_minutes,
        0..=spec.duration_minutes + window.closes_after_minutes,
    )
}

fn check_panel(mode: Mode, panel: &PanelSpec) -> Result<(), Refusal> {
    let PanelSpec {
        pool,
        strategy,
        seats,
    } = panel;
    if mode == Mode::Ai && pool.is_empty() {
        return Ok(());
    }
    if pool.is_empty() || pool.len() > 200 {
        return Err(Refusal::invalid("panel.pool", "must name 1 to 200 interviewers"));
    }
    if !are_distinct(pool) {
        return Err(Refusal::invalid("panel.pool", "must name each interviewer once"));
    }
    within("panel.seats", u32::from(*seats), 1..=20)?;
    let seats = usize::from(*seats);
    match strategy {
        PanelStrategy::Collective if seats != pool.len() => Err(Refusal::invalid(
            "panel.seats",
            "must be as many as there are interviewers when everybody takes part",
        )),
        PanelStrategy::RoundRobin if seats > pool.len() => Err(Refusal::invalid(
            "panel.seats",
            "must not be more than there are interviewers",
        )),
        PanelStrategy::Collective | PanelStrategy::RoundRobin => Ok(()),
    }
}

fn are_distinct(pool: &[AccountId]) -> bool {
    let mut sorted = pool.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

/// The form of a BCP 47 tag: a language of 2 to 8 letters, then subtags of 1 to 8 letters and digits. Whether the tag
/// is registered does not matter here.
fn check_locale(locale: &str) -> Result<(), Refusal> {
    let mut subtags = locale.split('-');
    let language = subtags.next().unwrap_or_default();
    let is_language = (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
    let are_subtags =
        subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric()));
    if is_language && are_subtags && locale.len() <= 35 {
        return Ok(());
    }
    Err(Refusal::invalid(
        "locale",
        "must be a BCP 47 language tag such as en-IN",
    ))
}
