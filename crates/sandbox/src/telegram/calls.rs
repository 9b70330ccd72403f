//! One call: whose bot it is, what it asks, and the limits.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::to_bytes,
    extract::{Path, Request, State as Shared},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    State, messages,
    model::{Bot, Chat, Standing, Town},
    refusal::Refusal,
    sending, shapes,
};
use crate::{RequestDigest, limits::Limit, meta::params::Params, server::MAX_BODY_BYTES, shows};

/// Messages of one bot in a second (Bot Support FAQ; not contractual).
static OF_BOT: Limit = Limit::per("bot", 30, 1);
/// Messages in one chat in a minute: so for groups; a channel's has never been told.
static OF_CHAT: Limit = Limit::per("chat", 20, 60);
/// The largest request.
const UPLOAD_MAX_BYTES: usize = 50 << 20;

/// A call, as its handler sees it.
pub struct Call<'a> {
    pub state: &'a State,
    pub params: &'a Params,
    pub bot: Bot,
    /// Which method, in small letters.
    pub method: String,
    pub digest: Arc<str>,
}

/// `/bot<token>/<method>`; every other address of two steps is the page of a message.
pub async fn call(
    Shared(state): Shared<Arc<State>>,
    Path((first, second)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(token) = first.strip_prefix("bot").filter(|token| token.contains(':')) else {
        return shows::post(&*state, &first, &second);
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else { return Refusal::too_large().into_response() };
    if body.len() > UPLOAD_MAX_BYTES {
        return Refusal::too_large().into_response();
    }
    let Some(params) = Params::of(&parts.uri, &parts.headers, body).await else {
        return Refusal::bad("can't parse the request").into_response();
    };
    let bot = state.town().bots.values().find(|bot| bot.token == token).cloned();
    let Some(bot) = bot else {
        let is_one = token.split_once(':').is_some_and(|(id, secret)| id.parse::<i64>().is_ok() && secret.len() == 35);
        return if is_one { Refusal::unauthorized() } else { Refusal::not_found() }.into_response();
    };
    let digest = parts.extensions.get::<RequestDigest>().cloned().unwrap_or_default().0;
    let call = Call { state: &state, params: &params, bot, method: second.to_lowercase(), digest };
    match call.carry_out().await {
        Ok(result) => Json(json!({ "ok": true, "result": result })).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

impl Call<'_> {
    async fn carry_out(&self) -> Result<Value, Refusal> {
        match self.method.as_str() {
            "getme" => Ok(shapes::me(&self.bot)),
            "getchat" => self.chat(&self.state.town()).map(shapes::full),
            "getchatmember" => self.member(),
            "sendmessage" | "sendphoto" | "sendvideo" | "sendanimation" | "senddocument" | "sendmediagroup"
            | "sendpoll" => self.send().await,
            "editmessagetext" | "editmessagecaption" | "editmessagemedia" => messages::edit(self).await,
            "deletemessage" | "deletemessages" => messages::delete(self),
            _ => Err(Refusal::no_method()),
        }
    }

    async fn send(&self) -> Result<Value, Refusal> {
        let contents = sending::read(self).await?;
        let settings = self.state.settings();
        let pause = Duration::from_millis(if self.state.hits(settings.slow_one_in) { settings.slow_ms } else { 0 }) / 2;
        tokio::time::sleep(pause).await;
        let sent = messages::send(self, contents);
        tokio::time::sleep(pause).await;
        if sent.is_ok() && self.state.hits(settings.restart_one_in) {
            return Err(Refusal::restart());
        }
        sent
    }

    /// Counts messages against the limits.
    pub fn count(&self, chat: &Chat, messages: usize) -> Result<(), Refusal> {
        let points = u32::try_from(messages).unwrap_or(u32::MAX);
        for (limit, who) in [(&OF_CHAT, chat.id.to_string()), (&OF_BOT, self.bot.id.to_string())] {
            let standing = self.state.core.spend(limit, &who, points);
            if !standing.allowed {
                return Err(Refusal::slow_down(standing.reset_at.since(self.state.now()).as_secs().max(1)));
            }
        }
        Ok(())
    }

    /// The chat that is meant.
    pub fn chat<'t>(&self, town: &'t Town) -> Result<&'t Chat, Refusal> {
        let named = self.params.get("chat_id").ok_or_else(|| Refusal::bad("chat_id is empty"))?;
        let found = match named.strip_prefix('@') {
            Some(name) => town.by_name(name).filter(|chat| chat.username.is_some()),
            None => named.parse().ok().and_then(|id: i64| town.chats.get(&id)),
        };
        // A private chat is seen by those who are in it.
        let is_seen = |chat: &&Chat| chat.username.is_some() || chat.bots.contains_key(&self.bot.id);
        let chat = found.filter(is_seen).ok_or_else(|| Refusal::bad("chat not found"))?;
        chat.moved_to.map_or(Ok(chat), |id| Err(Refusal::upgraded(id)))
    }

    /// The chat, if the bot may post there.
    pub fn writable<'t>(&self, town: &'t Town) -> Result<&'t Chat, Refusal> {
        let chat = self.chat(town)?;
        let kind = chat.kind.as_str();
        match chat.bots.get(&self.bot.id) {
            Some(Standing::Admin | Standing::Member) => Ok(chat),
            Some(Standing::Silent) => Err(Refusal::bad("not enough rights to send text messages to the chat")),
            Some(Standing::Kicked) => Err(Refusal::forbidden(&format!("bot was kicked from the {kind} chat"))),
            None => Err(Refusal::forbidden(&format!("bot is not a member of the {kind} chat"))),
        }
    }

    /// `getChatMember`. Only bots are known here.
    fn member(&self) -> Result<Value, Refusal> {
        let town = self.state.town();
        let chat = self.chat(&town)?;
        let id = self.params.get("user_id").and_then(|id| id.parse::<i64>().ok());
        let bot = id.and_then(|id| town.bots.get(&id)).ok_or_else(|| Refusal::bad("user not found"))?;
        if !chat.bots.contains_key(&self.bot.id) {
            return Err(Refusal::bad("member list is inaccessible"));
        }
        Ok(shapes::member(bot, chat, chat.bots.get(&bot.id).copied()))
    }
}
