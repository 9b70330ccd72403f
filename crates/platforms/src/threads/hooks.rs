//! What Threads sends on its own. Its webhooks have an envelope of their own; removal and deletion are as at all of Meta's networks.
//!
//! Source: Threads API, webhooks; Threads API, get started (uninstall and delete callbacks).

use connector::{
    Webhooks,
    webhooks::{Heard, HookAddress, HookEvent, Incoming, Refused},
};
use serde_json::Value;

use super::Threads;
use crate::meta::hooks;

impl Webhooks for Threads {
    fn addresses(&self) -> &'static [HookAddress] {
        &hooks::ADDRESSES
    }

    fn hear(&self, incoming: &Incoming<'_>) -> Result<Heard, Refused> {
        hooks::read(incoming, events)
    }

    fn receipt(&self, status: &url::Url, code: &str) -> Value {
        hooks::receipt(status, code)
    }
}

/// `values` is an object, or a list of them.
fn events(body: &Value) -> Vec<HookEvent> {
    let (account, at) = (hooks::id(&body["target_id"]), hooks::time(&body["time"]));
    let values: Vec<&Value> = match &body["values"] {
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    };
    let event = |change: &Value| {
        let (field, value) = (change["field"].as_str().unwrap_or_default(), &change["value"]);
        let post = match field {
            "publish" | "delete" => hooks::id(&value["id"]),
            // A reply changes the numbers of what it answers: of the whole tree, those of its root are shown.
            "replies" => hooks::id(&value["root_post"]["id"]).or_else(|| hooks::id(&value["replied_to"]["id"])),
            _ => None,
        };
        match account.clone().zip(post) {
            Some((account, post)) => HookEvent::Changed { account, post, at },
            None => HookEvent::Other(field.to_owned()),
        }
    };
    values.into_iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_webhook_tells_which_post_changed_and_no_more() {
        let told = |values: Value| {
            events(&json!({ "app_id": "1", "topic": "interaction", "target_id": "314", "time": 1_763_800_000,
                "subscription_id": "9", "has_uid_field": false, "values": values }))
        };
        let changed = |post: &str| HookEvent::Changed {
            account: "314".to_owned(),
            post: post.to_owned(),
            at: Some(base::Timestamp::from_seconds(1_763_800_000)),
        };
        // The documentation's own example, and the same as a list.
        let published = json!({ "field": "publish", "value": { "id": "1790", "username": "acme", "text": "Hello",
            "media_type": "TEXT_POST", "permalink": "https://www.threads.net/@acme/post/X",
            "timestamp": "2026-11-22T10:00:00+0000", "shortcode": "X" } });
        assert_eq!(told(published.clone()), [changed("1790")]);
        assert_eq!(told(json!([published])), [changed("1790")]);
        let reply = json!({ "id": "5", "replied_to": { "id": "4" }, "root_post": { "id": "3", "owner_id": "314" } });
        assert_eq!(told(json!({ "field": "replies", "value": reply })), [changed("3")]);
        assert_eq!(told(json!({ "field": "delete", "value": { "id": 1790 } })), [changed("1790")]);
        let mention = json!({ "field": "mentions", "value": { "id": "6", "text": "@acme" } });
        assert_eq!(told(mention), [HookEvent::Other("mentions".to_owned())]);
        assert_eq!(events(&json!(null)), [HookEvent::Other(String::new())]);
    }
}
