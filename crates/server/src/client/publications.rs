//! `fanfare explain`, `decide`, `unschedule` and `metrics`.

use base::ids::{PostId, PublicationId};
use serde_json::{Value, json};

use super::{Api, Told, Way, items, posts, text};
use crate::say;

/// Tells the story of a publication, or of all publications of a post.
///
/// # Errors
/// See [`Told`].
pub async fn explain(api: &Api, id: &str, way: Way) -> Result<(), Told> {
    let ids = of(api, id, |_| true).await?;
    if ids.is_empty() {
        return Err(Told::here("this post is a draft: nothing of it goes out yet, so there is no story"));
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

/// The publications of a post that `fit`, or the publication itself.
async fn of(api: &Api, id: &str, fit: impl Fn(&Value) -> bool) -> Result<Vec<String>, Told> {
    if id.parse::<PostId>().is_err() {
        return match id.parse::<PublicationId>() {
            Ok(publication) => Ok(vec![publication.to_string()]),
            Err(_) => Err(Told::Here(format!(
                "`{id}` is the id of no post and of no publication; they begin with post_ and pub_, and `fanfare posts` lists them"
            ))),
        };
    }
    let post = posts::read(api, id).await?;
    let fitting = items(&post["publications"]).filter(|publication| fit(publication));
    Ok(fitting.map(|publication| text(publication, "id").to_owned()).collect())
}

/// Decides about a publication that waits for a person, or cancels one.
///
/// # Errors
/// See [`Told`].
pub async fn decide(api: &Api, id: &str, decision: &str, url: Option<String>, way: Way) -> Result<(), Told> {
    let wanted: &[&str] = if decision == "cancel" { &["scheduled"] } else { &["needs_eyes", "missed", "parked"] };
    let waiting = of(api, id, |publication| wanted.contains(&text(publication, "state"))).await?;
    let [publication] = &waiting[..] else {
        return Err(Told::Here(match waiting.is_empty() {
            true => format!("nothing of {id} waits for this decision; `fanfare explain {id}` tells where it stands"),
            false => format!("{} publications of {id} wait; name one of them: {}", waiting.len(), waiting.join(", ")),
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

/// Takes whatever of a post is scheduled off the schedule.
///
/// # Errors
/// If nothing is; see [`Told`].
pub async fn unschedule(api: &Api, id: &str, way: Way) -> Result<(), Told> {
    let scheduled = of(api, id, |publication| publication["state"] == "scheduled").await?;
    if scheduled.is_empty() {
        return Err(Told::Here(format!("nothing of {id} is scheduled; `fanfare show {id}` tells where it stands")));
    }
    let mut done = Vec::new();
    for publication in scheduled {
        let path = format!("/v1/publications/{publication}/decision");
        done.push(api.post_once(&path, &json!({ "decision": "cancel" })).await?);
    }
    way.tell(&Value::Array(done), |done| items(done).for_each(tell_state));
    Ok(())
}

/// Shows the numbers of what is published.
///
/// # Errors
/// See [`Told`].
pub async fn metrics(api: &Api, id: &str, way: Way) -> Result<(), Told> {
    let published = of(api, id, |publication| publication["state"] == "published").await?;
    if published.is_empty() {
        return Err(Told::Here(format!("nothing of {id} is published, so there are no numbers yet")));
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
                say::out(format_args!("  These are the last known numbers: {why}"));
            }
        }
    });
    Ok(())
}
