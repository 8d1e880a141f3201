//! Several streams in one append, all or nothing.

use super::{sizes::too_large, *};

pub(super) async fn a_guard_that_holds_lets_the_append_pass(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, vec![]).to(2, 0, some(1))).await;

    assert_eq!(Places::of(&log).await.at(receipt.position), 3);
    assert_eq!(log.versions(&[stream(1), stream(2)]).await.unwrap(), [2, 1]);
}

pub(super) async fn a_guard_that_does_not_hold_refuses_the_append(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let error = refused(&log, append(2).to(2, 0, some(1)).to(1, 1, vec![])).await;

    assert_conflict(&error, 1, 1, 2);
    assert_nothing_stored(&log, 2, 2).await;
}

pub(super) async fn a_guard_can_say_that_a_stream_does_not_exist(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, vec![]).to(2, 0, some(1))).await;

    let error = refused(&log, append(2).to(2, 0, vec![]).to(3, 0, some(1))).await;

    assert_conflict(&error, 2, 0, 1);
}

pub(super) async fn a_stream_named_twice_is_met_at_its_new_version(log: Arc<dyn Log>) {
    let error = refused(&log, append(1).to(1, 0, some(2)).to(1, 0, some(1))).await;

    assert_conflict(&error, 1, 0, 2);
    assert_nothing_stored(&log, 1, 0).await;
}

pub(super) async fn an_append_over_several_streams_is_stored_whole(log: Arc<dyn Log>) {
    ok(
        &log,
        append(1).to(1, 0, some(1)).to(2, 0, some(2)).to(3, 0, some(3)),
    )
    .await;

    let versions = log.versions(&[stream(1), stream(2), stream(3)]).await.unwrap();
    assert_eq!(versions, [1, 2, 3]);
}

pub(super) async fn one_conflict_among_several_streams_stores_nothing(log: Arc<dyn Log>) {
    ok(&log, append(1).to(3, 0, some(1))).await;

    let error = refused(
        &log,
        append(2).to(1, 0, some(1)).to(2, 0, some(2)).to(3, 0, some(3)),
    )
    .await;

    assert_conflict(&error, 3, 0, 1);
    assert_nothing_stored(&log, 2, 1).await;
}

pub(super) async fn an_append_may_write_two_hundred_streams(log: Arc<dyn Log>) {
    let wide = (1..=200).fold(append(1), |append, number| append.to(number, 0, some(1)));

    ok(&log, wide).await;

    let streams: Vec<_> = (1..=200).map(stream).collect();
    assert_eq!(log.versions(&streams).await.unwrap(), vec![1; 200]);
}

pub(super) async fn writers_of_several_streams_are_never_half_done(log: Arc<dyn Log>) {
    let pair = |number: u64| {
        append(number)
            .to(1, number - 1, some(1))
            .to(2, number - 1, some(1))
    };
    let writer = {
        let log = log.clone();
        tokio::spawn(async move {
            for number in 1..=40 {
                ok(&log, pair(number)).await;
            }
        })
    };

    let mut versions = vec![0, 0];
    while versions != [40, 40] {
        versions = log.versions(&[stream(1), stream(2)]).await.unwrap();
        assert_eq!(versions[0], versions[1]);
    }

    writer.await.unwrap();
}

pub(super) async fn events_of_several_streams_follow_in_the_order_of_the_append(log: Arc<dyn Log>) {
    let writes = append(1)
        .to(9, 0, vec![event("a"), event("b")])
        .to(1, 0, vec![event("c")])
        .to(5, 0, vec![event("d")]);

    ok(&log, writes).await;

    let events = all(&log).await;
    assert_eq!(types(&events), ["a", "b", "c", "d"]);
    assert_eq!(versions_of(&events), [1, 2, 1, 1]);
}

/// Where a part may be seen, it grows in the order of the append, and what was acknowledged is whole.
pub(super) async fn what_was_acknowledged_over_several_streams_is_whole(log: Arc<dyn Log>) {
    let both = [stream(1), stream(2)];
    let reader = tokio::spawn({
        let log = log.clone();
        async move {
            let mut versions = vec![0, 0];
            while versions != [40, 40] {
                versions = log.versions(&both).await.unwrap();
                assert!(
                    versions[0] == versions[1] || versions[0] == versions[1] + 1,
                    "{versions:?}"
                );
            }
        }
    });

    for number in 1..=40 {
        let receipt = ok(
            &log,
            append(number)
                .to(1, number - 1, some(1))
                .to(2, number - 1, some(1)),
        )
        .await;

        assert_eq!(log.versions(&both).await.unwrap(), [number, number]);
        assert_eq!(log.head().await.unwrap(), receipt.position);
    }

    reader.await.unwrap();
}

pub(super) async fn event_ids_count_over_all_streams_of_an_append(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).to(2, 0, some(2))).await;

    let ids: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.event_id)
        .collect();
    assert_eq!(ids, [0, 1, 2].map(|index| event_id(command(1), index)));
}

fn wide(number: u64, streams: std::ops::RangeInclusive<u64>, events: usize) -> Append {
    streams.fold(append(number), |append, stream| {
        append.to(stream, 0, some(events))
    })
}

pub(super) async fn a_conflict_on_the_last_of_two_hundred_streams_stores_nothing(log: Arc<dyn Log>) {
    ok(&log, append(1).to(200, 0, some(1))).await;

    let error = refused(&log, wide(2, 1..=200, 1)).await;

    assert_conflict(&error, 200, 0, 1);
    assert_nothing_stored(&log, 2, 1).await;
}

