//! Connecting an account: the attempt, the link that is handed to whose account it is, and the way back from the platform.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Redirect, Response},
};
use base::{
    Code, Problem, Secret, Text, Timestamp,
    ids::{ChannelId, ConnectionId},
    say,
};
use connector::{Account, Recipient};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{ChannelBody, shown};
use crate::{
    App,
    channels::{self, Begin, Beginner, Browser, Came, Chooser, Connection, Kept, Offer, Offers, Standing},
    http::{
        Caller, Confirmed, Identity, Json, May, OurCookie, Path, ProblemBody, Query, Refusals, Result,
        rights::{ChannelsManage, ChannelsRead},
    },
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(connect))
        .routes(routes!(link_targets, choose_by_link))
        .routes(routes!(attempt))
        .routes(routes!(choose))
        .routes(routes!(more))
        .routes(routes!(look_at_link))
        .routes(routes!(open_link))
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

/// The result: a URL to open, channels to choose, or channels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectBody {
    /// Open this URL in a browser, sign in there and give access within ten minutes. For an API key it is a link of this
    /// installation: send it to the account's holder. Only the browser that opens it first can finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_to: Option<String>,
    /// The attempt; `GET /v1/connections/{connection}` returns its outcome. Without `redirect_to`, the account gives several
    /// channels: `GET` lists them, and `POST /v1/connections/{connection}/channels` connects those you choose, within an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<ConnectionId>,
    /// The connected channels.
    channels: Vec<ChannelBody>,
    /// Those of them that were connected before; their login is new.
    renewed: Vec<ChannelId>,
}

impl ConnectBody {
    fn choosing(connection: ConnectionId) -> Self {
        Self { redirect_to: None, connection: Some(connection), channels: Vec::new(), renewed: Vec::new() }
    }

    fn connected(app: &App, kept: Vec<Kept>) -> Self {
        let renewed = kept.iter().filter(|one| one.is_renewed).map(|one| one.channel.id).collect();
        let channels = kept.into_iter().map(|Kept { channel, .. }| shown(app, channel)).collect();
        Self { redirect_to: None, connection: None, channels, renewed }
    }
}

/// The caller, as the one who begins to connect and may finish.
fn beginner(caller: &Caller) -> Result<Beginner> {
    match &caller.0 {
        Identity::Session(session) => Ok(Beginner::Session(session.person, session.id.to_string())),
        Identity::Key(key) => Ok(Beginner::Key(key.id)),
        Identity::Nobody | Identity::Refused(_) => {
            Err(Problem::new(Code::Unauthenticated, say!("This needs a session or an API key.")).into())
        }
    }
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
    let by = beginner(&caller)?;
    let ConnectChannel { platform, way, input, features, reconnects } = body;
    // A key that is limited to some channels can bring those back and adds none (S-23).
    if scope.channels().is_some() && reconnects.is_none_or(|id| !scope.reaches(id)) {
        return Err(Problem::new(
            Code::NotFound,
            say!("This key reaches no such channel. Name one that it reaches as `reconnects`."),
        )
        .into());
    }
    let begin = Begin { platform, input, features, reconnects, by };
    match way.as_str() {
        "oauth" => {
            let begun = channels::begin(&app, &scope, begin).await?;
            let redirect_to = Some(begun.redirect_to.to_string());
            Ok(Json(ConnectBody { redirect_to, connection: Some(begun.id), channels: Vec::new(), renewed: Vec::new() }))
        }
        "password" => Ok(Json(match channels::with_password(&app, &scope, begin).await? {
            Came::Connected(kept) => ConnectBody::connected(&app, kept),
            Came::Choosing(connection) => ConnectBody::choosing(connection),
        })),
        _ => Err(Problem::field("/way", say!("must be `oauth` or `password`")).into()),
    }
}

/// How far an attempt to connect is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AttemptState {
    /// No one has come back from the platform yet.
    Waiting,
    /// The account gives several channels, of which none is chosen yet.
    Choosing,
    /// Connected.
    Connected,
    /// It came to nothing; `problem` and `detail` say why.
    Refused,
    /// No one came back, or chose, in time.
    Expired,
}

/// What a channel that can be chosen is here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TargetState {
    /// It isn't connected.
    Free,
    /// It is connected by this account. Its login is renewed whatever you choose.
    Connected,
    /// It is connected by another account. If you choose it, Fanfare publishes there with this account from then on.
    OtherAccount,
    /// It is connected in another workspace of this installation, and can't be chosen.
    Elsewhere,
}

/// A page, account, board or number that the connected account gives.
#[derive(Debug, Serialize, ToSchema)]
struct TargetBody {
    /// Its name for choosing.
    key: String,
    /// The display name.
    name: String,
    /// The name after the @.
    handle: String,
    /// Its page.
    url: String,
    /// What it is here.
    state: TargetState,
    /// The channel, if it is one of this workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelId>,
    /// The account that it is connected by, if that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_by: Option<String>,
    /// The workspace where it is connected, if you are a member there.
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<String>,
}

