//! Expectations and guards.

use super::*;

pub(super) async fn a_new_stream_is_expected_at_zero(log: Arc<dyn Log>) {
    let error = refused(&log, append(1).to(1, 1, some(1))).await;

    assert_conflict(&error, 1, 1, 0);
}

pub(super) async fn a_stream_that_exists_is_not_expected_at_zero(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let error = refused(&log, append(2).to(1, 0, some(1))).await;

    assert_conflict(&error, 1, 0, 1);
}

pub(super) async fn an_expectation_behind_conflicts(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(5))).await;

    let error = refused(&log, append(2).to(1, 4, some(1))).await;

    assert_conflict(&error, 1, 4, 5);
}

pub(super) async fn an_expectation_ahead_conflicts(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(5))).await;

    let error = refused(&log, append(2).to(1, 6, some(1))).await;

    assert_conflict(&error, 1, 6, 5);
}

pub(super) async fn a_conflict_stores_nothing(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    refused(&log, append(2).to(1, 0, some(1))).await;

    assert_nothing_stored(&log, 2, 1).await;
}

pub(super) async fn streams_of_two_tenants_are_apart(log: Arc<dyn Log>) {
    let other = StreamId {
        tenant: tenant(2),
        ..stream(1)
    };
    ok(&log, append(1).to(1, 0, some(2))).await;

    ok(&log, append(2).to_stream(other, 0, some(1))).await;

    assert_eq!(log.versions(&[stream(1), other]).await.unwrap(), [2, 1]);
}

pub(super) async fn streams_of_two_categories_are_apart(log: Arc<dyn Log>) {
    let other = StreamId {
        category: Category::Payment,
        ..stream(1)
    };
    ok(&log, append(1).to(1, 0, some(2))).await;

    ok(&log, append(2).to_stream(other, 0, some(1))).await;

    assert_eq!(log.versions(&[stream(1), other]).await.unwrap(), [2, 1]);
}

pub(super) async fn versions_come_in_the_order_asked(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;
    ok(&log, append(2).to(2, 0, some(2))).await;

    let asked = [stream(2), stream(3), stream(1), stream(2)];

    assert_eq!(log.versions(&asked).await.unwrap(), [2, 0, 1, 2]);
}

pub(super) async fn versions_of_no_streams_are_none(log: Arc<dyn Log>) {
    assert_eq!(log.versions(&[]).await.unwrap(), Vec::<u64>::new());
}

pub(super) async fn versions_of_a_thousand_streams_are_told_at_once(log: Arc<dyn Log>) {
    ok(&log, append(1).to(7, 0, some(3))).await;
    ok(&log, append(2).to(900, 0, some(5))).await;

    let streams: Vec<_> = (1..=1_000).map(stream).collect();
    let versions = log.versions(&streams).await.unwrap();

    let mut expected = vec![0; 1_000];
    (expected[6], expected[899]) = (3, 5);
    assert_eq!(versions, expected);
}

pub(super) async fn an_expectation_of_the_largest_number_conflicts(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let error = refused(&log, append(2).to(1, u64::MAX, some(1))).await;

    assert_conflict(&error, 1, u64::MAX, 1);
}

pub(super) async fn a_refused_command_may_be_sent_again_with_another_expectation(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    refused(&log, append(2).to(1, 0, some(1))).await;
    let receipt = ok(&log, append(2).to(1, 1, some(1))).await;

    assert_eq!(log.receipt(command(2)).await.unwrap(), Some(receipt));
}

pub(super) async fn a_guard_alone_is_accepted_with_a_receipt(log: Arc<dyn Log>) {
    let before = ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, vec![])).await;

    assert_eq!((receipt.first, receipt.position), (None, before.position));
    assert_eq!(log.receipt(command(2)).await.unwrap(), Some(receipt));
}

pub(super) async fn a_guard_alone_that_does_not_hold_is_refused(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let error = refused(&log, append(2).to(1, 1, vec![])).await;

    assert_conflict(&error, 1, 1, 2);
    assert_nothing_stored(&log, 2, 2).await;
}

pub(super) async fn a_guard_leaves_its_stream_where_it_is(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;
    ok(&log, append(2).to(1, 2, vec![])).await;

    ok(&log, append(3).to(1, 2, some(1))).await;

    assert_eq!(log.versions(&[stream(1)]).await.unwrap(), [3]);
}

/// Ids that a prefix, a sort or a text form would confuse.
pub(super) async fn streams_of_neighbouring_ids_are_apart(log: Arc<dyn Log>) {
    let ids = [
        0,
        1,
        2,
        u128::MAX - 1,
        u128::MAX,
        1 << 127,
        1 << 64,
        (1 << 64) - 1,
    ];
    let streams = ids.map(|id| StreamId {
        id: Uuid::from_u128(id),
        ..stream(1)
    });
    for (number, stream) in (1..).zip(streams) {
        let events = usize::try_from(number).unwrap();
        ok(&log, append(number).to_stream(stream, 0, some(events))).await;
    }

    assert_eq!(log.versions(&streams).await.unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    for (count, stream) in (1..).zip(streams) {
        let events = read(&log, Query::forward(Filter::Stream(stream))).await;
        assert_eq!(versions_of(&events), Vec::from_iter(1..=count));
    }
}
