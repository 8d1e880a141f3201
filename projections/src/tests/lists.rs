//! Lists in pages are the list, whatever the filter, the order and the page.

use domain::{
    ids::InterviewId,
    interview::events::InterviewEvent,
    interview_type::events::{Mode, Purpose},
    text::Line,
};

use crate::{
    interviews::{self, InterviewOrder, OrderField, Phase, Scope, Status, Where},
    list::{Direction, Place, Slice},
    model::Stored,
    projections::models,
    sql::DbError,
    testing::{
        Running, TestDb, ground,
        history::{Dice, History, booking, candidate, id, moment, tenant},
        on_both,
    },
};

type Row = Stored<interviews::Interview>;

/// What the interviews are called in turn, with letters that not every database knows the case of, and what patterns
/// give a meaning to.
const TITLES: [&str; 4] = [
    "System design",
    "SYSTEM DESIGN II",
    "Ökonomie 100 %",
    "Rust_ökosystem",
];

/// Interviews that start at few different times, so that many tie.
async fn crowd() -> History {
    let (mut history, mut dice) = (History::empty(), Dice::new(9));
    for number in 1..=40_u128 {
        let interview: InterviewId = id(number * 7919 % 104_729);
        let mut event = booking(number, i64::try_from(dice.below(4) * 60).unwrap());
        event.interview = interview;
        event.title = Line::new(TITLES[usize::try_from(number % 4).unwrap()]).unwrap();
        history
            .add::<InterviewEvent, _>(tenant(0), interview, event)
            .await;
    }
    history
}

async fn whole(db: &TestDb, filter: &Where, order: &[InterviewOrder]) -> Vec<Row> {
    let all = interviews::list(
        &db.db,
        tenant(0),
        Scope::Organisation,
        filter,
        order,
        &Slice::first(1_000),
    )
    .await;
    all.unwrap().rows.into_iter().map(|(_, row)| row).collect()
}

async fn forward(db: &TestDb, filter: &Where, order: &[InterviewOrder], page: u16) -> Vec<Row> {
    let (mut found, mut after) = (Vec::new(), None::<Place>);
    loop {
        let mut slice = Slice::first(page);
        slice.after = after;
        let part = interviews::list(&db.db, tenant(0), Scope::Organisation, filter, order, &slice)
            .await
            .unwrap();
        assert_eq!(part.has_previous, !found.is_empty());
        after = part.rows.last().map(|(place, _)| place.clone());
        found.extend(part.rows.into_iter().map(|(_, row)| row));
        if !part.has_next {
            return found;
        }
    }
}

async fn backward(db: &TestDb, filter: &Where, order: &[InterviewOrder], page: u16) -> Vec<Row> {
    let (mut found, mut before) = (Vec::new(), None::<Place>);
    loop {
        let mut slice = Slice::last(page);
        slice.before = before;
        let part = interviews::list(&db.db, tenant(0), Scope::Organisation, filter, order, &slice)
            .await
            .unwrap();
        before = part.rows.first().map(|(place, _)| place.clone());
        found.splice(0..0, part.rows.into_iter().map(|(_, row)| row));
        if !part.has_previous {
            return found;
        }
    }
}

fn orders() -> Vec<Vec<InterviewOrder>> {
    use Direction::{Ascending, Descending};
    let by = |field, direction| InterviewOrder { field, direction };
    vec![
        vec![],
        vec![by(OrderField::Start, Ascending)],
        vec![by(OrderField::Start, Descending)],
        vec![by(OrderField::Created, Descending)],
        vec![
            by(OrderField::Start, Ascending),
            by(OrderField::Created, Descending),
        ],
        vec![
            by(OrderField::Start, Descending),
            by(OrderField::Created, Ascending),
        ],
    ]
}

fn filters() -> Vec<Where> {
    let few = Where::Candidate(vec![id(candidate(1)), id(candidate(2)), id(candidate(3))]);
    vec![
        Where::All(vec![]),
        Where::Any(vec![]),
        few.clone(),
        Where::Not(Box::new(few.clone())),
        Where::All(vec![
            Where::StartsFrom(moment(60)),
            Where::StartsBefore(moment(180)),
        ]),
        Where::Any(vec![few, Where::StartsBefore(moment(60))]),
        Where::Participant(vec![id(0xB002)]),
        Where::Not(Box::new(Where::Participant(vec![id(0xB002)]))),
        Where::Not(Box::new(Where::Status(vec![Status::Confirmed, Status::Live]))),
        Where::Status(vec![Status::Requested, Status::Held]),
        Where::Status(vec![Status::AwaitingPayment]),
        Where::NoType,
        Where::Series(vec![id(1)]),
        Where::Not(Box::new(Where::Series(vec![id(1)]))),
        Where::Group(vec![id(1)]),
        Where::Not(Box::new(Where::Group(vec![id(1)]))),
        Where::Not(Box::new(Where::NoType)),
        Where::Not(Box::new(Where::Purpose(vec![Purpose::Mock]))),
        Where::Mode(vec![Mode::Human]),
        Where::Not(Box::new(Where::Mode(vec![]))),
        Where::CreatedFrom(moment(10)),
        Where::Not(Box::new(Where::CreatedBefore(moment(10)))),
        Where::Not(Box::new(Where::Verdict(vec![
            domain::decision::events::Verdict::Pass,
        ]))),
        Where::Phase(vec![Phase::Upcoming]),
        Where::Phase(vec![]),
        Where::Title(vec!["system DESIGN".to_owned(), "nothing".to_owned()]),
        Where::TitleContains("Öko".to_owned()),
        Where::Not(Box::new(Where::TitleContains("design".to_owned()))),
        Where::TitleContains(String::new()),
    ]
}

