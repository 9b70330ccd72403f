//! The whole connector against the sandbox's twin of Threads, over real HTTP.

use std::sync::Arc;

use axum::{Router, extract::Path, routing::get};
use base::{Clock as _, OsRandom, TestClock};
use connector::{
    AccountMetric, CommentAct, CommentChange as C, CommentState, Comments, CommentsAsked, Connect, Deleted, Draft,
    Failure, FailureKind as K, Finding, Granted, Insights, MediaKind, Metric, Outcome, Part, PartKind, Poll, Prepared,
    Publish, Remote, StartConnect, Trace, webhooks::HookEvent,
};
use sandbox::{Action, Entry, Fault, Network, Options, Rule, Running, Sandbox, When, threads::PRODUCT};
use serde_json::{Value, json};

use super::{Journal, NOW, World, app, draft, file, job, text, world_at};
use crate::{
    meta::test_world::{decide, read_by},
    test_kit::listener,
    threads::Threads,
};

const LENA: &str = "lena";

/// A sandbox, an installation that has files, and a clock that both sides go by.
struct Stage {
    running: Running,
    clock: TestClock,
    files: url::Url,
}

impl Stage {
    async fn set() -> Self {
        let clock = TestClock::at(NOW);
        let options = Options::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        let router = Router::new().route("/fetch/{name}", get(bytes_of));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let files = format!("http://{}/", listener.local_addr().expect("an address")).parse().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { running: Sandbox::start(options).await.expect("started"), clock, files }
    }

    /// A world whose app is the sandbox's, connected to no one.
    fn world(&self) -> World {
        let mut world = world_at(self.running.origin(Network::Threads).as_str(), self.clock.clone());
        world.app = app(PRODUCT.id, PRODUCT.secret);
        world.tokens = connector::Tokens::default();
        world
    }

    async fn connected(&self, username: &str) -> World {
        let mut world = self.world();
        let granted = connect(&world, username).await.expect("granted");
        world.facts = granted.channels[0].facts.clone();
        world.tokens = granted.tokens;
        world
    }

    fn journal(&self) -> Journal {
        Journal { origin: Some(self.files.clone()), ..Journal::default() }
    }

    fn created(&self) -> Vec<Entry> {
        let entries = self.running.ledger().entries(Some(Network::Threads));
        entries.into_iter().filter(|entry| entry.action == Action::Created).collect()
    }

    fn fault(&self, fits: &str, fault: Fault) {
        self.running.turn(Network::Threads, |knobs| knobs.faults.push(Rule::once(fits, fault)));
    }

    fn own(&self, name: &str, value: Value) {
        self.running.turn(Network::Threads, |knobs| {
            knobs.own.insert(name.to_owned(), value);
        });
    }

    /// Prepares as the engine does: what is not ready is tried again when it says so.
    async fn prepared(&self, world: &World, draft: &Draft, earlier: &[Remote], journal: &Journal) -> Prepared {
        for _ in 0..50 {
            match Threads.prepare(&world.call(), &job(draft, earlier.len(), earlier), journal).await {
                Ok(ready) => return ready,
                Err(failure) if failure.outcome == Outcome::Throttled => world.wait_for(&failure),
                Err(failure) => panic!("{failure}"),
            }
        }
        panic!("it never becomes ready");
    }

    /// Publishes all parts of a draft, as the engine would when all goes well.
    async fn publish(&self, world: &World, draft: &Draft) -> Vec<Remote> {
        let mut there = Vec::new();
        for _ in 0..draft.parts.len() {
            let ready = self.prepared(world, draft, &there, &self.journal()).await;
            let sent = Threads.send(&world.call(), &ready).await.expect("sent");
            Threads.settle(&world.call(), &ready, &sent).await.expect("a reply is a reply");
            assert!(!sent.processing);
            there.push(sent.remote);
        }
        there
    }
}

/// A file of this name.
async fn bytes_of(Path(name): Path<String>) -> ([(&'static str, &'static str); 1], Vec<u8>) {
    if name == "film" {
        let film = include_bytes!("../../../../server/tests/server/storm/clip.mp4").to_vec();
        return ([("content-type", "video/mp4")], film);
    }
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(640u32.to_be_bytes());
    bytes.extend(480u32.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0, 1, 2, 3, 4]);
    ([("content-type", "image/png")], bytes)
}

async fn started(world: &World) -> connector::Started {
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "http://127.0.0.1:1/connect/threads".into(),
        state: "a-state-of-at-least-128-bits".into(),
        features: vec![],
    };
    Threads.start(&world.call(), &request).await.expect("started")
}

async fn connect(world: &World, account: &str) -> Result<Granted, Failure> {
    let started = started(world).await;
    let callback = decide(world, &started.redirect_to, account, "allow").await;
    Threads.finish(&world.call(), &started.memory, &callback).await
}

