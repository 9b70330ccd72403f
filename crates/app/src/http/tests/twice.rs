//! Every route that changes something, asked twice: in a row, at the same moment, and from the revision before the first.
//!
//! People click twice, and clients ask again when an answer is lost. A table says for each route how its object is made, what
//! is asked, and what becomes of the second request; a route of the API document without a row fails. An effect is counted as
//! rows of the database and as posts at the platform, and what is recorded in the audit trail counts too.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request},
};
use base::{Role, TestClock, Timestamp};
use connector::{Connectors, FailureKind, ProofClass, testing::Behaviour, testing::FakePlatform};
use db::testing::TestDb;
use futures::{FutureExt as _, future::BoxFuture};
use serde_json::{Value, json};

use crate::{
    App,
    http::RateLimits,
    publishing::{Engine, EngineSettings},
    testing::{BEGINNING, Client, PASSWORD, World},
};

/// What the second request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Second {
    /// It is refused, and nothing happens.
    Refused,
    /// It succeeds, and nothing more happens.
    Same,
    /// It does so once more, or is refused, for this reason. With an `Idempotency-Key` it does not, where the route is a POST.
    Again(&'static str),
    /// Both are refused here, for this reason.
    Never(&'static str),
}

struct Row {
    route: &'static str,
    second: Second,
    make: for<'s> fn(&'s Stage, u32) -> BoxFuture<'s, Ask>,
}

/// One request, and where its effect is.
struct Ask {
    client: Client,
    path: String,
    body: Sent,
    /// The `ETag` of its object, where it has one.
    etag: Option<String>,
    /// An installation of its own, where the request changes the whole of it.
    elsewhere: Option<(App, TestDb)>,
}

enum Sent {
    Nothing,
    Json(Value),
    Bytes(Vec<u8>, Vec<(&'static str, &'static str)>),
}

impl Ask {
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

