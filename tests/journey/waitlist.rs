//! Waiting for a time: who came first is offered first what becomes free, and it is held for them.

use chrono::Duration;
use domain::actor::Role;
use futures::future::join_all;
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, STRANGER, Stage, beginning, booking, moment, prepare, timeline},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::cancellation::CANCEL;
use crate::support::{
    ending::count,
    mails::sent,
    people::can_be_met,
    server::{Place, Server},
};

const JOIN: &str = "mutation($input: JoinWaitlistInput!) { result: joinWaitlist(input: $input) { entry { id status } position userErrors { code message field } } }";
const LEAVE: &str = "mutation($input: LeaveWaitlistInput!) { result: leaveWaitlist(input: $input) { entry { status } position userErrors { code message field } } }";
const ACCEPT: &str = "mutation($input: AcceptWaitlistOfferInput!) { result: acceptWaitlistOffer(input: $input) { interview { id status holdExpiresAt slot { start } brief { jobRole } } position userErrors { code message field } } }";
const DECLINE: &str = "mutation($input: DeclineWaitlistOfferInput!) { result: declineWaitlistOffer(input: $input) { entry { status offer { expiresAt } } position userErrors { code message field } } }";
const LIST: &str = "query($where: WaitlistWhere) { waitlist(where: $where) { totalCount edges { node { id status candidate { id } offer { slot { start localStart } expiresAt interviewId } type { id } } } } }";

/// Within the hours of both interviewers.
const FREE: &str = "2026-03-10T13:00:00Z";
const NEXT: &str = "2026-03-10T13:20:00Z";

/// A free talk with one interviewer, and somebody else who would like one.
async fn prepared(place: Place) -> (Server, Cast, Stage, Client) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let talk = json!({
        "title": "First talk", "kind": "GENERAL", "mode": "HUMAN", "purpose": "RECRUITING", "difficulty": "EASY",
        "durationMinutes": 20, "slotStepMinutes": 20, "interviewerIds": [stage.interviewers[0]],
        "idempotencyKey": "talk"
    });
    let talk = cast.recruiter.carry_out(op::DEFINE_TYPE, &talk).await.unwrap();
    let interview_type = talk["interviewType"]["id"].as_str().unwrap().to_owned();
    let token = server
        .place
        .token(Role::Candidate, "third@mailbox.example", 24)
        .await
        .unwrap();
    let third = Client::new(&server.base, Some(token)).unwrap();
    third.data(op::VIEWER, &json!({})).await.unwrap();
    server.clock.settle().await.unwrap();
    (
        server,
        cast,
        Stage {
            interview_type,
            ..stage
        },
        third,
    )
}

async fn booked(client: &Client, stage: &Stage, start: &str, key: &str) -> String {
    let booked = client
        .carry_out(op::REQUEST_BOOKING, &booking(stage, start, key))
        .await
        .unwrap();
    booked["interview"]["id"].as_str().unwrap().to_owned()
}

/// Waits for a start from this moment on, for so many minutes.
async fn waits(client: &Client, stage: &Stage, from: &str, minutes: i64) -> String {
    let until = moment(from).unwrap() + Duration::minutes(minutes);
    let join = json!({
        "typeId": stage.interview_type, "from": from, "to": until.to_rfc3339(), "timeZone": "Europe/London"
    });
    let joined = client.carry_out(JOIN, &join).await.unwrap();
    joined["entry"]["id"].as_str().unwrap().to_owned()
}

fn about(stage: &Stage, entry: &str) -> Value {
    json!({ "typeId": stage.interview_type, "entryId": entry })
}

async fn off(client: &Client, interview: &str) {
    let off = json!({ "interviewId": interview, "idempotencyKey": format!("off {interview}") });
    client.carry_out(CANCEL, &off).await.unwrap();
}

