//! Positions, versions and envelopes.

use super::*;

pub(super) async fn an_empty_log_has_no_end(log: Arc<dyn Log>) {
    assert_eq!(log.head().await.unwrap(), Position::START);
    assert_eq!(log.last_recorded_at().await.unwrap(), None);
}

pub(super) async fn an_empty_log_reads_nothing(log: Arc<dyn Log>) {
    assert_eq!(read(&log, Query::forward(Filter::All)).await, []);
    assert_eq!(read(&log, Query::backward(Filter::All)).await, []);
}

pub(super) async fn the_first_event_has_position_one(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1).to(1, 0, some(1))).await;

    assert_eq!(receipt.position, Position(1));
    assert_eq!(only(&log).await.envelope.position, Position(1));
}

pub(super) async fn positions_have_no_gaps(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(3))).await;
    ok(&log, append(2)).await;
    ok(&log, append(3).to(1, 3, some(2)).to(2, 0, some(1))).await;

    assert_eq!(positions(&all(&log).await), [1, 2, 3, 4, 5, 6]);
    assert_eq!(log.head().await.unwrap(), Position(6));
}

pub(super) async fn events_get_positions_in_the_order_of_the_append(log: Arc<dyn Log>) {
    let writes = append(1)
        .to(9, 0, vec![event("a"), event("b")])
        .to(1, 0, vec![event("c")])
        .to(5, 0, vec![event("d")]);

    ok(&log, writes).await;

    assert_eq!(types(&all(&log).await), ["a", "b", "c", "d"]);
}

pub(super) async fn versions_count_in_each_stream(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2)).to(2, 0, some(1))).await;
    ok(&log, append(2).to(2, 1, some(1)).to(1, 2, some(1))).await;

    let versions: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| (event.envelope.stream, event.envelope.version))
        .collect();
    let (one, two) = (stream(1), stream(2));
    assert_eq!(versions, [(one, 1), (one, 2), (two, 1), (two, 2), (one, 3)]);
}

pub(super) async fn a_refused_append_leaves_no_gap(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    refused(&log, append(2).to(2, 0, some(3)).to(1, 0, some(1))).await;
    ok(&log, append(3).to(1, 1, some(1))).await;

    assert_eq!(positions(&all(&log).await), [1, 2]);
}

pub(super) async fn a_receipt_names_the_first_and_the_last_position(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, some(3)).to(2, 0, some(1))).await;

    assert_eq!(receipt.first, Some(Position(3)));
    assert_eq!(receipt.position, Position(6));
}

pub(super) async fn event_ids_follow_from_the_command(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).to(2, 0, some(2))).await;

    let ids: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.event_id)
        .collect();
    assert_eq!(ids, [0, 1, 2].map(|index| event_id(command(1), index)));
}

pub(super) async fn an_envelope_is_kept_as_it_was_given(log: Arc<dyn Log>) {
    let mut given = append(1).at(50);
    given.command.causation_id = Some(EventId::new(id(77)));
    given.command.trace = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let written = NewEvent {
        event_type: "interview.held".to_owned(),
        schema_version: 65_535,
        payload: b"{\"a\": 1 }\n".to_vec(),
        occurred_at: at(-100),
        links: vec![id(30), id(10), id(20)],
        subjects: vec![person(2), person(1)],
    };

    ok(&log, given.clone().to(1, 0, vec![written.clone()])).await;

    let Recorded { envelope, payload } = only(&log).await;
    assert_eq!(envelope.stream, stream(1));
    assert_eq!(envelope.version, 1);
    assert_eq!(envelope.event_type, written.event_type);
    assert_eq!(envelope.schema_version, written.schema_version);
    assert_eq!(envelope.occurred_at, written.occurred_at);
    assert_eq!(envelope.recorded_at, given.now);
    assert_eq!(envelope.actor, given.command.actor);
    assert_eq!(envelope.command_id, given.command.command_id);
    assert_eq!(envelope.correlation_id, given.command.correlation_id);
    assert_eq!(envelope.causation_id, given.command.causation_id);
    assert_eq!(envelope.trace, given.command.trace);
    assert_eq!(envelope.links, written.links);
    assert_eq!(envelope.subjects, written.subjects);
    assert_eq!(*payload, *written.payload);
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

pub(super) async fn every_kind_of_actor_is_kept(log: Arc<dyn Log>) {
    let actors = [
        Actor::account(AccountId::new(id(1))),
        Actor::Account {
            account: AccountId::new(id(1)),
            on_behalf_of: Some(AccountId::new(id(2))),
        },
        Actor::system("expire_holds"),
        Actor::Provider {
            name: "sandbox".to_owned(),
        },
    ];

    for (number, actor) in (1..).zip(&actors) {
        let mut given = append(number).to(number, 0, some(1));
        given.command.actor = actor.clone();
        ok(&log, given).await;
    }

    let kept: Vec<_> = all(&log)
        .await
        .into_iter()
        .map(|event| event.envelope.actor)
        .collect();
    assert_eq!(kept, actors);
}
