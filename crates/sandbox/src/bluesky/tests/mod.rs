//! Scenarios over real HTTP against a running sandbox, with a client written only for the tests.

mod client;
mod lexicons;
mod oauth;
mod pages;
mod reading;
mod records;
mod sessions;
mod vectors;
mod videos;

use std::{sync::Arc, time::Duration};

use base::{OsRandom, TestClock, Timestamp, random::token};
use http::HeaderMap;
use serde_json::{Value, json};

use crate::{Entry, Network, Options, Running, Sandbox};

/// A sandbox with a clock that only tests move, and a client.
pub struct World {
    pub sandbox: Running,
    pub clock: TestClock,
    pub http: reqwest::Client,
    pub origin: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} is not JSON: {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The status and the name of the error.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["error"].as_str().unwrap_or_default().to_owned())
    }

    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }
}

#[track_caller]
pub fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.refusal(), (status, error.to_owned()), "{}", answer.text);
}

/// Mid-morning on a winter day.
pub fn morning() -> Timestamp {
    Timestamp::parse("2030-01-02T09:30:00Z").expect("valid")
}

pub fn fresh() -> String {
    token::<16>(&OsRandom)
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = TestClock::at(morning());
        let mut options = Options::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        change(&mut options);
        let sandbox = Sandbox::start(options).await.expect("free ports");
        #[expect(clippy::disallowed_methods, reason = "a test calls the sandbox on the loopback")]
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("client");
        let origin = sandbox.origin(Network::Bluesky).as_str().trim_end_matches('/').to_owned();
        Self { sandbox, clock, http, origin }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.expect("answered");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await.expect("whole");
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(self.url(path))).await
    }

    /// A query of a method without credentials.
    pub async fn query(&self, nsid: &str, params: &[(&str, &str)]) -> Answer {
        self.send(self.http.get(self.url(&format!("/xrpc/{nsid}"))).query(params)).await
    }

    /// The DID behind a handle.
    pub async fn did(&self, handle: &str) -> String {
        let answer = self.query("com.atproto.identity.resolveHandle", &[("handle", handle)]).await.ok();
        answer["did"].as_str().expect("a DID").to_owned()
    }

    /// Signs in with the demo account's app password.
    pub async fn sign_in(&self, handle: &str) -> Person<'_> {
        let demo = super::DEMO_ACCOUNTS.iter().find(|demo| demo.handle == handle).expect("a demo account");
        let body = json!({"identifier": handle, "password": demo.app_password});
        let request = self.http.post(self.url("/xrpc/com.atproto.server.createSession")).json(&body);
        Person::of(self, self.send(request).await.ok())
    }

    pub fn ledger(&self) -> Vec<Entry> {
        self.sandbox.ledger().entries(Some(Network::Bluesky))
    }

    pub fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub fn own_knob(&self, name: &str, value: Value) {
        self.sandbox.turn(Network::Bluesky, |knobs| drop(knobs.own.insert(name.to_owned(), value)));
    }

    /// A TID for now, different every time.
    pub fn tid(&self) -> String {
        use base::Clock as _;
        use std::sync::atomic::{AtomicI64, Ordering};
        static NEXT: AtomicI64 = AtomicI64::new(0);
        super::syntax::tid(self.clock.now().as_micros() + NEXT.fetch_add(1, Ordering::Relaxed), 1)
    }
}

/// A person with an app password session.
pub struct Person<'w> {
    pub world: &'w World,
    pub did: String,
    pub access: String,
    pub refresh: String,
}

impl<'w> Person<'w> {
    pub fn of(world: &'w World, session: Value) -> Self {
        let text = |name: &str| session[name].as_str().expect(name).to_owned();
        Self { world, did: text("did"), access: text("accessJwt"), refresh: text("refreshJwt") }
    }

    pub async fn post(&self, nsid: &str, body: &Value) -> Answer {
        let request = self.world.http.post(self.world.url(&format!("/xrpc/{nsid}"))).bearer_auth(&self.access);
        self.world.send(request.json(body)).await
    }

    pub async fn get(&self, nsid: &str, params: &[(&str, &str)]) -> Answer {
        let request = self.world.http.get(self.world.url(&format!("/xrpc/{nsid}"))).bearer_auth(&self.access);
        self.world.send(request.query(params)).await
    }

    pub async fn upload(&self, mime: &str, bytes: Vec<u8>) -> Answer {
        let request = self.world.http.post(self.world.url("/xrpc/com.atproto.repo.uploadBlob"));
        self.world.send(request.bearer_auth(&self.access).header("content-type", mime).body(bytes)).await
    }

    pub fn post_record(&self, text: &str) -> Value {
        json!({"$type": "app.bsky.feed.post", "text": text, "createdAt": "2030-01-02T09:30:00.000Z"})
    }

    /// A put as the reference recommends it: the record key is ours, and nothing may be there yet.
    pub fn put_body(&self, rkey: &str, record: &Value) -> Value {
        json!({"repo": self.did, "collection": record["$type"], "rkey": rkey, "swapRecord": null, "validate": true,
            "record": record})
    }

    pub async fn put(&self, rkey: &str, record: &Value) -> Answer {
        self.post("com.atproto.repo.putRecord", &self.put_body(rkey, record)).await
    }

    /// Puts the account's profile in the place of the one that it has from the start.
    pub async fn put_profile(&self, profile: Value) -> Answer {
        let mut body = self.put_body("self", &profile);
        body.as_object_mut().expect("an object").remove("swapRecord");
        self.post("com.atproto.repo.putRecord", &body).await
    }

    /// Puts a record under a new key; gives its strong ref.
    pub async fn publish(&self, record: Value) -> Value {
        let put = self.put(&self.world.tid(), &record).await.ok();
        json!({"uri": put["uri"], "cid": put["cid"]})
    }
}

/// A PNG of one dot, and how to make it longer.
pub fn png(extra: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89".to_vec();
    bytes.extend(std::iter::repeat_n(7, extra));
    bytes
}
