//! A node's word that it is alive: a session of PostgreSQL that holds a lock under the node's number.
//!
//! A lease says until when an effect is somebody's; the session says whether that somebody is still there. When a node
//! is killed, its session ends with it, and everybody sees at once that what it had begun is free. A node that merely
//! stands still keeps its session, and so its leases until they are over. Claims are made in that same session, so
//! that nobody holds an effect without having one.

use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgRow},
    query::QueryAs,
};
use tokio::sync::Mutex;

/// First half of the lock's name, arbitrary; the second half is the number.
pub const LOCK: i32 = 0x6772_6e6f;

/// A node of a PostgreSQL database.
pub struct Owner {
    options: PgConnectOptions,
    session: Mutex<Session>,
}

/// The number, once there is one, and the connection that holds it.
#[derive(Default)]
struct Session {
    number: Option<i32>,
    connection: Option<PgConnection>,
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Owner")
    }
}

impl Owner {
    /// Somebody who has claimed nothing yet, and so holds no session.
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            session: Mutex::default(),
        }
    }

    /// Asks a question in the session that holds the number, which is bound as the last value. After a failure, or when
    /// the caller has gone, the session is given up: what was held in it is free.
    ///
    /// # Errors
    /// When the database cannot be reached, or fails.
    pub async fn ask<'q, T>(
        &self,
        question: QueryAs<'q, sqlx::Postgres, T, <sqlx::Postgres as sqlx::Database>::Arguments>,
    ) -> sqlx::Result<Vec<T>>
    where
        T: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut session = self.session.lock().await;
        let (mut connection, number) = match (session.connection.take(), session.number) {
            (Some(connection), Some(number)) => (connection, number),
            (Some(_) | None, former) => self.begin(former).await?,
        };
        session.number = Some(number);
        let answer = question
            .bind(i64::from(number))
            .fetch_all(&mut connection)
            .await?;
        session.connection = Some(connection);
        Ok(answer)
    }

    /// Takes the former number again, so that what is being done under it stays this node's, or else a new one.
    async fn begin(&self, former: Option<i32>) -> sqlx::Result<(PgConnection, i32)> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        if let Some(number) = former
            && lock(&mut connection, number).await?
        {
            return Ok((connection, number));
        }
        loop {
            let (number,): (i32,) = sqlx::query_as("select nextval('effects.owners')::integer")
                .fetch_one(&mut connection)
                .await?;
            if lock(&mut connection, number).await? {
                return Ok((connection, number));
            }
        }
    }

    /// Ends the session.
    pub async fn close(&self) {
        let connection = self.session.lock().await.connection.take();
        if let Some(connection) = connection {
            // The server ends it by itself when it cannot be told.
            let _ = connection.close().await;
        }
    }
}

/// False when somebody has the number: the former session of this node may not be over yet.
async fn lock(connection: &mut PgConnection, number: i32) -> sqlx::Result<bool> {
    let (locked,): (bool,) = sqlx::query_as("select pg_try_advisory_lock($1, $2)")
        .bind(LOCK)
        .bind(number)
        .fetch_one(connection)
        .await?;
    Ok(locked)
}
