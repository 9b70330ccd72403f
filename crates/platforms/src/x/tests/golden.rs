//! The exact bodies that are sent (P-057), and the consent page's address.

use connector::{Connect, Draft, FailureKind, MediaKind, Part, PartKind, Poll, StartConnect};
use serde_json::{Value, json};

use super::{World, app, draft, file, job, remote, text};
use crate::x::{
    FEATURES, X,
    compose::{self, body, quote_id},
    connect::scopes_for,
};

fn sent(draft: &Draft, position: usize, media: &[&str]) -> Value {
    let earlier: Vec<_> = (0..position).map(|at| remote(&format!("10{at}"))).collect();
    let ids: Vec<String> = media.iter().map(|&id| id.to_owned()).collect();
    body(&job(draft, position, &earlier), &ids, None).expect("a body")
}

#[test]
fn p_057_a_plain_post_is_its_text_and_nothing_else() {
    assert_eq!(sent(&draft(vec![text("Launch day")]), 0, &[]), json!({ "text": "Launch day" }));
}

#[test]
fn p_057_a_post_with_all_options_is_exactly_this() {
    let mut part = text("Launch day");
    part.media = vec![file(MediaKind::Image, "image/png", vec![1], None)];
    let options = json!({
        "reply_settings": "mentionedUsers", "community_id": "1493446837214187523", "share_with_followers": true,
        "made_with_ai": true, "paid_partnership": true,
    });
    let body = sent(&Draft { parts: vec![part], options, ..Draft::default() }, 0, &["1880", "1881"]);
    let expected = json!({
        "text": "Launch day", "media": { "media_ids": ["1880", "1881"] }, "reply_settings": "mentionedUsers",
        "community_id": "1493446837214187523", "share_with_followers": true, "made_with_ai": true, "paid_partnership": true,
    });
    assert_eq!(body, expected);
}

#[test]
fn p_057_a_poll_is_its_options_and_minutes() {
    let poll = Poll { options: vec!["A".into(), "B".into()], duration_minutes: 1440, multiple: false };
    let draft = draft(vec![Part { poll: Some(poll), ..text("Pick") }]);
    assert_eq!(
        sent(&draft, 0, &[]),
        json!({ "text": "Pick", "poll": { "options": ["A", "B"], "duration_minutes": 1440 } })
    );
}

#[test]
fn p_057_a_post_without_text_still_sends_an_empty_one() {
    assert_eq!(sent(&draft(vec![text("")]), 0, &["1"]), json!({ "text": "", "media": { "media_ids": ["1"] } }));
}

#[test]
fn a_thread_answers_the_post_before_and_a_comment_the_first() {
    let comment = Part { kind: PartKind::Comment, ..text("source") };
    let draft = Draft {
        parts: vec![text("1"), text("2"), comment, text("3")],
        options: json!({ "reply_settings": "verified" }),
        ..Draft::default()
    };
    let answered = |position| sent(&draft, position, &[])["reply"]["in_reply_to_tweet_id"].clone();
    assert_eq!([answered(1), answered(2), answered(3)], [json!("100"), json!("100"), json!("101")]);
    assert_eq!(sent(&draft, 0, &[])["reply_settings"], "verified");
    assert_eq!(sent(&draft, 1, &[]), json!({ "text": "2", "reply": { "in_reply_to_tweet_id": "100" } }));
}

#[test]
fn a_part_whose_forerunner_is_not_there_is_not_composed() {
    let draft = draft(vec![text("1"), text("2")]);
    let failure = body(&job(&draft, 1, &[]), &[], None).expect_err("no forerunner");
    assert_eq!(failure.kind, FailureKind::RemoteNotFound);
}

