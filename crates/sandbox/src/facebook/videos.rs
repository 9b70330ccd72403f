//! Films: in one call, in pieces, and as reels and stories by the host for uploads.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use base::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::{
    State,
    calls::Call,
    model::{Book, File, Kind, Node, Post, Stage, Use, Video},
    photos, posts, problem, reading,
};
use crate::{
    meta::{
        error::GraphError,
        fetch::{self, FetchError},
        film::Film,
        params::Params,
        strikes, tokens,
    },
    processing::Processing,
    sniff::sniff,
};

/// Bytes of a film.
const BYTES: u64 = 10 * 1024 * 1024 * 1024;
/// Bytes of a film that comes in one call.
const AT_ONCE: usize = 1024 * 1024 * 1024;
/// Bytes of a piece.
const PIECE: u64 = 1024 * 1024;
/// Seconds of a film.
const LONGEST: f64 = 4.0 * 3600.0;
/// How far ahead a film can be scheduled: six months.
const AHEAD: Duration = Duration::from_secs(180 * 24 * 3600);
/// How far ahead a reel can be scheduled.
const REEL_AHEAD: Duration = Duration::from_secs(29 * 24 * 3600);
/// Reels that a page may publish in a day.
const REELS: u32 = 30;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long the network works on a film, unless the knob says otherwise. Not documented; people report half a minute for
/// a short one.
fn habit(use_: Use) -> Duration {
    Duration::from_secs(if use_ == Use::Story { 10 } else { 20 })
}

fn begun(book: &mut Book, page: &str, use_: Use, now: Timestamp) -> Video {
    let (id, page) = (book.fresh(710_000_000_000_000), page.to_owned());
    Video {
        id,
        page,
        use_,
        at: now,
        session: None,
        declared: None,
        pieces: Vec::new(),
        bytes: 0,
        file: None,
        thumb: None,
        captions: BTreeMap::new(),
        seconds: None,
        work: None,
        wrong: None,
        title: String::new(),
        finish: None,
        post: None,
    }
}

/// What is wrong with a film for its use, with the code of the network. What a file does not say about itself is not held
/// against it.
fn wrong(use_: Use, content_type: &str, bytes: &[u8]) -> Option<(u32, &'static str)> {
    let film = Film::of(bytes);
    let upright = film.size.is_none_or(|(wide, high)| {
        let ratio = f64::from(wide) / f64::from(high.max(1));
        (0.55..=0.58).contains(&ratio)
    });
    let (seconds, rate) = (film.seconds.unwrap_or(10.0), film.frame_rate.unwrap_or(30.0).round());
    let large = film.size.is_none_or(|(wide, high)| wide >= 540 && high >= 960);
    let codecs = [b"avc1", b"avc3", b"hvc1", b"hev1", b"vp09", b"av01"];
    let is_film = ["video/mp4", "video/quicktime", "video/x-m4v"].contains(&content_type);
    let longest = match use_ {
        Use::Video => LONGEST,
        Use::Reel => 90.0,
        // The text of the documentation says 60, its table 90.
        Use::Story => 60.0,
    };
    let short = use_ != Use::Video;
    let rules = [
        (!is_film, 1_363_026, "The video file format is not supported."),
        (film.codec.is_some_and(|codec| !codecs.contains(&&codec)), 1_363_026, "The video codec is not supported."),
        (short && !upright, 1_363_040, "The aspect ratio is not supported. The video must be 9:16."),
        (short && !large, 1_363_127, "The resolution is too low. The video must have at least 540 x 960 pixels."),
        (seconds > longest || (short && seconds < 3.0), 1_363_128, "The duration of the video is not supported."),
        (short && !(24.0..=60.0).contains(&rate), 1_363_129, "The frame rate must be 24 to 60 frames per second."),
    ];
    rules.into_iter().find_map(|(is_broken, code, text)| is_broken.then_some((code, text)))
}

/// Everything came: the network looks at it.
fn complete(state: &State, video: &mut Video, bytes: Bytes) {
    let content_type = sniff(&bytes).map_or("application/octet-stream", |found| found.content_type);
    let film = Film::of(&bytes);
    video.wrong = wrong(video.use_, content_type, &bytes).map(|(code, text)| (code, text.to_owned()));
    (video.seconds, video.bytes) = (film.seconds, bytes.len() as u64);
    video.file =
        Some(File { blob: state.core.blobs.put(bytes), content_type: content_type.to_owned(), size: film.size });
    video.work = Some(Processing::begin(&state.core, habit(video.use_)));
    video.pieces.clear();
}

fn whole(state: &State, video: &Video) -> Bytes {
    video.pieces.iter().filter_map(|piece| state.core.blobs.get(piece)).flatten().collect::<Vec<u8>>().into()
}

