//! The doctor finds what is not as the log says, and names it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value as Json;
use store::codec::Codec;

use crate::{
    accounts::Accounts,
    attention::Attentions,
    decisions::Decisions,
    doctor::{Difference, Examination, Finding},
    feedback::Feedbacks,
    interviews::Interviews,
    model::{Key, ReadModel},
    notifications::Notifications,
    participations::Participations,
    projections::{Model, Which, examine, models, names, of},
    raw_row::{RawRow, digest_of},
    reports::Reports,
    scorecards::Scorecards,
    sql::{Kind, Tx, Value},
    table::Table,
    testing::{
        Running, TestDb, ground,
        history::{Dice, History, id, tenant},
        on_both,
    },
};

fn interview(number: u128) -> Key {
    Key::of(id::<domain::ids::kind::Interview>(0x1_0000 + number))
}

async fn examined(db: &TestDb, history: &History, which: Which<'_>) -> Vec<Examination> {
    let folder = tempfile::tempdir().unwrap();
    let log = history.log.clone();
    examine(log, Codec::current(), db.db.clone(), folder.path(), which)
        .await
        .unwrap()
}

async fn folded(db: &TestDb, history: &History) {
    let running = Running::start(models(), ground(db, &history.log)).await;
    running.caught_up().await;
    running.stop().await;
}

on_both! {
    async fn healthy_tables_have_no_differences_while_they_are_written(db) {
        let mut history = History::of(1, 6).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        history.erase(0xC000).await;

        let found = examined(db, &history, Which::All).await;

        assert_eq!(found.iter().map(|one| one.model).collect::<Vec<_>>(), names());
        assert!(found.iter().all(Examination::is_whole), "{found:#?}");
        assert!(found.iter().map(|one| one.rows).sum::<u64>() > 50);
        running.stop().await;
    }
}

on_both! {
    async fn a_changed_field_and_a_missing_row_are_named_with_the_events_behind_them(db) {
        let history = History::of(2, 6).await;
        folded(db, &history).await;
        let table = Table::<Interviews>::of_this_code();
        let mut tx = db.db.begin().await.unwrap();
        let (changed, missing) = ((tenant(0), interview(0)), (tenant(0), interview(2)));
        let mut row = table.load(&mut tx, &[changed]).await.unwrap().remove(0);
        row.json = row.json.replace("\"locale\":\"en\"", "\"locale\":\"xx\"");
        let columns: Vec<Value> = Interviews::columns(&row.read::<Interviews>().unwrap().row);
        table.upsert(&mut tx, vec![(row, columns)]).await.unwrap();
        table.delete(&mut tx, &[missing]).await.unwrap();
        tx.commit().await.unwrap();

        let found = examined(db, &history, Which::Named(Interviews::NAME)).await.remove(0);

        let told: Vec<_> = found.differences.iter().map(|one| (one.key, one.finding.clone())).collect();
        assert_eq!(told, [
            (changed.1, Finding::Field("/locale".to_owned())),
            (missing.1, Finding::Missing),
        ]);
        assert_eq!(found.table.as_deref(), Some(table.name.as_str()));
        for difference in &found.differences {
            assert!(difference.subject.to_string().starts_with("int_"), "{difference:?}");
            let link = difference.key.link();
            let events = history.events().await;
            assert!(!difference.events.is_empty() && difference.events.iter().all(|position| {
                let envelope = &events.iter().find(|event| event.envelope.position == *position).unwrap().envelope;
                envelope.stream.id == link || envelope.links.contains(&link)
            }));
        }
    }
}

async fn same_digest<M: ReadModel>(tx: &mut Tx) -> usize {
    let table = Table::<M>::of_this_code();
    let rows = table.scan(tx, None, None, i64::MAX, M::COLUMNS).await.unwrap();
    let digest = table.digest(tx, None, None, M::COLUMNS).await.unwrap();
    assert_eq!(digest, digest_of(&rows), "{}", M::NAME);
    let last = rows.last().map(|(row, _)| (row.tenant, row.key));
    let behind = table.digest(tx, last, None, M::COLUMNS).await.unwrap();
    assert_eq!(behind, digest_of(&[]), "{}", M::NAME);
    rows.len()
}

