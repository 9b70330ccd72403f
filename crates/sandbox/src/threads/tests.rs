//! Threads from outside, over real HTTP.

mod client;
mod official;
mod publishing;
mod reading;
mod signing_in;

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::Path, response::IntoResponse as _, routing::get};
use http::header;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::PRODUCT;
use crate::{
    Entry, Network,
    meta::film::samples::Sample,
    sniff::samples,
    test_kit::{World, read, sent_to},
};

const BACK: &str = "http://127.0.0.1:9/back";
/// All scopes.
const ALL: &str = "threads_basic,threads_content_publish,threads_read_replies,threads_manage_replies,\
                   threads_manage_insights,threads_delete,threads_manage_mentions,threads_keyword_search,\
                   threads_location_tagging,threads_profile_discovery,threads_share_to_instagram";

/// A sandbox, a person who is let in, and a server with files.
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
        format!("{}{path}", self.world.running.origin(Network::Threads))
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

    async fn decide(&self, mut form: Vec<(&'static str, String)>, account: &str, decision: &str) -> reqwest::Response {
        form.extend([("account", account.to_owned()), ("decision", decision.to_owned())]);
        self.world.http.post(self.url("oauth/authorize")).form(&form).send().await.expect("an answer")
    }

    async fn code(&self, account: &str, scope: &str) -> String {
        sent_to(&self.decide(self.authorize(scope), account, "allow").await)["code"].clone()
    }

    async fn exchange(&self, code: &str) -> (u16, Value) {
        let form = [
            ("client_id", PRODUCT.id),
            ("client_secret", PRODUCT.secret),
            ("grant_type", "authorization_code"),
            ("redirect_uri", BACK),
            ("code", code),
        ];
        read(self.world.http.post(self.url("oauth/access_token")).form(&form)).await
    }

    async fn sign_in_for(&self, account: &str, scope: &str) -> String {
        let (status, given) = self.exchange(&self.code(account, scope).await).await;
        assert_eq!(status, 200, "{given}");
        text(&given["access_token"])
    }

    async fn sign_in(&self, account: &str) -> String {
        self.sign_in_for(account, ALL).await
    }

    async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        read(self.world.http.get(self.url(&format!("v1.0/{path}"))).bearer_auth(token)).await
    }

    async fn post(&self, token: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        read(self.world.http.post(self.url(&format!("v1.0/{path}"))).bearer_auth(token).form(form)).await
    }

    async fn delete(&self, token: &str, path: &str) -> (u16, Value) {
        read(self.world.http.delete(self.url(&format!("v1.0/{path}"))).bearer_auth(token)).await
    }

    async fn contain(&self, token: &str, form: &[(&str, &str)]) -> String {
        let (status, made) = self.post(token, "me/threads", form).await;
        assert_eq!(status, 200, "{form:?}: {made}");
        text(&made["id"])
    }

    /// The code, subcode and message of the refusal of a container.
    async fn refused(&self, token: &str, form: &[(&str, &str)]) -> (u64, u64, String) {
        let (status, answer) = self.post(token, "me/threads", form).await;
        assert_ne!(status, 200, "{form:?}: {answer}");
        refusal(&answer)
    }

    async fn status(&self, token: &str, container: &str) -> (String, Option<String>) {
        let (_, answer) = self.get(token, &format!("{container}?fields=id,status,error_message")).await;
        (text(&answer["status"]), answer["error_message"].as_str().map(str::to_owned))
    }

    /// Waits until a film has been fetched and the network is done with it.
    async fn done(&self, token: &str, container: &str) -> (String, Option<String>) {
        self.world.clock.advance(Duration::from_secs(10));
        loop {
            let status = self.status(token, container).await;
            if status.0 != "IN_PROGRESS" {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn publish(&self, token: &str, container: &str) -> (u16, Value) {
        self.post(token, "me/threads_publish", &[("creation_id", container)]).await
    }

    /// Makes a container, waits, publishes it.
    async fn live(&self, token: &str, form: &[(&str, &str)]) -> String {
        let container = self.contain(token, form).await;
        assert_eq!(self.done(token, &container).await, ("FINISHED".to_owned(), None), "{form:?}");
        let (status, published) = self.publish(token, &container).await;
        assert_eq!(status, 200, "{published}");
        text(&published["id"])
    }

    async fn say(&self, token: &str, said: &str) -> String {
        self.live(token, &[("media_type", "TEXT"), ("text", said)]).await
    }

    async fn reply(&self, token: &str, parent: &str, said: &str) -> String {
        self.live(token, &[("media_type", "TEXT"), ("text", said), ("reply_to_id", parent)]).await
    }

    fn own(&self, name: &str, value: Value) {
        self.world.running.turn(Network::Threads, |knobs| drop(knobs.own.insert(name.into(), value)));
    }

    fn limit(&self, name: &str, most: u32) {
        self.world.running.turn(Network::Threads, |knobs| _ = knobs.rate_limits.insert(name.into(), most));
    }

    fn ledger(&self) -> Vec<Entry> {
        self.world.running.ledger().entries(Some(Network::Threads))
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
    answer["data"]
        .as_array()
        .unwrap_or_else(|| panic!("no list in {answer}"))
        .iter()
        .map(|item| text(&item["id"]))
        .collect()
}

/// The files.
async fn file(Path(name): Path<String>) -> axum::response::Response {
    let film = |sample: Sample| sample.bytes();
    let (kind, bytes) = match name.as_str() {
        "a.png" => ("image/png", samples::png(640, 480)),
        "wide.png" => ("image/png", samples::png(1_101, 100)),
        "large.png" => ("image/png", [samples::png(640, 480), vec![0; 8 * 1024 * 1024]].concat()),
        "a.gif" => ("image/gif", samples::gif(1)),
        "a.mp4" => ("video/mp4", film(Sample::default())),
        "long.mp4" => ("video/mp4", film(Sample { seconds: 301, frames: 9_030, ..Sample::default() })),
        "slow.mp4" => ("video/mp4", film(Sample { frames: 50, ..Sample::default() })),
        "wide.mp4" => ("video/mp4", film(Sample { size: (3_840, 2_160), ..Sample::default() })),
        "late.mp4" => ("video/mp4", film(Sample { index_first: false, ..Sample::default() })),
        "vp9.mp4" => ("video/mp4", film(Sample { codec: *b"vp09", ..Sample::default() })),
        "surround.mp4" => ("video/mp4", film(Sample { channels: 6, ..Sample::default() })),
        "page.html" => ("text/html", b"<!doctype html><h1>Sign in</h1>".to_vec()),
        "moved.png" => return axum::response::Redirect::temporary("/a.png").into_response(),
        _ => return http::StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind)], bytes).into_response()
}

/// Text of a media object that was published.
async fn read_back(place: &Place, token: &str, id: &str, fields: &str) -> Value {
    let (status, answer) = place.get(token, &format!("{id}?fields={fields}")).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn poll(options: &[&str]) -> String {
    let named = ["option_a", "option_b", "option_c", "option_d"].iter().zip(options);
    Value::Object(named.map(|(name, option)| ((*name).to_owned(), json!(option))).collect()).to_string()
}
