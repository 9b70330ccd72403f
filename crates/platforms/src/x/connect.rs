//! OAuth 2.0 with PKCE: for apps with a secret (HTTP Basic) and for public apps (the client id in the form).

use std::time::Duration;

use async_trait::async_trait;
use base::{Clock, Secret, Text, say};
use connector::{
    Account, AppCredentials, Call, Callback, Connect, Failure, FailureKind, Found, Granted, Reply, Request,
    StartConnect, Started, Tokens,
    oauth::{Pkce, authorize_url},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    FEATURES, SCOPES_BASE, X, api,
    errors::{self, Asked},
    web,
    wire::{self, Answer, TokenAnswer, User},
};

/// The longest `state` that X takes, in characters.
const STATE_MAX: usize = 500;
/// Longer than this no token call may take: the code lives 30 seconds.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(20);

/// What `finish` needs again.
#[derive(Serialize, Deserialize)]
struct Memory {
    verifier: String,
    state: String,
    redirect_uri: String,
    scopes: Vec<String>,
}

#[async_trait]
impl Connect for X {
    fn instance_of(&self, _input: &Value) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    async fn register(&self, _call: &Call<'_>, _instance: Option<&str>) -> Result<Option<AppCredentials>, Failure> {
        Ok(None)
    }

    /// The token endpoint looks at the app before it looks at what the app wants: for a refresh token that nobody has, X answers
    /// 400 to an app that it knows and 401 to one that it does not. A public app has no secret that could be wrong.
    async fn test_app(&self, call: &Call<'_>) -> Result<bool, Failure> {
        client_id(call.app)?;
        if call.app.values.get("client_secret").is_none_or(|secret| secret.expose().trim().is_empty()) {
            return Ok(false);
        }
        let nobodys = base::random::token::<32>(call.random);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", nobodys.as_str())];
        match exchange(call, "test app", Asked::Refresh, &fields).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.kind == FailureKind::ReconnectNeeded => Ok(true),
            Err(failure) => Err(failure),
        }
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        if request.state.len() > STATE_MAX {
            return Err(input(say!(
                "The state has {state} characters; X allows {state_max}.",
                state = request.state.len(),
                state_max = STATE_MAX
            )));
        }
        let client_id = client_id(call.app)?;
        let scopes = scopes_for(&request.features)?;
        let pkce = Pkce::new(call.random);
        let redirect_to = authorize_url(
            &web(call, "/i/oauth2/authorize"),
            &[
                ("response_type", "code"),
                ("client_id", client_id.expose()),
                ("redirect_uri", &request.redirect_uri),
                ("scope", &scopes.join(" ")),
                ("state", &request.state),
                ("code_challenge", &pkce.challenge),
                ("code_challenge_method", "S256"),
            ],
        )?;
        let memory = json!({
            "verifier": pkce.verifier.expose(), "state": request.state,
            "redirect_uri": request.redirect_uri, "scopes": scopes,
        });
        Ok(Started { redirect_to, memory })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let memory = Memory::deserialize(memory)
            .map_err(|_| input(say!("What was stored for this connection can't be read. Start again.")))?;
        let code = code(&memory, callback)?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &memory.redirect_uri),
            ("code_verifier", &memory.verifier),
        ];
        let (tokens, scope) = exchange(call, "exchange code", Asked::Code, &fields).await?;
        let with_tokens = Call { tokens: &tokens, ..*call };
        let found = match who_am_i(&with_tokens).await {
            Ok(found) => found,
            Err(failure) => {
                // Nobody would know of these tokens any more; what became of this is in the recorded exchanges.
                let _ = take_back(&with_tokens).await;
                return Err(failure);
            }
        };
        // RFC 6749, section 5.1: no `scope` in the answer means that all that was asked was granted.
        let scopes = scope.map_or(memory.scopes, |scope| scope.split_whitespace().map(str::to_owned).collect());
        Ok(Granted { account: found.account.clone(), tokens, scopes, channels: vec![found] })
    }

    async fn with_password(&self, _call: &Call<'_>, _input: &Value) -> Result<Granted, Failure> {
        Err(input(say!("X has no app passwords. Connect the account through X's own consent page.")))
    }

    async fn refresh(&self, call: &Call<'_>) -> Result<Tokens, Failure> {
        let Some(old) = &call.tokens.refresh else {
            let detail =
                say!("The channel has no refresh token, because offline.access was not granted. Reconnect it.");
            return Err(Failure::rejected(FailureKind::ReconnectNeeded, detail));
        };
        let fields = [("grant_type", "refresh_token"), ("refresh_token", old.expose().as_str())];
        let (mut tokens, _) = exchange(call, "refresh tokens", Asked::Refresh, &fields).await?;
        // An answer without a refresh token must not throw the one we have away (S-15).
        tokens.refresh = tokens.refresh.or_else(|| Some(old.clone()));
        tokens.extra = call.tokens.extra.clone();
        Ok(tokens)
    }

    async fn revoke(&self, call: &Call<'_>) -> Result<(), Failure> {
        take_back(call).await
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        who_am_i(call).await
    }
}

