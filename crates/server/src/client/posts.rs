//! `fanfare post`, `validate`, `posts`, `show`, `edit`, `schedule` and `delete`.

use std::{
    io::{IsTerminal as _, Read as _},
    time::Duration,
};

use base::ids::PostId;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Told, Way, channels, items, media, text};
use crate::{demo::local_zone, say};

/// How often the state of a post is polled.
const LOOK: Duration = Duration::from_millis(300);
/// How long `--wait` waits at most.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The content of a post.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// The first part's text; `-` for standard input.
    pub text: String,
    /// More parts.
    pub thread: Vec<String>,
    /// Files attached to the first part.
    pub media: Vec<std::path::PathBuf>,
    /// Their alt texts, in the same order.
    pub alt: Vec<String>,
}

/// The arguments of `post`.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its content.
    pub texts: Texts,
    /// Channels by name.
    pub to: Vec<String>,
    /// When.
    pub when: When,
    /// Whether to wait until it is live or needs attention.
    pub wait: bool,
}

/// When a post is published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum When {
    /// Not yet.
    #[default]
    Draft,
    /// At once.
    Now,
    /// In each channel's next free queue slot.
    NextSlot,
    /// At a local time in a zone, or at an instant.
    At(String, Option<String>),
}

impl When {
    fn schedule(&self) -> Option<Value> {
        match self {
            Self::Draft => None,
            Self::Now => Some(json!({ "now": true })),
            Self::NextSlot => Some(json!({ "next_slot": true })),
            Self::At(instant, None) if is_instant(instant) => Some(json!({ "at": instant })),
            Self::At(local, zone) => {
                let zone = zone.clone().unwrap_or_else(local_zone);
                Some(json!({ "local": local.trim().replacen(' ', "T", 1), "zone": zone }))
            }
        }
    }
}

/// Whether it carries its own offset, as in `2030-01-31T09:30:00Z`.
fn is_instant(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}

/// Creates a post, after every channel has checked it.
///
/// # Errors
/// See [`Told`].
pub async fn post(api: &Api, wanted: Wanted, way: Way) -> Result<(), Told> {
    let channels = channels::named(api, &wanted.to).await?;
    let mut body = body(api, wanted.texts, &channels).await?;
    if let Some(schedule) = wanted.when.schedule() {
        body["schedule"] = schedule;
    }
    judge(api, &body, "it was not created", way).await?;
    let made = api.post_once("/v1/posts", &body).await?;
    if !wanted.wait || wanted.when == When::Draft {
        way.tell(&made, |made| tell_made(made, &channels));
        return Ok(());
    }
    follow_to_its_end(api, text(&made, "id"), &channels, way).await
}

/// Asks every channel whether it would accept a post.
///
/// # Errors
/// If one would not; see [`Told`].
pub async fn validate(api: &Api, texts: Texts, to: &[String], way: Way) -> Result<(), Told> {
    let channels = channels::named(api, to).await?;
    let body = body(api, texts, &channels).await?;
    let judged = judge(api, &body, "it could not be published", way).await?;
    way.tell(&judged, |_| say::out("Every channel accepts this post."));
    Ok(())
}

/// Lets every channel check a post and prints the issues. `so` is what a refusal means for the command.
async fn judge(api: &Api, body: &Value, so: &str, way: Way) -> Result<Value, Told> {
    let judged = api.post("/v1/posts/validate", body).await?;
    tell_issues(&judged, way);
    if judged["ok"] == false {
        let detail = format!("A channel can't publish this post, so {so}. Change it and try again.");
        return Err(Told::Problem(Box::new(
            json!({ "title": "Not published", "detail": detail, "channels": judged["channels"] }),
        )));
    }
    Ok(judged)
}

async fn body(api: &Api, texts: Texts, channels: &[Value]) -> Result<Value, Told> {
    let targets: Vec<Value> = channels.iter().map(|channel| json!({ "channel": channel["id"] })).collect();
    Ok(json!({ "parts": parts(api, texts).await?, "channels": targets }))
}

/// The parts of a post. Uploads its files.
async fn parts(api: &Api, texts: Texts) -> Result<Vec<Value>, Told> {
    if texts.alt.len() > texts.media.len() {
        return Err(Told::here("there are more --alt than --media; give one alt text per file, in the same order"));
    }
    let mut said = Vec::new();
    for text in std::iter::once(texts.text).chain(texts.thread) {
        said.push(spoken(text)?);
    }
    let mut media = Vec::new();
    for (place, path) in texts.media.iter().enumerate() {
        let alt = texts.alt.get(place).map(String::as_str);
        media.push(json!({ "id": media::upload(api, path, alt).await?, "alt": alt }));
    }
    let mut parts: Vec<Value> = said.iter().map(|text| json!({ "text": text })).collect();
    if let Some(first) = parts.first_mut() {
        first["media"] = media.into();
    }
    Ok(parts)
}

