//! The connector against a twin of an instance over real HTTP, and against replies that no twin gives.

mod canned;
mod connecting;
mod doubt;
mod golden;
mod official;
mod publishing;
mod rules;

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use base::{Clock as _, OsRandom, Secret, TestClock, Timestamp};
use bytes::Bytes;
use connector::{
    AppCredentials, Call, Callback, Connect as _, Draft, Failure, Granted, Handles, Http, Media, MediaKind, Part,
    PartJob, Prepared, Publish as _, Remote, Sent, StartConnect, Tokens, Trace,
    http::{AllowedRange, Guard, GuardRules, Policy},
};
use sandbox::{Action, Entry, Knobs, Network, Options, Running, Sandbox};
use serde_json::{Value, json};
use url::Url;

use super::Mastodon;

/// A small picture: as much of a PNG as a server looks at.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x20\0\0\0\x10\x08\x06\0\0\0\x01\x02\x03\x04";
/// An animation of two frames.
const GIF: &[u8] = b"GIF89a\x20\0\x10\0\0\0\0\x21\xf9\x04\0\x0a\0\0\0\x2c\x21\xf9\x04\0\x0a\0\0\0\x2c";
/// Where an instance sends the browser back to.
const BACK: &str = "http://127.0.0.1:9/connect/mastodon/callback";

/// What a call is made from: a channel of ours, connected or not.
pub(super) struct Desk {
    pub(super) clock: TestClock,
    guard: Guard,
    pub(super) app: AppCredentials,
    pub(super) tokens: Tokens,
    pub(super) account_id: String,
    pub(super) facts: Value,
    public_url: Url,
    pub(super) endpoints: BTreeMap<String, Url>,
}

impl Desk {
    pub(super) fn new(clock: TestClock) -> Self {
        let loopback = AllowedRange { address: IpAddr::from([127, 0, 0, 1]), prefix: 8, ports: Vec::new() };
        let rules = GuardRules { allowed: vec![loopback], ..GuardRules::default() };
        let guard = Guard::new(rules, Arc::new(clock.clone())).expect("a guard");
        Self {
            guard,
            clock,
            app: AppCredentials::default(),
            tokens: Tokens::default(),
            account_id: String::new(),
            facts: Value::Null,
            public_url: Url::parse("http://127.0.0.1:9/").expect("an address"),
            endpoints: BTreeMap::new(),
        }
    }

    /// A way out; the engine makes one for each piece of work.
    pub(super) fn http(&self) -> Http {
        self.guard.http(Policy::platform(Vec::new()))
    }

    pub(super) fn call<'a>(&'a self, http: &'a Http) -> Call<'a> {
        Call {
            http,
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

    pub(super) fn take(&mut self, granted: Granted) {
        self.account_id = granted.account.id;
        self.tokens = granted.tokens;
        self.facts = granted.channels.into_iter().next().expect("a channel").facts;
    }

    pub(super) async fn prepare(
        &self,
        draft: &Draft,
        position: usize,
        earlier: &[Remote],
        notes: &Notes,
    ) -> Result<Prepared, Failure> {
        let job = job(draft, position, earlier, self.clock.now());
        Mastodon.prepare(&self.call(&self.http()), &job, notes).await
    }

    pub(super) async fn send(&self, ready: &Prepared) -> Result<Sent, Failure> {
        Mastodon.send(&self.call(&self.http()), ready).await
    }

    /// One post from nothing to there.
    pub(super) async fn publish(&self, draft: &Draft) -> Vec<Remote> {
        let mut done: Vec<Remote> = Vec::new();
        for position in 0..draft.parts.len() {
            let ready = self.prepare(draft, position, &done, &Notes::default()).await.expect("prepared");
            done.push(self.send(&ready).await.expect("sent").remote);
        }
        done
    }

    /// What a look-up of this part finds, armed now with half a minute to go.
    pub(super) async fn look_up(&self, ready: &Prepared, taken: &[String]) -> Result<connector::Finding, Failure> {
        let armed_at = self.clock.now();
        let trace = Trace { ready, armed_at, deadline: armed_at + Duration::from_secs(30), sent: None, taken };
        Mastodon.look_up(&self.call(&self.http()), &trace).await
    }
}

pub(super) fn job<'a>(draft: &'a Draft, position: usize, earlier: &'a [Remote], begun_at: Timestamp) -> PartJob<'a> {
    // One name per draft and position, the same over all tries.
    let op_id = Box::leak(format!("op-{position}-{}", draft.parts[position].text.len()).into_boxed_str());
    PartJob { draft, position, earlier, op_id, begun_at }
}

/// A journal in memory.
#[derive(Default)]
pub(super) struct Notes(Mutex<BTreeMap<String, Value>>);

impl Notes {
    pub(super) fn len(&self) -> usize {
        self.0.lock().expect("unpoisoned").len()
    }
}

#[async_trait]
impl Handles for Notes {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.lock().expect("unpoisoned").get(name).cloned()
    }

    async fn put(&self, name: &str, value: Value) -> Result<(), Failure> {
        self.0.lock().expect("unpoisoned").insert(name.to_owned(), value);
        Ok(())
    }

    async fn forget(&self, name: &str) -> Result<(), Failure> {
        self.0.lock().expect("unpoisoned").remove(name);
        Ok(())
    }
}

/// A sandbox with a channel of Lena's.
pub(super) struct World {
    pub(super) running: Running,
    pub(super) desk: Desk,
}

impl World {
    /// An instance; no one is connected.
    pub(super) async fn start() -> Self {
        let clock = TestClock::at(Timestamp::parse("2030-01-01T09:00:00Z").expect("an instant"));
        let options = Options { record: true, ..Options::new(Arc::new(clock.clone()), Arc::new(OsRandom)) };
        let running = Sandbox::start(options).await.expect("free ports");
        Self { running, desk: Desk::new(clock) }
    }

