//! The whole connector against the sandbox's twin of Instagram, over real HTTP.

use std::sync::Arc;

use axum::{Router, extract::Path, routing::get};
use base::{Clock as _, OsRandom, TestClock};
use connector::{
    AccountMetric, Call, CommentAct, CommentChange as C, CommentState, Comments, CommentsAsked, Connect, Draft,
    Failure, FailureKind as K, Finding, Granted, Insights, Metric, Outcome, Prepared, Publish, Remote, StartConnect,
    Trace, Webhooks,
};
use sandbox::{Action, Entry, Fault, Network, Options, Rule, Running, Sandbox, When, instagram::PRODUCT};
use serde_json::{Value, json};

use super::{Journal, NOW, World, comment, draft, film, image, job, part};
use crate::{
    instagram::{Instagram, publish::SEND_TIMEOUT_MS},
    meta::test_world::{app, decide},
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
        let origin = self.running.origin(Network::Instagram);
        let mut world = World::at(origin.as_str(), &["www", "api", "graph"], Value::Null, self.clock.clone());
        world.app = app(PRODUCT.id, PRODUCT.secret);
        world.tokens = connector::Tokens::default();
        world
    }

    async fn connected(&self) -> World {
        let mut world = self.world();
        let granted = connect(&world, LENA).await.expect("granted");
        world.facts = granted.channels[0].facts.clone();
        world.account_id = granted.account.id;
        world.tokens = granted.tokens;
        world
    }

    fn journal(&self) -> Journal {
        Journal { origin: Some(self.files.clone()), ..Journal::default() }
    }

    fn created(&self) -> Vec<Entry> {
        let entries = self.running.ledger().entries(Some(Network::Instagram));
        entries.into_iter().filter(|entry| entry.action == Action::Created).collect()
    }

    fn fault(&self, fits: &str, fault: Fault) {
        self.running.turn(Network::Instagram, |knobs| knobs.faults.push(Rule::once(fits, fault)));
    }

    fn own(&self, name: &str, value: Value) {
        self.running.turn(Network::Instagram, |knobs| {
            knobs.own.insert(name.to_owned(), value);
        });
    }

    /// Prepares as the engine does: what is not ready is tried again when it says so.
    async fn prepared(&self, world: &World, draft: &Draft, earlier: &[Remote], journal: &Journal) -> Prepared {
        for _ in 0..50 {
            match Instagram.prepare(&world.call(), &job(draft, earlier.len(), earlier), journal).await {
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
            let sent = Instagram.send(&world.call(), &ready).await.expect("sent");
            assert!(!sent.processing);
            there.push(sent.remote);
        }
        there
    }
}

/// A file of this name: a film of five seconds, or a picture of 4:5.
async fn bytes_of(Path(name): Path<String>) -> ([(&'static str, &'static str); 1], Vec<u8>) {
    if name.starts_with("film") {
        let mut film = include_bytes!("../../../../server/tests/server/storm/clip.mp4").to_vec();
        // It plays for one second; its header may as well say five.
        let header = film.windows(4).position(|bytes| bytes == b"mvhd").expect("a header") + 4;
        let length = u32::from_be_bytes(film[header + 16..header + 20].try_into().expect("four bytes"));
        film[header + 16..header + 20].copy_from_slice(&(length * 5).to_be_bytes());
        return ([("content-type", "video/mp4")], film);
    }
    let mut picture = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8];
    picture.extend([1350u16.to_be_bytes(), 1080u16.to_be_bytes()].concat());
    picture.extend([1, 1, 17, 0, 0xff, 0xd9]);
    ([("content-type", "image/jpeg")], picture)
}

async fn started(world: &World) -> connector::Started {
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "http://127.0.0.1:1/connect/instagram".into(),
        state: "a-state-of-at-least-128-bits".into(),
        features: vec![],
    };
    Instagram.start(&world.call(), &request).await.expect("started")
}

async fn connect(world: &World, account: &str) -> Result<Granted, Failure> {
    let started = started(world).await;
    let callback = decide(world, &started.redirect_to, account, "allow").await;
    Instagram.finish(&world.call(), &started.memory, &callback).await
}

async fn look(world: &World, ready: &Prepared) -> Finding {
    let armed_at = world.clock.now();
    let deadline = armed_at + std::time::Duration::from_millis(SEND_TIMEOUT_MS);
    world.wait(75 + 60);
    let trace = Trace { ready, armed_at, deadline, sent: None, taken: &[] };
    Instagram.look_up(&world.call(), &trace).await.expect("looked")
}

