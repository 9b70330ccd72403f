//! What every twin is made from: clock, chance, ledger, knobs, blobs and its own address.

use std::{
    path::PathBuf,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use base::{Clock, Random, Timestamp};
use url::Url;

use crate::{Knobs, Ledger, Network, NewEntry, Ports, Traffic, blobs::Blobs, limits::Limits};

/// How a sandbox is started.
#[derive(Clone)]
pub struct Options {
    /// Where time comes from. Latency and hung answers use the real clock all the same.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub random: Arc<dyn Random>,
    /// The ports to listen on.
    pub ports: Ports,
    /// The folder in which ledger, state and media survive a restart; memory if absent.
    pub data: Option<PathBuf>,
    /// Whether every exchange is kept for [`Traffic`].
    pub record: bool,
}

impl Options {
    /// Any free ports, nothing kept, nothing recorded.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random, ports: Ports::default(), data: None, record: false }
    }
}

/// The base of a twin. Each platform has its own; only the ledger and the traffic are shared.
pub struct Core {
    /// Which network this is for.
    pub network: Network,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub random: Arc<dyn Random>,
    /// The network's origin, without a path: `http://127.0.0.1:PORT/`.
    pub origin: Url,
    /// Uploaded bytes.
    pub blobs: Blobs,
    /// Rate limit windows.
    pub limits: Limits,
    ledger: Ledger,
    traffic: Traffic,
    knobs: RwLock<Arc<Knobs>>,
    data: Option<PathBuf>,
    dirty: AtomicBool,
}

impl Core {
    pub(crate) fn new(options: &Options, network: Network, origin: Url, ledger: Ledger, traffic: Traffic) -> Self {
        Self {
            network,
            clock: options.clock.clone(),
            random: options.random.clone(),
            origin,
            blobs: Blobs::new(options.data.as_ref().map(|data| data.join("blobs").join(network.as_str()))),
            limits: Limits::default(),
            ledger,
            traffic,
            knobs: RwLock::new(Arc::new(Knobs::default())),
            data: options.data.clone(),
            dirty: AtomicBool::new(false),
        }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An absolute address on this network. `path` begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin.as_str().trim_end_matches('/'))
    }

    /// Writes down a visible write; gives its sequence number.
    pub fn record(&self, entry: NewEntry) -> u64 {
        self.ledger.append(self.now(), self.network, entry)
    }

    /// The ledger of all networks.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The traffic of all networks.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// The knobs as they are now.
    pub fn knobs(&self) -> Arc<Knobs> {
        self.knobs.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The settings that only this network has. Where they do not read, the log says so and everything stays as documented.
    pub fn own<S: serde::de::DeserializeOwned + Default>(&self) -> S {
        let knobs = self.knobs();
        if knobs.own.is_empty() {
            return S::default();
        }
        crate::knobs::read_own(&knobs.own).unwrap_or_else(|error| {
            tracing::warn!(network = self.network.as_str(), %error, "the knob `own` does not read");
            S::default()
        })
    }

    /// Turns the knobs: all of them at once.
    pub fn set_knobs(&self, knobs: Knobs) {
        *self.knobs.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(knobs);
    }

    /// Takes one use of the first fault that fits the request.
    pub(crate) fn take_fault(&self, fits: impl Fn(&crate::Rule) -> bool) -> Option<crate::Fault> {
        if self.knobs().faults.is_empty() {
            return None;
        }
        let mut shared = self.knobs.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut knobs = Knobs::clone(&shared);
        let place = knobs.faults.iter().position(fits)?;
        let fault = knobs.faults[place].fault.clone();
        knobs.faults[place].times = knobs.faults[place].times.saturating_sub(1);
        knobs.faults.retain(|rule| rule.times > 0);
        *shared = Arc::new(knobs);
        Some(fault)
    }

    /// The state that the last process of this network left, if it keeps any and the file reads well.
    pub fn kept<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        let text = std::fs::read(self.state_file()?).ok()?;
        serde_json::from_slice(&text)
            .inspect_err(|error| tracing::warn!(network = self.network.as_str(), %error, "kept state does not read"))
            .ok()
    }

    /// Notes that the state changed, so that it is written to the folder soon. Every request that is not a GET does
    /// this by itself.
    pub fn touch(&self) {
        self.dirty.store(true, Ordering::Relaxed);
    }

    pub(crate) fn keep(&self, snapshot: impl FnOnce() -> serde_json::Value) {
        let (Some(path), true) = (self.state_file(), self.dirty.swap(false, Ordering::Relaxed)) else { return };
        let half = path.with_extension("part");
        let written = std::fs::write(&half, snapshot().to_string()).and_then(|()| std::fs::rename(&half, &path));
        if let Err(error) = written {
            tracing::warn!(network = self.network.as_str(), %error, "the sandbox could not keep its state");
        }
    }

    fn state_file(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join(format!("{}.json", self.network.as_str())))
    }
}
