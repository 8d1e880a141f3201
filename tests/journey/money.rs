//! Money that does not fit: paid twice, paid wrongly, paid too late. None of it is lost, and none is kept in silence.

use chrono::Duration;
use greenroom::demo::{
    client::Client,
    journey::{CANDIDATE, Cast, Clockwork, STRANGER, Stage, beginning, booking, moment, prepare, timeline},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::{availability::DECLARE, external_calendars::LINK};
use crate::support::{
    ending::count,
    mails::sent,
    server::{Place, Server},
};

/// A start that can be booked.
const FREE: &str = "2026-03-10T13:00:00Z";

/// A slot that is held, and the page where it is paid.
struct Held {
    server: Server,
    cast: Cast,
    stage: Stage,
    interview: Value,
    page: String,
}

async fn held(place: Place) -> Held {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, FREE, "booking"))
        .await
        .unwrap();
    let interview = json!({ "id": booked["interview"]["id"] });
    let open = |data: &Value| data["interview"]["payment"]["checkout"]["url"].is_string();
    let open = cast
        .candidate
        .until(op::INTERVIEW, &interview, open)
        .await
        .unwrap();
    let page = open["interview"]["payment"]["checkout"]["url"].as_str().unwrap();
    Held {
        page: format!("{page}/pay"),
        server,
        cast,
        stage,
        interview,
    }
}

impl Held {
    async fn pay(&self, outcome: &str) {
        let pay = json!({ "outcome": outcome, "webhooks": { "duplicate": 2, "shuffle": true } });
        self.cast.candidate.post(&self.page, &pay).await.unwrap();
    }

    /// The interview, once it is so; then nothing is left to do.
    async fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let wanted = |data: &Value| wanted(&data["interview"]);
        let candidate = &self.cast.candidate;
        candidate
            .until(op::INTERVIEW, &self.interview, wanted)
            .await
            .unwrap();
        self.server.clock.settle().await.unwrap();
        let mut data = candidate.data(op::INTERVIEW, &self.interview).await.unwrap();
        data["interview"].take()
    }

    async fn count(&self, kind: &str) -> usize {
        let interview = self.interview["id"].as_str().unwrap();
        count(&timeline(&self.cast.recruiter, interview).await.unwrap(), kind)
    }

    fn mails(&self, beginning: &str) -> Vec<String> {
        let mails = sent(self.server.place.folder()).into_iter();
        let about = mails.filter(|mail| mail.subject.starts_with(beginning));
        about.map(|mail| mail.to).collect()
    }
}

const OF_KINDS: &str = "query($where: AttentionWhere) { attention(where: $where) { totalCount } }";

async fn attention(client: &Client) -> Value {
    client.data(op::ATTENTION, &json!({})).await.unwrap()["attention"].take()
}

#[tokio::test]
async fn what_is_paid_twice_goes_back_once_on_sqlite() {
    what_is_paid_twice_goes_back_once(Place::embedded()).await;
}

#[tokio::test]
async fn what_is_paid_twice_goes_back_once_on_postgres() {
    if let Some(place) = Place::postgres().await {
        what_is_paid_twice_goes_back_once(place).await;
    }
}

async fn what_is_paid_twice_goes_back_once(place: Place) {
    let held = held(place).await;
    held.pay("succeed").await;
    held.until(|interview| interview["status"] == "CONFIRMED").await;

    held.pay("succeed_again").await;
    let refunded = |interview: &Value| interview["payment"]["refunds"][0]["status"] == "PROCESSED";
    let interview = held.until(refunded).await;

    assert_eq!(
        interview["payment"]["refunds"],
        json!([{ "reason": "PAID_TWICE", "status": "PROCESSED", "amount": { "amountMinor": "14900" } }])
    );
    assert_eq!(interview["status"], "CONFIRMED", "{interview}");
    assert_eq!(interview["payment"]["status"], "CAPTURED", "{interview}");
    assert_eq!(
        interview["payment"]["refunded"]["amountMinor"], "0",
        "{interview}"
    );
    assert_eq!(held.count("payment.duplicate_capture_detected").await, 1);
    assert_eq!(held.count("payment.refund_requested").await, 1);
    assert_eq!(held.count("payment.refund_processed").await, 1);
    assert_eq!(held.mails("You paid twice"), [CANDIDATE.email]);
    assert_eq!(attention(&held.cast.recruiter).await["totalCount"], 0);
}

#[tokio::test]
async fn what_is_paid_wrongly_does_not_count_and_is_shown_to_those_who_run_interviews() {
    let held = held(Place::embedded()).await;

    held.pay("short").await;
    let shown = |data: &Value| data["attention"]["totalCount"] == 1;
    held.cast
        .recruiter
        .until(op::ATTENTION, &json!({}), shown)
        .await
        .unwrap();
    held.server.clock.settle().await.unwrap();

    let seen = attention(&held.cast.admin).await;
    let matter = &seen["edges"][0]["node"];
    assert_eq!(seen["totalCount"], 1, "{seen}");
    assert_eq!(matter["kind"], "PAID_WRONGLY", "{matter}");
    assert_eq!(matter["interviewId"], held.interview["id"], "{matter}");
    assert_eq!(matter["amount"]["amountMinor"], "14899", "{matter}");
    assert_eq!(matter["expected"]["amountMinor"], "14900", "{matter}");
    let of = async |kinds: Value| {
        let asked = json!({ "where": { "kind": { "in": kinds } } });
        let data = held.cast.admin.data(OF_KINDS, &asked).await.unwrap();
        data["attention"]["totalCount"].clone()
    };
    assert_eq!(of(json!(["PAID_WRONGLY"])).await, 1);
    assert_eq!(of(json!(["REFUND_FAILED", "SEAT_VACANT"])).await, 0);
    for person in [&held.cast.candidate, &held.cast.lena, &held.cast.stranger] {
        let answer = person.send(op::ATTENTION, &json!({})).await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
        assert_eq!(answer["data"]["attention"], Value::Null, "{answer}");
    }
    held.server
        .clock
        .advance_to(beginning() + Duration::hours(2))
        .await
        .unwrap();
    let interview = held.until(|interview| interview["status"] == "EXPIRED").await;
    assert_eq!(interview["payment"]["status"], "EXPIRED", "{interview}");
}

