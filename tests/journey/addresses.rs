//! People who are named by mail address, and have perhaps never signed in.

use futures::future::join_all;
use greenroom::demo::{
    client::Client,
    journey::{CANDIDATE, Cast, Clockwork, LENA, Stage},
    operations as op,
};
use serde_json::{Value, json};

use super::{
    cancellation::CANCEL,
    invitations::{FREE, prepared},
    scheduling::SCHEDULE,
    sessions::HOST,
};
use crate::support::{
    mails::sent,
    server::{Place, Server},
};

const SERIES: &str = "mutation($input: ScheduleSeriesInput!) { result: scheduleSeries(input: $input) { interviews { id candidate { id } } userErrors { code message field } } }";
const INVITE: &str = "mutation($input: InviteCandidateInput!) { result: inviteCandidate(input: $input) { interview { id } userErrors { code message field } } }";
const ENTER: &str = "mutation($input: EnterLobbyInput!) { result: enterLobby(input: $input) { session { status } userErrors { code message field } } }";
const LOBBY: &str = "query($id: ID!) { interview(id: $id) { room { lobby { person { id displayName } } } } }";

/// Somebody who has never been here, as whoever asks them writes it.
const EMAIL: &str = "sam.okafor@people.example";
/// The same as the issuer writes it.
const SIGNED_IN: &str = "Sam.Okafor@People.Example";
const NAME: &str = "Sam Okafor";

/// Forty-five minutes with one of the interviewers, for whoever reads mail at an address.
fn talk(stage: &Stage, email: &str, start: &str, key: &str) -> Value {
    json!({
        "title": "First talk", "start": start, "durationMinutes": 45, "candidateEmail": email,
        "candidateName": NAME, "interviewerIds": [stage.interviewers[0]], "idempotencyKey": key
    })
}

async fn scheduled(cast: &Cast, input: &Value) -> String {
    let made = cast.recruiter.carry_out(SCHEDULE, input).await.unwrap();
    made["interview"]["id"].as_str().unwrap().to_owned()
}

/// Somebody whose issuer says this of them.
async fn holder(server: &Server, said: &[&str]) -> Client {
    let always = ["--role", "candidate", "--lifetime-hours", "480"];
    let arguments = [&always[..], said].concat();
    let token = server.place.tool("token", &arguments).await.unwrap();
    Client::new(&server.base, Some(token.trim().to_owned())).unwrap()
}

async fn account(client: &Client) -> Value {
    let mut viewer = client.data(op::VIEWER, &json!({})).await.unwrap();
    viewer["viewer"]["account"]["id"].take()
}

async fn interview(client: &Client, id: &str) -> Value {
    let mut data = client.data(op::INTERVIEW, &json!({ "id": id })).await.unwrap();
    data["interview"].take()
}

async fn candidate(cast: &Cast, id: &str) -> Value {
    interview(&cast.recruiter, id).await["candidate"]["id"].take()
}

async fn head(cast: &Cast) -> Value {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    system["system"]["head"].clone()
}

#[tokio::test]
async fn whoever_is_asked_by_mail_signs_in_and_is_the_candidate_on_sqlite() {
    whoever_is_asked_by_mail_signs_in_and_is_the_candidate(Place::embedded()).await;
}

#[tokio::test]
async fn whoever_is_asked_by_mail_signs_in_and_is_the_candidate_on_postgres() {
    if let Some(place) = Place::postgres().await {
        whoever_is_asked_by_mail_signs_in_and_is_the_candidate(place).await;
    }
}

async fn whoever_is_asked_by_mail_signs_in_and_is_the_candidate(place: Place) {
    let (server, cast, stage) = prepared(place).await;
    let id = scheduled(&cast, &talk(&stage, EMAIL, FREE, "talk")).await;
    server.clock.settle().await.unwrap();

    let sam = holder(&server, &["--email", SIGNED_IN]).await;
    let seen = interview(&sam, &id).await;
    let first = account(&sam).await;
    let again = account(&holder(&server, &["--email", SIGNED_IN]).await).await;

    let mails: Vec<_> = sent(server.place.folder())
        .into_iter()
        .filter(|mail| mail.to == EMAIL)
        .collect();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert!(mails[0].calendar.is_some(), "{mails:#?}");
    assert_eq!(
        seen["candidate"],
        json!({ "id": first, "displayName": NAME }),
        "{seen}"
    );
    assert_eq!(again, first);
    let off = json!({ "interviewId": id, "idempotencyKey": "off" });
    let cancelled = sam.carry_out(CANCEL, &off).await.unwrap();
    assert_eq!(cancelled["interview"]["status"], "CANCELLED", "{cancelled}");
    let next = scheduled(&cast, &talk(&stage, EMAIL, FREE, "next")).await;
    assert_eq!(candidate(&cast, &next).await, first);
}

