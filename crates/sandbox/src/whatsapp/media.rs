//! Files: uploaded for messages, received with them, fetched from addresses, and uploaded as examples of templates.

use std::{sync::Arc, time::Duration};

use axum::response::{IntoResponse, Response};
use base::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use super::{
    PRODUCT, State,
    calls::Call,
    model::{Book, Media, Upload},
    problem,
    problem::KIND,
};
use crate::{
    meta::{
        error::GraphError,
        fetch::{self, File},
        tokens,
    },
    oauth::Fields,
    sniff::sniff,
};

/// How long a file is kept that a business uploaded.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);
/// The same for one that a person sent.
pub const RECEIVED: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long the address of a file works.
const ADDRESS_LIFE: i64 = 300;
/// In bytes.
const MIB: usize = 1024 * 1024;

/// What can be sent as a kind of message, with how many bytes at most.
fn allowed(kind: &str) -> (&'static [&'static str], usize) {
    match kind {
        "image" => (&["image/jpeg", "image/png"], 5 * MIB),
        "video" => (&["video/mp4", "video/3gpp"], 16 * MIB),
        "audio" => (
            &[
                "audio/aac",
                "audio/amr",
                "audio/mpeg",
                "audio/mp4",
                "audio/m4a",
                "audio/x-m4a",
                "audio/ogg",
                "audio/opus",
            ],
            16 * MIB,
        ),
        "sticker" => (&["image/webp"], 500 * 1024),
        _ => (
            &[
                "text/plain",
                "application/pdf",
                "application/msword",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/vnd.ms-excel",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "application/vnd.ms-powerpoint",
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            ],
            100 * MIB,
        ),
    }
}

const KINDS: [&str; 5] = ["image", "video", "audio", "sticker", "document"];

/// What a file is by its content; text is known by being text.
fn found(bytes: &[u8], said: &str) -> Option<&'static str> {
    match sniff(bytes) {
        Some(found) => Some(found.content_type),
        None => (said == "text/plain" && std::str::from_utf8(bytes).is_ok()).then_some("text/plain"),
    }
}

/// Whether a file of this type and size can be sent as this kind of message.
///
/// # Errors
/// What is wrong with it.
pub fn check(kind: &str, content_type: &str, bytes: usize, animated: bool) -> Result<(), String> {
    let (types, mut most) = allowed(kind);
    if kind == "sticker" && !animated {
        most = 100 * 1024;
    }
    if !types.contains(&content_type) {
        return Err(format!("A file of the type {content_type} cannot be sent as {kind}."));
    }
    if bytes > most {
        return Err(format!("The file has {bytes} bytes; {most} are the most for {kind}."));
    }
    Ok(())
}

/// `POST /{phone}/media`: `file`, with its type.
///
/// # Errors
/// 100 without a file, 131053 for one that is of no kind or too large.
pub fn upload(call: &Call<'_>, phone: &str) -> Result<Value, GraphError> {
    call.for_messaging()?;
    let phone = call.phone(&call.state.book(), "post", phone)?.id.clone();
    if call.params.get("messaging_product") != Some("whatsapp") {
        return Err(KIND.missing("messaging_product"));
    }
    let bytes = call.params.file("file").ok_or_else(|| KIND.missing("file"))?;
    let said = call.params.get("type").unwrap_or_default().split(';').next().unwrap_or_default();
    let refused = |why: &str| problem::coded(131_053, why);
    let content_type = found(bytes, said).ok_or_else(|| refused("The file is of no type that can be sent."))?;
    let animated = content_type == "image/webp" && bytes.windows(4).take(64).any(|part| part == b"ANIM");
    let fits = KINDS.map(|kind| check(kind, content_type, bytes.len(), animated));
    if !fits.iter().any(Result::is_ok) {
        // The kind whose type it has says what is wrong.
        let near = KINDS.iter().find(|kind| allowed(kind).0.contains(&content_type)).unwrap_or(&"image");
        let why = check(near, content_type, bytes.len(), animated).err().unwrap_or_default();
        return Err(refused(&why));
    }
    let file = File { blob: call.state.core.blobs.put(bytes.clone()), content_type: content_type.into() };
    let ends_at = call.state.now() + KEPT;
    let id = keep(&mut call.state.book(), &phone, file, bytes.len(), ends_at);
    Ok(json!({ "id": id.to_string() }))
}

/// Keeps a file for a number; gives its id.
pub fn keep(book: &mut Book, phone: &str, file: File, bytes: usize, ends_at: Timestamp) -> u64 {
    let id = book.fresh(1_370_000_000_000_000);
    book.media.insert(id, Media { id, phone: phone.to_owned(), file, bytes, ends_at });
    id
}

/// The file with this id, if the token is for its number and it is still there.
fn own<'a>(call: &Call<'_>, book: &'a Book, method: &str, id: &str) -> Result<&'a Media, GraphError> {
    let found = id.parse().ok().and_then(|id: u64| book.media.get(&id));
    let here = |media: &&Media| media.ends_at > call.state.now() && call.phone(book, method, &media.phone).is_ok();
    let asked = call.params.get("phone_number_id");
    let of_number = |media: &&Media| asked.is_none_or(|phone| phone == media.phone);
    found.filter(here).filter(of_number).ok_or_else(|| KIND.no_object(method, id))
}

/// `GET /{media}`: where it can be downloaded for five minutes.
///
/// # Errors
/// If there is none for the caller.
pub fn address(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_messaging()?;
    let book = call.state.book();
    let media = own(call, &book, "get", id)?;
    let ends = call.state.now().as_seconds() + ADDRESS_LIFE;
    let hash = &media.file.blob[..20];
    let path = format!("/whatsapp_business/attachments/?mid={}&ext={ends}&hash={hash}", media.id);
    Ok(json!({
        "messaging_product": "whatsapp", "id": id, "url": call.state.core.url(&path),
        "mime_type": media.file.content_type, "sha256": media.file.blob, "file_size": media.bytes,
    }))
}

