//! Media that the network fetches from an address.
//!
//! The real network fetches from public addresses only. A twin stands for the network on this computer: it fetches from
//! addresses of this computer and from nowhere else, so that nothing leaves it.

use std::time::Duration;

use base::Timestamp;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::app::Product;
use crate::sniff::{Sniffed, sniff};

/// How long a fetch may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A fetched file.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// What it is.
    pub found: Sniffed,
    /// The bytes.
    pub bytes: Bytes,
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// The digest of its bytes.
    pub blob: String,
    /// What it is.
    pub content_type: String,
}

/// Why there is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchError {
    /// The address does not read, leads elsewhere, or gave no file.
    Unreachable,
    /// It is neither a picture nor a film.
    NotMedia,
    /// It is larger than allowed.
    TooLarge,
}

/// A client that follows nothing.
pub fn client() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "a twin is the network: it fetches as the network does")]
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
    client.unwrap_or_else(|error| {
        tracing::error!(%error, "the sandbox's client could not be made as wanted");
        reqwest::Client::default()
    })
}

/// Whether an address is one of this computer.
pub fn is_here(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Fetches a picture or film of at most so many bytes. Redirects are not followed, and a page instead of a file is no file,
/// whatever its status.
///
/// # Errors
/// See [`FetchError`].
pub async fn fetch(http: &reqwest::Client, address: &str, most: usize) -> Result<Fetched, FetchError> {
    let (bytes, _) = bytes(http, address, most).await?;
    let found =
        sniff(&bytes).filter(|found| ["image/", "video/"].iter().any(|kind| found.content_type.starts_with(kind)));
    Ok(Fetched { found: found.ok_or(FetchError::NotMedia)?, bytes })
}

/// Fetches at most so many bytes, with the type that is said of them. Redirects are not followed.
///
/// # Errors
/// See [`FetchError`]; what the bytes are is not looked at.
pub async fn bytes(http: &reqwest::Client, address: &str, most: usize) -> Result<(Bytes, String), FetchError> {
    let address = Url::parse(address).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && is_here(url));
    let address = address.ok_or(FetchError::Unreachable)?;
    let answer = http.get(address).timeout(PATIENCE).send().await.map_err(|_| FetchError::Unreachable)?;
    if answer.status() != http::StatusCode::OK {
        return Err(FetchError::Unreachable);
    }
    let said = answer.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let said = said.unwrap_or_default().to_owned();
    Ok((limited(answer, most).await?, said))
}

async fn limited(mut answer: reqwest::Response, most: usize) -> Result<Bytes, FetchError> {
    let mut whole = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|_| FetchError::Unreachable)? {
        whole.extend_from_slice(&piece);
        if whole.len() > most {
            return Err(FetchError::TooLarge);
        }
    }
    Ok(whole.into())
}

/// Tells the app at its callback address, in the background, that a person took the permission back or wants their data
/// deleted. Only addresses of this computer are called.
pub fn call_back(http: &reqwest::Client, address: &str, product: Product, user_id: &str, now: Timestamp) {
    let (Ok(address), Ok(runtime)) = (Url::parse(address), tokio::runtime::Handle::try_current()) else { return };
    if !is_here(&address) {
        return;
    }
    let form = [("signed_request", product.signed_request(user_id, now))];
    let request = http.post(address).timeout(PATIENCE).form(&form);
    runtime.spawn(async move {
        if let Err(error) = request.send().await {
            tracing::warn!(error = %error.without_url(), "a callback of the app does not answer");
        }
    });
}
