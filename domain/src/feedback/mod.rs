//! What was released to the candidate.

pub mod events;
pub mod release;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{events::FeedbackEvent, release::Release};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::ScorecardId,
};

/// What decisions ask of released feedback: the last released version of each scorecard.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    released: Vec<(ScorecardId, u32)>,
}

commands! {
    /// What can be asked of feedback.
    pub enum FeedbackCommand {
        /// It is released.
        Release(Release),
    }
}

impl Feedback {
    /// The last version of a scorecard that was released, if any was.
    pub fn released(&self, scorecard: ScorecardId) -> Option<u32> {
        let found = self.released.iter().find(|(released, _)| *released == scorecard);
        found.map(|(_, version)| *version)
    }
}

impl Aggregate for Feedback {
    const CATEGORY: Category = Category::Feedback;
    type Event = FeedbackEvent;
    type Command = FeedbackCommand;

    fn decide(&self, command: &FeedbackCommand, _: &Context) -> Decision<FeedbackEvent> {
        match command {
            FeedbackCommand::Release(command) => release::decide(self, command),
        }
    }

    fn evolve(mut self, event: &FeedbackEvent) -> Self {
        match event {
            FeedbackEvent::FeedbackReleased(event) => {
                self.released
                    .retain(|(scorecard, _)| *scorecard != event.scorecard);
                self.released.push((event.scorecard, event.version));
            }
        }
        self
    }
}

forward_to_cqrs_es!(Feedback);
