//! Insights of posts and of the account.

use std::time::Duration;

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    calls::Call,
    model::{Kind, Media, Square},
    problem,
    reading::seen,
};
use crate::{
    growth::grown,
    meta::{error::GraphError, read_time, written},
};

const OF_POST: [&str; 6] = ["views", "likes", "replies", "reposts", "quotes", "shares"];
const OF_ACCOUNT: [&str; 8] =
    ["views", "likes", "replies", "reposts", "quotes", "clicks", "followers_count", "follower_demographics"];
const BREAKDOWNS: [&str; 4] = ["country", "city", "age", "gender"];
/// Nothing is told of the time before 13 April 2024.
const FIRST: i64 = 1_712_991_600;
/// How many followers it takes until they are described.
const FEW: u32 = 100;
const DAY: Duration = Duration::from_secs(24 * 3600);

fn metrics<'a>(call: &'a Call<'_>, known: &[&str]) -> Result<Vec<&'a str>, GraphError> {
    let named: Vec<&str> = problem::KIND.need(call.params, "metric")?.split(',').map(str::trim).collect();
    match named.iter().position(|name| !known.contains(name)) {
        // Asked of a post, this one is an unknown error (meta-mcp 140).
        Some(place) if named[place] == "clicks" => {
            Err(GraphError::new("OAuthException", 1, "An unknown error occurred"))
        }
        Some(place) => Err(problem::KIND
            .invalid(format!("(#100) metric[{place}] must be one of the following values: {}", known.join(", ")))),
        None => Ok(named),
    }
}

fn titled(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What a number of a post is now. Replies are those that there are, in the whole tree below.
fn number(square: &Square, media: &Media, name: &str, now: Timestamp) -> u64 {
    let most = match name {
        "views" => 4_000,
        "likes" => 300,
        "reposts" | "quotes" | "shares" => 25,
        _ if media.root.is_some() => return square.replies_to(media.id).count() as u64,
        _ => return square.conversation(media.id).count() as u64,
    };
    grown(&media.id.to_string(), name, now.since(media.at), most)
}

/// `GET /{media}/insights`.
///
/// # Errors
/// If it is not theirs, or a metric or scope is wrong.
pub fn of_post(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    call.require("threads_manage_insights")?;
    let names = metrics(call, &OF_POST)?;
    let (square, now) = (call.state.square(), call.state.now());
    let media = seen(call, &square, node).filter(|media| media.account == call.me.id);
    let media = media.ok_or_else(|| problem::KIND.no_object("get", node))?;
    if media.draft.kind == Kind::Repost {
        return Ok(json!({ "data": [] }));
    }
    let shape = |name: &str| {
        json!({
            "name": name, "period": "lifetime", "values": [{ "value": number(&square, media, name, now) }],
            "title": titled(name), "description": format!("The number of {name} of your post."),
            "id": format!("{node}/insights/{name}/lifetime"),
        })
    };
    Ok(json!({ "data": names.into_iter().map(shape).collect::<Vec<_>>() }))
}

struct Span {
    since: Timestamp,
    until: Timestamp,
    /// Whether it was asked for.
    is_given: bool,
}

fn span(call: &Call<'_>) -> Result<Span, GraphError> {
    let time = |name: &'static str| {
        let read = |text: &str| read_time(text).ok_or_else(|| problem::KIND.param(name, "must be a Unix timestamp"));
        call.params.get(name).map(read).transpose()
    };
    let (since, until, now) = (time("since")?, time("until")?, call.state.now());
    let is_given = since.is_some() || until.is_some();
    let span = Span { since: since.unwrap_or(now - DAY), until: until.unwrap_or(now), is_given };
    if since.is_some_and(|since| since.as_seconds() < FIRST) {
        return Err(problem::KIND.param("since", "must not be before 1712991600"));
    }
    if span.until < span.since {
        return Err(problem::KIND.param("until", "must not be before since"));
    }
    Ok(span)
}

