//! The exact fields of every kind of post (P-057), and the options.

use connector::{Draft, Part};
use serde_json::{Value, json};

use super::{chosen, film, photo, text, with};
use crate::facebook::{
    compose::{Kind, fields},
    options::{Format, Options, schema},
    uploads::File,
};

fn said(part: &Part, kind: Option<Kind>, options: Value, files: &[&str]) -> Vec<(String, String)> {
    let options = Options::of(&chosen(options, vec![])).expect("options");
    let held = |id: &&str| -> File {
        serde_json::from_value(json!({ "id": id, "session": "S", "address": null, "piece_end": 0 })).expect("a file")
    };
    let files: Vec<File> = files.iter().map(held).collect();
    fields(kind.unwrap_or(Kind::of(part, options.format)), part, &options, &files)
}

#[test]
fn p_057_a_post_says_what_it_needs_and_nothing_else() {
    let all = json!({
        "link": "https://example.com/a", "title": "T", "place": "77", "is_ai_generated": true,
        "countries": ["nl", "BE"], "preferred_countries": ["NL"],
    });
    let format = |format: &str| json!({ "format": format });
    let (only, more) = (r#"{"geo_locations":{"countries":["NL","BE"]}}"#, r#"{"geo_locations":{"countries":["NL"]}}"#);
    let two = r#"[{"media_fbid":"1"},{"media_fbid":"2"}]"#;
    let mut reel = all.clone();
    reel["format"] = json!("reel");
    type Case<'a> = (Part, Option<Kind>, Value, &'a [&'a str], Vec<(&'a str, &'a str)>);
    #[rustfmt::skip]
    let cases: Vec<Case<'_>> = vec![
        (text("Hi"), None, json!({}), &[], vec![("message", "Hi")]),
        (text(""), None, json!({ "link": "https://example.com/a" }), &[], vec![("link", "https://example.com/a")]),
        (text("Hi"), None, all.clone(), &[], vec![("message", "Hi"), ("link", "https://example.com/a"), ("place", "77"), ("targeting", only), ("feed_targeting", more)]),
        (with("Hi", vec![photo("a"), photo("b")]), None, all.clone(), &["1", "2"], vec![("message", "Hi"), ("attached_media", two), ("place", "77"), ("targeting", only), ("feed_targeting", more)]),
        (with("", vec![photo("a")]), None, json!({}), &["1"], vec![("attached_media", r#"[{"media_fbid":"1"}]"#)]),
        (with("Hi", vec![film()]), None, all, &["9"], vec![("upload_phase", "finish"), ("upload_session_id", "S"), ("published", "true"), ("description", "Hi"), ("title", "T"), ("is_ai_generated", "true"), ("targeting", only)]),
        (with("Hi", vec![film()]), None, reel, &["9"], vec![("upload_phase", "finish"), ("video_id", "9"), ("video_state", "PUBLISHED"), ("description", "Hi"), ("title", "T"), ("is_ai_generated", "true"), ("place", "77"), ("targeting", only), ("feed_targeting", more)]),
        (with("Hi", vec![film()]), None, format("story"), &["9"], vec![("upload_phase", "finish"), ("video_id", "9")]),
        (with("Hi", vec![photo("a")]), None, format("story"), &["1"], vec![("photo_id", "1")]),
        (with("Hi", vec![photo("a")]), Some(Kind::Comment), json!({ "link": "https://example.com/a" }), &["1"], vec![("message", "Hi"), ("attachment_id", "1")]),
    ];
    for (part, kind, options, files, expected) in cases {
        let expected: Vec<(String, String)> = expected.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        assert_eq!(said(&part, kind, options.clone(), files), expected, "{options}");
    }
    assert_eq!(Kind::of(&text("x"), Format::Reel), Kind::Reel);
}

#[test]
fn the_schema_and_the_reader_agree() {
    let schema = jsonschema::validator_for(&schema()).expect("a valid schema");
    for (options, good) in [
        (json!({}), true),
        (json!({ "format": "reel", "title": "", "countries": ["NL", "de"], "is_ai_generated": true }), true),
        (json!({ "format": "album" }), false),
        (json!({ "countries": "NL" }), false),
        (json!({ "nonsense": true }), false),
    ] {
        assert_eq!(schema.is_valid(&options), good, "{options}");
        assert_eq!(Options::of(&chosen(options.clone(), vec![])).is_ok(), good, "{options}");
    }
    assert_eq!(Options::of(&Draft::default()).expect("defaults"), Options::default());
}
