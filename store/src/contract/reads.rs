//! Filters, directions and bounds.

use super::*;

/// Twelve events, over two tenants, two categories, three ids and three requests; each append writes one stream.
pub(super) async fn seed(log: &Arc<dyn Log>) {
    let here = stream(1);
    let elsewhere = StreamId {
        tenant: tenant(2),
        ..here
    };
    let payment = StreamId {
        category: Category::Payment,
        ..stream(2)
    };
    let payment_elsewhere = StreamId {
        category: Category::Payment,
        ..elsewhere
    };
    let linked = |event_type| NewEvent {
        links: vec![id(1)],
        ..event(event_type)
    };
    let about = |event_type, number| NewEvent {
        subjects: vec![person(number)],
        ..event(event_type)
    };
    let appends = [
        (1, here, 0, vec![event("held"), about("confirmed", 1)]), // 1, 2
        (1, payment, 0, vec![linked("ordered")]),                 // 3
        (2, elsewhere, 0, vec![event("held"), about("confirmed", 1)]), // 4, 5
        (2, payment_elsewhere, 0, vec![event("ordered")]),        // 6
        (3, here, 2, vec![event("moved")]),                       // 7
        (3, payment, 1, vec![linked("captured"), event("refunded")]), // 8, 9
        (3, stream(3), 0, vec![linked("held"), about("confirmed", 2)]), // 10, 11
        (3, here, 3, vec![about("ended", 1)]),                    // 12
    ];
    for (number, (of, stream, expected, events)) in (1..).zip(appends) {
        let mut append = append(number).to_stream(stream, expected, events);
        append.command.tenant = stream.tenant;
        append.command.correlation_id = request(of);
        ok(log, append).await;
    }
}

/// Reads with every combination of bounds and compares with the matching positions, given in order.
pub(super) async fn assert_reads(log: Arc<dyn Log>, filter: Filter, direction: Direction, matching: &[u64]) {
    seed(&log).await;
    let places = Places::of(&log).await;
    assert_eq!(places.count(), 12);
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
        let expected = bounded(matching, &query);
        let placed = Query {
            after: after.map(|after| places.position(after)),
            until: until.map(|until| places.position(until)),
            ..query.clone()
        };
        assert_eq!(places.of_events(&read(&log, placed).await), expected, "{query:?}");
    }
}

/// The places that a query reads, of those that match its filter; its bounds are places.
pub(super) fn bounded(matching: &[u64], query: &Query) -> Vec<u64> {
    let until = query.until.map_or(u64::MAX, |until| until.0);
    let mut matching: Vec<_> = matching
        .iter()
        .copied()
        .filter(|position| *position <= until)
        .collect();
    match query.direction {
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
    events_of_categories_forward events_of_categories_backward:
        Filter::Categories(vec![Category::Payment, Category::Rubric]) => [3, 6, 8, 9];
    events_of_all_categories_forward events_of_all_categories_backward:
        Filter::Categories(vec![Category::Payment, Category::Interview]) => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
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
        Filter::Categories(vec![Category::Rubric, Category::Rubric]),
        Filter::Categories(Vec::new()),
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

    let places = Places::of(&log).await;
    let beyond = Query::forward(Filter::All).after(places.position(500));
    assert_eq!(read(&log, beyond).await, []);
    let before_the_first = Query::backward(Filter::All).after(places.position(1));
    assert_eq!(read(&log, before_the_first).await, []);
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
    ok(&log, append(1).to(1, 0, some(900))).await;
    ok(&log, append(2).to(2, 0, some(900))).await;
    let places = Places::of(&log).await;

    let forward = Query::forward(Filter::All).after(places.position(3)).limit(1_234);
    let backward = Query::backward(Filter::All)
        .until(places.position(1_700))
        .limit(1_234);

    let forward = places.of_events(&read(&log, forward).await);
    assert_eq!(forward, Vec::from_iter(4..=1_237));
    let backward = places.of_events(&read(&log, backward).await);
    assert_eq!(backward, Vec::from_iter((467..=1_700).rev()));
}

pub(super) async fn many_events_of_a_stream_are_read_in_order(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(900))).await;
    ok(&log, append(2).to(2, 0, some(1_100))).await;
    ok(&log, append(3).to(1, 900, some(900))).await;

    let forward = read(&log, Query::forward(Filter::Stream(stream(1)))).await;
    let backward = read(&log, Query::backward(Filter::Stream(stream(1)))).await;

    assert_eq!(versions_of(&forward), Vec::from_iter(1..=1_800));
    assert!(forward.iter().eq(backward.iter().rev()));
}

