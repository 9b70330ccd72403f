//! Connecting, refreshing and ending, against the sandbox.

use std::time::Duration;

use base::{OsRandom, random};
use connector::{Account, AppCredentials, Connect as _, FailureKind as Kind, Outcome, Publish as _};
use sandbox::{Act, Network};
use serde_json::json;

use super::{
    sandbox_world::{CALLBACK, LENA, Net, OTHER, decide},
    world::{Journal, What, post},
};
use crate::bluesky::{
    client::{self, Client},
    identity, oauth,
    oauth::Wish,
    session::{Session, SignIn},
};

#[tokio::test]
async fn an_app_password_connects_the_account_and_reads_only_what_a_channel_needs() {
    let mut net = Net::new().await;
    let input = json!({ "handle": "@Lena.test", "app_password": LENA.1 });
    let granted = net.world.bluesky.with_password(&net.world.call(), &input).await.expect("connected");
    let account = granted.account.clone();
    assert_eq!(account.handle, "lena.test");
    assert!(account.id.starts_with("did:plc:") && account.url.ends_with(&account.id));
    assert_eq!(granted.channels.len(), 1);
    let keys: Vec<&String> = granted.channels[0].facts.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["blob_bytes_max", "pds"]);
    assert_eq!(
        granted.tokens.extra.keys().collect::<Vec<_>>(),
        ["pds", "session"],
        "P-014: no e-mail address, no profile"
    );
    net.world.adopt(granted);
    rename(&net, "Lena on the quay").await;
    let found = net.world.bluesky.verify(&net.world.call()).await.expect("alive");
    // The new profile has no picture.
    assert!(account.avatar.is_some());
    assert_eq!(found.account, Account { name: "Lena on the quay".to_owned(), avatar: None, ..account });
}

async fn rename(net: &Net, name: &str) {
    let profile = json!({ "$type": "app.bsky.actor.profile", "displayName": name, "description": "not ours to keep" });
    let body = json!({ "repo": net.world.account_id, "collection": "app.bsky.actor.profile", "rkey": "self", "record": profile });
    let url = net.sandbox.origin(Network::Bluesky).join("/xrpc/com.atproto.repo.putRecord").expect("an address");
    let request = net.world.http.post("rename", url).json(&body).bearer(net.world.tokens.bearer().expect("a token"));
    let reply = request.send().await.expect("an answer");
    assert!(reply.is_success(), "{}", reply.text());
}

#[tokio::test]
async fn p_050_what_is_no_app_password_leaves_nothing_on_the_wire() {
    let mut net = Net::new().await;
    let failure = net.world.connect_with_password(LENA.0, "my main password").await.expect_err("refused");
    assert_eq!(failure.kind, Kind::InputInvalid);
    assert!(net.sandbox.traffic().of(Network::Bluesky).is_empty());
    let failure = net.world.connect_with_password(LENA.0, "abcd-abcd-abcd-abcd").await.expect_err("wrong");
    assert_eq!((failure.kind, failure.status), (Kind::InputInvalid, Some(401)));
    let failure = net.world.connect_with_password("nobody.test", LENA.1).await.expect_err("unknown");
    assert!(failure.detail.english().contains("nobody.test"), "{}", failure.detail);
}

#[tokio::test]
async fn oauth_connects_the_account_that_was_entered() {
    let net = Net::new().await;
    let granted = net.sign_in(&[]).await.expect("granted");
    assert_eq!(granted.account.handle, LENA.0);
    assert!(client::SCOPES.iter().all(|scope| granted.scopes.iter().any(|has| has == scope)), "{:?}", granted.scopes);
    let exchanges = net.sandbox.traffic().of(Network::Bluesky);
    let pushed = exchanges.iter().find(|e| e.path == "/oauth/par" && e.status == 201).expect("a pushed request");
    let names: Vec<&String> = pushed.body.as_ref().and_then(|body| body.as_object()).expect("a form").keys().collect();
    let expected = [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "login_hint",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    ];
    assert_eq!(names, expected, "P-057: nothing but what the request needs");
}

#[tokio::test]
async fn a_person_who_declines_is_told_and_nothing_is_connected() {
    let net = Net::new().await;
    let started = net.start().await.expect("started");
    let callback = decide(&net.world.http, &started.redirect_to, &[("decision", "deny")]).await;
    let failure = net.world.bluesky.finish(&net.world.call(), &started.memory, &callback).await.expect_err("declined");
    assert_eq!(failure.kind, Kind::InputInvalid);
    assert!(failure.detail.english().contains("declined"), "{}", failure.detail);
}

