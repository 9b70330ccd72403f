//! Workspaces and their members.
//!
//! `base::Role` has the permissions of a role, `people` has signing in. This module has memberships, and the rule that a
//! workspace always keeps an owner.

pub mod http;
mod invitations;
mod store;
#[cfg(test)]
mod tests;

use base::{
    Actor, Code, Permissions, Problem, Role, Scope, Text, Timestamp,
    ids::{OrganizationId, PersonId, WorkspaceId},
    problem::FieldError,
    say,
};
use db::Tx;

use crate::{
    App, audit,
    fault::store_failed,
    keys,
    people::{self, PersonError, checks},
    request,
    revision::{IfMatch, Revision},
    secrets::VaultError,
};

pub use invitations::{
    Invitation, NewAccount, Offer, accept, accept_offer, add, decline, decline_offer, end_invitation, invitations,
    invited, join, offers, sweep,
};

/// The largest number of workspaces of an organization.
pub const WORKSPACES_MAX: i64 = 10_000;
/// The largest number of members of a workspace, including invitations.
pub const MEMBERS_MAX: usize = 500;

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The organization that owns it.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// The time zone of its calendar.
    pub zone: String,
    /// The language of most of its posts.
    pub language: String,
    /// How often it was changed.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Workspace {
    /// A person's first workspace, with their zone and language.
    pub(crate) fn first(id: WorkspaceId, organization: OrganizationId, name: &str, of: &people::Ready) -> Self {
        Self {
            id,
            organization,
            name: name.to_owned(),
            zone: of.zone.clone(),
            language: of.language.clone(),
            revision: Revision(1),
            created_at: of.now,
        }
    }
}

/// A person in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}

/// A name, zone and language, checked by [`create`] and [`change`]. `None` leaves it unchanged, or uses the creator's.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Its name.
    pub name: Option<String>,
    /// The time zone of its calendar.
    pub zone: Option<String>,
    /// The language of most of its posts.
    pub language: Option<String>,
}

