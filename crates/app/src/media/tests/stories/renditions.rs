//! Which rendition a channel gets, why, and publishing with it.

use bytes::Bytes;
use connector::{
    Connectors, ImageRules, Limits, MediaKind, Publish as _, VideoCoding, VideoRules, testing::FakePlatform,
};
use db::testing::TestDb;
use serde_json::{Value, json};

use super::{read, spooled, upload};
use crate::{
    fault::Fault,
    media::{
        FileType,
        library::{Wanted, for_channel},
        tests::corpus::{Video, animation, dirty, encoded, has_canary, picture, plain, video},
    },
    publishing::{Engine, EngineSettings},
    testing::{Client, World},
};

pub(super) fn rules(mime: &[&str], bytes_max: u64, side_max: u32) -> ImageRules {
    ImageRules {
        count_max: 4,
        mime: mime.iter().map(|mime| (*mime).to_owned()).collect(),
        bytes_max,
        side_max,
        pixels_max: u64::from(side_max) * u64::from(side_max),
        source: "the test".to_owned(),
    }
}

fn limits(images: Option<ImageRules>, gif: Option<ImageRules>) -> Limits {
    Limits { images, gif, ..FakePlatform::default().limits(&Value::Null) }
}

pub(super) async fn connect(owner: &Client) -> String {
    let body = json!({ "platform": "fake", "way": "password", "input": { "name": "alice" } });
    let answer = owner.post("/v1/channels/connect", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json["channels"][0]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn p_015_a_post_is_published_with_a_fitting_rendition_without_location_data() {
    for db in TestDb::both().await {
        let fake = FakePlatform::default();
        fake.take_images(rules(&["image/jpeg"], 20_000, 100));
        let world = World::with(db, Connectors::new(vec![std::sync::Arc::new(fake.clone())]), |_| {}).await;
        let owner = world.owner();
        let channel = connect(&owner).await;
        let id = upload(&owner, "big.png", &dirty(FileType::Png, 400, 200, 1)).await.id();
        let planned = read(&owner, &format!("/v1/media/{id}/renditions?channel={channel}")).await;
        let plan = &planned.json["items"][0];
        assert_eq!(
            (&plan["treatment"], &plan["mime"], &plan["made"]),
            (&json!("convert"), &json!("image/jpeg"), &json!(false))
        );
        assert_eq!((&plan["width"], &plan["height"]), (&json!(100), &json!(50)));
        let why = plan["why"].as_str().expect("words");
        assert!(why.contains("400×200") && why.contains("100×50") && why.contains("image/jpeg"), "{why}");

        let body = json!({
            "text": "Look", "media": [{ "id": id }], "channels": [{ "channel": channel }], "schedule": { "now": true },
        });
        let post = owner.post("/v1/posts", body).await;
        assert_eq!(post.status, 201, "{}", post.text);
        Engine::new(world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
        let said = owner.get(post.header("location")).await;
        assert_eq!(said.json["state"], "published", "{}", said.text);
        let files = fake.files();
        assert_eq!(files.len(), 1);
        assert_eq!(fake.sent_with(), ["image/jpeg"], "for platforms that take files only with the post");
        let (mime, bytes) = &files[0];
        assert_eq!((mime.as_str(), FileType::of(bytes)), ("image/jpeg", Ok(FileType::Jpeg)));
        assert!(bytes.len() <= 20_000 && !has_canary(bytes));
        let size = image::load_from_memory(bytes).expect("a picture");
        assert_eq!((size.width(), size.height()), (100, 50));
        let made = read(&owner, &format!("/v1/media/{id}/renditions")).await;
        assert_eq!(made.json["items"][0]["made"], true, "listed for all channels: {}", made.json);
    }
}

#[tokio::test]
async fn a_rendition_is_created_once_and_again_if_it_was_lost() {
    for world in World::both().await {
        let owner = world.owner();
        let id = upload(&owner, "a.png", &plain(FileType::Png, 80, 40)).await.id();
        let limits = limits(Some(rules(&["image/jpeg"], 50_000, 40)), None);
        let ask = async || {
            for_channel(&world.app, world.workspace, id, Some("A bridge".into()), (&limits, None), Wanted::ToSend).await
        };
        let first = ask().await.expect("made");
        assert_eq!((first.kind, first.width, first.height), (MediaKind::Image, 40, 20));
        assert_eq!(first.alt.as_deref(), Some("A bridge"));
        assert_eq!(first.source.read().await.expect("there").len() as u64, first.size_bytes);
        let key = format!("{}/{id}/jpg-40x20-50000.jpg", world.workspace);
        let key = crate::media::BlobKey::parse(&key).expect("a key");
        world.app.blobs.delete(&key).await.expect("lost");
        let second = ask().await.expect("made again");
        assert_eq!(second.sha256, first.sha256);
        assert!(second.source.read().await.is_ok(), "its bytes are back");

        let original = crate::media::BlobKey::parse(&format!("{}/{id}/original.png", world.workspace)).expect("a key");
        world.app.blobs.delete(&original).await.expect("lost");
        world.app.blobs.delete(&key).await.expect("lost");
        let Err(Fault::Problem(problem)) = ask().await else { panic!("there is nothing to make it of") };
        assert_eq!(problem.code.slug(), "not-found");
        assert!(problem.detail.english().contains("no longer in the file store"), "{}", problem.detail);
        assert_eq!(read(&owner, &format!("/v1/media/{id}/file")).await.status, 404);
    }
}

#[tokio::test]
async fn channels_that_take_different_types_do_not_share_a_rendition() {
    let world = World::on(TestDb::sqlite().await).await;
    // Noise does not become a small PNG: a channel that takes JPEG too gets that.
    let mut noise = picture(200, 200);
    let mut state = 7u32;
    for pixel in noise.pixels_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        pixel.0 = [a, b, c, 255];
    }
    let png: Bytes = encoded(FileType::Png, &noise);
    let id = upload(&world.owner(), "noise.png", &png).await.id();
    let bytes_max = 60_000;
    let either = limits(Some(rules(&["image/png", "image/jpeg"], bytes_max, 1_000)), None);
    let only = limits(Some(rules(&["image/png"], bytes_max, 1_000)), None);
    let first =
        for_channel(&world.app, world.workspace, id, None, (&either, None), Wanted::ToSend).await.expect("made");
    let second = for_channel(&world.app, world.workspace, id, None, (&only, None), Wanted::ToSend).await.expect("made");
    assert_eq!((first.mime.as_str(), second.mime.as_str()), ("image/jpeg", "image/png"));
    assert!(first.size_bytes <= bytes_max && second.size_bytes <= bytes_max);
}

#[tokio::test]
async fn an_animation_is_sent_unchanged_or_as_its_first_frame_with_a_notice() {
    for world in World::both().await {
        let owner = world.owner();
        let gif = animation(60, 40, 3);
        let id = upload(&owner, "a.gif", &gif).await.id();
        let ask = async |limits: &Limits| {
            for_channel(&world.app, world.workspace, id, None, (limits, None), Wanted::ToSend).await
        };
        let images = rules(&["image/jpeg"], 1 << 20, 1_000);
        let as_it_is =
            ask(&limits(Some(images.clone()), Some(rules(&["image/gif"], 1 << 20, 1_000)))).await.expect("fits");
        assert_eq!((as_it_is.kind, as_it_is.mime.as_str(), as_it_is.width), (MediaKind::Gif, "image/gif", 60));
        let still = ask(&limits(Some(images.clone()), None)).await.expect("made");
        assert_eq!((still.kind, still.mime.as_str()), (MediaKind::Image, "image/jpeg"));
        for tight in [
            rules(&["image/gif"], 10, 1_000),
            rules(&["image/gif"], 1 << 20, 30),
            rules(&["image/gif", "image/png"], 1 << 20, 30),
        ] {
            let Err(Fault::Problem(problem)) = ask(&limits(Some(images.clone()), Some(tight))).await else {
                panic!("it does not fit")
            };
            assert_eq!(problem.code.slug(), "media-refused");
            assert!(
                problem.detail.english().contains("animation") && problem.detail.english().contains("60×40")
                    || problem.detail.english().contains("bytes"),
                "{}",
                problem.detail
            );
        }
    }
}

#[tokio::test]
async fn a_file_that_a_channel_cannot_take_is_explained_with_the_numbers() {
    let world = World::on(TestDb::sqlite().await).await;
    let owner = world.owner();
    let film = upload(&owner, "film.mp4", &video(b"isom", &Video::default())).await.id();
    let asset = crate::media::assets::get(&world.app, &world.scope(), film).await.expect("there");
    let rules = |bytes_max: u64, longest: u64, shortest: u64, mime: &str| VideoRules {
        count_max: 1,
        mime: vec![mime.to_owned()],
        bytes_max,
        duration_max_ms: Some(longest),
        duration_min_ms: Some(shortest),
        coding: VideoCoding::default(),
        source: "the test".to_owned(),
    };
    let ask = |video: Option<VideoRules>| {
        crate::media::library::planned(&asset, (&Limits { video, ..limits(None, None) }, None), false)
            .map(|plan| plan.why().to_owned())
    };
    assert!(ask(Some(rules(1 << 20, 60_000, 0, "video/mp4"))).expect("fits").english().contains("as it is"));
    for (video, words) in [
        (None, "accepts no videos"),
        (Some(rules(10, 60_000, 0, "video/mp4")), "at most 10 are allowed"),
        (Some(rules(1 << 20, 5_500, 0, "video/mp4")), "12 s is too long; at most 5.5 s"),
        (Some(rules(1 << 20, 60_000, 15_000, "video/mp4")), "12 s is too short; at least 15 s"),
        (Some(rules(1 << 20, 60_000, 0, "video/quicktime")), "it accepts video/quicktime"),
    ] {
        let why = ask(video).expect_err(words).detail;
        assert!(why.english().contains(words), "{why}");
    }
}

#[tokio::test]
async fn a_thumbnail_is_small_made_once_and_shown_where_a_browser_can_send_no_header() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        let owner = world.owner();
        let id = upload(&owner, "big.png", &dirty(FileType::Png, 1600, 800, 1)).await.id();
        let path = format!("/v1/media/{id}/file?rendition=thumbnail&workspace={}", world.workspace);
        let got = read(&owner, &path).await;
        assert_eq!(got.status, 200, "{}", got.json);
        let shown = image::load_from_memory(&got.bytes).expect("an image");
        assert_eq!((shown.width(), shown.height()), (480, 240));
        assert!(got.bytes.len() <= 160 << 10, "{}", got.bytes.len());
        assert!(got.header("cache-control").contains("private"), "it is not for everybody");
        let again = read(&owner, &path).await;
        assert_eq!((&again.bytes, again.header("etag")), (&got.bytes, got.header("etag")));
        let (elsewhere, stranger) = world.stranger().await;
        assert_eq!(read(&stranger, &path).await.status, 404, "a workspace that is not theirs");
        let theirs = format!("/v1/media/{id}/file?rendition=thumbnail&workspace={elsewhere}");
        assert_eq!(read(&stranger, &theirs).await.status, 404, "another workspace's file");
        let small = upload(&owner, "small.png", &plain(FileType::Png, 40, 20)).await.id();
        let file = super::file_of(&owner, small).await;
        assert_eq!(read(&owner, &format!("/v1/media/{small}/file?rendition=thumbnail")).await.bytes, file);
        let film = upload(&owner, "film.mp4", &video(b"isom", &Video::default())).await.id();
        let none = read(&owner, &format!("/v1/media/{film}/file?rendition=thumbnail")).await;
        assert_eq!((none.status, none.problem()), (404, "not-found"));
        assert_eq!(read(&owner, &format!("/v1/media/{id}/file?rendition=poster")).await.status, 400);
    }
}

