//! The door that every request comes through, in this order: an id and a span, the cross-site check, who it is, the
//! rate limit, `Idempotency-Key`, the route; on the way out a panic becomes a problem and the answer gets its headers.
//!
//! Bodies are limited where they are read ([`super::Json`]); uploads read streams with limits of their own.

use std::panic::AssertUnwindSafe;

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use base::{Actor, Code, Problem, ids::WorkspaceId, say};
use futures::FutureExt as _;
use tracing::Instrument as _;

use super::{
    BODY_BYTES_MAX, ClientAddress, Identity, Rate, Refusal, address::unheard_proxy, client_address, cross_site,
    headers, idempotency, identity::named_in_headers, limits::Standing, revision::unless_known,
};
use crate::{
    App, audit,
    fault::internal,
    ops,
    request::{Current, within},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What stands at the door.
#[derive(Clone)]
pub(super) struct Door {
    pub app: App,
    /// The routes without the door, for looking up what an earlier request made.
    pub routes: Router,
}

/// The routes with the installation and without the door.
pub(super) fn without_door(router: Router<App>, app: &App) -> Router {
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(app.clone())
}

/// Puts the door in front of the routes and gives them the installation.
pub fn serve_layers(router: Router<App>, app: App) -> Router {
    let routes = without_door(router, &app);
    let door = Door { app, routes: routes.clone() };
    routes.layer(from_fn_with_state(door, enter))
}

async fn nothing_here() -> Refusal {
    Refusal(Problem::new(Code::NotFound, say!("There is no such route.")))
}

async fn other_method(method: Method) -> Refusal {
    Refusal(Problem::new(Code::MethodNotAllowed, say!("This route does not take {method}.")))
}

async fn enter(State(door): State<Door>, request: Request, next: Next) -> Response {
    let id = format!("req_{}", base::random::token::<12>(&*door.app.random));
    // The route as it is written, never the address: queries and ids stay out of the log.
    let route = request.extensions().get::<MatchedPath>().map_or("none", |path| path.as_str()).to_owned();
    let span = tracing::info_span!("request", request_id = %id, method = %request.method(), route);
    let app = door.app.clone();
    let reader = headers::reader(request.headers());
    let work = async move {
        match AssertUnwindSafe(admit(door, request, next)).catch_unwind().await {
            Ok(answer) => answer.unwrap_or_else(IntoResponse::into_response),
            Err(_) => Refusal(internal(&Panicked)).into_response(),
        }
    };
    let language = reader.language;
    let mut answer = within(Current::new(id.clone()).read_by(reader), work).instrument(span).await;
    headers::said_in(answer.headers_mut(), language);
    headers::secure(answer.headers_mut(), &app.settings.public_url);
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    answer
}

/// The text of the panic is not repeated: it may hold anything.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked")]
struct Panicked;

async fn admit(door: Door, mut request: Request, next: Next) -> super::Result<Response> {
    let app = door.app.clone();
    cross_site::check(request.method(), request.headers(), &app.settings.public_url)?;
    refuse_key_in_query(&request)?;
    let client = client_address(request.extensions(), request.headers(), &app.settings.trusted_proxies);
    notice_proxy(&app, &request);
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    ops::refuse_if_full(&app, request.method(), route)?;
    let identity = Identity::read(&app, request.headers(), client).await;
    let standing = if request.uri().path().starts_with("/v1/") { limited(&app, &identity, client) } else { None };
    request.extensions_mut().insert(identity.clone());
    let answer = match standing.map_or(Ok(()), |(_, standing)| standing.check(say!("requests"))) {
        Err(problem) => Err(Refusal(problem)),
        Ok(()) => {
            let tried = Tried::of(&identity, &request);
            let (method, headers) = (request.method().clone(), request.headers().clone());
            let answer = idempotency::pass(door, identity, request, next).await;
            let answer = answer.unwrap_or_else(IntoResponse::into_response);
            let code = answer.extensions().get::<Code>().copied();
            tried.note(&app, code).await;
            Ok(unless_known(&method, &headers, answer))
        }
    };
    let mut answer = answer.unwrap_or_else(IntoResponse::into_response);
    if let Some((name, standing)) = standing {
        let (policy, left) = standing.fields(name);
        for (header, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
            answer.headers_mut().extend(HeaderValue::from_str(&text).ok().map(|value| (header, value)));
        }
    }
    Ok(answer)
}

/// Who tries to change what, for the audit log should it be refused (S-94).
struct Tried(Option<(Actor, Option<WorkspaceId>, String)>);

/// So many refusals of one person or key are written down.
const REFUSALS_NOTED: Rate = Rate::per(30, 60);

impl Tried {
    fn of(identity: &Identity, request: &Request) -> Self {
        if request.method().is_safe() {
            return Self(None);
        }
        // The route as it is written: what is in the address may be anything.
        let route =
            request.extensions().get::<MatchedPath>().map(|path| format!("{} {}", request.method(), path.as_str()));
        let workspace = identity.scope(named_in_headers(request.headers())).ok().map(|scope| scope.workspace());
        Self(identity.actor().zip(route).map(|(actor, route)| (actor, workspace, route)))
    }

    async fn note(self, app: &App, code: Option<Code>) {
        let Some((actor, workspace, route)) = self.0 else { return };
        let now = app.clock.now();
        if code != Some(Code::Forbidden)
            || !app.memory.buckets.take("refusals", actor.to_string(), REFUSALS_NOTED, now).allowed
        {
            return;
        }
        let noted = app.db.unguarded().write(async move |tx| {
            let act = audit::Act::new("request.made", &route).refused();
            match workspace {
                Some(workspace) => audit::record_in(tx, workspace, actor, now, act).await,
                None => audit::record_instance(tx, actor, now, act).await,
            }
        });
        if let Err(error) = noted.await {
            let error: db::Error = error;
            tracing::warn!(%error, "a refusal could not be written to the audit log");
        }
    }
}

/// Everyone seems to come from a proxy that is not believed: the limits of one address then hold for all together.
fn notice_proxy(app: &App, request: &Request) {
    let proxies = &app.settings.trusted_proxies;
    let Some(proxy) = unheard_proxy(request.extensions(), request.headers(), proxies) else { return };
    if app.memory.unheard_proxy.set(proxy.0).is_ok() {
        tracing::warn!(
            "requests come through a proxy at {} that is not in `trusted_proxies`: everybody behind it counts as one address \
             and shares its limits. Add its address there if the proxy is yours.",
            proxy.0
        );
    }
}

/// A key in an address ends up in histories and logs, so it is refused even if it is good (S-27).
fn refuse_key_in_query(request: &Request) -> Result<(), Problem> {
    if request.uri().query().is_some_and(|query| query.contains("fanfare_live_") || query.contains("fanfare_test_")) {
        return Err(Problem::new(
            Code::BadRequest,
            say!(
                "There is an API key in the address, where logs keep it. Send it as `Authorization: Bearer …`, and revoke \
             this one with `POST /v1/keys/revoke`."
            ),
        ));
    }
    Ok(())
}

fn limited(app: &App, identity: &Identity, client: ClientAddress) -> Option<(&'static str, Standing)> {
    let limits = &app.settings.limits;
    let now = app.clock.now();
    let take = |class, rate: Option<Rate>, key: &dyn Fn(Rate) -> Standing| rate.map(|rate| (class, key(rate)));
    let buckets = &app.memory.buckets;
    match identity {
        Identity::Key(key) => take("key", limits.key, &|rate| buckets.take("key", key.id, rate, now)),
        Identity::Session(session) => {
            take("person", limits.person, &|rate| buckets.take("person", session.person, rate, now))
        }
        // That there was no time to look is no fault of the caller's, who hears it as it is.
        Identity::Refused(problem) if problem.code.status() >= 500 => None,
        Identity::Nobody | Identity::Refused(_) => {
            take("address", limits.address, &|rate| buckets.take("address", client.unit(), rate, now))
        }
    }
}
