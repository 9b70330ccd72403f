//! A world for tests: an installation with an owner and a workspace, and clients that walk through its front door.
//!
//! ```no_run
//! # async fn story(test_db: db::testing::TestDb) {
//! let world = app::testing::World::on(test_db).await;
//! let owner = world.owner();
//! let answer = owner.get("/v1/me").await;
//! assert_eq!(answer.status, 200);
//! # }
//! ```
//!
//! Public, so that the tests of other crates can use it; never called by the product.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot begin should end with a panic")]

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header},
    response::Response,
};
use base::{
    Actor, Clock, OsRandom, Permission, Permissions, Role, Scope, Secret, TestClock, Timestamp,
    ids::{OrganizationId, PersonId, WorkspaceId},
};
use connector::{
    Connectors,
    http::{Guard, GuardRules},
};
use db::testing::TestDb;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::{
    App, Memory, Parts, Settings, api, keys, people, publishing,
    secrets::{Kek, KeyRing, Vault},
    workspaces::{self, Workspace},
};

/// When stories begin unless they say otherwise.
pub const BEGINNING: &str = "2030-01-01T09:00:00Z";
/// The password of all people in a world.
pub const PASSWORD: &str = "violet anchor mumbles twice";

/// A folder of its own for each installation.
fn a_folder(db: &TestDb) -> std::path::PathBuf {
    db.folder().join(base::random::token::<12>(&OsRandom))
}

impl App {
    /// An installation on this database, whose time only moves with `clock`.
    ///
    /// # Panics
    /// If it cannot be put together.
    pub async fn for_tests(db: &TestDb, clock: &TestClock) -> App {
        Self::for_tests_with(db, clock, Connectors::default(), |_| {}).await
    }

    /// The same with connectors and other settings.
    ///
    /// # Panics
    /// If it cannot be put together.
    pub async fn for_tests_with(
        db: &TestDb,
        clock: &TestClock,
        connectors: Connectors,
        change: impl FnOnce(&mut Settings),
    ) -> App {
        let clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let random: Arc<dyn base::Random> = Arc::new(OsRandom);
        let ring = KeyRing::new(Kek::generate(&OsRandom));
        let mut settings = Settings::at("http://127.0.0.1:8080/".parse().unwrap());
        settings.spool = a_folder(db);
        change(&mut settings);
        App::new(Parts {
            db: db.db().clone(),
            vault: Vault::open(db.db().clone(), ring, clock.clone(), random.clone()).await.unwrap(),
            guard: Guard::new(GuardRules::default(), clock.clone()).unwrap(),
            clock,
            random,
            connectors,
            blobs: crate::media::Blobs::open(&crate::media::BlobPlace::Folder(a_folder(db))).unwrap(),
            waiting: publishing::heed,
            settings,
            memory: Memory::default(),
        })
    }
}

/// An installation with one owner and their workspace.
pub struct World {
    /// The installation.
    pub app: App,
    /// Its time.
    pub clock: TestClock,
    /// Its front door, with the layers of the real server.
    pub router: Router,
    /// Who owns it.
    pub owner: PersonId,
    /// Their organization.
    pub organization: OrganizationId,
    /// Their workspace.
    pub workspace: WorkspaceId,
    owner_token: Secret<String>,
    /// Kept, because the database goes with it.
    _db: TestDb,
}

impl World {
    /// On this database, at [`BEGINNING`].
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn on(db: TestDb) -> World {
        Self::with(db, Connectors::default(), |_| {}).await
    }

