//! How long people were in a room, from the presence facts alone.
//!
//! Providers report out of order, twice, or not at all. The result depends only on the set of facts: connections of
//! one person are united, a leave that was never reported happens at the end of the window, and nothing outside the
//! window counts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, ConnectionId},
    interview::events::Attendance,
    room::events::RoomRole,
    time::{Instant, Span},
};

/// Somebody came or went, on one connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Instant {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn window() -> Span {
        Span {
            start: at(10),
            end: at(90),
        }
    }

    fn id<K: crate::ids::Kind>(number: u8) -> crate::ids::Id<K> {
        crate::ids::Id::new(Uuid::from_u128(u128::from(number)))
    }

    fn joined(role: RoomRole, connection: u8, second: i64) -> Presence {
        let (account, connection) = (id(role as u8), id(connection));
        Presence::Joined {
            account,
            role,
            connection,
            at: at(second),
        }
    }

    fn left(role: RoomRole, connection: u8, second: i64) -> Presence {
        let (account, connection) = (id(role as u8), id(connection));
        Presence::Left {
            account,
            connection,
            at: at(second),
        }
    }

    use RoomRole::{Candidate, Interviewer};

    #[test]
    fn a_missing_leave_ends_with_the_window_and_devices_unite() {
        let facts = [
            joined(Candidate, 1, 0),
            left(Candidate, 1, 30),
            joined(Candidate, 2, 20),
            left(Candidate, 2, 50),
            joined(Interviewer, 3, 40),
        ];

        let found = attendance(&facts, window());

        assert_eq!(
            found,
            Attendance {
                candidate_seconds: 40,
                interviewer_seconds: 50,
                overlap_seconds: 10
            }
        );
    }

    fn facts() -> impl Strategy<Value = Vec<Presence>> {
        let role = prop_oneof![Just(Candidate), Just(Interviewer)];
        let fact = (role, 0_u8..3, 0_i64..100, any::<bool>()).prop_map(|(role, connection, second, came)| {
            if came {
                joined(role, connection, second)
            } else {
                left(role, connection, second)
            }
        });
        prop::collection::vec(fact, 0..20)
    }

    proptest! {
        #[test]
        fn neither_order_nor_duplicates_matter(
            (facts, shuffled) in facts().prop_flat_map(|facts| {
                let twice = [facts.clone(), facts.clone()].concat();
                (Just(facts), Just(twice).prop_shuffle())
            })
        ) {
            prop_assert_eq!(attendance(&facts, window()), attendance(&shuffled, window()));
        }

        #[test]
        fn the_overlap_is_no_longer_than_either_side_or_the_window(facts in facts()) {
            let found = attendance(&facts, window());
            prop_assert!(found.overlap_seconds <= found.candidate_seconds.min(found.interviewer_seconds));
            prop_assert!(found.candidate_seconds.max(found.interviewer_seconds) <= window().seconds());
        }

        #[test]
        fn leaving_and_coming_back_at_the_same_instant_changes_nothing(
            start in 0_i64..40, middle in 41_i64..60, end in 61_i64..100
        ) {
            let whole = vec![joined(Candidate, 1, start), left(Candidate, 1, end), joined(Interviewer, 2, 30)];
            let split = [whole.clone(), vec![left(Candidate, 1, middle), joined(Candidate, 1, middle)]].concat();
            prop_assert_eq!(attendance(&whole, window()), attendance(&split, window()));
        }
    }
}
