//! Mail to people.

pub mod files;
pub mod message;
pub mod smtp;
