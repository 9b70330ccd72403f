//! The test kit: a platform that does as it is told, and keeps a ledger of every visible write.
//!
//! Public, so that the tests of other crates can use it; never part of the product's list of platforms.

mod comments;
mod hooks;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use base::{Secret, Text, Timestamp, say};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    About, Account, AppCredentials, Call, Callback, Comments, Connect, Connector, Deleted, Draft, Failure, FailureKind,
    Feature, Field, Finding, Found, Granted, Handles, ImageRules, Input, Insights, Issue, Limits, Media, Outcome,
    PartJob, Prepared, ProofClass, Publish, Reading, Recipient, Remote, Rule, Sent, StartConnect, Started, TextLimit,
    Tokens, Trace, Unit, VideoRules, Way, Webhooks,
};

/// What a send does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// It is applied and answered.
    Apply,
    /// It is applied, and the answer is lost.
    ApplyAndLoseAnswer,
    /// It is not applied, and no answer comes.
    LoseRequest,
    /// No byte leaves.
    NotSent,
    /// Too many calls; again after so many seconds.
    Throttle(u64),
    /// A documented refusal of this kind.
    Refuse(FailureKind),
    /// It is not applied. The account is said to be restricted for so many seconds, which may be said of what was applied.
    Restrict(u64),
    /// It is applied; the platform works on it for so many looks.
    Process(u32),
    /// It is applied and never answered: the caller's patience ends.
    ApplyAndHang,
    /// The connector panics.
    Panic,
    /// It is applied, and then the connector panics.
    ApplyAndPanic,
}

/// What a preparation does.
#[derive(Debug, Clone)]
pub enum Preparation {
    /// It fails like this.
    Fail(Failure),
    /// The connector panics.
    Panic,
}

/// What a look-up does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It fails like this.
    Fail(FailureKind),
    /// Too many calls; again after so many seconds.
    Throttle(u64),
    /// The connector panics.
    Panic,
}

/// One visible write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub account: String,
    /// The platform's id.
    pub id: String,
    /// The text.
    pub text: String,
    /// The id we chose.
    pub client_id: String,
    /// The post it answers.
    pub parent: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A platform that does as it is told. Cheap to clone: clones share the ledger.
#[derive(Clone)]
pub struct FakePlatform(Arc<Inner>);

