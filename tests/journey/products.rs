//! What a product says about its panel, its starts and how far ahead it is booked decides what is offered.

use chrono::Duration;
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, beginning, booking, prepare, starts},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use crate::support::server::Server;

const PRODUCTS: &str = "{ interviewTypes(first: 10) { edges { node { id version horizonDays horizonBusinessDays bookableFrom bookableUntil slotStepMinutes slotOffsetMinutes roles { role min max interviewers { id } } preferences { interviewer { id } weight priority } } } } }";
const RETIRE: &str = "mutation($input: RetireInterviewTypeInput!) { result: retireInterviewType(input: $input) { userErrors { code message field } } }";
const PANEL: &str = "query($id: ID!) { interview(id: $id) { panel { person { id } role } } }";

async fn prepared() -> (Server, Cast, Stage) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

/// A free product of both interviewers, with something said about it.
fn product(stage: &Stage, key: &str, said: &Value) -> Value {
    let mut product = json!({
        "title": "Talk", "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY", "durationMinutes": 30,
        "interviewerIds": stage.interviewers, "panelStrategy": "ROUND_ROBIN", "idempotencyKey": key
    });
    let members = said.as_object().unwrap().clone();
    product.as_object_mut().unwrap().extend(members);
    product
}

async fn defined(cast: &Cast, stage: &Stage, said: &Value) -> Stage {
    let made = cast
        .recruiter
        .carry_out(op::DEFINE_TYPE, &product(stage, "talk", said))
        .await
        .unwrap();
    Stage {
        interview_type: made["interviewType"]["id"].as_str().unwrap().to_owned(),
        ..stage.clone()
    }
}

async fn told(cast: &Cast, stage: &Stage) -> Value {
    let data = cast.recruiter.data(PRODUCTS, &json!({})).await.unwrap();
    let edges = data["interviewTypes"]["edges"].as_array().unwrap().clone();
    let mut nodes = edges.into_iter().map(|edge| edge["node"].clone());
    nodes.find(|node| node["id"] == stage.interview_type).unwrap()
}

async fn seated(cast: &Cast, stage: &Stage, start: &str) -> Value {
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(stage, start, start))
        .await
        .unwrap();
    let asked = json!({ "id": booked["interview"]["id"] });
    let mut data = cast.recruiter.data(PANEL, &asked).await.unwrap();
    data["interview"]["panel"].take()
}

#[tokio::test]
async fn starts_are_aligned_and_end_with_the_business_days() {
    let (_server, cast, stage) = prepared().await;
    let said =
        json!({ "seats": 1, "slotStepMinutes": 60, "slotOffsetMinutes": 20, "horizonBusinessDays": 5 });

    let stage = defined(&cast, &stage, &said).await;

    let product = told(&cast, &stage).await;
    assert_eq!(product["horizonDays"], Value::Null);
    assert_eq!(product["horizonBusinessDays"], 5);
    assert_eq!(product["slotOffsetMinutes"], 20);
    let offered = starts(&cast.candidate, &stage, beginning(), 14).await.unwrap();
    assert!(!offered.is_empty());
    assert!(offered.iter().all(|start| start[14..16] == *"20"), "{offered:?}");
    // Five business days after Monday the 9th.
    assert_eq!(&offered.last().unwrap()[..10], "2026-03-16");
}

#[tokio::test]
async fn a_product_of_a_week_is_booked_in_that_week_alone() {
    let (_server, cast, stage) = prepared().await;
    let said = json!({ "seats": 1, "bookableFrom": "2026-03-12", "bookableUntil": "2026-03-13" });

    let stage = defined(&cast, &stage, &said).await;

    let offered = starts(&cast.candidate, &stage, beginning(), 14).await.unwrap();
    let mut days: Vec<_> = offered.iter().map(|start| &start[..10]).collect();
    days.dedup();
    assert_eq!(days, ["2026-03-12", "2026-03-13"]);
    let before = booking(&stage, "2026-03-11T10:00:00Z", "before");
    let refused = cast
        .candidate
        .refusal(op::REQUEST_BOOKING, &before)
        .await
        .unwrap();
    assert_eq!(refused, "SLOT_NOT_OFFERED");
}

#[tokio::test]
async fn whoever_may_only_listen_is_seated_when_free_and_not_waited_for() {
    let (_server, cast, stage) = prepared().await;
    let [lena, ravi] = stage.interviewers.clone();
    let said = json!({ "roles": [
        { "role": "LEAD", "interviewerIds": [lena] }, { "role": "SHADOW", "min": 0, "max": 1, "interviewerIds": [ravi] }
    ] });

    let stage = defined(&cast, &stage, &said).await;

    assert_eq!(
        told(&cast, &stage).await["roles"],
        json!([
            { "role": "LEAD", "min": 1, "max": 1, "interviewers": [{ "id": lena }] },
            { "role": "SHADOW", "min": 0, "max": 1, "interviewers": [{ "id": ravi }] }
        ])
    );
    // Ravi's day in Kolkata ends at 15:30Z, Lena's in Berlin at 16:00Z.
    let both = seated(&cast, &stage, "2026-03-10T13:00:00Z").await;
    let alone = seated(&cast, &stage, "2026-03-10T15:30:00Z").await;
    assert_eq!(
        both,
        json!([{ "person": { "id": lena }, "role": "LEAD" }, { "person": { "id": ravi }, "role": "SHADOW" }])
    );
    assert_eq!(alone, json!([{ "person": { "id": lena }, "role": "LEAD" }]));
}

