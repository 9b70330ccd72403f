//! Statements on one SQLite connection.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering::Relaxed},
    },
    time::Duration,
};

use rusqlite::{CachedStatement, Connection, OpenFlags, StatementStatus, types::ValueRef};

use super::errors::{on_prepare, on_run};
use crate::{Dialect, Error, Row, Value, dialect::number_parameters};

/// How long to wait for another process that holds the file, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Prepared statements kept per connection.
const MAX_STATEMENTS: usize = 512;

/// A connection with its knowledge about statements it has run.
pub(crate) struct Session {
    pub(super) conn: Connection,
    plans: HashMap<Box<str>, Arc<Plan>>,
    /// Pages in the write-ahead log after the last commit.
    pub(super) wal_pages: Arc<AtomicI32>,
    /// Steps of SQLite's machine since they were last taken; see [`crate::Stats::steps`].
    steps: u64,
}

/// A statement in SQLite's own words.
struct Plan {
    sql: String,
    parameters: usize,
    columns: Arc<[String]>,
}

/// How carefully commits are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Each commit reaches the disk before it is answered.
    Full,
    /// For databases that vanish with the process anyway.
    None,
}

impl Session {
    /// The one connection that writes.
    pub(super) fn open_writer(path: &Path, durability: Durability) -> Result<Self, Error> {
        let mut session = Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::None => "OFF",
        };
        // The writer makes its own checkpoints (see `writer`), because SQLite swallows the errors of automatic ones.
        session.batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 0"
        ))?;
        let pages = Arc::clone(&session.wal_pages);
        let hook = move |_: &mut rusqlite::hooks::Wal, now: i32| {
            pages.store(now, Relaxed);
            Ok(())
        };
        session.conn.wal_hook(Some(hook)).map_err(on_run)?;
        Ok(session)
    }

    /// A connection that cannot write.
    pub(super) fn open_reader(path: &Path) -> Result<Self, Error> {
        let session = Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        session.batch("PRAGMA query_only = ON")?;
        Ok(session)
    }

    fn open(path: &Path, flags: OpenFlags) -> Result<Self, Error> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)
            .map_err(|why| Error::Connection(format!("{} cannot be opened: {why}", path.display())))?;
        conn.busy_timeout(BUSY_TIMEOUT).map_err(on_run)?;
        conn.set_prepared_statement_cache_capacity(MAX_STATEMENTS);
        let session = Self { conn, plans: HashMap::new(), wal_pages: Arc::default(), steps: 0 };
        session.batch("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")?;
        Ok(session)
    }

    /// Runs statements that have neither arguments nor answers.
    pub(super) fn batch(&self, sql: &str) -> Result<(), Error> {
        self.conn.execute_batch(sql).map_err(on_run)
    }

    /// Runs one of the door's own statements (`BEGIN`, `COMMIT`, …), prepared.
    pub(super) fn control(&self, sql: &str) -> Result<(), Error> {
        let mut statement = self.conn.prepare_cached(sql).map_err(on_run)?;
        statement.raw_execute().map(drop).map_err(on_run)
    }

    /// Forgets the shapes of answers, after the schema changed.
    pub(super) fn forget(&mut self) {
        self.plans.clear();
        self.conn.flush_prepared_statement_cache();
    }

    pub(crate) fn execute(&mut self, sql: &str, args: &[Value]) -> Result<u64, Error> {
        let plan = self.plan(sql)?;
        let mut statement = self.conn.prepare_cached(&plan.sql).map_err(on_prepare)?;
        bind(&mut statement, &plan, args)?;
        let changed = run(&self.conn, &mut statement);
        self.steps += steps(&statement);
        changed
    }

    pub(crate) fn execute_each<R: AsRef<[Value]>>(&mut self, sql: &str, rows: &[R]) -> Result<Vec<u64>, Error> {
        let plan = self.plan(sql)?;
        let mut statement = self.conn.prepare_cached(&plan.sql).map_err(on_prepare)?;
        let mut changed = Vec::with_capacity(rows.len());
        for args in rows {
            bind(&mut statement, &plan, args.as_ref())?;
            changed.push(run(&self.conn, &mut statement)?);
        }
        self.steps += steps(&statement);
        Ok(changed)
    }

    pub(crate) fn rows(&mut self, sql: &str, args: &[Value]) -> Result<Vec<Row>, Error> {
        let plan = self.plan(sql)?;
        let mut statement = self.conn.prepare_cached(&plan.sql).map_err(on_prepare)?;
        bind(&mut statement, &plan, args)?;
        let mut found = statement.raw_query();
        let (mut columns, mut rows) = (Arc::clone(&plan.columns), Vec::new());
        while let Some(row) = found.next().map_err(on_run)? {
            if rows.is_empty() && !row.as_ref().column_names().eq(columns.iter()) {
                // The schema changed since the plan was made, so `*` means something else now.
                columns = row.as_ref().column_names().map(str::to_owned).collect();
                self.plans.remove(sql);
            }
            let cells = columns.iter().enumerate().map(|(place, name)| cell(row.get_ref(place).map_err(on_run)?, name));
            rows.push(Row::new(Arc::clone(&columns), cells.collect::<Result<_, _>>()?));
        }
        drop(found);
        self.steps += steps(&statement);
        Ok(rows)
    }

    /// The steps since they were last taken.
    pub(crate) fn take_steps(&mut self) -> u64 {
        std::mem::take(&mut self.steps)
    }

    fn plan(&mut self, sql: &str) -> Result<Arc<Plan>, Error> {
        if let Some(known) = self.plans.get(sql) {
            return Ok(Arc::clone(known));
        }
        let plan = Arc::new(self.make_plan(sql)?);
        // Otherwise statements with lists of varying length would fill the memory.
        if self.plans.len() >= 2 * MAX_STATEMENTS {
            self.plans.clear();
        }
        self.plans.insert(sql.into(), Arc::clone(&plan));
        Ok(plan)
    }

    fn make_plan(&self, sql: &str) -> Result<Plan, Error> {
        let expanded = Dialect::Sqlite.expand(sql)?;
        let (sql, parameters) = number_parameters(&expanded);
        let statement = self.conn.prepare_cached(&sql).map_err(on_prepare)?;
        let columns = statement.column_names().map(str::to_owned).collect();
        drop(statement);
        Ok(Plan { sql, parameters, columns })
    }
}

