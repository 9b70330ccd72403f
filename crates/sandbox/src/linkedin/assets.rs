//! Files: begun, sent in one piece or in parts, ended, worked on, asked about. No one sees them before a post does.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State as Shared},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    State,
    model::{Asset, Feed, Kind},
    problem::Problem,
    restli::{self, Caller, Query},
};
use crate::{
    oauth,
    processing::{Processing, Stage},
    sniff::sniff,
};

/// The bytes of a part of a film.
const PART_BYTES: u64 = 4_194_304;
const MEGABYTE: usize = 1_024 * 1_024;
/// How long an upload's addresses work.
const ADDRESS_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Begin {
    initialize_upload_request: Beginning,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Beginning {
    owner: String,
    file_size_bytes: Option<u64>,
    #[serde(default, rename = "uploadCaptions")]
    _captions: bool,
    #[serde(default, rename = "uploadThumbnail")]
    _thumbnail: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Finish {
    finalize_upload_request: Finishing,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Finishing {
    video: String,
    upload_token: String,
    uploaded_part_ids: Vec<String>,
}

/// `POST /rest/images?action=initializeUpload`.
pub async fn image(
    state: Shared<Arc<State>>,
    caller: Extension<Caller>,
    query: RawQuery,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    begin(state, caller, query, &bytes, Kind::Image)
}

/// `POST /rest/documents?action=initializeUpload`.
pub async fn document(
    state: Shared<Arc<State>>,
    caller: Extension<Caller>,
    query: RawQuery,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    begin(state, caller, query, &bytes, Kind::Document)
}

/// `POST /rest/videos?action=initializeUpload` and `finalizeUpload`.
pub async fn video(
    state: Shared<Arc<State>>,
    caller: Extension<Caller>,
    RawQuery(query): RawQuery,
    bytes: Bytes,
) -> Result<Response, Problem> {
    if query.as_deref() == Some("action=finalizeUpload") {
        return finish(&state, &caller, &bytes);
    }
    begin(state, caller, RawQuery(query), &bytes, Kind::Video).map(IntoResponse::into_response)
}

fn begin(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    bytes: &[u8],
    kind: Kind,
) -> Result<Json<Value>, Problem> {
    if Query::read(query.as_deref(), &["action"])?.need("action")? != "initializeUpload" {
        return Err(Problem::value("action", "there is no such action"));
    }
    let Beginning { owner, file_size_bytes, .. } = restli::body::<Begin>(bytes)?.initialize_upload_request;
    let (mut feed, now) = (state.feed(), state.now());
    let what = format!("partnerApi{}s.ACTION-initializeUpload", kind.word());
    caller.need_for(&feed, &owner, "w_member_social", "w_organization_social", &what)?;
    let announced = match (kind, file_size_bytes) {
        (Kind::Video, Some(bytes)) if bytes > 0 => bytes,
        (Kind::Video, _) => return Err(Problem::body("fileSizeBytes is required")),
        (_, None) => 0,
        (_, Some(_)) => return Err(Problem::body("fileSizeBytes is not a field of this request")),
    };
    let id = format!("{}5{}", kind.word().to_uppercase().chars().next().unwrap_or('X'), feed.fresh());
    let parts = usize::try_from(announced.div_ceil(PART_BYTES)).unwrap_or(1).max(1);
    let address = |part: usize| state.core.url(&format!("/dms-uploads/{id}/{part}?ca=vector&m={now}"));
    let ends_at = (now + ADDRESS_LIFE).as_micros() / 1_000;
    let urn = format!("urn:li:{}:{id}", kind.word());
    let value = if kind == Kind::Video {
        let instruction = |part: usize| {
            let first = part as u64 * PART_BYTES;
            let last = (first + PART_BYTES).min(announced) - 1;
            json!({ "uploadUrl": address(part), "firstByte": first, "lastByte": last })
        };
        let instructions: Vec<Value> = (0..parts).map(instruction).collect();
        json!({ "video": urn, "uploadToken": "", "uploadUrlsExpireAt": ends_at, "uploadInstructions": instructions })
    } else {
        let mut value = json!({ "uploadUrl": address(0), "uploadUrlExpiresAt": ends_at });
        value[kind.word()] = json!(urn);
        value
    };
    let asset = Asset {
        owner,
        kind,
        announced,
        parts,
        taken: Default::default(),
        blob: None,
        content_type: String::new(),
        work: None,
        trouble: None,
        at: now,
    };
    feed.assets.insert(id, asset);
    Ok(Json(json!({ "value": value })))
}

/// `PUT` of a whole picture or document, which needs the token, or of a part of a film, which needs none.
pub async fn take(
    Shared(state): Shared<Arc<State>>,
    Path((id, part)): Path<(String, usize)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let is_signed = match oauth::bearer(&headers) {
        Some(text) => restli::token(&state, text).map(|_| true)?,
        None => false,
    };
    let (mut feed, now) = (state.feed(), state.now());
    let asset = feed.assets.get_mut(&id).filter(|asset| part < asset.parts && asset.blob.is_none());
    let asset = asset.ok_or_else(|| Problem::missing("upload"))?;
    if asset.at + ADDRESS_LIFE <= now {
        return Err(Problem::named(400, "EXPIRED_UPLOAD_URL", "The upload URL has expired"));
    }
    if asset.kind != Kind::Video {
        if !is_signed {
            return Err(Problem::no_token());
        }
        receive(&state, asset, bytes);
        return Ok(StatusCode::CREATED.into_response());
    }
    let due = PART_BYTES.min(asset.announced - part as u64 * PART_BYTES);
    if bytes.len() as u64 != due {
        let said = format!("part {part} has {} bytes, {due} were announced", bytes.len());
        return Err(Problem::named(400, "UPDATING_ASSET_FAILED", said));
    }
    let blob = state.core.blobs.put(bytes);
    let etag =
        if state.settings().plain_etags { format!("/ambry-video/signedId/{id}{part}") } else { blob[..32].to_owned() };
    let told = if state.settings().plain_etags { etag.clone() } else { format!("\"{etag}\"") };
    asset.taken.insert(part, (blob, etag));
    let mut answer = StatusCode::OK.into_response();
    if let Ok(value) = HeaderValue::from_str(&told) {
        answer.headers_mut().insert("etag", value);
    }
    Ok(answer)
}

fn finish(state: &State, caller: &Caller, bytes: &[u8]) -> Result<Response, Problem> {
    let Finishing { video, upload_token, uploaded_part_ids } = restli::body::<Finish>(bytes)?.finalize_upload_request;
    let mut feed = state.feed();
    let owner = feed.asset(&video).filter(|asset| asset.kind == Kind::Video).map(|asset| asset.owner.clone());
    let owner = owner.ok_or_else(|| Problem::input(400, "INVALID_VIDEO_ID", "/video", "is no upload"))?;
    let what = "partnerApivideos.ACTION-finalizeUpload";
    caller.need_for(&feed, &owner, "w_member_social", "w_organization_social", what)?;
    let id = video.rsplit(':').next().unwrap_or_default();
    let Some(asset) = feed.assets.get_mut(id) else { return Err(Problem::missing("upload")) };
    if asset.blob.is_some() {
        return Err(Problem::named(400, "UPDATING_ASSET_FAILED", "The upload has been finalized"));
    }
    let known: Vec<&str> = asset.taken.values().map(|(_, etag)| etag.as_str()).collect();
    if !upload_token.is_empty() || asset.taken.len() != asset.parts || known != uploaded_part_ids {
        return Err(Problem::named(
            400,
            "UPDATING_ASSET_FAILED",
            "The parts are not those that were sent, in their order",
        ));
    }
    let mut whole = BytesMut::new();
    for (blob, _) in asset.taken.values() {
        whole.extend_from_slice(&state.core.blobs.get(blob).unwrap_or_default());
    }
    receive(state, asset, whole.freeze());
    Ok(StatusCode::OK.into_response())
}

/// Looks at the whole file, and begins to work on it.
fn receive(state: &State, asset: &mut Asset, bytes: Bytes) {
    let (found, size) = (sniff(&bytes), bytes.len());
    let is = |types: &[&str]| found.is_some_and(|found| types.contains(&found.content_type));
    let seconds = found.and_then(|found| found.seconds);
    let too_large = |most: usize| (size > most).then(|| format!("the file has more than {} MB", most / MEGABYTE));
    asset.trouble = match asset.kind {
        Kind::Image if !is(&["image/jpeg", "image/png", "image/gif"]) => Some("the format is not supported".to_owned()),
        Kind::Image
            if found.and_then(|found| found.size).is_some_and(|(w, h)| u64::from(w) * u64::from(h) >= 36_152_320) =>
        {
            Some("the picture has too many pixels".to_owned())
        }
        Kind::Image => too_large(8 * MEGABYTE),
        Kind::Document if !is(&["application/pdf"]) => Some("the format is not supported".to_owned()),
        Kind::Document => too_large(100 * MEGABYTE),
        Kind::Video if !is(&["video/mp4"]) => Some("the format is not supported".to_owned()),
        Kind::Video if seconds.is_some_and(|seconds| !(3.0..=1_800.0).contains(&seconds)) => {
            Some("a video has 3 seconds to 30 minutes".to_owned())
        }
        Kind::Video if size < 75 * 1_024 => Some("a video has 75 KB at least".to_owned()),
        Kind::Video => too_large(500 * MEGABYTE),
    };
    asset.content_type = found.map_or_else(String::new, |found| found.content_type.to_owned());
    let usual = Duration::from_secs(if asset.kind == Kind::Video { 8 } else { 2 });
    asset.work = Some(Processing::begin(&state.core, usual));
    asset.blob = Some(state.core.blobs.put(bytes));
}

/// How far a file is, in LinkedIn's words.
fn stage(state: &State, asset: &Asset) -> &'static str {
    match asset.work.map(|work| work.stage(state.now())) {
        None => "WAITING_UPLOAD",
        Some(Stage::Working(_)) => "PROCESSING",
        Some(Stage::Failed) => "PROCESSING_FAILED",
        Some(Stage::Ready) if asset.trouble.is_some() => "PROCESSING_FAILED",
        Some(Stage::Ready) => "AVAILABLE",
    }
}

/// `GET /rest/{images|documents|videos}/{urn}`. A member's token can't ask about pictures and documents.
pub async fn state(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(urn): Path<String>,
) -> Result<Json<Value>, Problem> {
    let feed = state.feed();
    let asset = feed.asset(&urn).ok_or_else(|| Problem::missing(&urn))?;
    let is_page = feed.organization(&asset.owner).is_some();
    if !is_page && (asset.kind != Kind::Video || state.settings().videos_unreadable) {
        return Err(Problem::forbidden_file(asset.kind.word()));
    }
    caller.need_for(&feed, &asset.owner, "w_member_social", "w_organization_social", "partnerApiAssets.GET")?;
    let mut shape = json!({ "id": urn, "owner": asset.owner, "status": stage(&state, asset) });
    if shape["status"] == "PROCESSING_FAILED" {
        let why = asset.trouble.as_deref().unwrap_or("the file could not be processed");
        shape["processingFailureReason"] = json!(why);
    } else if shape["status"] == "AVAILABLE" {
        let id = urn.rsplit(':').next().unwrap_or_default();
        shape["downloadUrl"] = json!(state.core.url(&format!("/media/{id}")));
    }
    Ok(Json(shape))
}

/// Whether the author's post may show this file. A picture may still be worked on; a film must be ready.
///
/// # Errors
/// Why it may not.
pub fn usable(state: &State, feed: &Feed, urn: &str, author: &str, kinds: &[Kind]) -> Result<(), Problem> {
    let known = feed.asset(urn).filter(|asset| asset.owner == author && kinds.contains(&asset.kind));
    let asset = known
        .ok_or_else(|| Problem::input(400, "INVALID_URN_ID", "/content", format!("{urn} is no file of the author")))?;
    let said = format!("media asset {urn} is in another state");
    match (stage(state, asset), asset.kind) {
        ("AVAILABLE", _) | ("PROCESSING" | "PROCESSING_FAILED", Kind::Image) => Ok(()),
        ("PROCESSING_FAILED", _) => Err(Problem::input(400, "MEDIA_ASSET_PROCESSING_FAILED", "/content", said)),
        _ => Err(Problem::input(400, "MEDIA_ASSET_WAITING_UPLOAD", "/content", said)),
    }
}
