//! Read models: tables that are folded from the log, each to answer one question, and the machinery they share.
//!
//! `model` says what a read model is; `sql` hides which of two databases it is in; `table` holds tables, views,
//! checkpoints and fences; `fold` turns a page of events into changed rows. `runner` follows the log with it, `build`
//! fills tables in bulk, `bulk` writes many rows, `rebuild` builds a table anew beside the live one and goes back to the one
//! before, `as_of` folds one row as it was, `doctor` compares a table with a fresh fold; `projections` is all of them
//! together. `list` reads rows, `turns` has the connections for it and `memo` what was read before. Beside them stands one
//! folder per read model.
//!
//! Nothing here reads a clock for business, calls outside or decides anything. Every row can be dropped and folded
//! again, and none holds personal data but as it was sealed in an event. Who may see what is an argument of the queries
//! on what is not for everybody; the tenant is one of all.

pub mod accounts;
pub mod agenda;
pub mod as_of;
pub mod attention;
pub mod availability;
mod build;
mod bulk;
pub mod decisions;
pub mod doctor;
pub mod fault;
pub mod feedback;
pub mod fold;
pub mod ground;
pub mod identities;
pub mod interview_kits;
pub mod interview_types;
pub mod interviews;
pub mod list;
pub mod mail_addresses;
mod memo;
pub mod model;
pub mod notifications;
pub mod organisations;
pub mod participations;
pub mod phases;
pub mod poison;
pub mod price_lists;
pub mod projections;
mod raw_row;
pub mod rebuild;
mod recent;
pub mod reports;
pub mod rubrics;
pub mod runner;
pub mod scorecards;
mod skips;
pub mod sql;
pub mod status;
pub mod subject;
pub mod table;
mod turns;
pub mod waitlist;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
