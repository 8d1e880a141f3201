//! No interviewer comes: the money goes back, once, and everybody can see why. And whoever knows before that they will be away hears
//! what lies in it.

use anyhow::Result;
use chrono::Duration;
use greenroom::demo::{
    client::Client,
    journey::{
        CANDIDATE, Cast, Clockwork, Journey, LENA, RAVI, Stage, beginning, booking, moment, prepare, timeline,
    },
    operations as op,
    story::{Silent, Story},
};
use serde_json::{Value, json};

use super::invitations::{AWAY, FREE, panel};
use crate::support::{
    ending::count,
    mails::sent,
    server::{ClockPort, Place, Server},
};

/// The mails of the story, by recipient and beginning of the subject.
const MAILS: [(&str, &str); 4] = [
    (CANDIDATE.email, "No interviewer came, and your money goes back"),
    (CANDIDATE.email, "Your interview is confirmed"),
    (LENA.email, "You interview Asha Whitfield"),
    (RAVI.email, "You interview Asha Whitfield"),
];

#[tokio::test]
async fn the_candidate_gets_the_money_back_when_no_interviewer_comes_on_sqlite() {
    let server = Place::embedded().start().await.unwrap();

    gets_the_money_back(server).await;
}

#[tokio::test]
async fn the_candidate_gets_the_money_back_when_no_interviewer_comes_on_postgres() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    let server = place.start().await.unwrap();

    gets_the_money_back(server).await;
}

async fn gets_the_money_back(server: Server) {
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();

    let missed = play(&cast, &stage, &server.clock, &Silent).await.unwrap();

    holds(&server, &cast, &missed).await;
    let seen = |data: Value| data["interview"]["payment"]["refunds"].clone();
    let variables = json!({ "id": missed.interview });
    let staff = cast.recruiter.data(op::INTERVIEW, &variables).await.unwrap();
    assert_eq!(
        seen(staff),
        json!([{ "reason": "INTERVIEWER_ABSENT", "status": "PROCESSED", "amount": { "amountMinor": "14900" } }])
    );
    let interviewer = cast.lena.data(op::INTERVIEW, &variables).await.unwrap();
    assert_eq!(interviewer["interview"]["payment"], Value::Null, "{interviewer}");
    let stranger = cast.stranger.data(op::INTERVIEW, &variables).await.unwrap();
    assert_eq!(stranger["interview"], Value::Null, "{stranger}");
}

#[tokio::test]
async fn no_money_goes_back_when_an_interviewer_comes_late_or_only_the_candidate_stays_away() {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let (interview, _, start) = Journey::book_and_pay(&cast, &stage, &Silent).await.unwrap();
    let start = moment(&start).unwrap();
    server.clock.settle().await.unwrap();
    comes(&cast.candidate, &interview, &server.clock, start)
        .await
        .unwrap();
    server
        .clock
        .advance_to(start + Duration::minutes(16))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let marked = cast
        .candidate
        .data(op::INTERVIEW, &json!({ "id": interview }))
        .await
        .unwrap();
    assert_eq!(marked["interview"]["status"], "NO_SHOW", "{marked}");

    cast.lena
        .carry_out(op::JOIN_ROOM, &json!({ "interviewId": interview }))
        .await
        .unwrap();
    server.clock.advance_to(start + Duration::hours(6)).await.unwrap();
    server.clock.settle().await.unwrap();

    let ended = cast
        .candidate
        .data(op::INTERVIEW, &json!({ "id": interview }))
        .await
        .unwrap();
    assert_eq!(ended["interview"]["status"], "COMPLETED", "{ended}");
    assert_eq!(ended["interview"]["payment"]["status"], "CAPTURED", "{ended}");
    assert_eq!(ended["interview"]["payment"]["refunds"], json!([]), "{ended}");
}

/// An absence over the day of the interviews.
fn away(give_up_seats: bool, key: &str) -> Value {
    json!({
        "from": "2026-03-10T00:00:00Z", "to": "2026-03-11T00:00:00Z", "giveUpSeats": give_up_seats,
        "idempotencyKey": key
    })
}

