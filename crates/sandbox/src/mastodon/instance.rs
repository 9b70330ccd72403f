//! What the instance says of itself.

use std::sync::Arc;

use axum::{Json, extract::State as Shared};
use serde_json::{Value, json};

use super::{
    State,
    entities::View,
    settings::{SUPPORTED_TYPES, Settings, Software},
};

/// The version that the instance shows.
const VERSION: &str = "4.5.2";

fn domain(state: &State) -> String {
    let port = state.core.origin.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", state.core.origin.host_str().unwrap_or_default())
}

/// The limits that software of every kind names.
fn limits(settings: &Settings) -> Value {
    let instance = &settings.instance;
    json!({
        "statuses": {
            "max_characters": instance.max_characters,
            "max_media_attachments": instance.max_media_attachments,
            "characters_reserved_per_url": instance.characters_reserved_per_url,
        },
        "media_attachments": {
            "supported_mime_types": SUPPORTED_TYPES,
            "image_size_limit": instance.image_size_limit,
            "image_matrix_limit": instance.image_matrix_limit,
        },
        "polls": {
            "max_options": instance.max_options,
            "max_characters_per_option": instance.max_characters_per_option,
            "min_expiration": instance.min_expiration,
            "max_expiration": instance.max_expiration,
        },
        "accounts": {},
    })
}

fn mastodon_limits(settings: &Settings) -> Value {
    let mut limits = limits(settings);
    let media = &mut limits["media_attachments"];
    media["description_limit"] = json!(settings.instance.description_limit);
    media["video_size_limit"] = json!(settings.instance.video_size_limit);
    media["video_frame_rate_limit"] = json!(120);
    media["video_matrix_limit"] = json!(8_294_400);
    limits["accounts"] = json!({ "max_featured_tags": 10, "max_pinned_statuses": 5, "max_note_length": 500 });
    limits
}

/// `GET /api/v2/instance`.
pub async fn v2(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let settings = state.settings();
    let mut shape = json!({
        "domain": domain(&state), "title": "Sandbox Mastodon",
        "description": "A small town that exists on this computer only.", "source_url": state.core.url("/"),
        "usage": { "users": { "active_month": state.town().accounts.len() } },
        "thumbnail": { "url": state.core.url("/avatars/sandbox.png") }, "icon": [], "languages": ["en", "nl"],
        "registrations": { "enabled": true, "approval_required": false, "message": null },
        "contact": { "email": "town-hall@example.com", "account": null }, "rules": [],
    });
    if settings.software == Software::Takahe {
        shape["version"] = json!("takahe/0.11.0");
        shape["configuration"] = limits(&settings);
        return Json(shape);
    }
    let mut configuration = mastodon_limits(&settings);
    configuration["urls"] = json!({ "streaming": state.core.url("/").replacen("http", "ws", 1) });
    configuration["translation"] = json!({ "enabled": false });
    configuration["limited_federation"] = json!(false);
    shape["configuration"] = configuration;
    shape["version"] = json!(VERSION);
    shape["api_versions"] = json!({ "mastodon": 7 });
    Json(shape)
}

/// `GET /api/v1/instance`.
pub async fn v1(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let settings = state.settings();
    let takahe = settings.software == Software::Takahe;
    let town = state.town();
    let view = View { core: &state.core, town: &town, viewer: None, now: state.now() };
    let contact = town.accounts.values().next().map(|account| view.account(account));
    Json(json!({
        "uri": domain(&state), "title": "Sandbox Mastodon", "short_description": "A small town.",
        "description": "A small town that exists on this computer only.", "email": "town-hall@example.com",
        "version": if takahe { "takahe/0.11.0" } else { VERSION },
        "urls": { "streaming_api": state.core.url("/").replacen("http", "ws", 1) },
        "stats": { "user_count": town.accounts.len(), "status_count": town.statuses.len(), "domain_count": 1 },
        "languages": ["en", "nl"], "registrations": true, "approval_required": false, "invites_enabled": false,
        "configuration": if takahe { limits(&settings) } else { mastodon_limits(&settings) },
        "contact_account": contact, "rules": [], "thumbnail": state.core.url("/avatars/sandbox.png"),
    }))
}

/// `GET /.well-known/nodeinfo`.
pub async fn nodeinfo_links(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let rel = "http://nodeinfo.diaspora.software/ns/schema/2.0";
    Json(json!({ "links": [{ "rel": rel, "href": state.core.url("/nodeinfo/2.0") }] }))
}

/// `GET /nodeinfo/2.0`.
pub async fn nodeinfo(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let (name, version) = match state.settings().software {
        Software::Mastodon => ("mastodon", VERSION),
        Software::Takahe => ("takahe", "0.11.0"),
    };
    let town = state.town();
    Json(json!({
        "version": "2.0", "software": { "name": name, "version": version }, "protocols": ["activitypub"],
        "services": { "inbound": [], "outbound": [] }, "openRegistrations": true,
        "usage": { "users": { "total": town.accounts.len() }, "localPosts": town.statuses.len() }, "metadata": {},
    }))
}
