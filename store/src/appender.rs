//! The queue in front of a database: appends that wait together are stored in one transaction.
//!
//! One task takes what waits, asks its back end for everything the batch must know, decides in memory
//! ([`crate::batch`]), has the accepted appends written, and answers each caller once the transaction is durable. A back
//! end holds only its SQL, behind [`Writer`].

use std::{error::Error, fmt, io, sync::Arc, thread, time::Duration};

use async_trait::async_trait;
use domain::{
    envelope::{Position, StreamId},
    ids::CommandId,
};
use futures::executor::block_on;
use tokio::{
    runtime,
    sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch},
};

use crate::{
    batch::{Batch, Draft, Known, Size, measure},
    log::{Append, AppendError, BoxError, MAX_APPEND_BYTES, ReadError, Receipt},
};

/// How much may wait before callers are told that the log is busy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueLimits {
    /// Most appends.
    pub appends: usize,
    /// Most bytes of payloads and results; at least one append always fits.
    pub bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self {
            appends: 1024,
            bytes: 2 * MAX_APPEND_BYTES,
        }
    }
}

/// No further append joins a batch that has reached one of these; a batch exceeds them by one append at most.
const FULL_BATCH_APPENDS: usize = 512;
const FULL_BATCH: Size = Size {
    events: 5_000,
    bytes: 16 * 1024 * 1024,
};

/// What a caller waits at least when too much is waiting: a few batches on a slow disk.
const RETRY_AFTER: Duration = Duration::from_millis(50);

/// The part of the appender that differs between databases. Calls come in the order `begin`, `write`, `commit`, or
/// `abandon` instead of any but the first; or `assume`, `write_at_once` alone.
#[async_trait]
pub(crate) trait Writer: Send + 'static {
    /// True when its calls wait for sockets or timers, for which the thread then has a runtime. Without one, a thread that
    /// waits for appends is woken faster.
    const USES_SOCKETS: bool;

    /// What the batch must know, as far as it is remembered, and the rest as the appends expect it; `None` when that is
    /// not worth a try.
    fn assume(&mut self, _appends: &[&Append]) -> Option<Known> {
        None
    }

    /// Stores a batch for good in one round trip, if what was assumed is so. False: it is not, and nothing is stored.
    async fn write_at_once(&mut self, _batch: &Batch) -> Result<bool, Trouble> {
        Ok(false)
    }

    /// Opens a transaction in which nobody else can append, and reads what the batch must know.
    async fn begin(&mut self, streams: &[StreamId], commands: &[CommandId]) -> Result<Known, Trouble>;

    /// Stores the events and receipts of a batch, not yet for good.
    async fn write(&mut self, batch: &Batch) -> Result<(), Trouble>;

    /// Makes them durable.
    async fn commit(&mut self, batch: Batch) -> Result<(), Trouble>;

    /// Gives the transaction up, whatever state it is in; afterwards `begin` starts afresh.
    async fn abandon(&mut self);

    /// Lets go of the database in good order.
    async fn close(&mut self);
}

/// A database failed.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It did not take what it was given; other appends may do better.
    Statement(BoxError),
    /// It cannot be reached, or not be used.
    Connection(BoxError),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(_) | sqlx::Error::Encode(_) => Self::Statement(error.into()),
            // The library may add kinds; what is not about the statement is about the way to the database.
            other => Self::Connection(other.into()),
        }
    }
}

/// What is stored cannot be read, or the way to it is gone: either way no append can be decided.
impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        Self::Connection(error.into())
    }
}

