//! What a call wants to say: texts with their entities, files by upload, address or id, polls.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    calls::Call,
    model::{Content, File, Form, Poll},
    refusal::Refusal,
};
use crate::{meta::fetch, sniff::sniff};

const TEXT_MAX: usize = 4096;
const CAPTION_MAX: usize = 1024;
/// The largest photo, in bytes.
const PHOTO_MAX: usize = 10 << 20;
/// The largest files that the server fetches, in bytes.
const FETCHED_PHOTO_MAX: usize = 5 << 20;
const FETCHED_MAX: usize = 20 << 20;

/// The messages of a `send…` call.
pub async fn read(call: &Call<'_>) -> Result<Vec<Content>, Refusal> {
    if let Some(mode) = call.params.get("parse_mode") {
        return Err(Refusal::bad(&format!("can't parse entities: the sandbox reads no {mode}; send entities")));
    }
    match call.method.as_str() {
        "sendmessage" => Ok(vec![text(call)?]),
        "sendpoll" => Ok(vec![poll(call)?]),
        "sendmediagroup" => album(call).await,
        method => {
            let form = form(&method["send".len()..])?;
            let given = call.params.file(form.as_str()).cloned();
            let file = match given {
                Some(bytes) => look_at(call, form, bytes)?,
                None => named(call, form, call.params.get(form.as_str()).unwrap_or_default()).await?,
            };
            let fields = json!({
                "caption": call.params.get("caption").unwrap_or_default(), "caption_entities": list(call, "caption_entities")?,
                "has_spoiler": call.params.is("has_spoiler"),
                "show_caption_above_media": call.params.is("show_caption_above_media"),
                "duration": number(call, "duration"), "width": number(call, "width"), "height": number(call, "height"),
            });
            Ok(vec![captioned(&fields, file)?])
        }
    }
}

/// The text of `sendMessage` and `editMessageText`.
pub fn text(call: &Call<'_>) -> Result<Content, Refusal> {
    let text = call.params.get("text").unwrap_or_default().trim().to_owned();
    if text.is_empty() {
        return Err(Refusal::bad("message text is empty"));
    }
    if text.chars().count() > TEXT_MAX {
        return Err(Refusal::bad("message is too long"));
    }
    let preview = object(call, "link_preview_options")?;
    Ok(Content { entities: entities(&text, &list(call, "entities")?)?, text, preview, ..Content::default() })
}

/// A file with the words that belong to it, from an `InputMedia` or what is like one.
pub fn captioned(fields: &Value, file: File) -> Result<Content, Refusal> {
    let text = fields["caption"].as_str().unwrap_or_default().trim().to_owned();
    if text.chars().count() > CAPTION_MAX {
        return Err(Refusal::bad("message caption is too long"));
    }
    let said =
        |name: &str, known: u32| fields[name].as_u64().and_then(|said| u32::try_from(said).ok()).unwrap_or(known);
    let file = File {
        width: said("width", file.width),
        height: said("height", file.height),
        seconds: fields["duration"].as_u64().unwrap_or(file.seconds),
        ..file
    };
    Ok(Content {
        entities: entities(&text, &fields["caption_entities"])?,
        text,
        file: Some(file),
        is_spoiler: fields["has_spoiler"] == true,
        is_above: fields["show_caption_above_media"] == true,
        ..Content::default()
    })
}

/// The file of an `InputMedia`.
pub async fn input(call: &Call<'_>, item: &Value) -> Result<File, Refusal> {
    let form = form(item["type"].as_str().unwrap_or_default())?;
    named(call, form, item["media"].as_str().unwrap_or_default()).await
}

async fn album(call: &Call<'_>) -> Result<Vec<Content>, Refusal> {
    let items = list(call, "media")?;
    let items = items.as_array().cloned().unwrap_or_default();
    if items.is_empty() {
        return Err(Refusal::bad("there are no messages to send"));
    }
    if items.len() > 10 {
        return Err(Refusal::bad("too many messages to send as an album"));
    }
    let mut contents = Vec::new();
    for item in &items {
        contents.push(captioned(item, input(call, item).await?)?);
    }
    let forms: Vec<Form> = contents.iter().filter_map(|one| Some(one.file.as_ref()?.form)).collect();
    if forms.contains(&Form::Animation) {
        return Err(Refusal::bad("wrong media type in an album"));
    }
    if forms.contains(&Form::Document) && forms.iter().any(|form| *form != Form::Document) {
        return Err(Refusal::bad("document can't be mixed with other media types"));
    }
    if contents.iter().any(|one| one.is_above != contents[0].is_above) {
        return Err(Refusal::bad("parameter show_caption_above_media must be the same for all messages in an album"));
    }
    Ok(contents)
}

fn poll(call: &Call<'_>) -> Result<Content, Refusal> {
    let length = |text: &str| text.trim().chars().count();
    let question = call.params.get("question").unwrap_or_default().trim().to_owned();
    if question.is_empty() {
        return Err(Refusal::bad("poll question must be non-empty"));
    }
    if length(&question) > 300 {
        return Err(Refusal::bad("poll question length must not exceed 300"));
    }
    let given = list(call, "options")?;
    let given = given.as_array().cloned().unwrap_or_default();
    let text =
        |option: &Value| option["text"].as_str().or_else(|| option.as_str()).unwrap_or_default().trim().to_owned();
    let options: Vec<String> = given.iter().map(text).collect();
    if options.is_empty() {
        return Err(Refusal::bad("poll must have at least 1 option"));
    }
    if options.len() > 12 {
        return Err(Refusal::bad("poll can't have more than 12 options"));
    }
    if options.iter().any(String::is_empty) {
        return Err(Refusal::bad("poll options must be non-empty"));
    }
    if options.iter().any(|option| length(option) > 100) {
        return Err(Refusal::bad("poll options length must not exceed 100"));
    }
    let open_seconds = number(call, "open_period");
    if open_seconds.is_some_and(|seconds| !(5..=2_628_000).contains(&seconds)) {
        return Err(Refusal::bad("POLL_OPEN_PERIOD_INVALID"));
    }
    let poll = Poll { options, multiple: call.params.is("allows_multiple_answers"), open_seconds };
    Ok(Content { text: question, poll: Some(poll), ..Content::default() })
}

