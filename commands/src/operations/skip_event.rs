//! A person has a read model go on without an event that it cannot fold, after looking at it.

use async_trait::async_trait;
use domain::{
    effect::events::About,
    envelope::{Envelope, Position},
    ids::{AccountId, ReadModelId},
    read_model::{ReadModel, skip_event},
    refusal::Refusal,
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// An event to be left out of a read model.
#[derive(Clone, Debug, Serialize)]
pub struct SkipEvent {
    /// The read model's name.
    pub name: String,
    /// Where the event is.
    pub position: Position,
    /// The event, if rows of the read model wait for it. What is asked is the same before and after.
    #[serde(skip)]
    pub waited_for: Option<Envelope>,
    /// Who decides it; nobody on the command line.
    pub by: Option<AccountId>,
    /// Why.
    pub reason: Paragraph,
}

#[async_trait]
impl UseCase for SkipEvent {
    const OPERATION: &'static str = "skipParked";
    type Output = ();

    /// # Errors
    /// `NotFound`, when no row of the organisation waits for that event.
    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let Some(event) = &self.waited_for else {
            return Err(Refusal::NotFound { what: "parked event" }.into());
        };
        let skip = skip_event::SkipEvent {
            name: self.name.clone(),
            position: self.position,
            event: event.event_id,
            event_type: event.event_type.clone(),
            about: About(event.stream.id),
            by: self.by,
            reason: self.reason.clone(),
        };
        unit.decide::<ReadModel>(ReadModelId::of(&self.name).uuid(), skip.into())
            .await?;
        Ok(())
    }
}
