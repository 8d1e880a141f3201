//! Greenroom: the composition root. The only crate that knows every other.

pub mod config;
pub mod demo;
pub mod schemas;
