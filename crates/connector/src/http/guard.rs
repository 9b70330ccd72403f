//! Which addresses may be called, and over which ports (S-51…S-57).

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use base::Clock;

use super::{
    Http, Transport, address,
    clients::Clients,
    dns::{Lookup, SystemLookup},
};

/// The operator's exceptions (S-55). There is no switch that turns the guard off.
#[derive(Debug, Clone, Default)]
pub struct GuardRules {
    /// Ranges that may be called although they are not public, and over which ports; plain http is allowed there.
    pub allowed: Vec<AllowedRange>,
    /// Whether nothing else may be called: for an installation that is to stay on its own computer or network. Names other
    /// than `localhost` are not even looked up.
    pub only_allowed: bool,
    /// Where this installation itself listens: never called, not even by an exception. An unspecified address
    /// (`0.0.0.0`, `::`) stands for every address of this machine.
    pub own: Vec<SocketAddr>,
    /// Certificates of authorities to trust besides the system's, each as PEM (an operator's private authority).
    pub extra_roots: Vec<Vec<u8>>,
}

/// One exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedRange {
    /// The network address.
    pub address: IpAddr,
    /// The length of its prefix in bits.
    pub prefix: u8,
    /// Ports; empty means all.
    pub ports: Vec<u16>,
}

/// How a server is reached: what an address is judged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Door {
    pub(super) https: bool,
    pub(super) port: u16,
}

impl Door {
    /// What is open to everyone.
    pub(super) const WEB: Self = Self { https: true, port: 443 };

    fn closed(self) -> Refusal {
        let scheme = if self.https { "https" } else { "http" };
        Refusal::of_form(format!(
            "only https on port 443 may be called, not {scheme} on port {}; an operator may allow the range",
            self.port
        ))
    }
}

/// Why the guard refuses. The text names no address that a name led to: who asks must not learn our network's map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {why}")]
pub struct Refusal {
    /// The rule that forbids it, such as [`Self::NOT_PUBLIC`].
    pub rule: &'static str,
    /// What is wrong with the address.
    pub why: String,
}

impl Refusal {
    /// An address's form: its scheme, port or user.
    pub const FORM: &str = "S-52";
    /// Redirects.
    pub const REDIRECTS: &str = "S-53";
    /// An address that is not public, or Fanfare's own.
    pub const NOT_PUBLIC: &str = "S-54";
    /// An installation that calls only what it was set up to call.
    pub const ONLY_ALLOWED: &str = "S-55";
    /// A host that is not the platform's.
    pub const FOREIGN_HOST: &str = "P-056";

    pub(super) fn of_form(why: impl Into<String>) -> Self {
        Self { rule: Self::FORM, why: why.into() }
    }

    pub(super) fn no_address(error: url::ParseError) -> Self {
        Self::of_form(format!("not an address: {error}"))
    }

    pub(super) fn too_many_redirects(most: u8) -> Self {
        Self { rule: Self::REDIRECTS, why: format!("more than {most} redirects") }
    }

    fn not_public(why: impl Into<String>) -> Self {
        Self { rule: Self::NOT_PUBLIC, why: why.into() }
    }

    fn outside() -> Self {
        let why = "this installation calls nothing but what it was set up to call (`guard.only_allowed`)".to_owned();
        Self { rule: Self::ONLY_ALLOWED, why }
    }

    /// The same refusal for an address that a look-up found.
    pub(super) fn of_a_name(self) -> Self {
        Self::not_public("the name leads to an address that is not public; an operator may allow its range")
    }
}

impl GuardRules {
    /// Whether this address may be called through this door.
    pub(super) fn permits(&self, address: IpAddr, door: Door) -> Result<(), Refusal> {
        if self.own.iter().any(|own| is_own(own, address, door.port)) {
            return Err(Refusal::not_public("this is where Fanfare itself listens"));
        }
        if self.allowed.iter().any(|range| range.covers(address, door.port)) {
            return Ok(());
        }
        if self.only_allowed {
            return Err(Refusal::outside());
        }
        if door != Door::WEB {
            return Err(door.closed());
        }
        if !address::is_public(address) {
            return Err(Refusal::not_public(format!(
                "{address} is not a public address; an operator may allow its range"
            )));
        }
        Ok(())
    }

