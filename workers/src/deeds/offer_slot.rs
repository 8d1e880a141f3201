//! Offers what is free to whoever is first in line for it.

use commands::effects::offer_slot::OfferSlot;

use super::{Tools, Tried};
use crate::db::Task;

pub(super) async fn perform(tools: &Tools, task: &Task, offer: OfferSlot) -> Tried {
    tools.record(task, &offer).await
}
