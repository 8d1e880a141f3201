//! Taking money and giving it back.

pub mod sandbox;
mod sandbox_journal;
mod sandbox_page;
