//! The commands of [`crate::appends`] on a log that is large already, against one that is not.

use std::{path::Path, sync::Arc};

use anyhow::Result;
use sqlx::{Connection, Executor, PgConnection};
use store::{
    history::{Place, import},
    postgres::PostgresLog,
    sqlite::SqliteLog,
};
use workload::measure::Round;

use crate::{
    Arguments,
    contender::{Contender, Load},
    generated::{Belong, CALLERS, Generated, fill, whole_streams},
    greenroom::{self, Database, Greenroom},
    report,
};

/// Events of the large log when nothing else is asked for, and how many times fewer the small one has.
const EVENTS: u64 = 5_000_000;
const TIMES: u64 = 50;

/// Both tables. The large log is filled once and grows by what the rounds append; the small one is filled anew for every
/// round, so that it stays small.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    if !arguments.growth {
        return Ok(());
    }
    let large = whole_streams(arguments.events.unwrap_or(EVENTS));
    let small = whole_streams(large / TIMES);
    let sqlite = format!("SQLite, {CALLERS} callers, {small} and {large} stored events");
    if arguments.wants(&sqlite) {
        let rounds = on_sqlite(arguments, small, large).await?;
        rounds.report(&sqlite, small, large);
    }
    let postgres = format!("PostgreSQL, {CALLERS} callers, {small} and {large} stored events");
    if let Some(server) = arguments.postgres.as_ref().filter(|_| arguments.wants(&postgres)) {
        let rounds = on_postgres(arguments, server, small, large).await?;
        rounds.report(&postgres, small, large);
    }
    Ok(())
}

async fn on_sqlite(arguments: &Arguments, small: u64, large: u64) -> Result<Rounds> {
    let load = load(arguments, &Greenroom(greenroom::Place::Sqlite));
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("log.db");
    stored_in_file(&file, large).await?;
    let mut rounds = Rounds::default();
    for number in 0..arguments.rounds as u64 {
        let folder = tempfile::tempdir()?;
        let fresh = folder.path().join("log.db");
        stored_in_file(&fresh, small).await?;
        rounds.small.push(play_in_file(&fresh, small, load).await?);
        let before = large + number * load.callers * load.commands;
        rounds.large.push(play_in_file(&file, before, load).await?);
    }
    Ok(rounds)
}

async fn on_postgres(arguments: &Arguments, server: &str, small: u64, large: u64) -> Result<Rounds> {
    let load = load(
        arguments,
        &Greenroom(greenroom::Place::Postgres(server.to_owned())),
    );
    let database = Database::create(server).await?;
    stored_in_database(&database.url, large).await?;
    let mut rounds = Rounds::default();
    for number in 0..arguments.rounds as u64 {
        let fresh = Database::create(server).await?;
        stored_in_database(&fresh.url, small).await?;
        rounds
            .small
            .push(play_in_database(&fresh.url, small, load).await?);
        fresh.remove().await?;
        let before = large + number * load.callers * load.commands;
        rounds
            .large
            .push(play_in_database(&database.url, before, load).await?);
    }
    database.remove().await?;
    Ok(rounds)
}

/// Rounds that were played in turns.
#[derive(Default)]
struct Rounds {
    small: Vec<Round>,
    large: Vec<Round>,
}

impl Rounds {
    fn report(&self, name: &str, small: u64, large: u64) {
        report::heading(name);
        report::line(&format!("on {small}"), &self.small, &self.small);
        report::line(&format!("on {large}"), &self.large, &self.small);
    }
}

/// Whole streams for every caller, so that each round begins with new ones.
fn load(arguments: &Arguments, contender: &Greenroom) -> Load {
    let commands = contender.expected(CALLERS) * arguments.seconds;
    Load {
        callers: CALLERS,
        commands: whole_streams(commands as u64) / CALLERS,
    }
}

async fn stored_in_file(file: &Path, events: u64) -> Result<()> {
    let target = import::open(&Place::Sqlite(file.to_owned())).await?;
    fill(target, Generated::new(events, Belong::AsAppended)).await
}

async fn play_in_file(file: &Path, before: u64, load: Load) -> Result<Round> {
    let log = Arc::new(SqliteLog::open(file).await?);
    let round = greenroom::play(log.clone(), before, load).await?;
    log.close().await;
    Ok(round)
}

/// Fills a database and has it tidied up now rather than in the middle of a round.
async fn stored_in_database(url: &str, events: u64) -> Result<()> {
    let target = import::open(&Place::Postgres(url.to_owned())).await?;
    fill(target, Generated::new(events, Belong::AsAppended)).await?;
    let mut connection = PgConnection::connect(url).await?;
    connection.execute("vacuum (freeze, analyze)").await?;
    connection.execute("checkpoint").await?;
    connection.close().await?;
    Ok(())
}

async fn play_in_database(url: &str, before: u64, load: Load) -> Result<Round> {
    let log = Arc::new(PostgresLog::connect(url).await?);
    let round = greenroom::play(log.clone(), before, load).await?;
    log.close().await;
    Ok(round)
}
