//! Calling off: the time is free again at once, the money goes back as the conditions say, and everybody is told.

use chrono::{DateTime, Duration, Utc};
use futures::future::join;
use greenroom::demo::{
    client::Client,
    journey::{
        CANDIDATE, Cast, Clockwork, Journey, LENA, RAVI, Stage, beginning, booking, moment, prepare, timeline,
    },
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use crate::support::{
    ending::count,
    mails::{Mail, sent},
    server::{Place, Server},
};

pub(super) const CANCEL: &str = "mutation($input: CancelInterviewInput!) { result: cancelInterview(input: $input) { interview { id status phase cancellation { by { id } party reason noticeMinutes refundPercent refund { amountMinor currency } } } position userErrors { code message field } } }";
const PUBLISH: &str = "mutation($input: PublishCancellationPolicyInput!) { result: publishCancellationPolicy(input: $input) { organisation { cancellationPolicy { version tiers { noticeMinutes percent } } } userErrors { code message field } } }";
const DEFINE: &str = "mutation($input: DefineInterviewTypeInput!) { result: defineInterviewType(input: $input) { interviewType { id refundTiers { noticeMinutes percent } } userErrors { code message field } } }";
const CANCELLATION: &str = "query($id: ID!) { interview(id: $id) { refundLimit refundTiers { noticeMinutes percent } cancellation { reason refundPercent refund { amountMinor } } } }";

/// A start that can be booked, more than a day ahead.
const FREE: &str = "2026-03-10T13:00:00Z";
const LATER: &str = "2026-03-12T13:00:00Z";

async fn prepared(place: Place) -> (Server, Cast, Stage) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

/// Paid and confirmed, and everything done that follows.
async fn confirmed(server: &Server, cast: &Cast, stage: &Stage) -> (String, DateTime<Utc>) {
    let (interview, _, start) = Journey::book_and_pay(cast, stage, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (interview, moment(&start).unwrap())
}

fn off(interview: &str) -> Value {
    json!({ "interviewId": interview, "reason": "A dentist", "idempotencyKey": format!("off {interview}") })
}

async fn interview(client: &Client, id: &str) -> Value {
    let mut data = client.data(op::INTERVIEW, &json!({ "id": id })).await.unwrap();
    data["interview"].take()
}

fn mails_to(server: &Server, address: &str) -> Vec<Mail> {
    let mails = sent(server.place.folder()).into_iter();
    mails.filter(|mail| mail.to == address).collect()
}

/// The value of a line of a mail's appointment.
fn of_calendar<'m>(mail: &'m Mail, name: &str) -> &'m str {
    let lines = mail.calendar.as_deref().unwrap_or_default().lines();
    let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    values.next().unwrap_or_default()
}

async fn no_dead_letters(server: &Server, cast: &Cast) {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let dead = &system["system"]["effects"]["dead"];
    assert_eq!(*dead, 0, "{system}\n{}", server.log());
}

#[tokio::test]
async fn what_is_called_off_a_day_ahead_is_free_again_and_paid_back_on_sqlite() {
    what_is_called_off_a_day_ahead_is_free_again_and_paid_back(Place::embedded()).await;
}

#[tokio::test]
async fn what_is_called_off_a_day_ahead_is_free_again_and_paid_back_on_postgres() {
    if let Some(place) = Place::postgres().await {
        what_is_called_off_a_day_ahead_is_free_again_and_paid_back(place).await;
    }
}

async fn what_is_called_off_a_day_ahead_is_free_again_and_paid_back(place: Place) {
    let (server, cast, stage) = prepared(place).await;
    let (id, start) = confirmed(&server, &cast, &stage).await;

    let called_off = cast.candidate.carry_out(CANCEL, &off(&id)).await.unwrap();
    let again = cast
        .stranger
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, FREE, "the same slot"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    let seen = &called_off["interview"];
    assert_eq!(seen["status"], "CANCELLED", "{seen}");
    assert_eq!(seen["phase"], "CLOSED", "{seen}");
    assert_eq!(seen["cancellation"]["party"], "CANDIDATE", "{seen}");
    assert_eq!(seen["cancellation"]["reason"], "A dentist", "{seen}");
    assert_eq!(seen["cancellation"]["refundPercent"], 100, "{seen}");
    assert_eq!(seen["cancellation"]["refund"]["amountMinor"], "14900", "{seen}");
    assert_ne!(again["interview"]["id"], json!(id));
    let paid_back = interview(&cast.candidate, &id).await;
    assert_eq!(paid_back["payment"]["status"], "REFUNDED", "{paid_back}");
    assert_eq!(
        paid_back["payment"]["refunds"],
        json!([{ "reason": "CANCELLED", "status": "PROCESSED", "amount": { "amountMinor": "14900" } }])
    );
    assert_eq!(paid_back["room"]["status"], "CLOSED", "{paid_back}");
    everybody_takes_it_out_of_the_calendar(&server);
    nothing_more_becomes_of_it(&server, &cast, &id, start).await;
}

