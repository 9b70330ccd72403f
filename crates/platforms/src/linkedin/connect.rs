//! The life of a grant: consent, a token for sixty days, for apps of partners a refresh token for a year. One consent gives the
//! member and the organisations for which they may post; the person chooses.

use std::time::Duration;

use async_trait::async_trait;
use base::{Text, say};
use connector::{
    Account, AppCredentials, Call, Callback, Connect, Failure, FailureKind as K, Found, Granted, StartConnect, Started,
    Tokens,
};
use http::Method;
use serde_json::{Value, json};

use super::{
    ABOUT, LinkedIn,
    errors::Asked,
    peer,
    publish::finder,
    rights::{MAY_POST, Need, Rights},
    urn, web,
    wire::{Acl, Inspection, Me, Organization, Page, UserInfo},
    www,
};
use crate::kit::{
    oauth::{self, AppProof, Consent, Flow, Refusal, Renewal, Step, Waiting},
    peer::{Peer, segment},
};

/// Source: LinkedIn, authorization code flow; programmatic refresh tokens. A proof key is for native apps alone. The longest
/// `state` is not documented.
static FLOW: Flow<Asked> = Flow {
    between_scopes: " ",
    pkce: false,
    state_max: 500,
    // Which scopes there are depends on the app's products.
    needed: &[],
    refusals: &[
        Refusal { said: "user_cancelled_login", kind: K::InputInvalid, detail: CANCELLED },
        Refusal { said: "user_cancelled_authorize", kind: K::InputInvalid, detail: CANCELLED },
        Refusal {
            said: "unauthorized_scope_error",
            kind: K::AppMisconfigured,
            detail: say!(
                "The app at LinkedIn doesn't have a permission that Fanfare asked for. An operator must compare the scopes under Settings, Installation, with the list on the app's page at LinkedIn, under Auth."
            ),
        },
    ],
    code: step("exchange the code", Asked::Code, "/oauth/v2/accessToken", "authorization_code", "code"),
    renewal: Renewal::Refresh(step(
        "refresh the token",
        Asked::Refresh,
        "/oauth/v2/accessToken",
        "refresh_token",
        "refresh_token",
    )),
    revoke: Some(step("revoke the token", Asked::Token, "/oauth/v2/revoke", "", "token")),
};

const CANCELLED: Text =
    say!("LinkedIn access declined, so nothing was connected. Connect again if that was a mistake.");
const NO_REFRESH: Text = say!(
    "LinkedIn lets this app's logins end after 60 days and gives it nothing to prolong them with. Reconnect the channel."
);

const fn step(
    name: &'static str,
    asked: Asked,
    path: &'static str,
    grant: &'static str,
    subject: &'static str,
) -> Step<Asked> {
    Step { name, asked, method: Method::POST, path, grant, subject, app: AppProof::Fields }
}

/// What everyone's app can ask for.
const BASE: &[&str] = &["openid", "profile", "w_member_social"];
/// What is asked for if the app has it. Of the scopes for roles, the one that only reads is enough.
const USED: &[&str] = &[
    "openid",
    "profile",
    "r_basicprofile",
    "w_member_social",
    "r_member_social",
    "w_member_social_feed",
    "r_member_social_feed",
    "r_organization_admin",
    "w_organization_social",
    "r_organization_social",
    "w_organization_social_feed",
    "r_organization_social_feed",
];
/// What new tokens are asked again after that are called revoked: it happens in their first seconds (fastapi-sso 196).
const PATIENCE: [Duration; 3] = if cfg!(test) {
    [Duration::from_millis(1); 3]
} else {
    [Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(10)]
};

