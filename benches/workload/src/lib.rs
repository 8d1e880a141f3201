//! The load that every contender of a benchmark is given, and how it is measured.
//!
//! One package for Greenroom and for its peers, so that all run the same aggregate on the same commands and count the
//! same way.

pub mod availability;
pub mod measure;