    async fn send(&self, method: &Method, headers: &[(&str, &str)]) -> Got {
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
        let answer = self.client.raw(request.body(body).expect("a request")).await;
        let status = answer.status().as_u16();
        let [replayed, tagged, placed] =
            ["idempotency-replayed", "etag", "location"].map(|name| answer.headers().contains_key(name));
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.expect("an answer");
        Got { status, replayed, tagged, placed, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

#[derive(Debug)]
struct Got {
    status: u16,
    replayed: bool,
    tagged: bool,
    placed: bool,
    text: String,
}

impl Got {
    fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn is_refused(&self) -> bool {
        (400..500).contains(&self.status)
    }
}

/// How many rows there are in each table, and posts at the platform.
type Effects = BTreeMap<String, i64>;

/// Bookkeeping that is no effect: who may ask how often, and which requests were asked.
const NO_EFFECT: &[&str] = &["idempotency_keys", "lanes", "nodes", "exchanges"];

fn since(before: &Effects, after: &Effects) -> Effects {
    let grown = |(name, count): (&String, &i64)| (name.clone(), count - before.get(name).copied().unwrap_or(0));
    after.iter().map(grown).filter(|(_, more)| *more != 0).collect()
}

struct Stage {
    world: World,
    fake: FakePlatform,
    engine: Arc<Engine>,
}

impl Stage {
    async fn new() -> Self {
        let fake = FakePlatform::new(ProofClass::ClientId { repeat_for_s: None });
        let connectors = Connectors::new(vec![Arc::new(fake.clone())]);
        let world =
            World::with(TestDb::sqlite().await, connectors, |settings| settings.limits = RateLimits::off()).await;
        let engine = Engine::new(world.app.clone(), EngineSettings::default());
        Self { world, fake, engine }
    }

    async fn effects(&self, app: &App) -> Effects {
        self.engine.drain().await.expect("drained");
        let mut effects = Effects::from([("posts at the platform".to_owned(), self.fake.ledger().len() as i64)]);
        for table in db::schema(&app.db).await.expect("the schema").into_keys() {
            if NO_EFFECT.contains(&table.as_str()) {
                continue;
            }
            let sql = format!("SELECT COUNT(*) AS n FROM {table}");
            let read = app.db.read(async move |tx| tx.one(&sql, &[]).await?.int("n"));
            effects.insert(table, read.await.map_err(|error: db::Error| error).expect("counted"));
        }
        effects
    }

    /// How many claims of this key have no mark of an effect.
    async fn unmarked(&self, key: &str) -> i64 {
        use sha2::Digest as _;
        let key = hex::encode(sha2::Sha256::digest(key.as_bytes()));
        let read = self.world.app.db.read(async move |tx| {
            let sql = "SELECT COUNT(*) AS n FROM idempotency_keys WHERE key = $1 AND made IS NULL";
            tx.one(sql, db::args![&key]).await?.int("n")
        });
        read.await.map_err(|error: db::Error| error).expect("counted")
    }

    fn owner(&self) -> Client {
        self.world.owner()
    }

    async fn channel(&self, n: u32) -> String {
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": format!("account-{n}") } });
        let answer = self.owner().post("/v1/channels/connect", body).await;
        answer.json["channels"][0]["id"].as_str().expect("connected").to_owned()
    }

    /// A post on a channel of its own: a draft, or with a time.
    async fn post(&self, n: u32, schedule: Option<Value>) -> Value {
        let mut body = json!({ "text": format!("post {n}"), "channels": [{ "channel": self.channel(n).await }] });
        if let Some(schedule) = schedule {
            body["schedule"] = schedule;
        }
        let made = self.owner().post("/v1/posts", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        self.engine.drain().await.expect("drained");
        made.json
    }

    async fn invitation(&self, n: u32) -> (String, String) {
        let body = json!({ "email": format!("guest-{n}@example.org"), "role": "author" });
        let made = self.owner().post("/v1/members", body).await;
        let token = token_of(&made.json);
        let listed = self.owner().get("/v1/invitations").await;
        let id = listed.json["items"][0]["id"].as_str().unwrap_or_default().to_owned();
        assert!(!token.is_empty() && !id.is_empty(), "{} {}", made.text, listed.text);
        (id, token)
    }

    /// Somebody who is invited at their proven address, and the path of the invitation.
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
        let key = self.world.key([base::Permission::ChannelsManage]).await;
        let body = json!({ "platform": "fake", "input": { "name": format!("account-{n}") } });
        let begun = key.post("/v1/channels/connect", body).await;
        let link = begun.json["redirect_to"].as_str().unwrap_or_default();
        link.split_once('#').map(|(_, token)| token.to_owned()).unwrap_or_default()
    }

    /// Its id, and the key itself.
    async fn key(&self, n: u32) -> (String, String) {
        let made = self.owner().post("/v1/keys", json!({ "name": format!("key {n}") })).await.json;
        (id(&made["key"]).to_owned(), made["secret"].as_str().expect("a key").to_owned())
    }

    async fn file(&self, n: u32) -> String {
        let ask = Ask { body: picture(n), ..Ask::of(self.owner(), "/v1/media") };
        let got = ask.send(&Method::POST, &[]).await;
        let media: Value = serde_json::from_str(&got.text).unwrap_or_default();
        media["id"].as_str().unwrap_or_else(|| panic!("stored: {}", got.text)).to_owned()
    }

    async fn upload(&self, n: u32) -> (String, Vec<u8>) {
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

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

fn publication(post: &Value) -> &str {
    id(&post["publications"][0])
}

macro_rules! row {
    ($route:literal, $second:expr, |$stage:ident, $n:ident| $make:expr) => {
        Row { route: $route, second: $second, make: |$stage: &Stage, $n: u32| Box::pin(async move { $make }) }
    };
}

/// Another of a kind: whoever asks twice wants two, unless the request has an `Idempotency-Key`.
const ANOTHER: Second = Second::Again("it makes another one");
/// A setting is set to what it is.
const SET_ANEW: Second = Second::Again("it is set to the same once more, and the audit trail says who set it");

fn rows() -> Vec<Row> {
    use Second::{Again, Never, Refused, Same};
    vec![
        row!("POST /v1/channels/connect", Again("the account is connected anew, as the same channel"), |stage, n| {
            let input = json!({ "name": format!("account-{n}") });
            let body = json!({ "platform": "fake", "way": "password", "input": input });
            Ask::of(stage.owner(), "/v1/channels/connect").json(body)
        }),
        row!("DELETE /v1/channels/{channel}", Refused, |stage, n| {
            Ask::of(stage.owner(), format!("/v1/channels/{}", stage.channel(n).await))
        }),
        row!("PUT /v1/channels/{channel}/pause", SET_ANEW, |stage, n| {
            let path = format!("/v1/channels/{}/pause", stage.channel(n).await);
            Ask::of(stage.owner(), path).json(json!({ "reason": "holiday" }))
        }),
        row!("DELETE /v1/channels/{channel}/pause", SET_ANEW, |stage, n| {
            let path = format!("/v1/channels/{}/pause", stage.channel(n).await);
            stage.owner().put(&path, json!({ "reason": "holiday" })).await;
            Ask::of(stage.owner(), path)
        }),
        row!("PUT /v1/channels/{channel}/slots", SET_ANEW, |stage, n| {
            let path = format!("/v1/channels/{}/slots", stage.channel(n).await);
            let slots = json!([{ "weekday": 1, "time": "11:00" }]);
            Ask::of(stage.owner(), path).json(json!({ "zone": "Europe/Amsterdam", "slots": slots }))
        }),
        row!("PUT /v1/instance/stop", SET_ANEW, |stage, _n| Ask::of(stage.owner(), "/v1/instance/stop")),
        row!("DELETE /v1/instance/stop", SET_ANEW, |stage, _n| Ask::of(stage.owner(), "/v1/instance/stop")),
        row!("POST /v1/invitations/accept", Refused, |stage, n| {
            Ask::of(stage.world.nobody(), "/v1/invitations/accept").json(account(&stage.invitation(n).await.1))
        }),
        row!("POST /v1/invitations/decline", Refused, |stage, n| {
            let token = stage.invitation(n).await.1;
            Ask::of(stage.world.nobody(), "/v1/invitations/decline").json(json!({ "token": token }))
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
            Ask::of(client, "/v1/invitations/join").json(json!({ "token": token }))
        }),
        row!("POST /v1/invitations/look", Same, |stage, n| {
            let token = stage.invitation(n).await.1;
            Ask::of(stage.world.nobody(), "/v1/invitations/look").json(json!({ "token": token }))
        }),
        row!("DELETE /v1/invitations/{invitation}", Refused, |stage, n| {
            Ask::of(stage.owner(), format!("/v1/invitations/{}", stage.invitation(n).await.0))
        }),
        row!("POST /v1/keys", ANOTHER, |stage, n| {
            Ask::of(stage.owner(), "/v1/keys").json(json!({ "name": format!("key {n}") }))
        }),
        row!("POST /v1/keys/revoke", Same, |stage, n| {
            Ask::of(stage.world.nobody(), "/v1/keys/revoke").json(json!({ "key": stage.key(n).await.1 }))
        }),
        row!("DELETE /v1/keys/{key}", Refused, |stage, n| {
            Ask::of(stage.owner(), format!("/v1/keys/{}", stage.key(n).await.0))
        }),
        row!("POST /v1/keys/{key}/rotate", Refused, |stage, n| {
            let path = format!("/v1/keys/{}/rotate", stage.key(n).await.0);
            Ask::of(stage.owner(), path).json(json!({}))
        }),
        row!("PATCH /v1/me", SET_ANEW, |stage, n| {
            let (_, client) = stage.world.member(Role::Author).await;
            Ask::of(client, "/v1/me").json(json!({ "name": format!("Name {n}") })).tagged("/v1/me").await
        }),
        row!("PUT /v1/me/email", Again("the same address is set, if the session still is what it was"), |stage, n| {
            let (_, client) = stage.world.member(Role::Author).await;
            Ask::of(client, "/v1/me/email").json(json!({ "email": format!("new-{n}@example.org") }))
        }),
        row!("PUT /v1/me/password", Refused, |stage, n| {
            let (_, client) = stage.world.member(Role::Author).await;
            let new = format!("lantern wombat quilt {n}");
            Ask::of(client, "/v1/me/password").json(json!({ "current_password": PASSWORD, "new_password": new }))
        }),
        row!("POST /v1/media", ANOTHER, |stage, n| Ask { body: picture(n), ..Ask::of(stage.owner(), "/v1/media") }),
        row!("POST /v1/media/from-url", Never("nothing is fetched from this computer itself"), |stage, _n| {
            Ask::of(stage.owner(), "/v1/media/from-url").json(json!({ "url": "http://127.0.0.1/picture.png" }))
        }),
        row!("PATCH /v1/media/{media}", SET_ANEW, |stage, n| {
            Ask::of(stage.owner(), format!("/v1/media/{}", stage.file(n).await)).json(json!({ "alt": "A square" }))
        }),
        row!("DELETE /v1/media/{media}", Refused, |stage, n| {
            Ask::of(stage.owner(), format!("/v1/media/{}", stage.file(n).await))
        }),
        row!("POST /v1/members", Again("the invitation is replaced by a new one"), |stage, n| {
            let body = json!({ "email": format!("guest-{n}@example.org"), "role": "author" });
            Ask::of(stage.owner(), "/v1/members").json(body)
        }),
        row!("POST /v1/me/invitations/{invitation}", Refused, |stage, _n| {
            let (client, path) = stage.offer().await;
            Ask::of(client, path).json(json!({}))
        }),
        row!("DELETE /v1/me/invitations/{invitation}", Refused, |stage, _n| {
            let (client, path) = stage.offer().await;
            Ask::of(client, path)
        }),
        row!("POST /v1/members/{person}/password-link", Again("a new link replaces the first"), |stage, _n| {
            let person = stage.world.member(Role::Author).await.0;
            Ask::of(stage.owner(), format!("/v1/members/{person}/password-link")).json(json!({}))
        }),
        row!("POST /v1/password", Refused, |stage, _n| {
            let body = json!({ "token": stage.password_link().await, "password": "lantern wombat quilt canyon" });
            Ask::of(stage.world.nobody(), "/v1/password").json(body)
        }),
        row!("POST /v1/password/look", Same, |stage, _n| {
            let body = json!({ "token": stage.password_link().await });
            Ask::of(stage.world.nobody(), "/v1/password/look").json(body)
        }),
        row!("POST /v1/connections/look", Same, |stage, n| {
            let body = json!({ "token": stage.connect_link(n).await });
            Ask::of(stage.world.nobody(), "/v1/connections/look").json(body)
        }),
        row!("POST /v1/connections/open", Refused, |stage, n| {
            let body = json!({ "token": stage.connect_link(n).await });
            Ask::of(stage.world.nobody(), "/v1/connections/open").json(body)
        }),
        row!("DELETE /v1/members/{person}", Refused, |stage, _n| {
            let person = stage.world.member(Role::Author).await.0;
            Ask::of(stage.owner(), format!("/v1/members/{person}"))
        }),
        row!("PATCH /v1/members/{person}", SET_ANEW, |stage, _n| {
            let person = stage.world.member(Role::Author).await.0;
            Ask::of(stage.owner(), format!("/v1/members/{person}")).json(json!({ "role": "editor" }))
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
            Ask { elsewhere: Some((app, db)), ..Ask::of(client, "/v1/owner").json(body) }
        }),
        row!("PUT /v1/platforms/{platform}/app", SET_ANEW, |stage, _n| {
            Ask::of(stage.owner(), "/v1/platforms/fake/app").json(json!({ "values": {} }))
        }),
        row!("DELETE /v1/platforms/{platform}/app", Refused, |stage, _n| {
            stage.owner().put("/v1/platforms/fake/app", json!({ "values": {} })).await;
            Ask::of(stage.owner(), "/v1/platforms/fake/app")
        }),
        row!("POST /v1/platforms/{platform}/test", Same, |stage, _n| {
            stage.owner().put("/v1/platforms/fake/app", json!({ "values": {} })).await;
            Ask::of(stage.owner(), "/v1/platforms/fake/test").json(json!({}))
        }),
        row!("POST /v1/posts", ANOTHER, |stage, n| {
            let channel = stage.channel(n).await;
            let body = json!({ "text": "Hello", "channels": [{ "channel": channel }], "schedule": { "now": true } });
            Ask::of(stage.owner(), "/v1/posts").json(body)
        }),
        row!("POST /v1/posts/validate", Same, |stage, n| {
            let channel = stage.channel(n).await;
            let body = json!({ "text": "Hello", "channels": [{ "channel": channel }] });
            Ask::of(stage.owner(), "/v1/posts/validate").json(body)
        }),
        row!("POST /v1/posts/read", Same, |stage, n| {
            let channel = stage.channel(n).await;
            let body = json!({ "channels": [{ "channel": channel, "parts": [{ "text": "Hello" }] }] });
            Ask::of(stage.owner(), "/v1/posts/read").json(body)
        }),
        row!("DELETE /v1/posts/{post}", Refused, |stage, n| {
            let post = stage.post(n, Some(json!({ "at": "2031-01-01T09:00:00Z" }))).await;
            Ask::of(stage.owner(), format!("/v1/posts/{}", id(&post)))
        }),
        row!("PATCH /v1/posts/{post}", Same, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            let body = json!({ "parts": [{ "text": "Better" }] });
            Ask::of(stage.owner(), path.clone()).json(body).tagged(&path).await
        }),
        row!("POST /v1/posts/{post}/schedule", Refused, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            let body = json!({ "schedule": { "now": true } });
            Ask::of(stage.owner(), format!("{path}/schedule")).json(body).tagged(&path).await
        }),
        row!("POST /v1/posts/{post}/restore", Same, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            stage.owner().delete(&path).await;
            Ask::of(stage.owner(), format!("{path}/restore")).json(json!({}))
        }),
        row!("PUT /v1/posts/{post}/review", Same, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            Ask::of(stage.owner(), format!("{path}/review")).json(json!({ "note": "Please look" })).tagged(&path).await
        }),
        row!("POST /v1/posts/{post}/review/return", Refused, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            stage.owner().with("if-match", "*").put(&format!("{path}/review"), json!({})).await;
            Ask::of(stage.owner(), format!("{path}/review/return"))
                .json(json!({ "note": "Shorter" }))
                .tagged(&path)
                .await
        }),
        row!("POST /v1/series/{series}", Refused, |stage, n| {
            let path = format!("/v1/posts/{}", id(&stage.post(n, None).await));
            let body = json!({
                "schedule": { "local": "2031-01-01T09:00", "zone": "Europe/Amsterdam" },
                "repeat": { "every": "day", "count": 3 },
            });
            let post = stage.owner().with("if-match", "*").post(&format!("{path}/schedule"), body).await.json;
            let series = format!("/v1/series/{}", id(&post["series"][0]));
            Ask::of(stage.owner(), series).json(json!({ "act": "end" })).tagged(&path).await
        }),
        row!("POST /v1/publications/{publication}/decision", Refused, |stage, n| {
            stage.fake.for_text(&format!("post {n}"), [Behaviour::Refuse(FailureKind::ContentRefused)]);
            let path = format!("/v1/publications/{}", publication(&stage.post(n, Some(json!({ "now": true }))).await));
            Ask::of(stage.owner(), format!("{path}/decision")).json(json!({ "decision": "send" })).tagged(&path).await
        }),
        row!("DELETE /v1/publications/{publication}/live", Same, |stage, n| {
            let post = stage.post(n, Some(json!({ "now": true }))).await;
            Ask::of(stage.owner(), format!("/v1/publications/{}/live", publication(&post)))
        }),
        row!(
            "PUT /v1/publications/{publication}/live",
            Never("the platform of these tests lets nothing be edited"),
            |stage, n| {
                let post = stage.post(n, Some(json!({ "now": true }))).await;
                Ask::of(stage.owner(), format!("/v1/publications/{}/live", publication(&post)))
            }
        ),
        row!("POST /v1/session", Again("each sign-in begins a session of its own"), |stage, _n| {
            let body = json!({ "email": "owner@example.org", "password": PASSWORD });
            Ask::of(stage.world.nobody(), "/v1/session").json(body)
        }),
        row!("DELETE /v1/session", Refused, |stage, _n| {
            Ask::of(stage.world.member(Role::Author).await.1, "/v1/session")
        }),
        row!("DELETE /v1/sessions/{session}", Refused, |stage, _n| {
            let client = stage.world.member(Role::Author).await.1;
            let email = client.get("/v1/me").await.json["email"].clone();
            stage.world.nobody().post("/v1/session", json!({ "email": email, "password": PASSWORD })).await;
            let sessions = client.get("/v1/sessions").await.json;
            let others = sessions["items"].as_array().expect("sessions").iter().find(|one| one["current"] != true);
            Ask::of(client, format!("/v1/sessions/{}", id(others.expect("the other one"))))
        }),
        row!("POST /v1/uploads", ANOTHER, |stage, _n| {
            Ask::of(stage.owner(), "/v1/uploads").json(json!({ "size_bytes": 10 }))
        }),
        row!("PATCH /v1/uploads/{upload}", Refused, |stage, n| {
            let (path, bytes) = stage.upload(n).await;
            let said = vec![("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
            Ask { body: Sent::Bytes(bytes, said), ..Ask::of(stage.owner(), path) }
        }),
        row!("DELETE /v1/uploads/{upload}", Refused, |stage, n| Ask::of(stage.owner(), stage.upload(n).await.0)),
        row!("POST /v1/uploads/{upload}/finish", Same, |stage, n| {
            let (path, bytes) = stage.upload(n).await;
            let said = vec![("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
            let piece = Ask { body: Sent::Bytes(bytes, said), ..Ask::of(stage.owner(), path.clone()) };
            assert!(piece.send(&Method::PATCH, &[]).await.is_done());
            Ask::of(stage.owner(), format!("{path}/finish")).json(json!({}))
        }),
        row!("POST /v1/workspaces", ANOTHER, |stage, n| {
            Ask::of(stage.owner(), "/v1/workspaces").json(json!({ "name": format!("Workspace {n}") }))
        }),
        row!("PATCH /v1/workspaces/{workspace}", SET_ANEW, |stage, n| {
            let path = format!("/v1/workspaces/{}", stage.world.workspace);
            Ask::of(stage.owner(), path.clone()).json(json!({ "name": format!("Name {n}") })).tagged(&path).await
        }),
    ]
}

/// Every route of the API document that changes something, and whether it reads `If-Match`.
fn changing() -> BTreeMap<String, bool> {
    let document: Value = serde_json::to_value(crate::api::document()).expect("a document");
    let mut routes = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            if ["post", "put", "patch", "delete"].contains(&method.as_str()) {
                let reads =
                    operation["parameters"].as_array().into_iter().flatten().any(|one| one["name"] == "If-Match");
                routes.insert(format!("{} {path}", method.to_uppercase()), reads);
            }
        }
    }
    routes
}

/// Whether the API document gives an answer an `ETag`, and a `Location`.
fn documented(route: &str, status: u16) -> (bool, bool) {
    static DOCUMENT: std::sync::LazyLock<Value> =
        std::sync::LazyLock::new(|| serde_json::to_value(crate::api::document()).expect("a document"));
    let (method, path) = route.split_once(' ').expect("a method and a path");
    let response = &DOCUMENT["paths"][path][method.to_lowercase()]["responses"][status.to_string()];
    (response["headers"]["ETag"].is_object(), response["headers"]["Location"].is_object())
}

/// What was wrong, route by route, so that one run shows all of it.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, right: bool, say: impl FnOnce() -> String) {
        if !right {
            self.0.push(say());
        }
    }
}