/// `POST /{page}/videos`.
///
/// # Errors
/// The first rule that it breaks.
pub async fn create(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    let page = call.page(node)?.id.clone();
    if !call.may_publish() {
        return Err(problem::missing_video_task());
    }
    match call.params.get("upload_phase") {
        Some("start") => start(call, &page),
        Some("transfer") => transfer(call, &page),
        Some("cancel") => {
            let mut book = call.state.book();
            let id = in_session(&book, &page, call.params)?;
            book.videos.remove(&id);
            Ok(json!({ "success": true }))
        }
        Some("finish") => {
            let post = video_post(call)?;
            let mut book = call.state.book();
            let id = in_session(&book, &page, call.params)?;
            if let Some(video) = book.videos.get_mut(&id) {
                if video.declared != Some(video.bytes) {
                    return Err(problem::upload());
                }
                if video.finish.is_none() {
                    let bytes = whole(call.state, video);
                    complete(call.state, video, bytes);
                    finish(call, video, post);
                }
            }
            Ok(json!({ "success": true }))
        }
        Some(_) => Err(problem::one_of("upload_phase", &["start", "transfer", "finish", "cancel"])),
        None => at_once(call, &page).await,
    }
}

fn video_post(call: &Call<'_>) -> Result<Post, GraphError> {
    Ok(Post { kind: Kind::Video, ..posts::draft(call, &["description"], AHEAD)? })
}

fn finish(call: &Call<'_>, video: &mut Video, post: Post) {
    let upright = video.file.as_ref().and_then(|file| file.size).is_some_and(|(wide, high)| high > wide);
    let short = video.seconds.is_some_and(|seconds| seconds <= 90.0);
    let stays_draft = call.state.settings().upright_videos_stay_drafts && upright && short && post.stage == Stage::Live;
    video.title = call.params.get("title").unwrap_or_default().to_owned();
    video.finish = Some(Post { stage: if stays_draft { Stage::Draft } else { post.stage }, ..post });
}

async fn at_once(call: &Call<'_>, page: &str) -> Result<Value, GraphError> {
    let (params, state) = (call.params, call.state);
    let post = video_post(call)?;
    let bytes = match (params.get("file_url"), params.file("source")) {
        (_, Some(bytes)) => bytes.clone(),
        (Some(url), None) => {
            fetch::fetch(&state.http, url, AT_ONCE).await.map_err(|_| problem::unfetched_video())?.bytes
        }
        (None, None) => return Err(GraphError::new(problem::KIND, 390, "(#390) A video file or file_url is required")),
    };
    if bytes.is_empty() {
        return Err(GraphError::new(problem::KIND, 382, "(#382) The video file you selected is too small."));
    }
    let mut book = state.book();
    let mut video = begun(&mut book, page, Use::Video, state.now());
    complete(state, &mut video, bytes);
    finish(call, &mut video, post);
    let id = video.id;
    book.videos.insert(id, video);
    drop(book);
    reading::with_fields(call, &id.to_string(), json!({ "id": id.to_string() }))
}

fn start(call: &Call<'_>, page: &str) -> Result<Value, GraphError> {
    let size = problem::need(call.params, "file_size")?.parse::<u64>().ok().filter(|size| (1..=BYTES).contains(size));
    let size = size.ok_or_else(|| problem::param("file_size", "must be the size of the file in bytes"))?;
    let mut book = call.state.book();
    let video = begun(&mut book, page, Use::Video, call.state.now());
    let (id, session) = (video.id, book.fresh(880_000_000_000_000));
    book.videos.insert(id, Video { session: Some(session), declared: Some(size), ..video });
    Ok(json!({
        "upload_session_id": session.to_string(), "video_id": id.to_string(),
        "start_offset": "0", "end_offset": PIECE.min(size).to_string(),
    }))
}

fn in_session(book: &Book, page: &str, params: &Params) -> Result<u64, GraphError> {
    let named = problem::need(params, "upload_session_id")?;
    let is_it = |video: &&Video| video.page == page && video.session.is_some_and(|id| id.to_string() == named);
    let found = book.videos.values().find(is_it).map(|video| video.id);
    found.ok_or_else(|| problem::param("upload_session_id", "is not a valid upload session"))
}

fn transfer(call: &Call<'_>, page: &str) -> Result<Value, GraphError> {
    let (params, state) = (call.params, call.state);
    let mut book = state.book();
    let id = in_session(&book, page, params)?;
    let offset: Option<u64> = problem::need(params, "start_offset")?.parse().ok();
    let Some(video) = book.videos.get_mut(&id) else { return Err(problem::no_object("post", page)) };
    let size = video.declared.unwrap_or_default();
    let next = |from: u64| (from, (from + PIECE).min(size));
    let bytes = params.file("video_file_chunk").ok_or_else(|| problem::param("video_file_chunk", "is required"))?;
    let end = video.bytes + bytes.len() as u64;
    if offset != Some(video.bytes) || end > size || video.is_whole() {
        let (start, end) = next(video.bytes);
        return Err(problem::offsets(start, end));
    }
    video.pieces.push(state.core.blobs.put(bytes.clone()));
    video.bytes = end;
    let (start, end) = next(end);
    Ok(json!({ "start_offset": start.to_string(), "end_offset": end.to_string() }))
}

