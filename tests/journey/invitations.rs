//! Invitations to a panel: who declines leaves a seat that another takes, by the pool's rule or by hand.

use chrono::Duration;
use domain::actor::Role;
use futures::future::join;
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Journey, LENA, RAVI, Stage, booking, moment, prepare, timeline},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::scheduling::SCHEDULE;
use crate::support::{
    ending::count,
    mails::{Mail, sent},
    server::{Place, Server},
};

pub(super) const RESPOND: &str = "mutation($input: RespondToInviteInput!) { result: respondToInvite(input: $input) { interview { id panel { person { id } answer } } position userErrors { code message field } } }";
pub(super) const ASSIGN: &str = "mutation($input: AssignInterviewerInput!) { result: assignInterviewer(input: $input) { interview { id panel { person { id } role reason } vacancies { role } } position userErrors { code message field } } }";
const REPLACE: &str = "mutation($input: ReplaceInterviewerInput!) { result: replaceInterviewer(input: $input) { interview { id panel { person { id } role reason } vacancies { role } } position userErrors { code message field } } }";
const PANEL: &str = "query($id: ID!) { interview(id: $id) { status panel { person { id } role answer reason } vacancies { former { id } role reason } } }";

/// Within the hours of both interviewers.
pub(super) const FREE: &str = "2026-03-10T13:00:00Z";

pub(super) async fn prepared(place: Place) -> (Server, Cast, Stage) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

pub(super) async fn panel(client: &Client, id: &str) -> Value {
    let mut data = client.data(PANEL, &json!({ "id": id })).await.unwrap();
    data["interview"].take()
}

pub(super) fn answer(id: &str, answer: &str) -> Value {
    json!({ "interviewId": id, "answer": answer, "idempotencyKey": answer })
}

pub(super) async fn vacant(client: &Client) -> Value {
    let mut data = client.data(op::ATTENTION, &json!({})).await.unwrap();
    data["attention"]["edges"].take()
}

/// A free talk with one of the two interviewers, booked and confirmed: its id, who sits there, and who does not.
pub(super) async fn talk<'c>(
    cast: &'c Cast,
    stage: &Stage,
) -> (String, [(&'c Client, String, &'static str); 2]) {
    let talk = json!({
        "title": "First talk", "kind": "GENERAL", "mode": "HUMAN", "purpose": "RECRUITING", "difficulty": "EASY",
        "durationMinutes": 20, "interviewerIds": stage.interviewers, "panelStrategy": "ROUND_ROBIN", "seats": 1,
        "idempotencyKey": "talk"
    });
    let talk = cast.recruiter.carry_out(op::DEFINE_TYPE, &talk).await.unwrap();
    let stage = Stage {
        interview_type: talk["interviewType"]["id"].as_str().unwrap().to_owned(),
        ..stage.clone()
    };
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, FREE, "talk"))
        .await
        .unwrap();
    let id = booked["interview"]["id"].as_str().unwrap().to_owned();
    let seated = panel(&cast.recruiter, &id).await["panel"][0]["person"]["id"].clone();
    let lena = (&cast.lena, stage.interviewers[0].clone(), LENA.email);
    let ravi = (&cast.ravi, stage.interviewers[1].clone(), RAVI.email);
    let both = match seated == json!(stage.interviewers[0]) {
        true => [lena, ravi],
        false => [ravi, lena],
    };
    (id, both)
}

#[tokio::test]
async fn a_seat_that_is_declined_goes_to_whoever_of_the_pool_is_free_on_sqlite() {
    a_seat_that_is_declined_goes_to_whoever_of_the_pool_is_free(Place::embedded()).await;
}

#[tokio::test]
async fn a_seat_that_is_declined_goes_to_whoever_of_the_pool_is_free_on_postgres() {
    if let Some(place) = Place::postgres().await {
        a_seat_that_is_declined_goes_to_whoever_of_the_pool_is_free(place).await;
    }
}

