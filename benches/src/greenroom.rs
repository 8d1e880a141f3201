//! Greenroom's own log, driven through its executor as a use case would be.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::Result;
use async_trait::async_trait;
use domain::{
    actor::Actor,
    availability::{Availability, AvailabilityCommand},
    ids::{AccountId, CommandId, CorrelationId, OrganisationId},
};
use serde::Serialize;
use sqlx::{Connection, Executor as _, PgConnection};
use store::{
    codec::Codec,
    executor::{CommandError, Executor, Invocation, Unit, UseCase, command_id},
    log::Log,
    postgres::PostgresLog,
    sqlite::SqliteLog,
    vault::{Vault, master_key::MasterKey, memory::MemoryKeys},
};
use uuid::Uuid;
use workload::{
    availability::{Step, now},
    measure::{self, Round},
};

use crate::contender::{Contender, Load};

/// Where the log lies.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// In a file.
    Sqlite,
    /// In a database of its own on this server.
    Postgres(String),
}

/// Greenroom on one back end.
#[derive(Debug)]
pub(crate) struct Greenroom(pub(crate) Place);

/// An interviewer states their weekly hours.
struct DefineWeekly(Step);

impl Serialize for DefineWeekly {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.caller, self.0.number).serialize(serializer)
    }
}

#[async_trait]
impl UseCase for DefineWeekly {
    const OPERATION: &'static str = "defineWeekly";
    type Output = AccountId;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<AccountId, CommandError> {
        let account = self.0.account();
        let command = AvailabilityCommand::DefineWeekly(self.0.command());
        unit.decide::<Availability>(account.uuid(), command).await?;
        Ok(account)
    }
}

fn tenant() -> OrganisationId {
    OrganisationId::new(Uuid::from_u128(7))
}

/// What the workload's command says of itself.
pub(crate) fn invocation(step: Step) -> Invocation {
    let key = format!("{}-{}", step.caller, step.number);
    let command: CommandId = command_id(tenant(), step.account(), DefineWeekly::OPERATION, &key);
    Invocation {
        tenant: tenant(),
        actor: Actor::Account {
            account: step.account(),
            on_behalf_of: None,
        },
        command_id: command,
        correlation_id: CorrelationId::new(step.id()),
        causation_id: None,
        trace: None,
        now: now(),
    }
}

#[async_trait]
impl Contender for Greenroom {
    fn name(&self) -> &'static str {
        "Greenroom"
    }

    fn expected(&self, callers: u64) -> f64 {
        match (&self.0, callers) {
            (Place::Sqlite, 1) => 4_000.0,
            (Place::Sqlite, _) => 20_000.0,
            (Place::Postgres(_), 1) => 1_500.0,
            (Place::Postgres(_), _) => 10_000.0,
        }
    }

    async fn round(&self, folder: &Path, load: Load) -> Result<Round> {
        match &self.0 {
            Place::Sqlite => {
                let log = Arc::new(SqliteLog::open(&folder.join("log.db")).await?);
                let round = play(log.clone(), 0, load).await?;
                log.close().await;
                Ok(round)
            }
            Place::Postgres(server) => {
                let database = Database::create(server).await?;
                let log = Arc::new(PostgresLog::connect(&database.url).await?);
                let round = play(log.clone(), 0, load).await?;
                log.close().await;
                database.remove().await?;
                Ok(round)
            }
        }
    }
}

/// Plays one round on a log in which so many events of the same callers are stored; each goes on behind its last.
pub(crate) async fn play(log: Arc<dyn Log>, before: u64, load: Load) -> Result<Round> {
    let vault = Vault::unlock(Arc::new(MemoryKeys::default()), MasterKey::new([7; 32])).await?;
    let executor = Arc::new(Executor::new(log.clone(), Arc::new(vault), Codec::current()));
    let round = measure::tasks(load.callers, load.commands, move |step| {
        let executor = executor.clone();
        let step = Step {
            number: before / load.callers + step.number,
            ..step
        };
        async move {
            executor
                .run(&invocation(step), &DefineWeekly(step))
                .await
                .expect("the command is accepted");
        }
    })
    .await;
    anyhow::ensure!(
        log.head().await?.0 == before + load.callers * load.commands,
        "commands are missing"
    );
    Ok(round)
}

/// A database of its own for one round.
pub(crate) struct Database {
    server: String,
    name: String,
    /// Its address.
    pub(crate) url: String,
}

impl Database {
    /// Makes it, empty.
    pub(crate) async fn create(server: &str) -> Result<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench_{}_{number}", std::process::id());
        let mut connection = PgConnection::connect(server).await?;
        connection
            .execute(sqlx::AssertSqlSafe(format!("drop database if exists {name}")))
            .await?;
        connection
            .execute(sqlx::AssertSqlSafe(format!("create database {name}")))
            .await?;
        connection.close().await?;
        let (before, _) = server
            .rsplit_once('/')
            .ok_or_else(|| anyhow::anyhow!("no database in the address"))?;
        Ok(Self {
            server: server.to_owned(),
            url: format!("{before}/{name}"),
            name,
        })
    }

    /// Drops it.
    pub(crate) async fn remove(self) -> Result<()> {
        let mut connection = PgConnection::connect(&self.server).await?;
        let drop = format!("drop database {} with (force)", self.name);
        connection.execute(sqlx::AssertSqlSafe(drop)).await?;
        connection.close().await?;
        Ok(())
    }
}
