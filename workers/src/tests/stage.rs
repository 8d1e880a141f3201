//! Real use cases over a log in memory, and an outside world that remembers what was asked of it and fails when told.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{NaiveTime, Weekday};
use domain::{
    account::events::{AccountEvent, AccountRegistered},
    actor::Actor,
    availability::events::{AvailabilityEvent, LocalWindow, WeeklyAvailabilityDefined, WeeklyRule},
    effect::events::{About, EffectEvent, EffectRetried},
    envelope::StreamId,
    event::Event,
    external_calendar::{CalendarError, FeedAddress},
    ids::{AccountId, BlobId, CorrelationId, EffectId, ExternalCalendarId, OrganisationId, SubjectId},
    interview::{
        events::{
            Absent, Attendance, BookingRequested, DetailsChanged, InterviewConfirmed, InterviewEvent,
            InterviewRescheduled, NoShowMarked, NoShowRetracted, PanelClaim, PanelMember, PanelRole,
            PaymentRequired, RescheduleDeclined, SeatReason, SlotClaimed, Terms, TitleChange,
        },
        schedule::{relaxed, without_product},
    },
    interview_type::events::{
        Difficulty, InterviewKind, InterviewTypeDefined, InterviewTypeEvent, JoinWindow, Mode, Purpose,
    },
    interviewer_calendar::events::{HoldPlaced, InterviewerCalendarEvent},
    money::Money,
    payment::events::{PaymentCaptured, PaymentEvent, PaymentOpened},
    ports::{
        blob::BlobStore,
        calendar_feed::{CalendarFeeds, Fetched, NotFetched, Validators},
        clock::Clock,
        error::ProviderError,
        llm::{Assessment, AssessmentRequest, Assessor},
        mail::{Mail, Mailer, Sent},
        payment::{Order, OrderRequest, PaymentProvider, RefundRequest, RefundTaken},
        video::{ProvisionedRoom, RoomRequest, Ticket, TicketRequest, VideoProvider},
    },
    price_list::events::Quote,
    report::events::{
        Engine, ReportBody, ReportEvent, ReportKind, ReportRequested, ScoreItem, TokenUsage, TranscriptPin,
    },
    scorecard::events::{
        CandidateFeedback, Recommendation, ScorecardAssigned, ScorecardContent, ScorecardEvent,
        ScorecardSubmitted,
    },
    sealed::Sealed,
    text::{Line, Paragraph},
    time::{Instant, Slot, Span, Zone},
    transcript::events::{BlobRef, TranscriptEvent, TranscriptFinalised},
};
use futures::TryStreamExt;
use store::{
    codec::Codec,
    executor::Executor,
    log::{Append, CommandMeta, Filter, Log, Query, StreamWrite},
    memory::MemoryLog,
    vault::{Vault, master_key::MasterKey, memory::MemoryKeys},
};
use tempfile::TempDir;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::bench::{Bench, SetClock, id, start};

/// The address of somebody's calendar.
pub(super) const CALENDAR: &str = "https://calendar.example.org/secret.ics";
use crate::{
    db::{Db, Task},
    deeds::Tools,
    dispatcher::Dispatcher,
    effects::Effects,
    feeds::FeedState,
    mail::{Writer, links::Links},
    runner::{Hands, Runner},
};

pub(super) const CANDIDATE: u128 = 1;
const LEAD: u128 = 2;
const SECOND: u128 = 3;
const INTERVIEW: u128 = 100;
const PAYMENT: u128 = 200;

/// What goes wrong with a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trouble {
    /// Nothing happens.
    Down,
    /// It happens, and nobody hears of it.
    AnswerLost,
    /// It is refused.
    Refused,
}

