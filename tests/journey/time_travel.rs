//! How things were, what has changed in them, and who may know it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use greenroom::demo::{
    client::Client,
    journey::{CANDIDATE, Cast, Clockwork, Journey, LENA, RAVI, Stage, beginning, moment, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::masking::{SUBMIT, met, scorecard};
use crate::support::server::Server;

const DIFF: &str = "query($id: ID!, $from: AsOf!, $to: AsOf!) { diff(subjectId: $id, from: $from, to: $to) { subjectId from to changes { path before after } } }";
const PERSON: &str = "query($id: ID!, $asOf: AsOf) { node(id: $id, asOf: $asOf) { ... on Person { displayName email timeZone roles } } }";
const TYPE: &str = "query($id: ID!, $asOf: AsOf) { node(id: $id, asOf: $asOf) { ... on InterviewType { title version interviewers { displayName } price { amountMinor } } } }";
const TYPE_OF: &str = "query($id: ID!, $asOf: AsOf) { interview(id: $id, asOf: $asOf) { type { title version } candidate { displayName } brief { jobRole } notifications { id } } }";
const STATUS_OF: &str = "query($id: ID!, $asOf: AsOf) { node(id: $id, asOf: $asOf) { ... on Scorecard { cardStatus: status overall } ... on Report { reportStatus: status revision } ... on Organisation { name } } }";
const REPORT_THEN: &str =
    "query($id: ID!, $asOf: AsOf) { report(id: $id, asOf: $asOf) { status revision overallScore } }";
const AVAILABILITY: &str = "query($id: ID!, $asOf: AsOf) { availability(personId: $id, asOf: $asOf) { timeZone person { id } rules { window { from to } } } }";
const DASHBOARD: &str = "query($asOf: AsOf) { dashboard(asOf: $asOf) { upcoming { ...group } live { ...group } completed { ...group } succeeded { ...group } failed { ...group } } } fragment group on InterviewConnection { totalCount edges { cursor node { id status phase outcome slot { start } } } }";
const UPCOMING_BEHIND: &str = "query($asOf: AsOf, $after: Cursor) { dashboard(asOf: $asOf) { upcoming(after: $after) { totalCount edges { node { id } } } } }";
const REVISE_TYPE: &str = "mutation($input: ReviseInterviewTypeInput!) { result: reviseInterviewType(input: $input) { interviewType { version } userErrors { code message field } } }";

/// A server with an organisation, everybody in it, and one confirmed interview.
async fn booked() -> (Server, Cast, Stage, String) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let (interview, _, _) = Journey::book_and_pay(&cast, &stage, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage, interview)
}

/// Where the log ends.
async fn head(cast: &Cast) -> Value {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    system["system"]["head"].clone()
}

fn between(id: &str, from: &Value, to: &Value) -> Value {
    json!({ "id": id, "from": { "position": from }, "to": { "position": to } })
}

async fn diff(client: &Client, id: &str, from: &Value, to: &Value) -> Value {
    let mut data = client.data(DIFF, &between(id, from, to)).await.unwrap();
    data["diff"].take()
}

async fn then(client: &Client, question: &str, id: &str, position: &Value) -> Value {
    let at = json!({ "id": id, "asOf": { "position": position } });
    client.data(question, &at).await.unwrap()
}

fn paths(diff: &Value) -> BTreeSet<&str> {
    let changes = diff["changes"].as_array().unwrap();
    changes
        .iter()
        .map(|change| change["path"].as_str().unwrap())
        .collect()
}

fn change<'a>(diff: &'a Value, path: &str) -> (&'a Value, &'a Value) {
    let changes = diff["changes"].as_array().unwrap().iter();
    let found = changes
        .filter(|change| change["path"] == path)
        .collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "{path}: {diff:#}");
    (&found[0]["before"], &found[0]["after"])
}

/// The part of a path behind its first name, of the only path with that name.
fn only_below<'a>(diff: &'a Value, name: &str) -> &'a str {
    let found: Vec<_> = paths(diff)
        .into_iter()
        .filter_map(|path| path.strip_prefix(name))
        .collect();
    assert_eq!(found.len(), 1, "{name}: {diff:#}");
    found[0]
}

