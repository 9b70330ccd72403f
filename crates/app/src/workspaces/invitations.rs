//! How people get into a workspace: added if they are here already, by a link if they are not.

use std::time::Duration;

use base::{
    Actor, Problem, Role, Scope, Secret, Timestamp,
    ids::{InvitationId, PersonId, WorkspaceId},
};
use url::Url;

use super::{MEMBERS_MAX, WorkspaceError, is_owner, store};
use crate::{
    App, audit,
    people::{self, Begun, NewPerson, checks},
    request,
    secrets::At,
};

/// How long an invitation is good.
const GOOD_FOR: Duration = Duration::from_secs(7 * 86_400);

/// Somebody who was asked to come.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The address it is for.
    pub email: Secret<String>,
    /// The role they will have.
    pub role: Role,
    /// Who asked them.
    pub invited_by: PersonId,
    /// When.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// What became of adding somebody.
#[derive(Debug, Clone)]
pub enum Added {
    /// They are here and a member now.
    Member(PersonId),
    /// They are not here yet: the link is for them. It is known here only.
    Invited(Invitation, Url),
}

fn place(id: InvitationId) -> At {
    At::new("invitations", "email_sealed", id)
}

/// Adds somebody by their address.
///
/// # Errors
/// [`WorkspaceError::AlreadyMember`], [`WorkspaceError::OwnersOnly`] for a manager who would make an owner.
pub async fn add(
    app: &App,
    scope: &Scope,
    by: PersonId,
    email: &Secret<String>,
    role: Role,
) -> Result<Added, WorkspaceError> {
    let email = checks::email("/email", email).map_err(|error| WorkspaceError::Fields(vec![error]))?;
    let now = app.clock.now();
    let id = InvitationId::new(now, &*app.random);
    let new = store::Stored {
        workspace: scope.workspace(),
        id,
        email_sealed: app.vault.seal(Some(scope.workspace()), &place(id), &email).await?,
        email_index: people::email_index(app, &email).await?,
        role,
        invited_by: by,
        created_at: now,
        expires_at: now + GOOD_FOR,
    };
    let token = Secret::new(base::random::token::<32>(&*app.random));
    let link = link(app, &token);
    let member = store_added(app, scope, new.clone(), store::digest(&token)).await?;
    Ok(match member {
        Some(person) => Added::Member(person),
        None => Added::Invited(invitation(new, email), link),
    })
}

/// The token stands after the `#`, which browsers keep to themselves.
fn link(app: &App, token: &Secret<String>) -> Url {
    let mut link = app.settings.public_url.clone();
    link.set_path("/join");
    link.set_query(None);
    link.set_fragment(Some(token.expose()));
    link
}

async fn store_added(
    app: &App,
    scope: &Scope,
    new: store::Stored,
    token_hash: [u8; 32],
) -> Result<Option<PersonId>, WorkspaceError> {
    let (scope, claim) = (scope.clone(), request::claim());
    app.db
        .write(move |tx| {
            let (scope, new, claim) = (scope.clone(), new.clone(), claim.clone());
            Box::pin(async move {
                if new.role == Role::Owner && !is_owner(tx, &scope).await? {
                    return Err(WorkspaceError::OwnersOnly);
                }
                let invited = store::invitations(tx, &scope, new.created_at).await?.len();
                if store::members(tx, &scope).await?.len() + invited >= MEMBERS_MAX {
                    let limit = format!("A workspace has {MEMBERS_MAX} members at most, invitations among them.");
                    return Err(WorkspaceError::TooMany(limit));
                }
                let known = people::by_email(tx, &new.email_index).await?;
                let (act, path) = match known {
                    Some(person) => {
                        if !store::insert_member(tx, new.workspace, person, new.role, new.created_at).await? {
                            return Err(WorkspaceError::AlreadyMember);
                        }
                        (audit::Act::new("member.added", person), "/v1/members")
                    }
                    None => {
                        store::replace_invitation(tx, &new, token_hash).await?;
                        (audit::Act::new("member.invited", new.id), "/v1/invitations")
                    }
                };
                let act = act.with(serde_json::json!({"role": new.role}));
                audit::record(tx, &scope, new.created_at, act).await?;
                claim.effected(tx, axum::http::StatusCode::CREATED, path).await?;
                Ok(known)
            })
        })
        .await
}

fn invitation(stored: store::Stored, email: Secret<String>) -> Invitation {
    let store::Stored { id, role, invited_by, created_at, expires_at, .. } = stored;
    Invitation { id, email, role, invited_by, created_at, expires_at }
}

/// The invitations that are still good.
///
/// # Errors
/// Those of the database and the vault.
pub async fn invitations(app: &App, scope: &Scope) -> Result<Vec<Invitation>, WorkspaceError> {
    let (mine, now) = (scope.clone(), app.clock.now());
    let stored = app
        .db
        .read(move |tx| {
            let mine = mine.clone();
            Box::pin(async move { store::invitations(tx, &mine, now).await })
        })
        .await?;
    let mut all = Vec::with_capacity(stored.len());
    for one in stored {
        let email = app.vault.open_text(Some(scope.workspace()), &place(one.id), &one.email_sealed).await?;
        all.push(invitation(one, email));
    }
    Ok(all)
}

