//! Receipts.

use super::*;

pub(super) async fn a_repeated_command_is_answered_with_its_receipt(log: Arc<dyn Log>) {
    let first = ok(&log, append(1).to(1, 0, some(2))).await;
    ok(&log, append(2).to(1, 2, some(1))).await;

    let repeat = refused(&log, append(1).to(1, 3, some(1))).await;

    assert!(matches!(repeat, AppendError::Duplicate(receipt) if *receipt == first));
    assert_eq!(log.head().await.unwrap(), Position(3));
}

pub(super) async fn a_repeat_shows_the_input_that_was_accepted(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let mut other = append(1).to(2, 0, some(1));
    other.command.input_hash = [8; 32];
    let repeat = refused(&log, other).await;

    assert!(matches!(repeat, AppendError::Duplicate(receipt) if receipt.input_hash == [7; 32]));
}

pub(super) async fn a_repeat_is_told_before_a_conflict(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let repeat = refused(&log, append(1).to(1, 0, some(1))).await;

    assert!(matches!(repeat, AppendError::Duplicate(_)));
}

pub(super) async fn a_no_op_keeps_a_receipt_at_the_head(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(4))).await;

    let receipt = ok(&log, append(2)).await;
    let repeat = refused(&log, append(2)).await;

    assert_eq!((receipt.first, receipt.position), (None, Position(4)));
    assert!(matches!(repeat, AppendError::Duplicate(kept) if *kept == receipt));
}

pub(super) async fn a_no_op_on_an_empty_log_is_at_the_start(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1)).await;

    assert_eq!((receipt.first, receipt.position), (None, Position::START));
    assert_eq!(log.last_recorded_at().await.unwrap(), None);
}

pub(super) async fn an_unknown_command_has_no_receipt(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    assert_eq!(log.receipt(command(2)).await.unwrap(), None);
}

pub(super) async fn a_receipt_is_kept_as_it_was_answered(log: Arc<dyn Log>) {
    let mut given = append(1).to(1, 0, some(2)).at(9);
    given.result = vec![0, 255, b'{', 0];
    given.command.input_hash = std::array::from_fn(|index| u8::try_from(index).unwrap());

    let receipt = ok(&log, given.clone()).await;

    let expected = Receipt {
        command_id: command(1),
        tenant: tenant(1),
        input_hash: given.command.input_hash,
        first: Some(Position(1)),
        position: Position(2),
        result: given.result,
        recorded_at: at(9),
    };
    assert_eq!(receipt, expected);
    assert_eq!(log.receipt(command(1)).await.unwrap(), Some(expected));
}
