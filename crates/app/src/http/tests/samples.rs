//! One request that would succeed for every route that changes something, with its object made anew, and what becomes of it
//! when it is sent twice. A route of the API document without a row fails in `twice`.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request},
};
use base::{Role, TestClock, Timestamp};
use connector::{Connectors, FailureKind, ProofClass, testing::Behaviour, testing::FakePlatform};
use db::testing::TestDb;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::{
    App,
    http::RateLimits,
    publishing::{Engine, EngineSettings},
    testing::{BEGINNING, Client, PASSWORD, World},
};

/// What the second request does when the first has succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Second {
    /// It is refused, and nothing happens.
    Refused,
    /// It succeeds, and nothing more happens.
    Same,
    /// It does so once more, or is refused, for this reason. With an `Idempotency-Key` it does not, where the route is a POST.
    Again(&'static str),
    /// Both are refused here, for this reason.
    Never(&'static str),
}

/// A route, and its request.
pub(super) struct Row {
    pub route: &'static str,
    pub second: Second,
    pub make: for<'s> fn(&'s Stage, u32) -> BoxFuture<'s, Sample>,
}

impl Row {
    pub fn method(&self) -> Method {
        let (method, _) = self.route.split_once(' ').expect("a method and a path");
        method.parse().expect("a method")
    }
}

/// One request, who sends it, and where its effect is.
pub(super) struct Sample {
    pub client: Client,
    pub path: String,
    pub body: Sent,
    /// The `ETag` of its object, where it has one.
    pub etag: Option<String>,
    /// An installation of its own, where the request changes the whole of it.
    pub elsewhere: Option<(App, TestDb)>,
}

pub(super) enum Sent {
    Nothing,
    Json(Value),
    Bytes(Vec<u8>, Vec<(&'static str, &'static str)>),
}

impl Sample {
    fn of(client: Client, path: impl Into<String>) -> Self {
        Self { client, path: path.into(), body: Sent::Nothing, etag: None, elsewhere: None }
    }

    fn json(self, body: Value) -> Self {
        Self { body: Sent::Json(body), ..self }
    }

    async fn tagged(mut self, path: &str) -> Self {
        self.etag = Some(self.client.get(path).await.header("etag").to_owned());
        self
    }

