//! What is offered can be booked, and nothing else can: people of odd zones with all kinds of rules, products of all
//! kinds, while bookings come and go and time goes on.
//!
//! `GREENROOM_TEST_LONG=1` samples 10,000 offers.

use std::{collections::BTreeMap, env};

use chrono::{DateTime, Duration, Utc};
use domain::actor::Role;
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, beginning, booking, prepare, starts},
    operations as op,
    story::Silent,
};
use histories::dice::Dice;
use serde_json::{Value, json};

use super::{
    availability::{DECLARE, LIMIT},
    cancellation::CANCEL,
    travel::PLAN,
};
use crate::support::{
    people::{can_be_met, somebody},
    server::{Place, Server},
};

/// How far ahead days are looked at: products are offered for less, so that some days have nothing.
const DAYS: i64 = 60;
/// Most interviews that stay booked, so that there is always something to offer.
const MOST_BOOKED: usize = 120;
/// How far apart starts are that nobody offers; no product has a shorter step.
const GRID_MINUTES: i64 = 5;

fn offers() -> usize {
    match env::var("GREENROOM_TEST_LONG") {
        Ok(asked) if asked == "1" => 10_000,
        Ok(_) | Err(_) => 40,
    }
}

/// Who can be met, where, and when in a week. Windows cross midnight, end at 24:00, and lie where clocks change.
const HOSTS: [(&str, &[(&str, &str)]); 6] = [
    (
        "Asia/Kathmandu",
        &[("00:00", "02:30"), ("08:15", "12:40"), ("21:00", "24:00")],
    ),
    ("Europe/Berlin", &[("00:30", "04:00"), ("09:00", "24:00")]),
    ("America/New_York", &[("01:00", "03:30"), ("08:00", "17:20")]),
    ("Australia/Lord_Howe", &[("00:00", "03:00"), ("10:00", "20:00")]),
    (
        "Africa/Cairo",
        &[("00:00", "01:30"), ("07:00", "15:00"), ("23:00", "24:00")],
    ),
    ("America/St_Johns", &[("06:30", "14:00"), ("15:10", "22:00")]),
];

struct World {
    server: Server,
    cast: Cast,
    products: Vec<Stage>,
    candidates: Vec<Client>,
    now: DateTime<Utc>,
    dice: Dice,
    /// Interviews to come.
    booked: Vec<String>,
    bookings: usize,
    tries: usize,
    /// Refused starts by code.
    refused: BTreeMap<String, usize>,
    /// Bookings by product, which show that each was tried.
    of_product: Vec<usize>,
}

/// An interviewer with rules of a week, a day that is other than its weekday, and one of: days away, a limit, a journey.
async fn host(server: &Server, number: usize) -> String {
    let (zone, windows) = HOSTS[number];
    let host = somebody(server, Role::Interviewer, &format!("host{number}")).await;
    let free = json!({ "date": "2026-04-01", "windows": [] });
    let short = json!({ "date": "2026-03-29", "windows": [{ "from": "01:15", "to": "05:05" }] });
    let account = can_be_met(&host, zone, windows, json!([free, short])).await;
    let (operation, said) = match number % 3 {
        0 => (
            DECLARE,
            json!({ "from": "2026-03-17T10:00:00Z", "to": "2026-03-20T11:30:00Z" }),
        ),
        1 => (LIMIT, json!({ "perDay": 4, "perWeek": 15, "minutesPerDay": 150 })),
        _ => (
            PLAN,
            json!({ "timeZone": "Pacific/Auckland", "from": "2026-04-03", "until": "2026-04-09" }),
        ),
    };
    host.carry_out(operation, &said).await.unwrap();
    account
}

