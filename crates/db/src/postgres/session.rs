//! One transaction on one pooled connection.

use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll};

use deadpool_postgres::Object;
use futures::{
    TryStreamExt as _,
    future::{BoxFuture, MaybeDone, maybe_done, try_join_all},
};
use tokio_postgres::{Error as Raw, Statement};

use super::{
    errors,
    parameters::{Parameter, cell},
};
use crate::{Dialect, Error, Row, Value, dialect::is_over_given_rows};

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
    /// Statements that travel with the next one, or with the commit.
    queued: Vec<(Statement, Args)>,
}

/// What a statement is run with: a value for each parameter, or for each a column of the given rows.
enum Args {
    Row(Vec<Value>),
    Table(Vec<Vec<Value>>),
}

impl Args {
    fn parameters(&self) -> Vec<Parameter<'_>> {
        match self {
            Self::Row(values) => values.iter().map(Parameter::One).collect(),
            Self::Table(rows) => table(rows),
        }
    }
}

/// The columns of rows of one length.
fn table<R: AsRef<[Value]>>(rows: &[R]) -> Vec<Parameter<'_>> {
    let width = rows.first().map_or(0, |row| row.as_ref().len());
    (0..width).map(|place| Parameter::Column(rows.iter().map(|row| &row.as_ref()[place]).collect())).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `BEGIN` travels with the first statement, which saves a round trip.
    Fresh,
    /// A statement is running. If its caller stops waiting, the transaction stays in this state and can't be committed.
    Running,
    /// Ready for the next statement.
    Open,
    /// A statement in line could not even be written down; nothing behind it was sent.
    Refused,
}

impl Session {
    pub(super) fn new(client: Object, begin: &'static str) -> Self {
        Self { client: Some(client), begin, state: State::Fresh, queued: Vec::new() }
    }

    fn client(&self) -> Result<&Object, Error> {
        self.client.as_ref().ok_or_else(|| Error::misuse("the transaction has ended"))
    }

    pub(crate) async fn execute(&mut self, sql: &str, args: &[Value]) -> Result<u64, Error> {
        if is_over_given_rows(sql) {
            return self.execute_table(sql, &[args]).await;
        }
        let statement = self.prepare(sql, args.len()).await?;
        let (client, line) = self.parts()?;
        line.within(client, client.execute_raw(&statement, args.iter().map(Parameter::One))).await.map_err(on_run)
    }

    async fn execute_table<R: AsRef<[Value]>>(&mut self, sql: &str, rows: &[R]) -> Result<u64, Error> {
        let statement = self.prepare_even(sql, rows).await?;
        let (client, line) = self.parts()?;
        line.within(client, client.execute_raw(&statement, table(rows))).await.map_err(on_run)
    }

    /// Queues a statement whose answer is not needed.
    pub(crate) async fn queue(&mut self, sql: &str, args: &[Value]) -> Result<(), Error> {
        let statement = self.prepare(sql, args.len()).await?;
        self.queued.push((statement, Args::Row(args.to_vec())));
        Ok(())
    }

    /// The same for all given rows together.
    pub(crate) async fn queue_table<R: AsRef<[Value]>>(&mut self, sql: &str, rows: &[R]) -> Result<(), Error> {
        let statement = self.prepare_even(sql, rows).await?;
        self.queued.push((statement, Args::Table(rows.iter().map(|row| row.as_ref().to_vec()).collect())));
        Ok(())
    }

    pub(crate) async fn execute_each<R: AsRef<[Value]>>(&mut self, sql: &str, rows: &[R]) -> Result<Vec<u64>, Error> {
        if is_over_given_rows(sql) {
            return self.update_each(sql, rows).await;
        }
        let statement = self.prepare_even(sql, rows).await?;
        let mut changed = Vec::with_capacity(rows.len());
        for some in rows.chunks(PIPELINE) {
            let (client, line) = self.parts()?;
            let all = some.iter().map(|args| client.execute_raw(&statement, args.as_ref().iter().map(Parameter::One)));
            changed.extend(line.within(client, try_join_all(all)).await.map_err(on_run)?);
        }
        Ok(changed)
    }

    /// One `UPDATE` for all given rows; each changed row of the table names the given row that changed it.
    async fn update_each<R: AsRef<[Value]>>(&mut self, sql: &str, rows: &[R]) -> Result<Vec<u64>, Error> {
        let sql = format!("{sql} RETURNING given.place");
        let statement = self.prepare_even(&sql, rows).await?;
        let (client, line) = self.parts()?;
        let work = async {
            let stream = client.query_raw(&statement, table(rows)).await?;
            stream.try_collect::<Vec<_>>().await
        };
        let mut changed = vec![0; rows.len()];
        for row in line.within(client, work).await.map_err(on_run)? {
            let place = cell(&row, 0)?;
            let counted = match place {
                Value::Int(place) => usize::try_from(place - 1).ok().and_then(|place| changed.get_mut(place)),
                _ => None,
            };
            *counted.ok_or_else(|| Error::Other("a changed row names no given row".into()))? += 1;
        }
        Ok(changed)
    }

