//! Fills read tables and keys as the folds of a long history would have written them: the folds are the real ones, only
//! the log is left out.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use api::{auth::tokens::Identity, graphql::keyed_ids::account_of};
use chrono::Duration;
use domain::{
    account::events as account,
    actor::{Actor, Role},
    envelope::{Envelope, Position, StreamId},
    event::Event,
    ids::{AccountId, Id, InterviewId, Kind, OrganisationId, SubjectId},
    interview::events as interview,
    interview_type::events as interview_type,
    money::Money,
    organisation::events as organisation,
    payment::events as payment,
    price_list::events::Quote,
    report::events as report,
    room::events as room,
    sealed::Sealed,
    text::Line,
    time::{Instant, Slot, Span},
    transcript::events as transcript,
};
use projections::{
    accounts::{self, Accounts},
    interviews::{self, Interviews},
    model::{Key, ReadModel},
    organisations::{self, Organisations},
    participations::{self, Participations},
    reports::{self, Reports},
    sql::{Db, Kind as ColumnKind, Name, Value},
};
use store::{
    codec::Codec,
    vault::{KeyStore, Vault, master_key::MasterKey, memory::MemoryKeys},
};
use uuid::Uuid;

/// People who are interviewed, and who interview.
const CANDIDATES: u64 = 20_000;
const INTERVIEWERS: u64 = 200;
/// Minutes from one interview's start to the next one's.
const EVERY_MINUTES: i64 = 15;
/// Rows of one transaction.
const ROWS: usize = 5_000;
/// Keys of one page on their way from memory into the database.
const KEYS: u32 = 100_000;

/// The master key of these databases.
pub(super) fn master() -> MasterKey {
    MasterKey::new([7; 32])
}

/// The organisation that has it all.
pub(super) const TENANT: OrganisationId = id(1, 1);

/// When business time stands still.
pub(super) fn now() -> Instant {
    "2026-06-01T00:00:00Z".parse().expect("a moment")
}

/// An id from a number: different for every kind of thing, in the order of the numbers as ids made over time are.
const fn id<K: Kind>(kind: u64, number: u64) -> Id<K> {
    Id::new(Uuid::from_u128(
        ((0x019e_0000_0000_7000_u128 + kind as u128) << 64) + number as u128,
    ))
}

/// When an interview starts.
pub(super) fn starts(interview: u64) -> Instant {
    now() - Duration::minutes(EVERY_MINUTES * 120_000)
        + Duration::minutes(EVERY_MINUTES * i64::try_from(interview).unwrap_or(0))
}

/// The interview with a number.
pub(super) const fn interview_id(number: u64) -> InterviewId {
    id(2, number)
}

/// Everybody whom an interview names.
pub(super) const fn people_of(number: u64) -> [AccountId; 3] {
    [
        id(3, number % CANDIDATES),
        id(4, number % INTERVIEWERS),
        id(
            4,
            (number + 1 + number / INTERVIEWERS % (INTERVIEWERS - 1)) % INTERVIEWERS,
        ),
    ]
}

/// What a person is called.
pub(super) fn name_of(account: AccountId) -> String {
    const FIRST: [&str; 8] = [
        "Aarav", "Bela", "Chloé", "Dmitri", "Esi", "Farid", "Grace", "Hiroko",
    ];
    const LAST: [&str; 7] = ["Anand", "Bauer", "Costa", "Diallo", "Evans", "Fischer", "García"];
    let number = account.uuid().as_u128() as usize;
    format!("{} {} {}", FIRST[number % 8], LAST[number % 7], number % 100_000)
}

/// Everybody there is.
pub(super) fn everybody() -> impl Iterator<Item = AccountId> {
    let candidates = (0..CANDIDATES).map(|number| id(3, number));
    candidates.chain((0..INTERVIEWERS).map(|number| id(4, number)))
}

