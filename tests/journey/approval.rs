//! Bookings to which somebody has to agree: the slot is held, nobody pays before, and one answer counts.

use chrono::{Duration, SecondsFormat};
use futures::future::join_all;
use greenroom::demo::{
    client::Client,
    journey::{CANDIDATE, Cast, Clockwork, LENA, RAVI, Stage, beginning, booking, moment, prepare, timeline},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::cancellation::CANCEL;
use crate::support::{
    ending::count,
    mails::{Mail, sent},
    server::{Place, Server},
};

const CONFIRM: &str = "mutation($input: ConfirmBookingInput!) { result: confirmBooking(input: $input) { interview { id status } position userErrors { code message field } } }";
const DECLINE: &str = "mutation($input: DeclineBookingInput!) { result: declineBooking(input: $input) { interview { id status } position userErrors { code message field } } }";
const SEEN: &str = "query($id: ID!) { interview(id: $id) { status phase holdExpiresAt approvedBy { id } cancellation { party reason by { id } } payment { status checkout { url } } type { confirmationRequired confirmationMinutes } } }";
const TYPE: &str = "mutation($input: ReviseInterviewTypeInput!) { result: reviseInterviewType(input: $input) { interviewType { version confirmationRequired confirmationMinutes } userErrors { code message field } } }";
const PRICES: &str = "mutation($input: PublishPriceListInput!) { result: publishPriceList(input: $input) { priceList { id } userErrors { code message field } } }";

/// Within the hours of both interviewers.
const FREE: &str = "2026-03-10T13:00:00Z";
/// Minutes that somebody has to agree.
const WITHIN: i64 = 180;

/// A product with both interviewers to which somebody has to agree, with or without a price.
async fn prepared(place: Place, with_price: bool) -> (Server, Cast, Stage) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let prices = match with_price {
        true => price_list(&cast).await,
        false => Value::Null,
    };
    let product = cast
        .recruiter
        .carry_out(op::DEFINE_TYPE, &product(&stage, &prices))
        .await
        .unwrap();
    let interview_type = product["interviewType"]["id"].as_str().unwrap().to_owned();
    server.clock.settle().await.unwrap();
    (
        server,
        cast,
        Stage {
            interview_type,
            ..stage
        },
    )
}

fn product(stage: &Stage, prices: &Value) -> Value {
    json!({
        "title": "By agreement", "kind": "GENERAL", "mode": "HUMAN", "purpose": "MOCK", "difficulty": "EASY",
        "durationMinutes": 20, "interviewerIds": stage.interviewers, "priceListId": prices,
        "confirmationRequired": true, "confirmationMinutes": WITHIN, "idempotencyKey": "by agreement"
    })
}

async fn price_list(cast: &Cast) -> Value {
    let inr = |minor: &str| json!({ "amountMinor": minor, "currency": "INR" });
    let item = json!({ "difficulty": "EASY", "price": inr("9900"), "cost": inr("3000"), "minutes": 20 });
    let list = json!({ "name": "By agreement", "items": [item], "idempotencyKey": "agreed prices" });
    let mut made = cast.recruiter.carry_out(PRICES, &list).await.unwrap();
    made["priceList"]["id"].take()
}

async fn asked(server: &Server, cast: &Cast, stage: &Stage, key: &str) -> String {
    let asked = booking(stage, FREE, key);
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &asked)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    booked["interview"]["id"].as_str().unwrap().to_owned()
}

async fn seen(client: &Client, id: &str) -> Value {
    let mut data = client.data(SEEN, &json!({ "id": id })).await.unwrap();
    data["interview"].take()
}

fn about(id: &str, key: &str) -> Value {
    json!({ "interviewId": id, "idempotencyKey": key })
}

fn mails_to(server: &Server, address: &str) -> Vec<Mail> {
    let mails = sent(server.place.folder()).into_iter();
    mails.filter(|mail| mail.to == address).collect()
}

async fn no_dead_letters(server: &Server, cast: &Cast) {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let dead = &system["system"]["effects"]["dead"];
    assert_eq!(*dead, 0, "{system}\n{}", server.log());
}

#[tokio::test]
async fn the_slot_is_held_until_an_interviewer_agrees_on_sqlite() {
    the_slot_is_held_until_an_interviewer_agrees(Place::embedded()).await;
}

#[tokio::test]
async fn the_slot_is_held_until_an_interviewer_agrees_on_postgres() {
    if let Some(place) = Place::postgres().await {
        the_slot_is_held_until_an_interviewer_agrees(place).await;
    }
}

