//! Answering: a page of twenty interviews with candidate, panel, payment and report, out of very many, for callers who
//! keep their connections.
//!
//! On PostgreSQL against Mercurius, which reads the same tables and gives the same bytes, and against PostgreSQL's own
//! load program with the statements that are needed. Names are sealed in our tables, and opening them is our cost; the
//! peer finds them open in a table of its own.

pub(crate) mod node;

mod load;
mod pgbench;
mod stock;

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use workload::measure::Round;

use self::{load::Exchange, node::Place};
use crate::{Arguments, greenroom::Database, report};

/// Interviews in the tables.
const INTERVIEWS: u64 = 100_000;
/// Connections, each with one request at a time.
const CALLERS: usize = 32;
/// Interviews of one page.
const FIRST: u64 = 20;
/// Different pages that are asked for.
const PAGES: u64 = 100;

const POSTGRES: &str = "PostgreSQL, list query";
const SQLITE: &str = "SQLite, list query";

const QUERY: &str = "query Page($from: DateTime!, $first: Int!) {
  interviews(where: { start: { gte: $from } }, first: $first) {
    edges {
      node {
        id
        title
        status
        slot { start end timeZone }
        candidate { id displayName }
        panel { role person { id displayName } }
        payment { id status amount { amountMinor currency } }
        reports { id status revision overallScore generatedAt }
      }
    }
    pageInfo { hasNextPage }
  }
}";

/// Both tables.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let Some(server) = &arguments.postgres else {
        return Ok(());
    };
    if !arguments.wants(POSTGRES) && !arguments.wants(SQLITE) {
        return Ok(());
    }
    let database = Database::create(server).await?;
    let played = play(arguments, &database.url).await;
    database.remove().await?;
    played
}

async fn play(arguments: &Arguments, url: &str) -> Result<()> {
    let interviews = arguments.interviews.unwrap_or(INTERVIEWS);
    let first_of = |page: u64| page * (interviews.saturating_sub(FIRST + 1) / PAGES);
    let pages: Vec<_> = (0..PAGES).map(first_of).collect();
    let (here, there) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let postgres = Place::Postgres(url.to_owned());
    let mut stage = Stage::new(&pages);
    stage
        .ours("Greenroom, PostgreSQL", &postgres, here.path(), interviews)
        .await?;
    if arguments.wants(SQLITE) {
        stage
            .ours("Greenroom, SQLite", &Place::Sqlite, there.path(), interviews)
            .await?;
    }
    if let Some(peer) = &arguments.mercurius
        && arguments.wants(POSTGRES)
    {
        tables_of_the_peer(url).await?;
        stage.peer("Mercurius, Fastify, pg", peer, url, "0").await?;
        stage.peer("Mercurius with its JIT", peer, url, "1").await?;
    }
    stage.compare()?;
    if arguments.wants(POSTGRES) {
        stage.everywhere(interviews).await?;
    }
    let time = Duration::from_secs_f64(arguments.seconds);
    let all: Vec<_> = stage.answering.iter().chain(&stage.everywhere).collect();
    let mut rounds: Vec<Vec<Round>> = vec![Vec::new(); all.len()];
    let mut limit = Vec::new();
    for _ in 0..arguments.rounds {
        for (answering, rounds) in all.iter().zip(&mut rounds) {
            if answering.name.contains(&arguments.who) {
                rounds.push(load::round(&answering.address, CALLERS, &answering.exchanges, time).await?);
            }
        }
        if arguments.wants(POSTGRES) && "pgbench".contains(&arguments.who) {
            limit.push(pgbench::round(url, here.path(), &pages, stage.viewer()?, time).await?);
        }
    }
    report::answers(&format!(
        "List query, {interviews} interviews, {CALLERS} connections"
    ));
    let reference = rounds.first().cloned().unwrap_or_default();
    for (answering, rounds) in all.iter().zip(&rounds) {
        report::line(&answering.name, rounds, &reference);
    }
    report::line("pgbench, four prepared statements", &limit, &reference);
    for process in &mut stage.processes {
        process.kill().await?;
    }
    Ok(())
}

/// A server that answers, and what it is asked.
struct Answering {
    name: String,
    address: String,
    token: Option<String>,
    exchanges: Arc<Vec<Exchange>>,
}

/// Everybody who takes part.
struct Stage<'p> {
    pages: &'p [u64],
    answering: Vec<Answering>,
    /// The first server once more, asked for every page that there is: hardly anything is met again.
    everywhere: Option<Answering>,
    processes: Vec<Child>,
    viewer: Option<domain::ids::AccountId>,
}

impl<'p> Stage<'p> {
    const fn new(pages: &'p [u64]) -> Self {
        Self {
            pages,
            answering: Vec::new(),
            everywhere: None,
            processes: Vec::new(),
            viewer: None,
        }
    }

    fn viewer(&self) -> Result<domain::ids::AccountId> {
        self.viewer.context("nobody asks")
    }

