//! The contract suite of the log, on the stand-in or on a real node.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    envelope::{Position, StreamId},
    ids::CommandId,
    time::Instant,
};
use kurrent::log::{KurrentLog, Settings};
use store::{
    appender::QueueLimits,
    contract::{Home, Kept, run, run_kept},
    log::{Append, AppendError, Capabilities, Events, Log, Query, ReadError, Receipt},
};
use tokio::sync::watch;

use crate::support::{Ground, on_a_node};

macro_rules! kurrent_cases {
    ($($case:ident)*) => {
        mod cases {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    on_a_node(async |ground| {
                        run(stringify!($case), Arc::new(ground.open().await)).await;
                    })
                    .await;
                }
            )*
        }
    };
}
store::contract_cases!(kurrent_cases);

macro_rules! kurrent_kept_cases {
    ($($case:ident)*) => {
        mod kept_cases {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    on_a_node(async |ground| run_kept(stringify!($case), &ground).await).await;
                }
            )*
        }
    };
}
store::kept_cases!(kurrent_kept_cases);

/// The log as something to be closed: neither the trait nor the log is of this crate.
struct Closable(KurrentLog);

#[async_trait]
impl Home for Ground {
    async fn open(&self, limits: QueueLimits) -> Arc<dyn Kept> {
        let settings = Settings {
            limits,
            ..self.settings()
        };
        Arc::new(Closable(self.open_with(settings).await))
    }
}

#[async_trait]
impl Kept for Closable {
    async fn close(&self) {
        self.0.close().await;
    }
}

#[async_trait]
impl Log for Closable {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        self.0.append(append).await
    }

    fn read(&self, query: Query) -> Events<'_> {
        self.0.read(query)
    }

    async fn versions(&self, streams: &[StreamId]) -> Result<Vec<u64>, ReadError> {
        self.0.versions(streams).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.0.head().await
    }

    async fn position_at(&self, moment: Instant) -> Result<Position, ReadError> {
        self.0.position_at(moment).await
    }

    async fn last_recorded_at(&self) -> Result<Option<Instant>, ReadError> {
        self.0.last_recorded_at().await
    }

    async fn receipt(&self, command: CommandId) -> Result<Option<Receipt>, ReadError> {
        self.0.receipt(command).await
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.0.tail()
    }
}