#[tokio::test]
async fn before_publishing_a_notice_says_that_an_animation_becomes_a_still_image() {
    let fake = FakePlatform::default();
    fake.take_images(rules(&["image/jpeg", "image/webp", "image/png"], 1 << 20, 1_000));
    let connectors = Connectors::new(vec![std::sync::Arc::new(fake.clone())]);
    let world = World::with(TestDb::sqlite().await, connectors, |_| {}).await;
    let owner = world.owner();
    let channel = connect(&owner).await;
    for (name, file, is_still) in [
        ("a.webp", moving_webp(), true),
        ("a.gif", animation(12, 10, 3), true),
        ("a.png", plain(FileType::Png, 12, 10), false),
    ] {
        let id = upload(&owner, name, &file).await.id();
        let plan = read(&owner, &format!("/v1/media/{id}/renditions")).await;
        let why = plan.json["items"][0]["why"].as_str().expect("words");
        assert_eq!(why.contains("still image"), is_still, "{name}: {why}");
        let body = json!({ "text": "Look", "media": [{ "id": id, "alt": "A" }], "channels": [{ "channel": channel }] });
        let said = owner.post("/v1/posts/validate", body).await;
        assert_eq!(said.status, 200, "{}", said.text);
        assert_eq!(said.text.contains("animation_still"), is_still, "{name}: {}", said.text);
    }
}

