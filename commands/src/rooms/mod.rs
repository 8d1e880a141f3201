//! Meeting: coming in, going out, ending.

pub mod end_interview;
pub mod enter_room;
mod group;
pub mod join_room;
pub mod leave_room;
pub mod record_departure;
pub mod retract_no_show;
