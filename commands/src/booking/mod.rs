//! Slots, bookings and moves.

pub mod accept_proposal;
pub mod assign_interviewer;
pub mod cancel_interview;
pub mod confirm_booking;
pub mod decline_booking;
pub mod decline_proposal;
pub mod keep_drifted_time;
pub mod list_slots;
pub(crate) mod moving;
pub mod panel_facts;
pub mod propose_times;
pub(crate) mod rebooking;
pub mod record_drift;
pub(crate) mod repair;
pub mod replace_interviewer;
pub mod request_booking;
pub mod reschedule_interview;
pub mod respond_to_invite;
pub mod schedule_interview;
pub mod schedule_series;
pub(crate) mod seats;
pub mod update_interview;
