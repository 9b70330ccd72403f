//! `/v1/media` and `/v1/uploads`.

use std::{ops::Range, time::Duration};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{
    Code, Cursor, Page, Problem, Timestamp,
    ids::{ChannelId, MediaId, UploadId},
    page::{DEFAULT_LIMIT, MAX_LIMIT},
};
use bytes::Bytes;
use connector::MediaKind;
use futures::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    FileType, Plan, assets, library,
    store::{Asset, Upload},
    uploads::{self, NewUpload},
};
use crate::{
    App,
    channels::{self, Channel},
    fault::Fault,
    http::{
        Created, Json, May, NoContent, Path, ProblemBody, Query, Refusal, Result, present,
        rights::{MediaRead, MediaWrite},
    },
};

/// The offset at which an upload stands or goes on, in bytes (tus 1.0).
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// The size of an upload, in bytes (tus 1.0).
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// The content type of a piece of an upload (tus 1.0).
const PIECE: &str = "application/offset+octet-stream";
/// How long a client may send nothing before its connection counts as broken.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// A browser that opens a file as a page may do nothing with it (S-61).
const POLICY: &str = "default-src 'none'; sandbox";

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list, add))
        .routes(routes!(add_from_url))
        .routes(routes!(get, describe, delete))
        .routes(routes!(file))
        .routes(routes!(renditions))
        .routes(routes!(begin_upload))
        .routes(routes!(get_upload, send_piece, cancel_upload))
        .routes(routes!(finish_upload))
}

/// A media asset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MediaBody {
    /// Its id; a post names it in `media`.
    id: MediaId,
    /// The name it was uploaded under.
    file_name: String,
    /// Its type by content.
    #[schema(example = "image/jpeg")]
    mime: String,
    /// What it is to a channel.
    kind: MediaKind,
    /// Its size in bytes, without metadata.
    size_bytes: u64,
    /// Its width in pixels, turned upright.
    width: u32,
    /// Its height in pixels, turned upright.
    height: u32,
    /// Frames of an animation; 1 for a still image, 0 for a video.
    frames: u32,
    /// A video's length in milliseconds, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    /// SHA-256 of the file, in hex.
    sha256: String,
    /// The text for people who cannot see it.
    alt: Option<String>,
    /// Where its bytes are.
    #[schema(example = "/v1/media/media_01h455vb4pex5vsknk084sn02q/file")]
    file: String,
    /// Who uploaded it.
    made_by: String,
    /// When.
    made_at: Timestamp,
}

impl From<Asset> for MediaBody {
    fn from(asset: Asset) -> Self {
        let probe = asset.probe;
        Self {
            id: asset.id,
            file: format!("/v1/media/{}/file", asset.id),
            kind: probe.file_type.kind(probe.frames),
            file_name: asset.file_name,
            mime: asset.mime,
            size_bytes: asset.size_bytes,
            width: probe.width,
            height: probe.height,
            frames: probe.frames,
            duration_ms: probe.duration_ms,
            sha256: asset.sha256,
            alt: asset.alt,
            made_by: asset.made_by,
            made_at: asset.made_at,
        }
    }
}

fn created(asset: Asset) -> Created<MediaBody> {
    Created { location: format!("/v1/media/{}", asset.id), body: asset.into() }
}

/// A page of media assets.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListMedia {
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 200.
    limit: Option<u32>,
}

/// Media assets, newest first.
#[utoipa::path(
    get, path = "/v1/media", tag = "Media", operation_id = "list_media", params(ListMedia),
    responses((status = 200, body = Page<MediaBody>), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("media:read"))),
)]
async fn list(
    State(app): State<App>,
    scope: May<MediaRead>,
    Query(query): Query<ListMedia>,
) -> Result<Json<Page<MediaBody>>> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let wrong = || Problem::field("/cursor", "is not a `next_cursor` of this list");
    let read = |text: String| Cursor::decode(&text).and_then(|cursor| cursor.0.first()?.parse::<MediaId>().ok());
    let before = query.cursor.map(|text| read(text).ok_or_else(wrong)).transpose()?;
    let page = assets::page(&app, &scope, before, limit).await?;
    Ok(Json(Page { items: page.items.into_iter().map(MediaBody::from).collect(), next_cursor: page.next_cursor }))
}

/// What a file is called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AddMedia {
    /// The file's name, for people to find it again.
    #[serde(default)]
    name: String,
    /// The text for people who cannot see it.
    alt: Option<String>,
}