/// Products of all kinds over these people.
fn products(hosts: &[String]) -> Vec<Value> {
    let of = |numbers: &[usize]| {
        numbers
            .iter()
            .map(|number| hosts[*number].clone())
            .collect::<Vec<_>>()
    };
    let turns = "ROUND_ROBIN";
    vec![
        json!({ "interviewerIds": of(&[1, 4]), "seats": 2, "durationMinutes": 45, "bufferAfterMinutes": 15, "noticeMinutes": 180 }),
        json!({ "interviewerIds": of(&[0, 1, 2, 3]), "seats": 1, "panelStrategy": turns, "durationMinutes": 30,
            "slotStepMinutes": 20, "slotOffsetMinutes": 5, "horizonBusinessDays": 21 }),
        json!({ "interviewerIds": of(&[1, 2, 3, 4, 5]), "seats": 2, "panelStrategy": turns, "durationMinutes": 60,
            "bufferBeforeMinutes": 10, "bufferAfterMinutes": 5, "slotStepMinutes": 60,
            "preferences": [{ "interviewerId": hosts[2], "weight": 300, "priority": 1 }] }),
        json!({ "interviewerIds": of(&[0, 2, 5]), "panelStrategy": turns, "durationMinutes": 25, "slotStepMinutes": 15,
            "bookableFrom": "2026-03-20", "bookableUntil": "2026-04-12",
            "roles": [{ "role": "LEAD", "min": 1, "max": 1, "interviewerIds": of(&[0, 5]) },
                      { "role": "PANEL", "min": 1, "max": 2 }] }),
        json!({ "interviewerIds": of(&[3]), "seats": 1, "durationMinutes": 90, "slotStepMinutes": 30, "horizonDays": 40 }),
    ]
}

impl World {
    async fn made(place: Place) -> Self {
        let server = place.start().await.unwrap();
        let cast = server.cast().unwrap();
        let stage = prepare(&cast, &Silent).await.unwrap();
        let (mut hosts, mut candidates, mut made) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..HOSTS.len() {
            hosts.push(host(&server, number).await);
        }
        for number in 0..8 {
            candidates.push(somebody(&server, Role::Candidate, &format!("candidate{number}")).await);
        }
        for (number, said) in products(&hosts).into_iter().enumerate() {
            let mut product = json!({
                "title": format!("Product {number}"), "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY",
                "idempotencyKey": format!("product {number}")
            });
            product
                .as_object_mut()
                .unwrap()
                .extend(said.as_object().unwrap().clone());
            let defined = cast.recruiter.carry_out(op::DEFINE_TYPE, &product).await.unwrap();
            made.push(Stage {
                interview_type: defined["interviewType"]["id"].as_str().unwrap().to_owned(),
                ..stage.clone()
            });
        }
        Self {
            server,
            cast,
            of_product: vec![0; made.len()],
            products: made,
            candidates,
            now: beginning(),
            dice: Dice::new(20_260_309),
            booked: Vec::new(),
            bookings: 0,
            tries: 0,
            refused: BTreeMap::new(),
        }
    }

    fn below(&mut self, many: usize) -> usize {
        usize::try_from(self.dice.below(u64::try_from(many).unwrap())).unwrap()
    }

    /// Looks at a day of a product: books a start that is offered, and tries one that is not.
    async fn look(&mut self) {
        let number = self.below(self.products.len());
        let product = self.products[number].clone();
        let ahead = i64::try_from(self.below(usize::try_from(DAYS).unwrap())).unwrap();
        let from = self.now + Duration::days(ahead);
        let offered = starts(&self.candidates[0], &product, from, 1).await.unwrap();

        self.try_what_is_not_offered(&product, from, &offered).await;
        if offered.is_empty() {
            return;
        }
        let start = offered[self.below(offered.len())].clone();
        let answer = self.book(&product, &start).await;
        let interview = answer["interview"]["id"].as_str();
        let interview =
            interview.unwrap_or_else(|| panic!("{start} is offered and cannot be booked: {answer}"));
        self.booked.push(interview.to_owned());
        self.bookings += 1;
        self.of_product[number] += 1;
        self.try_what_is_no_longer_offered(&product, from, offered).await;
    }

