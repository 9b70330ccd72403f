//! `fanfare explain` and `fanfare decide`.

use base::ids::PostId;
use serde_json::{Value, json};

use super::{Api, Told, Way, items, text};
use crate::say;

/// Tells the story of a publication, or of all publications of a post.
///
/// # Errors
/// See [`Told`].
pub async fn explain(api: &Api, id: &str, way: Way) -> Result<(), Told> {
    let ids: Vec<String> = match id.parse::<PostId>() {
        Ok(post) => {
            let post = api.get(&format!("/v1/posts/{post}")).await?;
            items(&post["publications"]).map(|publication| text(publication, "id").to_owned()).collect()
        }
        Err(_) => vec![id.to_owned()],
    };
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

/// Decides about a publication that waits for a person, or calls one off.
///
/// # Errors
/// See [`Told`].
pub async fn decide(api: &Api, id: &str, decision: &str, url: Option<String>, way: Way) -> Result<(), Told> {
    let mut body = json!({ "decision": decision });
    if let Some(url) = url {
        body["url"] = url.into();
    }
    let decided = api.post_once(&format!("/v1/publications/{id}/decision"), &body).await?;
    way.tell(&decided, |publication| {
        say::out(format_args!("{} is {}", text(publication, "id"), text(publication, "state")));
    });
    Ok(())
}
