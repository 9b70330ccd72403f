//! Networks that fetch a post's files from us: addresses that lead to one file and die with the attempt, and whether
//! anyone could reach them.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, http::header, response::Redirect, routing::get};
use base::SystemClock;
use connector::{
    Connectors, ImageRules, ProofClass, Severity,
    http::{AllowedRange, Guard, GuardRules},
    testing::{Behaviour, FakePlatform},
};
use db::testing::TestDb;
use serde_json::json;
use url::Url;

use super::{Got, again, read, renditions::connect, send, upload};
use crate::{
    App,
    media::{FileType, reachability, tests::corpus::plain},
    publishing::{Engine, EngineSettings},
    secrets,
    testing::{Client, World},
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

async fn post(owner: &Client, channel: &str, media: &[base::ids::MediaId]) -> String {
    let media: Vec<_> = media.iter().map(|id| json!({ "id": id, "alt": "A square" })).collect();
    let body =
        json!({ "text": "Look", "media": media, "channels": [{ "channel": channel }], "schedule": { "now": true } });
    let made = owner.post("/v1/posts", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.header("location").to_owned()
}

async fn drain(app: &App) {
    Engine::new(app.clone(), EngineSettings::default()).drain().await.expect("drained");
}

#[tokio::test]
async fn r_37_an_address_leads_to_one_file_while_the_attempt_lasts_and_nowhere_else() {
    for db in TestDb::both().await {
        let (world, fake, channel) = world(db).await;
        fake.next([Behaviour::Process(1)]);
        let owner = world.owner();
        let (first, second) = (plain(FileType::Png, 30, 20), plain(FileType::Png, 20, 30));
        let ids = [upload(&owner, "a.png", &first).await.id(), upload(&owner, "b.png", &second).await.id()];
        let other = upload(&owner, "c.png", &plain(FileType::Png, 9, 9)).await.id();
        post(&owner, &channel, &ids).await;
        drain(&world.app).await;
        let addresses = fake.addresses();
        assert_eq!(addresses.len(), 2);
        assert!(addresses[0].as_str().starts_with("http://localhost:8080/fetch/"), "{}", addresses[0]);
        assert!(!addresses[0].as_str().contains(&ids[0].to_string()) && addresses[0].path().ends_with(".png"));

        // Anyone with the address, without a cookie.
        let nobody = world.nobody();
        let whole = read(&nobody, addresses[0].path()).await;
        assert_eq!((whole.status, &whole.bytes[..], whole.header("content-type")), (200, &first[..], "image/png"));
        assert_eq!(whole.header("content-length"), first.len().to_string());
        assert_eq!((whole.header("cache-control"), whole.header("set-cookie")), ("no-store", ""));
        let part = send(&nobody, "GET", addresses[1].path(), &[("range", "bytes=2-5")], Body::empty()).await;
        assert_eq!((part.status, &part.bytes[..]), (206, &second[2..6]));
        assert_eq!(part.header("content-range"), format!("bytes 2-5/{}", second.len()));
        let beyond = send(&nobody, "GET", addresses[1].path(), &[("range", "bytes=99999-")], Body::empty()).await;
        assert_eq!(beyond.status, 416);
        let head = send(&nobody, "HEAD", addresses[1].path(), &[], Body::empty()).await;
        assert_eq!(
            (head.status, head.bytes.len(), head.header("content-length")),
            (200, 0, &*second.len().to_string())
        );

        let path = addresses[0].path();
        let (begin, end) = path.rsplit_once('-').expect("a signature");
        let swapped = format!("{begin}-{}", addresses[1].path().rsplit_once('-').expect("a signature").1);
        let altered = format!("{begin}-{}", end.replacen(&end[..1], if end.starts_with('0') { "1" } else { "0" }, 1));
        for wrong in [
            &altered,
            &swapped,
            &format!("{begin}.png"),
            "/fetch/",
            "/fetch/..",
            "/fetch/-",
            &format!("/fetch/{other}"),
        ] {
            assert_eq!(read(&nobody, wrong).await.status, 404, "{wrong}");
        }
        let gone: Got = send(&nobody, "POST", path, &[], Body::empty()).await;
        assert_ne!(gone.status, 200);

        // New keys of the installation leave what was signed alone.
        secrets::rotate(&world.app).await.expect("rotated");
        assert_eq!(read(&nobody, path).await.status, 200);

        // The platform has it: the attempt is over, and so are the addresses.
        for _ in 0..3 {
            world.advance(Duration::from_secs(20));
            drain(&world.app).await;
        }
        for address in &addresses {
            assert_eq!(read(&nobody, address.path()).await.status, 404);
        }
    }
}

#[tokio::test]
async fn r_37_an_address_ends_after_an_hour_and_with_an_edit_or_a_doubt() {
    let (world, fake, channel) = world(TestDb::sqlite().await).await;
    let (owner, nobody) = (world.owner(), world.nobody());
    let id = upload(&owner, "a.png", &plain(FileType::Png, 30, 20)).await.id();

    // Not sent, and tried again: the same address, until someone decides otherwise.
    fake.next([Behaviour::NotSent, Behaviour::NotSent]);
    let waits = post(&owner, &channel, &[id]).await;
    drain(&world.app).await;
    world.advance(Duration::from_secs(60));
    drain(&world.app).await;
    let addresses = fake.addresses();
    assert_eq!((addresses.len(), &addresses[0]), (2, &addresses[1]));
    assert_eq!(read(&nobody, addresses[0].path()).await.status, 200);
    let publication = owner.get(&waits).await.json["publications"][0]["id"].as_str().expect("an id").to_owned();
    let off = owner.post(&format!("/v1/publications/{publication}/decision"), json!({ "decision": "cancel" })).await;
    assert!(off.status < 300, "{}", off.text);
    assert_eq!(read(&nobody, addresses[0].path()).await.status, 404, "called off");

    // Lost, and never fetched: that proves that it was not made, and it is sent again with an address of its own.
    fake.next([Behaviour::LoseRequest]);
    let lost = post(&owner, &channel, &[id]).await;
    drain(&world.app).await;
    let doubted = fake.addresses().pop().expect("an address");
    assert_eq!(read(&nobody, doubted.path()).await.status, 404, "in doubt");
    world.advance(Duration::from_secs(30));
    drain(&world.app).await;
    let story = owner.get(&lost).await;
    assert_eq!(story.json["state"], "published", "{}", story.text);
    assert_ne!(fake.addresses().pop().expect("an address"), doubted);
    assert_eq!(read(&nobody, doubted.path()).await.status, 404, "it does not come back");
    assert_eq!(fake.ledger().len(), 1, "published once");

    fake.next([Behaviour::Process(1_000)]);
    post(&owner, &channel, &[id]).await;
    drain(&world.app).await;
    let long = fake.addresses().pop().expect("an address");
    assert_eq!(read(&nobody, long.path()).await.status, 200);
    world.advance(Duration::from_secs(60 * 60));
    assert_eq!(read(&nobody, long.path()).await.status, 404, "an hour later");
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
    let check = format!("/v1/channels/{channel}/reachability");
    assert_eq!(world.owner().get(&check).await.json, json!({ "fetches": true }));
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
        let checked = owner.get(&check).await.json;
        assert_eq!(checked["severity"], "error", "{checked}");
        assert!(checked["why"].as_str().is_some_and(|said| said.contains(why)), "{address}: {checked}");
        let said = owner.post("/v1/posts/validate", words.clone()).await;
        assert!(!said.text.contains("files_unreachable"), "nothing is fetched: {}", said.text);
    }
}
