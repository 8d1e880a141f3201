//! How long people were in a room, from the presence facts alone.
//!
//! Providers report out of order, twice, or not at all. The result depends only on the set of facts: connections of
//! one person are united, a leave that was never reported happens at the end of the window, and nothing outside the
//! window counts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, ConnectionId},
    interview::events::Attendance,
    room::events::RoomRole,
    time::{Instant, Span},
};

/// Somebody came or went, on one connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Presence {
    /// Came.
    Joined {
        /// Who.
        account: AccountId,
        /// As what.
        role: RoomRole,
        /// On which connection.
        connection: ConnectionId,
        /// When.
        at: Instant,
    },
    /// Went.
    Left {
        /// Who.
        account: AccountId,
        /// On which connection.
        connection: ConnectionId,
        /// When.
        at: Instant,
    },
}

impl Presence {
    /// On which connection.
    pub const fn connection(&self) -> ConnectionId {
        match self {
            Self::Joined { connection, .. } | Self::Left { connection, .. } => *connection,
        }
    }

    /// Who.
    pub const fn account(&self) -> AccountId {
        match self {
            Self::Joined { account, .. } | Self::Left { account, .. } => *account,
        }
    }
}

/// How long people were there within a window, in whole seconds, rounded down once at the end (rule R3).
///
/// A connection that is reported to come and to go at the same instant is afterwards as it was before: a break of no
/// length, or a visit of no length.
pub fn attendance(facts: &[Presence], window: Span) -> Attendance {
    let candidate = presence_of(facts, RoomRole::Candidate, window);
    let interviewers = presence_of(facts, RoomRole::Interviewer, window);
    Attendance {
        candidate_seconds: seconds(&candidate),
        interviewer_seconds: seconds(&interviewers),
        overlap_seconds: seconds(&shared(&candidate, &interviewers)),
    }
}

/// When one connection came and went.
#[derive(Default)]
struct Reports {
    joined: BTreeSet<Instant>,
    left: BTreeSet<Instant>,
}

/// The disjoint stretches, in order, in which anybody of this part was there.
fn presence_of(facts: &[Presence], wanted: RoomRole, window: Span) -> Vec<Span> {
    let mut reports: BTreeMap<(AccountId, ConnectionId), Reports> = BTreeMap::new();
    for fact in facts {
        if let Presence::Joined {
            account,
            role,
            connection,
            at,
        } = *fact
            && role == wanted
        {
            reports
                .entry((account, connection))
                .or_default()
                .joined
                .insert(at);
        }
    }
    for fact in facts {
        if let Presence::Left {
            account,
            connection,
            at,
        } = *fact
            && let Some(reports) = reports.get_mut(&(account, connection))
        {
            reports.left.insert(at);
        }
    }
    let visits = reports.values().flat_map(|reports| visits(reports, window.end));
    union(visits.filter_map(|visit| visit.intersection(window)).collect())
}

/// The stretches of one connection; the last ends at `end` when nobody reported that it was over.
fn visits(reports: &Reports, end: Instant) -> Vec<Span> {
    let mut visits = Vec::new();
    let mut since = None;
    for at in reports.joined.symmetric_difference(&reports.left).copied() {
        if reports.joined.contains(&at) {
            since = since.or(Some(at));
        } else if let Some(start) = since.take() {
            visits.push(Span { start, end: at });
        }
    }
    visits.extend(since.map(|start| Span { start, end }));
    visits
}

fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut united: Vec<Span> = Vec::new();
    for span in spans {
        match united.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            Some(_) | None => united.push(span),
        }
    }
    united
}

fn shared(one: &[Span], other: &[Span]) -> Vec<Span> {
    let pairs = one
        .iter()
        .flat_map(|a| other.iter().filter_map(|b| a.intersection(*b)));
    pairs.collect()
}

fn seconds(spans: &[Span]) -> u64 {
    let whole: Duration = spans.iter().map(|span| span.end - span.start).sum();
    u64::try_from(whole.num_seconds()).unwrap_or(0)
}