impl Row {
    fn method(&self) -> Method {
        let (method, _) = self.route.split_once(' ').expect("a method and a path");
        method.parse().expect("a method")
    }

    /// Everything of one route.
    async fn check(&self, stage: &Stage, place: u32, reads_etag: bool, wrong: &mut Wrong) {
        let once = self.in_a_row(stage, place * 10, wrong).await;
        self.at_once(stage, place * 10 + 1, &once, wrong).await;
        if reads_etag {
            self.after_the_first(stage, place * 10 + 2, wrong).await;
        }
        if self.method() == Method::POST && !matches!(self.second, Second::Never(_)) {
            self.with_a_key(stage, place * 10 + 3, wrong).await;
        }
    }

    /// Twice, one after the other, from whatever revision there is. Gives the effect of the first.
    async fn in_a_row(&self, stage: &Stage, n: u32, wrong: &mut Wrong) -> Effects {
        let ask = (self.make)(stage, n).await;
        let app = ask.elsewhere.as_ref().map_or(&stage.world.app, |(app, _)| app);
        let (method, any) = (self.method(), [("if-match", "*")]);
        let before = stage.effects(app).await;
        let first = ask.send(&method, &any).await;
        let between = stage.effects(app).await;
        let second = ask.send(&method, &any).await;
        let more = since(&between, &stage.effects(app).await);
        let route = self.route;
        let expected = match self.second {
            Second::Refused => first.is_done() && second.is_refused(),
            Second::Same => first.is_done() && second.is_done(),
            Second::Again(_) => first.is_done() && second.status < 500,
            Second::Never(_) => first.is_refused() && second.is_refused(),
        };
        wrong.unless(expected, || format!("{route} in a row: first {first:?}, then {second:?}"));
        let said = documented(route, first.status);
        let right = !first.is_done() || said == (first.tagged, first.placed);
        wrong.unless(right, || format!("{route}: the document says ETag and Location {said:?}; it said {first:?}"));
        let nothing = more.is_empty() || matches!(self.second, Second::Again(_));
        wrong.unless(nothing, || format!("{route} in a row: the second did {more:?}; it said {second:?}"));
        since(&before, &between)
    }

