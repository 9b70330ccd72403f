use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    World,
    client::{App, CALLBACK, Client, FULL, Tokens, development, key},
    morning, refused,
};
use crate::{Act, Network, knobs::RefreshReuse};

fn put(tokens: &Tokens, world: &World) -> Value {
    json!({"repo": tokens.did, "collection": "app.bsky.feed.post", "rkey": world.tid(), "swapRecord": null,
        "record": {"$type": "app.bsky.feed.post", "text": "hi", "createdAt": morning()}})
}

const PUT: &str = "com.atproto.repo.putRecord";

#[tokio::test]
async fn metadata_of_resource_and_server_agree_on_the_issuer() {
    let world = World::new().await;
    let resource = world.get("/.well-known/oauth-protected-resource").await.ok();
    assert_eq!(resource["authorization_servers"], json!([world.origin]));
    let server = world.get("/.well-known/oauth-authorization-server").await.ok();
    assert_eq!(server["issuer"], world.origin);
    assert_eq!(server["require_pushed_authorization_requests"], true);
    assert_eq!(server["client_id_metadata_document_supported"], true);
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    assert!(server["scopes_supported"].as_array().expect("list").contains(&json!("atproto")));
}

#[tokio::test]
async fn a_person_lets_an_app_in_and_the_app_publishes() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let callback = client.callback("northwind.test", &[]).await;
    let field = |name: &str| callback.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    assert_eq!(field("iss"), Some(world.origin.clone()));
    assert_eq!(field("state").as_deref(), Some("state-1"));
    let answer = client.redeem(&field("code").expect("code")).await.ok();
    assert_eq!(answer["expires_in"], 3599);
    let tokens = Tokens::read(&answer);
    assert_eq!(tokens.did, world.did("northwind.test").await);
    assert_eq!(tokens.scope, FULL);
    let put = client.post(&tokens.access, PUT, &put(&tokens, &world)).await.ok();
    assert!(put["uri"].as_str().expect("uri").starts_with(&format!("at://{}/app.bsky.feed.post/", tokens.did)));
    assert_eq!(world.ledger().len(), 1);
    let posts =
        client.get(&tokens.access, "app.bsky.feed.getPosts", &[("uris", put["uri"].as_str().expect("uri"))]).await.ok();
    assert_eq!(posts["posts"][0]["record"]["text"], "hi");
}

#[tokio::test]
async fn the_consent_page_works_without_javascript_and_cannot_be_framed() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let pushed = client.push().await;
    assert_eq!(pushed.json()["expires_in"], 299);
    let request_uri = pushed.json()["request_uri"].as_str().expect("uri").to_owned();
    let address = world
        .http
        .get(world.url("/oauth/authorize"))
        .query(&[("client_id", &client.id), ("request_uri", &request_uri)]);
    let page = world.send(address).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(!page.text.contains("<script"));
    let first = page.text.find("name=\"account\"").expect("choices");
    assert!(
        page.text[first..]
            .starts_with(&format!("name=\"account\" value=\"{}\" checked", world.did("northwind.test").await)),
        "login_hint comes first"
    );
    for said in ["Development client", "upload files", "method=\"post\"", "value=\"deny\""] {
        assert!(page.text.contains(said), "{said}");
    }
    let none = client.decide(&request_uri, &[("decision", "allow"), ("account", "nobody.test")]).await;
    assert!(none.status == 200 && none.text.contains("role=\"alert\""), "asked again: {}", none.text);
    let deny = client.decide(&request_uri, &[("decision", "deny"), ("account", "northwind.test")]).await;
    assert!(deny.header("location").starts_with(&format!("{CALLBACK}?iss=")), "{deny:?}");
    assert!(
        deny.header("location").contains("error=access_denied") && deny.header("location").contains("state=state-1")
    );
    assert_eq!(
        client.decide(&request_uri, &[("decision", "allow"), ("account", "northwind.test")]).await.status,
        400,
        "used up"
    );
    let foreign = world
        .http
        .get(world.url("/oauth/authorize"))
        .query(&[("client_id", "http://localhost"), ("request_uri", &request_uri)]);
    assert_eq!(world.send(foreign).await.status, 400);
}

