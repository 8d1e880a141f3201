//! One interview from booking to report and replay, driven through HTTP as clients would drive it.
//!
//! The same journey runs in the demonstration and in the tests, also against a server that is killed on the way: every
//! mutation has an idempotency key of its own and every wait is for a state, so each step can be sent again.

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Duration, Utc};
use domain::actor::Role;
use serde_json::{Value, json};
use url::Url;

use super::{client::Client, operations as op, story::Story};

/// Moves the simulated clock of the server under test.
#[async_trait::async_trait]
pub trait Clockwork: Send + Sync {
    /// Sets the time forward; does nothing when it is later already.
    async fn advance_to(&self, moment: DateTime<Utc>) -> Result<()>;
    /// Waits until the read models have caught up and nothing is left to do at the present time.
    async fn settle(&self) -> Result<()>;
}

/// A person of the story.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// What they are called.
    pub name: &'static str,
    /// Where their mail goes.
    pub email: &'static str,
    /// Their role.
    pub role: Role,
    /// The zone they live in.
    pub zone: &'static str,
}

/// Runs the organisation.
pub const ADMIN: Person = Person {
    name: "Mara Lindqvist",
    email: "mara@northwind.example",
    role: Role::Admin,
    zone: "Europe/Berlin",
};
/// Plans and decides.
pub const RECRUITER: Person = Person {
    name: "Tomas Oduya",
    email: "tomas@northwind.example",
    role: Role::Recruiter,
    zone: "Europe/Berlin",
};
/// Interviews from Berlin.
pub const LENA: Person = Person {
    name: "Lena Hoffmann",
    email: "lena@northwind.example",
    role: Role::Interviewer,
    zone: "Europe/Berlin",
};
/// Interviews from Kolkata.
pub const RAVI: Person = Person {
    name: "Ravi Menon",
    email: "ravi@northwind.example",
    role: Role::Interviewer,
    zone: "Asia/Kolkata",
};
/// Is interviewed, from New York.
pub const CANDIDATE: Person = Person {
    name: "Asha Whitfield",
    email: "asha@mailbox.example",
    role: Role::Candidate,
    zone: "America/New_York",
};
/// Has nothing to do with it.
pub const STRANGER: Person = Person {
    name: "Noor Haddad",
    email: "noor@elsewhere.example",
    role: Role::Candidate,
    zone: "Europe/London",
};

/// Who gives people their tokens.
pub trait Tokens: Send + Sync {
    /// A token for a person, good for the whole journey.
    fn token(&self, person: &Person) -> Result<String>;
}

/// When the story begins: a week in which New York is on summer time already and Berlin is not.
pub fn beginning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_773_046_800, 0).unwrap_or_default()
}

/// The people, signed in.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Runs the organisation.
    pub admin: Client,
    /// Plans and decides.
    pub recruiter: Client,
    /// Interviews from Berlin.
    pub lena: Client,
    /// Interviews from Kolkata.
    pub ravi: Client,
    /// Is interviewed.
    pub candidate: Client,
    /// Has nothing to do with it.
    pub stranger: Client,
}

impl Cast {
    /// Signs everybody in.
    ///
    /// # Errors
    /// When a token cannot be made.
    pub fn new(server: &Url, tokens: &dyn Tokens) -> Result<Self> {
        let client = |person: &Person| Client::new(server, Some(tokens.token(person)?));
        Ok(Self {
            admin: client(&ADMIN)?,
            recruiter: client(&RECRUITER)?,
            lena: client(&LENA)?,
            ravi: client(&RAVI)?,
            candidate: client(&CANDIDATE)?,
            stranger: client(&STRANGER)?,
        })
    }
}

/// What the preparations made.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Accounts of the two interviewers.
    pub interviewers: [String; 2],
    /// Account of the candidate.
    pub candidate: String,
    /// The product.
    pub interview_type: String,
}

/// What the journey left behind.
#[derive(Clone, Debug)]
pub struct Journey {
    /// The interview.
    pub interview: String,
    /// The payment.
    pub payment: String,
    /// The scorecards.
    pub scorecards: Vec<String>,
    /// The report.
    pub report: String,
    /// Position just before the reschedule.
    pub before_move: String,
}

/// The transcript that is attached to the interview, a made-up conversation.
pub const TRANSCRIPT: &str = include_str!("transcript.json");

