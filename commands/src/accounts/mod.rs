//! Organisations, accounts and roles.

pub mod choose_role;
pub mod create_calendar_feed;
pub mod create_organisation;
mod enter;
pub mod grant_role;
pub mod invite;
pub mod particulars;
pub mod remember_address;
pub mod revoke_calendar_feed;
pub mod revoke_role;
pub mod sign_in;
pub mod take_up_invitation;
pub mod update_profile;
