//! A file in one request: what is taken, what is left of it, what is refused, and that refusing leaves nothing.

use axum::body::Body;
use bytes::Bytes;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{file_of, in_pieces, kept, read, send, spooled, upload};
use crate::{
    media::{
        FileType,
        tests::corpus::{Video, dirty, has_canary, plain, png_chunk, video},
    },
    testing::World,
};

#[tokio::test]
async fn p_015_a_photo_with_its_place_comes_back_without() {
    for world in World::both().await {
        let owner = world.owner();
        for file_type in [FileType::Jpeg, FileType::Png, FileType::Webp, FileType::Gif] {
            let photo = dirty(file_type, 40, 30, 1);
            assert!(has_canary(&photo));
            let got = upload(&owner, "holiday.html", &photo).await;
            let id = got.id();
            assert_eq!(got.header("location"), format!("/v1/media/{id}"));
            assert_eq!(got.json["mime"], file_type.mime());
            assert_eq!((&got.json["width"], &got.json["height"]), (&json!(40), &json!(30)));
            let stored = file_of(&owner, id).await;
            assert!(!has_canary(&stored), "{file_type:?}");
            assert_eq!(got.json["size_bytes"], stored.len());
            assert_eq!(got.json["sha256"], hex::encode(Sha256::digest(&stored)));
        }
        assert_eq!((spooled(&world), kept(&world).await), (0, 4));
    }
}

#[tokio::test]
async fn p_015_a_video_comes_back_without_its_location() {
    for world in World::both().await {
        let owner = world.owner();
        for (brand, mime) in [(b"isom", "video/mp4"), (b"qt  ", "video/quicktime")] {
            let film = video(brand, &Video::default());
            let got = upload(&owner, "film.mp4", &film).await;
            assert_eq!((&got.json["mime"], &got.json["kind"]), (&json!(mime), &json!("video")));
            assert_eq!((&got.json["width"], &got.json["duration_ms"]), (&json!(1280), &json!(12_000)));
            let stored = file_of(&owner, got.id()).await;
            assert!(!has_canary(&stored) && stored.len() < film.len(), "what follows the video is cut off");
            assert_eq!(got.json["size_bytes"], stored.len());
        }
        assert_eq!(spooled(&world), 0);
    }
}

#[tokio::test]
async fn p_015_a_long_video_is_stripped_to_its_very_end() {
    // Longer than the pieces in which it streams by: what is to be blanked lies in the last one.
    let world = World::on(db::testing::TestDb::sqlite().await).await;
    let owner = world.owner();
    let like = Video { index_first: false, ..Video::default() };
    let mut film = video(b"isom", &like);
    let index = film.windows(4).position(|window| window == b"moov").expect("an index") - 4;
    let long = crate::media::tests::corpus::atom(b"mdat", &vec![0x5a; 7 << 20]);
    film.splice(index..index, long.iter().copied());
    let stored = file_of(&owner, upload(&owner, "long.mp4", &film).await.id()).await;
    assert!(!has_canary(&stored));
    let long = vec![0x5a; 7 << 20];
    let at = stored.windows(4).position(|window| window == [0x5a; 4]).expect("its pictures");
    assert!(stored[at..].starts_with(&long), "its pictures are as they were");
}

