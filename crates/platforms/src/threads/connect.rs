//! The life of a grant: consent, a token for an hour, exchanged for one for sixty days, prolonged while it lives. Threads
//! cannot be told that a grant ends; its token is deleted here, and the person removes the app at Threads.

use async_trait::async_trait;
use base::say;
use connector::{
    Account, AppCredentials, Call, Callback, Connect, Failure, FailureKind, Found, Granted, StartConnect, Started,
    Tokens,
};
use serde_json::{Value, json};

use super::{
    ABOUT, FEATURES, SCOPES_BASE, Threads, anyone,
    errors::{Asked, NOT_A_TESTER},
    peer, web,
    wire::{Inspected, Profile},
};
use crate::{
    kit::oauth::{self, Consent, Flow, Refusal, Waiting},
    meta::tokens,
};

/// Source: Threads API, get access tokens and permissions; long-lived tokens.
static FLOW: Flow<Asked> = Flow {
    between_scopes: ",",
    pkce: false,
    state_max: tokens::STATE_MAX,
    needed: SCOPES_BASE,
    refusals: &[Refusal { said: "1349245", kind: FailureKind::AppMisconfigured, detail: NOT_A_TESTER }],
    code: tokens::code(Asked::Code),
    renewal: tokens::renewal(Asked::Token, "th_exchange_token", "th_refresh_token"),
    revoke: None,
};

#[async_trait]
impl Connect for Threads {
    /// An app gets a token of its own for its id and secret alone.
    async fn test_app(&self, call: &Call<'_>) -> Result<bool, Failure> {
        let (peer, (id, secret)) = (anyone(call), app(call.app)?);
        let request = peer.get("test the app", "/oauth/access_token").query("grant_type", "client_credentials");
        peer.ask(Asked::App, request.query("client_id", id).query("client_secret", secret)).await.map(|_| true)
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let scopes = scopes_for(&request.features)?;
        let consent = Consent {
            at: ABOUT.name,
            page: &web(call, "/oauth/authorize"),
            redirect_uri: &request.redirect_uri,
            state: &request.state,
            scopes: scopes.into_iter().map(str::to_owned).collect(),
            more: &[],
        };
        let (redirect_to, waiting) = FLOW.ask(call, &consent)?;
        Ok(Started { redirect_to, memory: json!(waiting) })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let waiting: Waiting = Waiting::read(memory)?;
        let code = FLOW.code(&waiting, callback)?;
        let given = FLOW.exchange(&anyone(call), &waiting, code).await?;
        let scopes = granted(call, &given.tokens).await.unwrap_or(given.scopes);
        FLOW.refuse_without(ABOUT.name, &scopes)?;
        let found = who_am_i(&Call { tokens: &given.tokens, ..*call }).await?;
        Ok(Granted::of_account(found, given.tokens, scopes))
    }

    async fn refresh(&self, call: &Call<'_>) -> Result<Tokens, Failure> {
        FLOW.refresh(&anyone(call)).await
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        who_am_i(call).await
    }
}

/// No features means all: what is not asked for now would need another consent later.
fn scopes_for(features: &[String]) -> Result<Vec<&'static str>, Failure> {
    let all: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    oauth::scopes_for(&ABOUT, SCOPES_BASE, &all, features)
}

fn app(app: &AppCredentials) -> Result<(&str, &str), Failure> {
    Ok((app.get("client_id")?.expose(), app.get("client_secret")?.expose()))
}

/// What was granted, which the token's answer does not say: the app may ask, with its id and secret as a token. Where it is not
/// told either, all that was asked for counts as granted.
async fn granted(call: &Call<'_>, tokens: &Tokens) -> Option<Vec<String>> {
    let (peer, (id, secret)) = (anyone(call), app(call.app).ok()?);
    let request = peer.get("ask what was granted", "/debug_token").query("access_token", format!("TH|{id}|{secret}"));
    let request = request.query("input_token", tokens.bearer().ok()?.expose());
    let read: Inspected = peer.read(Asked::App, request, say!("the scopes")).await.ok()?;
    Some(read.data.scopes).filter(|scopes| !scopes.is_empty())
}

async fn who_am_i(call: &Call<'_>) -> Result<Found, Failure> {
    let peer = peer(call)?;
    let request = peer.get("who am I", "/v1.0/me").query("fields", "id,username,name,threads_profile_picture_url");
    let profile: Profile = peer.read(Asked::Read, request, say!("the account")).await?;
    let account = Account {
        url: web(call, &format!("/@{}", profile.username)),
        name: profile.name.filter(|name| !name.is_empty()).unwrap_or_else(|| profile.username.clone()),
        id: profile.id,
        avatar: profile.threads_profile_picture_url,
        handle: profile.username.clone(),
    };
    Ok(Found::itself(account, json!({ "username": profile.username })))
}
