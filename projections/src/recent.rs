//! What was read of the log last. All live tables follow the same log and wake at the same moment, so whoever comes first reads for
//! all of them.

use std::sync::Arc;

use domain::envelope::{Position, Recorded};
use futures::StreamExt;
use store::log::{Filter, Log, Query, ReadError};
use tokio::sync::Mutex;

/// Most bytes of payload in a page, so that a few large events do not fill the memory.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// The page that was read last.
#[derive(Clone, Default)]
pub(crate) struct Recent(Arc<Mutex<Last>>);

#[derive(Default)]
struct Last {
    after: Position,
    events: Arc<[Recorded]>,
}

/// Events that follow each other.
pub(crate) struct Page {
    all: Arc<[Recorded]>,
    from: usize,
    to: usize,
}

impl Page {
    pub(crate) fn events(&self) -> &[Recorded] {
        &self.all[self.from..self.to]
    }
}

impl Recent {
    /// The events after a position, so many at most; those that were read last, as far as they are among them. None only when there
    /// are none.
    pub(crate) async fn page(&self, log: &dyn Log, after: Position, most: u64) -> Result<Page, ReadError> {
        let mut last = self.0.lock().await;
        let known = last.events.last().map(|event| event.envelope.position);
        if after < last.after || known.is_none_or(|known| known <= after) {
            let events = read_page(log, after, most, None).await?;
            *last = Last {
                after,
                events: events.into(),
            };
        }
        let from = last
            .events
            .partition_point(|event| event.envelope.position <= after);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(Page {
            to: last.events.len().min(from.saturating_add(most)),
            all: Arc::clone(&last.events),
            from,
        })
    }
}

/// The events after a position, as far as it is told, so many at most and no more than fit into the memory.
pub(crate) async fn read_page(
    log: &dyn Log,
    after: Position,
    most: u64,
    until: Option<Position>,
) -> Result<Vec<Recorded>, ReadError> {
    let mut query = Query::forward(Filter::All).after(after).limit(most);
    query.until = until;
    let mut stream = log.read(query);
    let (mut events, mut bytes) = (Vec::new(), 0);
    while let Some(event) = stream.next().await {
        let event = event?;
        bytes += event.payload.len();
        events.push(event);
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    Ok(events)
}
