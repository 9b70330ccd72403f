//! One transaction on one pooled connection.

use std::sync::Arc;

use deadpool_postgres::Object;
use futures::{TryStreamExt as _, future::try_join_all};
use tokio_postgres::{Error as Raw, Statement};

use super::{
    errors,
    parameters::{Parameter, cell},
};
use crate::{Dialect, Error, Row, Value};

/// READ COMMITTED, as the statements are written: claims say `{skip_locked}`, changes are guarded by their `WHERE`.
pub(super) const WRITE: &str = "BEGIN";
/// One snapshot for the whole read.
pub(super) const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Prepared statements kept per connection.
const MAX_STATEMENTS: usize = 512;
/// Rows of an `execute_each` that are on their way at the same time.
const PIPELINE: usize = 256;

/// A connection and how far its transaction is.
pub(crate) struct Session {
    client: Option<Object>,
    begin: &'static str,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `BEGIN` travels with the first statement, which saves a round trip.
    Fresh,
    /// A statement is on its way. Who stops waiting for it leaves the transaction here, and it cannot be committed.
    Running,
    /// Ready for the next statement.
    Open,
}

impl Session {
    pub(super) fn new(client: Object, begin: &'static str) -> Self {
        Self { client: Some(client), begin, state: State::Fresh }
    }

    fn client(&self) -> Result<&Object, Error> {
        self.client.as_ref().ok_or_else(|| Error::misuse("the transaction has ended"))
    }

    pub(crate) async fn execute(&mut self, sql: &str, args: &[Value]) -> Result<u64, Error> {
        let statement = self.prepare(sql, args.len()).await?;
        let (client, begin, state) = self.parts()?;
        within(client, begin, state, client.execute_raw(&statement, args.iter().map(Parameter))).await
    }

    pub(crate) async fn execute_each(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<Vec<u64>, Error> {
        let statement = self.prepare(sql, rows.first().map_or(0, Vec::len)).await?;
        if let Some(odd) = rows.iter().find(|row| row.len() != statement.params().len()) {
            return Err(wrong_count(&statement, odd.len()));
        }
        let mut changed = Vec::with_capacity(rows.len());
        for some in rows.chunks(PIPELINE) {
            let (client, begin, state) = self.parts()?;
            let all = some.iter().map(|args| client.execute_raw(&statement, args.iter().map(Parameter)));
            changed.extend(within(client, begin, state, try_join_all(all)).await?);
        }
        Ok(changed)
    }

    pub(crate) async fn rows(&mut self, sql: &str, args: &[Value]) -> Result<Vec<Row>, Error> {
        let statement = self.prepare(sql, args.len()).await?;
        let (client, begin, state) = self.parts()?;
        let work = async {
            let stream = client.query_raw(&statement, args.iter().map(Parameter)).await?;
            stream.try_collect::<Vec<_>>().await
        };
        let found = within(client, begin, state, work).await?;
        let columns: Arc<[String]> = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        let to_row = |raw: tokio_postgres::Row| {
            let cells = (0..columns.len()).map(|place| cell(&raw, place));
            Ok(Row::new(Arc::clone(&columns), cells.collect::<Result<_, Error>>()?))
        };
        found.into_iter().map(to_row).collect()
    }

    async fn prepare(&self, sql: &str, args: usize) -> Result<Statement, Error> {
        let sql = Dialect::Postgres.expand(sql)?;
        // Statements with a list of its own length each time would fill the server's memory without this.
        if self.client()?.statement_cache.size() >= MAX_STATEMENTS {
            self.forget();
        }
        let statement = self.client()?.prepare_cached(&sql).await.map_err(|why| errors::on_prepare(&why))?;
        if statement.params().len() == args { Ok(statement) } else { Err(wrong_count(&statement, args)) }
    }

    fn parts(&mut self) -> Result<(&Object, &'static str, &mut State), Error> {
        let client = self.client.as_ref().ok_or_else(|| Error::misuse("the transaction has ended"))?;
        Ok((client, self.begin, &mut self.state))
    }

    /// Makes everything durable and gives the connection back.
    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        match self.state {
            State::Fresh => return Ok(()),
            State::Open => {}
            State::Running => {
                self.roll_back().await;
                return Err(Error::misuse(
                    "a statement was begun but not waited for, so nobody knows what it did: everything was rolled back",
                ));
            }
        }
        let outcome = self.client()?.batch_execute("COMMIT").await.map_err(|why| errors::on_commit(&why));
        self.state = State::Fresh;
        outcome
    }

    /// Undoes everything. A failure needs no answer: a connection that cannot roll back is dead, and so is its
    /// transaction.
    pub(super) async fn roll_back(&mut self) {
        if self.state != State::Fresh {
            if let Ok(client) = self.client() {
                let _ = client.batch_execute("ROLLBACK").await;
            }
            self.state = State::Fresh;
        }
    }

    /// Forgets prepared statements whose answers have another shape since the schema changed.
    pub(super) fn forget(&self) {
        if let Some(client) = &self.client {
            client.statement_cache.clear();
        }
    }
}

/// A panic or a caller that went away must not give an open transaction back to the pool.
impl Drop for Session {
    fn drop(&mut self) {
        let Some(client) = self.client.take().filter(|_| self.state != State::Fresh) else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if client.batch_execute("ROLLBACK").await.is_err() {
                        drop(Object::take(client));
                    }
                });
            }
            Err(_) => drop(Object::take(client)),
        }
    }
}

fn wrong_count(statement: &Statement, given: usize) -> Error {
    let wanted = statement.params().len();
    Error::misuse(format!("the statement has {wanted} parameters but {given} arguments were given"))
}

/// Sends `BEGIN` if that was not done yet, and `work` right behind it without waiting for the answer.
async fn within<T>(
    client: &Object,
    begin: &'static str,
    state: &mut State,
    work: impl Future<Output = Result<T, Raw>>,
) -> Result<T, Error> {
    let before = std::mem::replace(state, State::Running);
    let outcome = if before == State::Fresh {
        // The first future is polled first, so `BEGIN` is first in line.
        let (begun, worked) = futures::join!(client.batch_execute(begin), work);
        begun.and(worked)
    } else {
        work.await
    };
    *state = State::Open;
    outcome.map_err(|why| errors::on_run(&why))
}