#[async_trait]
impl Connect for LinkedIn {
    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        oauth::scopes_for(&ABOUT, &[], &[], &request.features)?;
        let consent = Consent {
            at: ABOUT.name,
            page: &web(call, "/oauth/v2/authorization"),
            redirect_uri: &request.redirect_uri,
            state: &request.state,
            scopes: asked_scopes(call.app),
            more: &[],
        };
        let (redirect_to, waiting) = FLOW.ask(call, &consent)?;
        Ok(Started { redirect_to, memory: json!(waiting) })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let waiting: Waiting = Waiting::read(memory)?;
        let code = FLOW.code(&waiting, callback)?;
        let given = FLOW.exchange(&www(call), &waiting, code).await?;
        let call = Call { tokens: &given.tokens, ..*call };
        let mut waits = PATIENCE.into_iter();
        let read = async || {
            let me = member(&call, &given.scopes).await?;
            let channels = all(&call, &me, &given.scopes, true).await?;
            Ok::<_, Failure>((me, channels))
        };
        let is_fresh = |failure: &Failure| matches!(failure.code.as_deref(), Some("REVOKED_ACCESS_TOKEN" | "65601"));
        let (me, channels) = loop {
            match read().await {
                Err(failure) if is_fresh(&failure) => match waits.next() {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => return Err(failure),
                },
                read => break read?,
            }
        };
        if channels.is_empty() {
            let detail = say!(
                "LinkedIn gave no permission to publish, so nothing was connected. An operator must add the product Share on LinkedIn, or the Community Management API, to the app."
            );
            return Err(Failure::rejected(K::ScopeMissing, detail));
        }
        Ok(Granted { account: me, tokens: given.tokens, scopes: given.scopes, channels })
    }

    async fn refresh(&self, call: &Call<'_>) -> Result<Tokens, Failure> {
        if call.tokens.refresh.is_none() {
            return Err(Failure::rejected(K::ReconnectNeeded, NO_REFRESH));
        }
        FLOW.refresh(&www(call)).await
    }

    async fn revoke(&self, call: &Call<'_>) -> Result<(), Failure> {
        FLOW.revoke(&www(call), call.tokens).await
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        let scopes = granted(call).await?;
        if !urn::is_organization(call.account_id) {
            let account = member(call, &scopes).await?;
            return Ok(Found::itself(account, json!(Rights { scopes, role: None })));
        }
        let (peer, roles) = (peer(call)?, roles(call).await?);
        let role = roles.into_iter().find(|(organization, _)| organization == call.account_id);
        let Some((urn, role)) = role else {
            let detail = say!("The member who connected this organisation no longer has a role there.");
            return Err(Failure::rejected(K::RemoteNotFound, detail));
        };
        organization(&peer, &urn, role, &scopes).await
    }

    fn gives_several(&self) -> bool {
        true
    }

    async fn targets(&self, call: &Call<'_>) -> Result<Vec<Found>, Failure> {
        let scopes = granted(call).await?;
        all(call, &member(call, &scopes).await?, &scopes, false).await
    }
}

/// The scopes that are asked for: always all that the app has, for consent to another set would end the tokens given before.
fn asked_scopes(app: &AppCredentials) -> Vec<String> {
    let of_app = app.get("scopes").map(|scopes| scopes.expose().clone()).unwrap_or_default();
    let of_app: Vec<&str> =
        of_app.split(|c: char| c == ',' || c.is_whitespace()).filter(|one| !one.is_empty()).collect();
    if of_app.is_empty() {
        return BASE.iter().map(|&scope| scope.to_owned()).collect();
    }
    let mut asked: Vec<&str> = USED.iter().copied().filter(|scope| of_app.contains(scope)).collect();
    let wide = "rw_organization_admin";
    if of_app.contains(&wide) && !of_app.contains(&"r_organization_admin") {
        asked.push(wide);
    }
    asked.into_iter().map(str::to_owned).collect()
}