    /// Fills tables and starts our server on them.
    async fn ours(&mut self, name: &str, place: &Place, folder: &Path, interviews: u64) -> Result<()> {
        let (token, identity) = node::recruiter(folder)?;
        let tables = place.tables(folder).await?;
        node::projections(tables.clone()).await?;
        let keys = place.keys(folder).await?;
        self.viewer = Some(stock::fill(&tables, &*keys, interviews, &identity).await?);
        tables.close().await;
        if let Place::Postgres(url) = place {
            // As autovacuum does in time.
            let mut connection = PgConnection::connect(url).await?;
            sqlx::query("vacuum analyze").execute(&mut connection).await?;
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg("--folder").arg(folder);
        if let Place::Postgres(url) = place {
            command.arg("--database").arg(url);
        }
        self.start(name.to_owned(), command, Some(&token)).await
    }

    /// Starts the peer, which compiles a document once it has come so many times; `0` is never.
    async fn peer(&mut self, name: &str, folder: &Path, url: &str, jit: &str) -> Result<()> {
        let mut command = Command::new("node");
        command.arg(folder.join("server.js")).arg(url);
        command.env("NODE_ENV", "production").env("PEER_JIT", jit);
        self.start(name.to_owned(), command, None).await
    }

    /// Starts a server, asks for every page once and keeps the answers as the right ones.
    async fn start(&mut self, name: String, mut command: Command, token: Option<&str>) -> Result<()> {
        let mut process = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let output = process.stdout.take().context("the server has an output")?;
        let address = BufReader::new(output).lines().next_line().await?;
        let address = address.with_context(|| format!("{name} does not start"))?;
        self.processes.push(process);
        let exchanges = exchanges(&address, token, self.pages.iter().copied()).await?;
        self.answering.push(Answering {
            name,
            address,
            token: token.map(str::to_owned),
            exchanges: Arc::new(exchanges),
        });
        Ok(())
    }

    async fn everywhere(&mut self, interviews: u64) -> Result<()> {
        let first = self.answering.first().context("somebody answers")?;
        let pages = (0..interviews / FIRST).map(|page| page * FIRST);
        let token = first.token.clone();
        self.everywhere = Some(Answering {
            name: format!("{}, every page in turn", first.name),
            address: first.address.clone(),
            exchanges: Arc::new(exchanges(&first.address, token.as_deref(), pages).await?),
            token,
        });
        Ok(())
    }

    /// Everybody gives the same data, byte for byte, and it is what was asked for.
    fn compare(&self) -> Result<()> {
        let first = self.answering.first().context("somebody answers")?;
        for (number, exchange) in first.exchanges.iter().enumerate() {
            let expected = data(&exchange.answer)?;
            let read: Value = serde_json::from_slice(expected)?;
            let edges = read["interviews"]["edges"]
                .as_array()
                .context("there are edges")?;
            ensure!(
                edges.len() as u64 == FIRST,
                "page {number} has {} interviews",
                edges.len()
            );
            let whole = |edge: &Value| {
                edge["node"]["candidate"]["displayName"].is_string()
                    && edge["node"]["panel"][1]["person"]["displayName"].is_string()
                    && edge["node"]["payment"]["amount"]["amountMinor"].is_string()
                    && edge["node"]["reports"][0]["overallScore"].is_number()
            };
            ensure!(edges.iter().all(whole), "page {number} is not whole");
            for other in &self.answering {
                ensure!(
                    data(&other.exchanges[number].answer)? == expected,
                    "{} gives another page {number} than {}:\n{}\n{}",
                    other.name,
                    first.name,
                    String::from_utf8_lossy(&other.exchanges[number].answer),
                    String::from_utf8_lossy(&exchange.answer)
                );
            }
        }
        Ok(())
    }
}

/// Asks for every page once; the answers are the right ones from then on.
async fn exchanges(
    address: &str,
    token: Option<&str>,
    pages: impl Iterator<Item = u64>,
) -> Result<Vec<Exchange>> {
    let mut exchanges = Vec::new();
    for page in pages {
        let variables = json!({ "from": stock::starts(page), "first": FIRST });
        let body = json!({ "query": QUERY, "variables": variables }).to_string();
        let request = load::post(address, token, &body);
        let answer = load::ask(address, &request).await?;
        exchanges.push(Exchange { request, answer });
    }
    Ok(exchanges)
}

/// The bytes of `data`; ours are followed by what the answer has cost.
fn data(answer: &[u8]) -> Result<&[u8]> {
    let data = answer.strip_prefix(b"{\"data\":").with_context(|| {
        format!(
            "the answer does not begin with data: {}",
            String::from_utf8_lossy(answer)
        )
    })?;
    let marker = b",\"extensions\":";
    let end = data
        .windows(marker.len())
        .rposition(|at| at == marker)
        .unwrap_or(data.len().saturating_sub(1));
    Ok(&data[..end])
}

/// What the peer does not have to open: names as text.
async fn tables_of_the_peer(url: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(
        "create schema peer; create table peer.names (account text primary key, name text not null)",
    )
    .execute(&mut connection)
    .await?;
    let people: Vec<_> = stock::everybody().collect();
    let ids: Vec<_> = people.iter().map(ToString::to_string).collect();
    let names: Vec<_> = people.iter().map(|account| stock::name_of(*account)).collect();
    sqlx::query("insert into peer.names select * from unnest($1::text[], $2::text[])")
        .bind(ids)
        .bind(names)
        .execute(&mut connection)
        .await?;
    sqlx::query("vacuum analyze peer.names")
        .execute(&mut connection)
        .await?;
    Ok(())
}

/// Where our server finds its tables, as its command line says it.
pub(crate) fn place(database: Option<&String>) -> Place {
    database.map_or(Place::Sqlite, |url| Place::Postgres(url.clone()))
}
