//! Networks that fetch a post's files from us: addresses that lead to one file and die with the attempt, and whether
//! anybody could reach them.

use std::sync::Arc;

use axum::{Router, http::header, response::Redirect, routing::get};
use base::SystemClock;
use connector::{
    Connectors, ImageRules, ProofClass, Severity,
    http::{AllowedRange, Guard, GuardRules},
    testing::FakePlatform,
};
use db::testing::TestDb;
use serde_json::json;
use url::Url;

use super::{again, renditions::connect, upload};
use crate::{
    media::{FileType, reachability, tests::corpus::plain},
    testing::World,
};

fn rules() -> ImageRules {
    ImageRules {
        count_max: 4,
        mime: vec!["image/png".to_owned()],
        bytes_max: 1 << 20,
        side_max: 1_000,
        pixels_max: 1 << 20,
        source: "the test".to_owned(),
    }
}

/// A platform that fetches, on the computer where this installation is.
async fn world(db: TestDb) -> (World, FakePlatform, String) {
    let fake = FakePlatform::new(ProofClass::ReadBack);
    fake.fetch_files();
    fake.take_images(rules());
    let connectors = Connectors::new(vec![Arc::new(fake.clone())]);
    let here = |address: &str| address.parse::<Url>().expect("an address");
    let world = World::with(db, connectors, |settings| {
        settings.public_url = here("http://localhost:8080/");
        settings.endpoints.insert("fake".to_owned(), [("api".to_owned(), here("http://127.0.0.1:1/"))].into());
    })
    .await;
    let channel = connect(&world.owner()).await;
    (world, fake, channel)
}

/// Serves these routes at an address that the guard allows, as the installation's own.
async fn at_its_own_address(world: &mut World, routes: Router) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let allowed = AllowedRange { address: [127, 0, 0, 1].into(), prefix: 32, ports: vec![port] };
    let rules = GuardRules { allowed: vec![allowed], ..GuardRules::default() };
    again(world, |parts| {
        parts.guard = Guard::new(rules, Arc::new(SystemClock)).expect("the rules are good");
        parts.settings.public_url = format!("http://127.0.0.1:{port}/").parse().expect("an address");
    });
}

#[tokio::test]
async fn an_installation_finds_out_whether_it_can_be_reached_through_its_public_address() {
    let mut world = World::on(TestDb::sqlite().await).await;
    let right = world.router.clone();
    at_its_own_address(&mut world, right.clone()).await;
    assert_eq!(reachability::try_it(&world.app).await, None);

    let page = || get(|| async { ([(header::CONTENT_TYPE, "text/html")], "<p>Welcome</p>") });
    let picture = || get(|| async { ([(header::CONTENT_TYPE, "image/png")], "something else") });
    let moved = Router::new()
        .route("/fetch/self/{name}", get(|| async { Redirect::temporary("/elsewhere") }))
        .route("/elsewhere", picture());
    for (routes, words) in [
        (Router::new(), "doesn't let `/fetch/` through"),
        (Router::new().fallback(page()), "changes the type of files (to `text/html`)"),
        (Router::new().fallback(picture()), "Something else answers"),
        (moved, "redirects"),
    ] {
        at_its_own_address(&mut world, routes).await;
        let found = reachability::try_it(&world.app).await.expect(words);
        assert_eq!(found.severity, Severity::Error);
        assert!(found.why.english().contains(words), "{}", found.why);
    }
    again(&mut world, |parts| parts.settings.public_url = "https://name.invalid/".parse().expect("an address"));
    let found = reachability::try_it(&world.app).await.expect("no such name");
    assert_eq!(found.severity, Severity::Warning, "perhaps only from here: {}", found.why);
}

#[tokio::test]
async fn before_scheduling_a_person_reads_that_a_network_cannot_fetch_the_files() {
    let (mut world, _, channel) = world(TestDb::sqlite().await).await;
    let id = upload(&world.owner(), "a.png", &plain(FileType::Png, 30, 20)).await.id();
    let with = json!({ "text": "Look", "media": [{ "id": id, "alt": "A" }], "channels": [{ "channel": channel }] });
    let words = json!({ "text": "Look", "channels": [{ "channel": channel }] });
    let said = world.owner().post("/v1/posts/validate", with.clone()).await;
    assert!(!said.text.contains("files_unreachable"), "its sandbox is on this computer: {}", said.text);
    for (address, why) in [
        ("http://localhost:8080/", "leads to this computer only"),
        ("https://127.0.0.1/", "leads to this computer only"),
        ("https://192.168.1.20/", "a private network"),
        ("https://[fd00::20]/", "a private network"),
        ("http://fanfare.example/", "plain http"),
    ] {
        again(&mut world, |parts| {
            parts.settings.public_url = address.parse().expect("an address");
            parts.settings.endpoints.clear();
        });
        let owner = world.owner();
        let said = owner.post("/v1/posts/validate", with.clone()).await;
        assert!(said.text.contains("files_unreachable") && said.text.contains(why), "{address}: {}", said.text);
        let said = owner.post("/v1/posts/validate", words.clone()).await;
        assert!(!said.text.contains("files_unreachable"), "nothing is fetched: {}", said.text);
    }
}
