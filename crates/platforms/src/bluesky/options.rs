//! What an author may say besides text and files, for this platform only.

use base::say;
use serde::Deserialize;
use serde_json::{Value, json};

/// The options of a variant. What is left out stays as the network has it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Options {
    /// Languages of the text, as BCP 47 tags.
    pub langs: Vec<String>,
    /// Hashtags that are found but not shown.
    pub tags: Vec<String>,
    /// Content warnings by the author.
    pub labels: Vec<Label>,
    /// Who may reply to the thread; everyone if empty.
    pub who_can_reply: Vec<Replier>,
    /// Lists whose members may reply, as AT-URIs.
    pub reply_lists: Vec<String>,
    /// Whether others may quote.
    pub allow_quotes: Option<bool>,
    /// Whether links are shown without scheme and the end of a long path; absent: where the text would be too long else.
    pub shorten_links: Option<bool>,
    /// Whether a link is shown as a card with what its page says.
    pub link_preview: Option<bool>,
    /// A card for a link, under the first part, in the author's words.
    pub link_card: Option<LinkCard>,
}

/// Who may reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Replier {
    /// No one.
    Nobody,
    /// People the post mentions.
    Mentioned,
    /// People the account follows.
    Following,
    /// The account's followers.
    Followers,
}

/// A content warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Label {
    /// Suggestive.
    #[serde(rename = "sexual")]
    Sexual,
    /// Nudity that is not sexual.
    #[serde(rename = "nudity")]
    Nudity,
    /// Explicit.
    #[serde(rename = "porn")]
    Porn,
    /// Violence.
    #[serde(rename = "graphic-media")]
    GraphicMedia,
    /// Posted by a machine.
    #[serde(rename = "bot")]
    Bot,
    /// Not shown to people who are not signed in.
    #[serde(rename = "!no-unauthenticated")]
    NoUnauthenticated,
}

impl Label {
    /// The value in the record.
    pub(super) fn value(self) -> &'static str {
        match self {
            Label::Sexual => "sexual",
            Label::Nudity => "nudity",
            Label::Porn => "porn",
            Label::GraphicMedia => "graphic-media",
            Label::Bot => "bot",
            Label::NoUnauthenticated => "!no-unauthenticated",
        }
    }
}

/// A card that shows a link.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkCard {
    /// Where it leads.
    pub uri: String,
    /// Its first line.
    pub title: String,
    /// What it says below.
    #[serde(default)]
    pub description: String,
}

impl Options {
    /// Reads a variant's options; absent is all default.
    pub(super) fn read(value: &Value) -> Result<Self, serde_json::Error> {
        if value.is_null() { Ok(Self::default()) } else { Self::deserialize(value) }
    }

    /// Whether anything limits who may reply.
    pub(super) fn limits_replies(&self) -> bool {
        !self.who_can_reply.is_empty() || !self.reply_lists.is_empty()
    }
}

/// JSON Schema of the options; forms are drawn from it.
pub(super) fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "x-order": [
            "langs", "tags", "labels", "who_can_reply", "reply_lists", "allow_quotes", "shorten_links", "link_preview", "link_card",
        ],
        "properties": {
            "langs": {
                "type": "array", "title": say!("Languages"), "maxItems": 3, "uniqueItems": true, "x-default": "workspace-language",
                "description": say!("Languages of the text, as tags like `en` or `pt-BR`. Readers filter by them."),
                "items": { "type": "string", "minLength": 2, "maxLength": 64 },
            },
            "tags": {
                "type": "array", "title": say!("Hidden hashtags"), "maxItems": 8, "uniqueItems": true,
                "description": say!("Hashtags that people find the post by, without showing them. Write them without #."),
                "items": { "type": "string", "minLength": 1, "maxLength": 640 },
            },
            "labels": {
                "type": "array", "title": say!("Content warnings"), "uniqueItems": true,
                "items": { "oneOf": [
                    { "const": "sexual", "title": say!("Suggestive") },
                    { "const": "nudity", "title": say!("Nudity") },
                    { "const": "porn", "title": say!("Adult content") },
                    { "const": "graphic-media", "title": say!("Graphic media") },
                    { "const": "bot", "title": say!("Posted by a bot") },
                    { "const": "!no-unauthenticated", "title": say!("Only for signed-in readers") },
                ] },
            },
            "who_can_reply": {
                "type": "array", "title": say!("Who can reply"), "uniqueItems": true, "maxItems": 3,
                "description": say!("Leave empty for everyone."),
                "items": { "oneOf": [
                    { "const": "nobody", "title": say!("No one") },
                    { "const": "mentioned", "title": say!("People mentioned") },
                    { "const": "following", "title": say!("People the account follows") },
                    { "const": "followers", "title": say!("Followers") },
                ] },
            },
            "reply_lists": {
                "type": "array", "title": say!("Lists whose members can reply"), "maxItems": 5, "uniqueItems": true,
                "description": say!("Addresses of lists, starting with at://."),
                "items": { "type": "string", "pattern": "^at://" },
            },
            "allow_quotes": { "type": "boolean", "title": say!("Others can quote it"), "default": true },
            "shorten_links": {
                "type": "boolean", "title": say!("Shorten long links in the text"),
                "description": say!("Readers see the beginning of the address; the link leads to the whole address. Leave empty to shorten only if the text would be too long."),
            },
            "link_preview": {
                "type": "boolean", "title": say!("Show a link as a card"), "default": true,
                "description": say!("With the title and picture of its page, which Fanfare reads when the post is published. Not beside images or video."),
            },
            "link_card": {
                "type": "object", "title": say!("A card in your own words"), "additionalProperties": false, "required": ["uri", "title"],
                "description": say!("A card under the first post, shown if that has no images or video."),
                "x-order": ["uri", "title", "description"],
                "properties": {
                    "uri": { "type": "string", "title": say!("Address"), "pattern": "^https?://" },
                    "title": { "type": "string", "title": say!("Title"), "minLength": 1, "maxLength": 300 },
                    "description": { "type": "string", "title": say!("Description"), "maxLength": 1000 },
                },
            },
        },
    })
}
