//! Callers that do not hear how their append ended.

use std::{future::Future, pin::pin, task::Context};

use futures::task::noop_waker;

use super::*;

/// Hands an append over and goes away, as a client does whose connection is cut.
fn go_away(append: impl Future) {
    let waker = noop_waker();
    let _unheard = pin!(append).poll(&mut Context::from_waker(&waker));
}

/// Sends a command until it is told that it was accepted, now or before.
async fn settle(log: &Arc<dyn Log>, append: Append) -> Receipt {
    match log.append(append).await {
        Ok(receipt) => receipt,
        Err(AppendError::Duplicate(receipt)) => *receipt,
        Err(other) => panic!("{other:?}"),
    }
}

pub(super) async fn a_caller_that_went_away_may_send_its_command_again(log: Arc<dyn Log>) {
    for number in 1..=20 {
        go_away(log.append(append(number).to(number, 0, some(2))));

        settle(&log, append(number).to(number, 0, some(2))).await;
    }

    let streams: Vec<_> = (1..=20).map(stream).collect();
    assert_eq!(log.versions(&streams).await.unwrap(), [2; 20]);
    assert_eq!(Places::of(&log).await.count(), 40);
}

pub(super) async fn a_caller_that_went_away_may_ask_for_the_receipt(log: Arc<dyn Log>) {
    go_away(log.append(append(1).to(1, 0, some(3))));
    // What was handed over before is decided before.
    settle(&log, append(2)).await;

    let receipt = log.receipt(command(1)).await.unwrap();

    let stored = all(&log).await;
    assert_eq!(stored.len(), if receipt.is_some() { 3 } else { 0 });
    let told = receipt.map(|receipt| receipt.position);
    assert_eq!(told, stored.last().map(|event| event.envelope.position));
}

pub(super) async fn callers_that_went_away_leave_whole_appends(log: Arc<dyn Log>) {
    for number in 1..=30 {
        go_away(log.append(append(number).to(number, 0, some(3))));
    }
    settle(&log, append(99)).await;
    // Asked one by one before the log is read: an append may still be under way until it is asked for.
    let mut receipts = Vec::new();
    for number in 1..=30 {
        receipts.push((number, log.receipt(command(number)).await.unwrap()));
    }

    let stored = all(&log).await;
    for (number, receipt) in receipts {
        let own: Vec<_> = stored
            .iter()
            .filter(|event| event.envelope.command_id == command(number))
            .cloned()
            .collect();
        assert_eq!(
            versions_of(&own),
            if receipt.is_some() { vec![1, 2, 3] } else { vec![] }
        );
    }
    assert!(verify(BEFORE_THE_FIRST, &stored).is_ok());
}

pub(super) async fn a_stream_stays_usable_after_its_caller_went_away(log: Arc<dyn Log>) {
    go_away(log.append(append(1).to(1, 0, some(1))));

    let mut command = 2;
    let receipt = loop {
        let version = log.versions(&[stream(1)]).await.unwrap()[0];
        match log
            .append(append(command).to(1, version, vec![event("later")]))
            .await
        {
            Ok(receipt) => break receipt,
            Err(AppendError::Conflict { .. }) => command += 1,
            Err(other) => panic!("{other:?}"),
        }
    };

    let events = read(&log, Query::forward(Filter::Stream(stream(1)))).await;
    assert_eq!(versions_of(&events), Vec::from_iter(1..=events.len() as u64));
    assert!(
        events
            .iter()
            .any(|event| event.envelope.position == receipt.position)
    );
}
