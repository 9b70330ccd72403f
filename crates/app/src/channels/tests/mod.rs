//! Connecting an account, through the front door: what is bound to what, and what is refused.

mod checking;
mod choosing;
mod messengers;
mod pictures;
mod renewing;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use base::{Permission, Role, Secret};
use connector::{
    Call, Connect, Connector, Connectors, Failure, Mentions, Publish, Suggestion, Tokens, testing::FakePlatform,
};
use db::testing::TestDb;
use serde_json::json;

use crate::testing::{Answer, Client, World};

async fn worlds() -> Vec<(World, FakePlatform)> {
    let mut worlds = Vec::new();
    for db in TestDb::both().await {
        let fake = FakePlatform::default();
        let world = World::with(db, Connectors::new(vec![Arc::new(fake.clone())]), |_| {}).await;
        worlds.push((world, fake));
    }
    worlds
}

/// Begins, and gives the state that travels with the browser.
async fn begin(client: &Client, name: &str) -> String {
    let body = json!({ "platform": "fake", "way": "oauth", "input": { "name": name } });
    let answer = client.post("/v1/channels/connect", body).await;
    assert_eq!(answer.status, 200, "{:?}", answer.json);
    let to: url::Url = answer.json["redirect_to"].as_str().expect("an address").parse().expect("an address");
    let state = to.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
    state.expect("a state")
}

async fn come_back(client: &Client, platform: &str, state: &str) -> Answer {
    client.get(&format!("/connect/{platform}/callback?code=yes&state={state}")).await
}