impl From<Offer> for TargetBody {
    fn from(Offer { key, account, standing }: Offer) -> Self {
        let (state, channel, connected_by, workspace) = match standing {
            Standing::Free => (TargetState::Free, None, None, None),
            Standing::Connected(channel) => (TargetState::Connected, Some(channel), None, None),
            Standing::OtherAccount(channel, by) => (TargetState::OtherAccount, Some(channel), Some(by), None),
            Standing::Elsewhere(workspace) => (TargetState::Elsewhere, None, None, workspace),
        };
        let Account { handle, name, url, .. } = account;
        Self { key, name, handle, url, state, channel, connected_by, workspace }
    }
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
    /// Until when it can be finished.
    expires_at: Timestamp,
    /// What can be chosen; empty unless the caller began the attempt.
    targets: Vec<TargetBody>,
    /// How many more the account gives than can be offered at once: end its access to some at the platform to be offered
    /// the others.
    left_out: usize,
    /// The connected channels.
    channels: Vec<ChannelId>,
    /// Those of them that were connected before; their login is new.
    renewed: Vec<ChannelId>,
    /// The kind of problem that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// A problem: what happened, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Text>,
    /// The account that the channel belongs to, where another one came.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    /// The account that came instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    came: Option<String>,
}

fn attempt_body(attempt: Connection, offers: Option<Offers>, now: Timestamp) -> AttemptBody {
    let outcome = attempt.outcome.unwrap_or_default();
    let Offers { items, left_out } = offers.unwrap_or_default();
    let text = |name: &str| outcome[name].as_str().map(str::to_owned);
    let ids = |name: &str| serde_json::from_value(outcome[name].clone()).unwrap_or_default();
    let state = match () {
        () if outcome["channels"].is_array() => AttemptState::Connected,
        () if outcome.is_object() => AttemptState::Refused,
        () if attempt.expires_at <= now => AttemptState::Expired,
        () if attempt.granted.is_some() => AttemptState::Choosing,
        () => AttemptState::Waiting,
    };
    AttemptBody {
        id: attempt.id,
        platform: attempt.platform,
        state,
        expires_at: attempt.expires_at,
        targets: items.into_iter().map(TargetBody::from).collect(),
        left_out,
        channels: ids("channels"),
        renewed: ids("renewed"),
        problem: text("problem"),
        detail: serde_json::from_value(outcome["detail"].clone()).unwrap_or_default(),
        expected: text("expected"),
        came: text("came"),
    }
}

/// The outcome of an attempt to connect, available for some minutes after it ended. While channels are to be chosen, the one
/// who began gets the list of them.
#[utoipa::path(
    get, path = "/v1/connections/{connection}", tag = "Channels", operation_id = "get_connection",
    params(("connection" = ConnectionId, Path, description = "The attempt.")),
    responses((status = 200, description = "The attempt.", body = AttemptBody), Refusals),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn attempt(
    State(app): State<App>,
    scope: May<ChannelsRead>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<AttemptBody>> {
    let attempt = channels::attempt(&app, &scope, id).await?;
    let offers = channels::offers(&app, &attempt, &Chooser::Beginner(beginner(&caller)?)).await?;
    Ok(Json(attempt_body(attempt, offers, app.clock.now())))
}

/// What is to be connected of what an account gives.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChooseChannels {
    /// The `key`s of the targets, at least one.
    #[schema(min_items = 1)]
    channels: Vec<String>,
}

/// Connects the chosen channels of an account that gives several. Only the one who began to connect can choose, once and within
/// an hour: a person in the same session, a program with the same key. Channels that this account connected before keep
/// their connection, with a new login.
#[utoipa::path(
    post, path = "/v1/connections/{connection}/channels", tag = "Channels", operation_id = "choose_channels",
    params(("connection" = ConnectionId, Path, description = "The attempt.")), request_body = ChooseChannels,
    responses(
        (status = 200, description = "Connected.", body = ConnectBody),
        (status = 409, description = "A chosen channel is connected in another workspace.", body = ProblemBody),
        (status = 410, description = "It was chosen before, or the hour is over.", body = ProblemBody),
        Refusals,
    ),
    extensions(("x-permission" = json!("channels:manage"))),
)]
async fn choose(
    State(app): State<App>,
    scope: May<ChannelsManage>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
    Json(body): Json<ChooseChannels>,
) -> Result<Json<ConnectBody>> {
    let attempt = channels::attempt(&app, &scope, id).await?;
    let chooser = Chooser::Beginner(beginner(&caller)?);
    let kept = channels::choose(&app, &attempt, &chooser, body.channels).await?;
    Ok(Json(ConnectBody::connected(&app, kept)))
}

