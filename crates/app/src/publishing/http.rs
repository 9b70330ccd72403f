//! `/v1/publications`: where a post stands on each channel, its story, and what a person decides.

use axum::extract::State;
use base::{
    Problem, Text, Timestamp,
    ids::{ChannelId, PostId, PublicationId, SeriesId, VariantId},
    say,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Decision, Publication, State as PublicationState, Telling};
use crate::{
    App,
    http::{
        IfMatch, Json, May, NoContent, Operator, Path, ProblemBody, Recent, Result, Revised,
        rights::{PostsPublish, PostsRead},
    },
    posts::{Content, PartContent},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(get))
        .routes(routes!(story))
        .routes(routes!(decide))
        .routes(routes!(change_live, delete_live))
        .routes(routes!(stop_state, stop, go_on))
        .merge(super::calendar::http::router())
}

/// One variant on one channel at one time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicationBody {
    /// Its id.
    id: PublicationId,
    /// The post.
    post: PostId,
    /// The variant.
    variant: VariantId,
    /// The channel.
    channel: ChannelId,
    /// The rule it is an occurrence of.
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<SeriesId>,
    /// When it is due.
    due_at: Timestamp,
    /// The local time as chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    local_time: Option<String>,
    /// Its zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    /// Its state.
    state: PublicationState,
    /// The reason of the state, in a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// In a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Text>,
    /// How many parts are live now.
    parts_live: u32,
    /// How many parts there are.
    parts: u32,
    /// What is live there, if the post's content differs from it: an edit was refused, or not made there.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_says: Option<Vec<PartContent>>,
    /// The address of the first part.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// When the last part went live.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<Timestamp>,
    /// Who last decided to publish it.
    authorised_by: String,
    /// Grows with each change; the number in its `ETag`.
    revision: u64,
}

impl From<Publication> for PublicationBody {
    fn from(p: Publication) -> Self {
        let revision = p.shown_revision().0;
        // What was deleted has no address any more; the story still tells it.
        let url = p.url.filter(|_| p.life.state != PublicationState::Deleted);
        let is_deleted = p.life.state == PublicationState::Deleted;
        let parts_live = if is_deleted { 0 } else { p.life.part.saturating_sub(p.gone) };
        let live_says = p.live_content.as_deref().filter(|_| parts_live > 0);
        let live_says = live_says.and_then(|said| serde_json::from_str::<Content>(said).ok()).map(|said| said.parts);
        Self {
            revision,
            id: p.id,
            post: p.post,
            variant: p.variant,
            channel: p.channel,
            series: p.series,
            due_at: p.due_at,
            local_time: p.local_time,
            zone: p.zone,
            state: p.life.state,
            reason: p.reason,
            detail: p.detail,
            parts_live,
            live_says,
            parts: p.life.parts,
            url,
            published_at: p.published_at,
            authorised_by: p.authorised_by,
        }
    }
}