    /// With connectors and other settings.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn with(db: TestDb, connectors: Connectors, change: impl FnOnce(&mut Settings)) -> World {
        let clock = TestClock::at(Timestamp::parse(BEGINNING).unwrap());
        let app = App::for_tests_with(&db, &clock, connectors, change).await;
        let router = api::serve(app.clone(), Router::new());
        let link = people::owner_link(&app).await.unwrap().expect("nobody owns it yet");
        let person = new_person("owner@example.org", "Olivia Owner");
        let token = Secret::from(link.fragment().unwrap());
        let new = people::NewOwner { token, person, workspace: "First workspace".into() };
        let (begun, workspace) = people::become_owner(&app, new, "").await.unwrap();
        let scope = Scope::system("test", workspace);
        let organization = workspaces::find(&app, &scope).await.unwrap().organization;
        let (owner, owner_token) = (begun.person, begun.token);
        World { app, clock, router, owner, organization, workspace, owner_token, _db: db }
    }

    /// One world on each engine there is.
    ///
    /// # Panics
    /// If they cannot be made.
    pub async fn both() -> Vec<World> {
        let mut worlds = Vec::new();
        for db in TestDb::both().await {
            worlds.push(World::on(db).await);
        }
        worlds
    }

    /// Moves the time forward.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The owner's standing in their workspace.
    pub fn scope(&self) -> Scope {
        self.scope_of(self.owner, self.workspace, Role::Owner)
    }

    /// A person's scope in a workspace.
    pub fn scope_of(&self, person: PersonId, workspace: WorkspaceId, role: Role) -> Scope {
        Scope::new(Actor::Person(person), workspace, role.permissions())
    }

    /// A client without credentials.
    pub fn nobody(&self) -> Client {
        Client::of(self.router.clone())
    }

    /// What the credentials of this client are at this moment.
    pub async fn identity(&self, client: &Client) -> crate::http::Identity {
        crate::http::Identity::of_headers(&self.app, &client.headers).await
    }

    fn with_session(&self, token: &Secret<String>) -> Client {
        let name = crate::http::OurCookie::Session.name(&self.app);
        self.nobody().with("cookie", &format!("{name}={}", token.expose()))
    }

    /// The owner, signed in anew: time has passed, and what touches accounts asks for a recent sign-in.
    ///
    /// # Panics
    /// If they are not let in.
    pub async fn signed_in_again(&self) -> Client {
        let body = serde_json::json!({ "email": "owner@example.org", "password": PASSWORD });
        let answer = self.nobody().post("/v1/session", body).await;
        let name = crate::http::OurCookie::Session.name(&self.app);
        let mut cookies = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let cookie = cookies.find_map(|value| value.split(';').next().filter(|pair| pair.starts_with(name)));
        self.nobody().with("cookie", cookie.unwrap_or_else(|| panic!("not let in: {}", answer.text)))
    }

    /// The owner, signed in at the beginning.
    pub fn owner(&self) -> Client {
        self.with_session(&self.owner_token)
    }

    /// A new person with this role in the workspace, signed in.
    ///
    /// # Panics
    /// If they cannot be made.
    pub async fn member(&self, role: Role) -> (PersonId, Client) {
        self.member_of(self.workspace, role).await
    }

    /// A new person with this role in a workspace, signed in.
    ///
    /// # Panics
    /// If they cannot be made.
    pub async fn member_of(&self, workspace: WorkspaceId, role: Role) -> (PersonId, Client) {
        let unique = base::random::token::<6>(&OsRandom).to_lowercase();
        let email = Secret::new(format!("{unique}@example.org"));
        let scope = Scope::system("test", workspace);
        let (_, link) = workspaces::add(&self.app, &scope, self.owner, &email, role).await.unwrap();
        let new = workspaces::NewAccount {
            name: format!("{role} {unique}"),
            password: PASSWORD.into(),
            language: "en".into(),
            zone: "Europe/Amsterdam".into(),
        };
        let token = Secret::from(link.fragment().unwrap());
        let (begun, _) = workspaces::accept(&self.app, &token, new, "").await.unwrap();
        (begun.person, self.with_session(&begun.token))
    }

    /// Another workspace, of another organization's owner who is a member of no other; with a client of theirs.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn stranger(&self) -> (WorkspaceId, Client) {
        let now = self.app.clock.now();
        let id = WorkspaceId::new(now, &OsRandom);
        let new = Workspace {
            id,
            organization: self.organization,
            name: "Elsewhere".into(),
            zone: "Asia/Tokyo".into(),
            language: "ja".into(),
            revision: crate::http::Revision(1),
            created_at: now,
        };
        let keeper = self.owner;
        self.app.db.write(async move |tx| workspaces::insert(tx, &new, keeper).await).await.unwrap();
        let (person, client) = self.member_of(id, Role::Owner).await;
        let scope = self.scope_of(person, id, Role::Owner);
        workspaces::remove(&self.app, &scope, self.owner).await.unwrap();
        (id, client)
    }

    /// A client with an API key of the owner that has these permissions.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn key(&self, permissions: impl IntoIterator<Item = Permission>) -> Client {
        let permissions: Permissions = permissions.into_iter().collect();
        let (_, text) = self.make_key(|new| new.permissions = Some(permissions)).await;
        self.with_key(&text)
    }

    /// Makes an API key of the owner.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn make_key(&self, change: impl FnOnce(&mut keys::NewKey)) -> (keys::Key, Secret<String>) {
        let mut new = keys::NewKey {
            name: "test".into(),
            permissions: None,
            channels: None,
            addresses: None,
            days: keys::DAYS_DEFAULT,
        };
        change(&mut new);
        keys::make(&self.app, &self.scope(), self.owner, new).await.unwrap()
    }

    /// A client with this API key.
    pub fn with_key(&self, text: &Secret<String>) -> Client {
        self.nobody().with("authorization", &format!("Bearer {}", text.expose()))
    }
}