#[tokio::test]
async fn who_pays_too_late_gets_the_slot_while_it_is_free() {
    let held = held(Place::embedded()).await;
    held.server
        .clock
        .advance_to(beginning() + Duration::hours(2))
        .await
        .unwrap();
    held.until(|interview| interview["status"] == "EXPIRED").await;

    held.pay("succeed").await;
    let interview = held.until(|interview| interview["status"] == "CONFIRMED").await;

    assert_eq!(interview["payment"]["status"], "CAPTURED", "{interview}");
    assert_eq!(held.count("interview.slot_reclaimed").await, 1);
    assert_eq!(held.count("payment.refund_requested").await, 0);
}

#[tokio::test]
async fn who_pays_too_late_gets_the_money_back_when_somebody_else_has_the_slot() {
    let held = held(Place::embedded()).await;
    held.server
        .clock
        .advance_to(beginning() + Duration::hours(2))
        .await
        .unwrap();
    held.until(|interview| interview["status"] == "EXPIRED").await;
    held.cast
        .stranger
        .carry_out(op::REQUEST_BOOKING, &booking(&held.stage, FREE, "faster"))
        .await
        .unwrap();

    held.pay("succeed").await;
    let interview = held
        .until(|interview| interview["payment"]["status"] == "REFUNDED")
        .await;

    assert_eq!(interview["status"], "EXPIRED", "{interview}");
    assert_eq!(
        interview["payment"]["refunds"][0]["reason"], "SLOT_LOST",
        "{interview}"
    );
    assert_eq!(held.count("payment.refund_processed").await, 1);
    assert_eq!(held.mails("Your slot was taken"), [CANDIDATE.email]);
    assert_ne!(CANDIDATE.email, STRANGER.email);
}

/// Whatever would keep anybody else from booking the slot by then, keeps whoever pays late from it too.
async fn who_pays_too_late_gets_the_money_back_after(operation: &str, input: Value) {
    let held = held(Place::embedded()).await;
    held.server
        .clock
        .advance_to(beginning() + Duration::hours(2))
        .await
        .unwrap();
    held.until(|interview| interview["status"] == "EXPIRED").await;
    held.cast.lena.carry_out(operation, &input).await.unwrap();

    held.pay("succeed").await;
    let interview = held
        .until(|interview| interview["payment"]["status"] == "REFUNDED")
        .await;

    assert_eq!(interview["status"], "EXPIRED", "{interview}");
    assert_eq!(held.count("interview.slot_reclaimed").await, 0);
}

#[tokio::test]
async fn who_pays_too_late_gets_the_money_back_when_an_interviewer_is_away_by_then() {
    let end = moment(FREE).unwrap() + Duration::minutes(1);
    let away = json!({ "from": FREE, "to": end, "idempotencyKey": "away" });
    who_pays_too_late_gets_the_money_back_after(DECLARE, away).await;
}

#[tokio::test]
async fn who_pays_too_late_gets_the_money_back_when_an_interviewer_has_other_hours_by_then() {
    let mornings = json!({
        "timeZone": "Europe/Berlin", "idempotencyKey": "mornings",
        "rules": [{ "weekdays": ["TUESDAY"], "from": "09:00", "to": "12:00" }]
    });
    who_pays_too_late_gets_the_money_back_after(op::SET_AVAILABILITY, mornings).await;
}

#[tokio::test]
async fn who_pays_too_late_gets_the_money_back_when_an_interviewer_is_busy_elsewhere_by_then() {
    let busy = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260310T131000Z\nDURATION:PT1M\nEND:VEVENT\nEND:VCALENDAR\n";
    let elsewhere = json!({ "file": busy, "idempotencyKey": "elsewhere" });
    who_pays_too_late_gets_the_money_back_after(LINK, elsewhere).await;
}

#[tokio::test]
async fn what_costs_nothing_keeps_its_slot_after_a_hold_would_have_died() {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let free = json!({
        "title": "First talk", "kind": "GENERAL", "mode": "HUMAN", "purpose": "RECRUITING", "difficulty": "EASY",
        "durationMinutes": 20, "interviewerIds": stage.interviewers, "idempotencyKey": "free"
    });
    let free = cast.recruiter.carry_out(op::DEFINE_TYPE, &free).await.unwrap();
    let stage = Stage {
        interview_type: free["interviewType"]["id"].as_str().unwrap().to_owned(),
        ..stage
    };
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, FREE, "free"))
        .await
        .unwrap();

    server
        .clock
        .advance_to(beginning() + Duration::hours(3))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let second = booking(&stage, FREE, "second");
    let refused = cast.stranger.refusal(op::REQUEST_BOOKING, &second).await.unwrap();

    assert_eq!(booked["interview"]["status"], "CONFIRMED", "{booked}");
    assert_eq!(refused, "SLOT_TAKEN");
}
