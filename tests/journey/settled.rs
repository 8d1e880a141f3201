//! When the panel could be met as it was when an interview's time was settled, whatever its members have stated since.

use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Journey, Stage, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::availability::DECLARE;
use crate::support::server::Server;

const SETTLED: &str = "query($id: ID!, $asOf: AsOf) { interview(id: $id, asOf: $asOf) { availabilityWhenBooked { person { id } rules { window { from to } } overrides { date } absences { from } } } }";

async fn booked() -> (Server, Cast, Stage, String) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let (interview, _, _) = Journey::book_and_pay(&cast, &stage, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage, interview)
}

async fn settled(client: &Client, id: &str, as_of: Value) -> Value {
    let asked = json!({ "id": id, "asOf": as_of });
    let mut data = client.data(SETTLED, &asked).await.unwrap();
    data["interview"]["availabilityWhenBooked"].take()
}

/// Lena works shorter hours from now on, has a day off, and is away for another.
async fn restated(cast: &Cast) {
    let hours = json!({
        "timeZone": "Europe/Berlin", "idempotencyKey": "shorter",
        "rules": [{ "weekdays": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY"], "from": "10:00", "to": "16:00" }],
        "overrides": [{ "date": "2026-03-17", "windows": [] }]
    });
    cast.lena.carry_out(op::SET_AVAILABILITY, &hours).await.unwrap();
    let away =
        json!({ "from": "2026-03-18T00:00:00Z", "to": "2026-03-19T00:00:00Z", "idempotencyKey": "away" });
    cast.lena.carry_out(DECLARE, &away).await.unwrap();
}

/// What Lena had stated: first and last hour, days with hours of their own, absences.
fn lenas(stated: &Value, lena: &str) -> (String, usize, usize) {
    let mut all = stated.as_array().unwrap().iter();
    let hers = all
        .find(|availability| availability["person"]["id"] == lena)
        .unwrap();
    let window = &hers["rules"][0]["window"];
    let hours = format!(
        "{} {}",
        window["from"].as_str().unwrap(),
        window["to"].as_str().unwrap()
    );
    let count = |name: &str| hers[name].as_array().unwrap().len();
    (hours, count("overrides"), count("absences"))
}

#[tokio::test]
async fn the_hours_of_the_booking_are_shown_until_a_move_settles_others() {
    let (_server, cast, stage, id) = booked().await;
    let lena = stage.interviewers[0].as_str();
    let head = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let before_the_move = json!({ "position": head["system"]["head"] });

    restated(&cast).await;
    let at_booking = settled(&cast.recruiter, &id, Value::Null).await;
    let wednesday = json!({ "interviewId": id, "expectedRevision": 1, "start": "2026-03-11T13:00:00Z", "idempotencyKey": "move" });
    cast.recruiter
        .carry_out(op::RESCHEDULE, &wednesday)
        .await
        .unwrap();
    let at_move = settled(&cast.recruiter, &id, Value::Null).await;
    let then = settled(&cast.recruiter, &id, before_the_move).await;

    assert_eq!(at_booking.as_array().unwrap().len(), 2, "{at_booking}");
    assert_eq!(lenas(&at_booking, lena), ("09:00 17:00".to_owned(), 0, 0));
    assert_eq!(lenas(&at_move, lena), ("10:00 16:00".to_owned(), 1, 1));
    assert_eq!(then, at_booking);
}

#[tokio::test]
async fn interviewers_are_told_of_themselves_and_candidates_of_nobody() {
    let (_server, cast, stage, id) = booked().await;
    restated(&cast).await;

    let own = settled(&cast.lena, &id, Value::Null).await;
    let candidate = settled(&cast.candidate, &id, Value::Null).await;
    let stranger = settled(&cast.stranger, &id, Value::Null).await;

    assert_eq!(own.as_array().unwrap().len(), 1, "{own}");
    assert_eq!(
        lenas(&own, &stage.interviewers[0]),
        ("09:00 17:00".to_owned(), 0, 0)
    );
    assert_eq!((candidate, stranger), (Value::Null, Value::Null));
}