    /// Twice at the same moment: one effect, whoever comes first.
    async fn at_once(&self, stage: &Stage, n: u32, once: &Effects, wrong: &mut Wrong) {
        let ask = (self.make)(stage, n).await;
        let app = ask.elsewhere.as_ref().map_or(&stage.world.app, |(app, _)| app);
        let (method, route) = (self.method(), self.route);
        let before = stage.effects(app).await;
        let (one, two) = tokio::join!(ask.send(&method, &[("if-match", "*")]), ask.send(&method, &[("if-match", "*")]));
        let done = since(&before, &stage.effects(app).await);
        wrong.unless(one.status < 500 && two.status < 500, || format!("{route} at once: {one:?} and {two:?}"));
        if let Second::Refused | Second::Same = self.second {
            wrong.unless(one.is_done() || two.is_done(), || format!("{route} at once: neither: {one:?}, {two:?}"));
            wrong.unless(done == *once, || format!("{route} at once: {done:?}, but one does {once:?}"));
        }
    }

    /// From the revision before the first: the second is refused, however the revision is written.
    async fn after_the_first(&self, stage: &Stage, n: u32, wrong: &mut Wrong) {
        let ask = (self.make)(stage, n).await;
        let (method, route) = (self.method(), self.route);
        let tag = ask.etag.clone().unwrap_or_default();
        let bare = tag.trim_matches('"').to_owned();
        let first = ask.send(&method, &[("if-match", &tag)]).await;
        wrong.unless(first.is_done(), || format!("{route} from {tag}: {first:?}"));
        let between = stage.effects(&stage.world.app).await;
        for tag in [tag.clone(), format!("W/{tag}"), bare, format!("{tag}, \"r0\""), String::new()] {
            let second = ask.send(&method, &[("if-match", &tag)]).await;
            let more = since(&between, &stage.effects(&stage.world.app).await);
            wrong.unless(second.is_refused(), || format!("{route} again from {tag}: {second:?}"));
            wrong.unless(more.is_empty(), || format!("{route} again from {tag}: it did {more:?}"));
        }
    }

