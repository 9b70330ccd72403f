//! SQLite and PostgreSQL behind one handle.
//!
//! There is one door for writes, [`Db::write`], and one for reads, [`Db::read`]. Each takes a closure that gets a
//! [`Tx`]; nothing but SQL happens inside. Statements are written once, with `$1 $2 …` for arguments, portable types
//! (`TEXT`, `BIGINT`, `BOOLEAN`, `DOUBLE PRECISION`, `BYTEA`) and the words of [`dialect`] where the engines differ.
//!
//! ```
//! # async fn story() -> Result<(), db::Error> {
//! let db = db::Db::open("sqlite::memory:").await?;
//! db.write(async |tx| {
//!     tx.execute("CREATE TABLE notes (id BIGINT PRIMARY KEY, body TEXT NOT NULL)", db::args![]).await?;
//!     tx.execute("INSERT INTO notes (id, body) VALUES ($1, $2)", db::args![1, "hello"]).await
//! }).await?;
//! let body = db.read(async |tx| {
//!     tx.one("SELECT body FROM notes WHERE id = $1", db::args![1]).await?.text("body")
//! }).await?;
//! assert_eq!(body, "hello");
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().expect("a runtime").block_on(story()).expect("a story");
//! ```
//!
//! Left out on purpose: models, query builders, anything that knows what the tables mean.

mod closure;
pub mod dialect;
mod error;
mod fatal;
mod inner;
mod migrations;
mod notices;
mod postgres;
mod row;
mod schema;
mod sqlite;
mod stats;
pub mod testing;
mod tx;
mod value;

use std::sync::Arc;

use tokio::sync::broadcast;

pub use dialect::Dialect;
pub use error::Error;
pub use row::Row;
pub use schema::{Column, schema};
pub use stats::Stats;
pub use tx::Tx;
pub use value::Value;

use inner::{Engine, Inner};

/// A handle to one database. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

impl Db {
    /// Opens `sqlite:PATH`, `sqlite::memory:` (a temporary file that goes with the handle) or `postgres://…`.
    ///
    /// For PostgreSQL the URL may say `sslmode=verify-full` (or `require`; both check the certificate), `sslrootcert=`
    /// and `pool_size=` beside the driver's own options.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a URL that cannot be read, [`Error::Connection`] when the file or server does not open.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let (counters, fatal) = (Arc::default(), Arc::default());
        let engine = match url.split_once(':') {
            Some(("sqlite", place)) if !place.is_empty() => Engine::Sqlite(Box::new(sqlite::Sqlite::open(
                place.strip_prefix("//").unwrap_or(place),
                &counters,
                &fatal,
            )?)),
            Some(("postgres" | "postgresql", _)) => {
                Engine::Postgres(Box::new(postgres::Postgres::open(url, &counters).await?))
            }
            _ => {
                return Err(Error::misuse(
                    "a database URL is `sqlite:PATH`, `sqlite::memory:` or `postgres://user:password@host/name`",
                ));
            }
        };
        Ok(Self(Arc::new(Inner { engine, counters, fatal })))
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// Brings the schema up to date and gives the names of the migrations that were applied now.
    ///
    /// # Errors
    /// [`Error::Migration`] when a file fails, or when one that was applied has changed since or is missing.
    pub async fn migrate(&self) -> Result<Vec<String>, Error> {
        migrations::apply(self, migrations::FILES).await
    }

    /// The engine.
    pub fn dialect(&self) -> Dialect {
        match self.0.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs `work` as one transaction: all of it is durable if this returns `Ok`, none of it is stored if it returns `Err`
    /// (except [`Error::CommitUnknown`] and [`Error::Fatal`], where only reading shows which).
    ///
    /// `work` may run more than once, so it does nothing but SQL, awaits nothing but its [`Tx`], and lends what it
    /// captured without giving it away. A panic in it undoes the transaction and continues in the caller.
    ///
    /// # Errors
    /// What `work` gives, and what the engine refuses, see [`Error`].
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.write(work).await,
            Engine::Postgres(postgres) => postgres.write(work).await,
        }
    }

    /// Runs `work` on one snapshot of what is committed. It cannot write.
    ///
    /// # Errors
    /// As for [`Db::write`]; [`Error::Misuse`] for an attempt to write.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.read(work).await,
            Engine::Postgres(postgres) => postgres.read(work).await,
        }
    }

    /// Notices sent with [`Tx::notify`] on `channel`, from now on; on PostgreSQL those of other processes too.
    ///
    /// An empty notice means: some may have been missed (the connection is new, or broke), so look for yourself. The
    /// same goes for [`broadcast::error::RecvError::Lagged`].
    pub fn listen(&self, channel: &str) -> broadcast::Receiver<String> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.hub.listen(channel).0,
            Engine::Postgres(postgres) => postgres.listen(channel),
        }
    }

    /// How much was done since the database was opened.
    pub fn stats(&self) -> Stats {
        self.0.counters.read()
    }

    /// Reads the whole SQLite file and looks for damage (R-21). Nothing to do on PostgreSQL.
    ///
    /// # Errors
    /// [`Error::Fatal`] that says what is damaged.
    pub async fn check(&self) -> Result<(), Error> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.check().await,
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Makes sure that no other process works on this SQLite file while this handle lives (F-19). Nothing to do on
    /// PostgreSQL, where processes share the work.
    ///
    /// # Errors
    /// [`Error::Busy`] that says what to do when another process has it.
    pub fn lock_instance(&self) -> Result<(), Error> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.lock_instance(),
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Writes a consistent copy of the SQLite database to the new file `target`, while reads and writes continue. The copy is
    /// durable when this returns.
    ///
    /// # Errors
    /// [`Error::Misuse`] on PostgreSQL (use `pg_dump`) and when `target` exists; [`Error::Full`] when it does not fit.
    pub async fn copy_to(&self, target: &std::path::Path) -> Result<(), Error> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.copy_to(target).await,
            Engine::Postgres(_) => Err(Error::misuse("a PostgreSQL database is copied with pg_dump")),
        }
    }

    /// The SQLite file, for backups and for messages.
    pub fn path(&self) -> Option<&std::path::Path> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => Some(sqlite.path()),
            Engine::Postgres(_) => None,
        }
    }

    /// Why nothing is written any more, if the storage failed (R-21).
    pub fn fatal(&self) -> Option<Error> {
        self.0.fatal.cause()
    }

    /// Calls `hook` once, when the storage fails; at once if it has. It runs on the writer's thread.
    pub fn on_fatal(&self, hook: impl Fn(&Error) + Send + Sync + 'static) {
        self.0.fatal.hook(Box::new(hook));
    }

    /// Lets the writes that wait finish and closes all connections. Later calls give [`Error::Connection`].
    pub async fn close(&self) {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close(),
        }
    }
}