#[tokio::test]
async fn the_address_of_whoever_has_signed_in_finds_their_account() {
    let (_server, cast, stage) = prepared(Place::embedded()).await;
    let written = CANDIDATE.email.to_uppercase();

    let id = scheduled(&cast, &talk(&stage, &written, FREE, "talk")).await;

    let seen = interview(&cast.candidate, &id).await;
    assert_eq!(
        seen["candidate"],
        json!({ "id": stage.candidate, "displayName": CANDIDATE.name }),
        "{seen}"
    );
}

#[tokio::test]
async fn a_series_is_of_one_candidate() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let mut weekly = talk(&stage, EMAIL, FREE, "weekly");
    weekly["rule"] = json!("FREQ=WEEKLY;COUNT=3");

    let made = cast.recruiter.carry_out(SERIES, &weekly).await.unwrap();
    server.clock.settle().await.unwrap();

    let sam = account(&holder(&server, &["--email", EMAIL]).await).await;
    let interviews = made["interviews"].as_array().unwrap();
    let of: Vec<_> = interviews
        .iter()
        .map(|interview| &interview["candidate"]["id"])
        .collect();
    assert_eq!(of, [&sam; 3]);
}

#[tokio::test]
async fn what_names_nobody_or_two_people_is_refused_and_nothing_is_stored() {
    let (_server, cast, stage) = prepared(Place::embedded()).await;
    let before = head(&cast).await;
    let changed = |change: Value| {
        let mut input = talk(&stage, EMAIL, FREE, "odd");
        let fields = change.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(fields);
        input
    };
    let refused = async |change: Value| {
        let input = json!({ "input": changed(change) });
        let mut answer = cast.recruiter.send(SCHEDULE, &input).await.unwrap();
        let error = answer["data"]["result"]["userErrors"][0].take();
        json!([error["code"], error["field"]])
    };

    let both = json!({ "candidateId": stage.candidate });
    assert_eq!(
        refused(both).await,
        json!(["INVALID", ["input", "candidateEmail"]])
    );
    let neither = json!({ "candidateEmail": null });
    assert_eq!(
        refused(neither).await,
        json!(["INVALID", ["input", "candidateId"]])
    );
    let named = json!({ "candidateEmail": null, "candidateId": stage.candidate });
    assert_eq!(
        refused(named).await,
        json!(["INVALID", ["input", "candidateName"]])
    );
    let no_address = json!({ "candidateEmail": "Sam Okafor" });
    assert_eq!(
        refused(no_address).await,
        json!(["INVALID", ["input", "candidateEmail"]])
    );
    let long = json!({ "candidateEmail": format!("{}@people.example", "s".repeat(240)) });
    assert_eq!(
        refused(long).await,
        json!(["INVALID", ["input", "candidateEmail"]])
    );
    let own = json!({ "candidateEmail": LENA.email.to_uppercase() });
    assert_eq!(
        refused(own).await,
        json!(["INVALID", ["input", "interviewerIds"]])
    );
    let late = json!({ "start": "2028-03-09T13:00:00Z" });
    assert_eq!(refused(late).await[0], "SLOT_NOT_OFFERED");
    let by_candidate = cast
        .candidate
        .refusal(SCHEDULE, &talk(&stage, EMAIL, FREE, "own"))
        .await;
    assert_eq!(by_candidate.unwrap(), "FORBIDDEN");
    assert_eq!(head(&cast).await, before);
    scheduled(&cast, &talk(&stage, EMAIL, FREE, "at last")).await;
}

