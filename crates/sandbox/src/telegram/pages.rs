//! What people see of Telegram: chats with their messages, and BotFather's work on one page.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Form as Fields,
    extract::{Path, State as Shared},
    response::{Html, IntoResponse as _, Redirect, Response},
};
use bytes::Bytes;
use serde::Deserialize;

use super::{
    State,
    model::{Chat, Kind, Message, Standing, Town},
};
use crate::{
    Core, Shows,
    pages::{self, Choice, MediaView, PollView, PostView, TimelineView, escape},
    shows,
};

impl Shows for State {
    const ACCOUNT: &str = "/s/{name}";
    const POST: &str = "/s/{name}/{id}";
    const FILE: &str = "/media/{id}";
    const INTRODUCTION: &str = "A Telegram that exists on this computer only. These channels and groups live here.";

    fn core(&self) -> &Core {
        &self.core
    }

    fn people(&self) -> Vec<Choice> {
        let town = self.town();
        let of = |chat: &Chat| {
            let choice = Choice::of(&chat.name(), &chat.title);
            // Programs know a chat without a name by its id.
            if chat.username.is_some() { choice } else { Choice { handle: chat.id.to_string(), ..choice } }
        };
        town.chats.values().filter(|chat| chat.moved_to.is_none()).map(of).collect()
    }

    fn account(&self, name: &str) -> Option<TimelineView> {
        let town = self.town();
        let chat = town.by_name(name)?;
        let heads = chat.messages.values().rev().filter(|message| is_head(chat, message)).take(100);
        Some(TimelineView {
            name: chat.title.clone(),
            handle: format!("@{}", chat.name()),
            bio: format!("A {}.", chat.kind.as_str()),
            posts: heads.map(|message| shown(chat, message)).collect(),
        })
    }

    fn post(&self, name: &str, id: &str) -> Option<PostView> {
        let town = self.town();
        let chat = town.by_name(name)?;
        chat.messages.get(&id.parse().ok()?).map(|message| shown(chat, message))
    }

    fn file(&self, id: &str) -> Option<(String, Bytes)> {
        let town = self.town();
        let files = town.chats.values().flat_map(|chat| chat.messages.values());
        let file = files.filter_map(|message| message.content.file.as_ref()).find(|file| file.blob == id)?;
        Some((file.content_type.clone(), self.core.blobs.get(&file.blob)?))
    }

    fn landing(&self) -> Html<String> {
        let people = self.people();
        let line = |one: Choice| (one.name, one.handle, Self::ACCOUNT.replace("{name}", &one.value));
        let Html(page) = pages::landing(&pages::Landing {
            network: self.core.network.title().to_owned(),
            about: Self::INTRODUCTION.to_owned(),
            accounts: people.into_iter().map(line).collect(),
        });
        let more =
            format!("<p>{}</p></main>", pages::link("/botfather", "Make a bot and add it to a chat with BotFather"));
        Html(page.replace("</main>", &more))
    }
}

/// The first message of an album stands for all of them, and an answer stands below its message.
fn is_head(chat: &Chat, message: &Message) -> bool {
    let is_answer = message.reply_to.is_some_and(|id| chat.messages.contains_key(&id));
    let first = chat.messages.values().find(|other| message.album.is_some() && other.album == message.album);
    !is_answer && first.is_none_or(|first| first.id == message.id)
}

