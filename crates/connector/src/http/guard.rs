//! Which addresses may be called.

use std::{sync::Arc, time::Duration};

use base::Clock;

use super::{Http, Transport};

/// The operator's exceptions (S-55). There is no switch that turns the guard off.
#[derive(Debug, Clone, Default)]
pub struct GuardRules {
    /// Ranges that may be called although they are not public, and over which ports; plain http is allowed there.
    pub allowed: Vec<AllowedRange>,
}

/// One exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedRange {
    /// The network address.
    pub address: std::net::IpAddr,
    /// The length of its prefix in bits.
    pub prefix: u8,
    /// Ports; empty means all.
    pub ports: Vec<u16>,
}

/// What one kind of caller may do.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Hosts that may be called; empty means any public host (a person named it).
    pub hosts: Vec<String>,
    /// How many redirects a GET without credentials may follow; 0 for connectors' writes.
    pub redirects_max: u8,
    /// Largest answer in bytes, after decompression.
    pub answer_bytes_max: u64,
    /// Time for the whole exchange, unless the request sets its own.
    pub total: Duration,
}

impl Policy {
    /// A connector's calls to its own platform: fixed hosts, 8 MiB, no redirects (S-57).
    pub fn platform(hosts: Vec<String>) -> Self {
        Self { hosts, redirects_max: 0, answer_bytes_max: 8 << 20, total: Duration::from_secs(60) }
    }

    /// Reading something a person gave the address of (S-53, S-56).
    pub fn fetch(answer_bytes_max: u64) -> Self {
        Self { hosts: Vec::new(), redirects_max: 3, answer_bytes_max, total: Duration::from_secs(60) }
    }
}

/// Made once per process: the client, its address checks and its connection pool.
#[derive(Clone)]
pub struct Guard {
    pub(super) client: reqwest::Client,
    pub(super) rules: Arc<GuardRules>,
    clock: Arc<dyn Clock>,
}

impl Guard {
    /// A guard with the operator's exceptions.
    pub fn new(rules: GuardRules, clock: Arc<dyn Clock>) -> Result<Self, Transport> {
        #[expect(clippy::disallowed_methods, reason = "the one place where a client is made")]
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| Transport::NotSent(error.to_string()))?;
        Ok(Self { client, rules: Arc::new(rules), clock })
    }

    /// The way out for one piece of work.
    pub fn http(&self, policy: Policy) -> Http {
        Http::new(self.clone(), policy, self.clock.clone())
    }
}
