//! `fanfare explain`, `decide`, `unschedule` and `metrics`.

use base::ids::{PostId, PublicationId};
use serde_json::{Value, json};

use super::{Api, Told, Way, items, posts, text};
use crate::say;

/// Shows the story of a publication, or of all publications of a post.
///
/// # Errors
/// See [`Told`].
pub async fn explain(api: &Api, id: &str, way: Way) -> Result<(), Told> {
    let ids = of(api, id, |_| true).await?;
    if ids.is_empty() {
        return Err(Told::here("this post is a draft; nothing has happened to it yet"));
    }
    let mut stories = Vec::new();
    for id in ids {
        stories.push(api.get(&format!("/v1/publications/{id}/story")).await?);
    }
    way.tell(&Value::Array(stories), |stories| items(stories).for_each(tell));
    Ok(())
}

fn tell(story: &Value) {
    let publication = &story["publication"];
    say::out(format_args!("{} is {}", text(publication, "id"), text(publication, "state")));
    for name in ["detail", "url"] {
        if let Some(said) = publication[name].as_str() {
            say::out(format_args!("  {said}"));
        }
    }
    for telling in items(&story["story"]) {
        let part = telling["part"].as_u64().map(|part| format!(" part {}", part + 1)).unwrap_or_default();
        say::out(format_args!(
            "  {}  {}{part}  by {}",
            text(telling, "at"),
            text(telling, "act"),
            text(telling, "actor")
        ));
        if let Some(detail) = telling["detail"].as_str() {
            say::out(format_args!("      {detail}"));
        }
        for exchange in items(&telling["exchanges"]) {
            let status =
                exchange["status"].as_u64().map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let (method, url) = (text(exchange, "method"), text(exchange, "url"));
            say::out(format_args!("      {method} {url} -> {status}"));
        }
    }
    say::out(format_args!("  Next: {}", text(story, "next")));
}

/// The publications of a post that match, or the publication itself.
async fn of(api: &Api, id: &str, matches: impl Fn(&Value) -> bool) -> Result<Vec<String>, Told> {
    if id.parse::<PostId>().is_err() {
        return match id.parse::<PublicationId>() {
            Ok(publication) => Ok(vec![publication.to_string()]),
            Err(_) => Err(Told::Here(format!(
                "`{id}` is neither a post nor a publication; their ids start with post_ and pub_, and `fanfare posts` lists them"
            ))),
        };
    }
    let post = posts::read(api, id).await?;
    let matching = items(&post["publications"]).filter(|publication| matches(publication));
    Ok(matching.map(|publication| text(publication, "id").to_owned()).collect())
}

/// Decides about a publication that needs attention, or unschedules one.
///
/// # Errors
/// See [`Told`].
pub async fn decide(api: &Api, id: &str, decision: &str, url: Option<String>, way: Way) -> Result<(), Told> {
    let wanted: &[&str] = if decision == "cancel" { &["scheduled"] } else { &["needs_eyes", "missed", "parked"] };
    let waiting = of(api, id, |publication| wanted.contains(&text(publication, "state"))).await?;
    let [publication] = &waiting[..] else {
        return Err(Told::Here(match waiting.is_empty() {
            true => {
                format!("{id} has no publication waiting for this decision; `fanfare explain {id}` shows its state")
            }
            false => format!(
                "{} publications of {id} are waiting; give the id of one: {}",
                waiting.len(),
                waiting.join(", ")
            ),
        }));
    };
    let mut body = json!({ "decision": decision });
    if let Some(url) = url {
        body["url"] = url.into();
    }
    let decided = api.post_once(&format!("/v1/publications/{publication}/decision"), &body).await?;
    way.tell(&decided, tell_state);
    Ok(())
}

fn tell_state(publication: &Value) {
    say::out(format_args!("{} is {}", text(publication, "id"), text(publication, "state")));
}

/// Unschedules every scheduled publication of a post.
///
/// # Errors
/// If nothing is; see [`Told`].
pub async fn unschedule(api: &Api, id: &str, way: Way) -> Result<(), Told> {
    let scheduled = of(api, id, |publication| publication["state"] == "scheduled").await?;
    if scheduled.is_empty() {
        return Err(Told::Here(format!("{id} isn't scheduled; `fanfare show {id}` shows its state")));
    }
    let mut done = Vec::new();
    for publication in scheduled {
        let path = format!("/v1/publications/{publication}/decision");
        done.push(api.post_once(&path, &json!({ "decision": "cancel" })).await?);
    }
    way.tell(&Value::Array(done), |done| items(done).for_each(tell_state));
    Ok(())
}

/// Shows the metrics of published posts.
///
/// # Errors
/// See [`Told`].
pub async fn metrics(api: &Api, id: &str, way: Way) -> Result<(), Told> {
    let published = of(api, id, |publication| publication["state"] == "published").await?;
    if published.is_empty() {
        return Err(Told::Here(format!("{id} isn't published, so it has no metrics yet")));
    }
    let mut all = Vec::new();
    for publication in published {
        let metrics = api.get(&format!("/v1/publications/{publication}/metrics")).await?;
        all.push(json!({ "publication": publication, "metrics": metrics }));
    }
    way.tell(&Value::Array(all), |all| {
        for one in items(all) {
            say::out(text(one, "publication"));
            for metric in items(&one["metrics"]) {
                say::out(format_args!(
                    "  {:<12} {:>10}  {}",
                    text(metric, "metric"),
                    metric["value"],
                    text(metric, "fetched_at")
                ));
            }
            if let Some(why) = one["metrics"]["stale_because"].as_str() {
                say::out(format_args!("  These are the latest known metrics: {why}"));
            }
        }
    });
    Ok(())
}
