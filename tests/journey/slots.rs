//! Why a start cannot be booked, told to each as far as it is theirs to know.

use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, booking, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::availability::DECLARE;
use crate::support::server::Server;

const EXPLAIN: &str = "query($input: SlotsInput!) { slots(input: $input) { slots { start } removed { slot { start } rule needed obstacles { rule count interviewers { id } } } } }";

/// Two days, with what is said about each start that cannot be booked.
async fn explained(client: &Client, stage: &Stage) -> Value {
    let input = json!({
        "typeId": stage.interview_type, "timeZone": "UTC", "explain": true,
        "from": "2026-03-10T00:00:00Z", "to": "2026-03-12T00:00:00Z"
    });
    let mut data = client.data(EXPLAIN, &json!({ "input": input })).await.unwrap();
    data["slots"].take()
}

fn removed<'a>(told: &'a Value, start: &str) -> &'a Value {
    let all = told["removed"].as_array().unwrap();
    all.iter()
        .find(|removed| removed["slot"]["start"] == start)
        .unwrap()
}

/// A server where one start is held and Lena is away for an hour of the next day.
async fn prepared() -> (Server, Cast, Stage) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    let held = booking(&stage, "2026-03-10T13:00:00Z", "held");
    cast.candidate
        .carry_out(op::REQUEST_BOOKING, &held)
        .await
        .unwrap();
    let away =
        json!({ "from": "2026-03-11T13:00:00Z", "to": "2026-03-11T14:00:00Z", "idempotencyKey": "away" });
    cast.lena.carry_out(DECLARE, &away).await.unwrap();
    (server, cast, stage)
}

#[tokio::test]
async fn those_who_run_interviews_are_told_which_rule_keeps_whom() {
    let (_server, cast, stage) = prepared().await;
    let [lena, ravi] = &stage.interviewers;

    let told = explained(&cast.recruiter, &stage).await;

    let starts = told["slots"].as_array().unwrap().len() + told["removed"].as_array().unwrap().len();
    assert_eq!(starts, 2 * 24 * 4);
    let held = removed(&told, "2026-03-10T13:00:00Z");
    assert_eq!(held["rule"], "HELD");
    assert_eq!(held["needed"], 2);
    assert_eq!(
        held["obstacles"],
        json!([{ "rule": "HELD", "count": 2, "interviewers": [{ "id": lena }, { "id": ravi }] }])
    );
    let away = removed(&told, "2026-03-11T13:15:00Z");
    assert_eq!(away["rule"], "OUT_OF_OFFICE");
    assert_eq!(
        away["obstacles"],
        json!([{ "rule": "OUT_OF_OFFICE", "count": 1, "interviewers": [{ "id": lena }] }])
    );
    assert_eq!(removed(&told, "2026-03-10T03:00:00Z")["rule"], "OUTSIDE_WINDOWS");
}

#[tokio::test]
async fn others_are_told_what_a_booking_would_be_told_and_interviewers_what_keeps_themselves() {
    let (_server, cast, stage) = prepared().await;

    let told = explained(&cast.candidate, &stage).await;
    let own = explained(&cast.ravi, &stage).await;

    for (start, rule) in [
        ("2026-03-10T13:00:00Z", "TAKEN"),
        ("2026-03-11T13:15:00Z", "UNAVAILABLE"),
        ("2026-03-10T03:00:00Z", "UNAVAILABLE"),
    ] {
        let removed = removed(&told, start);
        assert_eq!(removed["rule"], rule, "{start}");
        assert_eq!(removed["needed"], Value::Null);
        assert_eq!(removed["obstacles"], Value::Null);
    }
    assert!(!told.to_string().contains("acc_"), "{told}");
    let ravi = &stage.interviewers[1];
    assert_eq!(
        removed(&own, "2026-03-10T13:00:00Z")["obstacles"],
        json!([{ "rule": "HELD", "count": 1, "interviewers": [{ "id": ravi }] }])
    );
    assert_eq!(removed(&own, "2026-03-11T13:15:00Z")["obstacles"], Value::Null);
    assert!(!own.to_string().contains(&stage.interviewers[0]), "{own}");
}

#[tokio::test]
async fn an_explanation_of_more_than_a_month_is_refused_and_a_list_explains_nothing() {
    let (_server, cast, stage) = prepared().await;
    let input = |explain: bool| {
        json!({ "input": {
            "typeId": stage.interview_type, "timeZone": "UTC", "explain": explain,
            "from": "2026-03-10T00:00:00Z", "to": "2026-04-20T00:00:00Z"
        } })
    };

    let refused = cast.recruiter.send(EXPLAIN, &input(true)).await.unwrap();
    let listed = cast.recruiter.data(EXPLAIN, &input(false)).await.unwrap();

    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(listed["slots"]["removed"], Value::Null);
    assert!(!listed["slots"]["slots"].as_array().unwrap().is_empty());
}
