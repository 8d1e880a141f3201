//! An interviewer's claimed time: the guard against double booking. One stream per account.

pub mod confirm_hold;
pub mod events;
pub mod expire_hold;
pub mod extend_hold;
#[cfg(test)]
mod given;
pub mod import_busy;
pub mod place_hold;
pub mod release_claim;
pub mod remove_busy;
pub mod shorten_claim;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    confirm_hold::ConfirmHold,
    events::{ClaimClashed, ClashEnded, ExternalBusyImported, GroupSeat, InterviewerCalendarEvent},
    expire_hold::ExpireHold,
    extend_hold::ExtendHold,
    import_busy::ImportBusy,
    place_hold::PlaceHold,
    release_claim::ReleaseClaim,
    remove_busy::RemoveBusy,
    shorten_claim::ShortenClaim,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AccountId, ClaimId, ExternalCalendarId, GroupId, InterviewId, InterviewTypeId},
    refusal::Refusal,
    time::{Instant, Span},
};

/// The claims on an interviewer's time. Claims that were released or recorded as expired are gone; past ones stay,
/// because no event says that their time has passed, and giving them back must still be possible.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewerCalendar {
    claims: BTreeMap<ClaimId, Claim>,
    /// Of each calendar that is kept elsewhere: in order, apart from each other.
    busy: BTreeMap<ExternalCalendarId, Vec<Span>>,
    /// Claims that somebody was told about, because the interviewer is busy elsewhere.
    clashes: BTreeSet<ClaimId>,
}

/// Time that is claimed for an interview.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// For which interview.
    pub interview: InterviewId,
    /// The product it follows, if that is known.
    pub interview_type: Option<InterviewTypeId>,
    /// The seat in a group that it is for; none when the time is for one candidate alone.
    pub group: Option<GroupSeat>,
    /// For which settling of its time.
    pub revision: u32,
    /// The bare interview.
    pub span: Span,
    /// Minutes kept free before it.
    pub before: u32,
    /// Minutes kept free after it.
    pub after: u32,
    /// How firm the claim is.
    pub firmness: Firmness,
}

/// What people meet for once: the unit by which load and limits are counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Meeting {
    /// With one candidate.
    Interview(InterviewId),
    /// With all candidates of a group.
    Group(GroupId),
}

/// How firm a claim is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Firmness {
    /// Dies by itself at this moment unless confirmed before.
    Held {
        /// First moment at which it is dead.
        until: Instant,
    },
    /// Stands until it is released.
    Confirmed,
}

/// How far around now an interview counts as recent when seats are shared out.
const RECENT_DAYS: i64 = 30;

impl Claim {
    /// True while the claim keeps others out: confirmed, or held and not yet dead. The comparison decides, not the
    /// timer that records the death (rule C6).
    pub fn is_live(&self, now: Instant) -> bool {
        match self.firmness {
            Firmness::Held { until } => now < until,
            Firmness::Confirmed => true,
        }
    }

    /// The interview with the time kept free around it.
    pub fn protected(&self) -> Span {
        self.span.widened(self.before, self.after)
    }

    /// True for a seat in this group.
    pub fn is_of(&self, group: GroupId) -> bool {
        self.group.is_some_and(|seat| seat.place.group == group)
    }

    /// What it takes of a day: an interview, or a group however many of its seats are taken.
    pub fn meeting(&self) -> Meeting {
        match self.group {
            Some(seat) => Meeting::Group(seat.place.group),
            None => Meeting::Interview(self.interview),
        }
    }
}

commands! {
    /// What can be asked of an interviewer's calendar.
    pub enum InterviewerCalendarCommand {
        /// Takes time for an interview.
        PlaceHold(PlaceHold),
        /// Makes a hold firm.
        ConfirmHold(ConfirmHold),
        /// Lets a hold last until another moment.
        ExtendHold(ExtendHold),
        /// Records that a hold has died.
        ExpireHold(ExpireHold),
        /// Gives claimed time back.
        ReleaseClaim(ReleaseClaim),
        /// Gives the rest of claimed time back.
        ShortenClaim(ShortenClaim),
        /// Takes over what a calendar that is kept elsewhere says.
        ImportBusy(ImportBusy),
        /// Forgets what one said.
        RemoveBusy(RemoveBusy),
    }
}