/// Fills empty tables and an empty store of keys with so many interviews and all that belongs to them, and gives a
/// recruiter an account; says which.
pub(super) async fn fill(
    db: &Db,
    keys: &dyn KeyStore,
    interviews: u64,
    recruiter: &Identity,
) -> Result<AccountId> {
    let memory = Arc::new(MemoryKeys::default());
    let vault = Vault::unlock(memory.clone(), master()).await?;
    let maker = Maker {
        vault: &vault,
        codec: Codec::current(),
    };
    let tables = live_tables(db).await?;
    let recruiter_account = account_of(&vault, TENANT, recruiter);
    let around = maker.organisation(recruiter_account).await?;
    put::<Organisations>(db, &tables, around).await?;
    let mut people = vec![maker.account(recruiter_account, Role::Recruiter).await?];
    for account in everybody() {
        people.push(maker.account(account, Role::Candidate).await?);
    }
    put::<Accounts>(db, &tables, people).await?;
    for first in (0..interviews).step_by(ROWS) {
        let (mut rows, mut parts, mut reports) = (Vec::new(), Vec::new(), Vec::new());
        for number in first..interviews.min(first + ROWS as u64) {
            let made = maker.interview(number).await?;
            rows.push(made.interview);
            parts.extend(made.participations);
            reports.push(made.report);
        }
        put::<Interviews>(db, &tables, rows).await?;
        put::<Participations>(db, &tables, parts).await?;
        put::<Reports>(db, &tables, reports).await?;
    }
    let wrapped = memory.page(None, KEYS).await.map_err(anyhow::Error::from_boxed)?;
    ensure!(wrapped.len() < KEYS as usize, "there are more keys than one page");
    let secrets = memory.secrets().await.map_err(anyhow::Error::from_boxed)?;
    let filled = keys
        .fill(&secrets, &wrapped)
        .await
        .map_err(anyhow::Error::from_boxed)?;
    ensure!(filled, "there were keys already");
    Ok(recruiter_account)
}

/// The table behind the view of each read model.
async fn live_tables(db: &Db) -> Result<HashMap<String, Name>> {
    let mut sql = db.sql();
    sql.push("select model, live from ")
        .table(&Name::new("read_models").context("a name")?);
    let rows = db.fetch(sql, &[ColumnKind::Text, ColumnKind::Text]).await?;
    let pair = |cells: Vec<Value>| match <[Value; 2]>::try_from(cells).ok()? {
        [Value::Text(model), Value::Text(table)] => Some((model, Name::new(table)?)),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(pair).collect())
}

