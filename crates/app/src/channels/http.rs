//! `/v1/channels`, `/v1/platforms`, and the address that platforms send browsers back to.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use base::{
    Actor, Code, Problem, Secret, Timestamp,
    ids::{ChannelId, ConnectionId, QueueSlotId},
};
use connector::{Feature, Field, Limits, Recipient, Setup, Way};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AppTest, Attempt, Begin, Beginner, Browser, Channel, Kept, QueueSlot};
use crate::{
    App,
    http::{
        Caller, Confirmed, Identity, Json, May, NoContent, Operator, Path, ProblemBody, Query, Recent, Refusals,
        Result,
        rights::{ChannelsManage, ChannelsRead},
    },
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(platforms))
        .routes(routes!(put_app, delete_app))
        .routes(routes!(test_app))
        .routes(routes!(list))
        .routes(routes!(connect))
        .routes(routes!(attempt))
        .routes(routes!(look_at_link))
        .routes(routes!(open_link))
        .routes(routes!(get, disconnect))
        .routes(routes!(pause, resume))
        .routes(routes!(slots, put_slots))
}

/// What is not part of the API: the way back from a consent page, and documents that platforms fetch from us.
pub(crate) fn pages() -> axum::Router<App> {
    axum::Router::new().route("/connect/{platform}/callback", axum::routing::get(callback))
}

/// A platform and what it can do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlatformBody {
    /// Its id.
    id: &'static str,
    /// Its name.
    name: &'static str,
    /// One sentence.
    summary: &'static str,
    /// An SVG.
    icon: &'static str,
    /// Who receives what is published.
    recipient: &'static Recipient,
    /// The ways to connect, best first.
    ways: &'static [Way],
    /// What an operator enters first; empty if nothing.
    app_fields: &'static [Field],
    /// How the installation stands with it.
    app: AppBody,
    /// Features and the scopes they need.
    features: &'static [Feature],
    /// JSON Schema of a variant's options.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    options: Value,
}

/// The installation's app at a platform, without its secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppBody {
    /// Whether an operator has to enter one before accounts can be connected.
    needed: bool,
    /// Whether one is there: entered, or made by itself.
    entered: bool,
    /// The address to register with the platform as the one that people come back to.
    redirect_uri: String,
    /// How an operator makes it at the platform; absent where nothing is to be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    setup: Option<&'static Setup>,
}

/// The platforms of this installation.
#[utoipa::path(
    get, path = "/v1/platforms", tag = "Channels", operation_id = "list_platforms",
    responses((status = 200, body = Vec<PlatformBody>)),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn platforms(State(app): State<App>, _scope: May<ChannelsRead>) -> Result<Json<Vec<PlatformBody>>> {
    let entered = super::apps_entered(&app).await?;
    let bodies = app.connectors.iter().map(|connector| {
        let about = connector.about();
        PlatformBody {
            app: AppBody {
                needed: about.app_fields.iter().any(|field| !field.optional),
                entered: entered.contains(about.id),
                redirect_uri: super::redirect_uri(&app, about.id),
                setup: about.setup.as_ref(),
            },
            id: about.id,
            name: about.name,
            summary: about.summary,
            icon: about.icon,
            recipient: &about.recipient,
            ways: about.ways,
            app_fields: about.app_fields,
            features: about.features,
            options: (about.options)(),
        }
    });
    Ok(Json(bodies.collect()))
}

/// The installation's app at a platform: the values of `app_fields`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutApp {
    /// By field name; stored sealed and never shown again.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: BTreeMap<String, Secret<String>>,
}

