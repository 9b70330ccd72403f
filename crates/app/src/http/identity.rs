//! Who is calling and what they may do here. The extractors are the only makers of a [`Scope`] for a request (S-41).

use std::{marker::PhantomData, ops::Deref, sync::Arc};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, header, request::Parts},
};
use base::{Actor, Code, Permission, Problem, Scope, ids::WorkspaceId};
use url::Url;

use super::{ClientAddress, Refusal, Right, client_address, cross_site::has_bearer};
use crate::{App, keys, people};

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
        } else if let Some(token) = cookie(headers, session_cookie_name(&app.settings.public_url)) {
            people::session_of(app, token).await.map(Self::Session)
        } else {
            Ok(Self::Nobody)
        };
        found.unwrap_or_else(|problem| Self::Refused(Arc::new(problem)))
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

    fn session(&self) -> Result<Arc<people::Session>, Problem> {
        match self {
            Self::Session(session) => Ok(session.clone()),
            Self::Key(_) => Err(Problem::new(Code::Forbidden, "Only a signed-in person may do this, not an API key.")),
            Self::Nobody => Err(nobody()),
            Self::Refused(problem) => Err((**problem).clone()),
        }
    }

    /// The standing in the workspace that is asked for. One that the caller does not belong to is not found.
    pub(super) fn scope(&self, named: Option<&str>) -> Result<Scope, Problem> {
        let elsewhere = || Problem::new(Code::NotFound, "There is no such workspace among yours.");
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
                Problem::new(Code::Forbidden, "You are not a member of any workspace; ask somebody to invite you.")
            })?,
        };
        Ok(Scope::new(Actor::Person(session.person), found.0, found.1.permissions()))
    }
}

fn nobody() -> Problem {
    Problem::new(Code::Unauthenticated, "This needs a session or an API key, and the request carries neither.")
}

fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.get(7..).unwrap_or_default().trim()
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    pairs.flat_map(|text| text.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// The name of the session's cookie. `__Host-` binds it to this host and to https (S-31); browsers refuse it over plain
/// http, which we serve on the loopback only (P-130), so there it has a name of its own that https never reads.
pub fn session_cookie_name(public_url: &Url) -> &'static str {
    if public_url.scheme() == "https" { "__Host-session" } else { "fanfare-loopback-session" }
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

/// Whoever calls, known or not. For routes that serve both, such as the way back from a consent page.
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
        Ok(Self(scope, PhantomData))
    }
}

fn missing(permission: Permission) -> Problem {
    Problem::new(Code::Forbidden, format!("This needs the permission `{permission}`.")).with("permission", permission)
}

/// A person in a session, whatever they may do.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Arc<people::Session>);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self(Identity::of(parts, app).await.session()?))
    }
}

/// The owner of the installation, in a session. No API key has this standing.
#[derive(Debug, Clone)]
pub struct Operator(pub Arc<people::Session>);

impl FromRequestParts<App> for Operator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let session = Identity::of(parts, app).await.session()?;
        if session.operator { Ok(Self(session)) } else { Err(Refusal(missing(Permission::Operate))) }
    }
}

/// A person who showed within the last 15 minutes that it is them (S-33). Stands beside [`May`] in a handler.
#[derive(Debug, Clone)]
pub struct Recent(pub Arc<people::Session>);

impl FromRequestParts<App> for Recent {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let session = Identity::of(parts, app).await.session()?;
        let limit = app.settings.sessions.recent;
        if app.clock.now().since(session.authenticated_at) <= limit {
            return Ok(Self(session));
        }
        let minutes = limit.as_secs() / 60;
        let detail = format!("This needs a sign-in of the last {minutes} minutes; yours is older.");
        Err(Refusal(Problem::new(Code::ConfirmIdentity, detail)))
    }
}

/// The client's address, for what limits and remembers by it.
impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(client_address(&parts.extensions, &parts.headers, &app.settings.trusted_proxies))
    }
}

/// For public routes, which look at who is calling but ask nobody.
impl FromRequestParts<App> for Identity {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, app).await)
    }
}