#[tokio::test]
async fn s_11_another_state_another_verifier_or_another_account_is_refused() {
    let net = Net::new().await;
    let finish = async |memory: &serde_json::Value, callback| {
        net.world.bluesky.finish(&net.world.call(), memory, &callback).await.expect_err("refused")
    };
    let started = net.start().await.expect("started");
    let mut callback =
        decide(&net.world.http, &started.redirect_to, &[("decision", "allow"), ("account", LENA.0)]).await;
    callback.query.insert("state".to_owned(), "x".to_owned());
    assert_eq!(finish(&started.memory, callback).await.kind, Kind::InputInvalid);

    let mut started = net.start().await.expect("started");
    started.memory["verifier"] = random::token::<32>(&OsRandom).into();
    let callback = decide(&net.world.http, &started.redirect_to, &[("decision", "allow"), ("account", LENA.0)]).await;
    assert_eq!(finish(&started.memory, callback).await.code.as_deref(), Some("invalid_grant"));

    let started = net.start().await.expect("started");
    let callback = decide(&net.world.http, &started.redirect_to, &[("decision", "allow"), ("account", OTHER)]).await;
    let failure = finish(&started.memory, callback).await;
    assert!(failure.detail.english().contains("another account"), "{}", failure.detail);
    let ended = net.sandbox.traffic().of(Network::Bluesky).iter().any(|e| e.path == "/oauth/revoke" && e.status == 200);
    assert!(ended, "the unexpected tokens do not stay alive");
}

#[tokio::test]
async fn a_server_without_granular_scopes_is_asked_for_the_old_one() {
    let mut net = Net::new().await;
    net.knob("legacy_scopes", json!(true));
    let granted = net.sign_in(&[]).await.expect("granted");
    assert!(granted.scopes.iter().any(|scope| scope == "transition:generic"));
    assert!(granted.scopes.iter().any(|scope| scope == "repo:app.bsky.feed.post"), "and what it stands for");
    net.world.adopt(granted);
    net.world.publish(&post("by the old scope")).await.expect("published");
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_named() {
    let mut net = Net::new().await;
    let granted = net.sign_in(&["atproto", "repo:app.bsky.feed.post"]).await.expect("granted");
    assert_eq!(granted.scopes, ["atproto", "repo:app.bsky.feed.post"]);
    net.world.adopt(granted);
    let mut draft = post("who may reply?");
    draft.options = json!({ "who_can_reply": ["nobody"] });
    let failure = net.world.publish(&draft).await.expect_err("no scope for gates");
    assert_eq!((failure.outcome, failure.kind, failure.status), (Outcome::Rejected, Kind::ScopeMissing, Some(403)));
}

#[tokio::test]
async fn an_expired_token_is_told_and_refreshed() {
    for oauth in [false, true] {
        let mut net = if oauth { Net::with_oauth().await } else { Net::with_channel().await };
        net.sandbox.act(Network::Bluesky, &Act::ExpireTokens { account: None });
        let failure = net.world.publish(&post("late")).await.expect_err("expired");
        assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, Kind::TokenExpired));
        let before = net.world.tokens.clone();
        net.world.refresh().await.expect("refreshed");
        assert_ne!(net.world.tokens.access, before.access);
        assert_eq!(net.world.tokens.extra, before.extra, "key, server and client stay");
        net.world.publish(&post("in time")).await.expect("published");
    }
}

#[tokio::test]
async fn p_053_a_grant_that_was_taken_back_needs_a_person() {
    for oauth in [false, true] {
        let mut net = if oauth { Net::with_oauth().await } else { Net::with_channel().await };
        net.sandbox.act(Network::Bluesky, &Act::RevokeGrants { account: None });
        let failure = net.world.refresh().await.expect_err("taken back");
        assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, Kind::ReconnectNeeded));
        net.world.bluesky.revoke(&net.world.call()).await.expect("ended already, as wanted");
    }
}

#[tokio::test]
async fn s_15_a_refresh_token_used_twice_ends_the_session() {
    let mut net = Net::with_oauth().await;
    let old = net.world.tokens.clone();
    net.world.refresh().await.expect("refreshed");
    net.world.tokens = old;
    let failure = net.world.refresh().await.expect_err("used up");
    assert_eq!(failure.kind, Kind::ReconnectNeeded);
}

