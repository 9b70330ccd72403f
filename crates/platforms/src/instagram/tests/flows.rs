//! Whole flows against canned answers: what is asked, in which order, and what is made of the answers.

use std::time::Duration;

use base::{Clock as _, Secret};
use connector::{
    Callback, Connect, Draft, Failure, FailureKind as K, Finding, Insights, Metric, Outcome, Part, Prepared,
    ProofClass, Publish, Remote, StartConnect, Trace,
};
use serde_json::{Value, json};

use super::{Journal, NOW, World, comment, draft, film, image, job, part, remote, world_of};
use crate::{
    instagram::Instagram,
    test_kit::{Canned, Ready, Seen, on},
};

const QUOTA: &str = "GET /v26.0/314/content_publishing_limit";
const MAKE: &str = "POST /v26.0/314/media";
const PUBLISH: &str = "POST /v26.0/314/media_publish";
const OWN: &str = "GET /v26.0/314/media";
const STORIES: &str = "GET /v26.0/314/stories";
const STATE: &str = "GET /v26.0/11";
const SHOWN: &str = "GET /v26.0/99";
const COMMENT: &str = "POST /v26.0/1/comments";
const COMMENTS: &str = "GET /v26.0/1/comments";

fn id(id: &str) -> Value {
    json!({ "id": id })
}

fn status(code: &str) -> Value {
    json!({ "id": "11", "status_code": code, "status": "Finished: Media has been uploaded and it is ready to be published." })
}

fn quota(used: u64) -> Value {
    json!({ "data": [{ "quota_usage": used, "config": { "quota_total": 50, "quota_duration": 86_400 } }] })
}

fn post(id: &str, caption: &str) -> Value {
    json!({ "id": id, "caption": caption, "media_type": "IMAGE", "media_product_type": "FEED", "shortcode": "S",
        "permalink": format!("https://www.instagram.com/p/S{id}/"), "timestamp": "2030-01-01T09:00:20+0000" })
}

/// A list, and the empty page after it.
fn whole(line: &'static str, items: &[Value]) -> [Ready; 2] {
    let page = json!({ "data": items, "paging": { "cursors": { "before": "B", "after": "A" } } });
    [on(line, 200, page), on(line, 200, json!({ "data": [] }))]
}

fn refusal(code: i64, subcode: i64) -> Value {
    let subcode = Some(subcode).filter(|subcode| *subcode != 0);
    json!({ "error": { "message": "no", "type": "OAuthException", "code": code, "error_subcode": subcode } })
}

fn one() -> Draft {
    draft(vec![part("Hello", vec![image("cat", None)])])
}

