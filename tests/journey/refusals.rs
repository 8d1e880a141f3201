//! What is refused, with which code, and that nothing is stored then.

use chrono::Duration;
use domain::actor::Role;
use futures::future::try_join_all;
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, beginning, booking, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use crate::support::server::Server;

/// A start that can be booked.
const FREE: &str = "2026-03-10T13:00:00Z";

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

async fn refused_booking(cast: &Cast, input: &Value) -> String {
    cast.candidate.refusal(op::REQUEST_BOOKING, input).await.unwrap()
}

#[tokio::test]
async fn of_sixteen_candidates_who_want_one_slot_at_once_one_gets_it() {
    let (server, _cast, stage) = prepared().await;
    let candidates = try_join_all((0..16).map(|number| {
        let place = &server.place;
        async move {
            place
                .token(Role::Candidate, &format!("candidate{number}@mailbox.example"), 24)
                .await
        }
    }));
    let candidates: Vec<_> = candidates.await.unwrap();
    let clients: Vec<_> = candidates
        .into_iter()
        .map(|token| Client::new(&server.base, Some(token)).unwrap())
        .collect();

    let wanted = booking(&stage, FREE, "the same slot");
    let input = json!({ "input": wanted });
    let answers = try_join_all(
        clients
            .iter()
            .map(|client| client.send(op::REQUEST_BOOKING, &input)),
    );
    let answers = answers.await.unwrap();

    // Held, or already awaiting payment when the order was made before the answer was read.
    let booked = |answer: &&Value| answer["data"]["result"]["interview"]["id"].is_string();
    let taken = |answer: &&Value| answer["data"]["result"]["userErrors"][0]["code"] == "SLOT_TAKEN";
    assert_eq!(answers.iter().filter(booked).count(), 1, "{answers:#?}");
    assert_eq!(answers.iter().filter(taken).count(), 15, "{answers:#?}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name_and_leaves_nothing_behind() {
    let (_server, cast, stage) = prepared().await;
    let before = head(&cast).await;

    let soon = (beginning() + Duration::hours(1)).to_rfc3339();
    assert_eq!(
        refused_booking(&cast, &booking(&stage, &soon, "soon")).await,
        "NOTICE_TOO_SHORT"
    );
    let night = booking(&stage, "2026-03-10T22:00:00Z", "night");
    assert_eq!(refused_booking(&cast, &night).await, "SLOT_NOT_OFFERED");
    let mut nowhere = booking(&stage, FREE, "nowhere");
    nowhere["timeZone"] = json!("Mars/Olympus_Mons");
    assert_eq!(refused_booking(&cast, &nowhere).await, "BAD_USER_INPUT");
    assert_eq!(negative_price(&cast).await, "INVALID");
    assert_eq!(long_title(&cast, &stage).await, "INVALID");

    assert_eq!(head(&cast).await, before);
}

async fn negative_price(cast: &Cast) -> String {
    let inr = |minor: &str| json!({ "amountMinor": minor, "currency": "INR" });
    let item = json!({ "difficulty": "EASY", "price": inr("-9900"), "cost": inr("-12000"), "minutes": 12 });
    let list = json!({ "name": "Odd", "items": [item], "idempotencyKey": "negative" });
    cast.recruiter
        .refusal(op::PUBLISH_PRICE_LIST, &list)
        .await
        .unwrap()
}

async fn long_title(cast: &Cast, stage: &Stage) -> String {
    let product = json!({
        "title": "x".repeat(10_000), "kind": "SYSTEM_DESIGN", "mode": "HUMAN", "purpose": "RECRUITING",
        "difficulty": "MEDIUM", "durationMinutes": 20, "interviewerIds": stage.interviewers, "idempotencyKey": "long"
    });
    cast.recruiter.refusal(op::DEFINE_TYPE, &product).await.unwrap()
}

#[tokio::test]
async fn a_forged_message_of_the_payment_provider_is_refused_and_leaves_nothing_behind() {
    let (server, cast, stage) = prepared().await;
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, FREE, "booking"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let before = head(&cast).await;

    let forged =
        json!({ "id": "evt_1", "type": "payment.captured", "payment": booked["interview"]["payment"]["id"] });
    let answer = reqwest::Client::new()
        .post(server.base.join("webhooks/sandbox").unwrap())
        .header(
            "greenroom-sandbox-signature",
            format!("t={},v1={}", beginning().timestamp(), "ab".repeat(32)),
        )
        .json(&forged)
        .send()
        .await
        .unwrap();

    assert_eq!(answer.status(), 401);
    server.clock.settle().await.unwrap();
    assert_eq!(head(&cast).await, before);
}

#[tokio::test]
async fn an_idempotency_key_is_for_one_input() {
    let (_server, cast, stage) = prepared().await;
    let first = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, FREE, "key"))
        .await
        .unwrap();

    let again = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, FREE, "key"))
        .await
        .unwrap();
    let other = booking(&stage, "2026-03-11T13:00:00Z", "key");
    let code = refused_booking(&cast, &other).await;

    assert_eq!(again["interview"]["id"], first["interview"]["id"]);
    assert_eq!(again["position"], first["position"]);
    assert_eq!(code, "IDEMPOTENCY_CONFLICT");
}

#[tokio::test]
async fn an_interview_that_was_seen_at_another_revision_does_not_move() {
    let (server, cast, stage) = prepared().await;
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, FREE, "booking"))
        .await
        .unwrap();
    let id = json!({ "id": booked["interview"]["id"] });
    let open = |data: &Value| data["interview"]["payment"]["checkout"]["url"].is_string();
    let open = cast.candidate.until(op::INTERVIEW, &id, open).await.unwrap();
    let url = open["interview"]["payment"]["checkout"]["url"].as_str().unwrap();
    cast.candidate
        .post(&format!("{url}/pay"), &json!({ "outcome": "succeed" }))
        .await
        .unwrap();
    let confirmed = |data: &Value| data["interview"]["status"] == "CONFIRMED";
    cast.candidate.until(op::INTERVIEW, &id, confirmed).await.unwrap();

    let code = cast
        .candidate
        .refusal(
            op::RESCHEDULE,
            &json!({ "interviewId": id["id"], "start": "2026-03-11T13:00:00Z", "expectedRevision": 7, "idempotencyKey": "stale" }),
        )
        .await
        .unwrap();

    assert_eq!(code, "STALE_REVISION", "{}", server.log());
}

/// Status and code of a question asked with a token.
async fn asked_with(server: &Server, token: &str) -> (u16, Value) {
    let answer = reqwest::Client::new()
        .post(server.base.join("graphql").unwrap())
        .bearer_auth(token)
        .json(&json!({ "query": op::VIEWER }))
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body["errors"][0]["extensions"]["code"].clone())
}

#[tokio::test]
async fn a_token_that_has_expired_or_is_wrongly_signed_is_refused() {
    let (server, _cast, _stage) = prepared().await;
    let token = server
        .place
        .token(Role::Candidate, "late@mailbox.example", 1)
        .await
        .unwrap();
    assert_eq!(asked_with(&server, &token).await, (200, Value::Null));
    let (claims, signature) = token.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();

    let forged = asked_with(&server, &format!("{claims}.{turned}")).await;
    server
        .clock
        .advance_to(beginning() + Duration::hours(2))
        .await
        .unwrap();
    let expired = asked_with(&server, &token).await;

    assert_eq!(forged, (401, json!("UNAUTHENTICATED")));
    assert_eq!(expired, (401, json!("UNAUTHENTICATED")));
}
