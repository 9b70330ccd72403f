//! What Telegram remembers: bots, chats, what bots may do there, messages, files.

use std::collections::BTreeMap;

use base::{Random, Timestamp, random};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TOKEN;

/// A bot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bot {
    /// Its number.
    pub id: i64,
    /// What it signs in by: its number, a colon, a secret.
    pub token: String,
    /// The name people read.
    pub name: String,
    /// Without `@`; ends with `bot`.
    pub username: String,
}

/// What kind of chat it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A channel: only administrators post.
    Channel,
    /// A large group.
    Supergroup,
    /// A basic group; it can become a supergroup, with another id.
    Group,
}

impl Kind {
    /// The word in a chat.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Channel => "channel",
            Kind::Supergroup => "supergroup",
            Kind::Group => "group",
        }
    }
}

/// What a bot is in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// An administrator who may post.
    Admin,
    /// An administrator who may not.
    Silent,
    /// A member of a group.
    Member,
    /// Thrown out.
    Kicked,
}

/// A channel or group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    /// Negative; of channels and supergroups it begins with -100.
    pub id: i64,
    /// What kind it is.
    pub kind: Kind,
    /// Its name.
    pub title: String,
    /// Without `@`; private chats have none.
    pub username: Option<String>,
    /// The bots, by number.
    pub bots: BTreeMap<i64, Standing>,
    /// The messages, by number.
    pub messages: BTreeMap<i64, Message>,
    /// The number of the last message, gone ones too.
    pub last: i64,
    /// The supergroup that it has become.
    pub moved_to: Option<i64>,
}

impl Chat {
    /// What stands in addresses: the user name, or the number.
    pub fn name(&self) -> String {
        let number = || self.id.to_string().trim_start_matches("-100").trim_start_matches('-').to_owned();
        self.username.clone().unwrap_or_else(number)
    }
}

/// A poll.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    pub options: Vec<String>,
    pub multiple: bool,
    pub open_seconds: Option<u64>,
}

/// What a file is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Photo,
    Video,
    Animation,
    Document,
}

impl Form {
    /// The word in methods and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Form::Photo => "photo",
            Form::Video => "video",
            Form::Animation => "animation",
            Form::Document => "document",
        }
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    pub form: Form,
    /// The digest of its bytes.
    pub blob: String,
    pub content_type: String,
    pub width: u32,
    pub height: u32,
    pub seconds: u64,
    pub size: u64,
}

/// A message; without its number and dates, what an author can say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Text, caption or question.
    pub text: String,
    /// As sent, then what was found in the text.
    pub entities: Vec<Value>,
    /// The options of the link preview, as sent.
    pub preview: Option<Value>,
    pub file: Option<File>,
    pub poll: Option<Poll>,
    pub is_spoiler: bool,
    pub is_above: bool,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: i64,
    /// The bot that sent it.
    pub bot: i64,
    pub at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub content: Content,
    pub reply_to: Option<i64>,
    /// What the messages of an album have in common.
    pub album: Option<String>,
    pub is_silent: bool,
    pub is_protected: bool,
}

/// Everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Town {
    pub bots: BTreeMap<i64, Bot>,
    pub chats: BTreeMap<i64, Chat>,
}

impl Town {
    /// One bot, a channel in which it may post, and a group.
    pub fn seeded() -> Self {
        let mut town = Self::default();
        let bot = town.add_bot("Harbour Bot", "harbour_post_bot", TOKEN.split(':').next_back().unwrap_or_default());
        for (kind, title, username) in [
            (Kind::Channel, "Harbour News", Some("harbour_news")),
            (Kind::Channel, "Harbour Staff", None),
            (Kind::Group, "Harbour Friends", None),
        ] {
            let chat = town.add_chat(kind, title, username);
            if let Some(chat) = town.chats.get_mut(&chat) {
                chat.bots.insert(bot, Standing::Admin);
            }
        }
        town
    }

    /// A new bot; its number.
    pub fn add_bot(&mut self, name: &str, username: &str, secret: &str) -> i64 {
        let id = self.bots.keys().next_back().map_or(7_000_000_001, |last| last + 1);
        let (name, username) = (name.to_owned(), username.to_owned());
        self.bots.insert(id, Bot { id, token: format!("{id}:{secret}"), name, username });
        id
    }

    /// A new chat; its id.
    pub fn add_chat(&mut self, kind: Kind, title: &str, username: Option<&str>) -> i64 {
        let number = 2_000_000_001 + i64::try_from(self.chats.len()).unwrap_or_default();
        let id = if kind == Kind::Group { -number } else { -(1_000_000_000_000 + number) };
        let chat = Chat {
            id,
            kind,
            title: title.to_owned(),
            username: username.map(str::to_owned),
            bots: BTreeMap::new(),
            messages: BTreeMap::new(),
            last: 0,
            moved_to: None,
        };
        self.chats.insert(id, chat);
        id
    }

    /// A secret for a token.
    pub fn secret(chance: &dyn Random) -> String {
        format!("AA{}", random::token::<25>(chance)).chars().take(35).collect()
    }

    /// New tokens for the bots of a chat, or for all.
    pub fn renew_tokens(&mut self, chat: Option<&str>, chance: &dyn Random) {
        let of_chat: Option<Vec<i64>> =
            chat.map(|name| self.by_name(name).map(|chat| chat.bots.keys().copied().collect()).unwrap_or_default());
        for bot in self.bots.values_mut().filter(|bot| of_chat.as_ref().is_none_or(|bots| bots.contains(&bot.id))) {
            bot.token = format!("{}:{}", bot.id, Self::secret(chance));
        }
    }

    /// The chat whose name stands in an address.
    pub fn by_name(&self, name: &str) -> Option<&Chat> {
        self.chats.values().find(|chat| chat.name().eq_ignore_ascii_case(name))
    }

    /// Makes a supergroup of a group, with a new id and no messages; that id.
    pub fn upgrade(&mut self, id: i64) -> Option<i64> {
        let group = self.chats.get(&id).filter(|chat| chat.kind == Kind::Group && chat.moved_to.is_none())?.clone();
        let new = self.add_chat(Kind::Supergroup, &group.title, None);
        self.chats.entry(new).and_modify(|chat| chat.bots = group.bots);
        self.chats.entry(id).and_modify(|chat| chat.moved_to = Some(new));
        Some(new)
    }
}
