//! The audit chain, and detecting changes from outside.

use std::time::Duration;

use base::{Actor, OsRandom, Role};
use db::{Value, args, testing::TestDb};
use serde_json::json;

use super::{
    Act,
    checkpoints::{Checkpoint, EVERY, checkpoint, newest, sign_again},
    record_in,
    verify::{Verified, Walk, verify, walk},
};
use crate::{
    App,
    http::RateLimits,
    secrets::{Kek, KeyRing, Vault},
    testing::World,
};

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
        let found = verify(&world.app.db, None, &[]).await.expect("read");
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
                *seen.lock().expect("a lock") = walk(tx, &chain, Walk::default(), &[]).await?.broken;
                Err::<(), _>(db::Error::NotFound)
            });
            assert_eq!(undone.await, Err(db::Error::NotFound));
            assert!(found.lock().expect("a lock").is_some(), "not found: {sql}");
        }
        assert!(verify(&world.app.db, None, &[]).await.expect("read").broken.is_empty());
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

/// Writes entries to the workspace's chain.
async fn write(world: &World, numbers: std::ops::Range<u32>) {
    let (workspace, actor, now) = (world.workspace, Actor::Person(world.owner), world.now());
    let written = world.app.db.write(async move |tx| {
        for number in numbers.clone() {
            record_in(tx, workspace, actor, now, Act::new("thing.done", number)).await?;
        }
        Ok::<_, db::Error>(())
    });
    written.await.expect("written");
}

/// What someone does who can write to the database.
async fn tamper(app: &App, sql: &'static str, args: Vec<Value>) {
    let done = app.db.unguarded().write(async move |tx| tx.execute(sql, &args).await);
    assert!(done.await.map_err(|error: db::Error| error).expect(sql) > 0, "{sql}");
}

async fn sign(world: &World) -> Result<usize, db::Error> {
    checkpoint(&world.app.db, &world.app.vault, world.now()).await
}

async fn checked(app: &App, vault: &Vault, kept: &[Checkpoint]) -> Verified {
    verify(&app.db, Some(vault), kept).await.expect("read")
}

/// Computes the chain's hashes anew, as someone without the key can.
async fn recompute(app: &App, chain: String) {
    let done = app.db.unguarded().write(async move |tx| {
        let mut before: Option<Vec<u8>> = None;
        let entries = super::store::sealed(tx, &chain, 0, 1_000).await?;
        let last = entries.last().map_or(0, |one| one.entry.seq);
        for one in entries {
            let hash = one.entry.hash(&chain, before.as_deref()).to_vec();
            let sql = "UPDATE audit_events SET previous_hash = $3, hash = $4 WHERE chain = $1 AND seq = $2";
            tx.execute(sql, args![&chain, one.entry.seq, before, hash.clone()]).await?;
            before = Some(hash);
        }
        tx.execute("UPDATE audit_chains SET seq = $2, hash = $3 WHERE chain = $1", args![&chain, last, before]).await
    });
    done.await.map_err(|error: db::Error| error).expect("recomputed");
}

