//! The whole connector against the sandbox's twin of X, over real HTTP.

use std::{sync::Arc, time::Duration};

use base::{OsRandom, TestClock};
use connector::{
    AccountMetric, Callback, CommentAct, CommentChange as C, Comments, CommentsAsked, Connect, Deleted, Draft, Failure,
    FailureKind as K, Finding, Granted, Insights, MediaKind, Metric, Outcome, Part, PartKind, Poll, Prepared, Publish,
    Remote, Sent, StartConnect, Trace, http::Exchange,
};
use sandbox::{Act, Action, Entry, Fault, Network, Options, Rule, Running, Sandbox, When};
use serde_json::{Value, json};

use super::{
    Journal, NOW, World, app, draft, file, job, say,
    spec::{Spec, Spoken},
    text,
};
use crate::x::X;

const BACK: &str = "http://127.0.0.1:1/connect/x";
/// Has Premium.
const LENA: &str = "lena";
/// Has not.
const BAKERY: &str = "harbour_bakery";

/// A sandbox and a clock that both sides go by.
struct Stage {
    running: Running,
    clock: TestClock,
}

impl Stage {
    async fn set() -> Self {
        let clock = TestClock::at(NOW);
        let mut options = Options::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        options.record = true;
        Self { running: Sandbox::start(options).await.expect("started"), clock }
    }

    /// A world whose app is the sandbox's demo app, connected to no one.
    fn world(&self) -> World {
        let mut world = World::with_clock(self.running.origin(Network::X).as_str(), Arc::new(self.clock.clone()));
        world.app = app(sandbox::x::DEMO_CLIENT_ID, Some(sandbox::x::DEMO_CLIENT_SECRET));
        world.tokens = Default::default();
        world
    }

    /// A world connected to this account.
    async fn connected(&self, username: &str) -> World {
        let mut world = self.world();
        let granted = connect(&world, username, &[]).await.expect("granted");
        world.account_id = granted.account.id;
        world.facts = granted.channels[0].facts.clone();
        world.tokens = granted.tokens;
        world
    }

    fn created(&self) -> Vec<Entry> {
        let entries = self.running.ledger().entries(Some(Network::X));
        entries.into_iter().filter(|entry| entry.action == Action::Created).collect()
    }

    fn fault(&self, fits: &str, fault: Fault) {
        self.running.turn(Network::X, |knobs| knobs.faults.push(Rule::once(fits, fault)));
    }

    fn own(&self, name: &str, value: Value) {
        self.running.turn(Network::X, |knobs| {
            knobs.own.insert(name.to_owned(), value);
        });
    }
}

fn wish(features: &[&str]) -> StartConnect {
    StartConnect {
        input: json!({}),
        redirect_uri: BACK.into(),
        state: "a-state-of-at-least-128-bits".into(),
        features: features.iter().map(|&feature| feature.to_owned()).collect(),
    }
}

/// What the person does on the consent page: the callback's query, or nothing if X shows a refusal.
async fn decide(world: &World, redirect_to: &url::Url, account: &str, decision: &str) -> Option<Callback> {
    let mut fields: Vec<(String, String)> = redirect_to.query_pairs().into_owned().collect();
    fields.push(("account".into(), account.into()));
    fields.push(("decision".into(), decision.into()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut page = redirect_to.clone();
    page.set_query(None);
    let reply = world.http.post("press the button", page).form(&fields).send().await.expect("an answer");
    let back = url::Url::parse(reply.header("location")?).expect("an address");
    Some(Callback { query: back.query_pairs().into_owned().collect() })
}

async fn connect(world: &World, account: &str, features: &[&str]) -> Result<Granted, Failure> {
    let started = X.start(&world.call(), &wish(features)).await?;
    let callback = decide(world, &started.redirect_to, account, "allow").await.expect("sent back");
    X.finish(&world.call(), &started.memory, &callback).await
}

async fn prepare(world: &World, draft: &Draft, position: usize, earlier: &[Remote]) -> Result<Prepared, Failure> {
    X.prepare(&world.call(), &job(draft, position, earlier), &Journal::default()).await
}

/// Publishes all parts of a draft, as the engine would when all goes well.
async fn publish(world: &World, draft: &Draft) -> Vec<Remote> {
    let mut there = Vec::new();
    for position in 0..draft.parts.len() {
        let ready = prepare(world, draft, position, &there).await.expect("prepared");
        there.push(X.send(&world.call(), &ready).await.expect("sent").remote);
    }
    there
}

async fn look(world: &World, ready: &Prepared, taken: &[String]) -> Finding {
    let armed_at = world.clock.now();
    let trace = Trace { ready, armed_at, deadline: armed_at + Duration::from_secs(30), sent: None, taken };
    X.look_up(&world.call(), &trace).await.expect("looked")
}

fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(640u32.to_be_bytes());
    bytes.extend(480u32.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0, 1, 2, 3, 4]);
    bytes
}

