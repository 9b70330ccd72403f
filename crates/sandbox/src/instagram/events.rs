//! What the app hears by webhook: comments and mentions by other people. No webhook tells of what the account publishes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Nodes,
    calls::Call,
    comments::names,
    model::{Account, Comment, Gallery, Media},
    problem::KIND,
};
use crate::meta::{error::GraphError, hooks};

/// The fields that an app can subscribe to.
const FIELDS: [&str; 16] = [
    "comments",
    "live_comments",
    "mentions",
    "messages",
    "message_reactions",
    "message_edit",
    "messaging_postbacks",
    "messaging_referral",
    "messaging_optins",
    "messaging_seen",
    "messaging_handover",
    "standby",
    "follow",
    "share_to_story",
    "comment_poll_response",
    "story_reactions",
];

/// `GET`, `POST` and `DELETE /{user}/subscribed_apps`. A list takes the place of the one before.
///
/// # Errors
/// If a field does not exist.
pub fn subscribe(call: &Call<'_>, method: &str) -> Result<Value, GraphError> {
    let mut gallery = call.nodes.gallery();
    let account = gallery.accounts.get_mut(&call.me.id).ok_or_else(|| KIND.no_object("get", &call.me.id))?;
    match method {
        "GET" if account.subscribed.is_empty() => Ok(json!({ "data": [] })),
        "GET" => {
            Ok(json!({ "data": [{ "id": call.token.consent.client_id, "subscribed_fields": account.subscribed }] }))
        }
        "DELETE" => {
            account.subscribed.clear();
            Ok(json!({ "success": true }))
        }
        _ => {
            let named = KIND.need(call.params, "subscribed_fields")?.split(',').map(str::trim);
            let named: Vec<String> = named.map(str::to_owned).collect();
            if let Some(place) = named.iter().position(|name| !FIELDS.contains(&name.as_str())) {
                return Err(KIND.one_of(&format!("subscribed_fields[{place}]"), &FIELDS.join(", ")));
            }
            account.subscribed = named;
            Ok(json!({ "success": true }))
        }
    }
}

/// Tells of a comment: its owner of comments by others, and those whom it names.
pub fn commented(nodes: &Arc<Nodes>, gallery: &Gallery, comment: &Comment) {
    let Some(media) = gallery.media.get(&comment.media) else { return };
    if comment.account != media.account
        && let Some(owner) = gallery.accounts.get(&media.account)
    {
        let mut value = json!({
            "from": { "id": comment.account, "username": gallery.username(&comment.account) },
            "id": comment.id.to_string(), "text": comment.text,
            "media": { "id": media.id.to_string(), "media_product_type": media.draft.kind.product() },
        });
        if let Some(parent) = comment.parent {
            value["parent_id"] = json!(parent.to_string());
        }
        tell(nodes, owner, "comments", &value);
    }
    mentioned(nodes, gallery, media, Some(comment));
}

/// Tells those whom a caption or a comment names.
pub fn mentioned(nodes: &Arc<Nodes>, gallery: &Gallery, media: &Media, comment: Option<&Comment>) {
    let (said, author) = match comment {
        Some(comment) => (&comment.text, &comment.account),
        None => (&media.draft.caption, &media.account),
    };
    let mut value = json!({ "media_id": media.id.to_string() });
    if let Some(comment) = comment {
        value["comment_id"] = json!(comment.id.to_string());
    }
    // Comments below their own media are told as comments.
    let is_told = |account: &&Account| account.id != *author && (comment.is_none() || account.id != media.account);
    for account in gallery.accounts.values().filter(is_told).filter(|account| names(said, account)) {
        tell(nodes, account, "mentions", &value);
    }
}

fn tell(nodes: &Arc<Nodes>, account: &Account, field: &str, value: &Value) {
    let settings = nodes.settings();
    let Some(address) = settings.webhook_url.filter(|_| account.subscribed.iter().any(|held| held == field)) else {
        return;
    };
    let change = json!({ "field": field, "value": value });
    let mut entry = json!({ "id": account.id, "time": nodes.now().as_seconds() });
    if settings.flat_webhooks {
        (entry["field"], entry["value"]) = (change["field"].clone(), change["value"].clone());
    } else {
        entry["changes"] = json!([change]);
    }
    let word = settings.webhook_verify_token.map(|word| (word, nodes.hooks.clone()));
    let event = json!({ "object": "instagram", "entry": [entry] });
    hooks::send_if(&nodes.http, &address, word, nodes.product, vec![event]);
}