/// Withdraws an invitation.
///
/// # Errors
/// [`WorkspaceError::NoSuchInvitation`].
pub async fn end_invitation(app: &App, scope: &Scope, id: InvitationId) -> Result<(), WorkspaceError> {
    let (scope, now) = (scope.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let scope = scope.clone();
            Box::pin(async move {
                if !store::end_invitation(tx, scope.workspace(), id).await? {
                    return Err(WorkspaceError::NoSuchInvitation);
                }
                Ok(audit::record(tx, &scope, now, audit::Act::new("invitation.ended", id)).await?)
            })
        })
        .await
}

/// What the page behind a link shows before anybody accepts: the address, the workspace's name and the role.
///
/// # Errors
/// [`WorkspaceError::InvitationEnded`].
pub async fn invited(app: &App, token: &Secret<String>) -> Result<(Invitation, String), WorkspaceError> {
    let (stored, name) = read_token(app, token).await?;
    let email = app.vault.open_text(Some(stored.workspace), &place(stored.id), &stored.email_sealed).await?;
    Ok((invitation(stored, email), name))
}

async fn read_token(app: &App, token: &Secret<String>) -> Result<(store::Stored, String), WorkspaceError> {
    let (hash, now) = (store::digest(token), app.clock.now());
    app.db
        .read(move |tx| {
            Box::pin(async move {
                let stored = store::by_token(tx, hash, now).await?.ok_or(WorkspaceError::InvitationEnded)?;
                let scope = Scope::system("invitation", stored.workspace);
                let workspace = store::one(tx, &scope).await?.ok_or(WorkspaceError::InvitationEnded)?;
                Ok((stored, workspace.name))
            })
        })
        .await
}

/// What somebody new gives about themselves; the address is that of the invitation.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Their name.
    pub name: String,
    /// The password they choose.
    pub password: Secret<String>,
    /// The language they read.
    pub language: String,
    /// The time zone they live in.
    pub zone: String,
}

/// Accepts an invitation as somebody new, and signs them in.
///
/// # Errors
/// [`WorkspaceError::InvitationEnded`], wrong fields, or an address that somebody has by now.
pub async fn accept(
    app: &App,
    token: &Secret<String>,
    new: NewAccount,
    user_agent: &str,
) -> Result<(Begun, WorkspaceId), WorkspaceError> {
    let (invited, _) = invited(app, token).await?;
    let NewAccount { name, password, language, zone } = new;
    let ready = people::prepare(app, NewPerson { email: invited.email, password, name, language, zone }).await?;
    let (session, secret) = people::draw(app, user_agent);
    let (begun, hash) = (Begun { id: session.id, person: ready.id, token: secret }, store::digest(token));
    let workspace = app
        .db
        .write(move |tx| {
            let (ready, session) = (ready.clone(), session.clone());
            Box::pin(async move {
                people::insert(tx, &ready, false, &session).await?;
                take(tx, hash, ready.id, None, ready.now).await
            })
        })
        .await?;
    Ok((begun, workspace))
}

/// Accepts an invitation as somebody who is signed in.
///
/// # Errors
/// [`WorkspaceError::NotYourInvitation`] if it is for another address.
pub async fn join(app: &App, token: &Secret<String>, person: PersonId) -> Result<WorkspaceId, WorkspaceError> {
    let email = people::find(app, person).await?.email;
    let index = people::email_index(app, &email).await?;
    let (hash, now) = (store::digest(token), app.clock.now());
    app.db
        .write(move |tx| {
            let index = index.clone();
            Box::pin(async move { take(tx, hash, person, Some(index), now).await })
        })
        .await
}

/// Makes the person a member and ends the invitation.
async fn take(
    tx: &mut db::Tx,
    hash: [u8; 32],
    person: PersonId,
    mine: Option<Vec<u8>>,
    now: Timestamp,
) -> Result<WorkspaceId, WorkspaceError> {
    let stored = store::by_token(tx, hash, now).await?.ok_or(WorkspaceError::InvitationEnded)?;
    if mine.is_some_and(|index| index != stored.email_index) {
        return Err(WorkspaceError::NotYourInvitation);
    }
    if !store::end_invitation(tx, stored.workspace, stored.id).await? {
        return Err(WorkspaceError::InvitationEnded);
    }
    store::insert_member(tx, stored.workspace, person, stored.role, now).await?;
    let act = audit::Act::new("member.joined", person).with(serde_json::json!({"role": stored.role}));
    audit::record_in(tx, stored.workspace, Actor::Person(person), now, act).await?;
    Ok(stored.workspace)
}

/// Forgets invitations that have ended. For the retention job.
///
/// # Errors
/// Those of the database.
pub async fn sweep(app: &App) -> Result<u64, Problem> {
    let now = app.clock.now();
    let swept = app.db.write(move |tx| Box::pin(store::sweep(tx, now))).await;
    swept.map_err(|error| crate::fault::store_failed(&error))
}
