//! Messages in a chat: sent, changed, deleted, each written into the ledger.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    calls::Call,
    model::{Chat, Content, Message, Town},
    refusal::Refusal,
    sending, shapes,
};
use crate::{Action, NewEntry};

/// How long a bot can delete a message.
const DELETABLE: Duration = Duration::from_secs(48 * 60 * 60);

/// Puts messages into the chat: one, or those of an album.
pub fn send(call: &Call<'_>, contents: Vec<Content>) -> Result<Value, Refusal> {
    let mut town = call.state.town();
    let chat = call.writable(&town)?;
    let reply = sending::object(call, "reply_parameters")?;
    let reply_to = reply.as_ref().and_then(|reply| reply["message_id"].as_i64());
    let is_gone = reply_to.is_some_and(|id| !chat.messages.contains_key(&id));
    let may_be_gone = reply.is_some_and(|reply| reply["allow_sending_without_reply"] == true);
    if is_gone && !may_be_gone {
        return Err(Refusal::bad("message to be replied not found"));
    }
    call.count(chat, contents.len())?;
    let (id, is_album, now) = (chat.id, call.method == "sendmediagroup", call.state.now());
    let Some(chat) = town.chats.get_mut(&id) else { return Err(Refusal::bad("chat not found")) };
    let album = (is_album && contents.len() > 1).then(|| format!("{}{}", -chat.id, chat.last + 1));
    let mut ids = Vec::new();
    for content in contents {
        chat.last += 1;
        ids.push(chat.last);
        let message = Message {
            id: chat.last,
            bot: call.bot.id,
            at: now,
            edited_at: None,
            content,
            reply_to: reply_to.filter(|_| !is_gone),
            album: album.clone(),
            is_silent: call.params.is("disable_notification"),
            is_protected: call.params.is("protect_content"),
        };
        chat.messages.insert(message.id, message);
    }
    note(call, &town, (id, &ids), Action::Created);
    let shown = shown(&town, id, &ids);
    Ok(if is_album { json!(shown) } else { shown.into_iter().next().unwrap_or_default() })
}

/// Changes a message of the bot's own, which has no time limit.
pub async fn edit(call: &Call<'_>) -> Result<Value, Refusal> {
    let media = sending::object(call, "media")?;
    let file = match &media {
        Some(media) if call.method == "editmessagemedia" => Some(sending::input(call, media).await?),
        _ => None,
    };
    let mut town = call.state.town();
    let chat = call.writable(&town)?;
    let id = message_id(call)?;
    let message = chat.messages.get(&id).ok_or_else(|| Refusal::bad("message to edit not found"))?;
    if message.bot != call.bot.id {
        return Err(Refusal::bad("message can't be edited"));
    }
    let before = &message.content;
    let changed = match (call.method.as_str(), &before.file) {
        ("editmessagemedia", _) => sending::captioned(
            media.as_ref().unwrap_or(&Value::Null),
            file.ok_or_else(|| Refusal::bad("there is no media in the request"))?,
        )?,
        ("editmessagetext", None) if before.poll.is_none() => sending::text(call)?,
        ("editmessagetext", _) => return Err(Refusal::bad("there is no text in the message to edit")),
        (_, Some(file)) => {
            let above = match call.params.get("show_caption_above_media") {
                Some(_) => call.params.is("show_caption_above_media"),
                None => before.is_above,
            };
            let fields = json!({
                "caption": call.params.get("caption").unwrap_or_default(), "show_caption_above_media": above,
                "caption_entities": sending::list(call, "caption_entities")?, "has_spoiler": before.is_spoiler,
            });
            sending::captioned(&fields, file.clone())?
        }
        _ => return Err(Refusal::bad("there is no caption in the message to edit")),
    };
    if changed == *before {
        return Err(Refusal::bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current \
             content and reply markup of the message",
        ));
    }
    let (chat, now) = (chat.id, call.state.now());
    if let Some(message) = town.chats.get_mut(&chat).and_then(|chat| chat.messages.get_mut(&id)) {
        (message.content, message.edited_at) = (changed, Some(now));
    }
    note(call, &town, (chat, &[id]), Action::Edited);
    Ok(shown(&town, chat, &[id]).into_iter().next().unwrap_or_default())
}

/// `deleteMessage`, and `deleteMessages`, which skips what is not there.
pub fn delete(call: &Call<'_>) -> Result<Value, Refusal> {
    let mut town = call.state.town();
    let chat = call.writable(&town)?;
    let ids: Vec<i64> = match call.method.as_str() {
        "deletemessage" => vec![message_id(call)?],
        _ => {
            let list = sending::list(call, "message_ids")?;
            let ids: Vec<i64> = list.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
            if ids.len() > 100 {
                return Err(Refusal::bad("too many message identifiers specified"));
            }
            ids.into_iter().filter(|id| chat.messages.contains_key(id)).collect()
        }
    };
    for id in &ids {
        let message = chat.messages.get(id).ok_or_else(|| Refusal::bad("message to delete not found"))?;
        if message.bot != call.bot.id {
            return Err(Refusal::bad("message can't be deleted"));
        }
        if call.state.now() > message.at + DELETABLE {
            return Err(Refusal::bad("message can't be deleted for everyone"));
        }
    }
    let id = chat.id;
    if !ids.is_empty() {
        note(call, &town, (id, &ids), Action::Deleted);
    }
    if let Some(chat) = town.chats.get_mut(&id) {
        chat.messages.retain(|id, _| !ids.contains(id));
    }
    Ok(json!(true))
}

fn message_id(call: &Call<'_>) -> Result<i64, Refusal> {
    let id = call.params.get("message_id").and_then(|id| id.parse().ok());
    id.ok_or_else(|| Refusal::bad("message identifier is not specified"))
}

fn shown(town: &Town, chat: i64, ids: &[i64]) -> Vec<Value> {
    let Some(chat) = town.chats.get(&chat) else { return Vec::new() };
    ids.iter().filter_map(|id| Some(shapes::message(town, chat, chat.messages.get(id)?))).collect()
}

/// One entry for a message or an album, under the number of its first message.
fn note(call: &Call<'_>, town: &Town, (chat, ids): (i64, &[i64]), action: Action) {
    let Some(chat) = town.chats.get(&chat) else { return };
    let messages: Vec<&Message> = ids.iter().filter_map(|id| chat.messages.get(id)).collect();
    let Some(first) = messages.first() else { return };
    call.state.core.record(NewEntry {
        account: Chat::name(chat),
        action,
        kind: if first.content.poll.is_some() { "poll" } else { "message" }.to_owned(),
        remote_id: first.id.to_string(),
        text: first.content.text.clone(),
        media_count: messages.iter().filter(|message| message.content.file.is_some()).count(),
        parent: first.reply_to.map(|id| id.to_string()),
        client_id: None,
        request_digest: call.digest.to_string(),
    });
}
