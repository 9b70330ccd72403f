//! Finding a post again in the account's own posts.

use std::time::Duration;

use connector::{Failure, Finding, Prepared, ProofClass, Publish, Trace};
use serde_json::{Value, json};

use super::{NOW, World};
use crate::{
    test_kit::{Canned, on},
    x::{X, look_up::frozen},
};

const OWN: &str = "GET /2/users/2244994945/tweets";

fn prepared(body: Value, media_keys: &[&str]) -> Prepared {
    let keys: Vec<String> = media_keys.iter().map(|&key| key.to_owned()).collect();
    Prepared { request: frozen(&body, &keys), client_id: None, proof: ProofClass::ReadBack }
}

fn page(posts: Value) -> Value {
    let count = posts.as_array().map_or(0, Vec::len);
    if count == 0 {
        json!({ "meta": { "result_count": 0 } })
    } else {
        json!({ "data": posts, "meta": { "result_count": count } })
    }
}

fn shown(id: &str, text: &str) -> Value {
    json!({ "id": id, "text": text, "created_at": "2030-01-01T09:00:05.000Z", "edit_history_tweet_ids": [id] })
}

async fn search(canned: &Canned, ready: &Prepared, taken: &[&str]) -> Result<Finding, Failure> {
    let world = World::at(&canned.origin);
    let taken: Vec<String> = taken.iter().map(|&id| id.to_owned()).collect();
    let deadline = NOW + Duration::from_secs(30);
    X.look_up(&world.call(), &Trace { ready, armed_at: NOW, deadline, sent: None, taken: &taken }).await
}

/// What a search for `body` finds among these posts: an id, `absent`, or the ids to choose from.
async fn found(body: Value, keys: &[&str], posts: Value, taken: &[&str]) -> String {
    let canned = Canned::start(vec![on(OWN, 200, page(posts))]).await;
    match search(&canned, &prepared(body, keys), taken).await.expect("an answer") {
        Finding::Published { sent, proof } => {
            assert!(proof.english().starts_with("the only match among the account's own posts"), "{proof}");
            sent.remote.id
        }
        Finding::Absent { certain: false } => "absent".to_owned(),
        Finding::Ambiguous(all) => all.iter().map(|remote| remote.id.as_str()).collect::<Vec<_>>().join("|"),
        other => panic!("{other:?}"),
    }
}

fn plain(text: &str) -> Value {
    json!({ "text": text })
}

#[tokio::test]
async fn a_post_is_found_by_its_text_although_x_changed_it() {
    let links = json!({ "urls": [
        { "start": 0, "end": 23, "url": "https://t.co/aaa", "expanded_url": "http://Example.com/x?a=1&b=2" },
        { "start": 0, "end": 23, "url": "https://t.co/bbb", "expanded_url": "https://fanfare.example.com/" },
    ]});
    let mut post = shown("7", "Tom &amp; Jerry &lt;3  https://t.co/aaa\nand https://t.co/bbb");
    post["entities"] = links;
    let sent = plain(" Tom & Jerry <3 example.com/x?a=1&b=2 and https://fanfare.example.com ");
    assert_eq!(found(sent, &[], json!([shown("8", "other"), post]), &[]).await, "7");
    assert_eq!(found(plain("AT&amp;T"), &[], json!([shown("7", "AT&amp;T")]), &[]).await, "7", "not escaped by X");
    assert_eq!(found(plain("Cafe\u{301}"), &[], json!([shown("7", "Café")]), &[]).await, "7");
    assert_eq!(found(plain("Hello"), &[], json!([shown("7", "Hello there")]), &[]).await, "absent");
    assert_eq!(found(plain("Hello"), &[], json!([]), &[]).await, "absent");
}