impl InterviewerCalendar {
    /// A claim that was neither released nor recorded as expired.
    pub fn claim(&self, claim: ClaimId) -> Option<&Claim> {
        self.claims.get(&claim)
    }

    /// True when no live claim protects any part of `protected`, which is an interview with its own buffers around it, and
    /// nothing elsewhere is in its way (rule C4). Claims for which `ignoring` is true, such as those of the interview that
    /// moves, do not count.
    pub fn is_free(&self, protected: Span, now: Instant, ignoring: impl Fn(ClaimId, &Claim) -> bool) -> bool {
        let is_claimed = self.claims.iter().any(|(id, claim)| {
            claim.protected().overlaps(protected) && claim.is_live(now) && !ignoring(*id, claim)
        });
        !is_claimed && self.busy_elsewhere(protected).next().is_none()
    }

    /// Live claims for a group, past ones included.
    pub fn seats_in(&self, group: GroupId, now: Instant) -> impl Iterator<Item = &Claim> {
        self.live_claims(now).filter(move |claim| claim.is_of(group))
    }

    /// Refuses a seat that a group does not have for an interview. What another interview of the candidate has there is a seat
    /// too.
    ///
    /// # Errors
    /// `AlreadyInGroup`, when the candidate has another seat in it; `SlotTaken`, when all seats are taken.
    pub fn check_seat(&self, seat: &GroupSeat, interview: InterviewId, now: Instant) -> Result<(), Refusal> {
        let mut taken = BTreeSet::new();
        for claim in self.seats_in(seat.place.group, now) {
            if claim.interview == interview {
                continue;
            }
            if claim.group.is_some_and(|known| known.candidate == seat.candidate) {
                return Err(Refusal::AlreadyInGroup);
            }
            taken.insert(claim.interview);
        }
        if taken.len() >= usize::from(seat.place.seats) {
            return Err(Refusal::SlotTaken);
        }
        Ok(())
    }

    /// When the interviewer is busy elsewhere, as far as it touches `within`; of one calendar after the other.
    pub fn busy_elsewhere(&self, within: Span) -> impl Iterator<Item = Span> {
        self.busy.values().flat_map(move |spans| {
            let over = spans.partition_point(|span| span.end <= within.start);
            spans[over..]
                .iter()
                .copied()
                .take_while(move |span| span.start < within.end)
        })
    }

    /// What a calendar that is kept elsewhere says, as far as it was not over at `from`; in order.
    pub fn busy_of(&self, calendar: ExternalCalendarId, from: Instant) -> &[Span] {
        let spans = self.busy.get(&calendar).map_or(&[][..], Vec::as_slice);
        &spans[spans.partition_point(|span| span.end <= from)..]
    }

    /// What is to be told of clashes once the state has become this one: those that are new, and those that are over.
    fn clashes_after(&self, account: AccountId, now: Instant) -> Vec<InterviewerCalendarEvent> {
        let mut events = Vec::new();
        for (claim, about) in &self.claims {
            let is_ahead = now < about.span.end && about.is_live(now);
            let busy = self.busy_elsewhere(about.span).next().filter(|_| is_ahead);
            match (busy, self.clashes.contains(claim)) {
                (Some(busy), false) => events.push(
                    ClaimClashed {
                        account,
                        claim: *claim,
                        interview: about.interview,
                        busy,
                    }
                    .into(),
                ),
                (None, true) => events.push(
                    ClashEnded {
                        account,
                        claim: *claim,
                        interview: about.interview,
                    }
                    .into(),
                ),
                (Some(_), true) | (None, false) => {}
            }
        }
        events
    }

    /// Every claim that keeps others out, past ones included.
    pub fn live_claims(&self, now: Instant) -> impl Iterator<Item = &Claim> {
        self.claims.values().filter(move |claim| claim.is_live(now))
    }

    /// Interviews whose claims are live, held or firm, have not begun and touch a stretch of time, in order.
    pub fn ahead_within(&self, within: Span, now: Instant) -> Vec<InterviewId> {
        let ahead = self
            .live_claims(now)
            .filter(|claim| now < claim.span.start && claim.span.overlaps(within));
        let mut ahead: Vec<_> = ahead.map(|claim| (claim.span.start, claim.interview)).collect();
        ahead.sort_unstable();
        ahead.into_iter().map(|(_, interview)| interview).collect()
    }

