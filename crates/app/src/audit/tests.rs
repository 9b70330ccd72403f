//! The audit chain, and detecting changes from outside.

use base::{Actor, Role};
use db::{args, testing::TestDb};
use serde_json::json;

use super::{Act, record_in, verify};
use crate::{http::RateLimits, testing::World};

async fn world() -> World {
    World::with(TestDb::sqlite().await, Default::default(), |settings| settings.limits = RateLimits::off()).await
}

#[tokio::test]
async fn s_91_every_entry_has_the_hash_of_the_one_before_and_tampering_is_detected() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        let (workspace, actor, now) = (world.workspace, Actor::Person(world.owner), world.now());
        let written = world.app.db.write(async move |tx| {
            for number in 0..12 {
                record_in(tx, workspace, actor, now, Act::new("thing.done", number).with(json!({ "é": number })))
                    .await?;
            }
            Ok::<_, db::Error>(())
        });
        written.await.expect("written");
        let found = verify(&world.app.db).await.expect("read");
        assert!(found.broken.is_empty() && found.entries >= 12 && found.chains >= 1, "{found:?}");
        let tamperings = [
            "UPDATE audit_events SET act = 'thing.undone' WHERE chain = $1 AND seq = 7",
            "UPDATE audit_events SET detail = '{}' WHERE chain = $1 AND seq = 5",
            "UPDATE audit_events SET at = at + 1 WHERE chain = $1 AND seq = 4",
            "UPDATE audit_events SET hash = NULL, previous_hash = NULL WHERE chain = $1 AND seq = 6",
            "DELETE FROM audit_events WHERE chain = $1 AND seq = 3",
            "DELETE FROM audit_events WHERE chain = $1 AND seq = (SELECT MAX(seq) FROM audit_events WHERE chain = $1)",
            "UPDATE audit_chains SET seq = seq + 1 WHERE chain = $1",
        ];
        for sql in tamperings {
            // Each change is undone again, so that the next one is detected independently.
            let found = std::sync::Arc::new(std::sync::Mutex::new(None));
            let seen = found.clone();
            let undone = world.app.db.write(async move |tx| {
                tx.execute(sql, args![workspace]).await?;
                let chain = workspace.to_string();
                let (_, broken) = super::verify::chain(tx, &chain).await?;
                *seen.lock().expect("a lock") = broken;
                Err::<(), _>(db::Error::NotFound)
            });
            assert_eq!(undone.await, Err(db::Error::NotFound));
            assert!(found.lock().expect("a lock").is_some(), "not found: {sql}");
        }
        assert!(verify(&world.app.db).await.expect("read").broken.is_empty());
    }
}

#[tokio::test]
async fn s_94_a_wrong_password_a_refusal_the_emergency_stop_and_a_platform_app_are_in_the_log() {
    let world = world().await;
    let wrong = json!({ "email": "owner@example.org", "password": "not the password at all" });
    assert_eq!(world.nobody().post("/v1/session", wrong).await.status, 401);
    let unknown = json!({ "email": "nobody@example.org", "password": "not the password at all" });
    assert_eq!(world.nobody().post("/v1/session", unknown).await.status, 401);
    let (person, author) = world.member(Role::Author).await;
    assert_eq!(author.post("/v1/keys", json!({ "name": "mine" })).await.status, 403);
    assert_eq!(author.put("/v1/instance/stop", json!({})).await.status, 403);
    assert_eq!(world.owner().put("/v1/instance/stop", json!({})).await.status, 204);
    assert_eq!(world.owner().delete("/v1/instance/stop").await.status, 204);

    let log = world.owner().get("/v1/audit").await;
    let refused = log.json["items"].as_array().expect("a page").iter().find(|entry| entry["object"] == "POST /v1/keys");
    let refused = refused.unwrap_or_else(|| panic!("{}", log.text));
    assert_eq!((&refused["actor"], &refused["result"]), (&json!(person), &json!("refused")), "{refused}");
    let acts = world.app.db.read(async |tx| {
        let rows =
            tx.rows("SELECT act, result FROM audit_events WHERE chain = 'instance' ORDER BY seq", args![]).await?;
        rows.iter()
            .map(|row| Ok(format!("{} {}", row.text("act")?, row.text("result")?)))
            .collect::<Result<Vec<_>, _>>()
    });
    let acts = acts.await.map_err(|error: db::Error| error).expect("read");
    for wanted in ["session.began refused", "publishing.stopped done", "publishing.resumed done"] {
        assert!(acts.iter().any(|act| act == wanted), "{wanted}: {acts:?}");
    }
    assert_eq!(
        acts.iter().filter(|act| *act == "session.began refused").count(),
        2,
        "for an unknown address, too: {acts:?}"
    );
}
