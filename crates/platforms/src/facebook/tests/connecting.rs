//! From the consent page to the pages and their tokens, against canned answers.

use connector::{Callback, Connect, Connector as _, Failure, FailureKind as K, Granted, StartConnect};
use serde_json::{Value, json};

use super::{World, app, signed_in, world_of};
use crate::{
    facebook::Facebook,
    meta,
    test_kit::{Canned, Ready, Seen, on},
};

const TOKEN: &str = "GET /v26.0/oauth/access_token";
const INSPECT: &str = "GET /v26.0/debug_token";
const ME: &str = "GET /v26.0/me";
const ACCOUNTS: &str = "GET /v26.0/me/accounts";
const BUSINESSES: &str = "GET /v26.0/me/businesses";

fn world(origin: &str) -> World {
    World { tokens: connector::Tokens::default(), account_id: String::new(), ..world_of(origin) }
}

async fn started(world: &World, features: &[&str]) -> connector::Started {
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "https://fanfare.example/connect/facebook".into(),
        state: "a-state-of-at-least-128-bits".into(),
        features: features.iter().map(|&feature| feature.to_owned()).collect(),
    };
    Facebook.start(&world.call(), &request).await.expect("started")
}

async fn finished(world: &World) -> Result<Granted, Failure> {
    let started = started(world, &[]).await;
    let query = [("state", "a-state-of-at-least-128-bits"), ("code", "CODE#_")];
    let callback = Callback { query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).into() };
    Facebook.finish(&world.call(), &started.memory, &callback).await
}

fn asks(seen: &Seen, name: &str) -> String {
    seen.asks(name).unwrap_or_default()
}

fn page(id: &str, token: Option<&str>, tasks: &[&str]) -> Value {
    let mut page = json!({ "id": id, "name": format!("Page {id}"), "tasks": tasks, "category": "Bakery",
        "link": format!("https://www.facebook.com/{id}"), "picture": { "data": { "url": "https://cdn.example/p.jpg" } } });
    if let Some(token) = token {
        page["access_token"] = json!(token);
    }
    page
}

fn list(all: &[Value]) -> Value {
    json!({ "data": all })
}

fn inspected(scopes: &[&str], granular: Value) -> Ready {
    on(
        INSPECT,
        200,
        json!({ "data": { "app_id": "123", "is_valid": true, "scopes": scopes, "granular_scopes": granular } }),
    )
}

/// The answers up to the list of pages.
fn signing_in(scopes: &[&str], granular: Value) -> Vec<Ready> {
    vec![
        on(TOKEN, 200, json!({ "access_token": "SHORT", "token_type": "bearer", "expires_in": 5400 })),
        on(TOKEN, 200, json!({ "access_token": "LONG-USER", "token_type": "bearer", "expires_in": 5_184_000 })),
        inspected(scopes, granular),
        on(ME, 200, json!({ "id": "33", "name": "Ann" })),
    ]
}

#[tokio::test]
async fn the_consent_page_is_asked_for_scopes_or_for_the_configuration_of_a_business() {
    let mut world = world("http://127.0.0.1:1/");
    let started = started(&world, &["publish"]).await;
    let asked = started.redirect_to.query_pairs().into_owned().collect::<std::collections::BTreeMap<_, _>>();
    assert_eq!(started.redirect_to.path(), "/v26.0/dialog/oauth");
    assert_eq!(asked["scope"], "pages_show_list,pages_manage_posts,pages_read_engagement");
    assert_eq!((asked["client_id"].as_str(), asked["response_type"].as_str()), ("123", "code"));
    world.app = app(&[("client_id", "123"), ("client_secret", "secret-of-the-app"), ("config_id", "77")]);
    let started = self::started(&world, &[]).await;
    let asked = started.redirect_to.query_pairs().into_owned().collect::<std::collections::BTreeMap<_, _>>();
    assert_eq!((asked["config_id"].as_str(), asked.get("scope")), ("77", None));
}

