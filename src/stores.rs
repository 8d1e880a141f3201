//! The databases: of the data folder, or of one PostgreSQL, with the log there too or in KurrentDB.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use domain::time::Instant;
#[cfg(feature = "kurrent")]
use kurrent::log::{KurrentLog, Settings};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use store::{
    data_folder::{DataFolder, DataFolderError},
    log::Log,
    postgres::PostgresLog,
    snapshots::{Snapshots, postgres::PostgresSnapshots, sqlite::SqliteSnapshots},
    sqlite::SqliteLog,
    vault::{
        KeyStore, Vault,
        ledger::{Ledger, PostgresLedger},
        master_key::MasterKey,
        postgres::PostgresKeys,
        rotation::unlock_own,
        sqlite::SqliteKeys,
    },
};
use tracing::warn;

use crate::{config::Config, proof};

/// Connections to PostgreSQL for read tables.
const READ_CONNECTIONS: u32 = 6;
/// Connections to PostgreSQL for effects.
const EFFECT_CONNECTIONS: u32 = 4;
/// Connections to PostgreSQL for keys, which are cached.
const KEY_CONNECTIONS: u32 = 2;
/// Connections to PostgreSQL for snapshots, of which one is for whoever keeps them.
const SNAPSHOT_CONNECTIONS: u32 = 3;
/// How long a query waits for a connection before the database counts as unavailable.
const ACQUIRE_WAIT: Duration = Duration::from_secs(5);

/// Who opens the databases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A server, which owns its data folder.
    Server,
    /// A tool, which owns the folder only when the databases are in it, and otherwise works beside servers.
    Tool,
}

/// All databases, open.
pub struct Stores {
    /// Everything that happened.
    pub log: Arc<dyn Log>,
    /// Keys of personal data.
    pub vault: Arc<Vault>,
    /// Read tables.
    pub read: projections::sql::Db,
    /// What is to be done outside.
    pub effects: workers::db::Db,
    kept: Kept,
    snapshots: Option<KeptSnapshots>,
    _folder: Option<DataFolder>,
}

/// The log once more, to be closed.
enum Kept {
    Sqlite(Arc<SqliteLog>),
    Postgres(Arc<PostgresLog>),
    #[cfg(feature = "kurrent")]
    Kurrent(Arc<KurrentLog>),
}

/// Snapshots, where they can be used.
enum KeptSnapshots {
    Sqlite(SqliteSnapshots),
    Postgres(PostgresSnapshots),
}

impl KeptSnapshots {
    /// Those of a data folder. Nobody refuses to start for want of a cache.
    async fn embedded(config: &Config) -> Option<Self> {
        match SqliteSnapshots::open(&config.in_data_dir("snapshots.db")).await {
            Ok(snapshots) => Some(Self::Sqlite(snapshots)),
            Err(error) => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "snapshots.db cannot be used, long streams are read from their first event"
                );
                None
            }
        }
    }

    async fn postgres(url: &str) -> Result<Option<Self>> {
        match PostgresSnapshots::open(pool(url, SNAPSHOT_CONNECTIONS)?).await {
            Ok(snapshots) => Ok(Some(Self::Postgres(snapshots))),
            Err(error) => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "the schema snapshots cannot be used, long streams are read from their first event"
                );
                Ok(None)
            }
        }
    }
}

/// Of the connection strings of KurrentDB: one node or several, or nodes found by name.
const CLUSTER_SCHEMES: [&str; 2] = ["esdb://", "esdb+discover://"];

impl Kept {
    fn log(&self) -> Arc<dyn Log> {
        match self {
            Self::Sqlite(log) => log.clone(),
            Self::Postgres(log) => log.clone(),
            #[cfg(feature = "kurrent")]
            Self::Kurrent(log) => log.clone(),
        }
    }
}

impl std::fmt::Debug for Stores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stores")
    }
}

