//! A process that appends under load and says what it was told, until it is killed.
//!
//! It is this test program once more, with one ignored test asked for by name. On standard output: `ready`, then a line
//! for every answer, see [`Said`].

use std::{env, io::Write, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use store::{
    log::{AppendError, Log, Receipt},
    postgres::PostgresLog,
    sqlite::SqliteLog,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::load::{CALLERS, load, own_stream, shared_stream};

const PLACE: &str = "GREENROOM_TEST_HELPER_LOG";
const FROM: &str = "GREENROOM_TEST_HELPER_FROM";

/// How long a caller waits before it tries again.
const PAUSE: Duration = Duration::from_millis(5);

/// Where the helper's log is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    File(PathBuf),
    Address(String),
}

impl Place {
    pub(crate) async fn open(&self) -> Arc<dyn Log> {
        match self {
            Self::File(file) => Arc::new(SqliteLog::open(file).await.unwrap()),
            Self::Address(address) => Arc::new(PostgresLog::connect(address).await.unwrap()),
        }
    }

    fn named(name: &str) -> Self {
        if name.starts_with("postgres") {
            Self::Address(name.to_owned())
        } else {
            Self::File(name.into())
        }
    }

    fn name(&self) -> String {
        match self {
            Self::File(file) => file.display().to_string(),
            Self::Address(address) => address.clone(),
        }
    }
}

/// What the helper was told of one append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    /// It is stored, now or by an earlier attempt.
    Stored { caller: u64, number: u64, position: u64 },
    /// The log is unavailable.
    Unavailable {
        caller: u64,
        number: u64,
        outcome_unknown: bool,
    },
    /// It was said not to have happened, and yet it had.
    Lied { caller: u64, number: u64 },
    /// It failed in a way that a disk or a kill does not explain.
    Failed { caller: u64, number: u64 },
}

impl Said {
    fn line(self) -> String {
        match self {
            Self::Stored {
                caller,
                number,
                position,
            } => format!("stored {caller} {number} {position}"),
            Self::Unavailable {
                caller,
                number,
                outcome_unknown,
            } => {
                format!("unavailable {caller} {number} {}", u64::from(outcome_unknown))
            }
            Self::Lied { caller, number } => format!("lied {caller} {number} 0"),
            Self::Failed { caller, number } => format!("failed {caller} {number} 0"),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let (what, numbers) = line.split_once(' ')?;
        let numbers: Vec<u64> = numbers
            .split(' ')
            .map(|it| it.parse().ok())
            .collect::<Option<_>>()?;
        let [caller, number, last] = numbers[..] else {
            return None;
        };
        match what {
            "stored" => Some(Self::Stored {
                caller,
                number,
                position: last,
            }),
            "unavailable" => Some(Self::Unavailable {
                caller,
                number,
                outcome_unknown: last == 1,
            }),
            "lied" => Some(Self::Lied { caller, number }),
            "failed" => Some(Self::Failed { caller, number }),
            _ => None,
        }
    }
}

/// A helper that runs.
pub(crate) struct Helper {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Helper {
    /// Starts a helper whose callers go on at these numbers, and waits until it has opened the log.
    pub(crate) async fn start(place: &Place, from: &[u64]) -> Self {
        let from: Vec<_> = from.iter().map(u64::to_string).collect();
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "helper::appends_until_it_is_killed",
                "--nocapture",
            ])
            .env(PLACE, place.name())
            .env(FROM, from.join(" "))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while lines
            .next_line()
            .await
            .unwrap()
            .expect("the helper ended before it was ready")
            != "ready"
        {}
        Self { child, lines }
    }

    /// What it says next; `None` once it is gone.
    pub(crate) async fn next(&mut self) -> Option<Said> {
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if let Some(said) = Said::parse(&line) {
                return Some(said);
            }
        }
        None
    }

    /// Kills it, and returns what it had still said.
    pub(crate) async fn kill(mut self) -> Vec<Said> {
        self.child.start_kill().unwrap();
        let mut said = Vec::new();
        while let Some(line) = self.next().await {
            said.push(line);
        }
        self.child.wait().await.unwrap();
        said
    }
}

fn say(line: &str) {
    // In one piece, so that a kill does not leave half a line.
    let line = format!("{line}\n");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

#[ignore = "the process that other tests start and kill"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_until_it_is_killed() {
    let place = Place::named(&env::var(PLACE).expect("other tests start this one"));
    let from = env::var(FROM).unwrap();
    let from = from.split(' ').map(|number| number.parse::<u64>().unwrap());
    let log = place.open().await;
    // The test harness has begun a line of its own.
    say("\nready");
    let callers: Vec<_> = (0..CALLERS)
        .zip(from)
        .map(|(caller, number)| tokio::spawn(call(log.clone(), caller, number)))
        .collect();
    futures::future::join_all(callers).await;
}

/// One append after the other, each until it is stored.
async fn call(log: Arc<dyn Log>, caller: u64, from: u64) {
    for number in from.. {
        // The first may repeat one of a helper that was killed.
        let position = store_one(&*log, caller, number, number == from).await.position.0;
        say(&Said::Stored {
            caller,
            number,
            position,
        }
        .line());
    }
}

async fn store_one(log: &dyn Log, caller: u64, number: u64, mut may_be_stored: bool) -> Receipt {
    loop {
        let Ok(versions) = log.versions(&[own_stream(caller), shared_stream(caller)]).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        match log.append(load(caller, number, versions[0], versions[1])).await {
            Ok(receipt) => return receipt,
            Err(AppendError::Duplicate(receipt)) => {
                if !may_be_stored {
                    say(&Said::Lied { caller, number }.line());
                }
                return *receipt;
            }
            Err(AppendError::Unavailable { outcome_unknown, .. }) => {
                may_be_stored |= outcome_unknown;
                say(&Said::Unavailable {
                    caller,
                    number,
                    outcome_unknown,
                }
                .line());
                tokio::time::sleep(PAUSE).await;
            }
            Err(AppendError::Conflict { .. }) => {}
            Err(AppendError::Busy { retry_after }) => tokio::time::sleep(retry_after).await,
            Err(AppendError::TooLarge { .. }) => say(&Said::Failed { caller, number }.line()),
        }
    }
}
