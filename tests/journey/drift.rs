//! Zone rules that change after a time was promised: it is found and listed, nothing moves, and a person decides.
//!
//! The real case is Paraguay: by the rules of 2024a it leaves its summer time on 22 March 2026, by those of 2024b it never
//! does again. Interviews of April are put into the log as a server with the older rules would have promised them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{Duration, NaiveDateTime};
use domain::{
    actor::Actor,
    ids::{AccountId, ClaimId, InterviewId, InterviewTypeId},
    interview::{
        Interview,
        events::{PanelClaim, Terms, TypePin},
        schedule::{Schedule, named, without_product},
    },
    interviewer_calendar::{InterviewerCalendar, confirm_hold::ConfirmHold, place_hold::PlaceHold},
    text::Line,
    time::{Slot, Span},
};
use greenroom::{
    config::Config,
    demo::{
        client::Client,
        journey::{CANDIDATE, Cast, Clockwork, LENA, Stage, beginning, moment, prepare, timeline},
        operations as op,
        story::Silent,
    },
    stores::{Purpose, Stores},
};
use projections::organisations::only_one;
use serde::Serialize;
use serde_json::{Value, json};
use store::{
    codec::Codec,
    executor::{CommandError, Executor, Invocation, Unit, UseCase, mint},
};

use super::{invitations::RESPOND, scheduling::SCHEDULE};
use crate::support::{
    ending::count,
    mails::sent,
    server::{Place, Server},
};

const KEEP: &str = "mutation($input: KeepDriftedTimeInput!) { result: keepDriftedTime(input: $input) { interview { revision slot { start localStart } drift { localStart } formerSlots { slot { start localStart } revision } } position userErrors { code message field } } }";
const SEEN: &str = "query($id: ID!) { interview(id: $id) { status revision slot { start localStart timeZone } formerSlots { slot { start localStart } revision } panel { person { id } } drift { timeZone promisedLocalStart promisedTzdb localStart tzdb promisedStart } room { status } } }";
const DRIFTED: &str = "query { attention(where: { kind: { eq: TIME_DRIFTED } }) { totalCount edges { node { kind interviewId } } } }";

/// The zone whose rules have changed.
const ZONE: &str = "America/Asuncion";

/// An interview as it was promised by a server with the rules of 2024a.
#[derive(Clone, Serialize)]
struct Promised {
    candidate: AccountId,
    interviewer: AccountId,
    interview_type: InterviewTypeId,
    span: Span,
    /// What the clock on the wall was to show.
    local_start: NaiveDateTime,
}

#[async_trait]
impl UseCase for Promised {
    const OPERATION: &'static str = "promised by older rules";
    type Output = InterviewId;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<InterviewId, CommandError> {
        let (interview, claim): (InterviewId, ClaimId) = (unit.mint(), unit.mint());
        let (account, expires_at) = (self.interviewer, unit.now() + Duration::minutes(1));
        let minutes = u32::try_from(self.span.seconds() / 60).unwrap();
        let spec = without_product(Line::new("System design").unwrap(), minutes);
        let hold = PlaceHold {
            account,
            claim,
            interview,
            interview_type: Some(self.interview_type),
            group: None,
            revision: 1,
            span: self.span,
            before: 5,
            after: 10,
            expires_at,
            moving: None,
        };
        unit.decide::<InterviewerCalendar>(account.uuid(), hold.into())
            .await?;
        unit.decide::<InterviewerCalendar>(account.uuid(), ConfirmHold { account, claim }.into())
            .await?;
        let schedule = Schedule {
            interview,
            by: account,
            candidate: self.candidate,
            product: Some(TypePin {
                interview_type: self.interview_type,
                version: 1,
            }),
            title: spec.title,
            description: None,
            kind: spec.kind,
            difficulty: spec.difficulty,
            mode: spec.mode,
            purpose: spec.purpose,
            slot: Slot {
                span: self.span,
                zone: ZONE.parse().unwrap(),
                local_start: self.local_start,
                tzdb: "2024a".to_owned(),
            },
            panel: named(&[account]),
            terms: Terms {
                duration_minutes: minutes,
                buffer_before_minutes: 5,
                buffer_after_minutes: 10,
                notice_minutes: 120,
                join_window: spec.join_window,
                refunds: Vec::new(),
                rubric: None,
            },
            locale: spec.locale,
            series: None,
            group: None,
            kit: None,
            claims: vec![PanelClaim { account, claim }],
            hold_expires_at: expires_at,
        };
        unit.decide::<Interview>(interview.uuid(), schedule.into())
            .await?;
        Ok(interview)
    }
}

