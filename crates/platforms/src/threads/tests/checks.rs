//! What is refused beforehand, how text is counted, and what is found in it.

use connector::{Connector as _, Draft, MediaKind, Part, PartKind, Poll, SpanKind};
use serde_json::{Value, json};

use super::{draft, file, text};
use crate::threads::{Threads, address, check, wire::Post};

fn rules(draft: &Draft) -> Vec<String> {
    check::draft(draft).iter().map(|issue| format!("{} {}", issue.rule, issue.pointer)).collect()
}

fn with(options: Value, parts: Vec<Part>) -> Draft {
    Draft { options, ..draft(parts) }
}

#[test]
fn what_threads_would_refuse_is_found_before_the_first_part_is_published() {
    let image = |id: &str| file(id, MediaKind::Image, "image/png", None);
    let pictures = |count: usize| Part { media: (0..count).map(|at| image(&at.to_string())).collect(), ..text("x") };
    let poll = |options: &[&str], minutes| {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Part { poll: Some(Poll { options, duration_minutes: minutes, multiple: false }), ..text("Well?") }
    };
    let mut wide = image("w");
    (wide.width, wide.height) = (2000, 100);
    let mut long_film = file("v", MediaKind::Video, "video/mp4", Some(&"a".repeat(1001)));
    long_film.duration_ms = Some(301_000);
    let links: String = (1..=6).map(|at| format!("https://example.com/{at} ")).collect();
    let quote = |address: &str| Part { quote: Some(address.to_owned()), ..text("x") };
    #[rustfmt::skip]
    let cases: Vec<(Draft, &[&str])> = vec![
        (draft(vec![]), &["parts_missing /parts"]),
        (draft(vec![text("fine"), text("fine")]), &[]),
        (draft(vec![text(" ")]), &["text_missing /parts/0/text"]),
        (draft(vec![Part { kind: PartKind::Comment, ..text("x") }]), &["comment_first /parts/0/kind"]),
        (draft(vec![text("short"), text(&"a".repeat(501))]), &["text_too_long /parts/1/text"]),
        (draft(vec![text(&"a".repeat(500))]), &[]),
        // 498 characters that take 504 bytes were refused.
        (draft(vec![text(&format!("{}’’’", "a".repeat(495)))]), &["text_too_long /parts/0/text"]),
        (draft(vec![text(&links)]), &["links_too_many /parts/0/text"]),
        (with(json!({ "link_attachment": "https://example.com/7" }), vec![text(&links[..links.len() - 22])]), &["links_too_many /parts/0/text"]),
        (draft(vec![pictures(20)]), &[]),
        (draft(vec![pictures(21)]), &["images_too_many /parts/0/media"]),
        (draft(vec![Part { media: vec![wide], ..text("x") }]), &["image_ratio /parts/0/media/0"]),
        (draft(vec![Part { media: vec![long_film], ..text("x") }]), &["video_too_long /parts/0/media/0", "alt_too_long /parts/0/media/0/alt"]),
        (draft(vec![Part { media: vec![file("g", MediaKind::Gif, "image/gif", None)], ..text("x") }]), &["animation_still /parts/0/media/0"]),
        (draft(vec![Part { media: vec![file("t", MediaKind::Image, "image/tiff", None)], ..text("x") }]), &["media_type /parts/0/media/0"]),
        (draft(vec![poll(&["Yes", "No"], 1440)]), &[]),
        (draft(vec![poll(&["Yes", "Yes"], 60)]), &["poll_option_text /parts/0/poll/options/1", "poll_duration /parts/0/poll/duration_minutes"]),
        (draft(vec![poll(&["Yes"], 1440)]), &["poll_options /parts/0/poll/options"]),
        (draft(vec![Part { media: vec![image("a")], ..poll(&["Yes", "No"], 1440) }]), &["poll_with_media /parts/0/poll"]),
        (draft(vec![quote("https://www.threads.com/@acme/post/DCk_-1")]), &[]),
        (draft(vec![quote("https://x.com/acme/status/1")]), &["quote_address /parts/0/quote"]),
        (with(json!({ "topic_tag": "a.b" }), vec![text("x")]), &["tag_invalid /options/topic_tag"]),
        (with(json!({ "link_attachment": "nonsense" }), vec![text("x")]), &["link_card_address /options/link_attachment"]),
        (with(json!({ "link_attachment": "https://example.com/" }), vec![pictures(1)]), &["link_card_left_out /options/link_attachment"]),
        (with(json!({ "link_attachment": "https://example.com/" }), vec![text("")]), &[]),
        (with(json!({ "text_attachment": { "plaintext": "x" } }), vec![pictures(1)]), &["text_attachment_with_media /options/text_attachment"]),
        (with(json!({ "text_attachment": { "plaintext": "é".repeat(10_001) } }), vec![text("x")]), &["text_attachment_too_long /options/text_attachment/plaintext"]),
        (with(json!({ "is_ghost_post": true }), vec![text("boo")]), &[]),
        (with(json!({ "is_ghost_post": true }), vec![text("boo"), text("more")]), &["ghost_post_exclusive /options/is_ghost_post"]),
        (with(json!({ "is_ghost_post": true, "enable_reply_approvals": true }), vec![text("boo")]), &["ghost_post_exclusive /options/is_ghost_post"]),
        (with(json!({ "spoilers": ["here", "there", "é"] }), vec![text("é here")]), &["spoiler_uncertain /options/spoilers/0", "spoiler_not_found /options/spoilers/1", "spoiler_uncertain /options/spoilers/2"]),
        (with(json!({ "location_id": "here" }), vec![text("x")]), &["options_invalid /options/location_id"]),
        (with(json!({ "nonsense": true }), vec![text("x")]), &["options_invalid /options"]),
    ];
    for (draft, expected) in cases {
        assert_eq!(rules(&draft), expected, "{:?} {}", draft.parts.first().map(|part| &part.text), draft.options);
    }
}

