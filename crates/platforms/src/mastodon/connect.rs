//! The life of a grant on an instance: an app registered there, a sign-in or a personal token, its end.

use async_trait::async_trait;
use base::{Secret, Text, say};
use connector::{
    AppCredentials, Call, Callback, Connect, Failure, FailureKind, Found, Granted, StartConnect, Started, Tokens,
    oauth::{Pkce, authorize_url},
};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Mastodon,
    address::Instance,
    discover,
    errors::Ask,
    facts::Facts,
    home,
    peer::{self, Peer},
    scopes,
    wire::{RegisteredApp, Token},
};

/// The name that people see on the consent page and under their posts.
const CLIENT_NAME: &str = "Fanfare";
/// The path on our own address to which an instance sends the browser back.
const CALLBACK_PATH: &str = "connect/mastodon/callback";
/// The mark of a token that a person made by hand, in `Tokens::extra`.
const BY_HAND: &str = "by_hand";

/// What `start` keeps for `finish`.
#[derive(Serialize, Deserialize)]
struct Memory {
    instance: String,
    redirect_uri: String,
    state: String,
    verifier: String,
    scope: String,
}

#[async_trait]
impl Connect for Mastodon {
    async fn locate(&self, call: &Call<'_>, mut input: Value) -> Result<Value, Failure> {
        if let Some(server) = home::of(call, input["instance"].as_str().unwrap_or_default()).await? {
            input["instance"] = json!(server.key());
        }
        Ok(input)
    }

    fn instance_of(&self, input: &Value) -> Result<Option<String>, Failure> {
        Ok(Some(Instance::from_input(input)?.key()))
    }

    async fn register(&self, call: &Call<'_>, instance: Option<&str>) -> Result<Option<AppCredentials>, Failure> {
        let instance = Instance::parse(instance.unwrap_or_default())?;
        let peer = peer::at(call, &instance.origin());
        let known = discover::scopes(&peer).await?;
        let scopes = scopes::to_register(known.as_deref().unwrap_or_default()).join(" ");
        let redirect_uri = redirect_uri(call)?;
        // A list is understood since Mastodon 4.3, which also brought the metadata; others want a text.
        let app = match known {
            Some(_) => match register(&peer, &json!([redirect_uri]), &scopes).await {
                Err(failure) if matches!(failure.status, Some(400 | 422)) => {
                    register(&peer, &json!(redirect_uri), &scopes).await?
                }
                registered => registered?,
            },
            None => register(&peer, &json!(redirect_uri), &scopes).await?,
        };
        let values = [
            ("client_id", app.client_id),
            ("client_secret", app.client_secret),
            ("redirect_uri", redirect_uri),
            ("scopes", scopes),
        ];
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect();
        Ok(Some(AppCredentials { instance: Some(instance.key()), values }))
    }

