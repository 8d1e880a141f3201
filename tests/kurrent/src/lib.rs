//! A node of KurrentDB for tests: the part of its protocol that official clients use, over real gRPC, in memory.
//!
//! It answers `ServerFeatures`, `Gossip`, and `Read`, `Append`, `BatchAppend` and `Delete` of `Streams`. What it does
//! not know (subscriptions, filters on the server) it refuses aloud. Revisions, idempotence of appends, positions with
//! gaps, events of the node itself between those of its users, and the limit of an append are as on a real node; that
//! an official client of another language works with it is a test of its users.
//!
//! What a test can do: [`StandIn::refuse`] and [`StandIn::accept`] (a restart keeps what is stored), [`StandIn::meet`]
//! one call with a [`Fault`], and look at what is stored.

mod calls;
mod faults;
mod node;
mod wire;

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::broadcast,
    task::JoinHandle,
};

use crate::{calls::Calls, faults::Faults, node::Node};

pub use crate::faults::{Fault, On};

/// A node that listens on a port of its own.
#[derive(Debug)]
pub struct StandIn {
    shared: Arc<Shared>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    node: Mutex<Node>,
    pub(crate) faults: Faults,
    pub(crate) address: SocketAddr,
    pub(crate) calls: AtomicU64,
    cut: broadcast::Sender<()>,
}

impl Shared {
    pub(crate) fn node(&self) -> MutexGuard<'_, Node> {
        self.node.lock().expect("the node does not panic")
    }

    /// Ends every connection as a power cut would.
    pub(crate) fn cut(&self) {
        // Nobody listens when there are no connections.
        let _ = self.cut.send(());
    }
}

/// One stored event, as a test may look at it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEvent {
    /// Commit position.
    pub position: u64,
    /// Name of its stream.
    pub stream: String,
    /// Place in the stream, counted from 0.
    pub revision: u64,
    /// Its type.
    pub event_type: String,
    /// The bytes that came as its data.
    pub data: Vec<u8>,
    /// The bytes that came as its metadata.
    pub metadata: Vec<u8>,
}

impl StandIn {
    /// A node that takes appends of at most so many bytes, and listens.
    pub async fn start(max_append_size: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("the listener is bound");
        let shared = Arc::new(Shared {
            node: Mutex::new(Node::new(max_append_size)),
            faults: Faults::default(),
            address,
            calls: AtomicU64::new(0),
            cut: broadcast::channel(1).0,
        });
        let listening = tokio::spawn(listen(shared.clone(), listener));
        Self {
            shared,
            listening: Mutex::new(Some(listening)),
        }
    }

    /// Its connection string.
    pub fn url(&self) -> String {
        format!("esdb://{}?tls=false", self.shared.address)
    }

    /// Stops listening and cuts all connections. What is stored stays.
    pub async fn refuse(&self) {
        let listening = self
            .listening
            .lock()
            .expect("no test panics with this lock")
            .take();
        if let Some(listening) = listening {
            listening.abort();
            // It ends by having been aborted.
            let _ = listening.await;
        }
        self.shared.cut();
    }

    /// Listens again, on the same port.
    pub async fn accept(&self) {
        let listener = TcpListener::bind(self.shared.address)
            .await
            .expect("the port is still ours");
        let listening = tokio::spawn(listen(self.shared.clone(), listener));
        *self.listening.lock().expect("no test panics with this lock") = Some(listening);
    }

    /// Lets `passing` calls of a kind through, and meets the next one with a fault.
    pub fn meet(&self, on: On, passing: usize, fault: Fault) {
        self.shared.faults.push(on, passing, fault);
    }

    /// Forgets the faults that have not met their call.
    pub fn mend(&self) {
        self.shared.faults.clear();
    }

    /// True when every fault has met its call.
    pub fn met_all(&self) -> bool {
        self.shared.faults.is_empty()
    }

    /// How many calls came so far.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// What users have stored, in order of position.
    pub fn stored(&self) -> Vec<StoredEvent> {
        let node = self.shared.node();
        let of_users = node
            .stored()
            .iter()
            .filter(|event| !event.stream.starts_with(b"$"));
        of_users
            .map(|event| StoredEvent {
                position: event.position,
                stream: String::from_utf8_lossy(&event.stream).into_owned(),
                revision: event.revision,
                event_type: event.event.metadata.get("type").cloned().unwrap_or_default(),
                data: event.event.data.to_vec(),
                metadata: event.event.custom_metadata.to_vec(),
            })
            .collect()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        if let Ok(mut listening) = self.listening.lock()
            && let Some(listening) = listening.take()
        {
            listening.abort();
        }
        self.shared.cut();
    }
}

/// A connection that acknowledges what comes at once: the client leaves Nagle's algorithm on, and would wait 40 ms before
/// it ends an append.
struct Prompt(TcpStream);

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.0).poll_read(cx, buf);
        // Without it tests are only slower.
        let _ = self.0.set_quickack(true);
        read
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

async fn listen(shared: Arc<Shared>, listener: TcpListener) {
    while let Ok((connection, _)) = listener.accept().await {
        // Small answers go out at once, as those of a node do.
        let _ = connection.set_nodelay(true);
        let mut cut = shared.cut.subscribe();
        let calls = Calls(shared.clone());
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| calls.clone().answer(request));
            let served = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(Prompt(connection)), service);
            tokio::select! {
                // How a connection ends is its client's concern.
                _ = served => {}
                _ = cut.recv() => {}
            }
        });
    }
}
