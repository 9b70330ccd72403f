//! The origins: listens, hands requests to the twins, and makes faults happen on the wire.
//!
//! A request that arrived whole is carried out even if its client goes away meanwhile, as on a real server.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::IntoResponse as _};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use sha2::{Digest as _, Sha256};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::ServiceExt as _;
use url::Url;

use crate::{
    AccountLine, Act, Class, Core, Knobs, Ledger, Network, Options, Ports, RequestDigest, Traffic, Twin, control,
    faults::{self, Broken},
    traffic,
};

/// The largest request body, in bytes. Networks have smaller limits of their own.
pub const MAX_BODY_BYTES: usize = 256 * 1024 * 1024;
/// How often changed state is written to the folder.
const KEEP_EVERY: Duration = Duration::from_millis(400);

/// One network: its ground and its twin.
#[derive(Clone)]
pub(crate) struct Mounted {
    pub core: Arc<Core>,
    pub twin: Arc<dyn Twin>,
}

/// The shared state of all networks. A clone is the same sandbox.
#[derive(Clone)]
pub struct Sandbox {
    ledger: Ledger,
    traffic: Traffic,
    pub(crate) networks: Arc<[Mounted]>,
}

/// A sandbox that listens. Dropping it ends it: all connections break.
pub struct Running {
    /// The origin of the index page, ledger, knobs and traffic.
    pub control: Url,
    sandbox: Sandbox,
    // Dropping the set aborts what listens.
    tasks: JoinSet<()>,
}

impl std::ops::Deref for Running {
    type Target = Sandbox;
    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl Running {
    /// Waits for as long as the sandbox runs.
    pub async fn wait(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    /// Ends it and waits until the ports are free again.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }

    /// Where a network is: its API, consent page and human pages.
    pub fn origin(&self, network: Network) -> &Url {
        &self.sandbox.mounted(network).core.origin
    }

    /// The ports it listens on.
    pub fn ports(&self) -> Ports {
        let port = |url: &Url| url.port().unwrap_or_default();
        Network::ALL.iter().fold(Ports::default().with_control(port(&self.control)), |ports, network| {
            ports.with(*network, port(self.origin(*network)))
        })
    }

    /// The shared state.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.sandbox.keep();
    }
}

impl Sandbox {
    /// Listens on all origins.
    ///
    /// # Errors
    /// If a port is taken, or the folder's ledger cannot be read.
    pub async fn start(options: Options) -> std::io::Result<Running> {
        let (mut listeners, mut origins) = (Vec::new(), Vec::new());
        for network in Network::ALL {
            let (listener, origin) = listen(options.ports.of(*network)).await?;
            listeners.push(listener);
            origins.push(origin);
        }
        let (on_control, control) = listen(options.ports.control()).await?;
        let sandbox = Self::new(&options, origins)?;
        let mut tasks = JoinSet::new();
        for (listener, mounted) in listeners.into_iter().zip(sandbox.networks.iter()) {
            let router = mounted.twin.clone().router().merge(crate::pages::style());
            tasks.spawn(accept(listener, Arc::new(Port { router, mounted: Some(mounted.clone()) })));
        }
        let router = control::router(sandbox.clone()).merge(crate::pages::style());
        tasks.spawn(accept(on_control, Arc::new(Port { router, mounted: None })));
        if options.data.is_some() {
            tasks.spawn(keep_often(sandbox.clone()));
        }
        Ok(Running { control, sandbox, tasks })
    }

    fn new(options: &Options, origins: Vec<Url>) -> std::io::Result<Self> {
        let ledger = Ledger::open(options.data.as_deref())?;
        let traffic = Traffic::new(options.record);
        let networks = Network::ALL.iter().copied().zip(origins).map(|(network, origin)| {
            let core = Arc::new(Core::new(options, network, origin, ledger.clone(), traffic.clone()));
            Mounted { twin: (network.about().make)(core.clone()), core }
        });
        let networks = networks.collect();
        Ok(Self { ledger, traffic, networks })
    }

    fn mounted(&self, network: Network) -> &Mounted {
        // The networks stand in the order of the enum.
        &self.networks[network as usize]
    }

    /// The ledger of visible writes of all networks.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The exchanges that were recorded.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// The accounts that exist on a network.
    pub fn accounts(&self, network: Network) -> Vec<AccountLine> {
        self.mounted(network).twin.accounts()
    }

    /// The knobs of a network as they are now.
    pub fn knobs(&self, network: Network) -> Knobs {
        Knobs::clone(&self.mounted(network).core.knobs())
    }

    /// Turns the knobs of a network, all of them at once.
    pub fn set_knobs(&self, network: Network, knobs: Knobs) {
        self.mounted(network).core.set_knobs(knobs);
    }

