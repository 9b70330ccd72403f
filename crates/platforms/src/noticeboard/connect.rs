//! An account is connected with a token that its holder makes on the network's page.

use async_trait::async_trait;
use base::{Secret, say};
use connector::{Account, Call, Connect, Failure, FailureKind, Found, Granted, Tokens};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Noticeboard, errors::Asked, peer, web};

/// The account, as the API says it.
#[derive(Deserialize)]
struct Me {
    id: String,
    name: String,
}

#[async_trait]
impl Connect for Noticeboard {
    async fn with_password(&self, call: &Call<'_>, input: &Value) -> Result<Granted, Failure> {
        let token = input["token"].as_str().unwrap_or_default().trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = say!("This isn't an access token. Copy it whole from your page at Notice Board.");
            return Err(Failure::rejected(FailureKind::InputInvalid, detail));
        }
        let tokens = Tokens { access: Some(Secret::new(token.to_owned())), ..Tokens::default() };
        let found = found(&Call { tokens: &tokens, ..*call }, Asked::Token).await?;
        Ok(Granted::of_account(found, tokens.clone(), Vec::new()))
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        found(call, Asked::Read).await
    }
}

async fn found(call: &Call<'_>, asked: Asked) -> Result<Found, Failure> {
    let peer = peer(call)?;
    let me: Me = peer.read(asked, peer.get("whose token it is", "/me"), say!("the account")).await?;
    let url = web(call, &format!("/u/{}", me.name));
    let account = Account { id: me.id, handle: me.name.clone(), name: me.name.clone(), url, avatar: None };
    // To fill in: what limits, checks and addresses need to know of the channel.
    Ok(Found::itself(account, json!({ "name": me.name })))
}