fn id(value: &Value) -> Result<String> {
    value
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("no id in {value}"))
}

/// The account of whoever is signed in, registering it on the way.
async fn account(client: &Client) -> Result<String> {
    id(&client.data(op::VIEWER, &json!({})).await?["viewer"]["account"]["id"])
}

/// Makes the organisation, its people, prices, criteria and product.
///
/// # Errors
/// When anything is refused.
pub async fn prepare(cast: &Cast, story: &dyn Story) -> Result<Stage> {
    story.chapter("An organisation");
    let made = cast
        .admin
        .carry_out(
            op::CREATE_ORGANISATION,
            &json!({ "name": "Northwind Systems", "timeZone": ADMIN.zone, "idempotencyKey": "organisation" }),
        )
        .await?;
    story.step(&format!(
        "{} makes the organisation {} and is its first admin",
        ADMIN.name,
        id(&made["organisation"]["id"])?
    ));

    for (client, person) in [
        (&cast.admin, ADMIN),
        (&cast.recruiter, RECRUITER),
        (&cast.lena, LENA),
        (&cast.ravi, RAVI),
        (&cast.candidate, CANDIDATE),
        (&cast.stranger, STRANGER),
    ] {
        let input = json!({ "displayName": person.name, "email": person.email, "timeZone": person.zone, "idempotencyKey": format!("profile {}", person.email) });
        let account = account(client).await?;
        client.carry_out(op::UPDATE_PROFILE, &input).await?;
        story.step(&format!(
            "{} signs in as {} {account}, in {}",
            person.name,
            person.role.name(),
            person.zone
        ));
    }
    let recruiter = account(&cast.recruiter).await?;
    cast.admin
        .carry_out(
            op::GRANT_ROLE,
            &json!({ "accountId": recruiter, "role": "ANALYST", "idempotencyKey": "analyst" }),
        )
        .await?;
    story.step(&format!("{} also becomes an analyst", RECRUITER.name));

    let criterion = |id: &str, name: &str, weight: u32| json!({ "id": id, "name": name, "weight": weight, "anchors": [] });
    let rubric = json!({
        "name": "System design", "idempotencyKey": "rubric",
        "criteria": [criterion("requirements", "Clarifies requirements", 2), criterion("design", "Sound design", 3), criterion("communication", "Explains clearly", 1)]
    });
    let rubric = cast.recruiter.carry_out(op::PUBLISH_RUBRIC, &rubric).await?;
    let rubric = json!({ "id": rubric["rubric"]["id"], "version": rubric["rubric"]["version"] });
    let part = |title: &str, minutes: u32, said: &str| json!({ "title": title, "minutes": minutes, "instructions": said });
    let kit = json!({
        "name": "System design in twenty minutes", "rubric": rubric, "idempotencyKey": "kit",
        "sections": [
            part("Opening", 2, "Say who is there, and that notes are taken."),
            part("Requirements", 6, "Give no numbers before they are asked for."),
            part("Design", 10, "One thing in depth rather than all of them."),
            part("Questions", 2, "Answer theirs.")
        ]
    });
    let kit = cast.recruiter.carry_out(op::PUBLISH_KIT, &kit).await?;
    story.step("A kit tells interviewers how the twenty minutes go; candidates never see it");
    let inr = |minor: u32| json!({ "amountMinor": minor.to_string(), "currency": "INR" });
    let item = |difficulty: &str, price: u32, cost: u32, minutes: u32| json!({ "difficulty": difficulty, "price": inr(price * 100), "cost": inr(cost * 100), "minutes": minutes });
    let prices = json!({
        "name": "Standard", "idempotencyKey": "prices",
        "items": [item("EASY", 99, 30, 12), item("MEDIUM", 149, 50, 20), item("HARD", 199, 60, 25), item("EXPERT", 299, 75, 30)]
    });
    let prices = cast.recruiter.carry_out(op::PUBLISH_PRICE_LIST, &prices).await?;
    story.step("Prices are published: easy 99, medium 149, hard 199, expert 299 INR");

    let interviewers = [account(&cast.lena).await?, account(&cast.ravi).await?];
    let product = json!({
        "title": "System design", "kind": "SYSTEM_DESIGN", "mode": "HUMAN", "purpose": "RECRUITING", "difficulty": "MEDIUM",
        "durationMinutes": 20, "bufferBeforeMinutes": 5, "bufferAfterMinutes": 10, "noticeMinutes": 120,
        "interviewerIds": interviewers, "priceListId": prices["priceList"]["id"],
        "rubric": rubric, "kitId": kit["kit"]["id"], "idempotencyKey": "type"
    });
    let product = cast.recruiter.carry_out(op::DEFINE_TYPE, &product).await?;
    let interview_type = id(&product["interviewType"]["id"])?;
    story.step(&format!(
        "A product can be booked: System design, medium, 20 minutes, {interview_type}"
    ));

    let workdays = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"];
    for (client, person, from, to) in [
        (&cast.lena, LENA, "09:00", "17:00"),
        (&cast.ravi, RAVI, "13:00", "21:00"),
    ] {
        let input = json!({
            "timeZone": person.zone, "idempotencyKey": "availability",
            "rules": [{ "weekdays": workdays, "from": from, "to": to }]
        });
        client.carry_out(op::SET_AVAILABILITY, &input).await?;
        story.step(&format!(
            "{} is available on workdays from {from} to {to}, {}",
            person.name, person.zone
        ));
    }
    Ok(Stage {
        interviewers,
        candidate: account(&cast.candidate).await?,
        interview_type,
    })
}