    /// With an `Idempotency-Key`, by a caller who is known: the first answer comes again, and nothing more happens.
    async fn with_a_key(&self, stage: &Stage, n: u32, wrong: &mut Wrong) {
        let ask = (self.make)(stage, n).await;
        if !ask.client.is_known() {
            return;
        }
        let (method, route, key) = (self.method(), self.route, format!("key-{n}"));
        let headers = [("if-match", "*"), ("idempotency-key", key.as_str())];
        let before = stage.effects(&stage.world.app).await;
        let first = ask.send(&method, &headers).await;
        let between = stage.effects(&stage.world.app).await;
        // Had the server stopped before it kept its answer, this mark alone would tell that there was an effect.
        let unmarked = stage.unmarked(&key).await;
        let marked = since(&before, &between).is_empty() || unmarked == 0;
        wrong.unless(marked, || format!("{route} with a key: it had an effect and did not mark its claim"));
        let second = ask.send(&method, &headers).await;
        let more = since(&between, &stage.effects(&stage.world.app).await);
        let same = first.status == second.status && first.text == second.text && second.replayed;
        wrong.unless(same, || format!("{route} with a key: first {first:?}, then {second:?}"));
        wrong.unless(more.is_empty(), || format!("{route} with a key: the second did {more:?}"));
    }
}