#[tokio::test]
async fn files_are_the_strongest_mark() {
    let body = json!({ "text": "Look", "media": { "media_ids": ["1880"] } });
    let with = |id: &str, text: &str, keys: Value| {
        let mut post = shown(id, text);
        post["attachments"] = json!({ "media_keys": keys });
        post["entities"] = json!({ "urls": [{ "start": 5, "end": 28, "url": "https://t.co/pic",
            "expanded_url": format!("https://x.com/acme/status/{id}/photo/1"), "media_key": keys[0] }] });
        post
    };
    let ours = with("7", "Look https://t.co/pic", json!(["3_1880"]));
    let by_hand = with("9", "Look https://t.co/pic", json!(["3_9999"]));
    assert_eq!(found(body.clone(), &["3_1880"], json!([by_hand, ours]), &[]).await, "7");
    assert_eq!(found(body.clone(), &["3_1880"], json!([by_hand]), &[]).await, "absent");
    let other = with("7", "Rewritten by X https://t.co/pic", json!(["3_1880"]));
    assert_eq!(found(body.clone(), &[], json!([other]), &[]).await, "7", "by the id in it where the key is not known");
    assert_eq!(found(plain("Look"), &[], json!([ours]), &[]).await, "absent", "ours had no file");
    let bare = shown("7", "Look https://t.co/pic");
    assert_eq!(found(body, &["3_1880"], json!([bare]), &[]).await, "7", "a person must choose if X hides the files");
}

#[tokio::test]
async fn r_04_what_is_accounted_for_or_outside_the_window_is_no_match() {
    let mut early = shown("6", "Hello");
    early["created_at"] = json!("2030-01-01T08:57:59Z");
    let mut late = shown("9", "Hello");
    late["created_at"] = json!("2030-01-01T09:15:31Z");
    assert_eq!(found(plain("Hello"), &[], json!([early, late]), &[]).await, "absent");
    assert_eq!(found(plain("Hello"), &[], json!([shown("7", "Hello"), shown("8", "Hello")]), &["7"]).await, "8");
    assert_eq!(found(plain("Hello"), &[], json!([shown("7", "Hello")]), &["7"]).await, "absent");
}

#[tokio::test]
async fn f_17_two_matches_are_for_a_person_to_choose() {
    let posts = json!([shown("8", "Hello"), shown("7", "Hello")]);
    assert_eq!(found(plain("Hello"), &[], posts, &[]).await, "8|7");
}

#[tokio::test]
async fn an_answer_must_answer_the_same_post_in_either_spelling() {
    let body = json!({ "text": "Second", "reply": { "in_reply_to_tweet_id": "100" } });
    let answer = |word: &str, to: &str| {
        let mut post = shown("7", "Second");
        post["in_reply_to_user_id"] = json!("2244994945");
        post[word] = json!([{ "type": "replied_to", "id": to }]);
        post
    };
    assert_eq!(found(body.clone(), &[], json!([answer("referenced_posts", "100")]), &[]).await, "7");
    assert_eq!(found(body.clone(), &[], json!([answer("referenced_tweets", "100")]), &[]).await, "7");
    assert_eq!(found(body.clone(), &[], json!([answer("referenced_posts", "101")]), &[]).await, "absent");
    assert_eq!(found(body.clone(), &[], json!([shown("7", "Second")]), &[]).await, "absent");
    assert_eq!(found(plain("Second"), &[], json!([answer("referenced_posts", "100")]), &[]).await, "absent");
    let mut both = answer("referenced_tweets", "101");
    both["referenced_posts"] = json!([{ "type": "replied_to", "id": "100" }]);
    assert_eq!(found(body, &[], json!([both]), &[]).await, "7", "the current spelling wins");
    let mut repost = shown("7", "Second");
    repost["referenced_posts"] = json!([{ "type": "retweeted", "id": "1" }]);
    assert_eq!(found(plain("Second"), &[], json!([repost]), &[]).await, "absent");
}

