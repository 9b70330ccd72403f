//! The event stream as browsers use it.

use std::time::Duration;

use axum::{body::Body, http::Request};
use base::{Permission, Role};
use db::testing::TestDb;
use futures::StreamExt as _;
use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn a_browser_without_headers_gives_its_workspace_and_last_event_in_the_url() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        let owner = world.owner();
        assert_eq!(owner.post("/v1/posts", json!({ "text": "Hello" })).await.status, 201);
        let path = format!("/v1/events/stream?after=0&workspace={}", world.workspace);
        let answer = owner.raw(Request::get(&path).body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status(), 200);
        // Proxies buffer a response unless told not to, and wait for its first byte.
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        assert_eq!(answer.headers()["cache-control"], "no-store, no-transform");
        let mut body = answer.into_body().into_data_stream();
        let begun = body.next().await.expect("a first byte").expect("bytes");
        assert_eq!(begun, ": connected\n\n");
        let first = body.next().await.expect("something happened").expect("bytes");
        let first = String::from_utf8_lossy(&first);
        assert!(first.contains("\"kind\":\"post.created\"") && first.contains("id: 1"), "{first}");
        assert!(!first.contains("event:"), "`onmessage` hears only what has no name: {first}");
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

#[tokio::test]
async fn a_stream_ends_within_a_second_when_its_readers_rights_end() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        let owner = world.owner();
        for how in ["key revoked", "key rotated", "removed", "signed out", "password changed", "session ended"] {
            let (person, member) = world.member(Role::Manager).await;
            let (key, text) = world.make_key(|new| new.permissions = Some([Permission::EventsRead].into())).await;
            let client = if how.starts_with("key") { world.with_key(&text) } else { member.clone() };
            let request = Request::get("/v1/events/stream").body(Body::empty()).expect("a request");
            let answer = client.raw(request).await;
            assert_eq!(answer.status(), 200, "{how}");
            let mut body = answer.into_body().into_data_stream();
            body.next().await.expect("the first words").expect("bytes");
            let ended = match how {
                "key revoked" => owner.delete(&format!("/v1/keys/{}", key.id)).await,
                "key rotated" => {
                    owner.post(&format!("/v1/keys/{}/rotate", key.id), json!({ "overlap_hours": 0 })).await
                }
                "removed" => owner.delete(&format!("/v1/members/{person}")).await,
                "signed out" => member.delete("/v1/session").await,
                "password changed" => {
                    let body = json!({ "current_password": crate::testing::PASSWORD, "new_password": "orange lantern sings thrice" });
                    member.put("/v1/me/password", body).await
                }
                _ => {
                    let mine =
                        member.get("/v1/sessions").await.json["items"][0]["id"].as_str().unwrap_or_default().to_owned();
                    member.delete(&format!("/v1/sessions/{mine}")).await
                }
            };
            assert!(ended.status < 300, "{how}: {}", ended.text);
            let rest = async { while let Some(Ok(_)) = body.next().await {} };
            assert!(tokio::time::timeout(Duration::from_secs(60), rest).await.is_ok(), "{how}: the stream goes on");
        }
    }
}

#[tokio::test]
async fn missing_events_are_answered_with_gone_and_an_invalid_number_is_refused() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        let owner = world.owner();
        assert_eq!(owner.get("/v1/events?after=0").await.status, 200, "before anything happened");
        for _ in 0..3 {
            assert_eq!(owner.post("/v1/posts", json!({ "text": "Hello" })).await.status, 201);
        }
        let end = owner.get("/v1/events?after=3").await;
        assert_eq!((end.status, &end.json["items"]), (200, &json!([])), "the end is not beyond it");
        for path in ["/v1/events?after=4", "/v1/events/stream?after=9000"] {
            let gone = owner.get(path).await;
            assert_eq!((gone.status, gone.problem()), (410, "events-gone"), "{path}: {}", gone.text);
            assert_eq!((&gone.json["oldest"], &gone.json["last"]), (&json!(1), &json!(3)));
        }
        assert_eq!(owner.get("/v1/events?after=-1").await.status, 422);
        for (said, status) in [("abc", 400), ("1.5", 400), ("-1", 400), ("99", 410), ("2", 200), ("", 200)] {
            let answer = owner.clone().with("last-event-id", said).get("/v1/events/stream").await;
            assert_eq!(answer.status, status, "`{said}`: {}", answer.text);
        }
        let forgotten =
            world.app.db.write(async |tx| tx.execute("DELETE FROM events WHERE seq < 3", db::args![]).await.map(drop));
        forgotten.await.map_err(|error: db::Error| error).expect("forgotten");
        assert_eq!(owner.get("/v1/events?after=1").await.status, 410, "what follows 1 is kept no more");
        assert_eq!(owner.get("/v1/events?after=2").await.status, 200);
        assert_eq!(owner.get("/v1/events?after=0").await.json["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn the_number_of_streams_per_key_is_limited_and_a_closed_one_frees_its_place() {
    let world = World::on(TestDb::sqlite().await).await;
    let key = world.key([Permission::EventsRead]).await;
    let open = || Request::get("/v1/events/stream").body(Body::empty()).expect("a request");
    let mut streams = Vec::new();
    for _ in 0..super::http::STREAMS_MAX {
        streams.push(key.raw(open()).await);
    }
    assert_eq!(key.raw(open()).await.status(), 429);
    assert_eq!(world.owner().raw(open()).await.status(), 200, "others have their own");
    streams.pop();
    assert_eq!(key.raw(open()).await.status(), 200);
}
