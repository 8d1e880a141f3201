//! The transcript of one interview: which version reports rest on.

pub mod content;
pub mod events;
pub mod finalise;
#[cfg(test)]
mod given;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    events::{BlobRef, TranscriptEvent},
    finalise::Finalise,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::TranscriptId,
    report::events::TranscriptPin,
};

/// What decisions ask of a transcript.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum Transcript {
    /// None was attached.
    #[default]
    Absent,
    /// The last version.
    Final {
        /// Which transcript.
        transcript: TranscriptId,
        /// Version, from 1.
        version: u32,
        /// Where the text is.
        content: BlobRef,
    },
}

commands! {
    /// What can be asked of a transcript.
    pub enum TranscriptCommand {
        /// A version is attached.
        Finalise(Finalise),
    }
}

impl Transcript {
    /// The present version, for a report to rest on.
    pub fn pin(&self) -> Option<TranscriptPin> {
        match self {
            Self::Absent => None,
            Self::Final {
                transcript,
                version,
                content,
            } => Some(TranscriptPin {
                transcript: *transcript,
                version: *version,
                digest: content.digest.clone(),
            }),
        }
    }

    /// Where the present version is.
    pub const fn content(&self) -> Option<&BlobRef> {
        match self {
            Self::Absent => None,
            Self::Final { content, .. } => Some(content),
        }
    }
}

impl Aggregate for Transcript {
    const CATEGORY: Category = Category::Transcript;
    type Event = TranscriptEvent;
    type Command = TranscriptCommand;

    fn decide(&self, command: &TranscriptCommand, _: &Context) -> Decision<TranscriptEvent> {
        match command {
            TranscriptCommand::Finalise(command) => finalise::decide(self, command),
        }
    }

    fn evolve(self, event: &TranscriptEvent) -> Self {
        match event {
            TranscriptEvent::TranscriptFinalised(event) => Self::Final {
                transcript: event.transcript,
                version: event.version,
                content: event.content.clone(),
            },
        }
    }
}

forward_to_cqrs_es!(Transcript);
