//! Whole flows against laid-out answers: what is asked, in which order, and what is made of the answers.

use std::time::Duration;

use base::Secret;
use connector::{
    Callback, Connect, Deleted, Draft, FailureKind as K, Handles, Insights, MediaKind, Metric, Outcome, Part, Publish,
    StartConnect, Tokens,
};
use serde_json::{Value, json};

use super::{
    Journal, NOW, World, app, draft, file, job, remote, say,
    spec::{Spec, Spoken, multipart},
    text,
};
use crate::{
    test_kit::{Canned, Seen, on},
    x::{X, media::SEGMENT_BYTES},
};

const TOKEN: &str = "POST /2/oauth2/token";
const REVOKE: &str = "POST /2/oauth2/revoke";
const ME: &str = "GET /2/users/me";
const POST: &str = "POST /2/tweets";
const UPLOAD: &str = "POST /2/media/upload";
const STATUS: &str = "GET /2/media/upload";
const INITIALIZE: &str = "POST /2/media/upload/initialize";
const APPEND: &str = "POST /2/media/upload/1880/append";
const FINALIZE: &str = "POST /2/media/upload/1880/finalize";
const DESCRIBE: &str = "POST /2/media/metadata";

fn pair(refresh: Option<&str>) -> Value {
    json!({ "token_type": "bearer", "expires_in": 7200, "access_token": "AT2", "refresh_token": refresh,
        "scope": "tweet.read tweet.write users.read offline.access" })
}

fn me() -> Value {
    json!({ "data": { "id": "2244994945", "name": "Acme", "username": "acme", "subscription_type": "Premium", "protected": true,
        "location": "somewhere", "description": "kept nowhere",
        "profile_image_url": "https://pbs.twimg.com/profile_images/1/acme_normal.jpg" } })
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn started(world: &World) -> connector::Started {
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "https://fanfare.example/connect/x".into(),
        state: "state-1".into(),
        features: vec![],
    };
    X.start(&world.call(), &request).await.expect("started")
}

fn callback(query: &[(&str, &str)]) -> Callback {
    Callback { query: pairs(query).into_iter().collect() }
}

#[tokio::test]
async fn p_014_connecting_gives_the_account_and_keeps_only_what_a_channel_needs() {
    let canned = Canned::start(vec![on(TOKEN, 200, pair(Some("RT2"))), on(ME, 200, me())]).await;
    let world = World::at(&canned.origin);
    let memory = started(&world).await.memory;
    let callback = callback(&[("state", "state-1"), ("code", "C")]);
    let granted = X.finish(&world.call(), &memory, &callback).await.expect("granted");
    let account = connector::Account {
        id: "2244994945".into(),
        handle: "acme".into(),
        name: "Acme".into(),
        url: format!("{}acme", canned.origin),
        avatar: Some("https://pbs.twimg.com/profile_images/1/acme_400x400.jpg".into()),
    };
    let facts = json!({ "subscription_type": "Premium", "protected": true });
    assert_eq!(granted.channels, [connector::Found::itself(account, facts)]);
    assert_eq!(granted.scopes, ["tweet.read", "tweet.write", "users.read", "offline.access"]);
    assert_eq!(granted.tokens.expires_at, Some(NOW + Duration::from_secs(7200)));
    let seen = canned.seen();
    let verifier = memory["verifier"].as_str().expect("kept");
    let form = pairs(&[
        ("grant_type", "authorization_code"),
        ("code", "C"),
        ("redirect_uri", "https://fanfare.example/connect/x"),
        ("code_verifier", verifier),
    ]);
    assert_eq!((seen[0].form(), seen[0].authorization.as_str()), (form, "Basic Y2xpZW50OnNlY3JldA=="));
    assert_eq!(seen[1].authorization, "Bearer AT2");
    assert_eq!(
        seen[1].asks("user.fields").as_deref(),
        Some("id,name,profile_image_url,protected,subscription_type,username")
    );
}