fn shown(chat: &Chat, message: &Message) -> PostView {
    let content = &message.content;
    let is_mate = |other: &&Message| other.id == message.id || message.album.is_some() && other.album == message.album;
    let files = chat.messages.values().filter(is_mate).filter_map(|message| message.content.file.as_ref());
    let is_answer = |other: &&Message| {
        other.reply_to == Some(message.id)
            && chat
                .messages
                .values()
                .all(|mate| mate.id >= other.id || other.album.is_none() || mate.album != other.album)
    };
    let notes = [
        message.edited_at.map(|_| "edited".to_owned()),
        message.is_silent.then(|| "silent".to_owned()),
        message.is_protected.then(|| "can't be forwarded".to_owned()),
        content.preview.as_ref().map(|preview| format!("link preview: {preview}")),
        content.poll.as_ref().filter(|poll| poll.multiple).map(|_| "several answers".to_owned()),
    ];
    PostView {
        id: message.id.to_string(),
        author: chat.title.clone(),
        handle: format!("@{}", chat.name()),
        at: message.at,
        text: marked(message),
        warning: content.is_spoiler.then(|| "Spoiler".to_owned()),
        media: files
            .map(|file| MediaView {
                address: format!("/media/{}", file.blob),
                content_type: file.content_type.clone(),
                alt: String::new(),
            })
            .collect(),
        poll: content.poll.as_ref().map(|poll| PollView {
            options: poll.options.iter().map(|option| (option.clone(), 0)).collect(),
            ends_at: message.at + std::time::Duration::from_secs(poll.open_seconds.unwrap_or_default()),
        }),
        notes: notes.into_iter().flatten().collect(),
        replies: chat.messages.values().filter(is_answer).map(|answer| shown(chat, answer)).collect(),
        ..PostView::default()
    }
}

