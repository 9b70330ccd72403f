//! Which videos are converted for which channels, and why.

use std::io::Cursor;

use connector::{VideoCoding, VideoRules};

use super::corpus::{Video, video};
use crate::media::{
    FileType, Plan, Probe, probe,
    transcoding::{self, Sound},
};

fn film() -> Probe {
    let file = video(b"isom", &Video::default());
    probe::video(&mut Cursor::new(&file), file.len() as u64, FileType::Mp4).expect("a video")
}

fn rules() -> VideoRules {
    VideoRules {
        count_max: 1,
        mime: vec!["video/mp4".to_owned()],
        bytes_max: 100 << 20,
        duration_max_ms: Some(60_000),
        duration_min_ms: None,
        coding: VideoCoding::default(),
        source: "the test".to_owned(),
    }
}

fn hevc() -> Probe {
    Probe { video_codec: Some("hevc".to_owned()), audio_codec: Some("aac".to_owned()), ..film() }
}

#[test]
fn what_a_channel_takes_is_sent_as_it_is_and_quicktime_becomes_mp4_without_ffmpeg() {
    for converts in [true, false] {
        assert!(matches!(transcoding::plan(&film(), &rules(), converts), Ok(Plan::Keep { .. })));
        let mov = Probe { file_type: FileType::Mov, ..film() };
        assert!(matches!(transcoding::plan(&mov, &rules(), converts), Ok(Plan::Rewrap { .. })));
    }
}

#[test]
fn without_ffmpeg_a_person_reads_what_is_wrong_and_what_to_do() {
    let coding = |coding: VideoCoding| VideoRules { coding, ..rules() };
    let base = VideoCoding::default;
    let small = coding(VideoCoding { pixels_max: Some(640 * 360), ..base() });
    let slow = coding(VideoCoding { frames_per_second_max: Some(30), ..base() });
    let thin = coding(VideoCoding { bits_per_second_max: Some(100), ..base() });
    let first = coding(VideoCoding { index_first: true, ..base() });
    let odd = Probe { file_type: FileType::Mov, rewraps: false, ..film() };
    for (probe, rules, words) in [
        (film(), small, "1280×720 pixels is too large"),
        (Probe { frames_per_second: Some(60), ..film() }, slow, "60 frames per second is too many; at most 30"),
        (Probe { size_bytes: 1 << 20, ..film() }, thin, "kbit per second is too much"),
        (Probe { index_first: false, ..film() }, first, "its index must come first"),
        (odd, rules(), "it accepts video/mp4"),
    ] {
        let why = transcoding::plan(&probe, &rules, false).expect_err(words).detail.english();
        assert!(why.contains(words), "{why}");
        assert!(why.contains("ffmpeg") || why.contains("it accepts"), "{why}");
        let plan = transcoding::plan(&probe, &rules, true);
        assert!(matches!(&plan, Ok(Plan::Transcode(_))) || words.contains("kbit"), "{words}: {plan:?}");
    }
    // What can be published all the same is published, with a word of caution.
    let Ok(Plan::Keep { why }) = transcoding::plan(&hevc(), &rules(), false) else { panic!("it is refused") };
    assert!(why.english().contains("HEVC") && why.english().contains("H.264"), "{why}");
}

#[test]
fn a_video_is_changed_no_more_than_a_channel_asks_for() {
    let plan = |probe: &Probe, rules: &VideoRules| match transcoding::plan(probe, rules, true) {
        Ok(Plan::Transcode(work)) => work,
        other => panic!("{other:?}"),
    };
    let work = plan(&hevc(), &rules());
    assert!(work.why.english().starts_with("HEVC → H.264, because"), "{}", work.why);
    let picture = work.picture.expect("re-coded");
    assert_eq!((picture.width, picture.height, work.sound), (1280, 720, Sound::Keep));
    let short = Probe { duration_ms: Some(1_000), ..hevc() };
    let roomy = VideoRules { bytes_max: 300_000_000, ..rules() };
    let picture = plan(&short, &roomy).picture.expect("re-coded");
    assert_eq!(picture.bits_per_second_max, None, "more than ffmpeg can be told");

    let opus = Probe { audio_codec: Some("opus".to_owned()), ..film() };
    let work = plan(&opus, &rules());
    assert_eq!((work.picture, work.sound), (None, Sound::Aac), "the picture stays");

    let odd = Probe { file_type: FileType::Mov, rewraps: false, ..film() };
    let work = plan(&odd, &rules());
    assert_eq!((work.picture, work.sound), (None, Sound::None), "only the container changes");

    // Too many bytes: fewer bits, and a smaller picture where they would not be enough for this one.
    let tight = VideoRules { bytes_max: 1 << 20, ..rules() };
    let large = Probe { size_bytes: 50 << 20, width: 1921, height: 1081, frames_per_second: Some(30), ..film() };
    let picture = plan(&large, &tight).picture.expect("re-coded");
    let bits = picture.bits_per_second_max.expect("limited");
    assert!(bits * 12 / 8 < 1 << 20, "{bits}");
    assert!(picture.width < 1280 && picture.width % 2 == 0 && picture.height % 2 == 0, "{picture:?}");
    let hopeless = VideoRules { bytes_max: 100_000, ..rules() };
    let why = transcoding::plan(&large, &hopeless, true).expect_err("too long").detail.english();
    assert!(why.contains("too long to fit into 100,000 bytes"), "{why}");
}
