//! Checks a written report against the transcript it rests on, before anything of it is kept (rule A1).

use std::collections::BTreeSet;

use super::events::{Evidence, Finding, ReportBody, ScoreItem};
use crate::transcript::content::Transcript;

/// The keys of the breakdown, all of them in every report.
pub const BREAKDOWN: [&str; 5] = [
    "communication",
    "technicalKnowledge",
    "technicalDepth",
    "problemSolving",
    "confidence",
];

/// Why a written report is not kept. Says where, never what was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReportError {
    /// A score is above 100.
    #[error("a score is above 100")]
    ScoreOutOfRange,
    /// The breakdown does not have each of its keys exactly once.
    #[error("the breakdown does not have each of its keys exactly once")]
    BreakdownIncomplete,
    /// A quote names a turn that the transcript does not have.
    #[error("turn {turn} does not exist")]
    NoSuchTurn {
        /// Index of the turn, from 0.
        turn: u32,
    },
    /// A quote is empty, or its words do not stand where it says.
    #[error("a quote does not stand in turn {turn} at character {offset}")]
    QuoteNotInTranscript {
        /// Index of the turn, from 0.
        turn: u32,
        /// Where it should begin, in Unicode characters.
        offset: u32,
    },
}

impl ReportError {
    /// The short code that the failed revision keeps.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ScoreOutOfRange => "score_out_of_range",
            Self::BreakdownIncomplete => "breakdown_incomplete",
            Self::NoSuchTurn { .. } => "no_such_turn",
            Self::QuoteNotInTranscript { .. } => "quote_not_in_transcript",
        }
    }
}

/// Scores in range, the breakdown whole, and every quote verbatim in its turn at its offset.
///
/// # Errors
/// [`ReportError`], with the first thing that is wrong.
pub fn check(
    transcript: &Transcript,
    overall: u8,
    breakdown: &[ScoreItem],
    body: &ReportBody,
) -> Result<(), ReportError> {
    if overall > 100 || breakdown.iter().any(|item| item.score > 100) {
        return Err(ReportError::ScoreOutOfRange);
    }
    let keys: BTreeSet<&str> = breakdown.iter().map(|item| item.key.as_str()).collect();
    if breakdown.len() != BREAKDOWN.len() || keys != BREAKDOWN.into() {
        return Err(ReportError::BreakdownIncomplete);
    }
    findings(body)
        .flat_map(|finding| &finding.evidence)
        .try_for_each(|evidence| stands(transcript, evidence))
}

fn findings(body: &ReportBody) -> impl Iterator<Item = &Finding> {
    let weaknesses = body.strengths.iter().chain(&body.weaknesses);
    weaknesses.chain(&body.recommendations)
}

fn stands(transcript: &Transcript, evidence: &Evidence) -> Result<(), ReportError> {
    let turn = usize::try_from(evidence.turn)
        .ok()
        .and_then(|index| transcript.turns.get(index))
        .ok_or(ReportError::NoSuchTurn { turn: evidence.turn })?;
    let missing = ReportError::QuoteNotInTranscript {
        turn: evidence.turn,
        offset: evidence.offset,
    };
    let offset = usize::try_from(evidence.offset).map_err(|_| missing)?;
    let mut starts = turn.text.char_indices().map(|(start, _)| start);
    let start = starts.nth(offset).ok_or(missing)?;
    let verbatim = !evidence.quote.is_empty() && turn.text[start..].starts_with(&evidence.quote);
    if verbatim { Ok(()) } else { Err(missing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript() -> Transcript {
        let json = r#"{"language":"de","turns":[{"speaker":"candidate","start_ms":0,"end_ms":5,"text":"Größe zählt"}]}"#;
        Transcript::parse(json.as_bytes()).unwrap()
    }

    fn scores() -> Vec<ScoreItem> {
        BREAKDOWN
            .map(|key| ScoreItem {
                key: key.to_owned(),
                score: 50,
            })
            .into()
    }

    fn quoting(quote: &str, turn: u32, offset: u32) -> ReportBody {
        let evidence = vec![Evidence {
            quote: quote.to_owned(),
            turn,
            offset,
        }];
        let finding = Finding {
            title: String::new(),
            detail: String::new(),
            action_items: Vec::new(),
            resources: Vec::new(),
            evidence,
        };
        ReportBody {
            recommendations: vec![finding],
            ..ReportBody::default()
        }
    }

    fn checked(body: &ReportBody) -> Result<(), ReportError> {
        check(&transcript(), 50, &scores(), body)
    }

    #[test]
    fn a_quote_stands_at_its_offset_in_characters_not_bytes() {
        assert_eq!(checked(&quoting("zählt", 0, 6)), Ok(()));
        let missing = ReportError::QuoteNotInTranscript { turn: 0, offset: 8 };
        assert_eq!(checked(&quoting("zählt", 0, 8)), Err(missing));
    }

    #[test]
    fn a_quote_beyond_the_transcript_or_of_nothing_is_refused() {
        assert_eq!(
            checked(&quoting("x", 1, 0)),
            Err(ReportError::NoSuchTurn { turn: 1 })
        );
        assert_eq!(
            checked(&quoting("", 0, 0)).unwrap_err().code(),
            "quote_not_in_transcript"
        );
        assert_eq!(
            checked(&quoting("t", 0, 99)).unwrap_err().code(),
            "quote_not_in_transcript"
        );
    }

    #[test]
    fn scores_are_in_range_and_the_breakdown_is_whole() {
        let body = ReportBody::default();
        let doubled = [scores()[..4].to_vec(), scores()[..1].to_vec()].concat();
        assert_eq!(
            check(&transcript(), 101, &scores(), &body),
            Err(ReportError::ScoreOutOfRange)
        );
        assert_eq!(
            check(&transcript(), 1, &doubled, &body),
            Err(ReportError::BreakdownIncomplete)
        );
    }
}
