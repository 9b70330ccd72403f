//! Media: in one shot, or begun, sent in segments, finished, processed; and described.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{FromRequest as _, Multipart, Path, RawQuery, Request, State as Shared},
    response::{IntoResponse, Response},
};
use base64::Engine as _;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    State,
    model::{MEDIA_LIFE_S, Media, Plaza},
    problem::Problem,
    query::{Query, id},
};
use crate::{
    processing::{Processing, Stage},
    sniff::sniff,
};

const SCOPE: [&str; 1] = ["media.write"];
const MEGABYTE: u64 = 1024 * 1024;
/// A segment at most.
const SEGMENT_BYTES: usize = 5 * 1024 * 1024;
/// An upload at most.
const TOTAL_BYTES: u64 = 17_179_869_184;
/// How long a film or animation is processed if no knob says otherwise.
const PROCESSING: Duration = Duration::from_secs(2);
/// Characters of an alternative text.
const ALT_LENGTH: usize = 1_000;

const TYPES: [&str; 15] = [
    "video/mp4",
    "video/webm",
    "video/mp2t",
    "video/quicktime",
    "text/srt",
    "text/vtt",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/png",
    "image/webp",
    "image/pjpeg",
    "image/tiff",
    "model/gltf-binary",
    "model/vnd.usdz+zip",
];
const CATEGORIES: [&str; 8] =
    ["amplify_video", "tweet_gif", "tweet_image", "tweet_video", "dm_gif", "dm_image", "dm_video", "subtitles"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Initialize {
    media_type: Option<String>,
    media_category: Option<String>,
    total_bytes: Option<u64>,
    #[serde(default, rename = "shared")]
    _shared: bool,
    #[serde(default, rename = "additional_owners")]
    _additional_owners: Vec<String>,
}

fn begun(account: &str, category: &str, now: base::Timestamp) -> Media {
    Media {
        account: account.to_owned(),
        media_type: None,
        category: category.to_owned(),
        total_bytes: None,
        segments: Default::default(),
        blob: None,
        content_type: String::new(),
        size_bytes: 0,
        size: None,
        seconds: None,
        at: now,
        work: Processing::none(now),
        alt: None,
        used: false,
    }
}

/// `POST /2/media/upload/initialize`.
pub async fn initialize(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &SCOPE)?;
    let body: Initialize =
        serde_json::from_slice(&body).map_err(|error| Problem::invalid("body", "", error.to_string()))?;
    let kind = body.media_type.filter(|kind| TYPES.contains(&kind.as_str()));
    let kind = kind.ok_or_else(|| Problem::invalid("media_type", "", format!("media_type is not one of {TYPES:?}")))?;
    let category = body.media_category.unwrap_or_else(|| "tweet_image".into());
    if !CATEGORIES.contains(&category.as_str()) {
        let message = format!("media_category is not one of {CATEGORIES:?}");
        return Err(Problem::invalid("media_category", &category, message));
    }
    let total = body.total_bytes.filter(|total| (1..=TOTAL_BYTES).contains(total));
    let total = total.ok_or_else(|| Problem::invalid("total_bytes", "", "total_bytes is missing or out of range"))?;
    check_weight(&category, total)?;
    let (mut plaza, now) = (state.plaza(), state.now());
    let number = plaza.fresh_id(now).to_string();
    let media = Media { media_type: Some(kind), total_bytes: Some(total), ..begun(&me, &category, now) };
    let key = media.key(&number);
    plaza.media.insert(number.clone(), media);
    Ok(Json(json!({ "data": { "id": number, "media_key": key, "expires_after_secs": MEDIA_LIFE_S } })))
}

/// What a file of a category may weigh (X API: media best practices; 512 MB is the limit that holds for everyone).
fn check_weight(category: &str, bytes: u64) -> Result<(), Problem> {
    let most = match category {
        "tweet_image" | "dm_image" => 5 * MEGABYTE,
        "tweet_gif" | "dm_gif" => 15 * MEGABYTE,
        _ => 512 * MEGABYTE,
    };
    if bytes <= most {
        return Ok(());
    }
    Err(Problem::invalid("total_bytes", &bytes.to_string(), format!("a file of {category} has at most {most} bytes")))
}