fn gif() -> Vec<u8> {
    let mut bytes = b"GIF89a\x20\0\x10\0\0\0\0".to_vec();
    (0..3).for_each(|_| bytes.extend([0x21, 0xf9, 0x04, 0, 10, 0, 0, 0, 0x2c]));
    bytes
}

/// A film of so many seconds, padded to several segments.
fn mp4(seconds: u32) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypisom\0\0\x02\0isommp42".to_vec();
    bytes.extend(b"\0\0\0\x74moov\0\0\0\x6cmvhd");
    bytes.extend([0; 12]);
    bytes.extend(1000u32.to_be_bytes());
    bytes.extend((seconds * 1000).to_be_bytes());
    bytes.extend([0; 80]);
    bytes.resize(9 << 20, 0);
    bytes
}

fn look_at(text_of: &str, kind: MediaKind, mime: &str, bytes: Vec<u8>) -> Draft {
    draft(vec![Part { media: vec![file(kind, mime, bytes, Some("what it shows"))], ..text(text_of) }])
}

#[tokio::test]
async fn an_account_is_connected_verified_refreshed_and_let_go() {
    let stage = Stage::set().await;
    let mut world = stage.world();
    let granted = connect(&world, LENA, &[]).await.expect("granted");
    assert_eq!(
        (granted.account.handle.as_str(), granted.channels[0].facts["subscription_type"].as_str()),
        (LENA, Some("Premium"))
    );
    assert_eq!(granted.scopes.join(" "), "tweet.read users.read offline.access tweet.write media.write");
    assert_eq!(granted.tokens.expires_at, Some(NOW + Duration::from_secs(7200)));
    world.tokens = granted.tokens;
    assert_eq!(X.verify(&world.call()).await.expect("alive"), granted.channels[0]);

    let old = world.tokens.clone();
    world.tokens = X.refresh(&world.call()).await.expect("new tokens");
    assert_ne!((&old.access, &old.refresh), (&world.tokens.access, &world.tokens.refresh));
    X.verify(&world.call()).await.expect("alive");
    X.revoke(&world.call()).await.expect("let go");
    X.revoke(&world.call()).await.expect("twice does no harm");
    assert_eq!(X.verify(&world.call()).await.expect_err("gone").kind, K::TokenExpired);
    assert_eq!(X.refresh(&world.call()).await.expect_err("gone").kind, K::ReconnectNeeded);
}

#[tokio::test]
async fn a_denial_a_wrong_verifier_a_late_code_and_a_foreign_state_connect_no_one() {
    let stage = Stage::set().await;
    let world = stage.world();
    let started = X.start(&world.call(), &wish(&["publish"])).await.expect("started");
    let denied = decide(&world, &started.redirect_to, LENA, "deny").await.expect("sent back");
    let failure = X.finish(&world.call(), &started.memory, &denied).await.expect_err("denied");
    assert_eq!((failure.kind, failure.code.as_deref()), (K::InputInvalid, Some("access_denied")));

    let allowed = decide(&world, &started.redirect_to, LENA, "allow").await.expect("sent back");
    let mut foreign = started.memory.clone();
    foreign["state"] = json!("another");
    assert_eq!(X.finish(&world.call(), &foreign, &allowed).await.expect_err("foreign").kind, K::InputInvalid);
    let mut wrong = started.memory.clone();
    wrong["verifier"] = json!("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(X.finish(&world.call(), &wrong, &allowed).await.expect_err("wrong").kind, K::ReconnectNeeded);

    let late = decide(&world, &started.redirect_to, LENA, "allow").await.expect("sent back");
    stage.clock.advance(Duration::from_secs(31));
    assert_eq!(X.finish(&world.call(), &started.memory, &late).await.expect_err("late").kind, K::ReconnectNeeded);
    let mut secretless = stage.world();
    secretless.app = app(sandbox::x::DEMO_CLIENT_ID, Some("wrong"));
    let failure = connect(&secretless, LENA, &[]).await.expect_err("wrong secret");
    assert_eq!(failure.kind, K::AppMisconfigured);
}

#[tokio::test]
async fn a_public_app_connects_without_a_secret() {
    let stage = Stage::set().await;
    let mut world = stage.world();
    world.app = app(sandbox::x::DEMO_PUBLIC_CLIENT_ID, None);
    world.tokens = connect(&world, BAKERY, &["publish"]).await.expect("granted").tokens;
    world.tokens = X.refresh(&world.call()).await.expect("new tokens");
    X.verify(&world.call()).await.expect("alive");
    X.revoke(&world.call()).await.expect("let go");
}

#[tokio::test]
async fn s_15_a_refresh_token_that_was_used_is_a_reconnect() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    stage.fault("token", Fault::Reset { when: When::After });
    let lost = X.refresh(&world.call()).await.expect_err("lost");
    assert_eq!((lost.outcome, lost.kind), (Outcome::Unknown, K::Unavailable));
    assert_eq!(X.refresh(&world.call()).await.expect_err("used").kind, K::ReconnectNeeded);
}

