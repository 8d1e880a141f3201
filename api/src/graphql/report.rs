//! A report, for those who may read it.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::report::events as domain;
use projections::reports::{self, ReportReader, ReportStatus as RowStatus};

use super::{
    person::{People, Person},
    scalars::DateTime,
    services::services,
    siblings::Siblings,
    user_error::int,
};
use crate::error::ApiError;

/// How far a report is.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportStatus {
    /// It is being written.
    Requested,
    /// It is written and checked.
    Generated,
    /// It may be read by those it is for.
    Published,
    /// It could not be written, or did not pass the checks.
    Failed,
}

/// A report on an interview.
#[derive(Clone, Debug)]
pub struct Report {
    row: Arc<reports::Report>,
    reader: ReportReader,
    people: People,
    siblings: Option<Siblings>,
}

/// One score of a report's breakdown.
#[derive(SimpleObject, Clone, Debug)]
pub struct ScoreItem {
    /// What was scored.
    key: String,
    /// 0 to 100.
    score: i32,
}

/// Words of the transcript that a finding rests on.
#[derive(SimpleObject, Clone, Debug)]
pub struct Evidence {
    /// The words, verbatim.
    quote: String,
    /// Index of the turn they were said in.
    turn: i32,
    /// Where in the turn they begin, in Unicode characters.
    offset: i32,
}

/// Something to read or do.
#[derive(SimpleObject, Clone, Debug)]
pub struct Resource {
    /// What it is called.
    title: String,
    /// Where it is, if anywhere.
    url: Option<String>,
}

/// A strength, a weakness or a recommendation.
#[derive(SimpleObject, Clone, Debug)]
pub struct Finding {
    /// In a few words.
    title: String,
    /// In a few sentences.
    detail: String,
    /// What to do about it.
    action_items: Vec<String>,
    /// What helps.
    resources: Vec<Resource>,
    /// What it rests on.
    evidence: Vec<Evidence>,
}

impl From<domain::Finding> for Finding {
    fn from(finding: domain::Finding) -> Self {
        let resource = |resource: domain::Resource| Resource {
            title: resource.title,
            url: resource.url,
        };
        let evidence = |evidence: domain::Evidence| Evidence {
            quote: evidence.quote,
            turn: int(evidence.turn),
            offset: int(evidence.offset),
        };
        Self {
            title: finding.title,
            detail: finding.detail,
            action_items: finding.action_items,
            resources: finding.resources.into_iter().map(resource).collect(),
            evidence: finding.evidence.into_iter().map(evidence).collect(),
        }
    }
}

/// What wrote a report.
#[derive(SimpleObject, Clone, Debug)]
pub struct Engine {
    /// Configured name of the provider.
    provider: String,
    /// Name of the model or of the built-in method.
    model: String,
    /// False for the built-in deterministic assessor, which is not a language model.
    is_language_model: bool,
}

/// What writing a report consumed.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct TokenUsage {
    /// Tokens read.
    input: i32,
    /// Tokens written.
    output: i32,
}

impl Report {
    /// The report as its reader sees it, with those who are answered together with it.
    pub fn new(row: impl Into<Arc<reports::Report>>, reader: ReportReader, people: &People) -> Self {
        Self {
            row: row.into(),
            reader,
            people: people.clone(),
            siblings: None,
        }
    }

    /// True when there is something to read for its reader. What was published later was not there for a candidate.
    pub fn is_there(&self) -> bool {
        match self.reader {
            ReportReader::Staff(_) => true,
            ReportReader::Candidate(_) => self.row.published.is_some(),
        }
    }

    /// The same, answered together with the reports on other interviews.
    #[must_use]
    pub fn among(self, siblings: Siblings) -> Self {
        Self {
            siblings: Some(siblings),
            ..self
        }
    }

    /// Staff read the newest revision, everybody else the one that was published.
    fn revision_shown(&self) -> Option<&reports::Revision> {
        match self.reader {
            ReportReader::Staff(_) => self.row.revisions.last(),
            ReportReader::Candidate(_) => {
                let published = self.row.published.as_ref()?.revision;
                self.row
                    .revisions
                    .iter()
                    .find(|revision| revision.revision == published)
            }
        }
    }