fn input(detail: Text) -> Failure {
    Failure::rejected(FailureKind::InputInvalid, detail)
}

fn client_id(app: &AppCredentials) -> Result<&Secret<String>, Failure> {
    let id = app.get("client_id")?;
    let empty = || {
        Failure::rejected(
            FailureKind::AppMisconfigured,
            say!("The X app's client ID is empty. An operator must enter it."),
        )
    };
    if id.expose().trim().is_empty() { Err(empty()) } else { Ok(id) }
}

/// The least scopes for these features, in a fixed order. No features means all that publishing needs.
pub(super) fn scopes_for(features: &[String]) -> Result<Vec<&'static str>, Failure> {
    let wanted: Vec<&str> =
        if features.is_empty() { vec!["publish", "media"] } else { features.iter().map(String::as_str).collect() };
    let mut scopes = SCOPES_BASE.to_vec();
    for name in wanted {
        let feature = FEATURES.iter().find(|feature| feature.name == name);
        let feature = feature.ok_or_else(|| input(say!("X has no feature `{name}`.")))?;
        scopes.extend(feature.scopes.iter().filter(|scope| !scopes.contains(scope)).collect::<Vec<_>>());
    }
    Ok(scopes)
}

/// The code in the callback, after its state was compared.
fn code<'a>(memory: &Memory, callback: &'a Callback) -> Result<&'a str, Failure> {
    let value = |name: &str| callback.query.get(name).map(String::as_str);
    if value("state") != Some(memory.state.as_str()) {
        return Err(input(say!("The answer from X belongs to another attempt to connect. Start again.")));
    }
    match (value("error"), value("code")) {
        (Some("access_denied"), _) => {
            let detail =
                say!("Access was declined at X, so nothing was connected. Try again and choose Authorize app.");
            Err(Failure::rejected(FailureKind::ReconnectNeeded, detail).answered(302, Some("access_denied".into())))
        }
        (Some(error), _) => {
            let detail = say!(
                "X refused the connection ({error}). An operator must compare the callback address, app type and permissions with the X developer console.",
                error = error.to_string()
            );
            Err(Failure::rejected(FailureKind::AppMisconfigured, detail).answered(302, Some(error.to_owned())))
        }
        (None, Some(code)) if !code.is_empty() => Ok(code),
        _ => Err(input(say!("X sent no code. Start connecting again."))),
    }
}

/// The app proves itself: with its secret if it has one, by its id in the form if it is public.
fn as_app(call: &Call<'_>, request: Request, fields: &[(&str, &str)]) -> Result<Request, Failure> {
    let id = client_id(call.app)?;
    let secret = call.app.values.get("client_secret").filter(|secret| !secret.expose().trim().is_empty());
    let mut fields = fields.to_vec();
    let request = match secret {
        Some(secret) => request.basic(id.expose(), secret),
        None => {
            fields.push(("client_id", id.expose()));
            request
        }
    };
    Ok(request.form(&fields).timeout(TOKEN_TIMEOUT))
}

