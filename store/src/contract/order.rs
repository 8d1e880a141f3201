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

    assert_eq!(
        (receipt.first, receipt.position),
        (Some(Position(1)), Position(1))
    );
    assert_eq!(only(&log).await.envelope.position, Position(1));
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

pub(super) async fn positions_have_no_gaps(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(3))).await;
    ok(&log, append(2).to(1, 3, some(2))).await;
    ok(&log, append(3).to(2, 0, some(1))).await;

    assert_eq!(positions(&all(&log).await), [1, 2, 3, 4, 5, 6]);
    assert_eq!(log.head().await.unwrap(), Position(6));
}

pub(super) async fn positions_grow_with_every_acknowledgement(log: Arc<dyn Log>) {
    let mut receipts = Vec::new();
    for number in 1..=20 {
        receipts.push(ok(&log, append(number).to(21 - number, 0, some(2))).await);
    }

    let told: Vec<_> = receipts
        .iter()
        .flat_map(|receipt| [receipt.first.unwrap(), receipt.position])
        .collect();
    assert!(told.is_sorted_by(|one, next| one < next), "{told:?}");
}

pub(super) async fn events_get_positions_in_the_order_of_the_append(log: Arc<dyn Log>) {
    ok(&log, append(1).to(9, 0, vec![event("b"), event("a"), event("c")])).await;
    ok(&log, append(2).to(1, 0, vec![event("d")])).await;

    assert_eq!(types(&all(&log).await), ["b", "a", "c", "d"]);
}

pub(super) async fn versions_count_in_each_stream(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;
    ok(&log, append(2).to(2, 0, some(1))).await;
    ok(&log, append(3).to(1, 2, some(1))).await;

    let versions: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| (event.envelope.stream, event.envelope.version))
        .collect();
    let (one, two) = (stream(1), stream(2));
    assert_eq!(versions, [(one, 1), (one, 2), (two, 1), (one, 3)]);
}

pub(super) async fn a_refused_append_leaves_no_gap(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    refused(&log, append(2).to(1, 0, some(3))).await;
    ok(&log, append(3).to(1, 1, some(1))).await;

    assert_eq!(positions(&all(&log).await), [1, 2]);
}

pub(super) async fn a_no_op_takes_no_position(log: Arc<dyn Log>) {
    ok(&log, append(1)).await;
    ok(&log, append(2).to(1, 0, some(1))).await;
    ok(&log, append(3).to(1, 1, vec![])).await;
    ok(&log, append(4).to(1, 1, some(1))).await;

    assert_eq!(positions(&all(&log).await), [1, 2]);
}

pub(super) async fn a_repeated_command_takes_no_position(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    refused(&log, append(1).to(1, 2, some(2))).await;
    ok(&log, append(2).to(1, 2, some(1))).await;

    assert_eq!(positions(&all(&log).await), [1, 2, 3]);
}

pub(super) async fn the_head_is_the_last_event_that_is_read(log: Arc<dyn Log>) {
    for number in 1..=5 {
        ok(&log, append(number).to(number, 0, some(2))).await;

        let last = read(&log, Query::backward(Filter::All).limit(1)).await;
        assert_eq!(log.head().await.unwrap(), last[0].envelope.position);
    }
}

pub(super) async fn a_receipt_names_the_first_and_the_last_position(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, some(4))).await;

    let places = Places::of(&log).await;
    assert_eq!(receipt.first.map(|first| places.at(first)), Some(3));
    assert_eq!(places.at(receipt.position), 6);
}

pub(super) async fn event_ids_follow_from_the_command(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(3))).await;

    let ids: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.event_id)
        .collect();
    assert_eq!(ids, [0, 1, 2].map(|index| event_id(command(1), index)));
}

pub(super) async fn event_ids_differ_between_commands(log: Arc<dyn Log>) {
    for number in 1..=50 {
        ok(&log, append(number).to(number, 0, some(4))).await;
    }

    let ids: HashSet<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.event_id)
        .collect();
    assert_eq!(ids.len(), 200);
}

pub(super) async fn events_of_an_append_share_what_belongs_to_the_command(log: Arc<dyn Log>) {
    let mut given = append(1).at(7);
    given.command.causation_id = Some(EventId::new(id(5)));
    given.command.trace = Some("trace".to_owned());

    ok(&log, given.clone().to(1, 0, some(3))).await;

    let shared: Vec<_> = all(&log)
        .await
        .into_iter()
        .map(|event| {
            let it = event.envelope;
            (
                it.command_id,
                it.correlation_id,
                it.causation_id,
                it.trace,
                it.actor,
                it.recorded_at,
            )
        })
        .collect();
    let CommandMeta {
        command_id,
        correlation_id,
        causation_id,
        trace,
        actor,
        ..
    } = given.command;
    assert_eq!(
        shared,
        vec![(command_id, correlation_id, causation_id, trace, actor, at(7)); 3]
    );
}

pub(super) async fn an_envelope_without_anything_optional_is_kept(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, vec![event("")])).await;

    let envelope = only(&log).await.envelope;
    assert_eq!((envelope.causation_id, envelope.trace), (None, None));
    assert_eq!((envelope.links, envelope.subjects), (vec![], vec![]));
    assert_eq!(envelope.event_type, "");
}

pub(super) async fn every_category_is_kept(log: Arc<dyn Log>) {
    for (number, category) in (1..).zip(Category::ALL) {
        let own = StreamId {
            category: *category,
            ..stream(1)
        };
        ok(&log, append(number).to_stream(own, 0, some(1))).await;
    }

    let kept: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.stream.category)
        .collect();
    assert_eq!(kept, Category::ALL);
}

pub(super) async fn the_smallest_and_the_largest_schema_version_are_kept(log: Arc<dyn Log>) {
    let of = |schema_version| NewEvent {
        schema_version,
        ..event("versioned")
    };

    ok(&log, append(1).to(1, 0, vec![of(0), of(1), of(u16::MAX)])).await;

    let kept: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.schema_version)
        .collect();
    assert_eq!(kept, [0, 1, u16::MAX]);
}