pub(super) async fn the_first_conflict_in_the_order_of_the_append_is_told(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).to(2, 0, some(2))).await;

    let error = refused(
        &log,
        append(2).to(3, 0, some(1)).to(2, 7, vec![]).to(1, 9, some(1)),
    )
    .await;

    assert_conflict(&error, 2, 7, 2);
}

pub(super) async fn guards_alone_over_several_streams_are_accepted(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, vec![]).to(2, 0, vec![])).await;

    assert_eq!(receipt.first, None);
    assert_eq!(log.receipt(command(2)).await.unwrap(), Some(receipt));
}

pub(super) async fn an_append_may_guard_a_thousand_streams(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1_000, 0, some(1))).await;

    let error = refused(&log, wide(2, 1..=1_000, 0).to(2_000, 0, some(1))).await;
    let receipt = ok(&log, wide(3, 1..=999, 0).to(2_000, 0, some(1))).await;

    assert_conflict(&error, 1_000, 0, 1);
    assert_eq!(Places::of(&log).await.at(receipt.position), 2);
}

pub(super) async fn ten_thousand_streams_fit_into_one_append(log: Arc<dyn Log>) {
    ok(&log, wide(1, 1..=MAX_EVENTS as u64, 1)).await;

    let streams: Vec<_> = (1..=MAX_EVENTS as u64).map(stream).collect();
    assert_eq!(log.versions(&streams).await.unwrap(), vec![1; MAX_EVENTS]);
}

pub(super) async fn more_than_ten_thousand_streams_are_too_many(log: Arc<dyn Log>) {
    let error = refused(&log, wide(1, 1..=MAX_EVENTS as u64 + 1, 0)).await;

    assert_eq!(too_large(&error), (MAX_EVENTS, MAX_EVENTS + 1));
}

pub(super) async fn events_are_counted_over_all_streams_of_an_append(log: Arc<dyn Log>) {
    let error = refused(&log, append(1).to(1, 0, some(9_000)).to(2, 0, some(1_001))).await;

    assert_eq!(too_large(&error), (MAX_EVENTS, MAX_EVENTS + 1));
}

pub(super) async fn streams_of_two_tenants_in_one_append_are_all_or_nothing(log: Arc<dyn Log>) {
    let other = StreamId {
        tenant: tenant(2),
        ..stream(1)
    };
    ok(&log, append(1).to_stream(other, 0, some(1))).await;

    refused(&log, append(2).to(1, 0, some(1)).to_stream(other, 0, some(1))).await;
    assert_nothing_stored(&log, 2, 1).await;
    ok(&log, append(3).to(1, 0, some(1)).to_stream(other, 1, some(1))).await;

    assert_eq!(log.versions(&[stream(1), other]).await.unwrap(), [1, 2]);
}

pub(super) async fn streams_of_every_category_may_be_in_one_append(log: Arc<dyn Log>) {
    let streams: Vec<_> = Category::ALL
        .iter()
        .map(|category| StreamId {
            category: *category,
            ..stream(1)
        })
        .collect();
    let one_each = streams
        .iter()
        .fold(append(1), |append, stream| append.to_stream(*stream, 0, some(2)));

    ok(&log, one_each).await;

    assert_eq!(log.versions(&streams).await.unwrap(), vec![2; streams.len()]);
}

pub(super) async fn a_repeat_over_several_streams_stores_nothing_again(log: Arc<dyn Log>) {
    let first = ok(&log, append(1).to(1, 0, some(1)).to(2, 0, some(1))).await;

    let repeat = refused(&log, append(1).to(2, 1, some(1)).to(3, 0, some(1))).await;

    assert!(matches!(repeat, AppendError::Duplicate(receipt) if *receipt == first));
    assert_eq!(
        log.versions(&[stream(1), stream(2), stream(3)]).await.unwrap(),
        [1, 1, 0]
    );
}

pub(super) async fn an_append_over_several_streams_is_read_whole_or_not_at_all(log: Arc<dyn Log>) {
    let writer = tokio::spawn({
        let log = log.clone();
        async move {
            for number in 1..=30 {
                let versions = number - 1;
                let three = [1, 2, 3].into_iter().fold(append(number), |append, stream| {
                    append.to(stream, versions, some(1))
                });
                ok(&log, three).await;
            }
        }
    });

    let mut seen = 0;
    while seen < 90 {
        let events = all(&log).await;
        assert_eq!(events.len() % 3, 0, "a part of an append was read");
        assert_eq!(log.head().await.unwrap().0 % 3, 0, "the head is inside an append");
        seen = events.len();
    }

    writer.await.unwrap();
}

pub(super) async fn appends_that_cross_over_two_streams_all_end(log: Arc<dyn Log>) {
    let appends = (1..=40_u64).map(|number| {
        let (one, two) = if number % 2 == 0 { (1, 2) } else { (2, 1) };
        append(number).to(one, 0, some(1)).to(two, 0, some(1))
    });
    let results = join_all(appends.map(|append| {
        let log = log.clone();
        async move {
            tokio::spawn(async move { log.append(append).await })
                .await
                .unwrap()
        }
    }))
    .await;

    assert_eq!(accepted(&results), 1);
    assert_eq!(log.versions(&[stream(1), stream(2)]).await.unwrap(), [1, 1]);
}

/// Each of two decisions read both streams and writes another one: only one may stand.
pub(super) async fn a_write_skew_over_two_guarded_streams_is_refused(log: Arc<dyn Log>) {
    let one = append(1).to(1, 0, some(1)).to(2, 0, vec![]);
    let two = append(2).to(2, 0, some(1)).to(1, 0, vec![]);

    let results = join_all([one, two].map(|append| log.append(append))).await;

    assert_eq!(accepted(&results), 1);
    assert_eq!(Places::of(&log).await.count(), 1);
}
