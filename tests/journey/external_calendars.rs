//! Interviewers keep calendars elsewhere: what is busy there is not offered and cannot be booked, and what is booked stays.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, beginning, booking, prepare, starts},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::travel::of_lena_alone;
use crate::support::server::{Place, Server};

pub(super) const LINK: &str = "mutation($input: LinkCalendarInput!) { result: linkCalendar(input: $input) { calendarId availability { externalCalendars { id host } } position userErrors { code message field } } }";
const UNLINK: &str = "mutation($input: UnlinkCalendarInput!) { result: unlinkCalendar(input: $input) { availability { externalCalendars { id } } userErrors { code message field } } }";
const EXPLAIN: &str = "query($input: SlotsInput!) { slots(input: $input) { removed { slot { start } rule obstacles { rule count } } } }";

const STATES: &str = "query($id: ID!) { availability(personId: $id) { externalCalendars { host fetchedAt nextFetchAt errorCode } } }";

/// A server of one calendar, which knows whether somebody has its present text.
#[derive(Clone, Default)]
struct Calendars {
    text: Arc<Mutex<Option<String>>>,
    /// Answered statuses, in order.
    answered: Arc<Mutex<Vec<u16>>>,
}

impl Calendars {
    async fn start(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().fallback(serve).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    fn says(&self, text: Option<String>) {
        *self.text.lock().unwrap() = text;
    }

    fn answered(&self) -> Vec<u16> {
        self.answered.lock().unwrap().clone()
    }
}

async fn serve(State(calendars): State<Calendars>, headers: HeaderMap) -> Response {
    let text = calendars.text.lock().unwrap().clone();
    let answer = match text {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(text) => {
            let etag = format!("\"{}\"", text.len());
            if headers.get("if-none-match").is_some_and(|known| *known == *etag) {
                StatusCode::NOT_MODIFIED.into_response()
            } else {
                ([("etag", etag)], text).into_response()
            }
        }
    };
    calendars.answered.lock().unwrap().push(answer.status().as_u16());
    answer
}

async fn prepared() -> (Server, Cast, Stage) {
    prepared_at(Place::embedded()).await
}

async fn prepared_at(place: Place) -> (Server, Cast, Stage) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let stage = of_lena_alone(&cast, &stage).await;
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

/// A calendar file with these entries.
fn calendar(entries: &[&str]) -> String {
    let entries = entries.iter().enumerate();
    let entries = entries.map(|(number, lines)| {
        format!("BEGIN:VEVENT\nUID:{number}@example.org\nSUMMARY:Dentist\n{lines}\nEND:VEVENT\n")
    });
    let entries: String = entries.collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//calendar\n{entries}END:VCALENDAR\n")
}

/// Every Tuesday at ten in Berlin, for an hour.
const TUESDAYS: &str = "DTSTART;TZID=Europe/Berlin:20260303T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY";

fn file(entries: &[&str], key: &str) -> Value {
    json!({ "file": calendar(entries), "idempotencyKey": key })
}

/// Of a day, the starts between nine and twelve in Berlin.
async fn morning(client: &Client, stage: &Stage, date: &str) -> Vec<String> {
    let offered = starts(client, stage, beginning(), 30).await.unwrap();
    let hours = ["08:", "09:", "10:"].map(|hour| format!("{date}T{hour}"));
    let in_morning = |start: &String| hours.iter().any(|hour| start.starts_with(hour));
    let found = offered.into_iter().filter(in_morning);
    found.map(|start| start[11..16].to_owned()).collect()
}

async fn attention(cast: &Cast) -> Value {
    let mut data = cast.recruiter.data(op::ATTENTION, &json!({})).await.unwrap();
    data["attention"]["edges"].take()
}

async fn book(cast: &Cast, stage: &Stage, start: &str) -> String {
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(stage, start, start))
        .await
        .unwrap();
    booked["interview"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_busy_elsewhere_is_not_offered_says_why_and_cannot_be_booked() {
    let (_server, cast, stage) = prepared().await;
    let free = morning(&cast.candidate, &stage, "2026-03-10").await;

    let linked = cast
        .lena
        .carry_out(LINK, &file(&[TUESDAYS], "file"))
        .await
        .unwrap();

    assert_eq!(free, ["08:00", "08:30", "09:00", "09:30", "10:00", "10:30"]);
    assert_eq!(
        morning(&cast.candidate, &stage, "2026-03-10").await,
        ["08:00", "08:30", "10:00", "10:30"]
    );
    assert_eq!(morning(&cast.candidate, &stage, "2026-03-11").await.len(), 6);
    let refused = booking(&stage, "2026-03-10T09:30:00Z", "busy");
    assert_eq!(
        cast.candidate
            .refusal(op::REQUEST_BOOKING, &refused)
            .await
            .unwrap(),
        "SLOT_TAKEN"
    );
    let asked = json!({ "input": {
        "typeId": stage.interview_type, "timeZone": "UTC", "explain": true,
        "from": "2026-03-10T09:00:00Z", "to": "2026-03-10T10:00:00Z"
    } });
    let told = cast.recruiter.data(EXPLAIN, &asked).await.unwrap();
    assert_eq!(told["slots"]["removed"][0]["rule"], "BUSY_ELSEWHERE", "{told}");
    assert_eq!(
        told["slots"]["removed"][0]["obstacles"],
        json!([{ "rule": "BUSY_ELSEWHERE", "count": 1 }])
    );
    let stranger = cast.candidate.data(EXPLAIN, &asked).await.unwrap();
    assert_eq!(stranger["slots"]["removed"][0]["rule"], "TAKEN");
    let again = cast
        .lena
        .carry_out(LINK, &file(&[TUESDAYS], "file"))
        .await
        .unwrap();
    assert_eq!(again["calendarId"], linked["calendarId"]);

    // The wall time stays when clocks change on the 29th of March, and unlinking frees it.
    assert_eq!(
        morning(&cast.candidate, &stage, "2026-03-31").await,
        ["09:00", "09:30", "10:00", "10:30"]
    );
    let unlink = json!({ "calendarId": linked["calendarId"], "idempotencyKey": "unlink" });
    let unlinked = cast.lena.carry_out(UNLINK, &unlink).await.unwrap();
    assert_eq!(unlinked["availability"]["externalCalendars"], json!([]));
    assert_eq!(morning(&cast.candidate, &stage, "2026-03-10").await, free);
}

#[tokio::test]
async fn what_is_booked_stays_and_is_told_until_nothing_clashes() {
    let (_server, cast, stage) = prepared().await;
    let interview = book(&cast, &stage, "2026-03-10T09:30:00Z").await;
    book(&cast, &stage, "2026-03-10T12:00:00Z").await;
    let before = attention(&cast).await;

    let linked = cast
        .lena
        .carry_out(LINK, &file(&[TUESDAYS], "file"))
        .await
        .unwrap();

    let shown = attention(&cast).await;
    let kept = cast
        .candidate
        .data(op::INTERVIEW, &json!({ "id": interview }))
        .await
        .unwrap();
    assert_eq!(before, json!([]));
    assert_eq!(shown.as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(shown[0]["node"]["kind"], "BUSY_ELSEWHERE");
    assert_eq!(shown[0]["node"]["interviewId"], json!(interview));
    assert_eq!(kept["interview"]["status"], "CONFIRMED");
    let unlink = json!({ "calendarId": linked["calendarId"], "idempotencyKey": "unlink" });
    cast.lena.carry_out(UNLINK, &unlink).await.unwrap();
    assert_eq!(attention(&cast).await, json!([]));
}

#[tokio::test]
async fn a_calendar_that_cannot_be_used_is_refused_by_name_and_leaves_nothing_behind() {
    let (_server, cast, stage) = prepared().await;
    let before = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let entry = |lines: &str| calendar(&[lines]);
    let refused = async |text: String| {
        let input = json!({ "file": text, "idempotencyKey": "refused" });
        cast.lena.refusal(LINK, &input).await.unwrap()
    };

    assert_eq!(refused("<html>".to_owned()).await, "CALENDAR_UNREADABLE");
    assert_eq!(refused(entry("DTSTART:soon")).await, "CALENDAR_ENTRY_INVALID");
    assert_eq!(
        refused(entry("DTSTART;TZID=Mars/Olympus:20260310T090000")).await,
        "CALENDAR_ZONE_UNKNOWN"
    );
    assert_eq!(
        refused(entry("DTSTART:20260310T090000Z\nRRULE:FREQ=DAILY;INTERVAL=0")).await,
        "CALENDAR_RULE_INVALID"
    );
    assert_eq!(
        refused(entry(
            "DTSTART:20260310T090000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY;INTERVAL=2;COUNT=1000000"
        ))
        .await,
        "CALENDAR_TOO_MANY_TIMES"
    );
    let somebody =
        json!({ "accountId": stage.interviewers[0], "file": calendar(&[]), "idempotencyKey": "x" });
    assert_eq!(cast.ravi.refusal(LINK, &somebody).await.unwrap(), "NOT_FOUND");
    let unknown = json!({ "calendarId": "exc_00000000000000000000000007", "idempotencyKey": "y" });
    assert_eq!(cast.lena.refusal(UNLINK, &unknown).await.unwrap(), "NOT_FOUND");
    assert_eq!(
        cast.candidate.refusal(LINK, &somebody).await.unwrap(),
        "FORBIDDEN"
    );
    let after = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(after["system"]["head"], before["system"]["head"]);
}

#[tokio::test]
async fn a_calendar_at_an_address_is_followed_and_says_how_its_fetching_stands() {
    let (server, cast, stage) = prepared_at(Place::embedded().asking_loopback()).await;
    let calendars = Calendars::default();
    let address = calendars.start().await;
    calendars.says(Some(calendar(&[TUESDAYS])));
    let secret = format!("http://{address}/very-secret.ics");
    let state = async || {
        let asked = json!({ "id": stage.interviewers[0] });
        let mut data = cast.lena.data(STATES, &asked).await.unwrap();
        data["availability"]["externalCalendars"][0].take()
    };
    let tuesday = async || morning(&cast.candidate, &stage, "2026-03-10").await;
    let advance = async |minutes: i64| {
        let moment = beginning() + chrono::Duration::minutes(minutes);
        server.clock.advance_to(moment).await.unwrap();
        server.clock.settle().await.unwrap();
    };

    let url = json!({ "url": secret, "idempotencyKey": "feed" });
    let linked = cast.lena.carry_out(LINK, &url).await.unwrap();
    server.clock.settle().await.unwrap();
    let (first, busy) = (state().await, tuesday().await);
    let head = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap()["system"]["head"].clone();
    advance(40).await;
    let unchanged = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap()["system"]["head"].clone();
    calendars.says(None);
    advance(80).await;
    let (failed, still_busy) = (state().await, tuesday().await);
    calendars.says(Some(calendar(&[])));
    advance(100).await;
    let (mended, free) = (state().await, tuesday().await);
    let unlink = json!({ "calendarId": linked["calendarId"], "idempotencyKey": "unlink" });
    cast.lena.carry_out(UNLINK, &unlink).await.unwrap();
    let asked = calendars.answered();
    advance(300).await;

    assert_eq!(busy, ["08:00", "08:30", "10:00", "10:30"]);
    assert_eq!(first["host"], "***");
    assert_eq!(first["errorCode"], Value::Null);
    assert!(
        first["fetchedAt"].is_string() && first["nextFetchAt"].is_string(),
        "{first}"
    );
    assert_eq!(unchanged, head);
    assert_eq!(failed["errorCode"], "CALENDAR_REFUSED");
    assert!(failed["fetchedAt"].is_string());
    assert_eq!(still_busy, busy);
    assert_eq!(mended["errorCode"], Value::Null);
    assert_eq!(free.len(), 6);
    assert_eq!(asked, [200, 304, 404, 200]);
    assert_eq!(calendars.answered(), asked);
    assert!(!server.log().contains("very-secret"));
    assert!(!linked.to_string().contains("very-secret"));
}

#[tokio::test]
async fn an_address_that_leads_inward_is_refused_by_name_and_never_asked() {
    let (_server, cast, stage) = prepared().await;
    let calendars = Calendars::default();
    let address = calendars.start().await;
    let before = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let refused = async |url: &str| {
        let input = json!({ "url": url, "idempotencyKey": url });
        cast.lena.refusal(LINK, &input).await.unwrap()
    };

    for url in [
        format!("http://{address}/x.ics"),
        format!("http://localhost:{}/x.ics", address.port()),
        format!("http://[::ffff:127.0.0.1]:{}/x.ics", address.port()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://10.0.0.1/x.ics".to_owned(),
    ] {
        assert_eq!(refused(&url).await, "CALENDAR_ADDRESS_NOT_PUBLIC", "{url}");
    }
    assert_eq!(refused("file:///etc/passwd").await, "CALENDAR_ADDRESS_INVALID");
    assert_eq!(
        refused("https://eve:secret@example.org/x").await,
        "CALENDAR_ADDRESS_INVALID"
    );
    let neither = json!({ "idempotencyKey": "neither" });
    assert_eq!(cast.lena.refusal(LINK, &neither).await.unwrap(), "INVALID");
    let after = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(after["system"]["head"], before["system"]["head"]);
    assert!(calendars.answered().is_empty());
    assert_eq!(morning(&cast.candidate, &stage, "2026-03-10").await.len(), 6);
}
