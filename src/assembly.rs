//! A running server, put together from its configuration.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use adapters::{
    clock::{
        simulated::{self, SimulatedClock},
        system::SystemClock,
    },
    payment::sandbox::Addresses,
};
use anyhow::{Context, Result, ensure};
use api::{
    auth::{development_issuer::DevelopmentIssuer, tokens::Verifier},
    graphql::{
        Schema,
        authenticate::TokenAuthenticator,
        effects_overview::{
            CalendarState, DeadLetter, DeadLetterPlace, DeadLetters, EffectCounts, EffectsOverview, NoAnswer,
        },
        services::Services,
    },
    http::{
        self, Settings,
        calendars::Calendars,
        health::Readiness,
        rooms::{self, RelaySettings},
        server::{ServerSettings, Shutdown},
        webhooks::{DEFAULT_ENDPOINT, Webhooks},
    },
    limits::CostModel,
};
use async_trait::async_trait;
use axum::Router;
use domain::{
    envelope::Position,
    ids::{ExternalCalendarId, OrganisationId},
    ports::clock::Clock,
    time::Instant,
};
use projections::{as_of::Past, projections::Projections};
use store::{codec::Codec, executor::Executor, log::Log, snapshots};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use url::Url;
use workers::{
    db::Part,
    deeds::Tools,
    effects::Effects,
    mail::{
        Writer,
        links::{Link, Links, SessionLink},
    },
    runner::Pace,
};

use crate::{
    config::Config,
    metrics,
    proof::Keeping,
    providers::{self, Providers},
    stores::{Purpose, Stores},
};

/// Where the pages of the play provider are.
const SANDBOX_PATH: &str = "/sandbox/payments";
/// How often it is looked whether the log can be reached.
const READINESS_LOOK: Duration = Duration::from_secs(2);

/// Which time it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// The machine's.
    System,
    /// One that stands still until it is moved.
    Simulated {
        /// What a clock shows that is made for this server; the machine's time when absent.
        start: Option<Instant>,
    },
}

/// A server that can be asked.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it is called from outside.
    pub public_url: Url,
    /// Business time.
    pub clock: Arc<dyn Clock>,
    /// The clock that can be moved, when it is a simulated one.
    pub simulated: Option<Arc<SimulatedClock>>,
    /// Signs tokens.
    pub issuer: DevelopmentIssuer,
    /// What happens in the background.
    pub background: Arc<Background>,
    shutdown: Shutdown,
    /// Ends what speaks to the outside.
    quiet: CancellationToken,
    /// Ends the read models.
    stop: CancellationToken,
    served: JoinHandle<std::io::Result<()>>,
    executor: Arc<Executor>,
    stores: Stores,
    keeping: Keeping,
    drain: Duration,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What happens without anybody asking.
pub struct Background {
    /// The read models.
    pub projections: Arc<Projections>,
    effects: Effects,
    log: Arc<dyn Log>,
}

impl std::fmt::Debug for Background {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Background")
    }
}

impl Background {
    /// Waits until the read models have folded in everything that stands in the log and no effect is due at the
    /// present business time. Says where the log ends then.
    ///
    /// # Errors
    /// When that does not come within `most`, or the log cannot be read.
    pub async fn settle(&self, most: Duration) -> Result<Position> {
        let settled = async {
            loop {
                self.effects.until_idle().await?;
                let head = self.log.head().await?;
                self.projections.wait_for(head, most).await?;
                // What was done in between may have led to new events.
                if self.effects.counts().await?.due == 0 && self.log.head().await? == head {
                    return Ok(head);
                }
            }
        };
        tokio::time::timeout(most, settled)
            .await
            .context("there is still something to do: an effect may be failing, see the server's log")?
    }
}