async fn look(world: &World, ready: &Prepared) -> Finding {
    let armed_at = world.clock.now();
    let deadline = armed_at + std::time::Duration::from_millis(super::super::publish::SEND_TIMEOUT_MS);
    world.wait(75 + 60);
    let trace = Trace { ready, armed_at, deadline, sent: None, taken: &[] };
    Threads.look_up(&world.call(), &trace).await.expect("looked")
}

fn picture(id: &str) -> connector::Media {
    file(id, MediaKind::Image, "image/png", Some("What it shows"))
}

/// Every kind of post.
fn kinds() -> Vec<(&'static str, Draft)> {
    let film = || file("film", MediaKind::Video, "video/mp4", None);
    let with = |media| draft(vec![Part { media, ..text("Look") }]);
    let poll = Poll { options: vec!["Tea".into(), "Coffee".into()], duration_minutes: 1440, multiple: false };
    let options =
        |options: Value| Draft { options, ..draft(vec![text("Words with a secret, see https://example.com/a")]) };
    vec![
        ("text", draft(vec![text("Hello #harbour @lena")])),
        ("image", with(vec![picture("cat")])),
        ("video", with(vec![film()])),
        ("carousel", with(vec![picture("cat"), film(), picture("dog")])),
        ("poll", draft(vec![Part { poll: Some(poll), ..text("Which?") }])),
        ("ghost", options(json!({ "is_ghost_post": true }))),
        (
            "choices",
            options(json!({
                "reply_control": "accounts_you_follow", "enable_reply_approvals": true, "topic_tag": "Bridges",
                "link_attachment": "https://example.com/b", "spoilers": ["secret"],
            })),
        ),
        (
            "attached text",
            options(
                json!({ "text_attachment": { "plaintext": "Long", "link_attachment_url": "https://example.com/c" } }),
            ),
        ),
        ("blurred", Draft { options: json!({ "is_spoiler_media": true }), ..with(vec![picture("cat")]) }),
        (
            "thread",
            draft(vec![
                text("One"),
                Part { media: vec![film()], ..text("Two") },
                Part { kind: PartKind::Comment, ..text("Three") },
            ]),
        ),
    ]
}

#[tokio::test]
async fn what_threads_sends_about_a_post_is_proven_and_read() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    let (address, mut told) = listener().await;
    stage.own("webhook_url", json!(address));
    let there = stage.publish(&world, &draft(vec![text("é 👍 a/b @ %")])).await;
    let webhook = told.recv().await.expect("a webhook");
    let heard = read_by(&Threads, &world, &webhook);
    let [HookEvent::Changed { account, post, at: Some(_) }] = heard.as_slice() else { panic!("{heard:?}") };
    let me = Threads.verify(&world.call()).await.expect("alive").account.id;
    assert_eq!((account, post), (&me, &there[0].id));
}

#[tokio::test]
async fn an_account_is_connected_verified_refreshed_and_let_go() {
    let stage = Stage::set().await;
    let mut world = stage.world();
    assert!(Threads.test_app(&world.call()).await.expect("the app is known"));
    let granted = connect(&world, LENA).await.expect("granted");
    assert_eq!((granted.account.handle.as_str(), &granted.channels[0].facts), (LENA, &json!({ "username": LENA })));
    assert!(granted.scopes.iter().any(|scope| scope == "threads_manage_insights"), "{:?}", granted.scopes);
    world.tokens = granted.tokens;
    assert_eq!(Threads.verify(&world.call()).await.expect("alive"), granted.channels[0]);
    world.wait(2 * 24 * 60 * 60);
    let old = world.tokens.expires_at;
    world.tokens = Threads.refresh(&world.call()).await.expect("prolonged");
    assert!(world.tokens.expires_at > old);
    Threads.verify(&world.call()).await.expect("alive");
    world.wait(61 * 24 * 60 * 60);
    assert_eq!(Threads.verify(&world.call()).await.expect_err("ended").kind, K::ReconnectNeeded);
    assert_eq!(Threads.refresh(&world.call()).await.expect_err("ended").kind, K::ReconnectNeeded);
    Threads.revoke(&world.call()).await.expect("nothing to tell");

    let started = started(&world).await;
    let denied = decide(&world, &started.redirect_to, LENA, "deny").await;
    assert_eq!(
        Threads.finish(&world.call(), &started.memory, &denied).await.expect_err("denied").kind,
        K::InputInvalid
    );
    world.app = app(PRODUCT.id, "wrong");
    assert_eq!(Threads.test_app(&world.call()).await.expect_err("wrong").kind, K::AppMisconfigured);
}

