//! Callers over HTTP/1.1 that keep their connections, ask one thing after the other, and look at every answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Barrier,
    time::timeout,
};
use workload::measure::Round;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// One thing to ask, and the body of the only right answer.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    /// The whole request.
    pub(super) request: Vec<u8>,
    /// The body.
    pub(super) answer: Vec<u8>,
}

/// A request to a server with a JSON body.
pub(super) fn post(address: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    let authorization = token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
    format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\n{authorization}content-type: application/json\r\n\
         accept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The body of the answer to one request.
pub(super) async fn ask(address: &str, request: &[u8]) -> Result<Vec<u8>> {
    let mut connection = Connection::open(address).await?;
    Ok(connection.ask(request).await?.to_vec())
}

/// Lets so many callers ask for so long, each going round through all exchanges from a place of its own.
pub(super) async fn round(
    address: &str,
    callers: usize,
    exchanges: &Arc<Vec<Exchange>>,
    time: Duration,
) -> Result<Round> {
    let start = Arc::new(Barrier::new(callers + 1));
    let mut asking = Vec::new();
    for caller in 0..callers {
        let mut connection = Connection::open(address).await?;
        let (start, exchanges) = (start.clone(), exchanges.clone());
        asking.push(tokio::spawn(async move {
            start.wait().await;
            let (began, mut latencies) = (Instant::now(), Vec::new());
            // A step that has no divisor with the number of exchanges: nobody follows in another's wake.
            let mut next = caller * 37;
            while began.elapsed() < time {
                let exchange = &exchanges[next % exchanges.len()];
                next += 31;
                let asked = Instant::now();
                let answer = connection.ask(&exchange.request).await?;
                latencies.push(asked.elapsed());
                ensure!(answer == exchange.answer, "another answer than before");
            }
            Ok(latencies)
        }));
    }
    start.wait().await;
    let began = Instant::now();
    let mut latencies = Vec::new();
    for caller in asking {
        latencies.extend(caller.await??);
    }
    Ok(Round::of(began.elapsed(), latencies))
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(64 * 1024),
        })
    }

    async fn ask(&mut self, request: &[u8]) -> Result<&[u8]> {
        timeout(PATIENCE, self.exchange(request))
            .await
            .context("no answer in time")?
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let body = loop {
            ensure!(self.stream.read_buf(&mut self.received).await? > 0, "hung up");
            let head = self
                .received
                .windows(END_OF_HEAD.len())
                .position(|at| at == END_OF_HEAD);
            if let Some(end) = head {
                break end + END_OF_HEAD.len();
            }
        };
        let head = std::str::from_utf8(&self.received[..body])?;
        ensure!(
            head.starts_with("HTTP/1.1 200"),
            "refused: {}",
            String::from_utf8_lossy(&self.received)
        );
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .context("the answer does not say how long it is")?;
        let end = body + length.1.trim().parse::<usize>()?;
        while self.received.len() < end {
            ensure!(self.stream.read_buf(&mut self.received).await? > 0, "hung up");
        }
        Ok(&self.received[body..end])
    }
}
