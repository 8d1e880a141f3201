//! Whoever pages through a list while it grows meets everything that was there from the beginning exactly once.

use std::collections::BTreeMap;

use domain::{
    account::events::{AccountEvent, AccountRegistered},
    ids::{Id, Kind, SubjectId},
    interview::events::InterviewEvent,
    interview_kit::events::{InterviewKitEvent, KitPublished},
    interview_type::events::{InterviewTypeDefined, InterviewTypeEvent},
    notification::events as notification,
    payment::events::{PaymentEvent, PaymentMismatchDetected},
    scorecard::events::{ScorecardAssigned, ScorecardEvent},
};

use crate::{
    accounts, attention, interview_kits, interview_types,
    interviews::{self, InterviewOrder, OrderField, Scope, Where},
    list::{Direction, Listed, Place, Slice},
    model::Key,
    notifications,
    projections::models,
    scorecards,
    sql::{Db, DbError},
    testing::{
        Running, TestDb, ground,
        history::{Dice, History, booking, candidate, id, kit, moment, rupees, sealed, spec, tenant},
        on_both,
    },
};

const RATER: u128 = 0xB001;

/// Every list that can be paged, in every order that it can have.
#[derive(Clone, PartialEq, Eq, Debug)]
enum List {
    Interviews(Scope, Vec<InterviewOrder>),
    Types(Direction),
    Kits(Direction),
    Accounts,
    Scorecards,
    Attention(Direction),
    Notifications,
}

fn lists() -> Vec<List> {
    use Direction::{Ascending, Descending};
    use OrderField::{Created, Start};
    let by = |terms: &[(OrderField, Direction)]| {
        let term = |&(field, direction): &(OrderField, Direction)| InterviewOrder { field, direction };
        terms.iter().map(term).collect::<Vec<_>>()
    };
    let orders = [
        by(&[]),
        by(&[(Start, Ascending)]),
        by(&[(Start, Descending)]),
        by(&[(Created, Ascending)]),
        by(&[(Created, Descending)]),
        by(&[(Start, Ascending), (Created, Descending)]),
        by(&[(Start, Descending), (Created, Ascending)]),
        by(&[(Created, Descending), (Start, Ascending)]),
    ];
    let own = Scope::Participant(id(RATER));
    let interviews = orders
        .iter()
        .flat_map(|order| [Scope::Organisation, own].map(|scope| List::Interviews(scope, order.clone())));
    interviews
        .chain([
            List::Types(Ascending),
            List::Types(Descending),
            List::Kits(Ascending),
            List::Kits(Descending),
            List::Accounts,
            List::Scorecards,
            List::Attention(Ascending),
            List::Attention(Descending),
            List::Notifications,
        ])
        .collect()
}

/// A part of a list: keys and places alone.
struct Part {
    rows: Vec<(Place, Key)>,
    has_next: bool,
    has_previous: bool,
}

fn part<R>(listed: Result<Listed<R>, DbError>) -> Part {
    let listed = listed.unwrap();
    Part {
        rows: listed
            .rows
            .into_iter()
            .map(|(place, stored)| (place, stored.key))
            .collect(),
        has_next: listed.has_next,
        has_previous: listed.has_previous,
    }
}

async fn read(db: &Db, list: &List, slice: &Slice) -> Part {
    let tenant = tenant(0);
    match list {
        List::Interviews(scope, order) => {
            part(interviews::list(db, tenant, *scope, &Where::All(vec![]), order, slice).await)
        }
        List::Types(direction) => {
            let all = interview_types::Where::All(vec![]);
            part(interview_types::list(db, tenant, &all, *direction, slice).await)
        }
        List::Kits(direction) => {
            let all = interview_kits::Where::All(vec![]);
            part(interview_kits::list(db, tenant, &all, *direction, slice).await)
        }
        List::Accounts => part(accounts::list(db, tenant, None, slice).await),
        List::Scorecards => {
            let due = [scorecards::ScorecardStatus::Assigned];
            part(scorecards::of_rater(db, tenant, id(RATER), &due, slice).await)
        }
        List::Attention(direction) => {
            let all = attention::Where::All(vec![]);
            part(attention::list(db, tenant, &all, *direction, slice).await)
        }
        List::Notifications => {
            let to = notifications::To::Account(id(RATER));
            part(notifications::list(db, tenant, to, slice).await)
        }
    }
}

