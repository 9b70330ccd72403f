//! Routes about workspaces, members and invitations.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use base::{
    Role, Secret, Timestamp,
    ids::{InvitationId, PersonId, WorkspaceId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Invitation, Member, NewAccount, Offer, Settings, Workspace};
use crate::{
    App,
    http::{
        Created, IfMatch, Json, May, NoContent, Path, Recent, Refusals, Result, Revised, SignedIn, Tagged,
        rights::{MembersManage, MembersRead, PostsRead, WorkspaceManage},
    },
    people::http::{SessionBegunBody, signed_in, user_agent},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(read, change))
        .routes(routes!(members, add))
        .routes(routes!(change_role, remove))
        .routes(routes!(invitations))
        .routes(routes!(end_invitation))
        .routes(routes!(look))
        .routes(routes!(accept))
        .routes(routes!(join))
        .routes(routes!(decline))
        .routes(routes!(offers))
        .routes(routes!(accept_offer, decline_offer))
        .routes(routes!(password_link))
}

/// A workspace.
#[derive(Debug, Serialize, ToSchema)]
struct WorkspaceBody {
    /// Its id.
    id: WorkspaceId,
    /// Its name.
    name: String,
    /// The time zone of its calendar.
    zone: String,
    /// The language of most of its posts.
    language: String,
    /// When it was created.
    created_at: Timestamp,
    /// Your role in it, if you are a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

fn body(workspace: Workspace, role: Option<Role>) -> WorkspaceBody {
    let Workspace { id, name, zone, language, created_at, .. } = workspace;
    WorkspaceBody { id, name, zone, language, created_at, role }
}

/// Your workspaces.
#[derive(Debug, Serialize, ToSchema)]
struct WorkspacesBody {
    /// First joined first.
    items: Vec<WorkspaceBody>,
}

/// Your workspaces with your role in each.
#[utoipa::path(
    get, path = "/v1/workspaces", tag = "Workspaces", operation_id = "list_workspaces",
    responses((status = 200, description = "Your workspaces.", body = WorkspacesBody), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn list(State(app): State<App>, SignedIn(session): SignedIn) -> Result<Json<WorkspacesBody>> {
    let joined = super::of_person(&app, session.person).await?;
    Ok(Json(WorkspacesBody { items: joined.into_iter().map(|(one, role)| body(one, Some(role))).collect() }))
}

/// A new workspace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateWorkspace {
    /// Its name.
    name: String,
    /// An IANA time zone; yours by default.
    #[serde(default)]
    zone: Option<String>,
    /// A language tag; yours by default.
    #[serde(default)]
    language: Option<String>,
}

/// Creates a workspace. Only the owner of an organization can, and becomes its owner.
#[utoipa::path(
    post, path = "/v1/workspaces", tag = "Workspaces", operation_id = "create_workspace",
    request_body = CreateWorkspace,
    responses((status = 201, description = "Made.", body = WorkspaceBody), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn create(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Json(CreateWorkspace { name, zone, language }): Json<CreateWorkspace>,
) -> Result<(Tagged, Created<WorkspaceBody>)> {
    let made = super::create(&app, session.person, Settings { name: Some(name), zone, language }).await?;
    let location = format!("/v1/workspaces/{}", made.id);
    Ok((Tagged(made.revision), Created { location, body: body(made, Some(Role::Owner)) }))
}

/// One workspace.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}", tag = "Workspaces", operation_id = "read_workspace",
    params(("workspace" = WorkspaceId, Path, description = "The workspace.")),
    responses((status = 200, description = "The workspace.", body = WorkspaceBody), Refusals),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn read(State(app): State<App>, scope: May<PostsRead>) -> Result<Revised<WorkspaceBody>> {
    let workspace = super::find(&app, &scope).await?;
    Ok(Revised(workspace.revision, body(workspace, None)))
}

/// The changes; omitted fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WorkspacePatch {
    /// Its name.
    #[serde(default)]
    name: Option<String>,
    /// An IANA time zone.
    #[serde(default)]
    zone: Option<String>,
    /// A language tag.
    #[serde(default)]
    language: Option<String>,
}

/// Changes a workspace's name, time zone or language.
#[utoipa::path(
    patch, path = "/v1/workspaces/{workspace}", tag = "Workspaces", operation_id = "change_workspace",
    request_body = WorkspacePatch,
    params(
        ("workspace" = WorkspaceId, Path, description = "The workspace."),
        ("If-Match" = String, Header, description = "The `ETag` that you read."),
    ),
    responses((status = 200, description = "The workspace, changed.", body = WorkspaceBody), Refusals),
    extensions(("x-permission" = json!("workspace:manage"))),
)]
async fn change(
    State(app): State<App>,
    scope: May<WorkspaceManage>,
    from: IfMatch,
    Json(WorkspacePatch { name, zone, language }): Json<WorkspacePatch>,
) -> Result<Revised<WorkspaceBody>> {
    let workspace = super::change(&app, &scope, Settings { name, zone, language }, from).await?;
    Ok(Revised(workspace.revision, body(workspace, None)))
}

