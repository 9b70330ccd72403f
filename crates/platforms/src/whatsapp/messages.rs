//! Messages: judged, their file uploaded, composed, and sent once.
//!
//! There is no key for repeats and nothing by which a message is found again. What decides after a lost answer is the state that
//! a webhook reports with `biz_opaque_callback_data`, where our own name for the message stands.

use std::time::Duration;

use async_trait::async_trait;
use base::{Text, say};
use connector::{
    Call, Deleted, Failure, FailureKind as K, Media, MediaKind, Messaging,
    http::FilePart,
    messaging::{Accepted, ButtonDoes, Content, Filled, Message, NewTemplate, Person, Purpose, Template, Variable},
};
use http::Method;
use serde_json::{Value, json};

use super::{
    WhatsApp,
    connect::Facts,
    errors::Asked,
    own, peer, templates,
    wire::{Taken, Uploaded},
};

/// Longest text, in code points. Source: Cloud API, text messages.
const TEXT_MAX: usize = 4_096;
/// Longest caption. Source: Cloud API, image messages.
const CAPTION_MAX: usize = 1_024;
/// Longest name of our own. Source: the API's description, `biz_opaque_callback_data`.
const REFERENCE_MAX: usize = 512;
/// Largest files. Source: Cloud API, media, supported types.
const IMAGE_MAX: u64 = 5 * 1_024 * 1_024;
const VIDEO_MAX: u64 = 16 * 1_024 * 1_024;

/// The longest that a message may take, and a file.
const QUICK: Duration = Duration::from_secs(30);
const SLOW: Duration = Duration::from_secs(120);

#[async_trait]
impl Messaging for WhatsApp {
    fn purpose(&self, facts: &Value) -> Purpose {
        Facts::of(facts).purpose
    }

    async fn templates(&self, call: &Call<'_>) -> Result<Vec<Template>, Failure> {
        templates::list(call).await
    }

    async fn make_template(&self, call: &Call<'_>, new: &NewTemplate) -> Result<Template, Failure> {
        templates::make(call, new).await
    }

    async fn delete_template(&self, call: &Call<'_>, name: &str, language: Option<&str>) -> Result<Deleted, Failure> {
        templates::delete(call, name, language).await
    }

    async fn prepare_message(
        &self,
        call: &Call<'_>,
        message: &Message,
        file: Option<&Media>,
    ) -> Result<Value, Failure> {
        let kind = file.map(kind_of).transpose()?;
        let body = compose(message, kind, Facts::of(call.facts).purpose)?;
        let Some((kind, file)) = kind.zip(file) else { return Ok(body) };
        let id = upload(call, file).await?;
        Ok(with_file(body, kind, &id))
    }

    async fn send_message(&self, call: &Call<'_>, request: &Value) -> Result<Accepted, Failure> {
        let peer = peer(call)?;
        let request =
            peer.request("send the message", Method::POST, &own(call, "messages")).json(request).timeout(QUICK);
        let taken: Taken = peer.read(Asked::Send, request, say!("the message's ID")).await?;
        let contact = taken.contacts.into_iter().next().unwrap_or_default();
        let person = Person { number: contact.wa_id, user_id: contact.user_id };
        let id = taken.messages.into_iter().next().map(|message| message.id);
        // An answer without an id is one of success all the same: the webhook tells the id with our own name for it.
        Ok(Accepted { id: id.unwrap_or_default(), person })
    }
}

/// Uploads a file. One that no message uses is forgotten there after thirty days, so that another upload does no harm.
async fn upload(call: &Call<'_>, file: &Media) -> Result<String, Failure> {
    let peer = peer(call)?;
    let part = FilePart {
        field: "file".to_owned(),
        file_name: format!("file.{}", file.mime.rsplit('/').next().unwrap_or_default()),
        media: file.clone(),
        offset: 0,
        length: file.size_bytes,
    };
    let fields = [("messaging_product", "whatsapp"), ("type", file.mime.as_str())];
    let request = peer.request("upload the file", Method::POST, &own(call, "media")).multipart(&fields, [part]);
    let uploaded: Uploaded = peer.read(Asked::Upload, request.timeout(SLOW), say!("the file's ID")).await?;
    Ok(uploaded.id)
}

/// What kind of message a file makes.
fn kind_of(file: &Media) -> Result<&'static str, Failure> {
    let (kind, most) = match (file.kind, file.mime.as_str()) {
        (MediaKind::Image, "image/jpeg" | "image/png") => ("image", IMAGE_MAX),
        (MediaKind::Video, "video/mp4" | "video/3gpp") => ("video", VIDEO_MAX),
        _ => {
            let detail = say!("WhatsApp takes JPEG and PNG images, and MP4 and 3GP videos. Convert the file.");
            return Err(Failure::rejected(K::MediaRefused, detail));
        }
    };
    if file.size_bytes <= most {
        return Ok(kind);
    }
    let detail = say!(
        "The file has {size}; WhatsApp takes {most}. Use a smaller one.",
        size = base::words::Size(file.size_bytes),
        most = base::words::Size(most)
    );
    Err(Failure::rejected(K::MediaRefused, detail))
}