/// Lena's scorecard, Ravi's, a verdict and released feedback. Gives the place before, between the two scorecards, and
/// at the end, and Lena's scorecard.
async fn rated(server: &Server, cast: &Cast, interview: &str) -> ([Value; 3], String) {
    let before = head(cast).await;
    let card = cast
        .lena
        .carry_out(SUBMIT, &scorecard(interview, "lena"))
        .await
        .unwrap();
    let between = head(cast).await;
    cast.ravi
        .carry_out(SUBMIT, &scorecard(interview, "ravi"))
        .await
        .unwrap();
    let verdict = json!({ "interviewId": interview, "outcome": "PASS", "reason": "Clear.", "idempotencyKey": "verdict" });
    cast.recruiter
        .carry_out(op::RECORD_DECISION, &verdict)
        .await
        .unwrap();
    let release = json!({ "scorecardId": card["scorecard"]["id"], "idempotencyKey": "release" });
    cast.recruiter
        .carry_out(op::RELEASE_FEEDBACK, &release)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let card = card["scorecard"]["id"].as_str().unwrap().to_owned();
    ([before, between, head(cast).await], card)
}

#[tokio::test]
async fn a_move_is_told_field_by_field_and_as_every_participant_sees_it() {
    let (server, cast, stage, interview) = booked().await;
    let from = head(&cast).await;
    let first = "2026-03-10T13:00:00Z";

    let (_, second) = Journey::reschedule(&cast, &stage, &interview, first, &server.clock, &Silent)
        .await
        .unwrap();
    let to = head(&cast).await;

    let told = diff(&cast.recruiter, &interview, &from, &to).await;
    assert_eq!(
        [&told["subjectId"], &told["from"], &told["to"]],
        [&json!(interview), &from, &to]
    );
    assert_eq!(change(&told, "/slot/start"), (&json!(first), &json!(second)));
    assert_eq!(change(&told, "/revision"), (&json!(1), &json!(2)));
    let (before, after) = change(&told, "/formerSlots/0");
    assert_eq!((before, &after["slot"]["start"]), (&Value::Null, &json!(first)));
    assert!(!paths(&told).contains("/title"), "{told}");
    let seen = diff(&cast.candidate, &interview, &from, &to).await;
    assert_eq!(change(&seen, "/slot/start"), (&json!(first), &json!(second)));
    // The same two places by the clock, by which it was moved an hour after the beginning.
    let clock = |minutes| json!({ "at": beginning() + Duration::minutes(minutes) });
    let by_clock = json!({ "id": interview, "from": clock(30), "to": clock(120) });
    let by_clock = cast.recruiter.data(DIFF, &by_clock).await.unwrap();
    assert_eq!(by_clock["diff"], told);
    assert_eq!(
        diff(&cast.recruiter, &interview, &to, &to).await["changes"],
        json!([])
    );
}

#[tokio::test]
async fn what_changed_is_told_to_each_only_as_far_as_they_may_know_it_now() {
    let (server, cast, _stage, interview) = met().await;
    let ([before, between, after], card) = rated(&server, &cast, &interview).await;
    let status = format!("/scorecards/{card}/status");

    let recruiter = diff(&cast.recruiter, &interview, &before, &after).await;
    let candidate = diff(&cast.candidate, &interview, &before, &after).await;
    let ravi = diff(&cast.ravi, &interview, &before, &between).await;
    let stranger = diff(&cast.stranger, &interview, &before, &after).await;
    let card_for_candidate = diff(&cast.candidate, &card, &before, &after).await;

    assert_eq!(
        change(&recruiter, &status),
        (&json!("ASSIGNED"), &json!("SUBMITTED"))
    );
    assert_eq!(
        change(&recruiter, "/phase"),
        (&json!("COMPLETED"), &json!("SUCCEEDED"))
    );
    assert_eq!(
        change(&recruiter, "/outcome"),
        (&json!("PENDING"), &json!("PASS"))
    );
    assert_eq!(change(&recruiter, "/decision").1["reason"], "Clear.");
    // To the candidate nothing but what was released, and the mail about it.
    let allowed = |path: &&str| path.starts_with("/feedback/") || path.starts_with("/notifications/");
    assert!(paths(&candidate).iter().all(allowed), "{candidate:#}");
    let released = format!("/feedback{}", only_below(&candidate, "/feedback"));
    assert_eq!(change(&candidate, &released).1["rating"], 4);
    for secret in ["regions", "PASS", "SUCCEEDED", "SUBMITTED", card.as_str()] {
        assert!(!candidate.to_string().contains(secret), "{secret}: {candidate:#}");
    }
    // Ravi has said his own by now, so that he may know what Lena had said when he had not.
    assert_eq!(change(&ravi, &status), (&json!("ASSIGNED"), &json!("SUBMITTED")));
    assert_eq!((stranger, card_for_candidate), (Value::Null, Value::Null));
}

