//! Reads.

use std::sync::Mutex;

use db::{Dialect, Error, args, testing::TestDb};
use tokio::sync::oneshot;

use crate::{add, count, with_notes};

#[tokio::test]
async fn a_read_sees_what_was_committed_before_it() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        for id in 1..=50 {
            add(&db, id).await.expect("stored");
            assert_eq!(count(&db).await, id);
        }
    }
}

#[tokio::test]
async fn a_read_sees_one_moment_even_while_others_write() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        add(&db, 1).await.expect("stored");
        let (looked, first_look) = oneshot::channel();
        let (go_on, wait) = oneshot::channel::<()>();
        let gates = Mutex::new(Some((looked, wait)));
        let reading = tokio::spawn({
            let db = db.db().clone();
            async move {
                db.read(async move |tx| {
                    let gates = gates.lock().expect("not poisoned").take();
                    let (looked, wait) = gates.expect("run once");
                    let sql = "SELECT COUNT(*) AS n FROM test_notes";
                    let before = tx.one(sql, args![]).await?.int("n")?;
                    looked.send(()).expect("the test listens");
                    // On SQLite the closure has a thread to itself and may block it; nothing else may.
                    let _ = match tx.dialect() {
                        Dialect::Sqlite => wait.blocking_recv(),
                        Dialect::Postgres => wait.await,
                    };
                    Ok::<_, Error>((before, tx.one(sql, args![]).await?.int("n")?))
                })
                .await
            }
        });
        first_look.await.expect("the read has begun");
        add(&db, 2).await.expect("a reader does not block the writer");
        assert_eq!(count(&db).await, 2, "others see it");
        drop(go_on);
        assert_eq!(reading.await.expect("no panic"), Ok((1, 1)), "{:?}", db.dialect());
    }
}

#[tokio::test]
async fn a_read_cannot_write_or_notify() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let writes = db.read(async |tx| tx.execute("INSERT INTO test_notes (id, body) VALUES (1, 'x')", args![]).await);
        let said = writes.await.expect_err("refused").to_string();
        assert!(said.contains("a read may not write"), "{said}");
        let notifies = db.read(async |tx| tx.notify("wake", "x").await);
        assert!(matches!(notifies.await, Err(Error::Misuse(_))));
        assert_eq!(count(&db).await, 0, "and the connection is fit for the next read");
    }
}

#[tokio::test]
async fn more_reads_than_connections_take_their_turn() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        add(&db, 1).await.expect("stored");
        let reads = (0..100).map(|_| count(&db));
        assert!(futures::future::join_all(reads).await.into_iter().all(|seen| seen == 1));
    }
}

#[tokio::test]
async fn a_panic_in_a_read_reaches_the_caller_and_harms_no_other_read() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        for _ in 0..10 {
            let dying = tokio::spawn({
                let db = db.db().clone();
                async move {
                    db.read(async |tx| {
                        let row = tx.one("SELECT 1 AS one", args![]).await?;
                        assert_eq!(row.int("one"), Ok(2), "as the test wants");
                        Ok::<_, Error>(())
                    })
                    .await
                }
            });
            assert!(dying.await.expect_err("it panicked").is_panic());
        }
        assert_eq!(count(&db).await, 0);
    }
}
