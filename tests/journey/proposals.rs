//! Other times that one side proposes and the other takes, or not: by the rules of a move.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use futures::future::join_all;
use greenroom::demo::{
    client::Client,
    journey::{CANDIDATE, Cast, Clockwork, Journey, LENA, RAVI, Stage, booking, moment, prepare, timeline},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::cancellation::CANCEL;
use crate::support::{
    ending::count,
    mails::{Mail, sent},
    server::{Place, Server},
};

const PROPOSE: &str = "mutation($input: ProposeTimesInput!) { result: proposeTimes(input: $input) { interview { proposals { id status revision side options { start localStart } message by { id } answeredBy { id } reason } } position userErrors { code message field } } }";
pub(super) const ACCEPT: &str = "mutation($input: AcceptProposalInput!) { result: acceptProposal(input: $input) { interview { id revision slot { start } proposals { status } } position userErrors { code message field } } }";
pub(super) const DECLINE: &str = "mutation($input: DeclineProposalInput!) { result: declineProposal(input: $input) { interview { revision slot { start } proposals { status reason } } position userErrors { code message field } } }";
const SEEN: &str = "query($id: ID!) { interview(id: $id) { status revision slot { start } refundLimit payment { status } formerSlots { revision } proposals { id status revision side options { start } message answeredBy { id } reason } } }";

/// Within the hours of both interviewers, a day and two days after the booking.
const WEDNESDAY: &str = "2026-03-11T13:00:00Z";
const THURSDAY: &str = "2026-03-12T13:00:00Z";

/// A paid interview with both interviewers.
async fn confirmed(place: Place) -> (Server, Cast, Stage, String, DateTime<Utc>) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let (id, _, start) = Journey::book_and_pay(&cast, &stage, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage, id, moment(&start).unwrap())
}

fn proposal(id: &str, revision: u32, starts: &[&str], key: &str) -> Value {
    json!({
        "interviewId": id, "expectedRevision": revision, "starts": starts, "message": "Something came up",
        "idempotencyKey": key
    })
}

/// Proposes, and gives the proposal's id.
async fn proposed(client: &Client, input: &Value) -> String {
    let payload = client.carry_out(PROPOSE, input).await.unwrap();
    let proposals = payload["interview"]["proposals"].as_array().unwrap();
    let open = proposals.iter().find(|proposal| proposal["status"] == "OPEN");
    open.unwrap()["id"].as_str().unwrap().to_owned()
}

pub(super) fn answer(id: &str, proposal: &str, revision: u32, start: &str, key: &str) -> Value {
    json!({
        "interviewId": id, "proposalId": proposal, "start": start, "expectedRevision": revision, "idempotencyKey": key
    })
}

async fn seen(client: &Client, id: &str) -> Value {
    let mut data = client.data(SEEN, &json!({ "id": id })).await.unwrap();
    data["interview"].take()
}

pub(super) fn mails_to(server: &Server, address: &str) -> Vec<Mail> {
    let mails = sent(server.place.folder()).into_iter();
    mails.filter(|mail| mail.to == address).collect()
}

pub(super) async fn no_dead_letters(server: &Server, cast: &Cast) {
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    let dead = &system["system"]["effects"]["dead"];
    assert_eq!(*dead, 0, "{system}\n{}", server.log());
}

#[tokio::test]
async fn the_candidate_takes_a_time_that_an_interviewer_proposed_on_sqlite() {
    the_candidate_takes_a_time_that_an_interviewer_proposed(Place::embedded()).await;
}

#[tokio::test]
async fn the_candidate_takes_a_time_that_an_interviewer_proposed_on_postgres() {
    if let Some(place) = Place::postgres().await {
        the_candidate_takes_a_time_that_an_interviewer_proposed(place).await;
    }
}

