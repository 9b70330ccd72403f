use serde_json::json;

use super::{Person, World, refused};
use crate::{Act, Network, bluesky::jose::Jwt};

const CREATE: &str = "com.atproto.server.createSession";

#[tokio::test]
async fn an_app_password_opens_a_session_whose_tokens_say_when_they_end() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let session = lena.get("com.atproto.server.getSession", &[]).await.ok();
    assert_eq!((&session["handle"], &session["did"]), (&json!("lena.test"), &json!(lena.did)));
    let jwt = Jwt::parse(&lena.access).expect("a JWT");
    assert_eq!((jwt.head("typ"), jwt.text("scope")), (Some("at+jwt"), Some("com.atproto.appPass")));
    assert_eq!(jwt.number("exp").expect("exp") - jwt.number("iat").expect("iat"), 120 * 60);
    let jwt = Jwt::parse(&lena.refresh).expect("a JWT");
    assert_eq!(jwt.head("typ"), Some("refresh+jwt"));
    assert_eq!(jwt.number("exp").expect("exp") - jwt.number("iat").expect("iat"), 90 * 24 * 3600);
}

#[test]
fn the_demo_passwords_have_the_shape_of_app_passwords() {
    for demo in super::super::DEMO_ACCOUNTS {
        let parts: Vec<&str> = demo.app_password.split('-').collect();
        let shaped =
            |part: &&str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
        assert!(parts.len() == 4 && parts.iter().all(shaped), "{}", demo.app_password);
    }
}

#[tokio::test]
async fn different_wrong_credentials_get_different_errors() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let body = json!({"identifier": "lena.test", "password": "aaaa-bbbb-cccc-dddd"});
    refused(
        &world.send(world.http.post(world.url(&format!("/xrpc/{CREATE}"))).json(&body)).await,
        401,
        "AuthenticationRequired",
    );
    let body = json!({"identifier": "lena.test"});
    refused(
        &world.send(world.http.post(world.url(&format!("/xrpc/{CREATE}"))).json(&body)).await,
        400,
        "InvalidRequest",
    );
    refused(&world.query("com.atproto.server.getSession", &[]).await, 401, "AuthMissing");
    let with = |token: String| Person { world: &world, did: lena.did.clone(), access: token, refresh: String::new() };
    refused(&with("nonsense".into()).get("com.atproto.server.getSession", &[]).await, 400, "InvalidToken");
    refused(&with(lena.refresh.clone()).get("com.atproto.server.getSession", &[]).await, 400, "InvalidToken");
    let mut forged = lena.access.clone();
    forged.pop();
    refused(&with(forged).get("com.atproto.server.getSession", &[]).await, 400, "InvalidToken");
    world.later(120 * 60 + 1);
    refused(&lena.get("com.atproto.server.getSession", &[]).await, 400, "ExpiredToken");
}

async fn refresh(world: &World, token: &str) -> super::Answer {
    world.send(world.http.post(world.url("/xrpc/com.atproto.server.refreshSession")).bearer_auth(token)).await
}

#[tokio::test]
async fn a_refresh_token_works_again_for_two_hours_with_the_same_answer() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let first = refresh(&world, &lena.refresh).await.ok();
    world.later(3600);
    let second = refresh(&world, &lena.refresh).await.ok();
    assert_eq!(first["refreshJwt"], second["refreshJwt"]);
    assert_ne!(first["accessJwt"], second["accessJwt"]);
    world.later(3601);
    refused(&refresh(&world, &lena.refresh).await, 400, "ExpiredToken");
    refused(&refresh(&world, &lena.access).await, 400, "InvalidToken");
    refresh(&world, first["refreshJwt"].as_str().expect("token")).await.ok();
}

