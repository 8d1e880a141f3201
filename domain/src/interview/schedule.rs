//! Somebody who runs interviews sets one up directly: confirmed at once, and nothing is to be paid.

use super::{
    Interview, check_claims, check_panel, check_span,
    events::{
        GroupPlace, InterviewConfirmed, InterviewEvent, InterviewScheduled, PanelClaim, PanelMember,
        PanelRole, PlacedInSeries, SeatReason, SeriesPlace, SlotClaimed, Terms, TypePin,
    },
    placed, with_kit,
};
use crate::{
    aggregate::{Context, Decision, nothing},
    availability::events::BookingLimits,
    ids::{AccountId, InterviewId},
    interview_kit::events::KitPin,
    interview_type::events::{
        Difficulty, Horizon, InterviewKind, JoinWindow, Mode, PanelSpec, PanelStrategy, Purpose, TypeSpec,
    },
    refusal::Refusal,
    sealed::Sealed,
    text::Line,
    time::{Instant, Slot},
};

/// How far ahead an interview can be set up directly, in days.
pub const HORIZON_DAYS: u32 = 365;
/// Most interviewers of one interview.
pub const MOST_INTERVIEWERS: usize = 20;

/// What is set up. The time was found to be free for everybody, and every calendar is claimed firmly in the same append.
#[derive(Clone, PartialEq, Debug)]
pub struct Schedule {
    /// The new interview.
    pub interview: InterviewId,
    /// Who sets it up.
    pub by: AccountId,
    /// Who is interviewed.
    pub candidate: AccountId,
    /// The product it follows, if any.
    pub product: Option<TypePin>,
    /// Title of the interview.
    pub title: Line,
    /// What it is about, in that person's words.
    pub description: Option<Sealed<String>>,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Who meets the candidate.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// When, in the candidate's zone.
    pub slot: Slot,
    /// Who will meet the candidate.
    pub panel: Vec<PanelMember>,
    /// The conditions.
    pub terms: Terms,
    /// Language of the interview.
    pub locale: String,
    /// Its place in a series, if it is of one.
    pub series: Option<SeriesPlace>,
    /// Its place in a group, if candidates share its time.
    pub group: Option<GroupPlace>,
    /// The kit of the product in the version of today, if it follows one that has one.
    pub kit: Option<KitPin>,
    /// The claims, one for each seat of the panel.
    pub claims: Vec<PanelClaim>,
    /// When the claims would die if they were not made firm in the same append.
    pub hold_expires_at: Instant,
}

/// The product as somebody who sets an interview up directly sees it. Four rules are for candidates and not for them:
/// the notice, the horizon (a year instead), the regular starts (any whole minute instead) and the limits of the product, against
/// which their interviews count all the same. Every other one holds, by the same function: nobody is booked twice, within
/// their buffers, while they are away, outside their hours, or beyond what they take on.
pub fn relaxed(spec: &TypeSpec, interviewers: Vec<AccountId>) -> TypeSpec {
    let mut spec = spec.clone();
    spec.notice_minutes = 0;
    spec.horizon = Horizon::Days(HORIZON_DAYS);
    spec.slot_step_minutes = 1;
    spec.slot_offset_minutes = 0;
    spec.limits = BookingLimits::default();
    spec.panel = PanelSpec {
        seats: u8::try_from(interviewers.len()).unwrap_or(u8::MAX),
        pool: interviewers,
        strategy: PanelStrategy::Collective,
        roles: Vec::new(),
        preferences: Vec::new(),
    };
    spec
}

