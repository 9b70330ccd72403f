//! Numbers about posts. Threads gives them one post at a time.

use async_trait::async_trait;
use base::say;
use connector::{Call, Failure, FailureKind, Insights, Metric, Metrics, Remote, insights::POSTS_MAX};

use super::{Threads, errors::Asked, peer};
use crate::{
    kit::peer::segment,
    meta::wire::{Insight, One},
};

#[async_trait]
impl Insights for Threads {
    async fn of_posts(&self, call: &Call<'_>, posts: &[Remote]) -> Result<Vec<Metrics>, Failure> {
        let peer = peer(call)?;
        let mut found = Vec::new();
        for post in &posts[..posts.len().min(POSTS_MAX)] {
            let request = peer.get("read the post's numbers", &format!("/v1.0/{}/insights", segment(&post.id)));
            let request = request.query("metric", "views,likes,replies,reposts,quotes,shares");
            match peer.read::<One<Insight>>(Asked::Read, request, say!("a list of numbers")).await {
                Ok(read) => {
                    let values = read.data.iter().filter_map(number).collect();
                    found.push(Metrics { remote_id: post.id.clone(), fetched_at: call.clock.now(), values });
                }
                Err(failure) if failure.kind == FailureKind::RemoteNotFound => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(found)
    }
}

fn number(insight: &Insight) -> Option<(Metric, u64)> {
    let metric = match insight.name.as_str() {
        "views" => Metric::Impressions,
        "likes" => Metric::Likes,
        "replies" => Metric::Replies,
        "reposts" => Metric::Reposts,
        "quotes" => Metric::Quotes,
        "shares" => Metric::Shares,
        _ => return None,
    };
    Some((metric, insight.value()?))
}
