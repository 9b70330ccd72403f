//! Videos that a channel does not take as they are: converted by the real ffmpeg, ahead of time.

use std::{path::Path, time::Duration};

use connector::{Connectors, Limits, Publish as _, VideoCoding, VideoRules, testing::FakePlatform};
use db::testing::TestDb;
use serde_json::{Value, json};

use super::{kept, read, renditions::connect, spooled, upload};
use crate::{
    fault::Fault,
    media::{
        library::{Wanted, for_channel},
        probe,
        transcoding::{Transcoder, next},
    },
    publishing::{Engine, EngineSettings},
    testing::World,
};

const FFMPEG: &str = "ffmpeg";

/// A video of a second, as ffmpeg makes it; `None`, with a word, where ffmpeg is not installed.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn film(name: &str, words: &[&str]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    let mut command = std::process::Command::new(FFMPEG);
    command.args(["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=128x96:rate=10:duration=1"]);
    match command.args(words).arg(&file).output() {
        Ok(made) if made.status.success() => Some(std::fs::read(file).expect("made")),
        Ok(made) => {
            println!("skipped: this ffmpeg cannot make {name}: {}", String::from_utf8_lossy(&made.stderr));
            None
        }
        Err(error) => {
            println!("skipped: ffmpeg is not installed ({error})");
            None
        }
    }
}

