//! Tests of the connector: refusals, limits, and the life of a notice against answers that are laid ready.
//!
//! To fill in: the life of a post against the platform's twin, as in `telegram/tests/twin.rs`.

use base::TestClock;
use connector::{Connect as _, Deleted, FailureKind as K, Finding, Outcome, Publish as _, Remote, Tokens, Trace};
use serde_json::{Value, json};

use super::{ABOUT, Noticeboard};
use crate::{
    meta::test_world::{Journal, NOW, World, draft, job, text},
    test_kit::{Canned, Ready, filled_in, on},
};

#[test]
fn nothing_of_the_template_is_left_to_fill_in() {
    filled_in(ABOUT.id);
}

async fn stage(ready: Vec<Ready>) -> (Canned, World) {
    let canned = Canned::start(ready).await;
    let world = World::at(&canned.origin, &["api", "web"], json!({}), TestClock::at(NOW));
    (canned, world)
}

fn refusal(code: &str) -> Value {
    json!({ "error": { "code": code, "message": "No." } })
}

#[tokio::test]
async fn an_account_is_connected_with_its_token() {
    let ready = vec![on("GET /me", 401, refusal("unknown")), on("GET /me", 200, json!({ "id": "7", "name": "lena" }))];
    let (canned, mut world) = stage(ready).await;
    world.tokens = Tokens::default();
    let enter = async |token: &str| Noticeboard.with_password(&world.call(), &json!({ "token": token })).await;
    assert_eq!(enter(" ").await.expect_err("no token").kind, K::InputInvalid);
    assert_eq!(enter("wrong").await.expect_err("refused").kind, K::InputInvalid);
    let granted = enter("right").await.expect("granted");
    assert_eq!((granted.account.id.as_str(), granted.account.name.as_str()), ("7", "lena"));
    assert_eq!(canned.seen()[1].authorization, "Bearer right");
}

#[test]
fn a_text_that_is_too_long_or_missing_is_refused_beforehand() {
    let rules = |said: &str| {
        let issues = Noticeboard.check(&draft(vec![text(said)]), &json!({}));
        issues.into_iter().map(|issue| format!("{:?}", issue.rule)).collect::<Vec<_>>()
    };
    assert_eq!(rules("Hello"), Vec::<String>::new());
    assert_eq!((rules(&"x".repeat(501)), rules("")), (vec!["TextTooLong".to_owned()], vec!["TextMissing".to_owned()]));
}

#[tokio::test]
async fn a_notice_is_sent_once_found_again_changed_and_deleted() {
    let listed = json!({ "notices": [{ "id": "2", "text": "Hello", "at": "2030-01-01T09:00:01Z" }] });
    let ready = vec![
        on("POST /notices", 200, json!({ "id": "2", "text": "Hello", "at": "2030-01-01T09:00:01Z" })),
        on("POST /notices", 502, "down"),
        on("GET /notices", 200, listed),
        on("PATCH /notices/2", 200, json!({})),
        on("DELETE /notices/2", 404, refusal("gone")),
    ];
    let (canned, world) = stage(ready).await;
    let (draft, journal) = (draft(vec![text("Hello")]), Journal::default());
    let ready = Noticeboard.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect("prepared");
    let sent = Noticeboard.send(&world.call(), &ready).await.expect("sent");
    assert_eq!((sent.remote.id.as_str(), canned.seen()[0].json()), ("2", json!({ "text": "Hello" })));

    let lost = Noticeboard.send(&world.call(), &ready).await.expect_err("no answer");
    assert_eq!(lost.outcome, Outcome::Unknown);
    let deadline = NOW + std::time::Duration::from_secs(30);
    let trace = Trace { ready: &ready, armed_at: NOW, deadline, sent: None, taken: &[] };
    let found = Noticeboard.look_up(&world.call(), &trace).await.expect("looked");
    assert!(matches!(found, Finding::Published { sent, .. } if sent.remote.id == "2"));

    let remote = Remote { id: "2".to_owned(), url: String::new(), extra: Value::Null };
    Noticeboard.edit(&world.call(), &remote, &job(&draft, 0, &[]), &journal).await.expect("changed");
    assert_eq!(Noticeboard.delete(&world.call(), &remote).await.expect("answered"), Deleted::WasGone);
}

#[tokio::test]
async fn each_refusal_is_known() {
    for (status, code, kind) in [
        (401, "unknown", K::ReconnectNeeded),
        (422, "too_long", K::ContentRefused),
        (422, "other", K::ContentRefused),
        (429, "slow_down", K::RateLimited),
    ] {
        let (_canned, world) = stage(vec![on("POST /notices", status, refusal(code))]).await;
        let draft = draft(vec![text("Hello")]);
        let ready =
            Noticeboard.prepare(&world.call(), &job(&draft, 0, &[]), &Journal::default()).await.expect("prepared");
        let failure = Noticeboard.send(&world.call(), &ready).await.expect_err("refused");
        assert_eq!(failure.kind, kind, "{status} {code}");
    }
}