impl Server {
    /// Opens everything and begins to serve.
    ///
    /// # Errors
    /// When the address or the data folder is in use, a database cannot be used, or a setting is wrong.
    pub async fn start(config: &Config, time: Time) -> Result<Self> {
        if matches!(time, Time::Simulated { .. }) {
            ensure!(
                providers::are_embedded(config),
                "the simulated clock is only for embedded providers: leave mail.smtp_url, video, llm and blob at their \
                 defaults, or start without --simulated-clock"
            );
        }
        let listener = listen(config.listen).await?;
        let address = listener.local_addr()?;
        let watched = match config.metrics_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let public_url = public_url(config, address)?;
        let links = links(config, &public_url)?;
        let stores = Stores::open(config, Purpose::Server).await?;
        stores.ensure_whole().await?;
        let (clock, simulated) = clock(config, time, &stores).await?;
        let codec = Codec::current();
        let mut executor = Executor::new(stores.log.clone(), stores.vault.clone(), codec.clone());
        let mut past = Past::of(stores.log.clone(), codec.clone());
        if let Some(place) = stores.snapshots() {
            executor = executor.with_snapshots(place.clone(), snapshots::Pace::default());
            past = past.with_snapshots(place, stores.vault.clone());
        }
        let executor = Arc::new(executor);
        let issuer = DevelopmentIssuer::open(&config.data_dir, clock.clone())?;
        let verifier = Verifier::new(clock.clone()).trust(issuer.trusted())?;
        let outside = Providers::configured(config, &stores.vault, clock.clone()).await?;
        outside.sandbox.listen_at(Addresses {
            pages: public_url.join(SANDBOX_PATH.trim_start_matches('/'))?,
            webhook: webhook_url(address)?,
        });

        let stop = CancellationToken::new();
        let projections = Projections::start(past.clone(), stores.read.clone(), stop.clone()).await?;
        let keeping = Keeping::start(config, &stores.vault, &clock).await?;
        let tools = Tools {
            log: stores.log.clone(),
            codec: codec.clone(),
            executor: executor.clone(),
            vault: stores.vault.clone(),
            clock: clock.clone(),
            payments: outside.payments.clone(),
            video: outside.video.clone(),
            assessor: outside.assessor.clone(),
            mailer: outside.mailer.clone(),
            sent_mail: outside.sent_mail.clone(),
            blobs: outside.blobs.clone(),
            feeds: outside.feeds.clone(),
            db: stores.effects.clone(),
            writer: Writer::new(links, public_url.host_str().unwrap_or("localhost")),
        };
        let effects = Effects::start(
            stores.log.clone(),
            codec.clone(),
            stores.effects.clone(),
            clock.clone(),
            Arc::new(tools),
            Pace::default(),
            simulated.as_ref().map(|clock| clock.moves()),
        );

        let services = Services {
            past,
            executor: executor.clone(),
            vault: stores.vault.clone(),
            codec,
            log: stores.log.clone(),
            projections: projections.clone(),
            clock: clock.clone(),
            video: outside.video.clone(),
            feeds: outside.feeds.clone(),
            blobs: outside.blobs.clone(),
            public_url: public_url.clone(),
            prompt_version: outside.assessor.prompt_version().to_owned(),
            tries: Arc::default(),
            effects: Arc::new(EffectRows {
                db: stores.effects.clone(),
                clock: clock.clone(),
            }),
        };
        let (quiet, shutdown) = (CancellationToken::new(), Shutdown::default());
        let rooms = match outside.own_rooms {
            None => rooms::page_routes(),
            Some(own) => rooms::routes(
                rooms::Tools {
                    executor: executor.clone(),
                    log: stores.log.clone(),
                    clock: clock.clone(),
                    doorkeeper: own.doorkeeper,
                    video: outside.video.clone(),
                    ice_servers: own.ice_servers,
                    origins: config.allowed_origins.clone(),
                    shutdown: shutdown.clone(),
                },
                RelaySettings::default(),
            ),
        };
        let webhooks = Webhooks::new(executor.clone(), clock.clone()).accept(
            outside.payments.name(),
            DEFAULT_ENDPOINT,
            outside.verifier.clone(),
        );
        let metrics = metrics::routes(metrics::Sources {
            projections: projections.clone(),
            effects: stores.effects.clone(),
            clock: clock.clone(),
        });
        let calendars = Calendars {
            executor: executor.clone(),
            vault: stores.vault.clone(),
            projections: projections.clone(),
            clock: clock.clone(),
            public_url: public_url.clone(),
        };
        let own_pages = webhooks
            .routes()
            .merge(calendars.routes())
            .merge(rooms)
            .merge(if watched.is_none() {
                metrics.clone()
            } else {
                Router::new()
            })
            .merge(Router::new().nest(SANDBOX_PATH, outside.sandbox.router()));
        let schema: Schema = api::graphql::schema();
        let costs = CostModel::from_sdl(&schema.sdl())?;
        let authenticator = Arc::new(TokenAuthenticator::new(verifier, services));
        let router = http::router(schema, authenticator, clock.clone())
            .settings(Settings {
                origins: config.allowed_origins.clone(),
                ..Settings::default()
            })
            .costs(costs)
            .jwks(issuer.jwks())
            .readiness(watch_readiness(stores.log.clone(), quiet.clone()))
            .shutdown(shutdown.clone())
            .routes(own_pages)
            .build();
        let drain = Duration::from_secs(config.drain_seconds);
        let settings = ServerSettings {
            drain_time: drain,
            ..ServerSettings::default()
        };
        if let Some(listener) = watched {
            info!(address = %listener.local_addr()?, "serving metrics");
            let (settings, shutdown) = (settings.clone(), shutdown.clone());
            tokio::spawn(http::server::serve(listener, metrics, settings, shutdown));
        }
        let served = tokio::spawn(http::server::serve(listener, router, settings, shutdown.clone()));
        let sandbox = outside.sandbox;
        let until = quiet.clone();
        tokio::spawn(async move { sandbox.run(until.cancelled()).await });
        info!(address = %address, "serving");
        Ok(Self {
            address,
            public_url,
            clock,
            simulated,
            issuer,
            background: Arc::new(Background {
                projections,
                effects,
                log: stores.log.clone(),
            }),
            shutdown,
            quiet,
            stop,
            served,
            executor,
            stores,
            keeping,
            drain,
        })
    }