/// Writes rows as the runner does.
async fn put<M: ReadModel>(db: &Db, tables: &HashMap<String, Name>, rows: Vec<(Key, M::Row)>) -> Result<()> {
    let table = tables.get(M::NAME).context("the read model has no table")?;
    let columns: Vec<Name> = M::COLUMNS
        .iter()
        .filter_map(|column| Name::new(column.name))
        .collect();
    let mut tx = db.begin().await?;
    for rows in rows.chunks(1_000) {
        let mut sql = tx.sql();
        sql.push("insert into ")
            .table(table)
            .push(" (tenant, key, position, row");
        for column in &columns {
            sql.push(", ").name(column);
        }
        sql.push(") values ");
        let json: Vec<_> = rows
            .iter()
            .map(|(key, row)| Ok((key, row, serde_json::to_string(row)?)))
            .collect::<Result<_>>()?;
        sql.list(json, |sql, (key, row, json)| {
            sql.push("(").bind(TENANT).push(", ").bind(key.bytes());
            sql.push(", ").bind(Position(0)).push(", ").bind(json.as_str());
            for value in M::columns(row) {
                sql.push(", ").bind(value);
            }
            sql.push(")");
        });
        tx.execute(sql).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Makes rows by folding events that went through the codec.
struct Maker<'v> {
    vault: &'v Vault,
    codec: Codec,
}

struct Made {
    interview: (Key, interviews::Interview),
    participations: Vec<(Key, participations::Participation)>,
    report: (Key, reports::Report),
}

impl Maker<'_> {
    /// The event as it would be read back, with everything about people sealed.
    async fn stored<E: Event>(&self, event: impl Into<E>) -> Result<E> {
        let event = event.into();
        let written = self.codec.encode(self.vault, &event, now()).await?;
        Ok(E::decode(
            &written.event_type,
            written.schema_version,
            &written.payload,
        )?)
    }

    async fn organisation(&self, by: AccountId) -> Result<Vec<(Key, organisations::Organisation)>> {
        let created = organisation::OrganisationCreated {
            organisation: TENANT,
            name: Line::new("Example")?,
            zone: "Asia/Kolkata".parse()?,
            interviewers_decide: false,
            by,
        };
        let event: organisation::OrganisationEvent = self.stored(created).await?;
        let key = Key::of(TENANT);
        let row = fold::<Organisations>(key, [organisations::Heard::Organisation(event)]);
        Ok(vec![(key, row.context("there is an organisation")?)])
    }

    async fn account(&self, account: AccountId, role: Role) -> Result<(Key, accounts::Account)> {
        let subject = SubjectId::of(account);
        let name = name_of(account);
        let registered = account::AccountRegistered {
            account,
            issuer: "https://identity.example".to_owned(),
            identity: Sealed::open(subject, account.to_string()),
            email: Some(Sealed::open(subject, format!("{account}@mail.example"))),
            name: Some(Sealed::open(subject, name)),
        };
        let granted = account::RoleGranted {
            account,
            role,
            by: None,
        };
        let events: [account::AccountEvent; 2] =
            [self.stored(registered).await?, self.stored(granted).await?];
        let key = Key::of(account);
        let row = fold::<Accounts>(key, events.map(accounts::Heard::Account));
        Ok((key, row.context("there is an account")?))
    }

    /// An interview that was paid for, took place, and has a report that was published.
    async fn interview(&self, number: u64) -> Result<Made> {
        let told = self.told(number).await?;
        let interview = interview_id(number);
        let key = Key::of(interview);
        let row = fold::<Interviews>(key, told.clone()).context("there is an interview")?;
        let mut participations = Vec::new();
        for account in people_of(number) {
            let key = Key::pair(interview, account);
            let events = told.iter().filter_map(|event| match event {
                interviews::Heard::Interview(event) => Some(participations::Heard::Interview(event.clone())),
                interviews::Heard::Payment(_)
                | interviews::Heard::Room(_)
                | interviews::Heard::Transcript(_) => None,
            });
            if let Some(row) = fold::<Participations>(key, events) {
                participations.push((key, row));
            }
        }
        Ok(Made {
            interview: (key, row),
            participations,
            report: self.report(number).await?,
        })
    }

    async fn told(&self, number: u64) -> Result<Vec<interviews::Heard>> {
        use interview::InterviewEvent;
        use payment::PaymentEvent;
        use room::RoomEvent;
        let interview = interview_id(number);
        let [candidate, one, other] = people_of(number);
        let (pay, room) = (id(5, number), id(6, number));
        let (start, amount) = (starts(number), rupees(14_900));
        let events: Vec<InterviewEvent> = vec![
            self.stored(booked(number)?).await?,
            interview::PaymentRequired {
                interview,
                payment: pay,
                amount,
                due_at: start,
            }
            .into(),
            interview::InterviewConfirmed {
                interview,
                revision: 1,
            }
            .into(),
            interview::InterviewOpened {
                interview,
                room,
                at: start,
            }
            .into(),
            interview::InterviewStarted { interview, at: start }.into(),
            interview::InterviewEnded {
                interview,
                at: start + Duration::minutes(40),
                reason: interview::EndReason::Ended,
                attendance: interview::Attendance {
                    candidate_seconds: 2_390,
                    interviewer_seconds: 2_400,
                    overlap_seconds: 2_380,
                },
            }
            .into(),
            interview::InterviewCompleted { interview }.into(),
        ];
        let payments: Vec<PaymentEvent> = vec![
            payment::PaymentOpened {
                payment: pay,
                interview,
                payer: candidate,
                amount,
                quote: quote(),
                due_at: start,
            }
            .into(),
            payment::PaymentOrderCreated {
                payment: pay,
                interview,
                provider: "sandbox".to_owned(),
                order: format!("order_{number}"),
                checkout_url: Some(format!("https://pay.example/orders/order_{number}")),
            }
            .into(),
            payment::PaymentCaptured {
                payment: pay,
                interview,
                attempt: format!("pay_{number}"),
                amount,
                captured_at: start,
                late: false,
            }
            .into(),
        ];
        let rooms: Vec<RoomEvent> = vec![
            room::RoomProvisioned {
                room,
                interview,
                revision: 1,
                provider: "builtin".to_owned(),
                room_ref: format!("r-{number}"),
                opens_at: start,
                closes_at: start + Duration::minutes(70),
                starts_at: start,
                members: [
                    (candidate, room::RoomRole::Candidate),
                    (one, room::RoomRole::Interviewer),
                    (other, room::RoomRole::Interviewer),
                ]
                .map(|(account, role)| room::RoomMember { account, role })
                .to_vec(),
            }
            .into(),
            room::RoomClosed {
                room,
                interview,
                at: start + Duration::minutes(40),
                reason: room::CloseReason::Ended,
            }
            .into(),
        ];
        let mut told: Vec<_> = events.into_iter().map(interviews::Heard::Interview).collect();
        // What is said of payment and room belongs behind the booking and the demand.
        let beside = payments.into_iter().map(interviews::Heard::Payment);
        let beside = beside.chain(rooms.into_iter().map(interviews::Heard::Room));
        told.splice(2..2, beside);
        told.push(interviews::Heard::Transcript(
            transcript::TranscriptFinalised {
                transcript: id(8, number),
                interview,
                version: 1,
                content: transcript::BlobRef {
                    blob: id(9, number),
                    subject: SubjectId::of(candidate),
                    digest: format!("{number:064x}"),
                    bytes: 40_000,
                },
                turns: 120,
                duration_ms: 2_380_000,
                by: one,
            }
            .into(),
        ));
        Ok(told)
    }

    async fn report(&self, number: u64) -> Result<(Key, reports::Report)> {
        let (report, interview) = (id(7, number), interview_id(number));
        let [candidate, by, _] = people_of(number);
        let requested = report::ReportRequested {
            report,
            interview,
            candidate,
            kind: report::ReportKind::Performance,
            revision: 1,
            transcript: report::TranscriptPin {
                transcript: id(8, number),
                version: 1,
                digest: format!("{number:064x}"),
            },
            prompt_version: "2026-05".to_owned(),
            by,
        };
        let score = u8::try_from(40 + number % 60).unwrap_or(0);
        let generated = report::ReportGenerated {
            report,
            interview,
            revision: 1,
            run: id(10, number),
            engine: report::Engine {
                provider: "builtin".to_owned(),
                model: "features".to_owned(),
                is_language_model: false,
            },
            overall: score,
            breakdown: [
                "communication",
                "technicalKnowledge",
                "technicalDepth",
                "problemSolving",
                "confidence",
            ]
            .map(|key| report::ScoreItem {
                key: key.to_owned(),
                score,
            })
            .to_vec(),
            body: Sealed::open(SubjectId::of(candidate), body()),
            usage: report::TokenUsage::default(),
        };
        let published = report::ReportPublished {
            report,
            interview,
            revision: 1,
            by,
        };
        let events: [report::ReportEvent; 3] = [
            self.stored(requested).await?,
            self.stored(generated).await?,
            self.stored(published).await?,
        ];
        let key = Key::of(report);
        let row = fold::<Reports>(key, events.map(reports::Heard::Report));
        Ok((key, row.context("there is a report")?))
    }
}