#[tokio::test]
async fn a_public_app_names_itself_in_the_form_and_sends_no_secret() {
    for secret in [None, Some("")] {
        let canned =
            Canned::start(vec![on(TOKEN, 200, pair(Some("RT2"))), on(REVOKE, 200, "{}"), on(REVOKE, 200, "{}")]).await;
        let mut world = World::at(&canned.origin);
        world.app = app("native", secret);
        X.refresh(&world.call()).await.expect("new tokens");
        X.revoke(&world.call()).await.expect("revoked");
        let seen = canned.seen();
        assert!(seen.iter().all(|seen| seen.authorization.is_empty()));
        let form = [("grant_type", "refresh_token"), ("refresh_token", "RT"), ("client_id", "native")];
        assert_eq!(seen[0].form(), pairs(&form));
        assert_eq!(
            seen[1].form(),
            pairs(&[("token", "RT"), ("token_type_hint", "refresh_token"), ("client_id", "native")])
        );
    }
}

#[tokio::test]
async fn s_11_a_denial_a_foreign_state_and_a_missing_code_ask_x_nothing() {
    let canned = Canned::start(vec![]).await;
    let world = World::at(&canned.origin);
    let memory = started(&world).await.memory;
    #[rustfmt::skip]
    let cases: [(&[(&str, &str)], K); 5] = [
        (&[("state", "state-1"), ("error", "access_denied")], K::InputInvalid),
        (&[("state", "state-1"), ("error", "invalid_scope")], K::AppMisconfigured),
        (&[("state", "another"), ("code", "C")], K::InputInvalid),
        (&[("code", "C")], K::InputInvalid),
        (&[("state", "state-1")], K::InputInvalid),
    ];
    for (query, kind) in cases {
        let failure = X.finish(&world.call(), &memory, &callback(query)).await.expect_err("refused");
        assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, kind), "{query:?}");
    }
    let broken = X.finish(&world.call(), &json!({}), &callback(&[("state", "state-1"), ("code", "C")])).await;
    assert_eq!(broken.expect_err("refused").kind, K::InputInvalid);
    assert_eq!(canned.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn tokens_of_an_account_that_cannot_be_read_are_taken_back() {
    let canned = Canned::start(vec![
        on(TOKEN, 200, pair(Some("RT2"))),
        on(ME, 503, ""),
        on(REVOKE, 200, "{}"),
        on(REVOKE, 200, "{}"),
    ])
    .await;
    let world = World::at(&canned.origin);
    let memory = started(&world).await.memory;
    let failure = X.finish(&world.call(), &memory, &callback(&[("state", "state-1"), ("code", "C")])).await;
    assert_eq!(failure.expect_err("no account").kind, K::Unavailable);
    assert_eq!(canned.lines(), [TOKEN, ME, REVOKE, REVOKE]);
    assert_eq!(canned.seen()[2].form()[0], ("token".to_owned(), "RT2".to_owned()));
}

#[tokio::test]
async fn s_15_a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    for (answered, kept) in [(None, "RT"), (Some(""), "RT"), (Some("RT2"), "RT2")] {
        let canned = Canned::start(vec![on(TOKEN, 200, pair(answered))]).await;
        let tokens = X.refresh(&World::at(&canned.origin).call()).await.expect("new tokens");
        assert_eq!(tokens.access.as_ref().map(Secret::expose).map(String::as_str), Some("AT2"));
        assert_eq!(tokens.refresh.as_ref().map(Secret::expose).map(String::as_str), Some(kept));
    }
}

#[tokio::test]
async fn s_15_a_refresh_whose_answer_is_lost_is_doubt_and_a_dead_token_is_a_reconnect() {
    let cases = [
        (200, "{}".to_owned(), Outcome::Unknown, K::BadAnswer),
        (500, String::new(), Outcome::Unknown, K::Unavailable),
        (
            400,
            json!({ "error": "invalid_request", "error_description": "Value passed for the token was invalid." })
                .to_string(),
            Outcome::Rejected,
            K::ReconnectNeeded,
        ),
        (401, json!({ "error": "invalid_client" }).to_string(), Outcome::Rejected, K::AppMisconfigured),
    ];
    for (status, body, outcome, kind) in cases {
        let canned = Canned::start(vec![on(TOKEN, status, body)]).await;
        let failure = X.refresh(&World::at(&canned.origin).call()).await.expect_err("refused");
        assert_eq!((failure.outcome, failure.kind), (outcome, kind));
    }
    let mut world = World::at("http://127.0.0.1:9/");
    world.tokens = Tokens { access: Some("AT".into()), ..Tokens::default() };
    assert_eq!(X.refresh(&world.call()).await.expect_err("none").kind, K::ReconnectNeeded);
}

