//! What Facebook sends on its own: what happens on the pages that it was asked about, removal and deletion.
//!
//! Source: Graph API, webhooks for pages; page, subscribed_apps.

use async_trait::async_trait;
use connector::{
    Call, Failure, Webhooks,
    webhooks::{Heard, HookAddress, Incoming, Refused},
};
use serde_json::Value;

use super::{Facebook, errors::Asked, peer};
use crate::{
    kit::peer::segment,
    meta::{hooks, login::SUBSCRIBES, rights::Rights},
};

/// What is subscribed to: posts of the page and what is said below them.
const FIELDS: &str = "feed";

#[async_trait]
impl Webhooks for Facebook {
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

    async fn subscribe(&self, call: &Call<'_>) -> Result<(), Failure> {
        if is_allowed(call) {
            hooks::subscribe(&peer(call)?, Asked::Read, &path(call), FIELDS).await?;
        }
        Ok(())
    }

    async fn unsubscribe(&self, call: &Call<'_>) -> Result<(), Failure> {
        if is_allowed(call) {
            hooks::unsubscribe(&peer(call)?, Asked::Read, &path(call)).await?;
        }
        Ok(())
    }
}

fn path(call: &Call<'_>) -> String {
    format!("/{}/subscribed_apps", segment(call.account_id))
}

/// Whether the permission was given for this page. Without it, its posts are looked at when someone looks.
fn is_allowed(call: &Call<'_>) -> bool {
    Rights::of(call.facts).has(SUBSCRIBES)
}

/// A comment and a reaction name the post that they are below.
fn post(field: &str, value: &Value) -> Option<String> {
    if field == "feed" { hooks::id(&value["post_id"]) } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_change_of_a_page_s_feed_names_its_post() {
        let comment = json!({ "item": "comment", "verb": "add", "post_id": "1055_77", "comment_id": "77_901",
            "parent_id": "1055_77", "from": { "id": "33", "name": "Ann" }, "message": "Nice" });
        assert_eq!(super::post("feed", &comment).as_deref(), Some("1055_77"));
        assert_eq!(super::post("mention", &comment), None);
        assert_eq!(super::post("feed", &json!({ "item": "album" })), None);
    }
}
