//! Routes about the owner, sessions and oneself.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{
    Permissions, Role, Secret, Timestamp,
    ids::{PersonId, SessionId, WorkspaceId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Begun, ClockFace, Credentials, Listed, NewOwner, NewPerson, Person, Profile, WeekStart};
use crate::{
    App,
    http::{
        ClientAddress, Identity, IfMatch, Json, NoContent, OurCookie, Path, Recent, Refusals, Result, Revised, SignedIn,
    },
    keys::{self, http::KeyBody},
    publishing, workspaces,
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(owner, become_owner))
        .routes(routes!(sign_in, sign_out))
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
        .routes(routes!(me, change_me))
        .routes(routes!(change_password))
        .routes(routes!(ask_for_email))
        .routes(routes!(look_at_password_link))
        .routes(routes!(use_password_link))
}

/// What to tell a device by.
pub(crate) fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// An answer with the cookie of a session that just began.
pub(crate) fn signed_in<T: Serialize>(app: &App, status: StatusCode, token: &Secret<String>, body: T) -> Response {
    (status, [(header::SET_COOKIE, OurCookie::Session.set(app, token.expose()))], Json(body)).into_response()
}

/// Whether the installation has an owner.
#[derive(Debug, Serialize, ToSchema)]
struct OwnerBody {
    /// If not, the server's console shows the link for becoming the owner.
    owned: bool,
}

/// Whether this installation has an owner yet.
#[utoipa::path(
    get, path = "/v1/owner", tag = "Owner", operation_id = "read_owner",
    responses((status = 200, description = "Whether there is one.", body = OwnerBody), Refusals),
    extensions(("x-permission" = json!("public"))),
)]
async fn owner(State(app): State<App>) -> Result<Json<OwnerBody>> {
    Ok(Json(OwnerBody { owned: super::is_owned(&app).await? }))
}

/// The first person of the installation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BecomeOwner {
    /// What stands after the `#` of the link.
    #[schema(value_type = String, format = Password)]
    token: Secret<String>,
    /// Their e-mail address, to sign in with.
    #[schema(value_type = String, format = Password)]
    email: Secret<String>,
    /// At least 12 letters that are not easy to guess.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
    /// Their name.
    name: String,
    /// A language tag such as `en` or `nl`.
    #[serde(default = "english")]
    language: String,
    /// An IANA time zone such as `Europe/Amsterdam`.
    zone: String,
    /// The name of the first workspace.
    workspace: String,
}

fn english() -> String {
    "en".to_owned()
}

/// A session that just began; its token is in the cookie.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionBegunBody {
    /// The session's id.
    session: SessionId,
    /// Who is signed in.
    person: PersonId,
    /// The workspace they came through, if they came through one.
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<WorkspaceId>,
    /// What `GET /v1/me` says now.
    me: MeBody,
}

impl SessionBegunBody {
    pub(crate) async fn of(app: &App, begun: &Begun, workspace: Option<WorkspaceId>) -> Result<Self> {
        let person = super::find(app, begun.person).await?;
        // A person who begins a session has just proven who they are.
        let me = me_body(app, person, app.clock.now()).await?;
        Ok(Self { session: begun.id, person: begun.person, workspace, me })
    }
}

/// Becomes the owner of the installation, using the link shown in the server's console. It works once.
#[utoipa::path(
    post, path = "/v1/owner", tag = "Owner", operation_id = "become_owner", request_body = BecomeOwner,
    responses((status = 201, description = "Signed in as the owner.", body = SessionBegunBody), Refusals),
    extensions(("x-permission" = json!("public"))),
)]
async fn become_owner(State(app): State<App>, headers: HeaderMap, Json(body): Json<BecomeOwner>) -> Result<Response> {
    let BecomeOwner { token, email, password, name, language, zone, workspace } = body;
    let person = NewPerson { email, password, name, language, zone };
    let new = NewOwner { token, person, workspace };
    let (begun, workspace) = super::become_owner(&app, new, user_agent(&headers)).await?;
    let body = SessionBegunBody::of(&app, &begun, Some(workspace)).await?;
    Ok(signed_in(&app, StatusCode::CREATED, &begun.token, body))
}

/// Address and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// The e-mail address.
    #[schema(value_type = String, format = Password)]
    email: Secret<String>,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
}

