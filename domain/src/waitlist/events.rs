//! What can happen to the waitlist of a product.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{AccountId, EntryId, InterviewId, InterviewTypeId},
    interview::events::{PanelClaim, PanelMember},
    time::{Instant, Slot, Span, Zone},
};

/// A candidate waits for a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitlistJoined {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// Who waits.
    pub candidate: AccountId,
    /// Within which time an interview is to start.
    pub wanted: Span,
    /// The zone the candidate reads times in.
    pub zone: Zone,
}

/// A candidate does not wait any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitlistLeft {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// Who waited.
    pub candidate: AccountId,
    /// Who ended it; nobody when the time that was wanted is over.
    pub by: Option<AccountId>,
}

/// A time is offered to whoever is first in line for it. It is held in every calendar of the panel in the same append.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitlistOffered {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// Who waits.
    pub candidate: AccountId,
    /// Which offer to them this is, from 1.
    pub offer: u32,
    /// The interview that taking it makes.
    pub interview: InterviewId,
    /// The time.
    pub slot: Slot,
    /// Who would meet the candidate.
    pub panel: Vec<PanelMember>,
    /// The claims, one for each seat.
    pub claims: Vec<PanelClaim>,
    /// When the offer and the claims die unless it is taken before; the comparison of times decides, not the timer.
    pub expires_at: Instant,
}

/// The offer was taken; the booking is in the same append.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitlistAccepted {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// Who waited.
    pub candidate: AccountId,
    /// Which offer.
    pub offer: u32,
    /// The interview that this made.
    pub interview: InterviewId,
}

/// The offer was not taken; its time is free again. The candidate keeps the place and is not offered this start again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitlistDeclined {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// Who waits.
    pub candidate: AccountId,
    /// Which offer.
    pub offer: u32,
    /// The interview that is not made.
    pub interview: InterviewId,
}

/// The offer was not answered in time; its time is free again, and the place is given up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitlistLapsed {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// Who waited.
    pub candidate: AccountId,
    /// Which offer.
    pub offer: u32,
    /// The interview that is not made.
    pub interview: InterviewId,
    /// When it died.
    pub lapsed_at: Instant,
}

events! {
    /// What can happen to the waitlist of a product.
    pub enum WaitlistEvent in Category::Waitlist {
        WaitlistJoined = "waitlist.joined" v 1 links(candidate, entry),
        WaitlistLeft = "waitlist.left" v 1 links(candidate, entry),
        WaitlistOffered = "waitlist.offered" v 1 links(interview, candidate, entry),
        WaitlistAccepted = "waitlist.accepted" v 1 links(interview, candidate, entry),
        WaitlistDeclined = "waitlist.declined" v 1 links(interview, candidate, entry),
        WaitlistLapsed = "waitlist.lapsed" v 1 links(interview, candidate, entry),
    }
}
