//! The hash chain.

use super::{reads::seed, *};

pub(super) async fn seeded(log: &Arc<dyn Log>) -> Vec<Recorded> {
    seed(log).await;
    all(log).await
}

fn broken_at(position: u64) -> Result<[u8; 32], Broken> {
    Err(Broken {
        position: Position(position),
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

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(5));
}

pub(super) async fn the_hash_chain_breaks_where_an_envelope_was_changed(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    events[6].envelope.actor = Actor::system("somebody else");

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(7));
}

pub(super) async fn the_hash_chain_breaks_where_an_event_was_left_out(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    events.remove(3);

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(5));
}

pub(super) async fn the_hash_chain_breaks_where_events_changed_places(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    events.swap(8, 9);

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(10));
}
