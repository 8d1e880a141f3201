//! What workers record: the outcomes of deeds, and the steps on the way to them.
//!
//! An outcome is recorded under the effect's id as command id, so that there is one, however often a deed was tried.
//! An outcome that changes nothing is accepted all the same: its receipt says that there is nothing left to do.

pub mod attempt_effect;
pub mod close_room;
pub mod complete_erasure;
pub mod conclude_effect;
pub mod confirm_paid;
pub mod end_wait;
pub mod expire_booking;
pub mod fail_notification;
pub mod fail_report;
pub mod fill_seat;
pub mod give_up_effect;
pub mod import_calendar;
pub mod lapse_offer;
pub mod mark_no_show;
pub mod offer_slot;
pub mod propose_for_seat;
pub mod record_delivery;
pub mod record_payment_order;
pub mod record_refund;
pub mod record_report;
pub mod record_room;
pub mod refund_absence;
pub mod release_feedback;
pub mod suppress_notification;
