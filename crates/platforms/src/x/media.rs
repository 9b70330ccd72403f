//! Files: images in one piece, GIF and video in segments. X forgets a file after a day, so that uploading again does
//! no harm; each step is journaled before the next.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{
    Call, Failure, FailureKind, Handles, Media, MediaKind, Outcome, Part, Reply,
    http::{FilePart, Request},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    api,
    errors::{self, Asked},
    wire::{self, Answer, Processing, Upload},
};

/// The size of a segment in bytes. X takes 5 MB; clients use 1 to 4.
pub const SEGMENT_BYTES: u64 = 4 << 20;
/// X's usual life of a file, where it names none.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// A file that X forgets within this time is uploaded anew, so that it lives until the post is sent.
const MARGIN: Duration = Duration::from_secs(60 * 60);
/// The longest pause between two questions about a file that X works on, in seconds.
const WAIT_MAX_S: u64 = 60;
/// Time for one file or segment to go up.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(120);

/// What is journaled of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// X's id of it, for the post.
    pub id: String,
    /// The key under which the post shows it, for finding the post again.
    pub media_key: Option<String>,
    sha256: String,
    expires_at: Timestamp,
    step: Step,
    /// How often X still worked on it when asked.
    looks: u32,
    described: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Segments before this one are there.
    Segments { next: u64 },
    /// X works on it.
    Processing,
    /// A post can use it.
    Ready,
}

/// All files of a part, ready for its post, in order.
pub async fn all(call: &Call<'_>, part: &Part, handles: &dyn Handles) -> Result<Vec<Held>, Failure> {
    let mut ready = Vec::new();
    for (index, media) in part.media.iter().enumerate() {
        let file = File { call, media, handles, name: format!("media_{index}") };
        ready.push(file.ready().await?);
    }
    Ok(ready)
}

/// One file on its way.
struct File<'a> {
    call: &'a Call<'a>,
    media: &'a Media,
    handles: &'a dyn Handles,
    name: String,
}