/// Every kind of post.
fn kinds() -> Vec<(&'static str, Draft)> {
    let cat = || image("cat", Some("A cat"));
    let with = |options: Value, media| {
        let mut whole = Draft { options, ..draft(vec![part("Look #bridges @northwind", media)]) };
        whole.files.insert("cover".to_owned(), image("cover", None));
        whole
    };
    let tagged = json!({ "username": "northwind", "x": 0.5, "y": 0.25 });
    let chosen = json!({ "collaborators": ["@harbour_bakery"], "user_tags": [tagged], "is_ai_generated": true });
    let reel = json!({ "cover": "cover", "reels_tab_only": true, "audio_name": "Waves", "user_tags": [{ "username": "northwind" }] });
    let mut commented = with(json!({}), vec![cat()]);
    commented.parts.extend([comment("First!"), comment("Second @northwind")]);
    vec![
        ("image", with(json!({}), vec![cat()])),
        ("choices", with(chosen.clone(), vec![cat()])),
        ("reel", with(json!({ "thumb_offset_ms": 0 }), vec![film("film")])),
        ("covered reel", with(reel, vec![film("film")])),
        ("carousel", with(chosen, vec![cat(), film("film"), image("dog", None)])),
        ("story", with(json!({ "kind": "story" }), vec![cat()])),
        ("film story", with(json!({ "kind": "story" }), vec![film("film")])),
        ("comments", commented),
    ]
}

#[tokio::test]
async fn an_account_is_connected_verified_refreshed_and_let_go() {
    let stage = Stage::set().await;
    let mut world = stage.world();
    let granted = connect(&world, LENA).await.expect("granted");
    let facts = &granted.channels[0].facts;
    assert_eq!((&facts["username"], &facts["account_type"]), (&json!(LENA), &json!("MEDIA_CREATOR")));
    assert_eq!(Webhooks::named_by(&Instagram, &granted).as_deref(), facts["scoped_id"].as_str());
    assert_ne!(facts["scoped_id"], granted.account.id, "the app knows it by another id");
    let subscribed = Call { tokens: &granted.tokens, account_id: &granted.account.id, ..world.call() };
    Instagram.subscribe(&subscribed).await.expect("subscribed");
    Instagram.unsubscribe(&subscribed).await.expect("ended");
    assert!(granted.scopes.iter().any(|scope| scope == "instagram_business_manage_insights"), "{:?}", granted.scopes);
    world.tokens = granted.tokens;
    assert_eq!(Instagram.verify(&world.call()).await.expect("alive"), granted.channels[0]);
    world.wait(2 * 24 * 60 * 60);
    let old = world.tokens.expires_at;
    world.tokens = Instagram.refresh(&world.call()).await.expect("prolonged");
    assert!(world.tokens.expires_at > old);
    Instagram.verify(&world.call()).await.expect("alive");
    world.wait(61 * 24 * 60 * 60);
    assert_eq!(Instagram.verify(&world.call()).await.expect_err("ended").kind, K::ReconnectNeeded);
    assert_eq!(Instagram.refresh(&world.call()).await.expect_err("ended").kind, K::ReconnectNeeded);

    stage.own("wrapped_tokens", json!(true));
    assert_eq!(connect(&world, LENA).await.expect("granted").account.id, granted.account.id);
    let started = started(&world).await;
    let denied = decide(&world, &started.redirect_to, LENA, "deny").await;
    let failure = Instagram.finish(&world.call(), &started.memory, &denied).await.expect_err("denied");
    assert_eq!(failure.kind, K::InputInvalid);
    world.app = app(PRODUCT.id, "wrong");
    assert_eq!(connect(&world, LENA).await.expect_err("wrong").kind, K::AppMisconfigured);
}

