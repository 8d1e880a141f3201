//! Transcripts and reports.

pub mod attach_transcript;
pub mod publish_report;
pub mod request_report;
