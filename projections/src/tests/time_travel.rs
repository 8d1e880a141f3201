//! A row as it was is the fold of its own events up to there.

use std::marker::PhantomData;
use store::codec::Codec;

use domain::envelope::Position;

use crate::{
    accounts::Accounts,
    agenda::Agendas,
    as_of::Past,
    attention::Attentions,
    availability::AvailabilityRules,
    decisions::Decisions,
    feedback::Feedbacks,
    fold::{Replay, touched_keys},
    identities::Identities,
    interview_kits::InterviewKits,
    interview_types::InterviewTypes,
    interviews::{Interviews, Status},
    list,
    mail_addresses::MailAddresses,
    model::{Key, ReadModel, Stored},
    notifications::Notifications,
    organisations::Organisations,
    participations::Participations,
    phases::Phases,
    price_lists::PriceLists,
    projections::{Of, names},
    reports::Reports,
    rubrics::Rubrics,
    scorecards::Scorecards,
    skips::{Hearing, Skips},
    testing::{
        Running, TestDb, ground,
        history::{Dice, History, id, tenant},
        on_both,
    },
    waitlist::Waitlists,
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

/// Folds a history event by event, and looks at each moment at the rows that the event touched and at one of before.
async fn same_at_every_prefix<M: ReadModel>(history: &History, seed: u64) -> usize {
    let (codec, mut dice) = (Codec::current(), Dice::new(seed));
    let hearing = Hearing {
        codec: &codec,
        skips: Skips::NONE,
    };
    let (mut replay, mut keys, mut looks) = (Replay::<M>::new(), Vec::new(), 0);
    for event in history.events().await {
        replay.fold(hearing, &event).unwrap();
        let (tenant, now) = (event.envelope.stream.tenant, event.envelope.position);
        let touched = touched_keys::<M>(hearing, &event);
        let touched: Vec<_> = touched.into_iter().map(|key| (tenant, key)).collect();
        let before = match keys.len() as u64 {
            0 => None,
            many => keys.get(usize::try_from(dice.below(many)).unwrap()).copied(),
        };
        for (tenant, key) in touched.iter().copied().chain(before) {
            let then = past(history).row::<M>(tenant, key, now).await.unwrap();
            let then = then.as_ref().map(|stored| (stored.position, &*stored.row));
            let folded = replay.so_far().find(|(of, ..)| *of == (tenant, key));
            let folded = folded.map(|(_, position, row)| (position, row));
            assert!(then == folded, "{} {key} at {now} of history {seed}", M::NAME);
            looks += 1;
        }
        keys.extend(touched);
    }
    looks
}

#[tokio::test]
async fn for_every_prefix_of_random_histories_a_row_of_then_is_that_of_the_fold() {
    for seed in 20..24 {
        let history = History::of(seed, 5).await;

        let looks = [
            same_at_every_prefix::<Accounts>(&history, seed).await,
            same_at_every_prefix::<Agendas>(&history, seed).await,
            same_at_every_prefix::<Attentions>(&history, seed).await,
            same_at_every_prefix::<AvailabilityRules>(&history, seed).await,
            same_at_every_prefix::<Decisions>(&history, seed).await,
            same_at_every_prefix::<Feedbacks>(&history, seed).await,
            same_at_every_prefix::<Identities>(&history, seed).await,
            same_at_every_prefix::<InterviewKits>(&history, seed).await,
            same_at_every_prefix::<InterviewTypes>(&history, seed).await,
            same_at_every_prefix::<Interviews>(&history, seed).await,
            same_at_every_prefix::<MailAddresses>(&history, seed).await,
            same_at_every_prefix::<Notifications>(&history, seed).await,
            same_at_every_prefix::<Organisations>(&history, seed).await,
            same_at_every_prefix::<Participations>(&history, seed).await,
            same_at_every_prefix::<Phases>(&history, seed).await,
            same_at_every_prefix::<PriceLists>(&history, seed).await,
            same_at_every_prefix::<Reports>(&history, seed).await,
            same_at_every_prefix::<Rubrics>(&history, seed).await,
            same_at_every_prefix::<Scorecards>(&history, seed).await,
            same_at_every_prefix::<Waitlists>(&history, seed).await,
        ];

        assert_eq!(looks.len(), names().len());
        assert!(looks.iter().sum::<usize>() > 500, "{looks:?}");
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