/// The place as its owner sees it.
async fn place_of(client: &Client, entry: &str) -> Value {
    let data = client.data(LIST, &json!({})).await.unwrap();
    let edges = data["waitlist"]["edges"].as_array().unwrap();
    let found = edges.iter().find(|edge| edge["node"]["id"] == json!(entry));
    found.unwrap_or_else(|| panic!("{data}"))["node"].clone()
}

async fn no_dead_letters(server: &Server, cast: &Cast) {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let dead = &system["system"]["effects"]["dead"];
    assert_eq!(*dead, 0, "{system}\n{}", server.log());
}

#[tokio::test]
async fn what_becomes_free_is_held_for_whoever_came_first_on_sqlite() {
    what_becomes_free_is_held_for_whoever_came_first(Place::embedded()).await;
}

#[tokio::test]
async fn what_becomes_free_is_held_for_whoever_came_first_on_postgres() {
    if let Some(place) = Place::postgres().await {
        what_becomes_free_is_held_for_whoever_came_first(place).await;
    }
}

async fn what_becomes_free_is_held_for_whoever_came_first(place: Place) {
    let (server, cast, stage, third) = prepared(place).await;
    let interview = booked(&cast.candidate, &stage, FREE, "mine").await;
    let first = waits(&cast.stranger, &stage, FREE, 1).await;
    let second = waits(&third, &stage, FREE, 1).await;
    server.clock.settle().await.unwrap();
    let before = place_of(&cast.stranger, &first).await;

    off(&cast.candidate, &interview).await;
    server.clock.settle().await.unwrap();
    let offered = place_of(&cast.stranger, &first).await;
    let waiting = place_of(&third, &second).await;
    let pushed = booking(&stage, FREE, "quick");
    let pushed = third.refusal(op::REQUEST_BOOKING, &pushed).await.unwrap();
    let foreign = third.refusal(ACCEPT, &about(&stage, &first)).await.unwrap();
    let own = third.refusal(ACCEPT, &about(&stage, &second)).await.unwrap();
    let mut take = about(&stage, &first);
    take["jobRole"] = json!("Backend engineer");
    let taken = cast.stranger.carry_out(ACCEPT, &take).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(before["status"], "WAITING", "{before}");
    assert_eq!(offered["status"], "OFFERED", "{offered}");
    assert_eq!(
        offered["offer"]["slot"]["localStart"], "2026-03-10T13:00:00",
        "{offered}"
    );
    assert_eq!(offered["offer"]["interviewId"], Value::Null, "{offered}");
    assert_eq!(waiting["status"], "WAITING", "{waiting}");
    assert_eq!(
        [pushed.as_str(), &foreign, &own],
        ["SLOT_TAKEN", "NOT_FOUND", "WRONG_STATE"]
    );
    assert_eq!(taken["interview"]["status"], "CONFIRMED", "{taken}");
    assert_eq!(
        taken["interview"]["brief"]["jobRole"], "Backend engineer",
        "{taken}"
    );
    let after = place_of(&cast.stranger, &first).await;
    assert_eq!(after["status"], "BOOKED", "{after}");
    assert_eq!(after["offer"]["interviewId"], taken["interview"]["id"], "{after}");
    let again = cast
        .stranger
        .refusal(ACCEPT, &about(&stage, &first))
        .await
        .unwrap();
    let foreign = third.refusal(ACCEPT, &about(&stage, &first)).await.unwrap();
    let left = third.refusal(LEAVE, &about(&stage, &first)).await.unwrap();
    assert_eq!(
        [again.as_str(), &foreign, &left],
        ["WRONG_STATE", "NOT_FOUND", "NOT_FOUND"]
    );
    told_of_the_offer(&server);
    everybody_sees_their_own_places(&cast, &third, &stage, [&first, &second]).await;
    the_end_of_the_offer_ends_nothing(&server, &cast, &stage, &taken).await;
}