/// Everything outside.
#[derive(Default)]
pub(super) struct World {
    pub(super) trouble: Mutex<VecDeque<Trouble>>,
    /// What goes wrong with the next call of this name.
    trouble_with: Mutex<Vec<(&'static str, Trouble)>>,
    pub(super) mails: Mutex<Vec<Mail>>,
    /// How often each call was made, by name and key.
    pub(super) calls: Mutex<BTreeMap<(&'static str, String), u32>>,
    pub(super) quote: Mutex<String>,
    pub(super) blobs: Mutex<BTreeMap<BlobId, Vec<u8>>>,
    /// What the server of calendars answers; nobody answers when absent.
    pub(super) calendar: Mutex<Option<Result<Fetched, NotFetched>>>,
    /// With what it was asked, in order.
    pub(super) calendar_asked: Mutex<Vec<Validators>>,
}

impl World {
    /// One call: what happens, happens before the answer is lost.
    fn call<T>(
        &self,
        name: &'static str,
        key: &str,
        happens: impl FnOnce() -> T,
    ) -> Result<T, ProviderError> {
        *self
            .calls
            .lock()
            .unwrap()
            .entry((name, key.to_owned()))
            .or_default() += 1;
        match self.next_trouble(name) {
            None => Ok(happens()),
            Some(Trouble::Down) => Err(ProviderError::unavailable("down")),
            Some(Trouble::Refused) => Err(ProviderError::rejected("refused")),
            Some(Trouble::AnswerLost) => {
                happens();
                Err(ProviderError::in_doubt("lost"))
            }
        }
    }

    fn next_trouble(&self, name: &'static str) -> Option<Trouble> {
        let mut with = self.trouble_with.lock().unwrap();
        match with.iter().position(|(named, _)| *named == name) {
            Some(next) => Some(with.remove(next).1),
            None => self.trouble.lock().unwrap().pop_front(),
        }
    }

    /// Keys with which a call was made, and how often.
    pub(super) fn calls(&self, name: &str) -> Vec<u32> {
        let calls = self.calls.lock().unwrap();
        let named = calls.iter().filter(|((called, _), _)| *called == name);
        named.map(|(_, count)| *count).collect()
    }

    /// Who got a mail whose subject begins so.
    pub(super) fn recipients(&self, beginning: &str) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        let about = mails.iter().filter(|mail| mail.subject.starts_with(beginning));
        about.map(|mail| mail.to.clone()).collect()
    }

    pub(super) fn subjects(&self) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        let mut subjects: Vec<_> = mails
            .iter()
            .map(|mail| format!("{}: {}", mail.to, mail.subject.split(':').next().unwrap_or("")))
            .collect();
        subjects.sort_unstable();
        subjects
    }
}

#[async_trait]
impl PaymentProvider for World {
    fn name(&self) -> &'static str {
        "bank"
    }

    async fn create_order(&self, request: &OrderRequest) -> Result<Order, ProviderError> {
        self.call("order", &request.key.to_string(), || Order {
            order: format!("order of {}", request.payment),
            checkout_url: None,
        })
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundTaken, ProviderError> {
        self.call("refund", &request.key.to_string(), || RefundTaken {
            provider_refund: "r".to_owned(),
            settled: true,
        })
    }
}

#[async_trait]
impl VideoProvider for World {
    fn name(&self) -> &'static str {
        "video"
    }

    async fn provision(&self, request: &RoomRequest) -> Result<ProvisionedRoom, ProviderError> {
        self.call("room", &request.key.to_string(), || ProvisionedRoom {
            room_ref: "ref".to_owned(),
        })
    }

    async fn ticket(&self, _: &TicketRequest) -> Result<Ticket, ProviderError> {
        Err(ProviderError::rejected("no tickets here"))
    }
}

#[async_trait]
impl Mailer for World {
    fn name(&self) -> &'static str {
        "post"
    }

    async fn send(&self, mail: &Mail) -> Result<Sent, ProviderError> {
        self.call("mail", &mail.message_id, || {
            self.mails.lock().unwrap().push(mail.clone());
            Sent {
                via: "post".to_owned(),
            }
        })
    }
}