/// Uploads a file: the body is the file itself. Its type is found by its content; `Content-Type` does not matter.
/// Metadata (places, devices, names) is taken out before it is stored. Large files over unsteady lines go better through
/// `/v1/uploads`.
#[utoipa::path(
    post, path = "/v1/media", tag = "Media", operation_id = "add_media", params(AddMedia),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = MediaBody), (status = 400, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn add(
    State(app): State<App>,
    scope: May<MediaWrite>,
    Query(query): Query<AddMedia>,
    headers: HeaderMap,
    body: Body,
) -> Result<Created<MediaBody>> {
    let size_bytes = number(&headers, &header::CONTENT_LENGTH);
    let new = NewUpload { file_name: query.name, alt: query.alt, size_bytes };
    Ok(created(assets::add(&app, &scope, new, pieces(body)).await?))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// The body as it comes; a line that is cut or silent ends it with an error.
fn pieces(body: Body) -> impl Stream<Item = std::result::Result<Bytes, Fault>> + Send + 'static {
    stream::unfold(Some(body.into_data_stream()), async |body| {
        let mut body = body?;
        match tokio::time::timeout(SILENCE_MAX, body.next()).await {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
            Ok(None) => None,
            Ok(Some(Err(_))) => Some((Err(assets::cut_off("the connection broke").into()), None)),
            Err(_) => {
                let silence = format!("nothing came for {} s", SILENCE_MAX.as_secs());
                Some((Err(assets::cut_off(&silence).into()), None))
            }
        }
    })
}

/// Where a file is to be fetched from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddMediaFromUrl {
    /// A public https address; up to three redirects are followed.
    url: String,
    /// The text for people who cannot see the file.
    #[serde(default)]
    alt: Option<String>,
}

/// Fetches a file from a public address and treats it like one that was uploaded.
#[utoipa::path(
    post, path = "/v1/media/from-url", tag = "Media", operation_id = "add_media_from_url",
    request_body = AddMediaFromUrl,
    responses(
        (status = 201, body = MediaBody), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn add_from_url(
    State(app): State<App>,
    scope: May<MediaWrite>,
    Json(body): Json<AddMediaFromUrl>,
) -> Result<Created<MediaBody>> {
    Ok(created(assets::add_from(&app, &scope, &body.url, body.alt).await?))
}

/// One media asset.
#[utoipa::path(
    get, path = "/v1/media/{media}", tag = "Media", operation_id = "get_media", params(("media" = MediaId, Path)),
    responses((status = 200, body = MediaBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("media:read"))),
)]
async fn get(State(app): State<App>, scope: May<MediaRead>, Path(id): Path<MediaId>) -> Result<Json<MediaBody>> {
    Ok(Json(assets::get(&app, &scope, id).await?.into()))
}

/// What changes of a media asset.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MediaPatch {
    /// The text for people who cannot see it; `null` takes it away.
    #[serde(default, deserialize_with = "present")]
    alt: Option<Option<String>>,
}

