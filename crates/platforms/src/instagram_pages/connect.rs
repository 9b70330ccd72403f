//! The life of a grant: what is Facebook Login's, for the accounts behind the pages.

use async_trait::async_trait;
use base::say;
use connector::{
    Account, Call, Callback, Connect, Failure, FailureKind, Found, Granted, StartConnect, Started, Tokens,
};
use serde_json::{Value, json};

use super::{ABOUT, FEATURES, InstagramPages, SCOPES_BASE, login_peer, page_of, peer, signed_in};
use crate::{
    instagram::{errors::Asked, node, web},
    kit::oauth,
    meta::{
        login::{self, Inspection, Linked, Login, Page, VERSION},
        rights::Rights,
    },
};

static LOGIN: Login<Asked> = Login {
    at: "Facebook",
    flow: login::flow(SCOPES_BASE, Asked::Code, Asked::Token),
    read: Asked::Read,
    app: Asked::App,
    fields: "id,name,access_token,tasks,instagram_business_account{id,username,name,profile_picture_url}",
};

#[async_trait]
impl Connect for InstagramPages {
    async fn test_app(&self, call: &Call<'_>) -> Result<bool, Failure> {
        LOGIN.test_app(&login_peer(call)).await
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let page = format!("{}/{VERSION}/dialog/oauth", call.endpoint("dialog", "https://www.facebook.com"));
        LOGIN.start(call, request, &page, &scopes_for(&request.features)?)
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let given = LOGIN.given(&login_peer(call), memory, callback).await?;
        let call = Call { tokens: &given.tokens, ..*call };
        let granted = LOGIN.granted(&login_peer(&call)).await?;
        let me = LOGIN.person(&signed_in(&call, login_peer(&call))?).await?;
        let channels = accounts(&call, &granted).await?;
        if channels.is_empty() {
            let detail = say!(
                "None of the Facebook Pages that were given is linked to a professional Instagram account. Link them in the page's settings, under Linked accounts; then connect again, choose the pages and the accounts in the dialog, and leave all permissions on."
            );
            return Err(Failure::rejected(FailureKind::InputInvalid, detail));
        }
        let name = me.name.unwrap_or_else(|| me.id.clone());
        let url = format!("https://www.facebook.com/{}", me.id);
        let account = Account { id: me.id, handle: name.clone(), name, url, avatar: None };
        Ok(Granted { account, tokens: given.tokens, scopes: granted.scopes, channels })
    }

    async fn refresh(&self, call: &Call<'_>) -> Result<Tokens, Failure> {
        LOGIN.flow.refresh(&login_peer(call)).await
    }

    /// Only what is Instagram's: with the same app the person may have given pages, which Facebook's own channels publish to.
    async fn revoke(&self, call: &Call<'_>) -> Result<(), Failure> {
        LOGIN.revoke_some(&signed_in(call, login_peer(call))?, |scope| scope.starts_with("instagram_")).await
    }

    fn revokes_all_of_account(&self) -> bool {
        true
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        let peer = peer(call)?;
        let request = peer.get("read the account", &node(call.account_id));
        let request = request.query("fields", "id,username,name,profile_picture_url");
        let linked: Linked = peer.read(Asked::Read, request, say!("the account")).await?;
        Ok(found(call, linked, page_of(call).unwrap_or_default(), &Rights::of(call.facts), None))
    }

    fn gives_several(&self) -> bool {
        true
    }

    async fn targets(&self, call: &Call<'_>) -> Result<Vec<Found>, Failure> {
        let granted = LOGIN.inspected(&login_peer(call)).await?;
        accounts(call, &granted).await
    }
}

/// No features means all: what is not asked for now would need another consent later.
fn scopes_for(features: &[String]) -> Result<Vec<&'static str>, Failure> {
    let all: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    oauth::scopes_for(&ABOUT, SCOPES_BASE, &all, features)
}

/// The accounts behind the pages that the grant gives, each with the token of its page. A page without one is left out.
async fn accounts(call: &Call<'_>, granted: &Inspection) -> Result<Vec<Found>, Failure> {
    let pages = LOGIN.pages(&signed_in(call, login_peer(call))?, granted).await?;
    let mut all: Vec<Found> = Vec::new();
    for Page { id: page, tasks, access_token, instagram_business_account, .. } in pages {
        let Some(linked) = instagram_business_account else { continue };
        if all.iter().any(|found| found.account.id == linked.id) {
            continue;
        }
        // A scope names its targets by page or by account.
        let rights = Rights { scopes: granted.of(&[&page, &linked.id]), tasks };
        let tokens = access_token.map(|token| Tokens { access: Some(token), ..Tokens::default() });
        all.push(found(call, linked, &page, &rights, tokens));
    }
    Ok(all)
}

fn found(call: &Call<'_>, linked: Linked, page: &str, rights: &Rights, tokens: Option<Tokens>) -> Found {
    let Linked { id, username, name, profile_picture_url } = linked;
    let account = Account {
        id,
        url: web(call, &format!("/{username}/")),
        name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| username.clone()),
        handle: username.clone(),
        avatar: profile_picture_url,
    };
    let facts = json!({ "username": username, "page": page, "scopes": rights.scopes, "tasks": rights.tasks });
    Found { account, target_key: String::new(), facts, tokens }
}
