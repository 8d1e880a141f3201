//! Lets an address answer no longer.

use super::{
    Account,
    events::{AccountEvent, CalendarFeedRevoked},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, CalendarFeedId},
    refusal::Refusal,
};

/// The address that is no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevokeCalendarFeed {
    /// Whose interviews.
    pub account: AccountId,
    /// The feed.
    pub feed: CalendarFeedId,
}

/// # Errors
/// `NotFound` for one that never was.
pub fn decide(account: &Account, command: &RevokeCalendarFeed) -> Decision<AccountEvent> {
    if account.revoked_feeds.contains(&command.feed) {
        return nothing();
    }
    if !account.has_feed(command.feed) {
        return Err(Refusal::NotFound {
            what: "calendar feed",
        });
    }
    one(CalendarFeedRevoked {
        account: command.account,
        feed: command.feed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::{events::CalendarFeedCreated, given::registered},
        given::{decide, fold, id, utc},
    };

    #[test]
    fn a_feed_is_revoked_once_and_answers_no_longer() {
        let revoke = |history: &[AccountEvent]| {
            let command = RevokeCalendarFeed {
                account: id(1),
                feed: id(7),
            };
            decide::<Account>(history, command, utc("2026-05-04T10:00:00Z"))
        };
        let mut history = registered();
        assert_eq!(revoke(&history).unwrap_err().code(), "NOT_FOUND");
        let created = CalendarFeedCreated {
            account: id(1),
            feed: id(7),
        };
        history.push(created.into());

        history.extend(revoke(&history).unwrap());

        assert!(!fold::<Account>(&history).has_feed(id(7)));
        assert_eq!(revoke(&history), nothing());
    }
}
