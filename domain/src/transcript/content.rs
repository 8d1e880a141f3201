//! The text of a transcript: who said what and when. It lives in a sealed blob; here it is parsed and checked.

use serde::{Deserialize, Serialize};

/// The most turns of a transcript.
pub const MAX_TURNS: usize = 5_000;
/// The most characters of a turn.
pub const MAX_TURN_CHARACTERS: usize = 10_000;
/// The most characters of a speaker's label or of the language tag.
pub const MAX_LABEL_CHARACTERS: usize = 40;

/// Everything that was said.
///
/// No `Debug` that shows it: the words are about a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// Language tag, such as `en-IN`.
    pub language: String,
    /// What was said, in order.
    pub turns: Vec<Turn>,
}

/// What one speaker said without a break.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Who spoke.
    pub speaker: Speaker,
    /// Tells speakers of one side apart without naming them, such as `Interviewer 2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Begin, in milliseconds from the start of the interview.
    pub start_ms: u64,
    /// End, in milliseconds from the start of the interview; not before the begin.
    pub end_ms: u64,
    /// The words.
    pub text: String,
}

/// A side of the conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person who was interviewed.
    Candidate,
    /// A member of the panel.
    Interviewer,
}

/// Why a text is no transcript. Says where, never what was said.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TranscriptError {
    /// Not JSON of the right shape.
    #[error("not a transcript: line {line}, column {column}")]
    Shape {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The language is missing or too long.
    #[error("the language must have 1 to {MAX_LABEL_CHARACTERS} characters")]
    Language,
    /// No turns, or too many.
    #[error("a transcript has 1 to {MAX_TURNS} turns, not {turns}")]
    Turns {
        /// How many there are.
        turns: usize,
    },
    /// A turn begins before the one above it, or ends before it begins.
    #[error("turn {turn} is out of order")]
    Order {
        /// Index of the turn, from 0.
        turn: usize,
    },
    /// A turn is empty or too long.
    #[error("turn {turn} must have 1 to {MAX_TURN_CHARACTERS} characters")]
    Text {
        /// Index of the turn, from 0.
        turn: usize,
    },
    /// A label is empty or too long.
    #[error("the label of turn {turn} must have 1 to {MAX_LABEL_CHARACTERS} characters")]
    Label {
        /// Index of the turn, from 0.
        turn: usize,
    },
}

impl std::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[transcript of {} turns]", self.turns.len())
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[turn of {:?}]", self.speaker)
    }
}

impl Transcript {
    /// Reads a transcript from JSON and checks it.
    ///
    /// # Errors
    /// [`TranscriptError`], with the first thing that is wrong.
    pub fn parse(json: &[u8]) -> Result<Self, TranscriptError> {
        let transcript: Self = serde_json::from_slice(json).map_err(|error| TranscriptError::Shape {
            line: error.line(),
            column: error.column(),
        })?;
        transcript.check()?;
        Ok(transcript)
    }

    /// Checks bounds and order. Turns may overlap, because people do interrupt each other.
    ///
    /// # Errors
    /// [`TranscriptError`], with the first thing that is wrong.
    pub fn check(&self) -> Result<(), TranscriptError> {
        if !within(&self.language, MAX_LABEL_CHARACTERS) {
            return Err(TranscriptError::Language);
        }
        if self.turns.is_empty() || self.turns.len() > MAX_TURNS {
            return Err(TranscriptError::Turns {
                turns: self.turns.len(),
            });
        }
        let mut begun = 0;
        for (index, turn) in self.turns.iter().enumerate() {
            turn.check(index, begun)?;
            begun = turn.start_ms;
        }
        Ok(())
    }

    /// How long it lasts: the end of what ends last, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.turns.iter().map(|turn| turn.end_ms).max().unwrap_or(0)
    }
}

impl Turn {
    fn check(&self, turn: usize, not_before: u64) -> Result<(), TranscriptError> {
        if self.start_ms < not_before || self.end_ms < self.start_ms {
            return Err(TranscriptError::Order { turn });
        }
        if !within(&self.text, MAX_TURN_CHARACTERS) {
            return Err(TranscriptError::Text { turn });
        }
        match &self.label {
            Some(label) if !within(label, MAX_LABEL_CHARACTERS) => Err(TranscriptError::Label { turn }),
            Some(_) | None => Ok(()),
        }
    }
}

fn within(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most
}