#[async_trait]
impl Assessor for World {
    fn engine(&self) -> Engine {
        Engine {
            provider: "world".to_owned(),
            model: "rules".to_owned(),
            is_language_model: false,
        }
    }

    fn prompt_version(&self) -> &'static str {
        "1"
    }

    async fn assess(&self, request: &AssessmentRequest<'_>) -> Result<Assessment, ProviderError> {
        self.call("assess", &request.key.to_string(), || {
            let evidence = domain::report::events::Evidence {
                quote: self.quote.lock().unwrap().clone(),
                turn: 0,
                offset: 0,
            };
            let strength = domain::report::events::Finding {
                title: "Clear".to_owned(),
                detail: String::new(),
                action_items: Vec::new(),
                resources: Vec::new(),
                evidence: vec![evidence],
            };
            Assessment {
                overall: 70,
                breakdown: domain::report::check::BREAKDOWN
                    .map(|key| ScoreItem {
                        key: key.to_owned(),
                        score: 70,
                    })
                    .to_vec(),
                body: ReportBody {
                    strengths: vec![strength],
                    ..ReportBody::default()
                },
                usage: TokenUsage::default(),
            }
        })
    }
}

#[async_trait]
impl CalendarFeeds for World {
    async fn check(&self, _: &FeedAddress) -> Result<(), CalendarError> {
        Ok(())
    }

    async fn fetch(&self, address: &FeedAddress, known: &Validators) -> Result<Fetched, NotFetched> {
        assert_eq!(address.expose().as_str(), CALENDAR);
        self.calendar_asked.lock().unwrap().push(known.clone());
        let answer = self.calendar.lock().unwrap().clone();
        answer.unwrap_or(Err(CalendarError::Unreachable.into()))
    }
}

#[async_trait]
impl BlobStore for World {
    async fn put(&self, _: OrganisationId, blob: BlobId, bytes: Vec<u8>) -> Result<(), ProviderError> {
        self.blobs.lock().unwrap().insert(blob, bytes);
        Ok(())
    }

    async fn get(&self, _: OrganisationId, blob: BlobId) -> Result<Option<Vec<u8>>, ProviderError> {
        Ok(self.blobs.lock().unwrap().get(&blob).cloned())
    }

    async fn delete(&self, _: OrganisationId, blob: BlobId) -> Result<(), ProviderError> {
        self.blobs.lock().unwrap().remove(&blob);
        Ok(())
    }
}