#[tokio::test]
async fn every_kind_of_post_is_published_once() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    let comment = Part { kind: PartKind::Comment, ..text("Sources") };
    let thread = publish(&world, &draft(vec![text("One"), text("Two example.com"), comment, text("Three")])).await;
    let poll = Poll { options: vec!["A".into(), "B".into()], duration_minutes: 60, multiple: false };
    publish(&world, &draft(vec![Part { poll: Some(poll), ..text("Pick") }])).await;
    publish(&world, &look_at("An image", MediaKind::Image, "image/png", png())).await;
    publish(&world, &draft(vec![text(&"long ".repeat(200))])).await;
    let options =
        json!({ "community_id": sandbox::x::COMMUNITY_ID, "share_with_followers": true, "paid_partnership": true });
    publish(&world, &Draft { parts: vec![text("To the community")], options, ..Draft::default() }).await;
    publish(
        &world,
        &Draft {
            parts: vec![text("Careful")],
            options: json!({ "reply_settings": "mentionedUsers" }),
            ..Draft::default()
        },
    )
    .await;
    let entries = stage.created();
    let parents: Vec<Option<&str>> = entries[..4].iter().map(|entry| entry.parent.as_deref()).collect();
    assert_eq!(parents, [None, Some(thread[0].id.as_str()), Some(thread[0].id.as_str()), Some(thread[1].id.as_str())]);
    assert_eq!((entries.len(), entries[5].media_count), (9, 1));
    let page = world.http.get("look at the post", &thread[0].url).send().await.expect("a page");
    assert!(page.is_success() && page.text().contains("One"), "the post's address shows it");
}

#[tokio::test]
async fn a_video_and_a_gif_are_posted_when_x_is_done_with_them() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    for (kind, mime, bytes) in [(MediaKind::Video, "video/mp4", mp4(5)), (MediaKind::Gif, "image/gif", gif())] {
        let (draft, journal) = (look_at(mime, kind, mime, bytes), Journal::default());
        let pending = X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect_err("X works on it");
        assert_eq!((pending.kind, pending.outcome), (K::MediaNotReady, Outcome::Throttled));
        assert!(stage.created().iter().all(|entry| entry.text != mime));
        stage.clock.advance(Duration::from_secs(3));
        let ready = X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect("done");
        X.send(&world.call(), &ready).await.expect("sent");
    }
    assert_eq!(stage.created().iter().map(|entry| entry.media_count).collect::<Vec<_>>(), [1, 1]);
    stage.running.turn(Network::X, |knobs| knobs.processing_fails = true);
    let (draft, journal) = (look_at("broken", MediaKind::Gif, "image/gif", gif()), Journal::default());
    X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect_err("X works on it");
    stage.clock.advance(Duration::from_secs(3));
    let failed = X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect_err("broken");
    assert_eq!((failed.kind, failed.code.as_deref()), (K::MediaRefused, Some("InvalidMedia")));
}