#[tokio::test]
async fn every_kind_of_post_is_published_shown_and_counted() {
    let stage = Stage::set().await;
    let world = stage.connected().await;
    for (kind, whole) in kinds() {
        let issues = Instagram.check(&whole, &world.facts);
        assert!(issues.iter().all(|issue| issue.severity == connector::Severity::Warning), "{kind}: {issues:?}");
        let before = stage.created().len();
        let there = stage.publish(&world, &whole).await;
        let made = stage.created().split_off(before);
        assert_eq!(made.len(), whole.parts.len(), "{kind}");
        for (at, (entry, remote)) in made.iter().zip(&there).enumerate() {
            assert_eq!((&entry.remote_id, entry.media_count), (&remote.id, whole.parts[at].media.len()), "{kind}");
            assert_eq!(entry.parent, (at > 0).then(|| there[0].id.clone()), "{kind}");
        }
        for (at, remote) in there.iter().enumerate() {
            let ready = stage.prepared(&world, &whole, &there[..at], &stage.journal()).await;
            let found = Instagram.at_address(&world.call(), &ready, &remote.url.parse().expect("an address")).await;
            assert_eq!(found.expect("found").id, remote.id, "{kind}");
        }
        world.wait(60);
        let numbers = Instagram.of_posts(&world.call(), &there).await.expect("numbers");
        assert_eq!(numbers.len(), there.len(), "{kind}");
        assert!(numbers[0].values.iter().any(|(metric, _)| *metric == Metric::Impressions), "{kind}");
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
            let journal = stage.journal();
            let fits = if at == 0 { "publish" } else { "comments" };
            // Never sent on, then sent and the answer lost.
            let ready = stage.prepared(&world, &whole, &there, &journal).await;
            stage.fault(fits, Fault::Reset { when: When::Before });
            Instagram.send(&world.call(), &ready).await.expect_err("lost");
            let absent = look(&world, &ready).await;
            assert_eq!(absent, Finding::Absent { certain: at == 0 }, "{kind}");
            let ready = stage.prepared(&world, &whole, &there, &journal).await;
            stage.fault(fits, Fault::Reset { when: When::After });
            Instagram.send(&world.call(), &ready).await.expect_err("lost");
            let Finding::Published { sent, .. } = look(&world, &ready).await else { panic!("{kind}: it is there") };
            if at == 0 {
                // A container that is a post is never published again, no matter who asks.
                let again = stage.prepared(&world, &whole, &there, &journal).await;
                assert_eq!(Instagram.send(&world.call(), &again).await.expect("found").remote, sent.remote, "{kind}");
            }
            there.push(sent.remote);
        }
        let made: Vec<String> = stage.created().split_off(before).into_iter().map(|entry| entry.remote_id).collect();
        assert_eq!(made, there.iter().map(|remote| remote.id.clone()).collect::<Vec<_>>(), "{kind}");
        // The next post of the same kind is not near this one.
        world.wait(60 * 60);
    }
}

#[tokio::test]
async fn what_clients_met_is_met_here_too() {
    let stage = Stage::set().await;
    let world = stage.connected().await;
    let one = |words: &str| draft(vec![part(words, vec![image("cat", None)])]);
    // Finished, and not ready to be published.
    stage.own("unready_one_in", json!(1));
    let (whole, journal) = (one("One"), stage.journal());
    let ready = stage.prepared(&world, &whole, &[], &journal).await;
    let failure = Instagram.send(&world.call(), &ready).await.expect_err("not ready");
    assert_eq!((&failure.outcome, failure.kind), (&Outcome::Throttled, K::MediaNotReady));
    world.wait_for(&failure);
    let ready = stage.prepared(&world, &whole, &[], &journal).await;
    Instagram.send(&world.call(), &ready).await.expect("sent");
    stage.own("unready_one_in", json!(0));
    // Published, and answered with a limit.
    stage.own("blocked_one_in", json!(1));
    let ready = stage.prepared(&world, &one("Two"), &[], &stage.journal()).await;
    assert_eq!(Instagram.send(&world.call(), &ready).await.expect_err("doubt").outcome, Outcome::Unknown);
    assert!(matches!(look(&world, &ready).await, Finding::Published { .. }));
    stage.own("blocked_one_in", json!(0));
    // A container that failed, with a word and without.
    for silent in [false, true] {
        stage.own("silent_status", json!(silent));
        stage.own("container_fails", json!(2_207_026));
        let (whole, journal) = (one("Three"), stage.journal());
        let failure = loop {
            match Instagram.prepare(&world.call(), &job(&whole, 0, &[]), &journal).await {
                Err(failure) if failure.outcome == Outcome::Throttled => world.wait_for(&failure),
                other => break other.expect_err("failed"),
            }
        };
        assert_eq!(failure.kind, K::MediaRefused);
    }
    assert_eq!(stage.created().len(), 2);
}

