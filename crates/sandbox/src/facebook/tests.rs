//! Facebook from outside, over real HTTP.

mod client;
mod films;
mod publishing;
mod reading;
mod signing_in;

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::Path, response::IntoResponse as _, routing::get};
use http::header;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{CONFIG_ID, PRODUCT};
use crate::{
    Action, Entry, Network,
    meta::film::samples::Sample,
    sniff::samples,
    test_kit::{World, read, sent_to},
};

const BACK: &str = "http://127.0.0.1:9/back";
/// What a publisher asks for.
const ALL: &str = "pages_show_list,business_management,pages_read_engagement,pages_read_user_content,pages_manage_posts,\
                   pages_manage_engagement,pages_manage_metadata,read_insights";

/// A sandbox, and a server with files.
struct Place {
    world: World,
    files: SocketAddr,
    _serving: JoinHandle<()>,
}

impl Place {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let files = listener.local_addr().expect("bound");
        let router = Router::new().route("/{name}", get(file));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { world: World::start().await, files, _serving: serving }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.running.origin(Network::Facebook))
    }

    /// The address of a file; see [`file`] for those that there are.
    fn file(&self, name: &str) -> String {
        format!("http://{}/{name}", self.files)
    }

    fn authorize(&self, scope: &str) -> Vec<(&'static str, String)> {
        vec![
            ("response_type", "code".into()),
            ("client_id", PRODUCT.id.into()),
            ("redirect_uri", BACK.into()),
            ("scope", scope.into()),
            ("state", "a b".into()),
        ]
    }

    async fn decide(&self, mut form: Vec<(&'static str, String)>, person: &str, decision: &str) -> reqwest::Response {
        form.extend([("account", person.to_owned()), ("decision", decision.to_owned())]);
        self.world.http.post(self.url("v26.0/dialog/oauth")).form(&form).send().await.expect("an answer")
    }

    async fn code(&self, person: &str, scope: &str) -> String {
        sent_to(&self.decide(self.authorize(scope), person, "allow").await)["code"].clone()
    }

    async fn token(&self, query: &[(&str, &str)]) -> (u16, Value) {
        let app = [("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret)];
        read(self.world.http.get(self.url("v26.0/oauth/access_token")).query(&app).query(query)).await
    }

    /// A short token of a person.
    async fn short(&self, person: &str, scope: &str) -> String {
        let code = self.code(person, scope).await;
        let (status, given) = self.token(&[("redirect_uri", BACK), ("code", &code)]).await;
        assert_eq!(status, 200, "{given}");
        text(&given["access_token"])
    }

    /// A long token of a person.
    async fn long(&self, person: &str, scope: &str) -> String {
        let short = self.short(person, scope).await;
        let (status, given) = self.token(&[("grant_type", "fb_exchange_token"), ("fb_exchange_token", &short)]).await;
        assert_eq!((status, &given["expires_in"]), (200, &json!(5_184_000)), "{given}");
        text(&given["access_token"])
    }

    /// Id and token of a page of someone who agreed to these scopes.
    async fn page_for(&self, person: &str, page: &str, scope: &str) -> (String, String) {
        let long = self.long(person, scope).await;
        let (_, listed) = self.get(&long, "me/accounts?fields=id,username,access_token").await;
        let all = listed["data"].as_array().expect("a list");
        let found = all.iter().find(|one| one["username"] == page).unwrap_or_else(|| panic!("{listed}"));
        (text(&found["id"]), text(&found["access_token"]))
    }

    /// Id and token of the bakery's page.
    async fn bakery(&self) -> (String, String) {
        self.page_for("mira", "harbour_bakery", ALL).await
    }

    async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        read(self.world.http.get(self.url(&format!("v26.0/{path}"))).bearer_auth(token)).await
    }

    async fn post(&self, token: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        read(self.world.http.post(self.url(&format!("v26.0/{path}"))).bearer_auth(token).form(form)).await
    }

    async fn delete(&self, token: &str, path: &str) -> (u16, Value) {
        read(self.world.http.delete(self.url(&format!("v26.0/{path}"))).bearer_auth(token)).await
    }

    /// What is made by a call that must work.
    async fn made(&self, token: &str, path: &str, form: &[(&str, &str)]) -> Value {
        let (status, made) = self.post(token, path, form).await;
        assert_eq!(status, 200, "{path} {form:?}: {made}");
        made
    }

    /// The code, subcode and message of the refusal of a call.
    async fn refused(&self, token: &str, path: &str, form: &[(&str, &str)]) -> (u64, u64, String) {
        let (status, answer) = self.post(token, path, form).await;
        assert_ne!(status, 200, "{path} {form:?}: {answer}");
        refusal(&answer)
    }

    async fn say(&self, token: &str, said: &str) -> String {
        text(&self.made(token, "me/feed", &[("message", said)]).await["id"])
    }

    /// Writes as someone who has nothing to do with the page.
    async fn visit(&self, on: &str, said: &str) {
        let form = [("name", "Ann Visser"), ("on", on), ("message", said)];
        let answer = self.world.http.post(self.url("visit")).form(&form).send().await.expect("an answer");
        assert_eq!(answer.status(), 303);
    }

    async fn shown(&self, token: &str, id: &str, fields: &str) -> Value {
        let (status, answer) = self.get(token, &format!("{id}?fields={fields}")).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    fn own(&self, name: &str, value: Value) {
        self.world.running.turn(Network::Facebook, |knobs| drop(knobs.own.insert(name.into(), value)));
    }

    fn limit(&self, name: &str, most: u32) {
        self.world.running.turn(Network::Facebook, |knobs| _ = knobs.rate_limits.insert(name.into(), most));
    }

    fn ledger(&self) -> Vec<Entry> {
        self.world.running.ledger().entries(Some(Network::Facebook))
    }

    /// The ids of what was made visible.
    fn created(&self) -> Vec<String> {
        let all = self.ledger().into_iter().filter(|entry| entry.action == Action::Created);
        all.map(|entry| entry.remote_id).collect()
    }

    fn wait(&self, seconds: u64) {
        self.world.clock.advance(Duration::from_secs(seconds));
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn refusal(answer: &Value) -> (u64, u64, String) {
    let error = &answer["error"];
    let number = |name: &str| error[name].as_u64().unwrap_or_default();
    (number("code"), number("error_subcode"), error["message"].as_str().unwrap_or_default().to_owned())
}

/// The ids in a list, in its order.
fn ids(answer: &Value) -> Vec<String> {
    let all = answer["data"].as_array().unwrap_or_else(|| panic!("no list in {answer}"));
    all.iter().map(|item| text(&item["id"])).collect()
}

/// The files.
async fn file(Path(name): Path<String>) -> axum::response::Response {
    let film = |sample: Sample| sample.bytes();
    let (kind, bytes) = match name.as_str() {
        "a.png" => ("image/png", samples::png(640, 480)),
        "large.png" => ("image/png", [samples::png(640, 480), vec![0; 10 * 1024 * 1024]].concat()),
        "a.mp4" => ("video/mp4", film(Sample::default())),
        "long.mp4" => ("video/mp4", film(Sample { seconds: 91, frames: 2_730, ..Sample::default() })),
        "wide.mp4" => ("video/mp4", film(Sample { size: (1_920, 1_080), ..Sample::default() })),
        "small.mp4" => ("video/mp4", film(Sample { size: (270, 480), ..Sample::default() })),
        "slow.mp4" => ("video/mp4", film(Sample { frames: 50, ..Sample::default() })),
        "page.html" => ("text/html", b"<!doctype html><h1>Sign in</h1>".to_vec()),
        _ => return http::StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind)], bytes).into_response()
}