/// Puts two interviews with Lena into the log: 90 minutes from 10:07 on the 6th and on the 7th of April, by the clocks of
/// Asunción as they were to be.
async fn promise(place: &Place, stage: &Stage) -> [String; 2] {
    let config = Config {
        data_dir: place.folder().to_owned(),
        database_url: place
            .database_url()
            .map(|url| serde_json::from_value(json!(url)).unwrap()),
        ..Config::default()
    };
    let stores = Stores::open(&config, Purpose::Tool).await.unwrap();
    let executor = Executor::new(stores.log.clone(), stores.vault.clone(), Codec::current());
    let mut interviews = Vec::new();
    for day in [6, 7] {
        let promised = Promised {
            candidate: stage.candidate.parse().unwrap(),
            interviewer: stage.interviewers[0].parse().unwrap(),
            interview_type: stage.interview_type.parse().unwrap(),
            span: Span::minutes(moment(&format!("2026-04-0{day}T14:07:00Z")).unwrap(), 90),
            local_start: format!("2026-04-0{day}T10:07:00").parse().unwrap(),
        };
        let tenant = only_one(&stores.read).await.unwrap().unwrap();
        let invocation = Invocation {
            tenant,
            actor: Actor::system("a server with older rules"),
            command_id: mint(beginning()),
            correlation_id: mint(beginning()),
            causation_id: None,
            trace: None,
            now: beginning(),
        };
        let made = executor.run(&invocation, &promised).await.unwrap();
        interviews.push(made.value.to_string());
    }
    stores.close().await;
    interviews.try_into().unwrap()
}

/// A server that has started with the rules of today after the command was run, and the two interviews.
async fn found(place: Place) -> (Server, Cast, Stage, [String; 2]) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    let (place, _) = server.stop().await;
    let interviews = promise(&place, &stage).await;

    let looked = place.tool("time-zones", &["--dry-run"]).await.unwrap();
    let recorded = place.tool("time-zones", &[]).await.unwrap();
    let again = place.tool("time-zones", &[]).await.unwrap();

    told(
        &looked,
        &interviews,
        "not recorded",
        "2 have drifted; 2 findings are new, 0 were recorded",
    );
    told(
        &recorded,
        &interviews,
        "recorded",
        "2 have drifted; 2 findings are new, 2 were recorded",
    );
    told(
        &again,
        &interviews,
        "known",
        "2 have drifted; 0 findings are new, 0 were recorded",
    );
    let server = place.start().await.unwrap();
    server.clock.settle().await.unwrap();
    (server, cast, stage, interviews)
}

/// A line for each interview that ends in this finding, and a last line that counts.
fn told(said: &str, interviews: &[String; 2], finding: &str, counted: &str) {
    for (interview, day) in interviews.iter().zip([6, 7]) {
        let line = said.lines().find(|line| line.starts_with(interview)).unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        let date = format!("2026-04-0{day}");
        assert_eq!(words[1..6], [ZONE, &date, "10:07", &date, "11:07"], "{said}");
        assert_eq!(words[6], "2024a", "{said}");
        assert_eq!(words[8..].join(" "), finding, "{said}");
    }
    assert!(said.lines().last().unwrap().ends_with(counted), "{said}");
}

async fn seen(client: &Client, id: &str) -> Value {
    let mut data = client.data(SEEN, &json!({ "id": id })).await.unwrap();
    data["interview"].take()
}

/// Which interviews are listed because their promise has drifted.
async fn listed(cast: &Cast) -> BTreeSet<String> {
    let data = cast.recruiter.data(DRIFTED, &json!({})).await.unwrap();
    let edges = data["attention"]["edges"].as_array().unwrap().iter();
    let id = |edge: &Value| edge["node"]["interviewId"].as_str().unwrap().to_owned();
    edges.map(id).collect()
}

fn decision(id: &str, revision: u32, key: &str) -> Value {
    json!({ "interviewId": id, "expectedRevision": revision, "reason": "It suits everybody", "idempotencyKey": key })
}

#[tokio::test]
async fn a_drifted_time_is_found_moves_nothing_and_is_kept_or_moved_by_people_on_sqlite() {
    a_drifted_time_is_found_and_decided(Place::embedded()).await;
}