#[tokio::test]
async fn whoever_will_be_away_hears_of_what_is_only_held_too_and_cannot_give_it_up() {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let product = json!({
        "title": "By agreement", "kind": "GENERAL", "mode": "HUMAN", "purpose": "MOCK", "difficulty": "EASY",
        "durationMinutes": 20, "interviewerIds": stage.interviewers, "confirmationRequired": true,
        "confirmationMinutes": 180, "idempotencyKey": "by agreement"
    });
    let product = cast.recruiter.carry_out(op::DEFINE_TYPE, &product).await.unwrap();
    let by_agreement = Stage {
        interview_type: product["interviewType"]["id"].as_str().unwrap().to_owned(),
        ..stage.clone()
    };
    let asked = booking(&by_agreement, "2026-03-10T14:00:00Z", "asked");
    let asked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &asked)
        .await
        .unwrap();
    let unpaid = booking(&stage, FREE, "unpaid");
    let unpaid = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &unpaid)
        .await
        .unwrap();
    let held = json!([{ "id": unpaid["interview"]["id"] }, { "id": asked["interview"]["id"] }]);

    let told = cast.lena.carry_out(AWAY, &away(false, "kept")).await.unwrap();
    let given_up = cast.lena.carry_out(AWAY, &away(true, "given up")).await.unwrap();
    let hours_later = beginning() + Duration::hours(4);
    server.clock.advance_to(hours_later).await.unwrap();
    server.clock.settle().await.unwrap();
    let later = cast.lena.carry_out(AWAY, &away(false, "later")).await.unwrap();

    assert_eq!(told["interviews"], held, "in the order of their times");
    assert_eq!(given_up["interviews"], held, "nobody was invited to them yet");
    for interview in [&unpaid, &asked] {
        let id = interview["interview"]["id"].as_str().unwrap();
        let seen = panel(&cast.recruiter, id).await;
        assert_eq!(seen["panel"].as_array().unwrap().len(), 2, "{seen}");
        assert_eq!(seen["vacancies"], json!([]), "{seen}");
        assert_eq!(seen["status"], "EXPIRED", "{seen}");
    }
    assert_eq!(
        later["interviews"],
        json!([]),
        "what is not held any more lies in nothing"
    );
}

/// What the story left behind.
pub(crate) struct Missed {
    interview: String,
}

/// Books and pays, comes, and waits in vain until the room is closed.
pub(crate) async fn play(
    cast: &Cast,
    stage: &Stage,
    clock: &ClockPort,
    story: &impl Story,
) -> Result<Missed> {
    let (interview, _, start) = Journey::book_and_pay(cast, stage, story).await?;
    let start = moment(&start)?;
    clock.settle().await?;
    comes(&cast.candidate, &interview, clock, start).await?;
    story.step("The candidate comes");
    clock.advance_to(start + Duration::minutes(30)).await?;
    clock.settle().await?;
    let variables = json!({ "id": interview });
    let missed = |data: &Value| data["interview"]["status"] == "NO_SHOW";
    cast.candidate.until(op::INTERVIEW, &variables, missed).await?;
    story.step("No interviewer comes");
    clock.advance_to(start + Duration::hours(6)).await?;
    clock.settle().await?;
    let refunded = |data: &Value| data["interview"]["payment"]["status"] == "REFUNDED";
    cast.candidate.until(op::INTERVIEW, &variables, refunded).await?;
    story.step("The money goes back");
    clock.settle().await?;
    Ok(Missed { interview })
}

async fn comes(
    person: &Client,
    interview: &str,
    clock: &ClockPort,
    start: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    clock.advance_to(start).await?;
    let join = json!({ "interviewId": interview, "idempotencyKey": "come" });
    person.carry_out(op::JOIN_ROOM, &join).await.map(drop)
}

/// Asserts that the money went back once, and that everybody was told once.
pub(crate) async fn holds(server: &Server, cast: &Cast, missed: &Missed) {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(
        system["system"]["effects"]["dead"],
        0,
        "{system}\n{}",
        server.log()
    );
    let told = timeline(&cast.recruiter, &missed.interview).await.unwrap();
    for kind in [
        "payment.captured",
        "interview.no_show_marked",
        "payment.refund_requested",
        "payment.refund_processed",
    ] {
        assert_eq!(count(&told, kind), 1, "{kind}");
    }
    let why = told
        .iter()
        .find(|event| event["type"] == "payment.refund_requested");
    assert_eq!(
        why.unwrap()["summary"],
        "149.00 INR are to go back: no interviewer had come"
    );
    let mails = sent(server.place.folder());
    let about: Vec<_> = mails
        .iter()
        .map(|mail| (mail.to.as_str(), mail.subject.as_str()))
        .collect();
    assert_eq!(about.len(), MAILS.len(), "{about:#?}");
    for ((to, subject), (recipient, beginning)) in about.iter().zip(MAILS) {
        assert_eq!(*to, recipient, "{about:#?}");
        assert!(subject.starts_with(beginning), "{subject}: {about:#?}");
    }
    one_refund(server);
}

/// Asserts that the provider took money once and gave it back once.
fn one_refund(server: &Server) {
    let journal = server.place.folder().join("sandbox_payments.jsonl");
    let journal = std::fs::read_to_string(journal).unwrap();
    let entries: Vec<Value> = journal
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let made = |kind: &str| entries.iter().filter(|entry| entry["entry"] == kind).count();
    assert_eq!((made("attempt"), made("refund")), (1, 1), "{journal}");
}
