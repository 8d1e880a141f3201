//! An interviewer travels: what can be booked follows the clock on the wall of wherever they are.

use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, beginning, booking, prepare, starts},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use crate::support::server::Server;

pub(super) const PLAN: &str = "mutation($input: PlanTravelInput!) { result: planTravel(input: $input) { journeyId availability { journeys { id } } position userErrors { code message field } } }";
const CANCEL: &str = "mutation($input: CancelTravelInput!) { result: cancelTravel(input: $input) { availability { journeys { id } } userErrors { code message field } } }";
const JOURNEYS: &str = "query($id: ID!, $asOf: AsOf) { availability(personId: $id, asOf: $asOf) { timeZone journeys { id timeZone from until } } }";

/// A product that only Lena meets candidates for, and that is free.
pub(super) async fn of_lena_alone(cast: &Cast, stage: &Stage) -> Stage {
    let product = json!({
        "title": "First talk", "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY", "durationMinutes": 30,
        "slotStepMinutes": 30, "interviewerIds": [stage.interviewers[0]], "idempotencyKey": "first talk"
    });
    let product = cast.recruiter.carry_out(op::DEFINE_TYPE, &product).await.unwrap();
    Stage {
        interview_type: product["interviewType"]["id"].as_str().unwrap().to_owned(),
        ..stage.clone()
    }
}

async fn prepared() -> (Server, Cast, Stage) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let stage = of_lena_alone(&cast, &stage).await;
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

/// The first and last start of each day that has any.
async fn days(cast: &Cast, stage: &Stage) -> Vec<(String, String)> {
    let offered = starts(&cast.candidate, stage, beginning(), 7).await.unwrap();
    let of_one_day = |a: &String, b: &String| a[..10] == b[..10];
    let days = offered.chunk_by(of_one_day);
    days.map(|day| (day[0].clone(), day[day.len() - 1].clone()))
        .collect()
}

/// From Thursday to Friday in New York.
fn to_new_york() -> Value {
    json!({ "timeZone": "America/New_York", "from": "2026-03-12", "until": "2026-03-13", "idempotencyKey": "trip" })
}

fn day(first: &str, last: &str) -> (String, String) {
    (first.to_owned(), last.to_owned())
}

async fn journeys(client: &Client, account: &str, as_of: Value) -> Value {
    let asked = json!({ "id": account, "asOf": as_of });
    let mut data = client.data(JOURNEYS, &asked).await.unwrap();
    data["availability"]["journeys"].take()
}

#[tokio::test]
async fn on_a_journey_what_is_offered_follows_the_place_and_what_was_booked_stays() {
    let (_server, cast, stage) = prepared().await;
    let lena = &stage.interviewers[0];
    let at_home = days(&cast, &stage).await;
    let early = "2026-03-12T08:30:00Z";
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, early, "early"))
        .await
        .unwrap();

    let planned = cast.lena.carry_out(PLAN, &to_new_york()).await.unwrap();

    let travelling = days(&cast, &stage).await;
    assert_eq!(at_home[3], day("2026-03-12T08:00:00Z", "2026-03-12T15:30:00Z"));
    assert_eq!(travelling[2], at_home[2]);
    assert_eq!(travelling[3], day("2026-03-12T13:00:00Z", "2026-03-12T20:30:00Z"));
    assert_eq!(travelling[4], at_home[4]);
    let late = booking(&stage, "2026-03-12T20:00:00Z", "late");
    cast.candidate
        .carry_out(op::REQUEST_BOOKING, &late)
        .await
        .unwrap();
    let too_early = booking(&stage, "2026-03-12T09:00:00Z", "too early");
    assert_eq!(
        cast.candidate
            .refusal(op::REQUEST_BOOKING, &too_early)
            .await
            .unwrap(),
        "SLOT_NOT_OFFERED"
    );
    let kept = cast
        .candidate
        .data(op::INTERVIEW, &json!({ "id": booked["interview"]["id"] }))
        .await
        .unwrap();
    assert_eq!(kept["interview"]["slot"]["start"], early);
    assert_eq!(kept["interview"]["status"], "CONFIRMED");

    // The recruiter takes it back; what was planned in between can still be told.
    let back = json!({ "accountId": lena, "journeyId": planned["journeyId"], "idempotencyKey": "back" });
    cast.recruiter.carry_out(CANCEL, &back).await.unwrap();
    assert_eq!(journeys(&cast.lena, lena, Value::Null).await, json!([]));
    assert_eq!(
        journeys(&cast.lena, lena, json!({ "position": planned["position"] })).await,
        json!([{ "id": planned["journeyId"], "timeZone": "America/New_York", "from": "2026-03-12", "until": "2026-03-13" }])
    );
    assert_eq!(days(&cast, &stage).await[3].0, at_home[3].0);
}

#[tokio::test]
async fn journeys_that_make_no_sense_are_refused_by_name_and_leave_nothing_behind() {
    let (_server, cast, stage) = prepared().await;
    cast.lena.carry_out(PLAN, &to_new_york()).await.unwrap();
    let before = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let refused = async |from: &str, until: Value| {
        let key = format!("{from} {until}");
        let input = json!({ "timeZone": "Asia/Tokyo", "from": from, "until": until, "idempotencyKey": key });
        cast.lena.refusal(PLAN, &input).await.unwrap()
    };

    assert_eq!(refused("2026-03-11", Value::Null).await, "INVALID");
    assert_eq!(refused("2026-03-12", json!("2026-03-20")).await, "INVALID");
    assert_eq!(refused("2026-03-20", json!("2026-03-20")).await, "INVALID");
    assert_eq!(refused("2026-02-20", json!("2026-03-01")).await, "INVALID");
    assert_eq!(refused("2036-02-20", Value::Null).await, "INVALID");
    let nowhere = json!({ "timeZone": "Mars/Olympus", "from": "2026-03-20", "idempotencyKey": "mars" });
    assert_eq!(cast.lena.refusal(PLAN, &nowhere).await.unwrap(), "BAD_USER_INPUT");
    let of_another = json!({ "accountId": stage.interviewers[1], "timeZone": "Asia/Tokyo", "from": "2026-03-20", "idempotencyKey": "ravi" });
    assert_eq!(cast.lena.refusal(PLAN, &of_another).await.unwrap(), "NOT_FOUND");
    let unknown = json!({ "journeyId": "jrn_00000000000000000000000001", "idempotencyKey": "unknown" });
    assert_eq!(cast.lena.refusal(CANCEL, &unknown).await.unwrap(), "NOT_FOUND");
    assert_eq!(
        cast.candidate.refusal(PLAN, &to_new_york()).await.unwrap(),
        "FORBIDDEN"
    );

    let after = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(after["system"]["head"], before["system"]["head"]);
}