    /// An instance with Lena's account connected.
    pub(super) async fn connected() -> Self {
        let mut world = Self::start().await;
        world.connect().await;
        world
    }

    /// A server that is not Mastodon, with Lena's account connected.
    pub(super) async fn takahe() -> Self {
        let mut world = Self::start().await;
        world.turn(|knobs| {
            knobs.own.insert("software".into(), json!("takahe"));
        });
        world.connect().await;
        world
    }

    pub(super) async fn connect(&mut self) {
        self.register().await;
        let granted = self.sign_in("lena", &[]).await.expect("granted");
        self.desk.take(granted);
    }

    pub(super) fn turn(&self, change: impl FnOnce(&mut Knobs)) {
        self.running.turn(Network::Mastodon, change);
    }

    pub(super) fn input(&self) -> Value {
        json!({ "instance": self.running.origin(Network::Mastodon) })
    }

    pub(super) async fn register(&mut self) {
        let key = Mastodon.instance_of(&self.input()).expect("an instance");
        let http = self.desk.http();
        let app = Mastodon.register(&self.desk.call(&http), key.as_deref()).await.expect("registered");
        self.desk.app = app.expect("credentials");
    }

    pub(super) fn request(&self, features: &[&str]) -> StartConnect {
        StartConnect {
            input: self.input(),
            redirect_uri: BACK.into(),
            state: "a-state-of-128-bits".into(),
            features: features.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// The whole way through the browser.
    pub(super) async fn sign_in(&self, account: &str, features: &[&str]) -> Result<Granted, Failure> {
        let http = self.desk.http();
        let started = Mastodon.start(&self.desk.call(&http), &self.request(features)).await?;
        let callback = self.decide(&started.redirect_to, &[("account", account), ("decision", "allow")]).await;
        Mastodon.finish(&self.desk.call(&http), &started.memory, &callback).await
    }

    /// The browser's part: opens the consent page, answers its form, and follows the way back.
    pub(super) async fn decide(&self, consent: &Url, answers: &[(&str, &str)]) -> Callback {
        let http = self.desk.http();
        let page = http.get("open the consent page", consent).send().await.expect("a page");
        assert_eq!(page.status, 200, "{}", page.text());
        let hidden: Vec<(String, String)> = consent.query_pairs().into_owned().collect();
        let mut form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.extend(answers);
        let mut action = consent.clone();
        action.set_query(None);
        let reply = http.post("answer the consent page", action).form(&form).send().await.expect("an answer");
        let back = reply.header("location").unwrap_or_else(|| panic!("no way back: {}", reply.text()));
        let back = Url::parse(back).expect("an address");
        assert!(back.as_str().starts_with(BACK), "{back}");
        Callback { query: back.query_pairs().into_owned().collect() }
    }

    pub(super) fn ledger(&self) -> Vec<Entry> {
        self.running.ledger().entries(Some(Network::Mastodon))
    }

    /// What people were ever shown as new, in order.
    pub(super) fn created(&self) -> Vec<Entry> {
        self.ledger().into_iter().filter(|entry| entry.action == Action::Created).collect()
    }

    /// How many requests of this method went to paths that end so.
    pub(super) fn asked(&self, method: &str, path_end: &str) -> usize {
        let traffic = self.running.traffic().of(Network::Mastodon);
        traffic.iter().filter(|exchange| exchange.method == method && exchange.path.ends_with(path_end)).count()
    }
}

pub(super) fn post(text: &str) -> Draft {
    thread(&[text])
}

pub(super) fn thread(texts: &[&str]) -> Draft {
    let parts = texts.iter().map(|text| Part { text: (*text).to_owned(), ..Part::default() }).collect();
    Draft { parts, options: json!({}), ..Draft::default() }
}

pub(super) fn with_media(text: &str, media: Vec<Media>) -> Draft {
    let mut draft = post(text);
    draft.parts[0].media = media;
    draft
}

pub(super) fn picture(id: &str, alt: Option<&str>) -> Media {
    file(id, MediaKind::Image, "image/png", PNG, alt)
}

pub(super) fn animation(id: &str) -> Media {
    file(id, MediaKind::Gif, "image/gif", GIF, None)
}

pub(super) fn file(id: &str, kind: MediaKind, mime: &str, bytes: &'static [u8], alt: Option<&str>) -> Media {
    use sha2::Digest as _;
    Media {
        id: id.into(),
        kind,
        mime: mime.into(),
        size_bytes: bytes.len() as u64,
        width: 32,
        height: 16,
        duration_ms: None,
        video_codec: None,
        animated: false,
        alt: alt.map(str::to_owned),
        sha256: hex::encode(sha2::Sha256::digest(bytes)),
        source: Arc::new(Bytes::from_static(bytes)),
    }
}

pub(super) fn secret(text: &str) -> Secret<String> {
    Secret::from(text)
}
