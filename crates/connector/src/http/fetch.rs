//! Fetching a file that a person gave the address of: guarded like everything else, and never held in memory whole.

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use http::{HeaderValue, Method, header};
use url::Url;

use super::{
    Guard, Refusal, Reply, Transport,
    guard::Policy,
    incoming::Incoming,
    request::{Patience, answer, target},
};

/// A file on its way.
pub struct Fetched {
    /// The type that the server names; what it is in truth is for the reader to find out (S-61).
    pub mime: Option<String>,
    /// The size in bytes that the server names.
    pub length: Option<u64>,
    /// The bytes, as they come. An error ends it: what came before is not the whole file.
    pub body: BoxStream<'static, Result<Bytes, Transport>>,
    /// Where it was found in the end, after redirects.
    pub final_url: Url,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched({:?}, {:?} bytes)", self.mime, self.length)
    }
}

impl Guard {
    /// Fetches at most `limit` bytes from a public address, following up to 3 redirects (S-53). The server has 60 s of
    /// waiting in all, and the pace of S-56 holds; time that the reader takes between pieces is not counted.
    ///
    /// # Errors
    /// `Refused` where the guard refuses an address, `TooLarge` beyond the limit (at once if the server says so),
    /// `Lost` for any status other than 2xx, and for what breaks on the way.
    pub async fn fetch(&self, url: &str, limit: u64) -> Result<Fetched, Transport> {
        let policy = Policy::fetch(limit);
        let patience = Patience::of(self, &policy, None);
        let mut at = Url::parse(url).map_err(|error| Transport::Refused(Refusal::no_address(error)))?;
        for _ in 0..=policy.redirects_max {
            at.set_fragment(None);
            let response = self.ask(&at, patience).await?;
            let head =
                Reply { status: response.status().as_u16(), headers: response.headers().clone(), body: Bytes::new() };
            if let Some(next) = target(&at, &head) {
                at = next;
                continue;
            }
            if !head.is_success() {
                return Err(Transport::Lost(format!("the server answered {} instead of the file", head.status)));
            }
            let length = response.content_length().filter(|_| head.header("content-encoding").is_none());
            let incoming = Incoming::new(response, limit, self.pace, patience.left())?;
            let mime = head.header("content-type").map(ToOwned::to_owned);
            return Ok(Fetched { mime, length, body: pieces(incoming), final_url: at });
        }
        Err(Transport::Refused(Refusal::too_many_redirects(policy.redirects_max)))
    }

    async fn ask(&self, url: &Url, patience: Patience) -> Result<reqwest::Response, Transport> {
        let client = self.open(url, &[])?;
        let mut request = reqwest::Request::new(Method::GET, url.clone());
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        answer(self, &client, request, Bytes::new().into(), patience).await
    }
}

fn pieces(incoming: Incoming) -> BoxStream<'static, Result<Bytes, Transport>> {
    Box::pin(stream::unfold(Some(incoming), async |incoming| {
        let mut incoming = incoming?;
        match incoming.next().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(incoming))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    }))
}