/// Changes the text for people who cannot see a file. Posts that say nothing of their own go out with the new one.
#[utoipa::path(
    patch, path = "/v1/media/{media}", tag = "Media", operation_id = "describe_media",
    params(("media" = MediaId, Path)), request_body = MediaPatch,
    responses((status = 200, body = MediaBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn describe(
    State(app): State<App>,
    scope: May<MediaWrite>,
    Path(id): Path<MediaId>,
    Json(body): Json<MediaPatch>,
) -> Result<Json<MediaBody>> {
    let asset = match body.alt {
        Some(alt) => assets::describe(&app, &scope, id, alt).await?,
        None => assets::get(&app, &scope, id).await?,
    };
    Ok(Json(asset.into()))
}

/// Deletes a media asset and its files. Refused while a post that is yet to go out needs it; what is live stays live.
#[utoipa::path(
    delete, path = "/v1/media/{media}", tag = "Media", operation_id = "delete_media",
    params(("media" = MediaId, Path)),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn delete(State(app): State<App>, scope: May<MediaWrite>, Path(id): Path<MediaId>) -> Result<NoContent> {
    assets::delete(&app, &scope, id).await?;
    Ok(NoContent)
}

/// The file of a media asset, or a part of it (`Range: bytes=0-1023`).
#[utoipa::path(
    get, path = "/v1/media/{media}/file", tag = "Media", operation_id = "get_media_file",
    params(("media" = MediaId, Path), ("Range" = Option<String>, Header, description = "One range of bytes")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "`If-None-Match` has its `ETag`"),
        (status = 404, body = ProblemBody), (status = 416, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("media:read"))),
)]
async fn file(
    State(app): State<App>,
    scope: May<MediaRead>,
    Path(id): Path<MediaId>,
    headers: HeaderMap,
) -> Result<Response> {
    let asset = assets::get(&app, &scope, id).await?;
    let tag = format!("\"{}\"", asset.sha256);
    let said = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if said(header::IF_NONE_MATCH)
        .is_some_and(|tags| tags.split(',').any(|one| matches!(one.trim(), "*") || one.trim() == tag))
    {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    // A part of another version would not fit; there is only one version, but a client may ask (RFC 9110 §13.1.5).
    let wanted = said(header::RANGE).filter(|_| said(header::IF_RANGE).is_none_or(|known| known == tag));
    let range = match asked(wanted, asset.size_bytes) {
        Asked::Whole => None,
        Asked::Part(range) => Some(range),
        Asked::Outside => return Ok(outside(asset.size_bytes)),
    };
    let opened = assets::open(&app, &asset, range.clone()).await?;
    let mut answer = Body::from_stream(opened.body).into_response();
    let length = opened.range.end - opened.range.start;
    if range.is_some() {
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        let (first, last) = (opened.range.start, opened.range.end.saturating_sub(1));
        say(&mut answer, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{}", opened.size_bytes));
    }
    for (name, text) in [
        (header::CONTENT_TYPE, asset.mime.as_str()),
        (header::CONTENT_LENGTH, &length.to_string()),
        (header::CONTENT_DISPOSITION, &disposition(&asset.file_name, asset.probe.file_type)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CACHE_CONTROL, "private, max-age=3600"),
        (header::ETAG, &tag),
    ] {
        say(&mut answer, name, text);
    }
    Ok(answer)
}

fn say(answer: &mut Response, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        answer.headers_mut().insert(name, value);
    }
}

fn outside(size: u64) -> Response {
    let problem = Problem::new(Code::RangeOutside, format!("The file has {size} bytes, counted from 0."));
    let mut answer = Refusal(problem).into_response();
    say(&mut answer, header::CONTENT_RANGE, &format!("bytes */{size}"));
    answer
}

/// Which bytes a request wants.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    Outside,
}

/// Reads a `Range` (RFC 9110 §14.2). One that cannot be read, or names several ranges, means the whole file.
fn asked(header: Option<&str>, size: u64) -> Asked {
    let Some((first, last)) = header.and_then(|text| text.trim().strip_prefix("bytes=")?.split_once('-')) else {
        return Asked::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Asked::Whole,
    };
    if range.start < range.end { Asked::Part(range) } else { Asked::Outside }
}

/// How a browser is to save the file: under its name, but with the ending of what it is (S-61).
fn disposition(name: &str, file_type: FileType) -> String {
    let stem = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 5 => stem,
        _ => name,
    };
    let name = format!("{stem}.{}", file_type.extension());
    let plain = |c: char| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("inline; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// Whose renditions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListRenditions {
    /// Only for this channel; without it, for every channel that can be published to.
    channel: Option<ChannelId>,
}

/// What happens to a file for a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Treatment {
    /// It goes as it is.
    Keep,
    /// A rendition goes.
    Convert,
    /// The channel cannot take it.
    Refuse,
}

/// The form in which a channel gets a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RenditionBody {
    /// The channel.
    channel: ChannelId,
    /// Its name.
    channel_name: String,
    /// Its platform.
    platform: String,
    /// What happens to the file.
    treatment: Treatment,
    /// Why, in a sentence with the numbers.
    why: String,
    /// The type that goes; absent if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    mime: Option<String>,
    /// The type that goes instead if the first one does not become small enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    or_mime: Option<String>,
    /// Width in pixels; less if the size in bytes wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    /// Height in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    /// The most bytes that it will have; the file's own size if it goes as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_max: Option<u64>,
    /// Whether it is made already. It is made when it is first needed.
    made: bool,
}

/// The forms in which channels get a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RenditionsBody {
    /// One for each channel.
    items: Vec<RenditionBody>,
}

