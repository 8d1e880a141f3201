//! Calendar files (RFC 5545): appointments as bytes that every calendar reads alike.
//!
//! Whatever a text holds, it stays inside its value: line breaks of every kind become `\n`, other control characters go,
//! lines are folded at 75 octets and never inside a character. Times are UTC, so that no description of a zone can be wrong.
//!
//! Written here and not by a crate: the folding of `icalendar` 0.17 mixes up characters with octets and panics on emoji
//! that stand before many spaces, and candidates' own words go into these files.

use crate::{
    ports::mail::{Invitation, InvitationMethod},
    time::Instant,
};

/// Octets of a line at most, without its CRLF (RFC 5545 section 3.1).
const WIDTH: usize = 75;

/// Whose calendar a file is for: nobody else is named in it.
#[derive(Clone, Copy)]
pub struct Attendee<'a> {
    /// Mail address.
    pub address: &'a str,
    /// Name, if it is known.
    pub name: Option<&'a str>,
}

/// The file that puts an appointment into one person's calendar, changes it or takes it out (RFC 5546), as text with CRLF.
/// The organiser is a mail address.
pub fn invitation(invitation: &Invitation, organiser: &str, attendee: Attendee<'_>) -> String {
    let (method, status) = match invitation.method {
        InvitationMethod::Request => ("REQUEST", "CONFIRMED"),
        InvitationMethod::Cancel => ("CANCEL", "CANCELLED"),
    };
    let mut lines = Lines::begin();
    lines.add("METHOD", method);
    lines.add("BEGIN", "VEVENT");
    lines.add("UID", &text(&invitation.uid));
    lines.add("SEQUENCE", &invitation.sequence.to_string());
    lines.add("DTSTAMP", &utc(invitation.stamp));
    lines.add("DTSTART", &utc(invitation.start));
    lines.add("DTEND", &utc(invitation.end));
    lines.add("STATUS", status);
    lines.add("SUMMARY", &text(&invitation.summary));
    lines.add("DESCRIPTION", &text(&invitation.description));
    if let Some(url) = &invitation.location_url {
        lines.add("LOCATION", &text(url));
        lines.add("URL", &uri(url));
    }
    lines.add("ORGANIZER", &mailto(organiser));
    lines.add(&attendee_with_parameters(attendee), &mailto(attendee.address));
    lines.add("END", "VEVENT");
    lines.end()
}

/// An appointment in somebody's own calendar. Nobody is named in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The same in every file that tells of the appointment.
    pub uid: String,
    /// How often its time was changed.
    pub sequence: u32,
    /// When it was asked for.
    pub stamp: Instant,
    /// First moment.
    pub start: Instant,
    /// First moment after.
    pub end: Instant,
    /// True while it may yet come to nothing.
    pub is_tentative: bool,
    /// What it is called.
    pub summary: String,
    /// A page about it.
    pub url: String,
}

