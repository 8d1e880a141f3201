//! How much is taken on of a product decides what is offered of it and what can be booked, by bookings and moves alike.

use domain::actor::Role;
use greenroom::demo::{
    journey::{Cast, Clockwork, Stage, beginning, booking, prepare, starts},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::cancellation::CANCEL;
use crate::support::{
    people::{can_be_met, somebody},
    server::Server,
};

const SLOTS: &str = "query($input: SlotsInput!) { slots(input: $input) { removed { slot { start } rule needed obstacles { rule } } } }";
const LIMITS: &str = "{ interviewTypes(first: 10) { edges { node { id limits { perDay perWeek perMonth minutesPerDay minutesPerWeek minutesPerMonth } } } } }";
const SCHEDULE: &str = "mutation($input: ScheduleInterviewInput!) { result: scheduleInterview(input: $input) { interview { id } userErrors { code message field } } }";

/// Starts of Thursday the 12th in Kathmandu, which begins and ends at 18:15Z.
const MORNING: &str = "2026-03-12T04:15:00Z";
const NOON: &str = "2026-03-12T06:15:00Z";
const AFTERNOON: &str = "2026-03-12T08:15:00Z";
const EVENING: &str = "2026-03-12T17:45:00Z";
const NEXT_DAY: &str = "2026-03-12T18:15:00Z";

/// A server with a product of one interviewer in Kathmandu, of which something is said.
async fn prepared(said: Value) -> (Server, Cast, Stage) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let host = somebody(&server, Role::Interviewer, "maya").await;
    let host = can_be_met(&host, "Asia/Kathmandu", &[("00:00", "24:00")], json!([])).await;
    let product = json!({
        "title": "Talk", "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY", "durationMinutes": 30,
        "slotStepMinutes": 30, "interviewerIds": [host], "limits": said, "idempotencyKey": "talk"
    });
    let made = cast.recruiter.carry_out(op::DEFINE_TYPE, &product).await.unwrap();
    let interview_type = made["interviewType"]["id"].as_str().unwrap().to_owned();
    server.clock.settle().await.unwrap();
    let stage = Stage {
        interview_type,
        interviewers: [host, stage.interviewers[1].clone()],
        ..stage
    };
    (server, cast, stage)
}

async fn book(cast: &Cast, stage: &Stage, start: &str) -> String {
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(stage, start, start))
        .await
        .unwrap();
    booked["interview"]["id"].as_str().unwrap().to_owned()
}

async fn refused(cast: &Cast, stage: &Stage, start: &str) -> String {
    let input = booking(stage, start, &format!("not {start}"));
    cast.candidate.refusal(op::REQUEST_BOOKING, &input).await.unwrap()
}

fn to(interview: &str, revision: u32, start: &str) -> Value {
    json!({
        "interviewId": interview, "start": start, "expectedRevision": revision,
        "idempotencyKey": format!("{interview} {start}")
    })
}

/// Which of these starts are offered to the candidate.
async fn offered<'s>(cast: &Cast, stage: &Stage, asked: &[&'s str]) -> Vec<&'s str> {
    let all = starts(&cast.candidate, stage, beginning(), 7).await.unwrap();
    let is_offered = |start: &&&str| all.iter().any(|known| known == **start);
    asked.iter().filter(is_offered).copied().collect()
}

/// What the candidate is told of a start that is not offered.
async fn told(cast: &Cast, stage: &Stage, start: &str) -> Value {
    let input = json!({ "input": {
        "typeId": stage.interview_type, "from": "2026-03-11T18:15:00Z", "to": "2026-03-12T18:15:00Z",
        "timeZone": "UTC", "explain": true
    } });
    let data = cast.candidate.data(SLOTS, &input).await.unwrap();
    let removed = data["slots"]["removed"].as_array().unwrap();
    let found = removed.iter().find(|removed| removed["slot"]["start"] == start);
    found.unwrap_or_else(|| panic!("{start}: {data}")).clone()
}

