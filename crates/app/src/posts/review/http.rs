//! `/v1/posts/{post}/review`.

use axum::extract::State;
use base::ids::PostId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    http::{IfMatch, Json, May, Path, ProblemBody, Result, Revised, rights::PostsWrite},
    posts::http::{PostBody, Schedule, checked, revised},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(hand_in)).routes(routes!(hand_back))
}

/// What goes with a post that is handed in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandIn {
    /// For those who look at it, 2,000 characters at most.
    #[serde(default)]
    note: Option<String>,
    /// When its author means it to go out: `at`, or `local` with `zone`. Without it the post keeps its intended time.
    #[serde(default)]
    planned: Option<Schedule>,
}

/// Hands a draft in for review: a member who may publish schedules it or hands it back. It stays in review when it is changed.
#[utoipa::path(
    put, path = "/v1/posts/{post}/review", tag = "Posts", operation_id = "hand_in_post",
    params(("post" = PostId, Path), ("If-Match" = String, Header, description = "The `ETag` that was read")),
    request_body = HandIn,
    responses(
        (status = 200, body = PostBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 412, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 428, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:write"))),
)]
async fn hand_in(
    State(app): State<App>,
    scope: May<PostsWrite>,
    Path(id): Path<PostId>,
    revision: IfMatch,
    Json(body): Json<HandIn>,
) -> Result<Revised<PostBody>> {
    let current = checked(&app, &scope, id, &revision).await?;
    let planned = body.planned.map(|schedule| schedule.when("/planned")).transpose()?;
    Ok(revised(super::hand_in(&app, &scope, id, current, body.note, planned).await?))
}

/// What goes with a post that is handed back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandBack {
    /// What its author should know, 2,000 characters at most.
    #[serde(default)]
    note: Option<String>,
}

/// Hands a post back to its author: it is a draft again. That takes `posts:publish`; the member who handed it in may take it back.
#[utoipa::path(
    post, path = "/v1/posts/{post}/review/return", tag = "Posts", operation_id = "hand_back_post",
    params(("post" = PostId, Path), ("If-Match" = String, Header, description = "The `ETag` that was read")),
    request_body = HandBack,
    responses(
        (status = 200, body = PostBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 412, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 428, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:write"))),
)]
async fn hand_back(
    State(app): State<App>,
    scope: May<PostsWrite>,
    Path(id): Path<PostId>,
    revision: IfMatch,
    Json(body): Json<HandBack>,
) -> Result<Revised<PostBody>> {
    let current = checked(&app, &scope, id, &revision).await?;
    Ok(revised(super::return_it(&app, &scope, id, current, body.note).await?))
}