    /// How many meetings start within 30 days before or after now by live claims: the load by which seats are shared out. A group
    /// is one, however many candidates it has.
    pub fn recent_claims(&self, now: Instant) -> u32 {
        let recent = Span {
            start: now - Duration::days(RECENT_DAYS),
            end: now + Duration::days(RECENT_DAYS),
        };
        let counted = self
            .live_claims(now)
            .filter(|claim| (recent.start..recent.end).contains(&claim.span.start));
        let mut groups = BTreeSet::new();
        let meetings = counted.filter(|claim| match claim.meeting() {
            Meeting::Interview(_) => true,
            Meeting::Group(group) => groups.insert(group),
        });
        u32::try_from(meetings.count()).unwrap_or(u32::MAX)
    }
}

impl InterviewerCalendar {
    fn import(&mut self, event: &ExternalBusyImported) {
        let removed: BTreeSet<(Instant, Instant)> =
            event.removed.iter().map(|span| (span.start, span.end)).collect();
        let spans = self.busy.entry(event.calendar).or_default();
        spans.retain(|span| event.from < span.end && !removed.contains(&(span.start, span.end)));
        spans.extend(&event.added);
        spans.sort_unstable_by_key(|span| span.start);
    }
}

impl Aggregate for InterviewerCalendar {
    const CATEGORY: Category = Category::InterviewerCalendar;
    type Event = InterviewerCalendarEvent;
    type Command = InterviewerCalendarCommand;

    fn decide(
        &self,
        command: &InterviewerCalendarCommand,
        context: &Context,
    ) -> Decision<InterviewerCalendarEvent> {
        match command {
            InterviewerCalendarCommand::PlaceHold(command) => place_hold::decide(self, command, context),
            InterviewerCalendarCommand::ConfirmHold(command) => confirm_hold::decide(self, command, context),
            InterviewerCalendarCommand::ExtendHold(command) => extend_hold::decide(self, command, context),
            InterviewerCalendarCommand::ExpireHold(command) => expire_hold::decide(self, command, context),
            InterviewerCalendarCommand::ReleaseClaim(command) => release_claim::decide(self, command),
            InterviewerCalendarCommand::ShortenClaim(command) => shorten_claim::decide(self, command),
            InterviewerCalendarCommand::ImportBusy(command) => import_busy::decide(self, command, context),
            InterviewerCalendarCommand::RemoveBusy(command) => remove_busy::decide(self, command, context),
        }
    }

    fn evolve(mut self, event: &InterviewerCalendarEvent) -> Self {
        match event {
            InterviewerCalendarEvent::HoldPlaced(event) => {
                let claim = Claim {
                    interview: event.interview,
                    interview_type: event.interview_type,
                    group: event.group,
                    revision: event.revision,
                    span: event.span,
                    before: event.before,
                    after: event.after,
                    firmness: Firmness::Held {
                        until: event.expires_at,
                    },
                };
                self.claims.insert(event.claim, claim);
            }
            InterviewerCalendarEvent::HoldConfirmed(event) => {
                if let Some(claim) = self.claims.get_mut(&event.claim) {
                    claim.firmness = Firmness::Confirmed;
                }
            }
            InterviewerCalendarEvent::HoldExtended(event) => {
                if let Some(claim) = self.claims.get_mut(&event.claim) {
                    claim.firmness = Firmness::Held {
                        until: event.expires_at,
                    };
                }
            }
            InterviewerCalendarEvent::HoldExpired(event) => {
                self.claims.remove(&event.claim);
                self.clashes.remove(&event.claim);
            }
            InterviewerCalendarEvent::ClaimReleased(event) => {
                self.claims.remove(&event.claim);
                self.clashes.remove(&event.claim);
            }
            InterviewerCalendarEvent::ClaimShortened(event) => {
                if let Some(claim) = self.claims.get_mut(&event.claim) {
                    claim.span.end = event.until;
                }
            }
            InterviewerCalendarEvent::ExternalBusyImported(event) => self.import(event),
            InterviewerCalendarEvent::ExternalBusyRemoved(event) => {
                self.busy.remove(&event.calendar);
            }
            InterviewerCalendarEvent::ClaimClashed(event) => {
                self.clashes.insert(event.claim);
            }
            InterviewerCalendarEvent::ClashEnded(event) => {
                self.clashes.remove(&event.claim);
            }
        }
        self
    }
}

forward_to_cqrs_es!(InterviewerCalendar);
