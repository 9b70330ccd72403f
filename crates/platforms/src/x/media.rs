//! Files: images in one piece, GIF and video in segments. X forgets a file after a day, so that uploading again does no harm.

use std::time::Duration;

use async_trait::async_trait;
use base::{Text, say};
use connector::{
    Call, Failure, FailureKind, Handles, Media, MediaKind, Part, Reply,
    http::{FilePart, Request},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    api,
    errors::{self, Asked},
    wire::{self, Answer, Processing},
};
use crate::kit::upload::{self, Begun, Ended, Stage, State, Upload};

/// The size of a segment in bytes. X takes 5 MB; clients use 1 to 4.
pub const SEGMENT_BYTES: u64 = 4 << 20;
/// X's usual life of a file, where it names none.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Time for one file or segment to go up.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(120);

/// What is kept of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// X's id of it, for the post.
    pub id: String,
    /// The key under which the post shows it, for finding the post again.
    pub media_key: Option<String>,
    is_described: bool,
}

/// All files of a part, ready for its post, in order.
pub async fn all(call: &Call<'_>, part: &Part, handles: &dyn Handles) -> Result<Vec<File>, Failure> {
    let mut ready = Vec::new();
    for (index, media) in part.media.iter().enumerate() {
        ready.push(upload::ready(&ToX(call), call, media, handles, &format!("media_{index}")).await?);
    }
    Ok(ready)
}

struct ToX<'a>(&'a Call<'a>);

#[async_trait]
impl Upload for ToX<'_> {
    type Own = File;

    async fn begin(&self, file: &Media) -> Result<Begun<File>, Failure> {
        let is_whole = file.kind == MediaKind::Image;
        let request = if is_whole {
            let part = FilePart { field: "media".into(), file_name: "image".into(), ..piece(file, 0, file.size_bytes) };
            let request = self.0.http.post("upload image", api(self.0, "/2/media/upload"));
            request.multipart(&[("media_category", category(file))], Some(part))
        } else {
            let body = json!({
                "media_type": file.mime, "media_category": category(file), "total_bytes": file.size_bytes,
            });
            self.0.http.post("begin upload", api(self.0, "/2/media/upload/initialize")).json(&body)
        };
        let begun = self.upload(request).await?;
        let stage = match (is_whole, begun.processing_info) {
            (false, _) => Stage::Pieces { sent: 0 },
            (true, Some(_)) => Stage::Processing,
            (true, None) => Stage::Ready,
        };
        let own = File { id: begun.id.unwrap_or_default(), media_key: begun.media_key, is_described: false };
        Ok(Begun { own, life: begun.expires_after_secs.map_or(LIFE, Duration::from_secs), stage })
    }

    async fn piece(&self, file: &Media, own: &mut File, sent: u64) -> Result<u64, Failure> {
        let index = (sent / SEGMENT_BYTES).to_string();
        let length = SEGMENT_BYTES.min(file.size_bytes.saturating_sub(sent));
        let request = self.0.http.post("upload segment", api(self.0, &format!("/2/media/upload/{}/append", own.id)));
        self.send(request.multipart(&[("segment_index", &index)], Some(piece(file, sent, length)))).await?;
        Ok(sent + length)
    }

    async fn end(&self, own: &mut File) -> Result<Ended, Failure> {
        let path = format!("/2/media/upload/{}/finalize", own.id);
        let ended = self.upload(self.0.http.post("end upload", api(self.0, &path))).await?;
        own.media_key = ended.media_key.or(own.media_key.take());
        Ok(Ended { state: state(ended.processing_info), life: ended.expires_after_secs.map(Duration::from_secs) })
    }

    async fn state(&self, own: &File) -> Result<State, Failure> {
        let request = self.0.http.get("ask about upload", api(self.0, "/2/media/upload"));
        let upload = self.upload(request.query("command", "STATUS").query("media_id", &own.id)).await?;
        Ok(state(upload.processing_info))
    }

    async fn describe(&self, file: &Media, own: &mut File) -> Result<bool, Failure> {
        let Some(alt) = file.alt.as_deref().filter(|alt| !alt.trim().is_empty() && !own.is_described) else {
            return Ok(false);
        };
        let body = json!({ "id": own.id, "metadata": { "alt_text": { "text": alt } } });
        self.send(self.0.http.post("describe file", api(self.0, "/2/media/metadata")).json(&body)).await?;
        own.is_described = true;
        Ok(true)
    }

    fn working(&self) -> Text {
        say!("X is still processing the file. Fanfare checks again, then posts.")
    }

    fn at(&self) -> &'static str {
        "X"
    }
}

impl ToX<'_> {
    /// A success may have an empty body (a segment's has); a refusal inside a success is none.
    async fn send(&self, request: Request) -> Result<Reply, Failure> {
        let request = request.bearer(self.0.tokens.bearer()?).timeout(UPLOAD_TIMEOUT);
        let reply = request.send().await.map_err(|error| errors::lost(Asked::Upload, error))?;
        let (body, now) = (reply.value(), self.0.clock.now());
        if !reply.is_success() {
            return Err(errors::failure(Asked::Upload, &reply, now));
        }
        let refused = body.get("errors").is_some() && body.get("data").is_none();
        if refused { Err(errors::odd_answer(Asked::Upload, &reply, now)) } else { Ok(reply) }
    }

    async fn upload(&self, request: Request) -> Result<wire::Upload, Failure> {
        let reply = self.send(request).await?;
        let upload = reply.json::<Answer<wire::Upload>>().ok().and_then(|answer| answer.data);
        let upload = upload.filter(|upload| upload.id.as_deref().is_some_and(wire::is_id));
        upload.ok_or_else(|| errors::odd_answer(Asked::Upload, &reply, self.0.clock.now()))
    }
}

fn category(file: &Media) -> &'static str {
    match file.kind {
        MediaKind::Image => "tweet_image",
        MediaKind::Gif => "tweet_gif",
        MediaKind::Video => "tweet_video",
    }
}

fn piece(file: &Media, offset: u64, length: u64) -> FilePart {
    FilePart { field: "media".into(), file_name: "segment".into(), media: file.clone(), offset, length }
}

/// What X's work means.
fn state(processing: Option<Processing>) -> State {
    let Some(processing) = processing.filter(|processing| processing.state != "succeeded") else { return State::Ready };
    if processing.state != "failed" {
        return State::Working(processing.check_after_secs.map(|seconds| Duration::from_secs(seconds.clamp(1, 60))));
    }
    let error = processing.error.as_ref();
    let why = error.and_then(|error| error.message.clone().or_else(|| error.name.clone()));
    let why = why.map_or(say!("X gives no reason"), Text::from);
    let detail = say!("X could not use the file: {why}. Convert the file or use another one.");
    let failure = Failure::rejected(FailureKind::MediaRefused, detail);
    State::Refused(failure.answered(200, error.and_then(|error| error.name.clone())))
}
