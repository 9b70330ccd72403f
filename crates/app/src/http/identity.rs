//! Who is calling and what they may do here. The extractors are the only makers of a [`Scope`] for a request (S-41).

use std::{marker::PhantomData, ops::Deref, sync::Arc};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, header, request::Parts},
};
use base::{Actor, Code, Permission, Permissions, Problem, Scope, ids::WorkspaceId, say};

use super::{ClientAddress, OurCookie, Refusal, Right, client_address, cross_site::has_bearer};
use crate::{
    App, keys, people,
    request::{self, Credential, Need},
};

/// The header by which a signed-in person chooses a workspace; without it, it is the first they joined. A path with
/// `{workspace}` chooses by itself, and an API key has only its own. Where a browser cannot send a header (`EventSource`,
/// `<img>`), `?workspace=` says the same.
pub const WORKSPACE_HEADER: &str = "fanfare-workspace";

/// What the credentials of a request turned out to be.
#[derive(Debug, Clone)]
pub enum Identity {
    /// There were none.
    Nobody,
    /// A person in a session.
    Session(Arc<people::Session>),
    /// A program with an API key.
    Key(Arc<keys::Verified>),
    /// There were some, and they are not good. Public routes answer all the same.
    Refused(Arc<Problem>),
}

impl Identity {
    /// Reads the credentials: a bearer key first, else the session's cookie. Nothing else is looked at (S-27).
    pub(super) async fn read(app: &App, headers: &HeaderMap, client: ClientAddress) -> Self {
        let found = if has_bearer(headers) {
            keys::verify(app, bearer(headers), client).await.map(Self::Key)
        } else if let Some(token) = OurCookie::Session.said(app, headers) {
            people::session_of(app, &token).await.map(Self::Session)
        } else {
            Ok(Self::Nobody)
        };
        found.unwrap_or_else(|problem| Self::Refused(Arc::new(problem)))
    }

    /// For stories about what happens after someone was let in.
    pub(crate) async fn of_headers(app: &App, headers: &HeaderMap) -> Self {
        Self::read(app, headers, ClientAddress(std::net::Ipv4Addr::LOCALHOST.into())).await
    }

    /// The same person as if they ran the installation.
    #[cfg(test)]
    pub(super) fn with_operator(self) -> Self {
        match self {
            Self::Session(session) => Self::Session(Arc::new(people::Session { operator: true, ..(*session).clone() })),
            other => other,
        }
    }

    async fn of(parts: &mut Parts, app: &App) -> Self {
        if let Some(known) = parts.extensions.get::<Self>() {
            return known.clone();
        }
        let client = client_address(&parts.extensions, &parts.headers, &app.settings.trusted_proxies);
        let identity = Self::read(app, &parts.headers, client).await;
        parts.extensions.insert(identity.clone());
        identity
    }

    /// Who acts, if it is known.
    pub fn actor(&self) -> Option<Actor> {
        match self {
            Self::Session(session) => Some(Actor::Person(session.person)),
            Self::Key(key) => Some(Actor::Key(key.id)),
            Self::Nobody | Self::Refused(_) => None,
        }
    }

    /// The session, if a person is signed in.
    pub fn signed_in(&self) -> Option<&Arc<people::Session>> {
        match self {
            Self::Session(session) => Some(session),
            _ => None,
        }
    }

    /// The key, if it is one.
    ///
    /// # Errors
    /// Credentials that are not good, or none.
    pub(crate) fn key(&self) -> Result<Option<Arc<keys::Verified>>, Problem> {
        match self {
            Self::Key(key) => Ok(Some(key.clone())),
            Self::Session(_) => Ok(None),
            Self::Nobody => Err(nobody()),
            Self::Refused(problem) => Err((**problem).clone()),
        }
    }

    pub(crate) fn session(&self) -> Result<Arc<people::Session>, Problem> {
        match self {
            Self::Session(session) => Ok(session.clone()),
            Self::Key(_) => {
                Err(Problem::new(Code::Forbidden, say!("Only a signed-in person may do this, not an API key.")))
            }
            Self::Nobody => Err(nobody()),
            Self::Refused(problem) => Err((**problem).clone()),
        }
    }

    /// Notes for what is stored later that this caller was let in, see [`request::Guarded`].
    fn admitted(&self, need: Need, held: &Permissions) {
        let credential = match self {
            Self::Session(session) => Credential::Session(session.id, session.person),
            Self::Key(key) => Credential::Key(key.id, key.workspace),
            Self::Nobody | Self::Refused(_) => return,
        };
        request::standing().admit(credential, need, held);
    }

    /// Goes on only if the caller may do what a route once asked of them.
    pub(super) fn meets(&self, app: &App, need: Need) -> Result<(), Problem> {
        match need {
            Need::SignedIn => self.session().map(drop),
            Need::Recent => recent(app, &*self.session()?),
            Need::Operator => operator(&*self.session()?),
            Need::May(workspace, permission) => {
                let scope = self.scope(Some(&workspace.to_string()))?;
                if scope.may(permission) { Ok(()) } else { Err(missing(permission)) }
            }
        }
    }

