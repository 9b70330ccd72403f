//! Insights of media and of the account. One metric that is refused fails the whole call.

use std::time::Duration;

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    calls::{Call, Login, Right},
    model::{Gallery, Kind, Media},
    problem::{KIND, refusal},
    reading::mine,
    shapes::View,
};
use crate::{
    growth::grown,
    meta::{error::GraphError, written},
};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Days of a query, and days for which there is something.
const SPAN: u32 = 30;
const KEPT: u32 = 90;
/// How many followers it takes until they are described.
const FEW: u32 = 100;

const OF_FEED: [&str; 11] = [
    "views",
    "reach",
    "likes",
    "comments",
    "shares",
    "saved",
    "reposts",
    "total_interactions",
    "profile_visits",
    "profile_activity",
    "follows",
];
const OF_REELS: [&str; 12] = [
    "views",
    "reach",
    "likes",
    "comments",
    "shares",
    "saved",
    "reposts",
    "total_interactions",
    "ig_reels_avg_watch_time",
    "ig_reels_video_view_total_time",
    "reels_skip_rate",
    "crossposted_views",
];
const OF_STORIES: [&str; 10] = [
    "views",
    "reach",
    "shares",
    "replies",
    "navigation",
    "profile_visits",
    "profile_activity",
    "follows",
    "reposts",
    "total_interactions",
];
/// What only Facebook login has.
const BY_FACEBOOK: [&str; 5] = ["facebook_views", "link_clicks", "total_likes", "total_comments", "total_views"];

const TOTALS: [&str; 13] = [
    "views",
    "accounts_engaged",
    "total_interactions",
    "likes",
    "comments",
    "shares",
    "saves",
    "replies",
    "reposts",
    "follows_and_unfollows",
    "profile_links_taps",
    "follower_demographics",
    "engaged_audience_demographics",
];

fn named<'a>(call: &'a Call<'_>, known: &[&str]) -> Result<Vec<&'a str>, GraphError> {
    let names: Vec<&str> = KIND.need(call.params, "metric")?.split(',').map(str::trim).collect();
    match names.iter().position(|name| !known.contains(name)) {
        Some(place) => {
            let words = known.join(", ");
            Err(KIND.invalid(format!("(#100) metric[{place}] must be one of the following values: {words}")))
        }
        None => Ok(names),
    }
}

fn titled(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn of_kind(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Image | Kind::Carousel | Kind::Video => &OF_FEED,
        Kind::Reel => &OF_REELS,
        Kind::StoryImage | Kind::StoryVideo => &OF_STORIES,
    }
}

/// What a number of a media object is now.
fn number(view: &View<'_>, media: &Media, name: &str) -> Value {
    let count = |what: &str, most| view.count(media, what, most);
    let comments = || view.gallery.comments_on(media.id).count() as u64;
    match name {
        "views" => json!(count("views", 4_000)),
        "reach" => json!(count("views", 4_000) * 7 / 10),
        "likes" => json!(count("likes", 300)),
        "comments" => json!(comments()),
        "total_interactions" => json!(count("likes", 300) + count("saved", 40) + count("shares", 25) + comments()),
        "saved" => json!(count("saved", 40)),
        "ig_reels_avg_watch_time" => json!(1_000 + count("watched", 9_000)),
        "ig_reels_video_view_total_time" => json!(count("views", 4_000) * (1_000 + count("watched", 9_000))),
        "reels_skip_rate" => json!(count("skipped", 60) as f64 / 100.0),
        other => json!(count(other, 25)),
    }
}

/// `GET /{media}/insights`.
///
/// # Errors
/// If it is not theirs, is an item or a story that has ended, or a metric or scope is wrong.
pub fn of_media(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    call.require(Right::Insights)?;
    let gallery = call.nodes.gallery();
    let view = View::of(call, &gallery);
    let media = mine(call, &gallery, id)?;
    if media.draft.is_item {
        return Err(KIND.no_object("get", &id.to_string()));
    }
    let mut all = [&OF_FEED[..], &OF_REELS, &OF_STORIES].concat();
    if call.login == Login::Facebook {
        all.extend(BY_FACEBOOK);
    }
    let names = named(call, &all)?;
    let has = |name: &&str| of_kind(media.draft.kind).contains(name) || BY_FACEBOOK.contains(name);
    let is_refused = |name: &&str| view.settings.refused_metrics.iter().any(|refused| refused == name);
    if let Some(name) = names.iter().find(|name| !has(name) || is_refused(name)) {
        // The sentence that airbyte 62902 met.
        let what = format!("The Media Insights API does not support the {name} metric for this media product type.");
        return Err(KIND.invalid(format!("(#100) {what}")));
    }
    // A story tells something for a day, and not before five people have seen it.
    if media.draft.kind.is_story() && (!media.is_visible(view.now) || view.count(media, "views", 4_000) < 5) {
        return Err(refusal("10"));
    }
    Ok(json!({ "data": names.into_iter().map(|name| shape_of_media(call, &view, media, name)).collect::<Vec<_>>() }))
}