/// The upload, if it is theirs and has not gone.
fn theirs<'a>(plaza: &'a mut Plaza, me: &str, text: &str, now: base::Timestamp) -> Result<&'a mut Media, Problem> {
    id("id", text)?;
    let media = plaza.media.get_mut(text).filter(|media| media.account == me && !media.has_gone(now));
    media.ok_or_else(|| Problem::invalid("id", text, "The media id is not one of yours, or has expired"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonSegment {
    media: String,
    segment_index: u32,
}

/// `POST /2/media/upload/:id/append`, as a form or as JSON with base 64. A segment may be sent again.
pub async fn append(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let me = state.caller(request.headers(), &SCOPE)?;
    let (index, bytes) = segment(request).await?;
    if bytes.len() > SEGMENT_BYTES {
        return Err(Problem::too_large());
    }
    if index > 9_999 {
        return Err(Problem::invalid("segment_index", &index.to_string(), "segment_index is not between 0 and 9999"));
    }
    let (mut plaza, now) = (state.plaza(), state.now());
    let media = theirs(&mut plaza, &me, &text, now)?;
    if media.blob.is_some() {
        return Err(Problem::invalid("id", &text, "The upload has been finalized"));
    }
    media.segments.insert(index, state.core.blobs.put(bytes));
    if state.settings().append_answers_nothing {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let expires_at = (media.at + Duration::from_secs(MEDIA_LIFE_S)).as_seconds();
    Ok(Json(json!({ "data": { "expires_at": expires_at } })).into_response())
}

fn kind_of(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn segment(request: Request) -> Result<(u32, Bytes), Problem> {
    if kind_of(request.headers()).starts_with("application/json") {
        let body = whole(request).await?;
        let body: JsonSegment =
            serde_json::from_slice(&body).map_err(|error| Problem::invalid("body", "", error.to_string()))?;
        return Ok((body.segment_index, decoded(&body.media)?));
    }
    let form = read_form(request, &["segment_index", "media"]).await?;
    let index = form.text("segment_index").and_then(|text| text.parse().ok());
    let index =
        index.ok_or_else(|| Problem::invalid("segment_index", "", "segment_index is missing or not a number"))?;
    Ok((index, form.media()?))
}

async fn whole(request: Request) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &()).await.map_err(|_| Problem::too_large())
}

fn decoded(text: &str) -> Result<Bytes, Problem> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    bytes.map(Bytes::from).map_err(|_| Problem::invalid("media", "", "media is not base 64"))
}

struct Form(Vec<(String, Bytes)>);

impl Form {
    fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name)?;
        std::str::from_utf8(&found.1).ok()
    }

    fn media(&self) -> Result<Bytes, Problem> {
        let found = self.0.iter().find(|(name, bytes)| name == "media" && !bytes.is_empty());
        found.map(|(_, bytes)| bytes.clone()).ok_or_else(|| Problem::invalid("media", "", "media is missing or empty"))
    }
}

async fn read_form(request: Request, known: &[&str]) -> Result<Form, Problem> {
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| Problem::unsupported())?;
    let mut form = Form(Vec::new());
    let broken = |_| Problem::bad("The multipart form does not read.");
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if !known.contains(&name.as_str()) {
            return Err(Problem::invalid(&name, "", format!("the form has a part {name}, known are {known:?}")));
        }
        form.0.push((name, field.bytes().await.map_err(broken)?));
    }
    Ok(form)
}

/// `POST /2/media/upload/:id/finalize`.
pub async fn finalize(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &SCOPE)?;
    let (mut plaza, now) = (state.plaza(), state.now());
    let media = theirs(&mut plaza, &me, &text, now)?;
    if media.blob.is_none() {
        let whole = joined(&state, media, &text)?;
        accept(&state, media, whole)?;
    }
    Ok(Json(json!({ "data": shape(&text, media, now) })))
}

fn joined(state: &State, media: &Media, text: &str) -> Result<Bytes, Problem> {
    let contiguous = media.segments.keys().copied().eq(0..u32::try_from(media.segments.len()).unwrap_or(0));
    let mut whole = BytesMut::new();
    for key in media.segments.values() {
        whole.extend_from_slice(&state.core.blobs.get(key).unwrap_or_default());
    }
    if !contiguous || media.total_bytes != Some(whole.len() as u64) {
        let message = format!("{} bytes in segments, {} were announced", whole.len(), media.total_bytes.unwrap_or(0));
        return Err(Problem::invalid("id", text, message));
    }
    Ok(whole.freeze())
}

/// Looks at the bytes and takes them, or says why not.
fn accept(state: &State, media: &mut Media, whole: Bytes) -> Result<(), Problem> {
    check_weight(&media.category, whole.len() as u64)?;
    if media.category != "subtitles" {
        let found = sniff(&whole).filter(|found| fits(&media.category, found.content_type));
        let wrong = || Problem::invalid("media", "", format!("the bytes are not what {} takes", media.category));
        let found = found.ok_or_else(wrong)?;
        (media.content_type, media.size, media.seconds) = (found.content_type.to_owned(), found.size, found.seconds);
    }
    media.size_bytes = whole.len() as u64;
    if media.kind() != "photo" {
        media.work = Processing::begin(&state.core, PROCESSING);
    }
    media.blob = Some(state.core.blobs.put(whole));
    media.segments.clear();
    Ok(())
}

fn fits(category: &str, content_type: &str) -> bool {
    match category {
        "tweet_image" | "dm_image" => ["image/jpeg", "image/png", "image/webp", "image/gif"].contains(&content_type),
        "tweet_gif" | "dm_gif" => content_type == "image/gif",
        _ => ["video/mp4", "video/quicktime", "video/webm"].contains(&content_type),
    }
}

