//! Bounded text: parsed once at the edge, then never checked again.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

/// Text of 1 to `MAX` characters, trimmed, without control characters; `BREAKS` says whether line breaks and tabs are
/// welcome.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize, const BREAKS: bool>(String);

/// Why a text was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// More characters than allowed.
    #[error("must not be longer than {max} characters")]
    TooLong {
        /// The most that are allowed.
        max: usize,
    },
    /// A control character, which would break mail headers, terminals and logs.
    #[error("must not contain control characters")]
    Control,
}

/// A title or a name: one line.
pub type Line = Text<200, false>;
/// A paragraph or two: a description, a comment, a reason.
pub type Paragraph = Text<4_000, true>;

impl<const MAX: usize, const BREAKS: bool> Text<MAX, BREAKS> {
    /// The text, trimmed, if it keeps the rules.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.chars().count() > MAX {
            return Err(TextError::TooLong { max: MAX });
        }
        if text
            .chars()
            .any(|c| c.is_control() && !(BREAKS && matches!(c, '\n' | '\r' | '\t')))
        {
            return Err(TextError::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize, const BREAKS: bool> fmt::Display for Text<MAX, BREAKS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize, const BREAKS: bool> fmt::Debug for Text<MAX, BREAKS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<'de, const MAX: usize, const BREAKS: bool> Deserialize<'de> for Text<MAX, BREAKS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&Cow::<'de, str>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl<const MAX: usize, const BREAKS: bool> JsonSchema for Text<MAX, BREAKS> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}{MAX}", if BREAKS { "Text" } else { "Line" }).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_bounded_in_characters_not_bytes() {
        assert_eq!(Text::<3, true>::new("  äöü ").unwrap().as_str(), "äöü");
        assert_eq!(Text::<3, true>::new("abcd"), Err(TextError::TooLong { max: 3 }));
        assert_eq!(Text::<3, true>::new(" \n "), Err(TextError::Empty));
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(Line::new("a\0b"), Err(TextError::Control));
        assert_eq!(Line::new("a\u{1b}[31m"), Err(TextError::Control));
        assert_eq!(Line::new("a\r\nBcc: b"), Err(TextError::Control));
        assert!(Paragraph::new("a\nb").is_ok());
    }
}
