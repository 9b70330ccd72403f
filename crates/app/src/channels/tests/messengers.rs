//! Channels of a platform that takes no posts, only messages to one person.

use std::sync::Arc;

use connector::{About, Connect, Connector, Connectors, testing::FakePlatform};
use db::testing::TestDb;
use serde_json::json;

use crate::testing::World;

/// A platform that can be connected, and takes no posts.
struct Messenger(FakePlatform);

impl Connector for Messenger {
    fn about(&self) -> &'static About {
        self.0.about()
    }
    fn connect(&self) -> &dyn Connect {
        self.0.connect()
    }
}

#[tokio::test]
async fn nothing_can_be_published_there_and_the_reason_is_said_everywhere() {
    let fake = FakePlatform::default();
    let connectors = Connectors::new(vec![Arc::new(Messenger(fake.clone()))]);
    let world = World::with(TestDb::sqlite().await, connectors, |_| {}).await;
    let body = json!({ "platform": "fake", "way": "password", "input": { "name": "shop" } });
    let made = world.signed_in_again().await.post("/v1/channels/connect", body).await;
    let channel = made.json["channels"][0].clone();
    assert!(channel["id"].is_string() && channel.get("limits").is_none(), "{}", made.text);
    let owner = world.owner();
    let post = json!({ "text": "Hello", "channels": [{ "channel": channel["id"] }] });
    let why = "Fake takes no posts, only messages to one person. Choose other channels for this post.";
    let judged = owner.post("/v1/posts/validate", post.clone()).await.json;
    let verdict = &judged["channels"][0];
    assert_eq!(
        (&verdict["ok"], &verdict["issues"][0]["rule"]),
        (&json!(false), &json!("platform_missing")),
        "{judged}"
    );
    assert_eq!(verdict["issues"][0]["detail"], why);
    let texts = json!({ "parts": [{ "text": "Hello" }], "channels": [{ "channel": channel["id"] }] });
    let read = owner.post("/v1/posts/read", texts).await;
    assert!(read.status == 422 && read.text.contains(why), "{}", read.text);
    let mut now = post;
    now["schedule"] = json!({ "now": true });
    let refused = owner.post("/v1/posts", now).await;
    assert!(refused.status == 422 && refused.text.contains(why), "{}", refused.text);
    let renditions = owner.get("/v1/channels").await.json;
    assert_eq!(renditions[0]["state"], "active");
    assert_eq!(fake.sends(), 0);
}