    /// The request itself, from no one yet.
    pub fn request(&self, method: &Method, headers: &[(&str, &str)]) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(&self.path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match &self.body {
            Sent::Nothing => Body::empty(),
            Sent::Json(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            Sent::Bytes(bytes, said) => {
                for (name, value) in said {
                    request = request.header(*name, *value);
                }
                Body::from(bytes.clone())
            }
        };
        request.body(body).expect("a request")
    }

    pub async fn send(&self, method: &Method, headers: &[(&str, &str)]) -> Got {
        let answer = self.client.raw(self.request(method, headers)).await;
        let status = answer.status().as_u16();
        let [replayed, tagged, placed] =
            ["idempotency-replayed", "etag", "location"].map(|name| answer.headers().contains_key(name));
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.expect("an answer");
        Got { status, replayed, tagged, placed, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

#[derive(Debug)]
pub(super) struct Got {
    pub status: u16,
    pub replayed: bool,
    pub tagged: bool,
    pub placed: bool,
    pub text: String,
}

impl Got {
    pub fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn is_refused(&self) -> bool {
        (400..500).contains(&self.status)
    }
}

/// A workspace in which objects are made.
pub(super) struct Stage {
    pub world: World,
    pub fake: FakePlatform,
    pub engine: Arc<Engine>,
}

impl Stage {
    pub async fn new() -> Self {
        let fake = FakePlatform::new(ProofClass::ClientId { repeat_for_s: None });
        let connectors = Connectors::new(vec![Arc::new(fake.clone())]);
        let world =
            World::with(TestDb::sqlite().await, connectors, |settings| settings.limits = RateLimits::off()).await;
        let engine = Engine::new(world.app.clone(), EngineSettings::default());
        Self { world, fake, engine }
    }

    pub fn owner(&self) -> Client {
        self.world.owner()
    }

    pub async fn channel(&self, n: u32) -> String {
        self.fake.give_pages(&[]);
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": format!("account-{n}") } });
        let answer = self.owner().post("/v1/channels/connect", body).await;
        answer.json["channels"][0]["id"].as_str().expect("connected").to_owned()
    }

    /// A post on a channel of its own: a draft, or with a time.
    pub async fn post(&self, n: u32, schedule: Option<Value>) -> Value {
        let mut body = json!({ "text": format!("post {n}"), "channels": [{ "channel": self.channel(n).await }] });
        if let Some(schedule) = schedule {
            body["schedule"] = schedule;
        }
        let made = self.owner().post("/v1/posts", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        self.engine.drain().await.expect("drained");
        made.json
    }

    /// The comments of a live post, and one of them.
    async fn commented(&self, n: u32) -> (String, String) {
        let post = self.post(n, Some(json!({ "now": true }))).await;
        let text = format!("post {n}");
        let entry = self.fake.ledger().into_iter().rfind(|entry| entry.text == text).expect("live");
        let comment = self.fake.say_below(&entry.id, "ann", "Nice", self.world.now());
        (format!("/v1/publications/{}/comments", publication(&post)), comment)
    }

    pub async fn invitation(&self, n: u32) -> (String, String) {
        let body = json!({ "email": format!("guest-{n}@example.org"), "role": "author" });
        let made = self.owner().post("/v1/members", body).await;
        let token = token_of(&made.json);
        let listed = self.owner().get("/v1/invitations").await;
        let id = listed.json["items"][0]["id"].as_str().unwrap_or_default().to_owned();
        assert!(!token.is_empty() && !id.is_empty(), "{} {}", made.text, listed.text);
        (id, token)
    }

    /// Someone who is invited at their proven address, and the path of the invitation.
    async fn offer(&self) -> (Client, String) {
        let (_, client) = self.world.stranger().await;
        let email = client.get("/v1/me").await.json["email"].clone();
        let made = self.owner().post("/v1/members", json!({ "email": email, "role": "author" })).await;
        (client, format!("/v1/me/invitations/{}", id(&made.json["invitation"])))
    }

    /// The token of a link to set a member's password.
    async fn password_link(&self) -> String {
        let person = self.world.member(Role::Author).await.0;
        token_of(&self.owner().post(&format!("/v1/members/{person}/password-link"), json!({})).await.json)
    }

    /// The token of a link to connect an account, begun by a key.
    async fn connect_link(&self, n: u32) -> String {
        self.fake.give_pages(&[]);
        let key = self.world.key([base::Permission::ChannelsManage]).await;
        let body = json!({ "platform": "fake", "input": { "name": format!("account-{n}") } });
        let begun = key.post("/v1/channels/connect", body).await;
        let link = begun.json["redirect_to"].as_str().unwrap_or_default();
        link.split_once('#').map(|(_, token)| token.to_owned()).unwrap_or_default()
    }

    /// An attempt of the owner in which two pages wait to be chosen, and the keys of them.
    async fn choice(&self, n: u32) -> (String, Vec<Value>) {
        self.fake.give_pages(&[&format!("page-{n}"), &format!("other-page-{n}")]);
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": format!("account-{n}") } });
        let begun = self.owner().post("/v1/channels/connect", body).await;
        let attempt = begun.json["connection"].as_str().expect("a choice").to_owned();
        let offered = self.owner().get(&format!("/v1/connections/{attempt}")).await;
        (attempt, Self::keys(&offered.json))
    }

    fn keys(offered: &Value) -> Vec<Value> {
        offered["targets"].as_array().into_iter().flatten().map(|target| target["key"].clone()).collect()
    }

    /// A channel of an account that gives two pages.
    async fn chosen(&self, n: u32) -> String {
        let (attempt, keys) = self.choice(n).await;
        let path = format!("/v1/connections/{attempt}/channels");
        let chosen = self.owner().post(&path, json!({ "channels": keys[..1] })).await;
        chosen.json["channels"][0]["id"].as_str().expect("chosen").to_owned()
    }

    /// Its id, and the key itself.
    pub async fn key(&self, n: u32) -> (String, String) {
        let made = self.owner().post("/v1/keys", json!({ "name": format!("key {n}") })).await.json;
        (id(&made["key"]).to_owned(), made["secret"].as_str().expect("a key").to_owned())
    }

    pub async fn file(&self, n: u32) -> String {
        let sample = Sample { body: picture(n), ..Sample::of(self.owner(), "/v1/media") };
        let got = sample.send(&Method::POST, &[]).await;
        let media: Value = serde_json::from_str(&got.text).unwrap_or_default();
        media["id"].as_str().unwrap_or_else(|| panic!("stored: {}", got.text)).to_owned()
    }

    pub async fn upload(&self, n: u32) -> (String, Vec<u8>) {
        let Sent::Bytes(bytes, _) = picture(n) else { unreachable!("a picture is bytes") };
        let begun = self.owner().post("/v1/uploads", json!({ "size_bytes": bytes.len() })).await;
        (begun.header("location").to_owned(), bytes)
    }
}

/// What the link of an invitation carries.
fn token_of(invited: &Value) -> String {
    let link = invited["link"].as_str().unwrap_or_default();
    link.split_once('#').map(|(_, token)| token.to_owned()).unwrap_or_default()
}

fn account(token: &str) -> Value {
    json!({ "token": token, "name": "Gus", "password": PASSWORD, "language": "en", "zone": "UTC" })
}

/// A picture unlike the others.
fn picture(n: u32) -> Sent {
    let color = image::Rgb([(n % 251) as u8, (n / 251) as u8, 7]);
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(4, 4, color).write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    Sent::Bytes(bytes.into_inner(), vec![("content-type", "application/octet-stream")])
}

pub(super) fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

pub(super) fn publication(post: &Value) -> &str {
    id(&post["publications"][0])
}

macro_rules! row {
    ($route:literal, $second:expr, |$stage:ident, $n:ident| $make:expr) => {
        Row { route: $route, second: $second, make: |$stage: &Stage, $n: u32| Box::pin(async move { $make }) }
    };
}

/// Another of a kind: asking twice makes two, unless the request has an `Idempotency-Key`.
const ANOTHER: Second = Second::Again("it makes another one");
/// A setting is set to what it is.
const SET_ANEW: Second = Second::Again("it is set to the same once more, and the audit trail says who set it");

pub(super) fn rows() -> Vec<Row> {
    use Second::{Again, Never, Refused, Same};
    vec![
        row!("POST /v1/channels/connect", Again("the account is connected anew, as the same channel"), |stage, n| {
            stage.fake.give_pages(&[]);
            let input = json!({ "name": format!("account-{n}") });
            let body = json!({ "platform": "fake", "way": "password", "input": input });
            Sample::of(stage.owner(), "/v1/channels/connect").json(body)
        }),
        row!("DELETE /v1/channels/{channel}", Refused, |stage, n| {
            Sample::of(stage.owner(), format!("/v1/channels/{}", stage.channel(n).await))
        }),
        row!(
            "POST /v1/channels/{channel}/more",
            Again("the platform is asked anew, for another choice"),
            |stage, n| {
                Sample::of(stage.owner(), format!("/v1/channels/{}/more", stage.chosen(n).await)).json(json!({}))
            }
        ),
        row!("POST /v1/channels/{channel}/refresh", Same, |stage, n| {
            Sample::of(stage.owner(), format!("/v1/channels/{}/refresh", stage.channel(n).await)).json(json!({}))
        }),
        row!("PUT /v1/channels/{channel}/pause", SET_ANEW, |stage, n| {
            let path = format!("/v1/channels/{}/pause", stage.channel(n).await);
            Sample::of(stage.owner(), path).json(json!({ "reason": "holiday" }))
        }),
        row!("DELETE /v1/channels/{channel}/pause", SET_ANEW, |stage, n| {
            let path = format!("/v1/channels/{}/pause", stage.channel(n).await);
            stage.owner().put(&path, json!({ "reason": "holiday" })).await;
            Sample::of(stage.owner(), path)
        }),
        row!("PUT /v1/channels/{channel}/slots", SET_ANEW, |stage, n| {
            let path = format!("/v1/channels/{}/slots", stage.channel(n).await);
            let slots = json!([{ "weekday": 1, "time": "11:00" }]);
            Sample::of(stage.owner(), path).json(json!({ "zone": "Europe/Amsterdam", "slots": slots }))
        }),
        row!("PUT /v1/instance/stop", SET_ANEW, |stage, _n| Sample::of(stage.owner(), "/v1/instance/stop")),
        row!("DELETE /v1/instance/stop", SET_ANEW, |stage, _n| Sample::of(stage.owner(), "/v1/instance/stop")),
        row!("POST /v1/invitations/accept", Refused, |stage, n| {
            Sample::of(stage.world.nobody(), "/v1/invitations/accept").json(account(&stage.invitation(n).await.1))
        }),
        row!("POST /v1/invitations/decline", Refused, |stage, n| {
            let token = stage.invitation(n).await.1;
            Sample::of(stage.world.nobody(), "/v1/invitations/decline").json(json!({ "token": token }))
        }),
        row!("POST /v1/invitations/join", Refused, |stage, n| {
            let token = stage.invitation(n).await.1;
            // Who was invited has come to another workspace by now.
            let (other, elsewhere) = stage.world.stranger().await;
            let body = json!({ "email": format!("guest-{n}@example.org"), "role": "author" });
            let body = account(&token_of(&elsewhere.post("/v1/members", body).await.json));
            let came = stage.world.nobody().post("/v1/invitations/accept", body).await;
            let cookie = came.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
            let client = stage.world.nobody().with("cookie", &cookie).in_workspace(other);
            Sample::of(client, "/v1/invitations/join").json(json!({ "token": token }))
        }),
        row!("POST /v1/invitations/look", Same, |stage, n| {
            let token = stage.invitation(n).await.1;
            Sample::of(stage.world.nobody(), "/v1/invitations/look").json(json!({ "token": token }))
        }),
        row!("DELETE /v1/invitations/{invitation}", Refused, |stage, n| {
            Sample::of(stage.owner(), format!("/v1/invitations/{}", stage.invitation(n).await.0))
        }),
        row!("POST /v1/keys", ANOTHER, |stage, n| {
            Sample::of(stage.owner(), "/v1/keys").json(json!({ "name": format!("key {n}") }))
        }),
        row!("POST /v1/keys/revoke", Same, |stage, n| {
            Sample::of(stage.world.nobody(), "/v1/keys/revoke").json(json!({ "key": stage.key(n).await.1 }))
        }),
        row!("DELETE /v1/keys/{key}", Refused, |stage, n| {
            Sample::of(stage.owner(), format!("/v1/keys/{}", stage.key(n).await.0))
        }),
        row!("POST /v1/keys/{key}/rotate", Refused, |stage, n| {
            let path = format!("/v1/keys/{}/rotate", stage.key(n).await.0);
            Sample::of(stage.owner(), path).json(json!({}))
        }),
        row!("PATCH /v1/me", SET_ANEW, |stage, n| {
            let (_, client) = stage.world.member(Role::Author).await;
            Sample::of(client, "/v1/me").json(json!({ "name": format!("Name {n}") })).tagged("/v1/me").await
        }),
        row!("PUT /v1/me/email", Again("the same address is set, if the session still is what it was"), |stage, n| {
            let (_, client) = stage.world.member(Role::Author).await;
            Sample::of(client, "/v1/me/email").json(json!({ "email": format!("new-{n}@example.org") }))
        }),
        row!("PUT /v1/me/password", Refused, |stage, n| {
            let (_, client) = stage.world.member(Role::Author).await;
            let new = format!("lantern wombat quilt {n}");
            Sample::of(client, "/v1/me/password").json(json!({ "current_password": PASSWORD, "new_password": new }))
        }),
        row!("POST /v1/media", ANOTHER, |stage, n| Sample {
            body: picture(n),
            ..Sample::of(stage.owner(), "/v1/media")
        }),
        row!("POST /v1/media/from-url", Never("nothing is fetched from this computer itself"), |stage, _n| {
            Sample::of(stage.owner(), "/v1/media/from-url").json(json!({ "url": "http://127.0.0.1/picture.png" }))
        }),
        row!("PATCH /v1/media/{media}", SET_ANEW, |stage, n| {
            Sample::of(stage.owner(), format!("/v1/media/{}", stage.file(n).await)).json(json!({ "alt": "A square" }))
        }),
        row!("DELETE /v1/media/{media}", Refused, |stage, n| {
            Sample::of(stage.owner(), format!("/v1/media/{}", stage.file(n).await))
        }),
        row!("POST /v1/members", Again("the invitation is replaced by a new one"), |stage, n| {
            let body = json!({ "email": format!("guest-{n}@example.org"), "role": "author" });
            Sample::of(stage.owner(), "/v1/members").json(body)
        }),
        row!("POST /v1/me/invitations/{invitation}", Refused, |stage, _n| {
            let (client, path) = stage.offer().await;
            Sample::of(client, path).json(json!({}))
        }),
        row!("DELETE /v1/me/invitations/{invitation}", Refused, |stage, _n| {
            let (client, path) = stage.offer().await;
            Sample::of(client, path)
        }),
        row!("POST /v1/members/{person}/password-link", Again("a new link replaces the first"), |stage, _n| {
            let person = stage.world.member(Role::Author).await.0;
            Sample::of(stage.owner(), format!("/v1/members/{person}/password-link")).json(json!({}))
        }),
        row!("POST /v1/password", Refused, |stage, _n| {
            let body = json!({ "token": stage.password_link().await, "password": "lantern wombat quilt canyon" });
            Sample::of(stage.world.nobody(), "/v1/password").json(body)
        }),
        row!("POST /v1/password/look", Same, |stage, _n| {
            let body = json!({ "token": stage.password_link().await });
            Sample::of(stage.world.nobody(), "/v1/password/look").json(body)
        }),
        row!("POST /v1/connections/{connection}/channels", Refused, |stage, n| {
            let (attempt, keys) = stage.choice(n).await;
            Sample::of(stage.owner(), format!("/v1/connections/{attempt}/channels")).json(json!({ "channels": keys }))
        }),
        row!("POST /v1/connections/link", Refused, |stage, n| {
            let token = stage.connect_link(n).await;
            stage.fake.give_pages(&[&format!("page-{n}"), &format!("other-page-{n}")]);
            let opened = stage.world.nobody().post("/v1/connections/open", json!({ "token": token })).await;
            let cookie = opened.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
            let browser = stage.world.nobody().with("cookie", &cookie);
            let to: url::Url = opened.json["redirect_to"].as_str().unwrap_or_default().parse().expect("an address");
            let state = to.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
            browser.get(&format!("/connect/fake/callback?code=yes&state={}", state.expect("a state"))).await;
            let keys = Stage::keys(&browser.get("/v1/connections/link").await.json);
            Sample::of(browser, "/v1/connections/link").json(json!({ "channels": keys }))
        }),
        row!("POST /v1/connections/look", Same, |stage, n| {
            let body = json!({ "token": stage.connect_link(n).await });
            Sample::of(stage.world.nobody(), "/v1/connections/look").json(body)
        }),
        row!("POST /v1/connections/open", Refused, |stage, n| {
            let body = json!({ "token": stage.connect_link(n).await });
            Sample::of(stage.world.nobody(), "/v1/connections/open").json(body)
        }),
        row!("DELETE /v1/members/{person}", Refused, |stage, _n| {
            let person = stage.world.member(Role::Author).await.0;
            Sample::of(stage.owner(), format!("/v1/members/{person}"))
        }),
        row!("PATCH /v1/members/{person}", SET_ANEW, |stage, _n| {
            let person = stage.world.member(Role::Author).await.0;
            Sample::of(stage.owner(), format!("/v1/members/{person}")).json(json!({ "role": "editor" }))
        }),
        row!("POST /v1/owner", Refused, |_stage, _n| {
            let db = TestDb::sqlite().await;
            let clock = TestClock::at(Timestamp::parse(BEGINNING).expect("an instant"));
            let app = App::for_tests(&db, &clock).await;
            let link = crate::people::owner_link(&app).await.expect("read").expect("nobody owns it");
            let body = json!({
                "token": link.fragment(), "email": "owner@example.org", "password": PASSWORD, "name": "Olivia",
                "zone": "UTC", "language": "en", "workspace": "First",
            });
            let client = Client::of(crate::api::serve(app.clone(), axum::Router::new()));
            Sample { elsewhere: Some((app, db)), ..Sample::of(client, "/v1/owner").json(body) }
        }),
        row!("PUT /v1/platforms/{platform}/app", SET_ANEW, |stage, _n| {
            Sample::of(stage.owner(), "/v1/platforms/fake/app").json(json!({ "values": {} }))
        }),
        row!("DELETE /v1/platforms/{platform}/app", Refused, |stage, _n| {
            stage.owner().put("/v1/platforms/fake/app", json!({ "values": {} })).await;
            Sample::of(stage.owner(), "/v1/platforms/fake/app")
        }),
        row!("POST /v1/platforms/{platform}/test", Same, |stage, _n| {
            stage.owner().put("/v1/platforms/fake/app", json!({ "values": {} })).await;
            Sample::of(stage.owner(), "/v1/platforms/fake/test").json(json!({}))
        }),
        row!("POST /v1/posts", ANOTHER, |stage, n| {
            let channel = stage.channel(n).await;
            let body = json!({ "text": "Hello", "channels": [{ "channel": channel }], "schedule": { "now": true } });
            Sample::of(stage.owner(), "/v1/posts").json(body)
        }),
        row!("POST /v1/posts/validate", Same, |stage, n| {
            let channel = stage.channel(n).await;
            let body = json!({ "text": "Hello", "channels": [{ "channel": channel }] });
            Sample::of(stage.owner(), "/v1/posts/validate").json(body)
        }),
        row!("POST /v1/posts/read", Same, |stage, n| {
            let channel = stage.channel(n).await;
            let body = json!({ "channels": [{ "channel": channel, "parts": [{ "text": "Hello" }] }] });
            Sample::of(stage.owner(), "/v1/posts/read").json(body)
        }),
        row!("DELETE /v1/posts/{post}", Refused, |stage, n| {
            let post = stage.post(n, Some(json!({ "at": "2031-01-01T09:00:00Z" }))).await;
            Sample::of(stage.owner(), format!("/v1/posts/{}", id(&post)))
        }),
        row!("PATCH /v1/posts/{post}", Same, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            let body = json!({ "parts": [{ "text": "Better" }] });
            Sample::of(stage.owner(), path.clone()).json(body).tagged(&path).await
        }),
        row!("POST /v1/posts/{post}/schedule", Refused, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            let body = json!({ "schedule": { "now": true } });
            Sample::of(stage.owner(), format!("{path}/schedule")).json(body).tagged(&path).await
        }),
        row!("POST /v1/posts/{post}/restore", Same, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            stage.owner().delete(&path).await;
            Sample::of(stage.owner(), format!("{path}/restore")).json(json!({}))
        }),
        row!("PUT /v1/posts/{post}/review", Same, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            let body = json!({ "note": "Please look" });
            Sample::of(stage.owner(), format!("{path}/review")).json(body).tagged(&path).await
        }),
        row!("POST /v1/posts/{post}/review/return", Refused, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            stage.owner().with("if-match", "*").put(&format!("{path}/review"), json!({})).await;
            let body = json!({ "note": "Shorter" });
            Sample::of(stage.owner(), format!("{path}/review/return")).json(body).tagged(&path).await
        }),
        row!("POST /v1/series/{series}", Refused, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            let body = json!({
                "schedule": { "local": "2031-01-01T09:00", "zone": "Europe/Amsterdam" },
                "repeat": { "every": "day", "count": 3 },
            });
            let post = stage.owner().with("if-match", "*").post(&format!("{path}/schedule"), body).await.json;
            let series = format!("/v1/series/{}", id(&post["series"][0]));
            Sample::of(stage.owner(), series).json(json!({ "act": "end" })).tagged(&path).await
        }),
        row!("POST /v1/publications/{publication}/decision", Refused, |stage, n| {
            stage.fake.for_text(&format!("post {n}"), [Behaviour::Refuse(FailureKind::ContentRefused)]);
            let path = format!("/v1/publications/{}", publication(&stage.post(n, Some(json!({ "now": true }))).await));
            Sample::of(stage.owner(), format!("{path}/decision"))
                .json(json!({ "decision": "send" }))
                .tagged(&path)
                .await
        }),
        row!("POST /v1/publications/{publication}/comments/{comment}/replies", ANOTHER, |stage, n| {
            let (path, comment) = stage.commented(n).await;
            Sample::of(stage.owner(), format!("{path}/{comment}/replies")).json(json!({ "text": "Thank you" }))
        }),
        row!(
            "POST /v1/publications/{publication}/comments/{comment}/{change}",
            Again("it is hidden once more, which changes nothing"),
            |stage, n| {
                let (path, comment) = stage.commented(n).await;
                Sample::of(stage.owner(), format!("{path}/{comment}/hide")).json(json!({}))
            }
        ),
        row!("DELETE /v1/publications/{publication}/comments/{comment}", Refused, |stage, n| {
            let (path, comment) = stage.commented(n).await;
            Sample::of(stage.owner(), format!("{path}/{comment}"))
        }),
        row!("DELETE /v1/publications/{publication}/live", Same, |stage, n| {
            let post = stage.post(n, Some(json!({ "now": true }))).await;
            Sample::of(stage.owner(), format!("/v1/publications/{}/live", publication(&post)))
        }),
        row!("PUT /v1/publications/{publication}/live", Same, |stage, n| {
            stage.fake.take_edits([]);
            let post = stage.post(n, Some(json!({ "now": true }))).await;
            let body = json!({ "parts": [{ "text": "Better" }] });
            Sample::of(stage.owner(), format!("/v1/publications/{}/live", publication(&post))).json(body)
        }),
        row!("POST /v1/session", Again("each sign-in begins a session of its own"), |stage, _n| {
            let body = json!({ "email": "owner@example.org", "password": PASSWORD });
            Sample::of(stage.world.nobody(), "/v1/session").json(body)
        }),
        row!("DELETE /v1/session", Refused, |stage, _n| {
            Sample::of(stage.world.member(Role::Author).await.1, "/v1/session")
        }),
        row!("DELETE /v1/sessions/{session}", Refused, |stage, _n| {
            let client = stage.world.member(Role::Author).await.1;
            let email = client.get("/v1/me").await.json["email"].clone();
            stage.world.nobody().post("/v1/session", json!({ "email": email, "password": PASSWORD })).await;
            let sessions = client.get("/v1/sessions").await.json;
            let others = sessions["items"].as_array().expect("sessions").iter().find(|one| one["current"] != true);
            Sample::of(client, format!("/v1/sessions/{}", id(others.expect("the other one"))))
        }),
        row!("POST /v1/uploads", ANOTHER, |stage, _n| {
            Sample::of(stage.owner(), "/v1/uploads").json(json!({ "size_bytes": 10 }))
        }),
        row!("PATCH /v1/uploads/{upload}", Refused, |stage, n| {
            let (path, bytes) = stage.upload(n).await;
            let said = vec![("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
            Sample { body: Sent::Bytes(bytes, said), ..Sample::of(stage.owner(), path) }
        }),
        row!("DELETE /v1/uploads/{upload}", Refused, |stage, n| Sample::of(stage.owner(), stage.upload(n).await.0)),
        row!("POST /v1/uploads/{upload}/finish", Same, |stage, n| {
            let (path, bytes) = stage.upload(n).await;
            let said = vec![("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
            let piece = Sample { body: Sent::Bytes(bytes, said), ..Sample::of(stage.owner(), path.clone()) };
            assert!(piece.send(&Method::PATCH, &[]).await.is_done());
            Sample::of(stage.owner(), format!("{path}/finish")).json(json!({}))
        }),
        row!("POST /v1/workspaces", ANOTHER, |stage, n| {
            Sample::of(stage.owner(), "/v1/workspaces").json(json!({ "name": format!("Workspace {n}") }))
        }),
        row!("PATCH /v1/workspaces/{workspace}", SET_ANEW, |stage, n| {
            let path = format!("/v1/workspaces/{}", stage.world.workspace);
            Sample::of(stage.owner(), path.clone()).json(json!({ "name": format!("Name {n}") })).tagged(&path).await
        }),
    ]
}
