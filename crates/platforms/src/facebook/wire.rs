//! The Graph API's JSON, as much of it as is read.

use base::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// A person, a page or an app, by its id.
#[derive(Debug, Clone, Deserialize)]
pub struct Known {
    pub id: String,
    /// Where the fields asked for name it.
    pub name: Option<String>,
}

/// An answer to something made.
#[derive(Debug, Deserialize)]
pub struct Created {
    pub id: String,
    pub permalink_url: Option<String>,
}

/// Whether it was done.
#[derive(Debug, Deserialize)]
pub struct Done {
    pub success: bool,
    /// A story's.
    pub post_id: Option<String>,
}

/// The beginning of an upload: of a reel or a story with an address, of a video with a session and its first piece.
#[derive(Debug, Deserialize)]
pub struct Begun {
    pub video_id: String,
    pub upload_url: Option<String>,
    pub upload_session_id: Option<String>,
    #[serde(flatten)]
    pub next: Offsets,
}

/// The next piece that is wanted: numbers as text.
#[derive(Debug, Deserialize)]
pub struct Offsets {
    pub start_offset: Option<String>,
    pub end_offset: Option<String>,
}

impl Offsets {
    /// From which byte to which.
    pub fn range(&self) -> Option<(u64, u64)> {
        Some((self.start_offset.as_deref()?.parse().ok()?, self.end_offset.as_deref()?.parse().ok()?))
    }
}

/// A video, a reel, or a story's video.
#[derive(Debug, Clone, Deserialize)]
pub struct Video {
    pub id: String,
    #[serde(default)]
    pub status: VideoStatus,
    pub published: Option<bool>,
    pub permalink_url: Option<String>,
    /// The post that shows it; may be absent for a while.
    pub post_id: Option<String>,
}

/// How far it is.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct VideoStatus {
    /// `uploading`, `upload_complete`, `processing`, `ready`, `upload_failed`, `expired`, `error`.
    #[serde(default)]
    pub video_status: String,
    #[serde(default)]
    pub uploading_phase: Phase,
    #[serde(default)]
    pub processing_phase: Phase,
    #[serde(default)]
    pub publishing_phase: Phase,
}

/// One phase of it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Phase {
    /// `not_started`, `in_progress`, `complete` (or `completed`), `error`.
    #[serde(default)]
    pub status: String,
    bytes_transfered: Option<u64>,
    bytes_transferred: Option<u64>,
    /// `draft`, `scheduled`, `published`, `error`.
    #[serde(default)]
    pub publish_status: String,
    #[serde(default)]
    errors: Vec<Trouble>,
    error: Option<Trouble>,
}

#[derive(Debug, Clone, Deserialize)]
struct Trouble {
    message: Option<String>,
}

impl Phase {
    /// How many bytes have arrived; spelt in two ways (reels_publishing_apis 47).
    pub fn bytes(&self) -> u64 {
        self.bytes_transferred.or(self.bytes_transfered).unwrap_or(0)
    }

    pub fn is_complete(&self) -> bool {
        self.status.starts_with("complete")
    }

    /// Whether it went wrong, and how in Facebook's words.
    pub fn trouble(&self) -> Option<Option<String>> {
        let mut words = self.errors.iter().chain(&self.error).map(|trouble| trouble.message.clone());
        let found = words.next();
        (self.status == "error" || found.is_some()).then(|| found.flatten())
    }
}

/// Where a photo is shown.
#[derive(Debug, Deserialize)]
pub struct Photo {
    pub page_story_id: Option<String>,
}

/// A post or a comment, as far as it is looked for.
#[derive(Debug, Clone, Deserialize)]
pub struct Post {
    pub id: String,
    /// What was written.
    #[serde(default)]
    pub message: String,
    pub created_time: Option<String>,
    pub permalink_url: Option<String>,
    pub is_published: Option<bool>,
    /// The app that made it.
    pub application: Option<Known>,
    /// Who wrote it.
    pub from: Option<Known>,
    /// A post's files and link.
    #[serde(default)]
    pub attachments: Attachments,
    /// A comment's file.
    pub attachment: Option<Attachment>,
}

