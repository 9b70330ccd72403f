//! The exact fields of every kind of container (P-057).

use connector::{Draft, Part};
use serde_json::{Value, json};

use super::{draft, film, image, part};
use crate::{
    instagram::{
        compose::{children, container},
        errors::Asked,
        options::{Options, schema},
    },
    meta::containers::Wanted,
};

/// A container's fields and files on one line.
fn line(wanted: &Wanted<'_, Asked>) -> String {
    let fields = wanted.fields.iter().map(|(name, value)| format!("{name}={value}"));
    let files = wanted.files.iter().map(|(name, file)| format!("{name}:{}", file.id));
    fields.chain(files).collect::<Vec<_>>().join(" ")
}

fn said(part: Part, options: Value) -> Vec<String> {
    let mut whole = Draft { options, ..draft(vec![part]) };
    whole.files.insert("cover".to_owned(), image("cover", None));
    let options = Options::of(&whole).expect("options");
    let mut lines: Vec<String> = children(&whole.parts[0], &options).iter().map(line).collect();
    lines.push(line(&container(&whole, &whole.parts[0], &options)));
    lines
}

#[test]
fn p_057_a_container_says_what_its_part_needs_and_nothing_else() {
    let cat = || image("cat", Some("A cat"));
    let story = || json!({ "kind": "story", "collaborators": ["bob"], "location_id": "7" });
    let all = json!({
        "collaborators": ["@bob", " eve "], "location_id": "77", "is_ai_generated": true, "reels_tab_only": true,
        "audio_name": "Waves", "thumb_offset_ms": 1500,
        "user_tags": [{ "username": "@ann", "x": 0.5, "y": 0.8 }, { "username": "tom", "file": 2 }],
    });
    let invited = r#"collaborators=["bob","eve"] location_id=77 is_ai_generated=true"#;
    let ann = r#"user_tags=[{"username":"ann","x":0.5,"y":0.8}]"#;
    #[rustfmt::skip]
    let cases: Vec<(Part, Value, Vec<String>)> = vec![
        (part("Hi", vec![cat()]), json!({}), vec!["alt_text=A cat caption=Hi image_url:cat".into()]),
        (part("", vec![image("cat", None)]), Value::Null, vec!["image_url:cat".into()]),
        (part("Hi", vec![cat()]), all.clone(), vec![format!("alt_text=A cat caption=Hi {ann} {invited} image_url:cat")]),
        (part("Hi", vec![film("film")]), json!({}), vec!["media_type=REELS caption=Hi share_to_feed=true video_url:film".into()]),
        (part("Hi", vec![film("film")]), all.clone(), vec![format!(
            r#"media_type=REELS caption=Hi user_tags=[{{"username":"ann"}}] {invited} share_to_feed=false audio_name=Waves thumb_offset=1500 video_url:film"#
        )]),
        // A cover image takes the place of a moment of the video.
        (part("Hi", vec![film("film")]), json!({ "cover": "cover", "thumb_offset_ms": 0 }), vec!["media_type=REELS caption=Hi share_to_feed=true video_url:film cover_url:cover".into()]),
        (part("Hi", vec![cat(), film("film")]), all, vec![
            format!("is_carousel_item=true alt_text=A cat {ann} image_url:cat"),
            r#"is_carousel_item=true media_type=VIDEO user_tags=[{"username":"tom"}] video_url:film"#.into(),
            format!("media_type=CAROUSEL caption=Hi {invited}"),
        ]),
        (part("left out", vec![cat()]), story(), vec!["media_type=STORIES image_url:cat".into()]),
        (part("", vec![film("film")]), json!({ "kind": "story", "user_tags": [{ "username": "ann" }] }), vec![
            r#"media_type=STORIES user_tags=[{"username":"ann"}] video_url:film"#.into(),
        ]),
    ];
    for (part, options, expected) in cases {
        assert_eq!(said(part, options.clone()), expected, "{options}");
    }
}

#[test]
fn the_schema_and_the_reader_agree() {
    let schema = jsonschema::validator_for(&schema()).expect("a valid schema");
    for (options, good) in [
        (json!({}), true),
        (json!({ "kind": "story", "collaborators": ["bob"], "cover": "x", "thumb_offset_ms": 0 }), true),
        (json!({ "user_tags": [{ "username": "ann", "file": 2, "x": 0.5, "y": 1 }], "location_id": "1" }), true),
        (json!({ "shape": "pad" }), true),
        (json!({ "shape": "squeeze" }), false),
        (json!({ "kind": "reel" }), false),
        (json!({ "share_to_feed": true }), false),
        (json!({ "user_tags": [{ "x": 0.5 }] }), true),
        (json!({ "user_tags": [{ "username": "ann", "z": 0.5 }] }), false),
        (json!({ "collaborators": "bob" }), false),
    ] {
        assert_eq!(schema.is_valid(&options), good, "{options}");
        assert_eq!(Options::of(&Draft { options: options.clone(), ..Draft::default() }).is_ok(), good, "{options}");
    }
    assert_eq!(Options::of(&Draft::default()).expect("defaults"), Options::default());
}