#[tokio::test]
async fn r_36_an_upload_that_x_has_forgotten_is_made_again() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    let (draft, journal) = (look_at("late", MediaKind::Gif, "image/gif", gif()), Journal::default());
    X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect_err("X works on it");
    stage.running.act(Network::X, &Act::ExpireTokens { account: None });
    let expired = X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect_err("expired");
    assert_eq!((expired.kind, expired.outcome), (K::TokenExpired, Outcome::Rejected));
    let mut world = world;
    world.tokens = X.refresh(&world.call()).await.expect("new tokens");
    stage.clock.advance(Duration::from_secs(90_000));
    world.tokens = X.refresh(&world.call()).await.expect("new tokens");
    X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect_err("X works on the new one");
    stage.clock.advance(Duration::from_secs(3));
    let ready = X.prepare(&world.call(), &job(&draft, 0, &[]), &journal).await.expect("done");
    X.send(&world.call(), &ready).await.expect("sent");
}

/// What can happen to an answer after X did what was asked.
fn lost_answers() -> Vec<Fault> {
    let status = |status: u16| Fault::Status { status, when: When::After, body: None, headers: Default::default() };
    let after = Fault::Reset { when: When::After };
    vec![
        after,
        status(500),
        status(503),
        status(504),
        status(408),
        Fault::EmptyBody,
        Fault::HtmlBody,
        Fault::Truncate,
        Fault::MalformedJson,
    ]
}

#[tokio::test]
async fn f_08_a_post_whose_answer_was_lost_is_found_and_there_is_exactly_one() {
    for (at, fault) in lost_answers().into_iter().enumerate() {
        let stage = Stage::set().await;
        let world = stage.connected(LENA).await;
        publish(&world, &draft(vec![text("before")])).await;
        let drafts = [
            draft(vec![text(&format!("Tom & Jerry <3 example.com/{at} naïve"))]),
            look_at("An image", MediaKind::Image, "image/png", png()),
            draft(vec![text(&"long & winding ".repeat(60))]),
        ];
        for (number, draft) in drafts.iter().enumerate() {
            let ready = prepare(&world, draft, 0, &[]).await.expect("prepared");
            stage.fault("publish", fault.clone());
            let failure = X.send(&world.call(), &ready).await.expect_err("lost");
            assert_eq!(failure.outcome, Outcome::Unknown, "{fault:?}");
            let Finding::Published { sent, .. } = look(&world, &ready, &[]).await else {
                panic!("not found: {fault:?} {number}")
            };
            assert_eq!(stage.created().len(), number + 2, "{fault:?}");
            assert_eq!(stage.created()[number + 1].remote_id, sent.remote.id);
            assert_eq!(look(&world, &ready, &[sent.remote.id]).await, Finding::Absent { certain: false });
        }
    }
}

#[tokio::test]
async fn f_08_a_thread_part_whose_answer_was_lost_is_found_under_its_forerunner() {
    let stage = Stage::set().await;
    let world = stage.connected(BAKERY).await;
    let thread = draft(vec![text("One"), text("Two")]);
    let first = prepare(&world, &thread, 0, &[]).await.expect("prepared");
    let Sent { remote, .. } = X.send(&world.call(), &first).await.expect("sent");
    let second = prepare(&world, &thread, 1, std::slice::from_ref(&remote)).await.expect("prepared");
    stage.fault("publish", Fault::Reset { when: When::After });
    X.send(&world.call(), &second).await.expect_err("lost");
    let taken = [remote.id];
    assert!(matches!(look(&world, &second, &taken).await, Finding::Published { .. }));
    assert_eq!(stage.created().len(), 2);
}

#[tokio::test]
async fn f_08_what_never_reached_x_is_absent_and_may_be_sent_again_and_a_late_second_send_is_a_duplicate() {
    let stage = Stage::set().await;
    let world = stage.connected(BAKERY).await;
    let ready = prepare(&world, &draft(vec![text("Hello")]), 0, &[]).await.expect("prepared");
    stage.fault("publish", Fault::Reset { when: When::Before });
    assert_eq!(X.send(&world.call(), &ready).await.expect_err("lost").outcome, Outcome::Unknown);
    assert_eq!(look(&world, &ready, &[]).await, Finding::Absent { certain: false });
    X.send(&world.call(), &ready).await.expect("sent");
    let again = X.send(&world.call(), &ready).await.expect_err("X is the second net");
    assert_eq!((again.outcome, again.kind), (Outcome::Rejected, K::Duplicate));
    assert_eq!(stage.created().len(), 1);
}

