//! One text for both engines.

use db::{Dialect, Error, Value, args, schema, testing::TestDb};

use crate::{add, count, make, with_notes};

#[tokio::test]
async fn arguments_may_be_used_twice_and_in_any_order() {
    for db in TestDb::both().await {
        let row = db.read(async |tx| {
            let sql = "SELECT CAST($3 AS TEXT) AS c, CAST($1 AS BIGINT) AS a, '$2' AS literal,
                                  CAST($2 AS BOOLEAN) AS b, CAST($1 AS BIGINT) + 1 AS next -- $9";
            tx.one(sql, args![7, true, "three"]).await
        });
        let row = row.await.expect("readable");
        assert_eq!((row.int("a"), row.bool("b"), row.text("c")), (Ok(7), Ok(true), Ok("three".into())));
        assert_eq!((row.text("literal"), row.int("next")), (Ok("$2".into()), Ok(8)));
        let said = row.text("d").expect_err("no such column").to_string();
        assert!(said.contains("c, a, literal, b, next"), "{said}");
    }
}

#[tokio::test]
async fn the_words_in_braces_mean_the_same_on_both_engines() {
    for db in TestDb::both().await {
        make(&db, "CREATE TABLE test_words (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL, doc TEXT NOT NULL)")
            .await;
        let row = db.write(async |tx| {
            tx.execute("INSERT INTO test_words (id, n, doc) VALUES (1, 5, $1)", args![r#"{"kind":"Kite"}"#]).await?;
            tx.rows("SELECT id FROM test_words WHERE id = 1 {for_update}", args![]).await?;
            tx.one(
                "UPDATE test_words SET n = {greatest}(n, $1) + {least}(n, $1)
                      WHERE id IN (SELECT id FROM test_words WHERE doc {ilike} $2 ORDER BY id LIMIT $3 {skip_locked})
                  RETURNING n, doc{as_json} ->> 'kind' AS kind, {now_micros} AS now",
                args![9, "%KITE%", 10],
            )
            .await
        });
        let row = row.await.expect("understood");
        assert_eq!((row.int("n"), row.text("kind")), (Ok(14), Ok("Kite".into())));
        let year_2024 = 1_704_067_200_000_000;
        assert!(row.timestamp("now").expect("an instant").as_micros() > year_2024);
    }
}

#[tokio::test]
async fn many_compare_and_sets_tell_which_of_them_held() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let held = db.write(async |tx| {
            let rows: Vec<Vec<Value>> = (0..600).map(|n| vec![n.into(), format!("{}", n % 3).into()]).collect();
            tx.execute_many("INSERT INTO test_notes (id, body) VALUES ($1, $2)", &rows).await?;
            let sets: Vec<Vec<Value>> = (0..700).rev().map(|n| vec![n.into()]).collect();
            tx.execute_each("UPDATE test_notes SET body = 'set' WHERE id = $1 AND body = '0'", &sets).await
        });
        let expected: Vec<u64> = (0..700u64).rev().map(|n| u64::from(n < 600 && n % 3 == 0)).collect();
        assert_eq!(held.await.expect("written"), expected);
    }
}

#[tokio::test]
async fn a_column_is_looked_for_in_a_list_of_any_length() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let bodies = ["it's", r#"a "b", c"#, "{x}", "日本", "", r"back\slash"];
        let asked = db.write(async move |tx| {
            for (id, body) in (0..).zip(bodies) {
                tx.execute("INSERT INTO test_notes (id, body) VALUES ($1, $2)", args![id, body]).await?;
            }
            let long = (0..3_000).map(|n| format!("nothing {n}")).chain(bodies.map(str::to_owned));
            let lists = [
                Value::among(bodies),
                Value::among([bodies[1], bodies[1], "no such"]),
                Value::among([bodies[4]]),
                Value::Texts(Vec::new()),
                Value::among(long),
            ];
            let mut found = Vec::new();
            for list in lists {
                let sql = "SELECT id FROM test_notes WHERE id < $1 AND body {among $2} ORDER BY id";
                found.push(tx.rows(sql, args![100, list]).await?.len());
            }
            let (sql, list) = ("DELETE FROM test_notes WHERE body {among $1}", Value::among(["日本", ""]));
            Ok::<_, Error>((found, tx.execute(sql, args![list]).await?))
        });
        assert_eq!(asked.await, Ok((vec![6, 1, 1, 0, 6], 2)));
        let odd = db.read(async |tx| {
            let list = Value::among(["a\0b"]);
            tx.rows("SELECT id FROM test_notes WHERE body {among $1}", args![list]).await
        });
        assert!(matches!(odd.await, Err(Error::Misuse(_))), "no text with a NUL is stored on either engine");
    }
}

