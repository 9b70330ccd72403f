//! What is refused beforehand, how text is counted, and what is found in it.

use connector::{Connector as _, Draft, Fit, Framing, Media, MediaKind, Part, PartKind, Publish as _, SpanKind};
use serde_json::{Value, json};

use super::{comment, draft, file, film, image, part, text, world_of};
use crate::instagram::{Instagram, check, publish::Page};

fn rules(draft: &Draft) -> Vec<String> {
    check::draft(draft).iter().map(|issue| format!("{} {}", issue.rule, issue.pointer)).collect()
}

fn with(options: Value, parts: Vec<Part>) -> Draft {
    let mut whole = Draft { options, ..draft(parts) };
    whole.files.insert("film".to_owned(), film("film"));
    whole
}

#[test]
fn what_instagram_would_refuse_is_found_before_publishing() {
    let one = || vec![image("a", None)];
    let post = |words: &str| draft(vec![part(words, one())]);
    let sized = |width, height, media: Media| Media { width, height, ..media };
    let shaped = |width, height| draft(vec![part("x", vec![sized(width, height, image("a", None))])]);
    let long = |ms, size_bytes| Media { duration_ms: Some(ms), size_bytes, ..film("v") };
    let files = |count: usize| (0..count).map(|at| image(&at.to_string(), None)).collect::<Vec<_>>();
    let words = |sign: &str, count: usize| (0..count).map(|at| format!("{sign}w{at} ")).collect::<String>();
    let story = |media| with(json!({ "kind": "story" }), vec![part("", media)]);
    let reel = |options| with(options, vec![part("x", vec![film("v")])]);
    let tagged = |tag: Value, media| with(json!({ "user_tags": [tag] }), vec![part("x", media)]);
    let below = |words: &str| draft(vec![part("x", one()), comment(words)]);
    #[rustfmt::skip]
    let cases: Vec<(Draft, &[&str])> = vec![
        (draft(vec![]), &["parts_missing /parts"]),
        (post("fine"), &[]),
        (post(""), &[]),
        (draft(vec![text("words alone")]), &["media_unusable /parts/0/media"]),
        (draft(vec![text(" ")]), &["text_missing /parts/0/text", "media_unusable /parts/0/media"]),
        (post(&"a".repeat(2_200)), &[]),
        (post(&"a".repeat(2_201)), &["text_too_long /parts/0/text"]),
        (post(&"😀".repeat(1_101)), &["text_too_long /parts/0/text"]),
        (post(&words("#", 5)), &[]),
        (post(&words("#", 6)), &["tags_too_many /parts/0/text"]),
        (post(&words("#", 31)), &["tags_too_many /parts/0/text"]),
        (post(&words("@", 20)), &[]),
        (post(&words("@", 21)), &["tags_too_many /parts/0/text"]),
        (draft(vec![part("x", files(10))]), &[]),
        (draft(vec![part("x", files(11))]), &["images_too_many /parts/0/media"]),
        (draft(vec![part("x", vec![image("a", None), film("v")])]), &["image_ratio /parts/0/media"]),
        (shaped(1080, 1351), &["image_ratio /parts/0/media/0"]),
        (shaped(1910, 1000), &[]),
        (shaped(1911, 1000), &["image_ratio /parts/0/media/0"]),
        (draft(vec![part("x", vec![sized(1920, 191, film("v"))])]), &["video_ratio /parts/0/media/0"]),
        (draft(vec![part("x", vec![file("p", MediaKind::Image, "image/png", None)])]), &["media_type /parts/0/media/0"]),
        (draft(vec![part("x", vec![Media { animated: true, ..image("a", None) }])]), &["animation_still /parts/0/media/0"]),
        (draft(vec![part("x", vec![Media { alt: Some("A film".into()), ..film("v") }])]), &["alt_missing /parts/0/media/0/alt"]),
        (draft(vec![part("x", vec![image("a", Some(&"a".repeat(1_001)))])]), &["alt_too_long /parts/0/media/0/alt"]),
        (draft(vec![part("x", vec![long(900_001, 1)])]), &["video_too_long /parts/0/media/0"]),
        (draft(vec![part("x", vec![long(2_999, 1)])]), &["video_too_short /parts/0/media/0"]),
        (draft(vec![part("x", vec![long(61_000, 1), long(5_000, 1)])]), &["video_too_long /parts/0/media/0"]),
        // Stories.
        (story(one()), &[]),
        (story(vec![sized(1080, 1920, image("a", None))]), &[]),
        (story(vec![long(60_001, 1)]), &["video_too_long /parts/0/media/0"]),
        (story(vec![long(5_000, 100_000_001)]), &["media_too_large /parts/0/media/0"]),
        (story(files(2)), &["media_too_many /parts/0/media"]),
        (with(json!({ "kind": "story", "collaborators": ["bob"], "location_id": "1" }), vec![part("words", one()), comment("x")]),
            &["text_too_long /parts/0/text", "parts_too_many /parts/1", "options_invalid /options/collaborators", "options_invalid /options/location_id"]),
        // Comments.
        (below("first!"), &[]),
        (below(&"a".repeat(301)), &["text_may_be_too_long /parts/1/text"]),
        (below(&words("#", 5)), &["tags_too_many /parts/1/text"]),
        (below("https://example.com/a https://example.org/b"), &["links_too_many /parts/1/text"]),
        (draft(vec![part("x", one()), Part { kind: PartKind::Comment, ..part("x", one()) }]), &["media_too_many /parts/1/media"]),
        (draft(vec![part("x", one()), text("a thread?")]), &["parts_too_many /parts/1"]),
        // Options.
        (with(json!({ "collaborators": ["a", "b", "c", "d"] }), vec![part("x", one())]), &["tags_too_many /options/collaborators"]),
        (with(json!({ "collaborators": ["not a name"] }), vec![part("x", one())]), &["options_invalid /options/collaborators/0"]),
        (tagged(json!({ "username": "ann", "x": 0.1, "y": 1.0 }), one()), &[]),
        (tagged(json!({ "username": "ann", "x": 0.1 }), one()), &["options_invalid /options/user_tags/0"]),
        (tagged(json!({ "username": "ann" }), vec![film("v")]), &[]),
        (tagged(json!({}), vec![film("v")]), &["options_invalid /options/user_tags/0/username"]),
        (tagged(json!({ "username": "ann", "file": 2 }), vec![film("v")]), &["options_invalid /options/user_tags/0/file"]),
        (with(json!({ "location_id": "here" }), vec![part("x", one())]), &["options_invalid /options/location_id"]),
        (with(json!({ "audio_name": "x", "reels_tab_only": true }), vec![part("x", one())]), &["options_invalid /options/audio_name", "options_invalid /options/reels_tab_only"]),
        (reel(json!({ "audio_name": "x", "thumb_offset_ms": 5_000 })), &[]),
        (reel(json!({ "thumb_offset_ms": 5_001 })), &["options_invalid /options/thumb_offset_ms"]),
        (reel(json!({ "cover": "film", "thumb_offset_ms": 1 })), &["options_invalid /options/thumb_offset_ms", "media_type /options/cover"]),
        (reel(json!({ "nonsense": true })), &["options_invalid /options"]),
    ];
    for (draft, expected) in cases {
        assert_eq!(rules(&draft), expected, "{:?} {}", draft.parts.first().map(|part| &part.text), draft.options);
    }
}

