//! Whole flows against canned answers: what is asked, in which order, and what is made of the answers.

use std::time::Duration;

use base::{Clock as _, Secret};
use connector::{
    Callback, Connect, Deleted, Draft, Failure, FailureKind as K, Finding, Insights, MediaKind, Metric, Outcome, Part,
    PartKind, Prepared, Publish, Remote, Sent, StartConnect, Trace,
};
use serde_json::{Value, json};

use super::{Journal, NOW, World, draft, file, job, remote, text, world_of};
use crate::{
    test_kit::{Canned, Ready, Seen, on},
    threads::Threads,
};

const QUOTA: &str = "GET /v1.0/me/threads_publishing_limit";
const MAKE: &str = "POST /v1.0/me/threads";
const PUBLISH: &str = "POST /v1.0/me/threads_publish";
const OWN: &str = "GET /v1.0/me/threads";
const REPLIES: &str = "GET /v1.0/me/replies";
const STATE: &str = "GET /v1.0/11";
const SHOWN: &str = "GET /v1.0/99";

fn id(id: &str) -> Value {
    json!({ "id": id })
}

fn status(status: &str) -> Value {
    json!({ "id": "11", "status": status })
}

fn quota(used: u64) -> Value {
    let config = json!({ "quota_total": 250, "quota_duration": 86_400 });
    json!({ "data": [{ "quota_usage": used, "config": config, "reply_quota_usage": 0, "reply_config": config }] })
}

fn post(id: &str, text: &str) -> Value {
    json!({ "id": id, "text": text, "media_type": "TEXT_POST", "is_quote_post": false, "shortcode": "S",
        "permalink": format!("https://www.threads.net/@acme/post/S{id}"), "timestamp": "2030-01-01T09:00:20+0000" })
}

fn list(posts: &[Value]) -> Value {
    json!({ "data": posts, "paging": { "cursors": { "before": "B", "after": "A" } } })
}

/// A list, and the empty page after it.
fn whole(line: &'static str, posts: &[Value]) -> [Ready; 2] {
    [on(line, 200, list(posts)), on(line, 200, json!({ "data": [] }))]
}

fn refusal(code: i64, subcode: i64) -> Value {
    json!({ "error": { "message": "no", "type": "OAuthException", "code": code, "error_subcode": subcode } })
}

async fn prepare(world: &World, draft: &Draft, earlier: &[Remote], journal: &Journal) -> Result<Prepared, Failure> {
    Threads.prepare(&world.call(), &job(draft, earlier.len(), earlier), journal).await
}

/// Prepares as the engine does: what is not ready is tried again when it says so.
async fn prepared(world: &World, draft: &Draft, earlier: &[Remote], journal: &Journal) -> Prepared {
    loop {
        match prepare(world, draft, earlier, journal).await {
            Ok(ready) => return ready,
            Err(failure) => {
                assert_eq!((&failure.outcome, failure.kind), (&Outcome::Throttled, K::MediaNotReady), "{failure}");
                world.wait_for(&failure);
            }
        }
    }
}

async fn look(world: &World, ready: &Prepared, sent: Option<&Sent>) -> Result<Finding, Failure> {
    let armed_at = NOW + Duration::from_secs(10);
    let trace = Trace { ready, armed_at, deadline: armed_at + Duration::from_secs(75), sent, taken: &["7".to_owned()] };
    Threads.look_up(&world.call(), &trace).await
}

/// A text that is ready to be published in container 11.
async fn ready_text(canned: Vec<Ready>) -> (Canned, World, Prepared, Journal) {
    let mut all = vec![on(QUOTA, 200, quota(1)), on(MAKE, 200, id("11")), on(STATE, 200, status("FINISHED"))];
    all.extend(canned);
    let canned = Canned::start(all).await;
    let (world, journal) = (world_of(&canned.origin), Journal::default());
    let ready = prepared(&world, &draft(vec![text("Hello")]), &[], &journal).await;
    (canned, world, ready, journal)
}

