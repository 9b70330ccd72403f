//! What Instagram sends on its own: comments and mentions, by the id of the professional account, and removal and deletion, by the
//! id that the account has at this app.
//!
//! Source: Instagram platform, webhooks; business login for Instagram.

use async_trait::async_trait;
use connector::{
    Call, Failure, Granted, Webhooks,
    webhooks::{Heard, HookAddress, Incoming, Refused},
};
use serde_json::Value;

use super::{Instagram, errors::Asked, own, peer};
use crate::meta::hooks;

/// What is subscribed to. Nothing tells of the account's own posts.
pub(crate) const FIELDS: &str = "comments";

#[async_trait]
impl Webhooks for Instagram {
    fn addresses(&self) -> &'static [HookAddress] {
        &hooks::ADDRESSES
    }

    fn hear(&self, incoming: &Incoming<'_>) -> Result<Heard, Refused> {
        hooks::read(incoming, |body| hooks::changes(body, post))
    }

    fn receipt(&self, status: &url::Url, code: &str) -> Value {
        hooks::receipt(status, code)
    }

    fn named_by(&self, granted: &Granted) -> Option<String> {
        granted.channels.first().and_then(|found| hooks::id(&found.facts["scoped_id"]))
    }

    fn wants_subscriptions(&self) -> bool {
        true
    }

    async fn subscribe(&self, call: &Call<'_>) -> Result<(), Failure> {
        hooks::subscribe(&peer(call)?, Asked::Read, &own(call, "subscribed_apps"), FIELDS).await
    }

    async fn unsubscribe(&self, call: &Call<'_>) -> Result<(), Failure> {
        hooks::unsubscribe(&peer(call)?, Asked::Read, &own(call, "subscribed_apps")).await
    }
}

/// The post that was commented on, or whose story's numbers are told.
pub(crate) fn post(field: &str, value: &Value) -> Option<String> {
    match field {
        "comments" | "live_comments" => hooks::id(&value["media"]["id"]),
        "story_insights" => hooks::id(&value["media_id"]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_comment_names_the_post_that_it_is_below() {
        let value = json!({ "from": { "id": "99", "username": "ann" }, "id": "1800", "parent_id": "1799", "text": "hi",
            "media": { "id": "1790", "media_product_type": "FEED" } });
        assert_eq!(super::post("comments", &value).as_deref(), Some("1790"));
        assert_eq!(super::post("story_insights", &json!({ "media_id": 1790, "reach": 5 })).as_deref(), Some("1790"));
        // A mention is below a post of somebody else.
        assert_eq!(super::post("mentions", &json!({ "media_id": "1790", "comment_id": "1" })), None);
    }
}
