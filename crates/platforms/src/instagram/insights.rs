//! Numbers about posts. Instagram gives them one post at a time, and refuses all if it refuses one.

use std::collections::BTreeSet;

use async_trait::async_trait;
use base::say;
use connector::{Call, Failure, FailureKind, Insights, Metric, Metrics, Remote, insights::POSTS_MAX};

use super::{Instagram, errors::Asked, node, peer};
use crate::{
    kit::peer::Peer,
    meta::wire::{Insight, One},
};

/// The names valid for posts and reels.
const OF_POST: &[&str] = &["views", "likes", "comments", "saved", "shares", "reposts"];
/// Those of stories.
const OF_STORY: &[&str] = &["views", "replies", "shares", "reposts"];

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
