//! The life of a grant on an instance: an app registered there, a sign-in or a personal token, its end.

use async_trait::async_trait;
use base::{Secret, Text, say};
use connector::{
    AppCredentials, Call, Callback, Connect, Failure, FailureKind, Found, Granted, StartConnect, Started, Tokens,
};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Mastodon,
    address::Instance,
    discover,
    errors::Asked,
    facts::Facts,
    home,
    peer::{self, Peer},
    scopes,
    wire::RegisteredApp,
};
use crate::kit::oauth::{AppProof, Consent, Flow, Renewal, Step, Waiting};

/// The name that people see on the consent page and under their posts.
const CLIENT_NAME: &str = "Fanfare";
/// The path on our own address to which an instance sends the browser back.
const CALLBACK_PATH: &str = "connect/mastodon/callback";
/// The mark of a token that a person made by hand, in `Tokens::extra`.
const BY_HAND: &str = "by_hand";

const fn step(name: &'static str, path: &'static str, grant: &'static str, subject: &'static str) -> Step<Asked> {
    Step { name, asked: Asked::Token, method: Method::POST, path, grant, subject, app: AppProof::Fields }
}

/// Source: Mastodon API, OAuth. Tokens do not expire.
static FLOW: Flow<Asked> = Flow {
    between_scopes: " ",
    pkce: true,
    state_max: usize::MAX,
    // The consent page grants all or nothing.
    needed: &[],
    refusals: &[],
    code: step("exchange the code", "/oauth/token", "authorization_code", "code"),
    renewal: Renewal::Never,
    // An ended token is answered with success too, so that a repeat is harmless.
    revoke: Some(step("end the token", "/oauth/revoke", "", "token")),
};

/// An app signs in by itself.
const AS_APP: Step<Asked> = step("ask whether the app is known", "/oauth/token", "client_credentials", "redirect_uri");

/// What `start` keeps for `finish`.
#[derive(Serialize, Deserialize)]
struct Memory {
    instance: String,
    #[serde(flatten)]
    waiting: Waiting,
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
            // Most instances refuse the scope and give none.
            let given = FLOW.given(&peer, &AS_APP, redirect_uri, &[], &[]).await?;
            FLOW.revoke(&peer, &given.tokens).await
        };
        asked.await.map_or_else(|failure: Failure| failure.code.as_deref() != Some("invalid_client"), |()| true)
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let instance = Instance::from_input(&request.input)?;
        refuse_another_callback(call.app, &request.redirect_uri)?;
        let known: Vec<String> = call.app.values.get("scopes").map(|text| words(text.expose())).unwrap_or_default();
        let scope = scopes::wanted(&request.features, &known)
            .map_err(|unknown| wrong(say!("Fanfare has no feature “{unknown}” for Mastodon. Leave it out.")))?;
        // Without it an instance takes the account that the browser is signed in to.
        let more: &[(&str, &str)] =
            if is_yes(&request.input["force_login"]) { &[("force_login", "true")] } else { &[] };
        let consent = Consent {
            at: &instance.key(),
            page: &format!("{}/oauth/authorize", peer::at(call, &instance.origin()).base),
            redirect_uri: &request.redirect_uri,
            state: &request.state,
            scopes: scope,
            more,
        };
        let (redirect_to, waiting) = FLOW.ask(call, &consent)?;
        Ok(Started { redirect_to, memory: json!(Memory { instance: instance.key(), waiting }) })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let Memory { instance, waiting } = Waiting::read(memory)?;
        let code = FLOW.code(&waiting, callback)?;
        let instance = Instance::parse(&instance)?;
        let peer = peer::at(call, &instance.origin());
        let given = FLOW.exchange(&peer, &waiting, code).await?;
        match discover::whose(&peer.clone().signed_in(given.tokens.bearer()?), &instance, call).await {
            Ok(found) => {
                let granted = scopes::granted(given.scopes);
                Ok(Granted::of_account(found, given.tokens, granted))
            }
            Err(failure) => {
                FLOW.drop_tokens(&peer, &given.tokens).await;
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
        Ok(Granted::of_account(found, Tokens { access: Some(token), extra, ..Tokens::default() }, granted))
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
        FLOW.revoke(&peer::of_channel(call, &facts)?, call.tokens).await
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
    peer.read(Asked::Register, request, say!("the app's client_id and client_secret")).await
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

fn is_yes(value: &Value) -> bool {
    value.as_bool().unwrap_or(matches!(value.as_str(), Some("true" | "yes" | "on" | "1")))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn wrong(detail: Text) -> Failure {
    Failure::rejected(FailureKind::InputInvalid, detail)
}
