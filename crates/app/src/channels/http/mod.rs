//! `/v1/channels`, `/v1/connections`, `/v1/platforms`, and the address that platforms send browsers back to.

mod connecting;
mod mentions;
mod pictures;
mod platforms;
mod slots;

use axum::extract::State;
use base::{Text, Timestamp, ids::ChannelId};
use connector::{Limits, Severity, messaging::Purpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Channel;
use crate::{
    App,
    http::{
        Confirmed, Json, May, Path, ProblemBody, Result,
        rights::{ChannelsManage, ChannelsRead},
    },
    media::reachability,
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .merge(platforms::router())
        .routes(routes!(list))
        .merge(connecting::router())
        .routes(routes!(get, disconnect))
        .routes(routes!(pause, resume))
        .routes(routes!(refresh))
        .routes(routes!(reachability))
        .merge(slots::router())
        .merge(mentions::router())
        .merge(pictures::router())
}

/// What is not part of the API: the way back from a consent page, and documents that platforms fetch from us.
pub(crate) fn pages() -> axum::Router<App> {
    axum::Router::new().route("/connect/{platform}/callback", axum::routing::get(connecting::callback))
}

/// A connected account or page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelBody {
    /// Its id.
    id: ChannelId,
    /// Its platform.
    platform: String,
    /// The name after the @.
    handle: String,
    /// The display name.
    name: String,
    /// Its page.
    url: String,
    /// Names its profile picture, if there is one (`GET /v1/channels/{channel}/picture`); another picture has another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// `active`, `paused`, `needs_reconnect`, or `gone`: the platform doesn't give it to this account any more.
    state: &'static str,
    /// Why it is paused, must be reconnected or is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Text>,
    /// Until when it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_until: Option<Timestamp>,
    /// Nothing is published before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_until: Option<Timestamp>,
    /// Why: `rate_limited`, `restricted` (the platform limits what this account can do; reconnecting ends the wait), or `failing`
    /// (the platform failed several times in a row).
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<String>,
    /// When the login ends, if it is known; it is renewed ahead of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Scopes as granted.
    scopes: Vec<String>,
    /// Features that are switched off because a scope is missing.
    switched_off: Vec<&'static str>,
    /// Its current limits; absent where the platform takes no posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    /// What it is used for, where the platform takes messages to one person; chosen when it was connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<Purpose>,
    /// When it was connected.
    made_at: Timestamp,
    /// When the platform last said how it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<Timestamp>,
    /// The account that was signed in to for it, by the name after the @.
    connected_by: String,
    /// Whether that account may give more channels (`POST /v1/channels/{channel}/more`).
    gives_more: bool,
}

fn shown(app: &App, channel: Channel) -> ChannelBody {
    let connector = app.connectors.get(&channel.platform);
    let scopes: Vec<String> = channel.scopes.split_whitespace().map(str::to_owned).collect();
    let has = |scope: &str| scopes.iter().any(|granted| granted == scope);
    let switched_off = connector.map_or_else(Vec::new, |connector| {
        let features = connector.about().features.iter();
        // A grant by app password has no scopes and can do everything that the password can.
        features.filter(|f| !scopes.is_empty() && !f.scopes.iter().all(|scope| has(scope))).map(|f| f.name).collect()
    });
    let waits = channel.blocked.filter(|(until, _)| *until > app.clock.now());
    let dead = channel.grant_state != "active" || channel.lost.is_some();
    let state = match () {
        () if channel.gone => "gone",
        () if dead => "needs_reconnect",
        () if channel.state == "paused" => "paused",
        () => "active",
    };
    ChannelBody {
        id: channel.id,
        name: channel.name,
        url: channel.url,
        picture: channel.picture,
        state,
        reason: if dead { channel.lost.or(channel.grant_reason) } else { channel.paused_reason.map(Text::from) },
        paused_until: channel.paused_until,
        waits_until: waits.as_ref().map(|(until, _)| *until),
        waits_for: waits.map(|(_, why)| why),
        expires_at: channel.expires_at,
        switched_off,
        limits: connector.and_then(|c| c.publish()).map(|publish| publish.limits(&channel.facts)),
        purpose: connector.and_then(|c| c.messaging()).map(|messaging| messaging.purpose(&channel.facts)),
        scopes,
        platform: channel.platform,
        made_at: channel.made_at,
        checked_at: channel.checked_at,
        connected_by: channel.grant_account.1.unwrap_or_else(|| channel.handle.clone()),
        gives_more: connector.is_some_and(|connector| connector.connect().gives_several()),
        handle: channel.handle,
    }
}

/// The channels of the workspace.
#[utoipa::path(
    get, path = "/v1/channels", tag = "Channels", operation_id = "list_channels",
    responses((status = 200, body = Vec<ChannelBody>)),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn list(State(app): State<App>, scope: May<ChannelsRead>) -> Result<Json<Vec<ChannelBody>>> {
    let channels = super::list(&app, &scope).await?;
    Ok(Json(channels.into_iter().map(|channel| shown(&app, channel)).collect()))
}