fn everybody_takes_it_out_of_the_calendar(server: &Server) {
    for address in [CANDIDATE.email, LENA.email, RAVI.email] {
        let mails = mails_to(server, address);
        let about = |method: &str| {
            let mut of = mails.iter().filter(|mail| of_calendar(mail, "METHOD") == method);
            (of.next().unwrap(), of.next())
        };
        let (put_in, _) = about("REQUEST");
        let (taken_out, more) = about("CANCEL");
        assert_eq!(more, None, "{mails:#?}");
        assert_eq!(of_calendar(taken_out, "UID"), of_calendar(put_in, "UID"));
        let sequence = |mail: &Mail| of_calendar(mail, "SEQUENCE").parse::<u32>().unwrap();
        assert!(sequence(taken_out) > sequence(put_in), "{mails:#?}");
        assert!(taken_out.subject.starts_with("The interview is cancelled"));
        let tells_of_money = taken_out.text.contains("149.00 INR go back to you");
        assert_eq!(tells_of_money, address == CANDIDATE.email, "{}", taken_out.text);
    }
}

/// Its times pass, and it stays what it is: nobody is missed, nothing moves, and nobody calls it off a second time.
async fn nothing_more_becomes_of_it(server: &Server, cast: &Cast, id: &str, start: DateTime<Utc>) {
    let again = json!({ "interviewId": id, "idempotencyKey": "off again" });
    cast.recruiter.carry_out(CANCEL, &again).await.unwrap();
    let back = json!({ "interviewId": id, "start": LATER, "expectedRevision": 1, "idempotencyKey": "back" });
    let refused = cast.candidate.refusal(op::RESCHEDULE, &back).await.unwrap();
    assert_eq!(refused, "WRONG_STATE");
    let join = json!({ "interviewId": id, "idempotencyKey": "come" });
    let refused = cast.candidate.refusal(op::JOIN_ROOM, &join).await.unwrap();
    assert_eq!(refused, "ROOM_CLOSED");
    server.clock.advance_to(start + Duration::hours(6)).await.unwrap();
    server.clock.settle().await.unwrap();
    let told = timeline(&cast.recruiter, id).await.unwrap();
    assert_eq!(count(&told, "interview.cancelled"), 1);
    assert_eq!(count(&told, "interview.no_show_marked"), 0);
    assert_eq!(count(&told, "interview.ended"), 0);
    assert_eq!(count(&told, "payment.refund_requested"), 1);
    assert_eq!(interview(&cast.candidate, id).await["status"], "CANCELLED");
    no_dead_letters(server, cast).await;
}

#[tokio::test]
async fn everything_comes_back_when_an_interviewer_calls_off_at_the_last_minute() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (id, start) = confirmed(&server, &cast, &stage).await;
    server
        .clock
        .advance_to(start - Duration::minutes(1))
        .await
        .unwrap();
    let as_candidate = json!({ "interviewId": id, "party": "CANDIDATE", "idempotencyKey": "as candidate" });

    let stranger = cast.stranger.refusal(CANCEL, &off(&id)).await.unwrap();
    let dodged = cast.lena.refusal(CANCEL, &as_candidate).await.unwrap();
    let called_off = cast.lena.carry_out(CANCEL, &off(&id)).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(stranger, "NOT_FOUND");
    assert_eq!(dodged, "INVALID");
    let seen = &called_off["interview"]["cancellation"];
    assert_eq!(seen["party"], "INTERVIEWER", "{seen}");
    assert_eq!(seen["refundPercent"], Value::Null, "{seen}");
    let paid_back = interview(&cast.candidate, &id).await;
    assert_eq!(paid_back["payment"]["status"], "REFUNDED", "{paid_back}");
}

#[tokio::test]
async fn what_has_begun_is_not_called_off() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (id, start) = confirmed(&server, &cast, &stage).await;
    server.clock.advance_to(start).await.unwrap();

    let refused = cast.recruiter.refusal(CANCEL, &off(&id)).await.unwrap();

    assert_eq!(refused, "WRONG_STATE");
    assert_eq!(interview(&cast.recruiter, &id).await["status"], "CONFIRMED");
}