#[tokio::test]
async fn a_quicktime_video_is_sent_as_mp4_if_a_channel_accepts_only_mp4() {
    for world in World::both().await {
        let owner = world.owner();
        let film = upload(&owner, "film.mov", &video(b"qt  ", &Video::default())).await.id();
        let rules = |mime: &[&str]| VideoRules {
            count_max: 1,
            mime: mime.iter().map(|mime| (*mime).to_owned()).collect(),
            bytes_max: 1 << 20,
            duration_max_ms: None,
            duration_min_ms: None,
            coding: VideoCoding::default(),
            source: "the test".to_owned(),
        };
        let ask = async |mime: &[&str]| {
            let limits = Limits { video: Some(rules(mime)), ..limits(None, None) };
            let asset = crate::media::assets::get(&world.app, &world.scope(), film).await.expect("there");
            let why =
                crate::media::library::planned(&asset, (&limits, None), false).expect("it can go").why().to_owned();
            (
                for_channel(&world.app, world.workspace, film, None, (&limits, None), Wanted::ToSend)
                    .await
                    .expect("there"),
                why,
            )
        };
        let (as_it_is, _) = ask(&["video/mp4", "video/quicktime"]).await;
        assert_eq!((as_it_is.kind, as_it_is.mime.as_str()), (MediaKind::Video, "video/quicktime"));
        let (made, why) = ask(&["video/mp4"]).await;
        assert!(why.english().contains("accepts MP4"), "{why}");
        assert_eq!((made.kind, made.mime.as_str()), (MediaKind::Video, "video/mp4"));
        assert_eq!((made.width, made.duration_ms), (1280, Some(12_000)));
        let bytes = made.source.read().await.expect("there");
        assert_eq!((FileType::of(&bytes[..64]), bytes.len() as u64), (Ok(FileType::Mp4), made.size_bytes));
        let (again, _) = ask(&["video/mp4"]).await;
        assert_eq!(again.sha256, made.sha256, "made once");
        assert_ne!(made.sha256, as_it_is.sha256);
    }
}