    /// An app signs in by itself for this: only an instance that no longer knows it refuses it as `invalid_client`.
    async fn still_serves(&self, call: &Call<'_>, redirect_uri: &str) -> bool {
        if refuse_another_callback(call.app, redirect_uri).is_err() {
            return false;
        }
        let asked = async {
            let instance = Instance::parse(call.app.instance.as_deref().unwrap_or_default())?;
            let peer = peer::at(call, &instance.origin());
            let request = peer.request("ask whether the app is known", Method::POST, "/oauth/token").form(&[
                ("grant_type", "client_credentials"),
                ("client_id", call.app.get("client_id")?.expose()),
                ("client_secret", call.app.get("client_secret")?.expose()),
                ("redirect_uri", redirect_uri),
            ]);
            let token: Token = peer.read(Ask::Token, request, say!("a token")).await?;
            // Most instances refuse the scope and give none.
            revoke(&peer, call.app, &token.access_token).await
        };
        asked.await.map_or_else(|failure: Failure| failure.code.as_deref() != Some("invalid_client"), |()| true)
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let instance = Instance::from_input(&request.input)?;
        let client_id = call.app.get("client_id")?.expose();
        refuse_another_callback(call.app, &request.redirect_uri)?;
        let known: Vec<String> = call.app.values.get("scopes").map(|text| words(text.expose())).unwrap_or_default();
        let scope = scopes::wanted(&request.features, &known)
            .map_err(|unknown| wrong(say!("Fanfare has no feature “{unknown}” for Mastodon. Leave it out.")))?;
        let (pkce, scope) = (Pkce::new(call.random), scope.join(" "));
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", &request.redirect_uri),
            ("scope", &scope),
            ("state", &request.state),
            ("code_challenge", &pkce.challenge),
            ("code_challenge_method", "S256"),
        ];
        // Without it an instance takes the account that the browser is signed in to.
        if is_yes(&request.input["force_login"]) {
            parameters.push(("force_login", "true"));
        }
        let consent = format!("{}/oauth/authorize", peer::at(call, &instance.origin()).base);
        let memory = Memory {
            instance: instance.key(),
            redirect_uri: request.redirect_uri.clone(),
            state: request.state.clone(),
            verifier: pkce.verifier.expose().clone(),
            scope: scope.clone(),
        };
        Ok(Started { redirect_to: authorize_url(&consent, &parameters)?, memory: json!(memory) })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let memory: Memory = Memory::deserialize(memory)
            .map_err(|_| wrong(say!("This sign-in was started too long ago, or somewhere else. Connect again.")))?;
        let code = code_of(callback, &memory.state)?;
        let instance = Instance::parse(&memory.instance)?;
        let peer = peer::at(call, &instance.origin());
        let request = peer.request("exchange the code", Method::POST, "/oauth/token").form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", call.app.get("client_id")?.expose()),
            ("client_secret", call.app.get("client_secret")?.expose()),
            ("redirect_uri", &memory.redirect_uri),
            ("code_verifier", &memory.verifier),
        ]);
        let token: Token = peer.read(Ask::Token, request, say!("a token")).await?;
        let peer = peer.signed_in(&token.access_token);
        // An answer that names no scope grants what was asked (RFC 6749, section 5.1).
        let granted = scopes::granted(words(token.scope.as_deref().unwrap_or(&memory.scope)));
        match discover::whose(&peer, &instance, call).await {
            Ok(found) => {
                let access = Some(token.access_token.clone());
                Ok(grant(found, Tokens { access, ..Tokens::default() }, granted))
            }
            Err(failure) => {
                // Nobody will hold this token; ending it is a courtesy that may fail.
                let _ = revoke(&peer, call.app, &token.access_token).await;
                Err(failure)
            }
        }
    }

    async fn with_password(&self, call: &Call<'_>, input: &Value) -> Result<Granted, Failure> {
        let instance = Instance::from_input(input)?;
        let token = input["token"].as_str().unwrap_or_default().trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong(say!(
                "Enter an access token. You make one at {origin}/settings/applications, with the permissions that Fanfare \
                    lists.",
                origin = instance.origin()
            )));
        }
        let token = Secret::from(token);
        let peer = peer::at(call, &instance.origin()).signed_in(&token);
        let found = discover::whose(&peer, &instance, call).await.map_err(|failure| match failure.kind {
            FailureKind::ReconnectNeeded => Failure {
                kind: FailureKind::InputInvalid,
                detail: say!(
                    "The server doesn't know this access token. Copy all of it again from the server's settings."
                ),
                ..failure
            },
            _ => failure,
        })?;
        let granted = discover::token_scopes(&peer).await.map_or_else(scopes::all, scopes::granted);
        let extra = [(BY_HAND.to_owned(), Secret::from("true"))].into();
        Ok(grant(found, Tokens { access: Some(token), extra, ..Tokens::default() }, granted))
    }

    /// There is nothing to refresh: tokens do not expire, and one that is refused was taken back.
    async fn refresh(&self, _call: &Call<'_>) -> Result<Tokens, Failure> {
        let detail =
            say!("Mastodon's tokens don't expire and can't be renewed; this one was revoked. Reconnect the channel.");
        Err(Failure::rejected(FailureKind::ReconnectNeeded, detail))
    }

    async fn revoke(&self, call: &Call<'_>) -> Result<(), Failure> {
        let facts = Facts::read(call.facts);
        if call.tokens.extra.contains_key(BY_HAND) {
            let detail = say!(
                "This token was made by hand, so only its owner can end it: delete its application at {instance}/settings/applications.",
                instance = facts.instance
            );
            return Err(Failure::rejected(FailureKind::ScopeMissing, detail));
        }
        // The app speaks here, by its secret, not the account.
        let peer = peer::of_channel(call, &facts)?.anonymous();
        revoke(&peer, call.app, call.tokens.bearer()?).await
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        let facts = Facts::read(call.facts);
        let peer = peer::of_channel(call, &facts)?;
        discover::whose(&peer, &Instance::parse(&facts.instance)?, call).await
    }
}

