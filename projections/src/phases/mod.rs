//! Through which phases each interview went, and since when: in which group of the dashboard it stood at any moment.
//!
//! Verdicts are told here as they were given, so nothing of a row is for the viewer: the queries answer which interviews
//! stood in a group, as far as the viewer may know that now.

mod queries;

pub use queries::{Asker, Group, count, list};

use domain::{
    decision::events::{DecisionEvent, Verdict},
    envelope::{Envelope, Position},
    ids::{AccountId, InterviewId},
    interview::{beginning::Beginning, events::InterviewEvent},
    time::Instant,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    interviews::{Course, Phase, Status},
    model::{Column, Index, Key, ReadModel, instant, optional_id, word},
    sql::{Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Phases {}

/// The way of one interview so far.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Way {
    /// Of which interview.
    pub interview: InterviewId,
    /// Who is interviewed; nobody in a session that no candidate has joined.
    pub candidate: Option<AccountId>,
    /// How far it is now.
    pub status: Status,
    /// How far it was before somebody was marked as absent.
    pub before_no_show: Option<Status>,
    /// Where it stood, oldest first; never empty, and no two neighbours alike.
    pub stints: Vec<Stint>,
}

/// A time through which an interview stood in one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Stint {
    /// The event with which it began.
    pub since: Position,
    /// Where.
    #[serde(flatten)]
    pub stand: Stand,
}

/// Where an interview stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Stand {
    /// In which phase.
    pub phase: Phase,
    /// With which verdict.
    pub verdict: Option<Verdict>,
    /// When it starts, or was to start.
    pub starts: Instant,
}

hears! {
    /// What it is told by.
    pub enum Heard {
        Interview(InterviewEvent),
        Decision(DecisionEvent),
    }
}

const CANDIDATE: Column = Column::optional("candidate", Kind::Id);
const PHASE: Column = Column::required("phase", Kind::Text);
const VERDICT: Column = Column::optional("verdict", Kind::Text);
const STARTS: Column = Column::required("starts", Kind::Instant);
const BEGUN: Column = Column::required("begun", Kind::Integer);
const SETTLED: Column = Column::required("settled", Kind::Integer);

impl ReadModel for Phases {
    const NAME: &'static str = "phases";
    const COLUMNS: &'static [Column] = &[CANDIDATE, PHASE, VERDICT, STARTS, BEGUN, SETTLED];
    const INDEXES: &'static [Index] = &[
        // Those that stood then where they stand now, by time.
        Index {
            name: "stand",
            columns: &["phase", "starts", "key", "settled"],
        },
        // Those that were on their way then.
        Index {
            name: "way",
            columns: &["settled", "begun"],
        },
    ];
    const SOURCE: &'static str = concat!(include_str!("mod.rs"), include_str!("../interviews/status.rs"));
    type Row = Way;
    type Heard = Heard;

    fn keys(event: &Heard, envelope: &Envelope) -> Vec<Key> {
        match event {
            // The stream is the interview's own.
            Heard::Interview(_) => vec![Key::bare(envelope.stream.id)],
            Heard::Decision(DecisionEvent::DecisionRecorded(event)) => vec![Key::of(event.interview)],
            Heard::Decision(DecisionEvent::DecisionReversed(event)) => vec![Key::of(event.interview)],
        }
    }

    fn apply(_: Key, row: Option<Way>, event: &Heard, envelope: &Envelope) -> Option<Way> {
        match (row, event) {
            (None, Heard::Interview(event)) => {
                Beginning::of(event).map(|beginning| begun(&beginning, envelope.position))
            }
            (None, Heard::Decision(_)) => None,
            (Some(way), Heard::Interview(event)) => Some(gone_on(way, event, envelope.position)),
            (Some(way), Heard::Decision(event)) => {
                let verdict = match event {
                    DecisionEvent::DecisionRecorded(event) => Some(event.verdict),
                    DecisionEvent::DecisionReversed(_) => None,
                };
                let stand = Stand {
                    verdict,
                    ..way.last()
                };
                Some(way.with(stand, envelope.position))
            }
        }
    }

    fn columns(row: &Way) -> Vec<Value> {
        let stand = row.last();
        vec![
            optional_id(row.candidate),
            word(&stand.phase),
            stand
                .verdict
                .map_or(Value::Null(Kind::Text), |verdict| word(&verdict)),
            instant(stand.starts),
            position(row.stints.first().map_or(Position::START, |stint| stint.since)),
            position(row.stints.last().map_or(Position::START, |stint| stint.since)),
        ]
    }
}

const fn position(position: Position) -> Value {
    Value::Integer(position.0.cast_signed())
}

fn begun(beginning: &Beginning<'_>, since: Position) -> Way {
    let status = Status::Requested;
    let stand = Stand {
        phase: status.phase(),
        verdict: None,
        starts: beginning.slot.span.start,
    };
    Way {
        interview: beginning.interview,
        candidate: beginning.candidate,
        status,
        before_no_show: None,
        stints: vec![Stint { since, stand }],
    }
}

fn gone_on(way: Way, event: &InterviewEvent, since: Position) -> Way {
    let course = Course {
        status: way.status,
        before_no_show: way.before_no_show,
    };
    let course = course.after(event);
    let mut stand = Stand {
        phase: course.status.phase(),
        ..way.last()
    };
    if let InterviewEvent::InterviewRescheduled(event) = event {
        stand.starts = event.to.span.start;
    }
    let mut way = way.with(stand, since);
    if let InterviewEvent::CandidateJoined(event) = event {
        way.candidate = Some(event.candidate);
    }
    Way {
        status: course.status,
        before_no_show: course.before_no_show,
        ..way
    }
}

impl Way {
    /// Where it stands now.
    fn last(&self) -> Stand {
        self.stints.last().expect("a way begins with a stint").stand
    }

    /// Where it stood when the log ended at a position; `None` before it began.
    fn at(&self, then: Position) -> Option<Stand> {
        let begun = self.stints.partition_point(|stint| stint.since <= then);
        self.stints[..begun].last().map(|stint| stint.stand)
    }

    fn with(mut self, stand: Stand, since: Position) -> Self {
        if stand != self.last() {
            self.stints.push(Stint { since, stand });
        }
        self
    }
}
