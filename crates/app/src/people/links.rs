//! A forgotten password: a link that works once, made at the console for anyone, or by an owner for a member.
//!
//! A person with the link becomes that person, so an owner gets one only where it gives them nothing that they do not have:
//! for someone who belongs to no other workspace and does not run the installation. That is asked again when the link is
//! used. The address counts as unproven after an owner's link, so that it opens no invitation of another workspace.

use std::{collections::BTreeSet, time::Duration};

use base::{
    Actor, Role, Scope, Secret, Timestamp,
    ids::{PersonId, WorkspaceId},
    problem::FieldError,
};
use db::Tx;
use url::Url;

use super::{Begun, PersonError, draw, passwords, sessions::digest, store};
use crate::{App, audit, http::ClientAddress, request};

/// How long a link works.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3_600);

/// A link that was just made. Its token is known here only.
#[derive(Debug, Clone)]
pub struct PasswordLink {
    /// Where the new password is chosen.
    pub link: Url,
    /// Until when.
    pub expires_at: Timestamp,
}

/// The owner who makes a link, and where they are one.
type Maker = Option<(PersonId, WorkspaceId)>;

/// Makes a link for the person who signs in with this address, at the console. Earlier ones end.
///
/// # Errors
/// [`PersonError::Unknown`].
pub async fn password_link(app: &App, email: &Secret<String>) -> Result<PasswordLink, PersonError> {
    let person = super::by_address(app, email).await?.ok_or(PersonError::Unknown)?;
    make(app, person, None).await
}

/// Makes a link for a member, by an owner of their workspace.
///
/// # Errors
/// [`PersonError::ConsoleOnly`] where it would give the owner more than they have.
pub async fn password_link_for(app: &App, scope: &Scope, person: PersonId) -> Result<PasswordLink, PersonError> {
    let Actor::Person(owner) = scope.actor() else { return Err(PersonError::ConsoleOnly) };
    make(app, person, Some((owner, scope.workspace()))).await
}

async fn make(app: &App, person: PersonId, maker: Maker) -> Result<PasswordLink, PersonError> {
    let token = base::random::token::<32>(&*app.random);
    let (hash, now) = (digest(&token), app.clock.now());
    let expires_at = now + GOOD_FOR;
    let claim = request::claim();
    app.db
        .write(async move |tx| {
            still_may_make(tx, person, maker).await?;
            store::replace_password_link(tx, person, hash, maker, (now, expires_at)).await?;
            let act = || audit::Act::new("password.link_made", person);
            let Some((owner, workspace)) = maker else {
                return Ok(audit::record_instance(tx, Actor::System("console"), now, act()).await?);
            };
            audit::record_in(tx, workspace, Actor::Person(owner), now, act()).await?;
            audit::record_instance(tx, Actor::Person(owner), now, act()).await?;
            Ok::<_, PersonError>(claim.effected_once(tx).await?)
        })
        .await?;
    let mut link = app.settings.public_url.clone();
    link.set_path("/password");
    link.set_query(None);
    link.set_fragment(Some(&token));
    Ok(PasswordLink { link, expires_at })
}

/// The same for a transaction that writes: no one gains a workspace or loses a role until it ends.
async fn still_may_make(tx: &mut Tx, person: PersonId, maker: Maker) -> Result<(), PersonError> {
    for one in [Some(person), maker.map(|(owner, _)| owner)].into_iter().flatten().collect::<BTreeSet<_>>() {
        store::lock_standing(tx, one).await?;
    }
    may_make(tx, person, maker).await
}

/// Whether the link gives its maker nothing that they do not have.
async fn may_make(tx: &mut Tx, person: PersonId, maker: Maker) -> Result<(), PersonError> {
    let Some((owner, workspace)) = maker else { return Ok(()) };
    let standing = store::standing(tx, person).await?;
    let owns = store::standing(tx, owner).await?.roles.contains(&(workspace, Role::Owner));
    let only_here = standing.roles.len() == 1 && standing.roles.iter().all(|(place, _)| *place == workspace);
    if owns && only_here && !standing.operator { Ok(()) } else { Err(PersonError::ConsoleOnly) }
}

/// The address that the page behind a link shows. Nothing changes by looking.
///
/// # Errors
/// [`PersonError::PasswordLinkEnded`].
pub async fn look_at_password_link(app: &App, token: &Secret<String>) -> Result<Secret<String>, PersonError> {
    Ok(super::find(app, of_token(app, token).await?).await?.email)
}

async fn of_token(app: &App, token: &Secret<String>) -> Result<PersonId, PersonError> {
    let (hash, now) = (digest(token.expose()), app.clock.now());
    let found = app
        .db
        .read(async move |tx| {
            let Some((person, maker)) = store::password_link(tx, hash, now).await? else { return Ok(None) };
            may_make(tx, person, maker).await.map_err(ended)?;
            Ok::<_, PersonError>(Some(person))
        })
        .await?;
    found.ok_or(PersonError::PasswordLinkEnded)
}

/// A link whose maker may no longer make it has ended.
fn ended(error: PersonError) -> PersonError {
    match error {
        PersonError::ConsoleOnly => PersonError::PasswordLinkEnded,
        other => other,
    }
}

/// Sets a new password by a link. The link and every session end; the person is signed in anew.
///
/// # Errors
/// [`PersonError::PasswordLinkEnded`]; a password that is easy to guess leaves the link good.
pub async fn use_password_link(
    app: &App,
    client: ClientAddress,
    token: &Secret<String>,
    new: &Secret<String>,
    user_agent: &str,
) -> Result<Begun, PersonError> {
    // Asked first, so that strangers cannot make us hash passwords.
    super::throttle(app, client, &digest(token.expose()), false)?;
    let id = of_token(app, token).await?;
    let person = super::find(app, id).await?;
    if let Some(detail) = passwords::complaint(new, &[person.email.expose(), &person.name]) {
        return Err(PersonError::Fields(vec![FieldError { pointer: "/password".into(), detail }]));
    }
    let hash = app.memory.passwords.hash(&*app.random, new).await?;
    let (fresh, secret) = draw(app, user_agent);
    let (begun, link) = (fresh.id, digest(token.expose()));
    app.db
        .write(async move |tx| {
            let Some((person, maker)) = store::take_password_link(tx, link, fresh.now).await? else {
                return Err(PersonError::PasswordLinkEnded);
            };
            still_may_make(tx, person, maker).await.map_err(ended)?;
            store::set_password(tx, person, &hash).await?;
            if maker.is_some() {
                store::doubt_email(tx, person).await?;
            }
            store::end_sessions(tx, person).await?;
            store::insert_session(tx, person, &fresh).await?;
            let act = audit::Act::new("password.reset", person);
            Ok(audit::record_instance(tx, Actor::Person(person), fresh.now, act).await?)
        })
        .await?;
    Ok(Begun { id: begun, person: id, token: secret })
}