#[tokio::test]
async fn one_consent_gives_several_pages_each_with_its_own_token_and_rights() {
    let scopes = ["pages_show_list", "pages_manage_posts", "business_management"];
    let granular = json!([{ "scope": "pages_manage_posts", "target_ids": ["1055"] }, { "scope": "pages_show_list" }]);
    let mut answers = signing_in(&scopes, granular);
    answers.extend([
        on(ACCOUNTS, 200, list(&[page("1055", Some("PAGE-A"), &["CREATE_CONTENT", "MODERATE"])])),
        on(BUSINESSES, 200, list(&[json!({ "id": "8", "name": "Acme Group" })])),
        on(
            "GET /v26.0/8/owned_pages",
            200,
            list(&[page("1055", Some("PAGE-A"), &[]), page("1066", None, &["ANALYZE"])]),
        ),
        on("GET /v26.0/8/client_pages", 400, json!({ "error": { "code": 200, "message": "no" } })),
        on("GET /v26.0/1066", 200, json!({ "id": "1066", "access_token": "PAGE-B" })),
    ]);
    let canned = Canned::start(answers).await;
    let world = world(&canned.origin);
    let granted = finished(&world).await.expect("granted");
    assert_eq!((granted.account.id.as_str(), granted.account.name.as_str()), ("33", "Ann"));
    assert_eq!(granted.tokens.access.as_ref().map(|token| token.expose().as_str()), Some("LONG-USER"));
    assert_eq!(granted.scopes, scopes);
    let given: Vec<_> = granted
        .channels
        .iter()
        .map(|found| (found.account.id.as_str(), found.tokens.clone(), found.facts.clone()))
        .collect();
    let rights = |scopes: &[&str], tasks: &[&str]| json!({ "scopes": scopes, "tasks": tasks });
    assert_eq!(
        given,
        [
            ("1055", Some(signed_in("PAGE-A")), rights(&scopes, &["CREATE_CONTENT", "MODERATE"])),
            ("1066", Some(signed_in("PAGE-B")), rights(&["pages_show_list", "business_management"], &["ANALYZE"])),
        ]
    );
    let seen = canned.seen();
    let names = |seen: &Seen| seen.pairs(&seen.query).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&seen[0]), ["code", "redirect_uri", "client_id", "client_secret"]);
    assert_eq!((asks(&seen[0], "code").as_str(), seen[0].authorization.as_str()), ("CODE", ""));
    assert_eq!(names(&seen[1]), ["grant_type", "fb_exchange_token", "client_id", "client_secret"]);
    assert_eq!(asks(&seen[2], "access_token"), "123|secret-of-the-app");
    // Every call with a token proves whose it is.
    let proof = meta::proof(&"secret-of-the-app".into(), &"LONG-USER".into());
    for call in &seen[3..] {
        assert_eq!((call.authorization.as_str(), asks(call, "appsecret_proof")), ("Bearer LONG-USER", proof.clone()));
    }
}

#[tokio::test]
async fn a_consent_without_pages_or_without_the_scope_for_them_says_why() {
    let mut answers = signing_in(&["pages_show_list"], json!([]));
    answers.push(on(ACCOUNTS, 200, list(&[])));
    let canned = Canned::start(answers).await;
    let failure = finished(&world(&canned.origin)).await.expect_err("no pages");
    assert!(failure.kind == K::InputInvalid && failure.detail.english().contains("business_management"), "{failure}");
    let canned = Canned::start(signing_in(&["public_profile"], json!([]))).await;
    let failure = finished(&world(&canned.origin)).await.expect_err("no scope");
    assert_eq!(failure.kind, K::ScopeMissing);
    let used = json!({ "error": { "message": "This authorization code has been used.", "type": "OAuthException", "code": 100 } });
    let canned = Canned::start(vec![on(TOKEN, 400, used)]).await;
    assert_eq!(finished(&world(&canned.origin)).await.expect_err("used").kind, K::ReconnectNeeded);
}

#[tokio::test]
async fn a_grant_goes_on_is_asked_again_and_ends() {
    let connect = Facebook.connect();
    let canned = Canned::start(vec![
        on(TOKEN, 200, json!({ "access_token": "LONGER", "expires_in": 5_184_000 })),
        inspected(&["pages_show_list"], json!([])),
        on(ACCOUNTS, 200, json!({ "data": [page("1055", Some("A"), &[])], "paging": { "cursors": { "after": "X" }, "next": "https://x" } })),
        on(ACCOUNTS, 200, json!({ "data": [], "paging": { "cursors": { "after": "Y" }, "next": "https://x" } })),
        on(ACCOUNTS, 200, list(&[page("1066", Some("B"), &[])])),
        on("GET /v26.0/1055", 200, json!({ "id": "1055", "name": "Renamed", "username": "acme" })),
        on("DELETE /v26.0/me/permissions", 200, json!({ "success": true })),
        on("DELETE /v26.0/me/permissions", 400, json!({ "error": { "code": 190, "message": "dead" } })),
        on(TOKEN, 200, json!({ "access_token": "123|x", "token_type": "bearer" })),
        on(TOKEN, 400, json!({ "error": { "code": 1, "message": "Error validating client secret." } })),
    ])
    .await;
    let world = World { tokens: signed_in("LONG-USER"), account_id: "33".into(), ..world_of(&canned.origin) };
    let renewed = connect.refresh(&world.call()).await.expect("renewed");
    assert_eq!(renewed.refresh.map(|token| token.expose().clone()).as_deref(), Some("LONGER"));
    let pages = connect.targets(&world.call()).await.expect("pages");
    // A page of the list that is empty is not its end.
    assert_eq!(pages.iter().map(|found| found.account.id.as_str()).collect::<Vec<_>>(), ["1055", "1066"]);
    let facts = json!({ "scopes": ["pages_show_list"], "tasks": ["MODERATE"] });
    let channel =
        World { tokens: signed_in("A"), account_id: "1055".into(), facts: facts.clone(), ..world_of(&canned.origin) };
    let found = connect.verify(&channel.call()).await.expect("found");
    assert_eq!((found.account.name.as_str(), found.account.handle.as_str(), found.facts), ("Renamed", "acme", facts));
    connect.revoke(&world.call()).await.expect("revoked");
    connect.revoke(&world.call()).await.expect("was revoked");
    assert!(connect.test_app(&world.call()).await.expect("an app"));
    assert_eq!(connect.test_app(&world.call()).await.expect_err("no app").kind, K::AppMisconfigured);
}