#[tokio::test]
async fn f_16_a_post_that_shows_up_late_is_found_when_it_does() {
    let stage = Stage::set().await;
    let world = stage.connected(BAKERY).await;
    stage.running.turn(Network::X, |knobs| knobs.listing_delay_ms = 60_000);
    let ready = prepare(&world, &draft(vec![text("Hello")]), 0, &[]).await.expect("prepared");
    let (armed_at, deadline) = (NOW, NOW + Duration::from_secs(30));
    stage.fault("publish", Fault::Reset { when: When::After });
    X.send(&world.call(), &ready).await.expect_err("lost");
    let trace = Trace { ready: &ready, armed_at, deadline, sent: None, taken: &[] };
    stage.clock.advance(Duration::from_secs(40));
    assert_eq!(X.look_up(&world.call(), &trace).await.expect("looked"), Finding::Absent { certain: false });
    stage.clock.advance(Duration::from_secs(40));
    assert!(matches!(X.look_up(&world.call(), &trace).await.expect("looked"), Finding::Published { .. }));
    stage.clock.advance(Duration::from_secs(3_600));
    assert!(
        matches!(X.look_up(&world.call(), &trace).await.expect("looked"), Finding::Published { .. }),
        "hours later too"
    );
}

#[tokio::test]
async fn f_17_the_same_text_posted_by_hand_is_for_a_person_to_choose() {
    let stage = Stage::set().await;
    stage.own("duplicate_window_s", json!(0));
    let world = stage.connected(BAKERY).await;
    let same = draft(vec![text("Hello")]);
    let by_hand = publish(&world, &same).await.remove(0);
    let ready = prepare(&world, &same, 0, &[]).await.expect("prepared");
    stage.fault("publish", Fault::Reset { when: When::After });
    X.send(&world.call(), &ready).await.expect_err("lost");
    let Finding::Ambiguous(all) = look(&world, &ready, &[]).await else { panic!("two posts are there") };
    assert!(all.len() == 2 && all.iter().any(|remote| remote.id == by_hand.id));
    let Finding::Published { sent, .. } = look(&world, &ready, std::slice::from_ref(&by_hand.id)).await else {
        panic!("one is left")
    };
    assert_ne!(sent.remote.id, by_hand.id);
}

#[tokio::test]
async fn a_post_that_a_person_found_is_taken_for_the_part_if_it_is_the_account_s() {
    let stage = Stage::set().await;
    let (world, other) = (stage.connected(LENA).await, stage.connected(BAKERY).await);
    let thread = draft(vec![text("One"), text("Two")]);
    let ready = prepare(&world, &thread, 0, &[]).await.expect("prepared");
    let by_hand = publish(&world, &draft(vec![text("One!")])).await.remove(0);
    let foreign = publish(&other, &draft(vec![text("One")])).await.remove(0);
    let ask = async |address: &str| X.at_address(&world.call(), &ready, &address.parse().expect("an address")).await;

    let at_home =
        stage.running.origin(Network::X).join(&format!("lena/status/{}?s=20", by_hand.id)).expect("an address");
    for address in [by_hand.url.clone(), format!("https://x.com/lena/status/{}/photo/1", by_hand.id), at_home.into()] {
        assert_eq!(ask(&address).await.expect("found"), by_hand, "{address}");
    }
    let found = [ask(&by_hand.url).await.expect("found")];
    let second = prepare(&world, &thread, 1, &found).await.expect("the next part answers it");
    X.send(&world.call(), &second).await.expect("sent");
    assert_eq!(stage.created().pop().expect("the second").parent, Some(by_hand.id.clone()));

    for address in ["https://x.com/lena", "https://elsewhere.example/lena/status/1", foreign.url.as_str()] {
        assert_eq!(ask(address).await.expect_err(address).kind, K::InputInvalid, "{address}");
    }
    X.delete(&world.call(), &by_hand).await.expect("deleted");
    assert_eq!(ask(&by_hand.url).await.expect_err("gone").kind, K::RemoteNotFound);
}