/// Errors about workspaces.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// It doesn't exist, or not for this person.
    #[error("There is no such workspace among yours.")]
    NotFound,
    /// Only an organization's owner can create one.
    #[error("Only the owner of an organization can make workspaces; ask them to make one and to invite you.")]
    NoOrganization,
    /// Too many.
    #[error("{0}")]
    TooMany(Text),
    /// No such member.
    #[error("There is no such member in this workspace.")]
    NoSuchMember,
    /// Already in.
    #[error("This person is a member of the workspace already; change their role instead.")]
    AlreadyMember,
    /// A workspace must keep an owner.
    #[error("A workspace needs at least one owner. Make someone else an owner first.")]
    LastOwner,
    /// Only owners can change who is an owner.
    #[error("Only an owner of the workspace can do this.")]
    OwnersOnly,
    /// Used, expired or withdrawn.
    #[error("This invitation no longer works: it was used, withdrawn or has expired. Ask for a new one.")]
    InvitationEnded,
    /// For another person.
    #[error("This invitation is for another e-mail address than the one you are signed in with.")]
    NotYourInvitation,
    /// No such invitation.
    #[error("There is no such invitation in this workspace.")]
    NoSuchInvitation,
    /// Fields.
    #[error("some fields are wrong")]
    Fields(Vec<FieldError>),
    /// Another problem, such as a stale revision.
    #[error(transparent)]
    Other(#[from] Problem),
    /// About a person.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// Sealing.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database.
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl From<WorkspaceError> for Problem {
    fn from(error: WorkspaceError) -> Self {
        use WorkspaceError as E;
        let not_found = |detail| Problem::new(Code::NotFound, detail);
        let forbidden = |detail| Problem::new(Code::Forbidden, detail);
        match error {
            E::NotFound => not_found(say!("This workspace doesn't exist, or you aren't a member of it.")),
            E::NoSuchMember => not_found(say!("There is no such member in this workspace.")),
            E::NoSuchInvitation => not_found(say!("There is no such invitation in this workspace.")),
            E::InvitationEnded => not_found(say!(
                "This invitation no longer works: it was used, withdrawn or has expired. Ask for a new one."
            )),
            E::NoOrganization => forbidden(say!(
                "Only the owner of an organization can make workspaces. Ask them to make one and to invite you."
            )),
            E::OwnersOnly => forbidden(say!("Only an owner of the workspace can do this.")),
            E::NotYourInvitation => {
                forbidden(say!("This invitation is for another e-mail address than the one you are signed in with."))
            }
            E::TooMany(detail) => Problem::new(Code::Conflict, detail),
            E::LastOwner => Problem::new(
                Code::Conflict,
                say!("A workspace needs at least one owner. Make someone else an owner first."),
            ),
            E::AlreadyMember => Problem::new(
                Code::AlreadyExists,
                say!("This person is already a member of the workspace. Change their role instead."),
            ),
            E::Fields(errors) => Problem::fields(errors),
            E::Other(problem) => problem,
            E::Person(source) => source.into(),
            E::Vault(source) => source.into(),
            E::Store(source) => store_failed(&source),
        }
    }
}

fn checked(settings: Settings) -> Result<Settings, WorkspaceError> {
    let mut errors = Vec::new();
    let mut take = |checked: Option<Result<String, FieldError>>| match checked {
        Some(Err(error)) => {
            errors.push(error);
            None
        }
        other => other.and_then(Result::ok),
    };
    let settings = Settings {
        name: take(settings.name.map(|text| checks::name("/name", &text))),
        zone: take(settings.zone.map(|text| checks::zone("/zone", &text))),
        language: take(settings.language.map(|text| checks::language("/language", &text))),
    };
    if errors.is_empty() { Ok(settings) } else { Err(WorkspaceError::Fields(errors)) }
}

/// Stores a workspace with its first owner.
pub(crate) async fn insert(tx: &mut Tx, new: &Workspace, owner: PersonId) -> Result<(), db::Error> {
    store::insert(tx, new).await?;
    store::insert_member(tx, new.id, owner, Role::Owner, new.created_at).await?;
    let act = audit::Act::new("workspace.made", new.id);
    audit::record_in(tx, new.id, Actor::Person(owner), new.created_at, act).await
}

/// Creates a workspace in the person's organization, with them as its owner.
///
/// # Errors
/// [`WorkspaceError::NoOrganization`] if they own none.
pub async fn create(app: &App, by: PersonId, settings: Settings) -> Result<Workspace, WorkspaceError> {
    let settings = checked(settings)?;
    let maker = people::find(app, by).await?;
    let now = app.clock.now();
    let id = WorkspaceId::new(now, &*app.random);
    let claim = request::claim();
    app.db
        .write(async move |tx| {
            let organization = people::organization_of(tx, by).await?.ok_or(WorkspaceError::NoOrganization)?;
            if store::count(tx, organization).await? >= WORKSPACES_MAX {
                let limit =
                    say!("An organization can have {workspaces_max} workspaces.", workspaces_max = WORKSPACES_MAX);
                return Err(WorkspaceError::TooMany(limit));
            }
            let new = Workspace {
                id,
                organization,
                name: settings.name.clone().unwrap_or_else(|| maker.name.clone()),
                zone: settings.zone.clone().unwrap_or_else(|| maker.zone.clone()),
                language: settings.language.clone().unwrap_or_else(|| maker.language.clone()),
                revision: Revision(1),
                created_at: now,
            };
            insert(tx, &new, by).await?;
            claim.effected(tx, axum::http::StatusCode::CREATED, &format!("/v1/workspaces/{id}")).await?;
            Ok(new)
        })
        .await
}

/// A person's workspaces with their roles, first joined first.
///
/// # Errors
/// Database errors.
pub async fn of_person(app: &App, person: PersonId) -> Result<Vec<(Workspace, Role)>, WorkspaceError> {
    app.db.read(async move |tx| Ok(store::of_person(tx, person).await?)).await
}

/// The workspace of a scope.
///
/// # Errors
/// [`WorkspaceError::NotFound`] if it was deleted in the meantime.
pub async fn find(app: &App, scope: &Scope) -> Result<Workspace, WorkspaceError> {
    let scope = scope.clone();
    app.db.read(async move |tx| store::one(tx, &scope).await?.ok_or(WorkspaceError::NotFound)).await
}

/// The language of most of a workspace's posts; `None` if it was deleted.
///
/// # Errors
/// Database errors.
pub async fn language(app: &App, id: WorkspaceId) -> Result<Option<String>, db::Error> {
    app.db.read(async move |tx| store::language(tx, id).await).await
}

/// Changes a workspace's name, zone or language.
///
/// # Errors
/// Wrong fields, or a stale revision.
pub async fn change(app: &App, scope: &Scope, settings: Settings, from: IfMatch) -> Result<Workspace, WorkspaceError> {
    let settings = checked(settings)?;
    let (scope, now) = (scope.clone(), app.clock.now());
    app.db
        .write(async move |tx| {
            let mut new = store::one(tx, &scope).await?.ok_or(WorkspaceError::NotFound)?;
            from.check(new.revision)?;
            new.name = settings.name.clone().unwrap_or(new.name);
            new.zone = settings.zone.clone().unwrap_or(new.zone);
            new.language = settings.language.clone().unwrap_or(new.language);
            store::update(tx, &scope, &new).await?;
            audit::record(tx, &scope, now, audit::Act::new("workspace.changed", new.id)).await?;
            new.revision = Revision(new.revision.0 + 1);
            Ok(new)
        })
        .await
}

/// A person's current permissions in a workspace; locks their role until the transaction ends.
///
/// # Errors
/// Database errors.
pub(crate) async fn permissions_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    person: PersonId,
) -> Result<Permissions, db::Error> {
    let scope = Scope::system("rights", workspace);
    Ok(store::role_of(tx, &scope, person).await?.map(Role::permissions).unwrap_or_default())
}

