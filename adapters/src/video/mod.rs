//! Rooms to meet in.

pub mod builtin;
pub mod jitsi;

use domain::ports::error::ProviderError;

/// A name for a room with 160 random bits, in lower-case hex.
fn unguessable() -> Result<String, ProviderError> {
    let mut bits = [0; 20];
    getrandom::fill(&mut bits).map_err(ProviderError::unavailable)?;
    Ok(bits.iter().map(|byte| format!("{byte:02x}")).collect())
}
