//! What a closure works with: statements within one transaction.

use std::sync::Arc;

use crate::{Dialect, Error, Row, Value, dialect::is_over_given_rows, postgres, sqlite, stats::Counters};

/// One transaction. Closures get it from [`crate::Db::write`] and [`crate::Db::read`], which begin and end it.
///
/// A failed statement aborts the transaction: later ones are refused and nothing is stored, on both engines. Either return
/// the error, or prevent it (`ON CONFLICT DO NOTHING`).
pub struct Tx {
    pub(crate) engine: Engine,
    pub(crate) may_write: bool,
    pub(crate) spoiled: Option<Error>,
    /// What SQLite delivers to listeners after the commit.
    pub(crate) notices: Vec<(String, String)>,
    pub(crate) counters: Arc<Counters>,
}

pub(crate) enum Engine {
    Sqlite(sqlite::Session),
    Postgres(postgres::Session),
}

/// PostgreSQL takes less than 8,000 bytes (manual, NOTIFY).
const MAX_PAYLOAD_BYTES: usize = 7_999;

impl Tx {
    pub(crate) fn new(engine: Engine, may_write: bool, counters: Arc<Counters>) -> Self {
        Self { engine, may_write, spoiled: None, notices: Vec::new(), counters }
    }

    /// The engine behind this transaction.
    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement and returns the number of rows it changed.
    ///
    /// # Errors
    /// If the engine rejects it, see [`Error`]; the transaction is then aborted.
    pub async fn execute(&mut self, sql: &str, args: &[Value]) -> Result<u64, Error> {
        self.begin_statement(args)?;
        let outcome = match &mut self.engine {
            Engine::Sqlite(session) => session.execute(sql, args),
            Engine::Postgres(session) => session.execute(sql, args).await,
        };
        self.settle(outcome)
    }

    /// Runs a statement whose answer is not needed. On PostgreSQL it is sent with the next statement or the commit, without
    /// waiting; if it fails, the error shows there.
    ///
    /// # Errors
    /// As for [`Tx::execute`], there or later.
    pub async fn send(&mut self, sql: &str, args: &[Value]) -> Result<(), Error> {
        self.refuse_sending_in_a_read()?;
        self.begin_statement(args)?;
        let outcome = match &mut self.engine {
            Engine::Sqlite(session) => session.execute(sql, args).map(drop),
            Engine::Postgres(session) => session.queue(sql, args).await,
        };
        self.settle(outcome)
    }

    /// The same for many rows of arguments.
    ///
    /// # Errors
    /// As for [`Tx::send`].
    pub async fn send_many<R: AsRef<[Value]> + Sync>(&mut self, sql: &str, rows: &[R]) -> Result<(), Error> {
        self.refuse_sending_in_a_read()?;
        match self.engine {
            Engine::Sqlite(_) => self.execute_each(sql, rows).await.map(drop),
            Engine::Postgres(_) if is_over_given_rows(sql) && !rows.is_empty() => {
                self.begin_statements(sql, rows)?;
                let outcome = self.postgres()?.queue_table(sql, rows).await;
                self.settle(outcome)
            }
            Engine::Postgres(_) => {
                for args in rows {
                    self.send(sql, args.as_ref()).await?;
                }
                Ok(())
            }
        }
    }

    /// Runs one statement for many rows of arguments and gives the number of rows changed altogether. On PostgreSQL the
    /// rows are sent without waiting for each other.
    ///
    /// # Errors
    /// As for [`Tx::execute`]; the first failing row aborts the transaction.
    pub async fn execute_many<R: AsRef<[Value]> + Sync>(&mut self, sql: &str, rows: &[R]) -> Result<u64, Error> {
        Ok(self.execute_each(sql, rows).await?.into_iter().sum())
    }

