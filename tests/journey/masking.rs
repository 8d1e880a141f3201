//! Who may not know what, by any path.

use greenroom::demo::{
    journey::{CANDIDATE, Cast, Clockwork, Journey, Stage, Tokens, moment, prepare, timeline},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use crate::support::{server::Server, socket::Socket};

pub(super) const SUBMIT: &str = op::SUBMIT_SCORECARD;
const UPDATED: &str = "subscription($id: ID!) { interviewUpdated(id: $id) { id phase outcome position version feedback { id } } }";

/// An interview that is over.
pub(super) async fn met() -> (Server, Cast, Stage, String) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let (interview, _, start) = Journey::book_and_pay(&cast, &stage, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    Journey::meet(&cast, &interview, moment(&start).unwrap(), &server.clock, &Silent)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage, interview)
}

pub(super) fn scorecard(interview: &str, key: &str) -> Value {
    let rating = |criterion: &str| json!({ "criterion": criterion, "value": 4 });
    json!({
        "interviewId": interview, "overall": 4, "recommendation": "YES", "idempotencyKey": key,
        "ratings": [rating("requirements"), rating("design"), rating("communication")],
        "privateNote": "Unsure about two regions.",
        "feedback": { "rating": 4, "comment": "You asked the right questions first." }
    })
}

/// Everything that the candidate can see of an interview, by every path.
async fn seen_by_candidate(cast: &Cast, interview: &str, ids: &[String]) -> Value {
    let now = json!({ "id": interview });
    let candidate = &cast.candidate;
    let mut nodes = Vec::new();
    for id in ids {
        nodes.push(candidate.data(op::NODE, &json!({ "id": id })).await.unwrap());
    }
    json!({
        "interview": candidate.data(op::INTERVIEW, &now).await.unwrap(),
        "timeline": timeline(candidate, interview).await.unwrap(),
        "dashboard": candidate.data(op::DASHBOARD, &json!({})).await.unwrap(),
        "nodes": nodes,
    })
}

#[tokio::test]
async fn the_candidate_cannot_tell_by_any_path_that_there_are_ratings_a_verdict_or_a_report() {
    let (server, cast, _stage, interview) = met().await;
    let before = seen_by_candidate(&cast, &interview, &[]).await;

    let card = cast
        .lena
        .carry_out(SUBMIT, &scorecard(&interview, "lena"))
        .await
        .unwrap();
    let second = cast
        .ravi
        .carry_out(SUBMIT, &scorecard(&interview, "ravi"))
        .await
        .unwrap();
    let verdict = json!({ "interviewId": interview, "outcome": "PASS", "reason": "Clear.", "idempotencyKey": "verdict" });
    cast.recruiter
        .carry_out(op::RECORD_DECISION, &verdict)
        .await
        .unwrap();
    let report = Journey::report(&cast, &interview, &server.clock, &Silent)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    let id = |payload: &Value| payload["scorecard"]["id"].as_str().unwrap().to_owned();
    let ids = [id(&card), id(&second), report];
    let mut after = seen_by_candidate(&cast, &interview, &ids).await;
    assert_eq!(
        after["nodes"].take(),
        json!([{ "node": null }, { "node": null }, { "node": null }])
    );
    after["nodes"] = json!([]);
    assert_eq!(after["interview"], before["interview"]);
    assert_eq!(after["timeline"], before["timeline"]);
    assert_eq!(after["dashboard"], before["dashboard"]);
    let seen = &after["interview"]["interview"];
    assert_eq!(seen["phase"], "COMPLETED");
    assert_eq!(
        [&seen["outcome"], &seen["scorecards"], &seen["decision"]],
        [&Value::Null; 3]
    );
    assert_eq!(seen["reports"], json!([]));

    let head = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap()["system"]["head"].clone();
    let past = json!({ "id": interview, "asOf": { "position": head } });
    let past = cast.candidate.data(op::INTERVIEW, &past).await.unwrap();
    assert_eq!(&past, &after["interview"]);
    let refused = cast
        .candidate
        .data(op::REPORT, &json!({ "id": ids[2] }))
        .await
        .unwrap();
    assert_eq!(refused["report"], Value::Null);
    let refused = cast
        .stranger
        .data(op::INTERVIEW, &json!({ "id": interview }))
        .await
        .unwrap();
    assert_eq!(refused["interview"], Value::Null);
}

