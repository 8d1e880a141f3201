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

pub(super) async fn a_guard_that_holds_lets_the_append_pass(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, vec![]).to(2, 0, some(1))).await;

    assert_eq!(receipt.position, Position(3));
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

pub(super) async fn guards_alone_are_accepted_with_a_receipt(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, vec![]).to(2, 0, vec![])).await;

    assert_eq!((receipt.first, receipt.position), (None, Position(2)));
    assert_eq!(log.receipt(command(2)).await.unwrap(), Some(receipt));
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