    pub(crate) fn check_own(
        &self,
        network: Network,
        own: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<(), String> {
        self.mounted(network).twin.check_own(own)
    }

    /// Changes some knobs of a network.
    pub fn turn(&self, network: Network, change: impl FnOnce(&mut Knobs)) {
        let mut knobs = self.knobs(network);
        change(&mut knobs);
        self.set_knobs(network, knobs);
    }

    /// Does something to a network from outside, once.
    pub fn act(&self, network: Network, act: &Act) {
        self.mounted(network).twin.act(act);
        self.mounted(network).core.touch();
    }

    /// Back to the beginning: seeded accounts, no posts, empty ledger, no knob turned.
    pub fn reset(&self) {
        self.ledger.clear();
        self.traffic.clear();
        for Mounted { core, twin } in self.networks.iter() {
            core.set_knobs(Knobs::default());
            core.limits.clear();
            twin.reset();
            core.touch();
        }
    }

    fn keep(&self) {
        for Mounted { core, twin } in self.networks.iter() {
            core.keep(|| twin.snapshot());
        }
    }
}

async fn listen(port: u16) -> std::io::Result<(TcpListener, Url)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let origin = format!("http://127.0.0.1:{}/", listener.local_addr()?.port());
    Ok((listener, Url::parse(&origin).map_err(std::io::Error::other)?))
}

async fn keep_often(sandbox: Sandbox) {
    loop {
        tokio::time::sleep(KEEP_EVERY).await;
        sandbox.keep();
    }
}

struct Port {
    router: Router,
    mounted: Option<Mounted>,
}

async fn accept(listener: TcpListener, port: Arc<Port>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(serve(stream, port.clone()))),
            // Out of sockets: give the others time to end.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, port: Arc<Port>) {
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request| answer(port.clone(), request));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(hyper_util::rt::TokioIo::new(stream), service);
    // A service that answers with an error makes hyper drop the connection unanswered, which is what `Reset` wants.
    let _ = connection.await;
}

async fn answer(port: Arc<Port>, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
    let (parts, body) = request.into_parts();
    let whole = Limited::new(body, MAX_BODY_BYTES).collect().await.map_err(|_| Broken)?.to_bytes();
    let carried_out = tokio::spawn(async move {
        let is_from_page = !parts.method.is_safe() && is_foreign(&parts.headers);
        let Some(Mounted { core, twin }) = &port.mounted else {
            if is_from_page {
                return Ok(foreign());
            }
            let answer = port.router.clone().oneshot(Request::from_parts(parts, Body::from(whole))).await;
            return Ok(guarded(answer.unwrap_or_else(|never| match never {})));
        };
        let class = twin.classify(&parts.method, parts.uri.path());
        if is_from_page && class == Class::Page {
            return Ok(foreign());
        }
        carry_out(&port.router, core, class, parts, whole).await
    });
    carried_out.await.unwrap_or(Err(Broken))
}

/// Whether a browser sends this for a page of another site, or under a name that is not this computer's (a name can be
/// made to lead here). Programs send neither of these headers.
fn is_foreign(headers: &http::HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_here = name == "localhost" || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    // These pages send no referrer, for which a browser makes the origin `null`: its own word on the site counts more.
    let from_here = match headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes) {
        Some(site) => site == b"same-origin" || site == b"none",
        None => text(header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host)),
    };
    !(is_here && from_here)
}

fn foreign() -> Response<Body> {
    let error = "This comes from a page of another site, so nothing was changed. Use the sandbox from its own pages or from \
                 a program.";
    (http::StatusCode::FORBIDDEN, axum::Json(serde_json::json!({ "error": error }))).into_response()
}

/// Forbids scripts and everything foreign on a human page, whatever an author wrote.
fn guarded(mut answer: Response<Body>) -> Response<Body> {
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    let guards = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in guards {
        // A twin may be stricter than this.
        answer.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}

async fn carry_out(
    router: &Router,
    core: &Core,
    class: Class,
    mut parts: http::request::Parts,
    whole: Bytes,
) -> Result<Response<Body>, Broken> {
    if parts.method != http::Method::GET {
        core.touch();
    }
    if class == Class::Page {
        let answer = router.clone().oneshot(Request::from_parts(parts, Body::from(whole))).await;
        return Ok(guarded(answer.unwrap_or_else(|never| match never {})));
    }
    let half_latency = half_latency(core);
    tokio::time::sleep(half_latency).await;
    let fault = core.take_fault(|rule| rule.means(class, &parts.method, parts.uri.path()));
    if let Some(early) = faults::before(fault.as_ref()).await {
        return early;
    }
    parts.extensions.insert(RequestDigest(hex::encode(Sha256::digest(&whole)).into()));
    let noted = core.traffic().is_on().then(|| traffic::note(core.network, class, &parts, &whole));
    let answer = router.clone().oneshot(Request::from_parts(parts, Body::from(whole))).await;
    let mut answer = answer.unwrap_or_else(|never| match never {});
    if let Some(exchange) = noted {
        answer = traffic::keep_answer(core, exchange, answer).await?;
    }
    tokio::time::sleep(half_latency).await;
    match fault {
        Some(fault) => faults::after(fault, answer).await,
        None => Ok(answer),
    }
}

fn half_latency(core: &Core) -> Duration {
    let knobs = core.knobs();
    let jitter = if knobs.jitter_ms == 0 { 0 } else { core.random.below(knobs.jitter_ms + 1) };
    Duration::from_millis(knobs.latency_ms + jitter) / 2
}