#[tokio::test]
async fn a_new_account_can_be_made_on_the_consent_page() {
    let world = World::new().await;
    let callback = Client::public(&world, FULL).callback("", &[("new_account", "fresh-face")]).await;
    assert!(callback.iter().any(|(name, _)| name == "code"));
    assert!(world.did("fresh-face.test").await.starts_with("did:plc:"));
}

#[tokio::test]
async fn s_15_the_nonce_dance_is_danced_at_both_servers() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let fields: Vec<(String, String)> = client
        .par_fields()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(client.credentials())
        .collect();
    let first = client.form_once("/oauth/par", &fields).await;
    refused(&first, 400, "use_dpop_nonce");
    assert_eq!(
        client.form_once("/oauth/par", &fields).await.status,
        201,
        "the refused try did not use up the challenge"
    );
    let client = Client::public(&world, FULL);
    let tokens = client.sign_in("lena.test").await;
    *client.nonce.lock().expect("whole") = String::new();
    let request = world.http.post(world.url(&format!("/xrpc/{PUT}"))).json(&put(&tokens, &world));
    let first = client.call_once(request, "POST", PUT, &tokens.access).await;
    refused(&first, 401, "use_dpop_nonce");
    assert!(
        first.header("www-authenticate").starts_with("DPoP ")
            && first.header("www-authenticate").contains("error=\"use_dpop_nonce\"")
    );
    client.post(&tokens.access, PUT, &put(&tokens, &world)).await.ok();
    world.later(60 * 4);
    refused(&client.get(&tokens.access, "com.atproto.server.getSession", &[]).await, 401, "use_dpop_nonce");
    client.get(&tokens.access, "com.atproto.server.getSession", &[]).await.ok();
    let before = client.nonce.lock().expect("whole").clone();
    world.later(61);
    client.get(&tokens.access, "com.atproto.server.getSession", &[]).await.ok();
    assert_ne!(before, *client.nonce.lock().expect("whole"), "a new nonce each minute, the old one still good");
    world.own_knob("nonce_epoch", json!(7));
    refused(&client.get(&tokens.access, "com.atproto.server.getSession", &[]).await, 401, "use_dpop_nonce");
}

#[tokio::test]
async fn a_proof_is_for_one_request_one_token_and_one_key() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let tokens = client.sign_in("lena.test").await;
    let url = world.url("/xrpc/com.atproto.server.getSession");
    let with = |proof: String| {
        let request =
            world.http.get(&url).header("authorization", format!("DPoP {}", tokens.access)).header("dpop", proof);
        world.send(request)
    };
    let proof = client.proof("GET", &url, Some(&tokens.access));
    with(proof.clone()).await.ok();
    let replayed = with(proof).await;
    refused(&replayed, 401, "invalid_dpop_proof");
    assert!(replayed.text.contains("DPoP proof replayed"));
    type Spoil = fn(&mut Value, &mut Value);
    let spoils: [(&str, Spoil); 9] = [
        ("htm", |_, claims| claims["htm"] = json!("POST")),
        ("htu", |_, claims| claims["htu"] = json!("http://127.0.0.1:1/xrpc/com.atproto.server.getSession")),
        ("htu", |_, claims| claims["htu"] = json!(format!("{}?a=1", claims["htu"].as_str().expect("text")))),
        ("ath", |_, claims| claims["ath"] = json!("other")),
        ("iat", |_, claims| claims["iat"] = json!(claims["iat"].as_i64().expect("number") - 600)),
        ("jti", |_, claims| drop(claims.as_object_mut().expect("map").remove("jti"))),
        ("typ", |header, _| header["typ"] = json!("JWT")),
        ("alg", |header, _| header["alg"] = json!("none")),
        ("signature", |header, _| header["jwk"] = crate::bluesky::jose::public_jwk(&key())),
    ];
    for (about, spoil) in spoils {
        let answer = with(client.proof_with("GET", &url, Some(&tokens.access), spoil)).await;
        refused(&answer, 401, "invalid_dpop_proof");
        assert!(answer.text.contains(about), "{about}: {}", answer.text);
    }
    let stranger = Client::public(&world, FULL);
    *stranger.nonce.lock().expect("whole") = client.nonce.lock().expect("whole").clone();
    refused(&with(stranger.proof("GET", &url, Some(&tokens.access))).await, 401, "invalid_dpop_proof");
    let bare = world.send(world.http.get(&url).header("authorization", format!("DPoP {}", tokens.access))).await;
    refused(&bare, 401, "invalid_dpop_proof");
    refused(&world.send(world.http.get(&url).bearer_auth(&tokens.access)).await, 400, "InvalidToken");
}