/// A person in the workspace.
#[derive(Debug, Serialize, ToSchema)]
struct MemberBody {
    /// Who.
    person: PersonId,
    /// Their name.
    name: String,
    /// What they may do.
    role: Role,
    /// Since when.
    joined_at: Timestamp,
}

/// The people of the workspace.
#[derive(Debug, Serialize, ToSchema)]
struct MembersBody {
    /// First joined first; there are 500 at most.
    items: Vec<MemberBody>,
}

/// Who belongs to the workspace.
#[utoipa::path(
    get, path = "/v1/members", tag = "Members", operation_id = "list_members",
    responses((status = 200, description = "The members.", body = MembersBody), Refusals),
    extensions(("x-permission" = json!("members:read"))),
)]
async fn members(State(app): State<App>, scope: May<MembersRead>) -> Result<Json<MembersBody>> {
    let body = |Member { person, name, role, joined_at }| MemberBody { person, name, role, joined_at };
    Ok(Json(MembersBody { items: super::members(&app, &scope).await?.into_iter().map(body).collect() }))
}

/// A person to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddMember {
    /// Their e-mail address.
    #[schema(value_type = String, format = Password)]
    email: Secret<String>,
    /// What they may do.
    role: Role,
}

/// A valid invitation.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationBody {
    /// Its id.
    id: InvitationId,
    /// The address it is for.
    email: String,
    /// The role they will have.
    role: Role,
    /// Who invited them.
    invited_by: PersonId,
    /// When.
    created_at: Timestamp,
    /// When it expires.
    expires_at: Timestamp,
}

fn invitation_body(one: Invitation) -> InvitationBody {
    let Invitation { id, email, role, invited_by, created_at, expires_at } = one;
    InvitationBody { id, email: email.expose().clone(), role, invited_by, created_at, expires_at }
}

/// An invitation with its link.
#[derive(Debug, Serialize, ToSchema)]
struct AddedBody {
    /// The invitation. It doesn't reveal whether they have an account here.
    invitation: InvitationBody,
    /// The link to send to them. It is shown once and works once, within seven days.
    link: String,
}

/// Invites a person to the workspace; they become a member when they accept. Needs a recent sign-in.
#[utoipa::path(
    post, path = "/v1/members", tag = "Members", operation_id = "add_member", request_body = AddMember,
    responses((status = 201, description = "Invited.", body = AddedBody), Refusals),
    extensions(("x-permission" = json!("members:manage")), ("x-recent" = json!(true))),
)]
async fn add(
    State(app): State<App>,
    scope: May<MembersManage>,
    Recent(session): Recent,
    Json(AddMember { email, role }): Json<AddMember>,
) -> Result<Created<AddedBody>> {
    let (invitation, link) = super::add(&app, &scope, session.person, &email, role).await?;
    let body = AddedBody { invitation: invitation_body(invitation), link: link.to_string() };
    Ok(Created { location: "/v1/invitations".into(), body })
}

/// A new role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberPatch {
    /// Their role from now on.
    role: Role,
}

/// Changes a member's role. API keys and invitations that they created and could not create with the new role are revoked. A workspace keeps at least one owner. Needs a recent sign-in.
#[utoipa::path(
    patch, path = "/v1/members/{person}", tag = "Members", operation_id = "change_member", request_body = MemberPatch,
    params(("person" = PersonId, Path, description = "The member.")),
    responses(
        (status = 204, description = "Changed."),
        (status = 409, description = "They are the last owner.", body = crate::http::ProblemBody),
        Refusals,
    ),
    extensions(("x-permission" = json!("members:manage")), ("x-recent" = json!(true))),
)]
async fn change_role(
    State(app): State<App>,
    scope: May<MembersManage>,
    _: Recent,
    Path(person): Path<PersonId>,
    Json(MemberPatch { role }): Json<MemberPatch>,
) -> Result<NoContent> {
    super::change_role(&app, &scope, person, role).await?;
    Ok(NoContent)
}

