//! The tables of a read model: their definition, which one is live, how far each is, and what waits.
//!
//! A table is named with a fingerprint of the code and the columns, and reached through a view with the read model's
//! name. `read_models` says which table a view shows; `checkpoints` how far each table is, and under which fence;
//! `beside` which tables are built beside the live one, and which was live before it; `parked` which links wait because
//! of an event that could not be folded. All of it is disposable.

use std::{collections::BTreeMap, marker::PhantomData};

use domain::{
    envelope::Position,
    ids::{Id, OrganisationId},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    bulk,
    fault::Fault,
    model::{Column, Key, ReadModel},
    raw_row::{FullRow, ROW_KINDS, RawRow, as_position, digest_of, raw_row},
    sql::{Cells, Db, DbError, Kind, Name, Sql, Tx, Value, storage_of, type_of},
};

/// Most rows of one statement, so that its values stay below what both databases take.
const ROWS_PER_STATEMENT: usize = 1_000;

/// First eight hex digits of SHA-256 over the read model's name, columns, indexes, source text and the schema of its
/// row, which also covers the types of `domain` that the row is made of.
pub fn fingerprint<M: ReadModel>() -> String {
    let row = schemars::schema_for!(M::Row);
    let mut hash = Sha256::new();
    hash.update(M::NAME);
    for column in M::COLUMNS {
        hash.update(format!("{column:?}"));
    }
    for index in M::INDEXES {
        hash.update(format!("{index:?}"));
    }
    hash.update(M::SOURCE);
    hash.update(row.as_value().to_string());
    hash.finalize()
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// One table of a read model; there are two while one is built beside the live one.
pub(crate) struct Table<M> {
    pub(crate) name: Name,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Table<M> {
    fn clone(&self) -> Self {
        Self::named(self.name.clone())
    }
}

/// A table's checkpoint, and who may move it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Claim {
    /// The last event that is folded in.
    pub(crate) position: Position,
    /// Only the last one who raised it may write.
    pub(crate) fence: i64,
}

/// The table that a view shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Live {
    pub(crate) table: Name,
    pub(crate) fingerprint: String,
    pub(crate) position: Position,
}

/// What a table beside the live one is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// It is being built, to be live.
    Building,
    /// It was live before, and is the way back.
    Previous,
}

impl Role {
    const fn word(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Previous => "previous",
        }
    }
}

/// How far a table is, whether it is live or being built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Checkpoint {
    pub(crate) name: Name,
    pub(crate) model: String,
    pub(crate) fingerprint: String,
    pub(crate) position: Position,
    pub(crate) live: bool,
}

/// Rows that wait for a person, because an event of theirs could not be folded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parked {
    /// Whose.
    pub tenant: OrganisationId,
    /// The rows whose key begins with this id; or the stream of this id, when the event could not even be read.
    pub link: Uuid,
    /// The first event that waits.
    pub position: Position,
    /// What failed.
    pub fault: Fault,
}

impl<M> Table<M> {
    pub(crate) const fn named(name: Name) -> Self {
        Self {
            name,
            model: PhantomData,
        }
    }
}

fn name(text: &str) -> Name {
    Name::new(text).expect("names of read models, columns and our own tables are plain lower case")
}

/// A transaction that changes tables and views, one at a time: two nodes that start together would both try to make
/// them, and `if not exists` is not safe against that.
pub(crate) async fn begin_alone(db: &Db) -> Result<Tx, DbError> {
    let mut tx = db.begin().await?;
    if matches!(tx, Tx::Postgres(_)) {
        let mut lock = tx.sql();
        lock.push("select 1::bigint from pg_advisory_xact_lock(8391274650129)");
        tx.fetch(lock, &[Kind::Integer]).await?;
    }
    Ok(tx)
}