/// Signs in, or confirms your identity: a session sent with the request is replaced by a new one.
#[utoipa::path(
    post, path = "/v1/session", tag = "Sessions", operation_id = "sign_in", request_body = SignIn,
    responses((status = 201, description = "Signed in.", body = SessionBegunBody), Refusals),
    extensions(("x-permission" = json!("public"))),
)]
async fn sign_in(
    State(app): State<App>,
    client: ClientAddress,
    identity: Identity,
    headers: HeaderMap,
    Json(body): Json<SignIn>,
) -> Result<Response> {
    let typed = Credentials { email: body.email, password: body.password };
    let before = match &identity {
        Identity::Session(session) => Some(&**session),
        _ => None,
    };
    let device = OurCookie::Device.said(&app, &headers);
    let (begun, device) = super::sign_in(&app, client, &typed, user_agent(&headers), before, device.as_deref()).await?;
    let body = SessionBegunBody::of(&app, &begun, None).await?;
    let mut answer = signed_in(&app, StatusCode::CREATED, &begun.token, body);
    answer
        .headers_mut()
        .extend(HeaderValue::try_from(OurCookie::Device.set(&app, &device)).map(|set| (header::SET_COOKIE, set)));
    Ok(answer)
}

/// Signs out: ends the session and clears the browser's storage.
#[utoipa::path(
    delete, path = "/v1/session", tag = "Sessions", operation_id = "sign_out",
    responses((status = 204, description = "Signed out."), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn sign_out(State(app): State<App>, SignedIn(session): SignedIn) -> Result<Response> {
    super::end_session(&app, session.person, session.id).await?;
    const CLEAR: HeaderName = HeaderName::from_static("clear-site-data");
    let headers = [(header::SET_COOKIE, OurCookie::Session.gone(&app)), (CLEAR, "\"cache\", \"storage\"".to_owned())];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// One of your sessions.
#[derive(Debug, Serialize, ToSchema)]
struct SessionBody {
    /// Its id.
    id: SessionId,
    /// Such as `Firefox on Linux`.
    device: String,
    /// Whether it is the one that asks.
    current: bool,
    /// When it began.
    created_at: Timestamp,
    /// When it was last used, to five minutes.
    last_seen_at: Timestamp,
    /// When it ends at the latest.
    expires_at: Timestamp,
}

/// Your sessions.
#[derive(Debug, Serialize, ToSchema)]
struct SessionsBody {
    /// Latest first; there are 50 at most.
    items: Vec<SessionBody>,
}

/// Your sessions on all devices.
#[utoipa::path(
    get, path = "/v1/sessions", tag = "Sessions", operation_id = "list_sessions",
    responses((status = 200, description = "Your sessions.", body = SessionsBody), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn list_sessions(State(app): State<App>, SignedIn(session): SignedIn) -> Result<Json<SessionsBody>> {
    let listed = super::sessions(&app, session.person).await?;
    let body = |one: Listed| SessionBody {
        id: one.id,
        current: one.id == session.id,
        device: one.device,
        created_at: one.created_at,
        last_seen_at: one.last_seen_at,
        expires_at: one.expires_at,
    };
    Ok(Json(SessionsBody { items: listed.into_iter().map(body).collect() }))
}

/// Ends one of your sessions, such as that of a lost phone.
#[utoipa::path(
    delete, path = "/v1/sessions/{session}", tag = "Sessions", operation_id = "end_session",
    params(("session" = SessionId, Path, description = "The session.")),
    responses((status = 204, description = "It has ended."), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn end_session(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<SessionId>,
) -> Result<NoContent> {
    super::end_session(&app, session.person, id).await?;
    Ok(NoContent)
}

/// A workspace of yours.
#[derive(Debug, Serialize, ToSchema)]
struct MembershipBody {
    /// Its id, for the header `Fanfare-Workspace`.
    id: WorkspaceId,
    /// Its name.
    name: String,
    /// The time zone its calendar is drawn in.
    zone: String,
    /// The language its posts are mostly written in.
    language: String,
    /// Your role in it.
    role: Role,
    /// The role's permissions.
    permissions: Permissions,
}

/// You.
#[derive(Debug, Serialize, ToSchema)]
struct MeBody {
    /// Your id.
    id: PersonId,
    /// The e-mail address you sign in with.
    email: String,
    /// Whether it is proven to be yours. Invitations to it show up here only then.
    email_proven: bool,
    /// The requested new address. It takes effect when the operator confirms it.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_email: Option<String>,
    /// Your name.
    name: String,
    /// The language you read.
    language: String,
    /// The time zone you live in.
    zone: String,
    /// The day your weeks start on.
    week_starts_on: WeekStart,
    /// How you read a time of day.
    clock: ClockFace,
    /// Whether you own the installation.
    operator: bool,
    /// Your workspaces, first joined first.
    workspaces: Vec<MembershipBody>,
    /// Until when you may do what needs a recent sign-in.
    recent_until: Timestamp,
    /// Whether an operator has stopped all publishing on this installation.
    publishing_stopped: bool,
}

async fn me_body(app: &App, person: Person, authenticated_at: Timestamp) -> Result<MeBody> {
    let joined = workspaces::of_person(app, person.id).await?;
    let membership = |(workspace, role): (workspaces::Workspace, Role)| MembershipBody {
        id: workspace.id,
        name: workspace.name,
        zone: workspace.zone,
        language: workspace.language,
        role,
        permissions: role.permissions(),
    };
    Ok(MeBody {
        id: person.id,
        email: person.email.expose().clone(),
        email_proven: person.email_proven,
        new_email: person.new_email.map(|email| email.expose().clone()),
        name: person.name,
        language: person.language,
        zone: person.zone,
        week_starts_on: person.week_starts_on,
        clock: person.clock,
        operator: person.operator,
        workspaces: joined.into_iter().map(membership).collect(),
        recent_until: authenticated_at + app.settings.sessions.recent,
        publishing_stopped: publishing::stopped(app).await?.is_some(),
    })
}

/// An API key, as it asks about itself.
#[derive(Debug, Serialize, ToSchema)]
struct MeAsKeyBody {
    /// The key: what it may do, on which channels, from where and until when.
    key: KeyBody,
    /// The one workspace that it reaches.
    workspace: KeyWorkspaceBody,
    /// Whether an operator has stopped all publishing on this installation.
    publishing_stopped: bool,
}

/// The workspace of a key.
#[derive(Debug, Serialize, ToSchema)]
struct KeyWorkspaceBody {
    /// Its id.
    id: WorkspaceId,
    /// Its name.
    name: String,
    /// The time zone its calendar is drawn in.
    zone: String,
    /// The language its posts are mostly written in.
    language: String,
}

/// The caller: a person in a session, or an API key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum WhoBody {
    /// A person.
    Person(Box<MeBody>),
    /// A key; it alone has the member `key`.
    Key(Box<MeAsKeyBody>),
}

/// Who you are and what you may do: a person and their workspaces, or an API key and its permissions.
#[utoipa::path(
    get, path = "/v1/me", tag = "Me", operation_id = "read_me",
    responses((status = 200, description = "You.", body = WhoBody), Refusals),
    extensions(("x-permission" = json!("known"))),
)]
async fn me(State(app): State<App>, identity: Identity) -> Result<Response> {
    if let Some(key) = identity.key()? {
        let scope = key.scope();
        let workspace = workspaces::find(&app, &scope).await?;
        let workspaces::Workspace { id, name, zone, language, .. } = workspace;
        let body = MeAsKeyBody {
            key: keys::http::body(keys::oneself(&app, &key).await?),
            workspace: KeyWorkspaceBody { id, name, zone, language },
            publishing_stopped: publishing::stopped(&app).await?.is_some(),
        };
        return Ok(Json(WhoBody::Key(Box::new(body))).into_response());
    }
    let session = identity.session()?;
    let person = super::find(&app, session.person).await?;
    let (revision, body) = (person.revision, me_body(&app, person, session.authenticated_at).await?);
    Ok(Revised(revision, WhoBody::Person(Box::new(body))).into_response())
}

/// The changes; omitted fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MePatch {
    /// Your name.
    #[serde(default)]
    name: Option<String>,
    /// A language tag such as `en` or `nl`.
    #[serde(default)]
    language: Option<String>,
    /// An IANA time zone such as `Europe/Amsterdam`.
    #[serde(default)]
    zone: Option<String>,
    /// The day your weeks start on.
    #[serde(default)]
    week_starts_on: Option<WeekStart>,
    /// How you read a time of day.
    #[serde(default)]
    clock: Option<ClockFace>,
}

