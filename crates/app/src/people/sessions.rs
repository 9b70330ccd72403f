//! Sessions: an opaque 256-bit token in a cookie, its SHA-256 in the database (S-31, S-32).

use std::{sync::Arc, time::Duration};

use base::{
    Code, Problem, Role, Secret, Timestamp,
    ids::{PersonId, SessionId, WorkspaceId},
    say,
};
use sha2::{Digest as _, Sha256};

use super::{PersonError, store};
use crate::{App, audit, fault::store_failed};

/// How often the time of the last request is written.
const SEEN_NOTED_EVERY: Duration = Duration::from_secs(300);
/// Most sessions of one person; the oldest ends when there would be more.
pub(super) const SESSIONS_MAX: u32 = 50;

/// A signed-in person.
#[derive(Debug, Clone)]
pub struct Session {
    /// The session's id; not its token.
    pub id: SessionId,
    /// Who.
    pub person: PersonId,
    /// Whether they own the installation.
    pub operator: bool,
    /// When they last showed that it is them.
    pub authenticated_at: Timestamp,
    /// Their workspaces, first joined first.
    pub memberships: Vec<(WorkspaceId, Role)>,
}

/// A session as its person sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: SessionId,
    /// Such as `Firefox on Linux`.
    pub device: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to five minutes.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// A session that just began. The token is known here only.
#[derive(Debug)]
pub struct Begun {
    /// Its id.
    pub id: SessionId,
    /// Who.
    pub person: PersonId,
    /// For the cookie.
    pub token: Secret<String>,
}

pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A session that is to be stored.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    pub id: SessionId,
    pub token_hash: [u8; 32],
    pub device: String,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

/// Draws a session; it begins when it is stored.
pub(crate) fn draw(app: &App, user_agent: &str) -> (NewSession, Secret<String>) {
    let now = app.clock.now();
    let token = Secret::new(base::random::token::<32>(&*app.random));
    let new = NewSession {
        id: SessionId::new(now, &*app.random),
        token_hash: digest(token.expose()),
        device: device(user_agent),
        now,
        expires_at: now + app.settings.sessions.absolute,
    };
    (new, token)
}

/// Finds the session behind a cookie's token.
///
/// # Errors
/// `unauthenticated` if there is none, or it has ended.
pub async fn session_of(app: &App, token: &str) -> Result<Arc<Session>, Problem> {
    let ended = || Problem::new(Code::Unauthenticated, say!("The session has ended. Sign in again."));
    let hash = digest(token);
    let found =
        app.db.read(async move |tx| store::session(tx, hash).await).await.map_err(|error| store_failed(&error))?;
    let (session, last_seen, expires) = found.ok_or_else(ended)?;
    let now = app.clock.now();
    if expires <= now || now.since(last_seen) >= app.settings.sessions.idle {
        return Err(ended());
    }
    if now.since(last_seen) >= SEEN_NOTED_EVERY {
        note_seen(app, session.id, now);
    }
    Ok(Arc::new(session))
}

fn note_seen(app: &App, id: SessionId, now: Timestamp) {
    let db = app.db.clone();
    tokio::spawn(async move {
        if let Err(error) = db.write(async move |tx| store::note_seen(tx, id, now).await).await {
            tracing::warn!(%error, session = %id, "the last use of {id} could not be noted");
        }
    });
}

/// A person's sessions, latest first.
///
/// # Errors
/// Those of the database.
pub async fn sessions(app: &App, person: PersonId) -> Result<Vec<Listed>, PersonError> {
    let now = app.clock.now();
    let idle_since = now - app.settings.sessions.idle;
    app.db.read(async move |tx| Ok(store::sessions(tx, person, now, idle_since).await?)).await
}

/// Ends one of a person's sessions.
///
/// # Errors
/// [`PersonError::NoSuchSession`].
pub async fn end_session(app: &App, person: PersonId, id: SessionId) -> Result<(), PersonError> {
    let now = app.clock.now();
    app.db
        .write(async move |tx| {
            if !store::end_session(tx, person, id).await? {
                return Err(PersonError::NoSuchSession);
            }
            let act = audit::Act::new("session.ended", id);
            Ok(audit::record_instance(tx, base::Actor::Person(person), now, act).await?)
        })
        .await
}

/// Enough of a `User-Agent` to recognise one's own device; the rest would tell devices of strangers apart.
fn device(user_agent: &str) -> String {
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    // Browsers name their relatives too, so the more special sign comes first.
    let program = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("fanfare/", "Fanfare CLI"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_by_its_kind_only() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(device(firefox), "Firefox on Linux");
        assert_eq!(device(edge), "Edge on Windows");
        assert_eq!(device("x"), "unknown device");
    }
}