#[tokio::test]
async fn a_quote_s_own_link_and_a_long_post_s_whole_text_are_seen() {
    let mut quote = shown("7", "Look https://t.co/q");
    quote["entities"] = json!({ "urls": [{ "start": 5, "end": 28, "url": "https://t.co/q", "expanded_url": "https://twitter.com/a/status/55" }] });
    quote["referenced_posts"] = json!([{ "type": "quoted", "id": "55" }]);
    let body = |id: &str| json!({ "text": "Look", "quote_tweet_id": id });
    assert_eq!(found(body("55"), &[], json!([quote]), &[]).await, "7");
    assert_eq!(found(body("56"), &[], json!([quote]), &[]).await, "absent");
    let long = "word ".repeat(100);
    for word in ["note_post", "note_tweet"] {
        let mut post = shown("7", &format!("{}…", &long[..270]));
        post[word] = json!({ "text": long });
        assert_eq!(found(plain(&long), &[], json!([post]), &[]).await, "7", "{word}");
    }
    let mut poll = shown("7", "Pick");
    poll["attachments"] = json!({ "poll_ids": ["1"] });
    let body = json!({ "text": "Pick", "poll": { "options": ["A", "B"], "duration_minutes": 60 } });
    assert_eq!(found(body, &[], json!([poll]), &[]).await, "7");
}

#[tokio::test]
async fn f_16_a_text_that_x_rewrote_is_neither_proof_nor_absence() {
    let choose = async |sent: &str, is: &str| {
        let canned = Canned::start(vec![on(OWN, 200, page(json!([shown("7", is)])))]).await;
        search(&canned, &prepared(plain(sent), &[]), &[]).await.expect("an answer")
    };
    let ambiguous = |finding: Finding| matches!(finding, Finding::Ambiguous(all) if all.len() == 1);
    assert!(ambiguous(choose("Hello -- world :)", "Hello — world 🙂").await));
    let long = "many words ".repeat(50);
    assert!(
        ambiguous(choose(&long, &format!("{}… https://t.co/x", &long[..260])).await),
        "cut, and the whole is not shown"
    );
    assert_eq!(choose("Hello world", "Hello").await, Finding::Absent { certain: false });
    assert_eq!(choose("!!!", "???").await, Finding::Absent { certain: false });
}

#[tokio::test]
async fn r_09_the_search_only_reads_and_names_window_and_fields() {
    let canned = Canned::start(vec![on(OWN, 200, page(json!([])))]).await;
    search(&canned, &prepared(plain("x"), &[]), &[]).await.expect("an answer");
    let seen = canned.seen().remove(0);
    assert_eq!((seen.line().as_str(), seen.authorization.as_str()), (OWN, "Bearer AT"));
    assert_eq!(seen.asks("start_time").as_deref(), Some("2030-01-01T08:58:00Z"));
    assert_eq!((seen.asks("max_results").as_deref(), seen.asks("end_time")), (Some("10"), None));
    assert_eq!(seen.asks("post.fields").as_deref(), Some("attachments,created_at,entities,note_post,text"));
    assert_eq!(seen.asks("expansions").as_deref(), Some("attachments.media_keys,in_reply_to_user_id,referenced_posts"));
}

#[tokio::test]
async fn the_older_vocabulary_is_tried_once_where_x_does_not_know_the_new_one() {
    let unknown = json!({ "errors": [{ "message": "The query parameter [post.fields] is not one of [...]" }],
        "title": "Invalid Request", "type": "https://api.twitter.com/2/problems/invalid-request" });
    let canned = Canned::start(vec![on(OWN, 400, &unknown), on(OWN, 200, page(json!([shown("7", "x")])))]).await;
    let finding = search(&canned, &prepared(plain("x"), &[]), &[]).await.expect("found");
    assert!(matches!(finding, Finding::Published { .. }));
    let second = canned.seen().remove(1);
    assert_eq!(second.asks("post.fields"), None);
    let fields = "attachments,created_at,entities,in_reply_to_user_id,note_tweet,referenced_tweets,text";
    assert_eq!(second.asks("tweet.fields").as_deref(), Some(fields));
    assert_eq!(second.asks("expansions").as_deref(), Some("attachments.media_keys,referenced_tweets.id"));

    let other = json!({ "title": "Invalid Request", "detail": "start_time", "type": "https://api.x.com/2/problems/invalid-request" });
    let canned = Canned::start(vec![on(OWN, 400, other)]).await;
    assert!(search(&canned, &prepared(plain("x"), &[]), &[]).await.is_err());
    assert_eq!(canned.lines().len(), 1);
    let canned = Canned::start(vec![on(OWN, 400, &unknown), on(OWN, 400, &unknown)]).await;
    assert!(search(&canned, &prepared(plain("x"), &[]), &[]).await.is_err());
    assert_eq!(canned.lines().len(), 2, "never a third time");
}