#[tokio::test]
async fn s_17_both_tokens_are_revoked_and_a_token_that_is_gone_is_no_failure() {
    let dead = json!({ "error": "invalid_request", "error_description": "Value passed for the token was invalid." });
    let canned = Canned::start(vec![on(REVOKE, 400, dead), on(REVOKE, 200, json!({ "revoked": true }))]).await;
    X.revoke(&World::at(&canned.origin).call()).await.expect("revoked");
    let tokens: Vec<String> = canned.seen().iter().map(|seen| seen.form()[0].1.clone()).collect();
    assert_eq!(tokens, ["RT", "AT"]);
    let canned = Canned::start(vec![on(REVOKE, 503, ""), on(REVOKE, 200, "{}")]).await;
    X.revoke(&World::at(&canned.origin).call()).await.expect_err("to be repeated");
    assert_eq!(canned.lines().len(), 2, "the second is tried all the same");
}

#[tokio::test]
async fn p_050_there_is_no_password_way() {
    let failure = X.with_password(&World::at("http://127.0.0.1:9/").call(), &json!({ "password": "x" })).await;
    assert_eq!(failure.expect_err("refused").kind, K::InputInvalid);
    assert_eq!(X.instance_of(&json!({})).expect("one app"), None);
}

fn with_file(kind: MediaKind, mime: &str, bytes: Vec<u8>, alt: Option<&str>) -> Draft {
    draft(vec![Part { media: vec![file(kind, mime, bytes, alt)], ..text("Look") }])
}

fn uploaded(processing: Option<Value>) -> Value {
    let mut data = json!({ "id": "1880", "media_key": "3_1880", "size": 3, "expires_after_secs": 86_400 });
    if let Some(processing) = processing {
        data["processing_info"] = processing;
    }
    json!({ "data": data })
}

#[tokio::test]
async fn an_image_goes_up_in_one_piece_is_described_and_then_posted() {
    let created = json!({ "data": { "id": "1990000000000000001", "text": "Look https://t.co/abc", "edit_history_tweet_ids": [""] } });
    let canned = Canned::start(vec![
        on(UPLOAD, 200, uploaded(None)),
        on(DESCRIBE, 200, json!({ "data": { "id": "1880" } })),
        on(POST, 201, created),
    ])
    .await;
    let world = World::at(&canned.origin);
    let draft = with_file(MediaKind::Image, "image/jpeg", vec![1, 2, 3], Some("a picture"));
    let journal = Journal::default();
    let ready = X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect("prepared");
    let body = json!({ "text": "Look", "media": { "media_ids": ["1880"] } });
    assert_eq!(ready.request, json!({ "body": body, "media_keys": ["3_1880"] }));
    let sent = X.send(&world.call(), &ready).await.expect("sent");
    assert_eq!((sent.remote.id.as_str(), sent.processing), ("1990000000000000001", false));
    assert_eq!(sent.remote.url, format!("{}i/status/1990000000000000001", canned.origin));
    let seen = canned.seen();
    assert_eq!(canned.lines(), [UPLOAD, DESCRIBE, POST]);
    assert_eq!(
        multipart(&seen[0].content_type, &seen[0].body),
        json!({ "media_category": "tweet_image", "media": null })
    );
    assert_eq!(seen[1].json(), json!({ "id": "1880", "metadata": { "alt_text": { "text": "a picture" } } }));
    assert_eq!((seen[2].json(), seen[2].authorization.as_str()), (body, "Bearer AT"));

    // R-36: a second preparation finds all of it in the journal and asks X nothing.
    let again = X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect("prepared");
    assert_eq!((again, canned.lines().len()), (ready, 3));
}