async fn the_slot_is_held_until_an_interviewer_agrees(place: Place) {
    let (server, cast, stage) = prepared(place, false).await;
    let id = asked(&server, &cast, &stage, "please").await;
    let waiting = seen(&cast.candidate, &id).await;

    let other = booking(&stage, FREE, "me too");
    let taken = cast.stranger.refusal(op::REQUEST_BOOKING, &other).await.unwrap();
    let stranger = cast.stranger.refusal(CONFIRM, &about(&id, "yes")).await.unwrap();
    let agreed = cast.lena.carry_out(CONFIRM, &about(&id, "yes")).await.unwrap();
    let repeated = cast.lena.carry_out(CONFIRM, &about(&id, "yes")).await.unwrap();
    let late = cast.ravi.refusal(CONFIRM, &about(&id, "yes")).await.unwrap();
    let too_late = cast.ravi.refusal(DECLINE, &about(&id, "no")).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(waiting["status"], "AWAITING_APPROVAL", "{waiting}");
    assert_eq!(waiting["phase"], "UPCOMING", "{waiting}");
    let due = beginning() + Duration::minutes(WITHIN);
    assert_eq!(moment(waiting["holdExpiresAt"].as_str().unwrap()).unwrap(), due);
    assert_eq!(
        waiting["type"],
        json!({ "confirmationRequired": true, "confirmationMinutes": WITHIN })
    );
    assert_eq!((taken.as_str(), stranger.as_str()), ("SLOT_TAKEN", "FORBIDDEN"));
    assert_eq!(agreed["interview"]["status"], "CONFIRMED", "{agreed}");
    assert_eq!(repeated["position"], agreed["position"]);
    assert_eq!((late.as_str(), too_late.as_str()), ("WRONG_STATE", "WRONG_STATE"));
    let after = seen(&cast.recruiter, &id).await;
    assert_eq!(after["approvedBy"]["id"], json!(stage.interviewers[0]), "{after}");
    assert_eq!(seen(&cast.candidate, &id).await["approvedBy"], Value::Null);
    everybody_heard_of_it(&server);
    // The former end of the hold passes, and nothing becomes of it.
    server.clock.advance_to(due + Duration::minutes(1)).await.unwrap();
    server.clock.settle().await.unwrap();
    assert_eq!(seen(&cast.candidate, &id).await["status"], "CONFIRMED");
    let still = cast
        .stranger
        .refusal(op::REQUEST_BOOKING, &booking(&stage, FREE, "now?"))
        .await;
    assert_eq!(still.unwrap(), "SLOT_TAKEN");
    no_dead_letters(&server, &cast).await;
}

fn everybody_heard_of_it(server: &Server) {
    for address in [LENA.email, RAVI.email] {
        let mails = mails_to(server, address);
        let request = mails
            .iter()
            .find(|mail| mail.subject.starts_with("Somebody asks"));
        let request = request.unwrap_or_else(|| panic!("{mails:#?}"));
        assert_eq!(request.calendar, None, "{request:#?}");
        assert!(request.text.contains("Asha Whitfield"), "{}", request.text);
        assert!(request.text.contains("Answer by"), "{}", request.text);
        assert!(
            mails.iter().any(|mail| mail.subject.starts_with("You interview")),
            "{mails:#?}"
        );
    }
    let told = mails_to(server, CANDIDATE.email);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0].subject.starts_with("Your interview is confirmed"),
        "{told:#?}"
    );
}