#[tokio::test]
async fn every_kind_of_post_is_published_shown_counted_and_deleted() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    for (kind, whole) in kinds() {
        let issues = Threads.check(&whole, &world.facts);
        assert!(issues.iter().all(|issue| issue.severity == connector::Severity::Warning), "{kind}: {issues:?}");
        let before = stage.created().len();
        let there = stage.publish(&world, &whole).await;
        let made = stage.created().split_off(before);
        assert_eq!(made.len(), whole.parts.len(), "{kind}");
        for (at, (entry, remote)) in made.iter().zip(&there).enumerate() {
            assert_eq!((&entry.remote_id, entry.media_count), (&remote.id, whole.parts[at].media.len()), "{kind}");
            let answered = (at > 0).then(|| if whole.parts[at].kind == PartKind::Comment { 0 } else { at - 1 });
            assert_eq!(entry.parent, answered.map(|at| there[at].id.clone()), "{kind}");
        }
        let ready = stage.prepared(&world, &whole, &[], &stage.journal()).await;
        let url = there[0].url.parse().expect("an address");
        let found = Threads.at_address(&world.call(), &ready, &url).await.expect("found");
        assert_eq!(found.id, there[0].id, "{kind}");
        world.wait(60);
        let numbers = Threads.of_posts(&world.call(), &there).await.expect("numbers");
        assert_eq!(numbers.len(), there.len(), "{kind}");
        assert!(numbers[0].values.iter().any(|(metric, _)| *metric == Metric::Impressions), "{kind}");
        assert_eq!(Threads.delete(&world.call(), &there[0]).await.expect("deleted"), Deleted::Gone, "{kind}");
        assert_eq!(Threads.delete(&world.call(), &there[0]).await.expect("deleted"), Deleted::WasGone, "{kind}");
    }
}

#[tokio::test]
async fn r_04_whatever_is_lost_is_decided_by_reads_and_no_kind_is_doubled() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    for (kind, whole) in kinds() {
        let before = stage.created().len();
        let mut there = Vec::new();
        for _ in 0..whole.parts.len() {
            let journal = stage.journal();
            // Never sent on, then sent and the answer lost.
            let ready = stage.prepared(&world, &whole, &there, &journal).await;
            stage.fault("publish", Fault::Reset { when: When::Before });
            Threads.send(&world.call(), &ready).await.expect_err("lost");
            assert_eq!(look(&world, &ready).await, Finding::Absent { certain: true }, "{kind}");
            let ready = stage.prepared(&world, &whole, &there, &journal).await;
            stage.fault("publish", Fault::Reset { when: When::After });
            Threads.send(&world.call(), &ready).await.expect_err("lost");
            let Finding::Published { sent, .. } = look(&world, &ready).await else { panic!("{kind}: it is there") };
            // A container that is a post is never published again, no matter who asks.
            let again = stage.prepared(&world, &whole, &there, &journal).await;
            assert_eq!(Threads.send(&world.call(), &again).await.expect("found").remote, sent.remote, "{kind}");
            there.push(sent.remote);
        }
        let made: Vec<String> = stage.created().split_off(before).into_iter().map(|entry| entry.remote_id).collect();
        assert_eq!(made, there.iter().map(|remote| remote.id.clone()).collect::<Vec<_>>(), "{kind}");
    }
}

#[tokio::test]
async fn what_clients_met_is_met_here_too() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    // Not found right after it was finished: for a while, and for ever.
    for (unseen_ms, expected) in [(25_000, 2), (100_000_000, 3)] {
        stage.own("unseen_one_in", json!(1));
        stage.own("unseen_ms", json!(unseen_ms));
        let (whole, journal) = (draft(vec![text(&format!("Unseen {unseen_ms}"))]), stage.journal());
        let mut tries = 0;
        loop {
            let ready = stage.prepared(&world, &whole, &[], &journal).await;
            tries += 1;
            match Threads.send(&world.call(), &ready).await {
                Ok(_) => break,
                Err(failure) => {
                    assert_eq!((&failure.outcome, failure.kind), (&Outcome::Throttled, K::MediaNotReady), "{failure}");
                    assert!(tries < 3, "{unseen_ms}");
                    world.wait_for(&failure);
                }
            }
            if tries == 2 {
                stage.own("unseen_one_in", json!(0));
            }
        }
        assert_eq!(tries, expected);
    }
    stage.own("unseen_one_in", json!(0));
    // Published, and answered with a missing permission.
    stage.own("permission_one_in", json!(1));
    let ready = stage.prepared(&world, &draft(vec![text("Permitted")]), &[], &stage.journal()).await;
    let failure = Threads.send(&world.call(), &ready).await.expect_err("doubt");
    assert_eq!(failure.outcome, Outcome::Unknown);
    assert!(matches!(look(&world, &ready).await, Finding::Published { .. }));
    stage.own("permission_one_in", json!(0));
    assert_eq!(stage.created().len(), 3);
}

