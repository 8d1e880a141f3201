//! A seat that nobody can take: Greenroom proposes times to the candidate at which somebody can, and whoever takes one has a
//! panel again.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use greenroom::demo::{
    client::Client,
    journey::{CANDIDATE, Cast, Clockwork, LENA, RAVI, Stage, booking, moment, timeline},
    operations as op,
};
use serde_json::{Value, json};

use super::{
    invitations::{
        ASSIGN, AWAY, BACK, FREE, RESPOND, answer as invited, day_off, hired, panel, prepared, talk, vacant,
    },
    proposals::{ACCEPT, DECLINE, answer, mails_to, no_dead_letters},
    scheduling::SCHEDULE,
};
use crate::support::{
    ending::count,
    mails::Mail,
    server::{Place, Server},
};

const SEEN: &str = "query($id: ID!) { interview(id: $id) { status revision refundLimit slot { start } proposals { id status revision side by { id } options { start } message } } }";

async fn seen(client: &Client, id: &str) -> Value {
    let mut data = client.data(SEEN, &json!({ "id": id })).await.unwrap();
    data["interview"].take()
}

fn options(proposal: &Value) -> Vec<DateTime<Utc>> {
    let options = proposal["options"].as_array().unwrap().iter();
    options
        .map(|option| moment(option["start"].as_str().unwrap()).unwrap())
        .collect()
}

/// A talk whose only interviewer declines while the other one of the pool is away that day.
struct Vacancy<'c> {
    id: String,
    former: (&'c Client, String, &'static str),
    other: (&'c Client, String, &'static str),
    absence: Value,
}

impl<'c> Vacancy<'c> {
    async fn of(server: &Server, cast: &'c Cast, stage: &Stage) -> Self {
        let (id, [former, other]) = talk(cast, stage).await;
        let away = day_off(&Value::Null, false);
        let away = other.0.carry_out(AWAY, &away).await.unwrap();
        server.clock.settle().await.unwrap();
        former
            .0
            .carry_out(RESPOND, &invited(&id, "DECLINED"))
            .await
            .unwrap();
        server.clock.settle().await.unwrap();
        Self {
            id,
            former,
            other,
            absence: away["absenceId"].clone(),
        }
    }
}

#[tokio::test]
async fn the_candidate_takes_a_time_at_which_somebody_else_can_on_sqlite() {
    the_candidate_takes_a_time_at_which_somebody_else_can(Place::embedded()).await;
}

#[tokio::test]
async fn the_candidate_takes_a_time_at_which_somebody_else_can_on_postgres() {
    if let Some(place) = Place::postgres().await {
        the_candidate_takes_a_time_at_which_somebody_else_can(place).await;
    }
}