struct Inner {
    proof: Mutex<ProofClass>,
    next: Mutex<VecDeque<Behaviour>>,
    by_text: Mutex<HashMap<String, VecDeque<Behaviour>>>,
    next_looks: Mutex<VecDeque<Look>>,
    edits: Mutex<Option<VecDeque<Option<Failure>>>>,
    deletions: Mutex<VecDeque<Option<Failure>>>,
    written: AtomicU64,
    looks: AtomicU64,
    patient: AtomicBool,
    fetching: AtomicBool,
    addresses: Mutex<Vec<url::Url>>,
    ledger: Mutex<Vec<Entry>>,
    working: Mutex<HashMap<String, u32>>,
    hidden_until: Mutex<Option<Timestamp>>,
    calls: AtomicU64,
    refreshes: AtomicU64,
    revoked: AtomicU64,
    registered: AtomicU64,
    knows_app: AtomicBool,
    refresh_fails: Mutex<Option<Failure>>,
    token_life_s: AtomicU64,
    exchanges_tokens: AtomicBool,
    same_text_refused_s: AtomicU64,
    handles: AtomicU64,
    lapsed: AtomicU64,
    preparations: Mutex<VecDeque<Preparation>>,
    images: Mutex<Option<ImageRules>>,
    videos: Mutex<Option<VideoRules>>,
    pages: Mutex<Vec<String>>,
    names: Mutex<HashMap<String, String>>,
    avatar: Mutex<Option<String>>,
    text_max: AtomicU64,
    checks: AtomicU64,
    check_fails: Mutex<Option<Failure>>,
    revokes_all: AtomicBool,
    spoke_with: Mutex<Vec<String>>,
    wants_subscriptions: AtomicBool,
    subscribed: Mutex<Vec<String>>,
    files: Mutex<Vec<(String, Bytes)>>,
    sent_with: Mutex<Vec<String>>,
    talk: Mutex<comments::Talk>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for FakePlatform {
    fn default() -> Self {
        Self::new(ProofClass::ReadBack)
    }
}

impl FakePlatform {
    /// A platform with this proof class.
    pub fn new(proof: ProofClass) -> Self {
        Self(Arc::new(Inner {
            proof: Mutex::new(proof),
            next: Mutex::default(),
            by_text: Mutex::default(),
            next_looks: Mutex::default(),
            edits: Mutex::default(),
            deletions: Mutex::default(),
            written: AtomicU64::new(0),
            looks: AtomicU64::new(0),
            patient: AtomicBool::new(false),
            fetching: AtomicBool::new(false),
            addresses: Mutex::default(),
            ledger: Mutex::default(),
            working: Mutex::default(),
            hidden_until: Mutex::default(),
            calls: AtomicU64::new(0),
            refreshes: AtomicU64::new(0),
            revoked: AtomicU64::new(0),
            registered: AtomicU64::new(0),
            knows_app: AtomicBool::new(false),
            refresh_fails: Mutex::default(),
            token_life_s: AtomicU64::new(0),
            exchanges_tokens: AtomicBool::new(false),
            same_text_refused_s: AtomicU64::new(0),
            handles: AtomicU64::new(0),
            lapsed: AtomicU64::new(0),
            preparations: Mutex::default(),
            images: Mutex::default(),
            videos: Mutex::default(),
            pages: Mutex::default(),
            names: Mutex::default(),
            avatar: Mutex::default(),
            text_max: AtomicU64::new(280),
            checks: AtomicU64::new(0),
            check_fails: Mutex::default(),
            revokes_all: AtomicBool::new(false),
            spoke_with: Mutex::default(),
            wants_subscriptions: AtomicBool::new(false),
            subscribed: Mutex::default(),
            files: Mutex::default(),
            sent_with: Mutex::default(),
            talk: Mutex::default(),
        }))
    }

    /// What the next sends do, in order; after that they are applied.
    pub fn next(&self, behaviours: impl IntoIterator<Item = Behaviour>) -> &Self {
        lock(&self.0.next).extend(behaviours);
        self
    }

    /// What sends of this very text do, in order.
    pub fn for_text(&self, text: &str, behaviours: impl IntoIterator<Item = Behaviour>) -> &Self {
        lock(&self.0.by_text).entry(text.to_owned()).or_default().extend(behaviours);
        self
    }

    /// From now on it lets published posts be edited. What the next edits do, in order: `None` is taken, as are those after.
    pub fn take_edits(&self, next: impl IntoIterator<Item = Option<Failure>>) -> &Self {
        lock(&self.0.edits).get_or_insert_default().extend(next);
        self
    }

    /// What the next deletions of a part do, in order: `None` is done, as are those after.
    pub fn next_deletions(&self, next: impl IntoIterator<Item = Option<Failure>>) -> &Self {
        lock(&self.0.deletions).extend(next);
        self
    }

    /// What the next look-ups do, in order; after that they look.
    pub fn next_looks(&self, looks: impl IntoIterator<Item = Look>) -> &Self {
        lock(&self.0.next_looks).extend(looks);
        self
    }

    /// A send may take a minute from now on.
    pub fn be_patient(&self) {
        self.0.patient.store(true, Ordering::Relaxed);
    }

    /// The platform no longer knows the app that was registered there.
    pub fn forget_app(&self) {
        self.0.knows_app.store(false, Ordering::Relaxed);
    }

    /// How often an app was registered.
    pub fn registered(&self) -> u64 {
        self.0.registered.load(Ordering::Relaxed)
    }

