//! Setting the zone that times are told in.

use super::{
    Account,
    events::{AccountEvent, TimeZoneSet},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::AccountId,
    time::Zone,
};

/// The person reads times in this zone from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetTimeZone {
    /// Whose.
    pub account: AccountId,
    /// Which zone.
    pub zone: Zone,
}

/// Nothing when it is the zone already.
///
/// # Errors
/// `NotFound` before registration.
pub fn decide(account: &Account, command: &SetTimeZone) -> Decision<AccountEvent> {
    account.must_be_registered()?;
    if account.zone == Some(command.zone) {
        return nothing();
    }
    one(TimeZoneSet {
        account: command.account,
        zone: command.zone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::given::{no_account, registered},
        given::id,
        testing::given,
    };

    fn set(zone: &str) -> SetTimeZone {
        SetTimeZone {
            account: id(1),
            zone: zone.parse().unwrap(),
        }
    }

    fn told_in(zone: &str) -> TimeZoneSet {
        TimeZoneSet {
            account: id(1),
            zone: zone.parse().unwrap(),
        }
    }

    #[test]
    fn a_zone_is_set_once() {
        given::<Account>(registered())
            .when(set("Europe/Berlin"))
            .then_once(told_in("Europe/Berlin"));
    }

    #[test]
    fn a_person_may_move_to_another_zone() {
        let mut history = registered();
        history.push(told_in("Europe/Berlin").into());

        given::<Account>(history)
            .when(set("Asia/Kolkata"))
            .then_once(told_in("Asia/Kolkata"));
    }

    #[test]
    fn nobody_has_a_zone_before_registration() {
        given::<Account>([])
            .when(set("Europe/Berlin"))
            .then_refused(no_account());
    }
}
