//! Organisations, accounts and roles.

pub mod choose_role;
pub mod create_calendar_feed;
pub mod create_organisation;
pub mod grant_role;
pub mod revoke_calendar_feed;
pub mod revoke_role;
pub mod sign_in;
pub mod update_profile;
