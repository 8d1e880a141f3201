//! Plausible histories: interviews of two organisations that go on beside each other, some well, some not.

use std::{collections::HashMap, sync::Arc};

use chrono::{Duration, NaiveDate, NaiveTime, Weekday};
use domain::{
    account::events as account,
    actor::{Actor, Role},
    availability::events as availability,
    data_subject::events as data_subject,
    decision::events as decision,
    envelope::{Position, Recorded, StreamId},
    event::Event,
    feedback::events as feedback,
    ids::{Id, Kind, OrganisationId, ReadModelId, SubjectId},
    interview::events as interview,
    interview_type::events as interview_type,
    money::Money,
    notification::events as notification,
    organisation::events as organisation,
    payment::events as payment,
    price_list::events as price_list,
    read_model::events as read_model,
    report::events as report,
    room::events as room,
    rubric::events as rubric,
    scorecard::events as scorecard,
    sealed::{Ciphertext, Sealed},
    text::{Line, Paragraph},
    time::{Instant, Slot, Span, Zone},
    transcript::events as transcript,
};
use store::{
    log::{Append, CommandMeta, Log, NewEvent, StreamWrite},
    memory::MemoryLog,
};
use uuid::Uuid;

/// Small and deterministic: a history is told by its seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) const fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of such a generator repeat too soon.
        (self.0 >> 24) % most
    }

    pub(crate) const fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// An id from a number, the same for every kind of thing.
pub(crate) const fn id<K: Kind>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

pub(crate) const fn tenant(number: u128) -> OrganisationId {
    id(0xA000 + number)
}

pub(crate) fn moment(minutes: i64) -> Instant {
    "2026-06-01T00:00:00Z".parse::<Instant>().unwrap() + Duration::minutes(minutes)
}

pub(crate) fn slot(minutes: i64) -> Slot {
    let span = Span {
        start: moment(minutes),
        end: moment(minutes + 20),
    };
    Slot::promised(span, "Asia/Kolkata".parse().unwrap())
}

/// Something that only the person's key opens.
pub(crate) fn sealed<T>(subject: SubjectId, number: u64) -> Sealed<T> {
    Sealed::Closed(Ciphertext {
        subject,
        key: 1,
        nonce: [7; 24],
        bytes: number.to_be_bytes().repeat(3),
    })
}

pub(crate) fn line(text: &str) -> Line {
    Line::new(text).unwrap()
}

fn paragraph(text: &str) -> Paragraph {
    Paragraph::new(text).unwrap()
}

pub(crate) fn rupees(minor: i64) -> Money {
    Money {
        minor,
        currency: "INR".parse().unwrap(),
    }
}

type Write = (StreamId, NewEvent);

fn write<E: Event, K: Kind>(tenant: OrganisationId, stream: Id<K>, event: impl Into<E>) -> Write {
    let event = event.into();
    let stream = StreamId {
        tenant,
        category: E::CATEGORY,
        id: stream.uuid(),
    };
    let new = NewEvent {
        event_type: event.wire().name.to_owned(),
        schema_version: event.wire().version,
        payload: event.payload().unwrap(),
        occurred_at: moment(0),
        links: event.links(),
        subjects: Vec::new(),
    };
    (stream, new)
}

/// A log that is written by the append.
pub(crate) struct History {
    pub(crate) log: Arc<MemoryLog>,
    versions: HashMap<StreamId, u64>,
    appends: u128,
}

impl History {
    pub(crate) fn empty() -> Self {
        Self {
            log: Arc::new(MemoryLog::new()),
            versions: HashMap::new(),
            appends: 0,
        }
    }

    /// So many interviews in two organisations, beside each other, with everything around them.
    pub(crate) async fn of(seed: u64, interviews: u128) -> Self {
        let mut dice = Dice::new(seed);
        let mut history = Self::empty();
        for organisation in 0..2 {
            for append in around(tenant(organisation)) {
                history.append(append).await;
            }
        }
        let mut lives: Vec<std::vec::IntoIter<Vec<Write>>> = (0..interviews)
            .map(|number| life(tenant(number % 2), number, &mut dice).into_iter())
            .collect();
        while !lives.is_empty() {
            let which = usize::try_from(dice.below(lives.len() as u64)).unwrap();
            match lives[which].next() {
                Some(append) => {
                    history.append(append).await;
                }
                None => {
                    lives.swap_remove(which);
                }
            }
        }
        history
    }

