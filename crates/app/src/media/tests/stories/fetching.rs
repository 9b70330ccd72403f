//! Files by their address, through the guard.

use std::sync::Arc;

use axum::{Router, body::Body, http::header, response::Redirect, routing::get};
use base::SystemClock;
use connector::http::{AllowedRange, Guard, GuardRules};
use serde_json::json;

use super::{again, file_of, kept, spooled};
use crate::{
    media::{
        FileType,
        tests::corpus::{dirty, has_canary, plain},
    },
    testing::World,
};

#[tokio::test]
async fn s_51_addresses_inside_are_refused_with_words() {
    for world in World::both().await {
        let owner = world.owner();
        for address in [
            "http://127.0.0.1/a.png",
            "https://127.0.0.1/a.png",
            "https://2130706433/a.png",
            "https://0x7f000001/a.png",
            "https://0177.0.0.1/a.png",
            "https://127.1/a.png",
            "http://169.254.169.254/latest/meta-data/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/a.png",
            "https://[::ffff:127.0.0.1]/a.png",
            "https://[fe80::1]/a.png",
            "https://10.0.0.1/a.png",
            "https://0.0.0.0/a.png",
            "https://localhost/a.png",
            "https://user:secret@example.org/a.png",
            "https://example.org:8443/a.png",
            "file:///etc/passwd",
            "ftp://example.org/a.png",
            "data:image/png;base64,iVBORw0KGgo=",
            "not an address",
        ] {
            let answer = owner.post("/v1/media/from-url", json!({ "url": address })).await;
            assert_eq!((answer.status, answer.problem()), (422, "address-refused"), "{address}: {}", answer.text);
            let detail = answer.json["detail"].as_str().expect("words");
            assert!(detail.len() > 30, "{address}: {detail}");
            assert!(!detail.contains("secret"), "{detail}");
        }
        assert_eq!((spooled(&world), kept(&world).await), (0, 0));
    }
}

/// A server with files, and a guard that allows it.
async fn server() -> (u16, Guard) {
    let file = |mime: &'static str, bytes: Vec<u8>| {
        get(move || {
            let bytes = bytes.clone();
            async move { ([(header::CONTENT_TYPE, mime)], bytes) }
        })
    };
    let routes = Router::new()
        .route("/My%20photo%20%2B1.jpg", file("text/html", dirty(FileType::Jpeg, 30, 20, 1).to_vec()))
        .route("/page.png", file("image/png", b"<html><script>alert(1)</script></html>".to_vec()))
        .route("/large.png", file("image/png", [&plain(FileType::Png, 9, 9)[..], &vec![0; 20_000]].concat()))
        .route("/moved", get(|| async { Redirect::temporary("/My%20photo%20%2B1.jpg") }))
        .route("/inside", get(|| async { Redirect::temporary("https://169.254.169.254/latest/meta-data/") }))
        .route("/round", get(|| async { Redirect::temporary("/round") }))
        .route(
            "/endless",
            get(|| async {
                let zeros =
                    futures::stream::repeat_with(|| Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[0; 1_000])));
                let head = futures::stream::iter([Ok(plain(FileType::Png, 9, 9))]);
                Body::from_stream(futures::StreamExt::chain(head, zeros))
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let allowed = AllowedRange { address: [127, 0, 0, 1].into(), prefix: 32, ports: vec![port] };
    let rules = GuardRules { allowed: vec![allowed], ..GuardRules::default() };
    (port, Guard::new(rules, Arc::new(SystemClock)).expect("the rules are good"))
}

#[tokio::test]
async fn s_53_a_file_is_fetched_and_treated_like_an_upload() {
    let (port, guard) = server().await;
    for mut world in World::both().await {
        let guard = guard.clone();
        again(&mut world, |parts| {
            parts.guard = guard;
            parts.settings.uploads.image_bytes_max = 10_000;
            parts.settings.uploads.file_bytes_max = 15_000;
        });
        let owner = world.owner();
        let fetch = async |path: &str| {
            let address = format!("http://127.0.0.1:{port}{path}");
            owner.post("/v1/media/from-url", json!({ "url": address, "alt": "A canal" })).await
        };
        for path in ["/My%20photo%20%2B1.jpg", "/moved"] {
            let answer = fetch(path).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
            assert_eq!((&answer.json["mime"], &answer.json["alt"]), (&json!("image/jpeg"), &json!("A canal")));
            assert_eq!(answer.json["file_name"], "My photo +1.jpg");
            let id = answer.json["id"].as_str().expect("an id").parse().expect("a media asset");
            assert!(!has_canary(&file_of(&owner, id).await));
        }
        for (path, status, problem) in [
            ("/page.png", 422, "media-refused"),
            ("/inside", 422, "address-refused"),
            ("/round", 422, "address-refused"),
            ("/large.png", 413, "too-large"),
            ("/endless", 413, "too-large"),
            ("/nothing", 422, "fetch-failed"),
        ] {
            let answer = fetch(path).await;
            assert_eq!((answer.status, answer.problem()), (status, problem), "{path}: {}", answer.text);
        }
        assert!(fetch("/nothing").await.text.contains("404"));
        let dead = owner.post("/v1/media/from-url", json!({ "url": "https://name.invalid/a.png" })).await;
        assert_eq!((dead.status, dead.problem()), (422, "fetch-failed"), "{}", dead.text);
        assert_eq!((spooled(&world), kept(&world).await), (0, 2));
    }
}