#[tokio::test]
async fn s_94_a_change_of_the_log_without_the_key_is_found_by_its_checkpoints() {
    const DELETED_TAIL: &str = "DELETE FROM audit_events WHERE chain = $1 AND seq > 7";
    const CHANGED: &str = "UPDATE audit_events SET act = 'thing.undone' WHERE chain = $1 AND seq = 3";
    const ANOTHER_TIME: &str = "UPDATE audit_checkpoints SET at = at + 1 WHERE chain = $1";
    const ANOTHER_END: &str = "UPDATE audit_checkpoints SET seq = seq - 2, hash = (SELECT hash FROM audit_events e
        WHERE e.chain = $1 AND e.seq = audit_checkpoints.seq - 2) WHERE chain = $1";
    const ANOTHER_CHAIN: &str = "UPDATE audit_checkpoints SET signature =
        (SELECT signature FROM audit_checkpoints other WHERE other.chain = 'instance') WHERE chain = $1";
    const CHAIN_GONE: &str = "DELETE FROM audit_chains WHERE chain = $1";
    let tamperings: [(&[&'static str], &str); 8] = [
        (&[CHANGED], "entry 3 was changed"),
        (&["DELETE FROM audit_events WHERE chain = $1 AND seq = 5"], "entry 5 is missing"),
        (&[CHANGED, "recompute"], "is not the one that was signed"),
        (&[DELETED_TAIL, "recompute"], "it ends at entry 7, and entry"),
        (&["DELETE FROM audit_events WHERE chain = $1", CHAIN_GONE], "it ends at entry 0, and entry"),
        (&[ANOTHER_TIME], "was not signed by this installation"),
        (&[ANOTHER_END], "was not signed by this installation"),
        (&[ANOTHER_CHAIN], "was not signed by this installation"),
    ];
    for (steps, wanted) in tamperings {
        let world = world().await;
        write(&world, 0..12).await;
        assert!(sign(&world).await.expect("signed") >= 2, "the installation's chain, too");
        write(&world, 12..15).await;
        let found = checked(&world.app, &world.app.vault, &[]).await;
        assert!(found.broken.is_empty() && found.checkpoints >= 2, "{found:?}");
        for step in steps {
            match *step {
                "recompute" => recompute(&world.app, world.workspace.to_string()).await,
                sql => tamper(&world.app, sql, args![world.workspace].to_vec()).await,
            }
        }
        let found = checked(&world.app, &world.app.vault, &[]).await;
        assert!(found.broken.len() == 1 && found.broken[0].contains(wanted), "{steps:?}: {found:?}");
        // What was changed is not signed as if it were right.
        world.advance(EVERY);
        write(&world, 15..16).await;
        sign(&world).await.expect("looked at");
        assert!(!checked(&world.app, &world.app.vault, &[]).await.broken.is_empty(), "{steps:?} was signed");
    }
}

#[tokio::test]
async fn s_94_a_checkpoint_kept_elsewhere_shows_a_log_that_was_cut_with_its_checkpoints() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        assert_eq!(world.owner().get("/v1/audit/checkpoint").await.status, 404);
        write(&world, 0..5).await;
        sign(&world).await.expect("signed");
        let cut = world.owner().get("/v1/audit").await.json["items"][0]["seq"].as_i64().expect("a number");
        write(&world, 5..9).await;
        world.advance(EVERY);
        sign(&world).await.expect("signed");
        let kept = world.owner().get("/v1/audit/checkpoint").await;
        let kept: Checkpoint = serde_json::from_value(kept.json).expect("a checkpoint");
        assert!(newest(&world.app.db).await.expect("read").contains(&kept), "the console gives the same");
        assert!(checked(&world.app, &world.app.vault, std::slice::from_ref(&kept)).await.broken.is_empty());

        let here = args![world.workspace, cut].to_vec();
        tamper(&world.app, "DELETE FROM audit_events WHERE chain = $1 AND seq > $2", here.clone()).await;
        tamper(&world.app, "DELETE FROM audit_checkpoints WHERE chain = $1 AND seq > $2", here).await;
        recompute(&world.app, world.workspace.to_string()).await;
        assert!(checked(&world.app, &world.app.vault, &[]).await.broken.is_empty(), "nothing here shows it");
        let found = checked(&world.app, &world.app.vault, std::slice::from_ref(&kept)).await;
        assert!(found.broken.len() == 1 && found.broken[0].contains("was signed"), "{found:?}");
        let forged = Checkpoint { seq: cut, ..kept };
        let found = checked(&world.app, &world.app.vault, &[forged]).await;
        assert!(found.broken[0].contains("was not signed by this installation"), "{found:?}");
    }
}

#[tokio::test]
async fn s_94_a_chain_is_signed_within_an_hour_or_a_thousand_entries_and_only_when_it_goes_on() {
    let world = world().await;
    write(&world, 0..2).await;
    assert!(sign(&world).await.expect("signed") >= 1);
    assert_eq!(sign(&world).await.expect("looked"), 0, "nothing is new");
    write(&world, 0..2).await;
    world.advance(EVERY - Duration::from_secs(1));
    assert_eq!(sign(&world).await.expect("looked"), 0, "two entries wait for their hour");
    world.advance(Duration::from_secs(1));
    assert_eq!(sign(&world).await.expect("signed"), 1);
    write(&world, 0..999).await;
    assert_eq!(sign(&world).await.expect("looked"), 0);
    write(&world, 0..1).await;
    assert_eq!(sign(&world).await.expect("signed"), 1, "a thousand do not wait");
}

#[tokio::test]
async fn s_03_s_94_checkpoints_are_good_under_the_old_key_until_a_rotation_signs_them_again() {
    let world = world().await;
    write(&world, 0..3).await;
    let clock = std::sync::Arc::new(world.clock.clone());
    let random = std::sync::Arc::new(OsRandom);
    let [old, new] = [Kek::generate(&OsRandom), Kek::generate(&OsRandom)];
    let vault = async |ring: KeyRing| {
        Vault::open(TestDb::sqlite().await.db().clone(), ring, clock.clone(), random.clone()).await.expect("opened")
    };
    let db = &world.app.db;
    let before = vault(KeyRing::new(old.clone())).await;
    assert!(checkpoint(db, &before, world.now()).await.expect("signed") >= 1);
    let during = vault(KeyRing::new(new.clone()).and_before(old)).await;
    assert!(checked(&world.app, &during, &[]).await.broken.is_empty(), "the old key is in the ring");
    let after = vault(KeyRing::new(new)).await;
    let found = checked(&world.app, &after, &[]).await;
    assert!(found.broken[0].contains("which is not in the key ring"), "{found:?}");
    assert!(sign_again(db, &during).await.expect("signed") >= 1);
    assert_eq!(sign_again(db, &during).await.expect("looked"), 0, "once");
    assert!(checked(&world.app, &after, &[]).await.broken.is_empty(), "the old key is no longer needed");
}