#[tokio::test]
async fn s_61_a_file_that_is_not_an_image_or_a_video_is_refused_whatever_its_name() {
    for world in World::both().await {
        let owner = world.owner();
        let jpeg = plain(FileType::Jpeg, 8, 8);
        let half = jpeg[..jpeg.len() / 2].to_vec();
        let files: &[(&str, &[u8])] = &[
            ("page.png", b"<!DOCTYPE html><html><script>alert(1)</script></html>"),
            ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("logo.png", b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>"),
            ("both.gif", b"GIF89a/*<script>*/=1;alert(1)//</script>"),
            ("both.jpg", b"\xff\xd8\xff\xe0<script>alert(1)</script>"),
            ("half.jpg", &half),
            ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
            ("tool.jpg", b"MZ\x90\0\x03\0\0\0"),
            ("book.png", b"%PDF-1.7\n"),
            ("none.png", b""),
        ];
        for (name, bytes) in files {
            let got = upload(&owner, name, bytes).await;
            assert_eq!((got.status, got.problem()), (422, "media-refused"), "{name}: {}", got.json);
            assert!(got.detail().len() > 30 && got.json["rule"].is_string(), "{name}: {}", got.json);
        }
        assert_eq!(read(&owner, "/v1/media").await.json["items"], json!([]));
        assert_eq!((spooled(&world), kept(&world).await), (0, 0), "nothing of them is kept");
    }
}

#[tokio::test]
async fn s_64_what_hides_behind_a_picture_is_cut_off() {
    let world = World::on(db::testing::TestDb::sqlite().await).await;
    let owner = world.owner();
    for file_type in [FileType::Jpeg, FileType::Png, FileType::Gif, FileType::Webp] {
        let two_in_one = [&plain(file_type, 8, 8)[..], b"<script>alert(1)</script>PK\x03\x04"].concat();
        let stored = file_of(&owner, upload(&owner, "a.jpg", &two_in_one).await.id()).await;
        assert!(!stored.windows(7).any(|window| window == b"<script"), "{file_type:?}");
    }
}

#[tokio::test]
async fn s_62_a_picture_of_a_hundred_megapixels_is_refused_with_the_numbers() {
    for world in World::both().await {
        let mut flood = b"\x89PNG\r\n\x1a\n".to_vec();
        flood.extend(png_chunk(
            b"IHDR",
            &[&10_000u32.to_be_bytes()[..], &10_000u32.to_be_bytes(), &[8, 6, 0, 0, 0]].concat(),
        ));
        flood.extend(png_chunk(b"IDAT", &[0; 100]));
        flood.extend(png_chunk(b"IEND", &[]));
        let got = upload(&world.owner(), "flood.png", &flood).await;
        assert_eq!((got.status, got.problem(), &got.json["rule"]), (422, "media-refused", &json!("S-62")));
        assert!(got.detail().contains("10,000 by 10,000") && got.detail().contains("64,000,000"), "{}", got.detail());
    }
}

#[tokio::test]
async fn s_66_a_file_that_breaks_off_leaves_nothing() {
    for world in World::both().await {
        let owner = world.owner();
        let jpeg = plain(FileType::Jpeg, 80, 80);
        let first = jpeg.slice(..jpeg.len() / 2);
        let headers = [("content-type", "image/jpeg")];
        let got = send(&owner, "POST", "/v1/media", &headers, in_pieces(vec![Some(first.clone()), None])).await;
        assert_eq!((got.status, got.problem()), (400, "bad-request"), "{}", got.json);
        assert!(got.detail().contains("/v1/uploads"), "{}", got.detail());
        let size = jpeg.len().to_string();
        let headers = [("content-type", "image/jpeg"), ("content-length", size.as_str())];
        let got = send(&owner, "POST", "/v1/media", &headers, in_pieces(vec![Some(first)])).await;
        assert_eq!((got.status, got.problem()), (400, "bad-request"), "{}", got.json);
        assert_eq!((spooled(&world), kept(&world).await), (0, 0));
        let whole = in_pieces(jpeg.chunks(7).map(|piece| Some(Bytes::copy_from_slice(piece))).collect());
        let got = send(&owner, "POST", "/v1/media", &[("content-type", "image/jpeg")], whole).await;
        assert_eq!(got.status, 201, "in pieces and without a length: {}", got.json);
    }
}

#[tokio::test]
async fn r_43_the_same_upload_sent_twice_with_one_key_is_one_asset() {
    for world in World::both().await {
        let keyed = world.owner().with("idempotency-key", "upload-1");
        let jpeg = plain(FileType::Jpeg, 16, 16);
        let first = upload(&keyed, "a.jpg", &jpeg).await;
        let second = upload(&keyed, "a.jpg", &jpeg).await;
        assert_eq!(first.id(), second.id());
        assert_eq!(second.header("idempotency-replayed"), "true");
        let listed = read(&world.owner(), "/v1/media").await;
        assert_eq!(listed.json["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn an_uploaded_file_is_listed_described_announced_and_audited() {
    for world in World::both().await {
        let owner = world.owner();
        let mut ids = Vec::new();
        for name in ["one.png", "two.png", "three.png"] {
            ids.push(upload(&owner, name, &plain(FileType::Png, 4, 4)).await.id().to_string());
            world.advance(std::time::Duration::from_secs(1));
        }
        let page = owner.get("/v1/media?limit=2").await;
        let names = |answer: &crate::testing::Answer| {
            let items = answer.json["items"].as_array().expect("a list").clone();
            items.into_iter().map(|item| item["file_name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&page), ["three.png", "two.png"], "newest first");
        let cursor = page.json["next_cursor"].as_str().expect("there is more");
        assert_eq!(names(&owner.get(&format!("/v1/media?limit=2&cursor={cursor}")).await), ["one.png"]);
        assert_eq!(owner.get("/v1/media?cursor=nonsense").await.problem(), "invalid-field");

        let path = format!("/v1/media/{}", ids[0]);
        assert_eq!(owner.get(&path).await.json["alt"], json!(null));
        assert_eq!(owner.patch(&path, json!({ "alt": "A cat" })).await.json["alt"], json!("A cat"));
        assert_eq!(owner.patch(&path, json!({})).await.json["alt"], json!("A cat"));
        let long = owner.patch(&path, json!({ "alt": "x".repeat(10_001) })).await;
        assert_eq!((long.problem(), &long.json["errors"][0]["pointer"]), ("invalid-field", &json!("/alt")));
        assert_eq!(owner.patch(&path, json!({ "alt": null })).await.json["alt"], json!(null));
        let got = send(
            &owner,
            "POST",
            "/v1/media?name=a.png&alt=A%20dog",
            &[("content-type", "image/png")],
            Body::from(plain(FileType::Png, 4, 4)),
        )
        .await;
        assert_eq!(got.json["alt"], "A dog");

        let events = owner.get("/v1/events?after=0").await;
        let kinds: Vec<_> = events.json["items"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|event| event["kind"].as_str().expect("a kind"))
            .collect();
        assert_eq!(
            kinds,
            ["media.added", "media.added", "media.added", "media.changed", "media.changed", "media.added"]
        );
        let log = owner.get("/v1/audit").await.text;
        assert!(log.contains("media.added") && log.contains("media.described") && log.contains(&ids[0]), "{log}");
        assert!(!log.contains("one.png") && !log.contains("A cat"), "no content in the audit log: {log}");
    }
}