fn shape(id: &str, media: &Media, now: base::Timestamp) -> Value {
    let left = (media.at + Duration::from_secs(MEDIA_LIFE_S)).since(now).as_secs();
    let mut shape = json!({
        "id": id, "media_key": media.key(id), "size": media.size_bytes, "expires_after_secs": left,
    });
    if media.work.processing_from.is_some() {
        shape["processing_info"] = processing(media, now);
        shape["video"] = json!({ "video_type": media.content_type });
    } else if let Some((w, h)) = media.size {
        shape["image"] = json!({ "image_type": media.content_type, "w": w, "h": h });
    }
    shape
}

fn processing(media: &Media, now: base::Timestamp) -> Value {
    match media.work.stage(now) {
        Stage::Failed => {
            let error = json!({ "code": 1, "name": "InvalidMedia", "message": "file is corrupt" });
            json!({ "state": "failed", "error": error })
        }
        Stage::Ready => json!({ "state": "succeeded", "progress_percent": 100 }),
        Stage::Working(percent) => {
            let state = if percent == 0 { "pending" } else { "in_progress" };
            json!({ "state": state, "check_after_secs": 1, "progress_percent": percent })
        }
    }
}

/// `GET /2/media/upload?command=STATUS&media_id=`.
pub async fn status(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &SCOPE)?;
    let query = Query::read(query.as_deref(), state.settings().reads, &["command", "media_id"])?;
    if query.text("command").is_some_and(|command| command != "STATUS") {
        return Err(Problem::invalid("command", query.text("command").unwrap_or(""), "command is not one of [STATUS]"));
    }
    let text = query.text("media_id").unwrap_or_default();
    let (mut plaza, now) = (state.plaza(), state.now());
    let media = theirs(&mut plaza, &me, text, now)?;
    if media.blob.is_none() {
        return Err(Problem::invalid("media_id", text, "The upload has not been finalized"));
    }
    Ok(Json(json!({ "data": shape(text, media, now) })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonUpload {
    media: String,
    media_category: String,
    #[serde(rename = "media_type")]
    _media_type: Option<String>,
    #[serde(rename = "shared")]
    _shared: Option<bool>,
    #[serde(rename = "additional_owners")]
    _additional_owners: Option<Value>,
}

/// `POST /2/media/upload`: a picture in one go. The older form with `command` is not offered.
pub async fn one_shot(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Json<Value>, Problem> {
    let me = state.caller(request.headers(), &SCOPE)?;
    let (category, bytes) = if kind_of(request.headers()).starts_with("application/json") {
        let body = whole(request).await?;
        let body: JsonUpload =
            serde_json::from_slice(&body).map_err(|error| Problem::invalid("body", "", error.to_string()))?;
        (body.media_category, decoded(&body.media)?)
    } else {
        let known = ["media", "media_category", "media_type", "shared", "additional_owners"];
        let form = read_form(request, &known).await?;
        (form.text("media_category").unwrap_or_default().to_owned(), form.media()?)
    };
    if !["tweet_image", "tweet_gif", "dm_image", "dm_gif", "subtitles"].contains(&category.as_str()) {
        let message = "media_category is missing, or is not one that can be sent in one go";
        return Err(Problem::invalid("media_category", &category, message));
    }
    let (mut plaza, now) = (state.plaza(), state.now());
    let mut media = begun(&me, &category, now);
    accept(&state, &mut media, bytes)?;
    let number = plaza.fresh_id(now).to_string();
    let shape = shape(&number, &media, now);
    plaza.media.insert(number, media);
    Ok(Json(json!({ "data": shape })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    id: String,
    metadata: serde_json::Map<String, Value>,
}

/// `POST /2/media/metadata`.
pub async fn metadata(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &SCOPE)?;
    let body: Metadata =
        serde_json::from_slice(&body).map_err(|error| Problem::invalid("body", "", error.to_string()))?;
    let known = ["alt_text", "sensitive_media_warning", "geo_restrictions", "allow_download_status"];
    if let Some(stranger) = body.metadata.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Problem::invalid("metadata", stranger, format!("metadata has the keys {known:?} here")));
    }
    let (mut plaza, now) = (state.plaza(), state.now());
    let media = theirs(&mut plaza, &me, &body.id, now)?;
    if let Some(alt) = body.metadata.get("alt_text") {
        let text = alt["text"].as_str().filter(|text| text.chars().count() <= ALT_LENGTH);
        let wrong = || Problem::invalid("metadata.alt_text.text", "", "alt_text.text is missing or longer than 1000");
        media.alt = Some(text.ok_or_else(wrong)?.to_owned());
    }
    Ok(Json(json!({ "data": { "id": body.id, "associated_metadata": body.metadata } })))
}