/// A calendar to be read again and again (RFC 5545, with the names of RFC 7986), as text with CRLF. The same entries make the
/// same bytes.
pub fn feed(name: &str, entries: &[Entry]) -> String {
    let mut lines = Lines::begin();
    lines.add("METHOD", "PUBLISH");
    lines.add("NAME", &text(name));
    lines.add("X-WR-CALNAME", &text(name));
    lines.add("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
    for entry in entries {
        let status = if entry.is_tentative {
            "TENTATIVE"
        } else {
            "CONFIRMED"
        };
        lines.add("BEGIN", "VEVENT");
        lines.add("UID", &text(&entry.uid));
        lines.add("SEQUENCE", &entry.sequence.to_string());
        lines.add("DTSTAMP", &utc(entry.stamp));
        lines.add("DTSTART", &utc(entry.start));
        lines.add("DTEND", &utc(entry.end));
        lines.add("STATUS", status);
        lines.add("SUMMARY", &text(&entry.summary));
        lines.add("URL", &uri(&entry.url));
        lines.add("END", "VEVENT");
    }
    lines.end()
}

fn attendee_with_parameters(attendee: Attendee<'_>) -> String {
    let name = attendee.name.map(|name| format!(";CN={}", parameter(name)));
    format!(
        "ATTENDEE{};PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE",
        name.unwrap_or_default()
    )
}

/// The lines of a calendar file, folded.
struct Lines(String);

impl Lines {
    fn begin() -> Self {
        let mut lines = Self(String::new());
        lines.add("BEGIN", "VCALENDAR");
        lines.add("VERSION", "2.0");
        lines.add("PRODID", "-//Greenroom//Greenroom//EN");
        lines.add("CALSCALE", "GREGORIAN");
        lines
    }

    fn end(mut self) -> String {
        self.add("END", "VCALENDAR");
        self.0
    }

    /// A property, with its parameters behind its name, and its value as it is to be written.
    fn add(&mut self, name: &str, value: &str) {
        let mut room = WIDTH;
        for c in name.chars().chain([':']).chain(value.chars()) {
            if c.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = WIDTH - 1;
            }
            self.0.push(c);
            room -= c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

/// Text whose only control characters are line feeds and tabs.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if ends_line(c) { '\n' } else { c })
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}

/// The characters that end a line somewhere (Unicode annex 14): readers that split at them would find lines of their own.
const fn ends_line(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// A value of type TEXT (RFC 5545 section 3.3.11).
fn text(text: &str) -> String {
    plain(text)
        .replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace('\n', "\\n")
}

/// The value of a parameter in quotes, which need not always be there, but some readers go wrong without; what quotes cannot
/// hold is written as RFC 6868 says.
fn parameter(text: &str) -> String {
    let value = plain(text)
        .replace('^', "^^")
        .replace('"', "^'")
        .replace('\n', "^n");
    format!("\"{value}\"")
}

/// A value of type URI: what cannot stand in one is percent-encoded.
fn uri(address: &str) -> String {
    encoded(address, |c| {
        c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    })
}

/// The address of a person as a URI (RFC 6068 section 2).
fn mailto(address: &str) -> String {
    let means_itself = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                '@' | '.' | '_' | '-' | '~' | '+' | '!' | '$' | '\'' | '*' | ',' | ':'
            )
    };
    format!("mailto:{}", encoded(address, means_itself))
}

fn encoded(text: &str, means_itself: impl Fn(char) -> bool) -> String {
    let mut buffer = [0; 4];
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if means_itself(c) {
            out.push(c);
        } else {
            let bytes = c.encode_utf8(&mut buffer).bytes();
            out.extend(bytes.map(|byte| format!("%{byte:02X}")));
        }
    }
    out
}