fn fold<M: ReadModel>(key: Key, events: impl IntoIterator<Item = M::Heard>) -> Option<M::Row> {
    events
        .into_iter()
        .zip(1_u64..)
        .fold(None, |row, (event, version)| {
            M::apply(key, row, &event, &envelope(key, version))
        })
}

/// Around an event of which only time and place matter.
fn envelope(key: Key, version: u64) -> Envelope {
    Envelope {
        position: Position(version),
        stream: StreamId {
            tenant: TENANT,
            category: domain::fact::Category::Interview,
            id: key.link(),
        },
        version,
        event_id: Id::new(key.link()),
        event_type: String::new(),
        schema_version: 1,
        occurred_at: now(),
        recorded_at: now(),
        actor: Actor::system("bench"),
        command_id: Id::new(key.link()),
        correlation_id: Id::new(key.link()),
        causation_id: None,
        subjects: Vec::new(),
        links: Vec::new(),
        trace: None,
        hash: [0; 32],
    }
}

fn rupees(minor: i64) -> Money {
    Money {
        minor,
        currency: "INR".parse().expect("a currency"),
    }
}

fn quote() -> Quote {
    Quote {
        price_list: id(11, 1),
        version: 1,
        price: rupees(14_900),
        cost: rupees(5_000),
    }
}

