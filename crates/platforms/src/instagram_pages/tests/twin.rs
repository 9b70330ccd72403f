//! Every kind of post against the sandbox's twin of Facebook, over real HTTP.

use std::sync::Arc;

use axum::{Router, extract::Path, routing::get};
use base::{OsRandom, TestClock};
use connector::{
    Connect, Deleted, Draft, FailureKind as K, Granted, Insights, Media, MediaKind, Metric, Outcome, Part, PartKind,
    Prepared, Publish, Remote, StartConnect, Tokens, Webhooks,
};
use sandbox::{
    Action, Network, Options, Running, Sandbox,
    facebook::{INSTAGRAM_CONFIG_ID, PRODUCT},
};
use serde_json::{Value, json};

use super::{Journal, NOW, World, app, draft, file, job, text};
use crate::{instagram::Instagram, instagram_pages::InstagramPages, meta::test_world::decide};

/// A person with several pages, of which two have an account.
const MIRA: &str = "mira";

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

    fn world(&self) -> World {
        let origin = self.running.origin(Network::Facebook);
        let mut world = World::at(origin.as_str(), &["graph", "dialog", "www"], Value::Null, self.clock.clone());
        world.app = app(PRODUCT.id, PRODUCT.secret);
        world.tokens = Tokens::default();
        world
    }

    /// Calls must have a proof, as an app can demand.
    fn own(&self, name: &str, value: Value) {
        self.running.turn(Network::Facebook, |knobs| {
            knobs.own.insert(name.to_owned(), value);
        });
    }

    /// The first account of the person, with the token of its page.
    async fn connected(&self) -> World {
        let mut world = self.world();
        let found = connect(&world, MIRA).await.channels.remove(0);
        (world.account_id, world.facts) = (found.account.id, found.facts);
        world.tokens = found.tokens.expect("a token of its page");
        world
    }

    async fn prepared(&self, world: &World, draft: &Draft, earlier: &[Remote]) -> Prepared {
        let journal = Journal { origin: Some(self.files.clone()), ..Journal::default() };
        for _ in 0..50 {
            match InstagramPages.prepare(&world.call(), &job(draft, earlier.len(), earlier), &journal).await {
                Ok(ready) => return ready,
                Err(failure) if failure.outcome == Outcome::Throttled => world.wait_for(&failure),
                Err(failure) => panic!("{failure}"),
            }
        }
        panic!("it never becomes ready");
    }
}

async fn bytes_of(Path(name): Path<String>) -> ([(&'static str, &'static str); 1], Vec<u8>) {
    assert!(!name.is_empty());
    let mut picture = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8];
    picture.extend([1350_u16.to_be_bytes(), 1080_u16.to_be_bytes()].concat());
    picture.extend([1, 1, 17, 0, 0xff, 0xd9]);
    ([("content-type", "image/jpeg")], picture)
}

async fn connect(world: &World, person: &str) -> Granted {
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "http://127.0.0.1:1/connect/instagram_pages".into(),
        state: "a-state-of-at-least-128-bits".into(),
        features: vec![],
    };
    let started = InstagramPages.start(&world.call(), &request).await.expect("started");
    let callback = decide(world, &started.redirect_to, person, "allow").await;
    InstagramPages.finish(&world.call(), &started.memory, &callback).await.expect("granted")
}

fn image(id: &str) -> Media {
    Media { width: 1080, height: 1350, ..file(id, MediaKind::Image, "image/jpeg", None) }
}