#[test]
fn a_text_has_mentions_and_hashtags_and_its_links_are_text() {
    let publish = Instagram.publish().expect("publishes");
    let whole = draft(vec![text("é @ac.me. #one #two www.example.com/@x#y a@b.nl 😀")]);
    let reading = publish.read(&whole, 0, &Value::Null);
    let found: Vec<_> = reading.spans.iter().map(|span| (span.kind, span.target.as_str())).collect();
    assert_eq!(found, [(SpanKind::Mention, "ac.me"), (SpanKind::Tag, "one"), (SpanKind::Tag, "two")]);
    assert_eq!((reading.length, reading.limit), (whole.parts[0].text.encode_utf16().count() as u32, 2_200));
}

#[test]
fn an_address_of_a_post_is_read_and_nothing_else_is() {
    let world = world_of("http://127.0.0.1:9/");
    let read = |text: &str| {
        let page = Page::of(&world.call(), &text.parse().expect("an address"))?;
        Some(format!("{} {}", page.code, page.comment.unwrap_or_default()))
    };
    for (address, expected) in [
        ("https://www.instagram.com/p/DC-k_1/?img_index=1", Some("DC-k_1 ")),
        ("https://instagram.com/reel/ABC", Some("ABC ")),
        ("https://www.instagram.com/acme/p/ABC/", Some("ABC ")),
        ("https://www.instagram.com/p/ABC/c/178/", Some("ABC 178")),
        ("https://www.instagram.com/stories/acme/345/", Some("345 ")),
        ("http://127.0.0.1:9/p/ABC/", Some("ABC ")),
        ("https://www.instagram.com/acme/", None),
        ("https://evil.example/p/ABC/", None),
    ] {
        assert_eq!(read(address).as_deref(), expected, "{address}");
    }
}

#[test]
fn images_get_the_shape_that_was_chosen_and_a_story_shows_no_text() {
    let framing = |options: Value| Instagram.framing(&options);
    let of = |narrowest, widest, fit| Some(Framing { narrowest, widest, fit });
    for (options, expected) in [
        (json!({}), None),
        (json!({ "shape": "keep" }), None),
        (json!({ "shape": "pad" }), of((4, 5), (191, 100), Fit::Pad)),
        (json!({ "shape": "crop", "kind": "story" }), of((9, 16), (9, 16), Fit::Crop)),
        (json!({ "shape": "squeeze" }), None),
    ] {
        assert_eq!(framing(options.clone()), expected, "{options}");
    }
    let told = |options: Value, position: usize| {
        let whole = Draft { options, ..draft(vec![part("Look", vec![image("cat", None)]), comment("First!")]) };
        Instagram.read(&whole, position, &Value::Null).left_out
    };
    assert!(told(json!({ "kind": "story" }), 0) && !told(json!({ "kind": "story" }), 1) && !told(json!({}), 0));
}