#[tokio::test]
async fn a_statement_over_given_rows_does_for_all_what_it_does_for_one() {
    const INSERT: &str = "INSERT INTO test_notes (id, body) SELECT given.id, given.body {given: id BIGINT, body TEXT}";
    const SET: &str = "UPDATE test_notes SET body = given.body {given: id BIGINT, was TEXT, body TEXT}
                        WHERE test_notes.id = given.id AND test_notes.body = given.was";
    for db in TestDb::both().await {
        with_notes(&db).await;
        let before = db.stats().statements;
        let held = db.write(async |tx| {
            let rows: Vec<Vec<Value>> = (0..600).map(|n| vec![n.into(), format!("{}", n % 3).into()]).collect();
            tx.send_many(INSERT, &rows).await?;
            let sets: Vec<Vec<Value>> =
                (0..700).rev().map(|n| vec![n.into(), "0".into(), format!("set {n}").into()]).collect();
            let held = tx.execute_each(SET, &sets).await?;
            assert_eq!(tx.execute(SET, args![1, "1", "alone"]).await?, 1);
            assert_eq!(tx.execute(SET, args![2, "1", "alone"]).await?, 0);
            // Two that want the same: one of them holds.
            let rivals = [vec![4.into(), "1".into(), "a".into()], vec![4.into(), "1".into(), "b".into()]];
            assert_eq!(tx.execute_each(SET, &rivals).await?.iter().sum::<u64>(), 1);
            let nothing: [Vec<Value>; 0] = [];
            tx.send_many(INSERT, &nothing).await?;
            Ok::<_, Error>(held)
        });
        let expected: Vec<u64> = (0..700u64).rev().map(|n| u64::from(n < 600 && n % 3 == 0)).collect();
        assert_eq!(held.await.expect("written"), expected);
        let statements = db.stats().statements - before;
        assert_eq!(statements, if db.dialect() == Dialect::Postgres { 5 } else { 600 + 700 + 2 + 2 });
        assert_eq!(count(&db).await, 600);
        let set = db.read(async |tx| tx.one("SELECT body FROM test_notes WHERE id = 597", args![]).await?.text("body"));
        assert_eq!(set.await, Ok("set 597".into()));
        let unfit = db.write(async |tx| {
            tx.send_many(INSERT, &[vec![601.into(), Value::Null], vec![602.into(), "x".into()]]).await
        });
        assert!(unfit.await.is_err(), "a body is never missing");
        let uneven = db.write(async |tx| tx.send_many(INSERT, &[vec![601.into(), "x".into()], vec![602.into()]]).await);
        assert!(matches!(uneven.await, Err(Error::Misuse(_))));
        assert_eq!(count(&db).await, 600, "with one of them refused, none is stored");
        const LOOK: &str = "SELECT given.id {given: id BIGINT}";
        let read = db.read(async |tx| tx.send_many(LOOK, &[vec![1.into()]]).await);
        assert!(matches!(read.await, Err(Error::Misuse(_))), "a read needs its answers");
    }
}

#[tokio::test]
async fn statements_without_an_answer_run_in_order_and_report_their_errors() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        const INSERT: &str = "INSERT INTO test_notes (id, body) VALUES ($1, $2)";
        let seen = db.write(async |tx| {
            tx.send(INSERT, args![1, "a"]).await?;
            tx.send("UPDATE test_notes SET body = body || 'b' WHERE id = $1", args![1]).await?;
            let seen = tx.one("SELECT body FROM test_notes WHERE id = $1", args![1]).await?.text("body")?;
            tx.send_many(INSERT, &[vec![2.into(), "c".into()], vec![3.into(), "d".into()]]).await?;
            Ok(seen)
        });
        assert_eq!(seen.await, Ok::<_, Error>("ab".to_owned()));
        assert_eq!(count(&db).await, 3, "what was in line at the commit is stored");
        let twice = db.write(async |tx| {
            tx.send(INSERT, args![4, "e"]).await?;
            tx.send(INSERT, args![1, "again"]).await?;
            tx.send(INSERT, args![5, "f"]).await
        });
        assert!(matches!(twice.await, Err(Error::Unique { .. })));
        let unfit = db.write(async |tx| {
            tx.send(INSERT, args![6, "g"]).await?;
            tx.send(INSERT, args![7, "h\0"]).await?;
            Ok(())
        });
        assert!(matches!(unfit.await, Err(Error::Misuse(_))));
        if db.dialect() == Dialect::Postgres {
            let unfit = db.write(async |tx| {
                tx.send(INSERT, args![8, "i"]).await?;
                // It cannot even be written down for the server.
                tx.send(INSERT, args!["nine", "j"]).await?;
                tx.send(INSERT, args![10, "k"]).await
            });
            assert!(matches!(unfit.await, Err(Error::Misuse(_))));
        }
        assert_eq!(count(&db).await, 3, "with one of them failed, nothing is stored");
        let read = db.read(async |tx| tx.send("SELECT 1", args![]).await);
        assert!(matches!(read.await, Err(Error::Misuse(_))));
    }
}

