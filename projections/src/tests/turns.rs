//! Queries take turns on connections, and go on after one of them was given up or cut.

use futures::poll;

use crate::{
    sql::{Cells, Db, DbError, Kind, Value},
    testing::{TestDb, on_both},
};

async fn ask(db: &Db) -> Result<Vec<Cells>, DbError> {
    let mut sql = db.sql();
    sql.push("select cast(1 as bigint)");
    db.fetch(sql, &[Kind::Integer]).await
}

/// Takes so long that nobody has the answer at once.
async fn ask_much(db: &Db) -> Result<Vec<Cells>, DbError> {
    let mut sql = db.sql();
    sql.push("with recursive c (n) as (select 1 union all select n + 1 from c where n < 20000) ");
    sql.push("select cast(max(n) as bigint) from c");
    db.fetch(sql, &[Kind::Integer]).await
}

fn one() -> Vec<Cells> {
    vec![vec![Value::Integer(1)]]
}

on_both! {
    async fn many_who_ask_at_once_are_all_answered(db) {
        let asked = (0..100).map(|_| ask(&db.db));

        let answers = futures::future::try_join_all(asked).await.unwrap();

        assert!(answers.len() == 100 && answers.iter().all(|answer| *answer == one()));
    }
}

on_both! {
    async fn queries_that_are_given_up_hold_no_turn(db) {
        ask(&db.db).await.unwrap();

        let mut given_up = 0;
        for _ in 0..20 {
            let mut asked = Box::pin(ask_much(&db.db));
            given_up += u32::from(poll!(&mut asked).is_pending());
        }

        assert_eq!(ask(&db.db).await.unwrap(), one());
        assert!(given_up > 0, "every answer was there at once");
    }
}

on_both! {
    async fn nobody_is_answered_after_the_end(db) {
        ask(&db.db).await.unwrap();

        db.db.close().await;

        assert!(ask(&db.db).await.is_err());
    }
}

#[tokio::test]
async fn a_connection_that_was_cut_is_replaced() {
    let Some(db) = TestDb::postgres().await else {
        return;
    };
    ask(&db.db).await.unwrap();
    let cut = "select pg_terminate_backend(pid, 5000) from pg_stat_activity \
               where datname = current_database() and pid <> pg_backend_pid()";
    let cut = sqlx::query(cut).fetch_all(db.pool().unwrap()).await.unwrap();
    assert!(!cut.is_empty(), "nothing was cut");

    // Used a moment ago, so that it is taken to live: whoever has it next notices.
    let first = ask(&db.db).await;

    assert!(matches!(first, Err(DbError::Unavailable(_))), "{first:?}");
    assert_eq!(ask(&db.db).await.unwrap(), one());
    db.drop().await;
}
