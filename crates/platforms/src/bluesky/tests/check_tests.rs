//! What is refused before anything is sent.

use bytes::Bytes;
use connector::{Draft, Media, MediaKind, Part, PartKind, Poll, Publish as _, Rule, Severity};
use serde_json::{Value, json};

use super::world::{file, png, post, thread};
use crate::bluesky::Bluesky;

fn rules(draft: &Draft) -> Vec<String> {
    rules_with(draft, &Value::Null)
}

fn rules_with(draft: &Draft, facts: &Value) -> Vec<String> {
    let issues = Bluesky::new().check(draft, facts);
    for issue in &issues {
        assert!(
            issue.detail.english().len() > 20 && issue.pointer.starts_with('/') && !issue.source.is_empty(),
            "{issue:?}"
        );
    }
    issues.into_iter().map(|issue| issue.rule.to_string()).collect()
}

fn with_media(media: Vec<Media>) -> Draft {
    Draft {
        parts: vec![Part { text: "look".to_owned(), media, ..Part::default() }],
        options: Value::Null,
        ..Draft::default()
    }
}

fn with_options(options: Value) -> Draft {
    Draft { options, ..post("hello") }
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn text_is_counted_in_graphemes_and_in_bytes() {
    assert_eq!(rules(&post(&"a".repeat(300))), none());
    assert_eq!(rules(&post(&"a".repeat(301))), ["text_too_long"]);
    let family = "👨‍👩‍👧‍👦";
    assert_eq!(rules(&post(&family.repeat(120))), none(), "120 of 25 bytes fit");
    assert_eq!(rules(&post(&family.repeat(121))), ["text_too_many_bytes"]);
    let issue = &Bluesky::new().check(&post(&"é".repeat(310)), &Value::Null)[0];
    assert_eq!((issue.limit, issue.actual, issue.severity), (Some(300), Some(310), Severity::Error));
    assert!(issue.detail.english().contains("by 10"), "{}", issue.detail);
}

#[test]
fn what_is_empty_is_refused_unless_something_else_is_there() {
    assert_eq!(rules(&post("  ")), ["text_missing"]);
    assert_eq!(rules(&Draft { parts: vec![], options: Value::Null, ..Draft::default() }), ["parts_missing"]);
    let picture = Part { media: vec![png("a pixel")], ..Part::default() };
    assert_eq!(rules(&Draft { parts: vec![picture], options: Value::Null, ..Draft::default() }), none());
    let card = json!({ "link_card": { "uri": "https://example.com", "title": "Example" } });
    assert_eq!(rules(&Draft { options: card, ..post("") }), none());
}

#[test]
fn files_are_judged_by_number_kind_and_size() {
    let image = || png("a pixel");
    let sized = |mut media: Media, bytes| {
        media.size_bytes = bytes;
        media
    };
    let video = || file(MediaKind::Video, "video/mp4", Bytes::from_static(b"mp4"), Some("a film"));
    assert_eq!(rules(&with_media(vec![image(), image(), image(), image()])), none());
    assert_eq!(rules(&with_media((0..5).map(|_| image()).collect())), ["images_too_many"]);
    assert_eq!(rules(&with_media(vec![video(), image()])), ["media_mixed"]);
    assert_eq!(rules(&with_media(vec![video(), video()])), ["videos_too_many"]);
    assert_eq!(rules(&with_media(vec![sized(image(), 2_000_000)])), none());
    assert_eq!(rules(&with_media(vec![sized(image(), 2_000_001)])), ["media_too_large"]);
    assert_eq!(rules(&with_media(vec![sized(video(), 300_000_001)])), ["media_too_large"]);
    let mov = file(MediaKind::Video, "video/quicktime", Bytes::from_static(b"mov"), Some("a film"));
    assert_eq!(rules(&with_media(vec![mov])), ["media_type"]);
    let facts = json!({ "blob_bytes_max": 1_000 });
    assert_eq!(rules_with(&with_media(vec![sized(image(), 1_001)]), &facts), ["file_too_large_for_server"]);
    assert_eq!(rules_with(&with_media(vec![sized(video(), 1_001)]), &facts), ["video_may_be_too_large_for_server"]);
}

#[test]
fn what_would_surprise_is_only_a_warning() {
    let gif = file(MediaKind::Gif, "image/gif", Bytes::from_static(b"GIF89a"), None);
    let issues = Bluesky::new().check(&with_media(vec![gif]), &Value::Null);
    assert_eq!(issues.iter().map(|issue| issue.rule).collect::<Vec<_>>(), [Rule::GifNotAnimated, Rule::AltMissing]);
    assert!(issues.iter().all(|issue| issue.severity == Severity::Warning));
    assert_eq!(rules(&post(&format!("#{}", "a".repeat(70)))), ["hashtag_too_long"]);
    let card = json!({ "link_card": { "uri": "https://example.com", "title": "Example" } });
    assert_eq!(rules(&Draft { options: card, ..with_media(vec![png("a pixel")]) }), ["link_card_left_out"]);
}

#[test]
fn what_the_network_does_not_have_is_refused() {
    let mut draft = post("choose");
    draft.parts[0].poll = Some(Poll { options: vec!["a".into(), "b".into()], duration_minutes: 60, multiple: false });
    assert_eq!(rules(&draft), ["poll_unsupported"]);
    let mut draft = post("see");
    draft.parts[0].quote = Some("https://example.com/1".to_owned());
    assert_eq!(rules(&draft), ["quote_address"]);
    let mut draft = post("first");
    draft.parts[0].kind = PartKind::Comment;
    assert_eq!(rules(&draft), ["comment_first"]);
    assert_eq!(rules(&thread(&vec!["x"; 101])), ["parts_too_many"]);
}

#[test]
fn options_are_judged_by_the_lexicons() {
    let did = "did:plc:mr2e4qbzvygubvbcrbnxt5td";
    let good = json!({
        "langs": ["en", "nl", "pt-BR"], "tags": ["rust"], "labels": ["nudity"], "allow_quotes": false,
        "who_can_reply": ["mentioned", "following"], "reply_lists": [format!("at://{did}/app.bsky.graph.list/3k")],
    });
    assert_eq!(rules(&with_options(good)), none());
    for (options, rule) in [
        (json!({ "langs": ["en", "nl", "de", "fr"] }), "languages_too_many"),
        (json!({ "langs": ["english"] }), "language_invalid"),
        (json!({ "tags": ["a", "b", "c", "d", "e", "f", "g", "h", "i"] }), "tags_too_many"),
        (json!({ "tags": ["#rust"] }), "tag_invalid"),
        (json!({ "tags": ["a".repeat(65)] }), "tag_too_long"),
        (json!({ "tags": ["👨‍👩‍👧‍👦".repeat(26)] }), "tag_too_long"),
        (json!({ "who_can_reply": ["nobody", "followers"] }), "replies_contradict"),
        (json!({ "reply_lists": ["at://x"] }), "list_invalid"),
        (json!({ "link_card": { "uri": "javascript:alert(1)", "title": "x" } }), "link_card_address"),
        (json!({ "link_card": { "uri": "https://example.com", "title": " " } }), "link_card_title"),
        (json!({ "colour": "red" }), "options_invalid"),
    ] {
        assert_eq!(rules(&with_options(options)), [rule]);
    }
    let lists: Vec<String> = (0..6).map(|n| format!("at://{did}/app.bsky.graph.list/{n}")).collect();
    assert_eq!(rules(&with_options(json!({ "reply_lists": lists }))), ["reply_rules_too_many"]);
}

#[test]
fn the_option_schema_takes_what_check_takes_and_refuses_what_it_cannot_read() {
    let about = connector::Connector::about(&Bluesky::new());
    let schema = jsonschema::validator_for(&(about.options)()).expect("a schema");
    assert!(schema.is_valid(&json!({})));
    assert!(schema.is_valid(&json!({ "langs": ["en"], "who_can_reply": ["nobody"], "labels": ["bot"] })));
    for wrong in [json!({ "colour": "red" }), json!({ "labels": ["nice"] }), json!({ "langs": ["a", "b", "c", "d"] })] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}
