//! Versions and the tail.

use super::*;

pub(super) async fn write_one_by_one(log: Arc<dyn Log>, number: u64, count: u64) {
    for version in 0..count {
        let command = number * 1_000 + version;
        ok(&log, append(command).to(number, version, some(1))).await;
    }
}

pub(super) async fn the_tail_begins_at_the_head(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1).to(1, 0, some(3))).await;

    assert_eq!(*log.tail().borrow(), receipt.position);
}

pub(super) async fn the_tail_moves_with_an_append(log: Arc<dyn Log>) {
    let mut tail = log.tail();
    assert_eq!(*tail.borrow_and_update(), Position::START);

    let receipt = ok(&log, append(1).to(1, 0, some(2))).await;

    let told = *tail
        .wait_for(|position| *position >= receipt.position)
        .await
        .unwrap();
    assert_eq!(told, receipt.position);
}

/// Follows the tail until so many events that match the filter were read, each page behind the last told position.
async fn follow(log: &Arc<dyn Log>, filter: Filter, count: usize) -> Vec<Recorded> {
    let mut tail = log.tail();
    let mut seen = Position::START;
    let mut followed = Vec::new();
    while followed.len() < count {
        let told = *tail.wait_for(|position| *position > seen).await.unwrap();
        assert!(told <= log.head().await.unwrap(), "the tail is ahead of the log");
        followed.extend(read(log, Query::forward(filter.clone()).after(seen).until(told)).await);
        seen = told;
    }
    followed
}

pub(super) async fn the_tail_never_tells_of_what_cannot_be_read(log: Arc<dyn Log>) {
    let writer = tokio::spawn(write_one_by_one(log.clone(), 1, 40));

    let mut tail = log.tail();
    let mut seen = Position::START;
    while read(&log, Query::forward(Filter::All).until(seen)).await.len() < 40 {
        seen = *tail.wait_for(|position| *position > seen).await.unwrap();
        let last = read(&log, Query::backward(Filter::All).until(seen).limit(1)).await;
        assert_eq!(positions(&last), [seen.0]);
    }

    writer.await.unwrap();
}

pub(super) async fn the_tail_never_goes_back(log: Arc<dyn Log>) {
    let mut tail = log.tail();
    let mut told = vec![*tail.borrow_and_update()];
    let writers = (1..=4).map(|number| tokio::spawn(write_one_by_one(log.clone(), number, 20)));
    let mut writers = std::pin::pin!(join_all(writers));
    let ended = loop {
        tokio::select! {
            changed = tail.changed() => {
                changed.unwrap();
                told.push(*tail.borrow_and_update());
            }
            ended = &mut writers => break ended,
        }
    };

    told.extend(tail.has_changed().unwrap().then(|| *tail.borrow_and_update()));

    assert!(ended.into_iter().all(|writer| writer.is_ok()));
    assert!(told.is_sorted_by(|one, next| one < next), "{told:?}");
    assert!(told.len() > 1);
}

pub(super) async fn the_tail_does_not_move_for_what_stores_nothing(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;
    let mut tail = log.tail();
    let before = *tail.borrow_and_update();

    refused(&log, append(2).to(1, 0, some(1))).await;
    refused(&log, append(1).to(1, 1, some(1))).await;
    ok(&log, append(3)).await;

    assert!(!tail.has_changed().unwrap());
    assert_eq!(*tail.borrow(), before);
}

pub(super) async fn every_follower_of_the_tail_hears(log: Arc<dyn Log>) {
    let followers: Vec<_> = (0..8)
        .map(|_| {
            let log = log.clone();
            tokio::spawn(async move { positions(&follow(&log, Filter::All, 10).await) })
        })
        .collect();

    write_one_by_one(log.clone(), 1, 10).await;

    let expected = positions(&all(&log).await);
    for heard in join_all(followers).await {
        assert_eq!(heard.unwrap(), expected);
    }
}

pub(super) async fn a_follower_of_many_writers_reads_every_event_once(log: Arc<dyn Log>) {
    let writers: Vec<_> = (1..=8)
        .map(|number| tokio::spawn(write_one_by_one(log.clone(), number, 25)))
        .collect();

    let followed = follow(&log, Filter::All, 200).await;

    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(followed, all(&log).await);
    assert_eq!(Places::of(&log).await.count(), 200);
}

pub(super) async fn a_follower_of_one_stream_reads_every_version_once(log: Arc<dyn Log>) {
    let writers: Vec<_> = (1..=4)
        .map(|number| tokio::spawn(write_one_by_one(log.clone(), number, 30)))
        .collect();

    let followed = follow(&log, Filter::Stream(stream(3)), 30).await;

    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(versions_of(&followed), Vec::from_iter(1..=30));
}
