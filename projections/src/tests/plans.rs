//! How the databases find a page of the main lists when tables are large: by an index that leads to its beginning, in
//! order. Nothing walks or sorts a table.

use domain::{decision::events::Verdict, ids::AccountId, time::Span};
use sqlx::{AssertSqlSafe, Executor, Row};

use crate::{
    agenda,
    interviews::{self, InterviewOrder, OrderField, Phase, Scope, Status, Where},
    list::{Direction, Place, Slice},
    projections::models,
    sql::{Db, Sql},
    table,
    testing::{
        Running, TestDb, ground,
        history::{History, id, moment, tenant},
        on_both,
    },
};

/// Rows of the large tables; a long run looks at the size that the lists are made for.
fn rows() -> u32 {
    match std::env::var("GREENROOM_TEST_LONG") {
        Ok(_) => 1_000_000,
        Err(_) => 50_000,
    }
}

/// An account with three interviews in the tables.
const SOMEBODY: AccountId = id(7);

/// Fills the tables of interviews, of those who take part and of decisions with rows that only have columns: every account takes part
/// in three, one in ten is over and decided, one in a thousand is live.
async fn fill(db: &Db, rows: u32) {
    let live = |model| async move { table::live(db, model).await.unwrap().unwrap().table };
    let (interviews, participations) = (live("interviews").await, live("participations").await);
    let decisions = live("decisions").await;
    let numbers = match db {
        Db::Sqlite { .. } => format!(
            "with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < {rows})"
        ),
        Db::Postgres { .. } => {
            format!("with numbers as (select n from generate_series(1::bigint, {rows}) n)")
        }
    };
    let key = |number: &str| match db {
        Db::Sqlite { .. } => format!("unhex(printf('%032x', {number}))"),
        Db::Postgres { .. } => format!("decode(lpad(to_hex({number}::bigint), 32, '0'), 'hex')"),
    };
    let (tenant, prefix) = match db {
        Db::Sqlite { .. } => (format!("x'{}'", tenant(0).uuid().simple()), ""),
        Db::Postgres { .. } => (format!("'\\x{}'::bytea", tenant(0).uuid().simple()), "read."),
    };
    let (own, account) = (key("n"), key(&format!("n % {}", rows / 3)));
    let phase = "case when n % 1000 = 0 then 'live' when n % 10 = 0 then 'completed' else 'upcoming' end";
    let status = "case when n % 1000 = 0 then 'live' when n % 10 = 0 then 'completed' else 'confirmed' end";
    let all = [
        format!(
            "insert into {prefix}{} (tenant, key, position, row, candidate, interview_type, status, phase, purpose, mode, starts, created, title)
            {numbers} select {tenant}, {own}, n, '{{}}', {account}, {own}, {status}, {phase}, 'mock', 'human',
                n * 7919 % 1000003 * 60000000, n * 1000, 'system design' from numbers",
            interviews.as_str()
        ),
        format!(
            "insert into {prefix}{} (tenant, key, position, row, interview, account, part)
            {numbers} select {tenant}, {own} || {account}, n, '{{}}', {own}, {account}, 'candidate' from numbers",
            participations.as_str()
        ),
        format!(
            "insert into {prefix}{} (tenant, key, position, row, interview, decision, verdict)
            {numbers} select {tenant}, {own}, n, '{{}}', {own}, {own}, 'pass' from numbers where n % 10 = 0",
            decisions.as_str()
        ),
    ];
    for text in all {
        match db {
            Db::Sqlite { writer, .. } => writer.execute(AssertSqlSafe(text)).await.map(drop),
            Db::Postgres { writer, .. } => writer.execute(AssertSqlSafe(text)).await.map(drop),
        }
        .unwrap();
    }
}

/// Lets the database learn how large the tables have become, as it does by itself in time.
async fn analyse(db: &Db) {
    match db {
        Db::Sqlite { writer, .. } => writer.execute("analyze").await.map(drop),
        Db::Postgres { writer, .. } => writer.execute("analyze").await.map(drop),
    }
    .unwrap();
}