#[tokio::test]
async fn a_post_is_edited_with_a_new_id_and_deleted_twice() {
    let stage = Stage::set().await;
    let mut world = stage.connected(LENA).await;
    let first = publish(&world, &draft(vec![text("Helo")])).await.remove(0);
    let better = draft(vec![text("Hello")]);
    let edited =
        X.edit(&world.call(), &first, &job(&better, 0, &[]), &Journal::default()).await.expect("edited").remote;
    assert_ne!(edited.id, first.id);
    let last = stage.running.ledger().entries(Some(Network::X)).pop().expect("written");
    assert_eq!((last.action, last.text.as_str()), (Action::Edited, "Hello"));
    assert_eq!(X.delete(&world.call(), &edited).await.expect("deleted"), Deleted::Gone);
    X.delete(&world.call(), &edited).await.expect("done already");
    stage.clock.advance(Duration::from_secs(3_601));
    let late = publish(&world, &draft(vec![text("Late")])).await.remove(0);
    stage.clock.advance(Duration::from_secs(3_599));
    world.tokens = X.refresh(&world.call()).await.expect("new tokens");
    X.edit(&world.call(), &late, &job(&better, 0, &[]), &Journal::default()).await.expect("just in time");
    let failure = X.edit(&world.call(), &late, &job(&better, 0, &[]), &Journal::default()).await;
    assert_eq!(failure.expect_err("a newer version exists").outcome, Outcome::Rejected);

    let free = stage.connected(BAKERY).await;
    let plain = publish(&free, &draft(vec![text("Bread")])).await.remove(0);
    let failure = X.edit(&free.call(), &plain, &job(&better, 0, &[]), &Journal::default()).await;
    assert_eq!(failure.expect_err("no Premium").kind, K::ContentRefused);
}

#[tokio::test]
async fn numbers_grow_and_posts_that_are_gone_have_none() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    let posts = publish(&world, &draft(vec![text("One"), text("Two")])).await;
    stage.clock.advance(Duration::from_secs(3_600));
    X.delete(&world.call(), &posts[1]).await.expect("deleted");
    let numbers = X.of_posts(&world.call(), &posts).await.expect("numbers");
    assert_eq!((numbers.len(), numbers[0].remote_id.as_str()), (1, posts[0].id.as_str()));
    assert!(numbers[0].values.iter().any(|(metric, value)| *metric == Metric::Impressions && *value > 0));
    assert_eq!(numbers[0].values.len(), 6);
    assert_eq!(X.of_posts(&world.call(), &posts[1..]).await.expect("none left"), []);
}

#[tokio::test]
async fn both_vocabularies_are_understood() {
    for (reads, creates) in [("post", "post"), ("tweet", "tweet"), ("tweet", "post")] {
        let stage = Stage::set().await;
        stage.own("reads", json!(reads));
        stage.own("creates", json!(creates));
        let world = stage.connected(LENA).await;
        let thread = draft(vec![text("One"), text(&"two ".repeat(100))]);
        let first = publish(&world, &draft(vec![text("One")])).await;
        let ready = prepare(&world, &thread, 1, &first).await.expect("prepared");
        stage.fault("publish", Fault::Reset { when: When::After });
        X.send(&world.call(), &ready).await.expect_err("lost");
        assert!(matches!(look(&world, &ready, &[]).await, Finding::Published { .. }), "{reads}");
        let numbers = X.of_posts(&world.call(), &first).await.expect("numbers");
        assert!(numbers[0].values.iter().any(|(metric, _)| *metric == Metric::Reposts), "{reads}");
        let better = draft(vec![text("Better")]);
        X.edit(&world.call(), &first[0], &job(&better, 0, &[]), &Journal::default()).await.expect("edited");
    }
}

#[tokio::test]
async fn limits_of_the_network_and_of_the_purse_are_told_apart() {
    let stage = Stage::set().await;
    let world = stage.connected(BAKERY).await;
    stage.running.turn(Network::X, |knobs| {
        knobs.rate_limits.insert("POST /2/tweets".into(), 1);
    });
    publish(&world, &draft(vec![text("One")])).await;
    let ready = prepare(&world, &draft(vec![text("Two")]), 0, &[]).await.expect("prepared");
    let full = X.send(&world.call(), &ready).await.expect_err("too many");
    assert_eq!((full.outcome, full.kind), (Outcome::Throttled, K::RateLimited));
    let wait = full.retry_at.expect("a time").since(NOW);
    assert!((15..=900).contains(&wait.as_secs()), "{wait:?}");
    stage.own("credits_depleted", json!(true));
    let broke = X.send(&world.call(), &ready).await.expect_err("no credit");
    assert_eq!((broke.outcome, broke.kind), (Outcome::Rejected, K::QuotaUsedUp));
    assert_eq!(stage.created().len(), 1);
}