fn booked(number: u64) -> Result<interview::BookingRequested> {
    let [candidate, one, other] = people_of(number);
    let start = starts(number);
    let span = Span {
        start,
        end: start + Duration::minutes(40),
    };
    let seat = |account, role| interview::PanelMember {
        account,
        role,
        reason: interview::SeatReason::Collective,
    };
    let brief = interview::Brief {
        job_role: Some("Backend engineer".to_owned()),
        experience_years: Some(5),
        level: Some("Senior".to_owned()),
        focus_areas: vec!["Storage".to_owned(), "Queues".to_owned()],
        requirements: Some("Please talk about what happens when a node dies.".to_owned()),
    };
    Ok(interview::BookingRequested {
        interview: interview_id(number),
        candidate,
        interview_type: id(12, number % 12),
        type_version: 1,
        title: Line::new(&format!("System design \"{}\"", number % 12))?,
        kind: interview_type::InterviewKind::SystemDesign,
        difficulty: interview_type::Difficulty::Medium,
        mode: interview_type::Mode::Human,
        purpose: interview_type::Purpose::Mock,
        slot: Slot::promised(span, "Asia/Kolkata".parse()?),
        panel: vec![
            seat(one, interview::PanelRole::Lead),
            seat(other, interview::PanelRole::Panel),
        ],
        brief: Some(Sealed::open(SubjectId::of(candidate), brief)),
        quote: Some(quote()),
        terms: interview::Terms {
            duration_minutes: 40,
            buffer_before_minutes: 5,
            buffer_after_minutes: 10,
            notice_minutes: 120,
            join_window: interview_type::JoinWindow {
                opens_before_minutes: 10,
                grace_minutes: 5,
                closes_after_minutes: 30,
            },
            refunds: vec![interview::RefundTier {
                notice_minutes: 1_440,
                percent: 100,
            }],
            rubric: None,
        },
        locale: "en".to_owned(),
    })
}

/// Words of a report, about as many as the built-in assessor writes.
fn body() -> report::ReportBody {
    let finding = |title: &str| report::Finding {
        title: title.to_owned(),
        detail: "Said early what the system has to promise, and came back to it when the numbers changed."
            .to_owned(),
        action_items: vec!["Practise to estimate storage before choosing one.".to_owned()],
        resources: Vec::new(),
        evidence: vec![report::Evidence {
            quote: "if that node dies we lose at most one second".to_owned(),
            turn: 12,
            offset: 40,
        }],
    };
    report::ReportBody {
        strengths: vec![finding("Clear about trade-offs")],
        weaknesses: vec![finding("Late with numbers")],
        recommendations: vec![finding("Estimate first")],
        detailed_feedback: "A structured conversation with a clear beginning and end.".to_owned(),
    }
}