fn new_person(email: &str, name: &str) -> people::NewPerson {
    people::NewPerson {
        email: email.into(),
        password: PASSWORD.into(),
        name: name.into(),
        language: "en".into(),
        zone: "Europe/Amsterdam".into(),
    }
}

/// The same installation after a restart, perhaps put together differently.
pub fn again(world: &mut World, change: impl FnOnce(&mut Parts)) {
    let old: &Parts = &world.app;
    let mut parts = Parts {
        db: old.db.clone(),
        clock: old.clock.clone(),
        random: old.random.clone(),
        connectors: old.connectors.clone(),
        guard: old.guard.clone(),
        vault: old.vault.clone(),
        blobs: old.blobs.clone(),
        waiting: old.waiting,
        settings: old.settings.clone(),
        memory: Memory::default(),
    };
    change(&mut parts);
    world.app = App::new(parts);
    world.router = api::serve(world.app.clone(), Router::new());
}

/// Sends requests, each with the same headers.
#[derive(Clone)]
pub struct Client {
    router: Router,
    headers: HeaderMap,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; `null` if it is none.
    pub json: Value,
    /// The body as it is.
    pub text: String,
}

impl Answer {
    /// A header as text, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The end of a problem's `type`, empty if it is none.
    pub fn problem(&self) -> &str {
        self.json["type"].as_str().and_then(|text| text.strip_prefix("/problems/")).unwrap_or_default()
    }
}

impl Client {
    /// A client without credentials, at this address.
    pub fn of(router: Router) -> Self {
        Self { router, headers: HeaderMap::new() }
    }

    /// The same with one more header.
    ///
    /// # Panics
    /// If it is not a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        self
    }

    /// What it says in `Authorization`, empty if nothing.
    pub fn authorization(&self) -> &str {
        self.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether they say who they are.
    pub fn is_known(&self) -> bool {
        let cookie = self.headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.headers.contains_key(header::AUTHORIZATION) || cookie.contains("session=")
    }

    /// The same in this workspace.
    #[must_use]
    pub fn in_workspace(self, id: WorkspaceId) -> Self {
        self.with(crate::http::WORKSPACE_HEADER, &id.to_string())
    }

    /// Sends a request.
    ///
    /// # Panics
    /// If the path is none.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        *request.headers_mut().unwrap() = self.headers.clone();
        let request = match body {
            Some(json) => {
                let headers = request.headers_mut().unwrap();
                headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
                request.body(Body::from(json.to_string()))
            }
            None => request.body(Body::empty()),
        };
        let answer = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        // A stream of events has no end to wait for; who wants its events takes the router itself.
        let endless = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let bytes = if endless { Default::default() } else { to_bytes(body, 64 << 20).await.unwrap() };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, json, text }
    }

    /// Sends a request that is not JSON, or wants an answer as a stream. The client's headers come on top of its own.
    ///
    /// # Panics
    /// Never; the router answers everything.
    pub async fn raw(&self, mut request: Request<Body>) -> Response {
        for (name, value) in &self.headers {
            request.headers_mut().entry(name).or_insert(value.clone());
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Puts JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Patches with JSON, from the revision that `If-Match: *` means.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        let client =
            if self.headers.contains_key(header::IF_MATCH) { self.clone() } else { self.clone().with("if-match", "*") };
        client.send(Method::PATCH, path, Some(body)).await
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }
}
