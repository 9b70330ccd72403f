//! Instagram from outside, over real HTTP.

mod client;
mod commenting;
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
const ALL: &str = "instagram_business_basic,instagram_business_content_publish,instagram_business_manage_comments,\
                   instagram_business_manage_insights,instagram_business_manage_messages";

/// A sandbox, and a server with files.
struct Place {
    world: World,
    files: SocketAddr,
    _serving: JoinHandle<()>,
}

impl Place {
    async fn start() -> Self {
        Self::with(None).await
    }

    async fn with(data: Option<std::path::PathBuf>) -> Self {
        let (files, serving) = serve(Router::new().route("/{name}", get(file))).await;
        Self { world: World::with(data).await, files, _serving: serving }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.running.origin(Network::Instagram))
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

    fn of_code(code: &str) -> [(&'static str, String); 5] {
        [
            ("client_id", PRODUCT.id.to_owned()),
            ("client_secret", PRODUCT.secret.to_owned()),
            ("grant_type", "authorization_code".to_owned()),
            ("redirect_uri", BACK.to_owned()),
            ("code", code.to_owned()),
        ]
    }

    async fn exchange(&self, code: &str) -> (u16, Value) {
        read(self.world.http.post(self.url("oauth/access_token")).form(&Self::of_code(code))).await
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
        read(self.world.http.get(self.url(&format!("v26.0/{path}"))).bearer_auth(token)).await
    }

    async fn post(&self, token: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        read(self.world.http.post(self.url(&format!("v26.0/{path}"))).bearer_auth(token).form(form)).await
    }

    async fn delete(&self, token: &str, path: &str) -> (u16, Value) {
        read(self.world.http.delete(self.url(&format!("v26.0/{path}"))).bearer_auth(token)).await
    }

    async fn contain(&self, token: &str, form: &[(&str, &str)]) -> String {
        let (status, made) = self.post(token, "me/media", form).await;
        assert_eq!(status, 200, "{form:?}: {made}");
        text(&made["id"])
    }

    /// `code/subcode` of the refusal of a container, and what it says.
    async fn refused(&self, token: &str, form: &[(&str, &str)]) -> (String, String) {
        let (status, answer) = self.post(token, "me/media", form).await;
        assert_eq!(status, 400, "{form:?}: {answer}");
        (refusal(&answer), answer["error"].to_string())
    }

    async fn status(&self, token: &str, container: &str) -> (String, String) {
        let (_, answer) = self.get(token, &format!("{container}?fields=status_code,status")).await;
        (text(&answer["status_code"]), text(&answer["status"]))
    }

    /// Waits until a film has been fetched and the network is done with it.
    async fn done(&self, token: &str, container: &str) -> (String, String) {
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
        self.post(token, "me/media_publish", &[("creation_id", container)]).await
    }

    /// Makes a container, waits, publishes it.
    async fn live(&self, token: &str, form: &[(&str, &str)]) -> String {
        let container = self.contain(token, form).await;
        let status = self.done(token, &container).await;
        assert_eq!(status.0, "FINISHED", "{form:?}: {}", status.1);
        let (status, published) = self.publish(token, &container).await;
        assert_eq!(status, 200, "{published}");
        text(&published["id"])
    }

    /// Publishes a picture with this caption.
    async fn show(&self, token: &str, caption: &str) -> String {
        self.live(token, &[("image_url", &self.file("a.jpg")), ("caption", caption)]).await
    }

    /// The fields of an object.
    async fn fields(&self, token: &str, id: &str, fields: &str) -> Value {
        let (status, answer) = self.get(token, &format!("{id}?fields={fields}")).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    fn own(&self, name: &str, value: Value) {
        self.world.running.turn(Network::Instagram, |knobs| drop(knobs.own.insert(name.into(), value)));
    }

    fn limit(&self, name: &str, most: u32) {
        self.world.running.turn(Network::Instagram, |knobs| _ = knobs.rate_limits.insert(name.into(), most));
    }

    fn ledger(&self) -> Vec<Entry> {
        self.world.running.ledger().entries(Some(Network::Instagram))
    }
}

/// Listens on a free port.
async fn serve(router: Router) -> (SocketAddr, JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    (address, tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") }))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// `code/subcode`, or `code`, as the rows of refusals are named.
fn refusal(answer: &Value) -> String {
    let error = &answer["error"];
    match error["error_subcode"].as_u64() {
        Some(subcode) => format!("{}/{subcode}", error["code"]),
        None => error["code"].to_string(),
    }
}

/// The ids in a list, in its order.
fn ids(answer: &Value) -> Vec<String> {
    let list = answer["data"].as_array().unwrap_or_else(|| panic!("no list in {answer}"));
    list.iter().map(|item| text(&item["id"])).collect()
}

/// The files.
async fn file(Path(name): Path<String>) -> axum::response::Response {
    let film = |sample: Sample| sample.bytes();
    let (kind, bytes) = match name.as_str() {
        "a.jpg" => ("image/jpeg", samples::jpeg(1_080, 1_080)),
        "tall.jpg" => ("image/jpeg", samples::jpeg(1_080, 1_920)),
        "edge.jpg" => ("image/jpeg", samples::jpeg(1_080, 1_350)),
        "wide.jpg" => ("image/jpeg", samples::jpeg(1_920, 1_000)),
        "large.jpg" => ("image/jpeg", [samples::jpeg(640, 640), vec![0; 8 * 1024 * 1024]].concat()),
        "a.png" => ("image/png", samples::png(640, 640)),
        "a.mp4" => ("video/mp4", film(Sample::default())),
        "long.mp4" => ("video/mp4", film(Sample { seconds: 901, frames: 27_030, ..Sample::default() })),
        "minute.mp4" => ("video/mp4", film(Sample { seconds: 61, frames: 1_830, ..Sample::default() })),
        "short.mp4" => ("video/mp4", film(Sample { seconds: 2, frames: 60, ..Sample::default() })),
        "slow.mp4" => ("video/mp4", film(Sample { frames: 50, ..Sample::default() })),
        "vp9.mp4" => ("video/mp4", film(Sample { codec: *b"vp09", ..Sample::default() })),
        "late.mp4" => ("video/mp4", film(Sample { index_first: false, ..Sample::default() })),
        "page.html" => ("text/html", b"<!doctype html><h1>Sign in</h1>".to_vec()),
        "moved.jpg" => return axum::response::Redirect::temporary("/a.jpg").into_response(),
        _ => return http::StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind)], bytes).into_response()
}