/// `POST /{page}/video_reels` and `/{page}/video_stories`.
///
/// # Errors
/// The first rule that it breaks.
pub fn in_phases(call: &Call<'_>, node: &str, use_: Use) -> Result<Value, GraphError> {
    let page = call.page(node)?.id.clone();
    if !call.may_publish() {
        return Err(problem::missing_video_task());
    }
    let (params, state) = (call.params, call.state);
    match params.get("upload_phase") {
        Some("start") => {
            let mut book = state.book();
            let video = begun(&mut book, &page, use_, state.now());
            let id = video.id;
            book.videos.insert(id, video);
            let address = state.core.url(&format!("/video-upload/{}/{id}", call.version));
            Ok(json!({ "video_id": id.to_string(), "upload_url": address }))
        }
        Some("finish") => finish_short(call, &page, use_),
        _ => Err(problem::one_of("upload_phase", &["start", "finish"])),
    }
}

fn finish_short(call: &Call<'_>, page: &str, use_: Use) -> Result<Value, GraphError> {
    let (params, state, now) = (call.params, call.state, call.state.now());
    let named = problem::need(params, "video_id")?;
    let kind = if use_ == Use::Reel { Kind::Reel } else { Kind::Story };
    let stage = match params.get("video_state") {
        _ if use_ == Use::Story => Stage::Live,
        Some("PUBLISHED") => Stage::Live,
        Some("DRAFT") => Stage::Draft,
        Some("SCHEDULED") => posts::scheduled(problem::need(params, "scheduled_publish_time")?, now, REEL_AHEAD)?,
        _ => return Err(problem::one_of("video_state", &["PUBLISHED", "SCHEDULED", "DRAFT"])),
    };
    let post = Post {
        kind,
        page: page.to_owned(),
        author: page.to_owned(),
        at: now,
        updated_at: now,
        message: posts::text(params, &["description"])?,
        stage,
        is_ai_generated: params.is("is_ai_generated"),
        digest: call.digest.to_string(),
        ..Post::default()
    };
    let mut book = state.book();
    let id = named
        .parse::<u64>()
        .ok()
        .filter(|id| book.videos.get(id).is_some_and(|video| video.page == page && video.use_ == use_));
    let id = id.ok_or_else(|| problem::no_object("post", named))?;
    let (is_whole, is_finished) =
        book.videos.get(&id).map_or((false, false), |video| (video.is_whole(), video.finish.is_some()));
    if !is_whole {
        return Err(problem::upload_missing());
    }
    // A film goes out once, however often it is finished.
    if !is_finished {
        let most = state.core.knobs().rate_limit("reels", REELS);
        if use_ == Use::Reel && !book.quotas.spend(page, "reels", most, DAY, now) {
            return Err(problem::quota());
        }
        if let Some(video) = book.videos.get_mut(&id) {
            video.title = params.get("title").unwrap_or_default().to_owned();
            video.finish = Some(post);
        }
        posts::settle(state, &mut book);
    }
    let mut answer = json!({ "success": true });
    // The number of a story's post is told before the story is out.
    if use_ == Use::Story {
        answer["post_id"] = json!(promised(&mut book, id).to_string());
    }
    Ok(answer)
}

/// The number that the post of a story will have.
fn promised(book: &mut Book, video: u64) -> u64 {
    if let Some(post) = book.videos.get(&video).and_then(|video| video.post) {
        return post;
    }
    let planned = book.videos.get(&video).and_then(|video| video.finish.as_ref()).map_or(0, |post| post.id);
    if planned > 0 {
        return planned;
    }
    let id = book.fresh_post();
    if let Some(post) = book.videos.get_mut(&video).and_then(|video| video.finish.as_mut()) {
        post.id = id;
    }
    id
}