/// Enters the installation's app at a platform. Needs a recent sign-in.
#[utoipa::path(
    put, path = "/v1/platforms/{platform}/app", tag = "Installation", operation_id = "put_platform_app",
    params(("platform" = String, Path)), request_body = PutApp,
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("operator")), ("x-recent" = json!(true))),
)]
async fn put_app(
    State(app): State<App>,
    operator: Operator,
    _: Recent,
    Path(platform): Path<String>,
    Json(body): Json<PutApp>,
) -> Result<NoContent> {
    let Some(connector) = app.connectors.get(&platform) else { return Err(Problem::not_found("platform").into()) };
    let fields = connector.about().app_fields;
    for name in body.values.keys() {
        if !fields.iter().any(|field| field.name == name) {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            return Err(Problem::field(
                format!("/values/{name}"),
                format!("is not a field of this platform; there are: {}", known.join(", ")),
            )
            .into());
        }
    }
    for field in fields.iter().filter(|field| !field.optional) {
        if body.values.get(field.name).is_none_or(|value| value.expose().trim().is_empty()) {
            return Err(Problem::field(format!("/values/{}", field.name), format!("{} is missing", field.label)).into());
        }
    }
    let credentials = connector::AppCredentials { instance: None, values: body.values };
    super::save_app(&app, &platform, &credentials, Actor::Person(operator.0.person)).await?;
    super::mended_by_operator(&app, &platform).await?;
    Ok(NoContent)
}

/// Takes the installation's app at a platform away: nobody can connect an account there until one is entered again, and
/// logins that exist cannot be renewed. Channels stay as they are. Needs a recent sign-in.
#[utoipa::path(
    delete, path = "/v1/platforms/{platform}/app", tag = "Installation", operation_id = "delete_platform_app",
    params(("platform" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("operator")), ("x-recent" = json!(true))),
)]
async fn delete_app(
    State(app): State<App>,
    operator: Operator,
    _: Recent,
    Path(platform): Path<String>,
) -> Result<NoContent> {
    super::delete_app(&app, &platform, Actor::Person(operator.0.person)).await?;
    Ok(NoContent)
}

/// What a platform says to the installation's app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppTestBody {
    /// How far it is proven.
    result: AppTest,
    /// The same in a sentence, with what to do.
    detail: String,
}

/// Asks the platform whether it knows the installation's app, as far as that can be asked without a person.
#[utoipa::path(
    post, path = "/v1/platforms/{platform}/test", tag = "Installation", operation_id = "test_platform_app",
    params(("platform" = String, Path)),
    responses(
        (status = 200, body = AppTestBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("operator"))),
)]
async fn test_app(State(app): State<App>, _: Operator, Path(platform): Path<String>) -> Result<Json<AppTestBody>> {
    let (result, detail) = super::test_app(&app, &platform).await?;
    Ok(Json(AppTestBody { result, detail }))
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
    /// `active`, `paused` or `needs_reconnect`.
    state: &'static str,
    /// Why it is paused or must be reconnected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Until when it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_until: Option<Timestamp>,
    /// Nothing goes out before this instant (rate limit, repeated failures).
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_until: Option<Timestamp>,
    /// When the login ends, if it is known; it is renewed ahead of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Scopes as granted.
    scopes: Vec<String>,
    /// Features that are switched off because a scope is missing.
    switched_off: Vec<&'static str>,
    /// What it can take, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    /// When it was connected.
    made_at: Timestamp,
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
    let dead = channel.grant_state != "active";
    let state = if dead {
        "needs_reconnect"
    } else if channel.state == "paused" {
        "paused"
    } else {
        "active"
    };
    ChannelBody {
        id: channel.id,
        handle: channel.handle,
        name: channel.name,
        url: channel.url,
        state,
        reason: if dead { channel.grant_reason } else { channel.paused_reason },
        paused_until: channel.paused_until,
        waits_until: channel.blocked.map(|(until, _)| until).filter(|until| *until > app.clock.now()),
        expires_at: channel.expires_at,
        switched_off,
        limits: connector.and_then(|c| c.publish()).map(|publish| publish.limits(&channel.facts)),
        scopes,
        platform: channel.platform,
        made_at: channel.made_at,
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

/// An account to be connected.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectChannel {
    /// The platform.
    platform: String,
    /// `oauth` or `password`; the platform's `ways` say which there are.
    #[serde(default = "oauth")]
    way: String,
    /// The values of the way's fields.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    input: Value,
    /// For `oauth`: the features whose scopes are asked for; if it is left out, all that publishing needs.
    #[serde(default)]
    features: Vec<String>,
    /// The channel that is to be reconnected.
    #[serde(default)]
    reconnects: Option<ChannelId>,
}

fn oauth() -> String {
    "oauth".to_owned()
}

/// What comes of it: an address to open, or channels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectBody {
    /// Open this in a browser, sign in there and say yes; good for ten minutes. For an API key it is a link of this
    /// installation: hand it to the person whose account it is. The browser that opens it first is the one that finishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_to: Option<String>,
    /// The attempt; `GET /v1/connections/{connection}` tells what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<ConnectionId>,
    /// What is connected now.
    channels: Vec<ChannelBody>,
    /// Those of them that were connected before; their login is new.
    renewed: Vec<ChannelId>,
}