#[test]
fn every_route_that_changes_something_is_asked_twice() {
    let rows: Vec<&str> = rows().iter().map(|row| row.route).collect();
    let routes: Vec<String> = changing().into_keys().collect();
    let missing: Vec<&String> = routes.iter().filter(|route| !rows.contains(&route.as_str())).collect();
    let gone: Vec<&&str> = rows.iter().filter(|route| !routes.iter().any(|one| one == **route)).collect();
    assert!(missing.is_empty(), "say in the table what becomes of these when they are asked twice: {missing:?}");
    assert!(gone.is_empty(), "these are no routes any more: {gone:?}");
}

#[tokio::test]
async fn a_request_that_is_sent_twice_has_one_effect() {
    let stage = Stage::new().await;
    let reads_etag = changing();
    let mut wrong = Wrong::default();
    for (place, row) in (1..).zip(rows()) {
        let reads_etag = reads_etag.get(row.route).copied().unwrap_or(false);
        let checked = AssertUnwindSafe(row.check(&stage, place, reads_etag, &mut wrong)).catch_unwind().await;
        wrong.unless(checked.is_ok(), || format!("{}: its object could not be made; see the panic above", row.route));
    }
    assert!(wrong.0.is_empty(), "{}", wrong.0.join("\n"));
}