/// A page of large events ends by its bytes, not by its number.
pub(super) async fn large_events_are_read_in_order(log: Arc<dyn Log>) {
    let events = |count| vec![with_payload(vec![b'x'; 1 << 20]); count];
    ok(&log, append(1).to(1, 0, events(12))).await;
    ok(&log, append(2).to(2, 0, some(3))).await;

    let forward = read(&log, Query::forward(Filter::All)).await;
    let backward = read(&log, Query::backward(Filter::All).limit(14)).await;

    let places = Places::of(&log).await;
    assert_eq!(places.of_events(&forward), Vec::from_iter(1..=15));
    assert_eq!(places.of_events(&backward), Vec::from_iter((2..=15).rev()));
}

pub(super) async fn limits_around_the_size_of_a_page_are_kept(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1_001))).await;

    let places = Places::of(&log).await;
    for limit in [255, 256, 257, 499, 500, 501, 999, 1_000, 1_001, 1_002] {
        let forward = read(&log, Query::forward(Filter::All).limit(limit)).await;
        let backward = read(&log, Query::backward(Filter::Stream(stream(1))).limit(limit)).await;
        let most = limit.min(1_001);
        assert_eq!(places.of_events(&forward), Vec::from_iter(1..=most));
        assert_eq!(
            places.of_events(&backward),
            Vec::from_iter((1_002 - most..=1_001).rev())
        );
    }
}

pub(super) async fn a_rare_type_is_found_in_a_long_log(log: Arc<dyn Log>) {
    let mut events = some(3_000);
    (events[0], events[1_777], events[2_999]) = (event("rare"), event("rare"), event("rare"));
    ok(&log, append(1).to(1, 0, events)).await;

    let rare = || Filter::Type("rare".to_owned());
    let places = Places::of(&log).await;
    assert_eq!(
        places.of_events(&read(&log, Query::forward(rare())).await),
        [1, 1_778, 3_000]
    );
    assert_eq!(
        places.of_events(&read(&log, Query::backward(rare()).limit(2)).await),
        [3_000, 1_778]
    );
}

pub(super) async fn a_read_up_to_a_position_does_not_see_later_events(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(600))).await;
    let head = log.head().await.unwrap();

    let mut events = log.read(Query::forward(Filter::All).until(head));
    let first = events.try_next().await.unwrap();
    ok(&log, append(2).to(1, 600, some(600))).await;
    let rest: Vec<_> = events.try_collect().await.unwrap();

    assert!(first.is_some());
    assert_eq!(rest.len(), 599);
    assert_eq!(rest[598].envelope.position, head);
}

/// Without an upper bound a read may or may not see what is appended meanwhile, but always a beginning of it.
pub(super) async fn a_read_under_way_goes_on_over_new_events(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(600))).await;

    let mut events = log.read(Query::forward(Filter::All));
    let first = events.try_next().await.unwrap().unwrap();
    ok(&log, append(2).to(1, 600, some(600))).await;
    let rest: Vec<_> = events.try_collect().await.unwrap();

    let versions: Vec<_> = [first.envelope.version]
        .into_iter()
        .chain(versions_of(&rest))
        .collect();
    assert!(versions.len() >= 600);
    assert_eq!(versions, Vec::from_iter(1..=versions.len() as u64));
}

pub(super) async fn readers_that_stop_early_leave_room_for_others(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1_200))).await;

    for _ in 0..40 {
        let mut events = log.read(Query::forward(Filter::All));
        assert!(events.next().await.unwrap().is_ok());
    }

    assert_eq!(all(&log).await.len(), 1_200);
    assert_eq!(log.versions(&[stream(1)]).await.unwrap(), [1_200]);
}

pub(super) async fn more_readers_than_connections_all_read(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(700))).await;

    let readers = (0..40).map(|_| {
        let log = log.clone();
        tokio::spawn(async move { all(&log).await.len() })
    });

    for reader in join_all(readers).await {
        assert_eq!(reader.unwrap(), 700);
    }
}

pub(super) async fn a_read_under_way_does_not_hold_up_appends(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1_200))).await;

    let mut readers: Vec<_> = (0..8).map(|_| log.read(Query::forward(Filter::All))).collect();
    for reader in &mut readers {
        assert!(reader.next().await.unwrap().is_ok());
    }
    for number in 2..=20 {
        ok(&log, append(number).to(number, 0, some(1))).await;
    }

    for reader in readers {
        let rest: Vec<_> = reader.try_collect().await.unwrap();
        assert!(rest.len() >= 1_199);
    }
}
