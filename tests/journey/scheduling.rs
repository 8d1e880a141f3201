//! Setting interviews up directly: all calendars at once or none, by the rules that hold for everybody.

use chrono::Duration;
use futures::future::join_all;
use greenroom::demo::{
    client::Client,
    journey::{CANDIDATE, Cast, Clockwork, LENA, RAVI, Stage, beginning, booking, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::{availability::DECLARE, cancellation::CANCEL};
use crate::support::{
    mails::sent,
    server::{Place, Server},
};

pub(super) const SCHEDULE: &str = "mutation($input: ScheduleInterviewInput!) { result: scheduleInterview(input: $input) { interview { id title description status type { id } slot { start end timeZone localStart } panel { person { id } role } payment { id } scheduledBy { id } } position userErrors { code message field } } }";
const DESCRIPTION: &str = "query($id: ID!) { interview(id: $id) { description } }";

/// Within the hours of both interviewers.
const AT: &str = "2026-03-10T13:07:00Z";

async fn prepared(place: Place) -> (Server, Cast, Stage) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

/// Forty-five minutes with both interviewers.
fn second_round(stage: &Stage, start: &str, key: &str) -> Value {
    json!({
        "title": "Second round", "description": "Bring Asha's take-home work", "start": start,
        "durationMinutes": 45, "candidateId": stage.candidate, "interviewerIds": stage.interviewers,
        "idempotencyKey": key
    })
}

async fn refusal(client: &Client, input: &Value) -> String {
    client.refusal(SCHEDULE, input).await.unwrap()
}

#[tokio::test]
async fn a_recruiter_books_a_whole_panel_at_once_on_sqlite() {
    a_recruiter_books_a_whole_panel_at_once(Place::embedded()).await;
}

#[tokio::test]
async fn a_recruiter_books_a_whole_panel_at_once_on_postgres() {
    if let Some(place) = Place::postgres().await {
        a_recruiter_books_a_whole_panel_at_once(place).await;
    }
}

async fn a_recruiter_books_a_whole_panel_at_once(place: Place) {
    let (server, cast, stage) = prepared(place).await;

    let made = cast
        .recruiter
        .carry_out(SCHEDULE, &second_round(&stage, AT, "second"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    let seen = &made["interview"];
    assert_eq!(seen["status"], "CONFIRMED", "{seen}");
    assert_eq!(seen["title"], "Second round", "{seen}");
    assert_eq!(seen["type"], Value::Null, "{seen}");
    assert_eq!(seen["payment"], Value::Null, "{seen}");
    assert_eq!(seen["slot"]["end"], "2026-03-10T13:52:00Z", "{seen}");
    assert_eq!(seen["slot"]["timeZone"], CANDIDATE.zone, "{seen}");
    assert_eq!(seen["slot"]["localStart"], "2026-03-10T09:07:00", "{seen}");
    assert_eq!(seen["panel"][0]["role"], "LEAD", "{seen}");
    let id = json!({ "id": seen["id"] });
    let read = cast.candidate.data(DESCRIPTION, &id).await.unwrap();
    assert_eq!(read["interview"]["description"], "Bring Asha's take-home work");
    let stranger = cast.stranger.data(DESCRIPTION, &id).await.unwrap();
    assert_eq!(stranger["interview"], Value::Null);
    let room = cast.lena.data(op::INTERVIEW, &id).await.unwrap();
    assert_eq!(room["interview"]["room"]["status"], "READY", "{room}");
    let mails = sent(server.place.folder()).into_iter();
    let invited: Vec<_> = mails
        .filter(|mail| mail.calendar.is_some())
        .map(|mail| mail.to)
        .collect();
    assert_eq!(invited, [CANDIDATE.email, LENA.email, RAVI.email]);
    taken_for_everybody_until_it_is_called_off(&cast, &stage, &seen["id"]).await;
}

async fn taken_for_everybody_until_it_is_called_off(cast: &Cast, stage: &Stage, id: &Value) {
    let only_ravi = json!({
        "title": "Chat", "start": "2026-03-10T13:50:00Z", "durationMinutes": 5, "candidateId": stage.candidate,
        "interviewerIds": [stage.interviewers[1]], "idempotencyKey": "chat"
    });
    assert_eq!(refusal(&cast.recruiter, &only_ravi).await, "SLOT_TAKEN");
    let asked = booking(stage, "2026-03-10T13:30:00Z", "asked");
    let refused = cast.candidate.refusal(op::REQUEST_BOOKING, &asked).await;
    assert_eq!(refused.unwrap(), "SLOT_TAKEN");
    let off = json!({ "interviewId": id, "idempotencyKey": "off" });
    cast.recruiter.carry_out(CANCEL, &off).await.unwrap();
    cast.recruiter.carry_out(SCHEDULE, &only_ravi).await.unwrap();
}

#[tokio::test]
async fn it_may_follow_a_product_within_its_notice_and_between_its_starts() {
    let (_server, cast, stage) = prepared(Place::embedded()).await;
    let in_ten_minutes = (beginning() + Duration::minutes(10)).to_rfc3339();
    let soon = json!({
        "typeId": stage.interview_type, "start": in_ten_minutes, "timeZone": "Asia/Kolkata",
        "candidateId": stage.candidate, "interviewerIds": [stage.interviewers[0]], "idempotencyKey": "soon"
    });

    let made = cast.recruiter.carry_out(SCHEDULE, &soon).await.unwrap();

    let seen = &made["interview"];
    assert_eq!(seen["type"]["id"], json!(stage.interview_type), "{seen}");
    assert_eq!(seen["title"], "System design", "{seen}");
    assert_eq!(seen["status"], "CONFIRMED", "{seen}");
    assert_eq!(seen["payment"], Value::Null, "{seen}");
    assert_eq!(seen["slot"]["localStart"], "2026-03-09T14:40:00", "{seen}");
}

#[tokio::test]
async fn what_is_not_free_or_makes_no_sense_is_refused_and_nothing_is_stored() {
    let (_server, cast, stage) = prepared(Place::embedded()).await;
    let away =
        json!({ "from": "2026-03-11T00:00:00Z", "to": "2026-03-12T00:00:00Z", "idempotencyKey": "away" });
    cast.ravi.carry_out(DECLARE, &away).await.unwrap();
    let head = || async {
        let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
        system["system"]["head"].clone()
    };
    let before = head().await;
    let changed = |change: Value| {
        let mut input = second_round(&stage, AT, "odd");
        let fields = change.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(fields);
        input
    };
    let refused = |change: Value| {
        let input = changed(change);
        async { refusal(&cast.recruiter, &{ input }).await }
    };

    assert_eq!(
        refused(json!({ "start": "2026-03-11T13:00:00Z" })).await,
        "SLOT_NOT_OFFERED"
    );
    assert_eq!(
        refused(json!({ "start": "2026-03-10T22:00:00Z" })).await,
        "SLOT_NOT_OFFERED"
    );
    assert_eq!(
        refused(json!({ "start": "2026-03-09T08:00:00Z" })).await,
        "SLOT_NOT_OFFERED"
    );
    assert_eq!(
        refused(json!({ "start": "2028-03-09T13:00:00Z" })).await,
        "SLOT_NOT_OFFERED"
    );
    assert_eq!(refused(json!({ "interviewerIds": [] })).await, "INVALID");
    let twice = [&stage.interviewers[0], &stage.interviewers[0]];
    assert_eq!(refused(json!({ "interviewerIds": twice })).await, "INVALID");
    let own = json!({ "candidateId": stage.interviewers[0] });
    assert_eq!(refused(own).await, "INVALID");
    assert_eq!(refused(json!({ "durationMinutes": 4 })).await, "INVALID");
    assert_eq!(
        refused(json!({ "typeId": stage.interview_type })).await,
        "INVALID"
    );
    assert_eq!(refused(json!({ "title": null })).await, "INVALID");
    let nobody = json!({ "candidateId": "acc_00000000000000000000000009" });
    assert_eq!(refused(nobody).await, "NOT_FOUND");
    let by_candidate = refusal(&cast.candidate, &second_round(&stage, AT, "own")).await;
    assert_eq!(by_candidate, "FORBIDDEN");
    assert_eq!(head().await, before);
}

#[tokio::test]
async fn of_panels_that_share_a_member_one_gets_the_time_and_no_calendar_is_taken_for_the_others() {
    let (_server, cast, stage) = prepared(Place::embedded()).await;
    let inputs: Vec<_> = (0..12)
        .map(|number| json!({ "input": second_round(&stage, AT, &format!("panel {number}")) }))
        .collect();

    let answers = join_all(inputs.iter().map(|input| cast.recruiter.send(SCHEDULE, input))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();

    let made = |answer: &&Value| answer["data"]["result"]["interview"]["id"].is_string();
    let taken = |answer: &&Value| answer["data"]["result"]["userErrors"][0]["code"] == "SLOT_TAKEN";
    assert_eq!(answers.iter().filter(made).count(), 1, "{answers:#?}");
    assert_eq!(answers.iter().filter(taken).count(), 11, "{answers:#?}");
    let winner = answers.iter().find(made).unwrap();
    let off = json!({ "interviewId": winner["data"]["result"]["interview"]["id"], "idempotencyKey": "off" });
    cast.recruiter.carry_out(CANCEL, &off).await.unwrap();
    cast.recruiter
        .carry_out(SCHEDULE, &second_round(&stage, AT, "after all"))
        .await
        .unwrap();
}

const FOUND: &str =
    "query($where: InterviewWhere) { interviews(where: $where) { totalCount edges { node { id status } } } }";

/// The interviews that fit, which are as many as are counted.
async fn found(client: &Client, filter: Value) -> Vec<Value> {
    let answer = client.data(FOUND, &json!({ "where": filter })).await.unwrap();
    let edges = answer["interviews"]["edges"].as_array().unwrap();
    assert_eq!(answer["interviews"]["totalCount"], edges.len());
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

#[tokio::test]
async fn lists_tell_apart_what_follows_no_product_and_what_awaits_a_payment() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let direct = cast
        .recruiter
        .carry_out(SCHEDULE, &second_round(&stage, AT, "direct"))
        .await
        .unwrap();
    let start = (beginning() + Duration::hours(52)).to_rfc3339();
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, &start, "booked"))
        .await
        .unwrap();
    let (direct, booked) = (&direct["interview"]["id"], &booked["interview"]["id"]);
    server.clock.settle().await.unwrap();

    let list = async |filter: Value| json!(found(&cast.recruiter, filter).await);
    assert_eq!(
        list(json!({ "typeId": { "isNull": true } })).await,
        json!([direct])
    );
    assert_eq!(
        list(json!({ "typeId": { "isNull": false } })).await,
        json!([booked])
    );
    assert_eq!(
        list(json!({ "typeId": { "not": [stage.interview_type] } })).await,
        json!([direct])
    );
    assert_eq!(
        list(json!({ "status": { "eq": "AWAITING_PAYMENT" } })).await,
        json!([booked])
    );
    assert_eq!(list(json!({ "status": { "eq": "HELD" } })).await, json!([]));
    assert_eq!(
        list(json!({ "title": { "contains": "COND R" } })).await,
        json!([direct])
    );
    assert_eq!(list(json!({ "title": { "contains": "%" } })).await, json!([]));
    assert_eq!(
        list(json!({ "title": { "not": ["second round"] } })).await,
        json!([booked])
    );
    assert_eq!(
        list(json!({ "status": { "in": ["CONFIRMED"] } })).await,
        json!([direct])
    );
}
