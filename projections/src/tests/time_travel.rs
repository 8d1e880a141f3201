//! A row as it was is the fold of its own events up to there.

use std::marker::PhantomData;
use store::codec::Codec;

use domain::envelope::Position;

use crate::{
    as_of::Past,
    interviews::{Interviews, Status},
    list,
    model::{Key, ReadModel, Stored},
    participations::Participations,
    projections::Of,
    scorecards::Scorecards,
    testing::{
        Running, TestDb, ground,
        history::{History, id, tenant},
        on_both,
    },
};

fn past(history: &History) -> Past {
    Past::of(history.log.clone(), Codec::current())
}

async fn travelled<M: ReadModel>(
    db: &TestDb,
    history: &History,
    keys: &[Key],
) -> Vec<Option<Stored<M::Row>>> {
    let head = Position(history.events().await.len() as u64);
    let mut rows = Vec::new();
    for key in keys {
        rows.push(past(history).row::<M>(tenant(0), *key, head).await.unwrap());
    }
    let stored = list::by_keys::<M>(&db.db, tenant(0), keys).await.unwrap();
    assert!(rows == stored, "{}: time travel to now is not now", M::NAME);
    rows
}

on_both! {
    async fn travelling_to_now_gives_the_stored_rows(db) {
        let history = History::of(1, 8).await;
        let interviews: Vec<Key> = (0..8).step_by(2).map(|number| Key::of(interview(number))).collect();
        let participations: Vec<Key> = (0..8)
            .step_by(2)
            .map(|number| Key::pair(interview(number), id::<domain::ids::kind::Account>(0xB001)))
            .collect();
        let running = Running::start(crate::projections::models(), ground(db, &history.log)).await;
        running.caught_up().await;

        let rows = travelled::<Interviews>(db, &history, &interviews).await;
        travelled::<Participations>(db, &history, &participations).await;

        assert!(rows.iter().all(Option::is_some));
        running.stop().await;
    }
}

fn interview(number: u128) -> domain::ids::InterviewId {
    id(0x1_0000 + number)
}

on_both! {
    async fn travelling_into_the_past_gives_the_row_of_that_moment(db) {
        let history = History::of(2, 2).await;
        let events = history.events().await;
        let key = Key::of(interview(0));

        for until in 1..=events.len() as u64 {
            let replayed = past(&history).row::<Interviews>(tenant(0), key, Position(until)).await;
            let replayed = replayed.unwrap();
            assert!(replayed.as_ref().is_none_or(|row| row.position <= Position(until)));
            assert!(replayed.is_none_or(|row| row.row.version <= until));
        }
        let before = past(&history).row::<Interviews>(tenant(0), key, Position::START).await;
        assert_eq!(before.unwrap(), None);
        assert!(db.pool().is_none_or(|pool| !pool.is_closed()));
    }
}

on_both! {
    async fn what_happened_later_does_not_show_in_the_past(db) {
        let history = History::of(3, 6).await;
        let running = Running::start(vec![Box::new(Of::<Interviews>(PhantomData))], ground(db, &history.log)).await;
        running.caught_up().await;
        let events = history.events().await;
        let confirmed = events
            .iter()
            .find(|event| event.envelope.event_type == "interview.confirmed" && event.envelope.stream.tenant == tenant(0))
            .unwrap();
        let key = Key::bare(confirmed.envelope.stream.id);
        let at = confirmed.envelope.position;

        let before = past(&history).row::<Interviews>(tenant(0), key, Position(at.0 - 1)).await.unwrap();
        let then = past(&history).row::<Interviews>(tenant(0), key, at).await.unwrap();

        assert_ne!(before.unwrap().row.status, Status::Confirmed);
        let then = then.unwrap();
        assert_eq!((then.row.status, then.position), (Status::Confirmed, at));
        running.stop().await;
    }
}

#[tokio::test]
async fn the_rows_of_an_interview_are_found_in_the_past_by_its_events() {
    let history = History::of(4, 12).await;
    let events = history.events().await;
    let submitted = events
        .iter()
        .find(|event| event.envelope.event_type == "scorecard.submitted")
        .unwrap();
    let (tenant, link) = (submitted.envelope.stream.tenant, submitted.envelope.links[0]);

    let at = submitted.envelope.position;
    let then = past(&history).rows::<Scorecards>(tenant, link, at).await.unwrap();
    let before = past(&history)
        .rows::<Scorecards>(tenant, link, Position(at.0 - 1))
        .await
        .unwrap();

    assert_eq!(then.len(), 2);
    assert_eq!(
        then.iter().filter(|card| !card.row.versions.is_empty()).count(),
        1
    );
    assert!(before.iter().all(|card| card.row.versions.is_empty()));
}
