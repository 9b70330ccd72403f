//! How people name a chat, and the addresses of its messages.

use connector::Call;

use super::web;

/// The first digits of the id of a channel or supergroup; the rest is its number in addresses.
const PREFIX: &str = "-100";

/// What the Bot API knows a chat by, from what a person typed: `@name`, `name`, `https://t.me/name`, its id, or the address of
/// a message in a private one.
pub fn chat(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let path = ["https://", "http://"].iter().find_map(|scheme| typed.strip_prefix(scheme)).unwrap_or(typed);
    let path = ["t.me/", "telegram.me/"].iter().find_map(|host| path.strip_prefix(host));
    if let Some(number) = path.and_then(|path| path.strip_prefix("c/")) {
        let number = number.split('/').next().filter(|number| is_number(number))?;
        return Some(format!("{PREFIX}{number}"));
    }
    let name =
        path.map_or(typed, |path| path.strip_prefix("s/").unwrap_or(path).split(['/', '?']).next().unwrap_or_default());
    if path.is_none() && name.strip_prefix('-').is_some_and(is_number) {
        return Some(name.to_owned());
    }
    let name = name.strip_prefix('@').unwrap_or(name);
    let is_name = name.len() >= 4
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| format!("@{name}"))
}

/// The page of a chat, or of one of its messages. Basic groups have none, so that Telegram's own page stands for it.
pub fn page(call: &Call<'_>, chat_id: i64, username: Option<&str>, message: Option<&str>) -> String {
    let chat = match (username, chat_id.to_string().strip_prefix(PREFIX)) {
        (Some(name), _) => format!("/{name}"),
        (None, Some(number)) => format!("/c/{number}"),
        (None, None) => return web(call, "/"),
    };
    let message = message.map(|id| format!("/{id}")).unwrap_or_default();
    web(call, &format!("{chat}{message}"))
}

/// The message at an address, if it is in this chat.
pub fn message(address: &url::Url, chat_id: i64, username: Option<&str>) -> Option<String> {
    let path: Vec<&str> = address.path_segments()?.filter(|word| !word.is_empty()).collect();
    let number = chat_id.to_string();
    let is_here = |name: &str| username.is_some_and(|own| own.eq_ignore_ascii_case(name));
    let id = match path.as_slice() {
        ["c", chat, .., id] if number.strip_prefix(PREFIX) == Some(*chat) => id,
        ["s", name, id] | [name, id] if is_here(name) => id,
        _ => return None,
    };
    is_number(id).then(|| (*id).to_owned())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit())
}
