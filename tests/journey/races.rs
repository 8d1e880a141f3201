//! Many want the same time at once: exactly one gets it, the others are told `SLOT_TAKEN`, and nothing stays blocked.
//!
//! A few rounds in each run; `GREENROOM_TEST_LONG=1` asks for 1,000 of each.

use std::{
    collections::BTreeSet,
    env,
    ops::{AddAssign, Range},
};

use chrono::{DateTime, Duration, Utc};
use domain::actor::Role;
use futures::future::{join_all, try_join_all};
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, beginning, booking, prepare, starts},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::cancellation::CANCEL;
use crate::support::{
    people::{can_be_met, somebody},
    server::{Place, Server},
};

/// Clients of one race.
const CLIENTS: usize = 64;
/// Interviewers; each race has its own.
const HOSTS: usize = 13;
/// Interviews that all want to move to one time.
const MOVERS: usize = 16;
/// How long each interview is, and how far apart two races are.
const MINUTES: i64 = 30;
/// How long a slot is held for whoever has to pay.
const HOLD_MINUTES: i64 = 5;

const PANEL: &str = "query($id: ID!) { interview(id: $id) { panel { person { id } } } }";
const STANDING: &str = "query($id: ID!) { interview(id: $id) { status revision holdExpiresAt slot { start } payment { status amount { amountMinor } refunded { amountMinor } checkout { url } } } }";
const FIRM: &str = "query($after: Cursor) { interviews(where: {status: {in: [HELD, AWAITING_PAYMENT, CONFIRMED]}}, first: 100, after: $after) { edges { node { id slot { start } } } pageInfo { hasNextPage endCursor } totalCount } }";

fn rounds() -> usize {
    match env::var("GREENROOM_TEST_LONG") {
        Ok(asked) if asked == "1" => 1_000,
        Ok(_) | Err(_) => 3,
    }
}

/// An organisation of people who are there day and night, and of more candidates than there are times.
struct Crowd {
    server: Server,
    cast: Cast,
    stage: Stage,
    candidates: Vec<Client>,
    hosts: Vec<String>,
}

/// How the attempts of one race ended.
#[derive(Debug, Default)]
struct Outcome {
    /// Each interview that got what it wanted, with whoever asked.
    won: Vec<(usize, String)>,
    /// Codes of the refusals.
    refused: Vec<String>,
}

/// Counts of all rounds of one kind, which show that there were races.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Tally {
    won: usize,
    lost: usize,
}

impl AddAssign<&Outcome> for Tally {
    fn add_assign(&mut self, outcome: &Outcome) {
        self.won += outcome.won.len();
        self.lost += outcome.refused.len();
    }
}

impl Outcome {
    fn of(answers: Vec<Value>) -> Self {
        let mut outcome = Self::default();
        for (asker, answer) in answers.into_iter().enumerate() {
            let payload = &answer["data"]["result"];
            match (
                payload["interview"]["id"].as_str(),
                &payload["userErrors"][0]["code"],
            ) {
                (Some(interview), Value::Null) => outcome.won.push((asker, interview.to_owned())),
                (_, Value::String(code)) => outcome.refused.push(code.clone()),
                (_, _) => panic!("neither booked nor refused: {answer}"),
            }
        }
        outcome
    }

    /// The one who won, all others having been told that the slot is taken.
    fn only_winner(&self, round: usize) -> &(usize, String) {
        let others = self.refused.iter().all(|code| code == "SLOT_TAKEN");
        assert!(others && self.won.len() == 1, "round {round}: {self:?}");
        &self.won[0]
    }
}

/// The start of the time that is raced for in a round: none of two rounds touches another.
fn at(round: usize) -> DateTime<Utc> {
    beginning() + Duration::days(2) + Duration::minutes(MINUTES) * i32::try_from(round).unwrap()
}

impl Crowd {
    async fn gather(place: Place) -> Self {
        let server = place.start().await.unwrap();
        let cast = server.cast().unwrap();
        let stage = prepare(&cast, &Silent).await.unwrap();
        let candidates = (0..CLIENTS).map(|number| format!("candidate{number}"));
        let candidates = candidates.map(|name| {
            let server = &server;
            async move { somebody(server, Role::Candidate, &name).await }
        });
        let candidates = join_all(candidates).await;
        let mut hosts = Vec::new();
        for number in 0..HOSTS {
            let host = somebody(&server, Role::Interviewer, &format!("host{number}")).await;
            hosts.push(can_be_met(&host, "UTC", &[("00:00", "24:00")], json!([])).await);
        }
        Self {
            server,
            cast,
            stage,
            candidates,
            hosts,
        }
    }