/// Makes what all read models share, unless it is there.
pub(crate) async fn set_up(db: &Db) -> Result<(), DbError> {
    let mut tx = begin_alone(db).await?;
    if matches!(tx, Tx::Postgres(_)) {
        let mut schema = tx.sql();
        schema.push("create schema if not exists read");
        tx.execute(schema).await?;
    }
    let blob = type_of(&tx, Kind::Id);
    let mut read_models = tx.sql();
    read_models
        .push("create table if not exists ")
        .table(&name("read_models"))
        .push(" (model text primary key, live text not null)");
    tx.execute(read_models).await?;
    let mut checkpoints = tx.sql();
    checkpoints
        .push("create table if not exists ")
        .table(&name("checkpoints"))
        .push(" (table_name text primary key, model text not null, fingerprint text not null,")
        .push(" position bigint not null, fence bigint not null)");
    tx.execute(checkpoints).await?;
    let mut beside = tx.sql();
    beside
        .push("create table if not exists ")
        .table(&name("beside"))
        .push(" (table_name text primary key, model text not null, role text not null)");
    tx.execute(beside).await?;
    let mut parked = tx.sql();
    parked
        .push("create table if not exists ")
        .table(&name("parked"))
        .push(" (table_name text not null, tenant ")
        .push(blob)
        .push(" not null, link ")
        .push(blob)
        .push(" not null, position bigint not null, code text not null,")
        .push(" constraint parked_once primary key (table_name, tenant, link))");
    tx.execute(parked).await?;
    tx.commit().await
}

/// The table that the view of a read model shows; `None` before the first one was made.
pub(crate) async fn live(db: &Db, model: &str) -> Result<Option<Live>, DbError> {
    let rows = db.fetch(select_live(db.sql(), model), LIVE_KINDS).await?;
    rows.into_iter().next().map(read_live).transpose()
}

/// The same, within a transaction.
pub(crate) async fn live_in(tx: &mut Tx, model: &str) -> Result<Option<Live>, DbError> {
    let rows = tx.fetch(select_live(tx.sql(), model), LIVE_KINDS).await?;
    rows.into_iter().next().map(read_live).transpose()
}

const LIVE_KINDS: &[Kind] = &[Kind::Text, Kind::Text, Kind::Integer];

fn select_live(mut sql: Sql, model: &str) -> Sql {
    sql.push("select c.table_name, c.fingerprint, c.position from ")
        .table(&name("read_models"))
        .push(" r join ")
        .table(&name("checkpoints"))
        .push(" c on c.table_name = r.live where r.model = ")
        .bind(model);
    sql
}

fn read_live(cells: Cells) -> Result<Live, DbError> {
    let unreadable = || DbError::Unreadable {
        table: "checkpoints".to_owned(),
    };
    let Ok([Value::Text(table), Value::Text(fingerprint), position]) = <[Value; 3]>::try_from(cells) else {
        return Err(unreadable());
    };
    Ok(Live {
        table: Name::new(table).ok_or_else(unreadable)?,
        fingerprint,
        position: as_position(&position).ok_or_else(unreadable)?,
    })
}

/// How far every table of every read model is that is live or being built.
pub(crate) async fn checkpoints(db: &Db) -> Result<Vec<Checkpoint>, DbError> {
    let mut sql = db.sql();
    sql.push("select c.table_name, c.model, c.fingerprint, c.position, r.live from ")
        .table(&name("checkpoints"))
        .push(" c left join ")
        .table(&name("read_models"))
        .push(" r on r.model = c.model left join ")
        .table(&name("beside"))
        .push(" b on b.table_name = c.table_name where r.live = c.table_name or b.role = ")
        .bind(Role::Building.word());
    let rows = db
        .fetch(
            sql,
            &[Kind::Text, Kind::Text, Kind::Text, Kind::Integer, Kind::Text],
        )
        .await?;
    let read = |cells: Cells| {
        let [
            Value::Text(table),
            Value::Text(model),
            Value::Text(fingerprint),
            position,
            live,
        ] = <[Value; 5]>::try_from(cells).ok()?
        else {
            return None;
        };
        Some(Checkpoint {
            live: live == Value::Text(table.clone()),
            name: Name::new(table)?,
            model,
            fingerprint,
            position: as_position(&position)?,
        })
    };
    rows.into_iter()
        .map(|cells| {
            read(cells).ok_or_else(|| DbError::Unreadable {
                table: "checkpoints".to_owned(),
            })
        })
        .collect()
}