#[tokio::test]
async fn a_person_s_accounts_are_connected_by_scopes_or_configuration_and_let_go() {
    let stage = Stage::set().await;
    stage.own("require_proof", json!(true));
    let mut world = stage.world();
    assert!(InstagramPages.test_app(&world.call()).await.expect("an app"));
    let granted = connect(&world, MIRA).await;
    let names: Vec<&str> = granted.channels.iter().map(|found| found.account.handle.as_str()).collect();
    assert_eq!(names, ["harbour_bakery", "northwind"], "pages without an account are left out");
    assert!(granted.scopes.iter().any(|scope| scope == "instagram_manage_contents"), "{:?}", granted.scopes);
    world.tokens = granted.tokens.clone();
    assert_eq!(InstagramPages.targets(&world.call()).await.expect("accounts"), granted.channels);
    world.wait(2 * 24 * 60 * 60);
    world.tokens = InstagramPages.refresh(&world.call()).await.expect("prolonged");

    let channel = stage.connected().await;
    let found = InstagramPages.verify(&channel.call()).await.expect("alive");
    assert_eq!((found.account.id, found.facts), (channel.account_id.clone(), channel.facts.clone()));
    InstagramPages.subscribe(&channel.call()).await.expect("subscribed");
    InstagramPages.unsubscribe(&channel.call()).await.expect("ended");

    stage.own("business_login", json!(true));
    world.app.values.insert("config_id".into(), INSTAGRAM_CONFIG_ID.into());
    assert_eq!(connect(&world, MIRA).await.channels.len(), 2);
    InstagramPages.revoke(&world.call()).await.expect("revoked");
    let left = InstagramPages.targets(&world.call()).await.expect("pages are still given");
    let scopes = left.iter().flat_map(|found| found.facts["scopes"].as_array().cloned().unwrap_or_default());
    assert!(!scopes.into_iter().any(|scope| scope.as_str().is_some_and(|scope| scope.starts_with("instagram_"))));
}

#[tokio::test]
async fn posts_are_published_found_counted_and_deleted() {
    let stage = Stage::set().await;
    stage.own("require_proof", json!(true));
    let world = stage.connected().await;
    let post = |options: Value, media: Vec<Media>| {
        let part = Part { media, ..text("Fresh #bread @northwind") };
        Draft { options, ..draft(vec![part]) }
    };
    let tagged = json!({ "username": "northwind", "x": 0.5, "y": 0.25 });
    let chosen = json!({ "collaborators": ["northwind"], "user_tags": [tagged] });
    let mut commented = post(json!({}), vec![image("cat")]);
    commented.parts.push(Part { kind: PartKind::Comment, ..text("First!") });
    let kinds = [
        ("image", post(chosen, vec![image("cat")])),
        ("carousel", post(json!({}), vec![image("cat"), image("dog")])),
        ("story", post(json!({ "kind": "story" }), vec![image("cat")])),
        ("comment", commented),
    ];
    for (kind, whole) in kinds {
        let issues = InstagramPages.check(&whole, &world.facts);
        assert!(issues.iter().all(|issue| issue.severity == connector::Severity::Warning), "{kind}: {issues:?}");
        let mut there: Vec<Remote> = Vec::new();
        for _ in 0..whole.parts.len() {
            let ready = stage.prepared(&world, &whole, &there).await;
            there.push(InstagramPages.send(&world.call(), &ready).await.expect("sent").remote);
        }
        let ready = stage.prepared(&world, &whole, &[]).await;
        let address = there[0].url.parse().expect("an address");
        let found = InstagramPages.at_address(&world.call(), &ready, &address).await.expect("found");
        assert_eq!(found.id, there[0].id, "{kind}");
        let page = world.http.get("look at the page", address).send().await.expect("a page");
        assert!(page.is_success() && page.text().contains("harbour_bakery"), "{kind}: {}", page.text());
        world.wait(60);
        let numbers = Instagram.of_posts(&world.call(), &there[..1]).await.expect("numbers");
        assert!(numbers[0].values.iter().any(|(metric, _)| *metric == Metric::Impressions), "{kind}");
        for remote in there.iter().rev() {
            assert_eq!(InstagramPages.delete(&world.call(), remote).await.expect("deleted"), Deleted::Gone, "{kind}");
        }
        let again = InstagramPages.delete(&world.call(), &there[0]).await.expect("deleted before");
        assert_eq!(again, Deleted::WasGone, "{kind}");
    }
    let entries = stage.running.ledger().entries(Some(Network::Facebook));
    let count = |action: Action| entries.iter().filter(|entry| entry.action == action).count();
    assert_eq!((count(Action::Created), count(Action::Deleted)), (5, 5));
    stage.own("instagram", json!({ "refuse": { "delete": "-1/2207073" } }));
    let ready = stage.prepared(&world, &post(json!({}), vec![image("cat")]), &[]).await;
    let sent = InstagramPages.send(&world.call(), &ready).await.expect("sent");
    let failure = InstagramPages.delete(&world.call(), &sent.remote).await.expect_err("refused");
    assert_eq!(failure.kind, K::ContentRefused);
}
