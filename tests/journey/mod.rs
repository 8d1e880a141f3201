//! The journey of one interview, through the public API of a server process.

pub(crate) mod absence;
mod approval;
mod availability;
mod calendar_feeds;
mod cancellation;
mod dashboard;
mod dead_letters;
mod dst_week;
mod external_calendars;
mod invitations;
mod limits;
mod masking;
mod money;
mod offers;
mod parked;
mod products;
mod proposals;
mod races;
mod refusals;
mod rooms;
mod scheduling;
mod series;
mod slots;
mod time_travel;
mod travel;
mod waitlist;
mod whole;
