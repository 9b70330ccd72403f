//! How a file is served, to whom, and how it is deleted.

use axum::body::Body;
use connector::{Connectors, testing::FakePlatform};
use db::testing::TestDb;
use serde_json::json;

use super::{kept, read, send, upload};
use crate::{
    media::{FileType, sweep_uploads, tests::corpus::plain},
    testing::World,
};

#[tokio::test]
async fn s_61_a_file_is_served_as_what_it_is_and_can_do_nothing() {
    for world in World::both().await {
        let owner = world.owner();
        let id = upload(&owner, "evil.html", &plain(FileType::Jpeg, 20, 20)).await.id();
        let got = read(&owner, &format!("/v1/media/{id}/file")).await;
        assert_eq!(got.header("content-type"), "image/jpeg");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(got.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(got.header("content-disposition"), "inline; filename=\"evil.jpg\"; filename*=UTF-8''evil.jpg");
        assert_eq!(got.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(got.header("cache-control"), "private, max-age=3600");
    }
}

#[tokio::test]
async fn a_part_of_a_file_is_served_for_a_range() {
    for world in World::both().await {
        let owner = world.owner();
        let id = upload(&owner, "a.png", &plain(FileType::Png, 50, 50)).await.id();
        let path = format!("/v1/media/{id}/file");
        let whole = read(&owner, &path).await;
        let (size, tag) = (whole.bytes.len(), whole.header("etag").to_owned());
        assert_eq!(whole.header("content-length"), size.to_string());
        assert_eq!(whole.header("accept-ranges"), "bytes");
        let part = async |headers: &[(&str, &str)]| send(&owner, "GET", &path, headers, Body::empty()).await;
        for (range, wanted) in [("bytes=0-9", 0..10), ("bytes=10-", 10..size), ("bytes=-5", size - 5..size)] {
            let got = part(&[("range", range)]).await;
            assert_eq!(got.status, 206, "{range}");
            assert_eq!(got.bytes, whole.bytes.slice(wanted.clone()), "{range}");
            let said = format!("bytes {}-{}/{size}", wanted.start, wanted.end - 1);
            assert_eq!(got.header("content-range"), said);
            assert_eq!(got.header("content-length"), wanted.len().to_string());
        }
        let outside = part(&[("range", &format!("bytes={size}-"))]).await;
        assert_eq!((outside.status, outside.problem()), (416, "range-outside"));
        assert_eq!(outside.header("content-range"), format!("bytes */{size}"));
        assert_eq!(part(&[("range", "bytes=0-1,3-4")]).await.status, 200, "several ranges mean the whole");
        assert_eq!(part(&[("range", "bytes=0-9"), ("if-range", &tag)]).await.status, 206);
        assert_eq!(part(&[("range", "bytes=0-9"), ("if-range", "\"other\"")]).await.status, 200);
        let known = part(&[("if-none-match", &tag)]).await;
        assert_eq!((known.status, known.bytes.len()), (304, 0));
        let head = send(&owner, "HEAD", &path, &[], Body::empty()).await;
        assert_eq!((head.status, head.bytes.len(), head.header("content-length")), (200, 0, size.to_string().as_str()));
    }
}

#[tokio::test]
async fn s_45_media_of_another_workspace_are_not_there() {
    for world in World::both().await {
        let owner = world.owner();
        let id = upload(&owner, "a.png", &plain(FileType::Png, 5, 5)).await.id();
        let begun = owner.post("/v1/uploads", json!({ "size_bytes": 10 })).await;
        let (elsewhere, stranger) = world.stranger().await;
        let stranger = stranger.in_workspace(elsewhere);
        let upload = begun.header("location");
        let piece = [("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
        for (method, path) in [
            ("GET", format!("/v1/media/{id}")),
            ("GET", format!("/v1/media/{id}/file")),
            ("GET", format!("/v1/media/{id}/renditions")),
            ("DELETE", format!("/v1/media/{id}")),
            ("GET", upload.to_owned()),
            ("PATCH", upload.to_owned()),
            ("DELETE", upload.to_owned()),
            ("POST", format!("{upload}/finish")),
        ] {
            let got = send(&stranger, method, &path, &piece, Body::empty()).await;
            assert_eq!((got.status, got.problem()), (404, "not-found"), "{method} {path}");
        }
        assert_eq!(stranger.patch(&format!("/v1/media/{id}"), json!({ "alt": "mine" })).await.status, 404);
        assert_eq!(stranger.get("/v1/media").await.json["items"], json!([]));
        assert_eq!(owner.get(&format!("/v1/media/{id}")).await.json["alt"], json!(null));
        assert_eq!(owner.get(upload).await.json["received_bytes"], 0);
    }
}

#[tokio::test]
async fn a_file_is_deleted_unless_a_post_still_needs_it() {
    for db in TestDb::both().await {
        let fake = FakePlatform::default();
        fake.take_images(super::renditions::rules(&["image/png"], 1 << 20, 1_000));
        let world = World::with(db, Connectors::new(vec![std::sync::Arc::new(fake)]), |_| {}).await;
        let owner = world.owner();
        let channel = super::renditions::connect(&owner).await;
        let id = upload(&owner, "a.png", &plain(FileType::Png, 50, 50)).await.id();
        let path = format!("/v1/media/{id}");
        let body = json!({
            "text": "Look", "media": [{ "id": id }], "channels": [{ "channel": channel }],
            "schedule": { "at": "2030-01-02T09:00:00Z" },
        });
        let post = owner.post("/v1/posts", body).await;
        assert_eq!(post.status, 201, "{}", post.text);
        let refused = owner.delete(&path).await;
        assert_eq!((refused.status, refused.problem()), (409, "conflict"), "{}", refused.text);
        assert_eq!(refused.json["posts"], json!([post.json["id"]]));
        assert_eq!(owner.get(&path).await.status, 200);
        assert_eq!(owner.delete(post.header("location")).await.status, 204);
        assert_eq!(owner.delete(&path).await.status, 204);
        assert_eq!(owner.get(&path).await.status, 404);
        assert_eq!(owner.get(&format!("{path}/file")).await.status, 404);
        assert_eq!(owner.delete(&path).await.status, 404);
        assert_eq!(kept(&world).await, 0, "the file and its renditions are gone");
        assert_eq!(sweep_uploads(&world.app).await.expect("swept"), 0, "nothing is left to do");
    }
}

#[tokio::test]
async fn p_015_files_of_a_deletion_that_was_interrupted_are_erased_by_the_sweep() {
    for world in World::both().await {
        let owner = world.owner();
        let id = upload(&owner, "a.png", &plain(FileType::Png, 50, 50)).await.id();
        // The process dies after the row is ended and before the file is erased.
        let (workspace, now) = (world.workspace, world.now());
        let ended = world.app.db.write(async move |tx| crate::media::store::end(tx, workspace, id, now).await).await;
        assert!(ended.map_err(|error: db::Error| error).expect("ended"));
        assert_eq!(owner.get(&format!("/v1/media/{id}")).await.status, 404);
        assert_eq!(sweep_uploads(&world.app).await.expect("swept"), 1);
        assert_eq!(kept(&world).await, 0);
        assert_eq!(sweep_uploads(&world.app).await.expect("swept"), 0);
    }
}
