//! Adds an interview type to what can be booked.

use super::{
    InterviewType,
    events::{InterviewTypeDefined, InterviewTypeEvent, TypeSpec},
    spec,
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::InterviewTypeId,
    refusal::Refusal,
};

/// The new type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Define {
    /// Which.
    pub interview_type: InterviewTypeId,
    /// What it is.
    pub spec: TypeSpec,
}

/// # Errors
/// `Invalid` with the field that breaks a rule; `WrongState` when the id stands for another definition already.
pub fn decide(state: &InterviewType, command: &Define) -> Decision<InterviewTypeEvent> {
    match state {
        InterviewType::Absent => {}
        InterviewType::Offered { version: 1, spec } if **spec == command.spec => return nothing(),
        InterviewType::Offered { .. } | InterviewType::Retired { .. } => {
            return Err(Refusal::WrongState {
                state: "the interview type is defined already",
            });
        }
    }
    spec::check(&command.spec)?;
    one(InterviewTypeDefined {
        interview_type: command.interview_type,
        spec: command.spec.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        availability::events::{BookingLimits, Caps},
        given::{decide, id, utc},
        interview::events::{PanelRole, RefundTier},
        interview_type::{
            events::{Horizon, Mode, PanelStrategy, Preference, RoleSpec},
            given::spec,
        },
    };

    fn decided(history: &[InterviewTypeEvent], spec: TypeSpec) -> Decision<InterviewTypeEvent> {
        let define = Define {
            interview_type: id(11),
            spec,
        };
        decide::<InterviewType>(history, define, utc("2026-05-04T10:00:00Z"))
    }

    #[test]
    fn a_type_is_defined_once() {
        let history = decided(&[], spec()).unwrap();
        assert_eq!(history.len(), 1);
        assert_eq!(decided(&history, spec()), nothing());
        let other = TypeSpec {
            duration_minutes: 45,
            ..spec()
        };
        assert_eq!(decided(&history, other).unwrap_err().code(), "WRONG_STATE");
    }

    fn refused_field(change: impl FnOnce(&mut TypeSpec)) -> &'static str {
        let mut spec = spec();
        change(&mut spec);
        match decided(&[], spec).unwrap_err() {
            Refusal::Invalid { field, .. } => field,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn numbers_beyond_their_bounds_are_refused_by_field() {
        assert_eq!(refused_field(|spec| spec.duration_minutes = 4), "durationMinutes");
        assert_eq!(
            refused_field(|spec| spec.duration_minutes = 481),
            "durationMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.buffer_before_minutes = 241),
            "bufferBeforeMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.buffer_after_minutes = 241),
            "bufferAfterMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.notice_minutes = 86_401),
            "noticeMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.slot_offset_minutes = 30),
            "slotOffsetMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.slot_step_minutes = 4),
            "slotStepMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.slot_step_minutes = 241),
            "slotStepMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.confirm_within_minutes = Some(4)),
            "confirmationMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.confirm_within_minutes = Some(20_161)),
            "confirmationMinutes"
        );
        let generous = RefundTier {
            notice_minutes: 60,
            percent: 101,
        };
        assert_eq!(
            refused_field(|spec| spec.refunds = Some(vec![generous])),
            "refundTiers"
        );
        assert_eq!(refused_field(|spec| spec.hold_minutes = 0), "holdMinutes");
        assert_eq!(refused_field(|spec| spec.hold_minutes = 121), "holdMinutes");
        assert_eq!(
            refused_field(|spec| spec.join_window.grace_minutes = 91),
            "joinWindow.graceMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.join_window.opens_before_minutes = 1441),
            "joinWindow.opensBeforeMinutes"
        );
        assert_eq!(
            refused_field(|spec| spec.join_window.closes_after_minutes = 1441),
            "joinWindow.closesAfterMinutes"
        );
    }

    #[test]
    fn a_horizon_without_end_or_sense_is_refused() {
        let field = |horizon| refused_field(|spec| spec.horizon = horizon);
        let dates = |from: &str, until: &str| Horizon::Dates {
            from: from.parse().unwrap(),
            until: until.parse().unwrap(),
        };
        assert_eq!(field(Horizon::Days(0)), "horizonDays");
        assert_eq!(field(Horizon::Days(366)), "horizonDays");
        assert_eq!(field(Horizon::BusinessDays(0)), "horizonBusinessDays");
        assert_eq!(field(Horizon::BusinessDays(261)), "horizonBusinessDays");
        assert_eq!(field(dates("2026-05-02", "2026-05-01")), "bookableUntil");
        assert_eq!(field(dates("2026-05-02", "2027-05-03")), "bookableUntil");
    }

    fn seats(role: PanelRole, min: u8, max: u8, pool: &[u128]) -> RoleSpec {
        RoleSpec {
            role,
            min,
            max,
            pool: pool.iter().map(|account| id(*account)).collect(),
        }
    }

    fn with_roles(strategy: PanelStrategy, roles: Vec<RoleSpec>) -> TypeSpec {
        let mut spec = spec();
        spec.panel.pool = vec![id(1), id(2), id(3)];
        spec.panel.strategy = strategy;
        spec.panel.roles = roles;
        spec
    }

    #[test]
    fn roles_that_cannot_be_seated_are_refused() {
        use PanelRole::{Lead, Panel, Shadow};
        let turns = |roles| decided(&[], with_roles(PanelStrategy::RoundRobin, roles));
        let together = |roles| decided(&[], with_roles(PanelStrategy::Collective, roles));
        let lead = || seats(Lead, 1, 1, &[1, 2]);

        assert!(turns(vec![lead(), seats(Shadow, 0, 2, &[3])]).is_ok());
        assert!(together(vec![seats(Lead, 1, 1, &[1]), seats(Panel, 2, 2, &[2, 3])]).is_ok());
        for refused in [
            turns(vec![lead(), lead()]),
            turns(vec![lead(), seats(Panel, 2, 1, &[2, 3])]),
            turns(vec![lead(), seats(Panel, 0, 0, &[2, 3])]),
            turns(vec![lead(), seats(Panel, 1, 1, &[4])]),
            turns(vec![lead(), seats(Panel, 1, 1, &[2, 2])]),
            turns(vec![seats(Panel, 1, 1, &[2])]),
            turns(vec![seats(Lead, 1, 2, &[1, 2])]),
            turns(vec![seats(Lead, 1, 1, &[1]), seats(Panel, 1, 1, &[1])]),
            together(vec![seats(Lead, 1, 1, &[1]), seats(Panel, 1, 1, &[2])]),
            together(vec![lead(), seats(Panel, 1, 1, &[3])]),
        ] {
            match refused {
                Err(Refusal::Invalid { field, .. }) => assert_eq!(field, "roles"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn preferences_name_people_of_the_pool_within_bounds() {
        let preferred = |account, weight, priority| {
            refused_field(|spec| {
                spec.panel.preferences = vec![Preference {
                    account: id(account),
                    weight,
                    priority,
                }];
            })
        };
        assert_eq!(preferred(2, 100, 0), "preferences");
        assert_eq!(preferred(1, 0, 0), "preferences.weight");
        assert_eq!(preferred(1, 1_001, 0), "preferences.weight");
        assert_eq!(preferred(1, 100, 10), "preferences.priority");
    }

    #[test]
    fn a_panel_that_cannot_sit_is_refused() {
        assert_eq!(refused_field(|spec| spec.panel.pool.clear()), "panel.pool");
        assert_eq!(
            refused_field(|spec| spec.panel.pool = vec![id(1), id(1)]),
            "panel.pool"
        );
        assert_eq!(
            refused_field(|spec| spec.panel.pool = (0..201).map(id).collect()),
            "panel.pool"
        );
        assert_eq!(refused_field(|spec| spec.panel.seats = 0), "panel.seats");
        assert_eq!(refused_field(|spec| spec.panel.seats = 2), "panel.seats");
        let half = |spec: &mut TypeSpec| {
            spec.panel.pool = vec![id(1), id(2)];
            spec.panel.strategy = PanelStrategy::Collective;
        };
        assert_eq!(refused_field(half), "panel.seats");
    }

    #[test]
    fn a_product_is_limited_by_numbers_that_agree_and_only_where_it_can_be_counted() {
        let caps = |day, week| Caps {
            day: Some(day),
            week: Some(week),
            month: None,
        };
        let field = |limits: BookingLimits| refused_field(|spec| spec.limits = limits);
        let interviews = |interviews| BookingLimits {
            interviews,
            ..BookingLimits::default()
        };
        let minutes = |minutes| BookingLimits {
            minutes,
            ..BookingLimits::default()
        };
        assert_eq!(field(interviews(caps(3, 2))), "limits.perWeek");
        assert_eq!(field(interviews(caps(0, 2))), "limits.perDay");
        assert_eq!(field(minutes(caps(60, 50_001))), "limits.minutesPerWeek");
        let nobody = |spec: &mut TypeSpec| {
            spec.mode = Mode::Ai;
            spec.panel.pool.clear();
            spec.limits = interviews(caps(2, 3));
        };
        assert_eq!(refused_field(nobody), "limits");
        let limited = TypeSpec {
            limits: interviews(caps(2, 2)),
            ..spec()
        };
        assert!(decided(&[], limited).is_ok());
    }

    #[test]
    fn a_language_model_may_have_no_pool() {
        let mut with_model = spec();
        with_model.mode = Mode::Ai;
        with_model.panel.pool.clear();
        assert!(decided(&[], with_model).is_ok());
    }

    #[test]
    fn a_language_is_given_as_a_tag() {
        assert_eq!(refused_field(|spec| spec.locale.clear()), "locale");
        assert_eq!(refused_field(|spec| spec.locale = "en_IN".to_owned()), "locale");
        assert_eq!(refused_field(|spec| spec.locale = "en-".to_owned()), "locale");
        let swiss = TypeSpec {
            locale: "de-CH-1996".to_owned(),
            ..spec()
        };
        assert!(decided(&[], swiss).is_ok());
    }
}