/// What was granted to a token, by LinkedIn's word.
async fn granted(call: &Call<'_>) -> Result<Vec<String>, Failure> {
    let (id, secret) = (call.app.get("client_id")?.expose(), call.app.get("client_secret")?.expose());
    let fields = [("client_id", &**id), ("client_secret", &**secret), ("token", call.tokens.bearer()?.expose())];
    let peer = www(call);
    let request = peer.request("ask what was granted", Method::POST, "/oauth/v2/introspectToken").form(&fields);
    let inspection: Inspection = peer.read(Asked::Token, request, say!("the scopes")).await?;
    if inspection.active {
        Ok(inspection.scope.split([',', ' ']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect())
    } else {
        Err(Failure::rejected(K::TokenExpired, say!("LinkedIn no longer accepts the access token.")))
    }
}

/// The member who is signed in. Their page's address is told only to apps of partners.
async fn member(call: &Call<'_>, scopes: &[String]) -> Result<Account, Failure> {
    let (peer, has) = (peer(call)?, |wanted: &str| scopes.iter().any(|scope| scope == wanted));
    let me: Option<Me> = if has("r_basicprofile") {
        Some(peer.read(Asked::Read, peer.get("who am I", "/v2/me"), say!("the member")).await?)
    } else {
        None
    };
    let info: Option<UserInfo> = if has("openid") || me.is_none() {
        Some(peer.read(Asked::Read, peer.get("who is signed in", "/v2/userinfo"), say!("the member")).await?)
    } else {
        None
    };
    let named = |me: &Me| format!("{} {}", me.localized_first_name, me.localized_last_name).trim().to_owned();
    let id = info.as_ref().map(|info| &info.sub).or(me.as_ref().map(|me| &me.id)).cloned().unwrap_or_default();
    let (name, avatar) = info.map_or((None, None), |info| (info.name, info.picture));
    let name = name.or_else(|| me.as_ref().map(named)).filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
    let vanity = me.and_then(|me| me.vanity_name);
    let url =
        vanity.as_ref().map_or_else(|| web(call, "/feed/"), |vanity| web(call, &format!("/in/{}", segment(vanity))));
    Ok(Account { id: format!("urn:li:person:{id}"), handle: vanity.unwrap_or_else(|| name.clone()), name, url, avatar })
}

/// What the grant gives: the member, and each organisation for which they may post. `is_first`: what can't be read of
/// organisations is left out, so that it doesn't keep the member from connecting.
async fn all(call: &Call<'_>, me: &Account, scopes: &[String], is_first: bool) -> Result<Vec<Found>, Failure> {
    let is_left_out = |failure: &Failure| is_first && matches!(failure.kind, K::ScopeMissing | K::RemoteNotFound);
    let rights = Rights { scopes: scopes.to_vec(), role: None };
    let mut all = Vec::new();
    if rights.allow(Need::Publish) {
        all.push(Found::itself(me.clone(), json!(rights)));
    }
    let reads_roles = scopes.iter().any(|scope| scope.ends_with("_organization_admin"));
    if reads_roles && scopes.iter().any(|scope| scope == "w_organization_social") {
        let peer = peer(call)?;
        let roles = match roles(call).await {
            Err(failure) if is_left_out(&failure) && !all.is_empty() => Vec::new(),
            roles => roles?,
        };
        for (urn, role) in roles.into_iter().filter(|(_, role)| MAY_POST.contains(&role.as_str())) {
            match organization(&peer, &urn, role, scopes).await {
                Err(failure) if is_left_out(&failure) => {}
                found => all.push(found?),
            }
        }
    }
    Ok(all)
}

/// How many roles are on a page, and how many pages are read.
const ROLES: usize = 100;
const ROLE_PAGES_MAX: usize = 10;

/// The member's roles, each with its organisation. The finder is asked for all: with one role named, the others are hidden. Of
/// several roles at one organisation the strongest counts.
async fn roles(call: &Call<'_>) -> Result<Vec<(String, String)>, Failure> {
    let peer = peer(call)?;
    let mut acls = Vec::new();
    for page in 0..ROLE_PAGES_MAX {
        let start = page * ROLES;
        let path = format!("/rest/organizationAcls?q=roleAssignee&state=APPROVED&start={start}&count={ROLES}");
        let request = finder(&peer, "list the organisations", &path);
        let found: Page<Acl> = peer.read(Asked::Read, request, say!("a list of roles")).await?;
        let is_last = found.elements.len() < ROLES;
        acls.extend(found.elements);
        if is_last {
            break;
        }
    }
    let strength = |role: &str| MAY_POST.iter().position(|known| *known == role).unwrap_or(MAY_POST.len());
    let mut all: Vec<(String, String)> = Vec::new();
    for acl in acls.iter().filter(|acl| acl.state.is_empty() || acl.state == "APPROVED") {
        let Some(urn) = acl.organization().filter(|urn| urn::is_organization(urn)) else { continue };
        match all.iter_mut().find(|(known, _)| known == urn) {
            Some((_, role)) if strength(&acl.role) < strength(role) => role.clone_from(&acl.role),
            Some(_) => {}
            None => all.push((urn.to_owned(), acl.role.clone())),
        }
    }
    Ok(all)
}

async fn organization(peer: &Peer<'_, Asked>, urn: &str, role: String, scopes: &[String]) -> Result<Found, Failure> {
    let id = urn.rsplit(':').next().unwrap_or_default();
    let request = peer.get("read the organisation", &format!("/rest/organizations/{}", segment(id)));
    let known: Organization = peer.read(Asked::Read, request, say!("the organisation")).await?;
    let handle = known.vanity_name.unwrap_or_else(|| id.to_owned());
    let name = if known.localized_name.is_empty() { handle.clone() } else { known.localized_name };
    let url = web(peer.call, &format!("/company/{}", segment(&handle)));
    let account = Account { id: urn.to_owned(), handle, name, url, avatar: None };
    Ok(Found::itself(account, json!(Rights { scopes: scopes.to_vec(), role: Some(role) })))
}
