//! What an author can choose for a post on LinkedIn besides its text.

use base::say;
use connector::{Draft, Media};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::limits::{ALT_MAX, QUESTION_MAX, TITLE_MAX};

/// A variant's options for LinkedIn. They are about the first part.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Who sees it.
    pub visibility: Visibility,
    /// The page whose card is shown.
    pub link: Option<String>,
    /// The card's title, in place of the page's own.
    pub link_title: Option<String>,
    /// The card's description, in place of the page's own.
    pub link_description: Option<String>,
    /// The card's picture, by the media asset's id, in place of the page's own.
    pub thumbnail: Option<String>,
    /// Whether a link gets no card.
    pub no_card: bool,
    /// A video's title.
    pub title: Option<String>,
    /// What a poll asks, where the text says more.
    pub poll_question: Option<String>,
    /// Whether others can't repost it.
    pub no_reposts: bool,
}

/// Who sees a post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Anyone.
    #[default]
    Public,
    /// The member's connections.
    Connections,
    /// People who are signed in at LinkedIn.
    LoggedIn,
}

impl Visibility {
    /// LinkedIn's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC",
            Self::Connections => "CONNECTIONS",
            Self::LoggedIn => "LOGGED_IN",
        }
    }
}

impl Options {
    /// From a draft; no options are the same as empty ones, and so is an empty text.
    pub fn of(draft: &Draft) -> Result<Self, serde_json::Error> {
        let mut options = if draft.options.is_null() { Self::default() } else { Self::deserialize(&draft.options)? };
        for text in [
            &mut options.link,
            &mut options.link_title,
            &mut options.link_description,
            &mut options.thumbnail,
            &mut options.title,
            &mut options.poll_question,
        ] {
            *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        }
        Ok(options)
    }

    /// The picture that was chosen for the card.
    pub fn picture<'d>(&self, draft: &'d Draft) -> Option<&'d Media> {
        draft.files.get(self.thumbnail.as_ref()?)
    }
}

/// The JSON Schema of [`Options`].
pub fn schema() -> Value {
    let text = |most: usize, title, description| json!({ "type": "string", "maxLength": most, "title": title, "description": description });
    let flag =
        |title, description| json!({ "type": "boolean", "default": false, "title": title, "description": description });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "x-order": [
            "visibility", "link", "link_title", "link_description", "thumbnail", "no_card", "title", "poll_question",
            "no_reposts",
        ],
        "properties": {
            "visibility": {
                "type": "string", "default": "public",
                "oneOf": [
                    { "const": "public", "title": say!("Anyone") },
                    { "const": "connections", "title": say!("Connections only") },
                    { "const": "logged_in", "title": say!("LinkedIn members only") },
                ],
                "title": say!("Visible to"), "description": say!("An organisation's post can't be limited to connections."),
            },
            "link": {
                "type": "string", "format": "uri", "maxLength": 2000,
                "title": say!("Link card"), "description": say!("The page whose card is shown. If empty, it is the first link in the text. Not shown with files, a poll or a reshare."),
            },
            "link_title": text(TITLE_MAX, say!("Title of the link card"), say!("If empty, it is the page's own.")),
            "link_description": text(
                ALT_MAX as usize, say!("Description of the link card"), say!("If empty, it is the page's own."),
            ),
            "thumbnail": {
                "type": "string", "x-media": ["image"],
                "title": say!("Picture of the link card"), "description": say!("If empty, it is the page's own."),
            },
            "no_card": flag(say!("No link card"), say!("A link in the text stays a plain link.")),
            "title": text(TITLE_MAX, say!("Title"), say!("For a video.")),
            "poll_question": text(
                QUESTION_MAX as usize, say!("Poll question"), say!("If empty, the text is the question."),
            ),
            "no_reposts": flag(say!("No reposts"), say!("Others can't share the post.")),
        },
    })
}