/// In what form each channel gets a file, and why. Nothing is made by asking.
#[utoipa::path(
    get, path = "/v1/media/{media}/renditions", tag = "Media", operation_id = "list_renditions",
    params(("media" = MediaId, Path), ListRenditions),
    responses((status = 200, body = RenditionsBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("media:read"))),
)]
async fn renditions(
    State(app): State<App>,
    scope: May<MediaRead>,
    Path(id): Path<MediaId>,
    Query(query): Query<ListRenditions>,
) -> Result<Json<RenditionsBody>> {
    let asset = assets::get(&app, &scope, id).await?;
    let channels = match query.channel {
        Some(channel) => vec![channels::get(&app, &scope, channel).await?],
        None => channels::list(&app, &scope).await?,
    };
    let mut items = Vec::with_capacity(channels.len());
    for channel in channels {
        let connector = app.connectors.get(&channel.platform);
        if let Some(publish) = connector.and_then(|connector| connector.publish()) {
            let limits = publish.limits(&channel.facts);
            items.push(planned(&app, &asset, channel, &limits).await?);
        }
    }
    Ok(Json(RenditionsBody { items }))
}

async fn planned(app: &App, asset: &Asset, channel: Channel, limits: &connector::Limits) -> Result<RenditionBody> {
    let mut body = RenditionBody {
        channel: channel.id,
        channel_name: channel.name,
        platform: channel.platform,
        treatment: Treatment::Keep,
        why: String::new(),
        mime: Some(asset.mime.clone()),
        or_mime: None,
        width: Some(asset.probe.width),
        height: Some(asset.probe.height),
        bytes_max: Some(asset.size_bytes),
        made: true,
    };
    match library::planned(asset, limits) {
        Ok(Plan::Keep { why }) => body.why = why,
        Ok(Plan::Convert(convert)) => {
            body.made = library::is_made(app, asset.id, &convert).await?;
            body.treatment = Treatment::Convert;
            body.mime = Some(convert.mime.mime().to_owned());
            body.or_mime = convert.fallback.map(|other| other.mime().to_owned());
            (body.width, body.height) = (Some(convert.width), Some(convert.height));
            (body.bytes_max, body.why) = (Some(convert.bytes_max), convert.why);
        }
        Err(refused) => {
            body = RenditionBody { mime: None, width: None, height: None, bytes_max: None, ..body };
            (body.treatment, body.made, body.why) = (Treatment::Refuse, false, refused.detail);
        }
    }
    Ok(body)
}

/// A file to be sent in pieces.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginUpload {
    /// The file's name, for people to find it again.
    #[serde(default)]
    name: String,
    /// Its size in bytes.
    size_bytes: u64,
    /// The text for people who cannot see it.
    #[serde(default)]
    alt: Option<String>,
}

/// An upload that goes on after a break.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadBody {
    /// Its id. It is not a media asset yet: posts name the id that `finish` gives.
    id: UploadId,
    /// The name of the file.
    file_name: String,
    /// Its size in bytes.
    size_bytes: Option<u64>,
    /// So many bytes are here; send the rest from this offset.
    received_bytes: u64,
    /// The text for people who cannot see it.
    alt: Option<String>,
    /// What is not finished by then is forgotten.
    expires_at: Timestamp,
    /// The media asset that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<MediaId>,
}

impl From<Upload> for UploadBody {
    fn from(upload: Upload) -> Self {
        Self {
            id: upload.id,
            file_name: upload.file_name,
            size_bytes: upload.size_bytes,
            received_bytes: upload.received_bytes,
            alt: upload.alt,
            expires_at: upload.expires_at,
            media: upload.finished_at.map(|_| upload.media),
        }
    }
}

