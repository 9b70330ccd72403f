//! An answer on its way in: its pace, its size and its compression are watched (S-56).

use std::{
    io::Write,
    time::{Duration, Instant},
};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;

use super::{Transport, guard::Pace, outgoing::words};

/// A body may unpack to so many times what arrived.
const RATIO_MAX: u64 = 20;

/// Up to this size a body may unpack at any ratio: a page of equal lines is no bomb. In bytes.
const RATIO_FREE_BYTES: u64 = 64 << 10;

/// The body of an answer, read piece by piece.
pub(super) struct Incoming {
    response: reqwest::Response,
    limit: u64,
    pace: Pace,
    /// For the time spent waiting here; a slow reader of ours costs the server nothing.
    patience: Duration,
    waited: Duration,
    received: u64,
    unpacked: u64,
    decoder: Decoder,
}

enum Decoder {
    Plain,
    Gzip(Box<MultiGzDecoder<Sink>>),
    Done,
}

impl Incoming {
    /// Fails at once if the server says that the body is larger than `limit`, or packed in a way we did not ask for.
    pub(super) fn new(
        response: reqwest::Response,
        limit: u64,
        pace: Pace,
        patience: Duration,
    ) -> Result<Self, Transport> {
        let coding = response.headers().get(http::header::CONTENT_ENCODING);
        let decoder = match coding.map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => Decoder::Plain,
            Some("gzip" | "x-gzip") => Decoder::Gzip(Box::new(MultiGzDecoder::new(Sink::default()))),
            Some(_) => return Err(Transport::Lost("the answer is packed in a way that was not asked for".to_owned())),
        };
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(Transport::TooLarge(limit));
        }
        let waited = Duration::ZERO;
        Ok(Self { response, limit, pace, patience, waited, received: 0, unpacked: 0, decoder })
    }

    /// The whole body.
    pub(super) async fn whole(mut self) -> Result<Bytes, Transport> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut whole = Vec::with_capacity(first.len() + second.len());
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(Bytes::from(whole))
    }

    /// The first bytes of the body; what comes after them is not waited for.
    pub(super) async fn beginning(mut self, enough: usize) -> Result<Bytes, Transport> {
        let mut start = Vec::new();
        while start.len() < enough
            && let Some(piece) = self.next().await?
        {
            start.extend_from_slice(&piece);
        }
        start.truncate(enough);
        Ok(Bytes::from(start))
    }

    /// The next piece, unpacked; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Transport> {
        while let Some(piece) = self.arrival().await? {
            let piece = self.unpack(piece)?;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        let rest = self.last()?;
        Ok((!rest.is_empty()).then_some(rest))
    }

    async fn arrival(&mut self) -> Result<Option<Bytes>, Transport> {
        let earned = Duration::from_secs(self.received) / self.pace.bytes_per_s.max(1);
        let slow = self.pace.grace.max(earned);
        let left = slow.min(self.patience).saturating_sub(self.waited);
        let begun = Instant::now();
        let piece = tokio::time::timeout(left, self.response.chunk()).await;
        self.waited += begun.elapsed();
        let piece = piece.map_err(|_| Transport::Lost(self.too_slow(slow)))?;
        let piece = piece.map_err(|error| Transport::Lost(words(&error)))?;
        self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Ok(piece)
    }

    fn too_slow(&self, slow: Duration) -> String {
        let (received, floor) = (self.received, self.pace.bytes_per_s);
        if slow < self.patience {
            format!("S-56: the answer came slower than {floor} bytes per second ({received} bytes so far)")
        } else {
            format!("S-56: the answer took too long ({received} bytes so far)")
        }
    }

    fn unpack(&mut self, piece: Bytes) -> Result<Bytes, Transport> {
        let unpacked = match &mut self.decoder {
            Decoder::Plain => piece,
            Decoder::Gzip(decoder) => {
                let allowed = self.limit.min(RATIO_FREE_BYTES.max(self.received.saturating_mul(RATIO_MAX)));
                decoder.get_mut().room = allowed.saturating_sub(self.unpacked);
                let fed = decoder.write_all(&piece);
                let sink = decoder.get_mut();
                if sink.full && allowed < self.limit {
                    return Err(Transport::Lost(format!(
                        "S-56: the answer unpacks to more than {RATIO_MAX} times its size"
                    )));
                }
                if sink.full {
                    return Err(Transport::TooLarge(self.limit));
                }
                fed.map_err(|error| bad_gzip(&error))?;
                decoder.get_mut().take()
            }
            Decoder::Done => return Ok(Bytes::new()),
        };
        self.unpacked += unpacked.len() as u64;
        if self.unpacked > self.limit { Err(Transport::TooLarge(self.limit)) } else { Ok(unpacked) }
    }

    fn last(&mut self) -> Result<Bytes, Transport> {
        let Decoder::Gzip(mut decoder) = std::mem::replace(&mut self.decoder, Decoder::Done) else {
            return Ok(Bytes::new());
        };
        if self.received == 0 {
            return Ok(Bytes::new()); // an empty body that says it is packed (204, HEAD)
        }
        decoder.try_finish().map_err(|error| bad_gzip(&error))?;
        let rest = decoder.get_mut().take();
        self.unpacked += rest.len() as u64;
        Ok(rest)
    }
}

fn bad_gzip(error: &std::io::Error) -> Transport {
    Transport::Lost(format!("the answer cannot be unpacked: {error}"))
}

/// Takes what is unpacked, up to its room.
#[derive(Default)]
struct Sink {
    bytes: Vec<u8>,
    room: u64,
    full: bool,
}

impl Sink {
    fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.bytes))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() as u64 + bytes.len() as u64 > self.room {
            self.full = true;
            return Err(std::io::Error::other("no room"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
