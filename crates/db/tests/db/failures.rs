//! Errors: the same words on both engines, and what happens when the storage fails.

use std::{
    io::{Seek as _, SeekFrom, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
};

use db::{Db, Error, Value, args, testing::TestDb};

use crate::{add, count, make, with_notes};

async fn run(db: &Db, sql: &'static str, args: Vec<Value>) -> Result<u64, Error> {
    db.write(async move |tx| tx.execute(sql, &args).await).await
}

async fn with_people(db: &Db) {
    make(
        db,
        "CREATE TABLE test_people (
            id TEXT NOT NULL PRIMARY KEY, email TEXT NOT NULL UNIQUE, room TEXT, seat BIGINT, nick TEXT,
            boss TEXT REFERENCES test_people (id) ON DELETE RESTRICT,
            UNIQUE (room, seat), CONSTRAINT test_seats_are_positive CHECK (seat > 0))",
    )
    .await;
    make(db, "CREATE UNIQUE INDEX test_people_by_nick ON test_people (LOWER(nick))").await;
    let sql = "INSERT INTO test_people (id, email, room, seat, nick) VALUES ('a', 'a@example.org', 'red', 1, 'Al')";
    run(db, sql, vec![]).await.expect("stored");
}

#[tokio::test]
async fn a_duplicate_key_error_names_the_same_columns_on_both_engines() {
    for db in TestDb::both().await {
        with_people(&db).await;
        let sql = "INSERT INTO test_people (id, email, room, seat) VALUES ($1, $2, $3, $4)";
        let tell = async |args: Vec<Value>| match run(&db, sql, args).await {
            Err(Error::Unique { constraint }) => constraint,
            other => panic!("{other:?}"),
        };
        assert_eq!(tell(vec!["a".into(), "b@example.org".into(), Value::Null, Value::Null]).await, "test_people.id");
        assert_eq!(tell(vec!["b".into(), "a@example.org".into(), Value::Null, Value::Null]).await, "test_people.email");
        assert_eq!(
            tell(vec!["b".into(), "b@example.org".into(), "red".into(), 1.into()]).await,
            "test_people.room, test_people.seat"
        );
        let sql = "INSERT INTO test_people (id, email, nick) VALUES ('b', 'b@example.org', 'AL')";
        let by_expression = run(&db, sql, vec![]).await.expect_err("al and AL");
        assert!(by_expression.is_unique_on("index 'test_people_by_nick'"), "{by_expression}");
    }
}

#[tokio::test]
async fn broken_references_and_broken_rules_are_different_errors() {
    for db in TestDb::both().await {
        with_people(&db).await;
        let sql = "INSERT INTO test_people (id, email, seat, boss) VALUES ($1, $2, $3, $4)";
        let nobody = run(&db, sql, vec!["b".into(), "b@example.org".into(), Value::Null, "nobody".into()]).await;
        assert_eq!(nobody, Err(Error::ForeignKey));
        run(&db, sql, vec!["b".into(), "b@example.org".into(), Value::Null, "a".into()]).await.expect("stored");
        assert_eq!(run(&db, "DELETE FROM test_people WHERE id = 'a'", vec![]).await, Err(Error::ForeignKey));
        let nameless = run(&db, sql, vec!["c".into(), Value::Null, Value::Null, Value::Null]).await;
        assert_eq!(nameless, Err(Error::Check { rule: "test_people.email".into() }));
        let seatless = run(&db, sql, vec!["c".into(), "c@example.org".into(), 0.into(), Value::Null]).await;
        assert_eq!(seatless, Err(Error::Check { rule: "test_seats_are_positive".into() }));
    }
}

