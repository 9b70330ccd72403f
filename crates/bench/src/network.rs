//! A small HTTP server that simulates a platform: it accepts posts immediately or after a latency, and records when each
//! arrived. It runs in its own process, so that its CPU time is measured separately.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    io::Read as _,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result};
use base::{Clock as _, SystemClock};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::{TcpListener, TcpSocket, TcpStream},
    process::{Child, Command},
};

/// The header that carries our own id of a post.
pub const KEY: &str = "idempotency-key";

/// Connections that may wait to be accepted; the kernel's own limit (`net.core.somaxconn`) holds too.
const WAITING_MAX: u32 = 8_192;

/// How it answers.
#[derive(clap::Args)]
pub struct Options {
    /// How long it takes to answer a post.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
}

/// What has arrived: by key, the instants in microseconds since 1970.
type Arrivals = Arc<Mutex<BTreeMap<String, Vec<i64>>>>;

/// Listens on a free port, says which one, and serves until its standard input ends.
pub async fn run(options: Options) -> Result<()> {
    let listener = listen()?;
    println!("{}", listener.local_addr()?.port());
    let arrivals = Arrivals::default();
    let latency = Duration::from_millis(options.latency_ms);
    let mut parent = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0u8; 1]));
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                tokio::spawn(serve(stream, arrivals.clone(), latency));
            }
            _ = &mut parent => return Ok(()),
        }
    }
}

/// With room for thousands who connect in the same instant: one who finds no room tries again only after a second.
fn listen() -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    Ok(socket.listen(WAITING_MAX)?)
}

async fn serve(stream: TcpStream, arrivals: Arrivals, latency: Duration) {
    // Without it small answers wait for the other side's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, arrivals.clone(), latency));
    // A client that goes away in the middle is the client's affair.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    arrivals: Arrivals,
    latency: Duration,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let known = || arrivals.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(match (method, path.as_str()) {
        (Method::POST, "/posts") => {
            let at = SystemClock.now().as_micros();
            let key = request.headers().get(KEY).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            // The whole request has to be here before it is answered, as with a real network.
            let _ = request.into_body().collect().await;
            known().entry(key.clone()).or_default().push(at);
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            json(StatusCode::CREATED, post(&key))
        }
        (Method::GET, "/arrivals") => {
            let body: String =
                known().iter().flat_map(|(key, all)| all.iter().map(move |at| format!("{at} {key}\n"))).collect();
            json(StatusCode::OK, body)
        }
        (Method::DELETE, "/arrivals") => {
            known().clear();
            json(StatusCode::OK, String::new())
        }
        (Method::GET, _) => match path.strip_prefix("/posts/").filter(|key| known().contains_key(*key)) {
            Some(key) => json(StatusCode::OK, post(key)),
            None => json(StatusCode::NOT_FOUND, String::new()),
        },
        _ => json(StatusCode::NOT_FOUND, String::new()),
    })
}

/// About as long as a real network's shortest answer.
fn post(key: &str) -> String {
    format!(r#"{{"id":"{key}","url":"https://network.example/posts/{key}"}}"#)
}

fn json(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}

/// The server as its user sees it. It ends when this is dropped.
pub struct Network {
    /// Where it listens.
    pub address: SocketAddr,
    _process: Child,
}

/// One post that arrived.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// When, in microseconds since 1970.
    pub at: i64,
    /// Its key.
    pub key: String,
}

impl Network {
    /// Starts it.
    pub async fn start(latency: Duration) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["network", "--latency-ms", &latency.as_millis().to_string()])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the network's process could not be started")?;
        let output = process.stdout.take().context("the network has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).await?;
        let port: u16 = line.trim().parse().context("the network did not say its port")?;
        Ok(Self { address: SocketAddr::from(([127, 0, 0, 1], port)), _process: process })
    }

    /// What arrived since it was last forgotten.
    pub async fn arrivals(&self) -> Result<Vec<Arrival>> {
        let text = crate::raw::once(self.address, Method::GET, "/arrivals").await?;
        let read = |line: &str| {
            let (at, key) = line.split_once(' ')?;
            Some(Arrival { at: at.parse().ok()?, key: key.to_owned() })
        };
        Ok(text.lines().filter_map(read).collect())
    }

    /// Forgets what arrived.
    pub async fn forget(&self) -> Result<()> {
        crate::raw::once(self.address, Method::DELETE, "/arrivals").await.map(drop)
    }
}