/// A cause that several callers are told.
#[derive(Clone, Debug)]
struct Shared(Arc<BoxError>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Shared {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// The appender is gone: it was closed, or its task ended in a panic.
#[derive(Debug, thiserror::Error)]
#[error("the log was closed")]
struct Closed;

type Answer = Result<Receipt, AppendError>;

struct Job {
    draft: Draft,
    size: Size,
    answer: oneshot::Sender<Answer>,
    room: OwnedSemaphorePermit,
}

/// The queue and the task behind it.
#[derive(Debug)]
pub(crate) struct Appender {
    queue: mpsc::Sender<Job>,
    room: Arc<Semaphore>,
    limits: QueueLimits,
    closing: Arc<Notify>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Appender {
    /// Starts a thread of its own, so that neither queries nor callers that were just answered keep a batch waiting. It
    /// ends when the appender is closed or dropped, after what was waiting is stored.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start<W: Writer>(
        writer: W,
        limits: QueueLimits,
        tail: watch::Sender<Position>,
    ) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(limits.appends.max(1));
        let (end, ended) = oneshot::channel();
        let closing = Arc::new(Notify::new());
        let task = Task {
            writer,
            jobs,
            tail,
            closing: closing.clone(),
        };
        let run = task.run();
        let thread = thread::Builder::new().name("log-appender".to_owned());
        if W::USES_SOCKETS {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            thread.spawn(move || {
                runtime.block_on(run);
                drop(end);
            })?;
        } else {
            thread.spawn(move || {
                block_on(run);
                drop(end);
            })?;
        }
        Ok(Self {
            queue,
            room: Arc::new(Semaphore::new(limits.bytes)),
            limits,
            closing,
            ended: Mutex::new(Some(ended)),
        })
    }

    /// Queues an append and waits for its answer. The append goes on when the caller does not wait.
    pub(crate) async fn append(&self, append: Append) -> Answer {
        let size = measure(&append)?;
        let room = self.room(size)?;
        let (answer, answered) = oneshot::channel();
        let job = Job {
            draft: Draft::new(append),
            size,
            answer,
            room,
        };
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => busy(),
            mpsc::error::TrySendError::Closed(_) => unavailable(false, Closed),
        })?;
        answered.await.unwrap_or_else(|_| Err(unavailable(true, Closed)))
    }

    fn room(&self, size: Size) -> Result<OwnedSemaphorePermit, AppendError> {
        let bytes = u32::try_from(size.bytes.min(self.limits.bytes))
            .expect("an append that was measured has fewer bytes than four gigabytes");
        self.room
            .clone()
            .try_acquire_many_owned(bytes)
            .map_err(|_| busy())
    }

    /// Takes nothing more, stores what is waiting, and lets go of the database.
    pub(crate) async fn close(&self) {
        self.closing.notify_one();
        // Nothing is ever sent: the thread's end of the channel goes when the thread does.
        if let Some(ended) = self.ended.lock().await.take() {
            drop(ended.await);
        }
    }
}

const fn busy() -> AppendError {
    AppendError::Busy {
        retry_after: RETRY_AFTER,
    }
}

fn unavailable(outcome_unknown: bool, source: impl Into<BoxError>) -> AppendError {
    AppendError::Unavailable {
        outcome_unknown,
        source: source.into(),
    }
}

struct Task<W> {
    writer: W,
    jobs: mpsc::Receiver<Job>,
    tail: watch::Sender<Position>,
    closing: Arc<Notify>,
}

impl<W: Writer> Task<W> {
    async fn run(mut self) {
        while let Some(jobs) = self.next_batch().await {
            self.append(jobs).await;
        }
        self.writer.close().await;
    }

    /// What waits, or `None` when nothing will come any more.
    async fn next_batch(&mut self) -> Option<Vec<Job>> {
        let first = self.next_job().await?;
        let mut size = first.size;
        let mut jobs = vec![first];
        while jobs.len() < FULL_BATCH_APPENDS
            && size.events < FULL_BATCH.events
            && size.bytes < FULL_BATCH.bytes
            && let Ok(job) = self.jobs.try_recv()
        {
            size.events += job.size.events;
            size.bytes += job.size.bytes;
            jobs.push(job);
        }
        Some(jobs)
    }

    async fn next_job(&mut self) -> Option<Job> {
        if !self.jobs.is_closed() {
            tokio::select! {
                job = self.jobs.recv() => return job,
                () = self.closing.notified() => self.jobs.close(),
            }
        }
        self.jobs.recv().await
    }

    /// Stores a batch and answers its callers. When the database does not take a statement of a batch, each append is
    /// tried alone, so that one which cannot be stored does not fail its neighbours.
    async fn append(&mut self, mut jobs: Vec<Job>) {
        match self.store(&mut jobs).await {
            Ok(answers) => answer(jobs, answers),
            Err(Trouble::Statement(_)) if jobs.len() > 1 => {
                for job in jobs {
                    let mut jobs = [job];
                    let answers = match self.store(&mut jobs).await {
                        Ok(answers) => answers,
                        Err(trouble) => nothing_stored(1, trouble),
                    };
                    answer(jobs, answers);
                }
            }
            Err(trouble) => {
                let answers = nothing_stored(jobs.len(), trouble);
                answer(jobs, answers);
            }
        }
    }

