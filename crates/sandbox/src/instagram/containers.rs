//! Writing: containers, publishing, deletion, and the quotas that they use up.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    Nodes,
    calls::{Call, Login, Right},
    compose::{Origin, Rules},
    files,
    model::{Container, Draft, Gallery, Kind, Media, Upload},
    problem::{self, KIND, refusal},
    settings::Settings,
};
use crate::{
    Action, NewEntry,
    meta::{
        containers::{Life, Status, Work},
        error::GraphError,
        strikes,
    },
};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Posts of an account in a day. One page says 100, others 50, and people have seen 25: an app reads it.
const POSTS: u32 = 100;
/// Containers of an account in a day.
const CONTAINERS: u32 = 400;

/// How long the network works on a container, unless the knob says otherwise: pictures and carousels are not ready at
/// once (CutePetsBoston 83, meta-mcp 138).
fn habit(kind: Kind) -> Duration {
    Duration::from_millis(if kind.is_film() { 8_000 } else { 2_000 })
}

fn most(nodes: &Nodes, what: &str) -> u32 {
    nodes.core.knobs().rate_limit(what, if what == "posts" { POSTS } else { CONTAINERS })
}

/// Which refusal the second quota has is not documented.
fn spend(nodes: &Nodes, gallery: &mut Gallery, account: &str, what: &str) -> Result<(), GraphError> {
    let is_left = gallery.quotas.spend(account, what, most(nodes, what), DAY, nodes.now());
    if is_left { Ok(()) } else { Err(refusal("9/2207042")) }
}

/// `GET /{user}/content_publishing_limit`.
///
/// # Errors
/// If there is no such field, or `since` is more than a day ago.
pub fn limit(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require(Right::Publish)?;
    let (gallery, now) = (call.nodes.gallery(), call.nodes.now());
    let since = call.time("since")?.unwrap_or(now - DAY);
    if since + DAY < now || since > now {
        return Err(KIND.param("since", "must be within the last 24 hours"));
    }
    let usage = gallery.quotas.used(&call.me.id, "posts", now.since(since), now);
    let config = json!({ "quota_total": most(call.nodes, "posts"), "quota_duration": DAY.as_secs() });
    let mut shape = json!({});
    for name in call.params.get("fields").unwrap_or("quota_usage").split(',').map(str::trim) {
        shape[name] = match name {
            "quota_usage" => json!(usage),
            "config" => config.clone(),
            _ => return Err(KIND.no_field(name)),
        };
    }
    Ok(json!({ "data": [shape] }))
}

/// `POST /{user}/media`.
///
/// # Errors
/// The first rule that the container breaks.
pub async fn create(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require(Right::Publish)?;
    let (nodes, settings) = (call.nodes, call.nodes.settings());
    let (mut draft, origin) = {
        let gallery = nodes.gallery();
        let rules = Rules { gallery: &gallery, settings: &settings, me: &call.me, now: nodes.now() };
        rules.draft(call.params)?
    };
    if let Origin::Address(address) = &origin {
        if strikes(settings.unfetched_one_in, &*nodes.core.random) {
            return Err(problem::not_fetched(address));
        }
        if !draft.kind.is_film() {
            draft.file = Some(files::picture(&nodes.core, &nodes.http, address, draft.kind).await?);
        }
    }
    if let Some(address) = call.params.get("cover_url").filter(|_| draft.kind == Kind::Reel) {
        // A cover may have any shape.
        draft.cover = Some(files::picture(&nodes.core, &nodes.http, address, Kind::StoryImage).await?);
    }
    let (kind, offset) = (draft.kind, draft.thumb_offset);
    let container = contain(call, &settings, draft, &origin);
    let id = {
        let mut gallery = nodes.gallery();
        spend(nodes, &mut gallery, &call.me.id, "containers")?;
        gallery.add_container(container)
    };
    match origin {
        Origin::Address(address) if kind.is_film() => {
            drop(tokio::spawn(film(nodes.clone(), id, kind, offset, address)))
        }
        Origin::Upload => {
            let uri = nodes.core.url(&format!("/ig-api-upload/v26.0/{id}"));
            return Ok(json!({ "id": id.to_string(), "uri": uri }));
        }
        _ => {}
    }
    Ok(json!({ "id": id.to_string() }))
}

fn contain(call: &Call<'_>, settings: &Settings, draft: Draft, origin: &Origin) -> Container {
    let (nodes, kind) = (call.nodes, draft.kind);
    let (knobs, now) = (nodes.core.knobs(), nodes.now());
    let work = match (settings.container_fails, origin) {
        (Some(subcode), _) => Work::Failed(subcode.to_string()),
        _ if knobs.processing_fails && *origin != Origin::Nowhere => Work::Failed("2207053".to_owned()),
        (_, Origin::Upload) => Work::Fetching,
        (_, Origin::Address(_)) if kind.is_film() => Work::Fetching,
        _ => Work::Done,
    };
    let takes = knobs.processing_ms.map_or_else(|| habit(kind), Duration::from_millis);
    let is_unready = !draft.is_item && strikes(settings.unready_one_in, &*nodes.core.random);
    let life = Life::new(now, takes, work);
    Container {
        account: call.me.id.clone(),
        draft,
        unready_until: is_unready.then(|| life.ready_at + Duration::from_millis(settings.unready_ms)),
        life,
        upload: (*origin == Origin::Upload).then(Upload::default),
    }
}

