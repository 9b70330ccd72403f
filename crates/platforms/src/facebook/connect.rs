//! The life of a grant: what is Facebook Login's, for pages.

use async_trait::async_trait;
use base::say;
use connector::{
    Account, Call, Callback, Connect, Failure, FailureKind, Found, Granted, StartConnect, Started, Tokens,
};
use serde_json::{Value, json};

use super::{ABOUT, FEATURES, Facebook, SCOPES_BASE, VERSION, anyone, errors::Asked, peer, web};
use crate::{
    kit::{oauth, peer::segment},
    meta::{
        login::{self, Inspection, Login, Page},
        rights::Rights,
    },
};

static LOGIN: Login<Asked> = Login {
    at: "Facebook",
    flow: login::flow(SCOPES_BASE, Asked::Code, Asked::Token),
    read: Asked::Read,
    app: Asked::App,
    // The picture's address is wrapped in an object.
    fields: "id,name,username,access_token,tasks,link,picture.type(large){url}",
};

#[async_trait]
impl Connect for Facebook {
    async fn test_app(&self, call: &Call<'_>) -> Result<bool, Failure> {
        LOGIN.test_app(&anyone(call)).await
    }

    async fn start(&self, call: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let page = web(call, &format!("{VERSION}/dialog/oauth"));
        LOGIN.start(call, request, &page, &scopes_for(&request.features)?)
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        let given = LOGIN.given(&anyone(call), memory, callback).await?;
        let call = Call { tokens: &given.tokens, ..*call };
        let granted = LOGIN.granted(&anyone(&call)).await?;
        let me = LOGIN.person(&peer(&call)?).await?;
        let channels = all_pages(&call, &granted).await?;
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
        LOGIN.flow.refresh(&anyone(call)).await
    }

    async fn revoke(&self, call: &Call<'_>) -> Result<(), Failure> {
        LOGIN.revoke_all(&peer(call)?).await
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
        let granted = LOGIN.inspected(&anyone(call)).await?;
        all_pages(call, &granted).await
    }
}

/// No features means all: what is not asked for now would need another consent later.
fn scopes_for(features: &[String]) -> Result<Vec<&'static str>, Failure> {
    let all: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    oauth::scopes_for(&ABOUT, SCOPES_BASE, &all, features)
}

/// All pages that the grant gives.
async fn all_pages(call: &Call<'_>, granted: &Inspection) -> Result<Vec<Found>, Failure> {
    let pages = LOGIN.pages(&peer(call)?, granted).await?;
    let each = |page: Page| {
        let rights = Rights { scopes: granted.of(&[&page.id]), tasks: page.tasks.clone() };
        found(call, page, json!(rights))
    };
    Ok(pages.into_iter().map(each).collect())
}

fn found(call: &Call<'_>, page: Page, facts: Value) -> Found {
    let Page { id, name, username, access_token, link, picture, .. } = page;
    let handle = username.unwrap_or_else(|| id.clone());
    let url = link.unwrap_or_else(|| web(call, &handle));
    let avatar = picture.and_then(|picture| picture.data.url);
    let tokens = access_token.map(|token| Tokens { access: Some(token), ..Tokens::default() });
    Found { account: Account { id, handle, name, url, avatar }, target_key: String::new(), facts, tokens }
}