    /// The answers to a batch, or what was in the way before anything could have been stored.
    async fn store(&mut self, jobs: &mut [Job]) -> Result<Vec<Answer>, Trouble> {
        if let Some(answers) = self.store_at_once(jobs).await {
            return Ok(answers);
        }
        let known = match self.begin(jobs).await {
            Ok(known) => known,
            Err(trouble) => return self.give_up(trouble).await,
        };
        let mut batch = Batch::new(known);
        let answers: Vec<_> = jobs.iter_mut().map(|job| batch.add(&mut job.draft)).collect();
        if batch.receipts.is_empty() {
            self.writer.abandon().await;
            return Ok(answers);
        }
        if let Err(trouble) = self.writer.write(&batch).await {
            return self.give_up(trouble).await;
        }
        let end = batch.head().position;
        if let Err(trouble) = self.writer.commit(batch).await {
            self.writer.abandon().await;
            return Ok(outcome_unknown(answers, trouble));
        }
        advance(&self.tail, end);
        Ok(answers)
    }

    /// The answers to a batch that was stored on assumptions. `None`: nothing is stored. A batch in which something would
    /// be refused is not tried, because only what was read for certain is a reason to refuse.
    async fn store_at_once(&mut self, jobs: &mut [Job]) -> Option<Vec<Answer>> {
        let appends: Vec<_> = jobs.iter().map(|job| job.draft.append()).collect();
        let mut batch = Batch::new(self.writer.assume(&appends)?);
        let answers: Vec<_> = jobs.iter_mut().map(|job| batch.add(&mut job.draft)).collect();
        if answers.iter().any(Result::is_err) {
            return None;
        }
        match self.writer.write_at_once(&batch).await {
            Ok(true) => {
                advance(&self.tail, batch.head().position);
                Some(answers)
            }
            Ok(false) | Err(Trouble::Statement(_)) => None,
            Err(trouble @ Trouble::Connection(_)) => {
                self.writer.abandon().await;
                Some(outcome_unknown(answers, trouble))
            }
        }
    }

    async fn begin(&mut self, jobs: &[Job]) -> Result<Known, Trouble> {
        let appends = || jobs.iter().map(|job| job.draft.append());
        let mut streams: Vec<_> = appends()
            .flat_map(|append| &append.writes)
            .map(|write| write.stream)
            .collect();
        let mut commands: Vec<_> = appends().map(|append| append.command.command_id).collect();
        streams.sort_unstable();
        streams.dedup();
        commands.sort_unstable();
        commands.dedup();
        self.writer.begin(&streams, &commands).await
    }

    async fn give_up<T>(&mut self, trouble: Trouble) -> Result<T, Trouble> {
        self.writer.abandon().await;
        Err(trouble)
    }
}

/// Tells followers of a position that is readable now; never goes back.
pub(crate) fn advance(tail: &watch::Sender<Position>, position: Position) {
    tail.send_if_modified(|seen| {
        let is_later = position > *seen;
        *seen = position.max(*seen);
        is_later
    });
}

/// A caller that went away does not hear its answer; its append stands all the same.
fn answer(jobs: impl IntoIterator<Item = Job>, answers: Vec<Answer>) {
    let told = jobs.into_iter().zip(answers).map(|(job, answer)| {
        // Its room first: whoever is answered may append again at once.
        drop(job.room);
        drop(job.answer.send(answer));
        job.draft
    });
    // What is left of the appends goes when nobody waits any more.
    drop(told.collect::<Vec<_>>());
}

fn nothing_stored(jobs: usize, trouble: Trouble) -> Vec<Answer> {
    let cause = cause(trouble);
    (0..jobs)
        .map(|_| Err(unavailable(false, cause.clone())))
        .collect()
}

