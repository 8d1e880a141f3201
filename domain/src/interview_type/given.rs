//! Builders for tests around interview types.

use super::events::{
    Difficulty, Horizon, InterviewKind, JoinWindow, Mode, PanelSpec, PanelStrategy, Purpose, TypeSpec,
};
use crate::{availability::events::BookingLimits, given::id, text::Line};

/// A mock interview of an hour with one interviewer.
pub(crate) fn spec() -> TypeSpec {
    TypeSpec {
        title: Line::new("System design").unwrap(),
        description: None,
        kind: InterviewKind::SystemDesign,
        mode: Mode::Human,
        purpose: Purpose::Mock,
        difficulty: Difficulty::Medium,
        duration_minutes: 60,
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
        notice_minutes: 120,
        horizon: Horizon::Days(30),
        slot_step_minutes: 30,
        slot_offset_minutes: 0,
        hold_minutes: 15,
        confirm_within_minutes: None,
        limits: BookingLimits::default(),
        candidate_seats: 1,
        panel: PanelSpec {
            pool: vec![id(1)],
            strategy: PanelStrategy::RoundRobin,
            seats: 1,
            roles: Vec::new(),
            preferences: Vec::new(),
        },
        price_list: None,
        refunds: None,
        rubric: None,
        kit: None,
        join_window: JoinWindow {
            opens_before_minutes: 10,
            grace_minutes: 15,
            closes_after_minutes: 30,
        },
        locale: "en-IN".to_owned(),
    }
}