#[tokio::test]
async fn a_quicktime_video_that_says_no_brands_goes_as_mp4_too_and_plays_what_it_played() {
    let world = World::on(TestDb::sqlite().await).await;
    let owner = world.owner();
    let mut old = video(b"qt  ", &Video::default());
    old[4..8].copy_from_slice(b"free");
    let film = upload(&owner, "old.mov", &old).await;
    assert_eq!((film.status, &film.json["mime"]), (201, &json!("video/quicktime")), "{}", film.json);
    let kept = read(&owner, &format!("/v1/media/{}/file", film.id())).await.bytes;
    let mp4 = VideoRules {
        count_max: 1,
        mime: vec!["video/mp4".to_owned()],
        bytes_max: 1 << 20,
        duration_max_ms: None,
        duration_min_ms: None,
        coding: VideoCoding::default(),
        source: "the test".to_owned(),
    };
    let limits = Limits { video: Some(mp4), ..limits(None, None) };
    let made =
        for_channel(&world.app, world.workspace, film.id(), None, (&limits, None), Wanted::ToSend).await.expect("made");
    let bytes = made.source.read().await.expect("there");
    assert_eq!((made.mime.as_str(), bytes.len(), made.size_bytes), ("video/mp4", kept.len() + 24, bytes.len() as u64));
    assert_eq!(FileType::of(&bytes[..64]), Ok(FileType::Mp4));
    // A file whose tables do not point at its pictures is refused as cut off.
    let again = upload(&owner, "new.mp4", &bytes).await;
    assert_eq!((again.status, &again.json["duration_ms"]), (201, &film.json["duration_ms"]), "{}", again.json);
}

