//! Invitations to workspaces.
//!
//! The inviter gets a link to send. It doesn't reveal whether the address has an account here. People signed in with a
//! proven address also see invitations to it in the app. An invitation ends when its creator loses the right to invite.

use std::time::Duration;

use base::{
    Actor, Permission, Problem, Role, Scope, Secret, Timestamp,
    ids::{InvitationId, PersonId, WorkspaceId},
    say,
};
use url::Url;

use super::{MEMBERS_MAX, WorkspaceError, store};
use crate::{
    App, audit,
    people::{self, Begun, NewPerson, checks},
    request,
    secrets::At,
};

/// How long an invitation is valid.
const GOOD_FOR: Duration = Duration::from_secs(7 * 86_400);

/// An invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The address it is for.
    pub email: Secret<String>,
    /// The role they will have.
    pub role: Role,
    /// Who invited them.
    pub invited_by: PersonId,
    /// When.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// An invitation as shown to the invited person.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its id.
    pub id: InvitationId,
    /// The workspace's name.
    pub workspace: String,
    /// The role they will have.
    pub role: Role,
    /// The name of the inviter.
    pub invited_by: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

fn place(id: InvitationId) -> At {
    At::new("invitations", "email_sealed", id)
}

/// Invites a person by their address. The returned link is for them and is not stored.
///
/// # Errors
/// [`WorkspaceError::AlreadyMember`], [`WorkspaceError::OwnersOnly`] for a manager who invites an owner.
pub async fn add(
    app: &App,
    scope: &Scope,
    by: PersonId,
    email: &Secret<String>,
    role: Role,
) -> Result<(Invitation, Url), WorkspaceError> {
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
    store_added(app, scope, new.clone(), store::digest(&token)).await?;
    Ok((invitation(new, email), link))
}

/// The token is after the `#`, which browsers don't send to servers.
fn link(app: &App, token: &Secret<String>) -> Url {
    let mut link = app.settings.public_url.clone();
    link.set_path("/join");
    link.set_query(None);
    link.set_fragment(Some(token.expose()));
    link
}

async fn store_added(app: &App, scope: &Scope, new: store::Stored, token_hash: [u8; 32]) -> Result<(), WorkspaceError> {
    let (scope, claim) = (scope.clone(), request::claim());
    app.db
        .write(async move |tx| {
            let maker = store::role_of(tx, &scope, new.invited_by).await?;
            if !may_invite(maker, new.role) {
                return Err(WorkspaceError::OwnersOnly);
            }
            if store::has_member(tx, &scope, &new.email_index).await? {
                return Err(WorkspaceError::AlreadyMember);
            }
            let invited = store::invitations(tx, &scope, new.created_at).await?.len();
            if store::members(tx, &scope).await?.len() + invited >= MEMBERS_MAX {
                let limit = say!(
                    "A workspace can have {members_max} members, including invitations.",
                    members_max = MEMBERS_MAX
                );
                return Err(WorkspaceError::TooMany(limit));
            }
            store::replace_invitation(tx, &new, token_hash).await?;
            let act = audit::Act::new("member.invited", new.id).with(serde_json::json!({"role": new.role}));
            audit::record(tx, &scope, new.created_at, act).await?;
            Ok(claim.effected(tx, axum::http::StatusCode::CREATED, "/v1/invitations").await?)
        })
        .await
}

/// Whether the role `maker` can assign the role `role`.
fn may_invite(maker: Option<Role>, role: Role) -> bool {
    maker.is_some_and(|maker| {
        maker.permissions().contains(&Permission::MembersManage) && (role != Role::Owner || maker == Role::Owner)
    })
}

/// Revokes invitations that a member could no longer create, after their role changed or ended.
pub(super) async fn maker_became(
    tx: &mut db::Tx,
    scope: &Scope,
    maker: PersonId,
    role: Option<Role>,
    now: Timestamp,
) -> Result<(), db::Error> {
    for one in store::made_by(tx, scope, maker).await? {
        if !may_invite(role, one.role) && store::end_invitation(tx, one.workspace, one.id).await? {
            let act = audit::Act::new("invitation.ended", one.id).with(serde_json::json!({ "maker": maker }));
            audit::record(tx, scope, now, act).await?;
        }
    }
    Ok(())
}

