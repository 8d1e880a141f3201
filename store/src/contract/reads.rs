//! Filters, directions and bounds.

use super::*;

/// Twelve events, over two tenants, two categories, three ids and three requests.
pub(super) async fn seed(log: &Arc<dyn Log>) {
    let elsewhere = StreamId {
        tenant: tenant(2),
        ..stream(1)
    };
    let payment = StreamId {
        category: Category::Payment,
        ..stream(2)
    };
    let linked = |event_type| NewEvent {
        links: vec![id(1)],
        ..event(event_type)
    };
    let about = |event_type, number| NewEvent {
        subjects: vec![person(number)],
        ..event(event_type)
    };
    let first = append(1)
        .to(1, 0, vec![event("held"), about("confirmed", 1)]) // 1, 2
        .to_stream(payment, 0, vec![linked("ordered")]); // 3
    let mut second = append(2)
        .to_stream(elsewhere, 0, vec![event("held"), about("confirmed", 1)]) // 4, 5
        .to_stream(StreamId { category: Category::Payment, ..elsewhere }, 0, vec![event("ordered")]); // 6
    second.command.tenant = tenant(2);
    let third = append(3)
        .to(1, 2, vec![event("moved")]) // 7
        .to_stream(payment, 1, vec![linked("captured"), event("refunded")]) // 8, 9
        .to(3, 0, vec![linked("held"), about("confirmed", 2)]); // 10, 11
    let mut fourth = append(4).to(1, 3, vec![about("ended", 1)]); // 12
    fourth.command.correlation_id = request(3);
    for append in [first, second, third, fourth] {
        ok(log, append).await;
    }
}

/// Reads with every combination of bounds and compares with the matching positions, given in order.
pub(super) async fn assert_reads(log: Arc<dyn Log>, filter: Filter, direction: Direction, matching: &[u64]) {
    seed(&log).await;
    let after = [None, Some(0), Some(3), Some(7), Some(12), Some(13)];
    let until = [None, Some(0), Some(2), Some(9), Some(12), Some(99)];
    let limit = [None, Some(0), Some(1), Some(2), Some(100)];
    for (after, until, limit) in after
        .into_iter()
        .flat_map(|after| until.map(|until| (after, until)))
        .flat_map(|(after, until)| limit.map(|limit| (after, until, limit)))
    {
        let query = Query {
            filter: filter.clone(),
            direction,
            after: after.map(Position),
            until: until.map(Position),
            limit,
        };
        let expected = bounded(direction, matching, &query);
        assert_eq!(positions(&read(&log, query.clone()).await), expected, "{query:?}");
    }
}

fn bounded(direction: Direction, matching: &[u64], query: &Query) -> Vec<u64> {
    let until = query.until.map_or(u64::MAX, |until| until.0);
    let mut matching: Vec<_> = matching
        .iter()
        .copied()
        .filter(|position| *position <= until)
        .collect();
    match direction {
        Direction::Forward => matching.retain(|position| query.after.is_none_or(|after| *position > after.0)),
        Direction::Backward => {
            matching.retain(|position| query.after.is_none_or(|after| *position < after.0));
            matching.reverse();
        }
    }
    let limit = query
        .limit
        .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
    matching.truncate(limit);
    matching
}

macro_rules! filters {
    ($($forward:ident $backward:ident: $filter:expr => $matching:expr;)*) => {
        $(
            pub(super) async fn $forward(log: Arc<dyn Log>) {
                assert_reads(log, $filter, Direction::Forward, &$matching).await;
            }

            pub(super) async fn $backward(log: Arc<dyn Log>) {
                assert_reads(log, $filter, Direction::Backward, &$matching).await;
            }
        )*
    };
}

