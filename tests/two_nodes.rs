//! Two servers on one database, of which now one and now the other stands still for longer than anybody waits.

use greenroom::demo::{
    client::Client,
    journey::{Cast, prepare},
    story::Silent,
};
use projections::projections::names;
use serde_json::{Value, json};

use crate::support::server::{Place, Server};

/// How often each of them stands still.
const TIMES: usize = 2;
/// Events that are written through each before and after.
const WRITES: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_models_are_whole_although_servers_stood_still_and_went_on() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    let first = place.start().await.unwrap();
    let cast = first.cast().unwrap();
    prepare(&cast, &Silent).await.unwrap();
    let second = first.place.neighbour().start().await.unwrap();
    let beyond = Cast::new(&second.base, &first).unwrap();
    let mut writes = 0;

    // Whoever starts last leads.
    for _ in 0..TIMES {
        writes += taken_over(&second, &cast.lena).await;
        writes += write(&beyond.lena, WRITES).await + write(&cast.lena, WRITES).await;
        writes += taken_over(&first, &beyond.lena).await;
        writes += write(&cast.lena, WRITES).await + write(&beyond.lena, WRITES).await;
    }

    let examined = first.place.tool("doctor", &names()).await.unwrap();
    let whole = examined.matches("as the log says").count();
    assert_eq!(whole, names().len(), "{examined}");
    assert!(writes >= 4 * TIMES * WRITES);
}

/// The server that leads stands still while the other one writes, until what is written is seen without it. In the middle
/// of its work: it hears what the other one writes. Says how much was written.
async fn taken_over(leader: &Server, writer: &Client) -> usize {
    let mut writes = write(writer, WRITES).await;
    leader.stand_still().await;
    let mut unseen = 0;
    while set_zone(writer, writes + unseen).await {
        unseen += 1;
    }
    // For a while more, so that it is long out of the race when it goes on.
    writes += write(writer, WRITES).await;
    leader.go_on().await;
    assert!(unseen > 0, "nobody had to take over");
    writes + unseen + 1
}

async fn write(client: &Client, times: usize) -> usize {
    for time in 0..times {
        set_zone(client, time).await;
    }
    times
}

/// One event. True: it is not seen yet.
async fn set_zone(client: &Client, time: usize) -> bool {
    const SET: &str = "mutation($input: UpdateProfileInput!) { result: updateProfile(input: $input) { readModelsBehind userErrors { code } } }";
    let zones = ["Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo"];
    let input = json!({ "timeZone": zones[time % zones.len()] });
    let payload = client.carry_out(SET, &input).await.unwrap();
    payload["readModelsBehind"] == Value::Bool(true)
}
