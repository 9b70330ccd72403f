//! How much a workspace may keep (S-66).

use axum::body::Body;
use db::testing::TestDb;
use serde_json::json;

use super::{Got, in_pieces, kept, send, spooled, upload};
use crate::{
    Settings,
    media::{FileType, tests::corpus::plain},
    testing::{Client, World},
};

async fn both(change: impl Fn(&mut Settings) + Copy) -> Vec<World> {
    let mut worlds = Vec::new();
    for db in TestDb::both().await {
        worlds.push(World::with(db, Default::default(), change).await);
    }
    worlds
}

/// Sends a file without saying how large it is.
async fn stream(client: &Client, bytes: &bytes::Bytes) -> Got {
    let pieces = bytes.chunks(50).map(|piece| Some(bytes::Bytes::copy_from_slice(piece))).collect();
    send(client, "POST", "/v1/media", &[("content-type", "image/png")], in_pieces(pieces)).await
}

#[tokio::test]
async fn s_66_a_full_workspace_takes_nothing_more_until_something_is_deleted() {
    let size = plain(FileType::Png, 50, 50).len() as u64;
    for world in
        both(|settings| settings.uploads.workspace_bytes_max = plain(FileType::Png, 50, 50).len() as u64 * 2 + 10).await
    {
        let owner = world.owner();
        let png = plain(FileType::Png, 50, 50);
        let first = upload(&owner, "a.png", &png).await.id();
        let announced = owner.post("/v1/uploads", json!({ "size_bytes": size })).await;
        assert_eq!(announced.status, 201, "{}", announced.text);
        for got in [upload(&owner, "b.png", &png).await, stream(&owner, &png).await] {
            assert_eq!((got.status, got.problem()), (422, "quota-full"), "what is announced counts: {}", got.json);
            assert!(got.detail().contains("bytes"), "{}", got.detail());
        }
        let refused = owner.post("/v1/uploads", json!({ "size_bytes": 11 })).await;
        assert_eq!((refused.status, refused.problem()), (422, "quota-full"), "{}", refused.text);
        assert_eq!((&refused.json["used"], &refused.json["limit"]), (&json!(size * 2), &json!(size * 2 + 10)));
        assert_eq!(owner.delete(announced.header("location")).await.status, 204);
        assert_eq!(stream(&owner, &png).await.status, 201);
        assert_eq!(upload(&owner, "c.png", &png).await.problem(), "quota-full");
        assert_eq!(owner.delete(&format!("/v1/media/{first}")).await.status, 204);
        assert_eq!(upload(&owner, "c.png", &png).await.status, 201);
        let (elsewhere, stranger) = world.stranger().await;
        assert_eq!(upload(&stranger.in_workspace(elsewhere), "d.png", &png).await.status, 201, "each has its own");
        assert_eq!((spooled(&world), kept(&world).await), (0, 2));
    }
}

#[tokio::test]
async fn s_66_a_workspace_keeps_so_many_files() {
    for world in both(|settings| settings.uploads.workspace_files_max = 2).await {
        let owner = world.owner();
        let png = plain(FileType::Png, 4, 4);
        upload(&owner, "a.png", &png).await.id();
        upload(&owner, "b.png", &png).await.id();
        let got = upload(&owner, "c.png", &png).await;
        assert_eq!((got.status, got.problem()), (422, "quota-full"));
        assert!(got.detail().contains("2 files"), "{}", got.detail());
    }
}

#[tokio::test]
async fn s_66_a_file_has_a_limit_by_its_type() {
    for world in both(|settings| {
        settings.uploads.image_bytes_max = 200;
        settings.uploads.file_bytes_max = 100_000;
    })
    .await
    {
        let owner = world.owner();
        let png = plain(FileType::Png, 50, 50);
        assert!(png.len() > 200);
        for got in [upload(&owner, "a.png", &png).await, stream(&owner, &png).await] {
            assert_eq!(
                (got.status, got.problem(), &got.json["limit"]),
                (413, "too-large", &json!(200)),
                "{}",
                got.json
            );
            assert!(got.detail().contains("An image can be 200 bytes"), "{}", got.detail());
        }
        let said = [("content-type", "video/mp4"), ("content-length", "100001")];
        let got = send(&owner, "POST", "/v1/media", &said, Body::empty()).await;
        assert_eq!((got.status, &got.json["limit"]), (413, &json!(100_000)), "before a byte is read: {}", got.json);
        let got = owner.post("/v1/uploads", json!({ "size_bytes": 100_001 })).await;
        assert_eq!((got.status, got.problem()), (413, "too-large"));
        assert_eq!(upload(&owner, "small.png", &plain(FileType::Png, 2, 2)).await.status, 201);
        assert_eq!(spooled(&world), 0);
    }
}

#[tokio::test]
async fn s_66_uploads_at_the_same_moment_do_not_share_the_last_place() {
    for world in both(|settings| settings.uploads.workspace_files_max = 3).await {
        let owner = world.owner();
        let png = plain(FileType::Png, 4, 4);
        let all = futures::future::join_all((0..8).map(|_| upload(&owner, "a.png", &png))).await;
        let statuses: Vec<u16> = all.iter().map(|got| got.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 3, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 5, "{statuses:?}");
        assert_eq!((spooled(&world), kept(&world).await), (0, 3));
    }
}