#[tokio::test]
async fn r_36_a_video_goes_up_in_segments_and_is_resumed_where_it_broke_off() {
    let first = vec![
        on(INITIALIZE, 200, json!({ "data": { "id": "1880", "media_key": "7_1880", "expires_after_secs": 86_400 } })),
        on(APPEND, 200, json!({ "data": { "expires_at": 1_893_574_800 } })),
        on(APPEND, 503, ""),
        on(APPEND, 204, ""),
        on(FINALIZE, 200, uploaded(Some(json!({ "state": "pending", "check_after_secs": 3 })))),
        on(
            STATUS,
            200,
            uploaded(Some(json!({ "state": "in_progress", "check_after_secs": 7, "progress_percent": 40 }))),
        ),
        on(STATUS, 200, uploaded(Some(json!({ "state": "succeeded", "progress_percent": 100 })))),
    ];
    let canned = Canned::start(first).await;
    let world = World::at(&canned.origin);
    let bytes = (0..SEGMENT_BYTES + 10).map(|at| (at % 251) as u8).collect::<Vec<_>>();
    let draft = with_file(MediaKind::Video, "video/mp4", bytes.clone(), None);
    let journal = Journal::default();
    let (call, job) = (world.call(), job(&draft, 0, &[]));
    let broken = X.prepare(&call, &job, &journal).await.expect_err("broke off");
    assert_eq!((broken.outcome, broken.kind), (Outcome::NotSent, K::Unavailable));
    let pending = X.prepare(&call, &job, &journal).await.expect_err("pending");
    assert_eq!((&pending.outcome, pending.kind), (&Outcome::Throttled, K::MediaNotReady));
    assert_eq!(pending.retry_at, Some(NOW + Duration::from_secs(3)));
    let working = X.prepare(&call, &job, &journal).await.expect_err("in progress");
    assert_eq!(working.retry_at, Some(NOW + Duration::from_secs(14)), "twice as long as X asks, the second time");
    let ready = X.prepare(&call, &job, &journal).await.expect("prepared");
    assert_eq!(ready.request["body"]["media"]["media_ids"], json!(["1880"]));
    assert_eq!(canned.lines(), [INITIALIZE, APPEND, APPEND, APPEND, FINALIZE, STATUS, STATUS]);
    let seen = canned.seen();
    let total = bytes.len();
    assert_eq!(
        seen[0].json(),
        json!({ "media_type": "video/mp4", "media_category": "tweet_video", "total_bytes": total })
    );
    let index = |seen: &Seen| multipart(&seen.content_type, &seen.body)["segment_index"].clone();
    assert_eq!([index(&seen[1]), index(&seen[2]), index(&seen[3])], [json!("0"), json!("1"), json!("1")]);
    let holds = |seen: &Seen, piece: &[u8]| seen.body.windows(piece.len()).any(|window| window == piece);
    assert!(holds(&seen[3], &bytes[SEGMENT_BYTES as usize..]));
    assert_eq!(seen[5].query, "command=STATUS&media_id=1880");
}

#[tokio::test]
async fn a_file_that_x_refuses_is_forgotten_and_one_that_x_forgot_goes_up_again() {
    let failed =
        json!({ "state": "failed", "error": { "code": 1, "name": "InvalidMedia", "message": "unsupported codec" } });
    let canned = Canned::start(vec![
        on(INITIALIZE, 200, uploaded(None)),
        on(APPEND, 200, ""),
        on(FINALIZE, 200, uploaded(Some(failed))),
    ])
    .await;
    let draft = with_file(MediaKind::Gif, "image/gif", vec![7; 10], None);
    let journal = Journal::default();
    let failure =
        X.prepare(&World::at(&canned.origin).call(), &job(&draft, 0, &[]), &journal).await.expect_err("refused");
    assert_eq!((failure.kind, failure.code.as_deref()), (K::MediaRefused, Some("InvalidMedia")));
    assert!(failure.detail.english().contains("unsupported codec"));
    assert_eq!(journal.get("media_0"), None);

    let gone =
        json!({ "title": "Not Found Error", "type": "https://api.x.com/2/problems/resource-not-found", "status": 404 });
    let canned = Canned::start(vec![
        on(INITIALIZE, 200, uploaded(None)),
        on(APPEND, 200, ""),
        on(FINALIZE, 200, uploaded(Some(json!({ "state": "pending", "check_after_secs": 1 })))),
        on(STATUS, 404, gone),
        on(INITIALIZE, 200, uploaded(None)),
        on(APPEND, 200, ""),
        on(FINALIZE, 200, uploaded(None)),
    ])
    .await;
    let world = World::at(&canned.origin);
    X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect_err("pending");
    X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect("uploaded again");
    assert_eq!(canned.lines()[3..], [STATUS, INITIALIZE, APPEND, FINALIZE]);
}

