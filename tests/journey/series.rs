//! Interviews that recur are set up together, all or none, and live on each by itself.

use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::cancellation::CANCEL;
use crate::support::{
    mails::sent,
    server::{Place, Server},
};

const SERIES: &str = "mutation($input: ScheduleSeriesInput!) { result: scheduleSeries(input: $input) { seriesId interviews { id status title revision slot { start localStart timeZone } series { seriesId number of rule } } userErrors { code message field ... on OccurrencesRefusedError { occurrences { start code message } } } } }";
const OF_SERIES: &str = "query($series: ID!) { interviews(where: {seriesId: {eq: $series}}) { totalCount edges { node { id status slot { start localStart } series { number } } } } }";
const WEEKLY: &str = "FREQ=WEEKLY;COUNT=4";

async fn prepared(place: Place) -> (Server, Cast, Stage) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    (server, cast, stage)
}

/// Tuesdays at three in Berlin, from a week before clocks change there.
fn weekly(stage: &Stage, key: &str) -> Value {
    json!({
        "title": "Coaching", "start": "2026-03-17T14:00:00Z", "timeZone": "Europe/Berlin", "rule": WEEKLY,
        "durationMinutes": 45, "candidateId": stage.candidate, "interviewerIds": stage.interviewers,
        "idempotencyKey": key
    })
}

async fn head(cast: &Cast) -> Value {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    system["system"]["head"].clone()
}

async fn of_series(client: &Client, series: &Value) -> Vec<Value> {
    let asked = json!({ "series": series });
    let mut data = client.data(OF_SERIES, &asked).await.unwrap();
    let Value::Array(edges) = data["interviews"]["edges"].take() else {
        panic!("{data}")
    };
    edges.into_iter().map(|mut edge| edge["node"].take()).collect()
}

fn field(interviews: &[Value], pointer: &str) -> Value {
    interviews
        .iter()
        .map(|interview| interview.pointer(pointer).unwrap().clone())
        .collect()
}

#[tokio::test]
async fn a_series_keeps_its_wall_time_and_each_of_it_lives_by_itself_on_sqlite() {
    a_series_keeps_its_wall_time_and_each_of_it_lives_by_itself(Place::embedded()).await;
}

#[tokio::test]
async fn a_series_keeps_its_wall_time_and_each_of_it_lives_by_itself_on_postgres() {
    if let Some(place) = Place::postgres().await {
        a_series_keeps_its_wall_time_and_each_of_it_lives_by_itself(place).await;
    }
}

async fn a_series_keeps_its_wall_time_and_each_of_it_lives_by_itself(place: Place) {
    let (server, cast, stage) = prepared(place).await;

    let made = cast
        .recruiter
        .carry_out(SERIES, &weekly(&stage, "weekly"))
        .await
        .unwrap();
    let again = cast
        .recruiter
        .carry_out(SERIES, &weekly(&stage, "weekly"))
        .await
        .unwrap();

    assert_eq!(again["seriesId"], made["seriesId"]);
    let interviews = made["interviews"].as_array().unwrap();
    let local = ["2026-03-17", "2026-03-24", "2026-03-31", "2026-04-07"].map(|day| format!("{day}T15:00:00"));
    assert_eq!(field(interviews, "/slot/localStart"), json!(local));
    let utc = [
        "2026-03-17T14:00:00Z",
        "2026-03-24T14:00:00Z",
        "2026-03-31T13:00:00Z",
        "2026-04-07T13:00:00Z",
    ];
    assert_eq!(field(interviews, "/slot/start"), json!(utc));
    assert_eq!(field(interviews, "/status"), json!(vec!["CONFIRMED"; 4]));
    assert_eq!(field(interviews, "/series/number"), json!([1, 2, 3, 4]));
    assert_eq!(interviews[1]["series"]["rule"], WEEKLY);

    server.clock.settle().await.unwrap();
    let second = interviews[1]["id"].as_str().unwrap();
    let off = json!({ "interviewId": second, "idempotencyKey": "off" });
    cast.recruiter.carry_out(CANCEL, &off).await.unwrap();
    let moved = json!({
        "interviewId": interviews[2]["id"], "start": "2026-04-01T12:00:00Z", "expectedRevision": 1, "idempotencyKey": "moved"
    });
    cast.recruiter.carry_out(op::RESCHEDULE, &moved).await.unwrap();
    server.clock.settle().await.unwrap();

    let left = of_series(&cast.candidate, &made["seriesId"]).await;
    assert_eq!(
        field(&left, "/status"),
        json!(["CONFIRMED", "CANCELLED", "CONFIRMED", "CONFIRMED"])
    );
    assert_eq!(left[2]["slot"]["start"], "2026-04-01T12:00:00Z");
    assert_eq!(
        of_series(&cast.stranger, &made["seriesId"]).await,
        Vec::<Value>::new()
    );
    let confirmations = sent(server.place.folder()).into_iter();
    let confirmations = confirmations.filter(|mail| mail.subject.starts_with("Your interview is confirmed"));
    assert_eq!(confirmations.count(), 4);
}

