//! What a server does so that its history can be proven and its erasures stay: signs heads, and rotates its own master
//! key after an erasure.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use domain::ports::clock::Clock;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use store::{
    heads::{self, Head, HeadsFile, PublicKey, SigningKey, in_force},
    history::{self, History, Place, signer::Signer},
    vault::{
        Vault,
        ledger::{self, LedgerFile},
        rotation,
    },
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::Config;

/// The name of the vault's secret that heads are signed with.
const SIGNING_SECRET: &str = "heads";
/// How long it may take to sign the last head at shutdown.
const LAST_HEAD_WAIT: Duration = Duration::from_secs(2);

/// Where the log is, for what works on its tables: heads, audits, exports, imports and backups.
///
/// # Errors
/// When the log is in KurrentDB, where it has no tables.
pub fn place(config: &Config) -> Result<Place> {
    ensure!(
        config.log.url.is_none(),
        "the log is in KurrentDB: it is not signed, examined, exported, imported or backed up from here; use the \
         cluster's own backup"
    );
    Ok(match &config.database_url {
        Some(url) => Place::Postgres(url.expose().to_owned()),
        None => Place::Sqlite(config.in_data_dir("log.db")),
    })
}

/// Where heads and the record of erased people are.
pub fn folder(config: &Config) -> &Path {
    config.proof.folder.as_deref().unwrap_or(&config.data_dir)
}

/// The file of signed heads.
pub fn heads_file(config: &Config) -> HeadsFile {
    HeadsFile::at(folder(config).join(heads::FILE))
}

/// The file with the record of erased people.
pub fn ledger_file(config: &Config) -> LedgerFile {
    LedgerFile::at(folder(config).join(ledger::FILE))
}

/// The keys whose heads are believed here: those that this installation signed with.
///
/// # Errors
/// When the file of public keys is there but cannot be read.
pub fn public_keys(config: &Config) -> Result<Vec<PublicKey>> {
    read_public_keys(&public_key_file(config))
}

fn public_key_file(config: &Config) -> PathBuf {
    folder(config).join(heads::PUBLIC_KEY_FILE)
}

fn read_public_keys(path: &Path) -> Result<Vec<PublicKey>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    let keys = text.lines().map(|line| {
        let parsed = line.parse().map_err(anyhow::Error::msg);
        parsed.with_context(|| format!("{} holds something else than keys", path.display()))
    });
    keys.collect()
}

/// Makes sure that the key's other half is beside the heads.
fn publish(config: &Config, key: PublicKey) -> Result<()> {
    let path = public_key_file(config);
    let mut keys = read_public_keys(&path)?;
    if keys.contains(&key) {
        return Ok(());
    }
    keys.push(key);
    let text: String = keys.iter().map(|key| format!("{key}\n")).collect();
    let temporary = path.with_extension("pub.tmp");
    std::fs::write(&temporary, text)
        .and_then(|()| std::fs::rename(&temporary, &path))
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// The heads that the log has to fit.
///
/// # Errors
/// When the file cannot be read, or a head is not signed by this installation.
pub fn heads(config: &Config) -> Result<Vec<Head>> {
    let file = heads_file(config);
    Ok(in_force(&file.trusted(&public_keys(config)?)?))
}

/// A signer that goes on from the last head.
///
/// # Errors
/// When the log or the keys cannot be reached, or the folder cannot be used.
pub async fn signer(config: &Config, vault: &Vault, history: Arc<dyn History>) -> Result<Signer> {
    let folder = folder(config);
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let key = SigningKey::from_seed(&*vault.secret(SIGNING_SECRET).await?);
    publish(config, key.public())?;
    Ok(Signer::new(history, key, heads_file(config)))
}

/// Tasks of a server that look after proofs.
#[derive(Debug)]
pub struct Keeping {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Keeping {
    /// Begins to sign heads, and to rotate the master key after erasures when it is the data folder's own and no other
    /// node has it.
    ///
    /// # Errors
    /// When the log cannot be read, or the folder of heads cannot be used.
    pub async fn start(config: &Config, vault: &Arc<Vault>, clock: &Arc<dyn Clock>) -> Result<Self> {
        let stop = CancellationToken::new();
        let mut tasks = Vec::new();
        if config.log.url.is_some() {
            warn!("the log is in KurrentDB: no heads of it are signed");
        } else if config.proof.interval_seconds > 0 {
            let history = history::open(&place(config)?)
                .await
                .context("the log cannot be read")?;
            let signer = signer(config, vault, Arc::clone(&history)).await?;
            let interval = Duration::from_secs(config.proof.interval_seconds);
            tasks.push(tokio::spawn(sign(
                signer,
                history,
                Arc::clone(clock),
                interval,
                stop.clone(),
            )));
        }
        if config.master_key.is_none() {
            let others = match &config.database_url {
                None => None,
                Some(url) => Some(Others::watch(url.expose()).await?),
            };
            let rotation = Rotation {
                vault: Arc::clone(vault),
                folder: config.data_dir.clone(),
                ledger: ledger_file(config).path().to_owned(),
                others,
            };
            tasks.push(tokio::spawn(rotation.run(stop.clone())));
        }
        Ok(Self { stop, tasks })
    }

    /// Signs the end, and stops.
    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            // A task that panicked has said so.
            let _ = tokio::time::timeout(LAST_HEAD_WAIT, task).await;
        }
    }
}