impl Post {
    pub fn made_at(&self) -> Option<Timestamp> {
        crate::meta::wire::instant(self.created_time.as_deref()?)
    }

    /// All attachments, those inside an album too.
    pub fn shows(&self) -> impl Iterator<Item = &Attachment> {
        let all = self.attachments.data.iter().chain(&self.attachment);
        all.flat_map(|one| std::iter::once(one).chain(&one.subattachments.data))
    }
}

/// A list of attachments.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Attachments {
    #[serde(default)]
    pub data: Vec<Attachment>,
}

impl Attachment {
    /// Whether it is a photo or a video, or several.
    pub fn is_file(&self) -> bool {
        let said = if self.media_type.is_empty() { &self.kind } else { &self.media_type };
        ["photo", "album", "video"].iter().any(|file| said.starts_with(file))
    }
}

/// A file or a link.
#[derive(Debug, Clone, Deserialize)]
pub struct Attachment {
    /// `photo`, `album`, `video`, `link`.
    #[serde(default)]
    pub media_type: String,
    /// The same more finely; a comment's attachment has this alone.
    #[serde(default, rename = "type")]
    pub kind: String,
    pub unshimmed_url: Option<String>,
    pub target: Option<Target>,
    #[serde(default)]
    pub subattachments: Attachments,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    pub id: Option<String>,
}

/// A story in the page's list.
#[derive(Debug, Clone, Deserialize)]
pub struct Story {
    pub post_id: String,
    /// The photo or video.
    pub media_id: Option<String>,
    pub url: Option<String>,
}

/// The numbers that a post itself has.
#[derive(Debug, Default, Deserialize)]
pub struct Counts {
    #[serde(default)]
    pub shares: Count,
    #[serde(default)]
    pub comments: Summed,
    #[serde(default)]
    pub reactions: Summed,
    #[serde(default)]
    pub likes: Summed,
    /// Of a comment.
    pub comment_count: Option<u64>,
    /// Of a comment.
    pub like_count: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Count {
    pub count: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Summed {
    #[serde(default)]
    pub summary: Summary,
}

#[derive(Debug, Default, Deserialize)]
pub struct Summary {
    pub total_count: Option<u64>,
}

/// Numbers by name.
#[derive(Debug, Deserialize)]
pub struct Numbers {
    pub data: Vec<Number>,
}

#[derive(Debug, Deserialize)]
pub struct Number {
    pub name: String,
    #[serde(default)]
    pub values: Vec<NumberValue>,
}

#[derive(Debug, Deserialize)]
pub struct NumberValue {
    /// A number, or numbers by kind.
    pub value: Value,
    /// When the time ended that it is about; of a number for the whole life there is none.
    end_time: Option<String>,
}

impl Number {
    /// The newest of several days: the number, and when its day ended.
    pub fn newest(&self) -> Option<(u64, Timestamp)> {
        let days = self
            .values
            .iter()
            .filter_map(|day| Some((total(&day.value)?, crate::meta::wire::instant(day.end_time.as_deref()?)?)));
        days.max_by_key(|(_, end)| *end)
    }

    /// The number of this kind, or all together.
    pub fn of(&self, kind: Option<&str>) -> Option<u64> {
        match (&self.values.first()?.value, kind) {
            (Value::Object(kinds), Some(kind)) => kinds.get(kind)?.as_u64(),
            (value, _) => total(value),
        }
    }
}

/// All kinds together.
fn total(value: &Value) -> Option<u64> {
    match value {
        Value::Object(kinds) => Some(kinds.values().filter_map(Value::as_u64).sum()),
        value => value.as_u64(),
    }
}

/// Whether a text is an id: digits.
pub fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
