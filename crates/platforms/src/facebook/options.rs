//! What an author can choose for a post on Facebook besides its text.

use base::say;
use connector::Draft;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A variant's options for Facebook. They are about the first part.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// What it becomes.
    pub format: Format,
    /// The page whose card is shown.
    pub link: Option<String>,
    /// A video's or reel's title.
    pub title: Option<String>,
    /// The countries where alone it is shown.
    pub countries: Vec<String>,
    /// The countries where it is shown more readily.
    pub preferred_countries: Vec<String>,
    /// The page of a place.
    pub place: Option<String>,
    /// Whether a video was made with AI.
    pub is_ai_generated: bool,
}

/// What a post becomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A post on the page.
    #[default]
    Post,
    /// A short upright video.
    Reel,
    /// A photo or a short video that is shown for a day.
    Story,
}

impl Options {
    /// From a draft; no options are the same as empty ones, and so is an empty text.
    pub fn of(draft: &Draft) -> Result<Self, serde_json::Error> {
        let mut options = if draft.options.is_null() { Self::default() } else { Self::deserialize(&draft.options)? };
        for text in [&mut options.link, &mut options.title, &mut options.place] {
            *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        }
        for countries in [&mut options.countries, &mut options.preferred_countries] {
            countries.iter_mut().for_each(|country| *country = country.trim().to_uppercase());
            countries.retain(|country| !country.is_empty());
        }
        Ok(options)
    }
}

/// The JSON Schema of [`Options`].
pub fn schema() -> Value {
    let countries = || json!({ "type": "string", "pattern": "^[A-Za-z]{2}$" });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "x-order": [
            "format", "link", "title", "place", "countries", "preferred_countries", "is_ai_generated",
        ],
        "properties": {
            "format": {
                "type": "string", "default": "post",
                "oneOf": [
                    { "const": "post", "title": say!("Post") },
                    { "const": "reel", "title": say!("Reel") },
                    { "const": "story", "title": say!("Story") },
                ],
                "title": say!("Published as"), "description": say!("A reel is one upright video of 3 to 90 seconds. A story is one photo, or one video of up to 60 seconds, shown for a day without a text."),
            },
            "link": {
                "type": "string", "format": "uri", "maxLength": 2000,
                "title": say!("Link card"), "description": say!("The page whose card is shown. If empty, it is the first link in the text. Not shown with files."),
            },
            "title": {
                "type": "string", "maxLength": 255,
                "title": say!("Title"), "description": say!("For a video or a reel."),
            },
            "countries": {
                "type": "array", "maxItems": 25, "uniqueItems": true, "items": countries(),
                "title": say!("Only shown in these countries"), "description": say!("Codes of two letters, like NL. Leave empty for everywhere."),
            },
            "preferred_countries": {
                "type": "array", "maxItems": 25, "uniqueItems": true, "items": countries(),
                "title": say!("Shown more in these countries"), "description": say!("Facebook shows it there more readily, and everywhere else too."),
            },
            "place": {
                "type": "string", "pattern": "^[0-9]*$",
                "title": say!("Place"), "description": say!("The ID of the place's page at Facebook."),
            },
            "is_ai_generated": {
                "type": "boolean", "default": false,
                "title": say!("Made with AI"), "description": say!("For a video or a reel."),
            },
        },
    })
}
