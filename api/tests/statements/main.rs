//! How many SQL statements an answer takes. A program of its own, because it counts those of the whole process.

#![allow(clippy::unwrap_used)] // a program of tests

use std::{
    collections::BTreeSet,
    fmt::Debug,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use api::{
    auth::tokens::Identity,
    graphql::{
        effects_overview::{CalendarState, DeadLetter, DeadLetters, EffectCounts, EffectsOverview, NoAnswer},
        schema,
        services::Services,
        viewer::{Asker, Viewer},
    },
};
use async_graphql::Request;
use async_trait::async_trait;
use domain::{
    account::events::{AccountEvent, AccountRegistered},
    actor::{Actor, Role},
    envelope::StreamId,
    event::Event,
    external_calendar::{CalendarError, FeedAddress},
    ids::{self, BlobId, ExternalCalendarId, Id, Kind, OrganisationId, SubjectId, kind},
    interview::events as interview,
    interview::schedule::without_product,
    interview_kit::events as interview_kit,
    interview_type::events as interview_type,
    interviewer_calendar::events::{HoldPlaced, InterviewerCalendarEvent},
    money::Money,
    ports::{
        blob::BlobStore,
        calendar_feed::{CalendarFeeds, Fetched, NotFetched, Validators},
        clock::Clock,
        error::ProviderError,
        video::{ProvisionedRoom, RoomRequest, Ticket, TicketRequest, VideoProvider},
    },
    price_list::events as price_list,
    rubric::events as rubric,
    sealed::Sealed,
    text::Line,
    time::{Instant, Slot, Span},
    waitlist::events as waitlist,
};
use projections::{as_of::Past, projections::Projections, sql::Db};
use serde_json::Value;
use store::{
    codec::Codec,
    executor::Executor,
    log::{Append, CommandMeta, Log, StreamWrite},
    memory::MemoryLog,
    vault::{Vault, master_key::MasterKey, sqlite::SqliteKeys},
};
use tokio_util::sync::CancellationToken;
use tracing::{
    Event as LogEvent, Metadata, Subscriber,
    field::{Field as LogField, Visit},
    span,
};
use uuid::Uuid;

const TENANT: u128 = 0xA0;
/// Two interviewers for each interview.
const PANEL: u128 = 2;
const INTERVIEWS: u128 = 20;

/// Keys are asked for by those who open names of an interview's people, names of its product's people, and what candidates
/// wrote, of whom the first know most: when the others are earlier, that is up to so many statements more.
const KEYS: usize = 2;

static STATEMENTS: AtomicUsize = AtomicUsize::new(0);

/// Counts what sqlx says it did. That a pool opens another connection, which begins with pragmas, is no part of an
/// answer, and happens when it happens.
struct Counter;

/// Whether a statement sets up a connection.
struct IsPragma(bool);

impl Visit for IsPragma {
    fn record_debug(&mut self, field: &LogField, value: &dyn Debug) {
        if field.name() == "summary" {
            self.0 = format!("{value:?}").trim_start_matches('"').starts_with("PRAGMA");
        }
    }
}

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &LogEvent<'_>) {
        let mut is_pragma = IsPragma(false);
        event.record(&mut is_pragma);
        if !is_pragma.0 {
            STATEMENTS.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Nobody outside is asked in these tests.
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

impl Clock for Nobody {
    fn now(&self) -> Instant {
        moment(0)
    }
}

const fn id<K: Kind>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

fn moment(minutes: i64) -> Instant {
    "2026-06-01T00:00:00Z".parse::<Instant>().unwrap() + chrono::Duration::minutes(minutes)
}

const fn candidate(interview: u128) -> u128 {
    0x100 + interview
}

const fn interviewer(interview: u128, seat: u128) -> u128 {
    0x200 + interview * PANEL + seat
}

/// The product that an interview follows.
const fn followed(interview: u128) -> u128 {
    0x1000 + interview
}

fn registered(account: u128) -> AccountRegistered {
    let subject = SubjectId::of(id(account));
    let open = |text: String| Sealed::open(subject, text);
    AccountRegistered {
        account: id(account),
        issuer: "https://issuer.example".into(),
        identity: open(format!("sub-{account}")),
        email: Some(open(format!("p{account}@example.org"))),
        name: Some(open(format!("Person {account}"))),
    }
}

fn booked(number: u128) -> interview::BookingRequested {
    let minutes = i64::try_from(number).unwrap() * 60;
    let span = Span {
        start: moment(minutes),
        end: moment(minutes + 20),
    };
    interview::BookingRequested {
        interview: id(number),
        candidate: id(candidate(number)),
        interview_type: id(followed(number)),
        type_version: 1,
        title: Line::new("System design").unwrap(),
        kind: interview_type::InterviewKind::SystemDesign,
        difficulty: interview_type::Difficulty::Medium,
        mode: interview_type::Mode::Human,
        purpose: interview_type::Purpose::Recruiting,
        slot: Slot::promised(span, "Asia/Kolkata".parse().unwrap()),
        panel: (0..PANEL)
            .map(|seat| interview::PanelMember {
                account: id(interviewer(number, seat)),
                role: interview::PanelRole::Lead,
                reason: interview::SeatReason::Collective,
            })
            .collect(),
        brief: None,
        quote: None,
        terms: interview::Terms {
            duration_minutes: 20,
            buffer_before_minutes: 5,
            buffer_after_minutes: 10,
            notice_minutes: 120,
            join_window: interview_type::JoinWindow {
                opens_before_minutes: 10,
                grace_minutes: 5,
                closes_after_minutes: 30,
            },
            refunds: Vec::new(),
            rubric: None,
        },
        locale: "en".to_owned(),
    }
}

/// The seat of an interviewer.
fn held(account: u128) -> HoldPlaced {
    let number = (account - 0x200) / PANEL;
    let booked = booked(number);
    HoldPlaced {
        account: id(account),
        claim: id(account),
        interview: id(number),
        interview_type: None,
        group: None,
        revision: 1,
        span: booked.slot.span,
        before: 5,
        after: 10,
        expires_at: moment(10_000),
    }
}

/// A kit with criteria.
fn kit() -> (rubric::RubricPublished, interview_kit::KitPublished) {
    let rubric = rubric::RubricPublished {
        rubric: id(1),
        version: 1,
        name: Line::new("Design").unwrap(),
        criteria: Vec::new(),
    };
    let kit = interview_kit::KitPublished {
        kit: id(1),
        version: 1,
        spec: interview_kit::KitSpec {
            name: Line::new("Design").unwrap(),
            industry: None,
            sections: Vec::new(),
            rubric: Some(rubric::RubricPin {
                rubric: id(1),
                version: 1,
            }),
        },
    };
    (rubric, kit)
}

fn attached(number: u128) -> interview::KitAttached {
    interview::KitAttached {
        interview: id(number),
        kit: interview_kit::KitPin {
            kit: id(1),
            version: 1,
        },
        by: None,
    }
}

/// A product of its own interviewers, prices and kit, with somebody who waits for it.
fn product(
    number: u128,
) -> (
    price_list::PriceListPublished,
    interview_type::InterviewTypeDefined,
    waitlist::WaitlistJoined,
) {
    let title = Line::new("System design").unwrap();
    let pool: Vec<_> = (0..PANEL).map(|seat| id(interviewer(number, seat))).collect();
    let mut spec = without_product(title.clone(), 20);
    spec.panel.roles = vec![interview_type::RoleSpec {
        role: interview::PanelRole::Lead,
        min: 1,
        max: 2,
        pool: pool.clone(),
    }];
    spec.panel.pool = pool;
    spec.price_list = Some(id(number));
    spec.kit = Some(id(1));
    let amount = Money {
        minor: 9_900,
        currency: "INR".parse().unwrap(),
    };
    let item = price_list::PriceItem {
        difficulty: spec.difficulty,
        minutes: 20,
        price: amount,
        cost: amount,
    };
    let prices = price_list::PriceListPublished {
        price_list: id(number),
        version: 1,
        name: title,
        items: vec![item],
    };
    let defined = interview_type::InterviewTypeDefined {
        interview_type: id(followed(number)),
        spec,
    };
    let joined = waitlist::WaitlistJoined {
        interview_type: id(followed(number)),
        entry: id(number),
        candidate: id(candidate(number)),
        wanted: booked(number).slot.span,
        zone: "Asia/Kolkata".parse().unwrap(),
    };
    (prices, defined, joined)
}

/// A log with the first events of some streams.
struct Story {
    log: Arc<MemoryLog>,
    vault: Vault,
}

impl Story {
    async fn add<E: Event, K: Kind>(&self, stream: Id<K>, event: impl Into<E>) {
        self.add_behind(0, stream, event).await;
    }

    async fn add_behind<E: Event, K: Kind>(&self, expected: u64, stream: Id<K>, event: impl Into<E>) {
        self.add_as(Actor::system("test"), expected, stream, event).await;
    }

    async fn add_as<E: Event, K: Kind>(
        &self,
        actor: Actor,
        expected: u64,
        stream: Id<K>,
        event: impl Into<E>,
    ) {
        let event = Codec::current()
            .encode(&self.vault, &event.into(), moment(0))
            .await
            .unwrap();
        let append = Append {
            command: CommandMeta {
                tenant: id(TENANT),
                command_id: ids::derive(&[
                    E::CATEGORY.name().as_bytes(),
                    stream.uuid().as_bytes(),
                    &expected.to_be_bytes(),
                ]),
                input_hash: [0; 32],
                correlation_id: Id::new(stream.uuid()),
                causation_id: None,
                actor,
                trace: None,
            },
            now: moment(0),
            writes: vec![StreamWrite {
                stream: StreamId {
                    tenant: id(TENANT),
                    category: E::CATEGORY,
                    id: stream.uuid(),
                },
                expected,
                events: vec![event],
            }],
            result: Vec::new(),
        };
        self.log.append(append).await.unwrap();
    }
}

async fn vault(folder: &Path) -> Vault {
    let keys = SqliteKeys::open(&folder.join("keys.db")).await.unwrap();
    Vault::unlock(Arc::new(keys), MasterKey::new([7; 32]))
        .await
        .unwrap()
}

/// The services of a node that was just started: its read models are up to date, and it has loaded no key.
async fn services(folder: &Path, log: Arc<MemoryLog>) -> Services {
    let db = Db::open_sqlite(&folder.join("read.db")).await.unwrap();
    let stop = CancellationToken::new();
    let past = Past::of(log.clone(), Codec::current());
    let projections = Projections::start(past, db, stop.clone()).await.unwrap();
    let head = log.head().await.unwrap();
    projections.wait_for(head, Duration::from_secs(60)).await.unwrap();
    stop.cancel();
    projections.stopped().await;
    let vault = Arc::new(vault(folder).await);
    Services {
        past: Past::of(log.clone(), Codec::current()),
        executor: Arc::new(Executor::new(log.clone(), vault.clone(), Codec::current())),
        vault,
        codec: Codec::current(),
        log,
        projections,
        clock: Arc::new(Nobody),
        video: Arc::new(Nobody),
        blobs: Arc::new(Nobody),
        feeds: Arc::new(Nobody),
        public_url: "http://127.0.0.1/".parse().unwrap(),
        prompt_version: "test".into(),
        tries: Arc::default(),
        effects: Arc::new(Nobody),
    }
}

fn recruiter() -> Asker {
    Asker::Member(Viewer {
        account: id(0x999),
        tenant: id(TENANT),
        roles: vec![Role::Recruiter],
        identity: Identity {
            issuer: "https://issuer.example".into(),
            subject: "recruiter".into(),
            email: None,
            name: None,
            organisation: None,
            role: None,
            expires_at: moment(1_000),
        },
    })
}

/// What a product is asked for.
const PRODUCT: &str = "title price { amountMinor } kit { name rubric { name } } interviewers { displayName } \
    roles { interviewers { displayName } }";

/// What an interview is asked for: its people, and everything that is kept beside it.
const FIELDS: &str = "id title status slot { start timeZone } formerSlots { revision movedBy { displayName } } \
    candidate { id displayName email timeZone } panel { role person { displayName roles } } \
    type { title price { amountMinor } kit { name } interviewers { displayName } } kit { name sections { title } rubric { name } } \
    payment { status amount { amountMinor } } room { status } brief { jobRole } \
    phase outcome decision { outcome reason } scorecards { status ratings { note } } feedback { comment } \
    reports { status overallScore strengths { title } candidate { displayName } } notifications { status }";

/// A list of the first so many.
fn list(first: u128) -> String {
    format!("{{ interviews(first: {first}) {{ edges {{ node {{ {FIELDS} }} }} }} }}")
}

/// The same in fragments and under a directive, which the library resolves in its own way.
fn list_in_fragments(first: u128) -> String {
    format!(
        "{{ interviews(first: {first}) {{ edges {{ node {{ ...fields ... @include(if: true) {{ id }} }} }} }} }} \
         fragment fields on Interview {{ {FIELDS} }}"
    )
}

/// An answer, and how many statements it took.
async fn ask(services: Services, query: String) -> (Value, usize) {
    let before = STATEMENTS.load(Ordering::SeqCst);
    let response = schema()
        .execute(Request::new(query).data(services).data(recruiter()))
        .await;
    let statements = STATEMENTS.load(Ordering::SeqCst) - before;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    (response.data.into_json().unwrap(), statements)
}

/// What so many interviewers have to do, with everything about their interviews.
fn agenda(people: u128) -> String {
    let people = (1..=people / PANEL).flat_map(|number| [interviewer(number, 0), interviewer(number, 1)]);
    let ids: Vec<_> = people
        .map(|account| format!("\"{}\"", id::<kind::Account>(account)))
        .collect();
    format!(
        "{{ agenda(personIds: [{}], from: \"2026-06-01T00:00:00Z\", to: \"2026-06-08T00:00:00Z\") \
         {{ kind person {{ displayName }} interview {{ {FIELDS} }} }} }}",
        ids.join(", ")
    )
}

fn names(answer: &Value) -> BTreeSet<String> {
    let edges = answer["interviews"]["edges"].as_array().unwrap().iter();
    edges
        .flat_map(|edge| {
            let seats = edge["node"]["panel"].as_array().unwrap().iter();
            seats
                .map(|seat| &seat["person"])
                .chain([&edge["node"]["candidate"]])
                .map(|person| person["displayName"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_twenty_interviews_with_all_their_people_takes_as_many_statements_as_one_of_two() {
    tracing::subscriber::set_global_default(Counter).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let story = Story {
        log: Arc::new(MemoryLog::new()),
        vault: vault(folder.path()).await,
    };
    for number in 1..=INTERVIEWS {
        let people = [candidate(number), interviewer(number, 0), interviewer(number, 1)];
        for account in people {
            story
                .add::<AccountEvent, _>(id::<kind::Account>(account), registered(account))
                .await;
        }
        story
            .add::<interview::InterviewEvent, _>(id::<kind::Interview>(number), booked(number))
            .await;
        story
            .add_behind::<interview::InterviewEvent, _>(1, id::<kind::Interview>(number), attached(number))
            .await;
    }

    let (rubric, kit) = kit();
    story
        .add::<rubric::RubricEvent, _>(id::<kind::Rubric>(1), rubric)
        .await;
    story
        .add::<interview_kit::InterviewKitEvent, _>(id::<kind::InterviewKit>(1), kit)
        .await;

    for account in (1..=INTERVIEWS).flat_map(|number| [interviewer(number, 0), interviewer(number, 1)]) {
        story
            .add::<InterviewerCalendarEvent, _>(id::<kind::Account>(account), held(account))
            .await;
    }

    for number in 1..=INTERVIEWS {
        let (prices, defined, joined) = product(number);
        let stream = id::<kind::InterviewType>(followed(number));
        story
            .add::<price_list::PriceListEvent, _>(id::<kind::PriceList>(number), prices)
            .await;
        story
            .add::<interview_type::InterviewTypeEvent, _>(stream, defined)
            .await;
        story.add::<waitlist::WaitlistEvent, _>(stream, joined).await;
        // The story of the first interview, in which many had a part.
        let actor = Actor::account(id(candidate(number)));
        let first = id::<kind::Interview>(1);
        let behind = u64::try_from(number).unwrap() + 1;
        story
            .add_as::<interview::InterviewEvent, _>(actor, behind, first, attached(1))
            .await;
    }

    let node = async || services(folder.path(), story.log.clone()).await;
    let (two, statements_of_two) = ask(node().await, list(2)).await;
    let (twenty, statements_of_twenty) = ask(node().await, list(20)).await;
    let (same, statements_of_the_same) = ask(node().await, list_in_fragments(20)).await;

    assert_eq!(names(&two).len(), 6);
    assert_eq!(names(&twenty).len(), 60);
    assert_eq!(same, twenty);
    let kit = &twenty["interviews"]["edges"][19]["node"]["kit"];
    assert_eq!(kit["name"], "Design", "{twenty:#}");
    assert_eq!(kit["rubric"]["name"], "Design", "{twenty:#}");
    let counted = [statements_of_two, statements_of_twenty, statements_of_the_same];
    let fewest = counted.into_iter().min().unwrap();
    assert!(fewest > 5, "too few to be all: {counted:?}");
    assert!(
        counted.iter().all(|statements| *statements <= fewest + KEYS),
        "{counted:?}"
    );

    let (few, statements_of_few) = ask(node().await, agenda(4)).await;
    let (many, statements_of_many) = ask(node().await, agenda(40)).await;

    let entries = |answer: &Value| answer["agenda"].as_array().unwrap().len();
    assert_eq!((entries(&few), entries(&many)), (4, 40), "{many:#}");
    assert!(many["agenda"][0]["interview"]["title"].is_string(), "{many:#}");
    assert!(statements_of_few > 5, "too few to be all: {statements_of_few}");
    assert!(
        statements_of_many <= statements_of_few + KEYS,
        "{statements_of_few} and {statements_of_many}"
    );

    let first = id::<kind::Interview>(1);
    let lists = [
        ("interviewTypes", format!("node {{ {PRODUCT} }}"), String::new()),
        (
            "waitlist",
            format!("node {{ candidate {{ displayName }} type {{ {PRODUCT} }} }}"),
            String::new(),
        ),
        (
            "timeline",
            "node { summary actor { person { displayName } } }".to_owned(),
            format!("subjectId: \"{first}\", "),
        ),
    ];
    for (list, fields, arguments) in lists {
        let page = |last: usize| format!("{{ {list}({arguments}last: {last}) {{ edges {{ {fields} }} }} }}");
        let (few, statements_of_few) = ask(node().await, page(4)).await;
        let (many, statements_of_many) = ask(node().await, page(20)).await;

        let edges = |answer: &Value| answer[list]["edges"].as_array().unwrap().len();
        assert_eq!((edges(&few), edges(&many)), (4, 20), "{list}");
        let told = many.to_string();
        let people =
            (1..=INTERVIEWS).filter(|number| told.contains(&format!("Person {}", candidate(*number))));
        let hosts =
            (1..=INTERVIEWS).filter(|number| told.contains(&format!("Person {}", interviewer(*number, 1))));
        assert!(people.count() + hosts.count() > 15, "{list}: {many:#}");
        assert!(
            statements_of_many <= statements_of_few + KEYS,
            "{list}: {statements_of_few} and {statements_of_many}"
        );
    }
}