async fn exchange(
    call: &Call<'_>,
    name: &'static str,
    asked: Asked,
    fields: &[(&str, &str)],
) -> Result<(Tokens, Option<String>), Failure> {
    let request = as_app(call, call.http.post(name, api(call, "/2/oauth2/token")), fields)?;
    let reply = request.send().await.map_err(|error| errors::lost(asked, error))?;
    let now = call.clock.now();
    if !reply.is_success() {
        return Err(errors::failure(asked, &reply, now));
    }
    let answer: TokenAnswer = reply.json().map_err(|_| errors::odd_answer(asked, &reply, now))?;
    Ok((tokens(&answer, call.clock), answer.scope))
}

fn tokens(answer: &TokenAnswer, clock: &dyn Clock) -> Tokens {
    Tokens {
        access: Some(answer.access_token.clone()),
        refresh: answer.refresh_token.clone().filter(|token| !token.expose().is_empty()),
        expires_at: answer.expires_in.map(|seconds| clock.now() + Duration::from_secs(seconds)),
        ..Tokens::default()
    }
}

/// Revokes the refresh token and the access token; both are tried even if the first fails.
async fn take_back(call: &Call<'_>) -> Result<(), Failure> {
    let mut first = Ok(());
    for (hint, token) in [("refresh_token", &call.tokens.refresh), ("access_token", &call.tokens.access)] {
        let Some(token) = token else { continue };
        first = first.and(take_back_one(call, hint, token).await);
    }
    first
}

async fn take_back_one(call: &Call<'_>, hint: &str, token: &Secret<String>) -> Result<(), Failure> {
    let fields = [("token", token.expose().as_str()), ("token_type_hint", hint)];
    let request = as_app(call, call.http.post("revoke token", api(call, "/2/oauth2/revoke")), &fields)?;
    let reply = request.send().await.map_err(|error| errors::lost(Asked::Revoke, error))?;
    if reply.is_success() {
        return Ok(());
    }
    let failure = errors::failure(Asked::Revoke, &reply, call.clock.now());
    // A token that X does not know any more is as good as taken back.
    if failure.kind == FailureKind::ReconnectNeeded { Ok(()) } else { Err(failure) }
}

async fn who_am_i(call: &Call<'_>) -> Result<Found, Failure> {
    let request = call
        .http
        .get("who am I", api(call, "/2/users/me"))
        .query("user.fields", "id,name,profile_image_url,protected,subscription_type,username")
        .bearer(call.tokens.bearer()?);
    let reply = request.send().await.map_err(|error| errors::lost(Asked::Read, error))?;
    let user = read_user(&reply).ok_or_else(|| {
        let now = call.clock.now();
        if reply.is_success() {
            errors::odd_answer(Asked::Read, &reply, now)
        } else {
            errors::failure(Asked::Read, &reply, now)
        }
    })?;
    let facts = json!({ "subscription_type": user.subscription_type, "protected": user.protected.unwrap_or(false) });
    let account = Account {
        url: web(call, &format!("/{}", user.username)),
        id: user.id,
        handle: user.username,
        name: user.name,
        // `_normal` is 48 pixels wide, `_400x400` the largest that X makes of every picture.
        avatar: user.profile_image_url.map(|address| address.replacen("_normal.", "_400x400.", 1)),
    };
    Ok(Found::itself(account, facts))
}

fn read_user(reply: &Reply) -> Option<User> {
    let answer: Answer<User> = reply.is_success().then(|| reply.json().ok()).flatten()?;
    answer.data.filter(|user| wire::is_id(&user.id) && !user.username.is_empty())
}
