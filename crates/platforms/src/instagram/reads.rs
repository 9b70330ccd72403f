//! Where the account's posts are read, and what is read of them.

use base::{Timestamp, say};
use connector::{Call, Failure};
use serde::{Deserialize, Serialize};

use super::{errors::Asked, node, own};
use crate::{
    kit::peer::Peer,
    meta::wire::{Children, id, instant},
};

/// What is read of a post.
pub const FIELDS: &str = "id,caption,media_type,media_product_type,permalink,shortcode,timestamp,children";
/// What is read of a story.
const STORY_FIELDS: &str = "id,media_type,media_product_type,permalink,timestamp";

/// A list of the account's own posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// Posts and reels.
    Media,
    /// The stories of the last 24 hours.
    Stories,
}

impl List {
    /// Its path.
    pub fn path(self, call: &Call<'_>) -> String {
        own(call, if self == Self::Media { "media" } else { "stories" })
    }

    /// What is asked of its posts.
    pub fn fields(self) -> &'static str {
        if self == Self::Media { FIELDS } else { STORY_FIELDS }
    }
}

/// A post, as far as it is looked for.
#[derive(Debug, Clone, Deserialize)]
pub struct Post {
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// Absent where there is none.
    #[serde(default)]
    pub caption: String,
    /// `IMAGE`, `VIDEO`, `CAROUSEL_ALBUM`.
    pub media_type: Option<String>,
    /// `FEED`, `REELS`, `STORY`.
    pub media_product_type: Option<String>,
    /// Its page.
    pub permalink: Option<String>,
    /// The word for it in the address of its page.
    pub shortcode: Option<String>,
    timestamp: Option<String>,
    /// The files of a carousel. They have other ids than their containers had.
    pub children: Option<Children>,
}

impl Post {
    /// When it was published.
    pub fn made_at(&self) -> Option<Timestamp> {
        instant(self.timestamp.as_deref()?)
    }
}

/// One post.
pub async fn post(peer: &Peer<'_, Asked>, id: &str, list: List) -> Result<Post, Failure> {
    let request = peer.get("read the post", &node(id)).query("fields", list.fields());
    peer.read(Asked::Read, request, say!("a post")).await
}
