//! What a part becomes: a method, its fields, and the files that go with it. Only what a part needs is sent (P-057).

use connector::{Failure, FailureKind, Media, MediaKind, Part, http::FilePart};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use base::say;

use super::{
    options::{Options, Preview},
    text,
};

/// A part that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// The method of the Bot API.
    pub method: String,
    /// Its parameters, but for files.
    pub fields: Map<String, Value>,
    /// Under which names the part's files are sent, in order.
    pub attached: Vec<String>,
    /// What is kept of it.
    pub kept: Kept,
}

/// What changing and deleting a message need of it; kept in `Remote::extra`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The chat in which it is: the messages of a group stay there when it becomes a supergroup.
    pub chat: i64,
    /// The messages of an album.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<i64>,
    /// Its files, by digest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Its poll, which can't be changed.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub poll: Value,
}

impl Kept {
    /// What is kept of a part in this chat.
    pub fn of(part: &Part, chat: i64) -> Self {
        let files = part.media.iter().map(|file| file.sha256.clone()).collect();
        let poll = part.poll.as_ref().map(|poll| json!({ "question": text::sent(part), "poll": poll }));
        Self { chat, messages: Vec::new(), files, poll: poll.unwrap_or_default() }
    }
}

/// The message of a part, in answer to another.
pub fn message(part: &Part, options: &Options, position: usize, chat: i64, replies_to: Option<i64>) -> Frozen {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    put("chat_id", json!(chat));
    if options.disable_notification {
        put("disable_notification", json!(true));
    }
    if options.protect_content {
        put("protect_content", json!(true));
    }
    if let Some(parent) = replies_to {
        put("reply_parameters", json!({ "message_id": parent }));
    }
    let (method, attached) = match (part.media.as_slice(), &part.poll) {
        (_, Some(poll)) => {
            put("question", json!(text::sent(part)));
            put("options", poll.options.iter().map(|option| json!({ "text": option.trim() })).collect());
            if poll.multiple {
                put("allows_multiple_answers", json!(true));
            }
            put("open_period", json!(u64::from(poll.duration_minutes) * 60));
            ("sendPoll", Vec::new())
        }
        ([], None) => {
            fields.extend(words(part, options, position));
            ("sendMessage", Vec::new())
        }
        ([file], None) => {
            let (kind, method) = kind_of(file);
            let mut file = input(file, options);
            file.extend(caption(part, options));
            file.remove("type");
            fields.extend(file);
            (method, vec![kind.to_owned()])
        }
        (files, None) => {
            let names: Vec<String> = (0..files.len()).map(|at| format!("file{at}")).collect();
            let item = |(at, file): (usize, &Media)| {
                let mut item = input(file, options);
                item.insert("media".into(), json!(format!("attach://{}", names[at])));
                match at {
                    // A text below the first file alone is the album's text.
                    0 => item.extend(caption(part, options)),
                    // It must be the same on all.
                    _ if options.caption_above => drop(item.insert("show_caption_above_media".into(), json!(true))),
                    _ => {}
                }
                Value::Object(item)
            };
            put("media", files.iter().enumerate().map(item).collect());
            ("sendMediaGroup", names)
        }
    };
    Frozen { method: method.to_owned(), fields, attached, kept: Kept::of(part, chat) }
}

/// The change of a message; nothing where it already is as it must be.
pub fn change(
    part: &Part,
    options: &Options,
    position: usize,
    id: i64,
    before: &Kept,
) -> Result<Option<Frozen>, Failure> {
    let refused = |detail| Err(Failure::rejected(FailureKind::ContentRefused, detail));
    let kept = Kept { messages: before.messages.clone(), ..Kept::of(part, before.chat) };
    if kept.poll != before.poll {
        return refused(say!("Telegram can't change polls. Delete the post and publish it again."));
    }
    if part.poll.is_some() {
        return Ok(None);
    }
    let mut fields = Map::from_iter([("chat_id".to_owned(), json!(before.chat)), ("message_id".to_owned(), json!(id))]);
    let (method, attached) = match (part.media.as_slice(), before.files.len()) {
        ([], 0) => {
            fields.extend(words(part, options, position));
            ("editMessageText", Vec::new())
        }
        (_, _) if kept.files == before.files => {
            fields.extend(caption(part, options));
            ("editMessageCaption", Vec::new())
        }
        ([file], 1) => {
            let mut item = input(file, options);
            item.extend(caption(part, options));
            item.insert("media".into(), json!("attach://file0"));
            fields.insert("media".into(), Value::Object(item));
            ("editMessageMedia", vec!["file0".to_owned()])
        }
        _ => {
            return refused(say!(
                "Telegram can't add or remove files of a published message, or change those of an album. Delete the post and publish it again."
            ));
        }
    };
    Ok(Some(Frozen { method: method.to_owned(), fields, attached, kept }))
}