    fn written(&self) -> Option<&reports::Written> {
        self.revision_shown()?.written.as_ref()
    }

    async fn body(&self, ctx: &Context<'_>) -> Result<Option<domain::ReportBody>> {
        let Some(written) = self.written() else {
            return Ok(None);
        };
        if let Some(siblings) = &self.siblings {
            siblings.load_keys(ctx).await?;
        }
        Ok(services(ctx)
            .vault
            .open(&written.body)
            .await
            .map_err(ApiError::unavailable)?)
    }
}

fn findings(findings: Vec<domain::Finding>) -> Vec<Finding> {
    findings.into_iter().map(Finding::from).collect()
}

/// A report on an interview, written in the background and checked against the transcript.
#[Object]
impl Report {
    /// The report's id.
    pub async fn id(&self) -> ID {
        self.row.report.to_string().into()
    }

    /// How far it is.
    async fn status(&self) -> ReportStatus {
        let Some(shown) = self.revision_shown() else {
            return ReportStatus::Requested;
        };
        let is_published = self
            .row
            .published
            .as_ref()
            .is_some_and(|published| published.revision == shown.revision);
        match shown.status {
            _ if is_published => ReportStatus::Published,
            RowStatus::Requested => ReportStatus::Requested,
            RowStatus::Generated => ReportStatus::Generated,
            RowStatus::Failed => ReportStatus::Failed,
        }
    }

    /// Which revision this is, from 1.
    async fn revision(&self) -> i32 {
        int(self.revision_shown().map_or(0, |shown| shown.revision))
    }

    /// About whom.
    async fn candidate(&self) -> Person {
        self.people.person(self.row.candidate)
    }

    /// 0 to 100.
    async fn overall_score(&self) -> Option<i32> {
        self.written().map(|written| i32::from(written.overall))
    }

    /// The parts of the score: communication, technicalKnowledge, technicalDepth, problemSolving, confidence.
    async fn breakdown(&self) -> Vec<ScoreItem> {
        let item = |item: &domain::ScoreItem| ScoreItem {
            key: item.key.clone(),
            score: i32::from(item.score),
        };
        self.written()
            .into_iter()
            .flat_map(|written| &written.breakdown)
            .map(item)
            .collect()
    }

    /// What went well; null when nothing is written yet or it was erased.
    async fn strengths(&self, ctx: &Context<'_>) -> Result<Option<Vec<Finding>>> {
        Ok(self.body(ctx).await?.map(|body| findings(body.strengths)))
    }

    /// What did not, with what to do about it.
    async fn weaknesses(&self, ctx: &Context<'_>) -> Result<Option<Vec<Finding>>> {
        Ok(self.body(ctx).await?.map(|body| findings(body.weaknesses)))
    }

    /// What to do next, with what helps.
    async fn recommendations(&self, ctx: &Context<'_>) -> Result<Option<Vec<Finding>>> {
        Ok(self.body(ctx).await?.map(|body| findings(body.recommendations)))
    }

    /// The whole, in paragraphs.
    async fn detailed_feedback(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.body(ctx).await?.map(|body| body.detailed_feedback))
    }

    /// What wrote it.
    async fn engine(&self) -> Option<Engine> {
        self.written().map(|written| Engine {
            provider: written.engine.provider.clone(),
            model: written.engine.model.clone(),
            is_language_model: written.engine.is_language_model,
        })
    }

    /// What it consumed.
    async fn usage(&self) -> Option<TokenUsage> {
        self.written().map(|written| TokenUsage {
            input: int(written.usage.input),
            output: int(written.usage.output),
        })
    }

    /// Short code of why it failed.
    async fn failure(&self) -> Option<&str> {
        self.revision_shown()?.failure.as_deref()
    }

    /// When it was written.
    async fn generated_at(&self) -> Option<DateTime> {
        self.written().map(|written| written.at.into())
    }
}
