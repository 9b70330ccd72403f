//! The server: a pool of connections, a transaction each.

mod address;
mod errors;
mod listen;
mod parameters;
mod pooler;
mod session;
mod tls;

use std::{sync::Arc, time::Duration};

use base::{OsRandom, Random as _};
use deadpool_postgres::{
    ClientWrapper, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use tokio::sync::broadcast;

pub(crate) use session::Session;

use self::{address::Address, listen::Listener};
use crate::{Error, Tx, stats::Counters, tx::Engine};

/// How long a write or read waits for a connection.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// How often a transaction is run when it keeps colliding with others or losing its connection.
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
        let first = postgres.client().await?;
        pooler::refuse(&first, &postgres.address).await?;
        drop(first);
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

    /// Runs a write; when it collides with another or its connection breaks, again, after a pause that grows.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync,
        E: From<Error>,
    {
        self.attempts(session::WRITE, work).await
    }

    /// Runs a read within one snapshot.
    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync,
        E: From<Error>,
    {
        self.attempts(session::READ, work).await
    }

    async fn attempts<T, E, F>(&self, begin: &'static str, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E>,
        E: From<Error>,
    {
        let mut attempt = 1;
        loop {
            let mut tx = self.begin(begin).await?;
            let answer = work(&mut tx).await;
            match self.end(&mut tx, answer).await {
                Ok(value) => return Ok(value),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(error)) if attempt == MAX_ATTEMPTS => return Err(given_up(error).into()),
                Err(Failure::Passing(_)) => attempt += 1,
            }
            drop(tx);
            tokio::time::sleep(pause(attempt - 1)).await;
        }
    }

    /// Commits, or rolls back and says whether trying again may help.
    async fn end<T, E: From<Error>>(&self, tx: &mut Tx, answer: Result<T, E>) -> Result<T, Failure<E>> {
        let answer = tx.verdict(answer);
        let (spoiled, may_write) = (tx.spoiled.take(), tx.may_write);
        let session = tx.postgres().map_err(|error| Failure::Final(error.into()))?;
        if answer.is_err() || !may_write {
            session.roll_back().await;
        }
        match (answer, spoiled) {
            (Ok(value), _) if may_write => {
                if let Err(error) = session.commit().await {
                    if is_passing(&error) {
                        session.forget();
                    }
                    return Err(Failure::of(error));
                }
                self.counters.committed(1);
                Ok(value)
            }
            (Ok(value), _) => Ok(value),
            (Err(_), Some(cause)) if is_passing(&cause) => {
                session.forget();
                Err(Failure::Passing(cause))
            }
            (Err(error), _) => Err(Failure::Final(error)),
        }
    }

    async fn begin(&self, begin: &'static str) -> Result<Tx, Error> {
        let session = Session::new(self.client().await?, begin);
        Ok(Tx::new(Engine::Postgres(session), begin == session::WRITE, Arc::clone(&self.counters)))
    }

    pub(crate) fn listen(&self, channel: &str) -> broadcast::Receiver<String> {
        self.listener.listen(channel)
    }

    /// Waits for the cluster-wide lock `key`, and returns a connection outside of any transaction.
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

/// Why an attempt failed.
enum Failure<E> {
    /// Another attempt would fail in the same way.
    Final(E),
    /// Nothing was stored, and another attempt may go through.
    Passing(Error),
}

impl<E: From<Error>> Failure<E> {
    fn of(error: Error) -> Self {
        if is_passing(&error) { Self::Passing(error) } else { Self::Final(error.into()) }
    }
}

/// Collisions, and connections that broke before the commit was sent (as all do when a server is replaced).
fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Serialization { .. } | Error::Connection(_))
}

fn given_up(last: Error) -> Error {
    match last {
        Error::Serialization { .. } => Error::Serialization { attempts: MAX_ATTEMPTS },
        other => other,
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
