//! Tenants share one log and nothing else.

use super::*;

fn elsewhere(tenant_number: u64, number: u64) -> StreamId {
    StreamId {
        tenant: tenant(tenant_number),
        ..stream(number)
    }
}

fn of_tenant(number: u64) -> Query {
    Query::forward(Filter::Tenant(tenant(number)))
}

pub(super) async fn tenants_share_one_order(log: Arc<dyn Log>) {
    for number in 1..=6 {
        ok(
            &log,
            append(number).to_stream(elsewhere(number % 2, number), 0, some(1)),
        )
        .await;
    }

    let places = Places::of(&log).await;
    assert_eq!(places.of_events(&read(&log, of_tenant(1)).await), [1, 3, 5]);
    assert_eq!(places.of_events(&read(&log, of_tenant(0)).await), [2, 4, 6]);
}

pub(super) async fn each_of_many_tenants_reads_its_own_events_alone(log: Arc<dyn Log>) {
    let crowd = (0..150_u64)
        .map(|number| log.append(append(number).to_stream(elsewhere(number % 50, number), 0, some(2))));
    assert_eq!(accepted(&join_all(crowd).await), 150);

    for number in 0..50 {
        let own = read(&log, of_tenant(number)).await;
        assert_eq!(own.len(), 6);
        assert!(
            own.iter()
                .all(|event| event.envelope.stream.tenant == tenant(number))
        );
    }
}

pub(super) async fn a_link_of_one_tenant_is_not_read_by_another(log: Arc<dyn Log>) {
    let linked = NewEvent {
        links: vec![id(70)],
        ..event("linked")
    };
    ok(
        &log,
        append(1).to_stream(elsewhere(1, 1), 0, vec![linked.clone()]),
    )
    .await;
    ok(&log, append(2).to_stream(elsewhere(2, 2), 0, vec![linked])).await;
    ok(&log, append(3).to_stream(elsewhere(2, 70), 0, some(1))).await;

    let places = Places::of(&log).await;
    for (number, expected) in [(1, vec![1]), (2, vec![2, 3]), (3, vec![])] {
        let link = Filter::Link {
            tenant: tenant(number),
            link: id(70),
        };
        assert_eq!(
            places.of_events(&read(&log, Query::forward(link)).await),
            expected
        );
    }
}

pub(super) async fn what_others_link_to_hides_nothing_of_ones_own(log: Arc<dyn Log>) {
    let linked = NewEvent {
        links: vec![id(70)],
        ..event("linked")
    };
    let crowd = 3_000;
    let own =
        |number, events| append(number).to_stream(elsewhere(1, number), 0, vec![linked.clone(); events]);
    ok(&log, own(1, 2)).await;
    let theirs = append(2).to_stream(elsewhere(2, 2), 0, vec![linked.clone(); crowd]);
    ok(&log, theirs).await;
    ok(&log, own(3, 3)).await;
    ok(&log, append(4).to_stream(elsewhere(1, 70), 0, some(2))).await;

    let link = Filter::Link {
        tenant: tenant(1),
        link: id(70),
    };
    let forward = read(&log, Query::forward(link.clone())).await;
    let mut backward = read(&log, Query::backward(link)).await;
    backward.reverse();

    assert_eq!(forward.len(), 7);
    assert!(
        forward
            .iter()
            .all(|event| event.envelope.stream.tenant == tenant(1))
    );
    assert_eq!(forward, backward);
}

pub(super) async fn a_person_and_a_request_are_found_in_every_tenant(log: Arc<dyn Log>) {
    let about = NewEvent {
        subjects: vec![person(1)],
        ..event("about")
    };
    for number in 1..=3 {
        let mut given = append(number).to_stream(elsewhere(number, 1), 0, vec![about.clone()]);
        given.command.correlation_id = request(9);
        ok(&log, given).await;
    }

    for filter in [Filter::Subject(person(1)), Filter::Correlation(request(9))] {
        assert_eq!(read(&log, Query::forward(filter)).await.len(), 3);
    }
}

pub(super) async fn a_receipt_belongs_to_the_tenant_of_its_command(log: Arc<dyn Log>) {
    let mut given = append(1).to_stream(elsewhere(1, 1), 0, some(1));
    given.command.tenant = tenant(2);

    let receipt = ok(&log, given).await;

    assert_eq!(receipt.tenant, tenant(2));
    assert_eq!(only(&log).await.envelope.stream.tenant, tenant(1));
}

pub(super) async fn the_same_id_in_two_tenants_is_two_streams(log: Arc<dyn Log>) {
    ok(&log, append(1).to_stream(elsewhere(1, 1), 0, vec![event("one")])).await;
    ok(
        &log,
        append(2).to_stream(elsewhere(2, 1), 0, vec![event("other")]),
    )
    .await;

    let of = |number| Query::forward(Filter::Stream(elsewhere(number, 1)));
    assert_eq!(types(&read(&log, of(1)).await), ["one"]);
    assert_eq!(types(&read(&log, of(2)).await), ["other"]);
}
