//! Following the log and doing what it wants, on both databases, with hands that are told what to do.

mod bench;
mod calendars;
mod deeds;
mod following;
mod running;
mod stage;
