//! The life of a grant: consent, a token for an hour or two, exchanged for one for sixty days, and with that the tokens of
//! the pages, which have no end of their own. There is no refresh token: the long one is exchanged again while it lives.

use async_trait::async_trait;
use base::say;
use connector::{
    Account, AppCredentials, Call, Callback, Connect, Failure, FailureKind, Found, Granted, StartConnect, Started,
    Tokens,
};
use http::Method;
use serde_json::{Value, json};

use super::{
    ABOUT, FEATURES, Facebook, SCOPES_BASE, VERSION, anyone,
    errors::Asked,
    peer,
    rights::Rights,
    web,
    wire::{Done, Inspected, Inspection, Known, Page, PageToken},
};
use crate::{
    kit::{
        oauth::{self, AppProof, Consent, Flow, Renewal, Step, Waiting},
        peer::{Peer, segment},
    },
    meta::{self, pages},
};

/// Source: Facebook Login, manual flow; access tokens, long-lived. Proof keys are neither documented nor needed.
static FLOW: Flow<Asked> = Flow {
    between_scopes: ",",
    pkce: false,
    state_max: 500,
    needed: SCOPES_BASE,
    refusals: &[],
    code: step("exchange the code", Asked::Code, "", "code"),
    renewal: Renewal::Exchange {
        first: step("exchange the token", Asked::Token, "fb_exchange_token", "fb_exchange_token"),
        again: step("prolong the token", Asked::Token, "fb_exchange_token", "fb_exchange_token"),
    },
    revoke: None,
};

const fn step(name: &'static str, asked: Asked, grant: &'static str, subject: &'static str) -> Step<Asked> {
    Step { name, asked, method: Method::GET, path: "/oauth/access_token", grant, subject, app: AppProof::Fields }
}

/// What is asked of a page. The picture's address is wrapped in an object.
const PAGE_FIELDS: &str = "id,name,username,access_token,tasks,link,picture.type(large){url}";
/// How many lists' pages are read.
const PAGES_MAX: usize = 20;

#[async_trait]
impl Connect for Facebook {
    /// An app gets a token of its own for its id and secret alone.
    async fn test_app(&self, call: &Call<'_>) -> Result<bool, Failure> {
        let (peer, (id, secret)) = (anyone(call), app(call.app)?);
        let request = peer.get("test the app", "/oauth/access_token").query("grant_type", "client_credentials");
        peer.ask(Asked::App, request.query("client_id", id).query("client_secret", secret)).await.map(|_| true)
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let scopes: Vec<String> = scopes_for(&request.features)?.into_iter().map(str::to_owned).collect();
        // With Facebook Login for Business the configuration names the permissions, and a dialog without one refuses.
        let config = call.app.get("config_id").ok().map(|id| id.expose().trim().to_owned());
        let more: Vec<(&str, &str)> = config.iter().map(|id| ("config_id", id.as_str())).collect();
        let consent = Consent {
            at: ABOUT.name,
            page: &web(call, &format!("{VERSION}/dialog/oauth")),
            redirect_uri: &request.redirect_uri,
            state: &request.state,
            scopes: if config.is_some() { Vec::new() } else { scopes.clone() },
            more: &more,
        };
        let (redirect_to, mut waiting) = FLOW.ask(call, &consent)?;
        waiting.scopes = scopes;
        Ok(Started { redirect_to, memory: json!(waiting) })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let waiting: Waiting = Waiting::read(memory)?;
        let code = FLOW.code(&waiting, callback)?;
        let given = FLOW.exchange(&anyone(call), &waiting, code).await?;
        let call = Call { tokens: &given.tokens, ..*call };
        let granted = inspected(&call).await?;
        FLOW.refuse_without(ABOUT.name, &granted.scopes)?;
        let peer = peer(&call)?;
        let me: Known = peer.read(Asked::Read, who(&peer), say!("the account")).await?;
        let channels = all_pages(&call, &peer, &granted).await?;
        if channels.is_empty() {
            let detail = say!(
                "Facebook gave no page. Connect again, choose the pages in the dialog and leave all permissions on; pages of a business need the permission for business_management. A profile or a group can't be connected."
            );
            return Err(Failure::rejected(FailureKind::InputInvalid, detail));
        }
        let name = me.name.unwrap_or_else(|| me.id.clone());
        let url = web(&call, &me.id);
        let account = Account { id: me.id, handle: name.clone(), name, url, avatar: None };
        Ok(Granted { account, tokens: given.tokens, scopes: granted.scopes, channels })
    }

    async fn refresh(&self, call: &Call<'_>) -> Result<Tokens, Failure> {
        FLOW.refresh(&anyone(call)).await
    }