fn shape_of_media(call: &Call<'_>, view: &View<'_>, media: &Media, name: &str) -> Value {
    let mut shape = json!({
        "name": name, "period": "lifetime", "title": titled(name), "description": format!("{} of your media.", titled(name)),
        "id": format!("{}/insights/{name}/lifetime", media.id),
    });
    let words: &[&str] = match (name, call.params.get("breakdown")) {
        ("profile_activity", Some("action_type")) => &["BIO_LINK_CLICKED", "EMAIL", "OTHER"],
        ("navigation", Some("story_navigation_action_type")) => &["TAP_FORWARD", "TAP_BACK", "TAP_EXIT"],
        _ => {
            shape["values"] = json!([{ "value": number(view, media, name) }]);
            return shape;
        }
    };
    let parts = words.iter().map(|word| (*word, view.count(media, word, 20)));
    shape["total_value"] = broken_down(call.params.get("breakdown").unwrap_or_default(), parts.collect());
    shape
}

fn broken_down(by: &str, parts: Vec<(&str, u64)>) -> Value {
    let total: u64 = parts.iter().map(|(_, value)| value).sum();
    let result = |(word, value): &(&str, u64)| json!({ "dimension_values": [word], "value": value });
    let results: Vec<Value> = parts.iter().map(result).collect();
    json!({ "value": total, "breakdowns": [{ "dimension_keys": [by], "results": results }] })
}

struct Span {
    since: Timestamp,
    until: Timestamp,
}

impl Span {
    fn of(call: &Call<'_>) -> Result<Self, GraphError> {
        let now = call.nodes.now();
        let until = call.time("until")?.unwrap_or(now);
        let since = call.time("since")?.unwrap_or(until - DAY);
        if until < since {
            return Err(KIND.param("until", "must not be before since"));
        }
        if since + DAY * SPAN < until {
            return Err(KIND.invalid("(#100) There cannot be more than 30 days (2592000 s) between since and until"));
        }
        Ok(Self { since, until })
    }

    /// The ends of its days. There is nothing to tell of those that are too long ago.
    fn days(&self, now: Timestamp) -> Vec<Timestamp> {
        let count = self.until.since(self.since).as_secs().div_ceil(DAY.as_secs());
        let ends = (1..=u32::try_from(count).unwrap_or(SPAN)).map(|day| self.since + DAY * day);
        ends.filter(|end| *end + DAY * KEPT > now).collect()
    }
}

/// `GET /{user}/insights`.
///
/// # Errors
/// If a metric, parameter or scope is wrong.
pub fn of_account(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require(Right::Insights)?;
    let known = [&["reach", "follower_count", "online_followers"][..], &TOTALS].concat();
    let names = named(call, &known)?;
    let gallery = call.nodes.gallery();
    let shapes: Result<Vec<Option<Value>>, _> =
        names.into_iter().map(|name| account_metric(call, &gallery, name)).collect();
    Ok(json!({ "data": shapes?.into_iter().flatten().collect::<Vec<_>>() }))
}

