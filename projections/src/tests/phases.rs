//! The groups of the dashboard at every moment are those of the interviews and verdicts of that moment.

use std::collections::BTreeSet;

use domain::{
    decision::events::Verdict,
    envelope::{Position, Recorded},
    ids::AccountId,
};
use store::codec::Codec;

use crate::{
    decisions::{Decision, Decisions},
    fold::Replay,
    interviews::{Interview, Interviews, Phase, Scope, visible},
    list::Slice,
    model::{Key, ReadModel, Stored},
    phases::{Asker, Group, count, list},
    projections::models,
    skips::{Hearing, Skips},
    sql::Db,
    testing::{
        Running, TestDb, ground,
        history::{History, id, tenant},
        on_both,
    },
};

const GROUPS: [Group; 5] = [
    Group::Upcoming,
    Group::Live,
    Group::Completed,
    Group::Succeeded,
    Group::Failed,
];
/// Somebody on panels.
const RATER: u128 = 0xB001;
/// Small, so that a group takes several pages.
const PAGE: u16 = 2;

fn askers(candidate: AccountId) -> [Asker; 4] {
    let rater = id(RATER);
    [
        (Scope::Organisation, rater),
        // Runs interviews, and is interviewed.
        (Scope::Organisation, candidate),
        (Scope::Participant(rater), rater),
        (Scope::Participant(candidate), candidate),
    ]
    .map(|(scope, account)| Asker { scope, account })
}

/// The rows that a prefix of the log makes.
fn folded<M: ReadModel>(events: &[Recorded]) -> Vec<Stored<M::Row>> {
    let codec = Codec::current();
    let hearing = Hearing {
        codec: &codec,
        skips: Skips::NONE,
    };
    let mut replay = Replay::<M>::new();
    for event in events {
        replay.fold(hearing, event).unwrap();
    }
    let rows = replay.rows().into_iter();
    rows.filter(|stored| stored.tenant == tenant(0)).collect()
}

/// In which group somebody finds an interview.
fn group_of(asker: Asker, interview: &Interview, decisions: &[Stored<Decision>]) -> Option<Group> {
    let decision = decisions
        .iter()
        .find(|stored| stored.row.interview == interview.interview);
    let verdict = decision.and_then(|stored| stored.row.current.as_ref());
    let verdict = verdict.map(|current| current.verdict);
    let known = asker.scope == Scope::Organisation && interview.candidate != Some(asker.account);
    match (interview.status.phase(), verdict.filter(|_| known)) {
        (Phase::Upcoming, _) => Some(Group::Upcoming),
        (Phase::Live, _) => Some(Group::Live),
        (Phase::Completed, Some(Verdict::Pass)) => Some(Group::Succeeded),
        (Phase::Completed, Some(Verdict::Fail)) => Some(Group::Failed),
        (Phase::Completed, Some(Verdict::OnHold) | None) => Some(Group::Completed),
        (Phase::Closed, _) => None,
    }
}

/// The keys of a group, page by page, forwards and backwards.
async fn paged(db: &Db, asker: Asker, group: Group, then: Position) -> [Vec<Key>; 2] {
    let (mut forwards, mut slice) = (Vec::new(), Slice::first(PAGE));
    loop {
        let page = list(db, tenant(0), asker, group, then, &slice).await.unwrap();
        assert_eq!(page.has_previous, slice.after.is_some());
        forwards.extend(page.rows.iter().map(|(_, way)| way.key));
        match page.rows.last() {
            Some((last, _)) if page.has_next => slice = Slice::first(PAGE).after(last.clone()),
            Some(_) | None => break,
        }
    }
    let (mut backwards, mut slice) = (Vec::new(), Slice::last(PAGE));
    loop {
        let page = list(db, tenant(0), asker, group, then, &slice).await.unwrap();
        assert_eq!(page.has_next, slice.before.is_some());
        backwards.extend(page.rows.iter().rev().map(|(_, way)| way.key));
        match page.rows.first() {
            Some((first, _)) if page.has_previous => slice = Slice::last(PAGE).before(first.clone()),
            Some(_) | None => break,
        }
    }
    backwards.reverse();
    [forwards, backwards]
}

on_both! {
    async fn the_groups_of_then_are_those_of_the_interviews_and_verdicts_of_then(db) {
        let history = History::of(7, 24).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let events = history.events().await;
        let now = folded::<Interviews>(&events);
        let decided = folded::<Decisions>(&events);
        let decided = decided.iter().find(|stored| stored.row.current.is_some()).unwrap();
        let judged = now.iter().find(|stored| stored.row.interview == decided.row.interview).unwrap();
        let (mut met, mut longest) = (BTreeSet::new(), 0);

        for then in (0..=events.len()).step_by(9).chain([events.len()]) {
            let interviews = folded::<Interviews>(&events[..then]);
            let decisions = folded::<Decisions>(&events[..then]);
            for (number, asker) in askers(judged.row.candidate.unwrap()).into_iter().enumerate() {
                let may_see = |key: Key| now.iter().any(|stored| stored.key == key && visible(asker.scope, &stored.row));
                for group in GROUPS {
                    let mut expected: Vec<_> = interviews
                        .iter()
                        .filter(|stored| may_see(stored.key) && group_of(asker, &stored.row, &decisions) == Some(group))
                        .map(|stored| (stored.row.slot.span.start, stored.key))
                        .collect();
                    expected.sort_unstable();
                    let expected: Vec<_> = expected.into_iter().map(|(_, key)| key).collect();

                    let then = Position(then as u64);
                    let found = paged(&db.db, asker, group, then).await;
                    let counted = count(&db.db, tenant(0), asker, group, then).await.unwrap();

                    assert_eq!(found, [expected.clone(), expected.clone()], "{asker:?} {group:?} at {then}");
                    assert_eq!(counted, expected.len() as u64);
                    if !expected.is_empty() {
                        met.insert((number, format!("{group:?}")));
                    }
                    longest = longest.max(expected.len());
                }
            }
        }

        assert!(longest > usize::from(PAGE) * 2, "no group took several pages");
        let found = |number: usize| met.iter().filter(|(asker, _)| *asker == number).count();
        // One knows verdicts, one all but that on themselves; two find upcoming, live and completed only.
        assert_eq!((found(0), found(2), found(3)), (5, 3, 3), "{met:?}");
        assert!(found(1) >= 4, "{met:?}");
        running.stop().await;
    }
}
