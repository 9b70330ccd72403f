//! Writes.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use db::{Db, Error, Tx, args, testing::TestDb};
use tokio::{sync::Barrier, task::JoinHandle};

use crate::{add, count, make, with_notes};

/// Holds SQLite's writer until the sender is dropped, so that other writes gather behind it.
async fn hold_the_writer(db: &Db) -> (mpsc::Sender<()>, JoinHandle<Result<(), Error>>) {
    let (release, held) = mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel();
    let (held, began, db) = (Mutex::new(held), Mutex::new(Some(began)), db.clone());
    let holder = tokio::spawn(async move {
        db.write(async move |_| {
            let begin = began.lock().expect("not poisoned").take();
            begin.map(|begin| begin.send(()));
            let _ = held.lock().expect("not poisoned").recv();
            Ok::<_, Error>(())
        })
        .await
    });
    begun.await.expect("the writer is held");
    (release, holder)
}

/// Starts writes of rows 1 to `last`, all waiting before this returns.
async fn gather(db: &Db, last: i64) -> Vec<JoinHandle<Result<u64, Error>>> {
    let waiting = (1..=last).map(|id| {
        let db = db.clone();
        tokio::spawn(async move { add(&db, id).await })
    });
    let waiting = waiting.collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    waiting
}

#[tokio::test]
async fn writes_that_wait_share_one_commit() {
    let db = TestDb::sqlite().await;
    with_notes(&db).await;
    let (release, holder) = hold_the_writer(&db).await;
    let waiting = gather(&db, 300).await;
    let before = db.stats();
    drop(release);
    holder.await.expect("no panic").expect("held");
    for write in waiting {
        assert_eq!(write.await.expect("no panic"), Ok(1));
    }
    let after = db.stats();
    assert_eq!(after.writes - before.writes, 301);
    assert!(after.commits - before.commits <= 10, "{} commits for 301 writes", after.commits - before.commits);
    assert_eq!(count(&db).await, 300);
}

#[tokio::test]
async fn a_failing_write_is_undone_alone() {
    let db = TestDb::sqlite().await;
    with_notes(&db).await;
    let (release, _holder) = hold_the_writer(&db).await;
    let before = gather(&db, 3).await;
    let failing = tokio::spawn({
        let db = db.db().clone();
        async move {
            db.write(async |tx| {
                tx.execute("INSERT INTO test_notes (id, body) VALUES (10, 'gone')", args![]).await?;
                tx.execute("INSERT INTO test_notes (id, body) VALUES (1, 'taken')", args![]).await
            })
            .await
        }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    let after = tokio::spawn({
        let db = db.db().clone();
        async move { add(&db, 4).await }
    });
    drop(release);
    for write in before {
        assert_eq!(write.await.expect("no panic"), Ok(1));
    }
    let error = failing.await.expect("no panic").expect_err("row 1 is there");
    assert!(error.is_unique_on("test_notes.id"), "{error}");
    assert_eq!(after.await.expect("no panic"), Ok(1));
    assert_eq!(count(&db).await, 4);
}

#[tokio::test]
async fn a_group_that_reruns_after_a_failure_notifies_listeners_once_and_repeats_no_failure() {
    let db = TestDb::sqlite().await;
    with_notes(&db).await;
    let mut heard = db.listen("added");
    let (release, holder) = hold_the_writer(&db).await;
    let runs = Arc::new(AtomicU32::new(0));
    let mut waiting = Vec::new();
    // Every fourth write wants a row that is taken.
    for n in 0..40i64 {
        let (db, runs) = (db.db().clone(), runs.clone());
        waiting.push(tokio::spawn(async move {
            db.write(async move |tx| {
                let fails = n % 4 == 3;
                runs.fetch_add(u32::from(fails), SeqCst);
                tx.notify("added", &n.to_string()).await?;
                let id = if fails { 0 } else { n };
                tx.execute("INSERT INTO test_notes (id, body) VALUES ($1, 'a')", args![id]).await
            })
            .await
        }));
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(release);
    holder.await.expect("no panic").expect("held");
    for (n, write) in waiting.into_iter().enumerate() {
        assert_eq!(write.await.expect("no panic").is_ok(), n % 4 != 3, "write {n}");
    }
    assert_eq!((count(&db).await, runs.load(SeqCst)), (30, 10));
    let mut told: Vec<i64> =
        std::iter::from_fn(|| heard.try_recv().ok()).map(|n| n.parse().expect("a number")).collect();
    told.sort_unstable();
    assert_eq!(told, (0..40).filter(|n| n % 4 != 3).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_panic_undoes_its_write_and_reaches_the_caller() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let dying = tokio::spawn({
            let db = db.db().clone();
            async move {
                db.write(async |tx| {
                    tx.execute("INSERT INTO test_notes (id, body) VALUES (1, 'gone')", args![]).await?;
                    if tx.dialect() == tx.dialect() {
                        panic!("as the test wants");
                    }
                    Ok::<_, Error>(())
                })
                .await
            }
        });
        assert!(dying.await.expect_err("it panicked").is_panic());
        assert_eq!(add(&db, 2).await, Ok(1), "the database works on");
        assert_eq!(count(&db).await, 1);
    }
}

async fn waits(tx: &mut Tx) -> Result<(), Error> {
    tx.row("SELECT 1 AS one", args![]).await?;
    tokio::task::yield_now().await;
    Ok(())
}

#[tokio::test]
async fn on_sqlite_a_closure_that_awaits_something_else_gets_an_error() {
    let db = TestDb::sqlite().await;
    with_notes(&db).await;
    for answer in [db.write(waits).await, db.read(waits).await] {
        let said = answer.expect_err("it waited").to_string();
        assert!(said.contains("may await nothing but its transaction"), "{said}");
    }
    assert_eq!(add(&db, 1).await, Ok(1));
}

#[tokio::test]
async fn a_rule_checked_at_commit_fails_only_the_write_that_broke_it() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        make(
            &db,
            "CREATE TABLE test_links (id BIGINT NOT NULL PRIMARY KEY,
                                 note_id BIGINT NOT NULL REFERENCES test_notes (id) DEFERRABLE INITIALLY DEFERRED)",
        )
        .await;
        let held = if db.dialect() == db::Dialect::Sqlite { Some(hold_the_writer(&db).await) } else { None };
        let good = gather(&db, 5).await;
        let bad = tokio::spawn({
            let db = db.db().clone();
            async move {
                db.write(async |tx| tx.execute("INSERT INTO test_links (id, note_id) VALUES (1, 99)", args![]).await)
                    .await
            }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(held);
        assert_eq!(bad.await.expect("no panic"), Err(Error::ForeignKey));
        for write in good {
            assert_eq!(write.await.expect("no panic"), Ok(1));
        }
        assert_eq!(count(&db).await, 5);
    }
}

#[tokio::test]
async fn a_failed_statement_cannot_be_hidden_behind_success() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        add(&db, 1).await.expect("stored");
        let answer = db.write(async |tx| {
            tx.execute("INSERT INTO test_notes (id, body) VALUES (2, 'with the other')", args![]).await?;
            let _ = tx.execute("INSERT INTO test_notes (id, body) VALUES (1, 'taken')", args![]).await;
            Ok::<_, Error>(())
        });
        let said = answer.await.expect_err("a statement failed").to_string();
        assert!(said.contains("ON CONFLICT") && said.contains("test_notes.id"), "{said}");
        assert_eq!(count(&db).await, 1, "{:?}", db.dialect());
    }
}