#[tokio::test]
async fn a_panel_member_sees_the_others_scorecard_only_after_submitting_an_own_one() {
    let (server, cast, _stage, interview) = met().await;
    let card = cast
        .lena
        .carry_out(SUBMIT, &scorecard(&interview, "lena"))
        .await
        .unwrap();
    let lena = card["scorecard"]["id"].clone();
    server.clock.settle().await.unwrap();
    let seen = async || {
        cast.ravi
            .data(op::INTERVIEW, &json!({ "id": interview }))
            .await
            .unwrap()
    };
    let node = async || cast.ravi.data(op::NODE, &json!({ "id": lena })).await.unwrap();

    let before = (
        seen().await,
        node().await,
        timeline(&cast.ravi, &interview).await.unwrap(),
    );
    cast.ravi
        .carry_out(SUBMIT, &scorecard(&interview, "ravi"))
        .await
        .unwrap();
    let verdict = json!({ "interviewId": interview, "outcome": "PASS", "reason": "Clear.", "idempotencyKey": "verdict" });
    cast.recruiter
        .carry_out(op::RECORD_DECISION, &verdict)
        .await
        .unwrap();
    let after = (
        seen().await,
        node().await,
        timeline(&cast.ravi, &interview).await.unwrap(),
    );

    let shows = |data: &Value| {
        data["interview"]["scorecards"]
            .to_string()
            .contains(lena.as_str().unwrap())
    };
    let submitted = |told: &[Value]| {
        told.iter()
            .filter(|event| event["type"] == "scorecard.submitted")
            .count()
    };
    assert!(!shows(&before.0), "{}", before.0);
    assert_eq!(before.0["interview"]["outcome"], Value::Null);
    assert_eq!(before.0["interview"]["phase"], "COMPLETED");
    assert_eq!(before.1["node"], Value::Null);
    assert_eq!(submitted(&before.2), 0);
    assert!(shows(&after.0), "{}", after.0);
    assert_eq!(after.0["interview"]["phase"], "SUCCEEDED");
    assert_eq!(after.1["node"]["id"], lena);
    assert_eq!(submitted(&after.2), 2);
}

#[tokio::test]
async fn a_verdict_sends_nothing_to_the_candidate_who_follows_the_interview() {
    let (server, cast, _stage, interview) = met().await;
    let token = server.token(&CANDIDATE).unwrap();
    let mut socket = Socket::open(&server.base, &token).await;
    socket.subscribe(UPDATED, &json!({ "id": interview })).await;

    let card = cast
        .lena
        .carry_out(SUBMIT, &scorecard(&interview, "lena"))
        .await
        .unwrap();
    cast.ravi
        .carry_out(SUBMIT, &scorecard(&interview, "ravi"))
        .await
        .unwrap();
    let verdict = json!({ "interviewId": interview, "outcome": "PASS", "reason": "Clear.", "idempotencyKey": "verdict" });
    cast.recruiter
        .carry_out(op::RECORD_DECISION, &verdict)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    socket.ping().await;
    let release = json!({ "scorecardId": card["scorecard"]["id"], "idempotencyKey": "release" });
    cast.recruiter
        .carry_out(op::RELEASE_FEEDBACK, &release)
        .await
        .unwrap();

    // The first thing that comes is the feedback, which is for the candidate.
    let item = socket.next().await;
    let shown = &item["interviewUpdated"];
    assert_eq!(shown["feedback"].as_array().map(Vec::len), Some(1), "{item}");
    assert_eq!(shown["phase"], "COMPLETED", "{item}");
    assert_eq!(shown["outcome"], Value::Null, "{item}");
}