/// The filter, told once more over rows.
fn fits(filter: &Where, row: &interviews::Interview) -> bool {
    let starts = row.slot.span.start;
    match filter {
        Where::All(parts) => parts.iter().all(|part| fits(part, row)),
        Where::Any(parts) => parts.iter().any(|part| fits(part, row)),
        Where::Not(part) => !fits(part, row),
        Where::Id(ids) => ids.contains(&row.interview),
        Where::Candidate(accounts) => row
            .candidate
            .is_some_and(|candidate| accounts.contains(&candidate)),
        Where::Participant(accounts) => accounts
            .iter()
            .any(|account| interviews::visible(Scope::Participant(*account), row)),
        Where::Type(types) => row
            .product
            .is_some_and(|product| types.contains(&product.interview_type)),
        Where::NoType => row.product.is_none(),
        Where::Series(series) => row
            .series
            .as_ref()
            .is_some_and(|place| series.contains(&place.series)),
        Where::Group(groups) => row.group.is_some_and(|place| groups.contains(&place.group)),
        Where::Status(statuses) => statuses.contains(&row.status),
        Where::Phase(phases) => phases.contains(&row.status.phase()),
        Where::Purpose(purposes) => purposes.contains(&row.purpose),
        Where::Mode(modes) => modes.contains(&row.mode),
        Where::StartsFrom(moment) => starts >= *moment,
        Where::StartsBefore(moment) => starts < *moment,
        Where::CreatedFrom(moment) => row.created_at >= *moment,
        Where::CreatedBefore(moment) => row.created_at < *moment,
        Where::Title(titles) => titles
            .iter()
            .any(|title| caseless(title) == caseless(row.title.as_str())),
        Where::TitleContains(text) => caseless(row.title.as_str()).contains(&caseless(text)),
        // Nothing was decided in these histories.
        Where::Verdict(_) => false,
    }
}

fn caseless(text: &str) -> String {
    text.to_lowercase()
}

/// The order, told once more over rows.
fn sorted(mut rows: Vec<Row>, order: &[InterviewOrder]) -> Vec<Row> {
    let default = [InterviewOrder {
        field: OrderField::Start,
        direction: Direction::Ascending,
    }];
    let order = if order.is_empty() { &default } else { order };
    let directed = |ordering: std::cmp::Ordering, direction| match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    };
    rows.sort_by(|a, b| {
        let terms = order.iter().map(|term| {
            let ordering = match term.field {
                OrderField::Start => a.row.slot.span.start.cmp(&b.row.slot.span.start),
                OrderField::Created => a.row.created_at.cmp(&b.row.created_at),
            };
            directed(ordering, term.direction)
        });
        let last = order.last().map_or(Direction::Ascending, |term| term.direction);
        terms
            .fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
            .then(directed(a.key.cmp(&b.key), last))
    });
    rows
}

on_both! {
    async fn pages_in_both_directions_make_the_whole_list(db) {
        let history = crowd().await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let everything = whole(db, &Where::All(vec![]), &[]).await;
        assert_eq!(everything.len(), 40);

        for filter in filters() {
            let count = interviews::count(&db.db, tenant(0), Scope::Organisation, &filter).await.unwrap();
            for order in orders() {
                let fitting = everything.iter().filter(|row| fits(&filter, &row.row)).cloned().collect();
                let expected = sorted(fitting, &order);
                assert_eq!(count, expected.len() as u64, "{filter:?}");
                assert!(whole(db, &filter, &order).await == expected, "{filter:?} {order:?}");
                assert!(forward(db, &filter, &order, 7).await == expected, "{filter:?} {order:?} forward");
                assert!(backward(db, &filter, &order, 3).await == expected, "{filter:?} {order:?} backward");
            }
        }
        running.stop().await;
    }
}

on_both! {
    async fn a_place_of_another_order_is_refused(db) {
        let history = crowd().await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let one = &orders()[1];
        let two = &orders()[4];
        let all = Where::All(vec![]);
        let part = interviews::list(&db.db, tenant(0), Scope::Organisation, &all, one, &Slice::first(1)).await.unwrap();

        let slice = Slice::first(1).after(part.rows[0].0.clone());
        let refused = interviews::list(&db.db, tenant(0), Scope::Organisation, &all, two, &slice).await;

        assert!(matches!(refused, Err(DbError::ForeignPlace)));
        running.stop().await;
    }
}

on_both! {
    async fn several_keys_are_answered_in_the_order_asked(db) {
        let history = crowd().await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let all = whole(db, &Where::All(vec![]), &[]).await;
        let asked = [all[3].row.interview, id(0xDEAD), all[0].row.interview];

        let found = interviews::by_ids(&db.db, tenant(0), Scope::Organisation, &asked).await.unwrap();

        assert_eq!(found, [Some(all[3].clone()), None, Some(all[0].clone())]);
        let elsewhere = interviews::by_ids(&db.db, tenant(1), Scope::Organisation, &asked).await.unwrap();
        assert_eq!(elsewhere, [None, None, None]);
        running.stop().await;
    }
}

on_both! {
    async fn a_title_is_found_by_a_part_of_it_whatever_the_case_and_without_patterns(db) {
        let history = crowd().await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;

        for (text, many) in [("design", 20), ("ÖKO", 20), ("ii", 10), ("%", 10), ("_", 10), ("s_stem", 0), ("d%n", 0)] {
            let filter = Where::TitleContains(text.to_owned());
            let found = interviews::count(&db.db, tenant(0), Scope::Organisation, &filter).await.unwrap();
            assert_eq!(found, many, "{text}");
        }
    }
}
