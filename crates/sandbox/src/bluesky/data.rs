//! What the network knows: accounts with their repositories and blobs, sessions, and the reading side's index.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base::{Random, Timestamp, random};
use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    cid::base32,
    jose,
    oauth::Oauth,
    session::Session,
    shapes::{LIKE, POST, REPOST},
    syntax,
    video::Job,
};

/// An account that is there from the start.
#[derive(Debug, Clone, Copy)]
pub struct DemoAccount {
    /// Its handle.
    pub handle: &'static str,
    /// The name people read.
    pub name: &'static str,
    /// What it says of itself.
    pub bio: &'static str,
    /// Its app password. These accounts exist on this computer only, so it is no secret.
    pub app_password: &'static str,
}

/// The accounts that are there from the start.
pub const DEMO_ACCOUNTS: [DemoAccount; 3] = [
    DemoAccount {
        handle: "harbour-bakery.test",
        name: "Harbour Bakery",
        bio: "Bread, buns and gossip on the quay. Open from six.",
        app_password: "demo-harb-3333-bbbb",
    },
    DemoAccount {
        handle: "lena.test",
        name: "Lena Vos",
        bio: "Photographs of bridges, and what goes under them.",
        app_password: "demo-lena-2222-aaaa",
    },
    DemoAccount {
        handle: "northwind.test",
        name: "Northwind Bikes",
        bio: "We repair what others throw away.",
        app_password: "demo-nort-4444-cccc",
    },
];

/// How long a blob that no record uses is kept.
pub const LOOSE_BLOB_SECONDS: u64 = 3600;

/// A record in a repository.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stored {
    /// Its content id.
    pub cid: String,
    /// The record.
    pub value: Value,
    /// When it was written.
    pub at: Timestamp,
}

/// An uploaded file of an account. Its bytes are in the core's blob store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BlobInfo {
    /// Its type, by its content.
    pub mime: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was uploaded last.
    pub at: Timestamp,
    /// How many uses records make of it.
    pub uses: u32,
}

/// An account with its repository.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Its permanent id.
    pub did: String,
    /// Its name on the network.
    pub handle: String,
    /// The name people read, until a profile record says otherwise.
    pub name: String,
    /// What it says of itself, until a profile record says otherwise.
    pub bio: String,
    /// Its e-mail address.
    pub email: String,
    /// The main password.
    pub password: String,
    /// App passwords.
    pub app_passwords: Vec<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// The id of the newest commit.
    pub head: String,
    /// The revision of the newest commit.
    pub rev: String,
    last_micros: i64,
    /// Until when its notifications are read.
    pub seen_at: Timestamp,
    /// Collection, record key, record.
    pub records: BTreeMap<String, BTreeMap<String, Stored>>,
    /// Content id, file.
    pub blobs: HashMap<String, BlobInfo>,
}

impl Account {
    /// A TID later than every one this account got before.
    pub fn next_tid(&mut self, now: Timestamp) -> String {
        self.last_micros = now.as_micros().max(self.last_micros + 1);
        syntax::tid(self.last_micros, 7)
    }

    /// A record of this account.
    pub fn record(&self, collection: &str, rkey: &str) -> Option<&Stored> {
        self.records.get(collection)?.get(rkey)
    }

    /// A blob that is here and may be used at `now`.
    pub fn blob(&self, cid: &str, now: Timestamp) -> Option<&BlobInfo> {
        self.blobs.get(cid).filter(|blob| blob.uses > 0 || now.since(blob.at).as_secs() <= LOOSE_BLOB_SECONDS)
    }

    fn profile(&self, field: &str) -> Option<&str> {
        self.record(super::shapes::PROFILE, "self")?.value.get(field)?.as_str()
    }

    /// The name people read.
    pub fn shown_name(&self) -> &str {
        self.profile("displayName").filter(|name| !name.is_empty()).unwrap_or(&self.name)
    }

    /// What it says of itself.
    pub fn shown_bio(&self) -> &str {
        self.profile("description").unwrap_or(&self.bio)
    }
}

/// Which records point at a record. Rebuilt from the repositories at start.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// Likes by what they like.
    pub likes: HashMap<String, BTreeSet<String>>,
    /// Reposts by what they repost.
    pub reposts: HashMap<String, BTreeSet<String>>,
    /// Posts by the post they answer.
    pub replies: HashMap<String, BTreeSet<String>>,
    /// Posts by the post they quote.
    pub quotes: HashMap<String, BTreeSet<String>>,
}

/// The post that a post quotes.
pub fn quoted(post: &Value) -> Option<&str> {
    let embed = post.get("embed")?;
    match embed["$type"].as_str()? {
        "app.bsky.embed.record" => embed["record"]["uri"].as_str(),
        "app.bsky.embed.recordWithMedia" => embed["record"]["record"]["uri"].as_str(),
        _ => None,
    }
}

