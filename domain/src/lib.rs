//! What Greenroom is about: events, the folds and decisions over them, process rules, and ports to the outside.
//!
//! Nothing here does input or output, reads a clock or draws a random number. One folder per aggregate, each with
//! `events.rs` (what can happen), `mod.rs` (state and fold) and one file per decision.

pub mod account;
pub mod actor;
pub mod aggregate;
pub mod attendance;
pub mod availability;
pub mod calendar_file;
pub mod data_subject;
pub mod decision;
pub mod effect;
pub mod envelope;
pub mod event;
pub mod external_calendar;
pub mod fact;
pub mod feedback;
#[cfg(test)]
mod given;
pub mod ids;
pub mod interview;
pub mod interview_kit;
pub mod interview_type;
pub mod interviewer_calendar;
pub mod join_code;
pub mod mail_address;
pub mod money;
pub mod notification;
pub mod organisation;
pub mod payment;
pub mod ports;
pub mod price_list;
pub mod processes;
pub mod provider_inbox;
#[cfg(test)]
#[path = "../../tests/support/python.rs"]
mod python;
pub mod read_model;
pub mod recurrence;
pub mod refusal;
pub mod report;
pub mod room;
pub mod rubric;
#[cfg(test)]
mod sample;
pub mod scorecard;
pub mod sealed;
#[cfg(test)]
#[path = "../../tests/support/skip.rs"]
mod skip;
pub mod slots;
pub mod story;
pub mod system;
#[cfg(test)]
mod testing;
pub mod text;
pub mod time;
pub mod transcript;
pub mod waitlist;