/// The given text, or for `-` what standard input contains, without the line break at its end.
fn spoken(text: String) -> Result<String, Told> {
    if text != "-" {
        if text.contains("\\n") {
            say::err(
                "warning: the text contains a backslash followed by n, which is published literally; for a line break, write \
                 $'first\\nsecond' in bash or zsh, or pipe the text: printf 'first\\nsecond' | fanfare post - …",
            );
        }
        return Ok(text);
    }
    if std::io::stdin().is_terminal() {
        say::err("Type the text, then press Ctrl-D on an empty line.");
    }
    let mut read = String::new();
    let done = std::io::stdin().read_to_string(&mut read);
    done.map_err(|error| Told::Here(format!("standard input isn't text: {error}")))?;
    let text = read.strip_suffix('\n').map_or(&*read, |line| line.strip_suffix('\r').unwrap_or(line));
    match text.trim() {
        "" => Err(Told::here("standard input was empty; give it a text")),
        _ => Ok(text.to_owned()),
    }
}

/// Changes the content of a post.
///
/// # Errors
/// See [`Told`].
pub async fn edit(api: &Api, id: &str, texts: Texts, way: Way) -> Result<(), Told> {
    let before = read(api, id).await?;
    let parts = parts(api, texts).await?;
    let changed = api.change(Method::PATCH, &path(id)?, &json!({ "parts": parts }), &before).await?;
    way.tell(&changed, |post| say::out(format_args!("{} {}", text(post, "id"), text(post, "state"))));
    Ok(())
}

/// Schedules or reschedules a post.
///
/// # Errors
/// See [`Told`].
pub async fn schedule(api: &Api, id: &str, when: &When, wait: bool, way: Way) -> Result<(), Told> {
    let before = read(api, id).await?;
    let body = json!({ "schedule": when.schedule() });
    let scheduled = api.change(Method::POST, &format!("{}/schedule", path(id)?), &body, &before).await?;
    let channels = all_channels(api).await?;
    if !wait {
        way.tell(&scheduled, |post| tell_made(post, &channels));
        return Ok(());
    }
    follow_to_its_end(api, id, &channels, way).await
}

/// Shows a post.
///
/// # Errors
/// See [`Told`].
pub async fn show(api: &Api, id: &str, way: Way) -> Result<(), Told> {
    let post = read(api, id).await?;
    let channels = if way.json { Vec::new() } else { all_channels(api).await? };
    way.tell(&post, |post| {
        tell_made(post, &channels);
        for part in items(&post["parts"]) {
            say::out(format_args!("\n{}", text(part, "text")));
            items(&part["media"])
                .for_each(|media| say::out(format_args!("[{}] {}", text(media, "id"), text(media, "alt"))));
        }
    });
    Ok(())
}

/// How a post is deleted.
#[derive(Debug, Clone, Copy)]
pub struct Deletion {
    /// Whether published posts are deleted on the platforms, too.
    pub live: bool,
    /// Whether to skip the question.
    pub yes: bool,
}

/// Deletes a post.
///
/// # Errors
/// See [`Told`].
pub async fn delete(api: &Api, id: &str, how: Deletion, way: Way) -> Result<(), Told> {
    let post = read(api, id).await?;
    let live: Vec<&str> = items(&post["publications"])
        .filter(|publication| how.live && publication["state"] == "published")
        .map(|publication| text(publication, "id"))
        .collect();
    if !how.yes && std::io::stdin().is_terminal() {
        let there = if live.is_empty() {
            String::new()
        } else {
            format!(" and {} published posts on their platforms", live.len())
        };
        let undone = if live.is_empty() {
            "`fanfare undelete` undoes this for a day."
        } else {
            "What is deleted on a platform can't be restored."
        };
        say::ask(format_args!("Delete {id}{there}? {undone} [y/N] "));
        let mut answer = String::new();
        let _ = std::io::stdin().read_line(&mut answer);
        if !["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            return Err(Told::here("nothing was deleted"));
        }
    }
    for publication in &live {
        api.delete(&format!("/v1/publications/{publication}/live")).await?;
    }
    api.delete(&path(id)?).await?;
    way.tell(&json!({ "deleted": id, "deleted_live": live }), |_| {
        say::out(format_args!("Deleted {id}{}.", if live.is_empty() { "" } else { " and its published posts" }));
    });
    Ok(())
}

/// Hands a draft in for review.
///
/// # Errors
/// See [`Told`].
pub async fn submit(api: &Api, id: &str, note: Option<String>, way: Way) -> Result<(), Told> {
    let body = json!({ "note": note });
    let post = api.change(Method::PUT, &format!("{}/review", path(id)?), &body, &read(api, id).await?).await?;
    way.tell(&post, |_| say::out(format_args!("Handed in {id} for review.")));
    Ok(())
}

/// Hands a post back to its author.
///
/// # Errors
/// See [`Told`].
pub async fn hand_back(api: &Api, id: &str, note: Option<String>, way: Way) -> Result<(), Told> {
    let body = json!({ "note": note });
    let post = api.change(Method::POST, &format!("{}/review/return", path(id)?), &body, &read(api, id).await?).await?;
    way.tell(&post, |_| say::out(format_args!("Handed {id} back to its author.")));
    Ok(())
}