#[test]
fn a_text_is_counted_in_bytes_and_one_hashtag_is_its_topic() {
    let publish = Threads.publish().expect("publishes");
    let whole = draft(vec![text("é @ac.me. #one #two www.example.com/x a@b.nl")]);
    let reading = publish.read(&whole, 0, &Value::Null);
    let found: Vec<_> = reading.spans.iter().map(|span| (span.kind, span.target.as_str())).collect();
    let expected = [(SpanKind::Mention, "ac.me"), (SpanKind::Tag, "one"), (SpanKind::Link, "www.example.com/x")];
    assert_eq!((reading.length, reading.limit, found), (whole.parts[0].text.len() as u32, 500, expected.to_vec()));
    assert_eq!(reading.card.map(|card| card.address).as_deref(), Some("https://www.example.com/x"));
    let named = with(json!({ "topic_tag": "Rust" }), whole.parts.clone());
    assert!(publish.read(&named, 0, &Value::Null).spans.iter().all(|span| span.kind != SpanKind::Tag));
}

#[test]
fn an_address_of_a_post_is_read_and_nothing_else_is() {
    let code = |text: &str| address::parse(text).map(|page| format!("{} {}", page.username, page.shortcode));
    for host in ["www.threads.com", "threads.com", "www.threads.net", "threads.net"] {
        assert_eq!(code(&format!(" https://{host}/@ac.me/post/DC-k_1?x=1 ")).as_deref(), Some("ac.me DC-k_1"));
    }
    for other in [
        "https://threads.com/@acme",
        "https://evil.example/@acme/post/A",
        "threads.com/@acme/post/A",
        "https://threads.com/acme/post/A",
    ] {
        assert_eq!(code(other), None, "{other}");
    }
}

#[test]
fn ids_are_texts_or_large_numbers_and_times_have_a_short_offset() {
    let post: Post = serde_json::from_value(json!({
        "id": 18_446_744_073_709_551_615u64, "timestamp": "2026-11-22T10:00:00+0000",
    }))
    .expect("a post");
    assert_eq!(post.id, "18446744073709551615");
    assert_eq!(post.made_at().map(|at| at.to_string()).as_deref(), Some("2026-11-22T10:00:00Z"));
    assert!(serde_json::from_value::<Post>(json!({ "id": "../me" })).is_err());
}
