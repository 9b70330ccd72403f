//! Files: `uploadBlob`, `com.atproto.sync.getBlob`, `listBlobs`. The type is found in the bytes, not in the header.

use axum::response::{IntoResponse, Response};
use base::Timestamp;
use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::{
    Bluesky, Reply, auth,
    call::Call,
    cid::{Cid, Codec},
    data::{BlobInfo, Data},
    limits,
    refusal::Refusal,
    scopes::Need,
    syntax,
};

/// The largest upload of a server with default settings, in bytes.
pub const BLOB_BYTES: u64 = 5 * 1024 * 1024;

/// `com.atproto.repo.uploadBlob`: 1000 a day.
pub fn upload(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let caller = auth::require(twin, call)?;
    let claimed = call.content_type();
    if claimed.is_empty() {
        return Err(Refusal::invalid("Request encoding (Content-Type) required but not provided"));
    }
    if call.body.is_empty() {
        return Err(Refusal::invalid("A request body is expected but none was provided"));
    }
    if call.body.len() as u64 > twin.blob_limit() {
        return Err(Refusal::new(413, "PayloadTooLarge", "request entity too large"));
    }
    let mime = sniffed(&call.body).map_or(claimed, str::to_owned);
    caller.must(&Need::Blob(&mime))?;
    let window = limits::upload(twin, &caller.did)?;
    let blob = keep(twin, &mut twin.data(), &caller.did, call.body.clone(), mime);
    Ok(Reply::json(json!({"blob": blob})).limited(window))
}

/// Keeps bytes for an account; gives the object that a record uses. The same bytes again start their hour anew.
pub fn keep(twin: &Bluesky, data: &mut Data, did: &str, bytes: Bytes, mime: String) -> Value {
    let cid = Cid::of(Codec::Raw, &bytes).to_string();
    let (size, now) = (bytes.len() as u64, twin.core.now());
    twin.core.blobs.put(bytes);
    let mut mime = mime;
    if let Some(account) = data.accounts.get_mut(did) {
        let held = account.blobs.entry(cid.clone()).or_insert(BlobInfo { mime, size, at: now, uses: 0 });
        held.at = now;
        mime = held.mime.clone();
    } else {
        mime = String::new();
    }
    json!({"$type": "blob", "ref": {"$link": cid}, "mimeType": mime, "size": size})
}

/// The type that the first bytes speak of.
pub fn sniffed(bytes: &[u8]) -> Option<&'static str> {
    let at = |place: usize, mark: &[u8]| bytes.get(place..place + mark.len()) == Some(mark);
    Some(match () {
        () if at(0, b"\x89PNG\r\n\x1a\n") => "image/png",
        () if at(0, b"\xff\xd8\xff") => "image/jpeg",
        () if at(0, b"GIF87a") || at(0, b"GIF89a") => "image/gif",
        () if at(0, b"RIFF") && at(8, b"WEBP") => "image/webp",
        () if at(4, b"ftypavif") => "image/avif",
        () if at(4, b"ftypheic") => "image/heic",
        () if at(4, b"ftypqt") => "video/quicktime",
        () if at(4, b"ftyp") => "video/mp4",
        () if at(0, b"\x1a\x45\xdf\xa3") => "video/webm",
        () if at(0, b"%PDF-") => "application/pdf",
        () => return None,
    })
}

/// The bytes and type of a blob that a record uses. One that none uses yet is in the temporary store of a server, which the
/// reference server doesn't serve (pds: `BlobReader.getBlob`, `DiskBlobStore.getStream`).
pub fn read(twin: &Bluesky, did: &str, cid: &str, now: Timestamp) -> Option<(Bytes, String)> {
    let mime = twin.data().accounts.get(did)?.blob(cid, now).filter(|blob| blob.uses > 0)?.mime.clone();
    Some((twin.core.blobs.get(&Cid::parse(cid)?.digest_hex())?, mime))
}

/// `com.atproto.sync.getBlob`.
pub fn get(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let did = call.formed("did", syntax::is_did, "a DID")?;
    let cid = call.formed("cid", syntax::is_cid, "a content id")?;
    if !twin.data().accounts.contains_key(did) {
        return Err(Refusal::new(400, "RepoNotFound", format!("Could not find repo for DID: {did}")));
    }
    let found = read(twin, did, cid, twin.core.now());
    let (bytes, mime) = found.ok_or_else(|| Refusal::new(400, "BlobNotFound", "Blob not found"))?;
    Ok(Reply::raw(served(bytes, &mime)))
}

/// The answer with a file: never shown as a page, never guessed at.
pub fn served(bytes: Bytes, mime: &str) -> Response {
    let mut response = bytes.into_response();
    let kind = HeaderValue::from_str(mime).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}

/// `com.atproto.sync.listBlobs`: those that records use.
pub fn list(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let did = call.formed("did", syntax::is_did, "a DID")?;
    let limit = call.limit(500, 1000)?;
    let data = twin.data();
    let unknown = || Refusal::new(400, "RepoNotFound", format!("Could not find repo for DID: {did}"));
    let account = data.accounts.get(did).ok_or_else(unknown)?;
    let after = call.one("cursor").unwrap_or_default();
    let used = account.blobs.iter().filter(|(cid, blob)| blob.uses > 0 && cid.as_str() > after);
    let mut cids: Vec<&String> = used.map(|(cid, _)| cid).collect();
    cids.sort();
    cids.truncate(limit);
    let mut answer = json!({"cids": cids});
    if let (Some(last), true) = (cids.last(), cids.len() == limit) {
        answer["cursor"] = json!(last);
    }
    Ok(Reply::json(answer))
}