/// `DELETE /{media}`.
///
/// # Errors
/// If there is none for the caller.
pub fn delete(call: &Call<'_>, id: &str) -> Result<Value, GraphError> {
    call.for_messaging()?;
    let mut book = call.state.book();
    let id = own(call, &book, "delete", id)?.id;
    book.media.remove(&id);
    Ok(json!({ "success": true }))
}

/// The bytes of a file, for the token of its number. Without it the address gives nothing.
pub fn download(state: &State, uri: &Uri, headers: &HeaderMap) -> Response {
    let fields = Fields::read(uri.query().unwrap_or_default().as_bytes());
    let number = |name: &str| fields.get(name).and_then(|text| text.parse::<u64>().ok());
    let (book, now) = (state.book(), state.now());
    let token = crate::oauth::bearer(headers).and_then(|text| book.grants.find(text, now).ok());
    let Some(token) = token else { return StatusCode::UNAUTHORIZED.into_response() };
    let media = number("mid").and_then(|id| book.media.get(&id));
    let lives = number("ext").is_some_and(|ends| i64::try_from(ends).is_ok_and(|ends| ends > now.as_seconds()));
    let media = media.filter(|media| {
        let waba = book.phones.get(&media.phone).map(|phone| &phone.waba);
        lives
            && fields.get("hash").is_some_and(|hash| media.file.blob.starts_with(hash))
            && waba.is_some_and(|waba| token.consent.targets.contains(waba))
    });
    let bytes = media.and_then(|media| Some((media, state.core.blobs.get(&media.file.blob)?)));
    let Some((media, bytes)) = bytes else { return StatusCode::NOT_FOUND.into_response() };
    ([(header::CONTENT_TYPE, media.file.content_type.clone())], bytes).into_response()
}

/// The file of a message: by id at once, by address fetched now.
///
/// # Errors
/// 131009 for an unknown id or a file of another kind. What is wrong with an address comes later, by webhook: then the
/// inner result is what.
pub async fn of_message(
    state: &Arc<State>,
    phone: &str,
    kind: &str,
    content: &Value,
) -> Result<Result<File, String>, GraphError> {
    match (content["id"].as_str(), content["link"].as_str()) {
        (Some(id), None) => {
            let book = state.book();
            let found = id.parse().ok().and_then(|id: u64| book.media.get(&id));
            let found = found.filter(|media| media.phone == phone && media.ends_at > state.now());
            let media = found.ok_or_else(|| problem::value(format!("There is no file {id} for this number.")))?;
            check(kind, &media.file.content_type, media.bytes, true).map_err(problem::value)?;
            Ok(Ok(media.file.clone()))
        }
        (None, Some(link)) => Ok(fetched(state, kind, link).await),
        _ => Err(problem::coded(131_008, format!("{kind} must have either id or link."))),
    }
}

async fn fetched(state: &State, kind: &str, link: &str) -> Result<File, String> {
    let why = || problem::details(131_053).to_owned();
    let (bytes, said) = fetch::bytes(&state.http, link, allowed(kind).1 + 1).await.map_err(|_| why())?;
    let content_type = found(&bytes, said.split(';').next().unwrap_or_default()).ok_or_else(why)?;
    check(kind, content_type, bytes.len(), true)?;
    Ok(File { blob: state.core.blobs.put(bytes), content_type: content_type.into() })
}

/// `POST /{app}/uploads`: a session for the example of a template.
///
/// # Errors
/// If it is another app, or a parameter is missing.
pub fn begin(call: &Call<'_>, app: &str) -> Result<Value, GraphError> {
    if app != PRODUCT.id {
        return Err(KIND.no_object("post", app));
    }
    let length =
        KIND.need(call.params, "file_length")?.parse().map_err(|_| KIND.param("file_length", "is no number"))?;
    let kind = KIND.need(call.params, "file_type")?.to_owned();
    if !["application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4"].contains(&kind.as_str()) {
        return Err(KIND.param("file_type", "is none that can be uploaded"));
    }
    let id = format!("upload:{}", base::random::token::<24>(&*call.state.core.random));
    let upload = Upload { length, kind, blob: None, handle: None };
    call.state.book().uploads.insert(id.clone(), upload);
    Ok(json!({ "id": id }))
}

/// `/upload:…`: the bytes, or how many came. The token stands behind `OAuth`, not `Bearer`.
///
/// # Errors
/// If token, session or length is wrong.
pub fn receive(
    state: &State,
    method: &Method,
    session: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Value, GraphError> {
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = said.strip_prefix("OAuth ").or_else(|| said.strip_prefix("Bearer ")).map(str::trim);
    let mut book = state.book();
    if token != Some(PRODUCT.app_token().as_str()) {
        tokens::find(&book.grants, token, state.now())?;
    }
    // An address ends at a question mark; what stands there belongs to the session.
    let Some(upload) = book.uploads.get_mut(session) else { return Err(KIND.no_object("post", session)) };
    if *method == Method::GET {
        let offset = if upload.blob.is_some() { upload.length } else { 0 };
        return Ok(json!({ "id": session, "file_offset": offset }));
    }
    if body.len() as u64 != upload.length {
        return Err(KIND.param("file_offset", "does not fit: fewer or more bytes came than were announced"));
    }
    let handle = format!("4:{}:{}", upload.kind, base::random::token::<24>(&*state.core.random));
    (upload.blob, upload.handle) = (Some(state.core.blobs.put(body)), Some(handle.clone()));
    Ok(json!({ "h": handle }))
}