/// Asks the platform which other channels this channel's account gives, without a new consent. Choose from them with
/// `POST /v1/connections/{connection}/channels` within an hour. A person needs a recent sign-in.
#[utoipa::path(
    post, path = "/v1/channels/{channel}/more", tag = "Channels", operation_id = "find_more_channels",
    params(("channel" = ChannelId, Path)),
    responses(
        (status = 200, description = "The attempt to choose in.", body = AttemptBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("channels:manage")), ("x-recent" = json!("people"))),
)]
async fn more(
    State(app): State<App>,
    scope: May<ChannelsManage>,
    _: Confirmed,
    caller: Caller,
    Path(id): Path<ChannelId>,
) -> Result<Json<AttemptBody>> {
    // A key that is limited to some channels adds none (S-23).
    if scope.channels().is_some() {
        return Err(Problem::not_found("channel").into());
    }
    let by = beginner(&caller)?;
    let connection = channels::more(&app, &scope, id, by.clone()).await?;
    let attempt = channels::attempt(&app, &scope, connection).await?;
    let offers = channels::offers(&app, &attempt, &Chooser::Beginner(by)).await?;
    Ok(Json(attempt_body(attempt, offers, app.clock.now())))
}

/// The browser that opened a link.
fn browser_of_link(app: &App, headers: &HeaderMap) -> Browser {
    Browser { session: None, link: OurCookie::Connecting.said(app, headers) }
}

/// What the account behind a link gives, for the browser that opened the link and came back with a consent.
#[utoipa::path(
    get, path = "/v1/connections/link", tag = "Channels", operation_id = "get_link_targets",
    responses(
        (status = 200, description = "The attempt.", body = AttemptBody),
        (status = 410, description = "Nothing is to be chosen in this browser.", body = ProblemBody),
        Refusals,
    ),
    extensions(("x-permission" = json!("public"))),
)]
async fn link_targets(State(app): State<App>, headers: HeaderMap) -> Result<Json<AttemptBody>> {
    let browser = browser_of_link(&app, &headers);
    let attempt = channels::of_browser(&app, &browser).await?;
    let offers = channels::offers(&app, &attempt, &Chooser::Browser(browser)).await?;
    Ok(Json(attempt_body(attempt, offers, app.clock.now())))
}

/// What was connected through a link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkConnectedBody {
    /// The display names of the connected channels.
    names: Vec<String>,
}

/// Connects the chosen channels of the account behind a link, in the browser that opened it.
#[utoipa::path(
    post, path = "/v1/connections/link", tag = "Channels", operation_id = "choose_link_channels",
    request_body = ChooseChannels,
    responses(
        (status = 200, description = "Connected.", body = LinkConnectedBody),
        (status = 409, description = "A chosen channel is connected in another workspace.", body = ProblemBody),
        (status = 410, description = "It was chosen before, or the hour is over.", body = ProblemBody),
        Refusals,
    ),
    extensions(("x-permission" = json!("public"))),
)]
async fn choose_by_link(
    State(app): State<App>,
    headers: HeaderMap,
    Json(body): Json<ChooseChannels>,
) -> Result<Json<LinkConnectedBody>> {
    let browser = browser_of_link(&app, &headers);
    let attempt = channels::of_browser(&app, &browser).await?;
    let kept = channels::choose(&app, &attempt, &Chooser::Browser(browser), body.channels).await?;
    Ok(Json(LinkConnectedBody { names: kept.into_iter().map(|one| one.channel.name).collect() }))
}

/// The link for connecting an account.
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

/// What the page of a link for connecting an account shows. Changes nothing.
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
    let (platform, workspace) = channels::look_at_link(&app, body.token.expose()).await?;
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

/// Opens a link for connecting an account. From then on only this browser can finish.
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
    let (to, browser) = channels::open_link(&app, body.token.expose()).await?;
    let cookie = OurCookie::Connecting.set(&app, browser.expose());
    Ok(([(header::SET_COOKIE, cookie)], Json(OpenedLinkBody { redirect_to: to.to_string() })).into_response())
}

/// The browser comes back from a consent page. It is led on to a page of our own: where to is no parameter (S-13), and what
/// went wrong is one of our words, never the platform's.
pub(super) async fn callback(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(platform): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Redirect> {
    if app.connectors.get(&platform).is_none() {
        // The attempt is used up all the same: what came back elsewhere than it should is not tried again (S-12).
        channels::come_back(&app, &platform, query, Browser::default()).await?;
        return Err(Problem::new(Code::NotFound, say!("There is no such route.")).into());
    }
    let browser = Browser {
        session: caller.0.signed_in().map(|session| (session.person, session.id.to_string())),
        link: OurCookie::Connecting.said(&app, &headers),
    };
    let denied = query.get("error").is_some_and(|error| error == "access_denied");
    let back = channels::come_back(&app, &platform, query, browser).await?;
    let page = if back.is_by_link { "/link" } else { "/channels" };
    let attempt = back.attempt.map(|id| format!("&attempt={id}")).unwrap_or_default();
    let refused = |reason: &str| format!("{page}?refused={reason}&platform={platform}{attempt}");
    let to = match back.outcome {
        Ok(Came::Choosing(id)) => format!("{page}?choose={id}"),
        Ok(Came::Connected(kept)) => match kept.first() {
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
