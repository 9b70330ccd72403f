//! What platforms send, through the front door, on both engines.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request},
};
use connector::{
    Connectors, ProofClass,
    testing::{Behaviour, FakePlatform},
};
use db::testing::TestDb;
use serde_json::{Value, json};

use super::carry_out;
use crate::{
    App,
    publishing::{Engine, EngineSettings},
    testing::{Client, World},
};

struct Stage {
    world: World,
    fake: FakePlatform,
    owner: Client,
    word: String,
}

impl Stage {
    async fn both() -> Vec<Self> {
        let mut stages = Vec::new();
        for db in TestDb::both().await {
            let fake = FakePlatform::new(ProofClass::ClientId { repeat_for_s: None });
            let world = World::with(db, Connectors::new(vec![Arc::new(fake.clone())]), |_| {}).await;
            let owner = world.owner();
            let told = owner.get("/v1/platforms/fake/hooks").await.json;
            assert_eq!(told["addresses"][0]["address"], "http://127.0.0.1:8080/hooks/fake");
            let word = told["addresses"][0]["verify_token"].as_str().expect("a word").to_owned();
            stages.push(Self { world, fake, owner, word });
        }
        stages
    }

    fn app(&self) -> &App {
        &self.world.app
    }

    async fn connect(&self, name: &str) -> String {
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": name } });
        let made = self.world.signed_in_again().await.post("/v1/channels/connect", body).await;
        made.json["channels"][0]["id"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned()
    }

    /// Sends it as the platform does; the status and the answer.
    async fn sends(&self, body: &Value, word: &str) -> (u16, Value) {
        self.sends_bytes("/hooks/fake", body.to_string(), word).await
    }

    async fn sends_bytes(&self, path: &str, body: impl Into<Body>, word: &str) -> (u16, Value) {
        let request = Request::builder().method(Method::POST).uri(path).header("x-fake-proof", word);
        let answer = self.world.nobody().raw(request.body(body.into()).expect("a request")).await;
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.expect("an answer");
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// What the platform sends about an account now.
    fn about(&self, account: &str, asks: &str) -> Value {
        json!({ "asks": asks, "account": account, "at": self.world.now().as_seconds() })
    }

    async fn channel(&self, id: &str) -> Value {
        self.owner.get(&format!("/v1/channels/{id}")).await.json
    }

    async fn schedule(&self, channel: &str, text: &str, after: Duration) -> String {
        let schedule = json!({ "at": self.world.now() + after });
        let body = json!({ "text": text, "channels": [{ "channel": channel }], "schedule": schedule });
        let made = self.owner.post("/v1/posts", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json["id"].as_str().expect("an id").to_owned()
    }

    async fn publication(&self, post: &str) -> Value {
        let read = self.owner.get(&format!("/v1/posts/{post}")).await.json;
        read["publications"][0].clone()
    }

    async fn publish_due(&self) {
        Engine::new(self.app().clone(), EngineSettings::default()).drain().await.expect("drained");
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let row = self.app().db.read(async move |tx| tx.one(sql, &[]).await).await;
        row.map_err(|error: db::Error| error.to_string()).expect("read").int("n").expect("a number")
    }

    async fn kinds(&self) -> Vec<String> {
        let events = self.owner.get("/v1/events?limit=100").await.json;
        let items = events["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|event| event["kind"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

#[tokio::test]
async fn p_053_removed_access_ends_the_login_and_posts_wait_and_say_why() {
    for stage in Stage::both().await {
        let (alice, bob) = (stage.connect("alice").await, stage.connect("bob").await);
        let post = stage.schedule(&alice, "for later", Duration::from_secs(600)).await;
        let said = stage.about("the-fake-s-alice", "removed");
        // Twice at once, and on two nodes.
        let (one, other) = tokio::join!(stage.sends(&said, &stage.word), stage.sends(&said, &stage.word));
        assert_eq!((one.0, other.0), (200, 200));
        assert_eq!(stage.count("SELECT COUNT(*) AS n FROM hook_requests").await, 1, "the same bytes are one request");
        assert_eq!(stage.channel(&alice).await["state"], "active", "answered first, carried out after");
        let (one, other) = tokio::join!(carry_out(stage.app()), carry_out(stage.app()));
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        let channel = stage.channel(&alice).await;
        assert_eq!(channel["state"], "needs_reconnect");
        assert!(channel["reason"].as_str().expect("why").starts_with("Fanfare's access was removed at "), "{channel}");
        assert_eq!(stage.channel(&bob).await["state"], "active");
        let sql = "SELECT COUNT(*) AS n FROM grants WHERE tokens_sealed IS NOT NULL OR previous_sealed IS NOT NULL";
        assert_eq!(stage.count(sql).await, 1, "its tokens are erased");
        assert_eq!(stage.count("SELECT COUNT(*) AS n FROM hook_requests WHERE account_id IS NOT NULL").await, 0);
        let told = stage.kinds().await.iter().filter(|kind| *kind == "channel.needs_reconnect").count();
        assert_eq!(told, 1, "told once");
        let sql =
            "SELECT COUNT(*) AS n FROM audit_events WHERE act = 'channel.access_removed' AND actor = 'system:hooks'";
        assert_eq!(stage.count(sql).await, 1);
        // Carried out again, it is nothing new.
        assert_eq!(stage.sends(&said, &stage.word).await.0, 200);
        assert_eq!(carry_out(stage.app()).await.expect("carried out"), 0);
        stage.world.advance(Duration::from_secs(601));
        stage.publish_due().await;
        let waits = stage.publication(&post).await;
        assert_eq!((&waits["state"], &waits["reason"]), (&json!("parked"), &json!("reconnect_needed")));
        assert!(waits["detail"].as_str().expect("why").contains("access was removed"), "{waits}");
        assert!(stage.fake.ledger().is_empty(), "nothing was sent");
        // The holder changes their mind: the post goes out.
        stage.connect("alice").await;
        assert_eq!(stage.channel(&alice).await["state"], "active");
        stage.publish_due().await;
        assert_eq!(stage.publication(&post).await["state"], "published");
    }
}

#[tokio::test]
async fn s_71_what_is_forged_stale_oversized_or_unknown_changes_nothing() {
    for stage in Stage::both().await {
        let alice = stage.connect("alice").await;
        let said = stage.about("alice", "erase");
        let of = |answer: (u16, Value)| (answer.0, answer.1["type"].as_str().unwrap_or_default().to_owned());
        let (status, kind) = of(stage.sends(&said, "made up").await);
        assert!((status, kind.ends_with("/problems/forbidden")) == (403, true), "{status} {kind}");
        let large = vec![b' '; crate::http::BODY_BYTES_MAX + 1];
        assert_eq!(stage.sends_bytes("/hooks/fake", large, &stage.word).await.0, 413);
        assert_eq!(stage.sends_bytes("/hooks/fake", "not JSON", &stage.word).await.0, 400);
        assert_eq!(stage.sends_bytes("/hooks/unknown", "{}", &stage.word).await.0, 404);
        stage.world.advance(Duration::from_secs(301));
        assert_eq!(stage.sends(&said, &stage.word).await.0, 403, "five minutes later it may be a replay");
        carry_out(stage.app()).await.expect("carried out");
        assert_eq!(stage.count("SELECT COUNT(*) AS n FROM hook_requests").await, 0);
        assert_eq!(stage.channel(&alice).await["state"], "active");
        // Who is refused often has to wait, before anything is read.
        let mut last = 0;
        for _ in 0..200 {
            last = stage.sends(&said, "made up").await.0;
            if last == 429 {
                break;
            }
        }
        assert_eq!(last, 429);
    }
}

#[tokio::test]
async fn pd_02_an_erasure_takes_what_the_platform_said_and_gives_a_receipt() {
    for stage in Stage::both().await {
        let alice = stage.connect("alice").await;
        let live = stage.schedule(&alice, "it was live", Duration::from_secs(60)).await;
        let later = stage.schedule(&alice, "for later", Duration::from_secs(86_400)).await;
        // Its answer is kept for a client that asks again.
        let keyed = stage.owner.clone().with("idempotency-key", "k1");
        let body = json!({ "text": "a draft", "channels": [{ "channel": alice }] });
        let draft = keyed.post("/v1/posts", body.clone()).await;
        // This one is on its way: it is there, and the process that sent it died before it knew.
        stage.fake.for_text("unanswered", [Behaviour::ApplyAndPanic]);
        let unanswered = stage.schedule(&alice, "unanswered", Duration::from_secs(61)).await;
        stage.world.advance(Duration::from_secs(62));
        stage.publish_due().await;
        assert_eq!(stage.publication(&live).await["state"], "published");
        assert_ne!(stage.publication(&unanswered).await["state"], "published");
        let said = stage.about("alice", "erase");
        let (one, other) = tokio::join!(stage.sends(&said, &stage.word), stage.sends(&said, &stage.word));
        assert_eq!((one.0, &one.1), (200, &other.1), "the same request has the same receipt");
        let code = one.1["code"].as_str().expect("a code").to_owned();
        assert_eq!(one.1["page"], format!("http://127.0.0.1:8080/erasure/{code}"));
        stage.world.advance(Duration::from_secs(1));
        let again = stage.sends(&stage.about("alice", "erase"), &stage.word).await;
        assert_eq!(again.1["code"], code, "and so has another one while it waits");
        let receipt = super::erasure(stage.app(), &code).await.expect("read").expect("known");
        assert_eq!((receipt.outcome, receipt.done_at), (None, None));
        let (done, also) = tokio::join!(carry_out(stage.app()), carry_out(stage.app()));
        assert!(done.is_ok() && also.is_ok(), "{done:?} {also:?}");
        let receipt = super::erasure(stage.app(), &code).await.expect("read").expect("known");
        assert_eq!(receipt.outcome, Some(super::Outcome::Done));
        assert!(receipt.done_at.is_some() && receipt.platform == "Fake", "{receipt:?}");
        assert_eq!(stage.owner.get(&format!("/v1/channels/{alice}")).await.status, 404);
        assert!(stage.kinds().await.contains(&"channel.erased".to_owned()));
        for (table, columns) in [
            ("channels", "account_id || handle || name || url || facts"),
            ("grants", "account_id || COALESCE(handle, '') || COALESCE(named_by, '')"),
            ("attempts", "prepared || COALESCE(remote, '') || COALESCE(remote_id, '') || COALESCE(exchanges, '')"),
            ("publications", "COALESCE(url, '')"),
            ("hook_requests", "COALESCE(account_id, '')"),
        ] {
            let sql: &'static str = format!("SELECT {columns} AS told FROM {table}").leak();
            let rows = stage.app().db.read(async move |tx| tx.rows(sql, &[]).await).await;
            for row in rows.map_err(|error: db::Error| error.to_string()).expect("read") {
                let told = row.text("told").expect("text").replace("{}", "");
                assert_eq!(told, "", "{table}");
            }
        }
        assert_eq!(stage.count("SELECT COUNT(*) AS n FROM idempotency_keys WHERE answer IS NOT NULL").await, 0);
        let again = keyed.post("/v1/posts", body).await;
        assert_eq!((again.status, &again.json["id"]), (201, &draft.json["id"]), "and nothing is made twice");
        // What was written here stays: it is the workspace's own.
        let read = stage.owner.get(&format!("/v1/posts/{live}")).await;
        assert!(read.text.contains("it was live") && read.json["publications"][0]["state"] == "published");
        assert_eq!(stage.publication(&later).await["reason"], "disconnected");
        stage.world.advance(Duration::from_secs(1));
        // Asked once more, nothing is stored; and nobody knows of others.
        let (_, nothing) = stage.sends(&stage.about("alice", "erase"), &stage.word).await;
        let (_, unknown) = stage.sends(&stage.about("mallory", "erase"), &stage.word).await;
        carry_out(stage.app()).await.expect("carried out");
        for answer in [nothing, unknown] {
            let code = answer["code"].as_str().expect("a code");
            let receipt = super::erasure(stage.app(), code).await.expect("read").expect("known");
            assert_eq!(receipt.outcome, Some(super::Outcome::Nothing), "{code}");
        }
        assert!(super::erasure(stage.app(), "made-up").await.expect("read").is_none());
        stage.world.advance(super::KEPT + Duration::from_secs(5));
        assert_eq!(super::sweep(stage.app()).await.expect("swept"), 4);
    }
}

#[tokio::test]
async fn a_request_ends_no_consent_that_was_given_after_it() {
    for stage in Stage::both().await {
        let old = [stage.about("alice", "removed"), stage.about("alice", "erase")];
        stage.world.advance(Duration::from_secs(2));
        let alice = stage.connect("alice").await;
        for said in &old {
            assert_eq!(stage.sends(said, &stage.word).await.0, 200);
        }
        let checks = stage.fake.checks();
        carry_out(stage.app()).await.expect("carried out");
        assert_eq!(stage.channel(&alice).await["state"], "active");
        crate::channels::check_due(stage.app()).await.expect("checked");
        assert_eq!(stage.fake.checks(), checks + 1, "the platform is asked what is true");
    }
}

#[tokio::test]
async fn numbers_of_a_post_that_changed_are_read_again_and_an_old_message_changes_nothing() {
    for stage in Stage::both().await {
        let alice: base::ids::ChannelId = stage.connect("alice").await.parse().expect("an id");
        let (workspace, now) = (stage.world.workspace, stage.world.now());
        let sql = "INSERT INTO post_metrics (workspace_id, channel_id, remote_id, metric, value, source, fetched_at, expires_at)
                   VALUES ($1, $2, 'p1', 'likes', 1, 'fake', $3, $3)";
        let put = stage.app().db.write(async move |tx| tx.execute(sql, db::args![workspace, alice, now]).await);
        put.await.map_err(|error: db::Error| error.to_string()).expect("stored");
        let changed = "SELECT COALESCE(MAX(changed_at), 0) AS n FROM post_metrics";
        stage.world.advance(Duration::from_secs(60));
        let mut said = stage.about("alice", "changed");
        said["post"] = json!("p2");
        assert_eq!(stage.sends(&said, &stage.word).await.0, 200);
        assert_eq!(stage.count(changed).await, 0, "another post");
        said["post"] = json!("p1");
        for _ in 0..2 {
            assert_eq!(stage.sends(&said, &stage.word).await.0, 200);
            assert_eq!(stage.count(changed).await, stage.world.now().as_micros());
        }
        let before = json!({ "asks": "changed", "account": "alice", "post": "p1", "at": now.as_seconds() });
        assert_eq!(stage.sends(&before, &stage.word).await.0, 200);
        assert_eq!(stage.count(changed).await, stage.world.now().as_micros(), "the order doesn't matter");
        assert_eq!(stage.count("SELECT COUNT(*) AS n FROM hook_requests").await, 0, "nothing else of it is stored");
    }
}

#[tokio::test]
async fn a_platform_is_asked_for_messages_soon_after_connecting_and_asked_to_stop_at_the_end() {
    for stage in Stage::both().await {
        stage.fake.want_subscriptions();
        let alice = stage.connect("alice").await;
        crate::channels::check_due(stage.app()).await.expect("checked");
        assert_eq!(stage.fake.subscribed().len(), 1, "{:?}", stage.fake.subscribed());
        assert!(stage.fake.subscribed()[0].starts_with("+alice "));
        let ended = stage.world.signed_in_again().await.delete(&format!("/v1/channels/{alice}")).await;
        assert_eq!(ended.status, 200, "{}", ended.text);
        assert!(stage.fake.subscribed()[1].starts_with("-alice "), "{:?}", stage.fake.subscribed());
    }
}

#[tokio::test]
async fn a_list_of_accounts_is_erased_like_requests_that_come_by_themselves() {
    for stage in Stage::both().await {
        let (alice, bob) = (stage.connect("alice").await, stage.connect("bob").await);
        let sent_at = stage.world.now();
        stage.world.advance(Duration::from_secs(2));
        let carol = stage.connect("carol").await;
        let accounts = ["alice", "carol", "mallory"].map(str::to_owned).into();
        let listed = super::erase_listed(stage.app(), "fake", &accounts, sent_at).await.expect("erased");
        assert_eq!((listed.erased, listed.unknown), (1, 2), "one was connected after the list was sent");
        assert_eq!(stage.owner.get(&format!("/v1/channels/{alice}")).await.status, 404);
        for id in [bob, carol] {
            assert_eq!(stage.channel(&id).await["state"], "active");
        }
        assert_eq!(stage.count("SELECT COUNT(*) AS n FROM hook_requests WHERE account_id IS NOT NULL").await, 0);
        assert!(super::erase_listed(stage.app(), "unknown", &accounts, sent_at).await.is_err());
    }
}
