//! What people see of WhatsApp: their phones, with a chat for each business that wrote, in which they can answer.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::{Path, State as Shared},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use serde_json::json;

use super::{
    State,
    delivery::{self, Written},
    events, media, messages,
    model::{Book, Does, Message, Phone, Status},
    people::{self, Person},
};
use crate::{
    Core, Shows,
    meta::fetch::File,
    oauth::Fields,
    pages::{self, Choice, PostView, TimelineView},
    portraits, shows,
};

impl Shows for State {
    const ACCOUNT: &str = "/phones/{name}";
    const POST: &str = "/phones/{name}/{id}";
    const FILE: &str = "/media/{id}";
    const INTRODUCTION: &str = "A WhatsApp that exists on this computer only. These are the phones of people who have it; at \
                                /manager are the accounts, numbers and templates of businesses.";

    fn core(&self) -> &Core {
        &self.core
    }

    /// Those who sign in for a business, each with its accounts.
    fn people(&self) -> Vec<Choice> {
        let book = self.book();
        let choice = |admin: &super::model::Admin| Choice {
            targets: book.accounts_of(&admin.id).map(|waba| (waba.id.clone(), waba.name.clone())).collect(),
            ..Choice::of(&admin.login, &admin.name)
        };
        book.admins.values().map(choice).collect()
    }

    fn listed(&self) -> Vec<Choice> {
        let shown = |person: &Person| Choice {
            value: person.word.clone(),
            name: person.name.clone(),
            handle: format!("+{}", person.digits),
            targets: Vec::new(),
        };
        self.book().people.values().map(shown).collect()
    }

    /// Everything that a phone received, newest first.
    fn account(&self, name: &str) -> Option<TimelineView> {
        let book = self.book();
        let person = book.people.get(name)?;
        let received = book.messages.iter().rev().filter(|one| is_on(one, name));
        Some(TimelineView {
            name: person.name.clone(),
            handle: format!("+{}", person.digits),
            bio: String::new(),
            posts: received.take(100).map(|message| view(&book, message)).collect(),
        })
    }

    fn post(&self, name: &str, id: &str) -> Option<PostView> {
        let book = self.book();
        book.message(id).filter(|message| is_on(message, name)).map(|message| view(&book, message))
    }

    fn file(&self, blob: &str) -> Option<(String, Bytes)> {
        let book = self.book();
        let file = book.messages.iter().filter_map(|message| message.file.as_ref()).find(|file| file.blob == blob)?;
        Some((file.content_type.clone(), self.core.blobs.get(&file.blob)?))
    }
}

/// Whether a message is on a phone.
fn is_on(message: &Message, person: &str) -> bool {
    message.person.as_deref() == Some(person) && (!message.out || message.has(Status::Delivered))
}

fn view(book: &Book, message: &Message) -> PostView {
    let phone = book.phones.get(&message.phone).cloned().unwrap_or_default();
    PostView {
        id: message.id.clone(),
        author: phone.name.clone(),
        handle: phone.displayed(),
        at: message.at,
        text: pages::linked(&message.text, &[]),
        ..PostView::default()
    }
}

fn page(title: &str, body: &str) -> Response {
    let home = "<p class=\"banner\"><a href=\"/\">Sandbox: WhatsApp</a> — only on this computer</p>";
    pages::page(title, &format!("{home}{body}")).into_response()
}

