//! Notices to listeners.

use std::time::Duration;

use db::{Db, Error, args, testing::TestDb};
use tokio::{sync::broadcast::Receiver, time::timeout};

async fn notify(db: &Db, channel: &'static str, payload: &'static str, fails: bool) -> Result<(), Error> {
    db.write(async move |tx| {
        tx.notify(channel, payload).await?;
        if fails { Err(Error::NotFound) } else { Ok(()) }
    })
    .await
}

/// The next notice that says something.
async fn next(listener: &mut Receiver<String>) -> String {
    loop {
        let notice = timeout(Duration::from_secs(10), listener.recv()).await.expect("in time").expect("still open");
        if !notice.is_empty() {
            return notice;
        }
    }
}

/// On PostgreSQL the first, empty notice says that listening has begun.
async fn ready(db: &Db, listener: &mut Receiver<String>) {
    if db.dialect() == db::Dialect::Postgres {
        let first = timeout(Duration::from_secs(10), listener.recv()).await.expect("in time").expect("still open");
        assert_eq!(first, "");
    }
}

#[tokio::test]
async fn listeners_hear_what_was_committed_and_nothing_else() {
    for db in TestDb::both().await {
        let mut wake = db.listen("wake");
        let mut also = db.listen("wake");
        let mut other = db.listen("odd \"name\"");
        ready(&db, &mut wake).await;
        ready(&db, &mut other).await;
        notify(&db, "wake", "undone", true).await.expect_err("as the test wants");
        notify(&db, "wake", "one", false).await.expect("sent");
        notify(&db, "odd \"name\"", "two", false).await.expect("sent");
        assert_eq!(next(&mut wake).await, "one");
        assert_eq!(next(&mut also).await, "one");
        assert_eq!(next(&mut other).await, "two");
        assert!(wake.try_recv().is_err(), "nothing more");
    }
}

#[tokio::test]
async fn a_notice_has_a_size() {
    for db in TestDb::both().await {
        let long: &'static str = "x".repeat(8_000).leak();
        for payload in ["", long] {
            assert!(matches!(notify(&db, "wake", payload, false).await, Err(Error::Misuse(_))));
        }
        notify(&db, "wake", &long[..7_999], false).await.expect("just fits");
    }
}

#[tokio::test]
async fn on_postgresql_other_processes_are_notified_and_a_broken_connection_is_re_established() {
    let Some(db) = TestDb::postgres().await else { return };
    let mut wake = db.listen("wake");
    ready(&db, &mut wake).await;
    let break_it = db.write(async |tx| {
        let sql = "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity
                        WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()";
        tx.execute(sql, args![]).await
    });
    assert_eq!(break_it.await, Ok(1));
    ready(&db, &mut wake).await;
    notify(&db, "wake", "again", false).await.expect("sent");
    assert_eq!(next(&mut wake).await, "again");
}
