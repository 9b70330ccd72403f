//! Facebook Login, by which a person gives an app their pages and what stands behind these: consent, a token for an hour or two,
//! exchanged for one for sixty days, and with that the tokens of the pages, which have no end of their own. There is no refresh
//! token: the long one is exchanged again while it lives.
//!
//! Source: Facebook Login, manual flow; access tokens, long-lived; Facebook Login for Business; Graph API, user, accounts.

use base::{Secret, say};
use connector::{AppCredentials, Call, Callback, Failure, FailureKind, Request, StartConnect, Started};
use http::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::pages;
use crate::kit::{
    oauth::{AppProof, Consent, Flow, Given, Renewal, Step, Waiting},
    peer::{Peer, segment},
};

/// The version of the Graph API. Each lives for two years at least; v26.0 until July 2028 or later.
pub(crate) const VERSION: &str = "v26.0";
/// The scope without which the list of pages leaves out those that a business portfolio holds (openpost 216).
pub(crate) const OF_BUSINESSES: &str = "business_management";
/// The scope without which a page cannot be subscribed to.
pub(crate) const SUBSCRIBES: &str = "pages_manage_metadata";
/// How many lists' pages are read.
const PAGES_MAX: usize = 20;

/// How a network is signed in to so.
pub(crate) struct Login<A: 'static> {
    /// The network, as people know it.
    pub at: &'static str,
    pub flow: Flow<A>,
    /// What the judge calls a read.
    pub read: A,
    /// What it calls what the app is asked or told about itself and about a grant.
    pub app: A,
    /// What is asked of a page.
    pub fields: &'static str,
}

/// Proof keys are neither documented nor needed.
pub(crate) const fn flow<A: Copy>(needed: &'static [&'static str], code: A, token: A) -> Flow<A> {
    Flow {
        between_scopes: ",",
        pkce: false,
        state_max: super::tokens::STATE_MAX,
        needed,
        refusals: &[],
        code: step("exchange the code", code, "", "code"),
        renewal: Renewal::Exchange {
            first: step("exchange the token", token, "fb_exchange_token", "fb_exchange_token"),
            again: step("prolong the token", token, "fb_exchange_token", "fb_exchange_token"),
        },
        revoke: None,
    }
}

const fn step<A>(name: &'static str, asked: A, grant: &'static str, subject: &'static str) -> Step<A> {
    Step { name, asked, method: Method::GET, path: "/oauth/access_token", grant, subject, app: AppProof::Fields }
}

impl<A: Copy + PartialEq> Login<A> {
    /// An app gets a token of its own for its id and secret alone.
    pub(crate) async fn test_app(&self, peer: &Peer<'_, A>) -> Result<bool, Failure> {
        let (id, secret) = app(peer.call.app)?;
        let request = peer.get("test the app", "/oauth/access_token").query("grant_type", "client_credentials");
        peer.ask(self.app, request.query("client_id", id).query("client_secret", secret)).await.map(|_| true)
    }

