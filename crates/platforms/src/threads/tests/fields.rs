//! The exact fields of every kind of container (P-057).

use connector::{Draft, MediaKind, Part, Poll};
use serde_json::{Value, json};

use super::{draft, file, text};
use crate::threads::{
    compose::container,
    options::{Options, schema},
};

/// A form.
type Fields = Vec<(&'static str, String)>;

fn fields(part: &Part, position: usize, options: Value) -> Fields {
    let draft = Draft { options, ..draft(vec![]) };
    container(part, position, &Options::of(&draft).expect("options")).fields
}

fn pairs(list: &[(&'static str, &str)]) -> Fields {
    list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[test]
fn p_057_a_container_says_what_its_part_needs_and_nothing_else() {
    let with = |text_of: &str, files: &[(&str, MediaKind, Option<&str>)]| Part {
        media: files.iter().map(|(id, kind, alt)| file(id, *kind, "image/png", *alt)).collect(),
        ..text(text_of)
    };
    let poll = Poll { options: vec!["Yes".into(), "No".into()], duration_minutes: 1440, multiple: false };
    let asks = Part { poll: Some(poll), ..text("Well?") };
    let image = with("Hi", &[("a", MediaKind::Image, Some("A cat"))]);
    let two = with("Hi", &[("a", MediaKind::Image, Some("A cat")), ("b", MediaKind::Video, None)]);
    let all = json!({
        "reply_control": "followers_only", "enable_reply_approvals": true, "topic_tag": "Rust", "location_id": "77",
        "link_attachment": "https://example.com/", "spoilers": ["secret", "absent"], "is_spoiler_media": true,
        "text_attachment": { "plaintext": "Long", "link_attachment_url": "" },
    });
    let entity = r#"[{"entity_type":"SPOILER","length":6,"offset":4}]"#;
    #[rustfmt::skip]
    let cases: Vec<(Part, usize, Value, Fields)> = vec![
        (text("Hello"), 0, json!({}), pairs(&[("media_type", "TEXT"), ("text", "Hello")])),
        (with("", &[("a", MediaKind::Gif, None)]), 0, json!({}), pairs(&[("media_type", "IMAGE")])),
        (image, 0, json!({}), pairs(&[("media_type", "IMAGE"), ("text", "Hi"), ("alt_text", "A cat")])),
        (with("Hi", &[("v", MediaKind::Video, None)]), 0, json!({}), pairs(&[("media_type", "VIDEO"), ("text", "Hi")])),
        (two, 0, json!({ "is_spoiler_media": true }), pairs(&[("media_type", "CAROUSEL"), ("text", "Hi"), ("is_spoiler_media", "true")])),
        (asks, 0, json!({ "link_attachment": "https://example.com/" }), pairs(&[("media_type", "TEXT"), ("text", "Well?"), ("poll_attachment", r#"{"option_a":"Yes","option_b":"No"}"#)])),
        (text("Boo"), 0, json!({ "is_ghost_post": true }), pairs(&[("media_type", "TEXT"), ("text", "Boo"), ("is_ghost_post", "true")])),
        (text("The secret is out"), 0, all.clone(), pairs(&[("media_type", "TEXT"), ("text", "The secret is out"), ("text_entities", entity),
            ("reply_control", "followers_only"), ("topic_tag", "Rust"), ("location_id", "77"), ("enable_reply_approvals", "true"),
            ("link_attachment", "https://example.com/"), ("text_attachment", r#"{"plaintext":"Long"}"#)])),
        // A later part has only what hides files and passages.
        (text("No secret"), 1, all, pairs(&[("media_type", "TEXT"), ("text", "No secret"), ("text_entities", r#"[{"entity_type":"SPOILER","length":6,"offset":3}]"#)])),
    ];
    for (part, position, options, expected) in cases {
        assert_eq!(fields(&part, position, options.clone()), expected, "{options}");
    }
}

#[test]
fn the_schema_and_the_reader_agree() {
    let schema = jsonschema::validator_for(&schema()).expect("a valid schema");
    for (options, good) in [
        (json!({}), true),
        (json!({ "reply_control": "mentioned_only", "topic_tag": "", "is_ghost_post": true }), true),
        (json!({ "text_attachment": { "plaintext": "x" }, "spoilers": ["x"] }), true),
        (json!({ "reply_control": "nobody" }), false),
        (json!({ "auto_publish_text": true }), false),
        (json!({ "spoilers": "x" }), false),
        (json!({ "text_attachment": { "plaintext": "x", "bold": true } }), false),
    ] {
        assert_eq!(schema.is_valid(&options), good, "{options}");
        assert_eq!(Options::of(&Draft { options: options.clone(), ..Draft::default() }).is_ok(), good, "{options}");
    }
    assert_eq!(Options::of(&Draft::default()).expect("defaults"), Options::default());
}
