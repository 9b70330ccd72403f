//! All that a call needs in a test of one of Meta's networks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use base::{Clock as _, OsRandom, TestClock, Timestamp};
use bytes::Bytes;
use connector::{
    AppCredentials, Call, Callback, Draft, Failure, Handles, Http, Media, MediaKind, Part, PartJob, Remote, Tokens,
    http::{AllowedRange, Guard, GuardRules, Policy},
    webhooks::{HookEvent, Incoming},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::test_kit::Came;

/// 2030-01-01T09:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_893_488_400);

/// All that a call needs, against one origin.
pub(crate) struct World {
    pub http: Http,
    pub app: AppCredentials,
    pub tokens: Tokens,
    pub facts: Value,
    pub public_url: url::Url,
    pub endpoints: BTreeMap<String, url::Url>,
    pub account_id: String,
    pub clock: TestClock,
}

impl World {
    /// Everything is at this origin, by these names of the connector's.
    pub(crate) fn at(origin: &str, endpoints: &[&str], facts: Value, clock: TestClock) -> Self {
        let origin: url::Url = origin.parse().expect("an address");
        let loopback = AllowedRange { address: [127, 0, 0, 1].into(), prefix: 32, ports: vec![] };
        let rules = GuardRules { allowed: vec![loopback], ..GuardRules::default() };
        let guard = Guard::new(rules, Arc::new(clock.clone())).expect("a client");
        Self {
            http: guard.http(Policy::platform(vec!["127.0.0.1".into()])),
            app: app("123", "secret-of-the-app"),
            tokens: Tokens { access: Some("LONG".into()), refresh: Some("LONG".into()), ..Tokens::default() },
            facts,
            public_url: "https://fanfare.example".parse().expect("an address"),
            endpoints: endpoints.iter().map(|name| ((*name).to_owned(), origin.clone())).collect(),
            account_id: "314".to_owned(),
            clock,
        }
    }

    pub(crate) fn call(&self) -> Call<'_> {
        Call {
            http: &self.http,
            app: &self.app,
            tokens: &self.tokens,
            account_id: &self.account_id,
            facts: &self.facts,
            public_url: &self.public_url,
            endpoints: &self.endpoints,
            clock: &self.clock,
            random: &OsRandom,
        }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Waits until the instant that a failure names.
    pub(crate) fn wait_for(&self, failure: &Failure) {
        let until = failure.retry_at.expect("a time to come back");
        self.clock.advance(until.since(self.clock.now()));
    }
}

pub(crate) fn app(id: &str, secret: &str) -> AppCredentials {
    let values = [("client_id".to_owned(), id.into()), ("client_secret".to_owned(), secret.into())];
    AppCredentials { instance: None, values: values.into() }
}

/// What the person does on the consent page: the callback's query.
pub(crate) async fn decide(world: &World, page: &url::Url, account: &str, decision: &str) -> Callback {
    let mut fields: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    fields.extend([("account".into(), account.into()), ("decision".into(), decision.into())]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut page = page.clone();
    page.set_query(None);
    let reply = world.http.post("press the button", page).form(&fields).send().await.expect("an answer");
    let back = reply.header("location").unwrap_or_else(|| panic!("sent back: {}", reply.text()));
    let back = url::Url::parse(back).expect("an address");
    Callback { query: back.query_pairs().into_owned().collect() }
}

/// A journal in memory. Files have addresses at `origin`.
#[derive(Default)]
pub(crate) struct Journal {
    pub kept: Mutex<BTreeMap<String, Value>>,
    pub origin: Option<url::Url>,
}

#[async_trait::async_trait]
impl Handles for Journal {
    fn get(&self, name: &str) -> Option<Value> {
        self.kept.lock().expect("free").get(name).cloned()
    }
    async fn put(&self, name: &str, value: Value) -> Result<(), Failure> {
        self.kept.lock().expect("free").insert(name.to_owned(), value);
        Ok(())
    }
    async fn forget(&self, name: &str) -> Result<(), Failure> {
        self.kept.lock().expect("free").remove(name);
        Ok(())
    }
    async fn public_address(&self, file: &Media) -> Result<url::Url, Failure> {
        let origin = self.origin.clone().unwrap_or_else(|| "https://fanfare.example".parse().expect("an address"));
        Ok(origin.join(&format!("fetch/{}", file.id)).expect("an address"))
    }
}

pub(crate) fn text(text: &str) -> Part {
    Part { text: text.to_owned(), ..Part::default() }
}

pub(crate) fn draft(parts: Vec<Part>) -> Draft {
    Draft { parts, options: json!({}), ..Draft::default() }
}

pub(crate) fn job<'a>(draft: &'a Draft, position: usize, earlier: &'a [Remote]) -> PartJob<'a> {
    PartJob { draft, position, earlier, op_id: "op", begun_at: NOW }
}

pub(crate) fn file(id: &str, kind: MediaKind, mime: &str, alt: Option<&str>) -> Media {
    let bytes = Bytes::from(id.to_owned());
    Media {
        id: id.to_owned(),
        kind,
        mime: mime.into(),
        size_bytes: bytes.len() as u64,
        width: 640,
        height: 480,
        duration_ms: (kind == MediaKind::Video).then_some(5_000),
        video_codec: None,
        animated: false,
        alt: alt.map(str::to_owned),
        sha256: hex::encode(Sha256::digest(&bytes)),
        source: Arc::new(bytes),
    }
}

/// What a connector reads in what a network sent to an address of the app.
pub(crate) fn read_by(hooks: &dyn connector::Webhooks, world: &World, sent: &Came) -> Vec<HookEvent> {
    let incoming = Incoming {
        address: "",
        method: &http::Method::POST,
        headers: &sent.headers,
        query: &BTreeMap::new(),
        body: &sent.body,
        app: &world.app,
        word: &"the word".into(),
        now: world.clock.now(),
    };
    hooks.hear(&incoming).expect("proven").events
}