async fn prepare(world: &World, draft: &Draft, earlier: &[Remote], journal: &Journal) -> Result<Prepared, Failure> {
    Instagram.prepare(&world.call(), &job(draft, earlier.len(), earlier), journal).await
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

/// A post that is ready to be published in container 11.
async fn ready_post(whole: &Draft, canned: Vec<Ready>) -> (Canned, World, Prepared, Journal) {
    let mut all = vec![on(QUOTA, 200, quota(1)), on(MAKE, 200, id("11")), on(STATE, 200, status("FINISHED"))];
    all.extend(canned);
    let canned = Canned::start(all).await;
    let (world, journal) = (world_of(&canned.origin), Journal::default());
    let ready = prepared(&world, whole, &[], &journal).await;
    (canned, world, ready, journal)
}

async fn looked(world: &World, ready: &Prepared) -> String {
    let armed_at = NOW + Duration::from_secs(10);
    let taken = ["7".to_owned()];
    let trace = Trace { ready, armed_at, deadline: armed_at + Duration::from_secs(75), sent: None, taken: &taken };
    match Instagram.look_up(&world.call(), &trace).await {
        Ok(Finding::Published { sent, .. }) => format!("published {}", sent.remote.id),
        Ok(Finding::Ambiguous(found)) => format!("ambiguous {}", found.len()),
        Ok(Finding::Absent { certain }) => format!("absent, certain: {certain}"),
        Ok(other) => format!("{other:?}").to_lowercase(),
        Err(failure) => format!("failed {:?}", failure.kind),
    }
}

/// A form on one line.
fn said(seen: &Seen) -> String {
    seen.form().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn an_account_is_connected_with_a_token_for_sixty_days() {
    let me = json!({ "id": "5", "user_id": "17841400000000314", "username": "acme", "name": "Acme",
        "account_type": "BUSINESS", "profile_picture_url": "https://cdn.example/a.jpg" });
    let granted = "instagram_business_basic,instagram_business_content_publish";
    let short = json!({ "data": [{ "access_token": "SHORT", "user_id": "5", "permissions": granted }] });
    let long = |token: &str| json!({ "access_token": token, "token_type": "bearer", "expires_in": 5_184_000 });
    let canned = Canned::start(vec![
        on("POST /oauth/access_token", 200, short),
        on("GET /access_token", 200, long("LONG1")),
        on("GET /v26.0/me", 200, me),
        on("GET /refresh_access_token", 200, long("LONG2")),
        on(
            "GET /refresh_access_token",
            400,
            json!({ "error": { "message": "Unsupported request - method type: get",
            "type": "IGApiException", "code": 100 } }),
        ),
    ])
    .await;
    let mut world = world_of(&canned.origin);
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "https://fanfare.example/connect/instagram".into(),
        state: "state-1".into(),
        features: vec![],
    };
    let started = Instagram.start(&world.call(), &request).await.expect("started");
    let asked: Vec<_> = started.redirect_to.query_pairs().into_owned().collect();
    let scope = "instagram_business_basic,instagram_business_content_publish,instagram_business_manage_comments,\
                 instagram_business_manage_insights";
    assert_eq!(started.redirect_to.path(), "/oauth/authorize");
    assert!(asked.contains(&("scope".into(), scope.into())), "{asked:?}");

    let query = [("state", "state-1"), ("code", "C#_")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let callback = Callback { query: query.into() };
    let granted = Instagram.finish(&world.call(), &started.memory, &callback).await.expect("granted");
    assert_eq!((granted.account.id.as_str(), granted.account.handle.as_str()), ("17841400000000314", "acme"));
    assert_eq!(granted.channels[0].facts, json!({ "username": "acme", "account_type": "BUSINESS", "scoped_id": "5" }));
    // As granted, not as asked: what was left out is switched off.
    assert_eq!(granted.scopes, ["instagram_business_basic", "instagram_business_content_publish"]);
    assert_eq!(granted.tokens.expires_at, Some(NOW + Duration::from_secs(5_184_000)));
    world.tokens = granted.tokens;
    let next = Instagram.refresh(&world.call()).await.expect("prolonged");
    assert_eq!(next.access.as_ref().map(Secret::expose).map(String::as_str), Some("LONG2"));
    assert_eq!(Instagram.refresh(&world.call()).await.expect_err("dead").kind, K::ReconnectNeeded);
    Instagram.revoke(&world.call()).await.expect("nothing to tell");
    let seen = canned.seen();
    assert!(seen[0].form().contains(&("code".into(), "C".into())));
    assert_eq!(seen[1].asks("client_secret").as_deref(), Some("secret-of-the-app"));
    assert_eq!((seen[2].authorization.as_str(), seen[3].asks("client_secret")), ("Bearer LONG1", None));
}

#[tokio::test]
async fn without_the_permission_to_read_the_account_nothing_is_connected() {
    let short = json!({ "access_token": "SHORT", "user_id": 5, "permissions": ["instagram_business_content_publish"] });
    let canned = Canned::start(vec![on("POST /oauth/access_token", 200, short)]).await;
    let world = world_of(&canned.origin);
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "https://x.example/".into(),
        state: "s".into(),
        features: vec![],
    };
    let started = Instagram.start(&world.call(), &request).await.expect("started");
    let query = [("state".to_owned(), "s".to_owned()), ("code".to_owned(), "C".to_owned())];
    let callback = Callback { query: query.into() };
    let failure = Instagram.finish(&world.call(), &started.memory, &callback).await.expect_err("left out");
    assert_eq!(failure.kind, K::ScopeMissing);
}

#[tokio::test]
async fn an_image_waits_for_its_container_and_is_published_once() {
    let answers = vec![on(PUBLISH, 200, id("99")), on(SHOWN, 200, post("99", "Hello"))];
    let (canned, world, ready, _journal) = ready_post(&one(), answers).await;
    assert_eq!((world.clock.now().since(NOW), ready.proof), (Duration::from_secs(3), ProofClass::Staged));
    let sent = Instagram.send(&world.call(), &ready).await.expect("sent");
    assert_eq!((sent.remote.id.as_str(), sent.processing), ("99", false));
    assert_eq!(sent.remote.url, "https://www.instagram.com/p/S99/");
    assert_eq!(canned.lines(), [QUOTA, MAKE, STATE, PUBLISH, SHOWN]);
    let seen = canned.seen();
    assert_eq!(said(&seen[1]), "caption=Hello image_url=https://fanfare.example/fetch/cat");
    assert_eq!(said(&seen[3]), "creation_id=11");
    assert!(seen.iter().all(|seen| seen.authorization == "Bearer LONG"));
}

#[tokio::test]
async fn r_36_a_carousel_is_made_of_finished_files_and_resumed_from_its_handles() {
    let carousel = draft(vec![part("Look", vec![image("cat", Some("A cat")), film("film")])]);
    let canned = Canned::start(vec![
        on(MAKE, 200, id("21")),
        on(MAKE, 200, id("22")),
        on("GET /v26.0/21", 200, status("FINISHED")),
        on("GET /v26.0/22", 200, status("IN_PROGRESS")),
        on("GET /v26.0/21", 200, status("FINISHED")),
        on("GET /v26.0/22", 200, status("FINISHED")),
        on(QUOTA, 200, quota(1)),
        on(MAKE, 200, id("11")),
        on("GET /v26.0/21", 200, status("FINISHED")),
        on("GET /v26.0/22", 200, status("FINISHED")),
        on("GET /v26.0/21", 200, status("FINISHED")),
        on(STATE, 200, status("FINISHED")),
    ])
    .await;
    let (world, journal) = (world_of(&canned.origin), Journal::default());
    let ready = prepared(&world, &carousel, &[], &journal).await;
    let kept = &ready.request["post"];
    assert_eq!((&kept["children"], &kept["media_type"]), (&json!(2), &json!("CAROUSEL_ALBUM")));
    let seen = canned.seen();
    let made: Vec<_> = seen.iter().filter(|seen| seen.line() == MAKE).map(said).collect();
    assert_eq!(
        made,
        [
            "is_carousel_item=true alt_text=A cat image_url=https://fanfare.example/fetch/cat",
            "is_carousel_item=true media_type=VIDEO video_url=https://fanfare.example/fetch/film",
            "media_type=CAROUSEL caption=Look children=21,22",
        ]
    );
}

#[tokio::test]
async fn what_is_not_ready_when_published_is_published_again_and_never_once_it_is_there() {
    let mut answers = vec![
        on(PUBLISH, 400, refusal(9007, 2_207_027)),
        on(STATE, 200, status("FINISHED")),
        on(PUBLISH, 400, refusal(24, 2_207_008)),
        on(STATE, 200, status("PUBLISHED")),
    ];
    answers.extend(whole(OWN, &[post("98", "Other"), post("99", "Hello")]));
    let (canned, world, mut ready, journal) = ready_post(&one(), answers).await;
    for _ in 0..2 {
        let failure = Instagram.send(&world.call(), &ready).await.expect_err("not ready");
        assert_eq!((&failure.outcome, failure.kind), (&Outcome::Throttled, K::MediaNotReady));
        world.wait_for(&failure);
        ready = prepared(&world, &one(), &[], &journal).await;
    }
    let sent = Instagram.send(&world.call(), &ready).await.expect("found");
    assert_eq!(sent.remote.id, "99");
    assert_eq!(canned.lines().iter().filter(|line| *line == PUBLISH).count(), 2);
}

#[tokio::test]
async fn r_04_the_container_decides_and_the_account_s_posts_say_which_one_it_is() {
    let proven = |code: u16, name: &str, posts: Vec<Value>| {
        let state = if code == 200 { status(name) } else { refusal(100, 33) };
        let mut answers = vec![on(PUBLISH, 400, refusal(4, 2_207_051)), on(STATE, code, state)];
        answers.extend(whole(OWN, &posts));
        answers
    };
    let dressed = |id: &str| post(id, "HELLO!");
    let mut film = post("99", "Hello");
    film["media_type"] = json!("VIDEO");
    #[rustfmt::skip]
    let cases: Vec<(Vec<Ready>, u64, &str)> = vec![
        // A limit was said, and the post is there.
        (proven(200, "PUBLISHED", vec![post("99", "Hello")]), 0, "published 99"),
        (proven(200, "PUBLISHED", vec![dressed("99")]), 0, "published 99"),
        (proven(200, "PUBLISHED", vec![dressed("99"), dressed("98")]), 0, "ambiguous 2"),
        (proven(200, "PUBLISHED", vec![film]), 0, "failed Unavailable"),
        (proven(200, "PUBLISHED", vec![post("7", "Hello")]), 0, "failed Unavailable"),
        (proven(200, "IN_PROGRESS", vec![]), 0, "processing"),
        (proven(200, "FINISHED", vec![dressed("99")]), 0, "absent, certain: false"),
        (proven(200, "FINISHED", vec![]), 120, "absent, certain: true"),
        (proven(200, "FINISHED", vec![post("99", "Hello")]), 120, "published 99"),
        (proven(200, "EXPIRED", vec![]), 120, "absent, certain: true"),
        (proven(200, "", vec![]), 120, "failed BadAnswer"),
        (proven(400, "", vec![post("99", "Hello")]), 120, "published 99"),
        (proven(400, "", vec![]), 120, "absent, certain: false"),
    ];
    for (at, (answers, seconds, expected)) in cases.into_iter().enumerate() {
        let (_canned, world, ready, _journal) = ready_post(&one(), answers).await;
        let failure = Instagram.send(&world.call(), &ready).await.expect_err("doubt");
        assert_eq!((failure.outcome, failure.kind), (Outcome::Unknown, K::AccountBlocked));
        world.wait(seconds);
        assert_eq!(looked(&world, &ready).await, expected, "case {at}");
    }
}

#[tokio::test]
async fn a_story_is_found_among_the_stories() {
    let story = Draft { options: json!({ "kind": "story" }), ..one() };
    let shown = json!({ "id": "99", "media_type": "IMAGE", "media_product_type": "STORY", "timestamp": "2030-01-01T09:00:20+0000",
        "permalink": "https://www.instagram.com/stories/acme/3456/" });
    let mut answers = vec![on(STATE, 200, status("PUBLISHED"))];
    answers.extend(whole(STORIES, std::slice::from_ref(&shown)));
    answers.push(on(STORIES, 200, json!({ "data": [shown] })));
    let (canned, world, ready, _journal) = ready_post(&story, answers).await;
    assert_eq!(looked(&world, &ready).await, "published 99");
    let url = "https://www.instagram.com/stories/acme/3456/".parse().expect("an address");
    let found = Instagram.at_address(&world.call(), &ready, &url).await.expect("found");
    assert_eq!((found.id.as_str(), &found.extra), ("99", &json!({ "kind": "STORY" })));
    assert_eq!(said(&canned.seen()[1]), "media_type=STORIES image_url=https://fanfare.example/fetch/cat");
    assert_eq!(canned.seen()[4].asks("since"), None);
}

#[tokio::test]
async fn a_file_that_was_not_fetched_is_offered_thrice_and_then_refused() {
    let failed = |text: &str| json!({ "id": "11", "status_code": "", "status": text });
    let not_fetched = || failed("Error: Media upload has failed with error code 2207052");
    let wrong = failed("Error: Media upload has failed with error code 2207026");
    #[rustfmt::skip]
    let cases: Vec<(Vec<Ready>, usize)> = vec![
        ((0..3).map(|_| on(MAKE, 400, refusal(9004, 2_207_052))).collect(), 3),
        ((0..3).flat_map(|_| [on(MAKE, 200, id("11")), on(STATE, 200, not_fetched())]).collect(), 3),
        (vec![on(MAKE, 200, id("11")), on(STATE, 200, wrong)], 1),
        (vec![on(MAKE, 400, refusal(36_003, 2_207_009))], 1),
    ];
    for (mut answers, made) in cases {
        answers.extend((0..3).map(|_| on(QUOTA, 200, quota(1))));
        let canned = Canned::start(answers).await;
        let (world, journal) = (world_of(&canned.origin), Journal::default());
        let failure = loop {
            match prepare(&world, &one(), &[], &journal).await.expect_err("never ready") {
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
    let canned = Canned::start(vec![on(QUOTA, 200, quota(50))]).await;
    let world = world_of(&canned.origin);
    let failure = prepare(&world, &one(), &[], &Journal::default()).await.expect_err("used up");
    assert_eq!((failure.outcome, failure.kind), (Outcome::Throttled, K::RateLimited));
    let canned = Canned::start(vec![on(QUOTA, 500, ""), on(MAKE, 200, id("11"))]).await;
    let world = world_of(&canned.origin);
    let waits = prepare(&world, &one(), &[], &Journal::default()).await.expect_err("not ready");
    assert_eq!((waits.kind, canned.lines()), (K::MediaNotReady, vec![QUOTA.to_owned(), MAKE.to_owned()]));
}

/// A post with a comment below it, ready to be made.
async fn ready_comment(answers: Vec<Ready>) -> (Canned, World, Prepared) {
    let canned = Canned::start(answers).await;
    let world = world_of(&canned.origin);
    let parts: Vec<Part> = vec![one().parts.remove(0), comment("First! @bob")];
    let ready = prepared(&world, &draft(parts), &[remote("1")], &Journal::default()).await;
    (canned, world, ready)
}

fn written(id: &str, words: &str, username: &str) -> Value {
    json!({ "id": id, "text": words, "username": username, "timestamp": "2030-01-01T09:00:20+0000" })
}

#[tokio::test]
async fn r_04_a_comment_is_made_once_and_found_by_its_text() {
    let (canned, world, ready) = ready_comment(vec![on(COMMENT, 200, id("55"))]).await;
    assert_eq!(ready.proof, ProofClass::ReadBack);
    let sent = Instagram.send(&world.call(), &ready).await.expect("sent");
    assert_eq!(sent.remote.url, "https://www.instagram.com/p/S1/c/55/");
    let seen = canned.seen();
    assert_eq!((said(&seen[0]).as_str(), seen[0].query.as_str()), ("message=First! @bob", ""));

    let mine = || written("55", "First! @bob", "acme");
    #[rustfmt::skip]
    let cases: Vec<(Vec<Value>, &str)> = vec![
        (vec![mine()], "published 55"),
        (vec![written("54", "First! @bob", "bob"), mine(), written("53", "Second", "acme")], "published 55"),
        (vec![written("54", "first bob", "acme")], "ambiguous 1"),
        (vec![json!({ "id": "54", "text": "First! @bob" })], "ambiguous 1"),
        (vec![mine(), written("54", "First! @bob", "acme")], "ambiguous 2"),
        (vec![written("7", "First! @bob", "acme")], "absent, certain: false"),
        (vec![], "absent, certain: false"),
    ];
    for (comments, expected) in cases {
        let mut answers = vec![on(COMMENT, 400, refusal(20, 1_772_107))];
        answers.extend(whole(COMMENTS, &comments));
        let (_canned, world, ready) = ready_comment(answers).await;
        assert_eq!(Instagram.send(&world.call(), &ready).await.expect_err("doubt").outcome, Outcome::Unknown);
        assert_eq!(looked(&world, &ready).await, expected, "{comments:?}");
    }
}

#[tokio::test]
async fn a_comment_that_a_person_found_is_taken_only_if_it_is_the_account_s_own() {
    let comments = [written("54", "Hi", "bob"), written("55", "Hi", "acme")];
    let answers = (0..3).flat_map(|_| whole(COMMENTS, &comments)).collect();
    let (_canned, world, ready) = ready_comment(answers).await;
    let at = async |address: &str| {
        let url = address.parse().expect("an address");
        Instagram.at_address(&world.call(), &ready, &url).await.map(|found| found.id).map_err(|failure| failure.kind)
    };
    assert_eq!(at("https://www.instagram.com/p/S1/c/55/").await, Ok("55".to_owned()));
    assert_eq!(at("https://www.instagram.com/p/S1/c/54/").await, Err(K::RemoteNotFound));
    assert_eq!(at("https://www.instagram.com/p/S1/").await, Err(K::RemoteNotFound));
    assert_eq!(at("https://example.com/p/S1/").await, Err(K::InputInvalid));
}

#[tokio::test]
async fn nothing_is_deleted_and_the_person_is_told_where_it_can_be() {
    let world = world_of("http://127.0.0.1:9/");
    assert!(!Instagram.limits(&Value::Null).delete);
    assert_eq!(Instagram.delete(&world.call(), &remote("1")).await.expect_err("cannot").kind, K::ContentRefused);
}

#[tokio::test]
async fn the_numbers_of_posts_are_read_and_a_refused_name_spoils_only_itself() {
    let number = |name: &str, value: u64| json!({ "name": name, "period": "lifetime", "values": [{ "value": value }] });
    let total = |name: &str, value: u64| json!({ "name": name, "total_value": { "value": value } });
    let data = |items: &[Value]| json!({ "data": items });
    let (one, two) = ("GET /v26.0/1/insights", "GET /v26.0/2/insights");
    let mut answers = vec![on(one, 400, refusal(100, 0))];
    for name in ["views", "likes", "comments", "saved", "shares", "reposts"] {
        let refused = name == "shares";
        answers.push(if refused { on(one, 400, refusal(100, 0)) } else { on(one, 200, data(&[number(name, 7)])) });
    }
    answers.push(on(two, 200, data(&[total("views", 70), number("saved", 2), number("new", 1)])));
    answers.push(on("GET /v26.0/3/insights", 400, refusal(10, 0)));
    answers.push(on("GET /v26.0/4/insights", 400, refusal(100, 33)));
    let canned = Canned::start(answers).await;
    let world = world_of(&canned.origin);
    let kind = |id: &str, kind: &str| Remote { extra: json!({ "kind": kind }), ..remote(id) };
    let posts = [kind("1", "FEED"), kind("2", "FEED"), kind("3", "STORY"), kind("4", "REELS"), kind("5", "comment")];
    let found = Instagram.of_posts(&world.call(), &posts).await.expect("numbers");
    let values: Vec<_> = found.iter().map(|one| (one.remote_id.as_str(), one.values.len())).collect();
    assert_eq!(values, [("1", 5), ("2", 2), ("3", 0), ("5", 0)]);
    assert_eq!(found[1].values, [(Metric::Impressions, 70), (Metric::Bookmarks, 2)]);
    let asked: Vec<_> = canned.seen().iter().filter_map(|seen| seen.asks("metric")).collect();
    assert_eq!(asked[0], "views,likes,comments,saved,shares,reposts");
    assert_eq!(
        (asked[7].as_str(), asked[8].as_str()),
        ("views,likes,comments,saved,reposts", "views,replies,shares,reposts")
    );
}