#[tokio::test]
async fn f_07_a_read_that_fails_is_no_absence() {
    let refusal =
        json!({ "errors": [{ "type": "https://api.x.com/2/problems/not-authorized-for-resource", "title": "x" }] });
    let bodies = [
        (200, refusal.to_string()),
        (200, String::new()),
        (200, "<html>".to_owned()),
        (200, "{}".to_owned()),
        (200, r#"{"data":[{"text":"no id"}]}"#.to_owned()),
        (500, String::new()),
        (429, String::new()),
        (401, String::new()),
    ];
    for (status, body) in bodies {
        let canned = Canned::start(vec![on(OWN, status, &body)]).await;
        let finding = search(&canned, &prepared(plain("x"), &[]), &[]).await;
        assert!(finding.is_err(), "{status} {body}: {finding:?}");
    }
}

#[tokio::test]
async fn all_pages_of_the_window_are_read_and_a_window_without_end_is_for_a_person() {
    let mut first = page(json!([shown("9", "other")]));
    first["meta"]["next_token"] = json!("more");
    let canned = Canned::start(vec![on(OWN, 200, &first), on(OWN, 200, page(json!([shown("7", "x")])))]).await;
    let finding = search(&canned, &prepared(plain("x"), &[]), &[]).await.expect("found");
    assert!(matches!(finding, Finding::Published { sent, .. } if sent.remote.id == "7"));
    assert_eq!(canned.seen()[1].asks("pagination_token").as_deref(), Some("more"));

    let endless = (0..20).map(|_| on(OWN, 200, &first)).collect();
    let canned = Canned::start(endless).await;
    let failure = search(&canned, &prepared(plain("x"), &[]), &[]).await.expect_err("not an absence");
    assert!(failure.detail.english().contains("too many to search"), "{}", failure.detail);
}

#[tokio::test]
async fn a_search_long_after_the_attempt_ends_where_the_window_ends() {
    let canned = Canned::start(vec![on(OWN, 200, page(json!([])))]).await;
    let world = World::at(&canned.origin);
    let (armed_at, ready) = (NOW - Duration::from_secs(7_200), prepared(plain("x"), &[]));
    let trace = Trace { ready: &ready, armed_at, deadline: armed_at + Duration::from_secs(30), sent: None, taken: &[] };
    X.look_up(&world.call(), &trace).await.expect("an answer");
    assert_eq!(canned.seen()[0].asks("end_time").as_deref(), Some("2030-01-01T07:15:30Z"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_recognised_after_x_escaped_it_and_replaced_its_addresses(
        words in proptest::collection::vec("[a-zé日<>&#;]{1,8}", 0..6), path in "[a-z0-9]{1,6}", at in 0usize..6,
    ) {
        let mut sent: Vec<String> = words.clone();
        let mut shown_words: Vec<String> =
            words.iter().map(|word| word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")).collect();
        let at = at.min(words.len());
        sent.insert(at, format!("example.com/{path}"));
        shown_words.insert(at, "https://t.co/abc".to_owned());
        let mut post = shown("7", &shown_words.join(" "));
        post["entities"] = json!({ "urls": [{ "start": 0, "end": 1, "url": "https://t.co/abc", "expanded_url": format!("http://example.com/{path}") }] });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let id = runtime.block_on(found(plain(&sent.join(" ")), &[], json!([post]), &[]));
        proptest::prop_assert_eq!(id, "7");
    }
}