fn hevc() -> Option<Vec<u8>> {
    let sound = ["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "pcm_s16le"];
    film("film.mov", &[&sound[..], &["-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"]].concat())
}

fn rules() -> VideoRules {
    VideoRules {
        count_max: 1,
        mime: vec!["video/mp4".to_owned()],
        bytes_max: 1 << 20,
        duration_max_ms: None,
        duration_min_ms: None,
        coding: VideoCoding { side_max: Some(64), index_first: true, ..VideoCoding::default() },
        source: "the test".to_owned(),
    }
}

fn transcoder(ffmpeg: &Path) -> Transcoder {
    Transcoder { ffmpeg: ffmpeg.to_owned(), confined_by: None, silence_max: Duration::from_secs(300) }
}

fn real() -> Transcoder {
    transcoder(Path::new(FFMPEG))
}

async fn world(db: TestDb) -> (World, FakePlatform) {
    let fake = FakePlatform::default();
    fake.take_videos(rules());
    let connectors = Connectors::new(vec![std::sync::Arc::new(fake.clone())]);
    (World::with(db, connectors, |settings| settings.transcoder = Some(real())).await, fake)
}

#[tokio::test]
async fn s_65_a_video_in_hevc_is_converted_ahead_of_time_and_holds_nothing_else_up() {
    let Some(file) = hevc() else { return };
    for db in TestDb::both().await {
        let (world, fake) = world(db).await;
        let owner = world.owner();
        let channel = connect(&owner).await;
        let film = upload(&owner, "film.mov", &file).await.id();
        let plan = async || read(&owner, &format!("/v1/media/{film}/renditions")).await.json["items"][0].clone();
        let planned = plan().await;
        assert_eq!((&planned["treatment"], &planned["mime"]), (&json!("convert"), &json!("video/mp4")), "{planned}");
        assert_eq!(
            (&planned["width"], &planned["made"], &planned["percent"]),
            (&json!(64), &json!(false), &Value::Null)
        );
        let why = planned["why"].as_str().expect("words");
        assert!(why.contains("HEVC → H.264, because") && why.contains("AAC") && why.contains("64×48"), "{why}");

        let post = async |text: &str, media: Value| {
            let body = json!({ "text": text, "media": media, "channels": [{ "channel": channel }], "schedule": { "now": true } });
            let made = owner.post("/v1/posts", body).await;
            assert_eq!(made.status, 201, "{}", made.text);
            made.header("location").to_owned()
        };
        let moving = post("Look", json!([{ "id": film, "alt": "A test card" }])).await;
        let still = post("Only words", json!([])).await;
        assert_eq!(plan().await["percent"], 0, "scheduling asked for it");
        let engine = Engine::new(world.app.clone(), EngineSettings::default());
        engine.drain().await.expect("drained");
        assert_eq!(owner.get(&still).await.json["state"], "published", "it does not wait for the video");
        let waits = owner.get(&moving).await;
        assert!(waits.json["state"] == "scheduled" && waits.text.contains("still being converted"), "{}", waits.text);

        assert!(next(&world.app, &real(), None).await.expect("done").is_some());
        assert!(next(&world.app, &real(), None).await.expect("done").is_none(), "it is done once");
        assert_eq!(plan().await["made"], true);
        engine.drain().await.expect("drained");
        assert_eq!(
            owner.get(&moving).await.json["state"],
            "published",
            "it is woken: {}",
            owner.get(&moving).await.text
        );
        let (mime, sent) = fake.files().pop().expect("sent");
        let size = sent.len() as u64;
        let measured =
            probe::video(&mut std::io::Cursor::new(&sent), size, crate::media::FileType::Mp4).expect("whole");
        assert_eq!((mime.as_str(), measured.video_codec.as_deref()), ("video/mp4", Some("h264")));
        assert_eq!((measured.width, measured.height, measured.audio_codec.as_deref()), (64, 48, Some("aac")));
        assert!(
            measured.index_first && measured.duration_ms.is_some_and(|ms| (900..1_300).contains(&ms)),
            "{measured:?}"
        );
        assert_eq!((spooled(&world), kept(&world).await), (0, 2), "the original and its rendition");
    }
}

#[tokio::test]
async fn a_quicktime_video_that_cannot_be_rewrapped_becomes_mp4_without_a_second_encoding() {
    let Some(file) =
        film("film.mov", &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "frag_keyframe+empty_moov"])
    else {
        return;
    };
    // Neither brands nor an index that could be moved.
    let mut old = file;
    old[4..8].copy_from_slice(b"free");
    let (world, _) = world(TestDb::sqlite().await).await;
    let film = upload(&world.owner(), "old.mov", &old).await.id();
    let rules = VideoRules { coding: VideoCoding::default(), ..rules() };
    let limits = Limits { video: Some(rules), ..FakePlatform::default().limits(&Value::Null) };
    let ask = async || for_channel(&world.app, world.workspace, film, None, (&limits, None), Wanted::ToSend).await;
    let Err(Fault::Problem(waits)) = ask().await else { panic!("nobody has made it") };
    assert_eq!(waits.members["converting"], 0);
    let judged =
        for_channel(&world.app, world.workspace, film, None, (&limits, None), Wanted::ToJudge).await.expect("planned");
    assert_eq!((judged.mime.as_str(), judged.width), ("video/mp4", 128), "as it will be");
    next(&world.app, &real(), None).await.expect("done");
    let made = ask().await.expect("made");
    assert_eq!((made.mime.as_str(), made.video_codec.as_deref(), made.width), ("video/mp4", Some("h264"), 128));
    assert_ne!(made.sha256, judged.sha256);
}

/// A program that does this in place of ffmpeg. A shell writes it: a child that another test starts meanwhile would hold it
/// open for writing if this process did, and what is being written cannot be run.
#[cfg(unix)]
fn script(folder: &Path, text: &str) -> Transcoder {
    let path = folder.join("ffmpeg");
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 700 "$0""#]).arg(&path).arg(text);
    assert!(shell.status().expect("a shell").success());
    transcoder(&path)
}