#[tokio::test]
async fn a_drifted_time_is_found_moves_nothing_and_is_kept_or_moved_by_people_on_postgres() {
    if let Some(place) = Place::postgres().await {
        a_drifted_time_is_found_and_decided(place).await;
    }
}

async fn a_drifted_time_is_found_and_decided(place: Place) {
    let (server, cast, stage, [first, second]) = found(place).await;

    assert_eq!(
        listed(&cast).await,
        BTreeSet::from([first.clone(), second.clone()])
    );
    let before = seen(&cast.candidate, &first).await;
    assert_eq!(before["slot"]["start"], "2026-04-06T14:07:00Z", "{before}");
    assert_eq!(before["slot"]["localStart"], "2026-04-06T10:07:00", "{before}");
    assert_eq!(
        (&before["revision"], &before["status"]),
        (&json!(1), &json!("CONFIRMED"))
    );
    let drift = &before["drift"];
    assert_eq!(drift["timeZone"], ZONE, "{drift}");
    assert_eq!(drift["promisedLocalStart"], "2026-04-06T10:07:00", "{drift}");
    assert_eq!(drift["localStart"], "2026-04-06T11:07:00", "{drift}");
    assert_eq!(drift["promisedTzdb"], "2024a", "{drift}");
    assert_eq!(drift["promisedStart"], "2026-04-06T13:07:00Z", "{drift}");
    assert_eq!(seen(&cast.stranger, &first).await, Value::Null);
    assert!(
        !sent_to_candidate(&server)
            .iter()
            .any(|mail| mail.contains("clocks"))
    );

    kept_by_a_recruiter(&server, &cast, &first).await;
    what_has_not_drifted_is_not_kept(&cast, &stage).await;
    moved_to_what_was_promised(&server, &cast, &second).await;

    assert_eq!(listed(&cast).await, BTreeSet::new());
    let system = cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(
        system["system"]["effects"]["dead"],
        0,
        "{system}\n{}",
        server.log()
    );
    let (place, _) = server.stop().await;
    let after = place.tool("time-zones", &["--dry-run"]).await.unwrap();
    assert!(after.contains("0 have drifted; 0 findings are new"), "{after}");
}

async fn kept_by_a_recruiter(server: &Server, cast: &Cast, id: &str) {
    let refused = async |client: &Client, revision, key| {
        let input = decision(id, revision, key);
        client.refusal(KEEP, &input).await.unwrap()
    };
    assert_eq!(refused(&cast.candidate, 1, "own").await, "FORBIDDEN");
    assert_eq!(refused(&cast.lena, 1, "lena").await, "FORBIDDEN");
    assert_eq!(refused(&cast.recruiter, 2, "stale").await, "STALE_REVISION");

    let input = decision(id, 1, "keep");
    let kept = cast.recruiter.carry_out(KEEP, &input).await.unwrap();
    let repeated = cast.recruiter.carry_out(KEEP, &input).await.unwrap();
    let again = decision(id, 1, "keep again");
    let again = cast.recruiter.carry_out(KEEP, &again).await.unwrap();
    server.clock.settle().await.unwrap();

    let after = &kept["interview"];
    assert_eq!(after["slot"]["start"], "2026-04-06T14:07:00Z", "{after}");
    assert_eq!(after["slot"]["localStart"], "2026-04-06T11:07:00", "{after}");
    assert_eq!((&after["revision"], &after["drift"]), (&json!(2), &Value::Null));
    assert_eq!(
        after["formerSlots"][0]["slot"]["localStart"], "2026-04-06T10:07:00",
        "{after}"
    );
    assert_eq!(repeated["position"], kept["position"]);
    assert_eq!(again["interview"], kept["interview"]);
    let story = timeline(&cast.recruiter, id).await.unwrap();
    assert_eq!(count(&story, "interview.time_zone_rule_drift_detected"), 1);
    assert_eq!(count(&story, "interview.drifted_time_kept"), 1);
    assert_eq!(seen(&cast.candidate, id).await["room"]["status"], "READY");
    everybody_was_told(server);
}

fn sent_to_candidate(server: &Server) -> Vec<String> {
    let mails = sent(server.place.folder()).into_iter();
    let to_candidate = mails.filter(|mail| mail.to == CANDIDATE.email);
    to_candidate.map(|mail| mail.subject).collect()
}