#[tokio::test]
async fn turns_follow_the_shares_and_a_hold_on_one_does_not_hide_the_other() {
    let (_server, cast, stage) = prepared().await;
    let [lena, ravi] = stage.interviewers.clone();
    let said = json!({ "seats": 1, "preferences": [
        { "interviewerId": lena, "weight": 200, "priority": 1 }, { "interviewerId": ravi, "weight": 100 }
    ] });
    let stage = defined(&cast, &stage, &said).await;

    let mut turns = Vec::new();
    for start in [
        "2026-03-10T09:00:00Z",
        "2026-03-10T09:00:00Z",
        "2026-03-10T10:00:00Z",
        "2026-03-10T11:00:00Z",
    ] {
        let input = booking(&stage, start, &format!("{start} {}", turns.len()));
        let booked = cast
            .candidate
            .carry_out(op::REQUEST_BOOKING, &input)
            .await
            .unwrap();
        let asked = json!({ "id": booked["interview"]["id"] });
        let data = cast.recruiter.data(PANEL, &asked).await.unwrap();
        turns.push(
            data["interview"]["panel"][0]["person"]["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }

    assert_eq!(turns, [lena.clone(), ravi, lena.clone(), lena]);
}

#[tokio::test]
async fn products_that_contradict_themselves_are_refused_by_name() {
    let (_server, cast, stage) = prepared().await;
    let [lena, ravi] = stage.interviewers.clone();
    let before = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let refused = async |key: &str, said: Value| {
        let input = product(&stage, key, &said);
        cast.recruiter.refusal(op::DEFINE_TYPE, &input).await.unwrap()
    };

    for (number, said) in [
        json!({ "horizonDays": 5, "horizonBusinessDays": 5 }),
        json!({ "bookableFrom": "2026-03-12" }),
        json!({ "bookableFrom": "2026-03-12", "bookableUntil": "2026-03-11" }),
        json!({ "slotStepMinutes": 15, "slotOffsetMinutes": 15 }),
        json!({ "seats": 1, "roles": [{ "role": "LEAD" }] }),
        json!({ "roles": [{ "role": "SHADOW" }] }),
        json!({ "roles": [{ "role": "LEAD", "interviewerIds": [lena] }, { "role": "PANEL", "interviewerIds": [lena] }] }),
        json!({ "roles": [{ "role": "LEAD", "min": 2, "max": 1 }] }),
        json!({ "seats": 1, "preferences": [{ "interviewerId": ravi, "weight": 0 }] }),
        json!({ "seats": 1, "preferences": [{ "interviewerId": stage.candidate }] }),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(refused(&number.to_string(), said.clone()).await, "INVALID", "{said}");
    }

    let after = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(after["system"]["head"], before["system"]["head"]);
}

const FOUND: &str = "query($where: InterviewTypeWhere, $orderBy: [InterviewTypeOrder!]) { interviewTypes(where: $where, orderBy: $orderBy) { totalCount edges { node { title } } } }";

/// The titles of the products that fit, in order.
async fn titles(client: &Client, asked: Value) -> Value {
    let data = client.data(FOUND, &asked).await.unwrap();
    let edges = data["interviewTypes"]["edges"].as_array().unwrap();
    assert_eq!(data["interviewTypes"]["totalCount"], edges.len());
    edges.iter().map(|edge| edge["node"]["title"].clone()).collect()
}

#[tokio::test]
async fn products_are_found_by_what_they_are_and_whatever_else_is_asked_only_if_offered() {
    let (server, cast, stage) = prepared().await;
    let later = beginning() + Duration::hours(1);
    server.clock.advance_to(later).await.unwrap();
    defined(&cast, &stage, &json!({ "seats": 1 })).await;
    let retired = json!({ "typeId": stage.interview_type });
    cast.recruiter.carry_out(RETIRE, &retired).await.unwrap();
    let asked = |filter: Value| json!({ "where": filter });

    let newest_first = json!({ "orderBy": [{ "field": "DEFINED", "direction": "DESC" }] });
    assert_eq!(
        titles(&cast.recruiter, newest_first).await,
        json!(["Talk", "System design"])
    );
    for filter in [
        json!({ "title": { "contains": "SYS" } }),
        json!({ "kind": { "eq": "SYSTEM_DESIGN" } }),
        json!({ "difficulty": { "not": ["EASY"] } }),
        json!({ "bookable": false }),
        json!({ "not": { "or": [{ "bookable": true }, { "title": { "in": ["talk"] } }] } }),
    ] {
        let of_all = titles(&cast.recruiter, asked(filter.clone())).await;
        assert_eq!(of_all, json!(["System design"]), "{filter}");
        let of_offered = titles(&cast.candidate, asked(filter.clone())).await;
        assert_eq!(of_offered, json!([]), "{filter}");
    }
}
