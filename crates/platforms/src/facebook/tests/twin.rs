//! The whole connector against the sandbox's twin of Facebook, over real HTTP.

use std::{sync::Arc, time::Duration};

use base::{Clock as _, OsRandom, TestClock};
use connector::{
    AccountMetric, CommentAct, CommentChange as C, CommentState, Comments, CommentsAsked, Connect, Deleted, Draft,
    Failure, FailureKind as K, Finding, Found, Granted, Insights, Media, MediaKind, Outcome, Prepared, Publish, Remote,
    Sent, Severity, StartConnect, Tokens, Trace, Webhooks, webhooks::HookEvent,
};
use sandbox::{
    Action, Entry, Fault, Network, Options, Rule, Running, Sandbox, When,
    facebook::{CONFIG_ID, PRODUCT},
};
use serde_json::{Value, json};

use super::{Journal, NOW, World, app, chosen, draft, file, job, text, with, world_by};
use crate::{
    facebook::{Facebook, publish::SEND_TIMEOUT_MS},
    meta::test_world::{decide, read_by},
    test_kit::listener,
};

/// A person with several pages, and one of them.
const MIRA: &str = "mira";
const BAKERY: &str = "harbour_bakery";

/// A sandbox, and a clock that both sides go by.
struct Stage {
    running: Running,
    clock: TestClock,
}

impl Stage {
    async fn set() -> Self {
        let clock = TestClock::at(NOW);
        let options = Options::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        Self { running: Sandbox::start(options).await.expect("started"), clock }
    }