async fn a_seat_that_is_declined_goes_to_whoever_of_the_pool_is_free(place: Place) {
    let (server, cast, stage) = prepared(place).await;
    let (id, [first, second]) = talk(&cast, &stage).await;
    server.clock.settle().await.unwrap();

    let stranger = second.0.refusal(RESPOND, &answer(&id, "ACCEPTED")).await.unwrap();
    first
        .0
        .carry_out(RESPOND, &answer(&id, "TENTATIVE"))
        .await
        .unwrap();
    let perhaps = panel(&cast.recruiter, &id).await;
    let seen_by_candidate = panel(&cast.candidate, &id).await;
    let declined = first
        .0
        .carry_out(RESPOND, &answer(&id, "DECLINED"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(stranger, "NOT_FOUND");
    assert_eq!(perhaps["panel"][0]["answer"], "TENTATIVE", "{perhaps}");
    assert_eq!(seen_by_candidate["panel"][0]["answer"], Value::Null);
    assert_eq!(seen_by_candidate["panel"][0]["reason"], Value::Null);
    assert_eq!(declined["interview"], Value::Null, "{declined}");
    let after = panel(&cast.recruiter, &id).await;
    assert_eq!(
        after["panel"],
        json!([{ "person": { "id": second.1 }, "role": "LEAD", "answer": null, "reason": "FEWEST_RECENT" }])
    );
    assert_eq!(after["vacancies"], json!([]));
    assert_eq!(after["status"], "CONFIRMED", "{after}");
    assert_eq!(vacant(&cast.recruiter).await, json!([]));
    let told = timeline(&cast.recruiter, &id).await.unwrap();
    assert_eq!(count(&told, "interview.panel_seat_vacated"), 1);
    assert_eq!(count(&told, "interview.interviewer_replaced"), 1);
    both_calendars_know(&server, [first.2, second.2]);
    only_who_sits_there_comes_in(&server, &cast, &stage, &id, [first, second]).await;
}

fn both_calendars_know(server: &Server, [former, next]: [&str; 2]) {
    let mails = sent(server.place.folder());
    let of = |address: &str, beginning: &str| {
        let mut found = mails
            .iter()
            .filter(|mail| mail.to == address && mail.subject.starts_with(beginning));
        found.next().unwrap_or_else(|| panic!("{mails:#?}")).clone()
    };
    let line = |mail: &Mail, name: &str| {
        let lines = mail.calendar.clone().unwrap();
        let found = lines.lines().find_map(|line| line.strip_prefix(name));
        found.unwrap().to_owned()
    };
    let (invited, left) = (of(former, "You interview"), of(former, "You do not take part"));
    let joined = of(next, "You interview");
    assert_eq!(line(&left, "METHOD:"), "CANCEL");
    assert_eq!(line(&left, "UID:"), line(&invited, "UID:"));
    assert!(line(&left, "SEQUENCE:") > line(&invited, "SEQUENCE:"));
    assert!(!left.text.contains("Asha"), "{}", left.text);
    assert_eq!(line(&joined, "METHOD:"), "REQUEST");
}

async fn only_who_sits_there_comes_in(
    server: &Server,
    cast: &Cast,
    stage: &Stage,
    id: &str,
    [first, second]: [(&Client, String, &str); 2],
) {
    assert_eq!(panel(first.0, id).await, Value::Null);
    let elsewhere = json!({
        "title": "Chat", "start": FREE, "durationMinutes": 5, "candidateId": stage.candidate,
        "interviewerIds": [first.1], "idempotencyKey": "elsewhere"
    });
    cast.recruiter.carry_out(SCHEDULE, &elsewhere).await.unwrap();
    server.clock.advance_to(moment(FREE).unwrap()).await.unwrap();
    let enter = json!({ "interviewId": id, "idempotencyKey": "come" });
    let refused = first.0.refusal(op::JOIN_ROOM, &enter).await.unwrap();
    assert_eq!(refused, "NOT_FOUND");
    second.0.carry_out(op::JOIN_ROOM, &enter).await.unwrap();
    let late = second.0.refusal(RESPOND, &answer(id, "DECLINED")).await.unwrap();
    assert_eq!(late, "WRONG_STATE");
}

/// Somebody who is hired later, and available as Lena is.
pub(super) async fn hired(server: &Server, email: &str) -> (Client, String) {
    let token = server.place.token(Role::Interviewer, email, 24).await.unwrap();
    let client = Client::new(&server.base, Some(token)).unwrap();
    let viewer = client.data(op::VIEWER, &json!({})).await.unwrap();
    let hours = json!({
        "timeZone": LENA.zone, "idempotencyKey": "hours",
        "rules": [{ "weekdays": ["TUESDAY"], "from": "09:00", "to": "17:00" }]
    });
    client.carry_out(op::SET_AVAILABILITY, &hours).await.unwrap();
    let id = viewer["viewer"]["account"]["id"].as_str().unwrap().to_owned();
    (client, id)
}

/// Both interviewers were invited, and Ravi declined; nobody else is in the pool.
async fn one_seat_vacant(server: &Server, cast: &Cast, stage: &Stage) -> String {
    let (id, ..) = Journey::book_and_pay(cast, stage, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    cast.ravi
        .carry_out(RESPOND, &answer(&id, "DECLINED"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    id
}

#[tokio::test]
async fn a_seat_that_nobody_can_take_is_shown_and_filled_by_hand() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let id = one_seat_vacant(&server, &cast, &stage).await;
    let (_, ines) = hired(&server, "ines@northwind.example").await;
    let (_, olu) = hired(&server, "olu@northwind.example").await;
    let shown = vacant(&cast.recruiter).await;
    let before = panel(&cast.recruiter, &id).await;
    let assign =
        |who: &str, key: &str| json!({ "interviewId": id, "interviewerId": who, "idempotencyKey": key });
    let seat = assign(&ines, "ines");

    let by_lena = cast.lena.refusal(ASSIGN, &seat).await.unwrap();
    let candidate = assign(&stage.candidate, "candidate");
    let not_hired = cast.recruiter.refusal(ASSIGN, &candidate).await.unwrap();
    let sitting = assign(&stage.interviewers[0], "lena");
    let sitting = cast.recruiter.refusal(ASSIGN, &sitting).await.unwrap();
    let assigned = cast.recruiter.carry_out(ASSIGN, &seat).await.unwrap();
    let full = cast
        .recruiter
        .refusal(ASSIGN, &assign(&olu, "olu"))
        .await
        .unwrap();
    let swap = json!({ "interviewId": id, "formerId": ines, "interviewerId": olu, "idempotencyKey": "swap" });
    let swapped = cast.recruiter.carry_out(REPLACE, &swap).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(shown[0]["node"]["kind"], "SEAT_VACANT", "{shown}");
    assert_eq!(shown[0]["node"]["interviewId"], json!(id), "{shown}");
    let vacancy =
        json!([{ "former": { "id": stage.interviewers[1] }, "role": "PANEL", "reason": "DECLINED" }]);
    assert_eq!(before["vacancies"], vacancy);
    assert_eq!(by_lena, "FORBIDDEN");
    assert_eq!(not_hired, "NOT_FOUND");
    assert_eq!(sitting, "INVALID");
    let seated = json!({ "person": { "id": ines }, "role": "PANEL", "reason": "NAMED" });
    assert_eq!(assigned["interview"]["panel"][1], seated, "{assigned}");
    assert_eq!(assigned["interview"]["vacancies"], json!([]));
    assert_eq!(full, "WRONG_STATE");
    let seated = json!({ "person": { "id": olu }, "role": "PANEL", "reason": "NAMED" });
    assert_eq!(swapped["interview"]["panel"][1], seated, "{swapped}");
    assert_eq!(vacant(&cast.recruiter).await, json!([]));
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(
        system["system"]["effects"]["dead"],
        0,
        "{system}\n{}",
        server.log()
    );
}

#[tokio::test]
async fn of_two_who_are_named_for_one_seat_at_once_one_gets_it_and_the_other_keeps_the_time() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let id = one_seat_vacant(&server, &cast, &stage).await;
    let (_, ines) = hired(&server, "ines@northwind.example").await;
    let (_, olu) = hired(&server, "olu@northwind.example").await;
    let assign = |who: &str| json!({ "input": { "interviewId": id, "interviewerId": who, "formerId": stage.interviewers[1], "idempotencyKey": who } });
    let (for_ines, for_olu) = (assign(&ines), assign(&olu));

    let (with_ines, with_olu) = join(
        cast.recruiter.send(ASSIGN, &for_ines),
        cast.admin.send(ASSIGN, &for_olu),
    )
    .await;

    let code = |answer: &Value| answer["data"]["result"]["userErrors"][0]["code"].clone();
    let codes = (code(&with_ines.unwrap()), code(&with_olu.unwrap()));
    let loser = match codes == (Value::Null, json!("WRONG_STATE")) {
        true => olu,
        false => ines,
    };
    let outcomes = [
        (Value::Null, json!("WRONG_STATE")),
        (json!("WRONG_STATE"), Value::Null),
    ];
    assert!(outcomes.contains(&codes), "{codes:?}");
    let seen = panel(&cast.recruiter, &id).await;
    assert_eq!(seen["panel"].as_array().unwrap().len(), 2, "{seen}");
    let start = (moment(FREE).unwrap() + Duration::minutes(1)).to_rfc3339();
    let elsewhere = json!({
        "title": "Chat", "start": start, "durationMinutes": 5, "candidateId": stage.candidate,
        "interviewerIds": [loser], "idempotencyKey": "elsewhere"
    });
    cast.recruiter.carry_out(SCHEDULE, &elsewhere).await.unwrap();
}

#[tokio::test]
async fn a_seat_with_a_part_goes_to_nobody_who_may_not_have_it() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (_, ines) = hired(&server, "ines@northwind.example").await;
    let [lena, ravi] = &stage.interviewers;
    let part = |role: &str, people: &[&String]| json!({ "role": role, "interviewerIds": people });
    let product = json!({
        "title": "Two parts", "kind": "GENERAL", "mode": "HUMAN", "purpose": "RECRUITING", "difficulty": "EASY",
        "durationMinutes": 20, "interviewerIds": [lena, ravi, ines], "panelStrategy": "ROUND_ROBIN",
        "roles": [part("LEAD", &[ravi]), part("PANEL", &[lena, &ines])], "idempotencyKey": "two parts"
    });
    let product = cast.recruiter.carry_out(op::DEFINE_TYPE, &product).await.unwrap();
    let stage = Stage {
        interview_type: product["interviewType"]["id"].as_str().unwrap().to_owned(),
        ..stage.clone()
    };
    let booked = booking(&stage, FREE, "two parts");
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booked)
        .await
        .unwrap();
    let id = booked["interview"]["id"].as_str().unwrap();
    server.clock.settle().await.unwrap();

    cast.ravi
        .carry_out(RESPOND, &answer(id, "DECLINED"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    // Somebody of the pool is free, and may not lead.
    let after = panel(&cast.recruiter, id).await;
    assert_eq!(after["panel"].as_array().unwrap().len(), 1, "{after}");
    assert_eq!(after["panel"][0]["role"], "PANEL", "{after}");
    assert_eq!(after["vacancies"][0]["role"], "LEAD", "{after}");
}

pub(super) const AWAY: &str = "mutation($input: DeclareOutOfOfficeInput!) { result: declareOutOfOffice(input: $input) { absenceId interviews { id } userErrors { code message field } } }";
pub(super) const BACK: &str = "mutation($input: WithdrawOutOfOfficeInput!) { result: withdrawOutOfOffice(input: $input) { userErrors { code message field } } }";

/// An absence over the day of the talk.
pub(super) fn day_off(delegate: &Value, give_up_seats: bool) -> Value {
    json!({
        "from": "2026-03-10T00:00:00Z", "to": "2026-03-11T00:00:00Z", "delegateId": delegate,
        "giveUpSeats": give_up_seats, "idempotencyKey": format!("away {give_up_seats}")
    })
}

#[tokio::test]
async fn whoever_stands_in_for_somebody_who_is_away_is_the_first_to_be_asked_for_the_seats() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (ines, account) = hired(&server, "ines@northwind.example").await;
    let all = [stage.interviewers.to_vec(), vec![account.clone()]].concat();
    let talk = json!({
        "title": "Talk", "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY", "durationMinutes": 20,
        "interviewerIds": all, "panelStrategy": "ROUND_ROBIN", "seats": 1, "idempotencyKey": "talk",
        "preferences": [{ "interviewerId": stage.interviewers[0], "priority": 9 }, { "interviewerId": stage.interviewers[1], "priority": 5 }]
    });
    let talk = cast.recruiter.carry_out(op::DEFINE_TYPE, &talk).await.unwrap();
    let of_talk = Stage {
        interview_type: talk["interviewType"]["id"].as_str().unwrap().to_owned(),
        ..stage.clone()
    };
    let booked = booking(&of_talk, FREE, "talk");
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booked)
        .await
        .unwrap();
    let id = booked["interview"]["id"].as_str().unwrap();
    server.clock.settle().await.unwrap();
    let before = panel(&cast.recruiter, id).await;

    let told = cast
        .lena
        .carry_out(AWAY, &day_off(&Value::Null, false))
        .await
        .unwrap();
    let still = panel(&cast.recruiter, id).await;
    let given_up = day_off(&json!(account), true);
    let none_left = cast.lena.carry_out(AWAY, &given_up).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(
        before["panel"][0]["person"]["id"], stage.interviewers[0],
        "{before}"
    );
    assert_eq!(told["interviews"], json!([{ "id": id }]));
    assert_eq!(still, before);
    assert_eq!(none_left["interviews"], json!([]));
    let after = panel(&ines, id).await;
    let seated = json!([{ "person": { "id": account }, "role": "LEAD", "answer": null, "reason": "NAMED" }]);
    assert_eq!(after["panel"], seated, "Ravi is preferred, and Ines stands in");
    assert_eq!(after["status"], "CONFIRMED");
    assert_eq!(vacant(&cast.recruiter).await, json!([]));
}

#[tokio::test]
async fn a_seat_that_nobody_could_take_is_taken_when_somebody_can() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (id, [(leaves, ..), (takes_over, account, _)]) = talk(&cast, &stage).await;
    let away = takes_over
        .carry_out(AWAY, &day_off(&Value::Null, false))
        .await
        .unwrap();
    leaves.carry_out(RESPOND, &answer(&id, "DECLINED")).await.unwrap();
    server.clock.settle().await.unwrap();
    let meanwhile = panel(&cast.recruiter, &id).await;

    let back = json!({ "absenceId": away["absenceId"] });
    takes_over.carry_out(BACK, &back).await.unwrap();
    let hours_later = moment(FREE).unwrap() - Duration::hours(4);
    server.clock.advance_to(hours_later).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(meanwhile["panel"], json!([]));
    let after = panel(&cast.recruiter, &id).await;
    assert_eq!(after["panel"][0]["person"]["id"], json!(account), "{after}");
    assert_eq!(after["vacancies"], json!([]));
}
