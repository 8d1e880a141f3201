//! A small schema, a clock that is set, and a server to ask.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use api::{
    error::ApiError,
    http::{
        AuthError, Authenticator, Caller, MinPosition, Settings, router,
        server::{ServerSettings, Shutdown, serve},
    },
    limits::CostModel,
};
use async_graphql::{
    Context, EmptySubscription, InputValueError, InputValueResult, Interface, Object, OneofObject, Scalar,
    ScalarType, Schema, SchemaBuilder, SimpleObject, Subscription, Value, futures_util::Stream,
};
use async_trait::async_trait;
use axum::Router;
use chrono::{TimeZone, Utc};
use domain::{ports::clock::Clock, time::Instant};
use futures::stream;
use tokio::{net::TcpListener, sync::Notify};

/// The clock of these tests: seconds since 2027-01-15.
#[derive(Default)]
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn set(&self, second: i64) {
        self.0.store(second, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        moment(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn moment(second: i64) -> Instant {
    Utc.timestamp_opt(1_800_000_000 + second, 0)
        .single()
        .expect("a moment")
}

/// Who a test token says that one is.
pub(crate) struct Viewer(pub String);

/// Believes every token but `bad`; one of `short` ends at second 60.
pub(crate) struct Believer;

#[async_trait]
impl Authenticator for Believer {
    async fn authenticate(&self, bearer: Option<&str>) -> Result<Caller, AuthError> {
        match bearer {
            None => Ok(Caller::anonymous()),
            Some("bad") => Err(AuthError::refused("not believed")),
            Some("lost") => Err(AuthError::Unavailable(
                "the keys cannot be fetched from 10.0.0.7".into(),
            )),
            Some(name) => {
                let viewer = name.to_owned();
                let caller = Caller::new(move |data| data.insert(Viewer(viewer.clone())));
                Ok(if name == "short" {
                    caller.until(moment(60))
                } else {
                    caller
                })
            }
        }
    }
}

/// What resolvers of the test schema count and wait for.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) increments: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) waiting: AtomicU64,
    pub(crate) go_on: Notify,
}

#[derive(SimpleObject)]
pub(crate) struct Item {
    id: i32,
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&i32"))]
pub(crate) enum Node {
    Item(Item),
}

pub(crate) struct Moment(String);

/// A moment.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339"
)]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[derive(OneofObject)]
pub(crate) enum AsOf {
    At(Moment),
    #[graphql(deprecation = "2027-01-01: use at")]
    Position(i32),
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    /// Has what schemas have beside objects: `"quoted"`, one-of inputs, interfaces, scalars of our own.
    async fn node(&self, as_of: Option<AsOf>) -> Option<Node> {
        let id = match as_of? {
            AsOf::At(at) => at.0.len() as i32,
            AsOf::Position(position) => position,
        };
        Some(Item { id }.into())
    }

    async fn me(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_opt::<Viewer>().map(|viewer| viewer.0.clone())
    }

    async fn position(&self, ctx: &Context<'_>) -> Option<u64> {
        ctx.data_opt::<MinPosition>().map(|position| position.0.0)
    }

    async fn items(&self, first: Option<i32>) -> Vec<Item> {
        (0..first.unwrap_or(3)).map(|id| Item { id }).collect()
    }

    async fn secret(&self) -> async_graphql::Result<Option<i32>> {
        Err(ApiError::forbidden())?
    }

    async fn broken(&self) -> async_graphql::Result<Option<i32>> {
        Err(std::io::Error::other("password=hunter2"))?
    }

    async fn panics(&self) -> Option<i32> {
        panic_in_a_resolver()
    }
}

fn panic_in_a_resolver() -> Option<i32> {
    panic!("a test panics")
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn increment(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        Ok(ctx
            .data::<Arc<World>>()?
            .increments
            .fetch_add(1, Ordering::SeqCst)
            + 1)
    }

    async fn increment_slowly(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        let world = ctx.data::<Arc<World>>()?;
        world.waiting.fetch_add(1, Ordering::SeqCst);
        world.go_on.notified().await;
        Ok(world.increments.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

struct OnDrop(Arc<World>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) struct Subscriptions;

#[Subscription]
impl Subscriptions {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    async fn endless(&self, ctx: &Context<'_>) -> async_graphql::Result<impl Stream<Item = i32> + use<>> {
        let guard = OnDrop(Arc::clone(ctx.data::<Arc<World>>()?));
        Ok(stream::unfold(guard, |guard| async move {
            std::future::pending::<()>().await;
            Some((0, guard))
        }))
    }

    async fn flood(&self, ctx: &Context<'_>) -> async_graphql::Result<impl Stream<Item = String> + use<>> {
        let guard = OnDrop(Arc::clone(ctx.data::<Arc<World>>()?));
        Ok(stream::repeat_with(move || {
            let _ = &guard;
            "x".repeat(64 * 1024)
        }))
    }

    async fn closed(&self) -> async_graphql::Result<impl Stream<Item = i32>> {
        let closed: Result<stream::Empty<i32>, ApiError> = Err(ApiError::forbidden());
        Ok(closed?)
    }
}

pub(crate) type TestSchema = Schema<Query, Mutation, Subscriptions>;

pub(crate) fn schema(world: &Arc<World>) -> TestSchema {
    let builder: SchemaBuilder<_, _, _> = Schema::build(Query, Mutation, Subscriptions);
    builder.data(Arc::clone(world)).disable_suggestions().finish()
}

/// The shell with everything a test may want to touch.
pub(crate) struct Shell {
    pub(crate) world: Arc<World>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) shutdown: Shutdown,
    pub(crate) router: Router,
}

pub(crate) fn shell(change: impl FnOnce(&mut Settings)) -> Shell {
    shell_with(change, |_, _| Router::new())
}

/// A shell with further routes, which share its clock and its end.
pub(crate) fn shell_with(
    change: impl FnOnce(&mut Settings),
    routes: impl FnOnce(&Arc<SetClock>, &Shutdown) -> Router,
) -> Shell {
    let (world, clock, shutdown) = (
        Arc::<World>::default(),
        Arc::<SetClock>::default(),
        Shutdown::default(),
    );
    let mut settings = Settings::default();
    change(&mut settings);
    let schema = schema(&world);
    let costs = CostModel::from_sdl(&schema.sdl()).expect("the schema can be read");
    let router = router(schema, Arc::new(Believer), Arc::clone(&clock) as Arc<dyn Clock>)
        .settings(settings)
        .costs(costs)
        .shutdown(shutdown.clone())
        .routes(routes(&clock, &shutdown))
        .build();
    Shell {
        world,
        clock,
        shutdown,
        router,
    }
}

/// A shell behind a real socket.
pub(crate) struct Served {
    pub(crate) shell: Shell,
    pub(crate) address: SocketAddr,
    pub(crate) ended: tokio::task::JoinHandle<std::io::Result<()>>,
}

pub(crate) async fn served(shell: Shell, change: impl FnOnce(&mut ServerSettings)) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut settings = ServerSettings {
        drain_time: Duration::from_secs(5),
        ..ServerSettings::default()
    };
    change(&mut settings);
    let ended = tokio::spawn(serve(
        listener,
        shell.router.clone(),
        settings,
        shell.shutdown.clone(),
    ));
    Served {
        shell,
        address,
        ended,
    }
}

/// Waits until something holds; fails the test when it does not within ten seconds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never happened: {what}");
}

/// A schema without subscriptions must be servable as well.
#[expect(dead_code, reason = "it compiles, and that is the test")]
fn any_schema_will_do(schema: Schema<Query, Mutation, EmptySubscription>) -> Router {
    router(schema, Arc::new(Believer), Arc::new(SetClock::default())).build()
}
