//! What is found before anything is sent.

use connector::{Draft, Poll, Publish as _, Rule, Severity};
use serde_json::{Value, json};

use super::{Mastodon, animation, file, picture, post, thread, with_media};

fn facts() -> Value {
    json!({
        "instance": "https://social.example", "software": "mastodon", "version": "4.5.2", "api_version": 7,
        "account": "14", "supports_idempotency": true, "privacy": "public",
        "configuration": { "supported_mime_types": ["image/png", "image/jpeg", "image/gif", "video/mp4"], "image_size_limit": 1000, "image_matrix_limit": 2000 },
    })
}

/// The rules broken, with their places; a `?` marks a warning.
fn broken(draft: &Draft) -> Vec<String> {
    broken_with(draft, &facts())
}

fn broken_with(draft: &Draft, facts: &Value) -> Vec<String> {
    let issues = Mastodon.check(draft, facts);
    let told = issues.iter().map(|issue| {
        assert!(issue.detail.english().len() > 20 && !issue.source.is_empty(), "{issue:?}");
        let mark = if issue.severity == Severity::Warning { "?" } else { "" };
        format!("{}{mark} {}", issue.rule, issue.pointer)
    });
    told.collect()
}

fn with_options(text: &str, options: Value) -> Draft {
    Draft { options, ..post(text) }
}

#[test]
fn a_good_post_has_no_issue() {
    let mut draft = thread(&["one", "two"]);
    draft.parts[0].media = vec![picture("m1", Some("A bridge")); 4];
    draft.parts[1].poll = Some(Poll { options: vec!["a".into(), "b".into()], duration_minutes: 5, multiple: false });
    draft.options = json!({ "visibility": "public", "language": "en", "quote_approval_policy": "nobody" });
    assert_eq!(broken(&draft), [""; 0]);
    assert_eq!(broken(&with_media("", vec![animation("m1")])), [""; 0]);
}

#[test]
fn text_and_content_warning_share_one_limit() {
    assert_eq!(broken(&post(&"a".repeat(500))), [""; 0]);
    assert_eq!(broken(&post(&"a".repeat(501))), ["text_too_long /parts/0/text"]);
    let warned = with_options(&"a".repeat(495), json!({ "spoiler_text": "123456" }));
    let issue = &Mastodon.check(&warned, &facts())[0];
    assert_eq!((issue.limit, issue.actual), (Some(500), Some(501)));
    assert!(issue.detail.english().contains("6 of them the warning"), "{}", issue.detail);
    let long_url = format!("https://example.com/{}", "a".repeat(480));
    let warned = with_options("a", json!({ "spoiler_text": long_url }));
    assert_eq!(broken(&warned), ["text_too_long /parts/0/text"], "addresses count in full in a warning");
    let long_url = format!("https://example.com/{}", "a".repeat(600));
    assert_eq!(broken(&post(&long_url)), [""; 0], "a URL counts 23");
    assert_eq!(Mastodon.read(&post(&long_url), 0, &facts()).length, 23);
    assert_eq!(Mastodon.limits(&facts()).text.max, 500);
}

#[test]
fn hindi_flags_and_keycaps_count_as_people_see_them() {
    for (text, counted) in
        [("नमस्ते दोस्तों ".repeat(40), 280), ("🇳🇱".repeat(260), 260), ("1\u{fe0f}\u{20e3}".repeat(200), 200)]
    {
        assert_eq!(
            (Mastodon.read(&post(&text), 0, &facts()).length, broken(&post(&text))),
            (counted, vec![]),
            "{text}"
        );
    }
    let mut draft = post("x");
    let options = vec!["स्ते".repeat(30), "🇳🇱".repeat(50)];
    draft.parts[0].poll = Some(Poll { options, duration_minutes: 60, multiple: false });
    assert_eq!(broken(&draft), [""; 0]);
    let mut other = facts();
    other["software"] = json!("gotosocial");
    assert_eq!(Mastodon.read(&post("🇳🇱"), 0, &other).length, 2, "where it is not known how a server counts");
}

