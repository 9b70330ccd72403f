//! What people do with media, through the front door, on both databases.

mod addresses;
mod fetching;
mod files;
#[cfg(target_os = "linux")]
mod memory;
mod quotas;
mod renditions;
mod resuming;
pub mod s3;
mod transcoding;
mod uploads;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request},
};
use base::ids::MediaId;
use bytes::Bytes;
use serde_json::Value;

use crate::testing::{Client, World, again};

/// What came back, with its bytes.
#[derive(Debug)]
struct Got {
    status: u16,
    headers: HeaderMap,
    bytes: Bytes,
    json: Value,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn problem(&self) -> &str {
        self.json["type"].as_str().and_then(|text| text.strip_prefix("/problems/")).unwrap_or_default()
    }

    fn detail(&self) -> &str {
        self.json["detail"].as_str().unwrap_or_default()
    }

    fn id(&self) -> MediaId {
        assert_eq!(self.status, 201, "{}", self.json);
        self.json["id"].as_str().expect("an id").parse().expect("a media asset's id")
    }
}

async fn send(client: &Client, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Got {
    let mut request = Request::builder().method(method.parse::<Method>().expect("a method")).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = client.raw(request.body(body).expect("a request")).await;
    let (parts, body) = answer.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.expect("whole");
    let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Got { status: parts.status.as_u16(), headers: parts.headers, bytes, json }
}

/// Sends a file whose size is known.
async fn upload(client: &Client, name: &str, bytes: &[u8]) -> Got {
    let size = bytes.len().to_string();
    // A type that is not what the file is: no one looks at it.
    let headers = [("content-type", "application/octet-stream"), ("content-length", size.as_str())];
    send(client, "POST", &format!("/v1/media?name={name}"), &headers, Body::from(bytes.to_vec())).await
}

async fn read(client: &Client, path: &str) -> Got {
    send(client, "GET", path, &[], Body::empty()).await
}

/// The stored file.
async fn file_of(client: &Client, id: MediaId) -> Bytes {
    let got = read(client, &format!("/v1/media/{id}/file")).await;
    assert_eq!(got.status, 200, "{}", got.json);
    got.bytes
}

/// Pieces of a body; `None` is where the line is cut.
fn in_pieces(pieces: Vec<Option<Bytes>>) -> Body {
    let cut = || std::io::Error::other("the line is cut");
    Body::from_stream(futures::stream::iter(pieces.into_iter().map(move |piece| piece.ok_or_else(cut))))
}

/// How many files wait in the spool.
fn spooled(world: &World) -> usize {
    std::fs::read_dir(&world.app.settings.spool).map_or(0, |entries| entries.count())
}

/// How many files there are of this workspace in the file store, deleting them.
async fn kept(world: &World) -> u64 {
    world.app.blobs.delete_all(&world.workspace.to_string(), None).await.expect("counted")
}