    /// A product of some of the hosts.
    async fn product(&self, title: &str, hosts: &[usize], said: Value) -> Stage {
        let hosts: Vec<_> = hosts.iter().map(|number| &self.hosts[*number]).collect();
        let mut product = json!({
            "title": title, "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY",
            "durationMinutes": MINUTES, "slotStepMinutes": MINUTES, "horizonDays": 300, "holdMinutes": HOLD_MINUTES,
            "interviewerIds": hosts, "idempotencyKey": title
        });
        let said = said.as_object().unwrap().clone();
        product.as_object_mut().unwrap().extend(said);
        let made = self
            .cast
            .recruiter
            .carry_out(op::DEFINE_TYPE, &product)
            .await
            .unwrap();
        Stage {
            interview_type: made["interviewType"]["id"].as_str().unwrap().to_owned(),
            ..self.stage.clone()
        }
    }

    /// Every client books at once; `products` says which, in turn.
    async fn all_book(&self, products: &[Stage], start: DateTime<Utc>, clients: Range<usize>) -> Outcome {
        let start = start.to_rfc3339();
        let inputs: Vec<_> = clients
            .clone()
            .map(|client| {
                let product = &products[client % products.len()];
                let key = format!("{} {start}", product.interview_type);
                json!({ "input": booking(product, &start, &key) })
            })
            .collect();
        let asked = self.candidates[clients].iter().zip(&inputs);
        let answers = try_join_all(asked.map(|(client, input)| client.send(op::REQUEST_BOOKING, input)));
        Outcome::of(answers.await.unwrap())
    }

    async fn panel(&self, interview: &str) -> Vec<Value> {
        let asked = json!({ "id": interview });
        let data = self.cast.recruiter.data(PANEL, &asked).await.unwrap();
        let panel = data["interview"]["panel"].as_array().unwrap().iter();
        panel.map(|seat| seat["person"]["id"].clone()).collect()
    }

    /// Every time that has been won, with the interview; each is looked for by the recruiter's list.
    async fn firm(&self) -> Vec<(String, String)> {
        let (mut found, mut after) = (Vec::new(), Value::Null);
        loop {
            let data = self
                .cast
                .recruiter
                .data(FIRM, &json!({ "after": after }))
                .await
                .unwrap();
            let page = &data["interviews"];
            for edge in page["edges"].as_array().unwrap() {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                found.push((text(&edge["node"]["slot"]["start"]), text(&edge["node"]["id"])));
            }
            if page["pageInfo"]["hasNextPage"] == false {
                return found;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }

    /// Calls everything off that was won, and asserts that then every start of a product can be booked again: whoever
    /// lost has left nothing in any calendar.
    async fn leaves_nothing_behind(&self, products: &[Stage], rounds: Range<usize>) {
        for (_, interview) in self.firm().await {
            let off = json!({ "interviewId": interview, "idempotencyKey": format!("off {interview}") });
            self.cast.recruiter.carry_out(CANCEL, &off).await.unwrap();
        }
        for product in products {
            let mut offered = BTreeSet::new();
            let (mut from, end) = (at(rounds.start), at(rounds.end));
            while from < end {
                offered.extend(starts(&self.cast.candidate, product, from, 31).await.unwrap());
                from += Duration::days(31);
            }
            for round in rounds.clone() {
                let start = at(round).format("%FT%TZ").to_string();
                assert!(
                    offered.contains(&start),
                    "{start} of round {round} is still taken"
                );
            }
        }
    }
}

/// All want one interviewer at one time.
async fn one_slot(crowd: &Crowd) -> Tally {
    let mut tally = Tally::default();
    let product = [crowd.product("one", &[0], json!({ "seats": 1 })).await];
    for round in 0..rounds() {
        let outcome = crowd.all_book(&product, at(round), 0..CLIENTS).await;
        outcome.only_winner(round);
        tally += &outcome;
    }
    crowd.leaves_nothing_behind(&product, 0..rounds()).await;
    tally
}

/// Ten panels of three out of five people, of which any two have somebody in common.
async fn panels(crowd: &Crowd) -> Tally {
    let mut products = Vec::new();
    for left_out in [
        [1, 2],
        [1, 3],
        [1, 4],
        [1, 5],
        [2, 3],
        [2, 4],
        [2, 5],
        [3, 4],
        [3, 5],
        [4, 5],
    ] {
        let panel: Vec<_> = (1..=5).filter(|host| !left_out.contains(host)).collect();
        let title = format!("panel without {left_out:?}");
        products.push(crowd.product(&title, &panel, json!({ "seats": 3 })).await);
    }
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let outcome = crowd.all_book(&products, at(round), 0..CLIENTS).await;
        let (_, interview) = outcome.only_winner(round);
        let panel = crowd.panel(interview).await;
        assert_eq!(panel.len(), 3, "round {round}: {panel:?}");
        tally += &outcome;
    }
    crowd.leaves_nothing_behind(&products, 0..rounds()).await;
    tally
}

/// Of three who take turns two are taken already.
async fn one_host_left(crowd: &Crowd) -> Tally {
    let said = json!({ "panelStrategy": "ROUND_ROBIN", "seats": 1 });
    let product = [crowd.product("turns", &[6, 7, 8], said).await];
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let early = crowd.all_book(&product, at(round), 0..2).await;
        assert_eq!(early.won.len(), 2, "round {round}: {early:?}");
        let late = crowd.all_book(&product, at(round), 2..CLIENTS).await;
        let last = late.only_winner(round).1.clone();
        let interviews = early.won.iter().map(|(_, interview)| interview).chain([&last]);
        let panels = join_all(interviews.map(|interview| crowd.panel(interview)))
            .await
            .concat();
        let met: BTreeSet<_> = panels.iter().map(Value::to_string).collect();
        assert_eq!((panels.len(), met.len()), (3, 3), "round {round}: {panels:?}");
        tally += &late;
    }
    crowd.leaves_nothing_behind(&product, 0..rounds()).await;
    tally
}