/// Begins to connect an account (`oauth`), or connects it (`password`: the platform's app password or token). A person needs a
/// recent sign-in.
#[utoipa::path(
    post, path = "/v1/channels/connect", tag = "Channels", operation_id = "connect_channel", request_body = ConnectChannel,
    responses(
        (status = 200, body = ConnectBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("channels:manage")), ("x-recent" = json!("people"))),
)]
async fn connect(
    State(app): State<App>,
    scope: May<ChannelsManage>,
    _: Confirmed,
    caller: Caller,
    Json(body): Json<ConnectChannel>,
) -> Result<Json<ConnectBody>> {
    let by = match &caller.0 {
        Identity::Session(session) => Beginner::Session(session.person, session.id.to_string()),
        Identity::Key(key) => Beginner::Key(key.id),
        Identity::Nobody | Identity::Refused(_) => {
            return Err(Problem::new(Code::Unauthenticated, "This needs a session or an API key.").into());
        }
    };
    let ConnectChannel { platform, way, input, features, reconnects } = body;
    // A key that is limited to some channels can bring those back and adds none (S-23).
    if scope.channels().is_some() && reconnects.is_none_or(|id| !scope.reaches(id)) {
        return Err(Problem::not_found("channel among those that this key reaches; name one as `reconnects`").into());
    }
    let begin = Begin { platform, input, features, reconnects, by };
    match way.as_str() {
        "oauth" => {
            let begun = super::begin(&app, &scope, begin).await?;
            let redirect_to = Some(begun.redirect_to.to_string());
            Ok(Json(ConnectBody { redirect_to, connection: Some(begun.id), channels: Vec::new(), renewed: Vec::new() }))
        }
        "password" => {
            let kept = super::with_password(&app, &scope, begin).await?;
            let renewed = kept.iter().filter(|one| one.is_renewed).map(|one| one.channel.id).collect();
            let channels = kept.into_iter().map(|Kept { channel, .. }| shown(&app, channel)).collect();
            Ok(Json(ConnectBody { redirect_to: None, connection: None, channels, renewed }))
        }
        _ => Err(Problem::field("/way", "must be `oauth` or `password`").into()),
    }
}

/// How far an attempt to connect is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AttemptState {
    /// Nobody has come back from the platform yet.
    Waiting,
    /// Connected.
    Connected,
    /// It came to nothing; `problem` and `detail` say why.
    Refused,
    /// Nobody came back in time.
    Expired,
}

/// An attempt to connect an account.
#[derive(Debug, Serialize, ToSchema)]
struct AttemptBody {
    /// Its id.
    id: ConnectionId,
    /// The platform.
    platform: String,
    /// How far it is.
    state: AttemptState,
    /// What is connected now.
    channels: Vec<ChannelId>,
    /// Those of them that were connected before; their login is new.
    renewed: Vec<ChannelId>,
    /// The kind of problem that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What happened, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The account that the channel belongs to, where another one came.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    /// The account that came instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    came: Option<String>,
}

fn attempt_body(attempt: Attempt, now: Timestamp) -> AttemptBody {
    let outcome = attempt.outcome.unwrap_or_default();
    let text = |name: &str| outcome[name].as_str().map(str::to_owned);
    let ids = |name: &str| serde_json::from_value(outcome[name].clone()).unwrap_or_default();
    let state = match () {
        () if outcome["channels"].is_array() => AttemptState::Connected,
        () if outcome.is_object() => AttemptState::Refused,
        () if attempt.expires_at > now => AttemptState::Waiting,
        () => AttemptState::Expired,
    };
    AttemptBody {
        id: attempt.id,
        platform: attempt.platform,
        state,
        channels: ids("channels"),
        renewed: ids("renewed"),
        problem: text("problem"),
        detail: text("detail"),
        expected: text("expected"),
        came: text("came"),
    }
}

