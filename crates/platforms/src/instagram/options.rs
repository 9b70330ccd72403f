//! What an author can choose for a post on Instagram besides its text.

use base::{Text, say};
use connector::{Draft, Fit, Framing, Media};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most accounts that are invited to publish a post with its author.
pub const COLLABORATORS_MAX: u32 = 3;
/// The most accounts that are tagged in a post.
pub const TAGS_MAX: u32 = 20;

/// A variant's options for Instagram. They are about the post, never about the comments below it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Where it is published.
    pub kind: Kind,
    /// What is done with images of another shape than Instagram shows.
    pub shape: Shape,
    /// Whether a reel is kept out of the profile's grid and the feed.
    pub reels_tab_only: bool,
    /// A reel's cover: the id of a media asset.
    pub cover: Option<String>,
    /// A reel's cover: a moment of the video, in milliseconds.
    pub thumb_offset_ms: Option<u64>,
    /// The name of a reel's own sound.
    pub audio_name: Option<String>,
    /// Accounts that are invited to publish it with this one.
    pub collaborators: Vec<String>,
    /// Accounts that are tagged in its files.
    pub user_tags: Vec<UserTag>,
    /// A place: the id of a Facebook Page that has an address.
    pub location_id: Option<String>,
    /// Whether it is labelled as made with AI.
    pub is_ai_generated: bool,
}

/// Where a post is published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In the feed; a single video becomes a reel.
    #[default]
    Feed,
    /// For a day, as a story.
    Story,
}

/// What is done with images of another shape than Instagram shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Nothing: a post with one is refused, a story shows it as it is.
    #[default]
    Keep,
    /// White edges are added.
    Pad,
    /// They are cut to the middle.
    Crop,
}

/// An account in a file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserTag {
    /// Its name; empty while it is being entered.
    #[serde(default)]
    pub username: String,
    /// Which file of a carousel, counted from 1.
    #[serde(default = "first")]
    pub file: usize,
    /// Where in an image: from 0 at the left to 1.
    pub x: Option<f64>,
    /// From 0 at the top to 1.
    pub y: Option<f64>,
}

fn first() -> usize {
    1
}

/// A tag as Instagram takes it.
#[derive(Serialize)]
struct Tag<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<f64>,
}

impl Options {
    /// From a draft; no options are the same as empty ones, and so is an empty text. Names come without @.
    pub fn of(draft: &Draft) -> Result<Self, serde_json::Error> {
        let mut options = if draft.options.is_null() { Self::default() } else { Self::deserialize(&draft.options)? };
        for text in [&mut options.cover, &mut options.audio_name, &mut options.location_id] {
            *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        }
        // With an @, Instagram knows no one of that name (Postiz 1876).
        let bare = |name: &mut String| *name = name.trim().trim_start_matches('@').to_owned();
        options.collaborators.iter_mut().for_each(bare);
        options.collaborators.retain(|name| !name.is_empty());
        options.user_tags.iter_mut().for_each(|tag| bare(&mut tag.username));
        Ok(options)
    }

    /// The shape in which images go out, if one was chosen. Source: `POST /media`, image specifications; stories are best at 9:16.
    pub fn framing(&self) -> Option<Framing> {
        let fit = match self.shape {
            Shape::Keep => return None,
            Shape::Pad => Fit::Pad,
            Shape::Crop => Fit::Crop,
        };
        let (narrowest, widest) = match self.kind {
            Kind::Feed => ((4, 5), (191, 100)),
            Kind::Story => ((9, 16), (9, 16)),
        };
        Some(Framing { narrowest, widest, fit })
    }