#[tokio::test]
async fn no_more_of_a_product_is_offered_or_booked_on_a_day_than_is_taken_on() {
    let (_server, cast, stage) = prepared(json!({ "perDay": 2 })).await;
    let morning = book(&cast, &stage, MORNING).await;
    let noon = book(&cast, &stage, NOON).await;

    let day = [AFTERNOON, EVENING, NEXT_DAY];
    assert_eq!(offered(&cast, &stage, &day).await, [NEXT_DAY]);
    assert_eq!(refused(&cast, &stage, AFTERNOON).await, "SLOT_NOT_OFFERED");
    assert_eq!(refused(&cast, &stage, EVENING).await, "SLOT_NOT_OFFERED");
    let full = told(&cast, &stage, AFTERNOON).await;
    assert_eq!(
        full,
        json!({ "slot": { "start": AFTERNOON }, "rule": "TYPE_LIMIT", "needed": null, "obstacles": null })
    );
    assert_eq!(told(&cast, &stage, NOON).await["rule"], "TAKEN");

    // What moves within its day does not count against itself, and what would come from another day does.
    let next = book(&cast, &stage, NEXT_DAY).await;
    let crowded = cast
        .candidate
        .refusal(op::RESCHEDULE, &to(&next, 1, AFTERNOON))
        .await
        .unwrap();
    assert_eq!(crowded, "SLOT_NOT_OFFERED");
    cast.candidate
        .carry_out(op::RESCHEDULE, &to(&morning, 1, EVENING))
        .await
        .unwrap();

    let off = json!({ "interviewId": noon, "idempotencyKey": "off" });
    cast.recruiter.carry_out(CANCEL, &off).await.unwrap();
    let day = [MORNING, NOON, AFTERNOON, EVENING];
    assert_eq!(offered(&cast, &stage, &day).await, [MORNING, NOON, AFTERNOON]);
    cast.candidate
        .carry_out(op::RESCHEDULE, &to(&next, 1, AFTERNOON))
        .await
        .unwrap();
    assert!(offered(&cast, &stage, &day).await.is_empty());
}

#[tokio::test]
async fn what_is_set_up_directly_is_not_bound_by_the_limits_of_a_product_and_counts() {
    let (_server, cast, stage) = prepared(json!({ "perDay": 1, "minutesPerWeek": 90 })).await;
    let directly = |start: &str| {
        json!({
            "typeId": stage.interview_type, "candidateId": stage.candidate, "start": start,
            "interviewerIds": [stage.interviewers[0]], "idempotencyKey": start
        })
    };
    for start in [MORNING, NOON] {
        cast.recruiter
            .carry_out(SCHEDULE, &directly(start))
            .await
            .unwrap();
    }

    let offered_then = offered(&cast, &stage, &[AFTERNOON, NEXT_DAY]).await;
    let full = told(&cast, &stage, AFTERNOON).await;
    book(&cast, &stage, NEXT_DAY).await;

    assert_eq!(offered_then, [NEXT_DAY]);
    assert_eq!(full["rule"], "TYPE_LIMIT");
    // An hour and a half of this week are taken on by now, and the next one begins on Sunday at 18:15Z.
    let sunday = ["2026-03-15T17:45:00Z", "2026-03-15T18:15:00Z"];
    assert_eq!(offered(&cast, &stage, &sunday).await, sunday[1..]);
}

#[tokio::test]
async fn limits_are_told_and_those_that_contradict_each_other_are_refused_by_name() {
    let (_server, cast, stage) = prepared(json!({ "perDay": 2, "perMonth": 20 })).await;
    let before = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let define = |said: Value, key: usize| {
        let mut product = json!({
            "title": "Other", "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY",
            "durationMinutes": 30, "interviewerIds": [stage.interviewers[0]],
            "idempotencyKey": format!("other {key}")
        });
        product
            .as_object_mut()
            .unwrap()
            .extend(said.as_object().unwrap().clone());
        json!({ "input": product })
    };

    for (key, (said, field)) in [
        (
            json!({ "limits": { "perDay": 9, "perMonth": 5 } }),
            "limits.perMonth",
        ),
        (json!({ "limits": { "perWeek": 0 } }), "limits.perWeek"),
        (
            json!({ "limits": { "minutesPerDay": -1 } }),
            "limits.minutesPerDay",
        ),
        (
            json!({ "mode": "AI", "interviewerIds": [], "limits": { "perDay": 1 } }),
            "limits",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = cast
            .recruiter
            .send(op::DEFINE_TYPE, &define(said, key))
            .await
            .unwrap();
        let error = &answer["data"]["result"]["userErrors"][0];
        assert_eq!(error["code"], "INVALID", "{answer}");
        let path = error["field"].to_string();
        let named = path.replace(['"', '[', ']'], "").replace(',', ".");
        assert!(named.ends_with(field), "{field}: {answer}");
    }

    let after = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(after["system"]["head"], before["system"]["head"]);
    let data = cast.recruiter.data(LIMITS, &json!({})).await.unwrap();
    let mut edges = data["interviewTypes"]["edges"].as_array().unwrap().iter();
    let product = edges.find(|edge| edge["node"]["id"] == stage.interview_type);
    assert_eq!(
        product.unwrap()["node"]["limits"],
        json!({
            "perDay": 2, "perWeek": null, "perMonth": 20,
            "minutesPerDay": null, "minutesPerWeek": null, "minutesPerMonth": null
        })
    );
}
