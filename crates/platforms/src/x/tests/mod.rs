//! Tests of the connector: counting against the network's own vectors, every row of the error table, requests byte for
//! byte, flows against canned answers, and the whole of it against the sandbox's twin of X.

mod canned;
mod checks;
mod counting;
mod finding;
mod golden;
mod spec;
mod table;
mod twin;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use base::{Clock, OsRandom, Secret, TestClock, Timestamp};
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
    account_id: String,
    facts: Value,
    public_url: url::Url,
    endpoints: BTreeMap<String, url::Url>,
    clock: Arc<dyn Clock>,
}

impl World {
    /// A world that stands still at [`NOW`].
    fn at(origin: &str) -> Self {
        Self::with_clock(origin, Arc::new(TestClock::at(NOW)))
    }

    fn with_clock(origin: &str, clock: Arc<dyn Clock>) -> Self {
        let origin: url::Url = origin.parse().expect("an address");
        let loopback = AllowedRange { address: "127.0.0.1".parse().expect("an address"), prefix: 32, ports: vec![] };
        let guard = Guard::new(GuardRules { allowed: vec![loopback], ..GuardRules::default() }, clock.clone())
            .expect("a client");
        Self {
            http: guard.http(Policy::platform(vec!["127.0.0.1".into()])),
            app: app("client", Some("secret")),
            tokens: Tokens { access: Some("AT".into()), refresh: Some("RT".into()), ..Tokens::default() },
            account_id: "2244994945".into(),
            facts: json!({ "subscription_type": "Premium", "protected": false }),
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
            account_id: &self.account_id,
            facts: &self.facts,
            public_url: &self.public_url,
            endpoints: &self.endpoints,
            clock: &*self.clock,
            random: &OsRandom,
        }
    }
}

fn app(id: &str, secret: Option<&str>) -> AppCredentials {
    let mut values: BTreeMap<String, Secret<String>> = [("client_id".to_owned(), id.into())].into();
    values.extend(secret.map(|secret| ("client_secret".to_owned(), secret.into())));
    AppCredentials { instance: None, values }
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

fn draft(parts: Vec<Part>) -> Draft {
    Draft { parts, options: json!({}), ..Draft::default() }
}

fn job<'a>(draft: &'a Draft, position: usize, earlier: &'a [Remote]) -> PartJob<'a> {
    PartJob { draft, position, earlier, op_id: "op", begun_at: NOW }
}

fn file(kind: MediaKind, mime: &str, bytes: Vec<u8>, alt: Option<&str>) -> Media {
    let bytes = Bytes::from(bytes);
    Media {
        id: "media_1".into(),
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
    Remote { id: id.into(), url: format!("https://x.com/i/status/{id}"), extra: Value::Null }
}

/// The folder of the networks' own specifications and vectors, if it is there.
fn specs() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test has no settings; the variable only moves the folder")]
    let named = std::env::var("FANFARE_SPECS").map(PathBuf::from);
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let folder = named.unwrap_or_else(|_| beside());
    folder.is_dir().then_some(folder)
}

#[expect(clippy::print_stdout, reason = "a test that was skipped or that counted says so")]
fn say(words: &str) {
    println!("{words}");
}
