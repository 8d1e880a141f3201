//! The right to be forgotten.

pub mod erase_subject;
