//! `fanfare post` and `fanfare posts`.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Api, Told, Way, channels, items, media, text};
use crate::{demo::local_zone, say};

/// How often a post that goes out is looked at.
const LOOK: Duration = Duration::from_millis(300);
/// How long `--wait` waits.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// What `post` is given.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The first part's text.
    pub text: String,
    /// More parts.
    pub thread: Vec<String>,
    /// Channels by name.
    pub to: Vec<String>,
    /// Files, on the first part.
    pub media: Vec<std::path::PathBuf>,
    /// Their alternative texts, in the same order.
    pub alt: Vec<String>,
    /// When.
    pub when: When,
    /// Whether it is followed until it is live or needs somebody.
    pub wait: bool,
}

/// When a post goes out.
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

/// Makes a post: judged by every channel first, then made once.
///
/// # Errors
/// See [`Told`].
pub async fn post(api: &Api, wanted: Wanted, way: Way) -> Result<(), Told> {
    let channels = channels::named(api, &wanted.to).await?;
    if wanted.alt.len() > wanted.media.len() {
        return Err(Told::here("there are more --alt than --media; give each file its text, in the same order"));
    }
    let body = body(api, &wanted, &channels).await?;
    let judged = api.post("/v1/posts/validate", &body).await?;
    tell_issues(&judged, way);
    if judged["ok"] == false {
        let detail = "A channel cannot take this post, so nothing was made. Change it and try again.";
        return Err(Told::Problem(Box::new(
            json!({ "title": "Not posted", "detail": detail, "channels": judged["channels"] }),
        )));
    }
    let made = api.post_once("/v1/posts", &body).await?;
    if !wanted.wait || wanted.when == When::Draft {
        way.tell(&made, |made| tell_made(made, &channels));
        return Ok(());
    }
    let ended = follow(api, text(&made, "id")).await?;
    way.tell(&ended, |post| items(&post["publications"]).for_each(|publication| tell_outcome(publication, &channels)));
    let live = items(&ended["publications"]).all(|publication| publication["state"] == "published");
    if live { Ok(()) } else { Err(Told::here("not everything is live; `fanfare explain ID` tells why")) }
}

async fn body(api: &Api, wanted: &Wanted, channels: &[Value]) -> Result<Value, Told> {
    let mut media = Vec::new();
    for (place, path) in wanted.media.iter().enumerate() {
        let alt = wanted.alt.get(place).map(String::as_str);
        media.push(json!({ "id": media::upload(api, path, alt).await?, "alt": alt }));
    }
    let mut parts = vec![json!({ "text": wanted.text, "media": media })];
    parts.extend(wanted.thread.iter().map(|text| json!({ "text": text })));
    let targets: Vec<Value> = channels.iter().map(|channel| json!({ "channel": channel["id"] })).collect();
    let mut body = json!({ "parts": parts, "channels": targets });
    if let Some(schedule) = wanted.when.schedule() {
        body["schedule"] = schedule;
    }
    Ok(body)
}

/// What each channel says, on the standard error: the answer proper stays clean.
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

/// Looks until nothing of the post moves by itself any more.
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
    Err(Told::Here(format!("it is still on its way after ten minutes; `fanfare explain {id}` tells where it stands")))
}

/// Lists posts, newest first.
///
/// # Errors
/// See [`Told`].
pub async fn list(api: &Api, limit: u32, way: Way) -> Result<(), Told> {
    let page = api.get(&format!("/v1/posts?limit={limit}")).await?;
    let channels = if way.json { Value::Null } else { api.get("/v1/channels").await? };
    let channels: Vec<Value> = items(&channels).cloned().collect();
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
