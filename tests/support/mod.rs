//! What the tests of the whole share.

pub(crate) mod browser;
pub(crate) mod ending;
pub(crate) mod mails;
pub(crate) mod people;
pub(crate) mod postgres;
pub(crate) mod server;
pub(crate) mod skip;
pub(crate) mod socket;