#[tokio::test]
async fn a_pushed_request_must_be_right_in_every_field() {
    let world = World::new().await;
    let wrong = [
        ("response_type", "token", "unsupported_response_type"),
        ("redirect_uri", "http://127.0.0.1/elsewhere", "invalid_request"),
        ("redirect_uri", "https://evil.example/cb", "invalid_request"),
        ("scope", "repo:app.bsky.feed.post", "invalid_scope"),
        ("scope", "atproto repo:app.bsky.feed.like", "invalid_scope"),
        ("state", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("response_mode", "form_post", "invalid_request"),
    ];
    for (name, value, error) in wrong {
        let client = Client::public(&world, FULL);
        let mut fields = client.par_fields();
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value.to_owned()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        refused(&client.form("/oauth/par", &fields).await, 400, error);
    }
    let client = Client::public(&world, FULL);
    assert_eq!(client.push().await.status, 201);
    let again = client.push().await;
    assert!(again.status == 400 && again.text.contains("Code challenge already used"), "{}", again.text);
    world.later(24 * 3600 + 1);
    assert_eq!(client.push().await.status, 201, "a day later it may be used again");
    let plain = world.send(world.http.post(world.url("/oauth/par")).json(&json!({}))).await;
    refused(&plain, 400, "invalid_request");
    let set = Client::public(&world, "atproto include:app.bsky.authCreatePosts");
    assert!(set.push().await.text.contains("Could not resolve Lexicon"));
    world.own_knob("legacy_scopes", json!(true));
    refused(&Client::public(&world, FULL).push().await, 400, "invalid_scope");
    assert_eq!(Client::public(&world, "atproto transition:generic").push().await.status, 201);
}

#[tokio::test]
async fn the_development_client_is_what_its_id_says() {
    let world = World::new().await;
    for id in [
        "http://localhost:3000?scope=atproto",
        "http://localhost/app?scope=atproto",
        "http://localhost?color=red",
        "http://localhost?redirect_uri=https%3A%2F%2Fevil.example%2F",
        "ftp://x.example/a",
    ] {
        let client = Client { id: id.to_owned(), ..Client::public(&world, "atproto") };
        assert_eq!(client.push().await.status, 400, "{id}");
    }
    assert!(
        development("atproto").starts_with("http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb&scope=atproto")
    );
    assert_eq!(Client::public(&world, "atproto").push().await.status, 201, "the port of the loopback address is free");
}

#[tokio::test]
async fn a_code_is_used_once_and_only_by_who_began() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let code = |callback: Vec<(String, String)>| callback.into_iter().find(|(name, _)| name == "code").expect("code").1;
    let first = code(client.callback("lena.test", &[]).await);
    let tokens = Tokens::read(&client.redeem(&first).await.ok());
    refused(&client.redeem(&first).await, 400, "invalid_grant");
    refused(&client.get(&tokens.access, "com.atproto.server.getSession", &[]).await, 401, "invalid_token");
    refused(&client.redeem("cod-never").await, 400, "invalid_grant");

    let client = Client::public(&world, FULL);
    let late = code(client.callback("lena.test", &[]).await);
    world.later(61);
    refused(&client.redeem(&late).await, 400, "invalid_grant");

    let client = Client::public(&world, FULL);
    let stolen = code(client.callback("lena.test", &[]).await);
    let thief = Client {
        dpop: key(),
        id: client.id.clone(),
        scope: client.scope.clone(),
        verifier: client.verifier.clone(),
        ..Client::public(&world, FULL)
    };
    refused(&thief.redeem(&stolen).await, 400, "invalid_dpop_proof");
    let wrong = [
        ("grant_type", "authorization_code"),
        ("code", stolen.as_str()),
        ("redirect_uri", "http://127.0.0.1:9/cb"),
        ("code_verifier", &client.verifier),
    ];
    assert!(client.form("/oauth/token", &wrong).await.text.contains("redirect_uri mismatch"));
    let other = "x".repeat(43);
    let wrong = [
        ("grant_type", "authorization_code"),
        ("code", stolen.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", &other),
    ];
    assert!(client.form("/oauth/token", &wrong).await.text.contains("Invalid code_verifier"));
    refused(&client.redeem(&stolen).await, 400, "invalid_grant");
    refused(&client.form("/oauth/token", &[("grant_type", "password")]).await, 400, "unsupported_grant_type");
}

#[tokio::test]
async fn refreshing_ends_the_old_tokens_and_a_replay_ends_the_grant() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let old = client.sign_in("lena.test").await;
    let new = Tokens::read(&client.refresh(&old.refresh).await.ok());
    assert_ne!((&old.access, &old.refresh), (&new.access, &new.refresh));
    let dead = client.get(&old.access, "com.atproto.server.getSession", &[]).await;
    refused(&dead, 401, "invalid_token");
    assert!(dead.header("www-authenticate").contains("invalid_token"));
    client.get(&new.access, "com.atproto.server.getSession", &[]).await.ok();
    let replay = client.refresh(&old.refresh).await;
    refused(&replay, 400, "invalid_grant");
    assert!(replay.text.contains("Refresh token replayed"));
    refused(&client.get(&new.access, "com.atproto.server.getSession", &[]).await, 401, "invalid_token");
    assert!(client.refresh(&new.refresh).await.text.contains("Invalid refresh token"));
}