/// The request without its file.
pub(super) fn compose(message: &Message, file: Option<&str>, purpose: Purpose) -> Result<Value, Failure> {
    let mut body = json!({ "messaging_product": "whatsapp", "recipient_type": "individual" });
    match (&message.to.number, &message.to.user_id) {
        // With a plus: without it, Meta may put the sender's country before the number.
        (Some(number), _) if is_number(number) => body["to"] = json!(format!("+{number}")),
        // In `to` an ID is taken, and the message is dropped without a word (chatwoot 15150).
        (None, Some(id)) if !id.is_empty() => body["recipient"] = json!(id),
        _ => {
            return Err(refused(say!(
                "The recipient isn't a phone number with its country's code, like +44 7700 900123."
            )));
        }
    }
    let length = message.reference.chars().count();
    if length == 0 || length > REFERENCE_MAX {
        return Err(refused(say!("The message's reference must have 1 to {most} characters.", most = REFERENCE_MAX)));
    }
    body["biz_opaque_callback_data"] = json!(message.reference);
    let free = !matches!(message.content, Content::Template(_));
    if free && purpose == Purpose::Notices {
        return Err(refused(say!(
            "This number is for notices, so it sends templates only. Reconnect the channel for conversations to send other messages."
        )));
    }
    match (&message.content, file) {
        (Content::Template(filled), file) => {
            body["type"] = json!("template");
            body["template"] = template(filled, file.is_some())?;
        }
        (Content::Text(text), None) => {
            within(text, 1, TEXT_MAX)?;
            body["type"] = json!("text");
            body["text"] = json!({ "body": text, "preview_url": true });
        }
        (Content::File(caption), Some(kind)) => {
            within(caption, 0, CAPTION_MAX)?;
            body["type"] = json!(kind);
            body[kind] = if caption.is_empty() { json!({}) } else { json!({ "caption": caption }) };
        }
        (Content::Text(_), Some(_)) => return Err(refused(say!("A text has no file. Send a file with a caption."))),
        (Content::File(_), None) => return Err(refused(say!("The file is missing."))),
    }
    Ok(body)
}

/// The request with the file that was uploaded for it.
pub(super) fn with_file(mut body: Value, kind: &str, id: &str) -> Value {
    match body.pointer_mut("/template/components").and_then(Value::as_array_mut) {
        Some(parts) => {
            let parameter = json!({ "type": kind, kind: { "id": id } });
            parts.insert(0, json!({ "type": "header", "parameters": [parameter] }));
        }
        None => body[kind]["id"] = json!(id),
    }
    body
}

fn template(filled: &Filled, has_file: bool) -> Result<Value, Failure> {
    if has_file && !filled.header.is_empty() {
        return Err(refused(say!("The template's header takes a file or a text, not both.")));
    }
    let mut parts = Vec::new();
    for (kind, values) in [("header", &filled.header), ("body", &filled.body)] {
        if !values.is_empty() {
            let values = values.iter().map(parameter).collect::<Result<Vec<_>, _>>()?;
            parts.push(json!({ "type": kind, "parameters": values }));
        }
    }
    for button in &filled.buttons {
        let (does, value) = match button.does {
            ButtonDoes::Open => ("url", json!({ "type": "text", "text": one_line(&button.value)? })),
            ButtonDoes::Answer => ("quick_reply", json!({ "type": "payload", "payload": one_line(&button.value)? })),
        };
        let index = button.place.to_string();
        parts.push(json!({ "type": "button", "sub_type": does, "index": index, "parameters": [value] }));
    }
    Ok(json!({ "name": filled.name, "language": { "code": filled.language }, "components": parts }))
}

fn parameter(value: &Variable) -> Result<Value, Failure> {
    let mut parameter = json!({ "type": "text", "text": one_line(&value.value)? });
    if let Some(name) = &value.name {
        parameter["parameter_name"] = json!(name);
    }
    Ok(parameter)
}

/// A value with a line break, a tab, more than four spaces in a row, or nothing in it is refused as invalid (netflie 201,
/// open-chat-studio 4277, frappe_whatsapp 169).
fn one_line(value: &str) -> Result<&str, Failure> {
    let is_broken = value.trim().is_empty() || value.contains(['\n', '\r', '\t']) || value.contains("     ");
    if !is_broken {
        return Ok(value);
    }
    Err(refused(say!(
        "A value of a template can't be empty, or have line breaks, tabs or more than four spaces in a row."
    )))
}

fn within(text: &str, least: usize, most: usize) -> Result<(), Failure> {
    let length = text.chars().count();
    match length {
        _ if length < least || (least > 0 && text.trim().is_empty()) => Err(refused(say!("The message says nothing."))),
        _ if length > most => {
            Err(refused(say!("The text has {length} characters; WhatsApp takes {most}. Shorten it.")))
        }
        _ => Ok(()),
    }
}

/// Digits with the country's code. Source: E.164.
fn is_number(number: &str) -> bool {
    (7..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0')
}

fn refused(detail: Text) -> Failure {
    Failure::rejected(K::ContentRefused, detail)
}
