//! Meeting: coming in, going out, ending.

pub mod admit_participant;
pub(crate) mod conduct;
pub mod deny_participant;
pub mod end_interview;
pub mod enter_lobby;
pub mod enter_room;
mod group;
pub mod host_session;
pub mod invite_candidate;
pub mod invite_to_session;
pub mod join_codes;
pub mod join_room;
pub mod leave_lobby;
pub mod leave_room;
pub mod password;
pub mod record_departure;
pub mod retract_no_show;
