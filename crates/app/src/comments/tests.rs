use std::sync::Arc;

use axum::http::Method;
use base::{Permission, Role};
use connector::{CommentChange, Connectors, FailureKind, ProofClass, testing::Behaviour, testing::FakePlatform};
use db::testing::TestDb;
use serde_json::{Value, json};

use crate::{
    publishing::{Engine, EngineSettings},
    testing::{Answer, Client, World},
};

/// A live post with a comment below it.
struct Post {
    world: World,
    fake: FakePlatform,
    owner: Client,
    /// `/v1/publications/…/comments`.
    comments: String,
    channel: String,
    remote: String,
    first: String,
}

impl Post {
    async fn live() -> Self {
        let fake = FakePlatform::new(ProofClass::ReadBack);
        let connectors = Connectors::new(vec![Arc::new(fake.clone())]);
        let world = World::with(TestDb::sqlite().await, connectors, |_| {}).await;
        let owner = world.owner();
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": "lena" } });
        let connected = owner.post("/v1/channels/connect", body).await;
        let channel = connected.json["channels"][0]["id"].as_str().expect("connected").to_owned();
        let body = json!({ "text": "A bridge", "channels": [{ "channel": channel }], "schedule": { "now": true } });
        let made = owner.post("/v1/posts", body).await;
        Engine::new(world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
        let publication = made.json["publications"][0]["id"].as_str().expect("a publication");
        let comments = format!("/v1/publications/{publication}/comments");
        let remote = fake.ledger()[0].id.clone();
        let first = fake.say_below(&remote, "ann", "What a bridge", world.now());
        Self { world, fake, owner, comments, channel, remote, first }
    }

    async fn reply(&self, key: &str, text: &str) -> Answer {
        let path = format!("{}/{}/replies", self.comments, self.first);
        self.owner.clone().with("idempotency-key", key).post(&path, json!({ "text": text })).await
    }

    async fn listed(&self) -> Value {
        self.owner.get(&self.comments).await.json
    }
}

#[tokio::test]
async fn comments_are_listed_in_pages_answered_once_and_changed() {
    let post = Post::live().await;
    post.fake.say_below(&post.remote, "bob", "Cheap watches", post.world.now());
    let first = post.listed().await;
    assert_eq!((&first["items"][0]["text"], &first["next"]), (&json!("Cheap watches"), &json!("1")));
    let rest = post.owner.get(&format!("{}?cursor=1", post.comments)).await.json;
    assert_eq!((&rest["items"][0]["author"]["handle"], rest.get("next")), (&json!("ann"), None));
    assert_eq!(rest["items"][0]["can"], json!(["hide", "delete"]));

    let made = post.reply("k1", "Thank you").await;
    assert_eq!(made.status, 201, "{}", made.text);
    let again = post.reply("k1", "Thank you").await;
    assert_eq!((again.status, &again.json), (201, &made.json));
    assert_eq!(post.fake.replied(), ["Thank you"]);

    let at = |act: &str| format!("{}/{}/{act}", post.comments, post.first);
    for _ in 0..2 {
        assert_eq!(post.owner.post(&at("hide"), Value::Null).await.status, 204);
    }
    assert_eq!(post.owner.post(&at("approve"), Value::Null).await.status, 409, "the platform has no such thing");
    assert!([404, 422].contains(&post.owner.post(&at("praise"), Value::Null).await.status));
    let one = format!("{}/{}", post.comments, post.first);
    assert_eq!(post.owner.delete(&one).await.status, 204);
    assert_eq!(post.owner.delete(&one).await.status, 404);
    let changes: Vec<CommentChange> = post.fake.changed().into_iter().map(|(_, change)| change).collect();
    assert_eq!(changes, [CommentChange::Hide, CommentChange::Hide, CommentChange::Delete]);

    let events = post.owner.get("/v1/events?limit=100").await.text;
    let audit = post.owner.get("/v1/audit?limit=100").await.text;
    assert!(events.contains("comment.replied") && events.contains("comment.changed"), "{events}");
    assert!(audit.contains("comment.replied") && audit.contains("comment.changed"), "{audit}");
    for words in ["What a bridge", "Cheap watches", "Thank you"] {
        assert!(!events.contains(words) && !audit.contains(words), "{words} was kept");
    }
}

#[tokio::test]
async fn a_lost_reply_is_read_back_or_told_as_not_known_and_its_key_never_sends_it_again() {
    let post = Post::live().await;
    post.fake.next_replies([
        Behaviour::ApplyAndLoseAnswer,
        Behaviour::LoseRequest,
        Behaviour::Refuse(FailureKind::ContentRefused),
    ]);
    let found = post.reply("k1", "It is old").await;
    assert_eq!(found.status, 201, "read back: {}", found.text);
    for _ in 0..2 {
        let unknown = post.reply("k2", "And red").await;
        assert_eq!((unknown.status, unknown.problem()), (502, "outcome-unknown"), "{}", unknown.text);
    }
    assert_eq!(post.fake.replied(), ["It is old"], "nothing was sent again");
    // What was refused for certain frees its key.
    assert_eq!(post.reply("k3", "No").await.status, 502);
    assert_eq!(post.reply("k3", "No").await.status, 201);
    let audit = post.owner.get("/v1/audit?limit=100").await.text;
    assert!(audit.contains("comment.reply_in_doubt") && audit.contains("comment.reply_refused"), "{audit}");
    assert_eq!(post.reply("k4", " ").await.status, 422);

    // An earlier answer with these words, or one that ends with them, is not this one.
    assert_eq!(post.reply("k5", "Oh yes").await.status, 201);
    post.world.clock.advance(std::time::Duration::from_secs(30));
    post.fake.next_replies([Behaviour::LoseRequest, Behaviour::LoseRequest]);
    for (key, text) in [("k6", "yes"), ("k7", "Oh yes")] {
        assert_eq!(post.reply(key, text).await.problem(), "outcome-unknown", "{text}");
    }
}

#[tokio::test]
async fn r_33_the_emergency_stop_stops_replies_too() {
    let post = Post::live().await;
    assert!(post.owner.put("/v1/instance/stop", json!({})).await.status == 204);
    let stopped = post.reply("k1", "Thank you").await;
    assert_eq!((stopped.status, stopped.problem()), (503, "stopped"), "{}", stopped.text);
    assert!(post.fake.replied().is_empty());
    assert!(post.owner.delete("/v1/instance/stop").await.status == 204);
    assert_eq!(post.reply("k1", "Thank you").await.status, 201, "it was not sent, so its key is free");
}

#[tokio::test]
async fn what_costs_money_is_told_before_it_is_read() {
    let post = Post::live().await;
    let numbers = format!("/v1/channels/{}/metrics", post.channel);
    let free = post.owner.get(&numbers).await;
    assert_eq!((&free.json["items"][0]["metric"], &free.json["items"][0]["value"]), (&json!("followers"), &json!(12)));
    assert_eq!(free.json["items"][0]["period"], "now");
    post.fake.charge("Each comment costs 0.005 US dollars.");
    let before = post.fake.reads();
    for path in [&post.comments, &numbers] {
        let asked = post.owner.get(path).await;
        assert_eq!((asked.status, asked.problem()), (402, "costs-money"));
        assert!(asked.text.contains("0.005"), "{}", asked.text);
    }
    assert_eq!(post.fake.reads(), before);
    for path in [&post.comments, &numbers] {
        assert_eq!(post.owner.get(&format!("{path}?at_cost=true")).await.status, 200);
    }
    let one = format!("{}/{}", post.comments, post.first);
    assert_eq!(post.owner.delete(&one).await.problem(), "costs-money");
    assert_eq!(post.owner.post(&format!("{one}/hide"), Value::Null).await.problem(), "costs-money");
    assert_eq!(post.owner.post(&format!("{one}/hide?at_cost=true"), Value::Null).await.status, 204);
    // A lost reply is not looked for at the owner's cost.
    post.fake.next_replies([Behaviour::ApplyAndLoseAnswer]);
    assert_eq!(post.reply("k1", "Thank you").await.problem(), "outcome-unknown");
}

#[tokio::test]
async fn s_41_comments_are_of_who_may_see_or_publish_the_post() {
    let post = Post::live().await;
    let (_, stranger) = post.world.stranger().await;
    assert_eq!(stranger.get(&post.comments).await.status, 404);
    let reply = format!("{}/{}/replies", post.comments, post.first);
    assert_eq!(stranger.post(&reply, json!({ "text": "Hi" })).await.status, 404);
    let author = post.world.member(Role::Author).await.1;
    assert_eq!(author.get(&post.comments).await.status, 200);
    assert_eq!(author.post(&reply, json!({ "text": "Hi" })).await.status, 403);
    let key = post.world.key([Permission::PostsRead]).await;
    assert_eq!(key.delete(&format!("{}/{}", post.comments, post.first)).await.status, 403);
    let beyond = post.owner.get(&format!("{}?part=7", post.comments)).await;
    assert_eq!(beyond.status, 409, "{}", beyond.text);
    let own = post.owner.send(Method::DELETE, &format!("{}/{}", post.comments, post.remote), None).await;
    assert_eq!(own.status, 409, "a part of the post is no comment: {}", own.text);
    assert!(post.fake.replied().is_empty() && post.fake.changed().is_empty());
}
