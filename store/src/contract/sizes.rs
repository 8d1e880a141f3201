//! Sizes and bytes.

use super::{bytes::assert_payload_kept, *};

pub(super) fn too_large(error: &AppendError) -> (usize, usize) {
    match error {
        AppendError::TooLarge { most, actual, .. } => (*most, *actual),
        other => panic!("not too large: {other:?}"),
    }
}

pub(super) async fn a_payload_of_a_mebibyte_is_kept(log: Arc<dyn Log>) {
    let payload = (0..1 << 20).map(|index| u8::try_from(index % 251).unwrap());
    assert_payload_kept(&log, payload.collect()).await;
}

pub(super) async fn the_largest_payload_is_kept(log: Arc<dyn Log>) {
    assert_payload_kept(&log, vec![b'x'; MAX_PAYLOAD_BYTES]).await;
}

pub(super) async fn a_larger_payload_is_refused(log: Arc<dyn Log>) {
    let payload = with_payload(vec![b'x'; MAX_PAYLOAD_BYTES + 1]);

    let error = refused(&log, append(1).to(1, 0, vec![payload])).await;

    assert_eq!(too_large(&error), (MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1));
}

pub(super) async fn a_larger_result_is_refused(log: Arc<dyn Log>) {
    let mut given = append(1).to(1, 0, some(1));
    given.result = vec![b'x'; MAX_PAYLOAD_BYTES + 1];

    let error = refused(&log, given).await;

    assert_eq!(too_large(&error), (MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1));
}

pub(super) async fn more_links_than_allowed_are_refused(log: Arc<dyn Log>) {
    let linked = NewEvent {
        links: (1..=5).map(id).collect(),
        ..event("linked")
    };

    let error = refused(&log, append(1).to(1, 0, vec![linked])).await;

    assert_eq!(too_large(&error), (4, 5));
}

pub(super) async fn what_is_too_large_stores_nothing(log: Arc<dyn Log>) {
    let large = with_payload(vec![b'x'; MAX_PAYLOAD_BYTES + 1]);

    refused(&log, append(1).to(1, 0, vec![event("small"), large])).await;

    assert_nothing_stored(&log, 1, 0).await;
}

pub(super) async fn ten_thousand_events_fit_into_one_append(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1).to(1, 0, some(MAX_EVENTS))).await;

    let places = Places::of(&log).await;
    assert_eq!(places.count(), 10_000);
    assert_eq!(receipt.first.map(|first| places.at(first)), Some(1));
    assert_eq!(places.at(receipt.position), 10_000);
}

pub(super) async fn more_than_ten_thousand_events_are_too_many(log: Arc<dyn Log>) {
    let error = refused(&log, append(1).to(1, 0, some(MAX_EVENTS + 1))).await;

    assert_eq!(too_large(&error), (MAX_EVENTS, 10_001));
}

/// Back ends write many rows in one statement, and the last one is never full.
pub(super) async fn appends_around_the_size_of_a_statement_are_stored_whole(log: Arc<dyn Log>) {
    let sizes = [1, 499, 500, 501, 999, 1_000, 1_001];
    for (number, size) in (1..).zip(sizes) {
        let linked = NewEvent {
            links: vec![id(50)],
            ..event("linked")
        };
        ok(&log, append(number).to(number, 0, vec![linked; size])).await;
    }

    let streams: Vec<_> = (1..=7).map(stream).collect();
    let versions = log.versions(&streams).await.unwrap();
    assert_eq!(versions, sizes.map(|size| size as u64));
    let by_link = Filter::Link {
        tenant: tenant(1),
        link: id(50),
    };
    let found = read(&log, Query::forward(by_link)).await;
    assert_eq!(found.len(), sizes.iter().sum::<usize>());
    assert!(verify(BEFORE_THE_FIRST, &found).is_ok());
}

pub(super) async fn the_largest_result_is_kept(log: Arc<dyn Log>) {
    let result: Vec<_> = (0..MAX_PAYLOAD_BYTES)
        .map(|index| u8::try_from(index % 253).unwrap())
        .collect();

    ok(
        &log,
        Append {
            result: result.clone(),
            ..append(1)
        },
    )
    .await;

    let kept = log.receipt(command(1)).await.unwrap().unwrap();
    assert!(kept.result == result);
}

