//! What is refused beforehand, what is said to be lost, and what is found in a text.

use connector::{Connector as _, Draft, Media, MediaKind, Part, PartKind, SpanKind};
use serde_json::{Value, json};

use super::{asking, chosen, film, photo, sharing, text, with};
use crate::{
    linkedin::{
        LinkedIn, check,
        rights::{Need, Rights},
        text::{canonical, comment, commentary, read, seen},
        urn::{Address, in_address},
    },
    meta::test_world::draft,
};

const PAGE: &str = "https://www.linkedin.com/feed/update/urn:li:share:7/";

fn rules(draft: &Draft, facts: &Value) -> Vec<String> {
    check::draft(draft, facts).iter().map(|issue| format!("{} {}", issue.rule, issue.pointer)).collect()
}

#[test]
fn what_linkedin_would_refuse_or_lose_is_told_before_publishing() {
    let reply = |part: Part| Part { kind: PartKind::Comment, ..part };
    let plain = |id: &str| Media { alt: None, ..photo(id) };
    let shaped = |width, height, ms| Media { width, height, duration_ms: Some(ms), ..film() };
    let gif = |id: &str| Media { kind: MediaKind::Gif, mime: "image/gif".into(), ..photo(id) };
    let option = |options: Value| chosen(options, vec![text("x")]);
    let many = |count: usize| (0..count).map(|at| photo(&at.to_string())).collect::<Vec<_>>();
    let question = json!({ "poll_question": "Which?" });
    #[rustfmt::skip]
    let cases: Vec<(Draft, &[&str])> = vec![
        (draft(vec![]), &["parts_missing /parts"]),
        (draft(vec![text(" ")]), &["text_missing /parts/0/text"]),
        (draft(vec![text(&"a".repeat(3_000))]), &[]),
        (draft(vec![text(&"a".repeat(3_001))]), &["text_too_long /parts/0/text"]),
        (draft(vec![text(&"(".repeat(1_501))]), &["text_too_long /parts/0/text"]),
        (draft(vec![text(&"😀".repeat(1_501))]), &["text_too_long /parts/0/text"]),
        (draft(vec![with("", many(20))]), &[]),
        (draft(vec![with("x", many(21))]), &["images_too_many /parts/0/media"]),
        (draft(vec![with("x", vec![gif("g")])]), &[]),
        (draft(vec![with("x", vec![gif("g"), gif("h")])]), &["media_too_many /parts/0/media"]),
        (draft(vec![with("x", vec![photo("a"), film()])]), &["media_mixed /parts/0/media"]),
        (draft(vec![with("x", vec![Media { size_bytes: 5_000_001, ..photo("h") }])]), &["media_too_large /parts/0/media/0"]),
        (draft(vec![with("x", vec![Media { mime: "image/webp".into(), ..photo("h") }])]), &["media_type /parts/0/media/0"]),
        (draft(vec![with("x", vec![Media { alt: Some("a".repeat(4_087)), ..photo("h") }])]), &["alt_too_long /parts/0/media/0/alt"]),
        (draft(vec![with("x", vec![film()])]), &[]),
        (draft(vec![with("x", vec![shaped(640, 480, 2_999)])]), &["video_too_short /parts/0/media/0"]),
        (draft(vec![with("x", vec![shaped(640, 480, 1_800_001)])]), &["video_too_long /parts/0/media/0"]),
        (draft(vec![with("x", vec![shaped(2_500, 1_000, 5_000)])]), &["video_ratio /parts/0/media/0"]),
        (draft(vec![with("x", vec![Media { size_bytes: 76_799, ..film() }])]), &["media_unusable /parts/0/media/0"]),
        (draft(vec![with("x", vec![Media { alt: Some("Waves".into()), ..film() }])]), &["alt_left_out /parts/0/media/0/alt"]),
        (draft(vec![asking("Which?", 4_320)]), &[]),
        (draft(vec![asking("Which?", 1_441)]), &["poll_duration /parts/0/poll/duration_minutes"]),
        (draft(vec![asking("Which?", 60)]), &["poll_duration /parts/0/poll/duration_minutes"]),
        (draft(vec![asking(&"a".repeat(141), 1_440)]), &["text_too_long /parts/0/text"]),
        (chosen(question.clone(), vec![asking(&"a".repeat(141), 1_440)]), &[]),
        (chosen(question, vec![asking("", 1_440)]), &[]),
        (draft(vec![Part { media: vec![photo("a")], ..asking("Which?", 1_440) }]), &["media_poll_quote_exclusive /parts/0"]),
        (draft(vec![sharing("", PAGE)]), &[]),
        (draft(vec![sharing("", "https://www.linkedin.com/feed/update/urn:li:activity:7/")]), &["quote_address /parts/0/quote"]),
        (draft(vec![text("x"), reply(text(&"a".repeat(1_250)))]), &[]),
        (draft(vec![text("x"), reply(text(&"a".repeat(1_251)))]), &["text_too_long /parts/1/text"]),
        (draft(vec![text("x"), text("more")]), &["part_becomes_comment /parts/1/kind"]),
        (draft(vec![text("x"), reply(with("y", vec![plain("a")]))]), &[]),
        (draft(vec![text("x"), reply(with("y", vec![plain("a"), plain("b")]))]), &["images_too_many /parts/1/media"]),
        (draft(vec![text("x"), reply(with("y", vec![film()]))]), &["media_type /parts/1/media/0"]),
        (draft(vec![text("x"), reply(with("", vec![plain("a")]))]), &["text_missing /parts/1/text"]),
        (draft(vec![text("x"), reply(with("y", vec![photo("a")]))]), &["alt_left_out /parts/1/media/0/alt"]),
        (draft(vec![text("x"), reply(text("@[Acme](urn:li:organization:1)"))]), &["text_left_out /parts/1/text"]),
        (draft(vec![text("x"), reply(sharing("y", PAGE))]), &["media_poll_quote_exclusive /parts/1"]),
        (option(json!({ "link": "https://example.com/" })), &[]),
        (chosen(json!({ "link": "https://example.com/" }), vec![text("")]), &[]),
        (option(json!({ "link": "nonsense" })), &["link_card_address /options/link"]),
        (option(json!({ "link_title": "a".repeat(401) })), &["link_card_title /options/link_title"]),
        (chosen(json!({ "link": "https://example.com/" }), vec![with("", vec![photo("a")])]), &["link_card_left_out /options/link"]),
        (option(json!({ "visibility": "connections" })), &[]),
        (option(json!({ "nonsense": true })), &["options_invalid /options"]),
    ];
    for (draft, expected) in cases {
        assert_eq!(rules(&draft, &json!({})), expected, "{:?} {}", draft.parts, draft.options);
    }
}

