//! Writing: containers, publishing, reposts, deletion, and the quotas that they use up.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    State,
    calls::Call,
    compose::Rules,
    events::{Happened, tell},
    model::{Container, Draft, Kind, Media, Square},
    problem,
    settings::Restriction,
};
use crate::{
    Action, NewEntry,
    meta::{
        containers::{Life, Status, Work},
        error::GraphError,
        fetch::{self, FetchError, Fetched, File},
        film::{Breach, Demands, Film},
        strikes,
    },
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Uses a day: the name of the quota (for the knob too), how many, and what `threads_publishing_limit` calls it.
pub const QUOTAS: [(&str, u32, &str); 4] = [
    ("posts", 250, ""),
    ("replies", 1_000, "reply_"),
    ("deletes", 100, "delete_"),
    ("location_searches", 500, "location_search_"),
];

/// Bytes of a picture and of a film.
const IMAGE_BYTES: usize = 8 * 1024 * 1024;
const VIDEO_BYTES: usize = 1024 * 1024 * 1024;
/// What a film must be.
const DEMANDS: Demands = Demands { seconds: 0.0..=300.0, widest: 1_920, ratio: 0.01..=10.0, bits: 100e6 };

/// How long the network works on a container, unless the knob says otherwise: text 1 to 2 s, pictures 2 to 5 s, films 5 s
/// and more, as clients measured it.
fn habit(kind: Kind) -> Duration {
    Duration::from_millis(match kind {
        Kind::Text | Kind::Repost => 1_000,
        Kind::Image | Kind::Carousel => 3_000,
        Kind::Video => 8_000,
    })
}

/// Uses a quota once.
///
/// # Errors
/// If it is used up.
pub fn spend(state: &State, square: &mut Square, account: &str, what: &str) -> Result<(), GraphError> {
    let documented = QUOTAS.iter().find(|(name, ..)| *name == what).map_or(0, |(_, most, _)| *most);
    let limit = state.core.knobs().rate_limit(what, documented);
    if square.quotas.spend(account, what, limit, DAY, state.now()) {
        return Ok(());
    }
    let message = "Application request limit reached";
    Err(GraphError::new("OAuthException", state.settings().quota_code, message)
        .with_subcode(2_207_042)
        .for_people("Limit reached", "You have reached the maximum number of posts that can be published in 24 hours."))
}

/// `GET /{user}/threads_publishing_limit`.
///
/// # Errors
/// If there is no such field.
pub fn limits(call: &Call<'_>) -> Result<Value, GraphError> {
    let (square, now, knobs) = (call.state.square(), call.state.now(), call.state.core.knobs());
    let mut all = json!({});
    for (name, documented, prefix) in QUOTAS {
        let total = knobs.rate_limit(name, documented);
        all[format!("{prefix}quota_usage")] = json!(square.quotas.used(&call.me.id, name, DAY, now));
        all[format!("{prefix}config")] = json!({ "quota_total": total, "quota_duration": DAY.as_secs() });
    }
    let wanted = call.params.get("fields").unwrap_or("quota_usage").split(',').map(str::trim);
    let shape: Result<serde_json::Map<String, Value>, GraphError> = wanted
        .map(|name| Ok((name.to_owned(), all.get(name).cloned().ok_or_else(|| problem::KIND.no_field(name))?)))
        .collect();
    Ok(json!({ "data": [shape?] }))
}

fn check_restriction(state: &State) -> Result<(), GraphError> {
    let restricted = |code, subcode, text: &str| {
        Err(GraphError::new("OAuthException", code, "Application request limit reached")
            .with_subcode(subcode)
            .for_people("Restricted", text))
    };
    match state.settings().restriction {
        Some(Restriction::Action) => restricted(4, 2_207_051, "We restrict certain activity to protect our community."),
        Some(Restriction::Account) => restricted(10, 4_279_013, "This user is not allowed to publish at the moment."),
        None => Ok(()),
    }
}

/// `POST /{user}/threads`.
///
/// # Errors
/// The first rule that the container breaks.
pub async fn create(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require("threads_content_publish")?;
    check_restriction(call.state)?;
    let (state, settings) = (call.state, call.state.settings());
    let (mut draft, address) = {
        let (square, now) = (state.square(), state.now());
        let rules = Rules { square: &square, settings: &settings, me: &call.me, token: &call.token, now };
        rules.draft(call.params)?
    };
    if call.params.is("auto_publish_text") {
        if draft.kind != Kind::Text {
            return Err(problem::KIND.param("auto_publish_text", "is only available for text posts"));
        }
        let media = go_live(call, draft, None)?;
        return Ok(json!({ "id": media.to_string() }));
    }
    let mut work = Work::Done;
    match (&address, draft.kind) {
        // A picture is fetched while the caller waits.
        (Some(address), Kind::Image) => match picture(state, address).await {
            Ok(file) => draft.file = Some(file),
            Err(Picture::Refused(refusal)) => return Err(refusal),
            Err(Picture::Failed(why)) => work = Work::Failed(why.to_owned()),
        },
        (Some(_), _) => work = Work::Fetching,
        (None, _) => {}
    }
    let (kind, now, knobs) = (draft.kind, state.now(), state.core.knobs());
    if knobs.processing_fails && address.is_some() {
        work = Work::Failed(if kind == Kind::Video { "FAILED_PROCESSING_VIDEO" } else { "UNKNOWN" }.to_owned());
    }
    let takes = knobs.processing_ms.map_or_else(|| habit(kind), Duration::from_millis);
    let is_unseen = !draft.is_item && strikes(settings.unseen_one_in, &*state.core.random);
    let container = Container {
        account: call.me.id.clone(),
        draft,
        life: Life::new(now, takes, work.clone()),
        unseen_until: is_unseen.then(|| now + Duration::from_millis(settings.unseen_ms)),
    };
    let id = state.square().add_container(container);
    if let (Work::Fetching, Some(address)) = (work, address) {
        tokio::spawn(film(state.clone(), id, address));
    }
    Ok(json!({ "id": id.to_string() }))
}

/// Why a picture is not taken.
enum Picture {
    /// At once.
    Refused(GraphError),
    /// By its container.
    Failed(&'static str),
}

async fn picture(state: &State, address: &str) -> Result<File, Picture> {
    let Fetched { found, bytes } = fetch::fetch(&state.http, address, IMAGE_BYTES).await.map_err(|error| {
        Picture::Refused(match error {
            // Which refusal a large picture gets is not known.
            FetchError::TooLarge => problem::KIND.param("image_url", "leads to an image of more than 8 MB"),
            FetchError::Unreachable | FetchError::NotMedia => problem::not_fetched(),
        })
    })?;
    if !["image/jpeg", "image/png"].contains(&found.content_type) {
        return Err(Picture::Refused(problem::not_fetched()));
    }
    let ratio =
        found.size.filter(|(wide, high)| *wide > 0 && *high > 0).map(|(wide, high)| f64::from(wide) / f64::from(high));
    match ratio {
        Some(ratio) if (0.1..=10.0).contains(&ratio) => {
            Ok(File { blob: state.core.blobs.put(bytes), content_type: found.content_type.to_owned() })
        }
        Some(_) => Err(Picture::Failed("INVALID_ASPEC_RATIO")),
        None => Err(Picture::Failed("UNKNOWN")),
    }
}

/// Fetches a film in the background.
async fn film(state: Arc<State>, id: u64, address: String) {
    let fetched = fetch::fetch(&state.http, &address, VIDEO_BYTES).await;
    let taken = match fetched {
        Err(_) => Err("FAILED_DOWNLOADING_VIDEO"),
        Ok(Fetched { found, bytes }) => match what_is_wrong(found.content_type, &bytes) {
            Some(why) => Err(why),
            None => Ok(File { blob: state.core.blobs.put(bytes), content_type: found.content_type.to_owned() }),
        },
    };
    let mut square = state.square();
    if let Some(container) = square.containers.get_mut(&id) {
        match taken {
            Ok(file) => (container.draft.file, container.life.work) = (Some(file), Work::Done),
            Err(why) => container.life.work = Work::Failed(why.to_owned()),
        }
    }
    drop(square);
    state.core.touch();
}

/// Why a film is not taken, in the words of `error_message`. What a file does not say about itself is not held against it.
pub fn what_is_wrong(content_type: &str, bytes: &[u8]) -> Option<&'static str> {
    if !["video/mp4", "video/quicktime"].contains(&content_type) {
        return Some("FAILED_PROCESSING_VIDEO");
    }
    Film::of(bytes).breach(bytes.len(), &DEMANDS).map(|breach| match breach {
        Breach::IndexLast | Breach::Codec => "FAILED_PROCESSING_VIDEO",
        Breach::Sound | Breach::SoundRate => "FAILED_PROCESSING_AUDIO",
        Breach::Duration => "INVALID_DURATION",
        // A letter is missing on the network too.
        Breach::Size => "INVALID_ASPEC_RATIO",
        Breach::FrameRate => "INVALID_FRAME_RATE",
        Breach::BitRate => "INVALID_BIT_RATE",
        Breach::Channels => "INVALID_AUDIO_CHANNELS",
    })
}

/// `POST /{user}/threads_publish`.
///
/// # Errors
/// If there is no container that can be published, or a quota is used up.
pub async fn publish(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require("threads_content_publish")?;
    let named = problem::KIND.need(call.params, "creation_id")?;
    check_restriction(call.state)?;
    let (state, settings) = (call.state, call.state.settings());
    ready(call, named)?;
    let is_slow = strikes(settings.slow_one_in, &*state.core.random);
    let half = Duration::from_millis(if is_slow { settings.slow_ms } else { 0 }) / 2;
    tokio::time::sleep(half).await;
    // Another call may have published it meanwhile.
    let (id, draft) = ready(call, named)?;
    let shared = draft.to_instagram;
    let media = go_live(call, draft, Some(id))?;
    tokio::time::sleep(half).await;
    if strikes(settings.permission_one_in, &*state.core.random) {
        return Err(problem::permission_after_all());
    }
    let mut answer = json!({ "id": media.to_string() });
    if shared {
        answer["crossreshare_to_ig_status"] = json!("SUCCESS");
    }
    Ok(answer)
}

/// The container that is named, if it can be published. What is refused is said to be absent: never made, made by another
/// account, expired, failed, an item of a carousel, and published before (which is not documented).
fn ready(call: &Call<'_>, named: &str) -> Result<(u64, Draft), GraphError> {
    let (square, now) = (call.state.square(), call.state.now());
    let id = named.parse::<u64>().ok();
    let found = id.and_then(|id| Some((id, square.containers.get(&id)?)));
    let found = found.filter(|(_, container)| {
        let is_mine = container.account == call.me.id && !container.draft.is_item;
        let can_be_found = container.unseen_until.is_none_or(|until| until <= now);
        let is_ready = match container.life.status(now) {
            Status::Finished => true,
            // Text goes out without any wait (brightbean); a film or carousel never does.
            Status::InProgress => container.draft.kind == Kind::Text,
            Status::Published | Status::Error | Status::Expired => false,
        };
        is_mine && can_be_found && is_ready
    });
    let (id, container) = found.ok_or_else(|| problem::not_found(named))?;
    let mut draft = container.draft.clone();
    // Seen by Postiz 1441: such a reply became a post of its own.
    let is_loose = container.life.ready_at + Duration::from_millis(call.state.settings().loose_reply_ms) > now;
    if draft.kind == Kind::Video && is_loose {
        draft.reply_to = None;
    }
    // The post that it answers may be gone by now.
    if draft.reply_to.is_some_and(|parent| !square.media.contains_key(&parent)) {
        return Err(problem::not_found(named));
    }
    Ok((id, draft))
}

/// Makes it visible, and writes it down.
fn go_live(call: &Call<'_>, draft: Draft, container: Option<u64>) -> Result<u64, GraphError> {
    let (state, now) = (call.state, call.state.now());
    let mut square = state.square();
    let is_published = |id: u64| square.containers.get(&id).is_none_or(|it| it.life.published_as.is_some());
    if let Some(id) = container.filter(|id| is_published(*id)) {
        return Err(problem::not_found(&id.to_string()));
    }
    let what = if draft.reply_to.is_some() { "replies" } else { "posts" };
    spend(state, &mut square, &call.me.id, what)?;
    let id = square.add_media(&call.me.id, draft, now);
    if let Some(container) = container.and_then(|id| square.containers.get_mut(&id)) {
        container.life.published_as = Some(id.to_string());
    }
    if let Some(media) = square.media.get(&id).cloned() {
        record(call, &media, Action::Created, container);
        tell(state, &square, &media, Happened::Published);
    }
    Ok(id)
}

fn record(call: &Call<'_>, media: &Media, action: Action, container: Option<u64>) {
    let draft = &media.draft;
    let kind = match () {
        () if draft.kind == Kind::Repost => "repost",
        () if draft.ghost => "ghost",
        () if draft.reply_to.is_some() => "reply",
        () => "post",
    };
    call.state.core.record(NewEntry {
        account: call.me.username.clone(),
        action,
        kind: kind.to_owned(),
        remote_id: media.id.to_string(),
        text: draft.text.clone(),
        media_count: media.children.len().max(usize::from(draft.file.is_some())),
        parent: draft.reply_to.map(|parent| parent.to_string()),
        client_id: container.map(|id| id.to_string()),
        request_digest: call.digest.to_string(),
    });
}

/// `POST /{media}/repost`.
///
/// # Errors
/// If there is no such post, or a quota is used up.
pub fn repost(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    call.require("threads_content_publish")?;
    check_restriction(call.state)?;
    let (state, now) = (call.state, call.state.now());
    let mut square = state.square();
    let shown = node.parse().ok().and_then(|id: u64| square.media.get(&id));
    let shown = shown.filter(|media| media.is_visible(now) && media.draft.kind != Kind::Repost && !media.draft.ghost);
    let shown = shown.ok_or_else(|| problem::KIND.no_object("post", node))?.id;
    spend(state, &mut square, &call.me.id, "posts")?;
    let id = square.add_media(&call.me.id, Draft { kind: Kind::Repost, ..Draft::default() }, now);
    if let Some(media) = square.media.get_mut(&id) {
        media.reposted = Some(shown);
        record(call, media, Action::Created, None);
    }
    Ok(json!({ "id": id.to_string() }))
}

/// `DELETE /{media}`.
///
/// # Errors
/// If it is not theirs, or a quota is used up.
pub fn delete(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    call.require("threads_delete")?;
    let mut square = call.state.square();
    let id = node
        .parse::<u64>()
        .ok()
        .filter(|id| square.media.get(id).is_some_and(|media| media.account == call.me.id && !media.draft.is_item));
    let id = id.ok_or_else(|| problem::KIND.no_object("delete", node))?;
    spend(call.state, &mut square, &call.me.id, "deletes")?;
    if let Some(media) = square.media.get(&id).cloned() {
        tell(call.state, &square, &media, Happened::Deleted);
        square.remove(id);
        record(call, &media, Action::Deleted, None);
    }
    Ok(json!({ "success": true, "deleted_id": node }))
}
