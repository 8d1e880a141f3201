//! Rooms to meet in.

pub mod builtin;
pub mod jitsi;

use domain::ports::{error::ProviderError, video::RoomRequest};

/// The name of a room: the one that it shares, or one of its own.
fn name(request: &RoomRequest) -> Result<String, ProviderError> {
    match &request.shared {
        Some(shared) => Ok(shared.clone()),
        None => unguessable(),
    }
}

/// A name for a room with 160 random bits, in lower-case hex.
fn unguessable() -> Result<String, ProviderError> {
    let mut bits = [0; 20];
    getrandom::fill(&mut bits).map_err(ProviderError::unavailable)?;
    Ok(bits.iter().map(|byte| format!("{byte:02x}")).collect())
}