#[test]
fn a_content_warning_alone_is_a_post_and_is_said_to_become_its_text() {
    let alone = with_options("", json!({ "spoiler_text": "storm" }));
    assert_eq!(broken(&alone), ["warning_becomes_text? /options/spoiler_text"]);
    let mut pictured = with_media(" ", vec![picture("m", None)]);
    pictured.options = json!({ "spoiler_text": "storm" });
    assert_eq!(broken(&pictured), ["warning_becomes_text? /options/spoiler_text"]);
    let long_url = format!("https://example.com/{}", "a".repeat(480));
    assert_eq!(
        broken(&with_options("", json!({ "spoiler_text": long_url }))),
        ["warning_becomes_text? /options/spoiler_text"],
        "an address in what becomes the text counts 23"
    );
    let mut other = facts();
    other["software"] = json!("gotosocial");
    assert_eq!(broken_with(&alone, &other), ["text_missing /parts/0/text"]);
    assert_eq!(broken_with(&pictured, &other), [""; 0]);
}

#[test]
fn the_reading_tells_what_check_tells() {
    let mut draft = with_options("", json!({ "spoiler_text": "storm", "language": "pt-BR" }));
    let reading = Mastodon.read(&draft, 0, &facts());
    let told: Vec<Rule> = reading.notes.iter().map(|note| note.rule).collect();
    assert_eq!((told, reading.length, reading.limit), (vec![Rule::LanguageWidened, Rule::WarningBecomesText], 5, 500));
    assert_eq!(reading.languages, ["pt"]);
    draft.parts[0].text = "See https://example.com/a and @lena".into();
    let reading = Mastodon.read(&draft, 0, &facts());
    assert_eq!((reading.length, reading.spans.len()), (4 + 23 + 10 + 5, 2));
    assert_eq!(Mastodon.read(&draft, 7, &facts()).length, 0, "there is no such part");
}

#[test]
fn a_language_that_the_server_does_not_know_is_named() {
    let of = |language: &str| broken(&with_options("x", json!({ "language": language })));
    for known in ["nl", "EN", "kab", "zh-TW", "zh-HK", "zh-Hant"] {
        assert_eq!(of(known), [""; 0], "{known}");
    }
    assert_eq!(of("pt-BR"), ["language_widened? /options/language"]);
    assert_eq!(of("tlh"), ["language_unknown? /options/language"]);
    assert_eq!(of("e"), ["language_invalid /options/language"]);
}

#[test]
fn an_empty_post_is_no_post() {
    assert_eq!(broken(&post(" \n")), ["text_missing /parts/0/text"]);
    assert_eq!(broken(&thread(&[])), ["parts_missing /parts"]);
    let mut comment = post("x");
    comment.parts[0].kind = connector::PartKind::Comment;
    assert_eq!(broken(&comment), ["comment_first /parts/0/kind"]);
    let many = vec!["x"; 101];
    assert_eq!(broken(&thread(&many)), ["parts_too_many /parts"]);
}

#[test]
fn media_must_go_together_and_fit() {
    assert_eq!(broken(&with_media("x", vec![picture("m", None); 5])), ["images_too_many /parts/0/media"]);
    assert_eq!(broken(&with_media("x", vec![picture("m", None), animation("n"), picture("o", None)])), [""; 0]);
    let film = file("f", connector::MediaKind::Video, "video/mp4", b"", None);
    for other in [picture("m", None), animation("n")] {
        assert_eq!(broken(&with_media("x", vec![other, film.clone()])), ["media_mixed /parts/0/media"]);
    }
    assert_eq!(broken(&with_media("x", vec![film.clone(), film])), ["videos_too_many /parts/0/media"]);
    let mut large = picture("m", Some(&"a".repeat(1501)));
    (large.size_bytes, large.width, large.height) = (1001, 100, 21);
    assert_eq!(
        broken(&with_media("x", vec![large])),
        [
            "media_too_large /parts/0/media/0",
            "media_too_many_pixels /parts/0/media/0",
            "alt_too_long /parts/0/media/0/alt"
        ]
    );
    let film = file("m", connector::MediaKind::Video, "video/webm", b"", None);
    assert_eq!(broken(&with_media("x", vec![film])), ["media_type /parts/0/media/0"]);
    let mut silent = facts();
    silent["configuration"]["supported_mime_types"] = json!(["image/png"]);
    let film = file("m", connector::MediaKind::Video, "video/mp4", b"", None);
    assert_eq!(broken_with(&with_media("x", vec![film]), &silent), ["media_type /parts/0/media/0"]);
}