    /// Erases candidates of the first organisation.
    pub(crate) async fn erase(&mut self, candidate: u128) {
        let tenant = tenant(0);
        let account = id(candidate);
        let subject = SubjectId::of(account);
        let requested = data_subject::ErasureRequested {
            account,
            subject,
            by: account,
        };
        let completed = data_subject::ErasureCompleted {
            account,
            subject,
            keys: 1,
            blobs: 0,
        };
        self.append(vec![write::<data_subject::DataSubjectEvent, _>(
            tenant, subject, requested,
        )])
        .await;
        self.append(vec![write::<data_subject::DataSubjectEvent, _>(
            tenant, subject, completed,
        )])
        .await;
    }

    /// One event of one stream.
    pub(crate) async fn add<E: Event, K: Kind>(
        &mut self,
        tenant: OrganisationId,
        stream: Id<K>,
        event: impl Into<E>,
    ) -> Position {
        self.append(vec![write::<E, K>(tenant, stream, event)]).await
    }

    /// One event that no code can read.
    pub(crate) async fn add_unreadable<E: Event, K: Kind>(
        &mut self,
        tenant: OrganisationId,
        stream: Id<K>,
        event: impl Into<E>,
    ) -> Position {
        self.add_spoilt::<E, K>(tenant, stream, event, |event| event.schema_version = 99)
            .await
    }

    /// One event that something happened to before it was stored.
    pub(crate) async fn add_spoilt<E: Event, K: Kind>(
        &mut self,
        tenant: OrganisationId,
        stream: Id<K>,
        event: impl Into<E>,
        spoil: impl FnOnce(&mut NewEvent),
    ) -> Position {
        let (stream, mut event) = write::<E, K>(tenant, stream, event);
        spoil(&mut event);
        self.append(vec![(stream, event)]).await
    }

    /// The decision to leave an event out of a read model.
    pub(crate) async fn skip(&mut self, tenant: OrganisationId, model: &str, position: Position) -> Position {
        let read_model = ReadModelId::of(model);
        let skipped = read_model::EventSkipped {
            read_model,
            name: model.to_owned(),
            position,
            event: id(1),
            event_type: "interview.confirmed".to_owned(),
            about: domain::effect::events::About(Uuid::from_u128(1)),
            by: Some(id(RECRUITER)),
            reason: paragraph("Withdrawn"),
        };
        self.add::<read_model::ReadModelEvent, _>(tenant, read_model, skipped)
            .await
    }

    /// One event as the codec wrote it.
    pub(crate) async fn add_written(&mut self, stream: StreamId, event: NewEvent) -> Position {
        self.append(vec![(stream, event)]).await
    }

    async fn append(&mut self, events: Vec<Write>) -> Position {
        self.appends += 1;
        let mut writes: Vec<StreamWrite> = Vec::new();
        let tenant = events[0].0.tenant;
        for (stream, mut event) in events {
            event.occurred_at = moment(i64::try_from(self.appends).unwrap());
            let version = self.versions.entry(stream).or_default();
            match writes.iter_mut().find(|write| write.stream == stream) {
                Some(write) => write.events.push(event),
                None => writes.push(StreamWrite {
                    stream,
                    expected: *version,
                    events: vec![event],
                }),
            }
            *version += 1;
        }
        let append = Append {
            command: CommandMeta {
                tenant,
                command_id: id(self.appends),
                input_hash: [0; 32],
                correlation_id: id(self.appends),
                causation_id: None,
                actor: Actor::system("test"),
                trace: None,
            },
            now: moment(i64::try_from(self.appends).unwrap()),
            writes,
            result: Vec::new(),
        };
        self.log.append(append).await.unwrap().position
    }

    pub(crate) async fn events(&self) -> Vec<Recorded> {
        use futures::TryStreamExt;
        let query = store::log::Query::forward(store::log::Filter::All);
        self.log.read(query).try_collect().await.unwrap()
    }
}

/// Accounts of the people of interview `number`: the candidate, and two interviewers of the organisation.
pub(crate) const fn candidate(number: u128) -> u128 {
    0xC000 + number
}

