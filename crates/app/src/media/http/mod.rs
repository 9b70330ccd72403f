//! `/v1/media` and `/v1/uploads`.

mod fetching;
mod files;
mod renditions;
mod uploads;

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use base::{Code, Cursor, Page, Problem, Timestamp, ids::MediaId, say};
use bytes::Bytes;
use connector::MediaKind;
use futures::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{assets, store::Asset, uploads::NewUpload};
use crate::{
    App,
    fault::Fault,
    http::{
        Created, Json, May, NoContent, Path, ProblemBody, Query, Result, present,
        rights::{MediaRead, MediaWrite},
    },
};

/// How long a client may send nothing before its connection counts as broken.
const SILENCE_MAX: Duration = Duration::from_secs(30);

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list, add))
        .routes(routes!(add_from_url))
        .routes(routes!(get, describe, delete))
        .merge(files::router())
        .merge(renditions::router())
        .merge(uploads::router())
}

/// The addresses at which networks fetch files; not part of the API.
pub(crate) fn pages() -> Router<App> {
    fetching::router()
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
    /// Its kind: image, GIF or video.
    kind: MediaKind,
    /// Its size in bytes, without metadata.
    size_bytes: u64,
    /// Its width in pixels, turned upright.
    width: u32,
    /// Its height in pixels, turned upright.
    height: u32,
    /// Frames of an animation; 1 for a still image, 0 for a video.
    frames: u32,
    /// A video's length in milliseconds, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    /// SHA-256 of the file, in hex.
    sha256: String,
    /// The alt text.
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
    let limit = crate::http::limit(query.limit)?;
    let wrong = || Problem::field("/cursor", say!("is not a `next_cursor` of this list"));
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
    /// The alt text.
    alt: Option<String>,
}

/// Uploads a file: the body is the file itself. Its type is found by its content; `Content-Type` does not matter.
/// Metadata (places, devices, names) is removed before it is stored. For large files over unreliable connections use
/// `/v1/uploads`. With an `Idempotency-Key` the request needs a `Content-Type` that is not JSON, such as
/// `application/octet-stream`.
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
    Ok(created(assets::add(&app, &scope, new, pieces(&app, body)).await?))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// The body as a stream; a lost or silent connection ends it with an error, and so does the end of this process.
fn pieces(app: &App, body: Body) -> impl Stream<Item = std::result::Result<Bytes, Fault>> + Send + 'static + use<> {
    let begin = Some((body.into_data_stream(), app.memory.stopping.clone()));
    stream::unfold(begin, async |begun| {
        let (mut body, stopping) = begun?;
        let came = tokio::select! {
            came = tokio::time::timeout(SILENCE_MAX, body.next()) => came,
            () = stopping.cancelled() => return Some((Err(restarting().into()), None)),
        };
        match came {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some((body, stopping)))),
            Ok(None) => None,
            Ok(Some(Err(_))) => Some((Err(assets::cut_off(say!("the connection broke")).into()), None)),
            Err(_) => {
                let silence = say!("nothing came for {as_secs} s", as_secs = SILENCE_MAX.as_secs());
                Some((Err(assets::cut_off(silence).into()), None))
            }
        }
    })
}

fn restarting() -> Problem {
    let detail = say!(
        "The server is restarting. What arrived of an upload in pieces is kept: ask for its offset and continue \
                  there. Send a file that came in one request again."
    );
    Problem::new(Code::Unavailable, detail).retry_after(5)
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

/// Downloads a file from a public address and treats it like an uploaded one.
#[utoipa::path(
    post, path = "/v1/media/from-url", tag = "Media", operation_id = "add_media_from_url",
    request_body = AddMediaFromUrl,
    responses(
        (status = 201, body = MediaBody), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody),
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

/// The changes to a media asset.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MediaPatch {
    /// The alt text; `null` removes it.
    #[serde(default, deserialize_with = "present")]
    alt: Option<Option<String>>,
}

/// Changes a file's alt text. Posts without their own alt text are published with the new one.
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

/// Deletes a media asset and its files. Refused while an unpublished post needs it; published posts stay live.
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

fn put_header(answer: &mut Response, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        answer.headers_mut().insert(name, value);
    }
}
