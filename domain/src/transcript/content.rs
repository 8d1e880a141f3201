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

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(start_ms: u64, end_ms: u64) -> Turn {
        Turn {
            speaker: Speaker::Candidate,
            label: None,
            start_ms,
            end_ms,
            text: "A hash map".to_owned(),
        }
    }

    fn transcript(turns: Vec<Turn>) -> Transcript {
        Transcript {
            language: "en-IN".to_owned(),
            turns,
        }
    }

    fn saying(text: &str) -> Transcript {
        let said = Turn {
            text: text.to_owned(),
            ..turn(0, 5)
        };
        transcript(vec![said])
    }

    fn labelled(label: &str) -> Transcript {
        let said = Turn {
            label: Some(label.to_owned()),
            ..turn(0, 5)
        };
        transcript(vec![said])
    }

    fn in_language(language: &str) -> Transcript {
        Transcript {
            language: language.to_owned(),
            ..saying("Yes")
        }
    }

    #[test]
    fn a_transcript_reads_back_as_it_was_written() {
        let said = labelled("Interviewer 2");

        let read = Transcript::parse(&serde_json::to_vec(&said).unwrap());

        assert_eq!(read, Ok(said));
    }

    #[test]
    fn people_may_interrupt_each_other() {
        let overlapping = transcript(vec![turn(0, 9_000), turn(3_000, 4_000)]);

        assert_eq!(overlapping.check(), Ok(()));
        assert_eq!(overlapping.duration_ms(), 9_000);
    }

    #[test]
    fn what_is_no_transcript_is_refused_with_its_place() {
        let unknown_field = br#"{"language":"en","turns":[],
"title":"x"}"#;

        let shape = TranscriptError::Shape { line: 2, column: 7 };
        assert_eq!(Transcript::parse(unknown_field), Err(shape));
        assert!(matches!(
            Transcript::parse(b"no json"),
            Err(TranscriptError::Shape { line: 1, .. })
        ));
    }

    #[test]
    fn a_transcript_names_its_language() {
        assert_eq!(in_language(" ").check(), Err(TranscriptError::Language));
        assert_eq!(
            in_language(&"x".repeat(MAX_LABEL_CHARACTERS + 1)).check(),
            Err(TranscriptError::Language)
        );
        assert_eq!(in_language(&"x".repeat(MAX_LABEL_CHARACTERS)).check(), Ok(()));
    }

    #[test]
    fn a_transcript_has_turns_but_not_too_many() {
        let most = transcript(vec![turn(0, 5); MAX_TURNS]);
        let more = transcript(vec![turn(0, 5); MAX_TURNS + 1]);

        assert_eq!(
            transcript(Vec::new()).check(),
            Err(TranscriptError::Turns { turns: 0 })
        );
        assert_eq!(most.check(), Ok(()));
        assert_eq!(more.check(), Err(TranscriptError::Turns { turns: MAX_TURNS + 1 }));
    }

    #[test]
    fn turns_begin_in_order_and_do_not_end_before_they_begin() {
        let backwards = transcript(vec![turn(5, 6), turn(4, 6)]);
        let negative = transcript(vec![turn(5, 4)]);

        assert_eq!(backwards.check(), Err(TranscriptError::Order { turn: 1 }));
        assert_eq!(negative.check(), Err(TranscriptError::Order { turn: 0 }));
    }

    #[test]
    fn a_turn_says_something_but_not_too_much() {
        assert_eq!(saying("\n ").check(), Err(TranscriptError::Text { turn: 0 }));
        assert_eq!(saying(&"ä".repeat(MAX_TURN_CHARACTERS)).check(), Ok(()));
        assert_eq!(
            saying(&"ä".repeat(MAX_TURN_CHARACTERS + 1)).check(),
            Err(TranscriptError::Text { turn: 0 })
        );
    }

    #[test]
    fn a_label_is_neither_empty_nor_long() {
        assert_eq!(labelled("").check(), Err(TranscriptError::Label { turn: 0 }));
        assert_eq!(
            labelled(&"x".repeat(MAX_LABEL_CHARACTERS + 1)).check(),
            Err(TranscriptError::Label { turn: 0 })
        );
    }

    #[test]
    fn neither_errors_nor_debug_output_tell_what_was_said() {
        let said = saying("My salary");
        let refused = Transcript::parse(br#"{"language":"en","turns":["My salary"]}"#).unwrap_err();

        assert_eq!(format!("{said:?}"), "[transcript of 1 turns]");
        assert_eq!(format!("{:?}", said.turns[0]), "[turn of Candidate]");
        assert!(!refused.to_string().contains("salary"));
    }
}
