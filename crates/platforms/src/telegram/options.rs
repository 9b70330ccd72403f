//! What an author can choose for a post on Telegram besides its text.

use base::say;
use connector::Draft;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most passages of one style.
pub const PASSAGES_MAX: usize = 20;

/// A variant's options for Telegram. They are about all parts, but for the preview's address, which is about the first.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Whether it arrives without a sound.
    pub disable_notification: bool,
    /// Whether it can't be forwarded or saved.
    pub protect_content: bool,
    /// How a link's page is shown; Telegram decides if absent.
    pub link_preview: Option<Preview>,
    /// The page that is shown, in place of the text's first link.
    pub link_preview_url: Option<String>,
    /// Whether it is shown above the text.
    pub link_preview_above: bool,
    /// Whether files are blurred until they are tapped.
    pub has_spoiler: bool,
    /// Whether the text stands above the files.
    pub caption_above: bool,
    /// Passages in bold.
    pub bold: Vec<String>,
    /// Passages that are hidden until they are tapped.
    pub spoilers: Vec<String>,
}

/// How a link's page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preview {
    Large,
    Small,
    Off,
}

impl Options {
    /// From a draft; no options are the same as empty ones, and so is an empty text.
    pub fn of(draft: &Draft) -> Result<Self, serde_json::Error> {
        let mut options = if draft.options.is_null() { Self::default() } else { Self::deserialize(&draft.options)? };
        options.link_preview_url = options.link_preview_url.filter(|link| !link.trim().is_empty());
        options.bold.retain(|passage| !passage.trim().is_empty());
        options.spoilers.retain(|passage| !passage.trim().is_empty());
        Ok(options)
    }

    /// Passages, each with its style as Telegram calls it.
    pub fn passages(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let bold = self.bold.iter().map(|passage| ("bold", passage.as_str()));
        bold.chain(self.spoilers.iter().map(|passage| ("spoiler", passage.as_str())))
    }
}

/// The JSON Schema of [`Options`].
pub fn schema() -> Value {
    let passages = |title, description| {
        json!({
            "type": "array", "maxItems": PASSAGES_MAX, "items": { "type": "string", "maxLength": 1000 },
            "title": title, "description": description,
        })
    };
    let flag =
        |title, description| json!({ "type": "boolean", "default": false, "title": title, "description": description });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "x-order": [
            "disable_notification", "protect_content", "link_preview", "link_preview_url", "link_preview_above",
            "has_spoiler", "caption_above", "bold", "spoilers",
        ],
        "properties": {
            "disable_notification": flag(say!("Silent"), say!("Subscribers get the message without a sound.")),
            "protect_content": flag(say!("No forwarding"), say!("The message can't be forwarded or saved.")),
            "link_preview": {
                "type": "string",
                "oneOf": [
                    { "const": "large", "title": say!("Large picture") },
                    { "const": "small", "title": say!("Small picture") },
                    { "const": "off", "title": say!("No preview") },
                ],
                "title": say!("Link preview"), "description": say!("Leave empty to let Telegram choose. Not shown with files or a poll."),
            },
            "link_preview_url": {
                "type": "string", "format": "uri", "maxLength": 2000,
                "title": say!("Previewed page"), "description": say!("If empty, it is the first link in the text. First part only."),
            },
            "link_preview_above": flag(say!("Preview above the text"), say!("Otherwise it is below.")),
            "has_spoiler": flag(say!("Blur images and videos"), say!("They are shown when tapped.")),
            "caption_above": flag(say!("Text above the files"), say!("Otherwise it is below.")),
            "bold": passages(say!("Bold"), say!("Words of the text that are shown in bold, exactly as in the text.")),
            "spoilers": passages(say!("Hidden passages"), say!("Words of the text that are shown when tapped, exactly as in the text.")),
        },
    })
}