#[tokio::test]
async fn a_description_that_x_refuses_inside_a_success_is_not_lost_silently() {
    let refusal =
        json!({ "errors": [{ "type": "https://api.x.com/2/problems/invalid-request", "title": "Invalid Request" }] });
    let canned =
        Canned::start(vec![on(UPLOAD, 200, uploaded(None)), on(DESCRIBE, 200, refusal), on(DESCRIBE, 200, "")]).await;
    let world = World::at(&canned.origin);
    let (draft, journal) = (with_file(MediaKind::Image, "image/png", vec![1], Some("alt")), Journal::default());
    let failure = X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect_err("refused");
    assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, K::MediaRefused));
    X.prepare(&world.call(), &job(&draft, 0, &[]), &journal)
        .await
        .expect("the file is there, only the description was missing");
    assert_eq!(canned.lines(), [UPLOAD, DESCRIBE, DESCRIBE]);
}

#[tokio::test]
async fn a_file_that_will_not_live_until_the_post_goes_up_again() {
    let short = json!({ "data": { "id": "1880", "expires_after_secs": 1800 } });
    let canned = Canned::start(vec![on(UPLOAD, 200, &short), on(UPLOAD, 200, uploaded(None))]).await;
    let world = World::at(&canned.origin);
    let draft = with_file(MediaKind::Image, "image/png", vec![1], None);
    let journal = Journal::default();
    X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect("prepared");
    X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect("prepared");
    let other = with_file(MediaKind::Image, "image/png", vec![2], None);
    let failure =
        X.prepare(&world.call(), &job(&other, 0, &[]), &journal).await.expect_err("other bytes, no answer laid out");
    assert_eq!((canned.lines().len(), failure.outcome), (3, Outcome::NotSent));
}

#[tokio::test]
async fn an_edit_asks_first_and_replaces_the_whole_post() {
    let controls = |eligible: bool, until: &str, left: i64| json!({ "data": { "id": "55", "edit_controls": { "is_edit_eligible": eligible, "editable_until": until, "edits_remaining": left } } });
    const ASK: &str = "GET /2/tweets/55";
    let fine = controls(true, "2030-01-01T09:30:00.000Z", 5);
    let canned =
        Canned::start(vec![on(ASK, 200, fine), on(POST, 201, json!({ "data": { "id": "56", "text": "Better" } }))])
            .await;
    let world = World::at(&canned.origin);
    let draft = draft(vec![text("Better")]);
    let sent = X.edit(&world.call(), &remote("55"), &job(&draft, 0, &[]), &Journal::default()).await.expect("edited");
    assert_eq!(sent.remote.id, "56");
    let seen = canned.seen();
    assert_eq!(seen[0].query, "post.fields=edit_controls");
    assert_eq!(seen[1].json(), json!({ "text": "Better", "edit_options": { "previous_post_id": "55" } }));

    let refusals = [
        controls(false, "2030-01-01T09:30:00Z", 5),
        controls(true, "2030-01-01T08:59:59Z", 5),
        controls(true, "2030-01-01T09:30:00Z", 0),
    ];
    for refusal in refusals {
        let canned = Canned::start(vec![on(ASK, 200, refusal)]).await;
        let world = World::at(&canned.origin);
        let failure = X.edit(&world.call(), &remote("55"), &job(&draft, 0, &[]), &Journal::default()).await;
        assert_eq!((failure.expect_err("refused").kind, canned.lines().len()), (K::ContentRefused, 1));
    }
    let mut world = World::at("http://127.0.0.1:9/");
    world.facts = json!({ "subscription_type": "Basic" });
    let failure = X.edit(&world.call(), &remote("55"), &job(&draft, 0, &[]), &Journal::default()).await;
    assert_eq!(failure.expect_err("no Premium").outcome, Outcome::Rejected);
}