    /// From now on every account has these pages and a consent gives them, each with tokens of its own. Without any, a
    /// consent gives the account itself.
    pub fn give_pages(&self, pages: &[&str]) {
        *lock(&self.0.pages) = pages.iter().map(|page| (*page).to_owned()).collect();
    }

    /// The account or page is called so from now on.
    pub fn rename(&self, account: &str, name: &str) {
        lock(&self.0.names).insert(account.to_owned(), name.to_owned());
    }

    /// Every account has its picture here from now on.
    pub fn show_picture(&self, address: Option<&str>) {
        *lock(&self.0.avatar) = address.map(str::to_owned);
    }

    /// A text may have so many characters from now on, on channels that have heard of it.
    pub fn text_max(&self, characters: u64) {
        self.0.text_max.store(characters, Ordering::Relaxed);
    }

    /// Asking what a grant gives fails like this; `None` lets it succeed.
    pub fn checks_fail(&self, failure: Option<Failure>) {
        *lock(&self.0.check_fails) = failure;
    }

    /// How often it was asked what a grant gives.
    pub fn checks(&self) -> u64 {
        self.0.checks.load(Ordering::Relaxed)
    }

    /// Revoking one grant of an account ends all of them from now on.
    pub fn revoke_all_of_account(&self) {
        self.0.revokes_all.store(true, Ordering::Relaxed);
    }

    /// From now on it sends messages only about accounts that it was asked to send them about.
    pub fn want_subscriptions(&self) {
        self.0.wants_subscriptions.store(true, Ordering::Relaxed);
    }

    /// What it was asked to send and to stop, in order: `+alice access-0`, `-alice access-0`.
    pub fn subscribed(&self) -> Vec<String> {
        lock(&self.0.subscribed).clone()
    }

    /// The access tokens with which something was sent, in the order of the calls.
    pub fn spoke_with(&self) -> Vec<String> {
        lock(&self.0.spoke_with).clone()
    }

    /// The proof class from now on.
    pub fn set_proof(&self, proof: ProofClass) {
        *lock(&self.0.proof) = proof;
    }

    /// New posts are not to be seen in listings before this instant.
    pub fn hide_until(&self, at: Timestamp) {
        *lock(&self.0.hidden_until) = Some(at);
    }

    /// Tokens live so many seconds; 0 means for ever.
    pub fn token_life(&self, seconds: u64) {
        self.0.token_life_s.store(seconds, Ordering::Relaxed);
    }

    /// From now on there are no refresh tokens: an access token is exchanged for the next one, while it lives.
    pub fn exchange_tokens(&self) {
        self.0.exchanges_tokens.store(true, Ordering::Relaxed);
    }

    /// The same text is said to be refused for so many seconds; 0 means that it is taken again.
    pub fn refuse_same_text(&self, seconds: u64) {
        self.0.same_text_refused_s.store(seconds, Ordering::Relaxed);
    }

    /// Refreshes fail like this; `None` lets them succeed.
    pub fn refresh_fails(&self, failure: Option<Failure>) {
        *lock(&self.0.refresh_fails) = failure;
    }

    /// Images are taken from now on, by these rules.
    pub fn take_images(&self, rules: ImageRules) {
        *lock(&self.0.images) = Some(rules);
    }

    /// From now on it fetches files from us instead of taking their bytes.
    pub fn fetch_files(&self) {
        self.0.fetching.store(true, Ordering::Relaxed);
    }

    /// The addresses of files that it was given, in order.
    pub fn addresses(&self) -> Vec<url::Url> {
        lock(&self.0.addresses).clone()
    }

    /// Videos are taken from now on, by these rules.
    pub fn take_videos(&self, rules: VideoRules) {
        *lock(&self.0.videos) = Some(rules);
    }

    /// The files that were uploaded, each with its type, in the order of their uploads.
    pub fn files(&self) -> Vec<(String, Bytes)> {
        lock(&self.0.files).clone()
    }

    /// The types of the files that came with posts, in the order of their sending.
    pub fn sent_with(&self) -> Vec<String> {
        lock(&self.0.sent_with).clone()
    }

