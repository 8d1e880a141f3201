//! Slots, bookings and moves.

pub mod cancel_interview;
pub mod list_slots;
pub mod panel_facts;
pub mod request_booking;
pub mod reschedule_interview;
