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

pub(super) async fn a_moment_before_everything_is_at_the_start(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(3)).at(10)).await;

    assert_eq!(log.position_at(at(9)).await.unwrap(), Position::START);
}

pub(super) async fn a_moment_on_an_empty_log_is_at_the_start(log: Arc<dyn Log>) {
    assert_eq!(log.position_at(at(0)).await.unwrap(), Position::START);
}

pub(super) async fn moments_are_kept_in_microseconds(log: Arc<dyn Log>) {
    let fine = Instant::from_timestamp(1_800_000_000, 123_456_789).unwrap();
    let whole = Instant::from_timestamp(1_800_000_000, 123_456_000).unwrap();
    let mut given = append(1).to(1, 0, some(1));
    given.now = fine;
    given.writes[0].events[0].occurred_at = fine;

    let receipt = ok(&log, given).await;

    let envelope = only(&log).await.envelope;
    assert_eq!(
        [receipt.recorded_at, envelope.recorded_at, envelope.occurred_at],
        [whole; 3]
    );
}

pub(super) async fn a_moment_is_at_the_last_position_before_it(log: Arc<dyn Log>) {
    for (number, second) in [(1, 10), (2, 10), (3, 20), (4, 30), (5, 30), (6, 30), (7, 40)] {
        ok(&log, append(number).to(number, 0, some(1)).at(second)).await;
    }

    let places = Places::of(&log).await;
    let mut found = Vec::new();
    for second in [10, 11, 19, 20, 29, 30, 39, 40, 1_000] {
        found.push(places.at(log.position_at(at(second)).await.unwrap()));
    }

    assert_eq!(found, [2, 2, 2, 3, 3, 6, 6, 7, 7]);
}

pub(super) async fn moments_long_ago_and_far_ahead_are_kept(log: Arc<dyn Log>) {
    let moments = [
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59.999999Z",
    ]
    .map(|text| text.parse::<Instant>().unwrap());
    let occurred = moments.map(|occurred_at| NewEvent {
        occurred_at,
        ..event("dated")
    });

    ok(&log, append(1).to(1, 0, occurred.to_vec())).await;

    let kept: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.occurred_at)
        .collect();
    assert_eq!(kept, moments);
}

pub(super) async fn recorded_at_never_goes_back_among_many_writers(log: Arc<dyn Log>) {
    let mut numbers = Numbers::new();
    let crowd: Vec<_> = (1..=60)
        .map(|number| {
            let second = i64::try_from(numbers.below(1_000)).unwrap();
            append(number).to(number, 0, some(2)).at(second)
        })
        .collect();

    let results = join_all(crowd.into_iter().map(|append| log.append(append))).await;

    let recorded: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.recorded_at)
        .collect();
    assert!(recorded.is_sorted(), "{recorded:?}");
    assert_eq!((accepted(&results), recorded.len()), (60, 120));
    let receipts: HashMap<_, _> = results
        .into_iter()
        .map(|receipt| receipt.unwrap())
        .map(|receipt| (receipt.command_id, receipt.recorded_at))
        .collect();
    assert!(
        all(&log)
            .await
            .iter()
            .all(|event| receipts[&event.envelope.command_id] == event.envelope.recorded_at)
    );
}

pub(super) async fn recorded_at_says_nothing_of_when_it_occurred(log: Arc<dyn Log>) {
    let occurred = [500, -500, 0].map(|second| NewEvent {
        occurred_at: at(second),
        ..event("late")
    });

    ok(&log, append(1).to(1, 0, occurred.to_vec()).at(7)).await;

    let times: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| (event.envelope.occurred_at, event.envelope.recorded_at))
        .collect();
    assert_eq!(times, [500, -500, 0].map(|second| (at(second), at(7))));
}

pub(super) async fn a_no_op_behind_time_is_recorded_with_the_last_event(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).at(50)).await;

    let receipt = ok(&log, append(2).at(-50)).await;

    assert_eq!(receipt.recorded_at, at(50));
}

pub(super) async fn what_is_refused_does_not_move_time(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).at(5)).await;

    refused(&log, append(2).to(1, 0, some(1)).at(100)).await;
    let receipt = ok(&log, append(3).to(1, 1, some(1)).at(6)).await;

    assert_eq!(receipt.recorded_at, at(6));
}

fn micros(micros: i64) -> Instant {
    Instant::from_timestamp_micros(1_800_000_000_000_000 + micros).unwrap()
}

pub(super) async fn a_moment_is_exact_to_the_microsecond(log: Arc<dyn Log>) {
    for (number, micro) in [(1, 10), (2, 11), (3, 12)] {
        let given = Append {
            now: micros(micro),
            ..append(number)
        };
        ok(&log, given.to(number, 0, some(1))).await;
    }

    let places = Places::of(&log).await;
    let mut found = Vec::new();
    for micro in [9, 10, 11, 12] {
        found.push(places.at(log.position_at(micros(micro)).await.unwrap()));
    }
    // What lies between two microseconds is not yet the later one.
    let almost = micros(11) + std::time::Duration::from_nanos(999);
    found.push(places.at(log.position_at(almost).await.unwrap()));

    assert_eq!(found, [0, 1, 2, 3, 2]);
}

pub(super) async fn the_furthest_moments_are_moments(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1).to(1, 0, some(2))).await;

    assert_eq!(log.position_at(Instant::MAX_UTC).await.unwrap(), receipt.position);
    assert_eq!(log.position_at(Instant::MIN_UTC).await.unwrap(), Position::START);
}

pub(super) async fn any_moment_of_a_long_log_is_found(log: Arc<dyn Log>) {
    let mut numbers = Numbers::new();
    let mut recorded = Vec::new();
    let mut second = 0;
    for number in 1..=60 {
        second += i64::try_from(numbers.below(3)).unwrap();
        let events = usize::try_from(numbers.below(4)).unwrap();
        ok(&log, append(number).to(number, 0, some(events)).at(second)).await;
        recorded.extend(vec![second; events]);
    }

    let places = Places::of(&log).await;
    for second in -1..=second + 1 {
        let expected = recorded.iter().filter(|it| **it <= second).count() as u64;
        let found = log.position_at(at(second)).await.unwrap();
        assert_eq!(places.at(found), expected, "at second {second}");
    }
}
