//! Builders for tests around mail addresses.

use super::events::{AddressInvited, AddressProven};
use crate::given::id;

pub(super) fn invited(account: u128) -> AddressInvited {
    AddressInvited {
        address: id(1),
        account: id(account),
        by: id(3),
    }
}

pub(super) fn proven(account: u128) -> AddressProven {
    AddressProven {
        address: id(1),
        account: id(account),
    }
}
