//! Instant sessions: a code, a lobby, one candidate, and nobody who may not know of them.

use chrono::Duration;
use domain::actor::Role;
use futures::future::join_all;
use greenroom::demo::{
    client::Client,
    journey::{
        ADMIN, CANDIDATE, Cast, Clockwork, LENA, RAVI, STRANGER, Stage, Tokens, beginning, prepare, timeline,
    },
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::scheduling::SCHEDULE;
use crate::support::{
    browser::{self, Browser},
    mails::sent,
    people::somebody,
    server::{Place, Server},
    socket::Socket,
};

pub(super) const HOST: &str = "mutation($input: HostSessionInput!) { result: hostSession(input: $input) { joinCode interview { id title status phase mode purpose kind revision candidate { id } scheduledBy { displayName } slot { start end timeZone localStart } panel { person { id } role } } position userErrors { code message field } } }";
const INVITE: &str = "mutation($input: InviteToSessionInput!) { result: inviteToSession(input: $input) { interview { id } userErrors { code message field } } }";
const ENTER: &str = "mutation($input: EnterLobbyInput!) { result: enterLobby(input: $input) { session { status interviewId } userErrors { code message field ... on RateLimitedError { retryAfterSeconds } } } }";
const LEAVE: &str = "mutation($input: LeaveLobbyInput!) { result: leaveLobby(input: $input) { session { status } userErrors { code message field ... on RateLimitedError { retryAfterSeconds } } } }";
const ADMIT: &str = "mutation($input: AdmitParticipantInput!) { result: admitParticipant(input: $input) { interview { id candidate { id displayName } room { lobby { person { id } } } } userErrors { code message field } } }";
const DENY: &str = "mutation($input: DenyParticipantInput!) { result: denyParticipant(input: $input) { interview { id } userErrors { code message field } } }";
const PREVIEW: &str = "query($code: String!) { session(joinCode: $code) { title hostName opensAt closesAt needsPassword status interviewId } }";
const ROOM: &str = "query($id: ID!) { interview(id: $id) { status phase candidate { id displayName email } room { status joinCode opensAt closesAt lobby { person { id displayName } since } } notifications { template recipient { id } } } }";
const UPDATED: &str =
    "subscription($id: ID!) { interviewUpdated(id: $id) { room { lobby { person { id } } } } }";
const DUE: &str = "{ myScorecards { interviewId status } }";
const PASSWORD: &str = "correct horse";

async fn prepared(place: Place) -> (Server, Cast, Stage) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage)
}

async fn account(client: &Client) -> String {
    let viewer = client.data(op::VIEWER, &json!({})).await.unwrap();
    viewer["viewer"]["account"]["id"].as_str().unwrap().to_owned()
}

/// A session, once its room is there: its interview and its code.
async fn hosted(server: &Server, host: &Client, password: Option<&str>, key: &str) -> (String, String) {
    let input = json!({ "title": "Graphs", "password": password, "idempotencyKey": key });
    let made = host.carry_out(HOST, &input).await.unwrap();
    server.clock.settle().await.unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["interview"]["id"]), text(&made["joinCode"]))
}

fn knock(code: &str, password: Option<&str>, key: &str) -> Value {
    json!({ "joinCode": code, "password": password, "idempotencyKey": key })
}

fn of(interview: &str, account: &str, key: &str) -> Value {
    json!({ "interviewId": interview, "accountId": account, "idempotencyKey": key })
}

async fn preview(client: &Client, code: &str) -> Value {
    let mut data = client.data(PREVIEW, &json!({ "code": code })).await.unwrap();
    data["session"].take()
}

async fn room(client: &Client, interview: &str) -> Value {
    let mut data = client.data(ROOM, &json!({ "id": interview })).await.unwrap();
    data["interview"].take()
}