/// The word for what went wrong, in the address that the browser is led to.
fn refusal(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to = answer.header("location").strip_prefix("/channels?refused=").unwrap_or_default();
    to.split('&').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn s_11_a_state_is_used_once_in_its_own_session_within_ten_minutes() {
    for (world, _) in worlds().await {
        let owner = world.owner();
        let state = begin(&owner, "alice").await;
        let back = come_back(&owner, "fake", &state).await;
        assert_eq!(back.status, 303, "{}", back.text);
        assert!(
            back.header("location").starts_with("/channels?connected=channel_"),
            "our own page, whatever was asked (S-13)"
        );
        assert_eq!(
            refusal(&come_back(&owner, "fake", &state).await),
            "connect-expired",
            "a second time it is not known"
        );
        assert_eq!(refusal(&come_back(&owner, "fake", "made-up").await), "connect-expired");

        let (_, manager) = world.member(Role::Manager).await;
        let state = begin(&owner, "bob").await;
        assert_eq!(refusal(&come_back(&manager, "fake", &state).await), "connect-expired", "another person's browser");
        let state = begin(&owner, "bob").await;
        assert_eq!(refusal(&come_back(&world.nobody(), "fake", &state).await), "connect-expired", "no session at all");
        let state = begin(&owner, "bob").await;
        let body = json!({ "email": "owner@example.org", "password": crate::testing::PASSWORD });
        let other = world.nobody().post("/v1/session", body).await;
        let other = world.nobody().with("cookie", other.header("set-cookie").split(';').next().expect("a cookie"));
        assert_eq!(refusal(&come_back(&other, "fake", &state).await), "connect-expired", "another session of theirs");

        let state = begin(&owner, "bob").await;
        world.advance(Duration::from_secs(10 * 60 + 1));
        assert_eq!(refusal(&come_back(&owner, "fake", &state).await), "connect-expired", "ten minutes are over");
        assert_eq!(owner.get("/v1/channels").await.json.as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn an_app_that_the_platform_forgot_is_registered_anew_by_itself() {
    let fake = FakePlatform::default();
    let db = TestDb::both().await.swap_remove(0);
    let world = World::with(db, Connectors::new(vec![Arc::new(fake.clone())]), |_| {}).await;
    let owner = world.owner();
    begin(&owner, "alice").await;
    begin(&owner, "bob").await;
    assert_eq!(fake.registered(), 1, "one app serves all");
    fake.forget_app();
    let state = begin(&owner, "carol").await;
    assert_eq!(fake.registered(), 2);
    let back = come_back(&owner, "fake", &state).await;
    assert!(back.header("location").starts_with("/channels?connected=channel_"), "{}", back.text);
}

#[tokio::test]
async fn p_051_only_what_was_chosen_is_asked_for_and_a_feature_that_is_not_there_is_named() {
    for (world, _) in worlds().await {
        let owner = world.owner();
        let body =
            |features: &[&str]| json!({ "platform": "fake", "input": { "name": "alice" }, "features": features });
        let answer = owner.post("/v1/channels/connect", body(&["publish"])).await;
        let to: url::Url = answer.json["redirect_to"].as_str().expect("an address").parse().expect("an address");
        let scope = to.query_pairs().find(|(name, _)| name == "scope").map(|(_, value)| value.into_owned());
        assert_eq!(scope.as_deref(), Some("publish"), "{to}");
        let unknown = owner.post("/v1/channels/connect", body(&["publish", "fly"])).await;
        assert_eq!((unknown.status, unknown.problem()), (422, "invalid-field"), "{:?}", unknown.json);
        assert_eq!(unknown.json["errors"][0]["pointer"], "/features/1");
    }
}

#[tokio::test]
async fn s_12_a_code_that_comes_back_to_another_connector_is_refused() {
    for (world, _) in worlds().await {
        let owner = world.owner();
        let state = begin(&owner, "alice").await;
        assert_eq!(come_back(&owner, "other", &state).await.status, 404);
        assert_eq!(refusal(&come_back(&owner, "fake", &state).await), "connect-expired", "and it is used up by that");
    }
}

#[tokio::test]
async fn s_14_a_reconnection_must_be_the_same_account_and_a_denial_changes_nothing() {
    for (world, _) in worlds().await {
        let owner = world.owner();
        let connect = |name: &str, reconnects: Option<&str>| {
            let mut body = json!({ "platform": "fake", "way": "password", "input": { "name": name } });
            if let Some(id) = reconnects {
                body["reconnects"] = id.into();
            }
            let owner = owner.clone();
            async move { owner.post("/v1/channels/connect", body).await }
        };
        let first = connect("alice", None).await.json["channels"][0]["id"].as_str().expect("an id").to_owned();
        let other = connect("mallory", Some(&first)).await;
        assert_eq!((other.status, other.problem()), (409, "other-account"), "{:?}", other.json);
        assert_eq!((&other.json["expected"], &other.json["came"]), (&json!("alice"), &json!("mallory")));
        let detail = other.json["detail"].as_str().expect("words");
        assert!(detail.starts_with("You signed in as mallory, but this channel is alice."), "{detail}");
        let same = connect("alice", Some(&first)).await;
        assert_eq!(same.json["channels"][0]["id"], first.as_str(), "{:?}", same.json);
        assert_eq!(same.json["renewed"], json!([first]), "it says that it was connected already");
        let state = begin(&owner, "alice").await;
        let denied = owner.get(&format!("/connect/fake/callback?error=access_denied&state={state}")).await;
        let to = denied.header("location");
        assert!(to.starts_with("/channels?refused=access-denied&platform=fake&attempt=connection_"), "{to}");
        let id = to.split("attempt=").nth(1).expect("an id");
        let attempt = owner.get(&format!("/v1/connections/{id}")).await.json;
        assert_eq!(
            (&attempt["state"], &attempt["problem"]),
            (&json!("refused"), &json!("connect-failed")),
            "{attempt}"
        );
        assert!(attempt.to_string().contains("the fake was told no"), "in the connector's own words: {attempt}");
        assert_eq!(owner.get("/v1/channels").await.json.as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn p_031_connecting_and_disconnecting_leave_a_record_of_consent() {
    for (world, _) in worlds().await {
        let owner = world.owner();
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": "alice" } });
        let id = owner.post("/v1/channels/connect", body).await.json["channels"][0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        assert_eq!(owner.delete(&format!("/v1/channels/{id}")).await.status, 200);
        let sql = "SELECT act, screen_hash, scopes FROM channel_consents ORDER BY at, act";
        let rows = world.app.db.read(async move |tx| tx.rows(sql, &[]).await).await;
        let rows = rows.map_err(|error: db::Error| error.to_string()).expect("read");
        let acts: Vec<String> = rows.iter().map(|row| row.text("act").expect("text")).collect();
        assert_eq!(acts, ["given", "withdrawn"]);
        assert_eq!(rows[0].text("screen_hash").expect("text").len(), 64, "what was shown, as a digest");
        assert_eq!(owner.get(&format!("/v1/channels/{id}")).await.status, 404);
    }
}

#[tokio::test]
async fn s_09_tokens_are_sealed_and_appear_in_no_answer() {
    for (world, _) in worlds().await {
        let owner = world.owner();
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": "alice" } });
        let made = owner.post("/v1/channels/connect", body).await;
        for answer in [made.text, owner.get("/v1/channels").await.text, owner.get("/v1/events").await.text] {
            assert!(!answer.contains("access-0"), "{answer}");
        }
        let sql = "SELECT tokens_sealed FROM grants";
        let row = world.app.db.read(async move |tx| tx.one(sql, &[]).await).await;
        let sealed =
            row.and_then(|row| row.bytes("tokens_sealed")).map_err(|error: db::Error| error.to_string()).expect("read");
        assert!(!String::from_utf8_lossy(&sealed).contains("access-0"));
    }
}

#[tokio::test]
async fn s_23_a_key_limited_to_one_channel_neither_sees_nor_uses_another() {
    for (world, fake) in worlds().await {
        let owner = world.owner();
        let mut ids = Vec::new();
        for name in ["alice", "bob"] {
            let body = json!({ "platform": "fake", "way": "password", "input": { "name": name } });
            let answer = owner.post("/v1/channels/connect", body).await;
            ids.push(answer.json["channels"][0]["id"].as_str().expect("an id").to_owned());
        }
        let only = ids[0].parse().expect("a channel");
        let (_, text) = world
            .make_key(|new| {
                new.permissions = Some(Role::Editor.permissions());
                new.channels = Some([only].into());
            })
            .await;
        let key = world.with_key(&text);
        let shown = key.get("/v1/channels").await.json;
        assert_eq!((shown.as_array().map(Vec::len), &shown[0]["id"]), (Some(1), &json!(ids[0])));
        assert_eq!(key.get(&format!("/v1/channels/{}", ids[1])).await.status, 404);
        let post = |id: &str| json!({ "text": "Hello", "channels": [{ "channel": id }], "schedule": { "now": true } });
        assert_eq!(key.post("/v1/posts", post(&ids[1])).await.status, 422);
        assert_eq!(key.post("/v1/posts", post(&ids[0])).await.status, 201);
        let theirs = owner.post("/v1/posts", post(&ids[1])).await.json["publications"][0]["id"].clone();
        let path = format!("/v1/publications/{}", theirs.as_str().expect("an id"));
        assert_eq!(key.get(&path).await.status, 404);
        assert_eq!(fake.sends(), 0);
    }
}

/// Begins with a key: gives the link's token and the attempt's id.
async fn begin_with_key(key: &Client, name: &str) -> (String, String) {
    let body = json!({ "platform": "fake", "input": { "name": name } });
    let begun = key.post("/v1/channels/connect", body).await;
    let link = begun.json["redirect_to"].as_str().unwrap_or_else(|| panic!("{}", begun.text)).to_owned();
    let token = link.strip_prefix("http://127.0.0.1:8080/link#").expect("a link of our own").to_owned();
    (token, begun.json["connection"].as_str().expect("an id").to_owned())
}

/// Opens a link: the browser that did, and the state that travels with it.
async fn open(world: &World, token: &str) -> (Client, String) {
    let opened = world.nobody().post("/v1/connections/open", json!({ "token": token })).await;
    assert_eq!(opened.status, 200, "{}", opened.text);
    let to: url::Url = opened.json["redirect_to"].as_str().expect("an address").parse().expect("an address");
    let state = to.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    let cookie = opened.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    (world.nobody().with("cookie", &cookie), state)
}

#[tokio::test]
async fn what_a_key_began_is_finished_only_by_the_browser_that_opened_its_link() {
    for (world, _) in worlds().await {
        let key = world.key([Permission::ChannelsManage, Permission::ChannelsRead]).await;
        let (token, id) = begin_with_key(&key, "alice").await;
        let looked = world.nobody().post("/v1/connections/look", json!({ "token": token })).await;
        assert_eq!(looked.json["workspace"], "First workspace", "{}", looked.text);
        let state = async || key.get(&format!("/v1/connections/{id}")).await.json["state"].clone();
        assert_eq!(state().await, "waiting");
        let (browser, travels) = open(&world, &token).await;
        let twice = world.nobody().post("/v1/connections/open", json!({ "token": token })).await;
        assert_eq!((twice.status, twice.problem()), (410, "connect-expired"), "a link is opened once");
        let back = come_back(&browser, "fake", &travels).await;
        assert_eq!(back.header("location"), "/link?connected=fake", "{}", back.text);
        assert_eq!(state().await, "connected");

        let (token, id) = begin_with_key(&key, "bob").await;
        let (_, travels) = open(&world, &token).await;
        for other in [world.nobody(), world.owner(), browser] {
            assert_ne!(come_back(&other, "fake", &travels).await.header("location"), "/link?connected=fake");
        }
        assert_eq!(key.get("/v1/channels").await.json.as_array().map(Vec::len), Some(1), "{id}");

        let (token, again) = begin_with_key(&key, "alice").await;
        let (browser, travels) = open(&world, &token).await;
        come_back(&browser, "fake", &travels).await;
        let attempt = key.get(&format!("/v1/connections/{again}")).await.json;
        assert_eq!((&attempt["state"], &attempt["renewed"]), (&json!("connected"), &attempt["channels"]), "{attempt}");
    }
}

#[tokio::test]
async fn a_half_done_connection_ends_with_its_makers_right_to_connect() {
    for (world, _) in worlds().await {
        let (person, manager) = world.member(Role::Manager).await;
        let path = format!("/v1/members/{person}");
        let made = manager.post("/v1/keys", json!({ "name": "CI", "permissions": ["channels:manage"] })).await;
        let key = world.with_key(&Secret::from(made.json["secret"].as_str().expect("a key")));
        let (unopened, _) = begin_with_key(&key, "alice").await;
        let (opened, _) = begin_with_key(&key, "bob").await;
        let (browser, by_link) = open(&world, &opened).await;
        let by_session = begin(&manager, "carol").await;
        assert_eq!(world.owner().patch(&path, json!({ "role": "editor" })).await.status, 204);
        assert_eq!(world.nobody().post("/v1/connections/open", json!({ "token": unopened })).await.status, 410);
        assert!(come_back(&browser, "fake", &by_link).await.header("location").contains("refused=connect-expired"));
        assert_eq!(refusal(&come_back(&manager, "fake", &by_session).await), "connect-expired");

        assert_eq!(world.owner().patch(&path, json!({ "role": "manager" })).await.status, 204);
        let by_session = begin(&manager, "carol").await;
        assert_eq!(world.owner().delete(&path).await.status, 204);
        assert_eq!(refusal(&come_back(&manager, "fake", &by_session).await), "connect-expired", "removed");
        assert_eq!(world.owner().get("/v1/channels").await.json.as_array().map(Vec::len), Some(0));
    }
}

#[test]
fn tokens_survive_sealing() {
    let mut tokens = Tokens { access: Some(Secret::from("a")), refresh: Some(Secret::from("r")), ..Tokens::default() };
    tokens.expires_at = Some(base::Timestamp::from_seconds(1_900_000_000));
    tokens.extra.insert("dpop_key".to_owned(), Secret::from("k"));
    let back = Tokens::from_sealed(&tokens.to_sealable()).expect("read");
    assert!(back == tokens);
}

#[tokio::test]
async fn platforms_say_how_the_installation_stands_with_them_and_only_an_operator_may_test_or_take_away() {
    for (world, _) in worlds().await {
        let owner = world.owner();
        let fake = owner.get("/v1/platforms").await.json[0].clone();
        let app = json!({
            "needed": false, "entered": false, "redirect_uri": "http://127.0.0.1:8080/connect/fake/callback",
        });
        assert_eq!(fake["app"], app);
        assert!(fake["features"][0]["scopes"].is_array(), "{fake}");
        let tested = owner.post("/v1/platforms/fake/test", json!({})).await;
        assert_eq!((tested.status, &tested.json["result"]), (200, &json!("not_needed")), "{}", tested.text);
        let none = owner.delete("/v1/platforms/fake/app").await;
        assert_eq!((none.status, none.problem()), (404, "not-found"));
        assert_eq!(owner.put("/v1/platforms/fake/app", json!({ "values": {} })).await.status, 204);
        assert_eq!(owner.get("/v1/platforms").await.json[0]["app"]["entered"], true);
        assert_eq!(owner.delete("/v1/platforms/fake/app").await.status, 204);
        assert_eq!(owner.get("/v1/platforms").await.json[0]["app"]["entered"], false);
        assert_eq!(owner.post("/v1/platforms/nowhere/test", json!({})).await.status, 404);
        let (_, manager) = world.member(Role::Manager).await;
        assert_eq!(manager.post("/v1/platforms/fake/test", json!({})).await.status, 403);
        assert_eq!(manager.delete("/v1/platforms/fake/app").await.status, 403);
        assert!(manager.get("/v1/platforms").await.json[0]["app"].is_object());
    }
}

/// A platform that suggests one account and counts how often it is asked.
struct Suggests(FakePlatform, Arc<AtomicUsize>);

impl Connector for Suggests {
    fn about(&self) -> &'static connector::About {
        self.0.about()
    }
    fn connect(&self) -> &dyn Connect {
        self.0.connect()
    }
    fn publish(&self) -> Option<&dyn Publish> {
        self.0.publish()
    }
    fn mentions(&self) -> Option<&dyn Mentions> {
        Some(self)
    }
}

#[async_trait::async_trait]
impl Mentions for Suggests {
    async fn suggest(&self, call: &Call<'_>, typed: &str) -> Result<Vec<Suggestion>, Failure> {
        self.1.fetch_add(1, SeqCst);
        assert!(call.tokens.bearer().is_err(), "the channel's tokens stay with publishing");
        Ok(vec![Suggestion { handle: format!("{typed}.fake"), name: "Alice".into() }])
    }
}

#[tokio::test]
async fn accounts_to_mention_are_asked_for_once_a_minute_by_who_may_write() {
    let asked = Arc::new(AtomicUsize::new(0));
    let connector = Suggests(FakePlatform::default(), asked.clone());
    let db = TestDb::both().await.swap_remove(0);
    let world = World::with(db, Connectors::new(vec![Arc::new(connector)]), |_| {}).await;
    let owner = world.owner();
    let back = come_back(&owner, "fake", &begin(&owner, "alice").await).await;
    let channel = back.header("location").strip_prefix("/channels?connected=").expect("connected").to_owned();
    let at = |q: &str| format!("/v1/channels/{channel}/mentions?q={q}");
    for q in ["Ali", "%40ali", "ali"] {
        let answer = owner.get(&at(q)).await;
        assert_eq!(answer.json, json!({ "items": [{ "handle": "ali.fake", "name": "Alice" }] }));
    }
    assert_eq!(asked.load(SeqCst), 1, "the answer is remembered");
    world.advance(Duration::from_secs(61));
    owner.get(&at("ali")).await;
    assert_eq!(asked.load(SeqCst), 2);
    assert_eq!(owner.get(&at("%40")).await.problem(), "invalid-field");
    let (_, stranger) = world.stranger().await;
    assert_eq!(stranger.get(&at("ali")).await.status, 404);
    let reader = world.key([Permission::PostsRead]).await;
    assert_eq!(reader.get(&at("ali")).await.status, 403);
    assert_eq!(owner.get("/v1/platforms").await.json[0]["suggests_mentions"], true);
    let mut last = 200;
    for number in 0..61 {
        last = owner.get(&at(&format!("ali{number}"))).await.status;
    }
    assert_eq!(last, 429);
}