impl Stores {
    /// Opens all databases, makes them when they are not there, and brings them up to date.
    ///
    /// # Errors
    /// When the data folder is in use, a database cannot be reached or is of a newer version, or the master key is
    /// another one.
    pub async fn open(config: &Config, purpose: Purpose) -> Result<Self> {
        // First of all, because the client of KurrentDB chooses for the whole process what TLS is made with, and fails
        // when something else was faster.
        let cluster = Self::cluster(config).await?;
        let alone = purpose == Purpose::Server || config.database_url.is_none();
        let folder = if alone { Some(own(&config.data_dir)?) } else { None };
        let (keys, ledgers) = keys(config).await?;
        let vault = Arc::new(unlock(config, keys, ledgers).await?);
        match (&config.database_url, cluster) {
            (None, _) => Self::embedded(config, vault, folder).await,
            (Some(url), Some(log)) => Self::postgres(url.expose(), log, vault, folder).await,
            (Some(url), None) => {
                let log = PostgresLog::connect(url.expose())
                    .await
                    .context("the log cannot be opened in PostgreSQL")?;
                Self::postgres(url.expose(), Kept::Postgres(Arc::new(log)), vault, folder).await
            }
        }
    }

    /// The log in KurrentDB, if that is where it is.
    async fn cluster(config: &Config) -> Result<Option<Kept>> {
        let Some(url) = &config.log.url else {
            return Ok(None);
        };
        ensure!(
            CLUSTER_SCHEMES
                .iter()
                .any(|scheme| url.expose().starts_with(scheme)),
            "log.url must be the address of a KurrentDB cluster such as esdb://node:2113?tls=true, or be left out"
        );
        let Some(database) = &config.database_url else {
            bail!(
                "log.url needs database_url: beside a log in KurrentDB everything else is kept in PostgreSQL"
            );
        };
        Self::kurrent(url.expose(), database.expose(), config.log.max_append_bytes)
            .await
            .map(Some)
    }

    #[cfg(feature = "kurrent")]
    async fn kurrent(url: &str, database: &str, max_append_bytes: usize) -> Result<Kept> {
        let settings = Settings {
            max_append_bytes,
            ..Settings::default()
        };
        let log = KurrentLog::connect(url, database, settings)
            .await
            .context("the log cannot be opened in KurrentDB")?;
        Ok(Kept::Kurrent(Arc::new(log)))
    }

    #[cfg(not(feature = "kurrent"))]
    async fn kurrent(_: &str, _: &str, _: usize) -> Result<Kept> {
        bail!(
            "log.url names a KurrentDB cluster, and this build has no KurrentDB in it: build with the feature kurrent"
        )
    }

    async fn embedded(config: &Config, vault: Arc<Vault>, folder: Option<DataFolder>) -> Result<Self> {
        let log = SqliteLog::open(&config.in_data_dir("log.db"))
            .await
            .context("log.db cannot be opened")?;
        let log = Arc::new(log);
        Ok(Self {
            vault,
            read: projections::sql::Db::open_sqlite(&config.in_data_dir("read.db"))
                .await
                .context("read.db cannot be opened")?,
            effects: workers::db::Db::open_sqlite(&config.in_data_dir("effects.db"))
                .await
                .context("effects.db cannot be opened")?,
            log: log.clone(),
            kept: Kept::Sqlite(log),
            snapshots: KeptSnapshots::embedded(config).await,
            _folder: folder,
        })
    }

    async fn postgres(url: &str, kept: Kept, vault: Arc<Vault>, folder: Option<DataFolder>) -> Result<Self> {
        Ok(Self {
            vault,
            read: projections::sql::Db::postgres(pool(url, READ_CONNECTIONS)?),
            effects: workers::db::Db::open_postgres(url, EFFECT_CONNECTIONS)
                .await
                .context("the effects cannot be opened in PostgreSQL")?,
            log: kept.log(),
            kept,
            snapshots: KeptSnapshots::postgres(url).await?,
            _folder: folder,
        })
    }

    /// Where folds of long streams are kept, if they can be.
    pub fn snapshots(&self) -> Option<Arc<dyn Snapshots>> {
        match self.snapshots.as_ref()? {
            KeptSnapshots::Sqlite(snapshots) => Some(Arc::new(snapshots.clone())),
            KeptSnapshots::Postgres(snapshots) => Some(Arc::new(snapshots.clone())),
        }
    }

