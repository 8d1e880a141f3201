//! Load programs behind the figures of `docs/PERFORMANCE.md`: each contender and its reference take turns in one run,
//! and only their ratio is a result.

// The future of an answer holds that of every operation; an optimised build looks through all of them.
#![recursion_limit = "256"]

mod answers;
mod appends;
mod contender;
mod generated;
mod greenroom;
mod growth;
mod hand_written_postgres;
mod hand_written_sqlite;
mod imports;
mod memory;
mod past;
mod peer;
mod proof;
mod raw_postgres;
mod raw_sqlite;
mod rebuilds;
mod report;
mod scan;
mod visible;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// As in the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What to measure.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// A PostgreSQL server where databases may be made; without it the figures of PostgreSQL are left out.
    #[arg(long, env = "GREENROOM_BENCH_POSTGRES_URL")]
    postgres: Option<String>,
    /// The built program of `benches/peers`; without it the peers are left out.
    #[arg(long, env = "GREENROOM_BENCH_PEERS")]
    peers: Option<PathBuf>,
    /// The folder of the peer that answers, `benches/peers-node` with its packages; without it that peer is left out.
    #[arg(long, env = "GREENROOM_BENCH_MERCURIUS")]
    mercurius: Option<PathBuf>,
    /// Rounds of each contender; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// About how many seconds a round lasts.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Events of a log that is scanned, imported, proven, folded or grown, instead of each table's own number.
    #[arg(long)]
    events: Option<u64>,
    /// Interviews of the tables that lists are asked from, instead of a hundred thousand.
    #[arg(long)]
    interviews: Option<u64>,
    /// Also whether a log gets slower as it grows to five million events, for which 10 GB of disk are needed.
    #[arg(long)]
    growth: bool,
    /// Only tables whose name has this in it.
    #[arg(long, default_value = "")]
    only: String,
    /// Only contenders whose name has this in it, to look at one by itself.
    #[arg(long, default_value = "")]
    who: String,
}

/// What this program does as somebody else's child.
#[derive(Subcommand)]
enum Command {
    /// Serves tables that were filled before.
    #[command(hide = true)]
    Serve {
        /// Where the signing key is, and the tables unless there is a database.
        #[arg(long)]
        folder: PathBuf,
        /// The database with the tables.
        #[arg(long)]
        database: Option<String>,
    },
}

impl Arguments {
    /// True when a table of this name is asked for.
    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(Command::Serve { folder, database }) = &arguments.command {
        return answers::node::run(&answers::place(database.as_ref()), folder).await;
    }
    report::environment();
    answers::run(&arguments).await?;
    appends::run(&arguments).await?;
    scan::run(&arguments).await?;
    imports::run(&arguments).await?;
    proof::run(&arguments).await?;
    rebuilds::run(&arguments).await?;
    past::run(&arguments).await?;
    visible::run(&arguments).await?;
    growth::run(&arguments).await
}
