//! Kits: an interview keeps the version it was booked with until somebody attaches another, and candidates never
//! learn of any.

use chrono::Duration;
use domain::actor::Role;
use greenroom::demo::{
    client::Client,
    journey::{
        CANDIDATE, Cast, Clockwork, Journey, LENA, Stage, Tokens, beginning, booking, prepare, timeline,
    },
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::{calendar_feeds, masking::met, scheduling::SCHEDULE, sessions::HOST};
use crate::support::{
    mails::sent,
    people::{can_be_met, somebody},
    server::{Place, Server},
    socket::Socket,
};

const KITS: &str = "query($where: KitWhere, $orderBy: [KitOrder!], $first: Int, $after: Cursor) { kits(where: $where, orderBy: $orderBy, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { node { id version name industry minutes rubric { id version name criteria { id } } } } } }";
const SEEN: &str = "query($id: ID!, $asOf: AsOf) { interview(id: $id, asOf: $asOf) { title description version position kit { id version name minutes sections { title minutes instructions } rubric { version } } type { kit { id version name } } } }";
const TYPES: &str = "{ interviewTypes(first: 10) { edges { node { id version kit { id version } } } } }";
const TYPE: &str = "query($id: ID!, $asOf: AsOf) { node(id: $id, asOf: $asOf) { ... on InterviewType { kit { version } } } }";
const DIFF: &str = "query($id: ID!, $from: AsOf!, $to: AsOf!) { diff(subjectId: $id, from: $from, to: $to) { changes { path before after } } }";
const UPDATE: &str = "mutation($input: UpdateInterviewInput!) { result: updateInterview(input: $input) { interview { id title description kit { id version } } position userErrors { code message field } } }";
const REVISE: &str = "mutation($input: ReviseInterviewTypeInput!) { result: reviseInterviewType(input: $input) { interviewType { version kit { version } } userErrors { code message field } } }";
const UPDATED: &str = "subscription($id: ID!) { interviewUpdated(id: $id) { title version } }";

/// A second free time, and a third.
const LATER: [&str; 2] = ["2026-03-11T13:00:00Z", "2026-03-12T13:00:00Z"];
const ABSENT_KIT: &str = "kit_00000000000000000000000001";

/// A server with an organisation whose product has a kit, and one confirmed interview with it.
async fn booked(place: Place) -> (Server, Cast, Stage, String) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let (interview, _, _) = Journey::book_and_pay(&cast, &stage, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage, interview)
}

