//! Commands a second: load, decide, append, each to a stream that nobody else writes to.

use anyhow::Result;
use workload::measure::Round;

use crate::{
    Arguments,
    contender::{Contender, Load},
    greenroom::{Greenroom, Place},
    hand_written_postgres::HandWrittenPostgres,
    hand_written_sqlite::HandWrittenSqlite,
    peer::Peer,
    report,
};

/// A round in which one caller waits so long for its disk was disturbed by neighbours.
const DISTURBED_P50_US: f64 = 4_000.0;

/// All tables of commands.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    for callers in [16, 1, 64] {
        let name = format!("SQLite, {callers} callers");
        let mut contenders: Vec<Box<dyn Contender>> =
            vec![Box::new(HandWrittenSqlite), Box::new(Greenroom(Place::Sqlite))];
        if let Some(peers) = &arguments.peers {
            contenders.push(Box::new(Peer::sqlite(peers.clone())));
        }
        table(arguments, &name, callers, &contenders).await?;
    }
    let Some(server) = &arguments.postgres else {
        return Ok(());
    };
    for callers in [16, 64, 1] {
        let name = format!("PostgreSQL, {callers} callers");
        let mut contenders: Vec<Box<dyn Contender>> = vec![
            Box::new(HandWrittenPostgres(server.clone())),
            Box::new(Greenroom(Place::Postgres(server.clone()))),
        ];
        if let Some(peers) = &arguments.peers {
            contenders.push(Box::new(Peer::postgres(peers.clone(), server.clone())));
        }
        table(arguments, &name, callers, &contenders).await?;
    }
    Ok(())
}

async fn table(
    arguments: &Arguments,
    name: &str,
    callers: u64,
    contenders: &[Box<dyn Contender>],
) -> Result<()> {
    if !arguments.wants(name) {
        return Ok(());
    }
    let contenders: Vec<_> = contenders
        .iter()
        .filter(|contender| contender.name().contains(&arguments.who))
        .collect();
    let mut played: Vec<Vec<Round>> = vec![Vec::new(); contenders.len()];
    for _ in 0..arguments.rounds {
        for (contender, rounds) in contenders.iter().zip(&mut played) {
            rounds.push(undisturbed(arguments, contender.as_ref(), callers).await?);
        }
    }
    report::heading(name);
    let reference = played.first().cloned().unwrap_or_default();
    for (contender, rounds) in contenders.iter().zip(&played) {
        report::line(contender.name(), rounds, &reference);
    }
    Ok(())
}

async fn undisturbed(arguments: &Arguments, contender: &dyn Contender, callers: u64) -> Result<Round> {
    let commands = contender.expected(callers) * arguments.seconds / callers as f64;
    let load = Load {
        callers,
        commands: (commands as u64).max(20),
    };
    loop {
        let folder = tempfile::tempdir()?;
        let round = contender.round(folder.path(), load).await?;
        if callers > 1 || round.p50_us < DISTURBED_P50_US {
            return Ok(round);
        }
    }
}