    /// The same, with the number of rows that each row of arguments changed, in their order. For many compare-and-sets
    /// at once: 1 where it was as expected, 0 where not.
    ///
    /// # Errors
    /// As for [`Tx::execute_many`].
    pub async fn execute_each<R: AsRef<[Value]> + Sync>(&mut self, sql: &str, rows: &[R]) -> Result<Vec<u64>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.begin_statements(sql, rows)?;
        let outcome = match &mut self.engine {
            Engine::Sqlite(session) => session.execute_each(sql, rows),
            Engine::Postgres(session) => session.execute_each(sql, rows).await,
        };
        self.settle(outcome)
    }

    /// Runs a statement and returns its rows.
    ///
    /// # Errors
    /// As for [`Tx::execute`].
    pub async fn rows(&mut self, sql: &str, args: &[Value]) -> Result<Vec<Row>, Error> {
        self.begin_statement(args)?;
        let outcome = match &mut self.engine {
            Engine::Sqlite(session) => session.rows(sql, args),
            Engine::Postgres(session) => session.rows(sql, args).await,
        };
        self.settle(outcome)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As for [`Tx::execute`].
    pub async fn row(&mut self, sql: &str, args: &[Value]) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// The first row.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none (which doesn't abort the transaction); otherwise as for [`Tx::execute`].
    pub async fn one(&mut self, sql: &str, args: &[Value]) -> Result<Row, Error> {
        self.row(sql, args).await?.ok_or(Error::NotFound)
    }

    /// Notifies the listeners of `channel` (see [`crate::Db::listen`]) after this transaction has committed, never before.
    ///
    /// # Errors
    /// [`Error::Misuse`] within a read, for an empty payload (it means "you may have missed some") and for one of more
    /// than 7,999 bytes.
    pub async fn notify(&mut self, channel: &str, payload: &str) -> Result<(), Error> {
        if !self.may_write {
            return Err(Error::misuse("a read may not notify; use Db::write"));
        }
        if payload.is_empty() || payload.len() > MAX_PAYLOAD_BYTES {
            return Err(Error::misuse(format!(
                "a notice has 1 to {MAX_PAYLOAD_BYTES} bytes, this one has {}; send an id and let the listener read",
                payload.len()
            )));
        }
        if let Engine::Sqlite(_) = self.engine {
            self.notices.push((channel.to_owned(), payload.to_owned()));
            return Ok(());
        }
        self.send("SELECT pg_notify($1, $2)", crate::args![channel, payload]).await
    }

    fn refuse_sending_in_a_read(&self) -> Result<(), Error> {
        if self.may_write {
            return Ok(());
        }
        Err(Error::misuse("a read needs the answers of its statements; use Tx::rows"))
    }

    fn begin_statement(&mut self, args: &[Value]) -> Result<(), Error> {
        self.begin(1, args)
    }

    /// One for each row, or one for all rows where the engine takes them together.
    fn begin_statements<R: AsRef<[Value]>>(&mut self, sql: &str, rows: &[R]) -> Result<(), Error> {
        let together = self.dialect() == Dialect::Postgres && is_over_given_rows(sql);
        self.begin(if together { 1 } else { rows.len() as u64 }, rows.iter().flat_map(AsRef::as_ref))
    }

    fn begin<'a>(&mut self, statements: u64, args: impl IntoIterator<Item = &'a Value>) -> Result<(), Error> {
        if let Some(cause) = &self.spoiled {
            return Err(Error::spoiled(cause));
        }
        self.counters.stated(statements);
        let checked = args.into_iter().try_for_each(Value::check);
        self.settle(checked)
    }

    fn settle<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        if let Engine::Sqlite(session) = &mut self.engine {
            self.counters.stepped(session.take_steps());
        }
        if let Err(cause) = &outcome {
            self.spoiled = Some(cause.clone());
        }
        outcome
    }

    /// The closure's answer, unless it hid a failed statement behind an `Ok`.
    pub(crate) fn verdict<T, E: From<Error>>(&self, answer: Result<T, E>) -> Result<T, E> {
        match (&self.spoiled, answer) {
            (Some(cause), Ok(_)) => Err(Error::spoiled(cause).into()),
            (_, answer) => answer,
        }
    }

    pub(crate) fn sqlite(&mut self) -> Result<&mut sqlite::Session, Error> {
        match &mut self.engine {
            Engine::Sqlite(session) => Ok(session),
            Engine::Postgres(_) => Err(Error::misuse("this is not a SQLite transaction")),
        }
    }

    pub(crate) fn postgres(&mut self) -> Result<&mut postgres::Session, Error> {
        match &mut self.engine {
            Engine::Postgres(session) => Ok(session),
            Engine::Sqlite(_) => Err(Error::misuse("this is not a PostgreSQL transaction")),
        }
    }
}