fn told_of_the_offer(server: &Server) {
    let mails = sent(server.place.folder()).into_iter();
    let mails: Vec<_> = mails.filter(|mail| mail.to == STRANGER.email).collect();
    let offered: Vec<_> = mails
        .iter()
        .filter(|mail| mail.subject.starts_with("A time is free"))
        .collect();
    assert_eq!(offered.len(), 1, "{mails:#?}");
    assert!(offered[0].text.contains("Answer by"), "{offered:#?}");
    assert_eq!(offered[0].calendar, None);
}

async fn everybody_sees_their_own_places(cast: &Cast, third: &Client, stage: &Stage, entries: [&str; 2]) {
    let ids = async |client: &Client, filter: Value| {
        let data = client.data(LIST, &json!({ "where": filter })).await.unwrap();
        let edges = data["waitlist"]["edges"].as_array().unwrap().clone();
        assert_eq!(data["waitlist"]["totalCount"], edges.len());
        edges
            .iter()
            .map(|edge| edge["node"]["id"].clone())
            .collect::<Vec<_>>()
    };
    let of_type = json!({ "typeId": { "eq": stage.interview_type } });
    assert_eq!(
        ids(&cast.recruiter, of_type).await,
        entries.map(|entry| json!(entry))
    );
    let waiting = json!({ "status": { "eq": "WAITING" } });
    assert_eq!(ids(&cast.recruiter, waiting).await, [json!(entries[1])]);
    assert_eq!(ids(third, json!({})).await, [json!(entries[1])]);
    assert_eq!(ids(&cast.candidate, json!({})).await, [] as [Value; 0]);
    let refused = cast.lena.send(LIST, &json!({})).await.unwrap();
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "FORBIDDEN",
        "{refused}"
    );
}

async fn the_end_of_the_offer_ends_nothing(server: &Server, cast: &Cast, stage: &Stage, taken: &Value) {
    server
        .clock
        .advance_to(beginning() + Duration::minutes(61))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let id = json!({ "id": taken["interview"]["id"] });
    let seen = cast.stranger.data(op::INTERVIEW, &id).await.unwrap();
    assert_eq!(seen["interview"]["status"], "CONFIRMED", "{seen}");
    let still = cast
        .candidate
        .refusal(op::REQUEST_BOOKING, &booking(stage, FREE, "still"))
        .await;
    assert_eq!(still.unwrap(), "SLOT_TAKEN");
    no_dead_letters(server, cast).await;
}

