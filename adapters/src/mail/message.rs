//! A mail as bytes: MIME and iCalendar, the same for every carrier.
//!
//! With an invitation the structure is the one calendars accept (RFC 6047): `multipart/mixed { multipart/alternative
//! { text/plain, text/html, text/calendar }, application/ics }`, both calendar parts with the same bytes and the
//! method named in the MIME type as well. The organiser is the sender.

use domain::{
    calendar_file::{self, Attendee},
    ports::{
        error::ProviderError,
        mail::{Invitation, InvitationMethod, Mail},
    },
};
use lettre::{
    Address, Message,
    message::{
        Attachment, Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType},
    },
};

/// Who mail comes from: configuration of a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl Sender {
    /// Reads `Name <address>` or a bare address.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] when it is neither.
    pub fn new(text: &str) -> Result<Self, ProviderError> {
        text.parse()
            .map(Self)
            .map_err(|_| ProviderError::misconfigured("address that mail comes from"))
    }
}

/// The mail, ready to be handed over.
///
/// # Errors
/// [`ProviderError::Rejected`] with `bad_address`, `bad_header` or `bad_message_id`: the mail can never be sent. Line
/// breaks and other control characters are refused wherever they could begin another header.
pub fn build(mail: &Mail, sender: &Sender) -> Result<Message, ProviderError> {
    let recipient = recipient(mail)?;
    let builder = Message::builder()
        .message_id(Some(format!("<{}>", message_id(mail)?)))
        .from(sender.0.clone())
        .to(recipient)
        .subject(header(&mail.subject)?);
    let texts = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let content = match &mail.calendar {
        Some(invitation) => with_invitation(texts, invitation, &calendar(invitation, mail, sender))?,
        None => texts,
    };
    builder
        .multipart(content)
        .map_err(|_| ProviderError::rejected("bad_header"))
}

fn with_invitation(
    texts: MultiPart,
    invitation: &Invitation,
    calendar: &str,
) -> Result<MultiPart, ProviderError> {
    let method = method(invitation.method);
    let inline = content_type(&format!("text/calendar; method={method}; charset=utf-8"))?;
    let attached = content_type("application/ics; name=\"invite.ics\"")?;
    // Base64 keeps every byte, so that both parts are the same whatever carries them.
    let bytes = || Body::new_with_encoding(calendar.to_owned().into_bytes(), ContentTransferEncoding::Base64);
    let unencodable = |_| ProviderError::rejected("bad_calendar");
    let inline = SinglePart::builder()
        .content_type(inline)
        .body(bytes().map_err(unencodable)?);
    let attached = Attachment::new("invite.ics".to_owned()).body(bytes().map_err(unencodable)?, attached);
    Ok(MultiPart::mixed()
        .multipart(texts.singlepart(inline))
        .singlepart(attached))
}

fn calendar(invitation: &Invitation, mail: &Mail, sender: &Sender) -> String {
    let attendee = Attendee {
        address: &mail.to,
        name: mail.to_name.as_deref(),
    };
    calendar_file::invitation(invitation, sender.0.email.as_ref(), attendee)
}

fn recipient(mail: &Mail) -> Result<Mailbox, ProviderError> {
    let name = mail.to_name.as_deref().map(header).transpose()?;
    Ok(Mailbox::new(name, address(&mail.to)?))
}

fn address(text: &str) -> Result<Address, ProviderError> {
    text.parse().map_err(|_| ProviderError::rejected("bad_address"))
}

/// Text that stays on its line.
fn header(text: &str) -> Result<String, ProviderError> {
    if text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return Err(ProviderError::rejected("bad_header"));
    }
    Ok(text.to_owned())
}

/// The id without angle brackets; anything that is not plainly part of an id is refused.
pub(super) fn message_id(mail: &Mail) -> Result<&str, ProviderError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '=' | '@');
    let id = mail.message_id.as_str();
    match id.split_once('@') {
        Some((left, right))
            if !left.is_empty() && !right.is_empty() && !right.contains('@') && id.chars().all(plain) =>
        {
            Ok(id)
        }
        Some(_) | None => Err(ProviderError::rejected("bad_message_id")),
    }
}

const fn method(method: InvitationMethod) -> &'static str {
    match method {
        InvitationMethod::Request => "REQUEST",
        InvitationMethod::Cancel => "CANCEL",
    }
}

fn content_type(text: &str) -> Result<ContentType, ProviderError> {
    ContentType::parse(text).map_err(|_| ProviderError::rejected("bad_calendar"))
}

/// A mail that tests send.
#[cfg(test)]
pub(super) mod sample {
    use chrono::{TimeZone, Utc};

    use super::*;

    pub(crate) fn mail() -> Mail {
        Mail {
            message_id: "not_01@greenroom.example".into(),
            to: "asha@example.org".into(),
            to_name: Some("Asha Rao".into()),
            subject: "Your interview is confirmed".into(),
            text: "See you on Monday.\n".into(),
            html: "<p>See you on Monday.</p>".into(),
            calendar: None,
        }
    }

    pub(crate) fn invited() -> Mail {
        Mail {
            calendar: Some(Invitation {
                method: InvitationMethod::Request,
                uid: "int_01@greenroom.example".into(),
                sequence: 3,
                summary: "JavaScript, 60 minutes; bring code, \\ and tea".into(),
                description:
                    "First line\r\nsecond line, which is long enough that it has to be folded, and has é."
                        .into(),
                start: Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap(),
                end: Utc.with_ymd_and_hms(2026, 3, 2, 13, 0, 0).unwrap(),
                location_url: Some("https://greenroom.example/interviews/int_01".into()),
                stamp: Utc.with_ymd_and_hms(2026, 2, 27, 8, 30, 0).unwrap(),
            }),
            ..mail()
        }
    }

