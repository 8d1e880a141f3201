//! The lines of a calendar file, unfolded and taken apart.

use super::CalendarError;

/// One content line: `NAME;PARAMETER=value:value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    /// In upper case.
    pub(super) name: String,
    /// Names in upper case, values without quotes.
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Line {
    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Takes a line apart; `None` when it is none.
    fn parse(text: &str) -> Option<Self> {
        let mut is_quoted = false;
        let colon = text.char_indices().find(|(_, c)| {
            is_quoted ^= *c == '"';
            *c == ':' && !is_quoted
        });
        let (head, value) = text.split_at(colon?.0);
        let mut parts = split_outside_quotes(head).into_iter();
        let name = parts.next()?.to_ascii_uppercase();
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !is_name {
            return None;
        }
        let parameter = |part: &str| {
            let (name, value) = part.split_once('=')?;
            Some((name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
        };
        Some(Self {
            name,
            parameters: parts.filter_map(parameter).collect(),
            value: value[1..].to_owned(),
        })
    }
}

fn split_outside_quotes(text: &str) -> Vec<&str> {
    let mut is_quoted = false;
    text.split(|c| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    })
    .collect()
}

/// The lines of a file. What cannot be a line is left out, as long as what it begins with is a calendar: files in the wild hold
/// such lines in texts that nobody reads here.
///
/// # Errors
/// `NotACalendar`.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, CalendarError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut unfolded: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ => unfolded.push(line.to_owned()),
        }
    }
    let mut lines = unfolded.iter().filter_map(|line| Line::parse(line));
    let first = lines.next().ok_or(CalendarError::NotACalendar)?;
    if first.name != "BEGIN" || !first.value.trim().eq_ignore_ascii_case("VCALENDAR") {
        return Err(CalendarError::NotACalendar);
    }
    Ok(lines.collect())
}
