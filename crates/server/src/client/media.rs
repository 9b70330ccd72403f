//! Uploads files in pieces, so that large files survive an unreliable connection.

use std::{path::Path, time::Duration};

use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{Api, Told, text};
use crate::say;

/// The largest piece, in bytes; halved while a proxy rejects it.
const PIECE: u64 = 8 << 20;
/// The smallest piece, in bytes.
const PIECE_MIN: u64 = 64 << 10;
/// How often a failed piece is sent again, from the last byte received: over half a minute, which covers a restart of
/// the installation.
const TRIES: u32 = 8;
/// How long the installation may take to store a whole file. Proxies usually give up earlier; the request is then
/// repeated.
const FINISH_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// How often is asked how much is stored.
const LOOK: Duration = Duration::from_secs(1);

/// Uploads a file, showing its progress, and returns the id of the new media asset.
///
/// # Errors
/// See [`Told`].
pub async fn upload(api: &Api, path: &Path, alt: Option<&str>) -> Result<String, Told> {
    let unreadable = |error: std::io::Error| Told::Here(format!("{} can't be read: {error}", path.display()));
    let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let size = file.metadata().await.map_err(unreadable)?.len();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut body = json!({ "name": name, "size_bytes": size });
    if let Some(alt) = alt {
        body["alt"] = alt.into();
    }
    let upload = api.post_once("/v1/uploads", &body).await?;
    let at = format!("/v1/uploads/{}", text(&upload, "id"));
    let (mut offset, mut tries, mut most) = (0, 0, PIECE);
    while offset < size {
        say::progress(format_args!("{name}: {} of {}", megabytes(offset), megabytes(size)));
        file.seek(std::io::SeekFrom::Start(offset)).await.map_err(unreadable)?;
        let mut piece = Vec::new();
        (&mut file).take(most).read_to_end(&mut piece).await.map_err(unreadable)?;
        if piece.is_empty() {
            return Err(Told::Here(format!("{} shrank while it was being uploaded", path.display())));
        }
        let length = piece.len() as u64;
        match send(api, &at, offset, piece).await {
            Ok(_) => (offset, tries) = (offset + length, 0),
            Err(Told::Limit(_)) if most > PIECE_MIN => most = smaller(most.min(length)),
            Err(told) if passes(&told) && tries < TRIES => {
                tries += 1;
                if tries > 1 {
                    // The connection breaks on large pieces, or is too slow for them.
                    most = smaller(most);
                }
                tokio::time::sleep(pause(tries)).await;
                offset = received(api, &at).await?.unwrap_or(offset);
            }
            Err(told) => {
                say::progress("");
                return Err(told);
            }
        }
    }
    let media = tokio::select! {
        media = finish(api, &at) => media,
        never = tell_storing(api, &at, &name, size) => never,
    };
    say::progress("");
    media
}

/// Shows how much of the file is stored, as long as it is polled.
async fn tell_storing<T>(api: &Api, at: &str, name: &str, size: u64) -> T {
    loop {
        let stored = api.get(at).await.ok().and_then(|upload| upload["stored_bytes"].as_u64());
        let stored = stored.map_or_else(String::new, |bytes| format!(": {} of {}", megabytes(bytes), megabytes(size)));
        say::progress(format_args!("{name}: sent, being stored{stored}"));
        tokio::time::sleep(LOOK).await;
    }
}

fn smaller(piece: u64) -> u64 {
    (piece / 2).max(PIECE_MIN)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn pause(tries: u32) -> Duration {
    Duration::from_millis(500 << tries.saturating_sub(1).min(4))
}

/// Whether to try again: there was no answer, or one that says the server is unavailable.
fn passes(told: &Told) -> bool {
    match told {
        Told::Here(_) => true,
        Told::Limit(_) => false,
        Told::Problem(problem) => problem["type"].as_str().is_some_and(|kind| kind.ends_with("/unavailable")),
    }
}

/// How many bytes of this upload have arrived; `None` while the installation can't be reached.
async fn received(api: &Api, at: &str) -> Result<Option<u64>, Told> {
    match api.get(at).await {
        Ok(upload) => Ok(upload["received_bytes"].as_u64()),
        Err(told) if passes(&told) => Ok(None),
        Err(told) => Err(told),
    }
}

/// Waits until the file is stored, however long that takes. Repeating the request while an earlier one is still working
/// returns the same media asset.
async fn finish(api: &Api, at: &str) -> Result<String, Told> {
    let mut tries = 0;
    loop {
        let asked = api
            .send_with(&format!("{at}/finish"), |http, url| {
                http.request(Method::POST, url).timeout(FINISH_TIMEOUT).json(&json!({}))
            })
            .await;
        match asked {
            Ok(media) => return Ok(text(&media, "id").to_owned()),
            Err(Told::Problem(problem)) if problem["type"].as_str().is_some_and(|kind| kind.ends_with("/conflict")) => {
                tries = 0;
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            Err(told) if passes(&told) && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(pause(tries)).await;
            }
            Err(told) => return Err(told),
        }
    }
}

async fn send(api: &Api, at: &str, offset: u64, piece: Vec<u8>) -> Result<Value, Told> {
    api.send_with(at, |http, url| {
        http.request(Method::PATCH, url)
            .header(header::CONTENT_TYPE, "application/offset+octet-stream")
            .header("upload-offset", offset)
            .body(piece)
    })
    .await
}