#[tokio::test]
async fn a_panel_member_who_has_not_rated_is_told_of_no_change_in_what_others_rated_and_of_no_verdict() {
    let (server, cast, _stage, interview) = met().await;
    let before = head(&cast).await;
    let card = cast
        .lena
        .carry_out(SUBMIT, &scorecard(&interview, "lena"))
        .await
        .unwrap();
    let verdict = json!({ "interviewId": interview, "outcome": "FAIL", "reason": "No.", "idempotencyKey": "verdict", "overrideMissing": true });
    cast.recruiter
        .carry_out(op::RECORD_DECISION, &verdict)
        .await
        .unwrap();
    let release = json!({ "scorecardId": card["scorecard"]["id"], "idempotencyKey": "release" });
    cast.recruiter
        .carry_out(op::RELEASE_FEEDBACK, &release)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let after = head(&cast).await;

    let ravi = diff(&cast.ravi, &interview, &before, &after).await;
    let lena = diff(&cast.lena, &interview, &before, &after).await;
    let card = card["scorecard"]["id"].as_str().unwrap();

    assert_eq!(ravi["changes"], json!([]));
    assert_eq!(diff(&cast.ravi, card, &before, &after).await, Value::Null);
    assert!(
        paths(&lena).contains(format!("/scorecards/{card}/overall").as_str()),
        "{lena:#}"
    );
    assert_eq!(
        change(&diff(&cast.lena, card, &before, &after).await, "/overall"),
        (&Value::Null, &json!(4))
    );
}

#[tokio::test]
async fn what_is_missing_and_what_may_not_be_seen_get_the_same_answer() {
    let (_server, cast, stage, interview) = booked().await;
    let (from, to) = (json!("1"), head(&cast).await);
    let absent = "int_00000000000000000000000001";
    let answer = async |client: &Client, id: &str| {
        client.send(DIFF, &between(id, &from, &to)).await.unwrap()["data"].clone()
    };

    assert_eq!(answer(&cast.stranger, absent).await, json!({ "diff": null }));
    assert_eq!(answer(&cast.stranger, &interview).await, json!({ "diff": null }));
    assert_eq!(
        answer(&cast.stranger, &stage.interviewers[0]).await,
        json!({ "diff": null })
    );
    assert_eq!(answer(&cast.recruiter, absent).await, json!({ "diff": null }));
    assert_eq!(answer(&cast.recruiter, "nothing").await, json!({ "diff": null }));
    assert!(answer(&cast.recruiter, &interview).await["diff"].is_object());
}

