//! A week in which the clocks go forward, and one in which they go back: nothing is an hour off.

use chrono::{DateTime, Duration, Utc};
use greenroom::demo::{
    journey::{Cast, Clockwork, Stage, booking, moment, prepare, starts},
    operations as op,
    story::Silent,
};
use serde_json::json;

use super::travel::of_lena_alone;
use crate::support::server::Server;

const EVERY_DAY: [&str; 7] = [
    "MONDAY",
    "TUESDAY",
    "WEDNESDAY",
    "THURSDAY",
    "FRIDAY",
    "SATURDAY",
    "SUNDAY",
];

/// A server at a moment, with Lena in a zone, available from one to four at night and from nine to five.
async fn prepared(now: &str, zone: &str) -> (Server, Cast, Stage) {
    let server = Server::embedded().await;
    let cast = server.cast().unwrap();
    let stage = prepare(&cast, &Silent).await.unwrap();
    let stage = of_lena_alone(&cast, &stage).await;
    let hours = json!({
        "timeZone": zone, "idempotencyKey": "every day",
        "rules": [
            { "weekdays": EVERY_DAY, "from": "01:00", "to": "04:00" },
            { "weekdays": EVERY_DAY, "from": "09:00", "to": "17:00" }
        ]
    });
    cast.lena.carry_out(op::SET_AVAILABILITY, &hours).await.unwrap();
    server.clock.advance_to(moment(now).unwrap()).await.unwrap();
    server.clock.settle().await.unwrap();
    // The weeks before have used up the tokens.
    let cast = server.cast().unwrap();
    (server, cast, stage)
}

/// The starts of each of the coming days, in Coordinated Universal Time: `HH:MM`, without the colon.
async fn week(cast: &Cast, stage: &Stage, from: DateTime<Utc>) -> Vec<Vec<String>> {
    let mut days = Vec::new();
    for day in 0..5 {
        let offered = starts(&cast.candidate, stage, from + Duration::days(day), 1)
            .await
            .unwrap();
        let time = |start: &String| format!("{}{}", &start[11..13], &start[14..16]);
        days.push(offered.iter().map(time).collect());
    }
    days
}

/// Half hours of one part of a day.
fn half_hours(from: u32, to: u32) -> Vec<String> {
    let both = |hour: u32| [format!("{hour:02}00"), format!("{hour:02}30")];
    (from..to).flat_map(both).collect()
}

#[tokio::test]
async fn when_the_clocks_go_forward_the_hours_stay_on_the_wall_and_move_in_time() {
    let (server, cast, stage) = prepared("2026-03-26T20:00:00Z", "Europe/Berlin").await;
    let from = moment("2026-03-27T00:00:00Z").unwrap();

    let week = week(&cast, &stage, from).await;

    // Friday and Saturday by winter time, Sunday with two hours at night, then summer time; midnight is that of UTC.
    let winter = [half_hours(0, 3), half_hours(8, 16)].concat();
    assert_eq!(week[0], winter);
    assert_eq!(week[1], winter);
    assert_eq!(
        week[2],
        [half_hours(0, 2), half_hours(7, 15), half_hours(23, 24)].concat()
    );
    let summer = [half_hours(0, 2), half_hours(7, 15), half_hours(23, 24)].concat();
    assert_eq!(week[3], summer);

    // Booked on Saturday evening for the first minute after the gap, moved to nine on Monday by the clock on the wall.
    server
        .clock
        .advance_to(moment("2026-03-28T20:00:00Z").unwrap())
        .await
        .unwrap();
    let mut night = booking(&stage, "2026-03-29T01:00:00Z", "night");
    night["timeZone"] = json!("Europe/Berlin");
    let booked = cast
        .candidate
        .carry_out(op::REQUEST_BOOKING, &night)
        .await
        .unwrap();
    let interview = booked["interview"]["id"].clone();
    let seen = cast
        .candidate
        .data(op::INTERVIEW, &json!({ "id": interview }))
        .await
        .unwrap();
    assert_eq!(seen["interview"]["slot"]["localStart"], "2026-03-29T03:00:00");
    let monday = json!({ "interviewId": interview, "expectedRevision": 1, "start": "2026-03-30T07:00:00Z", "idempotencyKey": "monday" });
    let moved = cast.candidate.carry_out(op::RESCHEDULE, &monday).await.unwrap();
    assert_eq!(moved["interview"]["slot"]["localStart"], "2026-03-30T09:00:00");
    let wintry = booking(&stage, "2026-03-30T15:00:00Z", "by winter time");
    assert_eq!(
        cast.candidate
            .refusal(op::REQUEST_BOOKING, &wintry)
            .await
            .unwrap(),
        "SLOT_NOT_OFFERED"
    );
}

#[tokio::test]
async fn when_the_clocks_go_back_the_hour_that_happens_twice_is_offered_twice() {
    let (_server, cast, stage) = prepared("2026-04-01T20:00:00Z", "Australia/Sydney").await;
    let from = moment("2026-04-02T00:00:00Z").unwrap();

    let week = week(&cast, &stage, from).await;

    // Thursday and Friday by summer time; the night to Sunday has an hour more, from two to three; then winter time.
    let summer = [half_hours(0, 6), half_hours(14, 17), half_hours(22, 24)].concat();
    assert_eq!(week[0], summer);
    assert_eq!(week[1], summer);
    let longer = [half_hours(0, 6), half_hours(14, 18), half_hours(23, 24)].concat();
    assert_eq!(week[2], longer);
    let winter = [half_hours(0, 7), half_hours(15, 18), half_hours(23, 24)].concat();
    assert_eq!(week[3], winter);
    for start in ["2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"] {
        let mut input = booking(&stage, start, start);
        input["timeZone"] = json!("Australia/Sydney");
        let booked = cast
            .candidate
            .carry_out(op::REQUEST_BOOKING, &input)
            .await
            .unwrap();
        let asked = json!({ "id": booked["interview"]["id"] });
        let seen = cast.candidate.data(op::INTERVIEW, &asked).await.unwrap();
        assert_eq!(seen["interview"]["slot"]["localStart"], "2026-04-05T02:30:00");
        assert_eq!(seen["interview"]["slot"]["start"], start);
    }
}
