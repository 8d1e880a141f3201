//! Writing reports from transcripts.

pub mod builtin;
pub mod openai_compatible;
