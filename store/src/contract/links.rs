//! What an event belongs to, and whose data is in it.

use super::*;

pub(super) async fn an_event_with_one_link_twice_is_read_once(log: Arc<dyn Log>) {
    let twice = NewEvent {
        links: vec![id(8), id(8), id(1)],
        subjects: vec![person(1), person(1)],
        ..event("linked")
    };
    ok(&log, append(1).to(1, 0, vec![twice])).await;

    let places = Places::of(&log).await;
    let by_link = |link| {
        Query::forward(Filter::Link {
            tenant: tenant(1),
            link,
        })
    };
    assert_eq!(places.of_events(&read(&log, by_link(id(8))).await), [1]);
    assert_eq!(places.of_events(&read(&log, by_link(id(1))).await), [1]);
    let by_person = Query::forward(Filter::Subject(person(1)));
    assert_eq!(places.of_events(&read(&log, by_person).await), [1]);
}

fn belonging_to(number: u64) -> Query {
    Query::forward(Filter::Link {
        tenant: tenant(1),
        link: id(number),
    })
}

pub(super) async fn an_event_linked_to_its_own_stream_is_read_once(log: Arc<dyn Log>) {
    let linked = NewEvent {
        links: vec![id(1)],
        ..event("linked")
    };

    ok(&log, append(1).to(1, 0, vec![linked, event("plain")])).await;

    assert_eq!(types(&read(&log, belonging_to(1)).await), ["linked", "plain"]);
}

pub(super) async fn a_link_and_a_person_of_one_id_are_apart(log: Arc<dyn Log>) {
    let linked = NewEvent {
        links: vec![person(1).uuid()],
        ..event("linked")
    };
    let about = NewEvent {
        subjects: vec![person(1)],
        ..event("about")
    };

    ok(&log, append(1).to(1, 0, vec![linked, about])).await;

    let by_link = Query::forward(Filter::Link {
        tenant: tenant(1),
        link: person(1).uuid(),
    });
    assert_eq!(types(&read(&log, by_link).await), ["linked"]);
    assert_eq!(
        types(&read(&log, Query::forward(Filter::Subject(person(1)))).await),
        ["about"]
    );
}

pub(super) async fn a_link_may_come_before_the_stream_it_names(log: Arc<dyn Log>) {
    let linked = NewEvent {
        links: vec![id(2)],
        ..event("early")
    };
    ok(&log, append(1).to(1, 0, vec![linked])).await;

    ok(&log, append(2).to(2, 0, vec![event("late")])).await;

    assert_eq!(types(&read(&log, belonging_to(2)).await), ["early", "late"]);
}

pub(super) async fn an_event_with_many_people_is_found_by_each(log: Arc<dyn Log>) {
    let crowded = NewEvent {
        subjects: (1..=1_001).map(person).collect(),
        ..event("crowded")
    };

    ok(&log, append(1).to(1, 0, vec![crowded.clone()])).await;

    assert_eq!(only(&log).await.envelope.subjects, crowded.subjects);
    for number in [1, 500, 501, 1_000, 1_001] {
        assert_eq!(
            read(&log, Query::forward(Filter::Subject(person(number))))
                .await
                .len(),
            1
        );
    }
}

pub(super) async fn many_events_of_one_link_are_read_in_order(log: Arc<dyn Log>) {
    let linked = NewEvent {
        links: vec![id(80)],
        ..event("linked")
    };
    for number in 1..=3 {
        let mixed = [vec![linked.clone(); 250], some(250)].concat();
        ok(&log, append(number).to(number, 0, mixed)).await;
    }

    let forward = read(&log, belonging_to(80)).await;
    let backward = Query {
        direction: Direction::Backward,
        ..belonging_to(80)
    };
    let backward = read(&log, backward).await;

    let expected: Vec<u64> = [1..=250, 501..=750, 1_001..=1_250]
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(Places::of(&log).await.of_events(&forward), expected);
    assert!(forward.iter().eq(backward.iter().rev()));
}

pub(super) async fn links_and_people_keep_their_order(log: Arc<dyn Log>) {
    let written = NewEvent {
        links: vec![id(9), id(3), id(9), id(1)],
        subjects: vec![person(3), person(1), person(3)],
        ..event("linked")
    };

    ok(&log, append(1).to(1, 0, vec![written.clone()])).await;

    let envelope = only(&log).await.envelope;
    assert_eq!(
        (envelope.links, envelope.subjects),
        (written.links, written.subjects)
    );
}