/// What waits in the live tables of all read models, by model and position.
pub(crate) async fn all_parked(db: &Db) -> Result<BTreeMap<String, Vec<Parked>>, DbError> {
    let mut sql = db.sql();
    sql.push("select p.tenant, p.link, p.position, p.code, r.model from ")
        .table(&name("read_models"))
        .push(" r join ")
        .table(&name("parked"))
        .push(" p on p.table_name = r.live order by p.position");
    let rows = db.fetch(sql, &[PARKED_KINDS, &[Kind::Text]].concat()).await?;
    let mut all = BTreeMap::<String, Vec<Parked>>::new();
    for mut cells in rows {
        let model = cells.pop();
        let (Some(Value::Text(model)), mut parked) = (model, read_parked(vec![cells])?) else {
            return Err(DbError::Unreadable {
                table: "read_models".to_owned(),
            });
        };
        all.entry(model).or_default().append(&mut parked);
    }
    Ok(all)
}

/// What waits in the table that is live.
pub(crate) async fn parked(db: &Db, model: &str) -> Result<Vec<Parked>, DbError> {
    let mut sql = db.sql();
    sql.push("select p.tenant, p.link, p.position, p.code from ")
        .table(&name("read_models"))
        .push(" r join ")
        .table(&name("parked"))
        .push(" p on p.table_name = r.live where r.model = ")
        .bind(model)
        .push(" order by p.position");
    read_parked(db.fetch(sql, PARKED_KINDS).await?)
}

/// How many rows of a table have a key that begins with an id.
pub(crate) async fn count_link(
    db: &Db,
    table: &Name,
    tenant: OrganisationId,
    link: Uuid,
) -> Result<u64, DbError> {
    let mut sql = db.sql();
    sql.push("select count(*) from ").table(table);
    where_link(&mut sql, tenant, link);
    let rows = db.fetch(sql, &[Kind::Integer]).await?;
    let count = rows.first().and_then(|cells| cells.first()).and_then(as_position);
    Ok(count.map_or(0, |Position(count)| count))
}

const PARKED_KINDS: &[Kind] = &[Kind::Id, Kind::Id, Kind::Integer, Kind::Text];

fn read_parked(rows: Vec<Cells>) -> Result<Vec<Parked>, DbError> {
    let read = |cells: Cells| {
        let [
            Value::Bytes(tenant),
            Value::Bytes(link),
            position,
            Value::Text(code),
        ] = <[Value; 4]>::try_from(cells).ok()?
        else {
            return None;
        };
        Some(Parked {
            tenant: Id::new(Uuid::from_slice(&tenant).ok()?),
            link: Uuid::from_slice(&link).ok()?,
            position: as_position(&position)?,
            fault: Fault::of_code(&code),
        })
    };
    rows.into_iter()
        .map(|cells| {
            read(cells).ok_or_else(|| DbError::Unreadable {
                table: "parked".to_owned(),
            })
        })
        .collect()
}

impl<M: ReadModel> Table<M> {
    /// The table that this code writes when nothing else was ever built with it.
    pub(crate) fn of_this_code() -> Self {
        Self::named(name(&format!("{}_{}", M::NAME, fingerprint::<M>())))
    }

    /// A name that no table of this read model has, within a transaction.
    pub(crate) async fn unused(tx: &mut Tx) -> Result<Self, DbError> {
        let mut sql = tx.sql();
        sql.push("select table_name from ")
            .table(&name("checkpoints"))
            .push(" where model = ")
            .bind(M::NAME);
        let taken = tx.fetch(sql, &[Kind::Text]).await?;
        let free = (2_u32..)
            .map(|build| format!("{}_{build}", Self::of_this_code().name.as_str()))
            .find(|candidate| !taken.contains(&vec![Value::Text(candidate.clone())]));
        Ok(Self::named(name(
            &free.expect("there are more numbers than tables"),
        )))
    }

    /// The table of this code that is live or is going to be, within a transaction. `None`: another code's is live, and
    /// nothing has begun to take its place.
    pub(crate) async fn begun(tx: &mut Tx, live: Option<&Live>) -> Result<Option<Self>, DbError> {
        match live.filter(|live| live.fingerprint == fingerprint::<M>()) {
            Some(live) => Ok(Some(Self::named(live.table.clone()))),
            None => Self::beside(tx, Role::Building).await,
        }
    }

