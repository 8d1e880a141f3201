//! What an interviewer states about when they can be met decides what can be booked, for listings and bookings alike.

use chrono::Duration;
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Journey, Stage, beginning, booking, prepare, starts},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use crate::support::server::Server;

pub(super) const DECLARE: &str = "mutation($input: DeclareOutOfOfficeInput!) { result: declareOutOfOffice(input: $input) { absenceId availability { absences { id } } position userErrors { code message field } } }";
const WITHDRAW: &str = "mutation($input: WithdrawOutOfOfficeInput!) { result: withdrawOutOfOffice(input: $input) { availability { absences { id } } userErrors { code message field } } }";
const ABSENCES: &str = "query($id: ID!, $asOf: AsOf) { availability(personId: $id, asOf: $asOf) { absences { id from to delegate { id } } } }";

pub(super) const LIMIT: &str = "mutation($input: SetBookingLimitsInput!) { result: setBookingLimits(input: $input) { availability { limits { perDay } } userErrors { code message field } } }";
const LIMITS: &str =
    "query($id: ID!) { availability(personId: $id) { limits { perDay perWeek perMonth minutesPerDay } } }";

/// Starts of one day that can be booked.
const AT_ONE: &str = "2026-03-10T13:00:00Z";
const AT_TWO: &str = "2026-03-10T14:00:00Z";
const AT_THREE: &str = "2026-03-10T15:00:00Z";

/// A server with an organisation, and everybody in it.
async fn prepared() -> (Server, Cast, Stage) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

/// Where the log ends.
async fn head(cast: &Cast) -> Value {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    system["system"]["head"].clone()
}

/// Every start of the coming week that is offered.
async fn offered(cast: &Cast, stage: &Stage) -> Vec<String> {
    starts(&cast.candidate, stage, beginning(), 7).await.unwrap()
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
    cast.candidate
        .refusal(
            op::REQUEST_BOOKING,
            &booking(stage, start, &format!("not {start}")),
        )
        .await
        .unwrap()
}

async fn absences(client: &Client, account: &str, as_of: Value) -> Value {
    let asked = json!({ "id": account, "asOf": as_of });
    let mut data = client.data(ABSENCES, &asked).await.unwrap();
    data["availability"]["absences"].take()
}

#[tokio::test]
async fn while_an_interviewer_is_away_nothing_of_theirs_can_be_booked_and_what_was_booked_stays() {
    let (_server, cast, stage) = prepared().await;
    let interview = book(&cast, &stage, AT_ONE).await;
    let before = offered(&cast, &stage).await;
    let away = json!({ "from": "2026-03-10T00:00:00+01:00", "to": "2026-03-11T00:00:00+01:00", "delegateId": stage.interviewers[1], "idempotencyKey": "away" });

    let declared = cast.lena.carry_out(DECLARE, &away).await.unwrap();

    let of_the_day = |start: &String| start.starts_with("2026-03-10");
    let others: Vec<_> = before
        .iter()
        .filter(|start| !of_the_day(start))
        .cloned()
        .collect();
    assert!(before.contains(&AT_TWO.to_owned()), "{before:?}");
    assert!(!others.is_empty());
    assert_eq!(offered(&cast, &stage).await, others);
    assert_eq!(refused(&cast, &stage, AT_TWO).await, "SLOT_NOT_OFFERED");
    let seen = cast
        .candidate
        .data(op::INTERVIEW, &json!({ "id": interview }))
        .await
        .unwrap();
    assert_ne!(seen["interview"]["status"], "EXPIRED");
    assert_eq!(seen["interview"]["slot"]["start"], AT_ONE);

    // A recruiter takes it back, and everything is as it was; what it was like meanwhile can still be told.
    let take_back = json!({ "accountId": stage.interviewers[0], "absenceId": declared["absenceId"], "idempotencyKey": "back" });
    cast.recruiter.carry_out(WITHDRAW, &take_back).await.unwrap();
    let lena = &stage.interviewers[0];
    let meanwhile = json!({ "position": declared["position"] });
    assert_eq!(offered(&cast, &stage).await, before);
    assert_eq!(absences(&cast.lena, lena, Value::Null).await, json!([]));
    assert_eq!(
        absences(&cast.lena, lena, meanwhile).await,
        json!([{
            "id": declared["absenceId"], "from": "2026-03-09T23:00:00Z", "to": "2026-03-10T23:00:00Z",
            "delegate": { "id": stage.interviewers[1] }
        }])
    );
}

