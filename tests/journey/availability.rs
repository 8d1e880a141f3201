//! What an interviewer states about when they can be met decides what can be booked, for listings and bookings alike.

use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, beginning, booking, prepare, starts},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use crate::support::server::Server;

pub(super) const DECLARE: &str = "mutation($input: DeclareOutOfOfficeInput!) { result: declareOutOfOffice(input: $input) { absenceId availability { absences { id } } position userErrors { code message field } } }";
const WITHDRAW: &str = "mutation($input: WithdrawOutOfOfficeInput!) { result: withdrawOutOfOffice(input: $input) { availability { absences { id } } userErrors { code message field } } }";
const ABSENCES: &str = "query($id: ID!, $asOf: AsOf) { availability(personId: $id, asOf: $asOf) { absences { id from to delegate { id } } } }";

/// Two starts of one day that can be booked.
const AT_ONE: &str = "2026-03-10T13:00:00Z";
const AT_TWO: &str = "2026-03-10T14:00:00Z";

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
