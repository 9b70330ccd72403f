//! What is refused before anything is sent.

use connector::{Draft, Issue, Media, MediaKind, Part, PartKind, Poll, Publish, Rule, Severity};
use serde_json::{Value, json};

use super::{draft, file, text};
use crate::x::X;

fn free() -> Value {
    json!({ "subscription_type": "None", "protected": false })
}

fn rules(draft: &Draft, facts: &Value) -> Vec<String> {
    let name = |issue: Issue| match issue.severity {
        Severity::Error => format!("{} {}", issue.rule, issue.pointer),
        Severity::Warning => format!("warning {} {}", issue.rule, issue.pointer),
    };
    X.check(draft, facts).into_iter().map(name).collect()
}

fn one(part: Part) -> Vec<String> {
    rules(&draft(vec![part]), &free())
}

fn image() -> Media {
    file(MediaKind::Image, "image/jpeg", vec![1, 2, 3], Some("a picture"))
}

fn video() -> Media {
    file(MediaKind::Video, "video/mp4", vec![1, 2, 3], None)
}

fn with(media: Vec<Media>) -> Part {
    Part { media, ..text("look") }
}

#[test]
fn a_plain_post_and_a_full_one_have_no_issues() {
    assert_eq!(one(text(&"x".repeat(280))), Vec::<String>::new());
    assert_eq!(one(with(vec![image(), image(), image(), image()])), Vec::<String>::new());
    assert_eq!(one(Part { text: String::new(), ..with(vec![video()]) }), Vec::<String>::new());
    let poll = Poll { options: vec!["A".into(), "B".into()], duration_minutes: 5, multiple: false };
    assert_eq!(one(Part { poll: Some(poll), ..text("Pick") }), Vec::<String>::new());
}

#[test]
fn the_text_is_measured_by_the_account_s_subscription() {
    assert_eq!(one(text(&"x".repeat(281))), ["text_too_long /parts/0/text"]);
    let long = draft(vec![text(&"x".repeat(25_000))]);
    assert_eq!(rules(&long, &json!({ "subscription_type": "Premium" })), Vec::<String>::new());
    assert_eq!(rules(&long, &Value::Null), ["text_too_long /parts/0/text"]);
    let longer = draft(vec![text(&"x".repeat(25_001))]);
    assert_eq!(rules(&longer, &json!({ "subscription_type": "PremiumPlus" })), ["text_too_long /parts/0/text"]);
    let issue = X.check(&draft(vec![text(&"日".repeat(150))]), &free()).remove(0);
    assert_eq!((issue.limit, issue.actual), (Some(280), Some(300)));
    let two = Draft { parts: vec![text("日 https://example.com/a/b")], options: json!({}), ..Draft::default() };
    assert_eq!(X.read(&two, 0, &free()).length, 2 + 1 + 23);
}

#[test]
fn a_word_that_x_makes_a_link_is_named_before_it_is_one() {
    for (written, name) in [
        ("We finished it.So happy!", "it.So"),
        ("vorbei.Am Montag", "vorbei.Am"),
        ("written in ASP.NET", "ASP.NET"),
        ("by Booking.com today", "Booking.com"),
        ("Ende.Das war es. Und gut.In der Tat", "gut.In"),
    ] {
        let issues = X.check(&draft(vec![text(written)]), &free());
        let told =
            issues.iter().find(|issue| issue.rule == Rule::NameBecomesLink).unwrap_or_else(|| panic!("{written}"));
        assert!(told.severity == Severity::Warning && told.detail.english().contains(name), "{}", told.detail);
        assert_eq!(told.pointer, "/parts/0/text");
    }
    for meant in
        ["see example.com/x", "see https://example.com", "Und gut. In der Tat", "a file.unknowntld", "1.5 and 3.Mai"]
    {
        assert!(!one(text(meant)).iter().any(|rule| rule.contains("name_becomes_link")), "{meant}");
    }
}