#[tokio::test]
async fn a_moment_that_makes_no_sense_is_refused_and_before_the_first_event_there_was_nothing() {
    let (_server, cast, _stage, interview) = booked().await;
    let (start, end) = (json!("0"), head(&cast).await);
    // Far beyond, because a webhook may still come in.
    let beyond = json!((end.as_str().unwrap().parse::<u64>().unwrap() + 1_000_000).to_string());
    let code = async |question: &str, variables: &Value| {
        let answer = cast.recruiter.send(question, variables).await.unwrap();
        answer["errors"][0]["extensions"]["code"].clone()
    };
    let both = json!({ "position": end, "at": "2026-03-09T09:00:00Z" });
    let (later, earlier) = (
        json!({ "at": "2026-03-09T09:00:00Z" }),
        json!({ "at": "2026-03-09T08:00:00Z" }),
    );

    for question in [op::INTERVIEW, PERSON, AVAILABILITY, REPORT_THEN] {
        let beyond = json!({ "id": interview, "asOf": { "position": beyond } });
        assert_eq!(code(question, &beyond).await, "BAD_USER_INPUT", "{question}");
        let unreadable = json!({ "id": interview, "asOf": { "position": "soon" } });
        assert_eq!(code(question, &unreadable).await, "BAD_USER_INPUT", "{question}");
        // One of the two and not both is what the schema says.
        for unclear in [&json!({}), &both] {
            let unclear = json!({ "id": interview, "asOf": unclear });
            assert_eq!(
                code(question, &unclear).await,
                "GRAPHQL_VALIDATION_FAILED",
                "{question}"
            );
        }
    }
    assert_eq!(
        code(DIFF, &between(&interview, &end, &start)).await,
        "BAD_USER_INPUT"
    );
    assert_eq!(
        code(DIFF, &between(&interview, &start, &beyond)).await,
        "BAD_USER_INPUT"
    );
    let reversed = json!({ "id": interview, "from": later, "to": earlier });
    assert_eq!(code(DIFF, &reversed).await, "BAD_USER_INPUT");
    // Moments are looked at first, so that a refusal tells nothing of the subject.
    assert_eq!(
        code(DIFF, &between("nothing", &end, &start)).await,
        "BAD_USER_INPUT"
    );

    assert_eq!(
        then(&cast.recruiter, op::INTERVIEW, &interview, &start).await,
        json!({ "interview": null })
    );
    assert_eq!(
        then(&cast.recruiter, PERSON, &interview, &start).await,
        json!({ "node": null })
    );
    let whole = diff(&cast.recruiter, &interview, &start, &end).await;
    assert_eq!(change(&whole, "/status"), (&Value::Null, &json!("CONFIRMED")));
    assert!(!paths(&whole).contains("/startedAt"), "{whole}");
    assert_eq!(
        diff(&cast.recruiter, &interview, &start, &start).await["changes"],
        json!([])
    );
}

#[tokio::test]
async fn availability_is_told_as_it_was_to_those_who_may_read_it_now() {
    let (_server, cast, stage, _interview) = booked().await;
    let lena = &stage.interviewers[0];
    let from = head(&cast).await;
    let rules = json!([{ "weekdays": ["MONDAY"], "from": "10:00", "to": "12:00" }]);
    let input = json!({ "timeZone": "Europe/Lisbon", "rules": rules, "idempotencyKey": "less" });

    cast.lena.carry_out(op::SET_AVAILABILITY, &input).await.unwrap();
    let to = head(&cast).await;

    let before = then(&cast.lena, AVAILABILITY, lena, &from).await;
    assert_eq!(
        before["availability"]["rules"][0]["window"],
        json!({ "from": "09:00", "to": "17:00" })
    );
    assert_eq!(before["availability"]["timeZone"], LENA.zone);
    let after = then(&cast.recruiter, AVAILABILITY, lena, &to).await;
    assert_eq!(after["availability"]["rules"][0]["window"]["from"], "10:00");
    assert_eq!(
        then(&cast.ravi, AVAILABILITY, lena, &from).await,
        json!({ "availability": null })
    );
    assert_eq!(
        then(&cast.lena, AVAILABILITY, lena, &json!("1")).await,
        json!({ "availability": null })
    );

    let told = diff(&cast.lena, lena, &from, &to).await;
    assert_eq!(
        change(&told, "/availability/rules/0/window/from"),
        (&json!("09:00"), &json!("10:00"))
    );
    assert_eq!(
        change(&told, "/availability/timeZone"),
        (&json!(LENA.zone), &json!("Europe/Lisbon"))
    );
    assert_eq!(
        diff(&cast.recruiter, lena, &from, &to).await["changes"],
        told["changes"]
    );
    // Those who meet Lena may look her up, but not when she can be met.
    assert_eq!(
        diff(&cast.candidate, lena, &from, &to).await["changes"],
        json!([])
    );
    assert_eq!(diff(&cast.ravi, lena, &from, &to).await["changes"], json!([]));
}