    /// A start of that day that was offered before somebody booked another.
    async fn try_what_is_no_longer_offered(
        &mut self,
        product: &Stage,
        from: DateTime<Utc>,
        before: Vec<String>,
    ) {
        let still = starts(&self.candidates[0], product, from, 1).await.unwrap();
        let gone: Vec<_> = before
            .into_iter()
            .filter(|start| !still.contains(start))
            .collect();
        if !gone.is_empty() {
            let start = gone[self.below(gone.len())].clone();
            self.expect_refusal(product, &start).await;
        }
    }

    async fn book(&mut self, product: &Stage, start: &str) -> Value {
        let candidate = self.below(self.candidates.len());
        self.tries += 1;
        let key = format!("try {}", self.tries);
        let input = json!({ "input": booking(product, start, &key) });
        let mut answer = self.candidates[candidate]
            .send(op::REQUEST_BOOKING, &input)
            .await
            .unwrap();
        answer["data"]["result"].take()
    }

    /// A start of that day that nobody offers, in the grid of five minutes or beside it.
    async fn try_what_is_not_offered(&mut self, product: &Stage, from: DateTime<Utc>, offered: &[String]) {
        let day = 24 * 60 / usize::try_from(GRID_MINUTES).unwrap();
        let minutes = GRID_MINUTES * i64::try_from(self.below(day)).unwrap();
        let beside = i64::from([0, 0, 0, 0, 30, 61][self.below(6)]);
        let start = from + Duration::minutes(minutes) + Duration::seconds(beside);
        let start = start.format("%FT%TZ").to_string();
        if !offered.contains(&start) {
            self.expect_refusal(product, &start).await;
        }
    }

    async fn expect_refusal(&mut self, product: &Stage, start: &str) {
        let answer = self.book(product, start).await;
        assert!(
            answer["interview"].is_null(),
            "{start} is not offered and was booked: {answer}"
        );
        let code = answer["userErrors"][0]["code"].as_str().unwrap();
        *self.refused.entry(code.to_owned()).or_default() += 1;
    }

    /// Something is called off, or time goes on.
    async fn live_on(&mut self) {
        let too_many = self.booked.len() > MOST_BOOKED;
        if !self.booked.is_empty() && (too_many || self.below(4) == 0) {
            let which = self.below(self.booked.len());
            let interview = self.booked.swap_remove(which);
            let off = json!({ "interviewId": interview, "idempotencyKey": format!("off {interview}") });
            let answer = self
                .cast
                .recruiter
                .send(CANCEL, &json!({ "input": off }))
                .await
                .unwrap();
            let code = &answer["data"]["result"]["userErrors"][0]["code"];
            // It may be over by now, or nobody came.
            assert!(code.is_null() || code == "WRONG_STATE", "{answer}");
        }
        let every = offers() / 25;
        if self.bookings.is_multiple_of(every.max(1)) && self.below(3) == 0 {
            let minutes = i64::try_from(self.below(16 * 60)).unwrap();
            self.now += Duration::minutes(minutes);
            self.server.clock.advance_to(self.now).await.unwrap();
        }
    }
}

async fn what_is_offered_can_be_booked_and_nothing_else(place: Place) {
    let mut world = World::made(place).await;

    while world.bookings < offers() {
        world.look().await;
        world.live_on().await;
    }

    let refused: usize = world.refused.values().sum();
    assert!(refused > offers(), "{:?}", world.refused);
    let taken = world.refused.get("SLOT_TAKEN").copied().unwrap_or_default();
    assert!(taken > offers() / 4, "{:?}", world.refused);
    assert!(
        world.of_product.iter().all(|many| *many > 0),
        "{:?}",
        world.of_product
    );
    eprintln!(
        "{} offers of products {:?} were booked, {refused} other starts refused: {:?}; the last at {}",
        world.bookings, world.of_product, world.refused, world.now
    );
}

#[tokio::test]
async fn what_is_offered_can_be_booked_and_nothing_else_on_sqlite() {
    what_is_offered_can_be_booked_and_nothing_else(Place::embedded()).await;
}

#[tokio::test]
async fn what_is_offered_can_be_booked_and_nothing_else_on_postgres() {
    if let Some(place) = Place::postgres().await {
        what_is_offered_can_be_booked_and_nothing_else(place).await;
    }
}