/// A file that is not in the field itself: `attach://name`, an address, or the id of one that is here.
async fn named(call: &Call<'_>, form: Form, name: &str) -> Result<File, Refusal> {
    if let Some(field) = name.strip_prefix("attach://") {
        let bytes = call.params.file(field).cloned();
        return look_at(call, form, bytes.ok_or_else(|| Refusal::bad("can't find a file in the request"))?);
    }
    if name.starts_with("http://") || name.starts_with("https://") {
        let most = if form == Form::Photo { FETCHED_PHOTO_MAX } else { FETCHED_MAX };
        let fetched = fetch::fetch(&call.state.http, name, most).await.map_err(|error| match error {
            fetch::FetchError::Unreachable => Refusal::bad("failed to get HTTP URL content"),
            fetch::FetchError::NotMedia => Refusal::bad("wrong type of the web page content"),
            fetch::FetchError::TooLarge => Refusal::bad("file is too big"),
        })?;
        return look_at(call, form, fetched.bytes);
    }
    if name.is_empty() {
        return Err(Refusal::bad(&format!("there is no {} in the request", form.as_str())));
    }
    let bytes = call.state.core.blobs.get(name);
    look_at(call, form, bytes.ok_or_else(|| Refusal::bad("wrong file identifier/HTTP URL specified"))?)
}

/// What the bytes are, and whether they can be sent so.
fn look_at(call: &Call<'_>, form: Form, bytes: Bytes) -> Result<File, Refusal> {
    let found = sniff(&bytes);
    let kind = found.map(|found| found.content_type);
    let (width, height) = found.and_then(|found| found.size).unwrap_or_default();
    match form {
        Form::Photo if bytes.len() > PHOTO_MAX => return Err(Refusal::bad("file is too big")),
        Form::Photo if !matches!(kind, Some("image/jpeg" | "image/png" | "image/webp")) => {
            return Err(Refusal::bad("IMAGE_PROCESS_FAILED"));
        }
        Form::Photo if width + height > 10_000 || width.max(height) > width.min(height).saturating_mul(20) => {
            return Err(Refusal::bad("PHOTO_INVALID_DIMENSIONS"));
        }
        // The network would send it as a document. Here that shows.
        Form::Video if !matches!(kind, Some("video/mp4" | "video/quicktime")) => {
            return Err(Refusal::bad("VIDEO_CONTENT_TYPE_INVALID"));
        }
        Form::Animation if !matches!(kind, Some("image/gif" | "video/mp4")) => {
            return Err(Refusal::bad("wrong file type"));
        }
        _ => {}
    }
    let seconds = found.and_then(|found| found.seconds).unwrap_or_default();
    Ok(File {
        form,
        content_type: kind.unwrap_or("application/octet-stream").to_owned(),
        width,
        height,
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a film is shorter")]
        seconds: seconds as u64,
        size: bytes.len() as u64,
        blob: call.state.core.blobs.put(bytes),
    })
}

/// Entities as sent, and those that the server finds: addresses, names, tags.
fn entities(text: &str, given: &Value) -> Result<Vec<Value>, Refusal> {
    let length = text.encode_utf16().count() as u64;
    let mut all = given.as_array().cloned().unwrap_or_default();
    for entity in &all {
        let (offset, long) = (entity["offset"].as_u64(), entity["length"].as_u64());
        let is_inside = offset.zip(long).is_some_and(|(offset, long)| long > 0 && offset + long <= length);
        // The server cuts such an entity silently. The words are the sandbox's, so that a slip shows.
        if !is_inside || entity["type"].as_str().is_none() {
            return Err(Refusal::bad(&format!("can't parse entities: {entity} is not inside of the text")));
        }
    }
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let trimmed = word.trim_end().trim_end_matches(['.', ',', '!', '?', ')']);
        let kind = match trimmed {
            _ if trimmed.starts_with("http://") || trimmed.starts_with("https://") => "url",
            _ if trimmed.len() > 4 && trimmed.starts_with('@') => "mention",
            _ if trimmed.len() > 1 && trimmed.starts_with('#') => "hashtag",
            _ => "",
        };
        if !kind.is_empty() {
            all.push(json!({ "type": kind, "offset": at, "length": trimmed.encode_utf16().count() }));
        }
        at += word.encode_utf16().count();
    }
    all.sort_by_key(|entity| entity["offset"].as_u64());
    Ok(all)
}

fn form(word: &str) -> Result<Form, Refusal> {
    let all = [Form::Photo, Form::Video, Form::Animation, Form::Document];
    all.into_iter().find(|form| form.as_str() == word).ok_or_else(|| Refusal::bad("wrong media type"))
}

/// A list that is written as JSON.
pub fn list(call: &Call<'_>, name: &str) -> Result<Value, Refusal> {
    Ok(object(call, name)?.unwrap_or_else(|| json!([])))
}

/// An object that is written as JSON.
pub fn object(call: &Call<'_>, name: &str) -> Result<Option<Value>, Refusal> {
    let read = |text| serde_json::from_str(text).map_err(|_| Refusal::bad(&format!("can't parse {name} JSON object")));
    call.params.get(name).map(read).transpose()
}

fn number(call: &Call<'_>, name: &str) -> Option<u64> {
    call.params.get(name)?.parse().ok()
}
