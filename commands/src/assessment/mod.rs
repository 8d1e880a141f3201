//! Rating, deciding, releasing.

pub mod amend_scorecard;
pub mod content;
pub mod decline_scorecard;
pub mod record_decision;
pub mod release_feedback;
pub mod reverse_decision;
pub mod submit_scorecard;