async fn the_candidate_takes_a_time_that_an_interviewer_proposed(place: Place) {
    let (server, cast, stage, id, start) = confirmed(place).await;
    let times = [WEDNESDAY, THURSDAY];
    let open = proposed(&cast.lena, &proposal(&id, 1, &times, "other times")).await;
    server.clock.settle().await.unwrap();
    let before = seen(&cast.candidate, &id).await;
    let own = cast
        .ravi
        .refusal(ACCEPT, &answer(&id, &open, 1, THURSDAY, "ours"))
        .await
        .unwrap();
    let stranger = answer(&id, &open, 1, THURSDAY, "theirs");
    let stranger = cast.stranger.refusal(ACCEPT, &stranger).await.unwrap();
    let another = answer(&id, &open, 1, "2026-03-13T13:00:00Z", "another");
    let another = cast.candidate.refusal(ACCEPT, &another).await.unwrap();

    let taken = answer(&id, &open, 1, THURSDAY, "taken");
    let taken = cast.candidate.carry_out(ACCEPT, &taken).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(
        (before["revision"].as_i64(), &before["slot"]["start"]),
        (Some(1), &json!(rfc(start)))
    );
    assert_eq!(before["proposals"][0]["message"], "Something came up", "{before}");
    assert_eq!(before["proposals"][0]["side"], "HOSTS", "{before}");
    assert_eq!(
        (own.as_str(), stranger.as_str(), another.as_str()),
        ("FORBIDDEN", "NOT_FOUND", "INVALID")
    );
    assert_eq!(taken["interview"]["revision"], 2, "{taken}");
    assert_eq!(
        moment(taken["interview"]["slot"]["start"].as_str().unwrap()).unwrap(),
        moment(THURSDAY).unwrap()
    );
    let after = seen(&cast.candidate, &id).await;
    assert_eq!(after["proposals"][0]["status"], "ACCEPTED", "{after}");
    assert_eq!(
        after["proposals"][0]["answeredBy"]["id"],
        json!(stage.candidate),
        "{after}"
    );
    assert_eq!(after["payment"]["status"], "CAPTURED", "{after}");
    assert_eq!(after["refundLimit"], 100, "{after}");
    the_former_time_is_free_and_the_new_one_is_taken(&server, &cast, &stage, start).await;
    everybody_knows(&server);
    let story = timeline(&cast.recruiter, &id).await.unwrap();
    assert_eq!(count(&story, "payment.opened"), 1);
    assert_eq!(count(&story, "interview.rescheduled"), 1);
    no_dead_letters(&server, &cast).await;
}

