//! Waiting for a time of a product.

pub mod accept_offer;
pub mod decline_offer;
pub mod join;
pub mod leave;

use domain::{
    ids::{AccountId, EntryId},
    refusal::Refusal,
    waitlist::{Entry, Waitlist},
};

/// The asker's own place on a list; another's is answered as if there were none.
fn own(list: &Waitlist, entry: EntryId, account: AccountId) -> Result<&Entry, Refusal> {
    if list.owner(entry) != Some(account) {
        return Err(Refusal::NotFound {
            what: "waitlist entry",
        });
    }
    list.entry(entry)
}