#[tokio::test]
async fn deleting_twice_is_done_once_and_gone_before() {
    const DELETE: &str = "DELETE /2/tweets/55";
    let gone = json!({ "title": "Not Found Error", "type": "https://api.x.com/2/problems/resource-not-found" });
    let canned =
        Canned::start(vec![on(DELETE, 200, json!({ "data": { "deleted": true } })), on(DELETE, 404, gone)]).await;
    let world = World::at(&canned.origin);
    assert_eq!(X.delete(&world.call(), &remote("55")).await.expect("deleted"), Deleted::Gone);
    assert_eq!(X.delete(&world.call(), &remote("55")).await.expect("deleted"), Deleted::WasGone);
    assert_eq!(X.delete(&world.call(), &remote("../me")).await.expect_err("no id").kind, K::RemoteNotFound);
    assert_eq!(canned.lines().len(), 2);
}

#[tokio::test]
async fn numbers_are_read_in_both_spellings_and_posts_that_are_gone_are_left_out() {
    const NUMBERS: &str = "GET /2/tweets";
    let answer = json!({
        "data": [
            { "id": "1", "text": "a", "public_metrics": { "impression_count": 9, "like_count": 3, "reply_count": 1, "repost_count": 2, "retweet_count": 7, "quote_count": 0, "bookmark_count": 4 } },
            { "id": "2", "text": "b", "public_metrics": { "retweet_count": 5 } },
        ],
        "errors": [{ "type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error", "value": "3" }],
    });
    let canned = Canned::start(vec![on(NUMBERS, 200, answer)]).await;
    let posts = [remote("1"), remote("2"), remote("3")];
    let numbers = X.of_posts(&World::at(&canned.origin).call(), &posts).await.expect("numbers");
    assert_eq!(numbers.iter().map(|of| of.remote_id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    #[rustfmt::skip]
    let first = vec![(Metric::Likes, 3), (Metric::Replies, 1), (Metric::Reposts, 2), (Metric::Quotes, 0), (Metric::Impressions, 9), (Metric::Bookmarks, 4)];
    assert_eq!(
        (&numbers[0].values, &numbers[1].values, numbers[0].fetched_at),
        (&first, &vec![(Metric::Reposts, 5)], NOW)
    );
    assert_eq!(canned.seen()[0].query, "ids=1%2C2%2C3&post.fields=public_metrics");

    let gone = json!({ "errors": [{ "type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error" }] });
    let canned = Canned::start(vec![on(NUMBERS, 200, gone)]).await;
    assert_eq!(X.of_posts(&World::at(&canned.origin).call(), &posts).await.expect("none left"), []);
    let canned = Canned::start(vec![on(NUMBERS, 200, "{}")]).await;
    X.of_posts(&World::at(&canned.origin).call(), &posts).await.expect_err("no answer at all");
    assert_eq!(X.of_posts(&World::at("http://127.0.0.1:9/").call(), &[]).await.expect("nothing asked"), []);
}

#[tokio::test]
async fn r_31_a_post_is_sent_once_whatever_the_answer() {
    for (status, body) in [(500, ""), (201, ""), (403, "{}"), (429, ""), (200, "<html>")] {
        let canned =
            Canned::start(vec![on(POST, status, body), on(POST, 201, r#"{"data":{"id":"1","text":"x"}}"#)]).await;
        let world = World::at(&canned.origin);
        let draft = draft(vec![text("x")]);
        let ready = X.prepare(&world.call(), &job(&draft, 0, &[]), &Journal::default()).await.expect("prepared");
        X.send(&world.call(), &ready).await.expect_err("no success");
        assert_eq!(canned.lines(), [POST]);
    }
    let nobody = World::at("http://127.0.0.1:9/");
    let ready =
        X.prepare(&nobody.call(), &job(&draft(vec![text("x")]), 0, &[]), &Journal::default()).await.expect("prepared");
    assert_eq!(X.send(&nobody.call(), &ready).await.expect_err("nobody there").outcome, Outcome::NotSent);
}

#[tokio::test]
async fn every_request_is_what_the_official_description_says() {
    let Some(spec) = Spec::load() else { return say("skipped: the folder with X's official description is not here") };
    let canned = Canned::start(vec![
        on(ME, 200, me()),
        on(INITIALIZE, 200, uploaded(None)),
        on(APPEND, 200, json!({ "data": { "expires_at": 1 } })),
        on(FINALIZE, 200, uploaded(Some(json!({ "state": "pending", "check_after_secs": 1 })))),
        on(STATUS, 200, uploaded(None)),
        on(UPLOAD, 200, uploaded(None)),
        on(DESCRIBE, 200, json!({ "data": { "id": "1880" } })),
        on(POST, 201, json!({ "data": { "id": "56", "text": "x" } })),
        on(POST, 201, json!({ "data": { "id": "57", "text": "x" } })),
        on("GET /2/tweets/56", 200, json!({ "data": { "id": "56", "text": "x" } })),
        on("GET /2/tweets", 200, json!({ "data": [{ "id": "56", "text": "x" }] })),
        on("GET /2/users/2244994945/tweets", 200, json!({ "meta": { "result_count": 0 } })),
        on("DELETE /2/tweets/56", 200, json!({ "data": { "deleted": true } })),
    ])
    .await;
    let world = World::at(&canned.origin);
    let call = world.call();
    X.verify(&call).await.expect("verified");
    let journal = Journal::default();
    let video = with_file(MediaKind::Video, "video/mp4", vec![1; 100], None);
    X.prepare(&call, &job(&video, 0, &[]), &journal).await.expect_err("pending");
    X.prepare(&call, &job(&video, 0, &[]), &journal).await.expect("prepared");
    let mut image = with_file(MediaKind::Image, "image/png", vec![1; 100], Some("alt"));
    image.options =
        json!({ "reply_settings": "following", "made_with_ai": true, "paid_partnership": true, "community_id": "1" });
    let ready = X.prepare(&call, &job(&image, 0, &[]), &Journal::default()).await.expect("prepared");
    X.send(&call, &ready).await.expect("sent");
    let edited = draft(vec![text("first"), text("second")]);
    X.edit(&call, &remote("56"), &job(&edited, 1, &[remote("55")]), &Journal::default()).await.expect("edited");
    X.of_posts(&call, &[remote("56")]).await.expect("numbers");
    let trace = connector::Trace {
        ready: &ready,
        armed_at: NOW - Duration::from_secs(86_400),
        deadline: NOW - Duration::from_secs(86_370),
        sent: None,
        taken: &[],
    };
    X.look_up(&call, &trace).await.expect("looked up");
    X.delete(&call, &remote("56")).await.expect("deleted");
    let spoken: Vec<Spoken> = canned.seen().iter().map(spoken).collect();
    let (requests, answers) = spec.hold_against(&spoken);
    assert_eq!(requests, canned.lines().len(), "every call is in the description");
    say(&format!("validated {requests} requests, {answers} answers of X (laid out by hand)"));
}

fn spoken(seen: &Seen) -> Spoken {
    let body = if seen.content_type.starts_with("multipart/") {
        Some(multipart(&seen.content_type, &seen.body))
    } else {
        serde_json::from_slice(&seen.body).ok()
    };
    Spoken {
        method: seen.method.clone(),
        path: seen.path.clone(),
        query: seen.query.clone(),
        content_type: seen.content_type.clone(),
        body,
        status: seen.status,
        answer: (!seen.answer.is_null()).then(|| seen.answer.clone()),
    }
}
