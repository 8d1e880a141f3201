//! People are asked to a session by mail. The mail tells them its code and nothing else: they wait in the lobby like
//! everybody who knows it.

use std::collections::BTreeSet;

use super::{
    Interview,
    events::{GuestsInvited, InterviewEvent},
};
use crate::{
    aggregate::{Context, Decision, nothing, one},
    ids::AccountId,
    refusal::Refusal,
};

/// Most people who are asked at once.
const MOST_AT_ONCE: usize = 20;
/// Most people who are asked to one session.
const MOST: usize = 100;

/// Who is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InviteGuests {
    /// Whom; every one has an account.
    pub accounts: Vec<AccountId>,
    /// Who asks them.
    pub by: AccountId,
}

/// Who was asked before is not asked again.
///
/// # Errors
/// `NotFound`, when there is no such interview, it is no session, or over; `SessionFull`, when a candidate has joined;
/// `Invalid`, when nobody or too many are named, or one of them sits on the panel.
pub fn decide(state: &Interview, command: &InviteGuests, context: &Context) -> Decision<InterviewEvent> {
    const FIELD: &str = "accountIds";
    let booking = state.booked()?;
    let session = booking.open_session(context.now)?;
    if command.accounts.is_empty() || command.accounts.len() > MOST_AT_ONCE {
        return Err(Refusal::invalid(FIELD, "must name 1 to 20 people"));
    }
    if command
        .accounts
        .iter()
        .any(|account| booking.is_panel_member(*account))
    {
        return Err(Refusal::invalid(FIELD, "must not name who hosts the session"));
    }
    let asked: BTreeSet<_> = command.accounts.iter().copied().collect();
    let accounts: Vec<_> = asked.difference(&session.invited).copied().collect();
    if accounts.is_empty() {
        return nothing();
    }
    if booking.candidate.is_some() {
        return Err(Refusal::SessionFull);
    }
    if session.invited.len() + accounts.len() > MOST {
        return Err(Refusal::invalid(
            FIELD,
            "must not bring those who are asked above 100",
        ));
    }
    one(GuestsInvited {
        interview: booking.interview,
        accounts,
        by: command.by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id},
        interview::{
            NO_SESSION,
            given::{abandoned_session, confirmed, hosted, joined, now},
        },
        testing::given,
    };

    fn invite(accounts: impl IntoIterator<Item = u128>) -> InviteGuests {
        InviteGuests {
            accounts: accounts.into_iter().map(id).collect(),
            by: id(1),
        }
    }

    fn invited(accounts: impl IntoIterator<Item = u128>) -> GuestsInvited {
        GuestsInvited {
            interview: id(10),
            accounts: accounts.into_iter().map(id).collect(),
            by: id(1),
        }
    }

    #[test]
    fn everybody_is_asked_once() {
        given::<Interview>(hosted())
            .when_at(now(), invite([4, 3, 4]))
            .then_once(invited([3, 4]));
        given::<Interview>([hosted(), vec![invited([3, 4]).into()]].concat())
            .when_at(now(), invite([5, 3]))
            .then(invited([5]));
    }

    #[test]
    fn nobody_too_many_and_the_host_are_refused() {
        for accounts in [vec![], vec![3, 1], (100..121).collect()] {
            let refused = decide::<Interview>(&hosted(), invite(accounts), now());
            assert_eq!(refused.unwrap_err().code(), "INVALID");
        }
    }

    #[test]
    fn a_hundred_are_asked_to_one_session() {
        let mut history = hosted();
        for first in (100..200).step_by(20) {
            history.extend(decide::<Interview>(&history, invite(first..first + 20), now()).unwrap());
        }

        let refused = decide::<Interview>(&history, invite([200]), now());

        assert_eq!(refused.unwrap_err().code(), "INVALID");
    }

    #[test]
    fn nobody_is_asked_to_what_is_full_or_over_or_no_session() {
        given::<Interview>(joined())
            .when_at(now(), invite([3]))
            .then_refused(Refusal::SessionFull);
        for history in [abandoned_session(), confirmed()] {
            given::<Interview>(history)
                .when_at(now(), invite([3]))
                .then_refused(NO_SESSION);
        }
        given::<Interview>([])
            .when_at(now(), invite([3]))
            .then_refused(Refusal::NotFound { what: "interview" });
    }
}