#[tokio::test]
async fn what_was_left_out_at_the_consent_page_is_told() {
    let stage = Stage::set().await;
    let world = stage.connected().await;
    stage.own("refuse", json!({ "comments": "10", "insights": "100/2108006" }));
    let whole = draft(vec![part("One", vec![image("cat", None)]), comment("First!")]);
    let first = stage.publish(&world, &draft(vec![whole.parts[0].clone()])).await;
    let ready = stage.prepared(&world, &whole, &first, &stage.journal()).await;
    assert_eq!(Instagram.send(&world.call(), &ready).await.expect_err("no permission").kind, K::ScopeMissing);
    assert!(Instagram.of_posts(&world.call(), &first).await.expect("none").is_empty());
}

#[tokio::test]
async fn comments_of_others_are_listed_answered_hidden_and_deleted() {
    let stage = Stage::set().await;
    let world = stage.connected().await;
    let post = stage.publish(&world, &draft(vec![part("With @northwind", vec![image("cat", None)])])).await.remove(0);
    let mut north = stage.world();
    let granted = connect(&north, "northwind").await.expect("granted");
    (north.account_id, north.tokens) = (granted.account.id, granted.tokens);
    let say = async |words: &str| {
        let (call, id) = (north.call(), post.id.as_str());
        let peer = crate::instagram::peer(&call).expect("signed in");
        let path = crate::instagram::own(&call, "mentions");
        let request = peer.request("comment as another", http::Method::POST, &path);
        request.form(&[("media_id", id), ("message", words)]).send().await.expect("written");
        world.wait(60);
    };
    say("What a bridge").await;
    say("Buy cheap watches").await;
    let list = async || {
        let page = Instagram.below(&world.call(), &post, &CommentsAsked::default()).await.expect("comments");
        page.items
    };
    let found = list().await;
    let [spam, nice] = &found[..] else { panic!("{found:?}") };
    assert_eq!((nice.text.as_str(), nice.author.handle.as_deref()), ("What a bridge", Some("northwind")));
    assert_eq!(nice.can, [C::Hide, C::Delete]);
    let reply = Instagram.reply(&world.call(), &post, &nice.id, "Thank you").await.expect("answered");
    // An answer to the answer stands beside it.
    let second = Instagram.reply(&world.call(), &post, &reply.id, "It is old").await.expect("answered");
    for _ in 0..2 {
        Instagram.change(&world.call(), &post, &spam.id, C::Hide).await.expect("hidden");
    }
    for anonymous in [false, true] {
        stage.own("anonymous_comments", json!(anonymous));
        let found = list().await;
        let ids: Vec<&str> = found.iter().map(|comment| comment.id.as_str()).collect();
        assert_eq!(ids, [&spam.id, &nice.id, &reply.id, &second.id]);
        assert_eq!(found[0].state, CommentState::Hidden);
        assert!(found[2..].iter().all(|own| own.author.is_self && own.parent.as_ref() == Some(&nice.id)));
    }
    Instagram.change(&world.call(), &post, &spam.id, C::Delete).await.expect("deleted");
    assert_eq!(list().await.len(), 3);
    for id in [post.id.as_str(), "1"] {
        let refused = Instagram.change(&world.call(), &post, id, C::Delete).await.expect_err(id);
        assert_eq!(refused.kind, K::RemoteNotFound, "{id}");
    }
    assert_eq!(Instagram.feature(CommentAct::Change(C::Like)), None);

    let numbers = Instagram.of_account(&world.call()).await.expect("numbers");
    let counted: Vec<AccountMetric> = numbers.values.iter().map(|number| number.metric).collect();
    for metric in [AccountMetric::Followers, AccountMetric::Reach, AccountMetric::Interactions, AccountMetric::Replies]
    {
        assert!(counted.contains(&metric), "{metric:?}");
    }
    stage.own("refuse", json!({ "insights": "10", "comments": "10" }));
    let numbers = Instagram.of_account(&world.call()).await.expect("counts");
    assert!(numbers.missing.is_some() && numbers.values.len() == 3, "{numbers:?}");
    let refused = Instagram.below(&world.call(), &post, &CommentsAsked::default()).await.expect_err("no permission");
    assert_eq!(refused.kind, K::ScopeMissing);
}
