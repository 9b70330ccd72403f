//! Objects as the Bot API shows them.

use serde_json::{Map, Value, json};

use super::model::{Bot, Chat, Content, File, Form, Kind, Message, Standing, Town};

/// The bot, as others see it.
pub fn user(bot: &Bot) -> Value {
    json!({ "id": bot.id, "is_bot": true, "first_name": bot.name, "username": bot.username })
}

/// The bot, as it sees itself.
pub fn me(bot: &Bot) -> Value {
    let mut me = user(bot);
    for (name, is) in [
        ("can_join_groups", true),
        ("can_read_all_group_messages", false),
        ("supports_inline_queries", false),
        ("can_connect_to_business", false),
        ("has_main_web_app", false),
    ] {
        me[name] = json!(is);
    }
    me
}

/// A chat, as messages have it.
pub fn chat(chat: &Chat) -> Value {
    let mut shown = json!({ "id": chat.id, "type": chat.kind.as_str(), "title": chat.title });
    if let Some(username) = &chat.username {
        shown["username"] = json!(username);
    }
    shown
}

/// A chat, in full.
pub fn full(of: &Chat) -> Value {
    let mut shown = chat(of);
    shown["accent_color_id"] = json!(0);
    shown["max_reaction_count"] = json!(11);
    shown["accepted_gift_types"] = json!({
        "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
        "gifts_from_channels": false,
    });
    if of.kind != Kind::Channel {
        shown["permissions"] = json!({
            "can_send_messages": true, "can_send_photos": true, "can_send_videos": true, "can_send_polls": true,
        });
    }
    shown
}

/// What a bot is in a chat.
pub fn member(bot: &Bot, of: &Chat, standing: Option<Standing>) -> Value {
    let may_post = standing == Some(Standing::Admin);
    match standing {
        None => json!({ "status": "left", "user": user(bot) }),
        Some(Standing::Kicked) => json!({ "status": "kicked", "user": user(bot), "until_date": 0 }),
        Some(Standing::Member) => json!({ "status": "member", "user": user(bot) }),
        Some(Standing::Admin | Standing::Silent) => {
            let mut shown = json!({ "status": "administrator", "user": user(bot), "can_be_edited": false });
            for right in [
                "can_manage_chat",
                "can_delete_messages",
                "can_manage_video_chats",
                "can_restrict_members",
                "can_promote_members",
                "can_change_info",
                "can_invite_users",
                "can_post_stories",
                "can_edit_stories",
                "can_delete_stories",
                "is_anonymous",
            ] {
                shown[right] = json!(right == "can_manage_chat");
            }
            if of.kind == Kind::Channel {
                shown["can_post_messages"] = json!(may_post);
                shown["can_edit_messages"] = json!(false);
            }
            shown
        }
    }
}

/// A message.
pub fn message(town: &Town, of: &Chat, message: &Message) -> Value {
    let mut shown = Map::from_iter([
        ("message_id".to_owned(), json!(message.id)),
        ("date".to_owned(), json!(message.at.as_seconds())),
        ("chat".to_owned(), chat(of)),
    ]);
    let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    if of.kind == Kind::Channel {
        put("sender_chat", chat(of));
    } else if let Some(bot) = town.bots.get(&message.bot) {
        put("from", user(bot));
    }
    if let Some(at) = message.edited_at {
        put("edit_date", json!(at.as_seconds()));
    }
    if let Some(album) = &message.album {
        put("media_group_id", json!(album));
    }
    if message.is_protected {
        put("has_protected_content", json!(true));
    }
    if let Some(parent) = message.reply_to.and_then(|id| of.messages.get(&id)) {
        // The message that is replied to comes without the one that it replies to itself.
        let parent = Message { reply_to: None, ..parent.clone() };
        put("reply_to_message", self::message(town, of, &parent));
    }
    shown.extend(content(&message.content, message.id));
    Value::Object(shown)
}

fn content(content: &Content, id: i64) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    if let Some(poll) = &content.poll {
        let options = poll
            .options
            .iter()
            .enumerate()
            .map(|(at, option)| json!({ "persistent_id": format!("{id}-{at}"), "text": option, "voter_count": 0 }));
        let mut whole = json!({
            "id": format!("{id}"), "question": content.text, "options": options.collect::<Vec<_>>(), "total_voter_count": 0,
            "is_closed": false, "is_anonymous": true, "type": "regular", "allows_multiple_answers": poll.multiple,
            "allows_revoting": true, "members_only": false,
        });
        if let Some(seconds) = poll.open_seconds {
            whole["open_period"] = json!(seconds);
        }
        put("poll", whole);
        return shown;
    }
    let (text, entities) = if content.file.is_some() { ("caption", "caption_entities") } else { ("text", "entities") };
    if !content.text.is_empty() {
        put(text, json!(content.text));
    }
    if !content.entities.is_empty() {
        put(entities, json!(content.entities));
    }
    if let Some(preview) = &content.preview {
        put("link_preview_options", preview.clone());
    }
    if content.is_spoiler {
        put("has_media_spoiler", json!(true));
    }
    if content.is_above {
        put("show_caption_above_media", json!(true));
    }
    if let Some(of) = &content.file {
        put(of.form.as_str(), file(of));
        if of.form == Form::Animation {
            // For programs that know no animations.
            put("document", document(of));
        }
    }
    shown
}

fn file(file: &File) -> Value {
    let mut shown = json!({
        "file_id": file.blob, "file_unique_id": &file.blob[..16], "file_size": file.size, "width": file.width,
        "height": file.height,
    });
    match file.form {
        Form::Photo => json!([shown]),
        Form::Document => document(file),
        Form::Video | Form::Animation => {
            shown["duration"] = json!(file.seconds);
            shown["mime_type"] = json!(file.content_type);
            shown
        }
    }
}

fn document(file: &File) -> Value {
    json!({
        "file_id": file.blob, "file_unique_id": &file.blob[..16], "file_size": file.size, "mime_type": file.content_type,
    })
}
