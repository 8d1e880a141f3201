//! Reports with all their revisions.

use domain::{
    envelope::Envelope,
    ids::{AccountId, InterviewId, OrganisationId, ReportId, RunId},
    interview_type::events::Purpose,
    report::events::{Engine, ReportBody, ReportEvent, ReportKind, ScoreItem, TokenUsage, TranscriptPin},
    sealed::Sealed,
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    interviews::{self, Interviews},
    list::{self, Condition, Elsewhere},
    model::{Column, Index, Key, ReadModel, Stored, id, word},
    scorecards::Reader,
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Reports {}

/// One report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Which.
    pub report: ReportId,
    /// On which interview.
    pub interview: InterviewId,
    /// About whom.
    pub candidate: AccountId,
    /// About what.
    pub kind: ReportKind,
    /// Its revisions, oldest first; never empty.
    pub revisions: Vec<Revision>,
    /// What those it is for may read.
    pub published: Option<Published>,
    /// How many events its stream holds.
    pub version: u64,
}

/// One revision of a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// Which, from 1.
    pub revision: u32,
    /// How far it is.
    pub status: ReportStatus,
    /// The transcript it rests on.
    pub transcript: TranscriptPin,
    /// Version of the instructions to the writer.
    pub prompt_version: String,
    /// Who asked.
    pub requested_by: AccountId,
    /// When.
    pub requested_at: Instant,
    /// What was written.
    pub written: Option<Written>,
    /// Short code of why it failed.
    pub failure: Option<String>,
}

/// How far a revision is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// It is to be written.
    Requested,
    /// It is written and checked.
    Generated,
    /// It could not be written, or did not pass the checks.
    Failed,
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Written {
    /// Which run wrote it.
    pub run: RunId,
    /// What wrote it.
    pub engine: Engine,
    /// 0 to 100.
    pub overall: u8,
    /// The parts.
    pub breakdown: Vec<ScoreItem>,
    /// The words.
    pub body: Sealed<ReportBody>,
    /// What it consumed.
    pub usage: TokenUsage,
    /// When.
    pub at: Instant,
}

/// That a revision may be read by those it is for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Published {
    /// Which revision.
    pub revision: u32,
    /// Who published it.
    pub by: AccountId,
    /// When.
    pub at: Instant,
}

/// Who reads a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportReader {
    /// People of the organisation, as for scorecards.
    Staff(Reader),
    /// The candidate: own ones, published, and only of mock interviews.
    Candidate(AccountId),
}

hears! {
    /// What it is told by.
    pub enum Heard { Report(ReportEvent) }
}

const INTERVIEW: Column = Column::required("interview", Kind::Id);
const CANDIDATE: Column = Column::required("candidate", Kind::Id);
const PUBLISHED: Column = Column::required("published", Kind::Bool);

impl ReadModel for Reports {
    const NAME: &'static str = "reports";
    const COLUMNS: &'static [Column] = &[INTERVIEW, CANDIDATE, PUBLISHED];
    const INDEXES: &'static [Index] = &[
        // The reports on an interview.
        Index {
            name: "interview",
            columns: &["interview"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Report;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Report(event) = event;
        vec![Key::of(match event {
            ReportEvent::ReportRequested(event) => event.report,
            ReportEvent::ReportGenerated(event) => event.report,
            ReportEvent::ReportFailed(event) => event.report,
            ReportEvent::ReportPublished(event) => event.report,
        })]
    }

    fn apply(_: Key, row: Option<Report>, event: &Heard, envelope: &Envelope) -> Option<Report> {
        let Heard::Report(event) = event;
        match event {
            ReportEvent::ReportRequested(event) => {
                let mut row = row.unwrap_or_else(|| Report {
                    report: event.report,
                    interview: event.interview,
                    candidate: event.candidate,
                    kind: event.kind,
                    revisions: Vec::new(),
                    published: None,
                    version: 0,
                });
                row.version = envelope.version;
                row.revisions.push(Revision {
                    revision: event.revision,
                    status: ReportStatus::Requested,
                    transcript: event.transcript.clone(),
                    prompt_version: event.prompt_version.clone(),
                    requested_by: event.by,
                    requested_at: envelope.occurred_at,
                    written: None,
                    failure: None,
                });
                Some(row)
            }
            ReportEvent::ReportGenerated(event) => revised(row?, event.revision, envelope, |revision| {
                revision.status = ReportStatus::Generated;
                revision.failure = None;
                revision.written = Some(Written {
                    run: event.run,
                    engine: event.engine.clone(),
                    overall: event.overall,
                    breakdown: event.breakdown.clone(),
                    body: event.body.clone(),
                    usage: event.usage,
                    at: envelope.occurred_at,
                });
            }),
            ReportEvent::ReportFailed(event) => revised(row?, event.revision, envelope, |revision| {
                revision.status = ReportStatus::Failed;
                revision.failure = Some(event.code.clone());
            }),
            ReportEvent::ReportPublished(event) => row.map(|row| Report {
                published: Some(Published {
                    revision: event.revision,
                    by: event.by,
                    at: envelope.occurred_at,
                }),
                version: envelope.version,
                ..row
            }),
        }
    }

    fn columns(row: &Report) -> Vec<Value> {
        vec![
            id(row.interview),
            id(row.candidate),
            Value::Bool(row.published.is_some()),
        ]
    }
}

fn revised(
    mut row: Report,
    number: u32,
    envelope: &Envelope,
    change: impl FnOnce(&mut Revision),
) -> Option<Report> {
    row.version = envelope.version;
    if let Some(revision) = row
        .revisions
        .iter_mut()
        .find(|revision| revision.revision == number)
    {
        change(revision);
    }
    Some(row)
}

/// The report with an id, if the reader may see it.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn by_id(
    db: &Db,
    tenant: OrganisationId,
    reader: ReportReader,
    report: ReportId,
) -> Result<Option<Stored<Report>>, DbError> {
    let chosen = Condition::In(list::KEY, vec![id(report)]);
    let found = list::all::<Reports>(db, tenant, &Condition::All(vec![readable(reader), chosen])).await?;
    Ok(found.into_iter().next())
}

/// The reports on several interviews that the reader may see, by one statement.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn of_interviews(
    db: &Db,
    tenant: OrganisationId,
    reader: ReportReader,
    interviews: &[InterviewId],
) -> Result<Vec<Stored<Report>>, DbError> {
    let chosen = Condition::In(INTERVIEW, interviews.iter().copied().map(id).collect());
    list::all::<Reports>(db, tenant, &Condition::All(vec![readable(reader), chosen])).await
}

fn readable(reader: ReportReader) -> Condition {
    match reader {
        ReportReader::Staff(reader) => reader.may_see_others(),
        ReportReader::Candidate(account) => Condition::All(vec![
            Condition::In(CANDIDATE, vec![id(account)]),
            Condition::In(PUBLISHED, vec![Value::Bool(true)]),
            Condition::Exists(
                Elsewhere {
                    view: Interviews::NAME,
                    there: list::KEY,
                    here: "interview",
                },
                vec![(interviews::PURPOSE, vec![word(&Purpose::Mock)])],
            ),
        ]),
    }
}