/// What the database says that it will do, in the way in which queries are answered.
async fn plan(db: &Db, statement: &Sql) -> String {
    let text = statement.text();
    match db {
        Db::Sqlite { reader, .. } => {
            let explain = AssertSqlSafe(format!("explain query plan {text}"));
            let rows = sqlx::query(explain).fetch_all(reader.pool()).await.unwrap();
            rows.iter()
                .map(|row| row.get::<String, _>("detail"))
                .collect::<Vec<_>>()
                .join("\n")
        }
        Db::Postgres { reader, .. } => {
            let mut connection = reader.pool().acquire().await.unwrap();
            let prepare = AssertSqlSafe(format!("prepare asked as {text}"));
            connection.execute(prepare).await.unwrap();
            let nulls = vec!["null"; text.matches('$').count()].join(", ");
            let explain = AssertSqlSafe(format!("explain execute asked({nulls})"));
            let rows = sqlx::raw_sql(explain).fetch_all(&mut *connection).await.unwrap();
            connection.execute("deallocate asked").await.unwrap();
            rows.iter()
                .map(|row| row.get::<String, _>(0))
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

/// Whether rows are read from an index from end to end, or from the table itself.
fn walks(plan: &str) -> bool {
    plan.lines().any(|line| {
        line.trim_start().starts_with("SCAN ") || line.contains("Seq Scan") || line.contains("Bitmap")
    })
}

fn sorts(plan: &str) -> bool {
    plan.contains("TEMP B-TREE") || plan.contains("Sort")
}

fn by(field: OrderField, direction: Direction) -> Vec<InterviewOrder> {
    vec![InterviewOrder { field, direction }]
}

/// The lists of those who see everything, each with the filters that the API offers for it.
fn of_everybody() -> Vec<(Where, Vec<InterviewOrder>)> {
    use Direction::{Ascending, Descending};
    let all = || Where::All(vec![]);
    let decided = Where::Verdict(vec![Verdict::Pass, Verdict::Fail]);
    let completed = || Where::Phase(vec![Phase::Completed]);
    vec![
        (all(), vec![]),
        (all(), by(OrderField::Start, Ascending)),
        (all(), by(OrderField::Start, Descending)),
        (all(), by(OrderField::Created, Ascending)),
        (all(), by(OrderField::Created, Descending)),
        (Where::StartsFrom(moment(0)), vec![]),
        (Where::TitleContains("design".to_owned()), vec![]),
        (
            Where::All(vec![
                Where::Title(vec!["coding".to_owned()]),
                Where::Phase(vec![Phase::Live]),
            ]),
            vec![],
        ),
        (
            Where::All(vec![Where::StartsFrom(moment(0)), Where::StartsBefore(moment(9))]),
            vec![],
        ),
        (Where::CreatedFrom(moment(0)), by(OrderField::Created, Descending)),
        (Where::Not(Box::new(Where::Status(vec![Status::Live]))), vec![]),
        (Where::Candidate(vec![SOMEBODY]), vec![]),
        (Where::Series(vec![id(5)]), vec![]),
        (Where::Group(vec![id(5)]), vec![]),
        (Where::Status(vec![Status::Live]), vec![]),
        (Where::Status(vec![Status::Requested, Status::Held]), vec![]),
        (Where::Phase(vec![Phase::Upcoming]), vec![]),
        (completed(), by(OrderField::Start, Descending)),
        (
            Where::All(vec![completed(), Where::Not(Box::new(decided.clone()))]),
            vec![],
        ),
        (Where::All(vec![completed(), decided]), vec![]),
    ]
}

fn slices(place: &Place) -> [Slice; 4] {
    [
        Slice::first(20),
        Slice::first(20).after(place.clone()),
        Slice::last(20),
        Slice::last(20).before(place.clone()),
    ]
}

async fn tables_of(db: &TestDb) {
    let running = Running::start(models(), ground(db, &History::empty().log)).await;
    running.stop().await;
    fill(&db.db, rows()).await;
}

async fn plan_of(db: &Db, scope: Scope, filter: &Where, order: &[InterviewOrder], slice: &Slice) -> String {
    let statement = interviews::statement(db, tenant(0), scope, filter, order, slice);
    format!(
        "{filter:?} {order:?} {slice:?}\n{}\n{}",
        statement.text(),
        plan(db, &statement).await
    )
}

on_both! {
    async fn a_page_of_the_main_lists_is_found_by_an_index_in_order(db) {
        tables_of(db).await;
        let mut looked_at = 0;

        for is_analysed in [false, true] {
            if is_analysed {
                analyse(&db.db).await;
            }
            for (filter, order) in of_everybody() {
                for slice in slices(&Place::of_test(1)) {
                    let plan = plan_of(&db.db, Scope::Organisation, &filter, &order, &slice).await;
                    looked_at += 1;
                    assert!(!walks(&plan) && !sorts(&plan), "analysed: {is_analysed}\n{plan}");
                }
            }
        }
        assert_eq!(looked_at, 2 * 20 * 4);
    }
}

on_both! {
    async fn ones_own_interviews_are_found_by_who_takes_part(db) {
        tables_of(db).await;
        let (own, all) = (Scope::Participant(SOMEBODY), Where::All(vec![]));

        for is_analysed in [false, true] {
            if is_analysed {
                analyse(&db.db).await;
            }
            for slice in slices(&Place::of_test(1)) {
                let plan = plan_of(&db.db, own, &all, &[], &slice).await;
                // A person's own interviews are sorted, since they are few; nobody else's are looked at.
                assert!(!walks(&plan) && plan.contains("_account"), "analysed: {is_analysed}\n{plan}");
            }
        }
    }
}

on_both! {
    async fn a_session_is_found_by_its_code_alone(db) {
        tables_of(db).await;

        for is_analysed in [false, true] {
            if is_analysed {
                analyse(&db.db).await;
            }
            let statement = interviews::statement_of_code(&db.db, tenant(0), id(7));
            let plan = format!("{}\n{}", statement.text(), plan(&db.db, &statement).await);
            assert!(!walks(&plan) && plan.contains("_join_code"), "analysed: {is_analysed}\n{plan}");
        }
    }
}

/// Fills the table of what takes people's time: each of some hundred people has a seat every hour.
async fn fill_agenda(db: &Db, rows: u32) {
    let agenda = table::live(db, "agenda").await.unwrap().unwrap().table;
    let (numbers, person, own, tenant, prefix) = match db {
        Db::Sqlite { .. } => (
            format!(
                "with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < {rows})"
            ),
            "unhex(printf('%032x', n % 100))",
            "unhex(printf('%032x', n))",
            format!("x'{}'", tenant(0).uuid().simple()),
            "",
        ),
        Db::Postgres { .. } => (
            format!("with numbers as (select n from generate_series(1::bigint, {rows}) n)"),
            "decode(lpad(to_hex((n % 100)::bigint), 32, '0'), 'hex')",
            "decode(lpad(to_hex(n::bigint), 32, '0'), 'hex')",
            format!("'\\x{}'::bytea", tenant(0).uuid().simple()),
            "read.",
        ),
    };
    let text = format!(
        "insert into {prefix}{} (tenant, key, position, row, account, starts, ends)
        {numbers} select {tenant}, {person} || {own}, n, '{{}}', {person}, n * 36000000, n * 36000000 + 1200000000 from numbers",
        agenda.as_str()
    );
    match db {
        Db::Sqlite { writer, .. } => writer.execute(AssertSqlSafe(text)).await.map(drop),
        Db::Postgres { writer, .. } => writer.execute(AssertSqlSafe(text)).await.map(drop),
    }
    .unwrap();
}

on_both! {
    async fn what_takes_the_time_of_people_is_found_by_who_they_are_and_when(db) {
        let running = Running::start(models(), ground(db, &History::empty().log)).await;
        running.stop().await;
        fill_agenda(&db.db, rows()).await;
        let people: Vec<AccountId> = (1..=50).map(id).collect();
        let within = Span { start: moment(0), end: moment(60 * 24 * 7) };

        for is_analysed in [false, true] {
            if is_analysed {
                analyse(&db.db).await;
            }
            let statement = agenda::statement(&db.db, tenant(0), &people, within);
            let plan = format!("{}\n{}", statement.text(), plan(&db.db, &statement).await);
            assert!(!walks(&plan) && plan.contains("_account"), "analysed: {is_analysed}\n{plan}");
        }
    }
}

on_both! {
    async fn an_order_without_an_index_is_noticed(db) {
        tables_of(db).await;
        let order = [by(OrderField::Created, Direction::Ascending), by(OrderField::Start, Direction::Descending)].concat();

        let plan = plan_of(&db.db, Scope::Organisation, &Where::All(vec![]), &order, &Slice::first(20)).await;

        assert!(sorts(&plan), "{plan}");
    }
}
