//! Makes an address at which one's own interviews can be read by a calendar.

use super::{
    Account,
    events::{AccountEvent, CalendarFeedCreated},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, CalendarFeedId},
    refusal::Refusal,
};

/// Most addresses of one account that answer.
const MOST: usize = 10;

/// The address to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreateCalendarFeed {
    /// Whose interviews.
    pub account: AccountId,
    /// The new feed.
    pub feed: CalendarFeedId,
}

/// # Errors
/// `NotFound` before registration; `WrongState` when ten addresses answer already.
pub fn decide(account: &Account, command: &CreateCalendarFeed) -> Decision<AccountEvent> {
    account.must_be_registered()?;
    if account.has_feed(command.feed) {
        return nothing();
    }
    if account.feeds.len() >= MOST {
        return Err(Refusal::WrongState {
            state: "ten calendar feeds exist; revoke one first",
        });
    }
    one(CalendarFeedCreated {
        account: command.account,
        feed: command.feed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::{given::registered, revoke_calendar_feed::RevokeCalendarFeed},
        given::{decide, fold, id, utc},
    };

    fn create(history: &[AccountEvent], feed: u128) -> Decision<AccountEvent> {
        let command = CreateCalendarFeed {
            account: id(1),
            feed: id(feed),
        };
        decide::<Account>(history, command, utc("2026-05-04T10:00:00Z"))
    }

    #[test]
    fn a_feed_is_made_once_and_answers() {
        let mut history = registered();
        history.extend(create(&history, 7).unwrap());
        assert!(fold::<Account>(&history).has_feed(id(7)));
        assert!(!fold::<Account>(&history).has_feed(id(8)));
        assert_eq!(create(&history, 7), nothing());
        assert_eq!(create(&[], 7).unwrap_err().code(), "NOT_FOUND");
    }

    #[test]
    fn there_are_ten_at_most_and_a_revoked_one_makes_room() {
        let mut history = registered();
        for feed in 1..=10 {
            history.extend(create(&history, feed).unwrap());
        }
        assert_eq!(create(&history, 11).unwrap_err().code(), "WRONG_STATE");
        let revoke = RevokeCalendarFeed {
            account: id(1),
            feed: id(3),
        };
        history.extend(decide::<Account>(&history, revoke, utc("2026-05-04T10:00:00Z")).unwrap());
        assert!(create(&history, 11).is_ok());
    }
}
