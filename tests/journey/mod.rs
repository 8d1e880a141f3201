//! The journey of one interview, through the public API of a server process.

mod masking;
mod refusals;
mod whole;
