//! A server process of its own, on a data folder of its own, with a clock that the test moves.

use std::{
    env,
    fs::{File, OpenOptions},
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::actor::Role;
use greenroom::demo::journey::{Cast, Clockwork, Person, Tokens, beginning};
use histories::stored::{Stored, fill};
use kurrent_stand_in::StandIn;
use serde_json::json;
use store::history::{Place as LogPlace, import};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};
use url::Url;

use super::postgres::Database;

/// What a node of KurrentDB takes in one append unless it is told otherwise.
const MAX_APPEND_SIZE: usize = 1024 * 1024;
/// Which history fills a log.
const SEED: u64 = 1;
/// How long a server may take to begin or to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Where a server keeps everything, in between its lives too.
pub(crate) struct Place {
    folder: TempDir,
    database: Option<Arc<Database>>,
    log_filter: &'static str,
    cluster: Option<StandIn>,
    asks_loopback: bool,
    addresses: [SocketAddr; 2],
}

/// A server at work. It is killed when it is dropped.
pub(crate) struct Server {
    process: Child,
    _out: Lines<BufReader<ChildStdout>>,
    /// Where its API is.
    pub(crate) base: Url,
    /// Its clock.
    pub(crate) clock: ClockPort,
    /// What it keeps.
    pub(crate) place: Place,
}

/// The port that moves a server's clock.
#[derive(Clone)]
pub(crate) struct ClockPort {
    http: reqwest::Client,
    base: Url,
}

/// The binary under test, without settings of whoever runs the tests.
fn greenroom() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenroom"));
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("GREENROOM_") {
            command.env_remove(name);
        }
    }
    command.kill_on_drop(true);
    command
}