    /// A world whose app is the sandbox's, connected to no one.
    fn world(&self) -> World {
        let origin = self.running.origin(Network::Facebook);
        let mut world = world_by(origin.as_str(), self.clock.clone());
        world.app = app(&[("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret)]);
        world.tokens = Tokens::default();
        world
    }

    /// The bakery's page, with the token of its own.
    async fn connected(&self) -> World {
        let mut world = self.world();
        let granted = connect(&world, MIRA).await.expect("granted");
        let page = page(granted, BAKERY);
        (world.account_id, world.facts) = (page.account.id, page.facts);
        world.tokens = page.tokens.expect("a token of its own");
        world
    }

    fn created(&self) -> Vec<Entry> {
        let entries = self.running.ledger().entries(Some(Network::Facebook));
        entries.into_iter().filter(|entry| entry.action == Action::Created).collect()
    }

    fn fault(&self, fault: Fault) {
        self.running.turn(Network::Facebook, |knobs| knobs.faults.push(Rule::once("publish", fault)));
    }

    fn own(&self, name: &str, value: Value) {
        self.running.turn(Network::Facebook, |knobs| {
            knobs.own.insert(name.to_owned(), value);
        });
    }
}

fn page(granted: Granted, handle: &str) -> Found {
    let known: Vec<String> = granted.channels.iter().map(|page| page.account.handle.clone()).collect();
    granted.channels.into_iter().find(|page| page.account.handle == handle).unwrap_or_else(|| panic!("{known:?}"))
}

async fn started(world: &World) -> connector::Started {
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "http://127.0.0.1:1/connect/facebook".into(),
        state: "a-state-of-at-least-128-bits".into(),
        features: vec![],
    };
    Facebook.start(&world.call(), &request).await.expect("started")
}

async fn connect(world: &World, account: &str) -> Result<Granted, Failure> {
    let started = started(world).await;
    let callback = decide(world, &started.redirect_to, account, "allow").await;
    Facebook.finish(&world.call(), &started.memory, &callback).await
}

/// Prepares as the engine does: what is not ready is tried again when it says so.
async fn prepared(world: &World, draft: &Draft, earlier: &[Remote], journal: &Journal) -> Prepared {
    for _ in 0..50 {
        match Facebook.prepare(&world.call(), &job(draft, earlier), journal).await {
            Ok(ready) => return ready,
            Err(failure) if failure.outcome == Outcome::Throttled => {
                let until = failure.retry_at.expect("a time to come back");
                world.clock.advance(until.since(world.clock.now()));
            }
            Err(failure) => panic!("{failure}"),
        }
    }
    panic!("it never becomes ready");
}

async fn look(world: &World, ready: &Prepared, sent: Option<&Sent>) -> Finding {
    let armed_at = world.clock.now();
    let deadline = armed_at + Duration::from_millis(SEND_TIMEOUT_MS);
    world.wait(SEND_TIMEOUT_MS / 1_000 + 65);
    let trace = Trace { ready, armed_at, deadline, sent, taken: &[] };
    Facebook.look_up(&world.call(), &trace).await.expect("looked")
}

/// What was sent, once Facebook is done with it.
async fn done(world: &World, ready: &Prepared, sent: Sent, kind: &str) -> Remote {
    if !sent.processing {
        return sent.remote;
    }
    for _ in 0..10 {
        match look(world, ready, Some(&sent)).await {
            Finding::Published { sent, .. } => return sent.remote,
            Finding::Processing => {}
            other => panic!("{kind}: {other:?}"),
        }
    }
    panic!("{kind}: it is never there");
}

/// A picture that no other has the bytes of.
fn picture(name: &str) -> Media {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8];
    bytes.extend([1350_u16.to_be_bytes(), 1080_u16.to_be_bytes()].concat());
    bytes.extend([1, 1, 17, 0]);
    bytes.extend(name.bytes());
    bytes.extend([0xff, 0xd9]);
    Media { id: name.to_owned(), ..file(&bytes, MediaKind::Image, Some("A cat")) }
}

/// An upright film of five seconds, which its headers say alone.
fn film(name: &str) -> Media {
    let mut film = include_bytes!("../../../../server/tests/server/storm/clip.mp4").to_vec();
    let mut set = |header: &[u8], at: usize, value: u32| {
        let start = film.windows(4).position(|bytes| bytes == header).expect("a header");
        film[start + at..start + at + 4].copy_from_slice(&value.to_be_bytes());
    };
    set(b"mvhd", 20, 5_000);
    set(b"tkhd", 80, 1_080 << 16);
    set(b"tkhd", 84, 1_920 << 16);
    film.extend([&u32::try_from(8 + name.len()).expect("small").to_be_bytes()[..], b"free", name.as_bytes()].concat());
    Media { id: name.to_owned(), ..file(&film, MediaKind::Video, None) }
}

/// Every kind of post.
fn kinds() -> Vec<(&'static str, Draft)> {
    let of = |format: &str, part| chosen(json!({ "format": format }), vec![part]);
    let commented = vec![text("Under this one"), with("With a picture", vec![picture("note")]), text("And a word")];
    vec![
        ("text", draft(vec![text("Fresh bread & rolls  at 7 👍🏽")])),
        ("link", chosen(json!({ "link": "https://example.com/a?b=c&d=e" }), vec![text("Our page")])),
        ("photo", draft(vec![with("One", vec![picture("one")])])),
        ("photos", draft(vec![with("Several", vec![picture("two"), picture("three")])])),
        ("video", chosen(json!({ "title": "Waves" }), vec![with("A film", vec![film("film")])])),
        ("reel", of("reel", with("A reel", vec![film("reel")]))),
        ("photo story", of("story", with("", vec![picture("story")]))),
        ("film story", of("story", with("", vec![film("film story")]))),
        ("comments", draft(commented)),
    ]
}

#[tokio::test]
async fn a_person_s_pages_are_connected_verified_refreshed_and_let_go() {
    let stage = Stage::set().await;
    stage.own("require_proof", json!(true));
    let mut world = stage.world();
    assert!(Facebook.test_app(&world.call()).await.expect("an app"));
    let granted = connect(&world, MIRA).await.expect("granted");
    assert!(granted.channels.len() > 1 && granted.channels.iter().all(|page| page.tokens.is_some()), "{granted:?}");
    world.tokens = granted.tokens.clone();
    assert_eq!(Facebook.targets(&world.call()).await.expect("pages"), granted.channels);
    let old = world.tokens.expires_at;
    world.wait(2 * 24 * 60 * 60);
    world.tokens = Facebook.refresh(&world.call()).await.expect("prolonged");
    assert!(world.tokens.expires_at > old);

    let mut bakery = stage.connected().await;
    let found = Facebook.verify(&bakery.call()).await.expect("alive");
    assert_eq!((found.account.id.as_str(), found.account.handle.as_str()), (bakery.account_id.as_str(), BAKERY));
    stage.own("lost_roles", json!([BAKERY]));
    Facebook.verify(&bakery.call()).await.expect_err("no role there any more");
    stage.own("lost_roles", json!([]));

    world.app = app(&[("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret), ("config_id", CONFIG_ID)]);
    stage.own("business_login", json!(true));
    assert_eq!(connect(&world, MIRA).await.expect("granted").account.id, granted.account.id);
    let started = started(&world).await;
    let denied = decide(&world, &started.redirect_to, MIRA, "deny").await;
    let failure = Facebook.finish(&world.call(), &started.memory, &denied).await.expect_err("denied");
    assert_eq!(failure.kind, K::InputInvalid);
    Facebook.revoke(&world.call()).await.expect("let go");
    Facebook.revoke(&world.call()).await.expect("let go already");
    bakery.facts = json!({});
    assert_eq!(Facebook.verify(&bakery.call()).await.expect_err("ended").kind, K::ReconnectNeeded);
    world.app = app(&[("client_id", PRODUCT.id), ("client_secret", "wrong")]);
    assert_eq!(Facebook.test_app(&world.call()).await.expect_err("wrong").kind, K::AppMisconfigured);
}

#[tokio::test]
async fn a_page_s_webhooks_come_when_they_were_asked_for_and_are_read() {
    let stage = Stage::set().await;
    let world = stage.connected().await;
    let (address, mut told) = listener().await;
    stage.own("webhook_url", json!(address));
    assert!(Facebook.wants_subscriptions());
    for _ in 0..2 {
        Facebook.subscribe(&world.call()).await.expect("subscribed");
    }
    let whole = draft(vec![text("é 👍 a/b @ %")]);
    let ready = prepared(&world, &whole, &[], &Journal::default()).await;
    let sent = Facebook.send(&world.call(), &ready).await.expect("sent");
    let webhook = told.recv().await.expect("a webhook");
    let changed = read_by(&Facebook, &world, &webhook);
    let (account, post) = (world.account_id.clone(), sent.remote.id);
    assert_eq!(changed, [HookEvent::Changed { account, post, at: Some(world.clock.now()) }]);
    for _ in 0..2 {
        Facebook.unsubscribe(&world.call()).await.expect("ended");
    }
}

#[tokio::test]
async fn every_kind_of_post_is_published_found_counted_changed_and_deleted() {
    let stage = Stage::set().await;
    stage.own("require_proof", json!(true));
    let world = stage.connected().await;
    for (kind, whole) in kinds() {
        let issues = Facebook.check(&whole, &world.facts);
        assert!(issues.iter().all(|issue| issue.severity == Severity::Warning), "{kind}: {issues:?}");
        let before = stage.created().len();
        let mut there: Vec<Remote> = Vec::new();
        for _ in 0..whole.parts.len() {
            let ready = prepared(&world, &whole, &there, &Journal::default()).await;
            let sent = Facebook.send(&world.call(), &ready).await.expect("sent");
            let remote = done(&world, &ready, sent, kind).await;
            if !kind.contains("story") {
                let url = remote.url.parse().expect("an address");
                let found = Facebook.at_address(&world.call(), &ready, &url).await.expect(kind);
                assert_eq!(found.id, remote.id, "{kind}");
            }
            there.push(remote);
        }
        let made = stage.created().split_off(before);
        let files: Vec<usize> = made.iter().map(|entry| entry.media_count).collect();
        assert_eq!(files, whole.parts.iter().map(|part| part.media.len()).collect::<Vec<_>>(), "{kind}");
        let numbers = Facebook.of_posts(&world.call(), &there).await.expect(kind);
        assert_eq!(numbers.len(), if kind.contains("story") { 0 } else { there.len() }, "{kind}");
        let mut better = whole.clone();
        better.parts[0].text = "Better".to_owned();
        let edited = Facebook.edit(&world.call(), &there[0], &job(&better, &[]), &Journal::default()).await;
        assert_eq!(edited.is_ok(), !kind.contains("story"), "{kind}: {edited:?}");
        for remote in there.iter().rev() {
            assert_eq!(Facebook.delete(&world.call(), remote).await.expect(kind), Deleted::Gone, "{kind}");
            assert_eq!(Facebook.delete(&world.call(), remote).await.expect(kind), Deleted::WasGone, "{kind}");
        }
    }
}

#[tokio::test]
async fn r_04_whatever_is_lost_is_decided_by_reads_and_no_kind_is_doubled() {
    let stage = Stage::set().await;
    let world = stage.connected().await;
    for (kind, whole) in kinds() {
        let before = stage.created().len();
        let mut there: Vec<Remote> = Vec::new();
        for at in 0..whole.parts.len() {
            let journal = Journal::default();
            // Never sent on, then sent and the answer lost.
            let ready = prepared(&world, &whole, &there, &journal).await;
            stage.fault(Fault::Reset { when: When::Before });
            Facebook.send(&world.call(), &ready).await.expect_err("lost");
            let absent = look(&world, &ready, None).await;
            let has_handle = at == 0 && !whole.parts[at].media.is_empty();
            assert_eq!(absent, Finding::Absent { certain: has_handle }, "{kind}");
            let ready = prepared(&world, &whole, &there, &journal).await;
            stage.fault(Fault::Reset { when: When::After });
            Facebook.send(&world.call(), &ready).await.expect_err("lost");
            let found = look(&world, &ready, None).await;
            let Finding::Published { sent, .. } = found else { panic!("{kind}: it is there, not {found:?}") };
            there.push(sent.remote);
        }
        assert_eq!(stage.created().len() - before, whole.parts.len(), "{kind}");
        // The next post of the same kind is not near this one.
        world.wait(60 * 60);
    }
}

#[tokio::test]
async fn a_role_that_does_not_publish_and_a_limit_are_told_apart() {
    let stage = Stage::set().await;
    let world = stage.connected().await;
    let ready = prepared(&world, &draft(vec![text("Hello")]), &[], &Journal::default()).await;
    let refused = async |word: &str| {
        stage.own("refuse", json!({ "feed": word }));
        let failure = Facebook.send(&world.call(), &ready).await.expect_err(word);
        (failure.outcome, failure.kind)
    };
    assert_eq!(refused("missing_task").await, (Outcome::Rejected, K::ScopeMissing));
    assert_eq!(refused("page_limit").await, (Outcome::Throttled, K::RateLimited));
    assert_eq!(refused("session_expired").await.1, K::ReconnectNeeded);
    assert_eq!(refused("unavailable").await.0, Outcome::Unknown);
    assert!(stage.created().is_empty());
}

#[tokio::test]
async fn what_visitors_write_is_listed_answered_hidden_liked_and_deleted() {
    let stage = Stage::set().await;
    let world = stage.connected().await;
    let ready = prepared(&world, &draft(vec![text("Open from six")]), &[], &Journal::default()).await;
    let post = Facebook.send(&world.call(), &ready).await.expect("sent").remote;
    let visit = format!("{}visit", stage.running.origin(Network::Facebook));
    let say = async |on: &str, name: &str, message: &str| {
        let form = [("name", name), ("message", message), ("on", on)];
        world.http.post("write as a visitor", visit.as_str()).form(&form).send().await.expect("written");
        world.wait(60);
    };
    say(&post.id, "Ann Visser", "Do you have rye?").await;
    say(&post.id, "Bob Mulder", "Buy cheap watches").await;
    let list = async || {
        let page = Facebook.below(&world.call(), &post, &CommentsAsked::default()).await.expect("comments");
        assert_eq!(page.next, None);
        page.items
    };
    let found = list().await;
    let [spam, question] = &found[..] else { panic!("{found:?}") };
    assert_eq!((question.text.as_str(), question.author.name.as_deref()), ("Do you have rye?", Some("Ann Visser")));
    assert_eq!((question.can_reply, &question.can[..]), (true, &[C::Hide, C::Like, C::Delete][..]));
    assert!(!question.author.is_self && question.made_at.is_some() && question.parent.is_none());
    let reply = Facebook.reply(&world.call(), &post, &question.id, "Every morning").await.expect("answered");
    for (change, times) in [(C::Like, 2), (C::Hide, 2)] {
        let id = if change == C::Hide { &spam.id } else { &question.id };
        for _ in 0..times {
            Facebook.change(&world.call(), &post, id, change).await.expect("done, and done again");
        }
    }
    let found = list().await;
    let one = |id: &str| found.iter().find(|comment| comment.id == id).expect("listed");
    assert_eq!(one(&spam.id).state, CommentState::Hidden);
    assert!(one(&spam.id).can.contains(&C::Unhide) && one(&question.id).can.contains(&C::Unlike));
    let own = one(&reply.id);
    assert_eq!(
        (own.parent.as_ref(), own.author.is_self, &own.can[..]),
        (Some(&question.id), true, &[C::Like, C::Delete][..])
    );
    Facebook.change(&world.call(), &post, &spam.id, C::Delete).await.expect("deleted");
    assert_eq!(list().await.len(), 2);
    // The post itself is no comment, and is not deleted as one.
    for id in [post.id.as_str(), "1", "../me"] {
        let refused = Facebook.change(&world.call(), &post, id, C::Delete).await.expect_err(id);
        assert_eq!(refused.kind, K::RemoteNotFound, "{id}");
    }
    assert_eq!(Facebook.feature(CommentAct::Change(C::Approve)), None);
    // An answer that was lost is in doubt, and found among the comments.
    stage.fault(Fault::Reset { when: When::After });
    let lost = Facebook.reply(&world.call(), &post, &question.id, "And rolls").await.expect_err("lost");
    assert_eq!(lost.outcome, Outcome::Unknown);
    assert!(list().await.iter().any(|comment| comment.author.is_self && comment.text == "And rolls"));

    let numbers = Facebook.of_account(&world.call()).await.expect("numbers");
    let counted: Vec<AccountMetric> = numbers.values.iter().map(|number| number.metric).collect();
    assert!(counted.contains(&AccountMetric::Followers) && counted.contains(&AccountMetric::Reach), "{counted:?}");
    assert_eq!(numbers.missing, None);
    // What the page's login doesn't cover is told, and the rest stands.
    let mut narrow = stage.connected().await;
    narrow.facts = json!({ "scopes": ["pages_show_list", "pages_read_engagement"], "tasks": [] });
    let numbers = Facebook.of_account(&narrow.call()).await.expect("numbers");
    assert_eq!(numbers.values.len(), 1);
    assert!(numbers.missing.is_some_and(|why| why.english().contains("read_insights")));
    let refused = Facebook.below(&narrow.call(), &post, &CommentsAsked::default()).await.expect_err("no permission");
    assert!(refused.kind == K::ScopeMissing && refused.detail.english().contains("pages_read_user_content"));
}