filters! {
    all_events_forward all_events_backward:
        Filter::All => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    events_of_a_tenant_forward events_of_a_tenant_backward:
        Filter::Tenant(tenant(2)) => [4, 5, 6];
    events_of_a_category_forward events_of_a_category_backward:
        Filter::Category { category: Category::Payment, tenant: None } => [3, 6, 8, 9];
    events_of_a_category_in_a_tenant_forward events_of_a_category_in_a_tenant_backward:
        Filter::Category { category: Category::Payment, tenant: Some(tenant(1)) } => [3, 8, 9];
    events_of_a_type_forward events_of_a_type_backward:
        Filter::Type("confirmed".to_owned()) => [2, 5, 11];
    events_of_a_stream_forward events_of_a_stream_backward:
        Filter::Stream(stream(1)) => [1, 2, 7, 12];
    events_of_an_id_forward events_of_an_id_backward:
        Filter::Link { tenant: tenant(1), link: id(1) } => [1, 2, 3, 7, 8, 10, 12];
    events_of_a_person_forward events_of_a_person_backward:
        Filter::Subject(person(1)) => [2, 5, 12];
    events_of_a_request_forward events_of_a_request_backward:
        Filter::Correlation(request(3)) => [7, 8, 9, 10, 11, 12];
}

pub(super) async fn what_matches_nothing_reads_nothing(log: Arc<dyn Log>) {
    seed(&log).await;
    let filters = [
        Filter::Tenant(tenant(9)),
        Filter::Category {
            category: Category::Rubric,
            tenant: None,
        },
        Filter::Type("Held".to_owned()),
        Filter::Stream(stream(9)),
        Filter::Link {
            tenant: tenant(2),
            link: id(3),
        },
        Filter::Subject(SubjectId::new(id(1))),
        Filter::Correlation(request(9)),
    ];

    for filter in filters {
        assert_eq!(read(&log, Query::forward(filter.clone())).await, [], "{filter:?}");
        assert_eq!(read(&log, Query::backward(filter)).await, []);
    }
}

pub(super) async fn positions_beyond_the_log_read_nothing(log: Arc<dyn Log>) {
    seed(&log).await;

    assert_eq!(
        read(&log, Query::forward(Filter::All).after(Position(500))).await,
        []
    );
    assert_eq!(
        read(&log, Query::backward(Filter::All).after(Position(1))).await,
        []
    );
    assert_eq!(
        read(&log, Query::backward(Filter::All).after(Position::START)).await,
        []
    );
}

pub(super) async fn the_largest_positions_are_positions(log: Arc<dyn Log>) {
    seed(&log).await;
    let last = Position(u64::MAX);

    assert_eq!(read(&log, Query::forward(Filter::All).after(last)).await, []);
    assert_eq!(
        read(&log, Query::forward(Filter::All).until(last)).await.len(),
        12
    );
    assert_eq!(
        read(&log, Query::backward(Filter::All).after(last)).await.len(),
        12
    );
    assert_eq!(
        read(&log, Query::forward(Filter::All).limit(u64::MAX))
            .await
            .len(),
        12
    );
}

pub(super) async fn many_events_are_read_in_order(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(900)).to(2, 0, some(900))).await;

    let forward = read(&log, Query::forward(Filter::All).after(Position(3)).limit(1_234)).await;
    let backward = read(
        &log,
        Query::backward(Filter::All).until(Position(1_700)).limit(1_234),
    )
    .await;

    assert_eq!(positions(&forward), Vec::from_iter(4..=1_237));
    assert_eq!(positions(&backward), Vec::from_iter((467..=1_700).rev()));
}

pub(super) async fn many_events_of_a_stream_are_read_in_order(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(900)).to(2, 0, some(1_100))).await;
    ok(&log, append(2).to(1, 900, some(900))).await;

    let forward = read(&log, Query::forward(Filter::Stream(stream(1)))).await;
    let backward = read(&log, Query::backward(Filter::Stream(stream(1)))).await;

    let versions: Vec<_> = forward.iter().map(|event| event.envelope.version).collect();
    assert_eq!(versions, Vec::from_iter(1..=1_800));
    assert!(forward.iter().eq(backward.iter().rev()));
}

pub(super) async fn large_events_are_read_in_order(log: Arc<dyn Log>) {
    let events = |count| vec![with_payload(vec![b'x'; 1 << 20]); count];
    ok(&log, append(1).to(1, 0, events(12)).to(2, 0, some(3))).await;

    let forward = read(&log, Query::forward(Filter::All)).await;
    let backward = read(&log, Query::backward(Filter::All).limit(14)).await;

    assert_eq!(positions(&forward), Vec::from_iter(1..=15));
    assert_eq!(positions(&backward), Vec::from_iter((2..=15).rev()));
}
