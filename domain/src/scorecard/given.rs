//! Builders for tests around scorecards: account 1 rates candidate 5, by one criterion.

use super::{
    assign::Assign,
    events::{
        Rating, Recommendation, ScorecardAmended, ScorecardAssigned, ScorecardContent, ScorecardDeclined,
        ScorecardEvent, ScorecardSubmitted,
    },
};
use crate::{
    given::{id, utc},
    ids::AccountId,
    refusal::Refusal,
    rubric::events::Criterion,
    text::{Line, Paragraph},
    time::Instant,
};

pub(super) fn rater() -> AccountId {
    id(1)
}

pub(super) fn stranger() -> AccountId {
    id(2)
}

pub(super) fn due() -> Instant {
    utc("2026-11-02T10:00:00Z")
}

pub(super) fn why() -> Paragraph {
    Paragraph::new("Because").unwrap()
}

fn criteria() -> Vec<Criterion> {
    vec![Criterion {
        id: "depth".to_owned(),
        name: Line::new("Depth").unwrap(),
        weight: 1,
        anchors: Vec::new(),
    }]
}

pub(super) fn assign() -> Assign {
    Assign {
        scorecard: id(3),
        interview: id(4),
        account: rater(),
        candidate: id(5),
        rubric: None,
        criteria: criteria(),
        due_at: due(),
    }
}

pub(super) fn expected() -> ScorecardAssigned {
    ScorecardAssigned {
        scorecard: id(3),
        interview: id(4),
        account: rater(),
        candidate: id(5),
        rubric: None,
        criteria: criteria(),
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

/// A rating that keeps all rules.
pub(super) fn good(fingerprint: &str) -> ScorecardContent {
    content(fingerprint, &[("depth", Some(4))])
}

pub(super) fn given_in_time(content: ScorecardContent) -> ScorecardSubmitted {
    ScorecardSubmitted {
        scorecard: id(3),
        interview: id(4),
        account: rater(),
        content,
        late: false,
    }
}

pub(super) fn changed(version: u32, content: ScorecardContent) -> ScorecardAmended {
    ScorecardAmended {
        scorecard: id(3),
        interview: id(4),
        account: rater(),
        version,
        content,
        reason: why(),
        others_visible_before: true,
    }
}

pub(super) fn refused_to_rate() -> ScorecardDeclined {
    ScorecardDeclined {
        scorecard: id(3),
        interview: id(4),
        account: rater(),
        reason: why(),
    }
}

pub(super) fn assigned() -> Vec<ScorecardEvent> {
    vec![expected().into()]
}

pub(super) fn submitted() -> Vec<ScorecardEvent> {
    vec![expected().into(), given_in_time(good("first")).into()]
}

pub(super) fn declined() -> Vec<ScorecardEvent> {
    vec![expected().into(), refused_to_rate().into()]
}

/// What strangers hear of every scorecard, and everybody of an absent one.
pub(super) fn no_scorecard() -> Refusal {
    Refusal::NotFound { what: "scorecard" }
}