#[tokio::test]
async fn what_has_a_price_is_paid_after_somebody_has_agreed_and_not_before() {
    let (server, cast, stage) = prepared(Place::embedded(), true).await;
    let id = asked(&server, &cast, &stage, "please").await;
    let before = seen(&cast.candidate, &id).await;
    let last = beginning() + Duration::minutes(WITHIN) - Duration::seconds(1);
    server.clock.advance_to(last).await.unwrap();

    let agreed = cast
        .recruiter
        .carry_out(CONFIRM, &about(&id, "yes"))
        .await
        .unwrap();
    let payable = |data: &Value| data["interview"]["payment"]["checkout"]["url"].is_string();
    let open = cast
        .candidate
        .until(SEEN, &json!({ "id": id }), payable)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    // The hold that was agreed to is over by now, and the one for the payment is not.
    server
        .clock
        .advance_to(last + Duration::minutes(5))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let other = booking(&stage, FREE, "me too");
    let taken = cast.stranger.refusal(op::REQUEST_BOOKING, &other).await.unwrap();
    let page = open["interview"]["payment"]["checkout"]["url"].as_str().unwrap();
    let paid = json!({ "outcome": "succeed" });
    cast.candidate.post(&format!("{page}/pay"), &paid).await.unwrap();
    let confirmed = |data: &Value| data["interview"]["status"] == "CONFIRMED";
    cast.candidate
        .until(SEEN, &json!({ "id": id }), confirmed)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(before["status"], "AWAITING_APPROVAL", "{before}");
    assert_eq!(before["payment"], Value::Null, "{before}");
    assert_ne!(agreed["interview"]["status"], "CONFIRMED", "{agreed}");
    assert_eq!(open["interview"]["status"], "AWAITING_PAYMENT", "{open}");
    assert_eq!(taken, "SLOT_TAKEN");
    let told = mails_to(&server, CANDIDATE.email);
    let accepted = told
        .iter()
        .find(|mail| mail.subject.starts_with("Your request was accepted"));
    assert!(accepted.unwrap().text.contains("99.00 INR"), "{told:#?}");
    let story = timeline(&cast.recruiter, &id).await.unwrap();
    assert_eq!(count(&story, "payment.opened"), 1);
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn what_is_agreed_to_and_not_paid_in_time_is_free_again() {
    let (server, cast, stage) = prepared(Place::embedded(), true).await;
    let id = asked(&server, &cast, &stage, "please").await;
    cast.lena.carry_out(CONFIRM, &about(&id, "yes")).await.unwrap();
    server
        .clock
        .advance_to(beginning() + Duration::minutes(15))
        .await
        .unwrap();

    let again = booking(&stage, FREE, "mine now");
    let again = cast
        .stranger
        .carry_out(op::REQUEST_BOOKING, &again)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(again["interview"]["status"], "AWAITING_APPROVAL", "{again}");
    let unpaid = seen(&cast.candidate, &id).await;
    assert_eq!(unpaid["status"], "EXPIRED", "{unpaid}");
    assert_eq!(unpaid["payment"]["status"], "EXPIRED", "{unpaid}");
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn what_is_declined_is_free_again_and_the_candidate_reads_why() {
    let (server, cast, stage) = prepared(Place::embedded(), true).await;
    let id = asked(&server, &cast, &stage, "please").await;
    let no = json!({ "interviewId": id, "reason": "We are away that day", "idempotencyKey": "no" });

    let declined = cast.ravi.carry_out(DECLINE, &no).await.unwrap();
    let again = booking(&stage, FREE, "mine now");
    cast.stranger
        .carry_out(op::REQUEST_BOOKING, &again)
        .await
        .unwrap();
    let late = cast.lena.refusal(CONFIRM, &about(&id, "yes")).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(declined["interview"]["status"], "CANCELLED", "{declined}");
    assert_eq!(late, "WRONG_STATE");
    let after = seen(&cast.candidate, &id).await;
    assert_eq!(after["phase"], "CLOSED", "{after}");
    assert_eq!(after["cancellation"]["party"], "INTERVIEWER", "{after}");
    assert_eq!(after["cancellation"]["reason"], "We are away that day", "{after}");
    assert_eq!(after["payment"], Value::Null, "{after}");
    let told = mails_to(&server, CANDIDATE.email);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0].subject.starts_with("Your request was not accepted"),
        "{told:#?}"
    );
    assert!(told[0].text.contains("We are away that day"), "{told:#?}");
    assert_eq!(told[0].calendar, None);
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn what_nobody_answers_comes_to_nothing_and_a_late_answer_does_not_count() {
    let (server, cast, stage) = prepared(Place::embedded(), false).await;
    let id = asked(&server, &cast, &stage, "please").await;
    let due = beginning() + Duration::minutes(WITHIN);
    server.clock.advance_to(due).await.unwrap();

    let late = cast.lena.refusal(CONFIRM, &about(&id, "yes")).await.unwrap();
    let again = booking(&stage, FREE, "mine now");
    cast.stranger
        .carry_out(op::REQUEST_BOOKING, &again)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(late, "WRONG_STATE");
    assert_eq!(seen(&cast.candidate, &id).await["status"], "EXPIRED");
    let told = mails_to(&server, CANDIDATE.email);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0].subject.starts_with("Your request was not accepted"),
        "{told:#?}"
    );
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn the_candidate_calls_a_request_off_and_whoever_was_asked_is_told() {
    let (server, cast, stage) = prepared(Place::embedded(), false).await;
    let id = asked(&server, &cast, &stage, "please").await;

    let off = cast
        .candidate
        .carry_out(CANCEL, &about(&id, "off"))
        .await
        .unwrap();
    let late = cast.lena.refusal(CONFIRM, &about(&id, "yes")).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(off["interview"]["status"], "CANCELLED", "{off}");
    assert_eq!(late, "WRONG_STATE");
    let told = mails_to(&server, LENA.email);
    let off = told
        .iter()
        .find(|mail| mail.subject.starts_with("The interview is cancelled"));
    assert_eq!(off.unwrap().calendar, None, "{told:#?}");
}