/// Interviews of one interviewer all want to move to one time.
async fn moves(crowd: &Crowd) -> Tally {
    let product = [crowd.product("moving", &[9], json!({ "seats": 1 })).await];
    let mut movers = Vec::new();
    for number in 0..MOVERS {
        let booked = crowd.all_book(&product, at(number), number..number + 1).await;
        movers.push((booked.only_winner(number).1.clone(), 1_u64, at(number)));
    }
    let mut tally = Tally::default();
    for round in MOVERS..MOVERS + rounds() {
        let inputs: Vec<_> = movers
            .iter()
            .map(|(interview, revision, _)| {
                json!({ "input": {
                    "interviewId": interview, "start": at(round).to_rfc3339(), "expectedRevision": revision,
                    "idempotencyKey": format!("{interview} {round}")
                } })
            })
            .collect();
        let asked = crowd.candidates.iter().zip(&inputs);
        let answers = try_join_all(asked.map(|(client, input)| client.send(op::RESCHEDULE, input)));
        let outcome = Outcome::of(answers.await.unwrap());
        let (winner, _) = *outcome.only_winner(round);
        movers[winner].1 += 1;
        movers[winner].2 = at(round);
        tally += &outcome;
    }
    for (interview, revision, start) in &movers {
        let data = crowd
            .cast
            .recruiter
            .data(STANDING, &json!({ "id": interview }))
            .await
            .unwrap();
        assert_eq!(data["interview"]["revision"], *revision, "{data}");
        assert_eq!(
            data["interview"]["slot"]["start"],
            start.format("%FT%TZ").to_string(),
            "{data}"
        );
    }
    crowd.leaves_nothing_behind(&product, 0..MOVERS + rounds()).await;
    tally
}

/// Somebody pays while others want the slot, in turn just before the hold dies and at the moment at which it does.
async fn payments(crowd: &Crowd) -> (Tally, Tally) {
    let prices = json!({ "name": "Races", "items": [{
        "difficulty": "EASY", "minutes": 30, "price": { "amountMinor": "9900", "currency": "INR" },
        "cost": { "amountMinor": "3000", "currency": "INR" }
    }], "idempotencyKey": "races" });
    let prices = crowd
        .cast
        .recruiter
        .carry_out(op::PUBLISH_PRICE_LIST, &prices)
        .await
        .unwrap();
    let said = json!({ "seats": 1, "priceListId": prices["priceList"]["id"] });
    let product = [crowd.product("paid", &[10], said).await];
    let (mut in_time, mut late) = (Tally::default(), Tally::default());
    for round in 0..rounds() {
        // Far enough ahead that the clock, which goes on with every round, does not pass it.
        let start = at(round) + Duration::days(60);
        let held = crowd.all_book(&product, start, 0..1).await;
        let interview = json!({ "id": held.only_winner(round).1 });
        let open = |data: &Value| data["interview"]["payment"]["checkout"]["url"].is_string();
        let open = crowd.candidates[0]
            .until(STANDING, &interview, open)
            .await
            .unwrap();
        let dies = open["interview"]["holdExpiresAt"].as_str().unwrap();
        let dies = DateTime::parse_from_rfc3339(dies).unwrap().to_utc();
        let is_late = round % 2 == 1;
        let moment = if is_late {
            dies
        } else {
            dies - Duration::seconds(1)
        };
        crowd.server.clock.advance_to(moment).await.unwrap();

        let page = format!(
            "{}/pay",
            open["interview"]["payment"]["checkout"]["url"].as_str().unwrap()
        );
        let pay = json!({ "outcome": "succeed", "webhooks": { "duplicate": 2, "shuffle": true } });
        let paying = crowd.candidates[0].post(&page, &pay);
        let (paid, others) = tokio::join!(paying, crowd.all_book(&product, start, 1..9));
        paid.unwrap();
        // The provider tells of the money, and later of the refund, when it likes.
        let payer = &crowd.candidates[0];
        let has_come = |data: &Value| {
            let status = &data["interview"]["payment"]["status"];
            *status == "CAPTURED" || *status == "REFUNDED"
        };
        payer.until(STANDING, &interview, has_come).await.unwrap();
        crowd.server.clock.settle().await.unwrap();
        let is_settled = |data: &Value| {
            let (status, refunded) = (
                &data["interview"]["status"],
                &data["interview"]["payment"]["refunded"],
            );
            *status == "CONFIRMED" || refunded["amountMinor"] != "0"
        };
        let data = payer.until(STANDING, &interview, is_settled).await.unwrap();
        let payer = &data["interview"];
        let is_confirmed = payer["status"] == "CONFIRMED";
        let winners = others.won.len() + usize::from(is_confirmed);
        assert_eq!(winners, 1, "round {round}: {payer} {others:?}");
        assert!(
            others.refused.iter().all(|code| code == "SLOT_TAKEN"),
            "round {round}: {others:?}"
        );
        let back = if is_confirmed { "0" } else { "9900" };
        assert_eq!(
            payer["payment"]["refunded"]["amountMinor"], back,
            "round {round}: {payer}"
        );
        assert!(is_late || is_confirmed, "round {round}: {payer}");
        *if is_late { &mut late } else { &mut in_time } += &others;
    }
    (in_time, late)
}

