//! Bytes and names are kept as they were given.

use super::*;

pub(super) async fn assert_payload_kept(log: &Arc<dyn Log>, payload: Vec<u8>) {
    ok(log, append(1).to(1, 0, vec![with_payload(payload.clone())])).await;

    assert!(*only(log).await.payload == *payload);
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

pub(super) async fn a_payload_is_not_rewritten_as_json(log: Arc<dyn Log>) {
    let text = r#" {"b":1, "a":1.50e+01,"b":"twice","n":123456789012345678901234567890,"s":"\u0041\/"}  "#;
    assert_payload_kept(&log, text.as_bytes().to_vec()).await;
}

async fn assert_type_read_alone(log: &Arc<dyn Log>, name: &str) {
    let found = read(log, Query::forward(Filter::Type(name.to_owned()))).await;
    assert_eq!(types(&found), [name]);
}

pub(super) async fn names_that_look_like_sql_are_only_names(log: Arc<dyn Log>) {
    let names = [
        "a%",
        "a_b",
        "ab",
        "a'b",
        "a' or true --",
        "$1",
        "?1",
        "a\\",
        "{a}",
        "a\"b",
    ];

    ok(&log, append(1).to(1, 0, names.map(event).to_vec())).await;

    for name in names {
        assert_type_read_alone(&log, name).await;
    }
}

pub(super) async fn types_that_differ_by_case_or_accents_are_apart(log: Arc<dyn Log>) {
    // The third and the fourth look alike: an accent of its own, and one that is part of the letter.
    let names = [
        "held",
        "Held",
        "he\u{301}ld",
        "h\u{e9}ld",
        "held ",
        " held",
        "\u{200b}held",
    ];

    ok(&log, append(1).to(1, 0, names.map(event).to_vec())).await;

    for name in names {
        assert_type_read_alone(&log, name).await;
    }
}

const WITH_NUL: &str = "before\0after";

/// PostgreSQL takes no NUL in a text. Whoever cannot keep it must say so before anything is stored.
pub(super) async fn text_with_nul_is_kept_or_refused_alone(log: Arc<dyn Log>) {
    let mut in_trace = append(1).to(1, 0, some(1));
    in_trace.command.trace = Some(WITH_NUL.to_owned());
    let in_type = append(2).to(2, 0, vec![event(WITH_NUL)]);
    let neighbour = append(3).to(3, 0, some(1));

    let results = join_all([in_trace, in_type, neighbour].map(|append| log.append(append))).await;

    assert!(results[2].is_ok());
    for (number, result) in (1..).zip(&results[..2]) {
        let kept = match result {
            Ok(_) => true,
            Err(AppendError::Unavailable {
                outcome_unknown: false,
                ..
            }) => false,
            Err(other) => panic!("{other:?}"),
        };
        let stored = read(&log, Query::forward(Filter::Stream(stream(number)))).await;
        let names = stored
            .iter()
            .flat_map(|it| [Some(&it.envelope.event_type), it.envelope.trace.as_ref()]);
        let with_nul = names.flatten().filter(|name| *name == WITH_NUL).count();
        assert_eq!((stored.len(), with_nul), (usize::from(kept), usize::from(kept)));
        assert_eq!(log.receipt(command(number)).await.unwrap().is_some(), kept);
    }
}
