//! Versions and the tail.

use super::*;

pub(super) async fn versions_come_in_the_order_asked(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).to(2, 0, some(2))).await;

    let asked = [stream(2), stream(3), stream(1), stream(2)];

    assert_eq!(log.versions(&asked).await.unwrap(), [2, 0, 1, 2]);
}

pub(super) async fn versions_of_no_streams_are_none(log: Arc<dyn Log>) {
    assert_eq!(log.versions(&[]).await.unwrap(), Vec::<u64>::new());
}

pub(super) async fn the_tail_begins_at_the_head(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(3))).await;

    assert_eq!(*log.tail().borrow(), Position(3));
}

pub(super) async fn the_tail_moves_with_an_append(log: Arc<dyn Log>) {
    let mut tail = log.tail();
    assert_eq!(*tail.borrow_and_update(), Position::START);

    ok(&log, append(1).to(1, 0, some(2))).await;

    assert_eq!(
        *tail.wait_for(|position| position.0 >= 2).await.unwrap(),
        Position(2)
    );
}

pub(super) async fn the_tail_never_tells_of_what_cannot_be_read(log: Arc<dyn Log>) {
    let mut tail = log.tail();
    let writer = tokio::spawn(write_one_by_one(log.clone(), 1, 40));

    let mut seen = Position::START;
    while seen < Position(40) {
        let told = *tail.wait_for(|position| *position > seen).await.unwrap();
        let events = read(&log, Query::forward(Filter::All).after(seen).until(told)).await;
        assert_eq!(positions(&events), Vec::from_iter(seen.0 + 1..=told.0));
        seen = told;
    }

    writer.await.unwrap();
}

pub(super) async fn write_one_by_one(log: Arc<dyn Log>, number: u64, count: u64) {
    for version in 0..count {
        let command = number * 1_000 + version;
        ok(&log, append(command).to(number, version, some(1))).await;
    }
}
