//! What the API wants to know of whoever runs effects.

use std::error::Error;

use async_trait::async_trait;
use domain::{
    ids::{EffectId, ExternalCalendarId, InterviewId, OrganisationId},
    time::Instant,
};

/// Why whoever runs effects does not answer.
pub type NoAnswer = Box<dyn Error + Send + Sync>;

/// What became of an organisation's effects; answered by whoever runs them.
#[async_trait]
pub trait EffectsOverview: Send + Sync + 'static {
    /// Effects that are still to be done, and those that were given up.
    async fn counts(&self, tenant: OrganisationId) -> Result<EffectCounts, NoAnswer>;

    /// A part of those that were given up, in the order in which they were wanted.
    async fn dead_letters(
        &self,
        tenant: OrganisationId,
        part: DeadLetters,
    ) -> Result<Vec<DeadLetter>, NoAnswer>;

    /// How the fetching of calendars stands, in no order; those that were never tried are left out.
    async fn calendars(
        &self,
        tenant: OrganisationId,
        calendars: &[ExternalCalendarId],
    ) -> Result<Vec<CalendarState>, NoAnswer>;
}

/// How the fetching of a calendar stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarState {
    /// Which calendar.
    pub calendar: ExternalCalendarId,
    /// When it last gave an answer that could be used.
    pub fetched_at: Option<Instant>,
    /// When it is asked next.
    pub next_at: Instant,
    /// Code of the last failure, until there is an answer again.
    pub code: Option<String>,
}

/// Numbers of effects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EffectCounts {
    /// Still to be done, due or not.
    pub open: u64,
    /// Given up; a person should look.
    pub dead: u64,
}

/// A part of the dead letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeadLetters {
    /// The first ones, or those after a place.
    After(Option<DeadLetterPlace>, u32),
    /// The last ones, or those before a place.
    Before(Option<DeadLetterPlace>, u32),
}

/// Where a dead letter stands in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeadLetterPlace {
    /// Position of the event that wanted it.
    pub position: u64,
    /// Which effect.
    pub effect: EffectId,
}

/// An effect that was given up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadLetter {
    /// Where it stands in their order.
    pub place: DeadLetterPlace,
    /// Name of what was to be done.
    pub deed: &'static str,
    /// For which interview, if it is for one.
    pub interview: Option<InterviewId>,
    /// How often it was tried.
    pub attempts: u32,
    /// Short code of the last failure.
    pub code: String,
    /// True when a call was made and nobody knows whether it took effect.
    pub in_doubt: bool,
}