#[tokio::test]
async fn an_offer_that_nobody_answers_goes_to_the_next_in_line_and_a_late_answer_does_not_count() {
    let (server, cast, stage, third) = prepared(Place::embedded()).await;
    let interview = booked(&cast.candidate, &stage, FREE, "mine").await;
    let first = waits(&cast.stranger, &stage, FREE, 1).await;
    let second = waits(&third, &stage, FREE, 1).await;
    off(&cast.candidate, &interview).await;
    server.clock.settle().await.unwrap();

    server
        .clock
        .advance_to(beginning() + Duration::minutes(60))
        .await
        .unwrap();
    let late = cast
        .stranger
        .refusal(ACCEPT, &about(&stage, &first))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let lapsed = place_of(&cast.stranger, &first).await;
    let offered = place_of(&third, &second).await;
    let taken = third.carry_out(ACCEPT, &about(&stage, &second)).await.unwrap();

    assert_eq!(late, "WRONG_STATE");
    assert_eq!(lapsed["status"], "LAPSED", "{lapsed}");
    assert_eq!(offered["status"], "OFFERED", "{offered}");
    assert_eq!(taken["interview"]["status"], "CONFIRMED", "{taken}");
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn whoever_declines_keeps_the_place_and_whoever_leaves_makes_room() {
    let (server, cast, stage, third) = prepared(Place::embedded()).await;
    let interview = booked(&cast.candidate, &stage, FREE, "mine").await;
    let first = waits(&cast.stranger, &stage, FREE, 1).await;
    let second = waits(&third, &stage, FREE, 1).await;
    let twice = json!({
        "typeId": stage.interview_type, "from": FREE, "to": NEXT, "timeZone": "Europe/London"
    });
    let twice = third.refusal(JOIN, &twice).await.unwrap();
    off(&cast.candidate, &interview).await;
    server.clock.settle().await.unwrap();

    let declined = cast
        .stranger
        .carry_out(DECLINE, &about(&stage, &first))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let passed_on = place_of(&third, &second).await;
    let foreign = cast
        .stranger
        .refusal(LEAVE, &about(&stage, &second))
        .await
        .unwrap();
    let left = third.carry_out(LEAVE, &about(&stage, &second)).await.unwrap();
    server.clock.settle().await.unwrap();
    let kept = place_of(&cast.stranger, &first).await;

    assert_eq!(twice, "WRONG_STATE");
    assert_eq!(declined["entry"]["status"], "WAITING", "{declined}");
    assert_eq!(passed_on["status"], "OFFERED", "{passed_on}");
    assert_eq!(foreign, "NOT_FOUND");
    assert_eq!(left["entry"]["status"], "LEFT", "{left}");
    // It was not wanted, so nobody has it now, and anybody may.
    assert_eq!(kept["status"], "WAITING", "{kept}");
    booked(&cast.candidate, &stage, FREE, "mine again").await;
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn what_is_free_already_is_offered_at_once_and_a_wait_ends_with_what_is_wanted() {
    let (server, cast, stage, third) = prepared(Place::embedded()).await;
    let first = waits(&cast.stranger, &stage, FREE, 30).await;
    let second = waits(&third, &stage, "2026-03-09T09:00:00Z", 1).await;
    server.clock.settle().await.unwrap();
    let offered = place_of(&cast.stranger, &first).await;
    server
        .clock
        .advance_to(beginning() + Duration::minutes(30))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(offered["status"], "OFFERED", "{offered}");
    let over = place_of(&third, &second).await;
    assert_eq!(over["status"], "LEFT", "{over}");
    let past = json!({
        "typeId": stage.interview_type, "from": "2026-03-08T09:00:00Z", "to": "2026-03-08T10:00:00Z",
        "timeZone": "Europe/London"
    });
    assert_eq!(third.refusal(JOIN, &past).await.unwrap(), "INVALID");
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn what_has_a_price_is_paid_within_its_time_after_the_offer_was_taken() {
    let (server, cast, stage, _) = prepared(Place::embedded()).await;
    let priced = json!({
        "title": "Paid talk", "kind": "GENERAL", "mode": "HUMAN", "purpose": "MOCK", "difficulty": "EASY",
        "durationMinutes": 20, "slotStepMinutes": 20, "interviewerIds": [stage.interviewers[0]],
        "priceListId": price_list(&cast).await, "idempotencyKey": "paid talk"
    });
    let priced = cast.recruiter.carry_out(op::DEFINE_TYPE, &priced).await.unwrap();
    let interview_type = priced["interviewType"]["id"].as_str().unwrap().to_owned();
    let stage = Stage {
        interview_type,
        ..stage
    };
    let entry = waits(&cast.stranger, &stage, FREE, 1).await;
    server.clock.settle().await.unwrap();

    let taken = cast
        .stranger
        .carry_out(ACCEPT, &about(&stage, &entry))
        .await
        .unwrap();
    let due = moment(taken["interview"]["holdExpiresAt"].as_str().unwrap()).unwrap();
    server.clock.advance_to(due).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(due, beginning() + Duration::minutes(15));
    let story = timeline(&cast.recruiter, taken["interview"]["id"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(count(&story, "waitlist.offered"), 1);
    assert_eq!(count(&story, "payment.opened"), 1);
    assert_eq!(count(&story, "interview.booking_expired"), 1);
    booked(&cast.candidate, &stage, FREE, "free again").await;
    no_dead_letters(&server, &cast).await;
}

async fn price_list(cast: &Cast) -> Value {
    const PRICES: &str = "mutation($input: PublishPriceListInput!) { result: publishPriceList(input: $input) { priceList { id } userErrors { code message field } } }";
    let inr = |minor: &str| json!({ "amountMinor": minor, "currency": "INR" });
    let item = json!({ "difficulty": "EASY", "price": inr("9900"), "cost": inr("3000"), "minutes": 20 });
    let list = json!({ "name": "Talks", "items": [item], "idempotencyKey": "prices of talks" });
    let mut made = cast.recruiter.carry_out(PRICES, &list).await.unwrap();
    made["priceList"]["id"].take()
}

#[tokio::test]
async fn of_many_who_take_one_offer_at_once_one_gets_it_on_sqlite() {
    of_many_who_take_one_offer_at_once_one_gets_it(Place::embedded()).await;
}

#[tokio::test]
async fn of_many_who_take_one_offer_at_once_one_gets_it_on_postgres() {
    if let Some(place) = Place::postgres().await {
        of_many_who_take_one_offer_at_once_one_gets_it(place).await;
    }
}

async fn of_many_who_take_one_offer_at_once_one_gets_it(place: Place) {
    let (server, cast, stage, third) = prepared(place).await;
    let both = [
        booked(&cast.candidate, &stage, FREE, "mine").await,
        booked(&cast.candidate, &stage, NEXT, "mine too").await,
    ];
    let entries = [
        waits(&cast.stranger, &stage, FREE, 21).await,
        waits(&third, &stage, FREE, 21).await,
    ];
    // Both become free at once: each is offered once, and to another.
    join_all(both.iter().map(|interview| off(&cast.candidate, interview))).await;
    server.clock.settle().await.unwrap();
    let offers = [
        place_of(&cast.stranger, &entries[0]).await,
        place_of(&third, &entries[1]).await,
    ];

    let take = json!({ "input": about(&stage, &entries[0]) });
    let let_go = json!({ "input": about(&stage, &entries[0]) });
    let answers = (0..8).map(|number| match number % 4 {
        3 => cast.stranger.send(DECLINE, &let_go),
        _ => cast.stranger.send(ACCEPT, &take),
    });
    let answers: Vec<_> = join_all(answers).await.into_iter().map(Result::unwrap).collect();
    server.clock.settle().await.unwrap();

    let starts = offers
        .each_ref()
        .map(|offer| offer["offer"]["slot"]["start"].clone());
    assert_eq!(
        offers.each_ref().map(|offer| offer["status"].clone()),
        ["OFFERED", "OFFERED"]
    );
    assert_ne!(starts[0], starts[1], "{offers:#?}");
    let done = |answer: &&Value| answer["data"]["result"]["userErrors"] == json!([]);
    let late = |answer: &&Value| answer["data"]["result"]["userErrors"][0]["code"] == "WRONG_STATE";
    assert_eq!(answers.iter().filter(done).count(), 1, "{answers:#?}");
    assert_eq!(answers.iter().filter(late).count(), 7, "{answers:#?}");
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn who_waits_hears_of_new_hours_too_although_nobody_says_so() {
    let (server, cast, stage, third) = prepared(Place::embedded()).await;
    let entry = waits(&third, &stage, "2026-03-10T22:00:00Z", 40).await;
    let nothing = place_of(&third, &entry).await;
    can_be_met(&cast.lena, "UTC", &[("00:00", "24:00")], json!([])).await;
    server.clock.settle().await.unwrap();
    let unheard = place_of(&third, &entry).await;

    let soon = beginning() + Duration::minutes(31);
    server.clock.advance_to(soon).await.unwrap();
    server.clock.settle().await.unwrap();
    let offered = place_of(&third, &entry).await;

    assert_eq!(
        (&nothing["status"], &unheard["status"]),
        (&json!("WAITING"), &json!("WAITING"))
    );
    assert_eq!(offered["status"], "OFFERED", "{offered}");
    assert_eq!(
        offered["offer"]["slot"]["start"], "2026-03-10T22:00:00Z",
        "{offered}"
    );
    no_dead_letters(&server, &cast).await;
}