fn lobby(interview: &Value) -> Vec<&str> {
    let waiting = interview["room"]["lobby"].as_array().unwrap().iter();
    waiting
        .map(|entry| entry["person"]["displayName"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_session_goes_from_its_code_to_its_end_on_sqlite() {
    a_session_goes_from_its_code_to_its_end(Place::embedded()).await;
}

#[tokio::test]
async fn a_session_goes_from_its_code_to_its_end_on_postgres() {
    if let Some(place) = Place::postgres().await {
        a_session_goes_from_its_code_to_its_end(place).await;
    }
}

async fn a_session_goes_from_its_code_to_its_end(place: Place) {
    let (server, cast, _stage) = prepared(place).await;
    let host = &cast.candidate;
    let input = json!({
        "title": "Graphs", "kind": "DSA", "durationMinutes": 45, "password": PASSWORD, "idempotencyKey": "host"
    });

    let made = host.carry_out(HOST, &input).await.unwrap();
    let again = host.carry_out(HOST, &input).await.unwrap();

    let seen = &made["interview"];
    assert_eq!(made["joinCode"], again["joinCode"]);
    assert_eq!(
        (&seen["status"], &seen["phase"]),
        (&json!("CONFIRMED"), &json!("UPCOMING"))
    );
    assert_eq!(
        (&seen["mode"], &seen["purpose"]),
        (&json!("PEER"), &json!("MOCK"))
    );
    assert_eq!((&seen["candidate"], &seen["kind"]), (&Value::Null, &json!("DSA")));
    assert_eq!(seen["slot"]["start"], "2026-03-09T09:00:00Z", "{seen}");
    assert_eq!(seen["slot"]["end"], "2026-03-09T09:45:00Z", "{seen}");
    assert_eq!(seen["slot"]["timeZone"], CANDIDATE.zone, "{seen}");
    assert_eq!(seen["scheduledBy"]["displayName"], CANDIDATE.name, "{seen}");
    assert_eq!(
        seen["panel"][0]["person"]["id"],
        json!(account(host).await),
        "{seen}"
    );
    let [interview, code] = [&seen["id"], &made["joinCode"]].map(|text| text.as_str().unwrap().to_owned());
    server.clock.settle().await.unwrap();
    let own = room(host, &interview).await;
    assert_eq!(own["room"]["joinCode"], json!(code), "{own}");
    assert_eq!(own["room"]["opensAt"], "2026-03-09T09:00:00Z", "{own}");
    assert_eq!(own["room"]["closesAt"], "2026-03-10T09:00:00Z", "{own}");
    assert_eq!(lobby(&own), Vec::<&str>::new());

    at_the_door(&cast, &code).await;
    in_the_lobby(&cast, &interview, &code).await;
    in_the_room(&server, &cast, &interview, &code).await;
}

/// Who knows the code sees what it is of, and nothing else; without the password nobody waits.
async fn at_the_door(cast: &Cast, code: &str) {
    let written = code.replace('-', " ").to_lowercase();
    let seen = preview(&cast.stranger, &written).await;
    assert_eq!(
        seen,
        json!({
            "title": "Graphs", "hostName": CANDIDATE.name, "opensAt": "2026-03-09T09:00:00Z",
            "closesAt": "2026-03-10T09:00:00Z", "needsPassword": true, "status": "NOT_WAITING", "interviewId": null
        })
    );
    let wrong_code = if code.starts_with('B') {
        "CCC-CCC-CCC"
    } else {
        "BBB-BBB-BBB"
    };
    for wrong in [wrong_code, "graphs", ""] {
        assert_eq!(preview(&cast.stranger, wrong).await, Value::Null, "{wrong}");
        let refused = cast
            .stranger
            .refusal(ENTER, &knock(wrong, Some(PASSWORD), "wrong"))
            .await;
        assert_eq!(refused.unwrap(), "NOT_FOUND", "{wrong}");
    }
    for wrong in [None, Some("Correct horse"), Some("short")] {
        let refused = cast.stranger.refusal(ENTER, &knock(code, wrong, "guess")).await;
        assert_eq!(refused.unwrap(), "WRONG_PASSWORD", "{wrong:?}");
    }
}

/// One is denied, one leaves and comes again, and the first who is admitted is the candidate.
async fn in_the_lobby(cast: &Cast, interview: &str, code: &str) {
    let (host, noor, ravi, lena) = (&cast.candidate, &cast.stranger, &cast.ravi, &cast.lena);
    let knock = |key: &str| knock(code, Some(PASSWORD), key);
    let waits = noor.carry_out(ENTER, &knock("noor")).await.unwrap();
    noor.carry_out(ENTER, &knock("noor again")).await.unwrap();
    assert_eq!(
        waits["session"],
        json!({ "status": "WAITING", "interviewId": null })
    );
    ravi.carry_out(ENTER, &knock("ravi")).await.unwrap();
    assert_eq!(lobby(&room(host, interview).await), [STRANGER.name, RAVI.name]);
    for waiting in [noor, ravi] {
        assert_eq!(room(waiting, interview).await, Value::Null);
        let join = json!({ "interviewId": interview });
        assert_eq!(waiting.refusal(op::JOIN_ROOM, &join).await.unwrap(), "NOT_FOUND");
    }
    let [noors, ravis, lenas] = [account(noor).await, account(ravi).await, account(lena).await];

    let mut deny = of(interview, &noors, "deny");
    deny["reason"] = json!("Not the one I wait for");
    host.carry_out(DENY, &deny).await.unwrap();

    assert_eq!(
        noor.refusal(ENTER, &knock("noor once more")).await.unwrap(),
        "DENIED"
    );
    assert_eq!(preview(noor, code).await["status"], "DENIED");
    let refused = host.refusal(ADMIT, &of(interview, &noors, "admit noor")).await;
    assert_eq!(refused.unwrap(), "NOT_FOUND");
    let leave = json!({ "joinCode": code, "idempotencyKey": "leave" });
    let left = ravi.carry_out(LEAVE, &leave).await.unwrap();
    assert_eq!(left["session"]["status"], "NOT_WAITING");
    ravi.carry_out(ENTER, &knock("ravi again")).await.unwrap();
    lena.carry_out(ENTER, &knock("lena")).await.unwrap();

    let admitted = host
        .carry_out(ADMIT, &of(interview, &ravis, "admit"))
        .await
        .unwrap();

    let candidate = json!({ "id": ravis, "displayName": RAVI.name });
    assert_eq!(admitted["interview"]["candidate"], candidate);
    assert_eq!(
        admitted["interview"]["room"]["lobby"],
        json!([{ "person": { "id": lenas } }])
    );
    let refused = host.refusal(ADMIT, &of(interview, &lenas, "admit lena")).await;
    assert_eq!(refused.unwrap(), "SESSION_FULL");
    let full = lena.refusal(ENTER, &knock("lena again")).await.unwrap();
    assert_eq!(full, "SESSION_FULL");
    let seen = preview(ravi, code).await;
    assert_eq!(
        (&seen["status"], &seen["interviewId"]),
        (&json!("ADMITTED"), &json!(interview))
    );
    let refused = host.refusal(ENTER, &knock("host")).await.unwrap();
    assert_eq!(refused, "WRONG_STATE");
}

/// They meet, the host ends it, and it goes on like every interview for practice; the code opens nothing any more.
async fn in_the_room(server: &Server, cast: &Cast, interview: &str, code: &str) {
    let (host, ravi) = (&cast.candidate, &cast.ravi);
    let join = |key: &str| json!({ "interviewId": interview, "idempotencyKey": key });
    let ticket = ravi.carry_out(op::JOIN_ROOM, &join("ravi")).await.unwrap();
    assert!(ticket["ticket"]["url"].is_string(), "{ticket}");
    host.carry_out(op::JOIN_ROOM, &join("host")).await.unwrap();
    assert_eq!(room(host, interview).await["status"], "LIVE");
    assert_eq!(preview(ravi, code).await["status"], "ADMITTED");
    server
        .clock
        .advance_to(beginning() + Duration::minutes(10))
        .await
        .unwrap();

    let ended = host.carry_out(op::END_INTERVIEW, &join("end")).await.unwrap();

    assert_eq!(ended["interview"]["status"], "COMPLETED", "{ended}");
    assert_eq!(ended["interview"]["durationSeconds"], 600, "{ended}");
    assert_eq!(preview(ravi, code).await, Value::Null);
    let late = cast
        .lena
        .refusal(ENTER, &knock(code, Some(PASSWORD), "late"))
        .await;
    assert_eq!(late.unwrap(), "NOT_FOUND");
    assert_eq!(room(host, interview).await["room"]["joinCode"], Value::Null);
    let due = host.data(DUE, &json!({})).await.unwrap();
    assert_eq!(
        due["myScorecards"],
        json!([{ "interviewId": interview, "status": "ASSIGNED" }])
    );
    let card = json!({
        "interviewId": interview, "overall": 4, "recommendation": "YES", "ratings": [], "idempotencyKey": "card",
        "feedback": { "rating": 4, "comment": "You asked the right questions first." }
    });
    host.carry_out(op::SUBMIT_SCORECARD, &card).await.unwrap();
    server.clock.settle().await.unwrap();
    let read = ravi
        .data(op::INTERVIEW, &json!({ "id": interview }))
        .await
        .unwrap();
    assert_eq!(
        read["interview"]["feedback"][0]["comment"],
        "You asked the right questions first."
    );
    // What is left of the time is the host's again.
    let next = json!({ "title": "Trees", "idempotencyKey": "next" });
    host.carry_out(HOST, &next).await.unwrap();
}

#[tokio::test]
async fn a_session_that_nobody_came_to_is_abandoned_after_a_day_without_a_word() {
    let (server, cast, _stage) = prepared(Place::embedded()).await;
    let (interview, code) = hosted(&server, &cast.lena, None, "host").await;
    let before = sent(server.place.folder());
    let closing = beginning() + Duration::days(1);

    server
        .clock
        .advance_to(closing - Duration::seconds(1))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    assert_eq!(room(&cast.lena, &interview).await["status"], "CONFIRMED");
    assert_eq!(preview(&cast.ravi, &code).await["status"], "NOT_WAITING");
    server.clock.advance_to(closing).await.unwrap();
    server.clock.settle().await.unwrap();

    let over = room(&cast.lena, &interview).await;
    assert_eq!(
        (&over["status"], &over["phase"]),
        (&json!("ABANDONED"), &json!("CLOSED"))
    );
    assert_eq!(over["room"]["status"], "CLOSED", "{over}");
    assert_eq!(over["room"]["joinCode"], Value::Null, "{over}");
    assert_eq!(over["notifications"], json!([]), "{over}");
    assert_eq!(preview(&cast.ravi, &code).await, Value::Null);
    assert_eq!(sent(server.place.folder()), before);
    let attention = cast.recruiter.data(op::ATTENTION, &json!({})).await.unwrap();
    assert_eq!(attention["attention"]["totalCount"], 0, "{attention}");
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(system["system"]["effects"]["dead"], 0, "{system}");
}

#[tokio::test]
async fn a_host_who_is_alone_ends_the_session_whenever_they_like() {
    let (server, cast, _stage) = prepared(Place::embedded()).await;
    let (interview, code) = hosted(&server, &cast.recruiter, None, "host").await;
    let end = json!({ "interviewId": interview, "idempotencyKey": "end" });

    let stranger = cast.stranger.refusal(op::END_INTERVIEW, &end).await.unwrap();
    let ended = cast.recruiter.carry_out(op::END_INTERVIEW, &end).await.unwrap();

    assert_eq!(stranger, "NOT_FOUND");
    assert_eq!(ended["interview"]["status"], "ABANDONED", "{ended}");
    assert_eq!(preview(&cast.ravi, &code).await, Value::Null);
}

#[tokio::test]
async fn whoever_has_something_to_do_hosts_nothing_meanwhile() {
    let (_server, cast, stage) = prepared(Place::embedded()).await;
    let soon = json!({
        "title": "Chat", "start": (beginning() + Duration::minutes(30)).to_rfc3339(), "durationMinutes": 15,
        "candidateId": stage.candidate, "interviewerIds": [stage.interviewers[0]], "idempotencyKey": "soon"
    });
    cast.recruiter.carry_out(SCHEDULE, &soon).await.unwrap();
    let of = |minutes: i32, key: &str| json!({ "title": "Graphs", "durationMinutes": minutes, "idempotencyKey": key });

    let into_it = cast.lena.refusal(HOST, &of(31, "into it")).await.unwrap();
    cast.lena.carry_out(HOST, &of(30, "up to it")).await.unwrap();
    let twice = cast.lena.refusal(HOST, &of(5, "twice")).await.unwrap();
    // Outside of his hours, and within their notice.
    cast.ravi.carry_out(HOST, &of(480, "ravi")).await.unwrap();

    assert_eq!((into_it.as_str(), twice.as_str()), ("SLOT_TAKEN", "SLOT_TAKEN"));
    for minutes in [-1, 4, 481] {
        let refused = cast.stranger.refusal(HOST, &of(minutes, "odd")).await.unwrap();
        assert_eq!(refused, "INVALID", "{minutes}");
    }
    for password in ["1234567", &"x".repeat(129)] {
        let input = json!({ "title": "Graphs", "password": password });
        assert_eq!(cast.stranger.refusal(HOST, &input).await.unwrap(), "INVALID");
    }
    let untitled = cast
        .stranger
        .refusal(HOST, &json!({ "title": " " }))
        .await
        .unwrap();
    assert_eq!(untitled, "INVALID");
}

#[tokio::test]
async fn of_all_who_are_admitted_at_once_one_is_the_candidate_on_sqlite() {
    of_all_who_are_admitted_at_once_one_is_the_candidate(Place::embedded()).await;
}

#[tokio::test]
async fn of_all_who_are_admitted_at_once_one_is_the_candidate_on_postgres() {
    if let Some(place) = Place::postgres().await {
        of_all_who_are_admitted_at_once_one_is_the_candidate(place).await;
    }
}

async fn of_all_who_are_admitted_at_once_one_is_the_candidate(place: Place) {
    const GUESTS: usize = 6;
    const ROUNDS: usize = 3;
    let (server, cast, _stage) = prepared(place).await;
    let mut guests = Vec::new();
    for number in 0..GUESTS {
        let client = somebody(&server, Role::Candidate, &format!("guest{number}")).await;
        guests.push((account(&client).await, client));
    }
    let mut candidates = Vec::new();
    for round in 0..ROUNDS {
        let (interview, code) = hosted(&server, &cast.lena, None, &format!("host {round}")).await;
        let enter = |(_, client): &(String, Client)| {
            let (client, input) = (client.clone(), knock(&code, None, &format!("enter {round}")));
            async move { client.carry_out(ENTER, &input).await.unwrap() }
        };
        join_all(guests.iter().map(enter)).await;
        let admit = |number: usize| {
            let (guest, key) = (&guests[number % GUESTS].0, format!("admit {round} {number}"));
            let (host, input) = (cast.lena.clone(), of(&interview, guest, &key));
            async move { host.send(ADMIT, &json!({ "input": input })).await.unwrap() }
        };

        let answers = join_all((0..2 * GUESTS).map(admit)).await;

        let codes = answers
            .iter()
            .map(|answer| &answer["data"]["result"]["userErrors"][0]["code"]);
        let (won, lost): (Vec<_>, Vec<_>) = codes.partition(|code| code.is_null());
        // Each guest is admitted twice over: the winner's second admission finds it done.
        assert_eq!((won.len(), lost.len()), (2, 2 * (GUESTS - 1)), "{answers:?}");
        assert!(lost.iter().all(|code| **code == "SESSION_FULL"), "{lost:?}");
        let seen = room(&cast.lena, &interview).await;
        let winner = seen["candidate"]["id"].as_str().unwrap().to_owned();
        let waiting = seen["room"]["lobby"].as_array().unwrap();
        assert_eq!(waiting.len(), GUESTS - 1, "{seen}");
        assert!(
            waiting.iter().all(|entry| entry["person"]["id"] != json!(winner)),
            "{seen}"
        );
        candidates.push(winner);
        let end = json!({ "interviewId": interview, "idempotencyKey": format!("end {round}") });
        cast.lena.carry_out(op::END_INTERVIEW, &end).await.unwrap();
        let later = beginning() + Duration::minutes(i64::try_from(round).unwrap() + 1);
        server.clock.advance_to(later).await.unwrap();
    }
    assert_eq!(candidates.len(), ROUNDS);
}

#[tokio::test]
async fn whoever_guesses_too_often_waits_and_nobody_else() {
    let (server, cast, _stage) = prepared(Place::embedded()).await;
    let (_, code) = hosted(&server, &cast.lena, Some(PASSWORD), "host").await;
    let (guesser, other) = (&cast.stranger, &cast.candidate);
    // What is right is no guess.
    for _ in 0..12 {
        assert_eq!(preview(guesser, &code).await["status"], "NOT_WAITING");
    }
    for number in 0..4 {
        assert_eq!(preview(guesser, "nonsense").await, Value::Null);
        let guess = knock(&code, Some("wrong horse"), &format!("guess {number}"));
        assert_eq!(guesser.refusal(ENTER, &guess).await.unwrap(), "WRONG_PASSWORD");
    }
    for _ in 0..2 {
        let leave = json!({ "joinCode": "BBB-BBB-BBB" });
        assert_eq!(guesser.refusal(LEAVE, &leave).await.unwrap(), "NOT_FOUND");
    }

    let asked = guesser.send(PREVIEW, &json!({ "code": code })).await.unwrap();
    let knocked = json!({ "input": knock(&code, Some(PASSWORD), "right") });
    let knocked = guesser.send(ENTER, &knocked).await.unwrap();

    let error = &asked["errors"][0]["extensions"];
    assert_eq!(
        (&asked["data"]["session"], &error["code"]),
        (&Value::Null, &json!("RATE_LIMITED"))
    );
    let wait = error["retryAfterSeconds"].as_u64().unwrap();
    assert!((1..=600).contains(&wait), "{asked}");
    let refused = &knocked["data"]["result"];
    assert_eq!(refused["session"], Value::Null, "{knocked}");
    assert_eq!(refused["userErrors"][0]["code"], "RATE_LIMITED", "{knocked}");
    let wait = refused["userErrors"][0]["retryAfterSeconds"].as_u64().unwrap();
    assert!((1..=600).contains(&wait), "{knocked}");
    let right = knock(&code, Some(PASSWORD), "other");
    other.carry_out(ENTER, &right).await.unwrap();
}

#[tokio::test]
async fn guests_are_asked_by_mail_once_and_no_mail_has_the_password() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (interview, code) = hosted(&server, &cast.lena, Some(PASSWORD), "host").await;
    let [asha, noor] = [stage.candidate.clone(), account(&cast.stranger).await];
    let ask = |accounts: Value, key: &str| json!({ "interviewId": interview, "accountIds": accounts, "idempotencyKey": key });
    let before = sent(server.place.folder()).len();

    cast.lena
        .carry_out(INVITE, &ask(json!([asha]), "host"))
        .await
        .unwrap();
    let both = ask(json!([asha, noor]), "staff");
    cast.recruiter.carry_out(INVITE, &both).await.unwrap();
    server.clock.settle().await.unwrap();

    let mails: Vec<_> = sent(server.place.folder())
        .into_iter()
        .filter(|mail| mail.subject.contains("asks you to a session"))
        .collect();
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, [CANDIDATE.email, STRANGER.email]);
    assert_eq!(sent(server.place.folder()).len(), before + 2);
    for mail in &mails {
        assert!(mail.subject.contains(LENA.name), "{mail:?}");
        assert!(mail.text.contains(&format!("sessions#{code}")), "{mail:?}");
        assert!(
            !mail.text.contains(PASSWORD) && mail.calendar.is_none(),
            "{mail:?}"
        );
    }
    assert_eq!(preview(&cast.candidate, &code).await["status"], "NOT_WAITING");
    assert_eq!(room(&cast.candidate, &interview).await, Value::Null);
    what_cannot_be_asked(&cast, &stage, &interview).await;
}

async fn what_cannot_be_asked(cast: &Cast, stage: &Stage, interview: &str) {
    let ask = |accounts: Value| json!({ "interviewId": interview, "accountIds": accounts });
    let nobody = "acc_00000000000000000000000009";
    let refused = cast
        .stranger
        .refusal(INVITE, &ask(json!([stage.candidate])))
        .await;
    assert_eq!(refused.unwrap(), "NOT_FOUND");
    for (accounts, code) in [
        (json!([nobody]), "NOT_FOUND"),
        (json!(["nobody"]), "NOT_FOUND"),
        (json!([]), "INVALID"),
        (json!([stage.interviewers[0]]), "INVALID"),
        (json!(vec![nobody; 21]), "INVALID"),
    ] {
        let refused = cast.lena.refusal(INVITE, &ask(accounts.clone())).await.unwrap();
        assert_eq!(refused, code, "{accounts}");
    }
}

#[tokio::test]
async fn a_session_is_nobodys_who_does_not_take_part() {
    let (server, cast, _stage) = prepared(Place::embedded()).await;
    let (interview, code) = hosted(&server, &cast.lena, None, "host").await;
    let (noor, ravi) = (&cast.stranger, &cast.ravi);
    let [noors, ravis] = [account(noor).await, account(ravi).await];
    for (guest, key) in [(noor, "noor"), (ravi, "ravi")] {
        guest.carry_out(ENTER, &knock(&code, None, key)).await.unwrap();
    }

    // Who runs interviews sees everything, and lets nobody in whom the host does not know.
    let seen = room(&cast.recruiter, &interview).await;
    assert_eq!(seen["room"]["joinCode"], json!(code));
    assert_eq!(lobby(&seen), [STRANGER.name, RAVI.name]);
    for (client, account) in [(&cast.recruiter, &noors), (noor, &noors), (ravi, &noors)] {
        for mutation in [ADMIT, DENY] {
            let refused = client
                .refusal(mutation, &of(&interview, account, "not mine"))
                .await;
            assert_eq!(refused.unwrap(), "NOT_FOUND");
        }
    }
    let not_waiting = account(&cast.candidate).await;
    for mutation in [ADMIT, DENY] {
        let refused = cast
            .lena
            .refusal(mutation, &of(&interview, &not_waiting, "nobody"))
            .await;
        assert_eq!(refused.unwrap(), "NOT_FOUND");
    }
    cast.lena
        .carry_out(ADMIT, &of(&interview, &ravis, "admit"))
        .await
        .unwrap();

    // The candidate sees neither the code nor who else waits, now or in the story.
    let own = room(ravi, &interview).await;
    assert_eq!(own["room"]["joinCode"], Value::Null, "{own}");
    assert_eq!(own["room"]["lobby"], Value::Null, "{own}");
    assert_eq!(own["candidate"]["id"], json!(ravis), "{own}");
    let told = |story: &[Value]| {
        let types = story
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned());
        types.filter(|name| name.contains("lobby")).collect::<Vec<_>>()
    };
    let story = timeline(ravi, &interview).await.unwrap();
    assert_eq!(told(&story), ["room.lobby_entered"]);
    let story = timeline(&cast.lena, &interview).await.unwrap();
    assert_eq!(told(&story), ["room.lobby_entered", "room.lobby_entered"]);

    // Whoever only waits knows nothing of it but by the code.
    assert_eq!(room(noor, &interview).await, Value::Null);
    let node = noor.data(op::NODE, &json!({ "id": interview })).await.unwrap();
    assert_eq!(node["node"], Value::Null);
    let dashboard = noor.data(op::DASHBOARD, &json!({})).await.unwrap();
    assert_eq!(dashboard["dashboard"]["upcoming"]["totalCount"], 0);
    let anonymous = Client::new(&server.base, None).unwrap();
    let refused = anonymous.send(PREVIEW, &json!({ "code": code })).await.unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(from_elsewhere(&server, &code).await, Value::Null);
}

