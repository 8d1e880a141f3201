//! Readers of another language and of other people find in our mails exactly what was put in, whatever people wrote.

use std::{fs, path::Path, process::Command};

use domain::{
    calendar_file::{Entry, feed},
    ports::mail::{Invitation, InvitationMethod, Mail},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::message::{
    build,
    sample::{invited, sender},
};
use crate::python::python;

const SCRIPT: &str = include_str!("second_reader.py");
const FEED_SCRIPT: &str = include_str!("feed_reader.py");

/// The second reader.
const READER: &str = "icalendar==7.3.0";

/// Mails made by chance, besides those made by hand.
const BY_CHANCE: usize = 300;

/// What the second reader finds in these mails.
fn read(python: &Path, folder: &Path, mails: &[Mail]) -> Vec<Value> {
    for (number, mail) in mails.iter().enumerate() {
        let bytes = build(mail, &sender()).unwrap().formatted();
        fs::write(folder.join(format!("{number:06}.eml")), bytes).unwrap();
    }
    read_folder(python, SCRIPT, folder)
}

fn read_folder(python: &Path, script: &str, folder: &Path) -> Vec<Value> {
    let output = Command::new(python)
        .args(["-c", script])
        .arg(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Line breaks of every kind are one kind in a calendar, and other control characters have no place.
fn in_calendar(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let breaks = ['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
    let text = text.replace(breaks, "\n");
    text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "")
}

/// What is in a mail.
fn put_in(mail: &Mail) -> Value {
    let invitation = mail.calendar.as_ref().unwrap();
    let (method, status) = match invitation.method {
        InvitationMethod::Request => ("REQUEST", "CONFIRMED"),
        InvitationMethod::Cancel => ("CANCEL", "CANCELLED"),
    };
    let mut parameters = json!({"PARTSTAT": "NEEDS-ACTION", "ROLE": "REQ-PARTICIPANT", "RSVP": "TRUE"});
    if let Some(name) = &mail.to_name {
        parameters["CN"] = json!(name);
    }
    json!({
        "mime_method": method,
        "charset": "utf-8",
        "attached_is_the_same": true,
        "lines_fit": true,
        "lines_are_text": true,
        "ends": true,
        "calendar": ["CALSCALE", "METHOD", "PRODID", "VERSION"],
        "component": "VEVENT",
        "properties": [
            "ATTENDEE", "DESCRIPTION", "DTEND", "DTSTAMP", "DTSTART", "LOCATION", "ORGANIZER", "SEQUENCE", "STATUS", "SUMMARY",
            "UID", "URL",
        ],
        "within": 0,
        "errors": 0,
        "method": method,
        "uid": invitation.uid,
        "sequence": invitation.sequence,
        "stamp": "2026-02-27T08:30:00+00:00",
        "start": "2026-03-02T12:00:00+00:00",
        "end": "2026-03-02T13:00:00+00:00",
        "status": status,
        "summary": in_calendar(&invitation.summary),
        "description": in_calendar(&invitation.description),
        "location": invitation.location_url,
        "url": invitation.location_url,
        "organizer": "rooms@greenroom.example",
        "attendee": mail.to,
        "attendee_parameters": parameters,
    })
}

fn mail(summary: &str, description: &str, name: Option<&str>) -> Mail {
    let sample = invited();
    Mail {
        to_name: name.map(str::to_owned),
        calendar: sample.calendar.map(|invitation| Invitation {
            summary: summary.to_owned(),
            description: description.to_owned(),
            ..invitation
        }),
        ..sample
    }
}

/// What people might write, by hand.
fn by_hand() -> Vec<Mail> {
    let texts = [
        "JavaScript, 60 minutes; bring code, \\ and tea",
        "\\n is not a line break, \\\\n neither; \\, \\; \\",
        "Tea\r\nATTENDEE:mailto:eve@example.org\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:other",
        "a\rATTENDEE:mailto:eve@example.org\r\n X-ALT-DESC:folded\n\tand with a tab",
        "a\u{85}b\u{2028}c\u{2029}d\u{b}e\u{c}f\0g\u{7f}h",
        "%2C %3B %5C %0D%0A &amp; \\u002c",
        "\u{feff}\u{202e}txet desrever\u{202c}",
    ];
    let mut mails: Vec<_> = texts.iter().map(|text| mail(text, text, None)).collect();
    let long = [
        "x".repeat(300),
        "😀".repeat(300),
        "é".repeat(300),
        " ".repeat(300) + "x",
        "😀".repeat(40) + &" ".repeat(300) + "x",
        ",".repeat(300),
        "\\".repeat(300),
        "\r\n".repeat(300) + "x",
    ];
    mails.extend(long.iter().map(|text| mail(text, text, None)));
    // Each place of an emoji across the fold.
    mails.extend((50..80).map(|before| mail(&("x".repeat(before) + "😀y"), "", None)));
    let names = [
        "Asha \"A;X\" Rao: PhD, MSc",
        "^n ^^ ^' \" '",
        "\"",
        "\"\"",
        "Æsop 😀 李",
        "a=b;ROLE=CHAIR",
        " = ; \u{a0} , ",
        "\\",
        "\\n",
    ];
    mails.extend(names.iter().map(|name| mail("Tea", "", Some(name))));
    mails.push(mail("Tea", "", Some(&"😀 \"Rao\", ".repeat(60))));
    mails.push(Mail {
        to: "o'brien+a&b=c%2d@example.org".to_owned(),
        ..mail("Tea", "", None)
    });
    let mut cancelled = mail("Tea", "", None);
    cancelled.calendar.as_mut().unwrap().method = InvitationMethod::Cancel;
    mails.push(cancelled);
    mails
}

/// What nobody thought of: the same in every run.
fn by_chance() -> Vec<Mail> {
    let awkward = proptest::sample::select(vec![
        ",", ";", ":", "\\", "\\n", "\"", "^", "\r\n", "\n", "\r", "\t", " ", "\u{a0}", "é", "😀",
        "\u{2028}", "%2C",
    ]);
    let piece = prop_oneof![
        any::<String>(),
        awkward.clone().prop_map(str::to_owned),
        (awkward, 1_usize..120).prop_map(|(piece, count)| piece.repeat(count)),
    ];
    let text = proptest::collection::vec(piece, 1..10).prop_map(|pieces| pieces.concat());
    // A mail with a control character in a name is refused. RFC 5545 has no escapes in parameters, but this reader takes
    // backslashes before delimiters for such.
    let name = "[^\\p{Cc}\u{2028}\u{2029}\\\\]{1,100}";
    let mails = (text.clone(), text, proptest::option::of(name));
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let make = |_| {
        let (summary, description, name) = mails.new_tree(&mut runner).unwrap().current();
        mail(&summary, &description, name.as_deref())
    };
    (0..BY_CHANCE).map(make).collect()
}

#[test]
fn a_second_reader_finds_in_every_mail_what_was_put_in() {
    let folder = TempDir::new().unwrap();
    let Some(python) = python(folder.path(), READER) else {
        return;
    };
    let mails: Vec<_> = by_hand().into_iter().chain(by_chance()).collect();

    let found = read(&python, folder.path(), &mails);

    assert_eq!(found.len(), mails.len());
    for (mail, found) in mails.iter().zip(found) {
        assert_eq!(found, put_in(mail));
    }
}

/// An interview in somebody's feed, called after what is in a mail.
fn entry(number: usize, mail: &Mail) -> Entry {
    let invitation = mail.calendar.as_ref().unwrap();
    Entry {
        uid: format!("{number}@greenroom.example"),
        sequence: invitation.sequence,
        stamp: invitation.stamp,
        start: invitation.start,
        end: invitation.end,
        is_tentative: number.is_multiple_of(2),
        summary: invitation.summary.clone(),
        url: format!("https://greenroom.example/interviews/{number}"),
    }
}

#[test]
fn a_second_reader_finds_in_a_feed_what_was_put_in() {
    let folder = TempDir::new().unwrap();
    let Some(python) = python(folder.path(), READER) else {
        return;
    };
    let mails: Vec<_> = by_hand().into_iter().chain(by_chance()).collect();
    let entries: Vec<_> = mails
        .iter()
        .enumerate()
        .map(|(number, mail)| entry(number, mail))
        .collect();
    fs::write(folder.path().join("0.ics"), feed("Interviews", &entries)).unwrap();
    fs::write(folder.path().join("1.ics"), feed("Empty", &[])).unwrap();

    let found = read_folder(&python, FEED_SCRIPT, folder.path());

    // This reader takes the name of a calendar as it is written, without its escapes, so it has none here.
    assert_eq!(found[0]["name"], "Interviews");
    assert_eq!(
        (&found[0]["method"], &found[0]["errors"]),
        (&json!("PUBLISH"), &json!(0))
    );
    assert_eq!(
        (&found[0]["lines_fit"], &found[1]["events"]),
        (&json!(true), &json!([]))
    );
    let events = found[0]["events"].as_array().unwrap();
    assert_eq!(events.len(), entries.len());
    for (entry, event) in entries.iter().zip(events) {
        let expected = json!({
            "properties": ["DTEND", "DTSTAMP", "DTSTART", "SEQUENCE", "STATUS", "SUMMARY", "UID", "URL"],
            "uid": entry.uid,
            "sequence": entry.sequence,
            "stamp": "2026-02-27T08:30:00+00:00",
            "start": "2026-03-02T12:00:00+00:00",
            "end": "2026-03-02T13:00:00+00:00",
            "status": if entry.is_tentative { "TENTATIVE" } else { "CONFIRMED" },
            "summary": in_calendar(&entry.summary),
            "url": entry.url,
            "errors": 0,
        });
        assert_eq!(*event, expected);
    }
}
