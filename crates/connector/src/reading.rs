//! What a platform makes of a text. There is one reading per platform: the composer and its preview show it, `check`
//! judges by it and the request is built from it, so that they cannot differ.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::draft::Issue;

/// What a platform makes of one part's text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The length, in the unit of `limits().text`.
    pub length: u32,
    /// The longest it may be. Smaller than `limits().text.max` where something else counts too, such as a content warning.
    pub limit: u32,
    /// What becomes a link, a mention or a tag: in order, none overlapping another.
    pub spans: Vec<Span>,
    /// The link whose page is shown as a card under the text, if the part has no files.
    pub card: Option<Card>,
    /// The languages that the part is marked with, as BCP 47 tags.
    pub languages: Vec<String>,
    /// Whether readers see nothing of the text, because this kind of post has none.
    pub left_out: bool,
    /// What gets lost, or is published otherwise than written. `check` tells the same.
    pub notes: Vec<Issue>,
}

impl Reading {
    /// A text in which the platform finds nothing.
    pub fn plain(length: usize, limit: u32) -> Self {
        Self { length: u32::try_from(length).unwrap_or(u32::MAX), limit, ..Self::default() }
    }

    /// By how much the text is too long; 0 if it fits.
    pub fn over(&self) -> u32 {
        self.length.saturating_sub(self.limit)
    }
}

/// A piece of a text that means something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where it stands in the text as written, in bytes of UTF-8; on character boundaries.
    pub range: Range<usize>,
    /// What it is.
    pub kind: SpanKind,
    /// Where it leads: the whole address of a link; the handle of a mention without its @; a tag without its #.
    pub target: String,
    /// What readers see in its place, if that is not what was written (a shortened link).
    pub shown: Option<String>,
}

/// The kind of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// A web address.
    Link,
    /// An account. Whether it exists is known only when the post goes out.
    Mention,
    /// A hashtag or cashtag.
    Tag,
}

/// The card of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Card {
    /// The page.
    pub address: String,
    /// Its title in the author's words; without one, the page's own is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its description in the author's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The card that a part would get if it went out now: its page was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardNow {
    /// The card; `None` if there is none to show.
    pub card: Option<Card>,
    /// The address of its picture.
    pub picture: Option<String>,
    /// What keeps the card or its picture away.
    pub notes: Vec<Issue>,
}
