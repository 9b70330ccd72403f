//! Numbers about posts and about the account. Instagram gives them one post at a time, and refuses all if it refuses one.

use std::collections::BTreeSet;

use async_trait::async_trait;
use base::say;
use connector::{
    AccountMetric, AccountMetrics, AccountNumber, Call, Failure, FailureKind, Insights, Metric, Metrics, Period,
    Remote, insights::POSTS_MAX,
};
use serde::Deserialize;

use super::{Instagram, errors::Asked, node, own, peer};
use crate::{
    kit::peer::Peer,
    meta::wire::{Insight, One},
};

/// The names valid for posts and reels.
const OF_POST: &[&str] = &["views", "likes", "comments", "saved", "shares", "reposts"];
/// Those of stories.
const OF_STORY: &[&str] = &["views", "replies", "shares", "reposts"];

/// Those of the account, over the last day: the window when none is asked for. Impressions and profile views ended in 2025.
const OF_ACCOUNT: [(&str, AccountMetric); 9] = [
    ("reach", AccountMetric::Reach),
    ("views", AccountMetric::Impressions),
    ("accounts_engaged", AccountMetric::EngagedAccounts),
    ("total_interactions", AccountMetric::Interactions),
    ("likes", AccountMetric::Likes),
    ("comments", AccountMetric::Replies),
    ("reposts", AccountMetric::Reposts),
    ("shares", AccountMetric::Shares),
    ("saves", AccountMetric::Bookmarks),
];

/// The account's own counts.
#[derive(Debug, Deserialize)]
struct Profile {
    followers_count: Option<u64>,
    follows_count: Option<u64>,
    media_count: Option<u64>,
}

#[async_trait]
impl Insights for Instagram {
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure> {
        let peer = peer(call)?;
        let (mut found, mut refused) = (Vec::new(), BTreeSet::new());
        for post in &posts[..posts.len().min(POSTS_MAX)] {
            match of_post(&peer, post, &mut refused).await {
                Ok(values) => {
                    found.push(Metrics { remote_id: post.id.clone(), fetched_at: call.clock.now(), values });
                }
                Err(failure) if failure.kind == FailureKind::RemoteNotFound => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(found)
    }

    async fn of_account(&self, call: &Call<'_>) -> Result<AccountMetrics, Failure> {
        let peer = peer(call)?;
        let request = peer.get("read the account's counts", &node(call.account_id));
        let request = request.query("fields", "followers_count,follows_count,media_count");
        let profile: Profile = peer.read(Asked::Read, request, say!("the account")).await?;
        let now = call.clock.now();
        let counts = [
            (AccountMetric::Followers, profile.followers_count),
            (AccountMetric::Following, profile.follows_count),
            (AccountMetric::Posts, profile.media_count),
        ];
        let counts = counts.into_iter().filter_map(|(metric, count)| Some(AccountNumber::now(metric, count?, now)));
        let mut values: Vec<AccountNumber> = counts.collect();
        let missing = match of_account(call, &peer).await {
            Ok(found) => {
                values.extend(OF_ACCOUNT.iter().filter_map(|(name, metric)| {
                    let value = found.iter().find(|insight| insight.name == *name)?.value()?;
                    Some(AccountNumber { metric: *metric, value, period: Period::Day { until: now }, fetched_at: now })
                }));
                None
            }
            Err(failure) if failure.kind == FailureKind::ScopeMissing => Some(failure.detail),
            Err(failure) => return Err(failure),
        };
        Ok(AccountMetrics { values, missing })
    }
}

/// One name that is refused fails all: then each is asked for alone.
async fn of_account(call: &Call<'_>, peer: &Peer<'_, Asked>) -> Result<Vec<Insight>, Failure> {
    let asked = async |names: String| {
        let request = peer.get("read the account's numbers", &own(call, "insights")).query("metric", names);
        let request = request.query("period", "day").query("metric_type", "total_value");
        peer.read::<One<Insight>>(Asked::Numbers, request, say!("a list of numbers")).await
    };
    match asked(OF_ACCOUNT.map(|(name, _)| name).join(",")).await {
        Err(failure) if failure.kind == FailureKind::BadAnswer => {}
        found => return found.map(|found| found.data),
    }
    let mut all = Vec::new();
    for (name, _) in OF_ACCOUNT {
        match asked(name.to_owned()).await {
            Err(failure) if failure.kind == FailureKind::BadAnswer => {}
            found => all.extend(found?.data),
        }
    }
    Ok(all)
}

/// The numbers of one post. Some names are refused for some kinds (airbyte 62902, meta-mcp 120): then each is asked for alone,
/// and what was refused is not asked for again of that kind.
async fn of_post<'a>(
    peer: &Peer<'_, Asked>,
    post: &'a Remote,
    refused: &mut BTreeSet<(&'a str, &'static str)>,
) -> Result<Vec<(Metric, u64)>, Failure> {
    let kind = post.extra["kind"].as_str().unwrap_or_default();
    let names = match kind {
        "comment" => return Ok(Vec::new()),
        "STORY" => OF_STORY,
        _ => OF_POST,
    };
    let names: Vec<&str> = names.iter().copied().filter(|name| !refused.contains(&(kind, *name))).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    match numbers(peer, post, &names).await {
        Err(failure) if failure.kind == FailureKind::BadAnswer && failure.status == Some(400) => {}
        // Of a story with fewer than five viewers, code 10 tells that there are none yet.
        Err(failure) if failure.code.as_deref() == Some("10") && kind == "STORY" => return Ok(Vec::new()),
        asked => return asked,
    }
    let mut values = Vec::new();
    for name in names {
        match numbers(peer, post, &[name]).await {
            Err(failure) if failure.kind == FailureKind::BadAnswer => _ = refused.insert((kind, name)),
            asked => values.extend(asked?),
        }
    }
    Ok(values)
}

async fn numbers(peer: &Peer<'_, Asked>, post: &Remote, names: &[&str]) -> Result<Vec<(Metric, u64)>, Failure> {
    let request = peer.get("read the post's numbers", &format!("{}/insights", node(&post.id)));
    let request = request.query("metric", names.join(","));
    let read: One<Insight> = peer.read(Asked::Numbers, request, say!("a list of numbers")).await?;
    Ok(read.data.iter().filter_map(number).collect())
}

fn number(insight: &Insight) -> Option<(Metric, u64)> {
    let metric = match insight.name.as_str() {
        "views" => Metric::Impressions,
        "likes" => Metric::Likes,
        "comments" | "replies" => Metric::Replies,
        "saved" => Metric::Bookmarks,
        "shares" => Metric::Shares,
        "reposts" => Metric::Reposts,
        _ => return None,
    };
    Some((metric, insight.value()?))
}