#[test]
fn a_permission_or_a_role_that_is_missing_is_named_before_publishing() {
    let both = draft(vec![text("x"), Part { kind: PartKind::Comment, ..text("y") }]);
    let facts = |scopes: &[&str], role: Option<&str>| {
        json!(Rights { scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(), role: role.map(str::to_owned) })
    };
    let all = ["w_organization_social", "w_organization_social_feed", "r_organization_social", "r_organization_admin"];
    let missing = ["permission_missing /parts/0", "permission_missing /parts/1"];
    assert_eq!(
        rules(&both, &facts(&["openid", "w_member_social"], None)),
        missing[1..],
        "everyone's app can't comment"
    );
    assert_eq!(rules(&both, &facts(&all, Some("ADMINISTRATOR"))), Vec::<String>::new());
    assert_eq!(rules(&both, &facts(&all, Some("ANALYST"))), missing);
    assert_eq!(rules(&both, &facts(&["w_organization_social"], Some("ADMINISTRATOR"))), missing[1..]);
    let hidden = chosen(json!({ "visibility": "connections" }), vec![text("x")]);
    assert_eq!(rules(&hidden, &facts(&all, Some("ADMINISTRATOR"))), ["options_invalid /options/visibility"]);
    let editor = Rights::of(&facts(&all, Some("CONTENT_ADMIN")));
    assert!(editor.allow(Need::Publish) && editor.allow(Need::Posts) && !editor.allow(Need::Numbers));
}

