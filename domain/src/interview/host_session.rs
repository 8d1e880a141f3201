//! Somebody opens an instant session: an interview that begins now, confirmed at once, whose candidate joins later.

use chrono::{Duration, DurationRound};

use super::{
    Interview, check_claims,
    events::{InterviewConfirmed, InterviewEvent, PanelClaim, SessionHosted, SlotClaimed, Terms},
    schedule::named,
};
use crate::{
    aggregate::{Context, Decision, nothing},
    ids::{AccountId, InterviewId, JoinCodeDigest},
    interview_type::events::{Difficulty, InterviewKind, JoinWindow, Mode, Purpose},
    refusal::Refusal,
    sealed::Sealed,
    text::Line,
    time::{Instant, Slot, Span, Zone},
};

/// Minutes that a session takes of the host's time unless the host says otherwise.
pub const USUAL_MINUTES: u32 = 60;
/// Fewest and most minutes that it takes; as for interviews without a product.
const MINUTES: std::ops::RangeInclusive<u32> = 5..=480;
/// How long its room and its code live at most, from when it was opened.
const LIFE_MINUTES: u32 = 24 * 60;

/// What is opened. The host's calendar is claimed firmly in the same append.
#[derive(Clone, PartialEq, Debug)]
pub struct HostSession {
    /// The new interview.
    pub interview: InterviewId,
    /// Who opens it.
    pub by: AccountId,
    /// What it is called.
    pub title: Line,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// How many minutes it takes of the host's time.
    pub minutes: u32,
    /// The zone that its time is told in.
    pub zone: Zone,
    /// Language of the session.
    pub locale: String,
    /// The keyed hash of its code.
    pub join_code: JoinCodeDigest,
    /// The hash of its password, if it has one.
    pub password_hash: Option<Sealed<String>>,
    /// The claim on the host's calendar.
    pub claims: Vec<PanelClaim>,
    /// When the claim would die if it were not made firm in the same append.
    pub hold_expires_at: Instant,
}

/// The time that a session takes which is opened now. It begins with the second that has begun: rounded to minutes, it
/// would lie ahead, or over an interview that was over a moment ago.
///
/// # Errors
/// `Invalid`, when it is shorter than 5 minutes or longer than 8 hours.
pub fn span(now: Instant, minutes: u32) -> Result<Span, Refusal> {
    if !MINUTES.contains(&minutes) {
        return Err(Refusal::invalid("durationMinutes", "must be between 5 and 480"));
    }
    let start = now.duration_trunc(Duration::seconds(1)).unwrap_or(now);
    Ok(Span::minutes(start, minutes))
}

/// The conditions of a session: no buffers and no notice, a room that opens at once and is closed a day after that at
/// the latest, and nothing to be paid or rated by.
pub fn terms(minutes: u32) -> Terms {
    Terms {
        duration_minutes: minutes,
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
        notice_minutes: 0,
        join_window: JoinWindow {
            opens_before_minutes: 0,
            grace_minutes: 0,
            closes_after_minutes: LIFE_MINUTES.saturating_sub(minutes),
        },
        refunds: Vec::new(),
        rubric: None,
    }
}