    /// Someone posts by hand.
    pub fn by_hand(&self, account: &str, text: &str, at: Timestamp) {
        self.write(account, text, "by-hand", None, at);
    }

    /// Every visible write so far.
    pub fn ledger(&self) -> Vec<Entry> {
        lock(&self.0.ledger).clone()
    }

    /// Visible writes of this text.
    pub fn writes_of(&self, text: &str) -> usize {
        lock(&self.0.ledger).iter().filter(|entry| entry.text == text).count()
    }

    /// How often `send` was called.
    pub fn sends(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// How often `look_up` was called.
    pub fn looks(&self) -> u64 {
        self.0.looks.load(Ordering::Relaxed)
    }

    /// How often `refresh` was called.
    pub fn refreshes(&self) -> u64 {
        self.0.refreshes.load(Ordering::Relaxed)
    }

    /// How often `revoke` was called.
    pub fn revocations(&self) -> u64 {
        self.0.revoked.load(Ordering::Relaxed)
    }

    /// How many handles were made (not found in the journal).
    pub fn handles_made(&self) -> u64 {
        self.0.handles.load(Ordering::Relaxed)
    }

    /// What was uploaded so far, or stands for an upload, is forgotten: a post with it is refused until it is prepared again.
    pub fn forget_uploads(&self) {
        self.0.lapsed.store(self.handles_made(), Ordering::Relaxed);
    }

    /// What the next preparations do, in order; after that they succeed.
    pub fn next_preparations(&self, preparations: impl IntoIterator<Item = Preparation>) -> &Self {
        lock(&self.0.preparations).extend(preparations);
        self
    }

    fn has(&self, upload: &Value) -> bool {
        upload.as_u64().is_none_or(|number| number >= self.0.lapsed.load(Ordering::Relaxed))
    }

    fn behaviour(&self, text: &str) -> Behaviour {
        if let Some(queue) = lock(&self.0.by_text).get_mut(text)
            && let Some(behaviour) = queue.pop_front()
        {
            return behaviour;
        }
        lock(&self.0.next).pop_front().unwrap_or(Behaviour::Apply)
    }

    fn write(&self, account: &str, text: &str, client_id: &str, parent: Option<String>, at: Timestamp) -> Remote {
        let mut ledger = lock(&self.0.ledger);
        // As platforms with client ids do: the same id again is the same post, for as long as they remember it.
        let known = match *lock(&self.0.proof) {
            ProofClass::ClientId { repeat_for_s } => ledger
                .iter()
                .filter(|entry| entry.account == account && entry.client_id == client_id)
                .find(|entry| repeat_for_s.is_none_or(|s| at < entry.at + std::time::Duration::from_secs(s.into())))
                .cloned(),
            _ => None,
        };
        let id = match known {
            Some(entry) => entry.id,
            None => {
                let id = format!("{}", self.0.written.fetch_add(1, Ordering::Relaxed) + 1);
                ledger.push(Entry {
                    account: account.to_owned(),
                    id: id.clone(),
                    text: text.to_owned(),
                    client_id: client_id.to_owned(),
                    parent,
                    at,
                });
                id
            }
        };
        remote(account, &id)
    }
}

#[expect(clippy::panic, reason = "the test asks for it")]
fn panicked() -> ! {
    panic!("the test asks for it")
}

fn remote(account: &str, id: &str) -> Remote {
    Remote { id: id.to_owned(), url: format!("https://fake.example/{account}/{id}"), extra: Value::Null }
}

/// The facts, with this time-out in milliseconds.
macro_rules! about {
    ($timeout:literal, $fetches:literal) => {
        About {
            id: "fake",
            name: "Fake",
            summary: Text::constant("A platform for tests."),
            icon: "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\"/>",
            recipient: Recipient {
                name: Text::constant("Nobody"),
                country: Text::constant("NL"),
                policy_url: "https://fake.example/privacy",
                reads: Text::constant("Nothing."),
            },
            ways: &[Way {
                kind: "password",
                fields: &[Field { name: "name", label: Text::constant("Name"), example: "alice", secret: false, optional: false, input: Input::Text }],
            }],
            app_fields: &[],
            setup: None,
            features: &[Feature { name: "publish", scopes: &["write"] }],
            options: || json!({ "type": "object" }),
            dutch: "{}",
            caps: &[],
            hosts: &["fake.example"],
            federated: false,
            fetches: $fetches,
            send_timeout_ms: $timeout,
        }
    };
}

static QUICK: About = about!(500, false);
static PATIENT: About = about!(60_000, false);
static FETCHING: About = about!(500, true);

impl Connector for FakePlatform {
    fn about(&self) -> &'static About {
        if self.0.fetching.load(Ordering::Relaxed) {
            return &FETCHING;
        }
        if self.0.patient.load(Ordering::Relaxed) { &PATIENT } else { &QUICK }
    }
    fn connect(&self) -> &dyn Connect {
        self
    }
    fn publish(&self) -> Option<&dyn Publish> {
        Some(self)
    }
    fn insights(&self) -> Option<&dyn Insights> {
        Some(self)
    }
    fn comments(&self) -> Option<&dyn Comments> {
        Some(self)
    }
    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(self)
    }
}

