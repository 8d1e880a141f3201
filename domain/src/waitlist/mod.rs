//! Who waits for a product, in the order in which they came. One stream per product, so that its version decides every race:
//! nobody is offered a time that another was offered before, and nobody is passed over.

pub mod accept;
pub mod decline;
pub mod events;
#[cfg(test)]
mod given;
pub mod join;
pub mod lapse;
pub mod leave;
pub mod offer;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    accept::Accept,
    decline::Decline,
    events::{WaitlistEvent, WaitlistJoined, WaitlistOffered},
    join::Join,
    lapse::Lapse,
    leave::Leave,
    offer::MakeOffer,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AccountId, EntryId, InterviewId},
    interview::events::{PanelClaim, PanelMember},
    refusal::Refusal,
    time::{Instant, Slot, Span, Zone},
};

/// The waitlist of a product.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Waitlist {
    /// Those who wait, who came first, first.
    entries: Vec<Entry>,
    /// Places that were given up or became an interview, and whose they were.
    over: BTreeMap<EntryId, AccountId>,
}

/// A place on the list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Which.
    pub entry: EntryId,
    /// Who waits.
    pub candidate: AccountId,
    /// Within which time an interview is to start.
    pub wanted: Span,
    /// The zone the candidate reads times in.
    pub zone: Zone,
    /// How many times were offered so far.
    pub offers: u32,
    /// The time that is offered and not answered, if there is one.
    pub offer: Option<Offer>,
    /// Starts that were offered and not wanted.
    pub declined: BTreeSet<Instant>,
}

/// A time that is offered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    /// The interview that taking it makes.
    pub interview: InterviewId,
    /// The time.
    pub slot: Slot,
    /// Who would meet the candidate.
    pub panel: Vec<PanelMember>,
    /// The claims, one for each seat.
    pub claims: Vec<PanelClaim>,
    /// When it dies.
    pub expires_at: Instant,
}

commands! {
    /// What can be asked of a waitlist.
    pub enum WaitlistCommand {
        /// Somebody waits.
        Join(Join),
        /// Somebody does not wait any more.
        Leave(Leave),
        /// A time is offered.
        Offer(MakeOffer),
        /// The offer is taken.
        Accept(Accept),
        /// The offer is not taken.
        Decline(Decline),
        /// The offer may have died.
        Lapse(Lapse),
    }
}

impl Entry {
    /// True when a start can be offered: it is wanted, was not declined, and nothing else is offered at present.
    pub fn wants(&self, start: Instant) -> bool {
        let is_wanted = self.wanted.start <= start && start < self.wanted.end;
        is_wanted && self.offer.is_none() && !self.declined.contains(&start)
    }

    /// The offer, while it lives.
    fn live_offer(&self, now: Instant) -> Result<&Offer, Refusal> {
        let offer = self.offer.as_ref().filter(|offer| now < offer.expires_at);
        offer.ok_or(OVER)
    }
}

/// There is nothing to take or decline.
const OVER: Refusal = Refusal::WrongState {
    state: "nothing is offered, or the offer is over",
};

impl Waitlist {
    /// Those who wait, who came first, first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A place on the list.
    ///
    /// # Errors
    /// `NotFound`; `WrongState`, when it was given up or became an interview.
    pub fn entry(&self, entry: EntryId) -> Result<&Entry, Refusal> {
        let found = self.entries.iter().find(|known| known.entry == entry);
        match found {
            Some(found) => Ok(found),
            None if self.over.contains_key(&entry) => Err(Refusal::WrongState {
                state: "the place on the list is given up",
            }),
            None => Err(Refusal::NotFound {
                what: "waitlist entry",
            }),
        }
    }

    /// Whose place it is or was; nobody's when there never was one.
    pub fn owner(&self, entry: EntryId) -> Option<AccountId> {
        let known = self.entries.iter().find(|known| known.entry == entry);
        let waiting = known.map(|known| known.candidate);
        waiting.or_else(|| self.over.get(&entry).copied())
    }

    /// Who is first in line for a start with this panel. Nobody is interviewed by themselves.
    pub fn first_for(&self, start: Instant, panel: &[PanelMember]) -> Option<&Entry> {
        let sits = |entry: &Entry| panel.iter().any(|member| member.account == entry.candidate);
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.wants(start) && !sits(entry))
    }

    fn close(&mut self, entry: EntryId) {
        if let Some(owner) = self.owner(entry) {
            self.over.insert(entry, owner);
        }
        self.entries.retain(|known| known.entry != entry);
    }

    fn joined(&mut self, event: &WaitlistJoined) {
        self.entries.push(Entry {
            entry: event.entry,
            candidate: event.candidate,
            wanted: event.wanted,
            zone: event.zone,
            offers: 0,
            offer: None,
            declined: BTreeSet::new(),
        });
    }

    fn offered(&mut self, event: &WaitlistOffered) {
        let mut entries = self.entries.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.entry == event.entry) {
            entry.offers = event.offer;
            entry.offer = Some(Offer {
                interview: event.interview,
                slot: event.slot.clone(),
                panel: event.panel.clone(),
                claims: event.claims.clone(),
                expires_at: event.expires_at,
            });
        }
    }

    fn declined(&mut self, entry: EntryId) {
        let mut entries = self.entries.iter_mut();
        if let Some(entry) = entries.find(|known| known.entry == entry)
            && let Some(offer) = entry.offer.take()
        {
            entry.declined.insert(offer.slot.span.start);
        }
    }
}

impl Aggregate for Waitlist {
    const CATEGORY: Category = Category::Waitlist;
    type Event = WaitlistEvent;
    type Command = WaitlistCommand;

    fn decide(&self, command: &WaitlistCommand, context: &Context) -> Decision<WaitlistEvent> {
        match command {
            WaitlistCommand::Join(command) => join::decide(self, command, context),
            WaitlistCommand::Leave(command) => leave::decide(self, command),
            WaitlistCommand::Offer(command) => offer::decide(self, command, context),
            WaitlistCommand::Accept(command) => accept::decide(self, command, context),
            WaitlistCommand::Decline(command) => decline::decide(self, command, context),
            WaitlistCommand::Lapse(command) => lapse::decide(self, command, context),
        }
    }

    fn evolve(mut self, event: &WaitlistEvent) -> Self {
        match event {
            WaitlistEvent::WaitlistJoined(event) => self.joined(event),
            WaitlistEvent::WaitlistLeft(event) => self.close(event.entry),
            WaitlistEvent::WaitlistOffered(event) => self.offered(event),
            WaitlistEvent::WaitlistAccepted(event) => self.close(event.entry),
            WaitlistEvent::WaitlistDeclined(event) => self.declined(event.entry),
            WaitlistEvent::WaitlistLapsed(event) => self.close(event.entry),
        }
        self
    }
}

forward_to_cqrs_es!(Waitlist);
