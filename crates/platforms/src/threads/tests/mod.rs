//! Tests of the connector: every documented code, the fields of every kind of post, what is refused beforehand, flows against
//! canned answers, and the whole of it against the sandbox's twin of Threads.

mod checks;
mod fields;
mod flows;
mod table;
mod twin;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use base::{Clock as _, OsRandom, TestClock, Timestamp};
use bytes::Bytes;
use connector::{
    AppCredentials, Call, Draft, Failure, Handles, Http, Media, MediaKind, Part, PartJob, Remote, Tokens,
    http::{AllowedRange, Guard, GuardRules, Policy},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// 2030-01-01T09:00:00Z.
const NOW: Timestamp = Timestamp::from_seconds(1_893_488_400);

/// All that a call needs, against one origin.
struct World {
    http: Http,
    app: AppCredentials,
    tokens: Tokens,
    facts: Value,
    public_url: url::Url,
    endpoints: BTreeMap<String, url::Url>,
    clock: TestClock,
}

impl World {
    fn at(origin: &str) -> Self {
        Self::with_clock(origin, TestClock::at(NOW))
    }

    fn with_clock(origin: &str, clock: TestClock) -> Self {
        let origin: url::Url = origin.parse().expect("an address");
        let loopback = AllowedRange { address: [127, 0, 0, 1].into(), prefix: 32, ports: vec![] };
        let rules = GuardRules { allowed: vec![loopback], ..GuardRules::default() };
        let guard = Guard::new(rules, Arc::new(clock.clone())).expect("a client");
        Self {
            http: guard.http(Policy::platform(vec!["127.0.0.1".into()])),
            app: app("123", "secret-of-the-app"),
            tokens: Tokens { access: Some("LONG".into()), refresh: Some("LONG".into()), ..Tokens::default() },
            facts: json!({ "username": "acme" }),
            public_url: "https://fanfare.example".parse().expect("an address"),
            endpoints: [("api".to_owned(), origin.clone()), ("web".to_owned(), origin)].into(),
            clock,
        }
    }

    fn call(&self) -> Call<'_> {
        Call {
            http: &self.http,
            app: &self.app,
            tokens: &self.tokens,
            account_id: "314",
            facts: &self.facts,
            public_url: &self.public_url,
            endpoints: &self.endpoints,
            clock: &self.clock,
            random: &OsRandom,
        }
    }

    fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Waits until the instant that a failure names.
    fn wait_for(&self, failure: &Failure) {
        let until = failure.retry_at.expect("a time to come back");
        self.clock.advance(until.since(self.clock.now()));
    }
}

fn app(id: &str, secret: &str) -> AppCredentials {
    let values = [("client_id".to_owned(), id.into()), ("client_secret".to_owned(), secret.into())];
    AppCredentials { instance: None, values: values.into() }
}

/// A journal in memory. Files have addresses at `origin`.
#[derive(Default)]
struct Journal {
    kept: Mutex<BTreeMap<String, Value>>,
    origin: Option<url::Url>,
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

fn text(text: &str) -> Part {
    Part { text: text.to_owned(), ..Part::default() }
}

fn draft(parts: Vec<Part>) -> Draft {
    Draft { parts, options: json!({}), ..Draft::default() }
}

fn job<'a>(draft: &'a Draft, position: usize, earlier: &'a [Remote]) -> PartJob<'a> {
    PartJob { draft, position, earlier, op_id: "op", begun_at: NOW }
}

fn file(id: &str, kind: MediaKind, mime: &str, alt: Option<&str>) -> Media {
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

fn remote(id: &str) -> Remote {
    Remote { id: id.into(), url: format!("https://www.threads.net/@acme/post/{id}"), extra: Value::Null }
}
