//! The life of a grant: consent, a token for an hour, exchanged for one for sixty days, prolonged while it lives. Instagram
//! cannot be told that a grant ends; its token is deleted here, and the person removes the app at Instagram.

use async_trait::async_trait;
use base::say;
use connector::{Account, Call, Callback, Connect, Failure, Found, Granted, StartConnect, Started, Tokens};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ABOUT, FEATURES, Instagram, SCOPES_BASE, VERSION, anyone, errors::Asked, peer, sign_in, web};
use crate::{
    kit::oauth::{self, Consent, Flow, Waiting},
    meta::{hooks, tokens, wire::id},
};

/// Source: Instagram API with Instagram Login, business login.
static FLOW: Flow<Asked> = Flow {
    between_scopes: ",",
    pkce: false,
    state_max: tokens::STATE_MAX,
    needed: SCOPES_BASE,
    refusals: &[],
    code: tokens::code(Asked::Code),
    renewal: tokens::renewal(Asked::Token, "ig_exchange_token", "ig_refresh_token"),
    revoke: None,
};

#[async_trait]
impl Connect for Instagram {
    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let consent = Consent {
            at: ABOUT.name,
            page: &web(call, "/oauth/authorize"),
            redirect_uri: &request.redirect_uri,
            state: &request.state,
            scopes: scopes_for(&request.features)?,
            more: &[],
        };
        let (redirect_to, waiting) = FLOW.ask(call, &consent)?;
        Ok(Started { redirect_to, memory: json!(waiting) })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let waiting: Waiting = Waiting::read(memory)?;
        let code = FLOW.code(&waiting, callback)?;
        let given = FLOW.exchange_between(&sign_in(call), &anyone(call), &waiting, code).await?;
        let found = who_am_i(&Call { tokens: &given.tokens, ..*call }).await?;
        Ok(Granted::of_account(found, given.tokens, given.scopes))
    }

    async fn refresh(&self, call: &Call<'_>) -> Result<Tokens, Failure> {
        FLOW.refresh(&anyone(call)).await
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        who_am_i(call).await
    }
}

/// No features means all: what is not asked for now would need another consent later.
fn scopes_for(features: &[String]) -> Result<Vec<String>, Failure> {
    let all: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    let scopes = oauth::scopes_for(&ABOUT, SCOPES_BASE, &all, features)?;
    Ok(scopes.into_iter().map(str::to_owned).collect())
}

/// An account, as far as Fanfare keeps it (P-014).
#[derive(Deserialize)]
struct Profile {
    /// The professional account, as comments and other APIs know it; `id` is another one, of the account at this app.
    #[serde(deserialize_with = "id")]
    user_id: String,
    #[serde(default)]
    id: Value,
    username: String,
    name: Option<String>,
    account_type: Option<String>,
    profile_picture_url: Option<String>,
}

async fn who_am_i(call: &Call<'_>) -> Result<Found, Failure> {
    let peer = peer(call)?;
    let request = peer.get("who am I", &format!("{VERSION}/me"));
    let request = request.query("fields", "id,user_id,username,name,account_type,profile_picture_url");
    let profile: Profile = peer.read(Asked::Read, request, say!("the account")).await?;
    let account = Account {
        url: web(call, &format!("/{}/", profile.username)),
        name: profile.name.filter(|name| !name.is_empty()).unwrap_or_else(|| profile.username.clone()),
        id: profile.user_id,
        avatar: profile.profile_picture_url,
        handle: profile.username.clone(),
    };
    let mut facts = json!({ "username": profile.username, "account_type": profile.account_type });
    // By this one Instagram says that the person removed the app.
    if let Some(id) = hooks::id(&profile.id) {
        facts["scoped_id"] = json!(id);
    }
    Ok(Found::itself(account, facts))
}