/// What came of an attempt to connect; known for some minutes after it ended.
#[utoipa::path(
    get, path = "/v1/connections/{connection}", tag = "Channels", operation_id = "get_connection",
    params(("connection" = ConnectionId, Path, description = "The attempt.")),
    responses((status = 200, description = "The attempt.", body = AttemptBody), Refusals),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn attempt(
    State(app): State<App>,
    scope: May<ChannelsRead>,
    Path(id): Path<ConnectionId>,
) -> Result<Json<AttemptBody>> {
    let attempt = super::attempt(&app, &scope, id).await?;
    Ok(Json(attempt_body(attempt, app.clock.now())))
}

/// The link by which somebody connects their account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConnectLink {
    /// What stands after the `#` of the link.
    #[schema(value_type = String, format = Password)]
    token: Secret<String>,
}

/// What a link is about.
#[derive(Debug, Serialize, ToSchema)]
struct ConnectLinkBody {
    /// The platform's name.
    platform: &'static str,
    /// The name of the workspace that will publish on the account.
    workspace: String,
    /// What is read and kept of the account, and by whom.
    recipient: &'static Recipient,
}

/// What the page behind a link to connect an account shows. Nothing changes by looking.
#[utoipa::path(
    post, path = "/v1/connections/look", tag = "Channels", operation_id = "look_at_connect_link",
    request_body = ConnectLink,
    responses(
        (status = 200, description = "The link works.", body = ConnectLinkBody),
        (status = 410, description = "The link was used, or has ended.", body = ProblemBody),
        Refusals,
    ),
    extensions(("x-permission" = json!("public"))),
)]
async fn look_at_link(State(app): State<App>, Json(body): Json<ConnectLink>) -> Result<Json<ConnectLinkBody>> {
    let (platform, workspace) = super::look_at_link(&app, body.token.expose()).await?;
    let connector = app.connectors.get(&platform).ok_or_else(|| Problem::not_found("platform"))?;
    let about = connector.about();
    Ok(Json(ConnectLinkBody { platform: about.name, workspace, recipient: &about.recipient }))
}

/// Where to go on.
#[derive(Debug, Serialize, ToSchema)]
struct OpenedLinkBody {
    /// The platform's consent page.
    redirect_to: String,
}

/// The cookie by which the browser that opened a link is known when it comes back.
fn link_cookie_name(app: &App) -> &'static str {
    if app.settings.public_url.scheme() == "https" { "__Host-connect" } else { "fanfare-loopback-connect" }
}

/// Opens a link to connect an account: from now on only this browser can finish.
#[utoipa::path(
    post, path = "/v1/connections/open", tag = "Channels", operation_id = "open_connect_link",
    request_body = ConnectLink,
    responses(
        (status = 200, description = "Opened.", body = OpenedLinkBody),
        (status = 410, description = "The link was used, or has ended.", body = ProblemBody),
        Refusals,
    ),
    extensions(("x-permission" = json!("public"))),
)]
async fn open_link(State(app): State<App>, Json(body): Json<ConnectLink>) -> Result<Response> {
    let (to, browser) = super::open_link(&app, body.token.expose()).await?;
    let secure = if app.settings.public_url.scheme() == "https" { "; Secure" } else { "" };
    let name = link_cookie_name(&app);
    let cookie = format!("{name}={}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax{secure}", browser.expose());
    Ok(([(header::SET_COOKIE, cookie)], Json(OpenedLinkBody { redirect_to: to.to_string() })).into_response())
}

/// What is left of a channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisconnectBody {
    /// What the platform answered, if it did not take the revocation; end the access there by hand then.
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation: Option<String>,
}

/// Ends a channel: nothing goes out any more, the platform is told, the tokens are erased. A person needs a recent sign-in.
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

/// Why and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseChannel {
    /// For whoever wonders later, 1 to 200 characters.
    reason: String,
    /// It goes on by itself then; leave it out to pause until somebody resumes it.
    #[serde(default)]
    until: Option<Timestamp>,
}

/// Pauses a channel: nothing goes out on it meanwhile.
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

/// Lets a paused channel go on.
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

/// A weekly time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlotBody {
    /// Its id.
    id: QueueSlotId,
    /// 0 is Monday.
    weekday: u8,
    /// Local time, `09:30`.
    time: String,
    /// Its zone.
    zone: String,
}