async fn the_candidate_takes_a_time_at_which_somebody_else_can(place: Place) {
    let (server, cast, stage) = prepared(place).await;
    let vacancy = Vacancy::of(&server, &cast, &stage).await;
    let id = vacancy.id.as_str();
    let before = seen(&cast.candidate, id).await;
    let proposal = &before["proposals"][0];
    let times = options(proposal);
    is_well_chosen(proposal, &times);
    the_candidate_reads_why(&server, times[0]);
    let shown = vacant(&cast.recruiter).await;
    assert_eq!(shown[0]["node"]["kind"], "SEAT_VACANT", "{shown}");

    // Somebody books the one who could take the seat at the first of the times.
    let chat = |start: DateTime<Utc>, key: &str| {
        json!({
            "title": "Chat", "start": start.to_rfc3339(), "durationMinutes": 5, "candidateId": stage.candidate,
            "interviewerIds": [vacancy.other.1], "idempotencyKey": key
        })
    };
    cast.recruiter
        .carry_out(SCHEDULE, &chat(times[0], "quicker"))
        .await
        .unwrap();
    let take = |start: DateTime<Utc>, key: &str| {
        let proposal = proposal["id"].as_str().unwrap();
        answer(id, proposal, 1, &start.to_rfc3339(), key)
    };
    let gone = take(times[0], "gone");
    let gone = cast.candidate.refusal(ACCEPT, &gone).await.unwrap();
    let ours = take(times[1], "ours");
    let ours = cast.recruiter.refusal(ACCEPT, &ours).await.unwrap();
    let nobodys = take(times[1] + Duration::minutes(1), "nobody's");
    let nobodys = cast.candidate.refusal(ACCEPT, &nobodys).await.unwrap();
    assert_eq!(
        (gone.as_str(), ours.as_str(), nobodys.as_str()),
        ("SLOT_TAKEN", "FORBIDDEN", "INVALID")
    );
    assert_eq!(panel(&cast.recruiter, id).await["panel"], json!([]));

    let taken = take(times[1], "taken");
    let moved = cast.candidate.carry_out(ACCEPT, &taken).await.unwrap();
    let again = cast.candidate.carry_out(ACCEPT, &taken).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(moved["interview"]["revision"], 2, "{moved}");
    assert_eq!(again["interview"]["revision"], 2, "{again}");
    let after = seen(&cast.candidate, id).await;
    assert_eq!(
        moment(after["slot"]["start"].as_str().unwrap()).unwrap(),
        times[1]
    );
    assert_eq!(after["proposals"][0]["status"], "ACCEPTED", "{after}");
    assert_eq!(
        (&after["refundLimit"], &after["status"]),
        (&json!(100), &json!("CONFIRMED"))
    );
    let now = panel(&cast.recruiter, id).await;
    assert_eq!(
        now["panel"],
        json!([{ "person": { "id": vacancy.other.1 }, "role": "LEAD", "answer": null, "reason": "FEWEST_RECENT" }])
    );
    assert_eq!(now["vacancies"], json!([]));
    assert_eq!(vacant(&cast.recruiter).await, json!([]));
    let twice = cast.recruiter.refusal(SCHEDULE, &chat(times[1], "twice")).await;
    assert_eq!(twice.unwrap(), "SLOT_TAKEN");
    calendars_know(&server, vacancy.other.2, times[1]);
    only_the_new_panel_comes_in(&server, &cast, &stage, &vacancy, times[1]).await;
}

/// Five at most, at most two on a date of the candidate, hours apart, and none while the other one is away.
fn is_well_chosen(proposal: &Value, times: &[DateTime<Utc>]) {
    assert_eq!(proposal["status"], "OPEN", "{proposal}");
    assert_eq!(
        (&proposal["by"], &proposal["side"]),
        (&Value::Null, &json!("HOSTS"))
    );
    assert_eq!(proposal["message"], Value::Null, "{proposal}");
    assert_eq!(times.len(), 5, "{proposal}");
    let mut dates = BTreeMap::new();
    for time in times {
        *dates.entry(in_new_york(*time).date()).or_insert(0) += 1;
    }
    assert!(dates.values().all(|times| *times <= 2), "{proposal}");
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::hours(3), "{proposal}");
    }
    let is_away = |time: &&DateTime<Utc>| time.date_naive() == moment(FREE).unwrap().date_naive();
    assert_eq!(times.iter().find(is_away), None, "{proposal}");
}

/// What the candidate's clock shows in these weeks of March.
fn in_new_york(time: DateTime<Utc>) -> NaiveDateTime {
    (time - Duration::hours(4)).naive_utc()
}

fn proposed_to(server: &Server, address: &str) -> Vec<Mail> {
    let mails = mails_to(server, address).into_iter();
    mails
        .filter(|mail| mail.subject.starts_with("Other times are proposed"))
        .collect()
}

fn the_candidate_reads_why(server: &Server, first: DateTime<Utc>) {
    let told = proposed_to(server, CANDIDATE.email);
    assert_eq!(told.len(), 1, "{told:#?}");
    let text = &told[0].text;
    assert!(text.contains("an interviewer cannot come"), "{text}");
    assert!(!text.contains(LENA.name) && !text.contains(RAVI.name), "{text}");
    let first = in_new_york(first).format("%-d %B %Y, %H:%M").to_string();
    assert!(text.contains(&first), "{first}: {text}");
    for host in [LENA.email, RAVI.email] {
        assert_eq!(proposed_to(server, host), []);
    }
}