/// What the code says to somebody of another organisation. From the second organisation on a token says for which it
/// is.
async fn from_elsewhere(server: &Server, code: &str) -> Value {
    let boss = "ines@elsewhere.example";
    let maker = server.place.token(Role::Admin, boss, 24).await.unwrap();
    let maker = Client::new(&server.base, Some(maker)).unwrap();
    let organisation = json!({ "name": "Elsewhere", "timeZone": ADMIN.zone });
    let made = maker
        .carry_out(op::CREATE_ORGANISATION, &organisation)
        .await
        .unwrap();
    let organisation = made["organisation"]["id"].as_str().unwrap();
    let arguments = [
        "--role",
        "admin",
        "--email",
        boss,
        "--organisation",
        organisation,
        "--lifetime-hours",
        "24",
    ];
    let token = server.place.tool("token", &arguments).await.unwrap();
    let member = Client::new(&server.base, Some(token.trim().to_owned())).unwrap();
    preview(&member, code).await
}

#[tokio::test]
async fn hosts_hear_at_once_who_waits() {
    let (server, cast, _stage) = prepared(Place::embedded()).await;
    let (interview, code) = hosted(&server, &cast.lena, None, "host").await;
    let token = server
        .place
        .token(Role::Interviewer, LENA.email, 24)
        .await
        .unwrap();
    let mut host = Socket::open(&server.base, &token).await;
    host.subscribe(UPDATED, &json!({ "id": interview })).await;

    cast.stranger
        .carry_out(ENTER, &knock(&code, None, "noor"))
        .await
        .unwrap();

    let sent = host.next().await;
    let noor = account(&cast.stranger).await;
    assert_eq!(
        sent["interviewUpdated"]["room"]["lobby"],
        json!([{ "person": { "id": noor } }])
    );
}