#[tokio::test]
async fn only_people_who_may_publish_change_the_alt_text_of_a_scheduled_post() {
    for db in TestDb::both().await {
        let fake = FakePlatform::default();
        fake.take_images(rules(&["image/png"], 1 << 20, 1_000));
        let connectors = Connectors::new(vec![std::sync::Arc::new(fake.clone())]);
        let world = World::with(db, connectors, |_| {}).await;
        let owner = world.owner();
        let channel = connect(&owner).await;
        let (_, author) = world.member(base::Role::Author).await;
        let key = world.key([base::Permission::MediaWrite, base::Permission::MediaRead]).await;
        let schedule = json!({ "at": "2030-01-01T12:00:00Z" });
        let file = async || upload(&owner, "a.png", &plain(FileType::Png, 12, 10)).await.id();
        let post = async |media: Value, schedule: Option<&Value>| {
            let mut body = json!({ "text": "Look", "media": [media], "channels": [{ "channel": channel }] });
            schedule.into_iter().for_each(|when| body["schedule"] = when.clone());
            let made = owner.post("/v1/posts", body).await;
            assert_eq!(made.status, 201, "{}", made.text);
        };
        let (shown, own, draft) = (file().await, file().await, file().await);
        post(json!({ "id": shown }), Some(&schedule)).await;
        post(json!({ "id": own, "alt": "In the post's words" }), Some(&schedule)).await;
        post(json!({ "id": draft }), None).await;
        for client in [&author, &key] {
            let refused = client.patch(&format!("/v1/media/{shown}"), json!({ "alt": "Nonsense" })).await;
            assert_eq!((refused.status, refused.problem()), (403, "forbidden"), "{}", refused.text);
            assert_eq!(refused.json["permission"], "posts:publish");
            for free in [own, draft] {
                let answer = client.patch(&format!("/v1/media/{free}"), json!({ "alt": "A square" })).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
        }
        assert_eq!(owner.patch(&format!("/v1/media/{shown}"), json!({ "alt": "A square" })).await.status, 200);
    }
}

#[tokio::test]
async fn a_picture_from_elsewhere_is_made_to_fit_and_what_is_none_is_refused() {
    let world = World::on(TestDb::sqlite().await).await;
    let rules = rules(&["image/jpeg"], 20_000, 300);
    let photo = photograph(900, 600);
    assert!(photo.len() > 20_000, "{}", photo.len());
    let fit = async |bytes: Bytes| crate::media::library::fit(&world.app, world.workspace, bytes, &rules).await;
    let (made, file_type) = fit(photo).await.expect("made");
    let probe = crate::media::probe::image(&made, file_type).expect("an image");
    assert_eq!((file_type, probe.width), (FileType::Jpeg, 300));
    assert!(made.len() <= 20_000);
    for none in
        [Bytes::from_static(b"<html>not a picture</html>"), video(b"isom", &Video::default()).into(), Bytes::new()]
    {
        fit(none).await.expect_err("no picture");
    }
    assert_eq!(spooled(&world), 0, "nothing of it is kept");
}

/// A picture that does not become small by itself.
fn photograph(width: u32, height: u32) -> Bytes {
    let mut state = 1_u32;
    let noise = image::RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    bytes.into_inner().into()
}

/// A WebP of two frames.
fn moving_webp() -> Bytes {
    use crate::media::tests::corpus::{webp_chunk, webp_file};
    let still = plain(FileType::Webp, 12, 10);
    let frame = [&[0; 6][..], &[11, 0, 0, 9, 0, 0], &[100, 0, 0, 0], &still[12..]].concat();
    let head = webp_chunk(b"VP8X", &[0x02, 0, 0, 0, 11, 0, 0, 9, 0, 0]);
    let frame = webp_chunk(b"ANMF", &frame);
    Bytes::from(webp_file(&[head, webp_chunk(b"ANIM", &[0; 6]), frame.clone(), frame]))
}
