//! Greenroom's own server on tables that were filled before, in a process of its own: everything that answers a query
//! is there, and nothing that happens without anybody asking.
#![allow(clippy::print_stdout)]

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use api::{
    auth::{
        development_issuer::{DevelopmentIssuer, TokenRequest},
        tokens::{Identity, Verifier},
    },
    graphql::{
        authenticate::TokenAuthenticator,
        effects_overview::{CalendarState, DeadLetter, DeadLetters, EffectCounts, EffectsOverview, NoAnswer},
        schema,
        services::Services,
    },
    http::{
        router,
        server::{ServerSettings, Shutdown, serve},
    },
    limits::CostModel,
};
use async_trait::async_trait;
use domain::{
    external_calendar::{CalendarError, FeedAddress},
    ids::{BlobId, ExternalCalendarId, OrganisationId},
    ports::{
        blob::BlobStore,
        calendar_feed::{CalendarFeeds, Fetched, NotFetched, Validators},
        clock::Clock,
        error::ProviderError,
        video::{ProvisionedRoom, RoomRequest, Ticket, TicketRequest, VideoProvider},
    },
    time::Instant,
};
use projections::{as_of::Past, projections::Projections, sql::Db};
use secrecy::ExposeSecret;
use sqlx::{PgPool, postgres::PgPoolOptions};
use store::{
    codec::Codec,
    executor::Executor,
    memory::MemoryLog,
    vault::{KeyStore, Vault, postgres::PostgresKeys, sqlite::SqliteKeys},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::stock;

/// Where tables and keys are.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// In files of a folder.
    Sqlite,
    /// In a database at this address.
    Postgres(String),
}

impl Place {
    pub(super) async fn tables(&self, folder: &Path) -> Result<Db> {
        Ok(match self {
            Self::Sqlite => Db::open_sqlite(&folder.join("read.db")).await?,
            Self::Postgres(url) => Db::postgres(PgPoolOptions::new().max_connections(6).connect(url).await?),
        })
    }

    pub(super) async fn keys(&self, folder: &Path) -> Result<Arc<dyn KeyStore>> {
        Ok(match self {
            Self::Sqlite => Arc::new(SqliteKeys::open(&folder.join("keys.db")).await?),
            Self::Postgres(url) => Arc::new(PostgresKeys::open(PgPool::connect(url).await?).await?),
        })
    }
}

/// The read models of an empty log: their tables exist, and are written by nobody.
pub(super) async fn projections(db: Db) -> Result<Arc<Projections>> {
    let stop = CancellationToken::new();
    let past = Past::of(Arc::new(MemoryLog::new()), Codec::current());
    let projections = Projections::start(past, db, stop.clone()).await?;
    stop.cancel();
    projections.stopped().await;
    Ok(projections)
}

/// Serves until the process is ended. The first line that it prints is where.
pub(crate) async fn run(place: &Place, folder: &Path) -> Result<()> {
    let vault = Arc::new(Vault::unlock(place.keys(folder).await?, stock::master()).await?);
    let log = Arc::new(MemoryLog::new());
    let clock: Arc<dyn Clock> = Arc::new(Still);
    let services = Services {
        executor: Arc::new(Executor::new(log.clone(), vault.clone(), Codec::current())),
        vault,
        codec: Codec::current(),
        past: Past::of(log.clone(), Codec::current()),
        log,
        projections: projections(place.tables(folder).await?).await?,
        clock: clock.clone(),
        video: Arc::new(Nobody),
        blobs: Arc::new(Nobody),
        feeds: Arc::new(Nobody),
        public_url: "http://127.0.0.1/".parse()?,
        prompt_version: "bench".to_owned(),
        tries: Arc::default(),
        effects: Arc::new(Nobody),
    };
    let verifier = Verifier::new(clock.clone()).trust(issuer(folder)?.trusted())?;
    let schema = schema();
    let costs = CostModel::from_sdl(&schema.sdl())?;
    let authenticator = Arc::new(TokenAuthenticator::new(verifier, services));
    let router = router(schema, authenticator, clock).costs(costs).build();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    serve(listener, router, ServerSettings::default(), Shutdown::default()).await?;
    Ok(())
}

fn issuer(folder: &Path) -> Result<DevelopmentIssuer> {
    Ok(DevelopmentIssuer::open(folder, Arc::new(Still))?)
}

/// A recruiter's token, and what it says.
pub(super) fn recruiter(folder: &Path) -> Result<(String, Identity)> {
    let request = TokenRequest::new("recruiter").organisation(stock::TENANT);
    let token = issuer(folder)?.issue(&request)?.expose_secret().to_owned();
    let verifier = Verifier::new(Arc::new(Still)).trust(issuer(folder)?.trusted())?;
    let identity = verifier.verify(&token).context("our own token is believed")?;
    Ok((token, identity))
}

/// Business time that stands still, so that tokens stay valid.
struct Still;

impl Clock for Still {
    fn now(&self) -> Instant {
        stock::now()
    }
}

/// Nobody outside is asked.
struct Nobody;

#[async_trait]
impl VideoProvider for Nobody {
    fn name(&self) -> &str {
        "nobody"
    }

    async fn provision(&self, _: &RoomRequest) -> Result<ProvisionedRoom, ProviderError> {
        Err(ProviderError::rejected("nobody"))
    }

    async fn ticket(&self, _: &TicketRequest) -> Result<Ticket, ProviderError> {
        Err(ProviderError::rejected("nobody"))
    }
}

#[async_trait]
impl BlobStore for Nobody {
    async fn put(&self, _: OrganisationId, _: BlobId, _: Vec<u8>) -> Result<(), ProviderError> {
        Err(ProviderError::rejected("nobody"))
    }

    async fn get(&self, _: OrganisationId, _: BlobId) -> Result<Option<Vec<u8>>, ProviderError> {
        Err(ProviderError::rejected("nobody"))
    }

    async fn delete(&self, _: OrganisationId, _: BlobId) -> Result<(), ProviderError> {
        Err(ProviderError::rejected("nobody"))
    }
}

#[async_trait]
impl CalendarFeeds for Nobody {
    async fn check(&self, _: &FeedAddress) -> Result<(), CalendarError> {
        Err(CalendarError::Unreachable)
    }

    async fn fetch(&self, _: &FeedAddress, _: &Validators) -> Result<Fetched, NotFetched> {
        Err(CalendarError::Unreachable.into())
    }
}

#[async_trait]
impl EffectsOverview for Nobody {
    async fn counts(&self, _: OrganisationId) -> Result<EffectCounts, NoAnswer> {
        Ok(EffectCounts::default())
    }

    async fn dead_letters(&self, _: OrganisationId, _: DeadLetters) -> Result<Vec<DeadLetter>, NoAnswer> {
        Ok(Vec::new())
    }

    async fn calendars(
        &self,
        _: OrganisationId,
        _: &[ExternalCalendarId],
    ) -> Result<Vec<CalendarState>, NoAnswer> {
        Ok(Vec::new())
    }
}
