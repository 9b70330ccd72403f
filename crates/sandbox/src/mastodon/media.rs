//! Files: taken in, looked at, processed, described, thrown away.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Multipart, Path, State as Shared},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{
    State,
    compose::UNATTACHED_LIFE,
    entities::View,
    model::Media,
    params::Params,
    params_of,
    refusal::Refusal,
    settings::{Instance, SUPPORTED_TYPES},
};
use crate::{
    processing::{Processing, Stage},
    sniff::sniff,
};

/// How long a film, an animation or a sound is processed if no knob says otherwise.
const PROCESSING: Duration = Duration::from_secs(3);

#[derive(Default)]
struct Form {
    file: Option<Bytes>,
    description: Option<String>,
    focus: Option<String>,
}

async fn read_form(mut multipart: Multipart) -> Result<Form, Refusal> {
    let broken = |error: axum::extract::multipart::MultipartError| Refusal::bad_request(error.body_text());
    let mut form = Form::default();
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" | "thumbnail" => {
                if field.file_name().is_none() || field.content_type().is_none() {
                    return Err(Refusal::invalid(format!("{name} must be sent with a filename and a MIME type")));
                }
                let bytes = field.bytes().await.map_err(broken)?;
                if name == "file" {
                    form.file = Some(bytes);
                }
            }
            "description" => form.description = Some(field.text().await.map_err(broken)?),
            "focus" => form.focus = Some(field.text().await.map_err(broken)?),
            _ => return Err(Refusal::invalid(format!("{name} is not a parameter of this method"))),
        }
    }
    Ok(form)
}

/// `POST /api/v2/media`: 200 for a picture, 202 for what takes longer.
pub async fn upload(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    multipart: Multipart,
) -> Result<Response, Refusal> {
    let me = state.caller(&headers, &["write:media"])?.consent.account;
    let form = read_form(multipart).await?;
    let settings = state.settings();
    let file = form.file.filter(|file| !file.is_empty()).ok_or_else(|| Refusal::invalid("File can't be blank"))?;
    let mut media = look_at(&file, &settings.instance)?;
    describe(&mut media, form.description, form.focus.as_deref(), settings.instance.description_limit)?;
    let now = state.now();
    if state.core.knobs().processing_fails && media.kind == "image" {
        return Err(Refusal::processing_failed());
    }
    if media.kind != "image" {
        media.work = Processing::begin(&state.core, PROCESSING);
    }
    (media.account, media.at, media.blob) = (me.clone(), now, state.core.blobs.put(file));
    let mut town = state.town();
    let id = town.fresh_id(now).to_string();
    let status = if media.work.ready_at > now { StatusCode::ACCEPTED } else { StatusCode::OK };
    town.media.insert(id.clone(), media);
    let view = View { core: &state.core, town: &town, viewer: Some(&me), now };
    Ok((status, Json(view.media(&id, &town.media[&id]))).into_response())
}

/// What the bytes are, and whether the instance takes them.
fn look_at(file: &Bytes, limits: &Instance) -> Result<Media, Refusal> {
    let found = sniff(file).filter(|found| SUPPORTED_TYPES.contains(&found.content_type));
    let found = found.ok_or_else(|| Refusal::invalid("File content type is invalid, File is invalid"))?;
    let is_image = found.content_type.starts_with("image/");
    let most = if is_image { limits.image_size_limit } else { limits.video_size_limit };
    if file.len() > most {
        return Err(Refusal::invalid(format!("File file size must be less than {most} bytes, File is invalid")));
    }
    let pixels = found.size.map_or(0, |(width, height)| u64::from(width) * u64::from(height));
    if is_image && pixels > limits.image_matrix_limit {
        return Err(Refusal::invalid("File images of that many pixels are not supported"));
    }
    let kind = match found.content_type.split('/').next() {
        Some("image") if found.animated => "gifv",
        Some("image") => "image",
        Some("video") => "video",
        _ => "audio",
    };
    let zero = base::Timestamp::default();
    Ok(Media {
        account: String::new(),
        blob: String::new(),
        content_type: found.content_type.to_owned(),
        kind: kind.to_owned(),
        size: found.size,
        description: None,
        focus: (0.0, 0.0),
        at: zero,
        work: Processing::none(zero),
        attached: None,
    })
}