#[async_trait]
impl Connect for FakePlatform {
    async fn still_serves(&self, _: &Call<'_>, _: &str) -> bool {
        self.0.knows_app.load(Ordering::Relaxed)
    }

    async fn register(&self, _: &Call<'_>, _: Option<&str>) -> Result<Option<AppCredentials>, Failure> {
        self.0.registered.fetch_add(1, Ordering::Relaxed);
        self.0.knows_app.store(true, Ordering::Relaxed);
        Ok(Some(AppCredentials::default()))
    }

    async fn start(&self, _: &Call<'_>, request: &StartConnect) -> Result<Started, Failure> {
        let redirect_to = crate::oauth::authorize_url(
            "https://fake.example/authorize",
            &[
                ("state", &request.state),
                ("redirect_uri", &request.redirect_uri),
                ("scope", &request.features.join(" ")),
            ],
        )?;
        Ok(Started { redirect_to, memory: json!({ "name": request.input["name"] }) })
    }

    async fn finish(&self, call: &Call<'_>, memory: &Value, callback: &Callback) -> Result<Granted, Failure> {
        if callback.query.contains_key("error") {
            return Err(Failure::rejected(FailureKind::InputInvalid, say!("the fake was told no")));
        }
        self.with_password(call, memory).await
    }

    async fn with_password(&self, call: &Call<'_>, input: &Value) -> Result<Granted, Failure> {
        let name = input["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Failure::rejected(FailureKind::InputInvalid, say!("name: say which account")))?;
        Ok(Granted {
            tokens: self.tokens("access", call.clock.now(), 0),
            scopes: vec!["write".to_owned()],
            channels: self.given(name, 0),
            account: self.account(name),
        })
    }

    async fn refresh(&self, call: &Call<'_>) -> Result<Tokens, Failure> {
        let count = self.0.refreshes.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(failure) = lock(&self.0.refresh_fails).clone() {
            return Err(failure);
        }
        Ok(self.tokens("access", call.clock.now(), count))
    }

    async fn revoke(&self, _: &Call<'_>) -> Result<(), Failure> {
        self.0.revoked.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        self.0.checks.fetch_add(1, Ordering::Relaxed);
        match lock(&self.0.check_fails).clone() {
            Some(failure) => Err(failure),
            None => Ok(Found::itself(self.account(call.account_id), self.facts())),
        }
    }

    fn gives_several(&self) -> bool {
        !lock(&self.0.pages).is_empty()
    }

    async fn targets(&self, call: &Call<'_>) -> Result<Vec<Found>, Failure> {
        self.verify(call).await?;
        Ok(self.given(call.account_id, self.checks()))
    }

    fn revokes_all_of_account(&self) -> bool {
        self.0.revokes_all.load(Ordering::Relaxed)
    }
}

impl FakePlatform {
    fn account(&self, id: &str) -> Account {
        Account {
            id: id.to_owned(),
            handle: id.to_owned(),
            name: lock(&self.0.names).get(id).cloned().unwrap_or_else(|| id.to_owned()),
            url: format!("https://fake.example/{id}"),
            avatar: lock(&self.0.avatar).clone(),
        }
    }

