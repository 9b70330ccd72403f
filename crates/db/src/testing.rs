//! Databases for tests: each test has its own, migrated, gone afterwards.
//!
//! PostgreSQL is used when `FANFARE_TEST_POSTGRES` names a server on which databases may be created, such as
//! `postgres://postgres@127.0.0.1:5432/postgres`.

use std::{ops::Deref, path::Path, sync::Once};

use base::OsRandom;
use sha2::{Digest as _, Sha256};

use crate::{Db, Error, migrations};

pub use crate::schema::{Column, schema};

/// The variable that names the server.
pub const POSTGRES_VARIABLE: &str = "FANFARE_TEST_POSTGRES";

/// A separate, migrated database. Use it like a [`Db`].
pub struct TestDb {
    db: Db,
    server: Option<Server>,
    folder: tempfile::TempDir,
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl TestDb {
    /// A SQLite database.
    ///
    /// # Panics
    /// If it can't be created.
    pub async fn sqlite() -> Self {
        let db = ok(Db::open("sqlite::memory:").await, "a temporary SQLite database");
        ok(db.migrate().await, "the migrations run on SQLite");
        Self { db, server: None, folder: folder() }
    }

    /// A PostgreSQL database, or `None` (said once on the output) when no server is named.
    ///
    /// # Panics
    /// When the server is named but a database cannot be made.
    pub async fn postgres() -> Option<Self> {
        let url = postgres_server()?;
        let server = ok(Server::create(&url).await, "a PostgreSQL database for the test");
        let db = ok(Db::open(&server.url(&server.name)).await, "the new PostgreSQL database");
        Some(Self { db, server: Some(server), folder: folder() })
    }

    /// One database on each engine there is.
    ///
    /// # Panics
    /// As [`TestDb::sqlite`] and [`TestDb::postgres`].
    pub async fn both() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        all.extend(Self::postgres().await);
        all
    }

    /// The handle.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// A folder for files that belong to it; they are gone afterwards, too.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn folder() -> tempfile::TempDir {
    let made = tempfile::Builder::new().prefix("fanfare-test-").tempdir();
    made.unwrap_or_else(|error| panic!("a folder for a test: {error}"))
}

fn ok<T>(outcome: Result<T, Error>, what: &str) -> T {
    outcome.unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// The server that tests may use, or `None` (said once on the output) when none is named.
pub fn postgres_server() -> Option<String> {
    static ONCE: Once = Once::new();
    #[expect(clippy::disallowed_methods, reason = "which server tests may use is no setting of the product")]
    let named = std::env::var(POSTGRES_VARIABLE).ok().filter(|url| !url.is_empty());
    if named.is_none() {
        #[expect(clippy::print_stdout, reason = "a skipped test must say so")]
        ONCE.call_once(|| println!("skipped: PostgreSQL, because {POSTGRES_VARIABLE} names no server"));
    }
    named
}

/// The test server and the database made on it.
struct Server {
    /// Up to the database's name, and the options behind it.
    before: String,
    after: String,
    admin: String,
    name: String,
}

impl Server {
    /// Copies the template, which is migrated once per set of migrations.
    async fn create(url: &str) -> Result<Self, Error> {
        let (place, options) = url.split_once('?').unwrap_or((url, ""));
        let (before, admin) = place.rsplit_once('/').ok_or_else(|| Error::misuse("the URL names no database"))?;
        let options = format!("?{options}{}pool_size=8", if options.is_empty() { "" } else { "&" });
        let unique = u64::from_le_bytes(base::random::bytes(&OsRandom));
        let server = Self {
            before: before.to_owned(),
            after: options,
            admin: admin.to_owned(),
            name: format!("fanfare_test_{unique:016x}"),
        };
        let admin = Db::open(&server.url(&server.admin)).await?;
        let outcome = server.copy_template(&admin).await;
        admin.close().await;
        outcome?;
        Ok(server)
    }

    fn url(&self, database: &str) -> String {
        format!("{}/{database}{}", self.before, self.after)
    }

    async fn copy_template(&self, admin: &Db) -> Result<(), Error> {
        let template = format!("fanfare_template_{}", fingerprint());
        if !exists(admin, &template).await? {
            self.make_template(admin, &template).await?;
        }
        plain(admin, &format!("CREATE DATABASE {} TEMPLATE {template}", self.name)).await
    }

    /// One test creates it while the others wait. It is renamed when complete, so that no test copies half of it.
    async fn make_template(&self, admin: &Db, template: &str) -> Result<(), Error> {
        let turn = on_server(admin)?.turn(TEMPLATE_LOCK).await?;
        if exists(admin, template).await? {
            return turn.end().await;
        }
        let making = format!("{template}_making");
        plain(admin, &format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)")).await?;
        plain(admin, &format!("CREATE DATABASE {making} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")).await?;
        let db = Db::open(&self.url(&making)).await?;
        let migrated = db.migrate().await;
        db.close().await;
        migrated?;
        plain(admin, &format!("ALTER DATABASE {making} RENAME TO {template}")).await?;
        turn.end().await
    }
}

/// Held while a template is made. The number has no meaning.
const TEMPLATE_LOCK: i64 = 0x74_65_6d_70_6c_61_74_65;

/// A hash that changes with the schema.
fn fingerprint() -> String {
    let mut hash = Sha256::new();
    for (name, sql) in migrations::FILES {
        hash.update(name);
        hash.update([0]);
        hash.update(sql);
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

async fn exists(admin: &Db, name: &str) -> Result<bool, Error> {
    let name = name.to_owned();
    let found = admin
        .read(async move |tx| tx.row("SELECT 1 AS one FROM pg_database WHERE datname = $1", crate::args![&name]).await);
    Ok(found.await?.is_some())
}

/// Databases are made and dropped outside of transactions.
async fn plain(admin: &Db, sql: &str) -> Result<(), Error> {
    on_server(admin)?.plain(sql).await
}

fn on_server(admin: &Db) -> Result<&crate::postgres::Postgres, Error> {
    match &admin.inner().engine {
        crate::inner::Engine::Postgres(postgres) => Ok(postgres),
        crate::inner::Engine::Sqlite(_) => {
            Err(Error::misuse(format!("{POSTGRES_VARIABLE} must name a PostgreSQL server")))
        }
    }
}

/// Best effort: a leftover database does no harm.
impl Drop for TestDb {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else { return };
        let db = self.db.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                db.close().await;
                let admin = Db::open(&server.url(&server.admin)).await.ok()?;
                plain(&admin, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", server.name)).await.ok()
            })
        });
        let _ = dropping.join();
    }
}
