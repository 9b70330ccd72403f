//! The limit of everything that goes over HTTP: requests written to bare connections, one at a time on each, nothing kept.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpStream, process::Command, task::JoinSet};

use crate::figures;

/// What to send.
#[derive(clap::Args, Clone)]
pub struct Options {
    /// To whom.
    #[arg(long)]
    pub address: SocketAddr,
    /// The path of each request.
    #[arg(long)]
    pub path: String,
    /// Connections, each with one request at a time.
    #[arg(long)]
    pub connections: usize,
    /// Requests in all.
    #[arg(long)]
    pub requests: usize,
    /// The bodies, taken in turn; `{n}` in one becomes the request's number.
    #[arg(long)]
    pub body: Vec<String>,
    /// A bearer token.
    #[arg(long, default_value = "")]
    pub bearer: String,
    /// Whether each request has its own key.
    #[arg(long)]
    pub keys: bool,
    /// The status that each answer must have.
    #[arg(long, default_value_t = 201)]
    pub status: u16,
}

/// The result.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// From the first connection to the last answer, in seconds.
    pub seconds: f64,
    /// Answers per second.
    pub per_second: f64,
    /// Half of the answers took at most so long, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 took at most so long.
    pub p99_ms: f64,
    /// CPU time of the client, in seconds.
    pub cpu_seconds: f64,
}

/// Sends them and prints the outcome as JSON.
pub async fn run(options: Options) -> Result<()> {
    println!("{}", serde_json::to_string(&send(options).await?)?);
    Ok(())
}

/// The same in its own process.
pub async fn apart(options: &Options) -> Result<Outcome> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("client").args(["--address", &options.address.to_string(), "--path", &options.path]);
    command.args(["--connections", &options.connections.to_string(), "--requests", &options.requests.to_string()]);
    command.args(["--status", &options.status.to_string()]);
    command.args(options.body.iter().flat_map(|body| ["--body", body]));
    if !options.bearer.is_empty() {
        command.args(["--bearer", &options.bearer]);
    }
    if options.keys {
        command.arg("--keys");
    }
    let output = command.kill_on_drop(true).output().await?;
    if !output.status.success() {
        bail!("the client failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

async fn send(options: Options) -> Result<Outcome> {
    let options = Arc::new(options);
    let next = Arc::new(AtomicUsize::new(0));
    let (begun, cpu) = (Instant::now(), crate::machine::Process::Own.cpu()?);
    let mut lines = JoinSet::new();
    for _ in 0..options.connections {
        lines.spawn(line(options.clone(), next.clone()));
    }
    let mut took = Vec::with_capacity(options.requests);
    while let Some(ended) = lines.join_next().await {
        took.extend(ended??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Outcome {
        seconds,
        per_second: took.len() as f64 / seconds,
        p50_ms: figures::percentile(&took, 50.0),
        p99_ms: figures::percentile(&took, 99.0),
        cpu_seconds: (crate::machine::Process::Own.cpu()? - cpu).as_secs_f64(),
    })
}

/// One connection's share; how long each answer took, in milliseconds.
async fn line(options: Arc<Options>, next: Arc<AtomicUsize>) -> Result<Vec<f64>> {
    let mut sender = connect(options.address).await?;
    let mut took = Vec::new();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= options.requests {
            return Ok(took);
        }
        let begun = Instant::now();
        let mut request = Request::post(&options.path)
            .header("host", options.address.to_string())
            .header("content-type", "application/json");
        if !options.bearer.is_empty() {
            request = request.header("authorization", format!("Bearer {}", options.bearer));
        }
        if options.keys {
            request = request.header(crate::network::KEY, format!("raw-{n}"));
        }
        let body =
            options.body.get(n % options.body.len().max(1)).context("there is a body")?.replace("{n}", &n.to_string());
        let answer = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        if status != options.status {
            bail!("{} answered {status}: {}", options.path, String::from_utf8_lossy(&body));
        }
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("{address} does not answer"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        // What goes wrong on the line is seen by the request that waits on it.
        let _ = connection.await;
    });
    Ok(sender)
}

/// One request; the body of a good answer.
pub async fn once(address: SocketAddr, method: Method, path: &str) -> Result<String> {
    let mut sender = connect(address).await?;
    let request = Request::builder().method(method).uri(path).header("host", address.to_string());
    let answer = sender.send_request(request.body(Full::new(Bytes::new()))?).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        bail!("{path} answered {status}");
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}