    fn facts(&self) -> Value {
        json!({ "text_max": self.0.text_max.load(Ordering::Relaxed) })
    }

    /// What an account gives: its pages, each with the pair of tokens of this number, or itself.
    fn given(&self, account: &str, count: u64) -> Vec<Found> {
        let page = |page: &String| {
            let tokens = Tokens { access: Some(Secret::from(format!("{page}-{count}"))), ..Tokens::default() };
            Found { tokens: Some(tokens), ..Found::itself(self.account(page), self.facts()) }
        };
        match lock(&self.0.pages).as_slice() {
            [] => vec![Found::itself(self.account(account), self.facts())],
            pages => pages.iter().map(page).collect(),
        }
    }

    fn tokens(&self, word: &str, now: Timestamp, count: u64) -> Tokens {
        let life = self.0.token_life_s.load(Ordering::Relaxed);
        let ends = (life > 0).then(|| now + std::time::Duration::from_secs(life));
        Tokens {
            access: Some(Secret::from(format!("{word}-{count}"))),
            refresh: ends.map(|_| Secret::from(format!("refresh-{count}"))),
            expires_at: ends,
            refresh_expires_at: ends.filter(|_| self.0.exchanges_tokens.load(Ordering::Relaxed)),
            extra: BTreeMap::new(),
        }
    }
}

fn text_max(facts: &Value) -> u32 {
    facts["text_max"].as_u64().and_then(|max| u32::try_from(max).ok()).unwrap_or(280)
}

#[async_trait]
impl Publish for FakePlatform {
    fn limits(&self, facts: &Value) -> Limits {
        Limits {
            text: TextLimit {
                max: text_max(facts),
                unit: Unit::CodePoints,
                max_bytes: None,
                source: "the test kit".to_owned(),
            },
            parts_max: 25,
            images: lock(&self.0.images).clone(),
            gif: None,
            video: lock(&self.0.videos).clone(),
            mixed_media: false,
            alt_text_max: 1_000,
            poll: None,
            quote: false,
            edit: lock(&self.0.edits).is_some(),
            delete: true,
            text_optional: false,
            same_text_refused_s: Some(self.0.same_text_refused_s.load(Ordering::Relaxed))
                .filter(|seconds| *seconds > 0),
        }
    }

    fn read(&self, draft: &Draft, position: usize, facts: &Value) -> Reading {
        Reading::plain(draft.text(position).chars().count(), text_max(facts))
    }

    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue> {
        let too_long = |place: usize| {
            let length = self.read(draft, place, facts).length;
            let max = text_max(facts);
            (length > max).then(|| {
                let detail = say!(
                    "The text has {length} characters; {max} is the most. Shorten it by {length2}.",
                    length2 = length - max
                );
                Issue::error(Rule::TextTooLong, format!("/parts/{place}/text"), detail, "the test kit")
                    .numbers(max.into(), length.into())
            })
        };
        (0..draft.parts.len()).filter_map(too_long).collect()
    }

