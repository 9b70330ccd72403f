//! From an instance's name to a channel, and back.

use connector::{Callback, Connect as _, FailureKind, Outcome, Tokens};
use sandbox::{Act, Network};
use serde_json::{Value, json};

use super::{Mastodon, World, secret};

#[tokio::test]
async fn a_person_connects_an_account_by_naming_the_instance() {
    let mut world = World::start().await;
    world.register().await;
    let granted = world.sign_in("lena", &[]).await.expect("granted");
    let origin = world.running.origin(Network::Mastodon).as_str().trim_end_matches('/');
    assert_eq!(granted.account.id, format!("{origin}/users/lena"));
    assert_eq!(granted.account.name, "Lena Vos");
    assert_eq!(granted.account.handle, format!("lena@{}", origin.trim_start_matches("http://")));
    assert_eq!(granted.account.url, format!("{origin}/@lena"));
    assert_eq!(granted.scopes, ["profile", "read:statuses", "write:media", "write:statuses"]);
    assert!(granted.tokens.refresh.is_none() && granted.tokens.expires_at.is_none());
    let facts = &granted.channels[0].facts;
    assert_eq!(facts["instance"], origin);
    assert_eq!(
        (&facts["software"], &facts["version"], &facts["api_version"]),
        (&json!("mastodon"), &json!("4.5.2"), &json!(7))
    );
    assert_eq!((&facts["supports_idempotency"], &facts["privacy"]), (&json!(true), &json!("public")));
    assert_eq!(facts["configuration"]["max_characters"], 500);
}

#[tokio::test]
async fn p_014_the_facts_hold_nothing_about_the_person_but_a_local_id() {
    let world = World::connected().await;
    let facts = world.desk.facts.as_object().expect("an object");
    let mut names: Vec<&str> = facts.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "account",
            "api_version",
            "configuration",
            "instance",
            "privacy",
            "software",
            "supports_idempotency",
            "version"
        ]
    );
    assert!(!world.desk.facts.to_string().contains("Lena"));
}

#[tokio::test]
async fn a_server_that_is_not_mastodon_is_connected_and_not_trusted_with_repeats() {
    let world = World::takahe().await;
    let facts = &world.desk.facts;
    assert_eq!(facts["supports_idempotency"], false);
    assert_eq!(facts["version"], "takahe/0.11.0");
    assert_eq!(facts["configuration"]["description_limit"], Value::Null);
    assert_eq!(world.asked("POST", "/api/v1/apps"), 1, "no list of redirect URIs was tried where it is not understood");
}

#[tokio::test]
async fn the_consent_page_asks_for_the_least_and_may_ask_who_one_is() {
    let mut world = World::start().await;
    world.register().await;
    let http = world.desk.http();
    let mut request = world.request(&["publish"]);
    request.input["force_login"] = json!("yes");
    let started = Mastodon.start(&world.desk.call(&http), &request).await.expect("started");
    let query: std::collections::BTreeMap<_, _> = started.redirect_to.query_pairs().into_owned().collect();
    assert_eq!(query["scope"], "profile write:statuses");
    assert_eq!((query["force_login"].as_str(), query["code_challenge_method"].as_str()), ("true", "S256"));
    assert_eq!(query["state"], request.state);
    let plain = Mastodon.start(&world.desk.call(&http), &world.request(&[])).await.expect("started");
    assert!(!plain.redirect_to.as_str().contains("force_login"));
    assert_ne!(plain.memory["verifier"], started.memory["verifier"], "each sign-in has its own proof");
}