#[tokio::test]
async fn people_and_products_are_told_as_they_were_also_within_an_interview() {
    let (_server, cast, stage, interview) = booked().await;
    let (from, first) = (head(&cast).await, json!("1"));
    let profile = json!({ "displayName": "Lena Berg", "email": "berg@northwind.example", "timeZone": "Europe/Oslo", "idempotencyKey": "married" });
    cast.lena.carry_out(op::UPDATE_PROFILE, &profile).await.unwrap();
    let renamed = json!({ "title": "Architecture", "kind": "SYSTEM_DESIGN", "purpose": "RECRUITING", "difficulty": "HARD", "durationMinutes": 25, "interviewerIds": stage.interviewers });
    let revision = json!({ "typeId": stage.interview_type, "expectedVersion": 1, "definition": renamed, "idempotencyKey": "revise" });
    cast.recruiter.carry_out(REVISE_TYPE, &revision).await.unwrap();
    let to = head(&cast).await;
    let lena = &stage.interviewers[0];

    let before = then(&cast.recruiter, PERSON, lena, &from).await;
    assert_eq!(
        [&before["node"]["displayName"], &before["node"]["email"]],
        [LENA.name, LENA.email]
    );
    let for_candidate = then(&cast.candidate, PERSON, lena, &from).await;
    assert_eq!(
        for_candidate["node"],
        json!({ "displayName": LENA.name, "email": null, "timeZone": LENA.zone, "roles": null })
    );
    assert_eq!(
        then(&cast.stranger, PERSON, lena, &from).await,
        json!({ "node": null })
    );
    assert_eq!(
        then(&cast.recruiter, PERSON, lena, &first).await,
        json!({ "node": null })
    );
    let told = diff(&cast.recruiter, lena, &from, &to).await;
    assert_eq!(
        paths(&told),
        BTreeSet::from(["/displayName", "/email", "/timeZone"])
    );
    assert_eq!(
        paths(&diff(&cast.candidate, lena, &from, &to).await),
        BTreeSet::from(["/displayName", "/timeZone"])
    );

    let product = then(&cast.recruiter, TYPE, &stage.interview_type, &from).await;
    let interviewers = json!([{ "displayName": LENA.name }, { "displayName": RAVI.name }]);
    assert_eq!(
        product["node"],
        json!({ "title": "System design", "version": 1, "interviewers": interviewers, "price": { "amountMinor": "14900" } })
    );
    let told = diff(&cast.recruiter, &stage.interview_type, &from, &to).await;
    assert_eq!(
        change(&told, "/title"),
        (&json!("System design"), &json!("Architecture"))
    );
    assert_eq!(change(&told, "/difficulty"), (&json!("MEDIUM"), &json!("HARD")));
    let within = then(&cast.recruiter, TYPE_OF, &interview, &from).await;
    assert_eq!(
        within["interview"]["type"],
        json!({ "title": "System design", "version": 1 })
    );
    let panel = then(&cast.recruiter, op::INTERVIEW, &interview, &from).await;
    assert!(panel.to_string().contains(LENA.name), "{panel}");
    let panel = then(&cast.recruiter, op::INTERVIEW, &interview, &to).await;
    assert!(panel.to_string().contains("Lena Berg"), "{panel}");
}