fn invitation(stored: store::Stored, email: Secret<String>) -> Invitation {
    let store::Stored { id, role, invited_by, created_at, expires_at, .. } = stored;
    Invitation { id, email, role, invited_by, created_at, expires_at }
}

/// The valid invitations.
///
/// # Errors
/// Errors of the database and the vault.
pub async fn invitations(app: &App, scope: &Scope) -> Result<Vec<Invitation>, WorkspaceError> {
    let (mine, now) = (scope.clone(), app.clock.now());
    let stored = app.db.read(async move |tx| store::invitations(tx, &mine, now).await).await?;
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
        .write(async move |tx| {
            if !store::end_invitation(tx, scope.workspace(), id).await? {
                return Err(WorkspaceError::NoSuchInvitation);
            }
            Ok(audit::record(tx, &scope, now, audit::Act::new("invitation.ended", id)).await?)
        })
        .await
}

/// What the page of a link shows before accepting: the address, the workspace's name and the role.
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
        .read(async move |tx| {
            let stored = store::by_token(tx, hash, now).await?.ok_or(WorkspaceError::InvitationEnded)?;
            let scope = Scope::system("invitation", stored.workspace);
            let workspace = store::one(tx, &scope).await?.ok_or(WorkspaceError::InvitationEnded)?;
            Ok((stored, workspace.name))
        })
        .await
}

/// What a new person enters; the address is that of the invitation.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Their name.
    pub name: String,
    /// The password they choose.
    pub password: Secret<String>,
    /// Their language.
    pub language: String,
    /// Their time zone.
    pub zone: String,
}

/// Accepts an invitation as a new person, and signs them in.
///
/// # Errors
/// [`WorkspaceError::InvitationEnded`], invalid fields, or an address that has an account by now.
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
        .write(async move |tx| {
            let stored = store::by_token(tx, hash, ready.now).await?.ok_or(WorkspaceError::InvitationEnded)?;
            // Only the operator can confirm for the whole installation whose an address is.
            let proven = people::is_operator(tx, stored.invited_by).await?;
            people::insert(tx, &ready, (false, proven), &session).await?;
            take(tx, stored, ready.id, ready.now).await
        })
        .await?;
    Ok((begun, workspace))
}

/// Accepts an invitation by its link as the signed-in person. It must be for their address, or for the new one they
/// requested; that one becomes theirs if the operator created the invitation.
///
/// # Errors
/// [`WorkspaceError::NotYourInvitation`] if it is for another address.
pub async fn join(app: &App, token: &Secret<String>, person: PersonId) -> Result<WorkspaceId, WorkspaceError> {
    let addresses = people::Address::all_of(app, person).await?;
    let (hash, now, claim) = (store::digest(token), app.clock.now(), request::claim());
    app.db
        .write(async move |tx| {
            let stored = store::by_token(tx, hash, now).await?.ok_or(WorkspaceError::InvitationEnded)?;
            let address = addresses.iter().find(|address| address.index == stored.email_index);
            let address = address.ok_or(WorkspaceError::NotYourInvitation)?;
            if people::is_operator(tx, stored.invited_by).await? {
                address.prove(tx, Actor::Person(stored.invited_by), now).await?;
            }
            let joined = take(tx, stored, person, now).await?;
            claim.effected_once(tx).await?;
            Ok(joined)
        })
        .await
}

/// Declines an invitation by its link, without signing in.
///
/// # Errors
/// [`WorkspaceError::InvitationEnded`].
pub async fn decline(app: &App, token: &Secret<String>) -> Result<(), WorkspaceError> {
    let (hash, now) = (store::digest(token), app.clock.now());
    app.db
        .write(async move |tx| {
            let stored = store::by_token(tx, hash, now).await?.ok_or(WorkspaceError::InvitationEnded)?;
            refuse(tx, &stored, Actor::System("invitation-link"), now).await
        })
        .await
}

