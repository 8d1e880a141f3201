//! Sources of business time.

pub mod simulated;
pub mod system;
