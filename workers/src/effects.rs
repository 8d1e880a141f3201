//! The handle that starts following the log and doing what it wants, and stops both.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::ports::clock::Clock;
use store::{codec::Codec, log::Log};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use tracing::warn;

use crate::{
    db::{Counts, Db, DbError},
    dispatcher::{DispatchError, Dispatcher},
    runner::{Hands, Pace, Runner},
};

/// Following and doing, at work.
#[derive(Debug)]
pub struct Effects {
    db: Db,
    dispatcher: Dispatcher,
    runner: Arc<Runner>,
    stop: watch::Sender<bool>,
    at_work: Mutex<Vec<JoinHandle<()>>>,
}

impl Effects {
    /// Starts to follow the log and to do what is due. `clock_moved` changes whenever a clock is moved by hand; for a
    /// clock that only runs there is none.
    pub fn start(
        log: Arc<dyn Log>,
        codec: Codec,
        db: Db,
        clock: Arc<dyn Clock>,
        hands: Arc<dyn Hands>,
        pace: Pace,
        clock_moved: Option<watch::Receiver<domain::time::Instant>>,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let dispatcher = Dispatcher::new(Arc::clone(&log), codec, db.clone());
        let runner = Arc::new(Runner {
            db: db.clone(),
            clock,
            hands,
            pace,
            bell: Arc::new(Notify::new()),
            done: Arc::new(Notify::new()),
        });
        let mut at_work = vec![
            tokio::spawn(follow(
                dispatcher.clone(),
                log,
                Arc::clone(&runner.bell),
                stopped.clone(),
            )),
            tokio::spawn(Arc::clone(&runner).run(stopped.clone())),
        ];
        if let Some(moved) = clock_moved {
            at_work.push(tokio::spawn(ring(moved, Arc::clone(&runner.bell), stopped)));
        }
        Self {
            db,
            dispatcher,
            runner,
            stop,
            at_work: Mutex::new(at_work),
        }
    }

    /// Waits until everything in the log was heard and nothing is left that is due at the clock's present time. What
    /// was given up is not waited for; what waits for another try is.
    ///
    /// # Errors
    /// [`DispatchError`], when the log cannot be followed.
    pub async fn until_idle(&self) -> Result<Counts, DispatchError> {
        loop {
            let done = self.runner.done.notified();
            tokio::pin!(done);
            done.as_mut().enable();
            let before = self.dispatcher.catch_up().await?;
            self.runner.bell.notify_one();
            let counts = self.db.counts(self.runner.clock.now()).await?;
            // A deed that was done in between may have led to new events.
            if counts.due == 0 && self.dispatcher.catch_up().await? == before {
                return Ok(counts);
            }
            // Also looks again by itself, because another node may be the one that does it.
            let _ = tokio::time::timeout(LOOK, done).await;
        }
    }

    /// How many effects are open, due, done and given up at the clock's present time.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn counts(&self) -> Result<Counts, DbError> {
        self.db.counts(self.runner.clock.now()).await
    }

    /// Forgets every effect row and finds all of them again in the log. Nothing is done before that has reached the
    /// head.
    ///
    /// # Errors
    /// [`DispatchError`]; following goes on from where it came to.
    pub async fn rebuild(&self) -> Result<(), DispatchError> {
        rebuild(&self.dispatcher, &self.db).await
    }

    /// Asks for the end, and waits for the deeds at hand.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let at_work = std::mem::take(&mut *self.at_work.lock().unwrap_or_else(PoisonError::into_inner));
        for task in at_work {
            // A task that panicked has said so already.
            let _ = task.await;
        }
    }
}

/// How often to look when nothing rings.
const LOOK: Duration = Duration::from_millis(200);
/// The pause after the log or the database failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Forgets every effect row and finds all of them again, without a runner at work.
///
/// # Errors
/// [`DispatchError`].
pub async fn rebuild(dispatcher: &Dispatcher, db: &Db) -> Result<(), DispatchError> {
    db.forget().await?;
    dispatcher.catch_up().await.map(drop)
}

async fn follow(
    dispatcher: Dispatcher,
    log: Arc<dyn Log>,
    bell: Arc<Notify>,
    mut stop: watch::Receiver<bool>,
) {
    let mut tail = log.tail();
    while !*stop.borrow_and_update() {
        tail.borrow_and_update();
        let pause = match dispatcher.catch_up().await {
            Ok(_) => None,
            Err(error) => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "log not followed for effects, will retry"
                );
                Some(PAUSE)
            }
        };
        bell.notify_one();
        tokio::select! {
            _ = stop.changed() => {}
            Ok(()) = tail.changed(), if pause.is_none() => {}
            // Also when nothing rings: a notice of another node may be lost.
            () = tokio::time::sleep(pause.unwrap_or(10 * PAUSE)) => {}
        }
    }
}

async fn ring(
    mut moved: watch::Receiver<domain::time::Instant>,
    bell: Arc<Notify>,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow_and_update() {
        tokio::select! {
            _ = stop.changed() => {}
            changed = moved.changed() => {
                if changed.is_err() {
                    return;
                }
                bell.notify_one();
            }
        }
    }
}