#[tokio::test]
async fn a_forgiving_server_takes_the_old_refresh_token_again() {
    let world = World::new().await;
    world.sandbox.turn(Network::Bluesky, |knobs| knobs.refresh_reuse = RefreshReuse::Grace);
    let client = Client::public(&world, FULL);
    let old = client.sign_in("lena.test").await;
    client.refresh(&old.refresh).await.ok();
    let again = Tokens::read(&client.refresh(&old.refresh).await.ok());
    client.get(&again.access, "com.atproto.server.getSession", &[]).await.ok();
}

#[tokio::test]
async fn of_concurrent_refreshes_one_wins_and_the_session_survives() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let old = client.sign_in("lena.test").await;
    let tries = futures::future::join_all((0..4).map(|_| client.refresh(&old.refresh))).await;
    let won: Vec<_> = tries.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{tries:?}");
    for lost in tries.iter().filter(|answer| answer.status != 200) {
        refused(lost, 500, "server_error");
    }
    let tokens = Tokens::read(&won[0].json());
    client.get(&tokens.access, "com.atproto.server.getSession", &[]).await.ok();
}

#[tokio::test]
async fn tokens_end_by_time_by_act_and_by_revocation() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let session = "com.atproto.server.getSession";
    let tokens = client.sign_in("lena.test").await;
    world.later(3601);
    client.get(&tokens.access, session, &[]).await;
    refused(&client.get(&tokens.access, session, &[]).await, 401, "invalid_token");
    let tokens = Tokens::read(&client.refresh(&tokens.refresh).await.ok());
    world.sandbox.act(Network::Bluesky, &Act::ExpireTokens { account: Some("northwind.test".into()) });
    client.get(&tokens.access, session, &[]).await.ok();
    world.sandbox.act(Network::Bluesky, &Act::ExpireTokens { account: Some("lena.test".into()) });
    refused(&client.get(&tokens.access, session, &[]).await, 401, "invalid_token");
    let tokens = Tokens::read(&client.refresh(&tokens.refresh).await.ok());
    assert_eq!(client.form("/oauth/revoke", &[("token", &tokens.refresh)]).await.ok(), json!({}));
    refused(&client.get(&tokens.access, session, &[]).await, 401, "invalid_token");
    assert_eq!(client.form("/oauth/revoke", &[("token", "unknown")]).await.ok(), json!({}));
    let client = Client::public(&world, FULL);
    let tokens = client.sign_in("lena.test").await;
    world.sandbox.act(Network::Bluesky, &Act::RevokeGrants { account: None });
    refused(&client.refresh(&tokens.refresh).await, 400, "invalid_grant");
    let client = Client::public(&world, FULL);
    let tokens = client.sign_in("lena.test").await;
    world.later(15 * 24 * 3600);
    assert!(
        client.refresh(&tokens.refresh).await.text.contains("expired"),
        "a public client's session ends after two weeks"
    );
}

