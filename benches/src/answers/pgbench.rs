//! The limit: PostgreSQL's own load program with the statements that an answer needs, prepared, and nobody who makes
//! anything of the rows.

use std::{fmt::Write as _, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use domain::ids::{Id, Kind};
use tokio::process::Command;
use workload::measure::Round;

use super::{CALLERS, FIRST, stock};

/// Pages, each with a script of its own, since the program cannot hand rows from one statement to the next. Every
/// connection prepares all of them.
const PAGES: usize = 16;

/// Plays one round on the tables of a database.
pub(super) async fn round(
    url: &str,
    folder: &Path,
    pages: &[u64],
    viewer: Id<domain::ids::kind::Account>,
    time: Duration,
) -> Result<Round> {
    let mut command = Command::new("pgbench");
    command.args(["--no-vacuum", "--protocol=prepared", "--jobs=2"]);
    command.arg(format!("--client={CALLERS}"));
    command.arg(format!("--time={}", time.as_secs().max(1)));
    for (number, page) in pages.iter().step_by(pages.len().div_ceil(PAGES)).enumerate() {
        let file = folder.join(format!("page_{number}.sql"));
        std::fs::write(&file, script(*page, viewer)?)?;
        command.arg("--file").arg(file);
    }
    let output = command
        .arg(url)
        .output()
        .await
        .context("pgbench does not start")?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "pgbench failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let figure = |name: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    let per_second = figure("tps = ").context("pgbench does not say how fast it was")?;
    let average = figure("latency average = ").context("pgbench does not say how long it took")?;
    Ok(Round {
        per_second,
        p50_us: average * 1e3,
        p99_us: f64::NAN,
    })
}

/// Who asks, the page, its people, its reports.
fn script(page: u64, viewer: Id<domain::ids::kind::Account>) -> Result<String> {
    let tenant = bytes(stock::TENANT);
    let interviews: Vec<_> = (page..page + FIRST).collect();
    let mut people: Vec<_> = interviews
        .iter()
        .flat_map(|number| stock::people_of(*number))
        .collect();
    people.sort_unstable();
    people.dedup();
    let row = |table: &str| {
        format!("select t.tenant, t.key, t.position, t.row from read.{table} t where t.tenant = {tenant} and")
    };
    let mut script = String::new();
    writeln!(script, "{} t.key in ({});", row("accounts"), bytes(viewer))?;
    writeln!(
        script,
        "{} t.starts >= {} order by t.starts, t.key limit {};",
        row("interviews"),
        stock::starts(page).timestamp_micros(),
        FIRST + 1
    )?;
    writeln!(script, "{} t.key in ({});", row("accounts"), list(people))?;
    let interviews = interviews.into_iter().map(stock::interview_id);
    writeln!(
        script,
        "{} t.interview in ({}) order by t.key;",
        row("reports"),
        list(interviews)
    )?;
    Ok(script)
}

fn bytes<K: Kind>(id: Id<K>) -> String {
    format!("'\\x{}'::bytea", id.uuid().simple())
}

fn list<K: Kind>(ids: impl IntoIterator<Item = Id<K>>) -> String {
    ids.into_iter().map(bytes).collect::<Vec<_>>().join(", ")
}
