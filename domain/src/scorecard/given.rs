//! Builders for tests of a scorecard's decisions.

use uuid::Uuid;

use super::{
    Scorecard,
    assign::Assign,
    events::{Rating, Recommendation, ScorecardContent, ScorecardEvent},
};
use crate::{
    actor::Actor,
    aggregate::{Aggregate, Context, Decision},
    ids::{AccountId, Id, Kind},
    rubric::events::Criterion,
    text::{Line, Paragraph},
    time::Instant,
};

pub(super) fn id<K: Kind>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

pub(super) fn rater() -> AccountId {
    id(1)
}

pub(super) fn stranger() -> AccountId {
    id(2)
}

pub(super) fn due() -> Instant {
    "2026-11-02T10:00:00Z".parse().unwrap()
}

pub(super) fn at(now: Instant) -> Context {
    Context {
        now,
        actor: Actor::account(rater()),
    }
}

pub(super) fn why() -> Paragraph {
    Paragraph::new("Because").unwrap()
}

pub(super) fn assign() -> Assign {
    Assign {
        scorecard: id(3),
        interview: id(4),
        account: rater(),
        candidate: id(5),
        rubric: None,
        criteria: vec![Criterion {
            id: "depth".to_owned(),
            name: Line::new("Depth").unwrap(),
            weight: 1,
            anchors: Vec::new(),
        }],
        due_at: due(),
    }
}

pub(super) fn content(fingerprint: &str, ratings: &[(&str, Option<u8>)]) -> ScorecardContent {
    let rating = |(criterion, value): &(&str, Option<u8>)| Rating {
        criterion: (*criterion).to_owned(),
        value: *value,
        note: None,
    };
    ScorecardContent {
        ratings: ratings.iter().map(rating).collect(),
        overall: 4,
        recommendation: Recommendation::Yes,
        private_note: None,
        feedback: None,
        fingerprint: fingerprint.to_owned(),
    }
}

pub(super) fn after(scorecard: Scorecard, decided: &Decision<ScorecardEvent>) -> Scorecard {
    let events = decided.as_ref().unwrap();
    events.iter().fold(scorecard, Aggregate::evolve)
}

pub(super) fn assigned() -> Scorecard {
    let decided = super::assign::decide(&Scorecard::Absent, &assign());
    after(Scorecard::Absent, &decided)
}

pub(super) fn submitted() -> Scorecard {
    let command = super::submit::Submit {
        account: rater(),
        content: content("first", &[("depth", Some(4))]),
        interview_started: true,
    };
    let decided = super::submit::decide(&assigned(), &command, &at(due()));
    after(assigned(), &decided)
}

pub(super) fn declined() -> Scorecard {
    let command = super::decline::Decline {
        account: rater(),
        reason: why(),
    };
    after(assigned(), &super::decline::decide(&assigned(), &command))
}