/// The invitations to a person's address, oldest first; empty until the address is proven.
///
/// # Errors
/// Database errors.
pub async fn offers(app: &App, person: PersonId) -> Result<Vec<Offer>, WorkspaceError> {
    let now = app.clock.now();
    let found = app.db.read(async move |tx| addressed_to(tx, person, None, now).await).await?;
    let offer = |store::Addressed { stored, workspace, invited_by }| Offer {
        id: stored.id,
        workspace,
        role: stored.role,
        invited_by,
        expires_at: stored.expires_at,
    };
    Ok(found.into_iter().map(offer).collect())
}

async fn addressed_to(
    tx: &mut db::Tx,
    person: PersonId,
    only: Option<InvitationId>,
    now: Timestamp,
) -> Result<Vec<store::Addressed>, WorkspaceError> {
    match people::proven_index(tx, person).await? {
        Some(index) => Ok(store::addressed_to(tx, &index, only, now).await?),
        None => Ok(Vec::new()),
    }
}

async fn offered(
    tx: &mut db::Tx,
    person: PersonId,
    id: InvitationId,
    now: Timestamp,
) -> Result<store::Stored, WorkspaceError> {
    let found = addressed_to(tx, person, Some(id), now).await?.into_iter().next();
    Ok(found.ok_or(WorkspaceError::InvitationEnded)?.stored)
}

/// Accepts an invitation to the person's own proven address.
///
/// # Errors
/// [`WorkspaceError::InvitationEnded`], also for invitations of others.
pub async fn accept_offer(app: &App, person: PersonId, id: InvitationId) -> Result<WorkspaceId, WorkspaceError> {
    let (now, claim) = (app.clock.now(), request::claim());
    app.db
        .write(async move |tx| {
            let stored = offered(tx, person, id, now).await?;
            let joined = take(tx, stored, person, now).await?;
            claim.effected_once(tx).await?;
            Ok(joined)
        })
        .await
}

/// Declines an invitation to the person's own proven address.
///
/// # Errors
/// As [`accept_offer`].
pub async fn decline_offer(app: &App, person: PersonId, id: InvitationId) -> Result<(), WorkspaceError> {
    let now = app.clock.now();
    app.db
        .write(async move |tx| {
            let stored = offered(tx, person, id, now).await?;
            refuse(tx, &stored, Actor::Person(person), now).await
        })
        .await
}

/// Makes the person a member and ends the invitation, if its creator can still invite.
async fn take(
    tx: &mut db::Tx,
    stored: store::Stored,
    person: PersonId,
    now: Timestamp,
) -> Result<WorkspaceId, WorkspaceError> {
    let scope = Scope::system("invitation", stored.workspace);
    let maker = store::role_of(tx, &scope, stored.invited_by).await?;
    if !may_invite(maker, stored.role) || !store::end_invitation(tx, stored.workspace, stored.id).await? {
        return Err(WorkspaceError::InvitationEnded);
    }
    if !store::insert_member(tx, stored.workspace, person, stored.role, now).await? {
        return Err(WorkspaceError::AlreadyMember);
    }
    let act = audit::Act::new("member.joined", person).with(serde_json::json!({"role": stored.role}));
    audit::record_in(tx, stored.workspace, Actor::Person(person), now, act).await?;
    Ok(stored.workspace)
}

async fn refuse(tx: &mut db::Tx, stored: &store::Stored, by: Actor, now: Timestamp) -> Result<(), WorkspaceError> {
    if !store::end_invitation(tx, stored.workspace, stored.id).await? {
        return Err(WorkspaceError::InvitationEnded);
    }
    Ok(audit::record_in(tx, stored.workspace, by, now, audit::Act::new("invitation.declined", stored.id)).await?)
}

/// Deletes expired invitations. For the retention job.
///
/// # Errors
/// Database errors.
pub async fn sweep(app: &App) -> Result<u64, Problem> {
    let now = app.clock.now();
    let swept = app.db.write(async move |tx| store::sweep(tx, now).await).await;
    swept.map_err(|error| crate::fault::store_failed(&error))
}