    fn proof(&self, _: &PartJob<'_>, _: &Value) -> ProofClass {
        *lock(&self.0.proof)
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, handles: &dyn Handles) -> Result<Prepared, Failure> {
        let part = &job.draft.parts[job.position];
        let next = lock(&self.0.preparations).pop_front();
        match next {
            None => {}
            Some(Preparation::Fail(failure)) => return Err(failure),
            Some(Preparation::Panic) => panicked(),
        }
        if part.text.contains("[handle]") && handles.get("container").is_none_or(|held| !self.has(&held)) {
            let count = self.0.handles.fetch_add(1, Ordering::Relaxed);
            handles.put("container", json!(count)).await?;
        }
        for file in &part.media {
            if self.0.fetching.load(Ordering::Relaxed) {
                let address = handles.public_address(file).await?;
                lock(&self.0.addresses).push(address);
                continue;
            }
            let unreadable = |error: std::io::Error| {
                Failure::new(
                    Outcome::NotSent,
                    FailureKind::MediaRefused,
                    say!("a file cannot be read: {error}", error = error.to_string()),
                )
            };
            let bytes = file.source.read().await.map_err(unreadable)?;
            lock(&self.0.files).push((file.mime.clone(), bytes));
        }
        let parent = match part.kind {
            crate::PartKind::Post => job.earlier.last(),
            crate::PartKind::Comment => job.earlier.first(),
        };
        Ok(Prepared {
            request: json!({
                "account": call.account_id, "text": part.text, "parent": parent.map(|remote| &remote.id),
                "upload": handles.get("container"),
            }),
            client_id: Some(job.op_id.to_owned()),
            proof: self.proof(job, call.facts),
        })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        lock(&self.0.spoke_with).extend(call.tokens.access.iter().map(|access| access.expose().clone()));
        let text = ready.request["text"].as_str().unwrap_or_default();
        let account = ready.request["account"].as_str().unwrap_or_default();
        let parent = ready.request["parent"].as_str().map(str::to_owned);
        let client_id = ready.client_id.clone().unwrap_or_default();
        let now = call.clock.now();
        let apply = || self.write(account, text, &client_id, parent.clone(), now);
        let lost = || Failure::unknown(FailureKind::Unavailable, say!("the answer was lost"));
        if !self.has(&ready.request["upload"]) {
            let detail = say!("there is no such upload");
            return Err(Failure::rejected(FailureKind::MediaNotReady, detail).answered(400, None));
        }
        match self.behaviour(text) {
            Behaviour::Apply => Ok(Sent { remote: apply(), processing: false }),
            Behaviour::ApplyAndLoseAnswer => {
                apply();
                Err(lost())
            }
            Behaviour::LoseRequest => Err(lost()),
            Behaviour::NotSent => Err(Failure::new(Outcome::NotSent, FailureKind::Unavailable, "connection refused")),
            Behaviour::Throttle(seconds) => {
                let until = now + std::time::Duration::from_secs(seconds);
                let failure = Failure::new(Outcome::Throttled, FailureKind::RateLimited, say!("too many calls"));
                Err(failure.answered(429, None).not_before(Some(until)))
            }
            Behaviour::Refuse(kind) => Err(Failure::rejected(kind, say!("refused by the test")).answered(400, None)),
            Behaviour::Restrict(seconds) => {
                let until = now + std::time::Duration::from_secs(seconds);
                Err(Failure::unknown(FailureKind::AccountBlocked, say!("too active")).not_before(Some(until)))
            }
            Behaviour::Process(looks) => {
                let remote = apply();
                lock(&self.0.working).insert(remote.id.clone(), looks);
                // Its page is told when it is done.
                let url = format!("https://fake.example/unfinished/{}", remote.id);
                Ok(Sent { remote: Remote { url, ..remote }, processing: true })
            }
            Behaviour::ApplyAndHang => {
                apply();
                std::future::pending().await
            }
            Behaviour::Panic => panicked(),
            Behaviour::ApplyAndPanic => {
                apply();
                panicked()
            }
        }
    }

