//! Meeting: coming in, going out, ending.

pub mod end_interview;
pub mod join_room;
pub mod leave_room;
pub mod retract_no_show;
