//! Histories that grow long while events come in: their snapshots are made before anybody looks.

use std::collections::HashMap;

use domain::ids::OrganisationId;
use store::snapshots::BLOCK;
use uuid::Uuid;

use super::Past;
use crate::{fold::RowKey, model::ReadModel};

/// Most ids whose events are counted at a time; beyond it counting begins anew, and looks make what is missed.
const MOST: usize = 100_000;

/// How many events the rows of each id have heard since this process last had their snapshots made.
#[derive(Default)]
pub(crate) struct Growth(HashMap<(OrganisationId, Uuid), u64>);

impl Growth {
    /// Has snapshots made of what has grown by a block of events; of the rows that events have touched, each time.
    pub(crate) fn note<M: ReadModel>(&mut self, past: Option<&Past>, touched: &[RowKey]) {
        let Some((past, kept)) = past.and_then(|past| Some((past, past.kept.as_ref()?))) else {
            return;
        };
        if self.0.len() > MOST {
            self.0.clear();
        }
        for (tenant, key) in touched {
            let of = (*tenant, key.link());
            let events = self.0.entry(of).or_default();
            *events += 1;
            // When somebody else is at it, the next event asks again.
            if *events >= BLOCK && kept.fill_behind::<M>(past, *tenant, key.link(), *events) {
                self.0.remove(&of);
            }
        }
    }
}
