//! What is to be published, and what a channel can take.

use std::{collections::BTreeMap, sync::Arc};

use base::Text;
use bytes::Bytes;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::rule::Rule;

/// A variant ready to be judged or sent: its parts in order, and the platform's options.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// One part is a post; several are a thread, or a post with first comments.
    pub parts: Vec<Part>,
    /// Valid against the schema in `About::options`.
    pub options: serde_json::Value,
    /// The files that options name, by the media asset's id: a thumbnail, a cover, subtitles. An option that holds such an
    /// id has `"x-media"` in its schema.
    pub files: BTreeMap<String, Media>,
}

impl Draft {
    /// The text of a part; empty beyond the last one.
    pub fn text(&self, position: usize) -> &str {
        self.parts.get(position).map_or("", |part| part.text.as_str())
    }
}

/// One post of a thread, or a comment under it.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Thread post or comment.
    pub kind: PartKind,
    /// The text as the author wrote it.
    pub text: String,
    /// Files, in order.
    pub media: Vec<Media>,
    /// A poll.
    pub poll: Option<Poll>,
    /// The address of the post that is quoted.
    pub quote: Option<String>,
}

/// How a part relates to the parts before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// The post itself, or the next one in the thread: it answers the part before it.
    #[default]
    Post,
    /// A comment: it answers the first part.
    Comment,
}

/// A poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// The options.
    pub options: Vec<String>,
    /// How long it stays open, in minutes.
    pub duration_minutes: u32,
    /// Whether several options can be chosen.
    #[serde(default)]
    pub multiple: bool,
}

/// A file as the channel will get it: already the rendition that fits its rules.
#[derive(Clone)]
pub struct Media {
    /// The media asset's id.
    pub id: String,
    /// Still, moving or video.
    pub kind: MediaKind,
    /// The type by content (`image/jpeg`).
    pub mime: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Width in pixels; 0 if unknown.
    pub width: u32,
    /// Height in pixels; 0 if unknown.
    pub height: u32,
    /// Length in milliseconds, for what moves.
    pub duration_ms: Option<u64>,
    /// A video's picture codec: `h264`, `hevc`, `av1`, or the four letters of its box.
    pub video_codec: Option<String>,
    /// Whether the author's file is an animation. With [`MediaKind::Image`] the channel shows it as a still image, which
    /// `check` has to say before it goes out.
    pub animated: bool,
    /// The text for people who cannot see it.
    pub alt: Option<String>,
    /// SHA-256 of the bytes, in hex: the same bytes are uploaded once per attempt.
    pub sha256: String,
    /// The bytes.
    pub source: Arc<dyn MediaSource>,
}

impl std::fmt::Debug for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Media({} {} {} bytes)", self.id, self.mime, self.size_bytes)
    }
}

/// Kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A still image.
    Image,
    /// An animated GIF.
    Gif,
    /// A video.
    Video,
}

/// Where a file's bytes come from; opened anew for each upload.
#[async_trait::async_trait]
pub trait MediaSource: Send + Sync {
    /// The bytes from `offset` on, in pieces.
    async fn open(&self, offset: u64) -> std::io::Result<BoxStream<'static, std::io::Result<Bytes>>>;

    /// All bytes at once; only for files that a platform takes in one piece.
    async fn read(&self) -> std::io::Result<Bytes> {
        use futures::TryStreamExt as _;
        let pieces = self.open(0).await?;
        let whole = pieces.try_fold(Vec::new(), |mut sum, piece| async move {
            sum.extend_from_slice(&piece);
            Ok(sum)
        });
        Ok(Bytes::from(whole.await?))
    }
}

/// A file that is held in memory.
#[async_trait::async_trait]
impl MediaSource for Bytes {
    async fn open(&self, offset: u64) -> std::io::Result<BoxStream<'static, std::io::Result<Bytes>>> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        Ok(Box::pin(futures::stream::iter([Ok(self.slice(from..))])))
    }
}

/// What one channel can take, now. It may differ from channel to channel of one platform
/// (a Mastodon instance sets its own; X gives subscribers more).
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Limits {
    /// Text of one part.
    pub text: TextLimit,
    /// How many parts a thread may have.
    pub parts_max: u32,
    /// Images; `None` if it takes none.
    pub images: Option<ImageRules>,
    /// Animated GIFs as such; `None` means they are sent as images (first frame) or not at all.
    pub gif: Option<ImageRules>,
    /// Video.
    pub video: Option<VideoRules>,
    /// Whether images and video may be mixed in one part.
    pub mixed_media: bool,
    /// Longest alternative text, in characters.
    pub alt_text_max: u32,
    /// Polls.
    pub poll: Option<PollLimits>,
    /// Whether a post can be quoted.
    pub quote: bool,
    /// Whether a published post can be edited.
    pub edit: bool,
    /// Whether a published post can be deleted.
    pub delete: bool,
    /// Whether text may be empty when there is media.
    pub text_optional: bool,
    /// For how many seconds the platform refuses a text that the same account has posted; `None` if it takes it again.
    pub same_text_refused_s: Option<u64>,
}

