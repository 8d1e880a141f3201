//! Sizes and bytes.

use super::*;

pub(super) async fn ten_thousand_events_fit_into_one_append(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1).to(1, 0, some(MAX_EVENTS))).await;

    assert_eq!(receipt.position, Position(10_000));
    assert_eq!(positions(&all(&log).await), Vec::from_iter(1..=10_000));
}

fn too_large(error: &AppendError) -> (usize, usize) {
    match error {
        AppendError::TooLarge { most, actual, .. } => (*most, *actual),
        other => panic!("not too large: {other:?}"),
    }
}

pub(super) async fn more_than_ten_thousand_events_are_too_many(log: Arc<dyn Log>) {
    let error = refused(&log, append(1).to(1, 0, some(9_000)).to(2, 0, some(1_001))).await;

    assert_eq!(too_large(&error), (MAX_EVENTS, 10_001));
}

pub(super) async fn assert_payload_kept(log: &Arc<dyn Log>, payload: Vec<u8>) {
    ok(log, append(1).to(1, 0, vec![with_payload(payload.clone())])).await;

    assert!(*only(log).await.payload == *payload);
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

pub(super) async fn a_larger_append_is_refused(log: Arc<dyn Log>) {
    let count = MAX_APPEND_BYTES / MAX_PAYLOAD_BYTES + 1;
    let payloads = vec![with_payload(vec![b'x'; MAX_PAYLOAD_BYTES]); count];

    let error = refused(&log, append(1).to(1, 0, payloads)).await;

    assert_eq!(too_large(&error).0, MAX_APPEND_BYTES);
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

pub(super) async fn an_empty_payload_is_kept(log: Arc<dyn Log>) {
    assert_payload_kept(&log, Vec::new()).await;
}

pub(super) async fn a_payload_in_many_scripts_is_kept(log: Arc<dyn Log>) {
    let text = r#"{"name":"Zoë O’Brien, 李小龍, मोहन, 👩🏽‍💻, עברית"}"#;
    assert_payload_kept(&log, text.as_bytes().to_vec()).await;
}

pub(super) async fn a_payload_with_nul_is_kept(log: Arc<dyn Log>) {
    assert_payload_kept(&log, b"\0before\0\0after\0".to_vec()).await;
}

pub(super) async fn a_payload_that_is_no_text_is_kept(log: Arc<dyn Log>) {
    assert_payload_kept(&log, (0..=255).collect()).await;
}

pub(super) async fn names_in_many_scripts_are_kept(log: Arc<dyn Log>) {
    let name = "Ünï\u{1F600}'\"\\;--";
    let mut given = append(1).to(1, 0, vec![event(name)]);
    given.command.actor = Actor::system("with\0nul and 漢字");
    given.command.trace = Some(name.to_owned());

    ok(&log, given.clone()).await;

    let envelope = only(&log).await.envelope;
    assert_eq!(envelope.event_type, name);
    assert_eq!(envelope.actor, given.command.actor);
    assert_eq!(envelope.trace, given.command.trace);
}

pub(super) async fn an_event_with_one_link_twice_is_read_once(log: Arc<dyn Log>) {
    let twice = NewEvent {
        links: vec![id(8), id(8), id(1)],
        subjects: vec![person(1), person(1)],
        ..event("linked")
    };
    ok(&log, append(1).to(1, 0, vec![twice])).await;

    let by_link = |link| {
        Query::forward(Filter::Link {
            tenant: tenant(1),
            link,
        })
    };
    assert_eq!(positions(&read(&log, by_link(id(8))).await), [1]);
    assert_eq!(positions(&read(&log, by_link(id(1))).await), [1]);
    let by_person = Query::forward(Filter::Subject(person(1)));
    assert_eq!(positions(&read(&log, by_person).await), [1]);
}