pub(super) struct Stage {
    pub(super) log: Arc<MemoryLog>,
    pub(super) vault: Arc<Vault>,
    pub(super) clock: Arc<SetClock>,
    pub(super) world: Arc<World>,
    pub(super) effects: Effects,
    pub(super) db: Db,
    pub(super) tools: Arc<Tools>,
    _folder: TempDir,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let db = Db::open_sqlite(&folder.path().join("effects.db")).await.unwrap();
        let log = Arc::new(MemoryLog::new());
        let shared = Arc::clone(&log) as Arc<dyn Log>;
        let vault = Vault::unlock(Arc::new(MemoryKeys::default()), MasterKey::new([7; 32])).await;
        let vault = Arc::new(vault.unwrap());
        let executor = Executor::new(Arc::clone(&shared), Arc::clone(&vault), Codec::current());
        let executor = Arc::new(executor);
        let clock = Arc::new(SetClock(watch::Sender::new(start())));
        let world = Arc::new(World::default());
        let tools = Tools {
            log: Arc::clone(&shared),
            codec: Codec::current(),
            executor,
            vault: Arc::clone(&vault),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            payments: Arc::clone(&world) as Arc<dyn PaymentProvider>,
            video: Arc::clone(&world) as Arc<dyn VideoProvider>,
            assessor: Arc::clone(&world) as Arc<dyn Assessor>,
            mailer: Arc::clone(&world) as Arc<dyn Mailer>,
            sent_mail: None,
            blobs: Arc::clone(&world) as Arc<dyn BlobStore>,
            feeds: Arc::clone(&world) as Arc<dyn CalendarFeeds>,
            db: db.clone(),
            writer: Writer::new(
                Links::of_installation("https://greenroom.example/"),
                "greenroom.example",
            ),
        };
        let tools = Arc::new(tools);
        let effects = Effects::start(
            shared,
            Codec::current(),
            db.clone(),
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::clone(&tools) as Arc<dyn Hands>,
            Bench::pace(),
            Some(clock.0.subscribe()),
        );
        let stage = Self {
            log,
            vault,
            clock,
            world,
            effects,
            db,
            tools,
            _folder: folder,
        };
        stage.registered(CANDIDATE, "ada").await;
        stage.registered(LEAD, "alan").await;
        stage.registered(SECOND, "edsger").await;
        stage
    }

    pub(super) fn at(&self, moment: &str) {
        self.clock.0.send_replace(moment.parse().unwrap());
    }

    pub(super) fn fails(&self, trouble: impl IntoIterator<Item = Trouble>) {
        self.world.trouble.lock().unwrap().extend(trouble);
    }

    pub(super) fn fails_with(&self, name: &'static str, trouble: Trouble) {
        self.world.trouble_with.lock().unwrap().push((name, trouble));
    }

    /// This has happened to the entity `stream`.
    pub(super) async fn given<E: Event>(&self, stream: u128, event: impl Into<E>) {
        self.given_all(stream, [event.into()]).await;
    }

    /// All of this has happened at once.
    async fn given_all<E: Event, const N: usize>(&self, stream: u128, happened: [E; N]) {
        let stream = StreamId {
            tenant: id(9),
            category: E::CATEGORY,
            id: Uuid::from_u128(stream),
        };
        let now = self.clock.now();
        let mut events = Vec::new();
        for event in &happened {
            events.push(Codec::current().encode(&self.vault, event, now).await.unwrap());
        }
        let head = self.log.head().await.unwrap();
        let expected = self.log.versions(&[stream]).await.unwrap()[0];
        let append = Append {
            command: CommandMeta {
                tenant: id(9),
                command_id: domain::ids::derive(&[b"given", &head.0.to_be_bytes()]),
                input_hash: [0; 32],
                correlation_id: CorrelationId::new(Uuid::from_u128(8)),
                causation_id: None,
                actor: Actor::system("test"),
                trace: None,
            },
            now,
            writes: vec![StreamWrite {
                stream,
                expected,
                events,
            }],
            result: b"null".to_vec(),
        };
        self.log.append(append).await.unwrap();
    }

    async fn registered(&self, account: u128, name: &str) {
        let subject = SubjectId::of(id(account));
        let registered = AccountRegistered {
            account: id(account),
            issuer: "test".to_owned(),
            identity: Sealed::open(subject, name.to_owned()),
            email: Some(Sealed::open(subject, format!("{name}@example.org"))),
            name: Some(Sealed::open(subject, name.to_owned())),
        };
        self.given::<AccountEvent>(account, registered).await;
    }

    /// A slot is held for a booking that must be paid within a quarter of an hour.
    /// What is booked can still be booked: its product is offered, and its interviewers can be met all day.
    pub(super) async fn offered(&self) {
        let pool = [LEAD, SECOND].map(id).to_vec();
        let defined = InterviewTypeDefined {
            interview_type: booking().interview_type,
            spec: relaxed(&without_product(booking().title, 60), pool),
        };
        self.given::<InterviewTypeEvent>(defined.interview_type.uuid().as_u128(), defined)
            .await;
        for account in [LEAD, SECOND] {
            let always = WeeklyAvailabilityDefined {
                account: id(account),
                zone: Zone::UTC,
                rules: vec![WeeklyRule {
                    weekdays: vec![Weekday::Mon, Weekday::Tue, Weekday::Wed],
                    window: LocalWindow {
                        from: NaiveTime::MIN,
                        to: None,
                    },
                }],
            };
            self.given::<AvailabilityEvent>(account, always).await;
        }
    }

    pub(super) async fn booked(&self) {
        self.given::<InterviewEvent>(INTERVIEW, booking()).await;
        for account in [LEAD, SECOND] {
            self.given::<InterviewerCalendarEvent>(account, hold(account, INTERVIEW))
                .await;
        }
        let claimed = SlotClaimed {
            interview: id(INTERVIEW),
            revision: 1,
            claims: [LEAD, SECOND].map(claim).to_vec(),
            hold_expires_at: expiry(),
        };
        self.given::<InterviewEvent>(INTERVIEW, claimed).await;
        let opened = PaymentOpened {
            payment: id(PAYMENT),
            interview: id(INTERVIEW),
            payer: id(CANDIDATE),
            amount: price(),
            quote: quote(),
            due_at: expiry(),
        };
        self.given::<PaymentEvent>(PAYMENT, opened).await;
        let required = PaymentRequired {
            interview: id(INTERVIEW),
            payment: id(PAYMENT),
            amount: price(),
            due_at: expiry(),
        };
        self.given::<InterviewEvent>(INTERVIEW, required).await;
    }

    pub(super) async fn paid(&self, late: bool) {
        let captured = PaymentCaptured {
            payment: id(PAYMENT),
            interview: id(INTERVIEW),
            attempt: "attempt".to_owned(),
            amount: price(),
            captured_at: self.clock.now(),
            late,
        };
        self.given::<PaymentEvent>(PAYMENT, captured).await;
    }

    /// Somebody else's interview takes the slot in one of the calendars.
    pub(super) async fn taken(&self) {
        self.given::<InterviewerCalendarEvent>(
            SECOND,
            HoldPlaced {
                expires_at: expiry() + chrono::Duration::hours(1),
                ..hold(SECOND, 101)
            },
        )
        .await;
    }

    /// Confirmed without a payment.
    pub(super) async fn confirmed(&self) {
        self.given::<InterviewEvent>(INTERVIEW, booking()).await;
        let confirmed = InterviewConfirmed {
            interview: id(INTERVIEW),
            revision: 1,
        };
        self.given::<InterviewEvent>(INTERVIEW, confirmed).await;
    }

    /// Only the candidate was in the room when the grace was over.
    pub(super) async fn missed(&self) {
        let marked = NoShowMarked {
            interview: id(INTERVIEW),
            absent: Absent::Interviewers,
            attendance: Attendance {
                candidate_seconds: 900,
                ..Attendance::default()
            },
        };
        self.given::<InterviewEvent>(INTERVIEW, marked).await;
    }

    /// The mark was wrong.
    pub(super) async fn not_missed(&self) {
        let retracted = NoShowRetracted {
            interview: id(INTERVIEW),
            by: None,
            reason: None,
        };
        self.given::<InterviewEvent>(INTERVIEW, retracted).await;
    }

    /// A report is asked for on a transcript that has these words.
    pub(super) async fn report_asked(&self, words: &str) {
        let (subject, blob) = (SubjectId::of(id(CANDIDATE)), id(400));
        let text = serde_json::json!({
            "language": "en",
            "turns": [{ "speaker": "candidate", "start_ms": 0, "end_ms": 1_000, "text": words }],
        });
        let sealed = self
            .vault
            .seal_blob(subject, text.to_string().as_bytes())
            .await
            .unwrap();
        self.world.put(id(9), blob, sealed).await.unwrap();
        let finalised = TranscriptFinalised {
            transcript: id(401),
            interview: id(INTERVIEW),
            version: 1,
            content: BlobRef {
                blob,
                subject,
                digest: "digest".to_owned(),
                bytes: 0,
            },
            turns: 1,
            duration_ms: 1_000,
            by: id(LEAD),
        };
        self.given::<TranscriptEvent>(401, finalised).await;
        let requested = ReportRequested {
            report: id(402),
            interview: id(INTERVIEW),
            candidate: id(CANDIDATE),
            kind: ReportKind::Performance,
            revision: 1,
            transcript: TranscriptPin {
                transcript: id(401),
                version: 1,
                digest: "digest".to_owned(),
            },
            prompt_version: "1".to_owned(),
            by: id(LEAD),
        };
        self.given::<ReportEvent>(402, requested).await;
    }

    /// An interviewer rates the candidate, with a word for the candidate.
    pub(super) async fn rated(&self) {
        let assigned = ScorecardAssigned {
            scorecard: id(500),
            interview: id(INTERVIEW),
            account: id(LEAD),
            candidate: id(CANDIDATE),
            rubric: None,
            criteria: Vec::new(),
            due_at: expiry(),
        };
        self.given::<ScorecardEvent>(500, assigned).await;
        let feedback = CandidateFeedback {
            rating: Some(4),
            ..CandidateFeedback::default()
        };
        let submitted = ScorecardSubmitted {
            scorecard: id(500),
            interview: id(INTERVIEW),
            account: id(LEAD),
            content: ScorecardContent {
                ratings: Vec::new(),
                overall: 4,
                recommendation: Recommendation::Yes,
                private_note: None,
                feedback: Some(Sealed::open(SubjectId::of(id(CANDIDATE)), feedback)),
                fingerprint: String::new(),
            },
            late: false,
        };
        self.given::<ScorecardEvent>(500, submitted).await;
    }

    pub(super) async fn moved(&self) {
        self.given::<InterviewEvent>(INTERVIEW, rescheduled()).await;
    }

    /// The hosts take none of the times that the candidate had proposed, and call the interview something else at once.
    pub(super) async fn declined_and_renamed(&self) {
        let declined = RescheduleDeclined {
            interview: id(INTERVIEW),
            revision: 1,
            proposal: id(600),
            proposed_by: Some(id(CANDIDATE)),
            by: id(LEAD),
            reason: Some(Sealed::open(
                SubjectId::of(id(CANDIDATE)),
                "We are away".to_owned(),
            )),
        };
        let changed = DetailsChanged {
            interview: id(INTERVIEW),
            title: Some(TitleChange {
                from: booking().title,
                to: Line::new("Final round").unwrap(),
            }),
            description: None,
            by: id(LEAD),
        };
        let events: [InterviewEvent; 2] = [declined.into(), changed.into()];
        self.given_all(INTERVIEW, events).await;
    }

    /// The runner hears of the confirmation only when it is outdated.
    pub(super) async fn confirmed_and_moved_at_once(&self) {
        let confirmed = InterviewConfirmed {
            interview: id(INTERVIEW),
            revision: 1,
        };
        let events: [InterviewEvent; 3] = [booking().into(), confirmed.into(), rescheduled().into()];
        self.given_all(INTERVIEW, events).await;
    }

    /// Claims what is due for a node that stands still right after, as far as its lease goes: it is over at once.
    pub(super) async fn claimed_and_stopped(&self) -> Task {
        self.heard().await;
        let claimed = self.db.claim(self.clock.now(), 1, Duration::ZERO).await.unwrap();
        let [task] = &claimed[..] else {
            panic!("{claimed:?}");
        };
        task.clone()
    }

    /// Hears of everything in the log.
    pub(super) async fn heard(&self) {
        let dispatcher = Dispatcher::new(
            Arc::clone(&self.log) as Arc<dyn Log>,
            Codec::current(),
            self.db.clone(),
        );
        dispatcher.catch_up().await.unwrap();
    }

    /// Does what is due, and what that leads to, until nothing is.
    pub(super) async fn done_by_hand(&self) {
        self.heard().await;
        while self.node().once().await.unwrap() > 0 {
            self.heard().await;
        }
    }

    /// An admin wants a dead letter tried again.
    pub(super) async fn tried_again(&self, effect: EffectId) {
        let retried = EffectRetried {
            effect,
            about: About(Uuid::from_u128(INTERVIEW)),
            by: None,
            reason: Paragraph::new("It did not arrive").unwrap(),
        };
        self.given::<EffectEvent>(effect.uuid().as_u128(), retried).await;
    }

    /// A node with the same hands.
    pub(super) fn node(&self) -> Runner {
        Runner {
            db: self.db.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            hands: Arc::clone(&self.tools) as Arc<dyn Hands>,
            pace: Bench::pace(),
            bell: Arc::new(Notify::new()),
            done: Arc::new(Notify::new()),
        }
    }

    /// Waits until nothing is left to do, and says how many dead letters there are.
    pub(super) async fn settled(&self) -> u64 {
        self.effects.until_idle().await.unwrap().dead
    }

    /// How the fetching of these calendars stands.
    pub(super) async fn feeds(&self, calendars: &[ExternalCalendarId]) -> Vec<FeedState> {
        self.db.feeds(id(9), calendars).await.unwrap()
    }

    pub(super) async fn count(&self, wire: &str) -> usize {
        let events: Vec<_> = self
            .log
            .read(Query::forward(Filter::Type(wire.to_owned())))
            .try_collect()
            .await
            .unwrap();
        events.len()
    }
}