/// Each in their own zone, with the appointment to be taken anew.
fn everybody_was_told(server: &Server) {
    let mails = sent(server.place.folder()).into_iter();
    let told: Vec<_> = mails
        .filter(|mail| {
            mail.subject
                .starts_with("Your interview stays, the clocks have changed")
        })
        .collect();
    let recipients: Vec<_> = told.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(recipients, [CANDIDATE.email, LENA.email]);
    for mail in &told {
        assert!(mail.text.contains("Monday, 6 April 2026, 10:07"), "{}", mail.text);
        assert!(mail.text.contains("Monday, 6 April 2026, 11:07"), "{}", mail.text);
        let calendar = mail.calendar.as_ref().unwrap();
        assert!(calendar.contains("SEQUENCE:1\n"), "{calendar}");
        assert!(calendar.contains("DTSTART:20260406T140700Z"), "{calendar}");
    }
}

async fn what_has_not_drifted_is_not_kept(cast: &Cast, stage: &Stage) {
    let direct = json!({
        "title": "Second round", "start": "2026-03-11T13:00:00Z", "durationMinutes": 45, "timeZone": ZONE,
        "candidateId": stage.candidate, "interviewerIds": [stage.interviewers[0]], "idempotencyKey": "direct"
    });
    let made = cast.recruiter.carry_out(SCHEDULE, &direct).await.unwrap();
    let id = made["interview"]["id"].as_str().unwrap();
    let refused = cast
        .recruiter
        .refusal(KEEP, &decision(id, 1, "not drifted"))
        .await;
    assert_eq!(refused.unwrap(), "NOT_DRIFTED");
    assert_eq!(seen(&cast.recruiter, id).await["drift"], Value::Null);
}

/// It overlaps its own old time, and 15:07 in Berlin is no regular start of the product.
async fn moved_to_what_was_promised(server: &Server, cast: &Cast, id: &str) {
    let drift = seen(&cast.recruiter, id).await["drift"].take();
    assert_eq!(drift["promisedStart"], "2026-04-07T13:07:00Z", "{drift}");
    let to = |start: &Value, key: &str| json!({ "interviewId": id, "expectedRevision": 1, "start": start, "idempotencyKey": key });
    let odd = to(&json!("2026-04-07T13:08:00Z"), "odd");
    let odd = cast.recruiter.refusal(op::RESCHEDULE, &odd).await.unwrap();
    assert_eq!(odd, "SLOT_NOT_OFFERED");

    let input = to(&drift["promisedStart"], "as promised");
    cast.recruiter.carry_out(op::RESCHEDULE, &input).await.unwrap();
    server.clock.settle().await.unwrap();

    let after = seen(&cast.candidate, id).await;
    assert_eq!(after["slot"]["start"], "2026-04-07T13:07:00Z", "{after}");
    assert_eq!(after["slot"]["localStart"], "2026-04-07T10:07:00", "{after}");
    assert_eq!((&after["revision"], &after["drift"]), (&json!(2), &Value::Null));
}

/// Ravi ends at 21:00 in Kolkata: too early for the time as it is, and not for what was promised.
#[tokio::test]
async fn a_drifted_interview_that_nobody_is_left_to_meet_moves_to_what_was_promised_with_somebody_else() {
    let (server, cast, stage, [_, id]) = found(Place::embedded()).await;
    let no = json!({ "interviewId": id, "answer": "DECLINED", "idempotencyKey": "no" });
    cast.lena.carry_out(RESPOND, &no).await.unwrap();
    server.clock.settle().await.unwrap();
    let before = seen(&cast.recruiter, &id).await;
    assert_eq!(before["panel"], json!([]), "{before}");

    let to = |start: &Value, key: &str| json!({ "interviewId": id, "expectedRevision": 1, "start": start, "idempotencyKey": key });
    let odd = to(&json!("2026-04-07T13:08:00Z"), "odd");
    let odd = cast.recruiter.refusal(op::RESCHEDULE, &odd).await.unwrap();
    let input = to(&before["drift"]["promisedStart"], "as promised");
    cast.recruiter.carry_out(op::RESCHEDULE, &input).await.unwrap();

    assert_eq!(odd, "SLOT_NOT_OFFERED");
    let after = seen(&cast.recruiter, &id).await;
    assert_eq!(after["slot"]["localStart"], "2026-04-07T10:07:00", "{after}");
    assert_eq!(after["drift"], Value::Null, "{after}");
    assert_eq!(
        after["panel"][0]["person"]["id"],
        json!(stage.interviewers[1]),
        "{after}"
    );
}
