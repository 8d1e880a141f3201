//! Claims what is due and has it done.
//!
//! A claim is a lease by the database's time with a fence; whoever holds it does the deed within the lease or loses
//! it. A runner that was stopped and continued finds its fence outdated and writes nothing.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{ports::clock::Clock, time::Instant};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};
use tracing::{debug, error, warn};

use crate::{
    backoff::Backoff,
    db::{Db, DbError, Task},
};

/// What came of one try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// What was wanted is so, and recorded under the effect's id.
    Done,
    /// It is so for now, or was not to be had this time, and is looked at again later: what is wanted goes on.
    Again {
        /// When, in business time.
        due: Instant,
        /// Short code of what went wrong, if anything did; without anything about a person.
        code: Option<String>,
    },
    /// It did not work this time.
    Retry {
        /// The least pause, if the provider asked for one.
        after: Option<Duration>,
        /// Short code of the failure, without anything about a person.
        code: String,
        /// True when the call that was announced in this try surely did not take effect.
        surely_undone: bool,
    },
    /// Trying again cannot help: a person should look.
    GaveUp {
        /// Short code of the failure, without anything about a person.
        code: String,
    },
}

impl Outcome {
    /// Try again after the usual pause.
    pub fn retry(code: impl Into<String>) -> Self {
        Self::Retry {
            after: None,
            code: code.into(),
            surely_undone: false,
        }
    }
}

/// The log could not be asked or written; what was to be written is tried again later.
#[derive(Debug, thiserror::Error)]
#[error("the log does not answer")]
pub struct NoAnswer(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What the log says of an effect before it is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// True when its outcome stands there, also one that changed nothing.
    pub is_done: bool,
    /// How many attempts stand there.
    pub announced: u32,
}

/// Who does the deeds.
#[async_trait]
pub trait Hands: Send + Sync + 'static {
    /// What the log says of an effect.
    ///
    /// # Errors
    /// [`NoAnswer`].
    async fn look_up(&self, task: &Task) -> Result<Standing, NoAnswer>;

    /// Tries once. Safe to be called twice for one task, and to be dropped halfway.
    async fn perform(&self, task: &Task) -> Outcome;

    /// Records that the deed was given up.
    ///
    /// # Errors
    /// [`NoAnswer`].
    async fn give_up(&self, task: &Task, code: &str) -> Result<(), NoAnswer>;
}

/// How a runner works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// So many deeds at the same time.
    pub at_once: usize,
    /// How long a claim lasts.
    pub lease: Duration,
    /// How long one try may take; shorter than the lease, so that a late answer does not meet another holder.
    pub deadline: Duration,
    /// How often to look when nothing wakes the runner: other nodes write rows too, and leases run out.
    pub look: Duration,
    /// Pauses and number of tries.
    pub backoff: Backoff,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            at_once: 8,
            lease: Duration::from_secs(60),
            deadline: Duration::from_secs(50),
            look: Duration::from_secs(1),
            backoff: Backoff::default(),
        }
    }
}

/// Does what is due, until it is asked to stop.
pub struct Runner {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hands: Arc<dyn Hands>,
    pub(crate) pace: Pace,
    /// Rang when there may be something to do.
    pub(crate) bell: Arc<Notify>,
    /// Rang when something was done.
    pub(crate) done: Arc<Notify>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner")
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

impl Runner {
    /// Runs until `stop` becomes true, then waits for the deeds at hand.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut at_work = JoinSet::new();
        while !*stop.borrow_and_update() {
            let free = self.pace.at_once.saturating_sub(at_work.len());
            let claimed = match self.claim(free).await {
                Ok(tasks) => tasks,
                Err(error) => {
                    warn!(
                        error = &error as &dyn std::error::Error,
                        "effects not claimed, will retry"
                    );
                    Vec::new()
                }
            };
            let more = !claimed.is_empty() && claimed.len() == free;
            for task in claimed {
                let runner = Arc::clone(&self);
                at_work.spawn(async move { runner.work(&task).await });
            }
            if more && at_work.len() < self.pace.at_once {
                continue;
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = self.bell.notified() => {}
                Some(_) = at_work.join_next() => {}
                () = tokio::time::sleep(self.pace.look) => {}
            }
        }
        at_work.join_all().await;
    }

    async fn claim(&self, most: usize) -> Result<Vec<Task>, DbError> {
        if most == 0 {
            return Ok(Vec::new());
        }
        self.db.claim(self.clock.now(), most, self.pace.lease).await
    }

    /// Claims and does what is due now, one after the other, once. For tests.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn once(&self) -> Result<usize, DbError> {
        let tasks = self.claim(self.pace.at_once).await?;
        for task in &tasks {
            self.work(task).await;
        }
        Ok(tasks.len())
    }

    /// One try of a claimed deed, and what it leads to. Failures to write are left to the end of the lease.
    pub(crate) async fn work(&self, task: &Task) {
        let (task, outcome) = self.attempt(task.clone()).await;
        if let Err(error) = self.write(&task, outcome).await {
            warn!(
                effect.id = %task.effect, deed = task.deed.name(), attempt = task.attempt,
                error = &*error, "outcome of an effect not noted, will be looked up"
            );
        }
        self.done.notify_waiters();
        self.bell.notify_one();
    }

    /// The claim is looked at after the log: whoever announced a call that is seen there had claimed the effect before,
    /// and an announcement that comes later makes the one of this try be refused. So a runner that stood still for
    /// longer than its lease calls nobody.
    async fn attempt(&self, mut task: Task) -> (Task, Outcome) {
        let Ok(standing) = self.hands.look_up(&task).await else {
            return (task, Outcome::retry("log_unavailable"));
        };
        if standing.is_done {
            return (task, Outcome::Done);
        }
        match self.db.holds(&task).await {
            Ok(true) => {}
            Ok(false) => return (task, Outcome::retry("taken_over")),
            Err(_) => return (task, Outcome::retry("database_unavailable")),
        }
        task.announced = standing.announced.max(task.announced);
        task.in_doubt = task.restored || task.announced > task.cleared;
        let tried = tokio::time::timeout(self.pace.deadline, self.hands.perform(&task)).await;
        let outcome = tried.unwrap_or_else(|_| Outcome::retry("deadline"));
        if let Outcome::Retry {
            surely_undone: true, ..
        } = outcome
            && !task.in_doubt
        {
            task.cleared = task.announced + 1;
        }
        (task, outcome)
    }

    async fn write(
        &self,
        task: &Task,
        outcome: Outcome,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let held = match outcome {
            Outcome::Done => self.db.finish(task).await?,
            Outcome::Again { due, code } => self.db.put_off(task, due, code.as_deref()).await?,
            Outcome::Retry { after, code, .. } if task.tries < self.pace.backoff.tries => {
                let pause = self.pace.backoff.pause(task.effect, task.tries, after);
                debug!(effect.id = %task.effect, deed = task.deed.name(), attempt = task.attempt, %code, "effect failed, will retry");
                self.db.postpone(task, pause, &code).await?
            }
            // A dead letter is written by whoever still holds the effect.
            Outcome::Retry { .. } | Outcome::GaveUp { .. } if !self.db.holds(task).await? => false,
            Outcome::Retry { code, .. } | Outcome::GaveUp { code } => {
                self.hands.give_up(task, &code).await?;
                error!(effect.id = %task.effect, deed = task.deed.name(), attempt = task.attempt, %code, "effect given up");
                self.db.bury(task, &code).await?
            }
        };
        if !held {
            debug!(effect.id = %task.effect, deed = task.deed.name(), attempt = task.attempt, "effect was taken over meanwhile");
        }
        Ok(())
    }
}
