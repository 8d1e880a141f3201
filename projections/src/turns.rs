//! Connections on which queries take turns.
//!
//! A pool asks a connection whether it still lives before it hands it out, and again when it is given back: two
//! questions for each query, when the query itself would have noticed. Here a connection is kept out of the pool as
//! long as it is well, and only one that has rested is asked. Whatever fails on a connection, or is given up in the
//! middle of a query, sends it back to the pool, which finds out whether it can be used again.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Connection, Database, Executor, IntoArguments, Pool, pool::PoolConnection, query::Query};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a connection may have rested and still be taken to live.
const RESTED: Duration = Duration::from_secs(1);

/// Some connections of a pool that has them to spare: whatever else is taken from the pool is not among them.
#[derive(Debug)]
pub struct Turns<D: Database> {
    pool: Pool<D>,
    shared: Arc<Shared<D>>,
}

impl<D: Database> Clone for Turns<D> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            shared: self.shared.clone(),
        }
    }
}

#[derive(Debug)]
struct Shared<D: Database> {
    turns: Semaphore,
    resting: Mutex<Vec<Resting<D>>>,
}

#[derive(Debug)]
struct Resting<D: Database> {
    connection: PoolConnection<D>,
    since: Instant,
}

impl<D: Database> Turns<D> {
    /// So many connections of a pool.
    pub(crate) fn on(pool: Pool<D>, most: u32) -> Self {
        let turns = Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS));
        let resting = Mutex::default();
        let shared = Arc::new(Shared { turns, resting });
        Self { pool, shared }
    }

    /// The pool, for whoever wants more of it than a query.
    pub(crate) const fn pool(&self) -> &Pool<D> {
        &self.pool
    }

    /// The rows that a query finds, once it is its turn.
    pub(crate) async fn ask(&self, query: Query<'_, D, D::Arguments>) -> Result<Vec<D::Row>, sqlx::Error>
    where
        D::Arguments: IntoArguments<D>,
        for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    {
        let _turn = self.turn().await?;
        let mut connection = self.connection().await?;
        let found = query.fetch_all(&mut *connection).await?;
        self.shared.keep(connection);
        Ok(found)
    }

    /// Waits for a turn, as long as the pool would.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, sqlx::Error> {
        let patience = self.pool.options().get_acquire_timeout();
        let permit = tokio::time::timeout(patience, self.shared.turns.acquire()).await;
        permit
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)
    }

    async fn connection(&self) -> Result<PoolConnection<D>, sqlx::Error> {
        while let Some(Resting {
            mut connection,
            since,
        }) = self.shared.take()
        {
            if since.elapsed() < RESTED || connection.ping().await.is_ok() {
                return Ok(connection);
            }
        }
        self.pool.acquire().await
    }

    /// Closes all connections, and gives no more.
    pub(crate) async fn close(&self) {
        self.shared.turns.close();
        while self.shared.take().is_some() {}
        self.pool.close().await;
    }
}

impl<D: Database> Shared<D> {
    fn resting(&self) -> MutexGuard<'_, Vec<Resting<D>>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the one that has rested least: it is likely to be well, and the others may rest on.
    fn take(&self) -> Option<Resting<D>> {
        self.resting().pop()
    }

    /// A connection on which a query went well is there for the next.
    fn keep(&self, connection: PoolConnection<D>) {
        let since = Instant::now();
        let mut resting = self.resting();
        // Asked with the lock held: whoever closes looks for connections afterwards.
        if !self.turns.is_closed() {
            resting.push(Resting { connection, since });
        }
    }
}