/// `POST /{video}/thumbnails` and `/{video}/captions`. The language of subtitles stands in the name of their file:
/// `name.en_US.srt`.
///
/// # Errors
/// If it is not their film, or the file is of another kind.
pub fn furnish(call: &Call<'_>, name: &str, edge: &str) -> Result<Value, GraphError> {
    let mut book = call.state.book();
    let Node::Video(id) = call.own(&book, "post", name)? else { return Err(problem::no_object("post", name)) };
    if !call.may_publish() {
        return Err(problem::missing_video_task());
    }
    let Some(video) = book.videos.get_mut(&id) else { return Err(problem::no_object("post", name)) };
    if edge == "thumbnails" {
        let bytes = call.params.file("source").ok_or_else(|| problem::param("source", "is required"))?;
        let found =
            sniff(bytes).filter(|found| found.content_type.starts_with("image/") && bytes.len() <= photos::BYTES);
        let found = found.ok_or_else(problem::bad_photo)?;
        let blob = call.state.core.blobs.put(bytes.clone());
        video.thumb = Some(File { blob, content_type: found.content_type.to_owned(), size: found.size });
        return Ok(json!({ "success": true }));
    }
    let text = call.params.file("captions_file").and_then(|bytes| std::str::from_utf8(bytes).ok());
    let named = call.params.file_name("captions_file").and_then(|name| name.strip_suffix(".srt")?.rsplit_once('.'));
    let (text, (_, language)) = text
        .filter(|text| text.contains("-->"))
        .zip(named.filter(|(_, language)| language.len() == 5 && language.as_bytes()[2] == b'_'))
        .ok_or_else(|| problem::param("captions_file", "must be a file like name.en_US.srt"))?;
    video.captions.insert(language.to_owned(), text.to_owned());
    Ok(json!({ "success": true }))
}

/// A refusal of the host for uploads. Whether it can be tried again is not always said (trypost 32).
fn refused(kind: &str, retriable: Option<bool>, message: &str) -> Response {
    let mut info = json!({ "type": kind, "message": message });
    if let Some(retriable) = retriable {
        info["retriable"] = json!(retriable);
    }
    (StatusCode::BAD_REQUEST, Json(json!({ "debug_info": info }))).into_response()
}

/// `POST` to the address of an upload: the bytes from an offset on, or an address to fetch them from in a header. The token
/// stands in the header in a way of its own.
pub async fn receive(state: &Arc<State>, id: &str, headers: &HeaderMap, body: Bytes) -> Response {
    let told = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let number = |name: &str| told(name).and_then(|text| text.parse::<u64>().ok());
    let text = told(header::AUTHORIZATION.as_str()).and_then(|text| text.strip_prefix("OAuth "));
    let id = {
        let book = state.book();
        let page = tokens::find(&book.grants, text, state.now()).ok().and_then(|token| token.target);
        let video = id.parse().ok().and_then(|id: u64| book.videos.get(&id));
        match video.filter(|video| Some(&video.page) == page.as_ref() && video.use_ != Use::Video) {
            Some(video) if video.is_whole() => {
                return refused("ProcessingFailedError", Some(false), "The upload is complete already");
            }
            Some(video) => video.id,
            None => return refused("NotAuthorizedError", Some(false), "Authentication failed"),
        }
    };
    let settings = state.settings();
    let no_offset = "HeaderValuePredicate: Header Offset not convertable to unsigned long";
    if let Some(address) = told("file_url") {
        if settings.upload_wants_offset && number("offset").is_none() {
            return refused("ParameterValidationError", None, no_offset);
        }
        let fetched = fetch::fetch(&state.http, address, AT_ONCE).await;
        return match fetched {
            Ok(fetched) => taken(state, id, fetched.bytes),
            // A film that is none shows in the status.
            Err(FetchError::NotMedia) => taken(state, id, Bytes::from_static(b"no film")),
            Err(_) => refused("ProcessingFailedError", Some(true), "The file could not be fetched from the given URL"),
        };
    }
    let (Some(offset), Some(size)) = (number("offset"), number("file_size")) else {
        return refused("ParameterValidationError", None, no_offset);
    };
    let mut book = state.book();
    let Some(video) = book.videos.get_mut(&id) else {
        return refused("NotAuthorizedError", Some(false), "Authentication failed");
    };
    if offset != video.bytes {
        return refused("OffsetInvalidError", Some(true), "The offset does not continue the upload");
    }
    let half = strikes(settings.cut_upload_one_in, &*state.core.random);
    let body = if half { body.slice(..body.len() / 2) } else { body };
    if offset + body.len() as u64 > size {
        return refused("ProcessingFailedError", Some(false), "More bytes than the file has");
    }
    video.declared = Some(size);
    video.bytes += body.len() as u64;
    video.pieces.push(state.core.blobs.put(body));
    if video.bytes < size {
        return refused("PartialRequestError", Some(true), "Partial request (did not match length of file)");
    }
    let bytes = whole(state, video);
    complete(state, video, bytes);
    Json(json!({ "success": true })).into_response()
}

fn taken(state: &State, id: u64, bytes: Bytes) -> Response {
    let mut book = state.book();
    if let Some(video) = book.videos.get_mut(&id) {
        complete(state, video, bytes);
    }
    Json(json!({ "success": true })).into_response()
}
