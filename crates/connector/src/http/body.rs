//! What a request carries, as bytes for the platform and as words for the story.

use bytes::Bytes;
use futures::StreamExt as _;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

use super::{Transport, exchange};
use crate::draft::Media;

pub(super) enum Body {
    Empty,
    Json(Value),
    Form(Vec<(String, String)>),
    Bytes {
        bytes: Bytes,
        mime: String,
    },
    Media {
        media: Media,
        offset: u64,
        length: u64,
        mime: String,
    },
    Multipart {
        fields: Vec<(String, String)>,
        files: Vec<FilePart>,
    },
    /// What was given cannot be written as JSON; nothing is sent.
    Broken(String),
}

/// A file in a multipart form.
#[derive(Debug, Clone)]
pub struct FilePart {
    /// The field's name.
    pub field: String,
    /// The file's name as the platform sees it.
    pub file_name: String,
    /// The file.
    pub media: Media,
    /// From this byte on.
    pub offset: u64,
    /// So many bytes.
    pub length: u64,
}

impl Body {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Body::Empty)
    }

    pub(super) fn shown(&self) -> Value {
        match self {
            Body::Empty | Body::Broken(_) => Value::Null,
            Body::Json(body) => exchange::redact(body.clone()),
            Body::Form(fields) => exchange::shown_fields(fields),
            Body::Bytes { bytes, mime } => json!({ "file": mime, "size_bytes": bytes.len() }),
            Body::Media { mime, offset, length, .. } => json!({ "file": mime, "offset": offset, "size_bytes": length }),
            Body::Multipart { fields, files } => {
                let mut shown = exchange::shown_fields(fields);
                for file in files {
                    shown[&file.field] =
                        json!({ "file": file.media.mime, "offset": file.offset, "size_bytes": file.length });
                }
                shown
            }
        }
    }

    /// The values in it that go under a secret's name.
    pub(super) fn secrets(&self, found: &mut Vec<String>) {
        match self {
            Body::Json(body) => secrets_in(body, found),
            Body::Form(fields) | Body::Multipart { fields, .. } => {
                found.extend(fields.iter().filter(|(name, _)| exchange::is_secret_key(name)).map(|(_, v)| v.clone()));
            }
            _ => {}
        }
    }

    /// The bytes, and the headers that describe them. A file is opened here; nothing has left if that fails.
    pub(super) async fn write(
        self,
        client: &reqwest::Client,
        headers: &mut HeaderMap,
    ) -> Result<reqwest::Body, Transport> {
        let body = match self {
            Body::Empty => reqwest::Body::from(Bytes::new()),
            Body::Broken(why) => return Err(Transport::NotSent(why)),
            Body::Json(body) => {
                describe(headers, "application/json")?;
                reqwest::Body::from(body.to_string())
            }
            Body::Form(fields) => {
                describe(headers, "application/x-www-form-urlencoded")?;
                let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                reqwest::Body::from(form)
            }
            Body::Bytes { bytes, mime } => {
                describe(headers, &mime)?;
                reqwest::Body::from(bytes)
            }
            Body::Media { media, offset, length, mime } => {
                describe(headers, &mime)?;
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
                reqwest::Body::wrap_stream(open(&media, offset, length).await?)
            }
            Body::Multipart { fields, files } => multipart(fields, files, client, headers).await?,
        };
        Ok(body)
    }
}

async fn multipart(
    fields: Vec<(String, String)>,
    files: Vec<FilePart>,
    client: &reqwest::Client,
    headers: &mut HeaderMap,
) -> Result<reqwest::Body, Transport> {
    let mut form = reqwest::multipart::Form::new();
    for (name, value) in fields {
        form = form.text(name, value);
    }
    for file in files {
        let stream = reqwest::Body::wrap_stream(open(&file.media, file.offset, file.length).await?);
        let part = reqwest::multipart::Part::stream_with_length(stream, file.length)
            .file_name(file.file_name)
            .mime_str(&file.media.mime)
            .map_err(|error| Transport::NotSent(error.to_string()))?;
        form = form.part(file.field, part);
    }
    describe(headers, &format!("multipart/form-data; boundary={}", form.boundary()))?;
    // The length is known only to the client's own builder; without it the form would be sent in chunks, which several
    // platforms refuse.
    let mut built = client.post("https://form.invalid/").multipart(form).build();
    let built = built.as_mut().map_err(|error| Transport::NotSent(error.to_string()))?;
    if let Some(length) = built.headers_mut().remove(header::CONTENT_LENGTH) {
        headers.insert(header::CONTENT_LENGTH, length);
    }
    Ok(built.body_mut().take().unwrap_or_default())
}

/// Says what the body is, unless the connector said so itself.
fn describe(headers: &mut HeaderMap, mime: &str) -> Result<(), Transport> {
    if headers.contains_key(header::CONTENT_TYPE) {
        return Ok(());
    }
    let value = HeaderValue::from_str(mime).map_err(|_| Transport::NotSent(format!("`{mime:?}` is not a type")))?;
    headers.insert(header::CONTENT_TYPE, value);
    Ok(())
}

async fn open(
    media: &Media,
    offset: u64,
    length: u64,
) -> Result<impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static + use<>, Transport> {
    let pieces = media.source.open(offset).await;
    let pieces = pieces.map_err(|error| Transport::NotSent(format!("the file could not be read: {error}")))?;
    let mut left = length;
    // Ends with the length: a file may be longer than the piece that is asked for.
    Ok(pieces
        .map(move |piece| {
            piece.map(|mut bytes: Bytes| {
                let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                left -= take as u64;
                (bytes.split_to(take), left == 0)
            })
        })
        .scan(false, |ended, piece| {
            let before = *ended;
            *ended = piece.as_ref().map_or(true, |(_, last)| *last);
            futures::future::ready((!before).then(|| piece.map(|(bytes, _)| bytes)))
        }))
}

fn secrets_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if exchange::is_secret_key(key) => found.push(text.clone()),
                    other => secrets_in(other, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| secrets_in(value, found)),
        _ => {}
    }
}
