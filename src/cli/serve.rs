//! `greenroom serve`.

use std::net::SocketAddr;

use anyhow::Result;
use chrono::DateTime;
use domain::time::Instant;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{misused, say};
use crate::{
    assembly::{Server, Time},
    clock_control::ClockControl,
    config::Config,
};

/// Options of a server.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Args {
    /// Address and port of the API; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Time stands still until it is moved; a new data folder begins at START, or now.
    #[arg(long, value_name = "START", num_args = 0..=1, value_parser = moment)]
    simulated_clock: Option<Option<Instant>>,
    /// Loopback address through which the simulated clock is moved; 127.0.0.1:0 when absent.
    #[arg(long, value_name = "ADDRESS")]
    clock_listen: Option<SocketAddr>,
}

/// A moment in RFC 3339.
pub(super) fn moment(text: &str) -> Result<Instant, String> {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed
        .map(|moment| moment.to_utc())
        .map_err(|_| "not a moment such as 2026-03-09T09:00:00Z".to_owned())
}

impl Args {
    /// True when any option was given.
    pub(super) const fn is_given(&self) -> bool {
        self.listen.is_some() || self.simulated_clock.is_some() || self.clock_listen.is_some()
    }

    /// The command line wins over the configuration.
    pub(super) const fn apply_to(&self, config: &mut Config) {
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
    }
}

/// Where the clock is moved when nothing else was said.
const CLOCK_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Serves until the process is asked to end.
pub(super) async fn run(config: &Config, args: &Args) -> Result<()> {
    let time = match args.simulated_clock {
        None if args.clock_listen.is_some() => {
            return Err(misused(
                "--clock-listen is for a simulated clock: add --simulated-clock",
            ));
        }
        None => Time::System,
        Some(start) => Time::Simulated { start },
    };
    let mut asked_to_end = AskedToEnd::new()?;
    let mut server = Server::start(config, time).await?;
    let control = match &server.simulated {
        Some(clock) => {
            let address = args.clock_listen.unwrap_or(CLOCK_LISTEN);
            let background = server.background.clone();
            Some(ClockControl::start(address, clock.clone(), background).await?)
        }
        None => None,
    };
    if let Some(control) = &control {
        say(format!("clock http://{}", control.address))?;
    }
    say(format!("ready http://{}", server.address))?;
    let failed = tokio::select! {
        () = asked_to_end.wait() => None,
        error = server.failed() => Some(error),
    };
    if let Some(control) = control {
        control.stop().await;
    }
    server.stop().await;
    failed.map_or(Ok(()), Err)
}

/// Hears of the end: `SIGTERM`, or Ctrl-C.
pub(super) struct AskedToEnd {
    terminate: Signal,
    interrupt: Signal,
}

impl AskedToEnd {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not let signals be heard.
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns once the process is asked to end.
    pub(super) async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