/// What holds for an interview that follows no product: no buffers, no notice, and a room that opens ten minutes before
/// the start, waits a quarter of an hour and closes half an hour after the end.
pub fn without_product(title: Line, duration_minutes: u32) -> TypeSpec {
    TypeSpec {
        title,
        description: None,
        kind: InterviewKind::General,
        mode: Mode::Human,
        purpose: Purpose::Recruiting,
        difficulty: Difficulty::Medium,
        duration_minutes,
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
        notice_minutes: 0,
        horizon: Horizon::Days(HORIZON_DAYS),
        slot_step_minutes: 1,
        slot_offset_minutes: 0,
        hold_minutes: 1,
        confirm_within_minutes: None,
        limits: BookingLimits::default(),
        candidate_seats: 1,
        panel: PanelSpec {
            pool: Vec::new(),
            strategy: PanelStrategy::Collective,
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
        locale: "en".to_owned(),
    }
}

/// The seats of interviewers who were named, the first of whom leads.
pub fn named(interviewers: &[AccountId]) -> Vec<PanelMember> {
    let roles = std::iter::once(PanelRole::Lead).chain(std::iter::repeat(PanelRole::Panel));
    let seat = |(account, role): (&AccountId, PanelRole)| PanelMember {
        account: *account,
        role,
        reason: SeatReason::Named,
    };
    interviewers.iter().zip(roles).map(seat).collect()
}

/// # Errors
/// `WrongState`, when the id stands for another interview; `Invalid`, when the candidate sits on the panel, the panel is
/// empty, the claims are not one for each seat or the slot has another length; `SlotNotOffered`, when its start has
/// passed by the clock of this decision.
pub fn decide(state: &Interview, command: &Schedule, context: &Context) -> Decision<InterviewEvent> {
    if let Interview::Booked(booking) = state {
        let same = (booking.candidate, booking.product) == (Some(command.candidate), command.product);
        return if same {
            nothing()
        } else {
            Err(Refusal::WrongState {
                state: "the interview is booked already",
            })
        };
    }
    check_panel(command.mode, &command.panel, command.candidate)?;
    check_claims(&command.panel, &command.claims)?;
    check_span(&command.terms, &command.slot, context.now)?;
    let (interview, revision) = (command.interview, 1);
    let claimed = SlotClaimed {
        interview,
        revision,
        claims: command.claims.clone(),
        hold_expires_at: command.hold_expires_at,
    };
    let confirmed = InterviewConfirmed { interview, revision };
    let series = command.series.clone();
    let series = series.map(|place| PlacedInSeries { interview, place }.into());
    let settled = [claimed.into(), confirmed.into()];
    Ok(std::iter::once(scheduled(command))
        .chain(series)
        .chain(placed(interview, revision, command.group))
        .chain(with_kit(interview, command.kit))
        .chain(settled)
        .collect())
}

fn scheduled(command: &Schedule) -> InterviewEvent {
    InterviewScheduled {
        interview: command.interview,
        by: command.by,
        candidate: command.candidate,
        product: command.product,
        title: command.title.clone(),
        description: command.description.clone(),
        kind: command.kind,
        difficulty: command.difficulty,
        mode: command.mode,
        purpose: command.purpose,
        slot: command.slot.clone(),
        panel: command.panel.clone(),
        terms: command.terms.clone(),
        locale: command.locale.clone(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        given::{decide, fold, id},
        interview::{
            given::{asked_at, claims, slot, start, terms},
            phase::Phase,
        },
        interview_type::given::spec,
    };

    fn schedule() -> Schedule {
        Schedule {
            interview: id(10),
            by: id(9),
            candidate: id(2),
            product: None,
            title: Line::new("Second round").unwrap(),
            description: None,
            kind: InterviewKind::General,
            difficulty: Difficulty::Medium,
            mode: Mode::Human,
            purpose: Purpose::Recruiting,
            slot: slot(start()),
            panel: named(&[id(1)]),
            terms: terms(&spec()),
            locale: "en".to_owned(),
            series: None,
            group: None,
            kit: None,
            claims: claims(20),
            hold_expires_at: start(),
        }
    }

    fn refusal(command: Schedule) -> &'static str {
        let refused = decide::<Interview>(&[], command, asked_at());
        refused.unwrap_err().code()
    }

    #[test]
    fn what_is_set_up_directly_is_confirmed_at_once_and_costs_nothing() {
        let events = decide::<Interview>(&[], schedule(), asked_at()).unwrap();
        let state: Interview = fold(&events);
        let booking = state.booked().unwrap();

        assert!(matches!(
            events.as_slice(),
            [
                InterviewEvent::InterviewScheduled(_),
                InterviewEvent::SlotClaimed(_),
                InterviewEvent::InterviewConfirmed(_)
            ]
        ));
        assert_eq!((booking.phase, booking.payment), (Phase::Confirmed, None));
        assert_eq!(booking.claims, claims(20));
    }

    #[test]
    fn an_interview_of_a_series_says_which_it_is() {
        let place = SeriesPlace {
            series: id(30),
            number: 2,
            of: 5,
            rule: "FREQ=WEEKLY;COUNT=5".to_owned(),
        };
        let command = Schedule {
            series: Some(place.clone()),
            ..schedule()
        };

        let events = decide::<Interview>(&[], command, asked_at()).unwrap();

        let placed = InterviewEvent::PlacedInSeries(PlacedInSeries {
            interview: id(10),
            place,
        });
        assert_eq!((events.len(), &events[1]), (4, &placed));
    }

    #[test]
    fn it_may_begin_within_the_notice_but_not_in_the_past() {
        let soon = Schedule {
            slot: slot(asked_at() + Duration::minutes(1)),
            ..schedule()
        };
        let past = Schedule {
            slot: slot(asked_at()),
            ..schedule()
        };

        assert!(decide::<Interview>(&[], soon, asked_at()).is_ok());
        assert_eq!(refusal(past), "SLOT_NOT_OFFERED");
    }

    #[test]
    fn the_same_again_is_nothing_and_another_under_its_id_is_refused() {
        let history = decide::<Interview>(&[], schedule(), asked_at()).unwrap();
        let another = Schedule {
            candidate: id(3),
            ..schedule()
        };

        assert_eq!(decide::<Interview>(&history, schedule(), asked_at()), nothing());
        let refused = decide::<Interview>(&history, another, asked_at());
        assert_eq!(refused.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn a_candidate_on_the_own_panel_an_empty_panel_and_missing_claims_are_refused() {
        let own = Schedule {
            candidate: id(1),
            ..schedule()
        };
        let empty = Schedule {
            panel: Vec::new(),
            claims: Vec::new(),
            ..schedule()
        };
        let unclaimed = Schedule {
            claims: Vec::new(),
            ..schedule()
        };

        assert_eq!(refusal(own), "INVALID");
        assert_eq!(refusal(empty), "INVALID");
        assert_eq!(refusal(unclaimed), "INVALID");
    }

    #[test]
    fn a_slot_of_another_length_is_refused() {
        let mut long = schedule();
        long.slot.span.end += Duration::minutes(1);

        assert_eq!(refusal(long), "INVALID");
    }

    #[test]
    fn only_notice_horizon_and_step_are_relaxed() {
        let spec = spec();
        let relaxed = relaxed(&spec, vec![id(1), id(5)]);

        let expected = TypeSpec {
            notice_minutes: 0,
            horizon: Horizon::Days(HORIZON_DAYS),
            slot_step_minutes: 1,
            panel: PanelSpec {
                pool: vec![id(1), id(5)],
                strategy: PanelStrategy::Collective,
                seats: 2,
                roles: Vec::new(),
                preferences: Vec::new(),
            },
            ..spec
        };
        assert_eq!(relaxed, expected);
    }
}
