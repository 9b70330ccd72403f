//! Pictures: by themselves, for a post, for a story.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    calls::Call,
    model::{Book, File, Kind, Photo, Post, Stage},
    posts, problem, reading,
};
use crate::{
    meta::{
        error::GraphError,
        fetch::{self, FetchError, Fetched},
        params::Params,
    },
    sniff::{Sniffed, sniff},
};

/// Bytes of a picture.
pub const BYTES: usize = 10 * 1024 * 1024;
/// What is taken: the documented types, and the two that the refusal names besides.
const TYPES: [&str; 7] =
    ["image/jpeg", "image/bmp", "image/png", "image/gif", "image/tiff", "image/webp", "image/heif"];

/// `POST /{page}/photos`.
///
/// # Errors
/// The first rule that it breaks.
pub async fn create(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    let page = call.page_to_publish(node)?.id.clone();
    let (params, state) = (call.params, call.state);
    let post = posts::draft(call, &["caption", "message", "name"], posts::AHEAD)?;
    let Fetched { found, bytes } = taken(call).await?;
    if !TYPES.contains(&found.content_type) || bytes.len() > BYTES {
        return Err(problem::bad_photo());
    }
    let mut book = state.book();
    let id = book.fresh(560_000_000_000_000);
    let file =
        File { blob: state.core.blobs.put(bytes), content_type: found.content_type.to_owned(), size: found.size };
    let alt = params.get("alt_text_custom").map(str::to_owned);
    book.photos.insert(id, Photo { id, page, at: state.now(), file, alt, caption: post.message.clone(), post: None });
    let mut answer = json!({ "id": id.to_string() });
    // One that is not published has no post, and can be put into one. One for later has.
    if post.stage != Stage::Draft {
        let made = book.add_post(Post { kind: Kind::Photos, photos: vec![id], ..post });
        posts::went_out(state, &book, made);
        answer["post_id"] = json!(book.posts[&made].full_id());
    }
    drop(book);
    reading::with_fields(call, &id.to_string(), answer)
}

async fn taken(call: &Call<'_>) -> Result<Fetched, GraphError> {
    let file: Option<&Bytes> = call.params.file("source");
    match (call.params.get("url"), file) {
        (_, Some(bytes)) => {
            let found: Option<Sniffed> = sniff(bytes);
            Ok(Fetched { found: found.ok_or_else(problem::bad_photo)?, bytes: bytes.clone() })
        }
        (Some(url), None) => fetch::fetch(&call.state.http, url, BYTES).await.map_err(|error| match error {
            FetchError::TooLarge | FetchError::NotMedia => problem::bad_photo(),
            FetchError::Unreachable => GraphError::new(problem::KIND, 324, "(#324) Missing or invalid image file")
                .with_subcode(2_069_019)
                .for_people("Missing or invalid image file", "The image file is missing or cannot be read."),
        }),
        (None, None) => Err(GraphError::new(problem::KIND, 324, "(#324) Requires upload file")),
    }
}

/// The pictures that `attached_media` names: a list in JSON, or one field for each (facebook-node-sdk 187).
///
/// # Errors
/// If it does not read, or a picture is not theirs or stands in a post already.
pub fn attached(book: &Book, page: &str, params: &Params) -> Result<Vec<u64>, GraphError> {
    let unread = || problem::param("attached_media", "must be an array of objects with media_fbid");
    let read = |text: &str| serde_json::from_str::<Value>(text).map_err(|_| unread());
    let mut named = match params.get("attached_media").map(read).transpose()? {
        None => Vec::new(),
        Some(Value::Array(all)) => all,
        Some(_) => return Err(unread()),
    };
    let mut place = 0;
    while let Some(text) = params.get(&format!("attached_media[{place}]")) {
        named.push(read(text)?);
        place += 1;
    }
    let mut photos = Vec::new();
    for media in named {
        let id = media["media_fbid"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| media["media_fbid"].as_u64().map(|id| id.to_string()));
        let id = id.ok_or_else(unread)?;
        let photo = id.parse().ok().and_then(|id: u64| book.photos.get(&id)).filter(|photo| photo.page == page);
        let photo = photo.ok_or_else(|| problem::no_object("post", &id))?;
        if photo.post.is_some() {
            return Err(problem::photos_posted());
        }
        photos.push(photo.id);
    }
    Ok(photos)
}

/// `POST /{page}/photo_stories`.
///
/// # Errors
/// If the picture is not theirs, or was shown before.
pub fn story(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    let page = call.page_to_publish(node)?.id.clone();
    let named = problem::need(call.params, "photo_id")?;
    let draft = posts::draft(call, &[], posts::AHEAD)?;
    let mut book = call.state.book();
    let photo = named.parse().ok().and_then(|id: u64| book.photos.get(&id)).filter(|photo| photo.page == page);
    let photo = photo.ok_or_else(|| problem::no_object("post", named))?;
    if photo.post.is_some() {
        return Err(problem::photos_posted());
    }
    let id = photo.id;
    let made = book.add_post(Post { kind: Kind::Story, photos: vec![id], ..draft });
    posts::went_out(call.state, &book, made);
    Ok(json!({ "success": true, "post_id": made.to_string() }))
}