fn rfc(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

async fn the_former_time_is_free_and_the_new_one_is_taken(
    server: &Server,
    cast: &Cast,
    stage: &Stage,
    former: DateTime<Utc>,
) {
    let new = booking(stage, THURSDAY, "the new time");
    let refused = cast.stranger.refusal(op::REQUEST_BOOKING, &new).await.unwrap();
    assert_eq!(refused, "SLOT_TAKEN");
    let former = booking(stage, &rfc(former), "the former time");
    cast.stranger
        .carry_out(op::REQUEST_BOOKING, &former)
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
}

fn everybody_knows(server: &Server) {
    let told = mails_to(server, CANDIDATE.email);
    let proposed = told
        .iter()
        .find(|mail| mail.subject.starts_with("Other times are proposed"));
    let proposed = proposed.unwrap_or_else(|| panic!("{told:#?}"));
    assert!(proposed.text.contains("Something came up"), "{}", proposed.text);
    // In New York, where the candidate lives.
    assert!(
        proposed.text.contains("Thursday, 12 March 2026, 09:00"),
        "{}",
        proposed.text
    );
    for address in [CANDIDATE.email, LENA.email, RAVI.email] {
        let mails = mails_to(server, address);
        let moved = mails
            .iter()
            .find(|mail| mail.subject.starts_with("Your interview has a new time"));
        assert!(moved.is_some(), "{mails:#?}");
    }
}

#[tokio::test]
async fn an_interviewer_declines_what_the_candidate_proposed_and_the_candidate_reads_why() {
    let (server, cast, _, id, start) = confirmed(Place::embedded()).await;
    let open = proposed(&cast.candidate, &proposal(&id, 1, &[THURSDAY], "please")).await;
    server.clock.settle().await.unwrap();
    let no = json!({
        "interviewId": id, "proposalId": open, "expectedRevision": 1, "reason": "We are all at a fair",
        "idempotencyKey": "no"
    });

    let declined = cast.lena.carry_out(DECLINE, &no).await.unwrap();
    let late = answer(&id, &open, 1, THURSDAY, "yes");
    let late = cast.recruiter.refusal(ACCEPT, &late).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(
        declined["interview"]["proposals"][0]["status"], "DECLINED",
        "{declined}"
    );
    assert_eq!(late, "WRONG_STATE");
    let after = seen(&cast.candidate, &id).await;
    assert_eq!(
        (after["revision"].as_i64(), &after["slot"]["start"]),
        (Some(1), &json!(rfc(start)))
    );
    assert_eq!(after["proposals"][0]["reason"], "We are all at a fair", "{after}");
    let told = mails_to(&server, CANDIDATE.email);
    let stays = told
        .iter()
        .find(|mail| mail.subject.starts_with("It stays where it is"));
    assert!(stays.unwrap().text.contains("We are all at a fair"), "{told:#?}");
    for address in [LENA.email, RAVI.email] {
        let asked = mails_to(&server, address);
        assert!(
            asked.iter().any(|mail| mail.subject.starts_with("Other times")),
            "{asked:#?}"
        );
    }
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn a_time_that_somebody_else_took_meanwhile_is_taken_and_another_of_the_proposal_is_not() {
    let (server, cast, stage, id, _) = confirmed(Place::embedded()).await;
    let open = proposed(
        &cast.candidate,
        &proposal(&id, 1, &[WEDNESDAY, THURSDAY], "either"),
    )
    .await;
    let other = booking(&stage, THURSDAY, "quicker");
    cast.stranger
        .carry_out(op::REQUEST_BOOKING, &other)
        .await
        .unwrap();

    let gone = answer(&id, &open, 1, THURSDAY, "gone");
    let gone = cast.ravi.refusal(ACCEPT, &gone).await.unwrap();
    let left = answer(&id, &open, 1, WEDNESDAY, "left");
    let left = cast.ravi.carry_out(ACCEPT, &left).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(gone, "SLOT_TAKEN");
    assert_eq!(left["interview"]["revision"], 2, "{left}");
    no_dead_letters(&server, &cast).await;
}

#[tokio::test]
async fn what_was_proposed_for_a_time_that_the_interview_has_left_is_stale() {
    let (server, cast, _, id, _) = confirmed(Place::embedded()).await;
    let open = proposed(&cast.lena, &proposal(&id, 1, &[THURSDAY], "other times")).await;
    let away =
        json!({ "interviewId": id, "start": WEDNESDAY, "expectedRevision": 1, "idempotencyKey": "away" });
    cast.candidate.carry_out(op::RESCHEDULE, &away).await.unwrap();
    server.clock.settle().await.unwrap();

    let stale = answer(&id, &open, 1, THURSDAY, "stale");
    let stale = cast.candidate.refusal(ACCEPT, &stale).await.unwrap();
    let looked_again = answer(&id, &open, 2, THURSDAY, "looked again");
    let looked_again = cast.candidate.refusal(ACCEPT, &looked_again).await.unwrap();
    let for_the_former = proposal(&id, 1, &[THURSDAY], "for the former");
    let for_the_former = cast.lena.refusal(PROPOSE, &for_the_former).await.unwrap();

    let refused = [stale, looked_again, for_the_former];
    assert_eq!(refused, ["STALE_REVISION", "STALE_REVISION", "STALE_REVISION"]);
    assert_eq!(
        seen(&cast.candidate, &id).await["proposals"][0]["status"],
        "SUPERSEDED"
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_not_proposed_and_nothing_is_stored() {
    let (_server, cast, _, id, start) = confirmed(Place::embedded()).await;
    let refused = async |starts: &[&str], key: &str| {
        let input = proposal(&id, 1, starts, key);
        cast.lena.refusal(PROPOSE, &input).await.unwrap()
    };
    let before = seen(&cast.lena, &id).await;

    assert_eq!(refused(&[], "none").await, "INVALID");
    assert_eq!(refused(&[THURSDAY, THURSDAY], "twice").await, "INVALID");
    assert_eq!(refused(&[&rfc(start)], "the same").await, "INVALID");
    assert_eq!(
        refused(&["2026-03-12T22:00:00Z"], "at night").await,
        "SLOT_NOT_OFFERED"
    );
    let quarters = (0..6).map(|quarter| rfc(moment(THURSDAY).unwrap() + Duration::minutes(15 * quarter)));
    let many: Vec<_> = quarters.collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(refused(&many, "many").await, "INVALID");
    let stranger = proposal(&id, 1, &[THURSDAY], "stranger");
    assert_eq!(
        cast.stranger.refusal(PROPOSE, &stranger).await.unwrap(),
        "NOT_FOUND"
    );
    assert_eq!(seen(&cast.lena, &id).await, before);
}

#[tokio::test]
async fn a_late_move_that_the_candidate_proposed_brings_no_notice_back() {
    let (server, cast, _, id, start) = confirmed(Place::embedded()).await;
    server.clock.advance_to(start - Duration::hours(3)).await.unwrap();
    let open = proposed(&cast.candidate, &proposal(&id, 1, &[THURSDAY], "late")).await;
    server.clock.advance_to(start - Duration::hours(1)).await.unwrap();

    let taken = answer(&id, &open, 1, THURSDAY, "taken");
    cast.recruiter.carry_out(ACCEPT, &taken).await.unwrap();

    // What three hours gave, not what the hour did at which somebody answered.
    assert_eq!(seen(&cast.candidate, &id).await["refundLimit"], 50);
}

#[tokio::test]
async fn of_many_who_answer_one_proposal_at_once_one_moves_the_interview_on_sqlite() {
    of_many_who_answer_one_proposal_at_once_one_moves_the_interview(Place::embedded()).await;
}

#[tokio::test]
async fn of_many_who_answer_one_proposal_at_once_one_moves_the_interview_on_postgres() {
    if let Some(place) = Place::postgres().await {
        of_many_who_answer_one_proposal_at_once_one_moves_the_interview(place).await;
    }
}

async fn of_many_who_answer_one_proposal_at_once_one_moves_the_interview(place: Place) {
    let (server, cast, stage, id, _) = confirmed(place).await;
    let open = proposed(
        &cast.candidate,
        &proposal(&id, 1, &[WEDNESDAY, THURSDAY], "either"),
    )
    .await;
    let inputs: Vec<_> = [&cast.lena, &cast.ravi, &cast.recruiter, &cast.admin]
        .into_iter()
        .flat_map(|client| [WEDNESDAY, THURSDAY].map(|start| (client, start)))
        .enumerate()
        .map(|(number, (client, start))| {
            let input = answer(&id, &open, 1, start, &format!("answer {number}"));
            (client, json!({ "input": input }))
        })
        .collect();

    let answers = join_all(inputs.iter().map(|(client, input)| client.send(ACCEPT, input))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    server.clock.settle().await.unwrap();

    let story = timeline(&cast.recruiter, &id).await.unwrap();
    assert_eq!(count(&story, "interview.rescheduled"), 1, "{answers:#?}");
    let codes = answers
        .iter()
        .map(|answer| answer["data"]["result"]["userErrors"][0]["code"].clone());
    let codes: Vec<_> = codes.filter(|code| *code != Value::Null).collect();
    assert!(
        codes.len() >= 4,
        "the four who took the other time are refused: {answers:#?}"
    );
    assert!(codes.iter().all(|code| code == "STALE_REVISION"), "{answers:#?}");
    let after = seen(&cast.candidate, &id).await;
    assert_eq!(after["revision"], 2, "{after}");
    let taken = moment(after["slot"]["start"].as_str().unwrap()).unwrap();
    let other = match taken == moment(THURSDAY).unwrap() {
        true => WEDNESDAY,
        false => THURSDAY,
    };
    let other = booking(&stage, other, "the other time");
    cast.stranger
        .carry_out(op::REQUEST_BOOKING, &other)
        .await
        .unwrap();
    let off = json!({ "interviewId": id, "idempotencyKey": "off" });
    cast.recruiter.carry_out(CANCEL, &off).await.unwrap();
    no_dead_letters(&server, &cast).await;
}
