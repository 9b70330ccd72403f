//! `POST /oauth/par`: the only way to begin.

use std::time::Duration;

use base::random;
use http::HeaderMap;
use serde_json::{Value, json};

use super::{CHALLENGE_REST, Form, Pushed, check_scope, client, proof};
use crate::bluesky::{Bluesky, refusal::Refusal};

const PREFIX: &str = "urn:ietf:params:oauth:request_uri:req-";
const LIFE: Duration = Duration::from_secs(300);

/// Takes a request; gives what goes into the authorize address.
pub async fn push(twin: &Bluesky, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    let form = Form::read(headers, body)?;
    let thumbprint = proof(twin, headers, "/oauth/par")?;
    let client = client::resolve(twin, form.need("client_id")?).await?;
    let now = twin.core.now();
    let mut data = twin.data();
    data.oauth.sweep(now);
    let client_key = client.authenticate(&form, &twin.endpoint(), &mut data.oauth, now)?;
    let pushed = Pushed { client_key, thumbprint, ends_at: now + LIFE, ..checked(twin, &client, &form)? };
    let used = data.oauth.challenges.get(&pushed.challenge);
    if used.is_some_and(|at| now.since(*at) < CHALLENGE_REST) {
        return Err(Refusal::oauth("invalid_request", "Code challenge already used"));
    }
    data.oauth.challenges.insert(pushed.challenge.clone(), now);
    let request_uri = format!("{PREFIX}{}", random::token::<24>(&*twin.core.random));
    data.oauth.pushed.insert(request_uri.clone(), pushed);
    Ok(json!({"request_uri": request_uri, "expires_in": LIFE.as_secs() - 1}))
}

fn checked(twin: &Bluesky, client: &client::Client, form: &Form) -> Result<Pushed, Refusal> {
    let wrong = |why: &str| Refusal::oauth("invalid_request", why);
    if form.need("response_type")? != "code" {
        return Err(Refusal::oauth("unsupported_response_type", "response_type must be code"));
    }
    if form.get("request_uri").is_some() || form.get("request").is_some() {
        return Err(wrong("a pushed request carries its parameters itself"));
    }
    let redirect_uri = form.need("redirect_uri")?;
    if !client.may_redirect_to(redirect_uri) {
        return Err(wrong("Invalid redirect_uri: it is not in the client metadata"));
    }
    if form.need("code_challenge_method")? != "S256" {
        return Err(wrong("code_challenge_method must be S256"));
    }
    let challenge = form.need("code_challenge")?;
    if challenge.len() != 43 || !challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
        return Err(wrong("code_challenge must be the base64url of a SHA-256, 43 letters"));
    }
    let response_mode = form.get("response_mode").unwrap_or("query");
    if !["query", "fragment"].contains(&response_mode) {
        return Err(wrong("response_mode must be query or fragment"));
    }
    let scope = form.need("scope")?;
    check_scopes(twin, client, scope)?;
    Ok(Pushed {
        client_id: client.id.clone(),
        client_name: client.name.clone(),
        client_key: None,
        redirect_uri: redirect_uri.to_owned(),
        response_mode: response_mode.to_owned(),
        scope: scope.to_owned(),
        state: form.need("state")?.to_owned(),
        challenge: challenge.to_owned(),
        login_hint: form.get("login_hint").map(str::to_owned),
        thumbprint: String::new(),
        ends_at: twin.core.now(),
    })
}

fn check_scopes(twin: &Bluesky, client: &client::Client, scope: &str) -> Result<(), Refusal> {
    if !scope.split_whitespace().any(|scope| scope == "atproto") {
        return Err(Refusal::oauth("invalid_scope", "The \"atproto\" scope is required"));
    }
    for scope in scope.split_whitespace() {
        if !client.scopes.iter().any(|declared| declared == scope) {
            let why = format!("Scope \"{scope}\" is not declared in the client metadata");
            return Err(Refusal::oauth("invalid_scope", why));
        }
        check_scope(twin, scope)?;
    }
    Ok(())
}