    /// Everything that happened.
    pub fn log(&self) -> &dyn Log {
        &*self.stores.log
    }

    /// Returns only when the listener failed by itself, with the reason.
    pub async fn failed(&mut self) -> anyhow::Error {
        match (&mut self.served).await {
            Ok(Ok(())) => anyhow::anyhow!("the server stopped serving"),
            Ok(Err(error)) => {
                anyhow::Error::from(error).context("the server cannot accept connections any more")
            }
            Err(error) => anyhow::Error::from(error).context("the server failed"),
        }
    }

    /// Ends in good order: requests and effects that run may finish, within the time that is configured for it; then
    /// everything is stored and closed.
    pub async fn stop(mut self) {
        info!("shutting down");
        self.shutdown.begin();
        self.quiet.cancel();
        let effects = tokio::time::timeout(self.drain, self.background.effects.stop());
        let served = async {
            // One that has ended was heard of in `failed`.
            if !self.served.is_finished() {
                let _ = (&mut self.served).await;
            }
        };
        let ((), effects) = tokio::join!(served, effects);
        if effects.is_err() {
            warn!("effects were cut at shutdown, they are tried again at the next start");
        }
        self.stop.cancel();
        let closed = async {
            self.background.projections.stopped().await;
            self.keeping.stop().await;
            self.executor.close().await;
            self.stores.close().await;
        };
        if tokio::time::timeout(CLOSE_WAIT, closed).await.is_err() {
            warn!("databases were left open at shutdown");
        }
        info!("stopped");
    }
}

/// How long closing the databases may take.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("the server cannot listen on {address}: choose another address with --listen, port 0 picks a free one")
    })
}