#[tokio::test]
async fn what_x_would_refuse_is_found_by_check_before_it_is_sent() {
    let stage = Stage::set().await;
    let world = stage.connected(BAKERY).await;
    let poll = |options: &[&str]| Poll {
        options: options.iter().map(|&o| o.to_owned()).collect(),
        duration_minutes: 60,
        multiple: false,
    };
    let bad = [
        text(&"x".repeat(281)),
        text(""),
        text("$FAN and $FARE"),
        text("a\u{FEFF}b"),
        Part { poll: Some(poll(&["A"])), ..text("x") },
        Part { poll: Some(poll(&["A", &"x".repeat(26)])), ..text("x") },
        Part { quote: Some("https://x.com/a/status/1".into()), ..text("x") },
    ];
    for part in bad {
        let draft = draft(vec![part]);
        assert!(!X.check(&draft, &world.facts).is_empty(), "{draft:?}");
        let ready = prepare(&world, &draft, 0, &[]).await.expect("prepared");
        let failure = X.send(&world.call(), &ready).await.expect_err("refused");
        assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, K::ContentRefused), "{draft:?}");
    }
    let good = [text(&"x".repeat(280)), text(&"日".repeat(140)), text("👩🏿‍🚀 example.com/x $FAN")];
    for part in good {
        let draft = draft(vec![part]);
        assert_eq!(X.check(&draft, &world.facts), []);
        publish(&world, &draft).await;
    }
    let gone = Remote { id: "1".into(), url: String::new(), extra: Value::Null };
    let ready = prepare(&world, &draft(vec![text("a"), text("b")]), 1, &[gone]).await.expect("prepared");
    assert_eq!(X.send(&world.call(), &ready).await.expect_err("no forerunner").kind, K::RemoteNotFound);
}

#[tokio::test]
async fn s_08_no_token_is_in_the_recorded_exchanges() {
    let stage = Stage::set().await;
    let mut world = stage.connected(LENA).await;
    publish(&world, &draft(vec![text("Hello")])).await;
    let before = world.tokens.clone();
    world.tokens = X.refresh(&world.call()).await.expect("new tokens");
    X.revoke(&world.call()).await.expect("let go");
    let exchanges: Vec<Exchange> = world.http.take_exchanges();
    let written = serde_json::to_string(&exchanges).expect("JSON");
    for secret in [&before.access, &before.refresh, &world.tokens.access, &world.tokens.refresh].into_iter().flatten() {
        assert!(!written.contains(secret.expose()), "a token was recorded");
    }
    assert!(!written.contains(sandbox::x::DEMO_CLIENT_SECRET) && exchanges.len() >= 6);
}

#[tokio::test]
async fn requests_and_the_sandbox_s_answers_are_what_the_official_description_says() {
    let Some(spec) = Spec::load() else { return say("skipped: the folder with X's official description is not here") };
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    let thread = publish(&world, &draft(vec![text("One example.com $FAN #tag @lena"), text("Two")])).await;
    let poll = Poll { options: vec!["A".into(), "B".into()], duration_minutes: 60, multiple: false };
    publish(&world, &draft(vec![Part { poll: Some(poll), ..text("Pick") }])).await;
    publish(&world, &look_at("An image", MediaKind::Image, "image/png", png())).await;
    let (film, journal) = (look_at("A film", MediaKind::Video, "video/mp4", mp4(5)), Journal::default());
    X.prepare(&world.call(), &job(&film, 0, &[]), &journal).await.expect_err("X works on it");
    stage.clock.advance(Duration::from_secs(3));
    let ready = X.prepare(&world.call(), &job(&film, 0, &[]), &journal).await.expect("done");
    X.send(&world.call(), &ready).await.expect("sent");
    look(&world, &ready, &[]).await;
    X.edit(&world.call(), &thread[0], &job(&draft(vec![text("Better")]), 0, &[]), &journal).await.expect("edited");
    X.of_posts(&world.call(), &thread).await.expect("numbers");
    X.delete(&world.call(), &thread[1]).await.expect("deleted");
    X.send(&world.call(), &ready).await.expect_err("a duplicate");
    let spoken: Vec<Spoken> = stage.running.traffic().of(Network::X).into_iter().map(spoken).collect();
    let (requests, answers) = spec.hold_against(&spoken);
    assert!(requests >= 15 && answers >= 15, "{requests} {answers}");
    say(&format!("validated {requests} requests, {answers} answers of X"));
}

fn spoken(exchange: sandbox::Exchange) -> Spoken {
    Spoken {
        method: exchange.method,
        path: exchange.path,
        query: exchange.query.unwrap_or_default(),
        content_type: exchange.content_type.unwrap_or_default(),
        body: exchange.body,
        status: exchange.status,
        answer: exchange.answer,
    }
}

