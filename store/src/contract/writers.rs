//! Many at once.

use super::{tail::write_one_by_one, *};

/// Appends one event, from fresh versions as often as it takes.
pub(super) async fn try_until_accepted(log: Arc<dyn Log>, command: u64, number: u64) {
    loop {
        let version = log.versions(&[stream(number)]).await.unwrap()[0];
        match log.append(append(command).to(number, version, some(1))).await {
            Ok(_) => return,
            Err(AppendError::Conflict { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

pub(super) async fn writers_that_try_again_lose_nothing(log: Arc<dyn Log>) {
    let writers = (1..=24).map(|number| tokio::spawn(try_until_accepted(log.clone(), number, number % 3)));
    for writer in join_all(writers).await {
        writer.unwrap();
    }

    let versions = log.versions(&[stream(0), stream(1), stream(2)]).await.unwrap();
    assert_eq!(versions, [8, 8, 8]);
    assert_eq!(Places::of(&log).await.count(), 24);
}

pub(super) async fn one_of_many_writers_of_a_version_wins(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let writers = (2..=33).map(|number| log.append(append(number).to(1, 1, some(1))));
    let results = join_all(writers).await;

    let conflicts = results
        .iter()
        .filter(|result| matches!(result, Err(AppendError::Conflict { .. })))
        .count();
    assert_eq!((accepted(&results), conflicts), (1, 31));
    assert_eq!(Places::of(&log).await.count(), 2);
}

/// Every caller is a task of its own, as on a server; each slot is a stream that must not exist.
pub(super) async fn one_of_sixty_four_callers_gets_each_slot(log: Arc<dyn Log>) {
    for slot in 1..=10 {
        let callers = (1..=64).map(|caller| {
            let (log, claim) = (log.clone(), append(slot * 100 + caller).to(slot, 0, some(2)));
            tokio::spawn(async move { log.append(claim).await })
        });
        let results: Vec<_> = join_all(callers)
            .await
            .into_iter()
            .map(|caller| caller.unwrap())
            .collect();

        assert_eq!(accepted(&results), 1);
        let losers = results.iter().filter_map(|result| result.as_ref().err());
        losers.for_each(|error| assert_conflict(error, slot, 0, 2));
        let claims = read(&log, Query::forward(Filter::Stream(stream(slot)))).await;
        let winner = results.into_iter().find_map(Result::ok).unwrap();
        assert!(
            claims
                .iter()
                .all(|claim| claim.envelope.command_id == winner.command_id)
        );
        assert_eq!(claims.len(), 2);
    }
}

/// Three of five calendars in every append: whoever shares one with an earlier winner must lose.
pub(super) async fn panels_that_overlap_never_share_a_claim(log: Arc<dyn Log>) {
    let panels: Vec<_> = (0..32_u64)
        .map(|number| [number % 5, (number + 1 + number / 5 % 2) % 5, (number + 3) % 5])
        .collect();

    let claims = (1..).zip(&panels).map(|(number, panel)| {
        let claim = panel
            .iter()
            .fold(append(number), |claim, calendar| claim.to(*calendar, 0, some(1)));
        let log = log.clone();
        tokio::spawn(async move { log.append(claim).await })
    });
    let results: Vec<_> = join_all(claims)
        .await
        .into_iter()
        .map(|claim| claim.unwrap())
        .collect();

    // Two panels of three among five always share a calendar, so exactly one stands.
    assert_eq!(accepted(&results), 1);
    let winner = results.iter().position(Result::is_ok).unwrap();
    let claimed: HashSet<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.stream)
        .collect();
    assert_eq!(claimed, panels[winner].map(stream).into());
}

pub(super) async fn conflicting_appends_do_not_fail_their_neighbours(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let good = (10..30).map(|number| append(number).to(number, 0, some(2)));
    let bad = (110..130).map(|number| append(number).to(1, 0, some(2)));
    let mixed: Vec<_> = good.zip(bad).flat_map(|(good, bad)| [good, bad]).collect();
    let results = join_all(mixed.into_iter().map(|append| log.append(append))).await;

    let stored: Vec<_> = results.iter().map(Result::is_ok).collect();
    assert_eq!(stored, [true, false].repeat(20));
    assert_eq!(Places::of(&log).await.count(), 41);
}

pub(super) async fn each_of_a_mixed_crowd_gets_its_own_answer(log: Arc<dyn Log>) {
    let known = ok(&log, append(1).to(1, 0, some(1))).await;
    let large = with_payload(vec![b'x'; MAX_PAYLOAD_BYTES + 1]);
    let crowd = [
        append(2).to(2, 0, some(3)),
        append(1).to(3, 0, some(1)),
        append(4).to(1, 9, some(1)),
        append(5),
        append(6).to(6, 0, vec![large]),
        append(7).to(1, 1, vec![]),
        append(8).to(8, 0, some(1)),
    ];

    let results = join_all(crowd.map(|append| log.append(append))).await;

    let firsts = [0, 3, 5, 6].map(|index| results[index].as_ref().unwrap().first.is_some());
    assert_eq!(firsts, [true, false, false, true]);
    assert!(matches!(&results[1], Err(AppendError::Duplicate(receipt)) if **receipt == known));
    assert_conflict(results[2].as_ref().unwrap_err(), 1, 9, 1);
    assert!(matches!(results[4], Err(AppendError::TooLarge { .. })));
    assert_eq!(Places::of(&log).await.count(), 5);
}

pub(super) async fn what_was_acknowledged_is_read_by_whoever_asks(log: Arc<dyn Log>) {
    let callers = (1..=8).map(|number| {
        let log = log.clone();
        tokio::spawn(async move {
            for version in 0..15 {
                let receipt = ok(&log, append(number * 100 + version).to(number, version, some(1))).await;

                assert!(log.head().await.unwrap() >= receipt.position);
                assert_eq!(log.versions(&[stream(number)]).await.unwrap(), [version + 1]);
                assert!(log.receipt(receipt.command_id).await.unwrap().is_some());
                let newest = Query::backward(Filter::Stream(stream(number))).limit(1);
                assert_eq!(positions(&read(&log, newest).await), [receipt.position.0]);
            }
        })
    });

    for caller in join_all(callers).await {
        caller.unwrap();
    }
}

pub(super) async fn events_of_an_append_stand_together(log: Arc<dyn Log>) {
    let crowd = (1..=60).map(|number| {
        let (log, append) = (log.clone(), append(number).to(number, 0, some(3)));
        tokio::spawn(async move { log.append(append).await.unwrap() })
    });
    for receipt in join_all(crowd).await {
        let receipt = receipt.unwrap();
        assert_eq!(receipt.position.0 - receipt.first.unwrap().0, 2);
    }

    let commands: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.command_id)
        .collect();
    assert!(
        commands
            .chunks(3)
            .all(|three| three.iter().all(|command| *command == three[0]))
    );
    assert_eq!(commands.len(), 180);
}

pub(super) async fn versions_never_go_back(log: Arc<dyn Log>) {
    let writers: Vec<_> = (1..=2)
        .map(|number| tokio::spawn(write_one_by_one(log.clone(), number, 40)))
        .collect();

    let mut seen = vec![0, 0];
    while seen != [40, 40] {
        let versions = log.versions(&[stream(1), stream(2)]).await.unwrap();
        assert!(
            versions[0] >= seen[0] && versions[1] >= seen[1],
            "{seen:?} then {versions:?}"
        );
        seen = versions;
    }

    for writer in writers {
        writer.await.unwrap();
    }
}

pub(super) async fn readers_always_see_a_beginning_of_the_log(log: Arc<dyn Log>) {
    let writers: Vec<_> = (1..=4)
        .map(|number| tokio::spawn(write_one_by_one(log.clone(), number, 25)))
        .collect();

    let mut readings = Vec::new();
    while readings.last().is_none_or(|events: &Vec<u64>| events.len() < 100) {
        readings.push(positions(&all(&log).await));
    }

    for writer in writers {
        writer.await.unwrap();
    }
    let whole = positions(&all(&log).await);
    assert!(readings.iter().all(|reading| whole.starts_with(reading)));
    assert!(readings.is_sorted_by_key(Vec::len));
    assert_eq!(Places::of(&log).await.count(), 100);
}
