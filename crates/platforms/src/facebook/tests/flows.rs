//! Whole flows against canned answers: what is asked, in which order, and what is made of the answers.

use std::time::Duration;

use base::Clock as _;
use connector::{
    Deleted, Draft, Failure, FailureKind as K, Finding, Insights, Metric, Outcome, Part, PartKind, Prepared,
    ProofClass, Publish, Remote, Sent, Trace,
};
use serde_json::{Value, json};

use super::{Journal, NOW, World, chosen, draft, film, job, photo, text, with, world_of};
use crate::{
    facebook::Facebook,
    meta,
    test_kit::{Canned, Ready, on},
};

const FEED: &str = "POST /v26.0/1055/feed";
const PHOTOS: &str = "POST /v26.0/1055/photos";
const VIDEOS: &str = "POST /v26.0/1055/videos";
const REELS: &str = "POST /v26.0/1055/video_reels";
const OWN: &str = "GET /v26.0/1055/published_posts";
const STORIES: &str = "GET /v26.0/1055/stories";
const VIDEO: &str = "GET /v26.0/9";

fn id(id: &str) -> Value {
    json!({ "id": id })
}

fn done() -> Value {
    json!({ "success": true })
}

fn refusal(code: i64, subcode: i64) -> Value {
    json!({ "error": { "message": "no", "type": "OAuthException", "code": code, "error_subcode": subcode } })
}

fn post(id: &str, message: &str, attachments: Value) -> Value {
    json!({ "id": id, "message": message, "created_time": "2030-01-01T09:00:20+0000", "is_published": true,
        "permalink_url": format!("https://www.facebook.com/1055/posts/{id}"), "application": { "id": "123", "name": "Us" },
        "attachments": { "data": attachments } })
}

fn list(posts: &[Value]) -> Value {
    json!({ "data": posts })
}

/// A video's state, as far as it is said.
fn video(status: &str, publishing: Value) -> Value {
    json!({ "id": "9", "permalink_url": "/reel/9/", "post_id": "1055_9", "published": publishing["publish_status"] == "published",
        "status": { "video_status": status, "uploading_phase": { "status": "complete", "bytes_transfered": 10 },
            "processing_phase": { "status": "not_started" }, "publishing_phase": publishing } })
}

async fn prepare(world: &World, draft: &Draft, earlier: &[Remote], journal: &Journal) -> Result<Prepared, Failure> {
    Facebook.prepare(&world.call(), &job(draft, earlier), journal).await
}

async fn look(world: &World, ready: &Prepared, sent: Option<&Sent>) -> Finding {
    let armed_at = NOW + Duration::from_secs(10);
    let trace =
        Trace { ready, armed_at, deadline: armed_at + Duration::from_secs(70), sent, taken: &["1055_7".to_owned()] };
    Facebook.look_up(&world.call(), &trace).await.expect("looked")
}

fn told(finding: &Finding) -> String {
    match finding {
        Finding::Published { sent, .. } => format!("{} {}", sent.remote.id, sent.remote.url),
        Finding::Absent { certain } => format!("absent, certain: {certain}"),
        Finding::Ambiguous(found) => format!("{} alike", found.len()),
        Finding::Processing => "processing".to_owned(),
        Finding::Refused(why) => why.english(),
    }
}

fn reel() -> Draft {
    chosen(json!({ "format": "reel" }), vec![with("Waves", vec![film()])])
}

fn remote(id: &str) -> Remote {
    Remote { id: id.into(), url: String::new(), extra: Value::Null }
}

/// A draft, ready and sent against these answers.
async fn sent(draft: &Draft, answers: Vec<Ready>) -> (Canned, World, Prepared, Result<Sent, Failure>) {
    let canned = Canned::start(answers).await;
    let world = world_of(&canned.origin);
    let ready = prepare(&world, draft, &[], &Journal::default()).await.expect("ready");
    let sent = Facebook.send(&world.call(), &ready).await;
    (canned, world, ready, sent)
}

