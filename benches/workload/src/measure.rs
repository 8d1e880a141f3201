//! Callers that work at the same time, and what came of it.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::sync::Barrier;

use crate::availability::Step;

/// What one round showed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Round {
    /// Commands a second, of all callers together.
    pub per_second: f64,
    /// Half of the commands took at most so many microseconds.
    pub p50_us: f64,
    /// 99 of 100 commands took at most so many microseconds.
    pub p99_us: f64,
}

impl Round {
    /// From how long it took altogether, and each command by itself.
    pub fn of(elapsed: Duration, mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        let at = |share: usize| {
            let index = latencies.len().saturating_sub(1) * share / 100;
            latencies
                .get(index)
                .map_or(0.0, |latency| latency.as_secs_f64() * 1e6)
        };
        Self {
            per_second: latencies.len() as f64 / elapsed.as_secs_f64(),
            p50_us: at(50),
            p99_us: at(99),
        }
    }
}

/// Lets `callers` tasks give `commands` commands each, one after the other, all starting at once.
pub async fn tasks<F>(callers: u64, commands: u64, run: impl Fn(Step) -> F + Clone + Send + 'static) -> Round
where
    F: Future<Output = ()> + Send,
{
    let start = Arc::new(Barrier::new(usize::try_from(callers).unwrap_or(usize::MAX) + 1));
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let (start, run) = (start.clone(), run.clone());
            tokio::spawn(async move {
                start.wait().await;
                let mut latencies = Vec::with_capacity(usize::try_from(commands).unwrap_or(0));
                for number in 0..commands {
                    let began = Instant::now();
                    run(Step { caller, number }).await;
                    latencies.push(began.elapsed());
                }
                latencies
            })
        })
        .collect();
    start.wait().await;
    let began = Instant::now();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("a caller failed"));
    }
    Round::of(began.elapsed(), latencies)
}