    /// A table beside the live one that this code made, within a transaction: of several the furthest.
    pub(crate) async fn beside(tx: &mut Tx, role: Role) -> Result<Option<Self>, DbError> {
        let mut sql = tx.sql();
        sql.push("select c.table_name from ")
            .table(&name("checkpoints"))
            .push(" c join ")
            .table(&name("beside"))
            .push(" b on b.table_name = c.table_name where c.model = ")
            .bind(M::NAME)
            .push(" and c.fingerprint = ")
            .bind(fingerprint::<M>().as_str())
            .push(" and b.role = ")
            .bind(role.word())
            .push(" order by c.position desc limit 1");
        let rows = tx.fetch(sql, &[Kind::Text]).await?;
        Ok(rows.into_iter().flatten().find_map(|value| match value {
            Value::Text(found) => Name::new(found).map(Self::named),
            Value::Null(_) | Value::Bytes(_) | Value::Integer(_) | Value::Bool(_) => None,
        }))
    }

    /// Says what the table is for, until it is live.
    pub(crate) async fn set_role(&self, tx: &mut Tx, role: Role) -> Result<(), DbError> {
        let mut sql = tx.sql();
        sql.push("insert into ")
            .table(&name("beside"))
            .push(" (table_name, model, role) values (")
            .bind(self.name.as_str())
            .push(", ")
            .bind(M::NAME)
            .push(", ")
            .bind(role.word())
            .push(") on conflict (table_name) do update set role = excluded.role");
        tx.execute(sql).await?;
        Ok(())
    }

    /// Makes the table and its checkpoint, unless they are there. It has no indexes yet: a table is filled faster
    /// without.
    pub(crate) async fn create(&self, tx: &mut Tx) -> Result<(), DbError> {
        let mut table = tx.sql();
        let blob = type_of(tx, Kind::Id);
        table
            .push("create table if not exists ")
            .table(&self.name)
            .push(" (tenant ")
            .push(blob)
            .push(" not null, key ")
            .push(blob)
            .push(" not null, position bigint not null, row text not null");
        for column in M::COLUMNS {
            table
                .push(", ")
                .name(&name(column.name))
                .push(" ")
                .push(type_of(tx, column.kind));
            table.push(if column.required { " not null" } else { "" });
        }
        table.push(", primary key (tenant, key))").push(storage_of(tx));
        tx.execute(table).await?;
        let mut checkpoint = tx.sql();
        checkpoint
            .push("insert into ")
            .table(&name("checkpoints"))
            .push(" (table_name, model, fingerprint, position, fence) values (")
            .bind(self.name.as_str())
            .push(", ")
            .bind(M::NAME)
            .push(", ")
            .bind(fingerprint::<M>().as_str())
            .push(", 0, 0) on conflict (table_name) do nothing");
        tx.execute(checkpoint).await?;
        Ok(())
    }