#[tokio::test]
async fn a_text_is_one_call_that_brings_its_page_along() {
    let there = json!({ "id": "1055_1", "permalink_url": "https://www.facebook.com/1055/posts/1" });
    let (canned, _world, ready, sent) = sent(&draft(vec![text("Hello")]), vec![on(FEED, 200, there)]).await;
    let sent = sent.expect("sent");
    assert_eq!((sent.remote.id.as_str(), sent.processing), ("1055_1", false));
    assert_eq!(
        (sent.remote.url.as_str(), ready.proof),
        ("https://www.facebook.com/1055/posts/1", ProofClass::ReadBack)
    );
    let [call] = canned.seen().try_into().expect("one call");
    assert_eq!(call.form(), [("message".to_owned(), "Hello".to_owned())]);
    let proof = meta::proof(&"secret-of-the-app".into(), &"PAGE-TOKEN".into());
    assert_eq!((call.asks("fields").as_deref(), call.asks("appsecret_proof")), (Some("id,permalink_url"), Some(proof)));
    assert_eq!(call.authorization, "Bearer PAGE-TOKEN");
}

#[tokio::test]
async fn photos_go_up_unpublished_once_each_and_the_post_shows_them() {
    let whole = draft(vec![with("Two", vec![photo("aaaa"), photo("bbbb")])]);
    let canned = Canned::start(vec![
        on(PHOTOS, 200, id("1")),
        on(PHOTOS, 500, refusal(2, 0)),
        on(PHOTOS, 200, id("2")),
        on(FEED, 200, id("1055_5")),
    ])
    .await;
    let (world, journal) = (world_of(&canned.origin), Journal::default());
    let failure = prepare(&world, &whole, &[], &journal).await.expect_err("trouble");
    assert_eq!(failure.outcome, Outcome::NotSent);
    let ready = prepare(&world, &whole, &[], &journal).await.expect("ready");
    // What a crash left is used: nothing goes up a second time.
    assert_eq!(prepare(&world, &whole, &[], &journal).await.expect("ready"), ready);
    assert_eq!(ready.proof, ProofClass::Staged);
    let sent = Facebook.send(&world.call(), &ready).await.expect("sent");
    assert_eq!(sent.remote.url, format!("{}1055_5", canned.origin));
    let seen = canned.seen();
    let body = String::from_utf8_lossy(&seen[0].body).into_owned();
    for part in ["name=\"published\"\r\n\r\nfalse", "name=\"alt_text_custom\"\r\n\r\nA cat", "name=\"source\"", "aaaa"]
    {
        assert!(body.contains(part), "{part} in {body}");
    }
    assert_eq!(canned.lines(), [PHOTOS, PHOTOS, PHOTOS, FEED]);
    assert_eq!(seen[3].form()[1].1, r#"[{"media_fbid":"1"},{"media_fbid":"2"}]"#);
}

#[tokio::test]
async fn a_video_goes_up_in_the_pieces_that_facebook_asks_for_and_goes_on_after_a_crash() {
    let whole = draft(vec![with("Waves", vec![film()])]);
    let begun = json!({ "upload_session_id": "S", "video_id": "9", "start_offset": "0", "end_offset": "6" });
    let canned = Canned::start(vec![
        on(VIDEOS, 200, begun),
        on(VIDEOS, 200, json!({ "start_offset": "6", "end_offset": "10" })),
        on(VIDEOS, 503, ""),
        on(VIDEOS, 200, json!({ "start_offset": "10", "end_offset": "10" })),
        on(VIDEO, 200, video("uploading", json!({ "status": "not_started" }))),
        on(VIDEOS, 200, done()),
        on(VIDEO, 200, video("processing", json!({ "status": "not_started" }))),
        on(VIDEO, 200, video("ready", json!({ "status": "complete", "publish_status": "published" }))),
    ])
    .await;
    let (world, journal) = (world_of(&canned.origin), Journal::default());
    assert_eq!(prepare(&world, &whole, &[], &journal).await.expect_err("trouble").outcome, Outcome::NotSent);
    let ready = prepare(&world, &whole, &[], &journal).await.expect("ready");
    let sent = Facebook.send(&world.call(), &ready).await.expect("sent");
    assert_eq!((sent.remote.id.as_str(), sent.processing), ("9", true));
    assert_eq!(told(&look(&world, &ready, Some(&sent)).await), "processing");
    let Finding::Published { sent, .. } = look(&world, &ready, Some(&sent)).await else { panic!("not published") };
    assert_eq!(
        (sent.remote.url, &sent.remote.extra["post_id"]),
        (format!("{}reel/9/", canned.origin), &json!("1055_9"))
    );
    let seen = canned.seen();
    let pieces: Vec<String> = seen[1..4].iter().map(|seen| String::from_utf8_lossy(&seen.body).into_owned()).collect();
    for (piece, (offset, bytes)) in pieces.iter().zip([("0", "012345"), ("6", "6789"), ("6", "6789")]) {
        assert!(
            piece.contains(&format!("name=\"start_offset\"\r\n\r\n{offset}"))
                && piece.contains(&format!("\r\n\r\n{bytes}\r\n")),
            "{piece}"
        );
    }
    assert_eq!(seen[0].form(), [("upload_phase".into(), "start".into()), ("file_size".into(), "10".to_owned())]);
}

#[tokio::test]
async fn a_reel_goes_up_as_one_stream_and_goes_on_where_it_was_cut_off() {
    const UP: &str = "POST /video-upload/v26.0/9";
    let half = json!({ "id": "9", "status": { "video_status": "uploading",
        "uploading_phase": { "status": "in_progress", "bytes_transferred": 4 } } });
    let mut answers = vec![
        on(UP, 400, json!({ "debug_info": { "retriable": true, "type": "PartialRequestError", "message": "cut" } })),
        on(VIDEO, 200, half),
        on(UP, 200, done()),
        on(VIDEO, 200, video("upload_complete", json!({ "status": "not_started" }))),
        on(REELS, 200, done()),
    ];
    let canned = Canned::start(vec![]).await;
    let address = format!("{}video-upload/v26.0/9", canned.origin);
    answers.insert(0, on(REELS, 200, json!({ "video_id": "9", "upload_url": address })));
    canned.lay(answers);
    let (world, journal) = (world_of(&canned.origin), Journal::default());
    let cut = prepare(&world, &reel(), &[], &journal).await.expect_err("cut");
    assert_eq!((cut.outcome, cut.kind), (Outcome::Throttled, K::MediaNotReady));
    let ready = prepare(&world, &reel(), &[], &journal).await.expect("ready");
    let sent = Facebook.send(&world.call(), &ready).await.expect("sent");
    assert_eq!((sent.remote.url, sent.processing), (format!("{}reel/9", canned.origin), true));
    let seen = canned.seen();
    assert_eq!((seen[1].body.as_slice(), seen[3].body.as_slice()), (b"0123456789".as_slice(), b"456789".as_slice()));
    assert_eq!((seen[3].authorization.as_str(), seen[3].query.as_str()), ("OAuth PAGE-TOKEN", ""));
    let said: Vec<(String, String)> = seen[5].form();
    assert_eq!(said[..3].iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["finish", "9", "PUBLISHED"]);
}

#[tokio::test]
async fn p_056_a_file_is_sent_to_no_other_server_and_begins_anew_where_facebook_has_forgotten_it() {
    let elsewhere = json!({ "video_id": "9", "upload_url": "https://evil.example/video-upload/v26.0/9" });
    let canned = Canned::start(vec![on(REELS, 200, elsewhere)]).await;
    let failure = prepare(&world_of(&canned.origin), &reel(), &[], &Journal::default()).await.expect_err("elsewhere");
    assert_eq!((failure.kind, canned.lines().len()), (K::BadAnswer, 1));
    let begun = |id: &str| {
        on(VIDEOS, 200, json!({ "upload_session_id": "S", "video_id": id, "start_offset": "0", "end_offset": "10" }))
    };
    let moved = || on(VIDEOS, 200, json!({ "start_offset": "10", "end_offset": "10" }));
    let fine = || video("uploading", json!({}));
    let canned = Canned::start(vec![
        begun("9"),
        moved(),
        on(VIDEO, 200, fine()),
        on(VIDEO, 400, refusal(100, 33)),
        begun("10"),
        moved(),
        on("GET /v26.0/10", 200, fine()),
    ])
    .await;
    let (world, journal) = (world_of(&canned.origin), Journal::default());
    let whole = draft(vec![with("Waves", vec![film()])]);
    prepare(&world, &whole, &[], &journal).await.expect("ready");
    let ready = prepare(&world, &whole, &[], &journal).await.expect("ready anew");
    assert_eq!(ready.request["media"], json!(["10"]));
}

#[tokio::test]
async fn a_story_s_page_is_told_by_the_list_of_stories() {
    let story = chosen(json!({ "format": "story" }), vec![with("", vec![photo("a")])]);
    let listed = list(&[
        json!({ "post_id": "99", "status": "PUBLISHED", "media_id": "1", "url": "https://facebook.com/stories/99" }),
    ]);
    let answers = vec![
        on(PHOTOS, 200, id("1")),
        on("POST /v26.0/1055/photo_stories", 200, json!({ "success": true, "post_id": "99" })),
        on(STORIES, 200, list(&[])),
        on(STORIES, 200, listed),
    ];
    let (canned, world, ready, sent) = sent(&story, answers).await;
    assert_eq!(sent.expect("sent").remote.id, "99");
    assert_eq!(told(&look(&world, &ready, None).await), "absent, certain: false");
    assert_eq!(told(&look(&world, &ready, None).await), "99 https://facebook.com/stories/99");
    assert_eq!(canned.seen()[2].asks("status").as_deref(), Some(r#"["PUBLISHED"]"#));
}

#[tokio::test]
async fn a_first_comment_goes_under_the_post_with_its_photo() {
    const COMMENTS: &str = "/v26.0/1055_1/comments";
    let comment = Part { kind: PartKind::Comment, ..with("First!", vec![photo("a")]) };
    let whole = draft(vec![text("Hello"), comment]);
    let found = |from: &str, target: &str| {
        json!({ "id": "1_901", "message": "First!", "created_time": "2030-01-01T09:00:20+0000", "from": { "id": from },
            "permalink_url": "https://www.facebook.com/1_901", "attachment": { "media_type": "photo", "target": { "id": target } } })
    };
    let mut unnamed = found("1055", "");
    unnamed["attachment"] = json!({ "type": "photo", "url": "https://www.facebook.com/photo.php?fbid=1" });
    let canned = Canned::start(vec![
        on(PHOTOS, 200, id("1")),
        on("POST /v26.0/1055_1/comments", 500, refusal(1, 0)),
        on("GET /v26.0/1055_1/comments", 200, list(&[found("33", "1")])),
        on("GET /v26.0/1055_1/comments", 200, list(&[found("1055", "1")])),
        on("GET /v26.0/1055_1/comments", 200, list(&[unnamed])),
    ])
    .await;
    let world = world_of(&canned.origin);
    let ready = prepare(&world, &whole, &[remote("1055_1")], &Journal::default()).await.expect("ready");
    let failure = Facebook.send(&world.call(), &ready).await.expect_err("in doubt");
    assert_eq!(failure.outcome, Outcome::Unknown);
    assert_eq!(told(&look(&world, &ready, None).await), "absent, certain: false");
    assert_eq!(told(&look(&world, &ready, None).await), "1_901 https://www.facebook.com/1_901");
    // One that shows a photo without saying which is no proof, and forbids to send again.
    assert_eq!(told(&look(&world, &ready, None).await), "1 alike");
    let seen = canned.seen();
    assert_eq!((seen[1].path.as_str(), seen[1].form()[1].1.as_str()), (COMMENTS, "1"));
    assert_eq!(seen[2].asks("order").as_deref(), Some("reverse_chronological"));
}

#[tokio::test]
async fn r_04_a_lost_text_is_found_by_what_it_says_and_nothing_else_is() {
    let link = |url: &str| json!([{ "media_type": "link", "unshimmed_url": url }]);
    let whole = chosen(json!({ "link": "https://example.com/a" }), vec![text("Hello\r\n  world")]);
    let (other_app, mut foreign) =
        (json!({ "id": "77", "name": "Other" }), post("1055_2", "Hello world", link("https://example.com/a")));
    foreign["application"] = other_app;
    let ours = || post("1055_1", "Hello world", link("https://example.com/a"));
    let mut late = ours();
    late["created_time"] = json!("2030-01-01T10:00:00+0000");
    #[rustfmt::skip]
    let cases: Vec<(Vec<Value>, &str)> = vec![
        (vec![], "absent, certain: false"),
        (vec![ours()], "1055_1 https://www.facebook.com/1055/posts/1055_1"),
        (vec![foreign], "absent, certain: false"),
        (vec![late], "absent, certain: false"),
        (vec![post("1055_7", "Hello world", link("https://example.com/a"))], "absent, certain: false"),
        (vec![post("1055_1", "Hello world", link("https://example.com/b"))], "1 alike"),
        (vec![post("1055_1", "Hello, world!", link("https://example.com/a"))], "1 alike"),
        (vec![post("1055_1", "Hello world", json!([{ "media_type": "photo", "target": { "id": "5" } }]))], "absent, certain: false"),
        (vec![ours(), post("1055_3", "Hello world", link("https://example.com/a"))], "2 alike"),
    ];
    let mut answers = vec![on(FEED, 500, refusal(2, 0))];
    answers.extend(cases.iter().map(|(posts, _)| on(OWN, 200, list(posts))));
    let (_canned, world, ready, sent) = sent(&whole, answers).await;
    assert_eq!(sent.expect_err("in doubt").outcome, Outcome::Unknown);
    world.wait(600);
    for (posts, expected) in cases {
        assert_eq!(told(&look(&world, &ready, None).await), expected, "{posts:?}");
    }
}

#[tokio::test]
async fn r_09_a_photo_tells_which_post_shows_it_and_without_one_there_is_none() {
    let whole = draft(vec![with("Two", vec![photo("a")])]);
    const PHOTO: &str = "GET /v26.0/1";
    let shown = |id: &str| json!([{ "media_type": "album", "subattachments": { "data": [{ "media_type": "photo", "target": { "id": id } }] } }]);
    let (_canned, world, ready, sent) = sent(
        &whole,
        vec![
            on(PHOTOS, 200, id("1")),
            on(FEED, 503, ""),
            on(PHOTO, 200, json!({ "id": "1", "page_story_id": "1055_5" })),
            on("GET /v26.0/1055_5", 200, post("1055_5", "Two", json!([]))),
            on(PHOTO, 200, id("1")),
            on(OWN, 200, list(&[post("1055_6", "Dressed up", shown("1"))])),
            on(PHOTO, 200, id("1")),
            on(OWN, 200, list(&[])),
            on(PHOTO, 200, id("1")),
            on(OWN, 200, list(&[])),
        ],
    )
    .await;
    assert_eq!(sent.expect_err("in doubt").outcome, Outcome::Unknown);
    assert_eq!(told(&look(&world, &ready, None).await), "1055_5 https://www.facebook.com/1055/posts/1055_5");
    assert_eq!(told(&look(&world, &ready, None).await), "1055_6 https://www.facebook.com/1055/posts/1055_6");
    assert_eq!(told(&look(&world, &ready, None).await), "absent, certain: false");
    world.wait(10 + 70 + 60);
    assert_eq!(told(&look(&world, &ready, None).await), "absent, certain: true");
}

#[tokio::test]
async fn r_09_a_video_tells_itself_what_became_of_it() {
    let publishing = |publish: &str| json!({ "status": "complete", "publish_status": publish });
    let waiting = json!({ "status": "not_started" });
    let mut broken = video("error", waiting.clone());
    broken["status"]["processing_phase"] = json!({ "status": "error", "errors": [{ "message": "too dark" }] });
    #[rustfmt::skip]
    let cases: Vec<(Value, &str)> = vec![
        (video("upload_complete", waiting.clone()), "absent, certain: true"),
        (video("processing", waiting.clone()), "processing"),
        (video("ready", waiting), "absent, certain: true"),
        (video("ready", publishing("published")), "9 ORIGIN/reel/9/"),
        (video("ready", publishing("error")), "Facebook can't use the video: Facebook gives no reason. Convert the file or use another one."),
        (broken, "Facebook can't use the video: too dark. Convert the file or use another one."),
    ];
    let canned = Canned::start(vec![]).await;
    let address = format!("{}video-upload/v26.0/9", canned.origin);
    let mut answers = vec![
        on(REELS, 200, json!({ "video_id": "9", "upload_url": address })),
        on("POST /video-upload/v26.0/9", 200, done()),
        on(VIDEO, 200, video("upload_complete", json!({}))),
        on(REELS, 500, ""),
    ];
    answers.extend(cases.iter().map(|(state, _)| on(VIDEO, 200, state)));
    canned.lay(answers);
    let world = world_of(&canned.origin);
    let ready = prepare(&world, &reel(), &[], &Journal::default()).await.expect("ready");
    assert_eq!(Facebook.send(&world.call(), &ready).await.expect_err("in doubt").outcome, Outcome::Unknown);
    world.wait(600);
    for (state, expected) in cases {
        let expected = expected.replace("ORIGIN", canned.origin.trim_end_matches('/'));
        assert_eq!(told(&look(&world, &ready, None).await), expected, "{state}");
    }
}

#[tokio::test]
async fn a_text_is_changed_files_are_not_and_what_is_gone_is_gone() {
    const LINE: &str = "/v26.0/1055_1";
    let there = json!({ "id": "1055_1", "permalink_url": "https://www.facebook.com/1055/posts/1" });
    let (canned, world, _ready, sent) = sent(
        &draft(vec![text("Hello")]),
        vec![
            on(FEED, 200, there),
            on("POST /v26.0/1055_1", 200, done()),
            on("DELETE /v26.0/1055_1", 200, done()),
            on("DELETE /v26.0/1055_1", 400, refusal(100, 33)),
            on("GET /v26.0/1055", 200, json!({ "id": "1055" })),
            // A token that sees nothing any more is no sign that the post is gone.
            on("DELETE /v26.0/1055_1", 400, refusal(100, 33)),
            on("GET /v26.0/1055", 400, refusal(100, 33)),
            on("DELETE /v26.0/1055_1", 200, json!({ "success": false })),
        ],
    )
    .await;
    let remote = sent.expect("sent").remote;
    let journal = Journal::default();
    let edit = async |draft: &Draft| Facebook.edit(&world.call(), &remote, &job(draft, &[]), &journal).await;
    assert_eq!(edit(&draft(vec![text("Better")])).await.expect("changed").remote, remote);
    assert_eq!(
        (canned.seen()[1].path.as_str(), canned.seen()[1].form()),
        (LINE, vec![("message".into(), "Better".into())])
    );
    let refused = edit(&draft(vec![with("Better", vec![photo("a")])])).await.expect_err("a file");
    assert_eq!(refused.kind, K::ContentRefused);
    let delete = async || Facebook.delete(&world.call(), &remote).await;
    assert_eq!(delete().await.expect("deleted"), Deleted::Gone);
    assert_eq!(delete().await.expect("deleted"), Deleted::WasGone);
    assert_eq!(delete().await.expect_err("not seen").kind, K::RemoteNotFound);
    assert_eq!(delete().await.expect_err("odd").outcome, Outcome::Unknown);
}

#[tokio::test]
async fn the_numbers_of_posts_are_read_even_where_one_name_no_longer_holds() {
    const NUMBERS: &str = "GET /v26.0/1055_1/insights";
    let counts = json!({ "id": "1055_1", "shares": { "count": 2 }, "comments": { "data": [], "summary": { "total_count": 3 } },
        "reactions": { "data": [], "summary": { "total_count": 7 } } });
    let number =
        |name: &str, value: Value| json!({ "name": name, "period": "lifetime", "values": [{ "value": value }] });
    let bad = json!({ "error": { "message": "(#100) The value must be a valid insights metric", "code": 100 } });
    let canned = Canned::start(vec![
        on("GET /v26.0/1055_1", 200, &counts),
        on(
            NUMBERS,
            200,
            list(&[
                number("post_media_view", json!({ "paid": 30, "organic": 40 })),
                number("post_clicks_by_type", json!({ "link clicks": 5, "other clicks": 9 })),
            ]),
        ),
        on("GET /v26.0/1055_2", 400, refusal(100, 33)),
        on("GET /v26.0/1055_1", 200, &counts),
        on(NUMBERS, 400, &bad),
        on(NUMBERS, 200, list(&[number("post_media_view", json!(70))])),
        on(NUMBERS, 400, &bad),
    ])
    .await;
    let world = world_of(&canned.origin);
    let of = async |ids: &[&str]| {
        let posts: Vec<Remote> = ids.iter().map(|id| remote(id)).collect();
        Facebook.of_posts(&world.call(), &posts).await.expect("numbers")
    };
    let found = of(&["1055_1", "1055_2"]).await;
    let known = [
        (Metric::Likes, 7),
        (Metric::Replies, 3),
        (Metric::Shares, 2),
        (Metric::Impressions, 70),
        (Metric::LinkClicks, 5),
    ];
    assert_eq!(
        (found.len(), found[0].values.as_slice(), found[0].fetched_at),
        (1, known.as_slice(), world.clock.now())
    );
    assert_eq!(of(&["1055_1"]).await[0].values, known[..4]);
    assert_eq!(canned.seen()[1].asks("metric").as_deref(), Some("post_media_view,post_clicks_by_type"));
}

#[tokio::test]
async fn a_post_that_a_person_found_is_taken_only_if_it_is_the_page_s_own() {
    let own = || on(OWN, 200, list(&[post("1055_42", "Hello", json!([]))]));
    let (_canned, world, ready, _sent) =
        sent(&draft(vec![text("Hello")]), vec![on(FEED, 503, ""), own(), own(), own()]).await;
    let at = async |address: &str| {
        let url = address.parse().expect("an address");
        Facebook.at_address(&world.call(), &ready, &url).await.map(|found| found.id).map_err(|failure| failure.kind)
    };
    assert_eq!(at("https://www.facebook.com/1055/posts/1055_42").await, Ok("1055_42".to_owned()));
    assert_eq!(at("https://m.facebook.com/permalink.php?story_fbid=42&id=1055").await, Ok("1055_42".to_owned()));
    assert_eq!(at("https://www.facebook.com/other/posts/43").await, Err(K::RemoteNotFound));
    assert_eq!(at("https://example.com/1055/posts/42").await, Err(K::InputInvalid));
}