/// One channel.
#[utoipa::path(
    get, path = "/v1/channels/{channel}", tag = "Channels", operation_id = "get_channel", params(("channel" = ChannelId, Path)),
    responses((status = 200, body = ChannelBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn get(State(app): State<App>, scope: May<ChannelsRead>, Path(id): Path<ChannelId>) -> Result<Json<ChannelBody>> {
    let channel = super::get(&app, &scope, id).await?;
    Ok(Json(shown(&app, channel)))
}

/// A disconnected channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisconnectBody {
    /// The platform's answer if it did not confirm the revocation; revoke access there yourself in that case.
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation: Option<Text>,
}

/// Disconnects a channel: publishing stops, and its tokens are erased. Access is revoked at the platform with the last channel
/// of the account. A person needs a recent sign-in.
#[utoipa::path(
    delete, path = "/v1/channels/{channel}", tag = "Channels", operation_id = "disconnect_channel",
    params(("channel" = ChannelId, Path)),
    responses((status = 200, body = DisconnectBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:manage")), ("x-recent" = json!("people"))),
)]
async fn disconnect(
    State(app): State<App>,
    scope: May<ChannelsManage>,
    _: Confirmed,
    Path(id): Path<ChannelId>,
) -> Result<Json<DisconnectBody>> {
    Ok(Json(DisconnectBody { revocation: super::disconnect(&app, &scope, id).await? }))
}

/// Asks the platform how a channel is now: its name, its limits, whether it is still there. This is also done daily. Asked
/// again within half a minute, it returns what is known.
#[utoipa::path(
    post, path = "/v1/channels/{channel}/refresh", tag = "Channels", operation_id = "refresh_channel",
    params(("channel" = ChannelId, Path)),
    responses((status = 200, body = ChannelBody), (status = 404, body = ProblemBody), (status = 502, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:manage"))),
)]
async fn refresh(
    State(app): State<App>,
    scope: May<ChannelsManage>,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelBody>> {
    let channel = super::refresh(&app, &scope, id).await?;
    Ok(Json(shown(&app, channel)))
}

/// Whether a channel's platform can fetch the files of posts from this installation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReachabilityBody {
    /// Whether the platform fetches files. Other platforms are sent them, so nothing can be in the way.
    fetches: bool,
    /// `error` if it can't fetch them, so that posts with files fail; `warning` if this installation couldn't find out. Absent
    /// if nothing is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    /// What is in the way, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Text>,
}

/// Checks whether a channel's platform can fetch files from this installation: through its public address, the way a platform
/// would. A good answer holds for five minutes, another one for twenty seconds. Takes up to eight seconds.
#[utoipa::path(
    get, path = "/v1/channels/{channel}/reachability", tag = "Channels", operation_id = "check_channel_reachability",
    params(("channel" = ChannelId, Path)),
    responses((status = 200, body = ReachabilityBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn reachability(
    State(app): State<App>,
    scope: May<ChannelsRead>,
    Path(id): Path<ChannelId>,
) -> Result<Json<ReachabilityBody>> {
    let channel = super::get(&app, &scope, id).await?;
    let fetches = app.connectors.get(&channel.platform).is_some_and(|connector| connector.about().fetches);
    let found = reachability::of_platform(&app, &channel.platform).await;
    let (severity, why) = found.map(|found| (found.severity, found.why)).unzip();
    Ok(Json(ReachabilityBody { fetches, severity, why }))
}

/// Why and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseChannel {
    /// The reason, shown to other members, 1 to 200 characters.
    reason: String,
    /// When it is resumed automatically; omit it to pause until someone resumes it.
    #[serde(default)]
    until: Option<Timestamp>,
}

/// Pauses publishing on a channel.
#[utoipa::path(
    put, path = "/v1/channels/{channel}/pause", tag = "Channels", operation_id = "pause_channel",
    params(("channel" = ChannelId, Path)), request_body = PauseChannel,
    responses((status = 200, body = ChannelBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:manage"))),
)]
async fn pause(
    State(app): State<App>,
    scope: May<ChannelsManage>,
    Path(id): Path<ChannelId>,
    Json(body): Json<PauseChannel>,
) -> Result<Json<ChannelBody>> {
    let channel = super::pause(&app, &scope, id, &body.reason, body.until).await?;
    Ok(Json(shown(&app, channel)))
}

/// Resumes a paused channel.
#[utoipa::path(
    delete, path = "/v1/channels/{channel}/pause", tag = "Channels", operation_id = "resume_channel",
    params(("channel" = ChannelId, Path)),
    responses((status = 200, body = ChannelBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:manage"))),
)]
async fn resume(
    State(app): State<App>,
    scope: May<ChannelsManage>,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelBody>> {
    let channel = super::resume(&app, &scope, id).await?;
    Ok(Json(shown(&app, channel)))
}
