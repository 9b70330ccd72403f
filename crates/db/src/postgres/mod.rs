//! The server: a pool of connections, a transaction each.

mod address;
mod errors;
mod listen;
mod parameters;
mod session;
mod tls;

use std::{sync::Arc, time::Duration};

use base::{OsRandom, Random as _};
use deadpool_postgres::{
    ClientWrapper, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use futures::future::BoxFuture;
use tokio::sync::broadcast;

pub(crate) use session::Session;

use self::{address::Address, listen::Listener};
use crate::{Error, Tx, stats::Counters, tx::Engine};

/// How long a write or read waits for a connection.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// How often a write is run when it keeps colliding with others.
const MAX_ATTEMPTS: u32 = 5;

pub(crate) struct Postgres {
    pool: Pool,
    address: Address,
    listener: Listener,
    counters: Arc<Counters>,
}

impl Postgres {
    /// Reads the address and checks that the server answers.
    pub(crate) async fn open(url: &str, counters: &Arc<Counters>) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        let tls = tls::connector(&address)?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(address.config.clone(), tls, recycling);
        let timeouts = Timeouts { wait: Some(MAX_WAIT), create: Some(MAX_WAIT), recycle: Some(MAX_WAIT) };
        let pool = Pool::builder(manager).max_size(address.pool_size).timeouts(timeouts).runtime(Runtime::Tokio1);
        let pool = pool.build().map_err(|why| Error::misuse(format!("the pool's settings: {why}")))?;
        let listener = Listener::new(address.clone());
        let postgres = Self { pool, address, listener, counters: Arc::clone(counters) };
        drop(postgres.client().await?);
        Ok(postgres)
    }

    async fn client(&self) -> Result<Object, Error> {
        self.pool.get().await.map_err(|why| match why {
            PoolError::Backend(why) => errors::on_connect(&why),
            PoolError::Timeout(_) => Error::Busy(format!(
                "no connection was free within {} s; all {} are in use (raise pool_size in the URL)",
                MAX_WAIT.as_secs(),
                self.address.pool_size
            )),
            PoolError::Closed => Error::closed(),
            other => Error::Connection(other.to_string()),
        })
    }

    /// Runs a write; when it collides with another, again, after a pause that grows.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
        E: From<Error>,
    {
        self.attempts(session::WRITE, work).await
    }

    /// Runs a read within one snapshot.
    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
        E: From<Error>,
    {
        self.attempts(session::READ, work).await
    }

    async fn attempts<T, E, F>(&self, begin: &'static str, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
        E: From<Error>,
    {
        for attempt in 1..=MAX_ATTEMPTS {
            let mut tx = self.begin(begin).await?;
            let answer = work(&mut tx).await;
            let (answer, collided) = self.end(&mut tx, answer).await;
            if !collided {
                return answer;
            }
            drop(tx);
            tokio::time::sleep(pause(attempt)).await;
        }
        Err(Error::Serialization { attempts: MAX_ATTEMPTS }.into())
    }

    /// Commits or rolls back, and says whether a collision is why it failed.
    async fn end<T, E: From<Error>>(&self, tx: &mut Tx, answer: Result<T, E>) -> (Result<T, E>, bool) {
        let answer = tx.verdict(answer);
        let (spoiled, may_write) = (tx.spoiled.take(), tx.may_write);
        let session = match tx.postgres() {
            Ok(session) => session,
            Err(error) => return (Err(error.into()), false),
        };
        if answer.is_err() || !may_write {
            session.roll_back().await;
            let collided = matches!(spoiled, Some(Error::Serialization { .. }));
            if collided {
                session.forget();
            }
            return (answer, collided);
        }
        match session.commit().await {
            Ok(()) => {
                self.counters.committed(1);
                (answer, false)
            }
            Err(error) => {
                let collided = matches!(error, Error::Serialization { .. });
                (Err(error.into()), collided)
            }
        }
    }

    async fn begin(&self, begin: &'static str) -> Result<Tx, Error> {
        let session = Session::new(self.client().await?, begin);
        Ok(Tx::new(Engine::Postgres(session), begin == session::WRITE, Arc::clone(&self.counters)))
    }

    pub(crate) fn listen(&self, channel: &str) -> broadcast::Receiver<String> {
        self.listener.listen(channel)
    }

    /// Waits until nobody else in the cluster is at `key`, and lends a connection outside of any transaction.
    pub(crate) async fn turn(&self, key: i64) -> Result<Turn, Error> {
        // An own connection: should the turn not be ended, its lock must not go back to the pool.
        let client = Object::take(self.client().await?);
        client.execute("SELECT pg_advisory_lock($1)", &[&key]).await.map_err(|why| errors::on_run(&why))?;
        Ok(Turn { client, key })
    }

    /// Runs one statement outside of any transaction, such as `CREATE DATABASE`.
    pub(crate) async fn plain(&self, sql: &str) -> Result<(), Error> {
        self.client().await?.batch_execute(sql).await.map_err(|why| errors::on_run(&why))
    }

    pub(crate) fn close(&self) {
        self.listener.close();
        self.pool.close();
    }
}

/// A turn that one connection in the cluster has at a time; it ends with the connection at the latest.
pub(crate) struct Turn {
    pub(crate) client: ClientWrapper,
    key: i64,
}

impl Turn {
    pub(crate) async fn end(self) -> Result<(), Error> {
        let ended = self.client.execute("SELECT pg_advisory_unlock($1)", &[&self.key]).await;
        ended.map(drop).map_err(|why| errors::on_run(&why))
    }
}

/// 5 to 10 ms after the first collision, twice that after each further one.
fn pause(attempt: u32) -> Duration {
    let base = 5_000u64 << attempt.min(8).saturating_sub(1);
    Duration::from_micros(base + OsRandom.below(base))
}
