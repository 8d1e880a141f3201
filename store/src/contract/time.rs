//! Time.

use super::*;

pub(super) async fn recorded_at_is_the_appenders_time(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1).to(1, 0, some(2)).at(5)).await;

    let recorded: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.recorded_at)
        .collect();
    assert_eq!(recorded, [at(5); 2]);
    assert_eq!(receipt.recorded_at, at(5));
    assert_eq!(log.last_recorded_at().await.unwrap(), Some(at(5)));
}

pub(super) async fn recorded_at_never_goes_back(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).at(5)).await;

    let receipt = ok(&log, append(2).to(1, 1, some(1)).at(-1_000)).await;
    ok(&log, append(3).to(1, 2, some(1)).at(6)).await;

    let recorded: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.recorded_at)
        .collect();
    assert_eq!(recorded, [at(5), at(5), at(6)]);
    assert_eq!(receipt.recorded_at, at(5));
}

pub(super) async fn a_no_op_does_not_move_time(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).at(5)).await;

    ok(&log, append(2).at(100)).await;

    assert_eq!(log.last_recorded_at().await.unwrap(), Some(at(5)));
}

pub(super) async fn a_moment_is_at_the_last_position_before_it(log: Arc<dyn Log>) {
    for (number, second) in [(1, 10), (2, 10), (3, 20), (4, 30), (5, 30), (6, 30), (7, 40)] {
        ok(&log, append(number).to(number, 0, some(1)).at(second)).await;
    }

    let mut found = Vec::new();
    for second in [10, 11, 19, 20, 29, 30, 39, 40, 1_000] {
        found.push(log.position_at(at(second)).await.unwrap().0);
    }

    assert_eq!(found, [2, 2, 2, 3, 3, 6, 6, 7, 7]);
}

pub(super) async fn a_moment_before_everything_is_at_the_start(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(3)).at(10)).await;

    assert_eq!(log.position_at(at(9)).await.unwrap(), Position::START);
}

pub(super) async fn a_moment_on_an_empty_log_is_at_the_start(log: Arc<dyn Log>) {
    assert_eq!(log.position_at(at(0)).await.unwrap(), Position::START);
}
