//! The schema's history: one numbered set of files for both engines, carried inside the binary.

use refinery::{Migration, Report, Runner};

use crate::{Db, Error, inner::Engine};

/// `(name, SQL)` of every file in the workspace's `migrations/`, in order of name.
pub(crate) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Held while migrating, so that nodes starting together do not migrate twice. The number has no meaning.
const ADVISORY_LOCK: i64 = 0x66_61_6e_66_61_72_65;

/// Applies those of `files` that the database has not seen; gives their names.
pub(crate) async fn apply(db: &Db, files: &[(&str, &str)]) -> Result<Vec<String>, Error> {
    let parsed: Result<Vec<_>, _> = files.iter().map(|(name, sql)| Migration::unapplied(name, sql)).collect();
    let runner = Runner::new(&parsed.map_err(failed)?);
    let report = match &db.inner().engine {
        Engine::Sqlite(sqlite) => sqlite.alone(move |conn| on_sqlite(&runner, conn)).await?,
        Engine::Postgres(postgres) => {
            let mut client = postgres.bare().await?;
            let key = ADVISORY_LOCK;
            let other = |why: tokio_postgres::Error| Error::Migration(why.to_string());
            client.execute("SELECT pg_advisory_lock($1)", &[&key]).await.map_err(other)?;
            let outcome = runner.run_async(&mut **client).await.map_err(failed);
            // The lock ends with the connection at the latest.
            client.execute("SELECT pg_advisory_unlock($1)", &[&key]).await.map_err(other)?;
            outcome?
        }
    };
    let names = report.applied_migrations().iter().map(|done| format!("V{}__{}", done.version(), done.name()));
    Ok(names.collect())
}

/// References are checked afterwards instead of at each step, or a table could not be rebuilt.
fn on_sqlite(runner: &Runner, conn: &mut rusqlite::Connection) -> Result<Report, Error> {
    let other = |why: rusqlite::Error| Error::Migration(why.to_string());
    conn.execute_batch("PRAGMA foreign_keys = OFF").map_err(other)?;
    let outcome = runner.run(conn).map_err(failed);
    conn.execute_batch("PRAGMA foreign_keys = ON").map_err(other)?;
    let report = outcome?;
    let mut broken = conn.prepare("PRAGMA foreign_key_check").map_err(other)?;
    if broken.exists([]).map_err(other)? {
        return Err(Error::Migration("rows refer to rows that do not exist (PRAGMA foreign_key_check)".into()));
    }
    Ok(report)
}

fn failed(why: refinery::Error) -> Error {
    let cause = std::error::Error::source(&why).map(|cause| format!(": {cause}")).unwrap_or_default();
    Error::Migration(format!("{why}{cause}"))
}
