//! The groups of the dashboard as they change, to each as far as they may know.

use greenroom::demo::{
    client::Client,
    journey::{CANDIDATE, Clockwork, Person, RECRUITER, Tokens, booking},
    operations as op,
};
use serde_json::{Value, json};

use super::masking::{SUBMIT, met, scorecard};
use crate::support::{server::Server, socket::Socket};

const UPDATED: &str = "subscription($after: Position) { dashboardUpdated(after: $after) { position upcoming { totalCount } completed { totalCount } succeeded { edges { node { id } } } } }";
const LATER: &str = "2026-03-11T13:00:00Z";

/// Follows from a place on, behind which there is something already.
async fn missed(server: &Server, who: &Person, after: Value) -> Value {
    let mut socket = Socket::open(&server.base, &server.token(who).unwrap()).await;
    socket.ask(UPDATED, &json!({ "after": after })).await;
    socket.next().await["dashboardUpdated"].clone()
}

async fn following(server: &Server, who: &Person, after: Value) -> Socket {
    let mut socket = Socket::open(&server.base, &server.token(who).unwrap()).await;
    socket.subscribe(UPDATED, &json!({ "after": after })).await;
    socket
}

async fn passed(recruiter: &Client, interview: &str) {
    let verdict = json!({ "interviewId": interview, "outcome": "PASS", "reason": "Clear.", "idempotencyKey": "verdict" });
    recruiter.carry_out(op::RECORD_DECISION, &verdict).await.unwrap();
}

#[tokio::test]
async fn a_verdict_sends_the_dashboard_to_recruiters_and_nothing_to_the_candidate() {
    let (server, cast, stage, interview) = met().await;
    for (client, key) in [(&cast.lena, "lena"), (&cast.ravi, "ravi")] {
        client
            .carry_out(SUBMIT, &scorecard(&interview, key))
            .await
            .unwrap();
    }
    server.clock.settle().await.unwrap();
    let mut recruiter = following(&server, &RECRUITER, Value::Null).await;
    let mut candidate = following(&server, &CANDIDATE, Value::Null).await;

    passed(&cast.recruiter, &interview).await;
    let told = recruiter.next().await["dashboardUpdated"].clone();
    server.clock.settle().await.unwrap();
    candidate.ping().await;
    let again = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, LATER, "again"))
        .await
        .unwrap();
    let own = candidate.next().await["dashboardUpdated"].clone();

    assert_eq!(
        told["succeeded"]["edges"],
        json!([{ "node": { "id": interview } }])
    );
    assert_eq!(told["completed"]["totalCount"], 0);
    assert!(again["interview"]["id"].is_string());
    assert_eq!(
        (&own["upcoming"]["totalCount"], &own["completed"]["totalCount"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(own["succeeded"]["edges"], json!([]));
}

#[tokio::test]
async fn whoever_lost_the_connection_goes_on_behind_what_was_sent_last() {
    let (server, cast, _stage, interview) = met().await;
    for (client, key) in [(&cast.lena, "lena"), (&cast.ravi, "ravi")] {
        client
            .carry_out(SUBMIT, &scorecard(&interview, key))
            .await
            .unwrap();
    }
    server.clock.settle().await.unwrap();
    let before = missed(&server, &RECRUITER, json!("0")).await;
    passed(&cast.recruiter, &interview).await;

    let meanwhile = missed(&server, &RECRUITER, before["position"].clone()).await;
    let mut nothing_more = following(&server, &RECRUITER, meanwhile["position"].clone()).await;
    let candidate = missed(&server, &CANDIDATE, json!("0")).await;
    nothing_more.ping().await;

    assert_eq!(before["succeeded"]["edges"], json!([]));
    assert_eq!(
        meanwhile["succeeded"]["edges"],
        json!([{ "node": { "id": interview } }])
    );
    // The position tells the candidate of no verdict either.
    assert_eq!(candidate["position"], before["position"]);
}