#[tokio::test]
async fn no_error_shows_an_argument() {
    for db in TestDb::both().await {
        with_people(&db).await;
        let secret = "hunter2";
        let statements = [
            "INSERT INTO test_people (id, email) VALUES ('a', $1)",
            "INSERT INTO test_people (id, email, boss) VALUES ('z', 'z', $1)",
            "SELECT CAST($1 AS TEXT) FROM nowhere",
            "INSERT INTO test_people (id, email, seat) VALUES ($1, NULL, 1)",
            "SELECT seat / 0 FROM test_people WHERE email <> $1 AND (seat / 0) = 1 AND nothing = 1",
            "SELECT '[1,2]' {as_json} -> 'x' FROM test_people WHERE CAST($1 AS TEXT){as_json} ->> 'a' = 'b'",
        ];
        for sql in statements {
            if let Err(error) = run(&db, sql, vec![secret.into()]).await {
                assert!(!format!("{error} {error:?}").contains(secret), "{error}");
            }
        }
        assert_eq!(format!("{:?}", Value::from(secret)), "Text(7 bytes)");
    }
}

#[tokio::test]
async fn a_wrong_statement_says_what_is_wrong() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let tell = async |sql: &'static str, args: Vec<Value>| match run(&db, sql, args).await {
            Err(Error::Misuse(text)) => text,
            other => panic!("{other:?}"),
        };
        assert!(tell("SELEC 1", vec![]).await.contains("syntax"));
        assert!(tell("SELECT nothing FROM test_notes", vec![]).await.contains("nothing"));
        assert!(tell("DELETE FROM test_notes WHERE id = $1", vec![]).await.contains("1 parameters but 0 arguments"));
        assert!(tell("DELETE FROM test_notes", vec![1.into()]).await.contains("0 parameters but 1 arguments"));
        assert!(tell("COMMIT", vec![]).await.contains("Db::write"));
        assert!(tell("UPDATE test_notes SET body = $1", vec!["nul \0".into()]).await.contains("NUL"));
        assert_eq!(add(&db, 1).await, Ok(1), "and the database works on");
    }
}

#[tokio::test]
async fn an_argument_of_the_wrong_type_says_what_postgresql_takes_it_for() {
    let Some(db) = TestDb::postgres().await else { return };
    with_notes(&db).await;
    let error =
        run(&db, "DELETE FROM test_notes WHERE id = $1", vec!["one".into()]).await.expect_err("text for a number");
    assert!(error.to_string().contains("takes this parameter for int8, but the argument is Text"), "{error}");
    let sums = db.read(async |tx| tx.rows("SELECT SUM(id) AS n FROM test_notes", args![]).await);
    let said = sums.await.expect_err("numeric").to_string();
    assert!(said.contains("CAST(… AS BIGINT)"), "{said}");
}

#[tokio::test]
async fn a_write_whose_connection_breaks_is_run_again_on_another() {
    let Some(db) = TestDb::postgres().await else { return };
    with_notes(&db).await;
    for breaks in [1, 4, 5] {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let answer = db.write(async move |tx| {
            let run = counted.fetch_add(1, SeqCst) + 1;
            let sql = "INSERT INTO test_notes (id, body) VALUES ($1, 'x')";
            tx.execute(sql, args![breaks]).await?;
            if run <= breaks {
                tx.execute("SELECT pg_terminate_backend(pg_backend_pid())", args![]).await?;
            }
            Ok::<_, Error>(())
        });
        match (breaks, answer.await) {
            (1..=4, Ok(())) => assert_eq!(runs.load(SeqCst), breaks + 1),
            (5, Err(Error::Connection(_))) => assert_eq!(runs.load(SeqCst), 5, "then it is given up"),
            (_, other) => panic!("{breaks} breaks: {other:?}"),
        }
    }
    assert_eq!(count(&db).await, 2, "each once");
}

#[tokio::test]
async fn an_unreachable_server_is_reported_immediately() {
    let opened = Db::open("postgres://postgres:hunter2@127.0.0.1:1/fanfare").await;
    let error = opened.err().expect("nobody listens on port 1");
    assert!(matches!(error, Error::Connection(_)), "{error}");
    assert!(!error.to_string().contains("hunter2"));
    for url in ["mysql://h/d", "sqlite:", "nonsense"] {
        assert!(matches!(Db::open(url).await, Err(Error::Misuse(_))), "{url}");
    }
}

