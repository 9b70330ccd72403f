//! What happens between the beginning of a request and its end: the caller is removed, the answer is lost.
//!
//! Each route that changes something is asked with a request that would succeed. One that is not in [`Desk::request`] fails
//! here, so that a new route brings its request along.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Method, Request},
};
use base::{Permission, Role};
use connector::{Connectors, ProofClass, testing::FakePlatform};
use db::{args, testing::TestDb};
use serde_json::{Value, json};

use super::matrix::{Route, routes};
use crate::{
    api,
    http::{RateLimits, door::without_door},
    request::{Current, within},
    testing::{Answer, Client, PASSWORD, World},
};

/// A small picture.
static PNG: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(1, 1).write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    bytes.into_inner()
});

/// A workspace with something of everything.
struct Desk {
    world: World,
    channels: [String; 2],
    draft: String,
    scheduled: String,
    publication: String,
    media: String,
    upload: String,
    key: String,
    invitation: String,
    member: String,
    session: String,
}

fn id(answer: &Answer) -> String {
    assert!(answer.status < 300, "{} {}", answer.status, answer.text);
    answer.json["id"].as_str().unwrap_or_else(|| panic!("no id: {}", answer.text)).to_owned()
}

async fn upload(client: &Client, bytes: &'static [u8]) -> axum::response::Response {
    let request = Request::post("/v1/media?name=dot.png").header("content-type", "image/png");
    client.raw(request.body(Body::from(bytes)).expect("a request")).await
}

impl Desk {
    async fn new() -> Self {
        let fake = FakePlatform::new(ProofClass::ClientId { repeat_for_s: None });
        let db = TestDb::sqlite().await;
        let world =
            World::with(db, Connectors::new(vec![Arc::new(fake)]), |settings| settings.limits = RateLimits::off())
                .await;
        let owner = world.owner();
        let mut channels = Vec::new();
        for name in ["alice", "bob"] {
            let body = json!({ "platform": "fake", "way": "password", "input": { "name": name } });
            let answer = owner.post("/v1/channels/connect", body).await;
            channels.push(answer.json["channels"][0]["id"].as_str().expect("connected").to_owned());
        }
        let on = |channel: &str| json!({ "text": "Hello", "channels": [{ "channel": channel }] });
        let draft = id(&owner.post("/v1/posts", on(&channels[0])).await);
        let mut body = on(&channels[1]);
        body["schedule"] = json!({ "at": "2030-01-02T09:00:00Z" });
        let made = owner.post("/v1/posts", body).await;
        let publication = made.json["publications"][0]["id"].as_str().expect("scheduled").to_owned();
        let scheduled = id(&made);
        let media = axum::body::to_bytes(upload(&owner, &PNG).await.into_body(), 1 << 20).await.expect("an answer");
        let media: Value = serde_json::from_slice(&media).expect("an asset");
        let media = media["id"].as_str().unwrap_or_else(|| panic!("{media}")).to_owned();
        let new = json!({ "name": "a.png", "size_bytes": PNG.len() });
        let upload = id(&owner.post("/v1/uploads", new).await);
        let key = world.make_key(|_| {}).await.0.id.to_string();
        let invited = owner.post("/v1/members", json!({ "email": "new@example.org", "role": "author" })).await;
        let invitation =
            invited.json["invitation"]["id"].as_str().unwrap_or_else(|| panic!("{}", invited.text)).to_owned();
        let member = world.member(Role::Author).await.0.to_string();
        let channels = channels.try_into().expect("two");
        let session = base::ids::SessionId::new(world.now(), &base::OsRandom).to_string();
        Self { world, channels, draft, scheduled, publication, media, upload, key, invitation, member, session }
    }