/// A metric of the account, or nothing where there is nothing to tell.
fn account_metric(call: &Call<'_>, gallery: &Gallery, name: &str) -> Result<Option<Value>, GraphError> {
    let (me, params) = (&call.me, call.params);
    let period = KIND.need(params, "period")?;
    let (is_demographic, is_total) =
        (name.ends_with("_demographics"), params.get("metric_type") == Some("total_value"));
    let periods: &[&str] = match name {
        "reach" => &["day", "week", "days_28"],
        "online_followers" => &["lifetime"],
        _ if is_demographic => &["lifetime"],
        _ => &["day"],
    };
    if !periods.contains(&period) {
        return Err(KIND.invalid(format!("(#100) period {period} is not supported for the metric {name}")));
    }
    if TOTALS.contains(&name) && !is_total {
        return Err(KIND.invalid(format!(
            "(#100) The following metrics ({name}) should be specified with parameter metric_type=total_value"
        )));
    }
    let span = Span::of(call)?;
    let mut shape = json!({
        "name": name, "period": period, "title": titled(name), "description": format!("{} of your account.", titled(name)),
        "id": format!("{}/insights/{name}/{period}", me.id),
    });
    if is_demographic {
        return Ok(demographics(call)?.map(|value| {
            shape["total_value"] = value;
            shape
        }));
    }
    let days = span.days(call.nodes.now());
    let by_day = |end: &Timestamp| {
        let what = format!("{name} {}", end.as_seconds() / 86_400);
        grown(&me.id, &what, DAY * 9, if name == "reach" || name == "views" { 60 } else { 6 })
    };
    // Nothing is no zero.
    if days.is_empty() || (name == "follows_and_unfollows" && me.followers < FEW) {
        return Ok(None);
    }
    if is_total {
        let total: u64 = days.iter().map(by_day).sum::<u64>() + own(gallery, &me.id, name, &span);
        shape["total_value"] = match breakdown(call, name)? {
            Some((by, words)) => {
                let share = |(place, word): (u64, &&'static str)| (*word, (total + place) / words.len() as u64);
                broken_down(by, (0..).zip(words).map(share).collect())
            }
            None => json!({ "value": total }),
        };
    } else {
        let value = |end: &Timestamp| json!({ "value": by_day(end), "end_time": written(*end) });
        shape["values"] = days.iter().map(value).collect();
    }
    Ok(Some(shape))
}

/// What people here have really done within the span.
fn own(gallery: &Gallery, account: &str, name: &str, span: &Span) -> u64 {
    let within = |at: Timestamp| span.since <= at && at <= span.until;
    let is_mine = |media: u64| gallery.media.get(&media).is_some_and(|media| media.account == account);
    let comments = gallery.comments.values().filter(|it| within(it.at) && is_mine(it.media) && it.account != account);
    if ["comments", "total_interactions"].contains(&name) { comments.count() as u64 } else { 0 }
}

type Breakdown = (&'static str, &'static [&'static str]);

/// By what a metric is to be broken down, and into which words.
fn breakdown(call: &Call<'_>, name: &str) -> Result<Option<Breakdown>, GraphError> {
    const ALL: [(&str, &[&str], &[&str]); 4] = [
        (
            "media_product_type",
            &["POST", "REEL", "STORY"],
            &["reach", "views", "total_interactions", "likes", "comments", "shares", "saves", "replies"],
        ),
        ("follow_type", &["FOLLOWER", "NON_FOLLOWER", "UNKNOWN"], &["reach", "follows_and_unfollows"]),
        ("follower_type", &["FOLLOWER", "NON_FOLLOWER", "UNKNOWN"], &["views"]),
        ("contact_button_type", &["CALL", "EMAIL", "TEXT"], &["profile_links_taps"]),
    ];
    let Some(asked) = call.params.get("breakdown") else { return Ok(None) };
    match ALL.iter().find(|(by, _, metrics)| *by == asked && metrics.contains(&name)) {
        Some((by, words, _)) => Ok(Some((by, words))),
        None => Err(KIND.invalid(format!("(#100) breakdown {asked} is not supported for the metric {name}"))),
    }
}

fn demographics(call: &Call<'_>) -> Result<Option<Value>, GraphError> {
    let words: &[&str] = match KIND.need(call.params, "breakdown")? {
        "country" => &["NL", "BE", "DE"],
        "city" => &["Rotterdam", "Groningen", "Antwerp"],
        "age" => &["18-24", "25-34", "35-44"],
        "gender" => &["F", "M", "U"],
        _ => return Err(KIND.one_of("breakdown", "age, city, country, gender")),
    };
    if !matches!(call.params.get("timeframe"), None | Some("this_week" | "this_month")) {
        return Err(KIND.one_of("timeframe", "this_week, this_month"));
    }
    if call.me.followers < FEW {
        return Ok(None);
    }
    let share = |(place, word): (u32, &&'static str)| (*word, u64::from(call.me.followers / (place + 2)));
    Ok(Some(broken_down(call.params.get("breakdown").unwrap_or_default(), (0..).zip(words).map(share).collect())))
}
