//! The command line: one file for each command.

mod audit;
mod backup;
mod demo;
mod doctor;
mod export_schemas;
mod files;
mod history;
mod keys;
mod log;
mod migrate;
mod progress;
mod projections;
mod rebuild;
mod replay;
mod serve;
mod status;
mod time_zones;
mod token;

use std::{fmt, io::Write, process::ExitCode};

use adapters::clock::system::SystemClock;
use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat, Overrides};

/// An event-sourced backend for scheduling, holding and assessing interviews.
#[derive(Debug, Parser)]
#[command(name = "greenroom", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    serve: serve::Args,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API; what is done when no command is given.
    Serve(serve::Args),
    /// Prints a token of the development issuer, and nothing else.
    Token(token::Args),
    /// Plays one interview from booking to report through the API, tells the story, and keeps serving.
    Demo(demo::Args),
    /// Brings the databases up to date without serving.
    Migrate,
    /// Builds read models and effects anew from the log.
    Rebuild(rebuild::Args),
    /// Prints an interview as it is or was, folded from its events; personal data stays sealed.
    History(history::Args),
    /// Tells the story of an interview on its own clock.
    Replay(replay::Args),
    /// Writes the API's schema and the schemas of events and configuration.
    ExportSchemas(export_schemas::Args),
    /// Tells how far log, read models and effects are. A server may run meanwhile.
    Status,
    /// Lists events that read models could not fold, tries them again, or goes on without them.
    #[command(subcommand)]
    Projections(projections::Command),
    /// Compares everything derived with the log, and the log with its chain of hashes. A server may run meanwhile.
    Doctor(doctor::Args),
    /// Compares what was promised for interviews to come with the time-zone rules that are built in, and records what has
    /// come apart; nothing moves. To be run after each update.
    TimeZones(time_zones::Args),
    /// Shows that nothing in the log was changed: verification, and proofs for others.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Moves the whole log: exports it, or fills an empty one.
    #[command(subcommand)]
    Log(log::Command),
    /// Moves the keys of people, or puts another master key in place.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Writes log and blobs, never keys, into a new folder, and checks what was written.
    Backup(backup::Backup),
    /// Brings a backup back into an empty data folder or database; whoever was erased since stays erased.
    Restore(backup::Restore),
}

/// The command line, or what it was combined with, makes no sense: a person should call it otherwise.
#[derive(Debug)]
struct Misused(String);

impl fmt::Display for Misused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misused {}

/// An error that ends with code 2.
fn misused(sentence: impl Into<String>) -> anyhow::Error {
    Misused(sentence.into()).into()
}

/// Runs the command that was given. 0: done; 1: it failed; 2: it was called wrongly.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing is left to be said when the terminal is gone.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match cli.execute() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "greenroom: {error:#}");
            ExitCode::from(if error.is::<Misused>() { 2 } else { 1 })
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

impl Cli {
    fn execute(self) -> Result<()> {
        let mut config = Config::load(&self.overrides).map_err(|error| misused(format!("{error:#}")))?;
        let command = match self.command {
            None => Command::Serve(self.serve),
            Some(_) if self.serve.is_given() => {
                return Err(misused("options of a command stand after its name"));
            }
            Some(command) => command,
        };
        start_logging(&config, &command)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        runtime.block_on(async move {
            match command {
                Command::Serve(args) => {
                    args.apply_to(&mut config);
                    serve::run(&config, &args).await
                }
                Command::Token(args) => token::run(&config, &args),
                Command::Demo(args) => demo::run(&args, self.overrides.data_dir.as_deref()).await,
                Command::Migrate => migrate::run(&config).await,
                Command::Rebuild(args) => rebuild::run(&config, &args).await,
                Command::History(args) => history::run(&config, &args).await,
                Command::Replay(args) => replay::run(&config, &args).await,
                Command::ExportSchemas(args) => export_schemas::run(&args),
                Command::Status => status::run(&config).await,
                Command::Projections(command) => projections::run(&config, &command).await,
                Command::Doctor(args) => doctor::run(&config, &args).await,
                Command::TimeZones(args) => time_zones::run(&config, &args).await,
                Command::Audit(command) => audit::run(&config, &command).await,
                Command::Log(command) => log::run(&config, &command).await,
                Command::Keys(command) => keys::run(&config, &command).await,
                Command::Backup(args) => backup::backup(&config, &args).await,
                Command::Restore(args) => backup::restore(&config, &args, &SystemClock::default()).await,
            }
        })
    }
}

/// Log lines go to standard error. Servers log as configured; tools only what went wrong, beside what they print.
fn start_logging(config: &Config, command: &Command) -> Result<()> {
    let filter = match command {
        Command::Serve(_) => config.log_filter.as_str(),
        Command::Token(_)
        | Command::Demo(_)
        | Command::Migrate
        | Command::Rebuild(_)
        | Command::History(_)
        | Command::Replay(_)
        | Command::ExportSchemas(_)
        | Command::Status
        | Command::Projections(_)
        | Command::Doctor(_)
        | Command::TimeZones(_)
        | Command::Audit(_)
        | Command::Log(_)
        | Command::Keys(_)
        | Command::Backup(_)
        | Command::Restore(_) => "warn",
    };
    // What the database says about statements is for whoever looks for it: `sqlx=info` at the end wins. At `trace` the
    // WebSocket library writes out every message, and with the first one of each socket a token; so it never does.
    let filter = EnvFilter::try_new(format!("sqlx=warn,{filter},tungstenite=info"))
        .context("log_filter is not a filter of log lines, such as info,projections=debug")?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}

/// Prints a line for whoever called, at once.
fn say(line: impl fmt::Display) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
