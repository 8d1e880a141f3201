//! The doctor finds what is not as the log says, and names it.

use crate::{
    doctor::DifferenceKind,
    interviews::Interviews,
    model::{Key, ReadModel},
    projections::{Which, examine, models},
    sql::Value,
    table::Table,
    testing::{
        Running, TestDb, ground,
        history::{History, id, tenant},
        on_both,
    },
};
use store::codec::Codec;

fn interview(number: u128) -> Key {
    Key::of(id::<domain::ids::kind::Interview>(0x1_0000 + number))
}

on_both! {
    async fn healthy_tables_have_no_differences(db) {
        let history = History::of(1, 6).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;

        let found = examine(history.log.clone(), Codec::current(), db.db.clone(), Which::All).await.unwrap();

        assert_eq!(found, []);
        running.stop().await;
    }
}

on_both! {
    async fn a_changed_field_and_a_missing_row_are_named(db) {
        let history = History::of(2, 6).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        running.stop().await;
        let table = Table::<Interviews>::of_this_code();
        let mut tx = db.db.begin().await.unwrap();
        let (changed, missing) = ((tenant(0), interview(0)), (tenant(0), interview(2)));
        let mut row = table.load(&mut tx, &[changed]).await.unwrap().remove(0);
        row.json = row.json.replace("\"locale\":\"en\"", "\"locale\":\"xx\"");
        let columns: Vec<Value> = Interviews::columns(&row.read::<Interviews>().unwrap().row);
        table.upsert(&mut tx, &[(row, columns)]).await.unwrap();
        table.delete(&mut tx, &[missing]).await.unwrap();
        tx.commit().await.unwrap();

        let which = Which::Named(Interviews::NAME);
        let found = examine(history.log.clone(), Codec::current(), db.db.clone(), which).await.unwrap();

        let told: Vec<_> = found.iter().map(|one| (one.key, one.field.as_str(), one.kind)).collect();
        assert_eq!(told, [
            (changed.1, "/locale", DifferenceKind::Other),
            (missing.1, "", DifferenceKind::Missing),
        ]);
        assert_eq!(found[0].table, table.name.as_str());
    }
}