#[test]
fn a_quote_is_the_id_in_the_address() {
    let part = Part { quote: Some("https://x.com/acme/status/1990000000000000001?s=20".into()), ..text("Look") };
    assert_eq!(sent(&draft(vec![part]), 0, &[]), json!({ "text": "Look", "quote_tweet_id": "1990000000000000001" }));
    for address in
        ["https://twitter.com/a/status/7", "https://mobile.x.com/a/status/7/photo/1", "https://x.com/i/web/status/7"]
    {
        assert_eq!(quote_id(address).as_deref(), Some("7"), "{address}");
    }
    for address in [
        "https://x.com.evil.example/a/status/7",
        "https://x.com/a",
        "ftp://x.com/a/status/7",
        "7",
        "https://x.com/a/status/x",
    ] {
        assert_eq!(quote_id(address), None, "{address}");
    }
}

#[test]
fn an_edit_names_the_post_it_replaces() {
    let draft = draft(vec![text("Better")]);
    let body = body(&job(&draft, 0, &[]), &[], Some("55")).expect("a body");
    assert_eq!(body, json!({ "text": "Better", "edit_options": { "previous_post_id": "55" } }));
}

#[test]
fn the_options_schema_takes_what_the_options_take() {
    let schema = jsonschema::validator_for(&compose::options_schema()).expect("a schema");
    let good = json!({ "reply_settings": "subscribers", "community_id": "1", "made_with_ai": true });
    let bad = [
        json!({ "reply_settings": "everyone" }),
        json!({ "community_id": "x" }),
        json!({ "nullcast": true }),
        json!([]),
    ];
    assert!(schema.is_valid(&good) && schema.is_valid(&json!({})));
    assert!(bad.iter().all(|options| !schema.is_valid(options)));
    let reads = |options: &Value| {
        compose::Options::of(&Draft { parts: vec![], options: options.clone(), ..Draft::default() }).is_ok()
    };
    assert!(reads(&good) && reads(&Value::Null));
    assert!(!reads(&bad[0]) && !reads(&bad[2]));
}

#[tokio::test]
async fn p_051_the_consent_page_is_asked_for_the_least_scopes_and_the_challenge() {
    let mut world = World::at("http://127.0.0.1:9/");
    world.app = app("client", Some("secret"));
    world.endpoints.clear();
    let request = |features: &[&str]| StartConnect {
        input: json!({}),
        redirect_uri: "https://fanfare.example/connect/x".into(),
        state: "s".repeat(43),
        features: features.iter().map(|&feature| feature.to_owned()).collect(),
    };
    let started = X.start(&world.call(), &request(&["publish"])).await.expect("started");
    let query: std::collections::BTreeMap<_, _> = started.redirect_to.query_pairs().into_owned().collect();
    assert_eq!(started.redirect_to.as_str().split('?').next(), Some("https://x.com/i/oauth2/authorize"));
    assert_eq!(query["scope"], "tweet.read users.read offline.access tweet.write");
    assert_eq!((query["response_type"].as_str(), query["code_challenge_method"].as_str()), ("code", "S256"));
    assert_eq!((query["client_id"].as_str(), query["state"].len(), query["code_challenge"].len()), ("client", 43, 43));
    assert_ne!(started.memory["verifier"], query["code_challenge"].as_str());
    assert_eq!(X.start(&world.call(), &request(&["fly"])).await.expect_err("unknown").kind, FailureKind::InputInvalid);
    let long = StartConnect { state: "s".repeat(501), ..request(&[]) };
    assert_eq!(X.start(&world.call(), &long).await.expect_err("too long").kind, FailureKind::InputInvalid);
}

#[test]
fn p_051_each_feature_adds_only_its_scopes() {
    let scopes = |name: &str| scopes_for(&[name.to_owned()]).expect("known").join(" ");
    let base = "tweet.read users.read offline.access";
    assert_eq!(scopes("connect"), base);
    assert_eq!(scopes("metrics"), base);
    assert_eq!(scopes("read"), base);
    assert_eq!(scopes("media"), format!("{base} media.write"));
    assert_eq!(scopes("delete"), format!("{base} tweet.write"));
    assert_eq!(scopes_for(&[]).expect("all").join(" "), format!("{base} tweet.write media.write"));
    assert_eq!(scopes("hide_replies"), format!("{base} tweet.moderate.write"));
    assert_eq!(FEATURES.len(), 8);
}