/// The starts that can be booked on one day, in UTC.
///
/// # Errors
/// When they are refused.
pub async fn starts(client: &Client, stage: &Stage, from: DateTime<Utc>, days: i64) -> Result<Vec<String>> {
    let input = json!({
        "typeId": stage.interview_type, "timeZone": CANDIDATE.zone,
        "from": from.to_rfc3339(), "to": (from + Duration::days(days)).to_rfc3339()
    });
    let data = client.data(op::SLOTS, &json!({ "input": input })).await?;
    let slots = data["slots"]["slots"].as_array().context("no slots")?.clone();
    slots.iter().map(|slot| id(&slot["start"])).collect()
}

/// A moment as the API writes it.
///
/// # Errors
/// When it is none.
pub fn moment(text: &str) -> Result<DateTime<Utc>> {
    Ok(DateTime::parse_from_rfc3339(text)?.to_utc())
}

/// Input of a booking.
pub fn booking(stage: &Stage, start: &str, key: &str) -> Value {
    json!({
        "typeId": stage.interview_type, "start": start, "timeZone": CANDIDATE.zone, "jobRole": "Backend engineer",
        "experienceYears": 6, "level": "senior", "focusAreas": ["queues", "consistency"], "idempotencyKey": key
    })
}

impl Journey {
    /// Books, pays, moves, meets, rates, decides and reports.
    ///
    /// # Errors
    /// When anything does not go as the story says.
    pub async fn run(cast: &Cast, stage: &Stage, clock: &dyn Clockwork, story: &dyn Story) -> Result<Self> {
        let (interview, payment, first) = Self::book_and_pay(cast, stage, story).await?;
        let (before_move, second) = Self::reschedule(cast, stage, &interview, &first, clock, story).await?;
        Self::meet(cast, &interview, moment(&second)?, clock, story).await?;
        let scorecards = Self::rate(cast, &interview, story).await?;
        Self::decide(cast, &interview, &scorecards, story).await?;
        let report = Self::report(cast, &interview, clock, story).await?;
        Ok(Self {
            interview,
            payment,
            scorecards,
            report,
            before_move,
        })
    }

