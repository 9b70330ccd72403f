//! The guarantees that the rest of Fanfare relies on, tested on both engines.

mod failures;
mod notices;
mod reads;
mod statements;
mod values;
mod writes;

use db::{Db, Error, args};

/// A table for a test to play with.
async fn with_notes(db: &Db) {
    make(db, "CREATE TABLE test_notes (id BIGINT NOT NULL PRIMARY KEY, body TEXT NOT NULL)").await;
}

async fn make(db: &Db, sql: &'static str) {
    db.write(async move |tx| tx.execute(sql, args![]).await).await.expect("a table for the test");
}

async fn add(db: &Db, id: i64) -> Result<u64, Error> {
    db.write(async move |tx| tx.execute("INSERT INTO test_notes (id, body) VALUES ($1, $2)", args![id, "text"]).await)
        .await
}

async fn count(db: &Db) -> i64 {
    let found = db.read(async |tx| tx.one("SELECT COUNT(*) AS n FROM test_notes", args![]).await?.int("n"));
    found.await.expect("a count")
}