    /// The standing in the workspace that is asked for. One that the caller does not belong to is not found.
    pub(super) fn scope(&self, named: Option<&str>) -> Result<Scope, Problem> {
        let elsewhere = || Problem::new(Code::NotFound, say!("You have no such workspace."));
        let named = named.map(|text| text.parse::<WorkspaceId>().map_err(|_| elsewhere())).transpose()?;
        if let Self::Key(key) = self {
            return match named {
                Some(other) if other != key.workspace => Err(elsewhere()),
                _ => Ok(key.scope()),
            };
        }
        let session = self.session()?;
        let mut joined = session.memberships.iter();
        let found = match named {
            Some(id) => joined.find(|(workspace, _)| *workspace == id).ok_or_else(elsewhere)?,
            None => joined.next().ok_or_else(|| {
                Problem::new(Code::Forbidden, say!("You are not a member of any workspace. Ask someone to invite you."))
            })?,
        };
        Ok(Scope::new(Actor::Person(session.person), found.0, found.1.permissions()))
    }
}

fn nobody() -> Problem {
    Problem::new(Code::Unauthenticated, say!("This needs a session or an API key, and the request carries neither."))
}

/// The key, if it is one: the scheme is written in any case, and two headers say two things.
fn bearer(headers: &HeaderMap) -> &str {
    let mut said = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (said.next(), said.next()) else { return "" };
    value.to_str().ok().and_then(|text| text.get(7..)).unwrap_or_default().trim()
}

/// The workspace that the path or the header names.
pub(super) fn named_in_headers(headers: &HeaderMap) -> Option<&str> {
    headers.get(WORKSPACE_HEADER).and_then(|value| value.to_str().ok())
}

/// The same for what a browser asks for by itself, without headers of ours: `EventSource` and `<img>`. Only reading, so that
/// an address alone never chooses where something is changed.
fn named_in_query(parts: &Parts) -> Option<String> {
    let query = parts.uri.query().filter(|_| parts.method.is_safe())?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "workspace")
        .map(|(_, value)| value.into_owned())
}

async fn named_workspace(parts: &mut Parts, app: &App) -> Option<String> {
    let path = RawPathParams::from_request_parts(parts, app).await.ok();
    let in_path =
        path.and_then(|params| params.iter().find(|(name, _)| *name == "workspace").map(|(_, value)| value.to_owned()));
    let in_headers = || named_in_headers(&parts.headers).map(str::to_owned);
    in_path.or_else(in_headers).or_else(|| named_in_query(parts))
}

/// The caller's [`Scope`], once it is sure that they have the right `R` in it.
///
/// Take it as `scope: May<PostsWrite>` and pass `&scope`, or as `May(scope, ..): May<PostsWrite>`.
#[derive(Debug, Clone)]
pub struct May<R: Right>(pub Scope, PhantomData<R>);

impl<R: Right> Deref for May<R> {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.0
    }
}

/// Any caller, known or not. For routes that serve both, such as the way back from a consent page.
#[derive(Debug, Clone)]
pub struct Caller(pub Identity);

impl FromRequestParts<App> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(Identity::of(parts, app).await))
    }
}

impl<R: Right> FromRequestParts<App> for May<R> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let identity = Identity::of(parts, app).await;
        let named = named_workspace(parts, app).await;
        let scope = identity.scope(named.as_deref())?;
        if !scope.may(R::PERMISSION) {
            return Err(Refusal(missing(R::PERMISSION)));
        }
        identity.admitted(Need::May(scope.workspace(), R::PERMISSION), scope.permissions());
        Ok(Self(scope, PhantomData))
    }
}

fn missing(permission: Permission) -> Problem {
    Problem::new(Code::Forbidden, say!("This needs the permission `{permission}`.")).with("permission", permission)
}

/// A person in a session, whatever they may do.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Arc<people::Session>);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let identity = Identity::of(parts, app).await;
        let session = identity.session()?;
        identity.admitted(Need::SignedIn, &Permissions::new());
        Ok(Self(session))
    }
}

/// The owner of the installation, in a session. No API key has this standing.
#[derive(Debug, Clone)]
pub struct Operator(pub Arc<people::Session>);

impl FromRequestParts<App> for Operator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let identity = Identity::of(parts, app).await;
        let session = identity.session()?;
        operator(&session)?;
        identity.admitted(Need::Operator, &Permissions::new());
        Ok(Self(session))
    }
}

/// A person who showed within the last 15 minutes that it is them (S-33). Stands beside [`May`] in a handler.
#[derive(Debug, Clone)]
pub struct Recent(pub Arc<people::Session>);

impl FromRequestParts<App> for Recent {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let identity = Identity::of(parts, app).await;
        let session = identity.session()?;
        recent(app, &session)?;
        identity.admitted(Need::Recent, &Permissions::new());
        Ok(Self(session))
    }
}

/// The same of a person; an API key passes, for it is an authority of its own that someone gave it for this. Stands beside [`May`].
#[derive(Debug, Clone, Copy)]
pub struct Confirmed;

impl FromRequestParts<App> for Confirmed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        if let Identity::Key(_) = Identity::of(parts, app).await {
            return Ok(Self);
        }
        Recent::from_request_parts(parts, app).await.map(|_| Self)
    }
}

fn recent(app: &App, session: &people::Session) -> Result<(), Problem> {
    let limit = app.settings.sessions.recent;
    if app.clock.now().since(session.authenticated_at) <= limit {
        return Ok(());
    }
    let minutes = limit.as_secs() / 60;
    let detail = say!("This needs a sign-in of the last {minutes} minutes; yours is older.");
    Err(Problem::new(Code::ConfirmIdentity, detail))
}

fn operator(session: &people::Session) -> Result<(), Problem> {
    if session.operator { Ok(()) } else { Err(missing(Permission::Operate)) }
}

/// The client's address, for what limits and remembers by it.
impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(client_address(&parts.extensions, &parts.headers, &app.settings.trusted_proxies))
    }
}

/// For public routes, which look at who is calling but ask no one.
impl FromRequestParts<App> for Identity {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, app).await)
    }
}