pub(crate) const INTERVIEWERS: [u128; 2] = [0xB001, 0xB002];
const RECRUITER: u128 = 0xB003;

/// An organisation's people and catalogue.
fn around(tenant: OrganisationId) -> Vec<Vec<Write>> {
    use account::AccountEvent;
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    let mut appends = vec![vec![write::<organisation::OrganisationEvent, _>(
        tenant,
        tenant,
        organisation::OrganisationCreated {
            organisation: tenant,
            name: line("Example"),
            zone,
            interviewers_decide: false,
            by: id(RECRUITER),
        },
    )]];
    for (person, role) in [(RECRUITER, Role::Recruiter)]
        .into_iter()
        .chain(INTERVIEWERS.map(|person| (person, Role::Interviewer)))
        .chain((0..8).map(|number| (candidate(number), Role::Candidate)))
    {
        let account = id(person);
        let subject = SubjectId::of(account);
        appends.push(vec![
            write::<AccountEvent, _>(
                tenant,
                account,
                account::AccountRegistered {
                    account,
                    issuer: "https://issuer.example".to_owned(),
                    identity: sealed(subject, 1),
                    email: Some(sealed(subject, 2)),
                    name: Some(sealed(subject, 3)),
                },
            ),
            write::<AccountEvent, _>(
                tenant,
                account,
                account::RoleGranted {
                    account,
                    role,
                    by: Some(id(RECRUITER)),
                },
            ),
        ]);
        appends.push(vec![write::<AccountEvent, _>(
            tenant,
            account,
            account::ProfileUpdated {
                account,
                name: Some(sealed(subject, 4)),
                email: None,
            },
        )]);
        appends.push(vec![write::<AccountEvent, _>(
            tenant,
            account,
            account::TimeZoneSet { account, zone },
        )]);
    }
    let revoked = id(candidate(7));
    appends.push(vec![write::<AccountEvent, _>(
        tenant,
        revoked,
        account::RoleChosen {
            account: revoked,
            role: Role::Interviewer,
        },
    )]);
    appends.push(vec![write::<AccountEvent, _>(
        tenant,
        revoked,
        account::RoleRevoked {
            account: revoked,
            role: Role::Candidate,
            by: id(RECRUITER),
        },
    )]);
    appends.extend(catalogue(tenant));
    appends
}