impl Index {
    fn pointers<'a>(
        &mut self,
        collection: &str,
        value: &'a Value,
    ) -> Vec<(&mut HashMap<String, BTreeSet<String>>, &'a str)> {
        let subject = value["subject"]["uri"].as_str();
        match collection {
            LIKE => subject.map(|uri| (&mut self.likes, uri)).into_iter().collect(),
            REPOST => subject.map(|uri| (&mut self.reposts, uri)).into_iter().collect(),
            POST => {
                let answered = value["reply"]["parent"]["uri"].as_str().map(|uri| (&mut self.replies, uri));
                answered.into_iter().chain(quoted(value).map(|uri| (&mut self.quotes, uri))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Notes what a new record points at.
    pub fn add(&mut self, uri: &str, collection: &str, value: &Value) {
        for (map, target) in self.pointers(collection, value) {
            map.entry(target.to_owned()).or_default().insert(uri.to_owned());
        }
    }

    /// Forgets what a record pointed at.
    pub fn remove(&mut self, uri: &str, collection: &str, value: &Value) {
        for (map, target) in self.pointers(collection, value) {
            if let Some(uris) = map.get_mut(target) {
                uris.remove(uri);
            }
        }
    }
}

/// Everything the network knows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Data {
    secret: String,
    /// Accounts by DID.
    pub accounts: BTreeMap<String, Account>,
    /// App password sessions by id.
    pub sessions: HashMap<String, Session>,
    /// The authorization server's requests, codes and grants.
    pub oauth: Oauth,
    /// Videos in processing, by job id.
    pub jobs: BTreeMap<String, Job>,
    #[serde(skip)]
    handles: HashMap<String, String>,
    /// Which records point at a record.
    #[serde(skip)]
    pub index: Index,
}

impl Data {
    /// The seeded state.
    pub fn seeded(random: &dyn Random, now: Timestamp) -> Self {
        let mut data = Self { secret: hex::encode(random::bytes::<32>(random)), ..Self::default() };
        for demo in &DEMO_ACCOUNTS {
            let did = data.add_account(demo.handle, demo.name, now);
            if let Some(account) = data.accounts.get_mut(&did) {
                account.bio = demo.bio.to_owned();
                account.app_passwords.push(demo.app_password.to_owned());
            }
        }
        data
    }

    /// The same after it was read from a file: what is not kept is built again.
    pub fn restored(mut self) -> Self {
        for account in self.accounts.values() {
            self.handles.insert(account.handle.clone(), account.did.clone());
            for (collection, records) in &account.records {
                for (rkey, stored) in records {
                    self.index.add(&uri(&account.did, collection, rkey), collection, &stored.value);
                }
            }
        }
        self
    }

    /// Makes an account; the handle must be free. Its main password cannot be guessed until one is set.
    pub fn add_account(&mut self, handle: &str, name: &str, now: Timestamp) -> String {
        let handle = handle.to_ascii_lowercase();
        // A real directory hashes the first operation; here the handle decides, so that ids are the same every time.
        let digest = Sha256::digest(format!("sandbox identity of {handle}").as_bytes());
        let did = format!("did:plc:{}", &base32(&digest)[..24]);
        let mut account = Account {
            did: did.clone(),
            handle: handle.clone(),
            name: name.to_owned(),
            bio: String::new(),
            email: format!("{}@example.test", handle.split('.').next().unwrap_or_default()),
            password: jose::base64url(&jose::mac(self.secret.as_bytes(), did.as_bytes())),
            app_passwords: Vec::new(),
            made_at: now,
            head: String::new(),
            rev: String::new(),
            last_micros: 0,
            seen_at: now,
            records: BTreeMap::new(),
            blobs: HashMap::new(),
        };
        account.rev = account.next_tid(now);
        account.head = super::cid::Cid::of(super::cid::Codec::DagCbor, account.rev.as_bytes()).to_string();
        self.accounts.insert(did.clone(), account);
        self.handles.insert(handle, did.clone());
        did
    }

    /// The secret that seals sessions and nonces.
    pub fn secret(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    /// The DID behind a handle.
    pub fn did_of(&self, handle: &str) -> Option<&str> {
        self.handles.get(&handle.to_ascii_lowercase()).map(String::as_str)
    }

    /// An account by handle or DID.
    pub fn account(&self, identifier: &str) -> Option<&Account> {
        let did = if identifier.starts_with("did:") { identifier } else { self.did_of(identifier)? };
        self.accounts.get(did)
    }

    /// A record by its AT-URI, whose authority may be a handle.
    pub fn record(&self, uri: &str) -> Option<(&Account, &Stored)> {
        let (authority, collection, rkey) = syntax::record_of(uri)?;
        let account = self.account(authority)?;
        Some((account, account.record(collection, rkey)?))
    }

    /// The key that signs an account's service tokens.
    pub fn signing_key(&self, did: &str) -> Option<SigningKey> {
        // A digest is a valid scalar but once in 2^32 tries; then the next one is.
        (0u8..8).find_map(|round| {
            let scalar = jose::mac(self.secret.as_bytes(), format!("signing key {round} of {did}").as_bytes());
            SigningKey::from_slice(&scalar).ok()
        })
    }

    /// The DID document of an account on the PDS at `endpoint`.
    pub fn document(&self, account: &Account, endpoint: &str) -> Value {
        let key = self.signing_key(&account.did).map(|key| jose::multikey(key.verifying_key()));
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": account.did,
            "alsoKnownAs": [format!("at://{}", account.handle)],
            "verificationMethod": [{
                "id": format!("{}#atproto", account.did),
                "type": "Multikey",
                "controller": account.did,
                "publicKeyMultibase": key,
            }],
            "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": endpoint}],
        })
    }
}

/// The AT-URI of a record.
pub fn uri(did: &str, collection: &str, rkey: &str) -> String {
    format!("at://{did}/{collection}/{rkey}")
}