/// Signs at once, at every interval and at the end. Of many nodes on one database, one does.
async fn sign(
    mut signer: Signer,
    history: Arc<dyn History>,
    clock: Arc<dyn Clock>,
    interval: Duration,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut is_last = false;
    while !is_last {
        tokio::select! {
            () = stop.cancelled() => is_last = true,
            _ = ticks.tick() => {}
        }
        match history.leads().await {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => {
                warn!(error = %error, "no head of the log was signed, will retry");
                continue;
            }
        }
        if let Err(error) = signer.sign(clock.now()).await {
            let error = anyhow::Error::from(error);
            error!(error = format!("{error:#}"), "no head of the log was signed");
        }
    }
    history.close().await;
}

/// Other nodes on a PostgreSQL database that have the same master key: all hold a lock together as long as they live.
struct Others {
    options: PgConnectOptions,
    session: Option<PgConnection>,
}

/// The advisory lock that nodes with a master key of their own share; the number is arbitrary.
const NODES_LOCK: i64 = 0x6772_6e72_6d00_0003;

impl Others {
    async fn watch(url: &str) -> Result<Self> {
        let options: PgConnectOptions = url
            .parse()
            .map_err(|_| anyhow::anyhow!("database_url is not the address of a PostgreSQL database"))?;
        let session = hold_together(&options).await?;
        Ok(Self {
            options,
            session: Some(session),
        })
    }

    /// True when there are none now, and none can come before [`Others::let_in`].
    async fn keep_out(&mut self) -> Result<bool> {
        // A session that is lost has lost the lock.
        let mut mine = match self.session.take() {
            Some(mine) => mine,
            None => hold_together(&self.options).await?,
        };
        let is_alone: bool =
            sqlx::query_scalar("select pg_advisory_unlock_shared($1) and pg_try_advisory_lock($1)")
                .bind(NODES_LOCK)
                .fetch_one(&mut mine)
                .await?;
        self.session = Some(mine);
        Ok(is_alone)
    }

    async fn let_in(&mut self) -> Result<()> {
        // All locks go with the session.
        drop(self.session.take());
        self.session = Some(hold_together(&self.options).await?);
        Ok(())
    }
}

async fn hold_together(options: &PgConnectOptions) -> Result<PgConnection> {
    let mut session = PgConnection::connect_with(options).await?;
    sqlx::query("select pg_advisory_lock_shared($1)")
        .bind(NODES_LOCK)
        .execute(&mut session)
        .await?;
    Ok(session)
}

/// Replaces the data folder's own master key after erasures, several at once if they come together; also after those
/// of an earlier life.
struct Rotation {
    vault: Arc<Vault>,
    folder: PathBuf,
    ledger: PathBuf,
    /// None where the data folder, which has one owner, holds everything.
    others: Option<Others>,
}

impl Rotation {
    async fn run(mut self, stop: CancellationToken) {
        let mut destructions = self.vault.destructions();
        loop {
            destructions.mark_unchanged();
            if let Err(error) = self.rotate_if_due().await {
                error!(
                    error = format!("{error:#}"),
                    "the master key was not rotated after an erasure"
                );
            }
            tokio::select! {
                () = stop.cancelled() => return,
                changed = destructions.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn rotate_if_due(&mut self) -> Result<()> {
        if !rotation::is_due(&self.folder, &self.ledger)? {
            return Ok(());
        }
        let rotated = self.rotate_alone().await;
        // Whatever came of it, others may start again.
        if let Some(others) = &mut self.others {
            others.let_in().await?;
        }
        rotated
    }

    async fn rotate_alone(&mut self) -> Result<()> {
        let is_alone = match &mut self.others {
            None => true,
            Some(others) => others.keep_out().await?,
        };
        if is_alone {
            let keys = rotation::rotate_own(&self.vault, &self.folder).await?;
            info!(keys, "the master key was rotated after an erasure");
        } else {
            warn!(
                "somebody was erased, but several nodes have this master key: configure master_key, and rotate it with \
                 `greenroom keys rotate`"
            );
        }
        Ok(())
    }
}
