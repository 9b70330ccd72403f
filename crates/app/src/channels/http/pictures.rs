//! `GET /v1/channels/{channel}/picture`.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base::{Problem, ids::ChannelId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    channels::{self, Picture},
    http::{May, Path, ProblemBody, Query, Result, rights::ChannelsRead},
    media::FileType,
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(picture))
}

/// Which picture, and where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadPicture {
    /// The channel's `picture`, so that a browser keeps it until there is another.
    #[expect(dead_code, reason = "it makes the address of each picture its own")]
    v: Option<String>,
    /// The workspace, where `Fanfare-Workspace` cannot be sent (`<img>`).
    #[expect(dead_code, reason = "it is read where the standing is made, before the handler runs")]
    workspace: Option<String>,
}

/// A channel's profile picture, small, as a JPEG or PNG. Fanfare fetched it from the platform.
#[utoipa::path(
    get, path = "/v1/channels/{channel}/picture", tag = "Channels", operation_id = "get_channel_picture",
    params(("channel" = ChannelId, Path), ReadPicture),
    responses(
        (status = 200, body = Vec<u8>, content_type = "*/*"),
        (status = 304, description = "`If-None-Match` has its `ETag`"),
        (status = 404, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn picture(
    State(app): State<App>,
    scope: May<ChannelsRead>,
    Path(id): Path<ChannelId>,
    Query(_query): Query<ReadPicture>,
    headers: HeaderMap,
) -> Result<Response> {
    let Picture { bytes, digest } =
        channels::picture(&app, &scope, id).await?.ok_or_else(|| Problem::not_found("picture"))?;
    let tag = format!("\"{digest}\"");
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let mime = FileType::of(&bytes).map_err(Problem::from)?.mime();
    let said = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::CACHE_CONTROL, "private, max-age=86400".to_owned()),
        (header::ETAG, tag),
    ];
    Ok((said, bytes).into_response())
}
