//! Accepts connections, passes requests to the routes, and stops gracefully.

mod lines;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use lines::{Activity, Answer, Lines, Place};

/// How long a client may take to send the head of a request (S-86).
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How often an HTTP/2 connection is pinged, and how long the answer may take.
const PING: Duration = Duration::from_secs(20);
/// The largest number of streams per HTTP/2 connection.
const STREAMS_MAX: u32 = 256;
/// How long open requests may take after a stop was requested.
const FINISH: Duration = Duration::from_secs(20);
/// How long idle connections and event streams have to close.
const CLOSE: Duration = Duration::from_millis(500);

/// The open requests.
#[derive(Clone, Default)]
pub struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    /// How many.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn one_more(&self) -> OneRequest {
        self.0.fetch_add(1, Ordering::Relaxed);
        OneRequest(self.clone())
    }
}

struct OneRequest(InFlight);

impl Drop for OneRequest {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Accepts connections until `stop`, then lets open requests finish.
///
/// Connections of `proxies`, the trusted ones, are not limited per address.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    in_flight: InFlight,
    proxies: &[IpNet],
    stop: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let builder = Arc::new(builder());
    let lines = Lines::new(proxies);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &lines) => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok(Some((stream, peer, place))) => {
                connect(stream, peer, place, &builder, &router, &in_flight, &graceful);
            }
            // That address has too many connections, so this one is closed.
            Ok(None) => {}
            Err(error) => {
                // Usually out of sockets: give other connections time to close.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    finish(in_flight, graceful).await;
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, lines: &Lines) -> std::io::Result<Option<(TcpStream, SocketAddr, Place)>> {
    let room = lines.room().await.ok_or(std::io::ErrorKind::OutOfMemory)?;
    let (stream, peer) = listener.accept().await?;
    Ok(lines.take(room, peer.ip()).map(|place| (stream, peer, place)))
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let http2 = &mut builder.http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
    http2.keep_alive_interval(PING).keep_alive_timeout(PING);
    builder
}

fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    builder: &Arc<auto::Builder<TokioExecutor>>,
    router: &Router,
    in_flight: &InFlight,
    graceful: &GracefulShutdown,
) {
    // Without it small responses wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let (router, in_flight) = (router.clone(), in_flight.clone());
    let activity = Activity::begun();
    let idle = activity.clone().idle();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let (one, asked) = (in_flight.one_more(), activity.request());
        request.extensions_mut().insert(ConnectInfo(peer));
        let answering = router.clone().oneshot(request.map(Body::new));
        async move {
            let answer = answering.await;
            drop(one);
            answer.map(|answer| answer.map(|body| Answer { body, _asked: asked }))
        }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        // Errors of disconnecting clients are ignored. Silent connections are closed: without a first request, in the middle of
        // an HTTP/2 preface, or long after the last request.
        tokio::select! {
            _ = watched => {}
            () = idle => {}
        }
        drop(place);
    });
}

async fn finish(in_flight: InFlight, graceful: GracefulShutdown) {
    let closing = graceful.shutdown();
    let answered = async {
        while in_flight.count() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Event streams don't end on their own, and they were answered long ago.
        tokio::time::sleep(CLOSE).await;
    };
    tokio::select! {
        () = closing => {}
        () = answered => {}
        () = tokio::time::sleep(FINISH) => tracing::warn!(requests = in_flight.count(), "some requests did not finish in time"),
    }
}
