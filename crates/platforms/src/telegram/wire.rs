//! What the Bot API answers with, as far as Fanfare reads it. Source: Bot API 10.1.

use serde::Deserialize;

/// An answer of success.
#[derive(Debug, Deserialize)]
pub struct Answer<T> {
    /// What was asked for.
    pub result: T,
}

/// A bot.
#[derive(Debug, Deserialize)]
pub struct Bot {
    /// Its number.
    pub id: i64,
}

/// A channel, group or private chat.
#[derive(Debug, Clone, Deserialize)]
pub struct Chat {
    /// Negative for channels and groups; more than 32 bits.
    pub id: i64,
    /// `channel`, `supergroup`, `group`, `private`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub title: Option<String>,
    /// Without `@`; only public ones have one.
    pub username: Option<String>,
    /// What members may do in a group.
    #[serde(default)]
    pub permissions: Permissions,
}

/// What members of a group may do.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Permissions {
    /// Whether they may write.
    pub can_send_messages: bool,
}

impl Default for Permissions {
    fn default() -> Self {
        Self { can_send_messages: true }
    }
}

/// The bot in a chat.
#[derive(Debug, Deserialize)]
pub struct Member {
    /// `creator`, `administrator`, `member`, `restricted`, `left`, `kicked`.
    pub status: String,
    /// An administrator of a channel: whether it may post.
    #[serde(default)]
    pub can_post_messages: bool,
    /// A restricted member: whether it may write.
    #[serde(default)]
    pub can_send_messages: bool,
}

/// A message that was sent or changed.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// Its number in the chat.
    pub message_id: i64,
}

/// One message, or those of an album.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Posted {
    One(Message),
    Album(Vec<Message>),
}

impl Posted {
    /// In the order of the chat.
    pub fn messages(self) -> Vec<Message> {
        match self {
            Self::One(message) => vec![message],
            Self::Album(messages) => messages,
        }
    }
}