/// Changes your name, your language, or how days and hours are written for you.
#[utoipa::path(
    patch, path = "/v1/me", tag = "Me", operation_id = "change_me", request_body = MePatch,
    params(("If-Match" = String, Header, description = "The `ETag` that you read.")),
    responses((status = 200, description = "You, changed.", body = MeBody), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn change_me(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    from: IfMatch,
    Json(patch): Json<MePatch>,
) -> Result<Revised<MeBody>> {
    let MePatch { name, language, zone, week_starts_on, clock } = patch;
    let profile = Profile { name, language, zone, week_starts_on, clock };
    let person = super::change(&app, session.person, profile, from).await?;
    Ok(Revised(person.revision, me_body(&app, person, session.authenticated_at).await?))
}

/// The present password and the new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    /// The one you have.
    #[schema(value_type = String, format = Password)]
    current_password: Secret<String>,
    /// The new password: at least 12 characters that are not easy to guess.
    #[schema(value_type = String, format = Password)]
    new_password: Secret<String>,
}

/// Changes your password. All other sessions end; this one continues with a new cookie.
#[utoipa::path(
    put, path = "/v1/me/password", tag = "Me", operation_id = "change_password", request_body = ChangePassword,
    responses((status = 200, description = "Changed.", body = SessionBegunBody), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn change_password(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    client: ClientAddress,
    headers: HeaderMap,
    Json(body): Json<ChangePassword>,
) -> Result<Response> {
    let (old, new) = (&body.current_password, &body.new_password);
    let begun = super::change_password(&app, client, &session, old, new, user_agent(&headers)).await?;
    let body = SessionBegunBody::of(&app, &begun, None).await?;
    Ok(signed_in(&app, StatusCode::OK, &begun.token, body))
}

/// The new address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskForEmail {
    /// The address you want to sign in with; your present one withdraws an earlier request.
    #[schema(value_type = String, format = Password)]
    email: Secret<String>,
}

