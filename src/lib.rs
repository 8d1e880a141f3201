//! Greenroom: the composition root. The only crate that knows every other.
// The future of an answer holds that of every operation; an optimised build looks through all of them.
#![recursion_limit = "256"]

pub mod assembly;
pub mod beside;
pub mod cli;
pub mod clock_control;
pub mod config;
pub mod demo;
pub mod event_file;
pub mod event_lock;
pub mod fold_lock;
pub mod ice;
mod metrics;
pub mod proof;
pub mod providers;
pub mod replay;
pub mod schemas;
pub mod stores;
