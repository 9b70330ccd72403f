//! The HTTP clients: one per door, because a name's addresses are judged for the port they are called on.
//!
//! HTTP/1.1 only, on purpose. A connection carries one request at a time, so its end leaves at most one write in doubt;
//! with HTTP/2 a single reset would put hundreds of posts into doubt at once, and thousands of calls would queue
//! behind the stream limit of one connection.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject as _};

use super::{
    Transport,
    dns::{Checked, Lookup, Names},
    guard::{Door, GuardRules},
};

/// The most doors beside https on 443 that keep their connections; ports are a client's to name.
const DOORS_MAX: usize = 32;

/// Idle connections are let go before common servers close them (nginx 75 s, many load balancers 60 s): a write on a
/// connection that the server is just closing is a write whose fate must be looked up.
const IDLE: Duration = Duration::from_secs(15);

/// Idle connections kept per host; as many as may be in flight.
const IDLE_MAX: usize = 8192;

pub(super) struct Clients {
    web: reqwest::Client,
    others: Mutex<HashMap<Door, (Instant, reqwest::Client)>>,
    tls: ClientConfig,
    names: Arc<Names>,
    rules: Arc<GuardRules>,
    connect: Duration,
}

impl Clients {
    pub(super) fn new(rules: Arc<GuardRules>, lookup: Arc<dyn Lookup>, connect: Duration) -> Result<Self, Transport> {
        let tls = tls(&rules.extra_roots)?;
        let names = Arc::new(Names::new(lookup));
        let web = client(Door::WEB, &tls, &names, &rules, connect)?;
        Ok(Self { web, others: Mutex::default(), tls, names, rules, connect })
    }

    /// The client for this door; made at its first use.
    pub(super) fn through(&self, door: Door) -> Result<reqwest::Client, Transport> {
        if door == Door::WEB {
            return Ok(self.web.clone());
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((used, client)) = others.get_mut(&door) {
            *used = Instant::now();
            return Ok(client.clone());
        }
        if others.len() >= DOORS_MAX {
            let oldest = others.iter().min_by_key(|(_, (used, _))| *used).map(|(door, _)| *door);
            oldest.and_then(|door| others.remove(&door));
        }
        let client = client(door, &self.tls, &self.names, &self.rules, self.connect)?;
        others.insert(door, (Instant::now(), client.clone()));
        Ok(client)
    }
}

fn client(
    door: Door,
    tls: &ClientConfig,
    names: &Arc<Names>,
    rules: &Arc<GuardRules>,
    connect: Duration,
) -> Result<reqwest::Client, Transport> {
    #[expect(clippy::disallowed_methods, reason = "the one place where a client is made")]
    let builder = reqwest::Client::builder();
    builder
        .user_agent(concat!("Fanfare/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Checked { names: names.clone(), rules: rules.clone(), door })
        .tls_backend_preconfigured(tls.clone())
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // By itself it would send some requests a second time; only the engine repeats.
        .retry(reqwest::retry::never())
        // A proxy named in the environment would connect where nothing is checked, and read along (P-056).
        .no_proxy()
        // The size of what arrives is watched before it is unpacked (S-56).
        .no_gzip()
        .connect_timeout(connect)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_MAX)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(30))
        .build()
        .map_err(|error| Transport::NotSent(error.to_string()))
}

/// TLS with verification, always (S-57): the system's authorities, or Mozilla's where the system has none
/// (a container with nothing but this program in it), and the operator's own.
fn tls(extra_roots: &[Vec<u8>]) -> Result<ClientConfig, Transport> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let extra = certificates(extra_roots)?;
    let unusable = |error: rustls::Error| Transport::NotSent(format!("TLS cannot be set up: {error}"));
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(unusable)?;
    let mut config = match system_verifier(&extra, provider)? {
        Some(verifier) => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        None => builder.with_root_certificates(mozilla(extra).map_err(unusable)?).with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The system's authorities and the extra ones; `None` if the system has none.
fn system_verifier(
    extra: &[CertificateDer<'static>],
    provider: Arc<rustls::crypto::CryptoProvider>,
) -> Result<Option<rustls_platform_verifier::Verifier>, Transport> {
    // Asked without the extra ones first: with them a system that has none would not show.
    let Ok(system) = rustls_platform_verifier::Verifier::new(provider.clone()) else { return Ok(None) };
    if extra.is_empty() {
        return Ok(Some(system));
    }
    rustls_platform_verifier::Verifier::new_with_extra_roots(extra.iter().cloned(), provider)
        .map(Some)
        .map_err(|error| Transport::NotSent(format!("an extra certificate authority cannot be used: {error}")))
}

fn mozilla(extra: Vec<CertificateDer<'static>>) -> Result<RootCertStore, rustls::Error> {
    let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in extra {
        store.add(certificate)?;
    }
    Ok(store)
}

fn certificates(pems: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, Transport> {
    let mut found = Vec::new();
    for pem in pems {
        let before = found.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            found.push(certificate.map_err(|error| {
                Transport::NotSent(format!("an extra certificate authority is not valid PEM: {error}"))
            })?);
        }
        if found.len() == before {
            return Err(Transport::NotSent(
                "an extra certificate authority is empty; it must be PEM text with BEGIN CERTIFICATE".to_owned(),
            ));
        }
    }
    Ok(found)
}