fn rescheduled() -> InterviewRescheduled {
    InterviewRescheduled {
        interview: id(INTERVIEW),
        revision: 2,
        from: slot("2026-03-03T10:00:00Z"),
        to: slot("2026-03-04T12:00:00Z"),
        claims: Vec::new(),
        by: id(CANDIDATE),
        reason: None,
    }
}

fn expiry() -> Instant {
    "2026-03-02T09:15:00Z".parse().unwrap()
}

fn price() -> Money {
    Money {
        minor: 14_900,
        currency: "INR".parse().unwrap(),
    }
}

fn quote() -> Quote {
    Quote {
        price_list: id(5),
        version: 1,
        price: price(),
        cost: price().percent(40),
    }
}

fn slot(start: &str) -> Slot {
    Slot::promised(Span::minutes(start.parse().unwrap(), 60), Zone::UTC)
}

fn claim(account: u128) -> PanelClaim {
    PanelClaim {
        account: id(account),
        claim: id(300 + account),
    }
}

fn hold(account: u128, interview: u128) -> HoldPlaced {
    HoldPlaced {
        account: id(account),
        claim: id(300 + account + 10 * (interview - INTERVIEW)),
        interview: id(interview),
        interview_type: None,
        group: None,
        revision: 1,
        span: slot("2026-03-03T10:00:00Z").span,
        before: 0,
        after: 0,
        expires_at: expiry(),
    }
}

fn booking() -> BookingRequested {
    let seat = |account: AccountId| PanelMember {
        account,
        role: PanelRole::Panel,
        reason: SeatReason::Collective,
    };
    BookingRequested {
        interview: id(INTERVIEW),
        candidate: id(CANDIDATE),
        interview_type: id(4),
        type_version: 1,
        title: Line::new("System design").unwrap(),
        kind: InterviewKind::SystemDesign,
        difficulty: Difficulty::Hard,
        mode: Mode::Human,
        purpose: Purpose::Mock,
        slot: slot("2026-03-03T10:00:00Z"),
        panel: vec![seat(id(LEAD)), seat(id(SECOND))],
        brief: None,
        quote: Some(quote()),
        terms: Terms {
            duration_minutes: 60,
            buffer_before_minutes: 0,
            buffer_after_minutes: 0,
            notice_minutes: 0,
            join_window: JoinWindow {
                opens_before_minutes: 10,
                grace_minutes: 15,
                closes_after_minutes: 30,
            },
            refunds: Vec::new(),
            rubric: None,
        },
        locale: "en".to_owned(),
    }
}