/// Fetches a film in the background.
async fn film(nodes: Arc<Nodes>, id: u64, kind: Kind, offset: Option<u64>, address: String) {
    let taken = files::fetched_film(&nodes.core, &nodes.http, kind, offset, &address).await;
    if let Some(container) = nodes.gallery().containers.get_mut(&id) {
        container.receive(taken);
    }
    nodes.core.touch();
}

impl Container {
    /// Takes the file that came, or why it is not taken. What was to fail still does.
    pub fn receive(&mut self, taken: Result<crate::meta::fetch::File, &str>) {
        if self.life.work == Work::Fetching {
            match taken {
                Ok(file) => (self.draft.file, self.life.work) = (Some(file), Work::Done),
                Err(why) => self.life.work = Work::Failed(why.to_owned()),
            }
        }
    }
}

/// `POST /{user}/media_publish`.
///
/// # Errors
/// If there is no container that can be published, or the quota is used up.
pub async fn publish(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require(Right::Publish)?;
    let named = KIND.need(call.params, "creation_id")?;
    let (nodes, settings) = (call.nodes, call.nodes.settings());
    ready(call, &settings, named)?;
    let is_slow = strikes(settings.slow_one_in, &*nodes.core.random);
    let half = Duration::from_millis(if is_slow { settings.slow_ms } else { 0 }) / 2;
    tokio::time::sleep(half).await;
    let id = go_live(call, &settings, named)?;
    tokio::time::sleep(half).await;
    if strikes(settings.blocked_one_in, &*nodes.core.random) {
        return Err(refusal("4/2207051"));
    }
    Ok(json!({ "id": id.to_string() }))
}

/// The container that is named, if it can be published.
fn ready(call: &Call<'_>, settings: &Settings, named: &str) -> Result<(u64, Draft), GraphError> {
    let (gallery, now) = (call.nodes.gallery(), call.nodes.now());
    let id = named.parse::<u64>().ok();
    let found = id.and_then(|id| Some((id, gallery.containers.get(&id)?)));
    let found = found.filter(|(_, container)| container.account == call.me.id && !container.draft.is_item);
    let (id, container) = found.ok_or_else(|| problem::no_container(named))?;
    match container.life.status(now) {
        Status::Published => Err(refusal(&settings.published_again)),
        Status::Expired => Err(problem::no_container(named)),
        // A failed one is not ready either; what is wrong stands in its status.
        Status::InProgress | Status::Error => Err(refusal("9007/2207027")),
        Status::Finished if container.unready_until.is_some_and(|until| until > now) => Err(refusal("9007/2207027")),
        Status::Finished => Ok((id, container.draft.clone())),
    }
}

/// Makes it visible, and writes it down. Another call may have published it meanwhile.
fn go_live(call: &Call<'_>, settings: &Settings, named: &str) -> Result<u64, GraphError> {
    let (container, draft) = ready(call, settings, named)?;
    let (nodes, now) = (call.nodes, call.nodes.now());
    let mut gallery = nodes.gallery();
    if gallery.containers.get(&container).is_none_or(|it| it.life.published_as.is_some()) {
        return Err(refusal(&settings.published_again));
    }
    spend(nodes, &mut gallery, &call.me.id, "posts")?;
    let id = gallery.add_media(&call.me.id, draft, now);
    if let Some(container) = gallery.containers.get_mut(&container) {
        container.life.published_as = Some(id.to_string());
    }
    if let Some(media) = gallery.media.get(&id).cloned() {
        record(call, &media, Action::Created, Some(container));
        super::events::mentioned(nodes, &gallery, &media, None);
    }
    Ok(id)
}

fn record(call: &Call<'_>, media: &Media, action: Action, container: Option<u64>) {
    let kind = match media.draft.kind {
        Kind::Image | Kind::Video | Kind::Carousel => "post",
        Kind::Reel => "reel",
        Kind::StoryImage | Kind::StoryVideo => "story",
    };
    call.nodes.core.record(NewEntry {
        account: call.me.username.clone(),
        action,
        kind: kind.to_owned(),
        remote_id: media.id.to_string(),
        text: media.draft.caption.clone(),
        media_count: media.children.len().max(usize::from(media.draft.file.is_some())),
        parent: None,
        client_id: container.map(|id| id.to_string()),
        request_digest: call.digest.to_string(),
    });
}

/// `DELETE /{media}`: with Facebook login only, since December 2025.
///
/// # Errors
/// If it is not theirs, an item of a carousel, or the login does not have it.
pub fn delete(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    let named = id.to_string();
    if call.login == Login::Instagram {
        return Err(KIND.no_object("delete", &named));
    }
    call.require(Right::Delete)?;
    let mut gallery = call.nodes.gallery();
    let media = gallery.media.get(&id).filter(|media| media.account == call.me.id).cloned();
    let media = media.ok_or_else(|| KIND.no_object("delete", &named))?;
    if media.draft.is_item {
        return Err(refusal("-1/2207073"));
    }
    gallery.remove(id);
    record(call, &media, Action::Deleted, None);
    Ok(json!({ "success": true, "deleted_id": named }))
}