#[tokio::test]
async fn f_19_a_second_process_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}/deep/er/fanfare.db", folder.path().display());
    let first = Db::open(&url).await.expect("opened");
    first.lock_instance().expect("nobody else");
    first.lock_instance().expect("it is ours already");
    let second = Db::open(&url).await.expect("opened");
    let said = second.lock_instance().expect_err("taken").to_string();
    assert!(said.contains("another Fanfare process"), "{said}");
    first.close().await;
    second.lock_instance().expect("free again");
}

#[tokio::test]
async fn r_25_a_full_disk_stores_nothing_and_is_not_fatal() {
    let db = TestDb::sqlite().await;
    with_notes(&db).await;
    run(&db, "PRAGMA max_page_count = 60", vec![]).await.expect("a small limit");
    let big = vec![Value::from("x".repeat(1_000_000))];
    assert_eq!(run(&db, "INSERT INTO test_notes (id, body) VALUES (1, $1)", big.clone()).await, Err(Error::Full));
    assert_eq!(count(&db).await, 0);
    run(&db, "PRAGMA max_page_count = 100000", vec![]).await.expect("room again");
    assert_eq!(run(&db, "INSERT INTO test_notes (id, body) VALUES (1, $1)", big).await, Ok(1));
    assert_eq!(db.fatal(), None);
}

#[tokio::test]
async fn r_21_a_damaged_file_stops_all_writing_and_is_reported_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fanfare.db");
    let url = format!("sqlite:{}", path.display());
    let db = Db::open(&url).await.expect("opened");
    with_notes(&db).await;
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
                INSERT INTO test_notes (id, body) SELECT i, 'some text that takes a little room on its page' FROM n";
    run(&db, fill, vec![]).await.expect("stored");
    db.close().await;
    let bytes = std::fs::metadata(&path).expect("there").len();
    let mut file = std::fs::File::options().write(true).open(&path).expect("writable");
    file.seek(SeekFrom::Start(8 * 4096)).expect("within the file");
    file.write_all(&vec![0xa5; usize::try_from(bytes).expect("small") - 16 * 4096]).expect("damaged");
    drop(file);

    let db = Db::open(&url).await.expect("the first page is fine");
    let told = Arc::new(AtomicU32::new(0));
    let telling = Arc::clone(&told);
    db.on_fatal(move |_| {
        telling.fetch_add(1, SeqCst);
    });
    assert!(matches!(db.check().await, Err(Error::Fatal(text)) if text.contains("damaged")));
    let hurt = run(&db, "UPDATE test_notes SET body = body || '!'", vec![]).await;
    assert!(matches!(hurt, Err(Error::Fatal(_))), "{hurt:?}");
    for _ in 0..3 {
        let refused = add(&db, 100_000).await;
        assert!(matches!(refused, Err(Error::Fatal(_))), "{refused:?}");
    }
    assert_eq!(told.load(SeqCst), 1);
    assert!(db.fatal().is_some());
}

#[tokio::test]
async fn r_21_a_file_is_written_through_a_log_that_is_synced_at_each_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("fanfare.db").display())).await.expect("opened");
    let asked = db.write(async |tx| {
        let journal = tx.one("PRAGMA journal_mode", args![]).await?.text("journal_mode")?;
        let synchronous = tx.one("PRAGMA synchronous", args![]).await?.int("synchronous")?;
        let references = tx.one("PRAGMA foreign_keys", args![]).await?.bool("foreign_keys")?;
        Ok::<_, Error>((journal, synchronous, references))
    });
    assert_eq!(asked.await, Ok(("wal".to_owned(), 2, true)), "2 is FULL");
}

#[tokio::test]
async fn a_copy_is_one_complete_moment() {
    let db = TestDb::sqlite().await;
    with_notes(&db).await;
    add(&db, 1).await.expect("stored");
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("copy.db");
    db.copy_to(&target).await.expect("copied");
    add(&db, 2).await.expect("stored");
    let copy = Db::open(&format!("sqlite:{}", target.display())).await.expect("opened");
    copy.check().await.expect("undamaged");
    assert_eq!(count(&copy).await, 1);
    assert!(matches!(db.copy_to(&target).await, Err(Error::Misuse(text)) if text.contains("exists already")));
}