#[tokio::test]
async fn s_11_a_denial_another_state_and_a_missing_code_connect_nothing() {
    let mut world = World::start().await;
    world.register().await;
    let http = world.desk.http();
    let call = world.desk.call(&http);
    let started = Mastodon.start(&call, &world.request(&[])).await.expect("started");
    let denied = world.decide(&started.redirect_to, &[("decision", "deny")]).await;
    let refused = Mastodon.finish(&call, &started.memory, &denied).await.expect_err("denied");
    assert!(
        refused.detail.english().contains("declined") && refused.kind == FailureKind::InputInvalid,
        "{}",
        refused.detail
    );

    let mut other = world.decide(&started.redirect_to, &[("account", "lena"), ("decision", "allow")]).await;
    other.query.insert("state".into(), "another".into());
    let refused = Mastodon.finish(&call, &started.memory, &other).await.expect_err("another state");
    assert!(refused.detail.english().contains("another sign-in"), "{}", refused.detail);

    let nothing = Callback { query: [("state".to_owned(), "a-state-of-128-bits".to_owned())].into() };
    assert!(Mastodon.finish(&call, &started.memory, &nothing).await.is_err());
    assert!(Mastodon.finish(&call, &json!({}), &nothing).await.is_err());
    assert_eq!(world.asked("POST", "/oauth/token"), 0, "no code was spent on any of them");
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_the_proof_that_began_it() {
    let mut world = World::start().await;
    world.register().await;
    let http = world.desk.http();
    let call = world.desk.call(&http);
    let started = Mastodon.start(&call, &world.request(&[])).await.expect("started");
    let callback = world.decide(&started.redirect_to, &[("account", "lena"), ("decision", "allow")]).await;
    let mut memory = started.memory.clone();
    memory["verifier"] = json!("another-verifier-of-forty-three-letters-or-more");
    let refused = Mastodon.finish(&call, &memory, &callback).await.expect_err("wrong proof");
    assert_eq!((refused.kind, refused.code.as_deref()), (FailureKind::InputInvalid, Some("invalid_grant")));
}

#[tokio::test]
async fn an_app_that_the_instance_forgot_must_be_registered_anew() {
    let mut world = World::start().await;
    world.register().await;
    let http = world.desk.http();
    let started = Mastodon.start(&world.desk.call(&http), &world.request(&[])).await.expect("started");
    let callback = world.decide(&started.redirect_to, &[("account", "lena"), ("decision", "allow")]).await;
    world.desk.app.values.insert("client_secret".into(), secret("another"));
    let refused = Mastodon.finish(&world.desk.call(&http), &started.memory, &callback).await.expect_err("unknown app");
    assert_eq!((refused.kind, refused.code.as_deref()), (FailureKind::AppMisconfigured, Some("invalid_client")));
}

#[tokio::test]
async fn an_app_serves_until_the_instance_forgets_it_or_our_address_changes() {
    let mut world = World::start().await;
    world.register().await;
    let http = world.desk.http();
    let call = world.desk.call(&http);
    assert!(Mastodon.still_serves(&call, super::BACK).await);
    assert!(!Mastodon.still_serves(&call, "http://127.0.0.1:10/connect/mastodon/callback").await, "another address");
    world.turn(|knobs| knobs.faults = vec![sandbox::Rule::once("token", sandbox::Fault::HtmlBody)]);
    assert!(Mastodon.still_serves(&call, super::BACK).await, "an instance in trouble says nothing about the app");
    world.running.reset();
    assert!(!Mastodon.still_serves(&call, super::BACK).await, "forgotten");
}

#[tokio::test]
async fn a_handle_whose_server_is_elsewhere_leads_to_the_server() {
    let own =
        json!({ "rel": "self", "type": "application/activity+json", "href": "https://social.example.com/users/you" });
    let page = json!({ "rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": "https://example.com/@you" });
    let answer = json!({ "subject": "acct:you@example.com", "links": [page, own] });
    let found = |rules: Vec<(&'static str, u16, Value)>, entered: &'static str| async move {
        let server = super::canned::Canned::with(&rules).await;
        let mut desk = super::Desk::new(base::TestClock::at(base::Timestamp::default()));
        desk.endpoints = [("api".to_owned(), server.origin.clone())].into();
        let http = desk.http();
        let found = Mastodon.locate(&desk.call(&http), json!({ "instance": entered })).await.expect("located");
        found["instance"].as_str().expect("a text").to_owned()
    };
    let finger = "GET /.well-known/webfinger?resource=acct%3Ayou%40example.com";
    for entered in ["@you@example.com", "you@example.com", "acct:you@example.com"] {
        assert_eq!(found(vec![(finger, 200, answer.clone())], entered).await, "social.example.com");
    }
    assert_eq!(found(vec![(finger, 200, answer)], "example.com").await, "example.com", "no handle, nothing is asked");
    assert_eq!(found(vec![(finger, 404, json!({}))], "@you@example.com").await, "@you@example.com");
    assert_eq!(found(vec![(finger, 200, json!("<p>no</p>"))], "@you@example.com").await, "@you@example.com");
}

#[tokio::test]
async fn a_handle_at_which_nothing_answers_says_what_to_enter() {
    let mut desk = super::Desk::new(base::TestClock::at(base::Timestamp::default()));
    desk.endpoints = [("api".to_owned(), url::Url::parse("http://127.0.0.1:9/").expect("an address"))].into();
    let http = desk.http();
    let input = json!({ "instance": "@you@example.com" });
    let refused = Mastodon.locate(&desk.call(&http), input).await.expect_err("nothing there");
    assert_eq!(refused.kind, FailureKind::InputInvalid);
    assert!(
        refused.detail.english().contains("example.com") && refused.detail.english().contains("browser"),
        "{}",
        refused.detail
    );
}

#[tokio::test]
async fn an_app_registered_for_another_address_of_ours_says_so_before_the_browser_leaves() {
    let mut world = World::start().await;
    world.register().await;
    let http = world.desk.http();
    let mut request = world.request(&[]);
    request.redirect_uri = "http://127.0.0.1:10/elsewhere".into();
    let refused = Mastodon.start(&world.desk.call(&http), &request).await.expect_err("another address");
    assert_eq!(refused.code.as_deref(), Some("redirect_uri_changed"));
    let refused = Mastodon.start(&world.desk.call(&http), &world.request(&["telepathy"])).await.expect_err("unknown");
    assert!(refused.detail.english().contains("telepathy"));
}

#[tokio::test]
async fn a_personal_token_connects_the_same_account() {
    let world = World::connected().await;
    let mut other = super::Desk::new(world.desk.clock.clone());
    let token = world.desk.tokens.bearer().expect("a token").expose().clone();
    let http = other.http();
    let input = json!({ "instance": world.running.origin(Network::Mastodon), "token": format!(" {token}\n") });
    let granted = Mastodon.with_password(&other.call(&http), &input).await.expect("granted");
    assert_eq!(granted.account.id, world.desk.account_id);
    // The app of this token was registered with all that Fanfare ever asks for.
    let all = ["profile", "read:search", "read:statuses", "write:favourites", "write:media", "write:statuses"];
    assert_eq!(granted.scopes, all);
    other.take(granted);
    let refused = Mastodon.revoke(&other.call(&http)).await.expect_err("only its owner can end it");
    assert!(refused.detail.english().contains("/settings/applications"), "{}", refused.detail);
}

#[tokio::test]
async fn a_personal_token_that_cannot_be_one_is_refused_in_words() {
    let world = World::start().await;
    let http = world.desk.http();
    for (token, says) in
        [("", "Enter an access token"), ("two words", "Enter an access token"), ("wrong", "doesn't know")]
    {
        let input = json!({ "instance": world.running.origin(Network::Mastodon), "token": token });
        let refused = Mastodon.with_password(&world.desk.call(&http), &input).await.expect_err(token);
        assert_eq!(refused.kind, FailureKind::InputInvalid);
        assert!(refused.detail.english().contains(says), "{}", refused.detail);
    }
}

#[tokio::test]
async fn a_server_without_the_api_is_told_apart_from_a_wrong_token() {
    let world = World::start().await;
    let http = world.desk.http();
    let input = json!({ "instance": world.running.control, "token": "abc" });
    let refused = Mastodon.with_password(&world.desk.call(&http), &input).await.expect_err("no instance");
    assert!(refused.detail.english().contains("no Mastodon API"), "{}", refused.detail);
}

#[tokio::test]
async fn s_55_an_address_that_the_guard_does_not_allow_is_never_called() {
    let world = World::start().await;
    let http = world.desk.http();
    let refused = Mastodon.register(&world.desk.call(&http), Some("http://10.0.0.1")).await.expect_err("private");
    assert_eq!((refused.kind, refused.outcome), (FailureKind::AddressRefused, Outcome::NotSent));
}

#[tokio::test]
async fn tokens_do_not_expire_so_a_refresh_asks_for_a_reconnection() {
    let world = World::connected().await;
    let http = world.desk.http();
    let refused = Mastodon.refresh(&world.desk.call(&http)).await.expect_err("nothing to refresh");
    assert_eq!((refused.kind, refused.outcome), (FailureKind::ReconnectNeeded, Outcome::Rejected));
    assert!(http.take_exchanges().is_empty(), "nothing was asked");
}

#[tokio::test]
async fn s_17_a_revoked_token_is_dead_and_revoking_twice_does_no_harm() {
    let world = World::connected().await;
    let http = world.desk.http();
    let call = world.desk.call(&http);
    Mastodon.verify(&call).await.expect("alive");
    Mastodon.revoke(&call).await.expect("revoked");
    Mastodon.revoke(&call).await.expect("revoked again");
    let dead = Mastodon.verify(&call).await.expect_err("dead");
    assert_eq!(dead.kind, FailureKind::ReconnectNeeded);
}

#[tokio::test]
async fn p_053_a_grant_taken_back_at_the_instance_asks_for_a_reconnection() {
    for world in [World::connected().await, World::takahe().await] {
        world.running.act(Network::Mastodon, &Act::RevokeGrants { account: None });
        let http = world.desk.http();
        let dead = Mastodon.verify(&world.desk.call(&http)).await.expect_err("dead");
        assert_eq!((dead.kind, dead.outcome), (FailureKind::ReconnectNeeded, Outcome::Rejected), "{}", dead.detail);
    }
}

#[tokio::test]
async fn a_verification_reads_new_limits_and_keeps_the_old_ones_if_the_instance_does_not_tell() {
    let mut world = World::connected().await;
    world.turn(|knobs| {
        knobs.own.insert("instance".into(), json!({ "max_characters": 5000 }));
    });
    let http = world.desk.http();
    let found = Mastodon.verify(&world.desk.call(&http)).await.expect("alive");
    assert_eq!(found.facts["configuration"]["max_characters"], 5000);
    assert_eq!(found.account.id, world.desk.account_id);
    world.desk.facts = found.facts.clone();
    let broken =
        sandbox::Fault::Status { status: 503, when: sandbox::When::Before, body: None, headers: Default::default() };
    world.turn(|knobs| {
        knobs.own.clear();
        knobs.faults = vec![sandbox::Rule::once("GET /api/v2/instance", broken)];
    });
    let again = Mastodon.verify(&world.desk.call(&http)).await.expect("alive");
    assert_eq!(again.facts, found.facts);
}

#[tokio::test]
async fn an_override_of_the_address_leads_there_whatever_instance_was_named() {
    let mut world = World::start().await;
    world.desk.endpoints.insert("api".into(), world.running.origin(Network::Mastodon).clone());
    let http = world.desk.http();
    let app = Mastodon.register(&world.desk.call(&http), Some("social.example")).await.expect("registered");
    world.desk.app = app.expect("credentials");
    assert_eq!(world.desk.app.instance.as_deref(), Some("social.example"));
    let mut request = world.request(&[]);
    request.input = json!({ "instance": "@lena@social.example" });
    let started = Mastodon.start(&world.desk.call(&http), &request).await.expect("started");
    assert!(started.redirect_to.as_str().starts_with(world.running.origin(Network::Mastodon).as_str()));
    let callback = world.decide(&started.redirect_to, &[("account", "lena"), ("decision", "allow")]).await;
    let granted = Mastodon.finish(&world.desk.call(&http), &started.memory, &callback).await.expect("granted");
    assert_eq!(granted.account.id, "https://social.example/users/lena", "an account of the named instance");
}

#[tokio::test]
async fn without_a_token_or_facts_a_channel_asks_for_a_reconnection() {
    let mut world = World::connected().await;
    world.desk.tokens = Tokens::default();
    let http = world.desk.http();
    assert_eq!(
        Mastodon.verify(&world.desk.call(&http)).await.expect_err("no token").kind,
        FailureKind::ReconnectNeeded
    );
    world.desk.facts = Value::Null;
    assert_eq!(
        Mastodon.verify(&world.desk.call(&http)).await.expect_err("no facts").kind,
        FailureKind::ReconnectNeeded
    );
}