#[tokio::test]
async fn a_grant_allows_what_its_scopes_say() {
    let world = World::new().await;
    let create_only = "atproto repo:app.bsky.feed.post?action=create blob:image/*";
    let client = Client::public(&world, create_only);
    let tokens = client.sign_in("lena.test").await;
    let answer = client.post(&tokens.access, PUT, &put(&tokens, &world)).await;
    refused(&answer, 403, "ScopeMissingError");
    assert!(
        answer.text.contains("Missing required scope \\\"repo:app.bsky.feed.post?action=update\\\""),
        "{}",
        answer.text
    );
    let mut create = put(&tokens, &world);
    create.as_object_mut().expect("map").remove("swapRecord");
    client.post(&tokens.access, "com.atproto.repo.createRecord", &create).await.ok();
    refused(
        &client.get(&tokens.access, "app.bsky.notification.listNotifications", &[]).await,
        403,
        "ScopeMissingError",
    );
    refused(
        &client
            .get(
                &tokens.access,
                "com.atproto.server.getServiceAuth",
                &[("aud", "did:web:video.bsky.app"), ("lxm", "app.bsky.video.getUploadLimits")],
            )
            .await,
        403,
        "ScopeMissingError",
    );
    let upload = |mime: &'static str, bytes: Vec<u8>| {
        world.http.post(world.url("/xrpc/com.atproto.repo.uploadBlob")).header("content-type", mime).body(bytes)
    };
    let nsid = "com.atproto.repo.uploadBlob";
    client.call_once(upload("image/png", super::png(1)), "POST", nsid, &tokens.access).await.ok();
    let film =
        client.call_once(upload("image/png", b"\0\0\0\x18ftypisom".to_vec()), "POST", nsid, &tokens.access).await;
    refused(&film, 403, "ScopeMissingError");
    let email = client.get(&tokens.access, "com.atproto.server.getSession", &[]).await.ok();
    assert!(email.get("email").is_none(), "account:email was not granted");
}

#[tokio::test]
async fn a_person_may_grant_less_than_was_asked_for() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let callback = client.callback("lena.test", &[("scope", "repo:app.bsky.feed.post")]).await;
    let code = &callback.iter().find(|(name, _)| name == "code").expect("code").1;
    let tokens = Tokens::read(&client.redeem(code).await.ok());
    assert_eq!(tokens.scope, "atproto repo:app.bsky.feed.post");
    let gate = json!({"repo": tokens.did, "collection": "app.bsky.feed.threadgate", "rkey": world.tid(),
        "record": {"$type": "app.bsky.feed.threadgate", "post": "at://lena.test/app.bsky.feed.post/3jzfcijpj2z2a", "createdAt": morning()}});
    refused(&client.post(&tokens.access, PUT, &gate).await, 403, "ScopeMissingError");
}

