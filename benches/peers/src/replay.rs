//! A view that is built anew from stored events, the way that cqrs-es has for it: `QueryReplay` into a `GenericQuery`.

use std::{fs, mem, sync::Arc, time::Instant};

use cqrs_es::{
    EventEnvelope, View,
    persist::{GenericQuery, PersistedEventRepository, QueryReplay, SerializedEvent, ViewRepository},
};
use domain::{
    aggregate::Aggregate as _,
    interview::{
        Interview,
        events::{BookingRequested, InterviewEvent},
    },
};
use serde::{Deserialize, Serialize};

/// Name of the table of views.
pub(crate) const VIEW: &str = "interviews";

/// As the crates' own migrations make it.
pub(crate) const VIEWS: &str = "
    create table interviews (
        view_id text not null,
        version bigint check (version >= 0) not null,
        payload json not null,
        primary key (view_id)
    )";

/// An interview as it was asked for and as it is: about what Greenroom's row of it says.
#[derive(Default, Debug, Serialize, Deserialize)]
pub(crate) struct Shown {
    requested: Option<BookingRequested>,
    state: Interview,
}

impl View<Interview> for Shown {
    fn update(&mut self, event: &EventEnvelope<Interview>) {
        if let InterviewEvent::BookingRequested(requested) = &event.payload {
            self.requested = Some(requested.clone());
        }
        self.state = mem::take(&mut self.state).evolve(&event.payload);
    }
}

#[derive(Deserialize)]
struct Stored {
    id: String,
    sequence: usize,
    r#type: String,
    payload: serde_json::Value,
}

/// Stores the events of a file, replays them, and prints how many and how long it took.
pub(crate) async fn run<R, V>(repository: R, views: V, file: &str)
where
    R: PersistedEventRepository + Send + Sync + 'static,
    V: ViewRepository<Shown, Interview> + 'static,
{
    let lines = fs::read_to_string(file).expect("the file is there");
    let mut events = 0_usize;
    for line in lines.lines() {
        let stored: Stored = serde_json::from_str(line).expect("it is an event");
        let event = SerializedEvent::new(
            stored.id,
            stored.sequence,
            <Interview as cqrs_es::Aggregate>::TYPE.to_owned(),
            stored.r#type,
            "1".to_owned(),
            stored.payload,
            serde_json::json!({}),
        );
        repository
            .persist::<Interview>(&[event], None)
            .await
            .expect("the event is stored");
        events += 1;
    }
    let views = Arc::new(views);
    let mut query = GenericQuery::new(views.clone());
    query.use_error_handler(Box::new(|error| panic!("a view failed: {error}")));
    let replay = QueryReplay::<R, _, Interview>::new(repository, query);
    let began = Instant::now();
    replay.replay_all().await.expect("the events are there");
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", serde_json::json!({ "events": events, "seconds": seconds }));
}