/// Everybody's calendar has the new time, as a later version of the same appointment.
fn calendars_know(server: &Server, joined: &str, start: DateTime<Utc>) {
    let calendar = |address: &str, beginning: &str| {
        let mails = mails_to(server, address);
        let calendars = mails
            .iter()
            .filter(|mail| mail.subject.starts_with(beginning))
            .filter_map(|mail| mail.calendar.clone());
        let mut talks = calendars.filter(|calendar| calendar.contains("SUMMARY:First talk"));
        talks.next().unwrap_or_else(|| panic!("{mails:#?}"))
    };
    let start = start.format("DTSTART:%Y%m%dT%H%M%SZ").to_string();
    let candidate = calendar(CANDIDATE.email, "Your interview has a new time");
    let interviewer = calendar(joined, "You interview");
    for calendar in [&candidate, &interviewer] {
        for line in ["METHOD:REQUEST", "SEQUENCE:3", start.as_str()] {
            assert!(calendar.lines().any(|found| found == line), "{line}: {calendar}");
        }
    }
    let uid = |calendar: &str| {
        calendar
            .lines()
            .find(|line| line.starts_with("UID:"))
            .map(str::to_owned)
    };
    assert_eq!(uid(&candidate), uid(&interviewer));
}

async fn only_the_new_panel_comes_in(
    server: &Server,
    cast: &Cast,
    stage: &Stage,
    vacancy: &Vacancy<'_>,
    start: DateTime<Utc>,
) {
    let elsewhere = json!({
        "title": "Chat", "start": FREE, "durationMinutes": 5, "candidateId": stage.candidate,
        "interviewerIds": [vacancy.former.1], "idempotencyKey": "elsewhere"
    });
    cast.recruiter.carry_out(SCHEDULE, &elsewhere).await.unwrap();
    server.clock.advance_to(start).await.unwrap();
    server.clock.settle().await.unwrap();
    let enter = json!({ "interviewId": vacancy.id, "idempotencyKey": "come" });
    let refused = vacancy.former.0.refusal(op::JOIN_ROOM, &enter).await.unwrap();
    assert_eq!(refused, "NOT_FOUND");
    vacancy.other.0.carry_out(op::JOIN_ROOM, &enter).await.unwrap();
    let told = timeline(&cast.recruiter, &vacancy.id).await.unwrap();
    for kind in [
        "interview.reschedule_proposed",
        "interview.reschedule_accepted",
        "interview.rescheduled",
        "interview.interviewer_replaced",
    ] {
        assert_eq!(count(&told, kind), 1, "{kind}");
    }
    no_dead_letters(server, cast).await;
}