#[tokio::test]
async fn nobody_takes_up_what_is_at_an_address_that_no_issuer_vouches_for() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let id = scheduled(&cast, &talk(&stage, EMAIL, FREE, "talk")).await;
    server.clock.settle().await.unwrap();

    let claims = holder(
        &server,
        &["--subject", "claims", "--email", EMAIL, "--unverified"],
    )
    .await;
    let named = holder(&server, &["--subject", EMAIL]).await;

    for stranger in [claims, named] {
        assert_ne!(account(&stranger).await, candidate(&cast, &id).await);
        assert_eq!(interview(&stranger, &id).await, Value::Null);
    }
}

#[tokio::test]
async fn whoever_signs_in_first_is_the_one_whom_an_address_waited_for() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let id = scheduled(&cast, &talk(&stage, EMAIL, FREE, "talk")).await;
    server.clock.settle().await.unwrap();

    let first = holder(&server, &["--subject", "first", "--email", EMAIL]).await;
    let second = holder(&server, &["--subject", "second", "--email", EMAIL]).await;

    assert_eq!(account(&first).await, candidate(&cast, &id).await);
    assert_ne!(account(&second).await, candidate(&cast, &id).await);
    assert_eq!(interview(&second, &id).await, Value::Null);
}

#[tokio::test]
async fn whoever_has_another_address_by_now_is_found_by_both() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let other = "sam@elsewhere.example";
    let taken = "okafor@elsewhere.example";
    let sam = account(&holder(&server, &["--subject", "sam", "--email", EMAIL]).await).await;
    let waiting = scheduled(&cast, &talk(&stage, taken, "2026-03-13T13:00:00Z", "taken")).await;
    server.clock.settle().await.unwrap();

    for email in [other, taken] {
        let moved = holder(&server, &["--subject", "sam", "--email", email]).await;
        assert_eq!(account(&moved).await, sam, "{email}");
    }

    for (email, start) in [(EMAIL, "2026-03-10T13:00:00Z"), (other, "2026-03-11T13:00:00Z")] {
        let id = scheduled(&cast, &talk(&stage, email, start, email)).await;
        assert_eq!(candidate(&cast, &id).await, sam, "{email}");
    }
    // An address that an account waits at already is that account's.
    assert_ne!(candidate(&cast, &waiting).await, sam);
    let id = scheduled(&cast, &talk(&stage, taken, "2026-03-12T13:00:00Z", "again")).await;
    assert_eq!(candidate(&cast, &id).await, candidate(&cast, &waiting).await);
}

#[tokio::test]
async fn of_all_who_ask_at_one_address_at_once_nobody_makes_a_second_account_on_sqlite() {
    of_all_who_ask_at_one_address_at_once_nobody_makes_a_second_account(Place::embedded()).await;
}

#[tokio::test]
async fn of_all_who_ask_at_one_address_at_once_nobody_makes_a_second_account_on_postgres() {
    if let Some(place) = Place::postgres().await {
        of_all_who_ask_at_one_address_at_once_nobody_makes_a_second_account(place).await;
    }
}

