//! The rules that every definition of an interview type keeps.

use std::ops::RangeInclusive;

use super::events::{Horizon, Mode, PanelSpec, PanelStrategy, Preference, TypeSpec};
use crate::{
    availability::{events::BookingLimits, limits::LimitFields},
    ids::AccountId,
    interview::{events::PanelRole, refunds},
    refusal::Refusal,
    slots::seating::Seating,
};

/// Longest notice: 60 days.
const MOST_NOTICE_MINUTES: u32 = 60 * 24 * 60;
/// Shortest and longest that somebody has to agree to a booking: five minutes and 14 days.
const CONFIRM_WITHIN_MINUTES: RangeInclusive<u32> = 5..=14 * 24 * 60;
/// Longest that a room is open before, waits after the start, or stays open after the planned end: a day.
const MOST_JOIN_MINUTES: u32 = 24 * 60;

/// Most candidates of one group.
const MOST_CANDIDATES: u32 = 50;

/// How the limits are called in the input.
const LIMITS: LimitFields = LimitFields {
    interviews: ["limits.perDay", "limits.perWeek", "limits.perMonth"],
    minutes: [
        "limits.minutesPerDay",
        "limits.minutesPerWeek",
        "limits.minutesPerMonth",
    ],
};

/// Refuses a definition that breaks a rule, naming the field.
pub(super) fn check(spec: &TypeSpec) -> Result<(), Refusal> {
    within("durationMinutes", spec.duration_minutes, 5..=480)?;
    within("bufferBeforeMinutes", spec.buffer_before_minutes, 0..=240)?;
    within("bufferAfterMinutes", spec.buffer_after_minutes, 0..=240)?;
    within("noticeMinutes", spec.notice_minutes, 0..=MOST_NOTICE_MINUTES)?;
    check_horizon(spec.horizon)?;
    within("slotStepMinutes", spec.slot_step_minutes, 5..=240)?;
    within(
        "slotOffsetMinutes",
        spec.slot_offset_minutes,
        0..=spec.slot_step_minutes - 1,
    )?;
    within("holdMinutes", spec.hold_minutes, 1..=120)?;
    check_confirmation(spec)?;
    check_join_window(spec)?;
    if let Some(tiers) = &spec.refunds {
        refunds::settled(tiers, "refundTiers")?;
    }
    check_panel(spec.mode, &spec.panel)?;
    check_group(spec)?;
    check_limits(spec)?;
    check_locale(&spec.locale)
}

fn within(field: &'static str, value: u32, range: RangeInclusive<u32>) -> Result<(), Refusal> {
    if range.contains(&value) {
        return Ok(());
    }
    let reason = format!("must be between {} and {}", range.start(), range.end());
    Err(Refusal::invalid(field, reason))
}

fn check_confirmation(spec: &TypeSpec) -> Result<(), Refusal> {
    let Some(minutes) = spec.confirm_within_minutes else {
        return Ok(());
    };
    if spec.panel.pool.is_empty() {
        return Err(Refusal::invalid(
            "confirmationRequired",
            "needs interviewers who can be asked",
        ));
    }
    within("confirmationMinutes", minutes, CONFIRM_WITHIN_MINUTES)
}

/// The seats of a group are counted in the calendars of its panel.
fn check_group(spec: &TypeSpec) -> Result<(), Refusal> {
    const FIELD: &str = "candidateSeats";
    if spec.candidate_seats > 1 && spec.panel.pool.is_empty() {
        return Err(Refusal::invalid(
            FIELD,
            "needs interviewers in whose calendars the seats are counted",
        ));
    }
    within(FIELD, u32::from(spec.candidate_seats), 1..=MOST_CANDIDATES)
}

/// What is taken on is counted in the calendars of the pool.
fn check_limits(spec: &TypeSpec) -> Result<(), Refusal> {
    if spec.limits != BookingLimits::default() && spec.panel.pool.is_empty() {
        return Err(Refusal::invalid(
            "limits",
            "needs interviewers in whose calendars interviews are counted",
        ));
    }
    spec.limits.check(LIMITS)
}

fn check_horizon(horizon: Horizon) -> Result<(), Refusal> {
    match horizon {
        Horizon::Days(days) => within("horizonDays", days, 1..=365),
        Horizon::BusinessDays(days) => within("horizonBusinessDays", days, 1..=260),
        Horizon::Dates { from, until } if until < from => Err(Refusal::invalid(
            "bookableUntil",
            "must not be before bookableFrom",
        )),
        Horizon::Dates { from, until } if (until - from).num_days() > 365 => Err(Refusal::invalid(
            "bookableUntil",
            "must be within a year of bookableFrom",
        )),
        Horizon::Dates { .. } => Ok(()),
    }
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
        roles,
        preferences,
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
    check_preferences(pool, preferences)?;
    if !roles.is_empty() {
        return check_roles(panel);
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

fn check_preferences(pool: &[AccountId], preferences: &[Preference]) -> Result<(), Refusal> {
    let people: Vec<_> = preferences.iter().map(|preference| preference.account).collect();
    if !are_distinct(&people) || people.iter().any(|account| !pool.contains(account)) {
        return Err(Refusal::invalid(
            "preferences",
            "must name interviewers of the pool, each once",
        ));
    }
    for preference in preferences {
        within("preferences.weight", u32::from(preference.weight), 1..=1_000)?;
        within("preferences.priority", u32::from(preference.priority), 0..=9)?;
    }
    Ok(())
}

/// Each part has seats for people of the pool, somebody leads, and where everybody takes part each has one seat.
fn check_roles(panel: &PanelSpec) -> Result<(), Refusal> {
    const FIELD: &str = "roles";
    for (index, spec) in panel.roles.iter().enumerate() {
        if panel.roles[..index].iter().any(|known| known.role == spec.role) {
            return Err(Refusal::invalid(FIELD, "must name each part once"));
        }
        if !are_distinct(&spec.pool) || spec.pool.iter().any(|account| !panel.pool.contains(account)) {
            return Err(Refusal::invalid(
                FIELD,
                "must name interviewers of the pool, each once",
            ));
        }
        if spec.max == 0 || spec.min > spec.max || usize::from(spec.min) > spec.pool.len() {
            return Err(Refusal::invalid(
                FIELD,
                "must have a min that is neither above max nor above those who may have the part",
            ));
        }
    }
    let most: u32 = panel.roles.iter().map(|spec| u32::from(spec.max)).sum();
    within(FIELD, most, 1..=20)?;
    let leads = panel
        .roles
        .iter()
        .any(|spec| spec.role == PanelRole::Lead && spec.min == 1 && spec.max == 1);
    if !leads {
        return Err(Refusal::invalid(FIELD, "must have exactly one lead"));
    }
    let named: Vec<_> = panel
        .roles
        .iter()
        .flat_map(|spec| spec.pool.iter().copied())
        .collect();
    let all_sit = panel
        .roles
        .iter()
        .all(|spec| usize::from(spec.min) == spec.pool.len());
    let is_everybody = all_sit && are_distinct(&named) && named.len() == panel.pool.len();
    if panel.strategy == PanelStrategy::Collective && !is_everybody {
        return Err(Refusal::invalid(
            FIELD,
            "must give each interviewer one seat when everybody takes part",
        ));
    }
    // Whoever may only have one seat in several pools cannot have them all.
    if !Seating::of(panel, &panel.pool).is_possible(&panel.pool) {
        return Err(Refusal::invalid(
            FIELD,
            "must be such that the pool can take all seats",
        ));
    }
    Ok(())
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