fn bind(statement: &mut CachedStatement<'_>, plan: &Plan, args: &[Value]) -> Result<(), Error> {
    if args.len() != plan.parameters {
        let (wanted, given) = (plan.parameters, args.len());
        return Err(Error::misuse(format!("the statement has {wanted} parameters but {given} arguments were given")));
    }
    for (place, value) in args.iter().enumerate() {
        let place = place + 1;
        match value {
            Value::Null => statement.raw_bind_parameter(place, rusqlite::types::Null),
            Value::Text(text) => statement.raw_bind_parameter(place, text.as_str()),
            Value::Int(number) => statement.raw_bind_parameter(place, number),
            Value::Bool(yes) => statement.raw_bind_parameter(place, yes),
            Value::Float(number) => statement.raw_bind_parameter(place, number),
            Value::Bytes(bytes) => statement.raw_bind_parameter(place, bytes.as_slice()),
            Value::Texts(texts) => statement.raw_bind_parameter(place, serde_json::json!(texts).to_string()),
        }
        .map_err(on_run)?;
    }
    Ok(())
}

/// The steps that this statement took since it was last asked.
fn steps(statement: &CachedStatement<'_>) -> u64 {
    u64::try_from(statement.reset_status(StatementStatus::VmStep)).unwrap_or(0)
}

/// Runs to the end and counts: changed rows, or rows of the answer for a query, as PostgreSQL does.
fn run(conn: &Connection, statement: &mut CachedStatement<'_>) -> Result<u64, Error> {
    if statement.column_count() == 0 {
        let before = conn.total_changes();
        statement.raw_execute().map_err(on_run)?;
        // `changes` keeps the count of an earlier statement when this one is no INSERT, UPDATE or DELETE.
        return Ok(if conn.total_changes() == before { 0 } else { conn.changes() });
    }
    let mut found = statement.raw_query();
    let mut count = 0;
    while found.next().map_err(on_run)?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn cell(value: ValueRef<'_>, column: &str) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Float(number),
        ValueRef::Text(text) => Value::Text(
            String::from_utf8(text.to_vec())
                .map_err(|_| Error::Other(format!("column `{column}` holds text that is not UTF-8")))?,
        ),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    })
}
