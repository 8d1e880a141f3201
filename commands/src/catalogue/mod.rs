//! What can be booked, when, for how much, and what it is rated by.

pub mod cancel_travel;
pub mod declare_out_of_office;
pub mod define_interview_type;
pub mod link_calendar;
pub mod plan_travel;
pub mod publish_cancellation_policy;
pub mod publish_kit;
pub mod publish_price_list;
pub mod publish_rubric;
pub mod retire_interview_type;
pub mod revise_interview_type;
pub mod set_availability;
pub mod set_booking_limits;
pub mod unlink_calendar;
pub mod withdraw_out_of_office;
