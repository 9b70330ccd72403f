//! `/v1/uploads`: resumable uploads in pieces.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use base::{
    Code, Problem, Timestamp,
    ids::{MediaId, UploadId},
    say,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{MediaBody, created, number, pieces, put_header};
use crate::{
    App,
    http::{Created, Json, May, NoContent, Path, ProblemBody, Result, rights::MediaWrite},
    media::{
        Upload,
        uploads::{self, NewUpload},
    },
};

/// The current offset of an upload, in bytes (tus 1.0).
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// The size of an upload, in bytes (tus 1.0).
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// The content type of a piece of an upload (tus 1.0).
const PIECE: &str = "application/offset+octet-stream";

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(begin_upload))
        .routes(routes!(get_upload, send_piece, cancel_upload))
        .routes(routes!(finish_upload))
}

/// A file to upload in pieces.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginUpload {
    /// The file's name, shown to people.
    #[serde(default)]
    name: String,
    /// Its size in bytes.
    size_bytes: u64,
    /// The alt text.
    #[serde(default)]
    alt: Option<String>,
}

/// A resumable upload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadBody {
    /// Its id. It is not a media asset yet: posts use the id that `finish` returns.
    id: UploadId,
    /// The name of the file.
    file_name: String,
    /// Its size in bytes.
    size_bytes: Option<u64>,
    /// The number of bytes received; send the rest from this offset.
    received_bytes: u64,
    /// How many bytes the file store has, while the file is being stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored_bytes: Option<u64>,
    /// The alt text.
    alt: Option<String>,
    /// When it expires if it isn't finished.
    expires_at: Timestamp,
    /// The media asset that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<MediaId>,
}

impl UploadBody {
    fn of(app: &App, upload: Upload) -> Self {
        Self {
            stored_bytes: app.memory.storing.of(upload.id),
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

/// Starts a resumable upload in pieces, as in tus 1.0. It must be finished within 24 hours.
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
    Ok(Created { location: format!("/v1/uploads/{}", upload.id), body: UploadBody::of(&app, upload) })
}

/// The state of an upload; `HEAD` returns only the headers `Upload-Offset` and `Upload-Length`.
#[utoipa::path(
    get, path = "/v1/uploads/{upload}", tag = "Media", operation_id = "get_upload",
    params(("upload" = UploadId, Path)),
    responses((status = 200, body = UploadBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("media:write"))),
)]
async fn get_upload(State(app): State<App>, scope: May<MediaWrite>, Path(id): Path<UploadId>) -> Result<Response> {
    let upload = uploads::get(&app, &scope, id).await?;
    let (offset, length) = (upload.received_bytes, upload.size_bytes);
    let mut answer = Json(UploadBody::of(&app, upload)).into_response();
    put_header(&mut answer, UPLOAD_OFFSET, &offset.to_string());
    if let Some(length) = length {
        put_header(&mut answer, UPLOAD_LENGTH, &length.to_string());
    }
    Ok(answer)
}

/// Sends a piece of an upload: the body is the bytes from `Upload-Offset` on. If the connection breaks, what arrived is
/// kept; get the offset and continue from there.
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
        return Err(
            Problem::new(Code::BadRequest, say!("Send the piece as `Content-Type: {piece}`.", piece = PIECE)).into()
        );
    }
    let offset = number(&headers, &UPLOAD_OFFSET).ok_or_else(|| {
        Problem::new(Code::BadRequest, say!("Say in `Upload-Offset` where the piece begins in the file, in bytes."))
    })?;
    let upload = uploads::append(&app, &scope, id, offset, pieces(&app, body)).await?;
    let mut answer = NoContent.into_response();
    put_header(&mut answer, UPLOAD_OFFSET, &upload.received_bytes.to_string());
    Ok(answer)
}

/// Cancels an upload.
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

/// Creates a media asset from a complete upload. Repeating the request returns the same asset.
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
