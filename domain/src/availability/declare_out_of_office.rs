//! States that an interviewer is away.

use chrono::Duration;

use super::{
    Absence, Availability,
    events::{AvailabilityEvent, OutOfOfficeDeclared},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::{AbsenceId, AccountId},
    refusal::Refusal,
    time::Span,
};

/// Longest absence, in days: a year, also one with a 29th of February.
const LONGEST_DAYS: i64 = 366;

/// Most absences of one account that are not over; every search for a slot looks at them all.
const MOST_AHEAD: usize = 100;

/// An absence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeclareOutOfOffice {
    /// Who is away.
    pub account: AccountId,
    /// The new absence.
    pub absence: AbsenceId,
    /// From the first moment away to the first moment back. It may have begun already.
    pub span: Span,
    /// Whom to turn to meanwhile; known to the organisation.
    pub delegate: Option<AccountId>,
}

/// # Errors
/// `Invalid` on `to`, when the absence ends before it starts, is over already or is longer than 366 days; on
/// `delegateId`, when it is the absent person; on `from`, when 100 absences are not over yet.
pub fn decide(
    state: &Availability,
    command: &DeclareOutOfOffice,
    context: &Context,
) -> Decision<AvailabilityEvent> {
    let absence = Absence {
        span: command.span,
        delegate: command.delegate,
    };
    if state.absences.get(&command.absence) == Some(&absence) {
        return nothing();
    }
    if command.span.end <= command.span.start {
        return Err(Refusal::invalid("to", "must be after from"));
    }
    if command.span.end <= context.now {
        return Err(Refusal::invalid("to", "must be in the future"));
    }
    if command.span.end - command.span.start > Duration::days(LONGEST_DAYS) {
        return Err(Refusal::invalid("to", "an absence lasts at most 366 days"));
    }
    if command.delegate == Some(command.account) {
        return Err(Refusal::invalid("delegateId", "must be somebody else"));
    }
    let ahead = state.absences.values();
    let ahead = ahead.filter(|absence| absence.span.end > context.now);
    if ahead.count() >= MOST_AHEAD {
        return Err(Refusal::invalid(
            "from",
            "at most 100 absences can be declared that are not over",
        ));
    }
    one(OutOfOfficeDeclared {
        account: command.account,
        absence: command.absence,
        from: command.span.start,
        to: command.span.end,
        delegate: command.delegate,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        availability::{
            given::{away, now},
            withdraw_out_of_office::WithdrawOutOfOffice,
        },
        given::{decide, fold, id},
    };

    fn declare(history: &[AvailabilityEvent], command: DeclareOutOfOffice) -> Decision<AvailabilityEvent> {
        decide::<Availability>(history, command, now())
    }

    fn refused_field(command: DeclareOutOfOffice) -> Option<&'static str> {
        match declare(&[], command) {
            Err(Refusal::Invalid { field, .. }) => Some(field),
            Err(_) | Ok(_) => None,
        }
    }

    #[test]
    fn an_absence_is_declared_once_with_its_delegate() {
        let week = DeclareOutOfOffice {
            delegate: Some(id(2)),
            ..away(1, "2026-05-11T00:00:00Z", "2026-05-18T00:00:00Z")
        };

        let events = declare(&[], week.clone()).unwrap();

        let declared = OutOfOfficeDeclared {
            account: id(1),
            absence: id(1),
            from: week.span.start,
            to: week.span.end,
            delegate: Some(id(2)),
        };
        assert_eq!(events, [declared.into()]);
        assert_eq!(declare(&events, week), nothing());
    }

    #[test]
    fn an_absence_may_have_begun_but_not_be_over() {
        let begun = away(1, "2026-05-01T00:00:00Z", "2026-05-04T10:00:00.000001Z");
        let over = away(1, "2026-05-01T00:00:00Z", "2026-05-04T10:00:00Z");
        assert!(declare(&[], begun).is_ok());
        assert_eq!(refused_field(over), Some("to"));
    }

    #[test]
    fn an_absence_ends_after_it_starts_and_lasts_a_year_at_most() {
        let empty = away(1, "2026-05-11T00:00:00Z", "2026-05-11T00:00:00Z");
        let backwards = away(1, "2026-05-12T00:00:00Z", "2026-05-11T00:00:00Z");
        let year = away(1, "2026-05-11T00:00:00Z", "2027-05-12T00:00:00Z");
        let longer = away(1, "2026-05-11T00:00:00Z", "2027-05-12T00:00:01Z");
        assert_eq!(refused_field(empty), Some("to"));
        assert_eq!(refused_field(backwards), Some("to"));
        assert!(declare(&[], year).is_ok());
        assert_eq!(refused_field(longer), Some("to"));
    }

    #[test]
    fn nobody_stands_in_for_themselves() {
        let own = DeclareOutOfOffice {
            delegate: Some(id(1)),
            ..away(1, "2026-05-11T00:00:00Z", "2026-05-18T00:00:00Z")
        };
        assert_eq!(refused_field(own), Some("delegateId"));
    }

    #[test]
    fn absences_that_are_over_do_not_use_up_those_that_can_be_declared() {
        let days = |first: i64| -> Vec<AvailabilityEvent> {
            let from = |day| now() + Duration::days(day) - Duration::hours(23);
            let declared = |day: i64| OutOfOfficeDeclared {
                account: id(1),
                absence: id(u128::try_from(1_000 + day).unwrap()),
                from: from(day),
                to: from(day) + Duration::hours(23),
                delegate: None,
            };
            (first..first + 100).map(|day| declared(day).into()).collect()
        };
        let one_more = || away(1, "2027-05-11T00:00:00Z", "2027-05-12T00:00:00Z");
        let full = declare(&days(1), one_more());
        assert_eq!(full.unwrap_err().code(), "INVALID");
        assert!(declare(&days(0), one_more()).is_ok());
    }

    proptest! {
        #[test]
        fn somebody_is_away_exactly_while_an_absence_lasts_that_was_not_taken_back(
            absences in proptest::collection::vec((1_i64..2_000, 1_i64..500, any::<bool>()), 0..12),
            from in 0_i64..2_500,
            minutes in 1_u32..600,
        ) {
            let at = |minute| now() + Duration::minutes(minute);
            let mut history = Vec::new();
            for (number, (start, length, is_withdrawn)) in (1..).zip(&absences) {
                let command = DeclareOutOfOffice {
                    account: id(1),
                    absence: id(number),
                    span: Span { start: at(*start), end: at(start + length) },
                    delegate: None,
                };
                history.extend(declare(&history, command).unwrap());
                if *is_withdrawn {
                    let withdraw = WithdrawOutOfOffice { account: id(1), absence: id(number) };
                    history.extend(decide::<Availability>(&history, withdraw, now()).unwrap());
                }
            }
            let state: Availability = fold(&history);
            let minute_is_away = |minute: i64| {
                let standing = absences.iter().filter(|(_, _, is_withdrawn)| !is_withdrawn);
                let mut spans = standing.map(|(start, length, _)| *start..start + length);
                spans.any(|span| span.contains(&minute))
            };

            let asked = Span::minutes(at(from), minutes);
            let expected = (from..from + i64::from(minutes)).any(minute_is_away);

            prop_assert_eq!(state.is_away(asked), expected);
        }
    }
}
