//! The cluster, through its official client, whose traps end here.
//!
//! - One failed connect ends a client for good, and one whose node fell away keeps to it: after such a failure the
//!   client is made anew, with growing pauses.
//! - Its tasks never end by themselves: each client has a runtime of its own, which is shut down with it.
//! - It leaves Nagle's algorithm on, and ends an append in a packet of its own: on a quiet connection to a node that
//!   acknowledges late, an append takes 40 ms more. Nothing outside of the client can change that.
//! - It keeps no deadlines itself: every call has one here.
//! - A subscription that the server ends in good order spins for ever: pages are read instead, bounded by a count.
//! - Its first connection installs the process's rustls provider and panics when there is one: [`Cluster::connect`]
//!   waits for it, so that it comes before anything else asks for TLS.
//! - An append without an exact revision stores the same event twice when it is sent twice: there is no way to make one
//!   here.

use std::{sync::Arc, time::Duration};

use eventstore::{
    AppendToStreamOptions, Client, ClientSettings, CurrentRevision, Error, EventData, ExpectedRevision,
    Position, ReadAllOptions, ReadStream, ReadStreamOptions, RecordedEvent, StreamPosition,
};
use futures::{FutureExt, future::BoxFuture};
use tokio::{
    runtime::Handle,
    sync::{Mutex, oneshot},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

/// How long a node may take to answer an append.
const APPEND_DEADLINE: Duration = Duration::from_secs(5);
/// How long a page may take.
const READ_DEADLINE: Duration = Duration::from_secs(20);
/// Pause before a failed client is made anew: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A page ends early once its payloads have so many bytes, so that memory is bounded by this and one payload.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A call to the cluster that failed.
#[derive(Debug, thiserror::Error)]
#[error("the cluster did not answer")]
pub(crate) struct Trouble {
    /// True when it may have been carried out.
    pub(crate) outcome_unknown: bool,
    /// True when it will be answered in the same way again.
    pub(crate) refused: bool,
    #[source]
    source: Cause,
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Client(#[from] Error),
    #[error("the time is up")]
    Late,
    #[error("what is to be sent cannot be written")]
    Unsendable(#[source] serde_json::Error),
}

impl Trouble {
    /// What was to be sent could not even be written down.
    pub(crate) const fn unsendable(error: serde_json::Error) -> Self {
        Self {
            outcome_unknown: false,
            refused: true,
            source: Cause::Unsendable(error),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let (outcome_unknown, refused) = match &error {
            Error::ConnectionClosed | Error::GrpcConnectionError(_) | Error::NotLeaderException(_) => {
                (false, false)
            }
            Error::AccessDenied
            | Error::UnsupportedFeature
            | Error::ResourceDeleted
            | Error::InitializationError(_)
            | Error::Grpc { .. } => (false, true),
            Error::ServerError(_)
            | Error::DeadlineExceeded
            | Error::InternalParsingError(_)
            | Error::ResourceAlreadyExists
            | Error::ResourceNotFound
            | Error::InternalClientError
            | Error::IllegalStateError(_)
            | Error::WrongExpectedVersion { .. } => (true, false),
        };
        Self {
            outcome_unknown,
            refused,
            source: error.into(),
        }
    }
}

/// What came of an append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Appended {
    /// The events stand where they were expected to, now or already before.
    Written,
    /// The stream holds so many events, another number than expected.
    Elsewhere { actual: u64 },
}

/// Some of what was asked for.
#[derive(Debug)]
pub(crate) struct Page {
    /// In the order asked.
    pub(crate) events: Vec<RecordedEvent>,
    /// True when there may be more.
    pub(crate) more: bool,
}

/// A cluster, with a client that is made anew when it has to be.
pub(crate) struct Cluster {
    settings: ClientSettings,
    patience: Duration,
    current: Mutex<Current>,
}

/// One call with a client.
type Call<T> = dyn Fn(Client) -> BoxFuture<'static, Result<T, Error>> + Send + Sync;

/// A client and the runtime it lives on, which ends with it.
struct Session {
    client: Client,
    runtime: Handle,
    _end: oneshot::Sender<()>,
}

impl Session {
    fn start(settings: ClientSettings) -> Result<Self, Trouble> {
        let impossible = |error: std::io::Error| Trouble::from(Error::InitializationError(error.to_string()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(impossible)?;
        let handle = runtime.handle().clone();
        let client = Client::with_runtime_handle(handle.clone(), settings)?;
        let (end, ended) = oneshot::channel();
        std::thread::Builder::new()
            .name("kurrent".to_owned())
            .spawn(move || {
                // The sender is dropped, never used.
                let _ = runtime.block_on(ended);
            })
            .map_err(impossible)?;
        Ok(Self {
            client,
            runtime: handle,
            _end: end,
        })
    }

    /// Calls on the client's own runtime. When the caller goes away the call ends too.
    async fn call<T: Send + 'static>(&self, call: &Call<T>) -> Result<T, Error> {
        let task = AbortOnDropHandle::new(self.runtime.spawn(call(self.client.clone())));
        // The runtime ends only with its session, so this is a call that failed by itself.
        task.await.unwrap_or(Err(Error::InternalClientError))
    }
}

struct Current {
    client: Option<Arc<Session>>,
    generation: u64,
    not_before: Instant,
    pause: Duration,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The settings may hold a password.
        f.write_str("Cluster")
    }
}

impl Cluster {
    /// Connects, and tries again for as long as `patience`.
    pub(crate) async fn connect(settings: ClientSettings, patience: Duration) -> Result<Self, Trouble> {
        let cluster = Self {
            settings,
            patience,
            current: Mutex::new(Current {
                client: None,
                generation: 0,
                not_before: Instant::now(),
                pause: FIRST_PAUSE,
            }),
        };
        cluster
            .patiently(&|client| async move { client.server_info().await }.boxed())
            .await?;
        Ok(cluster)
    }

    async fn client(&self) -> Result<(Arc<Session>, u64), Trouble> {
        let mut current = self.current.lock().await;
        if let Some(client) = &current.client {
            return Ok((client.clone(), current.generation));
        }
        sleep_until(current.not_before).await;
        let client = Arc::new(Session::start(self.settings.clone())?);
        current.client = Some(client.clone());
        current.generation += 1;
        Ok((client, current.generation))
    }

    /// Lets go of a client after a failure that it will not recover from.
    async fn report(&self, trouble: &Trouble, generation: u64) {
        let broken = match &trouble.source {
            Cause::Client(
                Error::ConnectionClosed
                | Error::GrpcConnectionError(_)
                | Error::ServerError(_)
                | Error::InitializationError(_),
            )
            | Cause::Late => true,
            Cause::Client(
                // After this it goes to the leader by itself.
                Error::NotLeaderException(_)
                | Error::Grpc { .. }
                | Error::InternalParsingError(_)
                | Error::AccessDenied
                | Error::ResourceAlreadyExists
                | Error::ResourceNotFound
                | Error::ResourceDeleted
                | Error::UnsupportedFeature
                | Error::InternalClientError
                | Error::DeadlineExceeded
                | Error::IllegalStateError(_)
                | Error::WrongExpectedVersion { .. },
            )
            | Cause::Unsendable(_) => false,
        };
        let mut current = self.current.lock().await;
        if broken && current.generation == generation {
            current.client = None;
            current.not_before = Instant::now() + current.pause;
            current.pause = (current.pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Calls once.
    async fn call<T: Send + 'static>(&self, deadline: Duration, call: &Call<T>) -> Result<T, Trouble> {
        let (session, generation) = self.client().await?;
        let called = match timeout(deadline, session.call(call)).await {
            Ok(Ok(answer)) => {
                let mut current = self.current.lock().await;
                current.pause = FIRST_PAUSE;
                return Ok(answer);
            }
            Ok(Err(error)) => Trouble::from(error),
            Err(_) => Trouble {
                outcome_unknown: true,
                refused: false,
                source: Cause::Late,
            },
        };
        self.report(&called, generation).await;
        Err(called)
    }

    /// Calls until there is an answer, for as long as is bearable: for what may be done several times.
    async fn patiently<T: Send + 'static>(&self, call: &Call<T>) -> Result<T, Trouble> {
        let until = Instant::now() + self.patience;
        let mut pause = FIRST_PAUSE;
        loop {
            let trouble = match self.call(READ_DEADLINE, call).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) if trouble.refused || Instant::now() + pause > until => return Err(trouble),
                Err(trouble) => trouble,
            };
            warn!(error = %trouble.source, "a call to the cluster failed, it is made again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Appends once, to a stream that holds exactly so many events.
    pub(crate) async fn append(
        &self,
        stream: &str,
        expected: u64,
        events: &[EventData],
    ) -> Result<Appended, Trouble> {
        let revision = match expected.checked_sub(1) {
            None => ExpectedRevision::NoStream,
            Some(last) => ExpectedRevision::Exact(last),
        };
        let options = AppendToStreamOptions::default()
            .expected_revision(revision)
            .requires_leader(true)
            .deadline(APPEND_DEADLINE);
        // Longer than the node's own deadline, which says more when it is over.
        let deadline = APPEND_DEADLINE + Duration::from_secs(1);
        let (stream, events) = (stream.to_owned(), events.to_vec());
        let append = move |client: Client| {
            let (stream, options, events) = (stream.clone(), options.clone(), events.clone());
            async move {
                match client.append_to_stream(stream, &options, events).await {
                    Ok(_) => Ok(Appended::Written),
                    Err(Error::WrongExpectedVersion { current, .. }) => Ok(Appended::Elsewhere {
                        actual: match current {
                            CurrentRevision::NoStream => 0,
                            CurrentRevision::Current(last) => last + 1,
                        },
                    }),
                    Err(error) => Err(error),
                }
            }
            .boxed()
        };
        self.call(deadline, &append).await
    }

    /// Events of a stream from the one behind `after` others on; none when there is no such stream.
    pub(crate) async fn stream(&self, stream: &str, after: u64, most: usize) -> Result<Page, Trouble> {
        let options = ReadStreamOptions::default()
            .position(StreamPosition::Position(after))
            .forwards()
            .max_count(most)
            .requires_leader(true);
        let stream = stream.to_owned();
        let read = move |client: Client| {
            let (stream, options) = (stream.clone(), options.clone());
            async move {
                let found = match client.read_stream(stream, &options).await {
                    Ok(reading) => page(reading, most, None).await,
                    Err(error) => Err(error),
                };
                match found {
                    Err(Error::ResourceNotFound) => Ok(Page {
                        events: Vec::new(),
                        more: false,
                    }),
                    other => other,
                }
            }
            .boxed()
        };
        self.patiently(&read).await
    }

    /// Everything that stands in the cluster, from a position and including what stands there.
    pub(crate) async fn all(&self, from: Option<Position>, most: usize) -> Result<Page, Trouble> {
        let options = ReadAllOptions::default()
            .position(from.map_or(StreamPosition::Start, StreamPosition::Position))
            .forwards()
            .max_count(most)
            .requires_leader(true);
        let read = move |client: Client| {
            let options = options.clone();
            async move { page(client.read_all(&options).await?, most, from).await }.boxed()
        };
        self.patiently(&read).await
    }
}

/// Reads a page. The event at `known` was read before, so it does not count: a page always brings something new.
async fn page(mut reading: ReadStream, most: usize, known: Option<Position>) -> Result<Page, Error> {
    let mut events = Vec::new();
    let mut bytes = 0;
    while bytes < PAGE_BYTES
        && let Some(found) = reading.next().await?
    {
        // A link whose event is gone has none.
        let Some(event) = found.event else { continue };
        if known != Some(event.position) {
            bytes += event.data.len() + event.custom_metadata.len();
        }
        events.push(event);
    }
    Ok(Page {
        more: bytes >= PAGE_BYTES || events.len() >= most,
        events,
    })
}
