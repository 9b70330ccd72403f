//! What a connector needs around it: time, chance, a way out, a journal, files.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use base::{Clock, OsRandom, SystemClock, Timestamp};
use bytes::Bytes;
use connector::{
    AppCredentials, Call, Connect, Draft, Failure, Granted, Handles, Http, ImageRules, Media, MediaKind, Part, PartJob,
    Prepared, Publish, Remote, Sent, Tokens,
    http::{AllowedRange, Guard, GuardRules, Policy},
};
use serde_json::{Value, json};
use url::Url;

use crate::bluesky::Bluesky;

/// An installation with at most one channel.
pub struct World {
    pub bluesky: Bluesky,
    pub clock: Arc<dyn Clock>,
    pub http: Http,
    pub app: AppCredentials,
    pub tokens: Tokens,
    pub account_id: String,
    pub facts: Value,
    pub public_url: Url,
    pub endpoints: BTreeMap<String, Url>,
}

impl World {
    /// With these addresses in place of the network's own, all on this machine.
    pub fn new(clock: Arc<dyn Clock>, endpoints: &[(&str, &str)]) -> Self {
        let this_machine =
            |address: &str, prefix| AllowedRange { address: address.parse().unwrap(), prefix, ports: vec![] };
        let rules = GuardRules {
            allowed: vec![this_machine("127.0.0.0", 8), this_machine("::1", 128)],
            ..GuardRules::default()
        };
        let guard = Guard::new(rules, clock.clone()).unwrap();
        Self {
            bluesky: Bluesky::new(),
            http: guard.http(Policy::platform(Vec::new())),
            clock,
            app: AppCredentials::default(),
            tokens: Tokens::default(),
            account_id: String::new(),
            facts: Value::Null,
            public_url: Url::parse("http://127.0.0.1:8080").unwrap(),
            endpoints: endpoints.iter().map(|(name, url)| ((*name).to_owned(), Url::parse(url).unwrap())).collect(),
        }
    }

    pub fn now_with(endpoints: &[(&str, &str)]) -> Self {
        Self::new(Arc::new(SystemClock), endpoints)
    }

    pub fn call(&self) -> Call<'_> {
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

    pub fn adopt(&mut self, granted: Granted) {
        self.account_id = granted.account.id;
        self.facts = granted.channels[0].facts.clone();
        self.tokens = granted.tokens;
    }

    pub async fn connect_with_password(&mut self, handle: &str, password: &str) -> Result<(), Failure> {
        let input = json!({ "handle": handle, "app_password": password });
        let granted = self.bluesky.with_password(&self.call(), &input).await?;
        self.adopt(granted);
        Ok(())
    }

    pub async fn refresh(&mut self) -> Result<(), Failure> {
        self.tokens = self.bluesky.refresh(&self.call()).await?;
        Ok(())
    }

    /// Prepares a part as its first attempt.
    pub async fn prepare(&self, what: &What<'_>, journal: &Journal) -> Result<Prepared, Failure> {
        let job = PartJob {
            draft: what.draft,
            position: what.position,
            earlier: what.earlier,
            op_id: &what.op_id,
            begun_at: what.begun_at,
        };
        self.bluesky.prepare(&self.call(), &job, journal).await
    }

    /// All parts of a draft, each prepared, sent and settled.
    pub async fn publish(&self, draft: &Draft) -> Result<Vec<Sent>, Failure> {
        let mut sent: Vec<Sent> = Vec::new();
        for position in 0..draft.parts.len() {
            let earlier: Vec<Remote> = sent.iter().map(|part| part.remote.clone()).collect();
            let what = What { position, earlier: &earlier, ..What::new(draft, self.clock.now()) };
            let ready = self.prepare(&what, &Journal::default()).await?;
            let part = self.bluesky.send(&self.call(), &ready).await?;
            self.bluesky.settle(&self.call(), &ready, &part).await?;
            sent.push(part);
        }
        Ok(sent)
    }

    /// A record as anyone can read it.
    pub async fn record(&self, uri: &str) -> Option<Value> {
        let [did, collection, rkey] = uri.trim_start_matches("at://").split('/').collect::<Vec<_>>()[..] else {
            panic!("{uri}")
        };
        let server = self.tokens.extra["pds"].expose();
        let url = format!("{server}/xrpc/com.atproto.repo.getRecord");
        let request = self.http.get("read record", url).query("repo", did).query("collection", collection);
        let reply = request.query("rkey", rkey).send().await.unwrap();
        reply.is_success().then(|| reply.value()["value"].clone())
    }
}

/// A part of a draft, to be prepared.
pub struct What<'a> {
    pub draft: &'a Draft,
    pub position: usize,
    pub earlier: &'a [Remote],
    pub op_id: String,
    pub begun_at: Timestamp,
}

impl<'a> What<'a> {
    pub fn new(draft: &'a Draft, begun_at: Timestamp) -> Self {
        Self { draft, position: 0, earlier: &[], op_id: base::random::token::<8>(&OsRandom), begun_at }
    }
}

/// A journal in memory.
#[derive(Default)]
pub struct Journal(pub Mutex<BTreeMap<String, Value>>);

#[async_trait]
impl Handles for Journal {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.lock().unwrap().get(name).cloned()
    }
    async fn put(&self, name: &str, value: Value) -> Result<(), Failure> {
        self.0.lock().unwrap().insert(name.to_owned(), value);
        Ok(())
    }
    async fn forget(&self, name: &str) -> Result<(), Failure> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
    /// The app would draw it anew; here another picture stands in for that.
    async fn smaller(&self, _picture: Bytes, rules: &ImageRules) -> Option<(Bytes, String)> {
        let small = png("smaller").source.read().await.ok()?;
        (small.len() as u64 <= rules.bytes_max).then(|| (small, "image/png".to_owned()))
    }
}

pub fn post(text: &str) -> Draft {
    thread(&[text])
}

pub fn thread(texts: &[&str]) -> Draft {
    let parts = texts.iter().map(|text| Part { text: (*text).to_owned(), ..Part::default() }).collect();
    Draft { parts, options: Value::Null, ..Draft::default() }
}

pub fn file(kind: MediaKind, mime: &str, bytes: Bytes, alt: Option<&str>) -> Media {
    use sha2::Digest as _;
    Media {
        id: "media_1".to_owned(),
        kind,
        mime: mime.to_owned(),
        size_bytes: bytes.len() as u64,
        width: 1,
        height: 1,
        duration_ms: None,
        video_codec: None,
        animated: false,
        alt: alt.map(str::to_owned),
        sha256: hex::encode(sha2::Sha256::digest(&bytes)),
        source: Arc::new(bytes),
    }
}

/// The smallest of pictures: one red pixel.
pub fn png(alt: &str) -> Media {
    let bytes: &[u8] = &[
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1,
        8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 0x0c, 0x49, 0x44, 0x41, 0x54, 8, 0xd7, 0x63, 0xf8, 0xcf, 0xc0,
        0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
    ];
    file(MediaKind::Image, "image/png", Bytes::from_static(bytes), Some(alt))
}
