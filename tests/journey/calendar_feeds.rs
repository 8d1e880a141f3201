//! A calendar reads somebody's own interviews at a secret address.

use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, booking, prepare},
    operations as op,
    story::Silent,
};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use super::travel::of_lena_alone;
use crate::support::server::Server;

const CREATE: &str = "mutation($input: CreateCalendarFeedInput!) { result: createCalendarFeed(input: $input) { feedId url position userErrors { code message field } } }";
const REVOKE: &str = "mutation($input: RevokeCalendarFeedInput!) { result: revokeCalendarFeed(input: $input) { feedId userErrors { code message field } } }";
const FEEDS: &str = "{ viewer { calendarFeeds { id createdAt } } }";

async fn prepared() -> (Server, Cast, Stage) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let stage = of_lena_alone(&cast, &stage).await;
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

async fn book(client: &Client, stage: &Stage, start: &str) -> String {
    let booked = client
        .carry_out(op::REQUEST_BOOKING, &booking(stage, start, start))
        .await
        .unwrap();
    booked["interview"]["id"].as_str().unwrap().to_owned()
}

pub(super) async fn created(client: &Client, key: &str) -> Value {
    client
        .carry_out(CREATE, &json!({ "idempotencyKey": key }))
        .await
        .unwrap()
}

/// Asks at a path of the server, whatever the address says that it is called from outside.
pub(super) async fn read(
    server: &Server,
    url: &str,
    known: Option<&str>,
) -> (StatusCode, header::HeaderMap, String) {
    let path = url.split_once("/calendars/").unwrap().1;
    let mut request = reqwest::Client::new().get(server.base.join(&format!("calendars/{path}")).unwrap());
    if let Some(known) = known {
        request = request.header(header::IF_NONE_MATCH, known);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.text().await.unwrap())
}

#[tokio::test]
async fn a_feed_tells_ones_own_interviews_and_names_nobody() {
    let (server, cast, stage) = prepared().await;
    let own = book(&cast.candidate, &stage, "2026-03-10T13:00:00Z").await;
    let of_another = book(&cast.stranger, &stage, "2026-03-10T14:00:00Z").await;
    server.clock.settle().await.unwrap();
    let feed = created(&cast.candidate, "feed").await;
    let of_lena = created(&cast.lena, "feed").await;

    let (status, headers, file) = read(&server, feed["url"].as_str().unwrap(), None).await;
    let (_, _, all) = read(&server, of_lena["url"].as_str().unwrap(), None).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "text/calendar; charset=utf-8");
    assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache");
    let file = file.replace("\r\n ", "");
    assert!(file.starts_with("BEGIN:VCALENDAR\r\n"), "{file}");
    assert!(file.contains(&format!("UID:{own}@")), "{file}");
    assert!(file.contains("DTSTART:20260310T130000Z\r\nDTEND:20260310T133000Z\r\nSTATUS:CONFIRMED"));
    assert!(file.contains("SUMMARY:First talk\r\n"));
    assert!(!file.contains(&of_another), "{file}");
    for unwanted in [
        "ATTENDEE",
        "ORGANIZER",
        "mailto",
        "northwind",
        "mailbox",
        "Lena",
        "Asha",
    ] {
        assert!(!file.contains(unwanted), "{unwanted} in {file}");
        assert!(!all.contains(unwanted), "{unwanted} in {all}");
    }
    assert_eq!(all.matches("BEGIN:VEVENT").count(), 2);
}

#[tokio::test]
async fn a_calendar_that_has_the_file_is_told_so_until_something_changes() {
    let (server, cast, stage) = prepared().await;
    let interview = book(&cast.candidate, &stage, "2026-03-10T13:00:00Z").await;
    server.clock.settle().await.unwrap();
    let feed = created(&cast.candidate, "feed").await;
    let url = feed["url"].as_str().unwrap();
    let (_, headers, _) = read(&server, url, None).await;
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();

    let (same, _, nothing) = read(&server, url, Some(&format!("\"another\", {tag}"))).await;
    let moved = json!({ "interviewId": interview, "expectedRevision": 1, "start": "2026-03-11T10:00:00Z", "idempotencyKey": "move" });
    cast.candidate.carry_out(op::RESCHEDULE, &moved).await.unwrap();
    let (changed, headers, file) = read(&server, url, Some(&tag)).await;

    assert_eq!((same, nothing.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(changed, StatusCode::OK);
    assert_ne!(headers[header::ETAG].to_str().unwrap(), tag);
    assert!(file.contains("SEQUENCE:1\r\n"), "{file}");
    assert!(file.contains("DTSTART:20260311T100000Z\r\n"), "{file}");
}

#[tokio::test]
async fn what_does_not_answer_answers_alike_and_a_revoked_address_is_dead_at_once() {
    let (server, cast, _) = prepared().await;
    let feed = created(&cast.candidate, "feed").await;
    let again = created(&cast.candidate, "feed").await;
    let url = feed["url"].as_str().unwrap();
    assert_eq!(again, feed);
    let listed = cast.candidate.data(FEEDS, &json!({})).await.unwrap();
    assert_eq!(listed["viewer"]["calendarFeeds"][0]["id"], feed["feedId"]);
    assert_eq!(read(&server, url, None).await.0, StatusCode::OK);
    let of_another = json!({ "feedId": feed["feedId"], "idempotencyKey": "not mine" });
    assert_eq!(cast.lena.refusal(REVOKE, &of_another).await.unwrap(), "NOT_FOUND");

    let revoke = json!({ "feedId": feed["feedId"], "idempotencyKey": "revoke" });
    cast.candidate.carry_out(REVOKE, &revoke).await.unwrap();

    let revoked = read(&server, url, None).await;
    let mut forged = url.to_owned();
    let secret = forged.len() - ".ics".len() - 10;
    let other = if forged.as_bytes()[secret] == b'A' {
        "B"
    } else {
        "A"
    };
    forged.replace_range(secret..=secret, other);
    for address in [forged.as_str(), "x/calendars/nothing.ics", "x/calendars/nothing"] {
        let (status, headers, text) = read(&server, address, None).await;
        assert_eq!(
            (status, text),
            (StatusCode::NOT_FOUND, revoked.2.clone()),
            "{address}"
        );
        let constant = |name| headers.get(&name) == revoked.1.get(&name);
        assert!(constant(header::CONTENT_TYPE) && constant(header::CACHE_CONTROL) && constant(header::ETAG));
    }
    assert_eq!(revoked.0, StatusCode::NOT_FOUND);
    let listed = cast.candidate.data(FEEDS, &json!({})).await.unwrap();
    assert_eq!(listed["viewer"]["calendarFeeds"], json!([]));
}
