//! Where posts are read.

use base::say;
use connector::Failure;
use serde::{Deserialize, Serialize};

use super::{errors::Asked, wire::Post};
use crate::kit::peer::{Peer, segment};

/// What is read of a post.
pub const FIELDS: &str = "id,permalink,shortcode,timestamp,text,media_type,is_quote_post,children";
/// The same of a reply. Fields that only replies have are refused of others.
pub const REPLY_FIELDS: &str =
    "id,permalink,shortcode,timestamp,text,media_type,is_quote_post,children,is_reply,replied_to";

/// A list of the account's own posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// Posts of their own.
    Threads,
    /// Replies.
    Replies,
    /// Ghost posts.
    Ghosts,
}

impl List {
    /// Its path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Threads => "/v1.0/me/threads",
            Self::Replies => "/v1.0/me/replies",
            Self::Ghosts => "/v1.0/me/ghost_posts",
        }
    }

    /// What is asked of its posts.
    pub fn fields(self) -> &'static str {
        if self == Self::Replies { REPLY_FIELDS } else { FIELDS }
    }
}

/// One post.
pub async fn post(peer: &Peer<'_, Asked>, id: &str, list: List) -> Result<Post, Failure> {
    let request = peer.get("read the post", &format!("/v1.0/{}", segment(id))).query("fields", list.fields());
    peer.read(Asked::Read, request, say!("a post")).await
}