#[tokio::test]
async fn a_booking_keeps_the_version_of_its_product_that_asked_nobody() {
    let (server, cast, stage) = prepared(Place::embedded(), false).await;
    let mut definition = product(&stage, &Value::Null);
    let fields = definition.as_object_mut().unwrap();
    fields.remove("idempotencyKey");
    fields.insert("confirmationRequired".to_owned(), json!(false));
    let id = asked(&server, &cast, &stage, "before").await;
    let revise = json!({
        "typeId": stage.interview_type, "expectedVersion": 1, "definition": definition, "idempotencyKey": "revise"
    });

    let revised = cast.recruiter.carry_out(TYPE, &revise).await.unwrap();
    let start = (moment(FREE).unwrap() + Duration::days(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let after = booking(&stage, &start, "after");
    let after = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &after)
        .await
        .unwrap();

    let product = &revised["interviewType"];
    assert_eq!(product["confirmationMinutes"], Value::Null, "{product}");
    assert_eq!(seen(&cast.candidate, &id).await["status"], "AWAITING_APPROVAL");
    assert_eq!(after["interview"]["status"], "CONFIRMED", "{after}");
    let agreed = cast.lena.carry_out(CONFIRM, &about(&id, "yes")).await.unwrap();
    assert_eq!(agreed["interview"]["status"], "CONFIRMED", "{agreed}");
}

#[tokio::test]
async fn of_many_who_answer_at_once_one_counts_on_sqlite() {
    of_many_who_answer_at_once_one_counts(Place::embedded()).await;
}

#[tokio::test]
async fn of_many_who_answer_at_once_one_counts_on_postgres() {
    if let Some(place) = Place::postgres().await {
        of_many_who_answer_at_once_one_counts(place).await;
    }
}

async fn of_many_who_answer_at_once_one_counts(place: Place) {
    let (server, cast, stage) = prepared(place, true).await;
    for round in 0..4 {
        let id = asked(&server, &cast, &stage, &format!("round {round}")).await;
        let answerers = [&cast.lena, &cast.ravi, &cast.recruiter, &cast.admin];
        let input = json!({ "input": { "interviewId": id } });
        let answers = answerers.iter().enumerate().flat_map(|(number, client)| {
            let first = if (number + round).is_multiple_of(2) {
                CONFIRM
            } else {
                DECLINE
            };
            [client.send(first, &input), client.send(CONFIRM, &input)]
        });
        let answers: Vec<_> = join_all(answers).await.into_iter().map(Result::unwrap).collect();
        server.clock.settle().await.unwrap();

        let story = timeline(&cast.recruiter, &id).await.unwrap();
        let agreed = count(&story, "interview.booking_approved");
        let declined = count(&story, "interview.booking_declined");
        assert_eq!(agreed + declined, 1, "{answers:#?}");
        assert_eq!(count(&story, "payment.opened"), agreed, "{answers:#?}");
        let carried_out = |answer: &&Value| answer["data"]["result"]["userErrors"] == json!([]);
        let refused = |answer: &&Value| answer["data"]["result"]["userErrors"][0]["code"] == "WRONG_STATE";
        let (done, refused) = (
            answers.iter().filter(carried_out).count(),
            answers.iter().filter(refused).count(),
        );
        // Whoever agreed may say so twice.
        assert!((1..=2).contains(&done), "{answers:#?}");
        assert_eq!(done + refused, answers.len(), "{answers:#?}");
        if agreed == 1 {
            cast.recruiter
                .carry_out(CANCEL, &about(&id, &format!("off {round}")))
                .await
                .unwrap();
        }
    }
    no_dead_letters(&server, &cast).await;
}
