//! What is known of a request on its way out: whether it began, how much of it left, when it last moved.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::{
    Transport,
    guard::{Pace, Refusal},
};

/// A body this large may still lie in buffers of ours and of the kernel when its last byte was handed over.
const BUFFERED_MAX: u64 = 8 << 20;

/// How slowly those buffers may drain, in bytes per second.
const DRAIN_BYTES_PER_S: u64 = 64 << 10;

/// How far a request has come. Shared by its body, which writes it, and its sender, who reads it.
pub(super) struct Progress {
    start: Instant,
    begun: AtomicBool,
    ended: AtomicBool,
    bytes: AtomicU64,
    moved_ms: AtomicU64,
}

impl Progress {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            begun: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            bytes: AtomicU64::new(0),
            moved_ms: AtomicU64::new(0),
        })
    }

    /// Whether a connection took the request up. The client asks for the body only then, and before it writes the
    /// first byte of the head: as long as this is false, nothing has left.
    pub(super) fn begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    fn mark(&self, bytes: u64, ended: bool) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_ms.store(elapsed, Ordering::Release);
        self.bytes.fetch_add(bytes, Ordering::AcqRel);
        self.ended.fetch_or(ended, Ordering::AcqRel);
        self.begun.store(true, Ordering::Release);
    }

    /// When the patience with this request ends, as far as can be said now. `patience` is for the headers.
    pub(super) fn deadline(&self, pace: Pace, patience: Duration) -> Option<Instant> {
        if !self.begun() {
            return None;
        }
        let moved = self.start + Duration::from_millis(self.moved_ms.load(Ordering::Acquire));
        if !self.ended.load(Ordering::Acquire) {
            return Some(moved + pace.headers);
        }
        let buffered = self.bytes.load(Ordering::Acquire).min(BUFFERED_MAX);
        Some(moved + patience + Duration::from_secs(buffered / DRAIN_BYTES_PER_S))
    }

    /// Nothing came, or not whole, and this is why: doubt, unless nothing can have left.
    pub(super) fn failed(&self, why: &str) -> Transport {
        if self.begun() {
            let bytes = self.bytes.load(Ordering::Acquire);
            Transport::Lost(format!("{why}, after {bytes} bytes were sent"))
        } else {
            Transport::NotSent(why.to_owned())
        }
    }

    /// What a failed call means. A refused connection, a failed look-up or TLS handshake wrote nothing.
    pub(super) fn classify(&self, error: &reqwest::Error) -> Transport {
        if let Some(refusal) = refusal(error) {
            return Transport::Refused(refusal.clone());
        }
        if error.is_builder() || error.is_connect() {
            return Transport::NotSent(words(error));
        }
        self.failed(&words(error))
    }
}

fn refusal(error: &reqwest::Error) -> Option<&Refusal> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(this) = cause {
        if let Some(refusal) = this.downcast_ref() {
            return Some(refusal);
        }
        cause = this.source();
    }
    None
}

/// The innermost cause, without the address (which may carry a secret in its query).
pub(super) fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let cause = match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "the client gave no reason".to_owned(),
        None => cause.to_string(),
    };
    if error.is_timeout() { format!("no answer in time ({cause})") } else { cause }
}

/// The largest piece handed over at once, in bytes: what is handed over counts as moved.
const PIECE_MAX_BYTES: usize = 64 << 10;

/// A body that tells how far it has come.
pub(super) struct Counted {
    inner: reqwest::Body,
    /// What is left of a large piece of the inner body.
    rest: Bytes,
    progress: Arc<Progress>,
}

impl Counted {
    pub(super) fn new(inner: reqwest::Body, progress: Arc<Progress>) -> Self {
        Self { inner, rest: Bytes::new(), progress }
    }

    fn hand_over(&mut self) -> Bytes {
        let piece = self.rest.split_to(self.rest.len().min(PIECE_MAX_BYTES));
        let ended = self.rest.is_empty() && self.inner.is_end_stream();
        self.progress.mark(piece.len() as u64, ended);
        piece
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        if !self.progress.begun() {
            self.progress.mark(0, false);
        }
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(self.hand_over()))));
        }
        let Some(frame) = ready!(Pin::new(&mut self.inner).poll_frame(context)) else {
            self.progress.mark(0, true);
            return Poll::Ready(None);
        };
        Poll::Ready(Some(frame.map(|frame| match frame.into_data() {
            Ok(data) => {
                self.rest = data;
                Frame::data(self.hand_over())
            }
            Err(trailers) => trailers,
        })))
    }

    fn is_end_stream(&self) -> bool {
        let ended = self.rest.is_empty() && self.inner.is_end_stream();
        self.progress.mark(0, ended);
        ended
    }

    fn size_hint(&self) -> SizeHint {
        match self.inner.size_hint().exact() {
            Some(size) => SizeHint::with_exact(size + self.rest.len() as u64),
            None => SizeHint::default(),
        }
    }
}
