//! Tests of the connector: every documented code, the fields of every kind of post, what is refused beforehand, flows against
//! canned answers, and the whole of it against the sandbox's twin of Facebook.

mod checks;
mod connecting;
mod fields;
mod flows;
mod table;
mod twin;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use base::{OsRandom, TestClock, Timestamp};
use bytes::Bytes;
use connector::{
    AppCredentials, Call, Draft, Failure, Handles, Http, Media, MediaKind, Part, PartJob, Remote, Tokens,
    http::{AllowedRange, Guard, GuardRules, Policy},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// 2030-01-01T09:00:00Z.
const NOW: Timestamp = Timestamp::from_seconds(1_893_488_400);

/// All that a call needs, against one origin: a page is signed in.
struct World {
    http: Http,
    app: AppCredentials,
    tokens: Tokens,
    account_id: String,
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
        let endpoints = ["graph", "www", "video"].map(|name| (name.to_owned(), origin.clone()));
        Self {
            http: guard.http(Policy::platform(vec!["127.0.0.1".into()])),
            app: app(&[("client_id", "123"), ("client_secret", "secret-of-the-app")]),
            tokens: signed_in("PAGE-TOKEN"),
            account_id: "1055".to_owned(),
            facts: json!({}),
            public_url: "https://fanfare.example".parse().expect("an address"),
            endpoints: endpoints.into(),
            clock,
        }
    }

    fn call(&self) -> Call<'_> {
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

    fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn app(values: &[(&str, &str)]) -> AppCredentials {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    AppCredentials { instance: None, values }
}

fn signed_in(token: &str) -> Tokens {
    Tokens { access: Some(token.into()), ..Tokens::default() }
}

/// A journal in memory.
#[derive(Default)]
struct Journal(Mutex<BTreeMap<String, Value>>);

#[async_trait::async_trait]
impl Handles for Journal {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.lock().expect("free").get(name).cloned()
    }
    async fn put(&self, name: &str, value: Value) -> Result<(), Failure> {
        self.0.lock().expect("free").insert(name.to_owned(), value);
        Ok(())
    }
    async fn forget(&self, name: &str) -> Result<(), Failure> {
        self.0.lock().expect("free").remove(name);
        Ok(())
    }
}

fn text(text: &str) -> Part {
    Part { text: text.to_owned(), ..Part::default() }
}

fn with(text_of: &str, media: Vec<Media>) -> Part {
    Part { media, ..text(text_of) }
}

fn draft(parts: Vec<Part>) -> Draft {
    chosen(json!({}), parts)
}

fn chosen(options: Value, parts: Vec<Part>) -> Draft {
    Draft { parts, options, ..Draft::default() }
}

fn job<'a>(draft: &'a Draft, earlier: &'a [Remote]) -> PartJob<'a> {
    PartJob { draft, position: earlier.len(), earlier, op_id: "op", begun_at: NOW }
}

fn file(bytes: &[u8], kind: MediaKind, alt: Option<&str>) -> Media {
    let bytes = Bytes::copy_from_slice(bytes);
    let (width, height) = if kind == MediaKind::Video { (1080, 1920) } else { (640, 480) };
    Media {
        id: hex::encode(&bytes[..bytes.len().min(4)]),
        kind,
        mime: if kind == MediaKind::Video { "video/mp4" } else { "image/jpeg" }.into(),
        size_bytes: bytes.len() as u64,
        width,
        height,
        duration_ms: (kind == MediaKind::Video).then_some(5_000),
        video_codec: None,
        animated: false,
        alt: alt.map(str::to_owned),
        sha256: hex::encode(Sha256::digest(&bytes)),
        source: Arc::new(bytes),
    }
}

fn photo(bytes: &str) -> Media {
    file(bytes.as_bytes(), MediaKind::Image, Some("A cat"))
}

fn film() -> Media {
    file(b"0123456789", MediaKind::Video, None)
}