/// The members, first joined first.
///
/// # Errors
/// Database errors.
pub async fn members(app: &App, scope: &Scope) -> Result<Vec<Member>, WorkspaceError> {
    let scope = scope.clone();
    app.db.read(async move |tx| Ok(store::members(tx, &scope).await?)).await
}

/// Whether the actor is currently an owner.
async fn is_owner(tx: &mut Tx, scope: &Scope) -> Result<bool, WorkspaceError> {
    Ok(match scope.actor() {
        Actor::Person(person) => store::role_of(tx, scope, person).await? == Some(Role::Owner),
        Actor::Key(_) => false,
        Actor::System(_) => true,
    })
}

/// Changes a member's role, and revokes the API keys and invitations that they created and could not create with it.
///
/// # Errors
/// [`WorkspaceError::LastOwner`], [`WorkspaceError::OwnersOnly`].
pub async fn change_role(app: &App, scope: &Scope, person: PersonId, role: Role) -> Result<(), WorkspaceError> {
    let (scope, now) = (scope.clone(), app.clock.now());
    let ended = app
        .db
        .write(async move |tx| {
            let old = leaves(tx, &scope, person, Some(role)).await?;
            store::change_role(tx, &scope, person, role).await?;
            invitations::maker_became(tx, &scope, person, Some(role), now).await?;
            let detail = serde_json::json!({"from": old, "to": role});
            audit::record(tx, &scope, now, audit::Act::new("member.changed", person).with(detail)).await?;
            Ok::<_, WorkspaceError>(keys::maker_may(tx, &scope, person, &role.permissions(), now).await?)
        })
        .await?;
    keys::forget(app, &ended);
    Ok(())
}

/// Removes a member, and revokes the API keys and invitations that they created. Members can remove themselves, too.
///
/// # Errors
/// [`WorkspaceError::LastOwner`], [`WorkspaceError::OwnersOnly`].
pub async fn remove(app: &App, scope: &Scope, person: PersonId) -> Result<(), WorkspaceError> {
    let (scope, now) = (scope.clone(), app.clock.now());
    let ended = app
        .db
        .write(async move |tx| {
            leaves(tx, &scope, person, None).await?;
            store::remove_member(tx, &scope, person).await?;
            invitations::maker_became(tx, &scope, person, None, now).await?;
            audit::record(tx, &scope, now, audit::Act::new("member.removed", person)).await?;
            Ok::<_, WorkspaceError>(keys::maker_may(tx, &scope, person, &Permissions::new(), now).await?)
        })
        .await?;
    keys::forget(app, &ended);
    Ok(())
}

/// Checks that a member can give up their role, and returns it.
async fn leaves(tx: &mut Tx, scope: &Scope, person: PersonId, to: Option<Role>) -> Result<Role, WorkspaceError> {
    let old = store::role_of(tx, scope, person).await?.ok_or(WorkspaceError::NoSuchMember)?;
    if (old == Role::Owner || to == Some(Role::Owner)) && !is_owner(tx, scope).await? {
        return Err(WorkspaceError::OwnersOnly);
    }
    if old == Role::Owner && to != Some(Role::Owner) && store::owners(tx, scope).await? < 2 {
        return Err(WorkspaceError::LastOwner);
    }
    Ok(old)
}

/// Creates a link for a member to set a new password.
///
/// # Errors
/// [`WorkspaceError::NoSuchMember`], [`WorkspaceError::OwnersOnly`], and `PersonError::ConsoleOnly` for members whose
/// account has access to more than this workspace.
pub async fn password_link(app: &App, scope: &Scope, person: PersonId) -> Result<people::PasswordLink, WorkspaceError> {
    let by = scope.clone();
    app.db
        .write(async move |tx| {
            store::role_of(tx, &by, person).await?.ok_or(WorkspaceError::NoSuchMember)?;
            match is_owner(tx, &by).await? {
                true => Ok(()),
                false => Err(WorkspaceError::OwnersOnly),
            }
        })
        .await?;
    Ok(people::password_link_for(app, scope, person).await?)
}