/// After a commit that failed: nobody knows whether the accepted appends are stored, and so neither what they repeat.
fn outcome_unknown(answers: Vec<Answer>, trouble: Trouble) -> Vec<Answer> {
    let cause = cause(trouble);
    let mark = |answer| match answer {
        Ok(_) | Err(AppendError::Duplicate(_)) => Err(unavailable(true, cause.clone())),
        refused @ Err(_) => refused,
    };
    answers.into_iter().map(mark).collect()
}

fn cause(trouble: Trouble) -> Shared {
    match trouble {
        Trouble::Statement(cause) | Trouble::Connection(cause) => Shared(Arc::new(cause)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex as StdMutex, MutexGuard};

    use futures::future::join_all;

    use super::*;
    use crate::{
        batch::Head,
        contract::{append, event, write},
    };

    /// A database that fails when it is told to, and remembers how large its batches were.
    #[derive(Debug)]
    struct Told {
        head: Head,
        batches: Vec<usize>,
        fail_write: bool,
        /// How many commits go well before one fails.
        good_commits: Option<usize>,
    }

    struct Fake {
        told: Arc<StdMutex<Told>>,
        begun: Arc<Notify>,
        gate: Arc<Semaphore>,
        written: Option<(Head, usize)>,
    }

    fn failed() -> Trouble {
        Trouble::Connection("the disk is gone".into())
    }

    impl Fake {
        fn told(&self) -> MutexGuard<'_, Told> {
            self.told.lock().unwrap()
        }
    }

    #[async_trait]
    impl Writer for Fake {
        const USES_SOCKETS: bool = false;

        async fn begin(&mut self, _: &[StreamId], _: &[CommandId]) -> Result<Known, Trouble> {
            self.begun.notify_one();
            drop(self.gate.acquire().await.unwrap());
            Ok(Known {
                head: self.told().head,
                versions: [].into(),
                receipts: [].into(),
            })
        }

        async fn write(&mut self, batch: &Batch) -> Result<(), Trouble> {
            self.written = Some((*batch.head(), batch.receipts.len()));
            if std::mem::take(&mut self.told().fail_write) {
                return Err(failed());
            }
            Ok(())
        }

        async fn commit(&mut self, _: Batch) -> Result<(), Trouble> {
            let (head, receipts) = self.written.take().unwrap();
            let mut told = self.told();
            match told.good_commits {
                Some(0) => {
                    told.good_commits = None;
                    return Err(failed());
                }
                Some(good) => told.good_commits = Some(good - 1),
                None => {}
            }
            told.head = head;
            told.batches.push(receipts);
            Ok(())
        }

        async fn abandon(&mut self) {
            self.written = None;
        }

        async fn close(&mut self) {}
    }

    struct Setup {
        appender: Appender,
        told: Arc<StdMutex<Told>>,
        begun: Arc<Notify>,
        gate: Arc<Semaphore>,
        tail: watch::Receiver<Position>,
    }

    /// An appender whose database answers once the gate is opened.
    fn setup(limits: QueueLimits) -> Setup {
        let told = Arc::new(StdMutex::new(Told {
            head: Head::START,
            batches: Vec::new(),
            fail_write: false,
            good_commits: None,
        }));
        let begun = Arc::new(Notify::new());
        let gate = Arc::new(Semaphore::new(0));
        let fake = Fake {
            told: told.clone(),
            begun: begun.clone(),
            gate: gate.clone(),
            written: None,
        };
        let tail = watch::Sender::new(Position::START);
        Setup {
            tail: tail.subscribe(),
            appender: Appender::start(fake, limits, tail).unwrap(),
            told,
            begun,
            gate,
        }
    }

    impl Setup {
        /// Appends that all wait while the database is busy with another one, so that they make one batch.
        async fn together(&self, appends: impl IntoIterator<Item = Append>) -> Vec<Answer> {
            let waiting = async {
                self.begun.notified().await;
                let appends = join_all(appends.into_iter().map(|append| self.appender.append(append)));
                tokio::join!(appends, async { self.gate.add_permits(1) }).0
            };
            let (first, answers) = tokio::join!(self.appender.append(one(1_000)), waiting);
            assert!(first.is_ok());
            answers
        }
    }

    fn one(number: u64) -> Append {
        Append {
            writes: vec![write(number, 0, vec![event("happened")])],
            ..append(number)
        }
    }

    fn conflicting(number: u64) -> Append {
        Append {
            writes: vec![write(number, 5, vec![])],
            ..append(number)
        }
    }

    fn unknown(answer: &Answer) -> Option<bool> {
        match answer {
            Err(AppendError::Unavailable { outcome_unknown, .. }) => Some(*outcome_unknown),
            Ok(_) | Err(_) => None,
        }
    }

    #[tokio::test]
    async fn appends_that_wait_together_are_stored_together() {
        let setup = setup(QueueLimits::default());

        let answers = setup.together((1..=20).map(one)).await;

        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(setup.told.lock().unwrap().batches, [1, 20]);
        assert_eq!(*setup.tail.borrow(), Position(21));
    }

    #[tokio::test]
    async fn after_a_failed_commit_the_outcome_is_unknown_to_those_accepted() {
        let setup = setup(QueueLimits::default());
        setup.told.lock().unwrap().good_commits = Some(1);

        let answers = setup.together([one(1), conflicting(2), one(3), one(1)]).await;

        let unknown: Vec<_> = answers.iter().map(unknown).collect();
        assert_eq!(unknown, [Some(true), None, Some(true), Some(true)]);
        assert!(matches!(answers[1], Err(AppendError::Conflict { .. })));
        assert_eq!(*setup.tail.borrow(), Position(1));
    }

    #[tokio::test]
    async fn after_a_failed_commit_the_head_is_read_again() {
        let setup = setup(QueueLimits::default());
        setup.gate.add_permits(1);
        setup.told.lock().unwrap().good_commits = Some(0);
        assert!(setup.appender.append(one(1)).await.is_err());
        // Another node appended meanwhile.
        setup.told.lock().unwrap().head.position = Position(41);

        let receipt = setup.appender.append(one(2)).await.unwrap();

        assert_eq!(receipt.position, Position(42));
    }

    #[tokio::test]
    async fn what_fails_before_the_commit_is_known_not_to_have_happened() {
        let setup = setup(QueueLimits::default());
        setup.gate.add_permits(1);
        setup.told.lock().unwrap().fail_write = true;

        let failed = setup.appender.append(one(1)).await;
        let again = setup.appender.append(one(1)).await;

        assert_eq!(unknown(&failed), Some(false));
        assert_eq!(again.unwrap().position, Position(1));
    }

    #[tokio::test]
    async fn a_batch_in_which_nothing_is_accepted_is_not_committed() {
        let setup = setup(QueueLimits::default());
        setup.gate.add_permits(1);

        let refused = setup.appender.append(conflicting(1)).await;

        assert!(matches!(refused, Err(AppendError::Conflict { .. })));
        assert!(setup.told.lock().unwrap().batches.is_empty());
    }

    #[tokio::test]
    async fn more_bytes_than_may_wait_are_busy() {
        let setup = setup(QueueLimits {
            appends: 100,
            bytes: 1_000,
        });
        let large = |number| Append {
            result: vec![b'x'; 600],
            ..append(number)
        };

        let answers = tokio::join!(
            setup.appender.append(large(1)),
            setup.appender.append(large(2)),
            async { setup.gate.add_permits(1) },
        );

        assert!(answers.0.is_ok());
        assert!(matches!(answers.1, Err(AppendError::Busy { .. })));
        assert!(setup.appender.append(large(3)).await.is_ok());
    }

    #[tokio::test]
    async fn one_append_larger_than_may_wait_is_taken_alone() {
        let setup = setup(QueueLimits {
            appends: 100,
            bytes: 1_000,
        });
        setup.gate.add_permits(1);
        let large = Append {
            result: vec![b'x'; 5_000],
            ..append(1)
        };

        assert!(setup.appender.append(large).await.is_ok());
    }

    #[tokio::test]
    async fn an_append_whose_caller_went_away_is_stored() {
        let mut setup = setup(QueueLimits::default());
        let caller = setup.appender.append(one(1));

        assert!(tokio::time::timeout(Duration::ZERO, caller).await.is_err());
        setup.gate.add_permits(1);

        setup
            .tail
            .wait_for(|position| *position == Position(1))
            .await
            .unwrap();
        assert_eq!(setup.told.lock().unwrap().batches, [1]);
    }
}
