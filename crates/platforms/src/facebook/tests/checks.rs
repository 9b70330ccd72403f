//! What is refused beforehand, what is said to be lost, and what is found in a text.

use connector::{Connector as _, Draft, Media, MediaKind, Part, PartKind, SpanKind};
use serde_json::{Value, json};

use super::{chosen, draft, film, photo, text, with};
use crate::{
    facebook::{Facebook, check},
    meta::rights::Rights,
};

fn rules(draft: &Draft, facts: &Value) -> Vec<String> {
    check::draft(draft, facts).iter().map(|issue| format!("{} {}", issue.rule, issue.pointer)).collect()
}

#[test]
fn what_facebook_would_refuse_or_lose_is_told_before_publishing() {
    let comment = |part: Part| Part { kind: PartKind::Comment, ..part };
    let reel = |media: Vec<Media>| chosen(json!({ "format": "reel" }), vec![with("Hi", media)]);
    let story = |media: Vec<Media>| chosen(json!({ "format": "story" }), vec![with("", media)]);
    let shaped = |width, height, ms| Media { width, height, duration_ms: Some(ms), ..film() };
    let gif = Media { kind: MediaKind::Gif, mime: "image/gif".into(), ..photo("g") };
    let described = Media { alt: Some("Waves".into()), ..film() };
    let heavy = Media { size_bytes: 4_000_001, ..photo("h") };
    let option = |options: Value| chosen(options, vec![text("x")]);
    #[rustfmt::skip]
    let cases: Vec<(Draft, &[&str])> = vec![
        (draft(vec![]), &["parts_missing /parts"]),
        (draft(vec![text(" ")]), &["text_missing /parts/0/text"]),
        (option(json!({ "link": "https://example.com/" })), &[]),
        (draft(vec![text(&"a".repeat(63_206))]), &[]),
        (draft(vec![text(&"a".repeat(63_207))]), &["text_too_long /parts/0/text"]),
        (draft(vec![text(&"😀".repeat(31_604))]), &["text_too_long /parts/0/text"]),
        (draft(vec![with("x", (0..10).map(|at| photo(&at.to_string())).collect())]), &[]),
        (draft(vec![with("x", (0..11).map(|at| photo(&at.to_string())).collect())]), &["images_too_many /parts/0/media"]),
        (draft(vec![with("x", vec![photo("a"), film()])]), &["media_mixed /parts/0/media"]),
        (draft(vec![with("x", vec![heavy])]), &["media_too_large /parts/0/media/0"]),
        (draft(vec![with("x", vec![gif])]), &["animation_still /parts/0/media/0"]),
        (draft(vec![with("x", vec![described])]), &["alt_left_out /parts/0/media/0/alt"]),
        (draft(vec![text("x"), comment(text("first"))]), &[]),
        (draft(vec![text("x"), text("more")]), &["part_becomes_comment /parts/1/kind"]),
        (draft(vec![text("x"), comment(with("", vec![photo("a"), photo("b")]))]), &["images_too_many /parts/1/media"]),
        (draft(vec![text("x"), comment(with("", vec![film()]))]), &["media_type /parts/1/media"]),
        (reel(vec![film()]), &[]),
        (reel(vec![]), &["options_invalid /options/format"]),
        (reel(vec![photo("a")]), &["options_invalid /options/format"]),
        (reel(vec![shaped(1080, 1920, 2_000)]), &["video_too_short /parts/0/media/0"]),
        (reel(vec![shaped(1080, 1920, 91_000)]), &["video_too_long /parts/0/media/0"]),
        (reel(vec![shaped(1920, 1080, 5_000)]), &["video_ratio /parts/0/media/0"]),
        (reel(vec![shaped(360, 640, 5_000)]), &["video_too_small /parts/0/media/0"]),
        (story(vec![photo("a")]), &[]),
        (story(vec![shaped(1080, 1920, 61_000)]), &["video_too_long /parts/0/media/0"]),
        (story(vec![photo("a"), photo("b")]), &["options_invalid /options/format"]),
        (chosen(json!({ "format": "story" }), vec![with("Hi", vec![photo("a")]), comment(text("x"))]), &["text_left_out /parts/0/text", "parts_too_many /parts"]),
        (chosen(json!({ "format": "story", "countries": ["NL"] }), vec![with("", vec![photo("a")])]), &["options_invalid /options"]),
        (chosen(json!({ "place": "7" }), vec![with("", vec![film()])]), &["options_invalid /options"]),
        (chosen(json!({ "link": "https://example.com/" }), vec![with("", vec![photo("a")])]), &["link_card_left_out /options/link"]),
        (option(json!({ "link": "nonsense" })), &["link_card_address /options/link"]),
        (option(json!({ "link": "https://www.facebook.com/acme/posts/1" })), &["link_card_address /options/link"]),
        (option(json!({ "countries": ["Netherlands"] })), &["options_invalid /options/countries/0"]),
        (option(json!({ "place": "here" })), &["options_invalid /options/place"]),
        (option(json!({ "nonsense": true })), &["options_invalid /options"]),
    ];
    for (draft, expected) in cases {
        assert_eq!(rules(&draft, &Value::Null), expected, "{:?} {}", draft.parts.first(), draft.options);
    }
}