#[tokio::test]
async fn what_comes_back_is_settled_by_the_booking_and_a_late_move_brings_nothing_back() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let tier = |minutes: u32, percent: u32| json!({ "noticeMinutes": minutes, "percent": percent });
    let tiers = json!({ "tiers": [tier(120, 40), tier(1440, 90)], "idempotencyKey": "tiers" });
    let published = cast.recruiter.carry_out(PUBLISH, &tiers).await.unwrap();
    let (id, start) = confirmed(&server, &cast, &stage).await;
    let nothing = json!({ "tiers": [], "idempotencyKey": "nothing" });
    cast.recruiter.carry_out(PUBLISH, &nothing).await.unwrap();
    server.clock.advance_to(start - Duration::hours(3)).await.unwrap();
    let move_away =
        json!({ "interviewId": id, "start": LATER, "expectedRevision": 1, "idempotencyKey": "move" });
    cast.candidate
        .carry_out(op::RESCHEDULE, &move_away)
        .await
        .unwrap();
    let before = cast
        .candidate
        .data(CANCELLATION, &json!({ "id": id }))
        .await
        .unwrap();

    let called_off = cast.candidate.carry_out(CANCEL, &off(&id)).await.unwrap();

    assert_eq!(
        published["organisation"]["cancellationPolicy"],
        json!({ "version": 1, "tiers": [tier(1440, 90), tier(120, 40)] })
    );
    assert_eq!(before["interview"]["refundLimit"], 40, "{before}");
    assert_eq!(
        before["interview"]["refundTiers"],
        json!([tier(1440, 90), tier(120, 40)])
    );
    let seen = &called_off["interview"]["cancellation"];
    assert_eq!(seen["refundPercent"], 40, "{seen}");
    assert_eq!(seen["refund"]["amountMinor"], "5960", "{seen}");
    let contradictory = json!({ "tiers": [tier(120, 90), tier(1440, 40)], "idempotencyKey": "odd" });
    let refused = cast.recruiter.refusal(PUBLISH, &contradictory).await.unwrap();
    assert_eq!(refused, "INVALID");
    let by_candidate = cast.candidate.refusal(PUBLISH, &tiers).await.unwrap();
    assert_eq!(by_candidate, "FORBIDDEN");
}

/// A slot that is held, and the page where it is paid.
async fn held(cast: &Cast, stage: &Stage, key: &str) -> (String, String) {
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(stage, FREE, key))
        .await
        .unwrap();
    let id = booked["interview"]["id"].as_str().unwrap().to_owned();
    let open = |data: &Value| data["interview"]["payment"]["checkout"]["url"].is_string();
    let variables = json!({ "id": id });
    let open = cast
        .candidate
        .until(op::INTERVIEW, &variables, open)
        .await
        .unwrap();
    let page = open["interview"]["payment"]["checkout"]["url"].as_str().unwrap();
    (id, format!("{page}/pay"))
}