on_both! {
    async fn the_database_and_this_code_agree_on_the_digest_of_every_kind_of_column(db) {
        let history = History::of(4, 12).await;
        folded(db, &history).await;
        let mut tx = db.db.snapshot().await.unwrap();

        let rows = [
            same_digest::<Accounts>(&mut tx).await,
            same_digest::<Attentions>(&mut tx).await,
            same_digest::<Interviews>(&mut tx).await,
            same_digest::<Notifications>(&mut tx).await,
            same_digest::<Participations>(&mut tx).await,
            same_digest::<Scorecards>(&mut tx).await,
        ];

        assert!(rows.iter().sum::<usize>() > 50);
        let columns = [Accounts::COLUMNS, Attentions::COLUMNS, Interviews::COLUMNS, Scorecards::COLUMNS].concat();
        let kinds: BTreeSet<Kind> = columns.iter().map(|column| column.kind).collect();
        assert!(kinds.is_superset(&BTreeSet::from([Kind::Id, Kind::Text, Kind::Instant])), "{kinds:?}");
    }
}

/// Something that somebody did to a row by hand, and what the doctor should say of it.
type Flip = ((&'static str, Key), Finding);

/// Changes rows of one read model by hand: `many` of them, each in one way.
async fn flip<M: ReadModel>(tx: &mut Tx, dice: &mut Dice, many: usize) -> Vec<Flip> {
    let table = Table::<M>::of_this_code();
    let mut rows = table.scan(tx, None, None, i64::MAX, M::COLUMNS).await.unwrap();
    let mut flips = Vec::new();
    for _ in 0..many {
        let index = usize::try_from(dice.below(rows.len() as u64)).unwrap();
        let (row, columns) = rows.swap_remove(index);
        let key = row.key;
        let finding = flip_row(&table, tx, dice, row, columns).await;
        let key = if finding == Finding::Surplus {
            bogus(key)
        } else {
            key
        };
        flips.push(((M::NAME, key), finding));
    }
    flips
}

/// A key that no row has: of something that never was.
fn bogus(key: Key) -> Key {
    Key::bare(uuid::Uuid::from_u128(
        // Turned round, because the sums of small numbers would soon be alike.
        !key.link().as_u128() ^ key.other().map_or(0, |other| other.as_u128().rotate_left(64)),
    ))
}

async fn flip_row<M: ReadModel>(
    table: &Table<M>,
    tx: &mut Tx,
    dice: &mut Dice,
    mut row: RawRow,
    mut columns: Vec<Value>,
) -> Finding {
    let finding = match dice.below(5) {
        0 => {
            table.delete(tx, &[(row.tenant, row.key)]).await.unwrap();
            return Finding::Missing;
        }
        1 => {
            row.key = bogus(row.key);
            Finding::Surplus
        }
        2 => {
            row.position.0 += 1;
            Finding::Position
        }
        3 if !columns.is_empty() => {
            let index = usize::try_from(dice.below(columns.len() as u64)).unwrap();
            columns[index] = other_value(&columns[index]);
            Finding::Column(M::COLUMNS[index].name)
        }
        _ => {
            let mut json: Json = serde_json::from_str(&row.json).unwrap();
            let fields = json.as_object_mut().unwrap();
            let index = usize::try_from(dice.below(fields.len() as u64)).unwrap();
            let name = fields.keys().nth(index).unwrap().clone();
            fields.insert(name.clone(), Json::from("flipped"));
            row.json = json.to_string();
            Finding::Field(format!("/{name}"))
        }
    };
    table.upsert(tx, vec![(row, columns)]).await.unwrap();
    finding
}

fn other_value(value: &Value) -> Value {
    match value {
        Value::Null(Kind::Id) => Value::Bytes(vec![1; 16]),
        Value::Null(Kind::Text) => Value::Text("flipped".to_owned()),
        Value::Null(Kind::Integer | Kind::Instant) => Value::Integer(-1),
        Value::Null(Kind::Bool) => Value::Bool(true),
        Value::Bytes(bytes) => Value::Bytes(bytes.iter().map(|byte| !byte).collect()),
        Value::Text(text) => Value::Text(format!("{text}?")),
        Value::Integer(number) => Value::Integer(number + 1),
        Value::Bool(truth) => Value::Bool(!truth),
    }
}

/// What was found by row; of a field that now holds another kind of thing, only where it begins.
fn by_row(found: &[Examination]) -> BTreeMap<(&'static str, Key), Vec<&Difference>> {
    let mut rows = BTreeMap::<_, Vec<_>>::new();
    for examination in found {
        for difference in &examination.differences {
            rows.entry((examination.model, difference.key))
                .or_default()
                .push(difference);
        }
    }
    rows
}

on_both! {
    async fn a_hundred_rows_that_were_flipped_by_hand_are_all_found_and_named(db) {
        let history = History::of(3, 40).await;
        folded(db, &history).await;
        let mut dice = Dice::new(11);
        let mut tx = db.db.begin().await.unwrap();
        let flips = [
            flip::<Accounts>(&mut tx, &mut dice, 10).await,
            flip::<Attentions>(&mut tx, &mut dice, 4).await,
            flip::<Decisions>(&mut tx, &mut dice, 8).await,
            flip::<Feedbacks>(&mut tx, &mut dice, 8).await,
            flip::<Interviews>(&mut tx, &mut dice, 30).await,
            flip::<Notifications>(&mut tx, &mut dice, 10).await,
            flip::<Participations>(&mut tx, &mut dice, 12).await,
            flip::<Reports>(&mut tx, &mut dice, 8).await,
            flip::<Scorecards>(&mut tx, &mut dice, 10).await,
        ].concat();
        tx.commit().await.unwrap();

        let found = examined(db, &history, Which::All).await;

        assert_eq!(flips.len(), 100);
        let rows = by_row(&found);
        assert!(rows.keys().eq(flips.iter().map(|(row, _)| row).collect::<BTreeSet<_>>()));
        for (row, finding) in &flips {
            let told: Vec<_> = rows[row].iter().map(|one| &one.finding).collect();
            assert_eq!(told, [finding], "{row:?}");
            assert!(*finding == Finding::Surplus || !rows[row][0].events.is_empty(), "{row:?}");
        }
        let kinds: HashSet<_> = flips.iter().map(|(_, finding)| std::mem::discriminant(finding)).collect();
        assert_eq!(kinds.len(), 5, "every kind of flip happened");
    }
}

on_both! {
    async fn a_dry_run_tells_what_changed_code_would_change(db) {
        let history = History::of(1, 2).await;
        let former: Vec<Box<dyn Model>> = vec![Box::new(of::<crate::tests::code_change::Former>())];
        let running = Running::start(former, ground(db, &history.log)).await;
        running.caught_up().await;

        let found = examined(db, &history, Which::Named(Accounts::NAME)).await.remove(0);

        assert!(found.other_code);
        assert!(!found.is_whole());
        let fields: BTreeSet<_> = found.differences.iter().map(|one| one.finding.clone()).collect();
        assert_eq!(fields.into_iter().collect::<Vec<_>>(), [Finding::Position, Finding::Field("/zone".to_owned())]);
        let live = crate::table::live(&db.db, Accounts::NAME).await.unwrap().unwrap();
        assert_eq!(live.fingerprint, crate::table::fingerprint::<crate::tests::code_change::Former>());
        running.stop().await;
    }
}
