//! The twin of Bluesky: a PDS with its authorization server, the directory of identities, the video service and the
//! reading side, all on one origin.
//!
//! Written from the reference of the AT Protocol and its lexicons. Where a real PDS stores what no app will show
//! (facets outside the text, unknown embeds), this one refuses it.
//!
//! What is left out: signed repositories and their sync, moderation, lists, chat, multipart video upload. Signing a
//! commit would prove nothing to a client that only sees its id.
//!
//! Knobs of its own (`own`): `blob_limit_bytes` (a number), `old_lexicons` (smaller images, no gallery),
//! `legacy_scopes` (only `transition:…` is known), `growth` (`false` stills the imagined audience), `nonce_epoch` (a
//! new number makes every nonce that was handed out worthless).

mod appview;
mod auth;
mod blob;
mod call;
mod cid;
mod data;
mod dpop;
mod identity;
mod jose;
mod lexicon;
mod limits;
mod oauth;
mod page;
mod refusal;
mod repo;
mod scopes;
mod session;
mod shapes;
mod syntax;
#[cfg(test)]
mod tests;
mod video;
mod views;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, State as Shared},
    response::{IntoResponse, Response},
    routing::get,
};
use base::Timestamp;
pub use data::{DEMO_ACCOUNTS, DemoAccount};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use crate::{About, AccountLine, Act, Class, Core, Platform, RequestDigest, Shows as _, Twin, shows};
use call::{Call, pairs};
use data::Data;
use lexicon::Edition;
use refusal::Refusal;

/// What it is: an entryway, a PDS, the directory, the video service and the reading side in one. A person enters a handle.
pub const ABOUT: About = About {
    id: "bluesky",
    title: "Bluesky",
    port: 4001,
    make: twin,
    rough: &[],
    platforms: &[Platform {
        id: "bluesky",
        app: &[],
        endpoints: &["entryway", "plc", "video", "appview", "web"],
        account: "lena.test",
        enters: |_, account| json!({ "handle": account }),
    }],
};

/// The network's state.
pub struct State {
    core: Arc<Core>,
    data: Mutex<Data>,
    proofs: dpop::Proofs,
    http: reqwest::Client,
}

pub(crate) use State as Bluesky;

/// An answer of a method.
struct Reply {
    response: Response,
    window: Option<limits::Window>,
}

impl Reply {
    fn json(body: Value) -> Self {
        Self::raw(Json(body).into_response())
    }

    fn empty() -> Self {
        Self::raw(StatusCode::OK.into_response())
    }

    fn raw(response: Response) -> Self {
        Self { response, window: None }
    }

    fn limited(mut self, window: limits::Window) -> Self {
        self.window = Some(window);
        self
    }
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let state = State { data: Mutex::default(), proofs: dpop::Proofs::default(), http: fetcher(), core };
    let data = state.core.kept::<Data>().map_or_else(|| state.seeded(), Data::restored);
    *state.data() = data;
    Arc::new(state)
}

fn fetcher() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "this is the network's side: it fetches metadata as a server would")]
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
    client.unwrap_or_else(|error| {
        tracing::warn!(%error, "metadata is fetched with the usual settings");
        reqwest::Client::default()
    })
}