#[test]
fn what_becomes_a_link_a_mention_or_a_tag_is_marked_where_it_stands() {
    let post = draft(vec![text("👋@lena see ASP.NET, https://example.com/a#b #हिन्दी #1 $FAN a@b.com 【#タグ】 x#y")]);
    let reading = X.read(&post, 0, &free());
    let seen: Vec<&str> = reading.spans.iter().map(|span| span.target.as_str()).collect();
    assert_eq!(seen, ["lena", "ASP.NET", "https://example.com/a#b", "हिन्दी", "FAN", "タグ"]);
    assert_eq!(reading.notes.len(), 1, "{:?}", reading.notes);
    for span in &reading.spans {
        assert!(post.text(0)[span.range.clone()].ends_with(&span.target), "{span:?}");
    }
}

#[test]
fn texts_that_x_refuses_are_named() {
    assert_eq!(one(text(" \n")), ["text_missing /parts/0/text"]);
    assert_eq!(one(text("a\u{FEFF}b")), ["character_refused /parts/0/text"]);
    assert_eq!(one(text("$FAN and $FARE")), ["cashtags_too_many /parts/0/text"]);
    assert_eq!(one(text("$FAN costs $5")), Vec::<String>::new());
    let doubtful = format!("{} hello.newending", "x".repeat(263));
    assert_eq!(one(text(&doubtful)), ["warning text_may_be_too_long /parts/0/text"]);
}

#[test]
fn files_exclude_each_other() {
    let gif = file(MediaKind::Gif, "image/gif", vec![1], None);
    assert_eq!(one(with(vec![image(), video()])), ["media_mixed /parts/0/media"]);
    assert_eq!(one(with(vec![gif.clone(), image()])), ["media_mixed /parts/0/media"]);
    assert_eq!(one(with(vec![video(), video()])), ["videos_too_many /parts/0/media"]);
    assert_eq!(one(with(vec![gif.clone(), gif.clone()])), ["media_too_many /parts/0/media"]);
    assert_eq!(one(with(vec![image(), image(), image(), image(), image()])), ["images_too_many /parts/0/media"]);
    assert_eq!(one(with(vec![gif])), Vec::<String>::new());
    let poll = Some(Poll { options: vec!["A".into(), "B".into()], duration_minutes: 60, multiple: false });
    assert_eq!(one(Part { poll: poll.clone(), ..with(vec![image()]) }), ["media_poll_quote_exclusive /parts/0"]);
    let quote = Some("https://x.com/a/status/1".to_owned());
    let both = one(Part { poll, quote, ..text("x") });
    assert_eq!(both, ["warning quote_may_be_refused /parts/0/quote", "media_poll_quote_exclusive /parts/0"]);
}

#[test]
fn each_file_is_held_against_the_rules_of_its_kind() {
    let one = |media: Media| one(with(vec![media]));
    assert_eq!(one(Media { mime: "image/tiff".into(), ..image() }), ["media_type /parts/0/media/0"]);
    assert_eq!(one(Media { size_bytes: (5 << 20) + 1, ..image() }), ["media_too_large /parts/0/media/0"]);
    assert_eq!(one(Media { width: 8193, ..image() }), ["media_side /parts/0/media/0"]);
    assert_eq!(one(Media { alt: Some("x".repeat(1001)), ..image() }), ["alt_too_long /parts/0/media/0/alt"]);
    assert_eq!(
        one(Media { duration_ms: Some(141_000), ..video() }),
        ["warning video_perhaps_too_long /parts/0/media/0"]
    );
    assert_eq!(one(Media { duration_ms: Some(1_200_001), ..video() }), ["video_too_long /parts/0/media/0"]);
    assert_eq!(one(Media { duration_ms: Some(400), ..video() }), ["video_too_short /parts/0/media/0"]);
    assert_eq!(one(Media { width: 31, height: 60, ..video() }), ["video_too_small /parts/0/media/0"]);
    assert_eq!(one(Media { width: 100, height: 301, ..video() }), ["video_ratio /parts/0/media/0"]);
    let premium = json!({ "subscription_type": "Premium" });
    let long = draft(vec![with(vec![Media { duration_ms: Some(7_000_000), ..video() }])]);
    assert_eq!(rules(&long, &premium), ["warning video_perhaps_too_long /parts/0/media/0"]);
}

