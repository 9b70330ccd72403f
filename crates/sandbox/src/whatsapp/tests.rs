//! WhatsApp from outside, over real HTTP.

mod accounts;
mod client;
mod hooks;
mod messaging;
mod official;
mod templates;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{RawQuery, State as Shared},
    http::HeaderMap,
    response::IntoResponse as _,
    routing::get,
};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{CONFIG_ID, PRODUCT};
use crate::{
    Entry, Network,
    meta::hooks::signature,
    oauth::Fields,
    sniff::samples,
    test_kit::{World, read, sent_to},
};

const BACK: &str = "http://127.0.0.1:9/back";
/// Numbers of people who are here.
const ANN: &str = "+447700900101";
const BEN: &str = "+447700900102";
const CARLA: &str = "+5511900000103";
const DANA: &str = "+12015550104";

/// What the app heard.
#[derive(Default)]
struct Heard {
    events: Vec<Value>,
    /// How many more are answered with an error.
    refuses: usize,
}

type Book = Arc<Mutex<Heard>>;

/// A sandbox with a business that has a token, and an app that hears.
struct Place {
    world: World,
    token: String,
    waba: String,
    phone: String,
    hook: String,
    heard: Book,
    _serving: JoinHandle<()>,
}

impl Place {
    /// With Lena's account, of which the app hears everything.
    async fn start() -> Self {
        let world = World::start().await;
        let heard = Book::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let hook = format!("http://{}/hook", listener.local_addr().expect("bound"));
        let router = Router::new()
            .route("/hook", get(shake).post(hear))
            .route("/elsewhere", get(shake).post(hear))
            .route("/{name}", get(file))
            .with_state(heard.clone());
        let _serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        let (token, waba, phone) = (String::new(), String::new(), String::new());
        let mut place = Self { world, token, waba, phone, hook, heard, _serving };
        place.token = place.pasted("lena", "never ends").await;
        (place.waba, place.phone) = place.ids("Lena Vos Photography").await;
        place.listen("messages,user_preferences,message_template_status_update,template_category_update").await;
        assert_eq!(
            place.post(&format!("{}/subscribed_apps", place.waba), json!({})).await.1,
            json!({ "success": true })
        );
        place
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.running.origin(Network::Whatsapp))
    }

    /// A token that the business settings generate.
    async fn pasted(&self, login: &str, life: &str) -> String {
        let form = [("what", "token"), ("id", login), ("value", life)];
        let page = self.world.http.post(self.url("manager")).form(&form).send().await.expect("an answer");
        let text = page.text().await.expect("text");
        text.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a token").to_owned()
    }

    /// Ids of an account of this name and its first number.
    async fn ids(&self, name: &str) -> (String, String) {
        let fields = "me/assigned_whatsapp_business_accounts?fields=id,name,phone_numbers";
        let listed = self.get(fields).await;
        let all = listed["data"].as_array().expect("a list");
        let found = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{listed}"));
        (text(&found["id"]), text(&found["phone_numbers"]["data"][0]["id"]))
    }

    /// The app hears of these fields at its address.
    async fn listen(&self, fields: &str) {
        let form = json!({
            "object": "whatsapp_business_account", "callback_url": self.hook, "verify_token": "swordfish", "fields": fields,
        });
        let path = self.url(&format!("v26.0/{}/subscriptions", PRODUCT.id));
        let (status, said) = read(self.world.http.post(path).bearer_auth(PRODUCT.app_token()).json(&form)).await;
        assert_eq!((status, &said), (200, &json!({ "success": true })));
    }

    async fn try_get(&self, path: &str) -> (u16, Value) {
        read(self.world.http.get(self.url(&format!("v26.0/{path}"))).bearer_auth(&self.token)).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, said) = self.try_get(path).await;
        assert_eq!(status, 200, "{path}: {said}");
        said
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.world.http.post(self.url(&format!("v26.0/{path}"))).bearer_auth(&self.token).json(&body)).await
    }

    async fn made(&self, path: &str, body: Value) -> Value {
        let (status, said) = self.post(path, body.clone()).await;
        assert_eq!(status, 200, "{path} {body}: {said}");
        said
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        read(self.world.http.delete(self.url(&format!("v26.0/{path}"))).bearer_auth(&self.token)).await
    }

    /// Status, code and subcode of the refusal of a call.
    async fn refused(&self, path: &str, body: Value) -> (u16, i64, i64) {
        refusal(&self.post(path, body).await)
    }

    /// Sends this to a person; `more` is what a message has beside product and recipient.
    async fn try_send(&self, to: &str, more: Value) -> (u16, Value) {
        let mut body = json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "to": to });
        more.as_object().expect("an object").iter().for_each(|(name, value)| body[name] = value.clone());
        self.post(&format!("{}/messages", self.phone), body).await
    }

    /// The id of a message that is accepted.
    async fn send(&self, to: &str, more: Value) -> String {
        let (status, said) = self.try_send(to, more.clone()).await;
        assert_eq!(status, 200, "{more}: {said}");
        text(&said["messages"][0]["id"])
    }

    async fn say(&self, to: &str, said: &str) -> String {
        self.send(to, json!({ "type": "text", "text": { "body": said } })).await
    }

    /// A person does something in the chat with the number.
    async fn on_phone(&self, person: &str, form: &[(&str, &str)]) {
        let url = self.url(&format!("phones/{person}/{}", self.phone));
        let answer = self.world.http.post(url).form(form).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{form:?}");
    }

    async fn writes(&self, person: &str, said: &str) {
        self.on_phone(person, &[("say", said)]).await;
    }

    /// A person opens the chat with the number; gives the page.
    async fn looks(&self, person: &str) -> String {
        self.world.page(&self.url(&format!("phones/{person}/{}", self.phone))).await
    }

    /// Meta or the business decides something.
    async fn manages(&self, what: &str, id: &str, value: &str) {
        let form = [("what", what), ("id", id), ("value", value)];
        let answer = self.world.http.post(self.url("manager")).form(&form).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{form:?}");
    }

    /// An approved template.
    async fn approved(&self, body: Value) -> String {
        let id = text(&self.made(&format!("{}/message_templates", self.waba), body).await["id"]);
        self.wait(30);
        assert_eq!(self.get(&format!("{id}?fields=status")).await["status"], "APPROVED");
        id
    }

    /// A template with a name and a link to fill in, and a button to stop.
    async fn notice(&self) -> String {
        self.approved(notice("post_published")).await
    }

    fn own(&self, name: &str, value: Value) {
        self.world.running.turn(Network::Whatsapp, |knobs| drop(knobs.own.insert(name.into(), value)));
    }

    fn limit(&self, name: &str, most: u32) {
        self.world.running.turn(Network::Whatsapp, |knobs| _ = knobs.rate_limits.insert(name.into(), most));
    }

    fn ledger(&self) -> Vec<Entry> {
        self.world.running.ledger().entries(Some(Network::Whatsapp))
    }

    fn wait(&self, seconds: u64) {
        self.world.clock.advance(Duration::from_secs(seconds));
    }

    /// Waits until the app has heard so many webhooks of a field; gives their values.
    async fn hears(&self, field: &str, count: usize) -> Vec<Value> {
        loop {
            let found = self.values(field);
            if found.len() >= count {
                assert_eq!(found.len(), count, "{found:?}");
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn values(&self, field: &str) -> Vec<Value> {
        let heard = self.heard.lock().expect("free");
        let changes = heard.events.iter().map(|event| &event["entry"][0]["changes"][0]);
        changes.filter(|change| change["field"] == field).map(|change| change["value"].clone()).collect()
    }

    /// Waits for so many statuses of a message; gives them.
    async fn statuses(&self, id: &str, count: usize) -> Vec<Value> {
        loop {
            let all = self.values("messages");
            let all = all.iter().flat_map(|value| value["statuses"].as_array().cloned().unwrap_or_default());
            let found: Vec<Value> = all.filter(|status| status["id"] == id).collect();
            if found.len() >= count {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What becomes of a message in the next second.
    async fn becomes(&self, id: &str, count: usize) -> Vec<String> {
        self.wait(1);
        self.statuses(id, count).await.iter().map(|status| text(&status["status"])).collect()
    }

    /// The code with which an accepted message fails.
    async fn fails(&self, id: &str) -> i64 {
        self.wait(1);
        let status = &self.statuses(id, 1).await[0];
        assert_eq!(status["status"], "failed", "{status}");
        status["errors"][0]["code"].as_i64().expect("a code")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn refusal((status, said): &(u16, Value)) -> (u16, i64, i64) {
    let number = |name: &str| said["error"][name].as_i64().unwrap_or_default();
    assert!(said["error"].is_object(), "{said}");
    (*status, number("code"), number("error_subcode"))
}

fn notice(name: &str) -> Value {
    json!({
        "name": name, "language": "en", "category": "UTILITY", "parameter_format": "NAMED", "components": [
            { "type": "BODY", "text": "Your post \"{{title}}\" was published on {{network}} just now.",
              "example": { "body_text_named_params": [
                  { "param_name": "title", "example": "Launch" }, { "param_name": "network", "example": "Instagram" },
              ] } },
            { "type": "FOOTER", "text": "Reply STOP to end these messages" },
            { "type": "BUTTONS", "buttons": [
                { "type": "URL", "text": "Open", "url": "https://app.example.com/{{1}}", "example": ["p/1"] },
                { "type": "QUICK_REPLY", "text": "Stop" },
            ] },
        ],
    })
}

/// The notice as a message.
fn filled() -> Value {
    json!({ "type": "template", "biz_opaque_callback_data": "ntf_1", "template": {
        "name": "post_published", "language": { "code": "en" }, "components": [
            { "type": "body", "parameters": [
                { "type": "text", "parameter_name": "title", "text": "Launch" },
                { "type": "text", "parameter_name": "network", "text": "Threads" },
            ] },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": [{ "type": "text", "text": "p/123" }] },
            { "type": "button", "sub_type": "quick_reply", "index": "1",
              "parameters": [{ "type": "payload", "payload": "STOP" }] },
        ],
    } })
}

/// The handshake.
async fn shake(RawQuery(query): RawQuery) -> axum::response::Response {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    match fields.get("hub.verify_token") {
        Some("swordfish") => fields.get("hub.challenge").unwrap_or_default().to_owned().into_response(),
        _ => StatusCode::FORBIDDEN.into_response(),
    }
}

/// A webhook, whose signature must be that of its bytes.
async fn hear(Shared(book): Shared<Book>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body = std::str::from_utf8(&body).expect("text");
    assert_eq!(headers["x-hub-signature-256"], signature(PRODUCT, body).as_str());
    let mut heard = book.lock().expect("free");
    if heard.refuses > 0 {
        heard.refuses -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    heard.events.push(serde_json::from_str(body).expect("JSON"));
    StatusCode::OK
}

/// Files.
async fn file(axum::extract::Path(name): axum::extract::Path<String>) -> axum::response::Response {
    match name.as_str() {
        "a.png" => ([("content-type", "image/png")], samples::png(640, 480)).into_response(),
        "page.html" => ([("content-type", "text/html")], "<!doctype html>").into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