#[tokio::test]
async fn a_public_clients_session_ends_two_weeks_after_it_began() {
    let mut net = Net::with_oauth().await;
    let ends = net.world.tokens.refresh_expires_at.expect("known");
    assert_eq!(ends.since(base::Clock::now(&net.clock)), Duration::from_secs(14 * 24 * 3600));
    net.pass(Duration::from_secs(3600));
    net.world.refresh().await.expect("refreshed");
    assert_eq!(net.world.tokens.refresh_expires_at, Some(ends), "a refresh does not lengthen it");
}

#[tokio::test]
async fn a_nonce_that_went_stale_costs_one_more_exchange_and_no_second_post() {
    let net = Net::with_oauth().await;
    net.world.publish(&post("one")).await.expect("published");
    net.knob("nonce_epoch", json!(7));
    net.world.publish(&post("two")).await.expect("published all the same");
    assert_eq!(net.posts().len(), 2);
}

#[tokio::test]
async fn s_17_disconnecting_ends_the_session_at_the_network() {
    for oauth in [false, true] {
        let mut net = if oauth { Net::with_oauth().await } else { Net::with_channel().await };
        net.world.bluesky.revoke(&net.world.call()).await.expect("ended");
        assert_eq!(net.world.refresh().await.expect_err("ended").kind, Kind::ReconnectNeeded);
    }
}

#[tokio::test]
async fn a_public_installation_is_a_confidential_client_from_consent_to_the_end() {
    let mut net = Net::new().await;
    net.world.app = net.world.bluesky.register(&net.world.call(), None).await.expect("a key").expect("made by itself");
    let host = DocumentHost::start(&net.world.app).await;
    let key = client::current_key(&net.world.app).expect("a key");
    let client = Client { id: format!("{}{}", host.origin, client::METADATA_PATH), key: Some(key) };
    let call = net.world.call();
    let server = oauth::discover(&call, net.sandbox.origin(Network::Bluesky).as_str().trim_end_matches('/'))
        .await
        .expect("found");
    let callback_url = format!("{}/connect/bluesky/callback", host.origin);
    let scope = client::SCOPES.join(" ");
    let wish =
        Wish { redirect_uri: &callback_url, state: "a state", scope: &scope, login_hint: Some(LENA.0), did: None };
    let (page, waiting) = oauth::push(&call, &net.world.bluesky.nonces, &client, &server, &wish).await.expect("pushed");
    let callback = decide(&net.world.http, &page, &[("decision", "allow"), ("account", LENA.0)]).await;
    let granted = net.world.bluesky.finish(&call, &json!(waiting), &callback).await.expect("granted");
    net.world.adopt(granted);
    let SignIn::OAuth(session) = Session::of(&net.world.tokens).expect("a session").kind else { panic!("OAuth") };
    assert!(session.client_key.is_some());
    net.world.refresh().await.expect("refreshed with an assertion");
    net.world.publish(&post("as a confidential client")).await.expect("published");

    let app = std::mem::take(&mut net.world.app);
    let failure = net.world.refresh().await.expect_err("without the key there is no proof of who we are");
    assert_eq!(failure.kind, Kind::AppMisconfigured);
    net.world.app = app;
    net.world.bluesky.revoke(&net.world.call()).await.expect("ended");
}

/// Serves the client document as an installation does, but over plain http: only the sandbox takes that.
struct DocumentHost {
    origin: String,
    task: tokio::task::JoinHandle<()>,
}

impl DocumentHost {
    async fn start(app: &AppCredentials) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("bound"));
        let documents = client::documents_at(app, &url::Url::parse(&origin).expect("an address"));
        let router = documents.into_iter().fold(axum::Router::new(), |router, document| {
            router.route(&document.path, axum::routing::get(async move || axum::Json(document.body.clone())))
        });
        let task = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { origin, task }
    }
}