#[tokio::test]
async fn whoever_declines_is_not_asked_a_second_time() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let vacancy = Vacancy::of(&server, &cast, &stage).await;
    let id = vacancy.id.as_str();
    let open = seen(&cast.candidate, id).await["proposals"][0]["id"].clone();
    let no = json!({
        "interviewId": id, "proposalId": open, "expectedRevision": 1, "reason": "I am away", "idempotencyKey": "no"
    });

    cast.candidate.carry_out(DECLINE, &no).await.unwrap();
    let hours_later = moment(FREE).unwrap() - Duration::hours(2);
    server.clock.advance_to(hours_later).await.unwrap();
    server.clock.settle().await.unwrap();

    let after = seen(&cast.candidate, id).await;
    let proposals = after["proposals"].as_array().unwrap();
    assert_eq!(proposals.len(), 1, "{after}");
    assert_eq!(proposals[0]["status"], "DECLINED", "{after}");
    assert_eq!(
        (&after["revision"], &after["status"]),
        (&json!(1), &json!("CONFIRMED"))
    );
    assert_eq!(proposed_to(&server, CANDIDATE.email).len(), 1);
    assert_eq!(vacant(&cast.recruiter).await[0]["node"]["kind"], "SEAT_VACANT");
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn what_was_proposed_has_lost_its_point_once_somebody_takes_the_seat() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let vacancy = Vacancy::of(&server, &cast, &stage).await;
    let id = vacancy.id.as_str();
    let before = seen(&cast.candidate, id).await;
    let proposal = &before["proposals"][0];

    let back = json!({ "absenceId": vacancy.absence });
    vacancy.other.0.carry_out(BACK, &back).await.unwrap();
    let hours_later = moment(FREE).unwrap() - Duration::hours(4);
    server.clock.advance_to(hours_later).await.unwrap();
    server.clock.settle().await.unwrap();
    let after = seen(&cast.candidate, id).await;
    let start = options(proposal)[0].to_rfc3339();
    let late = answer(id, proposal["id"].as_str().unwrap(), 1, &start, "late");
    let late = cast.candidate.refusal(ACCEPT, &late).await.unwrap();

    let seated = panel(&cast.recruiter, id).await;
    assert_eq!(
        seated["panel"][0]["person"]["id"],
        json!(vacancy.other.1),
        "{seated}"
    );
    assert_eq!(after["proposals"][0]["status"], "SUPERSEDED", "{after}");
    assert_eq!(after["revision"], 1, "{after}");
    assert_eq!(late, "WRONG_STATE");
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn a_seat_that_somebody_is_named_for_supersedes_too_and_what_people_propose_is_not_pushed_aside() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (id, [former, other]) = talk(&cast, &stage).await;
    let (_, ines) = hired(&server, "ines@northwind.example").await;
    let away = day_off(&Value::Null, false);
    other.0.carry_out(AWAY, &away).await.unwrap();
    let propose = "mutation($input: ProposeTimesInput!) { result: proposeTimes(input: $input) { interview { id } userErrors { code message field } } }";
    let own = json!({
        "interviewId": id, "expectedRevision": 1, "starts": ["2026-03-12T13:00:00Z"], "idempotencyKey": "own"
    });
    cast.candidate.carry_out(propose, &own).await.unwrap();
    former
        .0
        .carry_out(RESPOND, &invited(&id, "DECLINED"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let meanwhile = seen(&cast.candidate, &id).await;

    let no = json!({
        "interviewId": id, "proposalId": meanwhile["proposals"][0]["id"], "expectedRevision": 1,
        "idempotencyKey": "no"
    });
    cast.recruiter.carry_out(DECLINE, &no).await.unwrap();
    let hours_later = moment(FREE).unwrap() - Duration::hours(4);
    server.clock.advance_to(hours_later).await.unwrap();
    server.clock.settle().await.unwrap();
    let proposed = seen(&cast.candidate, &id).await;
    let named = json!({ "interviewId": id, "interviewerId": ines, "idempotencyKey": "named" });
    cast.recruiter.carry_out(ASSIGN, &named).await.unwrap();
    let after = seen(&cast.candidate, &id).await;

    let open = |seen: &Value| {
        let proposals = seen["proposals"].as_array().unwrap().iter();
        let of = |proposal: &Value| (proposal["by"].is_null(), proposal["status"].clone());
        proposals.map(of).collect::<Vec<_>>()
    };
    assert_eq!(open(&meanwhile), [(false, json!("OPEN"))]);
    assert_eq!(
        open(&proposed),
        [(false, json!("DECLINED")), (true, json!("OPEN"))]
    );
    assert_eq!(
        open(&after),
        [(false, json!("DECLINED")), (true, json!("SUPERSEDED"))]
    );
    no_dead_letters(&server, &cast).await;
}

/// A talk that somebody may listen to, who declines; another who might is away that day and comes on other days.
#[tokio::test]
async fn nothing_is_proposed_for_a_seat_that_the_panel_can_do_without() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let (ines, account) = hired(&server, "ines@northwind.example").await;
    let [lena, ravi] = &stage.interviewers;
    let product = json!({
        "title": "With a listener", "kind": "GENERAL", "mode": "HUMAN", "purpose": "RECRUITING",
        "difficulty": "EASY", "durationMinutes": 20, "interviewerIds": [lena, ravi, account],
        "panelStrategy": "ROUND_ROBIN", "idempotencyKey": "listener",
        "roles": [{ "role": "LEAD", "interviewerIds": [lena] },
                  { "role": "SHADOW", "min": 0, "max": 1, "interviewerIds": [ravi, account] }]
    });
    let product = cast.recruiter.carry_out(op::DEFINE_TYPE, &product).await.unwrap();
    let stage = Stage {
        interview_type: product["interviewType"]["id"].as_str().unwrap().to_owned(),
        ..stage.clone()
    };
    ines.carry_out(AWAY, &day_off(&Value::Null, false)).await.unwrap();
    let booked = booking(&stage, FREE, "listener");
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booked)
        .await
        .unwrap();
    let id = booked["interview"]["id"].as_str().unwrap();
    server.clock.settle().await.unwrap();

    cast.ravi
        .carry_out(RESPOND, &invited(id, "DECLINED"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    let after = panel(&cast.recruiter, id).await;
    assert_eq!(after["vacancies"][0]["role"], "SHADOW", "{after}");
    assert_eq!(seen(&cast.candidate, id).await["proposals"], json!([]));
    assert_eq!(proposed_to(&server, CANDIDATE.email), []);
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn nothing_is_proposed_for_what_follows_no_product() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let direct = json!({
        "title": "Chat", "start": FREE, "durationMinutes": 20, "candidateId": stage.candidate,
        "interviewerIds": [stage.interviewers[0]], "idempotencyKey": "direct"
    });
    let made = cast.recruiter.carry_out(SCHEDULE, &direct).await.unwrap();
    let id = made["interview"]["id"].as_str().unwrap();
    server.clock.settle().await.unwrap();

    cast.lena
        .carry_out(RESPOND, &invited(id, "DECLINED"))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(vacant(&cast.recruiter).await[0]["node"]["kind"], "SEAT_VACANT");
    assert_eq!(seen(&cast.candidate, id).await["proposals"], json!([]));
    no_dead_letters(&server, &cast).await;
}

/// There is nobody else, so whoever declined is asked for other times; and nobody has to be named before people move it.
#[tokio::test]
async fn the_only_interviewer_of_a_product_who_declines_meets_the_candidate_at_another_time() {
    let (server, cast, stage) = prepared(Place::embedded()).await;
    let lena = &stage.interviewers[0];
    let alone = json!({
        "title": "First talk", "kind": "GENERAL", "mode": "HUMAN", "purpose": "RECRUITING", "difficulty": "EASY",
        "durationMinutes": 20, "interviewerIds": [lena], "idempotencyKey": "alone"
    });
    let alone = cast.recruiter.carry_out(op::DEFINE_TYPE, &alone).await.unwrap();
    let stage = Stage {
        interview_type: alone["interviewType"]["id"].as_str().unwrap().to_owned(),
        ..stage.clone()
    };
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &booking(&stage, FREE, "alone"))
        .await
        .unwrap();
    let id = booked["interview"]["id"].as_str().unwrap();
    let no = invited(id, "DECLINED");
    cast.lena.carry_out(RESPOND, &no).await.unwrap();
    server.clock.settle().await.unwrap();

    let before = seen(&cast.candidate, id).await;
    let times = options(&before["proposals"][0]);
    assert_eq!(before["proposals"][0]["by"], Value::Null, "{before}");
    let propose = "mutation($input: ProposeTimesInput!) { result: proposeTimes(input: $input) { interview { id } userErrors { code message field } } }";
    let proposed = |start: &str| json!({ "interviewId": id, "expectedRevision": 1, "starts": [start], "idempotencyKey": start });
    let night = proposed("2026-03-12T03:00:00Z");
    let night = cast.recruiter.refusal(propose, &night).await.unwrap();
    let by_hand = proposed(&times[2].to_rfc3339());
    cast.recruiter.carry_out(propose, &by_hand).await.unwrap();
    let to = |start: &str| json!({ "interviewId": id, "expectedRevision": 1, "start": start, "idempotencyKey": format!("to {start}") });
    let nowhere = to("2026-03-12T03:00:00Z");
    let nowhere = cast.candidate.refusal(op::RESCHEDULE, &nowhere).await.unwrap();
    let moved = to(&times[1].to_rfc3339());
    cast.candidate.carry_out(op::RESCHEDULE, &moved).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(
        (night.as_str(), nowhere.as_str()),
        ("SLOT_NOT_OFFERED", "SLOT_NOT_OFFERED")
    );
    let after = panel(&cast.recruiter, id).await;
    assert_eq!(after["panel"][0]["person"]["id"], json!(lena), "{after}");
    assert_eq!(after["vacancies"], json!([]));
    let after = seen(&cast.candidate, id).await;
    let statuses: Vec<_> = after["proposals"].as_array().unwrap().iter().collect();
    let statuses: Vec<_> = statuses.iter().map(|proposal| &proposal["status"]).collect();
    assert_eq!(statuses, [&json!("SUPERSEDED"), &json!("SUPERSEDED")], "{after}");
    assert_eq!(after["revision"], 2, "{after}");
    no_dead_letters(&server, &cast).await;
}
