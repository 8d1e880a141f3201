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