/// Removes a member and revokes the API keys and invitations that they created. A workspace keeps at least one owner. Needs a recent sign-in.
#[utoipa::path(
    delete, path = "/v1/members/{person}", tag = "Members", operation_id = "remove_member",
    params(("person" = PersonId, Path, description = "The member.")),
    responses(
        (status = 204, description = "Removed."),
        (status = 409, description = "They are the last owner.", body = crate::http::ProblemBody),
        Refusals,
    ),
    extensions(("x-permission" = json!("members:manage")), ("x-recent" = json!(true))),
)]
async fn remove(
    State(app): State<App>,
    scope: May<MembersManage>,
    _: Recent,
    Path(person): Path<PersonId>,
) -> Result<NoContent> {
    super::remove(&app, &scope, person).await?;
    Ok(NoContent)
}

/// Valid invitations.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationsBody {
    /// Oldest first.
    items: Vec<InvitationBody>,
}

/// Pending invitations.
#[utoipa::path(
    get, path = "/v1/invitations", tag = "Members", operation_id = "list_invitations",
    responses((status = 200, description = "The invitations.", body = InvitationsBody), Refusals),
    extensions(("x-permission" = json!("members:manage"))),
)]
async fn invitations(State(app): State<App>, scope: May<MembersManage>) -> Result<Json<InvitationsBody>> {
    let items = super::invitations(&app, &scope).await?.into_iter().map(invitation_body).collect();
    Ok(Json(InvitationsBody { items }))
}

/// Withdraws an invitation.
#[utoipa::path(
    delete, path = "/v1/invitations/{invitation}", tag = "Members", operation_id = "end_invitation",
    params(("invitation" = InvitationId, Path, description = "The invitation.")),
    responses((status = 204, description = "It is no longer valid."), Refusals),
    extensions(("x-permission" = json!("members:manage"))),
)]
async fn end_invitation(
    State(app): State<App>,
    scope: May<MembersManage>,
    Path(id): Path<InvitationId>,
) -> Result<NoContent> {
    super::end_invitation(&app, &scope, id).await?;
    Ok(NoContent)
}

/// An invitation's link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitationToken {
    /// The part of the link after the `#`.
    #[schema(value_type = String, format = Password)]
    token: Secret<String>,
}

/// What an invitation is about.
#[derive(Debug, Serialize, ToSchema)]
struct InvitedBody {
    /// The workspace's name.
    workspace: String,
    /// The address it is for.
    email: String,
    /// The role they will have.
    role: Role,
    /// When it expires.
    expires_at: Timestamp,
}

/// What the page of an invitation link shows. Changes nothing.
#[utoipa::path(
    post, path = "/v1/invitations/look", tag = "Members", operation_id = "look_at_invitation",
    request_body = InvitationToken,
    responses((status = 200, description = "The invitation.", body = InvitedBody), Refusals),
    extensions(("x-permission" = json!("public"))),
)]
async fn look(State(app): State<App>, Json(body): Json<InvitationToken>) -> Result<Json<InvitedBody>> {
    let (invitation, workspace) = super::invited(&app, &body.token).await?;
    let Invitation { email, role, expires_at, .. } = invitation;
    Ok(Json(InvitedBody { workspace, email: email.expose().clone(), role, expires_at }))
}

/// A new person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptInvitation {
    /// The part of the link after the `#`.
    #[schema(value_type = String, format = Password)]
    token: Secret<String>,
    /// Their name.
    name: String,
    /// At least 12 characters that are not easy to guess.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
    /// A language tag such as `en` or `nl`.
    language: String,
    /// An IANA time zone such as `Europe/Amsterdam`.
    zone: String,
}

/// Accepts an invitation as a new person, and signs them in.
#[utoipa::path(
    post, path = "/v1/invitations/accept", tag = "Members", operation_id = "accept_invitation",
    request_body = AcceptInvitation,
    responses((status = 201, description = "Signed in as a member.", body = SessionBegunBody), Refusals),
    extensions(("x-permission" = json!("public"))),
)]
async fn accept(State(app): State<App>, headers: HeaderMap, Json(body): Json<AcceptInvitation>) -> Result<Response> {
    let AcceptInvitation { token, name, password, language, zone } = body;
    let new = NewAccount { name, password, language, zone };
    let (begun, workspace) = super::accept(&app, &token, new, user_agent(&headers)).await?;
    let body = SessionBegunBody::of(&app, &begun, Some(workspace)).await?;
    Ok(signed_in(&app, StatusCode::CREATED, &begun.token, body))
}

