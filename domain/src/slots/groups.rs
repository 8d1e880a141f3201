//! Groups: candidates who share one panel at one time. What is known of them is what the calendars of their panels say.

use std::collections::{BTreeMap, BTreeSet};

use super::Calendar;
use crate::{
    ids::{AccountId, GroupId, InterviewId, InterviewTypeId},
    interview::events::{GroupPlace, PanelMember, PanelRole},
    time::{Instant, Span},
};

/// How the time of an offer is shared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    /// The group that is joined; a new one begins when there is none.
    pub group: Option<GroupId>,
    /// How many candidates it takes.
    pub seats: u8,
    /// Who has a seat in it.
    pub candidates: BTreeSet<AccountId>,
}

impl Share {
    /// What nobody has a seat in yet.
    pub(super) const fn new(seats: u8) -> Self {
        Self {
            group: None,
            seats,
            candidates: BTreeSet::new(),
        }
    }

    /// How many seats are not taken.
    pub fn seats_left(&self) -> usize {
        usize::from(self.seats).saturating_sub(self.candidates.len())
    }

    /// The place of one more candidate, in a group of this name if a new one begins.
    pub fn place(&self, new: impl FnOnce() -> GroupId) -> GroupPlace {
        GroupPlace {
            group: self.group.unwrap_or_else(new),
            seats: self.seats,
        }
    }
}

/// A group of a product, as the calendars of its pool know it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) group: GroupId,
    pub(super) span: Span,
    pub(super) share: Share,
    /// Who meets it: the panel of most of its seats, the lead first. Somebody may have been replaced in single ones.
    pub(super) panel: Vec<PanelMember>,
}

#[derive(Debug)]
struct Known {
    span: Span,
    seats: u8,
    candidates: BTreeMap<InterviewId, AccountId>,
    panels: BTreeMap<InterviewId, Vec<PanelMember>>,
}

/// The groups of a product that begin at each moment, without the seat of the interview `moving`; those with most candidates first.
pub(super) fn groups(
    interview_type: InterviewTypeId,
    people: &[Calendar<'_>],
    now: Instant,
    moving: Option<InterviewId>,
) -> BTreeMap<Instant, Vec<Group>> {
    let mut known: BTreeMap<GroupId, Known> = BTreeMap::new();
    for person in people {
        for claim in person.claims.live_claims(now) {
            let is_counted = claim.interview_type == Some(interview_type) && Some(claim.interview) != moving;
            let Some(seat) = claim.group.filter(|_| is_counted) else {
                continue;
            };
            let group = known.entry(seat.place.group).or_insert_with(|| Known {
                span: claim.span,
                seats: seat.place.seats,
                candidates: BTreeMap::new(),
                panels: BTreeMap::new(),
            });
            group.candidates.insert(claim.interview, seat.candidate);
            group
                .panels
                .entry(claim.interview)
                .or_default()
                .push(PanelMember {
                    account: person.account,
                    role: seat.role,
                    reason: seat.reason,
                });
        }
    }
    let mut groups: BTreeMap<Instant, Vec<Group>> = BTreeMap::new();
    for (group, known) in known {
        groups.entry(known.span.start).or_default().push(Group {
            group,
            span: known.span,
            panel: usual(known.panels),
            share: Share {
                group: Some(group),
                seats: known.seats,
                candidates: known.candidates.into_values().collect(),
            },
        });
    }
    for together in groups.values_mut() {
        together.sort_by_key(|group| std::cmp::Reverse(group.share.candidates.len()));
    }
    groups
}

/// The panel that most seats of a group have.
fn usual(panels: BTreeMap<InterviewId, Vec<PanelMember>>) -> Vec<PanelMember> {
    let mut counted: Vec<(usize, Vec<PanelMember>)> = Vec::new();
    for mut panel in panels.into_values() {
        panel.sort_by_key(|member| (rank(member.role), member.account));
        match counted.iter_mut().find(|(_, known)| *known == panel) {
            Some((count, _)) => *count += 1,
            None => counted.push((1, panel)),
        }
    }
    let most = counted.into_iter().max_by_key(|(count, _)| *count);
    most.map(|(_, panel)| panel).unwrap_or_default()
}

const fn rank(role: PanelRole) -> u8 {
    match role {
        PanelRole::Lead => 0,
        PanelRole::Panel => 1,
        PanelRole::Shadow => 2,
    }
}