/// # Errors
/// `WrongState`, when the id stands for another interview; `Invalid`, when it is too short or too long, or the claim is
/// not the host's.
pub fn decide(state: &Interview, command: &HostSession, context: &Context) -> Decision<InterviewEvent> {
    if let Interview::Booked(booking) = state {
        let is_same = booking
            .session
            .as_ref()
            .is_some_and(|session| session.join_code == command.join_code);
        return if is_same && booking.is_panel_member(command.by) {
            nothing()
        } else {
            Err(Refusal::WrongState {
                state: "the interview is booked already",
            })
        };
    }
    let span = span(context.now, command.minutes)?;
    let panel = named(&[command.by]);
    check_claims(&panel, &command.claims)?;
    let (interview, revision) = (command.interview, 1);
    let hosted = SessionHosted {
        interview,
        by: command.by,
        title: command.title.clone(),
        kind: command.kind,
        difficulty: command.difficulty,
        mode: Mode::Peer,
        purpose: Purpose::Mock,
        slot: Slot::promised(span, command.zone),
        panel,
        terms: terms(command.minutes),
        locale: command.locale.clone(),
        join_code: command.join_code,
        password_hash: command.password_hash.clone(),
    };
    let claimed = SlotClaimed {
        interview,
        revision,
        claims: command.claims.clone(),
        hold_expires_at: command.hold_expires_at,
    };
    Ok(vec![
        hosted.into(),
        claimed.into(),
        InterviewConfirmed { interview, revision }.into(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, utc},
        interview::{
            given::{claims, confirmed, host, hosted, now, opened_at},
            phase::Phase,
        },
    };

    #[test]
    fn a_session_is_confirmed_at_once_and_has_no_candidate() {
        let state: Interview = fold(&hosted());
        let booking = state.booked().unwrap();

        assert!(matches!(
            hosted().as_slice(),
            [
                InterviewEvent::SessionHosted(_),
                InterviewEvent::SlotClaimed(_),
                InterviewEvent::InterviewConfirmed(_)
            ]
        ));
        assert_eq!((booking.phase, booking.candidate), (Phase::Confirmed, None));
        assert_eq!((booking.mode, booking.purpose), (Mode::Peer, Purpose::Mock));
        assert_eq!(booking.claims, claims(20));
        assert!(booking.is_panel_member(id(1)));
    }

    #[test]
    fn it_begins_with_the_second_that_has_begun_and_lives_for_a_day() {
        let state: Interview = fold(&hosted());
        let booking = state.booked().unwrap();

        assert_eq!(opened_at(), utc("2026-05-05T10:00:00.75Z"));
        assert_eq!(booking.slot.span, Span::minutes(utc("2026-05-05T10:00:00Z"), 45));
        assert_eq!(booking.room_closes_at(), utc("2026-05-06T10:00:00Z"));
        assert!(booking.open_session(utc("2026-05-06T09:59:59.999Z")).is_ok());
        assert_eq!(
            booking
                .open_session(utc("2026-05-06T10:00:00Z"))
                .unwrap_err()
                .code(),
            "NOT_FOUND"
        );
    }

    #[test]
    fn no_session_lives_for_longer_than_a_day_however_long_it_takes() {
        for minutes in [5, 60, 480] {
            let window = terms(minutes).join_window;
            assert_eq!(minutes + window.closes_after_minutes, 24 * 60);
            assert_eq!(window.opens_before_minutes, 0);
        }
    }

    #[test]
    fn what_takes_too_short_or_too_long_is_refused() {
        for minutes in [0, 4, 481, u32::MAX] {
            let command = HostSession { minutes, ..host() };
            let refused = decide::<Interview>(&[], command, opened_at()).unwrap_err();
            assert!(
                matches!(
                    refused,
                    Refusal::Invalid {
                        field: "durationMinutes",
                        ..
                    }
                ),
                "{minutes}: {refused:?}"
            );
        }
    }

    #[test]
    fn a_claim_on_another_calendar_or_none_is_refused() {
        let none = HostSession {
            claims: Vec::new(),
            ..host()
        };
        let others = HostSession { by: id(9), ..host() };

        for command in [none, others] {
            let refused = decide::<Interview>(&[], command, opened_at()).unwrap_err();
            assert_eq!(refused.code(), "INVALID");
        }
    }

    #[test]
    fn the_same_again_is_nothing_and_another_under_its_id_is_refused() {
        let another = HostSession {
            join_code: id(71),
            ..host()
        };

        assert_eq!(decide::<Interview>(&hosted(), host(), now()), nothing());
        for history in [hosted(), confirmed()] {
            let refused = decide::<Interview>(&history, another.clone(), now());
            assert_eq!(refused.unwrap_err().code(), "WRONG_STATE");
        }
    }
}
