//! Insights of pages, posts and films, by the names that are valid since 15 June 2026.

use std::time::Duration;

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    calls::Call,
    model::{Node, Page, Post},
    problem,
    shapes::View,
};
use crate::{
    growth::grown,
    meta::{error::GraphError, read_time, written},
};

/// Of pages. `page_actions_post_reactions_…` are not among them: a page of the documentation says that they went in March
/// 2024, and no live page is known that has them.
const OF_PAGE: [&str; 20] = [
    "page_media_view",
    "page_total_media_view_unique",
    "page_post_engagements",
    "page_follows",
    "page_daily_follows",
    "page_daily_follows_unique",
    "page_daily_unfollows_unique",
    "page_lifetime_engaged_followers_unique",
    "page_views_total",
    "page_total_actions",
    "page_video_views",
    "page_video_views_paid",
    "page_video_views_organic",
    "page_video_views_autoplayed",
    "page_video_views_click_to_play",
    "page_video_repeat_views",
    "page_video_complete_views_30s",
    "page_video_view_time",
    "page_follows_city",
    "page_follows_country",
];
const OF_POST: [&str; 16] = [
    "post_media_view",
    "post_total_media_view_unique",
    "post_clicks",
    "post_clicks_by_type",
    "post_reactions_like_total",
    "post_reactions_love_total",
    "post_reactions_wow_total",
    "post_reactions_haha_total",
    "post_reactions_sorry_total",
    "post_reactions_anger_total",
    "post_reactions_by_type_total",
    "post_video_views",
    "post_video_view_time",
    "post_video_avg_time_watched",
    "post_video_retention_graph",
    "post_video_views_organic",
];
/// What a film tells when nothing is named (trypost 320).
const OF_VIDEO: [&str; 6] = [
    "blue_reels_play_count",
    "post_video_avg_time_watched",
    "post_video_view_time",
    "post_video_social_actions",
    "fb_reels_total_plays",
    "post_video_likes_by_reaction_type",
];
const PERIODS: [&str; 6] = ["day", "week", "days_28", "month", "lifetime", "total_over_range"];
const DAY: Duration = Duration::from_secs(24 * 3600);
/// How many days one call tells of at most.
const MOST_DAYS: u32 = 90;
/// How many followers it takes.
const FEW: u32 = 100;

/// One bad name fails the whole call (airbyte 84408).
fn metrics<'a>(text: &'a str, known: &[&str]) -> Result<Vec<&'a str>, GraphError> {
    // A list in JSON reads as well.
    let marks = ['[', ']', '"', ' '];
    let named: Vec<&str> = text.split(',').map(|name| name.trim_matches(marks.as_slice())).collect();
    match named.iter().all(|name| known.contains(name)) {
        true => Ok(named),
        false => Err(problem::invalid("(#100) The value must be a valid insights metric")),
    }
}

fn wanted<'a>(call: &'a Call<'_>, known: &[&str]) -> Result<Vec<&'a str>, GraphError> {
    let Some(text) = call.params.get("metric") else {
        let text = "(#3001) No metric was specified to be fetched. Please specify one or more metrics to be fetched and try again.";
        return Err(GraphError::new(problem::KIND, 3_001, text).with_subcode(1_504_028));
    };
    metrics(text, known)
}

fn may(call: &Call<'_>) -> Result<(), GraphError> {
    match call.has("read_insights") && call.has("pages_read_engagement") && call.has_task("ANALYZE") {
        true => Ok(()),
        false => Err(problem::wants("read_insights")),
    }
}

/// `GET /{page}/insights` and `GET /{post}/insights`.
///
/// # Errors
/// If it is not theirs, or a name, time or scope is wrong.
pub fn of_node(call: &Call<'_>, name: &str) -> Result<Value, GraphError> {
    let book = call.state.book();
    let node = call.own(&book, "get", name)?;
    may(call)?;
    match node {
        Node::Page(id) => {
            let page = book.pages.get(&id).cloned().unwrap_or_default();
            drop(book);
            of_page(call, &page)
        }
        Node::Post(id) => {
            let names = wanted(call, &OF_POST)?;
            let Some(post) = book.posts.get(&id) else { return Err(problem::no_object("get", name)) };
            let view = View::new(call, &book);
            let data = names
                .iter()
                .map(|metric| row(metric, "lifetime", &post.full_id(), &of_post(&view, post, metric), None));
            Ok(json!({ "data": data.collect::<Vec<_>>() }))
        }
        // Films have an edge of their own, pictures none.
        Node::Video(_) | Node::Photo(_) | Node::Comment(_) => {
            Err(problem::no_field(if matches!(node, Node::Video(_)) { "Video" } else { "Photo" }, "insights"))
        }
    }
}