/// Begins an upload in pieces that goes on after a break, as tus 1.0 does. It must be finished within 24 hours.
#[utoipa::path(
    post, path = "/v1/uploads", tag = "Media", operation_id = "begin_upload", request_body = BeginUpload,
    responses((status = 201, body = UploadBody), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn begin_upload(
    State(app): State<App>,
    scope: May<MediaWrite>,
    Json(body): Json<BeginUpload>,
) -> Result<Created<UploadBody>> {
    let new = NewUpload { file_name: body.name, alt: body.alt, size_bytes: Some(body.size_bytes) };
    let upload = uploads::begin(&app, &scope, new).await?;
    Ok(Created { location: format!("/v1/uploads/{}", upload.id), body: upload.into() })
}

/// Where an upload stands; `HEAD` gives only the headers `Upload-Offset` and `Upload-Length`.
#[utoipa::path(
    get, path = "/v1/uploads/{upload}", tag = "Media", operation_id = "get_upload",
    params(("upload" = UploadId, Path)),
    responses((status = 200, body = UploadBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn get_upload(State(app): State<App>, scope: May<MediaWrite>, Path(id): Path<UploadId>) -> Result<Response> {
    let upload = uploads::get(&app, &scope, id).await?;
    let (offset, length) = (upload.received_bytes, upload.size_bytes);
    let mut answer = Json(UploadBody::from(upload)).into_response();
    say(&mut answer, UPLOAD_OFFSET, &offset.to_string());
    if let Some(length) = length {
        say(&mut answer, UPLOAD_LENGTH, &length.to_string());
    }
    Ok(answer)
}

/// Sends a piece of an upload: the body is the bytes from `Upload-Offset` on. If the connection breaks, what arrived is
/// kept; ask for the offset and go on from there.
#[utoipa::path(
    patch, path = "/v1/uploads/{upload}", tag = "Media", operation_id = "send_piece",
    params(
        ("upload" = UploadId, Path),
        ("Upload-Offset" = u64, Header, description = "Where the body begins in the file, in bytes"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, headers(("Upload-Offset" = u64, description = "So many bytes are here"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 422, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn send_piece(
    State(app): State<App>,
    scope: May<MediaWrite>,
    Path(id): Path<UploadId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if kind != PIECE.as_bytes() {
        return Err(Problem::new(Code::BadRequest, format!("Send the piece as `Content-Type: {PIECE}`.")).into());
    }
    let offset = number(&headers, &UPLOAD_OFFSET).ok_or_else(|| {
        Problem::new(Code::BadRequest, "Say in `Upload-Offset` where the piece begins in the file, in bytes.")
    })?;
    let upload = uploads::append(&app, &scope, id, offset, pieces(body)).await?;
    let mut answer = NoContent.into_response();
    say(&mut answer, UPLOAD_OFFSET, &upload.received_bytes.to_string());
    Ok(answer)
}

/// Gives an upload up.
#[utoipa::path(
    delete, path = "/v1/uploads/{upload}", tag = "Media", operation_id = "cancel_upload",
    params(("upload" = UploadId, Path)),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn cancel_upload(State(app): State<App>, scope: May<MediaWrite>, Path(id): Path<UploadId>) -> Result<NoContent> {
    uploads::cancel(&app, &scope, id).await?;
    Ok(NoContent)
}

/// Makes a media asset of an upload that is whole. Asked again, it answers with the same asset.
#[utoipa::path(
    post, path = "/v1/uploads/{upload}/finish", tag = "Media", operation_id = "finish_upload",
    params(("upload" = UploadId, Path)),
    responses(
        (status = 201, body = MediaBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn finish_upload(
    State(app): State<App>,
    scope: May<MediaWrite>,
    Path(id): Path<UploadId>,
) -> Result<Created<MediaBody>> {
    Ok(created(uploads::finish(&app, &scope, id).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_http_says() {
        for (said, wanted) in [
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=2-", Asked::Part(2..10)),
            ("bytes=8-99", Asked::Part(8..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-99", Asked::Part(0..10)),
            ("bytes=0-18446744073709551615", Asked::Part(0..10)),
            ("bytes=10-", Asked::Outside),
            ("bytes=10-12", Asked::Outside),
            ("bytes=-0", Asked::Outside),
            ("bytes=5-3", Asked::Whole),
            ("bytes=0-1,4-5", Asked::Whole),
            ("pages=1-2", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=-", Asked::Whole),
        ] {
            assert_eq!(asked(Some(said), 10), wanted, "{said}");
        }
        assert_eq!(asked(None, 10), Asked::Whole);
    }

    #[test]
    fn s_61_a_file_is_saved_with_the_ending_of_what_it_is() {
        let saved = disposition("evil.html", FileType::Jpeg);
        assert_eq!(saved, "inline; filename=\"evil.jpg\"; filename*=UTF-8''evil.jpg");
        let saved = disposition("Grüße \"5\"; x=1", FileType::Mp4);
        assert_eq!(
            saved,
            "inline; filename=\"Gr__e _5_; x=1.mp4\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%225%22%3B%20x%3D1.mp4"
        );
        assert!(disposition(".png", FileType::Png).contains("\".png.png\""));
    }
}
