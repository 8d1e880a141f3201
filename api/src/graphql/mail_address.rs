//! Mail addresses that somebody writes.

use domain::{refusal::Refusal, text::Text};

/// Longest mail address, in characters (RFC 5321 section 4.5.3.1.3, without the brackets).
const LONGEST_ADDRESS: usize = 254;

/// A mail address of the input. It is not parsed in depth: whether it works shows when it is used.
///
/// # Errors
/// `Invalid` on the field.
pub fn email(text: &str, field: &'static str) -> Result<String, Refusal> {
    let line = Text::<LONGEST_ADDRESS, false>::new(text).map_err(Refusal::text(field))?;
    let plausible = line.as_str().split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !line.as_str().contains([' ', ',', '<', '>', ';'])
    });
    if plausible {
        Ok(line.to_string())
    } else {
        Err(Refusal::invalid(field, "must be a mail address"))
    }
}
