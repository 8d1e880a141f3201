//! What stands between one person and interviews, worked out once for all starts of a search.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{Calendar, Product, Rule, local::Hours, spans::Spans};
use crate::{
    availability::limits::Tally,
    ids::{AccountId, GroupId},
    interview::events::SeatReason,
    interview_type::events::TypeSpec,
    interviewer_calendar::{Firmness, Meeting},
    time::{Instant, Span},
};

/// A person within a stretch of time.
#[derive(Debug)]
pub(super) struct Outlook {
    pub(super) account: AccountId,
    recent: u32,
    weight: u16,
    priority: u8,
    hours: Hours,
    away: Spans,
    claimed: Spans,
    held: Spans,
    /// Time of groups, which keeps everybody out who is not of the group.
    grouped: Spans,
    groups: BTreeMap<GroupId, Grouped>,
    elsewhere: Spans,
    tally: Option<Tally>,
}

/// What a group takes of somebody's time.
#[derive(Debug)]
struct Grouped {
    protected: Vec<Span>,
    is_firm: bool,
}

impl Outlook {
    /// Of everything that touches `within`. Claims of an interview that moves do not stand in the way of its new time.
    pub(super) fn of(product: &Product<'_>, person: &Calendar<'_>, within: Span, now: Instant) -> Self {
        let (mut claimed, mut held, mut grouped) = (Vec::new(), Vec::new(), Vec::new());
        let mut groups: BTreeMap<GroupId, Grouped> = BTreeMap::new();
        for claim in person.claims.live_claims(now) {
            let protected = claim.protected();
            if Some(claim.interview) == product.moving || !protected.overlaps(within) {
                continue;
            }
            let is_firm = claim.firmness == Firmness::Confirmed;
            match claim.meeting() {
                Meeting::Group(group) => {
                    grouped.push(protected);
                    let group = groups.entry(group).or_insert_with(|| Grouped {
                        protected: Vec::new(),
                        is_firm: false,
                    });
                    group.is_firm |= is_firm;
                    if !group.protected.contains(&protected) {
                        group.protected.push(protected);
                    }
                }
                Meeting::Interview(_) if is_firm => claimed.push(protected),
                Meeting::Interview(_) => held.push(protected),
            }
        }
        let mut preferences = product.spec.panel.preferences.iter();
        let preference = preferences.find(|known| known.account == person.account);
        Self {
            account: person.account,
            recent: person.recent,
            weight: preference.map_or(100, |known| known.weight),
            priority: preference.map_or(0, |known| known.priority),
            hours: Hours::of(person.availability, within),
            away: person.availability.absences(within).collect(),
            claimed: claimed.into_iter().collect(),
            held: held.into_iter().collect(),
            grouped: grouped.into_iter().collect(),
            groups,
            elsewhere: person.claims.busy_elsewhere(within).collect(),
            tally: person.availability.tally(person.claims, now, product.moving),
        }
    }

    /// True for those who meet this group.
    pub(super) fn meets(&self, group: GroupId) -> bool {
        self.groups.contains_key(&group)
    }

    /// Whose turn it is before another's: who has had fewest interviews for their share, then who is preferred (rule C5).
    pub(super) fn turn(&self, other: &Self) -> Ordering {
        self.load(other)
            .then(other.priority.cmp(&self.priority))
            .then(self.account.cmp(&other.account))
    }

    /// Compares what both have had for their shares.
    fn load(&self, other: &Self) -> Ordering {
        let own = u64::from(self.recent) * u64::from(other.weight);
        own.cmp(&(u64::from(other.recent) * u64::from(self.weight)))
    }

    /// Why this person takes part rather than another whose turn comes later.
    pub(super) fn reason_before(&self, next: &Self) -> SeatReason {
        if self.load(next).is_ne() {
            if self.weight == next.weight {
                SeatReason::FewestRecent
            } else {
                SeatReason::FewestForShare
            }
        } else if self.priority > next.priority {
            SeatReason::Preferred
        } else {
            SeatReason::FewestRecent
        }
    }

    /// The rule that keeps the person from an interview at this time, what they stated before what others booked; none
    /// when they are free. Windows must hold the bare interview, and absences must leave it alone; claims must leave its
    /// buffers free as well (rule C4). What the group takes that is joined is in nobody's way, and one more seat in it is no more of
    /// what one takes on.
    pub(super) fn obstacle(&self, spec: &TypeSpec, span: Span, joining: Option<GroupId>) -> Option<Rule> {
        if !self.hours.open.cover(span) {
            let is_off = self.hours.off.meet(span);
            return Some(if is_off {
                Rule::DayOff
            } else {
                Rule::OutsideWindows
            });
        }
        if self.away.meet(span) {
            return Some(Rule::OutOfOffice);
        }
        let protected = span.widened(spec.buffer_before_minutes, spec.buffer_after_minutes);
        if self.claimed.meet(protected) {
            return Some(Rule::Claimed);
        }
        if self.held.meet(protected) {
            return Some(Rule::Held);
        }
        if let Some(rule) = self.other_group(protected, joining) {
            return Some(rule);
        }
        if self.elsewhere.meet(protected) {
            return Some(Rule::BusyElsewhere);
        }
        if joining.is_some_and(|group| self.meets(group)) {
            return None;
        }
        let is_full = self.tally.as_ref().is_some_and(|tally| !tally.has_room(span));
        is_full.then_some(Rule::OverLimit)
    }

    /// Whether another group than the one that is joined has a part of this time.
    fn other_group(&self, protected: Span, joining: Option<GroupId>) -> Option<Rule> {
        if !self.grouped.meet(protected) {
            return None;
        }
        let mut others = self.groups.iter().filter(|(group, _)| Some(**group) != joining);
        let found = others.find(|(_, group)| group.protected.iter().any(|span| span.overlaps(protected)));
        found.map(
            |(_, group)| {
                if group.is_firm { Rule::Claimed } else { Rule::Held }
            },
        )
    }
}