impl Drop for DocumentHost {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn r_09_looking_up_needs_no_living_token() {
    let mut net = Net::with_channel().await;
    let draft = post("hello");
    let what = What::new(&draft, base::Clock::now(&net.clock));
    let ready = net.world.prepare(&what, &Journal::default()).await.expect("prepared");
    net.world.bluesky.send(&net.world.call(), &ready).await.expect("sent");
    net.sandbox.act(Network::Bluesky, &Act::RevokeGrants { account: None });
    net.world.tokens.access = None;
    let now = base::Clock::now(&net.clock);
    let trace = connector::Trace { ready: &ready, armed_at: now, deadline: now, sent: None, taken: &[] };
    let found = net.world.bluesky.look_up(&net.world.call(), &trace).await.expect("looked");
    assert!(matches!(found, connector::Finding::Published { .. }));
}

#[tokio::test]
async fn s_16_a_handle_must_lead_to_the_account_and_back() {
    let net = Net::new().await;
    let call = net.world.call();
    let entered = identity::Entered::read(LENA.0).expect("a handle");
    let found = identity::find(&call, &entered).await.expect("found");
    assert_eq!(found.handle.as_deref(), Some(LENA.0));
    let by_did = identity::find(&call, &identity::Entered::Did(found.did.clone())).await.expect("found");
    assert_eq!(by_did, found);
    // A directory that tells another name than the handle that led there.
    let liar = liar(&found.did, &found.pds).await;
    let mut endpoints = net.world.endpoints.clone();
    endpoints.insert("plc".to_owned(), url::Url::parse(&liar).expect("an address"));
    let call = connector::Call { endpoints: &endpoints, ..net.world.call() };
    let failure = identity::find(&call, &entered).await.expect_err("one-way");
    assert_eq!(failure.kind, Kind::InputInvalid);
    let by_did = identity::find(&call, &identity::Entered::Did(found.did.clone())).await.expect("the DID is enough");
    assert_eq!(by_did.handle, None, "a name that leads elsewhere is not shown");
}

async fn liar(did: &str, pds: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("bound"));
    let document = json!({
        "id": did, "alsoKnownAs": [format!("at://{OTHER}")],
        "service": [{ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds }],
    });
    let router =
        axum::Router::new().route(&format!("/{did}"), axum::routing::get(async move || axum::Json(document.clone())));
    tokio::spawn(async move { drop(axum::serve(listener, router).await) });
    origin
}

#[tokio::test]
async fn an_address_that_cannot_sign_in_is_told_before_the_network_is_asked() {
    let mut net = Net::new().await;
    net.world.public_url = url::Url::parse("https://app.example.com:8443").expect("an address");
    let request = connector::StartConnect {
        input: json!({ "handle": LENA.0 }),
        redirect_uri: CALLBACK.replace("http://127.0.0.1:8080", "https://app.example.com:8443"),
        state: "state".to_owned(),
        features: Vec::new(),
    };
    let failure = net.world.bluesky.start(&net.world.call(), &request).await.expect_err("no client");
    assert_eq!(failure.kind, Kind::AppMisconfigured);
    assert!(net.sandbox.traffic().of(Network::Bluesky).is_empty());
}

#[tokio::test]
async fn s_08_no_secret_is_in_what_is_kept_of_an_exchange() {
    for oauth in [false, true] {
        let mut net = if oauth { Net::with_oauth().await } else { Net::with_channel().await };
        let mut secrets = vec![LENA.1.to_owned()];
        for _ in 0..2 {
            let tokens = &net.world.tokens;
            let both = [&tokens.access, &tokens.refresh].into_iter().flatten();
            secrets.extend(both.map(|token| token.expose().clone()));
            secrets.extend(tokens.extra.get("dpop_key").map(|key| key.expose().clone()));
            net.world.publish(&post("hello")).await.expect("published");
            net.world.refresh().await.expect("refreshed");
        }
        net.world.bluesky.revoke(&net.world.call()).await.expect("ended");
        let kept = serde_json::to_string(&net.world.http.take_exchanges()).expect("JSON");
        assert!(kept.contains("putRecord") && secrets.len() > 4);
        for secret in secrets {
            assert!(!kept.contains(&secret), "a secret of {} signs is kept", secret.len());
        }
    }
}

#[tokio::test]
async fn p_057_signing_in_sends_who_and_the_app_password_and_nothing_else() {
    let net = Net::with_channel().await;
    let exchanges = net.sandbox.traffic().of(Network::Bluesky);
    let signing_in = exchanges.iter().find(|e| e.path.ends_with("createSession")).expect("a sign-in");
    assert_eq!(signing_in.body, Some(json!({ "identifier": net.world.account_id, "password": LENA.1 })));
    let again = exchanges.iter().filter(|e| e.path.ends_with("createSession")).count();
    net.world.publish(&post("one")).await.expect("published");
    net.world.publish(&post("two")).await.expect("published");
    let after = net.sandbox.traffic().of(Network::Bluesky);
    assert_eq!(after.iter().filter(|e| e.path.ends_with("createSession")).count(), again, "never once per post");
}
