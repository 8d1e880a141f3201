//! Places that keep sealed bytes.

pub mod object;