/// Different starts of a day on which one more of the product is taken on, and two hosts who have time for all of them.
async fn last_places(crowd: &Crowd) -> Tally {
    const RIVALS: usize = 8;
    let said = json!({ "panelStrategy": "ROUND_ROBIN", "seats": 1, "limits": { "perDay": 2 } });
    let product = [crowd.product("few a day", &[11, 12], said).await];
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let day = beginning() + Duration::days(3 + i64::try_from(round % 100).unwrap());
        let inputs: Vec<_> = (0..=RIVALS)
            .map(|client| {
                let start = day + Duration::hours(i64::try_from(client).unwrap());
                let key = format!("last places {round}");
                json!({ "input": booking(&product[0], &start.to_rfc3339(), &key) })
            })
            .collect();
        let ask = |client: usize| crowd.candidates[client].send(op::REQUEST_BOOKING, &inputs[client]);

        let first = Outcome::of(vec![ask(0).await.unwrap()]);
        let outcome = Outcome::of(try_join_all((1..=RIVALS).map(ask)).await.unwrap());

        let full = |code: &String| code == "SLOT_NOT_OFFERED";
        assert!(
            first.won.len() == 1 && outcome.won.len() == 1 && outcome.refused.iter().all(full),
            "round {round}: {first:?} {outcome:?}"
        );
        tally += &outcome;
        for (_, interview) in first.won.iter().chain(&outcome.won) {
            let off = json!({ "interviewId": interview, "idempotencyKey": format!("off {interview}") });
            crowd.cast.recruiter.carry_out(CANCEL, &off).await.unwrap();
        }
    }
    crowd.leaves_nothing_behind(&product, 0..rounds()).await;
    tally
}

async fn exactly_one_wins(place: Place) {
    let crowd = Crowd::gather(place).await;
    let each = rounds();

    let only = |clients: usize| Tally {
        won: each,
        lost: each * (clients - 1),
    };
    assert_eq!(one_slot(&crowd).await, only(CLIENTS));
    assert_eq!(panels(&crowd).await, only(CLIENTS));
    assert_eq!(one_host_left(&crowd).await, only(CLIENTS - 2));
    assert_eq!(moves(&crowd).await, only(MOVERS));
    let places = Tally {
        won: each,
        lost: each * 7,
    };
    assert_eq!(last_places(&crowd).await, places);
    let (in_time, late) = payments(&crowd).await;
    assert_eq!((in_time.won, in_time.lost), (0, each.div_ceil(2) * 8));
    assert_eq!(late.won + late.lost, each / 2 * 8);
    eprintln!(
        "{each} rounds of each race; {} late payments lost the slot to others",
        late.won
    );
}

#[tokio::test]
async fn of_all_who_want_one_time_exactly_one_gets_it_on_sqlite() {
    exactly_one_wins(Place::embedded()).await;
}

#[tokio::test]
async fn of_all_who_want_one_time_exactly_one_gets_it_on_postgres() {
    if let Some(place) = Place::postgres().await {
        exactly_one_wins(place).await;
    }
}