    pub(crate) async fn rows(&mut self, sql: &str, args: &[Value]) -> Result<Vec<Row>, Error> {
        let statement = self.prepare(sql, args.len()).await?;
        let (client, line) = self.parts()?;
        let work = async {
            let stream = client.query_raw(&statement, args.iter().map(Parameter::One)).await?;
            stream.try_collect::<Vec<_>>().await
        };
        let found = line.within(client, work).await.map_err(on_run)?;
        let columns: Arc<[String]> = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        let to_row = |raw: tokio_postgres::Row| {
            let cells = (0..columns.len()).map(|place| cell(&raw, place));
            Ok(Row::new(Arc::clone(&columns), cells.collect::<Result<_, Error>>()?))
        };
        found.into_iter().map(to_row).collect()
    }

    async fn prepare(&self, sql: &str, args: usize) -> Result<Statement, Error> {
        let sql = Dialect::Postgres.expand(sql)?;
        // Otherwise statements with lists of varying length would fill the server's memory.
        if self.client()?.statement_cache.size() >= MAX_STATEMENTS {
            self.forget();
        }
        let statement = self.client()?.prepare_cached(&sql).await.map_err(|why| errors::on_prepare(&why))?;
        if statement.params().len() == args { Ok(statement) } else { Err(wrong_count(&statement, args)) }
    }

    /// A statement for rows of one length.
    async fn prepare_even<R: AsRef<[Value]>>(&self, sql: &str, rows: &[R]) -> Result<Statement, Error> {
        let statement = self.prepare(sql, rows.first().map_or(0, |row| row.as_ref().len())).await?;
        let odd = rows.iter().map(AsRef::as_ref).find(|row| row.len() != statement.params().len());
        odd.map_or_else(|| Ok(statement.clone()), |odd| Err(wrong_count(&statement, odd.len())))
    }

    /// The connection, and what leaves on it before the next statement.
    fn parts(&mut self) -> Result<(&Object, Line<'_>), Error> {
        let client = self.client.as_ref().ok_or_else(|| Error::misuse("the transaction has ended"))?;
        Ok((client, Line { begin: self.begin, state: &mut self.state, queued: std::mem::take(&mut self.queued) }))
    }

    /// Makes everything durable and gives the connection back.
    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        match self.state {
            State::Fresh if self.queued.is_empty() => return Ok(()),
            State::Fresh | State::Open => {}
            State::Running | State::Refused => {
                self.roll_back().await;
                return Err(Error::misuse(
                    "a statement was begun but not waited for, so its effect is unknown: everything was rolled back",
                ));
            }
        }
        let (client, line) = self.parts()?;
        // If a queued statement fails, the server rolls back instead. If the connection breaks, the outcome is unknown.
        let sent = line.within(client, client.batch_execute("COMMIT")).await;
        let refused = self.state == State::Refused;
        if refused {
            self.roll_back().await;
        }
        let outcome = sent.map_err(|why| if refused { errors::on_run(&why) } else { errors::on_commit(&why) });
        self.state = State::Fresh;
        outcome
    }

    /// Undoes everything. A failure needs no answer: a connection that cannot roll back is dead, and so is its
    /// transaction.
    pub(super) async fn roll_back(&mut self) {
        self.queued.clear();
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

fn on_run(why: Raw) -> Error {
    errors::on_run(&why)
}

/// What leaves before a statement: `BEGIN` if that was not sent yet, then those in line.
struct Line<'a> {
    begin: &'static str,
    state: &'a mut State,
    queued: Vec<(Statement, Args)>,
}

impl Line<'_> {
    /// Sends the line and `work` behind it, without waiting in between. The first error in their order counts: those behind
    /// it only say that the transaction is spoiled.
    async fn within<T>(self, client: &Object, work: impl Future<Output = Result<T, Raw>>) -> Result<T, Raw> {
        let before = std::mem::replace(self.state, State::Running);
        let mut line: Vec<BoxFuture<'_, Result<(), Raw>>> = Vec::with_capacity(self.queued.len() + 1);
        if before == State::Fresh {
            line.push(Box::pin(client.batch_execute(self.begin)));
        }
        for (statement, args) in &self.queued {
            line.push(Box::pin(async move { client.execute_raw(statement, args.parameters()).await.map(drop) }));
        }
        let mut line: Vec<_> = line.into_iter().map(maybe_done).collect();
        // A statement leaves when it is polled for the first time.
        let refused = poll_fn(|context| {
            for one in &mut line {
                let _ = Pin::new(&mut *one).poll(context);
            }
            Poll::Ready(line.iter_mut().find_map(|one| match one {
                MaybeDone::Done(Err(_)) => Pin::new(one).take_output()?.err(),
                _ => None,
            }))
        });
        if let Some(why) = refused.await {
            *self.state = State::Refused;
            return Err(why);
        }
        let (sent, worked) = futures::join!(first_error(line), work);
        *self.state = State::Open;
        sent.and(worked)
    }
}

/// Waits for all and gives the first error.
async fn first_error(line: Vec<MaybeDone<BoxFuture<'_, Result<(), Raw>>>>) -> Result<(), Raw> {
    let mut all = Ok(());
    for mut one in line {
        Pin::new(&mut one).await;
        let outcome = Pin::new(&mut one).take_output().unwrap_or(Ok(()));
        all = all.and(outcome);
    }
    all
}