impl State {
    fn seeded(&self) -> Data {
        let mut data = Data::seeded(&*self.core.random, self.core.now());
        repo::portray(self, &mut data);
        data
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The origin without a slash: issuer, resource and PDS at once.
    fn endpoint(&self) -> String {
        self.core.url("")
    }

    /// The server's own DID. A port is written with `%3A`, as `did:web` asks.
    fn service_did(&self) -> String {
        let host = self.core.origin.host_str().unwrap_or_default();
        match self.core.origin.port() {
            Some(port) => format!("did:web:{host}%3A{port}"),
            None => format!("did:web:{host}"),
        }
    }

    fn knob(&self, name: &str) -> Option<Value> {
        self.core.knobs().own.get(name).cloned()
    }

    fn blob_limit(&self) -> u64 {
        self.knob("blob_limit_bytes").and_then(|limit| limit.as_u64()).unwrap_or(blob::BLOB_BYTES)
    }

    fn edition(&self) -> Edition {
        if self.knob("old_lexicons") == Some(json!(true)) { Edition::OLD } else { Edition::NEW }
    }

    /// What an imagined audience adds to a number.
    fn grown(&self, id: &str, what: &str, since: Timestamp, most: u64) -> u64 {
        if self.knob("growth") == Some(json!(false)) {
            return 0;
        }
        crate::growth::grown(id, what, self.core.now().since(since), most)
    }

    /// Whether something written then shows in lists by now.
    fn is_listed(&self, at: Timestamp) -> bool {
        self.core.now() >= at + Duration::from_millis(self.core.knobs().listing_delay_ms)
    }

    fn nonce_secret(&self) -> (Vec<u8>, u64) {
        let epoch = self.knob("nonce_epoch").and_then(|epoch| epoch.as_u64()).unwrap_or(0);
        (self.data().secret().to_vec(), epoch)
    }

    /// Every answer to a proof carries the newest nonce, whatever else it says.
    fn finish(&self, mut response: Response, with_proof: bool, window: Option<limits::Window>) -> Response {
        let headers = response.headers_mut();
        if with_proof {
            let (secret, epoch) = self.nonce_secret();
            if let Ok(nonce) = HeaderValue::from_str(&dpop::nonce(&secret, epoch, self.core.now())) {
                headers.insert(HeaderName::from_static("dpop-nonce"), nonce);
            }
        }
        if let Some(window) = window {
            window.write(headers);
        }
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response
    }
}

type App = Shared<Arc<State>>;

async fn xrpc(
    Shared(twin): App,
    Path(nsid): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    digest: Option<axum::Extension<RequestDigest>>,
    body: Bytes,
) -> Response {
    let call = Call {
        nsid,
        method,
        path: uri.path().to_owned(),
        query: pairs(uri.query().unwrap_or_default().as_bytes()),
        headers,
        body,
        digest: digest.map(|digest| digest.0.0.to_string()).unwrap_or_default(),
    };
    let with_proof = call.headers.contains_key("dpop");
    let counted = match limits::request(&twin) {
        Ok(window) => window,
        Err(refusal) => return twin.finish(refusal.into_response(), with_proof, None),
    };
    let (response, window) = match method_of(&call).and_then(|run| run(&twin, &call)) {
        Ok(reply) => (reply.response, reply.window),
        Err(refusal) => (refusal.into_response(), None),
    };
    let tightest = window.map_or(counted, |window| counted.tighter(window));
    twin.finish(response, with_proof, Some(tightest))
}

type Run = fn(&State, &Call) -> Result<Reply, Refusal>;

/// What answers a method, if the verb is right.
fn method_of(call: &Call) -> Result<Run, Refusal> {
    let (verb, run): (Method, Run) = match call.nsid.as_str() {
        "com.atproto.identity.resolveHandle" => (Method::GET, identity::resolve_handle),
        "com.atproto.identity.resolveDid" => (Method::GET, identity::resolve_did),
        "com.atproto.identity.resolveIdentity" => (Method::GET, identity::resolve_identity),
        "com.atproto.server.describeServer" => (Method::GET, identity::describe_server),
        "com.atproto.server.createSession" => (Method::POST, session::create),
        "com.atproto.server.refreshSession" => (Method::POST, session::refresh),
        "com.atproto.server.deleteSession" => (Method::POST, session::delete),
        "com.atproto.server.getSession" => (Method::GET, session::get),
        "com.atproto.server.createAccount" => (Method::POST, session::create_account),
        "com.atproto.server.createAppPassword" => (Method::POST, session::create_app_password),
        "com.atproto.server.getServiceAuth" => (Method::GET, session::service_auth),
        "com.atproto.repo.createRecord" => (Method::POST, repo::create),
        "com.atproto.repo.putRecord" => (Method::POST, repo::put),
        "com.atproto.repo.deleteRecord" => (Method::POST, repo::delete),
        "com.atproto.repo.applyWrites" => (Method::POST, repo::apply),
        "com.atproto.repo.getRecord" => (Method::GET, repo::get),
        "com.atproto.repo.listRecords" => (Method::GET, repo::list),
        "com.atproto.repo.describeRepo" => (Method::GET, repo::describe),
        "com.atproto.repo.uploadBlob" => (Method::POST, blob::upload),
        "com.atproto.sync.getBlob" => (Method::GET, blob::get),
        "com.atproto.sync.listBlobs" => (Method::GET, blob::list),
        "app.bsky.video.uploadVideo" => (Method::POST, video::upload),
        "app.bsky.video.getJobStatus" => (Method::GET, video::job_status),
        "app.bsky.video.getUploadLimits" => (Method::GET, video::limits),
        "app.bsky.feed.getPosts" => (Method::GET, appview::posts),
        "app.bsky.feed.getAuthorFeed" => (Method::GET, appview::author_feed),
        "app.bsky.feed.getPostThread" => (Method::GET, appview::thread),
        "app.bsky.feed.getLikes" => (Method::GET, appview::likes),
        "app.bsky.feed.getRepostedBy" => (Method::GET, appview::reposted_by),
        "app.bsky.feed.getQuotes" => (Method::GET, appview::quotes),
        "app.bsky.actor.getProfile" => (Method::GET, appview::profile),
        "app.bsky.actor.searchActorsTypeahead" => (Method::GET, appview::typeahead),
        "app.bsky.notification.listNotifications" => (Method::GET, appview::notifications),
        "app.bsky.notification.getUnreadCount" => (Method::GET, appview::unread),
        "app.bsky.notification.updateSeen" => (Method::POST, appview::seen),
        _ => return Err(Refusal::new(501, "MethodNotImplemented", "Method Not Implemented")),
    };
    if verb == call.method {
        return Ok(run);
    }
    Err(Refusal::new(405, "InvalidRequest", format!("Incorrect HTTP method ({}) expected {verb}", call.method)))
}

async fn oauth_call(Shared(twin): App, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let window = match limits::request(&twin) {
        Ok(window) => window,
        Err(refusal) => return twin.finish(Refusal { oauth: true, ..refusal }.into_response(), true, None),
    };
    let answer = match uri.path() {
        "/oauth/par" => oauth::par::push(&twin, &headers, &body).await.map(|answer| (StatusCode::CREATED, answer)),
        "/oauth/token" => oauth::token::exchange(&twin, &headers, &body).await.map(|answer| (StatusCode::OK, answer)),
        _ => oauth::token::revoke(&twin, &headers, &body).await.map(|answer| (StatusCode::OK, answer)),
    };
    let response = match answer {
        Ok((status, answer)) => (status, Json(answer)).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    twin.finish(response, true, Some(window))
}

fn router(state: Arc<State>) -> Router {
    let post = axum::routing::post::<_, _, Arc<State>>;
    Router::new()
        .route("/hashtag/{tag}", get(async |Shared(twin): App, Path(tag): Path<String>| page::hashtag(&twin, &tag)))
        .route("/xrpc/{nsid}", axum::routing::any(xrpc))
        .route("/oauth/par", post(oauth_call))
        .route("/oauth/token", post(oauth_call))
        .route("/oauth/revoke", post(oauth_call))
        .route("/oauth/jwks", get(async || Json(json!({"keys": []}))))
        .route(
            "/oauth/authorize",
            get(async |Shared(twin): App, RawQuery(query): RawQuery| {
                oauth::authorize::ask(&twin, &pairs(query.unwrap_or_default().as_bytes()))
            })
            .post(async |Shared(twin): App, body: Bytes| oauth::authorize::decide(&twin, &pairs(&body))),
        )
        .route(
            "/.well-known/oauth-protected-resource",
            get(async |Shared(twin): App| Json(oauth::resource_metadata(&twin))),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(async |Shared(twin): App| Json(oauth::server_metadata(&twin))),
        )
        .route("/.well-known/did.json", get(async |Shared(twin): App| Json(identity::own_document(&twin))))
        .route("/.well-known/atproto-did", get(handle_did))
        .route("/{did}", get(directory))
        .merge(shows::router())
        .layer(DefaultBodyLimit::disable())
        .with_state(state)
}

/// A handle's own proof: the name is in the `Host` header.
async fn handle_did(Shared(twin): App, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match twin.data().did_of(host.split(':').next().unwrap_or_default()) {
        Some(did) => did.to_owned().into_response(),
        None => (StatusCode::NOT_FOUND, "User not found").into_response(),
    }
}

/// The directory of `did:plc` identities.
async fn directory(Shared(twin): App, Path(did): Path<String>) -> Response {
    match identity::document(&twin, &did) {
        Some(document) => {
            let kind = HeaderValue::from_static("application/did+ld+json");
            ([(header::CONTENT_TYPE, kind)], document.to_string()).into_response()
        }
        None => (StatusCode::NOT_FOUND, Json(json!({"message": format!("DID not registered: {did}")}))).into_response(),
    }
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        router(self)
    }

    fn classify(&self, _method: &Method, path: &str) -> Class {
        match path.strip_prefix("/xrpc/") {
            Some("com.atproto.repo.createRecord" | "com.atproto.repo.putRecord" | "com.atproto.repo.applyWrites") => {
                Class::Publish
            }
            Some("com.atproto.repo.deleteRecord") => Class::Delete,
            Some("com.atproto.repo.uploadBlob" | "app.bsky.video.uploadVideo") => Class::Upload,
            Some(
                "com.atproto.server.createSession"
                | "com.atproto.server.refreshSession"
                | "com.atproto.server.deleteSession"
                | "com.atproto.server.createAccount"
                | "com.atproto.server.createAppPassword"
                | "com.atproto.server.getServiceAuth",
            ) => Class::Token,
            Some(_) => Class::Read,
            None if ["/oauth/par", "/oauth/token", "/oauth/revoke"].contains(&path) => Class::Token,
            None if path.starts_with("/.well-known/") || path.starts_with("/did:") => Class::Read,
            None => Class::Page,
        }
    }

    fn accounts(&self) -> Vec<AccountLine> {
        self.lines()
    }

    fn act(&self, act: &Act) {
        let now = self.core.now();
        let mut data = self.data();
        let (Act::ExpireTokens { account } | Act::RevokeGrants { account }) = act;
        let wanted =
            account.as_ref().map(|account| data.account(account).map_or(account.clone(), |known| known.did.clone()));
        let whose = |did: &str| wanted.as_deref().is_none_or(|wanted| wanted == did);
        match act {
            Act::ExpireTokens { .. } => {
                data.oauth.expire(whose, now);
                data.sessions
                    .values_mut()
                    .filter(|session| whose(&session.did))
                    .for_each(|session| session.generation += 1);
            }
            Act::RevokeGrants { .. } => {
                data.oauth.end_all(whose);
                data.sessions.retain(|_, session| !whose(&session.did));
            }
        }
    }

    fn reset(&self) {
        let data = self.seeded();
        *self.data() = data;
    }

    fn snapshot(&self) -> Value {
        serde_json::to_value(&*self.data()).unwrap_or(Value::Null)
    }
}