    /// The file of a reel's cover.
    pub fn cover_of<'a>(&self, draft: &'a Draft) -> Option<&'a Media> {
        draft.files.get(self.cover.as_ref()?)
    }

    /// The tags of a file, counted from 0, as Instagram takes them; `None` if it has none. In a video no one has a place.
    pub fn tags_of(&self, file: usize, is_video: bool) -> Option<String> {
        let tags = self.user_tags.iter().filter(|tag| tag.file == file + 1).map(|tag| Tag {
            username: &tag.username,
            x: tag.x.filter(|_| !is_video),
            y: tag.y.filter(|_| !is_video),
        });
        let tags: Vec<Tag<'_>> = tags.collect();
        (!tags.is_empty()).then(|| json!(tags).to_string())
    }
}

/// That options cannot be read.
pub fn wrong(error: &serde_json::Error) -> Text {
    say!("The options for Instagram are wrong: {error}.", error = error.to_string())
}

/// The JSON Schema of [`Options`].
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "x-order": [
            "kind", "shape", "collaborators", "user_tags", "location_id", "cover", "thumb_offset_ms", "reels_tab_only", "audio_name",
            "is_ai_generated",
        ],
        "properties": {
            "kind": {
                "type": "string", "default": "feed", "x-forms": true,
                "oneOf": [{ "const": "feed", "title": say!("Post or reel") }, { "const": "story", "title": say!("Story") }],
                "title": say!("Publish as"), "description": say!("A single video becomes a reel. A story has one file and no text, and disappears after 24 hours."),
            },
            "shape": {
                "type": "string", "default": "keep", "x-forms": true,
                "oneOf": [
                    { "const": "keep", "title": say!("Leave as they are") },
                    { "const": "pad", "title": say!("Add white edges") },
                    { "const": "crop", "title": say!("Crop to the middle") },
                ],
                "title": say!("Images of another shape"), "description": say!("A post takes images from 4:5 (upright) to 1.91:1 (wide) and refuses others; a story shows 9:16 best. Places of tagged accounts count in the image as it is published."),
            },
            "collaborators": {
                "type": "array", "maxItems": COLLABORATORS_MAX, "items": { "type": "string", "maxLength": 31 },
                "title": say!("Collaborators"), "description": say!("Accounts that are invited to show the post as theirs, too. Not for stories."),
            },
            "user_tags": {
                "type": "array", "maxItems": TAGS_MAX,
                "title": say!("Tagged accounts"), "description": say!("Public accounts only."),
                "items": {
                    "type": "object", "additionalProperties": false,
                    "x-order": ["username", "file", "x", "y"],
                    "properties": {
                        "username": { "type": "string", "maxLength": 31, "title": say!("User name") },
                        "file": { "type": "integer", "minimum": 1, "maximum": 10, "default": 1, "title": say!("File"), "description": say!("Which file of a carousel.") },
                        "x": { "type": "number", "minimum": 0, "maximum": 1, "title": say!("From the left"), "description": say!("0 is the left edge, 1 the right edge. Images only.") },
                        "y": { "type": "number", "minimum": 0, "maximum": 1, "title": say!("From the top"), "description": say!("0 is the top edge, 1 the bottom edge. Images only.") },
                    },
                },
            },
            "location_id": {
                "type": "string", "pattern": "^[0-9]*$",
                "title": say!("Place"), "description": say!("The ID of a Facebook Page that has an address. Not for stories."),
            },
            "cover": {
                "type": "string", "x-media": ["image"],
                "title": say!("Cover of a reel"), "description": say!("An image instead of a moment of the video."),
            },
            "thumb_offset_ms": {
                "type": "integer", "minimum": 0,
                "title": say!("Cover from the video"), "description": say!("The moment of a reel that is its cover, in milliseconds."),
            },
            "reels_tab_only": {
                "type": "boolean", "default": false,
                "title": say!("Only in the Reels tab"), "description": say!("The reel is not shown in the feed and the grid."),
            },
            "audio_name": {
                "type": "string", "maxLength": 100,
                "title": say!("Name of the sound"), "description": say!("What a reel’s own sound is called."),
            },
            "is_ai_generated": {
                "type": "boolean", "default": false,
                "title": say!("Made with AI"), "description": say!("Instagram labels the post."),
            },
        },
    })
}
