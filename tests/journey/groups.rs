//! Candidates who share one panel at one time: each has a seat, nobody has two, and nobody is in the way of the others.

use chrono::Duration;
use domain::actor::Role;
use futures::future::{join_all, try_join_all};
use greenroom::demo::{
    client::Client,
    journey::{Cast, Clockwork, Stage, beginning, booking, moment, prepare, timeline},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use super::{cancellation::CANCEL, invitations::ASSIGN};
use crate::support::{
    ending::count,
    people::{can_be_met, somebody},
    server::{Place, Server},
};

const SLOTS: &str = "query($input: SlotsInput!) { slots(input: $input) { slots { start seatsLeft } removed { slot { start } rule } } }";
const GROUP: &str = "query($id: ID!) { interview(id: $id) { id status revision candidate { id } group { groupId seats } slot { start seatsLeft } panel { person { id } answer } type { candidateSeats } } }";
const MEMBERS: &str =
    "query($group: ID!) { interviews(where: {groupId: {eq: $group}}) { totalCount edges { node { id } } } }";
const AGENDA: &str = "query($people: [ID!]!, $from: DateTime!, $to: DateTime!) { agenda(personIds: $people, from: $from, to: $to) { kind start interview { id } } }";
const RESPOND: &str = "mutation($input: RespondToInviteInput!) { result: respondToInvite(input: $input) { interview { id } userErrors { code message field } } }";
const REPLACE: &str = "mutation($input: ReplaceInterviewerInput!) { result: replaceInterviewer(input: $input) { interview { id } userErrors { code message field } } }";
const JOIN_WAITLIST: &str = "mutation($input: JoinWaitlistInput!) { result: joinWaitlist(input: $input) { entry { id } userErrors { code message field } } }";
const WAITLIST: &str = "{ waitlist { edges { node { id status offer { slot { start } interviewId } } } } }";
const ACCEPT: &str = "mutation($input: AcceptWaitlistOfferInput!) { result: acceptWaitlistOffer(input: $input) { interview { id } userErrors { code message field } } }";
const LIMIT: &str = "mutation($input: SetBookingLimitsInput!) { result: setBookingLimits(input: $input) { availability { timeZone } userErrors { code message field } } }";

const FREE: &str = "2026-03-10T13:00:00Z";
const NEXT: &str = "2026-03-10T14:00:00Z";

/// A product for groups, with hosts who are there day and night and candidates of its own.
struct Class {
    server: Server,
    cast: Cast,
    stage: Stage,
    hosts: Vec<(Client, String)>,
    candidates: Vec<Client>,
}

impl Class {
    async fn of(place: Place, candidates: usize, said: Value) -> Self {
        let server = place.start().await.unwrap();
        let cast = server.cast().unwrap();
        let stage = prepare(&cast, &Silent).await.unwrap();
        let mut hosts = Vec::new();
        for name in ["maya", "noor"] {
            let host = somebody(&server, Role::Interviewer, name).await;
            let account = can_be_met(&host, "UTC", &[("00:00", "24:00")], json!([])).await;
            hosts.push((host, account));
        }
        let ids: Vec<_> = hosts.iter().map(|(_, account)| account).collect();
        let mut product = json!({
            "title": "Group talk", "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY",
            "durationMinutes": 30, "slotStepMinutes": 30, "bufferAfterMinutes": 10, "candidateSeats": 3,
            "panelStrategy": "ROUND_ROBIN", "seats": 1, "interviewerIds": ids, "idempotencyKey": "group talk"
        });
        let said = said.as_object().unwrap().clone();
        product.as_object_mut().unwrap().extend(said);
        let made = cast.recruiter.carry_out(op::DEFINE_TYPE, &product).await.unwrap();
        let interview_type = made["interviewType"]["id"].as_str().unwrap().to_owned();
        let people = (0..candidates).map(|number| {
            let server = &server;
            async move { somebody(server, Role::Candidate, &format!("pupil{number}")).await }
        });
        let candidates = join_all(people).await;
        server.clock.settle().await.unwrap();
        let stage = Stage {
            interview_type,
            ..stage
        };
        Self {
            server,
            cast,
            stage,
            hosts,
            candidates,
        }
    }

    async fn book(&self, candidate: usize, start: &str) -> String {
        let input = booking(&self.stage, start, &format!("book {start}"));
        let booked = self.candidates[candidate]
            .carry_out(op::REQUEST_BOOKING, &input)
            .await
            .unwrap();
        booked["interview"]["id"].as_str().unwrap().to_owned()
    }

    async fn refused(&self, candidate: usize, start: &str, key: &str) -> String {
        let input = booking(&self.stage, start, key);
        let asked = self.candidates[candidate].refusal(op::REQUEST_BOOKING, &input);
        asked.await.unwrap()
    }

    /// What an interview is, as a recruiter sees it.
    async fn seen(&self, interview: &str) -> Value {
        let data = self.cast.recruiter.data(GROUP, &json!({ "id": interview })).await;
        data.unwrap()["interview"].take()
    }

    /// How many seats are left at a start; none when it is not offered.
    async fn left(&self, start: &str) -> Option<u64> {
        let until = moment(start).unwrap() + Duration::minutes(1);
        let input = json!({ "input": {
            "typeId": self.stage.interview_type, "from": start, "to": until.to_rfc3339(), "timeZone": "UTC"
        } });
        let data = self.candidates[0].data(SLOTS, &input).await.unwrap();
        let slots = data["slots"]["slots"].as_array().unwrap();
        slots.first().map(|slot| slot["seatsLeft"].as_u64().unwrap())
    }

    fn host(&self, seen: &Value) -> &(Client, String) {
        let account = seen["panel"][0]["person"]["id"].as_str().unwrap();
        self.hosts.iter().find(|(_, known)| known == account).unwrap()
    }
}

#[tokio::test]
async fn candidates_share_a_panel_until_its_seats_are_taken_on_sqlite() {
    candidates_share_a_panel_until_its_seats_are_taken(Place::embedded()).await;
}

#[tokio::test]
async fn candidates_share_a_panel_until_its_seats_are_taken_on_postgres() {
    if let Some(place) = Place::postgres().await {
        candidates_share_a_panel_until_its_seats_are_taken(place).await;
    }
}

async fn candidates_share_a_panel_until_its_seats_are_taken(place: Place) {
    let class = Class::of(place, 7, json!({})).await;
    assert_eq!(class.left(FREE).await, Some(3));
    let mut seats = vec![class.book(0, FREE).await];
    assert_eq!(class.left(FREE).await, Some(2));
    assert_eq!(class.refused(0, FREE, "twice").await, "ALREADY_IN_GROUP");
    seats.push(class.book(1, FREE).await);
    assert_eq!(class.left(FREE).await, Some(1));
    seats.push(class.book(2, FREE).await);

    // The other host can begin a group of their own; then nobody is left.
    assert_eq!(class.left(FREE).await, Some(3));
    let other = class.book(3, FREE).await;
    let first = class.seen(&seats[0]).await;
    let apart = class.seen(&other).await;
    assert_ne!(first["group"]["groupId"], apart["group"]["groupId"]);
    assert_ne!(first["panel"][0]["person"], apart["panel"][0]["person"]);
    for seat in &seats {
        let seen = class.seen(seat).await;
        assert_eq!(seen["group"], first["group"], "{seen}");
        assert_eq!(seen["panel"], first["panel"], "{seen}");
        assert_eq!(
            seen["slot"],
            json!({ "start": FREE, "seatsLeft": null }),
            "{seen}"
        );
    }
    assert_eq!(first["group"]["seats"], 3);
    assert_eq!(first["type"]["candidateSeats"], 3);
    class.book(4, FREE).await;
    class.book(5, FREE).await;
    assert_eq!(class.left(FREE).await, None);
    assert_eq!(class.refused(6, FREE, "late").await, "SLOT_TAKEN");

    who_sees_whom(&class, &first["group"]["groupId"], &seats).await;
    a_seat_that_is_given_up_can_be_had(&class, &seats).await;
}

/// Those who run interviews find all seats; a candidate finds the own one. The host has each seat in the agenda.
async fn who_sees_whom(class: &Class, group: &Value, seats: &[String]) {
    let asked = json!({ "group": group });
    let all = class.cast.recruiter.data(MEMBERS, &asked).await.unwrap();
    let own = class.candidates[1].data(MEMBERS, &asked).await.unwrap();
    let stranger = class.candidates[6].data(MEMBERS, &asked).await.unwrap();
    assert_eq!(all["interviews"]["totalCount"], 3, "{all}");
    assert_eq!(
        own["interviews"],
        json!({ "totalCount": 1, "edges": [{ "node": { "id": seats[1] } }] })
    );
    assert_eq!(stranger["interviews"]["totalCount"], 0);
    let (host, account) = class.host(&class.seen(&seats[0]).await);
    let day = json!({ "people": [account], "from": "2026-03-10T00:00:00Z", "to": "2026-03-11T00:00:00Z" });
    let agenda = host.data(AGENDA, &day).await.unwrap();
    assert_eq!(agenda["agenda"].as_array().unwrap().len(), 3, "{agenda}");
}

/// By a move to a time of its own, to which another seat then moves too, and by calling one off.
async fn a_seat_that_is_given_up_can_be_had(class: &Class, seats: &[String]) {
    let to = |interview: &str, start: &str| {
        json!({
            "interviewId": interview, "start": start, "expectedRevision": 1,
            "idempotencyKey": format!("move {interview}")
        })
    };
    for (candidate, seat) in seats.iter().enumerate().take(2) {
        let mover = &class.candidates[candidate];
        mover.carry_out(op::RESCHEDULE, &to(seat, NEXT)).await.unwrap();
    }
    let [one, two, stayed] = [&seats[0], &seats[1], &seats[2]];
    let (one, two, stayed) = (
        class.seen(one).await,
        class.seen(two).await,
        class.seen(stayed).await,
    );
    assert_eq!(one["group"], two["group"], "{one} {two}");
    assert_ne!(one["group"]["groupId"], stayed["group"]["groupId"]);
    assert_eq!(class.left(FREE).await, Some(2));
    assert_eq!(class.left(NEXT).await, Some(1));

    let off = json!({ "interviewId": seats[2], "idempotencyKey": "off" });
    class.candidates[2].carry_out(CANCEL, &off).await.unwrap();
    let late = class.book(6, FREE).await;
    assert_eq!(
        class.seen(&late).await["panel"][0]["person"],
        one["panel"][0]["person"]
    );
    assert_eq!(class.left(FREE).await, Some(2));
}

#[tokio::test]
async fn a_group_is_one_meeting_with_one_answer_one_panel_and_one_room() {
    let class = Class::of(Place::embedded(), 3, json!({})).await;
    let limits = json!({ "perDay": 1, "idempotencyKey": "one a day" });
    for (host, _) in &class.hosts {
        host.carry_out(LIMIT, &limits).await.unwrap();
    }
    let mut seats = Vec::new();
    for candidate in 0..3 {
        seats.push(class.book(candidate, FREE).await);
    }
    class.server.clock.settle().await.unwrap();

    // One refusal is that to the whole group, and whoever stands in does so for all of it.
    let (first, former) = class.host(&class.seen(&seats[0]).await);
    let declined = json!({ "interviewId": seats[1], "answer": "DECLINED", "idempotencyKey": "no" });
    first.carry_out(RESPOND, &declined).await.unwrap();
    class.server.clock.settle().await.unwrap();
    let seen = class.seen(&seats[0]).await;
    let (_, second) = class.host(&seen);
    assert_ne!(second, former);
    for seat in &seats {
        assert_eq!(class.seen(seat).await["panel"], seen["panel"]);
    }
    let back = json!({
        "interviewId": seats[2], "formerId": second, "interviewerId": former, "idempotencyKey": "back"
    });
    class.cast.recruiter.carry_out(REPLACE, &back).await.unwrap();
    for seat in &seats {
        assert_eq!(class.seen(seat).await["panel"][0]["person"]["id"], json!(former));
    }

    class.server.clock.settle().await.unwrap();
    let start = moment(FREE).unwrap();
    class.server.clock.advance_to(start).await.unwrap();
    let host = join(first, &seats[2]).await;
    let pupil = join(&class.candidates[0], &seats[0]).await;
    assert_eq!(host.0, pupil.0, "they are not in one room");
    assert_eq!(class.seen(&seats[0]).await["status"], "LIVE");
    assert_eq!(class.seen(&seats[1]).await["status"], "OPEN");
    join(&class.candidates[1], &seats[1]).await;
    class
        .server
        .clock
        .advance_to(start + Duration::minutes(20))
        .await
        .unwrap();
    // The host goes and comes again; whoever did not come is missed, and nobody else.
    let gone = json!({ "interviewId": seats[2], "connectionId": host.1 });
    first.carry_out(op::LEAVE_ROOM, &gone).await.unwrap();
    join(first, &seats[2]).await;
    assert_eq!(class.seen(&seats[2]).await["status"], "NO_SHOW");

    class
        .server
        .clock
        .advance_to(start + Duration::minutes(25))
        .await
        .unwrap();
    let end = json!({ "interviewId": seats[0] });
    let ended = first.carry_out(op::END_INTERVIEW, &end).await.unwrap();
    assert_eq!(
        ended["interview"]["attendance"]["interviewerSeconds"], 1_500,
        "{ended}"
    );
    assert_eq!(class.seen(&seats[1]).await["status"], "COMPLETED");
    let told = timeline(&class.cast.recruiter, &seats[1]).await.unwrap();
    assert_eq!(count(&told, "interview.started"), 1);
    assert_eq!(count(&told, "scorecard.assigned"), 1);
}

/// The path of the room and the connection.
async fn join(client: &Client, interview: &str) -> (String, String) {
    let joined = client
        .carry_out(op::JOIN_ROOM, &json!({ "interviewId": interview }))
        .await
        .unwrap();
    let url: url::Url = joined["ticket"]["url"].as_str().unwrap().parse().unwrap();
    let connection = joined["connectionId"].as_str().unwrap().to_owned();
    (url.path().to_owned(), connection)
}

#[tokio::test]
async fn who_pays_too_late_gets_a_seat_in_the_group_that_has_the_time_by_then() {
    let class = Class::of(Place::embedded(), 3, json!({ "candidateSeats": 2 })).await;
    let rupees = |minor: &str| json!({ "amountMinor": minor, "currency": "INR" });
    let easy =
        json!({ "difficulty": "EASY", "price": rupees("9900"), "cost": rupees("3000"), "minutes": 30 });
    let prices = json!({ "name": "Groups", "items": [easy], "idempotencyKey": "prices of groups" });
    let recruiter = &class.cast.recruiter;
    let list = recruiter
        .carry_out(op::PUBLISH_PRICE_LIST, &prices)
        .await
        .unwrap();
    let ids: Vec<_> = class.hosts[..1].iter().map(|(_, account)| account).collect();
    let product = json!({
        "title": "Paid group", "kind": "GENERAL", "purpose": "MOCK", "difficulty": "EASY", "durationMinutes": 30,
        "slotStepMinutes": 30, "candidateSeats": 2, "interviewerIds": ids, "priceListId": list["priceList"]["id"],
        "idempotencyKey": "paid"
    });
    let made = class
        .cast
        .recruiter
        .carry_out(op::DEFINE_TYPE, &product)
        .await
        .unwrap();
    let class = Class {
        stage: Stage {
            interview_type: made["interviewType"]["id"].as_str().unwrap().to_owned(),
            ..class.stage
        },
        ..class
    };
    let late = class.book(0, FREE).await;
    let asked = json!({ "id": late });
    let open = |data: &Value| data["interview"]["payment"]["checkout"]["url"].is_string();
    let payer = &class.candidates[0];
    let data = payer.until(op::INTERVIEW, &asked, open).await.unwrap();
    let page = data["interview"]["payment"]["checkout"]["url"].as_str().unwrap();
    let page = format!("{page}/pay");
    let former = class.seen(&late).await["group"].clone();
    let hours = beginning() + Duration::hours(2);
    class.server.clock.advance_to(hours).await.unwrap();
    let expired = |data: &Value| data["interview"]["status"] == "EXPIRED";
    payer.until(op::INTERVIEW, &asked, expired).await.unwrap();
    let faster = class.book(1, FREE).await;

    payer
        .post(
            &page,
            &json!({ "outcome": "succeed", "webhooks": { "duplicate": 2, "shuffle": true } }),
        )
        .await
        .unwrap();
    let confirmed = |data: &Value| data["interview"]["status"] == "CONFIRMED";
    payer.until(op::INTERVIEW, &asked, confirmed).await.unwrap();

    let (late, faster) = (class.seen(&late).await, class.seen(&faster).await);
    assert_eq!(late["group"], faster["group"]);
    assert_ne!(late["group"], former);
    assert_eq!(class.left(FREE).await, None);
    assert_eq!(class.refused(2, FREE, "third").await, "SLOT_TAKEN");
}

#[tokio::test]
async fn a_seat_that_is_given_up_is_offered_to_whoever_waits_for_it() {
    let class = Class::of(Place::embedded(), 5, json!({ "candidateSeats": 2 })).await;
    let mut seats = Vec::new();
    for candidate in 0..4 {
        seats.push(class.book(candidate, FREE).await);
    }
    let until = moment(FREE).unwrap() + Duration::minutes(1);
    let wait = json!({
        "typeId": class.stage.interview_type, "from": FREE, "to": until.to_rfc3339(), "timeZone": "UTC"
    });
    let waiting = &class.candidates[4];
    waiting.carry_out(JOIN_WAITLIST, &wait).await.unwrap();

    let off = json!({ "interviewId": seats[2], "idempotencyKey": "off" });
    class.candidates[2].carry_out(CANCEL, &off).await.unwrap();
    class.server.clock.settle().await.unwrap();
    assert_eq!(
        class.left(FREE).await,
        None,
        "what is offered to one is offered to nobody else"
    );
    let list = waiting.data(WAITLIST, &json!({})).await.unwrap();
    let entry = &list["waitlist"]["edges"][0]["node"];
    assert_eq!(entry["offer"]["slot"]["start"], FREE, "{entry}");
    let accept = json!({
        "typeId": class.stage.interview_type, "entryId": entry["id"], "idempotencyKey": "yes"
    });
    let taken = waiting.carry_out(ACCEPT, &accept).await.unwrap();

    let taken = class.seen(taken["interview"]["id"].as_str().unwrap()).await;
    let beside = class.seen(&seats[3]).await;
    assert_eq!(taken["group"], beside["group"]);
    assert_eq!(taken["panel"][0]["person"], beside["panel"][0]["person"]);
}

/// The offer is a claim in the calendars of the panel, and no interview yet.
#[tokio::test]
async fn the_panel_of_a_group_changes_while_a_seat_of_it_is_offered_to_somebody_who_waits() {
    let class = Class::of(Place::embedded(), 3, json!({ "candidateSeats": 2, "seats": 2 })).await;
    let third = somebody(&class.server, Role::Interviewer, "omar").await;
    let omar = can_be_met(&third, "UTC", &[("00:00", "24:00")], json!([])).await;
    let [(first, maya), (second, noor)] = &class.hosts[..] else {
        panic!("there are two hosts");
    };
    let seats = [class.book(0, FREE).await, class.book(1, FREE).await];
    let until = moment(FREE).unwrap() + Duration::minutes(1);
    let wait = json!({
        "typeId": class.stage.interview_type, "from": FREE, "to": until.to_rfc3339(), "timeZone": "UTC"
    });
    let waiting = &class.candidates[2];
    waiting.carry_out(JOIN_WAITLIST, &wait).await.unwrap();
    let off = json!({ "interviewId": seats[1], "idempotencyKey": "off" });
    class.candidates[1].carry_out(CANCEL, &off).await.unwrap();
    class.server.clock.settle().await.unwrap();
    let list = waiting.data(WAITLIST, &json!({})).await.unwrap();
    let entry = list["waitlist"]["edges"][0]["node"].clone();
    assert_eq!(entry["status"], "OFFERED", "{entry}");
    let people = |seen: &Value| {
        let panel = seen["panel"].as_array().unwrap().iter();
        let mut people: Vec<_> = panel.map(|seat| seat["person"]["id"].clone()).collect();
        people.sort_by_key(Value::to_string);
        people
    };
    let of = |people: [&String; 2]| {
        let mut people = people.map(|account| json!(account));
        people.sort_by_key(Value::to_string);
        people.to_vec()
    };

    // One declines, another is named for the seat, and the second gives theirs to the first again.
    let no = json!({ "interviewId": seats[0], "answer": "DECLINED", "idempotencyKey": "no" });
    first.carry_out(RESPOND, &no).await.unwrap();
    class.server.clock.settle().await.unwrap();
    assert_eq!(people(&class.seen(&seats[0]).await), [json!(noor)]);
    let named = json!({ "interviewId": seats[0], "interviewerId": omar, "idempotencyKey": "omar" });
    class.cast.recruiter.carry_out(ASSIGN, &named).await.unwrap();
    assert_eq!(people(&class.seen(&seats[0]).await), of([noor, &omar]));
    let back = json!({
        "interviewId": seats[0], "formerId": noor, "interviewerId": maya, "idempotencyKey": "back"
    });
    class.cast.recruiter.carry_out(REPLACE, &back).await.unwrap();
    assert_eq!(people(&class.seen(&seats[0]).await), of([maya, &omar]));

    // The seat that was offered has the panel of the offer, and changes hands like the others.
    let accept = json!({
        "typeId": class.stage.interview_type, "entryId": entry["id"], "idempotencyKey": "yes"
    });
    let taken = waiting.carry_out(ACCEPT, &accept).await.unwrap();
    let taken = taken["interview"]["id"].as_str().unwrap();
    class.server.clock.settle().await.unwrap();
    let seen = class.seen(taken).await;
    assert_eq!(seen["status"], "CONFIRMED", "{seen}");
    assert_eq!(seen["group"], class.seen(&seats[0]).await["group"]);
    assert_eq!(people(&seen), of([maya, noor]));
    let no = json!({ "interviewId": taken, "answer": "DECLINED", "idempotencyKey": "no again" });
    second.carry_out(RESPOND, &no).await.unwrap();
    let named = json!({ "interviewId": taken, "interviewerId": omar, "idempotencyKey": "omar too" });
    class.cast.recruiter.carry_out(ASSIGN, &named).await.unwrap();
    for seat in [seats[0].as_str(), taken] {
        assert_eq!(people(&class.seen(seat).await), of([maya, &omar]));
    }
    class.server.clock.settle().await.unwrap();
    let system = class.cast.admin.data(op::SYSTEM, &json!({})).await.unwrap();
    assert_eq!(system["system"]["effects"]["dead"], 0, "{system}");
}

#[tokio::test]
async fn a_group_is_set_up_directly_too_and_what_makes_no_sense_is_refused() {
    let class = Class::of(Place::embedded(), 1, json!({})).await;
    let direct = "mutation($input: ScheduleInterviewInput!) { result: scheduleInterview(input: $input) { interview { id group { groupId } } userErrors { code message field } } }";
    let host = &class.hosts[0].1;
    let set_up = |candidate: &str, key: &str| {
        json!({
            "typeId": class.stage.interview_type, "candidateId": candidate, "start": FREE, "interviewerIds": [host],
            "idempotencyKey": key
        })
    };
    let account = |viewer: Value| viewer["viewer"]["account"]["id"].as_str().unwrap().to_owned();
    let pupil = account(class.candidates[0].data(op::VIEWER, &json!({})).await.unwrap());
    let recruiter = &class.cast.recruiter;
    let one = recruiter
        .carry_out(direct, &set_up(&class.stage.candidate, "one"))
        .await
        .unwrap();
    let two = recruiter.carry_out(direct, &set_up(&pupil, "two")).await.unwrap();
    let again = recruiter.refusal(direct, &set_up(&pupil, "again")).await.unwrap();
    assert_eq!(one["interview"]["group"], two["interview"]["group"]);
    assert_eq!(again, "ALREADY_IN_GROUP");

    class.server.clock.settle().await.unwrap();
    let head = |system: Value| system["system"]["head"].clone();
    let admin = &class.cast.admin;
    let before = head(admin.data(op::SYSTEM, &json!({})).await.unwrap());
    for seats in [0, -1, 51, 1_000] {
        let product = json!({
            "title": "Other", "kind": "GENERAL", "purpose": "RECRUITING", "difficulty": "EASY",
            "durationMinutes": 30, "interviewerIds": [host], "candidateSeats": seats,
            "idempotencyKey": format!("seats {seats}")
        });
        let answer = recruiter
            .send(op::DEFINE_TYPE, &json!({ "input": product }))
            .await
            .unwrap();
        let error = &answer["data"]["result"]["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("INVALID"), &json!(["input", "candidateSeats"]))
        );
    }
    assert_eq!(head(admin.data(op::SYSTEM, &json!({})).await.unwrap()), before);
}

#[tokio::test]
async fn of_64_who_want_a_seat_exactly_as_many_get_one_as_there_are_on_sqlite() {
    exactly_as_many_get_a_seat_as_there_are(Place::embedded()).await;
}

#[tokio::test]
async fn of_64_who_want_a_seat_exactly_as_many_get_one_as_there_are_on_postgres() {
    if let Some(place) = Place::postgres().await {
        exactly_as_many_get_a_seat_as_there_are(place).await;
    }
}

async fn exactly_as_many_get_a_seat_as_there_are(place: Place) {
    let class = Class::of(place, 64, json!({ "candidateSeats": 5 })).await;
    for round in 0..2 {
        let start = (moment(FREE).unwrap() + Duration::hours(round)).to_rfc3339();
        let input = json!({ "input": booking(&class.stage, &start, &format!("race {round}")) });
        let asked = class.candidates.iter();
        let answers = try_join_all(asked.map(|client| client.send(op::REQUEST_BOOKING, &input)));
        let answers = answers.await.unwrap();
        let results: Vec<_> = answers.iter().map(|answer| &answer["data"]["result"]).collect();
        let won: Vec<_> = results
            .iter()
            .filter_map(|result| result["interview"]["id"].as_str())
            .collect();
        let lost = results
            .iter()
            .filter(|result| result["userErrors"][0]["code"] == "SLOT_TAKEN");
        // Two hosts with five seats each.
        assert_eq!((won.len(), lost.count()), (10, 54), "{results:?}");
        let mut groups = Vec::new();
        for interview in won {
            groups.push(class.seen(interview).await["group"]["groupId"].to_string());
        }
        groups.sort();
        let (first, second) = groups.split_at(5);
        assert!(first.iter().all(|group| *group == first[0]), "{groups:?}");
        assert!(second.iter().all(|group| *group == second[0]), "{groups:?}");
        assert_ne!(first[0], second[0]);
    }
}
