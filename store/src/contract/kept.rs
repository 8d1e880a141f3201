//! A log that is closed, or only dropped, and opened again.

use super::*;

async fn open(home: &dyn Home) -> Arc<dyn Kept> {
    home.open(QueueLimits::default()).await
}

async fn everything(log: &Arc<dyn Kept>) -> Vec<Recorded> {
    all(&as_log(log)).await
}

fn as_log(log: &Arc<dyn Kept>) -> Arc<dyn Log> {
    log.clone()
}

/// Two events and a no-op, and the receipt of the first.
async fn fill(log: &Arc<dyn Kept>) -> Receipt {
    let receipt = log.append(append(1).to(1, 0, some(1))).await.unwrap();
    log.append(append(2).to(2, 0, some(1))).await.unwrap();
    log.append(append(3)).await.unwrap();
    receipt
}

async fn assert_continues(log: &Arc<dyn Kept>, receipt: &Receipt) {
    let places = Places::of(&as_log(log)).await;
    assert_eq!(*log.tail().borrow(), places.position(2));
    let repeat = log.append(append(1).to(1, 1, some(1))).await.unwrap_err();
    assert!(matches!(repeat, AppendError::Duplicate(kept) if *kept == *receipt));
    let no_op = log.append(append(3)).await.unwrap_err();
    assert!(matches!(no_op, AppendError::Duplicate(kept) if kept.first.is_none()));
    let conflict = log.append(append(4).to(1, 0, some(1))).await.unwrap_err();
    assert_conflict(&conflict, 1, 0, 1);
    log.append(append(4).to(1, 1, some(1))).await.unwrap();
    assert_eq!(Places::of(&as_log(log)).await.count(), 3);
    assert!(verify(BEFORE_THE_FIRST, &everything(log).await).is_ok());
}

pub(super) async fn a_log_continues_after_it_was_closed(home: &dyn Home) {
    let before = open(home).await;
    let receipt = fill(&before).await;

    before.close().await;

    assert_continues(&open(home).await, &receipt).await;
}

pub(super) async fn a_log_continues_after_it_was_only_dropped(home: &dyn Home) {
    let before = open(home).await;
    let receipt = fill(&before).await;

    drop(before);

    assert_continues(&open(home).await, &receipt).await;
}

pub(super) async fn what_was_read_before_is_read_again_byte_for_byte(home: &dyn Home) {
    let before = open(home).await;
    reads::seed(&as_log(&before)).await;
    let odd = NewEvent {
        payload: (0..=255).collect(),
        ..event("odd \u{1F600}")
    };
    before.append(append(50).to(50, 0, vec![odd])).await.unwrap();
    let events = everything(&before).await;

    before.close().await;

    assert_eq!(everything(&open(home).await).await, events);
    assert_eq!(events.len(), 13);
}

pub(super) async fn versions_are_kept(home: &dyn Home) {
    let before = open(home).await;
    for number in 1..=5 {
        let events = usize::try_from(number).unwrap();
        before
            .append(append(number).to(number, 0, some(events)))
            .await
            .unwrap();
    }

    before.close().await;

    let streams: Vec<_> = (1..=6).map(stream).collect();
    assert_eq!(
        open(home).await.versions(&streams).await.unwrap(),
        [1, 2, 3, 4, 5, 0]
    );
}

pub(super) async fn receipts_are_kept_with_their_results(home: &dyn Home) {
    let before = open(home).await;
    let mut receipts = Vec::new();
    for number in 1..=20 {
        let given = Append {
            result: vec![u8::try_from(number).unwrap(); 3],
            ..append(number)
        };
        receipts.push(
            before
                .append(given.at(20 - i64::try_from(number).unwrap()))
                .await
                .unwrap(),
        );
    }

    before.close().await;

    let after = open(home).await;
    for receipt in receipts {
        assert_eq!(after.receipt(receipt.command_id).await.unwrap(), Some(receipt));
    }
}

pub(super) async fn time_does_not_go_back_over_a_restart(home: &dyn Home) {
    let before = open(home).await;
    before.append(append(1).to(1, 0, some(1)).at(500)).await.unwrap();

    before.close().await;

    let after = open(home).await;
    assert_eq!(after.last_recorded_at().await.unwrap(), Some(at(500)));
    let receipt = after.append(append(2).to(1, 1, some(1)).at(3)).await.unwrap();
    assert_eq!(receipt.recorded_at, at(500));
}

pub(super) async fn opening_again_changes_nothing(home: &dyn Home) {
    let first = open(home).await;
    fill(&first).await;
    let events = everything(&first).await;
    first.close().await;

    for _ in 0..3 {
        open(home).await.close().await;
    }

    assert_eq!(everything(&open(home).await).await, events);
}

pub(super) async fn a_closed_log_is_unavailable(home: &dyn Home) {
    let log = open(home).await;

    log.close().await;
    log.close().await;

    let refused = log.append(append(9).to(9, 0, some(1))).await.unwrap_err();
    assert!(matches!(
        refused,
        AppendError::Unavailable {
            outcome_unknown: false,
            ..
        }
    ));
    assert!(matches!(log.head().await, Err(ReadError::Unavailable(_))));
    let read: Result<Vec<_>, _> = log.read(Query::forward(Filter::All)).try_collect().await;
    assert!(matches!(read, Err(ReadError::Unavailable(_))));
}

pub(super) async fn closing_stores_what_is_waiting(home: &dyn Home) {
    let log = open(home).await;
    let appends = (1..=50).map(|number| log.append(append(number).to(number, 0, some(1))));

    // The appends are polled first, so all of them wait in the queue when it is closed.
    let (results, ()) = tokio::join!(join_all(appends), log.close());

    assert_eq!(accepted(&results), 50);
    assert_eq!(Places::of(&as_log(&open(home).await)).await.count(), 50);
}