/// A form of one button.
fn button(address: &str, fields: &[(&str, &str)], said: &str) -> String {
    let mut form = format!("<form method=\"post\" action=\"{}\" class=\"inline\">", pages::escape(address));
    for (name, value) in fields {
        let _ = write!(form, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", pages::escape(value));
    }
    form + &format!("<button>{}</button></form> ", pages::escape(said))
}

/// `GET /phones/{name}`: the chats of a phone.
pub async fn phone(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Response {
    let book = state.book();
    let Some(person) = book.people.get(&name) else { return shows::nothing(&*state) };
    let mut body = format!(
        "<header class=\"who\"><img class=\"face\" src=\"/phones/{name}/picture\" alt=\"\"><div><h1>{}</h1>\
         <p class=\"quiet\">+{}{}</p></div></header><ul class=\"accounts\">",
        pages::escape(&person.name),
        person.digits,
        person.username.as_ref().map(|name| format!(" · @{}", pages::escape(name))).unwrap_or_default(),
    );
    for phone in book.phones.values() {
        let chat = |one: &&Message| one.phone == phone.id && is_on(one, &name) && one.kind != "reaction";
        let last = book.messages.iter().rev().find(chat);
        let unread = book.messages.iter().filter(chat).filter(|one| one.out && !one.has(Status::Read)).count();
        let said = last.map_or("", |one| &one.text);
        let start: String = said.chars().take(60).collect();
        let new = if unread > 0 { format!(" <strong class=\"badge\">{unread} new</strong>") } else { String::new() };
        let _ = write!(
            body,
            "<li class=\"card\"><a href=\"/phones/{name}/{}\">{}</a>{new}<br><span class=\"quiet\">{}</span></li>",
            phone.id,
            pages::escape(&phone.name),
            pages::escape(&start)
        );
    }
    body.push_str("</ul>");
    let address = format!("/phones/{name}");
    let turn = if person.off { "Switch the phone on" } else { "Switch the phone off" };
    body.push_str(&button(&address, &[("do", "power")], turn));
    let receipts = if person.no_receipts { "Show others what was read" } else { "Hide what was read" };
    body.push_str(&button(&address, &[("do", "receipts")], receipts));
    let _ = write!(
        body,
        "<form method=\"post\" action=\"{address}\" class=\"card\"><input type=\"hidden\" name=\"do\" value=\"number\">\
         <label class=\"choice\">New number <input type=\"text\" name=\"number\" placeholder=\"+44 7700 900999\"></label>\
         <button>Change number</button></form>"
    );
    page(&person.name, &body)
}

/// `POST /phones/{name}`: `do` is `power`, `receipts` or `number` (with `number`).
pub async fn turned(Shared(state): Shared<Arc<State>>, Path(name): Path<String>, body: Bytes) -> Response {
    let (fields, now) = (Fields::read(&body), state.now());
    let mut book = state.book();
    let Some(before) = book.people.get(&name).cloned() else { return shows::nothing(&*state) };
    let mut person = before.clone();
    match fields.get("do") {
        Some("power") => person.off = !person.off,
        Some("receipts") => person.no_receipts = !person.no_receipts,
        _ => {
            let number = fields.get("number").and_then(people::digits);
            let number = number.filter(|number| book.by_number(number).is_none());
            let Some(number) = number else { return shows::nothing(&*state) };
            person.country = people::country(&number).to_owned();
            person.digits = number;
        }
    }
    book.people.insert(name.clone(), person.clone());
    if before.off && !person.off {
        delivery::switched_on(&mut book, &name, now);
    }
    if before.digits != person.digits {
        let wrote = |phone: &&Phone| book.thread(&phone.id, &name).wrote_at.is_some();
        let phones: Vec<Phone> = book.phones.values().filter(wrote).cloned().collect();
        for phone in phones {
            events::of_new_number(&state, &mut book, &phone, &before, &person);
        }
    }
    drop(book);
    state.core.touch();
    Redirect::to(&format!("/phones/{name}")).into_response()
}

/// `GET /phones/{name}/picture`.
pub async fn picture(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Response {
    let is_known = state.book().people.contains_key(&name);
    if is_known { portraits::served(&name) } else { shows::nothing(&*state) }
}

/// `GET /numbers/{phone}/picture`: the picture of a business, as its profile shows it.
pub async fn number_picture(Shared(state): Shared<Arc<State>>, Path(phone): Path<String>) -> Response {
    let name = state.book().phones.get(&phone).map(|phone| phone.name.clone());
    name.map_or_else(|| shows::nothing(&*state), |name| portraits::served(&name))
}

/// `GET /{digits}`, as at wa.me: the chat with a number of a business, on the first phone here.
pub fn chat_with(state: &State, digits: &str) -> Option<Response> {
    let book = state.book();
    let phone = book.phones.values().find(|phone| phone.digits == digits)?;
    let person = book.people.keys().next()?;
    Some(Redirect::to(&format!("/phones/{person}/{}", phone.id)).into_response())
}

/// `GET /phones/{name}/{phone}`: a chat. Who opens it has read what is in it.
pub async fn chat(Shared(state): Shared<Arc<State>>, Path((name, phone)): Path<(String, String)>) -> Response {
    let now = state.now();
    let mut book = state.book();
    let (Some(person), Some(business)) = (book.people.get(&name).cloned(), book.phones.get(&phone).cloned()) else {
        return shows::nothing(&*state);
    };
    delivery::looked(&mut book, &phone, &name, now);
    let thread = book.thread(&phone, &name);
    let address = format!("/phones/{name}/{phone}");
    let mut body = format!(
        "<h1>{}</h1><p class=\"quiet\">{} · on the phone of <a href=\"/phones/{name}\">{}</a></p><div class=\"chat\">",
        pages::escape(&business.name),
        business.displayed(),
        pages::escape(&person.name)
    );
    let here = |one: &&Message| one.phone == phone && is_on(one, &name) && one.kind != "reaction";
    for message in book.messages.iter().filter(here) {
        show(&mut body, &book, message, &address);
    }
    if thread.typing_at.is_some_and(|at| at + messages::TYPING > now) {
        body.push_str("<p class=\"quiet\">typing…</p>");
    }
    body.push_str("</div>");
    let _ = write!(
        body,
        "<form method=\"post\" action=\"{address}\" class=\"card\"><label class=\"choice\">Message \
         <input type=\"text\" name=\"say\" autocomplete=\"off\"></label><button class=\"allow\">Send</button></form>"
    );
    for (what, said) in [
        ("photo", "Send a photo"),
        ("location", "Send the location"),
        ("advertisement", "Come by an advertisement"),
        ("call", "Call"),
        ("block", if thread.blocked { "Unblock this business" } else { "Block this business" }),
        (
            "marketing",
            if book.wabas.get(&business.waba).is_some_and(|waba| person.no_marketing.contains(&waba.business)) {
                "Get offers again"
            } else {
                "Stop offers"
            },
        ),
    ] {
        body.push_str(&button(&address, &[("do", what)], said));
    }
    drop(book);
    state.core.touch();
    page(&format!("{} on {}'s phone", business.name, person.name), &body)
}

fn show(body: &mut String, book: &Book, message: &Message, address: &str) {
    let side = if message.out { "theirs" } else { "mine" };
    let _ = write!(body, "<article class=\"bubble {side}\" id=\"{}\">", pages::escape(&message.id));
    if let Some(quoted) = message.context.as_ref().and_then(|id| book.message(id)) {
        let _ = write!(body, "<div class=\"quote quiet\">{}</div>", pages::escape(&quoted.text));
    }
    if let Some(file) = &message.file {
        let source = format!("/media/{}", file.blob);
        let _ = match file.content_type.split('/').next() {
            Some("image") => write!(body, "<img src=\"{source}\" alt=\"\">"),
            Some("video") => write!(body, "<video controls preload=\"metadata\" src=\"{source}\"></video>"),
            Some("audio") => write!(body, "<audio controls src=\"{source}\"></audio>"),
            _ => write!(body, "<a href=\"{source}\">File</a>"),
        };
    }
    let _ = write!(body, "<div class=\"text\">{}</div>", pages::linked(&message.text, &[]));
    if let Some(emoji) = &message.reaction {
        let _ = write!(body, "<span class=\"badge\">{}</span>", pages::escape(emoji));
    }
    let seen = if message.out || !message.seen { "" } else { " ✓✓" };
    let _ = write!(
        body,
        "<time class=\"quiet\" datetime=\"{}\">{}</time>{seen}",
        message.at,
        message.at.to_jiff().strftime("%-d %B, %H:%M UTC")
    );
    for (at, tap) in message.buttons.iter().enumerate() {
        match &tap.does {
            Does::Open(url) => {
                let _ = write!(body, "<p>{}</p>", pages::link(url, &tap.title));
            }
            _ => {
                let index = at.to_string();
                body.push_str(&button(address, &[("tap", &message.id), ("button", &index)], &tap.title));
            }
        }
    }
    if message.out {
        body.push_str(&button(address, &[("react", &message.id), ("emoji", "👍")], "👍"));
    }
    body.push_str("</article>");
}

/// `POST /phones/{name}/{phone}`: `say` with a text (and `reply_to`), `tap` with a message and the number of a `button`,
/// `react` with a message and an `emoji`, or `do`: `photo`, `location`, `advertisement`, `call`, `block`, `marketing`.
pub async fn wrote(
    Shared(state): Shared<Arc<State>>,
    Path((name, phone)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let fields = Fields::read(&body);
    let mut book = state.book();
    let (Some(person), Some(business)) = (book.people.get(&name).cloned(), book.phones.get(&phone).cloned()) else {
        return shows::nothing(&*state);
    };
    if answer(&state, &mut book, &person, &business, &fields).is_none() {
        return shows::nothing(&*state);
    }
    drop(book);
    state.core.touch();
    Redirect::to(&format!("/phones/{name}/{phone}")).into_response()
}

fn answer(state: &State, book: &mut Book, person: &Person, phone: &Phone, fields: &Fields) -> Option<()> {
    let of_kind = |kind: &str, content: serde_json::Value, text: &str| Written {
        kind: kind.to_owned(),
        content,
        text: text.to_owned(),
        ..Written::default()
    };
    let receive =
        |book: &mut Book, written: Written| delivery::receive(state, book, &phone.id, &person.word, written).map(drop);
    if let Some(said) = fields.get("say") {
        let written = of_kind("text", json!({ "body": said }), said);
        return receive(book, Written { context: fields.get("reply_to").map(str::to_owned), ..written });
    }
    if let Some(id) = fields.get("tap") {
        let index: usize = fields.get("button")?.parse().ok()?;
        let tap = book.message(id).filter(|one| is_on(one, &person.word))?.buttons.get(index)?.clone();
        let (kind, content) = delivery::tapped(&tap.does, &tap.title)?;
        let written = of_kind(&kind, content, &tap.title);
        return receive(book, Written { context: Some(id.to_owned()), ..written });
    }
    if let Some(id) = fields.get("react") {
        let emoji = fields.get("emoji").unwrap_or_default();
        let id = book.message(id).filter(|one| is_on(one, &person.word))?.id.clone();
        let content = json!({ "message_id": id, "emoji": emoji });
        return receive(book, Written { context: Some(id), ..of_kind("reaction", content, emoji) });
    }
    let now = state.now();
    match fields.get("do")? {
        "photo" => {
            let bytes = Bytes::from(portraits::png(&person.word));
            let length = bytes.len();
            let file = File { blob: state.core.blobs.put(bytes), content_type: "image/png".into() };
            let id = media::keep(book, &phone.id, file.clone(), length, now + media::RECEIVED);
            let content = json!({ "id": id.to_string(), "mime_type": "image/png", "sha256": file.blob });
            receive(book, Written { file: Some(file), ..of_kind("image", content, "") })
        }
        "location" => {
            let content = json!({ "latitude": 51.905, "longitude": 4.483, "name": "The Quay" });
            receive(book, of_kind("location", content, "The Quay"))
        }
        "advertisement" => {
            let window = std::time::Duration::from_secs(72 * 3_600);
            book.thread_mut(&phone.id, &person.word).free_until = Some(now + window);
            receive(book, of_kind("text", json!({ "body": "Hello! I saw your offer." }), "Hello! I saw your offer."))
        }
        // A call opens the window as well, and shows the number.
        "call" => {
            let thread = book.thread_mut(&phone.id, &person.word);
            (thread.wrote_at, thread.by_number_at) = (Some(now), Some(now));
            Some(())
        }
        "block" => {
            let thread = book.thread_mut(&phone.id, &person.word);
            thread.blocked = !thread.blocked;
            Some(())
        }
        "marketing" => {
            let business = book.business_of(&phone.id)?.id.clone();
            let known = book.people.get_mut(&person.word)?;
            let stops = known.no_marketing.insert(business.clone());
            if !stops {
                known.no_marketing.remove(&business);
            }
            events::of_preference(state, book, phone, person, stops);
            Some(())
        }
        _ => None,
    }
}
