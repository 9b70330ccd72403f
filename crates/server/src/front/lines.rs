//! Limits the number of connections, and closes idle ones.

use std::{
    collections::HashMap,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use app::http::ClientAddress;
use http_body::{Body, Frame, SizeHint};
use ipnet::IpNet;
use rustix::process::{Resource, getrlimit};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// How long a connection may be open before its first request has begun.
pub(super) const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// How long it may be open between two requests.
const BETWEEN_REQUESTS: Duration = Duration::from_secs(75);
/// The largest number of connections per address; those of trusted proxies are not limited.
const OF_ADDRESS_MAX: usize = 200;
/// The largest number of connections if there are enough file descriptors.
const ALL_MAX: usize = 20_000;
/// The file descriptors reserved for the rest of the program: the database, served files, calls to platforms.
const FILES_KEPT: u64 = 128;

/// How many connections each address has open.
type ByAddress = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// The connections that are open.
#[derive(Clone)]
pub(super) struct Lines {
    all: Arc<Semaphore>,
    of: ByAddress,
    of_address_max: usize,
    proxies: Arc<[IpNet]>,
}

/// The slot of an open connection.
pub(super) struct Place {
    _one: OwnedSemaphorePermit,
    counted: Option<(ByAddress, IpAddr)>,
}

impl Lines {
    /// As many connections as there are file descriptors for.
    pub fn new(proxies: &[IpNet]) -> Self {
        Self::at_most(all_max(getrlimit(Resource::Nofile).current), proxies)
    }

    fn at_most(all: usize, proxies: &[IpNet]) -> Self {
        // One address can never take all of them.
        let of_address_max = OF_ADDRESS_MAX.min((all / 2).max(1));
        Self { all: Arc::new(Semaphore::new(all)), of: Arc::default(), of_address_max, proxies: proxies.into() }
    }

    /// Waits until another connection is allowed. Idle connections are closed soon.
    pub async fn room(&self) -> Option<OwnedSemaphorePermit> {
        self.all.clone().acquire_owned().await.ok()
    }

    /// A slot for a connection from `peer`; `None` if that address has too many.
    pub fn take(&self, one: OwnedSemaphorePermit, peer: IpAddr) -> Option<Place> {
        let client = ClientAddress(peer.to_canonical());
        if client.is_in(&self.proxies) {
            return Some(Place { _one: one, counted: None });
        }
        let unit = client.unit();
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let count = of.entry(unit).or_default();
        if *count >= self.of_address_max {
            return None;
        }
        *count += 1;
        drop(of);
        Some(Place { _one: one, counted: Some((self.of.clone(), unit)) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((of, unit)) = &self.counted else { return };
        let mut of = of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = of.get_mut(unit) {
            *count -= 1;
            if *count == 0 {
                of.remove(unit);
            }
        }
    }
}

/// With this limit on open files; `None` is no limit.
fn all_max(files: Option<u64>) -> usize {
    let Some(files) = files else { return ALL_MAX };
    let left = files.saturating_sub(FILES_KEPT).max(files / 4).max(8);
    usize::try_from(left).unwrap_or(ALL_MAX).min(ALL_MAX)
}

/// The activity of a connection: its unanswered requests, and since when it is idle.
#[derive(Clone)]
pub(super) struct Activity(Arc<Mutex<(usize, Instant)>>);

impl Activity {
    /// A connection that was just opened.
    pub fn begun() -> Self {
        Self(Arc::new(Mutex::new((0, Instant::now() + FIRST_REQUEST))))
    }

    fn with<T>(&self, work: impl FnOnce(&mut (usize, Instant)) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a request until its answer was sent or dropped.
    pub fn request(&self) -> Asked {
        self.with(|(open, _)| *open += 1);
        Asked(self.clone())
    }

    /// Returns when the connection has been idle for too long.
    pub async fn idle(self) {
        while let Some(look) = self.with(|(open, until)| next_look(*open, *until, Instant::now())) {
            tokio::time::sleep_until(look).await;
        }
    }
}

/// When to check a connection with this many open requests again; `None` if it has been idle for too long.
fn next_look(open: usize, until: Instant, now: Instant) -> Option<Instant> {
    match open {
        0 if until <= now => None,
        0 => Some(until),
        _ => Some(now + FIRST_REQUEST),
    }
}

/// A request that is being answered.
pub(super) struct Asked(Activity);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.with(|(open, until)| {
            *open -= 1;
            *until = Instant::now() + BETWEEN_REQUESTS;
        });
    }
}

/// A response body that reports when it was sent.
pub(super) struct Answer {
    pub body: axum::body::Body,
    pub _asked: Asked,
}

impl Body for Answer {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_file_descriptors_for_everything_else() {
        assert_eq!(all_max(Some(300)), 172);
        assert_eq!(all_max(Some(1_024)), 896);
        assert_eq!(all_max(Some(64)), 16);
        assert_eq!(all_max(Some(1 << 40)), ALL_MAX);
        assert_eq!(all_max(None), ALL_MAX);
    }

    #[tokio::test]
    async fn one_address_cannot_take_all_connections_and_trusted_proxies_are_not_limited() {
        let lines = Lines::at_most(8, &["10.0.0.0/8".parse().expect("a range")]);
        let mut places = Vec::new();
        for last in 0..4 {
            let peer = format!("2001:db8::{last}").parse().expect("an address");
            places.push(lines.take(lines.room().await.expect("room"), peer).expect("a place"));
        }
        let again = "2001:db8::ffff".parse().expect("an address");
        assert!(lines.take(lines.room().await.expect("room"), again).is_none(), "the /64 has enough");
        for _ in 0..3 {
            let proxy = "::ffff:10.0.0.1".parse().expect("an address");
            places.push(lines.take(lines.room().await.expect("room"), proxy).expect("a place"));
        }
        let other = lines.take(lines.room().await.expect("room"), "192.0.2.1".parse().expect("an address"));
        assert!(other.is_some(), "another address still gets one");
        places.clear();
        assert!(lines.take(lines.room().await.expect("room"), again).is_some(), "places come back");
    }

    #[test]
    fn an_idle_connection_is_closed_in_seconds_and_one_with_an_open_request_is_not() {
        let begun = Instant::now();
        let silent = Activity::begun();
        let (open, until) = silent.with(|known| *known);
        assert!(until <= Instant::now() + FIRST_REQUEST);
        assert_eq!(next_look(open, until, begun), Some(until), "not yet");
        assert_eq!(next_look(open, until, until), None, "silent for ten seconds");
        let stream = silent.request();
        let (open, until) = silent.with(|known| *known);
        assert!(next_look(open, until, begun + Duration::from_secs(3_600)).is_some(), "an event stream stays");
        drop(stream);
        let (open, until) = silent.with(|known| *known);
        assert!(until > begun + BETWEEN_REQUESTS && open == 0, "it may ask again");
        assert_eq!(next_look(open, until, until), None);
    }
}