/// The text, with bold passages, hidden ones and links. Of overlapping entities, the first counts.
fn marked(message: &Message) -> String {
    let units: Vec<u16> = message.content.text.encode_utf16().collect();
    let text = |from: usize, to: usize| String::from_utf16_lossy(units.get(from..to).unwrap_or_default());
    let (mut markup, mut done) = (String::new(), 0);
    for entity in &message.content.entities {
        let number =
            |name: &str| entity[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
        let (from, to) = (number("offset"), number("offset") + number("length"));
        if from < done {
            continue;
        }
        markup.push_str(&escape(&text(done, from)));
        let inside = text(from, to);
        match entity["type"].as_str().unwrap_or_default() {
            "bold" => drop(write!(markup, "<strong>{}</strong>", escape(&inside))),
            "spoiler" => drop(write!(markup, "<details><summary>Spoiler</summary>{}</details>", escape(&inside))),
            "url" => markup.push_str(&pages::link(&inside, &inside)),
            "mention" => markup.push_str(&pages::link(&format!("/s/{}", inside.trim_start_matches('@')), &inside)),
            _ => markup.push_str(&escape(&inside)),
        }
        done = to;
    }
    markup.push_str(&escape(&text(done, units.len())));
    markup.replace('\n', "<br>")
}

/// The page of a message in a private chat.
pub async fn private(Shared(state): Shared<Arc<State>>, Path((number, id)): Path<(String, String)>) -> Response {
    shows::post(&*state, &number, &id)
}

/// Bots, chats, and what bots are there.
pub async fn botfather(Shared(state): Shared<Arc<State>>) -> Html<String> {
    let town = state.town();
    let mut body = String::from("<p class=\"banner\"><a href=\"/\">Sandbox: Telegram</a></p><h1>BotFather</h1>");
    for bot in town.bots.values() {
        let (name, username, token) = (escape(&bot.name), escape(&bot.username), escape(&bot.token));
        let _ = write!(
            body,
            "<p class=\"card\">{name} <span class=\"quiet\">@{username}</span><br><code>{token}</code></p>"
        );
    }
    body.push_str(
        "<form method=\"post\" action=\"/botfather/bots\" class=\"card\"><label>Name <input name=\"name\" required></label> \
         <label>User name <input name=\"username\" required pattern=\"[A-Za-z0-9_]+[Bb]ot\"></label> \
         <button>Make a bot</button></form>\
         <form method=\"post\" action=\"/botfather/chats\" class=\"card\"><label>Title <input name=\"title\" required></label> \
         <label>User name <input name=\"username\"></label> <label>Kind <select name=\"kind\"><option>channel</option>\
         <option>supergroup</option><option>group</option></select></label> <button>Make a chat</button></form>\
         <form method=\"post\" action=\"/botfather/rights\" class=\"card\"><label>Bot <select name=\"bot\">",
    );
    for bot in town.bots.values() {
        let _ = write!(body, "<option value=\"{}\">{}</option>", bot.id, escape(&bot.name));
    }
    body.push_str("</select></label> <label>Chat <select name=\"chat\">");
    for chat in town.chats.values().filter(|chat| chat.moved_to.is_none()) {
        let _ = write!(body, "<option value=\"{}\">{}</option>", chat.id, escape(&chat.title));
    }
    body.push_str(
        "</select></label> <label>It is <select name=\"standing\"><option value=\"admin\">an administrator who may post</option>\
         <option value=\"silent\">an administrator who may not post</option><option value=\"member\">a member</option>\
         <option value=\"kicked\">kicked</option><option value=\"out\">not there</option></select></label> \
         <button>Set</button></form>",
    );
    for chat in town.chats.values().filter(|chat| chat.kind == Kind::Group && chat.moved_to.is_none()) {
        let _ = write!(
            body,
            "<form method=\"post\" action=\"/botfather/upgrade\" class=\"card\"><input type=\"hidden\" name=\"chat\" value=\"{}\">\
             <button>Make {} a supergroup</button></form>",
            chat.id,
            escape(&chat.title)
        );
    }
    pages::page("BotFather", &body)
}

/// A bot's form.
#[derive(Deserialize)]
pub struct NewBot {
    name: String,
    username: String,
}

/// Makes a bot.
pub async fn make_bot(Shared(state): Shared<Arc<State>>, Fields(new): Fields<NewBot>) -> Response {
    let secret = Town::secret(&*state.core.random);
    let mut town = state.town();
    let is_taken = town.bots.values().any(|bot| bot.username.eq_ignore_ascii_case(&new.username));
    if is_taken || !new.username.to_lowercase().ends_with("bot") {
        return pages::refusal("Telegram", "The user name is taken, or doesn't end with bot.").into_response();
    }
    town.add_bot(&new.name, &new.username, &secret);
    Redirect::to("/botfather").into_response()
}

/// A chat's form.
#[derive(Deserialize)]
pub struct NewChat {
    title: String,
    #[serde(default)]
    username: String,
    kind: Kind,
}

/// Makes a channel or group.
pub async fn make_chat(Shared(state): Shared<Arc<State>>, Fields(new): Fields<NewChat>) -> Response {
    let mut town = state.town();
    if town.by_name(&new.username).is_some() {
        return pages::refusal("Telegram", "The user name is taken.").into_response();
    }
    town.add_chat(new.kind, &new.title, Some(new.username.as_str()).filter(|name| !name.is_empty()));
    Redirect::to("/botfather").into_response()
}

/// What a bot is to be in a chat.
#[derive(Deserialize)]
pub struct Right {
    bot: i64,
    chat: i64,
    standing: String,
}

/// Adds a bot to a chat, changes what it may do there, or takes it out.
pub async fn give_right(Shared(state): Shared<Arc<State>>, Fields(right): Fields<Right>) -> Response {
    let mut town = state.town();
    let standing = match right.standing.as_str() {
        "admin" => Some(Standing::Admin),
        "silent" => Some(Standing::Silent),
        "member" => Some(Standing::Member),
        "kicked" => Some(Standing::Kicked),
        _ => None,
    };
    let Some(chat) = town.chats.get_mut(&right.chat) else { return shows::nothing(&*state) };
    if standing == Some(Standing::Member) && chat.kind == Kind::Channel {
        return pages::refusal("Telegram", "In a channel, bots can only be administrators.").into_response();
    }
    chat.bots.remove(&right.bot);
    chat.bots.extend(standing.map(|standing| (right.bot, standing)));
    Redirect::to("/botfather").into_response()
}

/// Which group.
#[derive(Deserialize)]
pub struct Group {
    chat: i64,
}

/// Makes a supergroup of a group.
pub async fn upgrade(Shared(state): Shared<Arc<State>>, Fields(group): Fields<Group>) -> Response {
    state.town().upgrade(group.chat);
    Redirect::to("/botfather").into_response()
}