    /// Takes the app off the person's account, and with it all that they ever gave to it. A token that Facebook does not know
    /// any more is ended.
    async fn revoke(&self, call: &Call<'_>) -> Result<(), Failure> {
        let peer = peer(call)?;
        let request = peer.request("revoke the permissions", Method::DELETE, "/me/permissions");
        match peer.read::<Done>(Asked::App, request, say!("that it is revoked")).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.kind == FailureKind::ReconnectNeeded => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    fn revokes_all_of_account(&self) -> bool {
        true
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        let peer = peer(call)?;
        let request = peer.get("read the page", &format!("/{}", segment(call.account_id)));
        let request = request.query("fields", "id,name,username,link,picture.type(large){url}");
        let page: Page = peer.read(Asked::Read, request, say!("the page")).await?;
        Ok(Found { tokens: None, ..found(call, page, call.facts.clone()) })
    }

    fn gives_several(&self) -> bool {
        true
    }

    async fn targets(&self, call: &Call<'_>) -> Result<Vec<Found>, Failure> {
        let granted = inspected(call).await?;
        all_pages(call, &peer(call)?, &granted).await
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

fn who(peer: &Peer<'_, Asked>) -> connector::Request {
    peer.get("who am I", "/me").query("fields", "id,name")
}

/// What was granted, for which pages: the token's answer does not say. The app may ask, with its id and secret as a token.
async fn inspected(call: &Call<'_>) -> Result<Inspection, Failure> {
    let (peer, (id, secret)) = (anyone(call), app(call.app)?);
    let (secret_of, token) = (call.app.get("client_secret")?, base::Secret::from(format!("{id}|{secret}")));
    let request = peer.get("ask what was granted", "/debug_token").query("access_token", token.expose());
    let request = request.query("appsecret_proof", meta::proof(secret_of, &token));
    let request = request.query("input_token", call.tokens.bearer()?.expose());
    Ok(peer.read::<Inspected>(Asked::App, request, say!("the scopes")).await?.data)
}

/// All pages that the grant gives: the person's own, and those of their businesses, which the first list may leave out.
async fn all_pages(call: &Call<'_>, peer: &Peer<'_, Asked>, granted: &Inspection) -> Result<Vec<Found>, Failure> {
    let mut pages: Vec<Page> = list(peer, "list the pages", "/me/accounts", PAGE_FIELDS).await?;
    if granted.scopes.iter().any(|scope| scope == "business_management") {
        for business in list::<Known>(peer, "list the businesses", "/me/businesses", "id,name").await? {
            for edge in ["owned_pages", "client_pages"] {
                let path = format!("/{}/{edge}", segment(&business.id));
                let more = list::<Page>(peer, "list the pages of a business", &path, PAGE_FIELDS).await;
                match more {
                    Ok(more) => pages.extend(more),
                    Err(failure) if is_out_of_reach(&failure) => {}
                    Err(failure) => return Err(failure),
                }
            }
        }
    }
    let mut all: Vec<Found> = Vec::new();
    for mut page in pages {
        if all.iter().any(|found| found.account.id == page.id) {
            continue;
        }
        if page.access_token.is_none() {
            page.access_token = own_token(peer, &page.id).await?;
        }
        // Without its own token nothing can be done for a page.
        if page.access_token.is_some() {
            let rights = Rights { scopes: granted.of_page(&page.id), tasks: page.tasks.clone() };
            all.push(found(call, page, json!(rights)));
        }
    }
    Ok(all)
}

async fn list<T: serde::de::DeserializeOwned>(
    peer: &Peer<'_, Asked>,
    name: &'static str,
    path: &str,
    fields: &str,
) -> Result<Vec<T>, Failure> {
    let request = || peer.get(name, path).query("fields", fields);
    let what = (say!("a list of pages"), PAGES_MAX);
    Ok(pages::read(peer, Asked::Read, request, what, |_: &[T]| false).await?.0)
}

async fn own_token(peer: &Peer<'_, Asked>, page: &str) -> Result<Option<base::Secret<String>>, Failure> {
    let request = peer.get("ask for the page's token", &format!("/{}", segment(page))).query("fields", "access_token");
    match peer.read::<PageToken>(Asked::Read, request, say!("a token")).await {
        Ok(read) => Ok(read.access_token),
        Err(failure) if is_out_of_reach(&failure) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The person has no right to it, which says nothing of the rest.
fn is_out_of_reach(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::ScopeMissing | FailureKind::RemoteNotFound)
}

fn found(call: &Call<'_>, page: Page, facts: Value) -> Found {
    let Page { id, name, username, access_token, link, picture, .. } = page;
    let handle = username.unwrap_or_else(|| id.clone());
    let url = link.unwrap_or_else(|| web(call, &handle));
    let avatar = picture.and_then(|picture| picture.data.url);
    let tokens = access_token.map(|token| Tokens { access: Some(token), ..Tokens::default() });
    Found { account: Account { id, handle, name, url, avatar }, target_key: String::new(), facts, tokens }
}