/// `GET /{user}/threads_insights`.
///
/// # Errors
/// If a metric, parameter or scope is wrong.
pub fn of_account(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require("threads_manage_insights")?;
    let names = metrics(call, &OF_ACCOUNT)?;
    match call.params.get("period") {
        None if call.state.settings().wants_period => {
            return Err(problem::KIND.invalid("(#100) The period param is required for this metric"));
        }
        None | Some("day") => {}
        Some(_) => return Err(problem::KIND.one_of("period", "day")),
    }
    let span = span(call)?;
    let square = call.state.square();
    let data: Result<Vec<Value>, GraphError> =
        names.into_iter().map(|name| account_metric(call, &square, name, &span)).collect();
    Ok(json!({ "data": data? }))
}

fn account_metric(call: &Call<'_>, square: &Square, name: &str, span: &Span) -> Result<Value, GraphError> {
    let (me, now) = (&call.me, call.state.now());
    let mut shape = json!({
        "name": name, "period": "day", "title": name, "description": format!("The {name} of your account."),
        "id": format!("{}/insights/{name}/day", me.id),
    });
    let own = || square.media.values().filter(|media| media.account == me.id && !media.draft.is_item);
    let within = |media: &&Media| span.since <= media.at && media.at <= span.until;
    match name {
        "views" => shape["values"] = json!(views(&me.id, span)),
        "followers_count" | "follower_demographics" if span.is_given => {
            return Err(problem::KIND.invalid(format!("(#100) since and until are not supported for {name}")));
        }
        "followers_count" => shape["total_value"] = json!({ "value": me.followers }),
        "follower_demographics" => shape["total_value"] = demographics(call)?,
        "clicks" => {
            let links = own().filter(within).filter_map(|media| Some((media, media.draft.link.as_ref()?)));
            let clicks = links.map(|(media, link)| {
                let count = grown(&media.id.to_string(), "clicks", now.since(media.at), 30);
                json!({ "value": count, "link_url": link })
            });
            shape["link_total_values"] = clicks.collect();
        }
        _ => {
            let total: u64 = own().filter(within).map(|media| number(square, media, name, now)).sum();
            shape["total_value"] = json!({ "value": total });
        }
    }
    Ok(shape)
}

/// Views of the profile, day by day. A day without any is left out.
fn views(account: &str, span: &Span) -> Vec<Value> {
    let days = span.until.since(span.since).as_secs().div_ceil(DAY.as_secs()).min(400);
    let value = |day: u64| {
        let end = span.since + DAY * u32::try_from(day + 1).unwrap_or(u32::MAX);
        let count = grown(account, &format!("views {}", end.as_seconds() / 86_400), DAY * 9, 60);
        (count > 0).then(|| json!({ "value": count, "end_time": written(end) }))
    };
    (0..days).filter_map(value).collect()
}

fn demographics(call: &Call<'_>) -> Result<Value, GraphError> {
    let by = problem::KIND.need(call.params, "breakdown")?;
    if !BREAKDOWNS.contains(&by) {
        return Err(problem::KIND.one_of("breakdown", &BREAKDOWNS.join(", ")));
    }
    if call.me.followers < FEW {
        return Err(problem::KIND.invalid("(#100) follower_demographics needs at least 100 followers"));
    }
    let words: &[&str] = match by {
        "country" => &["NL", "BE", "DE"],
        "city" => &["Rotterdam", "Groningen", "Antwerp"],
        "age" => &["18-24", "25-34", "35-44"],
        _ => &["F", "M", "U"],
    };
    let share =
        |(place, word): (u32, &&str)| json!({ "dimension_values": [word], "value": call.me.followers / (place + 2) });
    let results: Vec<Value> = (0..).zip(words).map(share).collect();
    Ok(json!({ "breakdowns": [{ "dimension_keys": [by], "results": results }] }))
}

/// How often a post was seen, for its page.
pub fn views_of(square: &Square, media: &Media, now: Timestamp) -> u64 {
    number(square, media, "views", now)
}