#[test]
fn polls_and_quotes_are_held_against_their_rules() {
    let poll = |options: &[&str], duration_minutes, multiple| {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        one(Part { poll: Some(Poll { options, duration_minutes, multiple }), ..text("Pick") })
    };
    assert_eq!(poll(&["A"], 60, false), ["poll_options /parts/0/poll/options"]);
    assert_eq!(poll(&["A", "B", "C", "D", "E"], 60, false), ["poll_options /parts/0/poll/options"]);
    assert_eq!(poll(&["A", &"x".repeat(26)], 60, false), ["poll_option_length /parts/0/poll/options/1"]);
    assert_eq!(poll(&["A", ""], 60, false), ["poll_option_length /parts/0/poll/options/1"]);
    assert_eq!(poll(&["A", "B"], 4, false), ["poll_duration /parts/0/poll/duration_minutes"]);
    assert_eq!(poll(&["A", "B"], 10_081, false), ["poll_duration /parts/0/poll/duration_minutes"]);
    assert_eq!(poll(&["A", "B"], 60, true), ["poll_multiple /parts/0/poll/multiple"]);
    let quote = |address: &str| one(Part { quote: Some(address.into()), ..text("x") });
    assert_eq!(quote("https://example.com/status/1"), ["quote_address /parts/0/quote"]);
    assert_eq!(quote("https://x.com/a/status/1"), ["warning quote_may_be_refused /parts/0/quote"]);
}

#[test]
fn options_are_held_against_their_rules() {
    let options = |options: Value| rules(&Draft { parts: vec![text("x")], options, ..Draft::default() }, &free());
    assert_eq!(options(json!({ "reply_settings": "everyone" })), ["options_invalid /options"]);
    assert_eq!(options(json!({ "nullcast": true })), ["options_invalid /options"]);
    assert_eq!(options(json!({ "community_id": "acme" })), ["community_invalid /options/community_id"]);
    assert_eq!(options(json!({ "share_with_followers": true })), ["community_missing /options/share_with_followers"]);
    assert_eq!(options(json!({ "made_with_ai": true })), ["warning made_with_ai_without_media /options/made_with_ai"]);
    assert_eq!(options(json!({ "paid_partnership": true, "reply_settings": "following" })), Vec::<String>::new());
}

#[test]
fn a_thread_is_judged_part_by_part() {
    assert_eq!(rules(&draft(vec![]), &free()), ["parts_missing /parts"]);
    assert_eq!(rules(&draft(vec![text("a"), text("")]), &free()), ["text_missing /parts/1/text"]);
    assert_eq!(rules(&draft(vec![text("a"), text("a ")]), &free()), ["warning text_repeated /parts/1/text"]);
    let comment = Part { kind: PartKind::Comment, ..text("first") };
    assert_eq!(rules(&draft(vec![comment]), &free()), ["comment_first /parts/0/kind"]);
    let many = (0..101).map(|at| text(&at.to_string())).collect();
    assert_eq!(rules(&draft(many), &free()), ["parts_too_many /parts"]);
}

#[test]
fn limits_follow_the_subscription() {
    let limits = X.limits(&json!({ "subscription_type": "Premium", "protected": true }));
    assert_eq!((limits.text.max, limits.edit, limits.delete, limits.mixed_media), (25_000, true, true, false));
    let limits = X.limits(&json!({ "subscription_type": "Basic" }));
    assert_eq!((limits.text.max, limits.edit, limits.poll.map(|poll| poll.options_max)), (280, false, Some(4)));
    assert_eq!(limits.images.map(|rules| (rules.count_max, rules.bytes_max)), Some((4, 5 << 20)));
}
