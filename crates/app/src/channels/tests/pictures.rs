//! Pictures of channels: fetched by the installation, and served from it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, http::header, routing::get};
use base::SystemClock;
use connector::http::{AllowedRange, Guard, GuardRules};
use serde_json::{Value, json};

use super::worlds;
use crate::{
    channels,
    media::{FileType, tests::plain},
    testing::{Client, World, again},
};

/// A server with a picture that counts how often it is fetched, and a guard that allows it.
async fn picture_server(asked: Arc<AtomicUsize>) -> (u16, Guard) {
    let picture = get(move || {
        asked.fetch_add(1, SeqCst);
        async { ([(header::CONTENT_TYPE, "image/png")], plain(FileType::Png, 400, 400)) }
    });
    let routes = Router::new().route("/alice.png", picture).route("/not-an-image", get(|| async { "<svg/>" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let allowed = AllowedRange { address: [127, 0, 0, 1].into(), prefix: 32, ports: vec![port] };
    let rules = GuardRules { allowed: vec![allowed], ..GuardRules::default() };
    (port, Guard::new(rules, Arc::new(SystemClock)).expect("the rules are good"))
}

/// The only channel.
async fn channel(client: &Client) -> Value {
    client.get("/v1/channels").await.json[0].clone()
}

async fn a_day_later(world: &World) {
    world.advance(Duration::from_secs(86_400));
    channels::check_due(&world.app).await.expect("checked");
}

async fn fetched(world: &World) -> usize {
    channels::fetch_pictures(&world.app).await.expect("fetched")
}

#[tokio::test]
async fn a_channels_picture_is_fetched_once_and_served_from_here_until_the_platform_has_none() {
    for (mut world, fake) in worlds().await {
        let asked = Arc::new(AtomicUsize::new(0));
        let (port, guard) = picture_server(asked.clone()).await;
        again(&mut world, |parts| parts.guard = guard);
        let owner = world.owner();
        fake.show_picture(Some(&format!("http://127.0.0.1:{port}/alice.png")));
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": "alice" } });
        assert_eq!(owner.post("/v1/channels/connect", body).await.status, 200);
        assert_eq!(channel(&owner).await.get("picture"), None, "connecting does not wait for it");
        assert_eq!(fetched(&world).await, 1);
        a_day_later(&world).await;
        assert_eq!((fetched(&world).await, asked.load(SeqCst)), (0, 1), "the same address is not fetched again");

        let shown = channel(&owner).await;
        let path = format!("/v1/channels/{}/picture", shown["id"].as_str().expect("an id"));
        let picture = owner.get(&path).await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
        assert_eq!(json!(picture.header("etag").trim_matches('"')), shown["picture"]);
        let (_, stranger) = world.stranger().await;
        assert_eq!(stranger.get(&path).await.status, 404);

        fake.show_picture(Some(&format!("http://127.0.0.1:{port}/not-an-image")));
        a_day_later(&world).await;
        assert_eq!((fetched(&world).await, owner.get(&path).await.status), (0, 200), "the old one is better than none");
        fake.show_picture(None);
        a_day_later(&world).await;
        assert_eq!((owner.get(&path).await.status, channel(&owner).await.get("picture")), (404, None));
    }
}