    /// A request that would succeed. `None` where the route stores nothing.
    fn request(&self, route: &Route) -> Option<Request<Body>> {
        let fill = |path: &str| {
            path.replace("{workspace}", &self.world.workspace.to_string())
                .replace("{channel}", &self.channels[1])
                .replace("{publication}", &self.publication)
                .replace("{media}", &self.media)
                .replace("{upload}", &self.upload)
                .replace("{key}", &self.key)
                .replace("{invitation}", &self.invitation)
                .replace("{person}", &self.member)
                .replace(
                    "{post}",
                    if ["/schedule", "/review"].iter().any(|end| route.path.ends_with(end)) {
                        &self.draft
                    } else {
                        &self.scheduled
                    },
                )
                .replace("{platform}", "fake")
                .replace("{session}", &self.session)
        };
        let body = match (route.method.as_str(), route.path.as_str()) {
            ("POST", "/v1/channels/connect") => {
                json!({ "platform": "fake", "way": "password", "input": { "name": "carol" } })
            }
            ("PUT", "/v1/channels/{channel}/pause") => json!({ "reason": "holidays" }),
            ("PUT", "/v1/channels/{channel}/slots") => {
                json!({ "zone": "Europe/Amsterdam", "slots": [{ "weekday": 0, "time": "09:00" }] })
            }
            ("POST", "/v1/keys") => json!({ "name": "new" }),
            ("PATCH", "/v1/me") => json!({ "name": "Somebody Else" }),
            ("PUT", "/v1/me/password") => {
                json!({ "current_password": PASSWORD, "new_password": "orange lantern sings thrice" })
            }
            ("PUT", "/v1/me/email") => json!({ "email": "else@example.org" }),
            ("PATCH", "/v1/media/{media}") => json!({ "alt": "A dot" }),
            ("POST", "/v1/members") => json!({ "email": "other@example.org", "role": "author" }),
            ("PATCH", "/v1/members/{person}") => json!({ "role": "analyst" }),
            ("POST", "/v1/posts") => json!({ "text": "Hello" }),
            ("PATCH", "/v1/posts/{post}") => json!({ "parts": [{ "text": "Changed" }] }),
            ("POST", "/v1/posts/{post}/schedule") => json!({ "schedule": { "at": "2030-01-03T09:00:00Z" } }),
            ("POST", "/v1/publications/{publication}/decision") => json!({ "decision": "cancel" }),
            ("POST", "/v1/uploads") => json!({ "name": "b.png", "size_bytes": 9 }),
            ("POST", "/v1/workspaces") => json!({ "name": "Second" }),
            ("PATCH", "/v1/workspaces/{workspace}") => json!({ "name": "Renamed" }),
            ("POST", "/v1/media") | ("PATCH", "/v1/uploads/{upload}") => Value::Null,
            _ => json!({}),
        };
        let mut request =
            Request::builder().method(route.method.clone()).uri(fill(&route.path)).header("if-match", "*");
        let body = match (route.method.as_str(), route.path.as_str()) {
            ("POST", "/v1/media") => {
                request = request.header("content-type", "image/png");
                Body::from(PNG.as_slice())
            }
            ("PATCH", "/v1/uploads/{upload}") => {
                request =
                    request.header("content-type", "application/offset+octet-stream").header("upload-offset", "0");
                Body::from(PNG.as_slice())
            }
            ("DELETE", _) => Body::empty(),
            ("PUT", path) if path.ends_with("/stop") => Body::empty(),
            _ => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        Some(request.body(body).expect("a request"))
    }
}

fn changing() -> impl Iterator<Item = Route> {
    routes().into_iter().filter(|route| !route.method.is_safe() && route.permission != "public")
}

/// Routes that make nothing to read again: a new link replaces the one that was lost.
const NOTHING_MADE: &[&str] = &["/v1/members/{person}/password-link"];

/// Routes whose success depends on more than their request: what they do is proven by stories of their own.
const BY_THEMSELVES: &[(&str, &str)] = &[
    ("/v1/invitations/join", "wants an invitation to one's own address"),
    ("/v1/me/invitations/{invitation}", "wants an invitation to one's own address"),
    ("/v1/media/from-url", "asks another server first"),
    ("/v1/publications/{publication}/live", "asks the platform first"),
    ("/v1/platforms/{platform}/app", "the fake platform has no app to enter"),
    ("/v1/platforms/{platform}/test", "stores nothing"),
    ("/v1/posts/{post}/restore", "wants a post that was deleted"),
    ("/v1/posts/{post}/review/return", "wants a post that was handed in"),
    ("/v1/series/{series}", "wants a post that repeats"),
    ("/v1/posts/read", "stores nothing"),
    ("/v1/posts/validate", "stores nothing"),
    ("/v1/uploads/{upload}/finish", "wants all bytes first"),
];

#[tokio::test]
async fn no_route_has_an_effect_for_a_caller_whose_rights_ended_while_it_was_answered() {
    let mut asked = 0;
    let known = BY_THEMSELVES.iter().map(|(path, _)| *path).collect::<Vec<_>>();
    let desk = Desk::new().await;
    let (router, _) = api::router().split_for_parts();
    let router: Router = without_door(router, &desk.world.app);
    for route in changing().filter(|route| !known.contains(&route.path.as_str())) {
        let said = format!("{} {}", route.method, route.path);
        // Let in as somebody who may, and removed before the route does anything.
        let identity = if route.permission == "operator" || Permission::parse(&route.permission).is_none() {
            let (_, client) = desk.world.member(Role::Manager).await;
            let mut identity = desk.world.identity(&client).await;
            if route.permission == "operator" {
                identity = identity.with_operator();
            }
            assert!(client.delete("/v1/session").await.status < 300);
            identity
        } else {
            let (person, client) = desk.world.member(Role::Manager).await;
            let identity = desk.world.identity(&client).await;
            let removed = desk.world.owner().delete(&format!("/v1/members/{person}")).await;
            assert_eq!(removed.status, 204, "{}", removed.text);
            identity
        };
        let Some(mut request) = desk.request(&route) else { continue };
        request.extensions_mut().insert(identity);
        let client = Client::of(router.clone());
        let answer = within(Current::new("req".into()), client.raw(request)).await;
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("an answer");
        let text = String::from_utf8_lossy(&body);
        assert!([401, 403, 404].contains(&status), "{said}: {status} {text}");
        assert!(text.contains("while this request was being answered"), "{said}: {text}");
        asked += 1;
    }
    assert!(asked > 25, "{asked}");
}

#[tokio::test]
async fn r_43_every_post_that_is_sent_again_after_its_answer_was_lost_gives_what_was_made() {
    let known = BY_THEMSELVES.iter().map(|(path, _)| *path).collect::<Vec<_>>();
    let desk = Desk::new().await;
    let owner = desk.world.owner();
    let mut asked = 0;
    let known: Vec<&str> = known.into_iter().chain(NOTHING_MADE.iter().copied()).collect();
    for route in changing().filter(|route| route.method == Method::POST && !known.contains(&route.path.as_str())) {
        let said = &route.path;
        let client = owner.clone().with("idempotency-key", &format!("lost {said}"));
        let send = async || {
            let answer = client.raw(desk.request(&route).expect("a request")).await;
            let (parts, body) = answer.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.expect("an answer");
            let replayed = parts.headers.contains_key("idempotency-replayed");
            (parts.status.as_u16(), replayed, serde_json::from_slice::<Value>(&body).unwrap_or_default())
        };
        let (status, replayed, first) = send().await;
        assert!(status < 300 && !replayed, "{said}: {status} {first}");
        desk.lose_answers().await;
        let (again, replayed, second) = send().await;
        assert_eq!((again, replayed), (status, true), "{said}: {second}");
        let made = first["id"].as_str().or(first["key"]["id"].as_str());
        assert_eq!(made, second["id"].as_str().or(second["key"]["id"].as_str()), "{said}: {first} {second}");
        asked += 1;
    }
    assert!(asked >= 8, "{asked}");
}

impl Desk {
    /// The process died after every effect, and its lease ran out.
    async fn lose_answers(&self) {
        let lost = self.world.app.db.write(async |tx| {
            let sql = "UPDATE idempotency_keys SET answer = NULL, state = 'effected', lease_until = 0";
            tx.execute(sql, args![]).await.map(drop)
        });
        lost.await.map_err(|error: db::Error| error).expect("lost");
    }
}

#[tokio::test]
async fn s_23_a_key_limited_to_one_channel_neither_reads_nor_changes_another() {
    let desk = Desk::new().await;
    let mine = desk.channels[0].parse().expect("a channel");
    let (_, text) = desk
        .world
        .make_key(|new| {
            new.channels = Some([mine].into());
            new.permissions = Some(Role::Owner.permissions());
        })
        .await;
    let key = desk.world.with_key(&text);
    let theirs = [&desk.channels[1], &desk.scheduled, &desk.publication];
    let mut asked = 0;
    for route in routes() {
        let said = format!("{} {}", route.method, route.path);
        if route.method == Method::GET && !route.path.contains("/stream") && route.permission != "public" {
            let path = desk.request(&route).map(|request| request.uri().to_string()).unwrap_or_default();
            let answer = key.get(&path).await;
            for id in theirs {
                assert!(!answer.text.contains(id.as_str()), "{said} tells of {id}: {}", answer.text);
            }
            asked += 1;
        } else if route.path.contains("{channel}") || route.path.contains("{publication}") {
            let answer = key.raw(desk.request(&route).expect("a request")).await;
            assert_eq!(answer.status(), if route.recent { 403 } else { 404 }, "{said}");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
    let body = json!({ "text": "Hello", "channels": [{ "channel": desk.channels[1] }] });
    assert!(key.post("/v1/posts", body).await.status >= 400, "a channel in the body");
    let new = json!({ "platform": "fake", "way": "password", "input": { "name": "carol" } });
    assert_eq!(key.post("/v1/channels/connect", new).await.status, 404, "it would add a channel beside its own");
}