#[tokio::test]
async fn a_confidential_app_signs_every_call_with_a_key_of_its_set() {
    let world = World::new().await;
    let app = App::start(FULL, |_| {}).await;
    let key = app.add_key("one");
    let client = app.client(&world, FULL, "one", &key);
    let tokens = client.sign_in("harbour-bakery.test").await;
    client.post(&tokens.access, PUT, &put(&tokens, &world)).await.ok();
    world.later(20 * 24 * 3600);
    let tokens = Tokens::read(&client.refresh(&tokens.refresh).await.ok());

    let fields = |assertion: Option<String>| {
        let mut fields = vec![
            ("client_id".to_owned(), app.id.clone()),
            ("grant_type".into(), "refresh_token".into()),
            ("refresh_token".into(), tokens.refresh.clone()),
        ];
        if let Some(assertion) = assertion {
            fields.push((
                "client_assertion_type".into(),
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".into(),
            ));
            fields.push(("client_assertion".into(), assertion));
        }
        fields
    };
    let none = client.form_once("/oauth/token", &fields(None)).await;
    assert!(none.text.contains("required a \\\"client_assertion\\\""), "{}", none.text);
    type Spoil = fn(&mut Value);
    let spoils: [Spoil; 6] = [
        |claims| claims["iss"] = json!("https://other.example/a.json"),
        |claims| claims["sub"] = json!("https://other.example/a.json"),
        |claims| claims["aud"] = json!("https://bsky.social"),
        |claims| claims["iat"] = json!(claims["iat"].as_i64().expect("number") - 61),
        |claims| claims["exp"] = json!(1),
        |claims| drop(claims.as_object_mut().expect("map").remove("jti")),
    ];
    for spoil in spoils {
        refused(
            &client.form_once("/oauth/token", &fields(Some(client.assertion_with(spoil)))).await,
            400,
            "invalid_client",
        );
    }
    let once = client.assertion_with(|_| {});
    let tokens_again = Tokens::read(&client.form_once("/oauth/token", &fields(Some(once.clone()))).await.ok());
    let twice = client.form_once("/oauth/token", &fields(Some(once))).await;
    assert!(twice.text.contains("jti"), "{}", twice.text);

    // The key is taken out of the set: the grant made with it cannot be refreshed by another key.
    app.keys.lock().expect("whole").clear();
    let second = app.add_key("two");
    assert!(client.refresh(&tokens_again.refresh).await.text.contains("not in the key set"));
    let moved = Client { dpop: client.dpop.clone(), ..app.client(&world, FULL, "two", &second) };
    refused(&moved.refresh(&tokens_again.refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn metadata_that_does_not_follow_the_profile_is_refused() {
    let world = World::new().await;
    type Spoil = fn(&mut Value);
    let spoils: [Spoil; 8] = [
        |metadata| metadata["client_id"] = json!("https://other.example/a.json"),
        |metadata| metadata["dpop_bound_access_tokens"] = json!(false),
        |metadata| metadata["response_types"] = json!(["code", "token"]),
        |metadata| metadata["scope"] = json!("repo:app.bsky.feed.post"),
        |metadata| metadata["redirect_uris"] = json!(["http://evil.example/cb"]),
        |metadata| metadata["token_endpoint_auth_method"] = json!("client_secret_basic"),
        |metadata| metadata["jwks"] = json!({"keys": []}),
        |metadata| metadata["token_endpoint_auth_signing_alg"] = json!("HS256"),
    ];
    for spoil in spoils {
        let app = App::start(FULL, spoil).await;
        let key = app.add_key("one");
        refused(&app.client(&world, FULL, "one", &key).push().await, 400, "invalid_client_metadata");
    }
    let gone = Client { id: "http://127.0.0.1:1/client.json".to_owned(), ..Client::public(&world, FULL) };
    refused(&gone.push().await, 400, "invalid_client_metadata");
}

#[tokio::test]
async fn nothing_random_repeats() {
    let world = World::new().await;
    let client = Client::public(&world, FULL);
    let mut seen = HashSet::new();
    let mut tokens = client.sign_in("lena.test").await;
    for _ in 0..5 {
        assert!(seen.insert(tokens.access.clone()) && seen.insert(tokens.refresh.clone()));
        tokens = Tokens::read(&client.refresh(&tokens.refresh).await.ok());
    }
}

#[tokio::test]
async fn a_grant_lives_on_over_a_restart_of_the_network() {
    let folder = std::env::temp_dir().join(format!("sandbox-bluesky-{}", super::fresh()));
    let world = World::with(|options| options.data = Some(folder.clone())).await;
    let client = Client::public(&world, FULL);
    let (dpop, id, tokens) = (client.dpop.clone(), client.id.clone(), client.sign_in("lena.test").await);
    drop(client);
    drop(world);
    let world = World::with(|options| options.data = Some(folder.clone())).await;
    let client = Client { dpop, id, ..Client::public(&world, FULL) };
    client.post(&tokens.access, PUT, &put(&tokens, &world)).await.ok();
    client.refresh(&tokens.refresh).await.ok();
    drop(client);
    drop(world);
    std::fs::remove_dir_all(folder).expect("removed");
}