#[test]
fn a_text_is_escaped_where_linkedin_would_cut_it_and_read_back_as_people_see_it() {
    for (written, sent) in [
        ("Plain, with ümlauts & 1 + 2 = 3!", "Plain, with ümlauts & 1 + 2 = 3!"),
        ("(a) [b] {c} <d> *e* _f_ ~g~ h|i @j \\k", r"\(a\) \[b\] \{c\} \<d\> \*e\* \_f\_ \~g\~ h\|i \@j \\k"),
        ("#news and #2030, C# and # alone", r"#news and #2030, C\# and \# alone"),
        ("https://example.com/a_b?c=(d)#e", r"https://example.com/a\_b?c=\(d\)\#e"),
        ("Hi @[Acme (NL)](urn:li:organization:1)!", r"Hi @[Acme \(NL\)](urn:li:organization:1)!"),
        ("@[No](urn:li:share:1)", r"\@\[No\]\(urn:li:share:1\)"),
    ] {
        assert_eq!(commentary(written), sent);
        let seen_there = written.replace("@[Acme (NL)](urn:li:organization:1)", "Acme (NL)");
        assert_eq!(seen(sent), seen_there, "{sent}");
    }
    assert_eq!(seen(r"{hashtag|\#|news} for @[Acme](urn:li:organization:1)"), "#news for Acme");
    assert_eq!(comment("Hi @[Acme (NL)](urn:li:organization:1) (you)"), "Hi Acme (NL) (you)");
    assert_eq!(canonical(" a\n b  "), "a b");
}

#[test]
fn links_tags_and_mentions_are_found_and_the_first_link_has_a_card() {
    let whole = draft(vec![text("See example.com/a, @[Acme](urn:li:organization:1) #now"), text("comment (x)")]);
    let reading = read(&whole, 0);
    let spans: Vec<_> = reading.spans.iter().map(|span| (span.kind, &*span.target, span.shown.as_deref())).collect();
    assert_eq!(
        spans,
        [
            (SpanKind::Link, "example.com/a", None),
            (SpanKind::Mention, "urn:li:organization:1", Some("Acme")),
            (SpanKind::Tag, "now", None),
        ]
    );
    assert_eq!(reading.card.map(|card| card.address).as_deref(), Some("https://example.com/a"));
    assert_eq!((reading.length, reading.limit), (54, 3_000));
    let second = read(&whole, 1);
    assert_eq!((second.length, second.limit, second.card), (11, 1_250, None));
    let bare = chosen(json!({ "no_card": true }), whole.parts.clone());
    assert_eq!(read(&bare, 0).card, None);
}

#[test]
fn addresses_of_posts_are_read_on_whatever_page_they_lead_to() {
    let at = |address: &str| in_address(&address.parse().expect("an address"), |_| false);
    let post = |urn: &str| Address::Post(urn.to_owned());
    for (address, found) in [
        ("https://www.linkedin.com/feed/update/urn:li:share:7/", post("urn:li:share:7")),
        ("https://www.linkedin.com/embed/feed/update/urn:li:ugcPost:7?compact=1", post("urn:li:ugcPost:7")),
        ("https://nl.linkedin.com/feed/update/urn%3Ali%3Ashare%3A7", post("urn:li:share:7")),
        ("https://www.linkedin.com/posts/lena_bread-ugcPost-7-aB3d", post("urn:li:ugcPost:7")),
        ("https://www.linkedin.com/posts/lena_bread-activity-7-aB3d", Address::Activity),
        ("https://www.linkedin.com/feed/update/urn:li:activity:7", Address::Activity),
        ("https://www.linkedin.com/posts/lena_5-ways-to-share-10-ideas-activity-7-aB3d", Address::Activity),
        ("https://www.linkedin.com/posts/lena_activity-5-to-share-10-ugcPost-7-aB3d", post("urn:li:ugcPost:7")),
        ("https://www.linkedin.com/in/lena", Address::Other),
        ("https://linkedin.com.example.com/feed/update/urn:li:share:7", Address::Other),
    ] {
        assert_eq!(at(address), found, "{address}");
    }
}

#[test]
fn pd_07_what_the_terms_allow_to_keep_is_data() {
    let caps = LinkedIn.about().caps;
    let days = |class: &str| caps.iter().find(|cap| cap.class == class).and_then(|cap| cap.max_days);
    assert_eq!(
        (days("metrics"), days("content"), days("profile"), days("audience")),
        (Some(365), Some(2), Some(1), Some(0))
    );
}
