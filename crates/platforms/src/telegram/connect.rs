//! A chat is connected with a bot's token. The token has no end, and nothing at Telegram can be told that it is used no more:
//! whoever made the bot revokes it with @BotFather. Each chat is a channel with its own grant; connecting again with the same
//! token adds another chat.

use async_trait::async_trait;
use base::{Secret, Text, say};
use connector::{Account, Call, Connect, Failure, FailureKind as K, Found, Granted, Tokens};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Telegram, address,
    errors::{Asked, NOT_INSIDE, moved},
    peer,
    wire::{Answer, Bot, Chat, Member},
};
use crate::kit::peer::Peer;

/// A channel's facts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The chat's id now: a group that becomes a supergroup gets another.
    pub chat_id: i64,
    /// `channel`, `supergroup` or `group`.
    pub kind: String,
    /// Without `@`.
    pub username: Option<String>,
    /// Whether the bot lost the right to post.
    pub is_shut_out: bool,
}

impl Facts {
    /// From a channel's facts.
    pub fn of(facts: &Value) -> Self {
        Self::deserialize(facts).unwrap_or_default()
    }
}

#[async_trait]
impl Connect for Telegram {
    async fn with_password(&self, call: &Call<'_>, input: &Value) -> Result<Granted, Failure> {
        let entered = |name: &str| input[name].as_str().unwrap_or_default().trim();
        let token = entered("token");
        if !is_token(token) {
            return Err(invalid(say!(
                "This isn't a bot token. It looks like 1234567890:AAE… . In Telegram, open @BotFather, send /newbot or /mybots, and copy the token whole."
            )));
        }
        let chat = address::chat(entered("chat")).ok_or_else(|| {
            invalid(say!(
                "This isn't a channel or group on Telegram. Enter its name like @mychannel, its address like https://t.me/mychannel, or, for a private one, the address of any message there."
            ))
        })?;
        let tokens = Tokens { access: Some(Secret::new(token.to_owned())), ..Tokens::default() };
        let call = Call { tokens: &tokens, ..*call };
        let peer = peer(&call)?;
        let bot: Answer<Bot> = peer.read(Asked::Token, peer.get("who is the bot", "/getMe"), say!("the bot")).await?;
        let chat = get_chat(&peer, Asked::Chat, &chat).await?;
        if !matches!(chat.kind.as_str(), "channel" | "supergroup" | "group") {
            return Err(invalid(say!("This is a private chat. Enter a channel or a group.")));
        }
        if let Some(missing) = missing(&peer, &chat, bot.result.id).await? {
            return Err(invalid(missing));
        }
        let found = found(&call, &chat, chat.id.to_string(), false);
        Ok(Granted::of_account(found, tokens.clone(), Vec::new()))
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        let peer = peer(call)?;
        let chat = get_chat(&peer, Asked::Read, &Facts::of(call.facts).chat_id.to_string()).await?;
        // A token begins with its bot's number.
        let bot = call.tokens.bearer()?.expose().split(':').next().and_then(|id| id.parse().ok()).unwrap_or_default();
        let is_shut_out = missing(&peer, &chat, bot).await?.is_some();
        // The channel keeps the id that it was connected by.
        Ok(found(call, &chat, call.account_id.to_owned(), is_shut_out))
    }
}

/// The chat; where it has moved, the one that it has become.
pub async fn get_chat(peer: &Peer<'_, Asked>, asked: Asked, chat: &str) -> Result<Chat, Failure> {
    let get = async |chat: &str| {
        let request = peer.get("get the chat", "/getChat").query("chat_id", chat);
        peer.read::<Answer<Chat>>(asked, request, say!("the chat")).await
    };
    let answer = match get(chat).await {
        Err(failure) => match moved(&failure) {
            Some(id) => get(&id.to_string()).await?,
            None => return Err(failure),
        },
        answer => answer?,
    };
    Ok(answer.result)
}

/// What the bot needs to post in the chat, and the next click; nothing if it may.
async fn missing(peer: &Peer<'_, Asked>, chat: &Chat, bot: i64) -> Result<Option<Text>, Failure> {
    let request = peer.get("may the bot post", "/getChatMember").query("chat_id", chat.id).query("user_id", bot);
    let member = match peer.read::<Answer<Member>>(Asked::Read, request, say!("the bot's rights")).await {
        Ok(answer) => answer.result,
        // Only members may ask who is one.
        Err(failure) if matches!(failure.kind, K::AccountBlocked | K::ScopeMissing) => return Ok(Some(NOT_INSIDE)),
        Err(failure) => return Err(failure),
    };
    let is_channel = chat.kind == "channel";
    Ok(match member.status.as_str() {
        "creator" => None,
        "administrator" if !is_channel || member.can_post_messages => None,
        "administrator" => Some(say!(
            "The bot is an administrator of the channel, but may not post. In Telegram, open the channel, then Administrators, choose the bot and turn on Post messages."
        )),
        "member" if !is_channel && chat.permissions.can_send_messages => None,
        "restricted" if !is_channel && member.can_send_messages => None,
        "member" | "restricted" if !is_channel => Some(say!(
            "Members of this group may not write, and so the bot may not. In Telegram, open the group, then Administrators, Add admin, and choose the bot."
        )),
        _ => Some(NOT_INSIDE),
    })
}

fn found(call: &Call<'_>, chat: &Chat, id: String, is_shut_out: bool) -> Found {
    let facts = Facts { chat_id: chat.id, kind: chat.kind.clone(), username: chat.username.clone(), is_shut_out };
    let name = chat.title.clone().filter(|title| !title.is_empty()).unwrap_or_else(|| chat.id.to_string());
    let account = Account {
        id,
        handle: chat.username.clone().unwrap_or_else(|| name.clone()),
        name,
        url: address::page(call, chat.id, chat.username.as_deref(), None),
        // A picture's address would hold the bot's token.
        avatar: None,
    };
    Found::itself(account, json!(facts))
}

/// Digits, a colon, and at least thirty of the letters of an address. Nothing else may become a part of one.
fn is_token(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.split_once(':').is_some_and(|(bot, secret)| {
        !bot.is_empty()
            && bot.len() <= 19
            && bot.bytes().all(|byte| byte.is_ascii_digit())
            && (30..=100).contains(&secret.len())
            && secret.bytes().all(is_letter)
    })
}

fn invalid(detail: Text) -> Failure {
    Failure::rejected(K::InputInvalid, detail)
}