/// Payloads that weigh, with the result of two bytes, as much as an append may.
fn heaviest() -> Vec<NewEvent> {
    let whole = (MAX_APPEND_BYTES - 1) / MAX_PAYLOAD_BYTES;
    let mut payloads = vec![with_payload(vec![b'x'; MAX_PAYLOAD_BYTES]); whole];
    let rest = MAX_APPEND_BYTES - whole * MAX_PAYLOAD_BYTES - append(1).result.len();
    payloads.push(with_payload(vec![b'y'; rest]));
    payloads
}

pub(super) async fn the_largest_append_is_stored(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, heaviest())).await;

    let mut events = log.read(Query::forward(Filter::All));
    let mut bytes = append(1).result.len();
    while let Some(event) = events.try_next().await.unwrap() {
        bytes += event.payload.len();
    }
    assert_eq!(bytes, MAX_APPEND_BYTES);
}

/// Where less than the largest append is taken, what is refused leaves nothing behind, and the refusal tells how much is
/// taken.
pub(super) async fn an_append_is_stored_whole_or_too_large(log: Arc<dyn Log>) {
    let answer = log.append(append(1).to(1, 0, heaviest())).await;

    match answer {
        Ok(_) => assert_eq!(Places::of(&log).await.count(), heaviest().len() as u64),
        Err(error) => {
            let (most, actual) = too_large(&error);
            assert!(!log.capabilities().large_appends && most < actual);
            assert_nothing_stored(&log, 1, 0).await;
        }
    }
}

pub(super) async fn a_larger_append_is_refused(log: Arc<dyn Log>) {
    let mut payloads = heaviest();
    payloads.last_mut().unwrap().payload.push(b'z');

    let error = refused(&log, append(1).to(1, 0, payloads)).await;

    assert_eq!(too_large(&error), (MAX_APPEND_BYTES, MAX_APPEND_BYTES + 1));
}

pub(super) async fn a_result_counts_towards_the_size_of_an_append(log: Arc<dyn Log>) {
    let given = Append {
        result: b"{} ".to_vec(),
        ..append(1)
    };

    let error = refused(&log, given.to(1, 0, heaviest())).await;

    assert_eq!(too_large(&error), (MAX_APPEND_BYTES, MAX_APPEND_BYTES + 1));
}

pub(super) async fn four_links_are_kept(log: Arc<dyn Log>) {
    let links: Vec<_> = (1..=4).map(|number| id(60 + number)).collect();
    let linked = NewEvent {
        links: links.clone(),
        ..event("linked")
    };

    ok(&log, append(1).to(1, 0, vec![linked])).await;

    for link in links {
        let by_link = Query::forward(Filter::Link {
            tenant: tenant(1),
            link,
        });
        assert_eq!(read(&log, by_link).await.len(), 1);
    }
}

pub(super) async fn a_long_trace_and_a_long_type_are_kept(log: Arc<dyn Log>) {
    let long = "träce".repeat(2_000);
    let mut given = append(1).to(1, 0, vec![event(&long)]);
    given.command.trace = Some(long.clone());

    ok(&log, given).await;

    let by_type = read(&log, Query::forward(Filter::Type(long.clone()))).await;
    assert_eq!(types(&by_type), [long.as_str()]);
    assert_eq!(by_type[0].envelope.trace.as_deref(), Some(long.as_str()));
}

pub(super) async fn what_is_too_large_does_not_fail_its_neighbours(log: Arc<dyn Log>) {
    let crowd = (1..=20_u64).map(|number| {
        let size = if number % 4 == 0 {
            MAX_PAYLOAD_BYTES + 1
        } else {
            10
        };
        log.append(append(number).to(number, 0, vec![with_payload(vec![b'x'; size])]))
    });
    let results = join_all(crowd).await;

    let stored: Vec<_> = results.iter().map(Result::is_ok).collect();
    assert_eq!(stored, [true, true, true, false].repeat(5));
    assert_eq!(Places::of(&log).await.count(), 15);
}
