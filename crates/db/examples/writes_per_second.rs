//! Measures the door for writes: durable tiny writes per second, by the number of callers that wait for each.
//!
//! `cargo run -p db --example writes_per_second [URL] [seconds]`; without a URL a fresh SQLite file in the current
//! folder, so that the disk is a real one.
#![expect(clippy::print_stdout, reason = "a measurement is for reading")]

use std::time::{Duration, Instant};

use db::{Db, Error, args};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut words = std::env::args().skip(1);
    let folder = tempfile::tempdir_in(".").map_err(|why| Error::Other(why.to_string()))?;
    let url = words.next().unwrap_or_else(|| format!("sqlite:{}/measure.db", folder.path().display()));
    let seconds = words.next().and_then(|word| word.parse().ok()).unwrap_or(3);
    let db = Db::open(&url).await?;
    execute(&db, "DROP TABLE IF EXISTS measured").await?;
    execute(&db, "CREATE TABLE measured (id TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, state TEXT NOT NULL)")
        .await?;
    for callers in [1, 16, 64, 256] {
        measure(&db, callers, Duration::from_secs(seconds)).await?;
    }
    execute(&db, "DROP TABLE measured").await?;
    db.close().await;
    Ok(())
}

async fn execute(db: &Db, sql: &'static str) -> Result<u64, Error> {
    db.write(async move |tx| tx.execute(sql, args![]).await).await
}

async fn measure(db: &Db, callers: i64, span: Duration) -> Result<(), Error> {
    let (begun, before) = (Instant::now(), db.stats());
    let until = begun + span;
    let tasks: Vec<_> =
        (0..callers).map(|caller| tokio::spawn(keep_writing(db.clone(), callers, caller, until))).collect();
    let mut slowest = Duration::ZERO;
    for task in tasks {
        slowest = slowest.max(task.await.map_err(|why| Error::Other(why.to_string()))??);
    }
    let (spent, after) = (begun.elapsed().as_secs_f64(), db.stats());
    let (writes, commits) = ((after.writes - before.writes) as f64, (after.commits - before.commits) as f64);
    println!(
        "{callers:4} callers: {:8.0} writes/s, {:8.0} commits/s, {:6.1} writes per commit, slowest {slowest:?}",
        writes / spent,
        commits / spent,
        writes / commits
    );
    Ok(())
}

/// Writes row after row, each durable before the next begins; gives the longest wait.
async fn keep_writing(db: Db, callers: i64, caller: i64, until: Instant) -> Result<Duration, Error> {
    let mut slowest = Duration::ZERO;
    for n in 0.. {
        let begun = Instant::now();
        if begun >= until {
            break;
        }
        db.write(async move |tx| {
            let id = format!("row_{callers}_{caller}_{n}");
            tx.execute("INSERT INTO measured (id, at, state) VALUES ($1, $2, $3)", args![id, n, "due"]).await
        })
        .await?;
        slowest = slowest.max(begun.elapsed());
    }
    Ok(slowest)
}
