//! What the consent page is asked for, and which accounts come of it, each with the token of its page.

use base::TestClock;
use connector::{
    Callback, Connect, Connector as _, Failure, FailureKind as K, Granted, Publish, Rule, StartConnect, Tokens,
};
use serde_json::{Value, json};

use super::{NOW, World, draft, text};
use crate::{
    instagram_pages::InstagramPages,
    meta,
    test_kit::{Canned, Ready, on},
};

const TOKEN: &str = "GET /v26.0/oauth/access_token";
const PAGE_TOKEN: &str = "PAGE-A";

fn world(origin: &str) -> World {
    let world = World::at(origin, &["graph", "dialog", "www"], Value::Null, TestClock::at(NOW));
    World { tokens: Tokens::default(), ..world }
}

/// A channel of one account.
fn channel(origin: &str) -> World {
    let tokens = Tokens { access: Some(PAGE_TOKEN.into()), ..Tokens::default() };
    let facts =
        json!({ "username": "ann", "page": "1055", "scopes": ["instagram_basic"], "tasks": ["CREATE_CONTENT"] });
    World { tokens, facts, account_id: "178411".into(), ..world(origin) }
}

async fn started(world: &World, features: &[&str]) -> connector::Started {
    let request = StartConnect {
        input: json!({}),
        redirect_uri: "https://fanfare.example/connect/instagram_pages".into(),
        state: "a-state-of-at-least-128-bits".into(),
        features: features.iter().map(|&feature| feature.to_owned()).collect(),
    };
    InstagramPages.start(&world.call(), &request).await.expect("started")
}

async fn finished(world: &World) -> Result<Granted, Failure> {
    let started = started(world, &[]).await;
    let query = [("state", "a-state-of-at-least-128-bits"), ("code", "CODE")];
    let callback = Callback { query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).into() };
    InstagramPages.finish(&world.call(), &started.memory, &callback).await
}

/// The answers up to the list of pages, and that list.
fn signing_in(pages: &Value) -> Vec<Ready> {
    let granular = json!([
        { "scope": "pages_show_list", "target_ids": ["1055", "1066", "1077"] },
        { "scope": "instagram_content_publish", "target_ids": ["178411"] },
    ]);
    let scopes = ["instagram_basic", "pages_show_list", "instagram_content_publish"];
    vec![
        on(TOKEN, 200, json!({ "access_token": "SHORT", "expires_in": 5400 })),
        on(TOKEN, 200, json!({ "access_token": "LONG-USER", "expires_in": 5_184_000 })),
        on("GET /v26.0/debug_token", 200, json!({ "data": { "scopes": scopes, "granular_scopes": granular } })),
        on("GET /v26.0/me", 200, json!({ "id": "33", "name": "Ann" })),
        on("GET /v26.0/me/accounts", 200, json!({ "data": pages })),
    ]
}

#[tokio::test]
async fn the_consent_page_is_facebooks_and_asks_for_instagrams_permissions() {
    let world = world("http://127.0.0.1:1/");
    let asked = started(&world, &["publish", "delete"]).await.redirect_to;
    assert_eq!(asked.path(), "/v26.0/dialog/oauth");
    let scope = asked.query_pairs().find(|(name, _)| name == "scope").expect("a scope").1.into_owned();
    let wanted =
        "instagram_basic,pages_show_list,instagram_content_publish,pages_read_engagement,instagram_manage_contents";
    assert_eq!(scope, wanted);
}

#[tokio::test]
async fn pages_give_the_accounts_that_are_linked_to_them_each_with_the_page_s_token_and_rights() {
    let linked = |id: &str, name: &str| json!({ "id": id, "username": name, "name": "", "profile_picture_url": "https://cdn.example/a.jpg" });
    let pages = json!([
        { "id": "1055", "name": "Ann's", "access_token": PAGE_TOKEN, "tasks": ["CREATE_CONTENT"], "instagram_business_account": linked("178411", "ann") },
        { "id": "1066", "name": "No account", "access_token": "PAGE-B", "tasks": [] },
        { "id": "1077", "name": "Tom's", "access_token": "PAGE-C", "tasks": ["ANALYZE"], "instagram_business_account": linked("178422", "tom") },
    ]);
    let canned = Canned::start(signing_in(&pages)).await;
    let granted = finished(&world(&canned.origin)).await.expect("granted");
    assert_eq!((granted.account.id.as_str(), granted.account.handle.as_str()), ("33", "Ann"));
    let given: Vec<_> =
        granted.channels.iter().map(|found| (found.account.handle.as_str(), found.facts.clone())).collect();
    let all = ["instagram_basic", "pages_show_list", "instagram_content_publish"];
    assert_eq!(
        given,
        [
            ("ann", json!({ "username": "ann", "page": "1055", "scopes": all, "tasks": ["CREATE_CONTENT"] })),
            ("tom", json!({ "username": "tom", "page": "1077", "scopes": &all[..2], "tasks": ["ANALYZE"] })),
        ]
    );
    assert_eq!(granted.channels[0].account.name, "ann", "an account without a name has its user name");
    let token = granted.channels[0].tokens.as_ref().and_then(|tokens| tokens.access.as_ref());
    assert_eq!(token.map(|token| token.expose().as_str()), Some(PAGE_TOKEN));
    // What was not given for an account is said before anything is published.
    let issues = |at: usize| InstagramPages.check(&draft(vec![text("x")]), &granted.channels[at].facts);
    let missing = |at: usize| issues(at).iter().any(|issue| issue.rule == Rule::PermissionMissing);
    assert_eq!((missing(0), missing(1)), (false, true));

    let canned = Canned::start(signing_in(&json!([pages[1]]))).await;
    let failure = finished(&world(&canned.origin)).await.expect_err("no account");
    assert!(failure.kind == K::InputInvalid && failure.detail.english().contains("Linked accounts"), "{failure}");
}

#[tokio::test]
async fn every_call_of_a_channel_goes_to_the_page_s_server_with_its_token_and_proof() {
    let connect = InstagramPages.connect();
    let profile = json!({ "id": "178411", "username": "ann_b", "name": "Ann B" });
    let canned = Canned::start(vec![
        on("GET /v26.0/178411", 200, profile),
        on(
            "GET /v26.0/me/permissions",
            200,
            json!({ "data": [
            { "permission": "pages_show_list", "status": "granted" },
            { "permission": "instagram_basic", "status": "granted" },
            { "permission": "instagram_content_publish", "status": "declined" },
        ] }),
        ),
        on("DELETE /v26.0/me/permissions/instagram_basic", 200, json!({ "success": true })),
    ])
    .await;
    let world = channel(&canned.origin);
    let found = connect.verify(&world.call()).await.expect("alive");
    assert_eq!(
        (found.account.id.as_str(), found.account.handle.as_str(), &found.facts["page"]),
        ("178411", "ann_b", &json!("1055"))
    );
    // What belongs to pages stays: with the same app they may be channels of their own.
    connect.revoke(&world.call()).await.expect("revoked");
    let proof = meta::proof(&"secret-of-the-app".into(), &PAGE_TOKEN.into());
    for call in &canned.seen() {
        assert_eq!((call.authorization.as_str(), call.asks("appsecret_proof")), ("Bearer PAGE-A", Some(proof.clone())));
    }
    assert_eq!(canned.seen().len(), 3);
}
