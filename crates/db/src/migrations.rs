//! The schema's history: one numbered set of files for both engines, carried inside the binary.

use refinery::{Migration, Report, Runner};

use crate::{Db, Error, inner::Engine};

/// `(name, SQL)` of every file in the workspace's `migrations/`, in order of name.
pub(crate) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Held while migrating, so that nodes starting together do not migrate twice. The number has no meaning.
const ADVISORY_LOCK: i64 = 0x66_61_6e_66_61_72_65;

/// Applies the migrations of `files` that are new to the database; returns their names.
pub(crate) async fn apply(db: &Db, files: &[(&str, &str)]) -> Result<Vec<String>, Error> {
    let parsed: Result<Vec<_>, _> = files.iter().map(|(name, sql)| Migration::unapplied(name, sql)).collect();
    let runner = Runner::new(&parsed.map_err(failed)?);
    let report = match &db.inner().engine {
        Engine::Sqlite(sqlite) => sqlite.alone(move |conn| on_sqlite(&runner, conn)).await?,
        Engine::Postgres(postgres) => {
            let mut turn = postgres.turn(ADVISORY_LOCK).await?;
            let report = runner.run_async(&mut *turn.client).await.map_err(failed)?;
            turn.end().await?;
            report
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

/// The innermost cause says the most. Only its first line is kept: the ones behind it may show a row.
fn failed(why: refinery::Error) -> Error {
    let mut cause: &dyn std::error::Error = &why;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = cause.to_string();
    Error::Migration(format!("{why}: {}", cause.lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestDb;

    const FIRST: (&str, &str) =
        ("V901__test_kites", "CREATE TABLE test_kites (id TEXT NOT NULL PRIMARY KEY, size BIGINT NOT NULL);");
    const SECOND: (&str, &str) = (
        "V902__test_strings",
        "CREATE TABLE test_strings (id TEXT NOT NULL PRIMARY KEY, kite_id TEXT NOT NULL REFERENCES test_kites (id));
         CREATE INDEX test_strings_by_kite ON test_strings (kite_id);",
    );

    fn with(files: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
        FILES.iter().chain(files).copied().collect()
    }

    #[tokio::test]
    async fn only_what_is_new_is_applied_and_its_names_are_given() {
        for db in TestDb::both().await {
            assert_eq!(apply(&db, &with(&[FIRST])).await, Ok(vec!["V901__test_kites".to_owned()]));
            assert_eq!(apply(&db, &with(&[FIRST, SECOND])).await, Ok(vec!["V902__test_strings".to_owned()]));
            assert_eq!(apply(&db, &with(&[FIRST, SECOND])).await, Ok(vec![]));
            assert!(crate::schema(&db).await.expect("readable").contains_key("test_strings"));
        }
    }

    #[tokio::test]
    async fn a_file_that_changed_after_it_was_applied_is_refused() {
        for db in TestDb::both().await {
            apply(&db, &with(&[FIRST])).await.expect("applied");
            let changed = ("V901__test_kites", "CREATE TABLE test_kites (id TEXT);");
            let error = apply(&db, &with(&[changed])).await.expect_err("changed");
            assert!(matches!(&error, Error::Migration(text) if text.contains("test_kites")), "{error}");
        }
    }

    #[tokio::test]
    async fn a_file_that_fails_leaves_nothing_behind_and_the_database_works_on() {
        for db in TestDb::both().await {
            let wrong = (
                "V901__wrong",
                "CREATE TABLE test_halves (id TEXT NOT NULL PRIMARY KEY); CREATE TABLE test_halves (id TEXT);",
            );
            let error = apply(&db, &with(&[wrong])).await.expect_err("twice the same table");
            assert!(matches!(&error, Error::Migration(text) if text.contains("already exists")), "{error}");
            assert!(!crate::schema(&db).await.expect("readable").contains_key("test_halves"));
            apply(&db, &with(&[FIRST])).await.expect("the next one is fine");
        }
    }

    #[tokio::test]
    async fn nodes_that_start_together_migrate_once() {
        let Some(db) = TestDb::postgres().await else { return };
        let other = db.db().clone();
        let files = with(&[FIRST, SECOND]);
        let (one, two) = tokio::join!(apply(&db, &files), apply(&other, &files));
        let applied = one.expect("no collision").len() + two.expect("no collision").len();
        assert_eq!(applied, 2, "each file once");
    }
}
