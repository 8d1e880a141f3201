//! From booking to report, replay and erasure.

use std::collections::BTreeSet;

use greenroom::demo::{
    journey::{CANDIDATE, Journey, LENA, Person, RAVI, prepare, timeline},
    operations as op,
    story::Silent,
};
use serde_json::json;

use crate::support::{
    ending,
    mails::{Mail, sent},
    server::{Place, Server},
};

#[tokio::test]
async fn an_interview_goes_from_booking_to_report_and_erasure_on_sqlite() {
    let server = Place::embedded().start().await.unwrap();

    let _ = goes_from_booking_to_erasure(server).await;
}

#[tokio::test]
async fn an_interview_goes_from_booking_to_report_and_erasure_on_postgres() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    let server = place.start().await.unwrap();

    let _ = goes_from_booking_to_erasure(server).await;
}

#[tokio::test]
async fn an_interview_goes_from_booking_to_report_and_erasure_on_kurrent() {
    let Some(place) = Place::kurrent().await else {
        return;
    };
    let server = place.start().await.unwrap();

    let place = goes_from_booking_to_erasure(server).await;

    // The log is there, and nothing of it that a person wrote.
    let stored = place.cluster().unwrap().stored();
    assert!(stored.len() > 30, "{} events", stored.len());
    assert!(
        stored
            .iter()
            .any(|event| event.event_type == "interview.booking_requested"),
        "{stored:?}"
    );
    let plain = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("Whitfield");
    assert!(
        !stored
            .iter()
            .any(|event| plain(&event.data) || plain(&event.metadata))
    );
}

async fn goes_from_booking_to_erasure(server: Server) -> Place {
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();

    let journey = Journey::run(&cast, &stage, &server.clock, &Silent).await.unwrap();

    ending::holds(&server, &cast, &journey).await;
    let mails = sent(server.place.folder());
    let (first, second) = ("DTSTART:20260310T130000Z", "DTSTART:20260311T133000Z");
    invites(
        &mails,
        CANDIDATE,
        0,
        first,
        "Tuesday, 10 March 2026, 09:00 to 09:20 EDT (UTC-04:00)",
    );
    invites(
        &mails,
        LENA,
        0,
        first,
        "Tuesday, 10 March 2026, 14:00 to 14:20 CET (UTC+01:00)",
    );
    invites(
        &mails,
        RAVI,
        0,
        first,
        "Tuesday, 10 March 2026, 18:30 to 18:50 IST (UTC+05:30)",
    );
    invites(
        &mails,
        CANDIDATE,
        1,
        second,
        "Wednesday, 11 March 2026, 09:30 to 09:50 EDT (UTC-04:00)",
    );
    invites(
        &mails,
        LENA,
        1,
        second,
        "Wednesday, 11 March 2026, 14:30 to 14:50 CET (UTC+01:00)",
    );
    invites(
        &mails,
        RAVI,
        1,
        second,
        "Wednesday, 11 March 2026, 19:00 to 19:20 IST (UTC+05:30)",
    );
    interviewers_are_briefed(&mails, &journey.interview);
    every_link_leads_to_a_page(&mails, &journey.interview).await;

    let past = json!({ "id": journey.interview, "asOf": { "position": journey.before_move } });
    let then = cast.recruiter.data(op::INTERVIEW, &past).await.unwrap();
    assert_eq!(
        then["interview"]["slot"]["start"], "2026-03-10T13:00:00Z",
        "{then}"
    );
    assert_eq!(then["interview"]["revision"], 1, "{then}");
    assert_eq!(then["interview"]["formerSlots"], json!([]), "{then}");
    assert_eq!(then["interview"]["status"], "CONFIRMED", "{then}");
    let feedback = cast
        .candidate
        .data(op::INTERVIEW, &json!({ "id": journey.interview }))
        .await
        .unwrap();
    assert_eq!(feedback["interview"]["feedback"][0]["rating"], 4, "{feedback}");

    let before = timeline(&cast.recruiter, &journey.interview).await.unwrap();
    journey
        .erase(&cast, &stage, &server.clock, &Silent)
        .await
        .unwrap();
    let after = timeline(&cast.recruiter, &journey.interview).await.unwrap();
    assert!(
        after.len() >= before.len(),
        "{} events of {}",
        after.len(),
        before.len()
    );
    assert!(!after.iter().any(|event| event.to_string().contains("Whitfield")));
    server.stop().await.0
}

/// Asserts that somebody has a mail with this version of the appointment, told in their zone.
fn invites(mails: &[Mail], person: Person, sequence: u32, start: &str, when: &str) {
    let line = format!("SEQUENCE:{sequence}");
    let is_it = |mail: &&Mail| {
        let calendar = mail.calendar.as_deref().unwrap_or_default();
        mail.to == person.email && calendar.lines().any(|found| found == line)
    };
    let found: Vec<_> = mails.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{} of {}: {mails:#?}", line, person.email);
    let calendar = found[0].calendar.as_deref().unwrap();
    assert!(calendar.lines().any(|found| found == start), "{calendar}");
    assert!(
        calendar.lines().any(|found| found == "METHOD:REQUEST"),
        "{calendar}"
    );
    assert!(found[0].text.contains(when), "{}", found[0].text);
    assert!(found[0].html.contains(person.name), "{}", found[0].html);
}

/// Asserts that interviewers read job role, experience and link, as they were told the first time.
fn interviewers_are_briefed(mails: &[Mail], interview: &str) {
    let assigned = |person: Person| {
        let is_it = |mail: &&Mail| mail.to == person.email && mail.subject.starts_with("You interview");
        mails.iter().find(is_it).unwrap()
    };
    for mail in [assigned(LENA), assigned(RAVI)] {
        assert!(mail.text.contains("Backend engineer"), "{}", mail.text);
        assert!(mail.text.contains("6 years"), "{}", mail.text);
        assert!(
            mail.text.contains(&format!("/rooms/{interview}")),
            "{}",
            mail.text
        );
    }
}

/// Asserts that the server has a page behind each address in its mails, and that interview and room are among them.
async fn every_link_leads_to_a_page(mails: &[Mail], interview: &str) {
    let links: BTreeSet<_> = mails
        .iter()
        .flat_map(|mail| mail.text.split_whitespace())
        .filter(|word| word.starts_with("http"))
        .collect();

    for page in ["interviews", "rooms"] {
        let path = format!("/{page}/{interview}");
        assert!(
            links.iter().any(|link| link.ends_with(&path)),
            "{path}: {links:?}"
        );
    }
    let http = reqwest::Client::new();
    for link in links {
        let answer = http.get(link).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{link}");
        assert!(
            answer.text().await.unwrap().starts_with("<!doctype html>"),
            "{link}"
        );
    }
}
