//! Receipts.

use super::*;

pub(super) async fn a_repeated_command_is_answered_with_its_receipt(log: Arc<dyn Log>) {
    let first = ok(&log, append(1).to(1, 0, some(2))).await;
    ok(&log, append(2).to(1, 2, some(1))).await;

    let repeat = refused(&log, append(1).to(1, 3, some(1))).await;

    assert!(matches!(repeat, AppendError::Duplicate(receipt) if *receipt == first));
    assert_eq!(Places::of(&log).await.count(), 3);
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
    let before = ok(&log, append(1).to(1, 0, some(4))).await;

    let receipt = ok(&log, append(2)).await;
    let repeat = refused(&log, append(2)).await;

    assert_eq!((receipt.first, receipt.position), (None, before.position));
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

    let places = Places::of(&log).await;
    let expected = Receipt {
        command_id: command(1),
        tenant: tenant(1),
        input_hash: given.command.input_hash,
        first: Some(places.position(1)),
        position: places.position(2),
        result: given.result,
        recorded_at: at(9),
    };
    assert_eq!(receipt, expected);
    assert_eq!(log.receipt(command(1)).await.unwrap(), Some(expected));
}

pub(super) async fn a_command_sent_many_times_is_accepted_once(log: Arc<dyn Log>) {
    let results = join_all((0..16).map(|_| log.append(append(1).to(1, 0, some(2))))).await;

    let stored = log.receipt(command(1)).await.unwrap().unwrap();
    let accepted = results.iter().filter(|result| result.is_ok()).count();
    let answered = results.into_iter().all(|result| match result {
        Ok(receipt) => receipt == stored,
        Err(AppendError::Duplicate(receipt)) => *receipt == stored,
        Err(_) => false,
    });
    assert_eq!((accepted, answered), (1, true));
    assert_eq!(Places::of(&log).await.count(), 2);
}

pub(super) async fn a_repeat_shows_whose_command_was_accepted(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let mut other = append(1).to(2, 0, some(1));
    other.command.tenant = tenant(2);
    let repeat = refused(&log, other).await;

    assert!(matches!(repeat, AppendError::Duplicate(receipt) if receipt.tenant == tenant(1)));
}

pub(super) async fn a_repeat_of_a_no_op_writes_nothing(log: Arc<dyn Log>) {
    let no_op = ok(&log, append(1)).await;

    let repeat = refused(&log, append(1).to(1, 0, some(2))).await;

    assert!(matches!(repeat, AppendError::Duplicate(receipt) if *receipt == no_op));
    assert_eq!(all(&log).await, []);
}

pub(super) async fn a_receipt_with_an_empty_result_is_kept(log: Arc<dyn Log>) {
    let given = Append {
        result: Vec::new(),
        ..append(1)
    };

    ok(&log, given.to(1, 0, some(1))).await;

    let kept = log.receipt(command(1)).await.unwrap().unwrap();
    assert!(kept.result.is_empty());
}

pub(super) async fn a_receipt_does_not_move_when_the_log_goes_on(log: Arc<dyn Log>) {
    let written = ok(&log, append(1).to(1, 0, some(1))).await;
    let no_op = ok(&log, append(2)).await;

    ok(&log, append(3).to(1, 1, some(5)).at(60)).await;

    assert_eq!(log.receipt(command(1)).await.unwrap(), Some(written));
    assert_eq!(log.receipt(command(2)).await.unwrap(), Some(no_op));
}

pub(super) async fn commands_whose_ids_differ_in_one_bit_are_apart(log: Arc<dyn Log>) {
    let command = |bit: u32| CommandId::new(Uuid::from_u128(command(1).uuid().as_u128() ^ (1 << bit)));
    for bit in 0..128 {
        let mut given = Append {
            result: bit.to_string().into_bytes(),
            ..append(1)
        };
        given.command.command_id = command(bit);
        ok(&log, given).await;
    }

    for bit in 0..128 {
        let kept = log.receipt(command(bit)).await.unwrap().unwrap();
        assert_eq!(kept.result, bit.to_string().into_bytes());
    }
    assert_eq!(log.receipt(super::command(1)).await.unwrap(), None);
}

pub(super) async fn a_receipt_is_found_among_thousands(log: Arc<dyn Log>) {
    for hundred in 0..20 {
        let crowd = (1..=100).map(|number| log.append(append(hundred * 100 + number)));
        assert_eq!(accepted(&join_all(crowd).await), 100);
    }

    for number in [1, 777, 2_000] {
        let repeat = refused(&log, append(number).to(1, 0, some(1))).await;
        assert!(matches!(repeat, AppendError::Duplicate(kept) if kept.command_id == command(number)));
    }
    assert_eq!(log.receipt(command(2_001)).await.unwrap(), None);
}

pub(super) async fn a_no_op_sent_many_times_is_accepted_once(log: Arc<dyn Log>) {
    let results = join_all((0..16).map(|_| log.append(append(1)))).await;

    let repeats = results
        .iter()
        .filter(|result| matches!(result, Err(AppendError::Duplicate(_))))
        .count();
    assert_eq!((accepted(&results), repeats), (1, 15));
}

pub(super) async fn of_two_inputs_under_one_command_one_is_accepted(log: Arc<dyn Log>) {
    let inputs = (1..=8).map(|input| {
        let mut given = append(1).to(u64::from(input), 0, some(1));
        given.command.input_hash = [input; 32];
        log.append(given)
    });
    let results = join_all(inputs).await;

    let stored = log.receipt(command(1)).await.unwrap().unwrap();
    assert_eq!(accepted(&results), 1);
    assert!(results.iter().all(|result| match result {
        Ok(receipt) => *receipt == stored,
        Err(AppendError::Duplicate(receipt)) => **receipt == stored,
        Err(_) => false,
    }));
    let winner = only(&log).await.envelope.stream;
    assert_eq!(winner, stream(u64::from(stored.input_hash[0])));
}
