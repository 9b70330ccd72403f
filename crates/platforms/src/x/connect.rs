//! Signing in: OAuth 2.0 with PKCE, for apps with a secret (HTTP Basic) and for public apps (the client id in the form).

use async_trait::async_trait;
use connector::{
    Account, Call, Callback, Connect, Failure, FailureKind, Found, Granted, Reply, StartConnect, Started, Tokens,
};
use http::Method;
use serde_json::{Value, json};

use super::{
    ABOUT, SCOPES_BASE, X, api,
    errors::{self, Asked},
    peer, web,
    wire::{self, Answer, User},
};
use crate::kit::oauth::{self, AppProof, Consent, Flow, Renewal, Step, Waiting};

const fn token(name: &'static str, asked: Asked, grant: &'static str, subject: &'static str) -> Step<Asked> {
    Step { name, asked, method: Method::POST, path: "/2/oauth2/token", grant, subject, app: AppProof::Basic }
}

const REFRESH: Step<Asked> = token("refresh tokens", Asked::Refresh, "refresh_token", "refresh_token");

/// Source: X API, OAuth 2.0 authorization code flow with PKCE.
static FLOW: Flow<Asked> = Flow {
    between_scopes: " ",
    pkce: true,
    state_max: 500,
    // X's consent page grants all or nothing.
    needed: &[],
    refusals: &[],
    code: token("exchange code", Asked::Code, "authorization_code", "code"),
    renewal: Renewal::Refresh(REFRESH),
    revoke: Some(Step {
        name: "revoke token",
        asked: Asked::Revoke,
        method: Method::POST,
        path: "/2/oauth2/revoke",
        grant: "",
        subject: "token",
        app: AppProof::Basic,
    }),
};

/// What is asked for if nothing is chosen: all that publishing needs.
const BY_DEFAULT: &[&str] = &["publish", "media"];

#[async_trait]
impl Connect for X {
    /// The token endpoint looks at the app before it looks at what the app wants: for a refresh token that no one has, X answers
    /// 400 to an app that it knows and 401 to one that it does not. A public app has no secret that could be wrong.
    async fn test_app(&self, call: &Call<'_>) -> Result<bool, Failure> {
        call.app.get("client_id")?;
        if call.app.get("client_secret").is_err() {
            return Ok(false);
        }
        let nobodys = base::random::token::<32>(call.random);
        match REFRESH.send(&peer(call), nobodys.as_str(), &[]).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.kind == FailureKind::ReconnectNeeded => Ok(true),
            Err(failure) => Err(failure),
        }
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let scopes = scopes_for(&request.features)?;
        let consent = Consent {
            at: ABOUT.name,
            page: &web(call, "/i/oauth2/authorize"),
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
        let (peer, code) = (peer(call), FLOW.code(&waiting, callback)?);
        let given = FLOW.exchange(&peer, &waiting, code).await?;
        match who_am_i(&Call { tokens: &given.tokens, ..*call }).await {
            Ok(found) => Ok(Granted::of_account(found, given.tokens, given.scopes)),
            Err(failure) => {
                FLOW.drop_tokens(&peer, &given.tokens).await;
                Err(failure)
            }
        }
    }

    async fn refresh(&self, call: &Call<'_>) -> Result<Tokens, Failure> {
        FLOW.refresh(&peer(call)).await
    }

    async fn revoke(&self, call: &Call<'_>) -> Result<(), Failure> {
        FLOW.revoke(&peer(call), call.tokens).await
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        who_am_i(call).await
    }
}

/// The least scopes for these features, in a fixed order.
pub(super) fn scopes_for(features: &[String]) -> Result<Vec<&'static str>, Failure> {
    oauth::scopes_for(&ABOUT, SCOPES_BASE, BY_DEFAULT, features)
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
