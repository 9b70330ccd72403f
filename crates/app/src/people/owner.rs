//! The first person: someone who can read the server's console gets a link that works once (S-07).

use std::time::Duration;

use base::{
    Actor, Secret,
    ids::{OrganizationId, WorkspaceId},
};
use url::Url;

use super::{Begun, NewPerson, PersonError, checks, draw, insert, keep, prepare, sessions::digest, store};
use crate::{App, audit, workspaces};

/// How long the link works.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3_600);

/// Whether the installation has an owner.
///
/// # Errors
/// Those of the database.
pub async fn is_owned(app: &App) -> Result<bool, PersonError> {
    app.db.read(async |tx| Ok(store::has_operator(tx).await?)).await
}

/// Makes the link by which the first person becomes the owner; earlier ones end. `None` when there is an owner.
///
/// The token stands after the `#`, which browsers keep to themselves: it is in no log and no `Referer`. Opening the
/// link does nothing yet; the page sends the token with `POST /v1/owner`.
///
/// # Errors
/// Those of the database.
pub async fn owner_link(app: &App) -> Result<Option<Url>, PersonError> {
    let token = base::random::token::<32>(&*app.random);
    let (hash, now) = (digest(&token), app.clock.now());
    let made = app
        .db
        .write(async move |tx| {
            if store::has_operator(tx).await? {
                return Ok(false);
            }
            store::replace_owner_link(tx, hash, now, now + GOOD_FOR).await?;
            Ok::<_, PersonError>(true)
        })
        .await?;
    if !made {
        return Ok(None);
    }
    let mut link = app.settings.public_url.clone();
    link.set_path("/setup");
    link.set_query(None);
    link.set_fragment(Some(&token));
    Ok(Some(link))
}

/// What the first person gives.
#[derive(Debug, Clone)]
pub struct NewOwner {
    /// The token of the link.
    pub token: Secret<String>,
    /// Themselves.
    pub person: NewPerson,
    /// The name of their first workspace.
    pub workspace: String,
}

/// Makes the first person, their organization and their first workspace, and signs them in.
///
/// # Errors
/// [`PersonError::LinkEnded`]; wrong fields leave the link good.
pub async fn become_owner(app: &App, new: NewOwner, user_agent: &str) -> Result<(Begun, WorkspaceId), PersonError> {
    let (hash, now) = (digest(new.token.expose()), app.clock.now());
    // Asked first, so that strangers cannot make us hash passwords.
    let good = app.db.read(async move |tx| store::owner_link_is_good(tx, hash, now).await).await?;
    if !good {
        return Err(PersonError::LinkEnded);
    }
    let mut errors = Vec::new();
    let name = keep(checks::name("/workspace", &new.workspace), &mut errors);
    let (Some(name), ready) = (name, prepare(app, new.person).await?) else {
        return Err(PersonError::Fields(errors));
    };
    let (session, token) = draw(app, user_agent);
    let (organization, workspace) = (OrganizationId::new(now, &*app.random), WorkspaceId::new(now, &*app.random));
    let begun = Begun { id: session.id, person: ready.id, token };
    app.db
        .write(async move |tx| {
            if store::has_operator(tx).await? || !store::take_owner_link(tx, hash, now).await? {
                return Err(PersonError::LinkEnded);
            }
            insert(tx, &ready, (true, true), &session).await?;
            store::insert_organization(tx, organization, &name, ready.id, now).await?;
            let first = workspaces::Workspace::first(workspace, organization, &name, &ready);
            workspaces::insert(tx, &first, ready.id).await?;
            let act = audit::Act::new("installation.owned", ready.id);
            Ok(audit::record_instance(tx, Actor::Person(ready.id), now, act).await?)
        })
        .await?;
    Ok((begun, workspace))
}
