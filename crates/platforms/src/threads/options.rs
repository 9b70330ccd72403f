//! What an author can choose for a post on Threads besides its text.

use base::say;
use connector::Draft;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Longest topic in characters.
pub const TOPIC_MAX: u32 = 50;
/// Longest attached text in characters.
pub const ATTACHMENT_MAX: u32 = 10_000;
/// The most passages that can be hidden in a text.
pub const SPOILERS_MAX: u32 = 10;

/// A variant's options for Threads. They are about the first part, but for what hides files and passages.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Who may reply; everyone if absent.
    pub reply_control: Option<ReplyControl>,
    /// Whether replies wait for the author's approval.
    pub enable_reply_approvals: bool,
    /// The topic, without #.
    pub topic_tag: Option<String>,
    /// The page whose card is shown.
    pub link_attachment: Option<String>,
    /// A long text under the post.
    pub text_attachment: Option<TextAttachment>,
    /// A place, by its id at Threads.
    pub location_id: Option<String>,
    /// Whether files are blurred until they are tapped.
    pub is_spoiler_media: bool,
    /// Passages of the text that are hidden until they are tapped.
    pub spoilers: Vec<String>,
    /// Whether it vanishes after a day.
    pub is_ghost_post: bool,
}

/// Who may reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyControl {
    Everyone,
    AccountsYouFollow,
    MentionedOnly,
    FollowersOnly,
    ParentPostAuthorOnly,
}

/// A long text under a post.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextAttachment {
    /// The text.
    pub plaintext: String,
    /// A link below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_attachment_url: Option<String>,
}

impl Options {
    /// From a draft; no options are the same as empty ones, and so is an empty text.
    pub fn of(draft: &Draft) -> Result<Self, serde_json::Error> {
        let mut options = if draft.options.is_null() { Self::default() } else { Self::deserialize(&draft.options)? };
        for text in [&mut options.topic_tag, &mut options.link_attachment, &mut options.location_id] {
            *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        }
        if let Some(attached) = &mut options.text_attachment {
            attached.link_attachment_url = attached.link_attachment_url.take().filter(|link| !link.trim().is_empty());
        }
        options.text_attachment = options.text_attachment.filter(|attached| !attached.plaintext.trim().is_empty());
        options.spoilers.retain(|passage| !passage.trim().is_empty());
        Ok(options)
    }
}

/// The JSON Schema of [`Options`].
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "x-order": [
            "reply_control", "enable_reply_approvals", "topic_tag", "link_attachment", "text_attachment", "location_id",
            "is_spoiler_media", "spoilers", "is_ghost_post",
        ],
        "properties": {
            "reply_control": {
                "type": "string",
                "oneOf": [
                    { "const": "everyone", "title": say!("Everyone") },
                    { "const": "accounts_you_follow", "title": say!("Accounts the account follows") },
                    { "const": "followers_only", "title": say!("Followers") },
                    { "const": "mentioned_only", "title": say!("Accounts mentioned") },
                    { "const": "parent_post_author_only", "title": say!("The author of the post replied to") },
                ],
                "title": say!("Who can reply"), "description": say!("Leave empty to let everyone reply."),
            },
            "enable_reply_approvals": {
                "type": "boolean", "default": false,
                "title": say!("Approve replies"), "description": say!("Replies are shown when the account has approved them at Threads."),
            },
            "topic_tag": {
                "type": "string", "maxLength": TOPIC_MAX, "pattern": "^[^.&#]*$",
                "title": say!("Topic"), "description": say!("One topic, without #. If empty, the first hashtag in the text is the topic."),
            },
            "link_attachment": {
                "type": "string", "format": "uri", "maxLength": 2000,
                "title": say!("Link card"), "description": say!("The page whose card is shown. If empty, it is the first link in the text. Not shown with files or a poll."),
            },
            "text_attachment": {
                "type": "object", "additionalProperties": false,
                "title": say!("Attached text"), "description": say!("A long text under the first part. Not with files or a poll."),
                "x-order": ["plaintext", "link_attachment_url"],
                "properties": {
                    "plaintext": { "type": "string", "maxLength": ATTACHMENT_MAX, "title": say!("Text") },
                    "link_attachment_url": { "type": "string", "format": "uri", "title": say!("Link below the text") },
                },
            },
            "location_id": {
                "type": "string", "pattern": "^[0-9]*$",
                "title": say!("Place"), "description": say!("The ID of a place at Threads."),
            },
            "is_spoiler_media": {
                "type": "boolean", "default": false,
                "title": say!("Blur images and videos"), "description": say!("They are shown when tapped."),
            },
            "spoilers": {
                "type": "array", "maxItems": SPOILERS_MAX, "items": { "type": "string", "maxLength": 500 },
                "title": say!("Hidden passages"), "description": say!("Words of the text that are shown when tapped, exactly as in the text."),
            },
            "is_ghost_post": {
                "type": "boolean", "default": false,
                "title": say!("Ghost post"), "description": say!("Text only; it disappears after 24 hours."),
            },
        },
    })
}