#[tokio::test]
async fn sessions_end_by_deletion_and_by_acts() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    world.sandbox.act(Network::Bluesky, &Act::ExpireTokens { account: None });
    refused(&lena.get("com.atproto.server.getSession", &[]).await, 400, "ExpiredToken");
    let lena = Person::of(&world, refresh(&world, &lena.refresh).await.ok());
    lena.get("com.atproto.server.getSession", &[]).await.ok();
    let delete = world.http.post(world.url("/xrpc/com.atproto.server.deleteSession")).bearer_auth(&lena.refresh);
    assert_eq!(world.send(delete).await.status, 200);
    refused(&refresh(&world, &lena.refresh).await, 400, "ExpiredToken");
    let north = world.sign_in("northwind.test").await;
    world.sandbox.act(Network::Bluesky, &Act::RevokeGrants { account: Some("northwind.test".into()) });
    refused(&north.get("com.atproto.server.getSession", &[]).await, 400, "InvalidToken");
    refused(&refresh(&world, &north.refresh).await, 400, "ExpiredToken");
}

#[tokio::test]
async fn the_thirty_first_sign_in_waits_with_headers_that_say_how_long() {
    let world = World::new().await;
    let body = json!({"identifier": "lena.test", "password": super::super::DEMO_ACCOUNTS[1].app_password});
    let sign_in = || world.send(world.http.post(world.url(&format!("/xrpc/{CREATE}"))).json(&body));
    let first = sign_in().await;
    assert_eq!(
        (first.header("ratelimit-limit"), first.header("ratelimit-remaining"), first.header("ratelimit-policy")),
        ("30", "29", "30;w=300")
    );
    for _ in 0..29 {
        assert_eq!(sign_in().await.status, 200);
    }
    world.later(10);
    let late = sign_in().await;
    refused(&late, 429, "RateLimitExceeded");
    assert_eq!(late.header("retry-after"), "290");
    assert_eq!(late.header("ratelimit-reset"), (super::morning().as_seconds() + 300).to_string());
    world.later(290);
    assert_eq!(sign_in().await.status, 200);
}

#[tokio::test]
async fn the_address_and_the_points_have_limits_of_their_own() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let seen = lena.get("com.atproto.server.getSession", &[]).await;
    assert_eq!((seen.header("ratelimit-limit"), seen.header("ratelimit-policy")), ("3000", "3000;w=300"));
    world.sandbox.turn(Network::Bluesky, |knobs| {
        knobs.rate_limits.insert("points_hour".into(), 5);
    });
    let put = lena.put(&world.tid(), &lena.post_record("one")).await;
    assert_eq!((put.header("ratelimit-remaining"), put.header("ratelimit-policy")), ("3", "5;w=3600"));
    assert_eq!(lena.put(&world.tid(), &lena.post_record("two")).await.status, 200);
    refused(&lena.put(&world.tid(), &lena.post_record("three")).await, 429, "RateLimitExceeded");
    let gone = json!({"repo": lena.did, "collection": "app.bsky.feed.post", "rkey": world.tid()});
    assert_eq!(
        lena.post("com.atproto.repo.deleteRecord", &gone).await.status,
        200,
        "deleting costs one point, and one is left"
    );
    world.sandbox.turn(Network::Bluesky, |knobs| {
        knobs.rate_limits.insert("ip".into(), 3);
    });
    let far = world.query("com.atproto.server.describeServer", &[]).await;
    refused(&far, 429, "RateLimitExceeded");
    assert_eq!(far.header("retry-after"), "300");
}