    /// What can be said of an address before its name is looked up: scheme, port, user, host list, literal address.
    pub(super) fn inspect(&self, url: &url::Url, hosts: &[String]) -> Result<Door, Refusal> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(Refusal::of_form(format!("`{other}` addresses are not called, only https"))),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::of_form("an address must not carry a user or a password"));
        }
        let port = url.port_or_known_default().unwrap_or(443);
        let door = Door { https, port };
        let host = url.host().ok_or_else(|| Refusal::of_form("the address has no host"))?;
        if !hosts.is_empty() && !hosts.iter().any(|listed| is_listed(listed, &host.to_string(), port)) {
            let why = format!("`{host}` is not among the hosts that this platform's connector calls");
            return Err(Refusal { rule: Refusal::FOREIGN_HOST, why });
        }
        match host {
            url::Host::Ipv4(literal) => self.permits(IpAddr::V4(literal), door)?,
            url::Host::Ipv6(literal) => self.permits(IpAddr::V6(literal), door)?,
            url::Host::Domain(name) if self.only_allowed && name != "localhost" => return Err(Refusal::outside()),
            url::Host::Domain(_) if door != Door::WEB && !self.has_exception_for(port) => {
                return Err(door.closed());
            }
            url::Host::Domain(_) => {}
        }
        Ok(door)
    }

    fn has_exception_for(&self, port: u16) -> bool {
        self.allowed.iter().any(|range| range.serves(port))
    }
}

/// Whether a host list's entry (`host` or `host:port`, an IPv6 host in brackets) means this host and port.
fn is_listed(listed: &str, host: &str, port: u16) -> bool {
    if listed.eq_ignore_ascii_case(host) {
        return true;
    }
    listed.rsplit_once(':').is_some_and(|(name, number)| number.parse() == Ok(port) && name.eq_ignore_ascii_case(host))
}

fn is_own(own: &SocketAddr, called: IpAddr, port: u16) -> bool {
    if own.port() != port {
        return false;
    }
    let called = called.to_canonical();
    // Calling 0.0.0.0 or :: reaches loopback; a listener on it hears on every address of the machine.
    own.ip().to_canonical() == called
        || called.is_unspecified()
        || (own.ip().is_unspecified() && address::is_ours(called))
}

impl AllowedRange {
    fn serves(&self, port: u16) -> bool {
        self.ports.is_empty() || self.ports.contains(&port)
    }

    fn covers(&self, called: IpAddr, port: u16) -> bool {
        self.serves(port) && address::contains(self.address, self.prefix, called)
    }
}

/// What one kind of caller may do.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Hosts that may be called, each `host` or `host:port`; empty means any public host (a person named it).
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

    /// No call at all.
    pub fn nowhere() -> Self {
        // A list without any host would let everything through; this is a name that nothing has (RFC 6761).
        Self::platform(vec!["none.invalid".to_owned()])
    }

    /// Reading something a person gave the address of (S-53, S-56).
    pub fn fetch(answer_bytes_max: u64) -> Self {
        Self { hosts: Vec::new(), redirects_max: 3, answer_bytes_max, total: Duration::from_secs(60) }
    }
}

/// How long a server may take (S-56).
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Look-up, connection and TLS together.
    pub(super) connect: Duration,
    /// From the last byte of the request to the headers of the answer; also the longest pause while sending.
    pub(super) headers: Duration,
    /// An answer may be as slow as it likes for so long…
    pub(super) grace: Duration,
    /// …and must then have brought so many bytes per second on average.
    pub(super) bytes_per_s: u32,
}

impl Pace {
    /// The figures of S-56.
    pub(super) const STANDARD: Self = Self {
        connect: Duration::from_secs(5),
        headers: Duration::from_secs(10),
        grace: Duration::from_secs(10),
        bytes_per_s: 8 * 1024,
    };
}

/// Made once per process: the clients, their address checks and their connection pools.
#[derive(Clone)]
pub struct Guard {
    pub(super) clients: Arc<Clients>,
    pub(super) rules: Arc<GuardRules>,
    pub(super) pace: Pace,
    clock: Arc<dyn Clock>,
}

impl Guard {
    /// A guard with the operator's exceptions. Fails if a certificate in `extra_roots` cannot be read.
    pub fn new(rules: GuardRules, clock: Arc<dyn Clock>) -> Result<Self, Transport> {
        Self::with_lookup(rules, clock, Arc::new(SystemLookup))
    }

    /// A guard that asks this for the addresses of names.
    pub fn with_lookup(rules: GuardRules, clock: Arc<dyn Clock>, lookup: Arc<dyn Lookup>) -> Result<Self, Transport> {
        Self::with_pace(rules, clock, lookup, Pace::STANDARD)
    }

    pub(super) fn with_pace(
        rules: GuardRules,
        clock: Arc<dyn Clock>,
        lookup: Arc<dyn Lookup>,
        pace: Pace,
    ) -> Result<Self, Transport> {
        let rules = Arc::new(rules);
        let clients = Arc::new(Clients::new(rules.clone(), lookup, pace.connect)?);
        Ok(Self { clients, rules, pace, clock })
    }

    /// The way out for one piece of work.
    pub fn http(&self, policy: Policy) -> Http {
        Http::new(self.clone(), policy, self.clock.clone())
    }

    /// The client for this address, if it may be called at all.
    pub(super) fn open(&self, url: &url::Url, hosts: &[String]) -> Result<reqwest::Client, Transport> {
        let door = self.rules.inspect(url, hosts).map_err(Transport::Refused)?;
        self.clients.through(door)
    }
}
