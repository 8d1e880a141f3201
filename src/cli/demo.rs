//! `greenroom demo`: one interview, played through the API on a clock of its own.

use std::{
    fs::DirBuilder,
    net::{SocketAddr, TcpListener},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use adapters::clock::simulated::SimulatedClock;
use anyhow::{Context, Result};
use api::auth::development_issuer::{DevelopmentIssuer, TokenRequest};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::clock::Clock;
use secrecy::ExposeSecret;
use store::codec::Codec;
use url::Url;

use super::{misused, say, serve::AskedToEnd};
use crate::{
    assembly::{Background, Server, Time},
    clock_control::ClockControl,
    config::Config,
    demo::{
        journey::{
            ADMIN, CANDIDATE, Cast, Clockwork, Journey, LENA, Person, RAVI, RECRUITER, Tokens, beginning,
            prepare,
        },
        story::Aloud,
    },
    replay::{self, Pace},
};

/// How long the tokens are valid, on the simulated clock.
const TOKEN_DAYS: i64 = 365;
/// How long it may take until nothing is left to do.
const SETTLE_WAIT: Duration = Duration::from_secs(30);

/// How it goes on afterwards.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Ends after the story instead of serving on.
    #[arg(long)]
    exit: bool,
    /// Address and port of the API; without it 127.0.0.1:8080, or a free port when that is taken.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Plays it in a data folder of its own, or in an empty one that was named. Nothing of the environment's
/// configuration is used: the story is the same everywhere.
pub(super) async fn run(args: &Args, named: Option<&Path>) -> Result<()> {
    let folder = Folder::new(named)?;
    let config = Config {
        listen: args.listen.unwrap_or_else(usual_address),
        data_dir: folder.path.clone(),
        ..Config::default()
    };
    let mut asked_to_end = AskedToEnd::new()?;
    let start = Some(beginning());
    let mut server = Server::start(&config, Time::Simulated { start }).await?;
    let told = tokio::select! {
        told = tell(&server, &folder.path) => told,
        () = asked_to_end.wait() => {
            server.stop().await;
            return Ok(());
        }
    };
    if told.is_ok() && !args.exit {
        serve_on(&mut server, &folder.path, &mut asked_to_end).await?;
    }
    server.stop().await;
    told
}

async fn tell(server: &Server, folder: &Path) -> Result<()> {
    let clock = server
        .simulated
        .clone()
        .context("the demonstration has a simulated clock")?;
    let hands = Hands {
        clock,
        background: server.background.clone(),
    };
    let base = Url::parse(&format!("http://{}/", server.address))?;
    let cast = Cast::new(&base, &Signed(&server.issuer))?;
    let stage = prepare(&cast, &Aloud).await?;
    let journey = Journey::run(&cast, &stage, &hands, &Aloud).await?;
    hands.settle().await?;
    tell_mails(folder)?;
    journey.erase(&cast, &stage, &hands, &Aloud).await?;
    say(format!("\nThe same story, from the log of {}", journey.interview))?;
    let subject = replay::find(server.log(), &journey.interview).await?;
    let told = replay::tell(server.log(), &Codec::current(), subject, Pace::Instant, |line| {
        say(line)
    })
    .await?;
    say(format!(
        "\n{told} events, and everything above can be folded from them again."
    ))
}

/// Where the mails went.
fn tell_mails(folder: &Path) -> Result<()> {
    let mails = folder.join("mails");
    let mut files: Vec<_> = std::fs::read_dir(&mails)?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    say(format!("\nThe mails, {} of them", files.len()))?;
    files
        .iter()
        .try_for_each(|file| say(format!("  {}", file.path().display())))
}

/// Says where to look, and serves until the process is asked to end.
async fn serve_on(server: &mut Server, folder: &Path, asked_to_end: &mut AskedToEnd) -> Result<()> {
    let clock = server
        .simulated
        .clone()
        .context("the demonstration has a simulated clock")?;
    let control = ClockControl::start(
        SocketAddr::from(([127, 0, 0, 1], 0)),
        clock,
        server.background.clone(),
    )
    .await?;
    say("\nLook around")?;
    say(format!("  explorer   http://{}/", server.address))?;
    say(format!("  mails      {}", folder.join("mails").display()))?;
    say(format!(
        "  the clock  shows {}; moved at http://{}/clock",
        server.clock.now().to_rfc3339(),
        control.address
    ))?;
    say("\nTokens to look around with")?;
    for person in [ADMIN, RECRUITER, LENA, RAVI, CANDIDATE] {
        let token = Signed(&server.issuer).token(&person)?;
        say(format!("\n  {} ({})\n  {token}", person.name, person.role.name()))?;
    }
    say("\nCtrl-C ends it.")?;
    say(format!("ready http://{}", server.address))?;
    let ended = tokio::select! {
        () = asked_to_end.wait() => Ok(()),
        error = server.failed() => Err(error),
    };
    control.stop().await;
    ended
}

/// The usual port if it is free. Somebody may take it in the meantime; then the start says so.
fn usual_address() -> SocketAddr {
    let usual = Config::default().listen;
    match TcpListener::bind(usual) {
        Ok(_) => usual,
        Err(_) => SocketAddr::new(usual.ip(), 0),
    }
}

/// Where the demonstration's data is; one that was made for it goes away with it.
struct Folder {
    path: PathBuf,
    is_ours: bool,
}

impl Folder {
    fn new(named: Option<&Path>) -> Result<Self> {
        let Some(path) = named else {
            let name = format!("greenroom-demo-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            DirBuilder::new().mode(0o700).create(&path).with_context(|| {
                format!(
                    "{} cannot be made: name an empty folder with --data-dir",
                    path.display()
                )
            })?;
            return Ok(Self { path, is_ours: true });
        };
        let is_used = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        if is_used {
            let sentence = "is not empty: the demonstration wants a folder of its own";
            return Err(misused(format!("{} {sentence}", path.display())));
        }
        Ok(Self {
            path: path.to_owned(),
            is_ours: false,
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_ours {
            // What is left over is in the system's folder for temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Moves the server's clock.
struct Hands {
    clock: Arc<SimulatedClock>,
    background: Arc<Background>,
}

#[async_trait]
impl Clockwork for Hands {
    async fn advance_to(&self, moment: DateTime<Utc>) -> Result<()> {
        let clock = self.clock.clone();
        let later = moment.max(clock.now());
        tokio::task::spawn_blocking(move || clock.advance_to(later)).await??;
        Ok(())
    }

    async fn settle(&self) -> Result<()> {
        self.background.settle(SETTLE_WAIT).await.map(drop)
    }
}

/// Signs tokens for the people of the story; their mail addresses are their subjects.
struct Signed<'i>(&'i DevelopmentIssuer);

impl Tokens for Signed<'_> {
    fn token(&self, person: &Person) -> Result<String> {
        let request = TokenRequest::new(person.email)
            .email(person.email)
            .name(person.name)
            .role(person.role)
            .lifetime(chrono::Duration::days(TOKEN_DAYS));
        Ok(self.0.issue(&request)?.expose_secret().to_owned())
    }
}