    /// Makes sure that the log is not shorter than what was derived from it.
    ///
    /// # Errors
    /// When events are missing that the effects have heard of, or something cannot be read.
    pub async fn ensure_whole(&self) -> Result<()> {
        let head = self.log.head().await.context("the log cannot be read")?;
        let heard = self.effects.checkpoint().await?.position;
        ensure!(
            heard <= head,
            "the effects are at position {heard}, but the log ends at {head}: events are missing. Put the right log \
             back, or bring a backup back with `greenroom restore` into a new data folder or database; when this shorter \
             log is the one to go on with, run `greenroom rebuild` first"
        );
        Ok(())
    }

    /// When the last event was recorded, or the earliest moment when there is none.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn last_recorded_at(&self) -> Result<Instant> {
        let last = self
            .log
            .last_recorded_at()
            .await
            .context("the log cannot be read")?;
        Ok(last.unwrap_or(Instant::MIN_UTC))
    }

    /// Stores what is waiting and closes everything.
    pub async fn close(&self) {
        match &self.kept {
            Kept::Sqlite(log) => log.close().await,
            Kept::Postgres(log) => log.close().await,
            #[cfg(feature = "kurrent")]
            Kept::Kurrent(log) => log.close().await,
        }
        self.read.close().await;
        self.effects.close().await;
        match &self.snapshots {
            Some(KeptSnapshots::Sqlite(snapshots)) => snapshots.close().await,
            Some(KeptSnapshots::Postgres(snapshots)) => snapshots.close().await,
            None => {}
        }
    }
}

/// A pool that connects when it is first used.
fn pool(url: &str, connections: u32) -> Result<PgPool> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| anyhow::anyhow!("database_url is not the address of a PostgreSQL database"))?;
    Ok(PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_WAIT)
        .connect_lazy_with(options))
}

/// Takes the data folder.
///
/// # Errors
/// When another process has it, or it cannot be made.
pub fn own(path: &Path) -> Result<DataFolder> {
    match DataFolder::open(path) {
        Ok(folder) => Ok(folder),
        Err(error @ DataFolderError::InUse { .. }) => {
            bail!("{error}: stop the server that runs there, or choose another folder with --data-dir")
        }
        Err(error) => Err(error.into()),
    }
}

/// Where wrapped keys are, and where it is noted who was erased. Nothing is unwrapped yet.
///
/// # Errors
/// When they cannot be opened.
pub async fn keys(config: &Config) -> Result<(Arc<dyn KeyStore>, Vec<Arc<dyn Ledger>>)> {
    let folder = proof::folder(config);
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut ledgers: Vec<Arc<dyn Ledger>> = vec![Arc::new(proof::ledger_file(config))];
    let Some(url) = &config.database_url else {
        let keys = SqliteKeys::open(&config.in_data_dir("keys.db"))
            .await
            .context("keys.db cannot be opened")?;
        return Ok((Arc::new(keys), ledgers));
    };
    let pool = pool(url.expose(), KEY_CONNECTIONS)?;
    let keys = PostgresKeys::open(pool.clone())
        .await
        .context("the keys cannot be opened in PostgreSQL")?;
    let ledger = PostgresLedger::open(pool)
        .await
        .context("the record of erased people cannot be opened in PostgreSQL")?;
    ledgers.push(Arc::new(ledger));
    Ok((Arc::new(keys), ledgers))
}

/// Unlocks the keys with the configured master key or with the data folder's own, and destroys again whatever a ledger
/// says was destroyed.
///
/// # Errors
/// When the master key is another one, or the keys or ledgers cannot be reached.
pub async fn unlock(
    config: &Config,
    keys: Arc<dyn KeyStore>,
    ledgers: Vec<Arc<dyn Ledger>>,
) -> Result<Vault> {
    const CANNOT: &str = "the keys of personal data cannot be used";
    let vault = match &config.master_key {
        Some(text) => {
            let master = MasterKey::from_base64(text.expose()).context("master_key cannot be used")?;
            Vault::unlock(keys, master).await.context(CANNOT)?
        }
        None => {
            std::fs::create_dir_all(&config.data_dir).context("the data folder cannot be made")?;
            unlock_own(keys, &config.data_dir).await.context(CANNOT)?
        }
    };
    vault.with_ledgers(ledgers).await.context(CANNOT)
}
