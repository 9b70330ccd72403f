//! What the server says to a Dutch reader.

use serde_json::json;

use db::testing::TestDb;

use crate::{http::RateLimits, testing::World};

#[tokio::test]
async fn a_dutch_reader_is_refused_in_dutch() {
    let world =
        World::with(TestDb::sqlite().await, Default::default(), |settings| settings.limits = RateLimits::off()).await;
    let (english, dutch) = (world.owner(), world.owner().with("accept-language", "fr, nl-BE;q=0.9, en;q=0.8"));
    let long = "x".repeat(300);
    let asked = [
        ("GET", "/v1/nothing", json!(null)),
        ("GET", "/v1/posts/post_01h455vb4pex5vsknk084sn02q", json!(null)),
        ("GET", "/v1/posts/no-post", json!(null)),
        ("GET", "/v1/posts?limit=0", json!(null)),
        ("GET", "/v1/posts?cursor=no", json!(null)),
        ("GET", "/v1/calendar?from=2030-01-02T00:00:00Z&until=2030-01-01T00:00:00Z", json!(null)),
        ("DELETE", "/v1/posts", json!(null)),
        ("POST", "/v1/posts", json!({ "text": "Hello", "parts": [{ "text": "Hi" }] })),
        ("POST", "/v1/posts", json!({ "text": "a\u{202e}b" })),
        (
            "POST",
            "/v1/posts",
            json!({ "text": "Hello", "schedule": { "local": "tomorrow", "zone": "Europe/Amsterdam" } }),
        ),
        ("POST", "/v1/keys", json!({ "name": long, "permissions": ["posts:read"], "days": 30 })),
        ("POST", "/v1/keys", json!({ "name": "a", "permissions": ["posts:read"], "days": 0 })),
        ("PUT", "/v1/me/password", json!({ "current_password": "wrong", "new_password": "short" })),
        ("POST", "/v1/channels/connect", json!({ "platform": "none", "input": {} })),
        ("POST", "/v1/uploads", json!({ "name": "a.png", "size_bytes": 0 })),
        ("PATCH", "/v1/me", json!({ "zone": "Mars" })),
    ];
    for (method, path, body) in asked {
        let body = (!body.is_null()).then_some(body);
        let send = |client: &crate::testing::Client| {
            let (client, body) = (client.clone().with("if-match", "*"), body.clone());
            async move { client.send(method.parse().expect("a method"), path, body).await }
        };
        let (in_english, in_dutch) = (send(&english).await, send(&dutch).await);
        assert!(in_english.status >= 400, "{method} {path}: {}", in_english.text);
        assert_eq!(in_english.status, in_dutch.status, "{method} {path}");
        for name in ["title", "detail", "remedy"] {
            assert_ne!(in_english.json[name], in_dutch.json[name], "{method} {path}: {name}");
        }
        for (one, other) in [(&in_english, "en"), (&in_dutch, "nl")] {
            assert_eq!(one.header("content-language"), other, "{method} {path}");
            assert!(one.header("vary").contains("accept-language"), "{method} {path}: {}", one.header("vary"));
        }
        let details = |answer: &crate::testing::Answer| -> Vec<String> {
            let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
            errors.iter().filter_map(|error| error["detail"].as_str().map(str::to_owned)).collect()
        };
        for (one, other) in details(&in_english).iter().zip(&details(&in_dutch)) {
            assert_ne!(one, other, "{method} {path}");
        }
    }
}
