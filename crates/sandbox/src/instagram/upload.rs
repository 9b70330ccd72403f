//! Films that the app sends itself: `POST https://rupload.facebook.com/ig-api-upload/{version}/{container}`.
//!
//! The address is given with the container. Headers say how large the file is and where the piece belongs, or from which
//! address the file is to be fetched.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use super::{
    Nodes, State, files,
    model::{Kind, Upload},
};
use crate::meta::{containers::Work, tokens};

/// Why a piece is not taken, in the words of the upload host.
struct Refused {
    retriable: bool,
    kind: &'static str,
    message: String,
}

impl Refused {
    fn new(retriable: bool, kind: &'static str, message: impl Into<String>) -> Self {
        Self { retriable, kind, message: message.into() }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let info = json!({ "retriable": self.retriable, "type": self.kind, "message": self.message });
        (StatusCode::BAD_REQUEST, Json(json!({ "debug_info": info }))).into_response()
    }
}

/// Takes a piece, or an address.
pub async fn take(
    Shared(state): Shared<Arc<State>>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = text(header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("OAuth "));
    let account = match tokens::find(&state.grants(), token, state.nodes.now()) {
        Ok(token) => token.consent.account,
        Err(refusal) => return refusal.into_response(),
    };
    accept(&state.nodes, &account, &id, &headers, body).await
}

/// Takes a piece, or an address, for an account whose token the host has seen.
pub async fn accept(nodes: &Arc<Nodes>, account: &str, id: &str, headers: &HeaderMap, body: Bytes) -> Response {
    match received(nodes, account, id, headers, body).await {
        Ok(()) => Json(json!({ "success": true, "message": "Upload successful." })).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// The container and what it waits for.
fn waiting(nodes: &Nodes, account: &str, id: &str) -> Result<(u64, Kind, Option<u64>, Upload), Refused> {
    let gallery = nodes.gallery();
    let id = id.parse::<u64>().unwrap_or_default();
    let container = gallery.containers.get(&id).filter(|it| it.account == account);
    let upload = container.and_then(|it| Some((it, it.upload.clone()?)));
    let (container, upload) =
        upload.ok_or_else(|| Refused::new(false, "ProcessingFailedError", "There is no upload with this id"))?;
    if container.life.work != Work::Fetching {
        return Err(Refused::new(false, "ProcessingFailedError", "The upload has ended"));
    }
    Ok((id, container.draft.kind, container.draft.thumb_offset, upload))
}

async fn received(
    nodes: &Arc<Nodes>,
    account: &str,
    id: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<(), Refused> {
    let (id, kind, offset, upload) = waiting(nodes, account, id)?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(address) = text("file_url") {
        let taken = files::fetched_film(&nodes.core, &nodes.http, kind, offset, address).await;
        return end(nodes, id, taken);
    }
    let number = |name: &str| text(name).and_then(|text| text.parse::<u64>().ok());
    let absent = |name: &str| Refused::new(false, "PartialRequestError", format!("The header {name} is required"));
    let at = number("offset").ok_or_else(|| absent("offset"))?;
    let size = number("file_size").ok_or_else(|| absent("file_size"))?;
    if at != upload.received {
        return Err(Refused::new(true, "OffsetInvalidError", format!("The upload goes on at {}", upload.received)));
    }
    let held = upload.blob.and_then(|blob| nodes.core.blobs.get(&blob)).unwrap_or_default();
    let mut whole = BytesMut::from(&held[..]);
    whole.extend_from_slice(&body);
    let whole = whole.freeze();
    let come = whole.len() as u64;
    if come > size || come > files::most_bytes(kind) as u64 {
        return end(nodes, id, Err("2207026"));
    }
    if come < size {
        let blob = Some(nodes.core.blobs.put(whole));
        if let Some(container) = nodes.gallery().containers.get_mut(&id) {
            container.upload = Some(Upload { blob, received: come });
        }
        let message = format!("The upload has {come} of {size} bytes");
        return Err(Refused::new(true, "PartialRequestError", message));
    }
    end(nodes, id, files::film(&nodes.core, kind, offset, whole))
}

/// A file that is not taken fails its container; the upload itself has been successful.
fn end(nodes: &Nodes, id: u64, taken: Result<crate::meta::fetch::File, &'static str>) -> Result<(), Refused> {
    if matches!(taken, Err("2207077" | "2207052")) {
        return Err(Refused::new(true, "ProcessingFailedError", "The file cannot be fetched from this address"));
    }
    if let Some(container) = nodes.gallery().containers.get_mut(&id) {
        let received = taken.as_ref().ok().and_then(|file| nodes.core.blobs.get(&file.blob)).map_or(0, |it| it.len());
        container.upload = Some(Upload { blob: None, received: received as u64 });
        // It is worked on from now on.
        let takes = container.life.ready_at.since(container.life.made_at);
        container.life.ready_at = nodes.now() + takes;
        container.receive(taken);
    }
    Ok(())
}