impl File<'_> {
    async fn ready(&self) -> Result<Held, Failure> {
        let resumed = self.held();
        let is_resumed = resumed.is_some();
        match self.carry_on(resumed).await {
            // X has forgotten what we hold: once more from the beginning.
            Err(failure) if is_resumed && failure.kind == FailureKind::MediaNotReady && failure.retry_at.is_none() => {
                self.handles.forget(&self.name).await?;
                self.carry_on(None).await
            }
            result => result,
        }
    }

    /// What is journaled, if it is of these bytes and lives long enough.
    fn held(&self) -> Option<Held> {
        let held: Held = serde_json::from_value(self.handles.get(&self.name)?).ok()?;
        let lives = held.expires_at > self.call.clock.now() + MARGIN;
        (held.sha256 == self.media.sha256 && lives).then_some(held)
    }

    async fn keep(&self, held: &Held) -> Result<(), Failure> {
        self.handles.put(&self.name, serde_json::to_value(held).unwrap_or(Value::Null)).await
    }

    async fn carry_on(&self, held: Option<Held>) -> Result<Held, Failure> {
        let mut held = match held {
            Some(held) => held,
            None if self.media.kind == MediaKind::Image => self.in_one_piece().await?,
            None => self.initialize().await?,
        };
        if let Step::Segments { next } = held.step {
            self.segments(&mut held, next).await?;
            self.finalize(&mut held).await?;
        }
        if held.step == Step::Processing {
            self.status(&mut held).await?;
        }
        self.describe(&mut held).await?;
        Ok(held)
    }

    async fn in_one_piece(&self) -> Result<Held, Failure> {
        let request = self.call.http.post("upload image", api(self.call, "/2/media/upload"));
        let fields = [("media_category", self.category())];
        let file =
            FilePart { field: "media".into(), file_name: "image".into(), ..self.piece(0, self.media.size_bytes) };
        let upload = self.upload(request.multipart(&fields, Some(file))).await?;
        self.adopt(upload, Step::Ready).await
    }

    async fn initialize(&self) -> Result<Held, Failure> {
        let body = json!({
            "media_type": self.media.mime, "media_category": self.category(), "total_bytes": self.media.size_bytes,
        });
        let request = self.call.http.post("begin upload", api(self.call, "/2/media/upload/initialize")).json(&body);
        let upload = self.upload(request).await?;
        self.adopt(upload, Step::Segments { next: 0 }).await
    }

    async fn segments(&self, held: &mut Held, next: u64) -> Result<(), Failure> {
        for index in next..self.media.size_bytes.div_ceil(SEGMENT_BYTES).max(1) {
            let path = format!("/2/media/upload/{}/append", held.id);
            let index_text = index.to_string();
            let offset = index * SEGMENT_BYTES;
            let file = self.piece(offset, SEGMENT_BYTES.min(self.media.size_bytes.saturating_sub(offset)));
            let request = self.call.http.post("upload segment", api(self.call, &path));
            self.send(request.multipart(&[("segment_index", &index_text)], Some(file))).await?;
            held.step = Step::Segments { next: index + 1 };
            self.keep(held).await?;
        }
        Ok(())
    }

    async fn finalize(&self, held: &mut Held) -> Result<(), Failure> {
        let path = format!("/2/media/upload/{}/finalize", held.id);
        let upload = self.upload(self.call.http.post("end upload", api(self.call, &path))).await?;
        held.media_key = upload.media_key.or(held.media_key.take());
        if let Some(seconds) = upload.expires_after_secs {
            held.expires_at = self.call.clock.now() + Duration::from_secs(seconds);
        }
        held.step = Step::Processing;
        self.keep(held).await?;
        self.judge(held, upload.processing_info).await
    }

    async fn status(&self, held: &mut Held) -> Result<(), Failure> {
        let request = self.call.http.get("ask about upload", api(self.call, "/2/media/upload"));
        let upload = self.upload(request.query("command", "STATUS").query("media_id", &held.id)).await?;
        self.judge(held, upload.processing_info).await
    }

    /// What X's work means: done, wait, or refused. Waiting is the engine's business, not a sleep in here.
    async fn judge(&self, held: &mut Held, processing: Option<Processing>) -> Result<(), Failure> {
        let Some(processing) = processing.filter(|processing| processing.state != "succeeded") else {
            held.step = Step::Ready;
            return self.keep(held).await;
        };
        if processing.state == "failed" {
            self.handles.forget(&self.name).await?;
            return Err(refused(&processing));
        }
        // Each time twice as long: a long video is not asked about every second, a short one is not kept waiting.
        let wait = processing.check_after_secs.unwrap_or(5).clamp(1, 60) << held.looks.min(6);
        let wait = Duration::from_secs(wait.min(WAIT_MAX_S));
        held.looks += 1;
        self.keep(held).await?;
        let detail = say!("X is still processing the file. Fanfare checks again, then posts.");
        let failure = Failure::new(Outcome::Throttled, FailureKind::MediaNotReady, detail);
        Err(failure.not_before(Some(self.call.clock.now() + wait)))
    }

    async fn describe(&self, held: &mut Held) -> Result<(), Failure> {
        let Some(alt) = self.media.alt.as_deref().filter(|alt| !alt.trim().is_empty() && !held.described) else {
            return Ok(());
        };
        let body = json!({ "id": held.id, "metadata": { "alt_text": { "text": alt } } });
        self.send(self.call.http.post("describe file", api(self.call, "/2/media/metadata")).json(&body)).await?;
        held.described = true;
        self.keep(held).await
    }

    /// Journals a new id before anything else is done with it.
    async fn adopt(&self, upload: Upload, step: Step) -> Result<Held, Failure> {
        let step = if step == Step::Ready && upload.processing_info.is_some() { Step::Processing } else { step };
        let held = Held {
            id: upload.id.unwrap_or_default(),
            media_key: upload.media_key,
            sha256: self.media.sha256.clone(),
            expires_at: self.call.clock.now() + upload.expires_after_secs.map_or(LIFE, Duration::from_secs),
            step,
            looks: 0,
            described: false,
        };
        self.keep(&held).await?;
        Ok(held)
    }

    fn category(&self) -> &'static str {
        match self.media.kind {
            MediaKind::Image => "tweet_image",
            MediaKind::Gif => "tweet_gif",
            MediaKind::Video => "tweet_video",
        }
    }

    fn piece(&self, offset: u64, length: u64) -> FilePart {
        FilePart { field: "media".into(), file_name: "segment".into(), media: self.media.clone(), offset, length }
    }

    /// A success may have an empty body (a segment's has); a refusal inside a success is none.
    async fn send(&self, request: Request) -> Result<Reply, Failure> {
        let request = request.bearer(self.call.tokens.bearer()?).timeout(UPLOAD_TIMEOUT);
        let reply = request.send().await.map_err(|error| errors::lost(Asked::Upload, error))?;
        let (body, now) = (reply.value(), self.call.clock.now());
        if !reply.is_success() {
            return Err(errors::failure(Asked::Upload, &reply, now));
        }
        let refused = body.get("errors").is_some() && body.get("data").is_none();
        if refused { Err(errors::odd_answer(Asked::Upload, &reply, now)) } else { Ok(reply) }
    }

    async fn upload(&self, request: Request) -> Result<Upload, Failure> {
        let reply = self.send(request).await?;
        let upload = reply.json::<Answer<Upload>>().ok().and_then(|answer| answer.data);
        let upload = upload.filter(|upload| upload.id.as_deref().is_some_and(wire::is_id));
        upload.ok_or_else(|| errors::odd_answer(Asked::Upload, &reply, self.call.clock.now()))
    }
}

fn refused(processing: &Processing) -> Failure {
    let error = processing.error.as_ref();
    let why = error.and_then(|error| error.message.clone().or_else(|| error.name.clone()));
    let why = why.map_or(say!("X gives no reason"), Text::from);
    let detail = say!("X could not use the file: {why}. Convert the file or use another one.");
    let failure = Failure::rejected(FailureKind::MediaRefused, detail);
    failure.answered(200, error.and_then(|error| error.name.clone()))
}