#[tokio::test]
async fn absences_that_make_no_sense_are_refused_by_name_and_leave_nothing_behind() {
    let (_server, cast, stage) = prepared().await;
    let before = head(&cast).await;
    let away =
        |from: &str, to: &str| json!({ "from": from, "to": to, "idempotencyKey": format!("{from} {to}") });
    let day = |member: &str, value: &str| {
        let mut input = away("2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z");
        input[member] = json!(value);
        input["idempotencyKey"] = json!(value);
        input
    };
    let refused = async |input: Value| cast.lena.refusal(DECLARE, &input).await.unwrap();

    assert_eq!(
        refused(away("2026-03-11T00:00:00Z", "2026-03-10T00:00:00Z")).await,
        "INVALID"
    );
    assert_eq!(
        refused(away("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")).await,
        "INVALID"
    );
    assert_eq!(
        refused(away("2026-03-10T00:00:00Z", "2027-03-12T00:00:00Z")).await,
        "INVALID"
    );
    assert_eq!(
        refused(day("delegateId", &stage.interviewers[0])).await,
        "INVALID"
    );
    assert_eq!(refused(day("delegateId", &stage.candidate)).await, "NOT_FOUND");
    assert_eq!(refused(day("delegateId", "nobody")).await, "NOT_FOUND");
    assert_eq!(
        refused(day("accountId", &stage.interviewers[1])).await,
        "NOT_FOUND"
    );
    let unknown = json!({ "absenceId": "abs_00000000000000000000000001", "idempotencyKey": "unknown" });
    assert_eq!(cast.lena.refusal(WITHDRAW, &unknown).await.unwrap(), "NOT_FOUND");
    let own = away("2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z");
    assert_eq!(cast.candidate.refusal(DECLARE, &own).await.unwrap(), "FORBIDDEN");

    assert_eq!(head(&cast).await, before);
}

#[tokio::test]
async fn a_day_that_is_full_is_neither_offered_nor_booked_and_a_dead_hold_makes_room_again() {
    let (server, cast, stage) = prepared().await;
    let before = offered(&cast, &stage).await;
    let two = json!({ "perDay": 1, "perWeek": 3, "minutesPerDay": 60, "idempotencyKey": "limits" });
    cast.lena.carry_out(LIMIT, &two).await.unwrap();
    assert_eq!(offered(&cast, &stage).await, before);

    book(&cast, &stage, AT_ONE).await;

    let of_other_days = |starts: Vec<String>| -> Vec<_> {
        let others = starts
            .into_iter()
            .filter(|start| !start.starts_with("2026-03-10"));
        others.collect()
    };
    assert_eq!(offered(&cast, &stage).await, of_other_days(before.clone()));
    assert_eq!(refused(&cast, &stage, AT_THREE).await, "SLOT_NOT_OFFERED");

    server
        .clock
        .advance_to(beginning() + Duration::hours(1))
        .await
        .unwrap();
    assert!(offered(&cast, &stage).await.contains(&AT_THREE.to_owned()));
    book(&cast, &stage, AT_THREE).await;
    assert_eq!(refused(&cast, &stage, AT_ONE).await, "SLOT_NOT_OFFERED");
    let seen = cast
        .lena
        .data(LIMITS, &json!({ "id": stage.interviewers[0] }))
        .await
        .unwrap();
    assert_eq!(
        seen["availability"]["limits"],
        json!({ "perDay": 1, "perWeek": 3, "perMonth": null, "minutesPerDay": 60 })
    );
}

#[tokio::test]
async fn an_interview_moves_within_a_day_that_it_fills_itself() {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let (interview, _, start) = Journey::book_and_pay(&cast, &stage, &Silent).await.unwrap();
    let one = json!({ "perDay": 1, "idempotencyKey": "limits" });
    cast.lena.carry_out(LIMIT, &one).await.unwrap();
    let to = format!("{}T14:30:00Z", &start[..10]);
    assert_ne!(start, to);

    let moved =
        json!({ "interviewId": interview, "expectedRevision": 1, "start": to, "idempotencyKey": "move" });
    let moved = cast.candidate.carry_out(op::RESCHEDULE, &moved).await.unwrap();

    assert_eq!(moved["interview"]["slot"]["start"], to);
}

#[tokio::test]
async fn limits_that_contradict_each_other_are_refused_and_leave_nothing_behind() {
    let (_server, cast, stage) = prepared().await;
    let before = head(&cast).await;
    let refused = async |limits: Value| cast.lena.refusal(LIMIT, &limits).await.unwrap();

    assert_eq!(
        refused(json!({ "perDay": 9, "perMonth": 5, "idempotencyKey": "1" })).await,
        "INVALID"
    );
    assert_eq!(
        refused(json!({ "minutesPerDay": 90, "minutesPerWeek": 60, "idempotencyKey": "2" })).await,
        "INVALID"
    );
    assert_eq!(
        refused(json!({ "perDay": 0, "idempotencyKey": "3" })).await,
        "INVALID"
    );
    assert_eq!(
        refused(json!({ "perDay": -1, "idempotencyKey": "4" })).await,
        "INVALID"
    );
    let others = json!({ "accountId": stage.interviewers[1], "perDay": 1, "idempotencyKey": "5" });
    assert_eq!(refused(others).await, "NOT_FOUND");

    assert_eq!(head(&cast).await, before);
}