fn catalogue(tenant: OrganisationId) -> Vec<Vec<Write>> {
    use availability::AvailabilityEvent;
    use interview_type::InterviewTypeEvent;
    let account = id(INTERVIEWERS[0]);
    let date = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
    let window = availability::LocalWindow {
        from: NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
        to: None,
    };
    let published = |version| price_list::PriceListPublished {
        price_list: id(1),
        version,
        name: line("Standard"),
        items: vec![price_list::PriceItem {
            difficulty: interview_type::Difficulty::Medium,
            minutes: 20,
            price: rupees(14_900),
            cost: rupees(5_000),
        }],
    };
    let rubric = |version| rubric::RubricPublished {
        rubric: id(1),
        version,
        name: line("Design"),
        criteria: vec![criterion()],
    };
    vec![
        vec![write::<price_list::PriceListEvent, _>(
            tenant,
            id::<domain::ids::kind::PriceList>(1),
            published(1),
        )],
        vec![write::<price_list::PriceListEvent, _>(
            tenant,
            id::<domain::ids::kind::PriceList>(1),
            published(2),
        )],
        vec![write::<rubric::RubricEvent, _>(
            tenant,
            id::<domain::ids::kind::Rubric>(1),
            rubric(1),
        )],
        vec![write::<rubric::RubricEvent, _>(
            tenant,
            id::<domain::ids::kind::Rubric>(1),
            rubric(2),
        )],
        vec![write::<InterviewTypeEvent, _>(
            tenant,
            TYPE,
            interview_type::InterviewTypeDefined {
                interview_type: TYPE,
                spec: spec(),
            },
        )],
        vec![write::<InterviewTypeEvent, _>(
            tenant,
            TYPE,
            interview_type::InterviewTypeRevised {
                interview_type: TYPE,
                version: 2,
                spec: spec(),
            },
        )],
        vec![write::<InterviewTypeEvent, _>(
            tenant,
            OLD_TYPE,
            interview_type::InterviewTypeDefined {
                interview_type: OLD_TYPE,
                spec: spec(),
            },
        )],
        vec![write::<InterviewTypeEvent, _>(
            tenant,
            OLD_TYPE,
            interview_type::InterviewTypeRetired {
                interview_type: OLD_TYPE,
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::WeeklyAvailabilityDefined {
                account,
                zone: "Europe/Berlin".parse().unwrap(),
                rules: vec![availability::WeeklyRule {
                    weekdays: vec![Weekday::Mon, Weekday::Tue],
                    window,
                }],
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::DateOverrideSet {
                account,
                date,
                windows: vec![window],
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::DateOverrideCleared { account, date },
        )],
    ]
}

const TYPE: domain::ids::InterviewTypeId = id(1);
const OLD_TYPE: domain::ids::InterviewTypeId = id(2);

fn criterion() -> rubric::Criterion {
    rubric::Criterion {
        id: "depth".to_owned(),
        name: line("Depth"),
        weight: 1,
        anchors: vec![paragraph("Little")],
    }
}

fn spec() -> interview_type::TypeSpec {
    interview_type::TypeSpec {
        title: line("System design"),
        description: None,
        kind: interview_type::InterviewKind::SystemDesign,
        mode: interview_type::Mode::Human,
        purpose: interview_type::Purpose::Recruiting,
        difficulty: interview_type::Difficulty::Medium,
        duration_minutes: 20,
        buffer_before_minutes: 5,
        buffer_after_minutes: 10,
        notice_minutes: 120,
        horizon_days: 30,
        slot_step_minutes: 15,
        hold_minutes: 15,
        panel: interview_type::PanelSpec {
            pool: INTERVIEWERS.map(id).to_vec(),
            strategy: interview_type::PanelStrategy::Collective,
            seats: 2,
        },
        price_list: Some(id(1)),
        rubric: None,
        join_window: window(),
        locale: "en".to_owned(),
    }
}

const fn window() -> interview_type::JoinWindow {
    interview_type::JoinWindow {
        opens_before_minutes: 10,
        grace_minutes: 5,
        closes_after_minutes: 30,
    }
}

/// A candidate asks for a slot; the panel and the purpose vary with the number.
pub(crate) fn booking(number: u128, starts: i64) -> interview::BookingRequested {
    let panel = &INTERVIEWERS[..1 + usize::try_from(number % 2).unwrap()];
    interview::BookingRequested {
        interview: id(number),
        candidate: id(candidate(number % 8)),
        interview_type: TYPE,
        type_version: 2,
        title: line("System design"),
        kind: interview_type::InterviewKind::SystemDesign,
        difficulty: interview_type::Difficulty::Medium,
        mode: interview_type::Mode::Human,
        purpose: if number.is_multiple_of(3) {
            interview_type::Purpose::Mock
        } else {
            interview_type::Purpose::Recruiting
        },
        slot: slot(starts),
        panel: panel
            .iter()
            .map(|person| interview::PanelMember {
                account: id(*person),
                role: interview::PanelRole::Lead,
                reason: interview::SeatReason::Collective,
            })
            .collect(),
        brief: Some(sealed(SubjectId::of(id(candidate(number % 8))), 9)),
        quote: Some(quote()),
        terms: interview::Terms {
            duration_minutes: 20,
            buffer_before_minutes: 5,
            buffer_after_minutes: 10,
            notice_minutes: 120,
            join_window: window(),
            refunds: vec![interview::RefundTier {
                notice_minutes: 1_440,
                percent: 100,
            }],
            rubric: None,
        },
        locale: "en".to_owned(),
    }
}

fn quote() -> price_list::Quote {
    price_list::Quote {
        price_list: id(1),
        version: 2,
        price: rupees(14_900),
        cost: rupees(5_000),
    }
}

/// What happens in one interview, append by append.
struct Life<'d> {
    tenant: OrganisationId,
    number: u128,
    dice: &'d mut Dice,
    appends: Vec<Vec<Write>>,
}

fn life(tenant: OrganisationId, number: u128, dice: &mut Dice) -> Vec<Vec<Write>> {
    let mut life = Life {
        tenant,
        // Apart from the numbers of everything else.
        number: number + 0x1_0000,
        dice,
        appends: Vec::new(),
    };
    if life.booked() {
        life.moved();
        if life.held() {
            life.rated();
            life.reported();
        }
    }
    life.appends
}

impl Life<'_> {
    fn interview(&self, event: impl Into<interview::InterviewEvent>) -> Write {
        write::<interview::InterviewEvent, domain::ids::kind::Interview>(self.tenant, id(self.number), event)
    }

    fn payment(&self, event: impl Into<payment::PaymentEvent>) -> Write {
        write::<payment::PaymentEvent, domain::ids::kind::Payment>(self.tenant, id(self.pay()), event)
    }

    fn room(&self, room: u128, event: impl Into<room::RoomEvent>) -> Write {
        write::<room::RoomEvent, domain::ids::kind::Room>(self.tenant, id(room), event)
    }

    const fn pay(&self) -> u128 {
        self.number + (1 << 64)
    }

    const fn room_of(&self, revision: u32) -> u128 {
        self.number + (2 << 64) + ((revision as u128) << 32)
    }

    fn candidate(&self) -> u128 {
        candidate(self.number % 8)
    }

    fn next(&mut self, append: Vec<Write>) {
        self.appends.push(append);
    }

    /// False: it came to nothing.
    fn booked(&mut self) -> bool {
        let (interview, payment) = (id(self.number), id(self.pay()));
        let starts = i64::try_from(self.dice.below(50) * 30).unwrap();
        let mut append = vec![
            self.interview(booking(self.number, starts)),
            self.interview(interview::SlotClaimed {
                interview,
                revision: 1,
                claims: Vec::new(),
                hold_expires_at: moment(15),
            }),
            self.interview(interview::PaymentRequired {
                interview,
                payment,
                amount: rupees(14_900),
                due_at: moment(15),
            }),
        ];
        let opened = self.payment(payment::PaymentOpened {
            payment,
            interview,
            payer: id(self.candidate()),
            amount: rupees(14_900),
            quote: quote(),
            due_at: moment(15),
        });
        // The order of the streams of an append is nobody's promise.
        append.insert(if self.dice.one_in(2) { 0 } else { 3 }, opened);
        self.next(append);
        let has_page = self.dice.one_in(2);
        let created = self.payment(payment::PaymentOrderCreated {
            payment,
            interview,
            provider: "sandbox".to_owned(),
            order: format!("order_{}", self.number),
            checkout_url: has_page.then(|| "http://127.0.0.1/pay".to_owned()),
        });
        self.next(vec![created]);
        self.paid(payment, interview)
    }

    fn paid(&mut self, payment: domain::ids::PaymentId, interview: domain::ids::InterviewId) -> bool {
        if self.dice.one_in(3) {
            let failed = self.payment(payment::PaymentAttemptFailed {
                payment,
                interview,
                attempt: "a1".to_owned(),
                code: "declined".to_owned(),
            });
            self.next(vec![failed]);
        }
        if self.dice.one_in(2) {
            let authorized = self.payment(payment::PaymentAuthorized {
                payment,
                interview,
                attempt: "a2".to_owned(),
            });
            self.next(vec![authorized]);
        }
        let late = self.dice.one_in(4);
        if late {
            let expired = vec![
                self.interview(interview::BookingExpired {
                    interview,
                    reason: interview::ExpiryReason::HoldExpired,
                }),
                self.payment(payment::PaymentExpired { payment, interview }),
            ];
            self.next(expired);
            if self.dice.one_in(2) {
                return false;
            }
        }
        let mut captured = vec![self.payment(payment::PaymentCaptured {
            payment,
            interview,
            attempt: "a2".to_owned(),
            amount: rupees(14_900),
            captured_at: moment(5),
            late,
        })];
        if late && self.dice.one_in(2) {
            captured.push(self.payment(payment::RefundRequested {
                payment,
                interview,
                refund: id(self.number),
                amount: rupees(14_900),
                reason: payment::RefundReason::SlotLost,
                attempt: None,
            }));
            self.next(captured);
            let processed = if self.dice.one_in(2) {
                self.payment(payment::RefundProcessed {
                    payment,
                    interview,
                    refund: id(self.number),
                    provider_refund: "r1".to_owned(),
                })
            } else {
                self.payment(payment::RefundFailed {
                    payment,
                    interview,
                    refund: id(self.number),
                    code: "closed".to_owned(),
                })
            };
            self.next(vec![processed]);
            return false;
        }
        if late {
            captured.push(self.interview(interview::SlotReclaimed {
                interview,
                revision: 1,
                claims: Vec::new(),
            }));
        }
        captured.push(self.interview(interview::InterviewConfirmed {
            interview,
            revision: 1,
        }));
        self.next(captured);
        if self.dice.one_in(5) {
            let doubled = self.payment(payment::DuplicateCaptureDetected {
                payment,
                interview,
                attempt: "a3".to_owned(),
                amount: rupees(14_900),
            });
            let other = self.payment(payment::PaymentMismatchDetected {
                payment,
                interview,
                attempt: "a4".to_owned(),
                expected: rupees(14_900),
                actual: rupees(1),
            });
            self.next(vec![doubled, other]);
        }
        true
    }

    fn provision(&mut self, revision: u32) {
        let provisioned = self.room(
            self.room_of(revision),
            room::RoomProvisioned {
                room: id(self.room_of(revision)),
                interview: id(self.number),
                revision,
                provider: "builtin".to_owned(),
                room_ref: format!("ref_{revision}_{}", self.number),
                opens_at: moment(0),
                closes_at: moment(100),
                starts_at: moment(10),
                members: vec![room::RoomMember {
                    account: id(self.candidate()),
                    role: room::RoomRole::Candidate,
                }],
            },
        );
        self.next(vec![provisioned]);
    }

    fn moved(&mut self) {
        self.notified(1);
        self.provision(1);
        if self.dice.one_in(2) {
            let moved = vec![
                self.interview(interview::InterviewRescheduled {
                    interview: id(self.number),
                    revision: 2,
                    from: slot(0),
                    to: slot(60),
                    claims: Vec::new(),
                    by: id(self.candidate()),
                    reason: Some(sealed(SubjectId::of(id(self.candidate())), 11)),
                }),
                self.room(
                    self.room_of(1),
                    room::RoomClosed {
                        room: id(self.room_of(1)),
                        interview: id(self.number),
                        at: moment(9),
                        reason: room::CloseReason::Superseded,
                    },
                ),
            ];
            self.next(moved);
            self.provision(2);
            self.notified(2);
        }
    }

    fn notified(&mut self, revision: u32) {
        use notification::NotificationEvent;
        let notification = id(self.number + (3 << 64) + (u128::from(revision) << 32));
        let interview = id(self.number);
        let message = notification::Message {
            recipient: id(self.candidate()),
            template: notification::Template::InterviewConfirmed,
            interview,
            revision,
        };
        let event: NotificationEvent = match self.dice.below(3) {
            0 => notification::NotificationSuppressed {
                notification,
                interview,
                message,
                reason: notification::SuppressReason::Stale,
            }
            .into(),
            1 => notification::DeliveryFailed {
                notification,
                interview,
                message,
                code: "550".to_owned(),
            }
            .into(),
            _ => notification::DeliveryAccepted {
                notification,
                interview,
                message,
                channel: notification::Channel::Email,
                message_id: "<1@example>".to_owned(),
                via: "mail/1.eml".to_owned(),
            }
            .into(),
        };
        self.next(vec![write::<NotificationEvent, domain::ids::kind::Notification>(
            self.tenant,
            notification,
            event,
        )]);
    }

    /// True: the parties met.
    fn held(&mut self) -> bool {
        let interview = id(self.number);
        let revision = if self.dice.one_in(8) { 1 } else { 2 };
        let room = self.room_of(revision);
        let join = |life: &Self, account: u128, connection: u128| {
            life.room(
                room,
                room::ParticipantJoined {
                    room: id(room),
                    interview,
                    account: id(account),
                    role: room::RoomRole::Interviewer,
                    connection: id(connection),
                    at: moment(10),
                },
            )
        };
        let token = self.room(
            room,
            room::JoinTokenIssued {
                room: id(room),
                interview,
                account: id(self.candidate()),
                role: room::RoomRole::Candidate,
                expires_at: moment(20),
            },
        );
        self.next(vec![token]);
        let first = vec![
            join(self, INTERVIEWERS[0], 1),
            self.interview(interview::InterviewOpened {
                interview,
                room: id(room),
                at: moment(10),
            }),
        ];
        self.next(first);
        if self.dice.one_in(3) {
            let marked = self.interview(interview::NoShowMarked {
                interview,
                absent: interview::Absent::Candidate,
                attendance: interview::Attendance::default(),
            });
            self.next(vec![marked]);
            if self.dice.one_in(2) {
                return false;
            }
            let retracted = self.interview(interview::NoShowRetracted {
                interview,
                by: None,
                reason: Some(paragraph("Came late")),
            });
            self.next(vec![retracted]);
        }
        let second = vec![
            self.interview(interview::InterviewStarted {
                interview,
                at: moment(11),
            }),
            join(self, self.candidate(), 2),
        ];
        self.next(second);
        let left = self.room(
            room,
            room::ParticipantLeft {
                room: id(room),
                interview,
                account: id(self.candidate()),
                connection: id(2),
                at: moment(30),
                reason: room::LeaveReason::Dropped,
            },
        );
        self.next(vec![left]);
        let met = !self.dice.one_in(6);
        let ended = vec![
            self.interview(interview::InterviewEnded {
                interview,
                at: moment(30),
                reason: interview::EndReason::Ended,
                attendance: interview::Attendance {
                    candidate_seconds: 1_140,
                    interviewer_seconds: 1_200,
                    overlap_seconds: 1_140,
                },
            }),
            if met {
                self.interview(interview::InterviewCompleted { interview })
            } else {
                self.interview(interview::InterviewAbandoned { interview })
            },
            self.room(
                room,
                room::RoomClosed {
                    room: id(room),
                    interview,
                    at: moment(30),
                    reason: room::CloseReason::Ended,
                },
            ),
        ];
        self.next(ended);
        met
    }

    fn rated(&mut self) {
        use scorecard::ScorecardEvent;
        let subject = SubjectId::of(id(self.candidate()));
        let interview = id(self.number);
        let cards = INTERVIEWERS.map(|person| (id(self.number + (4 << 64) + (person << 32)), id(person)));
        let content = || scorecard::ScorecardContent {
            ratings: vec![scorecard::Rating {
                criterion: "depth".to_owned(),
                value: Some(4),
                note: Some(sealed(subject, 21)),
            }],
            overall: 4,
            recommendation: scorecard::Recommendation::Yes,
            private_note: Some(sealed(subject, 22)),
            feedback: Some(sealed(subject, 23)),
            fingerprint: "f".to_owned(),
        };
        let card = |life: &Self, scorecard, event: ScorecardEvent| {
            write::<ScorecardEvent, domain::ids::kind::Scorecard>(life.tenant, scorecard, event)
        };
        let assigned = cards
            .map(|(scorecard, account)| {
                card(
                    self,
                    scorecard,
                    scorecard::ScorecardAssigned {
                        scorecard,
                        interview,
                        account,
                        candidate: id(self.candidate()),
                        rubric: None,
                        criteria: vec![criterion()],
                        due_at: moment(1_440),
                    }
                    .into(),
                )
            })
            .to_vec();
        self.next(assigned);
        let (scorecard, account) = cards[0];
        let submitted = card(
            self,
            scorecard,
            scorecard::ScorecardSubmitted {
                scorecard,
                interview,
                account,
                content: content(),
                late: false,
            }
            .into(),
        );
        self.next(vec![submitted]);
        if self.dice.one_in(2) {
            let amended = card(
                self,
                scorecard,
                scorecard::ScorecardAmended {
                    scorecard,
                    interview,
                    account,
                    version: 2,
                    content: content(),
                    reason: paragraph("A slip"),
                    others_visible_before: false,
                }
                .into(),
            );
            self.next(vec![amended]);
        }
        let (other, rater) = cards[1];
        if self.dice.one_in(2) {
            let declined = card(
                self,
                other,
                scorecard::ScorecardDeclined {
                    scorecard: other,
                    interview,
                    account: rater,
                    reason: paragraph("Was not there"),
                }
                .into(),
            );
            self.next(vec![declined]);
        }
        self.decided(scorecard, subject);
    }

    fn decided(&mut self, scorecard: domain::ids::ScorecardId, subject: SubjectId) {
        use decision::DecisionEvent;
        let interview = id(self.number);
        let decision = id(self.number + (5 << 64));
        let verdict = match self.dice.below(3) {
            0 => decision::Verdict::Pass,
            1 => decision::Verdict::Fail,
            _ => decision::Verdict::OnHold,
        };
        let recorded = |tenant| {
            write::<DecisionEvent, domain::ids::kind::Decision>(
                tenant,
                decision,
                decision::DecisionRecorded {
                    decision,
                    interview,
                    verdict,
                    by: id(RECRUITER),
                    reason: Some(sealed(subject, 31)),
                    basis: Position(7),
                    missing: vec![id(INTERVIEWERS[1])],
                },
            )
        };
        self.next(vec![recorded(self.tenant)]);
        if self.dice.one_in(3) {
            let reversed = write::<DecisionEvent, domain::ids::kind::Decision>(
                self.tenant,
                decision,
                decision::DecisionReversed {
                    decision,
                    interview,
                    by: id(RECRUITER),
                    reason: paragraph("Too early"),
                },
            );
            self.next(vec![reversed]);
            if self.dice.one_in(2) {
                self.next(vec![recorded(self.tenant)]);
            }
        }
        let feedback = id(self.number + (6 << 64));
        let released = write::<feedback::FeedbackEvent, domain::ids::kind::Feedback>(
            self.tenant,
            feedback,
            feedback::FeedbackReleased {
                feedback,
                interview,
                scorecard,
                version: 1,
                candidate: id(self.candidate()),
                content: sealed(subject, 41),
                by: Some(id(RECRUITER)),
            },
        );
        self.next(vec![released]);
    }

    fn reported(&mut self) {
        use report::ReportEvent;
        let subject = SubjectId::of(id(self.candidate()));
        let (interview, report) = (id(self.number), id(self.number + (7 << 64)));
        let transcript = id(self.number + (8 << 64));
        let finalised = write::<transcript::TranscriptEvent, domain::ids::kind::Transcript>(
            self.tenant,
            transcript,
            transcript::TranscriptFinalised {
                transcript,
                interview,
                version: 1,
                content: transcript::BlobRef {
                    blob: id(self.number),
                    subject,
                    digest: "d".to_owned(),
                    bytes: 100,
                },
                turns: 10,
                duration_ms: 1_000,
                by: id(RECRUITER),
            },
        );
        self.next(vec![finalised]);
        let wrote = |life: &Self, event: ReportEvent| {
            write::<ReportEvent, domain::ids::kind::Report>(life.tenant, report, event)
        };
        for revision in 1..=2 {
            let requested = wrote(
                self,
                report::ReportRequested {
                    report,
                    interview,
                    candidate: id(self.candidate()),
                    kind: report::ReportKind::Performance,
                    revision,
                    transcript: report::TranscriptPin {
                        transcript,
                        version: 1,
                        digest: "d".to_owned(),
                    },
                    prompt_version: "1".to_owned(),
                    by: id(RECRUITER),
                }
                .into(),
            );
            self.next(vec![requested]);
            let outcome: ReportEvent = if revision == 1 && self.dice.one_in(2) {
                report::ReportFailed {
                    report,
                    interview,
                    revision,
                    code: "quote_not_in_transcript".to_owned(),
                }
                .into()
            } else {
                report::ReportGenerated {
                    report,
                    interview,
                    revision,
                    run: id(u128::from(revision)),
                    engine: report::Engine {
                        provider: "builtin".to_owned(),
                        model: "features".to_owned(),
                        is_language_model: false,
                    },
                    overall: 70,
                    breakdown: vec![report::ScoreItem {
                        key: "communication".to_owned(),
                        score: 70,
                    }],
                    body: sealed(subject, 51),
                    usage: report::TokenUsage::default(),
                }
                .into()
            };
            let outcome = wrote(self, outcome);
            self.next(vec![outcome]);
        }
        let published = wrote(
            self,
            report::ReportPublished {
                report,
                interview,
                revision: 2,
                by: id(RECRUITER),
            }
            .into(),
        );
        self.next(vec![published]);
    }
}