/// Sets alternative text and focal point.
pub fn describe(
    media: &mut Media,
    description: Option<String>,
    focus: Option<&str>,
    limit: usize,
) -> Result<(), Refusal> {
    if let Some(description) = description {
        if description.chars().count() > limit {
            return Err(Refusal::invalid(format!("Description is too long (maximum is {limit} characters)")));
        }
        media.description = (!description.is_empty()).then_some(description);
    }
    if let Some(focus) = focus.filter(|focus| !focus.is_empty()) {
        let part = |text: &str| text.trim().parse::<f64>().ok().filter(|part| (-1.0..=1.0).contains(part));
        let parts = focus.split_once(',').and_then(|(x, y)| Some((part(x)?, part(y)?)));
        media.focus = parts.ok_or_else(|| Refusal::invalid("Focus must be two numbers between -1 and 1"))?;
    }
    Ok(())
}

/// `GET /api/v1/media/:id`: 206 while it is processed.
pub async fn read(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let me = state.caller(&headers, &["write:media"])?.consent.account;
    let (town, now) = (state.town(), state.now());
    let media = town.media.get(&id).filter(|media| media.account == me && media.attached.is_none());
    let media = media.filter(|media| media.at + UNATTACHED_LIFE > now);
    let media = media.ok_or_else(Refusal::not_found)?;
    let status = match media.work.stage(now) {
        Stage::Failed => return Err(Refusal::unprocessable("Error processing thumbnail for uploaded media")),
        Stage::Working(_) => StatusCode::PARTIAL_CONTENT,
        Stage::Ready => StatusCode::OK,
    };
    let view = View { core: &state.core, town: &town, viewer: Some(&me), now };
    Ok((status, Json(view.media(&id, media))).into_response())
}

/// `PUT /api/v1/media/:id`, as a multipart form, a form or JSON.
pub async fn change(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    request: axum::extract::Request,
) -> Result<Response, Refusal> {
    let headers = request.headers().clone();
    let me = state.caller(&headers, &["write:media"])?.consent.account;
    let (description, focus) = read_change(&headers, request).await?;
    let limit = state.settings().instance.description_limit;
    let (mut town, now) = (state.town(), state.now());
    let media = town.media.get_mut(&id).filter(|media| media.account == me && media.attached.is_none());
    describe(media.ok_or_else(Refusal::not_found)?, description, focus.as_deref(), limit)?;
    let view = View { core: &state.core, town: &town, viewer: Some(&me), now };
    Ok(Json(view.media(&id, &town.media[&id])).into_response())
}

async fn read_change(
    headers: &HeaderMap,
    request: axum::extract::Request,
) -> Result<(Option<String>, Option<String>), Refusal> {
    use axum::extract::FromRequest as _;
    let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|text| text.starts_with("multipart/form-data")) {
        let multipart = Multipart::from_request(request, &()).await;
        let form = read_form(multipart.map_err(|error| Refusal::bad_request(error.body_text()))?).await?;
        return Ok((form.description, form.focus));
    }
    let body = Bytes::from_request(request, &()).await.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let params: Params = params_of(headers, &body)?;
    params.only(&["description", "focus"])?;
    Ok((params.text("description")?, params.text("focus")?))
}

/// `DELETE /api/v1/media/:id`, for a file that hangs under nothing.
pub async fn delete(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let me = state.caller(&headers, &["write:media"])?.consent.account;
    let mut town = state.town();
    let media = town.media.get(&id).filter(|media| media.account == me).ok_or_else(Refusal::not_found)?;
    if media.attached.is_some() {
        return Err(Refusal::unprocessable("Media attachment is currently used by a status"));
    }
    town.media.remove(&id);
    Ok(Json(json!({})).into_response())
}