/// `GET /{video}/video_insights`.
///
/// # Errors
/// If it is not theirs, or a name or scope is wrong.
pub fn of_video(call: &Call<'_>, name: &str) -> Result<Value, GraphError> {
    let book = call.state.book();
    let Node::Video(id) = call.own(&book, "get", name)? else { return Err(problem::no_object("get", name)) };
    may(call)?;
    let names = match call.params.get("metric") {
        Some(text) => metrics(text, &OF_VIDEO)?,
        None => OF_VIDEO.to_vec(),
    };
    let post = book.videos.get(&id).and_then(|video| video.post).and_then(|id| book.posts.get(&id));
    let Some(post) = post else { return Ok(json!({ "data": [] })) };
    let view = View::new(call, &book);
    let data = names.iter().map(|metric| row(metric, "lifetime", name, &of_post(&view, post, metric), None));
    Ok(json!({ "data": data.collect::<Vec<_>>() }))
}

fn of_post(view: &View<'_>, post: &Post, metric: &str) -> Value {
    let views = view.count(post, "views", 4_000);
    match metric {
        "post_reactions_by_type_total" | "post_video_likes_by_reaction_type" => json!({ "like": view.likes(post) }),
        "post_clicks_by_type" => json!({ "other clicks": view.count(post, "clicks", 80) }),
        "post_video_social_actions" => json!({ "COMMENT": view.book.comments_on(post.id).count() }),
        "post_video_retention_graph" => json!({ "0": 1.0, "1": 0.6 }),
        "post_reactions_like_total" => json!(view.likes(post)),
        "post_clicks" => json!(view.count(post, "clicks", 80)),
        "post_media_view" => json!(views),
        "post_total_media_view_unique" => json!(views * 4 / 5),
        name if name.starts_with("post_reactions_") => json!(0),
        _ if post.video.is_none() => json!(0),
        // Milliseconds.
        "post_video_avg_time_watched" => json!(4_200),
        "post_video_view_time" => json!(views * 4_200),
        _ => json!(views),
    }
}

fn row(name: &str, period: &str, node: &str, value: &Value, end: Option<Timestamp>) -> Value {
    let mut at = json!({ "value": value });
    if let Some(end) = end {
        at["end_time"] = json!(written(end));
    }
    json!({
        "name": name, "period": period, "values": [at], "title": name.replace('_', " "), "description": "",
        "id": format!("{node}/insights/{name}/{period}"),
    })
}

fn of_page(call: &Call<'_>, page: &Page) -> Result<Value, GraphError> {
    let names = wanted(call, &OF_PAGE)?;
    let period = call.params.get("period").unwrap_or("day");
    if !PERIODS.contains(&period) {
        return Err(problem::one_of("period", &PERIODS));
    }
    let now = call.state.now();
    let time = |name: &str, usual: Timestamp| match call.params.get(name) {
        None => Ok(usual),
        Some(text) => read_time(text).ok_or_else(|| problem::param(name, "must be a time")),
    };
    let until = time("until", now)?;
    let since = time("since", Timestamp::from_seconds(until.as_seconds() - 2 * 86_400))?;
    if until.since(since) > DAY * MOST_DAYS {
        return Err(problem::invalid("(#100) There cannot be more than 90 days between since and until"));
    }
    if page.followers < FEW {
        return Ok(json!({ "data": [] }));
    }
    // Days end at midnight by the Pacific.
    let ends: Vec<Timestamp> = (0..=MOST_DAYS)
        .map(|day| Timestamp::from_seconds((since.as_seconds() / 86_400 + i64::from(day)) * 86_400 + 8 * 3_600))
        .filter(|end| since < *end && *end <= until && *end <= now)
        .collect();
    let days = match period {
        "day" => 1,
        "week" => 7,
        _ => 28,
    };
    let data = names.iter().map(|name| {
        let values =
            ends.iter().map(|end| json!({ "value": value(page, name, days, *end), "end_time": written(*end) }));
        let mut shape = row(name, period, &page.id, &Value::Null, None);
        shape["values"] = values.collect();
        shape
    });
    Ok(json!({ "data": data.collect::<Vec<_>>() }))
}

fn value(page: &Page, name: &str, days: u64, end: Timestamp) -> Value {
    match name {
        "page_follows" => json!(page.followers),
        "page_follows_city" => json!({ "Rotterdam, Netherlands": page.followers / 2 }),
        "page_follows_country" => json!({ "NL": page.followers }),
        _ => json!(grown(&format!("{}/{}", page.id, end.as_seconds() / 86_400), name, DAY * 30, 60) * days),
    }
}
