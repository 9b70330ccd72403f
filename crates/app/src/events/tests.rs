//! The stream as a browser reads it.

use axum::{body::Body, http::Request};
use db::testing::TestDb;
use futures::StreamExt as _;
use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn a_browser_that_can_send_no_header_names_its_workspace_and_where_it_was_in_the_address() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        let owner = world.owner();
        assert_eq!(owner.post("/v1/posts", json!({ "text": "Hello" })).await.status, 201);
        let path = format!("/v1/events/stream?after=0&workspace={}", world.workspace);
        let answer = owner.raw(Request::get(&path).body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status(), 200);
        // Proxies hold back an answer unless they are told not to, and until its first byte is there.
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        assert_eq!(answer.headers()["cache-control"], "no-store, no-transform");
        let mut body = answer.into_body().into_data_stream();
        let begun = body.next().await.expect("a first byte").expect("bytes");
        assert_eq!(begun, ": connected\n\n");
        let first = body.next().await.expect("something happened").expect("bytes");
        let first = String::from_utf8_lossy(&first);
        assert!(first.contains("event: post.created") && first.contains("id: 1"), "{first}");
        let (elsewhere, stranger) = world.stranger().await;
        assert_eq!(stranger.get(&path).await.status, 404, "a workspace that is not theirs is not found");
        let own = format!("/v1/events/stream?workspace={elsewhere}");
        assert_eq!(stranger.get(&own).await.status, 200);
        let body = json!({ "text": "Hello" });
        let elsewhere = stranger.post(&format!("/v1/posts?workspace={}", world.workspace), body).await;
        assert_eq!(elsewhere.status, 201, "a change is never steered by an address");
        assert_eq!(owner.get("/v1/posts").await.json["items"].as_array().map(Vec::len), Some(1));
    }
}
