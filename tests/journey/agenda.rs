//! What people have to do in a stretch of time, as far as whoever asks may know it.

use chrono::Duration;
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, beginning, booking, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::{
    availability::DECLARE, cancellation::CANCEL, external_calendars::LINK, scheduling::SCHEDULE,
    sessions::HOST,
};
use crate::support::{
    people::can_be_met,
    server::{Place, Server},
};

const AGENDA: &str = "query($people: [ID!]!, $from: DateTime!, $to: DateTime!) { agenda(personIds: $people, from: $from, to: $to) { person { id } kind start end protectedStart protectedEnd interview { id } } }";

/// Every Tuesday at ten in Berlin, for an hour.
const CALENDAR: &str = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//calendar\nBEGIN:VEVENT\nUID:1@example.org\nSUMMARY:Dentist\nDTSTART;TZID=Europe/Berlin:20260303T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR\n";

const HELD_AT: &str = "2026-03-10T13:00:00Z";
const SETTLED_AT: &str = "2026-03-11T13:07:00Z";

async fn prepared(place: Place) -> (Server, Cast, Stage) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

fn a_week(people: &[&str]) -> Value {
    json!({ "people": people, "from": "2026-03-09T00:00:00Z", "to": "2026-03-16T00:00:00Z" })
}

async fn agenda(client: &Client, people: &[&str]) -> Vec<Value> {
    let mut data = client.data(AGENDA, &a_week(people)).await.unwrap();
    let Value::Array(entries) = data["agenda"].take() else {
        panic!("no agenda: {data}");
    };
    entries
}

/// Who does what from when on.
fn told(entries: &[Value]) -> Vec<(&str, &str, &str)> {
    let told = entries.iter().map(|entry| {
        let [person, kind, start] = [&entry["person"]["id"], &entry["kind"], &entry["start"]];
        [person, kind, start].map(|value| value.as_str().unwrap())
    });
    told.map(|[person, kind, start]| (person, kind, start)).collect()
}