/// The kit of the product.
async fn kit(cast: &Cast) -> String {
    let data = cast.recruiter.data(KITS, &json!({})).await.unwrap();
    data["kits"]["edges"][0]["node"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn part(title: &str, minutes: u32) -> Value {
    json!({ "title": title, "minutes": minutes, "instructions": "Let them talk." })
}

/// The next version of a kit, of a quarter of an hour.
fn next(kit: &str, key: &str) -> Value {
    json!({
        "kitId": kit, "expectedVersion": 1, "name": "System design, shorter", "industry": "Retail",
        "sections": [part("Opening", 5), part("Design", 10)], "idempotencyKey": key
    })
}

async fn published(cast: &Cast, input: &Value) -> Value {
    let mut payload = cast.recruiter.carry_out(op::PUBLISH_KIT, input).await.unwrap();
    payload["kit"].take()
}

fn attach(interview: &str, kit: &str, key: &str) -> Value {
    json!({ "interviewId": interview, "kitId": kit, "idempotencyKey": key })
}

fn titled(interview: &str, title: &str, key: &str) -> Value {
    json!({ "interviewId": interview, "title": title, "idempotencyKey": key })
}

async fn seen(client: &Client, interview: &str) -> Value {
    let mut data = client.data(SEEN, &json!({ "id": interview })).await.unwrap();
    data["interview"].take()
}

async fn seen_then(client: &Client, interview: &str, position: &Value) -> Value {
    let then = json!({ "id": interview, "asOf": { "position": position } });
    let mut data = client.data(SEEN, &then).await.unwrap();
    data["interview"].take()
}

/// Where the log ends.
async fn head(cast: &Cast) -> Value {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    system["system"]["head"].clone()
}

async fn changes(client: &Client, id: &str, from: &Value, to: &Value) -> Value {
    let between = json!({ "id": id, "from": { "position": from }, "to": { "position": to } });
    let mut data = client.data(DIFF, &between).await.unwrap();
    data["diff"]["changes"].take()
}

fn told(timeline: &[Value], kind: &str) -> Vec<String> {
    let of_kind = timeline.iter().filter(|event| event["type"] == kind);
    of_kind
        .map(|event| event["summary"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_interview_keeps_its_version_of_a_kit_until_another_is_attached_on_sqlite() {
    an_interview_keeps_its_version_of_a_kit_until_another_is_attached(Place::embedded()).await;
}

#[tokio::test]
async fn an_interview_keeps_its_version_of_a_kit_until_another_is_attached_on_postgres() {
    if let Some(place) = Place::postgres().await {
        an_interview_keeps_its_version_of_a_kit_until_another_is_attached(place).await;
    }
}

async fn an_interview_keeps_its_version_of_a_kit_until_another_is_attached(place: Place) {
    let (server, cast, stage, first) = booked(place).await;
    let kit = kit(&cast).await;
    let before = head(&cast).await;
    let as_booked = seen(&cast.lena, &first).await;
    assert_eq!(as_booked["kit"]["version"], 1, "{as_booked}");
    assert_eq!(as_booked["kit"]["minutes"], 20, "{as_booked}");
    assert_eq!(as_booked["kit"]["rubric"]["version"], 1, "{as_booked}");
    assert_eq!(as_booked["kit"]["sections"][0]["title"], "Opening", "{as_booked}");

    let second_version = published(&cast, &next(&kit, "next")).await;
    let again = published(&cast, &next(&kit, "again")).await;
    assert_eq!(
        (&second_version["version"], &again["version"]),
        (&json!(2), &json!(2))
    );
    let later = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, LATER[0], "later"))
        .await
        .unwrap();
    let later = later["interview"]["id"].as_str().unwrap();

    // Whoever interviews, runs interviews or measures reads what was the newest when each was booked.
    let analyst = somebody(&server, Role::Analyst, "analyst").await;
    for client in [&cast.lena, &cast.ravi, &cast.recruiter, &cast.admin, &analyst] {
        let (kept, newer) = (seen(client, &first).await, seen(client, later).await);
        assert_eq!(kept["kit"], as_booked["kit"]);
        assert_eq!(newer["kit"]["name"], "System design, shorter");
        assert_eq!(kept["type"]["kit"]["version"], 2, "{kept}");
    }
    let then = seen_then(&cast.lena, &first, &before).await;
    assert_eq!(then["type"]["kit"]["version"], 1, "{then}");

    let between = head(&cast).await;
    cast.recruiter
        .carry_out(UPDATE, &attach(&first, &kit, "attach"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let now = seen(&cast.lena, &first).await;
    assert_eq!(now["kit"]["version"], 2, "{now}");
    assert_eq!(now["kit"]["sections"].as_array().map(Vec::len), Some(2), "{now}");
    let then = seen_then(&cast.lena, &first, &between).await;
    assert_eq!(then["kit"], as_booked["kit"]);
    let changed = changes(&cast.recruiter, &first, &between, &head(&cast).await).await;
    let version = json!({ "path": "/kit/version", "before": 1, "after": 2 });
    assert!(changed.as_array().unwrap().contains(&version), "{changed:#}");
    let story = timeline(&cast.lena, &first).await.unwrap();
    let sentences = [
        "It follows the kit of its product: version 1",
        "A kit was attached to it: version 2",
    ];
    assert_eq!(told(&story, "interview.kit_attached"), sentences);
}

#[tokio::test]
async fn what_is_set_up_directly_with_a_product_follows_its_kit_and_a_move_keeps_it() {
    let (server, cast, stage, _) = booked(Place::embedded()).await;
    let kit = kit(&cast).await;
    let direct = json!({
        "typeId": stage.interview_type, "start": LATER[0], "candidateId": stage.candidate,
        "interviewerIds": stage.interviewers, "idempotencyKey": "direct"
    });
    let made = cast.recruiter.carry_out(SCHEDULE, &direct).await.unwrap();
    let interview = made["interview"]["id"].as_str().unwrap();
    let own = json!({
        "title": "Chat", "start": LATER[1], "durationMinutes": 30, "candidateId": stage.candidate,
        "interviewerIds": stage.interviewers, "idempotencyKey": "own"
    });
    let own = cast.recruiter.carry_out(SCHEDULE, &own).await.unwrap();
    let own = own["interview"]["id"].as_str().unwrap();

    published(&cast, &next(&kit, "next")).await;
    let moved = json!({
        "interviewId": interview, "expectedRevision": 1, "start": "2026-03-11T14:00:00Z", "idempotencyKey": "move"
    });
    cast.recruiter.carry_out(op::RESCHEDULE, &moved).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(seen(&cast.lena, interview).await["kit"]["version"], 1);
    assert_eq!(seen(&cast.lena, own).await["kit"], Value::Null);
    cast.recruiter
        .carry_out(UPDATE, &attach(own, &kit, "attach"))
        .await
        .unwrap();
    assert_eq!(seen(&cast.lena, own).await["kit"]["version"], 2);
}

/// Everything by which the candidate could learn of a kit.
async fn seen_by_candidate(server: &Server, cast: &Cast, stage: &Stage, interview: &str, kit: &str) -> Value {
    server.clock.settle().await.unwrap();
    let candidate = &cast.candidate;
    let head = head(cast).await;
    let type_then = json!({ "id": stage.interview_type, "asOf": { "position": head } });
    let kits = candidate.send(KITS, &json!({})).await.unwrap();
    json!({
        "interview": seen(candidate, interview).await,
        "then": seen_then(candidate, interview, &head).await,
        "types": candidate.data(TYPES, &json!({})).await.unwrap(),
        "type": candidate.data(TYPE, &type_then).await.unwrap(),
        "node": candidate.data(op::NODE, &json!({ "id": kit })).await.unwrap(),
        "kits": kits["errors"][0]["extensions"]["code"],
        "timeline": timeline(candidate, interview).await.unwrap(),
        "dashboard": candidate.data(op::DASHBOARD, &json!({})).await.unwrap(),
    })
}

#[tokio::test]
async fn the_candidate_cannot_tell_by_any_path_that_there_is_a_kit() {
    let (server, cast, stage, interview) = booked(Place::embedded()).await;
    let kit = kit(&cast).await;
    let before = seen_by_candidate(&server, &cast, &stage, &interview, &kit).await;
    let from = head(&cast).await;
    let token = server.token(&CANDIDATE).unwrap();
    let mut socket = Socket::open(&server.base, &token).await;
    socket.subscribe(UPDATED, &json!({ "id": interview })).await;

    published(&cast, &next(&kit, "next")).await;
    cast.recruiter
        .carry_out(UPDATE, &attach(&interview, &kit, "attach"))
        .await
        .unwrap();
    let after = seen_by_candidate(&server, &cast, &stage, &interview, &kit).await;
    socket.ping().await;

    assert_eq!(after, before);
    assert_eq!(after["kits"], "FORBIDDEN");
    assert_eq!(after["node"]["node"], Value::Null);
    assert_eq!(after["type"]["node"]["kit"], Value::Null);
    assert_eq!(after["interview"]["kit"], Value::Null);
    assert_eq!(after["interview"]["type"]["kit"], Value::Null);
    for secret in ["Let them talk", "shorter", "Give no numbers", "kit_"] {
        assert!(!after.to_string().contains(secret), "{secret}: {after:#}");
    }
    let to = head(&cast).await;
    assert_eq!(changes(&cast.candidate, &interview, &from, &to).await, json!([]));
    assert_eq!(
        changes(&cast.candidate, &stage.interview_type, &from, &to).await,
        json!([])
    );
    assert_eq!(seen(&cast.stranger, &interview).await, Value::Null);
    for (mutation, input) in [
        (op::PUBLISH_KIT, next(&kit, "own")),
        (UPDATE, attach(&interview, &kit, "own")),
    ] {
        assert_eq!(
            cast.candidate.refusal(mutation, &input).await.unwrap(),
            "FORBIDDEN"
        );
    }
    // The first thing that comes is the title, which is for the candidate; what is counted leaves kits out.
    cast.recruiter
        .carry_out(UPDATE, &titled(&interview, "Final round", "title"))
        .await
        .unwrap();
    let item = socket.next().await;
    assert_eq!(item["interviewUpdated"]["title"], "Final round", "{item}");
    let version = before["interview"]["version"].as_u64().unwrap();
    assert_eq!(item["interviewUpdated"]["version"], version + 1, "{item}");
}

#[tokio::test]
async fn a_candidate_who_hosts_a_session_learns_of_no_kit_either() {
    let (server, cast, _stage, _) = booked(Place::embedded()).await;
    let kit = kit(&cast).await;
    let session = json!({ "title": "Graphs", "idempotencyKey": "session" });
    let hosted = cast.stranger.carry_out(HOST, &session).await.unwrap();
    let session = hosted["interview"]["id"].as_str().unwrap();
    server.clock.settle().await.unwrap();
    let before = seen(&cast.stranger, session).await;

    cast.recruiter
        .carry_out(UPDATE, &attach(session, &kit, "attach"))
        .await
        .unwrap();

    assert_eq!(seen(&cast.stranger, session).await, before);
    assert_eq!(before["kit"], Value::Null);
    let story = timeline(&cast.stranger, session).await.unwrap();
    assert_eq!(told(&story, "interview.kit_attached"), Vec::<String>::new());
    assert_eq!(seen(&cast.recruiter, session).await["kit"]["version"], 1);
}

#[tokio::test]
async fn whoever_is_a_candidate_too_reads_only_the_kits_of_interviews_that_they_hold() {
    let (_server, cast, stage, interview) = booked(Place::embedded()).await;
    let [lena, ravi] = &stage.interviewers;
    let granted = json!({ "accountId": lena, "role": "CANDIDATE", "idempotencyKey": "granted" });
    cast.admin.carry_out(op::GRANT_ROLE, &granted).await.unwrap();
    let own = json!({
        "typeId": stage.interview_type, "start": LATER[0], "candidateId": ravi, "interviewerIds": [lena],
        "idempotencyKey": "own"
    });
    let own = cast.recruiter.carry_out(SCHEDULE, &own).await.unwrap();
    let own = own["interview"]["id"].as_str().unwrap();

    let kits = cast.lena.send(KITS, &json!({})).await.unwrap();
    assert_eq!(kits["errors"][0]["extensions"]["code"], "FORBIDDEN", "{kits}");
    let held = seen(&cast.lena, &interview).await;
    assert_eq!(
        (&held["kit"]["version"], &held["type"]["kit"]),
        (&json!(1), &Value::Null)
    );
    // An interviewer who is interviewed is the candidate.
    assert_eq!(seen(&cast.ravi, own).await["kit"], Value::Null);
    let story = timeline(&cast.ravi, own).await.unwrap();
    assert_eq!(told(&story, "interview.kit_attached"), Vec::<String>::new());
    let refused = cast.ravi.refusal(UPDATE, &titled(own, "Easy", "easy")).await;
    assert_eq!(refused.unwrap(), "FORBIDDEN");
    assert_eq!(seen(&cast.lena, own).await["kit"]["version"], 1);
}

#[tokio::test]
async fn a_changed_title_and_description_count_from_then_on_for_this_interview_alone() {
    let (server, cast, stage, interview) = booked(Place::embedded()).await;
    let before = head(&cast).await;
    let mails = sent(server.place.folder()).len();
    let changed = json!({
        "interviewId": interview, "expectedRevision": 1, "title": "Final round", "description": "Bring Asha's laptop",
        "idempotencyKey": "changed"
    });

    let told_so = cast.recruiter.carry_out(UPDATE, &changed).await.unwrap();
    server.clock.settle().await.unwrap();
    assert_eq!(told_so["interview"]["title"], "Final round", "{told_so}");
    let after = head(&cast).await;

    // The same words again are the same, also under another key and from somebody else.
    let mut again = changed.clone();
    again["idempotencyKey"] = json!("again");
    cast.admin.carry_out(UPDATE, &again).await.unwrap();
    assert_eq!(head(&cast).await, after);
    assert_eq!(sent(server.place.folder()).len(), mails);
    for client in [&cast.candidate, &cast.lena, &cast.admin] {
        let now = seen(client, &interview).await;
        assert_eq!(
            (&now["title"], &now["description"]),
            (&json!("Final round"), &json!("Bring Asha's laptop"))
        );
        let then = seen_then(client, &interview, &before).await;
        assert_eq!(
            (&then["title"], &then["description"]),
            (&json!("System design"), &Value::Null)
        );
    }
    let story = timeline(&cast.candidate, &interview).await.unwrap();
    assert_eq!(
        told(&story, "interview.details_changed"),
        ["Its title and description were changed"]
    );
    let types = cast.recruiter.data(TYPES, &json!({})).await.unwrap();
    assert_eq!(
        types["interviewTypes"]["edges"][0]["node"]["version"], 1,
        "{types}"
    );

    let moved = json!({ "interviewId": interview, "expectedRevision": 1, "start": LATER[0], "idempotencyKey": "move" });
    cast.recruiter.carry_out(op::RESCHEDULE, &moved).await.unwrap();
    server.clock.settle().await.unwrap();
    let later = sent(server.place.folder()).into_iter();
    let later: Vec<_> = later
        .filter(|mail| mail.to == LENA.email && mail.subject.starts_with("Your interview has a new time"))
        .collect();
    let calendar = later[0].calendar.as_deref().unwrap();
    assert!(calendar.contains("SUMMARY:Final round"), "{calendar}");
    let feed = calendar_feeds::created(&cast.lena, "feed").await;
    let (_, _, feed) = calendar_feeds::read(&server, feed["url"].as_str().unwrap(), None).await;
    assert!(feed.contains("SUMMARY:Final round"), "{feed}");
    assert!(!feed.contains("SUMMARY:System design"), "{feed}");

    // What it is about is sealed for the candidate and goes with the rest of their data.
    let erase = json!({ "accountId": stage.candidate, "idempotencyKey": "erase" });
    cast.admin.carry_out(op::ERASE_SUBJECT, &erase).await.unwrap();
    server.clock.settle().await.unwrap();
    let words = json!({ "interviewId": interview, "description": "Bring it", "idempotencyKey": "words" });
    assert_eq!(cast.recruiter.refusal(UPDATE, &words).await.unwrap(), "ERASED");
    let erased = seen(&cast.recruiter, &interview).await;
    assert_eq!(
        (&erased["title"], &erased["description"]),
        (&json!("Final round"), &Value::Null)
    );
    assert_eq!(erased["kit"]["version"], 1, "{erased}");
}

#[tokio::test]
async fn the_panel_changes_it_where_the_organisation_lets_interviewers_schedule_and_others_do_not_know_of_it()
{
    let (server, cast, _stage, interview) = booked(Place::embedded()).await;
    let colleague = somebody(&server, Role::Interviewer, "colleague").await;
    colleague.data(op::VIEWER, &json!({})).await.unwrap();

    cast.lena
        .carry_out(UPDATE, &titled(&interview, "Round one", "lena"))
        .await
        .unwrap();

    let stranger = colleague
        .refusal(UPDATE, &titled(&interview, "Mine", "mine"))
        .await;
    assert_eq!(stranger.unwrap(), "NOT_FOUND");
    assert_eq!(seen(&cast.candidate, &interview).await["title"], "Round one");
    // Interviewers read the catalogue, whether or not they sit on a panel.
    let kits = colleague.data(KITS, &json!({})).await.unwrap();
    assert_eq!(kits["kits"]["totalCount"], 1, "{kits}");
}

#[tokio::test]
async fn an_interviewer_who_may_not_schedule_may_not_change_it_either() {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let organisation = json!({
        "name": "Careful", "timeZone": "Europe/Berlin", "interviewersDecide": false,
        "idempotencyKey": "organisation"
    });
    cast.admin
        .carry_out(op::CREATE_ORGANISATION, &organisation)
        .await
        .unwrap();
    let lena = can_be_met(&cast.lena, "Europe/Berlin", &[("09:00", "17:00")], json!([])).await;
    let viewer = cast.candidate.data(op::VIEWER, &json!({})).await.unwrap();
    let chat = json!({
        "title": "Chat", "start": "2026-03-10T10:00:00Z", "durationMinutes": 30, "interviewerIds": [lena],
        "candidateId": viewer["viewer"]["account"]["id"], "idempotencyKey": "chat"
    });
    let made = cast.recruiter.carry_out(SCHEDULE, &chat).await.unwrap();
    let interview = made["interview"]["id"].as_str().unwrap();

    let refused = cast
        .lena
        .refusal(UPDATE, &titled(interview, "Talk", "lena"))
        .await;
    assert_eq!(refused.unwrap(), "FORBIDDEN");
    let changed = cast
        .recruiter
        .carry_out(UPDATE, &titled(interview, "Talk", "tomas"))
        .await;
    assert_eq!(changed.unwrap()["interview"]["title"], "Talk");
}

/// A product of half an hour with this kit.
fn product(stage: &Stage, kit: &str, key: &str) -> Value {
    json!({
        "title": "Talk", "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY", "durationMinutes": 30,
        "interviewerIds": stage.interviewers, "kitId": kit, "idempotencyKey": key
    })
}

#[tokio::test]
async fn kits_and_changes_that_make_no_sense_are_refused_by_name_and_leave_nothing_behind() {
    let (_server, cast, stage, interview) = booked(Place::embedded()).await;
    let kit = kit(&cast).await;
    let long = json!({ "name": "Long", "sections": [part("All", 31)], "idempotencyKey": "long" });
    let long = published(&cast, &long).await["id"].clone();
    let long = long.as_str().unwrap();
    let rubric = json!({ "id": "rub_00000000000000000000000001", "version": 1 });
    let before = head(&cast).await;

    let many: Vec<_> = (0..31).map(|number| part(&format!("Part {number}"), 1)).collect();
    let hours: Vec<_> = (0..4)
        .map(|number| part(&format!("Part {number}"), 480))
        .collect();
    let new = |change: Value| {
        let mut input = json!({ "name": "Odd", "sections": [part("All", 5)], "idempotencyKey": "odd" });
        input
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        input
    };
    for (change, code) in [
        (json!({ "name": " " }), "INVALID"),
        (json!({ "name": "x".repeat(201) }), "INVALID"),
        (json!({ "industry": "" }), "INVALID"),
        (json!({ "sections": [] }), "INVALID"),
        (json!({ "sections": many }), "INVALID"),
        (json!({ "sections": hours }), "INVALID"),
        (json!({ "sections": [part(" ", 5)] }), "INVALID"),
        (
            json!({ "sections": [part("Opening", 5), part("OPENING", 5)] }),
            "INVALID",
        ),
        (json!({ "sections": [part("Opening", 0)] }), "INVALID"),
        (json!({ "sections": [part("Opening", 481)] }), "INVALID"),
        (json!({ "rubric": rubric }), "INVALID"),
        (json!({ "kitId": ABSENT_KIT }), "NOT_FOUND"),
        (json!({ "kitId": "nothing" }), "NOT_FOUND"),
        (json!({ "kitId": kit, "expectedVersion": 2 }), "CONFLICT"),
    ] {
        let refused = cast
            .recruiter
            .refusal(op::PUBLISH_KIT, &new(change.clone()))
            .await;
        assert_eq!(refused.unwrap(), code, "{change}");
    }
    let lena = cast.lena.refusal(op::PUBLISH_KIT, &new(json!({}))).await;
    assert_eq!(lena.unwrap(), "FORBIDDEN");

    let define = async |kit: &str| {
        let input = product(&stage, kit, kit);
        cast.recruiter.refusal(op::DEFINE_TYPE, &input).await.unwrap()
    };
    assert_eq!(
        (define(ABSENT_KIT).await, define(long).await),
        ("NOT_FOUND".into(), "INVALID".into())
    );
    let revised = json!({
        "typeId": stage.interview_type, "expectedVersion": 1, "definition": product(&stage, long, "unused"),
        "idempotencyKey": "revised"
    });
    assert_eq!(cast.recruiter.refusal(REVISE, &revised).await.unwrap(), "INVALID");

    for (change, code) in [
        (json!({}), "INVALID"),
        (json!({ "title": " " }), "INVALID"),
        (json!({ "description": "x".repeat(4_001) }), "INVALID"),
        (json!({ "kitId": ABSENT_KIT }), "NOT_FOUND"),
        (json!({ "kitId": long }), "INVALID"),
        (
            json!({ "title": "Late", "expectedRevision": 2 }),
            "STALE_REVISION",
        ),
        (json!({ "title": "Odd", "expectedRevision": -1 }), "INVALID"),
        (
            json!({ "title": "Odd", "interviewId": "int_00000000000000000000000001" }),
            "NOT_FOUND",
        ),
    ] {
        let mut input = json!({ "interviewId": interview, "idempotencyKey": "odd" });
        input
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let refused = cast.recruiter.refusal(UPDATE, &input).await;
        assert_eq!(refused.unwrap(), code, "{change}");
    }
    assert_eq!(head(&cast).await, before);
}

#[tokio::test]
async fn what_is_over_stays_as_it_was() {
    let (_server, cast, _stage, interview) = met().await;

    let refused = cast
        .recruiter
        .refusal(UPDATE, &titled(&interview, "Too late", "late"))
        .await;

    assert_eq!(refused.unwrap(), "WRONG_STATE");
    let now = seen(&cast.recruiter, &interview).await;
    assert_eq!(
        (&now["title"], &now["kit"]["version"]),
        (&json!("System design"), &json!(1))
    );
}

/// The names of the kits that fit, in order.
async fn names(client: &Client, asked: Value) -> Value {
    let data = client.data(KITS, &asked).await.unwrap();
    let edges = data["kits"]["edges"].as_array().unwrap();
    assert_eq!(data["kits"]["totalCount"], edges.len());
    edges.iter().map(|edge| edge["node"]["name"].clone()).collect()
}

#[tokio::test]
async fn kits_are_found_by_what_their_newest_version_says_page_by_page() {
    let (server, cast, _stage, _) = booked(Place::embedded()).await;
    let first = kit(&cast).await;
    server
        .clock
        .advance_to(beginning() + Duration::hours(1))
        .await
        .unwrap();
    let other = json!({
        "name": "Behaviour", "industry": "Health", "sections": [part("All", 20)], "idempotencyKey": "other"
    });
    published(&cast, &other).await;
    let asked = |filter: Value| json!({ "where": filter });

    let newest_first = json!({ "orderBy": [{ "field": "PUBLISHED", "direction": "DESC" }] });
    let all = ["Behaviour", "System design in twenty minutes"];
    assert_eq!(names(&cast.lena, newest_first).await, json!(all));
    for (filter, found) in [
        (json!({ "name": { "contains": "BEHAV" } }), vec![all[0]]),
        (json!({ "industry": { "eq": "health" } }), vec![all[0]]),
        (json!({ "industry": { "not": ["Health"] } }), vec![all[1]]),
        (
            json!({ "not": { "or": [{ "industry": { "contains": "heal" } }, { "name": { "in": ["x"] } }] } }),
            vec![all[1]],
        ),
    ] {
        assert_eq!(
            names(&cast.lena, asked(filter.clone())).await,
            json!(found),
            "{filter}"
        );
    }

    published(&cast, &next(&first, "next")).await;
    assert_eq!(
        names(&cast.lena, asked(json!({ "name": { "contains": "twenty" } }))).await,
        json!([])
    );
    let page = cast.lena.data(KITS, &json!({ "first": 1 })).await.unwrap();
    assert_eq!(page["kits"]["edges"][0]["node"]["version"], 2, "{page}");
    assert_eq!(page["kits"]["pageInfo"]["hasNextPage"], true, "{page}");
    let behind = json!({ "first": 1, "after": page["kits"]["pageInfo"]["endCursor"] });
    let behind = cast.lena.data(KITS, &behind).await.unwrap();
    assert_eq!(
        behind["kits"]["edges"][0]["node"]["name"], "Behaviour",
        "{behind}"
    );
    assert_eq!(behind["kits"]["pageInfo"]["hasNextPage"], false, "{behind}");
    let foreign = cast
        .lena
        .send(
            KITS,
            &json!({ "where": { "name": { "eq": "x" } }, "after": page["kits"]["pageInfo"]["endCursor"] }),
        )
        .await;
    assert_eq!(foreign.unwrap()["errors"][0]["extensions"]["code"], "BAD_CURSOR");
}