/// What is configured, or the address that the server listens on; ends with a slash, so that paths can be added.
fn public_url(config: &Config, address: SocketAddr) -> Result<Url> {
    let mut url = match &config.public_url {
        Some(url) => url.clone(),
        None => Url::parse(&format!("http://{}/", reachable(address)))?,
    };
    ensure!(
        !url.cannot_be_a_base(),
        "public_url must be an address such as https://greenroom.example.com/"
    );
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// What is configured, or the pages of this server.
fn links(config: &Config, public_url: &Url) -> Result<Links> {
    let own = Links::of_installation(public_url.as_str());
    let link = |name: &str, configured: &Option<String>, own: Link| match configured {
        None => Ok(own),
        Some(address) => Link::new(address).with_context(|| format!("links.{name} cannot be used")),
    };
    Ok(Links {
        interview: link("interview", &config.links.interview, own.interview)?,
        room: link("room", &config.links.room, own.room)?,
        session: match &config.links.session {
            None => own.session,
            Some(address) => SessionLink::new(address).context("links.session cannot be used")?,
        },
    })
}

fn webhook_url(address: SocketAddr) -> Result<Url> {
    let text = format!("http://{}/webhooks/{}", reachable(address), providers::SANDBOX);
    Ok(Url::parse(&text)?)
}

/// An address under which this machine reaches a listener: one that listens everywhere is also at home.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// The clock of a server. A data folder whose time was simulated once stays so: its log may end in a future that the
/// machine's clock knows nothing of.
async fn clock(
    config: &Config,
    time: Time,
    stores: &Stores,
) -> Result<(Arc<dyn Clock>, Option<Arc<SimulatedClock>>)> {
    match time {
        Time::System => {
            ensure!(
                !is_simulated(&config.data_dir),
                "the time of {} is simulated: start with --simulated-clock, or choose another folder with --data-dir",
                config.data_dir.display()
            );
            Ok((Arc::new(SystemClock::default()), None))
        }
        Time::Simulated { start } => {
            let start = start.unwrap_or_else(|| SystemClock::default().now());
            let floor = stores.last_recorded_at().await?;
            let clock = Arc::new(SimulatedClock::open(&config.data_dir, start, floor)?);
            Ok((clock.clone(), Some(clock)))
        }
    }
}

/// True when the time of a data folder is simulated.
pub fn is_simulated(data_dir: &Path) -> bool {
    data_dir.join(simulated::FILE).exists()
}

/// Tells the API of effects.
struct EffectRows {
    db: workers::db::Db,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl EffectsOverview for EffectRows {
    async fn counts(&self, tenant: OrganisationId) -> Result<EffectCounts, NoAnswer> {
        let counts = self.db.counts_of(tenant, self.clock.now()).await?;
        Ok(EffectCounts {
            open: counts.open,
            dead: counts.dead,
        })
    }

    async fn dead_letters(
        &self,
        tenant: OrganisationId,
        part: DeadLetters,
    ) -> Result<Vec<DeadLetter>, NoAnswer> {
        let place = |place: DeadLetterPlace| (Position(place.position), place.effect);
        let (part, most) = match part {
            DeadLetters::After(after, most) => (Part::After(after.map(place)), most),
            DeadLetters::Before(before, most) => (Part::Before(before.map(place)), most),
        };
        let letters = self.db.dead_letters(tenant, part, most).await?;
        Ok(letters.into_iter().map(told).collect())
    }

    async fn calendars(
        &self,
        tenant: OrganisationId,
        calendars: &[ExternalCalendarId],
    ) -> Result<Vec<CalendarState>, NoAnswer> {
        let states = self.db.feeds(tenant, calendars).await?.into_iter();
        let state = |known: workers::feeds::FeedState| CalendarState {
            calendar: known.calendar,
            fetched_at: known.fetched_at,
            next_at: known.next_at,
            code: known.code,
        };
        Ok(states.map(state).collect())
    }
}

fn told(letter: workers::db::DeadLetter) -> DeadLetter {
    DeadLetter {
        place: DeadLetterPlace {
            position: letter.position.0,
            effect: letter.effect,
        },
        deed: letter.deed.name(),
        interview: letter.deed.interview(),
        attempts: letter.attempts,
        code: letter.code,
        in_doubt: letter.in_doubt,
    }
}

/// Looks now and then whether the log answers.
fn watch_readiness(log: Arc<dyn Log>, until: CancellationToken) -> watch::Receiver<Readiness> {
    let (readiness, watched) = watch::channel(Readiness::Ready);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = until.cancelled() => return,
                () = tokio::time::sleep(READINESS_LOOK) => {}
            }
            let now = match log.head().await {
                Ok(_) => Readiness::Ready,
                Err(_) => Readiness::NotReady("the log cannot be reached"),
            };
            readiness.send_if_modified(|before| std::mem::replace(before, now.clone()) != now);
        }
    });
    watched
}