    /// Makes the indexes that are not there, each in a transaction of its own, so that other writers need not wait for
    /// all of them.
    pub(crate) async fn create_indexes(&self, db: &Db) -> Result<(), DbError> {
        for index in M::INDEXES {
            let mut tx = db.begin().await?;
            tx.map_file(true).await?;
            let mut sql = tx.sql();
            sql.push("create index if not exists ")
                .name(&name(&format!("{}_{}", self.name.as_str(), index.name)))
                .push(" on ")
                .table(&self.name)
                .push(" (tenant, ")
                .list(index.columns, |sql, column| {
                    sql.name(&name(column));
                })
                .push(")");
            // Rows without a value are not looked for there, and would only have to be written.
            if let Some(column) = index.optional_first::<M>() {
                sql.push(" where ").name(&name(column)).push(" is not null");
            }
            tx.execute(sql).await?;
            tx.map_file(false).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Becomes the one who may write: everybody before is fenced off. `None`: the table is gone.
    pub(crate) async fn claim(&self, db: &Db) -> Result<Option<Claim>, DbError> {
        let mut tx = db.begin().await?;
        let claim = self.claim_in(&mut tx).await?;
        tx.commit().await?;
        Ok(claim)
    }

    /// The same, within a transaction.
    pub(crate) async fn claim_in(&self, tx: &mut Tx) -> Result<Option<Claim>, DbError> {
        let mut sql = tx.sql();
        sql.push("update ")
            .table(&name("checkpoints"))
            .push(" set fence = fence + 1 where table_name = ")
            .bind(self.name.as_str())
            .push(" returning position, fence");
        let rows = tx.fetch(sql, &[Kind::Integer, Kind::Integer]).await?;
        Ok(rows.first().and_then(|cells| match cells.as_slice() {
            [position, Value::Integer(fence)] => Some(Claim {
                position: as_position(position)?,
                fence: *fence,
            }),
            _ => None,
        }))
    }

    /// Moves the checkpoint if nobody else did, and locks it until the transaction ends. False: fenced off.
    pub(crate) async fn advance(&self, tx: &mut Tx, claim: Claim, to: Position) -> Result<bool, DbError> {
        let mut sql = tx.sql();
        sql.push("update ")
            .table(&name("checkpoints"))
            .push(" set position = ")
            .bind(to)
            .push(" where table_name = ")
            .bind(self.name.as_str())
            .push(" and position = ")
            .bind(claim.position)
            .push(" and fence = ")
            .bind(claim.fence);
        Ok(tx.execute(sql).await? == 1)
    }

    /// How far the table is. `None`: it is gone.
    pub(crate) async fn position(&self, db: &Db) -> Result<Option<Position>, DbError> {
        let mut sql = db.sql();
        sql.push("select position from ")
            .table(&name("checkpoints"))
            .push(" where table_name = ")
            .bind(self.name.as_str());
        let rows = db.fetch(sql, &[Kind::Integer]).await?;
        Ok(rows.first().and_then(|cells| cells.first()).and_then(as_position))
    }

    /// Locks the checkpoint until the transaction ends, and says where it is. `None`: the table is gone.
    pub(crate) async fn lock(&self, tx: &mut Tx) -> Result<Option<Position>, DbError> {
        let mut sql = tx.sql();
        sql.push("update ")
            .table(&name("checkpoints"))
            .push(" set position = position where table_name = ")
            .bind(self.name.as_str())
            .push(" returning position");
        let rows = tx.fetch(sql, &[Kind::Integer]).await?;
        Ok(rows.first().and_then(|cells| cells.first()).and_then(as_position))
    }

    /// What waits.
    pub(crate) async fn parked(&self, tx: &mut Tx) -> Result<Vec<Parked>, DbError> {
        let mut sql = tx.sql();
        sql.push("select tenant, link, position, code from ")
            .table(&name("parked"))
            .push(" where table_name = ")
            .bind(self.name.as_str());
        read_parked(tx.fetch(sql, PARKED_KINDS).await?)
    }

    /// Lets rows wait; those that wait already keep their first event.
    pub(crate) async fn park(&self, tx: &mut Tx, parked: &[Parked]) -> Result<(), DbError> {
        for rows in parked {
            let mut sql = tx.sql();
            sql.push("insert into ")
                .table(&name("parked"))
                .push(" (table_name, tenant, link, position, code) values (")
                .bind(self.name.as_str())
                .push(", ")
                .bind(rows.tenant)
                .push(", ")
                .bind(rows.link.as_bytes().to_vec())
                .push(", ")
                .bind(rows.position)
                .push(", ")
                .bind(rows.fault.code())
                .push(") on conflict (table_name, tenant, link) do nothing");
            tx.execute(sql).await?;
        }
        Ok(())
    }

    /// Rows no longer wait.
    pub(crate) async fn unpark(
        &self,
        tx: &mut Tx,
        tenant: OrganisationId,
        link: Uuid,
    ) -> Result<(), DbError> {
        let mut sql = tx.sql();
        sql.push("delete from ")
            .table(&name("parked"))
            .push(" where table_name = ")
            .bind(self.name.as_str())
            .push(" and tenant = ")
            .bind(tenant)
            .push(" and link = ")
            .bind(link.as_bytes().to_vec());
        tx.execute(sql).await?;
        Ok(())
    }

    /// The rows with these keys, as they are stored.
    pub(crate) async fn load(
        &self,
        tx: &mut Tx,
        keys: &[(OrganisationId, Key)],
    ) -> Result<Vec<RawRow>, DbError> {
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(ROWS_PER_STATEMENT) {
            let mut sql = tx.sql();
            sql.push("select tenant, key, position, row from ")
                .table(&self.name);
            where_keys(&mut sql, keys);
            let rows = tx.fetch(sql, ROW_KINDS).await?;
            for cells in rows {
                found.push(raw_row(cells).ok_or_else(|| self.unreadable())?);
            }
        }
        Ok(found)
    }

    /// Rows with some of their columns in the order of their keys, behind a key and up to another.
    pub(crate) async fn scan(
        &self,
        tx: &mut Tx,
        after: Option<(OrganisationId, Key)>,
        until: Option<(OrganisationId, Key)>,
        most: i64,
        columns: &[Column],
    ) -> Result<Vec<(RawRow, Vec<Value>)>, DbError> {
        let mut sql = tx.sql();
        sql.push("select tenant, key, position, row");
        add_columns(&mut sql, columns);
        sql.push(" from ").table(&self.name);
        where_between(&mut sql, after, until);
        sql.push(" order by tenant, key limit ").bind(most);
        let kinds: Vec<Kind> = ROW_KINDS
            .iter()
            .copied()
            .chain(columns.iter().map(|column| column.kind))
            .collect();
        let rows = tx.fetch(sql, &kinds).await?;
        rows.into_iter()
            .map(|mut cells| {
                let beside = cells.split_off(ROW_KINDS.len());
                let row = raw_row(cells).ok_or_else(|| self.unreadable())?;
                Ok((row, beside))
            })
            .collect()
    }

    /// What [`digest_of`] makes of the rows behind a key and up to another. PostgreSQL makes it without sending them.
    pub(crate) async fn digest(
        &self,
        tx: &mut Tx,
        after: Option<(OrganisationId, Key)>,
        until: Option<(OrganisationId, Key)>,
        columns: &[Column],
    ) -> Result<Vec<u8>, DbError> {
        if matches!(tx, Tx::Sqlite(_)) {
            return Ok(digest_of(&self.scan(tx, after, until, i64::MAX, columns).await?));
        }
        let mut sql = tx.sql();
        sql.push("select sha256(coalesce(string_agg(sha256(tenant || sha256(key) || int8send(position)")
            .push(" || sha256(convert_to(row, 'UTF8'))");
        for column in columns {
            let (before, after) = match column.kind {
                Kind::Id => ("", ""),
                Kind::Text => ("convert_to(", ", 'UTF8')"),
                Kind::Integer | Kind::Instant => ("int8send(", ")"),
                Kind::Bool => ("int8send(", "::int::bigint)"),
            };
            sql.push(" || coalesce('\\x01'::bytea || sha256(")
                .push(before)
                .name(&name(column.name))
                .push(after)
                .push("), '\\x00'::bytea)");
        }
        sql.push("), ''::bytea order by tenant, key), ''::bytea)) from ")
            .table(&self.name);
        where_between(&mut sql, after, until);
        let rows = tx.fetch(sql, &[Kind::Id]).await?;
        match rows.into_iter().flatten().next() {
            Some(Value::Bytes(digest)) => Ok(digest),
            Some(Value::Null(_) | Value::Text(_) | Value::Integer(_) | Value::Bool(_)) | None => {
                Err(self.unreadable())
            }
        }
    }

    /// Writes rows, whether they were there or not.
    pub(crate) async fn upsert(&self, tx: &mut Tx, rows: Vec<FullRow>) -> Result<(), DbError> {
        bulk::upsert(tx, &self.name, M::COLUMNS, rows).await
    }

    /// Removes rows, whether they are there or not.
    pub(crate) async fn delete(&self, tx: &mut Tx, keys: &[(OrganisationId, Key)]) -> Result<(), DbError> {
        for keys in keys.chunks(ROWS_PER_STATEMENT) {
            let mut sql = tx.sql();
            sql.push("delete from ").table(&self.name);
            where_keys(&mut sql, keys);
            tx.execute(sql).await?;
        }
        Ok(())
    }

    /// Removes every row whose key begins with an id.
    pub(crate) async fn delete_link(
        &self,
        tx: &mut Tx,
        tenant: OrganisationId,
        link: Uuid,
    ) -> Result<(), DbError> {
        let mut sql = tx.sql();
        sql.push("delete from ").table(&self.name);
        where_link(&mut sql, tenant, link);
        tx.execute(sql).await?;
        Ok(())
    }

    /// Lets the view show this table, within a transaction.
    pub(crate) async fn show(&self, tx: &mut Tx) -> Result<(), DbError> {
        let view = name(M::NAME);
        let mut drop = tx.sql();
        drop.push("drop view if exists ").table(&view);
        tx.execute(drop).await?;
        let mut create = tx.sql();
        create
            .push("create view ")
            .table(&view)
            .push(" as select tenant, key, position, row");
        add_columns(&mut create, M::COLUMNS);
        create.push(" from ").table(&self.name);
        tx.execute(create).await?;
        let mut pointer = tx.sql();
        pointer
            .push("insert into ")
            .table(&name("read_models"))
            .push(" (model, live) values (")
            .bind(M::NAME)
            .push(", ")
            .bind(self.name.as_str())
            .push(") on conflict (model) do update set live = excluded.live");
        tx.execute(pointer).await?;
        self.forget_role(tx).await
    }

    async fn forget_role(&self, tx: &mut Tx) -> Result<(), DbError> {
        let mut sql = tx.sql();
        sql.push("delete from ")
            .table(&name("beside"))
            .push(" where table_name = ")
            .bind(self.name.as_str());
        tx.execute(sql).await?;
        Ok(())
    }

    /// Drops a table with all that belongs to it, within a transaction.
    pub(crate) async fn drop(&self, tx: &mut Tx) -> Result<(), DbError> {
        let mut table = tx.sql();
        table.push("drop table if exists ").table(&self.name);
        tx.execute(table).await?;
        for of_all in ["checkpoints", "parked", "beside"] {
            let mut sql = tx.sql();
            sql.push("delete from ")
                .table(&name(of_all))
                .push(" where table_name = ")
                .bind(self.name.as_str());
            tx.execute(sql).await?;
        }
        Ok(())
    }

    /// The other tables of the read model, within a transaction.
    pub(crate) async fn others(&self, tx: &mut Tx) -> Result<Vec<Self>, DbError> {
        let mut sql = tx.sql();
        sql.push("select table_name from ")
            .table(&name("checkpoints"))
            .push(" where model = ")
            .bind(M::NAME)
            .push(" and table_name <> ")
            .bind(self.name.as_str());
        let rows = tx.fetch(sql, &[Kind::Text]).await?;
        let others = rows.into_iter().flatten().filter_map(|value| match value {
            Value::Text(other) => Name::new(other).map(Self::named),
            Value::Null(_) | Value::Bytes(_) | Value::Integer(_) | Value::Bool(_) => None,
        });
        Ok(others.collect())
    }

    pub(crate) fn unreadable(&self) -> DbError {
        DbError::Unreadable {
            table: self.name.as_str().to_owned(),
        }
    }
}

fn add_columns(sql: &mut Sql, columns: &[Column]) {
    for column in columns {
        sql.push(", ").name(&name(column.name));
    }
}

fn where_between(sql: &mut Sql, after: Option<(OrganisationId, Key)>, until: Option<(OrganisationId, Key)>) {
    let mut bound = |comparison, (tenant, key): (OrganisationId, Key)| {
        sql.push(comparison)
            .bind(tenant)
            .push(", ")
            .bind(key.bytes())
            .push(")");
    };
    match (after, until) {
        (None, None) => {}
        (Some(after), None) => bound(" where (tenant, key) > (", after),
        (None, Some(until)) => bound(" where (tenant, key) <= (", until),
        (Some(after), Some(until)) => {
            bound(" where (tenant, key) > (", after);
            bound(" and (tenant, key) <= (", until);
        }
    }
}

fn where_link(sql: &mut Sql, tenant: OrganisationId, link: Uuid) {
    let least = link.as_bytes().to_vec();
    // Keys are one id or two: nothing that begins with the first is longer than this.
    let most = [link.as_bytes().as_slice(), &[0xff; 17]].concat();
    sql.push(" where tenant = ")
        .bind(tenant)
        .push(" and key >= ")
        .bind(least)
        .push(" and key < ")
        .bind(most);
}

fn where_keys(sql: &mut Sql, keys: &[(OrganisationId, Key)]) {
    sql.push(" where (tenant, key) in (values ")
        .list(keys, |sql, (tenant, key)| {
            sql.push("(").bind(*tenant).push(", ").bind(key.bytes()).push(")");
        });
    sql.push(")");
}