/// How long a text may be, counted as the platform counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TextLimit {
    /// At most so many units.
    pub max: u32,
    /// The unit.
    pub unit: Unit,
    /// A second limit in UTF-8 bytes.
    pub max_bytes: Option<u32>,
    /// Where the figure comes from.
    pub source: String,
}

/// What a platform counts in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub enum Unit {
    /// What people see as one character: extended grapheme clusters.
    #[serde(rename = "graphemes")]
    Graphemes,
    /// Code points of Unicode.
    #[serde(rename = "characters")]
    CodePoints,
    /// Units of UTF-16: most emoji are two.
    #[serde(rename = "UTF-16 units")]
    Utf16,
    /// Bytes of UTF-8.
    #[serde(rename = "bytes")]
    Bytes,
    /// Weights by script, addresses at a fixed price.
    #[serde(rename = "weighted characters")]
    Weighted,
}

/// Limits of images. Renditions are planned from these.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ImageRules {
    /// How many in one part.
    pub count_max: u32,
    /// Accepted types; other types are converted to the first one.
    pub mime: Vec<String>,
    /// Largest file in bytes.
    pub bytes_max: u64,
    /// Longest side in pixels.
    pub side_max: u32,
    /// Most pixels in all.
    pub pixels_max: u64,
    /// Where the figures come from.
    pub source: String,
}

/// The shape in which images go out that have another one, as a person chose. Without it they go out as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framing {
    /// The narrowest shape: width to height, as `(4, 5)`.
    pub narrowest: (u32, u32),
    /// The widest.
    pub widest: (u32, u32),
    /// What is done with the others.
    pub fit: Fit,
}

/// How an image gets another shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// White edges are added, and all of it is seen.
    Pad,
    /// What is too much is cut off, on both sides alike.
    Crop,
}

/// Limits of videos.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct VideoRules {
    /// How many in one part.
    pub count_max: u32,
    /// Accepted types.
    pub mime: Vec<String>,
    /// Largest file in bytes.
    pub bytes_max: u64,
    /// Longest in milliseconds.
    pub duration_max_ms: Option<u64>,
    /// Shortest in milliseconds.
    pub duration_min_ms: Option<u64>,
    /// How picture and sound may be coded. What does not fit is converted where that is possible.
    pub coding: VideoCoding,
    /// Where the figures come from.
    pub source: String,
}

/// How a video may be coded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct VideoCoding {
    /// Accepted codecs of the picture, as `h264`, `hevc`, `av1`, or the four letters of its box; others are converted to H.264.
    pub picture: Vec<String>,
    /// Accepted codecs of the sound: `aac`, `opus`, or the four letters of its box; others are converted to AAC.
    pub sound: Vec<String>,
    /// Longest side in pixels; `None` without a limit.
    pub side_max: Option<u32>,
    /// Most pixels of a frame; `None` without a limit.
    pub pixels_max: Option<u64>,
    /// Most frames per second; `None` without a limit.
    pub frames_per_second_max: Option<u32>,
    /// Most bits per second, picture and sound together; `None` without a limit.
    pub bits_per_second_max: Option<u64>,
    /// Whether the index must come before the picture, so that playing can start before the whole file has arrived.
    pub index_first: bool,
}

impl Default for VideoCoding {
    /// What every player plays: H.264 with AAC. Without further limits.
    fn default() -> Self {
        Self {
            picture: vec!["h264".to_owned()],
            sound: vec!["aac".to_owned()],
            side_max: None,
            pixels_max: None,
            frames_per_second_max: None,
            bits_per_second_max: None,
            index_first: false,
        }
    }
}

/// Limits of polls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PollLimits {
    /// Fewest options.
    pub options_min: u32,
    /// Most options.
    pub options_max: u32,
    /// Longest option in characters.
    pub option_chars_max: u32,
    /// Shortest life in minutes.
    pub duration_min_minutes: u32,
    /// Longest life in minutes.
    pub duration_max_minutes: u32,
    /// Whether several options can be chosen.
    pub multiple: bool,
}

/// How bad an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The platform would refuse it: it is not sent.
    Error,
    /// It would be published, but perhaps not as meant.
    Warning,
}

/// Something a channel cannot take, or that would surprise: found before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub rule: Rule,
    /// Where in the variant, as a JSON pointer (`/parts/0/text`).
    pub pointer: String,
    /// What is wrong, with numbers, and what to do.
    pub detail: Text,
    /// The limit, where it is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The measured number, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<u64>,
    /// Where the rule comes from.
    pub source: String,
}

impl Issue {
    /// An issue that keeps the post from being sent.
    pub fn error(rule: Rule, pointer: impl Into<String>, detail: impl Into<Text>, source: &str) -> Self {
        Self {
            severity: Severity::Error,
            rule,
            pointer: pointer.into(),
            detail: detail.into(),
            limit: None,
            actual: None,
            source: source.to_owned(),
        }
    }

    /// An issue that only warns.
    pub fn warning(rule: Rule, pointer: impl Into<String>, detail: impl Into<Text>, source: &str) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, pointer, detail, source) }
    }

    /// With the limit and what was found.
    #[must_use]
    pub fn numbers(mut self, limit: u64, actual: u64) -> Self {
        self.limit = Some(limit);
        self.actual = Some(actual);
        self
    }
}