#[tokio::test]
async fn scorecards_reports_and_mails_are_told_as_they_were() {
    let (server, cast, _stage, interview) = met().await;
    let met = head(&cast).await;
    let cards = Journey::rate(&cast, &interview, &Silent).await.unwrap();
    Journey::decide(&cast, &interview, &cards, &Silent).await.unwrap();
    let rated = head(&cast).await;
    let report = Journey::report(&cast, &interview, &server.clock, &Silent)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let end = head(&cast).await;
    let organisation =
        cast.admin.data(op::VIEWER, &json!({})).await.unwrap()["viewer"]["organisation"]["id"].clone();

    let card = then(&cast.recruiter, STATUS_OF, &cards[0], &met).await;
    assert_eq!(card["node"], json!({ "cardStatus": "ASSIGNED", "overall": null }));
    let card = then(&cast.recruiter, STATUS_OF, &cards[0], &rated).await;
    assert_eq!(card["node"], json!({ "cardStatus": "SUBMITTED", "overall": 5 }));
    assert_eq!(
        then(&cast.candidate, STATUS_OF, &cards[0], &rated).await,
        json!({ "node": null })
    );
    assert_eq!(
        then(&cast.recruiter, REPORT_THEN, &report, &rated).await,
        json!({ "report": null })
    );
    let now = then(&cast.recruiter, REPORT_THEN, &report, &end).await;
    assert_eq!(
        [&now["report"]["status"], &now["report"]["revision"]],
        [&json!("PUBLISHED"), &json!(1)]
    );
    assert_eq!(
        then(&cast.candidate, REPORT_THEN, &report, &end).await,
        json!({ "report": null })
    );
    let told = diff(&cast.recruiter, &interview, &rated, &end).await;
    assert!(
        paths(&told).contains(format!("/reports/{report}").as_str()),
        "{told:#}"
    );
    let mails = async |position| {
        let told = then(&cast.recruiter, TYPE_OF, &interview, position).await;
        told["interview"]["notifications"].as_array().unwrap().len()
    };
    assert!(mails(&met).await < mails(&end).await);
    let organisation = then(&cast.admin, STATUS_OF, organisation.as_str().unwrap(), &met).await;
    assert_eq!(organisation["node"], json!({ "name": "Northwind Systems" }));
}

#[tokio::test]
async fn an_erased_person_stays_erased_at_every_moment() {
    let (server, cast, stage, interview) = booked().await;
    let from = head(&cast).await;
    let profile = json!({ "displayName": "Asha Whitfield-Rao", "idempotencyKey": "longer" });
    cast.candidate
        .carry_out(op::UPDATE_PROFILE, &profile)
        .await
        .unwrap();
    let renamed = head(&cast).await;
    let known = diff(&cast.recruiter, &stage.candidate, &from, &renamed).await;
    assert_eq!(
        change(&known, "/displayName"),
        (&json!(CANDIDATE.name), &json!("Asha Whitfield-Rao"))
    );
    let said = then(&cast.recruiter, TYPE_OF, &interview, &from).await;
    assert_eq!(said["interview"]["brief"]["jobRole"], "Backend engineer");

    let erase = json!({ "accountId": stage.candidate, "idempotencyKey": "erase" });
    cast.admin.carry_out(op::ERASE_SUBJECT, &erase).await.unwrap();
    let asked = then(&cast.recruiter, PERSON, &stage.candidate, &from).await;
    server.clock.settle().await.unwrap();
    let gone = |data: &Value| data["interview"]["brief"].is_null();
    cast.recruiter
        .until(TYPE_OF, &json!({ "id": interview }), gone)
        .await
        .unwrap();
    let end = head(&cast).await;

    // As soon as it is asked for, and when it is done.
    for person in [
        asked,
        then(&cast.recruiter, PERSON, &stage.candidate, &from).await,
    ] {
        assert_eq!(
            [&person["node"]["displayName"], &person["node"]["email"]],
            [&Value::Null; 2]
        );
    }
    let within = then(&cast.recruiter, TYPE_OF, &interview, &from).await;
    assert_eq!(
        [
            &within["interview"]["candidate"]["displayName"],
            &within["interview"]["brief"]
        ],
        [&Value::Null; 2]
    );
    for (id, earlier, later) in [
        (&stage.candidate, &from, &renamed),
        (&stage.candidate, &json!("0"), &end),
        (&interview, &json!("0"), &end),
    ] {
        let told = diff(&cast.recruiter, id, earlier, later).await;
        for secret in ["Asha", "Whitfield", "mailbox.example", "Backend"] {
            assert!(!told.to_string().contains(secret), "{secret}: {told:#}");
        }
    }
    let silent = diff(&cast.recruiter, &stage.candidate, &from, &renamed).await;
    assert_eq!(silent["changes"], json!([]));
}

/// The groups of the dashboard of then that have an interview in them, each with the interviews.
async fn groups(client: &Client, as_of: &Value) -> BTreeMap<String, Vec<Value>> {
    let told = client.data(DASHBOARD, &json!({ "asOf": as_of })).await.unwrap();
    let groups = told["dashboard"].as_object().unwrap().iter();
    let groups = groups.map(|(name, group)| {
        let edges = group["edges"].as_array().unwrap().iter();
        let nodes: Vec<_> = edges.map(|edge| edge["node"].clone()).collect();
        assert_eq!(group["totalCount"], nodes.len());
        (name.clone(), nodes)
    });
    groups.filter(|(_, nodes)| !nodes.is_empty()).collect()
}

