//! An interviewer's claimed time: the guard against double booking. One stream per account.

pub mod confirm_hold;
pub mod events;
pub mod expire_hold;
pub mod extend_hold;
#[cfg(test)]
mod given;
pub mod place_hold;
pub mod release_claim;

use std::collections::BTreeMap;

use chrono::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    confirm_hold::ConfirmHold, events::InterviewerCalendarEvent, expire_hold::ExpireHold,
    extend_hold::ExtendHold, place_hold::PlaceHold, release_claim::ReleaseClaim,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{ClaimId, InterviewId},
    time::{Instant, Span},
};

/// The claims on an interviewer's time. Claims that were released or recorded as expired are gone; past ones stay,
/// because no event says that their time has passed, and giving them back must still be possible.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewerCalendar {
    claims: BTreeMap<ClaimId, Claim>,
}

/// Time that is claimed for an interview.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// For which interview.
    pub interview: InterviewId,
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
    }
}

impl InterviewerCalendar {
    /// A claim that was neither released nor recorded as expired.
    pub fn claim(&self, claim: ClaimId) -> Option<&Claim> {
        self.claims.get(&claim)
    }

    /// True when no live claim protects any part of `protected`, which is an interview with its own buffers around it.
    /// Claims for which `ignoring` is true, such as those of the interview that moves, do not count.
    pub fn is_free(
        &self,
        protected: Span,
        now: Instant,
        ignoring: impl Fn(ClaimId, InterviewId) -> bool,
    ) -> bool {
        !self.claims.iter().any(|(id, claim)| {
            claim.protected().overlaps(protected) && claim.is_live(now) && !ignoring(*id, claim.interview)
        })
    }

    /// Every claim that keeps others out, past ones included.
    pub fn live_claims(&self, now: Instant) -> impl Iterator<Item = &Claim> {
        self.claims.values().filter(move |claim| claim.is_live(now))
    }

    /// How many live claims start within 30 days before or after now: the load by which seats are shared out.
    pub fn recent_claims(&self, now: Instant) -> u32 {
        let recent = Span {
            start: now - Duration::days(RECENT_DAYS),
            end: now + Duration::days(RECENT_DAYS),
        };
        let counted = self
            .live_claims(now)
            .filter(|claim| (recent.start..recent.end).contains(&claim.span.start));
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
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
        }
    }

    fn evolve(mut self, event: &InterviewerCalendarEvent) -> Self {
        match event {
            InterviewerCalendarEvent::HoldPlaced(event) => {
                let claim = Claim {
                    interview: event.interview,
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
            }
            InterviewerCalendarEvent::ClaimReleased(event) => {
                self.claims.remove(&event.claim);
            }
        }
        self
    }
}

forward_to_cqrs_es!(InterviewerCalendar);