/// Requests a new e-mail address. You keep the current one until the operator confirms the new one. Needs a recent
/// sign-in.
#[utoipa::path(
    put, path = "/v1/me/email", tag = "Me", operation_id = "ask_for_email", request_body = AskForEmail,
    responses((status = 200, description = "You, with the address that waits.", body = MeBody), Refusals),
    extensions(("x-permission" = json!("signed-in")), ("x-recent" = json!(true))),
)]
async fn ask_for_email(
    State(app): State<App>,
    Recent(session): Recent,
    Json(body): Json<AskForEmail>,
) -> Result<Revised<MeBody>> {
    super::ask_for_email(&app, session.person, &body.email).await?;
    let person = super::find(&app, session.person).await?;
    Ok(Revised(person.revision, me_body(&app, person, session.authenticated_at).await?))
}

/// The link to set a new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordLinkToken {
    /// What stands after the `#` of the link.
    #[schema(value_type = String, format = Password)]
    token: Secret<String>,
}

/// Whose link it is.
#[derive(Debug, Serialize, ToSchema)]
struct PasswordLinkLookBody {
    /// The address they sign in with.
    email: String,
}

/// What the page of a password link shows. Changes nothing.
#[utoipa::path(
    post, path = "/v1/password/look", tag = "Sessions", operation_id = "look_at_password_link",
    request_body = PasswordLinkToken,
    responses((status = 200, description = "The link works.", body = PasswordLinkLookBody), Refusals),
    extensions(("x-permission" = json!("public"))),
)]
async fn look_at_password_link(
    State(app): State<App>,
    Json(body): Json<PasswordLinkToken>,
) -> Result<Json<PasswordLinkLookBody>> {
    let email = super::look_at_password_link(&app, &body.token).await?;
    Ok(Json(PasswordLinkLookBody { email: email.expose().clone() }))
}

/// A new password, by a link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UsePasswordLink {
    /// What stands after the `#` of the link.
    #[schema(value_type = String, format = Password)]
    token: Secret<String>,
    /// The password you want: at least 12 characters that are not easy to guess.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
}

/// Sets a new password using a link, and signs in. The link works once, and all earlier sessions end.
#[utoipa::path(
    post, path = "/v1/password", tag = "Sessions", operation_id = "use_password_link",
    request_body = UsePasswordLink,
    responses((status = 201, description = "Signed in with the new password.", body = SessionBegunBody), Refusals),
    extensions(("x-permission" = json!("public"))),
)]
async fn use_password_link(
    State(app): State<App>,
    client: ClientAddress,
    headers: HeaderMap,
    Json(body): Json<UsePasswordLink>,
) -> Result<Response> {
    let begun = super::use_password_link(&app, client, &body.token, &body.password, user_agent(&headers)).await?;
    let body = SessionBegunBody::of(&app, &begun, None).await?;
    Ok(signed_in(&app, StatusCode::CREATED, &begun.token, body))
}
