//! Numbers about posts and about the page. Facebook gives them one post at a time: some with the post, some as insights, whose names change from
//! year to year; those here hold in v26.

use async_trait::async_trait;
use base::say;
use connector::{
    AccountMetric, AccountMetrics, AccountNumber, Call, Failure, FailureKind, Insights, Metric, Metrics, Period,
    Remote, insights::POSTS_MAX,
};
use serde::Deserialize;

use super::{
    Facebook,
    compose::Kind,
    errors::Asked,
    peer,
    publish::Kept,
    rights,
    wire::{Counts, Number, Numbers},
};
use crate::{
    kit::peer::{Peer, segment},
    meta::rights::Rights,
};

/// Times shown; and clicks by kind, of which those on the link count.
const OF_POST: [&str; 2] = ["post_media_view", "post_clicks_by_type"];
/// How often a reel or video was played, under the names that its numbers have had. Asked for without names, a video gives
/// the set that holds for it (trypost 320).
const PLAYS: &[&str] = &["fb_reels_total_plays", "blue_reels_play_count", "total_video_views", "post_video_views"];

/// Of a page, a day each, by the names that hold since June 2026.
const OF_PAGE: [(&str, AccountMetric); 4] = [
    ("page_total_media_view_unique", AccountMetric::Reach),
    ("page_media_view", AccountMetric::Impressions),
    ("page_views_total", AccountMetric::ProfileViews),
    ("page_post_engagements", AccountMetric::Interactions),
];

#[async_trait]
impl Insights for Facebook {
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure> {
        let peer = peer(call)?;
        let has_insights = Rights::of(call.facts).missing(&rights::NUMBERS).is_none();
        let mut found = Vec::new();
        for post in &posts[..posts.len().min(POSTS_MAX)] {
            let kept = Kept::of(post);
            // Stories are gone after a day, and their numbers have no names that are known to hold.
            if matches!(kept.kind, Some(Kind::PhotoStory | Kind::VideoStory)) {
                continue;
            }
            match one(&peer, post, &kept, has_insights).await {
                Ok(values) => {
                    found.push(Metrics { remote_id: post.id.clone(), fetched_at: call.clock.now(), values });
                }
                Err(failure) if failure.kind == FailureKind::RemoteNotFound => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(found)
    }

    /// A page with fewer than a hundred followers has no insights: then they are absent.
    async fn of_account(&self, call: &Call<'_>) -> Result<AccountMetrics, Failure> {
        let peer = peer(call)?;
        let request = peer.get("read the page's followers", &format!("/{}", segment(call.account_id)));
        let read: Followers =
            peer.read(Asked::Read, request.query("fields", "followers_count"), say!("a page")).await?;
        let now = call.clock.now();
        let followers = read.followers_count.map(|count| AccountNumber::now(AccountMetric::Followers, count, now));
        let mut values: Vec<AccountNumber> = followers.into_iter().collect();
        let missing = Rights::of(call.facts).missing(&rights::NUMBERS);
        if missing.is_none() {
            let numbers = named_ones(&peer, call.account_id, &OF_PAGE.map(|(name, _)| name), "day").await?;
            values.extend(OF_PAGE.iter().filter_map(|(name, metric)| {
                let (value, until) = numbers.iter().find(|number| number.name == *name)?.newest()?;
                Some(AccountNumber { metric: *metric, value, period: Period::Day { until }, fetched_at: now })
            }));
        }
        Ok(AccountMetrics { values, missing })
    }
}

/// Of a page.
#[derive(Debug, Deserialize)]
struct Followers {
    followers_count: Option<u64>,
}

async fn one(
    peer: &Peer<'_, Asked>,
    post: &Remote,
    kept: &Kept,
    has_insights: bool,
) -> Result<Vec<(Metric, u64)>, Failure> {
    let is_video = matches!(kept.kind, Some(Kind::Video | Kind::Reel)) && kept.post_id.is_none();
    let id = kept.post_id.as_deref().unwrap_or(&post.id);
    let fields = match kept.kind {
        _ if is_video => "comments.summary(true).limit(0),likes.summary(true).limit(0)",
        Some(Kind::Comment) => "comment_count,like_count",
        _ => "shares,comments.summary(true).limit(0),reactions.summary(true).limit(0)",
    };
    let request = peer.get("read the post's numbers", &format!("/{}", segment(id))).query("fields", fields);
    let counts: Counts = peer.read(Asked::Read, request, say!("a list of numbers")).await?;
    let likes = counts.reactions.summary.total_count.or(counts.likes.summary.total_count).or(counts.like_count);
    let replies = counts.comments.summary.total_count.or(counts.comment_count);
    // A post that was never shared has no such number.
    let is_post = !is_video && kept.kind != Some(Kind::Comment);
    let shares = counts.shares.count.or(is_post.then_some(0));
    let known = [(Metric::Likes, likes), (Metric::Replies, replies), (Metric::Shares, shares)];
    let mut values: Vec<(Metric, u64)> =
        known.into_iter().filter_map(|(metric, value)| Some((metric, value?))).collect();
    if has_insights && kept.kind != Some(Kind::Comment) {
        let numbers =
            if is_video { of_video(peer, id).await? } else { named_ones(peer, id, &OF_POST, "lifetime").await? };
        values.extend(numbers.iter().filter_map(|number| named(number, is_video)));
    }
    values.dedup_by_key(|(metric, _)| *metric);
    Ok(values)
}

/// One bad name fails the whole call (airbyte 84408): then each is asked for alone.
async fn named_ones(peer: &Peer<'_, Asked>, id: &str, names: &[&str], period: &str) -> Result<Vec<Number>, Failure> {
    match asked(peer, id, "insights", Some((&names.join(","), period))).await {
        Err(failure) if failure.kind == FailureKind::BadAnswer => {
            let mut numbers = Vec::new();
            for name in names {
                match asked(peer, id, "insights", Some((*name, period))).await {
                    Ok(more) => numbers.extend(more),
                    Err(failure) if failure.kind == FailureKind::BadAnswer => {}
                    Err(failure) => return Err(failure),
                }
            }
            Ok(numbers)
        }
        asked => asked,
    }
}

async fn of_video(peer: &Peer<'_, Asked>, id: &str) -> Result<Vec<Number>, Failure> {
    match asked(peer, id, "video_insights", None).await {
        Err(failure) if failure.kind == FailureKind::BadAnswer => Ok(Vec::new()),
        asked => asked,
    }
}

/// Without the right to them there are none; the other numbers stand.
async fn asked(
    peer: &Peer<'_, Asked>,
    id: &str,
    edge: &str,
    names: Option<(&str, &str)>,
) -> Result<Vec<Number>, Failure> {
    let mut request = peer.get("read insights", &format!("/{}/{edge}", segment(id)));
    if let Some((names, period)) = names {
        request = request.query("metric", names).query("period", period);
    }
    match peer.read::<Numbers>(Asked::Read, request, say!("a list of numbers")).await {
        Ok(numbers) => Ok(numbers.data),
        Err(failure) if failure.kind == FailureKind::ScopeMissing => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

fn named(number: &Number, is_video: bool) -> Option<(Metric, u64)> {
    match number.name.as_str() {
        "post_media_view" => Some((Metric::Impressions, number.of(None)?)),
        "post_clicks_by_type" => Some((Metric::LinkClicks, number.of(Some("link clicks"))?)),
        name if is_video && PLAYS.contains(&name) => Some((Metric::Impressions, number.of(None)?)),
        _ => None,
    }
}
