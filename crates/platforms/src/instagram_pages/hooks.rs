//! What is sent on its own: comments, by the id of the professional account, and removal and deletion, by the id that the person
//! has at this app.
//!
//! Source: Instagram platform, webhooks; Graph API, page, subscribed_apps.

use async_trait::async_trait;
use connector::{
    Call, Failure, FailureKind, Webhooks,
    webhooks::{Heard, HookAddress, Incoming, Refused},
};
use serde_json::Value;

use super::{InstagramPages, page_of, peer};
use crate::{
    instagram::{
        errors::Asked,
        hooks::{FIELDS, post},
        node, own,
    },
    meta::{hooks, login::SUBSCRIBES, rights::Rights},
};

/// What a page is subscribed to. It must be a field of pages, and the list takes the place of the one before: this is what
/// Facebook's own channels ask for, so that the two don't undo each other.
const PAGE_FIELDS: &str = "feed";

#[async_trait]
impl Webhooks for InstagramPages {
    fn addresses(&self) -> &'static [HookAddress] {
        &hooks::ADDRESSES
    }

    fn hear(&self, incoming: &Incoming<'_>) -> Result<Heard, Refused> {
        hooks::read(incoming, |body| hooks::changes(body, post))
    }

    fn receipt(&self, status: &url::Url, code: &str) -> Value {
        hooks::receipt(status, code)
    }

    fn wants_subscriptions(&self) -> bool {
        true
    }

    /// The page, which the documents ask for, and the account, which clients were answered (brightbean). One that refuses is no
    /// fault as long as the other takes it.
    async fn subscribe(&self, call: &Call<'_>) -> Result<(), Failure> {
        let peer = peer(call)?;
        let of_account = hooks::subscribe(&peer, Asked::Read, &own(call, "subscribed_apps"), FIELDS).await;
        let Some(page) = page_of(call).filter(|_| Rights::of(call.facts).has(SUBSCRIBES)) else { return of_account };
        let of_page =
            hooks::subscribe(&peer, Asked::Read, &format!("{}/subscribed_apps", node(page)), PAGE_FIELDS).await;
        of_account.or(of_page)
    }

    /// The account only: the page may be a channel of Facebook's own, with the same app.
    async fn unsubscribe(&self, call: &Call<'_>) -> Result<(), Failure> {
        match hooks::unsubscribe(&peer(call)?, Asked::Read, &own(call, "subscribed_apps")).await {
            // It was never taken there.
            Err(failure) if matches!(failure.kind, FailureKind::BadAnswer | FailureKind::RemoteNotFound) => Ok(()),
            ended => ended,
        }
    }
}