#[tokio::test]
async fn the_dashboard_of_then_has_each_interview_where_it_stood_as_far_as_one_may_know_it_now() {
    let (server, cast, stage, interview) = booked().await;
    let (booked, first) = (head(&cast).await, "2026-03-10T13:00:00Z");
    let (_, second) = Journey::reschedule(&cast, &stage, &interview, first, &server.clock, &Silent)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let moved = head(&cast).await;
    Journey::meet(
        &cast,
        &interview,
        moment(&second).unwrap(),
        &server.clock,
        &Silent,
    )
    .await
    .unwrap();
    server.clock.settle().await.unwrap();
    let ([met, ..], _) = rated(&server, &cast, &interview).await;
    let now = head(&cast).await;

    let mut told = Vec::new();
    for position in [&json!("1"), &booked, &moved, &met, &now] {
        let then = json!({ "position": position });
        let (recruiter, candidate) = (
            groups(&cast.recruiter, &then).await,
            groups(&cast.candidate, &then).await,
        );
        assert!(groups(&cast.stranger, &then).await.is_empty());
        told.push((recruiter, candidate));
    }
    let [nothing, booked, moved, met, decided] = told.as_slice() else {
        panic!("{told:?}");
    };

    let only = |name: &str, status: &str, phase: &str, outcome: Value, start: &str| {
        let node = json!({ "id": interview, "status": status, "phase": phase, "outcome": outcome, "slot": { "start": start } });
        BTreeMap::from([(name.to_owned(), vec![node])])
    };
    assert!(nothing.0.is_empty() && nothing.1.is_empty());
    assert_eq!(
        booked.0,
        only("upcoming", "CONFIRMED", "UPCOMING", json!("PENDING"), first)
    );
    assert_eq!(
        moved.0,
        only("upcoming", "CONFIRMED", "UPCOMING", json!("PENDING"), &second)
    );
    assert_eq!(
        met.0,
        only("completed", "COMPLETED", "COMPLETED", json!("PENDING"), &second)
    );
    assert_eq!(
        decided.0,
        only("succeeded", "COMPLETED", "SUCCEEDED", json!("PASS"), &second)
    );
    // To the candidate it has been completed ever since, and nothing more.
    assert_eq!(
        met.1,
        only("completed", "COMPLETED", "COMPLETED", Value::Null, &second)
    );
    assert_eq!(decided.1, met.1);
    assert_eq!(groups(&cast.recruiter, &Value::Null).await, decided.0);
    assert_eq!(groups(&cast.candidate, &Value::Null).await, decided.1);
}

#[tokio::test]
async fn a_dashboard_of_a_moment_that_is_not_yet_there_and_a_place_in_that_of_another_moment_are_refused() {
    let (_server, cast, _stage, _interview) = booked().await;
    let end = head(&cast).await;
    let code = async |question: &str, variables: &Value| {
        let answer = cast.recruiter.send(question, variables).await.unwrap();
        answer["errors"][0]["extensions"]["code"].clone()
    };
    let then = json!({ "asOf": { "position": end } });
    let told = cast.recruiter.data(DASHBOARD, &then).await.unwrap();
    let place = &told["dashboard"]["upcoming"]["edges"][0]["cursor"];

    let beyond = json!((end.as_str().unwrap().parse::<u64>().unwrap() + 1_000_000).to_string());
    let beyond = code(DASHBOARD, &json!({ "asOf": { "position": beyond } })).await;
    let another = json!({ "asOf": { "position": "1" }, "after": place });
    let another = code(UPCOMING_BEHIND, &another).await;
    let same = json!({ "asOf": { "position": end }, "after": place });
    let behind = cast.recruiter.data(UPCOMING_BEHIND, &same).await.unwrap();

    assert_eq!([beyond, another], [json!("BAD_USER_INPUT"), json!("BAD_CURSOR")]);
    assert_eq!(
        behind["dashboard"]["upcoming"],
        json!({ "totalCount": 1, "edges": [] })
    );
}