/// One publication.
#[utoipa::path(
    get, path = "/v1/publications/{publication}", tag = "Publications", operation_id = "get_publication",
    params(("publication" = PublicationId, Path)),
    responses((status = 200, body = PublicationBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn get(
    State(app): State<App>,
    scope: May<PostsRead>,
    Path(id): Path<PublicationId>,
) -> Result<Revised<PublicationBody>> {
    Ok(revised(super::get(&app, &scope, id).await?))
}

fn revised(publication: Publication) -> Revised<PublicationBody> {
    Revised(publication.shown_revision(), publication.into())
}

/// The whole story of a publication.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoryBody {
    /// Its state.
    publication: PublicationBody,
    /// What happens next.
    next: Text,
    /// What happened, oldest first.
    story: Vec<Telling>,
}

/// Everything that happened to a publication, with every exchange, secrets removed.
#[utoipa::path(
    get, path = "/v1/publications/{publication}/story", tag = "Publications", operation_id = "explain_publication",
    params(("publication" = PublicationId, Path)),
    responses((status = 200, body = StoryBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn story(
    State(app): State<App>,
    scope: May<PostsRead>,
    Path(id): Path<PublicationId>,
) -> Result<Json<StoryBody>> {
    let story = super::explain(&app, &scope, id).await?;
    Ok(Json(StoryBody { publication: story.publication.into(), next: story.next, story: story.tellings }))
}

/// A person's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deciding {
    /// Call it off.
    Cancel,
    /// I have looked: it is live (with `url`, which is read at the platform: what follows needs its id there).
    IsLive,
    /// Send what is not live of it, now: after a failure, a missed time, a doubt, or when what parked it is mended.
    Send,
    /// Leave it.
    Drop,
    /// Schedule it again at its old time, after it was unscheduled: if nothing was sent and the time has not passed.
    Restore,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decide {
    /// What.
    decision: Deciding,
    /// For `is_live`: the address of the post at the platform.
    #[serde(default)]
    url: Option<String>,
}

/// Decides about a publication that waits for a person, or calls one off.
///
/// With `If-Match` the decision is refused if anything has become of the publication since it was read.
#[utoipa::path(
    post, path = "/v1/publications/{publication}/decision", tag = "Publications", operation_id = "decide_publication",
    params(
        ("publication" = PublicationId, Path),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that was read"),
    ),
    request_body = Decide,
    responses(
        (status = 200, body = PublicationBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody), (status = 422, body = ProblemBody), (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:publish"))),
)]
async fn decide(
    State(app): State<App>,
    scope: May<PostsPublish>,
    Path(id): Path<PublicationId>,
    given: Option<IfMatch>,
    Json(body): Json<Decide>,
) -> Result<Revised<PublicationBody>> {
    let decision = match (body.decision, body.url) {
        (Deciding::Cancel, None) => Decision::Cancel,
        (Deciding::Send, None) => Decision::Send,
        (Deciding::Drop, None) => Decision::Drop,
        (Deciding::Restore, None) => Decision::Restore,
        (Deciding::IsLive, url) => {
            let url = url.and_then(|url| url::Url::parse(&url).ok());
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
            let url = url
                .ok_or_else(|| Problem::field("/url", say!("give the address of the live post, such as https://…")))?;
            Decision::IsLive { remote: super::live::found_at(&app, &scope, id, &url).await? }
        }
        _ => return Err(Problem::field("/url", say!("goes with `is_live` only")).into()),
    };
    Ok(revised(super::decide(&app, &scope, id, given, decision).await?))
}

/// An edit of a published post.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeLive {
    /// The parts, as many as are live. They become the post's content on this channel if the platform accepts the edit. Without
    /// them, the post's current content.
    #[serde(default)]
    parts: Option<Vec<PartContent>>,
}

/// Edits a published post, if the platform allows it: to the given parts, or without a body to the post's current content. If the
/// platform refuses, nothing changes, on the platform or in Fanfare.
#[utoipa::path(
    put, path = "/v1/publications/{publication}/live", tag = "Publications", operation_id = "change_live_post",
    params(("publication" = PublicationId, Path)), request_body = Option<ChangeLive>,
    responses(
        (status = 200, body = PublicationBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:publish"))),
)]
async fn change_live(
    State(app): State<App>,
    scope: May<PostsPublish>,
    Path(id): Path<PublicationId>,
    body: Option<Json<ChangeLive>>,
) -> Result<Json<PublicationBody>> {
    let parts = body.and_then(|Json(body)| body.parts);
    Ok(Json(super::live::update(&app, &scope, id, parts).await?.into()))
}

/// Deletes a published post on the platform; the publication becomes `deleted`. A post that is already gone counts as deleted.
#[utoipa::path(
    delete, path = "/v1/publications/{publication}/live", tag = "Publications", operation_id = "delete_live_post",
    params(("publication" = PublicationId, Path)),
    responses(
        (status = 200, body = PublicationBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:publish"))),
)]
async fn delete_live(
    State(app): State<App>,
    scope: May<PostsPublish>,
    Path(id): Path<PublicationId>,
) -> Result<Json<PublicationBody>> {
    Ok(Json(super::live::delete(&app, &scope, id).await?.into()))
}

/// Whether publishing is stopped.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StopBody {
    /// Whether it is.
    stopped: bool,
    /// Who stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
}

/// Whether publishing is stopped on this installation.
#[utoipa::path(
    get, path = "/v1/instance/stop", tag = "Installation", operation_id = "get_stop",
    responses((status = 200, body = StopBody), (status = 403, body = ProblemBody)),
    extensions(("x-permission" = json!("operator"))),
)]
async fn stop_state(State(app): State<App>, _operator: Operator) -> Result<Json<StopBody>> {
    let stopped = super::stopped(&app).await?;
    let (by, since) = stopped.clone().unzip();
    Ok(Json(StopBody { stopped: stopped.is_some(), by, since }))
}

/// The emergency stop: stops all publishing on all nodes. Posts being sent are finished. It needs no recent sign-in, because
/// stopping does less harm than waiting; resuming does.
#[utoipa::path(
    put, path = "/v1/instance/stop", tag = "Installation", operation_id = "stop_publishing",
    responses((status = 204), (status = 403, body = ProblemBody)),
    extensions(("x-permission" = json!("operator"))),
)]
async fn stop(State(app): State<App>, operator: Operator) -> Result<NoContent> {
    super::set_stop(&app, true, operator.0.person).await?;
    Ok(NoContent)
}

/// Resumes publishing after the emergency stop. Posts that became late need a decision first. Needs a recent sign-in.
#[utoipa::path(
    delete, path = "/v1/instance/stop", tag = "Installation", operation_id = "resume_publishing",
    responses((status = 204), (status = 403, body = ProblemBody)),
    extensions(("x-permission" = json!("operator")), ("x-recent" = json!(true))),
)]
async fn go_on(State(app): State<App>, operator: Operator, _: Recent) -> Result<NoContent> {
    super::set_stop(&app, false, operator.0.person).await?;
    Ok(NoContent)
}