    /// The consent page at this address. With Facebook Login for Business the configuration names the permissions, and a page
    /// without one refuses.
    pub(crate) fn start(
        &self,
        call: &Call<'_>,
        request: &StartConnect,
        page: &str,
        scopes: &[&'static str],
    ) -> Result<Started, Failure> {
        let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        let config = call.app.get("config_id").ok().map(|id| id.expose().trim().to_owned());
        let more: Vec<(&str, &str)> = config.iter().map(|id| ("config_id", id.as_str())).collect();
        let consent = Consent {
            at: self.at,
            page,
            redirect_uri: &request.redirect_uri,
            state: &request.state,
            scopes: if config.is_some() { Vec::new() } else { scopes.clone() },
            more: &more,
        };
        let (redirect_to, mut waiting) = self.flow.ask(call, &consent)?;
        waiting.scopes = scopes;
        Ok(Started { redirect_to, memory: json!(waiting) })
    }

    /// The person's tokens for what the browser came back with.
    pub(crate) async fn given(
        &self,
        peer: &Peer<'_, A>,
        memory: &Value,
        callback: &Callback,
    ) -> Result<Given, Failure> {
        let waiting: Waiting = Waiting::read(memory)?;
        let code = self.flow.code(&waiting, callback)?;
        self.flow.exchange(peer, &waiting, code).await
    }

    /// What was granted, for which pages: the token's answer does not say. The app may ask, with its id and secret as a token.
    /// `peer` is one that no one is signed in to; its call has the person's tokens.
    ///
    /// # Errors
    /// If something was left out without which nothing works.
    pub(crate) async fn granted(&self, peer: &Peer<'_, A>) -> Result<Inspection, Failure> {
        let granted = self.inspected(peer).await?;
        self.flow.refuse_without(self.at, &granted.scopes)?;
        Ok(granted)
    }

    /// The same, whatever was left out.
    pub(crate) async fn inspected(&self, peer: &Peer<'_, A>) -> Result<Inspection, Failure> {
        let (id, secret) = app(peer.call.app)?;
        let (secret_of, token) = (peer.call.app.get("client_secret")?, Secret::from(format!("{id}|{secret}")));
        let request = peer.get("ask what was granted", "/debug_token").query("access_token", token.expose());
        let request = request.query("appsecret_proof", super::proof(secret_of, &token));
        let request = request.query("input_token", peer.call.tokens.bearer()?.expose());
        Ok(peer.read::<Inspected>(self.app, request, say!("the scopes")).await?.data)
    }

    /// The person. From here on `peer` is signed in with their token.
    pub(crate) async fn person(&self, peer: &Peer<'_, A>) -> Result<Named, Failure> {
        let request = peer.get("who am I", "/me").query("fields", "id,name");
        peer.read(self.read, request, say!("the account")).await
    }

    /// All pages that the grant gives and that have a token: the person's own, and those of their businesses, which the first
    /// list may leave out. Without its own token nothing can be done for a page.
    pub(crate) async fn pages(&self, peer: &Peer<'_, A>, granted: &Inspection) -> Result<Vec<Page>, Failure> {
        let mut listed: Vec<Page> = self.list(peer, "list the pages", "/me/accounts", self.fields).await?;
        if granted.scopes.iter().any(|scope| scope == OF_BUSINESSES) {
            for business in self.list::<Named>(peer, "list the businesses", "/me/businesses", "id,name").await? {
                for edge in ["owned_pages", "client_pages"] {
                    let path = format!("/{}/{edge}", segment(&business.id));
                    match self.list::<Page>(peer, "list the pages of a business", &path, self.fields).await {
                        Ok(more) => listed.extend(more),
                        Err(failure) if is_out_of_reach(&failure) => {}
                        Err(failure) => return Err(failure),
                    }
                }
            }
        }
        let mut all: Vec<Page> = Vec::new();
        for mut page in listed {
            if all.iter().any(|known| known.id == page.id) {
                continue;
            }
            if page.access_token.is_none() {
                page.access_token = self.own_token(peer, &page.id).await?;
            }
            if page.access_token.is_some() {
                all.push(page);
            }
        }
        Ok(all)
    }

    async fn list<T: DeserializeOwned>(
        &self,
        peer: &Peer<'_, A>,
        name: &'static str,
        path: &str,
        fields: &str,
    ) -> Result<Vec<T>, Failure> {
        let request = || peer.get(name, path).query("fields", fields);
        let what = (say!("a list of pages"), PAGES_MAX);
        Ok(pages::read(peer, self.read, request, what, |_: &[T]| false).await?.0)
    }

    async fn own_token(&self, peer: &Peer<'_, A>, page: &str) -> Result<Option<Secret<String>>, Failure> {
        let request =
            peer.get("ask for the page's token", &format!("/{}", segment(page))).query("fields", "access_token");
        match peer.read::<PageToken>(self.read, request, say!("a token")).await {
            Ok(read) => Ok(read.access_token),
            Err(failure) if is_out_of_reach(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Takes the app off the person's account, and with it all that they ever gave to it. A token that is not known any more is
    /// ended.
    pub(crate) async fn revoke_all(&self, peer: &Peer<'_, A>) -> Result<(), Failure> {
        let request = peer.request("revoke the permissions", Method::DELETE, "/me/permissions");
        self.ended(peer, request).await
    }

    /// Takes back those of the permissions that `meant` names, and leaves the others, by which the same app may reach something
    /// else of the person.
    pub(crate) async fn revoke_some(&self, peer: &Peer<'_, A>, meant: fn(&str) -> bool) -> Result<(), Failure> {
        let request = peer.get("ask what is granted", "/me/permissions");
        let held = match peer.read::<super::wire::One<Permission>>(self.app, request, say!("the scopes")).await {
            Ok(held) => held.data,
            Err(failure) if failure.kind == FailureKind::ReconnectNeeded => return Ok(()),
            Err(failure) => return Err(failure),
        };
        for Permission { permission, .. } in held.iter().filter(|one| one.status == "granted" && meant(&one.permission))
        {
            let path = format!("/me/permissions/{}", segment(permission));
            self.ended(peer, peer.request("revoke a permission", Method::DELETE, &path)).await?;
        }
        Ok(())
    }

    async fn ended(&self, peer: &Peer<'_, A>, request: Request) -> Result<(), Failure> {
        match peer.read::<Done>(self.app, request, say!("that it is revoked")).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.kind == FailureKind::ReconnectNeeded => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

fn app(app: &AppCredentials) -> Result<(&str, &str), Failure> {
    Ok((app.get("client_id")?.expose(), app.get("client_secret")?.expose()))
}

/// The person has no right to it, which says nothing of the rest.
fn is_out_of_reach(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::ScopeMissing | FailureKind::RemoteNotFound)
}

/// A page in the list of those that a person has.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Page {
    /// Digits.
    pub id: String,
    pub name: String,
    /// The name in its address; not every page has one.
    pub username: Option<String>,
    /// The page's own token; without the right to one it is left out.
    pub access_token: Option<Secret<String>>,
    #[serde(default)]
    pub tasks: Vec<String>,
    /// Its address.
    pub link: Option<String>,
    pub picture: Option<Picture>,
    /// The professional account at Instagram that is linked to it.
    pub instagram_business_account: Option<Linked>,
}

/// A picture's address, as it is wrapped.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Picture {
    pub data: PictureData,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PictureData {
    pub url: Option<String>,
}

/// An account at Instagram.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Linked {
    /// The professional account, as all apps know it.
    #[serde(deserialize_with = "super::wire::id")]
    pub id: String,
    pub username: String,
    pub name: Option<String>,
    pub profile_picture_url: Option<String>,
}

/// A person, or a business, by id and name.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Named {
    pub id: String,
    pub name: Option<String>,
}

/// A page's token.
#[derive(Debug, Deserialize)]
struct PageToken {
    access_token: Option<Secret<String>>,
}

#[derive(Debug, Deserialize)]
struct Permission {
    permission: String,
    /// `granted`, `declined`, `expired`.
    status: String,
}

/// Whether it was done.
#[derive(Debug, Deserialize)]
struct Done {
    #[serde(rename = "success")]
    _success: bool,
}

/// What a token is good for.
#[derive(Debug, Deserialize)]
struct Inspected {
    data: Inspection,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Inspection {
    /// As granted.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Scopes that hold for some pages only.
    #[serde(default)]
    granular_scopes: Vec<Granular>,
}

#[derive(Debug, Deserialize)]
struct Granular {
    scope: String,
    /// The pages, or the accounts behind them; absent where it holds for all of them.
    target_ids: Option<Vec<String>>,
}

impl Inspection {
    /// The scopes that hold for this page, or for something behind it. Each scope names the one or the other.
    pub(crate) fn of(&self, targets: &[&str]) -> Vec<String> {
        let holds = |scope: &&String| {
            let limits = self.granular_scopes.iter().filter(|granular| granular.scope == **scope);
            let mut limits = limits.filter_map(|granular| granular.target_ids.as_ref());
            limits.next().is_none_or(|ids| ids.is_empty() || ids.iter().any(|id| targets.contains(&id.as_str())))
        };
        self.scopes.iter().filter(holds).cloned().collect()
    }
}