fn utc(moment: Instant) -> String {
    moment.format("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn appointment() -> Invitation {
        let start: Instant = "2026-03-02T12:00:00Z".parse().unwrap();
        Invitation {
            method: InvitationMethod::Request,
            uid: "int_01@greenroom.example".to_owned(),
            sequence: 3,
            summary: "JavaScript".to_owned(),
            description: "See you on Monday.".to_owned(),
            start,
            end: start + TimeDelta::hours(1),
            location_url: Some("https://greenroom.example/rooms/int_01".to_owned()),
            stamp: start - TimeDelta::days(3),
        }
    }

    fn written(appointment: &Invitation, name: Option<&str>) -> String {
        let attendee = Attendee {
            address: "asha@example.org",
            name,
        };
        invitation(appointment, "rooms@greenroom.example", attendee)
    }

    fn described(text: &str) -> String {
        let appointment = Invitation {
            description: text.to_owned(),
            ..appointment()
        };
        written(&appointment, None)
    }

    /// The lines of a file as they were before they were folded.
    fn unfolded(file: &str) -> Vec<String> {
        let whole = file.replace("\r\n ", "");
        let lines = whole.strip_suffix("\r\n").unwrap().split("\r\n");
        lines.map(str::to_owned).collect()
    }

    fn value<'a>(lines: &'a [String], name: &str) -> &'a str {
        let mut values = lines.iter().filter_map(|line| line.strip_prefix(name));
        let value = values.next().unwrap();
        assert_eq!(values.next(), None, "{name} stands twice");
        value
    }

    /// Reads a value of type TEXT, from left to right.
    fn read(value: &str) -> String {
        let mut chars = value.chars();
        let mut text = String::new();
        while let Some(c) = chars.next() {
            text.push(match c {
                '\\' => match chars.next().unwrap() {
                    'n' => '\n',
                    c @ ('\\' | ';' | ',') => c,
                    c => panic!("\\{c} is no escape"),
                },
                ';' | ',' => panic!("{c} ends the value"),
                c => c,
            });
        }
        text
    }

    #[test]
    fn an_invitation_says_what_calendars_need() {
        let file = written(&appointment(), Some("Asha Rao"));

        assert_eq!(
            unfolded(&file),
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//Greenroom//Greenroom//EN",
                "CALSCALE:GREGORIAN",
                "METHOD:REQUEST",
                "BEGIN:VEVENT",
                "UID:int_01@greenroom.example",
                "SEQUENCE:3",
                "DTSTAMP:20260227T120000Z",
                "DTSTART:20260302T120000Z",
                "DTEND:20260302T130000Z",
                "STATUS:CONFIRMED",
                "SUMMARY:JavaScript",
                "DESCRIPTION:See you on Monday.",
                "LOCATION:https://greenroom.example/rooms/int_01",
                "URL:https://greenroom.example/rooms/int_01",
                "ORGANIZER:mailto:rooms@greenroom.example",
                "ATTENDEE;CN=\"Asha Rao\";PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:asha@example.org",
                "END:VEVENT",
                "END:VCALENDAR",
            ]
        );
    }

    #[test]
    fn a_cancellation_takes_the_appointment_out() {
        let cancelled = Invitation {
            method: InvitationMethod::Cancel,
            ..appointment()
        };

        let lines = unfolded(&written(&cancelled, None));

        assert_eq!(value(&lines, "METHOD:"), "CANCEL");
        assert_eq!(value(&lines, "STATUS:"), "CANCELLED");
        assert_eq!(value(&lines, "UID:"), "int_01@greenroom.example");
    }

    #[test]
    fn emoji_before_many_spaces_are_folded_like_anything_else() {
        let text = format!("{}{}", "😀".repeat(40), " ".repeat(300));

        let file = described(&text);

        assert_eq!(value(&unfolded(&file), "DESCRIPTION:"), text);
        assert!(file.split("\r\n").all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn a_character_is_never_folded_in_two() {
        let file = described(&"é".repeat(60));

        // 12 octets of the name and 31 letters are 74; one more would be 76.
        let first = file.split("\r\n").find(|line| line.starts_with("DESCRIPTION:"));
        assert_eq!(first.unwrap().len(), 74);
    }

    #[test]
    fn every_kind_of_line_break_stays_inside_its_value() {
        let lines = unfolded(&described(
            "a\r\nb\rc\nd\u{85}e\u{2028}f\u{2029}g\u{b}h\u{c}i\0j\tk",
        ));

        assert_eq!(value(&lines, "DESCRIPTION:"), r"a\nb\nc\nd\ne\nf\ng\nh\nij	k");
    }

    #[test]
    fn a_name_stays_one_parameter_whatever_it_holds() {
        let named = |name| {
            let lines = unfolded(&written(&appointment(), Some(name)));
            value(&lines, "ATTENDEE;CN=").to_owned()
        };

        assert!(named("Rao, \"A\": x^n").starts_with("\"Rao, ^'A^': x^^n\";PARTSTAT="));
        assert!(
            named("A\r\nATTENDEE:mailto:eve@example.org")
                .starts_with("\"A^nATTENDEE:mailto:eve@example.org\";")
        );
    }

    #[test]
    fn an_address_cannot_leave_its_uri() {
        assert_eq!(mailto("o'brien+x@example.org"), "mailto:o'brien+x@example.org");
        assert_eq!(
            mailto("\"a;b\r\n?\"@example.org"),
            "mailto:%22a%3Bb%0D%0A%3F%22@example.org"
        );
        assert_eq!(
            uri("https://a.example/ü?x=1&y=%20\r\nz"),
            "https://a.example/%C3%BC?x=1&y=%20%0D%0Az"
        );
    }

    /// Text made of what calendar files stumble over.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<String>(),
            any::<char>().prop_map(String::from),
            proptest::sample::select(vec![
                ",",
                ";",
                ":",
                "\\",
                "\\n",
                "\\,",
                "\"",
                "^n",
                "\r\n",
                "\n",
                "\r",
                "\r\n ",
                "\t",
                " ",
                "\u{a0}",
                "é",
                "😀",
                "\u{2028}",
                "\r\nEND:VEVENT\r\n",
            ])
            .prop_map(str::to_owned),
            (
                1_usize..120,
                proptest::sample::select(vec![" ", "a", "é", "€", "😀"])
            )
                .prop_map(|(count, piece)| piece.repeat(count)),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn lines_have_75_octets_at_most_and_unfolding_gives_the_text_back(
            summary in hostile(),
            description in hostile(),
            name in hostile(),
        ) {
            let appointment = Invitation {
                summary: summary.clone(),
                description: description.clone(),
                ..appointment()
            };

            let file = written(&appointment, Some(&name));

            prop_assert!(file.split("\r\n").all(|line| line.len() <= WIDTH && !line.contains(ends_line)));
            let lines = unfolded(&file);
            prop_assert_eq!(lines.len(), 20);
            prop_assert_eq!(read(value(&lines, "SUMMARY:")), plain(&summary));
            prop_assert_eq!(read(value(&lines, "DESCRIPTION:")), plain(&description));
        }

        #[test]
        fn text_on_one_line_is_kept_letter_for_letter(text in "\\PC{0,300}") {
            let lines = unfolded(&described(&text));

            let without_breaks = text.replace(['\u{2028}', '\u{2029}'], "\n");
            prop_assert_eq!(read(value(&lines, "DESCRIPTION:")), without_breaks);
        }
    }
}