#[test]
fn a_poll_keeps_to_the_instances_figures() {
    let poll = |options: &[&str], duration_minutes| {
        let mut draft = post("x");
        let options = options.iter().map(|text| (*text).to_owned()).collect();
        draft.parts[0].poll = Some(Poll { options, duration_minutes, multiple: false });
        draft
    };
    assert_eq!(broken(&poll(&["a"], 60)), ["poll_options /parts/0/poll/options"]);
    assert_eq!(broken(&poll(&["a", "b", "c", "d", "e"], 60)), ["poll_options /parts/0/poll/options"]);
    assert_eq!(broken(&poll(&["a", "a"], 60)), ["poll_option_text /parts/0/poll/options/1"]);
    assert_eq!(broken(&poll(&["a", " "], 60)), ["poll_option_length /parts/0/poll/options/1"]);
    assert_eq!(broken(&poll(&["a", &"b".repeat(51)], 60)), ["poll_option_length /parts/0/poll/options/1"]);
    assert_eq!(broken(&poll(&["a", "b"], 4)), ["poll_duration /parts/0/poll/duration_minutes"]);
    assert_eq!(broken(&poll(&["a", "b"], 43_830)), ["poll_duration /parts/0/poll/duration_minutes"]);
    let mut with_picture = poll(&["a", "b"], 60);
    with_picture.parts[0].media = vec![picture("m", None)];
    assert_eq!(broken(&with_picture), ["poll_with_media /parts/0/poll"]);
}

#[test]
fn a_quote_needs_an_instance_that_can_and_an_address() {
    let mut draft = post("x");
    draft.parts[0].quote = Some("https://social.example/@bob/1".into());
    assert_eq!(broken(&draft), [""; 0]);
    let mut old = facts();
    old["api_version"] = json!(6);
    assert_eq!(broken_with(&draft, &old), ["quote_unsupported /parts/0/quote"]);
    draft.parts[0].media = vec![picture("m", None)];
    assert_eq!(broken(&draft), ["quote_with_media /parts/0/quote"]);
    let mut unnamed = post("x");
    unnamed.parts[0].quote = Some("bob's post".into());
    assert_eq!(broken(&unnamed), ["quote_address /parts/0/quote"]);
}

#[test]
fn options_are_judged_too() {
    assert_eq!(broken(&with_options("x", json!({ "visibility": "secret" }))), ["options_invalid /options"]);
    assert_eq!(broken(&with_options("x", json!({ "scheduled_at": "2099-01-01" }))), ["options_invalid /options"]);
    assert_eq!(broken(&with_options("x", json!({ "language": "English" }))), ["language_invalid /options/language"]);
    let direct = json!({ "visibility": "direct" });
    assert_eq!(broken(&with_options("x", direct.clone())), ["direct_without_mention? /parts/0/text"]);
    assert_eq!(broken(&with_options("@bob x", direct)), [""; 0]);
    let ignored = json!({ "visibility": "private", "quote_approval_policy": "public" });
    assert_eq!(broken(&with_options("x", ignored)), ["quote_policy_ignored? /options/quote_approval_policy"]);
    let wider =
        Draft { options: json!({ "visibility": "private", "thread_visibility": "public" }), ..thread(&["a", "b"]) };
    assert_eq!(broken(&wider), ["thread_wider_than_first? /options/thread_visibility"]);
}

#[test]
fn the_facts_of_the_connector_hang_together() {
    use connector::Connector as _;
    let about = Mastodon.about();
    assert!(about.icon.starts_with("<svg") && about.hosts.is_empty() && about.app_fields.is_empty());
    assert_eq!(about.ways.iter().map(|way| way.kind).collect::<Vec<_>>(), ["oauth", "password"]);
    for way in about.ways {
        assert_eq!(way.fields[0].name, "instance");
    }
    assert!(about.ways[1].fields.iter().any(|field| field.name == "token" && field.secret));
    assert!(Mastodon.publish().is_some() && Mastodon.insights().is_some());
}