async fn of_all_who_ask_at_one_address_at_once_nobody_makes_a_second_account(place: Place) {
    let (server, cast, stage) = prepared(place).await;
    let ask = |day: u32| {
        let start = format!("2026-03-{day}T13:00:00Z");
        let input = talk(&stage, EMAIL, &start, &format!("day {day}"));
        let cast = &cast;
        async move { scheduled(cast, &input).await }
    };

    let made = join_all([10, 11, 12, 13].map(ask)).await;
    let sam = holder(&server, &["--email", EMAIL]).await;
    let answers = join_all((0..4).map(|_| account(&sam))).await;

    for id in &made {
        assert_eq!(candidate(&cast, id).await, answers[0]);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn somebody_is_asked_to_a_session_who_has_never_signed_in() {
    let (server, cast, _stage) = prepared(Place::embedded()).await;
    let host = json!({ "title": "Graphs", "idempotencyKey": "host" });
    let hosted = cast.lena.carry_out(HOST, &host).await.unwrap();
    let id = hosted["interview"]["id"].clone();
    server.clock.settle().await.unwrap();
    let ask = |email: &str, key: &str| json!({ "interviewId": id, "email": email, "name": NAME, "idempotencyKey": key });

    cast.lena.carry_out(INVITE, &ask(EMAIL, "ask")).await.unwrap();
    cast.recruiter
        .carry_out(INVITE, &ask(SIGNED_IN, "again"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    let asked = sent(server.place.folder()).into_iter();
    let asked = asked.filter(|mail| mail.to == EMAIL && mail.subject.contains("asks you to a session"));
    assert_eq!(asked.count(), 1);
    let sam = holder(&server, &["--email", SIGNED_IN]).await;
    let knock = json!({ "joinCode": hosted["joinCode"], "idempotencyKey": "sam" });
    sam.carry_out(ENTER, &knock).await.unwrap();
    let seen = cast.lena.data(LOBBY, &json!({ "id": id })).await.unwrap();
    let sam = json!({ "person": { "id": account(&sam).await, "displayName": NAME } });
    assert_eq!(seen["interview"]["room"]["lobby"], json!([sam]));
    server.clock.settle().await.unwrap();
    let before = head(&cast).await;
    for (client, email, code) in [
        (&cast.stranger, "other@people.example", "FORBIDDEN"),
        (&cast.ravi, "other@people.example", "NOT_FOUND"),
        (&cast.lena, LENA.email, "INVALID"),
        (&cast.lena, "nobody", "INVALID"),
    ] {
        let refused = client.refusal(INVITE, &ask(email, "refused")).await.unwrap();
        assert_eq!(refused, code, "{email}");
    }
    assert_eq!(head(&cast).await, before);
}

#[tokio::test]
async fn whoever_may_not_schedule_has_no_mail_sent_to_addresses_of_their_choice() {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let careful = json!({
        "name": "Careful", "timeZone": "Europe/Berlin", "interviewersDecide": false, "idempotencyKey": "organisation"
    });
    cast.admin
        .carry_out(op::CREATE_ORGANISATION, &careful)
        .await
        .unwrap();

    for (host, key) in [(&cast.lena, "lena"), (&cast.candidate, "candidate")] {
        let session = json!({ "title": "Graphs", "idempotencyKey": key });
        let hosted = host.carry_out(HOST, &session).await.unwrap();
        let ask = json!({ "interviewId": hosted["interview"]["id"], "email": EMAIL, "idempotencyKey": key });
        assert_eq!(host.refusal(INVITE, &ask).await.unwrap(), "FORBIDDEN", "{key}");
        cast.recruiter.carry_out(INVITE, &ask).await.unwrap();
    }
    server.clock.settle().await.unwrap();

    let mails = sent(server.place.folder());
    let to_sam: Vec<_> = mails.iter().filter(|mail| mail.to == EMAIL).collect();
    assert_eq!(to_sam.len(), 2, "{mails:#?}");
}

#[tokio::test]
async fn whoever_was_forgotten_is_somebody_else_when_they_are_asked_again() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let id = scheduled(&cast, &talk(&stage, EMAIL, FREE, "talk")).await;
    server.clock.settle().await.unwrap();
    let sam = holder(&server, &["--email", SIGNED_IN]).await;
    let first = account(&sam).await;
    let erase = json!({ "accountId": first, "idempotencyKey": "erase" });
    cast.admin.carry_out(op::ERASE_SUBJECT, &erase).await.unwrap();
    server.clock.settle().await.unwrap();

    let forgotten = account(&sam).await;
    let anew = scheduled(&cast, &talk(&stage, EMAIL, "2026-03-11T13:00:00Z", "anew")).await;
    server.clock.settle().await.unwrap();

    assert_eq!(forgotten, Value::Null);
    let second = account(&sam).await;
    assert_eq!(candidate(&cast, &anew).await, second);
    assert_eq!(candidate(&cast, &id).await, first);
    assert_ne!(first, second);
}

#[tokio::test]
async fn an_address_is_written_nowhere_but_into_mails() {
    let (server, cast, stage) = prepared(Place::embedded().talkative()).await;
    scheduled(&cast, &talk(&stage, EMAIL, FREE, "talk")).await;
    let sam = holder(&server, &["--email", EMAIL]).await;
    account(&sam).await;
    server.clock.settle().await.unwrap();

    let (place, _) = server.stop().await;

    let mut looked_at = 0;
    for file in std::fs::read_dir(place.folder()).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for canary in [EMAIL, NAME] {
            let is_there = bytes
                .windows(canary.len())
                .any(|window| window == canary.as_bytes());
            assert!(!is_there, "{canary} is in {}", path.display());
        }
        looked_at += 1;
    }
    assert!(looked_at > 5, "only {looked_at} files");
}
