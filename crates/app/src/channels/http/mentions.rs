//! `GET /v1/channels/{channel}/mentions`.

use axum::extract::State;
use base::{Text, ids::ChannelId};
use connector::Suggestion;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    channels::mentions,
    http::{Json, May, Path, ProblemBody, Query, Result, rights::PostsWrite},
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(suggest))
}

/// What was typed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuggestMentions {
    /// The beginning of a name, as typed after the `@`, 1 to 100 characters.
    #[param(min_length = 1, max_length = 100)]
    q: String,
}

/// Accounts that a post on this channel may mention.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MentionsBody {
    /// Best first.
    items: Vec<Suggestion>,
    /// Why the platform could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_because: Option<Text>,
}

/// Accounts to mention in a post on this channel, by the beginning of a name. Empty for platforms that can't be asked. What is
/// typed is sent to the channel's platform; answers are remembered for a minute.
#[utoipa::path(
    get, path = "/v1/channels/{channel}/mentions", tag = "Channels", operation_id = "suggest_mentions",
    params(("channel" = ChannelId, Path), SuggestMentions),
    responses(
        (status = 200, body = MentionsBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:write"))),
)]
async fn suggest(
    State(app): State<App>,
    scope: May<PostsWrite>,
    Path(id): Path<ChannelId>,
    Query(query): Query<SuggestMentions>,
) -> Result<Json<MentionsBody>> {
    let (items, failed_because) = match mentions::suggest(&app, &scope, id, &query.q).await? {
        Ok(items) => (items, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    Ok(Json(MentionsBody { items, failed_because }))
}