impl From<QueueSlot> for SlotBody {
    fn from(slot: QueueSlot) -> Self {
        let time = format!("{:02}:{:02}", slot.minute / 60, slot.minute % 60);
        Self { id: slot.id, weekday: slot.weekday, time, zone: slot.zone }
    }
}

/// A weekly time to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutSlot {
    /// 0 is Monday.
    weekday: u8,
    /// Local time, `09:30`.
    time: String,
}

/// All weekly times of a channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutSlots {
    /// An IANA zone.
    zone: String,
    /// The times.
    slots: Vec<PutSlot>,
}

/// A channel's queue slots through the week.
#[utoipa::path(
    get, path = "/v1/channels/{channel}/slots", tag = "Channels", operation_id = "list_slots", params(("channel" = ChannelId, Path)),
    responses((status = 200, body = Vec<SlotBody>), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn slots(
    State(app): State<App>,
    scope: May<ChannelsRead>,
    Path(id): Path<ChannelId>,
) -> Result<Json<Vec<SlotBody>>> {
    let slots = super::slots(&app, &scope, id).await?;
    Ok(Json(slots.into_iter().map(SlotBody::from).collect()))
}

/// Replaces a channel's queue slots. What is scheduled keeps its time.
#[utoipa::path(
    put, path = "/v1/channels/{channel}/slots", tag = "Channels", operation_id = "put_slots",
    params(("channel" = ChannelId, Path)), request_body = PutSlots,
    responses((status = 200, body = Vec<SlotBody>), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:manage"))),
)]
async fn put_slots(
    State(app): State<App>,
    scope: May<ChannelsManage>,
    Path(id): Path<ChannelId>,
    Json(body): Json<PutSlots>,
) -> Result<Json<Vec<SlotBody>>> {
    let zone = body.zone;
    let read = |(place, slot): (usize, PutSlot)| {
        let time: Option<(u16, u16)> =
            slot.time.split_once(':').and_then(|(h, m)| Some((h.parse().ok()?, m.parse().ok()?)));
        let (hour, minute) = time
            .filter(|(h, m)| *h < 24 && *m < 60)
            .ok_or_else(|| Problem::field(format!("/slots/{place}/time"), "must be a time of day such as 09:30"))?;
        Ok((slot.weekday, hour * 60 + minute, zone.clone()))
    };
    let wanted: std::result::Result<Vec<_>, Problem> = body.slots.into_iter().enumerate().map(read).collect();
    let slots = super::put_slots(&app, &scope, id, wanted?).await?;
    Ok(Json(slots.into_iter().map(SlotBody::from).collect()))
}

/// The browser comes back from a consent page. It is led on to a page of our own: where to is no parameter (S-13), and what
/// went wrong is one of our words, never the platform's.
async fn callback(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(platform): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Redirect> {
    if app.connectors.get(&platform).is_none() {
        // The attempt is used up all the same: what came back elsewhere than it should is not tried again (S-12).
        super::come_back(&app, &platform, query, Browser::default()).await?;
        return Err(Problem::new(Code::NotFound, "There is no such route.").into());
    }
    let browser = Browser {
        session: caller.0.signed_in().map(|session| (session.person, session.id.to_string())),
        link: CookieJar::from_headers(&headers).get(link_cookie_name(&app)).map(|cookie| cookie.value().to_owned()),
    };
    let denied = query.get("error").is_some_and(|error| error == "access_denied");
    let back = super::come_back(&app, &platform, query, browser).await?;
    let page = if back.is_by_link { "/link" } else { "/channels" };
    let attempt = back.attempt.map(|id| format!("&attempt={id}")).unwrap_or_default();
    let refused = |reason: &str| format!("{page}?refused={reason}&platform={platform}{attempt}");
    let to = match back.outcome {
        Ok(kept) => match kept.first() {
            Some(_) if back.is_by_link => format!("{page}?connected={platform}"),
            Some(Kept { channel, .. }) => format!("{page}?connected={}", channel.id),
            None => refused("nothing-to-connect"),
        },
        Err(fault) => match Problem::from(fault).code {
            Code::ConnectFailed if denied => refused("access-denied"),
            code => refused(code.slug()),
        },
    };
    Ok(Redirect::to(&to))
}