    pub(crate) fn sender() -> Sender {
        Sender::new("Greenroom <rooms@greenroom.example>").unwrap()
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::{
        sample::{invited, mail, sender},
        *,
    };

    fn bytes(mail: &Mail) -> String {
        String::from_utf8(build(mail, &sender()).unwrap().formatted()).unwrap()
    }

    /// The decoded content of the part that begins with this header.
    fn part(message: &str, marker: &str) -> String {
        let (_, from) = message
            .split_once(marker)
            .unwrap_or_else(|| panic!("no {marker} in {message}"));
        let (_, body) = from.split_once("\r\n\r\n").unwrap();
        let (body, _) = body.split_once("\r\n--").unwrap();
        let packed: String = body.split_whitespace().collect();
        String::from_utf8(STANDARD.decode(packed).unwrap()).unwrap()
    }

    fn unfolded(mail: &Mail) -> String {
        part(&bytes(mail), "Content-Type: text/calendar").replace("\r\n ", "")
    }

    fn refusal(mail: &Mail) -> String {
        build(mail, &sender()).unwrap_err().code().to_owned()
    }

    #[test]
    fn a_mail_without_appointment_is_two_alternatives() {
        let message = bytes(&mail());

        assert!(message.contains("Message-ID: <not_01@greenroom.example>\r\n"));
        assert!(message.contains("Content-Type: multipart/alternative;"));
        assert!(!message.contains("text/calendar"));
        assert!(message.find("text/plain") < message.find("text/html"));
    }

    #[test]
    fn an_invitation_is_inside_and_attached_with_the_same_bytes() {
        let message = bytes(&invited());

        let inline = part(
            &message,
            "Content-Type: text/calendar; method=REQUEST; charset=utf-8",
        );
        let attached = part(&message, "application/ics; name=\"invite.ics\"");
        assert_eq!(inline, attached);
        assert!(message.find("multipart/mixed") < message.find("multipart/alternative"));
    }

    #[test]
    fn an_invitation_says_what_calendars_need() {
        let text = unfolded(&invited());

        for line in [
            "METHOD:REQUEST",
            "UID:int_01@greenroom.example",
            "SEQUENCE:3",
            "DTSTAMP:20260227T083000Z",
            "DTSTART:20260302T120000Z",
            "DTEND:20260302T130000Z",
            "STATUS:CONFIRMED",
            "ORGANIZER:mailto:rooms@greenroom.example",
            "ATTENDEE;CN=\"Asha Rao\";PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:asha@example.org",
            "SUMMARY:JavaScript\\, 60 minutes\\; bring code\\, \\\\ and tea",
            "URL:https://greenroom.example/interviews/int_01",
        ] {
            assert!(
                text.contains(&format!("\r\n{line}\r\n")),
                "{line} is missing in {text}"
            );
        }
        assert!(text.contains("First line\\nsecond line\\, which"));
    }

    #[test]
    fn a_cancellation_takes_the_appointment_out() {
        let mut mail = invited();
        mail.calendar.as_mut().unwrap().method = InvitationMethod::Cancel;

        let text = unfolded(&mail);

        assert!(text.contains("METHOD:CANCEL\r\n"));
        assert!(text.contains("STATUS:CANCELLED\r\n"));
        assert!(bytes(&mail).contains("method=CANCEL"));
    }

    #[test]
    fn calendar_lines_end_with_crlf_and_have_75_octets_at_most() {
        let text = part(&bytes(&invited()), "Content-Type: text/calendar");

        assert!(
            text.split("\r\n")
                .all(|line| line.len() <= 75 && !line.contains(['\r', '\n']))
        );
        assert!(text.ends_with("END:VCALENDAR\r\n"));
    }

    #[test]
    fn a_line_break_cannot_begin_another_header() {
        let breaking = "Hello\r\nBcc: everyone@example.org";
        let subject = Mail {
            subject: breaking.into(),
            ..mail()
        };
        let name = Mail {
            to_name: Some(breaking.into()),
            ..mail()
        };
        let address = Mail {
            to: "a@example.org\r\nBcc: b@example.org".into(),
            ..mail()
        };
        let id = Mail {
            message_id: "a@b>\r\nBcc: <c@d".into(),
            ..mail()
        };

        assert_eq!(refusal(&subject), "bad_header");
        assert_eq!(refusal(&name), "bad_header");
        assert_eq!(refusal(&address), "bad_address");
        assert_eq!(refusal(&id), "bad_message_id");
    }

    #[test]
    fn a_line_break_cannot_begin_another_calendar_line() {
        let mut mail = invited();
        let invitation = mail.calendar.as_mut().unwrap();
        invitation.summary = "Tea\r\nATTENDEE:mailto:evil@example.org".into();
        invitation.description = "a\rATTENDEE:mailto:evil@example.org".into();

        let text = unfolded(&mail);

        assert!(!text.contains("\r\nATTENDEE:mailto:evil"));
        assert!(!text.replace("\r\n", "").contains('\r'));
    }

    #[test]
    fn letters_beyond_ascii_are_encoded_in_headers() {
        let message = bytes(&Mail {
            subject: "Gespräch bestätigt".into(),
            ..mail()
        });

        assert!(message.contains("Subject: =?utf-8?b?"));
        assert!(message.is_ascii());
    }
}