#[tokio::test]
async fn on_postgresql_a_statement_that_was_not_waited_for_cannot_be_committed() {
    let Some(db) = TestDb::postgres().await else { return };
    with_notes(&db).await;
    let answer = db.write(async |tx| {
        tx.execute("INSERT INTO test_notes (id, body) VALUES (1, 'x')", args![]).await?;
        let slow = tx.rows("SELECT pg_sleep(0.2)", args![]);
        let _ = tokio::time::timeout(Duration::from_millis(10), slow).await;
        Ok::<_, Error>(())
    });
    assert!(matches!(answer.await, Err(Error::Misuse(_))));
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn on_postgresql_writes_that_block_each_other_are_run_again() {
    let Some(db) = TestDb::postgres().await else { return };
    with_notes(&db).await;
    add(&db, 1).await.expect("stored");
    add(&db, 2).await.expect("stored");
    let both_hold_one = Arc::new(Barrier::new(2));
    let runs = Arc::new(AtomicU32::new(0));
    let cross = |first: i64, second: i64| {
        let (db, gate, runs) = (db.db().clone(), Arc::clone(&both_hold_one), Arc::clone(&runs));
        tokio::spawn(async move {
            db.write(async move |tx| {
                let attempt = runs.fetch_add(1, SeqCst);
                let sql = "UPDATE test_notes SET body = body || '+' WHERE id = $1";
                tx.execute(sql, args![first]).await?;
                if attempt < 2 {
                    gate.wait().await;
                }
                tx.execute(sql, args![second]).await
            })
            .await
        })
    };
    let (one, two) = (cross(1, 2), cross(2, 1));
    assert_eq!(one.await.expect("no panic"), Ok(1));
    assert_eq!(two.await.expect("no panic"), Ok(1));
    assert!(runs.load(SeqCst) >= 3, "the server let one of them fail");
    let bodies = db.read(async |tx| tx.rows("SELECT body FROM test_notes", args![]).await);
    for row in bodies.await.expect("readable") {
        assert_eq!(row.text("body").as_deref(), Ok("text++"), "each write once");
    }
}

#[tokio::test]
async fn on_postgresql_endless_collisions_are_given_up() {
    let Some(db) = TestDb::postgres().await else { return };
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let answer = db.write(async move |tx| {
        counted.fetch_add(1, SeqCst);
        tx.execute("DO $$ BEGIN RAISE EXCEPTION 'collision' USING ERRCODE = '40001'; END $$", args![]).await
    });
    assert_eq!(answer.await, Err(Error::Serialization { attempts: 5 }));
    assert_eq!(runs.load(SeqCst), 5);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_open_transaction() {
    let Some(db) = TestDb::postgres().await else { return };
    with_notes(&db).await;
    for _ in 0..20 {
        let stuck = db.write(async |tx| {
            tx.execute("INSERT INTO test_notes (id, body) VALUES (1, 'gone')", args![]).await?;
            std::future::pending::<Result<(), Error>>().await
        });
        assert!(tokio::time::timeout(Duration::from_millis(20), stuck).await.is_err());
    }
    assert_eq!(add(&db, 1).await, Ok(1), "nothing holds row 1, and connections are left");
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_write_whose_caller_left_before_its_turn_is_not_run() {
    let db = TestDb::sqlite().await;
    with_notes(&db).await;
    let (release, _holder) = hold_the_writer(&db).await;
    let waiting = gather(&db, 1).await;
    waiting[0].abort();
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(release);
    add(&db, 2).await.expect("stored");
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn r_21_what_was_answered_is_on_the_disk_when_the_process_dies() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fanfare.db");
    let db = Db::open(&format!("sqlite:{}", path.display())).await.expect("opened");
    with_notes(&db).await;
    for id in 1..=20 {
        add(&db, id).await.expect("stored");
    }
    // A copy of the current files is what a process killed at this moment leaves behind.
    let copy = folder.path().join("copy.db");
    for ending in ["", "-wal"] {
        let name = |path: &std::path::Path| format!("{}{ending}", path.display());
        std::fs::copy(name(&path), name(&copy)).expect("copied");
    }
    let after = Db::open(&format!("sqlite:{}", copy.display())).await.expect("opened");
    assert_eq!(count(&after).await, 20);
    after.check().await.expect("undamaged");
}

/// A power cut leaves what was synced, and of the rest any part or rubbish.
#[tokio::test]
async fn r_21_a_log_cut_anywhere_keeps_every_write_that_was_answered_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fanfare.db");
    let db = Db::open(&format!("sqlite:{}", path.display())).await.expect("opened");
    with_notes(&db).await;
    let wal = format!("{}-wal", path.display());
    let length = || std::fs::metadata(&wal).expect("there").len();
    let begin = length();
    let mut answered_at = Vec::new();
    for id in 1..=30 {
        add(&db, id).await.expect("stored");
        answered_at.push(length());
    }
    let log = std::fs::read(&wal).expect("readable");
    for round in 0..100u64 {
        let cut = begin + base::Random::below(&base::OsRandom, length() - begin + 1);
        let mut left = log[..usize::try_from(cut).expect("small")].to_vec();
        if round % 2 == 0 {
            left.extend(std::iter::repeat_n(0x5a, 3_000));
        }
        let after_cut = folder.path().join(format!("cut{round}.db"));
        std::fs::copy(&path, &after_cut).expect("copied");
        std::fs::write(format!("{}-wal", after_cut.display()), left).expect("written");
        let after = Db::open(&format!("sqlite:{}", after_cut.display())).await.expect("opened");
        let promised = answered_at.iter().filter(|at| **at <= cut).count();
        assert_eq!(count(&after).await, i64::try_from(promised).expect("small"), "cut at {cut}");
        after.check().await.expect("undamaged");
        after.close().await;
    }
}

#[tokio::test]
async fn closing_lets_waiting_writes_finish_and_refuses_later_ones() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let waiting = gather(&db, 5).await;
        db.close().await;
        for write in waiting {
            assert_eq!(write.await.expect("no panic"), Ok(1));
        }
        assert!(matches!(add(&db, 9).await, Err(Error::Connection(_))), "{:?}", db.dialect());
        let read = db.read(async |tx| tx.row("SELECT 1 AS one", args![]).await);
        assert!(matches!(read.await, Err(Error::Connection(_))));
    }
}

#[tokio::test]
async fn a_long_log_is_copied_into_the_database_as_it_grows() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fanfare.db");
    let db = Db::open(&format!("sqlite:{}", path.display())).await.expect("opened");
    with_notes(&db).await;
    for id in 0..40 {
        let add = db.write(async move |tx| {
            let body = "x".repeat(1_000_000);
            tx.execute("INSERT INTO test_notes (id, body) VALUES ($1, $2)", args![id, body]).await
        });
        add.await.expect("stored");
    }
    let bytes = |ending: &str| std::fs::metadata(format!("{}{ending}", path.display())).expect("there").len();
    assert!(bytes("") > 25_000_000, "copied: {}", bytes(""));
    assert!(bytes("-wal") < 15_000_000, "begun anew: {}", bytes("-wal"));
}
