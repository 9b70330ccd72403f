//! What is stored comes back, the same from both engines.

use base::{OsRandom, Timestamp, ids::PostId};
use db::{Db, Error, Row, Tx, Value, args, testing::TestDb};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::make;

const TABLE: &str = "CREATE TABLE test_things (id BIGINT NOT NULL PRIMARY KEY, t TEXT, i BIGINT, b BOOLEAN,
                                          f DOUBLE PRECISION, y BYTEA)";

/// What each column of the table may hold.
type Kept = (Option<String>, Option<i64>, Option<bool>, Option<f64>, Option<Vec<u8>>);

async fn keep(tx: &mut Tx, args: &[Value]) -> Result<Row, Error> {
    tx.execute("DELETE FROM test_things", args![]).await?;
    tx.execute("INSERT INTO test_things (id, t, i, b, f, y) VALUES (1, $1, $2, $3, $4, $5)", args).await?;
    tx.one("SELECT t, i, b, f, y FROM test_things", args![]).await
}

async fn stored(db: &Db, args: Vec<Value>) -> Row {
    let kept = db.write(async move |tx| keep(tx, &args).await);
    kept.await.expect("stored")
}

fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.replace('\0', ""))
}

#[tokio::test(flavor = "multi_thread")]
async fn any_value_comes_back_as_it_was() {
    for db in TestDb::both().await {
        make(&db, TABLE).await;
        let number = any::<f64>().prop_filter("a number", |number| !number.is_nan());
        let all = (
            proptest::option::of(text()),
            proptest::option::of(any::<i64>()),
            proptest::option::of(any::<bool>()),
            proptest::option::of(number),
            proptest::option::of(any::<Vec<u8>>()),
        );
        let check = |(t, i, b, f, y): Kept| {
            let args = args![t.clone(), i, b, f, y.clone()].to_vec();
            let row = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(stored(&db, args)));
            prop_assert_eq!(row.opt_text("t"), Ok(t));
            prop_assert_eq!(row.opt_int("i"), Ok(i));
            prop_assert_eq!(row.opt_bool("b"), Ok(b));
            prop_assert_eq!(row.opt_float("f"), Ok(f));
            prop_assert_eq!(row.opt_bytes("y"), Ok(y));
            Ok(())
        };
        TestRunner::new(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })
            .run(&all, check)
            .expect("every value");
    }
}

#[tokio::test]
async fn instants_ids_and_json_have_their_own_questions() {
    for db in TestDb::both().await {
        make(&db, TABLE).await;
        let now = Timestamp::from_micros(1_893_488_400_123_456);
        let id = PostId::new(now, &OsRandom);
        let json = serde_json::json!({"kind": "kite", "sizes": [1, 2.5, null]});
        let row = stored(&db, args![&json, now, true, 2, Some(b"raw".as_slice())].to_vec()).await;
        assert_eq!(row.json("t"), Ok(json));
        assert_eq!(row.timestamp("i"), Ok(now));
        assert_eq!(row.float("f"), Ok(2.0), "a whole number in a column of fractions");
        let row = stored(&db, args![id, 1, None::<bool>, 0.5, None::<Vec<u8>>].to_vec()).await;
        assert_eq!(row.id::<base::ids::kinds::Post>("t"), Ok(id));
        assert!(row.id::<base::ids::kinds::Channel>("t").is_err(), "an id of another kind");
        assert_eq!((row.opt_bool("b"), row.opt_bytes("y")), (Ok(None), Ok(None)));
        assert!(row.bool("b").expect_err("NULL").to_string().contains("`b` is NULL"));
        assert!(row.int("t").expect_err("text").to_string().contains("holds Text"));
    }
}

#[tokio::test]
async fn what_only_one_engine_could_keep_is_refused_by_both() {
    for db in TestDb::both().await {
        make(&db, TABLE).await;
        for value in [Value::from("a\0b"), Value::from(f64::NAN)] {
            let refused = db.write(async move |tx| {
                tx.execute("INSERT INTO test_things (id, t) VALUES (1, $1)", args![&value]).await
            });
            assert!(matches!(refused.await, Err(Error::Misuse(_))));
        }
    }
}