#[tokio::test]
async fn an_app_is_proven_without_a_person_and_a_wrong_secret_is_told() {
    let stage = Stage::set().await;
    let mut world = stage.world();
    assert!(X.test_app(&world.call()).await.expect("X answers"), "X knows the app");
    world.app = app(sandbox::x::DEMO_CLIENT_ID, Some("wrong"));
    let failure = X.test_app(&world.call()).await.expect_err("X does not take it");
    assert_eq!(failure.kind, K::AppMisconfigured, "{}", failure.detail);
    world.app = app(sandbox::x::DEMO_CLIENT_ID, None);
    assert!(!X.test_app(&world.call()).await.expect("nothing is asked"), "a public app has no secret to prove");
}

#[tokio::test]
async fn replies_of_others_are_listed_answered_and_hidden() {
    let spec = Spec::load();
    for words in ["post", "tweet"] {
        let stage = Stage::set().await;
        stage.own("reads", json!(words));
        let mut world = stage.world();
        let granted = connect(&world, LENA, &["publish", "hide_replies", "delete"]).await.expect("granted");
        (world.account_id, world.facts) = (granted.account.id.clone(), granted.channels[0].facts.clone());
        world.tokens = granted.tokens;
        let bakery = stage.connected(BAKERY).await;
        let post = publish(&world, &draft(vec![text("A bridge, @harbour_bakery")])).await.remove(0);
        let say = async |words: &str| {
            let whole = draft(vec![text("not sent"), text(words)]);
            let ready = prepare(&bakery, &whole, 1, std::slice::from_ref(&post)).await.expect("prepared");
            stage.clock.advance(Duration::from_secs(60));
            X.send(&bakery.call(), &ready).await.expect("replied").remote.id
        };
        let (nice, spam) = (say("@lena What a <bridge>").await, say("@lena Cheap watches").await);
        let list = async || X.below(&world.call(), &post, &CommentsAsked::default()).await.expect("replies").items;
        assert!(X.price().is_some_and(|price| price.english().contains("0.005")));
        let reply = X.reply(&world.call(), &post, &nice, "@harbour_bakery Thank you").await.expect("answered");
        for _ in 0..2 {
            X.change(&world.call(), &post, &spam, C::Hide).await.expect("hidden");
        }
        X.change(&world.call(), &post, &spam, C::Unhide).await.expect("shown");
        let found = list().await;
        let ids: Vec<&str> = found.iter().map(|comment| comment.id.as_str()).collect();
        assert_eq!(ids, [reply.id.as_str(), &spam, &nice], "newest first, without the post");
        assert_eq!(
            (found[2].text.as_str(), found[2].author.handle.as_deref()),
            ("@lena What a <bridge>", Some(BAKERY))
        );
        assert_eq!((found[0].parent.as_deref(), found[0].author.is_self), (Some(nice.as_str()), true));
        assert_eq!((&found[2].can[..], &found[0].can[..]), (&[C::Hide, C::Unhide][..], &[C::Delete][..]));
        assert_eq!(
            X.change(&world.call(), &post, &spam, C::Delete).await.expect_err("of another").kind,
            K::ContentRefused
        );
        for id in [post.id.as_str(), "1"] {
            assert_eq!(
                X.change(&world.call(), &post, id, C::Delete).await.expect_err(id).kind,
                K::RemoteNotFound,
                "{id}"
            );
        }
        X.change(&world.call(), &post, &reply.id, C::Delete).await.expect("deleted");
        assert_eq!(list().await.len(), 2);
        assert_eq!(X.feature(CommentAct::Change(C::Like)), None);
        // Without the permission it is told.
        let mut narrow = stage.world();
        narrow.tokens = connect(&narrow, LENA, &["publish"]).await.expect("granted").tokens;
        narrow.account_id = world.account_id.clone();
        X.change(&narrow.call(), &post, &spam, C::Hide).await.expect_err("no permission");

        let numbers = X.of_account(&world.call()).await.expect("numbers");
        let counted: Vec<AccountMetric> = numbers.values.iter().map(|number| number.metric).collect();
        assert_eq!(counted, [AccountMetric::Followers, AccountMetric::Following, AccountMetric::Posts]);
        if let Some(spec) = spec.as_ref().filter(|_| words == "post") {
            let said: Vec<Spoken> = stage.running.traffic().of(Network::X).into_iter().map(spoken).collect();
            spec.hold_against(&said);
        }
    }
}
