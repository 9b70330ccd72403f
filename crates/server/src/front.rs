//! The front of the house: accepts connections, hands requests to the routes, ends gracefully.

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
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// How long a client may take to send the head of a request (S-86).
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// Most streams of one HTTP/2 connection.
const STREAMS_MAX: u32 = 256;
/// How long requests that are being answered may go on after the end was asked for.
const FINISH: Duration = Duration::from_secs(20);
/// How long idle connections and event streams get to close by themselves.
const CLOSE: Duration = Duration::from_millis(500);

/// Requests that are being answered right now.
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

/// Accepts until `stop`, then lets the requests at hand finish.
pub async fn serve(listener: TcpListener, router: Router, in_flight: InFlight, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let builder = Arc::new(builder());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => connect(stream, peer, &builder, &router, &in_flight, &graceful),
            Err(error) => {
                // Out of sockets, mostly: give others time to end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    finish(in_flight, graceful).await;
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
    builder
}

fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    builder: &Arc<auto::Builder<TokioExecutor>>,
    router: &Router,
    in_flight: &InFlight,
    graceful: &GracefulShutdown,
) {
    // Without it small answers wait for the other side's acknowledgement.
    let _ = stream.set_nodelay(true);
    let (router, in_flight) = (router.clone(), in_flight.clone());
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let one = in_flight.one_more();
        request.extensions_mut().insert(ConnectInfo(peer));
        let answering = router.clone().oneshot(request.map(Body::new));
        async move {
            let answer = answering.await;
            drop(one);
            answer
        }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        // Clients go away in the middle of things; that is theirs to know.
        let _ = watched.await;
    });
}

async fn finish(in_flight: InFlight, graceful: GracefulShutdown) {
    let closing = graceful.shutdown();
    let answered = async {
        while in_flight.count() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Event streams never end by themselves, and their answer was given long ago.
        tokio::time::sleep(CLOSE).await;
    };
    tokio::select! {
        () = closing => {}
        () = answered => {}
        () = tokio::time::sleep(FINISH) => tracing::warn!(requests = in_flight.count(), "some requests did not finish in time"),
    }
}