#[test]
fn what_was_not_granted_is_off_with_its_reason() {
    let all = ["pages_manage_posts", "pages_read_engagement", "pages_manage_engagement"];
    let facts = |scopes: &[&str], tasks: &[&str]| json!({ "scopes": scopes, "tasks": tasks });
    let both = draft(vec![text("x"), Part { kind: PartKind::Comment, ..text("y") }]);
    for (facts, expected) in [
        (json!({}), vec![]),
        (facts(&all, &["CREATE_CONTENT", "MODERATE"]), vec![]),
        (facts(&all, &["PROFILE_PLUS_FULL_CONTROL"]), vec![]),
        (facts(&all[..2], &["CREATE_CONTENT", "MODERATE"]), vec!["permission_missing /parts/1"]),
        (facts(&all, &["PROFILE_PLUS_ANALYZE"]), vec!["permission_missing /parts/0", "permission_missing /parts/1"]),
        (facts(&["pages_show_list"], &[]), vec!["permission_missing /parts/0", "permission_missing /parts/1"]),
    ] {
        assert_eq!(rules(&both, &facts), expected, "{facts}");
    }
    let why = check::draft(&both, &facts(&all[..2], &["MANAGE"]));
    let why: Vec<String> = why.iter().map(|issue| issue.detail.english()).collect();
    assert!(why[0].contains("CREATE_CONTENT") && why[1].contains("pages_manage_engagement"), "{why:?}");
    assert_eq!(Rights::of(&json!("nonsense")), Rights::default());
}

#[test]
fn a_text_is_counted_in_utf_16_and_its_first_link_is_its_card() {
    let publish = Facebook.publish().expect("publishes");
    let whole = draft(vec![text("😀 #one see www.example.com/x")]);
    let reading = publish.read(&whole, 0, &Value::Null);
    let found: Vec<_> = reading.spans.iter().map(|span| (span.kind, span.target.as_str())).collect();
    assert_eq!(found, [(SpanKind::Tag, "one"), (SpanKind::Link, "www.example.com/x")]);
    assert_eq!((reading.length, reading.limit), (29, 63_206));
    assert_eq!(reading.card.map(|card| card.address).as_deref(), Some("https://www.example.com/x"));
    let story = chosen(json!({ "format": "story" }), whole.parts.clone());
    assert!(publish.read(&story, 0, &Value::Null).left_out && !publish.read(&whole, 0, &Value::Null).left_out);
    let other = chosen(json!({ "link": "https://example.com/y" }), whole.parts.clone());
    let card = publish.read(&other, 0, &Value::Null).card.map(|card| card.address);
    assert_eq!(card.as_deref(), Some("https://example.com/y"));
    let pictured = draft(vec![with("https://example.com/", vec![photo("a")])]);
    assert_eq!(publish.read(&pictured, 0, &Value::Null).card, None);
}