#[tokio::test]
async fn an_own_post_is_quoted_and_a_restricted_account_is_told() {
    let stage = Stage::set().await;
    let world = stage.connected(LENA).await;
    let first = stage.publish(&world, &draft(vec![text("One")])).await.remove(0);
    let quote = draft(vec![Part { quote: Some(first.url), ..text("Look at this") }]);
    stage.publish(&world, &quote).await;
    let ready = stage.prepared(&world, &draft(vec![text("Two")]), &[], &stage.journal()).await;
    stage.own("restriction", json!("action"));
    assert_eq!(Threads.send(&world.call(), &ready).await.expect_err("restricted").kind, K::AccountBlocked);
}

#[tokio::test]
async fn replies_of_others_are_listed_answered_hidden_and_approved() {
    let stage = Stage::set().await;
    let (world, north) = (stage.connected(LENA).await, stage.connected("northwind").await);
    let approvals = Draft { options: json!({ "enable_reply_approvals": true }), ..draft(vec![text("Ask first")]) };
    let open = stage.publish(&world, &draft(vec![text("A bridge")])).await.remove(0);
    let asked = stage.publish(&world, &approvals).await.remove(0);
    let say = async |post: &Remote, words: &str| {
        let whole = draft(vec![text("not sent"), text(words)]);
        let ready = stage.prepared(&north, &whole, std::slice::from_ref(post), &stage.journal()).await;
        let id = Threads.send(&north.call(), &ready).await.expect("replied").remote.id;
        world.wait(60);
        id
    };
    let list = async |post: &Remote, waiting: bool| {
        let asked = CommentsAsked { waiting, cursor: None };
        Threads.below(&world.call(), post, &asked).await.expect("replies").items
    };
    let nice = say(&open, "What a bridge").await;
    let reply = Threads.reply(&world.call(), &open, &nice, "Thank you").await.expect("answered");
    for _ in 0..2 {
        Threads.change(&world.call(), &open, &nice, C::Hide).await.expect("hidden");
    }
    let found = list(&open, false).await;
    let [own, theirs] = &found[..] else { panic!("{found:?}") };
    assert_eq!(
        (theirs.id.as_str(), theirs.state, &theirs.can[..]),
        (nice.as_str(), CommentState::Hidden, &[C::Unhide][..])
    );
    assert_eq!((theirs.text.as_str(), theirs.author.handle.as_deref()), ("What a bridge", Some("northwind")));
    assert_eq!((&own.id, own.parent.as_deref(), own.author.is_self), (&reply.id, Some(nice.as_str()), true));
    let refused = Threads.change(&world.call(), &open, &nice, C::Delete).await.expect_err("of another");
    assert_eq!(refused.kind, K::ContentRefused);
    Threads.change(&world.call(), &open, &reply.id, C::Delete).await.expect("deleted");
    // A reply of another conversation, and the post itself, are not below this post.
    let (first, second) = (say(&asked, "May I?").await, say(&asked, "And I?").await);
    for id in [first.as_str(), open.id.as_str(), "1"] {
        let refused = Threads.change(&world.call(), &open, id, C::Hide).await.expect_err(id);
        assert_eq!(refused.kind, K::RemoteNotFound, "{id}");
    }
    assert!(list(&asked, false).await.is_empty());
    let waiting = list(&asked, true).await;
    assert_eq!(waiting.len(), 2);
    assert!(waiting.iter().all(|reply| reply.state == CommentState::Waiting && !reply.can_reply));
    Threads.change(&world.call(), &asked, &first, C::Approve).await.expect("approved");
    Threads.change(&world.call(), &asked, &second, C::Decline).await.expect("declined");
    assert_eq!(
        list(&asked, false).await.iter().map(|reply| reply.id.clone()).collect::<Vec<_>>(),
        std::slice::from_ref(&first)
    );
    assert_eq!(Threads.feature(CommentAct::Change(C::Like)), None);
    // An answer that was lost is in doubt, and found among the replies.
    stage.fault("threads", Fault::Reset { when: When::After });
    let lost = Threads.reply(&world.call(), &asked, &first, "Of course").await.expect_err("lost");
    assert_eq!(lost.outcome, Outcome::Unknown);
    assert!(list(&asked, false).await.iter().any(|reply| reply.author.is_self && reply.text == "Of course"));

    stage.own("wants_period", json!(true));
    let numbers = Threads.of_account(&world.call()).await.expect("numbers");
    let value = |metric| numbers.values.iter().find(|number| number.metric == metric).map(|number| number.value);
    for metric in [AccountMetric::Followers, AccountMetric::Likes, AccountMetric::Replies] {
        assert!(value(metric).is_some(), "{metric:?} in {numbers:?}");
    }
}