async fn register(peer: &Peer<'_>, redirect_uris: &Value, scopes: &str) -> Result<RegisteredApp, Failure> {
    let request = peer.request("register the app", Method::POST, "/api/v1/apps").json(&json!({
        "client_name": CLIENT_NAME,
        "redirect_uris": redirect_uris,
        "scopes": scopes,
        "website": peer.call.public_url,
    }));
    peer.read(Ask::Register, request, say!("the app's client_id and client_secret")).await
}

async fn revoke(peer: &Peer<'_>, app: &AppCredentials, token: &Secret<String>) -> Result<(), Failure> {
    let request = peer.request("end the token", Method::POST, "/oauth/revoke").form(&[
        ("client_id", app.get("client_id")?.expose()),
        ("client_secret", app.get("client_secret")?.expose()),
        ("token", token.expose()),
    ]);
    // An ended token is answered with success too, so that a repeat is harmless.
    peer.ask(Ask::Token, request).await.map(drop)
}

/// Where an instance sends the browser back to: as the engine says, else our own address with a fixed path.
fn redirect_uri(call: &Call<'_>) -> Result<String, Failure> {
    if let Some(given) = call.app.values.get("redirect_uri") {
        return Ok(given.expose().clone());
    }
    let mut base = call.public_url.clone();
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    let joined = base.join(CALLBACK_PATH).map_err(|error| {
        let detail =
            say!("This installation's public address {base} can't be used: {error}", error = error.to_string());
        Failure::rejected(FailureKind::AppMisconfigured, detail)
    })?;
    Ok(joined.into())
}

/// An instance refuses a callback that the app was not registered with; said before the browser is sent there.
fn refuse_another_callback(app: &AppCredentials, wanted: &str) -> Result<(), Failure> {
    match app.values.get("redirect_uri") {
        Some(registered) if registered.expose() != wanted => {
            let detail = say!(
                "Fanfare's app at this server was registered for {expose}, but this installation now runs at {wanted}. Connect again: Fanfare registers a new app.",
                expose = registered.expose()
            );
            let code = Some("redirect_uri_changed".to_owned());
            Err(Failure { code, ..Failure::rejected(FailureKind::AppMisconfigured, detail) })
        }
        _ => Ok(()),
    }
}

fn code_of<'a>(callback: &'a Callback, state: &str) -> Result<&'a str, Failure> {
    let query = |name: &str| callback.query.get(name).map(String::as_str);
    if query("state") != Some(state) {
        return Err(wrong(say!("This answer belongs to another sign-in. Connect again, in one browser.")));
    }
    match (query("error"), query("code")) {
        (Some("access_denied"), _) => Err(wrong(say!(
            "Access was declined at the server, so nothing was connected. Connect again if that was a mistake."
        ))),
        (Some(_), _) => {
            Err(wrong(say!("The server ended the sign-in with an error, so nothing was connected. Connect again.")))
        }
        (None, Some(code)) if !code.is_empty() => Ok(code),
        _ => Err(wrong(say!("The server sent no code, so nothing was connected. Connect again."))),
    }
}

fn grant(found: Found, tokens: Tokens, scopes: Vec<String>) -> Granted {
    Granted { account: found.account.clone(), tokens, scopes, channels: vec![found] }
}

fn is_yes(value: &Value) -> bool {
    value.as_bool().unwrap_or(matches!(value.as_str(), Some("true" | "yes" | "on" | "1")))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn wrong(detail: Text) -> Failure {
    Failure::rejected(FailureKind::InputInvalid, detail)
}
