//! How the journey ends, however often it was interrupted.

use std::collections::BTreeSet;

use greenroom::demo::{
    journey::{CANDIDATE, Cast, Journey, LENA, RAVI, RECRUITER, timeline},
    operations as op,
};
use serde_json::{Value, json};

use super::{
    mails::{Mail, sent},
    server::Server,
};

/// The mails of the whole journey, by recipient and beginning of the subject.
const MAILS: [(&str, &str); 8] = [
    (CANDIDATE.email, "There is feedback"),
    (CANDIDATE.email, "Your interview has a new time"),
    (CANDIDATE.email, "Your interview is confirmed"),
    (LENA.email, "You interview Asha Whitfield"),
    (LENA.email, "Your interview has a new time"),
    (RAVI.email, "You interview Asha Whitfield"),
    (RAVI.email, "Your interview has a new time"),
    (RECRUITER.email, "The report"),
];

/// Asserts that everything happened, and each thing once.
pub(crate) async fn holds(server: &Server, cast: &Cast, journey: &Journey) {
    let data = cast
        .recruiter
        .data(op::INTERVIEW, &json!({ "id": journey.interview }))
        .await
        .unwrap();
    let interview = &data["interview"];
    assert_eq!(interview["status"], "COMPLETED", "{interview}");
    assert_eq!(interview["phase"], "SUCCEEDED", "{interview}");
    assert_eq!(interview["outcome"], "PASS", "{interview}");
    assert_eq!(interview["revision"], 2, "{interview}");
    assert_eq!(interview["payment"]["status"], "CAPTURED", "{interview}");
    assert_eq!(
        interview["scorecards"].as_array().map(Vec::len),
        Some(2),
        "{interview}"
    );
    assert_eq!(
        interview["feedback"].as_array().map(Vec::len),
        Some(1),
        "{interview}"
    );
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(
        system["system"]["effects"]["dead"],
        0,
        "{system}\n{}",
        server.log()
    );

    every_mail_once(&sent(server.place.folder()));
    one_charge(server);
    let told = timeline(&cast.recruiter, &journey.interview).await.unwrap();
    for (kind, times) in ONCE {
        assert_eq!(count(&told, kind), *times, "{kind}");
    }
}

/// How often events of a type stand in the story.
const ONCE: &[(&str, usize)] = &[
    ("interview.booking_requested", 1),
    ("payment.opened", 1),
    ("payment.captured", 1),
    ("payment.duplicate_capture_detected", 0),
    ("interview.confirmed", 1),
    ("interview.rescheduled", 1),
    ("interview.ended", 1),
    ("scorecard.submitted", 2),
    ("scorecard.amended", 1),
    ("decision.recorded", 1),
    ("feedback.released", 1),
    ("report.requested", 1),
    ("report.generated", 1),
    ("report.published", 1),
    ("notification.delivery_accepted", 8),
];

/// How many events of a type stand in a story.
pub(crate) fn count(told: &[Value], kind: &str) -> usize {
    told.iter().filter(|event| event["type"] == kind).count()
}

/// Asserts that exactly the mails of the journey were sent.
pub(crate) fn every_mail_once(mails: &[Mail]) {
    let about: Vec<_> = mails
        .iter()
        .map(|mail| (mail.to.as_str(), mail.subject.as_str()))
        .collect();
    assert_eq!(about.len(), MAILS.len(), "{about:#?}");
    for ((to, subject), (recipient, beginning)) in about.iter().zip(MAILS) {
        assert_eq!(*to, recipient, "{about:#?}");
        assert!(subject.starts_with(beginning), "{subject}: {about:#?}");
    }
    let ids: BTreeSet<_> = mails.iter().map(|mail| &mail.id).collect();
    assert_eq!(ids.len(), mails.len(), "a Message-ID was used twice");
}

/// Asserts that the provider took money once.
fn one_charge(server: &Server) {
    let journal = server.place.folder().join("sandbox_payments.jsonl");
    let journal = std::fs::read_to_string(journal).unwrap();
    let attempts: Vec<_> = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|entry| entry["entry"] == "attempt")
        .collect();
    assert_eq!(attempts.len(), 1, "{attempts:?}");
}
