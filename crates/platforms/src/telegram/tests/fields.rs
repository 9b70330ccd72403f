//! The exact fields of every kind of message.

use connector::{Draft, MediaKind, Part, Poll};
use serde_json::Value;

use super::*;
use crate::telegram::{
    compose::{self, Frozen},
    options::Options,
};

fn frozen(draft: &Draft, replies_to: Option<i64>) -> Frozen {
    compose::message(&draft.parts[0], &Options::of(draft).expect("options"), 0, -1007, replies_to)
}

#[track_caller]
fn is(draft: &Draft, replies_to: Option<i64>, method: &str, fields: Value, attached: &[&str]) {
    let frozen = frozen(draft, replies_to);
    let names: Vec<&str> = frozen.attached.iter().map(String::as_str).collect();
    assert_eq!((frozen.method.as_str(), Value::Object(frozen.fields), names.as_slice()), (method, fields, attached));
}

#[test]
fn only_what_a_message_needs_is_sent() {
    let picture = |id: &str| file(id, MediaKind::Image, "image/png", None);
    let film = || file("film", MediaKind::Video, "video/mp4", None);
    let with = |text: &str, media| Part { media, ..super::text(text) };
    is(&draft(vec![text(" Hello\n")]), None, "sendMessage", json!({ "chat_id": -1007, "text": "Hello" }), &[]);
    let options = json!({
        "disable_notification": true, "protect_content": true, "link_preview": "large",
        "link_preview_url": "https://example.com/a", "link_preview_above": true, "bold": ["ship"], "spoilers": ["sinks"],
    });
    let styled = Draft { options, ..draft(vec![text("🚢 ship sinks, ship!")]) };
    let entities = json!([
        { "type": "bold", "offset": 3, "length": 4 }, { "type": "bold", "offset": 15, "length": 4 },
        { "type": "spoiler", "offset": 8, "length": 5 },
    ]);
    let fields = json!({
        "chat_id": -1007, "text": "🚢 ship sinks, ship!", "entities": entities, "disable_notification": true,
        "protect_content": true, "reply_parameters": { "message_id": 41 },
        "link_preview_options": { "prefer_large_media": true, "url": "https://example.com/a", "show_above_text": true },
    });
    is(&styled, Some(41), "sendMessage", fields, &[]);
    let off = Draft { options: json!({ "link_preview": "off", "link_preview_above": true }), ..draft(vec![text("x")]) };
    let fields = json!({ "chat_id": -1007, "text": "x", "link_preview_options": { "is_disabled": true } });
    is(&off, None, "sendMessage", fields, &[]);
    let fields = json!({ "chat_id": -1007, "caption": "Look" });
    is(&draft(vec![with("Look", vec![picture("cat")])]), None, "sendPhoto", fields, &["photo"]);
    let blurred = json!({ "has_spoiler": true, "caption_above": true });
    let one = Draft { options: blurred.clone(), ..draft(vec![with("", vec![film()])]) };
    let fields = json!({
        "chat_id": -1007, "has_spoiler": true, "show_caption_above_media": true, "supports_streaming": true, "width": 640,
        "height": 480, "duration": 5,
    });
    is(&one, None, "sendVideo", fields, &["video"]);
    let gif = file("gif", MediaKind::Gif, "image/gif", None);
    let fields = json!({ "chat_id": -1007, "width": 640, "height": 480 });
    is(&draft(vec![with("", vec![gif])]), None, "sendAnimation", fields, &["animation"]);
    let album = Draft { options: blurred, ..draft(vec![with("Two", vec![picture("cat"), film()])]) };
    let fields = json!({ "chat_id": -1007, "media": [
        { "type": "photo", "media": "attach://file0", "caption": "Two", "has_spoiler": true, "show_caption_above_media": true },
        { "type": "video", "media": "attach://file1", "has_spoiler": true, "show_caption_above_media": true,
          "supports_streaming": true, "width": 640, "height": 480, "duration": 5 },
    ] });
    is(&album, None, "sendMediaGroup", fields, &["file0", "file1"]);
    let poll = Poll { options: vec!["Tea".into(), "Coffee ".into()], duration_minutes: 60, multiple: true };
    let fields = json!({
        "chat_id": -1007, "question": "Which?", "options": [{ "text": "Tea" }, { "text": "Coffee" }],
        "allows_multiple_answers": true, "open_period": 3600,
    });
    is(&draft(vec![Part { poll: Some(poll), ..text("Which?") }]), None, "sendPoll", fields, &[]);
}

#[test]
fn other_files_than_those_it_was_prepared_with_are_not_sent() {
    let cat = file("cat", MediaKind::Image, "image/png", None);
    let ready = frozen(&draft(vec![Part { media: vec![cat.clone()], ..text("") }]), None);
    assert_eq!(ready.files(std::slice::from_ref(&cat)).expect("the file")[0].file_name, "file.png");
    assert!(ready.files(&[]).is_err() && ready.files(&[file("dog", MediaKind::Image, "image/png", None)]).is_err());
}