#[tokio::test]
async fn many_rows_go_through_one_statement_and_all_count() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let insert = "INSERT INTO test_notes (id, body) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        let before = db.stats();
        let changed = db.write(async move |tx| {
            let rows: Vec<Vec<Value>> = (0..1_000).map(|n| vec![(n % 900).into(), "x".into()]).collect();
            tx.execute_many(insert, &rows).await
        });
        assert_eq!(changed.await, Ok(900));
        assert_eq!(count(&db).await, 900);
        let after = db.stats();
        assert_eq!((after.commits - before.commits, after.statements - before.statements), (1, 1_001));
        let uneven = db.write(async move |tx| {
            tx.execute_many(insert, &[vec![5_000.into(), "x".into()], vec![5_001.into()]]).await
        });
        assert!(matches!(uneven.await, Err(Error::Misuse(_))));
        let nothing = db.write(async move |tx| tx.execute_many::<Vec<db::Value>>(insert, &[]).await);
        assert_eq!(nothing.await, Ok(0));
        assert_eq!(count(&db).await, 900);
    }
}

#[tokio::test]
async fn both_engines_count_changed_rows_the_same_way() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let counts = db.write(async |tx| {
            let mut counts = Vec::new();
            for sql in [
                "INSERT INTO test_notes (id, body) VALUES (1, 'a'), (2, 'b'), (3, 'c')",
                "UPDATE test_notes SET body = 'd' WHERE id > 1 RETURNING id",
                "CREATE INDEX test_by_body ON test_notes (body)",
                "DELETE FROM test_notes WHERE id = 99",
                "DELETE FROM test_notes WHERE id = 1",
                "SELECT id FROM test_notes",
            ] {
                counts.push(tx.execute(sql, args![]).await?);
            }
            Ok::<_, Error>(counts)
        });
        assert_eq!(counts.await, Ok(vec![3, 2, 0, 0, 1, 2]), "{:?}", db.dialect());
    }
}

#[tokio::test]
async fn one_row_or_none_or_not_found() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let found = db.write(async |tx| {
            let none = tx.row("SELECT id FROM test_notes", args![]).await?;
            let missing = tx.one("SELECT id FROM test_notes", args![]).await.err();
            tx.execute("INSERT INTO test_notes (id, body) VALUES (1, 'still usable')", args![]).await?;
            Ok::<_, Error>((none.is_none(), missing))
        });
        assert_eq!(found.await, Ok((true, Some(Error::NotFound))));
        assert_eq!(count(&db).await, 1);
    }
}

#[tokio::test]
async fn both_engines_have_the_same_schema() {
    let mut seen = Vec::new();
    for db in TestDb::both().await {
        make(
            &db,
            "CREATE TABLE test_types (id TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, yes BOOLEAN, part DOUBLE PRECISION,
                                     raw BYTEA)",
        )
        .await;
        seen.push(schema(&db).await.expect("readable"));
    }
    let columns: Vec<_> = seen[0]["test_types"]
        .iter()
        .map(|column| (column.name.as_str(), column.kind.as_str(), column.nullable))
        .collect();
    assert_eq!(
        columns,
        [
            ("id", "TEXT", false),
            ("at", "BIGINT", false),
            ("yes", "BOOLEAN", true),
            ("part", "DOUBLE PRECISION", true),
            ("raw", "BYTEA", true)
        ]
    );
    for other in &seen[1..] {
        assert_eq!(other, &seen[0], "the migrations and this test's table");
    }
}

#[tokio::test]
async fn a_schema_that_changes_under_a_prepared_statement_is_noticed() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        add(&db, 1).await.expect("stored");
        let all = || db.read(async |tx| tx.rows("SELECT * FROM test_notes", args![]).await);
        for _ in 0..20 {
            assert_eq!(all().await.expect("prepared")[0].columns().len(), 2);
        }
        make(&db, "ALTER TABLE test_notes ADD COLUMN colour TEXT").await;
        for _ in 0..20 {
            assert_eq!(all().await.expect("prepared anew")[0].opt_text("colour"), Ok(None));
        }
    }
}

#[tokio::test]
async fn statements_of_ever_new_shapes_do_not_pile_up() {
    for db in TestDb::both().await {
        with_notes(&db).await;
        let kept = db.write(async |tx| {
            for n in 0..1_200 {
                tx.rows(&format!("SELECT id FROM test_notes WHERE id = {n}"), args![]).await?;
            }
            match tx.dialect() {
                Dialect::Sqlite => Ok(0),
                Dialect::Postgres => {
                    tx.one("SELECT COUNT(*) AS n FROM pg_prepared_statements", args![]).await?.int("n")
                }
            }
        });
        assert!(kept.await.expect("all fine") <= 513);
    }
}