/// Lena and Ravi are held for a booking, Lena meets the candidate and has a calendar elsewhere, and Ravi is away for a day.
/// Gives the held and the settled interview.
async fn a_busy_week(cast: &Cast, stage: &Stage) -> [String; 2] {
    let linked = json!({ "file": CALENDAR, "idempotencyKey": "calendar" });
    cast.lena.carry_out(LINK, &linked).await.unwrap();
    let away =
        json!({ "from": "2026-03-12T00:00:00Z", "to": "2026-03-13T00:00:00Z", "idempotencyKey": "away" });
    cast.ravi.carry_out(DECLARE, &away).await.unwrap();
    let held = booking(stage, HELD_AT, "held");
    let held = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &held)
        .await
        .unwrap();
    let settled = json!({
        "title": "Second round", "start": SETTLED_AT, "durationMinutes": 45, "candidateId": stage.candidate,
        "interviewerIds": [stage.interviewers[0]], "idempotencyKey": "settled"
    });
    let settled = cast.recruiter.carry_out(SCHEDULE, &settled).await.unwrap();
    [held, settled].map(|made| made["interview"]["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_recruiter_sees_the_week_of_a_panel_and_others_what_they_may_know_on_sqlite() {
    a_recruiter_sees_the_week_of_a_panel(Place::embedded()).await;
}

#[tokio::test]
async fn a_recruiter_sees_the_week_of_a_panel_and_others_what_they_may_know_on_postgres() {
    if let Some(place) = Place::postgres().await {
        a_recruiter_sees_the_week_of_a_panel(place).await;
    }
}

async fn a_recruiter_sees_the_week_of_a_panel(place: Place) {
    let (server, cast, stage) = prepared(place).await;
    let [held, settled] = a_busy_week(&cast, &stage).await;
    let [lena, ravi] = [stage.interviewers[0].as_str(), stage.interviewers[1].as_str()];
    let panel = [ravi, lena, lena, "acc_00000000000000000000000009", "nobody"];

    let week = agenda(&cast.recruiter, &panel).await;

    let mut both = [lena, ravi];
    both.sort_unstable();
    let expected = [
        (lena, "BUSY_ELSEWHERE", "2026-03-10T09:00:00Z"),
        (both[0], "HOLD", HELD_AT),
        (both[1], "HOLD", HELD_AT),
        (lena, "INTERVIEW", SETTLED_AT),
        (ravi, "OUT_OF_OFFICE", "2026-03-12T00:00:00Z"),
    ];
    assert_eq!(told(&week), expected, "{week:#?}");
    assert_eq!(week[1]["interview"]["id"], json!(held));
    assert_eq!(week[1]["end"], "2026-03-10T13:20:00Z");
    assert_eq!(week[1]["protectedStart"], "2026-03-10T12:55:00Z");
    assert_eq!(week[1]["protectedEnd"], "2026-03-10T13:30:00Z");
    assert_eq!(week[3]["interview"]["id"], json!(settled));
    assert_eq!(week[0]["protectedStart"], Value::Null);
    others_see_what_they_may_know(&cast, &stage, &held).await;
    what_is_asked_wrongly_is_refused(&cast, lena).await;
    what_moves_or_is_over_leaves_it(&server, &cast, lena, &settled).await;
}

/// The organisation lets its interviewers schedule, so that they may know what their colleagues do, but not with whom.
async fn others_see_what_they_may_know(cast: &Cast, stage: &Stage, held: &str) {
    let [lena, ravi] = [stage.interviewers[0].as_str(), stage.interviewers[1].as_str()];
    let candidate = stage.candidate.as_str();

    let colleague = agenda(&cast.ravi, &[lena]).await;
    let own = agenda(&cast.candidate, &[candidate, lena, ravi]).await;
    let stranger = agenda(&cast.stranger, &[candidate, lena]).await;

    let lenas = [
        (lena, "BUSY_ELSEWHERE", "2026-03-10T09:00:00Z"),
        (lena, "HOLD", HELD_AT),
        (lena, "INTERVIEW", SETTLED_AT),
    ];
    assert_eq!(told(&colleague), lenas);
    assert_eq!(colleague[1]["interview"]["id"], json!(held));
    assert_eq!(colleague[2]["interview"], Value::Null);
    let candidates = [(candidate, "HOLD", HELD_AT), (candidate, "INTERVIEW", SETTLED_AT)];
    assert_eq!(told(&own), candidates);
    assert_eq!(own[0]["protectedStart"], Value::Null);
    assert_eq!(stranger, Vec::<Value>::new());
}

async fn what_is_asked_wrongly_is_refused(cast: &Cast, lena: &str) {
    let code = async |variables: Value| {
        let answer = cast.recruiter.send(AGENDA, &variables).await.unwrap();
        answer["errors"][0]["extensions"]["code"].clone()
    };
    let changed = |name: &str, value: Value| {
        let mut asked = a_week(&[lena]);
        asked[name] = value;
        asked
    };
    assert_eq!(code(changed("people", json!([]))).await, "BAD_USER_INPUT");
    assert_eq!(
        code(changed("people", json!(vec![lena; 51]))).await,
        "BAD_USER_INPUT"
    );
    assert_eq!(
        code(changed("to", json!("2026-03-09T00:00:00Z"))).await,
        "BAD_USER_INPUT"
    );
    assert_eq!(
        code(changed("to", json!("2026-05-11T00:00:00Z"))).await,
        "BAD_USER_INPUT"
    );
}

async fn what_moves_or_is_over_leaves_it(server: &Server, cast: &Cast, lena: &str, settled: &str) {
    server
        .clock
        .advance_to(beginning() + Duration::hours(2))
        .await
        .unwrap();
    let friday = "2026-03-13T13:00:00Z";
    let later =
        json!({ "interviewId": settled, "expectedRevision": 1, "start": friday, "idempotencyKey": "later" });
    cast.recruiter.carry_out(op::RESCHEDULE, &later).await.unwrap();
    let moved = agenda(&cast.recruiter, &[lena]).await;
    let off = json!({ "interviewId": settled, "idempotencyKey": "off" });
    cast.recruiter.carry_out(CANCEL, &off).await.unwrap();
    let cancelled = agenda(&cast.recruiter, &[lena]).await;

    // The booking was not paid in time.
    let elsewhere = (lena, "BUSY_ELSEWHERE", "2026-03-10T09:00:00Z");
    assert_eq!(told(&moved), [elsewhere, (lena, "INTERVIEW", friday)]);
    assert_eq!(told(&cancelled), [elsewhere]);
}

#[tokio::test]
async fn an_interviewer_who_may_not_schedule_sees_only_when_a_colleague_is_busy() {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let organisation = json!({ "name": "Careful", "timeZone": "Europe/Berlin", "interviewersDecide": false, "idempotencyKey": "organisation" });
    cast.admin
        .carry_out(op::CREATE_ORGANISATION, &organisation)
        .await
        .unwrap();
    let hours = [("09:00", "17:00")];
    let lena = can_be_met(&cast.lena, "Europe/Berlin", &hours, json!([])).await;
    let ravi = can_be_met(&cast.ravi, "Europe/Berlin", &hours, json!([])).await;
    let viewer = cast.candidate.data(op::VIEWER, &json!({})).await.unwrap();
    let candidate = viewer["viewer"]["account"]["id"].as_str().unwrap();
    let linked = json!({ "file": CALENDAR, "idempotencyKey": "calendar" });
    cast.lena.carry_out(LINK, &linked).await.unwrap();
    let after_the_dentist = json!({
        "title": "Chat", "start": "2026-03-10T10:00:00Z", "durationMinutes": 30, "candidateId": candidate,
        "interviewerIds": [lena], "idempotencyKey": "after the dentist"
    });
    cast.recruiter
        .carry_out(SCHEDULE, &after_the_dentist)
        .await
        .unwrap();

    // Candidates have calendars too, once they open a session; nobody who is no colleague sees into them.
    let session = json!({ "title": "Graphs", "idempotencyKey": "session" });
    cast.candidate.carry_out(HOST, &session).await.unwrap();

    let colleague = agenda(&cast.ravi, &[&lena, candidate]).await;
    let own = agenda(&cast.lena, &[&lena, &ravi]).await;

    assert_eq!(
        told(&colleague),
        [(lena.as_str(), "BUSY", "2026-03-10T09:00:00Z")]
    );
    assert_eq!(colleague[0]["end"], "2026-03-10T10:30:00Z");
    assert_eq!(colleague[0]["protectedStart"], Value::Null);
    assert_eq!(colleague[0]["interview"], Value::Null);
    let expected = [
        (lena.as_str(), "BUSY_ELSEWHERE", "2026-03-10T09:00:00Z"),
        (lena.as_str(), "INTERVIEW", "2026-03-10T10:00:00Z"),
    ];
    assert_eq!(told(&own), expected);
    assert!(own[1]["interview"]["id"].is_string(), "{own:?}");
}