/// Brings back a post that was deleted.
///
/// # Errors
/// See [`Told`].
pub async fn undelete(api: &Api, id: &str, way: Way) -> Result<(), Told> {
    let post = api.post(&format!("{}/restore", path(id)?), &json!({})).await?;
    way.tell(&post, |_| say::out(format_args!("Restored {id}; it is {}.", text(&post, "state").replace('_', " "))));
    Ok(())
}

/// The path of a post. Refuses other ids here, in this program's words.
fn path(id: &str) -> Result<String, Told> {
    match id.parse::<PostId>() {
        Ok(post) => Ok(format!("/v1/posts/{post}")),
        Err(_) => {
            Err(Told::Here(format!("`{id}` isn't a post id; these start with post_, and `fanfare posts` lists them")))
        }
    }
}

/// One post.
///
/// # Errors
/// See [`Told`].
pub(super) async fn read(api: &Api, id: &str) -> Result<Value, Told> {
    api.get(&path(id)?).await
}

async fn all_channels(api: &Api) -> Result<Vec<Value>, Told> {
    let channels = api.get("/v1/channels").await?;
    Ok(items(&channels).cloned().collect())
}

async fn follow_to_its_end(api: &Api, id: &str, channels: &[Value], way: Way) -> Result<(), Told> {
    let ended = follow(api, id).await?;
    way.tell(&ended, |post| items(&post["publications"]).for_each(|publication| tell_outcome(publication, channels)));
    // What was unscheduled earlier was not meant to be published.
    let live = items(&ended["publications"]).all(|one| ["published", "cancelled"].contains(&text(one, "state")));
    if live { Ok(()) } else { Err(Told::Here(format!("not every channel is live; `fanfare explain {id}` shows why"))) }
}

/// Prints each channel's issues to standard error, so that standard output has only the answer.
fn tell_issues(judged: &Value, way: Way) {
    if way.json {
        return;
    }
    for channel in items(&judged["channels"]) {
        for issue in items(&channel["issues"]) {
            let name = format!("{}:{}", text(channel, "platform"), text(channel, "channel_name"));
            say::err(format_args!(
                "{name}: {}: {} ({})",
                text(issue, "severity"),
                text(issue, "detail"),
                text(issue, "rule")
            ));
        }
    }
}

fn tell_made(made: &Value, channels: &[Value]) {
    say::out(format_args!("{} {}", text(made, "id"), text(made, "state")));
    items(&made["publications"]).for_each(|publication| tell_outcome(publication, channels));
}

fn tell_outcome(publication: &Value, channels: &[Value]) {
    let channel = channels.iter().find(|channel| channel["id"] == publication["channel"]);
    let name = channel.map_or_else(
        || text(publication, "channel").to_owned(),
        |channel| format!("{}:{}", text(channel, "platform"), text(channel, "handle")),
    );
    let rest = match (publication["url"].as_str(), publication["detail"].as_str()) {
        (Some(url), _) => url.to_owned(),
        (None, Some(detail)) => format!("{detail} ({})", text(publication, "id")),
        (None, None) => format!("due {} ({})", text(publication, "due_at"), text(publication, "id")),
    };
    say::out(format_args!("  {name}: {} {rest}", text(publication, "state")));
}

/// Polls until the engine is done with every publication of the post.
async fn follow(api: &Api, id: &str) -> Result<Value, Told> {
    let looks = PATIENCE.as_millis() / LOOK.as_millis();
    for _ in 0..looks {
        let post = api.get(&format!("/v1/posts/{id}")).await?;
        let moving =
            |publication: &Value| ["scheduled", "armed", "processing", "unknown"].contains(&text(publication, "state"));
        if !items(&post["publications"]).any(moving) {
            return Ok(post);
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(Told::Here(format!("it is not finished after ten minutes; `fanfare explain {id}` shows its state")))
}

/// Lists posts, newest first.
///
/// # Errors
/// See [`Told`].
pub async fn list(api: &Api, limit: u32, way: Way) -> Result<(), Told> {
    let page = api.get(&format!("/v1/posts?limit={limit}")).await?;
    let channels = if way.json { Vec::new() } else { all_channels(api).await? };
    way.tell(&page, |page| {
        for post in items(page) {
            let words: String = text(&post["parts"][0], "text").chars().take(60).collect();
            say::out(format_args!("{} {:<16} {}", text(post, "id"), text(post, "state"), words.replace('\n', " ")));
            items(&post["publications"]).for_each(|publication| tell_outcome(publication, &channels));
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_local_unless_it_says_its_offset() {
        let at = |text: &str, zone: Option<&str>| When::At(text.into(), zone.map(str::to_owned)).schedule();
        let local = json!({ "local": "2030-01-31T09:30", "zone": "Europe/Amsterdam" });
        assert_eq!(at("2030-01-31 09:30", Some("Europe/Amsterdam")), Some(local));
        assert_eq!(at("2030-01-31T09:30:00Z", None), Some(json!({ "at": "2030-01-31T09:30:00Z" })));
        assert_eq!(When::Now.schedule(), Some(json!({ "now": true })));
        assert_eq!(When::Draft.schedule(), None);
    }
}
