//! The databases: of the data folder, or of one PostgreSQL.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use domain::time::Instant;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use store::{
    data_folder::{DataFolder, DataFolderError},
    log::Log,
    postgres::PostgresLog,
    sqlite::SqliteLog,
    vault::{KeyStore, Vault, master_key::MasterKey, postgres::PostgresKeys, sqlite::SqliteKeys},
};

use crate::config::Config;

/// Connections to PostgreSQL for read tables.
const READ_CONNECTIONS: u32 = 6;
/// Connections to PostgreSQL for effects.
const EFFECT_CONNECTIONS: u32 = 4;
/// Connections to PostgreSQL for keys, which are cached.
const KEY_CONNECTIONS: u32 = 2;
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
    _folder: Option<DataFolder>,
}

/// The log once more, to be closed.
enum Kept {
    Sqlite(Arc<SqliteLog>),
    Postgres(Arc<PostgresLog>),
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
        let alone = purpose == Purpose::Server || config.database_url.is_none();
        let folder = if alone { Some(own(&config.data_dir)?) } else { None };
        let master = master_key(config)?;
        match &config.database_url {
            None => Self::embedded(config, master, folder).await,
            Some(url) => Self::postgres(url.expose(), master, folder).await,
        }
    }

    async fn embedded(config: &Config, master: MasterKey, folder: Option<DataFolder>) -> Result<Self> {
        let keys = SqliteKeys::open(&config.in_data_dir("keys.db"))
            .await
            .context("keys.db cannot be opened")?;
        let log = SqliteLog::open(&config.in_data_dir("log.db"))
            .await
            .context("log.db cannot be opened")?;
        let log = Arc::new(log);
        Ok(Self {
            vault: unlock(Arc::new(keys), master).await?,
            read: projections::sql::Db::open_sqlite(&config.in_data_dir("read.db"))
                .await
                .context("read.db cannot be opened")?,
            effects: workers::db::Db::open_sqlite(&config.in_data_dir("effects.db"))
                .await
                .context("effects.db cannot be opened")?,
            log: log.clone(),
            kept: Kept::Sqlite(log),
            _folder: folder,
        })
    }

    async fn postgres(url: &str, master: MasterKey, folder: Option<DataFolder>) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| anyhow::anyhow!("database_url is not the address of a PostgreSQL database"))?;
        let pool = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_WAIT)
                .connect_lazy_with(options.clone())
        };
        let log = PostgresLog::connect(url)
            .await
            .context("the log cannot be opened in PostgreSQL")?;
        let log = Arc::new(log);
        let keys = PostgresKeys::open(pool(KEY_CONNECTIONS))
            .await
            .context("the keys cannot be opened in PostgreSQL")?;
        Ok(Self {
            vault: unlock(Arc::new(keys), master).await?,
            read: projections::sql::Db::postgres(pool(READ_CONNECTIONS)),
            effects: workers::db::Db::open_postgres(url, EFFECT_CONNECTIONS)
                .await
                .context("the effects cannot be opened in PostgreSQL")?,
            log: log.clone(),
            kept: Kept::Postgres(log),
            _folder: folder,
        })
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
        }
        self.read.close().await;
        self.effects.close().await;
    }
}

fn own(path: &Path) -> Result<DataFolder> {
    match DataFolder::open(path) {
        Ok(folder) => Ok(folder),
        Err(error @ DataFolderError::InUse { .. }) => {
            bail!("{error}: stop the server that runs there, or choose another folder with --data-dir")
        }
        Err(error) => Err(error.into()),
    }
}

/// The configured key, or the data folder's own.
fn master_key(config: &Config) -> Result<MasterKey> {
    match &config.master_key {
        Some(text) => MasterKey::from_base64(text.expose()).context("master_key cannot be used"),
        None => {
            std::fs::create_dir_all(&config.data_dir).context("the data folder cannot be made")?;
            MasterKey::in_folder(&config.data_dir).context("the master key of the data folder cannot be used")
        }
    }
}

async fn unlock(keys: Arc<dyn KeyStore>, master: MasterKey) -> Result<Arc<Vault>> {
    let vault = Vault::unlock(keys, master).await;
    Ok(Arc::new(
        vault.context("the keys of personal data cannot be used")?,
    ))
}
