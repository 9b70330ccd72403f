//! What every feature is given: the database, time, chance, the connectors, the way out, the vault.

use std::{collections::BTreeMap, ops::Deref, path::PathBuf, sync::Arc, time::Duration};

use base::{Clock, Random, Timestamp, ids::PublicationId};
use connector::{Connectors, http::Guard};
use db::{Db, Tx};
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    channels, events,
    fault::Fault,
    http::{Buckets, RateLimits},
    keys, media, ops, people,
    request::Guarded,
    secrets::Vault,
    turns::Turns,
};

/// The installation at work. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database. What is written while a request is answered is written with the caller's rights.
    pub db: Guarded,
    parts: Arc<Parts>,
}

/// What an [`App`] is made of.
pub struct Parts {
    /// The database; [`App::db`] is how features write.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The platforms of this installation.
    pub connectors: Connectors,
    /// The way out to the network.
    pub guard: Guard,
    /// What must not be readable in the database.
    pub vault: Vault,
    /// Where files are kept.
    pub blobs: crate::media::Blobs,
    /// Who hears what happens to a channel.
    pub waiting: channels::Waiting,
    /// What the operator has set.
    pub settings: Settings,
    /// What this process remembers between requests; begins empty.
    pub memory: Memory,
}

/// What a process remembers between requests. Nothing in it is missed after a restart.
#[derive(Default)]
pub struct Memory {
    /// Since when this process runs.
    pub started_at: Timestamp,
    /// Rate limits.
    pub buckets: Buckets,
    /// API keys that were found good in the last second.
    pub keys: keys::Cache,
    /// The installation's apps at platforms, opened.
    pub apps: channels::AppCache,
    /// Accounts to mention that platforms suggested.
    pub suggested: channels::Suggested,
    /// The first proxy that said who its clients are and is not trusted.
    pub unheard_proxy: std::sync::OnceLock<std::net::IpAddr>,
    /// Event streams that are open.
    pub streams: events::Streams,
    /// Where passwords are hashed, a few at a time.
    pub passwords: people::Passwords,
    /// Where files are checked and images are decoded, in turns.
    pub workbench: media::Workbench,
    /// How far files are that are being stored.
    pub storing: media::uploads::Storing,
    /// Whether networks can fetch files from here, as it was found last.
    pub reachability: media::reachability::Last,
    /// Whether the disk is full.
    pub room: ops::Room,
    /// Published posts that are being edited at a platform.
    pub edits: Turns<PublicationId>,
    /// Cancelled when this process is asked to end: what waits for a client waits no longer.
    pub stopping: CancellationToken,
}

/// What the operator has set, as far as features need it. Read once at start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our own address as browsers and platforms see it.
    pub public_url: Url,
    /// Addresses that stand in for a platform's own: platform id, then the connector's name for the address.
    pub endpoints: BTreeMap<String, BTreeMap<String, Url>>,
    /// Rate limits.
    pub limits: RateLimits,
    /// How long sessions last.
    pub sessions: SessionTimes,
    /// Whose `X-Forwarded-For` is believed (S-86).
    pub trusted_proxies: Vec<IpNet>,
    /// The kind of API key that this installation makes and takes.
    pub key_mode: keys::Mode,
    /// The folder where files wait until they are whole; made when it is needed. Nodes that share it share uploads that
    /// go on after a break; otherwise such an upload must come back to the node where it began.
    pub spool: PathBuf,
    /// What is set aside for when the disk is full.
    pub reserve: ops::Reserve,
    /// How large files may be, and how many.
    pub uploads: media::Allowance,
    /// Where images are decoded.
    pub decoder: media::Decoder,
    /// What the operator has decided about people's data.
    pub profile: trust::Profile,
    /// How videos are converted; `None` where ffmpeg is not installed.
    pub transcoder: Option<media::transcoding::Transcoder>,
}

impl Settings {
    /// The defaults at this address.
    pub fn at(public_url: Url) -> Self {
        Self {
            public_url,
            endpoints: BTreeMap::new(),
            limits: RateLimits::default(),
            sessions: SessionTimes::default(),
            trusted_proxies: Vec::new(),
            key_mode: keys::Mode::Live,
            spool: std::env::temp_dir().join("fanfare-spool"),
            reserve: ops::Reserve { folder: std::env::temp_dir(), bytes: 0 },
            uploads: media::Allowance::default(),
            decoder: media::Decoder::default(),
            profile: trust::Preset::Default.profile(),
            transcoder: None,
        }
    }
}

/// How long sessions last (S-32, S-33).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimes {
    /// Without a request.
    pub idle: Duration,
    /// At most.
    pub absolute: Duration,
    /// How long after signing in one may do what needs a recent sign-in.
    pub recent: Duration,
}

impl Default for SessionTimes {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        Self { idle: days(7), absolute: days(30), recent: Duration::from_secs(15 * 60) }
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(mut parts: Parts) -> Self {
        base::words::add_dutch(include_str!("nl.json"));
        parts.memory.started_at = parts.clock.now();
        Self { db: Guarded::new(parts.db.clone(), parts.clock.clone()), parts: Arc::new(parts) }
    }

    /// Reads what is only a read of a store: nothing but the database can fail. Commands that also find problems name
    /// [`Fault`] in their closure and go through [`Db::read`].
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Fault>
    where
        F: AsyncFn(&mut Tx) -> Result<T, db::Error> + Send + Sync + 'static,
        T: Send + 'static,
    {
        Ok(self.db.read(work).await?)
    }

    /// The same for a write.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Fault>
    where
        F: AsyncFn(&mut Tx) -> Result<T, db::Error> + Send + Sync + 'static,
        T: Send + 'static,
    {
        Ok(self.db.write(work).await?)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}