/// The workspace that was joined.
#[derive(Debug, Serialize, ToSchema)]
struct JoinedBody {
    /// Its id.
    workspace: WorkspaceId,
}

/// Accepts an invitation as the signed-in person. It must be for their address.
#[utoipa::path(
    post, path = "/v1/invitations/join", tag = "Members", operation_id = "join_workspace",
    request_body = InvitationToken,
    responses((status = 200, description = "A member now.", body = JoinedBody), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn join(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Json(body): Json<InvitationToken>,
) -> Result<Json<JoinedBody>> {
    let workspace = super::join(&app, &body.token, session.person).await?;
    Ok(Json(JoinedBody { workspace }))
}

/// Declines an invitation by its link.
#[utoipa::path(
    post, path = "/v1/invitations/decline", tag = "Members", operation_id = "decline_invitation",
    request_body = InvitationToken,
    responses((status = 204, description = "Declined; the link no longer works."), Refusals),
    extensions(("x-permission" = json!("public"))),
)]
async fn decline(State(app): State<App>, Json(body): Json<InvitationToken>) -> Result<NoContent> {
    super::decline(&app, &body.token).await?;
    Ok(NoContent)
}

/// An invitation to you.
#[derive(Debug, Serialize, ToSchema)]
struct OfferBody {
    /// Its id.
    id: InvitationId,
    /// The workspace's name.
    workspace: String,
    /// The role you will have.
    role: Role,
    /// The name of the person who invites you.
    invited_by: String,
    /// When it expires.
    expires_at: Timestamp,
}

/// Invitations to you.
#[derive(Debug, Serialize, ToSchema)]
struct OffersBody {
    /// Oldest first.
    items: Vec<OfferBody>,
}

/// The invitations to your address. Empty until the address is proven; invitation links work in any case.
#[utoipa::path(
    get, path = "/v1/me/invitations", tag = "Me", operation_id = "list_my_invitations",
    responses((status = 200, description = "The invitations.", body = OffersBody), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn offers(State(app): State<App>, SignedIn(session): SignedIn) -> Result<Json<OffersBody>> {
    let body = |Offer { id, workspace, role, invited_by, expires_at }| OfferBody {
        id,
        workspace,
        role,
        invited_by,
        expires_at,
    };
    Ok(Json(OffersBody { items: super::offers(&app, session.person).await?.into_iter().map(body).collect() }))
}

/// Accepts an invitation to your address.
#[utoipa::path(
    post, path = "/v1/me/invitations/{invitation}", tag = "Me", operation_id = "accept_my_invitation",
    params(("invitation" = InvitationId, Path, description = "The invitation.")),
    responses((status = 200, description = "A member now.", body = JoinedBody), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn accept_offer(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<InvitationId>,
) -> Result<Json<JoinedBody>> {
    Ok(Json(JoinedBody { workspace: super::accept_offer(&app, session.person, id).await? }))
}

/// Declines an invitation to your address.
#[utoipa::path(
    delete, path = "/v1/me/invitations/{invitation}", tag = "Me", operation_id = "decline_my_invitation",
    params(("invitation" = InvitationId, Path, description = "The invitation.")),
    responses((status = 204, description = "Declined."), Refusals),
    extensions(("x-permission" = json!("signed-in"))),
)]
async fn decline_offer(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    Path(id): Path<InvitationId>,
) -> Result<NoContent> {
    super::decline_offer(&app, session.person, id).await?;
    Ok(NoContent)
}

/// A link to set a new password.
#[derive(Debug, Serialize, ToSchema)]
struct PasswordLinkBody {
    /// The link to send to the member. It is shown once and works once.
    link: String,
    /// When it expires.
    expires_at: Timestamp,
}

/// Creates a link for a member to set a new password. Only for owners, and only for members who belong to no other
/// workspace and do not run the installation. Needs a recent sign-in.
#[utoipa::path(
    post, path = "/v1/members/{person}/password-link", tag = "Members", operation_id = "make_password_link",
    params(("person" = PersonId, Path, description = "The member.")),
    responses((status = 200, description = "The link.", body = PasswordLinkBody), Refusals),
    extensions(("x-permission" = json!("members:manage")), ("x-recent" = json!(true))),
)]
async fn password_link(
    State(app): State<App>,
    scope: May<MembersManage>,
    _: Recent,
    Path(person): Path<PersonId>,
) -> Result<Json<PasswordLinkBody>> {
    let made = super::password_link(&app, &scope, person).await?;
    Ok(Json(PasswordLinkBody { link: made.link.to_string(), expires_at: made.expires_at }))
}
