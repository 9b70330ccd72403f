//! What is refused before anything is sent, and how a text is read.

use connector::{Draft, MediaKind, Part, Poll, Publish, Rule, Severity, SpanKind};
use serde_json::Value;

use super::*;
use crate::telegram::{Telegram, address};

fn rules(draft: &Draft, facts: &Value) -> Vec<(Rule, Severity)> {
    Telegram.check(draft, facts).iter().map(|issue| (issue.rule, issue.severity)).collect()
}

fn errors(draft: &Draft) -> Vec<Rule> {
    let all = rules(draft, &json!({})).into_iter();
    all.filter(|(_, severity)| *severity == Severity::Error).map(|(rule, _)| rule).collect()
}

fn picture() -> connector::Media {
    file("cat", MediaKind::Image, "image/png", None)
}

#[test]
fn each_limit_is_known_before_sending() {
    let with = |text: &str, media| draft(vec![Part { media, ..super::text(text) }]);
    let poll = |question: &str, options: &[&str]| {
        let poll =
            Poll { options: options.iter().map(|&one| one.into()).collect(), duration_minutes: 60, multiple: true };
        draft(vec![Part { poll: Some(poll), ..super::text(question) }])
    };
    let long = "🚢".repeat(4096);
    let gif = || file("gif", MediaKind::Gif, "image/gif", None);
    let wide = connector::Media { width: 2100, height: 100, ..picture() };
    let rows: Vec<(&str, Draft, Vec<Rule>)> = vec![
        ("4,096 emoji", draft(vec![text(&long)]), vec![]),
        ("one more", draft(vec![text(&format!("{long}x"))]), vec![Rule::TextTooLong]),
        ("white space is dropped", draft(vec![text(&format!("  {long}\n"))]), vec![]),
        ("a caption", with(&"x".repeat(1024), vec![picture()]), vec![]),
        ("a long one", with(&"x".repeat(1025), vec![picture()]), vec![Rule::TextTooLong]),
        ("nothing", draft(vec![text(" ")]), vec![Rule::TextMissing]),
        ("an album", with("", vec![picture(); 10]), vec![]),
        ("eleven", with("", vec![picture(); 11]), vec![Rule::ImagesTooMany]),
        ("a GIF", with("", vec![gif()]), vec![]),
        ("a GIF in an album", with("", vec![gif(), picture()]), vec![Rule::MediaMixed]),
        ("too wide", with("", vec![wide]), vec![Rule::ImageRatio]),
        ("a poll", poll(&"q".repeat(300), &["a", "b"]), vec![]),
        ("a long question", poll(&"q".repeat(301), &["a", "b"]), vec![Rule::TextTooLong]),
        ("one option", poll("q", &["a"]), vec![Rule::PollOptions]),
        ("a long option", poll("q", &["a", &"b".repeat(101)]), vec![Rule::PollOptionLength]),
        ("no question", poll("", &["a", "b"]), vec![Rule::TextMissing]),
    ];
    for (name, draft, wanted) in rows {
        assert_eq!(errors(&draft), wanted, "{name}");
    }
    let both = Part { media: vec![picture()], ..poll("q", &["a", "b"]).parts.remove(0) };
    assert_eq!(errors(&draft(vec![both])), [Rule::PollWithMedia]);
    let options = |options: Value| Draft { options, ..draft(vec![text("Hello")]) };
    assert_eq!(errors(&options(json!({ "link_preview_url": "nonsense" }))), [Rule::LinkCardAddress]);
    assert_eq!(errors(&options(json!({ "unknown": 1 }))), [Rule::OptionsInvalid]);
    assert_eq!(errors(&options(json!({ "bold": vec!["Hello"; 21] }))), [Rule::SpoilersTooMany]);
    let lost = rules(&options(json!({ "spoilers": ["elsewhere"] })), &json!({}));
    assert_eq!(lost, [(Rule::SpoilerNotFound, Severity::Warning)]);
}

#[test]
fn what_gets_lost_is_said_and_a_lost_right_stops_the_post() {
    let described = file("cat", MediaKind::Image, "image/png", Some("A cat"));
    let post = draft(vec![Part { media: vec![described], ..text("Look") }]);
    assert_eq!(rules(&post, &json!({})), [(Rule::AltLeftOut, Severity::Warning)]);
    let shut_out = rules(&draft(vec![text("x")]), &json!({ "is_shut_out": true }));
    assert_eq!(shut_out, [(Rule::PermissionMissing, Severity::Error)]);
}

#[test]
fn links_names_and_tags_are_found_and_the_first_link_has_the_preview() {
    let said = "See example.com/a and @harbour_news, not @abc or a@harbour_news #sea";
    let post = draft(vec![text(said)]);
    let reading = Telegram.read(&post, 0, &Value::Null);
    let found: Vec<_> = reading.spans.iter().map(|span| (span.kind, &said[span.range.clone()])).collect();
    let wanted = [(SpanKind::Link, "example.com/a"), (SpanKind::Mention, "@harbour_news"), (SpanKind::Tag, "#sea")];
    assert_eq!(found, wanted);
    assert_eq!(reading.card.map(|card| card.address).as_deref(), Some("https://example.com/a"));
    let off = Draft { options: json!({ "link_preview": "off" }), ..post };
    assert_eq!(Telegram.read(&off, 0, &Value::Null).card, None);
}

#[test]
fn a_chat_is_known_by_name_address_or_id() {
    for (typed, chat) in [
        ("@harbour_news", Some("@harbour_news")),
        (" harbour_news ", Some("@harbour_news")),
        ("https://t.me/harbour_news", Some("@harbour_news")),
        ("t.me/s/harbour_news/12?single", Some("@harbour_news")),
        ("-1002000000001", Some("-1002000000001")),
        ("https://t.me/c/2000000001/42", Some("-1002000000001")),
        ("https://t.me/+AbCdEf", None),
        ("https://example.com/harbour", None),
        ("../getMe", None),
        ("42", None),
        ("", None),
    ] {
        assert_eq!(address::chat(typed).as_deref(), chat, "{typed}");
    }
    let message = |address: &str| {
        address::message(&address.parse().expect("an address"), -1_002_000_000_001, Some("harbour_news"))
    };
    for (address, id) in [
        ("https://t.me/harbour_news/42", Some("42")),
        ("https://t.me/Harbour_News/42?single", Some("42")),
        ("https://t.me/s/harbour_news/42", Some("42")),
        ("https://t.me/c/2000000001/42", Some("42")),
        ("https://t.me/other_news/42", None),
        ("https://t.me/c/2000000002/42", None),
        ("https://t.me/harbour_news", None),
    ] {
        assert_eq!(message(address).as_deref(), id, "{address}");
    }
}
