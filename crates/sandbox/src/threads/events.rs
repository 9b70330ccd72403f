//! What the app hears by webhook: posts that went live or were deleted, replies and mentions by other people.

use serde_json::{Value, json};

use super::{
    PRODUCT, State,
    model::{Media, Square},
    shapes::View,
    text,
};
use crate::meta::{hooks, written};

/// What happened to a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// It went live.
    Published,
    /// It was deleted.
    Deleted,
}

/// Tells the app, if it wants to hear and the person let it in. `square` is as it was while the post was there.
pub fn tell(state: &State, square: &Square, media: &Media, happened: Happened) {
    let Some(address) = state.settings().webhook_url else { return };
    let view = View { core: &state.core, square, viewer: &media.account, now: state.now() };
    let mut value = json!({
        "id": media.id.to_string(), "username": square.username(&media.account), "text": media.draft.text,
        "media_type": media.draft.kind.as_str(), "permalink": view.permalink(media),
        "timestamp": written(media.at), "shortcode": media.shortcode,
    });
    let root = media.root.and_then(|root| square.media.get(&root));
    if let (Some(parent), Some(root)) = (media.draft.reply_to, root) {
        value["replied_to"] = json!({ "id": parent.to_string() });
        value["root_post"] = json!({
            "id": root.id.to_string(), "owner_id": root.account, "username": square.username(&root.account),
        });
    }
    let mut events = Vec::new();
    let mut add = |topic: &str, field: &str, target: &str| {
        events.push(event(topic, field, target, &value, view.now.as_seconds()));
    };
    match happened {
        Happened::Deleted => add("moderate", "delete", &media.account),
        Happened::Published => {
            add("interaction", "publish", &media.account);
            if let Some(root) = root.filter(|root| root.account != media.account) {
                add("moderate", "replies", &root.account);
            }
            let named = text::mentions(&media.draft.text).into_iter().filter_map(|(_, name)| square.by_username(name));
            for account in named.filter(|account| account.id != media.account) {
                add("interaction", "mentions", &account.id);
            }
        }
    }
    let heard =
        |event: &Value| event["target_id"].as_str().is_some_and(|target| square.grants.has_live(target, view.now));
    hooks::send(&state.http, &address, PRODUCT, events.into_iter().filter(heard).collect());
}

/// The envelope, which is another than that of the Graph API's webhooks.
fn event(topic: &str, field: &str, target: &str, value: &Value, time: i64) -> Value {
    json!({
        "app_id": PRODUCT.id, "topic": topic, "target_id": target, "time": time, "subscription_id": "9",
        "has_uid_field": false, "values": { "value": value, "field": field },
    })
}