#[tokio::test]
async fn what_was_merely_held_is_no_longer_to_be_paid_and_money_that_comes_all_the_same_goes_back() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (id, page) = held(&cast, &stage, "held").await;

    cast.candidate.carry_out(CANCEL, &off(&id)).await.unwrap();
    let unpaid = interview(&cast.candidate, &id).await;
    cast.candidate
        .post(&page, &json!({ "outcome": "succeed" }))
        .await
        .unwrap();
    let refunded = |data: &Value| data["interview"]["payment"]["status"] == "REFUNDED";
    let variables = json!({ "id": id });
    cast.candidate
        .until(op::INTERVIEW, &variables, refunded)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(unpaid["payment"]["status"], "CANCELLED", "{unpaid}");
    assert_eq!(unpaid["payment"]["checkout"], Value::Null, "{unpaid}");
    assert_eq!(interview(&cast.candidate, &id).await["status"], "CANCELLED");
    let told = mails_to(&server, CANDIDATE.email);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].text.contains("Nothing is to be paid"), "{told:#?}");
    assert_eq!(told[0].calendar, None, "{told:#?}");
    assert_eq!(mails_to(&server, LENA.email), []);
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn whoever_pays_while_it_is_called_off_has_the_money_back_and_the_slot_is_free() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    for round in 0..4 {
        let (id, page) = held(&cast, &stage, &format!("round {round}")).await;
        let off = off(&id);
        let pays = json!({ "outcome": "succeed", "webhooks": { "duplicate": 2 } });

        let (paid, called_off) = join(
            cast.candidate.post(&page, &pays),
            cast.recruiter.carry_out(CANCEL, &off),
        )
        .await;
        let (_, _) = (paid.unwrap(), called_off.unwrap());
        let refunded = |data: &Value| data["interview"]["payment"]["status"] == "REFUNDED";
        let variables = json!({ "id": id });
        cast.candidate
            .until(op::INTERVIEW, &variables, refunded)
            .await
            .unwrap();
        server.clock.settle().await.unwrap();

        let seen = interview(&cast.candidate, &id).await;
        assert_eq!(seen["status"], "CANCELLED", "{seen}");
        assert_eq!(seen["payment"]["refunded"]["amountMinor"], "14900", "{seen}");
        let told = timeline(&cast.recruiter, &id).await.unwrap();
        assert_eq!(count(&told, "payment.refund_requested"), 1);
    }
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn of_a_move_and_a_cancellation_at_once_one_wins_and_no_time_stays_taken_for_nothing() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (id, _) = confirmed(&server, &cast, &stage).await;
    let off = json!({ "interviewId": id, "expectedRevision": 1, "idempotencyKey": "off" });
    let away = json!({ "interviewId": id, "start": LATER, "expectedRevision": 1, "idempotencyKey": "away" });

    let (off, away) = (json!({ "input": off }), json!({ "input": away }));
    let (called_off, moved) = join(
        cast.recruiter.send(CANCEL, &off),
        cast.candidate.send(op::RESCHEDULE, &away),
    )
    .await;
    let code = |answer: &Value| answer["data"]["result"]["userErrors"][0]["code"].clone();
    let (called_off, moved) = (code(&called_off.unwrap()), code(&moved.unwrap()));
    let status = interview(&cast.candidate, &id).await["status"].clone();

    let outcomes = [
        (json!("STALE_REVISION"), Value::Null, json!("CONFIRMED")),
        (Value::Null, json!("WRONG_STATE"), json!("CANCELLED")),
    ];
    let outcome = (called_off, moved, status);
    assert!(outcomes.contains(&outcome), "{outcome:?}");
    let free = booking(&stage, FREE, "free again");
    cast.stranger.carry_out(op::REQUEST_BOOKING, &free).await.unwrap();
    assert!(beginning() < moment(FREE).unwrap());
}

#[tokio::test]
async fn a_product_with_conditions_of_its_own_gives_back_what_these_say() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let tier = |minutes: u32, percent: u8| json!({ "noticeMinutes": minutes, "percent": percent });
    let product = |title: &str, tiers: Value| {
        json!({
            "title": title, "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY", "durationMinutes": 30,
            "interviewerIds": stage.interviewers, "panelStrategy": "ROUND_ROBIN", "seats": 1, "refundTiers": tiers,
            "idempotencyKey": title
        })
    };
    let own = product("Own", json!([tier(120, 40), tier(1440, 90)]));
    let own = cast.recruiter.carry_out(DEFINE, &own).await.unwrap();
    let organisations = product("As everywhere", Value::Null);
    let organisations = cast.recruiter.carry_out(DEFINE, &organisations).await.unwrap();
    let odd = product("Odd", json!([tier(120, 90), tier(1440, 40)]));
    let odd = cast.recruiter.refusal(DEFINE, &odd).await.unwrap();
    let made = own["interviewType"]["id"].as_str().unwrap().to_owned();
    let of_product = Stage {
        interview_type: made,
        ..stage
    };
    let booked = booking(&of_product, FREE, "own");
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booked)
        .await
        .unwrap();
    let id = booked["interview"]["id"].as_str().unwrap();
    let three_hours_ahead = moment(FREE).unwrap() - Duration::hours(3);
    server.clock.advance_to(three_hours_ahead).await.unwrap();

    let called_off = cast.candidate.carry_out(CANCEL, &off(id)).await.unwrap();

    let tiers = json!([tier(1440, 90), tier(120, 40)]);
    assert_eq!(own["interviewType"]["refundTiers"], tiers);
    assert_eq!(organisations["interviewType"]["refundTiers"], Value::Null);
    assert_eq!(odd, "INVALID");
    let seen = &called_off["interview"]["cancellation"];
    assert_eq!(seen["refundPercent"], 40, "{seen}");
}