#[tokio::test]
async fn of_a_series_that_meets_something_nothing_is_booked_and_what_it_meets_is_told() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let taken = json!({
        "title": "Other", "start": "2026-03-24T14:15:00Z", "durationMinutes": 30, "candidateId": stage.candidate,
        "interviewerIds": [stage.interviewers[1]], "idempotencyKey": "other"
    });
    let schedule = "mutation($input: ScheduleInterviewInput!) { result: scheduleInterview(input: $input) { interview { id } userErrors { code message field } } }";
    cast.recruiter.carry_out(schedule, &taken).await.unwrap();
    let mut series = weekly(&stage, "met");
    series["rule"] = json!("FREQ=DAILY;COUNT=8");
    server.clock.settle().await.unwrap();
    let before = head(&cast).await;

    let answer = cast
        .recruiter
        .send(SERIES, &json!({ "input": series }))
        .await
        .unwrap();

    let error = &answer["data"]["result"]["userErrors"][0];
    assert_eq!(error["code"], "OCCURRENCES_REFUSED", "{answer}");
    // A Saturday, a Sunday, and what is taken.
    let refused = error["occurrences"].as_array().unwrap();
    let codes = json!(["SLOT_NOT_OFFERED", "SLOT_NOT_OFFERED", "SLOT_TAKEN"]);
    assert_eq!(field(refused, "/code"), codes, "{answer}");
    assert_eq!(refused[2]["start"], "2026-03-24T14:00:00Z");
    assert_eq!(head(&cast).await, before);

    series["except"] = field(refused, "/start");
    let made = cast.recruiter.carry_out(SERIES, &series).await.unwrap();
    assert_eq!(made["interviews"].as_array().unwrap().len(), 5);
    let itself = json!({ "rule": "FREQ=MINUTELY;INTERVAL=30;COUNT=2", "start": "2026-05-05T12:00:00Z", "idempotencyKey": "itself" });
    let mut overlapping = weekly(&stage, "itself");
    overlapping
        .as_object_mut()
        .unwrap()
        .extend(itself.as_object().unwrap().clone());
    assert_eq!(
        cast.recruiter.refusal(SERIES, &overlapping).await.unwrap(),
        "OCCURRENCES_REFUSED"
    );
}

#[tokio::test]
async fn rules_that_are_none_cost_too_much_or_go_on_for_ever_are_refused_by_name() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    server.clock.settle().await.unwrap();
    let before = head(&cast).await;

    let long = format!("FREQ=YEARLY;COUNT=2;BYYEARDAY={}", vec!["1"; 2_000].join(","));
    for (rule, code) in [
        ("FREQ=WEEKLY;COUNT=10000", "TOO_MANY_OCCURRENCES"),
        ("FREQ=SECONDLY;BYSECOND=5;BYSETPOS=2;COUNT=2", "RULE_TOO_COSTLY"),
        ("FREQ=SECONDLY;COUNT=1000000000", "TOO_MANY_OCCURRENCES"),
        ("FREQ=WEEKLY;INTERVAL=0;COUNT=2", "RULE_INVALID"),
        ("every second tuesday", "RULE_INVALID"),
        ("FREQ=WEEKLY;BYWEEKNO=3;COUNT=2", "RULE_CONTRADICTS_ITSELF"),
        (&long, "RULE_TOO_LONG"),
        ("FREQ=WEEKLY", "INVALID"),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "INVALID"),
    ] {
        let mut series = weekly(&stage, "refused");
        series["rule"] = json!(rule);
        let refused = cast.recruiter.refusal(SERIES, &series).await.unwrap();
        assert_eq!(refused, code, "{}", &rule[..rule.len().min(80)]);
    }
    let beyond = json!({ "rule": "FREQ=YEARLY;COUNT=3" });
    let mut series = weekly(&stage, "beyond");
    series
        .as_object_mut()
        .unwrap()
        .extend(beyond.as_object().unwrap().clone());
    assert_eq!(
        cast.recruiter.refusal(SERIES, &series).await.unwrap(),
        "OCCURRENCES_REFUSED"
    );
    let of_candidate = cast
        .candidate
        .refusal(SERIES, &weekly(&stage, "own"))
        .await
        .unwrap();
    assert_eq!(of_candidate, "FORBIDDEN");
    assert_eq!(head(&cast).await, before);
}