#[tokio::test]
async fn an_account_can_be_made_and_resolved_in_every_way() {
    let world = World::new().await;
    let create = |body: serde_json::Value| {
        world.send(world.http.post(world.url("/xrpc/com.atproto.server.createAccount")).json(&body))
    };
    let made = create(json!({"handle": "New.test", "email": "n@example.test", "password": "long enough"})).await.ok();
    let did = made["did"].as_str().expect("did").to_owned();
    assert_eq!(did.len(), "did:plc:".len() + 24);
    assert_eq!(world.did("new.test").await, did);
    let document = world.get(&format!("/{did}")).await;
    assert!(document.header("content-type").starts_with("application/did+ld+json"));
    let document = document.ok();
    assert_eq!(document["alsoKnownAs"], json!(["at://new.test"]));
    assert_eq!(document["service"][0]["id"], "#atproto_pds");
    assert_eq!(document["service"][0]["type"], "AtprotoPersonalDataServer");
    assert_eq!(document["service"][0]["serviceEndpoint"], world.origin);
    let own = world.send(world.http.get(world.url("/.well-known/atproto-did")).header("host", "new.test")).await;
    assert_eq!(own.text, did);
    assert_eq!(world.get("/.well-known/atproto-did").await.status, 404);
    assert_eq!(world.get("/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa").await.status, 404);
    assert!(
        world.get("/.well-known/did.json").await.ok()["id"].as_str().expect("id").starts_with("did:web:127.0.0.1%3A")
    );
    refused(&create(json!({"handle": "new.test", "password": "long enough"})).await, 400, "HandleNotAvailable");
    refused(&create(json!({"handle": "new.example.com", "password": "long enough"})).await, 400, "UnsupportedDomain");
    refused(&create(json!({"handle": "new2.test", "password": "short"})).await, 400, "InvalidPassword");
    refused(
        &world.query("com.atproto.identity.resolveHandle", &[("handle", "nobody.test")]).await,
        400,
        "HandleNotFound",
    );
    refused(&world.query("com.atproto.identity.resolveHandle", &[("handle", "no body")]).await, 400, "InvalidRequest");
}

#[tokio::test]
async fn an_app_password_is_made_with_the_main_password_and_opens_a_lesser_session() {
    let world = World::new().await;
    let made = json!({"handle": "new.test", "password": "long enough"});
    let main = world.send(world.http.post(world.url("/xrpc/com.atproto.server.createAccount")).json(&made)).await.ok();
    let main = Person::of(&world, main);
    let app = main.post("com.atproto.server.createAppPassword", &json!({"name": "fanfare"})).await.ok();
    let body = json!({"identifier": "new.test", "password": app["password"]});
    let session = world.send(world.http.post(world.url(&format!("/xrpc/{CREATE}"))).json(&body)).await.ok();
    let lesser = Person::of(&world, session);
    assert_eq!(Jwt::parse(&main.access).expect("a JWT").text("scope"), Some("com.atproto.access"));
    assert_eq!(Jwt::parse(&lesser.access).expect("a JWT").text("scope"), Some("com.atproto.appPass"));
    refused(&lesser.post("com.atproto.server.createAppPassword", &json!({"name": "x"})).await, 400, "InvalidToken");
}

#[tokio::test]
async fn service_tokens_live_an_hour_at_most() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let now = super::morning().as_seconds();
    let ask = |exp: i64, lxm: Option<&'static str>| {
        let (exp, lena) = (exp.to_string(), &lena);
        async move {
            let mut params = vec![("aud", "did:web:video.bsky.app"), ("exp", exp.as_str())];
            params.extend(lxm.map(|lxm| ("lxm", lxm)));
            lena.get("com.atproto.server.getServiceAuth", &params).await
        }
    };
    ask(now + 1800, Some("app.bsky.video.getUploadLimits")).await.ok();
    refused(&ask(now + 3700, Some("app.bsky.video.getUploadLimits")).await, 400, "BadExpiration");
    refused(&ask(now + 61, None).await, 400, "BadExpiration");
    refused(&ask(now - 1, Some("app.bsky.video.getUploadLimits")).await, 400, "BadExpiration");
    ask(now + 60, None).await.ok();
}

#[tokio::test]
async fn unknown_methods_and_wrong_verbs_are_reported() {
    let world = World::new().await;
    refused(&world.query("app.bsky.video.startUpload", &[]).await, 501, "MethodNotImplemented");
    assert_eq!(world.query("com.atproto.repo.putRecord", &[]).await.status, 405);
}