    async fn send_with(&self, call: &Call<'_>, ready: &Prepared, files: &[Media]) -> Result<Sent, Failure> {
        lock(&self.0.sent_with).extend(files.iter().map(|file| file.mime.clone()));
        self.send(call, ready).await
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        let now = call.clock.now();
        self.0.looks.fetch_add(1, Ordering::Relaxed);
        let next = lock(&self.0.next_looks).pop_front();
        match next {
            None => {}
            Some(Look::Fail(kind)) => {
                return Err(Failure::new(Outcome::NotSent, kind, say!("the test lets the look fail")));
            }
            Some(Look::Throttle(seconds)) => {
                let until = now + std::time::Duration::from_secs(seconds);
                let failure = Failure::new(Outcome::Throttled, FailureKind::RateLimited, say!("too many looks"));
                return Err(failure.not_before(Some(until)));
            }
            Some(Look::Panic) => panicked(),
        }
        if let Some(sent) = trace.sent {
            let mut working = lock(&self.0.working);
            let left = working.entry(sent.remote.id.clone()).or_default();
            if *left > 0 {
                *left -= 1;
                return Ok(Finding::Processing);
            }
            let url = remote(call.account_id, &sent.remote.id).url;
            let sent = Sent { remote: Remote { url, ..sent.remote.clone() }, processing: false };
            return Ok(Finding::Published { sent, proof: say!("its own state") });
        }
        let hidden = lock(&self.0.hidden_until).is_some_and(|at| now < at);
        let text = trace.ready.request["text"].as_str().unwrap_or_default();
        let account = trace.ready.request["account"].as_str().unwrap_or_default();
        let client_id = trace.ready.client_id.as_deref().unwrap_or_default();
        let class = *lock(&self.0.proof);
        let by_id = matches!(class, ProofClass::ClientId { .. } | ProofClass::Staged);
        let found: Vec<Remote> = lock(&self.0.ledger)
            .iter()
            .filter(|entry| entry.account == account && !hidden)
            .filter(|entry| if by_id { entry.client_id == client_id } else { entry.text == text })
            .filter(|entry| !trace.taken.contains(&entry.id))
            .filter(|entry| entry.at + std::time::Duration::from_secs(120) >= trace.armed_at)
            .map(|entry| remote(account, &entry.id))
            .collect();
        Ok(match found.as_slice() {
            [] => Finding::Absent { certain: by_id && lock(&self.0.hidden_until).is_none() },
            [one] => {
                Finding::Published { sent: Sent { remote: one.clone(), processing: false }, proof: "found".into() }
            }
            several => Finding::Ambiguous(several.to_vec()),
        })
    }

    async fn at_address(&self, call: &Call<'_>, _: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        let known = |entry: &&Entry| remote(call.account_id, &entry.id).url == url.as_str();
        let found = lock(&self.0.ledger).iter().find(known).map(|entry| remote(&entry.account, &entry.id));
        found.ok_or_else(|| Failure::rejected(FailureKind::RemoteNotFound, say!("there is no post at this address")))
    }

    async fn delete(&self, _: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        if let Some(Some(failure)) = lock(&self.0.deletions).pop_front() {
            return Err(failure);
        }
        let mut ledger = lock(&self.0.ledger);
        let before = ledger.len();
        ledger.retain(|entry| entry.id != remote.id);
        Ok(if ledger.len() < before { Deleted::Gone } else { Deleted::WasGone })
    }

    async fn edit(&self, _: &Call<'_>, remote: &Remote, job: &PartJob<'_>, _: &dyn Handles) -> Result<Sent, Failure> {
        match lock(&self.0.edits).as_mut().map(VecDeque::pop_front) {
            None => return Err(Failure::rejected(FailureKind::ContentRefused, say!("the fake cannot edit"))),
            Some(Some(Some(failure))) => return Err(failure),
            Some(_) => {}
        }
        let mut ledger = lock(&self.0.ledger);
        let there = ledger.iter_mut().find(|entry| entry.id == remote.id);
        let there = there.ok_or_else(|| Failure::rejected(FailureKind::RemoteNotFound, say!("it is gone")))?;
        there.text = job.draft.text(job.position).to_owned();
        Ok(Sent { remote: remote.clone(), processing: false })
    }
}
