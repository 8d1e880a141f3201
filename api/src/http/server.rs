//! Accepts connections, bounds them in number and time, and ends them in good order.
//!
//! `axum::serve` waits for ever for the rest of a header that never comes. Here a request's head, its body and the
//! time between requests are all bounded; beyond the greatest number of connections nobody is accepted until one
//! ends, so that the system's queue does the waiting.

use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use bytes::Bytes;
use http::Request;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Sleep,
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TrackedFuture},
};
use tower::ServiceExt;

/// Bounds of connections.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// How long the head of a request may take, and how long a connection may rest between requests.
    pub header_time: Duration,
    /// How long the body of a request may take in all.
    pub body_time: Duration,
    /// How many connections there may be at once, WebSockets included.
    pub connections: usize,
    /// How long requests that run may go on after shutdown has begun.
    pub drain_time: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            connections: 4096,
            drain_time: Duration::from_secs(10),
        }
    }
}

/// The signal that ends a server, and the WebSockets that are told by it. One is shared by the routes and by
/// [`serve`].
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    begun: CancellationToken,
    sockets: TaskTracker,
}

impl Shutdown {
    /// Begins to shut down: no new connections, requests that run may finish, WebSockets are closed with 1001.
    pub fn begin(&self) {
        self.begun.cancel();
    }

    /// Whether it has begun.
    pub fn is_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Returns once it has begun.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    pub(crate) fn track<F: Future>(&self, socket: F) -> TrackedFuture<F> {
        self.sockets.track_future(socket)
    }

    pub(crate) fn sockets(&self) -> usize {
        self.sockets.len()
    }
}

/// Held by whatever keeps a connection open, also after it became a WebSocket.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionPermit(
    #[expect(dead_code, reason = "only its drop matters")] Arc<OwnedSemaphorePermit>,
);

/// Serves until shutdown begins, then drains. Returns early only when the listener itself fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: ServerSettings,
    shutdown: Shutdown,
) -> io::Result<()> {
    let permits = Arc::new(Semaphore::new(settings.connections));
    let open = Open::default();
    loop {
        let next = async {
            let permit = Arc::clone(&permits)
                .acquire_owned()
                .await
                .map_err(io::Error::other)?;
            let (stream, peer) = accept(&listener).await?;
            Ok::<_, io::Error>((permit, stream, peer))
        };
        let (permit, stream, peer) = tokio::select! {
            () = shutdown.begun() => break,
            accepted = next => accepted?,
        };
        let permit = ConnectionPermit(Arc::new(permit));
        open.connections.spawn(connection(
            stream,
            peer,
            permit,
            &router,
            &settings,
            shutdown.clone(),
            open.cut.clone(),
        ));
    }
    drop(listener);
    drain(&open, &shutdown, settings.drain_time).await;
    Ok(())
}

/// Waits for the next connection. One that fails while being accepted is its own matter; when the process has no file
/// handles left, waiting a little is all that helps.
async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    loop {
        match listener.accept().await {
            Ok(accepted) => return Ok(accepted),
            Err(error) => match error.kind() {
                io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::Interrupted => {}
                io::ErrorKind::InvalidInput | io::ErrorKind::NotConnected => return Err(error),
                _ => {
                    tracing::warn!(error = %error, "a connection could not be accepted, will try again");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
}

/// The connections that are open, and the signal that cuts those which do not end in time.
#[derive(Default)]
struct Open {
    connections: TaskTracker,
    cut: CancellationToken,
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    permit: ConnectionPermit,
    router: &Router,
    settings: &ServerSettings,
    shutdown: Shutdown,
    cut: CancellationToken,
) -> impl Future<Output = ()> + use<> {
    // Answers are written whole; waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let body_time = settings.body_time;
    let service = router.clone().map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(permit.clone());
        request.map(|body| Body::new(TimedBody::new(body, body_time)))
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_time)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    async move {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown.begun() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = cut.cancelled() => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, "a connection ended badly");
        }
    }
}

/// Lets what runs end, for a time, and then cuts the rest.
async fn drain(open: &Open, shutdown: &Shutdown, most: Duration) {
    open.connections.close();
    shutdown.sockets.close();
    let drained = async {
        tokio::join!(open.connections.wait(), shutdown.sockets.wait());
    };
    if tokio::time::timeout(most, drained).await.is_err() {
        let connections = open.connections.len() + shutdown.sockets.len();
        tracing::warn!(connections, "connections were cut at shutdown");
        open.cut.cancel();
    }
}

/// The body of a request did not arrive within its time.
#[derive(Debug, thiserror::Error)]
#[error("the body took too long")]
pub(crate) struct BodyTooSlow;

/// A body that has to arrive within a time, counted from the first time somebody reads it.
struct TimedBody {
    inner: Incoming,
    most: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl TimedBody {
    const fn new(inner: Incoming, most: Duration) -> Self {
        Self {
            inner,
            most,
            deadline: None,
        }
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let most = self.most;
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(most)));
        match deadline.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(BodyTooSlow.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
