//! The hash chain.

use super::{reads::seed, *};

pub(super) async fn seeded(log: &Arc<dyn Log>) -> Vec<Recorded> {
    seed(log).await;
    all(log).await
}

fn broken_at(event: &Recorded) -> Result<[u8; 32], Broken> {
    Err(Broken {
        position: event.envelope.position,
    })
}

pub(super) async fn the_hash_chain_fits(log: Arc<dyn Log>) {
    let events = seeded(&log).await;

    let whole = verify(BEFORE_THE_FIRST, &events);
    let second_half = verify(events[5].envelope.hash, &events[6..]);

    assert_eq!(whole, Ok(events[11].envelope.hash));
    assert_eq!(second_half, whole);
}

pub(super) async fn the_hash_chain_breaks_where_a_payload_was_changed(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    let mut payload = events[4].payload.to_vec();
    payload[0] ^= 1;
    events[4].payload = payload.into();

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(&events[4]));
}

pub(super) async fn the_hash_chain_breaks_where_an_envelope_was_changed(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    events[6].envelope.actor = Actor::system("somebody else");

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(&events[6]));
}

pub(super) async fn the_hash_chain_breaks_where_an_event_was_left_out(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    events.remove(3);

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(&events[3]));
}

pub(super) async fn the_hash_chain_breaks_where_events_changed_places(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    events.swap(8, 9);

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(&events[8]));
}

pub(super) async fn the_hash_chain_goes_on_over_what_stores_nothing(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;
    ok(&log, append(2)).await;
    refused(&log, append(3).to(1, 0, some(1))).await;
    refused(&log, append(1).to(1, 1, some(1))).await;
    ok(&log, append(4).to(1, 1, some(1))).await;

    let events = all(&log).await;

    assert_eq!(verify(BEFORE_THE_FIRST, &events), Ok(events[1].envelope.hash));
}

pub(super) async fn the_hash_chain_breaks_where_an_event_was_put_in(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    let copy = events[2].clone();
    events.insert(7, copy);

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(&events[7]));
}

pub(super) async fn the_hash_chain_does_not_begin_in_the_middle(log: Arc<dyn Log>) {
    let events = seeded(&log).await;

    assert_eq!(verify(BEFORE_THE_FIRST, &events[3..]), broken_at(&events[3]));
}