impl Frozen {
    /// The parts of the form that carry the files.
    ///
    /// # Errors
    /// Other files than it was prepared for.
    pub fn files(&self, files: &[Media]) -> Result<Vec<FilePart>, Failure> {
        let is_same = self.attached.is_empty() || self.kept.files.iter().eq(files.iter().map(|file| &file.sha256));
        if !is_same {
            let detail = say!("The files of this message aren't the ones it was prepared with. Publish it again.");
            return Err(Failure::rejected(FailureKind::MediaRefused, detail));
        }
        let part = |(field, media): (&String, &Media)| FilePart {
            field: field.clone(),
            file_name: format!("file.{}", media.mime.rsplit('/').next().unwrap_or_default()),
            media: media.clone(),
            offset: 0,
            length: media.size_bytes,
        };
        Ok(self.attached.iter().zip(files).map(part).collect())
    }

    /// The fields as those of a form: what is not text is written as JSON.
    pub fn form(&self) -> Vec<(&str, String)> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.fields.iter().map(|(name, value)| (name.as_str(), text(value))).collect()
    }
}

/// The text of a message without files.
fn words(part: &Part, options: &Options, position: usize) -> Map<String, Value> {
    let mut fields = Map::from_iter([("text".to_owned(), json!(text::sent(part)))]);
    let entities = text::entities(part, options);
    if !entities.is_empty() {
        fields.insert("entities".into(), json!(entities));
    }
    let mut preview = Map::new();
    match options.link_preview {
        Some(Preview::Off) => drop(preview.insert("is_disabled".into(), json!(true))),
        Some(Preview::Large) => drop(preview.insert("prefer_large_media".into(), json!(true))),
        Some(Preview::Small) => drop(preview.insert("prefer_small_media".into(), json!(true))),
        None => {}
    }
    if options.link_preview != Some(Preview::Off) {
        if let Some(url) = options.link_preview_url.as_ref().filter(|_| position == 0) {
            preview.insert("url".into(), json!(url));
        }
        if options.link_preview_above {
            preview.insert("show_above_text".into(), json!(true));
        }
    }
    if !preview.is_empty() {
        fields.insert("link_preview_options".into(), preview.into());
    }
    fields
}

/// The text of a message with files.
fn caption(part: &Part, options: &Options) -> Map<String, Value> {
    let mut fields = Map::new();
    if !text::sent(part).is_empty() {
        fields.insert("caption".into(), json!(text::sent(part)));
    }
    let entities = text::entities(part, options);
    if !entities.is_empty() {
        fields.insert("caption_entities".into(), json!(entities));
    }
    if options.caption_above {
        fields.insert("show_caption_above_media".into(), json!(true));
    }
    fields
}

/// What a file is called, and the method that sends it alone.
fn kind_of(file: &Media) -> (&'static str, &'static str) {
    match file.kind {
        MediaKind::Image => ("photo", "sendPhoto"),
        MediaKind::Video => ("video", "sendVideo"),
        MediaKind::Gif => ("animation", "sendAnimation"),
    }
}

/// What is said of a file.
fn input(file: &Media, options: &Options) -> Map<String, Value> {
    let mut item = Map::from_iter([("type".to_owned(), json!(kind_of(file).0))]);
    if options.has_spoiler {
        item.insert("has_spoiler".into(), json!(true));
    }
    if file.kind == MediaKind::Video {
        item.insert("supports_streaming".into(), json!(true));
    }
    if file.kind != MediaKind::Image && file.width > 0 && file.height > 0 {
        item.insert("width".into(), json!(file.width));
        item.insert("height".into(), json!(file.height));
    }
    if let Some(length) = file.duration_ms.filter(|_| file.kind != MediaKind::Image) {
        item.insert("duration".into(), json!(length.div_ceil(1000)));
    }
    item
}