    /// Books the first slot, pays, and waits for the confirmation. Gives interview, payment and start.
    ///
    /// # Errors
    /// When anything does not go as the story says.
    pub async fn book_and_pay(
        cast: &Cast,
        stage: &Stage,
        story: &dyn Story,
    ) -> Result<(String, String, String)> {
        story.chapter("A booking");
        let tomorrow = beginning() + Duration::days(1);
        let start = (tomorrow + Duration::hours(4)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let booked = cast
            .candidate
            .carry_out(op::REQUEST_BOOKING, &booking(stage, &start, "booking"))
            .await?;
        let interview = id(&booked["interview"]["id"])?;
        let payment = id(&booked["interview"]["payment"]["id"])?;
        story.step(&format!(
            "{} asks for {start}: {interview} holds the slot, {payment} is to be paid",
            CANDIDATE.name
        ));

        let variables = json!({ "id": interview });
        let open = cast
            .candidate
            .until(op::INTERVIEW, &variables, |data| {
                has_checkout(data) || is_confirmed(data)
            })
            .await?;
        if let Some(url) = open["interview"]["payment"]["checkout"]["url"]
            .as_str()
            .filter(|_| !is_confirmed(&open))
        {
            let pay = json!({ "outcome": "succeed", "webhooks": { "duplicate": 2, "shuffle": true } });
            cast.candidate.post(&format!("{url}/pay"), &pay).await?;
        }
        let confirmed = cast
            .candidate
            .until(op::INTERVIEW, &variables, is_confirmed)
            .await?;
        ensure!(
            confirmed["interview"]["payment"]["status"] == "CAPTURED",
            "{confirmed}"
        );
        story.step(
            "The sandbox is paid; its webhooks arrive twice and out of order, and the payment counts once",
        );
        story.step(
            "The interview is confirmed, its room is made, and three mails with a calendar part go out",
        );
        Ok((interview, payment, start))
    }

    /// Moves it by a day and a half hour. Gives the position before the move, and the new start.
    ///
    /// # Errors
    /// When anything does not go as the story says.
    pub async fn reschedule(
        cast: &Cast,
        stage: &Stage,
        interview: &str,
        first: &str,
        clock: &dyn Clockwork,
        story: &dyn Story,
    ) -> Result<(String, String)> {
        clock.settle().await?;
        clock.advance_to(beginning() + Duration::hours(1)).await?;
        let before = cast
            .candidate
            .data(op::INTERVIEW, &json!({ "id": interview }))
            .await?;
        let before_move = id(&before["interview"]["position"])?;
        let second = (moment(first)? + Duration::days(1) + Duration::minutes(30))
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let input = json!({ "interviewId": interview, "start": second, "timeZone": CANDIDATE.zone, "expectedRevision": 1, "reason": "A dentist", "idempotencyKey": "move" });
        let moved = cast.candidate.carry_out(op::RESCHEDULE, &input).await?;
        ensure!(moved["interview"]["revision"].as_i64() >= Some(2), "{moved}");
        let free = starts(&cast.candidate, stage, beginning() + Duration::days(1), 1).await?;
        ensure!(
            free.iter().any(|start| start == first),
            "{first} is not free again: {free:?}"
        );
        story.step(&format!(
            "{} moves it to {second}; the first slot can be booked again",
            CANDIDATE.name
        ));
        clock.settle().await?;
        Ok((before_move, second))
    }

    /// Meets, with a break in between, and ends it.
    ///
    /// # Errors
    /// When anything does not go as the story says.
    pub async fn meet(
        cast: &Cast,
        interview: &str,
        start: DateTime<Utc>,
        clock: &dyn Clockwork,
        story: &dyn Story,
    ) -> Result<()> {
        story.chapter("The meeting");
        let join =
            |device: &str| json!({ "interviewId": interview, "idempotencyKey": format!("join {device}") });
        let state = cast
            .candidate
            .data(op::INTERVIEW, &json!({ "id": interview }))
            .await?;
        let is_before = matches!(state["interview"]["status"].as_str(), Some("CONFIRMED"));
        if is_before {
            clock.advance_to(start - Duration::minutes(30)).await?;
            let early = cast.candidate.refusal(op::JOIN_ROOM, &join("early")).await?;
            ensure!(early == "TOO_EARLY" || early == "ROOM_CLOSED", "{early}");
            let strange = cast.stranger.refusal(op::JOIN_ROOM, &join("stranger")).await?;
            ensure!(strange == "NOT_FOUND", "{strange}");
            story.step("Half an hour before, the room is closed; for a stranger it does not exist");
        }
        clock.advance_to(start - Duration::minutes(3)).await?;
        let lena = cast.lena.carry_out(op::JOIN_ROOM, &join("lena")).await?;
        clock.advance_to(start).await?;
        let first = cast.candidate.carry_out(op::JOIN_ROOM, &join("laptop")).await?;
        cast.ravi.carry_out(op::JOIN_ROOM, &join("ravi")).await?;
        ensure!(lena["ticket"]["url"].is_string(), "{lena}");
        clock.advance_to(start + Duration::minutes(8)).await?;
        let leave = json!({ "interviewId": interview, "connectionId": first["connectionId"], "idempotencyKey": "leave laptop" });
        cast.candidate.carry_out(op::LEAVE_ROOM, &leave).await?;
        clock.advance_to(start + Duration::minutes(10)).await?;
        cast.candidate.carry_out(op::JOIN_ROOM, &join("phone")).await?;
        story.step("Everybody comes; after 8 minutes the candidate's connection breaks, and is back after 2");
        clock.advance_to(start + Duration::minutes(20)).await?;
        let ended = cast
            .lena
            .carry_out(
                op::END_INTERVIEW,
                &json!({ "interviewId": interview, "idempotencyKey": "end" }),
            )
            .await?;
        let overlap = &ended["interview"]["attendance"]["overlapSeconds"];
        ensure!(*overlap == json!(18 * 60), "{ended}");
        story.step(&format!("{} ends it: together for {overlap} seconds", LENA.name));
        Ok(())
    }

    /// Submits both scorecards and amends the first. Gives their ids.
    ///
    /// # Errors
    /// When anything does not go as the story says.
    pub async fn rate(cast: &Cast, interview: &str, story: &dyn Story) -> Result<Vec<String>> {
        story.chapter("The rating");
        let rating = |criterion: &str, value: u8| json!({ "criterion": criterion, "value": value });
        let card = |key: &str, overall: u8| {
            json!({
                "interviewId": interview, "overall": overall, "recommendation": "YES", "idempotencyKey": key,
                "ratings": [rating("requirements", 4), rating("design", overall), rating("communication", 5)],
                "privateNote": "Strong on failure cases, unsure about two regions.",
                "feedback": { "rating": 4, "comment": "You asked the right questions first.", "advice": "Practise trade-offs between regions." }
            })
        };
        let lena = cast
            .lena
            .carry_out(op::SUBMIT_SCORECARD, &card("card lena", 4))
            .await?;
        let lena_card = id(&lena["scorecard"]["id"])?;
        story.step(&format!(
            "{} submits a scorecard; {} does not see it yet",
            LENA.name, RAVI.name
        ));
        let ravi = cast
            .ravi
            .carry_out(op::SUBMIT_SCORECARD, &card("card ravi", 3))
            .await?;
        let ravi_card = id(&ravi["scorecard"]["id"])?;
        let second = cast
            .lena
            .refusal(op::SUBMIT_SCORECARD, &card("card lena again", 2))
            .await?;
        ensure!(second == "ALREADY_SUBMITTED", "{second}");
        let mut amended = card("amend lena", 5);
        amended["expectedVersion"] = json!(1);
        amended["reason"] = json!("On second thoughts the fencing was excellent.");
        cast.lena.carry_out(op::AMEND_SCORECARD, &amended).await?;
        story.step(
            "A second submission is refused; an amendment with a reason is accepted, and both versions stay",
        );
        Ok(vec![lena_card, ravi_card])
    }

    /// Records the verdict and releases feedback.
    ///
    /// # Errors
    /// When anything does not go as the story says.
    pub async fn decide(
        cast: &Cast,
        interview: &str,
        scorecards: &[String],
        story: &dyn Story,
    ) -> Result<()> {
        let verdict = json!({ "interviewId": interview, "outcome": "PASS", "reason": "Clear thinking about failure.", "idempotencyKey": "verdict" });
        let decided = cast.recruiter.carry_out(op::RECORD_DECISION, &verdict).await?;
        ensure!(decided["decision"]["outcome"] == "PASS", "{decided}");
        let release = json!({ "scorecardId": scorecards[0], "idempotencyKey": "release" });
        cast.recruiter.carry_out(op::RELEASE_FEEDBACK, &release).await?;
        story.step(&format!(
            "{} records PASS and releases feedback, which the candidate now reads",
            RECRUITER.name
        ));
        Ok(())
    }

    /// Has a report written from a transcript and publishes it. Gives its id.
    ///
    /// # Errors
    /// When anything does not go as the story says.
    pub async fn report(
        cast: &Cast,
        interview: &str,
        clock: &dyn Clockwork,
        story: &dyn Story,
    ) -> Result<String> {
        story.chapter("The report");
        let transcript: Value = serde_json::from_str(TRANSCRIPT)?;
        let attach = json!({ "interviewId": interview, "transcript": transcript_input(&transcript), "idempotencyKey": "transcript" });
        cast.recruiter.carry_out(op::ATTACH_TRANSCRIPT, &attach).await?;
        let asked = cast
            .recruiter
            .carry_out(
                op::REQUEST_REPORT,
                &json!({ "interviewId": interview, "idempotencyKey": "report" }),
            )
            .await?;
        let report = id(&asked["report"]["id"])?;
        clock.settle().await?;
        let written =
            |data: &Value| matches!(data["report"]["status"].as_str(), Some("GENERATED" | "PUBLISHED"));
        cast.recruiter
            .until(op::REPORT, &json!({ "id": report }), written)
            .await?;
        cast.recruiter
            .carry_out(
                op::PUBLISH_REPORT,
                &json!({ "reportId": report, "idempotencyKey": "publish" }),
            )
            .await?;
        let read = cast.recruiter.data(op::REPORT, &json!({ "id": report })).await?;
        let (score, engine) = (
            &read["report"]["overallScore"],
            id(&read["report"]["engine"]["model"])?,
        );
        story.step(&format!("{report} is written in the background by {engine}: {score} of 100, with quotes from the transcript"));
        let dashboard = cast.recruiter.data(op::DASHBOARD, &json!({})).await?;
        ensure!(
            dashboard["dashboard"]["succeeded"]["totalCount"] == 1,
            "{dashboard}"
        );
        story.step("The dashboard shows the interview under succeeded");
        Ok(report)
    }

    /// Erases the candidate's data, and shows that the story still plays, without a name in it.
    ///
    /// # Errors
    /// When a name is left.
    pub async fn erase(
        &self,
        cast: &Cast,
        stage: &Stage,
        clock: &dyn Clockwork,
        story: &dyn Story,
    ) -> Result<()> {
        story.chapter("To be forgotten");
        cast.admin
            .carry_out(
                op::ERASE_SUBJECT,
                &json!({ "accountId": stage.candidate, "idempotencyKey": "erase" }),
            )
            .await?;
        clock.settle().await?;
        let gone = |data: &Value| data["interview"]["candidate"]["displayName"].is_null();
        cast.recruiter
            .until(op::INTERVIEW, &json!({ "id": self.interview }), gone)
            .await?;
        let told = timeline(&cast.recruiter, &self.interview).await?;
        ensure!(told.len() > 20, "the timeline has {} events", told.len());
        ensure!(
            !told.iter().any(|event| event.to_string().contains("Asha")),
            "a name is left in the timeline"
        );
        story.step(&format!(
            "{}'s data is erased; the {} events of the story still play, without a name in them",
            CANDIDATE.name,
            told.len()
        ));
        Ok(())
    }
}

/// Every event of a timeline that the viewer may see.
///
/// # Errors
/// When it is refused.
pub async fn timeline(client: &Client, subject: &str) -> Result<Vec<Value>> {
    let (mut events, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = client
            .data(op::TIMELINE, &json!({ "id": subject, "after": after }))
            .await?;
        let edges = data["timeline"]["edges"]
            .as_array()
            .with_context(|| format!("no timeline: {data}"))?;
        events.extend(edges.iter().map(|edge| edge["node"].clone()));
        if data["timeline"]["pageInfo"]["hasNextPage"] != true {
            return Ok(events);
        }
        after = data["timeline"]["pageInfo"]["endCursor"].clone();
    }
}

/// The transcript file in the spelling of the API.
pub fn transcript_input(file: &Value) -> Value {
    let turn = |turn: &Value| {
        let speaker = if turn["speaker"] == "candidate" {
            "CANDIDATE"
        } else {
            "INTERVIEWER"
        };
        json!({ "speaker": speaker, "startMs": turn["start_ms"], "endMs": turn["end_ms"], "text": turn["text"] })
    };
    let turns: Vec<_> = file["turns"].as_array().into_iter().flatten().map(turn).collect();
    json!({ "language": file["language"], "turns": turns })
}

fn has_checkout(data: &Value) -> bool {
    data["interview"]["payment"]["checkout"]["url"].is_string()
}

fn is_confirmed(data: &Value) -> bool {
    let after = ["CONFIRMED", "OPEN", "LIVE", "ENDED", "COMPLETED"];
    data["interview"]["status"]
        .as_str()
        .is_some_and(|status| after.contains(&status))
}