/// A form on one line.
fn said(seen: &Seen) -> String {
    seen.form().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn an_account_is_connected_with_a_token_for_sixty_days() {
    let token = |token: &str, more: Value| {
        let mut answer = json!({ "access_token": token });
        answer.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        answer
    };
    let me = json!({ "id": "31415926535897932", "username": "acme", "name": "", "threads_biography": "kept nowhere",
        "threads_profile_picture_url": "https://cdn.example/a.jpg" });
    let scopes = json!({ "data": { "is_valid": true, "scopes": ["threads_basic", "threads_content_publish"] } });
    let canned = Canned::start(vec![
        on("POST /oauth/access_token", 200, token("SHORT", json!({ "user_id": 31_415_926_535_897_932_u64 }))),
        on("GET /access_token", 200, token("LONG1", json!({ "token_type": "bearer", "expires_in": 5_184_000 }))),
        on("GET /debug_token", 200, scopes),
        on("GET /v1.0/me", 200, me),
        on("GET /refresh_access_token", 200, token("LONG2", json!({ "expires_in": 5_184_000 }))),
        on("GET /oauth/access_token", 200, token("TH|1|x", json!({}))),
    ])
    .await;
    let mut world = world_of(&canned.origin);
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "https://fanfare.example/connect/threads".into(),
        state: "state-1".into(),
        features: vec!["publish".into()],
    };
    let started = Threads.start(&world.call(), &request).await.expect("started");
    let asked: Vec<_> = started.redirect_to.query_pairs().into_owned().collect();
    assert_eq!(started.redirect_to.path(), "/oauth/authorize");
    assert!(asked.contains(&("scope".into(), "threads_basic,threads_content_publish".into())), "{asked:?}");
    assert!(asked.iter().all(|(name, _)| name != "code_challenge"), "{asked:?}");

    let query = [("state", "state-1"), ("code", "C#_")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let callback = Callback { query: query.into() };
    let granted = Threads.finish(&world.call(), &started.memory, &callback).await.expect("granted");
    assert_eq!((granted.account.id.as_str(), granted.account.name.as_str()), ("31415926535897932", "acme"));
    assert_eq!(granted.channels[0].facts, json!({ "username": "acme" }));
    assert_eq!(granted.scopes, ["threads_basic", "threads_content_publish"]);
    let lives = NOW + Duration::from_secs(5_184_000);
    assert_eq!((granted.tokens.expires_at, granted.tokens.refresh_expires_at), (Some(lives), Some(lives)));
    world.tokens = granted.tokens;
    let next = Threads.refresh(&world.call()).await.expect("prolonged");
    assert_eq!(next.access.as_ref().map(Secret::expose).map(String::as_str), Some("LONG2"));
    assert_eq!(next.access, next.refresh);
    assert!(Threads.test_app(&world.call()).await.expect("the app is known"));
    let seen = canned.seen();
    assert!(seen[0].form().contains(&("code".into(), "C".into())));
    assert_eq!(seen[1].asks("access_token").as_deref(), Some("SHORT"));
    assert_eq!(seen[1].asks("client_secret").as_deref(), Some("secret-of-the-app"));
    assert_eq!(
        (seen[3].authorization.as_str(), seen[4].asks("access_token").as_deref()),
        ("Bearer LONG1", Some("LONG1"))
    );
}

#[tokio::test]
async fn a_text_waits_for_its_container_and_is_published_once() {
    let (canned, world, ready, journal) =
        ready_text(vec![on(PUBLISH, 200, id("99")), on(SHOWN, 200, post("99", "Hello"))]).await;
    assert_eq!(world.clock.now().since(NOW), Duration::from_secs(10));
    let sent = Threads.send(&world.call(), &ready).await.expect("sent");
    assert_eq!((sent.remote.id.as_str(), sent.processing), ("99", false));
    assert_eq!(sent.remote.url, "https://www.threads.net/@acme/post/S99");
    assert_eq!(canned.lines(), [QUOTA, MAKE, STATE, PUBLISH, SHOWN]);
    let seen = canned.seen();
    assert_eq!(seen[1].form(), [("media_type", "TEXT"), ("text", "Hello")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(seen[3].form(), [("creation_id".to_owned(), "11".to_owned())]);
    assert!(seen.iter().all(|seen| seen.authorization == "Bearer LONG"));
    drop(journal);
}

#[tokio::test]
async fn r_36_a_carousel_is_made_of_finished_files_and_resumed_from_its_handles() {
    let part = Part {
        media: vec![
            file("cat", MediaKind::Image, "image/png", Some("A cat")),
            file("film", MediaKind::Video, "video/mp4", None),
        ],
        ..text("Look")
    };
    let whole = draft(vec![part]);
    let canned = Canned::start(vec![
        on(MAKE, 200, id("21")),
        on(MAKE, 200, id("22")),
        on("GET /v1.0/21", 200, status("FINISHED")),
        on("GET /v1.0/22", 200, status("IN_PROGRESS")),
        on("GET /v1.0/21", 200, status("FINISHED")),
        on("GET /v1.0/22", 200, status("FINISHED")),
        on(QUOTA, 200, quota(1)),
        on(MAKE, 200, id("11")),
        on("GET /v1.0/21", 200, status("FINISHED")),
        on("GET /v1.0/22", 200, status("FINISHED")),
        on(STATE, 200, status("FINISHED")),
    ])
    .await;
    let (world, journal) = (world_of(&canned.origin), Journal::default());
    let ready = prepared(&world, &whole, &[], &journal).await;
    assert_eq!(
        (&ready.request["children"], &ready.request["media_type"]),
        (&json!(["21", "22"]), &json!("CAROUSEL_ALBUM"))
    );
    let seen = canned.seen();
    let made: Vec<_> = seen.iter().filter(|seen| seen.line() == MAKE).map(said).collect();
    assert_eq!(
        made,
        [
            "media_type=IMAGE is_carousel_item=true alt_text=A cat image_url=https://fanfare.example/fetch/cat",
            "media_type=VIDEO is_carousel_item=true video_url=https://fanfare.example/fetch/film",
            "media_type=CAROUSEL text=Look children=21,22",
        ]
    );
}

#[tokio::test]
async fn what_is_not_found_when_published_is_tried_once_more_and_then_made_anew() {
    let gone = || on(PUBLISH, 400, refusal(24, 4_279_009));
    let (canned, world, ready, journal) = ready_text(vec![
        gone(),
        on(STATE, 200, status("FINISHED")),
        gone(),
        on(STATE, 200, status("FINISHED")),
        on(QUOTA, 200, quota(1)),
        on(MAKE, 200, id("12")),
        on("GET /v1.0/12", 200, status("FINISHED")),
        on(PUBLISH, 200, id("99")),
        on(SHOWN, 200, post("99", "Hello")),
    ])
    .await;
    let whole = draft(vec![text("Hello")]);
    let mut next = ready;
    for _ in 0..2 {
        let failure = Threads.send(&world.call(), &next).await.expect_err("not found");
        assert_eq!((&failure.outcome, failure.kind), (&Outcome::Throttled, K::MediaNotReady));
        assert_eq!(failure.retry_at, Some(world.clock.now() + Duration::from_secs(30)));
        world.wait_for(&failure);
        next = prepared(&world, &whole, &[], &journal).await;
    }
    Threads.send(&world.call(), &next).await.expect("sent");
    let published: Vec<_> =
        canned.seen().iter().filter(|seen| seen.line() == PUBLISH).map(|seen| seen.form()[0].1.clone()).collect();
    assert_eq!(published, ["11", "11", "12"]);
}

#[tokio::test]
async fn a_container_that_never_becomes_ready_is_given_up_and_made_anew_when_a_person_publishes_again() {
    let again = |line: &'static str, status: u16, body: Value| (0..60).map(move |_| on(line, status, body.clone()));
    let unseen = || refusal(24, 4_279_009);
    let cases = [
        (200, status("IN_PROGRESS"), K::MediaRefused, "within 30 minutes", 1),
        (200, status("EXPIRED"), K::ContentRefused, "5 times", 5),
        (400, unseen(), K::ContentRefused, "5 times", 5),
    ];
    for (code, state, kind, words, containers) in cases {
        let mut answers: Vec<Ready> = again(QUOTA, 200, quota(1)).collect();
        answers.extend(again(MAKE, 200, id("11")).chain(again(STATE, code, state)));
        let canned = Canned::start(answers).await;
        let (world, journal, whole) = (world_of(&canned.origin), Journal::default(), draft(vec![text("Hello")]));
        let made = || canned.lines().iter().filter(|line| *line == MAKE).count();
        let refused = loop {
            let failure = prepare(&world, &whole, &[], &journal).await.expect_err("it is never ready");
            if failure.outcome == Outcome::Rejected {
                break failure;
            }
            world.wait_for(&failure);
        };
        assert_eq!((refused.kind, made()), (kind, containers), "{words}");
        assert!(refused.detail.english().contains(words), "{}", refused.detail.english());
        let took = world.clock.now().since(NOW).as_secs() / 60;
        assert!(took <= 31, "{words}: {took} minutes");
        let next = prepare(&world, &whole, &[], &journal).await.expect_err("it is begun anew");
        assert_eq!((next.kind, made()), (K::MediaNotReady, containers + 1), "{words}");
    }
}

#[tokio::test]
async fn r_03_a_container_that_is_a_post_already_is_not_published_again() {
    let mut answers = vec![on(PUBLISH, 400, refusal(24, 4_279_009)), on(STATE, 200, status("PUBLISHED"))];
    answers.extend(whole(OWN, &[post("98", "Other"), post("99", "Hello")]));
    let (canned, world, ready, journal) = ready_text(answers).await;
    let failure = Threads.send(&world.call(), &ready).await.expect_err("not found");
    world.wait_for(&failure);
    let next = prepared(&world, &draft(vec![text("Hello")]), &[], &journal).await;
    let sent = Threads.send(&world.call(), &next).await.expect("found");
    assert_eq!(sent.remote.id, "99");
    assert_eq!(canned.lines().iter().filter(|line| *line == PUBLISH).count(), 1);
}

#[tokio::test]
async fn r_04_the_container_decides_and_the_account_s_posts_say_which_one_it_is() {
    let proven = |ready: &[(u16, &str)], posts: Vec<Value>| {
        let state = ready
            .iter()
            .map(|(code, name)| on(STATE, *code, if *code == 200 { status(name) } else { refusal(24, 4_279_009) }));
        let mut answers: Vec<Ready> = state.collect();
        answers.extend(whole(OWN, &posts));
        answers
    };
    let dressed = || post("99", "HELLO!");
    #[rustfmt::skip]
    let cases: Vec<(Vec<Ready>, u64, &str)> = vec![
        (proven(&[(200, "PUBLISHED")], vec![post("99", "Hello")]), 0, "published 99"),
        // Published for certain, so that a likeness is enough, if it is the only one.
        (proven(&[(200, "PUBLISHED")], vec![dressed()]), 0, "published 99"),
        (proven(&[(200, "PUBLISHED")], vec![dressed(), post("98", "hello")]), 0, "ambiguous 2"),
        // Accounted for already.
        (proven(&[(200, "PUBLISHED")], vec![post("7", "Hello")]), 0, "failed Unavailable"),
        (proven(&[(200, "PUBLISHED")], vec![]), 0, "failed Unavailable"),
        (proven(&[(200, "IN_PROGRESS")], vec![]), 0, "processing"),
        // Unpublished, says Threads; certain when a late answer cannot be on its way any more.
        (proven(&[(200, "FINISHED")], vec![dressed()]), 0, "absent, certain: false"),
        (proven(&[(200, "FINISHED")], vec![]), 110, "absent, certain: true"),
        (proven(&[(200, "FINISHED")], vec![post("99", "Hello")]), 110, "published 99"),
        (proven(&[(200, "EXPIRED")], vec![]), 110, "absent, certain: true"),
        (proven(&[(200, "ERROR")], vec![]), 110, "absent, certain: true"),
        // Nothing is known of the container: only the posts tell.
        (proven(&[(400, "")], vec![post("99", "Hello")]), 110, "published 99"),
        (proven(&[(400, "")], vec![dressed()]), 110, "ambiguous 1"),
        (proven(&[(400, "")], vec![]), 110, "absent, certain: false"),
    ];
    for (at, (answers, seconds, expected)) in cases.into_iter().enumerate() {
        let (_canned, world, ready, _journal) = ready_text(answers).await;
        world.wait(seconds);
        let said = match look(&world, &ready, None).await {
            Ok(Finding::Published { sent, .. }) => format!("published {}", sent.remote.id),
            Ok(Finding::Ambiguous(found)) => format!("ambiguous {}", found.len()),
            Ok(Finding::Absent { certain }) => format!("absent, certain: {certain}"),
            Ok(Finding::Processing) => "processing".to_owned(),
            Ok(other) => format!("{other:?}"),
            Err(failure) => format!("failed {:?}", failure.kind),
        };
        assert_eq!(said, expected, "case {at}");
    }
}

#[tokio::test]
async fn code_10_at_publishing_is_doubt_and_a_new_post_that_is_not_shown_is_looked_up() {
    let (_canned, world, ready, _journal) = ready_text(vec![
        on(PUBLISH, 500, refusal(10, 0)),
        on(PUBLISH, 400, refusal(10, 0)),
        on(PUBLISH, 200, id("99")),
        on(SHOWN, 400, refusal(100, 33)),
        on(SHOWN, 400, refusal(100, 33)),
        on(SHOWN, 200, post("99", "Hello")),
        on(SHOWN, 400, refusal(100, 33)),
    ])
    .await;
    for _ in 0..2 {
        let failure = Threads.send(&world.call(), &ready).await.expect_err("doubt");
        assert_eq!((failure.outcome, failure.kind), (Outcome::Unknown, K::Unavailable));
    }
    let sent = Threads.send(&world.call(), &ready).await.expect("sent");
    assert_eq!((sent.remote.id.as_str(), sent.processing), ("99", true));
    assert!(sent.remote.url.ends_with("/@acme"), "{}", sent.remote.url);
    assert_eq!(look(&world, &ready, Some(&sent)).await.expect("looked"), Finding::Processing);
    let Finding::Published { sent: shown, .. } = look(&world, &ready, Some(&sent)).await.expect("looked") else {
        panic!("it is shown");
    };
    assert_eq!((shown.processing, shown.remote.url.as_str()), (false, "https://www.threads.net/@acme/post/S99"));
    world.wait(600);
    let late = look(&world, &ready, Some(&sent)).await.expect("looked");
    assert!(matches!(late, Finding::Published { sent, .. } if !sent.processing), "its id is known");
}

#[tokio::test]
async fn a_thread_answers_its_part_before_and_a_reply_that_stands_alone_is_told() {
    let film = Part { media: vec![file("film", MediaKind::Video, "video/mp4", None)], ..text("two") };
    let comment = Part { kind: PartKind::Comment, ..text("three") };
    let whole = draft(vec![text("one"), film, comment]);
    let mut alone = post("99", "two");
    alone["media_type"] = json!("VIDEO");
    let canned = Canned::start(vec![
        on(QUOTA, 200, quota(250)),
        on(MAKE, 200, id("11")),
        on(STATE, 200, status("FINISHED")),
        on(STATE, 200, status("FINISHED")),
        on(PUBLISH, 200, id("99")),
        on(SHOWN, 200, alone),
        on(QUOTA, 200, quota(250)),
        on(MAKE, 200, id("11")),
        on(STATE, 200, status("FINISHED")),
    ])
    .await;
    let world = world_of(&canned.origin);
    let ready = prepared(&world, &whole, &[remote("1")], &Journal::default()).await;
    // It is old enough after 30 s, and has been finished for 30 s after as many again.
    assert_eq!(world.clock.now().since(NOW), Duration::from_secs(60));
    let sent = Threads.send(&world.call(), &ready).await.expect("sent");
    let told = Threads.settle(&world.call(), &ready, &sent).await.expect_err("it stands alone");
    assert_eq!(told.kind, K::ContentRefused);
    prepared(&world, &whole, &[remote("1"), remote("99")], &Journal::default()).await;
    let parent = |seen: &Seen| seen.form().into_iter().find(|(name, _)| name == "reply_to_id").map(|(_, id)| id);
    let parents: Vec<_> = canned.seen().iter().filter(|seen| seen.line() == MAKE).map(parent).collect();
    assert_eq!(parents, [Some("1".to_owned()), Some("1".to_owned())]);
}

#[tokio::test]
async fn a_reply_is_found_among_the_replies_and_a_ghost_among_the_ghosts() {
    let mut reply = post("99", "two");
    reply["replied_to"] = id("1");
    let mut answers = vec![
        on(QUOTA, 200, quota(1)),
        on(MAKE, 200, id("11")),
        on(STATE, 200, status("FINISHED")),
        on(STATE, 200, status("PUBLISHED")),
    ];
    answers.extend(whole(REPLIES, &[reply]));
    answers.extend(whole(OWN, &[]));
    let canned = Canned::start(answers).await;
    let world = world_of(&canned.origin);
    let thread = draft(vec![text("one"), text("two")]);
    let ready = prepared(&world, &thread, &[remote("1")], &Journal::default()).await;
    let found = look(&world, &ready, None).await.expect("looked");
    assert!(matches!(&found, Finding::Published { sent, .. } if sent.remote.extra == Value::Null), "{found:?}");

    let mut answers = vec![
        on(QUOTA, 200, quota(1)),
        on(MAKE, 200, id("11")),
        on(STATE, 200, status("FINISHED")),
        on(STATE, 200, status("PUBLISHED")),
    ];
    answers.extend(whole("GET /v1.0/me/ghost_posts", &[post("99", "boo")]));
    let canned = Canned::start(answers).await;
    let world = world_of(&canned.origin);
    let ghost = Draft { options: json!({ "is_ghost_post": true }), ..draft(vec![text("boo")]) };
    let ready = prepared(&world, &ghost, &[], &Journal::default()).await;
    assert!(matches!(look(&world, &ready, None).await.expect("looked"), Finding::Published { .. }));
}

#[tokio::test]
async fn a_file_that_was_not_fetched_is_offered_once_more_and_then_refused() {
    let whole = draft(vec![Part { media: vec![file("cat", MediaKind::Image, "image/png", None)], ..text("x") }]);
    let not_fetched = json!({ "id": "11", "status": "ERROR", "error_message": "INVALID_FRAME_RATE" });
    let unknown = json!({ "id": "11", "status": "ERROR", "error_message": "UNKNOWN" });
    #[rustfmt::skip]
    let cases: Vec<(Vec<Ready>, usize)> = vec![
        (vec![on(MAKE, 400, refusal(1, 2_207_052)), on(MAKE, 400, refusal(1, 2_207_052))], 2),
        (vec![on(MAKE, 200, id("11")), on(STATE, 200, &unknown), on(MAKE, 200, id("11")), on(STATE, 200, &unknown)], 2),
        (vec![on(MAKE, 200, id("11")), on(STATE, 200, &not_fetched)], 1),
    ];
    for (mut answers, made) in cases {
        answers.extend([on(QUOTA, 200, quota(1)), on(QUOTA, 200, quota(1))]);
        let canned = Canned::start(answers).await;
        let (world, journal) = (world_of(&canned.origin), Journal::default());
        let failure = loop {
            match prepare(&world, &whole, &[], &journal).await.expect_err("never ready") {
                failure if failure.outcome == Outcome::Throttled => world.wait_for(&failure),
                failure => break failure,
            }
        };
        assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, K::MediaRefused));
        assert_eq!(canned.lines().iter().filter(|line| *line == MAKE).count(), made);
    }
}

#[tokio::test]
async fn r_34_a_used_up_day_holds_the_post_back_and_a_quota_that_is_not_told_does_not() {
    let canned = Canned::start(vec![on(QUOTA, 200, quota(250))]).await;
    let world = world_of(&canned.origin);
    let whole = draft(vec![text("Hello")]);
    let failure = prepare(&world, &whole, &[], &Journal::default()).await.expect_err("used up");
    assert_eq!((failure.outcome, failure.kind), (Outcome::Throttled, K::RateLimited));
    assert_eq!(canned.lines(), [QUOTA]);
    let canned = Canned::start(vec![on(QUOTA, 500, ""), on(MAKE, 200, id("11"))]).await;
    let world = world_of(&canned.origin);
    let waits = prepare(&world, &whole, &[], &Journal::default()).await.expect_err("not ready");
    assert_eq!((waits.kind, canned.lines()), (K::MediaNotReady, vec![QUOTA.to_owned(), MAKE.to_owned()]));
}

#[tokio::test]
async fn a_quoted_post_is_found_by_its_address_once() {
    let quote = |address: &str| draft(vec![Part { quote: Some(address.to_owned()), ..text("Look") }]);
    let own = quote("https://www.threads.net/@acme/post/S");
    let canned = Canned::start(vec![
        on(OWN, 200, list(&[post("42", "Old")])),
        on(QUOTA, 500, ""),
        on(MAKE, 200, id("11")),
        on(STATE, 200, status("FINISHED")),
    ])
    .await;
    let (world, journal) = (world_of(&canned.origin), Journal::default());
    let ready = prepared(&world, &own, &[], &journal).await;
    assert_eq!(ready.request["quotes"], true);
    assert_eq!(canned.seen()[2].form().pop(), Some(("quote_post_id".into(), "42".into())));
    let lookup = "GET /v1.0/profile_posts";
    let canned = Canned::start(vec![on(lookup, 400, refusal(10, 0))]).await;
    let world = world_of(&canned.origin);
    let other = quote("https://www.threads.net/@other/post/S");
    let failure = prepare(&world, &other, &[], &Journal::default()).await.expect_err("not told");
    assert_eq!((failure.kind, canned.seen()[0].asks("username").as_deref()), (K::ContentRefused, Some("other")));
}

#[tokio::test]
async fn a_post_is_deleted_and_one_that_is_gone_is_gone() {
    let line = "DELETE /v1.0/99";
    let canned = Canned::start(vec![
        on(line, 200, json!({ "success": true, "deleted_id": "99" })),
        on(line, 400, refusal(24, 4_279_009)),
        on(line, 200, json!({ "success": false })),
    ])
    .await;
    let world = world_of(&canned.origin);
    let delete = async || Threads.delete(&world.call(), &remote("99")).await;
    assert_eq!(delete().await.expect("deleted"), Deleted::Gone);
    assert_eq!(delete().await.expect("deleted"), Deleted::WasGone);
    assert_eq!(delete().await.expect_err("odd").outcome, Outcome::Unknown);
}

#[tokio::test]
async fn the_numbers_of_posts_are_read_and_posts_that_are_gone_are_left_out() {
    let number = |name: &str, value: u64| json!({ "name": name, "period": "lifetime", "values": [{ "value": value }] });
    let answer = json!({ "data": [number("views", 70), number("likes", 7), number("shares", 2), number("new", 1)] });
    let canned =
        Canned::start(vec![on("GET /v1.0/1/insights", 200, answer), on("GET /v1.0/2/insights", 400, refusal(100, 33))])
            .await;
    let world = world_of(&canned.origin);
    let found = Threads.of_posts(&world.call(), &[remote("1"), remote("2")]).await.expect("numbers");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].values, [(Metric::Impressions, 70), (Metric::Likes, 7), (Metric::Shares, 2)]);
    assert_eq!(canned.seen()[0].asks("metric").as_deref(), Some("views,likes,replies,reposts,quotes,shares"));
}

#[tokio::test]
async fn a_post_that_a_person_found_is_taken_only_if_it_is_the_account_s_own() {
    let (_canned, world, ready, _journal) = ready_text(vec![on(OWN, 200, list(&[post("42", "Hello")]))]).await;
    let at = async |address: &str| {
        let url = address.parse().expect("an address");
        Threads.at_address(&world.call(), &ready, &url).await.map(|found| found.id).map_err(|failure| failure.kind)
    };
    assert_eq!(at("https://www.threads.com/@acme/post/S").await, Ok("42".to_owned()));
    assert_eq!(at("https://www.threads.com/@other/post/S").await, Err(K::InputInvalid));
    assert_eq!(at("https://example.com/@acme/post/S").await, Err(K::InputInvalid));
}