/// Adds one thing to each list, somewhere in its middle; keys and moments come in no order, and tie.
async fn grow(history: &mut History, number: u128, dice: &mut Dice) {
    let number = number * 7_919 % 104_729;
    let minutes = i64::try_from(dice.below(4) * 60).unwrap();
    fn scattered<K: Kind>(number: u128) -> Id<K> {
        id(0xF_0000 + number)
    }
    let (interview, account) = (scattered(number), scattered(number));
    let mut booked = booking(number, minutes);
    booked.interview = interview;
    history
        .add::<InterviewEvent, _>(tenant(0), interview, booked)
        .await;
    let defined = InterviewTypeDefined {
        interview_type: scattered(number),
        spec: spec(),
    };
    history
        .add::<InterviewTypeEvent, _>(tenant(0), defined.interview_type, defined)
        .await;
    let published = KitPublished {
        kit: scattered(number),
        version: 1,
        spec: kit(),
    };
    history
        .add::<InterviewKitEvent, _>(tenant(0), published.kit, published)
        .await;
    let registered = AccountRegistered {
        account,
        issuer: "https://issuer.example".to_owned(),
        identity: sealed(SubjectId::of(account), 1),
        email: None,
        name: None,
    };
    history
        .add::<AccountEvent, _>(tenant(0), account, registered)
        .await;
    let assigned = ScorecardAssigned {
        scorecard: scattered(number),
        interview,
        account: id(RATER),
        candidate: id(candidate(1)),
        rubric: None,
        criteria: Vec::new(),
        due_at: moment(minutes),
    };
    history
        .add::<ScorecardEvent, _>(tenant(0), assigned.scorecard, assigned)
        .await;
    let mismatch = PaymentMismatchDetected {
        payment: scattered(number),
        interview,
        attempt: "a1".to_owned(),
        expected: rupees(2),
        actual: rupees(1),
    };
    history
        .add::<PaymentEvent, _>(tenant(0), mismatch.payment, mismatch)
        .await;
    let sent = notification::DeliveryAccepted {
        notification: scattered(number),
        interview,
        message: notification::Message {
            recipient: id(RATER),
            template: notification::Template::InterviewAssigned,
            interview,
            revision: 1,
        },
        channel: notification::Channel::Email,
        message_id: "<1@example>".to_owned(),
        via: "mail/1.eml".to_owned(),
    };
    history
        .add::<notification::NotificationEvent, _>(tenant(0), sent.notification, sent)
        .await;
}

/// A list that grows while it is read.
struct Growing<'t> {
    db: &'t TestDb,
    running: &'t Running,
    history: History,
    dice: Dice,
    grown: u128,
}

impl Growing<'_> {
    async fn grow(&mut self, by: u64) {
        for _ in 0..by {
            self.grown += 1;
            grow(&mut self.history, self.grown, &mut self.dice).await;
        }
        self.running.caught_up().await;
    }

    /// Pages to the end, or to the beginning, while rows are added between two pages. Gives the keys in list order.
    async fn page(&mut self, list: &List, size: u16, from: Slice) -> Vec<Key> {
        let forwards = from.take == crate::list::Take::First;
        let (mut met, mut slice) = (Vec::new(), from.clone());
        loop {
            let part = read(&self.db.db, list, &slice).await;
            assert!(part.rows.len() <= usize::from(size));
            let (goes_on, edge) = if forwards {
                (part.has_next, part.rows.last())
            } else {
                (part.has_previous, part.rows.first())
            };
            let place = edge.map(|(place, _)| place.clone());
            let keys = part.rows.into_iter().map(|(_, key)| key);
            if forwards {
                met.extend(keys);
            } else {
                met.splice(0..0, keys);
            }
            let (true, Some(place)) = (goes_on, place) else {
                return met;
            };
            slice = if forwards {
                from.clone().after(place)
            } else {
                from.clone().before(place)
            };
            let added = self.dice.below(2);
            self.grow(added).await;
        }
    }
}

on_both! {
    async fn what_was_there_is_met_once_while_lists_grow(db) {
        let history = History::empty();
        let running = Running::start(models(), ground(db, &history.log)).await;
        let mut growing = Growing { db, running: &running, history, dice: Dice::new(23), grown: 0 };
        growing.grow(12).await;
        let began = growing.grown;

        for list in lists() {
            let before: Vec<_> = read(&db.db, &list, &Slice::first(1_000)).await.rows;
            assert!(before.len() >= 12, "{list:?} has only {} rows", before.len());
            for from in [Slice::first(5), Slice::last(5)] {
                let met = growing.page(&list, 5, from.clone()).await;

                let mut times: BTreeMap<Key, u32> = BTreeMap::new();
                for key in &met {
                    *times.entry(*key).or_default() += 1;
                }
                assert!(times.values().all(|times| *times == 1), "{list:?} {from:?}: something was met twice");
                let old: Vec<_> = met.iter().filter(|key| before.iter().any(|(_, old)| old == *key)).copied().collect();
                let expected: Vec<_> = before.iter().map(|(_, key)| *key).collect();
                assert_eq!(old, expected, "{list:?} {from:?}");
            }
        }
        assert!(growing.grown > began + 20, "the lists hardly grew");
        running.stop().await;
    }
}