/// Takes what waits, and is cut off while it converts it, as if the process had died.
#[cfg(unix)]
async fn cut_off(world: &World) {
    let folder = tempfile::tempdir().expect("a folder");
    let begun = folder.path().join("begun");
    let slow = script(folder.path(), &format!("printf half; : > {}; exec sleep 600", begun.display()));
    let has_begun = async {
        while !begun.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        ended = next(&world.app, &slow, None) => panic!("it was not at work: {ended:?}"),
        () = has_begun => {}
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_conversion_that_hangs_fails_or_makes_nonsense_is_a_refusal_with_its_reason() {
    let Some(file) = hevc() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for (text, words) in [
        ("exec sleep 600", "more memory, time or space"),
        ("echo 'it is broken' >&2; exit 1", "it cannot be converted"),
        ("echo nonsense", "damaged"),
        ("kill -9 $$", "more memory, time or space"),
    ] {
        let (world, _) = world(TestDb::sqlite().await).await;
        let owner = world.owner();
        let channel = connect(&owner).await;
        let film = upload(&owner, "film.mov", &file).await.id();
        let body =
            json!({ "text": "Look", "media": [{ "id": film, "alt": "A" }], "channels": [{ "channel": channel }] });
        let fine = owner.post("/v1/posts/validate", body.clone()).await;
        assert!(!fine.text.contains("media_unusable"), "{}", fine.text);
        let mut transcoder = script(folder.path(), text);
        if text.contains("sleep") {
            transcoder.silence_max = Duration::from_millis(500);
        }
        next(&world.app, &transcoder, None).await.expect("it ended");
        let said = owner.post("/v1/posts/validate", body).await;
        assert!(said.text.contains("media_unusable") && said.text.contains(words), "{text}: {}", said.text);
        let plan = read(&owner, &format!("/v1/media/{film}/renditions")).await;
        assert_eq!(plan.json["items"][0]["treatment"], "refuse", "{}", plan.json);
        assert_eq!((spooled(&world), kept(&world).await), (0, 1), "nothing half is left");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_conversion_that_is_cut_off_leaves_nothing_and_is_begun_again() {
    let Some(file) = hevc() else { return };
    let (world, _) = world(TestDb::sqlite().await).await;
    let owner = world.owner();
    connect(&owner).await;
    let film = upload(&owner, "film.mov", &file).await.id();
    let limits = Limits { video: Some(rules()), ..FakePlatform::default().limits(&Value::Null) };
    let ask = async || for_channel(&world.app, world.workspace, film, None, (&limits, None), Wanted::ToSend).await;
    assert!(ask().await.is_err());
    cut_off(&world).await;
    assert!(next(&world.app, &real(), None).await.expect("read").is_none(), "nobody else takes it meanwhile");
    world.advance(Duration::from_secs(61));
    assert!(next(&world.app, &real(), None).await.expect("done").is_some());
    assert!(ask().await.is_ok());
    assert_eq!((spooled(&world), kept(&world).await), (0, 2));
}

#[cfg(unix)]
#[tokio::test]
async fn a_video_that_kills_its_converter_three_times_is_given_up_and_a_deleted_one_is_forgotten() {
    let Some(file) = hevc() else { return };
    let (world, _) = world(TestDb::sqlite().await).await;
    let owner = world.owner();
    let limits = Limits { video: Some(rules()), ..FakePlatform::default().limits(&Value::Null) };
    let film = upload(&owner, "film.mov", &file).await.id();
    let ask = async || for_channel(&world.app, world.workspace, film, None, (&limits, None), Wanted::ToSend).await;
    assert!(ask().await.is_err());
    for _ in 0..3 {
        cut_off(&world).await;
        world.advance(Duration::from_secs(61));
    }
    next(&world.app, &real(), None).await.expect("given up");
    let Err(Fault::Problem(given_up)) = ask().await else { panic!("it was made") };
    assert!(given_up.detail.english().contains("broke off 3 times"), "{}", given_up.detail);
    assert_eq!(owner.delete(&format!("/v1/media/{film}")).await.status, 204);
    assert_eq!(kept(&world).await, 0);
    assert!(next(&world.app, &real(), None).await.expect("read").is_none());
}