impl Place {
    /// An empty folder; everything is embedded.
    pub(crate) fn embedded() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            database: None,
            log_filter: "info",
            cluster: None,
            asks_loopback: false,
            addresses: [SocketAddr::from(([127, 0, 0, 1], 0)); 2],
        }
    }

    /// An empty database; `None` after saying that there is no PostgreSQL.
    pub(crate) async fn postgres() -> Option<Self> {
        let database = Database::create().await?;
        Some(Self {
            database: Some(Arc::new(database)),
            ..Self::embedded()
        })
    }

    /// The place of another node on the same database: a folder of its own, with the keys that nodes share.
    pub(crate) fn neighbour(&self) -> Self {
        let place = Self {
            database: self.database.clone(),
            ..Self::embedded()
        };
        for key in ["master.key", "issuer.key"] {
            std::fs::copy(self.folder().join(key), place.folder().join(key)).unwrap();
        }
        place
    }

    /// With servers that log as much as they can.
    pub(crate) fn talkative(self) -> Self {
        Self {
            log_filter: "trace",
            ..self
        }
    }

    /// With servers that may ask 127.0.0.1 for calendars, and no other address inward.
    pub(crate) fn asking_loopback(self) -> Self {
        Self {
            asks_loopback: true,
            ..self
        }
    }

    /// An empty database and an empty node of KurrentDB for the log; `None` after saying that there is no PostgreSQL.
    pub(crate) async fn kurrent() -> Option<Self> {
        let place = Self::postgres().await?;
        Some(Self {
            cluster: Some(StandIn::start(MAX_APPEND_SIZE).await),
            ..place
        })
    }

    /// The node that keeps the log, when there is one.
    pub(crate) fn cluster(&self) -> Option<&StandIn> {
        self.cluster.as_ref()
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Address of the database, when it is not in the folder.
    pub(crate) fn database_url(&self) -> Option<String> {
        self.database.as_ref().map(|database| database.url())
    }

    fn command(&self, name: &str) -> Command {
        let mut command = greenroom();
        command.arg(name).arg("--data-dir").arg(self.folder());
        command.env("GREENROOM_LOG_FILTER", self.log_filter);
        if self.asks_loopback {
            command.env("GREENROOM_CALENDARS__ALLOWED_ADDRESSES", r#"["127.0.0.1"]"#);
        }
        if let Some(url) = self.database_url() {
            command.env("GREENROOM_DATABASE_URL", url);
        }
        if let Some(cluster) = &self.cluster {
            command.env("GREENROOM_LOG__URL", cluster.url());
        }
        command
    }

    /// Runs a command of a tool to its end, and gives what it printed.
    pub(crate) async fn tool(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let output = self.command(name).args(arguments).output().await?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "greenroom {name} failed: {complaint}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts a command of a tool, which is killed when it is dropped.
    pub(crate) fn begin(&self, name: &str, arguments: &[&str]) -> Child {
        let mut command = self.command(name);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null()).spawn().unwrap()
    }

    /// Fills the empty log here with about so many events of a history.
    pub(crate) async fn fill_log(&self, events: u64) -> u64 {
        let place = match self.database_url() {
            None => LogPlace::Sqlite(self.folder().join("log.db")),
            Some(url) => LogPlace::Postgres(url),
        };
        let target = import::open(&place).await.unwrap();
        fill(target, Stored::events(events, SEED)).await.unwrap()
    }

    /// A token for somebody.
    pub(crate) async fn token(&self, role: Role, email: &str, hours: u32) -> Result<String> {
        let hours = hours.to_string();
        let arguments = [
            "--role",
            role.name(),
            "--email",
            email,
            "--lifetime-hours",
            &hours,
        ];
        Ok(self.tool("token", &arguments).await?.trim().to_owned())
    }

    /// Starts a server here, at the same addresses as the one before.
    pub(crate) async fn start(mut self) -> Result<Server> {
        let [listen, clock_listen] = self.addresses.map(|address| address.to_string());
        let said = self.folder().join("server.log");
        let errors = OpenOptions::new().create(true).append(true).open(&said)?;
        let start = beginning().to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut process = self
            .command("serve")
            .args(["--listen", &listen, "--clock-listen", &clock_listen])
            .args(["--simulated-clock", &start])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        let out = process.stdout.take().context("no standard output")?;
        let mut out = BufReader::new(out).lines();
        let begun = timeout(PATIENCE, announced(&mut out)).await;
        let (clock, base) = begun
            .map_err(anyhow::Error::from)
            .flatten()
            .with_context(|| std::fs::read_to_string(&said).unwrap_or_default())?;
        self.addresses = [address(&base)?, address(&clock)?];
        Ok(Server {
            process,
            _out: out,
            base,
            clock: ClockPort {
                http: reqwest::Client::new(),
                base: clock,
            },
            place: self,
        })
    }
}

/// The addresses of clock and API, once both are announced.
async fn announced(out: &mut Lines<BufReader<ChildStdout>>) -> Result<(Url, Url)> {
    let mut clock = None;
    while let Some(line) = out.next_line().await? {
        match line.split_once(' ') {
            Some(("clock", url)) => clock = Some(url.parse()?),
            Some(("ready", url)) => return Ok((clock.context("no clock")?, url.parse()?)),
            _ => bail!("the server said: {line}"),
        }
    }
    bail!("the server ended before it was ready")
}

fn address(url: &Url) -> Result<SocketAddr> {
    let addresses = url.socket_addrs(|| None)?;
    addresses.first().copied().context("no address")
}

impl Server {
    /// A server on embedded defaults.
    pub(crate) async fn embedded() -> Self {
        Place::embedded().start().await.unwrap()
    }

    /// The people of the journey, signed in.
    pub(crate) fn cast(&self) -> Result<Cast> {
        Cast::new(&self.base, self)
    }

    /// Its process, for signals.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id().unwrap()
    }

    /// Lets it stand still in the middle of whatever it does, as a machine does that is suspended.
    pub(crate) async fn stand_still(&self) {
        self.signal("-STOP").await;
    }

    /// Lets it go on.
    pub(crate) async fn go_on(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let id = self.process_id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().await;
        assert!(sent.unwrap().success(), "the server is gone already");
    }

    /// Ends it at once, as a power cut would.
    pub(crate) async fn kill(mut self) -> Place {
        self.process.kill().await.unwrap();
        self.place
    }

    /// Asks it to end, and waits until it has. Gives what it left, and how it ended.
    pub(crate) async fn stop(self) -> (Place, ExitStatus) {
        self.ask_to_end().await;
        self.ended().await
    }

    /// Sends SIGTERM.
    pub(crate) async fn ask_to_end(&self) {
        self.signal("-TERM").await;
    }

    /// Waits for the end that it was asked for.
    pub(crate) async fn ended(mut self) -> (Place, ExitStatus) {
        let ended = timeout(PATIENCE, self.process.wait()).await;
        (self.place, ended.expect("the server does not end").unwrap())
    }

    /// What it has logged so far, in all its lives.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.place.folder().join("server.log")).unwrap_or_default()
    }
}

impl Tokens for Server {
    fn token(&self, person: &Person) -> Result<String> {
        let mut command = self.place.command("token").into_std();
        let output = command
            .args(["--role", person.role.name(), "--email", person.email])
            .args(["--lifetime-hours", "480"])
            .stderr(File::create(self.place.folder().join("token.log"))?)
            .output()?;
        ensure!(output.status.success(), "no token for {}", person.email);
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

impl ClockPort {
    /// Posts while nobody is there: a server that was killed comes back.
    async fn post(&self, path: &str, body: &serde_json::Value) -> Result<reqwest::Response> {
        let begun = Instant::now();
        loop {
            let sent = self.http.post(self.base.join(path)?).json(body).send().await;
            match sent {
                Ok(answer) => return Ok(answer),
                Err(error) if begun.elapsed() > PATIENCE => return Err(error.into()),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

#[async_trait::async_trait]
impl Clockwork for ClockPort {
    async fn advance_to(&self, moment: DateTime<Utc>) -> Result<()> {
        let answer = self.post("clock", &json!({ "to": moment })).await?;
        let is_later = answer.status() == reqwest::StatusCode::CONFLICT;
        ensure!(
            is_later || answer.status().is_success(),
            "the clock stands still: {}",
            answer.text().await?
        );
        Ok(())
    }

    async fn settle(&self) -> Result<()> {
        let answer = self.post("settle", &json!({})).await?;
        ensure!(
            answer.status().is_success(),
            "it does not settle: {}",
            answer.text().await?
        );
        Ok(())
    }
}