#[tokio::test]
async fn what_the_candidate_is_called_goes_with_their_data() {
    let (server, cast, _stage) = prepared(Place::embedded()).await;
    let (interview, code) = hosted(&server, &cast.lena, None, "host").await;
    cast.stranger
        .carry_out(ENTER, &knock(&code, None, "noor"))
        .await
        .unwrap();
    let noor = account(&cast.stranger).await;
    cast.lena
        .carry_out(ADMIT, &of(&interview, &noor, "admit"))
        .await
        .unwrap();
    let erase = json!({ "accountId": noor, "idempotencyKey": "erase" });
    assert_eq!(
        room(&cast.lena, &interview).await["candidate"]["displayName"],
        STRANGER.name
    );

    cast.admin.carry_out(op::ERASE_SUBJECT, &erase).await.unwrap();
    server.clock.settle().await.unwrap();

    let seen = room(&cast.lena, &interview).await;
    assert_eq!(seen["candidate"]["displayName"], Value::Null, "{seen}");
    assert_eq!(seen["candidate"]["id"], json!(noor), "{seen}");
}

#[tokio::test]
async fn neither_code_nor_password_is_written_anywhere_but_into_mails() {
    let (server, cast, stage) = prepared(Place::embedded().talkative()).await;
    let (interview, code) = hosted(&server, &cast.lena, Some(PASSWORD), "host").await;
    let noor = account(&cast.stranger).await;
    let ask = json!({ "interviewId": interview, "accountIds": [stage.candidate] });
    cast.lena.carry_out(INVITE, &ask).await.unwrap();
    preview(&cast.stranger, &code).await;
    cast.stranger
        .carry_out(ENTER, &knock(&code, Some(PASSWORD), "noor"))
        .await
        .unwrap();
    cast.lena
        .carry_out(ADMIT, &of(&interview, &noor, "admit"))
        .await
        .unwrap();
    room(&cast.lena, &interview).await;
    server.clock.settle().await.unwrap();

    let (place, _) = server.stop().await;

    let secrets = [code.clone(), code.replace('-', ""), PASSWORD.to_owned()];
    let mut looked_at = 0;
    for file in std::fs::read_dir(place.folder()).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for secret in &secrets {
            let is_there = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!is_there, "{secret} is in {}", path.display());
        }
        looked_at += 1;
    }
    assert!(looked_at > 5, "only {looked_at} files");
}

#[tokio::test]
async fn the_link_of_a_mail_opens_the_explorer_with_what_a_guest_asks() {
    let Some(path) = browser::installed() else {
        return;
    };
    let (server, cast, _stage) = prepared(Place::embedded()).await;
    let (_, code) = hosted(&server, &cast.lena, None, "host").await;
    let token = json!(server.token(&STRANGER).unwrap());
    let mut browser = Browser::start(&path).await;

    let link = server.base.join(&format!("sessions#{code}")).unwrap();
    browser.open(&link).await;
    browser
        .until("document.querySelector('#connection')?.classList.contains('good') === true")
        .await;
    browser
        .value(&format!("document.querySelector('#token').value = {token}"))
        .await;
    browser.click("#run").await;

    browser
        .until("document.querySelector('#result').textContent.includes('\"status\": \"NOT_WAITING\"')")
        .await;
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}
